//! One PostgreSQL connection: the same SQL, prepared once.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, Statement};

use crate::pg_tls::{Encryption, Wanted};
use crate::pg_value::value;
use crate::tx::Row;
use crate::{Error, Result, Value};

/// Most statements one connection keeps prepared.
const STATEMENTS: usize = 2000;

/// Where to connect, taken apart once.
pub(crate) struct PgAddress {
    config: Config,
    encryption: Encryption,
    schema: Option<String>,
    /// Counts schema changes made by this process: statements prepared before one are prepared again.
    ddl: Arc<AtomicU64>,
}

pub(crate) struct PgConn {
    client: Client,
    statements: HashMap<String, (Statement, Arc<[String]>)>,
    ddl: Arc<AtomicU64>,
    /// Schema changes seen by `statements`.
    seen: u64,
    read_only: bool,
    /// First statement that failed in the open transaction.
    failed: Option<String>,
}

impl PgAddress {
    /// Reads `postgres://…[?schema=name][&sslmode=…][&sslrootcert=file]`.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (address, schema, wanted) = split_url(url)?;
        let mut config: Config = address.parse().map_err(|_| {
            Error::BadRequest("Địa chỉ PostgreSQL không đúng. Mẫu: postgres://tài_khoản:mật_khẩu@máy_chủ:5432/tên_cơ_sở_dữ_liệu".into())
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_application_name().is_none() {
            config.application_name("lachan");
        }
        let encryption = crate::pg_tls::settle(&wanted, &mut config)?;
        Ok(Self { config, encryption, schema, ddl: Arc::default() })
    }

    /// How the connection is encrypted, for `doctor`. A server that offers nothing is asked, not guessed.
    pub(crate) fn encryption(&self) -> Result<String> {
        let Some(how) = &self.encryption else { return Ok("không mã hoá đường truyền".into()) };
        let sql = "SELECT ssl, COALESCE(version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let mut client = self.client()?;
        let row = client.query_opt(sql, &[]).map_err(error)?;
        let on = row.filter(|r| r.try_get::<_, bool>(0).unwrap_or(false));
        Ok(match on {
            Some(r) => format!("mã hoá {} ({})", r.try_get::<_, String>(1).unwrap_or_default(), how.said()),
            None => "không mã hoá đường truyền: máy chủ không bật SSL".into(),
        })
    }

    fn client(&self) -> Result<Client> {
        let made = match &self.encryption {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        made.map_err(|e| unavailable(&e))
    }

    /// Makes sure that the database can hold Vietnamese and that the schema is there.
    pub(crate) fn prepare(&self) -> Result<()> {
        let mut c = self.connect()?;
        let encoding = c.query("SHOW server_encoding", &[])?;
        if encoding.first().map(|r| r.get::<String>(0)).transpose()?.as_deref() != Some("UTF8") {
            return Err(Error::BadRequest(
                "Cơ sở dữ liệu PostgreSQL không dùng bảng mã UTF8. Tạo lại bằng: createdb -E UTF8 -T template0 TÊN".into(),
            ));
        }
        let Some(schema) = &self.schema else { return Ok(()) };
        if c.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[schema.as_str().into()])?.is_empty() {
            c.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK}); CREATE SCHEMA IF NOT EXISTS \"{schema}\"; COMMIT"))?;
        }
        Ok(())
    }

    pub(crate) fn connect(&self) -> Result<PgConn> {
        let mut client = self.client()?;
        let path = self.schema.as_ref().map(|s| format!("SET search_path TO \"{s}\";")).unwrap_or_default();
        // statements here last milliseconds, compiling them would cost more than it saves;
        // what is acknowledged is on disk; a stronger setting of the server (replicas) stays
        let setup = format!(
            "{path} SET lock_timeout = '15s'; SET jit = off; \
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        );
        client.batch_execute(&setup).map_err(error)?;
        let ddl = Arc::clone(&self.ddl);
        let seen = ddl.load(Ordering::Acquire);
        Ok(PgConn { client, statements: HashMap::new(), ddl, seen, read_only: false, failed: None })
    }
}

/// Advisory lock under which schemas and migrations are made: two processes may start at once.
pub(crate) const LOCK: i64 = 0x004c_4353_544f_5245;

/// The address without our parameters, the schema, and what it says of encryption.
fn split_url(url: &str) -> Result<(String, Option<String>, Wanted)> {
    let (mut schema, mut wanted) = (None, Wanted::default());
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), schema, wanted)) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("schema", v)) => schema = Some(v.to_owned()),
            Some(("sslmode", v)) => wanted.mode = Some(v.to_owned()),
            Some(("sslrootcert", v)) => wanted.ca = Some(v.into()),
            _ => rest.push(pair),
        }
    }
    if let Some(s) = &schema
        && (s.is_empty() || s.len() > 63 || !s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    {
        return Err(Error::BadRequest(format!("Tên schema «{s}» không dùng được: chỉ gồm chữ không dấu, số và dấu gạch dưới.")));
    }
    Ok((if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }, schema, wanted))
}

impl PgConn {
    pub(crate) fn begin(&mut self, read_only: bool) -> Result<()> {
        let now = self.ddl.load(Ordering::Acquire);
        if self.seen != now {
            self.statements.clear();
            self.seen = now;
        }
        self.failed = None;
        self.read_only = read_only;
        self.batch(if read_only { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" })
    }

    /// Has a failed statement spoiled the transaction? The server answers COMMIT of such a transaction with success
    /// although it saves nothing, so it is asked first.
    pub(crate) fn alive(&mut self) -> Result<()> {
        match self.failed.take() {
            Some(why) if self.client.batch_execute("SELECT 1").is_err() => {
                Err(Error::internal(format!("the error of a statement was ignored (use Tx::attempt): {why}")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        self.batch("COMMIT")
    }

    pub(crate) fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK")
    }

    fn prepare(&mut self, sql: &str) -> Result<(Statement, Arc<[String]>)> {
        if let Some(s) = self.statements.get(sql) {
            return Ok(s.clone());
        }
        let s = self.client.prepare(sql).map_err(|e| self.heed(e, sql))?;
        let columns: Arc<[String]> = s.columns().iter().map(|c| c.name().to_owned()).collect();
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), (s.clone(), Arc::clone(&columns)));
        Ok((s, columns))
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let (s, columns) = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(&s, &params).map_err(|e| self.heed(e, sql))?;
        rows.iter()
            .map(|r| {
                let values: Result<Vec<Value>> = (0..columns.len()).map(|i| value(r, i)).collect();
                Ok(Row { columns: Arc::clone(&columns), values: values? })
            })
            .collect()
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        if params.is_empty() && is_ddl(sql) {
            self.statements.clear();
            self.seen = self.ddl.fetch_add(1, Ordering::AcqRel) + 1;
            return self.client.batch_execute(sql).map(|()| 0).map_err(|e| self.heed(e, sql));
        }
        let (s, _) = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        self.client.execute(&s, &params).map_err(|e| self.heed(e, sql))
    }

    pub(crate) fn check(&mut self, sql: &str) -> Result<()> {
        self.client.prepare(sql).map(drop).map_err(|e| self.heed(e, sql))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(error)
    }

    /// What a failed statement means, and what has to be remembered of it.
    fn heed(&mut self, e: postgres::Error, sql: &str) -> Error {
        let stale = e.as_db_error().is_some_and(|d| d.code().code() == "0A000" && d.message().contains("cached plan"));
        if stale {
            // another process changed a table: the next try prepares again
            self.statements.clear();
        }
        let writable_wanted = !self.read_only && e.code().is_some_and(|c| c.code() == "25006");
        let said = match error(e) {
            _ if stale => busy(),
            _ if writable_wanted => Error::Unavailable("Máy chủ PostgreSQL đang ở chế độ chỉ đọc, nên chưa lưu được.".into()),
            Error::Internal(m) => Error::Internal(format!("{m} in: {}", sql.chars().take(400).collect::<String>())),
            other => other,
        };
        if self.failed.is_none() {
            self.failed = Some(said.to_string());
        }
        said
    }
}

fn is_ddl(sql: &str) -> bool {
    let head: String = sql.trim_start().chars().take(6).collect::<String>().to_ascii_uppercase();
    matches!(head.as_str(), "CREATE" | "ALTER " | "DROP T" | "DROP I" | "DROP S" | "SET TR")
}

fn busy() -> Error {
    Error::Unavailable("Hai thay đổi cùng lúc chạm vào nhau; lần này chưa được lưu. Làm lại.".into())
}

fn unavailable(e: &postgres::Error) -> Error {
    if let Some(said) = tls::explain(e) {
        return Error::Unavailable(format!(
            "Không kết nối an toàn được với máy chủ PostgreSQL. {said} (Tệp chứng thư gốc: …?sslmode=verify-full&sslrootcert=TỆP.)"
        ));
    }
    let why = e.source().map_or_else(|| e.to_string(), ToString::to_string);
    if why.contains("server does not support TLS") {
        return Error::Unavailable("Máy chủ PostgreSQL không bật mã hoá (ssl = off), mà địa chỉ đòi mã hoá. Bật ssl trên máy chủ, hoặc bỏ sslmode nếu chấp nhận đường truyền không mã hoá.".into());
    }
    Error::Unavailable(format!("Không kết nối được máy chủ PostgreSQL. Kiểm tra địa chỉ, mật khẩu và máy chủ. ({why})"))
}

/// What the server said, in our words (SQLSTATE classes of PostgreSQL's manual, appendix A).
pub(crate) fn error(e: postgres::Error) -> Error {
    let Some(db) = e.as_db_error() else {
        let broken = e.is_closed() || e.source().is_some_and(|s| s.is::<std::io::Error>());
        return if broken { unavailable(&e) } else { Error::internal(format!("{e}: {:?}", e.source().map(ToString::to_string))) };
    };
    let text = |m: &str| m.to_owned();
    match db.code().code() {
        "40001" | "40P01" | "55P03" => busy(),
        "53100" => Error::Unavailable(text(
            "Ổ đĩa của máy chủ PostgreSQL đã đầy, nên lần ghi này chưa được lưu. Giải phóng chỗ trống rồi làm lại.",
        )),
        c if c.starts_with("53") => {
            Error::Unavailable(text("Máy chủ PostgreSQL hết tài nguyên, nên lần này chưa được lưu. Thử lại sau ít giây."))
        }
        "57014" => Error::Unavailable(text("Câu hỏi này mất quá nhiều thời gian nên đã bị dừng. Thu hẹp điều kiện rồi làm lại.")),
        c if c.starts_with("57") || c.starts_with("08") => unavailable(&e),
        "25006" => Error::internal("write in a read transaction"),
        "23503" => Error::Conflict(text("Bản ghi này nối tới một bản ghi không có, hoặc đang được bản ghi khác dùng.")),
        "23502" | "23514" => {
            Error::Conflict(format!("Bản ghi thiếu một giá trị bắt buộc hoặc có giá trị không hợp lệ. ({})", db.message()))
        }
        c if c.starts_with("23") => Error::Conflict(format!("Bản ghi trùng với một bản ghi đã có. ({})", db.message())),
        // the message of a data exception repeats the value, which may be personal data: not for the log
        c if c.starts_with("22") => Error::internal(format!("{c} bad value")),
        c => Error::internal(format!("{c} {}", db.message())),
    }
}

#[cfg(test)]
mod tests {
    use super::split_url;

    #[test]
    fn our_parameters_are_taken_out_and_checked() {
        let cut = |u: &str| {
            let (base, schema, _) = split_url(u).unwrap();
            (base, schema)
        };
        assert_eq!(cut("postgres://h/d"), ("postgres://h/d".into(), None));
        assert_eq!(cut("postgres://h/d?schema=a_1"), ("postgres://h/d".into(), Some("a_1".into())));
        assert_eq!(cut("postgres://h/d?a=b&schema=x&c=d"), ("postgres://h/d?a=b&c=d".into(), Some("x".into())));
        let (base, _, wanted) = split_url("postgres://h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem&a=b").unwrap();
        assert_eq!((base.as_str(), wanted.mode.as_deref()), ("postgres://h/d?a=b", Some("verify-full")));
        assert_eq!(wanted.ca.as_deref(), Some(std::path::Path::new("/etc/ca.pem")));
        for bad in ["postgres://h/d?schema=", "postgres://h/d?schema=a\"b", "postgres://h/d?schema=a%20b"] {
            assert!(split_url(bad).is_err(), "{bad}");
        }
    }
}
