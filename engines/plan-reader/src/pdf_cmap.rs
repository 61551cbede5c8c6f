//! `ToUnicode` maps of PDF fonts (ISO 32000-1, 9.10.3), read tolerantly: any spacing, any order.

use std::collections::HashMap;

/// Most entries of one map.
const MAX_ENTRIES: usize = 120_000;

/// Character codes of a font and the text they stand for.
#[derive(Debug, Default)]
pub struct ToUnicode {
    map: HashMap<u32, String>,
    /// Bytes per code (1 or 2).
    pub width: usize,
}

#[derive(PartialEq, Debug)]
enum Token<'a> {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(&'a [u8]),
}

/// Splits a map to tokens.
fn tokens(bytes: &[u8]) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() && out.len() < MAX_ENTRIES * 4 {
        match bytes[at] {
            b'<' if bytes.get(at + 1) == Some(&b'<') => at += 2,
            b'<' => {
                let end = bytes[at..].iter().position(|b| *b == b'>').map_or(bytes.len(), |i| at + i);
                out.push(Token::Hex(hex(&bytes[at + 1..end])));
                at = end + 1;
            }
            b'[' => {
                out.push(Token::Open);
                at += 1;
            }
            b']' => {
                out.push(Token::Close);
                at += 1;
            }
            b if b.is_ascii_alphanumeric() => {
                let end = bytes[at..].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(bytes.len(), |i| at + i);
                out.push(Token::Word(&bytes[at..end]));
                at = end;
            }
            _ => at += 1,
        }
    }
    out
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let values: Vec<u8> =
        digits.iter().filter_map(|b| char::from(*b).to_digit(16)).filter_map(|d| u8::try_from(d).ok()).take(128).collect();
    values.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |value, b| value << 8 | u32::from(*b))
}

fn utf16(bytes: &[u8], shift: u32) -> String {
    let mut units: Vec<u16> =
        bytes.chunks(2).map(|p| if p.len() == 2 { u16::from_be_bytes([p[0], p[1]]) } else { u16::from(p[0]) }).collect();
    if let Some(last) = units.last_mut() {
        *last = last.wrapping_add(u16::try_from(shift & 0xffff).unwrap_or(0));
    }
    String::from_utf16_lossy(&units)
}

impl ToUnicode {
    /// Reads a map; `None` when it holds no entry.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let tokens = tokens(bytes);
        let mut out = Self { map: HashMap::new(), width: 0 };
        let mut at = 0;
        while at < tokens.len() && out.map.len() < MAX_ENTRIES {
            match &tokens[at] {
                Token::Word(b"beginbfchar") => at = out.chars(&tokens, at + 1),
                Token::Word(b"beginbfrange") => at = out.ranges(&tokens, at + 1),
                _ => at += 1,
            }
        }
        (!out.map.is_empty()).then_some(out)
    }

    fn chars(&mut self, tokens: &[Token<'_>], mut at: usize) -> usize {
        while let (Some(Token::Hex(from)), Some(Token::Hex(to))) = (tokens.get(at), tokens.get(at + 1)) {
            self.width = self.width.max(from.len());
            self.map.insert(code(from), utf16(to, 0));
            at += 2;
        }
        at
    }

    fn ranges(&mut self, tokens: &[Token<'_>], mut at: usize) -> usize {
        while let (Some(Token::Hex(from)), Some(Token::Hex(to))) = (tokens.get(at), tokens.get(at + 1)) {
            self.width = self.width.max(from.len());
            let (first, last) = (code(from), code(to).min(code(from).saturating_add(0xffff)));
            match tokens.get(at + 2) {
                Some(Token::Hex(text)) => {
                    for value in first..=last {
                        if self.map.len() >= MAX_ENTRIES {
                            break;
                        }
                        self.map.insert(value, utf16(text, value - first));
                    }
                    at += 3;
                }
                Some(Token::Open) => {
                    at += 3;
                    let mut value = first;
                    while let Some(Token::Hex(text)) = tokens.get(at) {
                        self.map.insert(value, utf16(text, 0));
                        value = value.saturating_add(1);
                        at += 1;
                    }
                    at += 1;
                }
                _ => return at + 2,
            }
        }
        at
    }

    /// Text of a string; codes without an entry are dropped.
    pub fn text(&self, bytes: &[u8]) -> String {
        let mut out = String::with_capacity(bytes.len());
        for part in bytes.chunks(self.width.clamp(1, 2)) {
            if let Some(text) = self.map.get(&code(part)) {
                out.push_str(text);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chars_ranges_and_lists_in_any_spacing() {
        let map = ToUnicode::read(
            b"1 beginbfchar<0003><0020>endbfchar 2 beginbfrange <0010><0012><0041>\n<0020> <0021> [<1EA1> <00660069>] endbfrange",
        )
        .unwrap();
        assert_eq!(map.text(&[0, 0x10, 0, 3, 0, 0x12, 0, 0x20, 0, 0x21, 0, 0x99]), "A C\u{1ea1}fi");
        assert!(ToUnicode::read(b"begincmap endcmap <<").is_none());
        assert!(ToUnicode::read(b"beginbfrange <0000> <ffffffff> <0000>").is_some());
    }
}
