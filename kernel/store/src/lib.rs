//! The one door to SQLite and PostgreSQL.
//!
//! Actions are plain functions on [`Tx`]; `store.write(|tx| …).await` runs one in a transaction that is
//! on disk before the call returns. One SQL text serves both engines: `$1, $2 …`, columns TEXT, BIGINT,
//! DOUBLE PRECISION and bytes only (see README.md for the dialect).

mod backup;
pub mod bench;
mod copy;
mod dialect;
mod error;
mod health;
mod ids;
mod kept;
mod ledger_log;
mod migrate;
mod pg;
mod pg_tls;
mod pg_value;
mod pool;
mod proof;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod tx;
mod value;
mod writer;

pub use error::{Error, FieldError, Result};
pub use health::Health;
pub use ids::{Clock, Ids, ManualClock, SeededIds, SystemClock, SystemIds, new_uuid_v7};
pub use kept::{Changed, Mend, Question};
pub use ledger_log::{LedgerFault, ORIGIN, Proof, VerifyReport};
pub use migrate::Migration;
pub use store::Store;
pub use tx::{Change, Engine, Row, Tx};
pub use value::{FromValue, Value};
