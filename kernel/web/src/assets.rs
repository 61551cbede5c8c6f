//! The style sheet, the script and the mark, embedded, under an address that changes with their content.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::app::App;

struct Asset {
    name: &'static str,
    mime: &'static str,
    body: &'static str,
    hash: String,
}

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        ("app.css", "text/css; charset=utf-8", include_str!("../assets/app.css")),
        ("app.js", "text/javascript; charset=utf-8", include_str!("../assets/app.js")),
        ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
    ]
    .into_iter()
    .map(|(name, mime, body)| {
        let hash = Sha256::digest(body.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
        Asset { name, mime, body, hash }
    })
    .collect()
});

/// Address of an embedded file: `/assets/<hash>/<name>`; empty when there is none of that name.
pub fn url(name: &str) -> String {
    ALL.iter().find(|a| a.name == name).map(|a| format!("/assets/{}/{}", a.hash, a.name)).unwrap_or_default()
}

/// Routes of the embedded files.
pub fn routes() -> Router<App> {
    Router::new().route("/assets/{hash}/{name}", get(serve)).route("/favicon.ico", get(icon))
}

async fn icon() -> Response {
    axum::response::Redirect::permanent(&url("icon.svg")).into_response()
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(a) = ALL.iter().find(|a| a.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", a.hash);
    // An old address (a page kept open over an update) still gets the present file, but does not keep it.
    let keep = if hash == a.hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    let head = [(header::CONTENT_TYPE, a.mime.to_owned()), (header::ETAG, etag.clone()), (header::CACHE_CONTROL, keep.to_owned())];
    let same = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.split(',').any(|t| t.trim() == etag));
    if same { (StatusCode::NOT_MODIFIED, head).into_response() } else { (head, a.body).into_response() }
}
