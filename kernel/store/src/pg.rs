//! One PostgreSQL connection: the same SQL, values adapted to the type of each parameter.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls, Statement};

use crate::tx::Row;
use crate::{Error, Result, Value};

pub(crate) struct PgConn {
    pub(crate) client: Client,
    statements: HashMap<String, (Statement, Arc<[String]>)>,
}

/// `postgres://…?schema=name` → the address without our parameter, and the schema.
pub(crate) fn split_url(url: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut schema = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|p| match p.strip_prefix("schema=") {
            Some(s) => {
                schema = Some(s.to_owned());
                false
            }
            None => true,
        })
        .collect();
    let base = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    (base, schema.filter(|s| s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')))
}

impl PgConn {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let (address, schema) = split_url(url);
        let mut client = Client::connect(&address, NoTls).map_err(|e| unavailable(&e))?;
        if let Some(s) = schema {
            client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{s}\"; SET search_path TO \"{s}\"")).map_err(error)?;
        }
        Ok(Self { client, statements: HashMap::new() })
    }

    fn prepare(&mut self, sql: &str) -> Result<(Statement, Arc<[String]>)> {
        if let Some(s) = self.statements.get(sql) {
            return Ok(s.clone());
        }
        let s = self.client.prepare(sql).map_err(|e| statement(e, sql))?;
        let columns: Arc<[String]> = s.columns().iter().map(|c| c.name().to_owned()).collect();
        if self.statements.len() > 2000 {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), (s.clone(), Arc::clone(&columns)));
        Ok((s, columns))
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let (s, columns) = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(&s, &params).map_err(|e| statement(e, sql))?;
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
            return self.client.batch_execute(sql).map(|()| 0).map_err(|e| statement(e, sql));
        }
        let (s, _) = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        self.client.execute(&s, &params).map_err(|e| statement(e, sql))
    }

    pub(crate) fn check(&mut self, sql: &str) -> Result<()> {
        self.client.prepare(sql).map(drop).map_err(|e| statement(e, sql))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(error)
    }
}

fn is_ddl(sql: &str) -> bool {
    let head: String = sql.trim_start().chars().take(6).collect::<String>().to_ascii_uppercase();
    matches!(head.as_str(), "CREATE" | "ALTER " | "DROP T" | "DROP I" | "SET TR")
}

fn value(r: &postgres::Row, i: usize) -> Result<Value> {
    let column = &r.columns()[i];
    let bad = |e: postgres::Error| Error::internal(format!("column {}: {e}", column.name()));
    Ok(match *column.type_() {
        Type::INT8 => r.try_get::<_, Option<i64>>(i).map_err(bad)?.into(),
        Type::INT4 => r.try_get::<_, Option<i32>>(i).map_err(bad)?.into(),
        Type::INT2 => r.try_get::<_, Option<i16>>(i).map_err(bad)?.map(i64::from).into(),
        Type::FLOAT8 => r.try_get::<_, Option<f64>>(i).map_err(bad)?.into(),
        Type::FLOAT4 => r.try_get::<_, Option<f32>>(i).map_err(bad)?.map(f64::from).into(),
        Type::BOOL => r.try_get::<_, Option<bool>>(i).map_err(bad)?.into(),
        Type::BYTEA => r.try_get::<_, Option<Vec<u8>>>(i).map_err(bad)?.into(),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN => r.try_get::<_, Option<String>>(i).map_err(bad)?.into(),
        ref t => return Err(Error::internal(format!("column {} has type {t}: cast it to BIGINT, DOUBLE PRECISION or TEXT", column.name()))),
    })
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut postgres::types::private::BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Value::Int(n), &Type::INT2) => i16::try_from(*n)?.to_sql(ty, out),
            (Value::Int(n), &Type::FLOAT8) => (*n as f64).to_sql(ty, out),
            (Value::Int(n), &Type::TEXT | &Type::VARCHAR) => n.to_string().to_sql(ty, out),
            (Value::Int(n), _) => n.to_sql(ty, out),
            (Value::Real(x), &Type::INT8) => (*x as i64).to_sql(ty, out),
            (Value::Real(x), _) => x.to_sql(ty, out),
            (Value::Text(s), _) => s.to_sql(ty, out),
            (Value::Bytes(b), _) => b.to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn statement(e: postgres::Error, sql: &str) -> Error {
    match error(e) {
        Error::Internal(m) => Error::Internal(format!("{m} in: {}", sql.chars().take(400).collect::<String>())),
        other => other,
    }
}

fn unavailable(e: &postgres::Error) -> Error {
    Error::Unavailable(format!("Không kết nối được máy chủ PostgreSQL. Kiểm tra địa chỉ và máy chủ. ({e})"))
}

/// What the server said, in our words (SQLSTATE classes of PostgreSQL's manual, appendix A).
pub(crate) fn error(e: postgres::Error) -> Error {
    let Some(db) = e.as_db_error() else {
        return if e.is_closed() { unavailable(&e) } else { Error::internal(format!("{e}: {:?}", e.source().map(ToString::to_string))) };
    };
    match db.code().code() {
        "40001" | "40P01" | "55P03" => Error::Unavailable("Hai thay đổi cùng lúc chạm vào nhau; lần này chưa được lưu. Làm lại.".into()),
        c if c.starts_with("53") => Error::Unavailable("Máy chủ dữ liệu hết chỗ hoặc hết tài nguyên, nên lần ghi này chưa được lưu.".into()),
        c if c.starts_with("57") || c.starts_with("08") => unavailable(&e),
        "25006" => Error::internal("write in a read transaction"),
        c if c.starts_with("23") => Error::Conflict(format!("Bản ghi trùng với một bản ghi đã có. ({})", db.message())),
        c => Error::internal(format!("{c} {}", db.message())),
    }
}
