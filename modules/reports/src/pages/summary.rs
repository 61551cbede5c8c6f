//! `/reports/campaign/{id}/summary`: the consolidated report: sums of what was filed, the live figure beside, words to edit.

use access::Verb;
use registers::Record;
use store::Error;
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{Column, FieldView, InputKind, Table, empty, facts, field, heading, notice, tag};
use web::forms::QueryData;
use web::maud::{Markup, PreEscaped, html};
use web::shell::csrf;
use web::{Ctx, FormData, Page, PageResult, Tone, fmt, redirect_with};

use crate::campaign::template_of;
use crate::document;
use crate::figures::{Line, said};
use crate::one;
use crate::pages::{attachment, figure, state_of};
use crate::pictures::{self, Picture};
use crate::summary::{self, Consolidated};
use crate::template::Section;

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    match crate::asked_day(q.filled("as_of"))?.filter(|d| *d < ctx.today) {
        Some(day) => past(&ctx, id, day).await,
        None => render(&ctx, id, None, None).await,
    }
}

/// Who had filed by the end of a past day, and the sums of it.
async fn past(ctx: &Ctx, id: String, day: String) -> PageResult {
    summary::whole(&ctx.actor, Verb::Read)?;
    let (wanted, on) = (id.clone(), day.clone());
    let (c, sums) = ctx
        .read(move |tx, who| {
            let c = one(tx, &who.reg, &who.actor, "report_campaign", &wanted)?;
            let sums = summary::consolidate_on(tx, &who.reg, &who.actor, &c, &on, &who.today)?;
            Ok((c, sums))
        })
        .await?;
    let lang = ctx.lang();
    let t = template_of(&c)?;
    let title = lang.t("Tổng hợp", "Consolidation");
    let body = html! {
        (heading(&format!("{title}: {}", c.title), Some(html! { (lang.t("Như cuối ngày", "As at the end of")) " " (fmt::date(&day)) }), Some(day_form(&id, &day, lang))))
        (notice(Tone::Plain, html! { (lang.t("Ai đã nộp bản nào lấy từ sổ cái của ngày đó; cột “Hiện tại” là con số của ngày đó theo các sổ đăng ký bây giờ.", "Who had filed what is from the ledger of that day; the live column is that day as the registers tell it now.")) " " a href={"/reports/campaign/" (id) "/summary"} { (lang.t("Về hôm nay", "Back to today")) } }))
        section.card { (facts(about(&sums, lang))) }
        @for s in t.sections.iter().filter(|s| !s.indicators.is_empty()) { section.card { h2 { (lang.label(&s.label)) } (figures(ctx, s, &sums)) (drawn(pictures::section(ctx.reg(), s, &sums, lang)?)) } }
        (missing(&sums, &id, lang))
        @if let Some(p) = pictures::filing(&sums, lang) { details.card.screen { summary { (p.caption) } (drawn(Some(p))) } }
    };
    Ok(Page::new(title)
        .active("/reports")
        .crumb(lang.t("Báo cáo", "Reports"), "/reports")
        .crumb(c.title.clone(), format!("/reports/campaign/{id}"))
        .crumb_text(title)
        .body(body)
        .respond(ctx))
}

fn day_form(id: &str, day: &str, lang: web::Lang) -> Markup {
    html! { form.row method="get" action={"/reports/campaign/" (id) "/summary"} { label for="as-of" { (lang.t("Xem như cuối ngày", "As of")) } input #as-of .short name="as_of" value=(fmt::date(day)); button.btn type="submit" { (lang.t("Xem", "Show")) } } }
}

async fn render(ctx: &Ctx, id: String, typed: Option<&str>, wrong: Option<&str>) -> PageResult {
    summary::whole(&ctx.actor, Verb::Read)?;
    let wanted = id.clone();
    let (c, list, sums) = ctx
        .read(move |tx, who| {
            let c = one(tx, &who.reg, &who.actor, "report_campaign", &wanted)?;
            let list = summary::of_campaign(tx, &who.reg, &who.actor, &wanted)?;
            let sums = match list.first() {
                Some(s) => summary::figures_of(tx, &who.reg, &who.actor, s, &c, &who.today)?,
                None => summary::consolidate(tx, &who.reg, &who.actor, &c, &who.today)?,
            };
            Ok((c, list, sums))
        })
        .await?;
    let lang = ctx.lang();
    let t = template_of(&c)?;
    let last = list.first();
    let title = lang.t("Tổng hợp", "Consolidation");
    let body = html! {
        (heading(&format!("{title}: {}", c.title), None, Some(html! { (day_form(&id, &ctx.today, lang)) @if last.is_some() { @for (k, _) in document::KINDS { a.btn href={"/reports/campaign/" (id) "/summary/file/" (k)} { "." (k) } } } })))
        @if let Some(w) = wrong { (notice(Tone::Unmet, html! { (w) })) }
        section.card { (facts(about(&sums, lang))) }
        @for s in t.sections.iter().filter(|s| !s.indicators.is_empty()) { section.card { h2 { (lang.label(&s.label)) } (figures(ctx, s, &sums)) (drawn(pictures::section(ctx.reg(), s, &sums, lang)?)) } }
        (missing(&sums, &id, lang))
        @if let Some(p) = pictures::filing(&sums, lang) { details.card.screen { summary { (p.caption) } (drawn(Some(p))) } }
        (words(ctx, &id, last, typed))
        (versions(ctx, &list))
    };
    Ok(Page::new(title)
        .active("/reports")
        .crumb(lang.t("Báo cáo", "Reports"), "/reports")
        .crumb(c.title.clone(), format!("/reports/campaign/{id}"))
        .crumb_text(title)
        .status(if wrong.is_some() { StatusCode::CONFLICT } else { StatusCode::OK })
        .body(body)
        .respond(ctx))
}

fn n(k: usize) -> String {
    fmt::int(i64::try_from(k).unwrap_or(i64::MAX))
}

fn about(c: &Consolidated, lang: web::Lang) -> Vec<(String, Markup)> {
    let share = fmt::percent(i64::try_from(c.filed).unwrap_or(0), i64::try_from(c.obliged).unwrap_or(0));
    let share = share.unwrap_or_else(|| lang.t("không có đối tượng", "nobody").to_owned());
    let d = c.obligations;
    let mut list = vec![
        (
            lang.t("Đã nộp", "Filed").to_owned(),
            html! { (n(c.filed)) "/" (n(c.obliged)) " · " (share) " · " (n(c.late)) " " (lang.t("muộn", "late")) },
        ),
        (lang.t("Số liệu đến hết ngày", "Figures as of").to_owned(), html! { (fmt::date(&c.as_of)) }),
        (
            lang.t("Nghĩa vụ của các cơ quan đã nộp", "Obligations of those who filed").to_owned(),
            html! { (fmt::int(d.done)) " " (lang.t("hoàn thành", "done")) ", " (fmt::int(d.late)) " " (lang.t("quá hạn", "late")) ", " (fmt::int(d.open)) " " (lang.t("đang thực hiện", "open")) },
        ),
    ];
    if c.without_figures > 0 {
        list.push((
            lang.t("Nộp ngoài hệ thống", "Filed outside").to_owned(),
            html! { (n(c.without_figures)) " " (lang.t("báo cáo không có số liệu chốt, không nằm trong tổng", "reports without frozen figures, not in the sums")) },
        ));
    }
    list
}

fn figures(ctx: &Ctx, s: &Section, c: &Consolidated) -> Markup {
    let lang = ctx.lang();
    let mut t = Table::new(
        lang.label(&s.label),
        vec![
            Column::text(lang.t("Nội dung", "What")),
            Column::num(lang.t("Tổng các bản đã nộp", "Sum of what was filed")),
            Column::num(lang.t("Toàn tỉnh theo sổ", "Whole province, live")),
            Column::text(lang.t("Đánh giá", "Verdict")).drop_at(1),
        ],
    );
    for id in &s.indicators {
        let find = |list: &[Line]| list.iter().find(|l| l.id == *id).and_then(|l| said(ctx.reg(), l, &c.as_of, lang).ok());
        let (sum, live) = (find(&c.sums), find(&c.live));
        let Some(named) = live.as_ref().or(sum.as_ref()) else { continue };
        t.row(vec![
            html! { a href={"/targets/" (id) "?as_of=" (c.as_of)} { (named.label) } },
            figure(sum.as_ref().map_or("–", |w| w.words.as_str())),
            figure(live.as_ref().map_or("–", |w| w.words.as_str())),
            html! { (tag(named.tone, lang.l(named.verdict))) },
        ]);
    }
    t.render(lang)
}

/// A wide picture: on a phone it is moved sideways within its frame.
fn drawn(p: Option<Picture>) -> Markup {
    html! { @if let Some(p) = p { div.scroll tabindex="0" role="region" aria-label=(p.caption) { (PreEscaped(p.svg)) } } }
}

fn missing(c: &Consolidated, id: &str, lang: web::Lang) -> Markup {
    html! { @if !c.missing.is_empty() {
        details.card open[c.missing.len() <= 20] {
            summary { (lang.t("Chưa nộp", "Missing")) " · " (n(c.missing.len())) " " (lang.t("cơ quan", "agencies")) }
            ul { @for m in &c.missing { li { (m) } } }
            p { a href={"/reports/campaign/" (id) "?state=missing"} { (lang.t("Mở danh sách để đôn đốc", "Open the list to remind")) } }
        }
    } }
}

fn words(ctx: &Ctx, id: &str, last: Option<&Record>, typed: Option<&str>) -> Markup {
    let lang = ctx.lang();
    let may = summary::whole(&ctx.actor, Verb::Transition).is_ok();
    match last {
        Some(s) if s.state.as_deref() == Some("draft") && may => html! {
            section.card {
                h2 { (lang.t("Phần lời", "Words")) }
                form method="post" action={"/reports/summary/" (s.id)} {
                    (csrf(&ctx.look))
                    input type="hidden" name="version" value=(s.version);
                    (field(&FieldView::line("text", lang.t("Lời của báo cáo tổng hợp", "Words of the consolidated report"), typed.or(s.text("text")).unwrap_or_default()).kind(InputKind::Area).help(lang.t("Gộp từ phần lời các cơ quan đã nộp; đoạn dài được rút gọn […], bản đủ ở từng báo cáo. Dòng bắt đầu bằng # là đề mục.", "Merged from what was filed; long parts are cut […]. Lines that begin with # are headings.")), lang))
                    div.row.form-actions { button.btn type="submit" { (lang.t("Lưu phần lời", "Save the words")) } }
                }
                form.inline method="post" action={"/reports/summary/" (s.id) "/freeze"} {
                    (csrf(&ctx.look))
                    input type="hidden" name="version" value=(s.version);
                    button.btn.main type="submit" { (lang.t("Chốt báo cáo tổng hợp", "Freeze")) }
                }
            }
        },
        Some(s) => html! {
            section.card { h2 { (lang.t("Phần lời", "Words")) } @for l in s.text("text").unwrap_or_default().lines() { @match l.strip_prefix('#') { Some(h) => h3 { (h.trim()) }, None => p { (l) } } } }
            @if may { (begin_form(ctx, id, true)) }
        },
        None if may => begin_form(ctx, id, false),
        None => empty(lang.t("Chưa có báo cáo tổng hợp.", "No consolidated report yet."), html! {}),
    }
}

fn begin_form(ctx: &Ctx, id: &str, again: bool) -> Markup {
    let lang = ctx.lang();
    html! { section.card {
        form method="post" action={"/reports/campaign/" (id) "/summary"} {
            (csrf(&ctx.look))
            @if again { (field(&FieldView::line("reason", lang.t("Lý do lập bản mới", "Reason of a new version"), "").required(), lang)) }
            @else { p.muted { (lang.t("Lập báo cáo tổng hợp: phần lời của các báo cáo đã nộp được gộp lại để bạn biên tập, rồi chốt cùng số liệu.", "Begins the consolidated report: the words filed so far are merged for you to edit, then frozen with the figures.")) } }
            button.btn.main[!again] type="submit" { (if again { lang.t("Lập bản mới", "New version") } else { lang.t("Lập báo cáo tổng hợp", "Begin") }) }
        }
    } }
}

fn versions(ctx: &Ctx, list: &[Record]) -> Markup {
    let lang = ctx.lang();
    html! { @if !list.is_empty() { section.card { h2 { (lang.t("Các bản tổng hợp", "Versions")) } ul.list { @for s in list {
        @let st = state_of(ctx, "report_summary", s.state.as_deref());
        li { span.due { (fmt::date(s.text("frozen_on").or(s.text("as_of")).unwrap_or_default())) }
            div { (lang.t("Bản", "Version")) " " (s.int("number").unwrap_or(0)) " " (tag(st.1, &st.0)) @if let Some(r) = s.text("reason") { div.muted.small { (r) } } }
            a.btn href={"/r/report_summary/" (s.id)} { (lang.t("Mở", "Open")) } }
    } } } } }
}

async fn answer(ctx: &Ctx, campaign: String, typed: Option<&str>, done: Result<(), Error>, said: &str) -> PageResult {
    match done {
        Ok(()) => redirect_with(ctx, &format!("/reports/campaign/{campaign}/summary"), "met", said),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => render(ctx, campaign, typed, Some(&e.to_string())).await,
        Err(e) => Err(e.into()),
    }
}

/// Begins a summary, or the next version.
pub async fn begin(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let (campaign, reason) = (id.clone(), form.filled("reason").map(str::to_owned));
    let done = ctx.write(move |tx, who| summary::begin(tx, &who.reg, &who.actor, &campaign, reason.as_deref(), &who.today).map(drop)).await;
    answer(&ctx, id, None, done, ctx.t("Đã gộp phần lời. Biên tập rồi chốt.", "Merged. Edit, then freeze.")).await
}

/// Campaign of a summary that the reader may see.
async fn campaign_of(ctx: &Ctx, id: &str) -> Result<String, web::Fail> {
    let id = id.to_owned();
    Ok(ctx
        .read(move |tx, who| Ok(one(tx, &who.reg, &who.actor, "report_summary", &id)?.text("campaign").unwrap_or_default().to_owned()))
        .await?)
}

/// Saves the words.
pub async fn edit(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let campaign = campaign_of(&ctx, &id).await?;
    let (version, words) = (form.version()?, form.text("text").to_owned());
    let done = ctx.write(move |tx, who| summary::edit(tx, &who.reg, &who.actor, &id, version, &words).map(drop)).await;
    answer(&ctx, campaign, form.get("text"), done, ctx.t("Đã lưu.", "Saved.")).await
}

/// Freezes.
pub async fn freeze(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let campaign = campaign_of(&ctx, &id).await?;
    let version = form.version()?;
    let done = ctx.write(move |tx, who| summary::freeze(tx, &who.reg, &who.actor, &id, version, &who.today).map(drop)).await;
    answer(&ctx, campaign, None, done, ctx.t("Đã chốt báo cáo tổng hợp.", "Frozen.")).await
}

/// The consolidated report as a document.
pub async fn file(ctx: Ctx, Path((id, kind)): Path<(String, String)>) -> PageResult {
    summary::whole(&ctx.actor, Verb::Export)?;
    let place = ctx.app.config.place.clone();
    let d = ctx.read(move |tx, who| summary::document(tx, &who.reg, &who.actor, &id, &place, &who.today, &who.today)).await?;
    let ending = kind.clone();
    let bytes = web::blocking(move || document::write(&d, &ending)).await??;
    Ok(attachment(bytes, "bao-cao-tong-hop", &kind))
}
