//! Tables of this crate. (`event` itself belongs to kernel/registers, which writes it.)

use store::Migration;

/// Tables `outbox`, `notice`, `job`, `schedule`, `event_delivery`.
pub fn migrations() -> Vec<Migration> {
    vec![Migration { id: "work/0001", sql: TABLES }]
}

const TABLES: &str = "
CREATE TABLE outbox (
  id TEXT PRIMARY KEY, event TEXT NOT NULL, recipient_account TEXT, recipient_address TEXT NOT NULL, channel TEXT NOT NULL,
  template TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL, lease_until BIGINT, expires_at BIGINT NOT NULL, last_error TEXT, created_at BIGINT NOT NULL,
  sent_at BIGINT, UNIQUE (event, recipient_address, channel, template));
CREATE INDEX outbox_due ON outbox (state, next_at);
CREATE TABLE notice (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, at BIGINT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, link TEXT,
  read_at BIGINT, ack_at BIGINT, needs_ack BIGINT NOT NULL);
CREATE INDEX notice_account ON notice (account, id);
CREATE TABLE job (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, args TEXT NOT NULL, state TEXT NOT NULL, run_at BIGINT NOT NULL, lease_until BIGINT,
  attempts BIGINT NOT NULL, progress BIGINT NOT NULL, total BIGINT NOT NULL, message TEXT NOT NULL, checkpoint TEXT, result TEXT,
  who TEXT NOT NULL, created_at BIGINT NOT NULL, finished_at BIGINT, dedup_key TEXT UNIQUE);
CREATE INDEX job_due ON job (state, run_at);
CREATE TABLE schedule (kind TEXT PRIMARY KEY, last_run BIGINT NOT NULL);
CREATE TABLE event_delivery (
  subscriber TEXT NOT NULL, event TEXT NOT NULL, at BIGINT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL,
  dead BIGINT NOT NULL, last_error TEXT, PRIMARY KEY (subscriber, event));
";
