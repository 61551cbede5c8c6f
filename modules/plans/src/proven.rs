//! Work whose product is a record kept elsewhere: a report that was filed is proof of "send the report", and nobody hands it
//! in a second time.

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Result, Tx};

use crate::expand::linked;
use crate::store::{OwedRow, due_on, owed_rows};

/// A record that is the product of a task, and who made it when.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    /// Register and id of the record.
    pub record: (&'a str, &'a str),
    /// The task it answers.
    pub task: &'a str,
    /// Who owed it.
    pub agency: &'a str,
    /// Last day on time of the occasion it was made for (ISO).
    pub due: &'a str,
    /// Day it was handed in (ISO), not after today.
    pub day: &'a str,
    /// What the evidence says.
    pub note: &'a str,
}

/// Tasks with obligations due on a day, and of how many agencies; those the reader may read, the most agencies first.
///
/// # Errors
/// Those of reading.
pub fn tasks_due(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<Vec<(Record, i64)>> {
    let scope = actor.may(Verb::Read, "task")?;
    let mut found = Vec::new();
    for (task, n) in due_on(tx, day)? {
        match actions::get(tx, reg, &scope, &task) {
            Ok(t) => found.push((t, n)),
            Err(store::Error::NotFound(_)) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(found)
}

/// Closes what the agency owes of the task for that occasion, with the record as evidence. `actor` = the program, acting for
/// whoever handed it in. What waits for an approval or is done stays as it is. `true` when something was closed.
///
/// # Errors
/// Those of writing.
pub fn by_record(tx: &mut Tx, reg: &Registry, actor: &Actor, p: &Product<'_>) -> Result<bool> {
    let rows: Vec<OwedRow> = owed_rows(tx, p.task)?.into_iter().filter(|r| r.agency == p.agency && r.workable()).collect();
    let year = p.due.get(..4).unwrap_or_default();
    let on_the_day = rows.iter().find(|r| r.due.as_deref() == Some(p.due));
    let Some(r) = on_the_day.or_else(|| rows.iter().find(|r| r.key == year)) else { return Ok(false) };
    if before_plan(tx, reg, actor, p)? {
        return Ok(false);
    }
    let evidence = linked(tx, reg, actor, "evidence", "obligation", &r.id)?;
    if !evidence.iter().any(|e| e.text("record_register") == Some(p.record.0) && e.text("record_id") == Some(p.record.1)) {
        let text = |s: &str| Data::Text(s.to_owned());
        let values = Values::from([
            ("obligation".to_owned(), text(&r.id)),
            ("kind".to_owned(), text("record")),
            ("record_register".to_owned(), text(p.record.0)),
            ("record_id".to_owned(), text(p.record.1)),
            ("happened_on".to_owned(), text(p.day)),
            ("agency".to_owned(), text(p.agency)),
            ("note".to_owned(), text(p.note)),
        ]);
        actions::create(tx, reg, actor, "evidence", values, None)?;
    }
    // nothing is done before its latest evidence
    let latest = evidence.iter().filter_map(|e| e.text("happened_on")).max().unwrap_or(p.day).max(p.day);
    let scope = actor.may(Verb::Read, "obligation")?;
    let now = actions::get(tx, reg, &scope, &r.id)?;
    let values =
        Values::from([("done_on".to_owned(), Data::Text(latest.to_owned())), ("result_note".to_owned(), Data::Text(p.note.to_owned()))]);
    actions::transition(tx, reg, actor, "obligation", &r.id, now.version, "close", values, Some(p.note))?;
    Ok(true)
}

/// Nothing is done before its plan.
fn before_plan(tx: &mut Tx, reg: &Registry, actor: &Actor, p: &Product<'_>) -> Result<bool> {
    let task = actions::get(tx, reg, &actor.may(Verb::Read, "task")?, p.task)?;
    let Some(plan) = task.text("plan") else { return Ok(false) };
    let plan = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    Ok(plan.text("issued_on").is_some_and(|d| p.day < d))
}

/// The record was given back: what it had closed is open again, with the reason. `true` when something was reopened.
///
/// # Errors
/// Those of writing.
pub fn given_back(tx: &mut Tx, reg: &Registry, actor: &Actor, record: (&str, &str), task: &str, agency: &str, why: &str) -> Result<bool> {
    let mut any = false;
    for e in linked(tx, reg, actor, "evidence", "record_id", record.1)? {
        let (true, Some(o)) = (e.text("record_register") == Some(record.0), e.text("obligation")) else { continue };
        let scope = actor.may(Verb::Read, "obligation")?;
        let o = actions::get(tx, reg, &scope, o)?;
        if o.state.as_deref() == Some("done") && o.text("task") == Some(task) && o.text("agency") == Some(agency) {
            actions::transition(tx, reg, actor, "obligation", &o.id, o.version, "reopen", Values::new(), Some(why))?;
            any = true;
        }
    }
    Ok(any)
}
