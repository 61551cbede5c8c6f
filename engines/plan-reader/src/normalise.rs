//! Removes what is not text: HTML tags, entities, markdown emphasis, control and odd space characters.

use unicode_normalization::UnicodeNormalization;

/// Cleans one line: NFC, spaces, entities, tags, `**`, `*x*`, leading `#`, `_{}`.
pub fn clean(raw: &str) -> String {
    let text = clean_cell(raw);
    if text.contains('\n') { collapse(&text.replace('\n', " ")) } else { text }
}

/// Cleans a cell: as [`clean`], but `<br>`, `<li>` and the like begin a new line.
pub fn clean_cell(raw: &str) -> String {
    let mut text = plain_spaces(raw);
    if text.contains('<') {
        text = strip_tags(&text);
    }
    if text.contains('&') {
        text = decode_entities(&text);
    }
    if text.starts_with('#') {
        let rest = text.trim_start_matches('#');
        if rest.starts_with(' ') || rest.is_empty() {
            text = rest.trim_start().to_owned();
        }
    }
    if text.contains('*') || text.contains("__") {
        text = strip_emphasis(&text);
    }
    if text.contains("_{") || text.contains("^{") {
        text = text.replace("_{}", "").replace("_{", "").replace("^{", "").replace('}', "");
    }
    let text = collapse(&text);
    if unicode_normalization::is_nfc(&text) { text } else { text.nfc().collect() }
}

/// Only spaces and NFC: for sources whose text carries no markup (.docx, .pdf).
pub fn spaces(raw: &str) -> String {
    let text = collapse(&plain_spaces(raw));
    if unicode_normalization::is_nfc(&text) { text } else { text.nfc().collect() }
}

/// Odd spaces to plain ones, invisible characters dropped; `\n` is kept (paragraphs of a cell).
fn plain_spaces(raw: &str) -> String {
    raw.chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' | '\t' | '\u{c}' | '\u{b}' => Some(' '),
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split('\n') {
        let mut first = true;
        for word in part.split(' ').filter(|w| !w.is_empty()) {
            if first && !out.is_empty() {
                out.push('\n');
            } else if !first {
                out.push(' ');
            }
            out.push_str(word);
            first = false;
        }
    }
    out
}

/// Drops `<tag …>` and `</tag>`; a `<` that opens no tag stays. `<br>`, `<li>`, `<p>` break the line.
fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let opens = tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        // Tags of such exports are short; the bound keeps a stray `<` from searching the whole file.
        let end = tail.char_indices().take(400).find(|(_, c)| *c == '>').map(|(i, _)| i);
        match end {
            Some(end) if opens => {
                let name = tail[1..end].trim_start_matches('/').to_ascii_lowercase();
                if ["br", "p", "li", "div"].iter().any(|tag| name.starts_with(tag)) {
                    out.push('\n');
                }
                rest = &tail[end + 1..];
            }
            _ => {
                out.push('<');
                rest = &tail[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail.char_indices().take(10).find(|(_, c)| *c == ';').map(|(i, _)| i);
        let decoded = end.and_then(|end| entity(&tail[1..end]).map(|c| (c, end)));
        if let Some((c, end)) = decoded {
            out.push(c);
            rest = &tail[end + 1..];
        } else {
            out.push('&');
            rest = &tail[1..];
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
}

/// Markdown emphasis: every `**` and `__`, and single `*` that touch a word. A bullet `* ` becomes `- `.
fn strip_emphasis(text: &str) -> String {
    let bullet = text.trim_start();
    let mut text = if let Some(rest) = bullet.strip_prefix("* ") { format!("- {rest}") } else { text.to_owned() };
    text = text.replace("**", "");
    if text.matches("__").count() >= 2 && !text.contains("___") {
        text = text.replace("__", "");
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        if *c == '*' {
            let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
            let after = chars.get(at + 1).copied().unwrap_or(' ');
            let spaced = before.is_whitespace() && after.is_whitespace();
            let footnote = before == '(' && after == ')';
            let product = before.is_ascii_digit() && after.is_ascii_digit();
            if !(spaced && chars.len() > 1 || footnote || product) {
                continue;
            }
        }
        out.push(*c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_text_stays() {
        assert_eq!(clean("### **1. Mục tiêu**  "), "1. Mục tiêu");
        assert_eq!(clean("Đề án “*Nâng cao*” (*viết tắt*)"), "Đề án “Nâng cao” (viết tắt)");
        assert_eq!(clean("<ul style=\"x: y;\"> <li>- Công an xã</li> <li>- Sở</li></ul>"), "- Công an xã - Sở");
        assert_eq!(clean("VT, NC_{LTD}."), "VT, NCLTD.");
        assert_eq!(clean("A &amp; B &#272; &khong; a < b"), "A & B Đ &khong; a < b");
        assert_eq!(clean("* mục"), "- mục");
        assert_eq!(clean("**TM. ỦY BAN"), "TM. ỦY BAN");
        assert_eq!(clean("2*3 (*)"), "2*3 (*)");
        assert_eq!(clean("a\u{a0}b\u{200b}c"), "a bc");
    }

    #[test]
    fn an_unclosed_bracket_storm_stays_linear() {
        let storm = "<".repeat(200_000);
        assert_eq!(clean(&storm).len(), storm.len());
    }
}
