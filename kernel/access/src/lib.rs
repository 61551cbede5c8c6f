//! Who may do what to whose records.
//!
//! A grant = account × role × agency subtree. [`Actor::may`] is the only mint of a [`Scope`]; nothing can be
//! listed, counted, searched, exported or suggested without one.
//!
//! Accounts, passwords, sign-in, sessions and API tokens live here too (see README.md). Functions are plain and
//! synchronous on `&mut Tx`; only password hashing happens outside a transaction ([`NewPassword`], [`SignIn`]).

mod account;
mod actor;
mod crypto;
mod grant;
mod idle;
mod ledger;
mod limit;
mod migrations;
mod otp;
mod password;
mod recover;
mod scope;
mod second;
mod session;
mod signin;
mod time;
mod token;
mod verify;

#[cfg(test)]
mod tests;

pub use account::{
    Account, AccountChange, AccountFilter, NewAccount, account, account_by_login, account_errors, account_in_scope, account_of_person,
    any_account, change_own_password, create_account, every_account, list_accounts, set_disabled, set_password, set_preferences, unlock,
    update_account,
};
pub use actor::{actor_of_account, actor_of_login};
pub use crypto::{csrf_token, csrf_valid};
pub use grant::{Grant, NewGrant, end_grant, grant, grants_of, holders};
pub use idle::{close_idle, idle_accounts};
pub use limit::SignInLimit;
pub use migrations::{SEALED, migrations};
pub use password::{NewPassword, Secret};
pub use recover::{
    CODE_LIFE, LINK_LIFE, Purpose, Recovery, ask_recovery, give_code, invitation_link, readable_secret, readable_secret_for, recovery_of,
    redeem,
};
pub use scope::{Actor, ActorKind, EVERYONE, GrantInfo, Narrowing, Role, RoleRule, Roles, Scope, Subtree, Verb};
pub use second::{
    Enrolment, PENDING_LIFE, RecoveryCodes, SecondFactor, confirm_second, drop_second, enrol_second, enrolment_under_way, finish_second,
    pending, renew_codes, reset_second, second_factor,
};
pub use session::{
    ABSOLUTE_LIFE, Client, IDLE_LIFE, NewSession, SessionInfo, SignedIn, actor_of_session, end_session, list_sessions, open_session,
    purge_sessions, revoke_all_sessions, revoke_other_sessions, revoke_session, touch_session,
};
pub use signin::{Checked, Outcome, Refusal, SignIn, SignInEntry, last_sign_ins, locked_out_until};
pub use token::{ApiToken, MintedToken, NewToken, TokenActor, actor_of_token, create_token, list_tokens, revoke_token, touch_token};
pub use verify::{Mismatch, seal_older, verify_rows};
