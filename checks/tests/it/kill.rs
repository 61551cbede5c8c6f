//! SIGKILL at any moment: nothing acknowledged is lost, nothing is half-done, the ledger holds, the import goes on.
//!
//! The test binary starts itself as a child (test [`child`], told by its environment), lets it write, and kills it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use access::Actor;
use documents::{Cell, Column, ColumnKind, Sheet, Workbook};
use lachan::instance::Instance;
use registers::actions::{self, Values};
use registers::files::{Report, RowReport, job};
use registers::{Data, Registry, verify_all};
use store::{Ids, SeededIds, Store, SystemClock, SystemIds};
use testkit::process::TempDir;

/// Rounds on SQLite; each ends with a SIGKILL.
const ROUNDS: u64 = 200;
/// Rounds on one database before a fresh one is taken: a file that was killed often must still be whole.
const ROUNDS_PER_FILE: u64 = 10;
/// Rounds on PostgreSQL (the client is killed; the server is not ours).
const PG_ROUNDS: u64 = 20;
/// Threads that create records in the child.
const WRITERS: usize = 8;
/// Rows of the file that is imported meanwhile.
const IMPORTED: usize = 900;
const NAME: &str = "nhan-su.xlsx";
const URL: &str = "LACHAN_KILL_DATABASE";
const ROUND: &str = "LACHAN_KILL_ROUND";
const FILE: &str = "LACHAN_KILL_FILE";

fn open(url: &str) -> Instance {
    Instance::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{url}: {e}"))
}

fn actor() -> Actor {
    Actor::system("kill-test")
}

fn words(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), Data::Text((*v).to_owned()))).collect()
}

/// Tables, one agency and three kinds of certificates.
fn base(url: &str) -> Arc<Registry> {
    let i = open(url);
    let reg = Arc::clone(&i.registry);
    i.store
        .write_blocking(move |tx| {
            let a = actor();
            actions::create(
                tx,
                &reg,
                &a,
                "agency",
                words(&[("name", "Sở Thử Nghiệm"), ("kind", "department"), ("level", "province")]),
                None,
            )?;
            for n in 1..=3 {
                let name = format!("Chứng chỉ {n}");
                actions::create(tx, &reg, &a, "certificate_kind", words(&[("name", &name), ("origin", "domestic")]), None)?;
            }
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    i.store.close();
    i.registry
}

/// The .xlsx that is imported: people of one agency.
fn people() -> Vec<u8> {
    let columns = ["Họ và tên", "Mã cán bộ", "Cơ quan"].map(|l| Column::new(l, ColumnKind::Text)).to_vec();
    let rows = (0..IMPORTED)
        .map(|n| vec![Cell::text(format!("Người Thứ {n}")), Cell::text(format!("KT{n:05}")), Cell::text("Sở Thử Nghiệm")])
        .collect();
    let sheet = Sheet { name: "Nhân sự".into(), columns, rows };
    Workbook::of(sheet).to_xlsx().unwrap_or_else(|e| panic!("{e}"))
}

/// What the killed process does. Does nothing when it is run as an ordinary test.
#[test]
fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let round: u64 = std::env::var(ROUND).ok().and_then(|r| r.parse().ok()).expect("round");
    let file = std::fs::read(std::env::var(FILE).expect("file")).expect("readable file");
    // the harness has begun a line of its own
    say("\nstarting");
    let i = open(&url);
    let kinds = ids(&i.store, "SELECT id FROM certificate_kind ORDER BY id");
    let imported = ids(&i.store, "SELECT id FROM import_job WHERE state = 'done'");
    say("ready");
    let next = AtomicU64::new(0);
    std::thread::scope(|s| {
        for _ in 0..WRITERS {
            s.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let (reg, kinds) = (Arc::clone(&i.registry), kinds.clone());
                    let made = i.store.write_blocking(move |tx| pair(tx, &reg, &kinds, round, n)).unwrap_or_else(|e| panic!("{e}"));
                    say(&format!("ack {} {}", made.0, made.1));
                }
            });
        }
        if imported.is_empty() {
            s.spawn(|| {
                job::import_file(&i.store, &i.registry, &actor(), "person", NAME, file.clone(), |_| say("batch"))
                    .unwrap_or_else(|e| panic!("{e}"))
            });
        }
    });
}

/// Two records with two links each in one transaction: both or none.
fn pair(tx: &mut store::Tx, reg: &Registry, kinds: &[String], round: u64, n: u64) -> store::Result<(String, String)> {
    let mut one = |half: &str| {
        let mut values = words(&[("name", &format!("K{round}-{n}-{half}")), ("note", "một nửa")]);
        values.insert("kinds".into(), Data::Links(kinds.iter().take(2).cloned().collect()));
        let made = actions::create(tx, reg, &actor(), "issuing_body", values, None)?;
        // a second leaf of the same record in the same transaction
        actions::update(tx, reg, &actor(), "issuing_body", &made.id, made.version, words(&[("note", "cả hai")]), None).map(|r| r.id)
    };
    Ok((one("a")?, one("b")?))
}

fn import(store: &Store, reg: &Arc<Registry>, file: Vec<u8>) -> Report {
    job::import_file(store, reg, &actor(), "person", NAME, file, |_| {}).unwrap_or_else(|e| panic!("{e}"))
}

/// A whole line at once, not through the capture of the test harness.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}

fn ids(store: &Store, sql: &str) -> Vec<String> {
    let rows = store.read_blocking(|tx| tx.query(sql, &[])).unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows.iter().map(|r| r.get(0).expect("text")).collect()
}

fn count(store: &Store, sql: &str) -> i64 {
    store.read_blocking(|tx| tx.query(sql, &[])?[0].get(0)).unwrap_or_else(|e| panic!("{sql}: {e}"))
}

/// When a child is killed: so long after it has said so many things. Counting words and not only time makes the moment fall
/// into every phase on a fast machine as on a slow one.
#[derive(Clone, Copy)]
struct Moment {
    /// `true`: while it opens the file and repairs what the one before left. `false`: while it writes.
    opening: bool,
    /// Acknowledged pairs and batches heard before.
    heard: usize,
    then: Duration,
}

impl Moment {
    fn of(round: u64) -> Self {
        let mut seed = [0u8; 8];
        SeededIds::new(round).fill(&mut seed);
        let n = u64::from_le_bytes(seed);
        Self { opening: round % 5 == 4, heard: (n >> 32) as usize % 16, then: Duration::from_micros(n % 40_000) }
    }
}

/// Starts a child, kills it at a moment, gives back the ids it was told are saved.
fn killed(url: &str, file: &str, round: u64, moment: Moment) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "kill::child", "--nocapture", "--test-threads", "1"])
        .envs([(URL, url), (FILE, file), (ROUND, &round.to_string())])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("child");
    let mut out = BufReader::new(child.stdout.take().expect("pipe"));
    let (word, heard) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let (mut acknowledged, mut heard) = (Vec::new(), 0);
        let mut line = String::new();
        // a line without its end was cut by the kill: nobody was told
        while out.read_line(&mut line).is_ok_and(|n| n > 0) && line.ends_with('\n') {
            let said = line.trim_end();
            acknowledged.extend(said.strip_prefix("ack ").into_iter().flat_map(|ids| ids.split(' ').map(str::to_owned)));
            heard += usize::from(said.starts_with("ack ") || said == "batch");
            if (moment.opening && said == "starting") || (!moment.opening && said != "starting" && heard >= moment.heard) {
                let _ = word.send(());
            }
            line.clear();
        }
        acknowledged
    });
    let ready = heard.recv_timeout(Duration::from_secs(30));
    if ready.is_ok() {
        std::thread::sleep(moment.then);
    }
    let early = child.try_wait().expect("child");
    child.kill().expect("SIGKILL");
    let end = child.wait_with_output().expect("child");
    let acknowledged = reader.join().expect("reader");
    let words = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(ready.is_ok() && early.is_none(), "round {round}: the child ended by itself: {words}");
    acknowledged
}

/// Everything that must hold after a kill.
fn whole(store: &Store, reg: &Registry, acknowledged: &BTreeSet<String>, round: u64) {
    let report = store.ledger_verify(|_, _| {}).unwrap_or_else(|e| panic!("round {round}: {e}"));
    assert_eq!(report.fault, None, "round {round}");
    let wrong = store.read_blocking(|tx| verify_all(tx, reg, &mut |_, _| Ok(()))).unwrap_or_else(|e| panic!("round {round}: {e}"));
    assert!(wrong.is_empty(), "round {round}: {:?}", wrong.first());
    let saved: BTreeSet<String> = ids(store, "SELECT id FROM issuing_body").into_iter().collect();
    let lost: Vec<_> = acknowledged.difference(&saved).collect();
    assert!(lost.is_empty(), "round {round}: {} acknowledged records are gone", lost.len());
    let none = |what: &str, sql: &str| assert_eq!(count(store, sql), 0, "round {round}: {what}");
    let half = "SELECT COUNT(*) FROM issuing_body a WHERE a.name LIKE '%a' AND NOT EXISTS (SELECT 1 FROM issuing_body b WHERE b.name = SUBSTR(a.name, 1, LENGTH(a.name) - 1) || 'b')";
    none("half a transaction", half);
    none("half a transaction", &half.replace("'%a'", "'%b'").replace("|| 'b'", "|| 'a'"));
    none("a record without its second step", "SELECT COUNT(*) FROM issuing_body WHERE version <> 2");
    none(
        "links without owner",
        "SELECT COUNT(*) FROM issuing_body__kinds l WHERE NOT EXISTS (SELECT 1 FROM issuing_body t WHERE t.id = l.owner)",
    );
    none(
        "a record without its links",
        "SELECT COUNT(*) FROM issuing_body t WHERE 2 <> (SELECT COUNT(*) FROM issuing_body__kinds l WHERE l.owner = t.id)",
    );
    none(
        "import marks that differ from its rows",
        "SELECT COUNT(*) FROM import_job j WHERE j.done_rows <> (SELECT COUNT(*) FROM import_row r WHERE r.job = j.id)",
    );
    none(
        "imported rows without record",
        "SELECT COUNT(*) FROM import_row r WHERE r.outcome = 'create' AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = r.record)",
    );
    none(
        "imported records without row",
        "SELECT COUNT(*) FROM person p WHERE NOT EXISTS (SELECT 1 FROM import_row r WHERE r.record = p.id)",
    );
}

/// Rounds on one database, then the import is finished and compared with one that nobody disturbed.
fn series(url: &str, file: &str, rounds: std::ops::Range<u64>, reg: &Arc<Registry>, undisturbed: &[RowReport]) -> usize {
    let mut acknowledged = BTreeSet::new();
    for round in rounds.clone() {
        acknowledged.extend(killed(url, file, round, Moment::of(round)));
        let store = Store::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("round {round}: {e}"));
        whole(&store, reg, &acknowledged, round);
        store.close();
    }
    let store = Store::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    let bytes = std::fs::read(file).expect("file");
    if ids(&store, "SELECT id FROM import_job WHERE state = 'done'").is_empty() {
        import(&store, reg, bytes.clone());
    }
    let jobs = ids(&store, "SELECT id FROM import_job");
    assert_eq!(jobs.len(), 1, "an interrupted import is continued, not begun again");
    let report = store.read_blocking(|tx| job::report(tx, &actor(), &jobs[0])).unwrap_or_else(|e| panic!("{e}"));
    let plain = |rows: &[RowReport]| rows.iter().map(|r| (r.line, r.outcome, r.title.clone())).collect::<Vec<_>>();
    assert_eq!(plain(&report.rows), plain(undisturbed), "rounds {rounds:?}");
    whole(&store, reg, &acknowledged, rounds.end);
    let again = import(&store, reg, bytes);
    assert_eq!((again.counts.unchanged as usize, again.counts.create), (IMPORTED, 0), "the same file again changes nothing");
    store.close();
    acknowledged.len()
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_on_sqlite() {
    let begun = Instant::now();
    let dir = TempDir::new("kill").expect("folder");
    let (file, reg, undisturbed) = prepare(&dir);
    let firsts: Vec<u64> = (0..ROUNDS).step_by(ROUNDS_PER_FILE as usize).collect();
    // two at a time: they mostly wait for the disk
    let lane = |firsts: &[u64]| {
        let one = |first: &u64| {
            let url = dir.file(&format!("{first}.db"));
            std::fs::copy(dir.file("base.db"), &url).expect("copy");
            series(&url, &file, *first..*first + ROUNDS_PER_FILE, &reg, &undisturbed)
        };
        firsts.iter().map(one).sum::<usize>()
    };
    let acknowledged: usize = std::thread::scope(|s| {
        let lanes: Vec<_> = firsts.chunks(firsts.len().div_ceil(2)).map(|f| s.spawn(|| lane(f))).collect();
        lanes.into_iter().map(|l| l.join().expect("lane")).sum()
    });
    assert!(acknowledged > ROUNDS as usize, "too little was written to prove anything: {acknowledged}");
    println!("SIGKILL on SQLite: {ROUNDS} rounds, {acknowledged} acknowledged records all there, {:.1} s", begun.elapsed().as_secs_f64());
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_on_postgresql() {
    let begun = Instant::now();
    let Some(place) = testkit::Db::fresh(store::Engine::Postgres) else { return };
    let url = place.url().to_owned();
    let dir = TempDir::new("kill-pg").expect("folder");
    let (file, reg, undisturbed) = prepare(&dir);
    base(&url);
    let acknowledged = series(&url, &file, 1000..1000 + PG_ROUNDS, &reg, &undisturbed);
    assert!(acknowledged > PG_ROUNDS as usize, "too little was written to prove anything: {acknowledged}");
    println!(
        "SIGKILL on PostgreSQL: {PG_ROUNDS} rounds, {acknowledged} acknowledged records all there, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
}

/// The file, a database to begin with (`base.db`), and the report of an import that nobody disturbed.
fn prepare(dir: &TempDir) -> (String, Arc<Registry>, Vec<RowReport>) {
    let file = dir.file("nhan-su.xlsx");
    std::fs::write(&file, people()).expect("write");
    let reg = base(&dir.file("base.db"));
    std::fs::copy(dir.file("base.db"), dir.file("undisturbed.db")).expect("copy");
    let store = Store::open(&dir.file("undisturbed.db"), Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    let report = import(&store, &reg, people());
    assert_eq!((report.counts.create as usize, report.counts.error), (IMPORTED, 0), "{:?}", report.rows.first());
    store.close();
    (file, reg, report.rows)
}
