//! What was read: headings and rows, shared by the .xlsx and .csv readers.
use crate::cell::{Cell, column_letter};
use crate::error::SheetError;
use crate::read::ReadOptions;

/// A column that has a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The heading, cleaned, without the ` *` that marks a required column.
    pub label: String,
    /// Column number from 0.
    pub column: u32,
}

impl Header {
    /// `A`, `B`, … as a person sees it.
    #[must_use]
    pub fn letter(&self) -> String {
        column_letter(self.column)
    }
}

/// One row of data that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub struct DataRow {
    /// Row number from 1, as the spreadsheet shows it.
    pub number: u32,
    /// One cell for each of [`SheetData::headers`].
    pub cells: Vec<Cell>,
}

/// A sheet that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetData {
    /// Name of the sheet (empty for .csv).
    pub name: String,
    /// Row number of the headings, from 1.
    pub header_row: u32,
    /// Columns with a heading, left to right.
    pub headers: Vec<Header>,
    /// Rows below the headings; empty rows are left out.
    pub rows: Vec<DataRow>,
    /// Letters of columns that hold data but have no heading, so that it was left out.
    pub ignored_columns: Vec<String>,
}

/// Rows above this hold the headings, or there are none.
const HEADER_SEARCH: u32 = 30;

/// Collects cells in row order and applies the limits while they come, so that a hostile sheet never
/// takes more memory than the limits allow.
pub(crate) struct Collector<'a> {
    options: &'a ReadOptions,
    rows: Vec<(u32, Vec<(u32, Cell)>)>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(options: &'a ReadOptions) -> Self {
        Self { options, rows: Vec::new() }
    }

    /// Takes the cell at row and column (both from 0). Rows must not go back.
    pub(crate) fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), SheetError> {
        if cell.is_empty() {
            return Ok(());
        }
        if column as usize >= self.options.max_columns {
            return Err(SheetError::TooManyColumns(self.options.max_columns));
        }
        match self.rows.last_mut() {
            Some((last, cells)) if *last == row => cells.push((column, cell)),
            Some((last, _)) if *last > row => {
                return Err(SheetError::Broken("các dòng không theo thứ tự".into()));
            }
            _ => {
                if self.rows.len() > self.options.max_rows + HEADER_SEARCH as usize {
                    return Err(SheetError::TooManyRows(self.options.max_rows));
                }
                self.rows.push((row, vec![(column, cell)]));
            }
        }
        Ok(())
    }

    /// How like a row of headings a row is: known headings first, then the number of texts.
    fn header_score(&self, cells: &[(u32, Cell)]) -> (usize, usize) {
        let texts = cells.iter().filter_map(|(_, c)| match c {
            Cell::Text(s) => Some(text::fold(&heading(s))),
            _ => None,
        });
        let (mut known, mut all) = (0, 0);
        for t in texts {
            all += 1;
            known += usize::from(self.options.expected_headers.iter().any(|h| text::fold(h) == t));
        }
        (known, all)
    }

    pub(crate) fn finish(self, name: String) -> Result<SheetData, SheetError> {
        let at = self.find_header().ok_or(SheetError::NoHeader)?;
        let (max_rows, max_columns) = (self.options.max_rows, self.options.max_columns);
        let mut rows = self.rows.into_iter().skip(at);
        let (header_row, cells) = rows.next().ok_or(SheetError::NoHeader)?;
        let headers = headers(cells)?;
        let mut place = vec![None; max_columns];
        for (i, h) in headers.iter().enumerate() {
            // `put` let no column of max_columns or more in.
            if let Some(p) = place.get_mut(h.column as usize) {
                *p = Some(i);
            }
        }
        let mut ignored = std::collections::BTreeSet::new();
        let mut data = Vec::new();
        for (row, cells) in rows {
            let mut out = vec![Cell::Empty; headers.len()];
            for (column, cell) in cells {
                match place.get(column as usize).copied().flatten() {
                    Some(i) => out[i] = cell,
                    None => {
                        ignored.insert(column);
                    }
                }
            }
            if out.iter().all(Cell::is_empty) {
                continue;
            }
            if data.len() == max_rows {
                return Err(SheetError::TooManyRows(max_rows));
            }
            data.push(DataRow { number: row + 1, cells: out });
        }
        Ok(SheetData {
            name,
            header_row: header_row + 1,
            headers,
            rows: data,
            ignored_columns: ignored.into_iter().map(column_letter).collect(),
        })
    }

    /// With expected headings: the row that has most of them (at least one). Without: the first row
    /// of two or more texts, else the first row with any text.
    fn find_header(&self) -> Option<usize> {
        let scores: Vec<(usize, usize)> =
            self.rows.iter().take_while(|(row, _)| *row < HEADER_SEARCH).map(|(_, cells)| self.header_score(cells)).collect();
        let best = scores.iter().map(|(known, _)| *known).max()?;
        if best > 0 {
            return scores.iter().position(|(known, _)| *known == best);
        }
        if !self.options.expected_headers.is_empty() {
            return None;
        }
        scores.iter().position(|(_, all)| *all >= 2).or_else(|| scores.iter().position(|(_, all)| *all >= 1))
    }
}

/// A heading as written in the file without its mark of a required column.
fn heading(s: &str) -> String {
    text::clean(text::clean(s).trim_end_matches('*'))
}

fn headers(cells: Vec<(u32, Cell)>) -> Result<Vec<Header>, SheetError> {
    let mut headers: Vec<Header> = Vec::new();
    for (column, cell) in cells {
        let label = heading(&cell.to_text());
        if label.is_empty() {
            continue;
        }
        let folded = text::fold(&label);
        if let Some(twin) = headers.iter().find(|h| text::fold(&h.label) == folded) {
            return Err(SheetError::DuplicateHeader(label, twin.letter(), column_letter(column)));
        }
        headers.push(Header { label, column });
    }
    Ok(headers)
}
