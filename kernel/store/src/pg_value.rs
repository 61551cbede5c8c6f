//! Values to and from PostgreSQL. A value goes only to a type that means the same: eight bytes of text sent to a BIGINT
//! would otherwise arrive as some number.

use std::error::Error as StdError;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::{Error, Result, Value};

/// One column of one row.
pub(crate) fn value(r: &postgres::Row, i: usize) -> Result<Value> {
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
        ref t => {
            return Err(Error::internal(format!("column {} has type {t}: cast it to BIGINT, DOUBLE PRECISION or TEXT", column.name())));
        }
    })
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let text = matches!(*ty, Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN);
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(n), &Type::INT8) => n.to_sql(ty, out),
            (Value::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Value::Int(n), &Type::INT2) => i16::try_from(*n)?.to_sql(ty, out),
            (Value::Int(n), &Type::FLOAT8) => (*n as f64).to_sql(ty, out),
            (Value::Int(n), &Type::FLOAT4) => (*n as f32).to_sql(ty, out),
            (Value::Int(n @ (0 | 1)), &Type::BOOL) => (*n == 1).to_sql(ty, out),
            (Value::Int(n), _) if text => n.to_string().to_sql(ty, out),
            (Value::Real(x), &Type::FLOAT8) => x.to_sql(ty, out),
            (Value::Real(x), &Type::FLOAT4) => (*x as f32).to_sql(ty, out),
            // exact only: 2^53 is where a double stops counting every whole number
            (Value::Real(x), &Type::INT8) if x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0 => (*x as i64).to_sql(ty, out),
            (Value::Text(s), _) if text => s.to_sql(ty, out),
            (Value::Bytes(b), &Type::BYTEA) => b.to_sql(ty, out),
            (v, ty) => Err(format!("{} cannot be sent to a parameter of type {ty}: cast the parameter in the statement", v.kind()).into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}
