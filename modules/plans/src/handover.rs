//! Obligations change hands: an agency ended, or the task names another one. Nobody's work is lost, and a person decides about
//! work that was begun by an agency no longer named.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use calendar::Date;
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Error, Result, Tx};
use work::{Channel, Message, notify};

use crate::expand::{Round, UNASSIGNED, by_schedule, linked};
use crate::store::{OwedRow, owed_rows};

impl Round<'_> {
    /// Obligations of agencies that ended: open ones end, and those not yet due pass to the successor that does not owe the same
    /// already; the old record stays with the old agency: its evidence is that agency's. What was handed in goes, as it is, to
    /// the successor, whose head decides. How many changed.
    pub fn ended(&self, tx: &mut Tx, task: &Record, rows: &[OwedRow]) -> Result<usize> {
        let mut n = 0;
        let mut taken: BTreeSet<(String, String)> = rows.iter().map(|r| (r.agency.clone(), r.key.clone())).collect();
        for r in rows.iter().filter(|r| r.open() || r.begun()) {
            let Some(end) = self.agencies.get(&r.agency).and_then(|l| l.to).filter(|t| *t < self.day) else { continue };
            let on = web::fmt::date(&end.to_string());
            if !r.open() {
                if let Some(heir) = self.handed_in(tx, task, r, &on)? {
                    taken.insert((heir, r.key.clone()));
                    n += 1;
                }
                continue;
            }
            n += 1;
            let due = r.due.as_deref().and_then(|d| Date::parse(d).ok());
            let heirs = if due.is_some_and(|d| d < end) { vec![] } else { self.living_heirs(&r.agency) };
            let names: Vec<&str> = heirs.iter().map(|h| self.name(h)).collect();
            let why = match names.as_slice() {
                [] => format!("Cơ quan kết thúc hoạt động ngày {on}."),
                list => format!("Cơ quan kết thúc hoạt động ngày {on}; chuyển cho {}.", list.join(", ")),
            };
            let old = actions::get(tx, self.reg, &self.actor.may(Verb::Read, "obligation")?, &r.id)?;
            self.exempt(tx, r, &why)?;
            for heir in heirs {
                if taken.insert((heir.clone(), r.key.clone())) && self.owes(&heir, self.day, due) {
                    self.inherit(tx, task, &old, &heir)?;
                }
            }
        }
        Ok(n)
    }

    /// Handed in before the agency ended: to the successor with the largest share. Without one, the standing officer is told.
    fn handed_in(&self, tx: &mut Tx, task: &Record, r: &OwedRow, on: &str) -> Result<Option<String>> {
        let share = |to: &str| self.heirs.get(&r.agency).into_iter().flatten().find(|h| h.agency == to).map_or(0.0, |h| h.share);
        let heir = self.living_heirs(&r.agency).into_iter().reduce(|best, h| if share(&h) > share(&best) { h } else { best });
        if let Some(heir) = heir {
            let why = format!("{} kết thúc hoạt động ngày {on}; hồ sơ chờ duyệt chuyển cho {}.", self.name(&r.agency), self.name(&heir));
            hand(tx, self.reg, self.actor, &task.id, r, &heir, (self.name(&r.agency), &why))?;
            return Ok(Some(heir));
        }
        let subject = format!("Hồ sơ chờ duyệt của cơ quan đã kết thúc: {}", self.name(&r.agency));
        let body = format!(
            "“{}”: cơ quan kết thúc ngày {on}, chưa có cơ quan kế thừa. Duyệt thay, miễn, hoặc ghi cơ quan kế thừa ở sổ Kế thừa cơ quan.",
            crate::pages::cut(task.text("content").unwrap_or_default())
        );
        tell_officers(tx, &format!("plans-no-heir:{}", r.id), (&subject, &body), &format!("/plans/obligation/{}", r.id))?;
        Ok(None)
    }

    fn name<'n>(&'n self, agency: &'n str) -> &'n str {
        self.agencies.get(agency).map_or(agency, |l| l.name.as_str())
    }

    /// Successors that exist on the day, through agencies that ended in between.
    pub fn living_heirs(&self, agency: &str) -> Vec<String> {
        let (mut seen, mut waiting, mut found) = (BTreeSet::new(), vec![agency], Vec::new());
        while let Some(a) = waiting.pop() {
            for h in self.heirs.get(a).into_iter().flatten().map(|h| h.agency.as_str()) {
                if seen.insert(h) {
                    if self.lives(h, self.day) { found.push(h.to_owned()) } else { waiting.push(h) }
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

    /// Obligations of agencies that the task no longer names: what nobody began ends; what was begun stays, and the standing
    /// officer is asked. An agency named again is no question any more.
    pub fn unassigned(
        &mut self,
        tx: &mut Tx,
        task: &Record,
        acting: &[Record],
        rows: &[OwedRow],
        mut named: BTreeSet<String>,
    ) -> Result<usize> {
        let made: Vec<&OwedRow> = rows.iter().filter(|r| !r.withdrawn && r.role == "lead" && by_schedule(&r.key)).collect();
        if made.iter().all(|r| named.contains(&r.agency) && r.unassigned.is_none()) {
            return Ok(0);
        }
        self.heirs_of_named(tx, acting, &made, &mut named)?;
        let (mut n, mut begun) = (0, vec![]);
        for r in made.into_iter().filter(|r| self.lives(&r.agency, self.day)) {
            match (named.contains(&r.agency), r.unassigned.as_deref()) {
                (true, Some(_)) => self.mark(tx, r, Data::Null, "được giao lại")?,
                (false, None) if r.untouched() => self.exempt(tx, r, UNASSIGNED)?,
                (false, None) if r.begun() => {
                    self.mark(tx, r, Data::Text("asked".into()), UNASSIGNED)?;
                    begun.push(self.name(&r.agency));
                }
                _ => continue,
            }
            n += 1;
        }
        if !begun.is_empty() {
            let subject = format!("Không còn được giao, đã làm dở: {} cơ quan", begun.len());
            let what = crate::pages::cut(task.text("content").unwrap_or_default());
            let body = format!("“{what}” nay giao cho cơ quan khác; {} đã làm dở. Chuyển, miễn, hay giữ?", begun.join(", "));
            let event = format!("plans-unassigned:{}:{}", task.id, self.day);
            tell_officers(tx, &event, (&subject, &body), &format!("/plans/{}?tab=tasks", task.text("plan").unwrap_or_default()))?;
        }
        Ok(n)
    }

    /// Adds who took over from agencies that the task named until their last day.
    fn heirs_of_named(&mut self, tx: &mut Tx, acting: &[Record], rows: &[&OwedRow], named: &mut BTreeSet<String>) -> Result<()> {
        let over: BTreeMap<&str, Date> = rows
            .iter()
            .filter_map(|r| self.agencies.get(&r.agency)?.to.filter(|t| *t < self.day).map(|t| (r.agency.as_str(), t)))
            .collect();
        for (agency, last) in over {
            for line in acting.iter().filter(|a| a.text("role") == Some("lead")) {
                if self.named(tx, line, last)?.iter().any(|a| a == agency) {
                    named.extend(self.living_heirs(agency));
                }
            }
        }
        Ok(())
    }

    fn mark(&self, tx: &mut Tx, r: &OwedRow, value: Data, why: &str) -> Result<()> {
        let values = Values::from([("unassigned".to_owned(), value)]);
        actions::update(tx, self.reg, self.actor, "obligation", &r.id, r.version, values, Some(why)).map(drop)
    }
}

/// Gives an obligation with its work and evidence to another agency, in place of what nobody there began; beside what somebody
/// began, under a key of its own. `from` = name of the agency that gives, and why.
fn hand(tx: &mut Tx, reg: &Registry, actor: &Actor, task: &str, r: &OwedRow, to: &str, from: (&str, &str)) -> Result<()> {
    let (name, why) = from;
    let mut key = r.key.clone();
    let theirs: Vec<OwedRow> = owed_rows(tx, task)?.into_iter().filter(|o| o.agency == to && o.role == r.role && !o.withdrawn).collect();
    if let Some(o) = theirs.iter().find(|o| o.key == r.key) {
        if o.untouched() {
            actions::delete(tx, reg, actor, "obligation", &o.id, o.version, why)?;
        } else {
            key = format!("{key} ({name})");
        }
    }
    let word = |w: &str| Data::Text(w.to_owned());
    let values =
        Values::from([("agency".to_owned(), word(to)), ("period_key".to_owned(), word(&key)), ("unassigned".to_owned(), Data::Null)]);
    actions::update(tx, reg, actor, "obligation", &r.id, r.version, values, Some(why))?;
    // who decides about it must see what proves it
    for e in linked(tx, reg, actor, "evidence", "obligation", &r.id)? {
        let values = Values::from([("agency".to_owned(), word(to))]);
        actions::update(tx, reg, &program(actor), "evidence", &e.id, e.version, values, Some(why))?;
    }
    Ok(())
}

/// The program, in the name of who decided: evidence of what waits for approval moves with it, though nobody may change it.
fn program(actor: &Actor) -> Actor {
    let mut p = Actor::system("plans");
    p.id.clone_from(&actor.id);
    p.name.clone_from(&actor.name);
    p
}

/// Whether an agency can go on with this work on the day: another one than has it, and one that exists.
fn can_take_over(o: &Record, heir: &Record, today: &str) -> Result<()> {
    let no = |m: String| Err(Error::invalid("to", m));
    if o.text("agency") == Some(&heir.id) {
        return no(format!("{} đang giữ việc này. Chọn cơ quan khác, hoặc bấm Giữ để làm tiếp.", heir.title));
    }
    // days are kept as yyyy-MM-dd: their order is that of the text
    if let Some(end) = heir.text("valid_to").filter(|t| *t < today) {
        return no(format!("{} đã kết thúc hoạt động ngày {}. Chọn cơ quan đang hoạt động.", heir.title, web::fmt::date(end)));
    }
    if let Some(start) = heir.text("valid_from").filter(|f| *f > today) {
        return no(format!("{} chỉ hoạt động từ ngày {}. Chọn cơ quan đang hoạt động.", heir.title, web::fmt::date(start)));
    }
    Ok(())
}

/// What the standing officer decides about work begun by an agency no longer named.
pub enum Decision {
    /// Another agency goes on with it.
    Move(String),
    /// It does not apply any more.
    Exempt,
    /// The agency goes on with it.
    Keep,
}

/// Writes the decision down. The permission is that of the obligation itself.
pub fn decide(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, decision: &Decision, today: &str) -> Result<()> {
    actor.may(Verb::Update, "obligation")?;
    let o = actions::get(tx, reg, &actor.may(Verb::Read, "obligation")?, id)?;
    if o.text("unassigned") != Some("asked") {
        return Err(Error::Conflict("Việc này đã được quyết định. Mở lại trang kế hoạch để xem.".into()));
    }
    let set = |v: &str| Values::from([("unassigned".to_owned(), Data::Text(v.to_owned()))]);
    match decision {
        Decision::Keep => actions::update(tx, reg, actor, "obligation", id, o.version, set("kept"), Some("Vẫn giữ để làm tiếp.")).map(drop),
        Decision::Exempt => {
            let values = Values::from([
                ("unassigned".to_owned(), Data::Null),
                ("na_reason".to_owned(), Data::Text(format!("{UNASSIGNED} Việc đã làm được giữ lại."))),
            ]);
            actions::transition(tx, reg, actor, "obligation", id, o.version, "exempt", values, Some(UNASSIGNED)).map(drop)
        }
        Decision::Move(to) => {
            let task = o.text("task").unwrap_or_default().to_owned();
            let row = owed_rows(tx, &task)?.into_iter().find(|r| r.id == id);
            let row = row.ok_or_else(|| Error::NotFound("Không còn nghĩa vụ này.".into()))?;
            let heir = actions::get(tx, reg, &actor.may(Verb::Read, "agency")?, to)?;
            can_take_over(&o, &heir, today)?;
            let name = o.link_title("agency").unwrap_or_default().to_owned();
            let why = format!("Nhiệm vụ không còn giao cho {name}; việc làm dở chuyển cho {}.", heir.title);
            hand(tx, reg, actor, &task, &row, to, (&name, &why))
        }
    }
}

/// A notice to everybody who is standing officer; the same `event` tells once.
pub fn tell_officers(tx: &mut Tx, event: &str, (subject, body): (&str, &str), link: &str) -> Result<()> {
    let message = Message { event, template: "plans", subject, body, link: Some(link), needs_ack: false };
    for (account, _) in access::holders(tx, &["standing_officer"])? {
        notify(tx, &account, &message, &[Channel::InApp])?;
    }
    Ok(())
}
