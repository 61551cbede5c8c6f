//! Encrypted connections: a front on loopback that speaks TLS under a certificate made here and hands the rest to the real server.

use std::path::PathBuf;
use std::sync::Arc;

use ::postgres::config::Host;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{folder, open, postgres, put, rows, table};
use crate::Error;

struct Front {
    port: u16,
    ca: PathBuf,
    other_ca: PathBuf,
    _runtime: tokio::runtime::Runtime,
}

/// `answer` is what the front says to the question "TLS?".
fn front(to: String, name: &str, answer: u8) -> Front {
    let dir = folder(&format!("tls-{name}-{}", char::from(answer)));
    let authority = |file: &str| {
        let mut p = CertificateParams::new(vec![]).unwrap();
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let a = CertifiedIssuer::self_signed(p, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(dir.join(file), a.pem()).unwrap();
        (dir.join(file), a)
    };
    let ((ca, issuer), (other_ca, _)) = (authority("ca.pem"), authority("other.pem"));
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    runtime.spawn(async move {
        while let Ok((mut s, _)) = listener.accept().await {
            let (acceptor, to) = (acceptor.clone(), to.clone());
            tokio::spawn(async move {
                let mut asked = [0; 8];
                s.read_exact(&mut asked).await?;
                assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "SSLRequest comes first");
                s.write_all(&[answer]).await?;
                let mut server = TcpStream::connect(to).await?;
                if answer == b'S' {
                    let mut s = acceptor.accept(s).await?;
                    tokio::io::copy_bidirectional(&mut s, &mut server).await
                } else {
                    tokio::io::copy_bidirectional(&mut s, &mut server).await
                }
            });
        }
    });
    Front { port, ca, other_ca, _runtime: runtime }
}

/// Address of the same database through the front, as `localhost`.
fn through(url: &str, front: &Front, more: &str) -> String {
    let (start, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').map_or(("", rest), |(u, r)| (u, r));
    let tail = rest.find('/').map_or("", |i| &rest[i..]);
    let at = if user.is_empty() { "" } else { "@" };
    format!("{start}://{user}{at}localhost:{}{tail}{more}", front.port)
}

fn real(url: &str) -> String {
    let c: ::postgres::Config = url.split_once('?').map_or(url, |(a, _)| a).parse().unwrap();
    let Some(Host::Tcp(host)) = c.get_hosts().first() else { panic!("the tests want a server at an address") };
    format!("{host}:{}", c.get_ports().first().unwrap_or(&5432))
}

fn refused(url: &str) -> String {
    match open(url).map(drop) {
        Err(Error::Unavailable(m) | Error::BadRequest(m)) => m,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_connection_is_encrypted_as_the_address_asks() {
    let Some(s) = postgres("tls") else { return };
    table(&s);
    let f = front(real(s.url()), "localhost", b'S');
    let ca = f.ca.display();
    for more in [
        format!("&sslmode=verify-full&sslrootcert={ca}"),
        format!("&sslrootcert={ca}"),
        format!("&sslmode=verify-ca&sslrootcert={ca}"),
        "&sslmode=require".to_owned(),
        "&sslmode=prefer".to_owned(),
    ] {
        let over = open(&through(s.url(), &f, &more)).unwrap_or_else(|e| panic!("{more}: {e}"));
        let id = store_id(&more);
        over.write_blocking(move |tx| put(tx, &id)).unwrap();
    }
    assert_eq!(rows(&s).len(), 5, "written through the front, read beside it");
}

fn store_id(more: &str) -> String {
    more.chars().filter(char::is_ascii_alphanumeric).take(24).chain(more.len().to_string().chars()).collect()
}

#[test]
fn a_wrong_certificate_is_refused_and_said() {
    let Some(s) = postgres("tlsbad") else { return };
    let f = front(real(s.url()), "localhost", b'S');
    let by = |mode: &str, ca: &PathBuf| refused(&through(s.url(), &f, &format!("&sslmode={mode}&sslrootcert={}", ca.display())));
    for mode in ["verify-full", "verify-ca", "require"] {
        let said = by(mode, &f.other_ca);
        assert!(said.contains("không được tin cậy") && said.contains("sslrootcert"), "{mode}: {said}");
    }
    let named = front(real(s.url()), "db.saomai.vn", b'S');
    let said = refused(&through(s.url(), &named, &format!("&sslmode=verify-full&sslrootcert={}", named.ca.display())));
    assert!(said.contains("không mang tên máy chủ"), "{said}");
    assert!(open(&through(s.url(), &named, &format!("&sslmode=verify-ca&sslrootcert={}", named.ca.display()))).is_ok());
    assert!(by("verify-full", &PathBuf::from("/không/có.pem")).contains("Không đọc được tệp chứng thư gốc"));
    assert!(by("strict", &f.ca).contains("sslmode=strict không có"));
}

#[test]
fn a_server_that_offers_no_encryption_is_used_bare_only_when_that_was_allowed() {
    let Some(s) = postgres("tlsnone") else { return };
    let f = front(real(s.url()), "localhost", b'N');
    assert!(open(&through(s.url(), &f, "&sslmode=prefer")).is_ok());
    for mode in ["require", "verify-full"] {
        let said = refused(&through(s.url(), &f, &format!("&sslmode={mode}&sslrootcert={}", f.ca.display())));
        assert!(said.contains("không bật mã hoá"), "{said}");
    }
}

#[test]
fn the_doctor_is_told_what_the_server_says_of_the_connection() {
    let Some(s) = postgres("tlssaid") else { return };
    assert!(s.encryption().unwrap().unwrap().contains("không mã hoá"), "this machine itself is reached in the clear");
    let on: String = s.read_blocking(|tx| tx.query("SHOW ssl", &[])?[0].get(0)).unwrap();
    let asked = open(&format!("{}&sslmode=require", s.url()));
    if on == "on" {
        let said = asked.unwrap().encryption().unwrap().unwrap();
        assert!(said.contains("mã hoá TLSv1.") && said.contains("nên dùng sslmode=verify-full"), "{said}");
    } else {
        assert!(matches!(asked.map(drop), Err(Error::Unavailable(m)) if m.contains("không bật mã hoá")));
    }
    assert_eq!(super::sqlite("tlssaid").encryption().unwrap(), None);
}
