//! The module behind its doors, on both engines, with a clock of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod answered;
mod filing;
mod follow_up;
mod world;
