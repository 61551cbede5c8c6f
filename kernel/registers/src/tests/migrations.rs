//! Definitions change; tables follow, or refuse.

use super::*;
use crate::MigrationPlan;

fn with(change: impl Fn(&str) -> String) -> Registry {
    let person = change(include_str!("person.toml"));
    let mut sources: Vec<(&str, &str)> = SOURCES.iter().filter(|s| s.0 != "test/person.toml").copied().collect();
    sources.push(("test/person.toml", &person));
    Registry::load(&sources).unwrap_or_else(|e| panic!("{e:?}"))
}

fn migrate(w: &mut World, reg: Registry) -> (MigrationPlan, store::Result<()>) {
    let reg = Arc::new(reg);
    let plan = w.store.read_blocking(|tx| plan_migration(tx, &reg)).expect("plan");
    let (r, p) = (reg.clone(), plan.clone());
    let done = w.store.write_blocking(move |tx| apply(tx, &r, &p));
    if done.is_ok() {
        w.reg = reg;
    }
    (plan, done)
}

const FIELD: &str = "[[field]]\nid = \"rank\"\nlabel = { vi = \"Ngạch\", en = \"Rank\" }\ntype = \"text\"\n";

fn each(test: impl Fn(&mut World)) {
    for engine in testdb::ENGINES {
        if let Some(mut w) = World::open(engine, registry()) {
            test(&mut w);
            assert_eq!(w.read(crate::verify_rows).expect("verify"), vec![]);
            let again = w.read(plan_migration).expect("plan");
            assert!(again.is_empty(), "{again}");
        }
    }
}

#[test]
fn what_is_new_is_added() {
    each(|w| {
        let t = tree(w);
        let p = person(w, "An", &t.commune, "");
        let links = "[[field]]\nid = \"friends\"\nlabel = { vi = \"Bạn\", en = \"Friends\" }\ntype = { links = \"person\" }\n";
        let add = move |s: &str| {
            s.replace("[[check]]", &format!("{FIELD}{links}[[check]]"))
                .replace("\"position\"]", "\"position\", \"rank\"]")
                .replace("[[\"staff_code\"], ", "[[\"staff_code\"], [\"rank\"], ")
        };
        let (plan, done) = migrate(w, with(add));
        done.unwrap();
        let said = plan.to_string();
        assert!(said.contains("thêm trường “Ngạch”") && said.contains("thêm trường “Bạn”") && plan.refused.is_empty(), "{said}");
        let p = w.get(&system(), "person", &p.id).unwrap();
        assert_eq!((p.version, p.text("rank")), (1, None));
        let mut v = vals([("rank", "Chuyên viên")]);
        v.insert("friends".into(), Data::Links(vec![p.id.clone()]));
        let p = w.update(&system(), &p, v).unwrap();
        assert_eq!(p.links("friends").len(), 1);
        let q = Query { sort: Some("rank".into()), ..Query::default() };
        assert_eq!(w.list(&system(), "person", &q).unwrap().total, 1);
    });
}

/// Indexes a table really has.
fn indexes(w: &World, table: &str) -> Vec<String> {
    let sql = match w.store.engine() {
        store::Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = $1",
        store::Engine::Postgres => {
            "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = current_schema() AND CAST(tablename AS TEXT) = $1"
        }
    };
    w.store.read_blocking(|tx| tx.query(sql, &[table.into()])?.iter().map(|r| r.get(0)).collect()).unwrap()
}

/// The index a rule asks for stands in for the plain one of its first link, comes later like any other, and answers alone.
#[test]
fn an_index_for_rules_is_made_and_used() {
    each(|w| {
        let before = indexes(w, "training");
        assert!(before.iter().any(|n| n == "training__person") && !before.iter().any(|n| n == "training__rule0"), "{before:?}");
        let add = |s: &str| s.replace("[register]", "[register]\nindexes = [[\"person\", \"course\"]]");
        let training = add(include_str!("training.toml"));
        let mut sources: Vec<(&str, &str)> = SOURCES.iter().filter(|s| s.0 != "test/training.toml").copied().collect();
        sources.push(("test/training.toml", &training));
        let (plan, done) = migrate(w, Registry::load(&sources).unwrap_or_else(|e| panic!("{e:?}")));
        done.unwrap();
        assert!(plan.to_string().contains("thêm chỉ mục training__rule0") && plan.refused.is_empty(), "{plan}");
        let after = indexes(w, "training");
        assert!(!after.iter().any(|n| n == "training__person") && after.iter().any(|n| n == "training__rule0"), "{after:?}");
        if w.store.engine() == store::Engine::Sqlite {
            let asked = "EXPLAIN QUERY PLAN SELECT \"course\" FROM \"training\" WHERE \"person\" = 'x' AND \"deleted_at\" IS NULL";
            let plan: String = w.store.read_blocking(|tx| tx.query(asked, &[])?[0].get(3)).unwrap();
            assert!(plan.contains("COVERING INDEX training__rule0"), "{plan}");
        }
    });
    let wrong = include_str!("training.toml").replace("[register]", "[register]\nindexes = [[\"persom\"]]");
    let mut sources: Vec<(&str, &str)> = SOURCES.iter().filter(|s| s.0 != "test/training.toml").copied().collect();
    sources.push(("test/training.toml", &wrong));
    let errors = Registry::load(&sources).unwrap_err();
    assert!(errors.iter().any(|e| e.line > 0 && e.message.contains("“persom”") && e.message.contains("person")), "{errors:?}");
}

#[test]
fn what_would_lose_data_is_refused_unless_spelled_out() {
    each(|w| {
        let t = tree(w);
        w.create(&system(), "person", vals([("full_name", "An"), ("agency", &t.commune.id), ("note", "quý")])).unwrap();
        let gone = "[[field]]\nid = \"note\"\nlabel = { vi = \"Ghi chú\", en = \"Note\" }\ntype = \"long_text\"\n";
        let (plan, done) = migrate(w, with(|s| s.replace(gone, "")));
        assert!(plan.to_string().contains("drops = [\"note\"]"), "{plan}");
        assert!(matches!(done, Err(store::Error::Conflict(_))));
        let (plan, _) = migrate(w, with(|s| s.replace("type = \"decimal\"\nmax = 10", "type = \"text\"")));
        assert!(plan.refused.iter().any(|r| r.sentence_vi.contains("score")), "{plan}");
        let (plan, _) = migrate(w, with(|s| s.replace("id = \"position\"\n", "id = \"position\"\nrequired = true\n")));
        assert!(plan.refused.iter().any(|r| r.sentence_vi.contains("1 bản ghi")), "{plan}");
        let (plan, done) = migrate(w, with(|s| s.replace(gone, "").replace("[register]", "[register]\ndrops = [\"note\"]")));
        done.unwrap();
        assert!(plan.to_string().contains("xóa trường “note”"), "{plan}");
        let page = w.list(&system(), "person", &Query::default()).unwrap();
        assert_eq!((page.items[0].version, page.items[0].fields.contains_key("note")), (2, false), "the loss is a leaf of its own");
    });
}

#[test]
fn a_default_fills_what_becomes_required() {
    each(|w| {
        let t = tree(w);
        person(w, "An", &t.commune, "");
        let (plan, done) =
            migrate(w, with(|s| s.replace("id = \"position\"\n", "id = \"position\"\nrequired = true\ndefault = \"Nhân viên\"\n")));
        done.unwrap();
        assert!(plan.to_string().contains("1 bản ghi"), "{plan}");
        let page = w.list(&system(), "person", &Query::default()).unwrap();
        assert_eq!((page.items[0].text("position"), page.items[0].version), (Some("Nhân viên"), 2));
    });
}

#[test]
fn words_searched_change_with_the_definition() {
    each(|w| {
        let t = tree(w);
        w.create(&system(), "person", vals([("full_name", "An"), ("agency", &t.commune.id), ("staff_code", "KX77")])).unwrap();
        let q = Query { search: Some("kx77".into()), ..Query::default() };
        assert_eq!(w.list(&system(), "person", &q).unwrap().total, 0);
        let (_, done) = migrate(w, with(|s| s.replace("id = \"staff_code\"\n", "id = \"staff_code\"\nsearch = true\n")));
        done.unwrap();
        assert_eq!(w.list(&system(), "person", &q).unwrap().total, 1);
    });
}
