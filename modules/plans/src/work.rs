//! Obligations as work: menu number, home page, news, daily expansion.

use ::store::{Error, Result, Tx};
use access::{Actor, Verb};
use registers::{Filter, Op, Query, Record, actions};
use web::maud::{Markup, html};
use web::{Cx, Event, L, Lang, MenuCount, WorkItem};

use crate::expand::Round;
use crate::owed::{self, Ask, Owed};
use crate::settle;
use crate::state::{State, Want};
use crate::{handover, occasions, store, unclear};

/// Number beside the menu line: what is open, as the board it leads to counts it, and how much of it is late. Indexed counts.
pub fn count(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<MenuCount>> {
    let mut n = |want| owed::count(tx, cx.registry, actor, cx.today, &Ask::of(want));
    Ok(Some(MenuCount { n: n(Want::Open)?, late: n(Want::One(State::Overdue))?, what: L("việc đang mở", "open") }))
}

/// Most lines this module puts on the home page; the board has the rest.
const MOST_HOME: usize = 12;

/// What the reader's own agency owes (heads: what waits for them), and for who keeps the plans the names nobody has explained.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let mut all = owed_lines(cx, tx, actor)?;
    all.extend(name_lines(cx, tx, actor)?);
    Ok(all)
}

/// Plans that are spelled out; more are one more press away, on each plan's page.
const MOST_PLANS: usize = 3;

fn name_lines(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let lang = cx.lang;
    let mut lines = Vec::new();
    for (plan, title) in unclear::waiting(tx, cx.registry, actor)?.into_iter().take(MOST_PLANS) {
        let n = unclear::names(tx, cx.registry, actor, &plan, cx.today)?.len();
        lines.push(WorkItem {
            title: match lang {
                Lang::Vi => format!("Còn {n} tên chưa rõ là cơ quan nào trong kế hoạch"),
                Lang::En => format!("{} in a plan", lang.n(n, "", "unknown name", "unknown names")),
            },
            reason: title,
            action: lang.t("Chọn cơ quan", "Choose").to_owned(),
            href: format!("/plans/{plan}/names"),
            tone: Some(web::Tone::Soon),
            ..WorkItem::default()
        });
    }
    Ok(lines)
}

fn owed_lines(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let Some(agency) = actor.agency.clone() else { return Ok(vec![]) };
    if actor.may(Verb::Read, "obligation").is_err() {
        return Ok(vec![]);
    }
    let approves = actor.grants().iter().any(|g| matches!(g.role.as_str(), "head" | "standing_head"));
    let mut items: Vec<Owed> = Vec::new();
    let add = |tx: &mut Tx, items: &mut Vec<Owed>, want: Want| -> Result<()> {
        let ask = Ask { want, agency: Some(agency.clone()), ..Ask::default() };
        let mut query = Query { limit: Some(2 * MOST_HOME as u32), sort: Some("due_on".into()), uncounted: true, ..ask.query(cx.today) };
        // what waits for a decision waits with or without a deadline
        if want != Want::One(State::WaitingApproval) {
            query.filters.push(Filter { field: "due_on".into(), op: Op::Filled, values: vec![] });
        }
        items.extend(owed::page(tx, cx.registry, actor, cx.today, &ask, query)?.items);
        Ok(())
    };
    if approves {
        add(tx, &mut items, Want::One(State::WaitingApproval))?;
    } else {
        items.extend(returned(cx, tx, actor, &agency)?);
    }
    add(tx, &mut items, Want::Open)?;
    // what waits for the head is not the agency's work; what the registers already show needs nobody today
    let mut urgent: Vec<Owed> = Vec::new();
    for o in items {
        let mine = if o.state == State::WaitingApproval { approves } else { !o.reached() };
        if mine && urgent.len() < MOST_HOME && urgent.iter().all(|u| u.record.id != o.record.id) {
            urgent.push(o);
        }
    }
    Ok(urgent.iter().map(|o| item(cx, o, approves)).collect())
}

/// What the head sent back: first of all, with a deadline or without.
fn returned(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, agency: &str) -> Result<Vec<Owed>> {
    let ask = Ask { want: Want::Open, agency: Some(agency.to_owned()), ..Ask::default() };
    let mut query = Query { limit: Some(MOST_HOME as u32), sort: Some("due_on".into()), uncounted: true, ..ask.query(cx.today) };
    query.filters.push(Filter { field: "return_reason".into(), op: Op::Filled, values: vec![] });
    let found = owed::page(tx, cx.registry, actor, cx.today, &ask, query)?.items;
    Ok(found.into_iter().filter(|o| o.returned().is_some()).collect())
}

/// All that is open, with the number of the menu line, for the list above is only what is next; and the agencies that are late,
/// for readers who answer for more than one.
pub fn home_figures(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<Markup>> {
    let Some(all) = count(cx, tx, actor)?.filter(|c| c.n > 0) else { return Ok(None) };
    let (list, agencies) = owed::late(tx, cx.registry, actor, cx.today, &Ask::default(), crate::pages::NAMED)?;
    let lang = cx.lang;
    Ok(Some(html! {
        section.card {
            p { strong { (all.words(lang)) } " " (lang.t("trong phạm vi của bạn; phần “Cần làm” chỉ nêu việc của cơ quan bạn có hạn gần nhất.", "in your scope; “To do” names only what your own agency has to do next."))
                " " a href="/plans/board" { (lang.t("Xem tất cả", "See all")) } }
        }
        @if let Some(late) = crate::pages::late(&list, agencies, lang) { (late) }
    }))
}

fn item(cx: &Cx<'_>, o: &Owed, approves: bool) -> WorkItem {
    let lang = cx.lang;
    // that it is late stands in the column of days already
    let mut reason = match o.record.text("due_on") {
        Some(due) if o.state == State::Overdue => format!("{} {}", lang.t("Hạn", "Due"), web::fmt::date(due)),
        _ => o.words(cx.today, lang).1,
    };
    if let Some(f) = o.figure.filter(|f| f.population > 0) {
        reason = format!("{reason} · {}/{} {}", f.met, f.population, lang.t("theo sổ đăng ký", "from the registers"));
    }
    if let Some(why) = o.returned() {
        reason = format!("{}: {}", o.words(cx.today, lang).1, crate::pages::cut(why));
    }
    let decide = approves && o.state == State::WaitingApproval;
    WorkItem {
        due: o.record.text("due_on").map(str::to_owned),
        first: decide || o.returned().is_some(),
        title: o.record.text("content").unwrap_or_default().to_owned(),
        reason,
        action: if decide { lang.t("Duyệt", "Approve") } else { lang.t("Mở", "Open") }.to_owned(),
        href: format!("/plans/obligation/{}", o.record.id),
        ..WorkItem::default()
    }
}

/// Obligations made in one transaction: the single writer is held for a second at most.
const MOST_MADE: usize = 2000;

/// Every plan, one transaction each (more where much is made): new years, new agencies, agencies that ended, plans out of force;
/// then what the day settles. Safe to run at any time; makes only what is missing. The cursor is a plan and where it stands:
/// nothing = at its beginning, a task = after it, `~` = expanded.
pub fn expand_all(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let (reg, system) = (cx.registry, Actor::system("plans.expand"));
    let mut plans = crate::all(tx, reg, &system, "plan", None)?;
    plans.sort_by(|a, b| a.id.cmp(&b.id));
    let (plan, place) = after.and_then(|a| a.split_once(' ')).unwrap_or_default();
    if after.is_none() {
        settle::begin(tx, reg, &system)?;
    }
    let Some(now) = plans.iter().find(|p| p.id.as_str() >= plan) else { return Ok(None) };
    let place = if now.id == plan { place } else { "" };
    let next = || plans.iter().find(|p| p.id > now.id).map(|p| format!("{} ", p.id));
    match tx.attempt(false, |tx| expand_one(cx, tx, now, place))? {
        Ok(Some(place)) => Ok(Some(format!("{} {place}", now.id))),
        Ok(None) => Ok(next()),
        // the disk or the database is away: that is nobody's plan
        Err(e @ Error::Unavailable(_)) => Err(e),
        // one plan must not stop the others
        Err(e) => stuck(cx, tx, now, &e).map(|()| next()),
    }
}

/// One step for one plan; where it goes on, `None` = finished.
fn expand_one(cx: &Cx<'_>, tx: &mut Tx, plan: &Record, place: &str) -> Result<Option<String>> {
    let (reg, system) = (cx.registry, Actor::system("plans.expand"));
    if place != "~" {
        let from = (!place.is_empty()).then_some(place);
        let (_, more) = Round::new(tx, reg, &system, cx.today)?.plan(tx, &plan.id, from, MOST_MADE)?;
        let over = matches!(plan.state.as_deref(), Some("expired" | "superseded" | "draft"));
        return Ok(more.or_else(|| (!over).then(|| "~".to_owned())));
    }
    settle::plan(tx, reg, &system, &plan.id, cx.today).map(|_| None)
}

/// The standing officer hears once a day which plan is not followed, why, and what to do.
fn stuck(cx: &Cx<'_>, tx: &mut Tx, plan: &Record, e: &Error) -> Result<()> {
    let why = match e {
        Error::Internal(_) => "lỗi của phần mềm; gửi nhật ký máy chủ cho người vận hành".to_owned(),
        e => e.to_string(),
    };
    let subject = format!("Chưa cập nhật được nghĩa vụ của kế hoạch {}", crate::pages::cut(&plan.title));
    let body = format!(
        "Nguyên nhân: {why}\nCác kế hoạch khác vẫn được cập nhật. Mở kế hoạch, sửa nhiệm vụ, cơ quan hoặc nghĩa vụ nêu trên; phần mềm \
         thử lại mỗi giờ và không nhắc lại khi đã xong."
    );
    handover::tell_officers(tx, &format!("plans-stuck:{}:{}", plan.id, cx.today), (&subject, &body), &format!("/plans/{}", plan.id))
}

/// Fields of a task that say when something is due.
const TIME: [&str; 7] = ["time_text", "schedule_kind", "schedule", "starts_on", "due_on", "min_count", "event"];

/// News that changes what is owed: an awaited event, a task dropped, given again or with another time, evidence.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let (reg, id) = (cx.registry, event.record.as_str());
    let system = Actor::system("plans.event");
    let get = |tx: &mut Tx| actions::get(tx, reg, &system.may(Verb::Read, &event.register)?, id);
    let changed = event.body.as_deref().and_then(|b| serde_json::from_str::<serde_json::Value>(b).ok()).unwrap_or_default();
    let changed = |f: &str| changed["changed"].as_array().is_some_and(|l| l.iter().any(|c| c == f));
    match (event.register.as_str(), event.kind.as_str()) {
        ("plan_event", "transition:occur" | "transition:undo") => occasions::event_changed(tx, reg, &system, id, cx.today),
        ("plan_event", "update") if changed("occurred_on") || changed("due_on") => occasions::event_changed(tx, reg, &system, id, cx.today),
        ("task", "transition:restore" | "transition:drop") => {
            let task = get(tx)?;
            Round::new(tx, reg, &system, cx.today)?.task(tx, &task, false).map(drop)
        }
        // what is more than one transaction should hold, the hourly job goes on with
        ("plan", "transition:issue" | "transition:supersede" | "transition:expire" | "transition:reopen") => {
            Round::new(tx, reg, &system, cx.today)?.plan(tx, id, None, MOST_MADE).map(drop)
        }
        ("task_actor", "create" | "update" | "delete") => match store::task_of_actor(tx, id)? {
            Some(task) => reassigned(cx, tx, event, &task),
            None => Ok(()),
        },
        ("task", "update" | "transition:amend") if TIME.into_iter().any(changed) => {
            let mut task = get(tx)?;
            if changed("time_text") && !changed("schedule") {
                task = occasions::read_again(tx, reg, &system, &task, !changed("due_on"))?;
            }
            Round::new(tx, reg, &system, cx.today)?.task(tx, &task, true).map(drop)
        }
        ("evidence", "create") => {
            let evidence = get(tx)?;
            evidence.text("obligation").map_or(Ok(()), |o| settle::begin_one(tx, reg, &system, o))
        }
        _ => Ok(()),
    }
}

/// The task names other agencies. Nothing to do for lines written together with their task: its accepting expands it.
fn reassigned(cx: &Cx<'_>, tx: &mut Tx, event: &Event, task: &str) -> Result<()> {
    let system = Actor::system("plans.event");
    let scope = system.may(Verb::Read, "task")?;
    match actions::get(tx, cx.registry, &scope, task) {
        Ok(task) if event.kind == "create" && task.created_at == event.at => Ok(()),
        Ok(task) => Round::new(tx, cx.registry, &system, cx.today)?.task(tx, &task, false).map(drop),
        // the task itself was withdrawn since
        Err(Error::NotFound(_)) => Ok(()),
        Err(e) => Err(e),
    }
}
