//! A transaction: the only thing that runs SQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::{Frontier, LeafEntry};

use crate::dialect::native_ddl;
use crate::kept::{Kept, Mend, Question};
use crate::pg::PgConn;
use crate::sqlite::SqliteConn;
use crate::{Error, FromValue, Ids, Result, Value};

/// A statement that takes longer is told in the log.
const SLOW: Duration = Duration::from_millis(100);

/// Which engine is behind the door. Only the store and schema code may care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded file, one writer with group commit.
    Sqlite,
    /// Server, any number of stateless processes.
    Postgres,
}

/// One row of an answer.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// Column by position.
    pub fn get<T: FromValue>(&self, i: usize) -> Result<T> {
        let v = self.values.get(i).ok_or_else(|| Error::internal(format!("no column {i}")))?;
        T::from_value(v).map_err(|e| Error::internal(format!("column {i}: {e}")))
    }
    /// Column by name.
    pub fn named<T: FromValue>(&self, name: &str) -> Result<T> {
        let i = self.columns.iter().position(|c| c == name).ok_or_else(|| Error::internal(format!("no column {name}")))?;
        self.get(i)
    }
    /// Names of the columns in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    /// All values in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// The connection a transaction runs on.
pub(crate) enum Conn<'a> {
    Sqlite(&'a mut SqliteConn),
    Pg(&'a mut PgConn),
}

/// Head of the ledger while a batch is open: read once, kept across savepoints, written once before the commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) frontier: Option<Frontier>,
    pub(crate) dirty: bool,
}

/// One change of one record, on its way to the ledger.
#[derive(Debug, Clone, Default)]
pub struct Change<'a> {
    /// Register id.
    pub register: &'a str,
    /// Record id.
    pub record: &'a str,
    /// Version after the change.
    pub version: i64,
    /// `create`, `update`, `transition:<id>` …
    pub action: &'a str,
    /// Account id, or `system:<what>`.
    pub who: &'a str,
    /// Reason given.
    pub reason: Option<&'a str>,
    /// Canonical JSON of the record after; `None` when it is gone.
    pub body: Option<&'a str>,
    /// SHA-256 of the body before; `None` when there was none.
    pub before: Option<[u8; 32]>,
}

/// One open transaction (or, inside group commit, one savepoint of it).
pub struct Tx<'a> {
    pub(crate) conn: Conn<'a>,
    pub(crate) head: &'a mut Head,
    pub(crate) now: i64,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) read_only: bool,
    /// Answers of other reads at the same ledger head; `None` in a write.
    pub(crate) kept: Option<Arc<Kept>>,
}

impl Tx<'_> {
    /// All rows of a query. `params[0]` is `$1`.
    pub fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        storable(params)?;
        let began = Instant::now();
        let rows = match &mut self.conn {
            Conn::Sqlite(c) => c.query(sql, params),
            Conn::Pg(c) => c.query(sql, params),
        };
        trace(sql, began, rows.as_ref().map_or(0, |r| r.len() as u64));
        rows
    }
    /// [`Tx::query`] for a slow question **about registers only**: its answer is kept and given again as long as no register it
    /// names has a new leaf in the ledger; when few records changed, `mend` may put the answer right by them. Every change of
    /// a register adds a leaf, so the answer is the one the engine would give now. In a write the engine is always asked.
    ///
    /// # Errors
    /// Those of the engine and of `mend`.
    pub fn query_kept(&mut self, q: &Question<'_>, mend: Mend<'_>) -> Result<Arc<[Row]>> {
        match self.kept.clone() {
            Some(kept) => kept.answer(self, q, mend),
            None => self.query(q.sql, q.params).map(Into::into),
        }
    }
    /// First row, if any.
    pub fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, params)?.into_iter().next())
    }
    /// Run a statement; number of rows it touched.
    pub fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        if self.read_only {
            return Err(Error::internal("write in a read transaction"));
        }
        storable(params)?;
        let began = Instant::now();
        let touched = match &mut self.conn {
            Conn::Sqlite(c) => c.exec(sql, params),
            Conn::Pg(c) => c.exec(sql, params),
        };
        trace(sql, began, *touched.as_ref().unwrap_or(&0));
        touched
    }
    /// Prepares without running: for the test that checks every statement on both engines.
    pub fn check(&mut self, sql: &str) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(c) => c.check(sql),
            Conn::Pg(c) => c.check(sql),
        }
    }
    /// Changes the schema. `sql` uses the portable types TEXT, BIGINT, DOUBLE PRECISION, BYTES; it is remembered,
    /// so that the whole schema can be made again on the other engine.
    pub fn ddl(&mut self, sql: &str) -> Result<()> {
        let native = native_ddl(sql, self.engine());
        self.exec(&native, &[])?;
        self.exec("INSERT INTO schema_object (sql, at) VALUES ($1, $2)", &[sql.into(), self.now.into()])?;
        Ok(())
    }
    /// `Err` when the open transaction can no longer be committed as a whole.
    pub(crate) fn alive(&mut self) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(c) => c.alive(),
            Conn::Pg(c) => c.alive(),
        }
    }
    /// Present instant, µs UTC; the same for the whole transaction.
    pub fn now(&self) -> i64 {
        self.now
    }
    /// A new UUIDv7.
    pub fn new_id(&self) -> String {
        crate::new_uuid_v7(self.now, &*self.ids)
    }
    /// Random bytes for tokens and salts.
    pub fn random(&self, buf: &mut [u8]) {
        self.ids.fill(buf);
    }
    /// Engine behind the door.
    pub fn engine(&self) -> Engine {
        match self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
            Conn::Pg(_) => Engine::Postgres,
        }
    }

    /// Runs `f` in a savepoint. When it fails, or always with `take_back`, nothing of it stays, leaves of the ledger
    /// included, and the transaction goes on.
    ///
    /// # Errors
    /// The outer error: the transaction itself is lost. The inner result is the answer of `f`.
    pub fn attempt<T>(&mut self, take_back: bool, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<Result<T>> {
        self.exec("SAVEPOINT attempt", &[])?;
        let before = self.head.clone();
        let answer = f(self);
        if answer.is_err() || take_back {
            self.exec("ROLLBACK TO SAVEPOINT attempt", &[])?;
            *self.head = before;
        }
        self.exec("RELEASE SAVEPOINT attempt", &[])?;
        Ok(answer)
    }

    /// Says early that this write will append a leaf. On PostgreSQL the head of the ledger is locked before any row is: two
    /// writers that took a row first and the head later would wait for each other. Called before rows are locked.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn will_append(&mut self) -> Result<()> {
        if self.head.frontier.is_none() && !self.read_only {
            self.load_head()?;
        }
        Ok(())
    }

    /// Appends one leaf, in this transaction; its number. The row is at once the record's history.
    pub fn append_change(&mut self, c: &Change<'_>) -> Result<i64> {
        self.will_append()?;
        let after = c.body.map(|b| ledger::sha256(b.as_bytes()));
        let size = self.head.frontier.as_ref().map(Frontier::size).ok_or_else(|| Error::internal("ledger head"))?;
        let leaf = LeafEntry {
            seq: size,
            register: c.register.to_owned(),
            record: c.record.to_owned(),
            version: c.version,
            action: c.action.to_owned(),
            at_micros: self.now,
            who: c.who.to_owned(),
            reason: c.reason.map(str::to_owned),
            before: c.before,
            after,
        }
        .hash();
        let seq = i64::try_from(size).map_err(Error::internal)?;
        let hash = |h: Option<[u8; 32]>| h.map_or(Value::Null, |h| Value::Bytes(h.to_vec()));
        self.exec(
            "INSERT INTO ledger_leaf (seq, register, record, version, action, at, who, reason, body, before, after, leaf) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                seq.into(),
                c.register.into(),
                c.record.into(),
                c.version.into(),
                c.action.into(),
                self.now.into(),
                c.who.into(),
                c.reason.map(str::to_owned).into(),
                c.body.map(str::to_owned).into(),
                hash(c.before),
                hash(after),
                Value::Bytes(leaf.to_vec()),
            ],
        )?;
        // only now: if the caller lives with the error of a leaf that was refused, the next leaf takes its number
        if let Some(frontier) = &mut self.head.frontier {
            frontier.append(leaf);
            self.head.dirty = true;
        }
        Ok(seq)
    }

    /// On PostgreSQL the row lock makes leaf numbers one after another across processes.
    fn load_head(&mut self) -> Result<()> {
        let sql = match self.engine() {
            Engine::Sqlite => "SELECT frontier FROM ledger_head WHERE id = 1",
            Engine::Postgres => "SELECT frontier FROM ledger_head WHERE id = 1 FOR UPDATE",
        };
        let bytes: Vec<u8> = self.query_opt(sql, &[])?.ok_or_else(|| Error::internal("ledger_head is empty"))?.get(0)?;
        self.head.frontier = Some(Frontier::from_bytes(&bytes).map_err(Error::internal)?);
        Ok(())
    }

    /// Writes the head back; called once before the commit.
    pub(crate) fn flush_head(&mut self) -> Result<()> {
        if let (true, Some(f)) = (self.head.dirty, &self.head.frontier) {
            let (size, bytes) = (i64::try_from(f.size()).map_err(Error::internal)?, f.to_bytes());
            self.exec("UPDATE ledger_head SET size = $1, frontier = $2 WHERE id = 1", &[size.into(), Value::Bytes(bytes)])?;
            self.head.dirty = false;
        }
        Ok(())
    }

    /// The answer given before to the same key, if the request was the same; another request under the key is refused.
    pub fn idempotent(&mut self, scope: &str, key: &str, request: &[u8]) -> Result<Option<String>> {
        let found =
            self.query_opt("SELECT request_hash, answer FROM idempotency WHERE scope = $1 AND key = $2", &[scope.into(), key.into()])?;
        let Some(row) = found else { return Ok(None) };
        if row.get::<Vec<u8>>(0)? == ledger::sha256(request).to_vec() {
            return row.get(1).map(Some);
        }
        Err(Error::Conflict("Khóa chống gửi trùng (Idempotency-Key) này đã dùng cho một yêu cầu khác. Dùng khóa mới.".into()))
    }

    /// Remembers an answer for [`Tx::idempotent`].
    pub fn remember(&mut self, scope: &str, key: &str, request: &[u8], answer: &str) -> Result<()> {
        let hash = Value::Bytes(ledger::sha256(request).to_vec());
        self.exec(
            "INSERT INTO idempotency (scope, key, request_hash, answer, at) VALUES ($1, $2, $3, $4, $5)",
            &[scope.into(), key.into(), hash, answer.into(), self.now.into()],
        )
        .map(drop)
    }

    /// Forgets answers older than `days`; how many. A repeated request is then a new one.
    pub fn purge_idempotency(&mut self, days: i64) -> Result<u64> {
        let before = self.now.saturating_sub(days.saturating_mul(86_400_000_000));
        self.exec("DELETE FROM idempotency WHERE at < $1", &[before.into()])
    }
}

/// U+0000 is the one character that PostgreSQL's TEXT cannot hold: refused on both engines, in words for who sent it.
fn storable(params: &[Value]) -> Result<()> {
    if params.iter().any(|v| matches!(v, Value::Text(s) if s.contains('\0'))) {
        return Err(Error::BadRequest("Văn bản có ký tự rỗng (U+0000), không lưu được. Xóa ký tự đó rồi gửi lại.".into()));
    }
    Ok(())
}

/// Statement and time, never values: they may be personal data.
fn trace(sql: &str, began: Instant, rows: u64) {
    let took = began.elapsed();
    let ms = took.as_micros() as f64 / 1000.0;
    if took >= SLOW {
        tracing::warn!(ms, rows, sql, "slow statement");
    } else {
        tracing::debug!(ms, rows, sql);
    }
}
