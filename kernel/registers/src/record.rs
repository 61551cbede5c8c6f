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
    /// Text, date, choice id, link id, file id.
    Text(String),
    /// Ids of a many-link, in order.
    Links(Vec<String>),
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
