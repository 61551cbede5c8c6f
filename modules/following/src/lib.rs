//! Following up: inspections and what they found, documents sent and acknowledged, obstacles, directives, tests of contact points, reminders and what they moved. README.md says what the words mean.

mod api;
mod cli;
mod contact_test;
mod demo;
mod directive;
mod dissemination;
mod inspection;
mod late;
mod obstacle;
mod pages;
mod phones;
mod reach;
mod reminder;
#[cfg(test)]
mod tests;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};
use web::axum::Router;
use web::{App, Command, Cx, DemoContext, Event, Job, L, MenuItem, Module, Place, Source, WorkItem, sources};

/// The module's table of contents.
pub struct Following;

impl Module for Following {
    fn name(&self) -> &'static str {
        "following"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: [
                "acknowledgement", "committee", "committee_meeting", "committee_member", "contact_test", "contact_test_reply", "directive", "dissemination",
                "finding_fix", "following_reminder", "inspection", "inspection_finding", "inspection_plan", "inspection_visit", "obstacle", "obstacle_answer",
            ],
            choices: ["committee_role", "finding_severity", "inspection_kind", "reminder_kind"],
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
        vec![MenuItem::new(Place::Work, L("Đôn đốc, kiểm tra", "Following up"), "/following")]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn jobs(&self) -> Vec<Job> {
        vec![
            Job { name: "contact-tests", every_s: 60, run: contact_test::miss_all },
            Job { name: "disseminate", every_s: 3600, run: dissemination::sync_all },
            Job { name: "effects", every_s: 6 * 3600, run: reminder::read_effects },
        ]
    }
    fn on(&self, cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
        inspection::on(cx, event, tx)?;
        dissemination::on(cx, event, tx)?;
        directive::on(cx, event, tx)?;
        contact_test::on(cx, event, tx)?;
        obstacle::on(cx, event, tx)
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        let parts = [contact_test::home, dissemination::home, inspection::home, obstacle::home];
        let mut items = Vec::new();
        for part in parts {
            match part(cx, tx, actor) {
                Ok(list) => items.extend(list),
                // who may not read a part has no work there
                Err(Error::Forbidden(_)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(items)
    }
}

/// All records of a register that the actor may read and that match, whatever their dates.
pub(crate) fn all_where(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    every(tx, reg, actor, register, Query { filters, as_of: Some("all".into()), ..Query::default() })
}

/// All records that the actor may read and that a question asks for.
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

/// One record in the actor's scope.
pub(crate) fn one(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str) -> Result<Record> {
    actions::get(tx, reg, &actor.may(Verb::Read, register)?, id)
}

/// A field equal to a value (`state` too).
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

/// The program acting for a person: it writes what the person may not type; the ledger names the person.
pub(crate) fn program(actor: &Actor) -> Actor {
    let mut p = Actor::system("following");
    p.id.clone_from(&actor.id);
    p.name.clone_from(&actor.name);
    p
}
