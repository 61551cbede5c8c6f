//! `/estimates`: the money of a year by task, source and agency; a card on the page of a plan.

use access::{Actor, Verb};
use documents::Cell;
use registers::{Record, actions};
use store::{Result, Tx};
use web::axum::Router;
use web::axum::extract::Path;
use web::axum::http::{HeaderValue, header};
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::get;
use web::charts::{Bar3, bar3};
use web::components::{Grid, GridCell, GridColumn, Tab, empty, facts, heading, link_button, main_link, tabs};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{App, Ctx, Cx, FormData, L, Lang, Page, PageResult, Panel, fmt};

use crate::asked_year;
use crate::document::{self, KINDS};
use crate::sums::{self, Line, Sum, Year};

/// Addresses under `/estimates`.
pub fn router() -> Router<App> {
    Router::new().route("/estimates", get(show)).route("/estimates/file/{kind}", get(file))
}

/// The year a page is about: the one asked for, else the one that is being planned.
fn year(q: &FormData, today: &str) -> Result<i64> {
    let next = || today.get(..4).and_then(|y| y.parse::<i64>().ok()).unwrap_or(2026) + 1;
    Ok(asked_year(q.filled("year"))?.unwrap_or_else(next))
}

async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "funding_proposal")?;
    let (year, tab) = (year(&q, &ctx.today)?, q.filled("tab").unwrap_or("tasks").to_owned());
    let (y, years) = ctx
        .read(move |tx, who| Ok((sums::of(tx, &who.reg, &who.actor, year, None)?, sums::years(tx, &who.reg, &who.actor, &who.today)?)))
        .await?;
    let lang = ctx.lang();
    let grid = grid(&ctx, &q, &y, &tab);
    if let Some(file) = grid.file() {
        return file;
    }
    let at = |t: &str, y: i64| format!("/estimates?year={y}&tab={t}");
    let n = |k: usize| i64::try_from(k).ok();
    let part = |id: &str, label: &str, k: usize| Tab { id: id.into(), label: label.into(), count: n(k), href: at(id, year) };
    let mut parts = vec![
        part("tasks", lang.t("Nhiệm vụ", "Tasks"), y.tasks.len()),
        part("sources", lang.t("Nguồn", "Sources"), y.sources.len()),
        part("agencies", lang.t("Cơ quan", "Agencies"), y.agencies.len()),
    ];
    if !y.without.is_empty() {
        parts.push(part("without", lang.t("Chưa có dự toán", "Without money"), y.without.len()));
    }
    let years: Vec<Tab> = years.iter().map(|k| Tab { id: k.to_string(), label: k.to_string(), count: None, href: at(&tab, *k) }).collect();
    let title = format!("{} {year}", lang.t("Dự toán", "Estimates"));
    let body = html! {
        (heading(&title, Some(html! { (lang.t("Tổng các đề xuất trong phạm vi của bạn, theo nhiệm vụ của kế hoạch, nguồn và cơ quan; bấm vào để mở từng đề xuất.", "Sums of the proposals in your scope; each opens into its proposals.")) }), Some(buttons(&ctx, year))))
        (tabs(&years, &year.to_string(), lang.t("Năm", "Year")))
        section.card { (facts(about(y.total, lang))) }
        (tabs(&parts, &tab, lang.t("Phần", "Part")))
        section.card {
            @if grid.is_empty() { (empty(lang.t("Chưa có đề xuất nào cho năm này.", "No proposal for this year yet."), html! { p { (lang.t("Mỗi cơ quan lập đề xuất cho nhiệm vụ mình chủ trì: số tiền, nguồn, nhiệm vụ của kế hoạch.", "Each agency proposes for the tasks it leads: amount, source, task.")) } })) }
            @else { (grid.render()) }
        }
    };
    Ok(Page::new(title).active("/estimates").body(body).respond(&ctx))
}

fn buttons(ctx: &Ctx, year: i64) -> Markup {
    let lang = ctx.lang();
    html! {
        @if ctx.can(Verb::Create, "funding_proposal") { (main_link(&format!("/r/funding_proposal/new?year={year}"), lang.t("Lập đề xuất", "New proposal"))) }
        @if ctx.can(Verb::Export, "funding_proposal") { @for (kind, _) in KINDS { (link_button(&format!("/estimates/file/{kind}?year={year}"), &format!(".{kind}"))) } }
    }
}

fn about(s: Sum, lang: Lang) -> Vec<(String, Markup)> {
    let share = |part: i64| fmt::percent(part, s.asked).map(|p| format!(" · {p}")).unwrap_or_default();
    vec![
        (
            lang.t("Đề xuất", "Asked").to_owned(),
            html! { (fmt::money(s.asked)) div.small.muted { (fmt::int(s.proposals)) " " (lang.t("đề xuất", "proposals")) ", " (fmt::int(s.waiting)) " " (lang.t("chờ quyết định", "waiting for a decision")) } },
        ),
        (lang.t("Được duyệt", "Approved").to_owned(), html! { (fmt::money(s.approved)) (share(s.approved)) }),
        (lang.t("Đã giải ngân", "Disbursed").to_owned(), html! { (fmt::money(s.disbursed)) (share(s.disbursed)) }),
    ]
}

/// Approved of what was asked for, drawn: what waits for a decision is no "no".
fn drawn(s: Sum, lang: Lang) -> Markup {
    let open = (s.asked - s.approved).max(0);
    let bar = if s.waiting > 0 {
        Bar3 { met: s.approved, unmet: 0, nodata: open, goal: None }
    } else {
        Bar3 { met: s.approved, unmet: open, nodata: 0, goal: None }
    };
    html! { @if s.asked > 0 { (bar3(bar, lang)) } }
}

fn grid(ctx: &Ctx, q: &FormData, y: &Year, tab: &str) -> Grid {
    if tab == "without" {
        return unpaid(ctx, q, y);
    }
    let lang = ctx.lang();
    let (label, lines, field) = match tab {
        "sources" => (lang.t("Nguồn", "Source"), &y.sources, "source"),
        "agencies" => (lang.t("Cơ quan", "Agency"), &y.agencies, "agency"),
        _ => (lang.t("Nhiệm vụ", "Task"), &y.tasks, "task"),
    };
    let columns = vec![
        GridColumn::text("what", label),
        GridColumn::action(lang.t("Duyệt · chờ", "Approved · waiting")).drop_at(2),
        GridColumn::num("n", lang.t("Đề xuất", "Proposals")).drop_at(1),
        GridColumn::num("asked", lang.t("Số đề xuất (đồng)", "Asked (đồng)")),
        GridColumn::num("approved", lang.t("Được duyệt", "Approved")),
        GridColumn::num("disbursed", lang.t("Giải ngân", "Disbursed")).drop_at(1),
    ];
    let mut g = Grid::new(ctx, q, "", "du-toan", lang.t("Dự toán", "Estimates"), columns).export(ctx.can(Verb::Export, "funding_proposal"));
    for l in lines {
        g.row(line(l, y.year, field, lang));
    }
    g
}

fn line(l: &Line, year: i64, field: &str, lang: Lang) -> Vec<GridCell> {
    let name = if l.id.is_empty() { lang.t("Việc ngoài kế hoạch", "Work outside any plan") } else { &l.name };
    let filter = if l.id.is_empty() { format!("f.{field}.empty=1") } else { format!("f.{field}={}", l.id) };
    let to = format!("/r/funding_proposal?f.year={year}&{filter}");
    vec![
        GridCell::with(html! { a href=(to) { (name) } @if let Some(p) = &l.plan { div.small.muted { (p) } } }, Cell::text(name)),
        GridCell::only(drawn(l.sum, lang)),
        GridCell::num(l.sum.proposals),
        GridCell::num(l.sum.asked),
        GridCell::num(l.sum.approved),
        GridCell::num(l.sum.disbursed),
    ]
}

/// Tasks in force that nobody asks money for.
fn unpaid(ctx: &Ctx, q: &FormData, y: &Year) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("what", lang.t("Nhiệm vụ", "Task")),
        GridColumn::text("plan", lang.t("Kế hoạch", "Plan")).drop_at(1),
        GridColumn::action(lang.t("Việc cần làm", "To do")),
    ];
    let mut g = Grid::new(ctx, q, "", "chua-co-du-toan", lang.t("Nhiệm vụ chưa có dự toán", "Tasks without money"), columns)
        .export(ctx.can(Verb::Export, "funding_proposal"));
    let may = ctx.can(Verb::Create, "funding_proposal");
    for (id, words, plan) in &y.without {
        let to = format!("/r/funding_proposal/new?year={}&task={id}", y.year);
        g.row(vec![
            GridCell::link(&format!("/r/task/{id}"), words),
            GridCell::text(plan),
            GridCell::only(html! { @if may { a.btn href=(to) { (lang.t("Lập đề xuất", "Propose")) } } }),
        ]);
    }
    g
}

async fn file(ctx: Ctx, Path(kind): Path<String>, q: QueryData) -> core::result::Result<Response, web::Fail> {
    ctx.may(Verb::Export, "funding_proposal")?;
    let (year, place, today) = (year(&q, &ctx.today)?, ctx.look.place.clone(), ctx.today.clone());
    let (y, agency) = ctx.read(move |tx, who| Ok((sums::of(tx, &who.reg, &who.actor, year, None)?, signer(tx, who)?))).await?;
    let ending = kind.clone();
    let bytes = web::blocking(move || document::write(&document::of(&y, &agency, &place, &today)?, &kind)).await??;
    Ok(attachment(bytes, &ending, year))
}

/// The agency of who takes the file away.
pub fn signer(tx: &mut Tx, who: &web::Who) -> Result<String> {
    let Some(id) = &who.actor.agency else { return Ok("Cơ quan thường trực".to_owned()) };
    Ok(actions::get(tx, &who.reg, &who.may(Verb::Read, "agency")?, id)?.title)
}

/// A file to take away.
pub fn attachment(bytes: Vec<u8>, ending: &str, year: i64) -> Response {
    let mime = KINDS.iter().find(|(e, _)| *e == ending).map_or("application/octet-stream", |(_, m)| m);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"du-toan-{year}.{ending}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(mime)), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// On a plan's page: what its tasks cost this year and next.
pub fn panels(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, plan: &Record) -> Result<Vec<Panel>> {
    let lang = cx.lang;
    let this = cx.today.get(..4).and_then(|y| y.parse::<i64>().ok()).unwrap_or(2026);
    let mut years = Vec::new();
    for year in [this, this + 1] {
        let y = sums::of(tx, cx.registry, actor, year, Some(&plan.id))?;
        if y.total.proposals > 0 {
            years.push(y);
        }
    }
    if years.is_empty() {
        return Ok(vec![]);
    }
    let body = html! { ul { @for y in &years { li {
        a href={"/estimates?year=" (y.year)} { (lang.t("Năm ", "Year ")) (y.year) } ": " (lang.t("đề xuất ", "asked ")) (fmt::money(y.total.asked))
        " · " (lang.t("được duyệt ", "approved ")) (fmt::money(y.total.approved)) " · " (lang.t("giải ngân ", "disbursed ")) (fmt::money(y.total.disbursed))
        @if !y.without.is_empty() { " · " (y.without.len()) " " (lang.t("nhiệm vụ chưa có dự toán", "tasks without money")) }
    } } } };
    let count = years.iter().map(|y| y.total.proposals).sum();
    Ok(vec![Panel { id: "estimates", label: L("Kinh phí", "Money"), count: Some(count), body }])
}
