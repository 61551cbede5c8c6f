//! Accounts: who they are, and what managers and owners may change.

use serde_json::json;
use store::{Error, FieldError, Result, Row, Tx, Value};

use crate::actor::path_of_agency;
use crate::grant::{holds_grants_of, manages_grants_of};
use crate::ledger::{log, seal};
use crate::password::NewPassword;
use crate::signin::{Checked, Refusal};
use crate::{Actor, ActorKind, Scope, Subtree, Verb, session};

/// One account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// UUIDv7; `who` of the ledger.
    pub id: String,
    /// Sign-in name, folded.
    pub login: String,
    /// Name shown.
    pub name: String,
    /// Where e-mail goes.
    pub email: Option<String>,
    /// Agency it belongs to.
    pub agency: Option<String>,
    /// Person record behind it.
    pub person: Option<String>,
    /// Must choose a new password before anything else.
    pub must_change: bool,
    /// µs UTC; set = may not sign in.
    pub disabled_at: Option<i64>,
    /// Failed attempts since the last success.
    pub failed_count: i64,
    /// µs UTC; locked out until then.
    pub locked_until: Option<i64>,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub last_sign_in_at: Option<i64>,
    /// `vi` or `en`.
    pub locale: String,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// Optimistic lock.
    pub version: i64,
    /// µs UTC; a temporary password is good until then. `None` = no end.
    pub password_until: Option<i64>,
}

/// Columns of [`Account`], in the order of [`Account::read`]; the alias is `a`.
pub(crate) const COLUMNS: &str = "a.id, a.login, a.name, a.email, a.agency, a.person, a.must_change, a.disabled_at, a.failed_count, \
     a.locked_until, a.created_at, a.last_sign_in_at, a.locale, a.theme, a.version, a.password_until";
/// How many they are.
pub(crate) const WIDTH: usize = 16;

impl Account {
    /// Made and never used: open, never signed in, and nobody chose its password yet.
    pub fn is_unused(&self) -> bool {
        self.must_change && self.last_sign_in_at.is_none() && self.disabled_at.is_none()
    }
    /// Reads [`COLUMNS`] starting at column `o`.
    pub(crate) fn read(r: &Row, o: usize) -> Result<Self> {
        Ok(Self {
            id: r.get(o)?,
            login: r.get(o + 1)?,
            name: r.get(o + 2)?,
            email: r.get(o + 3)?,
            agency: r.get(o + 4)?,
            person: r.get(o + 5)?,
            must_change: r.get(o + 6)?,
            disabled_at: r.get(o + 7)?,
            failed_count: r.get(o + 8)?,
            locked_until: r.get(o + 9)?,
            created_at: r.get(o + 10)?,
            last_sign_in_at: r.get(o + 11)?,
            locale: r.get(o + 12)?,
            theme: r.get(o + 13)?,
            version: r.get(o + 14)?,
            password_until: r.get(o + 15)?,
        })
    }
}

/// A new account.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Sign-in name; folded before it is kept.
    pub login: String,
    /// Name shown.
    pub name: String,
    /// Where e-mail goes.
    pub email: Option<String>,
    /// Agency it belongs to.
    pub agency: Option<String>,
    /// Person record behind it.
    pub person: Option<String>,
}

/// Fields of an account that a manager may change; all are set.
pub type AccountChange = NewAccount;

/// Sign-in name as kept: folded; `Invalid` when it has other signs than letters, digits and `. _ - @`.
fn clean_login(login: &str) -> Result<String> {
    let login = text::fold(login);
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-' | b'@');
    if (2..=64).contains(&login.len()) && login.bytes().all(fits) {
        return Ok(login);
    }
    Err(Error::invalid("login", "Tên đăng nhập gồm 2 đến 64 chữ cái không dấu, chữ số hoặc các dấu . _ - @ (không có khoảng trắng)."))
}

/// Checked and cleaned copy of what a form sent.
fn clean(new: &NewAccount) -> Result<NewAccount> {
    let filled = |s: &Option<String>| s.as_deref().map(text::clean).filter(|s| !s.is_empty());
    let mut wrong = Vec::new();
    let login = clean_login(&new.login).unwrap_or_else(|e| {
        if let Error::Invalid(list) = e {
            wrong.extend(list);
        }
        String::new()
    });
    let name = text::clean(&new.name);
    if name.is_empty() || name.chars().count() > 200 {
        wrong.push(FieldError {
            field: "name".into(), message: "Hãy ghi họ tên hoặc tên hiển thị (nhiều nhất 200 ký tự).".into()
        });
    }
    let email = filled(&new.email);
    let looks = |e: &str| {
        e.len() <= 254 && e.split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.') && !d.contains('@') && !e.contains(' '))
    };
    if email.as_deref().is_some_and(|e| !looks(e)) {
        wrong.push(FieldError { field: "email".into(), message: "Thư điện tử có dạng ten@tenmien.vn.".into() });
    }
    if wrong.is_empty() {
        Ok(NewAccount { login, name, email, agency: filled(&new.agency), person: filled(&new.person) })
    } else {
        Err(Error::Invalid(wrong))
    }
}

/// The permission `account.manage`: `Update` on `account`.
pub(crate) fn manage_scope(actor: &Actor) -> Result<Scope> {
    actor.may(Verb::Update, "account")
}

fn not_yours() -> Error {
    Error::Forbidden("Tài khoản này ngoài phạm vi bạn quản lý.".into())
}

/// May the actor put an account under this agency? An account without agency belongs to the whole instance.
pub(crate) fn manages_agency(tx: &mut Tx, actor: &Actor, agency: Option<&str>) -> Result<()> {
    let scope = manage_scope(actor)?;
    tx.will_append()?;
    if *scope.subtree() == Subtree::All {
        return Ok(());
    }
    let path = match agency {
        Some(a) => path_of_agency(tx, a)?,
        None => None,
    };
    if path.is_some_and(|p| scope.covers(&p)) { Ok(()) } else { Err(not_yours()) }
}

/// The account, if the actor manages it: its agency *and* all its grants lie in the actor's scope. (Otherwise a manager of
/// one department could reset the password of somebody who reaches further, and sign in as them.)
pub(crate) fn managed(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Account> {
    let a = account(tx, id)?;
    manages_agency(tx, actor, a.agency.as_deref())?;
    manages_grants_of(tx, actor, id)?;
    Ok(a)
}

/// The account, if the actor may take it over, as whoever gives its password, code or address can: [`managed`], and it holds
/// nothing in the actor's part of the tree that the actor does not hold there.
pub(crate) fn commanded(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Account> {
    let a = managed(tx, actor, id)?;
    holds_grants_of(tx, actor, id)?;
    Ok(a)
}

/// One account by id; `NotFound` otherwise.
pub fn account(tx: &mut Tx, id: &str) -> Result<Account> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM account a WHERE a.id = $1"), &[id.into()])?;
    row.map(|r| Account::read(&r, 0)).transpose()?.ok_or_else(|| Error::NotFound("Không có tài khoản này.".into()))
}

/// Is there an account at all? A new instance has none.
pub fn any_account(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_opt("SELECT id FROM account LIMIT 1", &[])?.is_some())
}

/// One account by sign-in name (folded here).
pub fn account_by_login(tx: &mut Tx, login: &str) -> Result<Option<Account>> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM account a WHERE a.login = $1"), &[text::fold(login).into()])?;
    row.map(|r| Account::read(&r, 0)).transpose()
}

/// What a leaf says of an account; `phc` is its kept password.
pub(crate) fn body(a: &Account, phc: Option<&str>) -> serde_json::Value {
    let mut said = json!({
        "login": a.login, "name": a.name, "email": a.email, "agency": a.agency, "person": a.person,
        "disabled": a.disabled_at.is_some(), "must_change": a.must_change, "password_seal": phc.map(|p| seal(p.as_bytes())),
    });
    // absent where there is none, so that what older programs wrote stays true
    if let (Some(until), Some(map)) = (a.password_until, said.as_object_mut()) {
        map.insert("password_until".into(), until.into());
    }
    said
}

/// Raises the version and appends the account as it now stands.
pub(crate) fn changed(tx: &mut Tx, actor: &Actor, id: &str, action: &str, reason: Option<&str>) -> Result<Account> {
    tx.exec("UPDATE account SET version = version + 1 WHERE id = $1", &[id.into()])?;
    let a = account(tx, id)?;
    let kept = tx.query_opt("SELECT password FROM account WHERE id = $1", &[id.into()])?;
    let phc: Option<String> = kept.map(|r| r.get(0)).transpose()?.flatten();
    log(tx, actor, "account", &a.id, a.version, action, reason, &body(&a, phc.as_deref()))?;
    Ok(a)
}

/// Adds an account that must change its password at the first sign-in. `password` = `None`: it cannot sign in yet.
pub fn create_account(tx: &mut Tx, actor: &Actor, new: &NewAccount, password: Option<&NewPassword>) -> Result<Account> {
    let n = clean(new)?;
    manages_agency(tx, actor, n.agency.as_deref())?;
    let (id, now) = (tx.new_id(), tx.now());
    let added = tx.exec(
        "INSERT INTO account (id, login, name, email, agency, person, password, must_change, failed_count, created_at, locale, theme, version, password_until) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, 'vi', 'auto', 0, $9) ON CONFLICT (login) DO NOTHING",
        &[
            id.as_str().into(),
            n.login.as_str().into(),
            n.name.into(),
            n.email.into(),
            n.agency.into(),
            n.person.into(),
            password.map(|p| p.phc.clone()).into(),
            now.into(),
            password.and_then(|p| p.until).into(),
        ],
    )?;
    if added == 0 {
        return Err(Error::Conflict(taken(&n.login)));
    }
    changed(tx, actor, &id, "create", None)
}

/// Everything a new account is refused for that its form can mend, so that nobody is told one thing at a time.
pub fn account_errors(tx: &mut Tx, actor: &Actor, new: &NewAccount) -> Result<Vec<FieldError>> {
    manage_scope(actor)?;
    let mut wrong = match clean(new) {
        Ok(_) => vec![],
        Err(Error::Invalid(list)) => list,
        Err(e) => return Err(e),
    };
    if let Ok(login) = clean_login(&new.login)
        && account_by_login(tx, &login)?.is_some()
    {
        wrong.push(FieldError { field: "login".into(), message: taken(&login) });
    }
    Ok(wrong)
}

fn taken(login: &str) -> String {
    format!("Tên đăng nhập “{login}” đã có. Hãy chọn tên khác.")
}

/// Changes name, e-mail, agency, person or login. `version` must be the present one.
pub fn update_account(tx: &mut Tx, actor: &Actor, id: &str, version: i64, change: &AccountChange) -> Result<Account> {
    let old = managed(tx, actor, id)?;
    let n = clean(change)?;
    manages_agency(tx, actor, n.agency.as_deref())?;
    if old.version != version {
        return Err(Error::Conflict("Tài khoản vừa được người khác sửa. Hãy tải lại trang rồi sửa lại.".into()));
    }
    if account_by_login(tx, &n.login)?.is_some_and(|a| a.id != id) {
        return Err(Error::Conflict(taken(&n.login)));
    }
    if (&old.login, &old.name, &old.email, &old.agency, &old.person) == (&n.login, &n.name, &n.email, &n.agency, &n.person) {
        return Ok(old);
    }
    if old.email != n.email {
        // who reads the address can ask for a link; and what went to the old one is over
        holds_grants_of(tx, actor, id)?;
        crate::recover::void(tx, id)?;
    }
    tx.exec(
        "UPDATE account SET login = $2, name = $3, email = $4, agency = $5, person = $6 WHERE id = $1",
        &[id.into(), n.login.into(), n.name.into(), n.email.into(), n.agency.into(), n.person.into()],
    )?;
    changed(tx, actor, id, "update", None)
}

pub(crate) fn store_password(tx: &mut Tx, id: &str, new: &NewPassword, must_change: bool) -> Result<()> {
    tx.exec(
        "UPDATE account SET password = $2, must_change = $3, failed_count = 0, locked_until = NULL, password_until = $4 WHERE id = $1",
        &[id.into(), new.phc.as_str().into(), must_change.into(), new.until.filter(|_| must_change).into()],
    )?;
    Ok(())
}

/// A manager gives a new password; all sessions end. `must_change` = the owner must choose their own at the next sign-in
/// (always so, except for demo accounts made by the system).
pub fn set_password(tx: &mut Tx, actor: &Actor, id: &str, new: &NewPassword, must_change: bool) -> Result<()> {
    commanded(tx, actor, id)?;
    store_password(tx, id, new, must_change || actor.kind != ActorKind::System)?;
    crate::recover::void(tx, id)?;
    session::end_all(tx, id)?;
    changed(tx, actor, id, "password", None)?;
    Ok(())
}

/// The owner chooses a new password, having proved the old one. All other sessions end (`keep` = token of this one).
/// A wrong old password counts as a failed sign-in: commit also when the answer is `Some(refusal)`.
/// Make `new` with [`NewPassword::replacing`].
pub fn change_own_password(tx: &mut Tx, old: &Checked, new: &NewPassword, keep: &str, ip: &str) -> Result<Option<Refusal>> {
    tx.will_append()?;
    let login = match old.settle(tx, ip, false)? {
        Ok(a) => a,
        Err(refusal) => return Ok(Some(refusal)),
    };
    store_password(tx, &login.id, new, false)?;
    crate::recover::void(tx, &login.id)?;
    session::end_all_but(tx, &login.id, keep)?;
    let me = Actor::new(&login.id, &login.name, ActorKind::Person, None, None, vec![], std::sync::Arc::default());
    changed(tx, &me, &login.id, "password", None)?;
    Ok(None)
}

/// Closes an account (sessions and tokens stop at once) or opens it again. Nobody closes their own.
pub fn set_disabled(tx: &mut Tx, actor: &Actor, id: &str, disabled: bool, reason: &str) -> Result<Account> {
    let a = managed(tx, actor, id)?;
    if disabled && actor.id == id {
        return Err(Error::Conflict("Bạn không thể tự khoá tài khoản của mình. Hãy nhờ một quản trị viên khác.".into()));
    }
    if a.disabled_at.is_some() == disabled {
        return Ok(a);
    }
    let at = disabled.then(|| tx.now());
    tx.exec("UPDATE account SET disabled_at = $2 WHERE id = $1", &[id.into(), at.into()])?;
    if disabled {
        crate::recover::void(tx, id)?;
        session::end_all(tx, id)?;
    }
    changed(tx, actor, id, if disabled { "disable" } else { "enable" }, Some(reason))
}

/// Ends a lock-out before its time.
pub fn unlock(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Account> {
    managed(tx, actor, id)?;
    tx.exec("UPDATE account SET failed_count = 0, locked_until = NULL WHERE id = $1", &[id.into()])?;
    changed(tx, actor, id, "unlock", None)
}

/// Language (`vi`, `en`) and theme (`auto`, `light`, `dark`) of one's own account. Not a change worth a leaf.
pub fn set_preferences(tx: &mut Tx, id: &str, locale: &str, theme: &str) -> Result<()> {
    if !matches!(locale, "vi" | "en") || !matches!(theme, "auto" | "light" | "dark") {
        return Err(Error::BadRequest("Ngôn ngữ là vi hoặc en; giao diện là auto, light hoặc dark.".into()));
    }
    tx.exec("UPDATE account SET locale = $2, theme = $3 WHERE id = $1", &[id.into(), locale.into(), theme.into()])?;
    Ok(())
}

/// Which accounts to list.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// Words in login or name, folded; empty = all.
    pub words: String,
    /// Only those closed (`true`) or open (`false`).
    pub disabled: Option<bool>,
    /// Login after which the page starts.
    pub after: Option<String>,
    /// Rows of a page; 0 = 100.
    pub limit: usize,
}

/// One account, if the scope (minted for `Read` on `account`) reaches it; `NotFound` otherwise.
pub fn account_in_scope(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Account> {
    needs_read(scope)?;
    let a = account(tx, id)?;
    let path = match (scope.subtree(), &a.agency) {
        (Subtree::All, _) => return Ok(a),
        (_, Some(agency)) => path_of_agency(tx, agency)?,
        (_, None) => None,
    };
    if path.is_some_and(|p| scope.covers(&p)) { Ok(a) } else { Err(Error::NotFound("Không có tài khoản này.".into())) }
}

fn needs_read(scope: &Scope) -> Result<()> {
    if scope.register() == "account" && scope.verb() == Verb::Read {
        return Ok(());
    }
    Err(Error::internal("accounts are listed with a scope for Read on account"))
}

/// Accounts in the scope (minted for `Read` on `account`), by login.
pub fn list_accounts(tx: &mut Tx, scope: &Scope, filter: &AccountFilter) -> Result<Vec<Account>> {
    needs_read(scope)?;
    let mut sql = format!("SELECT {COLUMNS} FROM account a");
    let mut values: Vec<Value> = vec![filter.after.clone().unwrap_or_default().into()];
    let mut wheres = vec!["a.login > $1".to_owned()];
    if let Subtree::Paths(paths) = scope.subtree() {
        if !crate::actor::has_agencies(tx)? {
            return Ok(vec![]);
        }
        sql.push_str(" JOIN agency g ON g.id = a.agency");
        let mut any = Vec::new();
        for p in paths {
            values.push(p.as_str().into());
            let n = values.len();
            any.push(format!("substr(g.path, 1, {}) = ${n}", p.chars().count()));
        }
        wheres.push(format!("({})", any.join(" OR ")));
    }
    if let Some(d) = filter.disabled {
        wheres.push(format!("a.disabled_at IS {}NULL", if d { "NOT " } else { "" }));
    }
    // names are not kept folded: the words are matched here, page by page, which suits the hundreds of accounts there are
    let words = text::fold(&filter.words);
    let limit = if filter.limit == 0 { 100 } else { filter.limit };
    let cut = if words.is_empty() { format!(" LIMIT {limit}") } else { String::new() };
    let rows = tx.query(&format!("{sql} WHERE {} ORDER BY a.login{cut}", wheres.join(" AND ")), &values)?;
    let mut out = Vec::new();
    for r in &rows {
        let a = Account::read(r, 0)?;
        let hay = format!("{} {}", a.login, text::fold(&a.name));
        if words.split(' ').all(|w| hay.contains(w)) {
            out.push(a);
        }
        if out.len() == limit {
            break;
        }
    }
    Ok(out)
}

/// Every account in the scope (minted for `Read` on `account`), by login.
pub fn every_account(tx: &mut Tx, scope: &Scope) -> Result<Vec<Account>> {
    let mut out: Vec<Account> = vec![];
    let mut filter = AccountFilter { limit: 500, ..AccountFilter::default() };
    loop {
        let page = list_accounts(tx, scope, &filter)?;
        let last = page.len() < filter.limit;
        filter.after = page.last().map(|a| a.login.clone());
        out.extend(page);
        if last {
            return Ok(out);
        }
    }
}

/// The account behind a person record, if there is one (the oldest). For the program, which makes none twice; nobody is shown it.
pub fn account_of_person(tx: &mut Tx, person: &str) -> Result<Option<Account>> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM account a WHERE a.person = $1 ORDER BY a.id LIMIT 1"), &[person.into()])?;
    row.map(|r| Account::read(&r, 0)).transpose()
}
