//! Grants: account × role × agency subtree, from a day to a day.

use std::sync::Arc;

use serde_json::json;
use store::{Error, Result, Tx};

use crate::account::{account, manage_scope, managed, manages_agency};
use crate::actor::{has_agencies, path_of_agency};
use crate::ledger::log;
use crate::time::{DAY, day_of};
use crate::{Actor, ActorKind, Roles, Scope, Subtree};

/// One grant as stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Grant {
    /// UUIDv7.
    pub id: String,
    /// Account id.
    pub account: String,
    /// Role id.
    pub role: String,
    /// Root of the subtree; `None` = the whole instance.
    pub agency: Option<String>,
    /// First day, `YYYY-MM-DD`; `None` = always.
    pub from_date: Option<String>,
    /// Last day; `None` = no end.
    pub to_date: Option<String>,
    /// Account id of the granter.
    pub granted_by: String,
    /// µs UTC.
    pub at: i64,
    /// In force today.
    pub active: bool,
}

/// What is granted.
#[derive(Debug, Clone, Default)]
pub struct NewGrant {
    /// Account id.
    pub account: String,
    /// Role id.
    pub role: String,
    /// Root of the subtree; `None` = the whole instance.
    pub agency: Option<String>,
    /// First day, `YYYY-MM-DD`.
    pub from_date: Option<String>,
    /// Last day.
    pub to_date: Option<String>,
}

pub(crate) const COLUMNS: &str = "id, account, role, agency, from_date, to_date, granted_by, at";

pub(crate) fn read(r: &store::Row, today: &str) -> Result<Grant> {
    let (from_date, to_date): (Option<String>, Option<String>) = (r.get(4)?, r.get(5)?);
    let active = from_date.as_deref().is_none_or(|d| d <= today) && to_date.as_deref().is_none_or(|d| d >= today);
    Ok(Grant {
        id: r.get(0)?,
        account: r.get(1)?,
        role: r.get(2)?,
        agency: r.get(3)?,
        from_date,
        to_date,
        granted_by: r.get(6)?,
        at: r.get(7)?,
        active,
    })
}

/// All grants of an account, past ones too, oldest first. The caller decides who may see them (owner, account managers).
pub fn grants_of(tx: &mut Tx, account: &str) -> Result<Vec<Grant>> {
    let today = day_of(tx.now());
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM account_grant WHERE account = $1 ORDER BY id"), &[account.into()])?;
    rows.iter().map(|r| read(r, &today)).collect()
}

/// Accounts in use that hold one of these roles today, with the agency of the grant (`None` = the whole instance). For notices
/// to whoever does a job; nobody is shown them.
pub fn holders(tx: &mut Tx, roles: &[&str]) -> Result<Vec<(String, Option<String>)>> {
    let today = day_of(tx.now());
    let mut found = Vec::new();
    for role in roles {
        let rows = tx.query(
            "SELECT DISTINCT g.account, g.agency FROM account_grant g JOIN account a ON a.id = g.account WHERE g.role = $1 AND a.disabled_at IS NULL \
             AND (g.from_date IS NULL OR g.from_date <= $2) AND (g.to_date IS NULL OR g.to_date >= $2) ORDER BY g.account, g.agency",
            &[(*role).into(), today.as_str().into()],
        )?;
        for r in &rows {
            found.push((r.get(0)?, r.get(1)?));
        }
    }
    Ok(found)
}

/// Refuses when some grant of the account, present or future, reaches beyond what the actor manages.
pub(crate) fn manages_grants_of(tx: &mut Tx, actor: &Actor, account: &str) -> Result<()> {
    if *manage_scope(actor)?.subtree() == Subtree::All {
        return Ok(());
    }
    let today = day_of(tx.now());
    for g in grants_of(tx, account)? {
        if g.to_date.as_deref().is_none_or(|d| d >= today.as_str()) {
            manages_agency(tx, actor, g.agency.as_deref())?;
        }
    }
    Ok(())
}

/// Refuses when some grant of the account, present or future, gives what the actor does not hold there: whoever manages only a
/// part of the tree must not come by more through somebody else's account.
pub(crate) fn holds_grants_of(tx: &mut Tx, actor: &Actor, account: &str) -> Result<()> {
    if actor.id == account || *manage_scope(actor)?.subtree() == Subtree::All {
        return Ok(());
    }
    let (today, roles) = (day_of(tx.now()), actor.roles());
    for g in grants_of(tx, account)? {
        if g.to_date.as_deref().is_some_and(|d| d < today.as_str()) {
            continue;
        }
        let path = match &g.agency {
            Some(a) => path_of_agency(tx, a)?,
            None => None,
        };
        if !holds_all_of(actor, &roles, &g.role, path.as_deref().unwrap_or_default()) {
            return Err(Error::Forbidden(
                "Tài khoản này có quyền mà chính bạn không có, nên bạn không thể đặt lại cách đăng nhập của nó. Nhờ quản trị viên cấp trên.".into(),
            ));
        }
    }
    Ok(())
}

/// Who manages only a part of the tree may pass on only what they hold themselves in that part.
fn holds_all_of(actor: &Actor, roles: &Roles, role: &str, path: &str) -> bool {
    let Some(role) = roles.0.get(role) else {
        return false;
    };
    role.rules.iter().all(|rule| {
        let reaches = |s: Scope| {
            if rule.everywhere { *s.subtree() == Subtree::All } else { s.covers(path) }
        };
        rule.on.iter().all(|on| rule.verbs.iter().all(|v| actor.may(*v, on).is_ok_and(reaches)))
    })
}

fn check_dates(new: &NewGrant) -> Result<()> {
    let good = |d: &str| {
        let part = |a: usize, b: usize| d.get(a..b).filter(|s| s.bytes().all(|c| c.is_ascii_digit())).and_then(|s| s.parse::<u32>().ok());
        let dashes = d.len() == 10 && d.get(4..5) == Some("-") && d.get(7..8) == Some("-");
        let year = part(0, 4).and_then(|y| i32::try_from(y).ok());
        dashes && matches!((year, part(5, 7), part(8, 10)), (Some(y), Some(m), Some(day)) if text::is_valid_date(y, m, day))
    };
    for (field, d) in [("from_date", &new.from_date), ("to_date", &new.to_date)] {
        if d.as_deref().is_some_and(|d| !good(d)) {
            return Err(Error::invalid(field, "Ngày không hợp lệ."));
        }
    }
    match (&new.from_date, &new.to_date) {
        (Some(a), Some(b)) if a > b => Err(Error::invalid("to_date", "Ngày kết thúc phải từ ngày bắt đầu trở đi.")),
        _ => Ok(()),
    }
}

/// Gives a role. Nobody gives themselves one; who manages a subtree gives only what they hold there.
pub fn grant(tx: &mut Tx, actor: &Actor, roles: &Arc<Roles>, new: &NewGrant) -> Result<Grant> {
    check_dates(new)?;
    if !roles.0.contains_key(&new.role) {
        return Err(Error::invalid("role", format!("Không có vai trò “{}”.", new.role)));
    }
    if actor.id == new.account && actor.kind != ActorKind::System {
        return Err(Error::Forbidden("Bạn không thể tự cấp quyền cho mình. Hãy nhờ một quản trị viên khác.".into()));
    }
    let target = account(tx, &new.account)?;
    manages_agency(tx, actor, target.agency.as_deref())?;
    manages_agency(tx, actor, new.agency.as_deref())?;
    let path = match &new.agency {
        Some(a) => path_of_agency(tx, a)?,
        None => None,
    };
    if let (Some(_), None) = (&new.agency, &path)
        && has_agencies(tx)?
    {
        return Err(Error::invalid("agency", "Không có cơ quan này trong sổ cơ quan."));
    }
    if *manage_scope(actor)?.subtree() != Subtree::All && !holds_all_of(actor, roles, &new.role, path.as_deref().unwrap_or_default()) {
        return Err(Error::Forbidden("Vai trò này có quyền mà chính bạn không có, nên bạn không thể cấp.".into()));
    }
    let same = |g: &Grant| (&g.role, &g.agency, &g.from_date, &g.to_date) == (&new.role, &new.agency, &new.from_date, &new.to_date);
    if grants_of(tx, &new.account)?.iter().any(same) {
        return Err(Error::Conflict("Tài khoản đã có quyền này.".into()));
    }
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO account_grant (id, account, role, agency, from_date, to_date, granted_by, at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
        &[
            id.as_str().into(),
            new.account.as_str().into(),
            new.role.as_str().into(),
            new.agency.clone().into(),
            new.from_date.clone().into(),
            new.to_date.clone().into(),
            actor.id.as_str().into(),
            now.into(),
        ],
    )?;
    appended(tx, actor, &id, "create", None)
}

/// Ends a grant today (it stays in the list as past).
pub fn end_grant(tx: &mut Tx, actor: &Actor, id: &str, reason: &str) -> Result<Grant> {
    let account: String = tx
        .query_opt("SELECT account FROM account_grant WHERE id = $1", &[id.into()])?
        .ok_or_else(|| Error::NotFound("Không có quyền này.".into()))?
        .get(0)?;
    managed(tx, actor, &account)?;
    let yesterday = day_of(tx.now() - DAY);
    let ended = tx.exec(
        "UPDATE account_grant SET to_date = $2, version = version + 1 WHERE id = $1 AND (to_date IS NULL OR to_date > $2)",
        &[id.into(), yesterday.into()],
    )?;
    if ended == 0 {
        return Err(Error::Conflict("Quyền này đã kết thúc trước đó.".into()));
    }
    appended(tx, actor, id, "end", Some(reason))
}

fn appended(tx: &mut Tx, actor: &Actor, id: &str, action: &str, reason: Option<&str>) -> Result<Grant> {
    let today = day_of(tx.now());
    let row = tx
        .query_opt(&format!("SELECT {COLUMNS}, version FROM account_grant WHERE id = $1"), &[id.into()])?
        .ok_or_else(|| Error::internal("grant vanished"))?;
    let g = read(&row, &today)?;
    log(tx, actor, "account_grant", id, row.get(8)?, action, reason, &body(&g))?;
    Ok(g)
}

/// What a leaf says of a grant.
pub(crate) fn body(g: &Grant) -> serde_json::Value {
    json!({ "account": g.account, "role": g.role, "agency": g.agency, "from_date": g.from_date, "to_date": g.to_date, "granted_by": g.granted_by })
}
