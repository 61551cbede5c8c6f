//! The words a rule may use: registers, their fields and kinds, as the kernel derives them from definitions.
use std::collections::BTreeMap;

use serde::Deserialize;

/// Vietnamese and English text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Vietnamese.
    pub vi: String,
    /// English; empty = the Vietnamese stands for it.
    #[serde(default)]
    pub en: String,
}

impl Label {
    /// A label in both languages.
    #[must_use]
    pub fn new(vi: &str, en: &str) -> Self {
        Self { vi: vi.to_owned(), en: en.to_owned() }
    }

    /// The text in a language; Vietnamese where English is missing.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.en.is_empty() { &self.en } else { &self.vi }
    }
}

/// Language of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// All registers a rule may speak of.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// By id.
    pub registers: BTreeMap<String, Register>,
}

impl Schema {
    /// A schema of these registers.
    #[must_use]
    pub fn new(registers: impl IntoIterator<Item = Register>) -> Self {
        Self { registers: registers.into_iter().map(|r| (r.id.clone(), r)).collect() }
    }

    /// A register by id.
    #[must_use]
    pub fn register(&self, id: &str) -> Option<&Register> {
        self.registers.get(id)
    }
}

/// One register: table name = id.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// Word of the language = table name.
    pub id: String,
    /// Name of one record kind.
    pub label: Label,
    /// Has `valid_from`, `valid_to` (inclusive; empty = open).
    pub dated: bool,
    /// Path from a record to its agency: `agency`, `person.agency`, `id` for the agency register itself. `None`: reference data.
    pub agency: Option<String>,
    /// Fields, with `state` as an ordinary choice where the register has states. System columns are known without being listed:
    /// `id`, `version`, `created_at`, `updated_at`, `confirmed_on`, and `valid_from`, `valid_to` when dated.
    pub fields: Vec<Field>,
}

/// One field: column name = id.
#[derive(Debug, Clone)]
pub struct Field {
    /// Word of the language = column name.
    pub id: String,
    /// Label.
    pub label: Label,
    /// Kind.
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// TEXT.
    Text,
    /// BIGINT.
    Integer,
    /// DOUBLE PRECISION.
    Decimal,
    /// BIGINT, đồng.
    Money,
    /// TEXT `YYYY-MM-DD`.
    Date,
    /// BIGINT, microseconds UTC.
    Instant,
    /// BIGINT 0 or 1.
    Bool,
    /// TEXT, one of (option, label).
    Choice(Vec<(String, Label)>),
    /// TEXT, id of a record of this register.
    Link(String),
    /// Table `"{register}__{field}"("owner", "target")`, ids of records of this register.
    Links(String),
}

impl Kind {
    /// Vietnamese name, for messages.
    #[must_use]
    pub fn name_vi(&self) -> &'static str {
        match self {
            Self::Text => "văn bản",
            Self::Integer => "số nguyên",
            Self::Decimal => "số thập phân",
            Self::Money => "tiền",
            Self::Date => "ngày",
            Self::Instant => "thời điểm",
            Self::Bool => "có/không",
            Self::Choice(_) => "lựa chọn",
            Self::Link(_) => "liên kết",
            Self::Links(_) => "nhiều liên kết",
        }
    }
}

impl Register {
    /// A field or a system column.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<Field> {
        if let Some(field) = self.fields.iter().find(|f| f.id == id) {
            return Some(field.clone());
        }
        let (vi, en, kind) = match id {
            "id" => ("mã bản ghi", "record", Kind::Link(self.id.clone())),
            "version" => ("phiên bản", "version", Kind::Integer),
            "created_at" => ("lúc tạo", "created at", Kind::Instant),
            "updated_at" => ("lúc sửa", "updated at", Kind::Instant),
            "confirmed_on" => ("ngày xác nhận", "confirmed on", Kind::Date),
            "valid_from" if self.dated => ("hiệu lực từ", "valid from", Kind::Date),
            "valid_to" if self.dated => ("hiệu lực đến", "valid to", Kind::Date),
            _ => return None,
        };
        Some(Field { id: id.to_owned(), label: Label::new(vi, en), kind })
    }

    /// Ids of its own fields, for messages.
    pub fn field_ids(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|f| f.id.as_str())
    }
}
