use super::*;
use crate::tests::{open, sqlite, stores, table};
use crate::{Change, Store};

/// A change of a record of register `r` with this body.
fn change(s: &Store, r: &'static str, record: &str, n: i64) {
    let record = record.to_owned();
    s.write_blocking(move |tx| {
        let id = format!("{r}/{record}");
        tx.exec("DELETE FROM t WHERE id = $1", &[id.as_str().into()])?;
        tx.exec("INSERT INTO t (id, n) VALUES ($1, $2)", &[id.as_str().into(), n.into()])?;
        let version = tx.query("SELECT 1 FROM ledger_leaf WHERE register = $1 AND record = $2", &[r.into(), record.as_str().into()])?.len();
        let version = i64::try_from(version).map_err(crate::Error::internal)? + 1;
        let body = n.to_string();
        let change = Change { register: r, record: &record, version, action: "x", who: "w", body: Some(&body), ..Change::default() };
        tx.append_change(&change).map(drop)
    })
    .unwrap();
}

/// Sum of `a` and `b`, how often the engine was asked in full, and what there was to mend.
fn sum(s: &Store, registers: &[&str], mend: bool) -> (i64, Vec<Changed>) {
    let sql = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM t";
    let mut seen = vec![];
    let rows = s
        .read_blocking(|tx| {
            let q = Question { sql, params: &[], registers };
            tx.query_kept(&q, &mut |tx, _, changed| {
                seen = changed.to_vec();
                if mend { tx.query(sql, &[]).map(Some) } else { Ok(None) }
            })
        })
        .unwrap();
    (rows[0].get(0).unwrap(), seen)
}

/// Changes the table without a leaf: only an answer that is asked anew notices.
fn behind_the_back(s: &Store, n: i64) {
    s.write_blocking(move |tx| tx.exec("UPDATE t SET n = $1 WHERE id = 'hidden'", &[n.into()])).unwrap();
}

#[test]
fn an_answer_lives_until_one_of_its_registers_changes() {
    for s in stores("kept") {
        table(&s);
        s.write_blocking(|tx| tx.exec("INSERT INTO t (id, n) VALUES ('hidden', 0)", &[])).unwrap();
        change(&s, "a", "1", 1);
        assert_eq!(sum(&s, &["a"], false).0, 1);
        behind_the_back(&s, 100);
        assert_eq!(sum(&s, &["a"], false).0, 1, "nothing was asked");
        change(&s, "b", "1", 0);
        assert_eq!(sum(&s, &["a"], false), (1, vec![]), "another register");
        assert_eq!(sum(&s, &["a", "b"], false), (1, vec![]), "the same question: no answer older than the change of b");
        change(&s, "a", "1", 2);
        change(&s, "a", "1", 3);
        change(&s, "a", "2", 5);
        let (n, seen) = sum(&s, &["a"], true);
        let told =
            |record: &str, before: Option<&str>| Changed { register: "a".into(), record: record.into(), before: before.map(Into::into) };
        assert_eq!((n, seen), (108, vec![told("1", Some("1")), told("2", None)]), "as they were when the answer was given");
        behind_the_back(&s, 200);
        assert_eq!(sum(&s, &["a"], true), (108, vec![]), "the mended answer is kept");
        change(&s, "a", "2", 6);
        assert_eq!(sum(&s, &["a"], false).0, 209, "not mended: asked in full");
    }
}

#[test]
fn after_very_many_changes_everything_is_asked_anew() {
    let s = sqlite("kept-many");
    table(&s);
    change(&s, "a", "1", 1);
    assert_eq!(sum(&s, &["a"], true).0, 1);
    for i in 0..=i64::try_from(MOST_CHANGES).unwrap() {
        change(&s, "b", "1", i);
    }
    change(&s, "a", "1", 2);
    assert_eq!(sum(&s, &["a"], true), (2 + 2000, vec![]), "more changes than are remembered: in full");
    change(&s, "a", "1", 3);
    assert_eq!(sum(&s, &["a"], true).1.len(), 1);
}

#[test]
fn another_log_of_the_same_file_is_noticed() {
    let s = sqlite("kept-other");
    table(&s);
    change(&s, "a", "1", 1);
    change(&s, "a", "1", 2);
    assert_eq!(sum(&s, &["a"], true).0, 2);
    // what a restored backup would look like: the same file with another history
    let other = open(s.url()).unwrap();
    other
        .write_blocking(|tx| {
            tx.exec("UPDATE ledger_leaf SET leaf = $1 WHERE seq = 1", &[Value::Bytes(vec![7; 32])])?;
            tx.exec("UPDATE t SET n = 9", &[]).map(drop)
        })
        .unwrap();
    change(&other, "b", "1", 0);
    assert_eq!(sum(&s, &["a"], true), (9, vec![]));
}

#[test]
fn readers_and_writers_at_once_never_hear_an_old_answer() {
    for s in stores("kept-race") {
        table(&s);
        change(&s, "a", "1", 0);
        std::thread::scope(|scope| {
            let writer = s.clone();
            scope.spawn(move || (1..=150).for_each(|n| change(&writer, "a", "1", n)));
            for _ in 0..4 {
                let s = s.clone();
                scope.spawn(move || {
                    let mut last = 0;
                    while last < 150 {
                        let floor: i64 = s.read_blocking(|tx| tx.query("SELECT n FROM t", &[])?[0].get(0)).unwrap();
                        let n = sum(&s, &["a"], true).0;
                        assert!(n >= floor && n >= last, "{n} after {floor}, {last}");
                        last = n;
                    }
                });
            }
        });
    }
}

#[test]
fn it_stays_small_and_keys_are_not_mixed_up() {
    let s = sqlite("kept-small");
    table(&s);
    change(&s, "a", "1", 1);
    let big = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT i + $1 FROM c";
    let ask = |n: i64| {
        let q = |tx: &mut Tx| tx.query_kept(&Question { sql: big, params: &[n.into()], registers: &["a"] }, &mut |_, _, _| Ok(None));
        s.read_blocking(q).unwrap()[0].get::<i64>(0).unwrap()
    };
    for n in 0..80 {
        assert_eq!(ask(n), n + 1);
    }
    let kept = s.read_blocking(|tx| Ok(tx.kept.clone().unwrap())).unwrap();
    let state = held(&kept.state);
    assert!(state.values <= state.most() && state.most() < 80 * 20_000, "{}", state.values);
    assert!(!state.answers.is_empty() && state.answers.len() < 80);
    let counted: usize = state.answers.values().map(|a| size_of_answer(&a.rows)).sum();
    assert_eq!(state.values, counted);
    let t = |s: &str| Value::Text(s.into());
    let keys = [
        key("q", &[t("a"), t("b")]),
        key("q", &[t("ab"), t("")]),
        key("q", &[Value::Int(0)]),
        key("q", &[Value::Real(0.0)]),
        key("q", &[Value::Null]),
        key("q", &[Value::Bytes(b"ab".to_vec()), t("")]),
    ];
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len());
}

#[test]
fn the_same_question_at_the_same_time_is_asked_once() {
    let s = sqlite("kept-once");
    table(&s);
    change(&s, "a", "1", 1);
    let slow = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300000) SELECT COUNT(*) FROM c, t";
    let answers: Vec<Arc<[Row]>> = std::thread::scope(|scope| {
        let one = || {
            let s = s.clone();
            scope.spawn(move || {
                let q = Question { sql: slow, params: &[], registers: &["a"] };
                s.read_blocking(|tx| tx.query_kept(&q, &mut |_, _, _| Ok(None))).unwrap()
            })
        };
        let all: Vec<_> = (0..8).map(|_| one()).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(answers.windows(2).all(|p| Arc::ptr_eq(&p[0], &p[1])), "one answer for all");
}
