//! A document goes to agencies; each acknowledges; who has not is reminded, and the effect is read a week later.

use std::collections::BTreeSet;

use access::{Actor, Verb};
use registers::actions;
use registers::{Data, Query, Record, Registry};
use store::{Error, Result, Tx};
use web::{Cx, Event, WorkItem, fmt};
use work::Message;

use crate::reach::{People, Told};
use crate::reminder::{self, Reminded};
use crate::{all_where, every, is, one, program, text, values};

/// News of this part.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("following.dissemination");
    match (event.register.as_str(), event.kind.as_str()) {
        ("dissemination", "transition:send" | "update") => send(tx, cx.registry, &system, &event.record, cx.today).map(drop),
        _ => Ok(()),
    }
}

/// Agencies that a dissemination names on a day: a collective name, a rule, single ones.
///
/// # Errors
/// `Invalid` when the rule is not understood.
pub fn recipients(tx: &mut Tx, reg: &Registry, actor: &Actor, d: &Record, today: &str) -> Result<BTreeSet<String>> {
    let mut all: BTreeSet<String> = d.links("recipients").iter().cloned().collect();
    let mut rules: Vec<String> = d.text("rule").map(str::to_owned).into_iter().collect();
    if let Some(c) = d.text("collective") {
        rules.extend(one(tx, reg, actor, "collective_actor", c)?.text("rule").map(str::to_owned));
    }
    for rule in rules {
        let query = Query { predicate: Some(rule), as_of: Some(today.to_owned()), ..Query::default() };
        let found = every(tx, reg, actor, "agency", query).map_err(|e| match e {
            Error::BadRequest(why) => Error::invalid("rule", format!("Quy tắc “Gửi tới” chưa hiểu được: {why}")),
            e => e,
        })?;
        all.extend(found.into_iter().map(|a| a.id));
    }
    Ok(all)
}

/// Makes the acknowledgements that a sent dissemination lacks and tells the agencies. Safe at any time. How many were made.
///
/// # Errors
/// Those of [`recipients`] and of the actions.
pub fn send(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<usize> {
    let d = one(tx, reg, actor, "dissemination", id)?;
    if d.deleted || d.state.as_deref() != Some("sent") {
        return Ok(0);
    }
    let have: BTreeSet<String> = asked(tx, reg, actor, id)?.iter().filter_map(|a| a.text("agency").map(str::to_owned)).collect();
    let missing: Vec<String> = recipients(tx, reg, actor, &d, today)?.difference(&have).cloned().collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let people = People::of(tx)?;
    for agency in &missing {
        let of = |f: &str| text(d.text(f).unwrap_or_default());
        let v = values([
            ("agency", text(agency)),
            ("document", of("document")),
            ("dissemination", text(id)),
            ("due_on", of("due_on")),
            ("message", of("message")),
        ]);
        let a = actions::create(tx, reg, actor, "acknowledgement", v, None)?;
        tell(tx, reg, &people, &a, "", &mut Told::default())?;
    }
    Ok(missing.len())
}

/// Acknowledgements of a dissemination in the actor's scope.
pub(crate) fn asked(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Vec<Record>> {
    all_where(tx, reg, actor, "acknowledgement", vec![is("dissemination", id)])
}

fn tell(tx: &mut Tx, reg: &Registry, people: &People, a: &Record, mark: &str, told: &mut Told) -> Result<()> {
    let document = a.link_title("document").unwrap_or_default();
    let due = fmt::date(a.text("due_on").unwrap_or_default());
    let again = if mark.is_empty() { "Văn bản gửi cơ quan" } else { "Đôn đốc báo nhận văn bản" };
    let subject = format!("{again}: {document}");
    let body = format!(
        "{document}\n{}\nBáo đã nhận trước hết ngày {due}: một lần bấm ở trang đầu của Lá Chắn.",
        a.text("message").unwrap_or_default()
    );
    let (event, link) = (format!("dissemination:{}:{mark}", a.id), format!("/r/acknowledgement/{}", a.id));
    let m = Message { event: &event, template: "dissemination", subject: &subject, body: &body, link: Some(&link), needs_ack: false };
    people.tell(tx, reg, a.text("agency").unwrap_or_default(), &m, told)
}

/// One press of the agency: received.
///
/// # Errors
/// `Forbidden` for who does not answer for the agency, `Conflict` when it is acknowledged already.
pub fn acknowledge(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Record> {
    let a = one(tx, reg, actor, "acknowledgement", id)?;
    if a.state.as_deref() != Some("waiting") {
        return Err(Error::Conflict("Văn bản này đã được báo nhận.".into()));
    }
    let v = values([("acknowledged_on", text(today))]);
    actions::transition(tx, reg, actor, "acknowledgement", id, a.version, "acknowledge", v, None)
}

/// Reminds every agency that has not acknowledged; the same person once a day. Each agency's reminder is a record.
///
/// # Errors
/// `Forbidden` without the right to remind, `Conflict` when the dissemination is not running.
pub fn remind(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Reminded> {
    actor.may(Verb::Create, "reminder")?;
    let d = one(tx, reg, actor, "dissemination", id)?;
    if d.state.as_deref() != Some("sent") {
        return Err(Error::Conflict("Đợt phổ biến chưa gửi hoặc đã kết thúc nên không có gì để đôn đốc.".into()));
    }
    let (people, program) = (People::of(tx)?, program(actor));
    let mut done = Reminded::default();
    for a in asked(tx, reg, actor, id)?.into_iter().filter(|a| a.state.as_deref() == Some("waiting")) {
        let mut told = Told::default();
        tell(tx, reg, &people, &a, today, &mut told)?;
        done.agencies += 1;
        if told.messages > 0 {
            let about = [("kind", text("acknowledgement")), ("acknowledgement", text(&a.id)), ("asked", Data::Int(1))];
            reminder::log(tx, reg, &program, a.text("agency").unwrap_or_default(), values(about), &told, today)?;
        }
        done.add(told);
    }
    Ok(done)
}

/// Job: agencies that a rule names since the document was sent get it too, one dissemination a transaction.
pub fn sync_all(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let system = Actor::system("following.dissemination");
    let mut open = all_where(tx, cx.registry, &system, "dissemination", vec![is("state", "sent")])?;
    open.sort_by(|a, b| a.id.cmp(&b.id));
    let Some(now) = open.iter().find(|d| after.is_none_or(|a| d.id.as_str() > a)) else { return Ok(None) };
    match send(tx, cx.registry, &system, &now.id, cx.today) {
        // a rule that no longer fits holds up nobody else's; its page says so
        Ok(_) | Err(Error::Invalid(_)) => Ok(Some(now.id.clone())),
        Err(e) => Err(e),
    }
}

/// Most lines of this part on the home page.
const MOST: u32 = 5;

/// Documents the reader's agency has not acknowledged: one press does it.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let answers = actor.grants().iter().any(|g| matches!(g.role.as_str(), "contact" | "head"));
    let (true, Some(agency)) = (answers, &actor.agency) else { return Ok(vec![]) };
    let filters = vec![is("state", "waiting"), is("agency", agency)];
    let query = Query { filters, sort: Some("due_on".into()), limit: Some(MOST), uncounted: true, ..Query::default() };
    let scope = actor.may(Verb::Read, "acknowledgement")?;
    let lang = cx.lang;
    let item = |a: &Record| WorkItem {
        due: a.text("due_on").map(str::to_owned),
        title: a.link_title("document").unwrap_or_default().to_owned(),
        reason: format!(
            "{} {}",
            lang.t("Văn bản gửi cơ quan bạn, báo đã nhận trước hết ngày", "Sent to your agency, acknowledge by"),
            fmt::date(a.text("due_on").unwrap_or_default())
        ),
        action: lang.t("Đã nhận", "Received").to_owned(),
        href: format!("/r/acknowledgement/{}", a.id),
        post: Some(format!("/following/acknowledge/{}", a.id)),
        ..WorkItem::default()
    };
    Ok(actions::list(tx, cx.registry, &scope, &query)?.items.iter().map(item).collect())
}
