//! The lachan program: command line, server, demo. Everything of the domain is in `modules/`.

pub mod bench;
pub mod cli;
pub mod demo;
pub mod instance;
pub mod modules;
pub mod packs;
pub mod progress;
pub mod serve;
