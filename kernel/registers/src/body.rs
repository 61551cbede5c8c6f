//! A whole record as stored, and its canonical JSON: the text whose hash stands in the ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Result, Row, Value};

use crate::definition::FieldType;
use crate::model::Model;
use crate::record::Data;

/// A record as stored: nothing masked, no titles.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raw {
    pub id: String,
    pub version: i64,
    pub state: Option<String>,
    pub created_at: i64,
    pub created_by: String,
    pub updated_at: i64,
    pub updated_by: String,
    pub confirmed_on: Option<String>,
    pub deleted_at: Option<i64>,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub path: Option<String>,
    /// By position of the field in the definition.
    pub values: Vec<Data>,
}

/// Canonical JSON: keys in order, empty fields left out (so that a new column changes no hash). `path` and the search
/// columns are derived and not in it; `updated_*` are in the leaf.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_on: Option<&'a str>,
    created_at: i64,
    created_by: &'a str,
    deleted: bool,
    fields: BTreeMap<&'a str, &'a Data>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<&'a str>,
    version: i64,
}

/// A body read back from the ledger. Fields that the definition no longer has are still in it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Past {
    #[serde(default)]
    pub confirmed_on: Option<String>,
    #[serde(default)]
    pub created_at: i64,
    #[serde(default)]
    pub created_by: String,
    #[serde(default)]
    pub deleted: bool,
    #[serde(default)]
    pub fields: BTreeMap<String, Data>,
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub valid_from: Option<String>,
    #[serde(default)]
    pub valid_to: Option<String>,
}

impl Raw {
    /// Reads a row selected with [`Model::select`] from column `at` on. Many-links are still empty.
    pub fn read(m: &Model, row: &Row, at: usize) -> Result<Self> {
        let mut i = at;
        let mut next = || {
            i += 1;
            i - 1
        };
        let mut raw = Self {
            id: row.get(next())?,
            version: row.get(next())?,
            state: row.get(next())?,
            created_at: row.get(next())?,
            created_by: row.get(next())?,
            updated_at: row.get(next())?,
            updated_by: row.get(next())?,
            confirmed_on: row.get(next())?,
            deleted_at: row.get(next())?,
            valid_from: None,
            valid_to: None,
            path: None,
            values: vec![],
        };
        if m.dated {
            raw.valid_from = row.get(next())?;
            raw.valid_to = row.get(next())?;
        }
        if m.tree.is_some() {
            raw.path = row.get(next())?;
        }
        raw.values = m
            .fields
            .iter()
            .map(|f| if f.is_column() { row.get::<Value>(next()).map(|v| from_sql(&f.kind, v)) } else { Ok(Data::Links(vec![])) })
            .collect::<Result<_>>()?;
        Ok(raw)
    }

    /// Columns that [`Model::select`] reads.
    pub fn width(m: &Model) -> usize {
        9 + if m.dated { 2 } else { 0 } + usize::from(m.tree.is_some()) + m.columns().count()
    }

    /// Parameters of [`Model::insert`] and (with the version before) [`Model::update`].
    pub fn params(&self, m: &Model, derived: Derived) -> Vec<Value> {
        let mut p: Vec<Value> = Vec::with_capacity(Self::width(m) + 4);
        p.extend([
            self.id.as_str().into(),
            self.version.into(),
            self.state.clone().into(),
            self.created_at.into(),
            self.created_by.as_str().into(),
            self.updated_at.into(),
            self.updated_by.as_str().into(),
            self.confirmed_on.clone().into(),
            self.deleted_at.into(),
        ]);
        if m.dated {
            p.extend([self.valid_from.clone().into(), self.valid_to.clone().into()]);
        }
        if m.tree.is_some() {
            p.push(self.path.clone().into());
        }
        p.extend(m.columns().map(|(i, _)| to_sql(&self.values[i])));
        p.extend(derived.sorts.into_iter().map(Value::Text));
        p.extend([Value::Text(derived.search), Value::Text(derived.title)]);
        p
    }

    /// The text whose hash is in the ledger.
    pub fn canonical(&self, m: &Model) -> Result<String> {
        let filled = m.fields.iter().zip(&self.values).filter(|(_, v)| !is_empty(v));
        let body = Body {
            confirmed_on: self.confirmed_on.as_deref(),
            created_at: self.created_at,
            created_by: &self.created_by,
            deleted: self.deleted_at.is_some(),
            fields: filled.map(|(f, v)| (f.id.as_str(), v)).collect(),
            id: &self.id,
            state: self.state.as_deref(),
            valid_from: self.valid_from.as_deref(),
            valid_to: self.valid_to.as_deref(),
            version: self.version,
        };
        serde_json::to_string(&body).map_err(store::Error::internal)
    }

    pub fn value(&self, m: &Model, field: &str) -> Data {
        let text = |t: &Option<String>| t.clone().map_or(Data::Null, Data::Text);
        match (m.index.get(field), field) {
            (Some(i), _) => self.values[*i].clone(),
            (None, "valid_from") => text(&self.valid_from),
            (None, "valid_to") => text(&self.valid_to),
            (None, "state") => text(&self.state),
            (None, "confirmed_on") => text(&self.confirmed_on),
            _ => Data::Null,
        }
    }
}

/// Columns computed from the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Derived {
    pub search: String,
    pub title: String,
    pub sorts: Vec<String>,
}

pub(crate) fn is_empty(v: &Data) -> bool {
    match v {
        Data::Null => true,
        Data::Links(l) => l.is_empty(),
        Data::Files(l) => l.is_empty(),
        _ => false,
    }
}

pub(crate) fn to_sql(v: &Data) -> Value {
    match v {
        Data::Null | Data::Links(_) => Value::Null,
        Data::Bool(b) => (*b).into(),
        Data::Int(n) => (*n).into(),
        Data::Real(n) => (*n).into(),
        Data::Text(s) => s.as_str().into(),
        Data::Files(l) => crate::attachment::to_column(l).into(),
    }
}

pub(crate) fn from_sql(kind: &FieldType, v: Value) -> Data {
    match (kind, v) {
        (_, Value::Null | Value::Bytes(_)) => Data::Null,
        (FieldType::Bool, Value::Int(n)) => Data::Bool(n != 0),
        #[expect(clippy::cast_precision_loss, reason = "SQLite may hand a whole real back as an integer")]
        (FieldType::Decimal, Value::Int(n)) => Data::Real(n as f64),
        (_, Value::Int(n)) => Data::Int(n),
        (_, Value::Real(n)) => Data::Real(n),
        (k, Value::Text(s)) if k.is_file() => crate::attachment::from_column(s),
        (_, Value::Text(s)) => Data::Text(s),
    }
}

impl Raw {
    /// A record with nothing in it.
    pub fn empty(m: &Model) -> Self {
        Self {
            id: String::new(),
            version: 0,
            state: None,
            created_at: 0,
            created_by: String::new(),
            updated_at: 0,
            updated_by: String::new(),
            confirmed_on: None,
            deleted_at: None,
            valid_from: None,
            valid_to: None,
            path: None,
            values: m.fields.iter().map(|f| if f.is_column() { Data::Null } else { Data::Links(vec![]) }).collect(),
        }
    }
}
