//! A transaction: the only thing that runs SQL. (Contract; the engine behind it is being built.)

use std::sync::Arc;

use crate::{Error, FromValue, Result, Value};

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
        self.values.get(i).ok_or_else(|| Error::internal(format!("no column {i}"))).and_then(T::from_value)
    }
    /// Column by name.
    pub fn named<T: FromValue>(&self, name: &str) -> Result<T> {
        let i = self.columns.iter().position(|c| c == name).ok_or_else(|| Error::internal(format!("no column {name}")))?;
        self.get(i)
    }
    /// Names of the columns in order.
    pub fn columns(&self) -> &[String] { &self.columns }
    /// All values in order.
    pub fn values(&self) -> &[Value] { &self.values }
}

/// One open transaction (or, inside group commit, one savepoint of it).
pub struct Tx<'a> {
    _inner: std::marker::PhantomData<&'a mut ()>,
}
impl Tx<'_> {
    /// All rows of a query. `params[0]` is `$1`.
    pub fn query(&mut self, _sql: &str, _params: &[Value]) -> Result<Vec<Row>> { todo!() }
    /// First row, if any.
    pub fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>> { Ok(self.query(sql, params)?.into_iter().next()) }
    /// Run a statement; number of rows it touched.
    pub fn exec(&mut self, _sql: &str, _params: &[Value]) -> Result<u64> { todo!() }
    /// Present instant, µs UTC; the same for the whole transaction.
    pub fn now(&self) -> i64 { todo!() }
    /// A new UUIDv7.
    pub fn new_id(&self) -> String { todo!() }
    /// Random bytes for tokens and salts.
    pub fn random(&self, _buf: &mut [u8]) { todo!() }
    /// Engine behind the door.
    pub fn engine(&self) -> Engine { todo!() }
}
