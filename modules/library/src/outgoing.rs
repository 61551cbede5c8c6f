//! Documents that go out: drafted by whoever needs one, numbered when they are issued, frozen as files.

use access::{Actor, Verb};
use documents::{Annex, Block, Document, Head, Recipient, Row, Signature, Table, TableColumn};
use registers::actions::{self, Values};
use registers::{Attachment, Data, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};

/// Register of this file.
pub const REGISTER: &str = "outgoing_document";

/// What a draft begins with; everything can be edited until it is issued.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Issuing agency.
    pub agency: String,
    /// After the number's slash.
    pub symbol: String,
    /// Trích yếu.
    pub title: String,
    /// "Kính gửi".
    pub addressees: Vec<String>,
    /// Paragraphs.
    pub content: Vec<String>,
    /// Title and rows, the first one heads; empty = no annex.
    pub annex: Option<(String, Vec<Vec<String>>)>,
    /// Copies: name, what for.
    pub recipients: Vec<(String, String)>,
    /// Title of who signs.
    pub signer_title: String,
    /// Page it comes from.
    pub about: String,
}

fn text(s: &str) -> Data {
    if s.trim().is_empty() { Data::Null } else { Data::Text(s.to_owned()) }
}

/// Cells and lines of a table as one text; the marks that separate them cannot stand within.
fn rows_text(rows: &[Vec<String>]) -> String {
    let cell = |c: &String| c.replace(['|', '\n', '\r'], " ");
    rows.iter().map(|r| r.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect::<Vec<_>>().join("\n")
}

/// Makes a draft. The same draft again (a button pressed twice) is the one that is there.
///
/// # Errors
/// `Forbidden` without the right to make one; `Invalid` for a field.
pub fn draft(tx: &mut Tx, reg: &Registry, actor: &Actor, d: &Draft) -> Result<Record> {
    let (annex_title, annex) = d.annex.as_ref().map_or((String::new(), String::new()), |(t, rows)| (t.clone(), rows_text(rows)));
    let line = |(n, m): &(String, String)| if m.is_empty() { n.clone() } else { format!("{n}|{m}") };
    let values: Values = [
        ("agency", text(&d.agency)),
        ("kind", text("dispatch")),
        ("symbol", text(&d.symbol)),
        ("title", text(&d.title)),
        ("addressees", text(&d.addressees.join("\n"))),
        ("content", text(&d.content.join("\n"))),
        ("annex_title", text(&annex_title)),
        ("annex", text(&annex)),
        ("recipients", text(&d.recipients.iter().map(line).collect::<Vec<_>>().join("\n"))),
        ("signer_title", text(&d.signer_title)),
        ("about", text(&d.about)),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into();
    if let Some(same) = drafted(tx, reg, actor, &values)? {
        return Ok(same);
    }
    actions::create(tx, reg, actor, REGISTER, values, None)
}

/// A draft that says exactly this.
fn drafted(tx: &mut Tx, reg: &Registry, actor: &Actor, values: &Values) -> Result<Option<Record>> {
    let is = |f: &str, v: &str| Filter { field: f.into(), op: Op::Is, values: vec![v.into()] };
    let Some(Data::Text(about)) = values.get("about") else { return Ok(None) };
    let query = Query { filters: vec![is("about", about), is("state", "draft")], limit: Some(50), ..Query::default() };
    let found = actions::list(tx, reg, &actor.may(Verb::Read, REGISTER)?, &query)?.items;
    let empty = |v: &Data| matches!(v, Data::Null) || matches!(v, Data::Text(t) if t.is_empty());
    let same = |r: &Record| values.iter().all(|(f, v)| r.fields.get(f).map_or_else(|| empty(v), |have| have == v));
    Ok(found.into_iter().find(same))
}

/// The number the next document of this agency and symbol gets in a year: one more than the largest given, void ones too.
pub fn next_number(tx: &mut Tx, reg: &Registry, agency: &str, symbol: &str, year: &str) -> Result<i64> {
    let is = |f: &str, v: &str| Filter { field: f.into(), op: Op::Is, values: vec![v.into()] };
    let query = Query {
        filters: vec![is("agency", agency), is("symbol", symbol), is("year", year)],
        sort: Some("-number".into()),
        limit: Some(1),
        as_of: Some("all".into()),
        ..Query::default()
    };
    // numbers are the agency's, whoever of it may see which documents
    let scope = Actor::system("library").may(Verb::Read, REGISTER)?;
    let last = actions::list(tx, reg, &scope, &query)?.items.first().and_then(|r| r.int("number")).unwrap_or(0);
    Ok(last + 1)
}

/// Gives number and day, freezes the files, in one transaction. `version` = what the page showed. Of two who take the same
/// number on two servers the second is told to press again: the key of the register lets nobody have it twice.
///
/// # Errors
/// `Forbidden`, `Conflict`, `Invalid` when text or addressees are missing.
pub fn issue(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, version: i64, place: &str, today: &str) -> Result<Record> {
    // the ledger's head is taken before the number is read: on PostgreSQL two who issue wait here, not at the key
    tx.will_append()?;
    let scope = actor.may(Verb::Read, REGISTER)?;
    let r = actions::get(tx, reg, &scope, id)?;
    let allowed = actions::transitions_for(tx, reg, actor, REGISTER, id)?.iter().any(|t| t.id == "issue");
    if r.version != version || !allowed {
        // says who changed it, or why not
        return actions::transition(tx, reg, actor, REGISTER, id, version, "issue", Values::new(), None);
    }
    if r.text("content").is_none_or(|c| c.trim().is_empty()) {
        return Err(Error::invalid("content", "Văn bản chưa có nội dung. Viết nội dung trước khi lấy số."));
    }
    let (agency, symbol) = (r.text("agency").unwrap_or_default().to_owned(), r.text("symbol").unwrap_or_default().to_owned());
    let year = today.get(..4).unwrap_or_default();
    // whoever writes next waits from here on: the number that is read stays the next one
    tx.will_append()?;
    let number = next_number(tx, reg, &agency, &symbol, year)?;
    let mut d = document(reg, &r, place);
    (d.head.number, d.head.date, d.draft) = (u32::try_from(number).ok(), today.to_owned(), false);
    let name = format!("{number}-{symbol}");
    let mut files = Vec::new();
    for (ending, bytes) in [("docx", d.to_docx()), ("pdf", d.to_pdf())] {
        let bytes = bytes.map_err(Error::internal)?;
        files.push(Attachment::upload(&format!("{name}.{ending}"), bytes).map_err(Error::internal)?);
    }
    let year = year.parse::<i64>().map_err(Error::internal)?;
    let values: Values =
        [("number", Data::Int(number)), ("year", Data::Int(year)), ("issued_on", text(today)), ("file", Data::Files(files))]
            .map(|(k, v)| (k.to_owned(), v))
            .into();
    // the program acting for the person: nobody types a number; the ledger names the person
    let mut program = Actor::system("library");
    program.id.clone_from(&actor.id);
    program.name.clone_from(&actor.name);
    actions::transition(tx, reg, &program, REGISTER, id, version, "issue", values, None)?;
    actions::get(tx, reg, &scope, id)
}

/// The record as a document; a draft is marked as one.
pub fn document(reg: &Registry, r: &Record, place: &str) -> Document {
    let lines =
        |f: &str| r.text(f).unwrap_or_default().lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let copy = |l: String| match l.split_once('|') {
        Some((name, what)) => Recipient::new(name.trim(), what.trim()),
        None => Recipient::new(l, ""),
    };
    // a công văn bears no kind: its subject stands under the number
    let letter = r.text("kind") == Some("dispatch");
    let kind = reg.option("document_kind", r.text("kind").unwrap_or_default()).map_or("", |o| o.label.vi.as_str());
    Document {
        head: Head {
            agency: r.link_title("agency").unwrap_or_default().to_owned(),
            number: r.int("number").and_then(|n| u32::try_from(n).ok()),
            symbol: r.text("symbol").unwrap_or_default().to_owned(),
            place: place.to_owned(),
            date: r.text("issued_on").unwrap_or_default().to_owned(),
            kind: if letter { String::new() } else { kind.to_owned() },
            subject: r.text("title").unwrap_or_default().to_owned(),
            addressees: lines("addressees"),
            ..Head::default()
        },
        blocks: lines("content").into_iter().map(Block::paragraph).collect(),
        recipients: lines("recipients").into_iter().map(copy).collect(),
        archive: "VT".into(),
        signature: Some(Signature {
            title: r.text("signer_title").unwrap_or_default().to_owned(),
            name: r.text("signer").unwrap_or_default().to_owned(),
            ..Signature::default()
        }),
        annexes: annex(r).into_iter().collect(),
        draft: r.state.as_deref() == Some("draft"),
        ..Document::default()
    }
}

fn annex(r: &Record) -> Option<Annex> {
    let mut rows = r.text("annex")?.lines().filter(|l| !l.trim().is_empty()).map(|l| l.split('|').map(str::trim).collect::<Vec<_>>());
    let head = rows.next()?;
    let mut t = Table { header: vec![Row::new(head.clone())], ..Table::default() };
    // a column is as wide as what stands in it, within reason
    let rows: Vec<Vec<&str>> = rows.collect();
    for i in 0..head.len() {
        let longest = rows.iter().chain([&head]).filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(1);
        let width = f32::from(u8::try_from(longest.clamp(4, 60)).unwrap_or(60));
        t.columns.push(TableColumn::new(width, if i == 0 { documents::Align::Center } else { documents::Align::Left }));
    }
    for mut cells in rows {
        cells.resize(head.len(), "");
        t.rows.push(Row::new(cells));
    }
    Some(Annex { title: r.text("annex_title").unwrap_or_default().to_owned(), blocks: vec![Block::Table(t)], ..Annex::default() })
}
