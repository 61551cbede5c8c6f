//! E-mail over SMTP (RFC 5321): one connection per message, plain text in UTF-8, result told apart three ways.
//! Encrypted from the start (RFC 8314) or by STARTTLS (RFC 3207), signed in (RFC 4954) only when encrypted.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use store::{Error, Result};

/// How the way to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// Not at all: a relay inside the network.
    #[default]
    None,
    /// Encrypted after STARTTLS, or not sent at all.
    StartTls,
    /// Encrypted from the first byte.
    Implicit,
}

/// Where mail is handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// Host name or address of the relay.
    pub host: String,
    /// Port; 25, 587 or 465 by the way of encryption when absent from the address.
    pub port: u16,
    /// Sender, e.g. `Lá Chắn <lachan@saomai.gov.vn>`.
    pub from: String,
    /// Longest wait for each answer.
    pub timeout: Duration,
    /// Encryption.
    pub tls: MailTls,
    /// Whom to trust instead of this machine's roots.
    pub ca: Option<PathBuf>,
    /// Sign-in name and password.
    pub login: Option<(String, String)>,
}

impl fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailConfig({}:{}, {:?}, login: {})", self.host, self.port, self.tls, self.login.is_some())
    }
}

/// The forms an address of a relay may have, for messages.
const FORMS: &str = "Viết dạng smtp://máy-chủ:25 (trong mạng nội bộ), smtps://tên@máy-chủ:465?password_file=TỆP hoặc smtp://tên@máy-chủ:587?tls=starttls&password_file=TỆP";

impl MailConfig {
    /// Reads `smtp[s]://[name[:password]@]host[:port][?tls=starttls&ca=FILE&password_file=FILE]` and a sender.
    /// The message names what is wrong, never the password.
    pub fn parse(url: &str, from: &str) -> Result<Self> {
        let (whole, query) = url.split_once('?').unwrap_or((url, ""));
        // what stands before the last @ may be a password
        let shown = whole.rsplit_once('@').map_or(whole, |(_, host)| host);
        let bad = |why: &str| Error::BadRequest(format!("Máy chủ thư “{shown}”: {why}. {FORMS}."));
        let (rest, mut tls) = match (whole.strip_prefix("smtps://"), whole.strip_prefix("smtp://")) {
            (Some(rest), _) => (rest, MailTls::Implicit),
            (_, Some(rest)) => (rest, MailTls::None),
            _ => return Err(bad("phải bắt đầu bằng smtp:// hoặc smtps://")),
        };
        let (mut ca, mut password_file) = (None, None);
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=') {
                Some(("tls", "starttls")) if tls == MailTls::None => tls = MailTls::StartTls,
                Some(("ca", file)) => ca = Some(PathBuf::from(file)),
                Some(("password_file", file)) => password_file = Some(PathBuf::from(file)),
                _ => return Err(bad(&format!("không hiểu “{}”", pair.split('=').next().unwrap_or_default()))),
            }
        }
        let (name, address) = rest.trim_end_matches('/').rsplit_once('@').map_or((None, rest.trim_end_matches('/')), |(n, a)| (Some(n), a));
        let (host, port) = host_and_port(address).ok_or_else(|| bad("cổng không phải là số từ 1 đến 65535"))?;
        if host.is_empty() || host.contains(['/', ' ']) || port == Some(0) {
            return Err(bad("thiếu tên máy chủ hoặc cổng"));
        }
        if name.is_some() && tls == MailTls::None {
            return Err(bad("không nhận tên và mật khẩu khi đường truyền không mã hoá; dùng smtps:// hoặc thêm ?tls=starttls"));
        }
        let login = name.map(|n| login_of(n, password_file.as_deref(), &bad)).transpose()?;
        if login.is_none() && password_file.is_some() {
            return Err(bad("có tệp mật khẩu mà thiếu tên đăng nhập trước dấu @"));
        }
        from.parse::<Mailbox>()
            .map_err(|_| Error::BadRequest(format!("Địa chỉ gửi “{from}” không hợp lệ. Viết dạng: Lá Chắn <ten@tenmien.vn>.")))?;
        let port = port.unwrap_or(match tls {
            MailTls::None => 25,
            MailTls::StartTls => 587,
            MailTls::Implicit => 465,
        });
        Ok(Self { host: host.into(), port, from: from.into(), timeout: Duration::from_secs(20), tls, ca, login })
    }

    /// Settings of the encryption; `None` = none wanted.
    fn parameters(&self) -> std::result::Result<Option<TlsParameters>, String> {
        if self.tls == MailTls::None {
            return Ok(None);
        }
        let mut b = TlsParameters::builder(self.host.clone()).certificate_store(CertificateStore::None);
        for cert in tls::trusted(self.ca.as_deref()).map_err(|e| e.to_string())? {
            // a root of the machine that this rustls cannot read is left out, as its own loader does
            if let Ok(c) = Certificate::from_der(cert.as_ref().to_vec()) {
                b = b.add_root_certificate(c);
            }
        }
        b.build().map(Some).map_err(|e| e.to_string())
    }

    /// Connects, encrypts and signs in as for a letter, and says good-bye: for `lachan doctor` and the start of the server.
    pub fn probe(&self) -> Result<String> {
        let said =
            |step: &str, e: &SmtpError| Error::Unavailable(format!("Máy chủ thư {}:{}: {}", self.host, self.port, in_words(step, e)));
        let domain = self.from.parse::<Mailbox>().map_or_else(|_| "localhost".to_owned(), |m| m.email.domain().to_owned());
        let mut smtp = self.connect(&ClientId::Domain(domain)).map_err(|(step, e)| match e {
            Wrong::Smtp(e) => said(step, &e),
            Wrong::Trust(m) => Error::BadRequest(m),
        })?;
        let _ = smtp.quit();
        let how = match self.tls {
            MailTls::None => "không mã hoá",
            MailTls::StartTls => "mã hoá bằng STARTTLS",
            MailTls::Implicit => "mã hoá ngay từ đầu",
        };
        let login = if self.login.is_some() { ", đã đăng nhập" } else { "" };
        Ok(format!("{}:{}, {how}{login}", self.host, self.port))
    }

    /// A connection ready for a letter.
    fn connect(&self, hello: &ClientId) -> std::result::Result<SmtpConnection, (&'static str, Wrong)> {
        let tls = self.parameters().map_err(|m| ("tls", Wrong::Trust(m)))?;
        let at_once = tls.as_ref().filter(|_| self.tls == MailTls::Implicit);
        let to = (self.host.as_str(), self.port);
        let mut smtp = SmtpConnection::connect(to, Some(self.timeout), hello, at_once, None).map_err(|e| ("connect", e.into()))?;
        if let (MailTls::StartTls, Some(tls)) = (self.tls, &tls) {
            // without the offer `starttls` refuses: nothing goes on in the clear
            smtp.starttls(tls, hello).map_err(|e| ("STARTTLS", e.into()))?;
        }
        if let Some((name, password)) = &self.login {
            let known = [Mechanism::Plain, Mechanism::Login];
            smtp.auth(&known, &Credentials::new(name.clone(), password.clone())).map_err(|e| ("AUTH", e.into()))?;
        }
        Ok(smtp)
    }
}

/// Why there is no connection.
enum Wrong {
    Smtp(SmtpError),
    Trust(String),
}
impl From<SmtpError> for Wrong {
    fn from(e: SmtpError) -> Self {
        Self::Smtp(e)
    }
}

/// What a step's failure means, for the person who set the relay up.
fn in_words(step: &str, e: &SmtpError) -> String {
    if let Some(m) = tls::explain(e) {
        return format!("{m} (Tệp chứng thư gốc: …?ca=TỆP.)");
    }
    match (step, e.status()) {
        ("AUTH", Some(code)) => format!("tên hoặc mật khẩu không được nhận ({code})."),
        ("AUTH", None) => "máy chủ không có cách đăng nhập nào dùng được (PLAIN, LOGIN).".into(),
        ("STARTTLS", _) => "máy chủ không nhận STARTTLS; thử smtps://máy-chủ:465, hoặc hỏi quản trị máy chủ thư.".into(),
        (_, Some(code)) => format!("từ chối ở bước {step} ({code})."),
        (_, None) => format!("không kết nối được ({}). Kiểm tra tên máy chủ, cổng và tường lửa.", told(step, e)),
    }
}

fn host_and_port(address: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((v6, tail)) => (v6, tail.strip_prefix(':')),
        None => address.split_once(':').map_or((address, None), |(h, p)| (h, Some(p))),
    };
    port.map_or(Some((host, None)), |p| p.parse().ok().map(|p| (host, Some(p))))
}

fn login_of(name: &str, file: Option<&std::path::Path>, bad: &dyn Fn(&str) -> Error) -> Result<(String, String)> {
    let decoded = |s: &str| percent(s).ok_or_else(|| bad("tên hoặc mật khẩu có ký tự %XX sai"));
    let (name, inline) = name.split_once(':').map_or((name, None), |(n, p)| (n, Some(p)));
    let password = match (inline, file) {
        (Some(_), Some(_)) => return Err(bad("mật khẩu có hai nơi; chỉ dùng password_file")),
        (Some(p), None) => decoded(p)?,
        (None, Some(f)) => {
            let text = std::fs::read_to_string(f).map_err(|e| bad(&format!("không đọc được tệp mật khẩu {}: {e}", f.display())))?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (None, None) => return Err(bad("thiếu mật khẩu; thêm password_file=TỆP")),
    };
    Ok((decoded(name)?, password))
}

/// `%40` → `@`; `None` when it is not UTF-8 or the escape is broken.
fn percent(s: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = s.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        out.push(digit(bytes.next()?)? << 4 | digit(bytes.next()?)?);
    }
    String::from_utf8(out).ok()
}

/// One message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Stays the same over all attempts: becomes the Message-ID, so that a second copy can be recognised.
    pub id: String,
    /// Address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// µs UTC, the `Date` header.
    pub at: i64,
}

/// How a hand-over ended. The texts name the step and the server's code, never the recipient or the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The relay took responsibility (250 after the content).
    Sent,
    /// Not taken; trying again may help.
    Retry(String),
    /// Refused for good (5xx, or an address that is none).
    Refused(String),
    /// The connection died after the content went out and before the answer: it may or may not have arrived.
    Unknown(String),
}

/// Something that hands letters over. Tests and other gateways have their own.
pub trait Mailer: Send + Sync {
    /// Hands one letter over; blocks until it is known how that ended.
    fn deliver(&self, letter: &Letter) -> Delivery;
}

/// Hands over to an SMTP relay.
#[derive(Debug, Clone)]
pub struct SmtpMailer {
    config: MailConfig,
}

impl SmtpMailer {
    /// Nothing is connected yet.
    pub fn new(config: MailConfig) -> Self {
        Self { config }
    }

    /// The message as bytes (RFC 5322, only ASCII on the wire) and its envelope.
    fn compose(&self, letter: &Letter) -> std::result::Result<(Envelope, Vec<u8>), String> {
        let from: Mailbox = self.config.from.parse().map_err(|_| "sender address".to_owned())?;
        let to: Mailbox = letter.to.trim().parse().map_err(|_| "recipient address".to_owned())?;
        let at = UNIX_EPOCH + Duration::from_micros(u64::try_from(letter.at).unwrap_or(0));
        let domain = from.email.domain().to_owned();
        let body = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::Base64)
            .body(letter.body.replace("\r\n", "\n").replace('\n', "\r\n"));
        let message = Message::builder()
            .from(from)
            .to(to)
            // a line break in a subject would let its writer add headers
            .subject(letter.subject.replace(['\r', '\n'], " "))
            .date(at)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .raw_header(auto_submitted())
            .singlepart(body)
            .map_err(|_| "message".to_owned())?;
        Ok((message.envelope().clone(), message.formatted()))
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834): out-of-office robots stay silent.
fn auto_submitted() -> lettre::message::header::HeaderValue {
    use lettre::message::header::{HeaderName, HeaderValue};
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

/// Step and code; the server's own words may repeat the recipient's address, so they are left out.
fn told(step: &str, e: &SmtpError) -> String {
    match e.status() {
        Some(code) => format!("{step}: {code}"),
        None if tls::explain(e).is_some() => format!("{step}: certificate"),
        None if e.is_timeout() => format!("{step}: timeout"),
        None => format!("{step}: connection"),
    }
}

fn not_taken(step: &str, e: &SmtpError) -> Delivery {
    if e.is_permanent() { Delivery::Refused(told(step, e)) } else { Delivery::Retry(told(step, e)) }
}

/// Everything before the content: up to here nothing can have arrived.
fn announce(smtp: &mut SmtpConnection, envelope: &Envelope) -> std::result::Result<(), (&'static str, SmtpError)> {
    smtp.command(Mail::new(envelope.from().cloned(), vec![])).map_err(|e| ("MAIL", e))?;
    for to in envelope.to() {
        smtp.command(Rcpt::new(to.clone(), vec![])).map_err(|e| ("RCPT", e))?;
    }
    smtp.command(Data).map_err(|e| ("DATA", e))?;
    Ok(())
}

impl Mailer for SmtpMailer {
    fn deliver(&self, letter: &Letter) -> Delivery {
        let (envelope, bytes) = match self.compose(letter) {
            Ok(done) => done,
            Err(what) => return Delivery::Refused(format!("compose: {what}")),
        };
        let c = &self.config;
        let hello = ClientId::Domain(envelope.from().map_or("localhost", |a| a.domain()).to_owned());
        let mut smtp = match c.connect(&hello) {
            Ok(s) => s,
            // a relay that says 5xx before it knows the letter is ill, not the letter
            Err((step, Wrong::Smtp(e))) => {
                tracing::warn!(relay = %c.host, reason = %in_words(step, &e), "mail");
                return Delivery::Retry(told(step, &e));
            }
            Err((step, Wrong::Trust(m))) => return Delivery::Retry(format!("{step}: {m}")),
        };
        if let Err((step, e)) = announce(&mut smtp, &envelope) {
            smtp.abort();
            return not_taken(step, &e);
        }
        match smtp.message(&bytes) {
            Ok(_) => {
                // the letter is theirs now; how the goodbye goes does not matter
                let _ = smtp.quit();
                Delivery::Sent
            }
            Err(e) => {
                smtp.abort();
                if e.status().is_some() { not_taken("content", &e) } else { Delivery::Unknown(told("content", &e)) }
            }
        }
    }
}
