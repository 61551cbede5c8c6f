//! Folding: one ASCII byte per character, so that keywords are found by plain byte search and
//! every position leads back to the original text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

/// Byte that stands for a character without an ASCII form.
const OTHER: u8 = 0x1a;

/// Lower-case ASCII form of one character: diacritics dropped, đ→d, dashes→`-`, quotes→`"`.
pub fn fold_char(c: char) -> u8 {
    if c.is_ascii() {
        return (c as u8).to_ascii_lowercase();
    }
    match c {
        'đ' | 'Đ' => b'd',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' => b'-',
        '“' | '”' | '„' | '«' | '»' | '″' => b'"',
        '‘' | '’' | '′' => b'\'',
        '…' => b'.',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => b' ',
        _ => {
            let mut base = OTHER;
            decompose_canonical(c, |part| {
                if base == OTHER && part.is_ascii() {
                    base = (part as u8).to_ascii_lowercase();
                }
            });
            base
        }
    }
}

/// Folded form of a whole text.
pub fn fold(text: &str) -> String {
    text.chars().map(|c| fold_char(c) as char).collect()
}

/// A text beside its folded form.
#[derive(Debug, Clone)]
pub struct Folded<'a> {
    /// The original.
    pub source: &'a str,
    /// One ASCII byte per character of the original.
    pub key: String,
    starts: Vec<u32>,
}

impl<'a> Folded<'a> {
    /// Folds a text.
    pub fn new(source: &'a str) -> Self {
        let mut key = String::with_capacity(source.len());
        let mut starts = Vec::with_capacity(source.len() + 1);
        for (at, c) in source.char_indices() {
            key.push(fold_char(c) as char);
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        starts.push(u32::try_from(source.len()).unwrap_or(u32::MAX));
        Self { source, key, starts }
    }

    /// Original text between two positions of the key.
    pub fn slice(&self, from: usize, to: usize) -> &'a str {
        let last = self.starts.len() - 1;
        let from = self.starts[from.min(last)] as usize;
        let to = self.starts[to.min(last)] as usize;
        self.source.get(from..to.max(from)).unwrap_or("")
    }

    /// Position of a word or phrase (whole words only) at or after `from`.
    pub fn word(&self, needle: &str, from: usize) -> Option<usize> {
        find_word(&self.key, needle, from)
    }

    /// Whether the character at a key position is an upper-case letter.
    pub fn is_upper(&self, at: usize) -> bool {
        self.slice(at, at + 1).chars().next().is_some_and(char::is_uppercase)
    }
}

/// Finds `needle` in a folded text with word boundaries on both sides.
pub fn find_word(key: &str, needle: &str, from: usize) -> Option<usize> {
    let bytes = key.as_bytes();
    let mut at = from;
    while let Some(found) = key.get(at..)?.find(needle) {
        let start = at + found;
        let end = start + needle.len();
        let open = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        let close = end >= bytes.len() || !bytes[end].is_ascii_alphanumeric();
        if open && close {
            return Some(start);
        }
        at = start + 1;
    }
    None
}

/// Whether a folded text contains a whole word or phrase.
pub fn has_word(key: &str, needle: &str) -> bool {
    find_word(key, needle, 0).is_some()
}

/// At most `most` bytes of a text, cut between characters.
pub fn prefix(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// NFC, spaces collapsed, ends trimmed.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if unicode_normalization::is_nfc(&out) { out } else { out.nfc().collect() }
}

/// Key for comparing spellings: lower case, diacritics kept, tone placement unified (hoá = hóa), dash family unified.
pub fn spelling_key(text: &str) -> String {
    text::tone_normal(text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_one_byte_per_character_and_leads_back() {
        let folded = Folded::new("Ủy ban – “Đề án”…");
        assert_eq!(folded.key, "uy ban - \"de an\".");
        let at = folded.word("de an", 0).unwrap();
        assert_eq!(folded.slice(at, at + 5), "Đề án");
        assert_eq!(folded.word("de a", 0), None);
        assert_eq!(folded.slice(90, 99), "");
    }

    #[test]
    fn spelling_keys_unify_tone_placement_only() {
        assert_eq!(spelling_key("Văn Hoá – UỶ"), spelling_key("văn hóa - ủy"));
        assert_ne!(spelling_key("chuyên đổi"), spelling_key("chuyển đổi"));
    }
}
