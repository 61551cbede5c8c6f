//! Content packs that come with the program: codes of provinces and communes, instruments, catalogues. Loaded by import,
//! through the same actions as a person's file; loading again changes nothing.

use access::{Actor, Verb};
use registers::files::job;
use registers::{Query, actions};
use store::{Error, Result};

use crate::instance::Instance;

/// One file: register, name, bytes.
type File = (&'static str, &'static str, &'static [u8]);

/// What every instance needs.
const COMMON: &[File] = &[
    ("province", "province.csv", include_bytes!("../../packs/vn-admin-2026/data/province.csv")),
    ("commune", "commune.csv", include_bytes!("../../packs/vn-admin-2026/data/commune.csv")),
    ("collective_actor", "collective_actor.csv", include_bytes!("../../packs/base-2026/data/collective_actor.csv")),
    ("document", "document.csv", include_bytes!("../../packs/vn-law-2026/data/document.csv")),
];

/// Catalogues of a real instance; the demo has its own small ones.
const BASE: &[File] = &[
    ("layer", "layer.csv", include_bytes!("../../packs/base-2026/data/layer.csv")),
    ("control", "control.csv", include_bytes!("../../packs/base-2026/data/control.csv")),
];

/// Loads the packs into an instance that has none yet. `base` = also the catalogues.
pub fn load(instance: &Instance, base: bool, progress: &dyn Fn(&str, usize, usize)) -> Result<()> {
    let actor = Actor::system("packs");
    let files = COMMON.iter().chain(if base { BASE } else { &[] });
    for (register, name, bytes) in files {
        // a load that was cut off leaves fewer records than the file has; loading again adds only what is missing
        let (reg, system) = (instance.registry.clone(), actor.clone());
        let known = instance.store.read_blocking(move |tx| {
            let scope = system.may(Verb::Read, register)?;
            actions::count(tx, &reg, &scope, &Query { as_of: Some("all".into()), ..Query::default() })
        })?;
        let rows = registers::files::read(&instance.registry, register, bytes)?.rows.len();
        if usize::try_from(known).unwrap_or(0) >= rows {
            continue;
        }
        let what = &instance.registry.get(register)?.register.label.vi;
        let say = |j: &job::Job| progress(what, usize::try_from(j.done_rows).unwrap_or(0), usize::try_from(j.total).unwrap_or(0));
        let report = job::import_file(&instance.store, &instance.registry, &actor, register, name, bytes.to_vec(), say)?;
        if report.counts.error > 0 {
            return Err(Error::internal(format!("pack {name}: {} rows with errors", report.counts.error)));
        }
    }
    Ok(())
}
