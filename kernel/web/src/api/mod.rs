//! The JSON door: `/api/v1/{register}` from definitions, problem+json for every error, OpenAPI from the same definitions.

pub(crate) mod accounts;
mod body;
mod caller;
mod multipart;
pub mod problem;
mod records;

pub use body::{Input, data_of};
pub use caller::Api;
pub use problem::ApiFail;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::openapi;

/// What handlers of the API return.
pub type ApiResult = Result<Response, ApiFail>;

/// Routes of the API.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1", get(records::index))
        .route("/api/v1/openapi.json", get(openapi_json))
        .merge(accounts::routes())
        .route("/api/v1/{register}", get(records::list).post(records::create).layer(large()))
        .route("/api/v1/{register}/export", get(records::export))
        .route("/api/v1/{register}/{id}", get(records::read).patch(records::update).delete(records::delete).layer(large()))
        .route("/api/v1/{register}/{id}", post(records::update_files).layer(large()))
        .route("/api/v1/{register}/{id}/files/{field}/{sha256}", get(records::file))
        .route("/api/v1/{register}/{id}/files/{field}/{sha256}/unmask", post(records::unmask_file))
        .route("/api/v1/{register}/{id}/unmask", post(records::unmask))
        .route("/api/v1/{register}/{id}/transitions/{transition}", post(records::transition).layer(large()))
        .route("/api/v1/{register}/{id}/confirm", post(records::confirm))
        .route("/api/v1/{register}/{id}/history", get(records::history))
}

/// Bodies that may bring files.
fn large() -> DefaultBodyLimit {
    DefaultBodyLimit::max(crate::uploads::MOST_POST)
}

/// Says nothing of any record, so it needs no sign-in.
async fn openapi_json(State(app): State<App>) -> Response {
    let doc = openapi::document(&app.registry, app.modules, &app.config.base_url);
    ([(header::CONTENT_TYPE, "application/json")], doc.to_string()).into_response()
}
