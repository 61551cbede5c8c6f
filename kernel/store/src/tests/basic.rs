//! Values, errors, group commit, idempotency, migrations.

use super::{START, hold, leaf, open, put, rows, sqlite, stores, table, whole};
use crate::{Change, Error, Migration, Value};

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
        let bare = |tx: &mut crate::Tx, id: &str| tx.exec("INSERT INTO t (id) VALUES ($1)", &[id.into()]).map(drop);
        s.write_blocking(move |tx| bare(tx, "kept")).unwrap();
        let refused: Result<(), Error> = s.write_blocking(move |tx| {
            bare(tx, "lost")?;
            Err(Error::invalid("x", "no"))
        });
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let broken: Result<(), Error> = s.write_blocking(move |tx| {
            bare(tx, "lost")?;
            panic!("boom")
        });
        assert!(matches!(broken, Err(Error::Internal(_))));
        let twice = s.write_blocking(move |tx| bare(tx, "kept"));
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

#[test]
fn jobs_that_wait_together_share_one_commit() {
    let s = sqlite("together");
    table(&s);
    std::thread::scope(|scope| {
        let go = hold(&s, scope);
        let jobs: Vec<_> = (0..20)
            .map(|i| {
                let s = s.clone();
                scope.spawn(move || {
                    let outside = s.clone();
                    s.write_blocking(move |tx| {
                        put(tx, &format!("r{i:02}"))?;
                        // what others see meanwhile: nothing until the one commit
                        outside.read_blocking(|tx| tx.query("SELECT COUNT(*) FROM t", &[])?[0].get::<i64>(0))
                    })
                })
            })
            .collect();
        while s.queued() < 20 {
            std::thread::yield_now();
        }
        go.send(()).unwrap();
        for j in jobs {
            assert_eq!(j.join().unwrap().unwrap(), 0);
        }
    });
    assert_eq!((rows(&s).len(), whole(&s), s.queued()), (20, 20, 0));
}

#[test]
fn async_callers_write_and_read_and_the_store_may_end_on_their_thread() {
    for s in stores("async") {
        table(&s);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let mine = open(s.url()).unwrap();
        runtime.block_on(async move {
            let tasks: Vec<_> = (0..64)
                .map(|i| {
                    let s = mine.clone();
                    tokio::spawn(async move {
                        s.write(move |tx| put(tx, &format!("r{i}"))).await?;
                        s.read(move |tx| tx.query("SELECT id FROM t WHERE id = $1", &[format!("r{i}").into()])).await
                    })
                })
                .collect();
            for t in tasks {
                assert_eq!(t.await.unwrap().unwrap().len(), 1, "what was acknowledged is seen");
            }
            drop(mine);
        });
        assert_eq!((rows(&s).len(), whole(&s)), (64, 64));
    }
}

#[test]
fn a_closed_store_finishes_what_it_took_and_refuses_the_rest() {
    for s in stores("closed") {
        table(&s);
        let mine = open(s.url()).unwrap();
        let answers = std::thread::scope(|scope| {
            let jobs: Vec<_> = (0..32)
                .map(|i| {
                    scope.spawn({
                        let m = mine.clone();
                        move || (0..50).map(|k| m.write_blocking(move |tx| put(tx, &format!("{i}-{k}")))).collect::<Vec<_>>()
                    })
                })
                .collect();
            std::thread::sleep(std::time::Duration::from_millis(20));
            mine.close();
            jobs.into_iter().flat_map(|j| j.join().unwrap()).collect::<Vec<_>>()
        });
        let good = answers.iter().filter(|a| a.is_ok()).count();
        assert!(answers.iter().all(|a| matches!(a, Ok(_) | Err(Error::Unavailable(_)))));
        assert_eq!((rows(&s).len(), whole(&s)), (good, good as u64), "acknowledged = there");
        assert!(matches!(mine.write_blocking(|tx| put(tx, "late")), Err(Error::Unavailable(_))));
        assert_eq!(mine.queued(), 0);
    }
}

#[test]
fn reads_inside_reads_never_wait_for_each_other() {
    for s in stores("nested") {
        table(&s);
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    let n: i64 = s
                        .read_blocking(|_| s.read_blocking(|_| s.read_blocking(|tx| tx.query("SELECT COUNT(*) FROM t", &[])?[0].get(0))))
                        .unwrap();
                    assert_eq!(n, 0);
                });
            }
        });
    }
}

#[test]
fn a_leaf_that_was_refused_leaves_no_gap() {
    for s in stores("refused") {
        let (a, b) = s
            .write_blocking(|tx| {
                let a = leaf(tx, "a")?;
                let bad = Change {
                    register: "t",
                    record: "b",
                    version: 1,
                    action: "create",
                    who: "x",
                    reason: Some("a\0b"),
                    ..Change::default()
                };
                assert!(matches!(tx.append_change(&bad), Err(Error::BadRequest(_))));
                Ok((a, leaf(tx, "c")?))
            })
            .unwrap();
        assert_eq!((a, b, whole(&s)), (0, 1, 2));
    }
}

#[test]
fn text_is_ordered_by_bytes_and_holds_any_vietnamese() {
    for s in stores("order") {
        table(&s);
        let names = ["Z", "a", "Ă", "Đồng Tháp", "đ", "ư", "𝔘"];
        s.write_blocking(move |tx| {
            names.iter().rev().try_for_each(|n| tx.exec("INSERT INTO t (id) VALUES ($1)", &[(*n).into()]).map(drop))
        })
        .unwrap();
        assert_eq!(rows(&s), names);
    }
}

#[test]
fn a_migration_runs_once_and_may_not_change() {
    for s in stores("migrations") {
        let first = Migration {
            id: "test/0001",
            sql: "-- a table;\nCREATE TABLE m (\n id TEXT PRIMARY KEY,\n b BYTES\n);\nINSERT INTO m (id) VALUES ('a;b');\n",
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| s.migrate(&[first]).unwrap());
            }
        });
        let ids = s.read_blocking(|tx| tx.query("SELECT id FROM m", &[])).unwrap();
        assert_eq!(ids.len(), 1);
        assert_eq!(ids[0].get::<String>(0).unwrap(), "a;b");
        let changed = Migration { sql: "CREATE TABLE other (id TEXT);", ..first };
        assert!(matches!(s.migrate(&[changed]), Err(Error::Conflict(m)) if m.contains("test/0001")));
        let broken = Migration { id: "test/0002", sql: "CREATE TABLE half (id TEXT);\nCREATE TABLE m (id TEXT);\n" };
        assert!(s.migrate(&[broken]).is_err());
        assert!(s.read_blocking(|tx| tx.query("SELECT id FROM half", &[])).is_err(), "all of a migration or nothing");
    }
}

#[test]
fn old_answers_are_forgotten() {
    for s in stores("purge") {
        s.write_blocking(|tx| tx.remember("a", "old", b"r", "1")).unwrap();
        s.clock.set(START + 31 * 86_400_000_000);
        s.write_blocking(|tx| tx.remember("a", "new", b"r", "2")).unwrap();
        assert_eq!(s.write_blocking(|tx| tx.purge_idempotency(30)).unwrap(), 1);
        assert_eq!(s.read_blocking(|tx| tx.idempotent("a", "old", b"r")).unwrap(), None);
        assert_eq!(s.read_blocking(|tx| tx.idempotent("a", "new", b"r")).unwrap().as_deref(), Some("2"));
    }
}

#[test]
fn the_writer_waits_for_the_disk() {
    let s = sqlite("pragmas");
    let one = |sql: &'static str| s.write_blocking(move |tx| Ok(tx.query(sql, &[])?[0].values()[0].clone())).unwrap();
    assert_eq!((one("PRAGMA journal_mode"), one("PRAGMA synchronous"), one("PRAGMA foreign_keys")), ("wal".into(), 2.into(), 1.into()));
}

#[test]
fn an_address_of_another_kind_is_refused() {
    for bad in ["mysql://h/d", "", "sqlite:", ":memory:"] {
        assert!(matches!(open(bad), Err(Error::BadRequest(_))), "{bad}");
    }
}

#[test]
fn the_benchmark_counts_what_is_there() {
    let dir = super::folder("bench");
    let rate = crate::bench::bench_writes(&dir, 64, 1).unwrap();
    println!("{rate:.0} acknowledged writes/s");
    assert!(rate > 0.0);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_job_may_hold_the_last_handle_of_its_store() {
    let s = sqlite("last");
    table(&s);
    let mine = open(s.url()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let held = mine.clone();
    let done = runtime.block_on(async move {
        let told = mine.write(move |tx| put(tx, "a").map(|_| held));
        told.await.map(drop)
    });
    done.unwrap();
    // given up by its caller: the answer, and the handle in it, end on the writer's thread
    let mine = open(s.url()).unwrap();
    let held = mine.clone();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        let told = mine.write(move |tx| {
            wait.recv().map_err(Error::internal)?;
            put(tx, "b").map(|_| held)
        });
        let mut told = Box::pin(told);
        let _ = std::future::poll_fn(|cx| std::task::Poll::Ready(told.as_mut().poll(cx))).await;
    });
    drop(mine);
    go.send(()).unwrap();
    while rows(&s).len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(whole(&s), 2);
}

#[test]
fn new_statistics_reach_connections_that_are_open() {
    for s in stores("statistics") {
        table(&s);
        if s.engine() != crate::Engine::Sqlite {
            s.settle().unwrap();
            continue;
        }
        // an open connection reads statistics when the schema has changed, and only then
        let version = || s.read_blocking(|tx| tx.query("PRAGMA schema_version", &[])?[0].get::<i64>(0)).unwrap();
        let before = version();
        s.settle().unwrap();
        assert!(version() > before);
        let left = s.read_blocking(|tx| tx.query("SELECT name FROM sqlite_master WHERE name LIKE 'statistics%'", &[])).unwrap();
        assert!(left.is_empty(), "nothing is left of it");
    }
}
