//! Whose record it is: from the links of a record to an agency and its path, and the predicate of a scope.

use std::collections::HashMap;

use access::{Scope, Subtree};
use store::{Result, Tx};

use crate::Registry;
use crate::body::Raw;
use crate::model::{AGENCY, Model, Owner};
use crate::record::Data;
use crate::sql::{Sql, after_prefix, quote};

/// An agency and where it stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agency {
    pub id: String,
    pub path: String,
}

/// Answers looked up before. Lives as long as one action, or as long as a bulk load.
#[derive(Default)]
pub(crate) struct Cache {
    owners: HashMap<(String, String), Option<Agency>>,
    pub links: HashMap<(String, String), bool>,
    pub titles: HashMap<(String, String), String>,
    sort_keys: HashMap<String, String>,
}

impl Cache {
    /// [`text::sort_key`] of a value that may come again (positions, names of courses).
    pub fn sort_key(&mut self, s: &str) -> String {
        if let Some(k) = self.sort_keys.get(s) {
            return k.clone();
        }
        let k = text::sort_key(s);
        if self.sort_keys.len() < 20_000 {
            self.sort_keys.insert(s.to_owned(), k.clone());
        }
        k
    }
}

/// Does the scope reach a record of this register with this owner? Reference data has no owner: the verb is enough.
pub(crate) fn reaches(scope: &Scope, m: &Model, owner: Option<&Agency>) -> bool {
    match (scope.subtree(), &m.owner) {
        (Subtree::All, _) | (_, Owner::Nobody) => true,
        _ => owner.is_some_and(|a| scope.covers(&a.path)),
    }
}

/// Owner of a record as it stands in memory. `None`: reference data, or the chain has a gap.
pub(crate) fn owner_of(tx: &mut Tx, reg: &Registry, m: &Model, raw: &Raw, cache: &mut Cache) -> Result<Option<Agency>> {
    match &m.owner {
        Owner::Nobody => Ok(None),
        Owner::Itself => Ok(raw.path.as_ref().map(|p| Agency { id: raw.id.clone(), path: p.clone() })),
        Owner::Path(hops) => {
            let Some((field, target)) = hops.first() else { return Ok(None) };
            match raw.value(m, field) {
                Data::Text(id) => owner_by_id(tx, reg, target, &id, &hops[1..], cache),
                _ => Ok(None),
            }
        }
    }
}

/// Owner along the rest of a chain that starts at a record.
fn owner_by_id(
    tx: &mut Tx,
    _reg: &Registry,
    register: &str,
    id: &str,
    rest: &[(String, String)],
    cache: &mut Cache,
) -> Result<Option<Agency>> {
    let mut name = register.to_owned();
    for (f, _) in rest {
        name.push('.');
        name.push_str(f);
    }
    let key = (name, id.to_owned());
    if let Some(known) = cache.owners.get(&key) {
        return Ok(known.clone());
    }
    let last = rest.len();
    let mut sql = format!("SELECT x{last}.\"id\", x{last}.\"path\" FROM {} x0", quote(register));
    for (i, (field, target)) in rest.iter().enumerate() {
        sql.push_str(&format!(" JOIN {} x{} ON x{}.\"id\" = x{i}.{}", quote(target), i + 1, i + 1, quote(field)));
    }
    sql.push_str(" WHERE x0.\"id\" = $1");
    let found = match tx.query_opt(&sql, &[id.into()])? {
        Some(r) => r.get::<Option<String>>(1)?.map(|path| Ok::<_, store::Error>(Agency { id: r.get(0)?, path })).transpose()?,
        None => None,
    };
    cache.owners.insert(key, found.clone());
    Ok(found)
}

/// Forgets what a write may have changed.
pub(crate) fn forget(cache: &mut Cache, register: &str, id: &str) {
    cache.links.remove(&(register.to_owned(), id.to_owned()));
    cache.titles.remove(&(register.to_owned(), id.to_owned()));
    if register == AGENCY {
        cache.owners.clear();
    } else {
        let from = format!("{register}.");
        cache.owners.retain(|(name, rec), _| !(rec == id && (name == register || name.starts_with(&from))));
    }
}

/// ` AND (…)` that keeps the records of table alias `t` whose owner lies in the scope. Nothing for a scope without limit.
pub(crate) fn within(sql: &mut Sql, m: &Model, scope: &Scope) {
    if let (Subtree::Paths(paths), true) = (scope.subtree(), m.owner != Owner::Nobody) {
        sql.push(" AND ");
        owned(sql, m, "t", &|sql, alias| ranges(sql, alias, paths));
    }
}

/// `alias.path` in any of the subtrees.
fn ranges(sql: &mut Sql, alias: &str, paths: &[String]) {
    sql.push("(");
    for (i, p) in paths.iter().enumerate() {
        sql.push(if i > 0 { " OR " } else { "" });
        sql.push(&format!("({alias}.\"path\" >= ")).bind(p.as_str());
        sql.push(&format!(" AND {alias}.\"path\" < ")).bind(after_prefix(p)).push(")");
    }
    if paths.is_empty() {
        sql.push("1 = 0");
    }
    sql.push(")");
}

/// A predicate over the owning agency of `alias`, as nested `IN`s along the chain of links (both engines walk them from
/// the agency side by index when few agencies fit).
pub(crate) fn owned(sql: &mut Sql, m: &Model, alias: &str, inner: &dyn Fn(&mut Sql, &str)) {
    let hops = match &m.owner {
        Owner::Nobody => {
            sql.push("1 = 0");
            return;
        }
        Owner::Itself => return inner(sql, alias),
        Owner::Path(h) => h,
    };
    let mut at = alias.to_owned();
    for (i, (field, target)) in hops.iter().enumerate() {
        let next = format!("o{i}");
        sql.push(&format!("{at}.{} IN (SELECT {next}.\"id\" FROM {} {next} WHERE ", quote(field), quote(target)));
        at = next;
    }
    inner(sql, &at);
    sql.push(&")".repeat(hops.len()));
}

/// The agency (or the subtree below it) owns the record.
pub(crate) fn owned_by(sql: &mut Sql, m: &Model, agencies: &[String]) {
    owned(sql, m, "t", &|sql, alias| {
        sql.push(&format!("{alias}.\"id\" IN ")).bind_list(agencies.iter().map(String::as_str));
    });
}

pub(crate) fn owned_under(sql: &mut Sql, m: &Model, paths: &[String]) {
    owned(sql, m, "t", &|sql, alias| ranges(sql, alias, paths));
}

/// Paths of agencies, for filters "under".
pub(crate) fn paths_of(tx: &mut Tx, ids: &[String]) -> Result<Vec<String>> {
    let mut sql = Sql::new("SELECT \"path\" FROM \"agency\" WHERE \"id\" IN ");
    sql.bind_list(ids.iter().map(String::as_str));
    tx.query(&sql.text, &sql.params)?.iter().map(|r| r.get(0)).collect()
}
