//! E-mail over SMTP (RFC 5321): one connection per message, plain text in UTF-8, result told apart three ways.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use store::{Error, Result};

/// Where mail is handed over: a relay inside the network (`smtp://host:port`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// Host name or address of the relay.
    pub host: String,
    /// Port; 25 when absent from the address.
    pub port: u16,
    /// Sender, e.g. `Lá Chắn <lachan@saomai.gov.vn>`.
    pub from: String,
    /// Longest wait for each answer.
    pub timeout: Duration,
}

impl MailConfig {
    /// Reads `smtp://host[:port]` and a sender. The message names what is wrong.
    pub fn parse(url: &str, from: &str) -> Result<Self> {
        let bad = |why: &str| Error::BadRequest(format!("Máy chủ thư “{url}”: {why}. Viết dạng smtp://máy-chủ:25."));
        let rest = url.strip_prefix("smtp://").ok_or_else(|| bad("phải bắt đầu bằng smtp://"))?.trim_end_matches('/');
        if rest.contains('@') {
            return Err(bad("không nhận tên và mật khẩu, vì đường truyền không mã hoá; hãy dùng máy chuyển tiếp trong mạng nội bộ"));
        }
        let (host, port) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            Some((v6, tail)) => (v6, tail.strip_prefix(':')),
            None => rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p))),
        };
        let port = port.map_or(Ok(25), |p| p.parse::<u16>().map_err(|_| bad("cổng không phải là số từ 1 đến 65535")))?;
        if host.is_empty() || host.contains(['/', ' ']) || port == 0 {
            return Err(bad("thiếu tên máy chủ hoặc cổng"));
        }
        from.parse::<Mailbox>()
            .map_err(|_| Error::BadRequest(format!("Địa chỉ gửi “{from}” không hợp lệ. Viết dạng: Lá Chắn <ten@tenmien.vn>.")))?;
        Ok(Self { host: host.into(), port, from: from.into(), timeout: Duration::from_secs(20) })
    }
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
        let mut smtp = match SmtpConnection::connect((c.host.as_str(), c.port), Some(c.timeout), &hello, None, None) {
            Ok(s) => s,
            // a relay that says 5xx before it knows the letter is ill, not the letter
            Err(e) => return Delivery::Retry(told("connect", &e)),
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
