//! An inspection is the inspecting agency's own until it is announced. Only then a visit is made for each inspected agency:
//! before, no record of theirs exists, so no door (list, count, search, export, history, notice) can show one.

use access::{Actor, Verb};
use registers::{Query, Record, Registry, actions};
use store::{Result, Tx};
use web::{Cx, Event, WorkItem, fmt};
use work::Message;

use crate::reach::{People, Told};
use crate::{all_where, is, one, text, values};

/// News of this part.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("following.inspection");
    match (event.register.as_str(), event.kind.as_str()) {
        // agencies may be added after it was announced
        ("inspection", "transition:announce" | "update") => announce(tx, cx.registry, &system, &event.record).map(drop),
        _ => Ok(()),
    }
}

/// Makes the visits that an announced inspection lacks and tells the agencies. Safe at any time. How many were made.
///
/// # Errors
/// Those of the actions.
pub fn announce(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<usize> {
    let i = one(tx, reg, actor, "inspection", id)?;
    if i.deleted || i.state.as_deref() != Some("announced") {
        return Ok(0);
    }
    let have = all_where(tx, reg, actor, "inspection_visit", vec![is("inspection", id)])?;
    let missing: Vec<&String> =
        i.links("inspected").iter().filter(|a| !have.iter().any(|v| v.text("agency") == Some(a.as_str()))).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let people = People::of(tx)?;
    for agency in &missing {
        let visit = visit(tx, reg, actor, &i, agency)?;
        tell(tx, reg, &people, &visit)?;
    }
    Ok(missing.len())
}

fn visit(tx: &mut Tx, reg: &Registry, actor: &Actor, i: &Record, agency: &str) -> Result<Record> {
    let of = |f: &str| text(i.text(f).unwrap_or_default());
    let v = values([
        ("agency", text(agency)),
        ("inspection", text(&i.id)),
        ("topic", of("topic")),
        ("kind", of("kind")),
        ("starts_on", of("starts_on")),
        ("decision", of("decision")),
        ("checklist", of("checklist")),
    ]);
    actions::create(tx, reg, actor, "inspection_visit", v, None)
}

fn tell(tx: &mut Tx, reg: &Registry, people: &People, visit: &Record) -> Result<()> {
    let day = fmt::date(visit.text("starts_on").unwrap_or_default());
    let subject = format!("Kiểm tra an ninh mạng tại cơ quan ngày {day}");
    let body = format!(
        "Quyết định số {}: kiểm tra về “{}” từ ngày {day}. Nội dung phải xem ở trang “Kiểm tra tại cơ quan”.",
        visit.text("decision").unwrap_or_default(),
        visit.text("topic").unwrap_or_default()
    );
    let (event, link) = (format!("inspection:{}", visit.id), format!("/r/inspection_visit/{}", visit.id));
    let m = Message { event: &event, template: "inspection", subject: &subject, body: &body, link: Some(&link), needs_ack: true };
    people.tell(tx, reg, visit.text("agency").unwrap_or_default(), &m, &mut Told::default())
}

/// Most lines of this part on the home page.
const MOST: u32 = 5;

/// What the reader's agency must mend, and what waits to be checked again by the standing agency.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    if actor.may(Verb::Transition, "inspection_finding").is_err() {
        return Ok(vec![]);
    }
    let standing = actor.may(Verb::Create, "inspection_finding").is_ok();
    let mut filters = vec![is("state", if standing { "fixed" } else { "open" })];
    if let (false, Some(agency)) = (standing, &actor.agency) {
        filters.push(is("agency", agency));
    }
    let query = Query { filters, sort: Some("due_on".into()), limit: Some(MOST), uncounted: true, ..Query::default() };
    let scope = actor.may(Verb::Read, "inspection_finding")?;
    let found = actions::list(tx, cx.registry, &scope, &query)?.items;
    Ok(found.iter().map(|f| item(cx, f, standing)).collect())
}

fn item(cx: &Cx<'_>, f: &Record, standing: bool) -> WorkItem {
    let lang = cx.lang;
    let due = f.text("due_on").unwrap_or_default();
    let why = if standing {
        lang.t("Cơ quan báo đã khắc phục, chờ kiểm tra lại", "Reported mended, to be checked again")
    } else {
        lang.t("Tồn tại khi kiểm tra, phải khắc phục", "Found by an inspection, to be mended")
    };
    WorkItem {
        due: Some(due.to_owned()),
        title: f.title.clone(),
        reason: format!("{why} · {} {}", lang.t("hạn", "due"), fmt::date(due)),
        href: format!("/r/inspection_finding/{}", f.id),
        ..WorkItem::default()
    }
}
