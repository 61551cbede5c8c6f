//! From tasks to obligations: one for each obliged agency existing on the day and each instance of the schedule.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use calendar::{Date, Schedule};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Result, Tx};

use crate::actors;
use crate::draft::Who;

/// Expands every task of a plan as of `day`; obligations that exist stay as they are. How many were made.
/// Run at acceptance and daily: a new year brings its instances, a new agency its share, an event its dates.
pub fn plan(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, day: &str) -> Result<usize> {
    let scope = actor.may(Verb::Read, "plan")?;
    let record = actions::get(tx, reg, &scope, plan)?;
    let from = record.text("starts_on").or(record.text("issued_on")).unwrap_or(day).to_owned();
    let to = record.text("ends_on").map(str::to_owned);
    let mut made = 0;
    for task in linked(tx, reg, actor, "task", "plan", plan)? {
        if task.state.as_deref() == Some("dropped") {
            continue;
        }
        made += one(tx, reg, actor, &task, &from, to.as_deref(), day)?;
    }
    Ok(made)
}

/// Records of `register` whose `field` links to `id`.
pub fn linked(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, field: &str, id: &str) -> Result<Vec<Record>> {
    crate::all_where(tx, reg, actor, register, vec![Filter { field: field.into(), op: Op::Is, values: vec![id.into()] }])
}

fn one(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, from: &str, to: Option<&str>, day: &str) -> Result<usize> {
    let Some(schedule) = task.text("schedule").and_then(|s| serde_json::from_str::<Schedule>(s).ok()) else { return Ok(0) };
    let event = match task.text("event") {
        Some(id) => Some(event(tx, reg, actor, id)?),
        None => None,
    };
    let occurred = event.as_ref().and_then(|e| e.occurred.clone());
    let parse = |d: &str| Date::parse(d).ok();
    let Some(today) = parse(day) else { return Ok(0) };
    let start = parse(from).unwrap_or(today);
    let end = to.and_then(parse);
    let settings = calendar::Settings::default();
    let instances = calendar::instances(&schedule, start, end, today, occurred.as_deref().and_then(parse), &settings);
    if instances.is_empty() {
        return Ok(0);
    }
    let mut made = 0;
    for (agency, scope_text) in obliged(tx, reg, actor, task, day)? {
        for i in &instances {
            if exists(tx, reg, actor, &task.id, &agency, &i.key)? {
                continue;
            }
            let date = |d: Option<Date>| d.map_or(Data::Null, |d| Data::Text(d.to_string()));
            let mut values = Values::from([
                ("agency".to_owned(), Data::Text(agency.clone())),
                ("task".to_owned(), Data::Text(task.id.clone())),
                ("source".to_owned(), Data::Text("task".into())),
                ("content".to_owned(), Data::Text(task.text("content").unwrap_or_default().to_owned())),
                ("role".to_owned(), Data::Text("lead".into())),
                ("scope_text".to_owned(), Data::Text(scope_text.clone())),
                ("period_key".to_owned(), Data::Text(i.key.clone())),
                ("opens_on".to_owned(), date(Some(i.from))),
                (
                    "due_on".to_owned(),
                    event
                        .as_ref()
                        .and_then(|e| e.due.clone())
                        .map_or_else(|| date(i.due.or(if i.waiting { i.until } else { None })), Data::Text),
                ),
                ("event".to_owned(), task.text("event").map_or(Data::Null, |e| Data::Text(e.to_owned()))),
            ]);
            values.retain(|_, v| *v != Data::Null && *v != Data::Text(String::new()));
            let record = actions::create(tx, reg, actor, "obligation", values, None)?;
            if i.waiting {
                actions::transition(tx, reg, actor, "obligation", &record.id, record.version, "wait", Values::new(), None)?;
            }
            made += 1;
        }
    }
    Ok(made)
}

/// Leading agencies of a task on a day, each once, with their scope.
pub fn obliged(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, day: &str) -> Result<BTreeMap<String, String>> {
    acting(tx, reg, actor, &task.id, "lead", day)
}

/// Agencies that act in a role in a task on a day.
pub fn acting(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &str, role: &str, day: &str) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for a in linked(tx, reg, actor, "task_actor", "task", task)? {
        if a.text("role") != Some(role) {
            continue;
        }
        let who = match (a.text("agency"), a.text("collective"), a.links("chosen")) {
            (Some(id), _, _) => Who::Agency(id.to_owned()),
            (_, Some(id), _) => Who::Collective(id.to_owned()),
            (_, _, ids) => Who::Chosen(ids.to_vec()),
        };
        for agency in actors::expand(tx, reg, actor, &who, day)? {
            all.entry(agency).or_insert_with(|| a.text("scope_text").unwrap_or_default().to_owned());
        }
    }
    Ok(all)
}

fn exists(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &str, agency: &str, key: &str) -> Result<bool> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let is = |field: &str, v: &str| Filter { field: field.into(), op: Op::Is, values: vec![v.into()] };
    let query = Query {
        filters: vec![is("task", task), is("agency", agency), is("period_key", key)],
        as_of: Some("all".into()),
        ..Query::default()
    };
    Ok(actions::count(tx, reg, &scope, &query)? > 0)
}

/// What is known of an event.
pub struct EventFacts {
    /// Day it happened.
    pub occurred: Option<String>,
    /// Due day a person set when recording it.
    pub due: Option<String>,
}

/// Reads an event; a dropped one never happens.
pub fn event(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<EventFacts> {
    let scope = actor.may(Verb::Read, "plan_event")?;
    let r = actions::get(tx, reg, &scope, id)?;
    let happened = r.state.as_deref() == Some("occurred");
    let known = |f: &str| r.text(f).filter(|_| happened).map(str::to_owned);
    Ok(EventFacts { occurred: known("occurred_on"), due: known("due_on") })
}

/// The event happened: obligations that waited for it start, with the due day that was set.
pub fn event_occurred(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<usize> {
    let facts = event(tx, reg, actor, id)?;
    let waiting = linked(tx, reg, actor, "obligation", "event", id)?;
    let mut n = 0;
    for o in waiting.iter().filter(|o| o.state.as_deref() == Some("waiting_event")) {
        let mut version = o.version;
        if let Some(due) = &facts.due {
            let values = Values::from([("due_on".to_owned(), Data::Text(due.clone()))]);
            version = actions::update(tx, reg, actor, "obligation", &o.id, version, values, Some("sự kiện đã xảy ra"))?.version;
        }
        actions::transition(tx, reg, actor, "obligation", &o.id, version, "resume", Values::new(), Some("sự kiện đã xảy ra"))?;
        n += 1;
    }
    Ok(n)
}
