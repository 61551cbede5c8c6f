//! The parts of the module, on both engines.

mod contacts;
mod directives;
mod documents;
mod inspections;
mod late;
mod obstacles;
mod world;
