//! The fixed words of a document, and the texts built from its head.
use super::{Document, Figure, Head, Instead, Secrecy, Signature, Text, Urgency, roman};

/// Where a number or a day is left to be written by hand.
const ROOM: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

pub(crate) const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
pub(crate) const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";
pub(crate) const DRAFT: &str = "DỰ THẢO";

impl Secrecy {
    /// As stamped.
    pub(crate) fn stamp(self) -> &'static str {
        match self {
            Self::Secret => "MẬT",
            Self::HighlySecret => "TỐI MẬT",
            Self::TopSecret => "TUYỆT MẬT",
        }
    }
}

impl Urgency {
    /// As stamped.
    pub(crate) fn stamp(self) -> &'static str {
        match self {
            Self::Urgent => "KHẨN",
            Self::VeryUrgent => "THƯỢNG KHẨN",
            Self::Express => "HỎA TỐC",
        }
    }
}

/// A number below 10 has a zero before it.
fn padded(n: u32) -> String {
    format!("{n:02}")
}

/// Year, month, day as far as the date says them.
fn parts(date: &str) -> (Option<u32>, Option<u32>, Option<u32>) {
    let mut parts = date.split('-').map(|p| p.parse().ok().filter(|n| *n > 0));
    (parts.next().flatten(), parts.next().flatten(), parts.next().flatten())
}

/// "ngày 05 tháng 3 năm 2026"; days below 10 and months 1 and 2 have a zero before them.
fn day_in_words(date: &str) -> String {
    let (year, month, day) = parts(date);
    let month = month.map(|m| if m < 3 { padded(m) } else { m.to_string() });
    let or_room = |s: Option<String>| s.unwrap_or_else(|| ROOM.to_owned());
    format!("ngày {} tháng {} năm {}", or_room(day.map(padded)), or_room(month), or_room(year.map(|y| y.to_string())))
}

/// Without line breaks and doubled spaces.
pub(crate) fn one_line(s: &str) -> String {
    s.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Head {
    /// Whether it is an official letter.
    pub(crate) fn is_letter(&self) -> bool {
        self.kind.trim().is_empty()
    }

    /// `15/BC-CAT`, with room for the number when there is none yet.
    fn code(&self) -> String {
        let number = self.number.map_or_else(|| ROOM.to_owned(), padded);
        format!("{number}/{}", self.symbol)
    }

    /// "Số: 15/BC-CAT"
    pub(crate) fn number_line(&self) -> String {
        format!("Số: {}", self.code())
    }

    /// "Sao Mai, ngày 05 tháng 3 năm 2026"
    pub(crate) fn place_and_date(&self) -> String {
        match self.place.trim() {
            "" => format!("{ROOM}{ROOM}, {}", day_in_words(&self.date)),
            place => format!("{place}, {}", day_in_words(&self.date)),
        }
    }

    /// The issuing agency in a sentence.
    fn agency_in_line(&self) -> String {
        one_line(&self.agency)
    }

    /// "Báo cáo" or "Công văn".
    fn kind_in_line(&self) -> &str {
        if self.is_letter() { "Công văn" } else { self.kind.trim() }
    }

    /// Lines of "Kính gửi:": one addressee stands on its line, several below it.
    pub(crate) fn addressed_to(&self) -> Vec<String> {
        match self.addressees.as_slice() {
            [] => Vec::new(),
            [only] => vec![format!("Kính gửi: {}", only.trim())],
            many => {
                let last = many.len() - 1;
                let lines = many.iter().enumerate().map(|(i, a)| format!("- {}{}", a.trim(), if i == last { '.' } else { ';' }));
                std::iter::once("Kính gửi:".to_owned()).chain(lines).collect()
            }
        }
    }

    /// Year, month, day when the date has all three.
    pub(crate) fn day(&self) -> Option<(u32, u32, u32)> {
        let (year, month, day) = parts(&self.date);
        Some((year?, month?, day?))
    }

    /// The name of the file as readers show it.
    pub(crate) fn title(&self) -> String {
        one_line(&format!("{} {}", self.kind_in_line(), self.subject))
    }
}

impl Document {
    /// "Phụ lục", or "Phụ lục II" when there are several.
    pub(crate) fn annex_label(&self, index: usize) -> String {
        if self.annexes.len() < 2 { "Phụ lục".to_owned() } else { format!("Phụ lục {}", roman(index + 1)) }
    }

    /// "(Kèm theo Báo cáo số 15/BC-CAT ngày 05 tháng 3 năm 2026 của Công an tỉnh Sao Mai)"
    pub(crate) fn annex_note(&self) -> String {
        let h = &self.head;
        // "ngày 04" stays on one line.
        let day = day_in_words(&h.date).replace("ngày ", "ngày\u{a0}");
        format!("(Kèm theo {} số {} {day} của {})", h.kind_in_line(), h.code(), h.agency_in_line())
    }

    /// Lines of "Nơi nhận:", the archive last.
    pub(crate) fn sent_to(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .recipients
            .iter()
            .map(|r| match r.mark.trim() {
                "" => format!("- {};", r.name.trim()),
                // A mark is not torn apart at the end of a line.
                mark => format!("- {} ({});", r.name.trim(), mark.replace(' ', "\u{a0}")),
            })
            .collect();
        if !self.archive.trim().is_empty() {
            lines.push(format!("- Lưu: {}.", self.archive.trim().trim_end_matches('.')));
        }
        lines
    }
}

impl Signature {
    /// Lines above the room for the signature.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.collective.trim().is_empty() {
            lines.push(format!("TM. {}", self.collective.trim().to_uppercase()));
        }
        let title = self.title.trim().to_uppercase();
        match &self.instead {
            Some(Instead::Deputy(head)) => lines.push(format!("KT. {}", head.trim().to_uppercase())),
            Some(Instead::ByOrder(head)) => lines.push(format!("TL. {}", head.trim().to_uppercase())),
            Some(Instead::Authorised(head)) => lines.push(format!("TUQ. {}", head.trim().to_uppercase())),
            Some(Instead::Acting) => {
                lines.push(format!("Q. {title}"));
                return lines;
            }
            None => {}
        }
        lines.push(title);
        lines
    }
}

/// "Hình 1. …", or nothing where there is no caption.
pub(crate) fn figure_caption(figure: &Figure, number: usize) -> Option<Text> {
    (!figure.caption.is_empty()).then(|| figure.caption.after(&format!("Hình {number}.")))
}

/// Length of the rule under a line of this width: between a third and a half of it.
pub(crate) fn underlined(width: f32) -> f32 {
    width * 0.42
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_padded_as_the_decree_says() {
        let head =
            |number, date: &str| Head { number, symbol: "KH-UBND".into(), place: "Sao Mai".into(), date: date.into(), ..Head::default() };
        assert_eq!(head(Some(5), "").number_line(), "Số: 05/KH-UBND");
        assert_eq!(head(Some(15), "").number_line(), "Số: 15/KH-UBND");
        assert_eq!(head(None, "").number_line(), format!("Số: {ROOM}/KH-UBND"));
        let said = |date: &str| head(None, date).place_and_date();
        assert_eq!(said("2026-02-05"), "Sao Mai, ngày 05 tháng 02 năm 2026");
        assert_eq!(said("2026-03-31"), "Sao Mai, ngày 31 tháng 3 năm 2026");
        let nowhere = Head { date: "2026-03-31".into(), ..Head::default() };
        assert_eq!(nowhere.place_and_date(), format!("{ROOM}{ROOM}, ngày 31 tháng 3 năm 2026"), "room for a place to be written");
        assert_eq!(said("2026-12"), format!("Sao Mai, ngày {ROOM} tháng 12 năm 2026"));
    }

    #[test]
    fn who_receives_and_who_signs() {
        let d = Document {
            recipients: vec![super::super::Recipient::new("Như trên", ""), super::super::Recipient::new("Bộ Công an", "để b/c")],
            archive: "VT, NC.".into(),
            ..Document::default()
        };
        assert_eq!(d.sent_to(), ["- Như trên;", "- Bộ Công an (để\u{a0}b/c);", "- Lưu: VT, NC."]);
        let s = Signature {
            collective: "Ủy ban nhân dân".into(),
            instead: Some(Instead::Deputy("Chủ tịch".into())),
            title: "Phó Chủ tịch".into(),
            ..Signature::default()
        };
        assert_eq!(s.lines(), ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
        let acting = Signature { title: "Giám đốc".into(), instead: Some(Instead::Acting), ..Signature::default() };
        assert_eq!(acting.lines(), ["Q. GIÁM ĐỐC"]);
    }

    #[test]
    fn addressees() {
        let to = |names: &[&str]| Head { addressees: names.iter().map(|s| (*s).into()).collect(), ..Head::default() }.addressed_to();
        assert_eq!(to(&["Ủy ban nhân dân xã An Bình"]), ["Kính gửi: Ủy ban nhân dân xã An Bình"]);
        assert_eq!(to(&["Sở Y tế", "Sở Tài chính"]), ["Kính gửi:", "- Sở Y tế;", "- Sở Tài chính."]);
    }
}
