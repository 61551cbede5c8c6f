//! Search, order, pages, "as of".

use super::*;
use crate::{Filter, Op};

fn titles(w: &World, register: &str, q: &Query) -> Vec<String> {
    w.list(&system(), register, q).unwrap_or_else(|e| panic!("{e}")).items.into_iter().map(|r| r.title).collect()
}

fn find(words: &str) -> Query {
    Query { search: Some(words.into()), ..Query::default() }
}

#[test]
fn search_without_marks() {
    both(|w| {
        let t = tree(w);
        let c = |n: &str| w.create(&system(), "course", vals([("name", n)])).unwrap();
        let drill = c("Diễn tập thực chiến 100%_x");
        c("Điện toán");
        assert_eq!(titles(w, "course", &find("dien tap")), ["Diễn tập thực chiến 100%_x"]);
        assert_eq!(titles(w, "course", &find("TẬP  diễn")), ["Diễn tập thực chiến 100%_x"]);
        assert_eq!(titles(w, "course", &find("dien")).len(), 2);
        assert_eq!(titles(w, "course", &find("100%_")), ["Diễn tập thực chiến 100%_x"], "signs do not matter, nor do they match anything");
        assert_eq!(titles(w, "course", &find("100x")), Vec::<String>::new());
        assert_eq!(titles(w, "agency", &find("dong thap")), ["UBND xã Đồng Tháp"]);
        assert_eq!(titles(w, "agency", &find("uy ban nhan dan xa an thi")), ["UBND xã Ân Thi"]);
        assert_eq!(titles(w, "agency", &find("thôn hòa bình")), ["Thôn Hoà Bình"]);
        let p = person(w, "Nguyễn Thị Đào", &t.commune, "");
        w.create(&system(), "training", vals([("person", &p.id), ("course", &drill.id)])).unwrap();
        assert_eq!(titles(w, "training", &find("dao dien tap")), ["Nguyễn Thị Đào · Diễn tập thực chiến 100%_x"], "words of linked titles");
        w.update(&system(), &p, vals([("full_name", "Nguyễn Thị Mận")])).unwrap();
        assert_eq!(titles(w, "training", &find("man")).len(), 1, "a renamed person is found by the new name");
        assert_eq!(titles(w, "training", &find("dao")).len(), 0);
    });
}

#[test]
fn vietnamese_order() {
    both(|w| {
        let t = tree(w);
        for n in ["Trần Đức", "Lê Ân", "Bùi An", "Nguyễn Dũng", "Đỗ An"] {
            person(w, n, &t.commune, "");
        }
        assert_eq!(titles(w, "person", &Query::default()), ["Bùi An", "Đỗ An", "Lê Ân", "Nguyễn Dũng", "Trần Đức"]);
        let down = Query { sort: Some("-full_name".into()), ..Query::default() };
        assert_eq!(titles(w, "person", &down)[0], "Trần Đức");
        assert_eq!(
            titles(w, "agency", &Query { sort: Some("kind".into()), ..Query::default() })[0],
            "UBND tỉnh Sao Mai",
            "in the order of the code list"
        );
        assert!(
            matches!(w.list(&system(), "person", &Query { sort: Some("full_nam".into()), ..Query::default() }), Err(store::Error::BadRequest(m)) if m.contains("full_name"))
        );
    });
}

#[test]
fn a_renamed_person_sorts_anew_where_the_title_shows_them() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (person(w, "Ánh", &t.commune, ""), person(w, "Bảo", &t.commune, ""));
        for p in [&a, &b] {
            w.create(&system(), "contact_point", vals([("agency", &t.commune.id), ("person", &p.id)])).unwrap();
        }
        let q = Query { sort: Some("title".into()), ..Query::default() };
        assert_eq!(titles(w, "contact_point", &q)[0], "Ánh · UBND xã Đồng Tháp");
        w.update(&system(), &a, vals([("full_name", "Yến")])).unwrap();
        assert_eq!(titles(w, "contact_point", &q), ["Bảo · UBND xã Đồng Tháp", "Yến · UBND xã Đồng Tháp"]);
    });
}

#[test]
fn pages_hold_still_while_others_write() {
    both(|w| {
        let t = tree(w);
        for i in 0..25 {
            w.create(
                &system(),
                "person",
                vals([("full_name", &format!("Người {i:02}")), ("agency", &t.commune.id), ("salary", &(i % 4).to_string())]),
            )
            .unwrap();
        }
        for sort in
            ["full_name", "-full_name", "salary", "-salary", "agency", "active", "left_on", "-score", "created_at", "-id", "position"]
        {
            let mut q = Query { sort: Some(sort.into()), limit: Some(7), ..Query::default() };
            let mut seen = Vec::new();
            let mut rounds = 0;
            loop {
                let page = w.list(&system(), "person", &q).unwrap();
                seen.extend(page.items.iter().map(|r| r.id.clone()));
                assert!(page.total >= 25);
                rounds += 1;
                if rounds == 2 {
                    // somebody adds and removes records before and behind
                    w.create(&system(), "person", vals([("full_name", &format!("Aa {sort}")), ("agency", &t.commune.id)])).unwrap();
                }
                match page.next {
                    Some(n) => q.after = Some(n),
                    None => break,
                }
            }
            let mut once = seen.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{sort}: nobody twice");
            assert!(seen.len() >= 25, "{sort}: nobody left out ({})", seen.len());
        }
        for bad in ["zz", "7b7d", "ff"] {
            assert!(matches!(
                w.list(&system(), "person", &Query { after: Some(bad.into()), ..Query::default() }),
                Err(store::Error::BadRequest(_))
            ));
        }
    });
}

#[test]
fn filters() {
    both(|w| {
        let t = tree(w);
        let mut v = vals([("full_name", "An"), ("agency", &t.commune.id), ("salary", "5"), ("left_on", "2026-01-01")]);
        v.insert("active".into(), Data::Bool(false));
        w.create(&system(), "person", v).unwrap();
        w.create(&system(), "person", vals([("full_name", "Bình"), ("agency", &t.other.id)])).unwrap();
        let by = |field: &str, op: Op, values: &[&str]| {
            let f = Filter { field: field.into(), op, values: values.iter().map(|v| (*v).to_owned()).collect() };
            titles(w, "person", &Query { filters: vec![f], ..Query::default() }).join(",")
        };
        assert_eq!(by("active", Op::Is, &["0"]), "An");
        assert_eq!(by("active", Op::Not, &["0"]), "Bình");
        assert_eq!(by("salary", Op::From, &["5"]), "An");
        assert_eq!(by("salary", Op::Not, &["5"]), "Bình", "empty is not 5");
        assert_eq!(by("left_on", Op::Empty, &[]), "Bình");
        assert_eq!(by("left_on", Op::Filled, &[]), "An");
        assert_eq!(by("left_on", Op::To, &["01/01/2026"]), "An");
        assert_eq!(by("agency", Op::Under, &[&t.province.id]), "An,Bình");
        assert_eq!(by("agency", Op::Is, &[]), "");
        for (f, op, v) in
            [("salary", Op::Is, "nhiều"), ("nope", Op::Is, "x"), ("full_name", Op::Under, "x"), ("left_on", Op::From, "hôm qua")]
        {
            let q = Query { filters: vec![Filter { field: f.into(), op, values: vec![v.into()] }], ..Query::default() };
            assert!(matches!(w.list(&system(), "person", &q), Err(store::Error::BadRequest(_))), "{f}");
        }
    });
}

#[test]
fn as_of_a_day() {
    both(|w| {
        let mk = |n: &str, a: &str, b: &str| {
            w.create(&system(), "agency", vals([("name", n), ("kind", "department"), ("valid_from", a), ("valid_to", b)])).unwrap()
        };
        mk("Sở Cũ", "", "2025-06-30");
        mk("Sở Mới", "2025-07-01", "");
        mk("Sở Sau", "2027-01-01", "");
        let on = |d: Option<&str>| titles(w, "agency", &Query { as_of: d.map(Into::into), ..Query::default() }).join(",");
        assert_eq!(on(None), "Sở Mới");
        assert_eq!(
            (on(Some("2025-06-30")), on(Some("2025-07-01")), on(Some("01/01/2027"))),
            ("Sở Cũ".into(), "Sở Mới".into(), "Sở Mới,Sở Sau".into())
        );
        assert_eq!(on(Some("all")), "Sở Cũ,Sở Mới,Sở Sau");
    });
}

#[test]
fn predicates_of_the_rule_language() {
    both(|w| {
        let t = tree(w);
        person(w, "An", &t.commune, "0912345678");
        person(w, "Bình", &t.other, "");
        let q = |rule: &str| Query { predicate: Some(rule.into()), ..Query::default() };
        assert_eq!(titles(w, "person", &q("active and full_name = \"An\"")), ["An"]);
        assert_eq!(titles(w, "agency", &q("no person where active")).len(), 3);
        assert!(matches!(w.list(&system(), "person", &q("ful_name = 1")), Err(store::Error::BadRequest(_))));
        let c = w.actor("contact", Some(&t.commune.id));
        assert_eq!(w.list(&c, "person", &q("active")).unwrap().total, 1, "the scope stays");
        assert!(matches!(w.list(&c, "person", &q("phone = \"0912345678\"")), Err(store::Error::Forbidden(_))));
        assert!(w.list(&c, "agency", &q("exists person where full_name = \"Bình\"")).is_err(), "no looking past the scope");
    });
}

#[test]
fn a_tally_counts_in_scope_and_an_uncounted_page_does_not_count() {
    both(|w| {
        let t = tree(w);
        for (name, agency) in [("Lê An", &t.commune), ("Lê Bình", &t.commune), ("Lê Chi", &t.other)] {
            person(w, name, agency, "");
        }
        let tally = |actor: &Actor| {
            let scope = actor.may(access::Verb::Read, "person").unwrap();
            w.read(move |tx, reg| crate::actions::tally(tx, reg, &scope, &Query::default(), &["agency"])).unwrap()
        };
        let mut all: Vec<(Option<String>, i64)> = tally(&system()).into_iter().map(|l| (l.of[0].clone(), l.n)).collect();
        all.sort_by_key(|l| l.1);
        assert_eq!(all, [(Some(t.other.id.clone()), 1), (Some(t.commune.id.clone()), 2)]);
        assert_eq!(tally(&w.actor("contact", Some(&t.other.id))).len(), 1, "the neighbour is not counted");
        let q = Query { limit: Some(1), uncounted: true, ..Query::default() };
        let page = w.list(&system(), "person", &q).unwrap();
        assert_eq!((page.items.len(), page.total, page.next.is_some()), (1, 1, true));
        let scope = system().may(access::Verb::Read, "person").unwrap();
        let hidden = w.read(move |tx, reg| crate::actions::tally(tx, reg, &scope, &Query::default(), &["phone"]));
        assert!(hidden.is_err(), "personal values are no groups");
    });
}
