//! Folding: the form of a text in which case, marks, dash kinds and spacing no longer matter.
use unicode_normalization::UnicodeNormalization;

/// Characters that are invisible and only get in the way: soft hyphen, zero-width space and
/// joiners, word joiner, byte-order mark.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// One character for each family of look-alikes: dashes become `-`, apostrophes `'`,
/// double quotes `"`, every white space an ordinary space.
pub(crate) fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{2b9}' | '`' | '\u{b4}' | '\u{2032}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// NFC, invisible characters removed, dash/quote families and white space made one, runs of
/// spaces collapsed, ends trimmed. Case and Vietnamese marks are kept.
///
/// ```
/// assert_eq!(text::clean(" Văn\u{a0}hoá  – xã hội "), "Văn hoá - xã hội");
/// ```
#[must_use]
pub fn clean(s: &str) -> String {
    // Look-alikes first: the NFC form of U+1FEF is '`', which is itself in a family.
    collapse(s.chars().filter(|c| !invisible(*c)).nfc().map(plain))
}

/// Collapses runs of spaces and trims both ends.
pub(crate) fn collapse(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in chars {
        if c == ' ' {
            gap = true;
        } else {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    out
}

/// The comparison form: [`clean`], lower case, all marks and tones removed, `đ` → `d`.
/// Letters, digits and punctuation otherwise stay. `fold(fold(x)) == fold(x)`.
///
/// ```
/// assert_eq!(text::fold("Ủy ban  NHÂN DÂN – Đặng"), "uy ban nhan dan - dang");
/// ```
#[must_use]
pub fn fold(s: &str) -> String {
    let cleaned = clean(s);
    if cleaned.is_ascii() {
        return cleaned.to_ascii_lowercase();
    }
    let bare = cleaned
        .to_lowercase()
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| if c == 'đ' { 'd' } else { plain(c) })
        .nfc()
        .collect::<String>();
    // Removing a mark may have laid two spaces side by side.
    collapse(bare.chars())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_vietnamese_letter_folds_to_ascii() {
        let all = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ";
        for c in all.chars().chain(all.to_uppercase().chars()) {
            let f = fold(&c.to_string());
            assert!(f.len() == 1 && f.is_ascii(), "{c} → {f}");
        }
        assert_eq!(fold("ĐƯỜNG"), "duong");
    }

    #[test]
    fn composed_and_decomposed_are_one() {
        let s = "Nguyễn Thị Hồng Đào";
        let d: String = s.nfd().collect();
        assert_ne!(s, d);
        assert_eq!(fold(s), fold(&d));
        assert_eq!(clean(&d), s);
    }

    #[test]
    fn families() {
        assert_eq!(fold("2022 – 2025"), "2022 - 2025");
        assert_eq!(fold("2022—2025−x"), "2022-2025-x");
        assert_eq!(fold("l’eau `x´"), "l'eau 'x'");
        assert_eq!(fold("“an ninh”"), "\"an ninh\"");
        assert_eq!(fold("\u{feff}an\u{200b} ninh\u{a0}\t\nmạng\r\n"), "an ninh mang");
        assert_eq!(fold(" \u{a0} "), "");
        assert_eq!(fold("515/QĐ-TTg (khoản 2, điểm a)"), "515/qd-ttg (khoan 2, diem a)");
    }

    proptest! {
        #[test]
        fn idempotent(s in "\\PC*") {
            prop_assert_eq!(fold(&fold(&s)), fold(&s));
            prop_assert_eq!(clean(&clean(&s)), clean(&s));
        }

        #[test]
        fn vietnamese_folds_to_ascii(s in "[a-zA-ZàảãáạăằẳẵắặâầẩẫấậđĐÊỀểƠỡỢƯỨự 0-9–]{0,40}") {
            let f = fold(&s);
            prop_assert!(f.is_ascii());
            prop_assert!(!f.contains("  "));
            prop_assert_eq!(fold(&s.to_lowercase()), f);
        }
    }
}
