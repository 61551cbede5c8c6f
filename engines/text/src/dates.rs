//! Dates as Vietnamese officials write them, and back to ISO 8601.
use crate::ReadError;
use crate::fold::fold;

/// Days of a month of the Gregorian calendar; 0 when there is no such month.
#[must_use]
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Whether the day exists (years 1–9999).
#[must_use]
pub fn is_valid_date(year: i32, month: u32, day: u32) -> bool {
    (1..=9999).contains(&year) && day >= 1 && day <= days_in_month(year, month)
}

/// Reads strict `YYYY-MM-DD`.
fn iso_parts(s: &str) -> Option<(i32, u32, u32)> {
    let bytes = s.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !shape {
        return None;
    }
    let (y, m, d) = (s[..4].parse().ok()?, s[5..7].parse().ok()?, s[8..].parse().ok()?);
    is_valid_date(y, m, d).then_some((y, m, d))
}

/// `2026-11-22` → `22/11/2026`. What is not a valid ISO date comes back unchanged, so that a
/// page shows what is stored instead of hiding it.
///
/// ```
/// assert_eq!(text::date_vi("2026-11-22"), "22/11/2026");
/// ```
#[must_use]
pub fn date_vi(iso: &str) -> String {
    match iso_parts(iso) {
        Some((y, m, d)) => format!("{d:02}/{m:02}/{y:04}"),
        None => iso.to_owned(),
    }
}

/// Reads a date typed by a person or found in a sheet and returns `YYYY-MM-DD`. Day before month
/// always. Accepted: `22/11/2026`, `2/3/2026`, `22-11-2026`, `22.11.2026`, `2026-11-22` and
/// `2026/11/22` (with or without a time of day behind, as spreadsheets export it, which is
/// dropped), `ngày 22 tháng 11 năm 2026`.
///
/// # Errors
/// Years of two digits, years outside 1900–2199, days that do not exist, anything else.
pub fn parse_date_vi(s: &str) -> Result<String, ReadError> {
    let folded = fold(s);
    let bad = |why: &str| {
        ReadError::new(format!("“{}” không phải là ngày hợp lệ: {why}. Hãy ghi theo dạng ngày/tháng/năm, ví dụ 22/11/2026.", shorten(s)))
    };
    let (y, m, d) = parts(&folded).ok_or_else(|| bad("không đọc được ngày, tháng, năm"))?;
    if y.len() != 4 {
        return Err(bad("năm phải có đủ bốn chữ số"));
    }
    let number = |t: &str| t.parse::<u32>().map_err(|_| bad("không đọc được số"));
    let (y, m, d) = (number(y)?, number(m)?, number(d)?);
    if !(1900..=2199).contains(&y) {
        return Err(bad("năm phải từ 1900 đến 2199"));
    }
    if !(1..=12).contains(&m) {
        return Err(bad("tháng phải từ 1 đến 12"));
    }
    let last = days_in_month(y.cast_signed(), m);
    if !(1..=last).contains(&d) {
        return Err(bad(&format!("tháng {m}/{y} chỉ có {last} ngày")));
    }
    Ok(format!("{y:04}-{m:02}-{d:02}"))
}

/// Year, month, day as written, from a folded text.
fn parts(folded: &str) -> Option<(&str, &str, &str)> {
    let digits = |t: &str, max: usize| !t.is_empty() && t.len() <= max && t.bytes().all(|b| b.is_ascii_digit());
    if let Some((day, rest)) = folded.strip_prefix("ngay ").unwrap_or(folded).split_once(" thang ") {
        let (month, year) = rest.split_once(" nam ")?;
        return (digits(day, 2) && digits(month, 2) && digits(year, 4)).then_some((year, month, day));
    }
    let date = match folded.split_once([' ', 't']) {
        Some((date, time)) if is_time(time) => date,
        Some(_) => return None,
        None => folded,
    };
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '/' | '-' | '.') {
        return None;
    }
    let pieces: Vec<&str> = date.split(separator).collect();
    let [a, b, c] = pieces[..] else { return None };
    if digits(a, 4) && a.len() == 4 && digits(b, 2) && digits(c, 2) {
        Some((a, b, c))
    } else if digits(a, 2) && digits(b, 2) && digits(c, 4) {
        Some((c, b, a))
    } else {
        None
    }
}

/// `00:00`, `00:00:00`, `07:30:00.000`, with or without `z`.
fn is_time(t: &str) -> bool {
    let t = t.strip_suffix('z').unwrap_or(t);
    t.len() >= 4 && t.contains(':') && t.bytes().all(|b| b.is_ascii_digit() || b":.".contains(&b))
}

/// The input as quoted in a message, cut to a readable length.
pub(crate) fn shorten(s: &str) -> String {
    let s = s.trim();
    match s.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &s[..at]),
        None => s.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (s, iso) in [
            ("22/11/2026", "2026-11-22"),
            ("2/3/2026", "2026-03-02"),
            (" 02-03-2026 ", "2026-03-02"),
            ("2.3.2026", "2026-03-02"),
            ("2026-11-22", "2026-11-22"),
            ("2026/11/22", "2026-11-22"),
            ("2026-11-22 00:00:00", "2026-11-22"),
            ("2026-11-22T07:30:00.000Z", "2026-11-22"),
            ("22/11/2026 14:05", "2026-11-22"),
            ("ngày 05 tháng 12 năm 2026", "2026-12-05"),
            ("Ngày 5 tháng 12 năm 2026", "2026-12-05"),
            ("29/2/2028", "2028-02-29"),
            ("22–11–2026", "2026-11-22"),
        ] {
            assert_eq!(parse_date_vi(s).as_deref(), Ok(iso), "{s}");
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        for (s, why) in [
            ("31/2/2026", "tháng 2/2026 chỉ có 28 ngày"),
            ("29/02/2026", "chỉ có 28 ngày"),
            ("29/02/1900", "chỉ có 28 ngày"),
            ("31/4/2026", "chỉ có 30 ngày"),
            ("0/4/2026", "chỉ có 30 ngày"),
            ("11/22/2026", "tháng phải từ 1 đến 12"),
            ("1/1/26", "bốn chữ số"),
            ("1/1/1026", "1900"),
            ("hôm qua", "không đọc được"),
            ("", "không đọc được"),
            ("12/2026", "không đọc được"),
            ("1/2-2026", "không đọc được"),
            ("46348", "không đọc được"),
            ("2026-11-22 abc", "không đọc được"),
        ] {
            let e = parse_date_vi(s).unwrap_err().to_string();
            assert!(e.contains(why), "{s}: {e}");
        }
        assert!(parse_date_vi(&"9".repeat(5000)).unwrap_err().message().len() < 400);
    }

    #[test]
    fn shows() {
        assert_eq!(date_vi("2026-01-02"), "02/01/2026");
        assert_eq!(date_vi("2026-02-30"), "2026-02-30");
        assert_eq!(date_vi("chưa có"), "chưa có");
        assert_eq!(date_vi("12345-6-789"), "12345-6-789");
    }

    proptest! {
        #[test]
        fn there_and_back(y in 1900i32..2200, m in 1u32..=12, d in 1u32..=31) {
            let iso = format!("{y:04}-{m:02}-{d:02}");
            let read = parse_date_vi(&format!("{d}/{m}/{y}"));
            if is_valid_date(y, m, d) {
                prop_assert_eq!(read, Ok(iso.clone()));
                prop_assert_eq!(parse_date_vi(&date_vi(&iso)), Ok(iso));
            } else {
                prop_assert!(read.is_err());
            }
        }

        #[test]
        fn never_panics(s in "\\PC*") {
            let _ = parse_date_vi(&s);
            let _ = date_vi(&s);
        }
    }
}
