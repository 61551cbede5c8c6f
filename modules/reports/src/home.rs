//! Reports as work: the number beside the menu line, lines of "My work today".

use access::{Actor, Verb};
use registers::{Filter, Op, Query, actions};
use store::{Result, Tx};
use web::{Cx, L, MenuCount, WorkItem, fmt};

use crate::campaign::{OWED, late_days};
use crate::{all_where, is};

/// Reports still owed in the reader's scope, and how many of them are late.
pub fn count(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<MenuCount>> {
    let scope = actor.may(Verb::Read, "report_submission")?;
    let Some(campaign) = in_open_campaigns(cx, tx, actor)? else { return Ok(None) };
    let owed = Filter { field: "state".into(), op: Op::Is, values: OWED.map(str::to_owned).to_vec() };
    let mut query = Query { filters: vec![owed, campaign], as_of: Some("all".into()), ..Query::default() };
    let n = actions::count(tx, cx.registry, &scope, &query)?;
    let yesterday = calendar::Date::parse(cx.today).map_or_else(|_| cx.today.to_owned(), |d| d.add_days(-1).to_string());
    query.filters.push(Filter { field: "due_on".into(), op: Op::To, values: vec![yesterday] });
    let late = actions::count(tx, cx.registry, &scope, &query)?;
    Ok(Some(MenuCount { n, late, what: L("báo cáo chưa nộp", "not filed") }))
}

/// Reports of open campaigns; `None` when none is open. What a closed campaign left unfiled is history, not work.
fn in_open_campaigns(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<Filter>> {
    let open = all_where(tx, cx.registry, actor, "report_campaign", vec![is("state", "open")])?;
    let values: Vec<String> = open.into_iter().map(|c| c.id).collect();
    Ok((!values.is_empty()).then(|| Filter { field: "campaign".into(), op: Op::Is, values }))
}

/// What the reader's own agency owes, and what waits for the reader.
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let (Some(agency), Ok(_)) = (actor.agency.clone(), actor.may(Verb::Read, "report_submission")) else { return Ok(vec![]) };
    let roles: Vec<&str> = actor.grants().iter().map(|g| g.role.as_str()).collect();
    let writes = roles.iter().any(|r| matches!(*r, "contact" | "head"));
    let mut items = Vec::new();
    let owed = Filter { field: "state".into(), op: Op::Is, values: OWED.map(str::to_owned).to_vec() };
    let Some(campaign) = in_open_campaigns(cx, tx, actor)? else { return Ok(vec![]) };
    for r in all_where(tx, cx.registry, actor, "report_submission", vec![is("agency", &agency), owed, campaign])? {
        let state = r.state.as_deref().unwrap_or_default();
        let head = roles.contains(&"head");
        if !writes || (state == "waiting_head") != head && state == "waiting_head" {
            continue;
        }
        items.push(item(cx, &r, state, head));
    }
    Ok(items)
}

fn item(cx: &Cx<'_>, r: &registers::Record, state: &str, head: bool) -> WorkItem {
    let lang = cx.lang;
    let due = r.text("due_on").unwrap_or_default();
    let late = late_days(r, cx.today).map(|n| format!(" · {} {n} {}", lang.t("muộn", "late by"), lang.t("ngày", "days")));
    let why = match state {
        "returned" => lang.t("Bị trả lại, cần sửa và nộp lại", "Returned: mend and file again"),
        "waiting_head" => lang.t("Đầu mối đã trình, chờ bạn duyệt nộp", "Waits for your approval"),
        "draft" => lang.t("Đang soạn", "In draft"),
        _ => lang.t("Số liệu đã điền sẵn, còn phần lời", "Figures are filled in; words are missing"),
    };
    let action = if head && state == "waiting_head" { lang.t("Duyệt", "Approve") } else { lang.t("Mở", "Open") };
    WorkItem {
        due: Some(due.to_owned()),
        title: r.link_title("campaign").unwrap_or_default().to_owned(),
        reason: format!("{why} · {} {}{}", lang.t("hạn", "due"), fmt::date(due), late.unwrap_or_default()),
        action: action.to_owned(),
        href: format!("/reports/report/{}", r.id),
        ..WorkItem::default()
    }
}
