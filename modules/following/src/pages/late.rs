//! `/following/late`: who owes late or untouched work, what the last reminder moved; remind, write, take it up.

use access::Verb;
use documents::Cell;
use registers::Record;
use web::components::{Grid, GridCell, GridColumn, Tab, empty, heading, post_button, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, fmt, redirect_with};

use crate::late::{self, Owing, Which};
use crate::pages::{back, n};

fn asked(q: &FormData) -> store::Result<Which> {
    Which::parse(q.filled("which").unwrap_or("overdue"), q.filled("days"))
}

/// Address of the same list; `action` = `""` or `/remind` …
fn address(which: Which, action: &str) -> String {
    match which {
        Which::Overdue => format!("/following/late{action}?which=overdue"),
        Which::Quiet(days) => format!("/following/late{action}?which=quiet&days={days}"),
    }
}

/// The page.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Create, "reminder")?;
    let which = asked(&q)?;
    let (list, last) = ctx
        .read(move |tx, who| Ok((late::owing(tx, &who.reg, &who.actor, which, None, &who.today)?, late::last(tx, &who.reg, &who.actor)?)))
        .await?;
    let lang = ctx.lang();
    let grid = rows(&ctx, &q, which, &list, &last);
    if let Some(file) = grid.file() {
        return file;
    }
    let stuck = list.iter().filter(|a| late::without_effect(last.get(&a.agency.0))).count();
    let tab = |id: &str, label: &str, href: String| Tab { id: id.to_owned(), label: label.to_owned(), count: None, href };
    let days = if let Which::Quiet(d) = which { d } else { late::QUIET_DAYS };
    let all = [
        tab("overdue", lang.t("Quá hạn", "Late"), address(Which::Overdue, "")),
        tab(
            "quiet",
            &format!("{} {days} {}", lang.t("Không cập nhật", "Untouched for"), lang.t("ngày", "days")),
            address(Which::Quiet(days), ""),
        ),
    ];
    let sub = html! { (lang.t("Cơ quan còn nợ việc; lần đôn đốc gần nhất có chuyển biến gì.", "Who owes work, and what the last reminder moved.")) };
    let body = html! {
        (heading(lang.t("Đôn đốc việc quá hạn", "Late work"), Some(sub), Some(buttons(&ctx, which, list.len(), stuck))))
        (tabs(&all, which.word(), lang.t("Danh sách", "List")))
        @if which != Which::Overdue { (days_form(days, lang)) }
        section.card { @if list.is_empty() { (empty(lang.t("Không còn việc nào như vậy.", "No such work."), html! {})) } @else { (grid.render()) } }
        p.small { a href="/r/following_reminder" { (lang.t("Nhật ký đôn đốc", "Log of reminders")) } }
    };
    let title = lang.t("Đôn đốc việc quá hạn", "Late work");
    Ok(Page::new(title)
        .active("/following")
        .crumb(lang.t("Đôn đốc, kiểm tra", "Following up"), "/following")
        .crumb_text(title)
        .body(body)
        .respond(&ctx))
}

fn days_form(days: i64, lang: Lang) -> Markup {
    html! {
        form.row method="get" action="/following/late" {
            input type="hidden" name="which" value="quiet";
            label { (lang.t("Số ngày không cập nhật", "Days without an update")) " " input type="number" name="days" min="1" max="3660" value=(days); }
            " " button.btn type="submit" { (lang.t("Xem", "Show")) }
        }
    }
}

fn buttons(ctx: &Ctx, which: Which, agencies: usize, stuck: usize) -> Markup {
    let lang = ctx.lang();
    html! {
        @if agencies > 0 {
            (post_button(&ctx.look, &address(which, "/remind"), &format!("{} {agencies} {}", lang.t("Đôn đốc", "Remind"), lang.t("cơ quan", "agencies")), true, None))
            @if ctx.can(Verb::Create, "outgoing_document") { (post_button(&ctx.look, &address(which, "/letter"), lang.t("Soạn công văn đôn đốc", "Draft a letter"), false, None)) }
        }
        @if stuck > 0 { (post_button(&ctx.look, &address(which, "/escalate"), &format!("{} {stuck} {}", lang.t("Báo cáo lãnh đạo", "Take up"), lang.t("cơ quan không chuyển biến", "agencies that did not move")), false, None)) }
    }
}

fn effect(r: Option<&Record>, lang: Lang) -> Markup {
    let Some(r) = r else { return html! { "–" } };
    let asked = r.int("asked").unwrap_or(0);
    let check = fmt::date(r.text("check_on").unwrap_or_default());
    html! {
        @match r.int("moved") {
            Some(0) => (tag(Tone::Unmet, lang.t("không chuyển biến", "nothing moved"))),
            Some(m) => (tag(Tone::Met, &format!("{m}/{asked} {}", lang.t("việc chuyển biến", "moved")))),
            None => (tag(Tone::None, &format!("{} {check}", lang.t("xem kết quả ngày", "read on")))),
        }
    }
}

fn rows(ctx: &Ctx, q: &FormData, which: Which, list: &[Owing], last: &std::collections::BTreeMap<String, Record>) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::num("n", lang.t("Số việc", "How many")),
        GridColumn::day("due", lang.t("Hạn sớm nhất", "Earliest day")).drop_at(1),
        GridColumn::day("reminded", lang.t("Đôn đốc gần nhất", "Last reminder")),
        GridColumn::text("effect", lang.t("Kết quả", "Effect")).drop_at(2),
        GridColumn::action(""),
    ];
    let mut g = Grid::new(ctx, q, "", "don-doc", lang.t("Cơ quan còn nợ việc", "Who owes work"), columns)
        .export(ctx.can(Verb::Export, "obligation"));
    let writes = ctx.can(Verb::Create, "outgoing_document");
    for a in list {
        let (id, name) = (&a.agency.0, &a.agency.1);
        let state = if which == Which::Overdue { "overdue" } else { "open" };
        let r = last.get(id);
        let said = r.and_then(|r| r.int("moved")).map_or(Cell::Empty, Cell::Integer);
        let one = html! { @if writes {
            form.inline method="post" action=(address(which, "/letter")) { (csrf(&ctx.look)) input type="hidden" name="agency" value=(id); button.btn type="submit" { (lang.t("Công văn", "Letter")) span.sr { ": " (name) } } }
        } };
        g.row(vec![
            GridCell::link(&format!("/plans/board?state={state}&agency={id}"), name),
            GridCell::num(n(a.items.len())),
            GridCell::day(a.items.first().and_then(|o| o.text("due_on"))),
            GridCell::day(r.and_then(|r| r.text("sent_on"))),
            GridCell::with(effect(r, lang), said),
            GridCell::only(one),
        ]);
    }
    g
}

/// Reminds everybody on the list.
pub async fn remind(ctx: Ctx, q: QueryData) -> PageResult {
    let (which, lang) = (asked(&q)?, ctx.lang());
    let done = ctx.write(move |tx, who| late::remind(tx, &who.reg, &who.actor, which, None, &who.today)).await;
    back(&ctx, &address(which, ""), done.map(|d| (d.messages > 0, d.said(lang))))
}

/// Tells the heads of the standing agency.
pub async fn escalate(ctx: Ctx, q: QueryData) -> PageResult {
    let (which, lang) = (asked(&q)?, ctx.lang());
    let done = ctx.write(move |tx, who| late::escalate(tx, &who.reg, &who.actor, which, &who.today)).await;
    let said = |n: usize| format!("{} {n} {}.", lang.t("Đã báo cáo lãnh đạo về", "The head was told about"), lang.t("cơ quan", "agencies"));
    back(&ctx, &address(which, ""), done.map(|n| (true, said(n))))
}

/// Drafts the letter, to all or to one agency, and opens it.
pub async fn letter(ctx: Ctx, q: QueryData, form: FormData) -> PageResult {
    let which = asked(&q)?;
    let agency = form.filled("agency").map(str::to_owned);
    match ctx.write(move |tx, who| late::letter(tx, &who.reg, &who.actor, which, agency.as_deref(), &who.today)).await {
        Ok(r) => redirect_with(
            &ctx,
            &format!("/documents/outgoing/{}", r.id),
            "met",
            ctx.t("Đã soạn dự thảo; xem, sửa rồi lấy số.", "Drafted; read, edit, then number it."),
        ),
        Err(e) => back(&ctx, &address(which, ""), Err(e)),
    }
}
