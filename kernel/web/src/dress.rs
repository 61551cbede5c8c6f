//! The outermost layer: turns every failure (also panics, time-outs, unknown addresses) into a designed page or into
//! problem+json, and writes one line per request without personal data.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use store::Error;

use crate::api::problem;
use crate::app::App;
use crate::ctx::{Look, MUST_CHANGE, MUST_ENROL, reader};
use crate::error::Failure;
use crate::pages::errors;
use crate::security;

/// Catches panics and time-outs, dresses failures.
pub async fn dress(State(app): State<App>, req: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, uri, headers) = (req.method().clone(), req.uri().clone(), picked(req.headers()));
    let limit = Duration::from_secs(app.config.timeout_s.max(1));
    // A task of its own: a panic ends the task, not the server, and a reader who closes the page does not stop a write.
    let task = tokio::spawn(next.run(req));
    let mut response = match tokio::time::timeout(limit, task).await {
        Ok(Ok(r)) => r,
        Ok(Err(e)) => {
            tracing::error!(panic = e.is_panic(), "request task failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => fail(Error::Unavailable(TOO_LONG.into())),
    };
    if needs_dress(&response) {
        response = dressed(&app, &method, &uri, &headers, response).await;
    }
    let template = response.extensions().get::<Template>().map_or("-", |t| t.0.as_str());
    tracing::info!(%method, path = template, status = response.status().as_u16(), ms = started.elapsed().as_millis() as u64, "request");
    response
}

const TOO_LONG: &str = "Yêu cầu mất quá nhiều thời gian nên đã dừng chờ. Nếu vừa lưu, hãy mở lại bản ghi để xem đã lưu chưa.";

fn fail(e: Error) -> Response {
    crate::Fail(e).into_response()
}

/// Path template of the route, for the log: never the path itself, which may hold ids.
#[derive(Clone)]
struct Template(String);

/// Inner layer (inside routing): notes which route answered.
pub async fn note_route(req: Request, next: Next) -> Response {
    let t = req.extensions().get::<MatchedPath>().map(|m| Template(m.as_str().to_owned()));
    let mut r = next.run(req).await;
    if let Some(t) = t {
        r.extensions_mut().insert(t);
    }
    r
}

/// Only the headers that matter for dressing.
fn picked(h: &HeaderMap) -> HeaderMap {
    let mut out = HeaderMap::new();
    for name in [header::COOKIE, header::ACCEPT, header::HOST] {
        for v in h.get_all(&name) {
            out.append(name.clone(), v.clone());
        }
    }
    out
}

/// Failures of our own, and bare text answers of the framework (404, 405, 413, 415, 422). Pages and problems stay.
fn needs_dress(r: &Response) -> bool {
    if r.extensions().get::<Failure>().is_some() {
        return true;
    }
    let kind = r.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    r.status().is_client_error() && (kind.is_empty() || kind.starts_with("text/plain"))
        || r.status().is_server_error() && !kind.contains("json") && !kind.contains("html")
}

async fn dressed(app: &App, method: &Method, uri: &axum::http::Uri, headers: &HeaderMap, r: Response) -> Response {
    let status = r.status();
    let error = r.extensions().get::<Failure>().map(|f| f.0.clone());
    let template = r.extensions().get::<Template>().cloned();
    let path = uri.path();
    let mut out = if path.starts_with("/api/") || path.starts_with("/suggest/") {
        problem::response(status, error.as_deref(), path)
    } else {
        page(app, method, uri, headers, status, error.as_deref()).await
    };
    // What the first answer said beyond its text stays: Allow, Retry-After, cookies.
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE, header::WWW_AUTHENTICATE] {
        for v in r.headers().get_all(&name) {
            out.headers_mut().append(name.clone(), v.clone());
        }
    }
    if let Some(t) = template {
        out.extensions_mut().insert(t);
    }
    out
}

async fn page(
    app: &App,
    method: &Method,
    uri: &axum::http::Uri,
    headers: &HeaderMap,
    status: StatusCode,
    error: Option<&Error>,
) -> Response {
    let mut look = Look::of(app, headers, uri);
    match error {
        Some(Error::Unauthenticated) => {
            let back = if method == Method::GET { look.here.as_str() } else { "/" };
            let to = if back == "/" { "/sign-in".to_owned() } else { format!("/sign-in?back={}", security::encode(back)) };
            Redirect::to(&to).into_response()
        }
        Some(Error::Forbidden(m)) if m == MUST_CHANGE => Redirect::to("/account/password").into_response(),
        Some(Error::Forbidden(m)) if m == MUST_ENROL => Redirect::to("/account/second-factor").into_response(),
        // the address of a form that came back with errors: opened again, or shared, it shows the page the form stands on
        _ if status == StatusCode::METHOD_NOT_ALLOWED && method == Method::GET => Redirect::to(parent(uri.path())).into_response(),
        _ => {
            // when the database does not answer, one more question would only make the reader wait
            let reader = if status.is_client_error() { reader(app, uri, headers).await } else { None };
            if let Some(r) = &reader {
                look = r.look.clone();
            }
            match error {
                Some(Error::Forbidden(m)) => errors::page(&look, reader.as_ref(), status, Some(&Error::Forbidden(named(app, &look, m)))),
                _ => errors::page(&look, reader.as_ref(), status, error),
            }
        }
    }
}

/// The address one step up.
fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((up, _)) if !up.is_empty() && up.starts_with('/') && !up.starts_with("//") => up,
        _ => "/",
    }
}

/// What the kernel names by id in brackets, by the name people know.
fn named(app: &App, look: &Look, message: &str) -> String {
    let Some((before, rest)) = message.split_once('(') else { return message.to_owned() };
    let Some((id, after)) = rest.split_once(')') else { return message.to_owned() };
    let label = match id {
        "account" | "role" => look.lang.t("tài khoản, quyền", "accounts, grants"),
        "figure" => look.lang.t("chỉ tiêu", "targets"),
        "ledger" => look.lang.t("nhật ký niêm phong", "sealed ledger"),
        "token" => look.lang.t("mã API", "API tokens"),
        "setting" => look.lang.t("thiết lập", "settings"),
        _ => match app.registry.registers.get(id) {
            Some(d) => look.lang.label(&d.register.label),
            None => return message.to_owned(),
        },
    };
    format!("{before}({label}){after}")
}

#[cfg(test)]
mod tests {
    use super::parent;

    #[test]
    fn one_step_up_stays_here() {
        assert_eq!(parent("/obligations/abc/evidence"), "/obligations/abc");
        assert_eq!(parent("/prefs"), "/");
        assert_eq!(parent("//evil/x"), "/");
        assert_eq!(parent("/"), "/");
    }
}
