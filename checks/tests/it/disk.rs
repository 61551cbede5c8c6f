//! A full disk, a read-only one, a file that is no database: a clear answer, nothing half-saved, and it passes.
//!
//! A disk of our own (tmpfs) of a few megabytes needs root; without it those tests say that they were skipped.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use access::{Actor, NewAccount, NewGrant, NewPassword, Secret};
use documents::{Cell, Column, ColumnKind, Sheet, Workbook};
use lachan::instance::Instance;
use registers::actions::{self, Values};
use registers::{Data, verify_all};
use store::{Error, Store, SystemClock, SystemIds};
use testkit::process::{Http, Server, TempDir};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lachan-under-test");
const PASSWORD: &str = "mot-mat-khau-kha-dai";
/// Rows of the file that does not fit.
const IMPORTED: usize = 1500;

/// A disk of its own, unmounted when dropped.
struct Disk {
    at: PathBuf,
    _dir: TempDir,
}

impl Disk {
    /// `None` after saying why, where this is not allowed.
    fn mount(name: &str, megabytes: usize) -> Option<Self> {
        let dir = TempDir::new(name).expect("folder");
        let at = dir.0.join("disk");
        std::fs::create_dir(&at).expect("folder");
        let size = format!("size={megabytes}m");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "lachan-test"]).arg(&at).output();
        if done.is_ok_and(|o| o.status.success()) {
            return Some(Self { at, _dir: dir });
        }
        assert!(std::env::var_os("LACHAN_NOTHING_SKIPPED").is_none(), "mounting a disk for the test needs root");
        println!("skipped: a small disk (mount needs root); kernel/store tests full and read-only files without one");
        None
    }
    fn file(&self, name: &str) -> String {
        self.at.join(name).to_string_lossy().into_owned()
    }
    fn remount(&self, how: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.at).output().expect("mount");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    /// Takes all room that is left; gives it back when the file is removed.
    fn fill(&self) -> PathBuf {
        let path = self.at.join("filler");
        let mut file = std::fs::File::create(&path).expect("filler");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0u8; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}

/// An instance with one agency and one officer of the standing agency.
fn instance(url: &str) {
    let i = Instance::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    let (reg, roles) = (Arc::clone(&i.registry), Arc::clone(&i.roles));
    let password = NewPassword::new(&Secret::new(PASSWORD), "canbo", "Cán bộ").unwrap_or_else(|e| panic!("{e}"));
    i.store
        .write_blocking(move |tx| {
            let system = Actor::system("disk-test");
            let words = [("name", "Sở Thử Nghiệm"), ("kind", "department"), ("level", "province")];
            let values: Values = words.iter().map(|(k, v)| ((*k).to_owned(), Data::Text((*v).to_owned()))).collect();
            actions::create(tx, &reg, &system, "agency", values, None)?;
            let new = NewAccount { login: "canbo".into(), name: "Cán bộ".into(), ..NewAccount::default() };
            let account = access::create_account(tx, &system, &new, None)?;
            access::set_password(tx, &system, &account.id, &password, false)?;
            let grant = NewGrant { account: account.id, role: "standing_officer".into(), ..NewGrant::default() };
            access::grant(tx, &system, &roles, &grant).map(drop)
        })
        .unwrap_or_else(|e| panic!("{e}"));
    i.store.close();
}

/// A running server on the database, and the officer.
fn serve(url: &str, dir: &Path) -> (Server, Http) {
    let server = Server::start(PROGRAM, &["serve", "--database", url], dir, Duration::from_secs(120)).unwrap_or_else(|e| panic!("{e}"));
    let http = Http::sign_in(server.port, "canbo", PASSWORD).unwrap_or_else(|e| panic!("{e}"));
    (server, http)
}

/// Creates a kind of certificate through the form; status and page.
fn create(http: &mut Http, csrf: &str, n: usize) -> (u16, String) {
    let name = format!("Chứng chỉ {n} {}", "ghi chú dài ".repeat(30));
    let fields = [("csrf", csrf), ("name", &name), ("origin", "domestic")];
    let r = http.form("/r/certificate_kind/new", &fields).unwrap_or_else(|e| panic!("{e}"));
    (r.status, r.text())
}

/// The part of a page that matters when a test fails.
fn main_of(page: &str) -> &str {
    page.split_once("<main").map_or(page, |p| p.1)
}

fn people() -> Vec<u8> {
    let columns = ["Họ và tên", "Mã cán bộ", "Cơ quan", "Ghi chú"].map(|l| Column::new(l, ColumnKind::Text)).to_vec();
    let note = "Một ghi chú đủ dài để tệp này không vừa chỗ trống còn lại trên đĩa. ".repeat(6);
    let rows = (0..IMPORTED)
        .map(|n| {
            vec![Cell::text(format!("Người Thứ {n}")), Cell::text(format!("DD{n:05}")), Cell::text("Sở Thử Nghiệm"), Cell::text(&note)]
        })
        .collect();
    Workbook::of(Sheet { name: "Nhân sự".into(), columns, rows }).to_xlsx().unwrap_or_else(|e| panic!("{e}"))
}

fn run(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().expect("program")
}

fn words(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

/// Rows and ledger agree, nothing is half there.
fn whole(url: &str) {
    let verified = run(&["ledger", "verify", "--database", url]);
    assert!(verified.status.success(), "{}", words(&verified));
    let reg = lachan::instance::registry().unwrap_or_else(|e| panic!("{e}"));
    let store = Store::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    let wrong = store.read_blocking(|tx| verify_all(tx, &reg, &mut |_, _| Ok(()))).unwrap_or_else(|e| panic!("{e}"));
    assert!(wrong.is_empty(), "{:?}", wrong.first());
    store.close();
}

fn count(url: &str, sql: &str) -> usize {
    let store = Store::open(url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    let n: i64 = store.read_blocking(|tx| tx.query(sql, &[])?[0].get(0)).unwrap_or_else(|e| panic!("{e}"));
    store.close();
    usize::try_from(n).expect("count")
}

#[test]
fn a_full_disk_refuses_clearly_keeps_all_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::mount("full", 64) else { return };
    let logs = TempDir::new("full-logs").expect("folder");
    let url = disk.file("lachan.db");
    instance(&url);
    let (mut server, mut http) = serve(&url, &logs.0);
    let form = http.get("/r/certificate_kind/new").unwrap_or_else(|e| panic!("{e}"));
    let csrf = form.field("csrf").unwrap_or_else(|| panic!("no token in {}", form.text()));
    let before = count(&url, "SELECT COUNT(*) FROM certificate_kind");
    let (status, page) = create(&mut http, &csrf, 0);
    assert_eq!(status, 303, "with room: {}", main_of(&page));
    let mut saved = 1;

    // their use was last noted long ago: to note it is a write, which must not be in the way of reading
    let aged = Store::open(&url, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap_or_else(|e| panic!("{e}"));
    aged.write_blocking(|tx| tx.exec("UPDATE session SET seen_at = seen_at - 600000000", &[])).unwrap_or_else(|e| panic!("{e}"));
    aged.close();

    // full while records are created: at some point the page says so, whatever the log had left to reuse
    let filler = disk.fill();
    let mut refused = None;
    for n in 1..400 {
        match create(&mut http, &csrf, n) {
            (303, _) => saved += 1,
            answer => {
                refused = Some(answer);
                break;
            }
        }
    }
    let (status, page) = refused.expect("the disk is full and nobody says so");
    assert_eq!(status, 503, "{}", main_of(&page));
    assert!(page.contains("Ổ đĩa chứa dữ liệu đã đầy") && page.contains("phần đã lưu trước đó còn nguyên"), "{page}");
    // reading goes on
    let list = http.get("/r/certificate_kind").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(list.status, 200);
    let signed_in = http.get("/").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signed_in.status, 200, "pages open on a full disk");

    // there is room again: it goes on without a restart
    std::fs::remove_file(&filler).expect("remove");
    let (status, page) = create(&mut http, &csrf, 1000);
    assert_eq!(status, 303, "with room again: {}", main_of(&page));
    saved += 1;

    // full while a file is imported
    let preview = http.file("/r/person/import", &csrf, "nhan-su.xlsx", &people()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(preview.status, 200, "{}", preview.text());
    let upload = preview.field("upload").unwrap_or_else(|| panic!("{}", preview.text()));
    // room for the beginning of it
    let filler = disk.fill();
    OpenOptions::new().write(true).open(&filler).and_then(|f| f.set_len(f.metadata()?.len() - (1 << 20))).expect("some room");
    let applied = http.form("/r/person/import/apply", &[("csrf", &csrf), ("upload", &upload)]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(applied.status, 303, "{}", main_of(&applied.text()));
    let job = applied.headers["location"].clone();
    assert!(!wait(&mut http, &job, Duration::from_secs(4)), "{IMPORTED} rows went into 1 MB: the test proves nothing");
    let page = http.get(&job).unwrap_or_else(|e| panic!("{e}")).text();
    assert!(page.contains(&format!("{job}/resume")), "how to go on: {}", main_of(&page));
    std::fs::remove_file(&filler).expect("remove");
    // as a person would: the page of the job has the button
    let resumed = http.form(&format!("{job}/resume"), &[("csrf", &csrf)]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(resumed.status, 303, "{}", main_of(&resumed.text()));
    assert!(wait(&mut http, &job, Duration::from_secs(60)), "the import did not finish: {}", server.output());
    server.kill();
    assert_eq!(count(&url, "SELECT COUNT(*) FROM certificate_kind") - before, saved, "exactly what was acknowledged");
    assert_eq!(count(&url, "SELECT COUNT(*) FROM person WHERE staff_code LIKE 'DD%'"), IMPORTED);
    whole(&url);
    println!("full disk: {saved} records acknowledged and there; an import of {IMPORTED} rows cut off and finished");
}

/// Waits until the job's page says that all is imported.
fn wait(http: &mut Http, job: &str, patience: Duration) -> bool {
    let deadline = std::time::Instant::now() + patience;
    while std::time::Instant::now() < deadline {
        if http.get(job).is_ok_and(|r| r.text().contains("Đã nhập xong")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

#[test]
fn a_read_only_disk_is_said_clearly_and_nothing_is_lost() {
    let Some(disk) = Disk::mount("read-only", 64) else { return };
    let logs = TempDir::new("read-only-logs").expect("folder");
    let url = disk.file("lachan.db");
    instance(&url);
    disk.remount("ro");
    let refused = run(&["serve", "--database", &url, "--listen", "127.0.0.1:0"]);
    let said = words(&refused);
    assert_eq!(refused.status.code(), Some(7), "{said}");
    assert!(said.contains("chỉ đọc") || said.contains("quyền"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    disk.remount("rw");
    let (_server, mut http) = serve(&url, &logs.0);
    let csrf = http.get("/r/certificate_kind/new").ok().and_then(|r| r.field("csrf")).expect("token");
    assert_eq!(create(&mut http, &csrf, 1).0, 303, "writable again");
}

#[test]
fn a_file_that_is_no_database_or_a_broken_one_ends_with_a_clear_word() {
    let dir = TempDir::new("broken").expect("folder");
    let text = dir.file("ghi-chu.db");
    std::fs::write(&text, "Đây là ghi chú, không phải dữ liệu.\n".repeat(200)).expect("write");
    let good = dir.file("good.db");
    instance(&good);
    whole(&good);
    let copy = dir.file("copy.db");
    for args in
        [&["serve", "--listen", "127.0.0.1:0", "--database"][..], &["ledger", "verify", "--database"], &["backup", &copy, "--database"]]
    {
        let o = run(&[args, &[text.as_str()]].concat());
        let said = words(&o);
        assert_eq!(o.status.code(), Some(7), "{args:?}: {said}");
        assert!(said.contains("không phải dữ liệu của Lá Chắn"), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    let doctor = run(&["doctor", "--database", &text]);
    assert!(!doctor.status.success() && words(&doctor).contains("không phải dữ liệu của Lá Chắn"), "{}", words(&doctor));
    assert_eq!(std::fs::read(&text).expect("read").len(), "Đây là ghi chú, không phải dữ liệu.\n".len() * 200, "left as it was");

    // pages in the middle overwritten, or the end cut off: never said to be well
    let bytes = std::fs::metadata(&good).expect("file").len();
    for (name, harm) in [("overwritten", true), ("cut", false)] {
        let url = dir.file(&format!("{name}.db"));
        std::fs::copy(&good, &url).expect("copy");
        let file = OpenOptions::new().write(true).open(&url).expect("open");
        if harm {
            file.write_all_at(&vec![0xA5; usize::try_from(bytes - 8192).expect("size")], 8192).expect("write");
        } else {
            file.set_len(bytes / 3 / 4096 * 4096).expect("cut");
        }
        drop(file);
        let o = run(&["ledger", "verify", "--database", &url]);
        let said = words(&o);
        assert!(!o.status.success(), "{name}: {said}");
        assert!(said.contains("hỏng"), "{name}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
        let reg = lachan::instance::registry().unwrap_or_else(|e| panic!("{e}"));
        let opened = Store::open(&url, Arc::new(SystemClock), Arc::new(SystemIds));
        let answer = opened.and_then(|s| {
            s.read_blocking(|tx| verify_all(tx, &reg, &mut |_, _| Ok(())))
                .map(|wrong| assert!(!wrong.is_empty(), "{name}: said to be well"))
        });
        assert!(matches!(answer, Ok(()) | Err(Error::Unavailable(_))), "{name}: {answer:?}");
    }
}
