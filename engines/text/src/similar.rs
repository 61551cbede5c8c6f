//! How alike two words are, for "did you mean …?".
use crate::fold::{clean, fold};

/// Longer texts are compared by their first characters only, to bound the work.
const LIMIT: usize = 200;

/// Edits (insert, delete, replace, swap neighbours) that turn one into the other: the
/// restricted Damerau–Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut two_back: Vec<usize> = vec![0; b.len() + 1];
    let mut back: Vec<usize> = (0..=b.len()).collect();
    let mut row = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let replace = back[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(back[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(two_back[j - 2] + 1);
            }
            row[j] = best;
        }
        std::mem::swap(&mut two_back, &mut back);
        std::mem::swap(&mut back, &mut row);
    }
    back[b.len()]
}

#[expect(clippy::cast_precision_loss, reason = "at most LIMIT characters")]
fn likeness(a: &str, b: &str) -> f64 {
    let a: Vec<char> = a.chars().take(LIMIT).collect();
    let b: Vec<char> = b.chars().take(LIMIT).collect();
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    1.0 - distance(&a, &b) as f64 / longest as f64
}

/// 0 (nothing in common) to 1 (equal but for case and spacing). Letters count for four fifths,
/// marks and tones for the rest: typing without marks is the commonest difference.
#[must_use]
pub fn similarity(a: &str, b: &str) -> f64 {
    0.8 * likeness(&fold(a), &fold(b)) + 0.2 * likeness(&clean(a).to_lowercase(), &clean(b).to_lowercase())
}

/// The option most like `word`, if any is at least 0.6 alike; the first of equals.
///
/// ```
/// let fields = ["kind", "active", "confirmed"];
/// assert_eq!(text::nearest("comfirmed", fields), Some("confirmed"));
/// assert_eq!(text::nearest("xyz", fields), None);
/// ```
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for option in options {
        let s = similarity(word, option);
        if s >= 0.6 && best.is_none_or(|(b, _)| s > b) {
            best = Some((s, option));
        }
    }
    best.map(|(_, option)| option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        distance(&a, &b)
    }

    #[test]
    fn known_distances() {
        for (a, b, n) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("abcd", "acbd", 1),
            ("ca", "abc", 3),
            ("công", "cong", 1),
        ] {
            assert_eq!(d(a, b), n, "{a} {b}");
        }
    }

    #[test]
    fn suggestions() {
        let units = ["Công an tỉnh", "Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp"];
        assert_eq!(nearest("cong an tinh", units), Some("Công an tỉnh"));
        assert_eq!(nearest("Sở Nôị vụ", units), Some("Sở Nội vụ"));
        assert_eq!(nearest("Sở Tai chinh", units), Some("Sở Tài chính"));
        assert_eq!(nearest("Hội Luật gia", units), None);
        assert_eq!(nearest("x", []), None);
    }

    proptest! {
        #[test]
        fn a_measure(a in "\\PC{0,20}", b in "\\PC{0,20}") {
            let s = similarity(&a, &b);
            prop_assert!((0.0..=1.0 + 1e-9).contains(&s));
            prop_assert!((s - similarity(&b, &a)).abs() < 1e-12);
            prop_assert!((similarity(&a, &a) - 1.0).abs() < 1e-12);
        }
    }
}
