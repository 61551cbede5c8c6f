//! From bytes to lines: sniff by content, decode text.

use crate::error::ReadError;
use crate::normalise::{clean, clean_cell};
use crate::plan::Line;

/// Largest accepted file.
pub const MAX_FILE: usize = 64 << 20;
/// Largest accepted text after unpacking.
pub const MAX_TEXT: usize = 12 << 20;
/// Most lines of one document (a 300-page document has some 15,000).
pub const MAX_LINES: usize = 300_000;

/// What a file is, found by its first bytes; the name only words the message.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Zip,
    Pdf,
    Other(&'static str),
}

/// Lines of a document plus whether they are visual lines that must be joined to paragraphs.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Source lines.
    pub lines: Vec<Line>,
    /// `true` when a paragraph is spread over several lines (PDF).
    pub wrapped: bool,
}

fn sniff(bytes: &[u8], name: &str) -> Kind {
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|w| w == b"%PDF-") {
        return Kind::Pdf;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Kind::Zip;
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Kind::Other(old_office(bytes, name));
    }
    if head.starts_with(b"{\\rtf") {
        return Kind::Other(".rtf");
    }
    if let Some(kind) = media(head) {
        return Kind::Other(kind);
    }
    if head.starts_with(b"\x1f\x8b") || head.starts_with(b"Rar!") || head.starts_with(b"7z\xbc\xaf") {
        return Kind::Other("nén (.gz, .rar, .7z)");
    }
    if head.starts_with(b"MZ\x90\0") || head.starts_with(b"\x7fELF") {
        return Kind::Other("chương trình");
    }
    let words = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if words.starts_with("<!doctype html") || words.starts_with("<html") {
        return Kind::Other("trang web");
    }
    // a table of values looks like any text; only its name tells
    if name.to_ascii_lowercase().ends_with(".csv") {
        return Kind::Other(".csv");
    }
    Kind::Text
}

/// The container of Office before 2007, and of newer files under a password.
fn old_office(bytes: &[u8], name: &str) -> &'static str {
    let locked: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let directory = &bytes[..bytes.len().min(4 << 20)];
    let name = name.to_ascii_lowercase();
    match name.rsplit('.').next() {
        _ if directory.windows(locked.len()).any(|w| w == locked) => crate::error::LOCKED,
        Some("xls") => ".xls",
        Some("ppt") => ".ppt",
        _ => ".doc",
    }
}

/// Pictures, sound and film by their first bytes.
fn media(head: &[u8]) -> Option<&'static str> {
    let pictures: [&[u8]; 7] = [&[0xff, 0xd8, 0xff], b"\x89PNG", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a", b"\0\0\x01\0"];
    let bitmap = head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]);
    let riff = head.starts_with(b"RIFF");
    let brand = head.get(4..8).filter(|b| *b == b"ftyp").and_then(|_| head.get(8..12));
    if pictures.iter().any(|p| head.starts_with(p))
        || bitmap
        || riff && head.get(8..12) == Some(b"WEBP")
        || matches!(brand, Some(b"heic" | b"heix" | b"mif1" | b"avif"))
    {
        return Some("ảnh");
    }
    (riff || brand.is_some() || head.starts_with(b"ID3")).then_some("âm thanh, phim")
}

/// Reads any accepted file to lines.
///
/// # Errors
/// [`ReadError`] names what is wrong and the remedy.
pub fn decode(bytes: &[u8], name: &str) -> Result<Decoded, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() > MAX_FILE {
        return Err(ReadError::TooLarge { size: bytes.len(), limit: MAX_FILE });
    }
    let decoded = match sniff(bytes, name) {
        Kind::Zip => crate::docx::decode(bytes, name)?,
        Kind::Pdf => crate::pdf::decode(bytes)?,
        Kind::Other(kind) => return Err(ReadError::Unsupported(kind)),
        Kind::Text => {
            if bytes.len() > MAX_TEXT {
                return Err(ReadError::TooLarge { size: bytes.len(), limit: MAX_TEXT });
            }
            let lines = text_lines(&decode_text(bytes)?)?;
            let wrapped = looks_wrapped(&lines);
            Decoded { lines, wrapped }
        }
    };
    let size = decoded.lines.iter().map(|l| l.text.len()).sum();
    if size > MAX_TEXT {
        return Err(ReadError::TooLarge { size, limit: MAX_TEXT });
    }
    if decoded.lines.iter().all(|line| line.text.trim().is_empty()) {
        return Err(ReadError::Empty);
    }
    Ok(decoded)
}

/// UTF-8 (with or without mark) or UTF-16 (with mark, or recognised by its zero bytes).
fn decode_text(bytes: &[u8]) -> Result<String, ReadError> {
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return utf8(rest);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let head = &bytes[..bytes.len().min(4096)];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    if half >= 8 && bytes.len().is_multiple_of(2) {
        // Vietnamese in UTF-16 has many zero high bytes (spaces, plain letters) and no zero low bytes.
        if zeros(1) * 3 > half && zeros(0) == 0 {
            return utf16(bytes, u16::from_le_bytes);
        }
        if zeros(0) * 3 > half && zeros(1) == 0 {
            return utf16(bytes, u16::from_be_bytes);
        }
    }
    utf8(bytes)
}

fn utf8(bytes: &[u8]) -> Result<String, ReadError> {
    let controls = bytes.iter().filter(|b| **b < 9 || (14..32).contains(*b)).count();
    if controls * 50 > bytes.len() {
        return Err(ReadError::NotText);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(ReadError::Encoding { at: error.valid_up_to() }),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ReadError> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len());
    for c in char::decode_utf16(units) {
        text.push(c.map_err(|_| ReadError::NotText)?);
    }
    let controls = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    if controls * 50 > text.len() { Err(ReadError::NotText) } else { Ok(text) }
}

/// Splits a text into source lines; tabs and pipes make cells.
pub fn text_lines(text: &str) -> Result<Vec<Line>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let unix;
    let text = if text.contains('\r') {
        unix = text.replace("\r\n", "\n").replace('\r', "\n");
        unix.as_str()
    } else {
        text
    };
    let bordered = has_bordered_pipes(text);
    let mut lines = Vec::new();
    for raw in text.split('\n') {
        if lines.len() >= MAX_LINES {
            return Err(ReadError::TooComplex("quá nhiều dòng"));
        }
        lines.push(text_line(raw, lines.len() + 1, bordered));
    }
    Ok(lines)
}

/// Whether pipe tables of this text have a pipe at both ends of their rows (`| a | b |`); else a pipe
/// at the start of a row means an empty first cell.
fn has_bordered_pipes(text: &str) -> bool {
    let rows = || text.split('\n').map(str::trim).filter(|l| l.matches('|').count() >= 2);
    let all = rows().count();
    rows().filter(|l| l.starts_with('|')).count() * 10 >= all * 8
}

fn text_line(raw: &str, line: usize, bordered: bool) -> Line {
    let raw = raw.trim_end_matches([' ', '\u{c}', '\u{b}', '\u{a0}']);
    if let Some(cells) = split_cells(raw, bordered) {
        let cells: Vec<String> = cells.into_iter().map(clean_cell).collect();
        return Line { line, text: cells.join("\t").replace('\n', " "), cells };
    }
    Line { line, text: clean(raw), cells: Vec::new() }
}

/// Cells of a row: by tab, or by pipe (`| a | b |`, `a | b | c`).
fn split_cells(raw: &str, bordered: bool) -> Option<Vec<&str>> {
    if raw.contains('\t') {
        // A tab right behind a list marker is only an indent.
        let cells: Vec<&str> = raw.split('\t').collect();
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        let marker = cells.iter().find(|c| !c.trim().is_empty()).is_some_and(|c| is_marker(c.trim()));
        return (cells.len() > 2 || (filled == 2 && !marker)).then_some(cells);
    }
    let trimmed = raw.trim();
    let pipes = trimmed.matches('|').count();
    if pipes < 2 || (bordered && pipes < 3) {
        return None;
    }
    let inner = if bordered { trimmed.strip_prefix('|').unwrap_or(trimmed) } else { trimmed };
    let inner = if bordered { inner.strip_suffix('|').unwrap_or(inner) } else { inner };
    Some(inner.split('|').collect())
}

fn is_marker(text: &str) -> bool {
    text.len() <= 6 && (matches!(text, "-" | "+" | "•" | "*" | "–") || text.ends_with(['.', ')', '/']))
}

/// A text whose paragraphs were broken at a fixed width: most of its full lines go straight on in
/// the next line.
fn looks_wrapped(lines: &[Line]) -> bool {
    let plain: Vec<(usize, usize, &str)> = lines
        .iter()
        .filter(|l| l.cells.is_empty() && !l.text.is_empty())
        .map(|l| (l.line, l.text.chars().count(), l.text.as_str()))
        .collect();
    let longest = plain.iter().map(|(_, length, _)| *length).max().unwrap_or(0);
    if !(40..=160).contains(&longest) {
        return false;
    }
    let (mut full, mut followed) = (0usize, 0usize);
    for pair in plain.windows(2) {
        if pair[0].1 * 100 >= longest * 80 {
            full += 1;
            let marker = crate::lines::split_marker(pair[1].2).0;
            followed += usize::from(pair[1].0 == pair[0].0 + 1 && marker == crate::lines::Marker::None);
        }
    }
    full >= 5 && followed * 10 >= full * 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_with_and_without_mark_reads_like_utf8() {
        let text = "KẾ HOẠCH\r\nTriển khai đề án trên địa bàn tỉnh Sao Mai năm 2026";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut be = vec![0xfe, 0xff];
        be.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        let expected = decode(text.as_bytes(), "a.txt").unwrap().lines;
        assert_eq!(expected.len(), 2);
        assert_eq!(decode(&le, "a.txt").unwrap().lines, expected);
        assert_eq!(decode(&be, "a.txt").unwrap().lines, expected);
    }

    #[test]
    fn refusals_name_the_reason() {
        assert_eq!(decode(b"", "a.txt").unwrap_err(), ReadError::Empty);
        assert_eq!(decode(b" \n\n ", "a.txt").unwrap_err(), ReadError::Empty);
        let doc = decode(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0], "a.doc").unwrap_err();
        assert!(doc.to_string().contains(".docx"), "{doc}");
        // damaged archives are called what they are, by content before name
        let junk = |inside: &str, name: &str| decode(format!("PK\u{3}\u{4}..{inside}..cut off").as_bytes(), name).unwrap_err().to_string();
        assert!(junk("xl/workbook.xml", "bang.docx").starts_with("Tệp .xlsx bị hỏng"), "{}", junk("xl/workbook.xml", "bang.docx"));
        assert!(junk("?", "bang.XLSX").starts_with("Tệp .xlsx bị hỏng"), "{}", junk("?", "bang.XLSX"));
        assert!(junk("word/document.xml", "ke-hoach").starts_with("Tệp .docx bị hỏng"));
        assert!(junk("?", "tep").starts_with("Tệp nén .zip bị hỏng"), "{}", junk("?", "tep"));
        let tcvn = decode(b"KO HO\xb9CH tri\xd3n khai", "a.txt").unwrap_err();
        assert!(matches!(tcvn, ReadError::Encoding { at: 5 }), "{tcvn:?}");
        assert_eq!(decode(&[1, 2, 3, 4, 5, 0, 0, 7], "x").unwrap_err(), ReadError::NotText);
    }
}
