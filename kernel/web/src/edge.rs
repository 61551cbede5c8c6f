//! Small things at the edge that modules need too.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use store::{Error, Result, Tx};

/// Runs slow pure work (reading a document) off the async threads.
pub async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(f).await.map_err(Error::internal)
}

/// Password hashes computed at a time. Each takes 19 MB and a whole processor for some 30 ms: more at once are not faster,
/// and a hundred people who sign in at eight o'clock must not take two gigabytes.
static HASHES: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

/// [`blocking`] for what hashes a password: callers wait for their turn without holding a thread.
pub(crate) async fn hashing<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let turn = HASHES.acquire().await.map_err(Error::internal)?;
    blocking(move || {
        // a caller that went away does not free the turn of a hash that still runs
        let _turn = turn;
        f()
    })
    .await
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn never_more_than_two_passwords_are_hashed_at_a_time() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let one = |n: usize| {
            tokio::spawn(super::hashing(move || {
                MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(5));
                NOW.fetch_sub(1, Ordering::SeqCst);
                n
            }))
        };
        let all: Vec<_> = (0..20).map(one).collect();
        all[3].abort();
        let mut done = 0;
        for (n, t) in all.into_iter().enumerate() {
            if let Ok(answer) = t.await {
                assert_eq!(answer.unwrap(), n);
                done += 1;
            }
        }
        assert!(done >= 19 && MOST.load(Ordering::SeqCst) <= 2, "{done} done, {MOST:?} at a time");
    }
}
