use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use store::Error;

use super::db::{Db, START, on_each_engine};
use crate::job::{LEASE, MOST_ATTEMPTS, lease};
use crate::time::{DAY, HOUR, SECOND};
use crate::*;

fn ask(db: &Db, kind: &str, args: serde_json::Value, key: Option<&str>) -> String {
    let new = NewJob { kind: kind.into(), args, dedup_key: key.map(Into::into), who: "lan".into(), ..NewJob::default() };
    db.w(move |tx| enqueue(tx, &new)).unwrap()
}
fn get(db: &Db, id: &str) -> Job {
    db.r(|tx| job(tx, id)).unwrap()
}

#[test]
fn a_job_runs_and_leaves_its_result() {
    on_each_engine(|db| {
        let w = db.worker().handler(
            "add",
            Box::new(|_, j, p| {
                p.report(1, 2, "đang cộng")?;
                Ok(Outcome::Done(json!(j.args["a"].as_i64().unwrap() + j.args["b"].as_i64().unwrap())))
            }),
        );
        let id = ask(db, "add", json!({"a": 2, "b": 3}), None);
        assert_eq!(get(db, &id).state, "queued");
        assert!(w.step_job().unwrap() && !w.step_job().unwrap());
        let j = get(db, &id);
        assert_eq!((j.state.as_str(), j.result, j.progress, j.total, j.message.as_str()), ("done", Some(json!(5)), 1, 2, "đang cộng"));
        assert_eq!((j.finished_at, j.attempts, j.who.as_str()), (Some(START), 1, "lan"));
        assert_eq!(db.r(|tx| jobs(tx, "add", "done", 5)).unwrap().len(), 1);
        assert_eq!(db.r(|tx| jobs(tx, "", "failed", 5)).unwrap().len(), 0);
        assert_eq!(db.r(|tx| job(tx, "none")).unwrap_err().status(), 404);
    });
}

#[test]
fn one_unfinished_job_per_key() {
    on_each_engine(|db| {
        let w = db.worker().handler("k", Box::new(|_, _, _| Ok(Outcome::Done(json!(null)))));
        let first = ask(db, "k", json!(null), Some("x"));
        assert_eq!(ask(db, "k", json!(null), Some("x")), first);
        assert_ne!(ask(db, "k", json!(null), Some("y")), first);
        assert_ne!(ask(db, "k", json!(null), None), ask(db, "k", json!(null), None));
        w.drain().unwrap();
        assert_ne!(ask(db, "k", json!(null), Some("x")), first, "finished: the key is free");
    });
}

#[test]
fn not_before_its_time() {
    on_each_engine(|db| {
        let w = db.worker().handler("k", Box::new(|_, _, _| Ok(Outcome::Done(json!(null)))));
        let new = NewJob { kind: "k".into(), run_at: Some(START + HOUR), ..NewJob::default() };
        db.w(move |tx| enqueue(tx, &new)).unwrap();
        assert!(!w.step_job().unwrap());
        db.pass(HOUR);
        assert!(w.step_job().unwrap());
    });
}

#[test]
fn errors_are_tried_again_ever_more_slowly_and_then_given_up() {
    on_each_engine(|db| {
        let calls = Arc::new(AtomicI64::new(0));
        let c = calls.clone();
        let w = db.worker().handler(
            "k",
            Box::new(move |_, _, _| {
                c.fetch_add(1, Ordering::SeqCst);
                Err(Error::Unavailable("đĩa đầy".into()))
            }),
        );
        let id = ask(db, "k", json!(null), Some("x"));
        let mut waits = vec![];
        while get(db, &id).state != "failed" {
            assert!(w.step_job().unwrap());
            let j = get(db, &id);
            if j.state == "queued" {
                waits.push((j.run_at - store::Clock::now(&*db.clock)) / SECOND);
                assert!(!w.step_job().unwrap());
                db.clock.set(j.run_at);
            }
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640]);
        assert_eq!((calls.load(Ordering::SeqCst), get(db, &id).message.as_str()), (MOST_ATTEMPTS, "đĩa đầy"));
        let again = id.clone();
        db.w(move |tx| retry_job(tx, &again)).unwrap();
        assert_eq!((get(db, &id).state.as_str(), get(db, &id).attempts), ("queued", 0));
    });
}

#[test]
fn wrong_input_panics_and_unknown_kinds_do_not_stop_the_loop() {
    on_each_engine(|db| {
        let w = db
            .worker()
            .handler("wrong", Box::new(|_, _, _| Err(Error::invalid("file", "không đọc được"))))
            .handler("panics", Box::new(|_, _, _| panic!("on purpose")))
            .handler("good", Box::new(|_, _, _| Ok(Outcome::Done(json!(1)))));
        let ids: Vec<_> = ["wrong", "panics", "strange", "good"].iter().map(|k| ask(db, k, json!(null), None)).collect();
        w.drain().unwrap();
        let state = |i: usize| (get(db, &ids[i]).state, get(db, &ids[i]).attempts);
        assert_eq!(state(0), ("failed".into(), 1), "hopeless: not again");
        assert_eq!(state(1), ("queued".into(), 1));
        assert_eq!(state(2), ("queued".into(), 1), "another version of the program may know it");
        assert_eq!(state(3), ("done".into(), 1));
        assert!(get(db, &ids[1]).message.contains("panicked"));
    });
}

#[test]
fn a_long_job_goes_in_steps() {
    on_each_engine(|db| {
        let w = db.worker().handler(
            "steps",
            Box::new(|store, j, p| {
                let done = j.checkpoint.as_ref().and_then(|c| c["done"].as_i64()).unwrap_or(0) + 1;
                let p = p.clone();
                store.write_blocking(move |tx| p.save(tx, done, 3, "", &json!({ "done": done })))?;
                Ok(if done == 3 { Outcome::Done(json!(done)) } else { Outcome::Again { after: 60 } })
            }),
        );
        let id = ask(db, "steps", json!(null), None);
        for _ in 0..3 {
            assert!(w.step_job().unwrap() && !w.step_job().unwrap());
            db.pass(60 * SECOND);
        }
        assert_eq!((get(db, &id).state.as_str(), get(db, &id).result), ("done", Some(json!(3))));
    });
}

/// A worker dies in the middle of an import of 10 rows; the next one goes on, and each row is written exactly once.
#[test]
fn a_dead_workers_job_is_taken_over_once_and_goes_on_from_the_checkpoint() {
    on_each_engine(|db| {
        db.w(|tx| tx.ddl("CREATE TABLE imported (row BIGINT NOT NULL)")).unwrap();
        let die_at = Arc::new(AtomicI64::new(4));
        let d = die_at.clone();
        let handler = move |store: &store::Store, j: &Job, p: &Progress| {
            let from = j.checkpoint.as_ref().and_then(serde_json::Value::as_i64).unwrap_or(0);
            for row in from..10 {
                if row == d.load(Ordering::SeqCst) {
                    // SIGKILL: nothing more is written, not even the failure
                    std::panic::resume_unwind(Box::new("killed"));
                }
                let p = p.clone();
                store.write_blocking(move |tx| {
                    tx.exec("INSERT INTO imported (row) VALUES ($1)", &[row.into()])?;
                    p.save(tx, row + 1, 10, "", &json!(row + 1))
                })?;
            }
            Ok(Outcome::Done(json!(10)))
        };
        let handler = Arc::new(handler);
        let id = ask(db, "import", json!(null), None);
        // the first worker: leased by hand, so that its death leaves no trace
        let first = Arc::new(db.w(lease).unwrap().unwrap());
        let progress = crate::worker::Progress::for_test(&db.store, &first);
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| handler(&db.store, &first, &progress)));
        assert!(died.is_err());
        assert_eq!(db.number("SELECT COUNT(*) FROM imported"), 4);

        let h = handler.clone();
        let w = db.worker().handler("import", Box::new(move |s, j, p| h(s, j, p)));
        die_at.store(99, Ordering::SeqCst);
        assert!(!w.step_job().unwrap(), "the lease still holds");
        db.pass(LEASE);
        assert!(w.step_job().unwrap() && !w.step_job().unwrap());
        let j = get(db, &id);
        assert_eq!((j.state.as_str(), j.attempts, j.progress), ("done", 2, 10));
        assert_eq!(db.number("SELECT COUNT(*) FROM imported"), 10);
        assert_eq!(db.number("SELECT COUNT(DISTINCT row) FROM imported"), 10);

        // the first one was not dead after all: whatever it still wants to write is refused, with its rows
        let late = db.w(move |tx| {
            tx.exec("INSERT INTO imported (row) VALUES (4)", &[])?;
            progress.save(tx, 5, 10, "", &json!(5))
        });
        assert_eq!(late.unwrap_err().status(), 409);
        assert_eq!(db.number("SELECT COUNT(*) FROM imported"), 10);
    });
}

#[test]
fn a_job_that_kills_its_workers_is_given_up() {
    on_each_engine(|db| {
        let id = ask(db, "k", json!(null), Some("x"));
        for _ in 0..MOST_ATTEMPTS {
            assert!(db.w(lease).unwrap().is_some());
            db.pass(LEASE);
        }
        assert!(db.w(lease).unwrap().is_none());
        let j = get(db, &id);
        assert_eq!((j.state.as_str(), j.message.as_str()), ("failed", "worker died"));
        assert_ne!(ask(db, "k", json!(null), Some("x")), id);
    });
}

#[test]
fn many_workers_do_each_job_once() {
    on_each_engine(|db| {
        let seen = Arc::new(Mutex::new(Vec::<String>::new()));
        let mut ids: Vec<_> = (0..40).map(|i| ask(db, "k", json!(i), None)).collect();
        std::thread::scope(|s| {
            for _ in 0..4 {
                let seen = seen.clone();
                let w = db.worker().handler(
                    "k",
                    Box::new(move |_, j, _| {
                        seen.lock().unwrap().push(j.id.clone());
                        Ok(Outcome::Done(json!(null)))
                    }),
                );
                s.spawn(move || while w.step_job().unwrap() {});
            }
        });
        // a worker that lost a race may have stopped early; what is left is done here
        let left = seen.clone();
        let w = db.worker().handler(
            "k",
            Box::new(move |_, j, _| {
                left.lock().unwrap().push(j.id.clone());
                Ok(Outcome::Done(json!(null)))
            }),
        );
        w.drain().unwrap();
        let mut done = seen.lock().unwrap().clone();
        done.sort();
        ids.sort();
        assert_eq!(done, ids, "each once, none missing");
    });
}

#[test]
fn the_schedule_starts_each_kind_in_its_time() {
    on_each_engine(|db| {
        let runs = Arc::new(Mutex::new(Vec::<String>::new()));
        let handler = |runs: &Arc<Mutex<Vec<String>>>| -> JobHandler {
            let runs = runs.clone();
            Box::new(move |_, j, _| {
                runs.lock().unwrap().push(j.kind.clone());
                Ok(Outcome::Done(json!(null)))
            })
        };
        let w = db.worker().handler("often", handler(&runs)).handler("nightly", handler(&runs)).schedule(vec![
            Schedule { kind: "often".into(), when: When::Every { seconds: 3600 } },
            Schedule { kind: "nightly".into(), when: When::Daily { hour: 2, minute: 30 } },
        ]);
        let turn = || {
            w.drain().unwrap();
            std::mem::take(&mut *runs.lock().unwrap())
        };
        assert_eq!(turn(), ["often"], "08:00: at once; the daily one waits for its hour");
        assert!(turn().is_empty());
        db.pass(HOUR - 1);
        assert!(turn().is_empty());
        db.pass(1);
        assert_eq!(turn(), ["often"]);
        db.clock.set(START + 18 * HOUR + 30 * 60 * SECOND - 1); // 02:29:59 next day
        assert_eq!(turn(), ["often"]);
        db.pass(1);
        assert_eq!(turn(), ["nightly"]);
        assert!(turn().is_empty());
        // switched off for five days: each is made up for once
        db.pass(5 * DAY);
        let mut after = turn();
        after.sort();
        assert_eq!(after, ["nightly", "often"]);
    });
}

#[test]
fn two_servers_tick_once() {
    on_each_engine(|db| {
        let line = || vec![Schedule { kind: "k".into(), when: When::Every { seconds: 60 } }];
        let (a, b) = (db.worker().schedule(line()), db.worker().schedule(line()));
        assert!(a.step_schedule().unwrap());
        assert!(!b.step_schedule().unwrap());
        db.pass(60 * SECOND);
        b.step_schedule().unwrap();
        assert!(!a.step_schedule().unwrap());
        assert_eq!(db.number("SELECT COUNT(*) FROM job"), 1, "the first one still waits: not doubled");
    });
}

#[test]
fn the_loops_run_wake_and_stop() {
    on_each_engine(|db| {
        let count = Arc::new(AtomicUsize::new(0));
        let c = count.clone();
        let w = db.worker().handler(
            "k",
            Box::new(move |_, _, _| {
                c.fetch_add(1, Ordering::SeqCst);
                Ok(Outcome::Done(json!(null)))
            }),
        );
        let running = w.spawn(Duration::from_secs(600)).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        ask(db, "k", json!(null), None);
        running.wake();
        let start = Instant::now();
        while count.load(Ordering::SeqCst) == 0 && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1, "woken, not polled");
        drop(running);
        assert!(start.elapsed() < Duration::from_secs(10), "stops at once");
        ask(db, "k", json!(null), None);
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn who_lost_the_lease_is_refused_while_the_next_one_works() {
    on_each_engine(|db| {
        let id = ask(db, "k", json!(null), None);
        let first = Arc::new(db.w(lease).unwrap().unwrap());
        let slow = crate::worker::Progress::for_test(&db.store, &first);
        slow.report(1, 10, "một").unwrap();
        db.pass(LEASE - 1);
        slow.report(2, 10, "hai").unwrap();
        db.pass(LEASE - 1);
        assert!(db.w(lease).unwrap().is_none(), "each report renews the lease");
        db.pass(1);
        let second = db.w(lease).unwrap().unwrap();
        assert_eq!((second.id.as_str(), second.attempts), (id.as_str(), 2));
        assert_eq!(slow.report(3, 10, "ba").unwrap_err().status(), 409);
        let ending = crate::job::Ending::Done(json!("late"));
        assert!(!db.w(move |tx| crate::job::settle(tx, &first, &ending)).unwrap());
        let j = get(db, &id);
        assert_eq!((j.state.as_str(), j.progress, j.message.as_str(), j.result), ("running", 2, "hai", None));
    });
}
