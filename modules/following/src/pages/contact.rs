//! Tests of the contact points: `/following/test/{id}`, the reply, and the list of phones.

use access::Verb;
use documents::Cell;
use registers::Record;
use store::Error;
use web::axum::extract::Path;
use web::axum::http::{HeaderValue, header};
use web::axum::response::{IntoResponse, Response};
use web::components::{FieldView, Grid, GridCell, GridColumn, empty, facts, field, heading, link_button, notice, post_button, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, fmt, redirect_with};

use crate::contact_test::{self, Outcome};
use crate::pages::{back, n, state_of};
use crate::{one, phones};

/// Seconds as people say them.
pub fn took(seconds: i64, lang: Lang) -> String {
    match seconds {
        s if s < 60 => format!("{s} {}", lang.t("giây", "s")),
        s if s < 3600 => format!("{} {} {} {}", s / 60, lang.t("phút", "min"), s % 60, lang.t("giây", "s")),
        s => format!("{} {} {} {}", s / 3600, lang.t("giờ", "h"), s % 3600 / 60, lang.t("phút", "min")),
    }
}

/// Results of a test.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "contact_test")?;
    let (test, mut replies) = ctx
        .read(move |tx, who| {
            let test = one(tx, &who.reg, &who.actor, "contact_test", &id)?;
            Ok((test, contact_test::replies(tx, &who.reg, &who.actor, &id)?))
        })
        .await?;
    replies.sort_by_key(|r| {
        (std::cmp::Reverse(r.int("seconds").unwrap_or(i64::MAX)), text::sort_key(r.link_title("agency").unwrap_or_default()))
    });
    let lang = ctx.lang();
    let grid = rows(&ctx, &q, &replies);
    if let Some(file) = grid.file() {
        return file;
    }
    let state = state_of(&ctx, "contact_test", test.state.as_deref());
    let step = |to: &str, label: &str| link_button(&format!("/r/contact_test/{}/transition/{to}", test.id), label);
    let actions = html! {
        @if ctx.can(Verb::Transition, "contact_test") {
            @match test.state.as_deref() { Some("draft") => (step("start", lang.t("Bắt đầu kiểm tra", "Start"))), Some("running") => (step("end", lang.t("Kết thúc", "End"))), _ => {} }
        }
        (link_button("/following/phones", lang.t("Danh bạ để in", "Phone list")))
    };
    let sub = html! { (tag(state.1, &state.0)) " " (lang.t("Phải trả lời trong", "To be answered within")) " " (test.int("minutes").unwrap_or(0)) " " (lang.t("phút", "minutes")) };
    let body = html! {
        (heading(&test.title, Some(sub), Some(actions)))
        @if replies.is_empty() {
            (notice(Tone::Soon, html! { (lang.t("Chưa hỏi ai. Bắt đầu thì mỗi cơ quan có đầu mối nhận thông báo và thư.", "Nobody asked yet. Starting tells every agency that has a contact point.")) }))
        } @else {
            section.card { (facts(about(&contact_test::outcome(&replies), replies.len(), lang))) }
            section.card { (grid.render()) }
        }
        p.small { a href={"/r/contact_test/" (test.id)} { (lang.t("Bản ghi đầy đủ và lịch sử", "Full record and history")) } }
    };
    let title = test.title.clone();
    Ok(Page::new(title.clone())
        .active("/following")
        .crumb(lang.t("Đôn đốc, kiểm tra", "Following up"), "/following")
        .crumb_text(title)
        .body(body)
        .respond(&ctx))
}

fn about(o: &Outcome, all: usize, lang: Lang) -> Vec<(String, Markup)> {
    // who could not be asked or still has time is neither
    let share = fmt::percent(n(o.met), n(o.met + o.unmet)).unwrap_or_else(|| lang.t("chưa có dữ liệu", "no data").to_owned());
    let time = |s: Option<i64>| s.map_or_else(|| lang.t("chưa có trả lời", "no answer yet").to_owned(), |s| took(s, lang));
    vec![
        (lang.t("Trả lời đúng hạn", "In time").to_owned(), html! { (fmt::int(n(o.met))) "/" (fmt::int(n(all))) " · " (share) }),
        (lang.t("Muộn hoặc không trả lời", "Late or no answer").to_owned(), html! { (fmt::int(n(o.unmet))) }),
        (
            lang.t("Chưa có dữ liệu", "No data").to_owned(),
            html! { (fmt::int(n(o.no_data))) div.muted.small { (lang.t("còn trong hạn, hoặc không có ai để gửi", "still within the time, or nobody to send to")) } },
        ),
        (lang.t("Trung vị", "Median").to_owned(), html! { (time(o.median)) }),
        (lang.t("Chậm nhất", "Slowest").to_owned(), html! { (time(o.slowest)) }),
    ]
}

fn rows(ctx: &Ctx, q: &FormData, replies: &[Record]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::text("state", lang.t("Trả lời", "Answer")),
        GridColumn::num("seconds", lang.t("Sau bao lâu", "After")),
        GridColumn::text("sent", lang.t("Gửi lúc", "Sent at")).drop_at(1),
    ];
    let mut g = Grid::new(ctx, q, "", "kiem-tra-lien-lac", lang.t("Trả lời", "Replies"), columns)
        .export(ctx.can(Verb::Export, "contact_test_reply"));
    for r in replies {
        let (words, tone) = state_of(ctx, "contact_test_reply", r.state.as_deref());
        let seconds = r.int("seconds");
        g.row(vec![
            GridCell::link(
                &format!("/r/contact_test_reply?f.agency={}", r.text("agency").unwrap_or_default()),
                r.link_title("agency").unwrap_or_default(),
            ),
            GridCell::tag(tone, &words),
            GridCell::with(
                html! { @match seconds { Some(s) => (took(s, lang)), None => "–" } },
                seconds.map_or(Cell::Empty, Cell::Integer),
            ),
            GridCell::instant(Some(r.created_at), ""),
        ]);
    }
    g
}

/// Where the notice and the mail lead: one button.
pub async fn reply(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let r = ctx.read(move |tx, who| one(tx, &who.reg, &who.actor, "contact_test_reply", &id)).await?;
    let lang = ctx.lang();
    let (words, tone) = state_of(&ctx, "contact_test_reply", r.state.as_deref());
    let open = matches!(r.state.as_deref(), Some("waiting" | "missed"));
    let body = html! {
        (heading(lang.t("Kiểm tra liên lạc", "Connectivity test"), Some(html! { (tag(tone, &words)) " " (r.link_title("agency").unwrap_or_default()) }), None))
        section.card {
            @if let Some(m) = r.text("message") { p { (m) } }
            @match r.int("seconds") { Some(s) => p { (lang.t("Đã trả lời sau", "Answered after")) " " (took(s, lang)) "." }, None => {} }
            @if open { (post_button(&ctx.look, &format!("/following/reply/{}", r.id), lang.t("Tôi đã nhận", "Received"), true, None)) }
        }
    };
    Ok(Page::new(lang.t("Kiểm tra liên lạc", "Connectivity test")).active("/following").narrow().body(body).respond(&ctx))
}

/// "Tôi đã nhận".
pub async fn answer(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let to = format!("/following/reply/{id}");
    let lang = ctx.lang();
    let done = ctx.write(move |tx, who| contact_test::answer(tx, &who.reg, &who.actor, &id)).await;
    back(
        &ctx,
        &to,
        done.map(|r| {
            (true, format!("{} {}.", lang.t("Đã ghi: trả lời sau", "Recorded: answered after"), took(r.int("seconds").unwrap_or(0), lang)))
        }),
    )
}

/// `/following/phones`: contact points, masked; for who may take them away.
pub async fn phone_list(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Export, "contact_point")?;
    let all = ctx.read(|tx, who| phones::list(tx, &who.reg, &who.actor, &who.today)).await?;
    let lang = ctx.lang();
    let ids = ["agency", "person", "unit", "phone", "email", "channel", "hours"];
    let columns = ids.iter().zip(phones::headings(lang)).enumerate().map(|(i, (id, label))| {
        let c = GridColumn::text(id, label);
        if i > 3 { c.drop_at(2) } else { c }
    });
    let mut g = Grid::new(&ctx, &q, "", "danh-ba", lang.t("Đầu mối các cơ quan", "Contact points"), columns.collect()).export(true);
    for c in &all {
        let cells = phones::cells(ctx.reg(), c, lang);
        g.row(
            cells
                .iter()
                .enumerate()
                .map(|(i, s)| if i == 0 { GridCell::link(&format!("/r/contact_point/{}", c.id), s) } else { GridCell::text(s) })
                .collect(),
        );
    }
    if let Some(file) = g.file() {
        return file;
    }
    let print = link_button("/following/phones/masked.docx", lang.t("Bản in .docx, che số", "Print .docx, masked"));
    let sub = html! { (lang.t("Giữ một bản in khi thư và mạng không hoạt động. Số điện thoại được che; in số đầy đủ phải ghi lý do.", "Keep a print for when mail is down. Phones are masked; printing them takes a reason.")) };
    let body = html! {
        (heading(lang.t("Danh bạ đầu mối", "Phone list"), Some(sub), Some(print)))
        section.card { @if g.is_empty() { (empty(lang.t("Chưa có đầu mối nào.", "No contact point yet."), html! {})) } @else { (g.render()) } }
        @if ctx.can(Verb::Unmask, "contact_point") && !all.is_empty() { (clear_form(&ctx, lang)) }
    };
    Ok(Page::new(lang.t("Danh bạ đầu mối", "Phone list"))
        .active("/following")
        .crumb(lang.t("Đôn đốc, kiểm tra", "Following up"), "/following")
        .crumb_text(lang.t("Danh bạ đầu mối", "Phone list"))
        .body(body)
        .respond(&ctx))
}

fn clear_form(ctx: &Ctx, lang: Lang) -> Markup {
    html! {
        section.card { h2 { (lang.t("Danh bạ có số điện thoại", "With phones in clear")) }
            form method="post" action="/following/phones/clear" { (csrf(&ctx.look))
                (field(&FieldView::line("reason", lang.t("Lý do", "Reason"), "").required().help(lang.t("Lý do được ghi vào sổ cái cho từng đầu mối.", "The ledger keeps it for each contact point.")), lang))
                p.row { button.btn type="submit" name="kind" value="docx" { (lang.t("Tải .docx", "Download .docx")) } " " button.btn type="submit" name="kind" value="xlsx" { (lang.t("Tải .xlsx", "Download .xlsx")) } }
            }
        }
    }
}

fn written(ctx: &Ctx, all: &[Record], kind: &str) -> Result<Response, web::Fail> {
    let agency = ctx.app.config.place.clone();
    let d = phones::document(ctx.reg(), all, &agency, &ctx.app.config.place, &ctx.today);
    if kind == "xlsx" {
        return Ok(web::file(d.to_xlsx().map_err(Error::internal)?, "danh-ba.xlsx"));
    }
    let bytes = d.to_docx().map_err(Error::internal)?;
    let mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let attached = HeaderValue::from_static("attachment; filename=\"danh-ba.docx\"");
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(mime)), (header::CONTENT_DISPOSITION, attached)], bytes).into_response())
}

/// The printable list, masked.
pub async fn masked(ctx: Ctx) -> PageResult {
    ctx.may(Verb::Export, "contact_point")?;
    let all = ctx.read(|tx, who| phones::list(tx, &who.reg, &who.actor, &who.today)).await?;
    written(&ctx, &all, "docx")
}

/// The list in clear, with a reason.
pub async fn clear(ctx: Ctx, form: FormData) -> PageResult {
    ctx.may(Verb::Export, "contact_point")?;
    ctx.may(Verb::Unmask, "contact_point")?;
    let (reason, kind) = (form.text("reason").to_owned(), form.text("kind").to_owned());
    match ctx.write(move |tx, who| phones::clear(tx, &who.reg, &who.actor, &who.today, &reason)).await {
        Ok(all) => written(&ctx, &all, &kind),
        Err(e @ Error::Invalid(_)) => redirect_with(&ctx, "/following/phones", "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}
