//! Following up without pressing: reminders by the calendar, and the letter to those who still owe, ready to be signed.

use access::{Actor, Verb};
use library::outgoing;
use registers::{Filter, Op, Record, Registry};
use store::{Error, Result, Tx};
use web::{Cx, fmt};

use crate::campaign::{self, OWED, late_days, template_of};
use crate::{all_where, is, one};

/// Reports of a campaign that are owed, in the actor's scope, latest agencies by name.
pub(crate) fn owed(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &str) -> Result<Vec<Record>> {
    let states = Filter { field: "state".into(), op: Op::Is, values: OWED.map(str::to_owned).to_vec() };
    let mut list = all_where(tx, reg, actor, "report_submission", vec![is("campaign", campaign), states])?;
    list.sort_by_key(|r| ::text::sort_key(r.link_title("agency").unwrap_or_default()));
    Ok(list)
}

/// Drafts the letter of a campaign to everybody who owes; the annex lists them with their deadline.
///
/// # Errors
/// `Forbidden` without the right to make outgoing documents; `Conflict` when nobody owes or the campaign is not open.
pub fn draft(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Record> {
    actor.may(Verb::Create, outgoing::REGISTER)?;
    let c = one(tx, reg, actor, "report_campaign", id)?;
    if c.state.as_deref() != Some("open") {
        return Err(Error::Conflict("Đợt báo cáo không mở nên không có gì để đôn đốc.".into()));
    }
    let missing = owed(tx, reg, actor, id)?;
    if missing.is_empty() {
        return Err(Error::Conflict("Mọi cơ quan đã nộp: không có ai để gửi công văn.".into()));
    }
    let template = template_of(&c)?;
    let Some(agency) = c.text("receiver").map(str::to_owned).or_else(|| actor.agency.clone()) else {
        return Err(Error::invalid("receiver", "Ghi “Nơi nhận, tổng hợp” trong đợt báo cáo: đó là cơ quan ban hành công văn."));
    };
    let all = all_where(tx, reg, actor, "report_submission", vec![is("campaign", id)])?.len();
    let last = campaign::last_day(&c)?;
    let fill = |s: &String| {
        s.replace("{name}", c.text("name").unwrap_or_default())
            .replace("{due}", &fmt::date(&last))
            .replace("{missing}", &fmt::int(i64::try_from(missing.len()).unwrap_or(i64::MAX)))
            .replace("{all}", &fmt::int(i64::try_from(all).unwrap_or(i64::MAX)))
            .replace("{today}", &fmt::date(today))
    };
    let head = ["STT", "Cơ quan", "Hạn nộp", "Quá hạn (ngày)"].map(str::to_owned).to_vec();
    let row = |(i, r): (usize, &Record)| {
        let late = late_days(r, today).map_or_else(|| "chưa đến hạn".to_owned(), |n| n.to_string());
        vec![
            (i + 1).to_string(),
            r.link_title("agency").unwrap_or_default().to_owned(),
            fmt::date(r.text("due_on").unwrap_or_default()),
            late,
        ]
    };
    let rows = std::iter::once(head).chain(missing.iter().enumerate().map(row)).collect();
    let letter = &template.letter;
    // few are named one by one, many by the list behind
    let names: Vec<String> = missing.iter().filter_map(|r| r.link_title("agency")).map(str::to_owned).collect();
    let addressees = if names.len() <= MOST_ADDRESSEES { names } else { vec![letter.addressees.clone()] };
    let d = outgoing::Draft {
        agency,
        symbol: letter.symbol.clone(),
        title: fill(&letter.subject),
        addressees,
        content: letter.paragraphs.iter().map(fill).collect(),
        annex: Some((fill(&letter.annex), rows)),
        recipients: letter
            .recipients
            .iter()
            .map(|r| r.split_once('|').map_or((r.clone(), String::new()), |(n, m)| (n.into(), m.into())))
            .collect(),
        signer_title: template.document.signer.clone(),
        about: format!("/reports/campaign/{id}"),
    };
    outgoing::draft(tx, reg, actor, &d)
}

/// Agencies named one by one on the letter; more are "the agencies of the list".
const MOST_ADDRESSEES: usize = 8;

/// Job: on the days before a deadline that the template names, whoever owes is told, once for each of these days however often
/// the job runs; after a machine was off, late but still once.
pub fn remind_by_calendar(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let actor = Actor::system("reports.remind");
    let mut open = all_where(tx, cx.registry, &actor, "report_campaign", vec![is("state", "open")])?;
    open.sort_by(|a, b| a.id.cmp(&b.id));
    // one campaign a transaction
    let Some(c) = open.iter().find(|c| after.is_none_or(|a| c.id.as_str() > a)) else { return Ok(None) };
    let last = campaign::last_day(c)?;
    if let (Some(end), Some(now)) = (fmt::days(&last), fmt::days(cx.today)) {
        let left = end - now;
        let due = template_of(c)?.head.remind.iter().copied().filter(|n| left >= 0 && left <= *n).min();
        if let Some(n) = due {
            campaign::remind_on(tx, cx.registry, &actor, c, cx.today, &format!("-{n}"))?;
        }
    }
    Ok(Some(c.id.clone()))
}
