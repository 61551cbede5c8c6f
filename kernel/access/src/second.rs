//! The second factor: one-time codes of an app, and recovery codes for the day the telephone is lost.
//!
//! One row per account. The app's secret has to be kept as it is; recovery codes only as hashes. A row stays when the factor is
//! taken away, so that the ledger's last word about it can be compared.

use serde_json::json;
use store::{Error, Result, Row, Tx};

use crate::account::{Account, account, commanded};
use crate::crypto::{hex, new_token, token_hash};
use crate::ledger::{log, seal};
use crate::otp::{SECRET, base32, matching};
use crate::password::Secret;
use crate::session::{Client, NewSession, open_session};
use crate::signin::{Refusal, note};
use crate::time::MINUTE;
use crate::{Actor, ActorKind};

/// Wrong codes in a row that lock the factor.
const FAILURES: i64 = 5;
/// For how long.
const LOCK: i64 = 15 * MINUTE;
/// Time between password and code.
pub const PENDING_LIFE: i64 = 5 * MINUTE;
/// Recovery codes given out at a time.
const CODES: usize = 10;

/// What the owner and their managers may know of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct SecondFactor {
    /// µs UTC since when it is asked for; `None` = not in use.
    pub since: Option<i64>,
    /// Recovery codes not used yet.
    pub codes_left: usize,
    /// µs UTC; locked out until then.
    pub locked_until: Option<i64>,
}

/// What the app is shown; nothing is asked for until [`confirm_second`].
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Base32, to type by hand.
    pub secret: Secret,
    /// `otpauth://totp/…`, to scan.
    pub uri: Secret,
}

/// Recovery codes, shown once.
pub type RecoveryCodes = Vec<Secret>;

struct Kept {
    secret: String,
    confirmed_at: Option<i64>,
    last_step: i64,
    codes: String,
    failed: i64,
    locked_until: Option<i64>,
}

pub(crate) const COLUMNS: &str = "id, secret, confirmed_at, last_step, codes, failed_count, locked_until, version";

fn kept(tx: &mut Tx, account: &str) -> Result<Option<Kept>> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM second_factor WHERE id = $1"), &[account.into()])?;
    row.map(|r| {
        Ok(Kept {
            secret: r.get(1)?,
            confirmed_at: r.get(2)?,
            last_step: r.get(3)?,
            codes: r.get(4)?,
            failed: r.get(5)?,
            locked_until: r.get(6)?,
        })
    })
    .transpose()
}

/// What a leaf says of a factor, from a row of [`COLUMNS`].
pub(crate) fn body(r: &Row) -> Result<serde_json::Value> {
    let (secret, confirmed, codes): (String, Option<i64>, String) = (r.get(1)?, r.get(2)?, r.get(4)?);
    Ok(json!({ "confirmed": confirmed.is_some(), "secret_seal": seal(secret.as_bytes()), "codes_seal": seal(codes.as_bytes()) }))
}

fn changed(tx: &mut Tx, actor: &Actor, id: &str, action: &str, reason: Option<&str>) -> Result<()> {
    tx.exec("UPDATE second_factor SET version = version + 1 WHERE id = $1", &[id.into()])?;
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM second_factor WHERE id = $1"), &[id.into()])?;
    let row = row.ok_or_else(|| Error::internal("second factor vanished"))?;
    log(tx, actor, "second_factor", id, row.get(7)?, action, reason, &body(&row)?)
}

/// State of an account's factor.
pub fn second_factor(tx: &mut Tx, account: &str) -> Result<SecondFactor> {
    Ok(kept(tx, account)?.map_or_else(SecondFactor::default, |k| SecondFactor {
        since: k.confirmed_at,
        codes_left: k.codes.split(',').filter(|c| !c.is_empty()).count(),
        locked_until: k.locked_until,
    }))
}

/// Only the owner, signed in as a person.
fn owner(actor: &Actor) -> Result<()> {
    if actor.kind == ActorKind::Person {
        return Ok(());
    }
    Err(Error::Forbidden("Chỉ chủ tài khoản, sau khi đăng nhập, mới đặt được lớp bảo vệ thứ hai của mình.".into()))
}

/// Makes a new secret for one's own account. One that is in use stays in use until the new one is confirmed: this refuses then.
pub fn enrol_second(tx: &mut Tx, actor: &Actor, issuer: &str) -> Result<Enrolment> {
    owner(actor)?;
    tx.will_append()?;
    let a = account(tx, &actor.id)?;
    if kept(tx, &a.id)?.is_some_and(|k| k.confirmed_at.is_some()) {
        return Err(Error::Conflict("Lớp bảo vệ thứ hai đang bật. Tắt nó trước khi đăng ký ứng dụng khác.".into()));
    }
    let mut bytes = [0u8; SECRET];
    store::Ids::fill(&store::SystemIds, &mut bytes);
    let secret = hex(&bytes);
    tx.exec(
        "INSERT INTO second_factor (id, secret, last_step, codes, failed_count, version) VALUES ($1, $2, 0, '', 0, 0) \
         ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, last_step = 0, codes = '', failed_count = 0, locked_until = NULL",
        &[a.id.as_str().into(), secret.as_str().into()],
    )?;
    changed(tx, actor, &a.id, "enrol", None)?;
    Ok(shown(&a.login, issuer, &bytes))
}

/// For the app: the address that QR codes carry (Google Authenticator's "Key Uri Format", which all apps read).
fn shown(login: &str, issuer: &str, secret: &[u8]) -> Enrolment {
    let escaped = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    let part = |s: &str| s.bytes().map(escaped).collect::<String>();
    let key = base32(secret);
    let uri = format!("otpauth://totp/{i}:{}?secret={key}&issuer={i}", part(login), i = part(issuer));
    Enrolment { secret: Secret::new(key), uri: Secret::new(uri) }
}

/// The enrolment under way, shown until it is confirmed.
pub fn enrolment_under_way(tx: &mut Tx, actor: &Actor, issuer: &str) -> Result<Option<Enrolment>> {
    owner(actor)?;
    let k = kept(tx, &actor.id)?.filter(|k| k.confirmed_at.is_none() && !k.secret.is_empty());
    let Some(secret) = k.and_then(|k| crate::crypto::unhex(&k.secret)) else { return Ok(None) };
    let a = account(tx, &actor.id)?;
    Ok(Some(shown(&a.login, issuer, &secret)))
}

/// The owner proves that the app shows the right codes: from now on they are asked for. Gives the recovery codes.
pub fn confirm_second(tx: &mut Tx, actor: &Actor, code: &str) -> Result<RecoveryCodes> {
    owner(actor)?;
    tx.will_append()?;
    let none = || Error::Conflict("Chưa bắt đầu đăng ký, hoặc lớp bảo vệ thứ hai đã bật. Mở lại trang tài khoản.".into());
    let k = kept(tx, &actor.id)?.filter(|k| k.confirmed_at.is_none() && !k.secret.is_empty()).ok_or_else(none)?;
    let secret = crate::crypto::unhex(&k.secret).ok_or_else(|| Error::internal("secret of a second factor"))?;
    let step = matching(&secret, &digits(code), tx.now(), k.last_step)
        .ok_or_else(|| Error::invalid("code", "Mã không đúng. Kiểm tra giờ của điện thoại rồi nhập mã đang hiện."))?;
    let (codes, hashes) = new_codes();
    let now = tx.now();
    tx.exec(
        "UPDATE second_factor SET confirmed_at = $2, last_step = $3, codes = $4, failed_count = 0, locked_until = NULL WHERE id = $1",
        &[actor.id.as_str().into(), now.into(), step.into(), hashes.into()],
    )?;
    changed(tx, actor, &actor.id, "confirm", None)?;
    Ok(codes)
}

/// New recovery codes for one's own account; the old ones end. Costs a code, as signing in does; a refusal counts and is committed.
pub fn renew_codes(tx: &mut Tx, actor: &Actor, code: &str) -> Result<Result<RecoveryCodes, Refusal>> {
    owner(actor)?;
    if let Err(refusal) = judge(tx, &actor.id, code)? {
        return Ok(Err(refusal));
    }
    let (codes, hashes) = new_codes();
    tx.exec("UPDATE second_factor SET codes = $2 WHERE id = $1", &[actor.id.as_str().into(), hashes.into()])?;
    changed(tx, actor, &actor.id, "renew_codes", None)?;
    Ok(Ok(codes))
}

/// The owner turns it off, having shown a code; a refusal counts and is committed.
pub fn drop_second(tx: &mut Tx, actor: &Actor, code: &str) -> Result<Option<Refusal>> {
    owner(actor)?;
    if let Err(refusal) = judge(tx, &actor.id, code)? {
        return Ok(Some(refusal));
    }
    forget(tx, &actor.id)?;
    changed(tx, actor, &actor.id, "drop", None)?;
    Ok(None)
}

/// A manager takes the factor away (telephone and codes are lost). All sessions end; the reason stands in the ledger.
pub fn reset_second(tx: &mut Tx, actor: &Actor, id: &str, reason: &str) -> Result<()> {
    commanded(tx, actor, id)?;
    if actor.id == id {
        return Err(Error::Conflict(
            "Không tự gỡ lớp bảo vệ thứ hai của mình ở đây: dùng trang tài khoản, hoặc nhờ một quản trị viên khác.".into(),
        ));
    }
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Hãy ghi lý do gỡ (ai yêu cầu, đã xác minh thế nào)."));
    }
    if kept(tx, id)?.is_none_or(|k| k.secret.is_empty()) {
        return Err(Error::NotFound("Tài khoản này không có lớp bảo vệ thứ hai.".into()));
    }
    forget(tx, id)?;
    crate::session::end_all(tx, id)?;
    changed(tx, actor, id, "reset", Some(reason.trim()))
}

fn forget(tx: &mut Tx, id: &str) -> Result<()> {
    tx.exec(
        "UPDATE second_factor SET secret = '', confirmed_at = NULL, codes = '', failed_count = 0, locked_until = NULL WHERE id = $1",
        &[id.into()],
    )?;
    Ok(())
}

/// Is a code asked for after the password of this account?
pub(crate) fn asked(tx: &mut Tx, account: &str) -> Result<bool> {
    Ok(kept(tx, account)?.is_some_and(|k| k.confirmed_at.is_some()))
}

/// The password was right: a session that opens nothing but the question for the code.
pub(crate) fn open_pending(tx: &mut Tx, account: &str, client: &Client) -> Result<NewSession> {
    let opened = open_session(tx, account, client)?;
    let until = tx.now() + PENDING_LIFE;
    tx.exec(
        "UPDATE session SET pending = 1, expires_at = $2 WHERE id_hash = $1",
        &[token_hash(opened.token.reveal()).into(), until.into()],
    )?;
    Ok(NewSession { expires_at: until, ..opened })
}

/// Whose code is awaited, by the token of a pending sign-in.
pub fn pending(tx: &mut Tx, token: &str) -> Result<Option<Account>> {
    let now = tx.now();
    let row = tx.query_opt(
        "SELECT s.account FROM session s JOIN account a ON a.id = s.account WHERE s.id_hash = $1 AND s.pending = 1 \
         AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL",
        &[token_hash(token).into(), now.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    account(tx, &row.get::<String>(0)?).map(Some)
}

/// The second step of a sign-in. Commit refusals too. `Err(Unauthenticated)`: the password was too long ago; begin again.
pub fn finish_second(tx: &mut Tx, token: &str, code: &str, client: &Client) -> Result<Result<NewSession, Refusal>> {
    let a = pending(tx, token)?.ok_or(Error::Unauthenticated)?;
    let verdict = judge(tx, &a.id, code)?;
    note(tx, &a, verdict.is_ok(), if verdict.is_ok() { "ok" } else { "code" }, &client.ip)?;
    if let Err(refusal) = verdict {
        return Ok(Err(refusal));
    }
    crate::session::end_session(tx, token)?;
    open_session(tx, &a.id, client).map(Ok)
}

/// Is the code right? Counts, locks, uses it up.
fn judge(tx: &mut Tx, id: &str, typed: &str) -> Result<Result<(), Refusal>> {
    tx.will_append()?;
    let now = tx.now();
    // the update takes the row's lock: of two attempts with one code only the first is right
    tx.exec("UPDATE second_factor SET failed_count = failed_count WHERE id = $1", &[id.into()])?;
    let k = kept(tx, id)?.filter(|k| k.confirmed_at.is_some()).ok_or_else(|| Error::Conflict("Lớp bảo vệ thứ hai không bật.".into()))?;
    if let Some(until) = k.locked_until.filter(|u| *u > now) {
        return Ok(Err(Refusal::Locked { until }));
    }
    let secret = crate::crypto::unhex(&k.secret).ok_or_else(|| Error::internal("secret of a second factor"))?;
    if let Some(step) = matching(&secret, &digits(typed), now, k.last_step) {
        tx.exec("UPDATE second_factor SET last_step = $2, failed_count = 0, locked_until = NULL WHERE id = $1", &[id.into(), step.into()])?;
        return Ok(Ok(()));
    }
    let hash = hash_of(typed);
    let left: Vec<&str> = k.codes.split(',').filter(|c| !c.is_empty()).collect();
    if left.contains(&hash.as_str()) {
        let rest = left.into_iter().filter(|c| *c != hash).collect::<Vec<_>>().join(",");
        tx.exec("UPDATE second_factor SET codes = $2, failed_count = 0, locked_until = NULL WHERE id = $1", &[id.into(), rest.into()])?;
        let a = account(tx, id)?;
        let me = Actor::new(&a.id, &a.name, ActorKind::Person, None, None, vec![], std::sync::Arc::default());
        changed(tx, &me, id, "use_code", None)?;
        return Ok(Ok(()));
    }
    let failed = k.failed + 1;
    let until = (failed % FAILURES == 0).then_some(now + LOCK);
    tx.exec("UPDATE second_factor SET failed_count = $2, locked_until = $3 WHERE id = $1", &[id.into(), failed.into(), until.into()])?;
    Ok(Err(until.map_or(Refusal::WrongCode { left: FAILURES - failed % FAILURES }, |until| Refusal::Locked { until })))
}

/// What was typed, without the spaces apps put into a code.
fn digits(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Recovery codes are 60 random bits: a fast hash is enough, as for tokens, because attempts are counted.
fn hash_of(typed: &str) -> String {
    let bare: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    hex(&token_hash(&format!("recovery:{bare}")))
}

fn new_codes() -> (RecoveryCodes, String) {
    let codes: Vec<String> = (0..CODES).map(|_| one_code()).collect();
    let hashes = codes.iter().map(|c| hash_of(c)).collect::<Vec<_>>().join(",");
    (codes.into_iter().map(Secret::new).collect(), hashes)
}

/// Twelve letters without look-alikes in three groups.
fn one_code() -> String {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let bytes = token_hash(&new_token());
    let word: Vec<char> = bytes.iter().take(12).map(|b| char::from(LETTERS[usize::from(*b) % 31])).collect();
    word.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
