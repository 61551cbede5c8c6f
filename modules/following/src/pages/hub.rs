//! `/following`: what is late or waits, one line for each part, and the way to its list.

use access::Verb;
use registers::{Filter, Op, Query, actions};
use store::{Result, Tx};
use web::components::{Grid, GridCell, GridColumn, heading, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, L, Page, PageResult, Tone, Who, fmt};

use crate::is;

/// A line: what is counted, whether it is late, where it leads.
struct Line {
    what: L,
    register: &'static str,
    state: &'static str,
    /// Field of the day by which it should have moved.
    due: Option<&'static str>,
}

const LINES: &[Line] = &[
    Line { what: L("Khó khăn, vướng mắc mới", "New obstacles"), register: "obstacle", state: "new", due: Some("answer_by") },
    Line { what: L("Vướng mắc đang xử lý", "Obstacles in hand"), register: "obstacle", state: "handling", due: Some("answer_by") },
    Line {
        what: L("Vướng mắc đã trình UBND", "Obstacles with the committee"),
        register: "obstacle",
        state: "submitted",
        due: Some("answer_by"),
    },
    Line {
        what: L("Chỉ đạo đã giao, đang theo dõi", "Directives assigned"),
        register: "directive",
        state: "assigned",
        due: Some("due_on"),
    },
    Line { what: L("Chỉ đạo chưa giao", "Directives not assigned"), register: "directive", state: "draft", due: None },
    Line {
        what: L("Kiểm tra liên lạc đang chạy", "Connectivity tests running"), register: "contact_test", state: "running", due: None
    },
    Line {
        what: L("Văn bản chưa báo nhận", "Documents not acknowledged"),
        register: "acknowledgement",
        state: "waiting",
        due: Some("due_on"),
    },
    Line {
        what: L("Đợt phổ biến văn bản đang theo dõi", "Disseminations under way"), register: "dissemination", state: "sent", due: None
    },
    Line {
        what: L("Cuộc kiểm tra chưa công bố", "Inspections not announced"), register: "inspection", state: "planned", due: None
    },
    Line {
        what: L("Kiểm tra tại cơ quan sắp tới", "Visits announced"), register: "inspection_visit", state: "announced", due: None
    },
    Line {
        what: L("Tồn tại chưa khắc phục", "Findings not mended"), register: "inspection_finding", state: "open", due: Some("due_on")
    },
    Line {
        what: L("Tồn tại chờ kiểm tra lại", "Findings to be checked again"), register: "inspection_finding", state: "fixed", due: None
    },
];

/// How many there are, how many are past their day; `None` without the right to read.
fn count(tx: &mut Tx, who: &Who, line: &Line) -> Result<Option<(i64, Option<i64>)>> {
    let Ok(scope) = who.may(Verb::Read, line.register) else { return Ok(None) };
    let mut query = Query { filters: vec![is("state", line.state)], as_of: Some("all".into()), ..Query::default() };
    let all = actions::count(tx, &who.reg, &scope, &query)?;
    let Some(due) = line.due else { return Ok(Some((all, None))) };
    let yesterday = calendar::Date::parse(&who.today).map_or_else(|_| who.today.clone(), |d| d.add_days(-1).to_string());
    query.filters.push(Filter { field: due.into(), op: Op::To, values: vec![yesterday] });
    Ok(Some((all, Some(actions::count(tx, &who.reg, &scope, &query)?))))
}

/// The page.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    let (counts, open) = ctx
        .read(|tx, who| {
            let counts = LINES.iter().map(|l| count(tx, who, l)).collect::<Result<Vec<_>>>()?;
            let mut open = Vec::new();
            for (register, states, page, what) in PAGES {
                if who.may(Verb::Read, register).is_ok() {
                    let state = Filter { field: "state".into(), op: Op::Is, values: states.iter().map(|s| (*s).to_owned()).collect() };
                    let found = crate::all_where(tx, &who.reg, &who.actor, register, vec![state])?;
                    open.extend(found.into_iter().map(|r| (*page, *what, r)));
                }
            }
            Ok((counts, open))
        })
        .await?;
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("what", lang.t("Việc", "What")),
        GridColumn::num("n", lang.t("Số lượng", "How many")),
        GridColumn::num("late", lang.t("Quá hạn", "Late")),
    ];
    let mut grid = Grid::new(&ctx, &q, "", "theo-doi", lang.t("Đang theo dõi", "Followed up"), columns).export(true);
    for (line, found) in LINES.iter().zip(counts) {
        let Some((all, late)) = found else { continue };
        let href = format!("/r/{}?f.state={}", line.register, line.state);
        let late = late.map_or_else(
            || GridCell::text("–"),
            |l| GridCell::with(html! { @if l > 0 { (tag(Tone::Unmet, &fmt::int(l))) } @else { "0" } }, documents::Cell::Integer(l)),
        );
        grid.row(vec![GridCell::link(&href, lang.l(line.what)), GridCell::num(all), late]);
    }
    if let Some(file) = grid.file() {
        return file;
    }
    let sub = html! { (lang.t("Chỉ đạo, vướng mắc, văn bản, kiểm tra: cái gì còn chờ, cái gì quá hạn.", "Directives, obstacles, documents, inspections: what waits, what is late.")) };
    let body = html! {
        (heading(lang.t("Đôn đốc, kiểm tra", "Following up"), Some(sub), None))
        @if grid.is_empty() { (web::components::empty(lang.t("Bạn không có gì để theo dõi ở đây.", "Nothing for you to follow up here."), html! {})) }
        @else { section.card { (grid.render()) } }
        @if !open.is_empty() { (progress(&open, lang)) }
        p.row { @if ctx.can(Verb::Create, "reminder") { a.btn.main href="/following/late" { (lang.t("Đôn đốc việc quá hạn", "Late work")) } " " } @if ctx.can(Verb::Export, "contact_point") { a.btn href="/following/phones" { (lang.t("Danh bạ đầu mối để in", "Phone list to print")) } } " " a.btn href="/r/obstacle_answer" { (lang.t("Tìm trong các vướng mắc đã trả lời", "Search answered obstacles")) } @if ctx.can(Verb::Create, "obstacle") { " " a.btn href="/r/obstacle/new" { (lang.t("Nêu khó khăn, vướng mắc", "Raise an obstacle")) } } }
        p.small { a href="/registers/following" { (lang.t("Mọi sổ của phần này", "All registers of this part")) } }
    };
    Ok(Page::new(lang.t("Đôn đốc, kiểm tra", "Following up")).active("/following").body(body).respond(&ctx))
}

/// Records that have a page of their own: register, states, page, what they are.
const PAGES: &[(&str, &[&str], &str, L)] = &[
    ("directive", &["draft", "assigned"], "directive", L("Chỉ đạo", "Directive")),
    ("dissemination", &["draft", "sent"], "document", L("Phổ biến văn bản", "Document sent")),
    ("contact_test", &["draft", "running", "ended"], "test", L("Kiểm tra liên lạc", "Connectivity test")),
];

fn progress(open: &[(&str, L, registers::Record)], lang: web::Lang) -> Markup {
    html! {
        section.card { h2 { (lang.t("Ai đã làm, ai chưa", "Who has, who has not")) }
            ul.list { @for (page, what, r) in open { li {
                span.due { (r.text("due_on").map(fmt::date).unwrap_or_default()) }
                div { a href={"/following/" (page) "/" (r.id)} { (r.title) } div.muted.small { (lang.l(*what)) } }
                a.btn href={"/following/" (page) "/" (r.id)} { (lang.t("Mở", "Open")) span.sr { ": " (r.title) } }
            } } }
        }
    }
}
