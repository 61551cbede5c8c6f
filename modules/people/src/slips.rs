//! Temporary passwords between the job that made them and the person who hands them over: in the memory of this process only, for an
//! hour, each form given once. What is lost is made anew by renewing the invitation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use access::Secret;
use documents::{Align, Block, Cell, Column, ColumnKind, Document, Head, Row, Sheet, Table, TableColumn, Text, Workbook};
use store::{Error, Result};

/// One person's slip.
#[derive(Debug, Clone)]
pub struct Slip {
    /// Full name.
    pub name: String,
    /// Agency, as shown.
    pub agency: String,
    /// Its id.
    pub agency_id: Option<String>,
    /// Sign-in name.
    pub login: String,
    /// Shown here and nowhere else.
    pub password: Secret,
    /// µs UTC.
    pub until: i64,
}

/// Forms in which slips are given.
pub const FORMS: [&str; 3] = ["xlsx", "docx", "pdf"];
/// How long they wait for being taken.
const LIFE: Duration = Duration::from_secs(3600);

struct Kept {
    who: String,
    slips: Vec<Slip>,
    given: BTreeSet<&'static str>,
    at: Instant,
}

static KEPT: Mutex<BTreeMap<String, Kept>> = Mutex::new(BTreeMap::new());

fn with<T>(f: impl FnOnce(&mut BTreeMap<String, Kept>) -> T) -> T {
    // a panic elsewhere cannot leave the map half-written
    let mut map = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    map.retain(|_, k| k.at.elapsed() < LIFE);
    f(&mut map)
}

/// Adds the slips of a batch.
pub(crate) fn keep(job: &str, who: &str, slips: Vec<Slip>) {
    with(|m| {
        let k = m.entry(job.to_owned()).or_insert_with(|| Kept {
            who: who.to_owned(),
            slips: vec![],
            given: BTreeSet::new(),
            at: Instant::now(),
        });
        k.slips.extend(slips);
        k.at = Instant::now();
    });
}

/// How many slips wait, and which forms were given already. Only for who asked for them.
pub fn waiting(job: &str, who: &str) -> Option<(usize, Vec<&'static str>)> {
    with(|m| m.get(job).filter(|k| k.who == who).map(|k| (k.slips.len(), k.given.iter().copied().collect())))
}

/// The slips for one form, once; when every form was given they are forgotten.
pub fn take(job: &str, who: &str, form: &str) -> Option<Vec<Slip>> {
    let form = FORMS.iter().copied().find(|f| *f == form)?;
    with(|m| {
        let k = m.get_mut(job).filter(|k| k.who == who)?;
        if !k.given.insert(form) {
            return None;
        }
        let slips = k.slips.clone();
        if k.given.len() == FORMS.len() {
            m.remove(job);
        }
        Some(slips)
    })
}

/// Handed over: nothing is kept any more.
pub fn forget(job: &str, who: &str) {
    with(|m| {
        if m.get(job).is_some_and(|k| k.who == who) {
            m.remove(job);
        }
    });
}

/// The list as a workbook.
pub fn xlsx(slips: &[Slip], url: &str, today: &str) -> Result<Vec<u8>> {
    let head = ["Họ tên", "Cơ quan", "Địa chỉ hệ thống", "Tên đăng nhập", "Mật khẩu một lần", "Dùng được đến"];
    let columns = head.iter().map(|h| Column { width: Some(26.0), ..Column::new(*h, ColumnKind::Text) }).collect();
    let row = |s: &Slip| {
        let cells = [&s.name, &s.agency, url, &s.login, s.password.reveal(), &web::fmt::instant(s.until)];
        cells.iter().map(|c| Cell::Text((*c).to_owned())).collect()
    };
    let sheet = Sheet { name: "Tài khoản".into(), columns, rows: slips.iter().map(row).collect() };
    Workbook { created: today.to_owned(), ..Workbook::of(sheet) }.to_xlsx().map_err(Error::internal)
}

/// A list to sign for, and one page for each person.
pub fn document(slips: &[Slip], url: &str, place: &str, today: &str) -> Document {
    let mut list = Table {
        columns: [(1.8, Align::Center), (5.0, Align::Left), (6.0, Align::Left), (4.0, Align::Left), (3.0, Align::Left)]
            .map(|(w, a)| TableColumn::new(w, a))
            .to_vec(),
        header: vec![Row::new(["STT", "Họ tên", "Cơ quan", "Tên đăng nhập", "Ký nhận"])],
        ..Table::default()
    };
    for (i, s) in slips.iter().enumerate() {
        list.rows.push(Row::new([(i + 1).to_string(), s.name.clone(), s.agency.clone(), s.login.clone(), String::new()]));
    }
    let mut blocks = vec![
        Block::paragraph("Mỗi người nhận một phiếu kèm theo, ký nhận vào danh sách. Không chụp ảnh, không gửi phiếu qua mạng xã hội."),
        Block::Table(list),
    ];
    for s in slips {
        blocks.push(Block::PageBreak);
        blocks.push(Block::Title { text: "Phiếu tài khoản Lá Chắn".into() });
        let mut t = Table { columns: vec![TableColumn::new(2.0, Align::Left), TableColumn::new(4.0, Align::Left)], ..Table::default() };
        let until = web::fmt::instant(s.until);
        for (label, value) in [
            ("Họ tên", s.name.as_str()),
            ("Cơ quan", &s.agency),
            ("Địa chỉ hệ thống", url),
            ("Tên đăng nhập", &s.login),
            ("Mật khẩu một lần", s.password.reveal()),
            ("Dùng được đến", &until),
        ] {
            t.rows.push(Row::new([Text::plain(label), Text::default().bold(value)]));
        }
        blocks.push(Block::Table(t));
        blocks.push(Block::paragraph(
            "Mở địa chỉ trên, đăng nhập rồi đặt mật khẩu của riêng mình; mật khẩu trên phiếu chỉ dùng cho lần đầu. Giữ kín phiếu, huỷ sau khi đã đổi mật khẩu.",
        ));
    }
    let head = Head {
        agency: "Hệ thống Lá Chắn".into(),
        // left to be written by hand where nobody said it
        place: if place.is_empty() { "……………".to_owned() } else { place.to_owned() },
        date: today.to_owned(),
        kind: "Danh sách".into(),
        subject: "Trao phiếu tài khoản".into(),
        ..Head::default()
    };
    Document { head, blocks, ..Document::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(n: usize) -> Slip {
        Slip {
            name: format!("Người {n}"),
            agency: "Sở Y tế".into(),
            agency_id: None,
            login: format!("nguoi{n}"),
            password: Secret::new(format!("abcde.fghij.kmnpq.{n:05}")),
            until: 1_795_318_920_000_000,
        }
    }

    #[test]
    fn each_form_once_and_only_to_who_asked() {
        keep("job-a", "lan", vec![slip(1)]);
        keep("job-a", "lan", vec![slip(2)]);
        assert_eq!(waiting("job-a", "lan"), Some((2, vec![])));
        assert_eq!(waiting("job-a", "minh"), None);
        assert!(take("job-a", "minh", "xlsx").is_none() && take("job-a", "lan", "txt").is_none());
        assert_eq!(take("job-a", "lan", "xlsx").map(|s| s.len()), Some(2));
        assert!(take("job-a", "lan", "xlsx").is_none(), "once");
        assert!(take("job-a", "lan", "docx").is_some() && take("job-a", "lan", "pdf").is_some());
        assert_eq!(waiting("job-a", "lan"), None, "all given: nothing is kept");
        keep("job-b", "lan", vec![slip(1)]);
        forget("job-b", "minh");
        assert!(waiting("job-b", "lan").is_some());
        forget("job-b", "lan");
        assert!(take("job-b", "lan", "pdf").is_none());
    }

    #[test]
    fn a_page_for_each_person() {
        let all: Vec<Slip> = (0..3).map(slip).collect();
        let d = document(&all, "https://lachan.example", "Sao Mai", "2026-11-22");
        assert_eq!(d.blocks.iter().filter(|b| **b == Block::PageBreak).count(), 3);
        assert!(d.to_docx().is_ok() && d.to_pdf().is_ok());
        let read = documents::read_xlsx(&xlsx(&all, "https://x", "2026-11-22").unwrap(), &documents::ReadOptions::default()).unwrap();
        assert_eq!(read.rows.len(), 3);
        assert_eq!(read.rows[1].cells[4], Cell::Text("abcde.fghij.kmnpq.00001".into()));
    }
}
