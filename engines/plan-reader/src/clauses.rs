//! Which part of an objective a number belongs to: subject, comparator, value and predicate together.
//!
//! A semicolon ends a clause only when what follows can stand alone: it opens with a number or a verb of its own, or holds a
//! number of its own behind its own subject. "được …", "phải …", "có …" and bare nouns go on with the clause before them.

use crate::fold::{Folded, has_word};

/// What stands between a piece and the one before it.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    Sentence,
    Semicolon,
    /// A comma in front of a number.
    Comma,
}

/// Words in front of a number that do not make a subject.
const LEAD: &[&str] = &[
    "phan dau",
    "bao dam",
    "dam bao",
    "it nhat",
    "toi thieu",
    "khong duoi",
    "khong qua",
    "hang nam",
    "moi nam",
    "khoang",
    "tren",
    "duoi",
    "dat",
    "hon",
    "co",
    "tu",
    "va",
    "den het nam",
    "den cuoi nam",
    "den nam",
];

/// Verbs with which a plan opens a statement that needs no subject before it.
const OPENERS: &[&str] = &[
    "tung buoc",
    "hinh thanh",
    "to chuc",
    "xay dung",
    "nang cao",
    "tang cuong",
    "khuyen khich",
    "thiet lap",
    "duy tri",
    "cung co",
    "phat trien",
    "day manh",
    "phan dau",
    "tiep tuc",
    "hoan thanh",
    "hoan thien",
    "ban hanh",
    "trien khai",
    "khong de",
    "giam",
    "cai thien",
    "ra soat",
    "nghien cuu",
    "huong dan",
    "dao tao",
    "boi duong",
    "bao ve",
    "pho bien",
    "dua",
    "bao dam",
    "dam bao",
];

/// First words of a piece that has no subject of its own.
const LEANING: &[&str] = &["được", "phải", "có", "đạt", "đều", "và", "hoặc", "nhất"];

/// Words that make a predicate. Diacritics matter: "có" is one, "cơ" is not.
const PREDICATES: &[&str] = &["được", "phải", "có", "đạt", "là", "dùng", "biết"];

/// Verbs of two syllables that make a predicate.
const VERBS: &[&str] =
    &["su dung", "ap dung", "ung dung", "tham gia", "thuc hien", "hoan thanh", "dap ung", "ket noi", "trien khai", "ban hanh", "tiep can"];

/// Ranges of the clauses in the folded text, in order. `valued` says whether a text holds a number that is a target.
pub fn split(text: &Folded<'_>, valued: impl Fn(&str) -> bool) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    // whether the clause so far says something of its subject
    let mut said = false;
    for (start, end, gap) in pieces(text) {
        let piece = text.slice(start, end).trim();
        match out.last_mut() {
            Some(last) if goes_on(said, piece, gap, &valued) => last.1 = end,
            _ => {
                out.push((start, end));
                said = false;
            }
        }
        said = said || complete(piece);
    }
    out
}

/// Cuts at sentence ends, semicolons, and commas in front of a number.
fn pieces(text: &Folded<'_>) -> Vec<(usize, usize, Gap)> {
    let bytes = text.key.as_bytes();
    let (mut out, mut start, mut gap) = (Vec::new(), 0, Gap::Sentence);
    for at in 0..=bytes.len() {
        let next = match bytes.get(at) {
            None | Some(b'\n') => Gap::Sentence,
            Some(b';') => Gap::Semicolon,
            Some(b'.') if bytes.get(at + 1) == Some(&b' ') && at > 0 && !bytes[at - 1].is_ascii_digit() => Gap::Sentence,
            Some(b',') if bytes.get(at + 1) == Some(&b' ') && opens_with_percent(&text.key[at + 1..]) => Gap::Comma,
            Some(_) => continue,
        };
        if !text.key[start..at].trim().is_empty() {
            out.push((start, at, gap));
            gap = next;
        }
        start = at + 1;
    }
    out
}

fn goes_on(said: bool, piece: &str, gap: Gap, valued: impl Fn(&str) -> bool) -> bool {
    let key = crate::fold::fold(piece);
    if key.starts_with("trong do") || no_subject(piece) {
        return true;
    }
    match gap {
        Gap::Sentence => false,
        Gap::Comma => !said,
        Gap::Semicolon if LEANING.contains(&first_word(piece).as_str()) => true,
        Gap::Semicolon if opens(&key) => false,
        Gap::Semicolon => !(said && (opens_with_number(&key) || valued(piece))),
    }
}

/// "60% có chữ ký số": of whom, the piece before says.
fn no_subject(piece: &str) -> bool {
    piece.split_once('%').is_some_and(|(head, rest)| {
        opens_with_number(&crate::fold::fold(head)) && LEANING.contains(&first_word(rest).trim_end_matches([',', '.', ';']))
    })
}

/// Whether a clause says something of its subject.
fn complete(clause: &str) -> bool {
    let key = crate::fold::fold(clause.trim());
    clause.split_whitespace().any(|w| PREDICATES.contains(&w.to_lowercase().as_str()))
        || VERBS.iter().any(|v| has_word(&key, v))
        || opens(&key) && !LEAD.iter().any(|w| key.starts_with(w))
}

fn opens(key: &str) -> bool {
    OPENERS.iter().any(|w| key.strip_prefix(w).is_some_and(|r| r.starts_with(' ')))
}

fn first_word(piece: &str) -> String {
    piece.split_whitespace().next().unwrap_or_default().to_lowercase()
}

fn opens_with_number(key: &str) -> bool {
    behind_lead(key).starts_with(|c: char| c.is_ascii_digit())
}

fn opens_with_percent(key: &str) -> bool {
    let rest = behind_lead(key);
    let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' ')).len();
    number > 0 && rest[number..].starts_with('%')
}

/// What follows "phấn đấu trên", "đến năm 2030," and the like.
fn behind_lead(key: &str) -> &str {
    let mut rest = key.trim_start_matches([' ', ',', '-', '"', ':']);
    while let Some((word, tail)) = LEAD.iter().find_map(|w| Some((w, rest.strip_prefix(w)?))).filter(|(_, t)| t.starts_with(' ')) {
        rest = tail.trim_start();
        if word.ends_with("nam") && rest.get(..4).and_then(crate::dates::year_token).is_some() {
            rest = rest[4..].trim_start_matches([' ', ',', ':']);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    /// Text of each value.
    fn texts(text: &str) -> Vec<String> {
        crate::values::read(text).into_iter().map(|v| v.text).collect()
    }

    #[test]
    fn a_predicate_behind_a_semicolon_stays_with_its_subject() {
        let whole = "100% tổ trực được bố trí tại Công an tỉnh; nhân sự vận hành hệ thống cấp độ 3 tại các xã có chứng chỉ còn hạn; được tập huấn ít nhất 02 lần/năm.";
        assert_eq!(texts(whole), [whole, whole]);
        let both = "Bảo đảm 100% hệ thống đang chạy phải được phê duyệt cấp độ; phải được kiểm tra định kỳ";
        assert_eq!(texts(both), [both]);
        let object = "Trên 70% người dân được phổ biến nguy cơ lừa đảo; các chủ trương, chính sách về an toàn thông tin.";
        assert_eq!(texts(object), [object]);
        assert_eq!(
            texts("Tổ chức đội ứng cứu cấp tỉnh; có ít nhất 05 chuyên gia"),
            ["Tổ chức đội ứng cứu cấp tỉnh; có ít nhất 05 chuyên gia"]
        );
    }

    #[test]
    fn statements_of_their_own_are_apart() {
        assert_eq!(
            texts("Phấn đấu 70% cơ quan dùng sản phẩm trong nước; 100% sản phẩm phải được đánh giá trước khi dùng."),
            ["Phấn đấu 70% cơ quan dùng sản phẩm trong nước", "100% sản phẩm phải được đánh giá trước khi dùng."]
        );
        assert_eq!(texts("100% địa phương có đầu mối; từng bước hình thành mạng lưới; có cơ chế phối hợp"), ["100% địa phương có đầu mối"]);
        assert_eq!(texts("Nâng cao nhận thức; phấn đấu 80% người dân được tiếp cận"), ["phấn đấu 80% người dân được tiếp cận"]);
        assert_eq!(
            texts("Tỷ lệ hồ sơ trực tuyến đạt 90%; số cuộc diễn tập đạt ít nhất 02 cuộc"),
            ["Tỷ lệ hồ sơ trực tuyến đạt 90%", "số cuộc diễn tập đạt ít nhất 02 cuộc"]
        );
    }

    #[test]
    fn commas_cut_only_complete_statements() {
        assert_eq!(
            texts("Đến năm 2027, 100% thủ tục được công khai, 60% hồ sơ được số hóa"),
            ["Đến năm 2027, 100% thủ tục được công khai", "60% hồ sơ được số hóa"]
        );
        let shared = "Trên 90% công chức, 100% lãnh đạo được tập huấn";
        assert_eq!(texts(shared), [shared, shared]);
        let same = "90% người lớn có tài khoản định danh, 60% có chữ ký số";
        assert_eq!(texts(same), [same, same]);
        let part = "80% hồ sơ được nộp trực tuyến, trong đó 50% toàn trình. Trong đó 10% qua thiết bị di động";
        assert_eq!(texts(part), [part, part, part]);
    }
}
