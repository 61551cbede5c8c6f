//! Figures the Vietnamese way: dot for thousands, comma for decimals.
use crate::ReadError;
use crate::dates::shorten;
use crate::fold::fold;

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(c);
    }
    out
}

/// `5001` → `5.001`, `-1200000` → `-1.200.000`.
///
/// ```
/// assert_eq!(text::number_vi(5001), "5.001");
/// ```
#[must_use]
pub fn number_vi(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}", group(&n.unsigned_abs().to_string()))
}

/// `(83.1, 1)` → `83,1`; `(1234.5, 2)` → `1.234,50`. Halves round away from zero, as in
/// Vietnamese statistics. Not-a-number and infinities are shown as `–`.
///
/// ```
/// assert_eq!(text::decimal_vi(83.1, 1), "83,1");
/// ```
#[must_use]
pub fn decimal_vi(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return "–".to_owned();
    }
    let digits = digits.min(12);
    let scale = 10f64.powi(i32::try_from(digits).unwrap_or(12));
    // Beyond 2^53 there is nothing left to round.
    let rounded = if (x * scale).abs() < 9e15 { (x * scale).round() / scale } else { x };
    let plain = format!("{rounded:.digits$}");
    let (sign, plain) = match plain.strip_prefix('-') {
        Some(rest) if rest.bytes().any(|b| (b'1'..=b'9').contains(&b)) => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", plain.as_str()),
    };
    match plain.split_once('.') {
        Some((whole, part)) => format!("{sign}{},{part}", group(whole)),
        None => format!("{sign}{}", group(plain)),
    }
}

/// A percentage already multiplied by 100: `(83.14, 1)` → `83,1%`, `(100.0, 1)` → `100%` (zeros at
/// the end of the decimals are dropped).
#[must_use]
pub fn percent_vi(percent: f64, digits: usize) -> String {
    let s = decimal_vi(percent, digits);
    let s = match s.contains(',') {
        true => s.trim_end_matches('0').trim_end_matches(','),
        false => &s,
    };
    format!("{s}%")
}

/// Đồng: `1200000` → `1.200.000 đ`.
///
/// ```
/// assert_eq!(text::money_vi(1_200_000), "1.200.000 đ");
/// ```
#[must_use]
pub fn money_vi(dong: i64) -> String {
    format!("{} đ", number_vi(dong))
}

/// Sign, whole digits and decimal digits of a number as written, separators resolved.
fn split_number(s: &str) -> Option<(bool, String, String)> {
    let folded = fold(s);
    let mut body = folded.as_str();
    for unit in ["%", " dong", "vnd", "d"] {
        if let Some(rest) = body.strip_suffix(unit) {
            body = rest.trim_end();
            break;
        }
    }
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let (dots, commas) = (body.matches('.').count(), body.matches(',').count());
    let spaces = body.contains(' ');
    // Which character, if any, parts the decimals?
    let decimal = match (dots, commas) {
        (0, 0) => None,
        (_, 1) if dots == 0 => Some(','),
        (0, _) => None,
        (1, 0) => {
            let (whole, part) = body.split_once('.')?;
            // "1.200" is one thousand two hundred; "83.1", "0.125" and "1234.500" can only be decimals.
            let thousands = part.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            (!thousands).then_some('.')
        }
        (_, 0) => None,
        (_, 1) if body.rfind(',') > body.rfind('.') => Some(','),
        (1, _) if body.rfind('.') > body.rfind(',') => Some('.'),
        _ => return None,
    };
    let (whole, part) = match decimal {
        Some(c) => body.rsplit_once(c)?,
        None => (body, ""),
    };
    if decimal.is_some() && (part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    if spaces && separator != Some(' ') {
        return None;
    }
    let whole = match separator {
        Some(c @ ('.' | ',' | ' ')) => ungroup(whole, c)?,
        Some(_) => return None,
        None => whole.to_owned(),
    };
    (!whole.is_empty()).then(|| (negative, whole, part.to_owned()))
}

/// Groups of exactly three digits after a first group of one to three.
fn ungroup(whole: &str, separator: char) -> Option<String> {
    let mut out = String::new();
    for (i, g) in whole.split(separator).enumerate() {
        let fits = if i == 0 { (1..=3).contains(&g.len()) } else { g.len() == 3 };
        if !fits || !g.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        out.push_str(g);
    }
    Some(out)
}

fn bad(s: &str, why: &str, sample: &str) -> ReadError {
    // "Cấp độ 3": the number is there, words stand around it
    let digits: String = s.chars().filter(char::is_ascii_digit).collect();
    let words = s.chars().any(char::is_alphabetic);
    let one_run = s.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty()).count() == 1;
    if words && one_run && digits.len() <= 12 {
        return ReadError::new(format!("“{}” có chữ lẫn với số. Chỉ ghi con số: {digits}.", shorten(s)));
    }
    ReadError::new(format!("“{}” không phải là số hợp lệ: {why}. Ví dụ đúng: {sample}.", shorten(s)))
}

/// Reads a number typed by a person. A trailing `%`, `đ`, `đồng`, `VND` is dropped; the value is
/// not divided by 100.
///
/// Ambiguity, decided once: a comma is the decimal sign and dots part thousands
/// (`1.200.000`, `83,1`, `1.234,5`). **`1.200` is one thousand two hundred.** A single dot that
/// cannot part thousands is a decimal point (`83.1`, `0.125`). Several commas, or commas before a
/// dot, are English thousands (`1,200,000`, `1,234.5`). Spaces may part thousands.
///
/// # Errors
/// Anything else, with the reason in Vietnamese.
pub fn parse_number_vi(s: &str) -> Result<f64, ReadError> {
    let sample = "1.200.000 hoặc 83,1";
    let (negative, whole, part) = split_number(s).ok_or_else(|| bad(s, "không đọc được thành số", sample))?;
    if whole.len() > 18 {
        return Err(bad(s, "số quá lớn", sample));
    }
    let value: f64 = format!("{whole}.{part}0").parse().map_err(|_| bad(s, "không đọc được thành số", sample))?;
    Ok(if negative && value != 0.0 { -value } else { value })
}

/// Like [`parse_number_vi`] for whole numbers and đồng; `12,0` is accepted, `12,5` is not.
///
/// # Errors
/// Decimals, numbers beyond 64 bits, anything unreadable.
pub fn parse_integer_vi(s: &str) -> Result<i64, ReadError> {
    let sample = "1.200.000";
    let (negative, whole, part) = split_number(s).ok_or_else(|| bad(s, "không đọc được thành số", sample))?;
    if part.bytes().any(|b| b != b'0') {
        return Err(bad(s, "phải là số nguyên", sample));
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{whole}").parse().map_err(|_| bad(s, "số quá lớn", sample))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_among_words_is_pointed_out() {
        let said = parse_integer_vi("Cấp độ 3").unwrap_err();
        assert_eq!(said.message(), "“Cấp độ 3” có chữ lẫn với số. Chỉ ghi con số: 3.");
        assert!(parse_integer_vi("ba").unwrap_err().message().contains("Ví dụ đúng"));
        assert!(parse_integer_vi("từ 3 đến 5").unwrap_err().message().contains("Ví dụ đúng"));
    }

    #[test]
    fn shows() {
        for (n, s) in [(0, "0"), (999, "999"), (1000, "1.000"), (-5001, "-5.001")] {
            assert_eq!(number_vi(n), s);
        }
        assert_eq!(number_vi(i64::MIN), "-9.223.372.036.854.775.808");
        assert_eq!(decimal_vi(83.14, 1), "83,1");
        assert_eq!(decimal_vi(0.25, 1), "0,3");
        assert_eq!(decimal_vi(1_234_567.891, 2), "1.234.567,89");
        assert_eq!(decimal_vi(-0.04, 1), "0,0");
        assert_eq!(decimal_vi(-2.5, 0), "-3");
        assert_eq!(decimal_vi(f64::NAN, 1), "–");
        assert_eq!(decimal_vi(1e300, 1).replace('.', "").len(), 303);
        assert_eq!(percent_vi(100.0, 1), "100%");
        assert_eq!(percent_vi(0.0, 2), "0%");
        assert_eq!(percent_vi(83.10, 2), "83,1%");
        assert_eq!(percent_vi(100.0, 0), "100%");
        assert_eq!(money_vi(1_200_000), "1.200.000 đ");
    }

    #[test]
    fn reads() {
        for (s, x) in [
            ("1.200.000", 1_200_000.0),
            ("1.200", 1200.0),
            ("83,1", 83.1),
            ("83.1", 83.1),
            ("0.125", 0.125),
            ("1234.500", 1234.5),
            ("1.234,5", 1234.5),
            ("1,234.5", 1234.5),
            ("1,200,000", 1_200_000.0),
            ("1,200", 1.2),
            ("1 200 000", 1_200_000.0),
            ("1\u{a0}200", 1200.0),
            ("-5", -5.0),
            ("−5,5", -5.5),
            ("+7", 7.0),
            ("83,1%", 83.1),
            ("1.200.000 đ", 1_200_000.0),
            ("1.200.000đ", 1_200_000.0),
            ("1.200.000 đồng", 1_200_000.0),
            ("1.200.000 VNĐ", 1_200_000.0),
            (" 007 ", 7.0),
        ] {
            assert_eq!(parse_number_vi(s), Ok(x), "{s}");
        }
    }

    #[test]
    fn refuses() {
        for s in [
            "",
            "abc",
            "1.2.3",
            "12.34.567",
            "1,2,3",
            "1.234,5,6",
            ",5",
            "5,",
            ".",
            "-",
            "1e5",
            "1 2",
            "1 200.000,5",
            "--5",
            "12a",
            "0x10",
            "1.200.00",
            "１２",
        ] {
            assert!(parse_number_vi(s).is_err(), "{s}");
        }
        assert!(parse_number_vi(&"9".repeat(400)).is_err());
        assert_eq!(parse_integer_vi("12,0"), Ok(12));
        assert!(parse_integer_vi("12,5").unwrap_err().message().contains("nguyên"));
        assert!(parse_integer_vi("99999999999999999999").unwrap_err().message().contains("quá lớn"));
    }

    proptest! {
        #[test]
        fn whole_numbers_there_and_back(n in any::<i64>()) {
            prop_assert_eq!(parse_integer_vi(&number_vi(n)), Ok(n));
            prop_assert_eq!(parse_integer_vi(&money_vi(n)), Ok(n));
        }

        #[test]
        fn decimals_there_and_back(n in -999_999_999i64..999_999_999, digits in 1usize..4) {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let x = n as f64 / 1000.0;
            let back = parse_number_vi(&decimal_vi(x, digits)).unwrap();
            prop_assert!((back - x).abs() <= 0.5 / 10f64.powi(i32::try_from(digits).unwrap()) + 1e-9);
        }

        #[test]
        fn never_panics(s in "\\PC*", t in "[0-9., đ%+-]*") {
            let _ = (parse_number_vi(&s), parse_integer_vi(&t), parse_number_vi(&t));
        }
    }
}
