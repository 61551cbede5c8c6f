//! The one table that no definition gives: documents read but not yet accepted; and the narrow reads of the daily expansion.

use store::{Change, Error, Migration, Result, Tx, Value};

/// A document that was read and waits for a person.
#[derive(Debug, Clone)]
pub struct DraftRow {
    /// UUIDv7.
    pub id: String,
    /// µs UTC of the upload.
    pub at: i64,
    /// Account that uploaded it.
    pub account: String,
    /// Name of the file as uploaded.
    pub file_name: String,
    /// SHA-256 of its bytes, hex.
    pub hash: String,
    /// [`crate::draft::Draft`] as JSON.
    pub body: String,
    /// Plan made from it, once accepted.
    pub plan: Option<String>,
    /// Optimistic lock.
    pub version: i64,
}

/// Tables of the module.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        id: "plans/0001",
        sql: "CREATE TABLE plan_draft (id TEXT PRIMARY KEY, at BIGINT NOT NULL, account TEXT NOT NULL, file_name TEXT NOT NULL, hash TEXT NOT NULL, bytes BYTES NOT NULL, body TEXT NOT NULL, plan TEXT, version BIGINT NOT NULL);\n\
              CREATE INDEX plan_draft_hash ON plan_draft (hash);",
    }]
}

const COLUMNS: &str = "id, at, account, file_name, hash, body, plan, version";

fn row(r: &store::Row) -> Result<DraftRow> {
    Ok(DraftRow {
        id: r.get(0)?,
        at: r.get(1)?,
        account: r.get(2)?,
        file_name: r.get(3)?,
        hash: r.get(4)?,
        body: r.get(5)?,
        plan: r.get(6)?,
        version: r.get(7)?,
    })
}

/// Keeps a reading; the same file that still waits is given back instead of a second one.
pub fn insert(tx: &mut Tx, account: &str, file_name: &str, hash: &str, bytes: Vec<u8>, body: String) -> Result<String> {
    let waiting =
        tx.query_opt("SELECT id FROM plan_draft WHERE hash = $1 AND account = $2 AND plan IS NULL", &[hash.into(), account.into()])?;
    if let Some(r) = waiting {
        return r.get(0);
    }
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO plan_draft (id, at, account, file_name, hash, bytes, body, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
        &[id.as_str().into(), now.into(), account.into(), file_name.into(), hash.into(), Value::Bytes(bytes), body.into()],
    )?;
    Ok(id)
}

/// One draft.
pub fn get(tx: &mut Tx, id: &str) -> Result<DraftRow> {
    let found = tx.query_opt(&format!("SELECT {COLUMNS} FROM plan_draft WHERE id = $1"), &[id.into()])?;
    found.map_or_else(|| Err(none()), |r| row(&r))
}

/// There is no such reading, or none this person sees.
pub fn none() -> Error {
    Error::NotFound("Không có bản đọc này. Có thể nó đã bị xóa; hãy tải văn bản lên lại.".into())
}

/// Drafts that wait, newest first.
pub fn waiting(tx: &mut Tx) -> Result<Vec<DraftRow>> {
    tx.query(&format!("SELECT {COLUMNS} FROM plan_draft WHERE plan IS NULL ORDER BY at DESC LIMIT 100"), &[])?.iter().map(row).collect()
}

/// Saves an edit; refuses when somebody else saved first.
pub fn update(tx: &mut Tx, id: &str, version: i64, body: String) -> Result<()> {
    let n = tx.exec(
        "UPDATE plan_draft SET body = $1, version = version + 1 WHERE id = $2 AND version = $3 AND plan IS NULL",
        &[body.into(), id.into(), version.into()],
    )?;
    if n == 1 {
        Ok(())
    } else {
        Err(Error::Conflict("Bản đọc này vừa được người khác sửa hoặc đã chấp nhận. Mở lại trang để xem bản mới nhất.".into()))
    }
}

/// Marks a draft as accepted, as it was read; who saved an edit of it meanwhile keeps it, and the acceptance is refused.
pub fn accepted(tx: &mut Tx, row: &DraftRow, plan: &str) -> Result<()> {
    let n = tx.exec(
        "UPDATE plan_draft SET plan = $1, version = version + 1 WHERE id = $2 AND version = $3 AND plan IS NULL",
        &[plan.into(), row.id.as_str().into(), row.version.into()],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict(MEANWHILE.into())) }
}

/// Somebody was quicker.
pub const MEANWHILE: &str = "Bản đọc này đã được người khác sửa sau khi bạn mở trang. Xem lại bản mới nhất rồi chấp nhận.";

/// Bodies of the readings that a plan was made or signed from.
pub fn bodies(tx: &mut Tx, plan: &str) -> Result<Vec<String>> {
    tx.query("SELECT body FROM plan_draft WHERE plan = $1 ORDER BY at, id", &[plan.into()])?.iter().map(|r| r.get(0)).collect()
}

/// Throws a waiting draft away; the ledger says who did, and which file it was.
pub fn discard(tx: &mut Tx, row: &DraftRow, who: &str) -> Result<()> {
    if tx.exec("DELETE FROM plan_draft WHERE id = $1 AND plan IS NULL", &[row.id.as_str().into()])? == 0 {
        return Err(Error::Conflict("Bản đọc này đã được chấp nhận, không bỏ được nữa.".into()));
    }
    let body = serde_json::json!({ "file": row.file_name, "sha256": row.hash }).to_string();
    let change = Change {
        register: "plan_draft",
        record: &row.id,
        version: row.version + 1,
        action: "discard",
        who,
        reason: None,
        body: Some(&body),
        before: None,
    };
    tx.append_change(&change).map(drop)
}

/// What the expansion needs to know of an obligation that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedRow {
    /// Record id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Agency that owes it.
    pub agency: String,
    /// Period key.
    pub key: String,
    /// Stored state.
    pub state: String,
    /// Due day.
    pub due: Option<String>,
    /// First day.
    pub opens: Option<String>,
    /// Role of the agency.
    pub role: String,
    /// Why it does not apply.
    pub reason: String,
    /// What is known of an agency that the task no longer names.
    pub unassigned: Option<String>,
    /// Withdrawn by a person: it is not owed, and not asked for again.
    pub withdrawn: bool,
}

impl OwedRow {
    fn is(&self, states: &[&str]) -> bool {
        !self.withdrawn && states.contains(&self.state.as_str())
    }
    /// Not done, not handed in, not exempt.
    pub fn open(&self) -> bool {
        self.is(&["not_started", "in_progress", "waiting_event"])
    }
    /// Nobody has done anything for it.
    pub fn untouched(&self) -> bool {
        self.is(&["not_started", "waiting_event"])
    }
    /// Somebody works on it or has handed it in; not yet done.
    pub fn begun(&self) -> bool {
        self.is(&["in_progress", "waiting_approval"])
    }
    /// Somebody's work, and not yet handed in.
    pub fn workable(&self) -> bool {
        self.is(&["not_started", "in_progress"])
    }
    /// Does not apply to this agency.
    pub fn exempt(&self) -> bool {
        self.is(&["not_applicable"])
    }
}

/// All obligations of a task in one read, withdrawn ones too. For the expansion only, which acts for every agency; nobody is
/// shown them.
pub fn owed_rows(tx: &mut Tx, task: &str) -> Result<Vec<OwedRow>> {
    let rows = tx.query(
        "SELECT id, version, agency, period_key, state, due_on, opens_on, role, na_reason, unassigned, deleted_at FROM obligation WHERE task = $1 \
         ORDER BY agency, period_key, id",
        &[task.into()],
    )?;
    let read = |r: &store::Row| {
        let word = |n: usize| Ok::<String, Error>(r.get::<Option<String>>(n)?.unwrap_or_default());
        Ok(OwedRow {
            id: r.get(0)?,
            version: r.get(1)?,
            agency: word(2)?,
            key: word(3)?,
            state: word(4)?,
            due: r.get(5)?,
            opens: r.get(6)?,
            role: word(7)?,
            reason: word(8)?,
            unassigned: r.get(9)?,
            withdrawn: r.get::<Option<i64>>(10)?.is_some(),
        })
    };
    rows.iter().map(read).collect()
}

/// Tasks with obligations due on a day that apply, and how many, the most first. Ids and counts only.
pub fn due_on(tx: &mut Tx, day: &str) -> Result<Vec<(String, i64)>> {
    let rows = tx.query(
        "SELECT task, COUNT(*) FROM obligation WHERE due_on = $1 AND deleted_at IS NULL AND task IS NOT NULL AND state <> 'not_applicable' \
         GROUP BY task ORDER BY 2 DESC, 1",
        &[day.into()],
    )?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Task of an actor line, a withdrawn line too.
pub fn task_of_actor(tx: &mut Tx, actor: &str) -> Result<Option<String>> {
    tx.query_opt("SELECT task FROM task_actor WHERE id = $1", &[actor.into()])?.map_or(Ok(None), |r| r.get(0))
}

/// Obligations of a task that have evidence. Ids only, for the expansion.
pub fn with_evidence(tx: &mut Tx, task: &str) -> Result<std::collections::BTreeSet<String>> {
    let rows = tx.query(
        "SELECT DISTINCT e.obligation FROM evidence e JOIN obligation o ON o.id = e.obligation WHERE o.task = $1 AND e.deleted_at IS NULL",
        &[task.into()],
    )?;
    rows.iter().map(|r| r.get(0)).collect()
}

/// Obligations still "not started" that have evidence: (id, version).
pub fn begun_by_evidence(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    let rows = tx.query(
        "SELECT o.id, o.version FROM obligation o WHERE o.state = 'not_started' AND o.deleted_at IS NULL AND EXISTS (SELECT 1 FROM evidence e WHERE e.obligation = o.id AND e.deleted_at IS NULL) ORDER BY o.id",
        &[],
    )?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// How many readings of an account wait.
pub fn drafts_of(tx: &mut Tx, account: &str) -> Result<usize> {
    let row = tx.query_opt("SELECT COUNT(*) FROM plan_draft WHERE account = $1 AND plan IS NULL", &[account.into()])?;
    let n: i64 = row.map_or(Ok(0), |r| r.get(0))?;
    Ok(usize::try_from(n).unwrap_or(0))
}

/// Waiting readings of an account pass to another; how many.
pub fn give_drafts(tx: &mut Tx, from: &str, to: &str) -> Result<usize> {
    let n = tx.exec("UPDATE plan_draft SET account = $2 WHERE account = $1 AND plan IS NULL", &[from.into(), to.into()])?;
    Ok(usize::try_from(n).unwrap_or(0))
}
