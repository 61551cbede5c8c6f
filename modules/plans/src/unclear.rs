//! Names of an accepted plan that are nobody of the register yet: left for later, or unknown when the plan was accepted. Saying
//! who they are gives the missing obligations in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Filter, Op, Query, Record, Registry};
use serde_json::{Value, json};
use store::{Error, FieldError, Result, Tx};

use crate::accept::said as said_as;
use crate::actors::{self, Directory};
use crate::draft::{Use, Who};
use crate::expand::{Round, linked};
use crate::naming::{self, Refused};

/// One record that names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// `task_actor` or `plan_recipient`.
    pub register: &'static str,
    /// Record.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Where it stands; of a recipient only the line is not known.
    pub at: Use,
    /// Task of a `task_actor`.
    pub task: Option<String>,
}

/// A name and every record that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Id of the first record: what a form sends back.
    pub key: String,
    /// As written.
    pub name: String,
    /// Says nothing definite, so that each place is asked for alone.
    pub vague: bool,
    /// Records.
    pub spots: Vec<Spot>,
}

/// What choosing changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Filled {
    /// Names that were said.
    pub names: usize,
    /// Records that were changed.
    pub records: usize,
    /// Obligations made.
    pub obligations: usize,
}

fn open(field: &str) -> Filter {
    Filter { field: field.into(), op: Op::Empty, values: vec![] }
}

fn is(field: &str, values: Vec<String>) -> Filter {
    Filter { field: field.into(), op: Op::Is, values }
}

/// Records without an agency for which nobody has said that the name is enough.
fn nobody() -> Vec<Filter> {
    let kept = Filter { field: "name_only".into(), op: Op::Not, values: vec!["1".into()] };
    vec![open("agency"), open("collective"), open("chosen"), kept]
}

/// Recipients that are asked for: those who must carry the plan out. Who only gets a copy is given nothing.
fn recipients() -> Filter {
    is("mark", vec!["execute".into()])
}

/// Names of a plan that are nobody yet: who leads first, then who coordinates, then recipients.
pub fn list(tx: &mut Tx, reg: &Registry, actor: &Actor, dir: &Directory, plan: &str) -> Result<Vec<Unclear>> {
    Ok(grouped(named(tx, reg, actor, plan)?, dir))
}

/// The same; the register of agencies is read only where something is unknown. Plan's page, gate and home count these.
pub fn names(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, today: &str) -> Result<Vec<Unclear>> {
    let named = named(tx, reg, actor, plan)?;
    if named.is_empty() {
        return Ok(vec![]);
    }
    Ok(grouped(named, &Directory::load(tx, reg, actor, today)?))
}

/// Every record of a plan that names nobody, with the name.
fn named(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str) -> Result<Vec<(String, Spot)>> {
    let mut tasks = linked(tx, reg, actor, "task", "plan", plan)?;
    tasks.retain(|t| t.state.as_deref() != Some("dropped"));
    let by: BTreeMap<&str, &Record> = tasks.iter().map(|t| (t.id.as_str(), t)).collect();
    let ids: Vec<String> = tasks.iter().map(|t| t.id.clone()).collect();
    let mut named = Vec::new();
    for chunk in ids.chunks(500) {
        let filters = [vec![is("task", chunk.to_vec())], nobody()].concat();
        for r in crate::all_where(tx, reg, actor, "task_actor", filters)? {
            if let Some(task) = r.text("task").and_then(|t| by.get(t)) {
                named.push((r.text("name").unwrap_or_default().to_owned(), spot(&r, task)));
            }
        }
    }
    let order = |s: &Spot| (["lead", "coordinating"].iter().position(|r| *r == s.at.role), s.at.line);
    named.sort_by_key(|(_, s)| order(s));
    let filters = [vec![is("plan", vec![plan.to_owned()]), recipients()], nobody()].concat();
    let mut told = crate::all_where(tx, reg, actor, "plan_recipient", filters)?;
    told.sort_by_key(|r| r.int("seq").unwrap_or(i64::MAX));
    named.extend(told.iter().map(|r| {
        let at = Use { role: "recipient", no: None, line: 0 };
        let spot = Spot { register: "plan_recipient", id: r.id.clone(), version: r.version, at, task: None };
        (r.text("name").unwrap_or_default().to_owned(), spot)
    }));
    Ok(named)
}

fn spot(r: &Record, task: &Record) -> Spot {
    let role = match (task.text("tags"), r.text("role")) {
        (Some("assignment"), _) => "assignment",
        (_, Some("lead")) => "lead",
        _ => "coordinating",
    };
    let line = task.text("lines").and_then(|l| l.split(',').next()?.trim().parse().ok()).unwrap_or_default();
    let at = Use { role, no: task.text("no").map(str::to_owned), line };
    Spot { register: "task_actor", id: r.id.clone(), version: r.version, at, task: Some(task.id.clone()) }
}

fn grouped(named: Vec<(String, Spot)>, dir: &Directory) -> Vec<Unclear> {
    let mut all: Vec<Unclear> = Vec::new();
    for (name, spot) in named {
        let vague = dir.vague(&name);
        match all.iter_mut().find(|u| !vague && actors::same_name(&u.name, &name)) {
            Some(u) => u.spots.push(spot),
            None => all.push(Unclear { key: spot.id.clone(), name, vague, spots: vec![spot] }),
        }
    }
    all
}

/// Plans in force or in draft with records that name nobody: plan and title. For who may say who they are.
pub fn waiting(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<Vec<(String, String)>> {
    if actor.may(Verb::Update, "task_actor").is_err() {
        return Ok(vec![]);
    }
    let query = |filters| Query { filters, as_of: Some("all".into()), uncounted: true, limit: Some(500), ..Query::default() };
    let mut by: BTreeSet<String> = BTreeSet::new();
    let scope = actor.may(Verb::Read, "plan_recipient")?;
    let told = [vec![recipients()], nobody()].concat();
    for t in actions::tally(tx, reg, &scope, &query(told), &["plan"])? {
        by.extend(t.of.into_iter().next().flatten());
    }
    let ids: Vec<String> = actions::tally(tx, reg, &actor.may(Verb::Read, "task_actor")?, &query(nobody()), &["task"])?
        .into_iter()
        .filter_map(|t| t.of.into_iter().next()?)
        .collect();
    let scope = actor.may(Verb::Read, "task")?;
    for chunk in ids.chunks(500) {
        let tasks = actions::list(tx, reg, &scope, &Query { ids: Some(chunk.to_vec()), ..query(vec![]) })?.items;
        for t in tasks.iter().filter(|t| t.state.as_deref() != Some("dropped")) {
            by.insert(t.text("plan").unwrap_or_default().to_owned());
        }
    }
    let mut plans = crate::all(tx, reg, actor, "plan", None)?;
    plans.retain(|p| !matches!(p.state.as_deref(), Some("expired" | "superseded")));
    let line = |p: Record| by.contains(&p.id).then(|| (p.id.clone(), p.text("title").unwrap_or_default().to_owned()));
    Ok(plans.into_iter().filter_map(line).collect())
}

/// Says who names are: the records, the obligations they were missing, and the aliases. `said`: key of a name → who.
pub fn choose(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, said: &[(String, Who)], learn: bool, today: &str) -> Result<Filled> {
    actor.may(Verb::Update, "task_actor")?;
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let dir = Directory::load(tx, reg, actor, today)?;
    let all = list(tx, reg, actor, &dir, plan)?;
    let why = "chọn cơ quan cho tên gọi trong văn bản";
    let (mut made, mut tasks) = (Filled::default(), Vec::new());
    for (key, who) in said {
        let Some(u) = all.iter().find(|u| u.key == *key) else {
            return Err(Error::Conflict("Một tên vừa được người khác chọn. Xem lại danh sách mới nhất rồi lưu.".into()));
        };
        let Some((field, value)) = said_as(who) else { continue };
        let values = Values::from([(field.to_owned(), value)]);
        for s in &u.spots {
            actions::update(tx, reg, actor, s.register, &s.id, s.version, values.clone(), Some(why))?;
            made.records += 1;
            tasks.extend(s.task.clone().filter(|_| s.at.role == "lead"));
        }
        made.names += 1;
        if learn && !u.vague {
            actors::learn(tx, reg, actor, &u.name, who, head.text("title").unwrap_or_default())?;
        }
    }
    tasks.sort();
    tasks.dedup();
    let mut round = Round::new(tx, reg, actor, today)?;
    for id in tasks {
        let task = actions::get(tx, reg, &actor.may(Verb::Read, "task")?, &id)?;
        made.obligations += round.task(tx, &task, false)?;
    }
    Ok(made)
}

/// A name and who it is, as a program says it.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Key of the list, or the name as written.
    pub name: String,
    /// Names of agencies, separated by semicolons, or of one group; empty = keep the name only.
    pub who: String,
    /// Ids of agencies instead.
    pub agencies: Vec<String>,
}

/// What a program said, for [`choose`]: every place of the name, or why not.
pub fn understood(dir: &Directory, all: &[Unclear], said: &[Said]) -> Result<Vec<(String, Who)>> {
    let (mut out, mut wrong) = (Vec::new(), Vec::new());
    for (i, s) in said.iter().enumerate() {
        let mut say = |message: String| wrong.push(FieldError { field: format!("names.{i}"), message });
        let meant: Vec<&Unclear> = all.iter().filter(|u| u.key == s.name || actors::same_name(&u.name, &s.name)).collect();
        if meant.is_empty() {
            say(format!("Kế hoạch không còn tên «{}» nào chưa rõ.", s.name));
            continue;
        }
        let ids = s.agencies.iter().map(|id| Who::Agency(id.clone()));
        let found: Result<Vec<Who>, Refused> = if s.agencies.is_empty() {
            s.who.split(';').map(str::trim).filter(|w| !w.is_empty()).map(|w| naming::one(dir, w)).collect()
        } else {
            let unknown = |w: &Who| {
                (
                    format!("Không có cơ quan nào mang mã «{}» trong sổ hôm nay.", w.word().unwrap_or_default().trim_start_matches("a:")),
                    vec![],
                )
            };
            ids.map(|w| if dir.official(&w).is_some() { Ok(w) } else { Err(unknown(&w)) }).collect()
        };
        match found.and_then(|f| naming::together(f).map_err(|e| (e, vec![]))) {
            Ok(who) => out.extend(meant.iter().map(|u| (u.key.clone(), who.clone().unwrap_or(Who::TextOnly)))),
            Err((message, offers)) if offers.is_empty() => say(message),
            Err((message, offers)) => {
                let names: Vec<String> = offers.into_iter().map(|(_, label)| label).collect();
                say(format!("{message} ({})", names.join("; ")));
            }
        }
    }
    if wrong.is_empty() { Ok(out) } else { Err(Error::Invalid(wrong)) }
}

/// Reads, understands and chooses, for API and command line.
pub fn say(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, said: &[Said], learn: bool, today: &str) -> Result<Filled> {
    actor.may(Verb::Update, "task_actor")?;
    actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let dir = Directory::load(tx, reg, actor, today)?;
    let all = list(tx, reg, actor, &dir, plan)?;
    let chosen = understood(&dir, &all, said)?;
    choose(tx, reg, actor, plan, &chosen, learn, today)
}

/// The names as programs read them.
pub fn json(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, today: &str) -> Result<Vec<Value>> {
    actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let dir = Directory::load(tx, reg, actor, today)?;
    let place =
        |s: &Spot| json!({ "register": s.register, "id": s.id, "role": s.at.role, "no": s.at.no, "line": s.at.line, "task": s.task });
    let one = |u: &Unclear| {
        let suggestion = dir.suggestion(&u.name).and_then(|w| dir.official(&w).map(str::to_owned));
        json!({ "key": u.key, "name": u.name, "vague": u.vague, "suggestion": suggestion, "places": u.spots.iter().map(place).collect::<Vec<_>>() })
    };
    Ok(list(tx, reg, actor, &dir, plan)?.iter().map(one).collect())
}
