//! Who does what: the agency blocks of the assignment section, in all their forms.

use crate::actors::{is_agency, names_before, split_names, starts_head};
use crate::fold::Folded;
use crate::funding;
use crate::lines::{Marker, Para};
use crate::plan::{Assignment, Warning};
use crate::sections::{Document, Part, Purpose};
use crate::warnings;

/// A block with what the task reader needs besides.
#[derive(Debug, Clone)]
pub struct BlockOf {
    /// The block.
    pub assignment: Assignment,
    /// Section it stands in.
    pub section: Option<String>,
    /// Number of its heading.
    pub no: Option<String>,
    /// Per duty: letter or number of the duty, and its source lines.
    pub places: Vec<(Option<String>, Vec<usize>)>,
}

/// A numbered item of an assignment section that names no agency ("Trên cơ sở nội dung …").
#[derive(Debug, Clone)]
pub struct Clause {
    /// Section it stands in.
    pub section: Option<String>,
    /// Number.
    pub no: Option<String>,
    /// Text.
    pub text: String,
    /// Source lines.
    pub lines: Vec<usize>,
    /// Says who pays: nobody's task.
    pub funding: bool,
}

/// Reads all assignment sections and the general clauses beside them.
pub fn read(doc: &Document, warnings: &mut Vec<Warning>) -> (Vec<BlockOf>, Vec<Clause>) {
    let (mut blocks, mut clauses) = (Vec::new(), Vec::new());
    for part in &doc.parts {
        match part.purpose {
            Purpose::Assignments => part_blocks(part, &mut blocks, &mut clauses, warnings),
            Purpose::General => general(part, &mut clauses),
            _ => {}
        }
    }
    (blocks, clauses)
}

fn ordinal(part: &Part) -> Option<String> {
    Some(part.section.ordinal.clone()).filter(|o| !o.is_empty())
}

fn general(part: &Part, clauses: &mut Vec<Clause>) {
    let mut walk = funding::Walk::default();
    for para in &part.paras {
        let no = match &para.marker {
            Marker::Number(n) | Marker::Letter(n) => Some(n.clone()),
            _ => None,
        };
        let funding = walk.skips(para);
        let nested = para.marker.level() > 7 && para.marker != Marker::None;
        match clauses.last_mut() {
            Some(last) if nested && last.section == ordinal(part) && last.funding == funding => {
                last.text.push_str("\n- ");
                last.text.push_str(&para.text);
                last.lines.extend(&para.lines);
            }
            _ => clauses.push(Clause { section: ordinal(part), no, text: para.text.clone(), lines: para.lines.clone(), funding }),
        }
    }
}

/// Header of a block: its agencies, the text behind them, debris cut off.
pub struct Header {
    pub agencies: Vec<String>,
    pub inline: Option<String>,
    debris: bool,
}

/// Words that end a header swallowed by its sentence, when written small.
const VERBS: &[&str] = &[
    "chu tri",
    "phoi hop",
    "tham muu",
    "xay dung",
    "chi dao",
    "co trach nhiem",
    "chiu trach nhiem",
    "can cu",
    "bo tri",
    "huong dan",
    "tiep tuc",
    "trien khai",
    "theo doi",
    "tang cuong",
    "chu dong",
    "co nhiem vu",
    "thuc hien tot",
    "la co quan",
    "la don vi",
];

/// Longest header that is nothing but names, letters.
const MAX_HEADER: usize = 200;

pub fn header(text: &str) -> Option<Header> {
    let text = strip_order(text);
    let folded = Folded::new(text);
    if !starts_head(&folded, 0) {
        return None;
    }
    let key = folded.key.as_str();
    let colon = key.find(':');
    let debris = ["theo chuc nang", "heo chuc nang", "theo nhiem vu"].iter().filter_map(|w| folded.word(w, 1)).min();
    let verb = VERBS.iter().filter_map(|w| small_word(&folded, w)).min();
    let cut = [colon, debris, verb].into_iter().flatten().min();
    let Some(at) = cut else {
        let agencies = names_before(text, MAX_HEADER);
        return (!agencies.is_empty()).then_some(Header { agencies, inline: None, debris: false });
    };
    let agencies = names_before(folded.slice(0, at), MAX_HEADER);
    if agencies.is_empty() {
        return None;
    }
    if Some(at) == debris {
        let rest = &key[at..];
        let duty = folded.slice(at, key.len()).trim();
        let long = rest.len() > 90;
        return Some(Header { agencies, inline: long.then(|| duty.to_owned()), debris: !long });
    }
    let from = if Some(at) == colon { at + 1 } else { at };
    let rest = folded.slice(from, key.len()).trim();
    Some(Header { agencies, inline: (!rest.is_empty()).then(|| rest.to_owned()), debris: false })
}

/// "Giao Công an tỉnh …" → "Công an tỉnh …".
pub fn strip_order(text: &str) -> &str {
    for order in ["Giao cho ", "Giao ", "Đề nghị ", "Yêu cầu ", "Trách nhiệm của ", "Đối với "] {
        if let Some(rest) = text.strip_prefix(order) {
            return rest;
        }
    }
    text
}

/// A verb in small letters that is not part of a name.
fn small_word(text: &Folded<'_>, word: &str) -> Option<usize> {
    let mut from = 1;
    while let Some(at) = text.word(word, from) {
        if !text.is_upper(at) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// State while walking through one section.
struct Walk {
    /// Level of the headers that open blocks.
    header_level: u8,
    /// Level of the duties of the open block.
    duty_level: u8,
    open: bool,
}

fn part_blocks(part: &Part, blocks: &mut Vec<BlockOf>, clauses: &mut Vec<Clause>, warnings: &mut Vec<Warning>) {
    let mut walk = Walk { header_level: u8::MAX, duty_level: u8::MAX, open: false };
    let mut money = funding::Walk::default();
    for (at, para) in part.paras.iter().enumerate() {
        let level = para.marker.level();
        if money.skips(para) {
            walk = Walk { header_level: u8::MAX, duty_level: u8::MAX, open: false };
            let bare = part.paras.get(at + 1).is_some_and(|n| n.marker != Marker::None && n.marker.level() > level);
            if !bare || para.text.chars().count() > 120 {
                clauses.push(clause(part, para, true));
            }
            continue;
        }
        let may_open = opens(&part.paras, at, &walk);
        if may_open && let Some(found) = header(&para.text) {
            if found.debris {
                warnings::header_debris(warnings, para);
            }
            walk = Walk { header_level: level, duty_level: u8::MAX, open: true };
            blocks.push(open_block(part, para, found));
            continue;
        }
        if numbered(&para.marker) && level <= walk.header_level.min(6) {
            walk.open = false;
            let next = part.paras.get(at + 1);
            let bare_heading =
                next.is_some_and(|n| n.marker != Marker::None && n.marker.level() > level) && para.text.chars().count() < 160;
            if bare_heading && next.is_some_and(|n| !is_agency(&n.text)) && may_be_agency(para) {
                warnings::unknown_agency(warnings, para);
                let agencies = split_names(&para.text);
                walk = Walk { header_level: level, duty_level: u8::MAX, open: true };
                blocks.push(open_block(part, para, Header { agencies, inline: None, debris: false }));
                continue;
            }
            if !bare_heading {
                clauses.push(clause(part, para, false));
            }
            walk.header_level = u8::MAX;
            continue;
        }
        if walk.open
            && let Some(block) = blocks.last_mut()
        {
            add_duty(block, para, &mut walk);
        } else if !para.text.ends_with(':') {
            clauses.push(clause(part, para, false));
        }
    }
}

fn clause(part: &Part, para: &Para, funding: bool) -> Clause {
    Clause { section: ordinal(part), no: number(&para.marker), text: para.text.clone(), lines: para.lines.clone(), funding }
}

/// A short heading with items below that is no topic ("Nhiệm vụ chung", "Chế độ báo cáo").
fn may_be_agency(para: &Para) -> bool {
    let topics = [
        "nhiem vu",
        "cong tac",
        "che do",
        "kinh phi",
        "to chuc",
        "trach nhiem",
        "thoi gian",
        "nguon",
        "giai phap",
        "noi dung",
        "theo doi",
        "bao cao",
        "kiem tra",
        "tuyen truyen",
        "cap tinh",
        "cap xa",
        "cap huyen",
        "ve ",
        "doi voi",
        "cac cap",
        "so ket",
        "phan cong",
        "lo trinh",
    ];
    para.text.starts_with(char::is_uppercase) && !topics.iter().any(|t| para.key.starts_with(t)) && !para.text.ends_with(['.', ';'])
}

fn numbered(marker: &Marker) -> bool {
    matches!(marker, Marker::Number(_))
}

fn number(marker: &Marker) -> Option<String> {
    match marker {
        Marker::Number(n) | Marker::Letter(n) => Some(n.clone()),
        _ => None,
    }
}

/// Whether a paragraph may open a block at its place.
fn opens(paras: &[Para], at: usize, walk: &Walk) -> bool {
    let para = &paras[at];
    let level = para.marker.level();
    match para.marker {
        Marker::None => {
            // A free line opens a block only as a short header in front of items or of its text.
            let short = para.text.chars().count() < 160 && !para.text.ends_with(['.', ';']);
            let followed = paras.get(at + 1).is_some_and(|n| n.marker != Marker::Number("1".into()));
            let header_like = short
                && followed
                && (para.text.ends_with(':') || paras.get(at + 1).is_some_and(|n| n.marker.level() > 6 && n.marker != Marker::None));
            header_like && (!walk.open || walk.header_level == Marker::None.level())
        }
        _ => !walk.open || level <= walk.header_level,
    }
}

fn open_block(part: &Part, para: &Para, header: Header) -> BlockOf {
    let mut block = BlockOf {
        assignment: Assignment { agencies: header.agencies, duties: Vec::new(), line: para.line },
        section: ordinal(part),
        no: number(&para.marker),
        places: Vec::new(),
    };
    if let Some(duty) = header.inline {
        block.assignment.duties.push(duty);
        block.places.push((None, para.lines.clone()));
    }
    block
}

fn add_duty(block: &mut BlockOf, para: &Para, walk: &mut Walk) {
    let level = para.marker.level();
    let deeper = level > walk.duty_level && !block.assignment.duties.is_empty();
    if deeper && para.marker != Marker::None {
        if let (Some(duty), Some(place)) = (block.assignment.duties.last_mut(), block.places.last_mut()) {
            duty.push_str(if para.marker == Marker::Sub { "\n+ " } else { "\n- " });
            duty.push_str(&para.text);
            place.1.extend(&para.lines);
        }
        return;
    }
    if para.marker != Marker::None {
        walk.duty_level = walk.duty_level.min(level);
    }
    block.assignment.duties.push(para.text.clone());
    block.places.push((number(&para.marker), para.lines.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_header(text: &str) -> (Vec<String>, Option<String>) {
        let found = header(text).unwrap();
        (found.agencies, found.inline)
    }

    #[test]
    fn all_header_forms() {
        assert_eq!(read_header("Công an tỉnh"), (vec!["Công an tỉnh".into()], None));
        assert_eq!(read_header("Tiểu ban An toàn, An ninh mạng tỉnh:").0, ["Tiểu ban An toàn, An ninh mạng tỉnh"]);
        let (who, what) = read_header("Sở Tài chính: Tham mưu cân đối nguồn");
        assert_eq!((who.len(), what.as_deref()), (1, Some("Tham mưu cân đối nguồn")));
        let (who, what) = read_header("Sở Khoa học và Công nghệ chủ trì, phối hợp Công an tỉnh nghiên cứu");
        assert_eq!(who, ["Sở Khoa học và Công nghệ"]);
        assert!(what.unwrap().starts_with("chủ trì, phối hợp"));
        let (who, what) =
            read_header("Các sở, ban ngành, đoàn thể và Ủy ban nhân dân các huyện, thành phố heo chức năng, nhiệm vụ được giao");
        assert_eq!(who, ["Các sở, ban ngành, đoàn thể", "Ủy ban nhân dân các huyện, thành phố"]);
        assert_eq!(what, None);
        assert_eq!(read_header("Giao Sở Xây dựng chủ trì thẩm định").0, ["Sở Xây dựng"]);
        assert!(header("Trên cơ sở nội dung, nhiệm vụ của Kế hoạch này").is_none());
        assert!(header("Căn cứ nội dung Kế hoạch này, các sở, ngành").is_none());
    }
}
