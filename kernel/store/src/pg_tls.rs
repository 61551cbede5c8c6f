//! Whether and how the connection to a PostgreSQL server is encrypted: `sslmode` and `sslrootcert` of the address, with the
//! meaning they have for libpq (PostgreSQL manual, 34.19), and the stream that the driver talks through.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use postgres::config::{Host, SslMode};
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use postgres::{Config, Socket};
use tls::Check;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{Error, Result};

/// What the address says about encryption.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// `disable`, `prefer`, `require`, `verify-ca`, `verify-full`.
    pub mode: Option<String>,
    /// PEM file of whom to trust instead of this machine's roots.
    pub ca: Option<PathBuf>,
}

/// How to connect; `None` = in the clear.
pub(crate) type Encryption = Option<MakeTls>;

/// Sets the driver's mode and prepares the connector. Without `sslmode`: what the server offers, except on this machine itself,
/// where nobody listens in between.
pub(crate) fn settle(wanted: &Wanted, config: &mut Config) -> Result<Encryption> {
    let here = config.get_hosts().iter().all(is_here) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    let usual = if here { "disable" } else { "prefer" };
    let (mode, mut check) = match wanted.mode.as_deref().unwrap_or(if wanted.ca.is_some() { "verify-full" } else { usual }) {
        "disable" => (SslMode::Disable, Check::Nothing),
        "prefer" => (SslMode::Prefer, Check::Nothing),
        "require" => (SslMode::Require, Check::Nothing),
        "verify-ca" => (SslMode::Require, Check::Chain),
        "verify-full" => (SslMode::Require, Check::Full),
        other => {
            return Err(Error::BadRequest(format!(
                "sslmode={other} không có. Chọn disable (không mã hoá), prefer (mã hoá nếu được), require (bắt buộc mã hoá), verify-ca (kiểm nơi cấp chứng thư) hoặc verify-full (kiểm cả tên máy chủ; nên dùng)."
            )));
        }
    };
    config.ssl_mode(mode);
    if mode == SslMode::Disable {
        return Ok(None);
    }
    if mode == SslMode::Require && check == Check::Nothing && wanted.ca.is_some() {
        // libpq: who names an authority wants it looked at
        check = Check::Chain;
    }
    let client = tls::client(wanted.ca.as_deref(), check).map_err(|e| Error::BadRequest(e.to_string()))?;
    Ok(Some(MakeTls { client, check }))
}

fn is_here(h: &Host) -> bool {
    match h {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|a| a.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// Makes one encrypted stream for each connection.
#[derive(Clone)]
pub(crate) struct MakeTls {
    client: Arc<ClientConfig>,
    check: Check,
}

impl MakeTls {
    /// What `doctor` says of it.
    pub(crate) fn said(&self) -> &'static str {
        match self.check {
            Check::Full => "kiểm chứng thư và tên máy chủ",
            Check::Chain => "kiểm nơi cấp chứng thư, không kiểm tên máy chủ",
            Check::Nothing => "không kiểm chứng thư; nên dùng sslmode=verify-full",
        }
    }
}

impl MakeTlsConnect<Socket> for MakeTls {
    type Stream = Encrypted;
    type TlsConnect = ToHost;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<ToHost> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(ToHost { client: self.client.clone(), name })
    }
}

/// One connection about to be encrypted.
pub(crate) struct ToHost {
    client: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsConnect<Socket> for ToHost {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        let shaking = tokio_rustls::TlsConnector::from(self.client).connect(self.name, socket);
        Box::pin(async move { shaking.await.map(|s| Encrypted(Box::new(s))) })
    }
}

/// The stream itself.
pub(crate) struct Encrypted(Box<tokio_rustls::client::TlsStream<Socket>>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        // binding the password to the certificate (SCRAM-PLUS) adds nothing where the certificate is looked at
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
