//! One task of an accepted plan is amended: who leads and coordinates, the scope of each, product, time, note. Its text stays as
//! the document has it. A reason is required; the obligations follow in the same transaction.

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Error, FieldError, Result, Tx};

use crate::accept::said;
use crate::actors::Directory;
use crate::draft::Who;
use crate::expand::{Round, linked};
use crate::fill::{self, Time};

/// Roles that can be amended, with the Vietnamese word for the reason.
pub const ROLES: [(&str, &str); 2] = [("lead", "Chủ trì"), ("coordinating", "Phối hợp")];

/// Agencies of one role as they were sent.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// Lines that stay, by id.
    pub kept: Vec<String>,
    /// Chosen besides: words of [`Who::of_word`].
    pub chosen: Vec<String>,
    /// Typed besides, separated by semicolons.
    pub typed: String,
}

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Version of the task the person saw.
    pub version: i64,
    /// [`fingerprint`] of the lines the person saw.
    pub lines: String,
    /// In the order of [`ROLES`].
    pub sides: [Side; 2],
    /// "agency: scope", one a line.
    pub scopes: String,
    /// Product.
    pub product: String,
    /// Time; as it was = not amended.
    pub time: String,
    /// Note.
    pub note: String,
    /// Why.
    pub reason: String,
}

/// Which lines a person saw.
pub fn fingerprint(lines: &[Record]) -> String {
    lines.iter().map(|l| format!("{}.{}", l.id, l.version)).collect::<Vec<_>>().join(" ")
}

/// Scopes as they are typed.
pub fn scopes(lines: &[Record]) -> String {
    let one = |l: &Record| Some(format!("{}: {}", l.text("name")?, l.text("scope_text")?));
    lines.iter().filter_map(one).collect::<Vec<_>>().join("\n")
}

/// The time as it stands in the box.
pub fn time_shown(task: &Record) -> String {
    let day = task.text("due_on").map(web::fmt::date);
    task.text("time_text").map(str::to_owned).or(day).unwrap_or_default()
}

/// What the words mean, before anything is written.
struct Change {
    gone: Vec<Record>,
    /// Role, official name, who.
    new: Vec<(&'static str, String, Who)>,
    /// Name of a line, scope.
    scopes: Vec<(String, String)>,
    time: Option<Time>,
    /// For the history: "Chủ trì: A → B".
    told: Vec<String>,
}

/// Amends the task; how many obligations were made or changed.
pub fn save(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, sent: &Sent, today: &str) -> Result<usize> {
    actor.may(Verb::Update, "task")?;
    actor.may(Verb::Update, "task_actor")?;
    let task = actions::get(tx, reg, &actor.may(Verb::Read, "task")?, id)?;
    let mut lines = linked(tx, reg, actor, "task_actor", "task", id)?;
    lines.sort_by_key(|l| l.int("seq").unwrap_or(i64::MAX));
    if task.version != sent.version || fingerprint(&lines) != sent.lines {
        return Err(actions::changed_meanwhile(tx, reg, "task", id));
    }
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, task.text("plan").unwrap_or_default())?;
    let dir = Directory::load(tx, reg, actor, today)?;
    let change = understood(&dir, fill::year_of(&head), &task, &lines, sent)?;
    let mut values = match &change.time {
        Some(time) => fill::time_values(tx, reg, actor, &task, time, &sent.note)?,
        None => Values::new(),
    };
    let word = |s: &str| if s.trim().is_empty() { Data::Null } else { Data::Text(s.trim().to_owned()) };
    values.insert("product".to_owned(), word(&sent.product));
    values.entry("note".to_owned()).or_insert_with(|| word(&sent.note));
    let told = std::iter::once(sent.reason.trim().to_owned()).chain(change.told.iter().cloned());
    let why = told.collect::<Vec<_>>().join(" · ");
    write_lines(tx, reg, actor, &task, &lines, &change, &why)?;
    let task = actions::transition(tx, reg, actor, "task", id, sent.version, "amend", values, Some(&why))?;
    Round::new(tx, reg, actor, today)?.task(tx, &task, change.time.is_some())
}

fn understood(dir: &Directory, year: Option<i32>, task: &Record, lines: &[Record], sent: &Sent) -> Result<Change> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: field.into(), message });
    let mut change = Change { gone: vec![], new: vec![], scopes: vec![], time: None, told: vec![] };
    for ((role, label), side) in ROLES.into_iter().zip(&sent.sides) {
        let (kept, gone): (Vec<&Record>, Vec<&Record>) =
            lines.iter().filter(|l| l.text("role") == Some(role)).partition(|l| side.kept.contains(&l.id));
        let mut new = Vec::new();
        for word in &side.chosen {
            match Who::of_word(word).and_then(|who| Some((dir.official(&who)?.to_owned(), who))) {
                Some(one) => new.push(one),
                None => wrong(role, "Cơ quan đã chọn không còn trong sổ. Chọn cơ quan khác.".into()),
            }
        }
        match fill::agencies(dir, &side.typed) {
            Ok(typed) => new.extend(typed),
            Err(message) => wrong(role, message),
        }
        new.retain(|(_, who)| !kept.iter().any(|l| means(l, who)));
        if role == "lead" && kept.is_empty() && new.is_empty() && !gone.is_empty() {
            wrong(role, "Nhiệm vụ cần ít nhất một cơ quan chủ trì. Chọn cơ quan mới, hoặc bỏ cả nhiệm vụ ở sổ Nhiệm vụ.".into());
        }
        let named = |list: &[&Record]| list.iter().filter_map(|l| l.text("name")).collect::<Vec<_>>().join(", ");
        if !gone.is_empty() || !new.is_empty() {
            let before: Vec<&Record> = lines.iter().filter(|l| l.text("role") == Some(role)).collect();
            let after: Vec<&str> = kept.iter().filter_map(|l| l.text("name")).chain(new.iter().map(|(n, _)| n.as_str())).collect();
            change.told.push(format!("{label}: {} → {}", or_nobody(&named(&before)), or_nobody(&after.join(", "))));
        }
        change.gone.extend(gone.into_iter().cloned());
        change.new.extend(new.into_iter().map(|(name, who)| (role, name, who)));
    }
    scopes_read(lines, sent, &mut change, &mut wrong);
    let time = sent.time.trim();
    if time != time_shown(task) {
        match fill::time(time, year, task.text("content").unwrap_or_default()) {
            _ if time.is_empty() => wrong("time", "Ghi thời gian mới. Không còn thời hạn thì ghi: Thường xuyên.".into()),
            Ok(found) => change.time = Some(found),
            Err(message) => wrong("time", message),
        }
    }
    if sent.reason.trim().is_empty() {
        wrong("reason", "Ghi lý do điều chỉnh, ví dụ số văn bản cho phép.".into());
    }
    if errors.is_empty() { Ok(change) } else { Err(Error::Invalid(errors)) }
}

fn or_nobody(names: &str) -> &str {
    if names.is_empty() { "(chưa có)" } else { names }
}

/// Does a line of the task already say this agency or group?
fn means(line: &Record, who: &Who) -> bool {
    match who {
        Who::Agency(id) => line.text("agency") == Some(id),
        Who::Collective(id) => line.text("collective") == Some(id),
        _ => false,
    }
}

/// "name: scope" for names that act in the task after the amendment.
fn scopes_read(lines: &[Record], sent: &Sent, change: &mut Change, wrong: &mut impl FnMut(&str, String)) {
    let stays = |l: &&Record| !change.gone.iter().any(|g| g.id == l.id);
    let names: Vec<String> = lines
        .iter()
        .filter(stays)
        .filter_map(|l| l.text("name"))
        .chain(change.new.iter().map(|n| n.1.as_str()))
        .map(str::to_owned)
        .collect();
    // whoever goes takes the scope along
    let gone: Vec<&str> = change.gone.iter().filter_map(|l| l.text("name")).filter(|n| !names.iter().any(|m| m == n)).collect();
    let taken = |line: &&str| !gone.iter().any(|n| line.strip_prefix(n).is_some_and(|rest| rest.trim_start().starts_with(':')));
    for line in sent.scopes.lines().map(str::trim).filter(|l| !l.is_empty()).filter(taken) {
        let found =
            names.iter().find_map(|n| Some((n.clone(), line.strip_prefix(n.as_str())?.trim_start().strip_prefix(':')?.trim().to_owned())));
        match found {
            Some((name, scope)) if !scope.is_empty() => change.scopes.push((name, scope)),
            _ => wrong("scopes", format!("Dòng «{line}» không bắt đầu bằng tên một cơ quan của nhiệm vụ. Viết: tên cơ quan: phạm vi.")),
        }
    }
}

fn write_lines(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, lines: &[Record], change: &Change, why: &str) -> Result<()> {
    let scope = |name: &str| change.scopes.iter().find(|(n, _)| n == name).map_or(Data::Null, |(_, s)| Data::Text(s.clone()));
    for line in lines {
        if change.gone.iter().any(|g| g.id == line.id) {
            actions::delete(tx, reg, actor, "task_actor", &line.id, line.version, why)?;
        } else {
            let values = Values::from([("scope_text".to_owned(), scope(line.text("name").unwrap_or_default()))]);
            actions::update(tx, reg, actor, "task_actor", &line.id, line.version, values, Some(why))?;
        }
    }
    let last = lines.iter().filter_map(|l| l.int("seq")).max().unwrap_or_default();
    for ((role, name, who), seq) in change.new.iter().zip(last + 1..) {
        if let Some((field, value)) = said(who) {
            fill::new_line(tx, reg, actor, &task.id, seq, role, &[(field, value), ("scope_text", scope(name))], name)?;
        }
    }
    Ok(())
}
