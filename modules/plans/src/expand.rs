//! From tasks to obligations: one for each obliged agency and each instance of the schedule, as of a day. What exists is
//! compared with what should be: an event gives dates, a new schedule moves what nobody began, an agency that ended owes
//! nothing more.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use calendar::{Date, Frame, Instance, Schedule};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Result, Tx};

use crate::accept::When;
use crate::actors;
use crate::draft::Who;
use crate::store::{OwedRow, owed_rows};

/// Reason written into obligations of a dropped task; a restored task brings these back.
const DROPPED: &str = "Nhiệm vụ đã bỏ.";
/// Reason written into obligations that a new schedule does not ask for.
const RESCHEDULED: &str = "Thời hạn của nhiệm vụ đã đổi; kỳ này không còn.";

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
struct Life {
    from: Option<Date>,
    to: Option<Date>,
    name: String,
}

/// One expansion: a day, and what is read once for all tasks.
pub struct Round<'a> {
    reg: &'a Registry,
    actor: &'a Actor,
    day: Date,
    agencies: BTreeMap<String, Life>,
    /// Collective actor → agencies on the day.
    collectives: BTreeMap<String, Vec<String>>,
    /// Agency that ended → who took over.
    heirs: BTreeMap<String, Vec<String>>,
}

/// Days of a plan.
struct Span {
    from: Date,
    to: Option<Date>,
}

impl<'a> Round<'a> {
    /// Reads agencies with their first and last days, and who succeeded whom.
    pub fn new(tx: &mut Tx, reg: &'a Registry, actor: &'a Actor, day: &str) -> Result<Self> {
        let day = Date::parse(day).map_err(store::Error::internal)?;
        let date = |r: &Record, f: &str| r.text(f).and_then(|d| Date::parse(d).ok());
        let life = |r: Record| {
            let l = Life { from: date(&r, "valid_from"), to: date(&r, "valid_to"), name: r.title.clone() };
            (r.id, l)
        };
        let agencies = crate::all(tx, reg, actor, "agency", None)?.into_iter().map(life).collect();
        let mut heirs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for s in crate::all(tx, reg, actor, "agency_succession", None)? {
            if let (Some(from), Some(to), true) =
                (s.text("from_agency"), s.text("to_agency"), date(&s, "effective_on").is_some_and(|d| d <= day))
            {
                heirs.entry(from.to_owned()).or_default().push(to.to_owned());
            }
        }
        Ok(Self { reg, actor, day, agencies, collectives: BTreeMap::new(), heirs })
    }

    /// Expands the tasks of a plan after task `after`, until about `most` obligations were made: how many, and the task to go
    /// on after when something is left.
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

    fn span(&self, tx: &mut Tx, plan: &str) -> Result<Span> {
        let record = actions::get(tx, self.reg, &self.actor.may(Verb::Read, "plan")?, plan)?;
        let date = |f: &str| record.text(f).and_then(|d| Date::parse(d).ok());
        Ok(Span { from: date("starts_on").or(date("issued_on")).unwrap_or(self.day), to: date("ends_on") })
    }

    fn one(&mut self, tx: &mut Tx, task: &Record, span: &Span, acting: &[Record], follow: bool) -> Result<usize> {
        // standing duties have no dates of their own (requirements S-137)
        if task.text("tags") == Some("assignment") {
            return Ok(0);
        }
        let rows = owed_rows(tx, &task.id)?;
        if task.state.as_deref() == Some("dropped") {
            for r in rows.iter().filter(|r| r.open()) {
                self.exempt(tx, r, DROPPED)?;
            }
            return Ok(0);
        }
        let event = match task.text("event") {
            Some(id) => Some(event(tx, self.reg, self.actor, id)?),
            None => None,
        };
        let wanted = occasions(task, span, event.as_ref(), self.day);
        let obliged = self.obliged(tx, acting)?;
        let mut made = 0;
        for (agency, scope) in &obliged {
            let mine: Vec<&OwedRow> = rows.iter().filter(|r| r.agency == *agency).collect();
            made += self.agency(tx, task, agency, scope, &wanted, &mine, follow)?;
        }
        Ok(made + self.ended(tx, task, &rows)?)
    }

    /// Leading agencies that exist on the day, each once, with their scope.
    fn obliged(&mut self, tx: &mut Tx, acting: &[Record]) -> Result<BTreeMap<String, String>> {
        let mut all = BTreeMap::new();
        for a in acting.iter().filter(|a| a.text("role") == Some("lead")) {
            let ids = match (a.text("agency"), a.text("collective"), a.links("chosen")) {
                (Some(id), _, _) => vec![id.to_owned()],
                (_, Some(id), _) => self.collective(tx, id)?,
                (_, _, ids) => ids.to_vec(),
            };
            for id in ids.into_iter().filter(|id| self.lives(id, self.day)) {
                all.entry(id).or_insert_with(|| a.text("scope_text").unwrap_or_default().to_owned());
            }
        }
        Ok(all)
    }

    fn collective(&mut self, tx: &mut Tx, id: &str) -> Result<Vec<String>> {
        if let Some(known) = self.collectives.get(id) {
            return Ok(known.clone());
        }
        let ids = actors::expand(tx, self.reg, self.actor, &Who::Collective(id.to_owned()), &self.day.to_string())?;
        self.collectives.insert(id.to_owned(), ids.clone());
        Ok(ids)
    }

    fn lives(&self, agency: &str, day: Date) -> bool {
        self.agencies.get(agency).is_some_and(|l| l.from.is_none_or(|f| f <= day) && l.to.is_none_or(|t| t >= day))
    }

    /// A period that ended before the agency was founded, or begins after its end, is not its own.
    fn owes(&self, agency: &str, from: Date, end: Option<Date>) -> bool {
        self.agencies.get(agency).is_some_and(|l| l.to.is_none_or(|t| t >= from) && (l.from.is_none() || end.is_none() || l.from <= end))
    }

    /// What one agency should owe against what it has.
    #[expect(clippy::too_many_arguments, reason = "all that one agency's comparison needs")]
    fn agency(
        &self,
        tx: &mut Tx,
        task: &Record,
        agency: &str,
        scope: &str,
        wanted: &[Instance],
        mine: &[&OwedRow],
        follow: bool,
    ) -> Result<usize> {
        let keys: BTreeSet<&str> = wanted.iter().map(|i| i.key.as_str()).collect();
        let (begun, mut free): (Vec<&OwedRow>, Vec<&OwedRow>) = mine
            .iter()
            .filter(|r| by_schedule(&r.key) && !keys.contains(r.key.as_str()) && r.state != "not_applicable")
            .partition(|r| !r.untouched());
        let mut made = 0;
        for i in wanted.iter().filter(|i| self.owes(agency, i.from, i.due.or(i.until))) {
            if let Some(r) = mine.iter().find(|r| r.key == i.key) {
                let resumes = r.state == "waiting_event" && !i.waiting;
                if r.untouched() && (resumes || follow) {
                    self.follow(tx, task, r, i)?;
                }
            } else if begun.iter().any(|r| overlaps(r, i)) {
                // work was begun under the old schedule: it stays, and the new one does not ask for the same again
            } else if let Some(r) = follow.then(|| free.pop()).flatten() {
                self.follow(tx, task, r, i)?;
            } else {
                self.create(tx, task, agency, scope, i)?;
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

    /// Dates and waiting of an obligation nobody began become those of the instance.
    fn follow(&self, tx: &mut Tx, task: &Record, r: &OwedRow, i: &Instance) -> Result<()> {
        let why = "theo thời hạn của nhiệm vụ";
        let done = actions::update(tx, self.reg, self.actor, "obligation", &r.id, r.version, dates(task, i), Some(why))?;
        match (r.state.as_str(), i.waiting) {
            ("waiting_event", false) => self.step(tx, &r.id, done.version, "resume", "sự kiện đã xảy ra"),
            ("not_started", true) => self.step(tx, &r.id, done.version, "wait", why),
            _ => Ok(()),
        }
    }

    fn step(&self, tx: &mut Tx, id: &str, version: i64, step: &str, why: &str) -> Result<()> {
        let why = (!why.is_empty()).then_some(why);
        actions::transition(tx, self.reg, self.actor, "obligation", id, version, step, Values::new(), why).map(drop)
    }

    fn exempt(&self, tx: &mut Tx, r: &OwedRow, why: &str) -> Result<()> {
        let values = Values::from([("na_reason".to_owned(), Data::Text(why.to_owned()))]);
        actions::transition(tx, self.reg, self.actor, "obligation", &r.id, r.version, "exempt", values, Some(why)).map(drop)
    }

    /// Open obligations of agencies that ended: they end, and those not yet due pass to the successor that does not owe the
    /// same already. The old record stays with the old agency: its evidence is that agency's.
    fn ended(&self, tx: &mut Tx, task: &Record, rows: &[OwedRow]) -> Result<usize> {
        let mut made = 0;
        let mut taken: BTreeSet<(String, String)> = rows.iter().map(|r| (r.agency.clone(), r.key.clone())).collect();
        for r in rows.iter().filter(|r| r.open()) {
            let Some(end) = self.agencies.get(&r.agency).and_then(|l| l.to).filter(|t| *t < self.day) else { continue };
            let due = r.due.as_deref().and_then(|d| Date::parse(d).ok());
            let heirs = if due.is_some_and(|d| d < end) { vec![] } else { self.living_heirs(&r.agency) };
            let names: Vec<&str> = heirs.iter().filter_map(|h| self.agencies.get(h)).map(|l| l.name.as_str()).collect();
            let on = web::fmt::date(&end.to_string());
            let why = match names.as_slice() {
                [] => format!("Cơ quan kết thúc hoạt động ngày {on}."),
                list => format!("Cơ quan kết thúc hoạt động ngày {on}; chuyển cho {}.", list.join(", ")),
            };
            let old = actions::get(tx, self.reg, &self.actor.may(Verb::Read, "obligation")?, &r.id)?;
            self.exempt(tx, r, &why)?;
            for heir in heirs {
                if !taken.insert((heir.clone(), r.key.clone())) || !self.owes(&heir, self.day, due) {
                    continue;
                }
                self.inherit(tx, task, &old, &heir)?;
                made += 1;
            }
        }
        Ok(made)
    }

    /// Successors that exist on the day, through agencies that ended in between.
    fn living_heirs(&self, agency: &str) -> Vec<String> {
        let (mut seen, mut waiting, mut found) = (BTreeSet::new(), vec![agency], Vec::new());
        while let Some(a) = waiting.pop() {
            for h in self.heirs.get(a).into_iter().flatten() {
                if seen.insert(h.as_str()) {
                    if self.lives(h, self.day) { found.push(h.clone()) } else { waiting.push(h) }
                }
            }
        }
        found
    }

    fn inherit(&self, tx: &mut Tx, task: &Record, old: &Record, heir: &str) -> Result<()> {
        let kept = ["content", "role", "scope_text", "period_key", "opens_on", "due_on", "event"];
        let mut values: Values = kept.iter().filter_map(|f| old.text(f).map(|v| ((*f).to_owned(), Data::Text(v.to_owned())))).collect();
        values.insert("agency".into(), Data::Text(heir.to_owned()));
        values.insert("task".into(), Data::Text(task.id.clone()));
        values.insert("source".into(), Data::Text("task".into()));
        let record = actions::create(tx, self.reg, self.actor, "obligation", values, None)?;
        if old.state.as_deref() == Some("waiting_event") { self.step(tx, &record.id, record.version, "wait", "") } else { Ok(()) }
    }

    /// A dropped task was given again: what its dropping ended applies anew.
    pub fn restored(&mut self, tx: &mut Tx, task: &Record) -> Result<()> {
        let of = |field: &str, v: &str| Filter { field: field.into(), op: Op::Is, values: vec![v.into()] };
        let filters = vec![of("task", &task.id), of("state", "not_applicable"), of("na_reason", DROPPED)];
        for o in crate::all_where(tx, self.reg, self.actor, "obligation", filters)? {
            self.step(tx, &o.id, o.version, "renew", "Nhiệm vụ được giao lại.")?;
        }
        self.task(tx, task, true).map(drop)
    }
}

/// Was this key made by a schedule (`2026`, `2026-Q4`, `2026-12-04`, `event`, `plan`), not typed by a person?
fn by_schedule(key: &str) -> bool {
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

/// Instances of a task's schedule that have begun by `day`. Days a person set on the task win over those read from its words;
/// words without a day give one instance without a due day, so that nothing is owed in silence.
fn occasions(task: &Record, span: &Span, event: Option<&EventFacts>, day: Date) -> Vec<Instance> {
    let date = |f: &str| task.text(f).and_then(|d| Date::parse(d).ok());
    let parse = |d: Option<&String>| d.and_then(|d| Date::parse(d).ok());
    let read = task.text("schedule").and_then(|s| serde_json::from_str::<Schedule>(s).ok()).unwrap_or(Schedule::Text);
    let schedule = match read {
        Schedule::Annual { min_count, due, .. } if date("due_on").is_some() && date("due_on") != due => {
            Schedule::Annual { min_count, month_day: date("due_on").map(Into::into), due: date("due_on") }
        }
        Schedule::Period { from, to, condition } => Schedule::Period { from: date("starts_on").or(from), to, condition },
        other => other,
    };
    let frame = Frame {
        event_date: parse(event.and_then(|e| e.occurred.as_ref())),
        set_due: parse(event.and_then(|e| e.due.as_ref())).or(date("due_on")),
        ..Frame::new(span.from, span.to, day)
    };
    let mut all = calendar::instances_in(&schedule, &frame);
    // a continuous task that names a product is asked for it each year; the others only show that they go on
    if schedule == Schedule::Continuous && (task.text("product").is_some() || task.int("min_count").is_some()) {
        all.iter_mut().for_each(|i| i.due = i.until);
    }
    all
}

/// What is known of an event.
pub struct EventFacts {
    /// Day it happened.
    pub occurred: Option<String>,
    /// Due day a person set when recording it.
    pub due: Option<String>,
}

/// Reads an event; a dropped one never happens.
pub fn event(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<EventFacts> {
    let scope = actor.may(Verb::Read, "plan_event")?;
    let r = actions::get(tx, reg, &scope, id)?;
    let happened = r.state.as_deref() == Some("occurred");
    let known = |f: &str| r.text(f).filter(|_| happened).map(str::to_owned);
    Ok(EventFacts { occurred: known("occurred_on"), due: known("due_on") })
}

/// The event happened, was corrected or undone: tasks that wait for it are expanded again, so that periods and timers get
/// their days; what people made wait for it by hand starts with the day that was set.
pub fn event_changed(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str) -> Result<()> {
    let mut round = Round::new(tx, reg, actor, day)?;
    for task in linked(tx, reg, actor, "task", "event", id)? {
        round.task(tx, &task, true)?;
    }
    let facts = event(tx, reg, actor, id)?;
    if facts.occurred.is_none() {
        return Ok(());
    }
    for o in linked(tx, reg, actor, "obligation", "event", id)? {
        let by_hand = o.text("task").is_none() || !by_schedule(o.text("period_key").unwrap_or_default());
        if o.state.as_deref() != Some("waiting_event") || !by_hand {
            continue;
        }
        let mut version = o.version;
        if let Some(due) = &facts.due {
            let values = Values::from([("due_on".to_owned(), Data::Text(due.clone()))]);
            version = actions::update(tx, reg, actor, "obligation", &o.id, version, values, Some("sự kiện đã xảy ra"))?.version;
        }
        round.step(tx, &o.id, version, "resume", "sự kiện đã xảy ra")?;
    }
    Ok(())
}

/// A person changed the words about time: they are read again, as the plan reader reads them. `dates` = the due day too,
/// when the same person has not set it.
pub fn read_again(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, dates: bool) -> Result<Record> {
    let plan = task.text("plan").unwrap_or_default();
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let year = head.text("issued_on").or(head.text("starts_on")).and_then(|d| d.get(..4)?.parse().ok());
    let schedule = task.text("time_text").and_then(|t| plan_reader::schedule::read(t, year));
    let json = serde_json::to_value(&schedule).map_err(store::Error::internal)?;
    let when = When::of(&json);
    let word = |s: Option<&str>| s.map_or(Data::Null, |s| Data::Text(s.to_owned()));
    let event = match &when.condition {
        Some(c) => Some(awaited(tx, reg, actor, plan, c)?),
        None => None,
    };
    let mut values = Values::from([
        ("schedule_kind".to_owned(), word(Some(when.kind))),
        ("schedule".to_owned(), if json.is_null() { Data::Null } else { Data::Text(json.to_string()) }),
        ("condition".to_owned(), word(when.condition.as_deref())),
        ("event".to_owned(), word(event.as_deref())),
    ]);
    if dates {
        values.insert("starts_on".into(), word(when.from.as_deref()));
        values.insert("due_on".into(), word(when.due.as_deref()));
    }
    actions::update(tx, reg, actor, "task", &task.id, task.version, values, Some("đọc lại thời gian thực hiện"))
}

/// The event of a plan with this name, made when there is none.
fn awaited(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, name: &str) -> Result<String> {
    let is = |field: &str, v: &str| Filter { field: field.into(), op: Op::Is, values: vec![v.into()] };
    if let Some(known) = crate::all_where(tx, reg, actor, "plan_event", vec![is("plan", plan), is("name", name)])?.pop() {
        return Ok(known.id);
    }
    let values = Values::from([("plan".to_owned(), Data::Text(plan.to_owned())), ("name".to_owned(), Data::Text(name.to_owned()))]);
    Ok(actions::create(tx, reg, actor, "plan_event", values, None)?.id)
}
