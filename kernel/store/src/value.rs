//! Values that cross the door: five portable kinds.

use crate::{Error, Result};

/// One SQL value. Dates are text `YYYY-MM-DD`, instants µs UTC, booleans 0/1, money đồng.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB / BYTEA.
    Bytes(Vec<u8>),
}

impl Value {
    /// Text or `None` for NULL and other kinds.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(s) = self { Some(s) } else { None }
    }
    /// Integer or `None`.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(n) = self { Some(*n) } else { None }
    }
    /// What it is, for messages (never the value itself: it may be personal data).
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Real(_) => "a real",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
        }
    }
    /// Is it NULL?
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

macro_rules! from {
    ($($t:ty => $e:expr),* $(,)?) => { $(impl From<$t> for Value { fn from(v: $t) -> Self { #[allow(clippy::redundant_closure_call)] ($e)(v) } })* };
}
from! {
    i64 => Value::Int,
    i32 => |v| Value::Int(i64::from(v)),
    bool => |v| Value::Int(i64::from(v)),
    f64 => Value::Real,
    String => Value::Text,
    &str => |v: &str| Value::Text(v.to_owned()),
    &String => |v: &String| Value::Text(v.clone()),
    Vec<u8> => Value::Bytes,
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}

/// Reads a Rust value out of a [`Value`]; the error names what was found.
pub trait FromValue: Sized {
    /// Convert, or say what was found instead.
    fn from_value(v: &Value) -> Result<Self>;
}
impl FromValue for i64 {
    fn from_value(v: &Value) -> Result<Self> {
        match v {
            Value::Int(n) => Ok(*n),
            o => Err(Error::internal(format!("expected integer, found {}", o.kind()))),
        }
    }
}
impl FromValue for f64 {
    fn from_value(v: &Value) -> Result<Self> {
        match v {
            Value::Real(n) => Ok(*n),
            Value::Int(n) => Ok(*n as f64),
            o => Err(Error::internal(format!("expected real, found {}", o.kind()))),
        }
    }
}
impl FromValue for bool {
    fn from_value(v: &Value) -> Result<Self> {
        i64::from_value(v).map(|n| n != 0)
    }
}
impl FromValue for String {
    fn from_value(v: &Value) -> Result<Self> {
        match v {
            Value::Text(s) => Ok(s.clone()),
            o => Err(Error::internal(format!("expected text, found {}", o.kind()))),
        }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(v: &Value) -> Result<Self> {
        match v {
            Value::Bytes(s) => Ok(s.clone()),
            o => Err(Error::internal(format!("expected bytes, found {}", o.kind()))),
        }
    }
}
impl FromValue for Value {
    fn from_value(v: &Value) -> Result<Self> {
        Ok(v.clone())
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(v: &Value) -> Result<Self> {
        if v.is_null() { Ok(None) } else { T::from_value(v).map(Some) }
    }
}
