//! Outgoing messages: written with the event that causes them, sent later, each at most once per event, recipient,
//! channel and template.

use store::{Error, Result, Row, Tx};

use crate::mail::{Delivery, Letter};
use crate::notice;
use crate::time::{DAY, MINUTE, back_off};

/// A message that could not be handed over for this long is given up, µs.
pub(crate) const LIFE: i64 = 3 * DAY;
/// Templates that begin so carry a one-time link: their text is forgotten as soon as it is handed over or given up, and they are
/// not sent again.
pub const SECRET: &str = "secret.";
/// Forgets such a text in an `UPDATE`.
const FORGET: &str = "body = CASE WHEN substr(template, 1, 7) = 'secret.' THEN '' ELSE body END";
/// How long a worker may hold a message, µs.
pub(crate) const LEASE: i64 = 5 * MINUTE;

/// Way to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Notice inside the software: there at once, in the same transaction.
    InApp,
    /// E-mail to the address of the account; without one, an in-app notice takes its place.
    Email,
}
impl Channel {
    fn word(self) -> &'static str {
        match self {
            Channel::InApp => "in_app",
            Channel::Email => "email",
        }
    }
}

/// What is to be told, and why.
#[derive(Debug, Clone, Default)]
pub struct Message<'a> {
    /// Event that causes it: the same event tells the same person once. For reminders: obligation id and day.
    pub event: &'a str,
    /// Kind of message, e.g. `task_due`; part of the uniqueness.
    pub template: &'a str,
    /// One line.
    pub subject: &'a str,
    /// Plain text.
    pub body: &'a str,
    /// Path inside the instance.
    pub link: Option<&'a str>,
    /// Wants "đã rõ".
    pub needs_ack: bool,
}

/// Tells an account by these channels; how many messages were new. Unknown and closed accounts get nothing.
pub fn notify(tx: &mut Tx, account: &str, message: &Message<'_>, channels: &[Channel]) -> Result<usize> {
    let row = tx.query_opt("SELECT email FROM account WHERE id = $1 AND disabled_at IS NULL", &[account.into()])?;
    let Some(row) = row else { return Ok(0) };
    let email: Option<String> = row.get::<Option<String>>(0)?.filter(|e| !e.is_empty());
    let mut new = 0;
    for channel in channels {
        let (channel, address) = match (channel, &email) {
            (Channel::Email, Some(address)) => (Channel::Email, address.as_str()),
            _ => (Channel::InApp, account),
        };
        let in_app = channel == Channel::InApp;
        if !put(tx, Some(account), channel, address, message, if in_app { "sent" } else { "queued" })? {
            continue;
        }
        if in_app {
            notice::add(tx, account, message.subject, message.body, message.link, message.needs_ack)?;
        }
        new += 1;
    }
    Ok(new)
}

/// Queues an e-mail to somebody without an account; `false` when the same one was queued before.
pub fn send_email(tx: &mut Tx, address: &str, message: &Message<'_>) -> Result<bool> {
    put(tx, None, Channel::Email, address, message, "queued")
}

fn put(tx: &mut Tx, account: Option<&str>, channel: Channel, address: &str, m: &Message<'_>, state: &str) -> Result<bool> {
    let (id, now) = (tx.new_id(), tx.now());
    let sent = (state == "sent").then_some(now);
    let n = tx.exec(
        "INSERT INTO outbox (id, event, recipient_account, recipient_address, channel, template, subject, body, state, attempts, next_at, \
         expires_at, created_at, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $10, $12) \
         ON CONFLICT (event, recipient_address, channel, template) DO NOTHING",
        &[
            id.into(),
            m.event.into(),
            account.into(),
            address.into(),
            channel.word().into(),
            m.template.into(),
            m.subject.into(),
            m.body.into(),
            state.into(),
            now.into(),
            (now + LIFE).into(),
            sent.into(),
        ],
    )?;
    Ok(n == 1)
}

/// A message a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leased {
    pub letter: Letter,
    /// Number of this attempt; also the fence: who lost the lease cannot settle any more.
    pub attempts: i64,
}

/// Is an e-mail due? A read, so that idle polling does not trouble the writer.
pub(crate) fn is_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now();
    let row = tx.query_opt(
        "SELECT 1 FROM outbox WHERE channel = 'email' AND ((state = 'queued' AND (next_at <= $1 OR expires_at <= $1)) \
         OR (state = 'leased' AND lease_until <= $1)) LIMIT 1",
        &[now.into()],
    )?;
    Ok(row.is_some())
}

/// Takes the next due e-mail, or one whose lease ran out (its worker died: it may have been sent, so it goes out again
/// under the same Message-ID).
pub(crate) fn lease(tx: &mut Tx) -> Result<Option<Leased>> {
    let now = tx.now();
    tx.exec(
        &format!(
            "UPDATE outbox SET state = 'expired', lease_until = NULL, {FORGET} WHERE channel = 'email' AND expires_at <= $1 \
             AND (state = 'queued' OR (state = 'leased' AND lease_until <= $1))"
        ),
        &[now.into()],
    )?;
    let row = tx.query_opt(
        "UPDATE outbox SET state = 'leased', lease_until = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM outbox \
         WHERE channel = 'email' AND ((state = 'queued' AND next_at <= $1) OR (state = 'leased' AND lease_until <= $1)) \
         ORDER BY next_at, id LIMIT 1) AND (state = 'queued' OR lease_until <= $1) \
         RETURNING id, recipient_address, subject, body, created_at, attempts",
        &[now.into(), (now + LEASE).into()],
    )?;
    let Some(r) = row else { return Ok(None) };
    let letter = Letter { id: r.get(0)?, to: r.get(1)?, subject: r.get(2)?, body: r.get(3)?, at: r.get(4)? };
    Ok(Some(Leased { letter, attempts: r.get(5)? }))
}

/// Writes down how an attempt ended; `false` when the lease was lost meanwhile.
pub(crate) fn settle(tx: &mut Tx, l: &Leased, how: &Delivery) -> Result<bool> {
    let now = tx.now();
    let (state, next, error) = match how {
        Delivery::Sent => ("sent", now, None),
        Delivery::Retry(e) => ("queued", now + back_off(l.attempts), Some(e.as_str())),
        Delivery::Refused(e) => ("failed", now, Some(e.as_str())),
        Delivery::Unknown(e) => ("unknown", now, Some(e.as_str())),
    };
    let sent = (*how == Delivery::Sent).then_some(now);
    let forget = if state == "queued" { String::new() } else { format!(", {FORGET}") };
    let n = tx.exec(
        &format!(
            "UPDATE outbox SET state = $3, next_at = $4, last_error = $5, sent_at = $6, lease_until = NULL{forget} \
             WHERE id = $1 AND attempts = $2 AND state = 'leased'"
        ),
        &[l.letter.id.as_str().into(), l.attempts.into(), state.into(), next.into(), error.into(), sent.into()],
    )?;
    Ok(n == 1)
}

/// One row of the outbox page. Neither text nor full address: who runs the software need not read other people's mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OutboxRow {
    /// UUIDv7.
    pub id: String,
    /// Kind of message.
    pub template: String,
    /// Account told, if any.
    pub account: Option<String>,
    /// `in_app` or `email`.
    pub channel: String,
    /// `queued`, `leased`, `sent`, `failed`, `expired`, `unknown`, `cancelled`.
    pub state: String,
    /// Attempts so far.
    pub attempts: i64,
    /// µs UTC of the next attempt (when queued).
    pub next_at: i64,
    /// Step and code of the last failure.
    pub last_error: Option<String>,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub sent_at: Option<i64>,
}

fn read(r: &Row) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: r.get(0)?,
        template: r.get(1)?,
        account: r.get(2)?,
        channel: r.get(3)?,
        state: r.get(4)?,
        attempts: r.get(5)?,
        next_at: r.get(6)?,
        last_error: r.get(7)?,
        created_at: r.get(8)?,
        sent_at: r.get(9)?,
    })
}

/// Newest messages of the outbox, of one state or all. The caller asks for the permission `job`.
pub fn outbox(tx: &mut Tx, state: Option<&str>, limit: u32) -> Result<Vec<OutboxRow>> {
    let rows = tx.query(
        &format!(
            "SELECT id, template, recipient_account, channel, state, attempts, next_at, last_error, created_at, sent_at FROM outbox \
             WHERE ($1 = '' OR state = $1) ORDER BY id DESC LIMIT {limit}"
        ),
        &[state.unwrap_or_default().into()],
    )?;
    rows.iter().map(read).collect()
}

/// How many e-mails stand in each state.
pub fn outbox_counts(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    let rows = tx.query("SELECT state, COUNT(*) FROM outbox WHERE channel = 'email' GROUP BY state ORDER BY state", &[])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// A person decides to send again what is failed, expired or unknown (in the last case it may arrive twice).
pub fn resend(tx: &mut Tx, id: &str) -> Result<()> {
    let now = tx.now();
    let n = tx.exec(
        "UPDATE outbox SET state = 'queued', next_at = $2, expires_at = $3 WHERE id = $1 AND channel = 'email' \
         AND state IN ('failed', 'expired', 'unknown') AND substr(template, 1, 7) <> 'secret.'",
        &[id.into(), now.into(), (now + LIFE).into()],
    )?;
    if n == 0 { Err(Error::Conflict("Thư này không ở trạng thái gửi lại được.".into())) } else { Ok(()) }
}

/// Takes back what was not sent yet: all queued messages of an event. How many.
pub fn cancel_event(tx: &mut Tx, event: &str) -> Result<u64> {
    tx.exec("UPDATE outbox SET state = 'cancelled' WHERE event = $1 AND state = 'queued'", &[event.into()])
}
