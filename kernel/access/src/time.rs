//! Days and clock times in Vietnam (fixed +07:00, no daylight saving since 1975).

/// One second in µs.
pub(crate) const SECOND: i64 = 1_000_000;
/// One minute in µs.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// One hour in µs.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// One day in µs.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Year, month, day, hour, minute in Vietnam of an instant in µs UTC (proleptic Gregorian; Hinnant, "days_from_civil").
fn civil(micros: i64) -> (i64, i64, i64, i64, i64) {
    let local = micros.saturating_add(7 * HOUR);
    let (days, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1, rest / HOUR, rest % HOUR / MINUTE)
}

/// Day in Vietnam, `YYYY-MM-DD`.
pub(crate) fn day_of(micros: i64) -> String {
    let (y, m, d, ..) = civil(micros);
    format!("{y:04}-{m:02}-{d:02}")
}

/// `HH:MM ngày dd/MM/yyyy` in Vietnam.
pub(crate) fn moment_vi(micros: i64) -> String {
    let (y, m, d, h, min) = civil(micros);
    format!("{h:02}:{min:02} ngày {d:02}/{m:02}/{y:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnam_is_seven_hours_ahead() {
        assert_eq!(day_of(0), "1970-01-01");
        assert_eq!(moment_vi(0), "07:00 ngày 01/01/1970");
        // 2026-02-28T17:00:00Z is midnight of 1 March in Hà Nội
        assert_eq!(day_of(1_772_298_000 * SECOND), "2026-03-01");
        assert_eq!(day_of(1_772_298_000 * SECOND - 1), "2026-02-28");
        assert_eq!(moment_vi(1_709_164_800 * SECOND), "07:00 ngày 29/02/2024");
        assert_eq!(day_of(-DAY), "1969-12-31");
    }
}
