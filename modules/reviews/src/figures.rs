//! Figures of a review: targets and tasks of a plan on a day, beside those of an earlier day. Nothing is typed.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use plans::State;
use registers::{Filter, Op, Query, Record, Registry, actions};
use serde::{Deserialize, Serialize};
use store::{Error, Result, Tx};
use targets::Verdict;

use crate::{all_where, is};

/// Everything a review counts; frozen as JSON in `plan_review.figures`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Last day that counts, `YYYY-MM-DD`.
    pub as_of: String,
    /// Day it is compared with.
    pub baseline_on: Option<String>,
    /// The figures before were frozen by an earlier review, not counted anew.
    pub baseline_frozen: bool,
    /// Targets of the plan, in its order.
    pub targets: Vec<TargetFigure>,
    /// Tasks of the plan, in its order.
    pub tasks: Vec<TaskFigure>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetFigure {
    /// Its id.
    pub target: String,
    /// Its words.
    pub content: String,
    /// What it asks for, e.g. `≥ 90 %`.
    pub goal: String,
    /// Indicator a person bound it to.
    pub indicator: Option<String>,
    /// On the day of comparison.
    pub before: Option<Part>,
    /// On the day of the review; none when no indicator measures it.
    pub now: Option<Part>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// As people read it: `9/12 · 75,0 %`.
    pub words: String,
    /// Met.
    pub met: i64,
    /// Not met.
    pub unmet: i64,
    /// No data.
    pub unknown: i64,
    /// A part of a whole.
    pub share: bool,
    /// `met`, `not_met`, `no_data`, `no_subject`; none without a goal in the same unit.
    pub verdict: Option<String>,
}

impl Part {
    /// The verdict as the rules know it.
    pub fn verdict(&self) -> Option<Verdict> {
        WORDS.iter().find(|(w, _)| Some(*w) == self.verdict.as_deref()).map(|(_, v)| *v)
    }
}

const WORDS: [(&str, Verdict); 4] =
    [("met", Verdict::Met), ("not_met", Verdict::NotMet), ("no_data", Verdict::NoData), ("no_subject", Verdict::NoSubject)];

/// One task: its obligations on the day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskFigure {
    /// Its id.
    pub task: String,
    /// Its number.
    pub no: Option<String>,
    /// Its words.
    pub content: String,
    /// Done by the due day.
    pub done: i64,
    /// Done after it.
    pub done_late: i64,
    /// Past the due day.
    pub overdue: i64,
    /// Being worked on, or not begun.
    pub open: i64,
    /// Waits for an event: nobody's work yet.
    pub waiting: i64,
}

impl TaskFigure {
    /// All obligations that count.
    pub fn all(&self) -> i64 {
        self.done + self.done_late + self.overdue + self.open + self.waiting
    }
}

/// Counts a review as of its day, today while that is still to come.
///
/// # Errors
/// Those of reading.
pub fn snapshot(tx: &mut Tx, reg: &Registry, actor: &Actor, review: &Record, today: &str) -> Result<Snapshot> {
    let plan = review.text("plan").unwrap_or_default();
    let of = crate::one(tx, reg, actor, "plan", plan)?;
    let within = plans::part_of(tx, &of)?;
    let within = within.as_deref();
    let as_of = review.text("as_of").unwrap_or(today).min(today).to_owned();
    let baseline_on = review.text("baseline_on").map(str::to_owned);
    let earlier = match &baseline_on {
        Some(day) => frozen_on(tx, reg, actor, plan, day, &review.id)?,
        None => None,
    };
    let mut list = all_where(tx, reg, actor, "target", vec![is("plan", plan)])?;
    list.sort_by_key(|t| t.int("seq").unwrap_or(i64::MAX));
    let mut targets = Vec::new();
    for t in list {
        let before = match (&earlier, &baseline_on) {
            (Some(s), _) => s.targets.iter().find(|f| f.target == t.id).and_then(|f| f.now.clone()),
            (None, Some(day)) => part(tx, reg, actor, (&t, within), day)?,
            (None, None) => None,
        };
        targets.push(TargetFigure {
            content: t.text("content").unwrap_or_default().to_owned(),
            goal: plans::threshold(&t, web::Lang::Vi),
            indicator: bound(&t).map(str::to_owned),
            before,
            now: part(tx, reg, actor, (&t, within), &as_of)?,
            target: t.id,
        });
    }
    let tasks = tasks(tx, reg, actor, plan, &as_of)?;
    Ok(Snapshot { as_of, baseline_on, baseline_frozen: earlier.is_some(), targets, tasks })
}

/// The figures another review of the plan was frozen with, as of this very day.
fn frozen_on(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, day: &str, not: &str) -> Result<Option<Snapshot>> {
    let filters = vec![is("plan", plan), is("state", "frozen"), is("as_of", day)];
    let mut all = all_where(tx, reg, actor, "plan_review", filters)?;
    all.retain(|r| r.id != not);
    all.sort_by(|a, b| a.text("frozen_on").cmp(&b.text("frozen_on")));
    all.last().and_then(|r| r.text("figures")).map(read).transpose()
}

/// Frozen figures back from JSON: written by this program, so a failure is a defect.
pub fn read(json: &str) -> Result<Snapshot> {
    serde_json::from_str(json).map_err(Error::internal)
}

fn bound(t: &Record) -> Option<&str> {
    t.text("indicator").filter(|_| t.bool("indicator_confirmed") == Some(true))
}

fn part(tx: &mut Tx, reg: &Registry, actor: &Actor, (t, within): (&Record, Option<&str>), day: &str) -> Result<Option<Part>> {
    let (Some(id), true) = (bound(t), actor.may(Verb::Read, "figure").is_ok()) else { return Ok(None) };
    let found = targets::headline_within(tx, reg, actor, (id, within), day, plans::goal(t))?;
    Ok(found.map(|h| Part {
        verdict: WORDS.iter().find(|(_, v)| Some(*v) == h.verdict).map(|(w, _)| (*w).to_owned()),
        words: h.words,
        met: h.met,
        unmet: h.unmet,
        unknown: h.unknown,
        share: h.share,
    }))
}

/// Obligations of each task as they stood at the end of the day: what was done later was open then.
fn tasks(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, day: &str) -> Result<Vec<TaskFigure>> {
    let mut list = all_where(tx, reg, actor, "task", vec![is("plan", plan)])?;
    list.retain(|t| t.text("tags") != Some("assignment"));
    list.sort_by_key(|t| t.int("seq").unwrap_or(i64::MAX));
    let mut by: BTreeMap<String, TaskFigure> = BTreeMap::new();
    if list.is_empty() {
        return Ok(vec![]);
    }
    let scope = actor.may(Verb::Read, "obligation")?;
    let ids = list.iter().map(|t| t.id.clone()).collect();
    let filters = vec![Filter { field: "task".into(), op: Op::Is, values: ids }];
    let query = Query { filters, as_of: Some("all".into()), ..Query::default() };
    for line in actions::tally(tx, reg, &scope, &query, &["task", "state", "due_on", "done_on"])? {
        let [Some(task), state, due, done] = line.of.as_slice() else { continue };
        let f = by.entry(task.clone()).or_default();
        let then = match (state.as_deref().unwrap_or_default(), done.as_deref()) {
            ("done", Some(done)) if done > day => "in_progress",
            (state, _) => state,
        };
        match plans::state::of(then, due.as_deref(), done.as_deref(), day) {
            State::Done => f.done += line.n,
            State::DoneLate => f.done_late += line.n,
            State::Overdue => f.overdue += line.n,
            State::WaitingEvent | State::PeriodPassed => f.waiting += line.n,
            State::NotApplicable => {}
            _ => f.open += line.n,
        }
    }
    let named = |t: Record| TaskFigure {
        no: t.text("no").map(str::to_owned),
        content: t.text("content").unwrap_or_default().to_owned(),
        ..by.remove(&t.id)
            .map_or_else(|| TaskFigure { task: t.id.clone(), ..TaskFigure::default() }, |f| TaskFigure { task: t.id.clone(), ..f })
    };
    Ok(list.into_iter().map(named).collect())
}
