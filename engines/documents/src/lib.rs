//! Values that become files.
//!
//! * [`Document`] → `.docx` ([`Document::to_docx`]), `.pdf` ([`Document::to_pdf`]), its tables → `.xlsx`
//!   ([`Document::to_xlsx`]), in the layout of Decree 30/2020/NĐ-CP
//! * [`Workbook`] / [`Sheet`] → `.xlsx` ([`Workbook::to_xlsx`]) or `.csv` ([`Sheet::to_csv`])
//! * what an uploaded file really is → [`FileKind`]
//! * `.xlsx` or `.csv` someone uploaded → [`SheetData`] ([`read_xlsx`], [`read_csv`])
//!
//! The same [`Cell`] on both sides, so what is exported can be imported again. Reading is built for
//! hostile input: limits before parsing, no panics, every refusal a Vietnamese sentence with a remedy.
mod cell;
mod csv;
mod doc;
mod docx;
mod error;
mod figure;
mod font;
mod guard;
mod lines;
mod pdf;
mod read;
mod sniff;
mod table;
mod tables;
mod write;

pub use cell::{Cell, column_letter};
pub use csv::read_csv;
pub use doc::{
    Align, Annex, Block, Document, Figure, Head, Instead, Look, Recipient, Row, Run, Secrecy, Signature, Table, TableCell, TableColumn,
    Text, Urgency,
};
pub use error::{DocumentError, SheetError};
pub use read::{FORMULA, ReadOptions, read_xlsx};
pub use sniff::{ALLOWED_EN, ALLOWED_VI, FileKind};
pub use table::{DataRow, Header, SheetData};
pub use write::{Column, ColumnKind, Guide, Sheet, Workbook};

#[cfg(test)]
mod samples;
