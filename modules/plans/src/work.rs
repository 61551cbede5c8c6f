//! Obligations as work: menu number, home page, events, daily expansion.

use access::{Actor, Verb};
use registers::{Filter, Op, Query};
use store::{Result, Tx};
use web::{Cx, Event, MenuCount, WorkItem};

use crate::expand;
use crate::owed::{self, Ask, Owed};
use crate::state::{State, Want};

/// Number beside the menu line: what is late (hot), else what is open, as the board counts them. Indexed counts.
pub fn count(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<MenuCount>> {
    let mut n = |want| owed::count(tx, cx.registry, actor, cx.today, &Ask::of(want));
    let late = n(Want::One(State::Overdue))?;
    Ok(Some(if late > 0 { MenuCount { n: late, hot: true } } else { MenuCount { n: n(Want::Open)?, hot: false } }))
}

/// Most lines this module puts on the home page; the board has the rest.
const MOST_HOME: usize = 12;

/// What the reader's own agency owes (heads: what waits for them).
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let Some(agency) = actor.agency.clone() else { return Ok(vec![]) };
    if actor.may(Verb::Read, "obligation").is_err() {
        return Ok(vec![]);
    }
    let approves = actor.grants().iter().any(|g| matches!(g.role.as_str(), "head" | "standing_head"));
    let mut items: Vec<Owed> = Vec::new();
    let mut add = |want: Want| -> Result<()> {
        let ask = Ask { want, agency: Some(agency.clone()), ..Ask::default() };
        let mut query = Query { limit: Some(2 * MOST_HOME as u32), sort: Some("due_on".into()), uncounted: true, ..ask.query(cx.today) };
        query.filters.push(Filter { field: "due_on".into(), op: Op::Filled, values: vec![] });
        items.extend(owed::page(tx, cx.registry, actor, cx.today, &ask, query)?.items);
        Ok(())
    };
    if approves {
        add(Want::One(State::WaitingApproval))?;
    }
    add(Want::Open)?;
    // what waits for the head is not the agency's work; what the registers already show needs nobody today
    let mut urgent: Vec<Owed> = Vec::new();
    for o in items {
        let mine = if o.state == State::WaitingApproval { approves } else { !o.reached() };
        if mine && urgent.len() < MOST_HOME && urgent.iter().all(|u| u.record.id != o.record.id) {
            urgent.push(o);
        }
    }
    Ok(urgent.iter().map(|o| item(cx, o, approves)).collect())
}

/// Agencies that are late, for readers who answer for more than one.
pub fn home_figures(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<web::maud::Markup>> {
    let (list, all) = owed::late(tx, cx.registry, actor, cx.today, &Ask::default(), crate::pages::NAMED)?;
    Ok(crate::pages::late(&list, all, cx.lang))
}

fn item(cx: &Cx<'_>, o: &Owed, approves: bool) -> WorkItem {
    let lang = cx.lang;
    // that it is late stands in the column of days already
    let mut reason = match o.record.text("due_on") {
        Some(due) if o.state == State::Overdue => format!("{} {}", lang.t("Hạn", "Due"), web::fmt::date(due)),
        _ => o.words(cx.today, lang).1,
    };
    if let Some(f) = o.figure.filter(|f| f.population > 0) {
        reason = format!("{reason} · {}/{} {}", f.met, f.population, lang.t("theo sổ đăng ký", "from the registers"));
    }
    let decide = approves && o.state == State::WaitingApproval;
    WorkItem {
        due: o.record.text("due_on").map(str::to_owned),
        title: o.record.text("content").unwrap_or_default().to_owned(),
        reason,
        action: if decide { lang.t("Duyệt", "Approve") } else { lang.t("Mở", "Open") }.to_owned(),
        href: format!("/plans/obligation/{}", o.record.id),
        ..WorkItem::default()
    }
}

/// Every plan in force: new years, new agencies. Safe to run at any time; makes only what is missing.
pub fn expand_all(cx: &Cx<'_>, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("plans.expand");
    let plans = crate::all(tx, cx.registry, &system, "plan", None)?;
    for p in plans.iter().filter(|p| p.state.as_deref() != Some("expired") && p.state.as_deref() != Some("superseded")) {
        expand::plan(tx, cx.registry, &system, &p.id, cx.today)?;
    }
    Ok(())
}

/// An awaited event happened: what waited for it begins.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    if event.register != "plan_event" || event.kind != "transition:occur" {
        return Ok(());
    }
    let system = Actor::system("plans.event");
    expand::event_occurred(tx, cx.registry, &system, &event.record).map(drop)
}
