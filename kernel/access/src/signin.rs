//! Sign-in in three steps, so that hashing (tens of milliseconds) never holds the writer:
//! [`SignIn::begin`] (read) → [`SignIn::check`] (no transaction, own thread) → [`Checked::finish`] (write).
//!
//! A refusal is a value, not an error: the write must be committed for the failure to count.
//! Known and unknown logins take the same path, cost the same, are locked the same and read the same answers.

use std::fmt;

use store::{Error, Result, Tx};

use crate::account::{Account, account};
use crate::crypto::login_hash;
use crate::password::{Secret, verify};
use crate::session::{Client, NewSession, open_session};
use crate::time::{DAY, MINUTE, moment_vi};

/// Failures in a row that lock.
const FAILURES: i64 = 5;
/// First lock-out; each next one is twice as long.
const FIRST_LOCK: i64 = 15 * MINUTE;
/// An address counts as familiar for this long after a success of the account from it.
const FAMILIAR: i64 = 30 * DAY;
/// Longest lock-out.
const LONGEST_LOCK: i64 = DAY;

/// Lock-out after `failures` in a row, µs; `None` = none yet.
fn lock_after(failures: i64) -> Option<i64> {
    if failures <= 0 || failures % FAILURES != 0 {
        return None;
    }
    let doublings = u32::try_from(failures / FAILURES - 1).unwrap_or(u32::MAX).min(20);
    Some((FIRST_LOCK << doublings).min(LONGEST_LOCK))
}

/// Step 1: what is stored about a login.
pub struct SignIn {
    account: Option<String>,
    phc: Option<String>,
    login_hash: String,
}
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(…)")
    }
}
impl SignIn {
    /// Loads the hash of a login (read transaction).
    pub fn begin(tx: &mut Tx, login: &str) -> Result<Self> {
        let login = text::fold(login);
        let row = tx.query_opt("SELECT id, password FROM account WHERE login = $1", &[login.as_str().into()])?;
        let (account, phc) = match row {
            Some(r) => (Some(r.get(0)?), r.get(1)?),
            None => (None, None),
        };
        Ok(Self { account, phc, login_hash: login_hash(&login) })
    }
    /// Step 2: compares. Runs Argon2id once whatever the login is; call it outside any transaction
    /// (`spawn_blocking` in async code).
    pub fn check(self, password: &Secret) -> Result<Checked> {
        let right = verify(password.reveal(), self.phc.as_deref())?;
        Ok(Checked { right, account: self.account, phc: self.phc, login_hash: self.login_hash })
    }
}

/// Result of step 2, good for one [`Checked::finish`].
pub struct Checked {
    right: bool,
    account: Option<String>,
    phc: Option<String>,
    login_hash: String,
}
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checked(…)")
    }
}

/// Why a sign-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown login or wrong password; how many attempts are left before a lock-out.
    Wrong {
        /// Attempts left.
        left: i64,
    },
    /// Locked out until this instant, µs UTC.
    Locked {
        /// µs UTC.
        until: i64,
    },
    /// The password was right, but the account is closed.
    Disabled,
    /// The password was right, but it was a temporary one whose time is over.
    Expired {
        /// µs UTC.
        since: i64,
    },
    /// The password was right, the one-time code was not; how many attempts are left before a lock-out.
    WrongCode {
        /// Attempts left.
        left: i64,
    },
}
impl Refusal {
    /// What the person reads.
    pub fn message(&self) -> String {
        match self {
            Refusal::Wrong { left: left @ 1..=2 } => {
                format!("Tên đăng nhập hoặc mật khẩu không đúng. Còn {left} lần thử trước khi tạm khoá.")
            }
            Refusal::Wrong { .. } => "Tên đăng nhập hoặc mật khẩu không đúng.".into(),
            Refusal::Locked { until } => {
                format!("Đăng nhập sai nhiều lần nên tạm khoá đến {}. Hãy thử lại sau, hoặc nhờ quản trị viên mở khoá.", moment_vi(*until))
            }
            Refusal::WrongCode { left } => {
                format!("Mã không đúng, đã dùng hoặc đã hết hạn. Nhập mã đang hiện trên ứng dụng; còn {left} lần thử trước khi tạm khoá.")
            }
            Refusal::Expired { since } => {
                format!("Mật khẩu tạm đã hết hạn lúc {}. Nhờ quản trị viên gia hạn lời mời hoặc cấp mã mới.", moment_vi(*since))
            }
            Refusal::Disabled => "Tài khoản đã bị khoá. Liên hệ quản trị viên của cơ quan thường trực.".into(),
        }
    }
}
/// For doors that answer with an error (API, CLI). Only after the transaction was committed.
impl From<Refusal> for Error {
    fn from(r: Refusal) -> Self {
        Error::Forbidden(r.message())
    }
}

/// Answer of step 3.
#[derive(Debug)]
pub enum Outcome {
    /// Welcome: the session's token goes into the cookie.
    SignedIn(NewSession),
    /// The password was right; the one-time code is awaited ([`crate::finish_second`]) under this token.
    SecondFactor(NewSession),
    /// Refused; commit all the same.
    Refused(Refusal),
}

impl Checked {
    /// Step 3: counts, locks, logs, and opens a session (write transaction).
    pub fn finish(self, tx: &mut Tx, client: &Client) -> Result<Outcome> {
        let second = match &self.account {
            Some(id) => crate::second::asked(tx, id)?,
            None => false,
        };
        match self.settle(tx, &client.ip, second)? {
            Ok(a) if second => Ok(Outcome::SecondFactor(crate::second::open_pending(tx, &a.id, client)?)),
            Ok(a) => Ok(Outcome::SignedIn(open_session(tx, &a.id, client)?)),
            Err(refusal) => Ok(Outcome::Refused(refusal)),
        }
    }

    /// Counts and logs; the account when all is well. `half` = a code will be asked for: the log says so, and does not call it a
    /// success (a familiar address is one from which the whole way succeeded).
    pub(crate) fn settle(&self, tx: &mut Tx, ip: &str, half: bool) -> Result<Result<Account, Refusal>> {
        let (verdict, word) = match &self.account {
            Some(id) => self.judge(tx, id, ip)?,
            None => {
                let (refusal, word) = self.judge_unknown(tx)?;
                (Err(refusal), word)
            }
        };
        let half = half && verdict.is_ok();
        let word = if half { "half" } else { word };
        let (id, now) = (tx.new_id(), tx.now());
        tx.exec(
            "INSERT INTO sign_in_log (id, at, account, login_hash, ok, reason, ip) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                id.into(),
                now.into(),
                self.account.clone().into(),
                self.login_hash.as_str().into(),
                (verdict.is_ok() && !half).into(),
                word.into(),
                ip.into(),
            ],
        )?;
        Ok(verdict)
    }

    /// Verdict and its word in the log. The attempt that brings the lock-out about is a `wrong` one: it counts.
    ///
    /// Failures from elsewhere do not shut out whoever signs in from where they succeeded lately: a familiar address is
    /// counted by itself, and locked only for the first time span, so that nobody keeps somebody else out.
    fn judge(&self, tx: &mut Tx, id: &str, ip: &str) -> Result<(Result<Account, Refusal>, &'static str)> {
        let now = tx.now();
        // the update takes the row's lock, so that parallel attempts are counted one after the other
        let row = tx.query_opt("UPDATE account SET failed_count = failed_count WHERE id = $1 RETURNING password", &[id.into()])?;
        let Some(row) = row else {
            return Ok((Err(Refusal::Wrong { left: FAILURES }), "wrong"));
        };
        let unchanged = row.get::<Option<String>>(0)? == self.phc;
        let a = account(tx, id)?;
        let familiar = familiar(tx, id, ip)?;
        let locked = a.locked_until.filter(|u| *u > now);
        let shut = familiar.as_ref().map_or(locked, |f| f.locked_until.filter(|u| *u > now));
        if let Some(until) = shut {
            return Ok((Err(Refusal::Locked { until }), "locked"));
        }
        if let Some(f) = familiar.filter(|_| !self.right || !unchanged) {
            let failures = f.failures + 1;
            return Ok((Err(wrong(failures, (failures % FAILURES == 0).then_some(now + FIRST_LOCK))), "wrong"));
        }
        if !self.right || !unchanged {
            let failures = a.failed_count + 1;
            let until = lock_after(failures).map(|l| now + l);
            tx.exec("UPDATE account SET failed_count = $2, locked_until = $3 WHERE id = $1", &[id.into(), failures.into(), until.into()])?;
            return Ok((Err(wrong(failures, until)), "wrong"));
        }
        if a.disabled_at.is_some() {
            return Ok((Err(Refusal::Disabled), "disabled"));
        }
        if let Some(since) = a.password_until.filter(|u| a.must_change && *u <= now) {
            return Ok((Err(Refusal::Expired { since }), "expired"));
        }
        // others stay locked out
        let count = if locked.is_some() { "" } else { "failed_count = 0, locked_until = NULL, " };
        tx.exec(&format!("UPDATE account SET {count}last_sign_in_at = $2 WHERE id = $1"), &[id.into(), now.into()])?;
        Ok((Ok(a), "ok"))
    }

    /// The same counting over the log, so that a lock-out does not tell which logins exist.
    fn judge_unknown(&self, tx: &mut Tx) -> Result<(Refusal, &'static str)> {
        let now = tx.now();
        let row = tx.query_opt(
            "SELECT COUNT(*), MAX(at) FROM sign_in_log WHERE login_hash = $1 AND account IS NULL AND reason = 'wrong'",
            &[self.login_hash.as_str().into()],
        )?;
        let (failures, last): (i64, Option<i64>) = match row {
            Some(r) => (r.get(0)?, r.get(1)?),
            None => (0, None),
        };
        if let (Some(lock), Some(last)) = (lock_after(failures), last)
            && last + lock > now
        {
            return Ok((Refusal::Locked { until: last + lock }, "locked"));
        }
        let failures = failures + 1;
        Ok((wrong(failures, lock_after(failures).map(|l| now + l)), "wrong"))
    }
}

/// What the log says of an address from which the account signed in lately.
struct Familiar {
    /// Failures from it since that success.
    failures: i64,
    /// Set by every fifth of them.
    locked_until: Option<i64>,
}

fn familiar(tx: &mut Tx, account: &str, ip: &str) -> Result<Option<Familiar>> {
    let since = tx.now() - FAMILIAR;
    let last = tx.query_opt(
        "SELECT MAX(at) FROM sign_in_log WHERE account = $1 AND ip = $2 AND ok = 1 AND at > $3",
        &[account.into(), ip.into(), since.into()],
    )?;
    let Some(success) = last.map(|r| r.get::<Option<i64>>(0)).transpose()?.flatten() else { return Ok(None) };
    let pardoned = pardoned(tx, account)?;
    let row = tx.query_opt(
        "SELECT COUNT(*), MAX(at) FROM sign_in_log WHERE account = $1 AND ip = $2 AND at >= $3 AND at > $4 AND reason = 'wrong'",
        &[account.into(), ip.into(), success.into(), pardoned.into()],
    )?;
    let (failures, last): (i64, Option<i64>) = row.map_or(Ok((0, None)), |r| Ok::<_, Error>((r.get(0)?, r.get(1)?)))?;
    let locked_until = last.filter(|_| failures > 0 && failures % FAILURES == 0).map(|at| at + FIRST_LOCK);
    Ok(Some(Familiar { failures, locked_until }))
}

/// When a new password or a manager last ended every lock-out, µs UTC; 0 = never.
fn pardoned(tx: &mut Tx, account: &str) -> Result<i64> {
    let sql = "SELECT MAX(at) FROM ledger_leaf WHERE register = 'account' AND record = $1 AND action IN ('password', 'recover', 'unlock')";
    let at = tx.query_opt(sql, &[account.into()])?.map(|r| r.get::<Option<i64>>(0)).transpose()?.flatten();
    Ok(at.unwrap_or(0))
}

/// Until when the account, or a familiar address of it, is locked out; `None` = not now. For who may end it.
pub fn locked_out_until(tx: &mut Tx, a: &Account) -> Result<Option<i64>> {
    let now = tx.now();
    let mut until = a.locked_until;
    let rows = tx.query(
        "SELECT DISTINCT ip FROM sign_in_log WHERE account = $1 AND reason = 'wrong' AND at > $2",
        &[a.id.as_str().into(), (now - FIRST_LOCK).into()],
    )?;
    for r in &rows {
        until = until.max(familiar(tx, &a.id, &r.get::<String>(0)?)?.and_then(|f| f.locked_until));
    }
    Ok(until.filter(|u| *u > now))
}

/// One line of the log for a step after the password.
pub(crate) fn note(tx: &mut Tx, a: &Account, ok: bool, word: &str, ip: &str) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO sign_in_log (id, at, account, login_hash, ok, reason, ip) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[id.into(), now.into(), a.id.as_str().into(), login_hash(&a.login).into(), ok.into(), word.into(), ip.into()],
    )?;
    Ok(())
}

fn wrong(failures: i64, until: Option<i64>) -> Refusal {
    match until {
        Some(until) => Refusal::Locked { until },
        None => Refusal::Wrong { left: FAILURES - failures % FAILURES },
    }
}

/// One line of the sign-in log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SignInEntry {
    /// µs UTC.
    pub at: i64,
    /// Did it succeed?
    pub ok: bool,
    /// `ok`, `wrong`, `locked`, `disabled`, `expired`; `recover` = a new password was asked for; `half` = right password, code awaited; `code` = wrong code.
    pub reason: String,
    /// Address it came from.
    pub ip: String,
}

/// Last attempts on an account, newest first, for its owner and its managers.
pub fn last_sign_ins(tx: &mut Tx, account: &str, limit: u32) -> Result<Vec<SignInEntry>> {
    let rows = tx.query(
        &format!("SELECT at, ok, reason, ip FROM sign_in_log WHERE account = $1 ORDER BY at DESC, id DESC LIMIT {limit}"),
        &[account.into()],
    )?;
    rows.iter().map(|r| Ok(SignInEntry { at: r.get(0)?, ok: r.get(1)?, reason: r.get(2)?, ip: r.get(3)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_outs_grow_up_to_a_day() {
        assert_eq!((0..5).filter_map(lock_after).count(), 0);
        assert_eq!(lock_after(5), Some(15 * MINUTE));
        assert_eq!(lock_after(6), None);
        assert_eq!(lock_after(10), Some(30 * MINUTE));
        assert_eq!(lock_after(15), Some(60 * MINUTE));
        assert_eq!(lock_after(50), Some(DAY));
        assert_eq!(lock_after(i64::MAX / 5 * 5), Some(DAY));
    }
}
