//! `/cascade/{plan}/answers/{task}`: the answer to one task from above.

use access::Verb;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{form_actions, heading};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Page, PageResult, redirect_with};

use crate::asked::{Asked, Given, Line, answer, asked};
use crate::pairs::likeness;

/// Longest text in a cell; the whole stands on its own page.
const CUT: usize = 160;

/// The beginning of a text.
pub fn cut(s: &str) -> String {
    if s.chars().count() <= CUT { s.to_owned() } else { format!("{}…", s.chars().take(CUT).collect::<String>().trim_end()) }
}

/// Label of a kind of answer.
pub fn kind_words(ctx: &Ctx, kind: &str) -> String {
    let found = ctx.reg().option("task_answer_kind", kind);
    found.map_or_else(|| kind.to_owned(), |o| ctx.lang().label(&o.label).to_owned())
}

fn gone() -> Error {
    Error::NotFound("Kế hoạch cấp trên không giao nhiệm vụ này cho cơ quan của kế hoạch. Mở lại danh sách.".into())
}

async fn load(ctx: &Ctx, plan: &str, task: &str) -> Result<(Asked, Line), web::Fail> {
    let (plan, task) = (plan.to_owned(), task.to_owned());
    let mut a = ctx.read(move |tx, who| asked(tx, &who.reg, &who.actor, &plan)).await?;
    let at = a.lines.iter().position(|l| l.task.id == task).ok_or_else(gone)?;
    let line = a.lines.swap_remove(at);
    Ok((a, line))
}

/// The form.
pub async fn form(ctx: Ctx, Path((plan, task)): Path<(String, String)>) -> PageResult {
    ctx.may(Verb::Create, "task_answer")?;
    let (a, line) = load(&ctx, &plan, &task).await?;
    let stored = line.answer.as_ref();
    let given = Given {
        // the likeliest is offered, not chosen: one press on a wrong guess would make a false answer
        kind: stored.and_then(|r| r.text("kind")).unwrap_or_default().to_owned(),
        answers: stored.map(|r| r.links("answers").to_vec()).unwrap_or_default(),
        reason: stored.and_then(|r| r.text("reason")).unwrap_or_default().to_owned(),
        version: stored.map(|r| r.version),
    };
    Ok(page(&ctx, &a, &line, &given, &[]).respond(&ctx))
}

fn page(ctx: &Ctx, a: &Asked, line: &Line, given: &Given, errors: &[FieldError]) -> Page {
    let lang = ctx.lang();
    let to = format!("/cascade/{}/answers", a.plan.id);
    let title = lang.t("Trả lời một nhiệm vụ cấp trên", "Answer a task from above");
    let content = line.task.text("content").unwrap_or_default();
    let wrong = |f: &str| errors.iter().find(|e| e.field == f).map(|e| e.message.as_str());
    let label = |id: &str| {
        let field = ctx.reg().registers.get("task_answer").and_then(|d| d.fields.iter().find(|f| f.id == id));
        field.map_or_else(|| id.to_owned(), |f| lang.label(&f.label).to_owned())
    };
    let body = html! {
        (heading(title, None, None))
        (web::components::error_summary(errors, label, lang))
        section.card {
            h2 { (lang.t("Cấp trên giao", "Given from above")) }
            p { @if let Some(no) = line.task.text("no") { strong { (no) ". " } } (content) }
            @if let Some(p) = line.task.text("product") { p.small.muted { (lang.t("Sản phẩm: ", "Product: ")) (p) } }
            @if let Some(t) = line.task.text("time_text") { p.small.muted { (lang.t("Thời gian: ", "Time: ")) (t) } }
        }
        form.card method="post" action={(to) "/" (line.task.id)} {
            (csrf(&ctx.look))
            @if let Some(v) = given.version { input type="hidden" name="version" value=(v); }
            fieldset.field.bad[wrong("kind").is_some()] #f-kind tabindex="-1" {
                legend { (label("kind")) }
                @for k in ["own", "joint", "not_ours"] {
                    label.check { input type="radio" name="kind" value=(k) checked[given.kind == k] required; " " (kind_words(ctx, k)) }
                }
                @if let Some(m) = wrong("kind") { p.error { (m) } }
            }
            (own_tasks(ctx, a, content, given, wrong("answers")))
            (web::components::field(&web::components::FieldView {
                help: lang.t("Cần khi làm chung theo kế hoạch cấp trên, hoặc khi không thuộc trách nhiệm.", "Needed unless there are tasks of your own."),
                kind: web::components::InputKind::Area,
                error: wrong("reason"),
                ..web::components::FieldView::line("reason", &label("reason"), &given.reason)
            }, lang))
            (form_actions(lang.t("Lưu câu trả lời", "Save the answer"), &to, lang))
        }
    };
    Page::new(title)
        .active("/cascade")
        .crumb(lang.t("Kế hoạch cấp dưới", "Plans below"), "/cascade")
        .crumb(lang.t("Câu trả lời", "Answers"), to)
        .narrow()
        .body(body)
}

/// The tasks of the plan, the likeliest first.
fn own_tasks(ctx: &Ctx, a: &Asked, content: &str, given: &Given, wrong: Option<&str>) -> Markup {
    let lang = ctx.lang();
    let mut own: Vec<(f64, &registers::Record)> =
        a.own.iter().map(|t| (likeness(content, t.text("content").unwrap_or_default()), t)).collect();
    own.sort_by(|x, y| y.0.total_cmp(&x.0));
    let likely = |share: f64| share >= crate::pairs::LIKELY;
    html! {
        fieldset.field.bad[wrong.is_some()] #f-answers tabindex="-1" {
            legend { (lang.t("Nhiệm vụ của kế hoạch mình", "Tasks of your plan")) }
            @if own.is_empty() { p.muted { (lang.t("Kế hoạch này chưa có nhiệm vụ nào.", "This plan has no task.")) } }
            @for (share, t) in &own {
                label.check {
                    input type="checkbox" name="answers" value=(t.id) checked[given.answers.contains(&t.id)];
                    " " @if let Some(no) = t.text("no") { (no) ". " } (cut(t.text("content").unwrap_or_default()))
                    @if likely(*share) { " " span.muted.small { "(" (lang.t("giống", "alike")) " " (web::fmt::percent_value((share * 100.0).round())) ")" } }
                }
            }
            @if let Some(m) = wrong { p.error { (m) } }
        }
    }
}

/// Saves the answer.
pub async fn save(ctx: Ctx, Path((plan, task)): Path<(String, String)>, form: FormData) -> PageResult {
    let (a, line) = load(&ctx, &plan, &task).await?;
    let given = Given {
        kind: form.text("kind").to_owned(),
        answers: form.all("answers").map(str::to_owned).collect(),
        reason: form.text("reason").to_owned(),
        version: if form.filled("version").is_some() { Some(form.version()?) } else { None },
    };
    let sent = given.clone();
    let (p, t) = (plan.clone(), task.clone());
    match ctx.write(move |tx, who| answer(tx, &who.reg, &who.actor, &p, &t, sent)).await {
        Ok(_) => redirect_with(&ctx, &format!("/cascade/{plan}/answers"), "met", ctx.t("Đã lưu câu trả lời.", "Answer saved.")),
        Err(Error::Invalid(errors)) => Ok(page(&ctx, &a, &line, &given, &errors).status(StatusCode::UNPROCESSABLE_ENTITY).respond(&ctx)),
        // what was typed stays on the page, beside what is there now
        Err(Error::Conflict(m)) => {
            let now = Given { version: line.answer.as_ref().map(|r| r.version), ..given };
            let errors = [FieldError { field: "kind".into(), message: m }];
            Ok(page(&ctx, &a, &line, &now, &errors).status(StatusCode::CONFLICT).respond(&ctx))
        }
        Err(e) => Err(e.into()),
    }
}
