//! Titles of records from the definition's template; titles of linked records fetched in one query per register.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::{Scope, Subtree, Verb};
use store::{Result, Tx};

use crate::Registry;
use crate::body::{Raw, from_sql};
use crate::definition::FieldType;
use crate::model::{Model, Owner, Part};
use crate::owner::within;
use crate::record::Data;
use crate::sql::{Sql, quote};

/// Shown instead of a title that the reader may not see.
pub(crate) const OUTSIDE: &str = "(ngoài phạm vi)";
const GONE: &str = "(không còn)";
/// Links of links of links: deeper titles show nothing.
const DEEPEST: usize = 4;

/// (register, record) → title.
pub(crate) type Titles = HashMap<(String, String), String>;
/// Register → ids whose titles are wanted.
pub(crate) type Wanted = BTreeMap<String, BTreeSet<String>>;

/// Text of one value in a title.
fn show(reg: &Registry, kind: &FieldType, v: &Data) -> String {
    match (kind, v) {
        (_, Data::Null | Data::Links(_) | Data::Files(_)) => String::new(),
        (FieldType::Choice(list), Data::Text(id)) => reg.option(list, id).map_or_else(|| id.clone(), |o| o.label.vi.clone()),
        (FieldType::Date, Data::Text(d)) => text::date_vi(d),
        (_, Data::Text(s)) => s.clone(),
        (FieldType::Money, Data::Int(n)) => text::money_vi(*n),
        (_, Data::Int(n)) => n.to_string(),
        (_, Data::Real(n)) => n.to_string().replace('.', ","),
        (_, Data::Bool(b)) => if *b { "có" } else { "không" }.into(),
    }
}

/// Title of a record; `link` gives the title of a linked one.
pub(crate) fn compose(reg: &Registry, m: &Model, raw: &Raw, link: &dyn Fn(&str, &str) -> String) -> String {
    let mut out = String::new();
    for part in &m.title {
        match part {
            Part::Text(t) => out.push_str(t),
            Part::ValidFrom => out.push_str(&raw.valid_from.as_deref().map(text::date_vi).unwrap_or_default()),
            Part::ValidTo => out.push_str(&raw.valid_to.as_deref().map(text::date_vi).unwrap_or_default()),
            Part::Field(i) => {
                let (f, v) = (&m.fields[*i], &raw.values[*i]);
                match (&f.kind, v) {
                    (FieldType::Link(target), Data::Text(id)) => out.push_str(&link(target, id)),
                    _ => out.push_str(&show(reg, &f.kind, v)),
                }
            }
        }
    }
    tidy(&out)
}

/// Empty holes leave no empty brackets and no separators at the ends.
fn tidy(s: &str) -> String {
    let one_line = s.replace("()", "").split_whitespace().collect::<Vec<_>>().join(" ");
    let ends: &[char] = &[' ', '·', '→', ',', '-', ':', '='];
    let short: String = one_line.trim_matches(ends).chars().take(200).collect();
    if short.is_empty() { "(chưa có tên)".into() } else { short }
}

/// Ids that the title of this record needs.
pub(crate) fn title_links(m: &Model, raw: &Raw, wanted: &mut Wanted) {
    for part in &m.title {
        if let Part::Field(i) = part
            && let (FieldType::Link(target), Data::Text(id)) = (&m.fields[*i].kind, &raw.values[*i])
        {
            wanted.entry(target.clone()).or_default().insert(id.clone());
        }
    }
}

/// Titles for a reader; `None` = for the program itself (sort keys). One query per register and level.
pub(crate) fn fetch(tx: &mut Tx, reg: &Registry, scope: Option<&Scope>, wanted: &Wanted) -> Result<Titles> {
    deeper(tx, reg, scope, wanted, 0)
}

fn deeper(tx: &mut Tx, reg: &Registry, scope: Option<&Scope>, wanted: &Wanted, depth: usize) -> Result<Titles> {
    let mut found: Vec<(&Model, Raw, bool)> = Vec::new();
    let mut next = Wanted::new();
    for (register, ids) in wanted {
        let m: &Model = reg.model(register)?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        for chunk in ids.chunks(400) {
            for (raw, seen) in rows(tx, m, scope, chunk)? {
                if seen {
                    title_links(m, &raw, &mut next);
                }
                found.push((m, raw, seen));
            }
        }
    }
    let below = if next.is_empty() || depth >= DEEPEST { Titles::new() } else { deeper(tx, reg, scope, &next, depth + 1)? };
    let link = |register: &str, id: &str| below.get(&(register.to_owned(), id.to_owned())).cloned().unwrap_or_default();
    let mut out = Titles::new();
    for (m, raw, seen) in found {
        let mut title = if seen { compose(reg, m, &raw, &link) } else { OUTSIDE.to_owned() };
        if seen && raw.deleted_at.is_some() {
            title.push_str(" (đã rút)");
        }
        out.insert((m.id.clone(), raw.id), title);
    }
    for (register, ids) in wanted {
        for id in ids {
            out.entry((register.clone(), id.clone())).or_insert_with(|| GONE.into());
        }
    }
    Ok(out)
}

/// What the reader's rights say about the whole register.
fn sight(m: &Model, scope: Option<&Scope>) -> Option<Option<Scope>> {
    let Some(scope) = scope else { return Some(None) };
    if m.public || m.owner == Owner::Itself {
        return Some(None);
    }
    let read = scope.may(Verb::Read, &m.id).ok()?;
    Some(match (read.subtree(), &m.owner) {
        (Subtree::All, _) | (_, Owner::Nobody) => None,
        _ => Some(read),
    })
}

/// Only the columns of the title; the flag says whether the reader may see it.
fn rows(tx: &mut Tx, m: &Model, scope: Option<&Scope>, ids: &[&str]) -> Result<Vec<(Raw, bool)>> {
    let mut sql = Sql::new("SELECT t.\"id\", t.\"deleted_at\", ");
    match sight(m, scope) {
        None => {
            sql.push("0");
        }
        Some(None) => {
            sql.push("1");
        }
        Some(Some(read)) => {
            sql.push("CASE WHEN 1 = 1");
            within(&mut sql, m, &read);
            sql.push(" THEN 1 ELSE 0 END");
        }
    }
    let used: Vec<&Part> = m.title.iter().filter(|p| !matches!(p, Part::Text(_))).collect();
    for p in &used {
        let column = match p {
            Part::Field(i) => m.fields[*i].id.as_str(),
            Part::ValidFrom => "valid_from",
            _ => "valid_to",
        };
        sql.push(&format!(", t.{}", quote(column)));
    }
    sql.push(&format!(" FROM {} t WHERE t.\"id\" IN ", m.table())).bind_list(ids.iter().copied());
    let mut out = Vec::new();
    for row in tx.query(&sql.text, &sql.params)? {
        let mut raw = Raw::empty(m);
        raw.id = row.get(0)?;
        raw.deleted_at = row.get(1)?;
        for (n, p) in used.iter().enumerate() {
            match p {
                Part::Field(i) => raw.values[*i] = from_sql(&m.fields[*i].kind, row.get(3 + n)?),
                Part::ValidFrom => raw.valid_from = row.get(3 + n)?,
                _ => raw.valid_to = row.get(3 + n)?,
            }
        }
        out.push((raw, row.get::<i64>(2)? == 1));
    }
    Ok(out)
}

/// Title of a record for the program itself, whatever anybody may see: for sort keys and events.
pub(crate) fn own_title(tx: &mut Tx, reg: &Registry, m: &Model, raw: &Raw, cache: &mut crate::owner::Cache) -> Result<String> {
    let found = crate::write::linked_titles(tx, reg, m, raw, cache)?;
    Ok(compose(reg, m, raw, &|register, id| found.get(&(register.to_owned(), id.to_owned())).cloned().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn empty_holes_leave_no_traces() {
        assert_eq!(super::tidy("Tường lửa ()"), "Tường lửa");
        assert_eq!(super::tidy(" · Sở Nội vụ"), "Sở Nội vụ");
        assert_eq!(super::tidy("Kế hoạch 000  "), "Kế hoạch 000");
        assert_eq!(super::tidy(" · "), "(chưa có tên)");
    }
}
