//! When a task is due: instances of its schedule, the events it waits for, its words read again.

use access::{Actor, Verb};
use calendar::{Date, Frame, Instance, Schedule};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Result, Tx};

use crate::accept::When;
use crate::expand::{Round, Span, by_schedule, linked};

/// Instances of a task's schedule that have begun by `day`. Days a person set on the task win over those read from its words;
/// words without a day give one instance without a due day, so that nothing is owed in silence. Beside them: is it a schedule of
/// one single occasion?
pub fn occasions(task: &Record, span: &Span, event: Option<&EventFacts>, day: Date) -> (Vec<Instance>, bool) {
    let date = |f: &str| task.text(f).and_then(|d| Date::parse(d).ok());
    let parse = |d: Option<&String>| d.and_then(|d| Date::parse(d).ok());
    let read = task.text("schedule").and_then(|s| serde_json::from_str::<Schedule>(s).ok()).unwrap_or(Schedule::Text);
    let schedule = match read {
        Schedule::Annual { min_count, due, .. } if date("due_on").is_some() && date("due_on") != due => {
            Schedule::Annual { min_count, month_day: date("due_on").map(Into::into), due: date("due_on") }
        }
        Schedule::Period { from, to, condition } => Schedule::Period { from: date("starts_on").or(from), to, condition },
        other => other,
    };
    let frame = Frame {
        event_date: parse(event.and_then(|e| e.occurred.as_ref())),
        set_due: parse(event.and_then(|e| e.due.as_ref())).or(date("due_on")),
        ..Frame::new(span.from, span.to, day)
    };
    let mut all = calendar::instances_in(&schedule, &frame);
    // a continuous task that names a product is asked for it each year; the others only show that they go on
    if schedule == Schedule::Continuous && (task.text("product").is_some() || task.int("min_count").is_some()) {
        all.iter_mut().for_each(|i| i.due = i.until);
    }
    let single = !matches!(schedule, Schedule::OnDemand | Schedule::Annual { .. } | Schedule::Continuous | Schedule::Periodic { .. });
    (all, single)
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

/// The event happened, was corrected or undone: tasks that wait for it are expanded again, so that periods and timers get
/// their days; what people made wait for it by hand starts with the day that was set.
pub fn event_changed(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str) -> Result<()> {
    let mut round = Round::new(tx, reg, actor, day)?;
    for task in linked(tx, reg, actor, "task", "event", id)? {
        round.task(tx, &task, true)?;
    }
    let facts = event(tx, reg, actor, id)?;
    if facts.occurred.is_none() {
        return Ok(());
    }
    for o in linked(tx, reg, actor, "obligation", "event", id)? {
        let by_hand = o.text("task").is_none() || !by_schedule(o.text("period_key").unwrap_or_default());
        if o.state.as_deref() != Some("waiting_event") || !by_hand {
            continue;
        }
        let mut version = o.version;
        if let Some(due) = &facts.due {
            let values = Values::from([("due_on".to_owned(), Data::Text(due.clone()))]);
            version = actions::update(tx, reg, actor, "obligation", &o.id, version, values, Some("sự kiện đã xảy ra"))?.version;
        }
        round.step(tx, &o.id, version, "resume", "sự kiện đã xảy ra")?;
    }
    Ok(())
}

/// A person changed the words about time: they are read again, as the plan reader reads them. `dates` = the due day too,
/// when the same person has not set it.
pub fn read_again(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, dates: bool) -> Result<Record> {
    let plan = task.text("plan").unwrap_or_default();
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let year = head.text("issued_on").or(head.text("starts_on")).and_then(|d| d.get(..4)?.parse().ok());
    // how often a year at least stands in the task itself
    let content = task.text("content").unwrap_or_default();
    let schedule = task.text("time_text").and_then(|t| plan_reader::schedule::read(t, year)).map(|s| s.counted(content));
    let json = serde_json::to_value(&schedule).map_err(store::Error::internal)?;
    let when = When::of(&json);
    let word = |s: Option<&str>| s.map_or(Data::Null, |s| Data::Text(s.to_owned()));
    let event = match &when.condition {
        Some(c) => Some(awaited(tx, reg, actor, plan, c)?),
        None => None,
    };
    let mut values = Values::from([
        ("schedule_kind".to_owned(), word(Some(when.kind))),
        ("schedule".to_owned(), if json.is_null() { Data::Null } else { Data::Text(json.to_string()) }),
        ("condition".to_owned(), word(when.condition.as_deref())),
        ("event".to_owned(), word(event.as_deref())),
    ]);
    if dates {
        values.insert("starts_on".into(), word(when.from.as_deref()));
        values.insert("due_on".into(), word(when.due.as_deref()));
    }
    actions::update(tx, reg, actor, "task", &task.id, task.version, values, Some("đọc lại thời gian thực hiện"))
}

/// The event of a plan with this name, made when there is none.
pub fn awaited(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, name: &str) -> Result<String> {
    let is = |field: &str, v: &str| Filter { field: field.into(), op: Op::Is, values: vec![v.into()] };
    if let Some(known) = crate::all_where(tx, reg, actor, "plan_event", vec![is("plan", plan), is("name", name)])?.pop() {
        return Ok(known.id);
    }
    let values = Values::from([("plan".to_owned(), Data::Text(plan.to_owned())), ("name".to_owned(), Data::Text(name.to_owned()))]);
    Ok(actions::create(tx, reg, actor, "plan_event", values, None)?.id)
}
