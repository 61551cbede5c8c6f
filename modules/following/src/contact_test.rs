//! A test of the contact points: each agency gets a notice and mail, one press answers, the program measures.

use access::{Actor, Verb};
use registers::{Data, Query, Record, Registry, actions};
use store::{Error, Result, Tx};
use web::{Cx, Event, WorkItem};
use work::Message;

use crate::reach::{People, Told};
use crate::{all_where, every, is, one, program, text, values};

/// News of this part.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("following.contact_test");
    match (event.register.as_str(), event.kind.as_str()) {
        ("contact_test", "transition:start") => start(tx, cx.registry, &system, &event.record, cx.today).map(drop),
        // what is not answered when somebody ends the test is not answered
        ("contact_test", "transition:end") => miss(tx, cx.registry, &system, &event.record, true).map(drop),
        _ => Ok(()),
    }
}

/// Replies of a test in the actor's scope.
///
/// # Errors
/// Those of reading.
pub fn replies(tx: &mut Tx, reg: &Registry, actor: &Actor, test: &str) -> Result<Vec<Record>> {
    all_where(tx, reg, actor, "contact_test_reply", vec![is("test", test)])
}

/// Asks every agency with a contact point today, once. An agency nobody can be told for is written down as such: no data.
///
/// # Errors
/// Those of the actions.
pub fn start(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<usize> {
    let test = one(tx, reg, actor, "contact_test", id)?;
    if test.deleted || test.state.as_deref() != Some("running") || !replies(tx, reg, actor, id)?.is_empty() {
        return Ok(0);
    }
    let mut points = every(tx, reg, actor, "contact_point", Query { as_of: Some(today.to_owned()), ..Query::default() })?;
    points.sort_by(|a, b| a.text("agency").cmp(&b.text("agency")).then(b.text("valid_from").cmp(&a.text("valid_from"))));
    points.dedup_by(|a, b| a.text("agency") == b.text("agency"));
    let people = People::of(tx)?;
    for p in &points {
        ask(tx, reg, actor, &test, p, &people)?;
    }
    Ok(points.len())
}

fn ask(tx: &mut Tx, reg: &Registry, actor: &Actor, test: &Record, point: &Record, people: &People) -> Result<()> {
    let agency = point.text("agency").unwrap_or_default();
    let minutes = test.int("minutes").unwrap_or(0);
    let of = |f: &str| text(test.text(f).unwrap_or_default());
    let v = values([
        ("agency", text(agency)),
        ("test", text(&test.id)),
        ("contact_point", text(&point.id)),
        ("minutes", Data::Int(minutes)),
        ("message", of("message")),
    ]);
    let r = actions::create(tx, reg, actor, "contact_test_reply", v, None)?;
    let subject = format!("Kiểm tra liên lạc: trả lời trong {minutes} phút");
    let body = format!(
        "{}\nMở đường dẫn và bấm “Tôi đã nhận”: chỉ cần một lần bấm.",
        test.text("message").unwrap_or("Cơ quan thường trực kiểm tra liên lạc.")
    );
    let (event, link) = (format!("contact-test:{}", r.id), format!("/following/reply/{}", r.id));
    let m = Message { event: &event, template: "contact_test", subject: &subject, body: &body, link: Some(&link), needs_ack: false };
    let mut told = Told::default();
    people.tell(tx, reg, agency, &m, &mut told)?;
    let sent = values([("sent", Data::Int(i64::try_from(told.messages).unwrap_or(i64::MAX)))]);
    if told.messages == 0 {
        return actions::transition(tx, reg, actor, "contact_test_reply", &r.id, r.version, "unreached", sent, None).map(drop);
    }
    actions::update(tx, reg, actor, "contact_test_reply", &r.id, r.version, sent, None).map(drop)
}

/// Seconds since it was asked.
fn waited(r: &Record, now: i64) -> i64 {
    (now - r.created_at).max(0) / 1_000_000
}

/// "Tôi đã nhận": by a contact point or head of the agency. After the time is up the answer is late.
///
/// # Errors
/// `Forbidden` for anybody else, `Conflict` when it was answered already.
pub fn answer(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Record> {
    let r = one(tx, reg, actor, "contact_test_reply", id)?;
    let answers = actor.grants().iter().any(|g| matches!(g.role.as_str(), "contact" | "head"));
    if !answers || actor.agency.as_deref() != r.text("agency") {
        return Err(Error::Forbidden("Chỉ đầu mối và người đứng đầu của cơ quan trả lời kiểm tra liên lạc.".into()));
    }
    if !matches!(r.state.as_deref(), Some("waiting" | "missed")) {
        return Err(Error::Conflict("Kiểm tra này đã được trả lời hoặc không gửi được.".into()));
    }
    let seconds = waited(&r, tx.now());
    let step = if seconds <= r.int("minutes").unwrap_or(0) * 60 { "answer" } else { "answer_late" };
    let step = if r.state.as_deref() == Some("missed") { "answer_late" } else { step };
    // the program writes what nobody may type; the ledger names the person
    let v = values([("seconds", Data::Int(seconds))]);
    actions::transition(tx, reg, &program(actor), "contact_test_reply", id, r.version, step, v, None)
}

/// Writes down what was not answered in time (`all` = whatever the time). How many.
pub(crate) fn miss(tx: &mut Tx, reg: &Registry, actor: &Actor, test: &str, all: bool) -> Result<usize> {
    let mut n = 0;
    for r in replies(tx, reg, actor, test)?.into_iter().filter(|r| r.state.as_deref() == Some("waiting")) {
        if all || waited(&r, tx.now()) > r.int("minutes").unwrap_or(0) * 60 {
            actions::transition(tx, reg, actor, "contact_test_reply", &r.id, r.version, "miss", values([]), None)?;
            n += 1;
        }
    }
    Ok(n)
}

/// Job: time is up for whoever has not answered; one test a transaction.
pub fn miss_all(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let system = Actor::system("following.contact_test");
    let mut open = all_where(tx, cx.registry, &system, "contact_test", vec![is("state", "running")])?;
    open.sort_by(|a, b| a.id.cmp(&b.id));
    let Some(now) = open.iter().find(|t| after.is_none_or(|a| t.id.as_str() > a)) else { return Ok(None) };
    miss(tx, cx.registry, &system, &now.id, false)?;
    Ok(Some(now.id.clone()))
}

/// What came of a test, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// In time.
    pub met: usize,
    /// Late, or not at all when the time was up.
    pub unmet: usize,
    /// Still within the time, or nobody could be asked.
    pub no_data: usize,
    /// Median of all answers, seconds.
    pub median: Option<i64>,
    /// Slowest answer, seconds.
    pub slowest: Option<i64>,
}

/// Counts replies; an answer that came late counts for the median too.
pub fn outcome(replies: &[Record]) -> Outcome {
    let mut o = Outcome::default();
    for r in replies {
        match r.state.as_deref() {
            Some("answered") => o.met += 1,
            Some("late" | "missed") => o.unmet += 1,
            _ => o.no_data += 1,
        }
    }
    let mut all: Vec<i64> = replies.iter().filter_map(|r| r.int("seconds")).collect();
    all.sort_unstable();
    o.slowest = all.last().copied();
    let (low, high) = (all.get(all.len().saturating_sub(1) / 2), all.get(all.len() / 2));
    o.median = low.zip(high).map(|(a, b)| (a + b) / 2);
    o
}

/// Tests the reader's agency has not answered: one press does it.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let answers = actor.grants().iter().any(|g| matches!(g.role.as_str(), "contact" | "head"));
    let (true, Some(agency)) = (answers, &actor.agency) else { return Ok(vec![]) };
    let scope = actor.may(Verb::Read, "contact_test_reply")?;
    let query = Query { filters: vec![is("state", "waiting"), is("agency", agency)], limit: Some(3), uncounted: true, ..Query::default() };
    let lang = cx.lang;
    let item = |r: &Record| WorkItem {
        due: Some(cx.today.to_owned()),
        title: lang.t("Kiểm tra liên lạc: bấm để trả lời", "Connectivity test: press to answer").to_owned(),
        reason: format!(
            "{} {} {}",
            lang.t("Trả lời trong", "Answer within"),
            r.int("minutes").unwrap_or(0),
            lang.t("phút từ lúc gửi", "minutes")
        ),
        action: lang.t("Tôi đã nhận", "Received").to_owned(),
        href: format!("/following/reply/{}", r.id),
        post: Some(format!("/following/reply/{}", r.id)),
        ..WorkItem::default()
    };
    Ok(actions::list(tx, cx.registry, &scope, &query)?.items.iter().map(item).collect())
}
