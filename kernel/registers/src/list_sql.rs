//! A list request becomes a predicate, an order and a page. Nothing here runs without a scope.

use access::{Scope, Verb};
use store::{Engine, Error, Result, Tx, Value};

use crate::Registry;
use crate::ddl::order_expr;
use crate::definition::FieldType;
use crate::model::{AGENCY, FieldModel, Model, Owner, Part};
use crate::owner::{owned_by, owned_under, paths_of, within};
use crate::query::{Filter, ORDER_MAX_INT, Op, Query};
use crate::sql::{Sql, after_prefix, quote};
use crate::values::{date, neat};
use crate::write::today;

fn bad(message: impl Into<String>) -> Error {
    Error::BadRequest(message.into())
}

/// ` WHERE …` of a request over alias `t`.
pub(crate) fn predicate(tx: &mut Tx, reg: &Registry, m: &Model, scope: &Scope, q: &Query) -> Result<Sql> {
    let mut sql = Sql::new(if q.with_deleted { " WHERE 1 = 1" } else { " WHERE t.\"deleted_at\" IS NULL" });
    within(&mut sql, m, scope);
    if let Some(ids) = &q.ids {
        if ids.len() > 5000 {
            return Err(bad("Quá nhiều bản ghi được chọn (tối đa 5.000). Chọn ít hơn, hoặc dùng bộ lọc."));
        }
        sql.push(" AND t.\"id\" IN ").bind_list(ids.iter().map(String::as_str));
    }
    if m.dated && q.as_of.as_deref() != Some("all") {
        let day = match q.as_of.as_deref() {
            None | Some("") => today(tx),
            Some(d) => date(d).map_err(bad)?,
        };
        sql.push(" AND (t.\"valid_from\" IS NULL OR t.\"valid_from\" <= ").bind(day.as_str());
        sql.push(") AND (t.\"valid_to\" IS NULL OR t.\"valid_to\" >= ").bind(day).push(")");
    }
    for f in &q.filters {
        filter(tx, reg, m, scope, f, &mut sql)?;
    }
    if let Some(words) = &q.search {
        search(tx, reg, m, scope, words, &mut sql)?;
    }
    if let Some(rule) = q.predicate.as_deref().filter(|r| !r.trim().is_empty()) {
        crate::check::where_clause(tx, reg, m, scope, rule, q.as_of.as_deref(), &mut sql)?;
    }
    Ok(sql)
}

/// Rows that contain every word, in their own searched fields or in those of the records their title shows.
fn search(tx: &mut Tx, reg: &Registry, m: &Model, scope: &Scope, words: &str, sql: &mut Sql) -> Result<()> {
    let key = text::search_key(words);
    let words: Vec<&str> = key.split(' ').filter(|w| !w.is_empty()).take(12).collect();
    let linked = shown_links(reg, m, scope)?;
    let find = if tx.engine() == Engine::Sqlite { "instr" } else { "strpos" };
    for word in words {
        sql.push(&format!(" AND ({find}(t.\"search\", ")).bind(word).push(") > 0");
        for (column, target, read) in &linked {
            sql.push(&format!(
                " OR {column} IN (SELECT t.\"id\" FROM {} t WHERE t.\"deleted_at\" IS NULL AND {find}(t.\"search\", ",
                target.table()
            ));
            sql.bind(word).push(") > 0");
            if let Some(scope) = read {
                within(sql, target, scope);
            }
            sql.push(")");
        }
        sql.push(")");
    }
    Ok(())
}

/// Links of the title that the reader may search through: column, register, limit of what may be read there.
fn shown_links<'r>(reg: &'r Registry, m: &Model, scope: &Scope) -> Result<Vec<(String, &'r Model, Option<Scope>)>> {
    let mut out = Vec::new();
    for part in &m.title {
        let Part::Field(i) = part else { continue };
        let f = &m.fields[*i];
        let FieldType::Link(to) = &f.kind else { continue };
        let target: &Model = reg.model(to)?;
        let column = format!("t.{}", quote(&f.id));
        if target.public || target.owner == Owner::Itself {
            out.push((column, target, None));
        } else if let Ok(read) = scope.may(Verb::Read, to) {
            out.push((column, target, Some(read)));
        }
    }
    Ok(out)
}

/// Who filters or sorts by a personal field learns it: only within what they may unmask.
pub(crate) fn needs_unmask(sql: &mut Sql, m: &Model, scope: &Scope, f: &FieldModel) -> Result<()> {
    if f.sensitive {
        let unmask = scope
            .may(Verb::Unmask, &m.id)
            .map_err(|_| Error::Forbidden(format!("“{}” là thông tin cá nhân; lọc hay sắp xếp theo nó cần quyền xem đầy đủ.", f.label)))?;
        within(sql, m, &unmask);
    }
    Ok(())
}

fn filter(tx: &mut Tx, reg: &Registry, m: &Model, scope: &Scope, f: &Filter, sql: &mut Sql) -> Result<()> {
    if let Some(field) = m.field(&f.field) {
        needs_unmask(sql, m, scope, field)?;
        return match &field.kind {
            FieldType::Links(to) => links_filter(tx, m, field, to, f, sql),
            FieldType::Link(to) if f.op == Op::Under => {
                under_allowed(to, &field.label)?;
                let paths = paths_of(tx, &f.values)?;
                sql.push(&format!(" AND t.{} IN (SELECT a.\"id\" FROM \"agency\" a WHERE ", quote(&field.id)));
                any_path(sql, "a", &paths);
                sql.push(")");
                Ok(())
            }
            kind => compare(sql, &format!("t.{}", quote(&field.id)), &field.label, Some(kind), f),
        };
    }
    let column = match f.field.as_str() {
        "state" if !m.states.is_empty() => "t.\"state\"",
        "confirmed_on" => "t.\"confirmed_on\"",
        "valid_from" if m.dated => "t.\"valid_from\"",
        "valid_to" if m.dated => "t.\"valid_to\"",
        "agency" if m.owner != Owner::Nobody => {
            sql.push(" AND ");
            match f.op {
                Op::Is => owned_by(sql, m, &f.values),
                Op::Not => {
                    sql.push("NOT ");
                    owned_by(sql, m, &f.values);
                }
                Op::Under => {
                    let paths = paths_of(tx, &f.values)?;
                    owned_under(sql, m, &paths);
                }
                _ => return Err(bad("Bộ lọc “cơ quan” chỉ nhận: là, không là, thuộc.")),
            }
            return Ok(());
        }
        other => {
            let near = crate::check::suggest(other, m.fields.iter().map(|f| f.id.as_str()));
            return Err(bad(format!("Bộ lọc nhắc trường “{other}” không có trong sổ “{}”{near}", reg.model(&m.id)?.label)));
        }
    };
    compare(sql, column, &f.field, None, f)
}

fn under_allowed(to: &str, label: &str) -> Result<()> {
    if to == AGENCY {
        Ok(())
    } else {
        Err(bad(format!("“{label}” không phải cơ quan nên không lọc được theo “thuộc”.")))
    }
}

fn any_path(sql: &mut Sql, alias: &str, paths: &[String]) {
    sql.push("(1 = 0");
    for p in paths {
        sql.push(&format!(" OR ({alias}.\"path\" >= ")).bind(p.as_str());
        sql.push(&format!(" AND {alias}.\"path\" < ")).bind(after_prefix(p)).push(")");
    }
    sql.push(")");
}

fn links_filter(tx: &mut Tx, m: &Model, field: &FieldModel, to: &str, f: &Filter, sql: &mut Sql) -> Result<()> {
    let exists = format!("EXISTS (SELECT 1 FROM {} l WHERE l.\"owner\" = t.\"id\"", m.link_table(&field.id));
    match f.op {
        Op::Is | Op::Not => {
            sql.push(if f.op == Op::Is { " AND " } else { " AND NOT " }).push(&exists).push(" AND l.\"target\" IN ");
            sql.bind_list(f.values.iter().map(String::as_str)).push(")");
        }
        Op::Empty => {
            sql.push(" AND NOT ").push(&exists).push(")");
        }
        Op::Filled => {
            sql.push(" AND ").push(&exists).push(")");
        }
        Op::Under => {
            under_allowed(to, &field.label)?;
            let paths = paths_of(tx, &f.values)?;
            sql.push(" AND ").push(&exists).push(" AND l.\"target\" IN (SELECT a.\"id\" FROM \"agency\" a WHERE ");
            any_path(sql, "a", &paths);
            sql.push("))");
        }
        Op::From | Op::To => return Err(bad(format!("“{}” không so sánh lớn, nhỏ được.", field.label))),
    }
    Ok(())
}

/// A filter value in the column's type.
fn value(kind: Option<&FieldType>, label: &str, s: &str) -> Result<Value> {
    use FieldType as T;
    let wrong = |e: String| bad(format!("Bộ lọc “{label}”: {e}"));
    Ok(match kind {
        Some(T::Integer | T::Money | T::Year) => text::parse_integer_vi(s).map_err(|e| wrong(e.to_string()))?.into(),
        Some(T::Decimal) => text::parse_number_vi(s).map_err(|e| wrong(e.to_string()))?.into(),
        Some(T::Bool) => match s {
            "1" | "true" => 1i64.into(),
            "0" | "false" => 0i64.into(),
            _ => return Err(wrong("chỉ nhận 1 hoặc 0.".into())),
        },
        Some(T::Date) => date(s).map_err(wrong)?.into(),
        _ => neat(s, false).into(),
    })
}

fn compare(sql: &mut Sql, column: &str, label: &str, kind: Option<&FieldType>, f: &Filter) -> Result<()> {
    let values: Vec<Value> = f.values.iter().map(|v| value(kind, label, v)).collect::<Result<_>>()?;
    let first = || values.first().cloned().ok_or_else(|| bad(format!("Bộ lọc “{label}” thiếu giá trị.")));
    match f.op {
        Op::Is => {
            sql.push(&format!(" AND {column} IN ")).bind_list(values);
        }
        Op::Not if values.is_empty() => {}
        Op::Not => {
            sql.push(&format!(" AND ({column} IS NULL OR {column} NOT IN ")).bind_list(values).push(")");
        }
        Op::Empty => {
            sql.push(&format!(" AND {column} IS NULL"));
        }
        Op::Filled => {
            sql.push(&format!(" AND {column} IS NOT NULL"));
        }
        Op::From => {
            sql.push(&format!(" AND {column} >= ")).bind(first()?);
        }
        Op::To => {
            sql.push(&format!(" AND {column} <= ")).bind(first()?);
        }
        Op::Under => return Err(bad(format!("“{label}” không phải cơ quan nên không lọc được theo “thuộc”."))),
    }
    Ok(())
}

/// Order of a list.
pub(crate) struct Order {
    /// As asked for: stands in the cursor, so that a cursor cannot be used with another order.
    pub name: String,
    pub expr: String,
    pub down: bool,
}

pub(crate) fn order(reg: &Registry, m: &Model, scope: &Scope, q: &Query, sql: &mut Sql) -> Result<Order> {
    let asked = q.sort.as_deref().filter(|s| !s.is_empty());
    let name = asked.or(reg.get(&m.id)?.list.sort.as_deref()).unwrap_or("-id").to_owned();
    let (down, word) = name.strip_prefix('-').map_or((false, name.as_str()), |w| (true, w));
    let expr = match m.field(word) {
        Some(f) if m.title == [Part::Field(m.index[word])] => {
            needs_unmask(sql, m, scope, f)?;
            "t.\"sort_title\"".to_owned()
        }
        Some(f) => {
            needs_unmask(sql, m, scope, f)?;
            match &f.kind {
                FieldType::Links(_) => return Err(bad(format!("Không sắp xếp được theo “{}”.", f.label))),
                FieldType::Link(to) => {
                    format!("COALESCE((SELECT s.\"sort_title\" FROM {} s WHERE s.\"id\" = t.{}), '~')", quote(to), quote(&f.id))
                }
                FieldType::Choice(list) => choice_order(reg, list, &format!("t.{}", quote(&f.id))),
                kind if f.sort_column => order_expr(kind, &format!("t.{}", quote(&format!("{}__sort", f.id)))),
                kind => order_expr(kind, &format!("t.{}", quote(&f.id))),
            }
        }
        None => match word {
            "title" | "title_order" => "t.\"sort_title\"".into(),
            "id" => "t.\"id\"".into(),
            "created_at" | "updated_at" | "version" => format!("t.{}", quote(word)),
            "state" => state_order(m),
            "confirmed_on" => "COALESCE(t.\"confirmed_on\", '~')".into(),
            "valid_from" | "valid_to" if m.dated => format!("COALESCE(t.{}, '~')", quote(word)),
            _ => {
                let near = crate::check::suggest(word, m.fields.iter().map(|f| f.id.as_str()));
                return Err(bad(format!("Không sắp xếp được theo “{word}”{near}")));
            }
        },
    };
    Ok(Order { name, expr, down })
}

/// Choices sort in the order of their list. Ids are `[a-z0-9_]` by the check of code lists.
fn choice_order(reg: &Registry, list: &str, column: &str) -> String {
    let options = reg.choices.get(list).map(|l| l.options.as_slice()).unwrap_or_default();
    ranked(options.iter().map(|o| o.id.as_str()), column)
}

fn state_order(m: &Model) -> String {
    if m.states.is_empty() { "0".into() } else { ranked(m.states.iter().map(|s| s.0.as_str()), "t.\"state\"") }
}

fn ranked<'a>(ids: impl Iterator<Item = &'a str>, column: &str) -> String {
    let whens: String = ids.enumerate().map(|(n, id)| format!(" WHEN '{}' THEN {n}", id.replace('\'', ""))).collect();
    if whens.is_empty() { "0".into() } else { format!("CAST(CASE {column}{whens} ELSE {ORDER_MAX_INT} END AS BIGINT)") }
}

/// Where the last page ended.
#[derive(serde::Serialize, serde::Deserialize)]
struct Cursor {
    s: String,
    v: serde_json::Value,
    i: String,
}

pub(crate) fn cursor(order: &Order, last: &Value, id: &str) -> Result<String> {
    let v = match last {
        Value::Int(n) => (*n).into(),
        Value::Real(x) => (*x).into(),
        Value::Text(s) => s.as_str().into(),
        _ => serde_json::Value::Null,
    };
    let json = serde_json::to_vec(&Cursor { s: order.name.clone(), v, i: id.to_owned() }).map_err(Error::internal)?;
    Ok(crate::write::hex(&json))
}

/// ` AND …` that starts after the cursor. A range on the first term, so that an index can jump there.
pub(crate) fn resume(sql: &mut Sql, engine: Engine, order: &Order, after: &str) -> Result<()> {
    let broken = || bad("Dấu trang (after) không đọc được. Mở lại danh sách từ đầu.");
    let bytes = unhex(after).ok_or_else(broken)?;
    let c: Cursor = serde_json::from_slice(&bytes).map_err(|_| broken())?;
    if c.s != order.name {
        return Err(bad("Dấu trang (after) thuộc về một cách sắp xếp khác. Mở lại danh sách từ đầu."));
    }
    let v: Value = match c.v {
        serde_json::Value::String(s) => s.into(),
        serde_json::Value::Number(n) if n.is_i64() => n.as_i64().unwrap_or_default().into(),
        serde_json::Value::Number(n) => n.as_f64().unwrap_or_default().into(),
        _ => return Err(broken()),
    };
    let (e, less) = (&order.expr, if order.down { "<" } else { ">" });
    if engine == Engine::Postgres {
        sql.push(&format!(" AND ({e}, t.\"id\") {less} (")).bind(v).push(", ").bind(c.i).push(")");
        return Ok(());
    }
    // SQLite jumps into an index of expressions by the first term only
    sql.push(&format!(" AND {e} {less}= ")).bind(v.clone());
    sql.push(&format!(" AND ({e} {less} ")).bind(v).push(&format!(" OR t.\"id\" {less} ")).bind(c.i).push(")");
    Ok(())
}

fn unhex(s: &str) -> Option<Vec<u8>> {
    if !s.is_ascii() || !s.len().is_multiple_of(2) || s.len() > 4000 {
        return None;
    }
    (0..s.len()).step_by(2).map(|i| u8::from_str_radix(&s[i..i + 2], 16).ok()).collect()
}
