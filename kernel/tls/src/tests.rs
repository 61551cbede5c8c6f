use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};

use crate::*;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

fn authority(name: &str) -> Authority {
    let mut p = CertificateParams::new(vec![]).unwrap();
    p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    p.distinguished_name.push(DnType::CommonName, name);
    let issuer = CertifiedIssuer::self_signed(p, KeyPair::generate().unwrap()).unwrap();
    let file = std::env::temp_dir().join(format!("lachan-tls-{}-{name}.pem", std::process::id()));
    std::fs::write(&file, issuer.pem()).unwrap();
    Authority { issuer, file }
}

/// A server on loopback that echoes one line under a certificate of `a`; its port.
fn server(a: &Authority, names: &[&str], end: Option<(i32, u8, u8)>) -> u16 {
    let mut p = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    if let Some((y, m, d)) = end {
        p.not_after = rcgen::date_time_ymd(y, m, d);
    }
    let key = KeyPair::generate().unwrap();
    let cert = p.signed_by(&key, &a.issuer).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
    let port = listener.local_addr().unwrap().port();
    // ends with the test process
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut s = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut b = [0; 4];
            if s.read_exact(&mut b).is_ok() {
                let _ = s.write_all(&b);
            }
        }
    });
    port
}

fn talk(port: u16, ca: &Authority, check: Check, name: &str) -> Result<(), String> {
    let config = client(Some(&ca.file), check).map_err(|e| e.to_string())?;
    let conn = ClientConnection::new(config, ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut s = StreamOwned::new(conn, TcpStream::connect(("127.0.0.1", port)).unwrap());
    let mut b = [0; 4];
    let done = s.write_all(b"ping").and_then(|()| s.read_exact(&mut b));
    match done {
        Ok(()) if &b == b"ping" => Ok(()),
        Ok(()) => Err("other bytes".into()),
        Err(e) => Err(explain(&e).unwrap_or_else(|| format!("unexplained: {e}"))),
    }
}

#[test]
fn a_certificate_is_looked_at_as_far_as_asked_and_told_in_words() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let port = server(&ours, &["db.saomai.vn"], None);
    assert_eq!(talk(port, &ours, Check::Full, "db.saomai.vn"), Ok(()));
    assert!(talk(port, &ours, Check::Full, "other.saomai.vn").unwrap_err().contains("không mang tên máy chủ"));
    assert_eq!(talk(port, &ours, Check::Chain, "other.saomai.vn"), Ok(()));
    for check in [Check::Full, Check::Chain] {
        assert!(talk(port, &theirs, check, "db.saomai.vn").unwrap_err().contains("không được tin cậy"));
    }
    assert_eq!(talk(port, &theirs, Check::Nothing, "other.saomai.vn"), Ok(()));
    let old = server(&ours, &["db.saomai.vn"], Some((2020, 1, 1)));
    for check in [Check::Full, Check::Chain] {
        assert!(talk(old, &ours, check, "db.saomai.vn").unwrap_err().contains("hết hạn"));
    }
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|mut s| drop(s.write_all(b"220 mail ready\r\n"))));
    let said = talk(port, &authority("nobody"), Check::Full, "a.vn").unwrap_err();
    assert!(said.contains("không trả lời bằng TLS"), "{said}");
}

#[test]
fn a_file_without_certificates_is_said_with_its_name() {
    let file = std::env::temp_dir().join(format!("lachan-tls-{}-empty.pem", std::process::id()));
    assert!(client(Some(&file), Check::Full).unwrap_err().0.contains("Không đọc được tệp chứng thư gốc"));
    std::fs::write(&file, "không phải chứng thư").unwrap();
    let said = client(Some(&file), Check::Full).unwrap_err().0;
    assert!(said.contains("BEGIN CERTIFICATE") && said.contains("empty.pem"), "{said}");
}
