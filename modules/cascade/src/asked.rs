//! What a plan above asks of the agency of a plan below, and what the plan below answers.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};

use crate::pairs::{Guess, SURE, guesses};
use crate::{all_where, is, one};

/// One task of the plan above.
#[derive(Debug, Clone)]
pub struct Line {
    /// The task.
    pub task: Record,
    /// What was answered.
    pub answer: Option<Record>,
    /// Tasks of the plan below that may be the answer; none once there is one.
    pub guesses: Vec<Guess>,
}

impl Line {
    /// The guess that one press may take: nothing but names differs.
    pub fn sure(&self) -> Option<&Guess> {
        self.guesses.first().filter(|g| g.share >= SURE)
    }
}

/// A plan below beside the plan above it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The plan below.
    pub plan: Record,
    /// The plan above; none is named, or none may be read.
    pub parent: Option<Record>,
    /// What it asks of the agency, in its order.
    pub lines: Vec<Line>,
    /// Tasks of the plan below, in its order.
    pub own: Vec<Record>,
}

impl Asked {
    /// Tasks nobody has answered yet.
    pub fn open(&self) -> usize {
        self.lines.iter().filter(|l| l.answer.is_none()).count()
    }
}

/// Tasks proper of a plan, in its order: duties of agencies say the same once more.
pub fn tasks_of(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<Vec<Record>> {
    let mut tasks = all_where(tx, reg, actor, "task", vec![is("plan", plan)])?;
    tasks.retain(|t| t.text("tags") != Some("assignment") && t.state.as_deref() != Some("dropped"));
    tasks.sort_by_key(|t| t.int("seq").unwrap_or(i64::MAX));
    Ok(tasks)
}

/// Which of these tasks each agency owes something for, in the actor's scope: agency → tasks.
pub fn owed(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    tasks: &[Record],
    agency: Option<&str>,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut by: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if tasks.is_empty() {
        return Ok(by);
    }
    let scope = actor.may(Verb::Read, "obligation")?;
    let mut filters = vec![
        Filter { field: "task".into(), op: Op::Is, values: tasks.iter().map(|t| t.id.clone()).collect() },
        Filter { field: "state".into(), op: Op::Not, values: vec!["not_applicable".into()] },
    ];
    filters.extend(agency.map(|a| is("agency", a)));
    let query = Query { filters, as_of: Some("all".into()), ..Query::default() };
    for t in actions::tally(tx, reg, &scope, &query, &["agency", "task"])? {
        if let [Some(agency), Some(task)] = t.of.as_slice() {
            by.entry(agency.clone()).or_default().insert(task.clone());
        }
    }
    Ok(by)
}

/// The plan below and everything the plan above asks of its agency.
///
/// # Errors
/// `NotFound` for no such plan; those of reading.
pub fn asked(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<Asked> {
    let plan = one(tx, reg, actor, "plan", plan)?;
    let parent = match plan.text("parent") {
        Some(p) => one(tx, reg, actor, "plan", p).ok(),
        None => None,
    };
    let own = tasks_of(tx, reg, actor, &plan.id)?;
    let Some(above) = &parent else { return Ok(Asked { plan, parent, lines: vec![], own }) };
    let issuer = plan.text("issuer").unwrap_or_default();
    let mut tasks = tasks_of(tx, reg, actor, &above.id)?;
    let mine = owed(tx, reg, actor, &tasks, Some(issuer))?.remove(issuer).unwrap_or_default();
    tasks.retain(|t| mine.contains(&t.id));
    let answers = all_where(tx, reg, actor, "task_answer", vec![is("plan", &plan.id)])?;
    let mut answers: BTreeMap<String, Record> =
        answers.into_iter().filter_map(|a| a.text("task").map(str::to_owned).map(|t| (t, a))).collect();
    let open: Vec<(&str, &str)> = tasks.iter().filter(|t| !answers.contains_key(&t.id)).map(said).collect();
    let mut likely = guesses(&open, &own.iter().map(said).collect::<Vec<_>>());
    let line = |task: Record| Line { answer: answers.remove(&task.id), guesses: likely.remove(&task.id).unwrap_or_default(), task };
    let lines = tasks.into_iter().map(line).collect();
    Ok(Asked { plan, parent, lines, own })
}

fn said(t: &Record) -> (&str, &str) {
    (t.id.as_str(), t.text("content").unwrap_or_default())
}

/// What a person answers.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `own`, `joint`, `not_ours`.
    pub kind: String,
    /// Tasks of the plan below.
    pub answers: Vec<String>,
    /// How, or why not.
    pub reason: String,
    /// Version of the answer that was shown; none = there was none.
    pub version: Option<i64>,
}

/// Saves the answer to one task.
///
/// # Errors
/// `Invalid` for what the definition refuses, `Conflict` when somebody else answered meanwhile.
pub fn answer(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, task: &str, given: Given) -> Result<Record> {
    let text = |s: &str| if s.trim().is_empty() { Data::Null } else { Data::Text(s.trim().to_owned()) };
    // what another answer left over would be a contradiction
    let tasks = if given.kind == "own" { given.answers } else { vec![] };
    let mut values = Values::from([
        ("kind".to_owned(), text(&given.kind)),
        ("answers".to_owned(), Data::Links(tasks)),
        ("reason".to_owned(), text(&given.reason)),
    ]);
    let there = all_where(tx, reg, actor, "task_answer", vec![is("plan", plan), is("task", task)])?.into_iter().next();
    match (there, given.version) {
        (Some(a), Some(v)) => actions::update(tx, reg, actor, "task_answer", &a.id, v, values, None),
        (Some(_), None) | (None, Some(_)) => Err(Error::Conflict(MEANWHILE.into())),
        (None, None) => {
            values.extend([("plan".to_owned(), text(plan)), ("task".to_owned(), text(task))]);
            actions::create(tx, reg, actor, "task_answer", values, None)
        }
    }
}

const MEANWHILE: &str = "Người khác vừa trả lời hoặc gỡ câu trả lời của nhiệm vụ này. Mở lại trang để xem câu trả lời hiện có.";

/// Takes every guess that is sure; how many.
///
/// # Errors
/// Those of [`answer`].
pub fn take_sure(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<usize> {
    let found = asked(tx, reg, actor, plan)?;
    let mut taken = 0;
    for l in &found.lines {
        if let (None, Some(g)) = (&l.answer, l.sure()) {
            let given = Given { kind: "own".into(), answers: vec![g.task.clone()], ..Given::default() };
            answer(tx, reg, actor, plan, &l.task.id, given)?;
            taken += 1;
        }
    }
    Ok(taken)
}
