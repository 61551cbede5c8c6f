//! Files of records: content, hash, who may have it, what the ledger and a copy keep of it.

use super::*;
use crate::Attachment;
use access::Verb;
use store::Error;

fn with_papers(test: impl Fn(&World)) {
    for engine in testdb::ENGINES {
        let mut sources = SOURCES.to_vec();
        sources.push(("test/paper.toml", include_str!("paper.toml")));
        let reg = Registry::load(&sources).unwrap_or_else(|e| panic!("{e:?}"));
        if let Some(w) = World::open(engine, reg) {
            test(&w);
            assert_eq!(w.read(crate::verify_rows).expect("verify"), vec![], "rows, files and ledger agree");
        }
    }
}

fn text(name: &str, words: &str) -> Data {
    Data::Files(vec![Attachment::upload(name, words.as_bytes().to_vec()).expect("a text")])
}

fn with(mut v: Values, field: &str, d: Data) -> Values {
    v.insert(field.into(), d);
    v
}

fn open(w: &World, actor: &Actor, r: &Record, field: &str, sha: &str) -> Result<Vec<u8>> {
    let scope = actor.may(Verb::Read, "paper")?;
    w.read(|tx, reg| actions::attachment(tx, reg, &scope, &r.id, field, sha)).map(|(_, bytes)| bytes)
}

fn parts(w: &World) -> i64 {
    w.read(|tx, _| tx.query_opt("SELECT COUNT(*) FROM attachment_part", &[])?.expect("one row").get(0)).unwrap()
}

#[test]
fn a_file_comes_with_its_record_and_stays_with_its_history() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let base = vals([("name", "Quyết định"), ("agency", &t.commune.id)]);
        let p = w.create(&s, "paper", with(base.clone(), "scan", text("../qd 12.txt", "Quyết định số 12"))).unwrap();
        let first = p.files("scan")[0].clone();
        assert_eq!((first.name(), first.size(), first.media()), ("qd 12.txt", 23, "text/plain; charset=utf-8"));
        assert_eq!(open(w, &s, &p, "scan", first.sha256()).unwrap(), "Quyết định số 12".as_bytes());
        // the same content is kept once, whoever brings it
        let twin = w.create(&s, "paper", with(base, "scan", text("qd.txt", "Quyết định số 12"))).unwrap();
        assert_eq!((twin.files("scan")[0].sha256(), parts(w)), (first.sha256(), 1));
        // the same file again is no change
        let same = w.update(&s, &p, with(Values::new(), "scan", text("qd 12.txt", "Quyết định số 12"))).unwrap();
        assert_eq!(same.version, 1);
        let q = w.update(&s, &p, with(Values::new(), "scan", text("qd 13.txt", "Quyết định số 13"))).unwrap();
        let scope = s.may(Verb::Read, "paper").unwrap();
        let h = w.read(|tx, reg| actions::history(tx, reg, &scope, &p.id)).unwrap();
        assert_eq!(h[0].changes["scan"].0, Data::Files(vec![first.clone()]), "history shows the file before");
        assert_eq!(open(w, &s, &q, "scan", first.sha256()).unwrap(), "Quyết định số 12".as_bytes(), "and gives it");
        // the leaf names hash, name and size
        let body: String = w
            .read(|tx, _| {
                let sql = "SELECT body FROM ledger_leaf WHERE record = $1 ORDER BY seq DESC LIMIT 1";
                tx.query_opt(sql, &[p.id.as_str().into()])?.expect("leaf").get(0)
            })
            .unwrap();
        assert!(body.contains(q.files("scan")[0].sha256()) && body.contains("qd 13.txt") && body.contains("\"size\":23"), "{body}");
        assert!(!body.contains("Quyết định số"), "no content in the leaf: {body}");
    });
}

#[test]
fn large_files_are_whole_again_and_broken_ones_are_found() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let long: String = (0..40_000).map(|n| format!("dòng {n}\n")).collect();
        let v = with(vals([("name", "Nhật ký"), ("agency", &t.commune.id)]), "scan", text("log.log", &long));
        let p = w.create(&s, "paper", v).unwrap();
        let sha = p.files("scan")[0].sha256().to_owned();
        assert!(parts(w) > 3, "in parts");
        assert_eq!(open(w, &s, &p, "scan", &sha).unwrap(), long.as_bytes());
        w.write(|tx, _| tx.exec("UPDATE attachment_part SET part = -1 WHERE part = 1", &[]).map(drop)).unwrap();
        let wrong = w.read(crate::verify_rows).unwrap();
        assert!(wrong.len() == 1 && wrong[0].sentence_vi.contains("log.log"), "{wrong:?}");
        assert!(matches!(open(w, &s, &p, "scan", &sha), Err(Error::Internal(_))), "nothing false is handed out");
        w.write(|tx, _| tx.exec("UPDATE attachment_part SET part = 1 WHERE part = -1", &[]).map(drop)).unwrap();
    });
}

#[test]
fn a_hash_alone_gives_nobody_a_file() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let mine = w.create(&s, "paper", vals([("name", "Của tôi"), ("agency", &t.commune.id)])).unwrap();
        let v = with(vals([("name", "Của họ"), ("agency", &t.other.id)]), "scan", text("kin.txt", "chỉ xã Ân Thi đọc"));
        let theirs = w.create(&s, "paper", v).unwrap();
        let sha = theirs.files("scan")[0].sha256().to_owned();
        let contact = w.actor("contact", Some(&t.commune.id));
        assert!(matches!(open(w, &contact, &theirs, "scan", &sha), Err(Error::NotFound(_))), "outside the scope");
        let claim = with(Values::new(), "scan", Data::Files(vec![Attachment::kept(&sha, "kin.txt")]));
        let e = invalid(w.update(&contact, &mine, claim));
        assert!(e["scan"].contains("không có tệp này"), "{e:?}");
        assert!(matches!(open(w, &contact, &mine, "scan", &sha), Err(Error::NotFound(_))), "not of this record");
        assert!(matches!(open(w, &contact, &mine, "name", &sha), Err(Error::NotFound(_))), "not a field of files");
    });
}

#[test]
fn a_masked_file_is_not_handed_out() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let v = with(vals([("name", "Lý lịch"), ("agency", &t.commune.id)]), "secret", text("ly-lich.txt", "ngày sinh"));
        let p = w.create(&s, "paper", v).unwrap();
        let officer = w.actor("officer", None);
        assert_eq!(p.masked, ["secret"]);
        let sha = crate::write::hex(&crate::write::sha256("ngày sinh".as_bytes()));
        assert!(matches!(open(w, &officer, &p, "secret", &sha), Err(Error::Forbidden(_))));
        let scope = officer.may(Verb::Read, "paper").unwrap();
        let h = w.read(|tx, reg| actions::history(tx, reg, &scope, &p.id)).unwrap();
        assert!(!format!("{h:?}").contains("ly-lich"), "{h:?}");
    });
}

#[test]
fn several_files_are_kept_added_and_taken_away() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let a = Attachment::upload("a.txt", b"A".to_vec()).unwrap();
        let b = Attachment::upload("b.txt", b"B".to_vec()).unwrap();
        let base = vals([("name", "Hồ sơ"), ("agency", &t.commune.id)]);
        let two = Data::Files(vec![a.clone(), b.clone()]);
        let e = invalid(w.create(&s, "paper", with(base.clone(), "scan", two.clone())));
        assert!(e["scan"].contains("tối đa 1"), "{e:?}");
        let p = w.create(&s, "paper", with(base, "more", two)).unwrap();
        assert_eq!(p.files("more").len(), 2);
        let c = Attachment::upload("c.txt", b"C".to_vec()).unwrap();
        let p = w.update(&s, &p, with(Values::new(), "more", Data::Files(vec![Attachment::kept(b.sha256(), ""), c]))).unwrap();
        assert_eq!(p.files("more").iter().map(Attachment::name).collect::<Vec<_>>(), ["b.txt", "c.txt"]);
        let p = w.update(&s, &p, with(Values::new(), "more", Data::Null)).unwrap();
        assert!(p.files("more").is_empty());
    });
}

#[test]
fn what_a_step_demands_can_be_handed_in_with_it() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let p = w.create(&s, "paper", vals([("name", "Báo cáo"), ("agency", &t.commune.id)])).unwrap();
        let go = |values: Values| {
            let (s, id) = (system(), p.id.clone());
            w.write(move |tx, reg| actions::transition(tx, reg, &s, "paper", &id, 1, "finish", values, None))
        };
        assert!(invalid(go(Values::new()))["scan"].contains("cần nhập trước"), "demanded");
        assert!(invalid(go(with(Values::new(), "scan", Data::Files(vec![]))))["scan"].contains("cần nhập trước"), "empty");
        let done = go(with(Values::new(), "scan", text("bc.txt", "Báo cáo quý"))).unwrap();
        assert_eq!((done.state.as_deref(), done.files("scan").len()), (Some("done"), 1));
        assert_eq!(open(w, &s, &done, "scan", done.files("scan")[0].sha256()).unwrap(), "Báo cáo quý".as_bytes());
    });
}

#[test]
fn what_is_not_taken_says_why() {
    let of = |name: &str, bytes: Vec<u8>| Attachment::upload(name, bytes).unwrap_err();
    assert!(of("a.exe", b"MZ\x90\0".to_vec()).contains("không thuộc loại"));
    assert!(of("to.txt", vec![b'a'; crate::MOST_FILE + 1]).contains("20 MB"));
    assert!(Attachment::upload("vua.txt", vec![b'a'; crate::MOST_FILE]).is_ok());
}

#[test]
fn a_copy_of_the_instance_has_the_files() {
    with_papers(|w| {
        let (t, s) = (tree(w), system());
        let v = with(vals([("name", "Sao"), ("agency", &t.commune.id)]), "scan", text("sao.txt", &"sao lưu ".repeat(40_000)));
        let p = w.create(&s, "paper", v).unwrap();
        let file = std::env::temp_dir().join(format!("attachment_copy_{}.db", tx_name(w)));
        w.store.migrate_to(&file.to_string_lossy(), &|_, _| ()).unwrap();
        let there = Store::open(&file.to_string_lossy(), w.clock.clone(), Arc::new(SeededIds::new(3))).unwrap();
        let scope = s.may(Verb::Read, "paper").unwrap();
        let (a, bytes) =
            there.read_blocking(|tx| actions::attachment(tx, &w.reg, &scope, &p.id, "scan", p.files("scan")[0].sha256())).unwrap();
        assert_eq!((a.name(), bytes.len()), ("sao.txt", "sao lưu ".len() * 40_000));
        assert_eq!(there.read_blocking(|tx| crate::verify_rows(tx, &w.reg)).unwrap(), vec![]);
        there.close();
        std::fs::remove_file(file).unwrap();
    });
}

fn tx_name(w: &World) -> String {
    format!("{}_{}", std::process::id(), w.store.engine() == store::Engine::Postgres)
}

#[test]
fn a_new_record_starts_where_the_definition_says_with_role_and_demands_of_the_way_there() {
    with_papers(|w| {
        let t = tree(w);
        let contact = w.actor("contact", Some(&t.commune.id));
        let at = |state: &str| vals([("name", "Cũ"), ("agency", &t.commune.id), ("state", state)]);
        let e = invalid(w.create(&contact, "paper", at("gone")));
        assert!(e["state"].contains("“Nháp” hoặc “Xong” hoặc “Đã niêm”"), "{e:?}");
        let e = invalid(w.create(&contact, "paper", at("done")));
        assert!(e["scan"].contains("cần nhập khi bản ghi bắt đầu ở trạng thái “Xong”"), "{e:?}");
        let done = w.create(&contact, "paper", with(at("done"), "scan", text("a.txt", "A"))).unwrap();
        assert_eq!((done.state.as_deref(), done.version), (Some("done"), 1));
        assert!(matches!(w.create(&contact, "paper", at("sealed")), Err(Error::Forbidden(_))), "the step is not theirs");
        assert_eq!(w.create(&w.actor("officer", None), "paper", at("sealed")).unwrap().state.as_deref(), Some("sealed"));
        assert_eq!(w.create(&system(), "paper", at("gone")).unwrap().state.as_deref(), Some("gone"));
    });
}
