//! An opened instance: store, definitions, roles, and what the server runs beside the pages.

use std::fmt;
use std::sync::Arc;

use access::Roles;
use registers::{MigrationPlan, Registry};
use store::{Clock, Error, Ids, Migration, Result, Store};
use web::{App, Config, Source};

use crate::modules;

/// Everything behind the doors.
#[derive(Clone)]
pub struct Instance {
    /// The database.
    pub store: Store,
    /// Definitions.
    pub registry: Arc<Registry>,
    /// Roles.
    pub roles: Arc<Roles>,
    clock: Arc<dyn Clock>,
}

/// Files that belong to no module.
const PACKS: &[Source] = &[("packs/roles.toml", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../packs/roles.toml")))];

/// All definitions, checked together. The message names file, line and remedy of everything that is wrong.
pub fn registry() -> Result<Registry> {
    let mut sources: Vec<Source> = PACKS.to_vec();
    for m in modules::ALL {
        sources.extend(m.sources());
    }
    let loaded =
        Registry::load(&sources).map_err(|errors| Error::BadRequest(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    let mut registry = loaded?;
    registry.gates = modules::ALL.iter().flat_map(|m| m.gates()).map(|(register, gate)| (register.to_owned(), gate)).collect();
    Ok(registry)
}

/// What the program would add to a database made by an older one.
#[derive(Debug, Default)]
pub struct Pending {
    /// Tables of kernel and modules, by the name of the step.
    pub steps: Vec<&'static str>,
    /// Tables and columns of registers; `None` when the first cannot be known before the steps are done.
    pub registers: Option<MigrationPlan>,
}

impl Pending {
    /// Would something be lost, so that nothing is done?
    pub fn is_refused(&self) -> bool {
        self.registers.as_ref().is_some_and(|p| !p.refused.is_empty())
    }
    /// Nothing to do?
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.registers.as_ref().is_some_and(MigrationPlan::is_empty)
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "bảng của chương trình: {step}")?;
        }
        match &self.registers {
            None => f.write_str("các sổ đăng ký: xem được sau khi có bảng của chương trình"),
            Some(plan) if plan.is_empty() && !self.steps.is_empty() => Ok(()),
            Some(plan) => write!(f, "{plan}"),
        }
    }
}

/// Steps of kernel and modules, in order.
fn steps() -> Vec<Migration> {
    let kernel = [access::migrations(), work::migrations(), registers::migrations()];
    kernel.into_iter().flatten().chain(modules::ALL.iter().flat_map(|m| m.migrations())).collect()
}

impl Instance {
    /// Opens the database and brings its tables up to the definitions. Refuses when that would lose data.
    pub fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let instance = Self::open_as_it_is(url, clock, ids)?;
        instance.migrate()?;
        Ok(instance)
    }

    /// Opens a database that fits the program, or an empty one. What an older program left is not changed unasked.
    ///
    /// # Errors
    /// [`Error::Conflict`] with what would be added and the command that does it.
    pub fn open_that_fits(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let instance = Self::open_as_it_is(url, clock, ids)?;
        if instance.store.is_fresh()? {
            instance.migrate()?;
            return Ok(instance);
        }
        instance.fits(url)?;
        Ok(instance)
    }

    /// Says what would be added, as an error, when the tables are not those of this program.
    pub fn fits(&self, url: &str) -> Result<()> {
        let pending = self.pending()?;
        if pending.is_empty() {
            return Ok(());
        }
        self.store.close();
        let how = if pending.is_refused() {
            "Chưa thay đổi gì, và chưa nâng cấp được: bản này làm mất dữ liệu ở những chỗ ghi TỪ CHỐI. Dùng bản phần mềm đúng với dữ liệu."
                .into()
        } else {
            format!("Chưa thay đổi gì. Sao lưu, rồi cho phép bằng: lachan migrate --apply --database {url}")
        };
        let list = pending.to_string();
        Err(Error::Conflict(format!("Cơ sở dữ liệu {url} do bản phần mềm khác tạo ra; bản này sẽ đổi:\n{}\n{how}", list.trim_end())))
    }

    /// Opens without touching any table.
    pub fn open_as_it_is(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let registry = Arc::new(registry()?);
        let roles = registry.roles();
        let store = Store::open(url, Arc::clone(&clock), ids)?;
        Ok(Self { store, registry, roles, clock })
    }

    /// What [`Instance::migrate`] would do. Changes nothing.
    pub fn pending(&self) -> Result<Pending> {
        let steps = self.store.pending(&steps())?;
        // the first step of the registers makes the table of what is applied
        let first = registers::migrations().into_iter().take(1).collect::<Vec<_>>();
        let known = self.store.pending(&first)?.is_empty();
        let registers = known.then(|| self.store.read_blocking(|tx| registers::plan_migration(tx, &self.registry))).transpose()?;
        Ok(Pending { steps, registers })
    }

    /// Makes the tables what the definitions say.
    pub fn migrate(&self) -> Result<()> {
        let older = self.store.pending(&access::migrations())?.contains(&access::SEALED);
        self.store.migrate(&steps())?;
        if older {
            self.store.write_blocking(access::seal_older)?;
        }
        let reg = Arc::clone(&self.registry);
        let plan = self.store.read_blocking(|tx| registers::plan_migration(tx, &reg))?;
        if plan.is_empty() {
            return Ok(());
        }
        if !plan.refused.is_empty() {
            return Err(Error::Conflict(plan.to_string()));
        }
        self.store.write_blocking(move |tx| registers::apply(tx, &reg, &plan))
    }

    /// What the pages run on.
    pub fn app(&self, mut config: Config) -> App {
        // uploads lie beside the database: on the disk that will keep them
        if let (None, Some(file)) = (&config.upload_folder, self.store.path()) {
            let mut beside = file.as_os_str().to_owned();
            beside.push(".uploads");
            config.upload_folder = Some(beside.into());
        }
        App::new(self.store.clone(), Arc::clone(&self.registry), Arc::clone(&self.roles), config, Arc::clone(&self.clock), modules::ALL)
    }

    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{SystemClock, SystemIds};

    /// A database without one table and one column of today's definitions.
    fn older(name: &str) -> String {
        let file = std::env::temp_dir().join(format!("lachan-{name}-{}.db", std::process::id()));
        let url = file.to_string_lossy().into_owned();
        let i = Instance::open(&url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
        i.store
            .write_blocking(|tx| {
                tx.exec("DROP TABLE plan_draft", &[])?;
                tx.exec("DELETE FROM schema_migration WHERE id LIKE 'plans/%'", &[])?;
                tx.exec("DROP TABLE issuing_body__kinds", &[])?;
                tx.exec("DROP TABLE issuing_body", &[])?;
                tx.exec("DELETE FROM register_definition WHERE id = 'issuing_body'", &[])
            })
            .unwrap();
        i.store.close();
        url
    }

    fn fits(url: &str) -> Result<Instance> {
        Instance::open_that_fits(url, Arc::new(SystemClock), Arc::new(SystemIds))
    }

    #[test]
    fn an_older_database_is_changed_only_when_asked_and_an_empty_one_at_once() {
        let url = older("older");
        for _ in 0..2 {
            let Err(Error::Conflict(said)) = fits(&url) else { panic!("it was opened") };
            for word in ["plans/", "issuing_body", "lachan migrate --apply", &url] {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        let i = Instance::open_as_it_is(&url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
        assert!(!i.pending().unwrap().is_empty(), "looking changed nothing");
        i.migrate().unwrap();
        assert!(i.pending().unwrap().is_empty());
        i.store.close();
        let fit = fits(&url).unwrap();
        // a field that this program does not know: its data would be lost
        let sql = "UPDATE register_definition SET body = REPLACE(body, '\"note\"', '\"old_note\"') WHERE id = 'issuing_body'";
        fit.store.write_blocking(move |tx| tx.exec(sql, &[])).unwrap();
        fit.store.close();
        let Err(Error::Conflict(said)) = fits(&url) else { panic!("it was opened") };
        assert!(said.contains("TỪ CHỐI") && said.contains("old_note") && !said.contains("--apply"), "{said}");
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{url}{tail}"));
        }
        let fresh = fits(&url).unwrap();
        assert!(fresh.pending().unwrap().is_empty(), "an empty database is filled at once");
        fresh.store.close();
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{url}{tail}"));
        }
    }
}
