//! Jobs: work that outlives a request. A row each; a worker leases it, reports progress, and another takes over when the
//! lease runs out.

use store::{Error, Result, Row, Tx};

use crate::time::{MINUTE, back_off};

/// How long a worker may be silent, µs; each progress report starts it anew.
pub(crate) const LEASE: i64 = 2 * MINUTE;
/// Attempts before a job is given up.
pub(crate) const MOST_ATTEMPTS: i64 = 8;

/// What is to be done.
#[derive(Debug, Clone, Default)]
pub struct NewJob {
    /// Which handler.
    pub kind: String,
    /// For the handler.
    pub args: serde_json::Value,
    /// While an unfinished job has this key, asking again gives that one.
    pub dedup_key: Option<String>,
    /// µs UTC; `None` = now.
    pub run_at: Option<i64>,
    /// Account that asked (or `system:…`).
    pub who: String,
}

/// One job.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Job {
    /// UUIDv7.
    pub id: String,
    /// Which handler.
    pub kind: String,
    /// For the handler.
    pub args: serde_json::Value,
    /// `queued`, `running`, `done`, `failed`.
    pub state: String,
    /// µs UTC of the next attempt.
    pub run_at: i64,
    /// Attempts so far; while running also the fence of the lease.
    pub attempts: i64,
    /// Done of `total`.
    pub progress: i64,
    /// 0 = not known.
    pub total: i64,
    /// What it is doing, or why it failed.
    pub message: String,
    /// Where the last attempt stopped, as the handler wrote it.
    pub checkpoint: Option<serde_json::Value>,
    /// What came out.
    pub result: Option<serde_json::Value>,
    /// Account that asked.
    pub who: String,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub finished_at: Option<i64>,
}

const COLUMNS: &str = "id, kind, args, state, run_at, attempts, progress, total, message, checkpoint, result, who, created_at, finished_at";

fn json(text: &str) -> Result<serde_json::Value> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn read(r: &Row) -> Result<Job> {
    let maybe = |i| -> Result<Option<serde_json::Value>> { r.get::<Option<String>>(i)?.as_deref().map(json).transpose() };
    Ok(Job {
        id: r.get(0)?,
        kind: r.get(1)?,
        args: json(&r.get::<String>(2)?)?,
        state: r.get(3)?,
        run_at: r.get(4)?,
        attempts: r.get(5)?,
        progress: r.get(6)?,
        total: r.get(7)?,
        message: r.get(8)?,
        checkpoint: maybe(9)?,
        result: maybe(10)?,
        who: r.get(11)?,
        created_at: r.get(12)?,
        finished_at: r.get(13)?,
    })
}

/// Queues a job in the caller's transaction; its id (or that of the unfinished one with the same key).
pub fn enqueue(tx: &mut Tx, new: &NewJob) -> Result<String> {
    let (id, now) = (tx.new_id(), tx.now());
    let row = tx.query_opt(
        "INSERT INTO job (id, kind, args, state, run_at, attempts, progress, total, message, who, created_at, dedup_key) \
         VALUES ($1, $2, $3, 'queued', $4, 0, 0, 0, '', $5, $6, $7) ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        &[
            id.into(),
            new.kind.as_str().into(),
            new.args.to_string().into(),
            new.run_at.unwrap_or(now).into(),
            new.who.as_str().into(),
            now.into(),
            new.dedup_key.clone().into(),
        ],
    )?;
    match row {
        Some(r) => r.get(0),
        None => {
            let key = new.dedup_key.as_deref().unwrap_or_default();
            let row = tx.query_opt("SELECT id FROM job WHERE dedup_key = $1", &[key.into()])?;
            row.ok_or_else(|| Error::internal("job with this key vanished"))?.get(0)
        }
    }
}

/// One job. The caller checks that the asker is `who`, or may see jobs (`job`).
pub fn job(tx: &mut Tx, id: &str) -> Result<Job> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM job WHERE id = $1"), &[id.into()])?;
    row.map(|r| read(&r)).transpose()?.ok_or_else(|| Error::NotFound("Không có việc nền này.".into()))
}

/// Newest jobs; of one kind and state when given (empty = all).
pub fn jobs(tx: &mut Tx, kind: &str, state: &str, limit: u32) -> Result<Vec<Job>> {
    let rows = tx.query(
        &format!("SELECT {COLUMNS} FROM job WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT {limit}"),
        &[kind.into(), state.into()],
    )?;
    rows.iter().map(read).collect()
}

/// Puts a failed job back into the queue.
pub fn retry_job(tx: &mut Tx, id: &str) -> Result<()> {
    let now = tx.now();
    let n = tx.exec(
        "UPDATE job SET state = 'queued', attempts = 0, run_at = $2, finished_at = NULL, message = '' WHERE id = $1 AND state = 'failed'",
        &[id.into(), now.into()],
    )?;
    if n == 0 { Err(Error::Conflict("Chỉ việc nền bị lỗi mới chạy lại được.".into())) } else { Ok(()) }
}

/// Is a job due? A read, so that idle polling does not trouble the writer.
pub(crate) fn is_due(tx: &mut Tx) -> Result<bool> {
    let now = tx.now();
    let row = tx.query_opt(
        "SELECT 1 FROM job WHERE (state = 'queued' AND run_at <= $1) OR (state = 'running' AND lease_until <= $1) LIMIT 1",
        &[now.into()],
    )?;
    Ok(row.is_some())
}

/// Takes the next due job, or one whose lease ran out. `attempts` of the answer is this worker's fence.
pub(crate) fn lease(tx: &mut Tx) -> Result<Option<Job>> {
    let now = tx.now();
    // a handler that kills its worker each time must not do so for ever
    tx.exec(
        "UPDATE job SET state = 'failed', finished_at = $1, dedup_key = NULL, lease_until = NULL, message = 'worker died' \
         WHERE state = 'running' AND lease_until <= $1 AND attempts >= $2",
        &[now.into(), MOST_ATTEMPTS.into()],
    )?;
    let row = tx.query_opt(
        &format!(
            "UPDATE job SET state = 'running', lease_until = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM job \
             WHERE (state = 'queued' AND run_at <= $1) OR (state = 'running' AND lease_until <= $1) ORDER BY run_at, id LIMIT 1) \
             AND (state = 'queued' OR lease_until <= $1) RETURNING {COLUMNS}"
        ),
        &[now.into(), (now + LEASE).into()],
    )?;
    row.map(|r| read(&r)).transpose()
}

/// How far, and (when given) where to go on after a crash. Renews the lease; `Conflict` when it was lost: stop at once.
pub(crate) fn report(tx: &mut Tx, j: &Job, done: i64, total: i64, message: &str, checkpoint: Option<&serde_json::Value>) -> Result<()> {
    let now = tx.now();
    let n = tx.exec(
        "UPDATE job SET progress = $3, total = $4, message = $5, checkpoint = COALESCE($6, checkpoint), lease_until = $7 \
         WHERE id = $1 AND attempts = $2 AND state = 'running'",
        &[
            j.id.as_str().into(),
            j.attempts.into(),
            done.into(),
            total.into(),
            message.into(),
            checkpoint.map(ToString::to_string).into(),
            (now + LEASE).into(),
        ],
    )?;
    if n == 0 { Err(lost()) } else { Ok(()) }
}

pub(crate) fn lost() -> Error {
    Error::Conflict("Việc nền đã được tiến trình khác tiếp nhận.".into())
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Done(serde_json::Value),
    Again { at: i64, why: String },
    Failed(String),
}

/// Writes down how an attempt ended; `false` when the lease was lost meanwhile.
pub(crate) fn settle(tx: &mut Tx, j: &Job, how: &Ending) -> Result<bool> {
    let now = tx.now();
    let key: [store::Value; 2] = [j.id.as_str().into(), j.attempts.into()];
    let [id, attempts] = key;
    let n = match how {
        Ending::Done(result) => tx.exec(
            "UPDATE job SET state = 'done', finished_at = $3, result = $4, dedup_key = NULL, lease_until = NULL \
             WHERE id = $1 AND attempts = $2 AND state = 'running'",
            &[id, attempts, now.into(), result.to_string().into()],
        )?,
        Ending::Again { at, why } => tx.exec(
            "UPDATE job SET state = 'queued', run_at = $3, message = $4, lease_until = NULL \
             WHERE id = $1 AND attempts = $2 AND state = 'running'",
            &[id, attempts, (*at).into(), why.as_str().into()],
        )?,
        Ending::Failed(why) => tx.exec(
            "UPDATE job SET state = 'failed', finished_at = $3, message = $4, dedup_key = NULL, lease_until = NULL \
             WHERE id = $1 AND attempts = $2 AND state = 'running'",
            &[id, attempts, now.into(), why.as_str().into()],
        )?,
    };
    Ok(n == 1)
}

/// After an error: again later, or given up.
pub(crate) fn after_error(now: i64, j: &Job, e: &Error) -> Ending {
    // what is wrong with the input stays wrong; everything else may pass
    let hopeless = matches!(e, Error::Invalid(_) | Error::BadRequest(_) | Error::NotFound(_) | Error::Forbidden(_));
    if hopeless || j.attempts >= MOST_ATTEMPTS {
        Ending::Failed(e.to_string())
    } else {
        Ending::Again { at: now + back_off(j.attempts), why: e.to_string() }
    }
}
