//! Calendar days, written the Vietnamese way inside texts.

pub use calendar::Date;

use crate::fold::find_word;

/// A date only if it exists and a document of today can mean it.
fn checked(year: i32, month: u32, day: u32) -> Option<Date> {
    Date::new(year, month, day).filter(|_| (1900..2200).contains(&year))
}

/// A year such as `2026` (2000 to 2099).
pub fn year_token(token: &str) -> Option<i32> {
    (token.len() == 4 && token.starts_with("20")).then(|| token.parse().ok())?
}

/// All years 2000–2099 in a folded text, in order.
pub fn years(key: &str) -> Vec<i32> {
    let bytes = key.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let digits = bytes[at..at + 4].iter().all(u8::is_ascii_digit);
        let open = at == 0 || !bytes[at - 1].is_ascii_digit();
        let close = bytes.get(at + 4).is_none_or(|b| !b.is_ascii_digit());
        if digits && open && close {
            out.extend(year_token(&key[at..at + 4]));
            at += 4;
        } else {
            at += 1;
        }
    }
    out
}

fn number(bytes: &[u8], at: usize, most: usize) -> Option<(u32, usize)> {
    let mut end = at;
    while end < bytes.len() && bytes[end].is_ascii_digit() && end - at <= most {
        end += 1;
    }
    if end == at || end - at > most {
        return None;
    }
    std::str::from_utf8(&bytes[at..end]).ok()?.parse().ok().map(|n| (n, end))
}

fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// Finds the next full date (`30/3/2026`, `30-3-2026`, `30.3.2026`, `10 tháng 8 năm 2022`) and its position.
pub fn find(key: &str, from: usize) -> Option<(usize, Date)> {
    let bytes = key.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let open = bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit());
        if open && let Some(date) = date_at(key, at) {
            return Some((at, date));
        }
        at += 1;
    }
    None
}

/// A full date that begins exactly at a position.
pub fn date_at(key: &str, at: usize) -> Option<Date> {
    let bytes = key.as_bytes();
    let (day, end) = number(bytes, at, 2)?;
    let mark = *bytes.get(end)?;
    if matches!(mark, b'/' | b'-' | b'.') {
        let (month, end) = number(bytes, end + 1, 2)?;
        if bytes.get(end) != Some(&mark) {
            return None;
        }
        let (year, _) = number(bytes, end + 1, 4).filter(|(y, _)| *y > 1900)?;
        return checked(i32::try_from(year).ok()?, month, day);
    }
    let end = skip_spaces(bytes, end);
    let rest = key.get(end..)?.strip_prefix("thang")?;
    let end = skip_spaces(bytes, key.len() - rest.len());
    let (month, end) = number(bytes, end, 2)?;
    let end = skip_spaces(bytes, end);
    let rest = key.get(end..)?.strip_prefix("nam")?;
    let (year, _) = number(bytes, skip_spaces(bytes, key.len() - rest.len()), 4).filter(|(y, _)| *y > 1900)?;
    checked(i32::try_from(year).ok()?, month, day)
}

/// `05/12` or `ngày 5 tháng 12` without a year: position, day, month.
pub fn find_day_month(key: &str) -> Option<(usize, u32, u32)> {
    let bytes = key.as_bytes();
    for at in 0..bytes.len() {
        let open = bytes[at].is_ascii_digit() && (at == 0 || !(bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'/'));
        if !open {
            continue;
        }
        let Some((day, end)) = number(bytes, at, 2) else {
            continue;
        };
        let slash = bytes.get(end) == Some(&b'/');
        let spaced = skip_spaces(bytes, end);
        let month_at = if slash {
            end + 1
        } else if key[spaced..].starts_with("thang ") && key[..at].trim_end().ends_with("ngay") {
            spaced + 6
        } else {
            continue;
        };
        let Some((month, end)) = number(bytes, month_at, 2) else {
            continue;
        };
        let closed = bytes.get(end).is_none_or(|b| !matches!(b, b'/' | b'0'..=b'9'));
        // "24/7" is a service time, not a day.
        if closed && (day, month) != (24, 7) && checked(2000, month, day).is_some() {
            return Some((at, day, month));
        }
    }
    None
}

/// `6/2026` (month and year).
pub fn find_month_year(key: &str) -> Option<(u32, i32)> {
    let bytes = key.as_bytes();
    for at in 0..bytes.len() {
        let open = bytes[at].is_ascii_digit() && (at == 0 || !(bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'/'));
        if !open {
            continue;
        }
        if let Some((month, end)) = number(bytes, at, 2)
            && bytes.get(end) == Some(&b'/')
            && let Some((year, _)) = number(bytes, end + 1, 4)
            && (1..=12).contains(&month)
            && (2000..2100).contains(&year)
        {
            return Some((month, i32::try_from(year).ok()?));
        }
    }
    None
}

/// The year of a horizon phrase ("đến năm 2030", "đến hết năm 2026", "giai đoạn 2026 - 2030");
/// "tầm nhìn" years are not binding and ignored.
pub fn horizon(key: &str) -> Option<i32> {
    for phrase in ["den nam", "den het nam", "den cuoi nam", "den 31/12/", "den thang 12/", "den het ngay 31/12/", "het nam", "den"] {
        let mut from = 0;
        while let Some(at) = find_word(key, phrase.trim_end_matches('/'), from) {
            let tail = key[at + phrase.len().min(key.len() - at)..].trim_start();
            let vision = key[..at].trim_end().ends_with("tam nhin");
            if let Some(year) = tail.get(..4).and_then(year_token)
                && !vision
            {
                return Some(year);
            }
            from = at + 1;
        }
    }
    None
}

/// Years a folded title names for its own plan: (first, last). "giai đoạn 2022 - 2025" gives both, "năm 2026" that year twice,
/// "đến năm 2025, tầm nhìn 2030" only the last. Quoted names, dates of documents and visions do not count.
pub fn period(key: &str) -> (Option<i32>, Option<i32>) {
    let words = period_words(key);
    let year = |at: usize| words.get(at).and_then(|w| year_token(w));
    let (mut until, mut single): (Option<i32>, Option<(i32, i32)>) = (None, None);
    for at in 0..words.len() {
        let Some(first) = year(at) else { continue };
        let joint = words[at + 1..].iter().take_while(|w| ["-", "den", "toi", "het", "cuoi", "nam"].contains(&w.as_str())).count();
        if joint > 0
            && let Some(last) = year(at + 1 + joint).filter(|y| *y > first)
        {
            return (Some(first), Some(last));
        }
        let before: Vec<&str> = words[..at].iter().rev().map(String::as_str).take(3).collect();
        match before.as_slice() {
            ["nam", "den" | "toi" | "het" | "cuoi", ..] | ["den", ..] => until = until.or(Some(first)),
            ["nam", ..] => single = single.or(Some((first, first))),
            // "năm 2024, 2025", "năm 2024 và 2025"
            [near, ..] if *near == "va" || year_token(near).is_some() => single = single.map(|(a, b)| (a, b.max(first))),
            _ => {}
        }
    }
    single.map_or((None, until), |(first, last)| (Some(first), Some(last)))
}

/// Words of a title that speak of the plan itself; dashes stand alone.
fn period_words(key: &str) -> Vec<String> {
    // every second part of a text cut at quotation marks is a quoted name
    let own: String = key.split('"').step_by(2).collect::<Vec<_>>().join(" ").replace('-', " - ");
    let mut words: Vec<String> = Vec::new();
    let mut vision = false;
    for word in own.split_whitespace().map(|w| w.trim_matches([',', ';', '.', '(', ')', ':'])) {
        let passing = year_token(word).is_some() || ["-", "den", "toi", "nam", "het", "giai", "doan", "cho", ""].contains(&word);
        vision = vision && passing;
        if vision {
            continue;
        }
        if word == "nhin" && words.last().is_some_and(|w| w == "tam") || word == "huong" && words.last().is_some_and(|w| w == "dinh") {
            words.pop();
            vision = true;
            continue;
        }
        // "ngày 6 tháng 01 năm 2021" is the date of a document
        if word == "nam" && words.len() > 1 && words[words.len() - 2] == "thang" {
            words.push("ngay".to_owned());
            continue;
        }
        if !word.is_empty() {
            words.push(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    #[test]
    fn dates_in_every_spelling() {
        for text in ["ngày 30/3/2026", "ngày 30 tháng 3 năm 2026", "30-03-2026", "30.3.2026"] {
            assert_eq!(find(&fold(text), 0).map(|(_, d)| d.to_string()).as_deref(), Some("2026-03-30"), "{text}");
        }
        assert_eq!(find("31/2/2026", 0), None);
        assert_eq!(find("119/2022/qd", 0), None);
    }

    #[test]
    fn horizons_and_visions() {
        assert_eq!(horizon(&fold("Mục tiêu cụ thể đến năm 2030")), Some(2030));
        assert_eq!(horizon(&fold("đến năm 2025, tầm nhìn đến năm 2030")), Some(2025));
        assert_eq!(horizon(&fold("tầm nhìn 2030")), None);
        assert_eq!(horizon(&fold("Đến 2027")), Some(2027));
    }

    #[test]
    fn the_period_of_a_title() {
        for (title, first, last) in [
            ("Chuyển đổi số giai đoạn 2022-2025", Some(2022), Some(2025)),
            ("An toàn thông tin giai đoạn 2022 – 2025, định hướng đến năm 2030", Some(2022), Some(2025)),
            ("Cải cách hành chính từ năm 2024 đến hết năm 2027", Some(2024), Some(2027)),
            ("Cải cách hành chính năm 2026", Some(2026), Some(2026)),
            ("Truyền thông các năm 2024, 2025 và 2026", Some(2024), Some(2026)),
            ("Chiến lược đến năm 2025, tầm nhìn 2030 trên địa bàn tỉnh", None, Some(2025)),
            ("Chiến lược đến năm 2025, tầm nhìn đến năm 2030 trên địa bàn xã năm 2024", Some(2024), Some(2024)),
            ("Quyết định số 21/QĐ-TTg, ngày 06/01/2021 và Chỉ thị ngày 6 tháng 01 năm 2022 của Thủ tướng", None, None),
            ("Thực hiện Đề án “Truyền thông giai đoạn 2021 - 2025” trên địa bàn tỉnh", None, None),
            ("Tầm nhìn 2030", None, None),
        ] {
            assert_eq!(period(&fold(title)), (first, last), "{title}");
        }
    }
}
