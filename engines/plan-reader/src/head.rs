//! Number, date, issuer and title.

use crate::dates;
use crate::fold::{Folded, fold, tidy};
use crate::lines::Para;
use crate::sections::{Document, is_kind};

/// Identity of the document.
#[derive(Debug, Default)]
pub struct Head {
    /// Number.
    pub number: Option<String>,
    /// A "Số:" line exists but holds no number.
    pub number_blank: Option<usize>,
    /// Date.
    pub date: Option<String>,
    /// A place-and-date line exists but lacks day or month.
    pub date_blank: Option<usize>,
    /// Issuer.
    pub issuer: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// The plan's own year, as far as known.
    pub year: Option<i32>,
}

/// Reads the head.
pub fn read(doc: &Document) -> Head {
    let mut head = Head::default();
    let kind = doc.head.iter().position(|p| is_kind(&p.key) || starts_with_kind(p));
    for para in &doc.head {
        read_number(para, &mut head);
        read_date(para, &mut head);
    }
    head.title = kind.and_then(|at| title(&doc.head, at));
    head.issuer = issuer(doc, kind.unwrap_or(0));
    head.year = head.year.or_else(|| year(doc, head.title.as_deref()));
    head
}

/// "KẾ HOẠCH TRIỂN KHAI …" in capitals on one line.
fn starts_with_kind(para: &Para) -> bool {
    para.key.starts_with("ke hoach ") && para.text.starts_with("KẾ HOẠCH") && !para.key.contains(':')
}

/// `Số: 12/KH-UBND`, also with the place and date on the same line.
fn read_number(para: &Para, head: &mut Head) {
    if head.number.is_some() || !(para.key.starts_with("so:") || para.key.starts_with("so :") || para.key.starts_with("so ")) {
        return;
    }
    let folded = Folded::new(&para.text);
    let start = folded.key.find(|c: char| c.is_ascii_digit() || c == '/').unwrap_or(folded.key.len());
    if start > 8 {
        return;
    }
    let Some(slash) = folded.key[start..].find('/').map(|i| i + start).filter(|at| at - start <= 10) else {
        return;
    };
    let digits: String = folded.key[start..slash].chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        head.number_blank = Some(para.line);
        return;
    }
    let tail = folded.slice(slash, folded.key.len()).trim_start_matches(['/', ' ']);
    let sign: String = tail.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '&' | '–')).collect();
    if sign.is_empty() {
        head.number_blank = Some(para.line);
    } else {
        head.number = Some(format!("{}/{sign}", folded.slice(start, slash).trim()));
    }
}

/// `Sao Mai, ngày 05 tháng 3 năm 2026`.
fn read_date(para: &Para, head: &mut Head) {
    let Some(at) = para.key.find(", ngay") else {
        return;
    };
    if head.date.is_some() || para.key.len() > 140 || is_citation(&para.key) {
        return;
    }
    let tail = &para.key[at..];
    let year = dates::years(tail).last().copied();
    if let Some((_, date)) = dates::find(tail, 0) {
        head.date = Some(date.to_string());
        head.year = Some(date.year());
    } else if tail.contains("thang") && tail.contains("nam") {
        head.date_blank = Some(para.line);
        head.year = head.year.or(year);
    }
}

fn is_citation(key: &str) -> bool {
    ["can cu", "thuc hien", "trien khai", "theo"].iter().any(|w| key.starts_with(w))
}

fn title(head: &[Para], kind: usize) -> Option<String> {
    let first = head.get(kind)?;
    let mut title = String::new();
    let mut last_line = first.line;
    if starts_with_kind(first) && !is_kind(&first.key) {
        title = first.text["KẾ HOẠCH".len()..].trim().to_owned();
    }
    for para in head.iter().skip(kind + 1).take(8) {
        if para.text.trim_matches(['-', '_', '–', '=', '*', ' ']).is_empty() {
            continue;
        }
        let preamble = ["can cu", "tren co so", "de trien khai", "nham "].iter().any(|w| para.key.starts_with(w))
            || para.text.ends_with([':', ';', '.'])
            || para.text.chars().count() > 350;
        let apart = para.line > last_line + 1;
        if !title.is_empty() && (preamble || apart) {
            break;
        }
        if title.is_empty() && preamble && ["can cu", "tren co so"].iter().any(|w| para.key.starts_with(w)) {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(&para.text);
        last_line = *para.lines.last().unwrap_or(&para.line);
    }
    (!title.is_empty()).then(|| tidy(&title))
}

fn issuer(doc: &Document, kind: usize) -> Option<String> {
    let letterhead = doc.head.iter().take(kind).collect::<Vec<_>>();
    let found = sentence_issuer(&doc.head).or_else(|| letterhead_issuer(&letterhead))?;
    Some(complete_place(found, doc, &letterhead))
}

/// The agency in front of "ban hành Kế hoạch" or "xây dựng kế hoạch".
fn sentence_issuer(head: &[Para]) -> Option<String> {
    for para in head {
        let folded = Folded::new(&para.text);
        for phrase in ["ban hanh ke hoach", "xay dung ke hoach", "ban hanh chuong trinh", "xay dung chuong trinh"] {
            let Some(at) = folded.word(phrase, 0) else {
                continue;
            };
            let start = folded.key[..at].rfind([',', ';', '.', ':', ')', '"']).map_or(0, |i| i + 1);
            let name = folded.slice(start, at).trim();
            if crate::actors::is_agency(name) && name.chars().count() < 120 {
                return Some(tidy(name));
            }
        }
    }
    None
}

/// "ỦY BAN NHÂN DÂN" / "TỈNH SAO MAI" above the title.
fn letterhead_issuer(letterhead: &[&Para]) -> Option<String> {
    for (at, para) in letterhead.iter().enumerate() {
        let shouting = !para.text.chars().any(char::is_lowercase);
        let body =
            ["uy ban nhan dan", "ubnd", "so ", "ban chi dao", "cong an ", "huyen uy", "tinh uy"].iter().any(|w| para.key.starts_with(w));
        if !shouting || !body || para.key.starts_with("so:") {
            continue;
        }
        let mut full = para.text.clone();
        if let Some(next) = letterhead.get(at + 1)
            && ["tinh ", "thanh pho ", "xa ", "phuong ", "huyen ", "thi xa "].iter().any(|w| next.key.starts_with(w))
            && !next.text.chars().any(char::is_lowercase)
        {
            full.push(' ');
            full.push_str(&next.text);
        } else if para.key.starts_with("ubnd")
            && let Some(next) = letterhead.get(at + 1)
            && next.key.starts_with("so ")
        {
            full.clone_from(&next.text);
        }
        return Some(title_case(&full));
    }
    None
}

/// "ỦY BAN NHÂN DÂN TỈNH SAO MAI" → "Ủy ban nhân dân tỉnh Sao Mai".
fn title_case(text: &str) -> String {
    let small = ["uy", "ban", "nhan", "dan", "tinh", "thanh", "pho", "xa", "phuong", "huyen", "thi", "chi", "dao", "cong", "an", "va"];
    let mut out = String::new();
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let key = fold(word);
        let mut chars = word.chars();
        if key == "ubnd" {
            out.push_str("UBND");
        } else if at > 0 && small.contains(&key.as_str()) {
            out.extend(word.chars().flat_map(char::to_lowercase));
        } else {
            out.extend(chars.next());
            out.extend(chars.flat_map(char::to_lowercase));
        }
    }
    out
}

/// "UBND tỉnh" + the only province named in title, preamble and captions → "UBND tỉnh Sao Mai".
fn complete_place(issuer: String, doc: &Document, letterhead: &[&Para]) -> String {
    let key = fold(&issuer);
    let Some(level) = ["tinh", "thanh pho", "xa", "phuong", "huyen", "thi xa"].iter().find(|l| key.ends_with(&format!(" {l}"))) else {
        return issuer;
    };
    let mut names: Vec<String> = Vec::new();
    for para in doc.head.iter().chain(doc.appendix.iter().take(6)).chain(doc.parts.iter().take(1).flat_map(|p| p.paras.iter())) {
        for name in places(&para.text, level) {
            if names.len() < 8 && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.is_empty() {
        names.extend(letterhead.iter().find_map(|p| p.key.find(", ngay").map(|at| Folded::new(&p.text).slice(0, at).trim().to_owned())));
    }
    match names.as_slice() {
        [only] if !only.is_empty() => format!("{issuer} {only}"),
        _ => issuer,
    }
}

/// Proper names behind a level word: "tỉnh Quảng Trị" → "Quảng Trị".
fn places(text: &str, level: &str) -> Vec<String> {
    let folded = Folded::new(text);
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(at) = folded.word(level, from) {
        let start = at + level.len() + 1;
        from = at + 1;
        let words: Vec<&str> = folded
            .slice(start, folded.key.len())
            .split(' ')
            .take(3)
            .take_while(|w| w.chars().next().is_some_and(char::is_uppercase) && w.chars().skip(1).any(char::is_lowercase))
            .collect();
        let mut name = Vec::new();
        for word in words {
            let bare = word.trim_end_matches([',', ';', '.', ')', ':', '”', '"']);
            name.push(bare);
            if bare.len() != word.len() {
                break;
            }
        }
        if !folded.key.get(at..start).is_some_and(|k| k.ends_with(' ')) || name.is_empty() || folded.is_upper(at) {
            continue;
        }
        out.push(name.join(" "));
    }
    out
}

/// The plan's year: caption of the appendix, "năm 2026" in the title, youngest document of the preamble.
fn year(doc: &Document, title: Option<&str>) -> Option<i32> {
    let caption = doc.appendix.iter().take(6).find(|p| p.key.contains("kem theo")).and_then(|p| dates::years(&p.key).last().copied());
    let titled = title.map(|t| dates::period(&fold(t))).and_then(|(first, last)| first.filter(|_| first == last));
    caption.or(titled).or_else(|| {
        let mut latest = None;
        for para in &doc.head {
            let mut from = 0;
            while let Some((at, date)) = dates::find(&para.key, from) {
                latest = latest.max(Some(date.year()));
                from = at + 6;
            }
        }
        latest
    })
}
