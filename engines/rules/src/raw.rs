//! The TOML of a pack, as written.
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::schema::Label;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIndicator {
    pub id: String,
    #[serde(default = "one")]
    pub version: u32,
    pub from: Option<toml::Value>,
    pub to: Option<toml::Value>,
    pub label: Label,
    #[serde(default)]
    pub help: Label,
    #[serde(default)]
    pub basis: Vec<String>,
    #[serde(default)]
    pub unverified: bool,
    #[serde(default)]
    pub kind: RawKind,
    pub population: Option<String>,
    #[serde(default)]
    pub exclude: Vec<RawExclude>,
    pub unknown: Option<String>,
    pub meets: Option<String>,
    pub numerator: Option<RawSum>,
    pub denominator: Option<RawSum>,
    pub agency: Option<String>,
    #[serde(default = "as_of")]
    pub period: String,
    #[serde(default, rename = "part")]
    pub parts: Vec<RawPart>,
    #[serde(default)]
    pub pool: Vec<String>,
    #[serde(default, rename = "setting")]
    pub settings: BTreeMap<String, RawSetting>,
    #[serde(default, rename = "target")]
    pub targets: Vec<RawTarget>,
    pub no_source: Option<Label>,
}

fn one() -> u32 {
    1
}

fn as_of() -> String {
    "as of".into()
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawKind {
    #[default]
    Share,
    Count,
    Ratio,
    Violations,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawExclude {
    pub when: String,
    pub reason: Label,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSum {
    pub sum: String,
    pub of: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPart {
    pub id: String,
    pub label: Label,
    pub kind: Option<RawKind>,
    pub population: Option<String>,
    pub exclude: Option<Vec<RawExclude>>,
    pub unknown: Option<String>,
    pub meets: Option<String>,
    pub agency: Option<String>,
    pub numerator: Option<RawSum>,
    pub denominator: Option<RawSum>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSetting {
    pub value: toml::Value,
    pub label: Label,
    #[serde(default)]
    pub basis: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTarget {
    pub at_least: Option<toml::Value>,
    pub more_than: Option<toml::Value>,
    pub at_most: Option<toml::Value>,
    pub less_than: Option<toml::Value>,
    #[serde(default)]
    pub unit: String,
    pub from: Option<toml::Value>,
    pub until: Option<toml::Value>,
    #[serde(default)]
    pub basis: String,
    pub part: Option<String>,
    #[serde(default)]
    pub note: Label,
}
