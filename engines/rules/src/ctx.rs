//! The question around a rule: which day, which period, whose records, which settings.

use std::collections::BTreeMap;

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
    fn number(&self, t: &T) -> i64 {
        match self.value(t) {
            Val::Int(n) => n,
            Val::Real(x) => x as i64,
            _ => 0,
        }
    }
    /// First and last day of a window.
    pub(crate) fn window(&self, w: &crate::ir::Window) -> (String, String) {
        use crate::ir::Window;
        let day = Date::parse(&self.as_of).ok();
        let back = |f: &dyn Fn(Date) -> Date| day.map_or_else(String::new, |d| f(d).to_string());
        match w {
            Window::Period => (self.period_start.clone(), self.period_end.clone()),
            Window::Days(n) => (back(&|d| d.add_days(-self.number(n))), self.as_of.clone()),
            Window::Months(n) => {
                let months = i32::try_from(self.number(n)).unwrap_or(i32::MAX);
                (back(&|d| d.add_months(-months).add_days(1)), self.as_of.clone())
            }
        }
    }
}
