//! Collective names as sets: "Các sở, ngành, đoàn thể cấp tỉnh" and "Sở, ban, ngành và các đoàn thể của tỉnh" have one key.
//!
//! Order, "các", "và", commas and the words for "of the province" do not count. A name with any word that is not in the table
//! has no key: it may be an agency of its own.

/// What a phrase stands for. Longer phrases come before the shorter ones they begin with.
const WORDS: &[(&str, Part)] = &[
    ("to chuc chinh tri xa hoi", Part::Member("doan the")),
    ("uy ban mat tran to quoc viet nam", Part::Member("doan the")),
    ("uy ban mat tran to quoc", Part::Member("doan the")),
    ("mat tran to quoc viet nam", Part::Member("doan the")),
    ("mat tran to quoc", Part::Member("doan the")),
    ("mat tran", Part::Member("doan the")),
    ("hoi doan the", Part::Member("doan the")),
    ("doan the", Part::Member("doan the")),
    ("hiep hoi", Part::Member("hiep hoi")),
    ("hoi", Part::Member("hiep hoi")),
    ("so", Part::Member("so")),
    ("ban nganh", Part::Member("nganh")),
    ("ban", Part::Member("nganh")),
    ("nganh", Part::Member("nganh")),
    ("dia phuong", Part::Member("dia phuong")),
    ("co quan nha nuoc", Part::Member("co quan nha nuoc")),
    ("nha nuoc", Part::Member("nha nuoc")),
    ("don vi cung cap", Part::Member("doanh nghiep")),
    ("cung cap", Part::Passing),
    ("dich vu", Part::Passing),
    ("co quan", Part::Member("don vi")),
    ("don vi", Part::Member("don vi")),
    ("to chuc", Part::Member("to chuc")),
    ("doanh nghiep", Part::Member("doanh nghiep")),
    ("vien thong", Part::Member("vien thong")),
    ("cong nghe thong tin", Part::Member("cong nghe so")),
    ("cong nghe so", Part::Member("cong nghe so")),
    ("ha tang so", Part::Member("cong nghe so")),
    ("nen tang so", Part::Member("cong nghe so")),
    ("internet", Part::Member("cong nghe so")),
    ("thi xa", Part::Place("huyen")),
    ("cap huyen", Part::All("huyen")),
    ("huyen", Part::Place("huyen")),
    ("thanh pho", Part::Place("huyen")),
    ("quan", Part::Place("huyen")),
    ("cap xa", Part::All("xa")),
    ("xa", Part::Place("xa")),
    ("phuong", Part::Place("xa")),
    ("dac khu", Part::Place("xa")),
    ("thi tran", Part::Place("xa")),
    ("uy ban nhan dan tinh", Part::Passing),
    ("uy ban nhan dan", Part::Passing),
    ("va tuong duong", Part::Passing),
    ("tuong duong", Part::Passing),
    ("tren dia ban", Part::Passing),
    ("trong", Part::Passing),
    ("toan", Part::Passing),
    ("truc thuoc", Part::Passing),
    ("thuoc", Part::Passing),
    ("cua", Part::Passing),
    ("cap tinh", Part::Passing),
    ("tinh", Part::Passing),
    ("cung", Part::Passing),
    ("va", Part::Passing),
    ("cac", Part::Many),
    ("toan the", Part::Many),
    ("co lien quan", Part::Vague),
    ("lien quan", Part::Vague),
    ("chuc nang", Part::Vague),
    ("khac", Part::Vague),
];

#[derive(Clone, Copy)]
enum Part {
    /// A member of the set.
    Member(&'static str),
    /// A kind of place: a member only when several are meant ("UBND xã" is one office).
    Place(&'static str),
    /// All places of a kind.
    All(&'static str),
    /// "các".
    Many,
    /// Words that change nothing.
    Passing,
    /// "liên quan": nobody can say who.
    Vague,
}

/// A collective name understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Sorted members.
    pub key: String,
    /// "… liên quan", "… khác": which of them is not said.
    pub vague: bool,
}

/// Reads a matching key (see [`crate::actors`]); nothing when the name is no collective of the table.
pub fn read(key: &str) -> Option<Named> {
    let (mut rest, mut members, mut places) = (key.trim(), Vec::new(), Vec::new());
    let (mut many, mut vague) = (false, false);
    while !rest.is_empty() {
        let (word, part) = WORDS.iter().find(|(w, _)| rest.strip_prefix(w).is_some_and(|r| r.is_empty() || r.starts_with(' ')))?;
        match part {
            Part::Member(m) | Part::All(m) => members.push(*m),
            Part::Place(p) => places.push((*p, *word)),
            Part::Many => many = true,
            Part::Passing => {}
            Part::Vague => vague = true,
        }
        rest = rest[word.len()..].trim_start();
    }
    // one place alone is one office: "UBND xã", "thành phố"
    if !places.is_empty() && !many && places.len() < 2 {
        return None;
    }
    members.extend(places.into_iter().map(|(p, _)| p));
    members.sort_unstable();
    members.dedup();
    (!members.is_empty()).then(|| Named { key: members.join(" + "), vague })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<(String, bool)> {
        read(&text::search_key(name)).map(|n| (n.key, n.vague))
    }

    #[test]
    fn order_joints_and_level_words_do_not_count() {
        for (key, names) in [
            (
                "nganh + so",
                &[
                    "Các sở, ban, ngành tỉnh",
                    "Sở, ngành",
                    "các Sở, Ban ngành của tỉnh",
                    "các ban, sở, ngành thuộc tỉnh",
                    "Các sở, ban, ngành cấp tỉnh và tương đương",
                ][..],
            ),
            (
                "doan the + nganh + so",
                &[
                    "Các sở, ngành, đoàn thể cấp tỉnh",
                    "Các sở, ban ngành, đoàn thể",
                    "Các sở, ban, ngành, Mặt trận Tổ quốc và các đoàn thể tỉnh",
                ],
            ),
            ("xa", &["UBND các xã, phường", "UBND cấp xã", "Ủy ban nhân dân xã, phường, đặc khu", "các phường, xã trên địa bàn tỉnh"]),
            ("huyen", &["UBND các huyện, thị xã, thành phố", "Uỷ ban nhân dân cấp huyện", "UBND các huyện, thành phố"]),
            ("nganh + so + xa", &["Các sở, ban, ngành; UBND các xã, phường", "các sở, ngành và UBND cấp xã"]),
            ("doanh nghiep + vien thong", &["Các doanh nghiệp viễn thông trên địa bàn tỉnh", "doanh nghiệp cung cấp dịch vụ viễn thông"]),
        ] {
            for name in names {
                assert_eq!(of(name), Some((key.to_owned(), false)), "{name}");
            }
        }
    }

    #[test]
    fn who_is_concerned_is_not_said() {
        for name in [
            "các cơ quan, đơn vị có liên quan",
            "Các đơn vị liên quan",
            "các sở, ngành liên quan",
            "các cơ quan, đơn vị chức năng liên quan",
            "các đơn vị khác",
        ] {
            assert!(of(name).is_some_and(|(_, vague)| vague), "{name}");
        }
    }

    #[test]
    fn one_agency_is_no_collective() {
        for name in [
            "UBND tỉnh",
            "UBND xã",
            "Ủy ban nhân dân phường Bến Lau",
            "Sở Nội vụ",
            "Công an tỉnh",
            "Ban Dân tộc",
            "Hội Nông dân tỉnh",
            "các cơ quan báo chí",
            "",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
