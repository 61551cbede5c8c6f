//! What tasks lack: who leads, until when. Filled in for many tasks at once; the obligations are made in the same transaction.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use plan_reader::Schedule;
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Error, FieldError, Result, Tx};

use crate::accept::{When, said};
use crate::actors::Directory;
use crate::draft::Who;
use crate::expand::{Round, linked};
use crate::naming;
use crate::occasions::awaited;

/// What nobody can read of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lack {
    /// Nobody leads it, or nobody knows who that is.
    pub lead: bool,
    /// No day, no period, no event.
    pub time: bool,
}

impl Lack {
    /// Something is missing.
    pub fn any(self) -> bool {
        self.lead || self.time
    }
}

/// A line of a task that says no agency of the register, and whose name alone is not enough.
pub fn nobody(a: &Record) -> bool {
    a.text("agency").is_none() && a.text("collective").is_none() && a.links("chosen").is_empty() && a.bool("name_only") != Some(true)
}

/// What a task of an accepted plan lacks.
pub fn lack(task: &Record, acting: &[Record]) -> Lack {
    if task.state.as_deref() == Some("dropped") || task.text("tags") == Some("assignment") {
        return Lack::default();
    }
    Lack {
        lead: acting.iter().filter(|a| a.text("role") == Some("lead")).all(nobody),
        time: task.text("due_on").is_none() && task.text("schedule_kind").is_none_or(|k| k == "none"),
    }
}

/// Who acts in these tasks: task → lines in order. One question for all.
pub fn acting(tx: &mut Tx, reg: &Registry, actor: &Actor, tasks: &[Record]) -> Result<BTreeMap<String, Vec<Record>>> {
    let mut by: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let ids: Vec<String> = tasks.iter().map(|t| t.id.clone()).collect();
    for chunk in ids.chunks(500) {
        let of = Filter { field: "task".into(), op: Op::Is, values: chunk.to_vec() };
        for a in crate::all_where(tx, reg, actor, "task_actor", vec![of])? {
            by.entry(a.text("task").unwrap_or_default().to_owned()).or_default().push(a);
        }
    }
    by.values_mut().for_each(|list| list.sort_by_key(|r| r.int("seq").unwrap_or(i64::MAX)));
    Ok(by)
}

/// Time as a person gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    /// A day, ISO: the last one in time.
    Day(String),
    /// Words, and what they mean.
    Words(String, Schedule),
}

/// Understands words of time, or says why not. `year` = the plan's own, `text` = the task's (its least number of times a year).
pub fn time(words: &str, year: Option<i32>, text: &str) -> Result<Time, String> {
    let words = words.trim();
    if let Ok(day) = text::parse_date_vi(words) {
        return Ok(Time::Day(day));
    }
    if let Some(bad) = crate::pages::impossible_day(words) {
        return Err(format!("«{bad}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ 30/06/2027."));
    }
    match plan_reader::schedule::read(words, year).map(|s| s.counted(text)) {
        None | Some(Schedule::Text) => Err(format!(
            "Chưa hiểu «{words}» là khi nào. Viết một ngày (30/06/2027), hoặc như: Quý IV/2027; Hằng năm; Thường xuyên; 2026 - 2028."
        )),
        Some(schedule) => Ok(Time::Words(words.to_owned(), schedule)),
    }
}

/// Agencies and groups by the words of a person, separated by semicolons: official name and who; or what does not fit.
pub fn agencies(dir: &Directory, words: &str) -> Result<Vec<(String, Who)>, String> {
    let mut found: Vec<(String, Who)> = Vec::new();
    for part in words.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let who = naming::one(dir, part).map_err(|(message, offers)| {
            let names: Vec<String> = offers.into_iter().map(|(_, label)| label).collect();
            if names.is_empty() {
                message
            } else {
                format!("Có nhiều cơ quan khớp «{part}»; gõ đủ tên: {}.", names.join("; "))
            }
        })?;
        if !found.iter().any(|(_, w)| *w == who) {
            found.push((dir.official(&who).unwrap_or(part).to_owned(), who));
        }
    }
    Ok(found)
}

/// Begins the note that keeps the words of the document beside those of a person.
pub const WRITTEN: &str = "Văn bản ghi thời gian:";

/// The year that words of time without one mean in an accepted plan.
pub fn year_of(plan: &Record) -> Option<i32> {
    plan.text("issued_on").or(plan.text("starts_on")).and_then(|d| d.get(..4)?.parse().ok())
}

/// Fields of a task for a time. The words of the document are not lost: where others take their place, the note keeps them.
pub fn time_values(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, time: &Time, note: &str) -> Result<Values> {
    let (schedule, words) = match time {
        // the day takes the place of the words, else every page would go on showing those
        Time::Day(day) => (Schedule::Deadline { due: day.clone() }, web::fmt::date(day)),
        Time::Words(words, schedule) => (schedule.clone(), words.clone()),
    };
    let json = serde_json::to_value(&schedule).map_err(Error::internal)?;
    let when = When::of(&json);
    let word = |s: Option<&str>| s.map_or(Data::Null, |s| Data::Text(s.to_owned()));
    let event = match &when.condition {
        Some(c) => Some(awaited(tx, reg, actor, task.text("plan").unwrap_or_default(), c)?),
        None => None,
    };
    let mut values = Values::from([
        ("schedule_kind".to_owned(), word(Some(when.kind))),
        ("schedule".to_owned(), Data::Text(json.to_string())),
        ("starts_on".to_owned(), word(when.from.as_deref())),
        ("due_on".to_owned(), word(when.due.as_deref())),
        ("condition".to_owned(), word(when.condition.as_deref())),
        ("event".to_owned(), word(event.as_deref())),
    ]);
    let (old, note) = (task.text("time_text").unwrap_or_default(), note.trim());
    if !old.is_empty() && old != words && !note.contains(WRITTEN) {
        let kept = format!("{WRITTEN} “{old}”.");
        let note = if note.is_empty() { kept } else { format!("{note}\n{kept}") };
        values.insert("note".to_owned(), Data::Text(note));
    }
    values.insert("time_text".to_owned(), Data::Text(words));
    Ok(values)
}

/// One row of the page of an accepted plan.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Task.
    pub task: String,
    /// Version the person saw.
    pub version: i64,
    /// Leading agencies as typed; empty = left as it is.
    pub lead: String,
    /// Time as typed; empty = left as it is.
    pub time: String,
    /// Product as typed.
    pub product: String,
}

/// What saving changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    /// Tasks.
    pub tasks: usize,
    /// Obligations made.
    pub obligations: usize,
}

const WHY: &str = "bổ sung chủ trì, thời hạn còn thiếu";
const MEANWHILE: &str = "Nhiệm vụ này vừa được người khác sửa. Xem giá trị mới ở dòng này rồi lưu lần nữa.";

/// A row whose words were understood.
struct Change<'r> {
    n: usize,
    task: &'r Record,
    lines: &'r [Record],
    lead: Vec<(String, Who)>,
    time: Option<Time>,
    product: Option<&'r str>,
}

/// Saves all rows, or says what is wrong with each and saves none. Field of an error: `lead.N`, `time.N`, `product.N`.
pub fn save(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, rows: &[Row], today: &str) -> Result<Filled> {
    actor.may(Verb::Update, "task")?;
    actor.may(Verb::Update, "task_actor")?;
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    let dir = Directory::load(tx, reg, actor, today)?;
    let tasks = linked(tx, reg, actor, "task", "plan", plan)?;
    let by = acting(tx, reg, actor, &tasks)?;
    let mut errors = Vec::new();
    let mut changes = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        match tasks.iter().find(|t| t.id == row.task) {
            Some(task) => {
                let lines = by.get(&task.id).map(Vec::as_slice).unwrap_or_default();
                changes.extend(understood(&dir, year_of(&head), n, row, task, lines, &mut errors));
            }
            None => {
                errors.push(FieldError { field: format!("lead.{n}"), message: "Nhiệm vụ này không còn trong kế hoạch.".into() })
            }
        }
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let mut made = Filled { tasks: changes.len(), obligations: 0 };
    let mut round = Round::new(tx, reg, actor, today)?;
    for change in &changes {
        match apply(tx, reg, actor, change, rows[change.n].version) {
            Ok(task) => made.obligations += round.task(tx, &task, change.time.is_some())?,
            Err(Error::Conflict(_)) => {
                return Err(Error::invalid(format!("product.{}", change.n), MEANWHILE));
            }
            Err(e) => return Err(e),
        }
    }
    Ok(made)
}

fn understood<'r>(
    dir: &Directory,
    year: Option<i32>,
    n: usize,
    row: &'r Row,
    task: &'r Record,
    lines: &'r [Record],
    errors: &mut Vec<FieldError>,
) -> Option<Change<'r>> {
    let lack = lack(task, lines);
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: format!("{field}.{n}"), message });
    let mut change = Change { n, task, lines, lead: vec![], time: None, product: None };
    if !row.lead.trim().is_empty() {
        match agencies(dir, &row.lead) {
            Ok(_) if !lack.lead => {
                wrong("lead", "Người khác vừa chọn chủ trì cho nhiệm vụ này. Xóa chữ ở ô này, hoặc đổi ở trang của nhiệm vụ.".into())
            }
            Ok(found) => change.lead = found,
            Err(message) => wrong("lead", message),
        }
    }
    if !row.time.trim().is_empty() {
        match time(&row.time, year, task.text("content").unwrap_or_default()) {
            Ok(found) => change.time = Some(found),
            Err(message) => wrong("time", message),
        }
    }
    let product = row.product.trim();
    if product != task.text("product").unwrap_or_default() && !product.is_empty() {
        change.product = Some(product);
    }
    let changes = !change.lead.is_empty() || change.time.is_some() || change.product.is_some();
    if changes && row.version != task.version {
        wrong("product", MEANWHILE.into());
    }
    changes.then_some(change)
}

/// Writes one row; the task as it is then.
fn apply(tx: &mut Tx, reg: &Registry, actor: &Actor, change: &Change<'_>, version: i64) -> Result<Record> {
    let mut values = match &change.time {
        Some(time) => time_values(tx, reg, actor, change.task, time, change.task.text("note").unwrap_or_default())?,
        None => Values::new(),
    };
    if let Some(product) = change.product {
        values.insert("product".to_owned(), Data::Text(product.to_owned()));
    }
    if !change.lead.is_empty() {
        lead(tx, reg, actor, change.task, change.lines, &change.lead)?;
    }
    if values.is_empty() {
        return Ok(change.task.clone());
    }
    actions::update(tx, reg, actor, "task", &change.task.id, version, values, Some(WHY))
}

/// Lines that name nobody get their agencies in order; what is left over becomes lines of its own.
fn lead(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, lines: &[Record], who: &[(String, Who)]) -> Result<()> {
    let mut open = lines.iter().filter(|a| a.text("role") == Some("lead") && nobody(a));
    let mut seq = lines.iter().filter_map(|a| a.int("seq")).max().unwrap_or_default();
    for (name, who) in who {
        let Some((field, value)) = said(who) else { continue };
        if let Some(line) = open.next() {
            let values = Values::from([(field.to_owned(), value)]);
            actions::update(tx, reg, actor, "task_actor", &line.id, line.version, values, Some(WHY))?;
            continue;
        }
        seq += 1;
        new_line(tx, reg, actor, &task.id, seq, "lead", &[(field, value)], name)?;
    }
    Ok(())
}

/// A line of a task that a person added: the name is the official one.
#[expect(clippy::too_many_arguments, reason = "what a line consists of")]
pub fn new_line(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    task: &str,
    seq: i64,
    role: &str,
    who: &[(&str, Data)],
    name: &str,
) -> Result<()> {
    let word = |s: &str| Data::Text(s.to_owned());
    let mut values = Values::from([
        ("task".to_owned(), word(task)),
        ("seq".to_owned(), Data::Int(seq)),
        ("role".to_owned(), word(role)),
        ("name".to_owned(), word(name)),
    ]);
    values.extend(who.iter().filter(|(_, v)| *v != Data::Null).map(|(f, v)| ((*f).to_owned(), v.clone())));
    actions::create(tx, reg, actor, "task_actor", values, None).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_or_words_with_a_day_are_understood_and_nothing_else() {
        assert_eq!(time("30/6/2027", None, ""), Ok(Time::Day("2027-06-30".into())));
        let quarter = time("Quý II/2027", None, "").unwrap();
        assert!(matches!(quarter, Time::Words(_, Schedule::Quarter { year: 2027, quarter: 2, .. })), "{quarter:?}");
        assert!(matches!(time("Hằng năm", None, "Tổ chức ít nhất 02 cuộc/năm"), Ok(Time::Words(_, Schedule::Annual { .. }))));
        assert!(time("31/2/2027", None, "").unwrap_err().contains("không phải ngày có thật"));
        assert!(time("theo tiến độ", None, "").unwrap_err().contains("«theo tiến độ»"));
    }

    #[test]
    fn agencies_are_found_by_name_or_the_nearest_are_named() {
        let dir = Directory::of(&[
            ("Sở Y tế", Who::Agency("yt".into())),
            ("Sở Nội vụ", Who::Agency("nv".into())),
            ("UBND xã An Hòa", Who::Agency("ah".into())),
            ("UBND xã An Hóa", Who::Agency("ah2".into())),
        ]);
        let two = agencies(&dir, "so y te; Sở Nội vụ; Sở Y tế").unwrap();
        assert_eq!(two.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["Sở Y tế", "Sở Nội vụ"]);
        assert_eq!(agencies(&dir, " ; "), Ok(vec![]));
        let many = agencies(&dir, "an ho").unwrap_err();
        assert!(many.contains("UBND xã An Hòa; UBND xã An Hóa"), "{many}");
        assert!(agencies(&dir, "Sở Vũ trụ").unwrap_err().contains("«Sở Vũ trụ»"));
    }
}
