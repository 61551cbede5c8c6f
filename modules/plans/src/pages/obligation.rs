//! `/plans/obligation/{id}`: one thing one agency owes: why, until when, what was done, the next step.

use access::Verb;
use registers::Data;
use registers::actions::{self, Values};
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{FieldView, InputKind, error_summary, facts, field, form_actions, heading, tag};
use web::maud::html;
use web::shell::csrf;
use web::uploads::{self, Posted};
use web::{Ctx, FormData, Page, PageResult, fmt, redirect_with};

use crate::owed;

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    render(&ctx, id, &FormData::default(), &[]).await
}

/// The page, with evidence that was typed and is not saved yet.
async fn render(ctx: &Ctx, id: String, typed: &FormData, errors: &[FieldError]) -> PageResult {
    let wanted = id.clone();
    let (one, evidence, task) = ctx
        .read(move |tx, who| {
            let scope = who.may(Verb::Read, "obligation")?;
            let record = actions::get(tx, &who.reg, &scope, &wanted)?;
            let one = owed::shown(tx, &who.reg, &who.actor, &who.today, vec![record])?.pop();
            let one = one.ok_or_else(|| Error::NotFound("Không có nghĩa vụ này trong phạm vi của bạn.".into()))?;
            let evidence = crate::expand::linked(tx, &who.reg, &who.actor, "evidence", "obligation", &wanted)?;
            let task = match one.record.text("task") {
                Some(t) => Some(actions::get(tx, &who.reg, &who.may(Verb::Read, "task")?, t)?),
                None => None,
            };
            Ok((one, evidence, task))
        })
        .await?;
    let lang = ctx.lang();
    let (o, base) = (&one.record, format!("/plans/obligation/{id}"));
    let (tone, state) = one.words(&ctx.today, lang);
    let mut list = vec![
        (lang.t("Cơ quan", "Agency").to_owned(), html! { (o.link_title("agency").unwrap_or_default()) }),
        (lang.t("Hạn", "Due").to_owned(), html! { (super::board::due(o, lang)) }),
    ];
    let period = super::board::period(o, lang);
    if !period.is_empty() {
        list.push((lang.t("Kỳ", "Period").to_owned(), html! { (period) }));
    }
    if let Some(t) = &task {
        let plan = t.text("plan").unwrap_or_default();
        list.push((
            lang.t("Kế hoạch", "Plan").to_owned(),
            html! { a href={"/plans/" (plan) "/task/" (t.id)} { (t.link_title("plan").unwrap_or_default()) } },
        ));
        if let Some(time) = t.text("time_text") {
            list.push((lang.t("Thời gian trong kế hoạch", "Time in the plan").to_owned(), html! { (time) }));
        }
        if let (Some(i), Some(f)) = (t.text("indicator"), &one.figure) {
            list.push((
                lang.t("Tiến độ theo sổ đăng ký", "Progress from the registers").to_owned(),
                html! { a href={"/targets/" (i)} { (i) } " · " (f.met) "/" (f.population) },
            ));
        }
    }
    let moves: Vec<_> = moves(ctx, o.state.as_deref().unwrap_or_default());
    let may_add = ctx.can(Verb::Create, "evidence") && one.state.open();
    let body = html! {
        (heading(o.text("content").unwrap_or_default(), None, Some(tag(tone, &state))))
        section.card { (facts(list))
            @if let Some(r) = o.text("result_note") { p { strong { (lang.t("Kết quả báo cáo", "Result handed in")) } ": " (r) } }
            @if let Some(s) = o.text("scope_text") { p { (lang.t("Phạm vi", "Scope")) ": " (s) } } }
        section.card {
            h2 { (lang.t("Minh chứng", "Evidence")) }
            @if evidence.is_empty() { p.muted { (lang.t("Chưa có minh chứng. Ghi lại việc đã làm, số văn bản, hoặc bản ghi trong sổ.", "None yet. Note what was done, a document number, or a record.")) } }
            ul.list { @for e in &evidence { li { span.due { (fmt::date(e.text("happened_on").unwrap_or_default())) } div { (e.text("note").unwrap_or_default()) @if !e.files("file").is_empty() { br; (web::values::files("evidence", &e.id, "file", e.files("file"))) } } a.btn href={"/r/evidence/" (e.id)} { (lang.t("Mở", "Open")) } } } }
            @if may_add {
                (error_summary(errors, |f| evidence_label(ctx, f), lang))
                form method="post" enctype="multipart/form-data" action=(uploads::action(ctx, &format!("{base}/evidence"))) {
                    (csrf(&ctx.look))
                    (field(&FieldView::line("note", lang.t("Đã làm gì", "What was done"), typed.text("note")).kind(InputKind::Area).required().errors(errors), lang))
                    (field(&FieldView::line("happened_on", lang.t("Ngày", "Date"), typed.get("happened_on").unwrap_or(&fmt::date(&ctx.today))).kind(InputKind::Date).errors(errors), lang))
                    @if let Some(f) = file_field(ctx) { (uploads::input(ctx, f, typed, errors, false)) }
                    (form_actions(lang.t("Thêm minh chứng", "Add evidence"), "/plans/board", lang))
                }
            }
        }
        @for (i, (t, label, demands)) in moves.iter().enumerate() {
            section.card {
                h2 { (label) }
                @if t == "submit" { p.muted { (lang.t("Người đứng đầu cơ quan bạn sẽ thấy việc này và duyệt.", "The head of your agency will see it and approve.")) } }
                form method="post" action={(base) "/" (t)} {
                    (csrf(&ctx.look))
                    input type="hidden" name="version" value=(o.version);
                    @if demands.iter().any(|d| d == "result_note") { (field(&FieldView::line("result_note", lang.t("Kết quả", "Result"), o.text("result_note").unwrap_or_default()).kind(InputKind::Area).required(), lang)) }
                    @if demands.iter().any(|d| d == "done_on") { (field(&FieldView::line("done_on", lang.t("Ngày hoàn thành", "Done on"), &fmt::date(&ctx.today)).kind(InputKind::Date).required(), lang)) }
                    @if demands.iter().any(|d| d == "reason") { (field(&FieldView::line("reason", lang.t("Lý do", "Reason"), "").required(), lang)) }
                    button.btn.main[i == 0 && !may_add] type="submit" { (label) }
                }
            }
        }
        p.small { a href={"/r/obligation/" (id)} { (lang.t("Bản ghi đầy đủ và lịch sử", "Full record and history")) } }
    };
    Ok(Page::new(lang.t("Nghĩa vụ", "Obligation"))
        .active("/plans/board")
        .crumb(lang.t("Nhiệm vụ", "Tasks"), "/plans/board")
        .status(if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY })
        .body(body)
        .respond(ctx))
}

fn file_field(ctx: &Ctx) -> Option<&registers::Field> {
    ctx.reg().registers.get("evidence")?.fields.iter().find(|f| f.id == "file")
}

fn evidence_label(ctx: &Ctx, field: &str) -> String {
    if field == "note" {
        return ctx.t("Đã làm gì", "What was done").to_owned();
    }
    ctx.reg().registers.get("evidence").map_or_else(String::new, |d| web::values::label_of(d, field, ctx.lang()))
}

/// Transitions this reader may make from here: id, label, what they demand.
fn moves(ctx: &Ctx, state: &str) -> Vec<(String, String, Vec<String>)> {
    if !ctx.can(Verb::Transition, "obligation") {
        return vec![];
    }
    let roles: Vec<&str> = ctx.actor.grants().iter().map(|g| g.role.as_str()).collect();
    let all = ctx.reg().registers.get("obligation").map(|d| d.transitions.as_slice()).unwrap_or_default();
    all.iter()
        .filter(|t| matches!(t.id.as_str(), "submit" | "approve" | "return" | "close") && t.from.iter().any(|f| f == state))
        .filter(|t| t.roles.is_empty() || t.roles.iter().any(|r| roles.contains(&r.as_str())))
        .map(|t| {
            let mut demands = t.demands.clone();
            if t.reason {
                demands.push("reason".into());
            }
            (t.id.clone(), ctx.lang().label(&t.label).to_owned(), demands)
        })
        .collect()
}

/// Adds evidence: words, with files or without. What was typed and sent comes back with what is wrong.
pub async fn add_evidence(ctx: Ctx, Path(id): Path<String>, posted: Posted) -> PageResult {
    let (form, mut errors) = posted.settle(&ctx);
    let mut values = Values::new();
    if let Err(lost) = uploads::attach(&ctx, file_field(&ctx), &form, &mut values) {
        errors.extend(lost);
    }
    let day = form.filled("happened_on").map_or_else(|| Ok(ctx.today.clone()), text::parse_date_vi);
    match day {
        Ok(d) => drop(values.insert("happened_on".into(), Data::Text(d))),
        Err(e) => errors.push(FieldError { field: "happened_on".into(), message: e.message().to_owned() }),
    }
    if form.filled("note").is_none() {
        errors.push(FieldError { field: "note".into(), message: "Chưa ghi đã làm gì.".into() });
    }
    if errors.is_empty() {
        let kind = if values.contains_key("file") { "file" } else { "note" };
        values.insert("kind".into(), Data::Text(kind.into()));
        values.insert("note".into(), Data::Text(form.text("note").trim().to_owned()));
        match save_evidence(&ctx, &id, values).await {
            Ok(()) => {
                uploads::forget(&ctx, &form);
                return redirect_with(&ctx, &format!("/plans/obligation/{id}"), "met", ctx.t("Đã thêm minh chứng.", "Evidence added."));
            }
            Err(Error::Invalid(list)) => errors = list,
            Err(e) => return Err(e.into()),
        }
    }
    render(&ctx, id, &form, &errors).await
}

/// Evidence, and the obligation is begun by it.
async fn save_evidence(ctx: &Ctx, id: &str, mut values: Values) -> Result<(), Error> {
    let id = id.to_owned();
    ctx.write(move |tx, who| {
        let scope = who.may(Verb::Read, "obligation")?;
        let o = actions::get(tx, &who.reg, &scope, &id)?;
        values.insert("obligation".into(), Data::Text(id.clone()));
        values.insert("agency".into(), Data::Text(o.text("agency").unwrap_or_default().to_owned()));
        actions::create(tx, &who.reg, &who.actor, "evidence", values, None)?;
        if o.state.as_deref() == Some("not_started") && who.may(Verb::Transition, "obligation").is_ok() {
            actions::transition(tx, &who.reg, &who.actor, "obligation", &id, o.version, "start", Values::new(), None)?;
        }
        Ok(())
    })
    .await
}

/// Submits, approves, returns or closes.
pub async fn act(ctx: Ctx, Path((id, transition)): Path<(String, String)>, form: FormData) -> PageResult {
    let back = format!("/plans/obligation/{id}");
    let version = form.version()?;
    let mut values = Values::new();
    if let Some(v) = form.filled("result_note") {
        values.insert("result_note".into(), Data::Text(v.to_owned()));
    }
    if let Some(v) = form.filled("done_on") {
        match text::parse_date_vi(v) {
            Ok(d) => values.insert("done_on".into(), Data::Text(d)),
            Err(_) => return redirect_with(&ctx, &back, "unmet", "Ngày hoàn thành phải viết dạng ngày/tháng/năm. Chưa có gì được lưu."),
        };
    }
    let reason = form.filled("reason").map(str::to_owned);
    let done = ctx
        .write(move |tx, who| {
            actions::transition(tx, &who.reg, &who.actor, "obligation", &id, version, &transition, values, reason.as_deref())
        })
        .await;
    match done {
        Ok(_) => redirect_with(&ctx, &back, "met", ctx.t("Đã ghi nhận.", "Recorded.")),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}
