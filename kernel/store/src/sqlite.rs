//! One SQLite connection: portable SQL in, values out.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, ffi};

use crate::dialect::sqlite_params;
use crate::tx::Row;
use crate::{Error, Result, Value};

pub(crate) struct SqliteConn {
    pub(crate) raw: Connection,
    /// Portable text → SQLite text.
    texts: HashMap<String, Arc<str>>,
    /// Between [`SqliteConn::begin`] and [`SqliteConn::end`].
    open: bool,
    /// Why SQLite rolled the open transaction back by itself.
    lost: Option<String>,
}

impl SqliteConn {
    /// Opens the file. `write` creates it (readable by its owner only); readers never write.
    pub(crate) fn open(path: &Path, write: bool) -> Result<Self> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if write {
            create_private(path);
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let raw = Connection::open_with_flags(path, flags).map_err(error)?;
        raw.busy_timeout(Duration::from_secs(10)).map_err(error)?;
        raw.set_prepared_statement_cache_capacity(512);
        if write {
            // a read-only file cannot switch; it is in WAL already or the first write says what is wrong
            let _ = raw.pragma_update(None, "journal_mode", "WAL");
            raw.pragma_update(None, "synchronous", "FULL").map_err(error)?;
            raw.pragma_update(None, "wal_autocheckpoint", 4_000).map_err(error)?;
            raw.pragma_update(None, "journal_size_limit", 64 << 20).map_err(error)?;
        } else {
            raw.pragma_update(None, "query_only", true).map_err(error)?;
        }
        // with STAT4 a plan depends on the bound values, so that each run of a kept statement prepares it anew (0.05 ms)
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
        raw.pragma_update(None, "foreign_keys", true).map_err(error)?;
        // KiB; no mmap: an I/O error would be a signal instead of a message, and it counts as resident memory
        raw.pragma_update(None, "cache_size", if write { -16_000 } else { -4_000 }).map_err(error)?;
        raw.pragma_update(None, "temp_store", "MEMORY").map_err(error)?;
        Ok(Self { raw, texts: HashMap::new(), open: false, lost: None })
    }

    fn text(&mut self, sql: &str) -> Arc<str> {
        if let Some(t) = self.texts.get(sql) {
            return Arc::clone(t);
        }
        let t: Arc<str> = sqlite_params(sql).into();
        if self.texts.len() >= 4096 {
            self.texts.clear();
        }
        self.texts.insert(sql.to_owned(), Arc::clone(&t));
        t
    }

    pub(crate) fn begin(&mut self, sql: &str) -> Result<()> {
        self.lost = None;
        self.exec(sql, &[])?;
        self.open = true;
        Ok(())
    }

    /// Commits when `state` is good and the transaction is still there; rolls back otherwise.
    pub(crate) fn end(&mut self, state: Result<()>) -> Result<()> {
        let state = state.and_then(|()| self.alive()).and_then(|()| self.exec("COMMIT", &[]).map(drop));
        self.open = false;
        self.lost = None;
        if state.is_err() && !self.raw.is_autocommit() {
            let _ = self.exec("ROLLBACK", &[]);
        }
        state
    }

    /// Is the open transaction still there?
    pub(crate) fn alive(&self) -> Result<()> {
        self.lost.as_ref().map_or(Ok(()), |why| Err(Error::Unavailable(why.clone())))
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        self.alive()?;
        let answer = self.query_now(sql, params);
        self.heed(answer)
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.alive()?;
        let answer = self.exec_now(sql, params);
        self.heed(answer)
    }

    /// After a failure: has SQLite ended the transaction? Then nothing may run any more until [`SqliteConn::end`],
    /// or it would be committed by itself.
    fn heed<T>(&mut self, answer: Result<T>) -> Result<T> {
        if let Err(e) = &answer
            && self.open
            && self.raw.is_autocommit()
        {
            self.lost = Some(match e {
                Error::Unavailable(m) => m.clone(),
                _ => "Lần ghi này chưa được lưu vì cơ sở dữ liệu báo lỗi. Làm lại; phần đã lưu trước đó còn nguyên.".into(),
            });
        }
        answer
    }

    fn query_now(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let text = self.text(sql);
        let mut stmt = self.raw.prepare_cached(&text).map_err(|e| statement(e, sql))?;
        let mut rows = stmt.query(rusqlite::params_from_iter(params)).map_err(|e| statement(e, sql))?;
        let mut out = Vec::new();
        let mut columns: Arc<[String]> = Arc::new([]);
        while let Some(r) = rows.next().map_err(|e| statement(e, sql))? {
            if out.is_empty() {
                // only now: a changed schema is noticed at the first step
                columns = r.as_ref().column_names().map(str::to_owned).collect();
            }
            let mut values = Vec::with_capacity(columns.len());
            for i in 0..columns.len() {
                values.push(match r.get_ref(i).map_err(error)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => Value::Int(n),
                    ValueRef::Real(x) => Value::Real(x),
                    ValueRef::Text(t) => Value::Text(String::from_utf8_lossy(t).into_owned()),
                    ValueRef::Blob(b) => Value::Bytes(b.to_vec()),
                });
            }
            out.push(Row { columns: Arc::clone(&columns), values });
        }
        Ok(out)
    }

    fn exec_now(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let text = self.text(sql);
        let mut stmt = self.raw.prepare_cached(&text).map_err(|e| statement(e, sql))?;
        if stmt.column_count() == 0 {
            return stmt.execute(rusqlite::params_from_iter(params)).map(|n| n as u64).map_err(|e| statement(e, sql));
        }
        // a statement with RETURNING also counts
        let mut rows = stmt.query(rusqlite::params_from_iter(params)).map_err(|e| statement(e, sql))?;
        let mut n = 0;
        while rows.next().map_err(|e| statement(e, sql))?.is_some() {
            n += 1;
        }
        Ok(n)
    }

    pub(crate) fn check(&mut self, sql: &str) -> Result<()> {
        let text = self.text(sql);
        self.raw.prepare(&text).map(drop).map_err(|e| statement(e, sql))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.raw.execute_batch(sql).map_err(error)
    }
}

/// The file holds personal data and the key of the ledger: its owner's only. The log beside it gets the same rights from SQLite.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // it may be there already; anything else that is wrong SQLite says when it opens the file
    let _ = options.open(path);
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Int(n) => ToSqlOutput::Borrowed(ValueRef::Integer(*n)),
            Value::Real(x) => ToSqlOutput::Borrowed(ValueRef::Real(*x)),
            Value::Text(s) => ToSqlOutput::Borrowed(ValueRef::Text(s.as_bytes())),
            Value::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
        })
    }
}

fn statement(e: rusqlite::Error, sql: &str) -> Error {
    match error(e) {
        Error::Internal(m) => Error::Internal(format!("{m} in: {}", sql.chars().take(400).collect::<String>())),
        other => other,
    }
}

/// What the engine said, in our words.
pub(crate) fn error(e: rusqlite::Error) -> Error {
    let code = e.sqlite_error().map(|x| (x.code, x.extended_code));
    match code {
        Some((ffi::ErrorCode::DiskFull, _)) => Error::Unavailable(
            "Ổ đĩa chứa dữ liệu đã đầy, nên lần ghi này chưa được lưu. Giải phóng chỗ trống rồi làm lại; phần đã lưu trước đó còn nguyên."
                .into(),
        ),
        Some((ffi::ErrorCode::ReadOnly | ffi::ErrorCode::PermissionDenied, _)) => Error::Unavailable(
            "Tệp dữ liệu đang ở chế độ chỉ đọc, nên chưa lưu được. Cấp quyền ghi cho tệp và thư mục chứa nó rồi làm lại.".into(),
        ),
        Some((ffi::ErrorCode::CannotOpen, _)) => {
            Error::Unavailable("Không mở được tệp dữ liệu. Kiểm tra đường dẫn, quyền truy cập và chỗ trống trên đĩa.".into())
        }
        Some((ffi::ErrorCode::SystemIoFailure, _)) => {
            Error::Unavailable("Ổ đĩa báo lỗi khi ghi dữ liệu, nên lần ghi này chưa được lưu. Kiểm tra ổ đĩa rồi làm lại.".into())
        }
        Some((ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked, _)) => {
            Error::Unavailable("Dữ liệu đang bận vì một chương trình khác giữ khóa. Thử lại sau ít giây.".into())
        }
        Some((ffi::ErrorCode::NotADatabase | ffi::ErrorCode::DatabaseCorrupt, _)) => Error::Unavailable(
            "Tệp này không phải dữ liệu của Lá Chắn hoặc đã hỏng. Khôi phục từ bản sao lưu bằng `lachan restore`.".into(),
        ),
        Some((ffi::ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_FOREIGNKEY)) => {
            Error::Conflict("Bản ghi này nối tới một bản ghi không có, hoặc đang được bản ghi khác dùng.".into())
        }
        Some((ffi::ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_NOTNULL | ffi::SQLITE_CONSTRAINT_CHECK)) => {
            Error::Conflict(format!("Bản ghi thiếu một giá trị bắt buộc hoặc có giá trị không hợp lệ. ({e})"))
        }
        Some((ffi::ErrorCode::ConstraintViolation, _)) => Error::Conflict(format!("Bản ghi trùng với một bản ghi đã có. ({e})")),
        _ => Error::internal(e),
    }
}
