//! One fresh database per test on either engine, clients per role, fixed clock and ids, a real browser.

pub mod app;
pub mod browser;
pub mod process;

pub use app::{BASE, Client, Reply, TestApp};
pub use testdb::{Db, ENGINES};
