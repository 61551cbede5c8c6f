//! Registers are data: a TOML definition becomes a real table with history, permissions, search, files and pages.
//!
//! | need | here |
//! |---|---|
//! | read and check definitions | [`Registry::load`] |
//! | tables from definitions | [`plan_migration`], [`apply`] |
//! | records | [`actions`] |
//! | many records at once (import, demo) | [`BulkWriter`] |
//! | files: template, import, export | `files` |
//! | proof that rows are what the ledger says | [`verify_rows`] |
//! | likely duplicates | [`duplicates`], [`similar_to`] |
//! | saved filters | [`saved`] |

pub mod actions;
mod attachment;
mod body;
mod bulk;
mod check;
mod ddl;
pub mod definition;
mod duplicates;
pub mod files;
mod history;
mod list_sql;
mod load;
mod mask;
mod migrate;
mod model;
mod owner;
pub mod query;
mod read;
mod record;
mod registry;
mod rules_bridge;
pub mod saved;
mod spilled;
mod sql;
mod titles;
mod validate;
mod values;
mod verify;
mod write;

pub use attachment::{Attachment, MOST_FILE, MOST_FILES, too_large};
pub use bulk::BulkWriter;
pub use check::check_words;
pub use definition::{ChoiceList, Definition, Field, FieldType, Label};
pub use documents::{ALLOWED_EN as FILE_KINDS_EN, ALLOWED_VI as FILE_KINDS_VI};
pub use duplicates::{DuplicateGroup, duplicates, similar_to};
pub use load::{DefinitionError, Source};
pub use migrate::{MigrationPlan, Refusal, Step, apply, migrations, plan_migration};
pub use query::{Filter, ListPage, Op, Query, Tally};
pub use record::{Data, HistoryEntry, Record};
pub use registry::Registry;
pub use rules_bridge::{from_value, to_value};
pub use spilled::Spilled;
pub use values::{LINE, LONG};
pub use verify::{Mismatch, proof, verify_all, verify_rows};

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
