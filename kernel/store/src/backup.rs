//! A whole instance, table by table, to another store: backup, restore, `migrate --to`.

use std::path::Path;
use std::sync::Arc;

use crate::{Engine, Error, Result, Store, SystemIds, Tx, Value};

/// Rows read at once and written in one transaction.
const BATCH: i64 = 500;

impl Store {
    /// Writes a consistent copy to a new SQLite file, checked and on disk when this returns.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(Error::Conflict(format!("Tệp {} đã có. Chọn tên khác để không ghi đè bản sao lưu cũ.", to.display())));
        }
        let part = to.with_extension("part");
        let _ = std::fs::remove_file(&part);
        match self.engine() {
            Engine::Sqlite => {
                let target = part.to_string_lossy().into_owned();
                self.read_outside(|tx| tx.exec_vacuum_into(&target))?;
            }
            Engine::Postgres => {
                let copy = Store::open(&part.to_string_lossy(), Arc::clone(self.clock()), Arc::new(SystemIds))?;
                self.copy_to(&copy, &|_, _| {})?;
                copy.write_blocking(|tx| tx.query("PRAGMA user_version", &[]).map(drop))?;
                copy.close();
                for tail in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{tail}", part.display()));
                }
            }
        }
        let check = rusqlite::Connection::open(&part).map_err(crate::sqlite::error)?;
        let ok: String = check.query_row("PRAGMA integrity_check", [], |r| r.get(0)).map_err(crate::sqlite::error)?;
        drop(check);
        if ok != "ok" {
            return Err(Error::internal(format!("backup: {ok}")));
        }
        let io = |e: std::io::Error| Error::Unavailable(format!("Không ghi được bản sao lưu: {e}"));
        std::fs::File::open(&part).and_then(|f| f.sync_all()).map_err(io)?;
        std::fs::rename(&part, to).map_err(io)
    }

    /// Copies every table into an empty store. Verifies row counts and the ledger head afterwards.
    pub fn copy_to(&self, to: &Store, progress: &dyn Fn(&str, i64)) -> Result<()> {
        if to.read_blocking(holds_data)? {
            return Err(Error::Conflict("Nơi nhận đã có dữ liệu. Chọn cơ sở dữ liệu trống, hoặc tệp mới.".into()));
        }
        self.read_blocking(|source| {
            replay_schema(source, to)?;
            for table in tables(source)? {
                copy_table(source, to, &table, progress)?;
            }
            Ok(())
        })
    }
}

/// Does it hold anything beyond what opening makes?
fn holds_data(tx: &mut Tx) -> Result<bool> {
    let size: i64 = tx.query("SELECT size FROM ledger_head WHERE id = 1", &[])?.first().map_or(Ok(0), |r| r.get(0))?;
    let migrations: i64 = tx.query("SELECT COUNT(*) FROM schema_migration", &[])?[0].get(0)?;
    Ok(size > 0 || migrations > 1)
}

fn replay_schema(source: &mut Tx, to: &Store) -> Result<()> {
    let statements: Vec<String> = source.query("SELECT sql FROM schema_object ORDER BY n", &[])?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
    to.write_blocking(move |tx| {
        let known: Vec<String> = tx.query("SELECT sql FROM schema_object", &[])?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
        for s in statements.iter().filter(|s| !known.contains(s)) {
            tx.ddl(s)?;
        }
        Ok(())
    })
}

fn tables(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        Engine::Postgres => "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name",
    };
    let all: Vec<String> = tx.query(sql, &[])?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
    // the schema itself was replayed
    Ok(all.into_iter().filter(|t| t != "schema_object").collect())
}

fn copy_table(source: &mut Tx, to: &Store, table: &str, progress: &dyn Fn(&str, i64)) -> Result<()> {
    let columns: Vec<String> = source.query(&column_sql(source.engine()), &[table.into()])?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
    let names = columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
    let fresh = table.to_owned();
    to.write_blocking(move |tx| tx.exec(&format!("DELETE FROM \"{fresh}\""), &[]))?;
    let mut done = 0i64;
    loop {
        // a snapshot: the order is stable while this transaction lives
        let rows = source.query(&format!("SELECT {names} FROM \"{table}\" ORDER BY {names} LIMIT $1 OFFSET $2"), &[BATCH.into(), done.into()])?;
        if rows.is_empty() {
            break;
        }
        done += i64::try_from(rows.len()).map_err(Error::internal)?;
        let holes = (1..=columns.len()).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({names}) VALUES ({holes})");
        let rows: Vec<Vec<Value>> = rows.iter().map(|r| r.values().to_vec()).collect();
        to.write_blocking(move |tx| rows.iter().try_for_each(|r| tx.exec(&sql, r).map(drop)))?;
        progress(table, done);
    }
    let counted = table.to_owned();
    let arrived: i64 = to.read_blocking(move |tx| tx.query(&format!("SELECT COUNT(*) FROM \"{counted}\""), &[])?[0].get(0))?;
    if arrived == done { Ok(()) } else { Err(Error::internal(format!("{table}: {done} rows read, {arrived} arrived"))) }
}

fn column_sql(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid".into(),
        Engine::Postgres => "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position".into(),
    }
}
