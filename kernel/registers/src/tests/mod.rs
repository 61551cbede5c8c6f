//! Tests on both engines, with small definitions of their own.

mod attachments;
mod crud;
mod definitions;
mod lists;
mod migrations;
mod scopes;
mod speed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use access::{Actor, ActorKind, GrantInfo};
use store::{Clock, Engine, ManualClock, Result, SeededIds, Store, Tx};

use crate::actions::{self, Values};
use crate::{Data, Query, Record, Registry, apply, plan_migration};

/// Base definitions: agencies in a tree, people, contact points, training, reference data.
pub(crate) const SOURCES: &[(&str, &str)] = &[
    ("test/agency.toml", include_str!("agency.toml")),
    ("test/person.toml", include_str!("person.toml")),
    ("test/contact.toml", include_str!("contact.toml")),
    ("test/training.toml", include_str!("training.toml")),
    ("test/course.toml", include_str!("course.toml")),
    ("test/kind.toml", include_str!("kind.toml")),
    ("test/roles.toml", include_str!("roles.toml")),
];

pub(crate) fn registry() -> Registry {
    Registry::load(SOURCES).unwrap_or_else(|e| panic!("{}", e.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// One database of a test.
pub(crate) struct World {
    pub store: Store,
    pub reg: Arc<Registry>,
    pub clock: Arc<ManualClock>,
    /// Goes away after the store is closed.
    _place: testdb::Db,
}

/// 2026-11-22 09:00 in Vietnam.
pub(crate) const NOW: i64 = 1_795_312_800_000_000;
static NEXT: AtomicU64 = AtomicU64::new(0);

impl World {
    pub fn open(engine: Engine, reg: Registry) -> Option<Self> {
        let place = testdb::Db::fresh(engine)?;
        let clock = Arc::new(ManualClock::new(NOW));
        let ids = Arc::new(SeededIds::new(NEXT.fetch_add(1, Ordering::SeqCst) * 1000 + 7));
        let store = Store::open(place.url(), clock.clone(), ids).expect("store");
        store.migrate(&access::migrations()).expect("access tables");
        store.migrate(&crate::migrations()).expect("register tables");
        let w = Self { store, reg: Arc::new(reg), clock, _place: place };
        w.write(|tx, reg| {
            let plan = plan_migration(tx, reg)?;
            apply(tx, reg, &plan)
        })
        .expect("tables");
        Some(w)
    }
    pub fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Registry) -> Result<T> + Send + 'static) -> Result<T> {
        let reg = self.reg.clone();
        self.store.write_blocking(move |tx| f(tx, &reg))
    }
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx, &Registry) -> Result<T>) -> Result<T> {
        self.store.read_blocking(|tx| f(tx, &self.reg))
    }
    pub fn later(&self, seconds: i64) {
        self.clock.set(self.clock.now() + seconds * 1_000_000);
    }
    pub fn create(&self, actor: &Actor, register: &str, values: Values) -> Result<Record> {
        let (a, r) = (actor.clone(), register.to_owned());
        self.write(move |tx, reg| actions::create(tx, reg, &a, &r, values, None))
    }
    pub fn update(&self, actor: &Actor, rec: &Record, values: Values) -> Result<Record> {
        let (a, r, id, v) = (actor.clone(), rec.register.clone(), rec.id.clone(), rec.version);
        self.write(move |tx, reg| actions::update(tx, reg, &a, &r, &id, v, values, None))
    }
    pub fn list(&self, actor: &Actor, register: &str, q: &Query) -> Result<crate::ListPage> {
        let scope = actor.may(access::Verb::Read, register)?;
        self.read(|tx, reg| actions::list(tx, reg, &scope, q))
    }
    pub fn get(&self, actor: &Actor, register: &str, id: &str) -> Result<Record> {
        let scope = actor.may(access::Verb::Read, register)?;
        self.read(|tx, reg| actions::get(tx, reg, &scope, id))
    }
    /// An account with one role over the subtree of an agency (`None` = the whole instance).
    pub fn actor(&self, role: &str, agency: Option<&str>) -> Actor {
        let path = agency.map(|a| {
            self.read(|tx, _| tx.query_opt("SELECT path FROM agency WHERE id = $1", &[a.into()]))
                .expect("agency")
                .expect("agency")
                .get::<String>(0)
                .expect("path")
        });
        let grant = GrantInfo { role: role.into(), agency: agency.map(Into::into), path };
        let id = format!("acc-{role}-{}", agency.unwrap_or("all"));
        Actor::new(&id, role, ActorKind::Person, agency.map(Into::into), None, vec![grant], self.reg.roles())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.store.close();
    }
}

/// Runs the test on SQLite, then on PostgreSQL when there is one.
pub(crate) fn both(test: impl Fn(&World)) {
    for engine in testdb::ENGINES {
        if let Some(w) = World::open(engine, registry()) {
            test(&w);
            let wrong = w.read(crate::verify_rows).expect("verify");
            assert_eq!(wrong, vec![], "rows and ledger agree at the end of every test");
        }
    }
}

pub(crate) fn system() -> Actor {
    Actor::system("test")
}

pub(crate) fn vals<const N: usize>(list: [(&str, &str); N]) -> Values {
    list.iter().map(|(k, v)| ((*k).to_owned(), Data::Text((*v).to_owned()))).collect::<BTreeMap<_, _>>()
}

/// Province, one department, two communes (Đồng Tháp has a hamlet below it).
pub(crate) struct Tree {
    pub province: Record,
    pub commune: Record,
    pub hamlet: Record,
    pub other: Record,
}

pub(crate) fn tree(w: &World) -> Tree {
    let s = system();
    let make = |name: &str, kind: &str, parent: Option<&Record>| {
        let mut v = vals([("name", name), ("kind", kind)]);
        if let Some(p) = parent {
            v.insert("parent".into(), Data::Text(p.id.clone()));
        }
        w.create(&s, "agency", v).expect(name)
    };
    let province = make("UBND tỉnh Sao Mai", "province", None);
    make("Sở Khoa học", "department", Some(&province));
    let commune = make("UBND xã Đồng Tháp", "commune", Some(&province));
    let hamlet = make("Thôn Hoà Bình", "commune", Some(&commune));
    let other = make("UBND xã Ân Thi", "commune", Some(&province));
    Tree { province, commune, hamlet, other }
}

pub(crate) fn person(w: &World, name: &str, agency: &Record, phone: &str) -> Record {
    w.create(&system(), "person", vals([("full_name", name), ("agency", &agency.id), ("phone", phone)])).expect(name)
}

/// Messages of an `Invalid`, by field.
pub(crate) fn invalid<T: std::fmt::Debug>(r: Result<T>) -> BTreeMap<String, String> {
    match r {
        Err(store::Error::Invalid(list)) => list.into_iter().map(|e| (e.field, e.message)).collect(),
        other => panic!("expected Invalid, got {other:?}"),
    }
}
