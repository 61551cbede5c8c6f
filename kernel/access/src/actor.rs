//! From an account and its grants to an [`Actor`].

use std::sync::Arc;

use store::{Engine, Error, Result, Row, Tx};

use crate::account::{Account, COLUMNS, WIDTH};
use crate::time::day_of;
use crate::{Actor, ActorKind, GrantInfo, Roles};

/// Is the table `agency` (made by kernel/registers) there yet? Without it a grant that names an agency gives nothing.
pub(crate) fn has_agencies(tx: &mut Tx) -> Result<bool> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'agency'",
        Engine::Postgres => {
            "SELECT CAST(1 AS BIGINT) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'agency'"
        }
    };
    Ok(tx.query_opt(sql, &[])?.is_some())
}

/// Present path of an agency, if it is known.
pub(crate) fn path_of_agency(tx: &mut Tx, agency: &str) -> Result<Option<String>> {
    if !has_agencies(tx)? {
        return Ok(None);
    }
    let row = tx.query_opt("SELECT path FROM agency WHERE id = $1", &[agency.into()])?;
    Ok(row.map(|r| r.get::<Option<String>>(0)).transpose()?.flatten())
}

/// One statement that finds an account by what `source` and `filter` say, with its grants in force on `today` (parameter
/// number `day`) and their agencies' paths: a row per grant, one row without role when there are none. `extra` columns
/// come first (`width` of them), then [`COLUMNS`], then role, agency, path.
pub(crate) fn select_with_grants(tx: &mut Tx, extra: &str, source: &str, filter: &str, day: usize) -> Result<String> {
    let (path, join) =
        if has_agencies(tx)? { ("ag.path", " LEFT JOIN agency ag ON ag.id = gr.agency") } else { ("CAST(NULL AS TEXT)", "") };
    Ok(format!(
        "SELECT {extra}{COLUMNS}, gr.role, gr.agency, {path} FROM {source} LEFT JOIN account_grant gr ON gr.account = a.id \
         AND (gr.from_date IS NULL OR gr.from_date <= ${day}) AND (gr.to_date IS NULL OR gr.to_date >= ${day}){join} \
         WHERE {filter} ORDER BY gr.id"
    ))
}

/// Reads what [`select_with_grants`] answers.
pub(crate) fn read_with_grants(rows: &[Row], width: usize) -> Result<Option<(Account, Vec<GrantInfo>)>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let account = Account::read(first, width)?;
    let mut grants = Vec::new();
    for r in rows {
        if let Some(role) = r.get::<Option<String>>(width + WIDTH)? {
            grants.push(GrantInfo { role, agency: r.get(width + WIDTH + 1)?, path: r.get(width + WIDTH + 2)? });
        }
    }
    Ok(Some((account, grants)))
}

/// The actor of an account. One that must change its password may nothing at all until it has.
pub(crate) fn build(a: &Account, kind: ActorKind, grants: Vec<GrantInfo>, roles: &Arc<Roles>) -> Actor {
    let (grants, roles) = if a.must_change && kind == ActorKind::Person { (vec![], Arc::default()) } else { (grants, roles.clone()) };
    Actor::new(&a.id, &a.name, kind, a.agency.clone(), a.person.clone(), grants, roles)
}

fn find(tx: &mut Tx, roles: &Arc<Roles>, filter: &str, key: &str) -> Result<Actor> {
    let sql = select_with_grants(tx, "", "account a", filter, 2)?;
    let today = day_of(tx.now());
    let rows = tx.query(&sql, &[key.into(), today.into()])?;
    let (mut a, grants) = read_with_grants(&rows, 0)?.ok_or_else(|| Error::NotFound("Không có tài khoản này.".into()))?;
    if a.disabled_at.is_some() {
        return Err(Error::Forbidden(format!("Tài khoản “{}” đã bị khoá.", a.login)));
    }
    // no password is asked at these doors, so an unchanged one does not matter
    a.must_change = false;
    Ok(build(&a, ActorKind::Person, grants, roles))
}

/// Actor of a login without password: only for the command line on the server itself (`--as`) and for jobs.
pub fn actor_of_login(tx: &mut Tx, roles: &Arc<Roles>, login: &str) -> Result<Actor> {
    find(tx, roles, "a.login = $1", &text::fold(login))
}

/// Actor of an account id, e.g. to ask what a recipient of a notice may read.
pub fn actor_of_account(tx: &mut Tx, roles: &Arc<Roles>, account: &str) -> Result<Actor> {
    find(tx, roles, "a.id = $1", account)
}
