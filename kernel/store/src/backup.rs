//! Backup to one checked file, and back.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use crate::store::sqlite_path;
use crate::{Clock, Engine, Error, Ids, Result, Store, Value};

impl Store {
    /// Writes a consistent copy to a new SQLite file, whatever the engine; checked and on disk when this returns.
    /// Writing goes on meanwhile. A file that is there already is never overwritten.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `to` exists, [`Error::Unavailable`] when it cannot be written.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(Error::Conflict(format!("Tệp {} đã có. Chọn tên khác để không ghi đè bản sao lưu cũ.", to.display())));
        }
        fill_file(to, |part| match self.engine() {
            // compact, and reads every page of the source on the way
            Engine::Sqlite => {
                let mut conn = crate::sqlite::SqliteConn::open(self.path().unwrap_or(to), true)?;
                conn.exec("VACUUM INTO $1", &[Value::from(part)]).map(drop)
            }
            Engine::Postgres => self.copy_into(part, &|_, _| {}),
        })
    }

    /// Puts a backup in the place of `url`. The backup is checked first (file and ledger) and not changed. What is at
    /// `url` is replaced only with `force`, in one step: a failure leaves it as it was. Nothing may have it open.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is data and no `force`, or the backup's ledger does not verify;
    /// [`Error::Unavailable`] when the backup cannot be read or the target is in use.
    pub fn restore(from: &Path, url: &str, force: bool, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<()> {
        if !from.is_file() {
            return Err(Error::NotFound(format!("Không có tệp sao lưu {}.", from.display())));
        }
        check_file(from)?;
        if let Some(path) = sqlite_path(url)? {
            if path.metadata().is_ok_and(|m| m.len() > 0) {
                free_to_replace(&path, force)?;
            }
            return fill_file(&path, |part| checked_copy(from, part, &clock, &ids));
        }
        // read from a copy: opening a store writes beside the file
        let copy = std::env::temp_dir().join(format!("lachan-restore-{}", crate::new_uuid_v7(clock.now(), &*ids)));
        let part = copy.to_string_lossy().into_owned();
        let restored = checked_copy(from, &part, &clock, &ids).and_then(|()| {
            let source = Store::open(&part, Arc::clone(&clock), Arc::clone(&ids))?;
            let target = Store::open(url, clock, ids)?;
            let done = source.read_blocking(|s| {
                target.write_alone(|t| {
                    if force {
                        empty(t)?;
                    }
                    crate::copy::copy_all(s, t, &|_, _| ())
                })
            });
            let done = done.and_then(|()| target.settle());
            source.close();
            target.close();
            done
        });
        remove(&copy);
        restored
    }
}

/// Copies a backup to `part` and checks it there.
fn checked_copy(from: &Path, part: &str, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>) -> Result<()> {
    create_private(Path::new(part)).and_then(|mut out| std::io::copy(&mut File::open(from)?, &mut out)).map_err(|e| unwritable(&e))?;
    let store = Store::open(part, Arc::clone(clock), Arc::clone(ids))?;
    let report = store.ledger_verify(|_, _| ());
    store.close();
    match report?.fault {
        None => Ok(()),
        Some(f) => {
            Err(Error::Conflict(format!("Bản sao lưu {} không dùng được, nhật ký không khớp: {} {}", from.display(), f.record, f.message)))
        }
    }
}

/// Is it a whole SQLite file of an instance? Read as it lies there: nothing is written beside it.
fn check_file(path: &Path) -> Result<()> {
    if beside(path, "-wal").metadata().is_ok_and(|m| m.len() > 0) {
        let why = "còn phần chưa ghi xong (-wal): đó là tệp đang dùng, không phải bản sao lưu. Dùng tệp do `lachan backup` tạo ra.";
        return Err(Error::Conflict(format!("Tệp {} {why}", path.display())));
    }
    let said = crate::sqlite::error;
    let name: String =
        path.to_string_lossy().chars().map(|c| if "%?#".contains(c) { format!("%{:02x}", u32::from(c)) } else { c.to_string() }).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags).map_err(said)?;
    let answer: String = conn.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0)).map_err(said)?;
    if answer != "ok" {
        return Err(Error::Unavailable(format!("Tệp {} đã hỏng ({answer}). Dùng bản sao lưu khác.", path.display())));
    }
    let ours: i64 = conn
        .query_row("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('ledger_leaf', 'schema_object')", [], |r| r.get(0))
        .map_err(said)?;
    if ours == 2 { Ok(()) } else { Err(Error::Conflict(format!("Tệp {} không phải dữ liệu của Lá Chắn.", path.display()))) }
}

/// Leaves write-ahead mode, so that the instance is one file; the next opening enters it again.
fn one_file(path: &Path) -> Result<()> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(crate::sqlite::error)?;
    conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(crate::sqlite::error)
}

/// May the file at the target be replaced? Only when nobody has it open, and it is empty or `force` was said.
fn free_to_replace(path: &Path, force: bool) -> Result<()> {
    if !force {
        return Err(Error::Conflict(format!("{} đã có dữ liệu. Thêm --force nếu thật sự muốn thay thế.", path.display())));
    }
    let Ok(conn) = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE) else { return Ok(()) };
    // leaving WAL needs the file for oneself alone, and takes the log away
    match conn.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get::<_, String>(0)) {
        Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            Err(Error::Unavailable(format!("{} đang được một chương trình khác dùng. Dừng máy chủ rồi khôi phục.", path.display())))
        }
        // a damaged file is just what a restore is for
        _ => Ok(()),
    }
}

/// Drops every table of a PostgreSQL schema and makes the store's own again, in the open transaction.
fn empty(tx: &mut crate::Tx) -> Result<()> {
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    for r in tx.query(sql, &[])? {
        tx.exec(&format!("DROP TABLE \"{}\" CASCADE", r.get::<String>(0)?), &[])?;
    }
    crate::migrate::own_tables(tx)
}

/// Lets `fill` make a file beside `to`, then checks it, brings it to disk and renames it: `to` is whole or not there.
pub(crate) fn fill_file(to: &Path, fill: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    let part = beside(to, ".part");
    remove(&part);
    let name = part.to_str().ok_or_else(|| Error::BadRequest(format!("Đường dẫn {} không phải UTF-8.", to.display())))?;
    let done = fill(name)
        .and_then(|()| one_file(&part))
        .and_then(|()| check_file(&part))
        .and_then(|()| settle(&part, to).map_err(|e| unwritable(&e)));
    if done.is_err() {
        remove(&part);
    }
    done
}

fn settle(part: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(part, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    File::open(part)?.sync_all()?;
    for tail in ["-wal", "-shm"] {
        let old = beside(to, tail);
        if old.exists() {
            std::fs::remove_file(old)?;
        }
    }
    std::fs::rename(part, to)?;
    // the new name is on disk only when its folder is
    #[cfg(unix)]
    File::open(to.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

/// A part that was not finished is worth nothing; the next try removes what is left.
fn remove(file: &Path) {
    for tail in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(file, tail));
    }
}

fn unwritable(e: &std::io::Error) -> Error {
    Error::Unavailable(format!("Không ghi được tệp: {e}. Kiểm tra chỗ trống và quyền ghi."))
}
