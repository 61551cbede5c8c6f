//! An opened instance: store, definitions, roles, and what the server runs beside the pages.

use std::sync::Arc;

use access::Roles;
use registers::Registry;
use store::{Clock, Error, Ids, Result, Store};
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
    Registry::load(&sources).map_err(|errors| Error::BadRequest(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

impl Instance {
    /// Opens the database and brings its tables up to the definitions. Refuses when that would lose data.
    pub fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let instance = Self::open_as_it_is(url, clock, ids)?;
        instance.migrate()?;
        Ok(instance)
    }

    /// Opens without touching the tables of registers.
    pub fn open_as_it_is(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let registry = Arc::new(registry()?);
        let roles = registry.roles();
        let store = Store::open(url, Arc::clone(&clock), ids)?;
        store.migrate(&access::migrations())?;
        store.migrate(&work::migrations())?;
        store.migrate(&registers::migrations())?;
        for m in modules::ALL {
            store.migrate(&m.migrations())?;
        }
        Ok(Self { store, registry, roles, clock })
    }

    /// Makes the tables what the definitions say.
    pub fn migrate(&self) -> Result<()> {
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
    pub fn app(&self, config: Config) -> App {
        App::new(self.store.clone(), Arc::clone(&self.registry), Arc::clone(&self.roles), config, Arc::clone(&self.clock), modules::ALL)
    }

    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
