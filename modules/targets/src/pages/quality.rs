//! `/quality`: six measured scores, what to mend first, agencies side by side.

use std::collections::BTreeMap;

use access::Verb;
use documents::Cell;
use rules::{Figure, Quality};
use serde_json::json;
use web::charts::{Bar3, Point, bar3, trend};
use web::components::{Grid, GridCell, GridColumn, heading, notice};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone, WorkItem, fmt};

use crate::pages::one::agency_names;
use crate::quality::{ASPECTS, Checked, all, by_agency, due, of_aspect};
use crate::scores::{Month, months};

/// The page.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "figure")?;
    let (list, names, months) = ctx
        .read(|tx, who| Ok((all(tx, &who.reg, &who.actor, &who.today)?, agency_names(tx, who)?, months(tx, &who.reg, &who.actor)?)))
        .await?;
    let lang = ctx.lang();
    let (first, league, sheet) = (mend_first(&ctx, &q, &list), league(&ctx, &q, &list, &names), matrix(&ctx, &q, &list));
    for grid in [&first, &league, &sheet] {
        if let Some(file) = grid.file() {
            return file;
        }
    }
    let total = list.iter().fold(Figure::default(), |a, c| a.plus(c.total));
    let due = fmt::date(&due(&ctx.today));
    let title = lang.t("Chất lượng dữ liệu", "Data quality");
    let sub = html! {
        (fmt::int(total.met)) "/" (fmt::int(total.population())) " " (lang.t("lượt kiểm tra đạt", "checks passed"))
        @if let Some(p) = fmt::percent(total.met, total.population()) { " · " (p) }
        " · " (lang.t("tổng trên tổng, không điểm nào gõ tay; sửa trước ngày", "sums over sums, no score is typed; to be mended by")) " " (due)
    };
    let body = html! {
        (heading(title, Some(sub), None))
        div.grid6 { @for (i, (aspect, name, what)) in ASPECTS.into_iter().enumerate() {
            @let f = of_aspect(&list, aspect);
            (tile(lang.l(name), lang.l(what), &f, &points(&months, i, &f, &ctx.today), lang))
        } }
        section.card {
            div.row.between { h2 { (lang.t("Sửa gì trước", "What to mend first")) } span.muted.small { (lang.t("số bản ghi × số chỉ tiêu được cải thiện", "records × targets they move")) } }
            @if first.is_empty() { (notice(Tone::Met, html! { (lang.t("Mọi kiểm tra đều đạt.", "All checks pass.")) })) } @else { (first.render()) }
        }
        @if names.len() > 1 { section.card { h2 { (lang.t("Theo cơ quan", "By agency")) } (league.render()) } }
        section.card { h2 { (lang.t("Theo sổ đăng ký", "By register")) } (sheet.render()) }
    };
    Ok(Page::new(title).active("/quality").body(body).respond(&ctx))
}

/// Scores of the months that were measured, and today's; oldest first, a year at most.
fn points(months: &[Month], aspect: usize, now: &Figure, today: &str) -> Vec<Point> {
    let share = |(met, made): (i64, i64)| (made > 0).then(|| met as f64 * 100.0 / made as f64);
    let past: Vec<&Month> = months.iter().filter(|m| m.0.as_str() < today).collect();
    let mut all: Vec<Point> = past
        .iter()
        .skip(past.len().saturating_sub(12))
        .map(|(day, six)| Point { label: fmt::date(day), value: six.get(aspect).and_then(|s| share(*s)) })
        .collect();
    all.push(Point { label: fmt::date(today), value: share((now.met, now.population())) });
    all
}

fn tile(name: &str, what: &str, f: &Figure, points: &[Point], lang: Lang) -> Markup {
    html! { section.card {
        h2 { (name) }
        div.big { (rate(f, lang)) }
        (bar3(Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal: None }, lang))
        @if points.iter().filter(|p| p.value.is_some()).count() > 1 { (trend(points, None, "\u{a0}%", lang)) }
        p.muted.small { (what) ". " (fmt::int(f.unmet + f.unknown)) " " (lang.t("chỗ cần sửa", "to mend")) }
    } }
}

fn rate(f: &Figure, lang: Lang) -> String {
    match fmt::percent(f.met, f.population()) {
        _ if f.unknown > 0 && f.met + f.unmet == 0 => lang.t("Chưa có dữ liệu", "No data").to_owned(),
        Some(p) => p,
        None => lang.t("Không có đối tượng", "Nothing to check").to_owned(),
    }
}

fn value(f: &Figure) -> Cell {
    f.percent().map_or(Cell::Empty, |p| Cell::Decimal((p * 10.0).round() / 10.0))
}

fn aspect_name(a: Quality, lang: Lang) -> &'static str {
    ASPECTS.iter().find(|x| x.0 == a).map_or("", |x| lang.l(x.1))
}

fn mend_first(ctx: &Ctx, q: &QueryData, list: &[Checked]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("check", lang.t("Kiểm tra", "Check")),
        GridColumn::text("aspect", lang.t("Thuộc", "Kind")).drop_at(1),
        GridColumn::num("left", lang.t("Cần sửa", "To mend")),
        GridColumn::num("agencies", lang.t("Cơ quan", "Agencies")).drop_at(1),
        GridColumn::text("targets", lang.t("Chỉ tiêu được cải thiện", "Targets it moves")).drop_at(2),
        GridColumn::day("due", lang.t("Hạn sửa", "Due")).drop_at(2),
    ];
    let caption = lang.t("Sửa gì trước", "What to mend first");
    let mut grid = Grid::new(ctx, q, "mend", "sua-gi-truoc", caption, columns).export(ctx.can(Verb::Export, "figure"));
    let day = due(&ctx.today);
    for c in list.iter().filter(|c| c.total.unmet + c.total.unknown > 0) {
        let i = &c.rule.indicator;
        let outcome = if c.total.unmet > 0 { "unmet" } else { "unknown" };
        let link = format!("/targets/{}/records?outcome={outcome}", i.id);
        let agencies = c.by.values().filter(|f| f.unmet + f.unknown > 0).count();
        let moves = html! { span { @for (n, id) in c.moves.iter().enumerate() { @if n > 0 { ", " } a href={"/targets/" (id)} { (id) } } @if c.moves.is_empty() { "–" } } };
        grid.row(vec![
            GridCell::link(&link, i.label.vi_or_en(lang == Lang::En)),
            GridCell::text(aspect_name(c.aspect, lang)),
            GridCell::num(c.total.unmet + c.total.unknown),
            GridCell::num(i64::try_from(agencies).unwrap_or(i64::MAX)),
            GridCell::with(moves, Cell::text(c.moves.join(", "))),
            GridCell::day(Some(&day)),
        ]);
    }
    grid
}

fn league(ctx: &Ctx, q: &QueryData, list: &[Checked], names: &BTreeMap<String, (String, String)>) -> Grid {
    let lang = ctx.lang();
    let mut columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::rate("score", lang.t("Chung", "All")),
        GridColumn::num("left", lang.t("Cần sửa", "To mend")),
    ];
    let ids = ["correct", "complete", "clean", "live", "shared", "uniform"];
    for ((_, name, _), id) in ASPECTS.iter().zip(ids) {
        columns.push(GridColumn::rate(id, lang.l(*name)).drop_at(1));
    }
    let caption = lang.t("Chất lượng dữ liệu theo cơ quan", "Data quality by agency");
    let mut grid =
        Grid::new(ctx, q, "agency", "chat-luong-co-quan", caption, columns).export(ctx.can(Verb::Export, "figure")).rows_a_page(40);
    let sums = by_agency(list);
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by_key(|(id, (f, _))| (std::cmp::Reverse(f.unmet + f.unknown), *id));
    for (id, (all, each)) in rows {
        let name = names.get(id).map_or("–", |n| n.0.as_str());
        let left = all.unmet + all.unknown;
        let mut cells = vec![
            GridCell::link(&format!("/r/agency/{id}"), name),
            GridCell::with(html! { (rate(&all, lang)) }, value(&all)),
            GridCell::num(left),
        ];
        for (aspect, ..) in ASPECTS {
            let f = each.get(&aspect).copied().unwrap_or_default();
            let shown = if f.population() == 0 { "–".to_owned() } else { rate(&f, lang) };
            cells.push(GridCell::with(html! { (shown) }, value(&f)));
        }
        grid.row(cells);
    }
    grid
}

fn matrix(ctx: &Ctx, q: &QueryData, list: &[Checked]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("register", lang.t("Sổ", "Register")),
        GridColumn::text("check", lang.t("Kiểm tra", "Check")),
        GridColumn::text("aspect", lang.t("Thuộc", "Kind")).drop_at(1),
        GridColumn::rate("rate", lang.t("Tỷ lệ", "Rate")),
        GridColumn::num("met", lang.t("Đạt / tổng", "Passed / all")).drop_at(1),
    ];
    let caption = lang.t("Chất lượng dữ liệu theo sổ", "Data quality by register");
    let mut grid = Grid::new(ctx, q, "register", "chat-luong-so", caption, columns).export(ctx.can(Verb::Export, "figure"));
    let label = |r: &str| ctx.reg().get(r).map_or_else(|_| r.to_owned(), |d| lang.label(&d.register.label).to_owned());
    let mut rows: Vec<&Checked> = list.iter().collect();
    rows.sort_by_key(|c| (label(c.register()), c.rule.indicator.id.clone()));
    for c in rows {
        let i = &c.rule.indicator;
        grid.row(vec![
            GridCell::link(&format!("/r/{}", c.register()), &label(c.register())),
            GridCell::link(&format!("/targets/{}", i.id), i.label.vi_or_en(lang == Lang::En)),
            GridCell::text(aspect_name(c.aspect, lang)),
            GridCell::with(html! { (rate(&c.total, lang)) }, value(&c.total)),
            GridCell::with(html! { (fmt::int(c.total.met)) "/" (fmt::int(c.total.population())) }, Cell::Integer(c.total.met)),
        ]);
    }
    grid
}

/// The checks as JSON, for the API and the command line.
pub(crate) fn as_json(list: &[Checked]) -> serde_json::Value {
    let word = |a: Quality| format!("{a:?}").to_lowercase();
    let one = |c: &Checked| {
        json!({
            "id": c.rule.indicator.id, "label": c.rule.indicator.label.vi, "quality": word(c.aspect), "register": c.register(),
            "met": c.total.met, "unmet": c.total.unmet, "unknown": c.total.unknown, "moves": c.moves,
        })
    };
    let sum = |a: Quality| {
        let f = of_aspect(list, a);
        json!({ "met": f.met, "unmet": f.unmet, "unknown": f.unknown, "percent": f.percent() })
    };
    let scores: serde_json::Map<String, serde_json::Value> = ASPECTS.iter().map(|(a, ..)| (word(*a), sum(*a))).collect();
    json!({ "scores": scores, "checks": list.iter().map(one).collect::<Vec<_>>() })
}

/// A line of "My work" for who keeps the records of one agency: what fails, by the end of the month.
pub(crate) fn home(cx: &web::Cx<'_>, tx: &mut store::Tx, actor: &access::Actor) -> store::Result<Vec<WorkItem>> {
    let keeps = actor.agency.is_some() && actor.grants().iter().any(|g| g.role == "contact");
    if !keeps || actor.may(Verb::Read, "figure").is_err() {
        return Ok(vec![]);
    }
    let list = all(tx, cx.registry, actor, cx.today)?;
    let left: i64 = list.iter().map(|c| c.total.unmet + c.total.unknown).sum();
    let Some(worst) = list.first().filter(|_| left > 0) else { return Ok(vec![]) };
    let lang = cx.lang;
    let due = due(cx.today);
    Ok(vec![WorkItem {
        title: format!("{} {}", fmt::int(left), lang.t("chỗ dữ liệu cần sửa", "places of data to mend")),
        reason: format!("{}: {}", lang.t("Trước hết", "First"), worst.rule.indicator.label.vi_or_en(lang == Lang::En)),
        href: "/quality".into(),
        due: Some(due),
        ..WorkItem::default()
    }])
}
