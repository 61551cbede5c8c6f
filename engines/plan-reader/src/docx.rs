//! Word documents: paragraphs, numbered lists and tables of `word/document.xml` (ECMA-376) to lines.
//!
//! Nothing here recurses: nesting lives in explicit stacks with a bound.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::decode::{Decoded, MAX_LINES};
use crate::error::ReadError;
use crate::normalise::spaces;
use crate::numbering::Numbering;
use crate::plan::Line;

/// Most entries of an archive.
const MAX_ENTRIES: usize = 4096;
/// Largest unpacked part (a 300-page plan has some 10 MB of XML).
const MAX_PART: u64 = 48 << 20;
/// Unpacked ÷ packed; Word's own XML stays below 60.
const MAX_RATIO: u64 = 250;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 400;
/// Deepest nesting of tables.
const MAX_TABLES: usize = 12;
/// Most columns of a table.
const MAX_COLUMNS: usize = 64;

/// What a damaged archive was meant to be: by the names of its parts, which stand in it unpacked, then by its own name.
fn meant(bytes: &[u8], name: &str) -> &'static str {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
    let named = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    let kinds: [(&str, &[u8]); 3] = [(".docx", b"word/"), (".xlsx", b"xl/"), (".pptx", b"ppt/")];
    let by_parts = kinds.iter().find(|(_, part)| has(part)).map(|(kind, _)| *kind);
    let by_name = || [".docx", ".xlsx", ".pptx", ".ods", ".odt"].into_iter().find(|kind| named(kind));
    by_parts.or_else(by_name).unwrap_or("nén .zip")
}

/// Reads a .docx.
pub fn decode(bytes: &[u8], name: &str) -> Result<Decoded, ReadError> {
    let broken = |e: zip::result::ZipError| match meant(bytes, name) {
        ".docx" => ReadError::BrokenDocx(e.to_string()),
        other => ReadError::Broken(other),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MAX_ENTRIES {
        return Err(ReadError::Bomb);
    }
    // OpenDocument says first which of its kinds it is
    let sheet = bytes.get(..120).is_some_and(|head| String::from_utf8_lossy(head).contains("opendocument.spreadsheet"));
    let name = document_name(&archive).map_err(|e| if sheet { ReadError::Unsupported(".ods") } else { e })?;
    let document = part(&mut archive, &name)?.ok_or_else(|| ReadError::BrokenDocx(name.clone()))?;
    let folder = name.rsplit_once('/').map_or("", |(f, _)| f);
    let numbering = part(&mut archive, &format!("{folder}/numbering.xml"))?.unwrap_or_default();
    let styles = part(&mut archive, &format!("{folder}/styles.xml"))?.unwrap_or_default();
    let mut walk = Walk { numbering: Numbering::read(&numbering, &styles)?, ..Walk::default() };
    walk.run(&document)?;
    Ok(Decoded { lines: walk.lines, wrapped: false })
}

/// Finds the main part, or says what other kind of archive this is.
fn document_name(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<String, ReadError> {
    let names: Vec<String> = archive.file_names().flatten().map(|n| n.into_owned()).collect();
    let has = |wanted: &str| names.iter().any(|n| n == wanted);
    if has("word/document.xml") {
        return Ok("word/document.xml".to_owned());
    }
    let found = names.iter().find(|n| n.starts_with("word/document") && n.ends_with(".xml")).cloned();
    found.ok_or_else(|| {
        ReadError::Unsupported(if has("xl/workbook.xml") {
            ".xlsx"
        } else if has("ppt/presentation.xml") {
            ".pptx"
        } else if has("content.xml") {
            ".odt"
        } else {
            "nén .zip"
        })
    })
}

/// Unpacks one part within the limits; `None` when it is not there.
fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(index) = archive.index_for_name(name) else { return Ok(None) };
    let file = archive.by_index(index).map_err(|e| ReadError::BrokenDocx(e.to_string()))?;
    let packed = file.compressed_size().max(1);
    let limit = MAX_PART.min(packed.saturating_mul(MAX_RATIO).max(4 << 20));
    let mut out = Vec::new();
    // The declared size may lie: what counts is what comes out.
    file.take(limit + 1).read_to_end(&mut out).map_err(|e| ReadError::BrokenDocx(e.to_string()))?;
    if out.len() as u64 > limit { Err(ReadError::Bomb) } else { Ok(Some(out)) }
}

/// A name without its namespace prefix.
fn bare(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// Local name of an element.
pub fn local<'a>(element: &'a BytesStart<'_>) -> &'a str {
    bare(element.name().into_inner())
}

/// An attribute by local name.
pub fn attribute(element: &BytesStart<'_>, wanted: &str) -> Option<String> {
    element.attributes().with_checks(false).flatten().find_map(|a| (bare(a.key.into_inner()) == wanted).then(|| a.value.into_owned()))
}

/// A table under construction.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<Cell>,
    skip_before: usize,
}

#[derive(Default, Clone)]
struct Cell {
    paragraphs: Vec<String>,
    span: usize,
    /// Continues the cell above.
    merged: bool,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    list: Option<String>,
    level: Option<usize>,
}

#[derive(Default)]
struct Walk {
    lines: Vec<Line>,
    tables: Vec<Table>,
    paragraphs: Vec<Paragraph>,
    numbering: Numbering,
    in_text: bool,
    /// Depth at which skipped content (deleted or duplicate) began.
    skip_from: Option<usize>,
    depth: usize,
}

impl Walk {
    fn run(&mut self, document: &[u8]) -> Result<(), ReadError> {
        let mut reader = Reader::from_reader(document);
        reader.config_mut().check_end_names = false;
        let mut closed = false;
        loop {
            match reader.read_event() {
                Ok(Event::Start(element)) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(ReadError::TooComplex("lồng nhau quá sâu"));
                    }
                    self.open(&element)?;
                }
                Ok(Event::Empty(element)) => {
                    self.depth += 1;
                    self.open(&element)?;
                    self.close(local(&element))?;
                    self.depth -= 1;
                }
                Ok(Event::End(element)) => {
                    let name = bare(element.name().into_inner());
                    closed |= name == "document";
                    self.close(name)?;
                    self.depth = self.depth.saturating_sub(1);
                }
                Ok(Event::Text(text)) if self.in_text && self.skip_from.is_none() => {
                    let raw = text.to_string();
                    self.add(&raw);
                }
                Ok(Event::GeneralRef(reference)) if self.in_text && self.skip_from.is_none() => {
                    let name = reference.to_string();
                    self.add(&reference_text(&name));
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => return Err(ReadError::BrokenDocx(error.to_string())),
            }
        }
        if closed { Ok(()) } else { Err(ReadError::BrokenDocx("document.xml ends early".into())) }
    }

    fn add(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), ReadError> {
        if self.skip_from.is_some() {
            return Ok(());
        }
        match local(element) {
            "Fallback" | "moveFrom" | "del" => self.skip_from = Some(self.depth),
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tab" if !self.paragraphs.is_empty() && attribute(element, "pos").is_none() => self.add("\t"),
            "br" if attribute(element, "type").is_none_or(|t| t == "textWrapping") => self.add("\n"),
            "cr" => self.add("\n"),
            "noBreakHyphen" => self.add("-"),
            "pStyle" => self.with_paragraph(|p| p.style = attribute(element, "val")),
            "numId" => self.with_paragraph(|p| p.list = attribute(element, "val")),
            "ilvl" => self.with_paragraph(|p| p.level = attribute(element, "val").and_then(|v| v.parse().ok())),
            "tbl" => {
                if self.tables.len() >= MAX_TABLES {
                    return Err(ReadError::TooComplex("bảng lồng nhau quá sâu"));
                }
                self.tables.push(Table::default());
            }
            "tr" => self.with_table(|t| {
                t.row.clear();
                t.skip_before = 0;
            }),
            "gridBefore" => {
                let skip = attribute(element, "val").and_then(|v| v.parse().ok()).unwrap_or(0).min(MAX_COLUMNS);
                self.with_table(|t| t.skip_before = skip);
            }
            "tc" => self.with_table(|t| {
                if t.row.len() < MAX_COLUMNS {
                    t.row.push(Cell { span: 1, ..Cell::default() });
                }
            }),
            "gridSpan" => {
                let span = attribute(element, "val").and_then(|v| v.parse().ok()).unwrap_or(1).clamp(1, MAX_COLUMNS);
                self.with_table(|t| {
                    if let Some(cell) = t.row.last_mut() {
                        cell.span = span;
                    }
                });
            }
            "vMerge" => {
                let continues = attribute(element, "val").is_none_or(|v| v == "continue");
                self.with_table(|t| {
                    if let Some(cell) = t.row.last_mut() {
                        cell.merged = continues;
                    }
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn with_paragraph(&mut self, change: impl FnOnce(&mut Paragraph)) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            change(paragraph);
        }
    }

    fn with_table(&mut self, change: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.last_mut() {
            change(table);
        }
    }

    fn close(&mut self, name: &str) -> Result<(), ReadError> {
        if let Some(from) = self.skip_from {
            if self.depth <= from {
                self.skip_from = None;
            }
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph()?,
            "tr" => self.end_row()?,
            "tbl" => self.end_table(),
            _ => {}
        }
        Ok(())
    }

    /// Puts the list number in front and hands the paragraph to its cell or to the lines.
    fn end_paragraph(&mut self) -> Result<(), ReadError> {
        let Some(paragraph) = self.paragraphs.pop() else { return Ok(()) };
        let label = self.numbering.label(paragraph.style.as_deref(), paragraph.list.as_deref(), paragraph.level);
        let body = paragraph.text.trim_matches([' ', '\t', '\n', '\u{a0}']);
        let in_cell = self.tables.last().is_some_and(|t| !t.row.is_empty());
        let text = match label {
            Some(label) if !body.is_empty() => {
                let bare = label.ends_with(char::is_alphanumeric) && !label.contains('.');
                format!("{label}{} {body}", if bare { "." } else { "" })
            }
            Some(label) if in_cell => label,
            _ => body.to_owned(),
        };
        if in_cell {
            let text = spaces(&text.replace('\t', " "));
            if let Some(cell) = self.tables.last_mut().and_then(|t| t.row.last_mut()) {
                cell.paragraphs.extend(text.split('\n').filter(|p| !p.trim().is_empty()).map(str::to_owned));
            }
            return Ok(());
        }
        if text.is_empty() {
            return self.line(String::new(), Vec::new());
        }
        for piece in text.split('\n') {
            let piece = piece.trim();
            // Two columns made with tabs (letterhead); a tab behind a marker is an indent.
            let cells: Vec<String> = piece.split('\t').map(spaces).filter(|c| !c.is_empty()).collect();
            let marker = cells.first().is_some_and(|c| c.chars().count() <= 5 && !c.chars().any(char::is_whitespace));
            if cells.len() > 1 && !marker {
                self.line(cells.join("\t"), cells)?;
            } else {
                self.line(cells.join(" "), Vec::new())?;
            }
        }
        Ok(())
    }

    fn line(&mut self, text: String, cells: Vec<String>) -> Result<(), ReadError> {
        if self.lines.len() >= MAX_LINES {
            return Err(ReadError::TooComplex("quá nhiều đoạn"));
        }
        self.lines.push(Line { line: self.lines.len() + 1, text, cells });
        Ok(())
    }

    /// A row is laid on the grid; cells merged with the cell above repeat its text, unless the first
    /// column is merged too and the row has no number of its own: then it continues the one above.
    fn end_row(&mut self) -> Result<(), ReadError> {
        let depth = self.tables.len();
        let Some(table) = self.tables.last_mut() else { return Ok(()) };
        let mut cells: Vec<String> = vec![String::new(); table.skip_before];
        let numbered = |c: &Cell| !c.merged && matches!(c.paragraphs.as_slice(), [n] if crate::draft::is_ordinal(n.trim()));
        let whole = table.row.first().is_some_and(|c| c.merged) && !table.row.iter().any(numbered);
        for cell in table.row.drain(..) {
            let at = cells.len();
            let text = if cell.merged && !whole {
                table.rows.last().and_then(|r| r.get(at)).cloned().unwrap_or_default()
            } else {
                cell.paragraphs.join("\n")
            };
            cells.push(text);
            cells.extend(std::iter::repeat_n(String::new(), cell.span - 1));
            cells.truncate(MAX_COLUMNS);
        }
        if depth > 1 {
            table.rows.push(cells);
            return Ok(());
        }
        // Only the last row is needed for merged cells.
        table.rows = vec![cells.clone()];
        if cells.iter().all(|c| c.trim().is_empty()) {
            return self.line(String::new(), Vec::new());
        }
        if cells.len() > 1 {
            return self.line(cells.join("\t").replace('\n', " "), cells);
        }
        for piece in cells.iter().flat_map(|c| c.split('\n')) {
            self.line(piece.to_owned(), Vec::new())?;
        }
        Ok(())
    }

    /// A nested table becomes paragraphs of the cell around it.
    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if let Some(cell) = self.tables.last_mut().and_then(|t| t.row.last_mut()) {
            for row in table.rows {
                let text = row.iter().map(|c| c.replace('\n', " ")).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" ");
                cell.paragraphs.push(text);
            }
        }
    }
}

/// `&amp;` and numeric references.
fn reference_text(name: &str) -> String {
    match name {
        "amp" => "&".into(),
        "lt" => "<".into(),
        "gt" => ">".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        _ => {
            let code = name.strip_prefix('#').and_then(|d| match d.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => d.parse().ok(),
            });
            code.and_then(char::from_u32).map(String::from).unwrap_or_default()
        }
    }
}

#[cfg(test)]
#[path = "docx_tests.rs"]
pub(crate) mod tests;
