//! Numbers, dates and instants as people read them, on top of the `text` engine.
//! Inside: ISO dates, µs UTC, plain numbers.

use crate::i18n::Lang;

/// Offset of Asia/Ho_Chi_Minh in seconds; fixed, the country has no summer time.
pub const VN_OFFSET: i64 = 7 * 3600;

/// `5001` → `5.001`.
pub fn int(n: i64) -> String {
    text::number_vi(n)
}

/// `83.0866`, 1 → `83,1`.
pub fn dec(n: f64, places: usize) -> String {
    text::decimal_vi(n, places)
}

/// A decimal with as many places as it has, at most six.
pub fn dec_auto(n: f64) -> String {
    let s = text::decimal_vi(n, 6);
    if s.contains(',') { s.trim_end_matches('0').trim_end_matches(',').to_owned() } else { s }
}

/// `9, 12` → `75,0 %` (no-break space); `None` over nothing. Nearly all is not rounded to all, nearly none not to none.
pub fn percent(part: i64, whole: i64) -> Option<String> {
    let p = part as f64 * 100.0 / whole as f64;
    let shown = if part > 0 && part < whole { p.clamp(0.1, 99.9) } else { p };
    (whole > 0).then(|| percent_value(shown))
}

/// `75.0` → `75,0 %` (no-break space).
pub fn percent_value(p: f64) -> String {
    format!("{}\u{a0}%", dec(p, 1))
}

/// `1500000` → `1.500.000 đ`.
pub fn money(n: i64) -> String {
    text::money_vi(n)
}

/// `2026-11-22` → `22/11/2026`; anything else unchanged.
pub fn date(iso: &str) -> String {
    text::date_vi(iso)
}

/// Days since 1970-01-01 → (year, month, day). H. Hinnant, "chrono-compatible low-level date algorithms".
pub fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), m, d)
}

/// (year, month, day) → days since 1970-01-01.
pub fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// ISO date → days since 1970-01-01.
pub fn days(iso: &str) -> Option<i64> {
    let iso = text::parse_date_vi(iso).ok()?;
    let n = |r: std::ops::Range<usize>| iso.get(r).and_then(|s| s.parse::<i64>().ok());
    Some(days_from_civil(n(0..4)?, n(5..7)?, n(8..10)?))
}

/// Days since 1970-01-01 → ISO date.
pub fn iso_of_days(days: i64) -> String {
    let (y, m, d) = civil(days);
    format!("{y:04}-{m:02}-{d:02}")
}

/// Instant in µs UTC → `2026-11-22` in Vietnam.
pub fn day_of(micros: i64) -> String {
    iso_of_days((micros.div_euclid(1_000_000) + VN_OFFSET).div_euclid(86_400))
}

/// Instant in µs UTC → `22/11/2026 10:42` in Vietnam.
pub fn instant(micros: i64) -> String {
    let secs = (micros.div_euclid(1_000_000) + VN_OFFSET).rem_euclid(86_400);
    format!("{} {:02}:{:02}", date(&day_of(micros)), secs / 3600, secs / 60 % 60)
}

/// Instant in µs UTC → RFC 3339 with the offset of Vietnam, for the API.
pub fn rfc3339(micros: i64) -> String {
    let all = micros.div_euclid(1_000_000) + VN_OFFSET;
    let secs = all.rem_euclid(86_400);
    let (h, m, s, us) = (secs / 3600, secs / 60 % 60, secs % 60, micros.rem_euclid(1_000_000));
    format!("{}T{h:02}:{m:02}:{s:02}.{us:06}+07:00", iso_of_days(all.div_euclid(86_400)))
}

/// `Chủ nhật, 22/11/2026` / `Sunday, 22/11/2026`.
pub fn long_day(iso: &str, lang: Lang) -> String {
    let Some(d) = days(iso) else { return date(iso) };
    let vi = ["Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư"];
    let en = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let i = d.rem_euclid(7) as usize;
    format!("{}, {}", lang.t(vi[i], en[i]), date(iso))
}

/// What a person calls the program behind a `User-Agent`: "Chrome, Windows". The whole text when nothing in it is known.
pub fn device(user_agent: &str) -> String {
    // the order matters: most call themselves Chrome or Safari too
    const PROGRAMS: [(&str, &str); 8] = [
        ("coc_coc", "Cốc Cốc"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];
    let found = |of: &[(&str, &'static str)]| of.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name);
    match (found(&PROGRAMS), found(&SYSTEMS)) {
        (Some(p), Some(s)) => format!("{p}, {s}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => user_agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates() {
        assert_eq!(int(-1_234_567), "-1.234.567");
        assert_eq!(dec_auto(2.50), "2,5");
        assert_eq!(dec_auto(3.0), "3");
        assert_eq!(percent(9, 12).as_deref(), Some("75,0\u{a0}%"));
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(9999, 10_000).as_deref(), Some("99,9\u{a0}%"));
        assert_eq!(percent(1, 10_000).as_deref(), Some("0,1\u{a0}%"));
        assert_eq!((percent(0, 7).as_deref(), percent(7, 7).as_deref()), (Some("0,0\u{a0}%"), Some("100,0\u{a0}%")));
        assert_eq!(long_day("2026-11-22", Lang::Vi), "Chủ nhật, 22/11/2026");
    }

    #[test]
    fn civil_round_trip() {
        for d in (-200_000..200_000).step_by(37) {
            let (y, m, day) = civil(d);
            assert_eq!(days_from_civil(y, m, day), d);
        }
        assert_eq!(day_of(0), "1970-01-01");
        assert_eq!(instant(1_795_318_920_000_000), "22/11/2026 10:42");
        assert_eq!(rfc3339(1_795_318_920_000_001), "2026-11-22T10:42:00.000001+07:00");
    }

    #[test]
    fn devices_as_people_call_them() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36";
        assert_eq!(device(chrome), "Chrome, Windows");
        assert_eq!(device(&format!("{chrome} Edg/150.0")), "Edge, Windows");
        assert_eq!(
            device("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604"),
            "Safari, iPhone"
        );
        assert_eq!(device("curl/8"), "curl/8");
    }
}
