//! Likely typing slips: a small dictionary and a comparison of spellings inside the document.

use std::collections::HashMap;

use crate::fold::{fold, spelling_key};
use crate::plan::{Line, Warning};
use crate::warnings::push;

/// Wrong → probably meant; compared with diacritics, lower case, tone placement unified.
const SLIPS: &[(&str, &str)] = &[
    ("chuyên đổi số", "chuyển đổi số"),
    ("phán tán", "phát tán"),
    ("sẵn lòng mối nguy hại", "săn lùng mối nguy hại"),
    ("heo chức năng", "theo chức năng"),
    ("hồng bảo mật", "hổng bảo mật"),
    ("công nghệ lỗi", "công nghệ lõi"),
    ("phân đầu", "phấn đấu"),
    ("phân đấu", "phấn đấu"),
    ("kip thời", "kịp thời"),
    ("tinh điêu phối", "tỉnh điều phối"),
    ("thể trận", "thế trận"),
    ("đồng đảo", "đông đảo"),
    ("cầm nang", "cẩm nang"),
    ("các công/trang", "các cổng/trang"),
    ("khóa đào, tập huấn", "khóa đào tạo, tập huấn"),
    ("quản trị vận hệ thống", "quản trị vận hành hệ thống"),
    ("phổ biến thức kỹ năng", "phổ biến kiến thức, kỹ năng"),
    ("quá trình khai thực hiện", "quá trình triển khai thực hiện"),
    ("cơ chế đề cơ quan", "cơ chế để cơ quan"),
    ("lừa đảo thông tin", "lừa đảo trực tuyến"),
    ("tỉnh báo để các", "tỉnh thông báo để các"),
    ("noi nhận", "nơi nhận"),
    ("ban hàng", "ban hành"),
    ("triên khai", "triển khai"),
    ("triển khái", "triển khai"),
    ("nhiệm vu", "nhiệm vụ"),
    ("thưc hiện", "thực hiện"),
    ("cãi cách hành chính", "cải cách hành chính"),
    ("xây dụng", "xây dựng"),
    ("phối hơp", "phối hợp"),
    ("ủy ban nhân dận", "ủy ban nhân dân"),
];

/// Looks for slips in every line.
pub fn check(lines: &[Line], warnings: &mut Vec<Warning>) {
    let mut variants: [Option<usize>; 2] = [None, None];
    for line in lines {
        if line.text.is_empty() {
            continue;
        }
        let key = spelling_key(&line.text);
        for (wrong, right) in SLIPS {
            if contains_word(&key, wrong) {
                let message = format!("Có thể là lỗi gõ: “{wrong}”.");
                push(warnings, "possible_typo", line.line, message, Some(&format!("Có lẽ là “{right}”.")));
            }
        }
        let folded = fold(&line.text);
        if folded.contains("made in viet") {
            variants[0].get_or_insert(line.line);
        } else if folded.contains("make in viet") {
            variants[1].get_or_insert(line.line);
        }
    }
    if let [Some(made), make] = variants {
        let message = match make {
            Some(make) => format!("Văn bản dùng cả “Made in Vietnam” (dòng {made}) và “Make in Vietnam” (dòng {make})."),
            None => "Viết “Made in Vietnam”; thuật ngữ của chương trình quốc gia là “Make in Viet Nam”.".to_owned(),
        };
        push(warnings, "made_in_vietnam", made, message, Some("Đối chiếu văn bản của trung ương và thống nhất một cách viết."));
    }
    if lines.iter().map(|l| l.text.len()).sum::<usize>() < 3 << 20 {
        spellings(lines, warnings);
    }
}

/// Finds a phrase with word boundaries in a text that keeps its diacritics.
fn contains_word(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + found.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        before && after
    })
}

/// The same three syllables, the middle one spelled otherwise once and one way at least four times. At the edge of the three a
/// syllable may belong to another word: "phạm vi | quản lý" and "đơn vị | quản lý" are both right.
fn spellings(lines: &[Line], warnings: &mut Vec<Warning>) {
    let mut seen: HashMap<String, Vec<(String, usize, usize)>> = HashMap::new();
    for line in lines {
        let key = spelling_key(&line.text);
        for clause in key.split(|c: char| !(c.is_alphanumeric() || c == ' ')) {
            let words: Vec<&str> = clause.split_whitespace().collect();
            for three in words.windows(3) {
                if three.iter().any(|w| w.chars().any(|c| c.is_ascii_digit()) || w.chars().count() < 2) {
                    continue;
                }
                let phrase = three.join(" ");
                let spelled = seen.entry(fold(&phrase)).or_default();
                if let Some((_, count, _)) = spelled.iter_mut().find(|(text, _, _)| *text == phrase) {
                    *count += 1;
                } else if spelled.len() < 6 {
                    spelled.push((phrase, 1, line.line));
                }
            }
        }
    }
    let mut found: Vec<(usize, String, String, usize)> = Vec::new();
    for spelled in seen.into_values().filter(|s| s.len() > 1) {
        let Some((best, most, _)) = spelled.iter().max_by_key(|(_, count, _)| *count).cloned() else {
            continue;
        };
        if most < 4 {
            continue;
        }
        for (text, count, line) in spelled {
            if count == 1 && text != best && ends(&text) == ends(&best) {
                found.push((line, text, best.clone(), most));
            }
        }
    }
    found.sort();
    let known: std::collections::HashSet<usize> = warnings.iter().filter(|w| w.code == "possible_typo").map(|w| w.line).collect();
    let mut last = 0;
    for (line, text, best, most) in found {
        // One slip shows in up to three windows: say it once per line.
        if line == last || known.contains(&line) {
            continue;
        }
        last = line;
        let message = format!("“{text}” viết khác với “{best}” ({most} lần trong văn bản).");
        push(warnings, "inconsistent_spelling", line, message, Some(&format!("Có lẽ là “{best}”.")));
    }
}

/// First and last word.
fn ends(three: &str) -> (Option<&str>, Option<&str>) {
    (three.split(' ').next(), three.split(' ').next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(lines: &[&str]) -> Vec<String> {
        let lines: Vec<Line> = lines.iter().enumerate().map(|(i, t)| Line { line: i + 1, text: (*t).into(), cells: vec![] }).collect();
        let mut warnings = Vec::new();
        check(&lines, &mut warnings);
        warnings.into_iter().map(|w| w.message).collect()
    }

    #[test]
    fn a_syllable_spelled_otherwise_is_told_but_not_another_word() {
        let usual = "tại phạm vi quản lý của tỉnh";
        assert_eq!(spelled(&[usual, usual, usual, usual, "tại đơn vị quản lý của tỉnh"]), [""; 0]);
        assert_eq!(
            spelled(&[usual, usual, usual, usual, "tại phạm vì quản lý của tỉnh"]),
            ["“phạm vì quản” viết khác với “phạm vi quản” (4 lần trong văn bản)."]
        );
    }
}
