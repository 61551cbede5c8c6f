//! Every module, lowest level first (ARCHITECTURE.md §2). Adding one = one line here.

use web::Module;

/// The plain list.
pub static ALL: &[&dyn Module] = &[
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
    &cascade::Cascade,
    &reports::Reports,
    &reviews::Reviews,
    &estimates::Estimates,
    &following::Following,
];
