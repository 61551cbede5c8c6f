//! What goes into and comes out of a compiled rule: context, statements, records.
use std::collections::BTreeMap;

use calendar::{Date, PeriodKind};

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
}

/// SQL for both engines with `$1`, `$2` … and the values in that order.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Text.
    pub sql: String,
    /// Values.
    pub params: Vec<Param>,
}

/// A value of a record or a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// Empty.
    Null,
    /// Integer, money, instant (µs UTC), yes/no (1/0).
    Int(i64),
    /// Decimal.
    Real(f64),
    /// Text, date (`YYYY-MM-DD`), choice, link (id).
    Text(String),
    /// Many-links (ids); a list setting.
    List(Vec<String>),
}

/// One record, for [`World`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rec {
    /// Id.
    pub id: String,
    /// Fields and system columns by id; a missing key is empty.
    pub fields: BTreeMap<String, Val>,
}

/// The records an evaluation may look at. Deleted records are never returned; records out of date are (the rule decides).
pub trait World {
    /// One record.
    fn record(&self, register: &str, id: &str) -> Option<Rec>;
    /// Records of `register` whose link `field` (one or many) names `target_id`.
    fn linked(&self, register: &str, field: &str, target_id: &str) -> Vec<Rec>;
    /// All records of a register (catalogues; joins that are not links).
    fn all(&self, register: &str) -> Vec<Rec>;
}

/// Whose records count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AgencyScope {
    /// Everybody's, also records without an agency.
    #[default]
    All,
    /// Agencies whose column `"path"` (`/id1/id2/`) starts with one of these. Empty = nothing.
    Paths(Vec<String>),
    /// These agencies only. Empty = nothing.
    Agencies(Vec<String>),
}

/// For which day, period, agencies and settings a rule is asked.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// As-of date: dated records count when valid on it.
    pub as_of: Date,
    /// First day of the period.
    pub period_start: Date,
    /// Last day of the period. `within period` ends at this or the as-of date, whichever is earlier.
    pub period_end: Date,
    /// Whose records count.
    pub scope: AgencyScope,
    /// Settings other than their default. Check them with [`crate::Compiled::check_setting`] when they are entered: a value of the
    /// wrong type is not used.
    pub settings: BTreeMap<String, Val>,
}

impl Ctx {
    /// All agencies, default settings, period = the day itself.
    #[must_use]
    pub fn on(as_of: Date) -> Self {
        Self { as_of, period_start: as_of, period_end: as_of, scope: AgencyScope::All, settings: BTreeMap::new() }
    }

    /// All agencies, default settings, the period that holds the day.
    #[must_use]
    pub fn at(as_of: Date, period: &Period) -> Self {
        let (period_start, period_end) = period.span(as_of);
        Self { period_start, period_end, ..Self::on(as_of) }
    }

    /// The same, for these agencies.
    #[must_use]
    pub fn scoped(mut self, scope: AgencyScope) -> Self {
        self.scope = scope;
        self
    }

    /// Last day that counts in the period.
    #[must_use]
    pub fn cut_off(&self) -> Date {
        self.period_end.min(self.as_of)
    }
}

/// Period of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// `as of`: the day itself.
    AsOf,
    /// A year, quarter, trailing months …
    Of(PeriodKind),
}

impl Period {
    /// Reads `as of` and the words of [`PeriodKind`].
    #[must_use]
    pub fn parse(s: &str) -> Option<Self> {
        if s.trim() == "as of" { Some(Self::AsOf) } else { s.parse().ok().map(Self::Of) }
    }

    /// First and last day of the period that holds a day.
    #[must_use]
    pub fn span(&self, as_of: Date) -> (Date, Date) {
        match self {
            Self::AsOf => (as_of, as_of),
            Self::Of(kind) => {
                let span = kind.holding(as_of);
                (span.from, span.to)
            }
        }
    }
}

/// The answer for one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// In the population and meets the rule.
    Met,
    /// In the population and does not.
    Unmet,
    /// In the population; the registers do not say. Never counted as met, stays in the denominator.
    Unknown,
    /// Taken out for a stated reason.
    Excluded,
    /// Not in the population.
    Outside,
}
