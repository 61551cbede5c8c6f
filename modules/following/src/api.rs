//! `/api/v1/following/…`: what one press does on the pages. Records are the generic API.

use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};

use crate::{contact_test, dissemination, one};

/// Addresses under `/api/v1/following`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/following/documents/{id}/remind", post(remind_document))
        .route("/api/v1/following/acknowledge/{id}", post(acknowledge))
        .route("/api/v1/following/tests/{id}", get(test))
        .route("/api/v1/following/reply/{id}", post(reply))
}

async fn remind_document(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let done = actor.write(move |tx, who| dissemination::remind(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(done).into_response())
}

async fn acknowledge(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let a = actor.write(move |tx, who| dissemination::acknowledge(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(json!({ "id": a.id, "version": a.version, "state": a.state })).into_response())
}

/// What came of a test of the contact points.
async fn test(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let o = actor
        .read(move |tx, who| {
            let test = one(tx, &who.reg, &who.actor, "contact_test", &id)?;
            let replies = contact_test::replies(tx, &who.reg, &who.actor, &id)?;
            Ok(json!({ "id": test.id, "state": test.state, "minutes": test.int("minutes"), "outcome": contact_test::outcome(&replies) }))
        })
        .await?;
    Ok(Json(o).into_response())
}

async fn reply(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let r = actor.write(move |tx, who| contact_test::answer(tx, &who.reg, &who.actor, &id)).await?;
    Ok(Json(json!({ "id": r.id, "version": r.version, "state": r.state, "seconds": r.int("seconds") })).into_response())
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let op = |id: &str, what: &str| json!({ "post": { "operationId": id, "tags": ["following"], "summary": what, "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }], "responses": { "200": { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } } });
    let path = |tail: &str| format!("/api/v1/following/{tail}");
    Map::from_iter([
        (path("documents/{id}/remind"), op("following_remind_document", "Remind all agencies that have not acknowledged a document")),
        (
            path("tests/{id}"),
            json!({ "get": op("following_test", "How fast contact points answered: met, not met, no data, median, slowest")["post"] }),
        ),
        (path("reply/{id}"), op("following_reply", "Answer a test of the contact points for one's agency")),
        (path("acknowledge/{id}"), op("following_acknowledge", "Acknowledge a document for one's agency")),
    ])
}
