//! Tone placement: `hoà` and `hòa` are the same word written by two schools.
use crate::fold::clean;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, decompose_canonical};

/// The five tone marks: huyền, sắc, ngã, hỏi, nặng.
pub(crate) fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

/// Splits a letter into the letter without tone (`ấ` → `â`) and its tone mark.
pub(crate) fn split_tone(c: char) -> (char, Option<char>) {
    if c.is_ascii() {
        return (c, None);
    }
    let mut base = None;
    let mut tone = None;
    decompose_canonical(c, |d| {
        if is_tone(d) {
            tone = Some(d);
        } else {
            base = Some(base.map_or(d, |b| compose(b, d).unwrap_or(b)));
        }
    });
    match (base, tone) {
        (Some(b), Some(t)) => (b, Some(t)),
        _ => (c, None),
    }
}

fn with_tone(base: char, tone: char) -> Option<char> {
    // ọ + ˆ, not ô + dot, is how NFC sees some letters: compose through NFC.
    let mut composed = [base, tone].into_iter().nfc();
    match (composed.next(), composed.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y')
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// [`clean`]s the text and puts the tone of `oa`, `oe`, `uy` where the common official spelling
/// has it: `hoà` → `hòa`, `thuý` → `thúy`, `Uỷ` → `Ủy`; with a letter after it, on the second
/// vowel (`tóan` → `toán`); after `qu` and `gi` never on the u or i (`qúy` → `quý`). Case is kept.
///
/// ```
/// assert_eq!(text::tone_normal("Uỷ ban, HOÀ, thuý, quý"), "Ủy ban, HÒA, thúy, quý");
/// ```
#[must_use]
pub fn tone_normal(s: &str) -> String {
    let cleaned = clean(s);
    if cleaned.is_ascii() {
        return cleaned;
    }
    let mut chars: Vec<char> = cleaned.chars().collect();
    // again while a mark moved: one that moved right may free the place that another waits for (`gìúya`)
    while move_tones(&mut chars) {}
    chars.into_iter().collect()
}

/// One pass from left to right; whether anything moved. Ends: between two letters marks go one way only.
fn move_tones(chars: &mut [char]) -> bool {
    let mut moved = false;
    for i in 0..chars.len().saturating_sub(1) {
        let (b1, t1) = split_tone(chars[i]);
        let (b2, t2) = split_tone(chars[i + 1]);
        if t1.is_some() == t2.is_some() {
            continue;
        }
        let before = i.checked_sub(1).map(|p| lower(chars[p]));
        let glide = matches!((before, lower(b1)), (Some('q'), 'u') | (Some('g'), 'i'));
        let pair = matches!((lower(b1), lower(b2)), ('o', 'a') | ('o', 'e') | ('u', 'y'));
        let closed = chars.get(i + 2).is_some_and(|c| c.is_alphabetic());
        let (to_first, base, tone) = match (glide, pair, t1, t2) {
            (true, _, Some(t), None) if is_vowel(lower(b2)) => (false, b2, t),
            (false, true, Some(t), None) if closed => (false, b2, t),
            (false, true, None, Some(t)) if !closed => (true, b1, t),
            _ => continue,
        };
        if let Some(c) = with_tone(base, tone) {
            (chars[i], chars[i + 1]) = if to_first { (c, b2) } else { (b1, c) };
            moved = true;
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;
    use proptest::prelude::*;

    #[test]
    fn both_schools_meet() {
        for (a, b) in [
            ("hoà", "hòa"),
            ("hoá", "hóa"),
            ("hoả", "hỏa"),
            ("hoạ", "họa"),
            ("xoã", "xõa"),
            ("khoẻ", "khỏe"),
            ("thuý", "thúy"),
            ("thuỷ", "thủy"),
            ("Uỷ", "Ủy"),
            ("UỶ BAN", "ỦY BAN"),
            ("VĂN HOÁ", "VĂN HÓA"),
            ("Văn hoá - xã hội", "Văn hóa - xã hội"),
            ("luỹ", "lũy"),
            ("tóan", "toán"),
            ("hòan", "hoàn"),
            ("hùynh", "huỳnh"),
            ("qúy", "quý"),
            ("gía", "giá"),
        ] {
            assert_eq!(tone_normal(a), b);
            assert_eq!(tone_normal(b), b);
        }
    }

    #[test]
    fn what_is_right_stays() {
        for s in [
            "quý", "quỹ", "quả", "giờ", "giá", "nghĩa", "hoàn", "toán", "thoại", "ngoáy", "khuỷu", "huỳnh", "nguyễn", "chuyển", "của",
            "chùa", "mía", "thuở", "Huế", "ngoéo", "gìn", "gì",
        ] {
            assert_eq!(tone_normal(s), s);
        }
    }

    #[test]
    fn a_mark_that_waited_for_another_moves_too() {
        let once = tone_normal("gìúya");
        assert_eq!(tone_normal(&once), once);
    }

    proptest! {
        #[test]
        fn idempotent(s in "\\PC*") {
            let once = tone_normal(&s);
            prop_assert_eq!(tone_normal(&once), once.clone());
            prop_assert_eq!(fold(&once), fold(&s));
        }

        #[test]
        fn idempotent_on_syllables(s in "[bgqhOoUuAaYyEeiòàóáỷỳýủùèéìí nt]{0,12}") {
            let once = tone_normal(&s);
            prop_assert_eq!(tone_normal(&once), once.clone());
            prop_assert_eq!(fold(&once), fold(&s));
        }
    }
}
