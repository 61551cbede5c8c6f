//! API tokens: an account's rights through a narrower door, until a date.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use store::{Error, Result, Tx};

use crate::account::managed;
use crate::actor::{build, read_with_grants, select_with_grants};
use crate::crypto::{new_token, token_hash};
use crate::ledger::{log, seal};
use crate::password::Secret;
use crate::session::TOUCH_EVERY;
use crate::time::{DAY, day_of};
use crate::{Actor, ActorKind, Narrowing, Roles, Verb};

/// Every token starts so, so that scanners of leaked secrets find it.
const PREFIX: &str = "lc_";
/// Longest life, days.
const LONGEST_DAYS: i64 = 366;

/// One token in a list. The token itself is shown once, when made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ApiToken {
    /// UUIDv7.
    pub id: String,
    /// Account whose rights it carries.
    pub account: String,
    /// What it is for.
    pub name: String,
    /// First characters, to recognise it.
    pub prefix: String,
    /// Verbs it keeps; `None` = all of the account.
    pub verbs: Option<BTreeSet<Verb>>,
    /// Registers and permissions it keeps; `None` = all of the account.
    pub registers: Option<BTreeSet<String>>,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub expires_at: i64,
    /// µs UTC.
    pub revoked_at: Option<i64>,
    /// µs UTC, to 5 minutes.
    pub last_used_at: Option<i64>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Verbs to keep; `None` = all.
    pub verbs: Option<BTreeSet<Verb>>,
    /// Registers and permissions to keep; `None` = all.
    pub registers: Option<BTreeSet<String>>,
    /// Life in days, 1 to 366.
    pub days: i64,
}

/// A token just made.
#[derive(Debug, Clone)]
pub struct MintedToken {
    /// Shown once.
    pub token: Secret,
    /// As listed from now on.
    pub info: ApiToken,
}

/// Who is behind an API token.
#[derive(Debug, Clone)]
pub struct TokenActor {
    /// What it may: rights of the account ∩ narrowing.
    pub actor: Actor,
    /// Token id, for the access log.
    pub token_id: String,
    /// `last_used_at` is old: call [`touch_token`] in a write of its own.
    pub stale: bool,
}

pub(crate) const COLUMNS: &str =
    "t.id, t.account, t.name, t.prefix, t.verbs, t.registers, t.created_at, t.expires_at, t.revoked_at, t.last_used_at";

fn as_json<T: serde::Serialize>(set: Option<&BTreeSet<T>>) -> Result<Option<String>> {
    set.map(serde_json::to_string).transpose().map_err(Error::internal)
}

/// Text that cannot be read is an error, never "everything".
fn from_json<T: serde::de::DeserializeOwned>(text: Option<String>) -> Result<Option<T>> {
    text.map(|t| serde_json::from_str(&t)).transpose().map_err(Error::internal)
}

pub(crate) fn read(r: &store::Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: r.get(0)?,
        account: r.get(1)?,
        name: r.get(2)?,
        prefix: r.get(3)?,
        verbs: from_json(r.get(4)?)?,
        registers: from_json(r.get(5)?)?,
        created_at: r.get(6)?,
        expires_at: r.get(7)?,
        revoked_at: r.get(8)?,
        last_used_at: r.get(9)?,
    })
}

/// Makes a token of one's own account (permission `create` on `token`). Nobody makes one in another's name (it would act as them), and a token makes no token.
pub fn create_token(tx: &mut Tx, actor: &Actor, account: &str, new: &NewToken) -> Result<MintedToken> {
    let own = actor.kind == ActorKind::Person && actor.id == account;
    if !own && actor.kind != ActorKind::System {
        return Err(Error::Forbidden("Chỉ chủ tài khoản, sau khi đăng nhập, mới tạo được mã API của mình.".into()));
    }
    actor.may(Verb::Create, "token")?;
    if crate::account::account(tx, account)?.must_change {
        return Err(Error::Forbidden("Hãy đổi mật khẩu trước khi tạo mã API.".into()));
    }
    let name = text::clean(&new.name);
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid("name", "Hãy ghi mã API dùng để làm gì (nhiều nhất 100 ký tự)."));
    }
    if !(1..=LONGEST_DAYS).contains(&new.days) {
        return Err(Error::invalid("days", format!("Thời hạn từ 1 đến {LONGEST_DAYS} ngày.")));
    }
    let token = format!("{PREFIX}{}", new_token());
    let (id, now) = (tx.new_id(), tx.now());
    let info = ApiToken {
        id,
        account: account.into(),
        name,
        prefix: token.chars().take(PREFIX.len() + 6).collect(),
        verbs: new.verbs.clone(),
        registers: new.registers.clone(),
        created_at: now,
        expires_at: now + new.days * DAY,
        revoked_at: None,
        last_used_at: None,
    };
    tx.exec(
        "INSERT INTO api_token (id, account, name, token_hash, prefix, verbs, registers, created_at, expires_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
        &[
            info.id.as_str().into(),
            account.into(),
            info.name.as_str().into(),
            token_hash(&token).into(),
            info.prefix.as_str().into(),
            as_json(info.verbs.as_ref())?.into(),
            as_json(info.registers.as_ref())?.into(),
            now.into(),
            info.expires_at.into(),
        ],
    )?;
    log(tx, actor, "api_token", &info.id, 1, "create", None, &body(&info, &token_hash(&token)))?;
    Ok(MintedToken { token: Secret::new(token), info })
}

/// What a leaf says of a token; `hash` is what is kept of it.
pub(crate) fn body(t: &ApiToken, hash: &[u8]) -> serde_json::Value {
    json!({
        "account": t.account, "name": t.name, "prefix": t.prefix, "verbs": t.verbs, "registers": t.registers,
        "expires_at": t.expires_at, "revoked": t.revoked_at.is_some(), "secret_seal": seal(hash),
    })
}

/// Tokens of an account, newest first, ended ones too. The caller decides who may see them (owner, account managers).
pub fn list_tokens(tx: &mut Tx, account: &str) -> Result<Vec<ApiToken>> {
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM api_token t WHERE t.account = $1 ORDER BY t.id DESC"), &[account.into()])?;
    rows.iter().map(read).collect()
}

/// Ends a token: its owner, or who manages the account.
pub fn revoke_token(tx: &mut Tx, actor: &Actor, id: &str) -> Result<()> {
    let missing = || Error::NotFound("Không có mã API này.".into());
    let sql = format!("SELECT {COLUMNS}, t.version, t.token_hash FROM api_token t WHERE t.id = $1");
    let row = tx.query_opt(&sql, &[id.into()])?.ok_or_else(missing)?;
    let (mut t, version, hash): (ApiToken, i64, Vec<u8>) = (read(&row)?, row.get(10)?, row.get(11)?);
    if !(actor.kind == ActorKind::Person && actor.id == t.account) {
        managed(tx, actor, &t.account).map_err(|e| if e.status() == 403 { missing() } else { e })?;
    }
    if t.revoked_at.is_some() {
        return Ok(());
    }
    let now = tx.now();
    t.revoked_at = Some(now);
    tx.exec("UPDATE api_token SET revoked_at = $2, version = version + 1 WHERE id = $1", &[id.into(), now.into()])?;
    log(tx, actor, "api_token", id, version + 1, "revoke", None, &body(&t, &hash))
}

/// Who is behind this token? `None`: unknown, ended, or the account is closed or has not chosen its own password yet.
pub fn actor_of_token(tx: &mut Tx, roles: &Arc<Roles>, token: &str) -> Result<Option<TokenActor>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let now = tx.now();
    let filter = "t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 AND a.disabled_at IS NULL AND a.must_change = 0";
    let sql = select_with_grants(tx, &format!("{COLUMNS}, "), "api_token t JOIN account a ON a.id = t.account", filter, 3)?;
    let rows = tx.query(&sql, &[token_hash(token).into(), now.into(), day_of(now).into()])?;
    let (Some(first), Some((account, grants))) = (rows.first(), read_with_grants(&rows, 10)?) else {
        return Ok(None);
    };
    let t = read(first)?;
    let stale = t.last_used_at.is_none_or(|u| now - u >= TOUCH_EVERY);
    let actor = build(&account, ActorKind::Token, grants, roles).narrowed(Narrowing { verbs: t.verbs, registers: t.registers });
    Ok(Some(TokenActor { actor, token_id: t.id, stale }))
}

/// Notes that a token was used, at most every 5 minutes.
pub fn touch_token(tx: &mut Tx, id: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        "UPDATE api_token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
        &[id.into(), now.into(), (now - TOUCH_EVERY).into()],
    )?;
    Ok(())
}
