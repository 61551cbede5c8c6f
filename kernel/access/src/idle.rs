//! Accounts nobody uses any more: doors that stand open for no one. Listed for who manages them, closed in bulk with a reason.

use store::{Error, Result, Tx};

use crate::account::{Account, AccountFilter, list_accounts, set_disabled};
use crate::time::DAY;
use crate::{Actor, Scope};

/// Open accounts in the scope (minted for `Read` on `account`) that did not sign in for `days` days, by login. One that never
/// signed in counts from its making. An API token or a session in use counts as use.
pub fn idle_accounts(tx: &mut Tx, scope: &Scope, days: i64) -> Result<Vec<Account>> {
    if !(1..=3650).contains(&days) {
        return Err(Error::invalid("days", "Số ngày từ 1 đến 3650."));
    }
    let before = tx.now() - days * DAY;
    let mut out = Vec::new();
    let mut filter = AccountFilter { disabled: Some(false), limit: 500, ..AccountFilter::default() };
    loop {
        let page = list_accounts(tx, scope, &filter)?;
        let last = page.len() < filter.limit;
        filter.after = page.last().map(|a| a.login.clone());
        for a in page {
            if a.last_sign_in_at.unwrap_or(a.created_at) < before && !used(tx, &a.id, before)? {
                out.push(a);
            }
        }
        if last {
            return Ok(out);
        }
    }
}

/// By a token, or in a session that was opened long ago and is still at work.
fn used(tx: &mut Tx, account: &str, since: i64) -> Result<bool> {
    let token = "SELECT id FROM api_token WHERE account = $1 AND revoked_at IS NULL AND last_used_at >= $2 LIMIT 1";
    let session = "SELECT account FROM session WHERE account = $1 AND pending IS NULL AND seen_at >= $2 LIMIT 1";
    for sql in [token, session] {
        if tx.query_opt(sql, &[account.into(), since.into()])?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Closes those of `ids` that are still idle; all or none. How many they were. Nobody closes their own, nor one out of reach.
pub fn close_idle(tx: &mut Tx, actor: &Actor, ids: &[String], days: i64, reason: &str) -> Result<usize> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason", "Hãy ghi lý do khoá."));
    }
    if ids.is_empty() {
        return Err(Error::invalid("id", "Chọn ít nhất một tài khoản."));
    }
    tx.will_append()?;
    let scope = actor.may(crate::Verb::Read, "account")?;
    let idle = idle_accounts(tx, &scope, days)?;
    for id in ids {
        let Some(a) = idle.iter().find(|a| a.id == *id) else {
            return Err(Error::Conflict(
                "Có tài khoản vừa đăng nhập lại hoặc đã bị khoá; chưa khoá tài khoản nào. Tải lại danh sách rồi chọn lại.".into(),
            ));
        };
        set_disabled(tx, actor, &a.id, true, reason)?;
    }
    Ok(ids.len())
}
