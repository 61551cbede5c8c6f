//! Agencies in headings and cells: where one name ends and the next begins, scopes, guidance notes.

use crate::fold::Folded;
use crate::plan::Scope;

/// Heads of two and more words: start a name when written with a capital (or followed by one).
const HEADS: &[&str] = &[
    "cong an",
    "bo chi huy",
    "bo tu lenh",
    "bo doi",
    "bo phan",
    "ban chi huy",
    "uy ban",
    "ubnd",
    "hdnd",
    "hoi dong",
    "van phong",
    "trung tam",
    "chi cuc",
    "cuc thue",
    "ban quan ly",
    "ban chi dao",
    "tieu ban",
    "to cong tac",
    "to cong nghe so",
    "to chuyen vien",
    "to giup viec",
    "to truong",
    "doi ung cuu",
    "mat tran",
    "ubmttq",
    "ubmt",
    "mttq",
    "lien doan",
    "hiep hoi",
    "tinh doan",
    "thanh doan",
    "huyen doan",
    "tinh uy",
    "thanh uy",
    "dang uy",
    "huyen uy",
    "thuong truc",
    "ngan hang",
    "buu dien",
    "vien thong",
    "tap doan",
    "tong cong ty",
    "cong ty",
    "doanh nghiep",
    "kho bac",
    "bao hiem",
    "thue tinh",
    "hai quan",
    "vien kiem sat",
    "toa an",
    "chu tich",
    "hop tac xa",
    "lien minh",
    "benh vien",
    "hoc vien",
    "co quan",
    "don vi",
    "vnpt",
    "viettel",
    "chinh phu",
    "thu truong",
    "nguoi dung dau",
    "thanh vien",
    "chi nhanh",
    "bch",
    "ban chap hanh",
    "hat kiem lam",
    "vpub",
    "bchqs",
    "bao va",
    "thanh tra tinh",
    "thanh tra so",
    "thanh tra chinh phu",
    "truong cac",
    "truong thon",
    "truong phong",
    "ban giam hieu",
];

/// One-word heads, with their diacritics ("Bảo đảm" is no newspaper): start a name only in front of
/// a word with a capital ("Ban Dân tộc", not "Ban hành").
const SHORT_HEADS: &[(&str, &str)] = &[
    ("so", "sở"),
    ("bo", "bộ"),
    ("bao", "báo"),
    ("dai", "đài"),
    ("phong", "phòng"),
    ("vien", "viện"),
    ("doi", "đội"),
    ("ban", "ban"),
    ("thue", "thuế"),
    ("hoi", "hội"),
    ("quy", "quỹ"),
    ("truong", "trường"),
    ("cuc", "cục"),
    ("vu", "vụ"),
    ("doan", "đoàn"),
    ("tram", "trạm"),
    ("ca", "ca"),
    ("vp", "vp"),
    ("cat", "cat"),
    ("khu", "khu"),
    ("nha", "nhà"),
];

/// Collective heads: start an actor in any case.
const COLLECTIVES: &[&str] = &[
    "cac so",
    "cac co quan",
    "cac to chuc",
    "cac doanh nghiep",
    "cac bo phan",
    "cac don vi",
    "cac cong ty",
    "cac hoi",
    "cac truong",
    "cac phong",
    "cac doan the",
    "cac to chuc chinh tri",
    "cac dia phuong",
    "cac ngan hang",
    "cac co so",
    "cac bo",
    "cac ban",
    "cac ho",
    "cac thon",
    "cac trung tam",
    "cac tap doan",
    "cac nha mang",
    "cac thanh vien",
    "toan the",
    "don vi cung cap",
    "don vi van hanh",
    "don vi chu quan",
    "doanh nghiep vien thong",
    "so, ban, nganh",
    "so, nganh",
];

/// Collective heads that start a heading but never a new actor behind a comma
/// ("Các cơ quan, đơn vị, các ban, ngành, đoàn thể" is one actor).
const NO_SPLIT: &[&str] = &["cac ban", "cac ho", "cac thon", "cac dia phuong", "cac doan the"];

/// Names of commune offices that carry no head word.
const OFFICES: &[&str] = &[
    "van hoa - xa hoi",
    "tai chinh - ke toan",
    "van phong - thong ke",
    "tu phap - ho tich",
    "dia chinh - xay dung",
    "dia chinh - nong nghiep",
    "kinh te - ha tang",
    "van hoa - thong tin",
];

/// Longest actor cell that is read, bytes; the longest of the five plans has 300.
const MAX_CELL: usize = 12_000;

/// What one cell says about who.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actors {
    /// Agencies, verbatim.
    pub names: Vec<String>,
    /// Scopes of single agencies.
    pub scopes: Vec<Scope>,
    /// Remarks ("theo chỉ đạo, hướng dẫn của …").
    pub notes: Vec<String>,
}

/// Whether a known agency name begins at a position of a folded text.
pub fn starts_head(text: &Folded<'_>, at: usize) -> bool {
    let Some(key) = text.key.get(at..) else {
        return false;
    };
    let whole = |head: &str| key.starts_with(head) && !key.as_bytes().get(head.len()).is_some_and(u8::is_ascii_alphanumeric);
    if COLLECTIVES.iter().any(|head| whole(head)) || OFFICES.iter().any(|office| key.starts_with(office)) {
        return true;
    }
    let label = ["co quan", "don vi"]
        .iter()
        .any(|w| key.strip_prefix(w).is_some_and(|r| [" chu tri", " phoi hop", " thuc hien"].iter().any(|v| r.starts_with(v))));
    if label {
        return false;
    }
    HEADS.iter().any(|head| whole(head) && capital(text, at, head.len()))
        || SHORT_HEADS.iter().any(|(head, spelled)| {
            let word = text.slice(at, at + head.len());
            let abbreviation = head.len() == 2 && word.chars().all(char::is_uppercase);
            whole(head)
                && crate::fold::spelling_key(word) == *spelled
                && key.as_bytes().get(head.len()) == Some(&b' ')
                && (text.is_upper(at + head.len() + 1) || (abbreviation && matches!(*head, "ca" | "vp")))
        })
}

/// Either the head or the word behind it is written with a capital.
fn capital(text: &Folded<'_>, at: usize, length: usize) -> bool {
    text.is_upper(at) || (text.key.as_bytes().get(at + length) == Some(&b' ') && text.is_upper(at + length + 1))
}

/// Whether a text begins with a known agency.
pub fn is_agency(text: &str) -> bool {
    starts_head(&Folded::new(text), 0)
}

/// Words of a sentence about somebody: in small letters none of them is part of a name, so a name ends in front of them.
const CLAUSES: &[(&str, &str)] = &[
    ("truc tiep", "trực tiếp"),
    ("phai", "phải"),
    ("chiu trach nhiem", "chịu trách nhiệm"),
    ("co trach nhiem", "có trách nhiệm"),
    ("co nhiem vu", "có nhiệm vụ"),
    ("chu dong", "chủ động"),
    ("lanh dao, chi dao", "lãnh đạo, chỉ đạo"),
    ("tang cuong", "tăng cường"),
    ("tiep tuc", "tiếp tục"),
    ("day manh", "đẩy mạnh"),
    ("nang cao", "nâng cao"),
    ("tap trung", "tập trung"),
    ("thuc hien nghiem", "thực hiện nghiêm"),
    ("khong", "không"),
    ("nao", "nào"),
    ("ma", "mà"),
    ("thi", "thì"),
    ("neu", "nếu"),
    ("khi", "khi"),
];

/// Longest text that is taken for the names in front of a verb, letters; the longest of the five plans has 145.
pub const MAX_NAMES: usize = 160;

/// The names a sentence begins with, up to its first clause ("Người đứng đầu đơn vị trực tiếp kiểm tra và …"); empty when what stands
/// there is no name: `most` letters or more, or a question who ("đơn vị nào để mất …").
pub fn names_before(text: &str, most: usize) -> Vec<String> {
    let folded = Folded::new(text);
    let clause = |(word, spelled): &(&'static str, &str)| {
        let mut from = 1;
        while let Some(at) = folded.word(word, from) {
            if crate::fold::spelling_key(folded.slice(at, at + word.len())) == *spelled && !folded.is_upper(at) {
                return Some((at, *word));
            }
            from = at + 1;
        }
        None
    };
    let end = CLAUSES.iter().filter_map(clause).min();
    let open = end.is_some_and(|(_, word)| matches!(word, "nao" | "ma" | "thi" | "neu" | "khi"));
    let mut name = folded.slice(0, end.map_or(folded.key.len(), |(at, _)| at)).trim();
    while let Some(rest) = [" và", " hoặc", " của", " để", " là", " về", ","].iter().find_map(|w| name.strip_suffix(w)) {
        name = rest.trim_end();
    }
    if open || !is_agency(name) || name.chars().count() >= most { Vec::new() } else { split_names(name) }
}

/// Splits "A, B và C" to names, only where a known head follows the separator.
pub fn split_names(text: &str) -> Vec<String> {
    let folded = Folded::new(crate::fold::prefix(text, MAX_CELL));
    let bytes = folded.key.as_bytes();
    let mut names = Vec::new();
    let (mut start, mut at, mut depth) = (0usize, 0usize, 0i32);
    while at < bytes.len() {
        match bytes[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        let skip = if depth > 0 { 0 } else { separator(&folded, at, start) };
        if skip > 0 {
            push_name(&mut names, folded.slice(start, at));
            start = at + skip;
            at = start;
            continue;
        }
        at += 1;
    }
    push_name(&mut names, folded.slice(start, bytes.len()));
    names
}

/// Length of a separator at `at` that is followed by a new agency, else 0.
fn separator(text: &Folded<'_>, at: usize, start: usize) -> usize {
    let key = &text.key[at..];
    let length = match key.as_bytes()[0] {
        b',' | b';' | b'\n' | b'/' | b'+' => 1,
        b' ' if key.starts_with(" va ") => 4,
        b' ' if key.starts_with(" - ") && text.key.as_bytes().get(start) == Some(&b'-') => 3,
        _ => return 0,
    };
    let rest = &key[length..];
    let mut skip = length + (rest.len() - rest.trim_start_matches([' ', ',', ';', '-', '\n']).len());
    for glue in ["va ", "cung voi ", "voi "] {
        if text.key[at + skip..].starts_with(glue) {
            skip += glue.len();
        }
    }
    let next = at + skip;
    let tail = &text.key[next.min(text.key.len())..];
    // A semicolon before a capital parts names even when the head is unknown.
    let strong = key.starts_with(';') && text.is_upper(next);
    if NO_SPLIT.iter().any(|head| tail.starts_with(head)) || !(strong || starts_head(text, next)) {
        return 0;
    }
    // "Văn phòng HĐND và UBND xã" is one office.
    let office = ["hdnd", "hoi dong nhan dan", "dbqh"].iter().any(|w| text.key[start..at].trim_end().ends_with(w));
    if office && key.starts_with(" va ") && text.key[start..at].contains("van phong") {
        return 0;
    }
    // "các cơ quan, đơn vị", "các Sở, Ban ngành": members of one collective, not new actors.
    let open = text.key[start..at].trim_start_matches(['-', ' ']).starts_with("cac ");
    let member = ["co quan", "don vi", "ban", "doanh nghiep", "to chuc", "hoi", "hiep hoi", "doi", "phong", "bo", "so", "thanh vien"]
        .iter()
        .any(|m| tail.strip_prefix(m).is_some_and(|r| plain_member(text, next, m.len(), r)));
    let service = ["don vi cung cap", "don vi van hanh", "don vi chu quan"].iter().any(|m| tail.starts_with(m));
    if open && member && !service { 0 } else { skip }
}

/// A head word that is not followed by a proper name ("Ban ngành", "đơn vị", "Sở,").
fn plain_member(text: &Folded<'_>, at: usize, length: usize, rest: &str) -> bool {
    rest.is_empty() || !rest.starts_with(' ') || !text.is_upper(at + length + 1)
}

fn push_name(names: &mut Vec<String>, raw: &str) {
    let raw = raw.trim().trim_start_matches(['-', '+', '–', '•', ' ']);
    let name = crate::fold::tidy(raw.trim_end_matches(['.', ';', ',', ':', ' ', '-']));
    let name = name.strip_suffix("./").unwrap_or(&name).to_owned();
    if !name.is_empty() {
        names.push(name);
    }
}

/// Reads an actor cell: bullets, scopes in parentheses, guidance notes, joint names.
pub fn read_cell(cell: &str) -> Actors {
    let mut actors = Actors::default();
    let cell = crate::fold::prefix(cell.trim(), MAX_CELL);
    if cell.is_empty() || cell.trim_matches(['-', '–', '.', '/', ' ']).is_empty() {
        return actors;
    }
    for part in bullets(cell) {
        read_part(&part, &mut actors);
    }
    actors
}

/// Cuts a cell at line ends and at ` - ` bullets behind `.`, `)`, `;` or in a cell that begins with a bullet.
fn bullets(cell: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for line in cell.split('\n').map(str::trim).filter(|l| !l.is_empty()) {
        let folded = Folded::new(line);
        let bytes = folded.key.as_bytes();
        let bulleted = matches!(bytes.first(), Some(b'-' | b'+'));
        let mut start = 0;
        for at in 1..bytes.len().saturating_sub(2) {
            let dash = matches!(bytes[at], b'-' | b'+') && bytes[at - 1] == b' ' && bytes[at + 1] == b' ';
            if !dash {
                continue;
            }
            let closed = folded.key[..at].trim_end().ends_with(['.', ')', ';']);
            if closed || (bulleted && starts_head(&folded, at + 2)) {
                parts.push(folded.slice(start, at).trim().to_owned());
                start = at;
            }
        }
        parts.push(folded.slice(start, bytes.len()).trim().to_owned());
    }
    // A name broken over two lines of a cell: the second half starts with no head.
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        let bare = part.trim_start_matches(['-', '+', ' ']);
        match joined.last_mut() {
            Some(last) if bare.len() == part.len() && !is_agency(bare) && !last.ends_with([';', '.']) => {
                last.push(' ');
                last.push_str(&part);
            }
            _ => joined.push(part),
        }
    }
    joined
}

fn read_part(part: &str, actors: &mut Actors) {
    let part = part.trim_start_matches(['-', '+', '–', '•', ' ']);
    let folded = Folded::new(part);
    let note_at = ["theo chi dao", "theo huong dan", "theo su chi dao", "theo chuc nang", "theo linh vuc"]
        .iter()
        .filter_map(|w| folded.word(w, 0))
        .min();
    let end = note_at.unwrap_or(folded.key.len());
    if note_at.is_some() {
        let note = folded.slice(end, folded.key.len()).trim().trim_end_matches(['.', ';', ' ']);
        actors.notes.push(note.to_owned());
    }
    let (scope, head) = take_scope(folded.slice(0, end));
    let head_folded = Folded::new(&head);
    let verb = ["phoi hop", "chu tri", "trien khai thuc hien"]
        .iter()
        .filter_map(|w| head_folded.word(w, 1))
        .filter(|at| !head_folded.is_upper(*at))
        .min()
        .unwrap_or(head_folded.key.len());
    let names = split_names(head_folded.slice(0, verb));
    if let Some(scope) = scope {
        for name in &names {
            actors.scopes.push(Scope { agency: name.clone(), scope: scope.clone() });
        }
    }
    for name in names {
        if !actors.names.contains(&name) {
            actors.names.push(name);
        }
    }
}

/// Takes "(nội dung liên quan đến …)" out of a text.
fn take_scope(text: &str) -> (Option<String>, String) {
    let folded = Folded::new(text);
    let mut from = 0;
    while let Some(open) = folded.key[from..].find('(').map(|i| i + from) {
        let Some(close) = folded.key[open..].find(')').map(|i| i + open) else {
            break;
        };
        let inner = &folded.key[open + 1..close];
        if ["noi dung", "linh vuc", "doi voi", "ve ", "phan ", "nhiem vu", "lien quan"].iter().any(|w| inner.starts_with(w)) {
            let rest = format!("{}{}", folded.slice(0, open), folded.slice(close + 1, folded.key.len()));
            return (Some(folded.slice(open + 1, close).trim().to_owned()), rest);
        }
        from = close + 1;
    }
    (None, text.to_owned())
}

/// Actors named behind "phối hợp (với)" in a sentence, up to the first verb.
pub fn coordinators_in(text: &str) -> Vec<String> {
    let folded = Folded::new(text);
    let Some(mut at) = folded.word("phoi hop", 0) else {
        return Vec::new();
    };
    at += "phoi hop".len();
    for filler in [" chat che", " cung", " voi"] {
        if folded.key[at..].starts_with(filler) {
            at += filler.len();
        }
    }
    let start = at + folded.key[at..].len() - folded.key[at..].trim_start().len();
    if !starts_head(&folded, start) {
        return Vec::new();
    }
    let verbs = [
        "trien khai",
        "to chuc",
        "tham muu",
        "xay dung",
        "ra soat",
        "nghien cuu",
        "thuc hien",
        "day manh",
        "trong",
        "tang cuong",
        "tiep tuc",
        "de xuat",
        "huong dan",
        "kiem tra",
        "theo doi",
        "tranh thu",
        "giup",
        "de",
        "cung cap",
        "xu ly",
        "bao dam",
        "dam bao",
        "quan ly",
        "phat hien",
        "dau tranh",
        "thanh tra",
        "tong hop",
        "hoan thien",
        "don doc",
        "danh gia",
    ];
    let mut end = folded.key.len();
    for stop in ['.', ':', '('] {
        end = folded.key[start..].find(stop).map_or(end, |i| end.min(start + i));
    }
    for verb in verbs {
        let mut from = start + 1;
        while let Some(found) = folded.word(verb, from) {
            let noun = verb == "to chuc" && folded.key[..found].ends_with("cac ");
            if !folded.is_upper(found) && !noun {
                end = end.min(found);
                break;
            }
            from = found + 1;
        }
    }
    names_before(folded.slice(start, end), MAX_NAMES).into_iter().filter(|n| is_agency(n)).collect()
}

/// A collective that names nobody in particular ("các cơ quan liên quan"): a person must choose.
pub fn is_unresolvable(name: &str) -> bool {
    let key = crate::fold::fold(name);
    crate::fold::has_word(&key, "lien quan") || key.ends_with(" khac")
}

#[cfg(test)]
#[path = "actors_tests.rs"]
mod tests;
