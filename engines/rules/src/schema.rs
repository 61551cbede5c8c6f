//! The words rules may use: registers, their fields and links. Made from definitions by kernel/registers.

use std::collections::BTreeMap;

use crate::indicator::Label;

/// All registers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// By id.
    pub registers: BTreeMap<String, Register>,
}

/// One register = one table of the same name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// Id.
    pub id: String,
    /// Label.
    pub label: Label,
    /// Has `valid_from`, `valid_to`.
    pub dated: bool,
    /// Path of links from a record to the agency it counts for (`agency`, `person.agency`, `id` for the agency register).
    pub agency: Option<String>,
    /// Fields, also `state`, `valid_from`, `valid_to`, `confirmed_on` where the register has them.
    pub fields: Vec<Field>,
    /// Sets of fields that no two records which are not withdrawn share.
    pub keys: Vec<Vec<String>>,
}

impl Register {
    /// Field by id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id == id)
    }
}

/// One field = one column of the same name (many-links: the table `{register}__{field}`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Id.
    pub id: String,
    /// Label.
    pub label: Label,
    /// The field as a predicate ("là cơ quan nhà nước", "được xác nhận"), where the label is none.
    pub said: Option<Label>,
    /// Type.
    pub kind: Kind,
}

/// Type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole number.
    Integer,
    /// Number with decimals.
    Decimal,
    /// đồng.
    Money,
    /// `YYYY-MM-DD`.
    Date,
    /// µs UTC.
    Instant,
    /// 0/1.
    Bool,
    /// One of (id, label).
    Choice(Vec<(String, Label)>),
    /// One record of a register.
    Link(String),
    /// Several records of a register.
    Links(String),
}

impl Kind {
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Kind::Integer | Kind::Decimal | Kind::Money)
    }
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Kind::Text => "chữ",
            Kind::Integer | Kind::Decimal | Kind::Money => "số",
            Kind::Date => "ngày",
            Kind::Instant => "thời điểm",
            Kind::Bool => "có/không",
            Kind::Choice(_) => "lựa chọn",
            Kind::Link(_) => "liên kết",
            Kind::Links(_) => "nhiều liên kết",
        }
    }
}

/// A value in a record, a parameter or a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// Empty.
    Null,
    /// Integer, money, bool.
    Int(i64),
    /// Decimal.
    Real(f64),
    /// Text, date, choice, link.
    Text(String),
    /// Ids of a many-link.
    List(Vec<String>),
}

/// A record as the evaluator sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rec {
    /// Register.
    pub register: String,
    /// Id.
    pub id: String,
    /// Values by field id; absent = empty.
    pub fields: BTreeMap<String, Val>,
}

/// Where the evaluator finds records. `linked` and `all` leave out withdrawn records; `record` does not.
pub trait World {
    /// One record.
    fn record(&self, register: &str, id: &str) -> Option<Rec>;
    /// Records of `register` whose `field` links to `target`, each once.
    fn linked(&self, register: &str, field: &str, target: &str) -> Vec<Rec>;
    /// All records of `register`.
    fn all(&self, register: &str) -> Vec<Rec>;
    /// Those of `ids` (a many-link's list) that are not withdrawn.
    fn listed(&self, register: &str, ids: &[String]) -> Vec<Rec> {
        self.all(register).into_iter().filter(|r| ids.contains(&r.id)).collect()
    }
}

/// What is wrong with a rule, where, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Byte position in the expression.
    pub at: usize,
    /// Vietnamese sentence.
    pub message: String,
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (ở vị trí {})", self.message, self.at + 1)
    }
}
impl std::error::Error for RuleError {}

/// Result of reading a rule.
pub type Result<T, E = RuleError> = std::result::Result<T, E>;

pub(crate) fn err<T>(at: usize, message: impl Into<String>) -> Result<T> {
    Err(RuleError { at, message: message.into() })
}

/// "; có phải «x»? Có: a, b, c."
pub(crate) fn suggest<'a>(word: &str, options: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = options.collect();
    let near = all.iter().map(|o| (text::similarity(word, o), *o)).filter(|(s, _)| *s > 0.6).max_by(|a, b| a.0.total_cmp(&b.0));
    let list = all.iter().take(40).copied().collect::<Vec<_>>().join(", ");
    match near {
        Some((_, o)) => format!("; có phải «{o}»? Có: {list}."),
        None => format!(". Có: {list}."),
    }
}
