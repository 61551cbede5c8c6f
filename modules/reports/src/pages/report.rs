//! `/reports/report/{id}`: the form of one agency. Figures stand there; words are written; the head files.

use access::Verb;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{Column, FieldView, InputKind, Table, error_summary, facts, field, heading, notice, tag};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Page, PageResult, Tone, fmt, redirect_with};

use crate::campaign::late_days;
use crate::document;
use crate::figures::{Frozen, Line, records_href, said};
use crate::pages::{attachment, deadline, figure, state_of};
use crate::report::{self, Opened, Written};
use crate::template::{Narrative, Section};

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    render(&ctx, id, &FormData::default(), &[], None).await
}

/// The page, with what was typed and is not saved.
async fn render(ctx: &Ctx, id: String, typed: &FormData, errors: &[FieldError], conflict: Option<&str>) -> PageResult {
    let wanted = id.clone();
    let lang = ctx.lang();
    let (o, steps, why) = ctx
        .read(move |tx, who| {
            let o = report::open(tx, &who.reg, &who.actor, &wanted, &who.today)?;
            let steps = report::steps(tx, &who.reg, &who.actor, &o, who.lang)?;
            let why =
                if o.report.state.as_deref() == Some("returned") { report::returned_why(tx, &who.reg, &who.actor, &wanted)? } else { None };
            Ok((o, steps, why))
        })
        .await?;
    let state = o.report.state.as_deref().unwrap_or_default();
    let writes = ctx.can(Verb::Update, "report_narrative")
        && matches!(state, "due" | "draft" | "returned" | "waiting_head")
        && o.campaign.state.as_deref() == Some("open");
    let form = Form { ctx, o: &o, typed, errors, writes };
    let status = match (conflict, errors.is_empty()) {
        (Some(_), _) => StatusCode::CONFLICT,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let agency = o.report.link_title("agency").unwrap_or_default();
    let (label, tone) = state_of(ctx, "report_submission", Some(state));
    let body = html! {
        (heading(&o.campaign.title, Some(html! { (agency) " · " (tag(tone, &label)) }), Some(html! { @for (k, _) in document::KINDS.iter().filter(|k| k.0 != "xlsx" || o.figures.is_some()) { a.btn href={"/reports/report/" (id) "/file/" (k)} { "." (k) } } })))
        @if let Some(c) = conflict { (notice(Tone::Unmet, html! { (c) " " (lang.t("Những gì bạn gõ vẫn còn trong các ô bên dưới, chưa được lưu.", "What you typed is still below, not saved.")) })) }
        @if let Some(w) = &why { (notice(Tone::Unmet, html! { strong { (lang.t("Bị trả lại", "Returned")) ": " } (w) })) }
        @if !o.predecessors.is_empty() { (notice(Tone::Soon, html! { (lang.t("Báo cáo này nộp cả cho", "This report is also for")) " " (o.predecessors.join(", ")) " " (lang.t("(đã sáp nhập, chia tách); số liệu gồm cả hồ sơ của các cơ quan đó.", "(merged or split); their records are counted here.")) })) }
        (error_summary(errors, |f| form.label(f), lang))
        section.card { (facts(form.facts())) }
        form method="post" action={"/reports/report/" (id)} {
            (csrf(&ctx.look))
            @for s in &o.template.sections { (form.section(s)) }
            @if writes { div.row.form-actions { button.btn.main[steps.is_empty() || state == "due"] type="submit" { (lang.t("Lưu phần lời", "Save the words")) } } }
        }
        (form.steps(&steps))
        (form.history())
    };
    Ok(Page::new(o.campaign.title.clone())
        .active("/reports")
        .crumb(lang.t("Báo cáo", "Reports"), "/reports")
        .crumb(o.campaign.title.clone(), format!("/reports/campaign/{}", o.campaign.id))
        .crumb_text(agency.to_owned())
        .status(status)
        .body(body)
        .respond(ctx))
}

/// What the parts of the page need.
struct Form<'a> {
    ctx: &'a Ctx,
    o: &'a Opened,
    typed: &'a FormData,
    errors: &'a [FieldError],
    writes: bool,
}

impl Form<'_> {
    fn label(&self, f: &str) -> String {
        let lang = self.ctx.lang();
        let part = self.o.template.narratives().find(|n| n.id == f);
        part.map_or_else(|| lang.t("Lý do", "Reason").to_owned(), |n| lang.label(&n.label).to_owned())
    }

    fn facts(&self) -> Vec<(String, Markup)> {
        let (o, lang) = (self.o, self.ctx.lang());
        let late = late_days(&o.report, &self.ctx.today);
        let mut list = vec![(
            lang.t("Nộp", "Due").to_owned(),
            html! { (deadline(&o.campaign, lang)) @if let Some(n) = late { " " (tag(Tone::Unmet, &format!("{} {n} {}", lang.t("muộn", "late"), lang.t("ngày", "days")))) } },
        )];
        if let Some(f) = &o.figures {
            let how = if o.filed() {
                lang.t("đã chốt khi nộp", "frozen at filing")
            } else {
                lang.t("đang tính từ các sổ, chốt khi nộp", "live, frozen at filing")
            };
            list.push((
                lang.t("Số liệu", "Figures").to_owned(),
                html! { (lang.t("đến hết ngày", "as of")) " " (fmt::date(&f.as_of)) " · " (how) },
            ));
        } else {
            list.push((
                lang.t("Số liệu", "Figures").to_owned(),
                html! { (lang.t("nộp ngoài hệ thống, không có bản chốt", "filed outside, nothing frozen")) },
            ));
        }
        if let Some(d) = o.report.text("submitted_on") {
            list.push((lang.t("Ngày nộp lần đầu", "First filed on").to_owned(), html! { (fmt::date(d)) }));
        }
        if let Some(s) = o.report.link_title("successor") {
            list.push((lang.t("Cơ quan kế thừa nộp thay", "Filed by the successor").to_owned(), html! { (s) }));
        }
        list
    }

    fn section(&self, s: &Section) -> Markup {
        let lang = self.ctx.lang();
        html! {
            section.card id=(s.id) {
                h2 { (lang.label(&s.label)) }
                @if !s.basis.is_empty() { p.muted.small { (lang.t("Căn cứ", "Basis")) ": " (s.basis.join("; ")) @if s.unverified { " " (tag(Tone::Soon, lang.t("chưa đối chiếu", "unverified"))) } } }
                @if let Some(f) = &self.o.figures { @if !s.indicators.is_empty() { (self.figures(s, f)) } @if s.obligations { (self.duties(f)) } }
                @for n in &s.narratives { (self.narrative(n)) }
            }
        }
    }

    fn figures(&self, s: &Section, f: &Frozen) -> Markup {
        let lang = self.ctx.lang();
        let mut t = Table::new(
            lang.label(&s.label),
            vec![
                Column::text(lang.t("Nội dung", "What")),
                Column::num(lang.t("Kết quả", "Result")),
                Column::num(lang.t("Còn thiếu", "Missing")),
                Column::num(lang.t("Chưa có dữ liệu", "No data")).drop_at(2),
                Column::text(lang.t("Đánh giá", "Verdict")).drop_at(1),
            ],
        );
        for l in f.lines.iter().filter(|l| s.indicators.contains(&l.id)) {
            // an indicator that a later catalogue no longer has keeps its number
            let Ok(w) = said(self.ctx.reg(), l, &f.as_of, lang) else {
                t.row(vec![
                    html! { (l.id) },
                    html! { (fmt::int(l.met)) },
                    html! { (fmt::int(l.unmet)) },
                    html! { (fmt::int(l.unknown)) },
                    html! {},
                ]);
                continue;
            };
            let opens = |n: i64, outcome: &str| self.opens(l, f, n, outcome, w.opens);
            t.row(vec![
                html! { a href={"/targets/" (l.id)} { (w.label) } },
                html! { @if w.opens && l.met > 0 { a href=(records_href(l, &f.agencies, "met", &f.as_of)) { (figure(&w.words)) } } @else { (figure(&w.words)) } },
                opens(l.unmet, "unmet"),
                opens(l.unknown, "unknown"),
                html! { (tag(w.tone, lang.l(w.verdict))) },
            ]);
        }
        t.render(lang)
    }

    /// A number that leads to its records; nothing leads from 0.
    fn opens(&self, l: &Line, f: &Frozen, n: i64, outcome: &str, opens: bool) -> Markup {
        html! { @if !opens { "–" } @else if n == 0 { span.zero { "0" } } @else { a href=(records_href(l, &f.agencies, outcome, &f.as_of)) { (fmt::int(n)) } } }
    }

    fn duties(&self, f: &Frozen) -> Markup {
        let lang = self.ctx.lang();
        let agency = f.agencies.first().map(String::as_str).unwrap_or_default();
        let board = |state: &str| format!("/plans/board?{}", web::security::query_string(&[("state", state), ("agency", agency)]));
        html! { @if let Some(d) = f.obligations {
            p { (lang.t("Nghĩa vụ trong năm", "Obligations of the year")) ": "
                a href=(board("done")) { (fmt::int(d.done)) " " (lang.t("hoàn thành", "done")) } ", "
                a href=(board("overdue")) { (fmt::int(d.late)) " " (lang.t("quá hạn", "late")) } ", "
                a href=(board("open")) { (fmt::int(d.open)) " " (lang.t("đang thực hiện", "open")) } "." }
        } }
    }

    fn narrative(&self, n: &Narrative) -> Markup {
        let lang = self.ctx.lang();
        let kept = self.o.words.get(&n.id).map_or("", String::as_str);
        if !self.writes {
            return html! { h3 { (lang.label(&n.label)) } @if kept.is_empty() { p.muted { (lang.t("Chưa viết.", "Nothing yet.")) } } @for l in kept.lines() { p { (l) } } };
        }
        let value = self.typed.get(&n.id).unwrap_or(kept);
        let version = self.o.narrative_versions.get(&n.id).copied().unwrap_or(0).to_string();
        let version = self.typed.get(&format!("v_{}", n.id)).unwrap_or(&version);
        let mut v = FieldView::line(&n.id, lang.label(&n.label), value).kind(InputKind::Area).help(lang.label(&n.help)).errors(self.errors);
        if n.required {
            v = v.required();
        }
        html! { input type="hidden" name={"v_" (n.id)} value=(version); (field(&v, lang)) }
    }

    fn steps(&self, steps: &[(String, String, bool)]) -> Markup {
        let (ctx, o, lang) = (self.ctx, self.o, self.ctx.lang());
        html! { @for (i, (step, label, reason)) in steps.iter().enumerate() {
            section.card {
                h2 { (label) }
                @if step == "submit" { p.muted { (lang.t("Số liệu và phần lời được chốt thành một bản có số, ghi vào sổ niêm phong; ngày nộp là hôm nay.", "Figures and words are frozen as a numbered version in the ledger; the day of filing is today.")) } }
                @if step == "to_head" { p.muted { (lang.t("Lưu phần lời trước; thủ trưởng cơ quan bạn sẽ thấy và duyệt nộp.", "Save the words first; your head will see it and file.")) } }
                form method="post" action={"/reports/report/" (o.report.id) "/" (step)} {
                    (csrf(&ctx.look))
                    input type="hidden" name="version" value=(o.seen());
                    @if *reason { (field(&FieldView::line("reason", lang.t("Lý do", "Reason"), self.typed.text("reason")).required().errors(self.errors), lang)) }
                    button.btn.main[i == 0 && o.report.state.as_deref() != Some("due")] type="submit" { (label) }
                }
            }
        } }
    }

    fn history(&self) -> Markup {
        let (o, lang) = (self.o, self.ctx.lang());
        html! {
            @if !o.versions.is_empty() {
                section.card { h2 { (lang.t("Các bản đã nộp", "Filed versions")) }
                    ul.list { @for v in &o.versions { li {
                        span.due { (fmt::date(v.text("filed_on").unwrap_or_default())) }
                        div { (lang.t("Bản", "Version")) " " (v.int("number").unwrap_or(0)) @if let Some(r) = v.text("reason") { div.muted.small { (r) } } }
                        a.btn href={"/r/report_version/" (v.id)} { (lang.t("Mở", "Open")) }
                    } } }
                }
            }
            p.small { a href={"/r/report_submission/" (o.report.id)} { (lang.t("Bản ghi đầy đủ và lịch sử", "Full record and history")) } }
        }
    }
}

/// Saves the words.
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let written: Vec<Written> = form
        .0
        .iter()
        .filter_map(|(k, v)| {
            let part = k.strip_prefix("v_")?;
            Some(Written { part: part.to_owned(), words: form.text(part).to_owned(), version: v.parse().ok()? })
        })
        .collect();
    let report = id.clone();
    let done = ctx.write(move |tx, who| report::write(tx, &who.reg, &who.actor, &report, &written)).await;
    answer(&ctx, id, &form, done, ctx.t("Đã lưu phần lời.", "Saved.")).await
}

/// Takes a step.
pub async fn act(ctx: Ctx, Path((id, step)): Path<(String, String)>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (report, reason) = (id.clone(), form.filled("reason").map(str::to_owned));
    let said = match step.as_str() {
        "submit" => ctx.t("Đã nộp. Số liệu đã chốt.", "Filed. Figures are frozen."),
        "to_head" => ctx.t("Đã trình thủ trưởng.", "Sent to the head."),
        "recall" => ctx.t("Đã rút lại; sửa xong trình lại.", "Taken back; send it again when edited."),
        "receive" => ctx.t("Đã xác nhận nhận báo cáo.", "Received."),
        _ => ctx.t("Đã trả lại.", "Returned."),
    };
    let done = ctx
        .write(move |tx, who| report::step(tx, &who.reg, &who.actor, &report, version, &step, reason.as_deref(), &who.today).map(drop))
        .await;
    answer(&ctx, id, &form, done, said).await
}

async fn answer(ctx: &Ctx, id: String, form: &FormData, done: Result<(), Error>, said: &str) -> PageResult {
    match done {
        Ok(()) => redirect_with(ctx, &format!("/reports/report/{id}"), "met", said),
        Err(Error::Invalid(list)) => render(ctx, id, form, &list, None).await,
        Err(Error::Conflict(why)) => render(ctx, id, form, &[], Some(&why)).await,
        Err(e) => Err(e.into()),
    }
}

/// The report as a document.
pub async fn file(ctx: Ctx, Path((id, kind)): Path<(String, String)>) -> PageResult {
    ctx.may(Verb::Export, "report_submission")?;
    let place = ctx.app.config.place.clone();
    let wanted = id.clone();
    let d = ctx
        .read(move |tx, who| {
            let o = report::open(tx, &who.reg, &who.actor, &wanted, &who.today)?;
            document::single(&who.reg, &o, &place)
        })
        .await?;
    let ending = kind.clone();
    let bytes = web::blocking(move || document::write(&d, &ending)).await??;
    Ok(attachment(bytes, &format!("bao-cao-{id}"), &kind))
}
