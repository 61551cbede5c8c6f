//! `/plans/{id}/issue`: a plan that was accepted before it was signed gets its number and day and comes into force; its obligations
//! are made in the same transaction.

use access::Verb;
use registers::Record;
use registers::actions;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{FieldView, InputKind, error_summary, field, form_actions, heading, notice};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, fmt, redirect, redirect_with};

use super::accept::{Mend, left};
use crate::gate::{self, Issue};

/// On the page of a plan that is not in force yet: nobody owes anything, and the button that changes that.
pub fn card(ctx: &Ctx, plan: &Record) -> Markup {
    let lang = ctx.lang();
    html! {
        @if plan.state.as_deref() == Some("draft") {
            (notice(Tone::Soon, html! {
                strong { (lang.t("Kế hoạch còn là dự thảo, chưa có hiệu lực.", "The plan is a draft, not in force yet.")) } " "
                (lang.t("Chưa cơ quan nào được giao việc; nghĩa vụ được tạo khi đưa vào thực hiện.", "No agency owes anything; obligations are made when it is put in force.")) " "
                @if ctx.can(Verb::Transition, "plan") && ctx.can(Verb::Update, "plan") { a.btn href={"/plans/" (plan.id) "/issue"} { (lang.t("Đưa vào thực hiện", "Put in force")) } }
            }))
        }
    }
}

/// The form.
pub async fn form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    page(&ctx, &id, None, &[], None).await
}

async fn page(ctx: &Ctx, id: &str, typed: Option<&FormData>, errors: &[FieldError], note: Option<&str>) -> PageResult {
    ctx.may(Verb::Update, "plan")?;
    ctx.may(Verb::Transition, "plan")?;
    let wanted = id.to_owned();
    let (plan, open) = ctx
        .read(move |tx, who| {
            let plan = actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &wanted)?;
            let open = gate::of_plan(tx, &who.reg, &who.actor, &wanted, &who.today)?;
            Ok((plan, open))
        })
        .await?;
    let (lang, back) = (ctx.lang(), format!("/plans/{id}"));
    if plan.state.as_deref() != Some("draft") {
        return Ok(redirect(&back));
    }
    let names = [("number", lang.t("Số, ký hiệu", "Number")), ("issued_on", lang.t("Ngày ban hành", "Issued on"))];
    let label = |f: &str| names.iter().find(|(n, _)| *n == f).map_or_else(|| f.to_owned(), |(_, l)| (*l).to_owned());
    let value = |f: &str, kept: String| typed.map_or(kept, |t| t.text(f).to_owned());
    let number = value("number", plan.text("number").unwrap_or_default().to_owned());
    let day = value("issued_on", plan.text("issued_on").map(fmt::date).unwrap_or_default());
    let (list, fill) = (format!("{back}/names"), format!("{back}/fill"));
    let at = Mend { doubts: &back, names: &list, fill: &fill, targets: &back };
    let title = lang.t("Đưa kế hoạch vào thực hiện", "Put the plan in force");
    let body = html! {
        (heading(title, Some(html! { (plan.text("title").unwrap_or_default()) }), None))
        @if let Some(note) = note { (notice(Tone::Unmet, html! { (note) })) }
        (error_summary(errors, label, lang))
        form.card method="post" action={(back) "/issue"} {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(plan.version);
            p { (lang.t("Các cơ quan chủ trì nhận nghĩa vụ ngay sau khi bấm nút.", "Leading agencies get their obligations at once.")) }
            @if open.none() { p { (lang.t("Mọi nhiệm vụ đã có chủ trì, thời hạn; mọi chỉ tiêu đã có chỉ số.", "Every task has its lead and time, every target its indicator.")) } }
            // who presses has the list before their eyes
            @else { (notice(Tone::Soon, left(&open, &at, lang))) input type="hidden" name="anyway" value="1"; }
            (field(&FieldView::line("number", names[0].1, &number).help(lang.t("Để trống nếu văn bản chưa được cấp số; điền sau không tạo kế hoạch thứ hai.", "May be completed later.")).errors(errors), lang))
            @if errors.iter().any(|e| e.field == "number") {
                label.check { input type="checkbox" name="same_number" value="1"; " " (lang.t("Vẫn dùng số này", "Use this number all the same")) }
            }
            (field(&FieldView::line("issued_on", names[1].1, &day).kind(InputKind::Date).required().errors(errors), lang))
            (form_actions(if open.none() { lang.t("Đưa vào thực hiện", "Put in force") } else { lang.t("Vẫn đưa vào thực hiện", "Put in force all the same") }, &back, lang))
        }
    };
    let status = if errors.is_empty() && note.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Kế hoạch này", "This plan"), back)
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx))
}

/// Number and day, the step, the obligations: all or nothing.
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let day = form.filled("issued_on").map(|typed| (typed, text::parse_date_vi(typed)));
    let day = match day {
        Some((_, Ok(day))) => day,
        wrong => {
            let message = wrong.map_or_else(
                || "Nhập ngày ban hành kế hoạch.".to_owned(),
                |(typed, _)| format!("«{typed}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ 15/04/2026."),
            );
            return page(&ctx, &id, Some(&form), &[FieldError { field: "issued_on".into(), message }], None).await;
        }
    };
    let said = Issue {
        version: Some(version),
        number: form.filled("number").map(str::to_owned),
        issued_on: Some(day),
        anyway: form.has("anyway"),
        same_number: form.has("same_number"),
    };
    let wanted = id.clone();
    let done = ctx.write(move |tx, who| gate::put_in_force(tx, &who.reg, &who.actor, &wanted, &said, &who.today)).await;
    match done {
        Ok(n) => {
            let message = match ctx.lang() {
                Lang::Vi => format!("Kế hoạch có hiệu lực; {n} nghĩa vụ được tạo cho các cơ quan chủ trì."),
                Lang::En => format!("The plan is in force; {n} obligations made."),
            };
            redirect_with(&ctx, &format!("/plans/{id}"), "met", &message)
        }
        Err(Error::Invalid(errors)) => page(&ctx, &id, Some(&form), &errors, None).await,
        Err(Error::Conflict(m)) => page(&ctx, &id, Some(&form), &[], Some(&m)).await,
        Err(e) => Err(e.into()),
    }
}
