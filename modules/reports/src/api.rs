//! `/api/v1/reports/…`: what the pages do, for programs. Reading and exporting of single registers is the generic API.

use access::Verb;
use serde_json::{Map, Value, json};
use store::Error;
use web::App;
use web::api::{Api, ApiFail};
use web::axum::body::Bytes;
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};
use web::forms::QueryData;

use crate::campaign::{self, late_days};
use crate::report::{self, Written};
use crate::{all_where, is, one, summary};

/// Addresses under `/api/v1/reports`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/reports/campaigns/{id}", get(status))
        .route("/api/v1/reports/campaigns/{id}/open", post(open))
        .route("/api/v1/reports/campaigns/{id}/remind", post(remind))
        .route("/api/v1/reports/campaigns/{id}/letter", post(letter))
        .route("/api/v1/reports/campaigns/{id}/summary", get(consolidated))
        .route("/api/v1/reports/report/{id}", get(form).put(write))
        .route("/api/v1/reports/report/{id}/{step}", post(act))
}

/// Who has filed, who has not.
async fn status(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "report_submission")?;
    let items = actor
        .read(move |tx, who| {
            let c = one(tx, &who.reg, &who.actor, "report_campaign", &id)?;
            let reports = all_where(tx, &who.reg, &who.actor, "report_submission", vec![is("campaign", &id)])?;
            let items: Vec<Value> = reports.iter().map(|r| json!({ "id": r.id, "version": r.version, "agency": r.text("agency"), "name": r.link_title("agency"), "state": r.state, "due_on": r.text("due_on"), "submitted_on": r.text("submitted_on"), "late_days": late_days(r, &who.today), "successor": r.text("successor") })).collect();
            Ok(json!({ "id": c.id, "version": c.version, "name": c.text("name"), "state": c.state, "due_before": c.text("due_before"), "as_of": c.text("as_of"), "items": items }))
        })
        .await?;
    Ok(Json(items).into_response())
}

/// The body, read after the right was asked: who may nothing learns nothing about the form of a request.
fn object(body: &[u8]) -> Result<Value, Error> {
    let v: Value = serde_json::from_slice(body).map_err(|e| Error::BadRequest(format!("Nội dung phải là JSON: {e}")))?;
    if v.is_object() { Ok(v) } else { Err(Error::BadRequest("Nội dung phải là một đối tượng JSON {…}.".into())) }
}

/// The version a change is about.
fn version(body: &Value) -> Result<i64, Error> {
    body["version"].as_i64().ok_or_else(|| Error::invalid("version", "Thiếu số phiên bản (version) của bản ghi đã đọc."))
}

async fn open(actor: Api, Path(id): Path<String>, body: Bytes) -> Result<Response, ApiFail> {
    actor.may(Verb::Transition, "report_campaign")?;
    let version = version(&object(&body)?)?;
    let done = actor.write(move |tx, who| campaign::open(tx, &who.reg, &who.actor, &id, version, &who.today)).await?;
    Ok(Json(done).into_response())
}

async fn remind(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let done = actor.write(move |tx, who| campaign::remind(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(done).into_response())
}

async fn letter(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let r = actor.write(move |tx, who| crate::letter::draft(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(json!({ "id": r.id, "version": r.version, "register": r.register })).into_response())
}

/// Sums; `?as_of=YYYY-MM-DD` as they stood at the end of that day.
async fn consolidated(actor: Api, Path(id): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    summary::whole(&actor.actor, Verb::Read)?;
    let as_of = crate::asked_day(q.filled("as_of"))?;
    let sums = actor
        .read(move |tx, who| {
            let c = one(tx, &who.reg, &who.actor, "report_campaign", &id)?;
            let day = as_of.as_deref().unwrap_or(&who.today);
            summary::consolidate_on(tx, &who.reg, &who.actor, &c, day, &who.today)
        })
        .await?;
    Ok(Json(sums).into_response())
}

/// A report with its figures and words.
async fn form(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let o = actor
        .read(move |tx, who| {
            let o = report::open(tx, &who.reg, &who.actor, &id, &who.today)?;
            Ok(json!({ "id": o.report.id, "version": o.seen(), "state": o.report.state, "agency": o.report.text("agency"), "campaign": o.campaign.id, "due_on": o.report.text("due_on"), "filed_version": o.report.int("version_no"), "figures": o.figures, "words": o.words, "word_versions": o.narrative_versions }))
        })
        .await?;
    Ok(Json(o).into_response())
}

/// `{"words": {part: text}, "word_versions": {part: version}}`.
async fn write(actor: Api, Path(id): Path<String>, body: Bytes) -> Result<Response, ApiFail> {
    actor.may(Verb::Update, "report_narrative")?;
    let body = object(&body)?;
    let Some(words) = body["words"].as_object() else {
        return Err(Error::invalid("words", "Thiếu “words”: mã mục → lời.").into());
    };
    let written: Vec<Written> = words
        .iter()
        .map(|(k, v)| Written {
            part: k.clone(),
            words: v.as_str().unwrap_or_default().to_owned(),
            version: body["word_versions"][k].as_i64().unwrap_or(0),
        })
        .collect();
    actor.write(move |tx, who| report::write(tx, &who.reg, &who.actor, &id, &written)).await?;
    Ok(Json(json!({ "saved": true })).into_response())
}

/// `{"version": n, "reason": "…"}`.
async fn act(actor: Api, Path((id, step)): Path<(String, String)>, body: Bytes) -> Result<Response, ApiFail> {
    actor.may(Verb::Transition, "report_submission")?;
    let body = object(&body)?;
    let version = version(&body)?;
    let reason = body["reason"].as_str().map(str::to_owned);
    let o = actor
        .write(move |tx, who| {
            report::step(tx, &who.reg, &who.actor, &id, version, &step, reason.as_deref(), &who.today)?;
            report::open(tx, &who.reg, &who.actor, &id, &who.today)
        })
        .await?;
    let (r, version) = (&o.report, o.seen());
    Ok(Json(json!({ "id": r.id, "version": version, "state": r.state, "submitted_on": r.text("submitted_on") })).into_response())
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let op = |id: &str, what: &str, params: &[&str]| {
        let params: Vec<Value> =
            params.iter().map(|p| json!({ "name": p, "in": "path", "required": true, "schema": { "type": "string" } })).collect();
        json!({ "operationId": id, "tags": ["reports"], "summary": what, "parameters": params, "responses": { "200": { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } })
    };
    let as_of = |mut v: Value| {
        if let Some(list) = v["parameters"].as_array_mut() {
            list.push(json!({ "name": "as_of", "in": "query", "schema": { "type": "string", "format": "date" }, "description": "As it stood at the end of this day" }));
        }
        v
    };
    let body = |mut v: Value, schema: Value| {
        v["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        v
    };
    let versioned = json!({ "type": "object", "required": ["version"], "properties": { "version": { "type": "integer" }, "reason": { "type": "string" } } });
    let words = json!({ "type": "object", "required": ["words"], "properties": { "words": { "type": "object", "additionalProperties": { "type": "string" } }, "word_versions": { "type": "object", "additionalProperties": { "type": "integer" } } } });
    let path = |tail: &str| format!("/api/v1/reports/{tail}");
    Map::from_iter([
        (path("campaigns/{id}"), json!({ "get": op("reports_campaign", "Who has filed, who has not", &["id"]) })),
        (path("campaigns/{id}/open"), json!({ "post": body(op("reports_open", "Open a campaign", &["id"]), versioned.clone()) })),
        (path("campaigns/{id}/remind"), json!({ "post": op("reports_remind", "Remind all who owe a report", &["id"]) })),
        (path("campaigns/{id}/letter"), json!({ "post": op("reports_letter", "Draft the letter to all who owe a report", &["id"]) })),
        (
            path("campaigns/{id}/summary"),
            json!({ "get": as_of(op("reports_summary", "Sums of what was filed, live figures beside", &["id"])) }),
        ),
        (
            path("report/{id}"),
            json!({ "get": op("reports_report", "A report with figures and words", &["id"]), "put": body(op("reports_write", "Save the words of a report", &["id"]), words) }),
        ),
        (
            path("report/{id}/{step}"),
            json!({ "post": body(op("reports_step", "to_head, recall, submit, send_back, return, receive", &["id", "step"]), versioned) }),
        ),
    ])
}
