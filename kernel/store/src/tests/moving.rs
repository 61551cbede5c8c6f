//! Backup, restore, and moving to the other engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Fresh, START, ids, open, put, rows, sqlite, stores, table, whole};
use crate::{Engine, Error, ManualClock, Migration, Store, Value};

/// 450 records in a table with a key, a table with a key of two, one without a key, one made twice, one empty.
fn filled(s: &Store) {
    s.migrate(&[Migration {
        id: "test/0001",
        sql: "CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b BYTES);\n\
              CREATE TABLE gone (id TEXT);\nDROP TABLE gone;\nCREATE TABLE gone (id TEXT);\n\
              CREATE INDEX t_n ON t (n);\nDROP INDEX t_n;\nCREATE INDEX t_n ON t (n);\n\
              CREATE TABLE pair (b BIGINT NOT NULL, a TEXT NOT NULL, v TEXT, PRIMARY KEY (a, b));\nCREATE TABLE bare (v TEXT);\n",
    }])
    .unwrap();
    s.write_blocking(|tx| {
        for i in 0..450i64 {
            put(tx, &format!("Hồ sơ {i:04}"))?;
            let b = if i % 3 == 0 { Value::Null } else { Value::Bytes(vec![i as u8, 0]) };
            tx.exec(
                "UPDATE t SET n = $1, x = $2, b = $3 WHERE id = $4",
                &[i.into(), (i as f64 / 7.0).into(), b, format!("Hồ sơ {i:04}").into()],
            )?;
            tx.exec("INSERT INTO pair (a, b, v) VALUES ($1, $2, $3)", &[format!("a{}", i % 5).into(), (450 - i).into(), Value::Null])?;
            tx.exec("INSERT INTO bare (v) VALUES ($1)", &[format!("{}", i % 7).into()])?;
        }
        tx.remember("scope", "key", b"r", "answer")
    })
    .unwrap();
    s.ledger_checkpoint().unwrap();
}

/// Every row of every table, as text.
fn dump(s: &Store) -> BTreeMap<&'static str, Vec<String>> {
    let tables =
        ["t", "gone", "pair", "bare", "ledger_leaf", "ledger_head", "ledger_checkpoint", "instance", "idempotency", "schema_migration"];
    let one = |name: &'static str| {
        let mut all: Vec<String> = s
            .read_blocking(|tx| tx.query(&format!("SELECT * FROM {name}"), &[]))
            .unwrap()
            .iter()
            .map(|r| format!("{:?}", r.values()))
            .collect();
        all.sort();
        (name, all)
    };
    tables.into_iter().map(one).collect()
}

fn file(s: &Fresh, name: &str) -> PathBuf {
    s.dir.join(name)
}

fn restore(from: &std::path::Path, url: &str, force: bool) -> crate::Result<()> {
    Store::restore(from, url, force, Arc::new(ManualClock::new(START)), ids())
}

#[test]
fn a_backup_is_the_same_and_never_overwrites() {
    for s in stores("backup") {
        filled(&s);
        let to = file(&s, "copy.db");
        s.backup(&to).unwrap();
        let copy = open(&to.to_string_lossy()).unwrap();
        assert_eq!(dump(&copy), dump(&s));
        assert_eq!(whole(&copy), 450);
        // the copy is an instance like any other
        copy.write_blocking(|tx| put(tx, "more")).unwrap();
        assert_eq!(whole(&copy), 451);
        copy.close();
        assert!(matches!(s.backup(&to), Err(Error::Conflict(_))));
        assert!(matches!(s.backup(&s.dir.join("no/such/folder.db")), Err(Error::Unavailable(_))));
        let left: Vec<_> =
            std::fs::read_dir(&s.dir).unwrap().map(|f| f.unwrap().file_name()).filter(|f| f.to_string_lossy().contains(".part")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_backup_while_others_write_is_of_one_moment() {
    let s = sqlite("busy");
    table(&s);
    std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let store = s.clone();
        scope.spawn(move || {
            for i in 0.. {
                store.write_blocking(move |tx| put(tx, &format!("{i}"))).unwrap();
                if stopped.try_recv().is_ok() {
                    break;
                }
            }
        });
        for i in 0..5 {
            let to = file(&s, &format!("copy{i}.db"));
            s.backup(&to).unwrap();
            let copy = open(&to.to_string_lossy()).unwrap();
            assert_eq!(whole(&copy), rows(&copy).len() as u64);
        }
        stop.send(()).unwrap();
    });
}

#[test]
fn an_instance_moves_there_and_back() {
    for s in stores("move") {
        filled(&s);
        let before = dump(&s);
        for target in stores(&format!("target_{:?}", s.engine()).to_lowercase()) {
            // the server's schema is there and empty; the file is made by the move
            let url =
                if target.path().is_some() { file(&target, "moved.db").to_string_lossy().into_owned() } else { target.url().to_owned() };
            let seen = std::cell::Cell::new(0);
            s.migrate_to(&url, &|_, n| seen.set(seen.get().max(n))).unwrap();
            assert_eq!(seen.get(), 450);
            let moved = open(&url).unwrap();
            assert_eq!(dump(&moved), before);
            let statistics = match moved.engine() {
                Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'ledger_leaf'",
                Engine::Postgres => "SELECT COUNT(*) FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'ledger_leaf'",
            };
            let known: i64 = moved.read_blocking(|tx| tx.query(statistics, &[])?[0].get(0)).unwrap();
            assert!(known > 0, "{:?} plans without statistics after the move", moved.engine());
            assert_eq!(moved.ledger_verifier_key().unwrap(), s.ledger_verifier_key().unwrap());
            moved.write_blocking(|tx| put(tx, "more")).unwrap();
            assert_eq!(whole(&moved), 451);
            // the index came along: it cannot be made once more
            assert!(moved.write_blocking(|tx| tx.ddl("CREATE INDEX t_n ON t (n)")).is_err());
            moved.close();
            let again = s.copy_into(&url, &|_, _| {});
            assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
        }
    }
}

#[test]
fn a_move_that_does_not_verify_leaves_the_target_empty() {
    for s in stores("damaged") {
        filled(&s);
        s.write_blocking(|tx| tx.exec("UPDATE ledger_leaf SET who = 'y' WHERE seq = 300", &[])).unwrap();
        for target in stores(&format!("empty_{:?}", s.engine()).to_lowercase()) {
            let url =
                if target.path().is_some() { file(&target, "moved.db").to_string_lossy().into_owned() } else { target.url().to_owned() };
            let refused = s.migrate_to(&url, &|_, _| {});
            assert!(matches!(&refused, Err(Error::Conflict(m)) if m.contains("300")), "{refused:?}");
            assert!(target.read_blocking(|tx| tx.query("SELECT id FROM t", &[])).is_err(), "no table of it is there");
            assert!(!file(&target, "moved.db").exists() && !file(&target, "moved.db.part").exists());
        }
    }
}

#[test]
fn a_restore_replaces_only_when_told_and_only_with_something_whole() {
    for s in stores("restore") {
        filled(&s);
        let backup = file(&s, "backup.db");
        s.backup(&backup).unwrap();
        let bytes = std::fs::read(&backup).unwrap();
        let before = dump(&s);
        let at = s.path().map(|_| file(&s, "live.db"));
        let url = at.as_ref().map_or_else(|| s.url().to_owned(), |p| p.to_string_lossy().into_owned());
        if at.is_some() {
            restore(&backup, &url, false).unwrap();
            assert_eq!(dump(&open(&url).unwrap()), before);
        }
        let live = open(&url).unwrap();
        live.write_blocking(|tx| put(tx, "after the backup")).unwrap();
        assert!(matches!(restore(&backup, &url, false), Err(Error::Conflict(_))), "data is not thrown away unasked");
        if at.is_some() {
            let used = restore(&backup, &url, true);
            assert!(matches!(&used, Err(Error::Unavailable(m)) if m.contains("Dừng máy chủ")), "{used:?}");
        }
        live.close();
        drop(live);
        // a damaged backup changes nothing
        let bad = file(&s, "bad.db");
        let mut broken = bytes.clone();
        let middle = broken.len() / 2;
        broken[middle..middle + 3000].fill(0xAA);
        std::fs::write(&bad, broken).unwrap();
        assert!(restore(&bad, &url, true).is_err());
        assert_eq!(rows(&open(&url).unwrap()).len(), 451);
        restore(&backup, &url, true).unwrap();
        let live = open(&url).unwrap();
        assert_eq!(dump(&live), before);
        assert_eq!(whole(&live), 450);
        assert_eq!(std::fs::read(&backup).unwrap(), bytes, "the backup is as it was");
        let used = open(&backup.to_string_lossy()).unwrap();
        used.write_blocking(|tx| put(tx, "x")).unwrap();
        let e = restore(&backup, &url, true);
        assert!(matches!(&e, Err(Error::Conflict(m)) if m.contains("-wal")), "{e:?}");
        drop(used);
        assert!(matches!(restore(&file(&s, "none.db"), &url, true), Err(Error::NotFound(_))));
    }
}
