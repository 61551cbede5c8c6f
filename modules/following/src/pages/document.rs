//! `/following/document/{id}`: who has acknowledged a document, who has not; one press reminds.

use std::collections::BTreeMap;

use access::Verb;
use documents::Cell;
use registers::Record;
use web::axum::extract::Path;
use web::components::{Grid, GridCell, GridColumn, empty, facts, heading, link_button, notice, post_button, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, FormData, Page, PageResult, Tone, fmt};

use crate::dissemination;
use crate::pages::{back, n, state_of};
use crate::{all_where, is, one};

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "dissemination")?;
    let (d, mut asked, reach, reminded) = ctx
        .read(move |tx, who| {
            let d = one(tx, &who.reg, &who.actor, "dissemination", &id)?;
            let asked = dissemination::asked(tx, &who.reg, &who.actor, &id)?;
            let reach = dissemination::recipients(tx, &who.reg, &who.actor, &d, &who.today).map(|r| r.len()).map_err(|e| e.to_string());
            let mut reminded: BTreeMap<String, String> = BTreeMap::new();
            for r in all_where(tx, &who.reg, &who.actor, "following_reminder", vec![is("kind", "acknowledgement")])? {
                if let (Some(a), Some(on)) = (r.text("acknowledgement"), r.text("sent_on")) {
                    let last = reminded.entry(a.to_owned()).or_default();
                    *last = on.max(last.as_str()).to_owned();
                }
            }
            Ok((d, asked, reach, reminded))
        })
        .await?;
    asked.sort_by_key(|a| (a.state.as_deref() != Some("waiting"), text::sort_key(a.link_title("agency").unwrap_or_default())));
    let lang = ctx.lang();
    let grid = rows(&ctx, &q, &asked, &reminded);
    if let Some(file) = grid.file() {
        return file;
    }
    let state = state_of(&ctx, "dissemination", d.state.as_deref());
    let waiting = asked.iter().filter(|a| a.state.as_deref() == Some("waiting")).count();
    let sub = html! { (tag(state.1, &state.0)) " " (lang.t("Báo đã nhận trước hết ngày", "Acknowledge by")) " " (fmt::date(d.text("due_on").unwrap_or_default())) };
    let body = html! {
        (heading(&d.title, Some(sub), Some(buttons(&ctx, &d, waiting))))
        @match (&reach, asked.is_empty()) {
            (Err(why), _) => (notice(Tone::Unmet, html! { (why) })),
            (Ok(0), _) => (notice(Tone::Unmet, html! { (lang.t("Chưa chọn được cơ quan nào để gửi. Sửa “Gửi tới” của đợt.", "Nobody is named yet. Mend “To”.")) })),
            (Ok(found), true) => (notice(Tone::Soon, html! { (lang.t("Chưa gửi. Gửi thì tới", "Not sent. Sending reaches")) " " (fmt::int(n(*found))) " " (lang.t("cơ quan.", "agencies.")) })),
            _ => {}
        }
        @if !asked.is_empty() { section.card { (facts(about(&asked, &ctx.today, lang))) } }
        section.card { @if asked.is_empty() { (empty(lang.t("Chưa gửi tới cơ quan nào.", "Sent to nobody yet."), html! {})) } @else { (grid.render()) } }
        p.small { a href={"/r/dissemination/" (d.id)} { (lang.t("Bản ghi đầy đủ và lịch sử của đợt", "Full record and history")) } }
    };
    let title = d.title.clone();
    Ok(Page::new(title.clone())
        .active("/following")
        .crumb(lang.t("Đôn đốc, kiểm tra", "Following up"), "/following")
        .crumb_text(title)
        .body(body)
        .respond(&ctx))
}

fn buttons(ctx: &Ctx, d: &Record, waiting: usize) -> Markup {
    let lang = ctx.lang();
    html! {
        @if d.state.as_deref() == Some("sent") && waiting > 0 && ctx.can(Verb::Create, "reminder") {
            (post_button(&ctx.look, &format!("/following/document/{}/remind", d.id), &format!("{} {waiting} {}", lang.t("Đôn đốc", "Remind"), lang.t("cơ quan chưa báo nhận", "agencies")), true, None))
        }
        @if d.state.as_deref() == Some("draft") && ctx.can(Verb::Transition, "dissemination") {
            (link_button(&format!("/r/dissemination/{}/transition/send", d.id), lang.t("Gửi tới các cơ quan", "Send")))
        }
    }
}

/// Received or more.
fn has_it(a: &Record) -> bool {
    matches!(a.state.as_deref(), Some("acknowledged" | "passed_on"))
}

fn about(asked: &[Record], today: &str, lang: web::Lang) -> Vec<(String, Markup)> {
    let owed: Vec<&Record> = asked.iter().filter(|a| a.state.as_deref() != Some("void")).collect();
    let line = |k: &'static str, e: &'static str, count: usize| {
        let share = fmt::percent(n(count), n(owed.len())).unwrap_or_else(|| lang.t("không có đối tượng", "nobody").to_owned());
        (lang.t(k, e).to_owned(), html! { (fmt::int(n(count))) "/" (fmt::int(n(owed.len()))) " · " (share) })
    };
    let late = owed.iter().filter(|a| !has_it(a) && a.text("due_on").is_some_and(|d| d < today)).count();
    let people: i64 = owed.iter().filter_map(|a| a.int("people")).sum();
    vec![
        line("Đã nhận", "Received", owed.iter().filter(|a| has_it(a)).count()),
        line("Đã quán triệt", "Passed on", owed.iter().filter(|a| a.state.as_deref() == Some("passed_on")).count()),
        line("Quá hạn chưa báo nhận", "Late", late),
        (lang.t("Số người được quán triệt", "People told").to_owned(), html! { (fmt::int(people)) }),
    ]
}

fn rows(ctx: &Ctx, q: &FormData, asked: &[Record], reminded: &BTreeMap<String, String>) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
        GridColumn::day("on", lang.t("Ngày báo nhận", "Acknowledged")),
        GridColumn::num("people", lang.t("Số người", "People")).drop_at(2),
        GridColumn::day("reminded", lang.t("Đôn đốc gần nhất", "Last reminder")).drop_at(1),
    ];
    let mut g = Grid::new(ctx, q, "", "bao-nhan", lang.t("Báo nhận văn bản", "Acknowledgements"), columns)
        .export(ctx.can(Verb::Export, "acknowledgement"));
    for a in asked {
        let late = a.state.as_deref() == Some("waiting") && a.text("due_on").is_some_and(|d| d < ctx.today.as_str());
        let (words, tone) = state_of(ctx, "acknowledgement", a.state.as_deref());
        let words = if late { format!("{words}, {}", lang.t("quá hạn", "late")) } else { words };
        g.row(vec![
            GridCell::link(&format!("/r/acknowledgement/{}", a.id), a.link_title("agency").unwrap_or_default()),
            GridCell::tag(if late { Tone::Unmet } else { tone }, &words),
            GridCell::day(a.text("acknowledged_on")),
            GridCell::with(
                html! { @match a.int("people") { Some(p) => (fmt::int(p)), None => "–" } },
                a.int("people").map_or(Cell::Empty, Cell::Integer),
            ),
            GridCell::day(reminded.get(&a.id).map(String::as_str)),
        ]);
    }
    g
}

/// Reminds who has not acknowledged.
pub async fn remind(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let to = format!("/following/document/{id}");
    let lang = ctx.lang();
    let done = ctx.write(move |tx, who| dissemination::remind(tx, &who.reg, &who.actor, &id, &who.today)).await;
    back(&ctx, &to, done.map(|d| (d.messages > 0, d.said(lang))))
}

/// What is acknowledged, and the press; its day is the day of the press.
pub async fn acknowledge_form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let wanted = id.clone();
    let a = ctx.read(move |tx, who| one(tx, &who.reg, &who.actor, "acknowledgement", &wanted)).await?;
    let (lang, record) = (ctx.lang(), format!("/r/acknowledgement/{id}"));
    if a.state.as_deref() != Some("waiting") {
        return Ok(web::redirect(&record));
    }
    let title = lang.t("Báo đã nhận văn bản", "Acknowledge a document");
    let body = html! {
        (heading(title, Some(html! { (a.link_title("document").unwrap_or_default()) }), None))
        section.card {
            @if let Some(m) = a.text("message") { p { (m) } }
            @if let Some(due) = a.text("due_on") { p.muted { (lang.t("Báo đã nhận trước hết ngày ", "Acknowledge by ")) (fmt::date(due)) } }
            div.row {
                (post_button(&ctx.look, &format!("/following/acknowledge/{id}"), lang.t("Báo đã nhận", "Acknowledge"), true, None))
                (link_button(&record, lang.t("Thôi", "Cancel")))
            }
        }
    };
    Ok(Page::new(title).active("/following").narrow().body(body).respond(&ctx))
}

/// One press of the agency: received.
pub async fn acknowledge(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let to = format!("/r/acknowledgement/{id}");
    let said =
        ctx.t("Đã báo nhận. Quán triệt xong thì báo số người ở đây.", "Acknowledged. Report here how many people were told.").to_owned();
    let done = ctx.write(move |tx, who| dissemination::acknowledge(tx, &who.reg, &who.actor, &id, &who.today)).await;
    back(&ctx, &to, done.map(|_| (true, said)))
}
