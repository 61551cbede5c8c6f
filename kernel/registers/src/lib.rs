//! Registers are data: a TOML definition becomes a real table with history, permissions, search, files and pages.
//!
//! CONTRACT (being built): the signatures below are what web, modules, import and CLI code against.

pub mod actions;
pub mod definition;
pub mod query;
mod record;

pub use definition::{ChoiceList, Definition, Field, FieldType, Label, Registry};
pub use query::{Filter, ListPage, Op, Query};
pub use record::{Data, HistoryEntry, Record};
