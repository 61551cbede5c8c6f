//! Accounts from the command line.

use std::sync::Arc;

use access::{AccountFilter, NewAccount, NewGrant, NewPassword, Secret, Verb};
use clap::{Args, Subcommand};
use serde_json::json;
use store::{Error, Ids, Result, SystemIds};

use super::{Context, print_json};

/// Words of `account`.
#[derive(Args)]
pub struct AccountArgs {
    #[command(subcommand)]
    word: AccountWord,
}

#[derive(Subcommand)]
enum AccountWord {
    /// All accounts in scope
    List,
    /// New account with a temporary password, printed once
    Create {
        login: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: String,
        /// Agency id; without it the role reaches the whole instance
        #[arg(long)]
        agency: Option<String>,
    },
    /// Give a role
    Grant {
        login: String,
        role: String,
        #[arg(long)]
        agency: Option<String>,
    },
    /// New temporary password, printed once
    Password { login: String },
    /// Shut an account
    Disable {
        login: String,
        #[arg(long)]
        reason: String,
    },
    /// Open it again
    Enable {
        login: String,
        #[arg(long)]
        reason: String,
    },
}

/// Twelve letters and digits that are not mistaken for each other, in three groups.
fn temporary() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 12];
    SystemIds.fill(&mut bytes);
    let word: Vec<char> = bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
    word.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// `lachan account …`.
pub fn run(context: &Context<'_>, a: &AccountArgs) -> Result<()> {
    let instance = context.open()?;
    let actor = context.actor(&instance)?;
    let roles = Arc::clone(&instance.roles);
    let store = &instance.store;
    let id_of = |login: &str| -> Result<(String, String)> {
        let found = store.read_blocking(|tx| access::account_by_login(tx, login))?;
        found.map(|a| (a.id, a.name)).ok_or_else(|| Error::NotFound(format!("Không có tài khoản «{login}».")))
    };
    match &a.word {
        AccountWord::List => {
            let all = store.read_blocking(|tx| access::list_accounts(tx, &actor.may(Verb::Read, "account")?, &AccountFilter::default()))?;
            for a in all {
                if context.json {
                    print_json(
                        &json!({ "id": a.id, "login": a.login, "name": a.name, "agency": a.agency, "disabled": a.disabled_at.is_some() }),
                    );
                } else {
                    println!("{:<20} {}{}", a.login, a.name, if a.disabled_at.is_some() { " (đã khóa)" } else { "" });
                }
            }
        }
        AccountWord::Create { login, name, role, agency } => {
            let word = temporary();
            let password = NewPassword::new(&Secret::new(word.clone()), login, name)?;
            let new = NewAccount { login: login.clone(), name: name.clone(), agency: agency.clone(), ..NewAccount::default() };
            let (role, agency) = (role.clone(), agency.clone());
            store.write_blocking(move |tx| {
                let account = access::create_account(tx, &actor, &new, Some(&password))?;
                access::grant(tx, &actor, &roles, &NewGrant { account: account.id, role, agency, ..NewGrant::default() })
            })?;
            println!("{login}  mật khẩu tạm: {word}  (phải đổi ở lần đăng nhập đầu)");
        }
        AccountWord::Grant { login, role, agency } => {
            let grant = NewGrant { account: id_of(login)?.0, role: role.clone(), agency: agency.clone(), ..NewGrant::default() };
            store.write_blocking(move |tx| access::grant(tx, &actor, &roles, &grant))?;
        }
        AccountWord::Password { login } => {
            let (id, name) = id_of(login)?;
            let word = temporary();
            let password = NewPassword::new(&Secret::new(word.clone()), login, &name)?;
            store.write_blocking(move |tx| access::set_password(tx, &actor, &id, &password, true))?;
            println!("{login}  mật khẩu tạm: {word}");
        }
        AccountWord::Disable { login, reason } | AccountWord::Enable { login, reason } => {
            let (id, reason) = (id_of(login)?.0, reason.clone());
            let shut = matches!(a.word, AccountWord::Disable { .. });
            store.write_blocking(move |tx| access::set_disabled(tx, &actor, &id, shut, &reason))?;
        }
    }
    Ok(())
}
