//! Report campaigns: opened, pre-filled from the registers, filed, consolidated. README.md says what the words mean.

mod answered;
mod api;
mod campaign;
mod cli;
mod demo;
mod document;
mod figures;
mod home;
mod letter;
mod pages;
mod pictures;
mod report;
mod start;
mod summary;
mod template;
#[cfg(test)]
mod tests;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Result, Tx};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, Event, Job, L, MenuItem, Module, Place, Source, WorkItem, sources};

pub use campaign::open as open_campaign;
pub use demo::file_some;
pub use document::write as write_document;
pub use summary::{Consolidated, consolidate, document as consolidated_document};

/// The module's table of contents.
pub struct Reports;

impl Module for Reports {
    fn name(&self) -> &'static str {
        "reports"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: ["report_campaign", "report_narrative", "report_reminder", "report_submission", "report_summary", "report_version"],
            choices: ["report_kind", "report_line", "report_template"],
        )
    }
    fn pages(&self) -> Router<App> {
        pages::router()
    }
    fn api(&self) -> Router<App> {
        api::router()
    }
    fn openapi(&self) -> serde_json::Map<String, serde_json::Value> {
        api::openapi()
    }
    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem::new(Place::Documents, L("Báo cáo", "Reports"), "/reports").needs(Verb::Read, "report_submission").count(home::count)]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn jobs(&self) -> Vec<Job> {
        vec![
            Job { name: "sync", every_s: 6 * 3600, run: campaign::sync_all },
            Job { name: "remind", every_s: 6 * 3600, run: letter::remind_by_calendar },
        ]
    }
    fn on(&self, cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
        campaign::on(cx, event, tx)
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        home::home(cx, tx, actor)
    }
    fn home_figures(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<web::maud::Markup>> {
        start::card(cx, tx, actor)
    }
}

/// All records of a register that the actor may read and that match, whatever their dates.
pub(crate) fn all_where(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    every(tx, reg, actor, register, Query { filters, as_of: Some("all".into()), ..Query::default() })
}

/// All records that the actor may read and that a question asks for.
pub(crate) fn every(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, mut query: Query) -> Result<Vec<Record>> {
    let scope = actor.may(Verb::Read, register)?;
    query.limit = Some(500);
    let mut found = Vec::new();
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        found.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

/// One record in the actor's scope.
pub(crate) fn one(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str) -> Result<Record> {
    let scope = actor.may(Verb::Read, register)?;
    actions::get(tx, reg, &scope, id)
}

/// A day somebody asked for, `2026-12-05` or `05/12/2026`; none asked = none.
pub(crate) fn asked_day(day: Option<&str>) -> Result<Option<String>> {
    let Some(d) = day else { return Ok(None) };
    let iso = calendar::Date::parse(d).map(|d| d.to_string()).ok();
    let day = iso.or_else(|| ::text::parse_date_vi(d).ok());
    day.map(Some).ok_or_else(|| store::Error::invalid("as_of", format!("“{d}” không phải ngày. Viết dạng 05/12/2026.")))
}

/// A field equal to a value.
pub(crate) fn is(field: &str, value: &str) -> Filter {
    Filter { field: field.to_owned(), op: Op::Is, values: vec![value.to_owned()] }
}

/// Field values of a change.
pub(crate) fn values<const N: usize>(list: [(&str, Data); N]) -> Values {
    list.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// Text as a field value; empty = no value.
pub(crate) fn text(s: &str) -> Data {
    if s.is_empty() { Data::Null } else { Data::Text(s.to_owned()) }
}
