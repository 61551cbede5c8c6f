//! Writing `.xlsx`.
use crate::cell::{Cell, looks_like_formula, yes_no};
use crate::error::SheetError;
use rust_xlsxwriter as xl;
use xl::{DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula};

/// What a column holds; decides number format, alignment and input checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text; also identity and phone numbers, whose leading zeros must stay.
    Text,
    /// Whole number.
    Integer,
    /// Number with so many decimals.
    Decimal(u8),
    /// Đồng.
    Money,
    /// Day.
    Date,
    /// One of these labels.
    Choice(Vec<String>),
    /// `Có` or `Không`.
    Bool,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Heading.
    pub label: String,
    /// Help shown when a cell is selected and on the guide sheet; may be empty.
    pub hint: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Width in characters; without one, a width fitting the kind.
    pub width: Option<f64>,
    /// Whether a template demands it; the heading gets ` *`.
    pub required: bool,
}

impl Column {
    /// An optional column without hint, of a width fitting its kind.
    #[must_use]
    pub fn new(label: impl Into<String>, kind: ColumnKind) -> Self {
        Self { label: label.into(), hint: String::new(), kind, width: None, required: false }
    }

    /// The same column, required.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same column with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// One table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Sheet name; characters a spreadsheet forbids are replaced, 31 are kept.
    pub name: String,
    /// Columns, left to right.
    pub columns: Vec<Column>,
    /// Rows; cells beyond the columns are left out, missing ones are empty.
    pub rows: Vec<Vec<Cell>>,
}

/// Asks for the sheet "Hướng dẫn", which explains every column of the first sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guide {
    /// Title of the guide.
    pub title: String,
    /// Paragraphs above the table of columns.
    pub paragraphs: Vec<String>,
}

/// A file of one or more sheets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workbook {
    /// The sheets.
    pub sheets: Vec<Sheet>,
    /// Present for import templates: adds the guide and input checks for rows still empty.
    pub guide: Option<Guide>,
    /// Day written into the file's properties, `YYYY-MM-DD`; 1 January 2026 when empty. Given, not
    /// taken from the clock, so that the same workbook is always the same bytes.
    pub created: String,
}

/// Name of the guide sheet.
const GUIDE: &str = "Hướng dẫn";
/// Name of the hidden sheet with long lists of choices.
const LISTS: &str = "Danh mục";
/// Rows of a template that get input checks.
const TEMPLATE_ROWS: u32 = 5_000;
/// Excel's limits: characters in a cell, rows in a sheet, exact digits of a number.
const MAX_TEXT: usize = 32_767;
const MAX_ROWS: usize = 1_048_575;
const MAX_EXACT: u64 = 999_999_999_999_999;
const CUT: &str = " … [cắt bớt]";

impl Workbook {
    /// A workbook of one sheet.
    #[must_use]
    pub fn of(sheet: Sheet) -> Self {
        Self { sheets: vec![sheet], ..Self::default() }
    }

    /// The bytes of the `.xlsx` file. Texts over 32 767 characters are cut and say so; whole numbers
    /// of more than 15 digits and dates before 1900 become text, since a spreadsheet can't hold them.
    ///
    /// # Errors
    /// [`SheetError::CannotWrite`]: no sheet, a sheet without columns, too many rows.
    pub fn to_xlsx(&self) -> Result<Vec<u8>, SheetError> {
        if self.sheets.is_empty() {
            return Err(SheetError::CannotWrite("chưa có trang tính nào".into()));
        }
        let mut book = xl::Workbook::new();
        book.set_properties(&DocProperties::new().set_creation_datetime(&self.created()));
        let mut names = vec![LISTS.to_owned()];
        if self.guide.is_some() {
            names.push(GUIDE.to_owned());
        }
        let mut lists = Lists::default();
        for sheet in &self.sheets {
            let name = sheet_name(&sheet.name, &names);
            let target = book.add_worksheet();
            target.set_name(&name).map_err(failed)?;
            names.push(name);
            sheet.write(target, self.guide.is_some(), &mut lists)?;
        }
        if let (Some(guide), Some(first)) = (&self.guide, self.sheets.first()) {
            guide.write(book.add_worksheet(), first).map_err(failed)?;
        }
        lists.write(&mut book).map_err(failed)?;
        book.save_to_buffer().map_err(failed)
    }

    fn created(&self) -> ExcelDateTime {
        excel_date(&self.created).or_else(|| ExcelDateTime::from_ymd(2026, 1, 1).ok()).unwrap_or_default()
    }
}

/// By value, as `map_err` hands it over.
#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn failed(e: xl::XlsxError) -> SheetError {
    SheetError::CannotWrite(e.to_string())
}

fn excel_date(iso: &str) -> Option<ExcelDateTime> {
    let iso = text::parse_date_vi(iso).ok()?;
    let mut parts = iso.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// A name a spreadsheet accepts and no other sheet has.
fn sheet_name(wanted: &str, taken: &[String]) -> String {
    let plain: String = text::clean(wanted).chars().map(|c| if c.is_control() || "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
    let plain = text::clean(&plain);
    let plain = if plain.is_empty() { "Dữ liệu".to_owned() } else { plain };
    let fits = |limit: usize| {
        let mut units = 0;
        let cut: String = plain
            .chars()
            .take_while(|c| {
                units += c.len_utf16();
                units <= limit
            })
            .collect();
        cut.trim().to_owned()
    };
    let clash = |n: &str| taken.iter().any(|t| t.to_lowercase() == n.to_lowercase());
    let mut name = fits(31);
    let mut n = 2;
    while clash(&name) {
        name = format!("{} {n}", fits(26));
        n += 1;
    }
    name
}

/// Lists of choices too long to stand in the check itself.
#[derive(Default)]
struct Lists {
    columns: Vec<Vec<String>>,
}

impl Lists {
    fn add(&mut self, options: &[String]) -> Formula {
        let column = self.columns.iter().position(|c| c == options).unwrap_or_else(|| {
            self.columns.push(options.to_vec());
            self.columns.len() - 1
        });
        let letter = crate::column_letter(u32::try_from(column).unwrap_or(u32::MAX));
        Formula::new(format!("='{LISTS}'!${letter}$1:${letter}${}", options.len()))
    }

    fn write(&self, book: &mut xl::Workbook) -> Result<(), xl::XlsxError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let sheet = book.add_worksheet();
        sheet.set_name(LISTS)?.set_hidden(true);
        for (c, options) in (0u16..).zip(&self.columns) {
            for (r, option) in (0u32..).zip(options) {
                sheet.write_string(r, c, option)?;
            }
        }
        Ok(())
    }
}

impl ColumnKind {
    fn format(&self) -> Format {
        let f = Format::new().set_align(FormatAlign::Top);
        match self {
            Self::Text | Self::Choice(_) | Self::Bool => f.set_num_format("@").set_text_wrap(),
            Self::Integer => f.set_num_format("#,##0"),
            Self::Decimal(0) => f.set_num_format("#,##0"),
            Self::Decimal(n) => f.set_num_format(format!("#,##0.{}", "0".repeat(usize::from(*n).min(10)))),
            Self::Money => f.set_num_format("#,##0\\ \"đ\""),
            Self::Date => f.set_num_format("dd/mm/yyyy").set_align(FormatAlign::Center),
        }
    }

    fn width(&self) -> f64 {
        match self {
            Self::Text => 30.0,
            Self::Choice(options) => {
                let longest = options.iter().map(|o| o.chars().count()).max().unwrap_or(0);
                f64::from(u32::try_from(longest.clamp(12, 40)).unwrap_or(40)) + 2.0
            }
            Self::Integer | Self::Decimal(_) | Self::Date => 14.0,
            Self::Money => 20.0,
            Self::Bool => 10.0,
        }
    }

    /// In the words of the guide sheet.
    fn describe(&self) -> String {
        match self {
            Self::Text => "Chữ".into(),
            Self::Integer => "Số nguyên".into(),
            Self::Decimal(_) => "Số, phần lẻ sau dấu phẩy".into(),
            Self::Money => "Số tiền (đồng)".into(),
            Self::Date => "Ngày (dd/mm/yyyy)".into(),
            Self::Choice(options) => format!("Chọn một: {}", options.join("; ")),
            Self::Bool => "Có / Không".into(),
        }
    }

    /// The check a spreadsheet makes while people type; `None` where any text will do.
    fn validation(&self, lists: &mut Lists) -> Result<Option<DataValidation>, xl::XlsxError> {
        let v = DataValidation::new();
        let (v, message) = match self {
            Self::Choice(options) if options.is_empty() => return Ok(None),
            Self::Text => return Ok(None),
            Self::Choice(options) => {
                let length: usize = options.iter().map(|o| o.encode_utf16().count() + 1).sum();
                let v = if length <= 250 && options.iter().all(|o| !o.contains([',', '"'])) {
                    v.allow_list_strings(options)?
                } else {
                    v.allow_list_formula(lists.add(options))
                };
                (v, "Hãy chọn một giá trị trong danh sách.")
            }
            Self::Bool => (v.allow_list_strings(&[yes_no(true), yes_no(false)])?, "Hãy chọn Có hoặc Không."),
            Self::Integer | Self::Money => (v.allow_decimal_number(xl::DataValidationRule::Between(-1e15, 1e15)), "Hãy nhập số nguyên."),
            Self::Decimal(_) => (v.allow_decimal_number(xl::DataValidationRule::Between(-1e15, 1e15)), "Hãy nhập số."),
            Self::Date => (
                v.allow_date(xl::DataValidationRule::Between(ExcelDateTime::from_ymd(1900, 1, 1)?, ExcelDateTime::from_ymd(2199, 12, 31)?)),
                "Hãy nhập ngày theo dạng ngày/tháng/năm.",
            ),
        };
        Ok(Some(v.set_error_title("Giá trị chưa đúng")?.set_error_message(message)?))
    }
}

fn header_format(required: bool) -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_font_color(xl::Color::White)
        .set_background_color(xl::Color::RGB(if required { 0x9C_2A_2A } else { 0x1F_4E_79 }))
}

impl Sheet {
    fn write(&self, target: &mut xl::Worksheet, template: bool, lists: &mut Lists) -> Result<(), SheetError> {
        if self.columns.is_empty() {
            return Err(SheetError::CannotWrite(format!("trang “{}” không có cột", self.name)));
        }
        if self.rows.len() > MAX_ROWS {
            return Err(SheetError::TooManyRows(MAX_ROWS));
        }
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.write_frame(target, rows, template, lists).map_err(failed)?;
        for (c, column) in (0u16..).zip(&self.columns) {
            let format = column.kind.format();
            let quoted = format.clone().set_quote_prefix();
            for (r, row) in (1u32..).zip(&self.rows) {
                if let Some(cell) = row.get(usize::from(c)) {
                    write_cell(target, r, c, cell, &format, &quoted).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Headings, widths, freeze, filter, print set-up, input checks.
    fn write_frame(&self, target: &mut xl::Worksheet, rows: u32, template: bool, lists: &mut Lists) -> Result<(), xl::XlsxError> {
        let last = u16::try_from(self.columns.len() - 1).unwrap_or(u16::MAX);
        for (c, column) in (0u16..).zip(&self.columns) {
            let label = match column.required {
                true => format!("{} *", column.label),
                false => column.label.clone(),
            };
            target.write_string_with_format(0, c, fit(&label), &header_format(column.required))?;
            target.set_column_width(c, column.width.unwrap_or_else(|| column.kind.width()))?;
            if template {
                target.set_column_format(c, &column.kind.format())?;
                let check = column.kind.validation(lists)?;
                if check.is_some() || !column.hint.is_empty() {
                    let mut check = check.unwrap_or_else(|| DataValidation::new().allow_any_value());
                    if !column.hint.is_empty() {
                        let hint: String = column.hint.chars().take(250).collect();
                        check = check.set_input_message(hint)?;
                    }
                    target.add_data_validation(1, c, rows.max(TEMPLATE_ROWS), c, &check)?;
                }
            }
        }
        target.set_row_height(0, 32)?;
        target.set_freeze_panes(1, 0)?;
        target.autofilter(0, 0, rows.max(1), last)?;
        target.set_repeat_rows(0, 0)?;
        target.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        Ok(())
    }
}

fn write_cell(target: &mut xl::Worksheet, r: u32, c: u16, cell: &Cell, format: &Format, quoted: &Format) -> Result<(), xl::XlsxError> {
    // `write_string` never makes a formula; the quote prefix keeps it text when someone edits it.
    let mut text = |s: &str| {
        let f = if looks_like_formula(s) { quoted } else { format };
        target.write_string_with_format(r, c, fit(s), f).map(|_| ())
    };
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(s) | Cell::Error(s) => return text(s),
        Cell::Bool(b) => return text(yes_no(*b)),
        Cell::Integer(i) if i.unsigned_abs() > MAX_EXACT => return text(&i.to_string()),
        Cell::Decimal(x) if !x.is_finite() => return text("–"),
        #[expect(clippy::cast_precision_loss, reason = "at most 15 digits")]
        Cell::Integer(i) => target.write_number_with_format(r, c, *i as f64, format)?,
        Cell::Decimal(x) => target.write_number_with_format(r, c, *x, format)?,
        Cell::Date(iso) => match excel_date(iso) {
            Some(d) => target.write_datetime_with_format(r, c, d, format)?,
            None => return text(&text::date_vi(iso)),
        },
    };
    Ok(())
}

/// Cuts a text to what a cell can hold.
fn fit(s: &str) -> std::borrow::Cow<'_, str> {
    // A UTF-16 unit is at least one byte of UTF-8.
    if s.len() <= MAX_TEXT || s.encode_utf16().count() <= MAX_TEXT {
        return s.into();
    }
    let mut units = CUT.encode_utf16().count();
    let mut out: String = s
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= MAX_TEXT
        })
        .collect();
    out.push_str(CUT);
    out.into()
}

impl Guide {
    fn write(&self, target: &mut xl::Worksheet, about: &Sheet) -> Result<(), xl::XlsxError> {
        target.set_name(GUIDE)?;
        let bold = Format::new().set_bold().set_font_size(14);
        let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        target.write_string_with_format(0, 0, fit(&self.title), &bold)?;
        let mut row = 1;
        for p in &self.paragraphs {
            target.write_string(row, 0, fit(p))?;
            row += 1;
        }
        row += 1;
        for (c, (label, width)) in
            (0u16..).zip([("Cột", 8.0), ("Tiêu đề", 32.0), ("Bắt buộc", 12.0), ("Nhập gì", 48.0), ("Giải thích", 60.0)])
        {
            target.write_string_with_format(row, c, label, &header_format(false))?;
            target.set_column_width(c, width)?;
        }
        for (i, column) in (0u32..).zip(&about.columns) {
            row += 1;
            let required = yes_no(column.required);
            let values = [&crate::column_letter(i), &column.label, required, &column.kind.describe(), &column.hint];
            for (c, value) in (0u16..).zip(values) {
                target.write_string_with_format(row, c, fit(value), &wrap)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
