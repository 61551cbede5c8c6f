//! What an instance withstands: rows changed behind the kernel, a held write lock, hopeless imports.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::Engine;
use testkit::Client;

use crate::world::{self, World};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

fn exec(w: &World, sql: &'static str) -> u64 {
    w.instance.store.write_blocking(move |tx| tx.exec(sql, &[])).unwrap()
}

fn count(w: &World, sql: &str) -> i64 {
    w.instance.store.read_blocking(|tx| tx.query(sql, &[])?[0].get(0)).unwrap()
}

/// What the page says of a verification asked for there, worked by the handler that the server uses.
fn verified(w: &World, c: &Client) -> String {
    for _ in 0..2 {
        assert_eq!(c.post("/ledger/verify", &[]).status, 303);
    }
    assert_eq!(count(w, "SELECT COUNT(*) FROM job WHERE kind = 'ledger.verify' AND state = 'queued'"), 1, "at most one at a time");
    let waiting = c.get("/ledger");
    assert!(waiting.text().contains("chờ tới lượt"), "{}", waiting.text());
    let reg = Arc::clone(&w.instance.registry);
    let worker = work::Worker::new(w.instance.store.clone()).handler(web::pages::VERIFY_JOB, web::pages::verify_job(reg));
    while worker.step_job().unwrap() {}
    c.get("/ledger").text()
}

#[test]
fn the_page_that_verifies_everything_compares_rows_accounts_and_grants_too() {
    for w in ENGINES.into_iter().filter_map(world::on) {
        let c = w.client("canbo");
        let said = verified(&w, &c);
        assert!(said.contains("Nhật ký nguyên vẹn") && !said.contains("http-equiv=\"refresh\""), "{said}");
        assert_eq!(
            exec(&w, "UPDATE account SET password = (SELECT b.password FROM account b WHERE b.login = 'canbo') WHERE login = 'daumoi'"),
            1
        );
        exec(
            &w,
            "INSERT INTO account_grant (id, account, role, granted_by, at, version) \
             SELECT 'len-lut', id, 'standing_officer', 'system:demo', 1, 1 FROM account WHERE login = 'daumoi'",
        );
        assert_eq!(exec(&w, "UPDATE issuing_body SET name = 'Bộ Khác' WHERE id = (SELECT MIN(id) FROM issuing_body)"), 1);
        let said = verified(&w, &c);
        assert!(said.contains("KHÔNG khớp nhật ký") && said.contains("<strong>3</strong>"), "{said}");
        for what in ["account_grant", "len-lut", "không có lá nào", "nội dung khác với sổ cái"] {
            assert!(said.contains(what), "{what}: {said}");
        }
        assert_eq!(w.client("daumoi2").get("/ledger").status, 403, "who may not read the ledger");
        assert_eq!(w.client("daumoi2").post("/ledger/verify", &[]).status, 403);
    }
}

#[test]
fn proofs_read_only_the_leaves_around_them() {
    for w in ENGINES.into_iter().filter_map(world::on) {
        let store = &w.instance.store;
        let size = u64::try_from(count(&w, "SELECT size FROM ledger_head")).unwrap();
        assert!(size > 3000, "{size} leaves prove nothing about subtrees");
        for seq in [0, 1, 1023, 1024, 2047, size / 2, size - 2, size - 1] {
            let p = store.ledger_proof(seq).unwrap();
            let hash = |s: &str| ledger::from_hex(s).unwrap();
            let path: Vec<_> = p.path.iter().map(|h| hash(h)).collect();
            ledger::verify_inclusion(&hash(&p.leaf), p.seq, p.size, &path, &hash(&p.root)).unwrap();
            assert_eq!(p.size, size);
        }
        assert!(matches!(store.ledger_proof(size), Err(store::Error::NotFound(_))));
        // a leaf that is not what it was is said, not proved
        exec(&w, "UPDATE ledger_leaf SET leaf = before WHERE seq = (SELECT MAX(seq) FROM ledger_leaf WHERE before IS NOT NULL)");
        let changed = count(&w, "SELECT MAX(seq) FROM ledger_leaf WHERE before IS NOT NULL");
        assert!(matches!(store.ledger_proof(u64::try_from(changed).unwrap()), Err(store::Error::Conflict(_))));
        assert_eq!(w.client("canbo").get(&format!("/ledger?leaf={changed}")).status, 409);
    }
}

#[test]
fn who_only_reads_waits_for_no_writer() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let program = w.program("canbo", None);
    // last noted six minutes ago: the use is to be noted again
    exec(&w, "UPDATE session SET seen_at = seen_at - 360000000");
    let noted = || count(&w, "SELECT MAX(seen_at) FROM session");
    let before = noted();
    let (store, hold) = (w.instance.store.clone(), Duration::from_secs(6));
    let (held, is_held) = std::sync::mpsc::channel();
    let lock = std::thread::spawn(move || {
        store
            .write_blocking(move |tx| {
                tx.exec("UPDATE session SET ip = ip", &[])?;
                held.send(()).unwrap();
                std::thread::sleep(hold);
                Ok(())
            })
            .unwrap();
    });
    is_held.recv().unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(c.get("/").status, 200);
        assert_eq!(c.get("/r/agency").status, 200);
        assert_eq!(c.get("/api/v1/agency").status, 200);
        assert_eq!(program.get("/api/v1/agency").status, 200);
    }
    assert!(began.elapsed() < hold && !lock.is_finished(), "reading waited for the writer: {:?}", began.elapsed());
    lock.join().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while (noted() == before || count(&w, "SELECT COUNT(*) FROM api_token WHERE last_used_at IS NOT NULL") == 0) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(noted() > before, "noted when it could be");
    assert_eq!(count(&w, "SELECT COUNT(*) FROM api_token WHERE last_used_at IS NOT NULL"), 1);
}

#[test]
fn an_import_that_can_never_end_is_said_to_have_failed() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let (roles, login) = (Arc::clone(&w.instance.roles), "canbo");
    let actor = w.instance.store.read_blocking(|tx| access::actor_of_login(tx, &roles, login)).unwrap();
    let file = c.get("/r/product/export.xlsx").bytes;
    let job = registers::files::job::start(&w.instance.store, &w.instance.registry, &actor, "product", "a.xlsx", file, false).unwrap();
    exec(&w, "UPDATE import_job SET file = (SELECT leaf FROM ledger_leaf WHERE seq = 0)");
    let page = format!("/r/product/import/jobs/{}", job.id);
    assert!(c.get(&page).text().contains("http-equiv=\"refresh\""));
    assert_eq!(c.post(&format!("{page}/resume"), &[]).status, 303);
    let until = Instant::now() + Duration::from_secs(10);
    while count(&w, "SELECT COUNT(*) FROM import_job WHERE state = 'running'") > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = c.get(&page).text();
    assert!(!said.contains("http-equiv=\"refresh\"") && said.contains("notice unmet"), "{said}");
}
