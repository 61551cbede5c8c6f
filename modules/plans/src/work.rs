//! Obligations as work: what an agency owes, menu number, home page, events, daily expansion.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::{Filter, Op, Record, Registry};
use store::{Result, Tx};
use web::{Cx, Event, MenuCount, WorkItem};

use crate::expand;
use crate::state::{State, derive};

/// An obligation with what it takes to show it.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The record.
    pub record: Record,
    /// Derived state.
    pub state: State,
    /// Figure of the indicator its task is bound to, for this agency: (met, all).
    pub figure: Option<(i64, i64)>,
}

/// All obligations in the actor's scope with their derived states, most urgent first.
pub fn owed(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, filters: Vec<Filter>) -> Result<Vec<Owed>> {
    let records = crate::all_where(tx, reg, actor, "obligation", filters)?;
    let evidence = with_evidence(tx)?;
    let indicators = bound_tasks(tx, reg, actor)?;
    // an obligation of a past period is judged on its due day: next year's empty register must not undo it
    let day_of = |o: &Record| o.text("due_on").filter(|d| *d < today).unwrap_or(today).to_owned();
    let asked: BTreeSet<(String, String)> =
        records.iter().filter_map(|o| Some((indicators.get(o.text("task")?)?.clone(), day_of(o)))).collect();
    let mut figures: BTreeMap<(String, String), BTreeMap<String, targets::AgencyFigure>> = BTreeMap::new();
    for (id, day) in asked {
        let by = targets::by_agency(tx, reg, actor, &id, &day)?;
        figures.insert((id, day), by);
    }
    let mut all: Vec<Owed> = records
        .into_iter()
        .map(|record| {
            let indicator = record.text("task").and_then(|t| indicators.get(t));
            let of = indicator
                .and_then(|i| figures.get(&(i.clone(), day_of(&record))))
                .and_then(|f| f.get(record.text("agency").unwrap_or_default()));
            let met = of.and_then(targets::AgencyFigure::met);
            let state = derive(&record, today, evidence.contains(&record.id), met);
            Owed { state, figure: of.map(|f| (f.met, f.population)), record }
        })
        .collect();
    all.sort_by(|a, b| (a.state, a.record.text("due_on").unwrap_or("9")).cmp(&(b.state, b.record.text("due_on").unwrap_or("9"))));
    Ok(all)
}

/// Obligations that have evidence.
fn with_evidence(tx: &mut Tx) -> Result<BTreeSet<String>> {
    crate::store::with_evidence(tx)
}

/// Task → indicator a person bound it to.
fn bound_tasks(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<BTreeMap<String, String>> {
    let bound = crate::all_where(tx, reg, actor, "task", vec![Filter { field: "indicator".into(), op: Op::Filled, values: vec![] }])?;
    Ok(bound.into_iter().filter_map(|t| t.text("indicator").map(|i| (t.id.clone(), i.to_owned()))).collect())
}

/// Number beside the menu line: what is late (hot), else what is open. Stored facts only, two indexed counts.
pub fn count(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<MenuCount>> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let open = Filter {
        field: "state".into(),
        op: Op::Is,
        values: ["not_started", "in_progress", "waiting_approval"].map(str::to_owned).to_vec(),
    };
    let query = |filters| registers::Query { filters, as_of: Some("all".into()), ..registers::Query::default() };
    let n = registers::actions::count(tx, cx.registry, &scope, &query(vec![open.clone()]))?;
    let yesterday = calendar::Date::parse(cx.today).map_or_else(|_| cx.today.to_owned(), |d| d.add_days(-1).to_string());
    let past = Filter { field: "due_on".into(), op: Op::To, values: vec![yesterday] };
    let late = registers::actions::count(tx, cx.registry, &scope, &query(vec![open, past]))?;
    Ok(Some(if late > 0 { MenuCount { n: late, hot: true } } else { MenuCount { n, hot: false } }))
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
    let mine = vec![Filter { field: "agency".into(), op: Op::Is, values: vec![agency] }];
    let owed = owed(tx, cx.registry, actor, cx.today, mine)?;
    let urgent = owed.iter().filter(|o| match o.state {
        State::Overdue | State::DueSoon => true,
        State::WaitingApproval => approves,
        State::InProgress | State::NotStarted => o.record.text("due_on").is_some(),
        _ => false,
    });
    Ok(urgent.take(MOST_HOME).map(|o| item(cx, o, approves)).collect())
}

/// Agencies that are late, for readers who answer for more than one.
pub fn home_figures(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<web::maud::Markup>> {
    let past = Filter { field: "due_on".into(), op: Op::To, values: vec![cx.today.to_owned()] };
    let all = owed(tx, cx.registry, actor, cx.today, vec![past])?;
    Ok(crate::pages::late(&all, cx.lang))
}

fn item(cx: &Cx<'_>, o: &Owed, approves: bool) -> WorkItem {
    let lang = cx.lang;
    // that it is late stands in the column of days already
    let mut reason = match o.record.text("due_on") {
        Some(due) if o.state == State::Overdue => format!("{} {}", lang.t("Hạn", "Due"), web::fmt::date(due)),
        _ => lang.l(o.state.label()).to_owned(),
    };
    if let Some((met, all)) = o.figure.filter(|(_, all)| *all > 0) {
        reason = format!("{reason} · {met}/{all} {}", lang.t("theo sổ đăng ký", "from the registers"));
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
