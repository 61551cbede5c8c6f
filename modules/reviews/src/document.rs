//! From a review to a `Document` (Decree 30/2020 layout); the only place that knows `documents`.

use charts::{Row as Bar, Share, ranking};
use documents::{Align, Block, Document, Figure, Head, Recipient, Row, Signature, Table, TableColumn, Text};
use registers::Registry;
use serde::Deserialize;
use store::{Error, Result};
use web::fmt;

use crate::figures::{Part, Snapshot};
use crate::review::{Opened, WORDS};

/// Kinds of files a review can be taken away as: ending, media type.
pub const KINDS: [(&str, &str); 3] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// `templates/review.toml`.
#[derive(Debug, Deserialize)]
struct Template {
    kind: String,
    symbol: String,
    subject: String,
    opening: String,
    compared: String,
    recipients: Vec<String>,
    archive: String,
    signer: String,
    headings: Headings,
}

#[derive(Debug, Deserialize)]
struct Headings {
    targets: String,
    tasks: String,
}

fn template() -> Result<Template> {
    toml::from_str(include_str!("../templates/review.toml")).map_err(Error::internal)
}

/// Bytes of the document by the ending of the file.
///
/// # Errors
/// `BadRequest` for another ending.
pub fn write(d: &Document, ending: &str) -> Result<Vec<u8>> {
    match ending {
        "docx" => d.to_docx(),
        "pdf" => d.to_pdf(),
        "xlsx" => d.to_xlsx(),
        _ => return Err(Error::BadRequest(format!("Không ghi được tệp .{ending}. Chọn .docx, .pdf hoặc .xlsx."))),
    }
    .map_err(Error::internal)
}

/// The document of a review; a draft says that it is one.
///
/// # Errors
/// `Internal` for a template that cannot be read.
pub fn of(reg: &Registry, o: &Opened, place: &str) -> Result<Document> {
    let (t, s) = (template()?, &o.figures);
    let compared = s.baseline_on.as_deref().map_or_else(String::new, |d| t.compared.replace("{baseline}", &fmt::date(d)));
    let opening = t.opening.replace("{as_of}", &fmt::date(&s.as_of)).replace("{compared}", &compared);
    let mut blocks = vec![Block::paragraph(opening.trim()), Block::heading(1, t.headings.targets.as_str())];
    blocks.push(Block::Table(targets(s, &t.headings.targets)));
    blocks.extend(
        picture(s).map(|(svg, caption)| Block::Figure(Figure { svg, alt: caption.clone(), caption: Text::plain(&caption), width: 160.0 })),
    );
    blocks.push(Block::heading(1, t.headings.tasks.as_str()));
    blocks.push(Block::Table(tasks(s, &t.headings.tasks)));
    let label = |id: &str| {
        let field = reg.registers.get("plan_review").and_then(|d| d.fields.iter().find(|f| f.id == id));
        field.map_or_else(|| id.to_owned(), |f| f.label.vi.clone())
    };
    for id in WORDS {
        if let Some(words) = o.review.text(id) {
            blocks.push(Block::heading(1, label(id)));
            blocks.extend(words.lines().map(str::trim).filter(|l| !l.is_empty()).map(Block::paragraph));
        }
    }
    let kind = reg.option("plan_review_kind", o.review.text("kind").unwrap_or_default()).map_or_else(String::new, |k| k.label.vi.clone());
    let plan = o.plan.text("number").or(o.plan.text("title")).unwrap_or_default();
    Ok(Document {
        head: Head {
            agency: o.plan.link_title("issuer").unwrap_or_default().to_owned(),
            symbol: t.symbol,
            place: place.to_owned(),
            date: o.review.text("frozen_on").unwrap_or(&s.as_of).to_owned(),
            kind: t.kind,
            subject: t.subject.replace("{review}", &kind).replace("{plan}", plan),
            ..Head::default()
        },
        blocks,
        recipients: t
            .recipients
            .iter()
            .map(|r| r.split_once('|').map_or_else(|| Recipient::new(r, ""), |(n, m)| Recipient::new(n, m)))
            .collect(),
        archive: t.archive,
        signature: Some(Signature { title: t.signer, ..Signature::default() }),
        draft: !o.frozen(),
        ..Document::default()
    })
}

fn table(heads: &[&str], widths: &[f32], caption: &str) -> Table {
    let align = |i: usize| if i == 0 { Align::Left } else { Align::Right };
    Table {
        caption: Text::plain(caption),
        columns: widths.iter().enumerate().map(|(i, w)| TableColumn::new(*w, align(i))).collect(),
        header: vec![Row::new(heads.iter().copied())],
        ..Table::default()
    }
}

fn words(p: Option<&Part>) -> String {
    p.map_or_else(|| "–".to_owned(), |p| p.words.clone())
}

fn targets(s: &Snapshot, caption: &str) -> Table {
    let mut t = table(&["Chỉ tiêu", "Mục tiêu", "Trước đó", "Kết quả", "Đánh giá"], &[5.0, 1.9, 3.5, 3.5, 1.9], caption);
    for f in &s.targets {
        let verdict = f.now.as_ref().map_or("Chưa gắn chỉ số", |p| targets::verdict_words(p.verdict()).vi);
        t.rows.push(Row::new([f.content.as_str(), &f.goal, &words(f.before.as_ref()), &words(f.now.as_ref()), verdict]));
    }
    t
}

fn tasks(s: &Snapshot, caption: &str) -> Table {
    let mut t =
        table(&["Nhiệm vụ", "Nghĩa vụ", "Đúng hạn", "Muộn", "Quá hạn", "Đang làm", "Chờ"], &[6.0, 1.5, 1.5, 1.3, 1.5, 1.5, 1.3], caption);
    for f in &s.tasks {
        let name = f.no.as_ref().map_or_else(|| f.content.clone(), |no| format!("{no}. {}", f.content));
        let n = [f.all(), f.done, f.done_late, f.overdue, f.open, f.waiting].map(fmt::int);
        let mut cells = vec![name.as_str()];
        cells.extend(n.iter().map(String::as_str));
        t.rows.push(Row::new(cells));
    }
    t
}

/// Shares of the targets: met, not met, no data.
pub fn picture(s: &Snapshot) -> Option<(String, String)> {
    let rows: Vec<Bar> = s
        .targets
        .iter()
        .filter_map(|f| Some((f, f.now.as_ref().filter(|p| p.share && p.met + p.unmet + p.unknown > 0)?)))
        .map(|(f, p)| Bar {
            label: f.content.clone(),
            share: Share { met: p.met, unmet: p.unmet, nodata: p.unknown, goal: None },
            figure: match fmt::percent(p.met, p.met + p.unmet + p.unknown) {
                Some(share) if p.met + p.unmet > 0 => share,
                // nothing is known of anybody: 0 % would be an answer
                _ => "–".to_owned(),
            },
        })
        .collect();
    let caption = "Chỉ tiêu: đạt, chưa đạt, chưa có dữ liệu (gạch chéo)".to_owned();
    (!rows.is_empty()).then(|| (ranking(&rows, &caption), caption))
}
