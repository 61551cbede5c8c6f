//! Small things at the edge that modules need too.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use store::{Error, Result, Tx};

/// Runs slow pure work (reading a document) off the async threads.
pub async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(f).await.map_err(Error::internal)
}

/// An .xlsx file to take away. `name` is ASCII: ids, never titles.
pub fn file(bytes: Vec<u8>, name: &str) -> Response {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"));
    let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    ([(header::CONTENT_TYPE, HeaderValue::from_static(mime)), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// Where an agency stands in the tree (`/id/id/`), to ask whether a scope covers it.
pub fn agency_path(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    crate::store::agency_path(tx, id)
}

/// Leaves of the ledger now: the number a figure may be quoted with.
pub fn ledger_size(tx: &mut Tx) -> Result<i64> {
    Ok(crate::store::head(tx)?.size)
}
