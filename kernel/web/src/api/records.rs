//! `/api/v1/{register}`: the same actions as the pages, in JSON.

use access::Verb;
use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use registers::{Definition, HistoryEntry, Query, Record, Registry, actions};
use serde_json::{Value, json};
use store::{Error, Result};

use crate::api::multipart::Sent;
use crate::api::{Api, ApiFail, ApiResult, Input};
use crate::fmt;
use crate::forms::QueryData;
use crate::links;

fn definition<'a>(reg: &'a Registry, register: &str) -> Result<&'a Definition> {
    reg.registers.get(register).ok_or_else(|| {
        let names: Vec<&str> = reg.registers.keys().map(String::as_str).collect();
        Error::NotFound(links::unknown("Sổ đăng ký", register, &names).to_string())
    })
}

/// A record as JSON. Instants in RFC 3339 with the offset of Vietnam.
pub(crate) fn record_json(r: &Record) -> Value {
    let links: serde_json::Map<String, Value> =
        r.links.iter().map(|(k, v)| (k.clone(), v.iter().map(|(id, title)| json!({ "id": id, "title": title })).collect())).collect();
    json!({
        "register": r.register, "id": r.id, "version": r.version, "state": r.state, "title": r.title,
        "fields": r.fields, "links": links, "masked": r.masked, "confirmed_on": r.confirmed_on,
        "created_at": fmt::rfc3339(r.created_at), "updated_at": fmt::rfc3339(r.updated_at), "deleted": r.deleted,
    })
}

fn history_json(e: &HistoryEntry) -> Value {
    let changes: serde_json::Map<String, Value> =
        e.changes.iter().map(|(k, (a, b))| (k.clone(), json!({ "before": a, "after": b }))).collect();
    json!({ "leaf": e.seq, "version": e.version, "action": e.action, "at": fmt::rfc3339(e.at), "who": e.who, "reason": e.reason, "changes": changes })
}

fn with_etag(status: StatusCode, r: &Record) -> Response {
    let mut res = (status, Json(record_json(r))).into_response();
    if let Ok(v) = HeaderValue::from_str(&etag(r)) {
        res.headers_mut().insert(header::ETAG, v);
    }
    res
}

fn etag(r: &Record) -> String {
    format!("\"{}\"", r.version)
}

/// The version named by `If-Match`. Missing: 428; unreadable: 400.
fn if_match(h: &HeaderMap) -> std::result::Result<i64, ApiFail> {
    let Some(v) = h.get(header::IF_MATCH) else {
        return Err(ApiFail::status(StatusCode::PRECONDITION_REQUIRED, "Gửi kèm If-Match với ETag của lần đọc gần nhất."));
    };
    let text = v.to_str().unwrap_or("").trim().trim_start_matches("W/").trim_matches('"');
    text.parse().map_err(|_| Error::BadRequest("If-Match phải là ETag của bản ghi, ví dụ \"3\".".into()).into())
}

pub(super) async fn index(api: Api) -> ApiResult {
    let list: Vec<Value> = api
        .reg()
        .registers
        .values()
        .filter(|d| api.may(Verb::Read, &d.register.id).is_ok())
        .map(|d| json!({ "id": d.register.id, "label": d.register.label, "href": format!("/api/v1/{}", d.register.id) }))
        .collect();
    Ok(Json(json!({ "registers": list, "openapi": "/api/v1/openapi.json" })).into_response())
}

/// Names a list's address may hold besides `f.…`.
const LIST_KEYS: &[&str] = &["q", "where", "sort", "after", "limit", "as_of"];

fn list_query(def: &Definition, q: &QueryData) -> Result<Query> {
    for (k, _) in &q.0.0 {
        if !LIST_KEYS.contains(&k.as_str()) && !k.starts_with("f.") {
            return Err(links::unknown("Tham số", k, LIST_KEYS));
        }
    }
    links::parse(def, q)
}

pub(super) async fn list(api: Api, Path(register): Path<String>, q: QueryData) -> ApiResult {
    let def = definition(api.reg(), &register)?;
    let query = list_query(def, &q)?;
    let (asked, reg_id) = (query.clone(), register.clone());
    let page = api.read(move |tx, w| actions::list(tx, &w.reg, &w.may(Verb::Read, &reg_id)?, &asked)).await?;
    let items: Vec<Value> = page.items.iter().map(record_json).collect();
    let mut r = Json(json!({ "items": items, "next": page.next, "total": page.total })).into_response();
    if let Some(n) = &page.next {
        let mut p = links::pairs(&query);
        p.push(("after".into(), n.clone()));
        let link = format!("<{}>; rel=\"next\"", links::with(&format!("/api/v1/{register}"), &p));
        if let Ok(v) = HeaderValue::from_str(&link) {
            r.headers_mut().insert(header::LINK, v);
        }
    }
    Ok(r)
}

pub(super) async fn create(api: Api, Path(register): Path<String>, headers: HeaderMap, sent: Sent) -> ApiResult {
    let def = definition(api.reg(), &register)?;
    api.may(Verb::Create, &register)?;
    sent.input.only(&["fields", "state"])?;
    let mut values = sent.input.fields(def)?;
    values.extend(sent.input.state(def)?.map(|s| ("state".to_owned(), registers::Data::Text(s))));
    sent.lay(def, &mut values, None)?;
    let key = match headers.get("idempotency-key").map(|v| v.to_str()) {
        None => None,
        Some(Ok(k)) if (1..=128).contains(&k.len()) => Some(k.to_owned()),
        Some(_) => return Err(Error::BadRequest("Idempotency-Key phải dài 1–128 ký tự ASCII.".into()).into()),
    };
    let reg_id = register.clone();
    let r = api.write(move |tx, w| actions::create(tx, &w.reg, &w.actor, &reg_id, values, key.as_deref())).await?;
    let mut res = with_etag(StatusCode::CREATED, &r);
    if let Ok(v) = HeaderValue::from_str(&format!("/api/v1/{register}/{}", r.id)) {
        res.headers_mut().insert(header::LOCATION, v);
    }
    Ok(res)
}

pub(super) async fn read(api: Api, Path((register, id)): Path<(String, String)>, headers: HeaderMap) -> ApiResult {
    definition(api.reg(), &register)?;
    let r = api.read(move |tx, w| actions::get(tx, &w.reg, &w.may(Verb::Read, &register)?, &id)).await?;
    let same = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.split(',').any(|t| t.trim() == etag(&r)));
    if same {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(&r))]).into_response());
    }
    Ok(with_etag(StatusCode::OK, &r))
}

/// The filtered list as .xlsx.
pub(super) async fn export(api: Api, Path(register): Path<String>, q: QueryData) -> ApiResult {
    let def = definition(api.reg(), &register)?;
    let query = list_query(def, &q)?;
    let name = register.clone();
    let book = api.read(move |tx, w| registers::files::export(tx, &w.reg, &w.actor, &register, &query)).await?;
    let made = tokio::task::spawn_blocking(move || crate::pages::workbook(book, &name)).await.map_err(Error::internal)?;
    Ok(made?)
}

/// A conflict of versions is 412 here: the precondition of the request failed. Other conflicts (a key that exists) stay 409.
async fn or_stale<T>(api: &Api, register: String, id: String, version: i64, done: Result<T>) -> std::result::Result<T, ApiFail> {
    let Err(Error::Conflict(m)) = done else { return Ok(done?) };
    let now = api.read(move |tx, w| actions::get(tx, &w.reg, &w.may(Verb::Read, &register)?, &id)).await?;
    if now.version == version { Err(Error::Conflict(m).into()) } else { Err(ApiFail::stale()) }
}

pub(super) async fn update(api: Api, Path((register, id)): Path<(String, String)>, headers: HeaderMap, sent: Sent) -> ApiResult {
    let def = definition(api.reg(), &register)?;
    api.may(Verb::Update, &register)?;
    let version = if_match(&headers)?;
    sent.input.only(&["fields", "reason"])?;
    let (mut values, reason) = (sent.input.fields(def)?, sent.input.reason()?);
    if sent.multipart {
        let (reg_id, rec) = (register.clone(), id.clone());
        let now = api.read(move |tx, w| actions::get(tx, &w.reg, &w.may(Verb::Read, &reg_id)?, &rec)).await?;
        sent.lay(def, &mut values, Some(&now))?;
    }
    let (reg_id, rec) = (register.clone(), id.clone());
    let done = api.write(move |tx, w| actions::update(tx, &w.reg, &w.actor, &reg_id, &rec, version, values, reason.as_deref())).await;
    Ok(with_etag(StatusCode::OK, &or_stale(&api, register, id, version, done).await?))
}

/// The same for clients that send `multipart/form-data` by POST only.
pub(super) async fn update_files(api: Api, path: Path<(String, String)>, headers: HeaderMap, sent: Sent) -> ApiResult {
    api.may(Verb::Update, &path.0.0)?;
    if !sent.multipart {
        return Err(ApiFail::status(StatusCode::METHOD_NOT_ALLOWED, "Sửa bằng JSON thì dùng PATCH; POST chỉ nhận multipart/form-data."));
    }
    update(api, path, headers, sent).await
}

/// The personal fields in clear, with a reason that is written down.
pub(super) async fn unmask(api: Api, Path((register, id)): Path<(String, String)>, input: Input) -> ApiResult {
    definition(api.reg(), &register)?;
    api.may(Verb::Unmask, &register)?;
    input.only(&["reason"])?;
    let reason = input.reason()?.unwrap_or_default();
    let r = api.write(move |tx, w| actions::unmask(tx, &w.reg, &w.actor, &register, &id, &reason)).await?;
    Ok(with_etag(StatusCode::OK, &r))
}

/// A file of a masked field, with a reason that is written down.
pub(super) async fn unmask_file(
    api: Api,
    Path((register, id, field, sha)): Path<(String, String, String, String)>,
    input: Input,
) -> ApiResult {
    definition(api.reg(), &register)?;
    api.may(Verb::Unmask, &register)?;
    input.only(&["reason"])?;
    let reason = input.reason()?.unwrap_or_default();
    let (a, bytes) = api.write(move |tx, w| actions::unmask_file(tx, &w.reg, &w.actor, &register, &id, &field, &sha, &reason)).await?;
    Ok(crate::uploads::download(&a, bytes))
}

/// The reason comes in the body: an address is kept in logs on its way, and a reason may name people.
pub(super) async fn delete(api: Api, Path((register, id)): Path<(String, String)>, headers: HeaderMap, input: Input) -> ApiResult {
    definition(api.reg(), &register)?;
    api.may(Verb::Delete, &register)?;
    let version = if_match(&headers)?;
    input.only(&["reason"])?;
    let Some(reason) = input.reason()? else {
        return Err(Error::invalid("reason", "Gửi lý do trong nội dung: {\"reason\": \"…\"}.").into());
    };
    let (reg_id, rec) = (register.clone(), id.clone());
    let done = api.write(move |tx, w| actions::delete(tx, &w.reg, &w.actor, &reg_id, &rec, version, &reason)).await;
    or_stale(&api, register, id, version, done).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn transition(
    api: Api,
    Path((register, id, step)): Path<(String, String, String)>,
    headers: HeaderMap,
    input: Input,
) -> ApiResult {
    let def = definition(api.reg(), &register)?;
    api.may(Verb::Transition, &register)?;
    if !def.transitions.iter().any(|t| t.id == step) {
        let names: Vec<&str> = def.transitions.iter().map(|t| t.id.as_str()).collect();
        return Err(Error::NotFound(links::unknown("Bước", &step, &names).to_string()).into());
    }
    let version = if_match(&headers)?;
    input.only(&["fields", "reason"])?;
    let (values, reason) = (input.fields(def)?, input.reason()?);
    let (reg_id, rec) = (register.clone(), id.clone());
    let done = api.write(move |tx, w| actions::step(tx, &w.reg, &w.actor, &reg_id, &rec, version, &step, values, reason.as_deref())).await;
    Ok(with_etag(StatusCode::OK, &or_stale(&api, register, id, version, done).await?))
}

pub(super) async fn confirm(api: Api, Path((register, id)): Path<(String, String)>, input: Input) -> ApiResult {
    definition(api.reg(), &register)?;
    api.may(Verb::Transition, &register)?;
    input.only(&[])?;
    let r = api.write(move |tx, w| actions::confirm(tx, &w.reg, &w.actor, &register, &id)).await?;
    Ok(with_etag(StatusCode::OK, &r))
}

/// Content of a file.
pub(super) async fn file(api: Api, Path((register, id, field, sha)): Path<(String, String, String, String)>) -> ApiResult {
    definition(api.reg(), &register)?;
    let (a, bytes) = api.read(move |tx, w| actions::attachment(tx, &w.reg, &w.may(Verb::Read, &register)?, &id, &field, &sha)).await?;
    Ok(crate::uploads::download(&a, bytes))
}

pub(super) async fn history(api: Api, Path((register, id)): Path<(String, String)>) -> ApiResult {
    definition(api.reg(), &register)?;
    let list = api.read(move |tx, w| actions::history(tx, &w.reg, &w.may(Verb::Read, &register)?, &id)).await?;
    let items: Vec<Value> = list.iter().map(history_json).collect();
    Ok(Json(json!({ "items": items })).into_response())
}
