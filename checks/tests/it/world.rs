//! The small demo province, filled once a run and copied for every test.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use access::Actor;
use lachan::instance::Instance;
use registers::{Filter, Op, Query, Record, actions};
use store::{Engine, ManualClock, SeededIds};
use testkit::{BASE, Client, Db, TestApp};

/// 22/11/2026 09:22 in Vietnam: the present of every test.
pub const NOW: i64 = 1_795_318_920_000_000;
/// Password of all demo accounts.
pub const PASSWORD: &str = "la-chan-trinh-dien";
/// Percent of the province: `--scale small`.
const SMALL: usize = 10;

/// Accounts that the demo does not have: login, role, name of the agency of the grant (`*` = another commune).
pub const MORE_ACCOUNTS: &[(&str, &str, &str)] =
    &[("daumoi2", "contact", "*"), ("giangvien", "trainer", "Sở Y tế"), ("thanhtra2", "inspector", "Sở Y tế"), ("khongquyen", "", "")];

/// An instance full of demo data, with its doors.
pub struct World {
    // doors and store close before the database goes away
    pub app: TestApp,
    pub instance: Instance,
    /// What the instance takes for the present.
    pub clock: Arc<ManualClock>,
    /// Removed when dropped.
    pub db: Db,
}

/// Demo on SQLite.
pub fn sqlite() -> World {
    on(Engine::Sqlite).expect("SQLite is always there")
}

/// Demo on an engine; `None` after saying why not.
pub fn on(engine: Engine) -> Option<World> {
    let db = match engine {
        Engine::Sqlite => Db::copy_of(template()).unwrap(),
        Engine::Postgres => {
            let db = Db::fresh(engine)?;
            let from = Db::copy_of(template()).unwrap();
            let source = open(from.url());
            let to = store::Store::open(db.url(), Arc::new(ManualClock::new(NOW)), Arc::new(SeededIds::new(1))).unwrap();
            source.store.copy_to(&to, &|_, _| ()).unwrap();
            source.store.close();
            to.close();
            db
        }
    };
    let clock = Arc::new(ManualClock::new(NOW));
    let instance = Instance::open(db.url(), clock.clone(), Arc::new(SeededIds::new(42))).unwrap();
    let config = web::Config { base_url: BASE.into(), sign_in_per_minute: 1000, ..web::Config::default() };
    Some(World { app: TestApp::new(instance.app(config)), instance, clock, db })
}

/// Accepts a reading from its page of acceptance, as a person does; `same` = what is said of a plan that looks like it.
pub fn accept(c: &Client, draft: &str, same: &str) -> testkit::Reply {
    let page = c.get(&format!("{draft}/accept")).text();
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap_or_default().to_owned();
    let mut form = vec![("version", version.as_str()), ("same", same)];
    if page.contains("name=\"anyway\"") {
        form.push(("anyway", "1"));
    }
    c.post(&format!("{draft}/accept"), &form)
}

pub fn open(url: &str) -> Instance {
    seeded(url, 42)
}

fn seeded(url: &str, seed: u64) -> Instance {
    Instance::open(url, Arc::new(ManualClock::new(NOW)), Arc::new(SeededIds::new(seed))).unwrap()
}

/// The filled file, made at first use.
fn template() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
        forget_old(dir);
        let file = dir.join(format!("template-{}.db", std::process::id()));
        let started = Instant::now();
        lachan::demo::fill_at(&file.to_string_lossy(), SMALL, NOW, &|_, _, _| ()).unwrap();
        // ids of its own: those of the tests must not come again
        let instance = seeded(&file.to_string_lossy(), 41);
        more_accounts(&instance);
        // nobody has it open any more, and everything is in the one file
        instance.store.close();
        println!("small demo filled in {:.1} s", started.elapsed().as_secs_f64());
        file
    })
}

/// Templates of earlier runs.
fn forget_old(dir: &Path) {
    let old = |p: &Path| {
        p.metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|t| SystemTime::now().duration_since(t).is_ok_and(|d| d > Duration::from_secs(1800)))
    };
    for file in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()) {
        if file.file_name().is_some_and(|n| n.to_string_lossy().starts_with("template-")) && old(&file) {
            let _ = std::fs::remove_file(file);
        }
    }
}

fn more_accounts(instance: &Instance) {
    for (login, role, agency) in MORE_ACCOUNTS {
        let password = access::NewPassword::new(&access::Secret::new(PASSWORD), login, login).unwrap();
        let agency = match *agency {
            "" => None,
            "*" => Some(another_commune(instance)),
            name => Some(agency_named(instance, name)),
        };
        let roles = Arc::clone(&instance.roles);
        instance
            .store
            .write_blocking(move |tx| {
                let system = Actor::system("test");
                let new =
                    access::NewAccount { login: (*login).into(), name: (*login).into(), agency: agency.clone(), ..Default::default() };
                let a = access::create_account(tx, &system, &new, None)?;
                access::set_password(tx, &system, &a.id, &password, false)?;
                if !role.is_empty() {
                    access::grant(
                        tx,
                        &system,
                        &roles,
                        &access::NewGrant { account: a.id, role: (*role).into(), agency, ..Default::default() },
                    )?;
                }
                Ok(())
            })
            .unwrap();
    }
}

/// Id of an agency by its exact name.
pub fn agency_named(instance: &Instance, name: &str) -> String {
    let filters = vec![Filter { field: "name".into(), op: Op::Is, values: vec![name.to_owned()] }];
    let found = records(instance, "agency", filters);
    found.first().unwrap_or_else(|| panic!("demo agency {name}")).id.clone()
}

/// A commune that no demo account belongs to.
pub fn another_commune(instance: &Instance) -> String {
    let all = records(instance, "agency", vec![]);
    let other = |r: &&Record| r.title.starts_with("Ủy ban nhân dân xã") && !r.title.ends_with("Bến Lau") && r.text("valid_to").is_none();
    all.iter().find(other).expect("a second commune").id.clone()
}

/// Every record of a register as the program itself sees it, personal values in clear, whatever its dates.
pub fn records(instance: &Instance, register: &str, filters: Vec<Filter>) -> Vec<Record> {
    instance
        .store
        .read_blocking(|tx| {
            let scope = Actor::system("test").may(access::Verb::Unmask, register)?;
            let mut query = Query { filters, limit: Some(500), as_of: Some("all".into()), ..Query::default() };
            let mut all = Vec::new();
            loop {
                let page = actions::list(tx, &instance.registry, &scope, &query)?;
                all.extend(page.items);
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => return Ok(all),
                }
            }
        })
        .unwrap()
}

impl World {
    /// Signed in by the form.
    pub fn client(&self, login: &str) -> Client {
        self.app.sign_in(login, PASSWORD)
    }
    /// A program with a token of this account, narrowed to these registers (`None` = all it has).
    pub fn program(&self, login: &str, registers: Option<&[&str]>) -> Client {
        let roles = Arc::clone(&self.instance.roles);
        let kept = registers.map(|r| r.iter().map(|s| (*s).to_owned()).collect());
        let login = login.to_owned();
        let minted = self
            .instance
            .store
            .write_blocking(move |tx| {
                let who = access::actor_of_login(tx, &roles, &login)?;
                access::create_token(
                    tx,
                    &Actor::system("test"),
                    &who.id,
                    &access::NewToken { name: "kiểm thử".into(), registers: kept, days: 30, ..Default::default() },
                )
            })
            .unwrap();
        self.app.bearer(minted.token.reveal())
    }
}
