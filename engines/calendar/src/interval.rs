//! Lengths of time as ISO 8601 durations.
use crate::date::{Date, DateError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A length of time: `P1M`, `P1Y`, `P2W`, `P10D`, `PT24H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interval {
    /// Calendar months; years are twelve of them.
    Months(u32),
    /// Days; weeks are seven of them.
    Days(u32),
    /// Hours.
    Hours(u32),
}

impl Interval {
    /// The day so long after a day; part of a day counts as a whole one.
    #[must_use]
    pub fn after(self, day: Date) -> Date {
        match self {
            Self::Months(n) => day.add_months(i32::try_from(n).unwrap_or(i32::MAX)),
            Self::Days(n) => day.add_days(i64::from(n)),
            Self::Hours(n) => day.add_days(i64::from(n.div_ceil(24))),
        }
    }

    /// The instant so long after an instant (microseconds UTC); months keep the time of day in Vietnam.
    #[must_use]
    pub fn after_instant(self, micros: i64) -> i64 {
        let hours = |n: i64| micros.saturating_add(n * 3_600_000_000);
        match self {
            Self::Hours(n) => hours(i64::from(n)),
            Self::Days(n) => hours(i64::from(n) * 24),
            Self::Months(_) => {
                let day = crate::instant::local_date(micros);
                hours(day.days_until(self.after(day)) * 24)
            }
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Months(n) if n % 12 == 0 => write!(f, "P{}Y", n / 12),
            Self::Months(n) => write!(f, "P{n}M"),
            Self::Days(n) if n % 7 == 0 => write!(f, "P{}W", n / 7),
            Self::Days(n) => write!(f, "P{n}D"),
            Self::Hours(n) => write!(f, "PT{n}H"),
        }
    }
}

impl FromStr for Interval {
    type Err = DateError;

    /// One number and unit (`PnY`, `PnM`, `PnW`, `PnD`, `PTnH`), greater than zero.
    fn from_str(s: &str) -> Result<Self, DateError> {
        let read = || {
            let (body, hours) = match s.strip_prefix("PT") {
                Some(rest) => (rest, true),
                None => (s.strip_prefix('P')?, false),
            };
            let number = body.get(..body.len().checked_sub(1)?)?;
            if number.len() > 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let n: u32 = number.parse().ok().filter(|n| *n > 0)?;
            match (body.chars().last()?, hours) {
                ('H', true) => Some(Self::Hours(n)),
                ('Y', false) => Some(Self::Months(n * 12)),
                ('M', false) => Some(Self::Months(n)),
                ('W', false) => Some(Self::Days(n * 7)),
                ('D', false) => Some(Self::Days(n)),
                _ => None,
            }
        };
        read().ok_or_else(|| DateError::of(s))
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::d;

    #[test]
    fn reads_and_writes() {
        for (s, i) in [
            ("P1M", Interval::Months(1)),
            ("P1Y", Interval::Months(12)),
            ("P1W", Interval::Days(7)),
            ("P10D", Interval::Days(10)),
            ("PT24H", Interval::Hours(24)),
        ] {
            assert_eq!(s.parse(), Ok(i));
            assert_eq!(i.to_string(), s);
        }
        for s in ["", "P", "PT", "P1", "1M", "P0M", "P-1M", "P1M2D", "PT1M", "P1H", "P9999999D", "Pé"] {
            assert!(s.parse::<Interval>().is_err(), "{s}");
        }
    }

    #[test]
    fn adds() {
        assert_eq!(Interval::Months(1).after(d("2026-01-31")), d("2026-02-28"));
        assert_eq!(Interval::Hours(25).after(d("2026-01-31")), d("2026-02-02"));
        let t = crate::instant::at(d("2026-01-31"), 23, 30, 0).unwrap();
        assert_eq!(crate::instant::to_rfc3339(Interval::Months(1).after_instant(t)), "2026-02-28T23:30:00+07:00");
        assert_eq!(Interval::Days(u32::MAX).after(Date::MAX), Date::MAX);
    }
}
