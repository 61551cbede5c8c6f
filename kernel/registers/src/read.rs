//! From rows to records as a reader may see them.

use std::collections::{BTreeMap, HashMap};

use access::{Scope, Verb};
use store::{Engine, Error, Result, Row, Tx};

use crate::Registry;
use crate::body::{Raw, is_empty};
use crate::definition::FieldType;
use crate::mask;
use crate::model::{Model, Owner};
use crate::owner::within;
use crate::record::{Data, Record};
use crate::sql::{Sql, quote};
use crate::titles::{self, Titles, Wanted};

pub(crate) fn not_found(m: &Model) -> Error {
    Error::NotFound(format!("Không có bản ghi này trong sổ “{}”, hoặc nó ngoài phạm vi của bạn.", m.label))
}

/// Register of a scope that may be read with. A scope minted to write is no leave to read.
pub(crate) fn readable<'r>(reg: &'r Registry, scope: &Scope) -> Result<&'r Model> {
    match scope.verb() {
        Verb::Read | Verb::Export | Verb::Unmask => Ok(reg.model(scope.register())?),
        _ => Err(Error::internal(format!("scope of {:?} used to read {}", scope.verb(), scope.register()))),
    }
}

/// One record, whoever asks, withdrawn ones too.
pub(crate) fn load(tx: &mut Tx, m: &Model, id: &str) -> Result<Option<Raw>> {
    one(tx, m, &format!("SELECT {} FROM {} t WHERE t.\"id\" = $1", m.select, m.table()), id)
}

/// The same, locked until the end of the transaction where several processes write.
pub(crate) fn load_for_update(tx: &mut Tx, m: &Model, id: &str) -> Result<Option<Raw>> {
    let lock = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
    one(tx, m, &format!("SELECT {} FROM {} t WHERE t.\"id\" = $1{lock}", m.select, m.table()), id)
}

fn one(tx: &mut Tx, m: &Model, sql: &str, id: &str) -> Result<Option<Raw>> {
    let Some(row) = tx.query_opt(sql, &[id.into()])? else { return Ok(None) };
    let mut list = vec![Raw::read(m, &row, 0)?];
    attach_links(tx, m, &mut list)?;
    Ok(list.pop())
}

/// Every record of a register, withdrawn ones too. For migrations.
pub(crate) fn load_all(tx: &mut Tx, m: &Model) -> Result<Vec<Raw>> {
    let rows = tx.query(&format!("SELECT {} FROM {} t ORDER BY t.\"id\"", m.select, m.table()), &[])?;
    from_rows(tx, m, &rows, 0)
}

pub(crate) fn from_rows(tx: &mut Tx, m: &Model, rows: &[Row], at: usize) -> Result<Vec<Raw>> {
    let mut list: Vec<Raw> = rows.iter().map(|r| Raw::read(m, r, at)).collect::<Result<_>>()?;
    attach_links(tx, m, &mut list)?;
    Ok(list)
}

/// Fills the many-links, one query per field and 400 records.
fn attach_links(tx: &mut Tx, m: &Model, list: &mut [Raw]) -> Result<()> {
    for (i, f) in m.link_tables() {
        let place: HashMap<String, usize> = list.iter().enumerate().map(|(n, r)| (r.id.clone(), n)).collect();
        let ids: Vec<String> = list.iter().map(|r| r.id.clone()).collect();
        for chunk in ids.chunks(400) {
            let mut sql = Sql::new("SELECT \"owner\", \"target\" FROM ");
            sql.push(&m.link_table(&f.id)).push(" WHERE \"owner\" IN ").bind_list(chunk.iter().map(String::as_str));
            sql.push(" ORDER BY \"owner\", \"position\"");
            for row in tx.query(&sql.text, &sql.params)? {
                let (owner, target): (String, String) = (row.get(0)?, row.get(1)?);
                if let Some(n) = place.get(&owner)
                    && let Data::Links(l) = &mut list[*n].values[i]
                {
                    l.push(target);
                }
            }
        }
    }
    Ok(())
}

/// One record in scope. Withdrawn ones are found too: their page says so.
pub(crate) fn load_in_scope(tx: &mut Tx, m: &Model, scope: &Scope, id: &str) -> Result<Raw> {
    let mut sql = Sql::new("SELECT ");
    sql.push(&m.select).push(" FROM ").push(&m.table()).push(" t WHERE t.\"id\" = ").bind(id);
    within(&mut sql, m, scope);
    let row = tx.query_opt(&sql.text, &sql.params)?.ok_or_else(|| not_found(m))?;
    let mut list = from_rows(tx, m, &[row], 0)?;
    list.pop().ok_or_else(|| not_found(m))
}

/// Only the program itself, with a scope minted to unmask, reads personal values in clear.
pub(crate) fn is_clear(scope: &Scope) -> bool {
    scope.is_system() && scope.verb() == Verb::Unmask
}

/// Masks, titles, owners: one query per linked register.
pub(crate) fn present(tx: &mut Tx, reg: &Registry, m: &Model, scope: &Scope, list: Vec<Raw>, clear: bool) -> Result<Vec<Record>> {
    let mut wanted = Wanted::new();
    for raw in &list {
        for (f, v) in m.fields.iter().zip(&raw.values) {
            match (&f.kind, v) {
                (FieldType::Link(to), Data::Text(id)) => {
                    wanted.entry(to.clone()).or_default().insert(id.clone());
                }
                (FieldType::Links(to), Data::Links(ids)) if !ids.is_empty() => {
                    wanted.entry(to.clone()).or_default().extend(ids.iter().cloned());
                }
                _ => {}
            }
        }
    }
    let found = if wanted.is_empty() { Titles::new() } else { titles::fetch(tx, reg, Some(scope), &wanted)? };
    let owners = owners(tx, m, &list)?;
    Ok(list.into_iter().map(|raw| record(reg, m, raw, &found, &owners, clear)).collect())
}

fn record(reg: &Registry, m: &Model, raw: Raw, found: &Titles, owners: &HashMap<String, String>, clear: bool) -> Record {
    let title_of = |to: &str, id: &str| found.get(&(to.to_owned(), id.to_owned())).cloned().unwrap_or_default();
    let title = titles::compose(reg, m, &raw, &title_of);
    let mut links = BTreeMap::new();
    for (f, v) in m.fields.iter().zip(&raw.values) {
        let pair = |to: &str, id: &String| (id.clone(), title_of(to, id));
        match (&f.kind, v) {
            (FieldType::Link(to), Data::Text(id)) => {
                links.insert(f.id.clone(), vec![pair(to, id)]);
            }
            (FieldType::Links(to), Data::Links(ids)) => {
                links.insert(f.id.clone(), ids.iter().map(|id| pair(to, id)).collect());
            }
            _ => {}
        }
    }
    let mut masked = Vec::new();
    let agency = match &m.owner {
        Owner::Nobody => None,
        Owner::Itself => Some(raw.id.clone()),
        Owner::Path(hops) => match raw.value(m, hops.first().map_or("", |h| &h.0)) {
            Data::Text(id) if hops.len() == 1 => Some(id),
            Data::Text(id) => owners.get(&id).cloned(),
            _ => None,
        },
    };
    let mut fields = BTreeMap::new();
    for (f, v) in m.fields.iter().zip(raw.values) {
        let v = if f.sensitive && !clear && !is_empty(&v) {
            masked.push(f.id.clone());
            mask::hint(&f.kind, &v)
        } else {
            v
        };
        fields.insert(f.id.clone(), v);
    }
    if m.dated {
        fields.insert("valid_from".into(), raw.valid_from.map_or(Data::Null, Data::Text));
        fields.insert("valid_to".into(), raw.valid_to.map_or(Data::Null, Data::Text));
    }
    Record {
        register: m.id.clone(),
        id: raw.id,
        version: raw.version,
        state: raw.state,
        title,
        fields,
        links,
        masked,
        agency,
        confirmed_on: raw.confirmed_on,
        created_at: raw.created_at,
        updated_at: raw.updated_at,
        updated_by: raw.updated_by,
        deleted: raw.deleted_at.is_some(),
    }
}

/// First link of the owner chain → agency id, for chains of several links.
fn owners(tx: &mut Tx, m: &Model, list: &[Raw]) -> Result<HashMap<String, String>> {
    let mut out = HashMap::new();
    let Owner::Path(hops) = &m.owner else { return Ok(out) };
    if hops.len() < 2 {
        return Ok(out);
    }
    let (field, first) = &hops[0];
    let ids: Vec<String> = list.iter().filter_map(|r| if let Data::Text(id) = r.value(m, field) { Some(id) } else { None }).collect();
    for chunk in ids.chunks(400) {
        let last = hops.len() - 1;
        // the field before the last register holds the agency's id: no need to visit the agency itself
        let mut sql = Sql::new(&format!("SELECT x1.\"id\", x{last}.{} FROM {} x1", quote(&hops[last].0), quote(first)));
        for (n, (field, target)) in hops.iter().enumerate().take(last).skip(1) {
            sql.push(&format!(" JOIN {} x{next} ON x{next}.\"id\" = x{n}.{}", quote(target), quote(field), next = n + 1));
        }
        sql.push(" WHERE x1.\"id\" IN ").bind_list(chunk.iter().map(String::as_str));
        for row in tx.query(&sql.text, &sql.params)? {
            if let Some(agency) = row.get::<Option<String>>(1)? {
                out.insert(row.get(0)?, agency);
            }
        }
    }
    Ok(out)
}
