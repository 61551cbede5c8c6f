//! A whole instance, table by table, into another store: `migrate --to`, and backups of a server.

use crate::store::sqlite_path;
use crate::{Engine, Error, Result, Store, Tx, Value};

/// Rows read at once and written by one statement.
const BATCH: i64 = 200;
/// Parameters of one statement: SQLite allows 32,766, PostgreSQL 65,535.
const PARAMS: usize = 30_000;

impl Store {
    /// Copies every table into an empty store, in one transaction there: all of it arrives, or nothing. Row counts and
    /// the whole ledger are checked before that transaction ends. `progress(table, rows)` is called after each batch.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the target holds data.
    pub fn copy_to(&self, to: &Store, progress: &dyn Fn(&str, i64)) -> Result<()> {
        self.read_blocking(|source| to.write_alone(|target| copy_all(source, target, progress)))
    }

    /// Moves this instance to another engine or file: opens `url`, which must be empty, and copies everything there.
    /// This store stays as it is.
    ///
    /// # Errors
    /// Those of [`Store::open`] and [`Store::copy_to`]. A SQLite file is made beside its place and renamed at the end.
    pub fn migrate_to(&self, url: &str, progress: &dyn Fn(&str, i64)) -> Result<()> {
        if let Some(path) = sqlite_path(url)? {
            return crate::backup::fill_file(&path, |part| self.copy_into(part, progress));
        }
        self.copy_into(url, progress)
    }

    pub(crate) fn copy_into(&self, url: &str, progress: &dyn Fn(&str, i64)) -> Result<()> {
        let to = Store::open(url, self.clock().clone(), self.ids().clone())?;
        let copied = self.copy_to(&to, progress).and_then(|()| to.settle());
        to.close();
        copied
    }
}

/// Everything of `source` into `target`, checked.
pub(crate) fn copy_all(source: &mut Tx, target: &mut Tx, progress: &dyn Fn(&str, i64)) -> Result<()> {
    if holds_data(target)? {
        return Err(Error::Conflict("Nơi nhận đã có dữ liệu. Chọn cơ sở dữ liệu trống, hoặc tệp mới.".into()));
    }
    replay_schema(source, target)?;
    for table in tables(source)? {
        copy_table(source, target, &table, progress).map_err(|e| match e {
            Error::Internal(m) => Error::Internal(format!("table {table}: {m}")),
            other => other,
        })?;
    }
    let report = crate::ledger_log::verify(target, &[], None, &|_, _| ())?;
    match report.fault {
        None => Ok(()),
        Some(f) => Err(Error::Conflict(format!("Bản sao không giữ lại, vì nhật ký không khớp: {} {}", f.record, f.message))),
    }
}

/// Does it hold anything beyond what opening makes?
pub(crate) fn holds_data(tx: &mut Tx) -> Result<bool> {
    let any = |tx: &mut Tx, sql: &str| Ok(!tx.query(sql, &[])?.is_empty());
    Ok(any(tx, "SELECT 1 FROM ledger_leaf LIMIT 1")? || any(tx, "SELECT 1 FROM schema_migration WHERE id NOT LIKE 'store/%' LIMIT 1")?)
}

/// Runs the statements that made the source's tables and that the target has not run itself.
fn replay_schema(source: &mut Tx, target: &mut Tx) -> Result<()> {
    let recorded = |tx: &mut Tx| -> Result<Vec<String>> {
        tx.query("SELECT sql FROM schema_object ORDER BY n", &[])?.iter().map(|r| r.get(0)).collect()
    };
    let mut known = recorded(target)?;
    for s in recorded(source)? {
        // each known statement stands for one: a table that was dropped and made again is made again here too
        match known.iter().position(|k| *k == s) {
            Some(i) => drop(known.remove(i)),
            None => target.ddl(&s)?,
        }
    }
    Ok(())
}

pub(crate) fn tables(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        Engine::Postgres => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name"
        }
    };
    let all: Vec<String> = tx.query(sql, &[])?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
    // the schema itself was replayed
    Ok(all.into_iter().filter(|t| t != "schema_object").collect())
}

/// Names of the columns in order, and which of them are the primary key (positions, in key order).
fn columns(tx: &mut Tx, table: &str) -> Result<(Vec<String>, Vec<usize>)> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name, pk FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT c.column_name, COALESCE(CAST(k.ordinal_position AS BIGINT), 0) FROM information_schema.columns c \
             LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema AND p.table_name = c.table_name \
             AND p.constraint_type = 'PRIMARY KEY' \
             LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema \
             AND k.constraint_name = p.constraint_name AND k.table_name = c.table_name AND k.column_name = c.column_name \
             WHERE c.table_schema = current_schema() AND c.table_name = $1 ORDER BY c.ordinal_position"
        }
    };
    let (mut names, mut key) = (vec![], vec![]);
    for r in tx.query(sql, &[table.into()])? {
        let place: i64 = r.get(1)?;
        if place > 0 {
            key.push((place, names.len()));
        }
        names.push(r.get::<String>(0)?);
    }
    key.sort_unstable();
    Ok((names, key.into_iter().map(|(_, i)| i).collect()))
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}

/// `($1, $2), ($3, $4)`.
fn holes(rows: usize, width: usize) -> String {
    let row = |r: usize| format!("({})", (1..=width).map(|i| format!("${}", r * width + i)).collect::<Vec<_>>().join(", "));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

fn count(tx: &mut Tx, table: &str) -> Result<i64> {
    tx.query(&format!("SELECT COUNT(*) FROM \"{table}\""), &[])?.first().map_or(Ok(0), |r| r.get(0))
}

fn copy_table(source: &mut Tx, target: &mut Tx, table: &str, progress: &dyn Fn(&str, i64)) -> Result<()> {
    let (names, key) = columns(source, table)?;
    let all = quoted(names.iter());
    let by = quoted(key.iter().filter_map(|i| names.get(*i)));
    let rows_at_once = BATCH.min(i64::try_from(PARAMS / names.len().max(1)).unwrap_or(BATCH)).max(1);
    target.exec(&format!("DELETE FROM \"{table}\""), &[])?;
    let mut done = 0i64;
    let mut last: Option<Vec<Value>> = None;
    loop {
        // by key, so that each batch starts where the last one ended; a table without a key is counted off
        let rows = match &last {
            _ if key.is_empty() => {
                let sql = format!("SELECT {all} FROM \"{table}\" ORDER BY {all} LIMIT $1 OFFSET $2");
                source.query(&sql, &[rows_at_once.into(), done.into()])?
            }
            None => source.query(&format!("SELECT {all} FROM \"{table}\" ORDER BY {by} LIMIT $1"), &[rows_at_once.into()])?,
            Some(after) => {
                let sql =
                    format!("SELECT {all} FROM \"{table}\" WHERE ({by}) > {} ORDER BY {by} LIMIT {rows_at_once}", holes(1, key.len()));
                source.query(&sql, after)?
            }
        };
        let Some(end) = rows.last() else { break };
        last = Some(key.iter().filter_map(|i| end.values().get(*i).cloned()).collect());
        done += i64::try_from(rows.len()).map_err(Error::internal)?;
        let params: Vec<Value> = rows.iter().flat_map(|r| r.values().to_vec()).collect();
        target.exec(&format!("INSERT INTO \"{table}\" ({all}) VALUES {}", holes(rows.len(), names.len())), &params)?;
        progress(table, done);
    }
    let (there, here) = (count(source, table)?, count(target, table)?);
    if there == here { Ok(()) } else { Err(Error::internal(format!("{there} rows in the source, {here} arrived"))) }
}
