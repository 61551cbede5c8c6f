//! The one integration-test binary: both engines, all doors, a real browser, the rules of the house.

mod disk;
mod kill;
mod story;
