//! A campaign: who must report, opened once, followed up, handed over when an agency ends. All writes through the actions.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};
use web::{Cx, Event};
use work::{Channel, Message, notify, send_email};

use crate::figures::program;
use crate::template::{self, Template};
use crate::{all_where, every, is, one, text, values};

/// States in which a report is still owed.
pub const OWED: [&str; 4] = ["due", "draft", "waiting_head", "returned"];
/// States in which it counts as filed.
pub const FILED: [&str; 2] = ["submitted", "received"];

/// What opening or bringing up to date did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Synced {
    /// Reports made.
    pub created: usize,
    /// Reports that were there without a campaign.
    pub adopted: usize,
    /// Reports handed over because their agency ended.
    pub transferred: usize,
}

/// Last day on time: the day before `due_before`, which itself is too late.
///
/// # Errors
/// A campaign without a date is a defect: the field is required.
pub fn last_day(campaign: &Record) -> Result<String> {
    let before = campaign.text("due_before").unwrap_or_default();
    calendar::Date::parse(before).map(|d| d.add_days(-1).to_string()).map_err(Error::internal)
}

/// Days late: of a filed report by its first filing, of one still owed by today. `None` = on time.
pub fn late_days(report: &Record, today: &str) -> Option<i64> {
    let due = web::fmt::days(report.text("due_on")?)?;
    let state = report.state.as_deref().unwrap_or_default();
    let at = match report.text("submitted_on") {
        Some(on) if FILED.contains(&state) => on,
        _ if OWED.contains(&state) => today,
        _ => return None,
    };
    web::fmt::days(at).map(|d| d - due).filter(|n| *n > 0)
}

/// Day of the figures: the campaign's, or today while that is earlier.
pub fn figures_day(campaign: &Record, today: &str) -> String {
    let as_of = campaign.text("as_of").unwrap_or(today);
    as_of.min(today).to_owned()
}

/// The template of a campaign.
pub fn template_of(campaign: &Record) -> Result<&'static Template> {
    template::get(campaign.text("template").unwrap_or_default())
}

/// Opens a campaign: one report for each obliged agency, in one transaction.
pub fn open(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, version: i64, today: &str) -> Result<Synced> {
    actions::transition(tx, reg, actor, "report_campaign", id, version, "open", Values::new(), None)?;
    let done = sync(tx, reg, &program(actor), id, today)?;
    let any = all_where(tx, reg, &program(actor), "report_submission", vec![is("campaign", id)])?;
    if any.is_empty() {
        return Err(Error::invalid(
            "obliged",
            "Quy tắc không tìm thấy cơ quan nào phải nộp. Sửa ô “Cơ quan phải nộp (quy tắc)” rồi mở lại.",
        ));
    }
    Ok(done)
}

/// Makes what is missing and hands over what belongs to agencies that ended. Safe at any time.
pub fn sync(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Synced> {
    let campaign = one(tx, reg, actor, "report_campaign", id)?;
    let mut done = Synced::default();
    if campaign.state.as_deref() != Some("open") {
        return Ok(done);
    }
    let reports = all_where(tx, reg, actor, "report_submission", vec![is("campaign", id)])?;
    let mut have: BTreeSet<String> = reports.iter().filter_map(|r| r.text("agency").map(str::to_owned)).collect();
    let loose = loose(tx, reg, actor, &campaign)?;
    for agency in obliged(tx, reg, actor, &campaign)? {
        if have.contains(&agency) {
            continue;
        }
        if let Some(r) = loose.get(&agency) {
            actions::update(tx, reg, actor, "report_submission", &r.id, r.version, values([("campaign", text(id))]), None)?;
            done.adopted += 1;
        } else {
            create(tx, reg, actor, &campaign, &agency)?;
            done.created += 1;
        }
        have.insert(agency);
    }
    // what was just made may belong to an agency that ended since the campaign opened
    for r in all_where(tx, reg, actor, "report_submission", vec![is("campaign", id)])? {
        if !r.state.as_deref().is_some_and(|s| OWED.contains(&s)) {
            continue;
        }
        let agency = r.text("agency").unwrap_or_default().to_owned();
        let Some(end) = ended(tx, reg, actor, &agency, today)? else { continue };
        let heirs = successors(tx, reg, actor, &agency, today)?;
        for (heir, _) in &heirs {
            if have.insert(heir.clone()) {
                create(tx, reg, actor, &campaign, heir)?;
                done.created += 1;
            }
        }
        hand_over(tx, reg, actor, &r, &end, heirs.first())?;
        done.transferred += 1;
    }
    Ok(done)
}

fn create(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record, agency: &str) -> Result<()> {
    let mut v = values([
        ("agency", text(agency)),
        ("campaign", text(&campaign.id)),
        ("due_on", text(&last_day(campaign)?)),
        ("year", Data::Int(campaign.int("year").unwrap_or(0))),
    ]);
    for f in ["kind", "line", "plan"] {
        if let Some(w) = campaign.text(f) {
            v.insert(f.to_owned(), text(w));
        }
    }
    actions::create(tx, reg, actor, "report_submission", v, None).map(drop)
}

/// Reports entered before the campaign was: same year, kind, line and deadline. By agency.
fn loose(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record) -> Result<BTreeMap<String, Record>> {
    let mut filters = vec![
        is("due_on", &last_day(campaign)?),
        is("year", &campaign.int("year").unwrap_or(0).to_string()),
        Filter { field: "campaign".into(), op: Op::Empty, values: vec![] },
    ];
    for f in ["kind", "line"] {
        filters.push(is(f, campaign.text(f).unwrap_or_default()));
    }
    let found = all_where(tx, reg, actor, "report_submission", filters)?;
    Ok(found.into_iter().filter_map(|r| Some((r.text("agency")?.to_owned(), r))).collect())
}

/// Ids of the agencies that the rule obliges and that exist on the day the campaign opens.
fn obliged(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record) -> Result<Vec<String>> {
    let rule = campaign.text("obliged").map_or_else(|| template_of(campaign).map(|t| t.head.obliged.clone()), |r| Ok(r.to_owned()))?;
    let day = campaign.text("opens_on").map(str::to_owned);
    let query = Query { predicate: Some(rule), as_of: day, ..Query::default() };
    let found = every(tx, reg, actor, "agency", query).map_err(|e| match e {
        Error::BadRequest(why) => Error::invalid("obliged", format!("Quy tắc “Cơ quan phải nộp” chưa hiểu được: {why}")),
        e => e,
    })?;
    Ok(found.into_iter().map(|a| a.id).collect())
}

/// Last day of an agency that no longer exists.
pub fn ended(tx: &mut Tx, reg: &Registry, actor: &Actor, agency: &str, today: &str) -> Result<Option<String>> {
    let a = one(tx, reg, actor, "agency", agency)?;
    Ok(a.text("valid_to").filter(|d| *d < today).map(str::to_owned))
}

/// Agencies that exist today and follow one that ended, the largest share first; successors of successors too.
pub fn successors(tx: &mut Tx, reg: &Registry, actor: &Actor, agency: &str, today: &str) -> Result<Vec<(String, String)>> {
    let (mut open, mut seen, mut found) = (vec![agency.to_owned()], BTreeSet::new(), Vec::new());
    while let Some(a) = open.pop() {
        if !seen.insert(a.clone()) {
            continue;
        }
        let mut next = all_where(tx, reg, actor, "agency_succession", vec![is("from_agency", &a)])?;
        next.retain(|s| s.text("effective_on").is_some_and(|d| d <= today));
        next.sort_by(|x, y| y.real("share").unwrap_or(0.0).total_cmp(&x.real("share").unwrap_or(0.0)));
        for s in next {
            let Some(to) = s.text("to_agency") else { continue };
            if ended(tx, reg, actor, to, today)?.is_some() {
                open.push(to.to_owned());
            } else if !found.iter().any(|(id, _)| id == to) {
                found.push((to.to_owned(), s.link_title("to_agency").unwrap_or_default().to_owned()));
            }
        }
    }
    Ok(found)
}

fn hand_over(tx: &mut Tx, reg: &Registry, actor: &Actor, r: &Record, end: &str, heir: Option<&(String, String)>) -> Result<()> {
    let day = web::fmt::date(end);
    let (v, why) = match heir {
        Some((id, name)) => {
            (values([("successor", text(id))]), format!("Cơ quan kết thúc hoạt động ngày {day}; {name} kế thừa và nộp báo cáo."))
        }
        None => (Values::new(), format!("Cơ quan kết thúc hoạt động ngày {day}, không có cơ quan kế thừa.")),
    };
    actions::transition(tx, reg, actor, "report_submission", &r.id, r.version, "transfer", v, Some(&why)).map(drop)
}

/// All open campaigns, one transaction each; runs several times a day.
pub fn sync_all(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let system = Actor::system("reports.sync");
    let mut open = all_where(tx, cx.registry, &system, "report_campaign", vec![is("state", "open")])?;
    open.sort_by(|a, b| a.id.cmp(&b.id));
    let Some(now) = open.iter().find(|c| after.is_none_or(|a| c.id.as_str() > a)) else { return Ok(None) };
    sync(tx, cx.registry, &system, &now.id, cx.today)?;
    Ok(Some(now.id.clone()))
}

/// A campaign opened by another door, and agencies that ended: reports follow.
pub fn on(cx: &Cx<'_>, event: &Event, tx: &mut Tx) -> Result<()> {
    let system = Actor::system("reports.sync");
    match (event.register.as_str(), event.kind.as_str()) {
        ("report_campaign", "transition:open") => sync(tx, cx.registry, &system, &event.record, cx.today).map(drop),
        ("report_campaign", "update") => crate::answered::all(tx, cx.registry, &system, &event.record),
        ("agency_succession", _) | ("agency", "update" | "create") => {
            for c in all_where(tx, cx.registry, &system, "report_campaign", vec![is("state", "open")])? {
                sync(tx, cx.registry, &system, &c.id, cx.today)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What one press of "remind" did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reminded {
    /// Agencies that owe a report.
    pub missing: usize,
    /// Notices and e-mails that are new.
    pub messages: usize,
    /// Names of agencies without an account and without an e-mail address.
    pub unreached: Vec<String>,
}

/// Tells everybody who still owes a report; the same person once a day. Logged as a record.
pub fn remind(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Reminded> {
    actor.may(Verb::Create, "reminder")?;
    let campaign = one(tx, reg, actor, "report_campaign", id)?;
    if campaign.state.as_deref() != Some("open") {
        return Err(Error::Conflict("Đợt báo cáo không mở nên không có gì để đôn đốc.".into()));
    }
    remind_on(tx, reg, actor, &campaign, today, today)
}

/// Tells everybody who owes a report; `mark` tells one reminder from another: nobody is told twice under the same.
pub(crate) fn remind_on(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record, today: &str, mark: &str) -> Result<Reminded> {
    let missing = crate::letter::owed(tx, reg, actor, &campaign.id)?;
    let people = people(tx)?;
    let mut done = Reminded { missing: missing.len(), ..Reminded::default() };
    for r in &missing {
        done.messages += tell(tx, reg, actor, campaign, r, &people, (today, mark), &mut done.unreached)?;
    }
    if done.messages > 0 {
        let v = values([
            ("campaign", text(&campaign.id)),
            ("sent_on", text(today)),
            ("missing", Data::Int(i64::try_from(done.missing).unwrap_or(i64::MAX))),
            ("messages", Data::Int(i64::try_from(done.messages).unwrap_or(i64::MAX))),
            ("unreached", text(&done.unreached.join("\n").chars().take(10_000).collect::<String>())),
        ]);
        actions::create(tx, reg, &program(actor), "report_reminder", v, None)?;
    }
    Ok(done)
}

/// Agencies that owe a report and can be told nothing: neither an account nor an e-mail address. Names.
pub fn out_of_reach(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Vec<String>> {
    let people = people(tx)?;
    let silent = Filter { field: "email".into(), op: Op::Empty, values: vec![] };
    let silent: BTreeSet<String> = all_where(tx, reg, actor, "agency", vec![silent])?.into_iter().map(|a| a.id).collect();
    let owed = crate::letter::owed(tx, reg, actor, id)?;
    let dumb = |a: &str| !people.contains_key(a) && silent.contains(a);
    Ok(owed.iter().filter(|r| r.text("agency").is_some_and(dumb)).filter_map(|r| r.link_title("agency").map(str::to_owned)).collect())
}

/// Accounts that answer for an agency: contact points and heads. By agency.
fn people(tx: &mut Tx) -> Result<BTreeMap<String, Vec<String>>> {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (account, agency) in access::holders(tx, &["contact", "head"])? {
        let Some(agency) = agency else { continue };
        let list = by.entry(agency).or_default();
        if !list.contains(&account) {
            list.push(account);
        }
    }
    Ok(by)
}

#[expect(clippy::too_many_arguments, reason = "one message: about what, to whom, on which day")]
fn tell(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    campaign: &Record,
    r: &Record,
    people: &BTreeMap<String, Vec<String>>,
    (today, mark): (&str, &str),
    unreached: &mut Vec<String>,
) -> Result<usize> {
    let agency = r.text("agency").unwrap_or_default();
    let name = campaign.text("name").unwrap_or_default();
    let due = web::fmt::date(r.text("due_on").unwrap_or_default());
    let late = late_days(r, today).map_or_else(String::new, |n| format!(" Đã quá hạn {n} ngày."));
    let subject = format!("Đôn đốc: {name}, hạn hết ngày {due}");
    let body = format!(
        "Cơ quan của bạn chưa nộp “{name}”. Hạn: 23:59:59 ngày {due}.{late}\nSố liệu đã được điền sẵn từ các sổ; còn phần lời và thủ \
         trưởng duyệt. Mở Lá Chắn, mục Báo cáo."
    );
    let (event, link) = (format!("report-reminder:{}:{mark}", r.id), format!("/reports/report/{}", r.id));
    let m = Message { event: &event, template: "report_reminder", subject: &subject, body: &body, link: Some(&link), needs_ack: true };
    let mut sent = 0;
    let accounts = people.get(agency).map(Vec::as_slice).unwrap_or_default();
    for account in accounts {
        sent += notify(tx, account, &m, &[Channel::InApp, Channel::Email])?;
    }
    if accounts.is_empty() {
        let a = one(tx, reg, actor, "agency", agency)?;
        match a.text("email") {
            Some(address) => sent += usize::from(send_email(tx, address, &m)?),
            None => unreached.push(a.title),
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(state: &str, due: &str, submitted: Option<&str>) -> Record {
        let mut fields = BTreeMap::from([("due_on".to_owned(), Data::Text(due.into()))]);
        if let Some(s) = submitted {
            fields.insert("submitted_on".into(), Data::Text(s.into()));
        }
        Record {
            register: "report_submission".into(),
            id: "r".into(),
            version: 1,
            state: Some(state.into()),
            title: String::new(),
            fields,
            links: BTreeMap::new(),
            masked: vec![],
            agency: None,
            confirmed_on: None,
            created_at: 0,
            updated_at: 0,
            updated_by: String::new(),
            deleted: false,
        }
    }

    #[test]
    fn lateness_is_derived() {
        let late = |state, submitted, today| late_days(&report(state, "2026-12-04", submitted), today);
        assert_eq!(late("due", None, "2026-12-04"), None);
        assert_eq!(late("due", None, "2026-12-05"), Some(1));
        assert_eq!(late("received", Some("2026-12-04"), "2027-01-01"), None, "filed on the last day stays on time");
        assert_eq!(late("submitted", Some("2026-12-09"), "2027-01-01"), Some(5));
        assert_eq!(late("transferred", None, "2027-01-01"), None, "the successor's report is the one that can be late");
    }

    #[test]
    fn before_a_day_excludes_it() {
        let mut c = report("open", "x", None);
        c.fields.insert("due_before".into(), Data::Text("2026-12-05".into()));
        assert_eq!(last_day(&c).expect("day"), "2026-12-04");
    }
}
