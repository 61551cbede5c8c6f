//! `/targets/{id}`: the sentence of the rule, the figure, its trend, its parts, who is missing, the basis and the proof.

use std::collections::BTreeMap;

use access::Verb;
use calendar::Date;
use documents::Cell;
use registers::{Query, actions};
use rules::{Compiled, Figure, FigureKind};
use web::axum::extract::Path;
use web::charts::{Bar3, Point, Tile, bar3, bar3_legend, tiles, trend};
use web::components::{Column, Grid, GridCell, GridColumn, Table, heading, notice};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone, fmt};

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, figures, mark, rollup, total, words};
use crate::goals::{self, Line};
use crate::pages::rule_sentence;

struct Opened {
    total: Figure,
    parts: Vec<(String, Figure)>,
    agencies: Vec<(String, String, String, Figure)>,
    points: Vec<Point>,
    plans: goals::OfPlans,
    seq: i64,
    /// Labels of registers the figure rests on that are still empty.
    blind: Vec<String>,
    /// Registers the rule reads: id and label.
    registers: Vec<(String, String)>,
}

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "figure")?;
    if let Some(i) = crate::catalogue::no_source(&id) {
        return Ok(without_figure(&ctx, i));
    }
    let c = Catalogue::of(ctx.reg())?.compiled(&id)?;
    let day = crate::cli::day(q.filled("as_of"), &ctx.today)?.unwrap_or_else(|| ctx.today.clone());
    let asked = day.clone();
    let o = ctx.read(move |tx, who| open(tx, who, c, &asked)).await?;
    let total = o.total;
    let lang = ctx.lang();
    let i = &c.indicator;
    let context = question(&ctx.actor, c, &day)?;
    let sentence = c.sentence(&context, lang == Lang::En);
    let title = i.label.vi_or_en(lang == Lang::En).to_owned();
    let form = html! { form.row method="get" { label for="as-of" { (lang.t("Ngày chốt", "As of")) } input #as-of .short name="as_of" value=(fmt::date(&day)); button.btn type="submit" { (lang.t("Xem", "Show")) } } };
    // a figure of a past day opens to the records of that day
    let tail = if day == ctx.today { String::new() } else { format!("&as_of={day}") };
    let goals = goals::lines(i, &day, &o.plans);
    let grid = agency_table(&ctx, &q, i, (&id, &tail), &o.agencies);
    if let Some(file) = grid.file() {
        return file;
    }
    let body = html! {
        (heading(&title, None, Some(html! { (form) @if ctx.can(Verb::Export, "figure") { a.btn href={"/targets/" (id) "/records?outcome=unmet&export=xlsx" (tail)} { (lang.t("Tải .xlsx", "Download .xlsx")) } } })))
        (rule_sentence(&sentence))
        @if let Some(n) = &i.note { p.muted.small { (n.vi_or_en(lang == Lang::En)) } }
        @if day < ctx.today && latest_only(c) {
            (notice(Tone::Soon, html! { (lang.t("Sổ chỉ giữ lần xác nhận gần nhất, nên con số của một ngày đã qua có thể thấp hơn thực tế lúc đó.", "Only the latest confirmation is kept, so a past figure may be lower than it was.")) }))
        }
        @if !o.blind.is_empty() {
            (notice(Tone::Plain, html! { (lang.t("Chưa có dữ liệu: chưa cơ quan nào nhập sổ", "No data: nobody has entered anything in")) " " (o.blind.join(", ")) ". " (lang.t("Khi sổ có bản ghi đầu tiên, ai chưa có sẽ tính là chưa đạt.", "From its first record on, whoever lacks one counts as not met.")) }))
        }
        (headline(c, &total, &o.points, (&id, &tail), &goals, lang))
        @if !o.parts.is_empty() { (parts(c, &o.parts, &tail, &goals, lang)) }
        (by_agency(c, (&id, &tail), &o.agencies, &grid, lang))
        (basis(c, &o, &sentence, lang))
    };
    Ok(Page::new(title).active("/targets").crumb(lang.t("Chỉ tiêu", "Targets"), "/targets").crumb_text(id).body(body).respond(&ctx))
}

/// An indicator that no register answers yet: what it asks, and why there is no figure.
fn without_figure(ctx: &Ctx, i: &rules::Indicator) -> web::axum::response::Response {
    let lang = ctx.lang();
    let title = i.label.vi_or_en(lang == Lang::En);
    let why = i.no_source.as_ref().map_or("", |l| l.vi_or_en(lang == Lang::En));
    let body = html! {
        (heading(title, None, None))
        (notice(Tone::None, html! { strong { (lang.t("Chưa có nguồn dữ liệu.", "No data source yet.")) } " " (why) }))
        @if let Some(n) = &i.note { p.muted { (n.vi_or_en(lang == Lang::En)) } }
        section.card.small { h2 { (lang.t("Căn cứ", "Basis")) } p { (i.basis.join("; ")) "." } }
    };
    Page::new(title).active("/targets").crumb(lang.t("Chỉ tiêu", "Targets"), "/targets").crumb_text(&i.id).body(body).respond(ctx)
}

fn open(tx: &mut store::Tx, who: &web::Who, c: &Compiled, day: &str) -> store::Result<Opened> {
    let q = question(&who.actor, c, day)?;
    let by = figures(tx, c, "", &q)?;
    let mut parts = Vec::new();
    for p in &c.parts {
        parts.push((p.id.clone(), total(tx, c, &p.id, &q)?));
    }
    let mut points = Vec::new();
    for month in (0..12).rev() {
        let Ok(today) = Date::parse(day) else { break };
        let at = if month == 0 { today } else { today.add_months(-month).end_of_month() };
        if month > 0 && latest_only(c) {
            points.push(Point { label: format!("{:02}/{}", at.month(), at.year()), value: None });
            continue;
        }
        let f = total(tx, c, "", &question(&who.actor, c, &at.to_string())?)?;
        let value = match c.indicator.kind {
            FigureKind::Count => Some(f.met as f64),
            FigureKind::Violations => Some(f.unmet as f64),
            _ => f.percent(),
        };
        points.push(Point { label: format!("{:02}/{}", at.month(), at.year()), value });
    }
    let seq = web::ledger_size(tx)?;
    let plans = goals::of_plans(tx, &who.reg, &who.actor)?;
    let seeing = crate::figures::seeing(tx, c, &q)?;
    let blind = c
        .blind(&seeing)
        .into_iter()
        .map(|r| who.reg.get(r).map_or_else(|_| r.to_owned(), |d| format!("“{}”", who.lang.label(&d.register.label))))
        .collect();
    let label = |r: String| (who.reg.get(&r).map_or_else(|_| r.clone(), |d| who.lang.label(&d.register.label).to_owned()), r);
    let registers = c.lineage().into_iter().map(|(r, _)| label(r)).map(|(l, r)| (r, l)).collect();
    let total = rollup(&by);
    Ok(Opened { registers, total, blind, plans, parts, agencies: named(tx, who, by)?, points, seq })
}

/// Does the rule look at the day of the last confirmation? A record keeps only the latest, so a past day cannot be answered
/// truly from it: the picture says "no data" there.
fn latest_only(c: &Compiled) -> bool {
    c.lineage().iter().any(|(_, fields)| fields.iter().any(|f| f == "confirmed_on"))
}

/// Name and kind of every agency the reader may see, by id.
pub(super) fn agency_names(tx: &mut store::Tx, who: &web::Who) -> store::Result<BTreeMap<String, (String, String)>> {
    let scope = who.may(Verb::Read, "agency")?;
    let mut names = BTreeMap::new();
    let mut query = Query { as_of: Some("all".into()), limit: Some(500), ..Query::default() };
    loop {
        let page = actions::list(tx, &who.reg, &scope, &query)?;
        for r in page.items {
            let kind = r.text("kind").unwrap_or_default().to_owned();
            names.insert(r.id, (r.title, kind));
        }
        match page.next {
            Some(n) => query.after = Some(n),
            None => break,
        }
    }
    Ok(names)
}

/// Figures with the names of their agencies, most missing first.
fn named(tx: &mut store::Tx, who: &web::Who, by: BTreeMap<String, Figure>) -> store::Result<Vec<(String, String, String, Figure)>> {
    let names = agency_names(tx, who)?;
    let mut all: Vec<_> = by
        .into_iter()
        .filter(|(_, f)| f.population() + f.excluded > 0)
        .map(|(id, f)| {
            let (name, kind) = names.get(&id).cloned().unwrap_or_else(|| ("(không rõ cơ quan)".into(), String::new()));
            (id, name, kind, f)
        })
        .collect();
    all.sort_by(|a, b| (b.3.unmet + b.3.unknown).cmp(&(a.3.unmet + a.3.unknown)).then_with(|| a.1.cmp(&b.1)));
    Ok(all)
}

fn headline(c: &Compiled, f: &Figure, points: &[Point], (id, tail): (&str, &str), goals: &[Line], lang: Lang) -> Markup {
    let i = &c.indicator;
    let goal = mark(goals.first().map(Line::target));
    let big = match i.kind {
        FigureKind::Count => fmt::int(f.met),
        FigureKind::Violations => fmt::int(f.unmet),
        FigureKind::Share if f.unknown > 0 && f.met + f.unmet == 0 => lang.t("Chưa có dữ liệu", "No data").into(),
        _ => fmt::percent(f.met, f.population()).unwrap_or_else(|| lang.t("Không có đối tượng", "Nothing to count").into()),
    };
    let unit = match i.kind {
        FigureKind::Share => "\u{a0}%",
        _ => "",
    };
    let link = |o: &str| format!("/targets/{id}/records?outcome={o}{tail}");
    html! {
        div.card { div.row.figure {
            div { div.big { (big) } div.muted { (words(i, f)) }
                @for l in goals { (l.show(i.kind, f, true, lang)) }
            }
            @if points.iter().filter(|p| p.value.is_some()).count() > 1 { (trend(points, goal, unit, lang)) }
            @if matches!(i.kind, FigureKind::Share | FigureKind::Violations) {
                div.grow {
                    @let b = Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal };
                    (bar3(b, lang))
                    (bar3_legend(b, &link("met"), &link("unmet"), &link("unknown"), lang))
                    @if f.excluded > 0 { p.small { (lang.t("Loại trừ", "Excluded")) " " a href=(link("excluded")) { (fmt::int(f.excluded)) } } }
                }
            }
        } }
    }
}

fn parts(c: &Compiled, list: &[(String, Figure)], tail: &str, goals: &[Line], lang: Lang) -> Markup {
    let i = &c.indicator;
    let mut t = Table::new(
        lang.t("Từng phần", "Parts"),
        vec![Column::text(lang.t("Phần", "Part")), Column::text("").drop_at(2), Column::num(lang.t("Kết quả", "Result"))],
    );
    if i.pooled.is_some() {
        t.columns.push(Column::text(lang.t("Mục tiêu và kết luận", "Goals and verdicts")));
    }
    let mut row = |name: Markup, f: &Figure| {
        let mut cells = vec![
            name,
            html! { @if i.kind != FigureKind::Count { (bar3(Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal: None }, lang)) } },
            html! { (words(i, f)) },
        ];
        if i.pooled.is_some() {
            cells.push(html! { @for l in goals { (l.show(i.kind, f, false, lang)) } });
        }
        t.row(cells);
    };
    for (id, f) in list {
        let label = c.rate(id).map(|r| r.label.vi_or_en(lang == Lang::En).to_owned()).unwrap_or_default();
        row(html! { a href={"/targets/" (i.id) "/records?outcome=unmet&part=" (id) (tail)} { (label) } }, f);
    }
    // sums over sums, never a mean of the parts' rates
    if let Some(name) = &i.pooled {
        row(html! { strong { (name.vi_or_en(lang == Lang::En)) } }, &list.iter().fold(Figure::default(), |a, p| a.plus(p.1)));
    }
    html! { section.card { h2 { (lang.t("Từng phần", "Parts")) } (t.render(lang)) } }
}

/// A number of records that leads to them; nothing leads from 0.
fn count(ratio: bool, n: i64, href: &str) -> Markup {
    match (ratio, n) {
        (true, _) => html! { "–" },
        (false, 0) => html! { span.zero { "0" } },
        (false, n) => html! { a href=(href) { (fmt::int(n)) } },
    }
}

/// Agencies on a page: with the picture of all of them it stays under 100 kB.
const ROWS: usize = 60;

/// One agency and its figure: id, name, kind.
type Row = (String, String, String, Figure);

fn agency_table(ctx: &Ctx, q: &QueryData, i: &rules::Indicator, (id, tail): (&str, &str), list: &[Row]) -> Grid {
    let lang = ctx.lang();
    let may = ctx.can(Verb::Export, "figure");
    let grid = |columns| Grid::new(ctx, q, "", "theo-co-quan", lang.t("Theo cơ quan", "By agency"), columns).export(may).rows_a_page(ROWS);
    if i.kind == FigureKind::Count {
        // nothing to be a share of: how many each has
        let columns = vec![GridColumn::text("agency", lang.t("Cơ quan", "Agency")), GridColumn::num("met", lang.t("Số", "Number"))];
        let mut t = grid(columns);
        for (agency, name, _, f) in list {
            let link = format!("/targets/{id}/records?outcome=met&agency={agency}{tail}");
            t.row(vec![GridCell::link(&link, name), GridCell::num(f.met)]);
        }
        return t;
    }
    let ratio = i.kind == FigureKind::Ratio;
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::action("").drop_at(2),
        GridColumn::num("met", lang.t("Đạt / tổng", "Met / all")),
        GridColumn::rate("rate", lang.t("Tỷ lệ", "Rate")),
        GridColumn::num("unmet", lang.t("Thiếu", "Missing")).drop_at(1),
        GridColumn::num("unknown", lang.t("Chưa rõ", "Unknown")).drop_at(1),
        GridColumn::num("all", lang.t("Tổng", "All")).only_in_file(),
    ];
    let mut t = grid(columns);
    for (agency, name, _, f) in list {
        let link = |o: &str| format!("/targets/{id}/records?outcome={o}&agency={agency}{tail}");
        let n = |k: i64| crate::figures::amount(i, k);
        let all = f.population();
        t.row(vec![
            GridCell::link(&link("unmet"), name),
            GridCell::only(bar3(Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal: None }, lang)),
            GridCell::with(html! { (n(f.met)) "/" (n(all)) }, Cell::Integer(f.met)),
            GridCell::with(
                html! { (fmt::percent(f.met, all).unwrap_or_else(|| "–".into())) },
                f.percent().map_or(Cell::Empty, |p| Cell::Decimal((p * 10.0).round() / 10.0)),
            ),
            GridCell::with(count(ratio, f.unmet, &link("unmet")), Cell::Integer(f.unmet)),
            GridCell::with(count(ratio, f.unknown, &link("unknown")), Cell::Integer(f.unknown)),
            GridCell::num(all),
        ]);
    }
    t
}

fn by_agency(c: &Compiled, at: (&str, &str), list: &[Row], grid: &Grid, lang: Lang) -> Markup {
    let kind = c.indicator.kind;
    html! {
        @if list.is_empty() { (notice(Tone::None, html! { (lang.t("Không có đối tượng nào trong phạm vi của bạn.", "Nothing in your scope.")) })) }
        @else {
            @if list.len() > 8 && matches!(kind, FigureKind::Share | FigureKind::Violations) { (picture(at, list, lang)) }
            section.card {
                div.row.between { h2 { (lang.t("Theo cơ quan", "By agency")) } span.muted.small { (lang.t("Xếp theo số còn thiếu · tuyến hành chính", "Most missing first")) } }
                (grid.render())
            }
        }
    }
}

/// All agencies at a glance.
fn picture((id, tail): (&str, &str), list: &[(String, String, String, Figure)], lang: Lang) -> Markup {
    let mut sorted: Vec<_> = list.iter().collect();
    sorted.sort_by(|a, b| (&a.2, &a.1).cmp(&(&b.2, &b.1)));
    let all: Vec<Tile> = sorted
        .into_iter()
        .map(|(agency, name, _, f)| Tile {
            label: name.replace("Ủy ban nhân dân", "UBND"),
            short: format!("{}/{}", f.met, f.population()),
            href: format!("/targets/{id}/records?outcome=unmet&agency={agency}{tail}"),
            tone: if f.population() == 0 || (f.unmet == 0 && f.unknown > 0) {
                Tone::None
            } else if f.unmet == 0 {
                Tone::Met
            } else {
                Tone::Unmet
            },
        })
        .collect();
    html! { details.card.screen open[list.len() <= 40] { summary { (lang.t("Toàn cảnh", "At a glance")) " · " (lang.n(list.len(), "cơ quan", "agency", "agencies")) } (tiles(&all, lang.t("Các cơ quan", "Agencies"))) } }
}

fn basis(c: &Compiled, o: &Opened, s: &rules::Sentence, lang: Lang) -> Markup {
    let i = &c.indicator;
    html! {
        section.card.small {
            h2 { (lang.t("Căn cứ và cách tính", "Basis and counting rule")) }
            p { (lang.t("Căn cứ", "Basis")) ": " (i.basis.join("; ")) ". " (i.id) " " (lang.t("phiên bản", "version")) " " (i.version) "." }
            @for setting in i.settings.values() { p { (setting.label.vi_or_en(lang == Lang::En)) ": " strong { (setting.value.to_string()) } @if setting.basis.is_none() { " – " (lang.t("cách hiểu của chúng tôi, có thể đổi", "our reading")) } } }
            @if let Some(u) = &s.unknown { p { (lang.t("Chưa có dữ liệu khi", "No data when")) ": " (u) "." } }
            @for x in &s.excluded { p { (lang.t("Loại trừ", "Excluded")) ": " (x) "." } }
            p { (lang.t("Tính từ các sổ", "Computed from")) ": " @for (n, (r, label)) in o.registers.iter().enumerate() { @if n > 0 { ", " } a href={"/r/" (r)} { (label) } } ". "
                (lang.t("Nhật ký niêm phong đang có", "The ledger has")) " " a href="/ledger" { (fmt::int(o.seq)) " " (lang.t("lá", "leaves")) } "." }
            details { summary { (lang.t("Xem câu hỏi SQL", "Show the SQL")) } @if let Ok(ctx) = c.ctx("2026-12-31") { pre { code { (c.main.summary(&ctx).sql) } } } }
        }
    }
}
