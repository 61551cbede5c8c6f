//! The one integration-test binary: both engines, all doors, a real browser, the rules of the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access_matrix;
mod accounts;
mod api;
mod cascade;
mod country;
mod disk;
mod doors;
mod english;
mod estimates;
mod golden;
mod hand_in;
mod hardening;
mod hostile;
mod http;
mod kept;
mod kill;
mod names;
mod needles;
mod obligations;
mod obligations_change;
mod pages;
mod plan_gate;
mod plan_review;
mod plan_tabs;
mod proof;
mod properties;
mod quality;
mod rights;
mod second_factor;
mod shutdown;
mod story;
mod tables;
mod tidy;
mod uploads;
mod world;
