//! Definitions as words of the rule language, and its rules over our records.

use std::cell::RefCell;
use std::collections::BTreeMap;

use access::{Scope, Subtree, Verb};
use rules::{Ctx, Field, Kind, Label, Predicate, Rec, Schema, Val, World};
use store::{Error, Result, Tx, Value};

use crate::Registry;
use crate::body::Raw;
use crate::definition::{Definition, FieldType};
use crate::model::{Model, Owner};
use crate::read;
use crate::record::Data;
use crate::sql::{Sql, quote};

/// One `[[check]]`, parsed.
#[derive(Debug)]
pub(crate) struct CheckRule {
    pub rule: Predicate,
    pub field: String,
    pub message: String,
}

/// The words of all definitions.
pub(crate) fn schema(registers: &BTreeMap<String, Definition>, choices: &BTreeMap<String, crate::ChoiceList>) -> Schema {
    let options = |list: &str| -> Vec<(String, Label)> {
        choices.get(list).map(|c| c.options.iter().map(|o| (o.id.clone(), label(&o.label))).collect()).unwrap_or_default()
    };
    let one = |d: &Definition| {
        let mut fields: Vec<Field> = d
            .fields
            .iter()
            .map(|f| Field { id: f.id.clone(), label: label(&f.label), said: f.said.as_ref().map(label), kind: kind(&f.kind, &options) })
            .collect();
        let mut system = |id: &str, vi: &str, en: &str, said: Option<Label>, kind: Kind| {
            fields.push(Field { id: id.into(), label: words(vi, en), said, kind });
        };
        if !d.states.is_empty() {
            let states = d.states.iter().map(|s| (s.id.clone(), label(&s.label))).collect();
            system("state", "Trạng thái", "State", None, Kind::Choice(states));
        }
        if d.register.dated {
            system("valid_from", "Hiệu lực từ", "Valid from", Some(words("có hiệu lực", "is in force")), Kind::Date);
            system("valid_to", "Hiệu lực đến", "Valid to", None, Kind::Date);
        }
        system("confirmed_on", "Ngày xác nhận", "Confirmed on", Some(words("được xác nhận", "is confirmed")), Kind::Date);
        rules::Register {
            id: d.register.id.clone(),
            label: label(&d.register.label),
            dated: d.register.dated,
            agency: d.register.scope.clone(),
            fields,
            keys: d.register.keys.clone(),
        }
    };
    Schema { registers: registers.iter().map(|(id, d)| (id.clone(), one(d))).collect() }
}

fn label(l: &crate::Label) -> Label {
    words(&l.vi, &l.en)
}

fn words(vi: &str, en: &str) -> Label {
    Label { vi: vi.to_owned(), en: en.to_owned() }
}

fn kind(t: &FieldType, options: &dyn Fn(&str) -> Vec<(String, Label)>) -> Kind {
    match t {
        FieldType::Integer | FieldType::Year => Kind::Integer,
        FieldType::Decimal => Kind::Decimal,
        FieldType::Money => Kind::Money,
        FieldType::Bool => Kind::Bool,
        FieldType::Date => Kind::Date,
        FieldType::Choice(list) => Kind::Choice(options(list)),
        FieldType::Link(r) => Kind::Link(r.clone()),
        FieldType::Links(r) => Kind::Links(r.clone()),
        _ => Kind::Text,
    }
}

/// Value of the rule language as a parameter.
pub fn to_value(v: &Val) -> Value {
    match v {
        Val::Int(n) => Value::Int(*n),
        Val::Real(x) => Value::Real(*x),
        Val::Text(s) => Value::Text(s.clone()),
        Val::Null | Val::List(_) => Value::Null,
    }
}

/// A value of a row as one of the rule language.
pub fn from_value(v: &Value) -> Val {
    match v {
        Value::Int(n) => Val::Int(*n),
        Value::Real(x) => Val::Real(*x),
        Value::Text(s) => Val::Text(s.clone()),
        Value::Null | Value::Bytes(_) => Val::Null,
    }
}

fn val(d: &Data) -> Val {
    match d {
        Data::Null => Val::Null,
        Data::Bool(b) => Val::Int(i64::from(*b)),
        Data::Int(n) => Val::Int(*n),
        Data::Real(x) => Val::Real(*x),
        Data::Text(s) if s.is_empty() => Val::Null,
        Data::Text(s) => Val::Text(s.clone()),
        Data::Links(l) => Val::List(l.clone()),
        Data::Files(l) => l.first().map_or(Val::Null, |a| Val::Text(a.name().to_owned())),
    }
}

fn rec(m: &Model, raw: &Raw) -> Rec {
    let mut fields: BTreeMap<String, Val> = m.fields.iter().zip(&raw.values).map(|(f, v)| (f.id.clone(), val(v))).collect();
    let mut set = |k: &str, v: &Option<String>| {
        if let Some(v) = v {
            fields.insert(k.to_owned(), Val::Text(v.clone()));
        }
    };
    set("state", &raw.state);
    set("valid_from", &raw.valid_from);
    set("valid_to", &raw.valid_to);
    set("confirmed_on", &raw.confirmed_on);
    Rec { register: m.id.clone(), id: raw.id.clone(), fields }
}

/// Records of this transaction, for the evaluator. What cannot be read counts as empty; the write itself then fails too.
struct TxWorld<'a, 't> {
    tx: RefCell<&'a mut Tx<'t>>,
    reg: &'a Registry,
}

impl TxWorld<'_, '_> {
    fn ids(&self, sql: &str, params: &[Value]) -> Vec<String> {
        let rows = self.tx.borrow_mut().query(sql, params).unwrap_or_default();
        rows.iter().filter_map(|r| r.get(0).ok()).collect()
    }
    fn load(&self, register: &str, id: &str) -> Option<Rec> {
        let m = self.reg.model(register).ok()?;
        let raw = read::load(&mut self.tx.borrow_mut(), m, id).ok()??;
        Some(rec(m, &raw))
    }
}

impl World for TxWorld<'_, '_> {
    fn record(&self, register: &str, id: &str) -> Option<Rec> {
        self.load(register, id)
    }
    fn linked(&self, register: &str, field: &str, target: &str) -> Vec<Rec> {
        let Ok(m) = self.reg.model(register) else { return vec![] };
        let many = m.field(field).is_some_and(|f| !f.is_column());
        let sql = if many {
            let links = m.link_table(field);
            format!(
                "SELECT t.\"id\" FROM {} t JOIN {links} l ON l.\"owner\" = t.\"id\" WHERE l.\"target\" = $1 AND t.\"deleted_at\" IS NULL",
                m.table()
            )
        } else {
            format!("SELECT t.\"id\" FROM {} t WHERE t.{} = $1 AND t.\"deleted_at\" IS NULL", m.table(), quote(field))
        };
        self.ids(&sql, &[target.into()]).iter().filter_map(|id| self.load(register, id)).collect()
    }
    fn all(&self, register: &str) -> Vec<Rec> {
        let Ok(m) = self.reg.model(register) else { return vec![] };
        let ids = self.ids(&format!("SELECT t.\"id\" FROM {} t WHERE t.\"deleted_at\" IS NULL", m.table()), &[]);
        ids.iter().filter_map(|id| self.load(register, id)).collect()
    }
}

/// Messages of the checks that a record about to be written breaks: (field, message). Unknown is not broken.
/// Rules that name a field of `unread` are left out.
pub(crate) fn broken<'r>(tx: &mut Tx, reg: &'r Registry, m: &Model, raw: &Raw, today: &str, unread: &[String]) -> Vec<(&'r str, &'r str)> {
    let Some(checks) = reg.checks.get(&m.id).filter(|c| !c.is_empty()) else { return vec![] };
    let record = rec(m, raw);
    let ctx = Ctx::on(today);
    let world = TxWorld { tx: RefCell::new(tx), reg };
    let fails = |c: &&CheckRule| c.rule.evaluate(&world, &record, &ctx) == Some(false);
    let clear = |c: &&CheckRule| {
        unread.is_empty() || c.rule.lineage().iter().all(|(r, fields)| *r != m.id || !fields.iter().any(|f| unread.iter().any(|u| u == f)))
    };
    checks.iter().filter(clear).filter(fails).map(|c| (c.field.as_str(), c.message.as_str())).collect()
}

/// Why this record may not be written now (`[frozen]`): field and message.
pub(crate) fn frozen<'r>(tx: &mut Tx, reg: &'r Registry, m: &Model, raw: &Raw, today: &str) -> Option<(&'r str, &'r str)> {
    let f = reg.frozen.get(&m.id)?;
    let world = TxWorld { tx: RefCell::new(tx), reg };
    let holds = f.rule.evaluate(&world, &rec(m, raw), &Ctx::on(today)) == Some(true);
    holds.then_some((f.field.as_str(), f.message.as_str()))
}

/// ` AND t."id" IN (…)` of a predicate. Fields that are masked, and registers the reader may not read as widely as this
/// one, cannot be asked about: the answer would show them.
pub(crate) fn where_clause(reg: &Registry, m: &Model, scope: &Scope, rule: &str, day: &str, sql: &mut Sql) -> Result<()> {
    let p = Predicate::parse(rule, &reg.schema, &m.id).map_err(|e| Error::BadRequest(format!("Điều kiện lọc chưa đúng: {e}")))?;
    for (register, fields) in p.lineage() {
        let other = reg.model(&register)?;
        if let Some(f) = fields.iter().filter_map(|f| other.field(f)).find(|f| f.sensitive && !scope.is_system()) {
            return Err(Error::Forbidden(format!("Không lọc được theo trường được che «{}».", f.label)));
        }
        if register == m.id || other.public {
            continue;
        }
        let read = scope.may(Verb::Read, &register)?;
        if *read.subtree() != Subtree::All && other.owner != Owner::Nobody && read.subtree() != scope.subtree() {
            return Err(Error::Forbidden(format!(
                "Bạn chỉ xem được một phần của sổ «{}», nên không lọc theo sổ đó ở đây được.",
                other.label
            )));
        }
    }
    let s = p.sql(&Ctx::on(day));
    let before = sql.params.len();
    sql.push(" AND t.\"id\" IN (");
    sql.text.push_str(&shift(&s.sql, before));
    sql.params.extend(s.params.iter().map(to_value));
    sql.push(")");
    Ok(())
}

/// `$n` → `$(n + by)`; the language writes no `$` but parameters (texts are parameters).
fn shift(sql: &str, by: usize) -> String {
    let mut out = String::with_capacity(sql.len() + 8);
    let mut parts = sql.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for p in parts {
        let end = p.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(p.len());
        let n: usize = p[..end].parse().unwrap_or(0);
        out.push_str(&format!("${}{}", n + by, &p[end..]));
    }
    out
}
