use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::Error;

use super::db::{Db, START, on_each_engine};
use crate::time::{HOUR, SECOND};
use crate::*;

fn happen(db: &Db, id: &str, register: &str) {
    let (id, register) = (id.to_owned(), register.to_owned());
    db.w(move |tx| {
        let now = tx.now();
        tx.exec(
            "INSERT INTO event (id, at, kind, register, record, agency, who, body) VALUES ($1, $2, 'create', $3, 'r1', 'a', 'lan', '{}')",
            &[id.as_str().into(), now.into(), register.as_str().into()],
        )
    })
    .unwrap();
}

/// Writes what it hears into a table, in the transaction it is given.
fn scribe(name: &'static str, wants: fn(&Event) -> bool, broken: Arc<AtomicBool>) -> Subscriber {
    Subscriber {
        name,
        wants,
        react: Box::new(move |tx, e| {
            let n: i64 = tx.query_opt("SELECT COUNT(*) FROM heard", &[])?.map_or(Ok(0), |r| r.get(0))?;
            tx.exec("INSERT INTO heard (n, who, event) VALUES ($1, $2, $3)", &[n.into(), name.into(), e.id.as_str().into()])?;
            if e.id == "e2" && broken.load(Ordering::SeqCst) {
                return Err(Error::internal("hỏng"));
            }
            Ok(())
        }),
    }
}
fn heard(db: &Db, who: &str) -> String {
    let rows = db.r(|tx| tx.query("SELECT event FROM heard WHERE who = $1 ORDER BY n", &[who.into()])).unwrap();
    rows.iter().map(|r| r.get::<String>(0).unwrap()).collect::<Vec<_>>().join(" ")
}
fn prepare(db: &Db) {
    db.w(|tx| tx.ddl("CREATE TABLE heard (n BIGINT NOT NULL, who TEXT NOT NULL, event TEXT NOT NULL)")).unwrap();
}

#[test]
fn each_subscriber_hears_what_it_wants_in_order_and_once() {
    on_each_engine(|db| {
        prepare(db);
        let fine = Arc::new(AtomicBool::new(false));
        let w = db.worker().subscribers(vec![
            scribe("all", |_| true, fine.clone()),
            scribe("systems", |e| e.register == "system" && e.agency.as_deref() == Some("a"), fine.clone()),
        ]);
        for (id, register) in [("e1", "system"), ("e2", "person"), ("e3", "system")] {
            happen(db, id, register);
            db.pass(SECOND);
        }
        w.drain().unwrap();
        assert_eq!((heard(db, "all").as_str(), heard(db, "systems").as_str()), ("e1 e2 e3", "e1 e3"));
        happen(db, "e4", "system");
        w.drain().unwrap();
        w.drain().unwrap();
        assert_eq!((heard(db, "all").as_str(), heard(db, "systems").as_str()), ("e1 e2 e3 e4", "e1 e3 e4"));
        assert_eq!(db.number("SELECT COUNT(*) FROM event_delivery"), 0);
        // an event that committed late, with an earlier time, is not lost
        db.clock.set(START);
        happen(db, "e0", "system");
        w.drain().unwrap();
        assert!(heard(db, "all").ends_with("e0"));
    });
}

#[test]
fn a_failing_subscriber_waits_alone_keeps_order_and_leaves_nothing_half_done() {
    on_each_engine(|db| {
        prepare(db);
        let broken = Arc::new(AtomicBool::new(true));
        let w = db
            .worker()
            .subscribers(vec![scribe("ill", |_| true, broken.clone()), scribe("well", |_| true, Arc::new(AtomicBool::new(false)))]);
        for id in ["e1", "e2", "e3"] {
            happen(db, id, "system");
            db.pass(SECOND);
        }
        w.drain().unwrap();
        assert_eq!((heard(db, "ill").as_str(), heard(db, "well").as_str()), ("e1", "e1 e2 e3"));
        broken.store(false, Ordering::SeqCst);
        w.drain().unwrap();
        assert_eq!(heard(db, "ill"), "e1", "waits for its time");
        db.pass(10 * SECOND);
        w.drain().unwrap();
        assert_eq!(heard(db, "ill"), "e1 e2 e3");
    });
}

#[test]
fn an_event_that_always_fails_is_laid_aside_and_can_be_revived() {
    on_each_engine(|db| {
        prepare(db);
        let broken = Arc::new(AtomicBool::new(true));
        let w = db.worker().subscribers(vec![scribe("ill", |_| true, broken.clone())]);
        for id in ["e1", "e2", "e3"] {
            happen(db, id, "system");
            db.pass(SECOND);
        }
        for _ in 0..10 {
            w.drain().unwrap();
            db.pass(HOUR);
        }
        w.drain().unwrap();
        assert_eq!(heard(db, "ill"), "e1 e3");
        let dead = db.r(dead_events).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].0.as_str(), dead[0].1.as_str()), ("ill", "e2"));
        assert!(dead[0].2.contains("hỏng"));
        broken.store(false, Ordering::SeqCst);
        assert_eq!(db.w(|tx| revive_events(tx, "ill")).unwrap(), 1);
        w.drain().unwrap();
        assert_eq!(heard(db, "ill"), "e1 e3 e2");
    });
}

#[test]
fn many_events_go_in_few_transactions() {
    on_each_engine(|db| {
        prepare(db);
        db.w(|tx| {
            for i in 0..450 {
                tx.exec(
                    "INSERT INTO event (id, at, kind, register, record, who) VALUES ($1, $2, 'create', 'x', 'r', 'lan')",
                    &[format!("m{i:04}").into(), i64::from(i).into()],
                )?;
            }
            Ok(())
        })
        .unwrap();
        let w = db.worker().subscribers(vec![Subscriber {
            name: "count",
            wants: |_| true,
            react: Box::new(|tx, e| {
                let now = tx.now();
                tx.exec("INSERT INTO heard (n, who, event) VALUES ($1, 'count', $2)", &[(now + e.at).into(), e.id.as_str().into()])
                    .map(drop)
            }),
        }]);
        let mut steps = 0;
        while w.step_events().unwrap() {
            steps += 1;
        }
        assert_eq!(steps, 3);
        let all = heard(db, "count");
        assert_eq!((all.split(' ').count(), &all[..11]), (450, "m0000 m0001"));
        assert!(all.ends_with("m0449"));
    });
}

#[test]
fn two_dispatchers_do_not_double() {
    on_each_engine(|db| {
        prepare(db);
        for i in 0..30 {
            happen(db, &format!("t{i:02}"), "system");
        }
        std::thread::scope(|s| {
            for _ in 0..3 {
                let w = db.worker().subscribers(vec![scribe("all", |_| true, Arc::default())]);
                s.spawn(move || {
                    for _ in 0..5 {
                        // on PostgreSQL a collision may fail one of them; the other goes on
                        let _ = w.step_events();
                    }
                });
            }
        });
        db.pass(HOUR);
        db.worker().subscribers(vec![scribe("all", |_| true, Arc::default())]).drain().unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM heard"), 30);
        assert_eq!(db.number("SELECT COUNT(DISTINCT event) FROM heard"), 30);
    });
}
