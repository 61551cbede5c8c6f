//! The physical shape of a register: its tables and indexes, and how to make them on either engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definition::{Definition, FieldType};
use crate::model::{AGENCY, Model, Part};
use crate::query::ORDER_MAX_INT;
use crate::sql::quote;

/// What of a definition has left traces in the database. Kept as JSON in `register_definition`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Field id → type as written in the definition.
    pub fields: BTreeMap<String, String>,
    /// Fields that must be filled.
    pub required: Vec<String>,
    /// Column → portable SQL type, without the link tables.
    pub columns: BTreeMap<String, String>,
    /// Fields with a table of links.
    pub links: Vec<String>,
    /// Index name → statement.
    pub indexes: BTreeMap<String, String>,
    /// What the derived columns are made from: changes mean that they are computed again.
    pub derived: String,
}

/// Word for a field type, as in the definition.
pub(crate) fn type_word(kind: &FieldType) -> String {
    use FieldType as T;
    match kind {
        T::Text => "text".into(),
        T::LongText => "long_text".into(),
        T::Integer => "integer".into(),
        T::Decimal => "decimal".into(),
        T::Money => "money".into(),
        T::Bool => "bool".into(),
        T::Date => "date".into(),
        T::Year => "year".into(),
        T::Phone => "phone".into(),
        T::Email => "email".into(),
        T::Url => "url".into(),
        T::Ip => "ip".into(),
        T::Cidr => "cidr".into(),
        T::Domain => "domain".into(),
        T::File => "file".into(),
        T::Files => "files".into(),
        T::Geo => "geo".into(),
        T::Choice(c) => format!("choice:{c}"),
        T::Link(t) => format!("link:{t}"),
        T::Links(t) => format!("links:{t}"),
    }
}

fn sql_type(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Integer | FieldType::Money | FieldType::Bool | FieldType::Year => "BIGINT",
        FieldType::Decimal => "DOUBLE PRECISION",
        _ => "TEXT",
    }
}

/// Kept as text?
pub(crate) fn is_text(kind: &FieldType) -> bool {
    sql_type(kind) == "TEXT"
}

/// Stored values of this type may be read as that one without looking at them.
pub(crate) fn widens(from: &str, to: &str) -> bool {
    let plain = |t: &str| {
        matches!(t, "text" | "long_text" | "phone" | "email" | "url" | "ip" | "cidr" | "domain" | "geo") || t.starts_with("choice:")
    };
    let whole = |t: &str| matches!(t, "integer" | "money" | "year");
    from == to
        || from == "file" && to == "files"
        || plain(from) && matches!(to, "text" | "long_text")
        || whole(from) && matches!(to, "integer" | "money")
}

/// The expression lists sort by, and its index: empty values come last in rising order.
pub(crate) fn order_expr(kind: &FieldType, column: &str) -> String {
    match sql_type(kind) {
        "BIGINT" => format!("COALESCE({column}, {ORDER_MAX_INT})"),
        "DOUBLE PRECISION" => format!("COALESCE({column}, 1e308)"),
        _ => format!("COALESCE({column}, '~')"),
    }
}

impl Shape {
    pub fn of(def: &Definition, m: &Model) -> Self {
        let mut s = Self::default();
        for (c, t) in [
            ("version", "BIGINT"),
            ("state", "TEXT"),
            ("created_at", "BIGINT"),
            ("created_by", "TEXT"),
            ("updated_at", "BIGINT"),
            ("updated_by", "TEXT"),
            ("confirmed_on", "TEXT"),
            ("deleted_at", "BIGINT"),
            ("search", "TEXT"),
            ("sort_title", "TEXT"),
        ] {
            s.columns.insert(c.into(), t.into());
        }
        if m.dated {
            s.columns.insert("valid_from".into(), "TEXT".into());
            s.columns.insert("valid_to".into(), "TEXT".into());
        }
        if m.tree.is_some() {
            s.columns.insert("path".into(), "TEXT".into());
        }
        for f in &m.fields {
            s.fields.insert(f.id.clone(), type_word(&f.kind));
            if f.required {
                s.required.push(f.id.clone());
            }
            if f.is_column() {
                s.columns.insert(f.id.clone(), sql_type(&f.kind).into());
            } else {
                s.links.push(f.id.clone());
            }
            if f.sort_column {
                s.columns.insert(format!("{}__sort", f.id), "TEXT".into());
            }
        }
        let searched: Vec<&str> = m.fields.iter().filter(|f| f.search).map(|f| f.id.as_str()).collect();
        let sorted: Vec<&str> = m.fields.iter().filter(|f| f.sort_column).map(|f| f.id.as_str()).collect();
        s.derived = format!("title {} search {} sort {}", def.register.title, searched.join(","), sorted.join(","));
        s.indexes = indexes(def, m);
        s
    }

    /// Statements that make the register's tables from nothing.
    pub fn create(&self, m: &Model) -> Vec<String> {
        let mut cols = String::from("\"id\" TEXT PRIMARY KEY");
        for (c, t) in &self.columns {
            let null =
                if matches!(c.as_str(), "version" | "created_at" | "created_by" | "updated_at" | "updated_by" | "search" | "sort_title") {
                    " NOT NULL"
                } else {
                    ""
                };
            cols.push_str(&format!(", {} {t}{null}", quote(c)));
        }
        let mut out = vec![format!("CREATE TABLE {} ({cols})", m.table())];
        out.extend(self.links.iter().flat_map(|f| create_links(m, f)));
        out.extend(self.indexes.values().cloned());
        out
    }
}

/// A table of links and its way back.
pub(crate) fn create_links(m: &Model, field: &str) -> Vec<String> {
    let table = m.link_table(field);
    vec![
        format!(
            "CREATE TABLE {table} (\"owner\" TEXT NOT NULL, \"target\" TEXT NOT NULL, \"position\" BIGINT NOT NULL, PRIMARY KEY (\"owner\", \"target\"))"
        ),
        format!("CREATE INDEX {} ON {table} (\"target\", \"owner\")", quote(&format!("{}__{field}__t", m.id))),
    ]
}

/// Terms of a natural key in an index. Missing dates and a missing parent in the tree count as equal; a key whose other
/// fields are not all filled is not enforced.
pub(crate) fn key_terms(m: &Model, key: &[String]) -> Vec<(String, bool)> {
    key.iter()
        .map(|w| {
            let optional = matches!(w.as_str(), "valid_from" | "valid_to") || m.tree.is_some_and(|t| m.fields[t].id == *w);
            (w.clone(), optional)
        })
        .collect()
}

fn indexes(def: &Definition, m: &Model) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let live = "WHERE \"deleted_at\" IS NULL";
    let table = m.table();
    let mut add = |name: String, unique: bool, terms: String, filter: &str| {
        let name = format!("{}__{name}", m.id);
        let unique = if unique { "UNIQUE " } else { "" };
        out.insert(name.clone(), format!("CREATE {unique}INDEX {} ON {table} ({terms}) {filter}", quote(&name)).trim_end().to_owned());
    };
    // the order of lists; words are looked for and rows are counted in it without touching the wide rows
    add("title".into(), false, "\"sort_title\", \"id\", \"search\", \"deleted_at\"".into(), live);
    if !m.states.is_empty() {
        add("state".into(), false, "\"state\"".into(), live);
    }
    if m.tree.is_some() {
        add("path".into(), false, "\"path\", \"id\"".into(), "");
    }
    for (i, key) in m.keys.iter().enumerate() {
        let terms: Vec<String> = key_terms(m, key)
            .into_iter()
            .map(|(w, optional)| if optional { format!("(COALESCE({}, ''))", quote(&w)) } else { quote(&w) })
            .collect();
        add(format!("key{i}"), true, terms.join(", "), live);
    }
    for (i, columns) in def.register.indexes.iter().enumerate() {
        // `deleted_at` is there for SQLite's planner, which otherwise believes that it must look into the row
        let terms: Vec<String> = columns.iter().map(|w| quote(w)).collect();
        add(format!("rule{i}"), false, format!("{}, \"deleted_at\"", terms.join(", ")), live);
    }
    for f in m.fields.iter().filter(|f| matches!(f.kind, FieldType::Link(_))) {
        // the owner's column also carries the order of the list, so that a page of one agency is read in order
        let owner = matches!(&f.kind, FieldType::Link(t) if t == AGENCY);
        if !owner && def.register.indexes.iter().any(|i| i.first() == Some(&f.id)) {
            continue;
        }
        let terms = if owner { format!("{}, \"sort_title\", \"id\"", quote(&f.id)) } else { format!("{}, \"id\"", quote(&f.id)) };
        add(f.id.clone(), false, terms, live);
    }
    if let Some(sort) = def.list.sort.as_deref().map(|s| s.trim_start_matches('-'))
        && let Some(f) = m.field(sort)
        && !matches!(f.kind, FieldType::Link(_) | FieldType::Links(_))
        && m.title != [Part::Field(m.index[sort])]
    {
        let column = if f.sort_column { quote(&format!("{sort}__sort")) } else { quote(sort) };
        add(format!("{sort}__o"), false, format!("({}), \"id\"", order_expr(&f.kind, &column)), live);
    }
    out
}
