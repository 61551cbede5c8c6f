//! From source lines to paragraphs and table rows: page breaks joined, list markers recognised.

use crate::fold::{fold, fold_char};
use crate::plan::{Line, Warning};
use crate::warnings;

/// The list marker a paragraph begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// No marker.
    None,
    /// `I.`, `IV.`
    Roman(String),
    /// `A.`, `B.`
    Upper(String),
    /// `Phần I`, `Chương II`, `Điều 3`
    Part(String),
    /// `1.`, `2)`, `1.1.`
    Number(String),
    /// `a)`, `đ.`
    Letter(String),
    /// `- `
    Bullet,
    /// `+ `
    Sub,
}

impl Marker {
    /// Depth in the outline: smaller is higher.
    pub fn level(&self) -> u8 {
        match self {
            Self::Part(_) => 0,
            Self::Upper(_) => 1,
            Self::Roman(_) => 2,
            Self::Number(n) => 3 + u8::try_from(n.matches('.').count().min(3)).unwrap_or(3),
            Self::Letter(_) => 7,
            Self::Bullet => 8,
            Self::Sub => 9,
            Self::None => 10,
        }
    }
}

/// A paragraph.
#[derive(Debug, Clone)]
pub struct Para {
    /// First source line.
    pub line: usize,
    /// All source lines.
    pub lines: Vec<usize>,
    /// Marker.
    pub marker: Marker,
    /// Text behind the marker.
    pub text: String,
    /// Folded `text`.
    pub key: String,
}

impl Para {
    fn new(line: usize, full: &str) -> Self {
        let (marker, text) = split_marker(full);
        Self { line, lines: vec![line], marker, key: fold(text), text: text.to_owned() }
    }

    /// A paragraph that ends the plan's own text ("… thực hiện./.").
    pub fn ends_document(&self) -> bool {
        let end = self.text.trim_end_matches(['"', '”', ' ']);
        end.ends_with("./.") || end.ends_with("/.") || end.ends_with("./")
    }
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Source line.
    pub line: usize,
    /// Cells.
    pub cells: Vec<String>,
}

/// A piece of the document, in order.
#[derive(Debug, Clone)]
pub enum Block {
    /// Paragraph.
    Para(Para),
    /// Row of a task or target table.
    Row(Row),
}

/// Splits a paragraph into its marker and the rest.
pub fn split_marker(full: &str) -> (Marker, &str) {
    let full = full.trim();
    let mut chars = full.chars();
    let Some(first) = chars.next() else {
        return (Marker::None, full);
    };
    match first {
        '-' | '–' | '—' | '•' | '▪' | '●' | '◦' | '■' | '\u{f0b7}' | '\u{f0a7}' | '\u{f0d8}' | '\u{f02d}' | '·' | '➢' | '✓' =>
        {
            let rest = chars.as_str();
            let text = rest.trim_start();
            let spaced = rest.len() != text.len() || text.chars().next().is_some_and(char::is_alphabetic);
            if spaced && !text.is_empty() {
                return (Marker::Bullet, text);
            }
        }
        '+' => {
            let text = chars.as_str().trim_start();
            if !text.is_empty() {
                return (Marker::Sub, text);
            }
        }
        '(' => return bracketed(full),
        _ if first.is_alphanumeric() => return worded(full),
        _ => {}
    }
    (Marker::None, full)
}

/// `(1) …`, `(a) …`
fn bracketed(full: &str) -> (Marker, &str) {
    if let Some((inner, rest)) = full[1..].split_once(')')
        && !inner.is_empty()
        && inner.chars().count() <= 2
        && rest.starts_with(' ')
    {
        let text = rest.trim_start();
        if inner.bytes().all(|b| b.is_ascii_digit()) {
            return (Marker::Number(inner.to_owned()), text);
        }
        if inner.chars().count() == 1 && inner.chars().all(char::is_lowercase) {
            return (Marker::Letter(inner.to_owned()), text);
        }
    }
    (Marker::None, full)
}

/// Markers made of letters and digits.
fn worded(full: &str) -> (Marker, &str) {
    let head_end = full.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(full.len());
    let head = &full[..head_end];
    let core = head.trim_end_matches('.');
    let dotted = core.len() < head.len();
    let after = &full[head_end..];
    // "1.Mục đích" and "I.MỤC ĐÍCH": the text glued to the marker.
    if let Some((left, right)) = head.split_once('.')
        && right.chars().next().is_some_and(char::is_uppercase)
        && (is_roman(left) || is_digits(left))
    {
        let text = &full[left.len() + 1..];
        return (if is_digits(left) { Marker::Number(left.to_owned()) } else { Marker::Roman(left.to_owned()) }, text);
    }
    let mut tail = after.trim_start();
    let mut closed = dotted;
    if !dotted && let Some(rest) = after.trim_start().strip_prefix([')', '/', ':', '-', '–']) {
        let tight = after.starts_with(')') || after.starts_with("/ ");
        if (tight || is_roman(core)) && (rest.starts_with(' ') || rest.chars().next().is_some_and(char::is_uppercase)) {
            closed = true;
            tail = rest.trim_start();
        }
    }
    if tail.is_empty() || core.is_empty() {
        return (Marker::None, full);
    }
    let spaced = tail.len() < after.len();
    if is_digits(core) && core.len() <= 2 && closed && spaced {
        return (Marker::Number(core.to_owned()), tail);
    }
    if spaced && is_path(core) && (closed || tail.chars().next().is_some_and(char::is_uppercase)) {
        return (Marker::Number(core.to_owned()), tail);
    }
    if is_roman(core) && closed && spaced {
        return (Marker::Roman(core.to_owned()), tail);
    }
    let count = core.chars().count();
    let initial = core.chars().next().unwrap_or(' ');
    if count == 1 && closed && spaced && initial.is_alphabetic() {
        return if initial.is_lowercase() { (Marker::Letter(core.to_owned()), tail) } else { (Marker::Upper(core.to_owned()), tail) };
    }
    if let Some(found) = part(full) {
        return found;
    }
    (Marker::None, full)
}

/// `Phần I. …`, `PHẦN THỨ NHẤT …`, `Chương II`, `Điều 3. …`, `Mục I. …`
fn part(full: &str) -> Option<(Marker, &str)> {
    let mut words = full.splitn(3, ' ');
    let (first, second) = (words.next()?, words.next()?);
    let rest = words.next().unwrap_or("").trim();
    let key = fold(first);
    if !matches!(key.as_str(), "phan" | "chuong" | "dieu" | "muc") || !first.starts_with(char::is_uppercase) {
        return None;
    }
    let number = second.trim_end_matches(['.', ':', ')', '-']);
    let punctuated = number.len() < second.len() || rest.is_empty() || rest.starts_with(['-', '–', ':']);
    if (is_roman(number) || (is_digits(number) && number.len() <= 2)) && punctuated {
        let ordinal = format!("{first} {number}");
        return Some((Marker::Part(ordinal), rest.trim_start_matches(['-', '–', ':', ' '])));
    }
    if fold(second) == "thu" && key == "phan" {
        let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
        let ordinal = format!("{first} {second} {}", word.trim_end_matches(['.', ':']));
        return Some((Marker::Part(ordinal), tail.trim_start_matches(['-', '–', ':', ' '])));
    }
    None
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `1.1`, `2.3.1`: two to four short numbers.
fn is_path(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    (2..=4).contains(&parts.len()) && parts.iter().all(|p| is_digits(p) && p.len() <= 2)
}

/// A well-formed upper-case Roman number up to XXXIX.
pub fn is_roman(text: &str) -> bool {
    roman_value(text).is_some()
}

/// Value of a Roman number I to XXXIX.
pub fn roman_value(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 7 || !text.bytes().all(|b| matches!(b, b'I' | b'V' | b'X')) {
        return None;
    }
    let tens = text.bytes().take_while(|b| *b == b'X').count().min(3);
    let units = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    // "XIX": the last X may belong to IX, so try every split.
    (0..=tens).rev().find_map(|ten| {
        let unit = units.iter().position(|u| *u == &text[ten..])?;
        u32::try_from(ten * 10 + unit).ok().filter(|v| *v > 0)
    })
}

/// Whether a paragraph may be continued by the next one: it does not end a sentence.
fn open_ended(text: &str) -> bool {
    let end = text.trim_end_matches(['"', '”', '’', '*', ' ']);
    !end.is_empty() && !end.ends_with(['.', ';', ':', '!', '?'])
}

/// A line that holds nothing but a page number.
fn is_page_number(text: &str) -> bool {
    let core = text.trim_matches(['-', '–', ' ']);
    let key = fold(core);
    let core = key.strip_prefix("trang ").unwrap_or(&key);
    let (page, total) = core.split_once('/').unwrap_or((core, "1"));
    is_digits(page.trim()) && page.trim().len() <= 3 && is_digits(total.trim()) && total.trim().len() <= 3
}

/// Words a paragraph never continues with or from.
fn is_landmark(key: &str) -> bool {
    key == "ke hoach"
        || key.starts_with("noi nhan")
        || key == "phu luc"
        || key.starts_with("so:")
        || key.starts_with("tm. ")
        || key.starts_with("kt. ")
}

/// Whether visual line `next` goes on with the paragraph that ends in `last` (wrapped documents).
fn wraps(last: &str, next: &str, width: usize, gap: bool) -> bool {
    let (marker, _) = split_marker(next);
    if marker != Marker::None || is_landmark(&fold(next)) {
        return false;
    }
    let starts_low = next.chars().next().is_some_and(|c| c.is_lowercase() || c.is_ascii_digit() || c == '(');
    let full = last.chars().count() * 100 >= width * 82;
    if gap {
        return starts_low && open_ended(last);
    }
    let shouting = |text: &str| !text.chars().any(char::is_lowercase);
    if shouting(last) != shouting(next) {
        return false;
    }
    (full || (starts_low && open_ended(last))) && !last.ends_with("./.")
}

/// Joins lines to paragraphs. Rows of recognised tables stay rows; other rows are laid flat.
pub fn blocks(lines: &[Line], wrapped: bool, warnings: &mut Vec<Warning>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::with_capacity(lines.len());
    let mut table = crate::columns::TableWatch::default();
    let width = if wrapped { typical_width(lines) } else { 0 };
    let mut last_visual = String::new();
    let mut gap = false;
    for line in lines {
        if line.text.trim().is_empty() {
            gap = true;
            continue;
        }
        if !line.cells.is_empty() {
            if table.takes(&line.cells) {
                out.push(Block::Row(Row { line: line.line, cells: line.cells.clone() }));
            } else {
                for part in line.cells.iter().flat_map(|c| c.split('\n')).filter(|p| !p.trim().is_empty()) {
                    out.push(Block::Para(Para::new(line.line, part)));
                }
            }
            last_visual.clear();
            gap = false;
            continue;
        }
        if is_page_number(&line.text) {
            gap = true;
            continue;
        }
        table.sees_text(&line.text);
        let previous = match out.last_mut() {
            Some(Block::Para(para)) => Some(para),
            _ => None,
        };
        if let Some(para) = previous {
            let joined = if wrapped {
                !last_visual.is_empty()
                    && !is_landmark(&para.key)
                    && (wraps(&last_visual, &line.text, width, gap) || open_bracket(para, &line.text))
            } else {
                continues(para, &line.text)
            };
            if joined {
                if !wrapped {
                    warnings::joined_break(warnings, para.line, line.line);
                }
                // "QĐ-" at the end of a visual line goes on without a space.
                let hyphen = wrapped && para.text.ends_with('-') && !para.text.ends_with(" -");
                if !hyphen {
                    para.text.push(' ');
                    para.key.push(' ');
                }
                para.text.push_str(&line.text);
                para.key.extend(line.text.chars().map(|c| fold_char(c) as char));
                para.lines.push(line.line);
                last_visual.clone_from(&line.text);
                gap = false;
                continue;
            }
        }
        out.push(Block::Para(Para::new(line.line, &line.text)));
        last_visual.clone_from(&line.text);
        gap = false;
    }
    out
}

/// A bracket that was opened lately and not closed goes on in the next line.
fn open_bracket(para: &Para, next: &str) -> bool {
    let tail = &para.key[para.key.len().saturating_sub(120)..];
    let open = tail.matches('(').count() > tail.matches(')').count();
    open && next.contains(')') && split_marker(next).0 == Marker::None
}

/// The rule of requirements 4.2: no end mark before, lower case after, no letter marker.
fn continues(para: &Para, next: &str) -> bool {
    next.chars().next().is_some_and(char::is_lowercase)
        && open_ended(&para.text)
        && split_marker(next).0 == Marker::None
        && !is_landmark(&para.key)
}

/// Width of a full line: the 90th percentile of the longer lines.
fn typical_width(lines: &[Line]) -> usize {
    let mut lengths: Vec<usize> = lines.iter().filter(|l| l.cells.is_empty()).map(|l| l.text.chars().count()).filter(|n| *n > 30).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() * 9 / 10).copied().unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str) -> String {
        let (marker, rest) = split_marker(text);
        format!("{marker:?}|{rest}")
    }

    #[test]
    fn every_numbering_style_is_a_marker() {
        assert_eq!(mark("I. MỤC ĐÍCH"), "Roman(\"I\")|MỤC ĐÍCH");
        assert_eq!(mark("IV - TỔ CHỨC"), "Roman(\"IV\")|TỔ CHỨC");
        assert_eq!(mark("II/ NHIỆM VỤ"), "Roman(\"II\")|NHIỆM VỤ");
        assert_eq!(mark("I.MỤC ĐÍCH"), "Roman(\"I\")|MỤC ĐÍCH");
        assert_eq!(mark("A. QUAN ĐIỂM"), "Upper(\"A\")|QUAN ĐIỂM");
        assert_eq!(mark("Phần I. MỞ ĐẦU"), "Part(\"Phần I\")|MỞ ĐẦU");
        assert_eq!(mark("PHẦN THỨ NHẤT MỞ ĐẦU"), "Part(\"PHẦN THỨ NHẤT\")|MỞ ĐẦU");
        assert_eq!(mark("Điều 2. Giao Sở Nội vụ"), "Part(\"Điều 2\")|Giao Sở Nội vụ");
        assert_eq!(mark("1. Mục đích"), "Number(\"1\")|Mục đích");
        assert_eq!(mark("1.2. Yêu cầu"), "Number(\"1.2\")|Yêu cầu");
        assert_eq!(mark("1.2 Yêu cầu"), "Number(\"1.2\")|Yêu cầu");
        assert_eq!(mark("1) Công an tỉnh"), "Number(\"1\")|Công an tỉnh");
        assert_eq!(mark("(2) Công an tỉnh"), "Number(\"2\")|Công an tỉnh");
        assert_eq!(mark("đ) Rà soát"), "Letter(\"đ\")|Rà soát");
        assert_eq!(mark("a. Rà soát"), "Letter(\"a\")|Rà soát");
        assert_eq!(mark("– Rà soát"), "Bullet|Rà soát");
        assert_eq!(mark("+ Rà soát"), "Sub|Rà soát");
    }

    #[test]
    fn plain_text_has_no_marker() {
        for text in [
            "2026 là năm",
            "30/6/2026 hoàn thành",
            "Công an tỉnh",
            "Mục tiêu chung",
            "1.500 người",
            "Phần lớn người dân",
            "TM. ỦY BAN",
            "- ",
        ] {
            assert_eq!(split_marker(text).0, Marker::None, "{text}");
        }
    }

    #[test]
    fn roman_numbers_are_checked() {
        assert_eq!(roman_value("XIX"), Some(19));
        assert_eq!(roman_value("IIII"), None);
        assert_eq!(roman_value("VX"), None);
        assert_eq!(roman_value("X"), Some(10));
    }

    #[test]
    fn page_numbers_are_recognised() {
        for text in ["3", "- 12 -", "Trang 2/10", "2/10"] {
            assert!(is_page_number(text), "{text}");
        }
        assert!(!is_page_number("2026"));
        assert!(!is_page_number("Trang trại"));
    }
}
