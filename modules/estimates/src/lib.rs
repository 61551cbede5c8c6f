//! Money for the tasks of plans: proposals of a year added up by task, source and agency. README.md says what the words mean.

mod api;
mod cli;
mod demo;
mod document;
mod pages;
mod sums;

use access::{Actor, Verb};
use registers::actions;
use registers::{Filter, Op, Query, Record, Registry};
use store::{Result, Tx};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, L, MenuItem, Module, Panel, Place, Source, sources};

/// The module's table of contents.
pub struct Estimates;

impl Module for Estimates {
    fn name(&self) -> &'static str {
        "estimates"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["funding_proposal"], choices: [])
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
        vec![MenuItem::new(Place::Documents, L("Dự toán", "Estimates"), "/estimates").needs(Verb::Read, "funding_proposal")]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn record_panels(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, record: &Record) -> Result<Vec<Panel>> {
        if record.register != "plan" || actor.may(Verb::Read, "funding_proposal").is_err() {
            return Ok(vec![]);
        }
        pages::panels(cx, tx, actor, record)
    }
}

/// All records of a register that the actor may read and that match, whatever their dates.
fn all_where(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    let scope = actor.may(Verb::Read, register)?;
    let mut query = Query { filters, as_of: Some("all".into()), limit: Some(500), uncounted: true, ..Query::default() };
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

/// A field equal to any of the values (`state` too).
fn among<S: AsRef<str>>(field: &str, values: &[S]) -> Filter {
    Filter { field: field.to_owned(), op: Op::Is, values: values.iter().map(|v| v.as_ref().to_owned()).collect() }
}

/// A year somebody asked for, e.g. `2027`.
///
/// # Errors
/// `Invalid` with the field `year`.
fn asked_year(year: Option<&str>) -> Result<Option<i64>> {
    let Some(y) = year else { return Ok(None) };
    let n = y.trim().parse::<i64>().ok().filter(|n| (2015..=2100).contains(n));
    n.map(Some).ok_or_else(|| store::Error::invalid("year", format!("“{y}” không phải năm từ 2015 đến 2100. Viết dạng 2027.")))
}
