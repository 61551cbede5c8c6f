//! An agency says what hinders it; the answer is kept where everybody finds it, with or without who asked.

use access::{Actor, Verb};
use registers::{Filter, Op, Query, Record, Registry, actions};
use store::{Result, Tx};
use web::{Cx, Event, WorkItem, fmt};
use work::Message;

use crate::reach::{People, Told};
use crate::{all_where, is, one, text, values};

/// Days in which an obstacle is to be answered, where nobody set a day.
pub const ANSWER_DAYS: i64 = 10;
/// States that wait for the standing agency.
pub const WAITING: [&str; 4] = ["new", "handling", "submitted", "directed"];

/// News of this part.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    if event.register != "obstacle" || event.kind == "delete" {
        return Ok(());
    }
    let system = Actor::system("following.obstacle");
    let o = one(tx, cx.registry, &system, "obstacle", &event.record)?;
    let o = dated(tx, cx.registry, &system, o)?;
    publish(tx, cx.registry, &system, &o)?;
    if event.kind == "transition:answer" { tell(tx, cx.registry, &o, &event.id) } else { Ok(()) }
}

/// With the day by which it is to be answered.
fn dated(tx: &mut Tx, reg: &Registry, actor: &Actor, o: Record) -> Result<Record> {
    let raised = o.text("raised_on").and_then(|d| calendar::Date::parse(d).ok());
    let (None, Some(raised)) = (o.text("answer_by"), raised) else { return Ok(o) };
    let v = values([("answer_by", text(&raised.add_days(ANSWER_DAYS).to_string()))]);
    actions::update(tx, reg, actor, "obstacle", &o.id, o.version, v, None)
}

/// Writes the answer where everybody finds it; names who asked only when they agreed. Safe at any time.
///
/// # Errors
/// Those of the actions.
pub fn publish(tx: &mut Tx, reg: &Registry, actor: &Actor, o: &Record) -> Result<()> {
    let answered = matches!(o.state.as_deref(), Some("answered" | "closed"));
    let (true, Some(question), Some(answer)) = (answered, o.text("public_question"), o.text("answer")) else { return Ok(()) };
    let who = if o.bool("show_agency") == Some(true) { o.text("agency").unwrap_or_default() } else { "" };
    let v = values([
        ("question", text(question)),
        ("answer", text(answer)),
        ("answered_on", text(o.text("answered_on").unwrap_or_default())),
        ("asked_by", text(who)),
        ("obstacle", text(&o.id)),
    ]);
    match all_where(tx, reg, actor, "obstacle_answer", vec![is("obstacle", &o.id)])?.pop() {
        Some(a) => actions::update(tx, reg, actor, "obstacle_answer", &a.id, a.version, v, None),
        None => actions::create(tx, reg, actor, "obstacle_answer", v, None),
    }
    .map(drop)
}

fn tell(tx: &mut Tx, reg: &Registry, o: &Record, event: &str) -> Result<()> {
    let subject = format!("Đã trả lời vướng mắc: {}", o.title);
    let link = format!("/r/obstacle/{}", o.id);
    let body = format!("{}\nNếu chưa rõ, bấm “Chưa rõ, hỏi lại” ở trang của vướng mắc.", o.text("answer").unwrap_or_default());
    let event = format!("obstacle:{event}");
    let m = Message { event: &event, template: "obstacle", subject: &subject, body: &body, link: Some(&link), needs_ack: false };
    People::of(tx)?.tell(tx, reg, o.text("agency").unwrap_or_default(), &m, &mut Told::default())
}

/// Most lines of this part on the home page.
const MOST: u32 = 5;

/// What waits for the standing agency; answers the reader's agency has not closed.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let standing = actor.may(Verb::Delete, "obstacle").is_ok();
    if !standing && actor.may(Verb::Transition, "obstacle").is_err() {
        return Ok(vec![]);
    }
    let states = if standing { WAITING.map(str::to_owned).to_vec() } else { vec!["answered".to_owned()] };
    let mut filters = vec![Filter { field: "state".into(), op: Op::Is, values: states }];
    if let (false, Some(agency)) = (standing, &actor.agency) {
        filters.push(is("agency", agency));
    }
    let query = Query { filters, sort: Some("answer_by".into()), limit: Some(MOST), uncounted: true, ..Query::default() };
    let scope = actor.may(Verb::Read, "obstacle")?;
    let lang = cx.lang;
    let item = |o: &Record| WorkItem {
        due: if standing { o.text("answer_by").map(str::to_owned) } else { None },
        title: o.title.clone(),
        reason: if standing {
            let by = fmt::date(o.text("answer_by").unwrap_or_default());
            let who = o.link_title("agency").unwrap_or_default();
            format!("{who} {} {by}", lang.t("nêu vướng mắc, trả lời trước hết ngày", "is hindered, answer by"))
        } else {
            lang.t("Vướng mắc của cơ quan bạn đã được trả lời", "Your agency's obstacle was answered").to_owned()
        },
        action: if standing { lang.t("Trả lời", "Answer").to_owned() } else { String::new() },
        href: format!("/r/obstacle/{}", o.id),
        ..WorkItem::default()
    };
    Ok(actions::list(tx, cx.registry, &scope, &query)?.items.iter().map(item).collect())
}
