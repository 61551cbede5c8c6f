//! What can be wrong with something handed to the ledger.
use std::fmt;

/// Why a proof, note, checkpoint or entry was refused. [`fmt::Display`] is a Vietnamese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerError {
    /// A leaf or an older tree lies outside the tree: asked for, size.
    OutOfRange(u64, u64),
    /// A proof has too few or too many hashes.
    ProofLength,
    /// A proof is well formed but leads to another root.
    RootMismatch,
    /// Bytes that are not the canonical form; says which part.
    Malformed(&'static str),
    /// A key name that is empty or holds spaces or `+`.
    KeyName,
    /// A key string whose hash does not fit its name and key.
    KeyHash,
    /// A signature type other than Ed25519 (`0x01`).
    KeyType(u8),
    /// No signature by a key we trust.
    NoTrustedSignature,
    /// A signature by a trusted key (named) that does not verify.
    BadSignature(String),
    /// A checkpoint of another log: expected origin, found origin.
    Origin(String, String),
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange(asked, size) => {
                write!(f, "vị trí {asked} nằm ngoài nhật ký có {size} mục")
            }
            Self::ProofLength => f.write_str("bằng chứng thừa hoặc thiếu giá trị băm"),
            Self::RootMismatch => f.write_str("bằng chứng không khớp với giá trị gốc của nhật ký"),
            Self::Malformed(part) => write!(f, "dữ liệu không đúng khuôn dạng: {part}"),
            Self::KeyName => f.write_str("tên khóa không được để trống, không chứa dấu cách hoặc dấu +"),
            Self::KeyHash => f.write_str("mã băm trong chuỗi khóa không khớp với tên và khóa"),
            Self::KeyType(t) => write!(f, "loại chữ ký {t:#04x} không được hỗ trợ (cần Ed25519)"),
            Self::NoTrustedSignature => f.write_str("không có chữ ký nào của khóa được tin cậy"),
            Self::BadSignature(name) => write!(f, "chữ ký của khóa “{name}” không đúng"),
            Self::Origin(want, got) => write!(f, "điểm kiểm tra thuộc nhật ký “{got}”, không phải nhật ký “{want}”"),
        }
    }
}

impl std::error::Error for LedgerError {}
