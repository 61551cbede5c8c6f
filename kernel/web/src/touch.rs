//! Notes that a session or token was used. Beside the request and never in its way: who only reads must get the page also
//! when nothing can be written (a held lock, a full disk, a read-only file).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use store::{Result, Tx};

use crate::app::App;

/// A use is tried to be noted at most this often, µs: while nothing can be written, attempts must not pile up.
const TRY_EVERY: i64 = 60_000_000;
/// Above this many the old ones are forgotten.
const MOST: usize = 10_000;

/// When the use of which key (session or token) was last tried to be noted.
#[derive(Default)]
pub(crate) struct Touched {
    tried: Mutex<HashMap<String, i64>>,
    failing: AtomicBool,
}

impl Touched {
    /// Is it this caller's turn?
    fn turn(&self, key: &str, now: i64) -> bool {
        // nothing under this lock can panic half-way
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &i64| (0..TRY_EVERY).contains(&(now - at));
        if tried.get(key).is_some_and(recent) {
            return false;
        }
        if tried.len() >= MOST {
            tried.retain(|_, at| recent(at));
        }
        tried.insert(key.to_owned(), now);
        true
    }
}

impl App {
    /// Runs `note` in a write of its own that nobody waits for. That it failed is said once in the log.
    pub(crate) fn touch(&self, key: &str, note: impl FnOnce(&mut Tx) -> Result<()> + Send + 'static) {
        if !self.inner.touched.turn(key, self.now()) {
            return;
        }
        let app = self.clone();
        tokio::spawn(async move {
            let failing = &app.inner.touched.failing;
            match app.write(note).await {
                Ok(()) => failing.store(false, Ordering::Relaxed),
                Err(e) if !failing.swap(true, Ordering::Relaxed) => tracing::warn!(error = %e, "use of sessions cannot be noted"),
                Err(_) => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_tried_once_a_minute_and_memory_is_bounded() {
        let t = Touched::default();
        assert!(t.turn("a", 0) && t.turn("b", 0));
        assert!(!t.turn("a", TRY_EVERY - 1));
        assert!(t.turn("a", TRY_EVERY));
        assert!(t.turn("a", 5), "the clock was set back");
        for n in 0..3 * MOST {
            assert!(t.turn(&n.to_string(), i64::try_from(n).unwrap() * 2 * TRY_EVERY));
        }
        assert!(t.tried.lock().unwrap().len() <= MOST);
    }
}
