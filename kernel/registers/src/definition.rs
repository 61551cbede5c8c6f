//! The definition of a register, as its TOML says it. Every key of the format stands here.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Vietnamese and English text; both are required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// One definition file: `modules/<m>/registers/<id>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Head of the register.
    pub register: Head,
    /// Fields in order.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// States; the first is the initial one.
    #[serde(default, rename = "state")]
    pub states: Vec<State>,
    /// Moves between states.
    #[serde(default, rename = "transition")]
    pub transitions: Vec<Transition>,
    /// Validation rules over the record (rule language), all must hold.
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    /// While this holds of a record, nobody but the program adds, changes or withdraws it: what was approved stays as it was seen.
    pub frozen: Option<Check>,
    /// Role id → verbs (`read create update transition delete export import unmask`, or `*`).
    /// The pseudo-role `everyone` = any signed-in account reads all of it (reference data).
    #[serde(default)]
    pub access: BTreeMap<String, Vec<String>>,
    /// How the list looks.
    #[serde(default)]
    pub list: ListView,
    /// How the form is grouped.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
}

/// `[register]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// = table, URL, API path, permission prefix, word of the rule language. `[a-z][a-z0-9_]*`.
    pub id: String,
    /// Name of one record kind.
    pub label: Label,
    /// One sentence: what belongs here.
    #[serde(default)]
    pub help: Label,
    /// Rows of requirements.md it serves.
    #[serde(default)]
    pub mission: Vec<String>,
    /// Path of links to the owning agency: `agency`, `person.agency`, `id` (the agency register itself).
    /// Absent: reference data without an owner.
    pub scope: Option<String>,
    /// Menu group: `organisation`, `people`, `systems`, `training`, `products`, `money`, `documents`, `plans`, `following`; absent = not in the menu.
    pub menu: Option<String>,
    /// Title of a record: text with `{field}` holes, e.g. `"{person} · {agency}"`. Links print the target's title.
    pub title: String,
    /// Has `valid_from`, `valid_to` (inclusive dates); "as of" questions work.
    #[serde(default)]
    pub dated: bool,
    /// Link field to itself that makes a tree; the column `path` (`/id/id/`) is kept by the engine. Only `agency` uses it.
    pub tree: Option<String>,
    /// `"90d"`: who answers for the record must confirm it is still true.
    pub confirm_every: Option<String>,
    /// Natural keys. Import finds the existing record by the first key whose fields are all in the file. Enforced among
    /// records that are not withdrawn.
    #[serde(default)]
    pub keys: Vec<Vec<String>>,
    /// Columns that rules ask for together, the one they look up by first: an index that answers without the wide rows.
    #[serde(default)]
    pub indexes: Vec<Vec<String>>,
    /// Fields compared (folded, similar) to warn of duplicates at entry and to list them.
    #[serde(default)]
    pub similar: Vec<String>,
    /// Pairs of text fields, a register and an id, that name a record of whatever register: it must exist where the writer
    /// may read.
    #[serde(default)]
    pub refers: Vec<[String; 2]>,
    /// Fields of an earlier version whose column may be dropped with all its values: a migration that loses data is
    /// refused unless it is spelled out here.
    #[serde(default)]
    pub drops: Vec<String>,
}

/// `[[field]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// = column, API key. `[a-z][a-z0-9_]*`.
    pub id: String,
    /// Label.
    pub label: Label,
    /// Help under the input.
    #[serde(default)]
    pub help: Label,
    /// The field as a predicate in the sentence of a rule ("là cơ quan nhà nước"), where its label is none.
    pub said: Option<Label>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Must be filled.
    #[serde(default)]
    pub required: bool,
    /// `"personal"`: masked unless the reader's role may unmask; unmasking is logged.
    pub sensitive: Option<String>,
    /// Found by the search box (text types; default true for fields in the title).
    #[serde(default)]
    pub search: bool,
    /// Smallest number or date.
    pub min: Option<toml::Value>,
    /// Greatest number or date.
    pub max: Option<toml::Value>,
    /// Value of a new record (`"today"` for dates).
    pub default: Option<toml::Value>,
    /// Stored values of a text that the software writes, as a person reads them.
    #[serde(default)]
    pub words: BTreeMap<String, Label>,
}

/// Type of a field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// Whole number.
    Integer,
    /// Number with decimals.
    Decimal,
    /// đồng, whole.
    Money,
    /// Yes or no (0/1; empty = not known).
    Bool,
    /// `YYYY-MM-DD`.
    Date,
    /// Calendar year, e.g. 2026.
    Year,
    /// Vietnamese phone number, kept as typed, normalised for matching.
    Phone,
    /// E-mail.
    Email,
    /// http(s) address.
    Url,
    /// IP address.
    Ip,
    /// Network.
    Cidr,
    /// Domain name.
    Domain,
    /// One file: SHA-256, size, media type by content, name; the bytes lie once per hash in the database.
    File,
    /// Several files.
    Files,
    /// `lat,lon` in degrees.
    Geo,
    /// One of a code list (`choices/<id>.toml`).
    Choice(String),
    /// One record of a register.
    Link(String),
    /// Several records of a register.
    Links(String),
}

impl FieldType {
    /// Holds files?
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::Files)
    }
}

/// `[[state]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Id.
    pub id: String,
    /// Label.
    pub label: Label,
    /// Colour word: `met`, `unmet`, `soon`, `none`, `plain`.
    #[serde(default)]
    pub tone: String,
    /// A new record may start here too (what runs or is over when it is first entered), by who may take a transition that
    /// leads here and with the fields it demands.
    #[serde(default)]
    pub start: bool,
}

/// `[[transition]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Id, used in URLs.
    pub id: String,
    /// What the button says.
    pub label: Label,
    /// From any of these states.
    pub from: Vec<String>,
    /// To.
    pub to: String,
    /// Roles that may; empty = any role with the verb `transition`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Fields that must be filled before or with the move.
    #[serde(default)]
    pub demands: Vec<String>,
    /// Somebody else than the one who last changed the record.
    #[serde(default)]
    pub second_person: bool,
    /// A reason must be given.
    #[serde(default)]
    pub reason: bool,
    /// Field that keeps the reason while the record stays where this step led; any later step empties it.
    pub keeps: Option<String>,
    /// Address of the module's page that takes this step with all that belongs to it (`{id}` = the record). The doors every register
    /// has (record page, API, command) lead there instead of taking it alone.
    pub at: Option<String>,
}

impl Transition {
    /// [`Transition::at`] of this record.
    pub fn place(&self, id: &str) -> Option<String> {
        self.at.as_ref().map(|at| at.replace("{id}", id))
    }
}

/// `[[check]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Predicate of the rule language over this record.
    pub rule: String,
    /// Field to mark.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: Label,
}

/// `[list]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListView {
    /// Columns shown, most important first (narrow screens drop from the end). Default: title and the first fields.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Field to sort by (`-field` descending). Default: newest first.
    #[serde(default)]
    pub sort: Option<String>,
    /// Fields offered as filters. Default: choices, states, links.
    #[serde(default)]
    pub filters: Vec<String>,
}

/// `[[group]]`: fieldset of the form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Legend.
    pub label: Label,
    /// Fields in it.
    pub fields: Vec<String>,
}

/// A dated code list: `choices/<id>.toml` with `[choices] id, label` and `[[option]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceList {
    /// Head.
    pub choices: ChoiceHead,
    /// Options in order.
    #[serde(rename = "option")]
    pub options: Vec<ChoiceOption>,
}
/// `[choices]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceHead {
    /// Id.
    pub id: String,
    /// Label.
    pub label: Label,
}
/// `[[option]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Stored value, `[a-z0-9_]+`.
    pub id: String,
    /// Label.
    pub label: Label,
    /// Other spellings accepted at import (folded comparison).
    #[serde(default)]
    pub aliases: Vec<String>,
    /// First day it may be used.
    pub from: Option<String>,
    /// Last day it may be used.
    pub to: Option<String>,
    /// Colour word as for states.
    #[serde(default)]
    pub tone: String,
}

pub use crate::registry::Registry;
