//! Plans below a plan: who has one, which tasks are answered, which targets fall short. README.md says what the words mean.

mod api;
mod asked;
mod cli;
mod demo;
mod pages;
mod pairs;
mod tracker;

use access::{Actor, Verb};
use registers::actions;
use registers::{Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, L, MenuItem, Module, Panel, Place, Source, WorkItem, sources};

/// The module's table of contents.
pub struct Cascade;

impl Module for Cascade {
    fn name(&self) -> &'static str {
        "cascade"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["task_answer"], choices: ["task_answer_kind"])
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
        vec![MenuItem::new(Place::Documents, L("Kế hoạch cấp dưới", "Plans below"), "/cascade").needs(Verb::Read, "task_answer")]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        match pages::work(cx, tx, actor) {
            // who may not answer has no work here
            Err(Error::Forbidden(_)) => Ok(vec![]),
            other => other,
        }
    }
    fn record_panels(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, record: &Record) -> Result<Vec<Panel>> {
        if record.register != "plan" || actor.may(Verb::Read, "task_answer").is_err() {
            return Ok(vec![]);
        }
        pages::panel(cx, tx, actor, record)
    }
}

/// All records of a register that the actor may read and that match, whatever their dates.
fn all_where(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    every(tx, reg, actor, register, Query { filters, as_of: Some("all".into()), ..Query::default() })
}

/// All records that the actor may read and that a question asks for.
fn every(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, query: Query) -> Result<Vec<Record>> {
    let scope = actor.may(Verb::Read, register)?;
    let mut query = Query { limit: Some(500), uncounted: true, ..query };
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
