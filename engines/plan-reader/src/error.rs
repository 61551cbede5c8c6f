//! Why a file could not be read, said to the person who handed it in.

use std::fmt;

/// The reason a file was refused. `Display` is Vietnamese and names the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// No byte, or nothing but blanks.
    Empty,
    /// Larger than the limit (bytes).
    TooLarge {
        /// Size of the file in bytes.
        size: usize,
        /// Largest accepted size in bytes.
        limit: usize,
    },
    /// A binary file of unknown kind.
    NotText,
    /// Text in an encoding other than UTF-8 or UTF-16 (old TCVN3, VNI, Windows-1258).
    Encoding {
        /// Offset of the first byte that is no UTF-8.
        at: usize,
    },
    /// A known kind that is not read; holds its name (".doc", "ảnh", …).
    Unsupported(&'static str),
    /// A .docx that is cut off or damaged; the technical detail is for the log.
    BrokenDocx(String),
    /// An archive that would unpack to far more than a document holds.
    Bomb,
    /// A PDF without text: scanned pages.
    ScannedPdf,
    /// A PDF protected by a password.
    EncryptedPdf,
    /// A damaged PDF; the technical detail is for the log.
    BrokenPdf(String),
    /// More pages, paragraphs or nesting than a plan can have.
    TooComplex(&'static str),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Tệp trống, không có nội dung để đọc. Hãy chọn lại tệp kế hoạch."),
            Self::TooLarge { size, limit } => write!(
                f,
                "Tệp quá lớn ({} MB, tối đa {} MB). Hãy bỏ bớt hình ảnh hoặc lưu lại chỉ phần văn bản.",
                size.div_ceil(1 << 20),
                limit >> 20
            ),
            Self::NotText => f.write_str("Không nhận ra định dạng tệp. Hãy nộp kế hoạch ở dạng .docx, .pdf (có lớp chữ) hoặc .txt."),
            Self::Encoding { at } => write!(
                f,
                "Tệp chữ không dùng bảng mã Unicode (lỗi từ byte {at}), có thể là TCVN3, VNI hoặc Windows-1258. \
                 Hãy chuyển sang Unicode (UTF-8) rồi nộp lại."
            ),
            Self::Unsupported(kind) => {
                write!(f, "Chưa đọc được tệp {kind}. Hãy mở tệp và lưu lại ở dạng .docx hoặc .pdf, rồi nộp lại.")
            }
            Self::BrokenDocx(_) => {
                f.write_str("Tệp .docx bị hỏng hoặc bị cắt cụt. Hãy tải lại tệp gốc, hoặc mở bằng trình soạn thảo rồi lưu lại.")
            }
            Self::Bomb => f.write_str(
                "Tệp nén bất thường (giải nén ra quá lớn hoặc quá nhiều phần), không mở để bảo đảm an toàn. \
                 Hãy kiểm tra nguồn gốc của tệp.",
            ),
            Self::ScannedPdf => {
                f.write_str("Tệp PDF là ảnh quét, không có lớp chữ. Hãy dùng bản .docx, hoặc nhận dạng chữ (OCR) trước khi nộp.")
            }
            Self::EncryptedPdf => f.write_str("Tệp PDF được bảo vệ bằng mật khẩu. Hãy gỡ mật khẩu hoặc nộp bản .docx."),
            Self::BrokenPdf(_) => f.write_str("Tệp PDF bị hỏng hoặc bị cắt cụt. Hãy tải lại tệp gốc hoặc nộp bản .docx."),
            Self::TooComplex(what) => {
                write!(f, "Tài liệu vượt giới hạn đọc ({what}). Hãy tách thành các tệp nhỏ hơn.")
            }
        }
    }
}

impl std::error::Error for ReadError {}
