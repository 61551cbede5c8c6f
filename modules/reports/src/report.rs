//! One agency's report: opened with its figures, written, sent to the head, filed, returned, received.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Error, FieldError, Result, Tx};

use crate::campaign::{FILED, figures_day, template_of};
use crate::figures::{self, Frozen, count, from_json, program, to_json};
use crate::template::{MOST_WORDS, Template};
use crate::{all_where, is, one, text, values};

/// A report with everything that is shown of it.
pub struct Opened {
    /// `report_submission`.
    pub report: Record,
    /// Its campaign.
    pub campaign: Record,
    /// Its template.
    pub template: &'static Template,
    /// Agencies that ended and handed over: name.
    pub predecessors: Vec<String>,
    /// Live while it is being written, frozen once filed. `None` = filed on paper, nothing frozen.
    pub figures: Option<Frozen>,
    /// Words: as they stand, or as filed.
    pub words: BTreeMap<String, String>,
    /// Version of each `report_narrative`, 0 = none yet; what a form was opened on.
    pub narrative_versions: BTreeMap<String, i64>,
    /// The record that changed last: register, id.
    newest: (&'static str, String),
    /// Filed versions, newest first.
    pub versions: Vec<Record>,
}

impl Opened {
    /// Version of the whole, words included: versions only grow, so their sum is the same only when nothing changed.
    pub fn seen(&self) -> i64 {
        self.report.version + self.narrative_versions.values().sum::<i64>()
    }

    /// Filed: figures and words are frozen.
    pub fn filed(&self) -> bool {
        self.report.state.as_deref().is_some_and(|s| FILED.contains(&s))
    }
}

/// Opens a report in the actor's scope.
pub fn open(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Opened> {
    let report = one(tx, reg, actor, "report_submission", id)?;
    let Some(campaign) = report.text("campaign").map(str::to_owned) else {
        return Err(Error::NotFound("Báo cáo này không thuộc đợt báo cáo nào; xem nó ở sổ Báo cáo của cơ quan.".into()));
    };
    let campaign = one(tx, reg, actor, "report_campaign", &campaign)?;
    let template = template_of(&campaign)?;
    let versions = versions(tx, reg, actor, id)?;
    let narratives = narratives(tx, reg, actor, id)?;
    let gone = predecessors(tx, reg, &report)?;
    let mut o = Opened {
        predecessors: gone.iter().map(|p| p.link_title("agency").unwrap_or_default().to_owned()).collect(),
        newest: newest(&report, &narratives),
        narrative_versions: narratives.iter().map(|(k, r)| (k.clone(), r.version)).collect(),
        words: narratives.iter().map(|(k, r)| (k.clone(), r.text("content").unwrap_or_default().to_owned())).collect(),
        figures: None,
        report,
        campaign,
        template,
        versions,
    };
    if o.filed() {
        if let Some(v) = o.versions.first() {
            o.figures = Some(from_json(v.text("figures").unwrap_or_default())?);
            o.words = from_json(v.text("words").unwrap_or_default())?;
        }
    } else {
        o.figures = Some(live(tx, reg, &o.report, &o.campaign, &gone, today)?);
    }
    Ok(o)
}

/// Filed versions of a report, newest first.
pub fn versions(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Vec<Record>> {
    let mut list = all_where(tx, reg, actor, "report_version", vec![is("report", id)])?;
    list.sort_by_key(|v| std::cmp::Reverse(v.int("number")));
    Ok(list)
}

fn narratives(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<BTreeMap<String, Record>> {
    let list = all_where(tx, reg, actor, "report_narrative", vec![is("report", id)])?;
    Ok(list.into_iter().filter_map(|r| Some((r.text("part")?.to_owned(), r))).collect())
}

fn newest(report: &Record, narratives: &BTreeMap<String, Record>) -> (&'static str, String) {
    match narratives.values().max_by_key(|n| n.updated_at).filter(|n| n.updated_at > report.updated_at) {
        Some(n) => ("report_narrative", n.id.clone()),
        None => ("report_submission", report.id.clone()),
    }
}

/// Reports of agencies that ended and whose successor files this one. They may be outside the successor's own scope.
fn predecessors(tx: &mut Tx, reg: &Registry, report: &Record) -> Result<Vec<Record>> {
    let (Some(campaign), Some(agency)) = (report.text("campaign"), report.text("agency")) else { return Ok(vec![]) };
    all_where(tx, reg, &Actor::system("reports"), "report_submission", vec![is("campaign", campaign), is("successor", agency)])
}

/// Figures of a report as the registers say now.
fn live(tx: &mut Tx, reg: &Registry, report: &Record, campaign: &Record, gone: &[Record], today: &str) -> Result<Frozen> {
    let before: Vec<String> = gone.iter().filter_map(|p| p.text("agency").map(str::to_owned)).collect();
    let group = figures::group(tx, reg, report.text("agency").unwrap_or_default(), &before)?;
    count(tx, reg, template_of(campaign)?, Some(&group), &figures_day(campaign, today))
}

/// What a person wrote into one part: part, words, version the form was opened on (0 = none).
pub struct Written {
    /// Part of the template.
    pub part: String,
    /// Words.
    pub words: String,
    /// Version seen.
    pub version: i64,
}

/// Saves the words. All or nothing; somebody else's later words are never overwritten.
///
/// # Errors
/// `Invalid` with the part as field, `Conflict` when a part was changed meanwhile.
pub fn write(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, written: &[Written]) -> Result<()> {
    let report = one(tx, reg, actor, "report_submission", id)?;
    let campaign = one(tx, reg, actor, "report_campaign", report.text("campaign").unwrap_or_default())?;
    is_open(&campaign)?;
    let template = template_of(&campaign)?;
    let mut errors = Vec::new();
    for w in written {
        let n = w.words.chars().count();
        if n > MOST_WORDS {
            let label = template.narratives().find(|t| t.id == w.part).map_or("", |t| t.label.vi.as_str());
            let message = format!("{label}: {n} ký tự, nhiều nhất {MOST_WORDS}. Rút gọn, phần chi tiết để vào tệp đính kèm của báo cáo.");
            errors.push(FieldError { field: w.part.clone(), message });
        }
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let have = narratives(tx, reg, actor, id)?;
    let now = |w: &Written| have.get(&w.part).and_then(|r| r.text("content")).unwrap_or_default();
    let other = written.iter().any(|w| now(w) != w.words.trim());
    let mut version = report.version;
    if other && report.state.as_deref() == Some("waiting_head") {
        // the head has been asked about other words than these
        version = actions::transition(tx, reg, actor, "report_submission", id, version, "recall", Values::new(), None)?.version;
    }
    for t in template.narratives() {
        let Some(w) = written.iter().find(|w| w.part == t.id) else { continue };
        let done = put(tx, reg, actor, id, t, w, have.get(&t.id));
        done.map_err(|e| named(e, &t.id))?;
    }
    if report.state.as_deref().is_some_and(|s| matches!(s, "due" | "returned")) {
        actions::transition(tx, reg, actor, "report_submission", id, version, "draft", Values::new(), None)?;
    }
    Ok(())
}

fn put(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    id: &str,
    t: &crate::template::Narrative,
    w: &Written,
    have: Option<&Record>,
) -> Result<()> {
    let words = w.words.trim();
    match have {
        // unchanged words are no change, whoever wrote them
        Some(r) if r.text("content").unwrap_or_default() == words => Ok(()),
        Some(r) => {
            let v = values([("content", text(words))]);
            actions::update(tx, reg, actor, "report_narrative", &r.id, w.version, v, None).map(drop)
        }
        None if words.is_empty() => Ok(()),
        None => {
            let v = values([("report", text(id)), ("part", text(&t.id)), ("heading", text(&t.label.vi)), ("content", text(words))]);
            actions::create(tx, reg, actor, "report_narrative", v, None).map(drop)
        }
    }
}

/// Errors of a narrative's fields belong to its part of the form.
fn named(e: Error, part: &str) -> Error {
    match e {
        Error::Invalid(list) => Error::Invalid(list.into_iter().map(|f| FieldError { field: part.to_owned(), ..f }).collect()),
        e => e,
    }
}

fn is_open(campaign: &Record) -> Result<()> {
    if campaign.state.as_deref() == Some("open") {
        return Ok(());
    }
    Err(Error::Conflict("Đợt báo cáo đã đóng. Đề nghị cơ quan thường trực mở lại đợt trước khi sửa hoặc nộp.".into()))
}

/// Moves a report: `to_head`, `recall`, `submit` (files it), `send_back`, `return`, `receive`. `seen` = [`Opened::seen`] of what
/// the person looked at: nobody files words that came after.
#[expect(clippy::too_many_arguments, reason = "what a step consists of; every door names all of it")]
pub fn step(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    id: &str,
    seen: i64,
    step: &str,
    reason: Option<&str>,
    today: &str,
) -> Result<Record> {
    if !matches!(step, "to_head" | "recall" | "submit" | "send_back" | "return" | "receive") {
        return Err(Error::NotFound(format!("Không có bước “{step}” của báo cáo.")));
    }
    let o = open(tx, reg, actor, id, today)?;
    // a page opened before somebody else's press says that first, whatever else would be wrong now
    if o.seen() != seen {
        return Err(actions::changed_meanwhile(tx, reg, o.newest.0, &o.newest.1));
    }
    let filing = matches!(step, "to_head" | "submit") && may(tx, reg, actor, id, step)?;
    if filing {
        is_open(&o.campaign)?;
        still_there(tx, reg, &o.report, today)?;
        complete(&o)?;
    }
    if filing && step == "submit" {
        return file(tx, reg, actor, &o, reason, today);
    }
    let done = actions::transition(tx, reg, actor, "report_submission", id, o.report.version, step, Values::new(), reason)?;
    if step == "return" {
        crate::answered::given_back(tx, reg, &program(actor), &o.campaign, &done, reason.unwrap_or_default())?;
    }
    Ok(done)
}

/// May the actor take this step from here?
fn may(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, step: &str) -> Result<bool> {
    Ok(actions::transitions_for(tx, reg, actor, "report_submission", id)?.iter().any(|t| t.id == step))
}

fn still_there(tx: &mut Tx, reg: &Registry, report: &Record, today: &str) -> Result<()> {
    let system = Actor::system("reports");
    let agency = report.text("agency").unwrap_or_default();
    let Some(end) = crate::campaign::ended(tx, reg, &system, agency, today)? else { return Ok(()) };
    let heirs = crate::campaign::successors(tx, reg, &system, agency, today)?;
    let who = heirs.first().map_or("cơ quan thường trực xử lý".to_owned(), |h| format!("{} nộp báo cáo này", h.1));
    Err(Error::Conflict(format!("Cơ quan đã kết thúc hoạt động ngày {}; {who}. Chưa có gì được nộp.", web::fmt::date(&end))))
}

/// Every required part has words.
fn complete(o: &Opened) -> Result<()> {
    let empty = |id: &str| o.words.get(id).is_none_or(|w| w.trim().is_empty());
    let errors: Vec<FieldError> = o
        .template
        .narratives()
        .filter(|n| n.required && empty(&n.id))
        .map(|n| FieldError {
            field: n.id.clone(), message: format!("{}: chưa viết; không có gì thì ghi “Không có”.", n.label.vi)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Freezes figures and words as the next version and files the report, in one transaction.
fn file(tx: &mut Tx, reg: &Registry, actor: &Actor, o: &Opened, reason: Option<&str>, today: &str) -> Result<Record> {
    let number = o.versions.first().and_then(|v| v.int("number")).unwrap_or(0) + 1;
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    if number > 1 && reason.is_none() {
        return Err(Error::invalid("reason", format!("Đây là lần nộp thứ {number}: ghi lý do nộp lại, ví dụ đã sửa điều gì.")));
    }
    let Some(figures) = &o.figures else { return Err(Error::internal("a report that is not filed has live figures")) };
    let words: BTreeMap<&String, &String> = o.words.iter().filter(|(k, _)| o.template.narratives().any(|n| n.id == **k)).collect();
    let program = program(actor);
    let mut v = values([
        ("report", text(&o.report.id)),
        ("number", Data::Int(number)),
        ("filed_on", text(today)),
        ("as_of", text(&figures.as_of)),
        ("figures", text(&to_json(figures)?)),
        ("words", text(&to_json(&words)?)),
    ]);
    if let Some(r) = reason {
        v.insert("reason".into(), text(r));
    }
    // the move first: it locks the report, so that of two people who file at once the second is told so
    let first = o.report.text("submitted_on").unwrap_or(today);
    let filing = values([("submitted_on", text(first)), ("version_no", Data::Int(number))]);
    actions::transition(tx, reg, &program, "report_submission", &o.report.id, o.report.version, "submit", filing, reason)?;
    actions::create(tx, reg, &program, "report_version", v, None)?;
    let filed = one(tx, reg, &program, "report_submission", &o.report.id)?;
    crate::answered::by(tx, reg, &program, &o.campaign, &filed)?;
    one(tx, reg, actor, "report_submission", &o.report.id)
}

/// Steps this reader may take now, in the order of the page: id, label, does it ask for a reason.
pub fn steps(tx: &mut Tx, reg: &Registry, actor: &Actor, o: &Opened, lang: web::Lang) -> Result<Vec<(String, String, bool)>> {
    let refiling = !o.versions.is_empty();
    let all = actions::transitions_for(tx, reg, actor, "report_submission", &o.report.id)?;
    let order = ["submit", "to_head", "recall", "receive", "send_back", "return"];
    Ok(order
        .iter()
        .filter_map(|id| all.iter().find(|t| t.id == *id))
        .map(|t| (t.id.clone(), lang.label(&t.label).to_owned(), t.reason || (refiling && t.id == "submit")))
        .collect())
}

/// Why it was returned last, by whom it is not said: the history has that.
pub fn returned_why(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Option<String>> {
    let scope = actor.may(Verb::Read, "report_submission")?;
    let history = actions::history(tx, reg, &scope, id)?;
    let last = history.into_iter().find(|h| matches!(h.action.as_str(), "transition:return" | "transition:send_back"));
    Ok(last.and_then(|h| h.reason))
}
