//! `/plans/board` and `/plans/calendar`: who owes what, by state and by day.

use std::collections::BTreeMap;

use access::Verb;
use registers::{Filter, Op};
use web::charts::{DayItem, calendar as month_table};
use web::components::{Column, Tab, Table, due_words, empty, heading, link_button, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone, fmt};

use crate::state::State;
use crate::work::{Owed, owed};

/// Rows shown at once; the rest is one filter away.
const MOST: usize = 200;

/// Obligations in scope by state; the officer also sees who is late.
pub async fn board(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "obligation")?;
    let mut filters = vec![];
    for field in ["agency", "task"] {
        if let Some(v) = q.filled(field) {
            filters.push(Filter { field: field.into(), op: Op::Is, values: vec![v.into()] });
        }
    }
    let all = ctx.read(move |tx, who| owed(tx, &who.reg, &who.actor, &who.today, filters)).await?;
    let lang = ctx.lang();
    let open = q.filled("state").unwrap_or("open").to_owned();
    let keep = |o: &&Owed| match open.as_str() {
        "open" => o.state.open(),
        "all" => true,
        s => word(o.state) == s,
    };
    let with = |state: &str| {
        let mut pairs = vec![("state", state)];
        for f in ["agency", "task"] {
            if let Some(v) = q.filled(f) {
                pairs.push((f, v));
            }
        }
        format!("/plans/board?{}", web::security::query_string(&pairs))
    };
    let count = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
    let mut list = vec![Tab {
        id: "open".into(),
        label: lang.t("Đang mở", "Open").into(),
        count: count(all.iter().filter(|o| o.state.open()).count()),
        href: with("open"),
    }];
    for s in State::ALL {
        let n = all.iter().filter(|o| o.state == s).count();
        if n > 0 {
            list.push(Tab { id: word(s), label: lang.l(s.label()).into(), count: count(n), href: with(&word(s)) });
        }
    }
    let shown: Vec<&Owed> = all.iter().filter(keep).collect();
    if q.has("export") {
        ctx.may(Verb::Export, "obligation")?;
        return Ok(workbook(&ctx, &shown));
    }
    let narrowed = q.filled("agency").is_some() || q.filled("task").is_some();
    let agencies: std::collections::BTreeSet<_> = shown.iter().filter_map(|o| o.record.text("agency")).collect();
    let by_task = !narrowed && agencies.len() > 3;
    let export = format!("{}&export=xlsx", with(&open));
    let body = html! {
        (heading(lang.t("Nhiệm vụ", "Tasks"), Some(html! { (lang.t("Trạng thái được suy ra từ minh chứng, sổ đăng ký và ngày tháng; không ai nhập.", "States are derived from evidence, registers and dates.")) }), ctx.can(Verb::Export, "obligation").then(|| link_button(&export, lang.t("Tải .xlsx", "Download .xlsx")))))
        (tabs(&list, &open, lang.t("Trạng thái", "State")))
        @if let Some(late) = late(&all, lang) { (late) }
        @if shown.is_empty() { (empty(lang.t("Không có nghĩa vụ nào ở đây.", "Nothing here."), html! { p { (lang.t("Nghĩa vụ sinh ra khi một kế hoạch được chấp nhận.", "Obligations are made when a plan is accepted.")) } })) }
        @else if by_task { section.card { (tasks(&shown, &open, lang)) } }
        @else {
            section.card { (table(&ctx, &shown)) }
            @if shown.len() > MOST { p.muted { (lang.t("Hiện", "Showing")) " " (MOST) "/" (fmt::int(i64::try_from(shown.len()).unwrap_or(0))) ". " (lang.t("Chọn một cơ quan hoặc một trạng thái để thu hẹp.", "Choose an agency or a state to narrow down.")) } }
        }
    };
    Ok(Page::new(lang.t("Nhiệm vụ", "Tasks")).active("/plans/board").body(body).respond(&ctx))
}

fn word(s: State) -> String {
    serde_json::to_value(s).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn table(ctx: &Ctx, shown: &[&Owed]) -> Markup {
    let lang = ctx.lang();
    let mut t = Table::new(
        lang.t("Nghĩa vụ", "Obligations"),
        vec![
            Column::text(lang.t("Việc", "Task")),
            Column::text(lang.t("Cơ quan", "Agency")),
            Column::text(lang.t("Kỳ", "Period")).drop_at(2),
            Column::text(lang.t("Hạn", "Due")),
            Column::text(lang.t("Theo sổ", "From registers")).drop_at(1),
            Column::text(lang.t("Trạng thái", "State")),
        ],
    );
    for o in shown.iter().take(MOST) {
        let due = o.record.text("due_on").map(|d| if o.state.open() { due_words(d, &ctx.today, lang).0 } else { fmt::date(d) });
        t.row(vec![
            html! { a href={"/plans/obligation/" (o.record.id)} { (cut(o.record.text("content").unwrap_or_default())) } },
            html! { (o.record.link_title("agency").unwrap_or_default()) },
            html! { (period(&o.record, lang)) },
            html! { (due.unwrap_or_else(|| lang.t("thường xuyên", "continuous").into())) },
            html! { @if let Some((met, all)) = o.figure { (met) "/" (all) } @else { "–" } },
            tag(o.state.tone(), lang.l(o.state.label())),
        ]);
    }
    t.render(lang)
}

/// One row for each task: how many agencies are how far. A reader of many agencies begins here.
fn tasks(shown: &[&Owed], open: &str, lang: Lang) -> Markup {
    let mut by: BTreeMap<&str, Vec<&Owed>> = BTreeMap::new();
    for o in shown {
        by.entry(o.record.text("task").unwrap_or_default()).or_default().push(o);
    }
    let late = |l: &[&Owed]| l.iter().filter(|o| o.state == State::Overdue).count();
    let mut list: Vec<_> = by.into_iter().collect();
    list.sort_by_key(|(_, l)| (std::cmp::Reverse(late(l)), l.first().and_then(|o| o.record.text("due_on")).unwrap_or("9").to_owned()));
    let mut t = Table::new(
        lang.t("Theo nhiệm vụ", "By task"),
        vec![
            Column::text(lang.t("Việc", "Task")),
            Column::text(lang.t("Hạn", "Due")),
            Column::num(lang.t("Cơ quan", "Agencies")),
            Column::num(lang.t("Quá hạn", "Overdue")),
            Column::num(lang.t("Chờ duyệt", "Waiting")).drop_at(2),
            Column::num(lang.t("Theo sổ", "From registers")).drop_at(1),
        ],
    );
    for (task, l) in list {
        let Some(first) = l.first() else { continue };
        let n = |s: State| l.iter().filter(|o| o.state == s).count();
        let figures: Vec<(i64, i64)> = l.iter().filter_map(|o| o.figure).collect();
        let (met, all) = figures.iter().fold((0, 0), |a, f| (a.0 + f.0, a.1 + f.1));
        t.row(vec![
            html! { a href={"/plans/board?state=" (open) "&task=" (task)} { (cut(first.record.text("content").unwrap_or_default())) } },
            html! { (first.record.text("due_on").map_or_else(|| lang.t("thường xuyên", "continuous").to_owned(), fmt::date)) },
            html! { (l.len()) },
            html! { @if late(&l) > 0 { span.count.hot { (late(&l)) } } @else { "0" } },
            html! { (n(State::WaitingApproval)) },
            html! { @if all > 0 { (met) "/" (all) } @else { "–" } },
        ]);
    }
    t.render(lang)
}

/// What the page shows, as a file.
fn workbook(ctx: &Ctx, shown: &[&Owed]) -> web::axum::response::Response {
    use documents::{Cell, Column as Head, ColumnKind, Sheet, Workbook};
    use web::axum::response::IntoResponse;
    let lang = ctx.lang();
    let heads = [
        (lang.t("Việc", "Task"), ColumnKind::Text),
        (lang.t("Cơ quan", "Agency"), ColumnKind::Text),
        (lang.t("Kỳ", "Period"), ColumnKind::Text),
        (lang.t("Hạn", "Due"), ColumnKind::Date),
        (lang.t("Trạng thái", "State"), ColumnKind::Text),
    ];
    let text = |s: Option<&str>| s.map_or(Cell::Empty, |s| Cell::Text(s.to_owned()));
    let row = |o: &&Owed| {
        vec![
            text(o.record.text("content")),
            text(o.record.link_title("agency")),
            text(o.record.text("period_key")),
            o.record.text("due_on").map_or(Cell::Empty, |d| Cell::Date(d.to_owned())),
            Cell::Text(lang.l(o.state.label()).to_owned()),
        ]
    };
    let columns = heads.into_iter().map(|(h, k)| Head::new(h, k)).collect();
    let sheet = Sheet { name: lang.t("Nhiệm vụ", "Tasks").to_owned(), columns, rows: shown.iter().map(row).collect() };
    match Workbook::of(sheet).to_xlsx() {
        Ok(bytes) => web::file(bytes, "nhiem-vu.xlsx"),
        Err(e) => web::Fail(store::Error::internal(e)).into_response(),
    }
}

/// First words of a long task.
pub fn cut(s: &str) -> String {
    let short: String = s.chars().take(130).collect();
    if short.len() < s.len() { format!("{short}…") } else { short }
}

/// The period an obligation is for, as people say it; nothing when it is just its due day.
pub fn period(o: &registers::Record, lang: Lang) -> String {
    let key = o.text("period_key").unwrap_or_default();
    let (year, rest) = key.split_once('-').unwrap_or((key, ""));
    let roman = ["I", "II", "III", "IV"];
    match (rest.strip_prefix('Q').and_then(|q| q.parse::<usize>().ok()), rest.len()) {
        _ if key.is_empty() || o.text("due_on") == Some(key) => String::new(),
        (Some(q @ 1..=4), _) => format!("{} {}/{year}", lang.t("quý", "quarter"), roman[q - 1]),
        (None, 0) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => format!("{} {year}", lang.t("năm", "year")),
        (None, 2) => format!("{} {rest}/{year}", lang.t("tháng", "month")),
        (None, 5) => fmt::date(key),
        _ => key.to_owned(),
    }
}

/// Agencies shown by name; the rest is one press away.
const NAMED: usize = 12;

/// Agencies with something overdue, worst first; nothing when it concerns one agency only.
pub fn late(all: &[Owed], lang: Lang) -> Option<Markup> {
    let mut by: BTreeMap<&str, (String, usize)> = BTreeMap::new();
    for o in all.iter().filter(|o| o.state == State::Overdue) {
        let id = o.record.text("agency").unwrap_or_default();
        by.entry(id).or_insert_with(|| (o.record.link_title("agency").unwrap_or_default().to_owned(), 0)).1 += 1;
    }
    let mut list: Vec<_> = by.into_iter().collect();
    list.sort_by_key(|l| std::cmp::Reverse(l.1.1));
    let rest = list.len().saturating_sub(NAMED);
    (list.len() > 1).then(|| {
        html! {
            section.card {
                h2 { (lang.t("Ai đang chậm", "Who is late")) " " span.count.hot { (list.len()) " " (lang.t("cơ quan", "agencies")) } }
                p.small.muted { (lang.t("Số cạnh tên là số việc quá hạn.", "The number is what is overdue.")) }
                p.wide {
                    @for (id, (name, n)) in list.iter().take(NAMED) { a.chip.unmet href={"/plans/board?state=overdue&agency=" (id)} { (name) " · " (n) } " " }
                    @if rest > 0 { a href="/plans/board?state=overdue" { (lang.t("và", "and")) " " (rest) " " (lang.t("cơ quan nữa", "more agencies")) } }
                }
            }
        }
    })
}

/// First words of a task, for one day of the calendar. Whole words only.
fn short(s: &str) -> String {
    if s.chars().count() <= 60 {
        return s.trim_end_matches('.').to_owned();
    }
    let cut: String = s.chars().take(60).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |c| c.0).trim_end_matches([',', ';']))
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
    let filters = vec![
        Filter { field: "due_on".into(), op: Op::From, values: vec![from] },
        Filter { field: "due_on".into(), op: Op::To, values: vec![to] },
    ];
    let all = ctx.read(move |tx, who| owed(tx, &who.reg, &who.actor, &who.today, filters)).await?;
    // one line for each task and day: 118 agencies share a due day
    let mut grouped: BTreeMap<(String, String), Vec<&Owed>> = BTreeMap::new();
    for o in &all {
        grouped
            .entry((o.record.text("due_on").unwrap_or_default().into(), o.record.text("task").unwrap_or_default().into()))
            .or_default()
            .push(o);
    }
    let items: Vec<DayItem> = grouped
        .into_iter()
        .filter_map(|((day, task), list)| {
            let first = list.first()?;
            let done = list.iter().filter(|o| !o.state.open()).count();
            let tone = if list.iter().any(|o| o.state == State::Overdue) {
                Tone::Unmet
            } else if done == list.len() {
                Tone::Met
            } else {
                Tone::Soon
            };
            let words = short(first.record.text("content").unwrap_or_default());
            let label = if list.len() == 1 { words } else { format!("{words} ({done}/{})", list.len()) };
            let href = if list.len() == 1 {
                format!("/plans/obligation/{}", first.record.id)
            } else {
                format!("/plans/board?state=all&task={task}")
            };
            Some(DayItem { day, label, href, tone })
        })
        .collect();
    let step = |d: i64| {
        let n = year * 12 + month - 1 + d;
        format!("/plans/calendar?month={:04}-{:02}", n.div_euclid(12), n.rem_euclid(12) + 1)
    };
    let body = html! {
        (heading(lang.t("Lịch", "Calendar"), None, Some(html! { a.btn href=(step(-1)) { (lang.t("Tháng trước", "Previous")) } a.btn href=(step(1)) { (lang.t("Tháng sau", "Next")) } })))
        section.card { (month_table(year, month, &ctx.today, &items, lang)) }
    };
    Ok(Page::new(lang.t("Lịch", "Calendar")).active("/plans/calendar").body(body).respond(&ctx))
}
