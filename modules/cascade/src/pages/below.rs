//! `/cascade/{plan}/answers`: each task that the plan above gives to this agency, and what its own plan answers.

use std::collections::BTreeMap;

use access::Verb;
use documents::Cell;
use web::axum::extract::Path;
use web::charts::{Bar3, bar3};
use web::components::{Grid, GridCell, GridColumn, empty, heading, notice, post_button, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, FormData, Page, PageResult, Tone, fmt};

use super::answer::{cut, kind_words};
use super::{back, n, plan_state, short_name};
use crate::asked::{Asked, Line, asked, take_sure as take};

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "task_answer")?;
    let a = ctx.read(move |tx, who| asked(tx, &who.reg, &who.actor, &id)).await?;
    let lang = ctx.lang();
    let may = ctx.can(Verb::Create, "task_answer");
    let grid = table(&ctx, &q, &a, may);
    if let Some(file) = grid.file() {
        return file;
    }
    let title = lang.t("Trả lời nhiệm vụ của kế hoạch cấp trên", "Answers to the plan above");
    let state = plan_state(&ctx, Some(&a.plan));
    let sub = html! {
        a href={"/plans/" (a.plan.id)} { (a.plan.text("title").unwrap_or_default()) } " " (tag(state.1, &state.0))
        @if let Some(p) = &a.parent { div.small { (lang.t("Kế hoạch cấp trên: ", "Plan above: ")) a href={"/cascade/" (p.id)} { (p.text("title").unwrap_or_default()) } } }
    };
    let body = html! {
        (heading(title, Some(sub), None))
        @if let Some(p) = &a.parent { (progress(&ctx, &a, p, may)) }
        (rows(&ctx, &a, &grid))
    };
    Ok(Page::new(title)
        .active("/cascade")
        .crumb(lang.t("Kế hoạch cấp dưới", "Plans below"), "/cascade")
        .crumb_text(short_name(&a.plan).to_owned())
        .body(body)
        .respond(&ctx))
}

fn rows(ctx: &Ctx, a: &Asked, grid: &Grid) -> Markup {
    let lang = ctx.lang();
    html! {
        @match &a.parent {
            None => {
                (empty(lang.t("Kế hoạch này chưa ghi kế hoạch cấp trên.", "This plan names no plan above it."), html! {
                    @if ctx.can(Verb::Update, "plan") { p { a.btn.main href={"/r/plan/" (a.plan.id) "/edit"} { (lang.t("Chọn kế hoạch cấp trên", "Choose the plan above")) } } }
                }))
            }
            Some(p) if a.lines.is_empty() => {
                @if p.state.as_deref() == Some("in_force") {
                    (empty(lang.t("Kế hoạch cấp trên không giao nhiệm vụ nào cho cơ quan này.", "The plan above gives this agency no task."), html! {}))
                } @else {
                    (empty(lang.t("Kế hoạch cấp trên không ở trạng thái đang thực hiện nên chưa giao việc cho ai.", "The plan above is not in force: it gives nobody work."), html! {}))
                }
            }
            Some(_) => { section.card { (grid.render()) } }
        }
    }
}

/// How far it is, and the press that takes what needs no thought.
fn progress(ctx: &Ctx, a: &Asked, parent: &registers::Record, may: bool) -> Markup {
    let lang = ctx.lang();
    let (open, all) = (a.open(), a.lines.len());
    let sure = a.lines.iter().filter(|l| l.sure().is_some()).count();
    html! {
        @if all > 0 {
            section.card {
                p {
                    strong { (fmt::int(n(all - open))) "/" (fmt::int(n(all))) } " "
                    (lang.t("nhiệm vụ cấp trên giao cho cơ quan này đã có câu trả lời", "tasks given to this agency are answered"))
                    @if open > 0 { ", " (lang.t("còn", "left:")) " " (fmt::int(n(open))) }
                    "."
                }
                (bar3(Bar3 { met: n(all - open), unmet: n(open), nodata: 0, goal: None }, lang))
                @if sure > 0 && may {
                    div.row {
                        (post_button(&ctx.look, &format!("/cascade/{}/answers/sure", a.plan.id), &format!("{} {}", lang.t("Nhận gợi ý chắc:", "Take sure suggestions:"), lang.n(n(sure), "nhiệm vụ", "task", "tasks")), true, None))
                        span.muted.small { (lang.t("Nhiệm vụ có nội dung gần như y nguyên của cấp trên; sửa lại được ở từng dòng.", "Tasks nearly word for word as above; each can be changed.")) }
                    }
                }
            }
        }
        @if parent.state.as_deref() != Some("in_force") && all > 0 {
            (notice(Tone::Soon, html! { (lang.t("Kế hoạch cấp trên không còn ở trạng thái đang thực hiện.", "The plan above is not in force.")) }))
        }
    }
}

fn table(ctx: &Ctx, q: &FormData, a: &Asked, may: bool) -> Grid {
    let lang = ctx.lang();
    let mut columns = vec![
        GridColumn::index("no", "#"),
        GridColumn::text("task", lang.t("Nhiệm vụ cấp trên", "Task from above")),
        GridColumn::text("answer", lang.t("Câu trả lời", "Answer")),
        GridColumn::text("own", lang.t("Nhiệm vụ tương ứng, lý do", "Own tasks, reason")),
    ];
    if may {
        columns.push(GridColumn::action(lang.t("Việc", "Act")));
    }
    let mut g =
        Grid::new(ctx, q, "", "tra-loi-cap-tren", lang.t("Nhiệm vụ cấp trên và câu trả lời", "Tasks from above and answers"), columns)
            .export(ctx.can(Verb::Export, "task_answer"));
    let own: BTreeMap<&str, &str> = a.own.iter().map(|t| (t.id.as_str(), t.text("content").unwrap_or_default())).collect();
    for l in &a.lines {
        let content = l.task.text("content").unwrap_or_default();
        let (tone, words) = match &l.answer {
            Some(x) => (kind_tone(x.text("kind")), kind_words(ctx, x.text("kind").unwrap_or_default())),
            None => (Tone::Unmet, lang.t("Chưa trả lời", "Not answered").to_owned()),
        };
        let said = said(l, &own);
        let mut cells = vec![
            GridCell::text(l.task.text("no").unwrap_or_default()),
            GridCell::with(
                html! { a href={"/plans/" (a.parent.as_ref().map_or("", |p| p.id.as_str())) "/task/" (l.task.id)} { (cut(content)) } },
                Cell::text(content),
            ),
            GridCell::tag(tone, &words),
            GridCell::with(
                html! {
                    @if l.answer.is_some() { @for s in &said { div { (cut(s)) } } }
                    @else if let Some(g) = l.guesses.first() { div.small.muted { (lang.t("Gợi ý: ", "Suggested: ")) (cut(own.get(g.task.as_str()).copied().unwrap_or_default())) } }
                },
                Cell::text(said.join("; ")),
            ),
        ];
        if may {
            let label = if l.answer.is_some() { lang.t("Sửa", "Change") } else { lang.t("Trả lời", "Answer") };
            cells.push(GridCell::only(
                html! { a.btn href={"/cascade/" (a.plan.id) "/answers/" (l.task.id)} { (label) span.sr { ": " (cut(content)) } } },
            ));
        }
        g.row(cells);
    }
    g
}

/// Texts of the answer: tasks, then the reason.
fn said(l: &Line, own: &BTreeMap<&str, &str>) -> Vec<String> {
    let Some(a) = &l.answer else { return vec![] };
    let tasks = a.links("answers").iter().filter_map(|id| own.get(id.as_str())).map(|s| (*s).to_owned());
    tasks.chain(a.text("reason").map(str::to_owned)).collect()
}

fn kind_tone(kind: Option<&str>) -> Tone {
    match kind {
        Some("own") => Tone::Met,
        Some("joint") => Tone::Soon,
        _ => Tone::Plain,
    }
}

/// Takes the suggestions that need no thought.
pub async fn take_sure(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let to = format!("/cascade/{id}/answers");
    let lang = ctx.lang();
    let done = ctx.write(move |tx, who| take(tx, &who.reg, &who.actor, &id)).await;
    let words = |k: usize| match (k, lang) {
        (0, _) => {
            lang.t("Không còn gợi ý nào chắc; trả lời từng nhiệm vụ ở dưới.", "Nothing sure is left; answer each task below.").to_owned()
        }
        (k, web::Lang::Vi) => format!("Đã trả lời {k} nhiệm vụ theo gợi ý. Xem lại từng dòng."),
        (k, web::Lang::En) => format!("Answered {k} by suggestion. Look at each line."),
    };
    back(&ctx, &to, done.map(|k| (k > 0, words(k))))
}
