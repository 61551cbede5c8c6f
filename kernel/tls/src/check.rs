//! How far a server's certificate is looked at. Everything but [`Check::Full`] exists for PostgreSQL's `sslmode`.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, WantsVerifier};

use crate::NoTrust;

/// What of a certificate must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It was issued by somebody trusted, for this name.
    Full,
    /// It was issued by somebody trusted.
    Chain,
    /// Nothing: others cannot read along, but whoever stands in between can.
    Nothing,
}

fn with(builder: ConfigBuilder<ClientConfig, WantsVerifier>, v: impl ServerCertVerifier + 'static) -> ClientConfig {
    let next: ConfigBuilder<ClientConfig, WantsClientCert> = builder.dangerous().with_custom_certificate_verifier(Arc::new(v));
    next.with_no_client_auth()
}

pub(crate) fn unchecked(builder: ConfigBuilder<ClientConfig, WantsVerifier>, provider: Arc<CryptoProvider>) -> ClientConfig {
    with(builder, Looser { chain: None, provider })
}

pub(crate) fn chain_only(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, NoTrust> {
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|e| NoTrust(format!("Không dùng được chứng thư gốc: {e}.")))?;
    Ok(with(builder, Looser { chain: Some(chain), provider }))
}

/// Looks at the chain, or at nothing; the handshake's own signature always counts.
#[derive(Debug)]
struct Looser {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Looser {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end, between, name, ocsp, now) {
            // the name is looked at last: everything else held
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
