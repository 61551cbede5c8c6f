//! A small instance: agencies, roles, accounts.

use std::sync::Arc;

use store::{Clock as _, ManualClock, Result, Store, SystemIds, Tx};

use crate::time::{DAY, HOUR, MINUTE};
use crate::*;

/// 2026-03-02 08:00 in Hà Nội.
pub const START: i64 = 1_772_413_200 * 1_000_000;
pub const PASSWORD: &str = "bốn con mèo vàng";

pub struct Db {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub roles: Arc<Roles>,
    /// Goes away after the store is closed.
    _place: testdb::Db,
}

const ROLES: &str = r#"
[[role]]
id = "admin"
label = { vi = "Quản trị", en = "Administrator" }
[[role.rule]]
on = ["account"]
verbs = ["read", "update"]
[[role]]
id = "officer"
label = { vi = "Cán bộ", en = "Officer" }
[[role.rule]]
on = ["system"]
verbs = ["read", "update"]
[[role.rule]]
on = ["token"]
verbs = ["create"]
[[role]]
id = "reader"
label = { vi = "Người xem", en = "Reader" }
[[role.rule]]
on = ["*"]
verbs = ["read"]
[[role]]
id = "everyone"
label = { vi = "Mọi người", en = "Everyone" }
[[role.rule]]
on = ["province"]
verbs = ["read"]
everywhere = true
"#;

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
    store.migrate(&migrations()).unwrap();
    Db { store, clock, roles: Arc::new(Roles::from_toml(&[("test", ROLES)]).unwrap()), _place: place }
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
    pub fn pass_minutes(&self, n: i64) {
        self.pass(n * MINUTE);
    }
    pub fn pass_hours(&self, n: i64) {
        self.pass(n * HOUR);
    }
    pub fn pass_days(&self, n: i64) {
        self.pass(n * DAY);
    }
    /// What kernel/registers would make, with `/p/`, `/p/a/`, `/p/a/c/`, `/p/b/`.
    pub fn agencies(&self) {
        self.w(|tx| {
            tx.ddl("CREATE TABLE agency (id TEXT PRIMARY KEY, path TEXT)")?;
            for (id, path) in [("p", "/p/"), ("a", "/p/a/"), ("c", "/p/a/c/"), ("b", "/p/b/")] {
                tx.exec("INSERT INTO agency (id, path) VALUES ($1, $2)", &[id.into(), path.into()])?;
            }
            Ok(())
        })
        .unwrap();
    }
    /// An account with [`PASSWORD`], ready to use.
    pub fn account(&self, login: &str, agency: Option<&str>) -> Account {
        let new =
            NewAccount { login: login.into(), name: format!("Tên {login}"), agency: agency.map(Into::into), ..NewAccount::default() };
        let password = NewPassword::new(&PASSWORD.into(), login, "").unwrap();
        self.w(move |tx| {
            let a = create_account(tx, &Actor::system("test"), &new, Some(&password))?;
            set_password(tx, &Actor::system("test"), &a.id, &password, false)?;
            account(tx, &a.id)
        })
        .unwrap()
    }
    pub fn grant(&self, account: &Account, role: &str, agency: Option<&str>) -> Grant {
        let new = NewGrant { account: account.id.clone(), role: role.into(), agency: agency.map(Into::into), ..NewGrant::default() };
        let roles = self.roles.clone();
        self.w(move |tx| grant(tx, &Actor::system("test"), &roles, &new)).unwrap()
    }
    pub fn actor(&self, login: &str) -> Actor {
        let (roles, login) = (self.roles.clone(), login.to_owned());
        self.r(move |tx| actor_of_login(tx, &roles, &login)).unwrap()
    }
    pub fn open(&self, account: &Account) -> String {
        let id = account.id.clone();
        self.w(move |tx| open_session(tx, &id, &Client::default())).unwrap().token.reveal().to_owned()
    }
    pub fn seen(&self, token: &str) -> Option<SignedIn> {
        let (roles, token) = (self.roles.clone(), token.to_owned());
        self.r(move |tx| actor_of_session(tx, &roles, &token)).unwrap()
    }
    pub fn sign_in(&self, login: &str, password: &str) -> Outcome {
        self.sign_in_from("192.0.2.7", login, password)
    }
    pub fn sign_in_from(&self, ip: &str, login: &str, password: &str) -> Outcome {
        let login = login.to_owned();
        let checked = self.r(move |tx| SignIn::begin(tx, &login)).unwrap().check(&password.into()).unwrap();
        let client = Client { ip: ip.into(), user_agent: "Firefox\n 140".into() };
        self.w(move |tx| checked.finish(tx, &client)).unwrap()
    }
    pub fn refusal(&self, login: &str, password: &str) -> Refusal {
        match self.sign_in(login, password) {
            Outcome::Refused(r) => r,
            Outcome::SignedIn(_) | Outcome::SecondFactor(_) => panic!("signed in"),
        }
    }
}
