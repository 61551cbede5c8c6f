//! The same tests on both engines.

use std::sync::Arc;

use crate::{Change, Error, ManualClock, SeededIds, Store, Value};

/// One fresh store per engine that is there.
fn stores(name: &str) -> Vec<Store> {
    let open = |url: &str| Store::open(url, Arc::new(ManualClock::new(1_700_000_000_000_000)), Arc::new(SeededIds::new(7)));
    let dir = std::env::temp_dir().join(format!("lachan-store-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let mut all = vec![open(&dir.join("t.db").to_string_lossy()).unwrap()];
    let base = std::env::var("LACHAN_TEST_PG").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/test".into());
    let schema = format!("t_store_{}_{name}", std::process::id());
    match open(&format!("{base}?schema={schema}")) {
        Ok(s) => {
            s.write_blocking(move |tx| tx.exec(&format!("DROP SCHEMA \"{schema}\" CASCADE"), &[])).unwrap();
            all.push(open(s.url()).unwrap());
        }
        Err(e) => {
            assert!(std::env::var_os("LACHAN_NOTHING_SKIPPED").is_none(), "PostgreSQL is needed: {e}");
            println!("skipped: PostgreSQL half of {name}: {e}");
        }
    }
    all
}

fn table(s: &Store) {
    s.write_blocking(|tx| tx.ddl("CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b BYTES)")).unwrap();
}

#[test]
fn values_come_back_as_they_went() {
    for s in stores("values") {
        table(&s);
        let row = [Value::from("a"), Value::Int(-5), Value::Real(1.5), Value::Bytes(vec![0, 255])];
        let put = row.clone();
        s.write_blocking(move |tx| tx.exec("INSERT INTO t (id, n, x, b) VALUES ($1, $2, $3, $4)", &put)).unwrap();
        let got = s.read_blocking(|tx| tx.query("SELECT id, n, x, b FROM t WHERE id = $1", &["a".into()])).unwrap();
        assert_eq!(got[0].values(), row);
    }
}

#[test]
fn an_error_or_a_panic_leaves_nothing_and_hurts_nobody() {
    for s in stores("errors") {
        table(&s);
        let put = |tx: &mut crate::Tx, id: &str| tx.exec("INSERT INTO t (id) VALUES ($1)", &[id.into()]).map(drop);
        s.write_blocking(move |tx| put(tx, "kept")).unwrap();
        let refused: Result<(), Error> = s.write_blocking(move |tx| {
            put(tx, "lost")?;
            Err(Error::invalid("x", "no"))
        });
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let broken: Result<(), Error> = s.write_blocking(move |tx| {
            put(tx, "lost")?;
            panic!("boom")
        });
        assert!(matches!(broken, Err(Error::Internal(_))));
        let twice = s.write_blocking(move |tx| put(tx, "kept"));
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        let ids: Vec<String> = s.read_blocking(|tx| tx.query("SELECT id FROM t", &[])).unwrap().iter().map(|r| r.get(0).unwrap()).collect();
        assert_eq!(ids, ["kept"]);
        let wrote = s.read_blocking(|tx| tx.exec("DELETE FROM t", &[]));
        assert!(wrote.is_err());
    }
}

#[test]
fn leaves_are_numbered_without_gaps_by_64_writers() {
    for s in stores("leaves") {
        table(&s);
        std::thread::scope(|scope| {
            for w in 0..64 {
                let s = s.clone();
                scope.spawn(move || {
                    for i in 0..5 {
                        let fails = i == 3;
                        let _ = s.write_blocking(move |tx| {
                            let id = format!("{w}-{i}");
                            tx.exec("INSERT INTO t (id) VALUES ($1)", &[id.as_str().into()])?;
                            tx.append_change(&Change {
                                register: "t",
                                record: &id,
                                version: 1,
                                action: "create",
                                who: "x",
                                body: Some("{}"),
                                ..Change::default()
                            })?;
                            if fails { Err(Error::internal("on purpose")) } else { Ok(()) }
                        });
                    }
                });
            }
        });
        let (rows, leaves, last, size) = s
            .read_blocking(|tx| {
                let n = |tx: &mut crate::Tx, sql: &str| tx.query(sql, &[])?[0].get::<i64>(0);
                Ok((
                    n(tx, "SELECT COUNT(*) FROM t")?,
                    n(tx, "SELECT COUNT(*) FROM ledger_leaf")?,
                    n(tx, "SELECT MAX(seq) FROM ledger_leaf")?,
                    n(tx, "SELECT size FROM ledger_head")?,
                ))
            })
            .unwrap();
        assert_eq!((rows, leaves, last, size), (256, 256, 255, 256));
        let report = s.ledger_verify(|_, _| {}).unwrap();
        assert!(report.fault.is_none(), "{report:?}");
        assert_eq!(report.size, 256);
    }
}

#[test]
fn one_flipped_bit_is_found_and_located() {
    for s in stores("flipped") {
        for i in 0..9 {
            s.write_blocking(move |tx| {
                let body = format!("{{\"n\":{i}}}");
                tx.append_change(&Change {
                    register: "t",
                    record: &format!("r{i}"),
                    version: 1,
                    action: "create",
                    who: "x",
                    body: Some(&body),
                    ..Change::default()
                })
            })
            .unwrap();
        }
        let note = s.ledger_checkpoint().unwrap();
        assert!(note.contains("\n9\n"), "{note}");
        assert!(s.ledger_verify(|_, _| {}).unwrap().fault.is_none());
        for (sql, at) in
            [("UPDATE ledger_leaf SET body = '{\"n\":99}' WHERE seq = 4", 4), ("UPDATE ledger_leaf SET who = 'y' WHERE seq = 2", 2)]
        {
            s.write_blocking(move |tx| tx.exec(sql, &[])).unwrap();
            let fault = s.ledger_verify(|_, _| {}).unwrap().fault.unwrap();
            assert_eq!(fault.seq, Some(at), "{fault:?}");
        }
    }
}

#[test]
fn the_same_key_gives_the_same_answer_once() {
    for s in stores("idempotent") {
        s.write_blocking(|tx| tx.remember("a", "k", b"request", "answer")).unwrap();
        let again = s.read_blocking(|tx| tx.idempotent("a", "k", b"request")).unwrap();
        assert_eq!(again.as_deref(), Some("answer"));
        assert!(matches!(s.read_blocking(|tx| tx.idempotent("a", "k", b"other")), Err(Error::Conflict(_))));
        assert!(s.read_blocking(|tx| tx.idempotent("b", "k", b"other")).unwrap().is_none());
    }
}

#[test]
fn a_full_disk_is_said_and_passes() {
    let s = stores("full").remove(0);
    table(&s);
    s.write_blocking(|tx| tx.query("PRAGMA max_page_count = 60", &[]).map(drop)).unwrap();
    let fill = |s: &Store| {
        s.write_blocking(|tx| {
            let id = tx.new_id();
            tx.exec("INSERT INTO t (id, b) VALUES ($1, $2)", &[id.into(), Value::Bytes(vec![1; 20_000])]).map(drop)
        })
    };
    let mut kept = 0;
    let refused = loop {
        match fill(&s) {
            Ok(()) => kept += 1,
            Err(e) => break e,
        }
        assert!(kept < 1000);
    };
    assert!(matches!(&refused, Error::Unavailable(m) if m.contains("đầy")), "{refused:?}");
    s.write_blocking(|tx| tx.query("PRAGMA max_page_count = 100000", &[]).map(drop)).unwrap();
    fill(&s).unwrap();
    let n: i64 = s.read_blocking(|tx| tx.query("SELECT COUNT(*) FROM t", &[])?[0].get(0)).unwrap();
    assert_eq!(n, kept + 1);
}

#[test]
fn a_copy_on_the_other_engine_is_the_same_and_verifies() {
    let all = stores("moved");
    for s in &all {
        table(s);
        for i in 0..450i64 {
            s.write_blocking(move |tx| {
                let id = format!("r{i:04}");
                tx.exec(
                    "INSERT INTO t (id, n, x, b) VALUES ($1, $2, $3, $4)",
                    &[id.as_str().into(), i.into(), 0.5.into(), Value::Bytes(vec![i as u8])],
                )?;
                tx.append_change(&Change {
                    register: "t",
                    record: &id,
                    version: 1,
                    action: "create",
                    who: "x",
                    body: Some("{}"),
                    ..Change::default()
                })
            })
            .unwrap();
        }
    }
    let dir = std::env::temp_dir().join(format!("lachan-store-{}-moved", std::process::id()));
    for (i, from) in all.iter().enumerate() {
        let file = dir.join(format!("copy{i}.db"));
        from.backup(&file).unwrap();
        let copy = Store::open(&file.to_string_lossy(), Arc::new(ManualClock::new(1)), Arc::new(SeededIds::new(1))).unwrap();
        let sum =
            |s: &Store| s.read_blocking(|tx| tx.query("SELECT COUNT(*), CAST(SUM(n) AS BIGINT) FROM t", &[])).unwrap()[0].values().to_vec();
        assert_eq!(sum(&copy), sum(from));
        let report = copy.ledger_verify(|_, _| {}).unwrap();
        assert_eq!((report.size, report.fault.is_none()), (450, true));
        assert!(from.backup(&file).is_err(), "a backup never overwrites");
    }
}

#[test]
fn an_attempt_taken_back_leaves_the_ledger_whole() {
    for s in stores("attempt") {
        table(&s);
        let put = |tx: &mut crate::Tx, id: &str| {
            tx.exec("INSERT INTO t (id) VALUES ($1)", &[id.into()])?;
            tx.append_change(&Change {
                register: "t",
                record: id,
                version: 1,
                action: "create",
                who: "me",
                body: Some("{}"),
                ..Change::default()
            })
        };
        let seqs = s
            .write_blocking(move |tx| {
                let a = put(tx, "a")?;
                assert_eq!(tx.attempt(true, |tx| put(tx, "b"))??, a + 1);
                // a statement that fails in an attempt does not spoil the transaction (PostgreSQL would refuse all after it)
                let twice = tx.attempt(false, |tx| put(tx, "a"))?;
                assert!(twice.is_err());
                let nested = tx.attempt(false, |tx| {
                    let c = put(tx, "c")?;
                    tx.attempt(true, |tx| put(tx, "d"))??;
                    Ok(c)
                })??;
                Ok((a, nested))
            })
            .unwrap();
        assert_eq!(seqs.1, seqs.0 + 1);
        let ids = s.read_blocking(|tx| tx.query("SELECT id FROM t ORDER BY id", &[])).unwrap();
        assert_eq!(ids.iter().map(|r| r.get::<String>(0).unwrap()).collect::<Vec<_>>(), ["a", "c"]);
        let report = s.ledger_verify(|_, _| ()).unwrap();
        assert!(report.fault.is_none(), "{report:?}");
    }
}
