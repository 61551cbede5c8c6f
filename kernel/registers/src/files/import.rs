//! In: rows of a file become records, each row judged for itself.

use std::collections::{BTreeSet, HashMap};

use access::{Actor, Verb};
use documents::{Cell, DataRow, ReadOptions, SheetData, column_letter, read_csv, read_xlsx};
use store::{Error, Result, Tx};

use super::cells::{self, Problem};
use super::columns::{FileColumn, Slot, columns, match_headers};
use super::dry::Ghosts;
use super::export::definition;
use super::index::{Index, default_value, usable_keys};
use super::links::{Meant, Targets};
use super::report::{CellError, Outcome, RowReport};
use super::{CLEAR, states};
use crate::actions::{self, Values};
use crate::definition::{Definition, Field, FieldType, Registry};
use crate::record::{Data, Record};

/// Reads an uploaded `.xlsx` or `.csv` of a register; headings are found by the register's columns.
pub fn read(reg: &Registry, register: &str, bytes: &[u8]) -> Result<SheetData> {
    let def = definition(reg, register)?;
    let expected_headers = columns(def).into_iter().flat_map(|c| [c.label.vi, c.label.en, c.id]).collect();
    let options = ReadOptions { expected_headers, ..ReadOptions::default() };
    // Every .xlsx is a zip archive; old .xls and locked files are OLE containers, which read_xlsx explains.
    let sheet = if bytes.starts_with(b"PK") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        read_xlsx(bytes, &options)
    } else {
        read_csv(bytes, &options)
    };
    sheet.map_err(|e| Error::BadRequest(e.to_string()))
}

/// The right to import, and what the headings of a file fill, with sentences about those that were not understood.
pub(super) fn headings(reg: &Registry, actor: &Actor, register: &str, sheet: &SheetData) -> Result<(Vec<Option<Slot>>, Vec<String>)> {
    let def = definition(reg, register)?;
    actor.may(Verb::Import, register)?;
    let (slots, header_notes) = match_headers(def, &sheet.headers);
    if slots.iter().all(Option::is_none) {
        let labels: Vec<String> = columns(def).into_iter().take(6).map(|c| c.label.vi).collect();
        return Err(Error::BadRequest(format!(
            "Không nhận ra cột nào của sổ “{}”. Các cột gồm: {}… Hãy tải tệp mẫu.",
            def.register.label.vi,
            labels.join(", ")
        )));
    }
    let mut notes: Vec<String> = header_notes.into_iter().map(|n| n.message).collect();
    // said once, above all rows, instead of once for each
    let lacking: Vec<&str> = def
        .fields
        .iter()
        .enumerate()
        .filter(|(at, f)| f.required && default_value(def, &f.id).is_none() && !slots.contains(&Some(Slot::Field(*at))))
        .map(|(_, f)| f.label.vi.as_str())
        .collect();
    if !lacking.is_empty() && !slots.contains(&Some(Slot::Id)) {
        let list = lacking.join("”, “");
        notes.push(format!(
            "Tệp thiếu cột bắt buộc “{list}”: mọi dòng thêm mới đều lỗi. Thêm cột này (tên cột như trong tệp mẫu) rồi nhập lại."
        ));
    }
    notes.extend(sheet.ignored_columns.iter().map(|c| format!("Cột {c}: có dữ liệu nhưng không có tiêu đề, bị bỏ qua.")));
    Ok((slots, notes))
}

/// Turns rows of one file into records. Made once per run; keeps what it learned about names and keys.
#[derive(Debug)]
pub struct Importer {
    register: String,
    columns: Vec<FileColumn>,
    /// Per heading: what it fills.
    slots: Vec<Option<Slot>>,
    /// Per heading: letter and label.
    places: Vec<(String, String)>,
    notes: Vec<String>,
    targets: Targets,
    index: Index,
    seen: HashMap<(usize, Vec<String>), u32>,
    order: Vec<usize>,
    reason: String,
    today: String,
    /// Of a dry run only.
    pub(super) ghosts: Option<Ghosts>,
}

/// With whose eyes a row is read.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a> {
    pub reg: &'a Registry,
    pub actor: &'a Actor,
    pub def: &'a Definition,
}

/// A row while it is being read.
#[derive(Debug, Default, Clone)]
pub(super) struct Draft {
    pub values: Values,
    pub state: Option<String>,
    errors: Vec<CellError>,
}

impl Importer {
    /// Checks the right to import, understands the headings and loads the keys of what exists. `file` names the source
    /// in the history of each record.
    pub fn new(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, sheet: &SheetData, file: &str) -> Result<Self> {
        let def = definition(reg, register)?;
        let (slots, mut notes) = headings(reg, actor, register, sheet)?;
        let columns = columns(def);
        // a field with a default is known even without a column
        let has = |id: &str| default_value(def, id).is_some() || columns.iter().any(|c| c.id == id && slots.contains(&Some(c.slot)));
        let keys = usable_keys(def, has);
        if keys.is_empty() && !slots.contains(&Some(Slot::Id)) {
            notes.push("Tệp không có cột nào để nhận ra hồ sơ đã có: mọi dòng sẽ thành hồ sơ mới. Xem trang hướng dẫn của tệp mẫu.".into());
        }
        let index = Index::load(tx, reg, actor, def, keys)?;
        // names are read now: later the rows hold the writer
        let mut targets = Targets::default();
        for f in slots.iter().flatten().filter_map(|s| if let Slot::Field(at) = s { def.fields.get(*at) } else { None }) {
            if let FieldType::Link(t) | FieldType::Links(t) = &f.kind {
                targets.load(tx, reg, actor, t)?;
            }
        }
        let reason = if file.is_empty() { "Nhập từ tệp".to_owned() } else { format!("Nhập từ tệp {file}") };
        let places = sheet.headers.iter().map(|h| (column_letter(h.column), h.label.clone())).collect();
        let today = calendar::instant::local_date(tx.now()).to_string();
        let mut out = Self {
            register: register.to_owned(),
            columns,
            slots,
            places,
            notes,
            targets,
            index,
            seen: HashMap::new(),
            order: Vec::new(),
            reason,
            today,
            ghosts: None,
        };
        out.order = out.parents_first(def, sheet);
        Ok(out)
    }

    /// Sentences about columns.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Positions of the sheet's rows in the order to take them: a row that names another row of the same register (the
    /// parent of an agency) comes after it. The same file gives the same order, so that a job can go on where it stopped.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Takes one row. Everything wrong with the row is in the report and nothing of it is saved; `Err` only when no
    /// further row can be taken either (storage away, a defect).
    pub fn row(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor, row: &DataRow) -> Result<RowReport> {
        let cx = Cx { reg, actor, def: definition(reg, &self.register)? };
        let title = row.cells.iter().map(Cell::to_text).filter(|s| !s.is_empty()).take(3).collect::<Vec<_>>().join(" · ");
        let mut report = RowReport { line: row.number, outcome: Outcome::Error, title, record: None, errors: Vec::new() };
        let mut draft = Draft::default();
        let (mut existing, mut keys) = (self.named_by_id(tx, cx, row, &mut draft)?, BTreeSet::new());
        if existing.is_none() {
            existing = self.recognise(tx, cx, row, &mut draft)?;
            // Also when the keys are wrong: everything wrong with a row is said at once.
            keys = self.key_fields();
        }
        self.read_columns(tx, cx, row, &mut draft, existing.as_ref(), |id| !keys.contains(id))?;
        draft.errors.sort_by(|a, b| (a.column.len(), &a.column).cmp(&(b.column.len(), &b.column)));
        if draft.errors.is_empty() {
            self.conjure_needed(tx, cx, existing.is_none(), &draft)?;
            let saved = tx.attempt(false, |tx| self.save(tx, cx, existing.as_ref(), &draft, None))?;
            match saved {
                Ok((record, outcome)) => {
                    report.outcome = outcome;
                    report.title.clone_from(&record.title);
                    report.record = Some(record.id.clone());
                    if outcome != Outcome::Unchanged {
                        self.targets.learn(cx.reg, &record);
                        self.index.learn(&record, &draft.values);
                        if let Some(g) = &mut self.ghosts {
                            g.remember(cx, &record.id, outcome, &draft);
                        }
                    }
                }
                Err(e) => draft.errors.extend(self.explain(e)?),
            }
        } else if self.is_about_one(&draft) {
            self.what_else(tx, cx, existing.as_ref(), &mut draft)?;
        }
        report.errors = draft.errors;
        Ok(report)
    }

    /// Is it known which record the row is about: nothing wrong with the row as a whole, its id or its keys?
    fn is_about_one(&self, draft: &Draft) -> bool {
        let keys = self.key_fields();
        let known = |c: &FileColumn| c.slot == Slot::Id || keys.contains(&c.id);
        draft.errors.iter().all(|e| !e.column.is_empty() && !self.columns.iter().any(|c| known(c) && self.place_of(&c.id).0 == e.column))
    }

    /// A row with unreadable cells is tried all the same, and taken back: what is missing beside them is said at once.
    fn what_else(&mut self, tx: &mut Tx, cx: Cx<'_>, existing: Option<&Record>, draft: &mut Draft) -> Result<()> {
        self.conjure_needed(tx, cx, false, draft)?;
        let tried = tx.attempt(true, |tx| self.save(tx, cx, existing, draft, None))?;
        let Err(e) = tried else { return Ok(()) };
        let e = match e {
            Error::Invalid(list) => Error::Invalid(list.into_iter().filter(|f| !f.field.is_empty()).collect()),
            Error::Internal(_) | Error::Unavailable(_) => return Err(e),
            _ => return Ok(()),
        };
        for more in self.explain(e)? {
            let known = |c: &CellError| c.label == more.label || !c.column.is_empty() && c.column == more.column;
            if !draft.errors.iter().any(known) {
                draft.errors.push(more);
            }
        }
        Ok(())
    }

    /// Remembers a row that an interrupted run took already, so that a second row of the same record is still found.
    pub(super) fn recall(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor, row: &DataRow) -> Result<()> {
        let cx = Cx { reg, actor, def: definition(reg, &self.register)? };
        let mut draft = Draft::default();
        if self.named_by_id(tx, cx, row, &mut draft)?.is_none() {
            self.recognise(tx, cx, row, &mut draft)?;
        }
        Ok(())
    }

    /// The record whose id stands in the row. An id of elsewhere (a file of another instance) leaves it to the keys.
    fn named_by_id(&mut self, tx: &mut Tx, cx: Cx<'_>, row: &DataRow, draft: &mut Draft) -> Result<Option<Record>> {
        let Some(at) = self.slots.iter().position(|s| *s == Some(Slot::Id)) else { return Ok(None) };
        let id = row.cells.get(at).map(Cell::to_text).unwrap_or_default();
        let id = id.trim();
        if id.is_empty() {
            return Ok(None);
        }
        let scope = cx.actor.may(Verb::Read, &cx.def.register.id)?;
        let (what, remedy) = match actions::get(tx, cx.reg, &scope, id) {
            Ok(r) if !r.deleted => match self.seen.insert((usize::MAX, vec![id.to_owned()]), row.number) {
                None => return Ok(Some(r)),
                Some(first) => {
                    (format!("trùng hồ sơ với dòng {first} của tệp"), "Xóa một trong hai dòng, hoặc xóa mã hồ sơ để thêm hồ sơ mới.")
                }
            },
            Ok(_) => ("hồ sơ này đã bị rút".to_owned(), "Xóa dòng này; hoặc xóa mã hồ sơ để thêm thành hồ sơ mới."),
            Err(Error::NotFound(_)) if !self.index.keys().is_empty() => return Ok(None),
            Err(Error::NotFound(_)) => {
                ("mã hồ sơ không có trong sổ, hoặc ngoài phạm vi của bạn".to_owned(), "Xóa mã hồ sơ để thêm thành hồ sơ mới.")
            }
            Err(e) => return Err(e),
        };
        let (column, label) = self.places.get(at).cloned().unwrap_or_default();
        draft.errors.push(CellError { column, label, what, remedy: remedy.into() });
        Ok(None)
    }

    /// Reads the key columns and finds the record the row is about.
    fn recognise(&mut self, tx: &mut Tx, cx: Cx<'_>, row: &DataRow, draft: &mut Draft) -> Result<Option<Record>> {
        let wanted = self.key_fields();
        self.read_columns(tx, cx, row, draft, None, |id| wanted.contains(id))?;
        if !draft.errors.is_empty() {
            return Ok(None);
        }
        let get = |f: &str| draft.values.get(f).cloned().or_else(|| default_value(cx.def, f)).unwrap_or(Data::Null);
        let Some(key) = self.index.row_key(get) else { return Ok(None) };
        if let Some(first) = self.seen.insert(key.clone(), row.number) {
            draft
                .errors
                .push(whole_row(format!("trùng với dòng {first} của tệp"), "Xóa một trong hai dòng, hoặc thêm cột mã để phân biệt."));
            self.seen.insert(key, first);
            return Ok(None);
        }
        let day = self.day(&draft.values);
        let found = self.index.find(&key, &day).map(|id| id.map(str::to_owned));
        match found {
            Ok(None) => Ok(None),
            Ok(Some(id)) => {
                self.conjure(tx, cx, &id)?;
                let scope = cx.actor.may(Verb::Read, &cx.def.register.id)?;
                actions::get(tx, cx.reg, &scope, &id).map(Some)
            }
            Err(p) => {
                draft.errors.push(whole_row(p.what, &p.remedy));
                Ok(None)
            }
        }
    }

    fn key_fields(&self) -> BTreeSet<String> {
        self.index.keys().iter().flat_map(|k| k.fields.clone()).collect()
    }

    /// Reads the columns that `take` names: plain values first, so that links may be told apart by day and agency.
    fn read_columns(
        &mut self,
        tx: &mut Tx,
        cx: Cx<'_>,
        row: &DataRow,
        draft: &mut Draft,
        existing: Option<&Record>,
        take: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let mut jobs: Vec<(usize, Slot)> = Vec::new();
        for (i, slot) in self.slots.iter().enumerate() {
            let Some(slot) = *slot else { continue };
            let filled = row.cells.get(i).is_some_and(|c| !c.is_empty());
            if filled && self.columns.iter().any(|c| c.slot == slot && take(&c.id)) {
                jobs.push((i, slot));
            }
        }
        jobs.sort_by_key(|(i, slot)| (Self::weight(cx.def, *slot), *i));
        for (i, slot) in jobs {
            let cell = row.cells.get(i).unwrap_or(&Cell::Empty);
            if existing.is_some_and(|r| self.as_exported(cx, slot, cell, r)) {
                continue;
            }
            let outcome = match slot {
                _ if *cell == Cell::Error(documents::FORMULA.into()) => Err(cells::formula()),
                Slot::Id => Ok(()),
                Slot::State => cells::state(&cx.def.states, &cell.to_text()).map(|s| draft.state = Some(s)),
                Slot::ValidFrom | Slot::ValidTo => {
                    let id = if slot == Slot::ValidFrom { "valid_from" } else { "valid_to" };
                    let day = if cell.to_text() == CLEAR { Ok(Data::Null) } else { cells::date(cell).map(Data::Text) };
                    day.map(|d| drop(draft.values.insert(id.to_owned(), d)))
                }
                Slot::Field(at) => {
                    let Some(field) = cx.def.fields.get(at) else { continue };
                    match self.value(tx, cx, field, cell, existing, &draft.values)? {
                        Ok(Some(v)) => {
                            draft.values.insert(field.id.clone(), v);
                            Ok(())
                        }
                        Ok(None) => Ok(()),
                        Err(p) => Err(p),
                    }
                }
            };
            if let Err(p) = outcome {
                let (column, label) = self.places.get(i).cloned().unwrap_or_default();
                draft.errors.push(CellError { column, label, what: p.what, remedy: p.remedy });
            }
        }
        Ok(())
    }

    /// Does the cell hold what an export writes for this record? Then nothing is meant to change, whatever the words
    /// could stand for.
    fn as_exported(&self, cx: Cx<'_>, slot: Slot, cell: &Cell, r: &Record) -> bool {
        let Slot::Field(at) = slot else { return false };
        let Some(f) = cx.def.fields.get(at) else { return false };
        let Some(value) = r.fields.get(&f.id).filter(|v| **v != Data::Null) else { return false };
        let mut typed = cell.to_text();
        let titles = r.links.get(&f.id);
        for (id, _) in titles.into_iter().flatten() {
            typed = typed.replace(&format!(" [{id}]"), "");
        }
        let list = if let FieldType::Choice(id) = &f.kind { cx.reg.choices.get(id) } else { None };
        typed == cells::to_cell(&f.kind, value, titles, list).to_text()
    }

    /// Plain values, then the owning agency, then other links.
    fn weight(def: &Definition, slot: Slot) -> u8 {
        let Slot::Field(at) = slot else { return 0 };
        match def.fields.get(at) {
            Some(Field { kind: FieldType::Link(_) | FieldType::Links(_), id, .. }) => {
                2 - u8::from(Self::owner_field(def) == Some(id.as_str()))
            }
            _ => 0,
        }
    }

    /// The field that links straight to the owning agency, if the definition has one.
    fn owner_field(def: &Definition) -> Option<&str> {
        let scope = def.register.scope.as_deref()?;
        def.fields.iter().find(|f| f.id == scope).map(|f| f.id.as_str())
    }

    /// The value of a field; `None` = leave the field as it is.
    fn value(
        &mut self,
        tx: &mut Tx,
        cx: Cx<'_>,
        field: &Field,
        cell: &Cell,
        existing: Option<&Record>,
        values: &Values,
    ) -> Result<std::result::Result<Option<Data>, Problem>> {
        let typed = cell.to_text();
        if typed == CLEAR {
            return Ok(Ok(Some(Data::Null)));
        }
        if field.sensitive.is_some() && typed.contains(cells::MASK) {
            return Ok(Ok(None));
        }
        let day = self.day(values);
        match &field.kind {
            FieldType::File | FieldType::Files => Ok(Ok(None)),
            FieldType::Choice(list) => Ok(match cx.reg.choices.get(list) {
                Some(l) => cells::choice(l, &typed, &day).map(|id| Some(Data::Text(id))),
                None => Err(Problem::new("danh mục của cột này không có", "")),
            }),
            FieldType::Link(target) => Ok(self.link(tx, cx, target, field, &typed, existing, values, &day)?.map(|id| Some(Data::Text(id)))),
            FieldType::Links(target) => {
                let mut ids = Vec::new();
                for one in typed.split([';', '\n']).map(str::trim).filter(|s| !s.is_empty()) {
                    match self.link(tx, cx, target, field, one, existing, values, &day)? {
                        Ok(id) if ids.contains(&id) => {}
                        Ok(id) => ids.push(id),
                        Err(p) => return Ok(Err(p)),
                    }
                }
                Ok(Ok(Some(Data::Links(ids))))
            }
            _ => Ok(cells::plain(field, cell).map(Some)),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one cell in its row: all of these decide what the name means")]
    fn link(
        &mut self,
        tx: &mut Tx,
        cx: Cx<'_>,
        target: &str,
        field: &Field,
        typed: &str,
        existing: Option<&Record>,
        values: &Values,
        day: &str,
    ) -> Result<std::result::Result<String, Problem>> {
        let owner = Self::owner_field(cx.def).and_then(|f| match values.get(f) {
            Some(Data::Text(id)) => Some(id.clone()),
            _ => None,
        });
        let present: Vec<String> =
            existing.and_then(|r| r.links.get(&field.id)).map(|l| l.iter().map(|(id, _)| id.clone()).collect()).unwrap_or_default();
        let meant = Meant { day, agency: owner.as_deref(), present: &present };
        self.targets.resolve(tx, cx.reg, cx.actor, target, typed, &meant)
    }

    /// The day on which linked records must be valid: the row's last day, else today (or its first day, if later).
    fn day(&self, values: &Values) -> String {
        let day = |id: &str| match values.get(id) {
            Some(Data::Text(s)) => Some(s.clone()),
            _ => None,
        };
        let open = day("valid_from").filter(|f| f > &self.today).unwrap_or_else(|| self.today.clone());
        day("valid_to").filter(|t| t < &open).unwrap_or(open)
    }

    /// `again` = the id of a record that was taken back.
    pub(super) fn save(
        &self,
        tx: &mut Tx,
        cx: Cx<'_>,
        existing: Option<&Record>,
        draft: &Draft,
        again: Option<&str>,
    ) -> Result<(Record, Outcome)> {
        let register = cx.def.register.id.as_str();
        let (mut record, mut outcome) = match existing {
            None if again.is_some() => {
                let id = again.unwrap_or_default();
                (actions::create_again(tx, cx.reg, cx.actor, register, draft.values.clone(), id)?, Outcome::Create)
            }
            None => (actions::create(tx, cx.reg, cx.actor, register, draft.values.clone(), None)?, Outcome::Create),
            Some(old) => {
                let new = actions::update(tx, cx.reg, cx.actor, register, &old.id, old.version, draft.values.clone(), Some(&self.reason))?;
                let outcome = if new.version == old.version { Outcome::Unchanged } else { Outcome::Update };
                (new, outcome)
            }
        };
        if let Some(wanted) = draft.state.as_deref().filter(|w| record.state.as_deref() != Some(*w)) {
            record = states::lead_to(tx, cx.reg, cx.actor, cx.def, record, wanted, &self.reason)?;
            outcome = if outcome == Outcome::Create { outcome } else { Outcome::Update };
        }
        Ok((record, outcome))
    }

    /// An error of the actions in the words of the row; errors of the storage go on up.
    fn explain(&self, e: Error) -> Result<Vec<CellError>> {
        Ok(match e {
            Error::Invalid(list) => list
                .into_iter()
                .map(|f| {
                    let (column, label) = self.place_of(&f.field);
                    // the name stands beside the message already
                    let what = f.message.strip_prefix(&format!("{label}: ")).unwrap_or(&f.message).to_owned();
                    CellError { column, label, what, remedy: String::new() }
                })
                .collect(),
            Error::Forbidden(m) | Error::NotFound(m) | Error::Conflict(m) | Error::BadRequest(m) => vec![whole_row(m, "")],
            other => return Err(other),
        })
    }

    /// Column letter and label of a field; the letter is empty when the file has no such column.
    fn place_of(&self, field: &str) -> (String, String) {
        let Some(c) = self.columns.iter().find(|c| c.id == field) else {
            let label = if field == "reason" { "Lý do" } else { "" };
            return (String::new(), label.to_owned());
        };
        let letter = self.slots.iter().position(|s| *s == Some(c.slot)).and_then(|i| self.places.get(i)).map(|(l, _)| l.clone());
        (letter.unwrap_or_default(), c.label.vi.clone())
    }

    fn parents_first(&self, def: &Definition, sheet: &SheetData) -> Vec<usize> {
        let id = def.register.id.as_str();
        let column = |f: &dyn Fn(&Field) -> bool| -> Vec<usize> {
            self.slots
                .iter()
                .enumerate()
                .filter(|(_, s)| matches!(s, Some(Slot::Field(at)) if def.fields.get(*at).is_some_and(f)))
                .map(|(i, _)| i)
                .collect()
        };
        let links = column(&|f| f.kind == FieldType::Link(id.to_owned()));
        if links.is_empty() {
            return (0..sheet.rows.len()).collect();
        }
        let names = column(&|f| f.kind == FieldType::Text && f.sensitive.is_none());
        let key = |row: &DataRow, i: usize| row.cells.get(i).map(|c| text::name_key(&c.to_text())).filter(|k| !k.is_empty());
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for (at, row) in sheet.rows.iter().enumerate() {
            for name in names.iter().filter_map(|i| key(row, *i)) {
                by_name.entry(name).or_insert(at);
            }
        }
        let needs: Vec<Vec<usize>> = sheet
            .rows
            .iter()
            .map(|row| links.iter().filter_map(|i| key(row, *i)).filter_map(|k| by_name.get(&k).copied()).collect())
            .collect();
        depth_first(&needs)
    }
}

/// Every position after those it needs; circles are cut where they close (the row then says what it misses).
fn depth_first(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut out = Vec::with_capacity(needs.len());
    let mut met = vec![false; needs.len()];
    for start in 0..needs.len() {
        let mut stack = vec![(start, 0usize)];
        if std::mem::replace(&mut met[start], true) {
            continue;
        }
        while let Some((at, next)) = stack.pop() {
            match needs[at].get(next) {
                Some(&need) => {
                    stack.push((at, next + 1));
                    if !std::mem::replace(&mut met[need], true) {
                        stack.push((need, 0));
                    }
                }
                None => out.push(at),
            }
        }
    }
    out
}

fn whole_row(what: impl Into<String>, remedy: &str) -> CellError {
    CellError { column: String::new(), label: String::new(), what: what.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod order_tests {
    use super::depth_first;

    #[test]
    fn parents_come_first_and_circles_end() {
        assert_eq!(depth_first(&[vec![2], vec![], vec![1]]), [1, 2, 0]);
        assert_eq!(depth_first(&[vec![0], vec![]]), [0, 1]);
        let mut circle = depth_first(&[vec![1], vec![2], vec![0]]);
        circle.sort_unstable();
        assert_eq!(circle, [0, 1, 2]);
    }
}
