//! Encrypted and signed-in mail, against a server on loopback with certificates made here.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{Delivery, Letter, MailConfig, MailTls, Mailer as _, SmtpMailer};

/// How the server on loopback behaves.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Implicit,
    StartTls,
    /// Knows no encryption at all.
    Bare,
}

struct Server {
    port: u16,
    ca: PathBuf,
    other: PathBuf,
    /// What it was sent in the clear, and what under encryption.
    heard: Arc<Mutex<(Vec<String>, Vec<String>)>>,
}

fn server(way: Way, name: &str) -> Server {
    static N: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let n = N.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let authority = |what: &str| {
        let mut p = CertificateParams::new(vec![]).unwrap();
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let a = CertifiedIssuer::self_signed(p, KeyPair::generate().unwrap()).unwrap();
        let file = std::env::temp_dir().join(format!("lachan-mail-{}-{n}-{what}.pem", std::process::id()));
        std::fs::write(&file, a.pem()).unwrap();
        (file, a)
    };
    let ((ca, issuer), (other, _)) = (authority("ca"), authority("other"));
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let s = Server { port: listener.local_addr().unwrap().port(), ca, other, heard: Arc::default() };
    let heard = s.heard.clone();
    // ends with the test process
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let encrypted = |stream| StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let clear = |line: &str| heard.lock().unwrap().0.push(line.to_owned());
            let secret = |line: &str| heard.lock().unwrap().1.push(line.to_owned());
            if way == Way::Implicit {
                let _ = talk(encrypted(stream), true, "", &secret);
                continue;
            }
            let offer = if way == Way::StartTls { "250-STARTTLS\r\n" } else { "" };
            if talk(stream.try_clone().unwrap(), true, offer, &clear).is_ok_and(|upgrade| upgrade) {
                let _ = talk(encrypted(stream), false, "", &secret);
            }
        }
    });
    s
}

/// One conversation; `true` when it ended with STARTTLS.
fn talk(stream: impl Read + Write, greet: bool, offer: &str, heard: &dyn Fn(&str)) -> std::io::Result<bool> {
    let mut s = BufReader::new(stream);
    if greet {
        s.get_mut().write_all(b"220 sink\r\n")?;
    }
    let mut line = String::new();
    while s.read_line(&mut line)? > 0 {
        let said = line.trim_end().to_owned();
        line.clear();
        heard(&said);
        let upper = said.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            format!("250-sink\r\n{offer}250 AUTH PLAIN\r\n")
        } else if upper == "STARTTLS" && !offer.is_empty() {
            s.get_mut().write_all(b"220 go\r\n")?;
            return Ok(true);
        } else if let Some(token) = said.strip_prefix("AUTH PLAIN ") {
            let right =
                base64::engine::general_purpose::STANDARD.decode(token).is_ok_and(|t| t == "\0lachan@saomai.vn\0mật khẩu".as_bytes());
            if right { "235 ok\r\n" } else { "535 no\r\n" }.into()
        } else if upper == "DATA" {
            s.get_mut().write_all(b"354 go on\r\n")?;
            while s.read_line(&mut line)? > 0 && line != ".\r\n" {
                line.clear();
            }
            line.clear();
            "250 taken\r\n".into()
        } else {
            "250 ok\r\n".into()
        };
        s.get_mut().write_all(answer.as_bytes())?;
    }
    Ok(false)
}

fn config(url: &str) -> MailConfig {
    let mut c = MailConfig::parse(url, "Lá Chắn <lachan@saomai.gov.vn>").unwrap();
    c.timeout = Duration::from_secs(5);
    c
}

fn send(url: &str) -> Delivery {
    let letter = Letter { id: "1".into(), to: "a@b.vn".into(), subject: "x".into(), body: "y".into(), at: 0 };
    SmtpMailer::new(config(url)).deliver(&letter)
}

const LOGIN: &str = "lachan%40saomai.vn:m%E1%BA%ADt%20kh%E1%BA%A9u";

#[test]
fn letters_go_out_encrypted_and_signed_in() {
    for (way, scheme, more) in [(Way::Implicit, "smtps", ""), (Way::StartTls, "smtp", "&tls=starttls")] {
        let s = server(way, "localhost");
        let url = format!("{scheme}://{LOGIN}@localhost:{}?ca={}{more}", s.port, s.ca.display());
        assert_eq!(send(&url), Delivery::Sent);
        let said = config(&url).probe().unwrap();
        assert!(said.contains("mã hoá") && said.contains("đã đăng nhập") && !said.contains("mật khẩu"), "{said}");
        let heard = s.heard.lock().unwrap();
        assert!(heard.1.iter().any(|l| l.starts_with("AUTH")) && heard.1.iter().any(|l| l == "DATA"), "{heard:?}");
        assert!(heard.0.iter().all(|l| l.starts_with("EHLO") || l == "STARTTLS"), "nothing else in the clear: {:?}", heard.0);
    }
}

#[test]
fn a_wrong_certificate_password_or_port_stops_before_anything_is_said() {
    let s = server(Way::Implicit, "localhost");
    let url = |host: &str, login: &str, ca: &PathBuf| format!("smtps://{login}@{host}:{}?ca={}", s.port, ca.display());
    assert_eq!(send(&url("localhost", LOGIN, &s.other)), Delivery::Retry("connect: certificate".into()));
    let told = |u: &str| config(u).probe().unwrap_err().to_string();
    assert!(told(&url("localhost", LOGIN, &s.other)).contains("không được tin cậy"));
    assert!(told(&url("127.0.0.1", LOGIN, &s.ca)).contains("không mang tên máy chủ"));
    assert!(s.heard.lock().unwrap().1.is_empty(), "the password went nowhere");
    assert!(told(&url("localhost", "lachan:sai", &s.ca)).contains("không được nhận (535)"));
    let bare = server(Way::Bare, "localhost");
    let starttls = format!("smtp://{LOGIN}@localhost:{}?tls=starttls&ca={}", bare.port, bare.ca.display());
    assert!(told(&starttls).contains("không nhận STARTTLS"));
    assert!(told(&format!("smtps://{LOGIN}@localhost:{}?ca={}", bare.port, bare.ca.display())).contains("không trả lời bằng TLS"));
    assert!(bare.heard.lock().unwrap().0.iter().all(|l| !l.starts_with("AUTH")), "the password did not go out in the clear");
}

#[test]
fn addresses_with_encryption_and_login() {
    let file = std::env::temp_dir().join(format!("lachan-mail-{}-password", std::process::id()));
    std::fs::write(&file, "bí mật\n").unwrap();
    let of = |url: &str| MailConfig::parse(url, "a@b.vn");
    let c = of(&format!("smtp://an@mail.vn?tls=starttls&password_file={}", file.display())).unwrap();
    assert_eq!((c.port, c.tls, c.login.as_ref().unwrap().1.as_str()), (587, MailTls::StartTls, "bí mật"));
    assert!(!format!("{c:?}").contains("bí mật"));
    assert_eq!(of("smtps://mail.vn").unwrap().port, 465);
    for (bad, why) in [
        ("smtp://an:mk@mail.vn", "không mã hoá"),
        ("smtps://an@mail.vn", "thiếu mật khẩu"),
        ("smtps://an:mk@mail.vn?password_file=/x", "hai nơi"),
        ("smtps://mail.vn?password_file=/x", "thiếu tên đăng nhập"),
        ("smtps://an@mail.vn?password_file=/không/có", "không đọc được tệp mật khẩu"),
        ("smtps://an:%zz@mail.vn", "%XX"),
        ("smtps://mail.vn?tls=starttls", "không hiểu “tls”"),
    ] {
        let said = of(bad).unwrap_err().to_string();
        assert!(said.contains(why) && !said.contains("mk@"), "{bad}: {said}");
    }
}
