//! Accounts from the command line.

use std::sync::Arc;

use access::{Account, AccountFilter, Actor, NewAccount, NewGrant, NewPassword, Secret, Verb};
use clap::{Args, Subcommand};
use serde_json::json;
use store::{Error, Ids, Result, Store, SystemIds};

use super::out::say;
use super::{Context, print_json};

/// Words of `account`.
#[derive(Args)]
pub struct AccountArgs {
    #[command(subcommand)]
    word: AccountWord,
}

#[derive(Subcommand)]
enum AccountWord {
    /// Các tài khoản trong phạm vi · All accounts in scope
    List,
    /// Tài khoản lâu không dùng · Accounts that nobody used for so many days
    Idle {
        #[arg(long, default_value_t = 90)]
        days: i64,
    },
    /// Tài khoản mới, mật khẩu tạm in một lần · New account with a temporary password, printed once
    Create {
        login: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: String,
        /// Mã cơ quan của tài khoản, cũng là phạm vi của vai trò · Agency id: of the account, and how far the role reaches
        #[arg(long)]
        agency: Option<String>,
        /// Vai trò có hiệu lực với mọi cơ quan · The role reaches every agency
        #[arg(long)]
        whole_system: bool,
    },
    /// Tài khoản cho đầu mối, người đứng đầu chưa có · Accounts for contact points and heads without one
    Invite(super::invite::InviteArgs),
    /// Trao vai trò, trong một cơ quan (--agency) hoặc mọi cơ quan (--whole-system) · Give a role, in one agency or in all
    Grant {
        login: String,
        role: String,
        #[arg(long, conflicts_with = "whole_system")]
        agency: Option<String>,
        /// Vai trò có hiệu lực với mọi cơ quan · The role reaches every agency
        #[arg(long)]
        whole_system: bool,
    },
    /// Các vai trò của một tài khoản, kèm mã để thu hồi · Roles of an account, with the ids that end-grant takes
    Grants { login: String },
    /// Thu hồi vai trò (vẫn còn trong danh sách đã qua) · Take a role back (it stays in the list as past)
    EndGrant {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// Mã một lần để chủ tài khoản tự đặt mật khẩu mới, in một lần · One-time code with which the owner chooses a new password
    Code { login: String },
    /// Tài khoản cần xem lại: người đã nghỉ, chuyển, thôi vị trí · Accounts whose person left, moved or ended the post
    Review,
    /// Khóa tài khoản người nghỉ, chuyển việc cho người khác cùng cơ quan · Close an account and hand its open work over
    Leave {
        login: String,
        /// Tên đăng nhập người nhận việc · Sign-in name of who takes over
        #[arg(long)]
        to: Option<String>,
        #[arg(long)]
        reason: String,
    },
    /// Mật khẩu tạm mới, in một lần · New temporary password, printed once
    Password { login: String },
    /// Khóa tài khoản · Shut an account
    Disable {
        login: String,
        #[arg(long)]
        reason: String,
    },
    /// Mở lại tài khoản · Open it again
    Enable {
        login: String,
        #[arg(long)]
        reason: String,
    },
}

/// Twelve letters and digits that are not mistaken for each other, in three groups.
pub(super) fn temporary() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 12];
    SystemIds.fill(&mut bytes);
    let word: Vec<char> = bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
    word.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Who acts, for calls that pages make too.
fn who(instance: &crate::instance::Instance, actor: &Actor) -> web::Who {
    let today = web::fmt::day_of(instance.clock().now());
    web::Who { actor: actor.clone(), reg: Arc::clone(&instance.registry), today, lang: web::Lang::Vi }
}

/// The agency of a grant; where it matters one of the two words must be there.
fn reach(roles: &access::Roles, role: &str, agency: Option<&str>, whole: bool) -> Result<Option<String>> {
    roles.reach(role, agency.map(str::to_owned), whole).map_err(|_| {
        Error::invalid(
            "agency",
            "Thêm --agency MÃ (một cơ quan) hoặc --whole-system (mọi cơ quan): thiếu cả hai không có nghĩa là mọi cơ quan.",
        )
    })
}

/// What every word of `lachan account` has.
struct Desk<'a> {
    context: &'a Context<'a>,
    instance: &'a crate::instance::Instance,
    actor: Actor,
}

/// `lachan account …`.
pub fn run(context: &Context<'_>, a: &AccountArgs) -> Result<()> {
    let instance = context.open()?;
    let actor = context.actor(&instance)?;
    let desk = Desk { context, instance: &instance, actor };
    match &a.word {
        AccountWord::List => desk.list(),
        AccountWord::Idle { days } => desk.idle(*days),
        AccountWord::Create { login, name, role, agency, whole_system } => desk.create(login, name, role, agency.as_deref(), *whole_system),
        AccountWord::Invite(a) => super::invite::run(context, &instance, &desk.actor, a),
        AccountWord::Grant { login, role, agency, whole_system } => desk.grant(login, role, agency.as_deref(), *whole_system),
        AccountWord::Grants { login } => desk.grants(login),
        AccountWord::EndGrant { id, reason } => {
            let (id, reason, actor) = (id.clone(), reason.clone(), desk.actor);
            instance.store.write_blocking(move |tx| access::end_grant(tx, &actor, &id, &reason)).map(drop)
        }
        AccountWord::Code { login } => desk.code(login),
        AccountWord::Review => desk.review(),
        AccountWord::Leave { login, to, reason } => desk.leave(login, to.as_deref(), reason),
        AccountWord::Password { login } => desk.password(login),
        AccountWord::Disable { login, reason } => desk.shut(login, true, reason),
        AccountWord::Enable { login, reason } => desk.shut(login, false, reason),
    }
}

impl Desk<'_> {
    /// Id and name of an account.
    fn id_of(&self, login: &str) -> Result<(String, String)> {
        let found = self.instance.store.read_blocking(|tx| access::account_by_login(tx, login))?;
        found.map(|a| (a.id, a.name)).ok_or_else(|| Error::NotFound(format!("Không có tài khoản «{login}».")))
    }

    fn list(&self) -> Result<()> {
        for a in all_accounts(&self.instance.store, &self.actor)? {
            if self.context.json {
                print_json(
                    &json!({ "id": a.id, "login": a.login, "name": a.name, "agency": a.agency, "disabled": a.disabled_at.is_some() }),
                );
            } else {
                say!("{:<20} {}{}", a.login, a.name, if a.disabled_at.is_some() { " (đã khóa)" } else { "" });
            }
        }
        Ok(())
    }

    fn idle(&self, days: i64) -> Result<()> {
        for a in self.instance.store.read_blocking(|tx| access::idle_accounts(tx, &self.actor.may(Verb::Read, "account")?, days))? {
            if self.context.json {
                print_json(&json!({ "id": a.id, "login": a.login, "name": a.name, "last_sign_in_at": a.last_sign_in_at }));
            } else {
                let last = a.last_sign_in_at.map_or_else(|| "chưa đăng nhập lần nào".into(), web::fmt::instant);
                say!("{:<20} {}  {last}", a.login, a.name);
            }
        }
        Ok(())
    }

    fn create(&self, login: &str, name: &str, role: &str, agency: Option<&str>, whole: bool) -> Result<()> {
        let (actor, roles) = (self.actor.clone(), Arc::clone(&self.instance.roles));
        let reach = reach(&roles, role, agency, whole)?;
        let word = temporary();
        let password = NewPassword::new(&Secret::new(word.clone()), login, name)?;
        let new = NewAccount { login: login.into(), name: name.into(), agency: agency.map(str::to_owned), ..NewAccount::default() };
        let role = role.to_owned();
        self.instance.store.write_blocking(move |tx| {
            let account = access::create_account(tx, &actor, &new, Some(&password))?;
            access::grant(tx, &actor, &roles, &NewGrant { account: account.id, role, agency: reach, ..NewGrant::default() })
        })?;
        once(self.context.json, login, &word);
        Ok(())
    }

    fn grant(&self, login: &str, role: &str, agency: Option<&str>, whole: bool) -> Result<()> {
        let (actor, roles) = (self.actor.clone(), Arc::clone(&self.instance.roles));
        let agency = reach(&roles, role, agency, whole)?;
        let grant = NewGrant { account: self.id_of(login)?.0, role: role.to_owned(), agency, ..NewGrant::default() };
        self.instance.store.write_blocking(move |tx| access::grant(tx, &actor, &roles, &grant)).map(drop)
    }

    fn grants(&self, login: &str) -> Result<()> {
        let id = self.id_of(login)?.0;
        let grants = self.instance.store.read_blocking(|tx| {
            access::account_in_scope(tx, &self.actor.may(Verb::Read, "account")?, &id)?;
            access::grants_of(tx, &id)
        })?;
        for g in grants {
            if self.context.json {
                print_json(&json!(g));
            } else {
                let reach = g.agency.as_deref().unwrap_or("toàn hệ thống");
                say!("{}  {:<20} {reach}{}", g.id, g.role, if g.active { "" } else { " (không còn hiệu lực)" });
            }
        }
        Ok(())
    }

    fn code(&self, login: &str) -> Result<()> {
        let (id, actor) = (self.id_of(login)?.0, self.actor.clone());
        let r = self.instance.store.write_blocking(move |tx| access::give_code(tx, &actor, &id))?;
        let until = web::fmt::instant(r.expires_at);
        if self.context.json {
            print_json(&json!({ "login": login, "code": r.code.reveal(), "until": until }));
        } else {
            say!("{login}  mã một lần: {}  (nhập ở trang Quên mật khẩu, đến {until})", r.code.reveal());
        }
        Ok(())
    }

    fn review(&self) -> Result<()> {
        let who = who(self.instance, &self.actor);
        let found = self.instance.store.read_blocking(|tx| {
            let list = access::every_account(tx, &who.may(Verb::Read, "account")?)?;
            let why = web::pages::reasons_to_review(crate::modules::ALL, tx, &who, &list)?;
            Ok(list.into_iter().filter_map(|a| why.get(&a.id).map(|w| (a, w.clone()))).collect::<Vec<_>>())
        })?;
        for (a, why) in found {
            if self.context.json {
                print_json(&json!({ "id": a.id, "login": a.login, "name": a.name, "why": why }));
            } else {
                say!("{:<20} {}: {why}", a.login, a.name);
            }
        }
        Ok(())
    }

    fn leave(&self, login: &str, to: Option<&str>, reason: &str) -> Result<()> {
        let id = self.id_of(login)?.0;
        let to = to.map(|t| self.id_of(t).map(|x| x.0)).transpose()?;
        let (who, reason) = (who(self.instance, &self.actor), reason.to_owned());
        let close = move |tx: &mut store::Tx| web::pages::close_and_hand_over(crate::modules::ALL, tx, &who, &id, to.as_deref(), &reason);
        let n = self.instance.store.write_blocking(close)?;
        say!("Đã khóa {login}, chuyển {n} việc.");
        Ok(())
    }

    fn password(&self, login: &str) -> Result<()> {
        let ((id, name), actor) = (self.id_of(login)?, self.actor.clone());
        let word = temporary();
        let password = NewPassword::new(&Secret::new(word.clone()), login, &name)?;
        self.instance.store.write_blocking(move |tx| access::set_password(tx, &actor, &id, &password, true))?;
        once(self.context.json, login, &word);
        Ok(())
    }

    fn shut(&self, login: &str, shut: bool, reason: &str) -> Result<()> {
        let (id, reason, actor) = (self.id_of(login)?.0, reason.to_owned(), self.actor.clone());
        self.instance.store.write_blocking(move |tx| access::set_disabled(tx, &actor, &id, shut, &reason)).map(drop)
    }
}

/// The temporary password, shown this once.
pub(super) fn once(json: bool, login: &str, word: &str) {
    if json {
        print_json(&json!({ "login": login, "password": word }));
    } else {
        say!("{login}  mật khẩu tạm: {word}  (phải đổi ở lần đăng nhập đầu)");
    }
}

/// Every account in scope, page by page.
fn all_accounts(store: &Store, actor: &Actor) -> Result<Vec<Account>> {
    const PAGE: usize = 200;
    let mut all: Vec<Account> = vec![];
    loop {
        let filter = AccountFilter { after: all.last().map(|a| a.login.clone()), limit: PAGE, ..AccountFilter::default() };
        let page = store.read_blocking(|tx| access::list_accounts(tx, &actor.may(Verb::Read, "account")?, &filter))?;
        let last = page.len() < PAGE;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_passwords_are_three_groups_that_pass_the_rules_and_differ() {
        let (a, b) = (temporary(), temporary());
        assert_ne!(a, b);
        for word in [a, b] {
            assert_eq!(word.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4], "{word}");
            assert!(!word.contains(['l', 'o', 'i', '0', '1']), "{word}: letters that look alike");
            assert!(NewPassword::new(&Secret::new(word), "an", "Nguyễn Văn An").is_ok());
        }
    }

    #[test]
    fn a_list_longer_than_a_page_is_whole() {
        let dir = std::env::temp_dir().join(format!("lachan-accounts-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = dir.join("a.db");
        let open = crate::instance::Instance::open(&url.to_string_lossy(), Arc::new(store::SystemClock), Arc::new(SystemIds));
        let (instance, system) = (open.unwrap(), Actor::system("test"));
        let who = system.clone();
        instance
            .store
            .write_blocking(move |tx| {
                (0..401).try_for_each(|n| {
                    let new = NewAccount { login: format!("a{n:03}"), name: "An".into(), ..NewAccount::default() };
                    access::create_account(tx, &who, &new, None).map(drop)
                })
            })
            .unwrap();
        let all = all_accounts(&instance.store, &system).unwrap();
        let logins: std::collections::BTreeSet<_> = all.iter().map(|a| &a.login).collect();
        assert_eq!((all.len(), logins.len()), (401, 401));
        instance.store.close();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
