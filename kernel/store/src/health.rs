//! Is the store well?

use std::sync::atomic::Ordering;

use crate::{Engine, Result, Store};

/// State of the store for the health page and `lachan doctor`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Writing works.
    pub writable: bool,
    /// Why not, in Vietnamese.
    pub fault: Option<String>,
    /// Last commit of this process, µs UTC.
    pub last_commit: Option<i64>,
    /// Jobs waiting for the writer.
    pub queued: usize,
    /// Size of the database in bytes.
    pub bytes: u64,
    /// Size of SQLite's write-ahead log in bytes; 0 on PostgreSQL.
    pub wal_bytes: u64,
}

impl Store {
    /// Looks. After a failed commit it tries one small write, so that recovery shows by itself; otherwise it writes nothing.
    /// Blocks: not for async threads.
    ///
    /// # Errors
    /// When the database cannot even be read.
    pub fn health(&self) -> Result<Health> {
        let stats = self.stats();
        if stats.fault().is_some() {
            let now = self.clock().now();
            let sql = "INSERT INTO instance (key, value) VALUES ('probe', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            // how it ended is in the statistics
            let _ = self.write_blocking(move |tx| tx.exec(sql, &[now.to_string().into()]));
        }
        let (bytes, wal_bytes) = match self.engine() {
            Engine::Sqlite => {
                let size = |tail: &str| {
                    let path = self.path().map(|p| format!("{}{tail}", p.display())).unwrap_or_default();
                    std::fs::metadata(path).map_or(0, |m| m.len())
                };
                (size(""), size("-wal"))
            }
            Engine::Postgres => {
                let sql = "SELECT pg_database_size(current_database())";
                let n: i64 = self.read_blocking(|tx| tx.query(sql, &[])?.first().map_or(Ok(0), |r| r.get(0)))?;
                (u64::try_from(n).unwrap_or(0), 0)
            }
        };
        let fault = stats.fault();
        let last = stats.last_commit.load(Ordering::Relaxed);
        Ok(Health { writable: fault.is_none(), fault, last_commit: (last != 0).then_some(last), queued: self.queued(), bytes, wal_bytes })
    }
}
