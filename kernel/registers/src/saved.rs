//! Saved filters: a name for a list request, one's own or shared with everybody who may read the register.

use access::{Actor, Verb};
use store::{Error, Result, Tx};

use crate::{Query, Registry};

/// One saved filter.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SavedFilter {
    /// UUIDv7.
    pub id: String,
    /// Account that saved it.
    pub account: String,
    /// Register.
    pub register: String,
    /// Name shown.
    pub name: String,
    /// The request, without cursor.
    pub query: Query,
    /// Others see it too (the request, not its results).
    pub shared: bool,
}

/// Own and shared filters of a register, by name.
pub fn list(tx: &mut Tx, actor: &Actor, register: &str) -> Result<Vec<SavedFilter>> {
    actor.may(Verb::Read, register)?;
    let rows = tx.query(
        "SELECT id, account, register, name, query, shared FROM saved_filter WHERE register = $1 AND (account = $2 OR shared = 1) ORDER BY name, id",
        &[register.into(), actor.id.as_str().into()],
    )?;
    rows.iter()
        .map(|r| {
            let query = serde_json::from_str(&r.get::<String>(4)?).map_err(Error::internal)?;
            Ok(SavedFilter { id: r.get(0)?, account: r.get(1)?, register: r.get(2)?, name: r.get(3)?, query, shared: r.get(5)? })
        })
        .collect()
}

/// Saves under a name; the same name again replaces it. Answers its id.
pub fn save(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, name: &str, query: &Query, shared: bool) -> Result<String> {
    reg.get(register)?;
    actor.may(Verb::Read, register)?;
    let name = crate::values::neat(name, false);
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid("name", "Đặt tên cho bộ lọc, tối đa 100 ký tự."));
    }
    let query = Query { after: None, ..query.clone() };
    let json = serde_json::to_string(&query).map_err(Error::internal)?;
    let id = tx.new_id();
    let row = tx.query_opt(
        "INSERT INTO saved_filter (id, account, register, name, query, shared) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (account, register, name) DO UPDATE SET query = excluded.query, shared = excluded.shared RETURNING id",
        &[id.into(), actor.id.as_str().into(), register.into(), name.into(), json.into(), shared.into()],
    )?;
    row.ok_or_else(|| Error::internal("saved_filter"))?.get(0)
}

/// Removes one's own filter.
pub fn remove(tx: &mut Tx, actor: &Actor, id: &str) -> Result<()> {
    match tx.exec("DELETE FROM saved_filter WHERE id = $1 AND account = $2", &[id.into(), actor.id.as_str().into()])? {
        0 => Err(Error::NotFound("Không có bộ lọc này.".into())),
        _ => Ok(()),
    }
}
