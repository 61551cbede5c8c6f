//! `/api/v1/reviews/…`: figures, files and freezing of a review. Everything else is the generic API of `plan_review`.

use access::Verb;
use serde_json::{Map, Value, json};
use store::Error;
use web::App;
use web::api::{Api, ApiFail, Input};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};

use crate::pages::attachment;
use crate::{document, review};

/// Addresses under `/api/v1/reviews`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/reviews/{id}", get(show))
        .route("/api/v1/reviews/{id}/freeze", post(freeze))
        .route("/api/v1/reviews/{id}/file/{kind}", get(file))
}

async fn show(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "plan_review")?;
    let o = actor.read(move |tx, who| review::open(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(json!({ "id": o.review.id, "version": o.review.version, "state": o.review.state, "figures": o.figures })).into_response())
}

/// `{"version": n}`: the version that was shown.
async fn freeze(actor: Api, Path(id): Path<String>, input: Input) -> Result<Response, ApiFail> {
    actor.may(Verb::Transition, "plan_review")?;
    input.only(&["version"])?;
    let Some(version) = input.0.get("version").and_then(Value::as_i64) else {
        return Err(Error::invalid("version", "Thiếu “version”: phiên bản của bản sơ kết đã xem, ví dụ {\"version\": 1}.").into());
    };
    let r = actor.write(move |tx, who| review::freeze(tx, &who.reg, &who.actor, &id, version, &who.today)).await?;
    Ok(Json(json!({ "id": r.id, "version": r.version, "state": r.state })).into_response())
}

async fn file(actor: Api, Path((id, kind)): Path<(String, String)>) -> Result<Response, ApiFail> {
    actor.may(Verb::Export, "plan_review")?;
    if !document::KINDS.iter().any(|(e, _)| *e == kind) {
        return Err(Error::BadRequest(format!("Không ghi được tệp .{kind}. Chọn docx, pdf hoặc xlsx.")).into());
    }
    let ending = kind.clone();
    let bytes = actor
        .read(move |tx, who| {
            let o = review::open(tx, &who.reg, &who.actor, &id, &who.today)?;
            document::write(&document::of(&who.reg, &o, "")?, &kind)
        })
        .await?;
    Ok(attachment(bytes, &ending))
}

/// Paths of the OpenAPI document.
pub fn openapi() -> Map<String, Value> {
    let ok = |text: &str| json!({ "200": { "description": text }, "default": { "$ref": "#/components/responses/problem" } });
    let part = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let op = |id: &str, summary: &str, text: &str, parts: &[&str]| {
        let list: Vec<Value> = parts.iter().map(|p| part(p)).collect();
        json!({ "operationId": id, "summary": summary, "tags": ["reviews"], "parameters": list, "responses": ok(text) })
    };
    let mut press = op("reviews_freeze", "Freezes figures and words of a review", "The frozen review", &["id"]);
    press["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": {
        "type": "object", "required": ["version"], "properties": { "version": { "type": "integer", "description": "The version that was shown" } } } } } });
    Map::from_iter([
        (
            "/api/v1/reviews/{id}".to_owned(),
            json!({ "get": op("reviews_figures", "Figures of a review: frozen, or of now", "Targets and tasks", &["id"]) }),
        ),
        ("/api/v1/reviews/{id}/freeze".to_owned(), json!({ "post": press })),
        (
            "/api/v1/reviews/{id}/file/{kind}".to_owned(),
            json!({ "get": op("reviews_file", "The review as docx, pdf or xlsx", "The file", &["id", "kind"]) }),
        ),
    ])
}
