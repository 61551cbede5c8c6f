//! Tables of this crate.

use store::Migration;

/// Tables `account`, `account_grant`, `session`, `api_token`, `sign_in_log`, `second_factor`, `recovery`.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration { id: "access/0001", sql: TABLES },
        Migration { id: SEALED, sql: "CREATE INDEX sign_in_log_address ON sign_in_log (account, ip, at);" },
        Migration { id: "access/second_factor", sql: SECOND },
        Migration { id: "access/recovery", sql: RECOVERY },
    ]
}

/// The step with which [`crate::seal_older`] runs once, in the same opening, on what an older program wrote.
pub const SEALED: &str = "access/sealed";

const TABLES: &str = "
CREATE TABLE account (
  id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, agency TEXT, person TEXT,
  password TEXT, must_change BIGINT NOT NULL, disabled_at BIGINT, failed_count BIGINT NOT NULL, locked_until BIGINT,
  created_at BIGINT NOT NULL, last_sign_in_at BIGINT, locale TEXT NOT NULL, theme TEXT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE account_grant (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, role TEXT NOT NULL, agency TEXT, from_date TEXT, to_date TEXT,
  granted_by TEXT NOT NULL, at BIGINT NOT NULL, version BIGINT NOT NULL);
CREATE INDEX account_grant_account ON account_grant (account);
CREATE TABLE session (
  id_hash BYTES PRIMARY KEY, account TEXT NOT NULL, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, revoked_at BIGINT, user_agent TEXT NOT NULL, ip TEXT NOT NULL);
CREATE INDEX session_account ON session (account);
CREATE TABLE api_token (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, token_hash BYTES NOT NULL UNIQUE, prefix TEXT NOT NULL,
  verbs TEXT, registers TEXT, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT, last_used_at BIGINT,
  version BIGINT NOT NULL);
CREATE INDEX api_token_account ON api_token (account);
CREATE TABLE sign_in_log (
  id TEXT PRIMARY KEY, at BIGINT NOT NULL, account TEXT, login_hash TEXT NOT NULL, ok BIGINT NOT NULL, reason TEXT NOT NULL, ip TEXT NOT NULL);
CREATE INDEX sign_in_log_login ON sign_in_log (login_hash, at);
CREATE INDEX sign_in_log_account ON sign_in_log (account, at);
";

/// One-time codes, as hashes; `password_until`: end of a temporary password.
const RECOVERY: &str = "
CREATE TABLE recovery (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, code_hash BYTES NOT NULL UNIQUE, purpose TEXT NOT NULL, asked_by TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT);
CREATE INDEX recovery_account ON recovery (account, created_at);
CREATE INDEX account_person ON account (person);
ALTER TABLE account ADD COLUMN password_until BIGINT;
";

/// `pending`: the password was right, the code is awaited; such a session opens nothing else.
const SECOND: &str = "
CREATE TABLE second_factor (
  id TEXT PRIMARY KEY, secret TEXT NOT NULL, confirmed_at BIGINT, last_step BIGINT NOT NULL, codes TEXT NOT NULL,
  failed_count BIGINT NOT NULL, locked_until BIGINT, version BIGINT NOT NULL);
ALTER TABLE session ADD COLUMN pending BIGINT;
";
