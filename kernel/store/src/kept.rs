//! Answers to slow questions about registers, kept for the head of the ledger they were given at.
//!
//! A figure over 60,000 people takes a good part of a second to count; fifty people who open the same page want the same
//! figure. The key is the ledger's head itself: one more leaf, and everything is asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tx::Row;
use crate::{Result, Value};

/// Values kept at most (a few megabytes); an answer that does not fit any more is not kept.
const MOST_VALUES: usize = 100_000;
/// Questions being asked at a time, at most; two that fall into one lane wait for each other.
const LANES: usize = 32;

/// A state of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HeadId {
    /// Leaves.
    pub(crate) size: i64,
    /// SHA-256 of the frontier: two logs of one size differ in it.
    pub(crate) hash: [u8; 32],
}

#[derive(Default)]
struct State {
    head: HeadId,
    values: usize,
    answers: HashMap<[u8; 32], Arc<[Row]>>,
}

/// The answers at one head.
pub(crate) struct Kept {
    state: Mutex<State>,
    lanes: [Mutex<()>; LANES],
}

impl Default for Kept {
    fn default() -> Self {
        Self { state: Mutex::default(), lanes: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Kept {
    /// The answer kept at this head, or the one `ask` gives. Callers with the same question at the same time ask once.
    pub(crate) fn answer(&self, head: HeadId, sql: &str, params: &[Value], ask: impl FnOnce() -> Result<Vec<Row>>) -> Result<Arc<[Row]>> {
        let key = key(sql, params);
        if let Some(found) = self.get(head, &key) {
            return Ok(found);
        }
        let _lane = held(&self.lanes[usize::from(key[0]) % LANES]);
        if let Some(found) = self.get(head, &key) {
            return Ok(found);
        }
        let rows: Arc<[Row]> = ask()?.into();
        self.put(head, key, &rows);
        Ok(rows)
    }

    fn get(&self, head: HeadId, key: &[u8; 32]) -> Option<Arc<[Row]>> {
        let state = held(&self.state);
        if state.head == head { state.answers.get(key).cloned() } else { None }
    }

    fn put(&self, head: HeadId, key: [u8; 32], rows: &Arc<[Row]>) {
        let mut state = held(&self.state);
        if state.head != head {
            // a reader whose snapshot is older than what is kept must not throw the newer answers away
            if head.size < state.head.size {
                return;
            }
            *state = State { head, ..State::default() };
        }
        let values = rows.iter().map(|r| r.values.len()).sum::<usize>() + 1;
        if state.values + values <= MOST_VALUES && state.answers.insert(key, Arc::clone(rows)).is_none() {
            state.values += values;
        }
    }
}

fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    // under the state's lock nothing panics; a lane holds nothing
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Different questions have different keys: every part says its kind and length.
fn key(sql: &str, params: &[Value]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(sql.len() + 32 * params.len());
    let mut part = |kind: u8, b: &[u8]| {
        bytes.push(kind);
        bytes.extend((b.len() as u64).to_be_bytes());
        bytes.extend_from_slice(b);
    };
    part(0, sql.as_bytes());
    for p in params {
        match p {
            Value::Null => part(1, &[]),
            Value::Int(n) => part(2, &n.to_be_bytes()),
            Value::Real(x) => part(3, &x.to_bits().to_be_bytes()),
            Value::Text(t) => part(4, t.as_bytes()),
            Value::Bytes(b) => part(5, b),
        }
    }
    ledger::sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: i64) -> Vec<Row> {
        vec![Row { columns: Arc::new(["n".to_owned()]), values: vec![n.into()] }]
    }

    fn asked(kept: &Kept, size: i64, q: &str, now: i64) -> i64 {
        let head = HeadId { size, hash: [u8::try_from(size).unwrap(); 32] };
        kept.answer(head, q, &[], || Ok(rows(now))).unwrap()[0].get(0).unwrap()
    }

    #[test]
    fn an_answer_lives_as_long_as_its_head() {
        let kept = Kept::default();
        assert_eq!([asked(&kept, 5, "a", 1), asked(&kept, 5, "a", 2), asked(&kept, 5, "b", 3)], [1, 1, 3]);
        assert_eq!([asked(&kept, 6, "a", 4), asked(&kept, 6, "a", 5)], [4, 4], "one more leaf: asked again");
        assert_eq!([asked(&kept, 5, "a", 6), asked(&kept, 6, "a", 7)], [6, 4], "an old snapshot hears its own and spoils nothing");
        let other = HeadId { size: 6, hash: [99; 32] };
        assert_eq!(kept.answer(other, "a", &[], || Ok(rows(8))).unwrap()[0].get::<i64>(0).unwrap(), 8, "same size, another log");
        assert!(kept.answer(other, "c", &[], || Err(crate::Error::internal("x"))).is_err());
        assert_eq!(asked(&kept, 6, "c", 9), 9, "an error is not kept");
    }

    #[test]
    fn it_stays_small_and_keys_are_not_mixed_up() {
        let kept = Kept::default();
        let big: Vec<Row> = (0..60_000).flat_map(rows).collect();
        let head = HeadId { size: 1, hash: [1; 32] };
        for q in ["a", "b", "c"] {
            assert_eq!(kept.answer(head, q, &[], || Ok(big.clone())).unwrap().len(), 60_000);
        }
        let state = held(&kept.state);
        assert_eq!((state.answers.len(), state.values <= MOST_VALUES), (1, true));
        let t = |s: &str| Value::Text(s.into());
        let keys = [
            key("q", &[t("a"), t("b")]),
            key("q", &[t("ab"), t("")]),
            key("q", &[Value::Int(0)]),
            key("q", &[Value::Real(0.0)]),
            key("q", &[Value::Null]),
            key("q", &[Value::Bytes(b"ab".to_vec()), t("")]),
        ];
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn the_same_question_at_the_same_time_is_asked_once() {
        let (kept, count) = (Kept::default(), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    kept.answer(HeadId::default(), "slow", &[], || {
                        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        Ok(rows(1))
                    })
                });
            }
        });
        assert_eq!(count.into_inner(), 1);
    }
}
