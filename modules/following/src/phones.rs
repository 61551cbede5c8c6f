//! The list of contact points to print for when mail is down. Phones and addresses are masked; in clear only with a reason that the
//! ledger keeps, record by record.

use access::{Actor, Verb};
use documents::{Align, Annex, Block, Document, Head, Row, Table, TableColumn};
use registers::{Query, Record, Registry, actions};
use store::{Error, Result, Tx};
use web::{Lang, fmt};

use crate::every;

/// Contact points of a day in the actor's scope, by agency.
///
/// # Errors
/// Those of reading.
pub fn list(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str) -> Result<Vec<Record>> {
    let mut all = every(tx, reg, actor, "contact_point", Query { as_of: Some(today.to_owned()), ..Query::default() })?;
    all.sort_by_key(|c| text::sort_key(c.link_title("agency").unwrap_or_default()));
    Ok(all)
}

/// The same with phones and addresses in clear; each record gets a leaf with the reason.
///
/// # Errors
/// `Forbidden` without the right to unmask, `Invalid` without a reason.
pub fn clear(tx: &mut Tx, reg: &Registry, actor: &Actor, today: &str, reason: &str) -> Result<Vec<Record>> {
    actor.may(Verb::Unmask, "contact_point")?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Ghi lý do in danh bạ có số điện thoại; lý do được lưu vào sổ cái."));
    }
    let all = list(tx, reg, actor, today)?;
    all.iter().map(|c| actions::unmask(tx, reg, actor, "contact_point", &c.id, reason)).collect()
}

/// Cells of a row after its number.
pub fn cells(reg: &Registry, c: &Record, lang: Lang) -> [String; 7] {
    let t = |f: &str| c.text(f).unwrap_or_default().to_owned();
    let title = |f: &str| c.link_title(f).unwrap_or_default().to_owned();
    let channel = reg.option("contact_channel", c.text("channel").unwrap_or_default()).map_or("", |o| lang.label(&o.label));
    [title("agency"), title("person"), t("unit"), t("phone"), t("email"), channel.to_owned(), t("hours")]
}

/// Headings of [`cells`].
pub fn headings(lang: Lang) -> [&'static str; 7] {
    [
        lang.t("Cơ quan", "Agency"),
        lang.t("Người phụ trách", "Person"),
        lang.t("Bộ phận", "Unit"),
        lang.t("Điện thoại", "Phone"),
        lang.t("Thư điện tử", "E-mail"),
        lang.t("Kênh ưu tiên", "Channel"),
        lang.t("Giờ trực", "Hours"),
    ]
}

/// As a document to print, across the page.
pub fn document(reg: &Registry, all: &[Record], agency: &str, place: &str, today: &str) -> Document {
    let mut head = vec!["STT"];
    head.extend(headings(Lang::Vi));
    let widths = [5.0, 26.0, 20.0, 16.0, 15.0, 22.0, 12.0, 12.0];
    let columns = widths.iter().enumerate().map(|(i, w)| TableColumn::new(*w, if i == 0 { Align::Center } else { Align::Left })).collect();
    let mut t = Table { header: vec![Row::new(head)], columns, ..Table::default() };
    for (i, c) in all.iter().enumerate() {
        let mut row = vec![(i + 1).to_string()];
        row.extend(cells(reg, c, Lang::Vi));
        t.rows.push(Row::new(row));
    }
    let title = format!("Đầu mối an ninh mạng các cơ quan, ngày {}", fmt::date(today));
    Document {
        head: Head {
            agency: agency.to_owned(),
            place: place.to_owned(),
            date: today.to_owned(),
            kind: "DANH BẠ".into(),
            subject: title.clone(),
            ..Head::default()
        },
        blocks: vec![Block::paragraph(
            "Danh bạ dùng khi thư điện tử và mạng không hoạt động; ai giữ bản in thì bảo quản như tài liệu nội bộ.",
        )],
        annexes: vec![Annex { title, blocks: vec![Block::Table(t)], landscape: true }],
        ..Document::default()
    }
}
