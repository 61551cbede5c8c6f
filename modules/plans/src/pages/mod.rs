//! Pages of the module.

mod accept;
mod amend;
mod bind;
mod board;
mod calendar;
mod edit;
mod fields;
mod fill;
mod hand_in;
mod import;
mod issue;
mod item;
mod list;
mod measure;
mod names;
mod nothing;
mod obligation;
mod part;
mod plan;
mod reading;
mod review;
mod source;
mod timing;
mod unassigned;
mod unclear;

pub use board::{NAMED, cut, late};
pub use plan::{goal, part_of, threshold};
pub use timing::impossible_day;

use web::App;
use web::axum::Extension;
use web::axum::Router;
use web::axum::extract::DefaultBodyLimit;
use web::axum::routing::{get, post};
use web::uploads::{For, MOST_POST};

use crate::service::MAX_BYTES;

/// Addresses under `/plans`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/plans", get(list::show))
        .route(
            "/plans/import",
            get(import::form).post(import::upload).layer((DefaultBodyLimit::max(MAX_BYTES + (1 << 20)), Extension(For(&["plan"])))),
        )
        .route("/plans/import/{id}", get(review::show))
        .route("/plans/import/{id}/head", get(edit::head_form).post(edit::head_save))
        .route("/plans/import/{id}/names", get(names::show).post(names::save))
        .route("/plans/import/{id}/fill", get(fill::draft_form).post(fill::draft_save))
        .route("/plans/names/suggest", get(names::suggest))
        .route("/plans/import/{id}/seen", post(review::seen))
        .route("/plans/import/{id}/indicator", post(measure::save))
        .route("/plans/import/{id}/{list}/{n}", get(item::form).post(item::save))
        .route("/plans/import/{id}/actor/{n}", get(edit::actor_form).post(edit::actor_save))
        .route("/plans/import/{id}/accept", get(accept::form).post(accept::accept))
        .route("/plans/import/{id}/discard", post(import::discard))
        .route("/plans/board", get(board::board))
        .route("/plans/calendar", get(calendar::calendar))
        .route("/plans/obligation/{id}", get(obligation::show))
        .route(
            "/plans/obligation/{id}/evidence",
            post(obligation::add_evidence).layer((DefaultBodyLimit::max(MOST_POST), Extension(For(&["evidence"])))),
        )
        .route(
            "/plans/obligation/{id}/hand-in",
            post(hand_in::hand_in).layer((DefaultBodyLimit::max(MOST_POST), Extension(For(&["evidence", "obligation"])))),
        )
        .route("/plans/obligation/{id}/{transition}", post(obligation::act))
        .route("/plans/{id}", get(plan::show))
        .route("/plans/{id}/names", get(unclear::show).post(unclear::save))
        .route("/plans/{id}/issue", get(issue::form).post(issue::save))
        .route("/plans/{id}/fill", get(fill::plan_form).post(fill::plan_save))
        .route("/plans/{id}/unassigned/{obligation}", post(unassigned::act))
        .route("/plans/{id}/target/{target}", get(bind::form).post(bind::bind_target))
        .route("/plans/{id}/task/{task}/amend", get(amend::form).post(amend::save))
        .route("/plans/{id}/task/{task}", get(plan::task).post(bind::bind_task))
}
