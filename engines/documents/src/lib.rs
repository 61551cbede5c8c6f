//! Values that become files. For now: sheets.
//!
//! * [`Workbook`] / [`Sheet`] → `.xlsx` ([`Workbook::to_xlsx`]) or `.csv` ([`Sheet::to_csv`])
//! * `.xlsx` or `.csv` someone uploaded → [`SheetData`] ([`read_xlsx`], [`read_csv`])
//!
//! The same [`Cell`] on both sides, so what is exported can be imported again. Reading is built for
//! hostile input: limits before parsing, no panics, every refusal a Vietnamese sentence with a remedy.
mod cell;
mod csv;
mod error;
mod guard;
mod read;
mod table;
mod write;

pub use cell::{Cell, column_letter};
pub use csv::read_csv;
pub use error::SheetError;
pub use read::{ReadOptions, read_xlsx};
pub use table::{DataRow, Header, SheetData};
pub use write::{Column, ColumnKind, Guide, Sheet, Workbook};
