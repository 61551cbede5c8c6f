//! Spans in µs, back-off, and the daily slot in Vietnam.

/// One second in µs.
pub(crate) const SECOND: i64 = 1_000_000;
/// One minute in µs.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// One hour in µs.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// One day in µs.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Wait before attempt `attempts + 1`: 10 s, 20 s, 40 s … at most an hour.
pub(crate) fn back_off(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.max(1) - 1).unwrap_or(u32::MAX).min(20);
    ((10 * SECOND) << doublings).min(HOUR)
}

/// The last instant at or before `now` when the clock in Vietnam (+07:00) showed `hour:minute`.
pub(crate) fn last_daily(now: i64, hour: u8, minute: u8) -> i64 {
    let of_day = i64::from(hour) * HOUR + i64::from(minute) * MINUTE;
    let local = now + 7 * HOUR;
    let slot = local.div_euclid(DAY) * DAY + of_day;
    let slot = if slot > local { slot - DAY } else { slot };
    slot - 7 * HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_an_hour() {
        assert_eq!(back_off(1), 10 * SECOND);
        assert_eq!(back_off(2), 20 * SECOND);
        assert_eq!(back_off(9), 2560 * SECOND);
        assert_eq!(back_off(10), HOUR);
        assert_eq!(back_off(i64::MAX), HOUR);
        assert_eq!(back_off(0), 10 * SECOND);
    }

    #[test]
    fn daily_slot_is_in_vietnamese_time() {
        // 2026-03-01 06:59 and 07:00 in Hà Nội (00:00 UTC)
        let seven = 1_772_323_200 * SECOND;
        assert_eq!(last_daily(seven, 7, 0), seven);
        assert_eq!(last_daily(seven - 1, 7, 0), seven - DAY);
        assert_eq!(last_daily(seven + DAY - 1, 7, 0), seven);
        assert_eq!(last_daily(seven, 0, 30), seven - 6 * HOUR - 30 * MINUTE);
        assert_eq!(last_daily(seven, 23, 59), seven - 7 * HOUR - MINUTE);
    }
}
