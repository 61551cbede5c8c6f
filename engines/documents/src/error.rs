//! Why a file was refused.
use std::fmt;

/// Why a sheet could not be read or written. [`fmt::Display`] says it in Vietnamese with a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetError {
    /// More bytes than allowed: the limit in bytes.
    TooLarge(u64),
    /// Unpacks to more than allowed (a "zip bomb"): the limit in bytes.
    Bomb(u64),
    /// Password protected, or the old `.xls` format: both are OLE containers.
    EncryptedOrOld,
    /// Holds macros.
    Macros,
    /// Not an Excel workbook.
    NotXlsx,
    /// Damaged: what the parser said.
    Broken(String),
    /// No sheet of this name: the name, the names there are.
    NoSheet(String, Vec<String>),
    /// No row of headings found.
    NoHeader,
    /// Two columns with the same heading: heading, first and second column letter.
    DuplicateHeader(String, String, String),
    /// More rows of data than allowed: the limit.
    TooManyRows(usize),
    /// A cell lies in a column beyond the limit: the limit.
    TooManyColumns(usize),
    /// Text that is neither UTF-8 nor UTF-16.
    Encoding,
    /// A quoted field that never ends: the row it starts in.
    Unclosed(u32),
    /// A sheet can't be written: what is wrong.
    CannotWrite(String),
}

fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let mb = bytes as f64 / 1_048_576.0;
    text::decimal_vi(mb, usize::from(!bytes.is_multiple_of(1_048_576)))
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "Tệp lớn hơn giới hạn {} MB. Hãy chia thành nhiều tệp nhỏ hơn.", megabytes(*limit)),
            Self::Bomb(limit) => {
                write!(f, "Tệp khi giải nén vượt quá {} MB nên bị từ chối. Hãy sao chép dữ liệu sang tệp mẫu mới.", megabytes(*limit))
            }
            Self::EncryptedOrOld => f.write_str("Tệp đang đặt mật khẩu hoặc ở định dạng .xls cũ. Hãy bỏ mật khẩu và lưu lại dạng .xlsx."),
            Self::Macros => f.write_str("Tệp có chứa macro nên bị từ chối. Hãy lưu lại dạng .xlsx (không có macro)."),
            Self::NotXlsx => f.write_str("Tệp không phải là bảng tính .xlsx. Hãy dùng tệp mẫu tải từ hệ thống."),
            Self::Broken(why) => write!(f, "Tệp bị hỏng, không đọc được ({why}). Hãy mở bằng Excel, lưu lại rồi tải lên lần nữa."),
            Self::NoSheet(name, names) => {
                write!(f, "Không có trang tính “{name}”.")?;
                match text::nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => write!(f, " Có phải là “{near}”?"),
                    None => write!(f, " Tệp có: {}.", names.join(", ")),
                }
            }
            Self::NoHeader => f.write_str("Không tìm thấy dòng tiêu đề cột. Hãy giữ nguyên dòng tiêu đề của tệp mẫu."),
            Self::DuplicateHeader(label, a, b) => write!(f, "Cột {a} và cột {b} có cùng tiêu đề “{label}”. Hãy xóa hoặc đổi tên một cột."),
            Self::TooManyRows(limit) => write!(
                f,
                "Trang tính có hơn {} dòng dữ liệu. Hãy chia thành nhiều tệp.",
                text::number_vi(i64::try_from(*limit).unwrap_or(i64::MAX))
            ),
            Self::TooManyColumns(limit) => write!(f, "Trang tính có dữ liệu ngoài {limit} cột đầu. Hãy xóa các cột thừa bên phải."),
            Self::Encoding => f.write_str("Tệp không ở bảng mã Unicode (UTF-8). Hãy lưu lại dạng “CSV UTF-8” hoặc .xlsx."),
            Self::Unclosed(row) => {
                write!(f, "Dòng {row}: dấu ngoặc kép mở ra nhưng không đóng lại.")
            }
            Self::CannotWrite(why) => write!(f, "Không tạo được tệp: {why}."),
        }
    }
}

impl std::error::Error for SheetError {}

/// Why a document could not be made. [`fmt::Display`] says it in Vietnamese with a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentError {
    /// A figure is no SVG: its number from 1 in the order of the document, what the parser said.
    Figure(usize, String),
    /// A table has no column: its number from 1.
    NoColumns(usize),
    /// The document has no table to make a workbook of.
    NoTable,
    /// A template asks for values nobody gave: their names.
    NoValue(Vec<String>),
    /// Could not be written: what is wrong.
    CannotWrite(String),
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure(n, why) => {
                write!(f, "Hình thứ {n} của văn bản không đọc được ({why}). Hãy tạo lại hình hoặc bỏ hình khỏi văn bản.")
            }
            Self::NoColumns(n) => write!(f, "Bảng thứ {n} của văn bản không có cột nào. Hãy thêm cột hoặc bỏ bảng khỏi văn bản."),
            Self::NoValue(names) => {
                write!(f, "Mẫu văn bản còn thiếu giá trị cho: {}. Hãy bổ sung hoặc sửa tên trong mẫu.", names.join(", "))
            }
            Self::NoTable => f.write_str("Văn bản không có bảng nào để lập bảng tính. Hãy tải bản .docx hoặc .pdf."),
            Self::CannotWrite(why) => write!(f, "Không tạo được văn bản: {why}. Hãy báo người quản trị kèm nội dung này."),
        }
    }
}

impl std::error::Error for DocumentError {}
