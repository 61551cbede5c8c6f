//! Instants (microseconds UTC since 1970) and days in Vietnam. `Asia/Ho_Chi_Minh` has been +07:00
//! without summer time since 1975, so a fixed offset is exact for everything this product records.
use crate::date::Date;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
const OFFSET: i64 = 7 * 3_600 * SECOND;

/// The day it is in Vietnam.
#[must_use]
pub fn local_date(micros: i64) -> Date {
    Date::from_days(micros.saturating_add(OFFSET).div_euclid(DAY))
}

/// Hour, minute, second in Vietnam.
#[must_use]
pub fn local_time(micros: i64) -> (u8, u8, u8) {
    let s = micros.saturating_add(OFFSET).rem_euclid(DAY) / SECOND;
    let small = |n: i64| u8::try_from(n).unwrap_or(0);
    (small(s / 3600), small(s / 60 % 60), small(s % 60))
}

/// 00:00:00 of a day in Vietnam.
#[must_use]
pub fn start_of_day(day: Date) -> i64 {
    day.days_from_epoch() * DAY - OFFSET
}

/// 23:59:59 of a day in Vietnam: the last on-time moment (requirements S-05).
#[must_use]
pub fn end_of_day(day: Date) -> i64 {
    start_of_day(day) + DAY - SECOND
}

/// A moment of a day in Vietnam; `None` when there is no such time of day.
#[must_use]
pub fn at(day: Date, hour: u8, minute: u8, second: u8) -> Option<i64> {
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    (hour < 24 && minute < 60 && second < 60).then(|| start_of_day(day) + seconds * SECOND)
}

/// Whether something done at this instant was done by the end of the day due. Fractions of the last
/// second are on time: the clock people see still says 23:59:59.
#[must_use]
pub fn is_on_time(micros: i64, due: Date) -> bool {
    local_date(micros) <= due
}

/// `22/11/2026 14:05` in Vietnam.
#[must_use]
pub fn to_vi(micros: i64) -> String {
    let (h, m, _) = local_time(micros);
    format!("{} {h:02}:{m:02}", local_date(micros).to_vi())
}

/// RFC 3339 in Vietnam to the second: `2026-11-22T14:05:00+07:00`.
#[must_use]
pub fn to_rfc3339(micros: i64) -> String {
    let (h, m, s) = local_time(micros);
    format!("{}T{h:02}:{m:02}:{s:02}+07:00", local_date(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::d;
    use proptest::prelude::*;

    #[test]
    fn known() {
        // 2026-11-22 07:05:09 UTC
        let t = 1_795_331_109 * SECOND;
        assert_eq!(to_rfc3339(t), "2026-11-22T14:05:09+07:00");
        assert_eq!(to_vi(t), "22/11/2026 14:05");
        assert_eq!(local_date(-1), d("1970-01-01"));
        assert_eq!(local_date(17 * 3600 * SECOND), d("1970-01-02"));
        assert_eq!(at(d("2026-11-22"), 14, 5, 9), Some(t));
        assert_eq!(at(d("2026-11-22"), 24, 0, 0), None);
        assert!(local_date(i64::MAX) <= Date::MAX && local_date(i64::MIN) >= Date::MIN);
    }

    #[test]
    fn before_the_fifth_of_december() {
        let due = d("2026-12-05").last_day_before();
        let last = end_of_day(due);
        assert_eq!(to_rfc3339(last), "2026-12-04T23:59:59+07:00");
        assert!(is_on_time(last, due) && is_on_time(last + SECOND - 1, due));
        assert!(!is_on_time(last + SECOND, due));
    }

    proptest! {
        #[test]
        fn days_and_instants_agree(n in -700_000i64..2_900_000, h in 0u8..24, m in 0u8..60, s in 0u8..60, us in 0i64..SECOND) {
            let day = Date::from_days(n);
            let t = at(day, h, m, s).unwrap() + us;
            prop_assert_eq!(local_date(t), day);
            prop_assert_eq!(local_time(t), (h, m, s));
            prop_assert!(start_of_day(day) <= t && t < end_of_day(day) + SECOND);
        }
    }
}
