//! Parts of the document: head, sections with roles, closing words, distribution list, appendix.

use crate::fold::{fold, has_word};
use crate::lines::{Block, Marker, Para, Row};
use crate::plan::Section;

/// What a section is for, found by keywords of its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Mục đích, yêu cầu.
    Aims,
    /// Mục tiêu.
    Objectives,
    /// Nhiệm vụ, giải pháp.
    Tasks,
    /// Phân công, tổ chức thực hiện.
    Assignments,
    /// Tổ chức thực hiện behind a "phân công" section.
    General,
    /// Kinh phí.
    Budget,
    /// Anything else.
    Other,
}

/// A section with its paragraphs.
#[derive(Debug, Clone)]
pub struct Part {
    /// Heading.
    pub section: Section,
    /// Outline level of the heading: smaller is higher.
    pub level: u8,
    /// Purpose.
    pub purpose: Purpose,
    /// Paragraphs behind the heading.
    pub paras: Vec<Para>,
    /// Whether a table stands in the section.
    pub has_table: bool,
}

/// A row with the body section it stands in (none in an appendix).
#[derive(Debug, Clone)]
pub struct PlacedRow {
    /// The row.
    pub row: Row,
    /// Ordinal of the body section.
    pub section: Option<String>,
}

/// The whole document, cut to parts.
#[derive(Debug, Default)]
pub struct Document {
    /// Letterhead, number, title, preamble.
    pub head: Vec<Para>,
    /// Sections of the body.
    pub parts: Vec<Part>,
    /// Closing paragraphs behind the last section.
    pub closing: Vec<Para>,
    /// Lines of the distribution list.
    pub recipients: Vec<Para>,
    /// Paragraphs of the appendix (captions, and lists when it holds no table).
    pub appendix: Vec<Para>,
    /// All table rows in order.
    pub rows: Vec<PlacedRow>,
}

#[derive(Clone, Copy, PartialEq)]
enum Region {
    Head,
    Body,
    Recipients,
    Signature,
    Appendix,
}

/// Whether a paragraph opens an appendix.
pub fn is_appendix(para: &Para) -> bool {
    let key = para.key.trim_start_matches(['(', '"']);
    if !matches!(para.marker, Marker::None) || !key.starts_with("phu luc") || para.key.starts_with('(') {
        return false;
    }
    let tail = key["phu luc".len()..].trim();
    let numbered = tail.split([' ', ':', '.', '-']).next().is_some_and(|w| {
        w.is_empty() || w.bytes().all(|b| b.is_ascii_digit()) || w.bytes().all(|b| matches!(b, b'i' | b'v' | b'x')) || w == "so"
    });
    let shouting = para.text.starts_with("PHỤ LỤC");
    tail.len() < 250 && (shouting || (numbered && !para.text.ends_with(['.', ';'])))
}

/// Whether a paragraph is a line of the signature block.
pub fn is_signature(para: &Para) -> bool {
    let shouting = !para.text.chars().any(char::is_lowercase);
    if para.marker != Marker::None && !matches!(para.marker, Marker::Upper(_)) {
        return false;
    }
    let formula = ["tm.", "kt.", "tl.", "tuq.", "tm ", "kt "].iter().any(|w| para.key.starts_with(w));
    let office =
        matches!(para.key.as_str(), "chu tich" | "pho chu tich" | "giam doc" | "pho giam doc" | "truong ban" | "bi thu" | "pho bi thu");
    shouting && (formula || office)
}

fn starts_recipients(para: &Para) -> bool {
    para.key.starts_with("noi nhan")
}

/// Which markers open a section of this document.
fn top_level(blocks: &[Block]) -> Vec<u8> {
    let mut counts = [0usize; 4];
    let mut first_upper = usize::MAX;
    let mut first_roman = usize::MAX;
    for (at, block) in blocks.iter().enumerate() {
        let Block::Para(para) = block else { continue };
        if starts_recipients(para) || is_appendix(para) {
            break;
        }
        match &para.marker {
            Marker::Part(_) => counts[0] += 1,
            Marker::Upper(_) if !is_signature(para) => {
                counts[1] += 1;
                first_upper = first_upper.min(at);
            }
            Marker::Roman(_) => {
                counts[2] += 1;
                first_roman = first_roman.min(at);
            }
            Marker::Number(n) if !n.contains('.') => counts[3] += 1,
            _ => {}
        }
    }
    let mut levels = Vec::new();
    if counts[0] >= 1 && counts[0] + counts[2] >= 2 {
        levels.push(0);
    }
    if counts[1] >= 2 && first_upper < first_roman {
        levels.push(1);
    }
    if counts[2] >= 1 {
        levels.push(2);
    }
    if levels.is_empty() && counts[3] >= 1 {
        levels.push(3);
    }
    levels
}

/// Cuts the document to its parts.
pub fn split(blocks: Vec<Block>) -> Document {
    let levels = top_level(&blocks);
    let mut doc = Document::default();
    let mut region = Region::Head;
    for block in blocks {
        let para = match block {
            Block::Row(row) => {
                let section = match region {
                    Region::Body => doc.parts.last().map(|p| p.section.ordinal.clone()).filter(|o| !o.is_empty()),
                    _ => None,
                };
                if region == Region::Body
                    && let Some(part) = doc.parts.last_mut()
                {
                    part.has_table = true;
                }
                if matches!(region, Region::Recipients | Region::Signature) {
                    region = Region::Appendix;
                }
                doc.rows.push(PlacedRow { row, section });
                continue;
            }
            Block::Para(para) => para,
        };
        region = next_region(region, &para, &doc, &levels);
        match region {
            Region::Head => doc.head.push(para),
            Region::Body => place(&mut doc, para, &levels),
            Region::Recipients => doc.recipients.push(para),
            Region::Signature => {}
            Region::Appendix => doc.appendix.push(para),
        }
    }
    if doc.parts.is_empty() {
        unnumbered(&mut doc);
    }
    cut_closing(&mut doc);
    give_purposes(&mut doc.parts);
    doc
}

fn next_region(region: Region, para: &Para, doc: &Document, levels: &[u8]) -> Region {
    let body = !doc.parts.is_empty() || doc.head.len() > 3;
    if starts_recipients(para) {
        return Region::Recipients;
    }
    if body && is_appendix(para) {
        return Region::Appendix;
    }
    match region {
        Region::Head if levels.contains(&para.marker.level()) && opens_section(para) => Region::Body,
        Region::Body if is_signature(para) => Region::Signature,
        Region::Recipients if is_signature(para) => Region::Signature,
        // Two columns side by side: the list goes on behind a line of the signature.
        Region::Signature if para.marker == Marker::Bullet && !doc.recipients.is_empty() => Region::Recipients,
        Region::Recipients if para.marker == Marker::None && !doc.recipients.is_empty() && ends_list(para, doc) => Region::Signature,
        other => other,
    }
}

/// A plain line behind a finished distribution list belongs to the signature.
fn ends_list(para: &Para, doc: &Document) -> bool {
    let finished = doc.recipients.last().is_some_and(|r| r.text.ends_with('.') && r.marker != Marker::None);
    finished || !para.text.chars().any(char::is_lowercase)
}

/// A section heading is no long sentence, unless everything is numbered "1." only.
fn opens_section(para: &Para) -> bool {
    (!para.text.is_empty() || matches!(para.marker, Marker::Part(_))) && para.text.chars().count() <= 400
}

fn place(doc: &mut Document, para: Para, levels: &[u8]) {
    let ordinal = match &para.marker {
        Marker::Part(o) | Marker::Upper(o) | Marker::Roman(o) | Marker::Number(o) => Some(o.clone()),
        _ => None,
    };
    if let Some(ordinal) = ordinal
        && levels.contains(&para.marker.level())
        && opens_section(&para)
    {
        let (title, rest) = cut_title(&para);
        let section = Section { ordinal, title, line: para.line };
        let mut part = Part { level: para.marker.level(), section, purpose: Purpose::Other, paras: Vec::new(), has_table: false };
        if let Some(rest) = rest {
            part.paras.push(rest);
        }
        doc.parts.push(part);
        return;
    }
    if let Some(part) = doc.parts.last_mut() {
        // "PHẦN THỨ NHẤT" with its title on the next line.
        if part.section.title.is_empty() && part.paras.is_empty() && para.marker == Marker::None {
            part.section.title = para.text;
        } else {
            part.paras.push(para);
        }
    } else {
        doc.head.push(para);
    }
}

/// "II. MỤC TIÊU: Xây dựng …": a heading with its text on the same line.
fn cut_title(para: &Para) -> (String, Option<Para>) {
    if let Some((title, rest)) = para.text.split_once(':') {
        let rest = rest.trim();
        if rest.chars().count() > 40 && title.chars().count() < 120 {
            let inner = Para { line: para.line, lines: para.lines.clone(), marker: Marker::None, text: rest.to_owned(), key: fold(rest) };
            return (title.trim().to_owned(), Some(inner));
        }
    }
    let text = para.text.trim().trim_end_matches(':').trim_end();
    (text.to_owned(), None)
}

/// A document without any numbered section: upper-case lines are headings.
fn unnumbered(doc: &mut Document) {
    let start = doc.head.iter().position(|p| is_kind(&p.key)).map_or(0, |at| at + 2);
    let heading = |p: &Para| {
        let letters = p.text.chars().filter(|c| c.is_alphabetic()).count();
        (6..120).contains(&letters) && !p.text.chars().any(char::is_lowercase) && purpose_of(&p.key, false) != Purpose::Other
    };
    let Some(first) = doc.head.iter().skip(start).position(heading).map(|at| at + start) else {
        return;
    };
    for para in doc.head.split_off(first) {
        if heading(&para) {
            let section = Section { ordinal: String::new(), title: para.text.clone(), line: para.line };
            doc.parts.push(Part { level: 2, section, purpose: Purpose::Other, paras: Vec::new(), has_table: false });
        } else if let Some(part) = doc.parts.last_mut() {
            part.paras.push(para);
        }
    }
}

/// Kinds of documents that are plans.
pub fn is_kind(key: &str) -> bool {
    matches!(
        key.trim(),
        "ke hoach"
            | "chuong trinh"
            | "chuong trinh hanh dong"
            | "ke hoach hanh dong"
            | "de an"
            | "phuong an"
            | "quyet dinh"
            | "chi thi"
            | "chuong trinh cong tac"
    )
}

/// Closing words behind the last block ("Trên đây là …", "… thực hiện./.").
fn cut_closing(doc: &mut Document) {
    let Some(part) = doc.parts.last_mut() else {
        return;
    };
    let mut cut = Vec::new();
    while let Some(para) = part.paras.last() {
        let opener = [
            "tren day la",
            "trong qua trinh",
            "yeu cau cac",
            "de nghi cac",
            "uy ban nhan dan",
            "ubnd",
            "qua trinh",
            "can cu ke hoach nay",
            "kem theo",
            "chi tiet tai",
        ]
        .iter()
        .any(|w| para.key.starts_with(w));
        let free = para.marker == Marker::None;
        let alone = part.paras.len() > 1;
        if free && alone && (para.ends_document() || opener) {
            cut.extend(part.paras.pop());
        } else {
            break;
        }
    }
    cut.reverse();
    doc.closing = cut;
}

/// Purpose of a folded title; `assigned` = an earlier section already assigns.
pub fn purpose_of(key: &str, assigned: bool) -> Purpose {
    let has = |word: &str| has_word(key, word);
    let who = ["phan cong", "to chuc thuc hien", "to chuc trien khai", "trach nhiem"];
    if crate::funding::heading(key) && !who.iter().any(|w| has(w)) {
        Purpose::Budget
    } else if has("phan cong") {
        Purpose::Assignments
    } else if has("to chuc thuc hien") || has("trach nhiem thuc hien") || has("trach nhiem cua") || has("to chuc trien khai") {
        if assigned { Purpose::General } else { Purpose::Assignments }
    } else if has("muc tieu") && !(has("nhiem vu") && has("giai phap")) || has("chi tieu") {
        if has("muc dich") { Purpose::Aims } else { Purpose::Objectives }
    } else if has("muc dich") {
        Purpose::Aims
    } else if has("nhiem vu") || has("giai phap") || has("noi dung thuc hien") || has("noi dung trien khai") || has("noi dung") {
        Purpose::Tasks
    } else if has("kinh phi") || has("nguon") || has("ngan sach") {
        Purpose::Budget
    } else {
        Purpose::Other
    }
}

fn give_purposes(parts: &mut [Part]) {
    let mut assigned = false;
    for part in parts {
        part.purpose = purpose_of(&fold(&part.section.title), assigned);
        assigned |= part.purpose == Purpose::Assignments;
    }
}

/// Whether the paragraph at `at` is only a heading of deeper items.
pub fn has_children(paras: &[Para], at: usize) -> bool {
    let Some(next) = paras.get(at + 1) else {
        return false;
    };
    next.marker != Marker::None && next.marker.level() > paras[at].marker.level() && paras[at].marker != Marker::None
}
