//! `/plans/obligation/{id}`: one thing one agency owes: why, until when, what was done, the next step.

use access::Verb;
use registers::actions::{self, Values};
use registers::{Data, Record};
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{FieldView, InputKind, error_summary, facts, field, heading, notice, tag};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::uploads::{self, Posted};
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, fmt, redirect_with};

use super::hand_in::{Form, form, said_already};
use crate::owed;

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    render(&ctx, id, &Typed { of: "", form: &FormData::default(), errors: &[] }).await
}

/// What was sent and not saved: by the form of which step (`evidence` or a transition), its values, what is wrong.
pub(super) struct Typed<'a> {
    pub of: &'a str,
    pub form: &'a FormData,
    pub errors: &'a [FieldError],
}

impl Typed<'_> {
    /// Errors of this form.
    pub fn errors(&self, of: &str) -> &[FieldError] {
        if self.of == of { self.errors } else { &[] }
    }
    /// Value of a field of this form as it was typed.
    pub fn value<'b>(&'b self, of: &str, field: &str, else_: &'b str) -> &'b str {
        self.form.get(field).filter(|_| self.of == of).unwrap_or(else_)
    }
}

/// The page, with what was typed and is not saved yet.
pub(super) async fn render(ctx: &Ctx, id: String, sent: &Typed<'_>) -> PageResult {
    let wanted = id.clone();
    let (one, evidence, task, shown) = ctx
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
            let shown = crate::measured::shown(tx, &who.reg, &who.actor, &one.record, &who.today)?;
            Ok((one, evidence, task, shown))
        })
        .await?;
    let lang = ctx.lang();
    let o = &one.record;
    let (tone, state) = one.words(&ctx.today, lang);
    let list = about(&one, task.as_ref(), shown.as_ref(), lang);
    // a task that names its product is handed in with proof of it
    let missing = task.as_ref().and_then(|t| t.text("product")).filter(|_| evidence.is_empty());
    let mut moves: Vec<_> = moves(ctx, o.state.as_deref().unwrap_or_default());
    if shown.as_ref().is_some_and(crate::measured::Shown::unmet) {
        // said beside the press, not after it
        moves.iter_mut().filter(|m| matches!(m.0.as_str(), "approve" | "close")).for_each(|m| m.2.push("against".into()));
    }
    let may_add = ctx.can(Verb::Create, "evidence") && one.state.open();
    let may_submit = may_add && moves.iter().any(|m| m.0 == "submit");
    // the form of the evidence hands in too
    moves.retain(|m| m.0 != "submit" || !may_add);
    let hand = Form { evidence: &evidence, missing, may_submit };
    let known = said_already(o, &evidence).unwrap_or_default();
    let body = html! {
        (heading(o.text("content").unwrap_or_default(), None, Some(tag(tone, &state))))
        @if let Some(asked) = o.text("unassigned") {
            (notice(Tone::Soon, html! { (if asked == "kept" { lang.t("Nhiệm vụ đã giao cho cơ quan khác; cơ quan này vẫn làm tiếp phần việc dở.", "The task went to another agency; this one goes on with what it began.") } else { lang.t("Nhiệm vụ không còn giao cho cơ quan này; cơ quan thường trực quyết định chuyển, miễn hay giữ phần việc đã làm dở.", "The task no longer names this agency; the standing agency decides about the work begun.") }) }))
        }
        @if let Some(why) = one.returned() {
            (notice(Tone::Unmet, html! { strong { (lang.t("Bị trả lại: ", "Returned: ")) } (why) " " (lang.t("Sửa, bổ sung minh chứng rồi trình lại.", "Mend it, add evidence and hand it in again.")) }))
        }
        section.card { (facts(list))
            @if let Some(r) = o.text("result_note") { p { strong { (lang.t("Kết quả báo cáo", "Result handed in")) } ": " (r) } }
            @if let Some(s) = o.text("scope_text") { p { (lang.t("Phạm vi", "Scope")) ": " (s) } } }
        (proof(ctx, o, &evidence, &hand, may_add, sent))
        @for (i, m) in moves.iter().enumerate() {
            section.card {
                h2 { (m.1) }
                @if let Some(product) = missing.filter(|_| m.0 == "submit") { (notice(Tone::Soon, html! { (prove(product, lang)) })) }
                @else if m.0 == "submit" { p.muted { (lang.t("Người đứng đầu cơ quan bạn sẽ thấy việc này và duyệt.", "The head of your agency will see it and approve.")) } }
                (step(ctx, o, m, &known, sent, i == 0 && !may_add))
            }
        }
        p.small { a href={"/r/obligation/" (id)} { (lang.t("Bản ghi đầy đủ và lịch sử", "Full record and history")) } }
    };
    Ok(Page::new(lang.t("Nghĩa vụ", "Obligation"))
        .active("/plans/board")
        .crumb(lang.t("Nhiệm vụ", "Tasks"), "/plans/board")
        .status(if sent.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY })
        .body(body)
        .respond(ctx))
}

/// Evidence there is, and the form for more.
fn proof(ctx: &Ctx, o: &Record, evidence: &[Record], hand: &Form<'_>, may_add: bool, sent: &Typed<'_>) -> Markup {
    let lang = ctx.lang();
    html! {
        section.card {
            h2 { @if hand.may_submit { (lang.t("Minh chứng và nộp kết quả", "Evidence and handing in")) } @else { (lang.t("Minh chứng", "Evidence")) } }
            @if evidence.is_empty() { p.muted { (lang.t("Chưa có minh chứng. Ghi lại việc đã làm, số văn bản, hoặc bản ghi trong sổ.", "None yet. Note what was done, a document number, or a record.")) } }
            ul.list { @for e in evidence { li { span.due { (fmt::date(e.text("happened_on").unwrap_or_default())) } div { (e.text("note").unwrap_or_default()) @if !e.files("file").is_empty() { br; (web::values::files("evidence", &e.id, "file", e.files("file"))) } } a.btn href={"/r/evidence/" (e.id)} { (lang.t("Mở", "Open")) } } } }
            @if may_add {
                (form(ctx, o, hand, sent))
            }
        }
    }
}

/// Who, until when, under which task, and what the registers say.
fn about(one: &owed::Owed, task: Option<&Record>, shown: Option<&crate::measured::Shown>, lang: Lang) -> Vec<(String, Markup)> {
    let o = &one.record;
    let mut list = vec![
        (lang.t("Cơ quan", "Agency").to_owned(), html! { (o.link_title("agency").unwrap_or_default()) }),
        (lang.t("Hạn", "Due").to_owned(), html! { (super::board::due(o, lang)) }),
    ];
    let period = super::board::period(o, lang);
    if !period.is_empty() {
        list.push((lang.t("Kỳ", "Period").to_owned(), html! { (period) }));
    }
    if let Some(t) = task {
        let plan = t.text("plan").unwrap_or_default();
        list.push((
            lang.t("Kế hoạch", "Plan").to_owned(),
            html! { a href={"/plans/" (plan) "/task/" (t.id)} { (t.link_title("plan").unwrap_or_default()) } },
        ));
        if let Some(time) = t.text("time_text") {
            list.push((lang.t("Thời gian trong kế hoạch", "Time in the plan").to_owned(), html! { (time) }));
        }
        if let Some(s) = shown {
            let against = s.unmet() && one.state.done();
            list.push((
                lang.t("Tiến độ theo sổ đăng ký", "Progress from the registers").to_owned(),
                html! { a href={"/targets/" (s.indicator)} { (s.indicator) } " · " (s.figure.met) "/" (s.figure.population) @if against { " " (tag(Tone::Soon, lang.t("hoàn thành khi sổ chưa đạt", "done against the register"))) } },
            ));
        }
    }
    list
}

/// What is missing before it can be handed in.
pub(super) fn prove(product: &str, lang: Lang) -> String {
    match lang {
        Lang::Vi => format!("Thêm minh chứng về sản phẩm «{product}» rồi trình duyệt."),
        Lang::En => format!("Add evidence of the product «{product}» before handing it in."),
    }
}

/// The form of one step. Ids carry the step: several steps may ask for the same field.
fn step(ctx: &Ctx, o: &Record, m: &(String, String, Vec<String>), known: &str, sent: &Typed<'_>, main: bool) -> Markup {
    let (lang, (t, label, demands)) = (ctx.lang(), m);
    let today = fmt::date(&ctx.today);
    let errors: Vec<FieldError> =
        sent.errors(t).iter().map(|e| FieldError { field: format!("{t}.{}", e.field), message: e.message.clone() }).collect();
    let asked = [
        ("result_note", lang.t("Kết quả", "Result"), InputKind::Area, known),
        ("done_on", lang.t("Ngày hoàn thành", "Done on"), InputKind::Date, today.as_str()),
        ("reason", lang.t("Lý do", "Reason"), InputKind::Line("text"), ""),
    ];
    let against = demands.iter().any(|d| d == "against");
    let label_of = |f: &str| asked.iter().find(|a| f.ends_with(a.0)).map_or_else(|| f.to_owned(), |a| a.1.to_owned());
    html! {
        (error_summary(&errors, label_of, lang))
        form method="post" action={"/plans/obligation/" (o.id) "/" (t)} {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(o.version);
            @for (name, words, kind, usual) in &asked {
                @if demands.iter().any(|d| d == name) {
                    @let full = format!("{t}.{name}");
                    (field(&FieldView::line(&full, words, sent.value(t, &full, usual)).kind(kind.clone()).required().errors(&errors), lang))
                }
            }
            @if against {
                (notice(Tone::Soon, html! { (lang.t("Sổ đăng ký chưa cho thấy việc này đã xong. Cập nhật sổ trước; nếu vẫn coi là hoàn thành, ghi lý do.", "The registers do not show this as done. Mend them first; if it counts as done all the same, say why.")) }))
                @let full = format!("{t}.reason");
                (field(&FieldView::line(&full, lang.t("Lý do", "Reason"), sent.value(t, &full, "")).errors(&errors), lang))
            }
            button.btn.main[main] type="submit" { (label) }
        }
    }
}

pub(super) fn file_field(ctx: &Ctx) -> Option<&registers::Field> {
    ctx.reg().registers.get("evidence")?.fields.iter().find(|f| f.id == "file")
}

pub(super) fn evidence_label(ctx: &Ctx, field: &str) -> String {
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
    let (form, mut errors) = posted.settle(&ctx).await?;
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
    render(&ctx, id, &Typed { of: "evidence", form: &form, errors: &errors }).await
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

/// Submits, approves, returns or closes. What was typed comes back with what is wrong beside it.
pub async fn act(ctx: Ctx, Path((id, transition)): Path<(String, String)>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (mut values, mut errors) = (Values::new(), vec![]);
    // the page names its inputs by step; a bare name is taken too
    let given = |f: &str| form.filled(&format!("{transition}.{f}")).or_else(|| form.filled(f)).map(str::to_owned);
    if let Some(v) = given("result_note") {
        values.insert("result_note".into(), Data::Text(v));
    }
    match given("done_on").map(|v| text::parse_date_vi(&v)) {
        Some(Ok(d)) => drop(values.insert("done_on".into(), Data::Text(d))),
        Some(Err(e)) => errors.push(FieldError { field: "done_on".into(), message: e.message().to_owned() }),
        None => {}
    }
    if errors.is_empty() {
        match advance(&ctx, &id, version, &transition, values, given("reason")).await {
            Ok(()) => return redirect_with(&ctx, &format!("/plans/obligation/{id}"), "met", ctx.t("Đã ghi nhận.", "Recorded.")),
            Err(Error::Invalid(list)) => errors = list,
            Err(e @ Error::Conflict(_)) => return redirect_with(&ctx, &format!("/plans/obligation/{id}"), "unmet", &e.to_string()),
            Err(e) => return Err(e.into()),
        }
    }
    let full = |(k, v): &(String, String)| {
        let of_step = matches!(k.as_str(), "result_note" | "done_on" | "reason");
        (if of_step { format!("{transition}.{k}") } else { k.clone() }, v.clone())
    };
    let typed = FormData(form.0.iter().map(full).collect());
    render(&ctx, id, &Typed { of: &transition, form: &typed, errors: &errors }).await
}

/// The transition; a missing product is named.
async fn advance(ctx: &Ctx, id: &str, version: i64, transition: &str, values: Values, reason: Option<String>) -> Result<(), Error> {
    let (id, transition, lang) = (id.to_owned(), transition.to_owned(), ctx.lang());
    ctx.write(move |tx, who| {
        if transition == "submit" {
            let o = actions::get(tx, &who.reg, &who.may(Verb::Read, "obligation")?, &id)?;
            super::hand_in::already(tx, who, &o)?;
            let task = o.text("task").map(|t| actions::get(tx, &who.reg, &who.may(Verb::Read, "task")?, t)).transpose()?;
            let proven = crate::expand::linked(tx, &who.reg, &who.actor, "evidence", "obligation", &id)?;
            if let Some(product) = task.as_ref().and_then(|t| t.text("product")).filter(|_| proven.is_empty()) {
                return Err(Error::invalid("result_note", prove(product, lang)));
            }
        }
        actions::transition(tx, &who.reg, &who.actor, "obligation", &id, version, &transition, values, reason.as_deref()).map(drop)
    })
    .await
}
