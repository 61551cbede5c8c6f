//! Registers as files: the `.xlsx` template, the export of a list, and the import with a row-by-row report.
//!
//! ```text
//!  bytes ─▶ read ─▶ SheetData ─▶ headings to fields ─▶ cells to values ─▶ find the record by its keys
//!                                                                              │
//!                       dry run (`dry`)  ◀── the same judgement of every row ──┤
//!                       a job (`job`) in batches, each one transaction ◀───────┘
//! ```
//!
//! Importing a file twice changes nothing: rows find their records by the natural keys of the definition, and equal
//! values write nothing. An empty cell leaves the field as it is; [`CLEAR`] empties it.

mod cells;
mod columns;
mod dry;
mod export;
mod import;
mod index;
pub mod job;
mod links;
#[cfg(test)]
mod long_tests;
mod report;
mod states;
#[cfg(test)]
mod tests;

pub use columns::{FileColumn, HeaderNote, Slot, columns, match_headers};
pub use dry::dry_run;
pub use export::{export, template};
pub use import::{Importer, read};
pub use report::{CellError, Counts, Outcome, Report, RowReport};

/// Written in a cell, it empties the field; an empty cell leaves it as it is.
pub const CLEAR: &str = "(xóa)";
