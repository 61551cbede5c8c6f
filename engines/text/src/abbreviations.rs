//! Administrative abbreviations and the two keys that expand them.
use crate::fold::{clean, collapse, fold};
use crate::tone::tone_normal;

/// One abbreviation of administrative Vietnamese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abbreviation {
    /// Lower case, `đ` written `d`: `hdnd`.
    pub short: &'static str,
    /// What it stands for, lower case with marks: `hội đồng nhân dân`.
    pub full: &'static str,
    /// Only recognised in capitals, because the small letters are also a word (`CAT` / `cát`).
    pub capitals_only: bool,
}

const fn a(short: &'static str, full: &'static str) -> Abbreviation {
    Abbreviation { short, full, capitals_only: false }
}

/// The table. Left out on purpose because they have two common readings: `CT` (chủ tịch, chỉ thị),
/// `KH` (kế hoạch, khoa học), `PT` (phát thanh, phổ thông), `TT` (thông tin, thường trực).
pub const ABBREVIATIONS: &[Abbreviation] = &[
    a("anm", "an ninh mạng"),
    a("anqg", "an ninh quốc gia"),
    a("attt", "an toàn thông tin"),
    a("atttm", "an toàn thông tin mạng"),
    a("bca", "bộ công an"),
    a("bcd", "ban chỉ đạo"),
    a("bch", "ban chỉ huy"),
    a("bchqs", "bộ chỉ huy quân sự"),
    a("bqp", "bộ quốc phòng"),
    Abbreviation { short: "cat", full: "công an tỉnh", capitals_only: true },
    a("cax", "công an xã"),
    a("cbccvc", "cán bộ, công chức, viên chức"),
    a("cds", "chuyển đổi số"),
    a("cntt", "công nghệ thông tin"),
    a("cqnn", "cơ quan nhà nước"),
    a("csdl", "cơ sở dữ liệu"),
    a("gd&dt", "giáo dục và đào tạo"),
    a("gddt", "giáo dục và đào tạo"),
    a("hdnd", "hội đồng nhân dân"),
    a("httt", "hệ thống thông tin"),
    a("kh&cn", "khoa học và công nghệ"),
    a("khcn", "khoa học và công nghệ"),
    a("kt-xh", "kinh tế - xã hội"),
    a("mttq", "mặt trận tổ quốc"),
    a("pct", "phó chủ tịch"),
    a("qlnn", "quản lý nhà nước"),
    a("qppl", "quy phạm pháp luật"),
    a("sgddt", "sở giáo dục và đào tạo"),
    a("skhcn", "sở khoa học và công nghệ"),
    a("stttt", "sở thông tin và truyền thông"),
    a("thcs", "trung học cơ sở"),
    a("thpt", "trung học phổ thông"),
    a("tp", "thành phố"),
    a("tt&tt", "thông tin và truyền thông"),
    a("tttt", "thông tin và truyền thông"),
    a("tw", "trung ương"),
    a("tx", "thị xã"),
    a("ubnd", "ủy ban nhân dân"),
    a("ubmttq", "ủy ban mặt trận tổ quốc"),
    a("vh&tt", "văn hóa và thông tin"),
    a("vh-xh", "văn hóa - xã hội"),
    a("vhttdl", "văn hóa, thể thao và du lịch"),
    a("vhtt&dl", "văn hóa, thể thao và du lịch"),
    a("vp", "văn phòng"),
];

fn lookup(token: &str) -> Option<&'static Abbreviation> {
    let short: String = token.to_lowercase().chars().map(|c| if c == 'đ' { 'd' } else { c }).collect();
    ABBREVIATIONS.iter().find(|a| a.short == short && (!a.capitals_only || token.chars().all(|c| !c.is_lowercase())))
}

/// Expands abbreviations in an already cleaned text. A token is a run of letters and digits; two
/// tokens joined by `&` or `-` are tried together first (`TT & TT`, `VH-XH`).
fn expand(cleaned: &str) -> String {
    let chars: Vec<char> = cleaned.chars().collect();
    let word_end = |from: usize| {
        let len = chars[from..].iter().take_while(|c| c.is_alphanumeric()).count();
        from + len
    };
    let mut out = String::with_capacity(cleaned.len() + 16);
    let mut i = 0;
    while i < chars.len() {
        let end = word_end(i);
        if end == i {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let single: String = chars[i..end].iter().collect();
        let hit = joined(&chars, end, &word_end)
            .and_then(|(joint, next)| {
                let second: String = chars[next..word_end(next)].iter().collect();
                lookup(&format!("{single}{joint}{second}")).map(|a| (a, word_end(next)))
            })
            .or_else(|| lookup(&single).map(|a| (a, end)));
        match hit {
            Some((abbreviation, next)) => {
                out.push_str(abbreviation.full);
                i = next;
                // "TP. Sao Mai", "TP.Sao Mai": the dot belongs to the abbreviation.
                if chars.get(i) == Some(&'.') && i + 1 < chars.len() {
                    out.push(' ');
                    i += 1;
                }
            }
            None => {
                out.push_str(&single);
                i = end;
            }
        }
    }
    collapse(out.chars())
}

/// The `&` or `-` that joins the token ending at `end` to a next one, and where that starts.
fn joined(chars: &[char], end: usize, word_end: &dyn Fn(usize) -> usize) -> Option<(char, usize)> {
    let skip = |mut at: usize| {
        while chars.get(at) == Some(&' ') {
            at += 1;
        }
        at
    };
    let at = skip(end);
    let joint = *chars.get(at).filter(|c| matches!(c, '&' | '-'))?;
    let next = skip(at + 1);
    (next < chars.len() && word_end(next) > next).then_some((joint, next))
}

/// The matching key of names (requirements 3.1): NFC → lower case → one tone placement → dash
/// family to `-` → spaces collapsed → abbreviations expanded. Marks are kept: `Sở` ≠ `So`.
///
/// ```
/// assert_eq!(text::name_key("UBND xã  Hoà Bình"), text::name_key("Ủy ban nhân dân xã Hòa Bình"));
/// ```
#[must_use]
pub fn name_key(s: &str) -> String {
    let expanded = expand(&clean(s));
    tone_normal(&tone_normal(&expanded).to_lowercase())
}

/// The search form: abbreviations expanded, [`fold`]ed, and everything but letters and digits
/// turned into single spaces. Use it on the stored column and on the words typed, so that both
/// meet: `515/QĐ-TTg` → `515 qd ttg`.
///
/// ```
/// assert_eq!(text::search_key("UBND tỉnh; Sở TT&TT"),
///            "uy ban nhan dan tinh so thong tin va truyen thong");
/// ```
#[must_use]
pub fn search_key(s: &str) -> String {
    let folded = fold(&expand(&clean(s)));
    collapse(folded.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table_is_sound() {
        let mut seen = std::collections::BTreeSet::new();
        for a in ABBREVIATIONS {
            assert!(seen.insert(a.short), "twice: {}", a.short);
            assert_eq!(fold(a.short), a.short);
            assert_eq!(tone_normal(a.full), a.full);
            assert_eq!(a.full.to_lowercase(), a.full);
            // The expansion must not itself hold an abbreviation, or keys would not be stable.
            assert_eq!(expand(a.full), a.full, "{}", a.short);
        }
    }

    #[test]
    fn alias_classes_of_the_plans() {
        for (a, b) in [
            ("UBND tỉnh", "Ủy ban nhân dân tỉnh"),
            ("UBND tỉnh", "Uỷ ban nhân dân tỉnh"),
            ("ubnd tỉnh", "ỦY BAN NHÂN DÂN TỈNH"),
            ("Văn hoá – xã hội", "Văn hóa - Xã hội"),
            ("VH-XH", "văn hoá – xã hội"),
            ("Sở TT&TT", "Sở Thông tin và Truyền thông"),
            ("Sở TT & TT", "sở TTTT"),
            ("Thường trực HĐND tỉnh", "Thường trực Hội đồng nhân dân tỉnh"),
            ("PCT UBND", "Phó Chủ tịch Ủy ban nhân dân"),
            ("TP. Sao Mai", "thành phố Sao Mai"),
            ("TP.Sao Mai", "Thành phố  Sao Mai"),
            ("CAT Sao Mai", "Công an tỉnh Sao Mai"),
        ] {
            assert_eq!(name_key(a), name_key(b));
        }
        assert_ne!(name_key("Sở Nội vụ"), name_key("So Noi vu"));
        assert_eq!(name_key("cát vàng"), "cát vàng");
        assert_eq!(name_key("cat"), "cat");
    }

    #[test]
    fn search_words() {
        assert_eq!(search_key("ANM"), "an ninh mang");
        assert_eq!(search_key("hđnd"), search_key("HDND"));
        assert_eq!(search_key("515/QĐ-TTg"), "515 qd ttg");
        assert_eq!(search_key("10.20.30.40"), "10 20 30 40");
        assert_eq!(search_key("Đội CNTT-TT"), "doi cong nghe thong tin tt");
        assert_eq!(search_key(" ./. "), "");
    }

    proptest! {
        #[test]
        fn keys_are_stable(s in "\\PC*") {
            let n = name_key(&s);
            prop_assert_eq!(name_key(&n), n);
            let k = search_key(&s);
            prop_assert_eq!(search_key(&k), k.clone());
            prop_assert!(!k.contains("  "));
        }

        #[test]
        fn case_does_not_matter(s in "[a-zđêơáủ &.-]{0,24}") {
            prop_assume!(!fold(&s).split(|c: char| !c.is_alphanumeric()).any(|w| w == "cat"));
            prop_assert_eq!(name_key(&s.to_uppercase()), name_key(&s));
            prop_assert_eq!(search_key(&s.to_uppercase()), search_key(&s));
        }
    }
}
