//! The store: open, read, write. SQLite has one writer with group commit; PostgreSQL a pool.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::kept::Kept;
use crate::pg::{PgAddress, PgConn};
use crate::pool::Pool;
use crate::proof::Subtrees;
use crate::sqlite::SqliteConn;
use crate::tx::{Conn, Head};
use crate::writer::{Inbox, Stats, Writer, caught, closed, job};
use crate::{Clock, Engine, Error, Ids, Result, Tx};

/// Connections of a process to PostgreSQL: this many for reading and as many for writing.
const PG_CONNECTIONS: usize = 8;

/// The instance's database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    url: String,
    closed: AtomicBool,
    stats: Arc<Stats>,
    kept: Arc<Kept>,
    subtrees: Subtrees,
    back: Back,
}

enum Back {
    Sqlite { path: PathBuf, writer: Mutex<Option<Writer>>, readers: Pool<SqliteConn> },
    Pg { address: Box<PgAddress>, readers: Pool<PgConn>, writers: Pool<PgConn> },
}

impl Store {
    /// Opens `sqlite:PATH`, a bare path, or `postgres://…[?schema=name]`, and makes the store's own tables.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the file or server cannot be reached, [`Error::BadRequest`] for an address of another kind.
    pub fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let stats = Arc::<Stats>::default();
        let back = match sqlite_path(url)? {
            None => {
                let address = Box::new(PgAddress::parse(url)?);
                address.prepare()?;
                Back::Pg { address, readers: Pool::new(PG_CONNECTIONS), writers: Pool::new(PG_CONNECTIONS) }
            }
            Some(path) => {
                let conn = SqliteConn::open(&path, true)?;
                let writer = Writer::spawn(conn, Arc::clone(&clock), Arc::clone(&ids), Arc::clone(&stats))?;
                let cores = std::thread::available_parallelism().map_or(2, usize::from);
                Back::Sqlite { path, writer: Mutex::new(Some(writer)), readers: Pool::new(cores + 2) }
            }
        };
        let store = Self {
            inner: Arc::new(Inner {
                clock,
                ids,
                url: url.to_owned(),
                closed: AtomicBool::new(false),
                stats,
                kept: Arc::default(),
                subtrees: Subtrees::default(),
                back,
            }),
        };
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
    /// How the way to a PostgreSQL server is encrypted, in Vietnamese, for `lachan doctor`; `None` for a file. Asks the server.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn encryption(&self) -> Result<Option<String>> {
        match &self.inner.back {
            Back::Sqlite { .. } => Ok(None),
            Back::Pg { address, .. } => address.encryption().map(Some),
        }
    }
    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }
    /// The injected randomness.
    pub(crate) fn ids(&self) -> &Arc<dyn Ids> {
        &self.inner.ids
    }
    /// What proofs of the ledger need not read again.
    pub(crate) fn subtrees(&self) -> &Subtrees {
        &self.inner.subtrees
    }
    pub(crate) fn stats(&self) -> &Stats {
        &self.inner.stats
    }
    /// Jobs waiting for the writer.
    pub fn queued(&self) -> usize {
        self.inner.stats.queued.load(Ordering::Relaxed)
    }

    /// Runs `f` in a transaction; on disk when it returns `Ok`.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        match &self.inner.back {
            Back::Sqlite { .. } => {
                let inbox = self.inbox()?;
                let (job, answer) = job(f);
                if let Some(job) = inbox.try_put(job)? {
                    // the queue is full: wait off the async threads
                    tokio::task::spawn_blocking(move || inbox.put(job)).await.map_err(Error::internal)??;
                } else {
                    // an idle sender would keep the writer from ending
                    drop(inbox);
                }
                answer.await.map_err(|_| closed())?
            }
            Back::Pg { .. } => {
                let store = self.clone();
                tokio::task::spawn_blocking(move || store.pg(false, f)).await.map_err(Error::internal)?
            }
        }
    }
    /// [`Store::write`] for code without a runtime. Never call it on an async thread: it would stop that thread, and panics.
    pub fn write_blocking<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        match &self.inner.back {
            Back::Sqlite { .. } => {
                let (job, answer) = job(f);
                self.inbox()?.put(job)?;
                answer.blocking_recv().map_err(|_| closed())?
            }
            Back::Pg { .. } => self.pg(false, f),
        }
    }
    /// Runs `f` in a snapshot that refuses writes.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_blocking(f)).await.map_err(Error::internal)?
    }
    /// [`Store::read`] for code without a runtime. Never call it on an async thread.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let Back::Sqlite { path, readers, .. } = &self.inner.back else { return self.pg(true, f) };
        let (_permit, idle) = readers.take()?;
        let mut conn = match idle {
            Some(c) => c,
            None => SqliteConn::open(path, false)?,
        };
        conn.begin("BEGIN DEFERRED")?;
        let result = self.run(Conn::Sqlite(&mut conn), &mut Head::default(), true, f);
        // nothing was written: the commit only ends the snapshot
        if conn.end(Ok(())).is_ok() && !self.is_closed() {
            readers.put(conn);
        }
        result
    }
    /// After much was written at once: the database takes new statistics, so that the first reader has good plans already.
    /// Nothing depends on it.
    pub fn settle(&self) -> Result<()> {
        match &self.inner.back {
            // 0x10000: also tables that nobody has read yet; open connections read statistics with the schema only, so it is touched
            Back::Sqlite { path, .. } => SqliteConn::open(path, true)?.batch(
                "PRAGMA analysis_limit = 2000; PRAGMA optimize = 0x10002; \
                 BEGIN IMMEDIATE; CREATE TABLE statistics_are_new (x); DROP TABLE statistics_are_new; COMMIT",
            ),
            Back::Pg { address, .. } => {
                // by name: other schemas of the database are not ours; outside of a transaction, as VACUUM must be
                let tables = self.read_blocking(crate::copy::tables)?;
                let list: Vec<String> = tables.iter().map(|t| format!("\"{t}\"")).collect();
                if list.is_empty() { Ok(()) } else { address.connect()?.batch(&format!("VACUUM (ANALYZE) {}", list.join(", "))) }
            }
        }
    }
    /// One transaction that may borrow, on a connection of its own; for copying a whole instance.
    pub(crate) fn write_alone<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let Back::Sqlite { path, .. } = &self.inner.back else { return self.pg(false, f) };
        let mut conn = SqliteConn::open(path, true)?;
        conn.begin("BEGIN IMMEDIATE")?;
        let result = self.run(Conn::Sqlite(&mut conn), &mut Head::default(), false, f);
        let done = conn.end(result.as_ref().map(drop).map_err(Error::internal));
        result.and_then(|t| done.map(|()| t))
    }
    /// Stops the writer after what it has taken and lets the files go. Later writes are refused. Dropping the last handle
    /// does the same.
    pub fn close(&self) {
        self.inner.close();
    }

    fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::SeqCst)
    }

    fn run<T>(&self, conn: Conn<'_>, head: &mut Head, read_only: bool, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let kept = read_only.then(|| Arc::clone(&self.inner.kept));
        let mut tx = Tx { conn, head, now: self.inner.clock.now(), ids: Arc::clone(&self.inner.ids), read_only, kept };
        let done = caught(&mut tx, f)?;
        if !read_only {
            tx.alive()?;
            tx.flush_head()?;
        }
        Ok(done)
    }

    fn inbox(&self) -> Result<Inbox> {
        let Back::Sqlite { writer, .. } = &self.inner.back else { return Err(Error::internal("no writer on PostgreSQL")) };
        let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map(|w| w.inbox(&self.inner.stats)).ok_or_else(closed)
    }

    fn pg<T>(&self, read_only: bool, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let Back::Pg { address, readers, writers } = &self.inner.back else { return Err(Error::internal("not PostgreSQL")) };
        if !read_only && self.is_closed() {
            return Err(closed());
        }
        let pool = if read_only { readers } else { writers };
        let (_permit, idle) = pool.take()?;
        let begun = self.pg_begin(address, pool, idle, read_only);
        let mut conn = match begun {
            Ok(c) => c,
            Err(e) => return Err(self.pg_heard(read_only, e)),
        };
        let result = self.run(Conn::Pg(&mut conn), &mut Head::default(), read_only, f);
        // a connection that cannot end its transaction is not used again
        let (result, healthy) = match result {
            Ok(done) => match conn.commit() {
                Ok(()) => (Ok(done), true),
                Err(e) => (Err(e), false),
            },
            Err(e) => (Err(e), conn.rollback().is_ok()),
        };
        if healthy && !self.is_closed() {
            pool.put(conn);
        } else {
            hang_up([vec![conn], vec![]]);
        }
        match result {
            Ok(done) => {
                if !read_only {
                    self.inner.stats.heard(&Ok(()), self.inner.clock.now());
                }
                Ok(done)
            }
            Err(e @ Error::Unavailable(_)) => Err(self.pg_heard(read_only, e)),
            Err(e) => Err(e),
        }
    }

    /// A connection with an open transaction. One that the server closed meanwhile is dropped, not reported.
    fn pg_begin(&self, address: &PgAddress, pool: &Pool<PgConn>, mut idle: Option<PgConn>, read_only: bool) -> Result<PgConn> {
        while let Some(mut c) = idle.take() {
            if c.begin(read_only).is_ok() {
                return Ok(c);
            }
            idle = pool.idle();
        }
        let mut c = address.connect()?;
        c.begin(read_only)?;
        Ok(c)
    }

    fn pg_heard(&self, read_only: bool, e: Error) -> Error {
        if read_only {
            return e;
        }
        let state = Err(e);
        self.inner.stats.heard(&state, 0);
        match state {
            Err(e) => e,
            Ok(()) => closed(),
        }
    }
}

/// The file meant by an address; `None` for PostgreSQL.
pub(crate) fn sqlite_path(url: &str) -> Result<Option<PathBuf>> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(None);
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if path.is_empty() || path.contains("://") || path == ":memory:" {
        return Err(Error::BadRequest(format!(
            "Không hiểu địa chỉ cơ sở dữ liệu «{path}». Dùng đường dẫn tệp, sqlite:ĐƯỜNG_DẪN hoặc postgres://…"
        )));
    }
    Ok(Some(PathBuf::from(path)))
}

/// Closing a connection waits for the server, which an async thread may not: it is done beside it.
fn hang_up(conns: [Vec<PgConn>; 2]) {
    if conns.iter().all(Vec::is_empty) {
        return;
    }
    if tokio::runtime::Handle::try_current().is_err() {
        drop(conns);
    } else if let Ok(thread) = std::thread::Builder::new().name("store-hang-up".into()).spawn(move || drop(conns)) {
        let _ = thread.join();
    }
}

impl Inner {
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        match &self.back {
            Back::Sqlite { writer, readers, .. } => {
                drop(readers.drain());
                let stopping = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(w) = stopping {
                    w.stop();
                }
            }
            Back::Pg { readers, writers, .. } => hang_up([readers.drain(), writers.drain()]),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
