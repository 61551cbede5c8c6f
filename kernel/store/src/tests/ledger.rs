//! One changed bit anywhere is found and named.

use super::{put, sqlite, stores, table, whole};
use crate::{Change, Error, Result, Store, Tx};

fn nine(s: &Store) {
    for i in 0..9i64 {
        s.write_blocking(move |tx| {
            let body = format!("{{\"n\":{i}}}");
            // three records with three versions each
            let before = (i >= 3).then(|| ::ledger::sha256(format!("{{\"n\":{}}}", i - 3).as_bytes()));
            let record = format!("r{}", i % 3);
            tx.append_change(&Change {
                register: "t",
                record: &record,
                version: 1 + i / 3,
                action: "save",
                who: "x",
                body: Some(&body),
                before,
                ..Change::default()
            })
        })
        .unwrap();
    }
}

/// Runs the tampering, and hands back what verification says. The bytes of a column are flipped at their lowest bit.
fn tampered(s: &Store, f: impl FnOnce(&mut Tx) -> Result<()> + Send + 'static) -> (Option<u64>, String) {
    s.write_blocking(f).unwrap();
    let fault = s.ledger_verify(|_, _| {}).unwrap().fault.expect("a fault");
    (fault.seq, format!("{} {}", fault.record, fault.message))
}

fn flip(table: &'static str, column: &'static str, at: &'static str, n: i64) -> impl Fn(&mut Tx) -> Result<()> + Copy + Send {
    move |tx| {
        let row = tx.query(&format!("SELECT {column} FROM {table} WHERE {at} = $1"), &[n.into()])?;
        let mut bytes: Vec<u8> = row[0].get(0)?;
        *bytes.last_mut().unwrap() ^= 1;
        tx.exec(&format!("UPDATE {table} SET {column} = $1 WHERE {at} = $2"), &[bytes.into(), n.into()]).map(drop)
    }
}

#[test]
fn one_flipped_bit_is_found_and_located() {
    for s in stores("flipped") {
        nine(&s);
        let note = s.ledger_checkpoint().unwrap();
        assert!(note.contains("\n9\n"), "{note}");
        assert_eq!(whole(&s), 9);
        for (column, n) in [("leaf", 8), ("after", 6), ("before", 5)] {
            let (seq, text) = tampered(&s, flip("ledger_leaf", column, "seq", n));
            assert_eq!(seq, Some(n as u64), "{column}: {text}");
            assert!(text.contains(&format!("t r{}", n % 3)), "{text}");
            s.write_blocking(flip("ledger_leaf", column, "seq", n)).unwrap();
            assert_eq!(whole(&s), 9, "put right again");
        }
        let (_, text) = tampered(&s, flip("ledger_head", "frontier", "id", 1));
        assert!(text.contains("Đầu nhật ký"), "{text}");
        s.write_blocking(flip("ledger_head", "frontier", "id", 1)).unwrap();
        for (sql, seq) in [
            ("UPDATE ledger_checkpoint SET note = REPLACE(note, '9', '8')", None),
            ("UPDATE ledger_leaf SET body = '{\"n\":99}' WHERE seq = 4", Some(4)),
            ("UPDATE ledger_leaf SET reason = 'vì tôi muốn' WHERE seq = 3", Some(3)),
            ("UPDATE ledger_leaf SET reason = '' WHERE seq = 3", Some(3)),
            ("UPDATE ledger_leaf SET who = 'y' WHERE seq = 2", Some(2)),
            ("DELETE FROM ledger_leaf WHERE seq = 1", Some(2)),
        ] {
            if seq.is_some() {
                s.write_blocking(|tx| tx.exec("DELETE FROM ledger_checkpoint", &[])).unwrap();
            }
            let (found, text) = tampered(&s, move |tx| tx.exec(sql, &[]).map(drop));
            assert_eq!(found, seq, "{sql}: {text}");
        }
    }
}

/// Whoever holds the whole database can shorten the ledger and its checkpoints alike: only a note kept elsewhere tells.
#[test]
fn a_shortened_ledger_is_found_by_a_note_kept_elsewhere() {
    for s in stores("shortened") {
        nine(&s);
        let early = s.read_blocking(|tx| tx.query("SELECT size, frontier FROM ledger_head", &[])).unwrap().remove(0);
        s.write_blocking(|tx| {
            let gone = tx.append_change(&Change {
                register: "t",
                record: "late",
                version: 1,
                action: "save",
                who: "x",
                body: Some("{}"),
                ..Change::default()
            });
            gone.map(drop)
        })
        .unwrap();
        let note = s.ledger_checkpoint().unwrap();
        let key = s.ledger_verifier_key().unwrap();
        let with_key = |key: &str| s.ledger_verify_with(std::slice::from_ref(&note), Some(key), |_, _| {});
        assert_eq!(with_key(&key).unwrap().fault, None, "an honest ledger agrees with what was given away");
        let (size, frontier) = (early.values()[0].clone(), early.values()[1].clone());
        s.write_blocking(move |tx| {
            tx.exec("DELETE FROM ledger_leaf WHERE record = 'late'", &[])?;
            tx.exec("DELETE FROM ledger_checkpoint", &[])?;
            tx.exec("UPDATE ledger_head SET size = $1, frontier = $2", &[size, frontier]).map(drop)
        })
        .unwrap();
        assert_eq!(whole(&s), 9, "it fits in itself");
        let fault = s.ledger_verify_with(std::slice::from_ref(&note), None, |_, _| {}).unwrap().fault.unwrap();
        assert!(fault.message.contains("10"), "{fault:?}");
        // and a new key does not pass for the old one
        s.write_blocking(|tx| tx.exec("UPDATE instance SET value = $1 WHERE key = 'ledger_seed'", &["11".repeat(32).into()])).unwrap();
        assert_eq!(whole(&s), 9, "it fits in itself, and signs its checkpoints anew");
        s.ledger_checkpoint().unwrap();
        let fault = s.ledger_verify_with(std::slice::from_ref(&note), None, |_, _| {}).unwrap().fault.unwrap();
        assert!(fault.message.contains("khóa ký đã bị thay") && fault.message.contains("--key"), "{fault:?}");
        // with the old key the ledger itself is compared, and found to be another
        let fault = with_key(&key).unwrap().fault.unwrap();
        assert!(fault.message.contains("viết lại hoặc bị bớt"), "{fault:?}");
        // a note that somebody changed, and a key that is none
        let forged = [note.replacen("\n10\n", "\n9\n", 1)];
        assert!(s.ledger_verify_with(&forged, Some(&key), |_, _| {}).unwrap().fault.is_some_and(|f| f.message.contains("khóa đã nêu")));
        let none = s.ledger_verify_with(&["?".into()], Some(&key), |_, _| {}).unwrap().fault.unwrap();
        assert!(none.message.contains("không dùng được"), "{none:?}");
        assert!(matches!(with_key("abc"), Err(Error::BadRequest(_))));
    }
}

#[test]
fn proofs_hold_for_every_leaf_and_for_no_other() {
    for s in stores("proofs") {
        nine(&s);
        let note = s.ledger_checkpoint().unwrap();
        let key = ::ledger::VerifierKey::parse(&s.ledger_verifier_key().unwrap()).unwrap();
        let head = ::ledger::Checkpoint::open(&note, crate::ORIGIN, &[key]).unwrap();
        let hash = |h: &str| ::ledger::from_hex(h).unwrap();
        for seq in 0..9 {
            let p = s.ledger_proof(seq).unwrap();
            let path: Vec<[u8; 32]> = p.path.iter().map(|h| hash(h)).collect();
            assert_eq!(hash(&p.root), head.root);
            ::ledger::verify_inclusion(&hash(&p.leaf), seq, 9, &path, &head.root).unwrap();
            assert!(::ledger::verify_inclusion(&hash(&p.leaf), (seq + 1) % 9, 9, &path, &head.root).is_err());
        }
        assert!(matches!(s.ledger_proof(9), Err(Error::NotFound(_))));
    }
}

#[test]
fn progress_ends_at_the_whole() {
    let s = sqlite("progress");
    table(&s);
    s.write_blocking(|tx| (0..12).try_for_each(|i| put(tx, &format!("{i}")).map(drop))).unwrap();
    let seen = std::cell::RefCell::new(vec![]);
    s.ledger_verify(|done, of| seen.borrow_mut().push((done, of))).unwrap();
    assert_eq!(seen.borrow().last(), Some(&(12, 12)));
}
