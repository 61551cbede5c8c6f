//! `/api/v1/following/…`: what one press does on the pages. Records are the generic API.

use access::Verb;
use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};
use web::forms::QueryData;

use crate::late::{self, Which};
use crate::{contact_test, dissemination, one};

/// Addresses under `/api/v1/following`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/following/documents/{id}/remind", post(remind_document))
        .route("/api/v1/following/acknowledge/{id}", post(acknowledge))
        .route("/api/v1/following/late/{which}", get(owing))
        .route("/api/v1/following/late/{which}/remind", post(remind_late))
        .route("/api/v1/following/late/{which}/letter", post(letter))
        .route("/api/v1/following/late/{which}/escalate", post(escalate))
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

/// `overdue` or `quiet`, `?days=30`, `?agency=`: who owes what.
async fn owing(actor: Api, Path(which): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "obligation")?;
    let (which, agency) = (Which::parse(&which, q.filled("days"))?, q.filled("agency").map(str::to_owned));
    let items = actor
        .read(move |tx, who| {
            let list = late::owing(tx, &who.reg, &who.actor, which, agency.as_deref(), &who.today)?;
            let item = |a: &late::Owing| {
                let ids: Vec<&str> = a.items.iter().map(|o| o.id.as_str()).collect();
                json!({ "agency": a.agency.0, "name": a.agency.1, "obligations": ids })
            };
            Ok(json!({ "items": list.iter().map(item).collect::<Vec<_>>() }))
        })
        .await?;
    Ok(Json(items).into_response())
}

async fn remind_late(actor: Api, Path(which): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "reminder")?;
    let (which, agency) = (Which::parse(&which, q.filled("days"))?, q.filled("agency").map(str::to_owned));
    let done = actor.write(move |tx, who| late::remind(tx, &who.reg, &who.actor, which, agency.as_deref(), &who.today)).await?;
    Ok(Json(done).into_response())
}

async fn letter(actor: Api, Path(which): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, library::outgoing::REGISTER)?;
    let (which, agency) = (Which::parse(&which, q.filled("days"))?, q.filled("agency").map(str::to_owned));
    let r = actor.write(move |tx, who| late::letter(tx, &who.reg, &who.actor, which, agency.as_deref(), &who.today)).await?;
    Ok(Json(json!({ "id": r.id, "version": r.version, "register": r.register })).into_response())
}

async fn escalate(actor: Api, Path(which): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "reminder")?;
    let which = Which::parse(&which, q.filled("days"))?;
    let n = actor.write(move |tx, who| late::escalate(tx, &who.reg, &who.actor, which, &who.today)).await?;
    Ok(Json(json!({ "agencies": n })).into_response())
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let op = |id: &str, what: &str| json!({ "post": { "operationId": id, "tags": ["following"], "summary": what, "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }], "responses": { "200": { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } } });
    let of_late = |id: &str, what: &str, method: &str| {
        let parameter =
            |name: &str, place: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } });
        let mut v = op(id, what)["post"].clone();
        v["parameters"] = json!([parameter("which", "path"), parameter("days", "query"), parameter("agency", "query")]);
        json!({ method: v })
    };
    let path = |tail: &str| format!("/api/v1/following/{tail}");
    Map::from_iter([
        (path("late/{which}"), of_late("following_late", "Who owes late (overdue) or untouched (quiet) work", "get")),
        (path("late/{which}/remind"), of_late("following_remind_late", "Remind all who owe such work", "post")),
        (path("late/{which}/letter"), of_late("following_letter", "Draft the letter to who owes such work", "post")),
        (path("late/{which}/escalate"), of_late("following_escalate", "Tell the head who did not move after a reminder", "post")),
        (path("documents/{id}/remind"), op("following_remind_document", "Remind all agencies that have not acknowledged a document")),
        (
            path("tests/{id}"),
            json!({ "get": op("following_test", "How fast contact points answered: met, not met, no data, median, slowest")["post"] }),
        ),
        (path("reply/{id}"), op("following_reply", "Answer a test of the contact points for one's agency")),
        (path("acknowledge/{id}"), op("following_acknowledge", "Acknowledge a document for one's agency")),
    ])
}
