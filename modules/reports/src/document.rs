//! From a report to a `Document` (Decree 30/2020 layout); the only place that knows `documents`.

use documents::{Align, Annex, Block, Document, Figure, Head, Recipient, Row, Signature, Table, TableCell, TableColumn, Text};
use registers::{Record, Registry};
use store::{Error, Result};
use web::{Lang, fmt};

use crate::figures::{Line, said};
use crate::pictures::{self, Picture};
use crate::report::Opened;
use crate::summary::Consolidated;
use crate::template::{Section, Template};

/// Kinds of files a report can be taken away as: ending, media type.
pub const KINDS: [(&str, &str); 3] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// Bytes of a document by the ending of the file.
///
/// # Errors
/// `BadRequest` for another ending.
pub fn write(d: &Document, ending: &str) -> Result<Vec<u8>> {
    let made = match ending {
        "docx" => d.to_docx(),
        "pdf" => d.to_pdf(),
        "xlsx" => d.to_xlsx(),
        _ => return Err(Error::BadRequest(format!("Không ghi được tệp .{ending}. Chọn .docx, .pdf hoặc .xlsx."))),
    };
    made.map_err(|e| match e {
        documents::DocumentError::NoTable => Error::NotFound(
            "Báo cáo này không có bảng số liệu nào (ví dụ: nộp ngoài hệ thống) nên không có .xlsx. Tải .docx hoặc .pdf.".into(),
        ),
        e => Error::internal(e),
    })
}

fn head(t: &Template, campaign: &Record, agency: &str, place: &str, date: &str) -> Head {
    let year = campaign.int("year").unwrap_or(0).to_string();
    let subject = t.document.subject.replace("{year}", &year).replace("{name}", campaign.text("name").unwrap_or_default());
    Head {
        agency: agency.to_owned(),
        symbol: t.document.symbol.clone(),
        place: place.to_owned(),
        date: date.to_owned(),
        kind: t.document.kind.clone(),
        subject,
        ..Head::default()
    }
}

/// What a consolidated report says besides its template.
pub struct Words<'a> {
    /// Sums and live figures.
    pub figures: &'a Consolidated,
    /// The edited text.
    pub text: &'a str,
    /// Name of the province.
    pub place: &'a str,
    /// Who issues it.
    pub issuer: &'a str,
    /// Not frozen yet.
    pub draft: bool,
}

/// The consolidated report.
pub fn summary(reg: &Registry, t: &Template, campaign: &Record, w: &Words<'_>) -> Result<Document> {
    let c = w.figures;
    let mut blocks = vec![Block::paragraph(format!(
        "{}/{} cơ quan phải báo cáo đã nộp, {} cơ quan nộp muộn, {} cơ quan chưa nộp. Số liệu tính đến hết ngày {}, lấy từ các sổ đăng ký; \
         tỷ lệ là tổng trên tổng.",
        c.filed,
        c.obliged,
        c.late,
        c.obliged - c.filed,
        fmt::date(&c.as_of)
    ))];
    for s in t.sections.iter().filter(|s| !s.indicators.is_empty() || s.obligations) {
        blocks.push(Block::heading(1, s.label.vi.as_str()));
        blocks.push(Block::Table(both(reg, s, c)?));
        blocks.extend(pictures::section(reg, s, c, Lang::Vi)?.map(drawn));
        if s.obligations {
            let d = c.obligations;
            blocks.push(Block::paragraph(format!(
                "Nghĩa vụ đến hạn trong năm của các cơ quan đã nộp: {} hoàn thành, {} quá hạn, {} đang thực hiện.",
                fmt::int(d.done),
                fmt::int(d.late),
                fmt::int(d.open)
            )));
        }
    }
    blocks.extend(told(w.text));
    let mut annexes = if c.missing.is_empty() { vec![] } else { vec![missing(c)] };
    if let Some(p) = pictures::filing(c, Lang::Vi) {
        annexes.push(Annex { title: p.caption.clone(), blocks: vec![drawn(p)], ..Annex::default() });
    }
    Ok(Document {
        // the day is written by who signs
        head: head(t, campaign, w.issuer, w.place, c.as_of.get(..4).unwrap_or_default()),
        blocks,
        recipients: t
            .document
            .recipients
            .iter()
            .map(|r| r.split_once('|').map_or_else(|| Recipient::new(r, ""), |(n, m)| Recipient::new(n, m)))
            .collect(),
        archive: t.document.archive.clone(),
        signature: Some(Signature { title: t.document.signer.clone(), ..Signature::default() }),
        annexes,
        draft: w.draft,
        ..Document::default()
    })
}

/// The report of one agency.
pub fn single(reg: &Registry, o: &Opened, place: &str) -> Result<Document> {
    let agency = o.report.link_title("agency").unwrap_or_default();
    let mut blocks = Vec::new();
    let as_of = o.figures.as_ref().map_or_else(String::new, |f| f.as_of.clone());
    for s in &o.template.sections {
        blocks.push(Block::heading(1, s.label.vi.as_str()));
        if let Some(f) = o.figures.as_ref().filter(|_| !s.indicators.is_empty()) {
            let mut table = table(&["Nội dung", "Kết quả", "Đánh giá"], &[6.0, 3.0, 2.0], &s.label.vi);
            for l in f.lines.iter().filter(|l| s.indicators.contains(&l.id)) {
                let w = said(reg, l, &as_of, Lang::Vi)?;
                table.rows.push(Row::new([w.label.as_str(), &w.words, w.verdict.vi]));
            }
            blocks.push(Block::Table(table));
        }
        if let (true, Some(d)) = (s.obligations, o.figures.as_ref().and_then(|f| f.obligations)) {
            blocks.push(Block::paragraph(format!("Nghĩa vụ: {} hoàn thành, {} quá hạn, {} đang thực hiện.", d.done, d.late, d.open)));
        }
        for n in &s.narratives {
            blocks.push(Block::heading(2, n.label.vi.as_str()));
            let words = o.words.get(&n.id).map_or("", String::as_str);
            blocks.extend(words.lines().filter(|l| !l.trim().is_empty()).map(Block::paragraph));
        }
    }
    let date = o.versions.first().filter(|_| o.filed()).and_then(|v| v.text("filed_on")).unwrap_or(&as_of).to_owned();
    Ok(Document {
        head: Head { symbol: "BC".into(), ..head(o.template, &o.campaign, agency, place, &date) },
        blocks,
        recipients: vec![Recipient::new(o.campaign.link_title("receiver").unwrap_or("Công an tỉnh"), "để b/c")],
        archive: "VT".into(),
        signature: Some(Signature { title: "Thủ trưởng cơ quan".into(), ..Signature::default() }),
        draft: !o.filed(),
        ..Document::default()
    })
}

fn table(heads: &[&str], widths: &[f32], caption: &str) -> Table {
    Table {
        caption: Text::plain(caption),
        columns: widths.iter().enumerate().map(|(i, w)| TableColumn::new(*w, if i == 0 { Align::Left } else { Align::Right })).collect(),
        header: vec![Row::new(heads.iter().copied())],
        ..Table::default()
    }
}

/// As wide as the text of a standing page.
fn drawn(p: Picture) -> Block {
    Block::Figure(Figure { svg: p.svg, alt: p.caption.clone(), caption: Text::plain(&p.caption), width: 160.0 })
}

/// Filed and live side by side.
fn both(reg: &Registry, s: &Section, c: &Consolidated) -> Result<Table> {
    let mut t = table(&["Nội dung", "Theo báo cáo đã nộp", "Toàn tỉnh theo sổ", "Đánh giá"], &[6.0, 3.0, 3.0, 2.0], &s.label.vi);
    for id in &s.indicators {
        let live = c.live.iter().find(|l| l.id == *id);
        let sum = c.sums.iter().find(|l| l.id == *id);
        let Some(named) = live.or(sum) else { continue };
        let words = |l: Option<&Line>| l.map_or(Ok("–".to_owned()), |l| said(reg, l, &c.as_of, Lang::Vi).map(|w| w.words));
        let w = said(reg, named, &c.as_of, Lang::Vi)?;
        t.rows.push(Row::new([
            TableCell::from(w.label.as_str()),
            words(sum)?.as_str().into(),
            words(live)?.as_str().into(),
            w.verdict.vi.into(),
        ]));
    }
    Ok(t)
}

/// Lines that begin with `#` are headings.
fn told(words: &str) -> Vec<Block> {
    words
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| l.strip_prefix('#').map_or_else(|| Block::paragraph(l), |h| Block::heading(1, h.trim())))
        .collect()
}

fn missing(c: &Consolidated) -> Annex {
    let mut t = table(&["STT", "Cơ quan"], &[1.0, 9.0], "");
    t.columns = vec![TableColumn::new(1.0, Align::Center), TableColumn::new(9.0, Align::Left)];
    for (i, name) in c.missing.iter().enumerate() {
        t.rows.push(Row::new([(i + 1).to_string().as_str(), name]));
    }
    Annex { title: "Cơ quan chưa nộp báo cáo".into(), blocks: vec![Block::Table(t)], ..Annex::default() }
}
