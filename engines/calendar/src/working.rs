//! Working days in Vietnam: Monday to Friday without public holidays (Labour Code 2019, article 112),
//! plus the days worked in exchange ("làm bù") that the Government announces each year.
use crate::date::{Date, Weekday};
use std::collections::BTreeSet;

/// Days off and days worked in exchange. Given as data each year: lunar New Year and exchanged days
/// can't be computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holidays {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

impl Holidays {
    /// From a list of days off and a list of weekend days worked in exchange; a day in both is worked.
    #[must_use]
    pub fn new(off: impl IntoIterator<Item = Date>, worked: impl IntoIterator<Item = Date>) -> Self {
        Self { off: off.into_iter().collect(), worked: worked.into_iter().collect() }
    }

    /// Whether offices work that day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.worked.contains(&day) || !(weekend || self.off.contains(&day))
    }

    /// The day itself if worked, else the next one that is.
    #[must_use]
    pub fn next_working(&self, day: Date) -> Date {
        let mut d = day;
        while !self.is_working(d) && d < Date::MAX {
            d = d.add_days(1);
        }
        d
    }

    /// So many working days after a day; the day itself is not counted (Civil Code 2015, article 147).
    /// Negative counts go back. Zero gives the day unchanged.
    #[must_use]
    pub fn add_working_days(&self, day: Date, count: i32) -> Date {
        let step = i64::from(count.signum());
        let mut d = day;
        for _ in 0..count.unsigned_abs().min(100_000) {
            loop {
                let next = d.add_days(step);
                if next == d {
                    return d;
                }
                d = next;
                if self.is_working(d) {
                    break;
                }
            }
        }
        d
    }

    /// Working days after `from` up to and including `to`; 0 if `to` is not later.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let mut n = 0;
        let mut d = from;
        while d < to {
            d = d.add_days(1);
            n += u32::from(self.is_working(d));
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::d;
    use proptest::prelude::*;

    /// 30 April and 1 May 2026 are a Thursday and a Friday; say Monday 4 May is exchanged for
    /// Saturday 9 May.
    fn may() -> Holidays {
        Holidays::new([d("2026-04-30"), d("2026-05-01"), d("2026-05-04")], [d("2026-05-09")])
    }

    #[test]
    fn around_the_first_of_may() {
        let h = may();
        assert!(h.is_working(d("2026-04-29")) && !h.is_working(d("2026-05-02")));
        assert!(h.is_working(d("2026-05-09")) && !h.is_working(d("2026-05-10")));
        for (from, n, to) in [
            ("2026-04-29", 0, "2026-04-29"),
            ("2026-04-29", 1, "2026-05-05"),
            ("2026-05-02", 1, "2026-05-05"),
            ("2026-05-08", 1, "2026-05-09"),
            ("2026-05-08", 2, "2026-05-11"),
            ("2026-05-05", -1, "2026-04-29"),
            ("2026-05-04", -1, "2026-04-29"),
        ] {
            assert_eq!(h.add_working_days(d(from), n), d(to), "{from} {n}");
        }
        assert_eq!(h.next_working(d("2026-05-01")), d("2026-05-05"));
        assert_eq!(h.next_working(d("2026-05-05")), d("2026-05-05"));
        assert_eq!(h.working_days_between(d("2026-04-29"), d("2026-05-11")), 6);
        assert_eq!(h.working_days_between(d("2026-05-11"), d("2026-04-29")), 0);
        assert_eq!(h.add_working_days(Date::MAX, 5), Date::MAX);
    }

    proptest! {
        #[test]
        fn counting_and_adding_agree(n in 20_000i64..21_000, k in 1i32..60) {
            let (h, from) = (may(), Date::from_days(n));
            let to = h.add_working_days(from, k);
            prop_assert!(h.is_working(to));
            prop_assert_eq!(h.working_days_between(from, to), k.unsigned_abs());
            if h.is_working(from) {
                prop_assert_eq!(h.add_working_days(to, -k), from);
            }
        }
    }
}
