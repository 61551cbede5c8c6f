//! History is the ledger: each leaf holds the record's body after the change.

use std::collections::BTreeMap;

use access::Scope;
use store::{Error, Result, Tx};

use crate::Registry;
use crate::body::{Past, Raw};
use crate::mask;
use crate::model::Model;
use crate::read;
use crate::record::{Data, HistoryEntry, Record};

/// Hash of the body of a record's last leaf.
pub(crate) fn last_hash(tx: &mut Tx, register: &str, record: &str) -> Result<Option<[u8; 32]>> {
    let row = tx.query_opt(
        "SELECT after FROM ledger_leaf WHERE register = $1 AND record = $2 ORDER BY seq DESC LIMIT 1",
        &[register.into(), record.into()],
    )?;
    let bytes: Option<Vec<u8>> = row.map(|r| r.get(0)).transpose()?.flatten();
    Ok(bytes.and_then(|b| b.try_into().ok()))
}

/// Did this person bring the record to where it stands: by the last move (or, never moved, by creating it), or by a change
/// since? What somebody else or the system wrote in between does not make them another.
pub(crate) fn brought_here_by(tx: &mut Tx, m: &Model, id: &str, who: &str) -> Result<bool> {
    let found = tx.query_opt(
        "SELECT 1 FROM ledger_leaf WHERE register = $1 AND record = $2 AND who = $3 AND action NOT IN ('unmask', 'confirm') \
         AND seq >= COALESCE((SELECT MAX(seq) FROM ledger_leaf WHERE register = $1 AND record = $2 AND action LIKE 'transition:%'), 0) LIMIT 1",
        &[m.id.as_str().into(), id.into(), who.into()],
    )?;
    Ok(found.is_some())
}

/// A body as changes see it: fields, dates, state, confirmation.
fn flat(p: &Past) -> BTreeMap<String, Data> {
    let mut all = p.fields.clone();
    let texts = [("state", &p.state), ("valid_from", &p.valid_from), ("valid_to", &p.valid_to), ("confirmed_on", &p.confirmed_on)];
    for (k, v) in texts {
        if let Some(v) = v {
            all.insert(k.into(), Data::Text(v.clone()));
        }
    }
    all
}

pub(crate) fn history(tx: &mut Tx, m: &Model, scope: &Scope, id: &str) -> Result<Vec<HistoryEntry>> {
    read::load_in_scope(tx, m, scope, id)?;
    let rows = tx.query(
        "SELECT seq, version, action, at, who, reason, body FROM ledger_leaf WHERE register = $1 AND record = $2 ORDER BY seq",
        &[m.id.as_str().into(), id.into()],
    )?;
    let clear = read::is_clear(scope);
    let mut before = BTreeMap::new();
    let mut out = Vec::new();
    for row in rows {
        let body: Option<String> = row.get(6)?;
        let past: Past = body.map_or(Ok(Past::default()), |b| serde_json::from_str(&b)).map_err(Error::internal)?;
        let after = flat(&past);
        let mut changes = BTreeMap::new();
        for key in before.keys().chain(after.keys()) {
            let (a, b) = (before.get(key).cloned().unwrap_or(Data::Null), after.get(key).cloned().unwrap_or(Data::Null));
            if a != b && !changes.contains_key(key) {
                let pair = match m.field(key) {
                    Some(f) if f.sensitive && !clear => (mask::hint(&f.kind, &a), mask::hint(&f.kind, &b)),
                    Some(_) => (a, b),
                    None if matches!(key.as_str(), "state" | "valid_from" | "valid_to" | "confirmed_on") => (a, b),
                    // a dropped field: nobody can say any more whether it was personal
                    None => (mask::hint(&crate::FieldType::Text, &a), mask::hint(&crate::FieldType::Text, &b)),
                };
                changes.insert(key.clone(), pair);
            }
        }
        before = after;
        out.push(HistoryEntry {
            seq: row.get(0)?,
            version: row.get(1)?,
            action: row.get(2)?,
            at: row.get(3)?,
            who: row.get(4)?,
            reason: row.get(5)?,
            changes,
        });
    }
    out.reverse();
    Ok(out)
}

/// The record as it stood at an instant (µs UTC), for a reader who may see it today.
pub(crate) fn as_of(tx: &mut Tx, reg: &Registry, m: &Model, scope: &Scope, id: &str, at: i64) -> Result<Record> {
    let now = read::load_in_scope(tx, m, scope, id)?;
    let row = tx
        .query_opt(
            "SELECT version, at, who, body FROM ledger_leaf WHERE register = $1 AND record = $2 AND at <= $3 AND action <> 'unmask' ORDER BY seq DESC LIMIT 1",
            &[m.id.as_str().into(), id.into(), at.into()],
        )?
        .ok_or_else(|| Error::NotFound("Khi đó chưa có bản ghi này.".into()))?;
    let body: Option<String> = row.get(3)?;
    let past: Past = body.map_or(Ok(Past::default()), |b| serde_json::from_str(&b)).map_err(Error::internal)?;
    let mut raw = Raw::empty(m);
    raw.id = now.id;
    raw.path = now.path;
    raw.version = row.get(0)?;
    raw.updated_at = row.get(1)?;
    raw.updated_by = row.get(2)?;
    (raw.created_at, raw.created_by) = (past.created_at, past.created_by);
    (raw.state, raw.valid_from, raw.valid_to, raw.confirmed_on) = (past.state, past.valid_from, past.valid_to, past.confirmed_on);
    raw.deleted_at = past.deleted.then_some(raw.updated_at);
    for (f, v) in past.fields {
        if let Some(i) = m.index.get(&f) {
            raw.values[*i] = v;
        }
    }
    let clear = read::is_clear(scope);
    read::present(tx, reg, m, scope, vec![raw], clear)?.pop().ok_or_else(|| read::not_found(m))
}
