//! The one door to records: may → load → rule → store → ledger → event, in the caller's transaction.
//! Web, API, CLI, import, jobs and demo data all call these.

use std::collections::BTreeMap;

use access::{Actor, ActorKind, Scope, Verb};
use store::{Error, Result, Tx};

use crate::body::{Raw, is_empty};
use crate::definition::Transition;
use crate::list_sql::{cursor, order, predicate, resume};
use crate::model::Model;
use crate::owner::{Agency, Cache, reaches};
use crate::read::{self, is_clear, not_found, present, readable};
use crate::sql::{Sql, quote};
use crate::write::{Writer, holds_role, referrer, stale};
use crate::{Attachment, Data, HistoryEntry, ListPage, Query, Record, Registry, Tally};

/// Field values by id, from a form, a JSON body or a row of a file.
pub type Values = BTreeMap<String, Data>;

/// Adds a record in its first state. `idempotency` = the same key and values give the same record again.
pub fn create(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, values: Values, idempotency: Option<&str>) -> Result<Record> {
    let w = Writer::new(tx, reg, actor, Verb::Create, register)?;
    let request = serde_json::to_vec(&values).map_err(Error::internal)?;
    let door = format!("{register}:{}", actor.id);
    if let Some(key) = idempotency
        && let Some(id) = tx.idempotent(&door, key, &request)?
    {
        let gone = "Bản ghi đã tạo với khóa này bị rút, hoặc không còn trong phạm vi của bạn. Tạo bản ghi mới với khóa khác.";
        let (raw, _) = w.peek(tx, &id, &mut Cache::default()).map_err(|_| Error::Conflict(gone.into()))?;
        return shown(tx, &w, raw);
    }
    let raw = w.create(tx, values, &mut Cache::default())?;
    if let Some(key) = idempotency {
        tx.remember(&door, key, &request, &raw.id)?;
    }
    shown(tx, &w, raw)
}

/// Adds a record again that was taken back: a dry run names it by the id it had.
pub(crate) fn create_again(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, values: Values, id: &str) -> Result<Record> {
    let mut w = Writer::new(tx, reg, actor, Verb::Create, register)?;
    w.id = Some(id.to_owned());
    let raw = w.create(tx, values, &mut Cache::default())?;
    shown(tx, &w, raw)
}

fn shown(tx: &mut Tx, w: &Writer<'_>, raw: Raw) -> Result<Record> {
    present(tx, w.reg, w.m, &w.scope, vec![raw], false)?.pop().ok_or_else(|| not_found(w.m))
}

fn same_version(tx: &mut Tx, w: &Writer<'_>, raw: &Raw, version: i64) -> Result<()> {
    if raw.version == version { Ok(()) } else { Err(stale(tx, w.m, &raw.id, Some(&w.actor.id))) }
}

/// What to answer to somebody who acts on an older state of a record than the present one: who changed it, when.
pub fn changed_meanwhile(tx: &mut Tx, reg: &Registry, register: &str, id: &str) -> Error {
    match reg.model(register) {
        Ok(m) => stale(tx, m, id, None),
        Err(e) => e,
    }
}

/// Changes fields. `version` must be the present one (`Conflict` otherwise). Unchanged values write nothing.
#[expect(clippy::too_many_arguments, reason = "what a change consists of; every door names all of it")]
pub fn update(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    id: &str,
    version: i64,
    values: Values,
    reason: Option<&str>,
) -> Result<Record> {
    let w = Writer::new(tx, reg, actor, Verb::Update, register)?;
    let mut cache = Cache::default();
    let (before, _) = w.load(tx, id, &mut cache)?;
    same_version(tx, &w, &before, version)?;
    let after = w.change(tx, &before, values, "update", reason, None, &mut cache)?;
    shown(tx, &w, after.unwrap_or(before))
}

/// A step somebody is about to take.
pub struct Step<'a> {
    /// The record before it, as that person sees it.
    pub record: &'a Record,
    /// Id of the transition.
    pub transition: &'a str,
    /// The reason given, if any.
    pub reason: Option<&'a str>,
}

/// A rule of a module about the steps of a register that no expression can say; asked at every door, of people only. What is
/// wrong is `Invalid`.
pub type Gate = fn(&mut Tx, &Registry, &Actor, &Step<'_>) -> Result<()>;

/// Moves to another state by transition id, with the fields it demands.
#[expect(clippy::too_many_arguments, reason = "what a move consists of; every door names all of it")]
pub fn transition(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    id: &str,
    version: i64,
    transition: &str,
    values: Values,
    reason: Option<&str>,
) -> Result<Record> {
    let w = Writer::new(tx, reg, actor, Verb::Transition, register)?;
    let def = reg.get(register)?;
    let t = def.transitions.iter().find(|t| t.id == transition).ok_or_else(|| {
        let near = crate::check::suggest(transition, def.transitions.iter().map(|t| t.id.as_str()));
        Error::NotFound(format!("Sổ “{}” không có bước chuyển “{transition}”{near}", w.m.label))
    })?;
    let mut cache = Cache::default();
    let (before, owner) = w.load(tx, id, &mut cache)?;
    same_version(tx, &w, &before, version)?;
    may_move(tx, &w, t, &before, owner.as_ref())?;
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    let mut errors = Vec::new();
    if t.reason && reason.is_none() {
        errors.push(store::FieldError { field: "reason".into(), message: format!("Bước “{}” cần ghi lý do.", t.label.vi) });
    }
    if let Some(gate) = reg.gates.get(register).filter(|_| actor.kind != ActorKind::System) {
        let record = shown(tx, &w, before.clone())?;
        match gate(tx, reg, actor, &Step { record: &record, transition: &t.id, reason }) {
            Err(Error::Invalid(list)) => errors.extend(list),
            other => other?,
        }
    }
    if let Some(extra) = values.keys().find(|k| !t.demands.contains(k)) {
        // other fields are an update; who may do both may do them together
        let update = actor.may(Verb::Update, register).ok().filter(|s| reaches(s, w.m, owner.as_ref()));
        if update.is_none() {
            let label = w.m.field(extra).map_or(extra.as_str(), |f| f.label.as_str());
            return Err(Error::Forbidden(format!("Bước “{}” không sửa trường “{label}”.", t.label.vi)));
        }
    }
    for d in &t.demands {
        let given = values.get(d).is_some_and(|v| !is_empty(v) && *v != Data::Text(String::new()));
        if !given && (values.contains_key(d) || is_empty(&before.value(w.m, d))) {
            let label = w.m.field(d).map_or(d.as_str(), |f| f.label.as_str());
            errors
                .push(store::FieldError { field: d.clone(), message: format!("{label}: cần nhập trước khi “{}”.", t.label.vi) });
        }
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let mut values = values;
    for kept in def.transitions.iter().filter_map(|t| t.keeps.as_ref()) {
        let now = if t.keeps.as_ref() == Some(kept) { reason.map_or(Data::Null, |r| Data::Text(r.to_owned())) } else { Data::Null };
        values.insert(kept.clone(), now);
    }
    let after = w.change(tx, &before, values, &format!("transition:{}", t.id), reason, Some(&t.to), &mut cache)?;
    shown(tx, &w, after.unwrap_or(before))
}

fn may_move(tx: &mut Tx, w: &Writer<'_>, t: &Transition, raw: &Raw, owner: Option<&Agency>) -> Result<()> {
    let state = raw.state.as_deref().unwrap_or_default();
    if !t.from.iter().any(|s| s == state) {
        return Err(Error::Conflict(format!("Bản ghi đang ở trạng thái “{}”, không “{}” được.", w.m.state_label(state), t.label.vi)));
    }
    let system = w.actor.kind == ActorKind::System;
    if !system && !holds_role(w.actor, t, owner) {
        return Err(Error::Forbidden(format!("Vai trò của bạn không thực hiện được bước “{}”.", t.label.vi)));
    }
    if !system && t.second_person && (raw.updated_by == w.actor.id || crate::history::brought_here_by(tx, w.m, &raw.id, &w.actor.id)?) {
        return Err(Error::Forbidden(format!("Bước “{}” phải do người khác với người đã trình hoặc sửa bản ghi thực hiện.", t.label.vi)));
    }
    Ok(())
}

/// Transitions that the actor may take from the record's present state: (id, label).
pub fn transitions_for<'r>(tx: &mut Tx, reg: &'r Registry, actor: &Actor, register: &str, id: &str) -> Result<Vec<&'r Transition>> {
    let Ok(w) = Writer::new(tx, reg, actor, Verb::Transition, register) else { return Ok(vec![]) };
    let Ok((raw, owner)) = w.peek(tx, id, &mut Cache::default()) else { return Ok(vec![]) };
    Ok(reg.get(register)?.transitions.iter().filter(|t| may_move(tx, &w, t, &raw, owner.as_ref()).is_ok()).collect())
}

/// [`transition`] for the doors every register has: a step with a place of its own is refused, with that place.
#[expect(clippy::too_many_arguments, reason = "the arguments of `transition`")]
pub fn step(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    id: &str,
    version: i64,
    transition: &str,
    values: Values,
    reason: Option<&str>,
) -> Result<Record> {
    let own = reg.get(register)?.transitions.iter().find(|t| t.id == transition);
    if let Some((t, at)) = own.and_then(|t| Some((t, t.place(id)?))) {
        return Err(Error::Conflict(format!("Bước “{}” làm ở {at}, nơi các điều kiện của bước được kiểm tra.", t.label.vi)));
    }
    self::transition(tx, reg, actor, register, id, version, transition, values, reason)
}

/// "Still true": sets `confirmed_on` to today.
pub fn confirm(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str) -> Result<Record> {
    let w = Writer::new(tx, reg, actor, Verb::Transition, register)?;
    if !w.m.confirm {
        return Err(Error::BadRequest(format!("Sổ “{}” không cần xác nhận định kỳ.", w.m.label)));
    }
    let mut cache = Cache::default();
    let (before, owner) = w.load(tx, id, &mut cache)?;
    let mut raw = before.clone();
    raw.confirmed_on = Some(w.today.clone());
    if raw != before {
        w.save(tx, &before, &mut raw, owner.as_ref(), "confirm", None, &mut cache)?;
    }
    shown(tx, &w, raw)
}

/// Withdraws a record (kept in history, out of lists and figures). Refused while other records point to it.
pub fn delete(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str, version: i64, reason: &str) -> Result<()> {
    let w = Writer::new(tx, reg, actor, Verb::Delete, register)?;
    let mut cache = Cache::default();
    let (before, owner) = w.load(tx, id, &mut cache)?;
    same_version(tx, &w, &before, version)?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Ghi lý do rút bản ghi."));
    }
    w.not_frozen(tx, &before)?;
    if let Some(label) = referrer(tx, reg, w.m, id)? {
        return Err(Error::Conflict(format!("Còn bản ghi trong sổ “{label}” trỏ tới bản ghi này. Sửa hoặc rút các bản ghi đó trước.")));
    }
    let mut raw = before.clone();
    raw.deleted_at = Some(tx.now());
    w.save(tx, &before, &mut raw, owner.as_ref(), "delete", Some(reason.trim()), &mut cache)
}

/// The same change to many records, all or nothing. Number of records changed.
#[expect(clippy::too_many_arguments, reason = "what a change consists of; every door names all of it")]
pub fn bulk_update(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    ids: &[String],
    seen: &BTreeMap<String, i64>,
    values: Values,
    reason: Option<&str>,
) -> Result<usize> {
    let w = Writer::new(tx, reg, actor, Verb::Update, register)?;
    let mut cache = Cache::default();
    let mut changed = 0;
    for id in ids {
        let (before, _) = w.load(tx, id, &mut cache)?;
        if seen.get(id).is_some_and(|v| *v != before.version) {
            let title = shown(tx, &w, before)?.title;
            return Err(Error::invalid(
                "",
                format!("“{title}” vừa được sửa ở nơi khác. Xem lại bản ghi đó; lưu lần nữa thì lấy giá trị của bạn."),
            ));
        }
        let done = w.change(tx, &before, values.clone(), "update", reason, None, &mut cache);
        match done {
            Ok(after) => changed += usize::from(after.is_some()),
            Err(Error::Invalid(mut errors)) => {
                let title = shown(tx, &w, before)?.title;
                for e in &mut errors {
                    e.message = format!("“{title}”: {}", e.message);
                }
                return Err(Error::Invalid(errors));
            }
            Err(e) => return Err(e),
        }
    }
    Ok(changed)
}

/// One record in scope, masked. The scope must have been minted for this register with `Read`.
pub fn get(tx: &mut Tx, reg: &Registry, scope: &Scope, id: &str) -> Result<Record> {
    let m = readable(reg, scope)?;
    let raw = read::load_in_scope(tx, m, scope, id)?;
    present(tx, reg, m, scope, vec![raw], is_clear(scope))?.pop().ok_or_else(|| not_found(m))
}

/// The record as it stood at an instant (µs UTC), masked, for a reader who may see it today.
pub fn get_as_of(tx: &mut Tx, reg: &Registry, scope: &Scope, id: &str, at: i64) -> Result<Record> {
    let m = readable(reg, scope)?;
    crate::history::as_of(tx, reg, m, scope, id, at)
}

/// A page of records in scope, masked.
pub fn list(tx: &mut Tx, reg: &Registry, scope: &Scope, query: &Query) -> Result<ListPage> {
    let m = readable(reg, scope)?;
    let limit = usize::try_from(query.limit.unwrap_or(50).clamp(1, 500)).unwrap_or(50);
    let mut filter = predicate(tx, reg, m, scope, query)?;
    let order = order(reg, m, scope, query, &mut filter)?;
    let mut page =
        Sql { text: format!("SELECT {}, {} FROM {} t{}", m.select, order.expr, m.table(), filter.text), params: filter.params.clone() };
    if let Some(after) = query.after.as_deref().filter(|a| !a.is_empty()) {
        resume(&mut page, tx.engine(), &order, after)?;
    }
    let way = if order.down { " DESC" } else { "" };
    page.push(&format!(" ORDER BY {}{way}, t.\"id\"{way} LIMIT {}", order.expr, limit + 1));
    let mut rows = tx.query(&page.text, &page.params)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let at = Raw::width(m);
    let next = match rows.last() {
        Some(last) if more => Some(cursor(&order, &last.get(at)?, &last.get::<String>(0)?)?),
        _ => None,
    };
    let total = if query.uncounted || !more && query.after.is_none() {
        i64::try_from(rows.len()).unwrap_or(i64::MAX)
    } else {
        count_of(tx, m, &filter)?
    };
    let raws = read::from_rows(tx, m, &rows, 0)?;
    Ok(ListPage { items: present(tx, reg, m, scope, raws, is_clear(scope))?, next, total })
}

fn count_of(tx: &mut Tx, m: &Model, filter: &Sql) -> Result<i64> {
    tx.query_opt(&format!("SELECT COUNT(*) FROM {} t{}", m.table(), filter.text), &filter.params)?.map_or(Ok(0), |r| r.get(0))
}

/// How many match, in scope.
pub fn count(tx: &mut Tx, reg: &Registry, scope: &Scope, query: &Query) -> Result<i64> {
    let m = readable(reg, scope)?;
    let filter = predicate(tx, reg, m, scope, query)?;
    count_of(tx, m, &filter)
}

/// How many match, in scope, for each combination of these columns (`state`, or fields kept as text: links, choices, days).
/// One statement; an index over the columns (`indexes` of the definition) answers it without touching the records.
pub fn tally(tx: &mut Tx, reg: &Registry, scope: &Scope, query: &Query, by: &[&str]) -> Result<Vec<Tally>> {
    let m = readable(reg, scope)?;
    let mut columns = Vec::new();
    for word in by {
        let plain = match m.field(word) {
            Some(f) => f.is_column() && !f.sensitive && crate::ddl::is_text(&f.kind),
            None => *word == "state" && !m.states.is_empty(),
        };
        if !plain {
            return Err(Error::internal(format!("{}: cannot tally by {word}", m.id)));
        }
        columns.push(format!("t.{}", quote(word)));
    }
    let filter = predicate(tx, reg, m, scope, query)?;
    let columns = columns.join(", ");
    let rows = tx.query(&format!("SELECT {columns}, COUNT(*) FROM {} t{} GROUP BY {columns}", m.table(), filter.text), &filter.params)?;
    rows.iter().map(|r| Ok(Tally { of: (0..by.len()).map(|i| r.get(i)).collect::<Result<_>>()?, n: r.get(by.len())? })).collect()
}

/// History of a record in scope, newest first.
pub fn history(tx: &mut Tx, reg: &Registry, scope: &Scope, id: &str) -> Result<Vec<HistoryEntry>> {
    let m = readable(reg, scope)?;
    crate::history::history(tx, m, scope, id)
}

/// Shows personal fields in clear; needs verb `Unmask`; writes a ledger leaf with the reason.
pub fn unmask(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, id: &str, reason: &str) -> Result<Record> {
    let w = Writer::new(tx, reg, actor, Verb::Unmask, register)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason", "Ghi lý do xem thông tin cá nhân; lý do được lưu vào sổ cái."));
    }
    let (raw, _) = w.load(tx, id, &mut Cache::default())?;
    w.log(tx, &raw, Some(&raw), "unmask", Some(reason))?;
    present(tx, reg, w.m, &w.scope, vec![raw], true)?.pop().ok_or_else(|| not_found(w.m))
}

/// A file of a masked field: the same right as [`unmask`], and a leaf of its own that names the file.
///
/// # Errors
/// As [`unmask`] and [`attachment`].
#[expect(clippy::too_many_arguments, reason = "which file of which record, and why")]
pub fn unmask_file(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    id: &str,
    field: &str,
    sha256: &str,
    reason: &str,
) -> Result<(Attachment, Vec<u8>)> {
    let w = Writer::new(tx, reg, actor, Verb::Unmask, register)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason", "Ghi lý do tải tệp đang che; lý do được lưu vào sổ cái."));
    }
    let (raw, _) = w.load(tx, id, &mut Cache::default())?;
    let (file, bytes) = crate::attachment::open_as(tx, w.m, &w.scope, id, field, sha256, true)?;
    w.log(tx, &raw, Some(&raw), "unmask", Some(&format!("{reason} (tệp “{}”)", file.name())))?;
    Ok((file, bytes))
}

/// States that a new record may start in, for this actor: the first, and those marked `start` that a step open to one of their
/// roles leads to. Nothing where there are no states.
pub fn starts(reg: &Registry, actor: &Actor, register: &str) -> Result<Vec<String>> {
    let d = reg.get(register)?;
    let may = actor.may(Verb::Transition, register).is_ok();
    let leads = |s: &str| d.transitions.iter().any(|t| t.to == s && !t.second_person && holds_role(actor, t, None));
    let open = |(n, s): &(usize, &crate::definition::State)| *n == 0 || s.start && may && leads(&s.id);
    Ok(d.states.iter().enumerate().filter(open).map(|(_, s)| s.id.clone()).collect())
}

/// A file of a record in scope and its content: of the field as it stands, or as it stood earlier.
///
/// # Errors
/// [`Error::NotFound`] outside the scope or without such a file, [`Error::Forbidden`] when the field is masked.
pub fn attachment(tx: &mut Tx, reg: &Registry, scope: &Scope, id: &str, field: &str, sha256: &str) -> Result<(Attachment, Vec<u8>)> {
    crate::attachment::open(tx, reg, scope, id, field, sha256)
}

/// Up to `limit` records for a link field's picker: id and title, matching the words, within what the actor may read.
pub fn suggest(tx: &mut Tx, reg: &Registry, scope: &Scope, words: &str, limit: u32) -> Result<Vec<(String, String)>> {
    let query =
        Query { search: Some(words.to_owned()), sort: Some("title_order".into()), limit: Some(limit.clamp(1, 100)), ..Query::default() };
    Ok(list(tx, reg, scope, &query)?.items.into_iter().map(|r| (r.id, r.title)).collect())
}
