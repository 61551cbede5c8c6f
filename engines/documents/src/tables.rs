//! The tables of a document as a workbook.
use crate::cell::Cell;
use crate::doc::{Block, Document, Row, Table, place};
use crate::error::DocumentError;
use crate::write::{Column, ColumnKind, Sheet, Workbook};

impl Document {
    /// Every table as a sheet of an `.xlsx`: one row of headings (those over several columns stand before
    /// the ones below them, with " - "), numbers as numbers where every cell of a column that has text
    /// has one. A cell over several rows or columns stands in its first row and column.
    ///
    /// # Errors
    /// [`DocumentError::NoTable`], [`DocumentError::NoColumns`], or what the workbook can't hold.
    pub fn to_xlsx(&self) -> Result<Vec<u8>, DocumentError> {
        crate::doc::check(self)?;
        let main = (String::new(), &self.blocks);
        let annexes = self.annexes.iter().enumerate().map(|(i, a)| (self.annex_label(i), &a.blocks));
        let mut sheets = Vec::new();
        for (part, blocks) in std::iter::once(main).chain(annexes) {
            for block in blocks {
                if let Block::Table(t) = block {
                    let caption = t.caption.to_plain();
                    let name = match (part.as_str(), caption.trim()) {
                        ("", "") => format!("Bảng {}", sheets.len() + 1),
                        ("", caption) => caption.to_owned(),
                        (part, _) => part.to_owned(),
                    };
                    sheets.push(sheet(t, name));
                }
            }
        }
        if sheets.is_empty() {
            return Err(DocumentError::NoTable);
        }
        let book = Workbook { sheets, guide: None, created: self.head.date.clone() };
        book.to_xlsx().map_err(|e| DocumentError::CannotWrite(e.to_string()))
    }
}

fn sheet(t: &Table, name: String) -> Sheet {
    let n = t.columns.len();
    let mut rows = vec![vec![Cell::Empty; n]; t.rows.len()];
    // For each column: the digits after the comma, or that it holds text.
    let mut digits: Vec<Option<Option<usize>>> = vec![None; n];
    for p in place(&t.rows, n) {
        let text = p.cell.text.to_plain();
        let seen = &mut digits[p.column];
        match p.cell.number {
            Some(_) => *seen = Some(seen.unwrap_or(Some(0)).map(|d| d.max(decimals(&text)))),
            // A group heading over several columns does not make its column one of texts.
            None if p.columns == 1 && !text.trim().is_empty() => *seen = Some(None),
            None => {}
        }
        rows[p.row][p.column] = p.cell.number.map_or_else(|| Cell::text(text), Cell::Decimal);
    }
    let labels = labels(&t.header, n);
    let columns = labels.into_iter().zip(digits).map(|(label, digits)| {
        let kind = match digits.flatten() {
            Some(0) => ColumnKind::Integer,
            Some(d) => ColumnKind::Decimal(u8::try_from(d).unwrap_or(10)),
            None => ColumnKind::Text,
        };
        Column::new(label, kind)
    });
    Sheet { name, columns: columns.collect(), rows }
}

/// Digits after the comma of a number as written.
fn decimals(text: &str) -> usize {
    text.split_once(',').map_or(0, |(_, after)| after.chars().take_while(char::is_ascii_digit).count())
}

/// One heading for each column out of several rows of them.
fn labels(header: &[Row], n: usize) -> Vec<String> {
    let mut labels = vec![String::new(); n];
    for p in place(header, n) {
        let text = text::clean(&p.cell.text.to_plain());
        for label in &mut labels[p.column..p.column + p.columns] {
            if !text.is_empty() {
                *label = if label.is_empty() { text.clone() } else { format!("{label} - {text}") };
            }
        }
    }
    labels.iter().zip(1..).map(|(l, i)| if l.is_empty() { format!("Cột {i}") } else { l.clone() }).collect()
}
