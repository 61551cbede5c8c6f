//! Spans of days that figures are counted over.
use crate::date::{Date, DateError, MonthDay};
use std::str::FromStr;

/// Days from first to last, both included, with a stable key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// `2026`, `2026-Q4`, `2026-11`, `2026-2027` …; sorts within its kind.
    pub key: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Span {
    /// Whether the day lies in it.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// Number of days.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.from.days_until(self.to) + 1
    }

    /// `15/12/2025 – 14/12/2026`.
    #[must_use]
    pub fn to_vi(&self) -> String {
        format!("{} – {}", self.from.to_vi(), self.to.to_vi())
    }
}

/// A way of cutting time into periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodKind {
    /// 1 January to 31 December.
    CalendarYear,
    /// Calendar quarter.
    Quarter,
    /// Calendar month.
    Month,
    /// So many months up to and including the day asked about.
    Trailing(u32),
    /// A year that starts on another day, named after the year it ends in: 15/12/2025–14/12/2026 is
    /// "2026" (the yearly incident and reporting year).
    ReportingYear(MonthDay),
    /// 1 September to 31 August, `2026-2027`.
    SchoolYear,
}

/// The year starting on this day of the year that holds `day`.
fn year_from(start: MonthDay, day: Date) -> (Date, Date) {
    let this = start.in_year(day.year());
    let first = if day >= this { this } else { start.in_year(day.year() - 1) };
    (first, start.in_year(first.year() + 1).add_days(-1))
}

impl PeriodKind {
    /// The period that holds a day (for trailing months: that ends on it).
    #[must_use]
    pub fn holding(self, day: Date) -> Span {
        let year = day.year();
        match self {
            Self::CalendarYear => Span { key: format!("{year:04}"), from: day.start_of_year(), to: day.end_of_year() },
            Self::Quarter => {
                let q = day.quarter();
                Span { key: format!("{year:04}-Q{q}"), from: Date::clamped(year, q * 3 - 2, 1), to: Date::clamped(year, q * 3, 31) }
            }
            Self::Month => Span { key: format!("{year:04}-{:02}", day.month()), from: day.start_of_month(), to: day.end_of_month() },
            Self::Trailing(months) => Span {
                key: day.to_string(),
                // At least the day itself, even of zero months.
                from: day.add_months(0i32.saturating_sub_unsigned(months)).add_days(1).min(day),
                to: day,
            },
            Self::ReportingYear(start) => {
                let (from, to) = year_from(start, day);
                Span { key: format!("{:04}", to.year()), from, to }
            }
            Self::SchoolYear => {
                let (from, to) = year_from(MonthDay::from(Date::clamped(2000, 9, 1)), day);
                Span { key: format!("{:04}-{:04}", from.year(), to.year()), from, to }
            }
        }
    }

    /// The period before the one that holds a day; trailing months step back by their own length.
    #[must_use]
    pub fn before(self, day: Date) -> Span {
        match self {
            Self::Trailing(months) => self.holding(day.add_months(0i32.saturating_sub_unsigned(months))),
            _ => self.holding(self.holding(day).from.add_days(-1)),
        }
    }
}

impl FromStr for PeriodKind {
    type Err = DateError;

    /// The words of the rule language: `calendar year`, `quarter`, `month`, `school year`,
    /// `trailing 12 months`, and a reporting year by its days, `15/12-14/12` (any dash).
    fn from_str(s: &str) -> Result<Self, DateError> {
        let error = || DateError::of(s);
        let folded = text::fold(s);
        match folded.as_str() {
            "calendar year" => return Ok(Self::CalendarYear),
            "quarter" => return Ok(Self::Quarter),
            "month" => return Ok(Self::Month),
            "school year" => return Ok(Self::SchoolYear),
            _ => {}
        }
        if let Some(rest) = folded.strip_prefix("trailing ") {
            let n = rest.strip_suffix(" months").or(rest.strip_suffix(" month"));
            let months = n.and_then(|n| n.parse().ok()).ok_or_else(error)?;
            return match months {
                1..=1200 => Ok(Self::Trailing(months)),
                _ => Err(error()),
            };
        }
        let (from, to) = folded.split_once('-').ok_or_else(error)?;
        let day = |part: &str| {
            let (d, m) = part.trim().split_once('/')?;
            MonthDay::new(m.parse().ok()?, d.parse().ok()?)
        };
        let (from, to) = (day(from).ok_or_else(error)?, day(to).ok_or_else(error)?);
        // The last day must be the one before the first, or it is not a year.
        if from.in_year(2001).add_days(-1) != to.in_year(from.in_year(2001).add_days(-1).year()) {
            return Err(error());
        }
        Ok(Self::ReportingYear(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::d;
    use proptest::prelude::*;

    fn kind(s: &str) -> PeriodKind {
        s.parse().unwrap()
    }

    #[test]
    fn table() {
        for (k, day, key, from, to) in [
            ("calendar year", "2026-11-22", "2026", "2026-01-01", "2026-12-31"),
            ("quarter", "2026-11-22", "2026-Q4", "2026-10-01", "2026-12-31"),
            ("quarter", "2026-06-30", "2026-Q2", "2026-04-01", "2026-06-30"),
            ("month", "2028-02-05", "2028-02", "2028-02-01", "2028-02-29"),
            ("trailing 12 months", "2026-11-22", "2026-11-22", "2025-11-23", "2026-11-22"),
            ("trailing 1 month", "2026-03-31", "2026-03-31", "2026-03-01", "2026-03-31"),
            ("15/12–14/12", "2026-11-22", "2026", "2025-12-15", "2026-12-14"),
            ("15/12-14/12", "2026-12-14", "2026", "2025-12-15", "2026-12-14"),
            ("15/12-14/12", "2026-12-15", "2027", "2026-12-15", "2027-12-14"),
            ("01/01 - 31/12", "2026-12-15", "2026", "2026-01-01", "2026-12-31"),
            ("school year", "2026-08-31", "2025-2026", "2025-09-01", "2026-08-31"),
            ("School  Year", "2026-09-01", "2026-2027", "2026-09-01", "2027-08-31"),
        ] {
            let want = Span { key: key.into(), from: d(from), to: d(to) };
            assert_eq!(kind(k).holding(d(day)), want, "{k} {day}");
        }
        assert_eq!(kind("quarter").before(d("2026-02-01")).key, "2025-Q4");
        assert_eq!(kind("trailing 12 months").before(d("2026-11-22")).to, d("2025-11-22"));
        for s in ["", "year", "trailing months", "trailing 0 months", "15/12-15/12", "31/02-01/03", "15/12"] {
            assert!(s.parse::<PeriodKind>().is_err(), "{s}");
        }
    }

    proptest! {
        #[test]
        fn periods_tile_time(n in 0i64..30_000, which in 0usize..5) {
            let kinds = ["calendar year", "quarter", "month", "15/12-14/12", "school year"];
            let (k, day) = (kind(kinds[which]), Date::from_days(n));
            let span = k.holding(day);
            prop_assert!(span.contains(day));
            prop_assert_eq!(k.holding(span.to), span.clone());
            let before = k.before(day);
            prop_assert_eq!(before.to.add_days(1), span.from);
            prop_assert!(before.key < span.key);
        }

        #[test]
        fn trailing_year_is_a_year(n in 0i64..30_000) {
            let s = PeriodKind::Trailing(12).holding(Date::from_days(n));
            prop_assert!((365..=366).contains(&s.days()));
        }
    }
}
