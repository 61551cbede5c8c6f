//! The store: open, read, write. SQLite has one writer with group commit; PostgreSQL a pool.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::pg::PgConn;
use crate::sqlite::SqliteConn;
use crate::tx::{Conn, Head};
use crate::{Clock, Engine, Error, Ids, Result, Tx};

/// The instance's database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    url: String,
    back: Back,
}

enum Back {
    Sqlite { path: PathBuf, writer: Mutex<Option<Writer>>, readers: Mutex<Vec<SqliteConn>>, queued: Arc<AtomicUsize> },
    Pg { url: String, idle: Mutex<Vec<PgConn>> },
}

struct Writer {
    jobs: SyncSender<Box<dyn Job>>,
    thread: JoinHandle<()>,
}

/// A job of the writer: runs inside its savepoint, then hears whether the group's commit reached the disk.
trait Job: Send {
    /// `true` = keep the savepoint.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Called after the commit (or its failure).
    fn answer(self: Box<Self>, committed: Result<(), Error>);
}

struct Typed<T, F> {
    work: Option<F>,
    result: Option<Result<T>>,
    reply: Option<tokio::sync::oneshot::Sender<Result<T>>>,
}

impl<T: Send, F: FnOnce(&mut Tx) -> Result<T> + Send> Job for Typed<T, F> {
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(work) = self.work.take() else { return false };
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(tx)));
        let done = done.unwrap_or_else(|p| Err(Error::Internal(format!("panic: {}", panic_text(&*p)))));
        let keep = done.is_ok();
        self.result = Some(done);
        keep
    }
    fn answer(mut self: Box<Self>, committed: Result<(), Error>) {
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

fn panic_text(p: &(dyn std::any::Any + Send)) -> String {
    p.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| p.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Jobs that may wait for the writer; more wait in their callers.
const QUEUE: usize = 1024;
/// Most jobs that share one commit.
const GROUP: usize = 256;

impl Store {
    /// Opens `sqlite:PATH`, a bare path, or `postgres://…[?schema=name]`, and makes the store's own tables.
    pub fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let back = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Back::Pg { url: url.to_owned(), idle: Mutex::default() }
        } else {
            let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
            let conn = SqliteConn::open(&path, true)?;
            let queued = Arc::new(AtomicUsize::new(0));
            let writer = spawn_writer(conn, Arc::clone(&clock), Arc::clone(&ids), Arc::clone(&queued))?;
            Back::Sqlite { path, writer: Mutex::new(Some(writer)), readers: Mutex::default(), queued }
        };
        let store = Self { inner: Arc::new(Inner { clock, ids, url: url.to_owned(), back }) };
        crate::migrate::bootstrap(&store)?;
        Ok(store)
    }
    /// Engine behind the door.
    pub fn engine(&self) -> Engine {
        match self.inner.back {
            Back::Sqlite { .. } => Engine::Sqlite,
            Back::Pg { .. } => Engine::Postgres,
        }
    }
    /// Address it was opened with.
    pub fn url(&self) -> &str {
        &self.inner.url
    }
    /// File of a SQLite instance.
    pub fn path(&self) -> Option<&Path> {
        match &self.inner.back {
            Back::Sqlite { path, .. } => Some(path),
            Back::Pg { .. } => None,
        }
    }
    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }
    /// Jobs waiting for the writer.
    pub fn queued(&self) -> usize {
        match &self.inner.back {
            Back::Sqlite { queued, .. } => queued.load(Ordering::Relaxed),
            Back::Pg { .. } => 0,
        }
    }

    /// Runs `f` in a transaction; on disk when it returns `Ok`.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        match &self.inner.back {
            Back::Sqlite { .. } => {
                let (tx, rx) = tokio::sync::oneshot::channel();
                let job = Box::new(Typed { work: Some(f), result: None, reply: Some(tx) });
                match self.try_enqueue(job)? {
                    None => {}
                    Some(job) => {
                        // the queue is full: wait off the async threads
                        let store = self.clone();
                        tokio::task::spawn_blocking(move || store.enqueue(job)).await.map_err(Error::internal)??;
                    }
                }
                rx.await.map_err(|_| closed())?
            }
            Back::Pg { .. } => {
                let store = self.clone();
                tokio::task::spawn_blocking(move || store.pg(false, f)).await.map_err(Error::internal)?
            }
        }
    }
    /// [`Store::write`] for code without a runtime (not from inside one on PostgreSQL).
    pub fn write_blocking<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        match &self.inner.back {
            Back::Sqlite { .. } => {
                let (tx, rx) = tokio::sync::oneshot::channel();
                self.enqueue(Box::new(Typed { work: Some(f), result: None, reply: Some(tx) }))?;
                rx.blocking_recv().map_err(|_| closed())?
            }
            Back::Pg { .. } => self.pg(false, f),
        }
    }
    /// Runs `f` in a snapshot that refuses writes.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_blocking(f)).await.map_err(Error::internal)?
    }
    /// [`Store::read`] for code without a runtime.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        match &self.inner.back {
            Back::Sqlite { path, readers, .. } => {
                let pooled = readers.lock().map_err(Error::internal)?.pop();
                let mut conn = match pooled {
                    Some(c) => c,
                    None => SqliteConn::open(path, false)?,
                };
                conn.batch("BEGIN DEFERRED")?;
                let result = self.run(Conn::Sqlite(&mut conn), &mut Head::default(), true, f);
                if conn.batch("ROLLBACK").is_ok() {
                    let mut pool = readers.lock().map_err(Error::internal)?;
                    if pool.len() < 16 {
                        pool.push(conn);
                    }
                }
                result
            }
            Back::Pg { .. } => self.pg(true, f),
        }
    }
    /// Reads outside any transaction (statements that refuse one).
    pub(crate) fn read_outside<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let Back::Sqlite { path, .. } = &self.inner.back else { return Err(Error::internal("not SQLite")) };
        let mut conn = SqliteConn::open(path, true)?;
        self.run(Conn::Sqlite(&mut conn), &mut Head::default(), false, f)
    }
    /// Stops the writer after what it has taken. Later writes are refused.
    pub fn close(&self) {
        if let Back::Sqlite { writer, .. } = &self.inner.back
            && let Ok(mut w) = writer.lock()
            && let Some(w) = w.take()
        {
            drop(w.jobs);
            let _ = w.thread.join();
        }
    }

    fn run<T>(&self, conn: Conn<'_>, head: &mut Head, read_only: bool, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let mut tx = Tx { conn, head, now: self.inner.clock.now(), ids: Arc::clone(&self.inner.ids), read_only };
        std::panic::catch_unwind(AssertUnwindSafe(|| f(&mut tx))).unwrap_or_else(|p| Err(Error::Internal(format!("panic: {}", panic_text(&*p)))))
    }

    fn sender(&self) -> Result<SyncSender<Box<dyn Job>>> {
        match &self.inner.back {
            Back::Sqlite { writer, queued, .. } => {
                let w = writer.lock().map_err(Error::internal)?;
                let jobs = w.as_ref().map(|w| w.jobs.clone()).ok_or_else(closed)?;
                queued.fetch_add(1, Ordering::Relaxed);
                Ok(jobs)
            }
            Back::Pg { .. } => Err(Error::internal("no writer on PostgreSQL")),
        }
    }
    fn enqueue(&self, job: Box<dyn Job>) -> Result<()> {
        self.sender()?.send(job).map_err(|_| closed())
    }
    fn try_enqueue(&self, job: Box<dyn Job>) -> Result<Option<Box<dyn Job>>> {
        match self.sender()?.try_send(job) {
            Ok(()) => Ok(None),
            Err(std::sync::mpsc::TrySendError::Full(job)) => Ok(Some(job)),
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => Err(closed()),
        }
    }

    fn pg<T>(&self, read_only: bool, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let Back::Pg { url, idle } = &self.inner.back else { return Err(Error::internal("not PostgreSQL")) };
        let mut conn = loop {
            let pooled = idle.lock().map_err(Error::internal)?.pop();
            match pooled {
                // a connection the server closed meanwhile is dropped, not reported
                Some(mut c) => {
                    if !c.client.is_closed() && c.batch(begin(read_only)).is_ok() {
                        break c;
                    }
                }
                None => {
                    let mut c = PgConn::open(url)?;
                    c.batch(begin(read_only))?;
                    break c;
                }
            }
        };
        let mut head = Head::default();
        let mut result = self.run(Conn::Pg(&mut conn), &mut head, read_only, f);
        if result.is_ok() && head.dirty {
            let flushed = self.run(Conn::Pg(&mut conn), &mut head, false, |tx| tx.flush_head());
            if let Err(e) = flushed {
                result = Err(e);
            }
        }
        let end = conn.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" });
        if end.is_ok() {
            let mut pool = idle.lock().map_err(Error::internal)?;
            if pool.len() < 16 {
                pool.push(conn);
            }
        } else if result.is_ok() {
            end?;
        }
        result
    }
}

fn begin(read_only: bool) -> &'static str {
    if read_only { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" }
}

fn closed() -> Error {
    Error::Unavailable("Máy chủ đang dừng, lần ghi này chưa được lưu. Thử lại sau ít giây.".into())
}

fn spawn_writer(mut conn: SqliteConn, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, queued: Arc<AtomicUsize>) -> Result<Writer> {
    let (jobs, inbox) = sync_channel::<Box<dyn Job>>(QUEUE);
    let thread = std::thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || {
            while let Ok(first) = inbox.recv() {
                group(&mut conn, first, &inbox, &clock, &ids, &queued);
            }
            let _ = conn.batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
        })
        .map_err(Error::internal)?;
    Ok(Writer { jobs, thread })
}

/// One commit: the first job and whatever else has arrived, each in its savepoint.
fn group(conn: &mut SqliteConn, first: Box<dyn Job>, inbox: &Receiver<Box<dyn Job>>, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>, queued: &AtomicUsize) {
    let mut head = Head::default();
    let mut done: Vec<Box<dyn Job>> = Vec::new();
    let begun = conn.batch("BEGIN IMMEDIATE");
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        queued.fetch_sub(1, Ordering::Relaxed);
        if begun.is_ok() {
            one(conn, &mut *job, &mut head, clock, ids);
        }
        done.push(job);
        if done.len() < GROUP {
            next = inbox.try_recv().ok();
        }
    }
    let mut committed = begun;
    if committed.is_ok() {
        let mut tx = Tx { conn: Conn::Sqlite(conn), head: &mut head, now: clock.now(), ids: Arc::clone(ids), read_only: false };
        committed = tx.flush_head();
        if committed.is_ok() {
            committed = conn.batch("COMMIT");
        }
        if committed.is_err() {
            // SQLite may have rolled back by itself (disk full); a second ROLLBACK then only says so
            let _ = conn.batch("ROLLBACK");
        }
    }
    for job in done {
        let heard = committed.as_ref().map(|()| ()).map_err(repeat);
        job.answer(heard);
    }
}

fn one(conn: &mut SqliteConn, job: &mut dyn Job, head: &mut Head, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>) {
    let before = head.clone();
    if conn.batch("SAVEPOINT job").is_err() {
        return;
    }
    let keep = job.run(&mut Tx { conn: Conn::Sqlite(conn), head, now: clock.now(), ids: Arc::clone(ids), read_only: false });
    if keep {
        let _ = conn.batch("RELEASE job");
    } else {
        *head = before;
        let _ = conn.batch("ROLLBACK TO job; RELEASE job");
    }
}

/// The same failure, for every job of the group.
fn repeat(e: &Error) -> Error {
    match e {
        Error::Unavailable(m) => Error::Unavailable(m.clone()),
        other => Error::Internal(other.to_string()),
    }
}
