//! Which indicator measures a target or a task of an accepted plan: chosen, and changed on a page of its own, so that no press alone
//! takes a figure away.

use access::Verb;
use registers::actions::{self, Values};
use registers::{Data, Record};
use store::Error;
use web::axum::extract::Path;
use web::components::{form_actions, heading, notice, tag};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, redirect_with};

use super::plan::Live;

/// Bound to an indicator that no register answers yet: said why, instead of asking again.
pub fn sourceless(ctx: &Ctx, plan: &str, r: &Record, i: &targets::Indicator, may: bool) -> Markup {
    let lang = ctx.lang();
    let why = i.no_source.as_ref().map_or("", |l| l.vi_or_en(lang == Lang::En));
    html! {
        (tag(Tone::None, lang.t("Chưa có nguồn dữ liệu", "No data source yet")))
        div.small { a href={"/targets/" (i.id)} { (i.id) } ": " (why) }
        @if may { (change(ctx, plan, r)) }
    }
}

/// Chooses the indicator that measures a target. Suggested by words, confirmed by a person.
pub fn choose(ctx: &Ctx, plan: &str, l: &Live, may: bool) -> Markup {
    let lang = ctx.lang();
    html! {
        (tag(Tone::None, lang.t("Chưa gắn chỉ số", "No indicator yet")))
        @if may {
            form.stackless method="post" action={"/plans/" (plan) "/target/" (l.record.id)} {
                (csrf(&ctx.look))
                input type="hidden" name="version" value=(l.record.version);
                label.sr for={"i-" (l.record.id)} { (lang.t("Chỉ số đo chỉ tiêu này", "Indicator")) }
                select id={"i-" (l.record.id)} name="indicator" required { (options(&l.suggestions, None, lang)) }
                button.btn type="submit" { (lang.t("Xác nhận", "Confirm")) }
            }
        }
    }
}

/// Nothing is chosen beforehand but what is bound: one press on a wrong guess would make a false figure.
fn options(suggested: &[(String, String)], bound: Option<&str>, lang: Lang) -> Markup {
    let first = match (bound, suggested.is_empty()) {
        (Some(_), _) => lang.t("Không gắn chỉ số nào", "No indicator"),
        (None, true) => lang.t("Chưa có chỉ số phù hợp; chọn trong danh sách", "No indicator fits; choose from the list"),
        (None, false) => lang.t("Chọn chỉ số đo", "Choose the indicator"),
    };
    html! {
        option value="" { (first) }
        @for (id, label) in suggested { option value=(id) selected[bound == Some(id)] { (id) " · " (label) " (" (lang.t("gợi ý", "suggested")) ")" } }
        @for (id, label) in targets::all_indicators() { @if !suggested.iter().any(|s| s.0 == *id) { option value=(id) selected[bound == Some(id)] { (id) " · " (label) } } }
    }
}

/// The way to another indicator.
pub fn change(ctx: &Ctx, plan: &str, target: &Record) -> Markup {
    html! { div.small { a href={"/plans/" (plan) "/target/" (target.id)} { (ctx.t("đổi chỉ số", "change")) } } }
}

/// `/plans/{id}/target/{target}`: the target, what measures it now, and the choice of another.
pub async fn form(ctx: Ctx, Path((plan, target)): Path<(String, String)>) -> PageResult {
    ctx.may(Verb::Update, "target")?;
    let wanted = target.clone();
    let r = ctx.read(move |tx, who| actions::get(tx, &who.reg, &who.may(Verb::Read, "target")?, &wanted)).await?;
    let (lang, words) = (ctx.lang(), r.text("content").unwrap_or_default());
    let bound = r.text("indicator");
    let suggested = targets::suggest(words, 3);
    let back = format!("/plans/{plan}");
    let title = lang.t("Chỉ số đo chỉ tiêu", "Indicator of a target");
    let body = html! {
        (heading(title, None, None))
        form.card method="post" action={(back) "/target/" (target)} {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(r.version);
            p { (words) }
            @if let Some(id) = bound { (notice(Tone::Plain, html! {
                (lang.t("Đang đo bằng ", "Measured by ")) a href={"/targets/" (id)} { (id) } ". "
                (lang.t("Đổi hoặc bỏ thì con số của kế hoạch này đổi theo ngay; lần gắn cũ còn trong lịch sử.", "A change shows at once; the old binding stays in the history."))
            })) }
            div.field { label for="f-indicator" { (lang.t("Chỉ số", "Indicator")) }
                select id="f-indicator" name="indicator" { (options(&suggested, bound, lang)) } }
            (form_actions(lang.t("Lưu", "Save"), &back, lang))
        }
    };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Kế hoạch này", "This plan"), back)
        .narrow()
        .body(body)
        .respond(&ctx))
}

/// Binds or unbinds a target.
pub async fn bind_target(ctx: Ctx, Path((plan, target)): Path<(String, String)>, form: FormData) -> PageResult {
    let indicator = form.text("indicator").to_owned();
    let unit = bind_record(&ctx, "target", &target, indicator.clone(), &form).await?;
    let other = targets::in_percent(&indicator).is_some_and(|percent| percent != (unit.as_deref() == Some("percent")));
    let (tone, said) = match indicator.as_str() {
        "" => ("met", ctx.t("Đã bỏ gắn; chọn chỉ số khác cho chỉ tiêu này.", "Unbound; choose another indicator.")),
        id if targets::no_source(id).is_some() => {
            ("soon", ctx.t("Đã gắn chỉ số; chỉ số này chưa có nguồn dữ liệu.", "Bound; this indicator has no data source yet."))
        }
        _ if other => (
            "soon",
            ctx.t(
                "Đã gắn, nhưng chỉ tiêu và chỉ số khác đơn vị: con số được hiện, không kết luận đạt hay chưa đạt. Chọn chỉ số khác nếu gắn nhầm.",
                "Bound, but target and indicator have different units: the figure is shown, no verdict is given. Choose another if this was a slip.",
            ),
        ),
        _ => ("met", ctx.t("Đã gắn chỉ số; con số được tính ngay từ sổ đăng ký.", "Bound; the figure is computed live.")),
    };
    redirect_with(&ctx, &format!("/plans/{plan}"), tone, said)
}

/// Binds or unbinds a task.
pub async fn bind_task(ctx: Ctx, Path((plan, task)): Path<(String, String)>, form: FormData) -> PageResult {
    bind_record(&ctx, "task", &task, form.text("indicator").to_owned(), &form).await?;
    redirect_with(
        &ctx,
        &format!("/plans/{plan}/task/{task}"),
        "met",
        ctx.t("Tiến độ của nhiệm vụ này từ nay là chỉ số đã chọn.", "The task's progress is now that indicator."),
    )
}

/// Unit of the record that was bound.
async fn bind_record(ctx: &Ctx, register: &'static str, id: &str, indicator: String, form: &FormData) -> Result<Option<String>, web::Fail> {
    // what the person saw; a form of an older page says nothing
    let seen = if form.filled("version").is_some() { Some(form.version()?) } else { None };
    if !indicator.is_empty() && !targets::all_indicators().iter().any(|(i, _)| *i == indicator) {
        return Err(Error::invalid("indicator", format!("Không có chỉ số «{indicator}». Chọn trong danh sách.")).into());
    }
    let id = id.to_owned();
    let unit = ctx.write(move |tx, who| {
        let record = actions::get(tx, &who.reg, &who.may(Verb::Read, register)?, &id)?;
        let empty = indicator.is_empty();
        let mut values = Values::from([("indicator".to_owned(), if empty { Data::Null } else { Data::Text(indicator) })]);
        if register == "target" {
            values.insert("indicator_confirmed".into(), Data::Bool(!empty));
        }
        actions::update(tx, &who.reg, &who.actor, register, &id, seen.unwrap_or(record.version), values, None)?;
        Ok(record.text("unit").map(str::to_owned))
    });
    Ok(unit.await?)
}
