//! Everything a record must satisfy before it is written. All errors are collected, so that a form is mended in one go.

use access::{Actor, Subtree, Verb};
use store::{FieldError, Result, Tx};

use crate::actions::Values;
use crate::body::{Raw, is_empty, to_sql};
use crate::ddl::key_terms;
use crate::definition::FieldType;
use crate::mask;
use crate::model::{Default as Given, Model, Owner};
use crate::owner::{Cache, owner_of, reaches, within};
use crate::record::Data;
use crate::sql::{Sql, quote};
use crate::titles::{self, Wanted};
use crate::values::{accept, date};
use crate::{Registry, attachment, check};

/// Who writes to which register, and what was looked up so far.
pub(crate) struct Work<'a> {
    pub reg: &'a Registry,
    pub m: &'a Model,
    pub actor: &'a Actor,
    pub cache: &'a mut Cache,
    pub today: &'a str,
}

/// What is wrong, field by field.
#[derive(Default)]
pub(crate) struct Errors(pub Vec<FieldError>);
impl Errors {
    pub fn add(&mut self, m: &Model, field: &str, message: &str) {
        let label = m.field(field).map_or("", |f| f.label.as_str());
        let message = if label.is_empty() { capital(message) } else { format!("{label}: {message}") };
        self.0.push(FieldError { field: field.to_owned(), message });
    }
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|e| e.field == field)
    }
}

fn capital(s: &str) -> String {
    let mut c = s.chars();
    c.next().map_or_else(String::new, |f| f.to_uppercase().chain(c).collect())
}

/// Defaults of a new record for the fields that were not given.
pub(crate) fn defaults(w: &Work<'_>, raw: &mut Raw, given: &Values) {
    for (i, f) in w.m.fields.iter().enumerate().filter(|(_, f)| !given.contains_key(&f.id)) {
        match &f.default {
            Some(Given::Today) => raw.values[i] = Data::Text(w.today.to_owned()),
            Some(Given::Is(v)) => raw.values[i] = v.clone(),
            None => {}
        }
    }
}

/// Lays the given values over the record, in stored form.
pub(crate) fn lay(w: &Work<'_>, raw: &mut Raw, given: Values, errors: &mut Errors) {
    for (id, v) in given {
        if let Some(i) = w.m.index.get(&id).copied() {
            let f = &w.m.fields[i];
            if let (true, Data::Text(s)) = (f.sensitive, &v)
                && s.contains(mask::DOT)
            {
                if v != mask::hint(&f.kind, &raw.values[i]) {
                    errors.add(w.m, &id, "giá trị đang bị che; gõ lại đầy đủ hoặc để nguyên.");
                }
                continue;
            }
            let taken = if f.kind.is_file() { attachment::accept(&f.kind, v, &raw.values[i]) } else { accept(f, v, w.today) };
            match taken {
                Ok(v) => raw.values[i] = v,
                Err(e) => errors.add(w.m, &id, &e),
            }
        } else if w.m.dated && (id == "valid_from" || id == "valid_to") {
            let day = match v {
                Data::Null => Ok(None),
                Data::Text(s) if s.trim().is_empty() => Ok(None),
                Data::Text(s) => date(&s).map(Some),
                _ => Err("cần một ngày.".into()),
            };
            match day {
                Ok(d) if id == "valid_from" => raw.valid_from = d,
                Ok(d) => raw.valid_to = d,
                Err(e) => errors.add(w.m, &id, &format!("{}: {e}", if id == "valid_from" { "có hiệu lực từ" } else { "đến hết" })),
            }
        } else if id == "state" && !w.m.states.is_empty() {
            // handled by the caller; an unchanged state is no change
            if v != raw.state.clone().map_or(Data::Null, Data::Text) {
                errors.add(w.m, "state", "trạng thái chỉ đổi bằng bước chuyển, không sửa trực tiếp.");
            }
        } else {
            let near = check::suggest(&id, w.m.fields.iter().map(|f| f.id.as_str()));
            errors.add(w.m, &id, &format!("không có trường “{id}”{near}"));
        }
    }
}

/// Required fields, dates, choices and links. `before` = the record as it stands; unchanged values are not looked at again.
pub(crate) fn fields(tx: &mut Tx, w: &mut Work<'_>, raw: &Raw, before: Option<&Raw>, errors: &mut Errors) -> Result<()> {
    let m = w.m;
    for (i, f) in m.fields.iter().enumerate() {
        if errors.has(&f.id) {
            continue;
        }
        let v = &raw.values[i];
        if is_empty(v) {
            if f.required {
                errors.add(m, &f.id, "chưa nhập; trường này bắt buộc.");
            }
            continue;
        }
        if before.is_some_and(|b| b.values[i] == *v) {
            continue;
        }
        match (&f.kind, v) {
            (FieldType::Choice(list), Data::Text(id)) => {
                if let Err(e) = choice(w, list, id, raw.valid_from.as_deref()) {
                    errors.add(m, &f.id, &e);
                }
            }
            (FieldType::Link(to), Data::Text(id)) => {
                let itself = *to == m.id && *id == raw.id;
                if itself && m.tree == Some(i) {
                    errors.add(m, &f.id, "không thể là chính nó.");
                } else if !itself && !link_ok(tx, w, to, id)? {
                    errors.add(m, &f.id, &no_link(w.reg, to));
                }
            }
            (FieldType::Links(to), Data::Links(ids)) => {
                for id in ids {
                    if !link_ok(tx, w, to, id)? {
                        errors.add(m, &f.id, &no_link(w.reg, to));
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    referred(tx, w, raw, before, errors)?;
    if let (Some(a), Some(b)) = (&raw.valid_from, &raw.valid_to)
        && a > b
    {
        errors.add(
            m,
            "valid_to",
            &format!("ngày hết hiệu lực {} trước ngày bắt đầu {}; sửa một trong hai.", text::date_vi(b), text::date_vi(a)),
        );
    }
    Ok(())
}

/// `refers`: what two fields name together is there, for the eyes of who writes.
fn referred(tx: &mut Tx, w: &mut Work<'_>, raw: &Raw, before: Option<&Raw>, errors: &mut Errors) -> Result<()> {
    let (reg, m) = (w.reg, w.m);
    let Some(def) = reg.registers.get(&m.id) else { return Ok(()) };
    for [register, record] in &def.register.refers {
        let at = |id: &str| m.fields.iter().position(|f| f.id == id);
        let (Some(a), Some(b)) = (at(register), at(record)) else { continue };
        let same = before.is_some_and(|old| old.values[a] == raw.values[a] && old.values[b] == raw.values[b]);
        if let (Data::Text(to), Data::Text(id), false) =
            (&raw.values[a], &raw.values[b], same || errors.has(register) || errors.has(record))
        {
            if !reg.models.contains_key(to) {
                let near = check::suggest(to, reg.models.keys().map(String::as_str));
                errors.add(m, register, &format!("không có sổ mang mã “{to}” (mã sổ đứng trong địa chỉ của sổ, sau /r/){near}"));
            } else if !link_ok(tx, w, to, id)? {
                errors.add(m, record, &no_link(reg, to));
            }
        }
    }
    Ok(())
}

fn no_link(reg: &Registry, to: &str) -> String {
    let label = reg.models.get(to).map_or(to, |m| m.label.as_str());
    format!("không có bản ghi này trong sổ “{label}”, hoặc nó ngoài phạm vi của bạn; chọn lại.")
}

fn choice(w: &Work<'_>, list: &str, id: &str, from: Option<&str>) -> Result<(), String> {
    let day = from.unwrap_or(w.today);
    let Some(o) = w.reg.option(list, id) else {
        let options = w.reg.choices.get(list).map(|l| l.options.as_slice()).unwrap_or_default();
        return Err(format!("không có mã “{id}”{}", check::suggest(id, options.iter().map(|o| o.id.as_str()))));
    };
    if o.from.as_deref().is_some_and(|d| day < d) || o.to.as_deref().is_some_and(|d| day > d) {
        let span = |d: &Option<String>| d.as_deref().map_or("…".into(), text::date_vi);
        return Err(format!(
            "“{}” chỉ dùng từ {} đến {}, không dùng cho ngày {}.",
            o.label.vi,
            span(&o.from),
            span(&o.to),
            text::date_vi(day)
        ));
    }
    Ok(())
}

/// Exists, is not withdrawn, and the actor may read it.
pub(crate) fn link_ok(tx: &mut Tx, w: &mut Work<'_>, to: &str, id: &str) -> Result<bool> {
    let key = (to.to_owned(), id.to_owned());
    if let Some(known) = w.cache.links.get(&key) {
        return Ok(*known);
    }
    let target: &Model = w.reg.model(to)?;
    let mut sql = Sql::new("SELECT 1 FROM ");
    sql.push(&target.table()).push(" t WHERE t.\"deleted_at\" IS NULL AND t.\"id\" = ").bind(id);
    if !target.public && target.owner != Owner::Itself {
        match w.actor.may(Verb::Read, to) {
            Ok(read) => within(&mut sql, target, &read),
            Err(_) => {
                w.cache.links.insert(key, false);
                return Ok(false);
            }
        }
    }
    let ok = tx.query_opt(&sql.text, &sql.params)?.is_some();
    w.cache.links.insert(key, ok);
    Ok(ok)
}

/// Place in the tree: the parent's path and the own id. Refuses cycles.
pub(crate) fn place(tx: &mut Tx, w: &Work<'_>, raw: &mut Raw, errors: &mut Errors) -> Result<()> {
    let Some(i) = w.m.tree else { return Ok(()) };
    let up = match &raw.values[i] {
        Data::Text(parent) => {
            let sql = format!("SELECT \"path\" FROM {} WHERE \"id\" = $1", w.m.table());
            match tx.query_opt(&sql, &[parent.as_str().into()])? {
                Some(r) => r.get::<Option<String>>(0)?.unwrap_or_else(|| "/".into()),
                None => return Ok(()), // reported as a broken link
            }
        }
        _ => "/".to_owned(),
    };
    if up.contains(&format!("/{}/", raw.id)) {
        errors.add(w.m, &w.m.fields[i].id, "tạo thành vòng: bản ghi được chọn nằm bên dưới chính bản ghi này.");
        return Ok(());
    }
    raw.path = Some(format!("{up}{}/", raw.id));
    Ok(())
}

/// Natural keys among records that are not withdrawn.
pub(crate) fn keys(tx: &mut Tx, w: &mut Work<'_>, raw: &Raw, before: Option<&Raw>, errors: &mut Errors) -> Result<()> {
    let m = w.m;
    'key: for key in &m.keys {
        if before.is_some_and(|b| key.iter().all(|f| b.value(m, f) == raw.value(m, f))) {
            continue;
        }
        let mut sql = Sql::new("SELECT t.\"id\" FROM ");
        sql.push(&m.table()).push(" t WHERE t.\"deleted_at\" IS NULL");
        for (f, optional) in key_terms(m, key) {
            let v = raw.value(m, &f);
            if optional {
                let v = if let Data::Text(s) = v { s } else { String::new() };
                sql.push(&format!(" AND COALESCE(t.{}, '') = ", quote(&f))).bind(v);
            } else if v == Data::Null {
                continue 'key;
            } else {
                sql.push(&format!(" AND t.{} = ", quote(&f))).bind(to_sql(&v));
            }
        }
        let rows = tx.query(&sql.text, &sql.params)?;
        let Some(other) = rows.iter().map(|r| r.get::<String>(0)).find(|id| !matches!(id, Ok(id) if *id == raw.id)) else { continue };
        let other = other?;
        let labels: Vec<&str> = key.iter().map(|f| m.field(f).map_or(f.as_str(), |x| x.label.as_str())).collect();
        let labels = labels.join(", ").to_lowercase().replace("valid_from", "ngày hiệu lực").replace("valid_to", "ngày hết hiệu lực");
        let message = match title_if_seen(tx, w, &other)? {
            Some(title) => format!("đã có “{title}” với cùng {labels}; mở bản ghi đó để sửa thay vì thêm bản ghi mới."),
            None => format!("đã có bản ghi khác với cùng {labels}; kiểm tra lại."),
        };
        errors.add(m, key.iter().find(|f| m.index.contains_key(*f)).map_or("", String::as_str), &message);
    }
    Ok(())
}

/// Title of a record of this register, if the actor may read it.
pub(crate) fn title_if_seen(tx: &mut Tx, w: &mut Work<'_>, id: &str) -> Result<Option<String>> {
    let Ok(read) = w.actor.may(Verb::Read, &w.m.id) else { return Ok(None) };
    if *read.subtree() != Subtree::All && w.m.owner != Owner::Nobody {
        let Some(raw) = crate::read::load(tx, w.m, id)? else { return Ok(None) };
        let owner = owner_of(tx, w.reg, w.m, &raw, w.cache)?;
        if !reaches(&read, w.m, owner.as_ref()) {
            return Ok(None);
        }
    }
    let wanted = Wanted::from([(w.m.id.clone(), [id.to_owned()].into())]);
    Ok(titles::fetch(tx, w.reg, Some(&read), &wanted)?.into_values().next())
}
