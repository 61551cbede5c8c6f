//! Names in cells to records: by title, natural key, short name or alias, within what the actor may read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::{Actor, Verb};
use store::{Result, Tx};

use super::cells::Problem;
use crate::definition::{Definition, FieldType, Registry};
use crate::record::{Data, Record};
use crate::{Query, actions};

/// One record that a cell may name.
#[derive(Debug, Clone)]
struct Entry {
    id: String,
    title: String,
    /// Its own code, if it has one: what people write to say which of two is meant.
    code: String,
    /// Name of its agency, to tell two of the same title apart.
    place: String,
    /// Owning agency as the record says it (id or path).
    agency: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

/// What names stand for in one register.
#[derive(Debug, Default)]
struct Target {
    entries: Vec<Entry>,
    /// Key of a name → positions in `entries`.
    names: HashMap<String, BTreeSet<usize>>,
    /// The same without marks, for names typed without them; asked only when the exact key is nobody's.
    bare: HashMap<String, BTreeSet<usize>>,
    by_id: HashMap<String, usize>,
    /// All the names as written, for "did you mean".
    written: Vec<String>,
}

/// Names of all registers met so far; filled when first needed, kept over the batches of a job.
#[derive(Debug, Default)]
pub(super) struct Targets {
    loaded: BTreeMap<String, Target>,
}

/// Which of several candidates is meant.
#[derive(Debug, Default, Clone)]
pub(super) struct Meant<'a> {
    /// Day on which the linked record must be valid.
    pub day: &'a str,
    /// Agency of the row: its own people and systems come first.
    pub agency: Option<&'a str>,
    /// Ids linked at present: the same title again means the same record.
    pub present: &'a [String],
}

impl Targets {
    /// Reads the names of a register, if the actor may.
    pub(super) fn load(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor, target: &str) -> Result<()> {
        if !self.loaded.contains_key(target) && actor.may(Verb::Read, target).is_ok() {
            let loaded = load(tx, reg, actor, target)?;
            self.loaded.insert(target.to_owned(), loaded);
        }
        Ok(())
    }

    /// The record of `target` that `typed` names, or what is wrong with it.
    pub(super) fn resolve(
        &mut self,
        tx: &mut Tx,
        reg: &Registry,
        actor: &Actor,
        target: &str,
        typed: &str,
        meant: &Meant<'_>,
    ) -> Result<std::result::Result<String, Problem>> {
        let label = reg.registers.get(target).map_or(target, |d| d.register.label.vi.as_str());
        if actor.may(Verb::Read, target).is_err() {
            return Ok(Err(Problem::new(
                format!("bạn không có quyền xem sổ “{label}”"),
                "Bỏ trống cột này hoặc nhờ cơ quan thường trực nhập.",
            )));
        }
        self.load(tx, reg, actor, target)?;
        let Some(t) = self.loaded.get(target) else { return Ok(Err(Problem::new("sổ này chưa có hồ sơ", ""))) };
        Ok(t.find(label, typed, meant))
    }

    /// A record just written may be named by later rows.
    pub(super) fn learn(&mut self, reg: &Registry, record: &Record) {
        if let (Some(t), Some(def)) = (self.loaded.get_mut(&record.register), reg.registers.get(&record.register)) {
            t.add(def, record);
        }
    }
}

impl Target {
    fn add(&mut self, def: &Definition, r: &Record) {
        let text = |id: &str| match r.fields.get(id) {
            Some(Data::Text(s)) if !r.masked.iter().any(|m| m == id) => Some(s.clone()),
            _ => None,
        };
        let entry = Entry {
            id: r.id.clone(),
            title: r.title.clone(),
            code: codes(def).find_map(&text).unwrap_or_default(),
            place: agency_field(def).and_then(|f| r.link_title(f)).unwrap_or_default().to_owned(),
            agency: r.agency.clone().unwrap_or_default(),
            valid_from: text("valid_from"),
            valid_to: text("valid_to"),
        };
        let at = *self.by_id.entry(r.id.clone()).or_insert(self.entries.len());
        if at == self.entries.len() {
            self.entries.push(entry)
        } else {
            self.entries[at] = entry
        }
        self.name(&r.title, at);
        for id in naming_fields(def) {
            if let Some(s) = text(id) {
                self.name(&s, at);
            }
        }
    }

    fn name(&mut self, written: &str, at: usize) {
        let key = text::name_key(written);
        if key.is_empty() {
            return;
        }
        self.bare.entry(text::fold(&key)).or_default().insert(at);
        if self.names.entry(key).or_default().insert(at) {
            self.written.push(written.to_owned());
        }
    }

    fn by_code(&self, code: &str) -> Option<&Entry> {
        let mut found = self.entries.iter().filter(|e| !e.code.is_empty() && text::name_key(&e.code) == text::name_key(code));
        found.next().filter(|_| found.next().is_none())
    }

    fn find(&self, label: &str, typed: &str, meant: &Meant<'_>) -> std::result::Result<String, Problem> {
        if let Some(e) = self.by_id.get(typed).and_then(|i| self.entries.get(*i)) {
            return Ok(e.id.clone());
        }
        // "name [id]", as an export writes names that several records have
        if let Some((name, id)) = typed.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) {
            return match self.by_id.get(id).and_then(|i| self.entries.get(*i)) {
                Some(e) => Ok(e.id.clone()),
                None => match self.by_code(id) {
                    Some(e) => Ok(e.id.clone()),
                    None => self.find(label, name, meant),
                },
            };
        }
        let none = BTreeSet::new();
        let key = text::name_key(typed);
        let places = self.names.get(&key).or_else(|| self.bare.get(&text::fold(&key))).unwrap_or(&none);
        let found: Vec<&Entry> = places.iter().filter_map(|i| self.entries.get(*i)).collect();
        let valid =
            |e: &&Entry| e.valid_from.as_deref().is_none_or(|f| f <= meant.day) && e.valid_to.as_deref().is_none_or(|t| meant.day <= t);
        let near = |e: &&Entry| meant.agency.is_some_and(|a| e.agency == a || e.agency.ends_with(&format!("/{a}/")));
        let present = |e: &&Entry| meant.present.contains(&e.id);
        let mut left = found;
        for keep in [&valid as &dyn Fn(&&Entry) -> bool, &near, &present] {
            let some: Vec<&Entry> = left.iter().copied().filter(|e| keep(e)).collect();
            if !some.is_empty() {
                left = some;
            }
            if left.len() == 1 {
                break;
            }
        }
        match left.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err(match text::nearest(typed, self.written.iter().map(String::as_str)) {
                Some(n) => Problem::new(
                    format!("“{typed}” không có trong sổ “{label}”"),
                    format!("Có phải là “{n}”? Nếu chưa có thì thêm vào sổ trước."),
                ),
                None => {
                    Problem::new(format!("“{typed}” không có trong sổ “{label}”."), "Kiểm tra lại tên hoặc mã, hoặc thêm vào sổ trước.")
                }
            }),
            many => {
                let list: Vec<String> = many.iter().take(5).map(|e| e.told_apart()).collect();
                Err(Problem::new(
                    format!("“{typed}” trỏ tới {} hồ sơ trong sổ “{label}”: {}", many.len(), list.join("; ")),
                    "Ghi mã (trong ngoặc vuông) thay cho tên.",
                ))
            }
        }
    }
}

impl Entry {
    /// Title, agency and code: two people of one name are known by these, not by our id, which stands only for who has no code.
    fn told_apart(&self) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!(" ({})", self.place) };
        format!("{}{place} [{}]", self.title, if self.code.is_empty() { &self.id } else { &self.code })
    }
}

/// Text fields that alone are a natural key.
fn codes(def: &Definition) -> impl Iterator<Item = &str> {
    let plain = |id: &&str| def.fields.iter().any(|f| f.id == *id && f.kind == FieldType::Text && f.sensitive.is_none());
    def.register.keys.iter().filter(|k| k.len() == 1).flatten().map(String::as_str).filter(plain)
}

/// The field that says whose record it is.
fn agency_field(def: &Definition) -> Option<&str> {
    def.register.scope.as_deref().filter(|s| def.fields.iter().any(|f| f.id == *s && f.kind == FieldType::Link("agency".into())))
}

/// Text fields that name a record: those of its natural keys and those compared for duplicates.
fn naming_fields(def: &Definition) -> impl Iterator<Item = &str> {
    let ids: BTreeSet<&String> = def.register.keys.iter().flatten().chain(&def.register.similar).collect();
    let plain = |id: &&String| def.fields.iter().any(|f| &f.id == *id && f.kind == FieldType::Text && f.sensitive.is_none());
    ids.into_iter().filter(plain).map(String::as_str)
}

fn load(tx: &mut Tx, reg: &Registry, actor: &Actor, target: &str) -> Result<Target> {
    let mut out = Target::default();
    let Some(def) = reg.registers.get(target) else { return Ok(out) };
    all_records(tx, reg, actor, target, |r| out.add(def, &r))?;
    // Aliases: a register whose text field `alias` names a record of `target` through a link.
    for (id, alias) in &reg.registers {
        let link = alias.fields.iter().find(|f| f.kind == FieldType::Link(target.to_owned()));
        if !id.ends_with("_alias") || actor.may(Verb::Read, id).is_err() {
            continue;
        }
        let Some(link) = link else { continue };
        all_records(tx, reg, actor, id, |r| {
            if let (Some(Data::Text(name)), Some(Data::Text(to))) = (r.fields.get("alias"), r.fields.get(&link.id))
                && let Some(at) = out.by_id.get(to).copied()
            {
                out.name(name, at);
            }
        })?;
    }
    Ok(out)
}

/// Every record of a register the actor may read, whatever its dates.
pub(super) fn all_records(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, mut each: impl FnMut(Record)) -> Result<()> {
    let scope = actor.may(Verb::Read, register)?;
    let mut query = Query { limit: Some(500), as_of: Some("all".into()), ..Query::default() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        page.items.into_iter().for_each(&mut each);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}
