//! From the sums of a year to a `Document` (Decree 30/2020 layout); the only place that knows `documents`' blocks.

use documents::{Align, Block, Document, Head, Recipient, Row, Signature, Table, TableColumn, Text};
use serde::Deserialize;
use store::{Error, Result};
use web::fmt;

use crate::sums::{Line, Sum, Year};

/// Kinds of files: ending, media type.
pub const KINDS: [(&str, &str); 3] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

#[derive(Debug, Deserialize)]
struct Template {
    kind: String,
    symbol: String,
    subject: String,
    opening: String,
    recipients: Vec<String>,
    archive: String,
    signer: String,
    headings: Headings,
}

#[derive(Debug, Deserialize)]
struct Headings {
    tasks: String,
    sources: String,
    agencies: String,
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
        _ => return Err(Error::BadRequest(format!("Không ghi được tệp .{ending}. Chọn docx, pdf hoặc xlsx."))),
    }
    .map_err(Error::internal)
}

/// The consolidated estimate of a year. `agency` signs it.
///
/// # Errors
/// `Internal` for a template that cannot be read.
pub fn of(y: &Year, agency: &str, place: &str, today: &str) -> Result<Document> {
    let t: Template = toml::from_str(include_str!("../templates/estimates.toml")).map_err(Error::internal)?;
    let opening = t
        .opening
        .replace("{n}", &fmt::int(y.total.proposals))
        .replace("{agencies}", &y.agencies.len().to_string())
        .replace("{asked}", &fmt::money(y.total.asked))
        .replace("{approved}", &fmt::money(y.total.approved))
        .replace("{disbursed}", &fmt::money(y.total.disbursed))
        .replace("{today}", &fmt::date(today));
    let mut blocks = vec![Block::paragraph(opening)];
    for (head, lines) in [(&t.headings.tasks, &y.tasks), (&t.headings.sources, &y.sources), (&t.headings.agencies, &y.agencies)] {
        blocks.push(Block::heading(1, head.as_str()));
        blocks.push(Block::Table(table(head, lines, y.total)));
    }
    Ok(Document {
        head: Head {
            agency: agency.to_owned(),
            symbol: t.symbol,
            place: place.to_owned(),
            date: today.to_owned(),
            kind: t.kind,
            subject: t.subject.replace("{year}", &y.year.to_string()),
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
        draft: true,
        ..Document::default()
    })
}

fn table(caption: &str, lines: &[Line], total: Sum) -> Table {
    let widths = [("Nội dung", 6.2), ("Đề xuất", 1.4), ("Số đề xuất (đồng)", 3.0), ("Được duyệt (đồng)", 3.0), ("Giải ngân (đồng)", 2.6)];
    let mut t = Table {
        caption: Text::plain(caption),
        columns: widths.iter().enumerate().map(|(i, w)| TableColumn::new(w.1, if i == 0 { Align::Left } else { Align::Right })).collect(),
        header: vec![Row::new(widths.map(|w| w.0))],
        ..Table::default()
    };
    let row =
        |name: &str, s: Sum| Row::new([name, &fmt::int(s.proposals), &fmt::int(s.asked), &fmt::int(s.approved), &fmt::int(s.disbursed)]);
    t.rows.extend(lines.iter().map(|l| row(if l.id.is_empty() { "Việc ngoài kế hoạch" } else { &l.name }, l.sum)));
    t.rows.push(row("Cộng", total));
    t
}
