//! One-time links and codes with which an owner chooses a new password: after forgetting the old one, or at the invitation.
//!
//! Only the SHA-256 of the code is stored. A code opens nothing but the choice of a password: afterwards one signs in as
//! always, with the second factor if there is one.

use store::{Error, Result, Row, Tx};

use crate::account::{Account, account, changed, commanded, store_password};
use crate::crypto::{login_hash, new_token, token_hash};
use crate::password::{NewPassword, Secret};
use crate::session::{Client, end_all};
use crate::time::{DAY, HOUR, MINUTE};
use crate::{Actor, ActorKind};

/// A link asked for on the sign-in page is good for this long, µs.
pub const LINK_LIFE: i64 = 30 * MINUTE;
/// A code given by a manager is good for this long, µs.
pub const CODE_LIFE: i64 = DAY;
/// Links that one account is sent within an hour: more would only fill somebody's mailbox.
const MOST_LINKS: i64 = 3;

/// Why there is a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The owner asked on the sign-in page; it goes by mail.
    Link,
    /// A manager gave it.
    Code,
    /// Invitation by mail to a new account.
    Invitation,
}
impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Link => "link",
            Purpose::Code => "code",
            Purpose::Invitation => "invitation",
        }
    }
    fn parse(s: &str) -> Self {
        match s {
            "link" => Purpose::Link,
            "code" => Purpose::Code,
            _ => Purpose::Invitation,
        }
    }
}

/// A code just made, for the one place that shows or sends it.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// Names the row; opens nothing.
    pub id: String,
    /// What is sent or shown.
    pub code: Secret,
    /// Whose.
    pub account: Account,
    /// µs UTC.
    pub expires_at: i64,
}

/// 20 letters without look-alikes, in groups: about 98 random bits, so that a fast hash of it is enough.
pub fn readable_secret() -> Secret {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut s = String::new();
    while s.len() < 23 {
        let mut b = [0u8; 32];
        store::Ids::fill(&store::SystemIds, &mut b);
        // 248 = 8 × 31: what lies above would favour the first letters
        for x in b.iter().filter(|x| **x < 248) {
            if s.len() < 23 {
                if s.len() % 6 == 5 {
                    s.push('.');
                }
                s.push(char::from(LETTERS[usize::from(*x) % 31]));
            }
        }
    }
    Secret::new(s)
}

/// The same as a temporary password that the rules accept for this account (by chance it could hold a short sign-in name).
pub fn readable_secret_for(login: &str, name: &str) -> Secret {
    loop {
        let s = readable_secret();
        if crate::password::weakness(s.reveal(), login, name).is_none() {
            return s;
        }
    }
}

/// A code as typed → as it was made: without space, in small letters.
fn cleaned(code: &str) -> String {
    let bare: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    // a link's code has capitals that matter
    if bare.len() == 23 { bare.to_lowercase() } else { bare }
}

fn insert(tx: &mut Tx, a: Account, code: Secret, purpose: Purpose, by: &str, expires_at: i64) -> Result<Recovery> {
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO recovery (id, account, code_hash, purpose, asked_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            id.as_str().into(),
            a.id.as_str().into(),
            token_hash(&cleaned(code.reveal())).into(),
            purpose.word().into(),
            by.into(),
            now.into(),
            expires_at.into(),
        ],
    )?;
    Ok(Recovery { id, code, account: a, expires_at })
}

/// Somebody on the sign-in page says they forgot the password of `login` (or of an e-mail address). `None` (unknown, closed,
/// without e-mail, asked too often): the page says the same. What was asked stands in the sign-in log either way, and only there: a stranger must not move the
/// version of an account under a manager's open form.
pub fn ask_recovery(tx: &mut Tx, login: &str, client: &Client) -> Result<Option<Recovery>> {
    // one after the other, so that the count of links holds; the letter leaves a leaf of its own
    tx.will_append()?;
    let login = text::fold(login);
    let sql =
        "SELECT id FROM account WHERE disabled_at IS NULL AND email IS NOT NULL AND (login = $1 OR lower(email) = $1) ORDER BY id LIMIT 2";
    let found = tx.query(sql, &[login.as_str().into()])?;
    // two accounts with one address: the address alone does not say which
    let id: Option<String> = if found.len() == 1 { found.first().map(|r| r.get(0)).transpose()? } else { None };
    let (log, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO sign_in_log (id, at, account, login_hash, ok, reason, ip) VALUES ($1, $2, $3, $4, 0, 'recover', $5)",
        &[log.into(), now.into(), id.clone().into(), login_hash(&login).into(), client.ip.as_str().into()],
    )?;
    let Some(id) = id else { return Ok(None) };
    let sql = "SELECT COUNT(*) FROM recovery WHERE account = $1 AND purpose = 'link' AND created_at > $2";
    let many: i64 = tx.query_opt(sql, &[id.as_str().into(), (now - HOUR).into()])?.map_or(Ok(0), |r| r.get(0))?;
    if many >= MOST_LINKS {
        return Ok(None);
    }
    let a = account(tx, &id)?;
    let by = a.id.clone();
    insert(tx, a, Secret::new(new_token()), Purpose::Link, &by, now + LINK_LIFE).map(Some)
}

/// A manager gives a code by hand, where there is no mail. The old password works until the code is used.
pub fn give_code(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Recovery> {
    let a = commanded(tx, actor, id)?;
    if a.disabled_at.is_some() {
        return Err(Error::Conflict("Tài khoản đang bị khoá; mở lại trước khi cấp mã.".into()));
    }
    if actor.id == id {
        return Err(Error::Conflict("Không tự cấp mã cho mình: dùng trang đổi mật khẩu.".into()));
    }
    void(tx, id)?;
    let a = changed(tx, actor, &a.id, "recovery_code", None)?;
    let until = tx.now() + CODE_LIFE;
    insert(tx, a, readable_secret(), Purpose::Code, &actor.id, until)
}

/// A link for somebody who is invited: they choose their first password with it. Ends what was sent before.
pub fn invitation_link(tx: &mut Tx, actor: &Actor, id: &str, expires_at: i64) -> Result<Recovery> {
    let a = commanded(tx, actor, id)?;
    if !a.is_unused() {
        return Err(Error::Conflict(
            "Tài khoản này đã được dùng; không gửi lại lời mời. Cấp mã một lần nếu người đó quên mật khẩu.".into(),
        ));
    }
    void(tx, id)?;
    // a temporary password of an earlier slip would open the account beside the link
    tx.exec("UPDATE account SET password = NULL, password_until = NULL WHERE id = $1", &[id.into()])?;
    let a = changed(tx, actor, &a.id, "invite", None)?;
    insert(tx, a, Secret::new(new_token()), Purpose::Invitation, &actor.id, expires_at)
}

/// Codes of an account that were not used yet are good for nothing any more.
pub(crate) fn void(tx: &mut Tx, account: &str) -> Result<u64> {
    let now = tx.now();
    tx.exec("UPDATE recovery SET used_at = $2 WHERE account = $1 AND used_at IS NULL", &[account.into(), now.into()])
}

const GOOD: &str = "SELECT r.account, r.purpose FROM recovery r JOIN account a ON a.id = r.account \
     WHERE r.code_hash = $1 AND r.used_at IS NULL AND r.expires_at > $2 AND a.disabled_at IS NULL";

fn good(tx: &mut Tx, code: &str) -> Result<Option<Row>> {
    let now = tx.now();
    tx.query_opt(GOOD, &[token_hash(&cleaned(code)).into(), now.into()])
}

/// Whose code this is, while it is good.
pub fn recovery_of(tx: &mut Tx, code: &str) -> Result<Option<Account>> {
    let Some(r) = good(tx, code)? else { return Ok(None) };
    let id: String = r.get(0)?;
    account(tx, &id).map(Some)
}

/// The owner chooses a new password with a code, once: all sessions end, what else was sent is void, the lock-out is over. The
/// refusal is the same whatever is wrong with the code.
pub fn redeem(tx: &mut Tx, code: &str, new: &NewPassword) -> Result<Account> {
    tx.will_append()?;
    let refused =
        || Error::Conflict("Liên kết hoặc mã này không đúng, đã dùng hoặc đã hết hạn. Hãy yêu cầu lại từ trang đăng nhập.".into());
    let row = good(tx, code)?.ok_or_else(refused)?;
    let (id, purpose) = (row.get::<String>(0)?, Purpose::parse(&row.get::<String>(1)?));
    // the update takes the row: of two that come together one finds it used
    let now = tx.now();
    let taken = tx.exec(
        "UPDATE recovery SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL",
        &[token_hash(&cleaned(code)).into(), now.into()],
    )?;
    if taken != 1 {
        return Err(refused());
    }
    void(tx, &id)?;
    store_password(tx, &id, new, false)?;
    end_all(tx, &id)?;
    let a = account(tx, &id)?;
    let how = match purpose {
        Purpose::Link => "liên kết gửi qua thư",
        Purpose::Code => "mã một lần do quản trị viên cấp",
        Purpose::Invitation => "liên kết mời",
    };
    changed(tx, &owner(&a), &id, "recover", Some(how))
}

/// The owner as the one who acts, without any right.
fn owner(a: &Account) -> Actor {
    Actor::new(&a.id, &a.name, ActorKind::Person, None, None, vec![], std::sync::Arc::default())
}

/// Forgets codes that ended long ago; run daily.
pub(crate) fn purge(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.exec("DELETE FROM recovery WHERE expires_at < $1", &[(now - 30 * DAY).into()])
}
