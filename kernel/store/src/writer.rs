//! The one writer of a SQLite instance: jobs that wait together share one commit.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::sqlite::SqliteConn;
use crate::tx::{Conn, Head};
use crate::{Clock, Error, Ids, Result, Tx};

/// Jobs that may wait for the writer; more wait in their callers.
const QUEUE: usize = 1024;
/// Most jobs that share one commit.
const GROUP: usize = 256;

/// What is known of writing, for [`crate::Health`].
#[derive(Default)]
pub(crate) struct Stats {
    pub(crate) queued: AtomicUsize,
    /// µs UTC; 0 = none since opening.
    pub(crate) last_commit: AtomicI64,
    fault: Mutex<Option<String>>,
}

impl Stats {
    /// Remembers how the last write ended.
    pub(crate) fn heard(&self, committed: &Result<()>, now: i64) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match committed {
            Ok(()) => {
                self.last_commit.store(now, Ordering::Relaxed);
                *fault = None;
            }
            Err(e) => *fault = Some(e.to_string()),
        }
    }
    /// Why the last commit failed; `None` when it did not.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Handle of the writer thread.
pub(crate) struct Writer {
    jobs: SyncSender<Box<dyn Job>>,
    thread: JoinHandle<()>,
}

/// Where jobs are put.
#[derive(Clone)]
pub(crate) struct Inbox {
    jobs: SyncSender<Box<dyn Job>>,
    stats: Arc<Stats>,
}

/// A job: runs inside its savepoint, then hears whether the group's commit reached the disk.
pub(crate) trait Job: Send {
    /// `true` = keep the savepoint.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Called after the commit (or its failure).
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Typed<T, F> {
    work: Option<F>,
    result: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
}

/// A job and the place where its answer will be.
pub(crate) fn job<T, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Typed { work: Some(work), result: None, reply: Some(reply) }), answer)
}

impl<T: Send, F: FnOnce(&mut Tx) -> Result<T> + Send> Job for Typed<T, F> {
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(work) = self.work.take() else { return false };
        let done = caught(tx, work);
        let keep = done.is_ok();
        self.result = Some(done);
        keep
    }
    fn answer(mut self: Box<Self>, committed: Result<()>) {
        let result = match (committed, self.result.take()) {
            (Ok(()), Some(r)) | (Err(_), Some(r @ Err(_))) => r,
            (Err(e), _) => Err(e),
            (Ok(()), None) => Err(Error::internal("job did not run")),
        };
        if let Some(reply) = self.reply.take() {
            // the caller may have gone away; what was acknowledged is on disk all the same
            let _ = reply.send(result);
        }
    }
}

/// Runs `f`; a panic becomes an error (the transaction is rolled back, so no half-done state is seen).
pub(crate) fn caught<T>(tx: &mut Tx, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|p| {
        let text = p.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| p.downcast_ref::<String>().cloned());
        Err(Error::Internal(format!("panic: {}", text.unwrap_or_default())))
    })
}

/// The store was closed.
pub(crate) fn closed() -> Error {
    Error::Unavailable("Máy chủ đang dừng, lần ghi này chưa được lưu. Thử lại sau ít giây.".into())
}

impl Writer {
    pub(crate) fn spawn(mut conn: SqliteConn, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, stats: Arc<Stats>) -> Result<Self> {
        let (jobs, inbox) = sync_channel::<Box<dyn Job>>(QUEUE);
        let run = move || {
            while let Ok(first) = inbox.recv() {
                group(&mut conn, first, &inbox, &clock, &ids, &stats);
            }
            // a clean end leaves one file; if this fails, the next opening does it
            let _ = conn.batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
        };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(run).map_err(Error::internal)?;
        Ok(Self { jobs, thread })
    }

    pub(crate) fn inbox(&self, stats: &Arc<Stats>) -> Inbox {
        Inbox { jobs: self.jobs.clone(), stats: Arc::clone(stats) }
    }

    /// Finishes what was taken, then ends the thread.
    pub(crate) fn stop(self) {
        drop(self.jobs);
        // a job may hold the last handle of its store: the writer cannot wait for itself
        if self.thread.thread().id() != std::thread::current().id() {
            let _ = self.thread.join();
        }
    }
}

impl Inbox {
    /// Puts a job in, waiting while the queue is full.
    pub(crate) fn put(&self, job: Box<dyn Job>) -> Result<()> {
        self.stats.queued.fetch_add(1, Ordering::Relaxed);
        self.jobs.send(job).map_err(|_| self.refused())
    }
    /// Puts a job in, or gives it back when the queue is full.
    pub(crate) fn try_put(&self, job: Box<dyn Job>) -> Result<Option<Box<dyn Job>>> {
        self.stats.queued.fetch_add(1, Ordering::Relaxed);
        match self.jobs.try_send(job) {
            Ok(()) => Ok(None),
            Err(TrySendError::Full(job)) => {
                self.stats.queued.fetch_sub(1, Ordering::Relaxed);
                Ok(Some(job))
            }
            Err(TrySendError::Disconnected(_)) => Err(self.refused()),
        }
    }
    fn refused(&self) -> Error {
        self.stats.queued.fetch_sub(1, Ordering::Relaxed);
        closed()
    }
}

/// One commit: the first job and whatever else has arrived, each in its savepoint.
fn group(
    conn: &mut SqliteConn,
    first: Box<dyn Job>,
    inbox: &Receiver<Box<dyn Job>>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
    stats: &Stats,
) {
    let mut head = Head::default();
    let mut done: Vec<Box<dyn Job>> = Vec::new();
    let mut state = conn.begin("BEGIN IMMEDIATE");
    let begun = state.is_ok();
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        stats.queued.fetch_sub(1, Ordering::Relaxed);
        if begun {
            let mut tx =
                Tx { conn: Conn::Sqlite(conn), head: &mut head, now: clock.now(), ids: Arc::clone(ids), read_only: false, kept: None };
            state = one(&mut tx, &mut *job);
        }
        done.push(job);
        // A transaction that was lost half-way takes no more jobs: they get one of their own. One that could not begin
        // tells everybody at once, since each try may wait for a lock.
        if (state.is_ok() || !begun) && done.len() < GROUP {
            next = inbox.try_recv().ok();
        }
    }
    if begun && state.is_ok() {
        let mut tx = Tx { conn: Conn::Sqlite(conn), head: &mut head, now: clock.now(), ids: Arc::clone(ids), read_only: false, kept: None };
        state = tx.flush_head();
    }
    if begun {
        state = conn.end(state);
    }
    stats.heard(&state, clock.now());
    if let Err(e) = &state {
        tracing::error!(jobs = done.len(), error = %e, "commit failed, nothing of this group was saved");
    }
    for job in done {
        job.answer(state.as_ref().copied().map_err(repeat));
    }
}

/// One job in its savepoint. `Err` = the whole group's transaction is gone.
fn one(tx: &mut Tx, job: &mut dyn Job) -> Result<()> {
    let before = tx.head.clone();
    tx.exec("SAVEPOINT job", &[])?;
    let keep = job.run(tx);
    // Some failures (full disk, I/O error) make SQLite roll the whole transaction back by itself. Going on would put
    // later jobs into transactions of their own, on top of ledger leaves that are gone.
    tx.alive()?;
    if !keep {
        tx.exec("ROLLBACK TO job", &[])?;
        *tx.head = before;
    }
    tx.exec("RELEASE job", &[]).map(drop)
}

/// The same failure, for every job of the group.
fn repeat(e: &Error) -> Error {
    match e {
        Error::Unavailable(m) => Error::Unavailable(m.clone()),
        other => Error::Internal(other.to_string()),
    }
}
