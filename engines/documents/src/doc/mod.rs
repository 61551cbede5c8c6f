//! An official document as a value: what it says, not how it is drawn.
//!
//! The layout is that of Decree 30/2020/NĐ-CP, annex I; [`crate::Document::to_docx`] and
//! [`crate::Document::to_pdf`] draw the same value.
mod numbering;
pub(crate) mod pieces;
mod table;
mod text;
mod texts;
pub(crate) mod wording;

pub(crate) use numbering::{Counters, roman};
pub use table::{Align, Row, Table, TableCell, TableColumn};
pub(crate) use table::{Placed, place};
pub use text::{Run, Text};
pub(crate) use wording::{figure_caption, underlined};

use serde::{Deserialize, Serialize};

/// A document: head, body, recipients, signature, annexes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// Who, what, when.
    pub head: Head,
    /// The body, top to bottom.
    pub blocks: Vec<Block>,
    /// "Nơi nhận", without the archive line.
    pub recipients: Vec<Recipient>,
    /// What follows "Lưu: ", such as `VT, NC`; no archive line when empty.
    pub archive: String,
    /// Who signs.
    pub signature: Option<Signature>,
    /// Annexes; numbered "Phụ lục I", "Phụ lục II" … when there are two or more.
    pub annexes: Vec<Annex>,
    /// A draft: "DỰ THẢO" under the number and across every page.
    pub draft: bool,
    /// Sizes the decree leaves open.
    pub look: Look,
}

/// The first page above the body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Head {
    /// The agency above the issuing one; written in capitals. Empty when there is none.
    pub superior: String,
    /// The issuing agency as it names itself, such as `Công an tỉnh Sao Mai`; written in capitals
    /// above and as it stands in "(Kèm theo … của …)". A line break is kept in the head.
    pub agency: String,
    /// The number; `None` leaves room for it.
    pub number: Option<u32>,
    /// What follows the number, such as `BC-CAT`.
    pub symbol: String,
    /// Place of issue, such as `Sao Mai`.
    pub place: String,
    /// Day of issue, `YYYY-MM-DD`; `YYYY-MM` or `YYYY` leaves room for the rest to be written by hand.
    pub date: String,
    /// `Báo cáo`, `Quyết định`, `Kế hoạch` …; empty for an official letter (công văn), whose subject
    /// then stands as "V/v …" under the number.
    pub kind: String,
    /// Trích yếu, without "V/v".
    pub subject: String,
    /// The line between subject and grounds of a decision, such as `Chủ tịch Ủy ban nhân dân tỉnh Sao
    /// Mai`; written in capitals. Empty for none.
    pub authority: String,
    /// "Kính gửi"; none for most kinds.
    pub addressees: Vec<String>,
    /// Mark of secrecy.
    pub secrecy: Option<Secrecy>,
    /// Mark of urgency.
    pub urgency: Option<Urgency>,
}

/// Mark of secrecy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrecy {
    /// MẬT
    Secret,
    /// TỐI MẬT
    HighlySecret,
    /// TUYỆT MẬT
    TopSecret,
}

/// Mark of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// KHẨN
    Urgent,
    /// THƯỢNG KHẨN
    VeryUrgent,
    /// HỎA TỐC
    Express,
}

/// One piece of the body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// A numbered heading: level 1 "I." in capitals, 2 "1.", 3 "a)". Numbers count themselves.
    Heading {
        /// 1 to 3; anything else is taken as the nearest.
        level: u8,
        /// Without its number.
        text: Text,
    },
    /// A numbered paragraph in plain letters: level 2 "1." (khoản), 3 "a)" (điểm). Counts with the
    /// headings of its level.
    Item {
        /// 1 to 3, as for headings.
        level: u8,
        /// Without its number.
        text: Text,
    },
    /// "Điều 1." in bold, then the text. Khoản and điểm below start anew.
    Article {
        /// Without "Điều 1.".
        text: Text,
    },
    /// A ground of a decision ("Căn cứ …;"): italic.
    Basis {
        /// With its closing ";" or ".".
        text: Text,
    },
    /// A bold centred line in capitals, such as "QUYẾT ĐỊNH:".
    Title {
        /// Written in capitals.
        text: Text,
    },
    /// A paragraph with first-line indent, justified.
    Paragraph {
        /// A line break starts a new line of the same paragraph.
        text: Text,
    },
    /// Items with a dash, as office documents write them.
    List {
        /// Without the dash.
        items: Vec<Text>,
    },
    /// A table.
    Table(Table),
    /// A figure.
    Figure(Figure),
    /// What follows starts on a new page.
    PageBreak,
}

impl Block {
    /// A numbered heading.
    #[must_use]
    pub fn heading(level: u8, text: impl Into<Text>) -> Self {
        Self::Heading { level, text: text.into() }
    }

    /// A numbered paragraph.
    #[must_use]
    pub fn item(level: u8, text: impl Into<Text>) -> Self {
        Self::Item { level, text: text.into() }
    }

    /// A paragraph.
    #[must_use]
    pub fn paragraph(text: impl Into<Text>) -> Self {
        Self::Paragraph { text: text.into() }
    }

    /// A list with dashes.
    #[must_use]
    pub fn list<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List { items: items.into_iter().map(Into::into).collect() }
    }
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Figure {
    /// The picture as a complete SVG text. Its letters are drawn in the face of the document; nothing
    /// is loaded from outside.
    pub svg: String,
    /// What a reader who cannot see it is told.
    pub alt: String,
    /// Caption below; "Hình 1." is set before it. May be empty.
    pub caption: Text,
    /// Width in mm; made smaller when the page is. The height follows.
    pub width: f32,
}

/// One line of "Nơi nhận".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipient {
    /// Who.
    pub name: String,
    /// What for, without brackets: `để b/c`, `t/h`. May be empty.
    pub mark: String,
}

impl Recipient {
    /// A recipient with a mark ("" for none).
    #[must_use]
    pub fn new(name: impl Into<String>, mark: impl Into<String>) -> Self {
        Self { name: name.into(), mark: mark.into() }
    }
}

/// The signature block.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Signature {
    /// For whom: the collective ("TM.") or none.
    pub collective: String,
    /// In whose place: the head's title with how, or none.
    pub instead: Option<Instead>,
    /// The signer's own title; written in capitals.
    pub title: String,
    /// The signer's name; empty leaves it to be written.
    pub name: String,
}

/// In whose place someone signs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// KT.: a deputy signs for the head of this title.
    Deputy(String),
    /// TL.: by order of the head of this title.
    ByOrder(String),
    /// TUQ.: by authorisation of the head of this title.
    Authorised(String),
    /// Q.: the signer is the acting head, whose title is [`Signature::title`].
    Acting,
}

/// An annex: starts on a new page with pages counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Annex {
    /// Title; written in capitals.
    pub title: String,
    /// Whether its pages lie on the long side.
    pub landscape: bool,
    /// Its body.
    pub blocks: Vec<Block>,
}

/// Sizes the decree gives a range for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// Size of the body in points, 13 or 14; the head follows it.
    pub size: f32,
    /// Distance of lines, 1.0 (single) to 1.5.
    pub line: f32,
    /// Gap between paragraphs in points, at least 6.
    pub gap: f32,
    /// Size of letters in tables, in points.
    pub table_size: f32,
    /// Right margin in mm, 15 to 20.
    pub right: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { size: 14.0, line: 1.0, gap: 6.0, table_size: 12.0, right: 15.0 }
    }
}

impl Look {
    /// The same, held within what the decree allows.
    pub(crate) fn held(self) -> Self {
        let within = |x: f32, low: f32, high: f32| if x.is_finite() { x.clamp(low, high) } else { low };
        Self {
            size: within(self.size, 13.0, 14.0),
            line: within(self.line, 1.0, 1.5),
            gap: within(self.gap, 6.0, 18.0),
            table_size: within(self.table_size, 8.0, 14.0),
            right: within(self.right, 15.0, 20.0),
        }
    }

    /// Size of the national title, agencies, number and "V/v": 12 or 13.
    pub(crate) fn small(self) -> f32 {
        self.size - 1.0
    }
}

/// Millimetres to points.
pub(crate) fn mm(x: f32) -> f32 {
    x * 72.0 / 25.4
}

/// The page: A4 with the margins of the decree, all in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Paper {
    pub width: f32,
    pub height: f32,
    pub top: f32,
    pub bottom: f32,
    pub left: f32,
    pub right: f32,
}

impl Paper {
    /// The top of a lying page is the edge that is bound: it takes the wide margin.
    pub(crate) fn new(look: Look, landscape: bool) -> Self {
        let (short, long) = (mm(210.0), mm(297.0));
        let m = mm(20.0);
        if landscape {
            Self { width: long, height: short, top: mm(30.0), bottom: mm(look.right), left: m, right: m }
        } else {
            Self { width: short, height: long, top: m, bottom: m, left: mm(30.0), right: mm(look.right) }
        }
    }

    pub(crate) fn text_width(&self) -> f32 {
        self.width - self.left - self.right
    }

    pub(crate) fn text_height(&self) -> f32 {
        self.height - self.top - self.bottom
    }
}

/// Refuses what no writer could draw.
///
/// # Errors
/// [`crate::DocumentError::NoColumns`].
pub(crate) fn check(d: &Document) -> Result<(), crate::DocumentError> {
    let bodies = std::iter::once(&d.blocks).chain(d.annexes.iter().map(|a| &a.blocks));
    let tables = bodies.flatten().filter_map(|b| if let Block::Table(t) = b { Some(t) } else { None });
    match tables.zip(1..).find(|(t, _)| t.columns.is_empty()) {
        Some((_, n)) => Err(crate::DocumentError::NoColumns(n)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_data() {
        let toml_like = r#"{
            "head": {"agency": "Công an tỉnh Sao Mai", "symbol": "BC-CAT", "number": 7, "date": "2026-12-04", "urgency": "express"},
            "blocks": [
                {"type": "heading", "level": 1, "text": "Kết quả"},
                {"type": "paragraph", "text": [{"t": "Đạt "}, {"t": "87,4 %", "bold": true}]},
                {"type": "table", "columns": [{"width": 1}], "rows": [{"cells": ["Xã An Bình"]}]}
            ],
            "signature": {"title": "Phó Giám đốc", "instead": {"deputy": "Giám đốc"}}
        }"#;
        let document: Document = serde_json::from_str(toml_like).expect("a document");
        assert_eq!(document.head.urgency, Some(Urgency::Express));
        assert_eq!(document.blocks[1], Block::paragraph(Text::plain("Đạt ").bold("87,4 %")));
        let again: Document = serde_json::from_str(&serde_json::to_string(&document).expect("json")).expect("again");
        assert_eq!(document, again);
        assert!(serde_json::from_str::<Document>(r#"{"haed": {}}"#).is_err(), "a wrong word is an error");
    }

    #[test]
    fn sizes_stay_within_the_decree() {
        let look = Look { size: 40.0, line: f32::NAN, gap: 0.0, table_size: 1.0, right: 5.0 }.held();
        assert_eq!(look, Look { size: 14.0, line: 1.0, gap: 6.0, table_size: 8.0, right: 15.0 });
    }
}
