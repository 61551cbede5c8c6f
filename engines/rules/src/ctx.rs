//! The question around a rule: which day, which period, whose records, which settings.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Date;

use crate::ir::T;
use crate::schema::Val;

/// Part of the agency tree a question is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AgencyScope {
    /// Everybody.
    #[default]
    All,
    /// Agencies whose `path` begins with one of these.
    Paths(Vec<String>),
    /// Exactly these agencies.
    Agencies(Vec<String>),
    /// Those of the agencies (second) whose `path` begins with one of the first.
    Both(Vec<String>, Vec<String>),
}

/// Day, period, scope and settings of a question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ctx {
    /// `YYYY-MM-DD`.
    pub as_of: String,
    /// First day of the period.
    pub period_start: String,
    /// Last day of the period that counts (never after `as_of`).
    pub period_end: String,
    /// Whose records.
    pub scope: AgencyScope,
    /// Values of settings.
    pub settings: BTreeMap<String, Val>,
    /// Registers without a single record: what rests on them is not known rather than not met.
    pub empty: BTreeSet<String>,
    /// Whether the engine joins sets faster than it looks for the records of each (PostgreSQL).
    pub sets: bool,
}

impl Ctx {
    /// A question about one day, without a period of its own (the calendar year up to the day).
    pub fn on(day: &str) -> Self {
        let year = day.get(..4).unwrap_or("1970");
        Self { as_of: day.to_owned(), period_start: format!("{year}-01-01"), period_end: day.to_owned(), ..Self::default() }
    }
    /// Calendar year of the period's end.
    pub(crate) fn year(&self) -> i64 {
        self.period_end.get(..4).and_then(|y| y.parse().ok()).unwrap_or(0)
    }
    /// Value of a term that is no path.
    pub(crate) fn value(&self, t: &T) -> Val {
        match t {
            T::Literal(v, _) => v.clone(),
            T::Setting(s) => self.settings.get(s).cloned().unwrap_or(Val::Null),
            T::AsOf => Val::Text(self.as_of.clone()),
            T::PeriodStart => Val::Text(self.period_start.clone()),
            T::PeriodEnd => Val::Text(self.period_end.clone()),
            T::Year => Val::Int(self.year()),
            T::Path(_) => Val::Null,
        }
    }
    fn number(&self, t: &T) -> Option<i64> {
        match self.value(t) {
            Val::Int(n) => Some(n.clamp(0, 4_000_000)),
            Val::Real(x) => Some((x as i64).clamp(0, 4_000_000)),
            _ => None,
        }
    }
    /// First and last day of a window; `None` when its length is not set or the day is not a date.
    pub(crate) fn window(&self, w: &crate::ir::Window) -> Option<(String, String)> {
        use crate::ir::Window;
        let day = Date::parse(&self.as_of).ok();
        let from = match w {
            Window::Period => return Some((self.period_start.clone(), self.period_end.clone())),
            Window::Days(n) => day?.add_days(-self.number(n)?),
            Window::Months(n) => day?.add_months(-i32::try_from(self.number(n)?).unwrap_or(i32::MAX)).add_days(1),
        };
        Some((from.to_string(), self.as_of.clone()))
    }
    /// First microsecond of a day (a term that is a date) and of the next one, in Vietnam.
    pub(crate) fn moments(&self, t: &T) -> Option<(i64, i64)> {
        let Val::Text(day) = self.value(t) else { return None };
        let day = Date::parse(&day).ok()?;
        Some((calendar::instant::start_of_day(day), calendar::instant::start_of_day(day.add_days(1))))
    }
    /// Is the question about so many agencies that looking once at all records beats looking for each?
    pub(crate) fn wide(&self) -> bool {
        match &self.scope {
            AgencyScope::All => true,
            AgencyScope::Paths(paths) => paths.iter().any(|p| p.matches('/').count() <= 2),
            AgencyScope::Agencies(_) | AgencyScope::Both(..) => false,
        }
    }
}
