//! Records as doors see them.

use std::collections::BTreeMap;

/// Value of one field.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Data {
    /// Empty.
    Null,
    /// Bool.
    Bool(bool),
    /// Integer, money, year.
    Int(i64),
    /// Decimal.
    Real(f64),
    /// Text, date, choice id, link id.
    Text(String),
    /// Ids of a many-link, in order.
    Links(Vec<String>),
    /// Files, in order.
    Files(Vec<crate::Attachment>),
}

/// One record, masked for its reader.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Record {
    /// Register id.
    pub register: String,
    /// UUIDv7.
    pub id: String,
    /// Optimistic lock: +1 per change (`ETag`, `If-Match`).
    pub version: i64,
    /// State id, if the register has states.
    pub state: Option<String>,
    /// Title computed from the definition.
    pub title: String,
    /// By field id (also `valid_from`, `valid_to` when dated).
    pub fields: BTreeMap<String, Data>,
    /// Titles of linked records: field id → (id, title) pairs.
    pub links: BTreeMap<String, Vec<(String, String)>>,
    /// Fields whose value is masked for this reader (value is a hint such as `09•••••123`).
    pub masked: Vec<String>,
    /// Owning agency (resolved scope path), if any.
    pub agency: Option<String>,
    /// Day of the last confirmation.
    pub confirmed_on: Option<String>,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub updated_at: i64,
    /// Account id.
    pub updated_by: String,
    /// Withdrawn.
    pub deleted: bool,
}

/// One line of a record's history; also a leaf of the ledger.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HistoryEntry {
    /// Leaf number in the ledger.
    pub seq: i64,
    /// Version it made.
    pub version: i64,
    /// `create`, `update`, `transition:<id>`, `confirm`, `delete`, `unmask` …
    pub action: String,
    /// µs UTC.
    pub at: i64,
    /// Account id.
    pub who: String,
    /// Reason given.
    pub reason: Option<String>,
    /// Changed fields: id → (before, after), masked for the reader.
    pub changes: BTreeMap<String, (Data, Data)>,
}

/// Reading a record in code: wrong words and wrong types give nothing; [`crate::check_words`] finds them in tests.
impl Record {
    /// Text, date, choice id, link id.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field) {
            Some(Data::Text(s)) => Some(s),
            _ => None,
        }
    }
    /// Whole number, money, year.
    pub fn int(&self, field: &str) -> Option<i64> {
        match self.fields.get(field) {
            Some(Data::Int(n)) => Some(*n),
            _ => None,
        }
    }
    /// Number with decimals.
    pub fn real(&self, field: &str) -> Option<f64> {
        match self.fields.get(field) {
            Some(Data::Real(x)) => Some(*x),
            #[expect(clippy::cast_precision_loss, reason = "asked for as a real")]
            Some(Data::Int(n)) => Some(*n as f64),
            _ => None,
        }
    }
    /// Yes or no; `None` = not known.
    pub fn bool(&self, field: &str) -> Option<bool> {
        match self.fields.get(field) {
            Some(Data::Bool(b)) => Some(*b),
            _ => None,
        }
    }
    /// `YYYY-MM-DD`.
    pub fn date(&self, field: &str) -> Option<&str> {
        self.text(field)
    }
    /// Id of the linked record.
    pub fn link(&self, field: &str) -> Option<&str> {
        self.text(field)
    }
    /// Ids of the linked records.
    pub fn links(&self, field: &str) -> &[String] {
        match self.fields.get(field) {
            Some(Data::Links(l)) => l,
            _ => &[],
        }
    }
    /// Files of a field.
    pub fn files(&self, field: &str) -> &[crate::Attachment] {
        match self.fields.get(field) {
            Some(Data::Files(l)) => l,
            _ => &[],
        }
    }
    /// Title of the linked record.
    pub fn link_title(&self, field: &str) -> Option<&str> {
        self.links.get(field)?.first().map(|(_, t)| t.as_str())
    }
}
