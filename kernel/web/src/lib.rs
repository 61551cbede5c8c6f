//! The doors for browsers and programs: page shell, components, forms, generic register pages, API, sessions.
//!
//! A module depends on this crate and implements [`Module`]; this crate knows no module. Start at [`router()`].

pub mod api;
pub mod app;
pub mod assets;
mod budget;
pub mod charts;
pub mod components;
pub mod ctx;
pub mod demo;
mod dress;
mod edge;
pub mod english;
pub mod error;
pub mod fmt;
pub mod forms;
mod head;
pub mod i18n;
pub mod links;
pub mod module;
pub mod openapi;
pub mod pages;
mod router;
pub mod security;
pub mod shell;
mod sources;
mod spool;
pub mod store;
#[cfg(test)]
mod tests;
mod touch;
pub mod uploads;
pub mod values;

pub use app::{App, Config};
pub use ctx::{Ctx, Guest, Look, MaybeCtx, Who};
pub use demo::{DemoContext, Made, Rng};
pub use edge::{agency_path, blocking, file, ledger_size};
pub use error::{Fail, PageResult, bad_request, forbidden, not_found};
pub use forms::FormData;
pub use i18n::{L, Lang};
pub use module::{CliContext, Command, CountFn, Cx, Event, Job, MenuCount, MenuItem, Module, Panel, Place, Source, Tone, WorkItem};
pub use router::router;
pub use shell::{Page, page, redirect, redirect_with};

pub use axum;
pub use maud;
