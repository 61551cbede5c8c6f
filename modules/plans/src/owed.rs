//! Questions about obligations, answered by the database: a page, counts by state, lines by task, who is late. One
//! definition of each state ([`Want::condition`]) serves them all, so that page, menu, home and file agree.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::{Filter, Op, Query, Record, Registry, actions};
use store::{Result, Tx};
use web::{Lang, Tone, fmt};

use crate::state::{self, State, Want, derive};

/// Which obligations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Of this state.
    pub want: Want,
    /// Of this agency.
    pub agency: Option<String>,
    /// Of agencies whose name has these words.
    pub who: Option<String>,
    /// From this task.
    pub task: Option<String>,
    /// Whose content has these words.
    pub words: Option<String>,
    /// Due on this day or later, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Due on this day or earlier.
    pub to: Option<String>,
}

impl Ask {
    /// Of a state.
    pub fn of(want: Want) -> Self {
        Self { want, ..Self::default() }
    }
    /// The same of another state.
    pub fn with(&self, want: Want) -> Self {
        Self { want, ..self.clone() }
    }
    /// As a list request on `today`.
    pub fn query(&self, today: &str) -> Query {
        let (mut filters, predicate) = self.want.condition(today);
        let mut add = |field: &str, op: Op, v: &Option<String>| {
            if let Some(v) = v {
                filters.push(Filter { field: field.into(), op, values: vec![v.clone()] });
            }
        };
        add("agency", Op::Is, &self.agency);
        add("task", Op::Is, &self.task);
        add("due_on", Op::From, &self.from);
        add("due_on", Op::To, &self.to);
        Query { filters, predicate, search: self.words.clone(), as_of: Some("all".into()), ..Query::default() }
    }
}

/// An obligation with what it takes to show it.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The record.
    pub record: Record,
    /// Derived state.
    pub state: State,
    /// Figure of the indicator its task is bound to, for this agency; on the due day once that has passed.
    pub figure: Option<targets::AgencyFigure>,
}

impl Owed {
    /// Nothing is left to do but to keep it so until the due day.
    pub fn reached(&self) -> bool {
        self.state.open() && self.state != State::Overdue && self.figure.and_then(|f| f.met()) == Some(true)
    }
    /// Why the head sent it back, until it is handed in again.
    pub fn returned(&self) -> Option<&str> {
        self.record.text("return_reason").filter(|_| self.state.open() && self.state != State::WaitingApproval)
    }
    /// State in words with its colour. Before the due day a figure that is not reached is no failure.
    pub fn words(&self, today: &str, lang: Lang) -> (Tone, String) {
        let label = lang.l(self.state.label());
        let days = |from: &str, to: &str| fmt::days(to).zip(fmt::days(from)).map(|(a, b)| fmt::int(a - b));
        let due = self.record.text("due_on");
        match (self.state, due) {
            (State::DoneLate, Some(due)) => {
                let late = self.record.text("done_on").and_then(|done| days(due, done)).unwrap_or_default();
                (self.state.tone(), format!("{label} {}", lang.n(late, "ngày", "day", "days")))
            }
            (State::Overdue | State::DueSoon | State::InProgress | State::NotStarted, _) if self.returned().is_some() => {
                (Tone::Unmet, lang.t("Bị trả lại, cần sửa và nộp lại", "Returned, mend and hand in again").to_owned())
            }
            (State::Overdue, Some(due)) => {
                (self.state.tone(), format!("{label} {}", lang.n(days(due, today).unwrap_or_default(), "ngày", "day", "days")))
            }
            _ if self.reached() => (Tone::Met, lang.t("Đạt theo sổ đăng ký", "Reached by the registers").to_owned()),
            (State::DueSoon | State::InProgress | State::NotStarted, Some(due)) if self.figure.is_some_and(|f| f.met() == Some(false)) => {
                let left = days(today, due).unwrap_or_default();
                let left = lang.n(left, "ngày", "day left", "days left");
                (self.state.tone(), format!("{} {left}", lang.t("Chưa đạt, còn", "Not reached,")))
            }
            _ => (self.state.tone(), label.to_owned()),
        }
    }
}

/// A page of obligations.
pub struct Page {
    /// Rows.
    pub items: Vec<Owed>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// How many in all; of an uncounted request those of this page.
    pub total: i64,
}

/// One page; `query` from [`Ask::query`] with sort, limit, cursor of the caller.
pub fn page(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask, query: Query) -> Result<Page> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let Some(query) = narrowed(tx, reg, actor, ask, query)? else { return Ok(Page { items: vec![], next: None, total: 0 }) };
    let found = actions::list(tx, reg, &scope, &query)?;
    Ok(Page { items: shown(tx, reg, actor, today, found.items)?, next: found.next, total: found.total })
}

/// All of them, page after page, with the figures that the page shows: for files.
///
/// # Errors
/// Those of reading.
pub fn whole(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask, sort: Option<String>) -> Result<Vec<Owed>> {
    let Some(query) = narrowed(tx, reg, actor, ask, Query { sort, ..ask.query(today) })? else { return Ok(vec![]) };
    let found = crate::every(tx, reg, actor, "obligation", query)?;
    shown(tx, reg, actor, today, found)
}

/// All of them, page after page, without figures.
pub fn each(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask, sort: Option<String>) -> Result<Vec<Owed>> {
    let Some(query) = narrowed(tx, reg, actor, ask, Query { sort, ..ask.query(today) })? else { return Ok(vec![]) };
    let found = crate::every(tx, reg, actor, "obligation", query)?;
    Ok(found.into_iter().map(|record| Owed { state: derive(&record, today), figure: None, record }).collect())
}

/// With the agencies whose name has the words; `None` when there is no such agency.
fn narrowed(tx: &mut Tx, reg: &Registry, actor: &Actor, ask: &Ask, mut query: Query) -> Result<Option<Query>> {
    if let Some(words) = &ask.who {
        let named = Query { search: Some(words.clone()), as_of: Some("all".into()), ..Query::default() };
        let ids: Vec<String> = crate::every(tx, reg, actor, "agency", named)?.into_iter().map(|a| a.id).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        query.filters.push(Filter { field: "agency".into(), op: Op::Is, values: ids });
    }
    Ok(Some(query))
}

/// Records with state and figure: one statement for each indicator and day that these rows need.
pub fn shown(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, records: Vec<Record>) -> Result<Vec<Owed>> {
    let mut all: Vec<Owed> = records.into_iter().map(|record| Owed { state: derive(&record, today), figure: None, record }).collect();
    if actor.may(Verb::Read, "figure").is_err() {
        return Ok(all);
    }
    let tasks: BTreeSet<&str> = all.iter().filter(|o| o.state.open()).filter_map(|o| o.record.text("task")).collect();
    let bound: BTreeMap<String, String> =
        tasks_by_id(tx, reg, actor, tasks)?.into_iter().filter_map(|t| t.text("indicator").map(str::to_owned).map(|i| (t.id, i))).collect();
    // what has passed is judged on its due day: next year's empty register must not undo it
    let mut figures: BTreeMap<(String, String), BTreeMap<String, targets::AgencyFigure>> = BTreeMap::new();
    for o in all.iter_mut().filter(|o| o.state.open()) {
        let Some(indicator) = o.record.text("task").and_then(|t| bound.get(t)) else { continue };
        let day = o.record.text("due_on").filter(|d| *d < today).unwrap_or(today);
        let key = (indicator.clone(), day.to_owned());
        if !figures.contains_key(&key) {
            let by = targets::by_agency(tx, reg, actor, indicator, day)?;
            figures.insert(key.clone(), by);
        }
        o.figure = figures.get(&key).and_then(|by| by.get(o.record.text("agency").unwrap_or_default())).copied();
    }
    Ok(all)
}

/// Tasks by their ids.
pub fn tasks_by_id<'a>(tx: &mut Tx, reg: &Registry, actor: &Actor, ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<Record>> {
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(vec![]);
    }
    crate::every(tx, reg, actor, "task", Query { ids: Some(ids), as_of: Some("all".into()), ..Query::default() })
}

/// How many in each state, in order of urgency; `ask.want` does not matter.
pub fn counts(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask) -> Result<BTreeMap<State, i64>> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let Some(query) = narrowed(tx, reg, actor, ask, ask.with(Want::All).query(today))? else { return Ok(BTreeMap::new()) };
    let mut by = BTreeMap::new();
    // days of completion matter for what is done only, and there are many of them
    for line in actions::tally(tx, reg, &scope, &query, &["state", "due_on"])? {
        let (state, due) = (line.of[0].as_deref().unwrap_or_default(), line.of[1].as_deref());
        *by.entry(state::of(state, due, None, today)).or_default() += line.n;
    }
    if let Some(done) = by.get(&State::Done).copied() {
        let late = ask.with(Want::One(State::DoneLate)).query(today);
        let late = match narrowed(tx, reg, actor, ask, late)? {
            Some(q) => actions::count(tx, reg, &scope, &q)?,
            None => 0,
        };
        by.insert(State::Done, done - late);
        by.insert(State::DoneLate, late);
    }
    by.retain(|_, n| *n > 0);
    Ok(by)
}

/// Sum of what is somebody's work now.
pub fn open_of(counts: &BTreeMap<State, i64>) -> i64 {
    counts.iter().filter(|(s, _)| s.open()).map(|(_, n)| n).sum()
}

/// How many in scope.
pub fn count(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask) -> Result<i64> {
    let scope = actor.may(Verb::Read, "obligation")?;
    match narrowed(tx, reg, actor, ask, ask.query(today))? {
        Some(q) => actions::count(tx, reg, &scope, &q),
        None => Ok(0),
    }
}

/// The obligations of one task together.
#[derive(Debug, Clone, Default)]
pub struct TaskLine {
    /// Task id; empty for obligations without a task.
    pub task: String,
    /// Earliest due day among those asked for.
    pub due: Option<String>,
    /// Obligations.
    pub n: i64,
    /// Of them overdue.
    pub overdue: i64,
    /// Of them waiting for the head.
    pub waiting: i64,
    /// Of them done.
    pub done: i64,
}

/// One line for each task.
pub fn by_task(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask) -> Result<Vec<TaskLine>> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let Some(query) = narrowed(tx, reg, actor, ask, ask.query(today))? else { return Ok(vec![]) };
    let mut lines: BTreeMap<String, TaskLine> = BTreeMap::new();
    for t in actions::tally(tx, reg, &scope, &query, &["task", "state", "due_on"])? {
        let task = t.of[0].clone().unwrap_or_default();
        let state = state::of(t.of[1].as_deref().unwrap_or_default(), t.of[2].as_deref(), None, today);
        let l = lines.entry(task.clone()).or_insert_with(|| TaskLine { task, ..TaskLine::default() });
        l.n += t.n;
        l.overdue += if state == State::Overdue { t.n } else { 0 };
        l.waiting += if state == State::WaitingApproval { t.n } else { 0 };
        l.done += if state.done() { t.n } else { 0 };
        if let Some(due) = &t.of[2]
            && l.due.as_ref().is_none_or(|d| due < d)
        {
            l.due = Some(due.clone());
        }
    }
    Ok(lines.into_values().collect())
}

/// An agency that is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Agency id.
    pub agency: String,
    /// Its name.
    pub name: String,
    /// Overdue obligations.
    pub n: i64,
}

/// Agencies with something overdue, worst first; `most` of them by name, and how many there are.
pub fn late(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, ask: &Ask, most: usize) -> Result<(Vec<Late>, usize)> {
    let scope = actor.may(Verb::Read, "obligation")?;
    let ask = ask.with(Want::One(State::Overdue));
    let Some(query) = narrowed(tx, reg, actor, &ask, ask.query(today))? else { return Ok((vec![], 0)) };
    let mut by: Vec<(String, i64)> = actions::tally(tx, reg, &scope, &query, &["agency"])?
        .into_iter()
        .map(|mut t| (t.of.pop().flatten().unwrap_or_default(), t.n))
        .collect();
    by.sort_by(|a, b| (std::cmp::Reverse(a.1), &a.0).cmp(&(std::cmp::Reverse(b.1), &b.0)));
    let all = by.len();
    by.truncate(most);
    let ids = Query { ids: Some(by.iter().map(|b| b.0.clone()).collect()), as_of: Some("all".into()), ..Query::default() };
    let names: BTreeMap<String, String> = crate::every(tx, reg, actor, "agency", ids)?.into_iter().map(|a| (a.id, a.title)).collect();
    let named = |(agency, n): (String, i64)| Late { name: names.get(&agency).cloned().unwrap_or_default(), agency, n };
    Ok((by.into_iter().map(named).collect(), all))
}
