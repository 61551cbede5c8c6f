//! The parts of the module, on both engines.

mod documents;
mod inspections;
mod obstacles;
mod world;
