//! Quoted documents: number and date, contradictions between quotations.

use std::collections::HashMap;

use crate::dates::{self, Date};
use crate::fold::Folded;
use crate::plan::{LegalBase, Warning};
use crate::warnings;

const KINDS: &[&str] = &[
    "so",
    "nghi quyet",
    "quyet dinh",
    "chi thi",
    "ke hoach",
    "thong tu",
    "nghi dinh",
    "ket luan",
    "cong van",
    "thong bao",
    "luat",
    "huong dan",
    "quy dinh",
    "cong dien",
    "chuong trinh",
];

/// Most documents of one day whose numbers are compared.
const MAX_SAME_DAY: usize = 8;

/// Collects quotations paragraph by paragraph.
#[derive(Debug, Default)]
pub struct Collector {
    found: Vec<LegalBase>,
    by_number: HashMap<String, Vec<usize>>,
}

impl Collector {
    /// Reads one paragraph or cell; `preamble` = before the first section.
    pub fn add(&mut self, text: &str, line: usize, preamble: bool) {
        if !text.contains('/') && !preamble {
            return;
        }
        let folded = Folded::new(text);
        if folded.key.trim_start_matches('(').starts_with("kem theo") || folded.key.starts_with("so:") {
            return;
        }
        let mut numbered = false;
        let mut at = 0;
        while let Some((start, end)) = next_number(&folded, at) {
            numbered = true;
            at = end;
            let date = date_behind(&folded, end);
            if date.is_some() || introduced(&folded.key[..start]) || (preamble && folded.key.starts_with("can cu")) {
                self.push(Some(folded.slice(start, end).to_owned()), date, line);
            }
        }
        let law = ["can cu luat", "can cu bo luat", "can cu phap lenh"].iter().any(|w| folded.key.starts_with(w));
        if preamble
            && law
            && !numbered
            && let Some((_, date)) = dates::find(&folded.key, 0)
        {
            self.push(None, Some(date), line);
        }
    }

    fn push(&mut self, number: Option<String>, date: Option<Date>, line: usize) {
        let date = date.map(|d| d.to_string());
        if let Some(number) = &number {
            let known = self.by_number.entry(number.clone()).or_default();
            if date.is_none() && !known.is_empty() {
                return;
            }
            for at in known.iter() {
                let base = &mut self.found[*at];
                if base.date.is_none() {
                    base.date = date;
                    return;
                }
                if base.date == date {
                    return;
                }
            }
            known.push(self.found.len());
        } else if self.found.iter().take(200).any(|b| b.number.is_none() && b.date == date) {
            return;
        }
        self.found.push(LegalBase { number, date, line });
    }

    /// The quotations and the contradictions between them.
    pub fn finish(self, own: Option<&str>, warnings: &mut Vec<Warning>) -> Vec<LegalBase> {
        let found: Vec<LegalBase> = self.found.into_iter().filter(|b| b.number.is_none() || b.number.as_deref() != own).collect();
        let mut by_number: HashMap<&str, &LegalBase> = HashMap::new();
        let mut by_date: HashMap<&str, Vec<&LegalBase>> = HashMap::new();
        for base in &found {
            let Some(number) = base.number.as_deref() else { continue };
            match by_number.get(number) {
                Some(earlier) => warnings::contradictory_date(warnings, earlier, base),
                None => drop(by_number.insert(number, base)),
            }
            if let Some(date) = base.date.as_deref() {
                by_date.entry(date).or_default().push(base);
            }
        }
        let mut pairs: Vec<(&LegalBase, &LegalBase)> = Vec::new();
        // Many documents of one day are a list, not a slip.
        for same_day in by_date.values().filter(|v| v.len() <= MAX_SAME_DAY) {
            for (at, second) in same_day.iter().enumerate() {
                pairs.extend(same_day[..at].iter().filter(|first| slip(first, second)).map(|first| (*first, *second)));
            }
        }
        pairs.sort_by_key(|(first, second)| (second.line, first.line));
        for (first, second) in pairs {
            warnings::contradictory_number(warnings, first, second);
        }
        found
    }
}

/// Two numbers of one day that may be the same document.
fn slip(first: &LegalBase, second: &LegalBase) -> bool {
    match (&first.number, &second.number) {
        (Some(a), Some(b)) => a != b && look_alike(a, b),
        _ => false,
    }
}

/// Same sign, and digits that differ by one place or by their order (964/946).
fn look_alike(a: &str, b: &str) -> bool {
    let (Some((left, sign_a)), Some((right, sign_b))) = (a.split_once('/'), b.split_once('/')) else {
        return false;
    };
    if sign_a != sign_b || left.len() != right.len() {
        return false;
    }
    let mut sorted: [Vec<u8>; 2] = [left.bytes().collect(), right.bytes().collect()];
    let differing = left.bytes().zip(right.bytes()).filter(|(x, y)| x != y).count();
    sorted.iter_mut().for_each(|digits| digits.sort_unstable());
    sorted[0] == sorted[1] || (differing == 1 && left.len() > 1)
}

fn introduced(before: &str) -> bool {
    let before = before.trim_end();
    KINDS.iter().any(|kind| before.strip_suffix(kind).is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric())))
}

/// The next `515/QĐ-TTg`, `116/2025/QH15`, `57-NQ/TW` behind a position.
fn next_number(text: &Folded<'_>, from: usize) -> Option<(usize, usize)> {
    let bytes = text.key.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let open = bytes[at].is_ascii_digit() && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'/'));
        if !open {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < bytes.len() && (bytes[end].is_ascii_alphanumeric() || matches!(bytes[end], b'/' | b'-')) {
            end += 1;
        }
        while end > at && matches!(bytes[end - 1], b'/' | b'-') {
            end -= 1;
        }
        if is_number(text, at, end) {
            return Some((at, end));
        }
        at = end.max(at + 1);
    }
    None
}

fn is_number(text: &Folded<'_>, start: usize, end: usize) -> bool {
    let token = &text.key[start..end];
    let Some(slash) = token.find('/') else {
        return false;
    };
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    let sign = token[digits..].trim_start_matches(['/', '-']);
    let sign_at = start + token.len() - sign.len();
    // The sign is letters in capitals ("QĐ-TTg"), possibly behind a year; dates have digits only.
    let sign = match sign.split_once('/') {
        Some((year, rest)) if dates::year_token(year).is_some() => rest,
        _ => sign,
    };
    let letters = sign.bytes().filter(u8::is_ascii_alphabetic).count();
    let first = text.slice(sign_at, end).chars().find(|c| c.is_alphabetic());
    digits <= 5 && slash <= 12 && letters >= 2 && token.len() <= 30 && first.is_some_and(char::is_uppercase)
}

/// The date directly behind a number: "ngày 30/3/2026", ", ngày 23/11/2020".
fn date_behind(text: &Folded<'_>, end: usize) -> Option<Date> {
    let tail = text.key[end..].trim_start_matches([',', ' ']);
    let tail = tail.strip_prefix("ngay")?.trim_start();
    dates::date_at(tail, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<String>, Option<String>)> {
        let mut collector = Collector::default();
        collector.add(text, 1, true);
        collector.finish(None, &mut Vec::new()).into_iter().map(|b| (b.number, b.date)).collect()
    }

    #[test]
    fn numbers_and_dates() {
        let pair = |n: &str, d: &str| (Some(n.to_owned()), Some(d.to_owned()));
        assert_eq!(
            read("Thực hiện Quyết định số 1907/QĐ-TTg, ngày 23/11/2020 và Quyết định số 21/QĐ-TTg ngày 06 tháng 01 năm 2021; mục 2/3"),
            [pair("1907/QĐ-TTg", "2020-11-23"), pair("21/QĐ-TTg", "2021-01-06")]
        );
        assert_eq!(read("Nghị quyết số 57-NQ/TW ngày 22/12/2024"), [pair("57-NQ/TW", "2024-12-22")]);
        assert_eq!(read("Nghị định số 30/2020/NĐ-CP ngày 05/3/2020"), [pair("30/2020/NĐ-CP", "2020-03-05")]);
        assert_eq!(read("Căn cứ Luật An ninh mạng ngày 12 tháng 6 năm 2018;"), [(None, Some("2018-06-12".to_owned()))]);
        assert_eq!(read("24/7 và 30/6/2026, TCVN 14423:2025, hằng năm 1 năm/1 lần"), []);
    }

    #[test]
    fn contradictions_are_told() {
        let mut collector = Collector::default();
        collector.add("Quyết định số 964/QĐ-TTg ngày 10/8/2022 (viết tắt là Quyết định số 946/QĐ-TTg ngày 10/8/2022)", 3, true);
        collector.add("Quyết định số 21/QĐ-TTg ngày 06/01/2021 và Quyết định số 21/QĐ-TTg ngày 06/01/2022", 9, true);
        let mut warnings = Vec::new();
        assert_eq!(collector.finish(None, &mut warnings).len(), 4);
        let codes: Vec<&str> = warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(codes, ["contradictory_date", "contradictory_number"]);
    }
}
