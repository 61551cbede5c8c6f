//! A plan and those made under it: who has one, who has none, which tasks and targets nobody took up.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Subtree, Verb};
use registers::{Filter, Op, Query, Record, Registry};
use store::{Result, Tx};

use crate::asked::{owed, tasks_of};
use crate::pairs::{Aim, Short, falls_short};
use crate::{all_where, every, is, one};

/// How the answers to some tasks are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Asked.
    pub asked: usize,
    /// By tasks of their own.
    pub own: usize,
    /// Under the plan above.
    pub joint: usize,
    /// Not their business.
    pub not_ours: usize,
}

impl Spread {
    /// Answered one way or another.
    pub fn answered(self) -> usize {
        self.own + self.joint + self.not_ours
    }
    /// Not answered.
    pub fn open(self) -> usize {
        self.asked.saturating_sub(self.answered())
    }
    fn count(&mut self, kind: Option<&str>) {
        self.asked += 1;
        match kind {
            Some("own") => self.own += 1,
            Some("joint") => self.joint += 1,
            Some("not_ours") => self.not_ours += 1,
            _ => {}
        }
    }
}

/// An agency that the plan above obliges, and its own plan.
#[derive(Debug, Clone)]
pub struct AgencyLine {
    /// Agency id and name.
    pub agency: (String, String),
    /// Its plan under this one: the one in force, else the newest.
    pub plan: Option<Record>,
    /// Its answers.
    pub spread: Spread,
    /// Its targets that fall short of the ones above.
    pub short: usize,
}

/// A target of the plan above with those of the same indicator below.
#[derive(Debug, Clone)]
pub struct TargetLine {
    /// The target.
    pub target: Record,
    /// Plans below with a target of the same indicator.
    pub taken_up: usize,
    /// Targets below that fall short, and how.
    pub short: Vec<(Record, Short)>,
}

/// Everything below a plan.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// The plan above.
    pub plan: Record,
    /// Agencies it obliges or that made a plan under it, by name.
    pub agencies: Vec<AgencyLine>,
    /// Its tasks with the answers of all agencies that have a plan.
    pub tasks: Vec<(Record, Spread)>,
    /// Its targets that an indicator measures.
    pub targets: Vec<TargetLine>,
}

impl Tracker {
    /// Agencies with a plan in force.
    pub fn in_force(&self) -> usize {
        self.agencies.iter().filter(|a| state_of(a.plan.as_ref()) == Some("in_force")).count()
    }
    /// Answers over all plans below.
    pub fn spread(&self) -> Spread {
        self.agencies.iter().filter(|a| a.plan.is_some()).fold(Spread::default(), |mut all, a| {
            all.asked += a.spread.asked;
            all.own += a.spread.own;
            all.joint += a.spread.joint;
            all.not_ours += a.spread.not_ours;
            all
        })
    }
}

fn state_of(plan: Option<&Record>) -> Option<&str> {
    plan.and_then(|p| p.state.as_deref())
}

/// Plans named as made under this one.
pub fn below(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<Vec<Record>> {
    all_where(tx, reg, actor, "plan", vec![is("parent", plan)])
}

/// Plans of the agencies whose answers the actor may read: a plan is open to everybody, how it is answered is not.
fn seen(tx: &mut Tx, actor: &Actor, plans: Vec<Record>) -> Result<Vec<Record>> {
    let scope = actor.may(Verb::Read, "task_answer")?;
    if *scope.subtree() == Subtree::All {
        return Ok(plans);
    }
    let mut kept = Vec::new();
    for p in plans {
        let path = p.text("issuer").map(|i| web::agency_path(tx, i)).transpose()?.flatten();
        if path.is_some_and(|path| scope.covers(&path)) {
            kept.push(p);
        }
    }
    Ok(kept)
}

/// Whether the actor sees every answer to a plan: of all that its issuer stands above.
///
/// # Errors
/// Those of reading.
pub fn whole(tx: &mut Tx, actor: &Actor, plan: &Record) -> Result<bool> {
    let scope = actor.may(Verb::Read, "task_answer")?;
    let path = plan.text("issuer").map(|i| web::agency_path(tx, i)).transpose()?.flatten();
    Ok(*scope.subtree() == Subtree::All || path.is_some_and(|p| scope.covers(&p)))
}

/// The plan that counts for each agency: in force before draft before what is over, the newest of equals.
fn of_agency(plans: Vec<Record>) -> BTreeMap<String, Record> {
    let rank = |p: &Record| match p.state.as_deref() {
        Some("in_force") => 2,
        Some("draft") => 1,
        _ => 0,
    };
    let mut by: BTreeMap<String, Record> = BTreeMap::new();
    for p in plans {
        let Some(issuer) = p.text("issuer").map(str::to_owned) else { continue };
        let newer = |old: &Record| (rank(&p), p.text("issued_on")) > (rank(old), old.text("issued_on"));
        if by.get(&issuer).is_none_or(newer) {
            by.insert(issuer, p);
        }
    }
    by
}

/// The tracker of a plan, in the actor's scope.
///
/// # Errors
/// `NotFound` for no such plan; those of reading.
pub fn tracker(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<Tracker> {
    let plan = one(tx, reg, actor, "plan", plan)?;
    let tasks = tasks_of(tx, reg, actor, &plan.id)?;
    let mut asked = owed(tx, reg, actor, &tasks, None)?;
    // the issuer owes its own plan to nobody below it
    asked.remove(plan.text("issuer").unwrap_or_default());
    let below = below(tx, reg, actor, &plan.id)?;
    let mut plans = of_agency(seen(tx, actor, below)?);
    let ids = |set: &BTreeSet<String>| Filter { field: "task".into(), op: Op::Is, values: set.iter().cloned().collect() };
    let all_tasks: BTreeSet<String> = tasks.iter().map(|t| t.id.clone()).collect();
    let answers = if all_tasks.is_empty() { vec![] } else { all_where(tx, reg, actor, "task_answer", vec![ids(&all_tasks)])? };
    let kinds: BTreeMap<(&str, &str), &str> =
        answers.iter().filter_map(|a| Some(((a.text("plan")?, a.text("task")?), a.text("kind")?))).collect();
    let targets = target_lines(tx, reg, actor, &plan.id, &plans)?;
    let mut short: BTreeMap<&str, usize> = BTreeMap::new();
    for (t, _) in targets.iter().flat_map(|l| &l.short) {
        *short.entry(t.text("plan").unwrap_or_default()).or_default() += 1;
    }
    let names = names(tx, reg, actor, asked.keys().chain(plans.keys()))?;
    let mut by_task: BTreeMap<&str, Spread> = BTreeMap::new();
    let mut agencies = Vec::new();
    for (id, name) in names {
        let (mine, own) = (asked.remove(&id).unwrap_or_default(), plans.remove(&id));
        let mut spread = Spread::default();
        for task in &mine {
            let kind = own.as_ref().and_then(|p| kinds.get(&(p.id.as_str(), task.as_str())).copied());
            spread.count(kind);
            if let (Some(_), Some(task)) = (&own, all_tasks.get(task)) {
                by_task.entry(task).or_default().count(kind);
            }
        }
        let short = own.as_ref().and_then(|p| short.get(p.id.as_str()).copied()).unwrap_or(0);
        agencies.push(AgencyLine { agency: (id, name), plan: own, spread, short });
    }
    agencies.sort_by_key(|a| text::sort_key(&a.agency.1));
    let tasks = tasks.into_iter().map(|t| (by_task.get(t.id.as_str()).copied().unwrap_or_default(), t)).map(|(s, t)| (t, s)).collect();
    Ok(Tracker { plan, agencies, tasks, targets })
}

/// Names of agencies, of those that may be read.
fn names<'a>(tx: &mut Tx, reg: &Registry, actor: &Actor, ids: impl Iterator<Item = &'a String>) -> Result<BTreeMap<String, String>> {
    let ids: BTreeSet<&String> = ids.collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = Query { ids: Some(ids.into_iter().cloned().collect()), as_of: Some("all".into()), ..Query::default() };
    Ok(every(tx, reg, actor, "agency", query)?.into_iter().map(|a| (a.id, a.title)).collect())
}

fn aim(t: &Record) -> Option<Aim<'_>> {
    Some(Aim { comparator: t.text("comparator")?, value: t.real("value")?, until: t.text("horizon") })
}

/// Targets that an indicator measures, confirmed by a person, with those of the plans below.
fn target_lines(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, plans: &BTreeMap<String, Record>) -> Result<Vec<TargetLine>> {
    let measured = |t: &Record| t.text("indicator").is_some() && t.bool("indicator_confirmed") == Some(true);
    let mut above = all_where(tx, reg, actor, "target", vec![is("plan", plan)])?;
    above.retain(measured);
    above.sort_by_key(|t| t.int("seq").unwrap_or(i64::MAX));
    let ids: Vec<String> = plans.values().map(|p| p.id.clone()).collect();
    let mut below = match ids.is_empty() {
        true => vec![],
        false => all_where(tx, reg, actor, "target", vec![Filter { field: "plan".into(), op: Op::Is, values: ids }])?,
    };
    below.retain(measured);
    let line = |target: Record| {
        let alike: Vec<&Record> =
            below.iter().filter(|t| t.text("indicator") == target.text("indicator") && t.text("unit") == target.text("unit")).collect();
        let taken_up = alike.iter().filter_map(|t| t.text("plan")).collect::<BTreeSet<_>>().len();
        let how = |t: &&Record| falls_short(aim(&target)?, aim(t)?);
        let short = alike.into_iter().filter_map(|t| how(&t).map(|s| (t.clone(), s))).collect();
        TargetLine { taken_up, short, target }
    };
    Ok(above.into_iter().map(line).collect())
}
