//! The one way to an encrypted connection: rustls with ring, whom it trusts, and what went wrong in words.

mod check;

use std::error::Error as StdError;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

pub use check::Check;

/// What is wrong with a trust store, in Vietnamese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTrust(pub String);
impl std::fmt::Display for NoTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for NoTrust {}

/// The one crypto provider.
pub fn provider() -> Arc<CryptoProvider> {
    static ONE: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    ONE.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// Certificates that are trusted: those of the file, or (`None`) those of this machine.
pub fn trusted(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, NoTrust> {
    let Some(file) = ca else {
        let found = rustls_native_certs::load_native_certs().certs;
        return if found.is_empty() {
            Err(NoTrust("Máy này không có kho chứng thư gốc. Cài gói ca-certificates, hoặc chỉ tệp chứng thư gốc (PEM).".into()))
        } else {
            Ok(found)
        };
    };
    let said = file.display();
    let unreadable = |e: String| NoTrust(format!("Không đọc được tệp chứng thư gốc {said}: {e}."));
    let list: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match list {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(unreadable("tệp không có chứng thư nào (cần dạng PEM, bắt đầu bằng -----BEGIN CERTIFICATE-----)".into())),
        Err(e) => Err(unreadable(e.to_string())),
    }
}

/// Settings of a client that looks at certificates as `check` says, against the file `ca` or this machine's roots.
pub fn client(ca: Option<&Path>, check: Check) -> Result<Arc<ClientConfig>, NoTrust> {
    let internal = |e: rustls::Error| NoTrust(format!("Không dựng được kết nối mã hoá: {e}."));
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(internal)?;
    if check == Check::Nothing {
        return Ok(Arc::new(check::unchecked(builder, provider())));
    }
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(trusted(ca)?);
    if added == 0 {
        return Err(NoTrust(format!("Không dùng được chứng thư gốc nào ({ignored} chứng thư không hợp lệ).")));
    }
    if check == Check::Chain {
        return check::chain_only(builder, roots, provider()).map(Arc::new);
    }
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// What a failed connection means, if the reason is the encryption: a Vietnamese sentence with the remedy.
pub fn explain(e: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(e);
    while let Some(e) = next {
        if let Some(t) = e.downcast_ref::<rustls::Error>() {
            return Some(sentence(t));
        }
        // an i/o error hides what it carries from `source`
        if let Some(inner) = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)
            && let Some(said) = explain(inner)
        {
            return Some(said);
        }
        next = e.source();
    }
    None
}

fn sentence(e: &rustls::Error) -> String {
    use CertificateError as C;
    match e {
        rustls::Error::InvalidCertificate(c) => match c {
            C::UnknownIssuer | C::BadSignature => {
                "Chứng thư của máy chủ do một nơi không được tin cậy cấp (hoặc tự ký). Chỉ đúng tệp chứng thư gốc của nơi cấp, hoặc thêm nó vào kho chứng thư của máy này.".into()
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => {
                "Chứng thư của máy chủ không mang tên máy chủ trong địa chỉ. Viết địa chỉ đúng như tên trong chứng thư, hoặc cấp lại chứng thư.".into()
            }
            C::Expired | C::ExpiredContext { .. } => "Chứng thư của máy chủ đã hết hạn (hoặc đồng hồ máy này sai). Cấp lại chứng thư.".into(),
            C::NotValidYet | C::NotValidYetContext { .. } => "Chứng thư của máy chủ chưa tới ngày có hiệu lực (hoặc đồng hồ máy này sai).".into(),
            C::Revoked => "Chứng thư của máy chủ đã bị thu hồi.".into(),
            other => format!("Chứng thư của máy chủ không dùng được ({other:?})."),
        },
        rustls::Error::InvalidMessage(_) => {
            "Máy chủ không trả lời bằng TLS ở cổng này. Kiểm tra cổng và kiểu mã hoá (mã hoá ngay từ đầu hay STARTTLS).".into()
        }
        other => format!("Không lập được kết nối mã hoá với máy chủ ({other})."),
    }
}

#[cfg(test)]
mod tests;
