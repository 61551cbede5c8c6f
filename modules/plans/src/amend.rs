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

/// What a line is called in the box of scopes: its name, with the role where two lines have one name.
fn called<'n>(names: &[(&'n str, &'n str)]) -> Vec<String> {
    let word = |role: &str| ROLES.iter().find(|r| r.0 == role).map_or(role, |r| r.1).to_lowercase();
    let twice = |name: &str| names.iter().filter(|n| n.1 == name).count() > 1;
    names.iter().map(|(role, name)| if twice(name) { format!("{name} ({})", word(role)) } else { (*name).to_owned() }).collect()
}

fn role_and_name(l: &Record) -> (&str, &str) {
    (l.text("role").unwrap_or_default(), l.text("name").unwrap_or_default())
}

/// Scopes as they are typed: a line that begins with a space goes on with the scope above it.
pub fn scopes(lines: &[Record]) -> String {
    let names: Vec<_> = lines.iter().map(role_and_name).collect();
    let one = |(l, name): (&Record, String)| Some(format!("{name}: {}", l.text("scope_text")?.lines().collect::<Vec<_>>().join("\n  ")));
    lines.iter().zip(called(&names)).filter_map(one).collect::<Vec<_>>().join("\n")
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
    /// Place of a line (those that stay, then the new ones), scope.
    scopes: Vec<(usize, String)>,
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
    let before: Vec<_> = lines.iter().map(role_and_name).collect();
    let stays = |l: &&Record| !change.gone.iter().any(|g| g.id == l.id);
    let after: Vec<_> = lines.iter().filter(stays).map(role_and_name).chain(change.new.iter().map(|n| (n.0, n.1.as_str()))).collect();
    let names = called(&after);
    // a name that was one of two may be called as it was when the page was shown
    let shown = called(&before);
    let then: Vec<&str> =
        after.iter().map(|at| before.iter().position(|b| b == at).and_then(|i| shown.get(i)).map_or("", String::as_str)).collect();
    // whoever goes takes the scope along
    let gone: Vec<&String> = shown.iter().zip(&before).filter(|(_, b)| !after.contains(b)).map(|(n, _)| n).collect();
    let mut taken = vec![false; names.len()];
    for said in entries(&sent.scopes) {
        let scope = |name: &str| Some(said.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim().to_owned());
        let at = |i: &usize| taken.get(*i) == Some(&false);
        let found = (0..names.len()).filter(at).find_map(|i| {
            let (now, then) = (names.get(i)?, then.get(i)?);
            Some((i, scope(now).or_else(|| Some(*then).filter(|t| !t.is_empty()).and_then(scope))?))
        });
        match found {
            Some((i, scope)) if !scope.is_empty() => {
                taken[i] = true;
                change.scopes.push((i, scope));
            }
            _ if gone.iter().any(|n| scope(n).is_some()) => {}
            _ => {
                let line = said.lines().next().unwrap_or_default();
                wrong(
                    "scopes",
                    format!(
                        "Dòng «{line}» không bắt đầu bằng tên một cơ quan của nhiệm vụ, hoặc tên ấy đã có phạm vi ở dòng trên. Viết: tên cơ quan: phạm vi. Dòng viết tiếp phạm vi ở trên bắt đầu bằng dấu cách."
                    ),
                );
            }
        }
    }
}

/// Lines with those that go on with them.
fn entries(typed: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in typed.lines().filter(|l| !l.trim().is_empty()) {
        match all.last_mut().filter(|_| line.starts_with(char::is_whitespace)) {
            Some(last) => *last = format!("{last}\n{}", line.trim()),
            None => all.push(line.trim().to_owned()),
        }
    }
    all
}

fn write_lines(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &Record, lines: &[Record], change: &Change, why: &str) -> Result<()> {
    let scope = |at: usize| change.scopes.iter().find(|(i, _)| *i == at).map_or(Data::Null, |(_, s)| Data::Text(s.clone()));
    let mut at = 0;
    for line in lines {
        if change.gone.iter().any(|g| g.id == line.id) {
            actions::delete(tx, reg, actor, "task_actor", &line.id, line.version, why)?;
        } else {
            let values = Values::from([("scope_text".to_owned(), scope(at))]);
            actions::update(tx, reg, actor, "task_actor", &line.id, line.version, values, Some(why))?;
            at += 1;
        }
    }
    let last = lines.iter().filter_map(|l| l.int("seq")).max().unwrap_or_default();
    for (((role, name, who), seq), at) in change.new.iter().zip(last + 1..).zip(at..) {
        if let Some((field, value)) = said(who) {
            fill::new_line(tx, reg, actor, &task.id, seq, role, &[(field, value), ("scope_text", scope(at))], name)?;
        }
    }
    Ok(())
}
