//! Proposals of a year added up. Sums of records, nothing else.

use std::collections::BTreeMap;

use access::{Actor, Subtree, Verb};
use registers::{Query, Record, Registry, actions};
use serde::Serialize;
use store::Result;
use store::Tx;

use crate::{all_where, among};

/// Đồng and how many proposals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Proposals.
    pub proposals: i64,
    /// Asked for and not refused.
    pub asked: i64,
    /// Approved by a decision.
    pub approved: i64,
    /// Paid out.
    pub disbursed: i64,
    /// Proposals that wait for a decision.
    pub waiting: i64,
}

impl Sum {
    fn add(&mut self, r: &Record) {
        let state = r.state.as_deref().unwrap_or_default();
        let (decided, refused) = (matches!(state, "approved" | "closed"), state == "rejected");
        self.proposals += 1;
        self.asked += if refused { 0 } else { r.int("amount").unwrap_or(0) };
        self.approved += if decided { r.int("approved_amount").unwrap_or(0) } else { 0 };
        self.disbursed += if decided { r.int("disbursed_amount").unwrap_or(0) } else { 0 };
        self.waiting += i64::from(!decided && !refused);
    }
}

/// One line: what it is about, and its sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Id of the task, source or agency; empty = work outside any plan.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Number of the plan, for a task.
    pub plan: Option<String>,
    /// Money.
    pub sum: Sum,
}

/// A year.
#[derive(Debug, Clone, Serialize)]
pub struct Year {
    /// Which.
    pub year: i64,
    /// Everything.
    pub total: Sum,
    /// By task, in the order of the plan; what no plan asks for last.
    pub tasks: Vec<Line>,
    /// By source of money.
    pub sources: Vec<Line>,
    /// By agency, by name.
    pub agencies: Vec<Line>,
    /// Tasks in force that no proposal of the year pays for: id, words, plan. Only for who sees the whole instance.
    pub without: Vec<(String, String, String)>,
}

/// The proposals of a year in the reader's scope. `plan` = only those for its tasks.
///
/// # Errors
/// Those of reading.
pub fn of(tx: &mut Tx, reg: &Registry, actor: &Actor, year: i64, plan: Option<&str>) -> Result<Year> {
    let tasks = tasks(tx, reg, actor, plan)?;
    let mut all = all_where(tx, reg, actor, "funding_proposal", vec![among("year", &[year.to_string()])])?;
    if let Some(plan) = plan {
        all.retain(|r| r.text("task").and_then(|t| tasks.get(t)).is_some_and(|t| t.text("plan") == Some(plan)));
    }
    let mut total = Sum::default();
    let (mut by_task, mut by_source, mut by_agency) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for r in &all {
        total.add(r);
        by_task.entry(r.text("task").unwrap_or_default().to_owned()).or_insert_with(Sum::default).add(r);
        by_source.entry(r.text("source").unwrap_or_default().to_owned()).or_insert_with(Sum::default).add(r);
        let agency = (r.link_title("agency").unwrap_or_default().to_owned(), r.text("agency").unwrap_or_default().to_owned());
        by_agency.entry(agency).or_insert_with(Sum::default).add(r);
    }
    let source = |id: &str| reg.option("budget_source", id).map_or_else(|| id.to_owned(), |o| o.label.vi.clone());
    Ok(Year {
        year,
        total,
        without: without(tx, reg, actor, &tasks, &by_task, plan)?,
        tasks: in_order(&tasks, by_task),
        sources: by_source.into_iter().map(|(id, sum)| Line { name: source(&id), id, plan: None, sum }).collect(),
        agencies: by_agency.into_iter().map(|((name, id), sum)| Line { id, name, plan: None, sum }).collect(),
    })
}

/// Tasks the reader may read, of all plans or of one, by id.
fn tasks(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: Option<&str>) -> Result<BTreeMap<String, Record>> {
    if actor.may(Verb::Read, "task").is_err() {
        return Ok(BTreeMap::new());
    }
    let of = plan.map(|p| among("plan", &[p])).into_iter().collect();
    Ok(all_where(tx, reg, actor, "task", of)?.into_iter().map(|t| (t.id.clone(), t)).collect())
}

/// `17. Gửi báo cáo …`
fn words(t: &Record) -> String {
    let content = t.text("content_fixed").or(t.text("content")).unwrap_or_default();
    t.text("no").map_or_else(|| content.to_owned(), |no| format!("{no}. {content}"))
}

fn in_order(tasks: &BTreeMap<String, Record>, by: BTreeMap<String, Sum>) -> Vec<Line> {
    let place = |id: &str| tasks.get(id).map(|t| (t.link_title("plan").unwrap_or_default().to_owned(), t.int("seq").unwrap_or(i64::MAX)));
    let mut lines: Vec<Line> = by
        .into_iter()
        .map(|(id, sum)| {
            let task = tasks.get(&id);
            let plan = task.and_then(|t| t.link_title("plan")).map(str::to_owned);
            Line { name: task.map(words).unwrap_or_default(), id, plan, sum }
        })
        .collect();
    lines.sort_by_key(|l| (l.id.is_empty(), place(&l.id)));
    lines
}

fn without(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    tasks: &BTreeMap<String, Record>,
    paid: &BTreeMap<String, Sum>,
    plan: Option<&str>,
) -> Result<Vec<(String, String, String)>> {
    // a part of the proposals would call a task unpaid that somebody else pays for
    if actor.may(Verb::Read, "funding_proposal")?.subtree() != &Subtree::All {
        return Ok(vec![]);
    }
    let force = all_where(tx, reg, actor, "plan", vec![among("state", &["in_force"])])?;
    let in_force = |t: &Record| force.iter().any(|p| t.text("plan") == Some(p.id.as_str()));
    // standing duties are no tasks of a year
    let open = |t: &&Record| t.state.as_deref() != Some("dropped") && t.text("tags") != Some("assignment") && in_force(t);
    let mut list: Vec<&Record> = tasks.values().filter(open).filter(|t| !paid.contains_key(&t.id)).collect();
    list.retain(|t| plan.is_none_or(|p| t.text("plan") == Some(p)));
    list.sort_by_key(|t| (t.link_title("plan").unwrap_or_default().to_owned(), t.int("seq")));
    Ok(list.into_iter().map(|t| (t.id.clone(), words(t), t.link_title("plan").unwrap_or_default().to_owned())).collect())
}

/// Most years back that are offered.
const MOST_YEARS: i64 = 8;

/// Years from the first to the last proposal in the reader's scope, and this and the next one.
///
/// # Errors
/// Those of reading.
pub fn years(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str) -> Result<Vec<i64>> {
    let scope = actor.may(Verb::Read, "funding_proposal")?;
    let this = today.get(..4).and_then(|y| y.parse::<i64>().ok()).unwrap_or(2026);
    let mut years = Vec::new();
    for sort in ["year", "-year"] {
        let query = Query { sort: Some(sort.into()), limit: Some(1), uncounted: true, ..Query::default() };
        years.extend(actions::list(tx, reg, &scope, &query)?.items.first().and_then(|r| r.int("year")));
    }
    let (first, last) = (years.iter().copied().min().unwrap_or(this), years.iter().copied().max().unwrap_or(this));
    let mut years: Vec<i64> = (first.max(last - MOST_YEARS)..=last).collect();
    years.extend([this, this + 1]);
    years.sort_unstable();
    years.dedup();
    Ok(years)
}
