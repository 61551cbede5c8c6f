//! What only a server can do wrong.

use super::{open, postgres, put, rows, table, whole};
use crate::Error;

#[test]
fn an_ignored_error_is_never_acknowledged() {
    let Some(s) = postgres("ignored") else { return };
    table(&s);
    let told = s.write_blocking(|tx| {
        put(tx, "a")?;
        let _ = tx.exec("INSERT INTO t (id) VALUES ('a')", &[]);
        Ok(())
    });
    assert!(matches!(&told, Err(Error::Internal(m)) if m.contains("attempt")), "{told:?}");
    assert!(rows(&s).is_empty());
    // one that was taken back is no harm
    s.write_blocking(|tx| {
        put(tx, "a")?;
        assert!(tx.attempt(false, |tx| put(tx, "a"))?.is_err());
        Ok(())
    })
    .unwrap();
    assert_eq!((rows(&s).len(), whole(&s)), (1, 1));
}

#[test]
fn a_value_goes_only_where_it_means_the_same() {
    let Some(s) = postgres("types") else { return };
    table(&s);
    for (column, value) in
        [("n", "abcdefgh".into()), ("n", 1.5.into()), ("n", vec![0u8; 8].into()), ("x", "12345678".into()), ("b", "x".into())]
    {
        let sql = format!("INSERT INTO t (id, {column}) VALUES ('a', $1)");
        let kind: crate::Value = value;
        let e = s.write_blocking(move |tx| tx.exec(&sql, &[kind]));
        assert!(matches!(&e, Err(Error::Internal(m)) if m.contains("cannot be sent")), "{column}: {e:?}");
    }
    s.write_blocking(|tx| tx.exec("INSERT INTO t (id, n, x) VALUES ($1, $2, $3)", &[7.into(), 3.0.into(), 2.into()])).unwrap();
    let got = s.read_blocking(|tx| tx.query("SELECT id, n, x FROM t", &[])).unwrap();
    assert_eq!(got[0].values(), ["7".into(), 3.into(), 2.0.into()]);
    let e = s.read_blocking(|tx| tx.query("SELECT SUM(n) AS total FROM t", &[]));
    assert!(matches!(&e, Err(Error::Internal(m)) if m.contains("total") && m.contains("cast")), "{e:?}");
}

#[test]
fn processes_that_start_together_make_the_schema_once() {
    let Some(s) = postgres("together") else { return };
    let drop_it = format!("DROP SCHEMA \"{}\" CASCADE", s.url().rsplit_once('=').unwrap().1);
    s.write_blocking(move |tx| tx.exec(&drop_it, &[])).unwrap();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| open(s.url()).map(drop))).collect();
        for a in all {
            a.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_broken_connection_is_said_once_and_replaced() {
    let Some(s) = postgres("broken") else { return };
    table(&s);
    let cut = s.write_blocking(|tx| {
        put(tx, "lost")?;
        tx.query("SELECT pg_terminate_backend(pg_backend_pid())", &[]).map(drop)
    });
    assert!(matches!(cut, Err(Error::Unavailable(_))), "{cut:?}");
    assert!(!s.stats().fault().unwrap_or_default().is_empty());
    s.write_blocking(|tx| put(tx, "kept")).unwrap();
    assert!(s.health().unwrap().writable);
    // idle connections that died are not noticed by callers
    let other = open(s.url()).unwrap();
    assert_eq!(rows(&other), ["kept"]);
    // only the connection of `other`: tests beside this one have theirs
    let pid: i64 = other.read_blocking(|tx| tx.query("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?[0].get(0)).unwrap();
    s.write_blocking(move |tx| tx.query("SELECT COUNT(pg_terminate_backend(CAST($1 AS INT)))", &[pid.into()]).map(drop)).unwrap();
    assert_eq!(rows(&other), ["kept"]);
}

#[test]
fn a_changed_table_is_seen_by_statements_prepared_before() {
    let Some(s) = postgres("stale") else { return };
    table(&s);
    let all = |s: &crate::Store| s.read_blocking(|tx| tx.query("SELECT * FROM t", &[]));
    s.write_blocking(|tx| put(tx, "a")).unwrap();
    let other = open(s.url()).unwrap();
    assert_eq!(all(&s).unwrap()[0].columns().len(), all(&other).unwrap()[0].columns().len());
    s.write_blocking(|tx| tx.ddl("ALTER TABLE t ADD COLUMN more TEXT")).unwrap();
    assert_eq!(all(&s).unwrap()[0].columns().len(), 5);
    // another process hears of it by one refusal, then goes on
    let first = all(&other);
    assert!(matches!(first, Err(Error::Unavailable(_)) | Ok(_)), "{first:?}");
    assert_eq!(all(&other).unwrap()[0].columns().len(), 5);
}
