//! An empty instance with the tables of access and the `event` table of registers.

use std::sync::Arc;

use access::{Account, Actor, NewAccount, create_account};
use store::{Clock as _, ManualClock, Migration, Result, Store, SystemIds, Tx};

use crate::time::SECOND;
use crate::*;

/// 2026-03-02 08:00 in Hà Nội.
pub const START: i64 = 1_772_413_200 * SECOND;

pub struct Db {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    /// Goes away after the store is closed.
    _place: testdb::Db,
}

const EVENT: Migration = Migration {
    id: "test/0001",
    sql: "CREATE TABLE event (id TEXT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, register TEXT NOT NULL, record TEXT NOT NULL, \
          agency TEXT, who TEXT NOT NULL, body TEXT, done BIGINT)",
};

/// Runs a test on SQLite and on PostgreSQL; says so when there is none.
pub fn on_each_engine(test: impl Fn(&Db)) {
    for place in testdb::ENGINES.into_iter().filter_map(testdb::Db::fresh) {
        let db = open(place);
        test(&db);
        db.store.close();
    }
}

fn open(place: testdb::Db) -> Db {
    let clock = Arc::new(ManualClock::new(START));
    let store = Store::open(place.url(), clock.clone(), Arc::new(SystemIds)).unwrap();
    store.migrate(&access::migrations()).unwrap();
    store.migrate(&migrations()).unwrap();
    store.migrate(&[EVENT]).unwrap();
    Db { store, clock, _place: place }
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
