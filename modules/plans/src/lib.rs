//! Plans: a document is read, corrected and accepted; its tasks become obligations. README.md says what the words mean.

mod accept;
mod actors;
mod amend;
mod api;
mod cli;
mod collective;
mod demo;
mod demo_work;
mod draft;
mod expand;
mod fill;
mod gate;
mod handover;
mod leaving;
mod measured;
mod naming;
mod occasions;
pub mod owed;
mod pages;
pub mod proven;
mod same;
mod service;
mod settle;
pub mod state;
mod store;
mod unclear;
mod work;

use ::store::{Result, Tx};
use access::{Actor, Verb};
use registers::{Filter, Query, Record, Registry, actions};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, Event, Job, L, MenuItem, Module, Place, Source, WorkItem, sources};

pub use accept::{Accepted, accept};
pub use demo_work::demo_work;
pub use draft::{Draft, Head, Who};
pub use owed::{Ask, Owed};
pub use pages::{goal, part_of, threshold};
pub use service::{draft, hash, read_document, upload};
pub use state::{State, Want, derive};

/// The module's table of contents.
pub struct Plans;

impl Module for Plans {
    fn name(&self) -> &'static str {
        "plans"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: [
                "evidence", "objective", "obligation", "plan", "plan_event", "plan_recipient", "plan_section", "programme_of_work",
                "target", "task", "task_actor",
            ],
            choices: [
                "actor_role", "comparator", "embedding", "evidence_kind", "obligation_source", "plan_level", "recipient_mark", "schedule_kind", "target_unit", "unassigned",
            ],
        )
    }
    fn gates(&self) -> Vec<(&'static str, actions::Gate)> {
        vec![("obligation", measured::gate)]
    }
    fn migrations(&self) -> Vec<::store::Migration> {
        store::migrations()
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
        vec![
            MenuItem::new(Place::Work, L("Nhiệm vụ", "Tasks"), "/plans/board").needs(Verb::Read, "obligation").count(work::count),
            MenuItem::new(Place::Work, L("Lịch", "Calendar"), "/plans/calendar").needs(Verb::Read, "obligation"),
            MenuItem::new(Place::Documents, L("Kế hoạch", "Plans"), "/plans").needs(Verb::Read, "plan"),
        ]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn jobs(&self) -> Vec<Job> {
        vec![Job { name: "expand", every_s: 3600, run: work::expand_all }]
    }
    fn open_work(&self, cx: &Cx<'_>, tx: &mut Tx, account: &access::Account) -> Result<usize> {
        leaving::open_work(cx, tx, account)
    }
    fn hand_over(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, from: &access::Account, to: &access::Account) -> Result<usize> {
        leaving::hand_over(cx, tx, actor, from, to)
    }
    fn on(&self, cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
        work::on(cx, event, tx)
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn home_figures(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<web::maud::Markup>> {
        work::home_figures(cx, tx, actor)
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        work::home(cx, tx, actor)
    }
}

/// All records of a register that the actor may read, valid on `day` (`None` = whatever their dates).
pub(crate) fn all(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, day: Option<&str>) -> Result<Vec<Record>> {
    every(tx, reg, actor, register, Query { as_of: Some(day.unwrap_or("all").to_owned()), ..Query::default() })
}

/// All records of a register that the actor may read and that match, whatever their dates.
pub(crate) fn all_where(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    every(tx, reg, actor, register, Query { filters, as_of: Some("all".into()), ..Query::default() })
}

/// All records of a register that the actor may read and that match, page after page, uncounted.
pub(crate) fn every(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, query: Query) -> Result<Vec<Record>> {
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
