//! Indicators as their TOML says them (the anatomy of FHIR Measure, in plain words).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::schema::Val;

/// Vietnamese and English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Label {
    /// English when asked for and there, Vietnamese otherwise.
    pub fn vi_or_en(&self, english: bool) -> &str {
        if english && !self.en.is_empty() { &self.en } else { &self.vi }
    }
}

/// What kind of figure it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// Met ÷ population.
    #[default]
    Share,
    /// Number of records that meet the rule, for the whole instance.
    Count,
    /// Sum ÷ sum.
    Ratio,
    /// Records that do not meet the rule; the target is at most 0.
    Violations,
}

/// `{ sum = "amount", of = "budget_line where …" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Numeric field.
    pub sum: String,
    /// Population.
    pub of: String,
}

/// A reason to leave records out of the population; they are counted and listed apart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// Condition.
    pub when: String,
    /// Why.
    pub reason: Label,
}

/// A number or word of the rule that may be set; shown beside the figure.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Value.
    pub value: toml::Value,
    /// What it means.
    pub label: Label,
    /// Where it comes from; absent = our reading.
    pub basis: Option<String>,
}

/// A goal with its legal basis and dates.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// ≥.
    pub at_least: Option<f64>,
    /// Strictly >.
    pub more_than: Option<f64>,
    /// ≤.
    pub at_most: Option<f64>,
    /// Strictly <.
    pub less_than: Option<f64>,
    /// Exactly.
    pub equal: Option<f64>,
    /// `%`, `lần`, `người`, `cuộc` …
    #[serde(default)]
    pub unit: String,
    /// First day it applies.
    pub from: Option<toml::value::Datetime>,
    /// Day by which it is to be reached (last day it applies).
    pub until: Option<toml::value::Datetime>,
    /// Plan section or article.
    pub basis: String,
    /// Remark, e.g. how a vague word was read.
    pub note: Option<Label>,
    /// The legal fact was not compared with the official text.
    #[serde(default)]
    pub unverified: bool,
}

/// How a figure is held against a goal's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// ≥.
    AtLeast,
    /// >.
    MoreThan,
    /// ≤.
    AtMost,
    /// <.
    LessThan,
    /// =.
    Equal,
}

impl Aim {
    /// Key of a target, word of the choice `comparator`.
    pub fn word(self) -> &'static str {
        match self {
            Aim::AtLeast => "at_least",
            Aim::MoreThan => "more_than",
            Aim::AtMost => "at_most",
            Aim::LessThan => "less_than",
            Aim::Equal => "equal",
        }
    }
    /// From [`Aim::word`].
    pub fn parse(word: &str) -> Option<Self> {
        [Aim::AtLeast, Aim::MoreThan, Aim::AtMost, Aim::LessThan, Aim::Equal].into_iter().find(|a| a.word() == word)
    }
    /// `≥`.
    pub fn sign(self) -> &'static str {
        match self {
            Aim::AtLeast => "≥",
            Aim::MoreThan => ">",
            Aim::AtMost => "≤",
            Aim::LessThan => "<",
            Aim::Equal => "=",
        }
    }
}

impl Target {
    /// A goal of this kind.
    pub fn new(aim: Aim, value: f64, unit: &str) -> Self {
        let mut t = Self { unit: unit.to_owned(), ..Self::default() };
        *match aim {
            Aim::AtLeast => &mut t.at_least,
            Aim::MoreThan => &mut t.more_than,
            Aim::AtMost => &mut t.at_most,
            Aim::LessThan => &mut t.less_than,
            Aim::Equal => &mut t.equal,
        } = Some(value);
        t
    }
    /// Asks more than another goal of the same unit and direction; `None` when the two cannot be compared.
    pub fn stricter_than(&self, other: &Target) -> Option<bool> {
        let ((a, x), (b, y)) = (self.aim()?, other.aim()?);
        let up = |a: Aim| match a {
            Aim::AtLeast | Aim::MoreThan => Some(true),
            Aim::AtMost | Aim::LessThan => Some(false),
            Aim::Equal => None,
        };
        if self.unit != other.unit || up(a)? != up(b)? {
            return None;
        }
        let open = |a: Aim| matches!(a, Aim::MoreThan | Aim::LessThan);
        Some(if x == y { open(a) && !open(b) } else { (x > y) == up(a)? })
    }
    /// What is asked and its number; `None` when not exactly one is given (a pack with such a target is refused).
    pub fn aim(&self) -> Option<(Aim, f64)> {
        let all = [
            (Aim::AtLeast, self.at_least),
            (Aim::MoreThan, self.more_than),
            (Aim::AtMost, self.at_most),
            (Aim::LessThan, self.less_than),
            (Aim::Equal, self.equal),
        ];
        let mut given = all.into_iter().filter_map(|(a, v)| Some((a, v?)));
        given.next().filter(|_| given.next().is_none())
    }
}

/// A named sub-rate; what it does not say it takes from the indicator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Id within the indicator.
    pub id: String,
    /// Label.
    pub label: Label,
    /// What to say of a record that lacks just this, shorter than the rule says it.
    pub missing: Option<Label>,
    /// Own population.
    pub population: Option<String>,
    /// Own rule.
    pub meets: Option<String>,
    /// Own path to the agency.
    pub agency: Option<String>,
    /// Own third answer.
    pub unknown: Option<String>,
}

/// The six words for good data: "đúng, đủ, sạch, sống, dùng chung, thống nhất".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Đúng: values agree with each other.
    Correct,
    /// Đủ: what is expected is there.
    Complete,
    /// Sạch: nothing hangs on what has ended.
    Clean,
    /// Sống: confirmed within N days.
    Live,
    /// Dùng chung: referenced, not typed again.
    Shared,
    /// Thống nhất: one code list.
    Uniform,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// `T-04`.
    pub id: String,
    /// Raised with each change of the rule.
    #[serde(default = "one")]
    pub version: i64,
    /// First day the rule is in force.
    pub from: Option<toml::value::Datetime>,
    /// Last day.
    pub to: Option<toml::value::Datetime>,
    /// Name.
    pub label: Label,
    /// Plan sections, articles.
    #[serde(default)]
    pub basis: Vec<String>,
    /// Facts not compared with the official text: a visible mark.
    #[serde(default)]
    pub unverified: bool,
    /// Kind.
    #[serde(default)]
    pub kind: FigureKind,
    /// `agency where kind in (…)`.
    pub population: Option<String>,
    /// Left out, with reasons.
    #[serde(default)]
    pub exclude: Vec<Exclude>,
    /// When there is no data.
    pub unknown: Option<String>,
    /// The rule.
    pub meets: Option<String>,
    /// Path to the agency a record counts for.
    pub agency: Option<String>,
    /// `as of`, `calendar year`, `trailing 12 months`, `school year`, `15/12-14/12`.
    #[serde(default)]
    pub period: String,
    /// `MM-DD`: last day on time within the period; until then a goal not reached is open, not failed. Absent = the period's end.
    pub due: Option<calendar::MonthDay>,
    /// A check of data rather than a goal of a plan: of which kind.
    pub quality: Option<Quality>,
    /// For ratios.
    pub numerator: Option<Sum>,
    /// For ratios.
    pub denominator: Option<Sum>,
    /// What is counted, e.g. "người", "cơ quan".
    pub counted: Option<Label>,
    /// How it counts, in words, beyond what the rule says.
    pub note: Option<Label>,
    /// The parts are different populations that may be added: name of their sum (sums over sums).
    pub pooled: Option<Label>,
    /// Sub-rates.
    #[serde(default, rename = "part")]
    pub parts: Vec<Part>,
    /// Settings.
    #[serde(default, rename = "setting")]
    pub settings: BTreeMap<String, Setting>,
    /// Goals; contradictory ones stand side by side.
    #[serde(default, rename = "target")]
    pub targets: Vec<Target>,
    /// Listed but not computed: why.
    pub no_source: Option<Label>,
}

fn one() -> i64 {
    1
}

/// What is wrong in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    /// File.
    pub file: String,
    /// Indicator; empty when the file itself cannot be read.
    pub indicator: String,
    /// Key of the indicator.
    pub key: String,
    /// Vietnamese sentence with the remedy.
    pub message: String,
}

impl std::fmt::Display for PackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        for s in [&self.indicator, &self.key] {
            if !s.is_empty() {
                write!(f, " · {s}")?;
            }
        }
        write!(f, ": {}", self.message)
    }
}
impl std::error::Error for PackError {}

/// One file of indicators.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// In order.
    #[serde(default, rename = "indicator")]
    pub indicators: Vec<Indicator>,
}

impl Pack {
    /// Reads one file.
    ///
    /// # Errors
    /// The first thing TOML or the format refuses.
    pub fn load(text: &str, file: &str) -> Result<Self, PackError> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |r| text.bytes().take(r.start).filter(|b| *b == b'\n').count() + 1);
            PackError {
                file: file.to_owned(),
                indicator: String::new(),
                key: String::new(),
                message: format!("dòng {line}: {}", e.message()),
            }
        })
    }
}

/// A TOML date as `YYYY-MM-DD`.
pub fn date_text(d: Option<&toml::value::Datetime>) -> Option<String> {
    d.and_then(|d| d.date).map(|d| format!("{:04}-{:02}-{:02}", d.year, d.month, d.day))
}

impl Setting {
    /// As a value of the rule language.
    pub fn val(&self) -> Val {
        match &self.value {
            toml::Value::Integer(n) => Val::Int(*n),
            toml::Value::Float(x) => Val::Real(*x),
            toml::Value::String(s) => Val::Text(s.clone()),
            toml::Value::Boolean(b) => Val::Int(i64::from(*b)),
            toml::Value::Datetime(d) => date_text(Some(d)).map_or(Val::Null, Val::Text),
            _ => Val::Null,
        }
    }
}

impl Indicator {
    /// Declared values of all settings.
    pub fn setting_values(&self) -> BTreeMap<String, Val> {
        self.settings.iter().map(|(k, s)| (k.clone(), s.val())).collect()
    }
    /// Goals in force on a day; without dates = always.
    pub fn targets_on(&self, day: &str) -> Vec<&Target> {
        let open = |t: &&Target| date_text(t.from.as_ref()).is_none_or(|d| d.as_str() <= day);
        let not_over = |t: &&Target| date_text(t.until.as_ref()).is_none_or(|d| d.as_str() >= day);
        let now: Vec<&Target> = self.targets.iter().filter(open).filter(not_over).collect();
        if now.is_empty() { self.targets.iter().collect() } else { now }
    }
}
