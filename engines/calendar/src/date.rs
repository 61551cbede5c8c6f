//! Civil days of the Gregorian calendar, years 1 to 9999.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A day that exists. Ordered by time; written and read as `YYYY-MM-DD` (also by serde).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u32,
    day: u32,
}

/// A text that is not a day that exists (or a day of the year, or a length of time). [`fmt::Display`] is a Vietnamese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateError(String);

impl DateError {
    pub(crate) fn of(input: &str) -> Self {
        Self(input.chars().take(40).collect())
    }
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” không phải là ngày hoặc thời hạn hợp lệ", self.0)
    }
}

impl std::error::Error for DateError {}

/// Day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// `Thứ Hai` … `Chủ nhật`.
    #[must_use]
    pub fn label_vi(self) -> &'static str {
        match self {
            Self::Monday => "Thứ Hai",
            Self::Tuesday => "Thứ Ba",
            Self::Wednesday => "Thứ Tư",
            Self::Thursday => "Thứ Năm",
            Self::Friday => "Thứ Sáu",
            Self::Saturday => "Thứ Bảy",
            Self::Sunday => "Chủ nhật",
        }
    }
}

impl Date {
    /// 1 January of year 1.
    pub const MIN: Self = Self { year: 1, month: 1, day: 1 };
    /// 31 December 9999.
    pub const MAX: Self = Self { year: 9999, month: 12, day: 31 };

    /// The day, if it exists.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        text::is_valid_date(year, month, day).then_some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`, strictly; the same as [`str::parse`].
    ///
    /// # Errors
    /// [`DateError`] for another form or a day that does not exist.
    pub fn parse(s: &str) -> Result<Self, DateError> {
        s.parse()
    }

    /// The day of a month, or the month's last day if it has fewer; month and year are brought into
    /// range.
    #[must_use]
    pub fn clamped(year: i32, month: u32, day: u32) -> Self {
        let (year, month) = (year.clamp(1, 9999), month.clamp(1, 12));
        let day = day.clamp(1, text::days_in_month(year, month));
        Self { year, month, day }
    }

    /// Year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> i32 {
        self.year
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.month
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u32 {
        self.day
    }

    /// Quarter, 1 to 4.
    #[must_use]
    pub fn quarter(self) -> u32 {
        self.month.div_ceil(3)
    }

    /// Days since 1970-01-01, negative before. (Howard Hinnant, "chrono-compatible low-level date
    /// algorithms".)
    #[must_use]
    pub fn days_from_epoch(self) -> i64 {
        let y = i64::from(self.year) - i64::from(self.month <= 2);
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day so many days after 1970-01-01; [`Date::MIN`] or [`Date::MAX`] if beyond them.
    #[must_use]
    pub fn from_days(days: i64) -> Self {
        let z = days.clamp(-719_162, 2_932_896) + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * m + 2) / 5 + 1;
        let month = if m < 10 { m + 3 } else { m - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |n: i64| u32::try_from(n).unwrap_or(1);
        Self::clamped(i32::try_from(year).unwrap_or(1), small(month), small(day))
    }

    /// So many days later (or earlier); stops at [`Date::MIN`] and [`Date::MAX`].
    #[must_use]
    pub fn add_days(self, days: i64) -> Self {
        Self::from_days(self.days_from_epoch().saturating_add(days))
    }

    /// So many months later (or earlier), on the same day or the month's last if it has fewer:
    /// 31/01 + 1 month = 28/02. Stops at [`Date::MIN`] and [`Date::MAX`].
    #[must_use]
    pub fn add_months(self, months: i32) -> Self {
        let total = i64::from(self.year) * 12 + i64::from(self.month) - 1 + i64::from(months);
        let year = total.div_euclid(12);
        if year < 1 {
            return Self::MIN;
        }
        if year > 9999 {
            return Self::MAX;
        }
        let month = u32::try_from(total.rem_euclid(12)).unwrap_or(0) + 1;
        Self::clamped(i32::try_from(year).unwrap_or(1), month, self.day)
    }

    /// Days from `self` to `other`, negative if `other` is earlier.
    #[must_use]
    pub fn days_until(self, other: Self) -> i64 {
        other.days_from_epoch() - self.days_from_epoch()
    }

    /// Day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        match (self.days_from_epoch() + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The Monday of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.add_days(-(self.days_from_epoch() + 3).rem_euclid(7))
    }

    /// ISO 8601 week: year of the week and number 1 to 53.
    #[must_use]
    pub fn iso_week(self) -> (i32, i64) {
        // The week belongs to the year of its Thursday.
        let thursday = self.monday().add_days(3);
        let first = Self::clamped(thursday.year, 1, 1);
        (thursday.year, first.days_until(thursday) / 7 + 1)
    }

    /// First day of its month.
    #[must_use]
    pub fn start_of_month(self) -> Self {
        Self { day: 1, ..self }
    }

    /// Last day of its month.
    #[must_use]
    pub fn end_of_month(self) -> Self {
        Self::clamped(self.year, self.month, 31)
    }

    /// 1 January of its year.
    #[must_use]
    pub fn start_of_year(self) -> Self {
        Self::clamped(self.year, 1, 1)
    }

    /// 31 December of its year.
    #[must_use]
    pub fn end_of_year(self) -> Self {
        Self::clamped(self.year, 12, 31)
    }

    /// The last on-time day of "trước ngày …": the day before (requirements S-05).
    #[must_use]
    pub fn last_day_before(self) -> Self {
        self.add_days(-1)
    }

    /// `dd/MM/yyyy`.
    #[must_use]
    pub fn to_vi(self) -> String {
        format!("{:02}/{:02}/{:04}", self.day, self.month, self.year)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Strictly `YYYY-MM-DD`.
    fn from_str(s: &str) -> Result<Self, DateError> {
        let error = || DateError::of(s);
        let digits = |part: &str, len: usize| {
            (part.len() == len && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten().ok_or_else(error)
        };
        let mut parts = s.splitn(3, '-');
        let mut next = |len| digits(parts.next().unwrap_or_default(), len);
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        Self::new(year.cast_signed(), month, day).ok_or_else(error)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// A day of every year, `MM-DD`; 29 February means the last of February in other years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl MonthDay {
    /// The day, if some year has it.
    #[must_use]
    pub fn new(month: u32, day: u32) -> Option<Self> {
        text::is_valid_date(2000, month, day).then_some(Self { month, day })
    }

    /// This day in a year.
    #[must_use]
    pub fn in_year(self, year: i32) -> Date {
        Date::clamped(year, self.month, self.day)
    }
}

impl From<Date> for MonthDay {
    fn from(d: Date) -> Self {
        Self { month: d.month, day: d.day }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl FromStr for MonthDay {
    type Err = DateError;

    /// Strictly `MM-DD`.
    fn from_str(s: &str) -> Result<Self, DateError> {
        let full: Date = format!("2000-{s}").parse().map_err(|_| DateError::of(s))?;
        Ok(full.into())
    }
}

impl Serialize for MonthDay {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
pub(crate) fn d(s: &str) -> Date {
    s.parse().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        for (s, days, weekday) in [
            ("1970-01-01", 0, Weekday::Thursday),
            ("2000-02-29", 11_016, Weekday::Tuesday),
            ("2026-11-22", 20_779, Weekday::Sunday),
            ("1969-12-31", -1, Weekday::Wednesday),
            ("0001-01-01", -719_162, Weekday::Monday),
            ("9999-12-31", 2_932_896, Weekday::Friday),
        ] {
            assert_eq!(d(s).days_from_epoch(), days, "{s}");
            assert_eq!(Date::from_days(days), d(s));
            assert_eq!(d(s).weekday(), weekday, "{s}");
        }
        assert_eq!(d("2026-11-22").weekday().label_vi(), "Chủ nhật");
    }

    #[test]
    fn months_and_ends() {
        assert_eq!(d("2026-01-31").add_months(1), d("2026-02-28"));
        assert_eq!(d("2028-02-29").add_months(12), d("2029-02-28"));
        assert_eq!(d("2026-01-15").add_months(-1), d("2025-12-15"));
        assert_eq!(d("2026-11-22").add_months(-23), d("2024-12-22"));
        assert_eq!(Date::MAX.add_months(1), Date::MAX);
        assert_eq!(Date::MIN.add_months(i32::MIN), Date::MIN);
        assert_eq!(Date::MAX.add_days(i64::MAX), Date::MAX);
        assert_eq!(Date::MIN.add_days(i64::MIN), Date::MIN);
        assert_eq!(d("2028-02-10").end_of_month(), d("2028-02-29"));
        assert_eq!(d("2026-12-05").last_day_before(), d("2026-12-04"));
        assert_eq!(d("2026-11-22").monday(), d("2026-11-16"));
        assert_eq!(d("2027-01-01").iso_week(), (2026, 53));
        assert_eq!(d("2024-12-30").iso_week(), (2025, 1));
    }

    #[test]
    fn refuses() {
        for s in [
            "",
            "2026-2-3",
            "2026-02-29",
            "26-02-03",
            "2026-02-03x",
            "+026-02-03",
            "0000-01-01",
            "2026/02/03",
            "2026-13-01",
            "２０２６-01-01",
        ] {
            assert!(s.parse::<Date>().is_err(), "{s}");
        }
        assert!("02-30".parse::<MonthDay>().is_err());
        assert!("2-03".parse::<MonthDay>().is_err());
        let leap: MonthDay = "02-29".parse().unwrap();
        assert_eq!((leap.in_year(2026), leap.in_year(2028)), (d("2026-02-28"), d("2028-02-29")));
        assert!(serde_json::from_str::<Date>("\"2026-02-30\"").is_err());
        assert_eq!(serde_json::to_string(&d("2026-02-03")).unwrap(), "\"2026-02-03\"");
    }

    proptest! {
        #[test]
        fn every_day_once(n in -719_162i64..2_932_896) {
            let a = Date::from_days(n);
            let b = Date::from_days(n + 1);
            prop_assert_eq!(a.days_from_epoch(), n);
            prop_assert!(a < b);
            prop_assert!(Date::new(a.year(), a.month(), a.day()).is_some());
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(text::parse_date_vi(&a.to_vi()).is_ok(), (1900..=2199).contains(&a.year()));
        }

        #[test]
        fn adding(n in -700_000i64..2_900_000, k in -9_000i64..9_000, m in -200i32..200) {
            let a = Date::from_days(n);
            prop_assert_eq!(a.days_until(a.add_days(k)), k);
            let b = a.add_months(m);
            prop_assert_eq!((b.year() - a.year()) * 12 + b.month().cast_signed() - a.month().cast_signed(), m);
            prop_assert!(b.day() <= a.day());
            prop_assert!(b.day() == a.day() || b == b.end_of_month());
        }

        #[test]
        fn never_panics(s in "\\PC*", y: i32, m: u32, day: u32) {
            let _ = (s.parse::<Date>(), s.parse::<MonthDay>(), Date::new(y, m, day), Date::clamped(y, m, day));
        }
    }
}
