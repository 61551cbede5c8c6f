//! A province of five agencies, a campaign, and people in front of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::{Actor, NewAccount, NewGrant, NewPassword, Secret};
use registers::{Data, Record, Registry, actions};
use store::{Engine, ManualClock, SeededIds, Store, Tx};
use testkit::{BASE, Client, Db, ENGINES, TestApp};
use web::Module;

use crate::{all_where, is, one, text};

/// 15/10/2026 09:00 in Vietnam.
pub const OPENED: &str = "2026-10-15T09:00:00";
const PASSWORD: &str = "la-chan-thu-nghiem-2026";
const ALL: &[&dyn Module] = &[
    &agencies::Agencies,
    &people::People,
    &systems::Systems,
    &library::Library,
    &training::Training,
    &products::Products,
    &budget::Budget,
    &awareness::Awareness,
    &targets::Targets,
    &plans::Plans,
    &crate::Reports,
];

/// µs UTC of a moment in Vietnam, `2026-12-04T23:59:59`.
pub fn at(moment: &str) -> i64 {
    let (day, time) = moment.split_once('T').unwrap();
    let mut parts = time.split(':').map(|p| p.parse::<i64>().unwrap());
    let mut next = || parts.next().unwrap();
    let secs = next() * 3600 + next() * 60 + next();
    (web::fmt::days(day).unwrap() * 86_400 + secs - web::fmt::VN_OFFSET) * 1_000_000
}

pub struct World {
    pub app: TestApp,
    pub store: Store,
    pub reg: Arc<Registry>,
    pub clock: Arc<ManualClock>,
    /// Agencies by a short word.
    pub agency: BTreeMap<&'static str, String>,
    _db: Db,
}

/// The test on each engine there is.
pub fn on_both(test: impl Fn(World)) {
    for engine in ENGINES {
        if let Some(w) = world(engine) {
            test(w);
        }
    }
}

fn world(engine: Engine) -> Option<World> {
    let db = Db::fresh(engine)?;
    let mut sources: Vec<web::Source> = vec![("packs/roles.toml", include_str!("../../../../packs/roles.toml"))];
    sources.extend(ALL.iter().flat_map(|m| m.sources()));
    let reg = Arc::new(Registry::load(&sources).map_err(|e| e.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap());
    let clock = Arc::new(ManualClock::new(at(OPENED)));
    let store = Store::open(db.url(), clock.clone(), Arc::new(SeededIds::new(7))).unwrap();
    let migrations = [access::migrations(), work::migrations(), registers::migrations()];
    for m in migrations.into_iter().chain(ALL.iter().map(|m| m.migrations())) {
        store.migrate(&m).unwrap();
    }
    let r = Arc::clone(&reg);
    let plan = store.read_blocking(move |tx| registers::plan_migration(tx, &r)).unwrap();
    let r = Arc::clone(&reg);
    store.write_blocking(move |tx| registers::apply(tx, &r, &plan)).unwrap();
    let config = web::Config { base_url: BASE.into(), sign_in_per_minute: 1000, place: "Sao Mai".into(), ..web::Config::default() };
    let app = TestApp::new(web::App::new(store.clone(), Arc::clone(&reg), reg.roles(), config, clock.clone(), ALL));
    let mut w = World { app, store, reg, clock, agency: BTreeMap::new(), _db: db };
    w.fill();
    Some(w)
}

impl World {
    fn fill(&mut self) {
        let root = self.make("root", "Ủy ban nhân dân tỉnh Sao Mai", "province_committee", None, false);
        for (word, name, kind) in [
            ("cat", "Công an tỉnh", "police"),
            ("syt", "Sở Y tế", "department"),
            ("lau", "Ủy ban nhân dân xã Bến Lau", "commune"),
            ("dong", "Ủy ban nhân dân xã Đồng Quế", "commune"),
        ] {
            self.make(word, name, kind, Some(&root), true);
        }
        let lau = self.agency["lau"].clone();
        self.make("lau_police", "Công an xã Bến Lau", "commune_police", Some(&lau), false);
        self.account("canbo", "standing_officer", "cat", true);
        for (login, role, agency) in [
            ("daumoi", "contact", "lau"),
            ("daumoi2", "contact", "lau"),
            ("chutich", "head", "lau"),
            ("syt", "contact", "syt"),
            ("dong", "head", "dong"),
            ("thanhtra", "inspector", "syt"),
        ] {
            self.account(login, role, agency, false);
        }
    }

    pub fn make(&mut self, word: &'static str, name: &str, kind: &str, parent: Option<&str>, report: bool) -> String {
        let mut v = BTreeMap::from([
            ("name".to_owned(), text(name)),
            ("kind".to_owned(), text(kind)),
            ("level".to_owned(), text(if kind.starts_with("commune") { "commune" } else { "province" })),
            ("must_report".to_owned(), Data::Bool(report)),
            ("valid_from".to_owned(), text("2025-07-01")),
        ]);
        if let Some(p) = parent {
            v.insert("parent".into(), text(p));
        }
        let id = self.put("agency", v).id;
        self.agency.insert(word, id.clone());
        id
    }

    fn account(&self, login: &str, role: &str, agency: &str, whole: bool) {
        let password = NewPassword::new(&Secret::new(PASSWORD), login, login).unwrap();
        let (roles, agency) = (self.reg.roles(), self.agency[agency].clone());
        let (login, role) = (login.to_owned(), role.to_owned());
        self.write(move |tx, _| {
            let system = Actor::system("test");
            let email = (login == "syt").then(|| "dau.moi@syt.example".to_owned());
            let new = NewAccount { name: login.clone(), login, email, agency: Some(agency.clone()), person: None };
            let a = access::create_account(tx, &system, &new, None)?;
            access::set_password(tx, &system, &a.id, &password, false)?;
            let grant = NewGrant { account: a.id, role, agency: (!whole).then_some(agency), ..NewGrant::default() };
            access::grant(tx, &system, &roles, &grant).map(drop)
        });
    }

    pub fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Registry) -> store::Result<T> + Send + 'static) -> T {
        let reg = Arc::clone(&self.reg);
        self.store.write_blocking(move |tx| f(tx, &reg)).unwrap()
    }

    pub fn put(&self, register: &str, values: actions::Values) -> Record {
        let register = register.to_owned();
        self.write(move |tx, reg| actions::create(tx, reg, &Actor::system("test"), &register, values, None))
    }

    pub fn get(&self, register: &str, id: &str) -> Record {
        let (register, id) = (register.to_owned(), id.to_owned());
        self.write(move |tx, reg| one(tx, reg, &Actor::system("test"), &register, &id))
    }

    pub fn list(&self, register: &str, field: &str, value: &str) -> Vec<Record> {
        let (register, filter) = (register.to_owned(), is(field, value));
        self.write(move |tx, reg| all_where(tx, reg, &Actor::system("test"), &register, vec![filter]))
    }

    pub fn client(&self, login: &str) -> Client {
        self.app.sign_in(login, PASSWORD)
    }

    pub fn time(&self, moment: &str) {
        self.clock.set(at(moment));
    }

    /// A yearly campaign "before 05/12/2026", not open yet.
    pub fn campaign(&self) -> Record {
        self.put(
            "report_campaign",
            BTreeMap::from([
                ("name".to_owned(), text("Báo cáo năm 2026")),
                ("template".to_owned(), text("annual")),
                ("year".to_owned(), Data::Int(2026)),
                ("as_of".to_owned(), text("2026-11-30")),
                ("opens_on".to_owned(), text("2026-10-15")),
                ("due_before".to_owned(), text("2026-12-05")),
                ("receiver".to_owned(), text(&self.agency["cat"])),
            ]),
        )
    }

    /// The campaign, opened by the officer through the page.
    pub fn opened(&self) -> Record {
        let c = self.campaign();
        let r = self.client("canbo").post(&format!("/reports/campaign/{}/open", c.id), &[("version", &c.version.to_string())]);
        assert_eq!(r.status, 303, "{}", r.text());
        self.get("report_campaign", &c.id)
    }

    /// The report of an agency.
    pub fn report(&self, agency: &str) -> Record {
        self.list("report_submission", "agency", &self.agency[agency]).pop().expect("a report")
    }

    /// Saves the required words as this person.
    pub fn words(&self, who: &Client, report: &str, highlights: &str) {
        let path = format!("/reports/report/{report}");
        let r = who
            .post(&path, &[("v_highlights", "0"), ("highlights", highlights), ("v_difficulties", "0"), ("difficulties", "Thiếu người.")]);
        assert_eq!(r.status, 303, "{}", r.text());
    }

    /// What the form of the report's page carries: version of report and words together.
    pub fn seen(&self, report: &str) -> String {
        let words: i64 = self.list("report_narrative", "report", report).iter().map(|n| n.version).sum();
        (self.get("report_submission", report).version + words).to_string()
    }

    /// One step as this person, on the report as it stands; the status.
    pub fn step(&self, who: &Client, report: &str, step: &str, reason: &str) -> testkit::Reply {
        let version = self.seen(report);
        who.post(&format!("/reports/report/{report}/{step}"), &[("version", &version), ("reason", reason)])
    }

    /// A contact point of an agency: makes its T-04 met.
    pub fn contact_point(&self, agency: &str) {
        let agency = text(&self.agency[agency]);
        let person = self.put(
            "person",
            BTreeMap::from([
                ("full_name".to_owned(), text("Lò Văn Thử")),
                ("agency".to_owned(), agency.clone()),
                ("active".to_owned(), Data::Bool(true)),
            ]),
        );
        self.put(
            "contact_point",
            BTreeMap::from([
                ("agency".to_owned(), agency),
                ("person".to_owned(), text(&person.id)),
                ("valid_from".to_owned(), text("2026-10-01")),
                ("phone".to_owned(), text("0912345678")),
            ]),
        );
    }
}
