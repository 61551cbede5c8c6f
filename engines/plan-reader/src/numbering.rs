//! List numbers of Word documents (`numbering.xml`, ECMA-376 part 1, 17.9).

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::docx::{attribute, local};
use crate::error::ReadError;

/// One level of a list.
#[derive(Debug, Clone, Default)]
struct Level {
    format: String,
    text: String,
    start: u32,
}

/// Lists of a document and the state of their counters.
#[derive(Debug, Default)]
pub struct Numbering {
    abstracts: HashMap<String, Vec<Level>>,
    /// List id → abstract id.
    lists: HashMap<String, String>,
    /// Style → list id and level.
    styles: HashMap<String, (Option<String>, usize)>,
    based_on: HashMap<String, String>,
    counters: HashMap<String, [u32; 9]>,
}

impl Numbering {
    /// Reads `numbering.xml` and the list properties of `styles.xml`; both may be empty.
    pub fn read(numbering: &[u8], styles: &[u8]) -> Result<Self, ReadError> {
        let mut out = Self::default();
        out.read_lists(numbering)?;
        out.read_styles(styles)?;
        Ok(out)
    }

    fn read_lists(&mut self, xml: &[u8]) -> Result<(), ReadError> {
        let (mut current, mut list) = (String::new(), String::new());
        let mut level = 0usize;
        each(xml, |element| match local(element) {
            "abstractNum" => {
                current = attribute(element, "abstractNumId").unwrap_or_default();
                self.abstracts.insert(current.clone(), vec![Level { start: 1, ..Level::default() }; 9]);
            }
            "lvl" => level = attribute(element, "ilvl").and_then(|v| v.parse().ok()).unwrap_or(0).min(8),
            "start" | "numFmt" | "lvlText" => {
                let value = attribute(element, "val").unwrap_or_default();
                if let Some(target) = self.abstracts.get_mut(&current).and_then(|l| l.get_mut(level)) {
                    match local(element) {
                        "start" => target.start = value.parse().unwrap_or(1),
                        "numFmt" => target.format = value,
                        _ => target.text = value,
                    }
                }
            }
            "num" => {
                list = attribute(element, "numId").unwrap_or_default();
                // Overrides inside <w:num> must not change the last abstract list.
                current.clear();
            }
            "abstractNumId" => {
                self.lists.insert(list.clone(), attribute(element, "val").unwrap_or_default());
            }
            _ => {}
        })
    }

    fn read_styles(&mut self, xml: &[u8]) -> Result<(), ReadError> {
        let mut style = String::new();
        each(xml, |element| match local(element) {
            "style" => style = attribute(element, "styleId").unwrap_or_default(),
            "basedOn" => {
                self.based_on.insert(style.clone(), attribute(element, "val").unwrap_or_default());
            }
            "numId" => self.styles.entry(style.clone()).or_default().0 = attribute(element, "val"),
            "ilvl" => {
                let level = attribute(element, "val").and_then(|v| v.parse().ok()).unwrap_or(0);
                self.styles.entry(style.clone()).or_default().1 = level;
            }
            _ => {}
        })
    }

    /// The label of a paragraph ("I.", "1.1.", "-"), counting on.
    pub fn label(&mut self, style: Option<&str>, list: Option<&str>, level: Option<usize>) -> Option<String> {
        let (list, level) = match list {
            Some(list) => (list.to_owned(), level.unwrap_or(0)),
            None => self.inherited(style?, level)?,
        };
        let level = level.min(8);
        let abstract_id = self.lists.get(&list)?;
        let levels = self.abstracts.get(abstract_id)?;
        let counters = self.counters.entry(abstract_id.clone()).or_insert([0; 9]);
        counters[level] = if counters[level] == 0 { levels[level].start } else { counters[level].saturating_add(1) };
        for (at, counter) in counters.iter_mut().enumerate() {
            if at > level {
                *counter = 0;
            } else if *counter == 0 {
                *counter = levels[at].start;
            }
        }
        let own = &levels[level];
        match own.format.as_str() {
            "bullet" => return Some(if own.text.starts_with('+') { "+" } else { "-" }.to_owned()),
            "none" => return None,
            _ => {}
        }
        let mut label = own.text.clone();
        for at in 0..=level {
            let mark = format!("%{}", at + 1);
            if label.contains(&mark) {
                label = label.replace(&mark, &shown(counters[at], &levels[at].format));
            }
        }
        let label = label.trim().to_owned();
        (!label.is_empty() && label.len() < 40).then_some(label)
    }

    /// List of a style or of the styles it is based on.
    fn inherited(&self, style: &str, level: Option<usize>) -> Option<(String, usize)> {
        let mut style = style.to_owned();
        for _ in 0..8 {
            if let Some((Some(list), own)) = self.styles.get(&style) {
                return (list != "0").then(|| (list.clone(), level.unwrap_or(*own)));
            }
            style = self.based_on.get(&style)?.clone();
        }
        None
    }
}

/// Calls `visit` for every element that opens.
fn each(xml: &[u8], mut visit: impl FnMut(&BytesStart<'_>)) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(xml);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => visit(&element),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(ReadError::BrokenDocx(error.to_string())),
        }
    }
}

/// A counter in its format.
fn shown(value: u32, format: &str) -> String {
    match format {
        "upperRoman" => roman(value),
        "lowerRoman" => roman(value).to_lowercase(),
        "upperLetter" => letter(value).to_uppercase(),
        "lowerLetter" => letter(value),
        "decimalZero" => format!("{value:02}"),
        _ => value.to_string(),
    }
}

fn letter(value: u32) -> String {
    let at = u8::try_from(value.saturating_sub(1) % 26).unwrap_or(0);
    char::from(b'a' + at).to_string()
}

fn roman(value: u32) -> String {
    let mut rest = value.min(3999);
    let mut out = String::new();
    for (worth, sign) in [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ] {
        while rest >= worth {
            out.push_str(sign);
            rest -= worth;
        }
    }
    out
}
