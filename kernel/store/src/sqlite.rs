//! One SQLite connection: portable SQL in, values out.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, ffi};

use crate::tx::Row;
use crate::{Error, Result, Value};

pub(crate) struct SqliteConn {
    pub(crate) raw: Connection,
    /// Portable text → SQLite text (`$1` → `?1`).
    texts: HashMap<String, Arc<str>>,
}

impl SqliteConn {
    /// Opens the file. `write` creates it; readers never write.
    pub(crate) fn open(path: &Path, write: bool) -> Result<Self> {
        let flags = if write {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
        };
        let raw = Connection::open_with_flags(path, flags).map_err(error)?;
        raw.busy_timeout(std::time::Duration::from_secs(10)).map_err(error)?;
        raw.set_prepared_statement_cache_capacity(512);
        if write {
            // a read-only file cannot switch; it is in WAL already or the first write says what is wrong
            let _ = raw.pragma_update(None, "journal_mode", "WAL");
            raw.pragma_update(None, "synchronous", "FULL").map_err(error)?;
        } else {
            raw.pragma_update(None, "query_only", true).map_err(error)?;
        }
        raw.pragma_update(None, "foreign_keys", true).map_err(error)?;
        raw.pragma_update(None, "cache_size", if write { -32_000 } else { -8_000 }).map_err(error)?;
        raw.pragma_update(None, "temp_store", "MEMORY").map_err(error)?;
        Ok(Self { raw, texts: HashMap::new() })
    }

    fn text(&mut self, sql: &str) -> Arc<str> {
        if let Some(t) = self.texts.get(sql) {
            return Arc::clone(t);
        }
        let t: Arc<str> = translate(sql).into();
        if self.texts.len() < 4096 {
            self.texts.insert(sql.to_owned(), Arc::clone(&t));
        }
        t
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let text = self.text(sql);
        let mut stmt = self.raw.prepare_cached(&text).map_err(|e| statement(e, sql))?;
        let columns: Arc<[String]> = stmt.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = stmt.query(rusqlite::params_from_iter(params)).map_err(|e| statement(e, sql))?;
        let mut out = Vec::new();
        while let Some(r) = rows.next().map_err(error)? {
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

    pub(crate) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let text = self.text(sql);
        let mut stmt = self.raw.prepare_cached(&text).map_err(|e| statement(e, sql))?;
        // a statement with RETURNING also counts
        let n = if stmt.column_count() == 0 {
            stmt.execute(rusqlite::params_from_iter(params)).map_err(|e| statement(e, sql))?
        } else {
            let mut rows = stmt.query(rusqlite::params_from_iter(params)).map_err(|e| statement(e, sql))?;
            let mut n = 0;
            while rows.next().map_err(error)?.is_some() {
                n += 1;
            }
            n
        };
        Ok(n as u64)
    }

    pub(crate) fn check(&mut self, sql: &str) -> Result<()> {
        let text = self.text(sql);
        self.raw.prepare(&text).map(drop).map_err(|e| statement(e, sql))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.raw.execute_batch(sql).map_err(error)
    }
}

/// `$1` → `?1` outside quoted text.
fn translate(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quote = None;
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '$') if chars.peek().is_some_and(char::is_ascii_digit) => {
                out.push('?');
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
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
        Some((ffi::ErrorCode::DiskFull, _)) => {
            Error::Unavailable("Ổ đĩa chứa dữ liệu đã đầy, nên lần ghi này chưa được lưu. Giải phóng chỗ trống rồi làm lại; phần đã lưu trước đó còn nguyên.".into())
        }
        Some((ffi::ErrorCode::ReadOnly | ffi::ErrorCode::PermissionDenied, _)) => {
            Error::Unavailable("Tệp dữ liệu đang ở chế độ chỉ đọc, nên chưa lưu được. Cấp quyền ghi cho tệp và thư mục chứa nó rồi làm lại.".into())
        }
        Some((ffi::ErrorCode::CannotOpen, _)) => {
            Error::Unavailable("Không mở được tệp dữ liệu. Kiểm tra đường dẫn, quyền truy cập và chỗ trống trên đĩa.".into())
        }
        Some((ffi::ErrorCode::SystemIoFailure, _)) => {
            Error::Unavailable("Ổ đĩa báo lỗi khi ghi dữ liệu, nên lần ghi này chưa được lưu. Kiểm tra ổ đĩa rồi làm lại.".into())
        }
        Some((ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked, _)) => {
            Error::Unavailable("Dữ liệu đang bận vì một chương trình khác giữ khóa. Thử lại sau ít giây.".into())
        }
        Some((ffi::ErrorCode::NotADatabase | ffi::ErrorCode::DatabaseCorrupt, _)) => {
            Error::Unavailable("Tệp này không phải dữ liệu của Lá Chắn hoặc đã hỏng. Khôi phục từ bản sao lưu bằng `lachan restore`.".into())
        }
        Some((ffi::ErrorCode::ConstraintViolation, _)) => Error::Conflict(format!("Bản ghi trùng với một bản ghi đã có. ({e})")),
        _ => Error::internal(e),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_outside_quotes_only() {
        assert_eq!(super::translate("a = $1 AND b = '$2' AND \"$3\" = $12"), "a = ?1 AND b = '$2' AND \"$3\" = ?12");
    }
}
