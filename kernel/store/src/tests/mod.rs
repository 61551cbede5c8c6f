//! The same tests on both engines.

mod basic;
mod faults;
mod ledger;
mod moving;
mod postgres;
mod postgres_tls;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Change, Ids, ManualClock, Result, SeededIds, Store, Tx};

/// µs UTC at which every test begins.
pub(crate) const START: i64 = 1_700_000_000_000_000;

/// A store of one test; gone with its schema or folder when dropped.
pub(crate) struct Fresh {
    store: Store,
    pub(crate) clock: Arc<ManualClock>,
    dir: PathBuf,
    schema: Option<String>,
}

impl Deref for Fresh {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(s) = self.schema.take() {
            let _ = self.store.write_blocking(move |tx| tx.exec(&format!("DROP SCHEMA \"{s}\" CASCADE"), &[]));
        }
        self.store.close();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub(crate) fn ids() -> Arc<dyn Ids> {
    Arc::new(SeededIds::new(7))
}

pub(crate) fn open(url: &str) -> Result<Store> {
    Store::open(url, Arc::new(ManualClock::new(START)), ids())
}

/// A fresh folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    // numbered: two tests that run at once may use one name
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("lachan-store-{}-{n}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// One fresh SQLite store.
pub(crate) fn sqlite(name: &str) -> Fresh {
    let dir = folder(name);
    let clock = Arc::new(ManualClock::new(START));
    let store = Store::open(&dir.join("t.db").to_string_lossy(), clock.clone(), ids()).unwrap();
    Fresh { store, clock, dir, schema: None }
}

/// One fresh PostgreSQL store, or `None` after saying why not.
pub(crate) fn postgres(name: &str) -> Option<Fresh> {
    let base = std::env::var("LACHAN_TEST_PG").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/test".into());
    let schema = format!("t_store_{}_{}", std::process::id(), name.replace('-', "_"));
    let sign = if base.contains('?') { '&' } else { '?' };
    let clock = Arc::new(ManualClock::new(START));
    match Store::open(&format!("{base}{sign}schema={schema}"), clock.clone(), ids()) {
        Ok(store) => Some(Fresh { store, clock, dir: folder(&format!("{name}-pg")), schema: Some(schema) }),
        Err(e) => {
            assert!(std::env::var_os("LACHAN_NOTHING_SKIPPED").is_none(), "PostgreSQL is needed: {e}");
            println!("skipped: PostgreSQL half of {name}: {e}");
            None
        }
    }
}

/// One fresh store per engine that is there.
pub(crate) fn stores(name: &str) -> Vec<Fresh> {
    [Some(sqlite(name)), postgres(name)].into_iter().flatten().collect()
}

/// Makes the table of most tests.
pub(crate) fn table(s: &Store) {
    s.write_blocking(|tx| tx.ddl("CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b BYTES)")).unwrap();
}

/// Appends the leaf of a new record.
pub(crate) fn leaf(tx: &mut Tx, id: &str) -> Result<i64> {
    tx.append_change(&Change { register: "t", record: id, version: 1, action: "create", who: "x", body: Some("{}"), ..Change::default() })
}

/// Inserts a row and appends its leaf.
pub(crate) fn put(tx: &mut Tx, id: &str) -> Result<i64> {
    tx.exec("INSERT INTO t (id) VALUES ($1)", &[id.into()])?;
    leaf(tx, id)
}

/// All ids of the table in order.
pub(crate) fn rows(s: &Store) -> Vec<String> {
    s.read_blocking(|tx| tx.query("SELECT id FROM t ORDER BY id", &[])).unwrap().iter().map(|r| r.get(0).unwrap()).collect()
}

/// The ledger holds; its size.
pub(crate) fn whole(s: &Store) -> u64 {
    let report = s.ledger_verify(|_, _| {}).unwrap();
    assert_eq!(report.fault, None);
    report.size
}

/// Occupies the writer until the sender it hands out is used or dropped; others queue meanwhile.
pub(crate) fn hold<'s>(s: &'s Store, scope: &'s std::thread::Scope<'s, '_>) -> std::sync::mpsc::Sender<()> {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (began, begins) = std::sync::mpsc::channel::<()>();
    scope.spawn(move || {
        s.write_blocking(move |_| {
            began.send(()).unwrap();
            let _ = wait.recv();
            Ok(())
        })
    });
    begins.recv().unwrap();
    go
}
