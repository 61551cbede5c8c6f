//! Answers to slow questions about registers, kept while the registers they come from do not change.
//!
//! A figure over 60,000 people takes a good part of a second to count; fifty people who open the same page want the same
//! figure, and between two looks somebody has changed one record. The ledger tells what changed: an answer is good at a head
//! of the ledger as long as no leaf of its registers came since, and when few did, whoever asks may mend it ([`Changed`]).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tx::{Row, Tx};
use crate::{Result, Value};

/// Values kept at most (a few megabytes); then those go that were not asked for longest.
const MOST_VALUES: usize = 400_000;
/// Answers of the largest size that fit whatever they take: all figures of a country are asked together.
const OF_LARGEST: usize = 64;
/// No more values than these (some hundred megabytes).
const BOUND: usize = 6_000_000;
/// Changes remembered one by one; an answer older than all of them is asked anew.
const MOST_CHANGES: usize = 2_000;
/// Leaves read to follow the ledger; after more (an import) everything is asked anew.
const MOST_LEAVES: i64 = 20_000;
/// Questions being asked at a time, at most; two that fall into one lane wait for each other.
const LANES: usize = 32;

/// A question whose answer comes from some registers only.
pub struct Question<'q> {
    /// Text; `$1` is `params[0]`.
    pub sql: &'q str,
    /// Parameters. They and the text tell one question from another: day, scope and settings must be in them.
    pub params: &'q [Value],
    /// All registers the answer depends on.
    pub registers: &'q [&'q str],
}

/// A record changed since an answer was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its register.
    pub register: String,
    /// Its id.
    pub record: String,
    /// Canonical JSON as it was when the answer was given; `None` when there was no such record.
    pub before: Option<String>,
}

/// A state of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct HeadId {
    /// Leaves.
    size: i64,
    /// SHA-256 of the frontier: two logs of one size differ in it.
    hash: [u8; 32],
}

/// The ledger as far as it was followed.
#[derive(Default)]
struct Log {
    head: HeadId,
    /// Hash of its last leaf: a longer log that has another one there is another log.
    last_leaf: Vec<u8>,
    /// By register: number of its newest leaf.
    newest: HashMap<String, i64>,
    /// Newest changes: leaf number, register, record.
    recent: VecDeque<(i64, String, String)>,
    /// All changes from this leaf on are in `recent`.
    floor: i64,
    /// Size at which following began; an answer from before is of no use.
    base: i64,
}

struct Answer {
    /// Size of the ledger at which it was last known to be right.
    size: i64,
    rows: Arc<[Row]>,
    used: u64,
}

#[derive(Default)]
struct State {
    log: Log,
    values: usize,
    /// Values of the largest answer so far: how big this instance is.
    largest: usize,
    clock: u64,
    answers: HashMap<[u8; 32], Answer>,
}

/// What is known about a question at a head.
enum Known {
    /// The answer.
    Now(Arc<[Row]>),
    /// An answer of before, and what changed of its registers since.
    Before(Arc<[Row]>, i64, Vec<(String, String)>),
    /// Nothing of use.
    Nothing,
    /// The snapshot is older than what is kept: others must not be given what it sees.
    Older,
}

/// The answers of one store.
pub(crate) struct Kept {
    state: Mutex<State>,
    lanes: [Mutex<()>; LANES],
}

impl Default for Kept {
    fn default() -> Self {
        Self { state: Mutex::default(), lanes: std::array::from_fn(|_| Mutex::default()) }
    }
}

/// Mends an answer by what changed; `None` = ask in full.
pub type Mend<'m> = &'m mut dyn FnMut(&mut Tx, &[Row], &[Changed]) -> Result<Option<Vec<Row>>>;

impl Kept {
    /// The answer as the snapshot of `tx` gives it. Callers with the same question at the same time ask once.
    pub(crate) fn answer(&self, tx: &mut Tx, q: &Question<'_>, mend: Mend<'_>) -> Result<Arc<[Row]>> {
        let key = key(q.sql, q.params);
        let Some(head) = self.follow(tx)? else { return tx.query(q.sql, q.params).map(Into::into) };
        if let Known::Now(rows) = self.known(head, &key, q.registers) {
            return Ok(rows);
        }
        let _lane = held(&self.lanes[usize::from(key[0]) % LANES]);
        let rows: Arc<[Row]> = match self.known(head, &key, q.registers) {
            Known::Now(rows) => return Ok(rows),
            Known::Older => return tx.query(q.sql, q.params).map(Into::into),
            Known::Nothing => tx.query(q.sql, q.params)?.into(),
            Known::Before(rows, size, changes) => {
                let changed = befores(tx, size, changes)?;
                match mend(tx, &rows, &changed)? {
                    Some(mended) => mended.into(),
                    None => tx.query(q.sql, q.params)?.into(),
                }
            }
        };
        self.put(head, key, &rows);
        Ok(rows)
    }

    /// Reads what came to the ledger since the last look; the head of this snapshot, `None` without a ledger.
    fn follow(&self, tx: &mut Tx) -> Result<Option<HeadId>> {
        let Some(row) = tx.query_opt("SELECT size, frontier FROM ledger_head WHERE id = 1", &[])? else { return Ok(None) };
        let head = HeadId { size: row.get(0)?, hash: ledger::sha256(&row.get::<Vec<u8>>(1)?) };
        let mut state = held(&self.state);
        if state.log.head == head || head.size < state.log.head.size {
            return Ok(Some(head));
        }
        let from = state.log.head.size;
        let mut leaves = Vec::new();
        if from > 0 && head.size > from && head.size - from <= MOST_LEAVES {
            let sql = "SELECT seq, register, record, leaf, action FROM ledger_leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq";
            leaves = tx.query(sql, &[(from - 1).into(), head.size.into()])?;
        }
        let follows = match leaves.first() {
            Some(first) => first.get::<Vec<u8>>(3)? == state.log.last_leaf,
            None => false,
        };
        if follows {
            for r in &leaves[1..] {
                // who looks changes nothing
                if r.get::<String>(4)? != "unmask" {
                    state.log.note(r.get(0)?, r.get(1)?, r.get(2)?);
                }
            }
        } else {
            *state = State { log: Log { floor: head.size, base: head.size, ..Log::default() }, clock: state.clock, ..State::default() };
        }
        state.log.last_leaf = match leaves.last() {
            Some(last) if follows => last.get(3)?,
            _ => match tx.query_opt("SELECT leaf FROM ledger_leaf WHERE seq = $1", &[(head.size - 1).into()])? {
                Some(r) => r.get(0)?,
                None => Vec::new(),
            },
        };
        state.log.head = head;
        Ok(Some(head))
    }

    fn known(&self, head: HeadId, key: &[u8; 32], registers: &[&str]) -> Known {
        let mut state = held(&self.state);
        let State { log, answers, clock, .. } = &mut *state;
        if log.head != head {
            return Known::Older;
        }
        let Some(a) = answers.get_mut(key) else { return Known::Nothing };
        *clock += 1;
        a.used = *clock;
        if registers.iter().all(|r| log.newest.get(*r).is_none_or(|seq| *seq < a.size)) {
            a.size = head.size;
            return Known::Now(Arc::clone(&a.rows));
        }
        if a.size < log.floor {
            return Known::Nothing;
        }
        let since = log.recent.iter().rev().take_while(|c| c.0 >= a.size).filter(|c| registers.contains(&c.1.as_str()));
        let mut changed: Vec<(String, String)> = since.map(|c| (c.1.clone(), c.2.clone())).collect();
        changed.sort();
        changed.dedup();
        Known::Before(Arc::clone(&a.rows), a.size, changed)
    }

    fn put(&self, head: HeadId, key: [u8; 32], rows: &Arc<[Row]>) {
        let mut state = held(&self.state);
        // somebody followed the ledger further meanwhile: the answer is right at its own size, if the log is still the same
        let log = &state.log;
        if head.size < log.base || head.size > log.head.size || (head.size == log.head.size && head != log.head) {
            return;
        }
        let values = size_of_answer(rows);
        if values > MOST_VALUES {
            return;
        }
        state.largest = state.largest.max(values);
        state.clock += 1;
        let answer = Answer { size: head.size, rows: Arc::clone(rows), used: state.clock };
        if let Some(old) = state.answers.insert(key, answer) {
            state.values -= size_of_answer(&old.rows);
        }
        state.values += values;
        if state.values > state.most() {
            state.forget();
        }
    }
}

impl State {
    fn most(&self) -> usize {
        (self.largest * OF_LARGEST).clamp(MOST_VALUES, BOUND)
    }
    /// The half that was not asked for longest goes.
    fn forget(&mut self) {
        let mut by_use: BTreeMap<u64, [u8; 32]> = self.answers.iter().map(|(k, a)| (a.used, *k)).collect();
        while self.values > self.most() / 2 {
            let Some((_, key)) = by_use.pop_first() else { break };
            if let Some(a) = self.answers.remove(&key) {
                self.values -= size_of_answer(&a.rows);
            }
        }
    }
}

impl Log {
    fn note(&mut self, seq: i64, register: String, record: String) {
        self.newest.insert(register.clone(), seq);
        self.recent.push_back((seq, register, record));
        if self.recent.len() > MOST_CHANGES
            && let Some((gone, _, _)) = self.recent.pop_front()
        {
            self.floor = gone + 1;
        }
    }
}

fn size_of_answer(rows: &[Row]) -> usize {
    rows.iter().map(|r| r.values.len()).sum::<usize>() + 1
}

/// The records as they were when the ledger had `size` leaves.
fn befores(tx: &mut Tx, size: i64, changes: Vec<(String, String)>) -> Result<Vec<Changed>> {
    let sql =
        "SELECT body FROM ledger_leaf WHERE register = $1 AND record = $2 AND seq < $3 AND action <> 'unmask' ORDER BY seq DESC LIMIT 1";
    let mut one = |(register, record): (String, String)| {
        let before = match tx.query_opt(sql, &[register.as_str().into(), record.as_str().into(), size.into()])? {
            Some(r) => r.get(0)?,
            None => None,
        };
        Ok(Changed { register, record, before })
    };
    changes.into_iter().map(&mut one).collect()
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
#[path = "kept_tests.rs"]
mod tests;
