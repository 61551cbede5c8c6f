//! `/plans/calendar`: due days of a month, one line for each task and day.

use std::collections::BTreeMap;

use access::Verb;
use registers::{Filter, Op, Query, actions};
use store::{Result, Tx};
use web::charts::{DayItem, calendar as month_table};
use web::components::{Grid, GridCell, GridColumn, empty, heading};
use web::forms::QueryData;
use web::maud::html;
use web::{Ctx, Page, PageResult, Tone, Who, fmt};

use crate::owed::{self, Ask};
use crate::state::{self, State, Want};

/// Obligations of one task that are due on one day: 118 agencies share a due day.
#[derive(Default)]
struct Due {
    day: String,
    task: String,
    words: String,
    n: i64,
    closed: i64,
    late: bool,
    /// The obligation, when it is only one.
    only: Option<String>,
}

/// Counts by task and day, then the words of the tasks: no row is read that is not shown.
fn due_days(tx: &mut Tx, who: &Who, from: String, to: String) -> Result<Vec<Due>> {
    let ask = Ask { want: Want::All, from: Some(from), to: Some(to), ..Ask::default() };
    let mut query = ask.query(&who.today);
    // all states, spelled out: so that the index by state and day is used
    let states = ["not_started", "in_progress", "waiting_event", "waiting_approval", "done", "not_applicable"];
    query.filters.push(Filter { field: "state".into(), op: Op::Is, values: states.map(str::to_owned).to_vec() });
    let scope = who.may(Verb::Read, "obligation")?;
    let mut by: BTreeMap<(String, String), Due> = BTreeMap::new();
    for t in actions::tally(tx, &who.reg, &scope, &query, &["due_on", "task", "state"])? {
        let key = (t.of[0].clone().unwrap_or_default(), t.of[1].clone().unwrap_or_default());
        let state = state::of(t.of[2].as_deref().unwrap_or_default(), Some(&key.0), None, &who.today);
        let d = by.entry(key.clone()).or_insert_with(|| Due { day: key.0, task: key.1, ..Due::default() });
        d.n += t.n;
        d.closed += if state.open() || state == State::WaitingEvent { 0 } else { t.n };
        d.late |= state == State::Overdue;
    }
    let mut days: Vec<Due> = by.into_values().collect();
    let mut ids: Vec<&str> = days.iter().map(|d| d.task.as_str()).filter(|t| !t.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    let words: BTreeMap<String, String> = owed::tasks_by_id(tx, &who.reg, &who.actor, ids)?
        .into_iter()
        .map(|t| (t.id.clone(), short(t.text("content").unwrap_or_default())))
        .collect();
    // a reader of one agency opens the obligation itself
    if days.iter().all(|d| d.n == 1) || days.iter().map(|d| d.n).sum::<i64>() <= 100 {
        for r in crate::every(tx, &who.reg, &who.actor, "obligation", Query { sort: Some("id".into()), ..query })? {
            let (day, task) = (r.text("due_on").unwrap_or_default(), r.text("task").unwrap_or_default());
            if let Some(d) = days.iter_mut().find(|d| d.n == 1 && d.day == day && d.task == task) {
                d.words = short(r.text("content").unwrap_or_default());
                d.only = Some(r.id);
            }
        }
    }
    for d in &mut days {
        if let Some(w) = words.get(&d.task) {
            d.words = w.clone();
        }
    }
    Ok(days)
}

fn item(d: Due) -> DayItem {
    let tone = match (d.late, d.closed == d.n) {
        (true, _) => Tone::Unmet,
        (false, true) => Tone::Met,
        (false, false) => Tone::Soon,
    };
    let day = fmt::date(&d.day);
    let href = match &d.only {
        Some(id) => format!("/plans/obligation/{id}"),
        None => format!(
            "/plans/board?{}",
            web::security::query_string(&[("state", "all"), ("task", d.task.as_str()), ("from", &day), ("to", &day)])
        ),
    };
    let label = if d.n == 1 { d.words } else { format!("{} ({}/{})", d.words, d.closed, d.n) };
    DayItem { day: d.day, label, href, tone }
}

/// First words of a task, for one day of the calendar. Whole words only.
fn short(s: &str) -> String {
    if s.chars().count() <= 60 {
        return s.trim_end_matches('.').to_owned();
    }
    let cut: String = s.chars().take(60).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |c| c.0).trim_end_matches([',', ';']))
}

/// The same days as a list, to filter, order and take away.
fn as_list(ctx: &Ctx, q: &QueryData, items: &[DayItem]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::day("day", lang.t("Hạn", "Due")),
        GridColumn::text("what", lang.t("Việc", "What")),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
    ];
    let mut g =
        Grid::new(ctx, q, "", "lich", lang.t("Hạn trong tháng", "Due this month"), columns).export(ctx.can(Verb::Export, "obligation"));
    for i in items {
        let said = match i.tone {
            Tone::Unmet => lang.t("quá hạn", "overdue"),
            Tone::Met => lang.t("đã xong", "done"),
            _ => lang.t("chưa xong", "open"),
        };
        g.row(vec![GridCell::day(Some(&i.day)), GridCell::link(&i.href, &i.label), GridCell::tag(i.tone, said)]);
    }
    g
}

/// Due days of a month.
pub async fn calendar(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "obligation")?;
    let lang = ctx.lang();
    let asked = q.filled("month").unwrap_or(&ctx.today);
    let number = |r: std::ops::Range<usize>| asked.get(r).and_then(|s| s.parse::<i64>().ok());
    let (year, month) = match (number(0..4), number(5..7)) {
        (Some(y @ 2000..=2100), Some(m @ 1..=12)) => (y, m),
        _ => return Err(web::bad_request(lang.t("Tháng phải viết dạng 2026-11.", "Write the month as 2026-11."))),
    };
    let last = calendar::Date::clamped(i32::try_from(year).unwrap_or(2000), u32::try_from(month).unwrap_or(1), 31);
    let (from, to) = (last.start_of_month().to_string(), last.to_string());
    let days = ctx.read(move |tx, who| due_days(tx, who, from, to)).await?;
    let items: Vec<DayItem> = days.into_iter().map(item).collect();
    let grid = as_list(&ctx, &q, &items);
    if let Some(file) = grid.file() {
        return file;
    }
    let step = |d: i64| {
        let n = year * 12 + month - 1 + d;
        format!("/plans/calendar?month={:04}-{:02}", n.div_euclid(12), n.rem_euclid(12) + 1)
    };
    let body = html! {
        (heading(lang.t("Lịch", "Calendar"), None, Some(html! { a.btn href=(step(-1)) { (lang.t("Tháng trước", "Previous")) } a.btn href=(step(1)) { (lang.t("Tháng sau", "Next")) } })))
        @if items.is_empty() {
            (empty(lang.t("Không có hạn nào trong tháng này.", "Nothing is due this month."), html! { a.btn href="/plans/board" { (lang.t("Xem mọi nghĩa vụ", "All obligations")) } }))
        }
        section.card { (month_table(year, month, &ctx.today, &items, lang)) }
        @if !items.is_empty() { section.card { h2 { (lang.t("Danh sách trong tháng", "The month as a list")) } (grid.render()) } }
    };
    Ok(Page::new(lang.t("Lịch", "Calendar")).active("/plans/calendar").body(body).respond(&ctx))
}
