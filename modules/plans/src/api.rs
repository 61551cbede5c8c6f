//! `/api/v1/plans/…`: read a document, import and accept it, obligations with derived states.

use access::Verb;
use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail, Input};
use web::axum::body::Bytes;
use web::axum::extract::{DefaultBodyLimit, Path};
use web::axum::http::StatusCode;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Extension, Json, Router};
use web::forms::QueryData;
use web::uploads::{For, Raw};

use crate::gate;
use crate::owed::{self, Ask};
use crate::service::{self, MAX_BYTES};
use crate::state::Want;
use crate::unclear::{self, Said};

/// Addresses under `/api/v1/plans`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/plans/read", post(read).layer((DefaultBodyLimit::max(MAX_BYTES), Extension(For(&["plan"])))))
        .route("/api/v1/plans/drafts", post(upload).layer((DefaultBodyLimit::max(MAX_BYTES), Extension(For(&["plan"])))))
        .route("/api/v1/plans/drafts/{id}", get(draft))
        .route("/api/v1/plans/drafts/{id}/accept", post(accept))
        .route("/api/v1/plans/obligations", get(obligations))
        .route("/api/v1/plans/{id}/names", get(names).post(choose))
        .route("/api/v1/plans/{id}/issue", get(open).post(issue))
}

/// The reading of the bytes sent; keeps nothing.
async fn read(actor: Api, q: QueryData, Raw(body): Raw) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "plan")?;
    let name = q.filled("name").unwrap_or("plan").to_owned();
    let reading = web::blocking(move || service::read_document(&body, &name)).await??;
    Ok(Json(reading.plan).into_response())
}

/// Keeps the reading as a draft.
async fn upload(actor: Api, q: QueryData, Raw(body): Raw) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "plan")?;
    let name = q.filled("name").unwrap_or("plan").to_owned();
    let (bytes, file) = (body.to_vec(), name.clone());
    let reading = web::blocking(move || service::read_document(&body, &file)).await??;
    let id = actor.write(move |tx, who| service::upload(tx, &who.reg, &who.actor, reading, bytes, &name, &who.today)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

/// A draft: reading, actors, what is unresolved.
async fn draft(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    let (row, d) = actor.read(move |tx, who| service::load(tx, &who.actor, &id)).await?;
    let unresolved = d.unresolved();
    Ok(Json(json!({ "id": row.id, "version": row.version, "plan": row.plan, "draft": d, "unresolved": unresolved })).into_response())
}

/// Accepts a draft: all of it or nothing.
/// `{"version": n, "same": "other" | "signed:ID" | "replaces:ID", "anyway": true}`; `same` only when a plan looks like it,
/// `anyway` when something is still open: without it the answer is the list of that.
async fn accept(actor: Api, Path(id): Path<String>, body: Bytes) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "plan")?;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(version) = body["version"].as_i64() else {
        return Err(store::Error::invalid("version", "Thiếu “version”: phiên bản của bản đọc đã xem, ví dụ {\"version\": 1}.").into());
    };
    let same = body["same"].as_str().and_then(crate::same::Same::parse);
    let said = service::Said { seen: Some(version), same, anyway: body["anyway"].as_bool() == Some(true) };
    let made = actor.write(move |tx, who| service::accept_draft(tx, &who.reg, &who.actor, &id, &said, &who.today)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Obligations in scope with their derived states: `state`, `agency`, `task`, `after`, `limit` (1–500) narrow and page.
async fn obligations(actor: Api, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "obligation")?;
    let word = q.filled("state").unwrap_or("all");
    let want = Want::parse(word).ok_or_else(|| store::Error::BadRequest(format!("Không có trạng thái «{word}».")))?;
    let own = |f: &str| q.filled(f).map(str::to_owned);
    let ask = Ask { want, agency: own("agency"), task: own("task"), ..Ask::default() };
    let limit = q.filled("limit").and_then(|l| l.parse().ok()).unwrap_or(500);
    let after = own("after");
    let page = actor
        .read(move |tx, who| {
            let query =
                registers::Query { sort: Some("due_on".into()), limit: Some(limit), after, uncounted: true, ..ask.query(&who.today) };
            owed::page(tx, &who.reg, &who.actor, &who.today, &ask, query)
        })
        .await?;
    let items: Vec<Value> = page.items.iter().map(|o| json!({ "id": o.record.id, "agency": o.record.text("agency"), "task": o.record.text("task"), "due_on": o.record.text("due_on"), "done_on": o.record.text("done_on"), "state": o.state, "reached": o.reached() })).collect();
    Ok(Json(json!({ "items": items, "next": page.next })).into_response())
}

/// Names of an accepted plan that are nobody of the register yet.
async fn names(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    // for who may answer: what is unknown of a plan is nobody else's work
    actor.may(Verb::Update, "task_actor")?;
    let items = actor.read(move |tx, who| unclear::json(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

/// `{"names": [{"name": "…", "who": "Sở Y tế"}], "learn": true}`: who they are; the missing obligations in the same transaction.
async fn choose(actor: Api, Path(id): Path<String>, input: Input) -> Result<Response, ApiFail> {
    actor.may(Verb::Update, "task_actor")?;
    input.only(&["names", "learn"])?;
    let shape = || {
        store::Error::invalid(
            "names",
            "Cần danh sách: [{\"name\": \"…\", \"who\": \"tên cơ quan\"}], “agencies” (mã) thay cho “who”, hoặc “name_only”: true.",
        )
    };
    let learn = input.0.get("learn").and_then(Value::as_bool).unwrap_or(true);
    let said =
        input.0.get("names").and_then(Value::as_array).ok_or_else(shape)?.iter().map(said).collect::<Option<Vec<_>>>().ok_or_else(shape)?;
    let made = actor.write(move |tx, who| unclear::say(tx, &who.reg, &who.actor, &id, &said, learn, &who.today)).await?;
    Ok(Json(made).into_response())
}

/// What an accepted plan still lacks: the counts of the gate.
async fn open(actor: Api, Path(id): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Update, "plan")?;
    let open = actor
        .read(move |tx, who| {
            registers::actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &id)?;
            gate::of_plan(tx, &who.reg, &who.actor, &id, &who.today)
        })
        .await?;
    Ok(Json(open).into_response())
}

/// `{"version": n, "issued_on": "2026-11-02", "number": "…", "anyway": true, "same_number": true}`: puts a draft in force, all or nothing; without
/// `anyway` what is open comes back.
async fn issue(actor: Api, Path(id): Path<String>, input: Input) -> Result<Response, ApiFail> {
    actor.may(Verb::Transition, "plan")?;
    input.only(&["version", "issued_on", "number", "anyway", "same_number"])?;
    let word = |f: &str| input.0.get(f).and_then(Value::as_str).map(str::to_owned);
    let Some(version) = input.0.get("version").and_then(Value::as_i64) else {
        return Err(store::Error::invalid("version", "Thiếu “version”: phiên bản của kế hoạch đã xem, ví dụ {\"version\": 1}.").into());
    };
    let yes = |f: &str| input.0.get(f).and_then(Value::as_bool) == Some(true);
    let (anyway, same_number) = (yes("anyway"), yes("same_number"));
    let said = gate::Issue { version: Some(version), number: word("number"), issued_on: word("issued_on"), anyway, same_number };
    let made = actor.write(move |tx, who| gate::put_in_force(tx, &who.reg, &who.actor, &id, &said, &who.today)).await?;
    Ok(Json(json!({ "obligations": made })).into_response())
}

/// One name of the request. Nothing said about it is no answer, so that a misspelt key does not mean "name only".
fn said(v: &Value) -> Option<Said> {
    let name = v["name"].as_str()?.to_owned();
    let agencies = match &v["agencies"] {
        Value::Null => vec![],
        list => list.as_array()?.iter().map(|a| a.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?,
    };
    let who = v["who"].as_str().unwrap_or_default().trim().to_owned();
    let ways = [!who.is_empty(), !agencies.is_empty(), v["name_only"].as_bool() == Some(true)];
    (ways.iter().filter(|w| **w).count() == 1).then_some(Said { name, who, agencies })
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let op = |verb: &str, id: &str, what: &str, ok: &str| json!({ verb: { "operationId": id, "tags": ["plans"], "summary": what, "responses": { ok: { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } } });
    let bytes = |id: &str, what: &str, ok: &str| {
        let mut v = op("post", id, what, ok);
        v["post"]["requestBody"] =
            json!({ "required": true, "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } } });
        v["post"]["parameters"] = json!([{ "name": "name", "in": "query", "schema": { "type": "string" }, "description": "File name" }]);
        v
    };
    let with_id = |mut v: Value| {
        for (_, op) in v.as_object_mut().into_iter().flatten() {
            op["parameters"] = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
        }
        v
    };
    let naming = |mut v: Value| {
        let one = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "description": "Name as written, or key" }, "who": { "type": "string", "description": "Names of agencies separated by ;, or of one group" }, "agencies": { "type": "array", "items": { "type": "string" } }, "name_only": { "type": "boolean" } } });
        let schema = json!({ "type": "object", "required": ["names"], "properties": { "names": { "type": "array", "items": one }, "learn": { "type": "boolean", "default": true } } });
        v["post"]["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        v
    };
    let accepting = |mut v: Value| {
        let schema = json!({ "type": "object", "required": ["version"], "properties": { "version": { "type": "integer" }, "same": { "type": "string", "description": "other, signed:ID or replaces:ID; when a plan there is looks like it" }, "anyway": { "type": "boolean", "default": false, "description": "Accept although something is open; without it all of that comes back as errors" } } });
        v["post"]["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        v
    };
    let listed = |mut v: Value| {
        let word = |name: &str, what: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" }, "description": what });
        v["get"]["parameters"] = json!([
            word("state", "open, all (default) or a state"),
            word("agency", "Agency id"),
            word("task", "Task id"),
            word("after", "Cursor: next of the page before"),
            { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 500 }, "description": "Rows of a page" },
        ]);
        v
    };
    let issuing = |mut v: Value| {
        let schema = json!({ "type": "object", "required": ["version"], "properties": { "version": { "type": "integer" }, "issued_on": { "type": "string", "format": "date" }, "number": { "type": "string" }, "anyway": { "type": "boolean", "default": false, "description": "Although something is open; without it all of that comes back as errors" }, "same_number": { "type": "boolean", "default": false, "description": "Although another plan of the issuer has this number in the same year" } } });
        v["post"]["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        v
    };
    let mut gate = op("get", "plans_open", "What an accepted plan still lacks", "200");
    gate["post"] = op("post", "plans_issue", "Put a draft in force; makes its obligations", "200")["post"].take();
    let mut both = op("get", "plans_names", "Names of an accepted plan that are no agency yet", "200");
    both["post"] = op("post", "plans_choose", "Say who these names are; makes the missing obligations", "200")["post"].take();
    Map::from_iter([
        ("/api/v1/plans/read".to_owned(), bytes("plans_read", "Read a plan document; keeps nothing", "200")),
        ("/api/v1/plans/drafts".to_owned(), bytes("plans_upload", "Read a plan document and keep it for review", "201")),
        ("/api/v1/plans/drafts/{id}".to_owned(), with_id(op("get", "plans_draft", "A reading under review", "200"))),
        ("/api/v1/plans/drafts/{id}/accept".to_owned(), accepting(with_id(op("post", "plans_accept", "Accept a reading", "201")))),
        ("/api/v1/plans/{id}/names".to_owned(), naming(with_id(both))),
        ("/api/v1/plans/{id}/issue".to_owned(), issuing(with_id(gate))),
        ("/api/v1/plans/obligations".to_owned(), listed(op("get", "plans_obligations", "Obligations with derived states", "200"))),
    ])
}
