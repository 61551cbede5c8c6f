//! Notices inside the software: what an account should know, and whether it was seen and acknowledged.

use store::{Error, Result, Row, Tx};

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Notice {
    /// UUIDv7.
    pub id: String,
    /// µs UTC.
    pub at: i64,
    /// One line.
    pub subject: String,
    /// Plain text, may have several lines.
    pub body: String,
    /// Path inside the instance, e.g. `/tasks/…`.
    pub link: Option<String>,
    /// µs UTC.
    pub read_at: Option<i64>,
    /// µs UTC: "đã rõ".
    pub ack_at: Option<i64>,
    /// The sender wants an acknowledgement.
    pub needs_ack: bool,
}

const COLUMNS: &str = "id, at, subject, body, link, read_at, ack_at, needs_ack";

fn read(r: &Row) -> Result<Notice> {
    Ok(Notice {
        id: r.get(0)?,
        at: r.get(1)?,
        subject: r.get(2)?,
        body: r.get(3)?,
        link: r.get(4)?,
        read_at: r.get(5)?,
        ack_at: r.get(6)?,
        needs_ack: r.get(7)?,
    })
}

/// Adds a notice; its id.
pub(crate) fn add(tx: &mut Tx, account: &str, subject: &str, body: &str, link: Option<&str>, needs_ack: bool) -> Result<String> {
    // only places inside the instance: a notice must not be a way to send people elsewhere
    if link.is_some_and(|l| !l.starts_with('/') || l.starts_with("//") || l.contains('\\')) {
        return Err(Error::internal("link of a notice must be a path inside the instance"));
    }
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO notice (id, account, at, subject, body, link, needs_ack) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[id.as_str().into(), account.into(), now.into(), subject.into(), body.into(), link.into(), needs_ack.into()],
    )?;
    Ok(id)
}

/// Notices of an account, newest first. `after` = id of the last one of the page before; `limit` rows.
pub fn notices(tx: &mut Tx, account: &str, only_open: bool, after: Option<&str>, limit: u32) -> Result<Vec<Notice>> {
    let open = if only_open { " AND (read_at IS NULL OR (needs_ack = 1 AND ack_at IS NULL))" } else { "" };
    // an id is a UUIDv7: text order is time order, and `g` follows every hexadecimal digit
    let rows = tx.query(
        &format!("SELECT {COLUMNS} FROM notice WHERE account = $1 AND id < $2{open} ORDER BY id DESC LIMIT {limit}"),
        &[account.into(), after.unwrap_or("g").into()],
    )?;
    rows.iter().map(read).collect()
}

/// One notice of the account; `NotFound` for somebody else's.
pub fn notice(tx: &mut Tx, account: &str, id: &str) -> Result<Notice> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM notice WHERE id = $1 AND account = $2"), &[id.into(), account.into()])?;
    row.map(|r| read(&r)).transpose()?.ok_or_else(|| Error::NotFound("Không có thông báo này.".into()))
}

/// How many notices wait: unread, or read but not acknowledged although asked.
pub fn open_notices(tx: &mut Tx, account: &str) -> Result<i64> {
    let row = tx.query_opt(
        "SELECT COUNT(*) FROM notice WHERE account = $1 AND (read_at IS NULL OR (needs_ack = 1 AND ack_at IS NULL))",
        &[account.into()],
    )?;
    row.map_or(Ok(0), |r| r.get(0))
}

/// Marks one notice of the account as read; reading again keeps the first time. `NotFound` for somebody else's.
pub fn read_notice(tx: &mut Tx, account: &str, id: &str) -> Result<()> {
    let now = tx.now();
    stamp(tx, "UPDATE notice SET read_at = COALESCE(read_at, $3) WHERE id = $1 AND account = $2", account, id, now)
}

/// Marks all notices that ask for nothing as read; how many they were.
pub fn read_all_notices(tx: &mut Tx, account: &str) -> Result<u64> {
    let now = tx.now();
    tx.exec("UPDATE notice SET read_at = $2 WHERE account = $1 AND read_at IS NULL AND needs_ack = 0", &[account.into(), now.into()])
}

/// "Đã rõ": acknowledges (and reads) one notice of the account; the first time is kept.
pub fn acknowledge(tx: &mut Tx, account: &str, id: &str) -> Result<()> {
    let now = tx.now();
    let sql = "UPDATE notice SET read_at = COALESCE(read_at, $3), ack_at = COALESCE(ack_at, $3) WHERE id = $1 AND account = $2";
    stamp(tx, sql, account, id, now)
}

fn stamp(tx: &mut Tx, sql: &str, account: &str, id: &str, now: i64) -> Result<()> {
    match tx.exec(sql, &[id.into(), account.into(), now.into()])? {
        0 => Err(Error::NotFound("Không có thông báo này.".into())),
        _ => Ok(()),
    }
}
