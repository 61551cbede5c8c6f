//! `/api/v1/accounts`: accounts and grants for programs, by the same functions as the pages.

use access::{Account, AccountFilter, NewAccount, NewGrant, Verb};
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use store::Error;

use crate::api::{Api, ApiResult};
use crate::app::App;
use crate::fmt;
use crate::forms::QueryData;
use crate::pages::admin::hashed;
use crate::pages::close_and_hand_over;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts", get(list).post(create))
        .route("/api/v1/accounts/{id}/grants", post(grant))
        .route("/api/v1/accounts/{id}/leave", post(leave))
        .route("/api/v1/accounts/{id}/recovery-code", post(code))
}

fn account_json(a: &Account) -> Value {
    json!({
        "id": a.id, "login": a.login, "name": a.name, "email": a.email, "agency": a.agency, "person": a.person, "disabled": a.disabled_at.is_some(),
        "must_change": a.must_change, "last_sign_in_at": a.last_sign_in_at.map(fmt::rfc3339), "version": a.version,
    })
}

async fn list(actor: Api, q: QueryData) -> ApiResult {
    let filter = AccountFilter {
        words: q.text("q").to_owned(),
        after: q.filled("after").map(str::to_owned),
        limit: 100,
        ..AccountFilter::default()
    };
    let list = actor.read(move |tx, w| access::list_accounts(tx, &w.may(Verb::Read, "account")?, &filter)).await?;
    let next = (list.len() == 100).then(|| list.last().map(|a| a.login.clone())).flatten();
    Ok(Json(json!({ "items": list.iter().map(account_json).collect::<Vec<_>>(), "next": next })).into_response())
}

/// The body, read after the right was asked.
pub(super) fn object(body: &[u8]) -> Result<Value, Error> {
    let v: Value = serde_json::from_slice(body).map_err(|e| Error::BadRequest(format!("Nội dung phải là JSON: {e}")))?;
    if v.is_object() { Ok(v) } else { Err(Error::BadRequest("Nội dung phải là một đối tượng JSON {…}.".into())) }
}

fn word(v: &Value, key: &str) -> Option<String> {
    v[key].as_str().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned)
}

/// `agency`, or `whole_system: true`; neither is an error where the role is scoped.
fn reach(actor: &Api, v: &Value) -> Result<(String, Option<String>), Error> {
    let role = word(v, "role").ok_or_else(|| Error::invalid("role", "Thiếu vai trò (role)."))?;
    let agency = actor.app.roles.reach(&role, word(v, "agency"), v["whole_system"] == true)?;
    Ok((role, agency))
}

/// `{login, name, email?, role, agency | whole_system}` → the account and its temporary password, shown this once.
async fn create(actor: Api, body: Bytes) -> ApiResult {
    actor.may(Verb::Update, "account")?;
    let v = object(&body)?;
    let (role, reach) = reach(&actor, &v)?;
    let new = NewAccount {
        login: word(&v, "login").unwrap_or_default(),
        name: word(&v, "name").unwrap_or_default(),
        email: word(&v, "email"),
        agency: word(&v, "agency"),
        person: word(&v, "person"),
    };
    let secret = access::readable_secret();
    let password = hashed(&secret, &new.login, &new.name).await?;
    let roles = actor.app.roles.clone();
    let made = actor
        .write(move |tx, w| {
            let a = access::create_account(tx, &w.actor, &new, Some(&password))?;
            access::grant(tx, &w.actor, &roles, &NewGrant { account: a.id.clone(), role, agency: reach, ..NewGrant::default() })?;
            Ok(a)
        })
        .await?;
    let mut out = account_json(&made);
    out["password"] = json!(secret.reveal());
    Ok((StatusCode::CREATED, Json(out)).into_response())
}

/// `{role, agency | whole_system, from_date?, to_date?}`.
async fn grant(actor: Api, Path(id): Path<String>, body: Bytes) -> ApiResult {
    actor.may(Verb::Update, "account")?;
    let v = object(&body)?;
    let whole = v["whole_system"] == true;
    if whole && word(&v, "agency").is_some() {
        return Err(Error::invalid("agency", "Ghi cơ quan (agency) hoặc toàn hệ thống (whole_system), không ghi cả hai.").into());
    }
    let (role, agency) = reach(&actor, &v)?;
    let new = NewGrant { account: id, role, agency, from_date: word(&v, "from_date"), to_date: word(&v, "to_date") };
    let roles = actor.app.roles.clone();
    let made = actor.write(move |tx, w| access::grant(tx, &w.actor, &roles, &new)).await?;
    Ok((StatusCode::CREATED, Json(json!(made))).into_response())
}

/// `{to?, reason}`: closes the account, its open work goes to another of the agency.
async fn leave(actor: Api, Path(id): Path<String>, body: Bytes) -> ApiResult {
    actor.may(Verb::Update, "account")?;
    let v = object(&body)?;
    let (to, reason, modules) = (word(&v, "to"), word(&v, "reason").unwrap_or_default(), actor.app.modules);
    let moved = actor.write(move |tx, w| close_and_hand_over(modules, tx, w, &id, to.as_deref(), &reason)).await?;
    Ok(Json(json!({ "handed_over": moved })).into_response())
}

/// A one-time code with which the owner chooses a new password, shown this once.
async fn code(actor: Api, Path(id): Path<String>) -> ApiResult {
    actor.may(Verb::Update, "account")?;
    let r = actor.write(move |tx, w| access::give_code(tx, &w.actor, &id)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "login": r.account.login, "code": r.code.reveal(), "expires_at": fmt::rfc3339(r.expires_at) })))
        .into_response())
}

/// Path items for OpenAPI.
pub(crate) fn openapi() -> Map<String, Value> {
    let answer = |what: &str| json!({ "description": what, "content": { "application/json": { "schema": { "type": "object" } } } });
    let op = |id: &str, what: &str, code: &str| json!({ "operationId": id, "tags": ["accounts"], "summary": what, "responses": { code: answer(what), "default": { "$ref": "#/components/responses/problem" } } });
    let body = |mut v: Value, required: &[&str], names: &[&str]| {
        let text: Map<String, Value> = names.iter().map(|n| ((*n).to_owned(), json!({ "type": "string" }))).collect();
        let mut properties = text;
        if names.contains(&"role") {
            let what = "Toàn hệ thống; thiếu cả agency lẫn whole_system là lỗi";
            properties.insert("whole_system".into(), json!({ "type": "boolean", "description": what }));
        }
        v["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": { "type": "object", "required": required, "properties": properties } } } });
        v
    };
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let mut grant = body(op("accounts_grant", "Give a role", "201"), &["role"], &["role", "agency", "from_date", "to_date"]);
    grant["parameters"] = id.clone();
    let mut leave = body(op("accounts_leave", "Close an account and hand its open work over", "200"), &["reason"], &["to", "reason"]);
    leave["parameters"] = id.clone();
    let mut code = op("accounts_recovery_code", "A one-time code to choose a new password, in this answer only", "201");
    code["parameters"] = id;
    Map::from_iter([
        (
            "/api/v1/accounts".to_owned(),
            json!({ "get": op("accounts_list", "Accounts in scope", "200"),
                "post": body(op("accounts_create", "New account with role and reach; the temporary password is in this answer only", "201"),
                    &["login", "name", "role"], &["login", "name", "email", "role", "agency", "person"]) }),
        ),
        ("/api/v1/accounts/{id}/grants".to_owned(), json!({ "post": grant })),
        ("/api/v1/accounts/{id}/leave".to_owned(), json!({ "post": leave })),
        ("/api/v1/accounts/{id}/recovery-code".to_owned(), json!({ "post": code })),
    ])
}
