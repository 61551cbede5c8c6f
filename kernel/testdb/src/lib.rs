//! A database of its own for each test: a file that goes away, or a schema of a PostgreSQL server that goes away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Engine, Error, ManualClock, Result, SeededIds, Store};

/// Server that tests use when `LACHAN_TEST_PG` does not name another.
const USUAL_SERVER: &str = "postgres://root@127.0.0.1:5432/test";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A name no other test of this machine uses now.
fn fresh_name() -> String {
    // process ids come again; what an earlier run of this id left behind must not be found
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_micros());
    format!("lachan_test_{}_{now}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// An empty database. Removed when dropped.
#[derive(Debug)]
pub struct Db {
    url: String,
    engine: Engine,
}

impl Db {
    /// A new one; `None` after printing why there is none (only PostgreSQL can be missing).
    ///
    /// # Panics
    /// When PostgreSQL is missing although `LACHAN_NOTHING_SKIPPED` is set.
    pub fn fresh(engine: Engine) -> Option<Self> {
        let name = fresh_name();
        let url = match engine {
            Engine::Sqlite => std::env::temp_dir().join(format!("{name}.db")).to_string_lossy().into_owned(),
            Engine::Postgres => with_schema(&server()?, &name),
        };
        Some(Self { url, engine })
    }

    /// A copy of a SQLite file that nobody has open.
    ///
    /// # Errors
    /// When the file cannot be copied.
    pub fn copy_of(file: &Path) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("{}.db", fresh_name()));
        std::fs::copy(file, &path).map_err(Error::internal)?;
        Ok(Self { url: path.to_string_lossy().into_owned(), engine: Engine::Sqlite })
    }

    /// Address for `Store::open`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Engine behind it.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    fn remove(&self) {
        if self.engine == Engine::Sqlite {
            for tail in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(PathBuf::from(format!("{}{tail}", self.url)));
            }
            return;
        }
        let Some((_, schema)) = self.url.split_once("schema=") else { return };
        let sql = format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
        let ids = Arc::new(SeededIds::new(0));
        if let Ok(store) = Store::open(&self.url, Arc::new(ManualClock::new(0)), ids) {
            let _ = store.write_blocking(move |tx| tx.exec(&sql, &[]));
        }
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.remove();
    }
}

fn with_schema(server: &str, schema: &str) -> String {
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}schema={schema}")
}

/// Address of the PostgreSQL server, if it answers.
fn server() -> Option<String> {
    use std::sync::OnceLock;
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let base = std::env::var("LACHAN_TEST_PG").unwrap_or_else(|_| USUAL_SERVER.into());
            let probe = with_schema(&base, &fresh_name());
            match Store::open(&probe, Arc::new(ManualClock::new(0)), Arc::new(SeededIds::new(0))) {
                Ok(_) => {
                    drop(Db { url: probe, engine: Engine::Postgres });
                    Some(base)
                }
                Err(why) => {
                    assert!(
                        std::env::var_os("LACHAN_NOTHING_SKIPPED").is_none(),
                        "PostgreSQL is missing and nothing may be skipped: {why}"
                    );
                    println!("skipped: PostgreSQL half (no server at {base})");
                    None
                }
            }
        })
        .clone()
}

/// Both engines, for tests that run on each.
pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];
