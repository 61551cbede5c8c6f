//! `/api/v1/people/invitations`: who has no account, accounts for them, and their passwords once.

use access::Verb;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use store::Error;
use web::App;
use web::api::{Api, ApiResult};
use web::forms::QueryData;

use crate::candidates::candidates;
use crate::invite::{self, JOB, Wanted};
use crate::slips;

const BASE: &str = "/api/v1/people/invitations";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(BASE, get(list).post(start))
        .route("/api/v1/people/invitations/{job}", get(job))
        .route("/api/v1/people/invitations/{job}/passwords", post(passwords))
}

async fn list(actor: Api, q: QueryData) -> ApiResult {
    let kinds: Vec<String> = q.all("kind").map(str::to_owned).collect();
    let list = actor.read(move |tx, w| candidates(tx, &w.reg, &w.actor, &kinds)).await?;
    let line = |c: &crate::Candidate| {
        let duties: Vec<Value> = c.duties.iter().map(|(role, agency)| json!({ "role": role, "agency": agency })).collect();
        json!({ "person": c.person, "name": c.name, "agency": c.agency, "agency_name": c.agency_name, "kind": c.kind, "has_email": c.email.is_some(), "duties": duties })
    };
    Ok(Json(json!({ "items": list.iter().map(line).collect::<Vec<_>>() })).into_response())
}

/// `{"people": [...], "renew": [...], "days": 14, "by_mail": false}`; `"people": "all"` with an optional `"kind": [...]`.
async fn start(actor: Api, body: Bytes) -> ApiResult {
    actor.may(Verb::Update, "account")?;
    let v: Value = serde_json::from_slice(&body).map_err(|e| Error::BadRequest(format!("Nội dung phải là JSON: {e}")))?;
    let ids = |key: &str| v[key].as_array().into_iter().flatten().filter_map(|x| x.as_str().map(str::to_owned)).collect::<Vec<_>>();
    let mut wanted = Wanted {
        people: ids("people"),
        renew: ids("renew"),
        days: v["days"].as_i64().unwrap_or(actor.app.config.invitation_days),
        by_mail: v["by_mail"] == true && actor.app.config.mail,
        base_url: actor.app.config.base_url.clone(),
    };
    let (all, kinds) = (v["people"] == "all", ids("kind"));
    let id = actor
        .write(move |tx, w| {
            if all {
                wanted.people = candidates(tx, &w.reg, &w.actor, &kinds)?.into_iter().map(|c| c.person).collect();
            }
            invite::ask(tx, &w.actor, &wanted)
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "job": id, "href": format!("{BASE}/{id}") }))).into_response())
}

async fn own(actor: &Api, id: String) -> Result<work::Job, Error> {
    actor.may(Verb::Update, "account")?;
    let j = actor.read(move |tx, _| work::job(tx, &id)).await?;
    if j.kind == JOB && j.who == actor.actor.id { Ok(j) } else { Err(Error::NotFound("Không có việc nền này.".into())) }
}

async fn job(actor: Api, Path(id): Path<String>) -> ApiResult {
    let j = own(&actor, id).await?;
    let waiting = slips::waiting(&j.id, &actor.actor.id).map_or(0, |w| w.0);
    Ok(Json(json!({ "id": j.id, "state": j.state, "done": j.progress, "total": j.total, "message": j.message, "result": j.result, "passwords_waiting": waiting })).into_response())
}

/// The passwords, once.
async fn passwords(actor: Api, Path(id): Path<String>) -> ApiResult {
    let j = own(&actor, id).await?;
    let gone = || Error::Conflict("Mật khẩu đã giao hoặc không còn trong bộ nhớ. Gia hạn lời mời để có mật khẩu mới.".into());
    let list = slips::take(&j.id, &actor.actor.id, "xlsx").ok_or_else(gone)?;
    slips::forget(&j.id, &actor.actor.id);
    let items: Vec<Value> = list
        .iter()
        .map(|s| json!({ "name": s.name, "agency": s.agency, "login": s.login, "password": s.password.reveal(), "until": web::fmt::rfc3339(s.until) }))
        .collect();
    Ok(Json(json!({ "items": items })).into_response())
}

/// Path items for OpenAPI.
pub(crate) fn openapi() -> Map<String, Value> {
    let op = |id: &str, what: &str, code: &str| json!({ "operationId": id, "tags": ["accounts"], "summary": what, "responses": { code: { "description": what }, "default": { "$ref": "#/components/responses/problem" } } });
    let id = json!([{ "name": "job", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let with = |mut v: Value| {
        v["parameters"] = id.clone();
        v
    };
    let mut start = op("invitations_start", "Accounts for many people, as one job", "202");
    start["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": { "type": "object", "properties": {
        "people": { "description": "Person ids, or \"all\"" }, "kind": { "type": "array", "items": { "type": "string" } },
        "renew": { "type": "array", "items": { "type": "string" } }, "days": { "type": "integer" }, "by_mail": { "type": "boolean" } } } } } });
    Map::from_iter([
        (BASE.to_owned(), json!({ "get": op("invitations_list", "Contact points and heads without an account", "200"), "post": start })),
        (format!("{BASE}/{{job}}"), json!({ "get": with(op("invitations_job", "How far the job is", "200")) })),
        (
            format!("{BASE}/{{job}}/passwords"),
            json!({ "post": with(op("invitations_passwords", "The one-time passwords, in this answer only", "200")) }),
        ),
    ])
}
