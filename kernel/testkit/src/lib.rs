//! One fresh database per test on either engine, clients per role, fixed clock and ids, a real browser.

pub mod browser;
pub mod process;
