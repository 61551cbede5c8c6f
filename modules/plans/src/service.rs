//! What page, API and command share: read a document, keep the reading, guess the actors, suggest indicators.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Subtree, Verb};
use plan_reader::Reading;
use registers::Registry;
use sha2::{Digest, Sha256};
use store::{Error, Result, Tx};

use crate::actors::Directory;
use crate::draft::{self, Draft, Head, Who};
use crate::same::{self, Same};

/// Largest file taken.
pub const MAX_BYTES: usize = 20 << 20;

/// Reads a document outside any transaction; errors are sentences for the person who chose the file.
pub fn read_document(bytes: &[u8], file_name: &str) -> Result<Reading> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::invalid(
            "file",
            format!("Tệp lớn hơn {} MB. Bỏ bớt ảnh trong tệp hoặc tách phụ lục rồi tải lại.", MAX_BYTES >> 20),
        ));
    }
    plan_reader::read_full(bytes, file_name).map_err(|e| Error::invalid("file", e.to_string()))
}

/// SHA-256 of the bytes, hex: the same file is the same plan.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Makes a draft of a reading: actors that match by name, the period, the issuer.
pub fn draft(tx: &mut Tx, reg: &Registry, actor: &Actor, reading: Reading, today: &str) -> Result<Draft> {
    let (starts_on, ends_on) = draft::period(&reading.plan);
    let day = reading.plan.date.clone().unwrap_or_else(|| today.to_owned());
    // names are those of agencies that exist now; a plan of 2022 is matched against its own day first
    let (then, now) = (Directory::load(tx, reg, actor, &day)?, Directory::load(tx, reg, actor, today)?);
    let issuer = reading.plan.issuer.as_deref().and_then(|i| then.find(i).or_else(|| now.find(i)));
    let issuer = match issuer {
        Some(Who::Agency(id)) => Some(id),
        _ => None,
    };
    let level = level_of(reading.plan.issuer.as_deref().unwrap_or_default());
    let parent = parent_of(tx, reg, actor, &reading.plan, issuer.as_deref())?;
    let head = Head { issuer, level: level.to_owned(), starts_on, ends_on, parent };
    let dropped = draft::frequencies(&reading.plan).map(|(i, v)| format!("value/{i}.{v}")).collect();
    let mut d =
        Draft { reading, head, actors: BTreeMap::new(), learned: vec![], indicators: BTreeMap::new(), dropped, seen: BTreeSet::new() };
    for name in d.names() {
        if let Some(who) = now.find(&name).or_else(|| then.find(&name)) {
            d.actors.insert(name, who);
        }
    }
    Ok(d)
}

/// The plan among the legal bases that is known here, of another issuer: the one this plan carries out. Of several the first.
fn parent_of(tx: &mut Tx, reg: &Registry, actor: &Actor, p: &plan_reader::Plan, issuer: Option<&str>) -> Result<Option<String>> {
    let bases: Vec<(String, &str)> =
        p.legal_bases.iter().filter_map(|b| Some((text::search_key(b.number.as_deref()?), b.date.as_deref()?))).collect();
    if bases.is_empty() {
        return Ok(None);
    }
    let mut known = crate::all(tx, reg, actor, "plan", None)?;
    known.retain(|k| k.text("issuer") != issuer);
    let same = |k: &registers::Record, (number, date): &(String, &str)| {
        k.text("number").map(text::search_key).as_deref() == Some(number) && k.text("issued_on") == Some(date)
    };
    Ok(bases.iter().find_map(|b| known.iter().find(|k| same(k, b))).map(|k| k.id.clone()))
}

fn level_of(issuer: &str) -> &'static str {
    let folded = text::fold(issuer);
    match folded.as_str() {
        f if f.contains(" xa") || f.contains(" phuong") => "commune",
        f if f.contains(" huyen") || f.contains(" thi xa") => "district",
        f if f.starts_with("so ") || f.starts_with("ban ") => "agency",
        f if f.contains("chinh phu") || f.starts_with("bo ") => "national",
        _ => "province",
    }
}

/// Keeps an uploaded document as a draft; its id. The same waiting file gives the same draft.
pub fn upload(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    reading: Reading,
    bytes: Vec<u8>,
    file_name: &str,
    today: &str,
) -> Result<String> {
    actor.may(Verb::Create, "plan")?;
    let d = draft(tx, reg, actor, reading, today)?;
    let body = serde_json::to_string(&d).map_err(Error::internal)?;
    let hash = hash(&bytes);
    crate::store::insert(tx, &actor.id, file_name, &hash, bytes, body)
}

/// A kept draft and its row.
pub fn load(tx: &mut Tx, actor: &Actor, id: &str) -> Result<(crate::store::DraftRow, Draft)> {
    actor.may(Verb::Create, "plan")?;
    let row = crate::store::get(tx, id)?;
    let d: Draft = serde_json::from_str(&row.body).map_err(Error::internal)?;
    if sees(tx, actor, &row, d.head.issuer.as_deref())? { Ok((row, d)) } else { Err(crate::store::none()) }
}

/// A reading is seen by who uploaded it, by who makes plans for the whole instance, and by who does for the agency that issues it.
fn sees(tx: &mut Tx, actor: &Actor, row: &crate::store::DraftRow, issuer: Option<&str>) -> Result<bool> {
    let scope = actor.may(Verb::Create, "plan")?;
    if row.account == actor.id || *scope.subtree() == Subtree::All {
        return Ok(true);
    }
    let path = match issuer {
        Some(issuer) => web::agency_path(tx, issuer)?,
        None => None,
    };
    Ok(path.is_some_and(|p| scope.covers(&p)))
}

/// Readings that wait for this person.
pub fn waiting(tx: &mut Tx, actor: &Actor) -> Result<Vec<crate::store::DraftRow>> {
    let mut all = Vec::new();
    for row in crate::store::waiting(tx)? {
        let d: Draft = serde_json::from_str(&row.body).map_err(Error::internal)?;
        if sees(tx, actor, &row, d.head.issuer.as_deref())? {
            all.push(row);
        }
    }
    Ok(all)
}

/// Throws a waiting reading away.
pub fn discard(tx: &mut Tx, actor: &Actor, id: &str) -> Result<()> {
    let (row, _) = load(tx, actor, id)?;
    crate::store::discard(tx, &row, &actor.id)
}

/// Saves a corrected draft.
pub fn save(tx: &mut Tx, actor: &Actor, id: &str, version: i64, d: &Draft) -> Result<()> {
    actor.may(Verb::Create, "plan")?;
    crate::store::update(tx, id, version, serde_json::to_string(d).map_err(Error::internal)?)
}

/// Saves a draft that was loaded in the same transaction; one that is as it was stays untouched (a second press changes nothing).
pub fn save_if_changed(tx: &mut Tx, actor: &Actor, row: &crate::store::DraftRow, d: &Draft) -> Result<()> {
    actor.may(Verb::Create, "plan")?;
    let body = serde_json::to_string(d).map_err(Error::internal)?;
    if body == row.body { Ok(()) } else { crate::store::update(tx, &row.id, row.version, body) }
}

/// What the caller of an acceptance says.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Version of the draft the person looked at (`None`: just made by the same caller).
    pub seen: Option<i64>,
    /// What they say of a plan that looks like it.
    pub same: Option<Same>,
    /// Accepted although something is open.
    pub anyway: bool,
}

fn named(a: &same::Alike) -> String {
    let share = a.percent().map(|p| format!(", giống {p} số dòng")).unwrap_or_default();
    format!("«{}» ({}{share})", a.plan.title, a.plan.id)
}

/// Accepts a kept draft: everything or nothing. Every door has the same gate.
///
/// # Errors
/// `Conflict` when somebody changed the draft since, when it was accepted, or when a plan looks like it and nothing is said.
/// `Invalid` with all that is open, when something is and `anyway` was not said.
pub fn accept_draft(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, said: &Said, today: &str) -> Result<crate::Accepted> {
    let (row, mut d) = load(tx, actor, id)?;
    if let Some(plan) = row.plan {
        return Err(Error::Conflict(format!("Bản đọc này đã được chấp nhận (kế hoạch {plan}).")));
    }
    if said.seen.is_some_and(|v| v != row.version) {
        return Err(Error::Conflict(crate::store::MEANWHILE.into()));
    }
    let alike = same::look_alikes(tx, reg, actor, &d)?;
    let one_of = |id: &String| alike.iter().any(|a| a.plan.id == *id);
    match &said.same {
        Some(Same::Signed(old) | Same::Replaces(old)) if !one_of(old) => {
            return Err(Error::invalid("same", "Kế hoạch đã chọn không còn giống bản đọc này. Mở lại trang chấp nhận và chọn lại."));
        }
        None if !alike.is_empty() => {
            let names: Vec<String> = alike.iter().map(named).collect();
            return Err(Error::Conflict(format!(
                "Có vẻ kế hoạch này đã được nhập: {}. Chọn: bản đã ký của kế hoạch đó (same = signed:MÃ), thay thế nó (replaces:MÃ), hay kế hoạch khác (other).",
                names.join("; ")
            )));
        }
        _ => {}
    }
    // of a signed copy only number and day are taken
    if let Some(Same::Signed(plan)) = &said.same {
        let obligations = same::sign(tx, reg, actor, &d, plan, today)?;
        crate::store::accepted(tx, &row, plan)?;
        return Ok(crate::Accepted { plan: plan.clone(), signed: true, obligations, ..crate::Accepted::default() });
    }
    // what is open is said with what no "all the same" helps against, in one list
    let mut open = d.open_list();
    let (_, empty) = crate::gate::of_draft(tx, reg, actor, &d, today)?;
    open.extend(empty.into_iter().map(|name| store::FieldError {
        field: "groups".into(),
        message: format!("Nhóm «{name}» được giao chủ trì nhưng trong sổ chưa có cơ quan nào thuộc nhóm."),
    }));
    d.leave_for_later();
    let mut wrong = match crate::accept::refuse(&d) {
        Err(Error::Invalid(list)) => list,
        other => other.map(|()| vec![])?,
    };
    if !said.anyway {
        wrong.extend(open);
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let made = crate::accept::accept(tx, reg, actor, &d, &row.hash, today)?;
    if let Some(Same::Replaces(old)) = &said.same {
        same::replace(tx, reg, actor, old, &made.plan)?;
    }
    crate::store::accepted(tx, &row, &made.plan)?;
    Ok(made)
}
