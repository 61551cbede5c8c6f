//! Pages of the module; everything else stands on the pages of its registers.

mod contact;
mod directive;
mod document;
mod hub;
mod late;

use store::Error;
use web::axum::Router;
use web::axum::routing::{get, post};
use web::{App, Ctx, PageResult, Tone, redirect_with};

/// Addresses under `/following`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/following", get(hub::show))
        .route("/following/document/{id}", get(document::show))
        .route("/following/document/{id}/remind", post(document::remind))
        .route("/following/directive/{id}", get(directive::show))
        .route("/following/late", get(late::show))
        .route("/following/late/remind", post(late::remind))
        .route("/following/late/escalate", post(late::escalate))
        .route("/following/late/letter", post(late::letter))
        .route("/following/test/{id}", get(contact::show))
        .route("/following/reply/{id}", get(contact::reply).post(contact::answer))
        .route("/following/phones", get(contact::phone_list))
        .route("/following/phones/masked.docx", get(contact::masked))
        .route("/following/phones/clear", post(contact::clear))
        .route("/following/acknowledge/{id}", get(document::acknowledge_form).post(document::acknowledge))
}

/// Label and colour of a state of a register.
fn state_of(ctx: &Ctx, register: &str, state: Option<&str>) -> (String, Tone) {
    let state = state.unwrap_or_default();
    let found = ctx.reg().registers.get(register).and_then(|d| d.states.iter().find(|s| s.id == state));
    found.map_or_else(|| (state.to_owned(), Tone::Plain), |s| (ctx.lang().label(&s.label).to_owned(), Tone::parse(&s.tone)))
}

/// Back to a page with what came of it; what is wrong with the request is said there, anything else is an error page.
fn back(ctx: &Ctx, to: &str, done: store::Result<(bool, String)>) -> PageResult {
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
