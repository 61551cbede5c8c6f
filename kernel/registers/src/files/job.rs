//! An import as a job: batches, each one transaction together with its mark of progress, so that after a crash the job
//! goes on with the next row and nothing is taken twice.

use std::sync::Arc;

use access::Actor;
use documents::SheetData;
use sha2::{Digest, Sha256};
use store::{Error, Result, Row, Store, Tx, Value};

use super::import::{Importer, headings, read};
use super::report::{Counts, Outcome, Report, RowReport};
use crate::definition::Registry;

/// Tables of import jobs.
pub const TABLES: &str = "
CREATE TABLE import_job (
  id TEXT PRIMARY KEY, register TEXT NOT NULL, account TEXT NOT NULL, file_name TEXT NOT NULL, file_hash TEXT NOT NULL,
  file BYTES NOT NULL, all_or_nothing BIGINT NOT NULL, state TEXT NOT NULL, done_rows BIGINT NOT NULL, total BIGINT NOT NULL,
  notes TEXT NOT NULL, error TEXT, started_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
CREATE INDEX import_job_open ON import_job (state, account, register);
CREATE TABLE import_row (
  job TEXT NOT NULL, line BIGINT NOT NULL, outcome TEXT NOT NULL, title TEXT NOT NULL, record TEXT, errors TEXT NOT NULL,
  PRIMARY KEY (job, line))";

/// Rows per transaction: short enough that other writers hardly wait.
pub const BATCH: usize = 50;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Rows are left; after a crash, [`Run::resume`] goes on.
    Running,
    /// All rows were taken or refused.
    Done,
    /// Nothing more will happen; `error` says why. With all-or-nothing, nothing was saved.
    Failed,
}

/// One import.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Job {
    /// UUIDv7.
    pub id: String,
    /// Register id.
    pub register: String,
    /// Account that started it.
    pub account: String,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file, hexadecimal.
    pub file_hash: String,
    /// One refused row refuses the file.
    pub all_or_nothing: bool,
    /// State.
    pub state: JobState,
    /// Rows dealt with.
    pub done_rows: i64,
    /// Rows in the file.
    pub total: i64,
    /// Why it failed.
    pub error: Option<String>,
}

/// Registers a file as a job, or gives back the unfinished job of the same account, register and file. The file is read
/// before the write begins.
pub fn start(
    store: &Store,
    reg: &Registry,
    actor: &Actor,
    register: &str,
    file_name: &str,
    bytes: Vec<u8>,
    all_or_nothing: bool,
) -> Result<Job> {
    actor.may(access::Verb::Import, register)?;
    let sheet = read(reg, register, &bytes)?;
    // The headings are checked here, so that a hopeless file never becomes a job.
    let (_, notes) = headings(reg, actor, register, &sheet)?;
    let total = i64::try_from(sheet.rows.len()).map_err(Error::internal)?;
    let (actor, register, file_name) = (actor.clone(), register.to_owned(), file_name.to_owned());
    store.write_blocking(move |tx| enter(tx, &actor, &register, &file_name, bytes, all_or_nothing, total, &notes))
}

#[expect(clippy::too_many_arguments, reason = "the columns of a job")]
fn enter(
    tx: &mut Tx,
    actor: &Actor,
    register: &str,
    file_name: &str,
    bytes: Vec<u8>,
    all_or_nothing: bool,
    total: i64,
    notes: &[String],
) -> Result<Job> {
    let hash = hex(&Sha256::digest(&bytes));
    let open = tx.query_opt(
        "SELECT id FROM import_job WHERE state = 'running' AND account = $1 AND register = $2 AND file_hash = $3 AND all_or_nothing = $4",
        &[actor.id.as_str().into(), register.into(), hash.as_str().into(), all_or_nothing.into()],
    )?;
    if let Some(row) = open {
        return get(tx, actor, &row.get::<String>(0)?);
    }
    let (id, now) = (tx.new_id(), tx.now());
    tx.exec(
        "INSERT INTO import_job (id, register, account, file_name, file_hash, file, all_or_nothing, state, done_rows, total, notes, error, started_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', 0, $8, $9, NULL, $10, $10)",
        &[id.as_str().into(), register.into(), actor.id.as_str().into(), file_name.into(), hash.into(), bytes.into(), all_or_nothing.into(), total.into(), json(&notes)?.into(), now.into()],
    )?;
    get(tx, actor, &id)
}

/// A job of this account (or any, for the program itself).
pub fn get(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Job> {
    let row = tx.query_opt(
        "SELECT id, register, account, file_name, file_hash, all_or_nothing, state, done_rows, total, error FROM import_job WHERE id = $1",
        &[id.into()],
    )?;
    let job = row.as_ref().map(job_of).transpose()?;
    job.filter(|j| j.account == actor.id || actor.kind == access::ActorKind::System)
        .ok_or_else(|| Error::NotFound("Không có lần nhập tệp này.".into()))
}

/// Unfinished jobs, oldest first: (job, account). The server goes on with them when it starts.
pub fn unfinished(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    tx.query("SELECT id, account FROM import_job WHERE state = 'running' ORDER BY started_at, id", &[])?
        .iter()
        .map(|r| Ok((r.get(0)?, r.get(1)?)))
        .collect()
}

/// The report of what the job did so far, rows in file order.
pub fn report(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Report> {
    let job = get(tx, actor, id)?;
    let notes: Option<Row> = tx.query_opt("SELECT notes FROM import_job WHERE id = $1", &[id.into()])?;
    let notes = notes.map(|r| r.get::<String>(0)).transpose()?.unwrap_or_default();
    let mut out = Report { register: job.register, notes: serde_json::from_str(&notes).map_err(Error::internal)?, ..Report::default() };
    for r in tx.query("SELECT line, outcome, title, record, errors FROM import_row WHERE job = $1 ORDER BY line", &[id.into()])? {
        let outcome: String = r.get(1)?;
        out.push(RowReport {
            line: u32::try_from(r.get::<i64>(0)?).map_err(Error::internal)?,
            outcome: serde_json::from_value(outcome.into()).map_err(Error::internal)?,
            title: r.get(2)?,
            record: r.get(3)?,
            errors: serde_json::from_str(&r.get::<String>(4)?).map_err(Error::internal)?,
        });
    }
    Ok(out)
}

/// A job being worked on. Kept between transactions; losing it loses nothing but time.
#[derive(Debug)]
pub struct Run {
    job: Job,
    sheet: SheetData,
    importer: Importer,
}

impl Run {
    /// Takes up a job, fresh or interrupted.
    pub fn resume(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<Self> {
        let job = get(tx, actor, id)?;
        let file: Vec<u8> = tx
            .query_opt("SELECT file FROM import_job WHERE id = $1", &[id.into()])?
            .ok_or_else(|| Error::internal("import job without file"))?
            .get(0)?;
        let sheet = read(reg, &job.register, &file)?;
        let mut importer = Importer::new(tx, reg, actor, &job.register, &sheet, &job.file_name)?;
        let done = usize::try_from(job.done_rows).map_err(Error::internal)?;
        for at in importer.order().iter().take(done).copied().collect::<Vec<_>>() {
            if let Some(row) = sheet.rows.get(at) {
                importer.recall(tx, reg, actor, row)?;
            }
        }
        Ok(Self { job, sheet, importer })
    }

    /// The job as of the last batch.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Takes the next batch and marks it in the same transaction. Call until the state is no longer running. When the
    /// transaction could not be committed, throw this away and [`Run::resume`].
    pub fn batch(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<&Job> {
        let present = get(tx, actor, &self.job.id)?;
        if present.state != JobState::Running {
            self.job = present;
            return Ok(&self.job);
        }
        if present.done_rows != self.job.done_rows {
            return Err(elsewhere());
        }
        if self.job.all_or_nothing {
            self.all_at_once(tx, reg, actor)?;
        } else {
            let rows = self.take(tx, reg, actor, BATCH)?;
            for r in &rows {
                write_row(tx, &self.job.id, r)?;
            }
        }
        if self.job.state == JobState::Running && self.job.done_rows >= self.job.total {
            self.job.state = JobState::Done;
        }
        self.mark(tx, present.done_rows)?;
        Ok(&self.job)
    }

    fn take(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor, most: usize) -> Result<Vec<RowReport>> {
        let from = usize::try_from(self.job.done_rows).map_err(Error::internal)?;
        let next: Vec<usize> = self.importer.order().iter().skip(from).take(most).copied().collect();
        let mut out = Vec::with_capacity(next.len());
        for at in next {
            let row = self.sheet.rows.get(at).ok_or_else(|| Error::internal("row order beyond the sheet"))?;
            out.push(self.importer.row(tx, reg, actor, row)?);
            self.job.done_rows += 1;
        }
        Ok(out)
    }

    /// The whole file in this transaction; one refused row takes everything back and leaves only the report.
    fn all_at_once(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<()> {
        let mut rows = Vec::new();
        let tried = tx.attempt(false, |tx| {
            rows = self.take(tx, reg, actor, usize::MAX)?;
            let refused = rows.iter().filter(|r| r.outcome == Outcome::Error).count();
            if refused == 0 {
                Ok(())
            } else {
                Err(Error::BadRequest(format!("{refused} dòng có lỗi nên cả tệp không được nhập. Sửa các dòng lỗi rồi nhập lại.")))
            }
        })?;
        match tried {
            Ok(()) => {}
            Err(Error::BadRequest(why)) => {
                self.job.state = JobState::Failed;
                self.job.error = Some(why);
                for r in &mut rows {
                    r.record = None;
                }
            }
            Err(e) => return Err(e),
        }
        for r in &rows {
            write_row(tx, &self.job.id, r)?;
        }
        Ok(())
    }

    /// Writes the progress over that of the batch before; somebody else's progress in between loses this batch.
    fn mark(&self, tx: &mut Tx, before: i64) -> Result<()> {
        let state = match self.job.state {
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
        };
        let now = tx.now();
        let marked = tx.exec(
            "UPDATE import_job SET state = $1, done_rows = $2, error = $3, updated_at = $4 WHERE id = $5 AND done_rows = $6 AND state = 'running'",
            &[state.into(), self.job.done_rows.into(), self.job.error.clone().into(), now.into(), self.job.id.as_str().into(), before.into()],
        )?;
        if marked != 1 {
            return Err(elsewhere());
        }
        if self.job.state == JobState::Running { Ok(()) } else { forget_files(tx) }
    }
}

/// What is imported stands in the registers: the file, with the personal data in it, is not kept beside them. A running job's is,
/// to be taken up again.
fn forget_files(tx: &mut Tx) -> Result<()> {
    let empty = Value::Bytes(vec![]);
    tx.exec("UPDATE import_job SET file = $1 WHERE state <> 'running' AND LENGTH(file) > 0", &[empty]).map(drop)
}

/// Rows of an import after which the database takes new statistics.
const LARGE: i64 = 5000;

/// Rows after which statistics are taken the first time while a file is read in, then at eight times as many.
const FIRST: i64 = 1000;

/// Works a job to its end, batch by batch; `progress` hears of every batch that is on disk. When the storage is away the
/// job stays as it is, to be run again, and another runner is left its work; any other error ends it as failed.
pub fn run(store: &Store, reg: &Arc<Registry>, actor: &Actor, id: &str, mut progress: impl FnMut(&Job)) -> Result<Job> {
    let done = batches(store, reg, actor, id, &mut progress);
    if let Err(e) = &done
        && !matches!(e, Error::Unavailable(_))
        && e.to_string() != ELSEWHERE
    {
        let (id, why) = (id.to_owned(), e.to_string());
        store.write_blocking(move |tx| {
            let now = tx.now();
            tx.exec(
                "UPDATE import_job SET state = 'failed', error = $1, updated_at = $2 WHERE id = $3 AND state = 'running'",
                &[why.into(), now.into(), id.into()],
            )?;
            forget_files(tx)
        })?;
    }
    if done.as_ref().is_ok_and(|j| j.done_rows >= LARGE) {
        // the rows are saved; without statistics the first questions are only slower until the engine takes its own
        drop(store.settle());
    }
    done
}

fn batches(store: &Store, reg: &Arc<Registry>, actor: &Actor, id: &str, progress: &mut dyn FnMut(&Job)) -> Result<Job> {
    let mut run = store.read_blocking(|tx| Run::resume(tx, reg, actor, id))?;
    let mut next = FIRST;
    while run.job.state == JobState::Running {
        let (r, a) = (Arc::clone(reg), actor.clone());
        run = store.write_blocking(move |tx| {
            run.batch(tx, &r, &a)?;
            Ok(run)
        })?;
        progress(&run.job);
        if run.job.done_rows >= next && run.job.state == JobState::Running {
            // questions planned for an empty table read all of it for every row; a large file would wait for that to the end
            drop(store.settle());
            next = run.job.done_rows.saturating_mul(8);
        }
    }
    Ok(run.job)
}

/// [`start`] and [`run`]: a file at one go, as the command line and the packs do it.
pub fn import_file(
    store: &Store,
    reg: &Arc<Registry>,
    actor: &Actor,
    register: &str,
    file_name: &str,
    bytes: Vec<u8>,
    progress: impl FnMut(&Job),
) -> Result<Report> {
    let job = start(store, reg, actor, register, file_name, bytes, false)?;
    run(store, reg, actor, &job.id, progress)?;
    store.read_blocking(|tx| report(tx, actor, &job.id))
}

const ELSEWHERE: &str = "Lần nhập này đang được chạy ở nơi khác.";

fn elsewhere() -> Error {
    Error::Conflict(ELSEWHERE.into())
}

/// Totals of a job so far, without its rows.
pub fn counts(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Counts> {
    get(tx, actor, id)?;
    let mut out = Counts::default();
    for r in tx.query("SELECT outcome, CAST(COUNT(*) AS BIGINT) FROM import_row WHERE job = $1 GROUP BY outcome", &[id.into()])? {
        let n = u32::try_from(r.get::<i64>(1)?).map_err(Error::internal)?;
        match r.get::<String>(0)?.as_str() {
            "create" => out.create = n,
            "update" => out.update = n,
            "unchanged" => out.unchanged = n,
            _ => out.error = n,
        }
    }
    Ok(out)
}

fn write_row(tx: &mut Tx, job: &str, r: &RowReport) -> Result<()> {
    let outcome = match r.outcome {
        Outcome::Create => "create",
        Outcome::Update => "update",
        Outcome::Unchanged => "unchanged",
        Outcome::Error => "error",
    };
    let params: [Value; 6] =
        [job.into(), i64::from(r.line).into(), outcome.into(), r.title.as_str().into(), r.record.clone().into(), json(&r.errors)?.into()];
    tx.exec("INSERT INTO import_row (job, line, outcome, title, record, errors) VALUES ($1, $2, $3, $4, $5, $6)", &params)?;
    Ok(())
}

fn job_of(r: &Row) -> Result<Job> {
    let state = match r.get::<String>(6)?.as_str() {
        "running" => JobState::Running,
        "done" => JobState::Done,
        _ => JobState::Failed,
    };
    Ok(Job {
        id: r.get(0)?,
        register: r.get(1)?,
        account: r.get(2)?,
        file_name: r.get(3)?,
        file_hash: r.get(4)?,
        all_or_nothing: r.get(5)?,
        state,
        done_rows: r.get(7)?,
        total: r.get(8)?,
        error: r.get(9)?,
    })
}

fn json<T: serde::Serialize>(v: &T) -> Result<String> {
    serde_json::to_string(v).map_err(Error::internal)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}
