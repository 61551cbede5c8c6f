//! Reading `.xlsx` that someone uploaded.
use crate::cell::{Cell, date_text};
use crate::error::SheetError;
use crate::guard;
use crate::table::{Collector, SheetData};
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What [`Cell::Error`] says of a formula whose result is not in the file.
pub const FORMULA: &str = "=";

/// What to read and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Sheet name; without one, the first visible worksheet.
    pub sheet: Option<String>,
    /// Headings of the template. The row with most of them is taken for the row of headings, so that
    /// a title above the table does no harm. Compared without case and marks.
    pub expected_headers: Vec<String>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Largest size after unpacking, in bytes.
    pub max_uncompressed: u64,
    /// Most rows of data.
    pub max_rows: usize,
    /// Most columns.
    pub max_columns: usize,
}

impl Default for ReadOptions {
    /// 20 MiB, 200 MiB unpacked, 100 000 rows, 300 columns.
    fn default() -> Self {
        Self {
            sheet: None,
            expected_headers: Vec::new(),
            max_bytes: 20 << 20,
            max_uncompressed: 200 << 20,
            max_rows: 100_000,
            max_columns: 300,
        }
    }
}

/// Reads one sheet of a workbook. Formulas give the value stored with them.
///
/// # Errors
/// Any [`SheetError`]; never panics, whatever the bytes.
pub fn read_xlsx(bytes: &[u8], options: &ReadOptions) -> Result<SheetData, SheetError> {
    guard::check(bytes, options.max_bytes, options.max_uncompressed)?;
    // calamine is a large parser of a large format and has panicked on damaged files before. Nothing
    // of ours is shared with it, so no state can be left half-changed.
    catch_unwind(AssertUnwindSafe(|| parse(bytes, options)))
        .unwrap_or_else(|_| Err(SheetError::Broken("cấu trúc bên trong không hợp lệ".into())))
}

fn parse(bytes: &[u8], options: &ReadOptions) -> Result<SheetData, SheetError> {
    let broken = |e: calamine::XlsxError| SheetError::Broken(e.to_string());
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let name = choose_sheet(&book, options)?;
    let formulas = formulas(&mut book, &name).map_err(broken)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(broken)?;
    let mut collector = Collector::new(options);
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let mut value = convert(cell.get_value());
        if value.is_empty() && formulas.contains(&(row, column)) {
            value = Cell::Error(FORMULA.into());
        }
        collector.put(row, column, value)?;
    }
    collector.finish(name)
}

/// Where formulas stand: one whose result was never stored must not pass for an empty cell.
fn formulas(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<HashSet<(u32, u32)>, calamine::XlsxError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut found = HashSet::new();
    while let Some(cell) = cells.next_formula()? {
        if !cell.get_value().is_empty() {
            found.insert(cell.get_position());
        }
    }
    Ok(found)
}

fn choose_sheet(book: &Xlsx<Cursor<&[u8]>>, options: &ReadOptions) -> Result<String, SheetError> {
    let sheets: Vec<&calamine::Sheet> = book.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).collect();
    let found = match &options.sheet {
        Some(wanted) => sheets.iter().find(|s| text::fold(&s.name) == text::fold(wanted)),
        None => sheets.iter().find(|s| s.visible == SheetVisible::Visible),
    };
    found.map(|s| s.name.clone()).ok_or_else(|| {
        let names = sheets.iter().map(|s| s.name.clone()).collect();
        SheetError::NoSheet(options.sheet.clone().unwrap_or_default(), names)
    })
}

/// Largest whole number a spreadsheet keeps exactly (its numbers are 64-bit floats).
const EXACT: f64 = 9_007_199_254_740_992.0;

fn convert(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(s) => Cell::text(s.as_str()),
        DataRef::SharedString(s) => Cell::text(*s),
        DataRef::Bool(b) => Cell::Bool(*b),
        DataRef::Int(i) => Cell::Integer(*i),
        DataRef::Float(x) => number(*x),
        DataRef::DateTime(d) if d.is_duration() => Cell::Decimal(d.as_f64()),
        // A time of day without a date, or a day before 1900: not a date of ours.
        DataRef::DateTime(d) if d.as_f64() < 1.0 => number(d.as_f64()),
        DataRef::DateTime(d) => date_text(d.to_ymd_hms_milli()),
        DataRef::DateTimeIso(s) => match s.split_once('T') {
            Some((day, time)) if time.starts_with("00:00:00") => iso_day(day),
            None => iso_day(s),
            Some(_) => Cell::text(s.as_str()),
        },
        DataRef::DurationIso(s) => Cell::text(s.as_str()),
        DataRef::Error(e) => Cell::Error(e.to_string()),
    }
}

fn iso_day(s: &str) -> Cell {
    match text::parse_date_vi(s) {
        Ok(iso) => Cell::Date(iso),
        Err(_) => Cell::text(s),
    }
}

fn number(x: f64) -> Cell {
    if x.fract() == 0.0 && x.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        let whole = x as i64;
        Cell::Integer(whole)
    } else if x.is_finite() {
        Cell::Decimal(x)
    } else {
        Cell::Error("#NUM!".into())
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
