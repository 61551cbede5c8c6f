//! Numbers in targets: "Trên 90%", "80-90%", "ít nhất 05 chuyên gia", "01 lần/năm", "phần lớn".

use crate::fold::{Folded, has_word};
use crate::plan::Value;

/// Nouns of two syllables that may follow a count.
const PAIRS: &[&str] = &[
    "chuyen gia",
    "chuong trinh",
    "can bo",
    "he thong",
    "co quan",
    "don vi",
    "san pham",
    "dich vu",
    "doanh nghiep",
    "nen tang",
    "hoc vien",
    "mo hinh",
    "thu tuc",
    "hoi nghi",
    "cong chuc",
    "bai viet",
    "chuyen de",
    "phong su",
    "hoc sinh",
    "nguoi dan",
    "thanh vien",
    "luot nguoi",
    "du an",
    "nhiem vu",
    "sang kien",
    "ho so",
    "dien tap",
];

/// Nouns that make a bare number a target even without "ít nhất".
const BARE: &[&str] = &[
    "chuyen gia",
    "can bo",
    "nguoi",
    "hoc vien",
    "khoa",
    "cuoc",
    "hoi nghi",
    "san pham",
    "doanh nghiep",
    "luot",
    "mo hinh",
    "lan/nam",
    "cuoc/nam",
];

/// Most values of one objective.
const MAX_VALUES: usize = 100;
/// Longest text that is searched, bytes.
const MAX_TEXT: usize = 40_000;

/// Reads every numeric target of a text, in order.
pub fn read(text: &str) -> Vec<Value> {
    let folded = Folded::new(crate::fold::prefix(text, MAX_TEXT));
    let mut out = Vec::new();
    for (start, end) in crate::clauses::split(&folded, valued) {
        if out.len() >= MAX_VALUES {
            break;
        }
        clause(folded.slice(start, end).trim(), &mut out);
    }
    out
}

/// Whether a text holds a number that is a target.
fn valued(text: &str) -> bool {
    let mut found = Vec::new();
    clause(text, &mut found);
    found.iter().any(|v| !is_implied(v))
}

fn clause(text: &str, out: &mut Vec<Value>) {
    let folded = Folded::new(text);
    let before = out.len();
    let bytes = folded.key.as_bytes();
    let mut at = 0;
    while at < bytes.len() && out.len() < MAX_VALUES {
        let open = bytes[at].is_ascii_digit()
            && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'/' | b'.' | b',')));
        if !open {
            at += 1;
            continue;
        }
        let (first, end) = number(&folded.key, at);
        let Some(first) = first else {
            at = end.max(at + 1);
            continue;
        };
        at = percent(&folded, at, first, end, out).or_else(|| count(&folded, at, first, end, out)).unwrap_or(end.max(at + 1));
    }
    if out.len() == before {
        words(&folded, out);
    }
}

/// A number with Vietnamese separators (`1.500`, `99,9`) and the position behind it.
fn number(key: &str, at: usize) -> (Option<f64>, usize) {
    let bytes = key.as_bytes();
    let mut end = at;
    while end < bytes.len()
        && (bytes[end].is_ascii_digit() || (matches!(bytes[end], b'.' | b',') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)))
    {
        end += 1;
    }
    let raw = &key[at..end];
    if raw.len() > 18 {
        return (None, end);
    }
    let groups: Vec<&str> = raw.split('.').collect();
    let plain = if groups.len() > 1 && groups[1..].iter().all(|g| g.split(',').next().is_some_and(|d| d.len() == 3)) {
        raw.replace('.', "").replace(',', ".")
    } else {
        raw.replace(',', ".")
    };
    (plain.parse().ok(), end)
}

fn skip_spaces(key: &str, at: usize) -> usize {
    at + (key.len() - at) - key[at..].trim_start_matches(' ').len()
}

/// `70%`, `80-90%`, `80% - 90%`, `từ 80 đến 90%`.
fn percent(text: &Folded<'_>, start: usize, first: f64, end: usize, out: &mut Vec<Value>) -> Option<usize> {
    let key = text.key.as_str();
    let bytes = key.as_bytes();
    let mut next = skip_spaces(key, end);
    let direct = bytes.get(next) == Some(&b'%');
    if direct {
        next = skip_spaces(key, next + 1);
    }
    let joint = if bytes.get(next) == Some(&b'-') { Some(next + 1) } else { key[next..].strip_prefix("den ").map(|r| key.len() - r.len()) };
    if let Some(joint) = joint {
        let at = skip_spaces(key, joint);
        if bytes.get(at).is_some_and(u8::is_ascii_digit) {
            let (upper, behind) = number(key, at);
            let sign = skip_spaces(key, behind);
            if let Some(upper) = upper.filter(|u| *u >= first)
                && bytes.get(sign) == Some(&b'%')
            {
                push(text, start, sign + 1, first, Some(upper), "%".to_owned(), out);
                return Some(sign + 1);
            }
        }
    }
    if !direct {
        return None;
    }
    push(text, start, next, first, None, "%".to_owned(), out);
    Some(next)
}

/// `ít nhất 05 chuyên gia`, `01 lần/năm`, `1 năm/1 lần`.
fn count(text: &Folded<'_>, start: usize, first: f64, end: usize, out: &mut Vec<Value>) -> Option<usize> {
    let key = text.key.as_str();
    let noun_at = skip_spaces(key, end);
    if noun_at == end || noun_at >= key.len() {
        return None;
    }
    let tail = &key[noun_at..];
    if let Some(rest) = tail.strip_prefix("nam/") {
        let (times, behind) = number(rest, 0);
        if let Some(times) = times
            && rest[behind..].trim_start().starts_with("lan")
        {
            push(text, start, noun_at + 4 + behind + 4, times, None, "lần/năm".to_owned(), out);
            return Some(noun_at + 4 + behind);
        }
        return None;
    }
    let worded = comparator(&key[..start]).is_some();
    let bare = BARE.iter().any(|n| tail.starts_with(n)) && !key[..start].trim_end().ends_with("cap do") && key.as_bytes()[start] != b'0'
        || BARE.iter().any(|n| tail.starts_with(n)) && has_word(&key[..start], "to chuc");
    if !(worded || bare) || tail.starts_with("nam ") || tail.starts_with("thang") || tail.starts_with("ngay") {
        return None;
    }
    let length = PAIRS
        .iter()
        .find(|p| tail.starts_with(**p))
        .map_or_else(|| tail.find(|c: char| !(c.is_ascii_alphabetic() || c == '/')).unwrap_or(tail.len()), |p| p.len());
    if length < 2 {
        return None;
    }
    let mut unit = text.slice(noun_at, noun_at + length).trim_end_matches('/').to_owned();
    let yearly = has_word(key, "hang nam") || has_word(key, "moi nam");
    if key[noun_at + length..].starts_with("/nam") || (yearly && !unit.contains('/')) {
        unit.push_str("/năm");
    }
    push(text, start, noun_at + length, first, None, unit, out);
    Some(noun_at + length)
}

/// The comparison word in front of a number.
fn comparator(before: &str) -> Option<&'static str> {
    let before = before.trim_end();
    let ends =
        |words: &[&str]| words.iter().any(|w| before.strip_suffix(w).is_some_and(|r| !r.ends_with(|c: char| c.is_ascii_alphanumeric())));
    if ends(&["it nhat", "toi thieu", "khong duoi", "khong it hon", "khong thap hon", "dat tu", "tu", "dat", "toi thieu la", "it nhat la"])
    {
        Some(">=")
    } else if ends(&["khong qua", "toi da", "khong vuot qua", "cao nhat"]) {
        Some("<=")
    } else if ends(&["tren", "hon", "vuot"]) {
        Some(">")
    } else if ends(&["duoi", "it hon", "thap hon", "nho hon"]) {
        Some("<")
    } else if ends(&["bang", "dung"]) {
        Some("=")
    } else {
        None
    }
}

fn push(text: &Folded<'_>, start: usize, _end: usize, value: f64, upper: Option<f64>, unit: String, out: &mut Vec<Value>) {
    let comparator = comparator(&text.key[..start]).unwrap_or(">=").to_owned();
    out.push(Value { comparator, value, upper, unit, text: text.source.trim().to_owned() });
}

/// "phần lớn" (read as > 50%), "toàn bộ" and "mỗi" (read as 100%).
fn words(text: &Folded<'_>, out: &mut Vec<Value>) {
    let key = text.key.as_str();
    let sure = ["dam bao moi", "bao dam moi", "phan dau moi"].iter().any(|w| has_word(key, w));
    let (comparator, value) = if has_word(key, "phan lon") {
        (">", 50.0)
    } else if has_word(key, "toan bo") || (sure && !has_word(key, "moi mat")) {
        (">=", 100.0)
    } else {
        return;
    };
    let source = text.source.trim().to_owned();
    out.push(Value { comparator: comparator.to_owned(), value, upper: None, unit: "%".to_owned(), text: source });
}

/// Whether a value was read from a word, not from a number.
pub fn is_implied(value: &Value) -> bool {
    value.unit == "%" && !value.text.contains('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text)
            .iter()
            .map(|v| format!("{} {}{} {}", v.comparator, v.value, v.upper.map(|u| format!("-{u}")).unwrap_or_default(), v.unit))
            .collect()
    }

    #[test]
    fn forms_of_the_five_plans() {
        assert_eq!(shown("Trên 90% các trường …; 60% các trường"), ["> 90 %", ">= 60 %"]);
        assert_eq!(shown("Phấn đấu 80-90% người sử dụng Internet"), [">= 80-90 %"]);
        assert_eq!(shown("đạt tối thiểu 10% kinh phí chi"), [">= 10 %"]);
        assert_eq!(shown("đào tạo ít nhất 05 chuyên gia an toàn thông tin"), [">= 5 chuyên gia"]);
        assert_eq!(shown("100% cán bộ hệ thống thông tin cấp độ 3, 4 định kỳ ít nhất 01 lần/năm."), [">= 100 %", ">= 1 lần/năm"]);
        assert_eq!(shown("Tối thiểu 1 năm/1 lần tổ chức diễn tập"), [">= 1 lần/năm"]);
        assert_eq!(shown("Hằng năm tổ chức ít nhất 02 cuộc diễn tập chuyên đề"), [">= 2 cuộc/năm"]);
        assert_eq!(shown("Phấn đấu phần lớn người sử dụng internet"), ["> 50 %"]);
        assert_eq!(shown("đảm bảo mỗi cơ quan có một bộ phận"), [">= 100 %"]);
        assert_eq!(shown("theo mô hình 4 lớp, Đề án 06, cấp độ 3, Quyết định số 515/QĐ-TTg ngày 30/3/2026"), [""; 0]);
    }

    #[test]
    fn forms_of_other_plans() {
        assert_eq!(shown("Từ 80% đến 90% hồ sơ"), [">= 80-90 %"]);
        assert_eq!(shown("đạt 99,9% thời gian; tối thiểu 1.500 người"), [">= 99.9 %", ">= 1500 người"]);
        assert_eq!(shown("Tỷ lệ sự cố dưới 5%, không quá 2% tồn đọng"), ["< 5 %", "<= 2 %"]);
        assert_eq!(shown("trên 30 dịch vụ công"), ["> 30 dịch vụ"]);
    }
}
