//! Pages of the module.

mod above;
mod answer;
mod below;
mod hub;

use access::Actor;
use registers::Record;
use store::{Error, Result, Tx};
use web::axum::Router;
use web::axum::routing::{get, post};
use web::components::link_button;
use web::maud::html;
use web::{App, Ctx, Cx, L, PageResult, Panel, Tone, WorkItem, redirect_with};

use crate::{all_where, asked, is, tracker};

/// Addresses under `/cascade`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/cascade", get(hub::show))
        .route("/cascade/{plan}", get(above::show))
        .route("/cascade/{plan}/answers", get(below::show))
        .route("/cascade/{plan}/answers/sure", post(below::take_sure))
        .route("/cascade/{plan}/answers/{task}", get(answer::form).post(answer::save))
}

/// Label and colour of the state of a plan; none = the agency has no plan.
fn plan_state(ctx: &Ctx, plan: Option<&Record>) -> (String, Tone) {
    let Some(p) = plan else { return (ctx.t("Chưa có kế hoạch", "No plan").to_owned(), Tone::Unmet) };
    let state = p.state.as_deref().unwrap_or_default();
    let found = ctx.reg().registers.get("plan").and_then(|d| d.states.iter().find(|s| s.id == state));
    found.map_or_else(|| (state.to_owned(), Tone::Plain), |s| (ctx.lang().label(&s.label).to_owned(), Tone::parse(&s.tone)))
}

/// Number, else title.
fn short_name(p: &Record) -> &str {
    p.text("number").or(p.text("title")).unwrap_or_default()
}

/// Back to a page with what came of it; what is wrong with the request is said there, anything else is an error page.
fn back(ctx: &Ctx, to: &str, done: Result<(bool, String)>) -> PageResult {
    match done {
        Ok((new, said)) => redirect_with(ctx, to, if new { "met" } else { "soon" }, &said),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(ctx, to, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

/// A count as a number of the page.
fn n(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Tasks from above that the reader's agency has not answered in its own plan.
pub fn work(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    let answers = actor.grants().iter().any(|g| matches!(g.role.as_str(), "contact" | "head"));
    let (true, Some(agency)) = (answers, &actor.agency) else { return Ok(vec![]) };
    let mut items = Vec::new();
    for plan in all_where(tx, cx.registry, actor, "plan", vec![is("issuer", agency)])? {
        if plan.text("parent").is_none() || !matches!(plan.state.as_deref(), Some("draft" | "in_force")) {
            continue;
        }
        let found = asked::asked(tx, cx.registry, actor, &plan.id)?;
        let open = n(found.open());
        if open > 0 {
            items.push(WorkItem {
                title: match cx.lang {
                    web::Lang::Vi => format!("Trả lời {open} nhiệm vụ của kế hoạch cấp trên"),
                    web::Lang::En => format!("Answer {} of the plan above", cx.lang.n(open, "nhiệm vụ", "task", "tasks")),
                },
                reason: format!(
                    "{} {}",
                    cx.lang.t("Trong kế hoạch của cơ quan bạn:", "In your agency's plan:"),
                    plan.text("title").unwrap_or_default()
                ),
                action: cx.lang.t("Trả lời", "Answer").to_owned(),
                href: format!("/cascade/{}/answers", plan.id),
                ..WorkItem::default()
            });
        }
    }
    Ok(items)
}

/// The tab "Kế hoạch cấp dưới, cấp trên" of a plan's page.
pub fn panel(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, plan: &Record) -> Result<Vec<Panel>> {
    let below = tracker::below(tx, cx.registry, actor, &plan.id)?.len();
    let above = plan.text("parent").is_some();
    if below == 0 && !above {
        return Ok(vec![]);
    }
    let lang = cx.lang;
    let body = html! {
        div.row {
            @if above { (link_button(&format!("/cascade/{}/answers", plan.id), lang.t("Trả lời nhiệm vụ của kế hoạch cấp trên", "Answers to the plan above"))) }
            @if below > 0 { (link_button(&format!("/cascade/{}", plan.id), lang.t("Kế hoạch của các cơ quan cấp dưới", "Plans of agencies below"))) }
        }
    };
    Ok(vec![Panel { id: "cascade", label: L("Cấp trên, cấp dưới", "Above and below"), count: (below > 0).then(|| n(below)), body }])
}
