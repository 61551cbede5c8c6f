//! Sessions: a row per signed-in browser. Only the SHA-256 of the cookie is stored.

use std::sync::Arc;

use store::{Error, Result, Row, Tx};

use crate::account::{Account, managed};
use crate::actor::{build, read_with_grants, select_with_grants};
use crate::crypto::{hex, new_token, token_hash, unhex};
use crate::password::Secret;
use crate::time::{DAY, HOUR, MINUTE, day_of};
use crate::{Actor, ActorKind, Roles};

/// A session unused for this long is over, µs.
pub const IDLE_LIFE: i64 = 8 * HOUR;
/// A session is over after this long whatever happens, µs.
pub const ABSOLUTE_LIFE: i64 = 30 * DAY;
/// `seen_at` is written at most this often, µs.
pub(crate) const TOUCH_EVERY: i64 = 5 * MINUTE;

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Address.
    pub ip: String,
    /// `User-Agent`; kept to 160 characters.
    pub user_agent: String,
}

/// A session just opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Goes into the cookie, nowhere else.
    pub token: Secret,
    /// Account id.
    pub account: String,
    /// µs UTC: end at the latest (`Max-Age` of the cookie).
    pub expires_at: i64,
}

/// One session in the owner's list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SessionInfo {
    /// Hexadecimal of the stored hash: names the session, opens nothing.
    pub id: String,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC, to 5 minutes.
    pub seen_at: i64,
    /// µs UTC: end at the latest.
    pub expires_at: i64,
    /// Browser.
    pub user_agent: String,
    /// Address at sign-in.
    pub ip: String,
    /// The one that asks.
    pub current: bool,
}

/// Who is behind a cookie.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What they may.
    pub actor: Actor,
    /// Account (with language, theme and `must_change`: then the actor may nothing but choose a password).
    pub account: Account,
    /// This session.
    pub session: SessionInfo,
    /// A second factor is in use.
    pub secured: bool,
    /// `seen_at` is old: call [`touch_session`] in a write of its own, after answering if you like.
    pub stale: bool,
}

const COLUMNS: &str = "s.id_hash, s.created_at, s.seen_at, s.expires_at, s.user_agent, s.ip";

/// A session, its account, and whether that has a second factor.
const SOURCE: &str = "session s JOIN account a ON a.id = s.account LEFT JOIN second_factor f ON f.id = a.id";

fn read(r: &Row, current: &[u8]) -> Result<SessionInfo> {
    let hash: Vec<u8> = r.get(0)?;
    Ok(SessionInfo {
        id: hex(&hash),
        created_at: r.get(1)?,
        seen_at: r.get(2)?,
        expires_at: r.get(3)?,
        user_agent: r.get(4)?,
        ip: r.get(5)?,
        current: hash == current,
    })
}

/// Opens a session without asking for a password: after [`crate::Checked::finish`] (which calls it) and in tests.
pub fn open_session(tx: &mut Tx, account: &str, client: &Client) -> Result<NewSession> {
    let (token, now) = (new_token(), tx.now());
    let agent: String = text::clean(&client.user_agent).chars().take(160).collect();
    tx.exec(
        "INSERT INTO session (id_hash, account, created_at, seen_at, expires_at, user_agent, ip) VALUES ($1, $2, $3, $3, $4, $5, $6)",
        &[token_hash(&token).into(), account.into(), now.into(), (now + ABSOLUTE_LIFE).into(), agent.into(), client.ip.as_str().into()],
    )?;
    Ok(NewSession { token: Secret::new(token), account: account.into(), expires_at: now + ABSOLUTE_LIFE })
}

/// Who is behind this cookie? One indexed statement. `None`: unknown, ended, too long unused, or the account is closed.
pub fn actor_of_session(tx: &mut Tx, roles: &Arc<Roles>, token: &str) -> Result<Option<SignedIn>> {
    let (hash, now) = (token_hash(token), tx.now());
    let filter =
        "s.id_hash = $1 AND s.pending IS NULL AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.seen_at > $3 AND a.disabled_at IS NULL";
    let sql = select_with_grants(tx, &format!("{COLUMNS}, f.confirmed_at, "), SOURCE, filter, 4)?;
    let rows = tx.query(&sql, &[hash.as_slice().to_vec().into(), now.into(), (now - IDLE_LIFE).into(), day_of(now).into()])?;
    let (Some(first), Some((account, grants))) = (rows.first(), read_with_grants(&rows, 7)?) else {
        return Ok(None);
    };
    let session = read(first, &hash)?;
    let secured = first.get::<Option<i64>>(6)?.is_some();
    let stale = now - session.seen_at >= TOUCH_EVERY;
    let actor = build(&account, ActorKind::Person, grants, roles);
    Ok(Some(SignedIn { actor, account, session, secured, stale }))
}

/// Notes that the session was used. Writes nothing when it was noted less than 5 minutes ago.
pub fn touch_session(tx: &mut Tx, token: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        "UPDATE session SET seen_at = $2 WHERE id_hash = $1 AND seen_at <= $3",
        &[token_hash(token).into(), now.into(), (now - TOUCH_EVERY).into()],
    )?;
    Ok(())
}

/// Sign-out.
pub fn end_session(tx: &mut Tx, token: &str) -> Result<()> {
    let now = tx.now();
    tx.exec("UPDATE session SET revoked_at = $2 WHERE id_hash = $1 AND revoked_at IS NULL", &[token_hash(token).into(), now.into()])?;
    Ok(())
}

/// Live sessions of an account, last used first. `token` = the cookie that asks (empty: none is marked current).
pub fn list_sessions(tx: &mut Tx, account: &str, token: &str) -> Result<Vec<SessionInfo>> {
    let now = tx.now();
    let rows = tx.query(
        &format!(
            "SELECT {COLUMNS} FROM session s WHERE s.account = $1 AND s.pending IS NULL AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.seen_at > $3 \
             ORDER BY s.seen_at DESC, s.created_at DESC"
        ),
        &[account.into(), now.into(), (now - IDLE_LIFE).into()],
    )?;
    rows.iter().map(|r| read(r, &token_hash(token))).collect()
}

/// Ends one session of one's own account, by [`SessionInfo::id`].
pub fn revoke_session(tx: &mut Tx, account: &str, id: &str) -> Result<()> {
    let now = tx.now();
    let hash = unhex(id).unwrap_or_default();
    let n = tx.exec(
        "UPDATE session SET revoked_at = $3 WHERE id_hash = $1 AND account = $2 AND revoked_at IS NULL",
        &[hash.into(), account.into(), now.into()],
    )?;
    if n == 0 { Err(Error::NotFound("Không có phiên đăng nhập này.".into())) } else { Ok(()) }
}

/// Ends all sessions of one's own account but the one with this cookie; how many they were.
pub fn revoke_other_sessions(tx: &mut Tx, account: &str, keep: &str) -> Result<u64> {
    end_all_but(tx, account, keep)
}

/// A manager ends all sessions of an account; how many they were.
pub fn revoke_all_sessions(tx: &mut Tx, actor: &Actor, account: &str) -> Result<u64> {
    managed(tx, actor, account)?;
    end_all(tx, account)
}

pub(crate) fn end_all_but(tx: &mut Tx, account: &str, keep: &str) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        "UPDATE session SET revoked_at = $3 WHERE account = $1 AND id_hash <> $2 AND revoked_at IS NULL",
        &[account.into(), token_hash(keep).into(), now.into()],
    )
}

pub(crate) fn end_all(tx: &mut Tx, account: &str) -> Result<u64> {
    let now = tx.now();
    tx.exec("UPDATE session SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL", &[account.into(), now.into()])
}

/// Removes sessions that ended more than 30 days ago and sign-in attempts older than two years; run daily.
pub fn purge_sessions(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let old = now - 30 * DAY;
    let codes = crate::recover::purge(tx)?;
    let n = codes + tx.exec("DELETE FROM session WHERE expires_at < $1 OR revoked_at < $1 OR seen_at < $1", &[old.into()])?;
    Ok(n + tx.exec("DELETE FROM sign_in_log WHERE at < $1", &[(now - 730 * DAY).into()])?)
}
