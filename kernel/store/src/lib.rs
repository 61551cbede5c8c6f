//! The one door to SQLite and PostgreSQL.
//!
//! Actions are plain functions on [`Tx`]; `store.write(|tx| …).await` runs one in a transaction that is
//! on disk before the call returns. One SQL text serves both engines: `$1, $2 …`, columns TEXT, BIGINT,
//! DOUBLE PRECISION and bytes only (see README.md for the dialect).

mod backup;
mod error;
mod ids;
mod ledger_log;
mod migrate;
mod pg;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod tx;
mod value;

pub use error::{Error, FieldError, Result};
pub use ids::{Clock, Ids, ManualClock, SeededIds, SystemClock, SystemIds, new_uuid_v7};
pub use ledger_log::{LedgerFault, ORIGIN, Proof, VerifyReport};
pub use migrate::Migration;
pub use store::Store;
pub use tx::{Change, Engine, Row, Tx};
pub use value::{FromValue, Value};
