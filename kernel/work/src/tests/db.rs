//! An empty instance with the tables of access and the `event` table of registers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use access::{Account, Actor, NewAccount, create_account};
use store::{Clock as _, ManualClock, Migration, Result, Store, SystemIds, Tx};

use crate::time::SECOND;
use crate::*;

/// 2026-03-02 08:00 in Hà Nội.
pub const START: i64 = 1_772_413_200 * SECOND;

pub struct Db {
    pub store: Store,
    pub clock: Arc<ManualClock>,
}

const EVENT: Migration = Migration {
    id: "test/0001",
    sql: "CREATE TABLE event (id TEXT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, register TEXT NOT NULL, record TEXT NOT NULL, \
          agency TEXT, who TEXT NOT NULL, body TEXT, done BIGINT)",
};

/// Runs a test on SQLite and, when `LACHAN_TEST_PG` names a server, on PostgreSQL.
pub fn on_each_engine(test: impl Fn(&Db)) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("work_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let file = std::env::temp_dir().join(format!("{name}.db"));
    let db = open(&file.to_string_lossy());
    test(&db);
    db.store.close();
    drop(db);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    let Ok(server) = std::env::var("LACHAN_TEST_PG") else {
        println!("skipped: PostgreSQL half (LACHAN_TEST_PG is not set)");
        return;
    };
    let sign = if server.contains('?') { '&' } else { '?' };
    let db = open(&format!("{server}{sign}schema={name}"));
    test(&db);
    db.w(move |tx| tx.exec(&format!("DROP SCHEMA {name} CASCADE"), &[])).unwrap();
}

fn open(url: &str) -> Db {
    let clock = Arc::new(ManualClock::new(START));
    let store = Store::open(url, clock.clone(), Arc::new(SystemIds)).unwrap();
    store.migrate(&access::migrations()).unwrap();
    store.migrate(&migrations()).unwrap();
    store.migrate(&[EVENT]).unwrap();
    Db { store, clock }
}

impl Db {
    pub fn w<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.store.write_blocking(f)
    }
    pub fn r<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.store.read_blocking(f)
    }
    pub fn pass(&self, micros: i64) {
        self.clock.set(self.clock.now() + micros);
    }
    pub fn account(&self, login: &str, email: Option<&str>) -> Account {
        let new = NewAccount { login: login.into(), name: login.into(), email: email.map(Into::into), ..NewAccount::default() };
        self.w(move |tx| create_account(tx, &Actor::system("test"), &new, None)).unwrap()
    }
    /// One number out of one statement.
    pub fn number(&self, sql: &str) -> i64 {
        self.r(|tx| tx.query_opt(sql, &[])).unwrap().unwrap().get(0).unwrap()
    }
    pub fn worker(&self) -> Worker {
        Worker::new(self.store.clone())
    }
}
