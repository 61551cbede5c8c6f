//! From tasks to obligations: one for each obliged agency and each instance of the schedule, as of a day. What exists is
//! compared with what should be: an event gives dates, a new schedule moves what is not done, an agency that ended or is no
//! longer named owes nothing more (`handover`), nor does anybody under a plan out of force.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use calendar::{Date, Instance};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Result, Tx};

use crate::actors;
use crate::draft::Who;
use crate::occasions::{event, occasions};
use crate::store::{OwedRow, owed_rows};

/// Reason written into obligations of a dropped task; a restored task brings these back.
const DROPPED: &str = "Nhiệm vụ đã bỏ.";
/// Reasons written into obligations of a plan out of force; a plan put in force again brings these back.
const SUPERSEDED: &str = "Kế hoạch đã được thay thế.";
const EXPIRED: &str = "Kế hoạch đã hết hiệu lực.";
const NOT_YET: &str = "Kế hoạch chưa có hiệu lực.";
/// Reason written into obligations that a new schedule does not ask for.
const RESCHEDULED: &str = "Thời hạn của nhiệm vụ đã đổi; kỳ này không còn.";
/// Reason written into obligations of an agency that the task no longer names.
pub const UNASSIGNED: &str = "Nhiệm vụ không còn giao cho cơ quan này.";
/// Follows the reason where work had begun; that work goes on when the obligation comes back.
const BEGUN: &str = " Việc đã làm được giữ lại.";

/// Expands every task of a plan as of `day`. How many obligations were made.
pub fn plan(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, day: &str) -> Result<usize> {
    let mut round = Round::new(tx, reg, actor, day)?;
    round.plan(tx, plan, None, usize::MAX).map(|(made, _)| made)
}

/// Records of `register` whose `field` links to `id`.
pub fn linked(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, field: &str, id: &str) -> Result<Vec<Record>> {
    crate::all_where(tx, reg, actor, register, vec![Filter { field: field.into(), op: Op::Is, values: vec![id.into()] }])
}

/// First and last day of an agency.
pub struct Life {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub name: String,
    parent: Option<String>,
    /// A province's own committee: the top of its agencies.
    province: bool,
}

/// One expansion: a day, and what is read once for all tasks.
pub struct Round<'a> {
    pub reg: &'a Registry,
    pub actor: &'a Actor,
    pub day: Date,
    pub agencies: BTreeMap<String, Life>,
    /// Collective actor and day → agencies.
    collectives: BTreeMap<(String, Date), Vec<String>>,
    /// Agency that ended → who took over.
    pub heirs: BTreeMap<String, Vec<Heir>>,
    /// Province whose plan is expanded, where the instance holds several: its collective names mean its own agencies.
    within: Option<String>,
}

/// Who took over, and how much of it.
pub struct Heir {
    pub agency: String,
    pub share: f64,
}

/// Days of a plan.
pub struct Span {
    pub from: Date,
    pub to: Option<Date>,
    /// Why nobody owes anything under it any more.
    over: Option<&'static str>,
}

/// A task against what is owed for it.
struct Asked<'t> {
    task: &'t Record,
    wanted: Vec<Instance>,
    /// Its schedule may have changed, and what is not done goes with it.
    follow: bool,
    /// Its schedule has one occasion only: the same one, whatever its day.
    single: bool,
}

/// What an agency is asked for: scope, and from which day on (a successor only what begins after the end of the other).
struct Duty {
    scope: String,
    since: Option<Date>,
}

impl<'a> Round<'a> {
    /// Reads agencies with their first and last days, and who succeeded whom.
    pub fn new(tx: &mut Tx, reg: &'a Registry, actor: &'a Actor, day: &str) -> Result<Self> {
        let day = Date::parse(day).map_err(store::Error::internal)?;
        let date = |r: &Record, f: &str| r.text(f).and_then(|d| Date::parse(d).ok());
        let life = |r: Record| {
            let (parent, province) = (r.text("parent").map(str::to_owned), r.text("kind") == Some("province_committee"));
            let (from, to) = (date(&r, "valid_from"), date(&r, "valid_to"));
            (r.id, Life { from, to, name: r.title, parent, province })
        };
        let agencies = crate::all(tx, reg, actor, "agency", None)?.into_iter().map(life).collect();
        let mut heirs: BTreeMap<String, Vec<Heir>> = BTreeMap::new();
        for s in crate::all(tx, reg, actor, "agency_succession", None)? {
            if let (Some(from), Some(to), true) =
                (s.text("from_agency"), s.text("to_agency"), date(&s, "effective_on").is_some_and(|d| d <= day))
            {
                let heir = Heir { agency: to.to_owned(), share: s.real("share").unwrap_or(100.0) };
                heirs.entry(from.to_owned()).or_default().push(heir);
            }
        }
        Ok(Self { reg, actor, day, agencies, collectives: BTreeMap::new(), heirs, within: None })
    }

    /// Expands the tasks of a plan after task `after`, until about `most` obligations were made or changed: how many, and the
    /// task to go on after when something is left.
    pub fn plan(&mut self, tx: &mut Tx, plan: &str, after: Option<&str>, most: usize) -> Result<(usize, Option<String>)> {
        let span = self.span(tx, plan)?;
        let mut tasks = linked(tx, self.reg, self.actor, "task", "plan", plan)?;
        tasks.retain(|t| after.is_none_or(|a| t.id.as_str() > a));
        tasks.sort_by(|a, b| a.id.cmp(&b.id));
        let ids: Vec<String> = tasks.iter().map(|t| t.id.clone()).collect();
        let mut acting: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for chunk in ids.chunks(500) {
            let of = Filter { field: "task".into(), op: Op::Is, values: chunk.to_vec() };
            for a in crate::all_where(tx, self.reg, self.actor, "task_actor", vec![of])? {
                acting.entry(a.text("task").unwrap_or_default().to_owned()).or_default().push(a);
            }
        }
        let mut made = 0;
        for task in &tasks {
            made += self.one(tx, task, &span, acting.get(&task.id).map(Vec::as_slice).unwrap_or_default(), false)?;
            if made >= most {
                return Ok((made, Some(task.id.clone())));
            }
        }
        Ok((made, None))
    }

    /// One task again. `follow`: its schedule may have changed, and what nobody began goes with it.
    pub fn task(&mut self, tx: &mut Tx, task: &Record, follow: bool) -> Result<usize> {
        let span = self.span(tx, task.text("plan").unwrap_or_default())?;
        let acting = linked(tx, self.reg, self.actor, "task_actor", "task", &task.id)?;
        self.one(tx, task, &span, &acting, follow)
    }

    fn span(&mut self, tx: &mut Tx, plan: &str) -> Result<Span> {
        let record = actions::get(tx, self.reg, &self.actor.may(Verb::Read, "plan")?, plan)?;
        self.within =
            record.text("issuer").and_then(|i| self.province_of(i)).filter(|_| self.agencies.values().filter(|l| l.province).count() > 1);
        let date = |f: &str| record.text(f).and_then(|d| Date::parse(d).ok());
        // a plan that says no day begins with its acceptance, and goes on beginning with it
        let accepted = || Date::parse(&web::fmt::day_of(record.created_at)).ok();
        let over = match record.state.as_deref() {
            Some("superseded") => Some(SUPERSEDED),
            Some("expired") => Some(EXPIRED),
            // nobody owes anything for a plan that is not signed yet
            Some("draft") => Some(NOT_YET),
            _ => None,
        };
        Ok(Span { from: date("starts_on").or(date("issued_on")).or_else(accepted).unwrap_or(self.day), to: date("ends_on"), over })
    }

    /// How many obligations were made or changed.
    fn one(&mut self, tx: &mut Tx, task: &Record, span: &Span, acting: &[Record], follow: bool) -> Result<usize> {
        // standing duties have no dates of their own (requirements S-137)
        if task.text("tags") == Some("assignment") {
            return Ok(0);
        }
        let rows = owed_rows(tx, &task.id)?;
        let dropped = (task.state.as_deref() == Some("dropped")).then_some(DROPPED);
        if let Some(why) = dropped.or(span.over) {
            let open: Vec<&OwedRow> = rows.iter().filter(|r| r.open()).collect();
            for r in &open {
                self.exempt(tx, r, why)?;
            }
            return Ok(open.len());
        }
        let back = self.back(tx, &rows)?;
        // what ended passes on first, so that a new agency is not asked for what it inherits
        let rows = if back > 0 { owed_rows(tx, &task.id)? } else { rows };
        let passed = self.ended(tx, task, &rows)?;
        let rows = if passed > 0 { owed_rows(tx, &task.id)? } else { rows };
        let event = match task.text("event") {
            Some(id) => Some(event(tx, self.reg, self.actor, id)?),
            None => None,
        };
        let (wanted, single) = occasions(task, span, event.as_ref(), self.day);
        let asked = Asked { task, wanted, follow: follow || back > 0, single };
        let obliged = self.obliged(tx, acting)?;
        let mut made = 0;
        for (agency, duty) in &obliged {
            let mine: Vec<&OwedRow> = rows.iter().filter(|r| r.agency == *agency).collect();
            made += self.agency(tx, &asked, agency, duty, &mine)?;
        }
        let named = obliged.into_keys().collect();
        Ok(back + passed + made + self.unassigned(tx, task, acting, &rows, named)?)
    }

    /// The task was given again or its plan put in force again: what that ended applies anew.
    fn back(&self, tx: &mut Tx, rows: &[OwedRow]) -> Result<usize> {
        let mut n = 0;
        for r in rows.iter().filter(|r| r.exempt() && [DROPPED, SUPERSEDED, EXPIRED, NOT_YET].iter().any(|why| r.reason.starts_with(why))) {
            self.renew(tx, r)?;
            n += 1;
        }
        Ok(n)
    }

    /// Leading agencies that exist on the day, each once. For one that ended and is named itself, its successors, with what
    /// begins after its end.
    fn obliged(&mut self, tx: &mut Tx, acting: &[Record]) -> Result<BTreeMap<String, Duty>> {
        let mut all: BTreeMap<String, Duty> = BTreeMap::new();
        for a in acting.iter().filter(|a| a.text("role") == Some("lead")) {
            let ids = self.named(tx, a, self.day)?;
            let scope = a.text("scope_text").unwrap_or_default();
            for id in &ids {
                if self.lives(id, self.day) {
                    let duty = all.entry(id.clone()).or_insert_with(|| Duty { scope: scope.to_owned(), since: None });
                    duty.since = None;
                }
                let Some(end) = self.agencies.get(id).and_then(|l| l.to).filter(|t| *t < self.day) else { continue };
                for heir in self.living_heirs(id) {
                    all.entry(heir).or_insert_with(|| Duty { scope: scope.to_owned(), since: Some(end.add_days(1)) });
                }
            }
        }
        Ok(all)
    }

    /// Agencies that a line of a task means on a day.
    pub fn named(&mut self, tx: &mut Tx, line: &Record, day: Date) -> Result<Vec<String>> {
        match (line.text("agency"), line.text("collective"), line.links("chosen")) {
            (Some(id), _, _) => Ok(vec![id.to_owned()]),
            (_, Some(id), _) => {
                let mut ids = self.collective(tx, id, day)?;
                if let Some(within) = &self.within {
                    ids.retain(|a| self.province_of(a).as_ref() == Some(within));
                }
                Ok(ids)
            }
            (_, _, ids) => Ok(ids.to_vec()),
        }
    }

    fn collective(&mut self, tx: &mut Tx, id: &str, day: Date) -> Result<Vec<String>> {
        let key = (id.to_owned(), day);
        if let Some(known) = self.collectives.get(&key) {
            return Ok(known.clone());
        }
        let ids = actors::expand(tx, self.reg, self.actor, &Who::Collective(id.to_owned()), &day.to_string())?;
        self.collectives.insert(key, ids.clone());
        Ok(ids)
    }

    /// The province an agency belongs to: its highest committee of that kind.
    fn province_of(&self, agency: &str) -> Option<String> {
        let (mut at, mut found) = (Some(agency), None);
        // a tree of agencies has a few levels; the register refuses a circle
        for _ in 0..32 {
            let Some((id, life)) = at.and_then(|a| self.agencies.get_key_value(a)) else { break };
            if life.province {
                found = Some(id.clone());
            }
            at = life.parent.as_deref();
        }
        found
    }

    pub fn lives(&self, agency: &str, day: Date) -> bool {
        self.agencies.get(agency).is_some_and(|l| l.from.is_none_or(|f| f <= day) && l.to.is_none_or(|t| t >= day))
    }

    /// A period that ended before the agency was founded, or begins after its end, is not its own.
    pub fn owes(&self, agency: &str, from: Date, end: Option<Date>) -> bool {
        self.agencies.get(agency).is_some_and(|l| l.to.is_none_or(|t| t >= from) && (l.from.is_none() || end.is_none() || l.from <= end))
    }

    /// What one agency should owe against what it has.
    fn agency(&self, tx: &mut Tx, asked: &Asked<'_>, agency: &str, duty: &Duty, mine: &[&OwedRow]) -> Result<usize> {
        let (follow, single) = (asked.follow, asked.single);
        let keys: BTreeSet<&str> = asked.wanted.iter().map(|i| i.key.as_str()).collect();
        let live = || mine.iter().copied().filter(|r| !r.withdrawn);
        let (mut touched, mut free): (Vec<&OwedRow>, Vec<&OwedRow>) =
            live().filter(|r| by_schedule(&r.key) && !keys.contains(r.key.as_str()) && !r.exempt()).partition(|r| !r.untouched());
        let withdrawn = |key: &str| mine.iter().any(|r| r.withdrawn && (r.key == key || single && by_schedule(&r.key)));
        let mut made = 0;
        let begins = |i: &Instance| duty.since.is_none_or(|s| i.from >= s);
        for i in asked.wanted.iter().filter(|i| self.owes(agency, i.from, i.due.or(i.until))) {
            let old = touched.iter().position(|r| follow && single && r.begun());
            if let Some(r) = live().find(|r| r.key == i.key) {
                let resumes = r.state == "waiting_event" && !i.waiting;
                if r.exempt() && [RESCHEDULED, UNASSIGNED].iter().any(|why| r.reason.starts_with(why)) {
                    let now = self.renew(tx, r)?;
                    self.follow(tx, asked.task, &now, i)?;
                    made += 1;
                } else if r.untouched() && (resumes || follow) || follow && r.begun() {
                    self.follow(tx, asked.task, r, i)?;
                }
            } else if withdrawn(&i.key) {
                // a person took it back, with a reason
            } else if let Some(n) = old {
                self.follow(tx, asked.task, touched.swap_remove(n), i)?;
            } else if touched.iter().any(|r| overlaps(r, i)) {
                // work was begun under the old schedule: it stays, and the new one does not ask for the same again
            } else if let Some(r) = follow.then(|| free.pop()).flatten() {
                self.follow(tx, asked.task, r, i)?;
            } else if begins(i) {
                self.create(tx, asked.task, agency, &duty.scope, i)?;
                made += 1;
            }
        }
        if follow {
            for r in free {
                self.exempt(tx, r, RESCHEDULED)?;
            }
        }
        Ok(made)
    }

    fn create(&self, tx: &mut Tx, task: &Record, agency: &str, scope: &str, i: &Instance) -> Result<()> {
        let mut values = Values::from([
            ("agency".to_owned(), Data::Text(agency.to_owned())),
            ("task".to_owned(), Data::Text(task.id.clone())),
            ("source".to_owned(), Data::Text("task".into())),
            ("content".to_owned(), Data::Text(task.text("content").unwrap_or_default().to_owned())),
            ("role".to_owned(), Data::Text("lead".into())),
            ("scope_text".to_owned(), Data::Text(scope.to_owned())),
        ]);
        values.extend(dates(task, i));
        values.retain(|_, v| *v != Data::Null && *v != Data::Text(String::new()));
        let record = actions::create(tx, self.reg, self.actor, "obligation", values, None)?;
        if i.waiting {
            self.step(tx, &record.id, record.version, "wait", "")?;
        }
        Ok(())
    }

    /// Dates of an obligation become those of the instance; it waits for the event, or no longer, where nobody began.
    fn follow(&self, tx: &mut Tx, task: &Record, r: &OwedRow, i: &Instance) -> Result<()> {
        let why = "theo thời hạn của nhiệm vụ";
        let done = actions::update(tx, self.reg, self.actor, "obligation", &r.id, r.version, dates(task, i), Some(why))?;
        match (r.state.as_str(), i.waiting) {
            ("waiting_event", false) => self.step(tx, &r.id, done.version, "resume", "sự kiện đã xảy ra"),
            ("not_started", true) => self.step(tx, &r.id, done.version, "wait", why),
            _ => Ok(()),
        }
    }

    /// What the software exempted applies again; work that had begun goes on. The row as it is now.
    fn renew(&self, tx: &mut Tx, r: &OwedRow) -> Result<OwedRow> {
        let (reg, actor) = (self.reg, self.actor);
        let (step, why) = if r.reason.ends_with(BEGUN) { ("reopen", "Làm tiếp.") } else { ("renew", "Áp dụng lại.") };
        let values = Values::from([("na_reason".to_owned(), Data::Null)]);
        let now = actions::transition(tx, reg, actor, "obligation", &r.id, r.version, step, values, Some(why))?;
        Ok(OwedRow { version: now.version, state: now.state.unwrap_or_default(), reason: String::new(), ..r.clone() })
    }

    pub fn step(&self, tx: &mut Tx, id: &str, version: i64, step: &str, why: &str) -> Result<()> {
        let why = (!why.is_empty()).then_some(why);
        actions::transition(tx, self.reg, self.actor, "obligation", id, version, step, Values::new(), why).map(drop)
    }

    /// Does not apply any more, and why; whether work had begun is part of it.
    pub fn exempt(&self, tx: &mut Tx, r: &OwedRow, why: &str) -> Result<()> {
        let why = format!("{why}{}", if r.begun() { BEGUN } else { "" });
        let values = Values::from([("na_reason".to_owned(), Data::Text(why.clone()))]);
        actions::transition(tx, self.reg, self.actor, "obligation", &r.id, r.version, "exempt", values, Some(&why)).map(drop)
    }
}

/// Was this key made by a schedule (`2026`, `2026-Q4`, `2026-12-04`, `event`, `plan`), not typed by a person?
pub fn by_schedule(key: &str) -> bool {
    matches!(key, "event" | "plan") || key.len() >= 4 && key.as_bytes()[..4].iter().all(u8::is_ascii_digit) && !key.contains(' ')
}

fn overlaps(r: &OwedRow, i: &Instance) -> bool {
    let from = r.opens.as_deref().and_then(|d| Date::parse(d).ok());
    let to = r.due.as_deref().and_then(|d| Date::parse(d).ok());
    let end = i.due.or(i.until);
    from.is_none_or(|f| end.is_none_or(|e| f <= e)) && to.is_none_or(|t| i.from <= t)
}

/// Fields of an obligation that follow the schedule.
fn dates(task: &Record, i: &Instance) -> Values {
    let date = |d: Option<Date>| d.map_or(Data::Null, |d| Data::Text(d.to_string()));
    Values::from([
        ("period_key".to_owned(), Data::Text(i.key.clone())),
        ("opens_on".to_owned(), date(Some(i.from))),
        ("due_on".to_owned(), date(i.due.or(if i.waiting { i.until } else { None }))),
        ("event".to_owned(), task.text("event").map_or(Data::Null, |e| Data::Text(e.to_owned()))),
    ])
}
