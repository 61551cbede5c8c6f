//! What an import would do or did, row by row.

use serde::{Deserialize, Serialize};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A new record.
    Create,
    /// Changes an existing record.
    Update,
    /// The record says the same already.
    Unchanged,
    /// Not taken; see the errors.
    Error,
}

/// One thing wrong with one cell (or with the row as a whole: no column).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellError {
    /// Column letter in the file, `A`, `B` …; empty for the row as a whole or a column that is not in the file.
    pub column: String,
    /// Heading or field label; empty for the row as a whole.
    pub label: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it; may be empty when `what` says it.
    pub remedy: String,
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// Row number as the spreadsheet shows it.
    pub line: u32,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Title of the record, or the first cells of the row when there is none yet.
    pub title: String,
    /// Record id, once there is one.
    pub record: Option<String>,
    /// Everything wrong with the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<CellError>,
}

/// How many rows of each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New records.
    pub create: u32,
    /// Changed records.
    pub update: u32,
    /// Rows that change nothing.
    pub unchanged: u32,
    /// Rows not taken.
    pub error: u32,
}

impl Counts {
    /// Counts one more row.
    pub fn add(&mut self, outcome: Outcome) {
        let n = match outcome {
            Outcome::Create => &mut self.create,
            Outcome::Update => &mut self.update,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Error => &mut self.error,
        };
        *n = n.saturating_add(1);
    }
}

/// The whole answer to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Register id.
    pub register: String,
    /// Sentences about columns: unknown headings (with the nearest field), columns left out.
    pub notes: Vec<String>,
    /// Rows in file order.
    pub rows: Vec<RowReport>,
    /// Totals of `rows`.
    pub counts: Counts,
}

impl Report {
    /// Adds a row and counts it.
    pub fn push(&mut self, row: RowReport) {
        self.counts.add(row.outcome);
        self.rows.push(row);
    }
    /// The report as one Vietnamese line.
    pub fn summary(&self) -> String {
        let c = &self.counts;
        let n = |x: u32| text::number_vi(i64::from(x));
        format!(
            "{} dòng: thêm {}, sửa {}, không đổi {}, lỗi {}",
            n(c.create + c.update + c.unchanged + c.error),
            n(c.create),
            n(c.update),
            n(c.unchanged),
            n(c.error)
        )
    }
}
