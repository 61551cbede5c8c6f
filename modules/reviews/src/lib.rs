//! Reviews of a plan: its figures of a day frozen beside those of an earlier day, lessons, proposals. README.md says what the words mean.

mod api;
mod cli;
mod demo;
mod document;
mod figures;
mod pages;
mod review;

use access::{Actor, Verb};
use registers::actions;
use registers::{Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, Module, Panel, Source, WorkItem, sources};

/// The module's table of contents.
pub struct Reviews;

impl Module for Reviews {
    fn name(&self) -> &'static str {
        "reviews"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["plan_review"], choices: ["plan_review_kind"])
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
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        match pages::work(cx, tx, actor) {
            // who may not freeze has no work here
            Err(Error::Forbidden(_)) => Ok(vec![]),
            other => other,
        }
    }
    fn record_panels(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, record: &Record) -> Result<Vec<Panel>> {
        if actor.may(Verb::Read, "plan_review").is_err() {
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

/// One record in the actor's scope.
fn one(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str) -> Result<Record> {
    actions::get(tx, reg, &actor.may(Verb::Read, register)?, id)
}

/// A field equal to a value (`state` too).
fn is(field: &str, value: &str) -> Filter {
    Filter { field: field.to_owned(), op: Op::Is, values: vec![value.to_owned()] }
}
