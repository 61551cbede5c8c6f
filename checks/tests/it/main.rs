//! The one integration-test binary: both engines, all doors, a real browser, the rules of the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access_matrix;
mod api;
mod disk;
mod doors;
mod golden;
mod http;
mod kill;
mod needles;
mod obligations;
mod properties;
mod rights;
mod shutdown;
mod story;
mod tidy;
mod world;
