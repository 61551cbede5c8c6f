//! A list's address ⇄ [`registers::Query`]: `?q=…&f.kind=commune&f.kind.not=…&sort=-name&after=…&limit=50&as_of=…&where=…`.

use registers::{Definition, Filter, Op, Query};
use store::{Error, Result};

use crate::forms::FormData;
use crate::security::query_string;

/// Words of the address for comparisons; `is` has none.
const OPS: &[(&str, Op)] = &[
    ("is", Op::Is),
    ("not", Op::Not),
    ("empty", Op::Empty),
    ("filled", Op::Filled),
    ("from", Op::From),
    ("to", Op::To),
    ("under", Op::Under),
];

/// Fields every register may be filtered and sorted by.
const COMMON: &[&str] = &["state", "agency", "confirmed_on", "valid_from", "valid_to", "created_at", "updated_at"];

/// Reads the address. Unknown fields and comparisons are refused with the nearest name, never ignored: a filter that
/// silently does nothing shows too much.
pub fn parse(def: &Definition, form: &FormData) -> Result<Query> {
    let mut q = Query { limit: Some(50), ..Query::default() };
    for (k, v) in &form.0 {
        match k.as_str() {
            "q" => q.search = Some(v.trim().to_owned()).filter(|s| !s.is_empty()),
            "where" => q.predicate = Some(v.trim().to_owned()).filter(|s| !s.is_empty()),
            "sort" => q.sort = sort(def, v)?,
            "after" => q.after = Some(v.clone()).filter(|s| !s.is_empty()),
            "limit" => q.limit = Some(limit(v)?),
            "as_of" => q.as_of = as_of(v)?,
            _ => {
                if let Some(rest) = k.strip_prefix("f.") {
                    filter(def, rest, v, &mut q.filters)?;
                }
            }
        }
    }
    Ok(q)
}

fn limit(v: &str) -> Result<u32> {
    match v.parse() {
        Ok(n @ 1..=500) => Ok(n),
        _ => Err(Error::BadRequest("limit phải là số từ 1 đến 500.".into())),
    }
}

fn as_of(v: &str) -> Result<Option<String>> {
    match v.trim() {
        "" => Ok(None),
        "all" => Ok(Some("all".into())),
        d => text::parse_date_vi(d).map(Some).map_err(|e| Error::BadRequest(e.message().to_owned())),
    }
}

fn sort(def: &Definition, v: &str) -> Result<Option<String>> {
    if v.is_empty() {
        return Ok(None);
    }
    known(def, v.strip_prefix('-').unwrap_or(v))?;
    Ok(Some(v.to_owned()))
}

fn filter(def: &Definition, key: &str, v: &str, out: &mut Vec<Filter>) -> Result<()> {
    if v.trim().is_empty() {
        return Ok(());
    }
    let (field, op) = match key.rsplit_once('.') {
        Some((f, o)) => {
            let names: Vec<&str> = OPS.iter().map(|(n, _)| *n).collect();
            let Some((_, op)) = OPS.iter().find(|(n, _)| *n == o) else {
                return Err(unknown("Phép so sánh", o, &names));
            };
            (f, *op)
        }
        None => (key, Op::Is),
    };
    known(def, field)?;
    let v =
        if matches!(op, Op::From | Op::To) { text::parse_date_vi(v).unwrap_or_else(|_| v.trim().to_owned()) } else { v.trim().to_owned() };
    match out.iter_mut().find(|f| f.field == field && f.op == op) {
        Some(f) => f.values.push(v),
        None => out.push(Filter { field: field.to_owned(), op, values: vec![v] }),
    }
    Ok(())
}

fn known(def: &Definition, field: &str) -> Result<()> {
    let mut names: Vec<&str> = def.fields.iter().map(|f| f.id.as_str()).collect();
    names.extend(COMMON);
    if names.contains(&field) { Ok(()) } else { Err(unknown("Trường", field, &names)) }
}

/// "no such thing, did you mean …?"
pub fn unknown(what: &str, given: &str, names: &[&str]) -> Error {
    let hint = text::nearest(given, names.iter().copied()).map(|n| format!(" Có phải «{n}»?")).unwrap_or_default();
    Error::BadRequest(format!("{what} «{given}» không có.{hint}"))
}

/// Query → pairs of the address, without the cursor.
pub fn pairs(q: &Query) -> Vec<(String, String)> {
    let mut out = vec![];
    let mut put = |k: &str, v: &Option<String>| {
        if let Some(v) = v {
            out.push((k.to_owned(), v.clone()));
        }
    };
    put("q", &q.search);
    put("where", &q.predicate);
    put("sort", &q.sort);
    put("as_of", &q.as_of);
    if let Some(l) = q.limit.filter(|l| *l != 50) {
        out.push(("limit".into(), l.to_string()));
    }
    for f in &q.filters {
        let name = OPS.iter().find(|(_, o)| *o == f.op).map_or("is", |(n, _)| n);
        let key = if f.op == Op::Is { format!("f.{}", f.field) } else { format!("f.{}.{name}", f.field) };
        out.extend(f.values.iter().map(|v| (key.clone(), v.clone())));
    }
    out
}

/// `base` with this query.
pub fn href(base: &str, q: &Query) -> String {
    with(base, &pairs(q))
}

/// `base` with these pairs.
pub fn with(base: &str, p: &[(String, String)]) -> String {
    if p.is_empty() { base.to_owned() } else { format!("{base}?{}", query_string(p)) }
}

/// The same list sorted by `field`; a second press turns the order.
pub fn sorted(base: &str, q: &Query, field: &str) -> String {
    let next = if q.sort.as_deref() == Some(field) { format!("-{field}") } else { field.to_owned() };
    href(base, &Query { sort: Some(next), after: None, ..q.clone() })
}

/// The same list without filter `i`.
pub fn without_filter(base: &str, q: &Query, i: usize) -> String {
    let mut q = q.clone();
    if i < q.filters.len() {
        q.filters.remove(i);
    }
    href(base, &q)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn def() -> Definition {
        toml::from_str(
            r#"
[register]
id = "person"
label = { vi = "Người", en = "Person" }
title = "{name}"
menu = "people"
dated = true
confirm_every = "90d"
scope = "agency"
[[field]]
id = "name"
label = { vi = "Họ tên", en = "Name" }
type = "text"
required = true
[[field]]
id = "kind"
label = { vi = "Loại", en = "Kind" }
type = { choice = "person_kind" }
[[field]]
id = "agency"
label = { vi = "Cơ quan", en = "Agency" }
type = { link = "agency" }
required = true
[[field]]
id = "born"
label = { vi = "Ngày sinh", en = "Born" }
type = "date"
sensitive = "personal"
[[field]]
id = "pay"
label = { vi = "Kinh phí", en = "Pay" }
type = "money"
[[field]]
id = "tags"
label = { vi = "Nhãn", en = "Tags" }
type = { links = "agency" }
[[state]]
id = "draft"
label = { vi = "Nháp", en = "Draft" }
[[state]]
id = "done"
label = { vi = "Xong", en = "Done" }
tone = "met"
[[transition]]
id = "finish"
label = { vi = "Hoàn thành", en = "Finish" }
from = ["draft"]
to = "done"
demands = ["born"]
"#,
        )
        .unwrap()
    }

    fn form(s: &str) -> FormData {
        FormData(crate::security::form_pairs(s.as_bytes()))
    }

    #[test]
    fn address_round_trip() {
        let d = def();
        let q = parse(&d, &form("q=an&f.kind=a&f.kind=b&f.born.from=1/2/2026&f.kind.not=c&sort=-name&as_of=all&limit=10")).unwrap();
        assert_eq!(q.filters[0].values, ["a", "b"]);
        assert_eq!(q.filters[1], Filter { field: "born".into(), op: Op::From, values: vec!["2026-02-01".into()] });
        let again = parse(&d, &FormData(pairs(&q))).unwrap();
        assert_eq!(q, again);
        assert_eq!(sorted("/r/person", &parse(&d, &form("sort=name")).unwrap(), "name"), "/r/person?sort=-name");
    }

    #[test]
    fn a_filter_that_is_not_known_is_refused() {
        let d = def();
        for bad in ["f.kin=a", "f.kind.isnt=a", "sort=nam", "limit=0", "limit=501", "as_of=31/02/2026"] {
            assert!(matches!(parse(&d, &form(bad)), Err(Error::BadRequest(_))), "{bad}");
        }
        assert!(parse(&d, &form("f.kin=a")).unwrap_err().to_string().contains("«kind»"));
    }
}
