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
    /// Another kind of archive, cut off or damaged; holds its name (".xlsx", …).
    Broken(&'static str),
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
            Self::Unsupported(kind) => write!(f, "{} {}", what(kind), remedy(kind)),
            Self::BrokenDocx(_) => {
                f.write_str("Tệp .docx bị hỏng hoặc bị cắt cụt. Hãy tải lại tệp gốc, hoặc mở bằng trình soạn thảo rồi lưu lại.")
            }
            Self::Broken(kind) => write!(
                f,
                "Tệp {kind} bị hỏng hoặc bị cắt cụt, và cũng không phải dạng đọc được. Hãy nộp kế hoạch ở dạng .docx, .pdf (có lớp chữ) hoặc .txt."
            ),
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

/// What a file of a kind that is not read is, as a sentence.
fn what(kind: &str) -> String {
    match kind {
        ".xlsx" | ".xls" | ".ods" | ".csv" => format!("Đây là bảng tính ({kind}), không phải văn bản kế hoạch."),
        ".doc" => "Đây là tệp Word đời cũ (.doc, Word 97-2003), Lá Chắn không đọc được.".to_owned(),
        LOCKED => "Đây là tệp Word hoặc Excel đặt mật khẩu, Lá Chắn không mở được.".to_owned(),
        "ảnh" => "Đây là tệp ảnh, không có chữ để đọc.".to_owned(),
        "âm thanh, phim" => "Đây là tệp âm thanh hoặc phim, không phải văn bản kế hoạch.".to_owned(),
        ".pptx" | ".ppt" => format!("Đây là bài trình chiếu ({kind}), không phải văn bản kế hoạch."),
        ".odt" | ".rtf" => format!("Đây là văn bản dạng {kind}, Lá Chắn không đọc dạng này."),
        "trang web" => "Đây là trang web (HTML), không phải văn bản kế hoạch.".to_owned(),
        "chương trình" => "Đây là tệp chương trình, không phải văn bản kế hoạch.".to_owned(),
        kind => format!("Đây là tệp {kind}, không phải văn bản kế hoạch."),
    }
}

/// What to do about it.
fn remedy(kind: &str) -> &'static str {
    match kind {
        ".xlsx" | ".xls" | ".ods" | ".csv" => {
            "Chọn tệp văn bản .docx, .pdf hoặc .txt; nếu danh mục nhiệm vụ chỉ có trong bảng tính, chép bảng sang Word, lưu .docx rồi nộp lại."
        }
        "ảnh" => "Dùng bản .docx gốc, hoặc nhận dạng chữ (OCR) rồi lưu thành .docx, .pdf có lớp chữ, sau đó nộp lại.",
        LOCKED => "Mở tệp bằng mật khẩu, gỡ mật khẩu, lưu lại ở dạng .docx rồi nộp lại.",
        "chương trình" | "âm thanh, phim" => "Chọn lại tệp kế hoạch ở dạng .docx, .pdf hoặc .txt.",
        kind if kind.starts_with("nén") => "Giải nén, rồi chọn tệp kế hoạch bên trong (.docx, .pdf hoặc .txt).",
        _ => "Mở tệp bằng Word hoặc LibreOffice, lưu lại ở dạng .docx hoặc .pdf, rồi nộp lại.",
    }
}

/// Kind of a file under a password.
pub const LOCKED: &str = "đặt mật khẩu";
