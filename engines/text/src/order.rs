//! Vietnamese alphabetical order as a plain ASCII key for `ORDER BY`.
use crate::fold::{clean, plain};
use crate::tone::{split_tone, tone_normal};
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization;

const ALPHABET: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";

/// Tone rank: none, huyền, hỏi, ngã, sắc, nặng (the order of Vietnamese dictionaries and CLDR).
fn rank(tone: Option<char>) -> char {
    match tone {
        Some('\u{300}') => '2',
        Some('\u{309}') => '3',
        Some('\u{303}') => '4',
        Some('\u{301}') => '5',
        Some('\u{323}') => '6',
        _ => '1',
    }
}

/// A key of `0-9a-f` only, so that every database collation sorts it the same way. Letters
/// compare first in the order a ă â b c d đ e ê …, over the whole text; tones only break ties
/// (as in CLDR `vi`). Case does not count. Numbers compare by size: `Tổ 2` before `Tổ 10`.
///
/// ```
/// assert!(text::sort_key("Đắk") > text::sort_key("Dương"));
/// assert!(text::sort_key("Tổ 2") < text::sort_key("Tổ 10"));
/// ```
#[must_use]
pub fn sort_key(s: &str) -> String {
    let lower: Vec<char> = tone_normal(s).to_lowercase().nfc().map(plain).collect();
    let mut letters = String::with_capacity(lower.len() * 3);
    let mut tones = String::new();
    let mut i = 0;
    while i < lower.len() {
        if lower[i].is_ascii_digit() {
            let run: String = lower[i..].iter().take_while(|c| c.is_ascii_digit()).collect();
            i += run.len();
            let digits = run.trim_start_matches('0');
            // Two hex digits of length, then the digits: longer numbers are larger ones.
            let _ = write!(letters, "3{:02x}{digits}", digits.len().min(255));
            continue;
        }
        let (base, tone) = split_tone(lower[i]);
        i += 1;
        if base == ' ' {
            letters.push_str("10");
        } else if let Some(place) = ALPHABET.chars().position(|c| c == base) {
            let _ = write!(letters, "{:02x}", 0x40 + place);
            tones.push(rank(tone));
        } else if base.is_alphabetic() {
            let _ = write!(letters, "f{:06x}", u32::from(base));
        } else {
            let _ = write!(letters, "2{:06x}", u32::from(base));
        }
    }
    let tones = tones.trim_end_matches('1');
    format!("{letters}00{tones}")
}

/// Order of people the Vietnamese way: by given name (last word), then family and middle names.
/// `Nguyễn Văn An` comes before `Lê Thị Bình`.
#[must_use]
pub fn person_sort_key(full_name: &str) -> String {
    let name = clean(full_name);
    let (rest, given) = name.rsplit_once(' ').unwrap_or(("", &name));
    format!("{}00{}", sort_key(given), sort_key(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted<'a>(words: &[&'a str]) -> Vec<&'a str> {
        let mut v = words.to_vec();
        v.sort_by_key(|w| sort_key(w));
        v
    }

    #[test]
    fn alphabet_then_tone() {
        let want = ["", "a", "à", "ả", "ã", "á", "ạ", "an", "ăn", "ân", "ba", "da", "đa", "e", "ê", "o", "ô", "ơ", "u", "ư", "y"];
        let mut shuffled = want;
        shuffled.reverse();
        assert_eq!(sorted(&shuffled), want);
    }

    #[test]
    fn communes() {
        assert_eq!(
            sorted(&["Đông Hà", "Xã 10", "Dương", "An Bình", "Xã 9", "Ân Thi", "Anh Sơn", "Ái"]),
            ["Ái", "An Bình", "Anh Sơn", "Ân Thi", "Dương", "Đông Hà", "Xã 9", "Xã 10"]
        );
        assert_eq!(sort_key("HOÀ"), sort_key("hòa"));
        assert!(sort_key("ba") < sort_key("ba má"));
    }

    #[test]
    fn people_by_given_name() {
        let mut v = ["Lê Thị Bình", "Nguyễn Văn An", "Trần An", "Đỗ Ánh", "An"];
        v.sort_by_key(|n| person_sort_key(n));
        assert_eq!(v, ["An", "Nguyễn Văn An", "Trần An", "Đỗ Ánh", "Lê Thị Bình"]);
    }

    proptest! {
        #[test]
        fn hex_only(s in "\\PC*") {
            prop_assert!(sort_key(&s).bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        }

        #[test]
        fn a_longer_text_follows_its_beginning(s in "[a-zđăư ]{0,8}[a-z]", t in "[a-zđăư]{1,8}") {
            let longer = format!("{s}{t}");
            prop_assert!(sort_key(&s) < sort_key(&longer));
        }

        #[test]
        fn numbers_by_size(a in 0u32.., b in 0u32..) {
            prop_assert_eq!(sort_key(&format!("x {a}")).cmp(&sort_key(&format!("x {b}"))), a.cmp(&b));
        }
    }
}
