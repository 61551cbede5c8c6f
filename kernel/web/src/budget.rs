//! What bodies on their way in may take of this process: bytes of memory and of disk, counted from the first byte that is read
//! until the answer. Whoever does not fit is told to come back, before anything of the body is taken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use store::Error;
use tokio::time::Sleep;

use crate::app::App;
use crate::error::Fail;

/// Bodies up to this size are not counted.
const SMALL: u64 = 64 << 10;
/// A body that is read into memory lies there as bytes, as parsed values and as decoded files.
const COPIES: u64 = 3;
/// Seconds after which it is worth trying again.
const AGAIN: &str = "20";

/// The limits, and what is taken.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: Pool,
    disk: Pool,
}

#[derive(Debug)]
struct Pool {
    taken: AtomicU64,
    most: u64,
}

impl Budget {
    pub fn new(memory: u64, disk: u64) -> Self {
        Self { memory: Pool { taken: AtomicU64::new(0), most: memory }, disk: Pool { taken: AtomicU64::new(0), most: disk } }
    }
}

/// One request's part of the budget, given back when dropped.
#[derive(Debug)]
struct Held {
    budget: Arc<Budget>,
    spilled: bool,
    taken: AtomicU64,
    refused: AtomicBool,
}

impl Held {
    fn pool(&self) -> &Pool {
        if self.spilled { &self.budget.disk } else { &self.budget.memory }
    }
    /// Takes room for so many bytes of body, or notes that there is none.
    fn grow(&self, bytes: u64) -> bool {
        let (pool, more) = (self.pool(), if self.spilled { bytes } else { bytes * COPIES });
        let fits = |now: u64| now.checked_add(more).filter(|n| *n <= pool.most);
        let ok = pool.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok();
        if ok {
            self.taken.fetch_add(more, Ordering::AcqRel);
        } else {
            self.refused.store(true, Ordering::Release);
        }
        ok
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool().taken.fetch_sub(self.taken.load(Ordering::Acquire), Ordering::AcqRel);
    }
}

/// A body that takes its room when the first byte is asked for (so after the handler knows who asks), and more as it grows.
struct Metered {
    inner: Body,
    held: Arc<Held>,
    /// What is said to come; taken with the first byte.
    declared: Option<u64>,
    /// Bytes that may still come before more room is asked for.
    free: u64,
    /// A body that only drips may not hold its room for ever.
    end: Pin<Box<Sleep>>,
}

impl Metered {
    fn fits(&mut self, bytes: u64) -> bool {
        if bytes <= self.free {
            self.free -= bytes;
            return true;
        }
        let more = (bytes - self.free).max(SMALL);
        self.free = self.free + more - bytes;
        self.held.grow(more)
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let over = |what: &str| Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(what.to_owned())))));
        if let Some(n) = self.declared.take().filter(|n| *n > SMALL) {
            self.free = n;
            if !self.held.grow(n) {
                return over("no room");
            }
        }
        if self.end.as_mut().poll(cx).is_ready() {
            return over("too slow");
        }
        let next = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &next
            && let Some(data) = frame.data_ref()
            && !self.fits(data.len() as u64)
        {
            return over("no room");
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
}

/// Is this a body of parts, whose files go to disk?
pub(crate) fn is_multipart(h: &HeaderMap) -> bool {
    let kind = h.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    kind.get(..19).is_some_and(|k| k.eq_ignore_ascii_case("multipart/form-data"))
}

/// Layer of every route: bodies stay within the budget.
pub(crate) async fn bounded(State(app): State<App>, req: Request, next: Next) -> Response {
    if matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(req).await;
    }
    let spilled = is_multipart(req.headers());
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let held = Arc::new(Held { budget: app.inner.budget.clone(), spilled, taken: AtomicU64::new(0), refused: AtomicBool::new(false) });
    let (parts, body) = req.into_parts();
    let body = Metered {
        inner: body,
        held: held.clone(),
        // what is larger than any door takes is cut off by its route
        declared: length.map(|n| n.min(crate::uploads::MOST_POST as u64)),
        free: SMALL,
        end: Box::pin(tokio::time::sleep(Duration::from_secs(app.config.timeout_s.max(1)))),
    };
    let answer = next.run(Request::from_parts(parts, Body::new(body))).await;
    if held.refused.load(Ordering::Acquire) { busy() } else { answer }
}

/// Nothing was taken; later there is room.
fn busy() -> Response {
    let text = "Máy chủ đang nhận nhiều tệp cùng lúc nên chưa nhận thêm được. Chưa có gì được lưu; chờ nửa phút rồi gửi lại.";
    let mut r = Fail(Error::Unavailable(text.into())).into_response();
    r.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN));
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(budget: &Arc<Budget>, spilled: bool) -> Held {
        Held { budget: budget.clone(), spilled, taken: AtomicU64::new(0), refused: AtomicBool::new(false) }
    }

    #[test]
    fn room_is_bounded_and_given_back() {
        let b = Arc::new(Budget::new(300, 100));
        let (one, two) = (held(&b, true), held(&b, true));
        assert!(one.grow(60) && !two.grow(50) && two.grow(40));
        assert!(two.refused.load(Ordering::Acquire) && !one.refused.load(Ordering::Acquire));
        drop(one);
        assert!(held(&b, true).grow(60), "given back");
        let json = held(&b, false);
        assert!(json.grow(100) && !held(&b, false).grow(1), "memory counts every copy");
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_is_counted_as_it_comes() {
        let b = Arc::new(Budget::new(0, 200 << 10));
        let read = |len: usize, declared: Option<u64>| {
            let held = Arc::new(held(&b, true));
            let end = Box::pin(tokio::time::sleep(Duration::from_secs(5)));
            let body = Metered { inner: Body::from(vec![0; len]), held: held.clone(), declared, free: SMALL, end };
            async move { (axum::body::to_bytes(Body::new(body), usize::MAX).await.is_ok(), held.taken.load(Ordering::Acquire)) }
        };
        assert_eq!(read(1000, None).await, (true, 0));
        assert!(read(100 << 10, None).await.0);
        assert!(!read(300 << 10, None).await.0);
        assert!(!read(10, Some(201 << 10)).await.0, "refused by what it says, before it is read");
        assert_eq!(b.disk.taken.load(Ordering::Acquire), 0);
    }
}
