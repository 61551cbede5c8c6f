//! A directive becomes one obligation for each agency it names, on the same board as tasks of plans.

use std::collections::BTreeSet;

use access::Actor;
use registers::{Record, Registry, actions};
use store::{Result, Tx};
use web::{Cx, Event, fmt};
use work::Message;

use crate::dissemination::recipients;
use crate::reach::{People, Told};
use crate::{all_where, is, one, text, values};

/// News of this part.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("following.directive");
    match (event.register.as_str(), event.kind.as_str()) {
        // agencies may be added later; the day may move
        ("directive", "transition:assign" | "update") => assign(tx, cx.registry, &system, &event.record, cx.today).map(drop),
        ("directive", "transition:cancel") => cancel(tx, cx.registry, &system, &event.record),
        _ => Ok(()),
    }
}

/// Obligations of a directive in the actor's scope.
///
/// # Errors
/// Those of reading.
pub fn obligations(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Vec<Record>> {
    all_where(tx, reg, actor, "obligation", vec![is("source", "directive"), is("source_key", id)])
}

/// Makes the obligations that an assigned directive lacks, moves the day of open ones with it, tells the agencies. Safe at any
/// time. How many were made.
///
/// # Errors
/// Those of [`recipients`] and of the actions.
pub fn assign(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<usize> {
    let d = one(tx, reg, actor, "directive", id)?;
    if d.deleted || d.state.as_deref() != Some("assigned") {
        return Ok(0);
    }
    let due = d.text("due_on").unwrap_or_default();
    let have = obligations(tx, reg, actor, id)?;
    for o in have.iter().filter(|o| open(o) && o.text("due_on") != Some(due)) {
        actions::update(tx, reg, actor, "obligation", &o.id, o.version, values([("due_on", text(due))]), Some("hạn của chỉ đạo thay đổi"))?;
    }
    let have: BTreeSet<String> = have.iter().filter_map(|o| o.text("agency").map(str::to_owned)).collect();
    let missing: Vec<String> = recipients(tx, reg, actor, &d, today)?.difference(&have).cloned().collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let people = People::of(tx)?;
    for agency in &missing {
        let v = values([
            ("agency", text(agency)),
            ("source", text("directive")),
            ("source_key", text(id)),
            ("content", text(d.text("content").unwrap_or_default())),
            ("period_key", text("plan")),
            ("opens_on", text(d.text("issued_on").unwrap_or_default())),
            ("due_on", text(due)),
            ("scope_text", text(&said(&d))),
        ]);
        let o = actions::create(tx, reg, actor, "obligation", v, None)?;
        tell(tx, reg, &people, &d, &o)?;
    }
    Ok(missing.len())
}

/// "Chỉ đạo số 12/TB-BCĐ ngày 03/11/2026".
fn said(d: &Record) -> String {
    let number = d.text("number").map_or_else(String::new, |n| format!(" số {n}"));
    format!("Chỉ đạo{number} ngày {}", fmt::date(d.text("issued_on").unwrap_or_default()))
}

fn open(o: &Record) -> bool {
    !matches!(o.state.as_deref(), Some("done" | "not_applicable"))
}

fn tell(tx: &mut Tx, reg: &Registry, people: &People, d: &Record, o: &Record) -> Result<()> {
    let due = fmt::date(d.text("due_on").unwrap_or_default());
    let subject = format!("{}: việc giao, hạn {due}", said(d));
    let (event, link) = (format!("directive:{}", o.id), format!("/plans/obligation/{}", o.id));
    let body = d.text("content").unwrap_or_default();
    let m = Message { event: &event, template: "directive", subject: &subject, body, link: Some(&link), needs_ack: true };
    people.tell(tx, reg, o.text("agency").unwrap_or_default(), &m, &mut Told::default())
}

/// What nobody has finished is no longer owed.
fn cancel(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<()> {
    for o in obligations(tx, reg, actor, id)?.into_iter().filter(open) {
        let why = "Chỉ đạo thôi thực hiện";
        actions::transition(tx, reg, actor, "obligation", &o.id, o.version, "exempt", values([("na_reason", text(why))]), Some(why))?;
    }
    Ok(())
}
