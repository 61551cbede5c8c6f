//! Files against real definitions of the modules, on both engines, with the fictional province Sao Mai.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use access::Actor;
use documents::{Cell, Column, ColumnKind, Sheet, Workbook};
use store::{ManualClock, SeededIds, Store};

use super::{Outcome, Report, dry_run, export, job, read, template};
use crate::{Data, Query, Registry, actions};

pub(super) const PEOPLE: [&str; 3] = ["contact_point", "agency_alias", "system"];

/// 22/11/2026 in Vietnam.
const NOW: i64 = 1_795_320_000_000_000;

/// Definitions of the modules: these registers and all that they link to; none named = all.
pub(super) fn registry(wanted: &[&str]) -> Arc<Registry> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = vec![("packs/roles.toml".to_owned(), std::fs::read_to_string(root.join("packs/roles.toml")).unwrap())];
    let mut registers = BTreeMap::new();
    for module in std::fs::read_dir(root.join("modules")).unwrap() {
        let module = module.unwrap().path();
        for folder in ["registers", "choices"] {
            let Ok(list) = std::fs::read_dir(module.join(folder)) else { continue };
            for path in list.map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "toml")) {
                let text = std::fs::read_to_string(&path).unwrap();
                if folder == "registers" {
                    registers.insert(path.file_stem().unwrap().to_string_lossy().into_owned(), text);
                } else {
                    texts.push((path.display().to_string(), text));
                }
            }
        }
    }
    let mut open: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    if open.is_empty() {
        open = registers.keys().cloned().collect();
    }
    while let Some(id) = open.pop() {
        let Some(text) = registers.remove(&id) else { continue };
        open.extend(text.lines().filter_map(|l| Some(l.strip_prefix("type = { link")?.split('"').nth(1)?.to_owned())));
        texts.push((id, text));
    }
    let sources: Vec<(&str, &str)> = texts.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    match Registry::load(&sources) {
        Ok(r) => Arc::new(r),
        Err(list) => panic!("{}", list.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// One test at a time makes its tables: each takes some hundred locks of PostgreSQL, which are few for all together.
static GATE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A store and the place it lies in, which goes away after it.
pub(super) struct Fresh {
    store: Store,
    _place: testdb::Db,
}

impl std::ops::Deref for Fresh {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.store.close();
    }
}

/// One fresh store per engine that is there.
pub(super) fn stores(reg: &Arc<Registry>) -> Vec<Fresh> {
    let _one = GATE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let open = |place: testdb::Db| Fresh {
        store: Store::open(place.url(), Arc::new(ManualClock::new(NOW)), Arc::new(SeededIds::new(7))).unwrap(),
        _place: place,
    };
    let all: Vec<Fresh> = testdb::ENGINES.into_iter().filter_map(testdb::Db::fresh).map(open).collect();
    for s in &all {
        s.migrate(&access::migrations()).unwrap();
        s.migrate(&crate::migrations()).unwrap();
        let reg = Arc::clone(reg);
        s.write_blocking(move |tx| {
            let plan = crate::plan_migration(tx, &reg)?;
            crate::apply(tx, &reg, &plan)
        })
        .unwrap();
    }
    all
}

pub(super) fn system() -> Actor {
    Actor::system("test")
}

pub(super) fn sheet(columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let sheet = Sheet {
        name: "Dữ liệu".into(),
        columns: columns.iter().map(|c| Column::new(*c, ColumnKind::Text)).collect(),
        rows: rows.iter().map(|r| r.iter().map(|c| Cell::text(*c)).collect()).collect(),
    };
    Workbook::of(sheet).to_xlsx().unwrap()
}

pub(super) fn import(s: &Store, reg: &Arc<Registry>, register: &str, bytes: Vec<u8>) -> Report {
    job::import_file(s, reg, &system(), register, "thu.xlsx", bytes, |_| ()).unwrap()
}

pub(super) fn dry(s: &Store, reg: &Arc<Registry>, register: &'static str, bytes: &[u8]) -> Report {
    dry_run(s, reg, &system(), register, read(reg, register, bytes).unwrap()).unwrap()
}

pub(super) fn count(s: &Store, reg: &Registry, register: &str) -> i64 {
    let scope = system().may(access::Verb::Read, register).unwrap();
    s.read_blocking(|tx| actions::count(tx, reg, &scope, &Query { as_of: Some("all".into()), ..Query::default() })).unwrap()
}

pub(super) fn outcomes(r: &Report) -> Vec<Outcome> {
    r.rows.iter().map(|r| r.outcome).collect()
}

pub(super) fn agencies(s: &Store, reg: &Arc<Registry>) {
    let file = sheet(
        &["STT", "Tên chính thức", "Loại", "Cấp", "Cơ quan quản lý trực tiếp", "Tên ngắn"],
        &[
            // a child above its parent
            &["1", "Sở Khoa học và Công nghệ tỉnh Sao Mai", "Sở", "tỉnh", "UBND tỉnh Sao Mai", "Sở KHCN"],
            &["2", "Ủy ban nhân dân tỉnh Sao Mai", "UBND cấp tỉnh", "Cấp tỉnh", "", ""],
            &["3", "UBND xã Bình Minh", "xã", "Cấp xã", "Ủy ban nhân dân tỉnh Sao Mai", ""],
        ],
    );
    let r = import(s, reg, "agency", file);
    assert_eq!(outcomes(&r), [Outcome::Create; 3], "{r:#?}");
}

#[test]
fn any_column_order_aliases_and_parents_below() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let people = sheet(
            &["Cơ quan", "ho va ten", "Năm sinh", "phone", "Chuc vu, vi tri viec lam", "Điện thoạ"],
            &[
                &["so khcn", "Nguyễn Văn An", "1985", "0912 345 678", "Chuyên viên", "x"],
                &["UBND xã Bình Minh", "Nguyễn Văn An", "1990", "", "", ""],
            ],
        );
        let first = dry(&s, &reg, "person", &people);
        assert_eq!(outcomes(&first), [Outcome::Create; 2], "{first:#?}");
        assert!(first.notes.iter().any(|n| n.contains("Cột F") && n.contains("Điện thoại")), "{:?}", first.notes);
        assert_eq!(count(&s, &reg, "person"), 0, "a dry run leaves nothing");
        assert_eq!(import(&s, &reg, "person", people.clone()).counts.create, 2);
        let again = import(&s, &reg, "person", people);
        assert_eq!(outcomes(&again), [Outcome::Unchanged; 2], "{again:#?}");
        // the person of the row's own agency is meant, though two bear the name
        let contact = sheet(
            &["Cơ quan", "Người phụ trách chính", "Điện thoại trực", "Có hiệu lực từ"],
            &[&["UBND xã Bình Minh", "Nguyễn Văn An", "0203 111 222", "01/07/2026"]],
        );
        let r = import(&s, &reg, "contact_point", contact);
        assert_eq!(outcomes(&r), [Outcome::Create], "{r:#?}");
        assert!(s.ledger_verify(|_, _| ()).unwrap().fault.is_none());
    }
}

#[test]
fn every_error_names_row_column_and_remedy_and_the_rest_is_saved() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let file = sheet(
            &["Họ và tên", "Cơ quan", "Diện cán bộ", "Thôi công tác từ ngày", "Đang công tác", "Năm sinh"],
            &[
                &["Trần Thị Bình", "Sở KHCN", "Công chức", "", "Có", "1980"],
                &["Lê Văn Cường", "Sở Khoa học Công nghệ tỉnh Sao Mai", "Công nhân viên", "31/02/2026", "có lẽ", "19x0"],
                &["", "Sở KHCN", "", "", "", ""],
                &["Trần Thị Bình", "Sở KHCN", "", "", "", "1980"],
            ],
        );
        let r = import(&s, &reg, "person", file.clone());
        assert_eq!(outcomes(&r), [Outcome::Create, Outcome::Error, Outcome::Error, Outcome::Error], "{r:#?}");
        let columns: Vec<&str> = r.rows[1].errors.iter().map(|e| e.column.as_str()).collect();
        assert_eq!(columns, ["B", "C", "D", "E", "F"], "{:#?}", r.rows[1].errors);
        assert!(r.rows[1].errors[0].remedy.contains("Sở Khoa học và Công nghệ"), "{:#?}", r.rows[1].errors);
        assert!(r.rows[2].errors.iter().any(|e| e.column == "A"), "{:#?}", r.rows[2].errors);
        assert!(r.rows[3].errors[0].what.contains("dòng 2"), "{:#?}", r.rows[3].errors);
        assert_eq!(count(&s, &reg, "person"), 1);
        let dry = dry(&s, &reg, "person", &file);
        assert_eq!(dry.counts.error, 3);
        assert_eq!(dry.counts.unchanged, 1);
    }
}

#[test]
fn a_row_says_at_once_what_is_wrong_and_what_is_missing() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let columns = [
            "Tên hệ thống",
            "Loại",
            "Chủ quản",
            "Cấp độ được phê duyệt",
            "Số quyết định phê duyệt",
            "Ngày phê duyệt",
            "Trạng thái",
            "Ngày ban hành quy chế",
        ];
        let file = sheet(
            &columns,
            &[
                // a kind left out, a bad date, an approval without a day
                &["Cổng thông tin", "", "Sở KHCN", "3", "", "", "", "31/02/2026"],
                // a decision without its number is still a system
                &["Một cửa", "Phục vụ người dân, doanh nghiệp", "Sở KHCN", "3", "", "01/02/2026", "", ""],
            ],
        );
        for r in [dry(&s, &reg, "system", &file), import(&s, &reg, "system", file)] {
            let columns: Vec<&str> = r.rows[0].errors.iter().map(|e| e.column.as_str()).collect();
            assert_eq!(columns, ["H", "B", "F"], "{:#?}", r.rows[0].errors);
            assert_eq!(r.rows[1].outcome, Outcome::Create, "{:#?}", r.rows[1]);
        }
    }
}

#[test]
fn two_people_of_one_name_are_told_apart_by_agency_and_code() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let people = sheet(
            &["Họ và tên", "Mã cán bộ", "Cơ quan"],
            &[&["Nguyễn Văn An", "CB-01", "Sở KHCN"], &["Nguyễn Văn An", "CB-02", "Sở KHCN"]],
        );
        assert_eq!(import(&s, &reg, "person", people).counts.create, 2);
        let row = |who: &str| {
            sheet(
                &["Cơ quan", "Người phụ trách chính", "Điện thoại trực", "Có hiệu lực từ"],
                &[&["Sở KHCN", who, "0203 111 222", "01/07/2026"]],
            )
        };
        let r = dry(&s, &reg, "contact_point", &row("Nguyễn Văn An"));
        let said = &r.rows[0].errors[0].what;
        assert!(said.contains("Sở Khoa học và Công nghệ tỉnh Sao Mai) [CB-01]") && said.contains("[CB-02]"), "{said}");
        for who in ["Nguyễn Văn An [CB-02]", "CB-02"] {
            let r = dry(&s, &reg, "contact_point", &row(who));
            assert_eq!(outcomes(&r), [Outcome::Create], "{r:#?}");
        }
    }
}

#[test]
fn a_formula_without_its_result_says_so() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let mut sheet =
            read(&reg, "person", &sheet(&["Họ và tên", "Cơ quan", "Năm sinh"], &[&["Trần Thị Bình", "Sở KHCN", "1980"]])).unwrap();
        sheet.rows[0].cells[0] = Cell::Error(documents::FORMULA.into());
        let r = dry_run(&s, &reg, &system(), "person", sheet).unwrap();
        assert_eq!(r.rows[0].errors.len(), 1, "{r:#?}");
        assert!(r.rows[0].errors[0].what.contains("công thức") && r.rows[0].errors[0].remedy.contains("Excel"), "{r:#?}");
    }
}

#[test]
fn the_template_says_when_a_column_must_be_filled() {
    let reg = registry(&PEOPLE);
    let book = template(&reg, "system").unwrap();
    let hint = |label: &str| book.sheets[0].columns.iter().find(|c| c.label == label).unwrap().hint.clone();
    assert!(hint("Ngày phê duyệt").contains("Đã có cấp độ"), "{}", hint("Ngày phê duyệt"));
    assert!(hint("Đưa vào vận hành ngày").contains("Bắt buộc khi trạng thái là “Đang vận hành”"), "{}", hint("Đưa vào vận hành ngày"));
}

#[test]
fn all_or_nothing_saves_nothing_when_one_row_is_refused() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let file = sheet(&["Họ và tên", "Cơ quan"], &[&["Trần Thị Bình", "Sở KHCN"], &["Lê Văn Cường", "không có"]]);
        let started = job::start(&s, &reg, &system(), "person", "a.xlsx", file, true).unwrap();
        let done = job::run(&s, &reg, &system(), &started.id, |_| ()).unwrap();
        assert_eq!(done.state, job::JobState::Failed);
        assert_eq!(count(&s, &reg, "person"), 0);
        let report = s.read_blocking(|tx| job::report(tx, &system(), &started.id)).unwrap();
        assert_eq!(report.counts.error, 1);
        assert!(s.ledger_verify(|_, _| ()).unwrap().fault.is_none());
    }
}

#[test]
fn an_interrupted_job_goes_on_with_the_next_row() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let names: Vec<String> = (0..250).map(|i| format!("Người thứ {i}")).collect();
        let mut rows: Vec<Vec<&str>> = names.iter().map(|n| vec![n.as_str(), "Sở KHCN"]).collect();
        // the same person as in a row of the first batch
        rows.push(vec!["Người thứ 3", "Sở KHCN"]);
        let slices: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let file = sheet(&["Họ và tên", "Cơ quan"], &slices);
        let start = |s: &Store| job::start(s, &reg, &system(), "person", "a.xlsx", file.clone(), false).unwrap();
        let id = start(&s).id;
        // one batch is committed; the next one is taken and lost, as by a crash before its commit
        let one = |commit: bool| {
            let (reg, id) = (Arc::clone(&reg), id.clone());
            s.write_blocking(move |tx| {
                let mut run = job::Run::resume(tx, &reg, &system(), &id)?;
                run.batch(tx, &reg, &system())?;
                if commit { Ok(()) } else { Err(store::Error::Unavailable("crash".into())) }
            })
        };
        let kept = || {
            s.read_blocking(|tx| tx.query("SELECT LENGTH(file) FROM import_job WHERE id = $1", &[id.as_str().into()])?[0].get::<i64>(0))
                .unwrap()
        };
        one(true).unwrap();
        assert!(one(false).is_err());
        assert!(kept() > 0, "a running job can be taken up again");
        assert_eq!(count(&s, &reg, "person"), 50);
        assert_eq!(start(&s).id, id, "the same file goes on with the unfinished job");
        let mut steps = Vec::new();
        job::run(&s, &reg, &system(), &id, |j| steps.push(j.done_rows)).unwrap();
        assert_eq!(steps, [100, 150, 200, 250, 251]);
        let report = s.read_blocking(|tx| job::report(tx, &system(), &id)).unwrap();
        assert_eq!((report.counts.create, report.counts.error), (250, 1), "{:#?}", report.rows.last());
        assert_eq!(count(&s, &reg, "person"), 250);
        assert_eq!(kept(), 0, "the file with its personal data is not kept beside the register");
    }
}

#[test]
fn a_default_of_a_key_field_is_part_of_the_key() {
    let reg = registry(&["report_submission"]);
    for s in stores(&reg) {
        agencies(&s, &reg);
        for columns in [&["Cơ quan", "Năm", "Hạn nộp (ngày cuối cùng)"][..], &["Cơ quan", "Năm", "Hạn nộp (ngày cuối cùng)", "Tuyến"][..]]
        {
            let file = sheet(columns, &[&["Sở KHCN", "2026", "04/12/2026", ""][..columns.len()]]);
            let r = import(&s, &reg, "report_submission", file);
            assert!(r.notes.is_empty() && r.counts.error == 0, "{r:#?}");
        }
        assert_eq!(count(&s, &reg, "report_submission"), 1);
    }
}

#[test]
fn what_is_exported_can_be_imported_and_changes_nothing() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let file = sheet(
            &[
                "Tên hệ thống",
                "Loại",
                "Chủ quản",
                "Trạng thái",
                "Đưa vào vận hành ngày",
                "Số chủ thể dữ liệu cơ bản",
                "Sử dụng ngân sách nhà nước",
            ],
            &[&["Cổng dịch vụ công", "Phục vụ người dân, doanh nghiệp", "Sở KHCN", "Đang vận hành", "01/02/2024", "1.200.000", "x"]],
        );
        let r = import(&s, &reg, "system", file);
        assert_eq!(outcomes(&r), [Outcome::Create], "{r:#?}");
        let out = |register: &'static str| {
            let reg = Arc::clone(&reg);
            s.read_blocking(move |tx| export(tx, &reg, &system(), register, &Query::default())).unwrap().to_xlsx().unwrap()
        };
        for register in ["agency", "system"] {
            let again = import(&s, &reg, register, out(register));
            assert!(again.rows.iter().all(|r| r.outcome == Outcome::Unchanged), "{again:#?}");
        }
        let scope = system().may(access::Verb::Read, "system").unwrap();
        let page = s.read_blocking(|tx| actions::list(tx, &reg, &scope, &Query::default())).unwrap();
        assert_eq!(page.items[0].state.as_deref(), Some("operating"));
        assert_eq!(page.items[0].fields["data_subjects"], Data::Int(1_200_000));
    }
}

#[test]
fn masked_cells_of_an_export_never_overwrite_the_real_value() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        import(&s, &reg, "person", sheet(&["Họ và tên", "Cơ quan", "Điện thoại"], &[&["Trần Thị Bình", "Sở KHCN", "0912345678"]]));
        let reg2 = Arc::clone(&reg);
        let file = s.read_blocking(move |tx| export(tx, &reg2, &system(), "person", &Query::default())).unwrap();
        let phone = file.sheets[0].rows[0].iter().map(Cell::to_text).find(|t| t.contains('•'));
        assert!(phone.is_some_and(|p| !p.contains("345")), "the export is masked");
        let again = import(&s, &reg, "person", file.to_xlsx().unwrap());
        assert_eq!(outcomes(&again), [Outcome::Unchanged], "{again:#?}");
    }
}

/// The contact point of one agency.
fn contact(s: &Store, reg: &Registry, name: &str) -> Actor {
    let scope = system().may(access::Verb::Read, "agency").unwrap();
    let all = s.read_blocking(|tx| actions::list(tx, reg, &scope, &Query::default())).unwrap().items;
    let of = |what: &str| all.iter().find(|a| a.title.contains(what)).unwrap();
    let (top, own) = (of("Ủy ban nhân dân tỉnh"), of(name));
    let path = format!("/{}/{}/", top.id, own.id);
    let grant = access::GrantInfo { role: "contact".into(), agency: Some(own.id.clone()), path: Some(path) };
    Actor::new("acc", "Đầu mối", access::ActorKind::Person, Some(own.id.clone()), None, vec![grant], reg.roles())
}

#[test]
fn a_contact_point_brings_in_and_takes_away_only_their_own() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let columns = ["Họ và tên", "Cơ quan", "Năm sinh"];
        import(
            &s,
            &reg,
            "person",
            sheet(&columns, &[&["Trần Thị Bình", "Sở KHCN", "1980"], &["Lê Văn Cường", "UBND xã Bình Minh", "1981"]]),
        );
        let me = contact(&s, &reg, "Bình Minh");
        let rows: &[&[&str]] = &[
            &["Trần Thị Bình", "Sở KHCN", "1980"],
            &["Người Lạ", "Sở KHCN", "1990"],
            &["Lê Văn Cường", "UBND xã Bình Minh", "1981"],
            &["Võ Thị Dung", "UBND xã Bình Minh", "1992"],
        ];
        let done = job::import_file(&s, &reg, &me, "person", "a.xlsx", sheet(&columns, rows), |_| ()).unwrap();
        // whether somebody of another agency is known already must not show
        assert_eq!(outcomes(&done), [Outcome::Error, Outcome::Error, Outcome::Unchanged, Outcome::Create], "{done:#?}");
        assert_eq!(done.rows[0].errors, done.rows[1].errors);
        assert_eq!(count(&s, &reg, "person"), 3);
        let (r, a) = (Arc::clone(&reg), me.clone());
        let out = s.read_blocking(move |tx| export(tx, &r, &a, "person", &Query::default())).unwrap();
        let names: Vec<String> = out.sheets[0].rows.iter().map(|r| r[0].to_text()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(!names.iter().any(|n| n.contains("Bình")), "{names:?}");
        // a job is its owner's
        let id = s.read_blocking(|tx| tx.query("SELECT id FROM import_job WHERE account = 'system:test'", &[])).unwrap()[0]
            .get::<String>(0)
            .unwrap();
        assert!(s.read_blocking(|tx| job::report(tx, &me, &id)).is_err());
        // no verb, no import
        assert!(job::import_file(&s, &reg, &me, "agency", "a.xlsx", sheet(&["Tên chính thức"], &[&["x"]]), |_| ()).is_err());
    }
}

#[test]
fn every_register_has_a_template_that_reads_back() {
    let reg = registry(&[]);
    for (id, def) in &reg.registers {
        let book = template(&reg, id).unwrap();
        let bytes = book.to_xlsx().unwrap();
        let sheet = read(&reg, id, &bytes).unwrap();
        let (slots, notes) = super::match_headers(def, &sheet.headers);
        assert!(notes.is_empty() && slots.iter().all(Option::is_some), "{id}: {notes:?}");
    }
}

#[test]
fn the_packs_load_and_load_again_without_change() {
    let reg = registry(&["province", "commune", "layer", "control", "collective_actor", "document"]);
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let files = [
        ("province", "vn-admin-2026"),
        ("commune", "vn-admin-2026"),
        ("layer", "base-2026"),
        ("control", "base-2026"),
        ("collective_actor", "base-2026"),
        ("document", "vn-law-2026"),
    ];
    for s in stores(&reg) {
        let mut sizes = BTreeMap::new();
        for (register, pack) in files {
            let bytes = std::fs::read(packs.join(pack).join("data").join(format!("{register}.csv"))).unwrap();
            let begun = std::time::Instant::now();
            let r = import(&s, &reg, register, bytes.clone());
            assert_eq!(
                r.counts.error,
                0,
                "{register}: {:#?}",
                r.rows.iter().filter(|r| r.outcome == Outcome::Error).take(3).collect::<Vec<_>>()
            );
            assert!(r.notes.is_empty(), "{register}: {:?}", r.notes);
            println!("{register}: {} in {:?} on {:?}", r.summary(), begun.elapsed(), s.engine());
            sizes.insert(register, r.rows.len());
            if register != "commune" {
                let again = import(&s, &reg, register, bytes);
                assert_eq!(again.counts.unchanged as usize, again.rows.len(), "{register}: {}", again.summary());
            }
        }
        assert_eq!((sizes["province"], sizes["commune"]), (98, 3331));
        let now = |register: &str| {
            let scope = system().may(access::Verb::Read, register).unwrap();
            s.read_blocking(|tx| actions::count(tx, &reg, &scope, &Query::default())).unwrap()
        };
        assert_eq!((now("province"), now("commune")), (34, 3321));
    }
}
