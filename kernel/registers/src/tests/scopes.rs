//! Who sees and changes what; masking and its leaks.

use super::*;
use access::Verb;
use store::Error;

use crate::{Filter, Op};

fn filter(field: &str, op: Op, values: &[&str]) -> Query {
    Query {
        filters: vec![Filter { field: field.into(), op, values: values.iter().map(|v| (*v).to_owned()).collect() }],
        ..Query::default()
    }
}

#[test]
fn inside_outside_and_below() {
    both(|w| {
        let t = tree(w);
        let mine = person(w, "An", &t.commune, "0912345678");
        let below = person(w, "Bình", &t.hamlet, "");
        let theirs = person(w, "Cúc", &t.other, "");
        let c = w.actor("contact", Some(&t.commune.id));
        let names = |q: &Query| w.list(&c, "person", q).unwrap().items.into_iter().map(|r| r.title).collect::<Vec<_>>();
        assert_eq!(names(&Query::default()), ["An", "Bình"]);
        assert_eq!(w.get(&c, "person", &below.id).unwrap().title, "Bình");
        assert!(matches!(w.get(&c, "person", &theirs.id), Err(Error::NotFound(_))));
        assert!(matches!(w.get(&c, "person", "no-such"), Err(Error::NotFound(_))));
        assert_eq!(names(&Query { ids: Some(vec![theirs.id.clone(), mine.id.clone()]), ..Query::default() }), ["An"]);
        assert_eq!(names(&Query { search: Some("cuc".into()), ..Query::default() }), Vec::<String>::new());
        let scope = c.may(Verb::Read, "person").unwrap();
        assert!(w.read(|tx, reg| actions::suggest(tx, reg, &scope, "cuc", 10)).unwrap().is_empty());
        assert_eq!(w.read(|tx, reg| actions::count(tx, reg, &scope, &Query::default())).unwrap(), 2);
        assert!(matches!(w.read(|tx, reg| actions::history(tx, reg, &scope, &theirs.id)), Err(Error::NotFound(_))));
        // writing: neither there nor from here to there
        assert!(matches!(w.update(&c, &theirs, vals([("position", "X")])), Err(Error::NotFound(_))));
        assert!(matches!(w.update(&c, &mine, vals([("agency", &t.other.id)])), Err(Error::Forbidden(_))));
        assert!(matches!(w.create(&c, "person", vals([("full_name", "Dũng"), ("agency", &t.other.id)])), Err(Error::Forbidden(_))));
        assert!(w.update(&c, &mine, vals([("agency", &t.hamlet.id)])).is_ok());
        // a sibling whose path begins with the same letters is not below
        assert!(matches!(w.create(&c, "agency", vals([("name", "X"), ("kind", "commune")])), Err(Error::Forbidden(_))));
        // a scope to write is no leave to read
        let write = c.may(Verb::Create, "person").unwrap();
        assert!(w.read(|tx, reg| actions::list(tx, reg, &write, &Query::default())).is_err());
    });
}

#[test]
fn owners_over_two_links() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (person(w, "An", &t.commune, ""), person(w, "Bình", &t.other, ""));
        let cp = |p: &Record, ag: &Record| w.create(&system(), "contact_point", vals([("agency", &ag.id), ("person", &p.id)])).unwrap();
        let (x, y) = (cp(&a, &t.commune), cp(&b, &t.other));
        let c = w.actor("contact", Some(&t.commune.id));
        let page = w.list(&c, "contact_point", &Query::default()).unwrap();
        assert_eq!((page.total, page.items[0].id.as_str()), (1, x.id.as_str()));
        assert_eq!(page.items[0].agency.as_deref(), Some(t.commune.id.as_str()));
        assert!(matches!(w.get(&c, "contact_point", &y.id), Err(Error::NotFound(_))));
        // pointing at somebody else's person is answered as if there were no such person
        let outside = invalid(w.create(&c, "contact_point", vals([("agency", &t.commune.id), ("person", &b.id)])));
        let nobody = invalid(w.create(&c, "contact_point", vals([("agency", &t.commune.id), ("person", "no-such")])));
        assert_eq!(outside, nobody);
        let of = |f: &str, op: Op, v: &str| w.list(&system(), "contact_point", &filter(f, op, &[v])).unwrap().total;
        assert_eq!(w.list(&system(), "training", &filter("agency", Op::Under, &[&t.province.id])).unwrap().total, 0);
        assert_eq!(
            (of("agency", Op::Under, &t.province.id), of("agency", Op::Is, &t.other.id), of("agency", Op::Under, &t.hamlet.id)),
            (2, 1, 0)
        );
    });
}

#[test]
fn moving_an_agency_moves_what_is_below() {
    both(|w| {
        let t = tree(w);
        person(w, "An", &t.hamlet, "");
        let c = w.actor("contact", Some(&t.other.id));
        assert_eq!(w.list(&c, "person", &Query::default()).unwrap().total, 0);
        w.update(&system(), &t.commune, vals([("parent", &t.other.id)])).unwrap();
        assert_eq!(w.list(&c, "person", &Query::default()).unwrap().total, 1);
        let hamlet: String = w
            .read(|tx, _| tx.query_opt("SELECT path FROM agency WHERE id = $1", &[t.hamlet.id.as_str().into()]))
            .unwrap()
            .unwrap()
            .get(0)
            .unwrap();
        assert_eq!(hamlet, format!("/{}/{}/{}/{}/", t.province.id, t.other.id, t.commune.id, t.hamlet.id));
        let e = invalid(w.update(&system(), &t.other, vals([("parent", &t.hamlet.id)])));
        assert!(e["parent"].contains("vòng"), "{e:?}");
        let e = invalid(w.update(&system(), &t.other, vals([("parent", &t.other.id)])));
        assert!(e.contains_key("parent"));
    });
}

#[test]
fn personal_values_stay_hidden() {
    both(|w| {
        let t = tree(w);
        let p = w
            .create(
                &system(),
                "person",
                vals([
                    ("full_name", "An"),
                    ("agency", &t.commune.id),
                    ("phone", "0912345678"),
                    ("email", "an.nguyen@saomai.vn"),
                    ("birth_year", "1980"),
                ]),
            )
            .unwrap();
        let c = w.actor("contact", Some(&t.commune.id));
        let r = w.get(&c, "person", &p.id).unwrap();
        assert_eq!((r.text("phone"), r.text("email"), r.text("birth_year")), (Some("09•••••678"), Some("a•••@…"), Some("••••")));
        assert_eq!(r.masked, ["birth_year", "phone", "email"]);
        // neither by filter nor by order nor by words
        for f in [filter("phone", Op::Is, &["0912345678"]), filter("birth_year", Op::From, &["1979"]), filter("email", Op::Empty, &[])] {
            assert!(matches!(w.list(&c, "person", &f), Err(Error::Forbidden(_))), "{f:?}");
        }
        for sort in ["phone", "-birth_year"] {
            assert!(matches!(w.list(&c, "person", &Query { sort: Some(sort.into()), ..Query::default() }), Err(Error::Forbidden(_))));
        }
        for words in ["0912345678", "an.nguyen", "1980"] {
            assert_eq!(w.list(&c, "person", &Query { search: Some(words.into()), ..Query::default() }).unwrap().total, 0, "{words}");
        }
        assert_eq!(w.list(&w.actor("head", Some(&t.commune.id)), "person", &filter("phone", Op::Is, &["0912345678"])).unwrap().total, 1);
        // in history both sides are hints
        let r = w.update(&c, &p, vals([("phone", "0999888777"), ("email", "a•••@…")])).unwrap();
        let scope = c.may(Verb::Read, "person").unwrap();
        let h = w.read(|tx, reg| actions::history(tx, reg, &scope, &p.id)).unwrap();
        assert_eq!(h[0].changes.keys().collect::<Vec<_>>(), ["phone"], "a hint sent back changes nothing");
        assert!(!format!("{h:?}").contains("0912345678") && !format!("{h:?}").contains("0999888777"));
        let e = invalid(w.update(&c, &r, vals([("phone", "09•••••111")])));
        assert!(e["phone"].contains("che"), "{e:?}");
    });
}

#[test]
fn unmasking_is_written_down() {
    both(|w| {
        let t = tree(w);
        let p = person(w, "An", &t.commune, "0912345678");
        let go = |a: Actor, reason: &str| {
            let (id, reason) = (p.id.clone(), reason.to_owned());
            w.write(move |tx, reg| actions::unmask(tx, reg, &a, "person", &id, &reason))
        };
        assert!(matches!(go(w.actor("contact", Some(&t.commune.id)), "gọi"), Err(Error::Forbidden(_))));
        assert!(matches!(go(w.actor("head", Some(&t.other.id)), "gọi"), Err(Error::NotFound(_))));
        let head = w.actor("head", Some(&t.commune.id));
        assert!(invalid(go(head.clone(), " ")).contains_key("reason"));
        let clear = go(head.clone(), "báo sự cố").unwrap();
        assert_eq!((clear.text("phone"), clear.masked.len()), (Some("0912345678"), 0));
        let scope = head.may(Verb::Read, "person").unwrap();
        let h = w.read(|tx, reg| actions::history(tx, reg, &scope, &p.id)).unwrap();
        assert_eq!((h[0].action.as_str(), h[0].reason.as_deref(), h[0].changes.len()), ("unmask", Some("báo sự cố"), 0));
        let jobs = system().may(Verb::Unmask, "person").unwrap();
        assert_eq!(
            w.read(|tx, reg| actions::get(tx, reg, &jobs, &p.id)).unwrap().text("phone"),
            Some("0912345678"),
            "the program itself reads in clear"
        );
        let unmask = head.may(Verb::Unmask, "person").unwrap();
        assert_eq!(
            w.read(|tx, reg| actions::get(tx, reg, &unmask, &p.id)).unwrap().text("phone"),
            Some("09•••••678"),
            "a person only by the action"
        );
    });
}

#[test]
fn titles_follow_the_readers_rights() {
    both(|w| {
        let t = tree(w);
        let boss = person(w, "Bà Chủ Tịch", &t.other, "");
        w.update(&system(), &t.other, vals([("head", &boss.id)])).unwrap();
        let c = w.actor("contact", Some(&t.commune.id));
        // agencies are public, the person behind one is not
        let seen = w.get(&c, "agency", &t.other.id).unwrap();
        assert_eq!((seen.title.as_str(), seen.link_title("head")), ("UBND xã Ân Thi", Some("(ngoài phạm vi)")));
        let own = w.get(&w.actor("contact", Some(&t.other.id)), "agency", &t.other.id).unwrap();
        assert_eq!(own.link_title("head"), Some("Bà Chủ Tịch"));
        // a contact point of ours whose deputy is elsewhere: the name is not in the title nor found by words
        let a = person(w, "An", &t.commune, "");
        let mut v = vals([("agency", &t.commune.id), ("person", &a.id)]);
        v.insert("deputies".into(), Data::Links(vec![boss.id.clone()]));
        w.create(&system(), "contact_point", v).unwrap();
        let page = w.list(&c, "contact_point", &Query::default()).unwrap();
        assert_eq!(page.items[0].links["deputies"][0].1, "(ngoài phạm vi)");
    });
}

#[test]
fn duplicates_tell_no_secrets() {
    both(|w| {
        let t = tree(w);
        let s = system();
        let a = person(w, "Nguyễn Văn An", &t.commune, "0912 345 678");
        let b = person(w, "Nguyen Văn An", &t.commune, "");
        person(w, "Lê Bình", &t.hamlet, "+84 912 345 678");
        person(w, "Nguyễn Văn An", &t.other, "");
        let all = s.may(Verb::Read, "person").unwrap();
        let groups = w.read(|tx, reg| crate::duplicates(tx, reg, &all, 50)).unwrap();
        let fields: Vec<_> = groups.iter().map(|g| g.field.as_str()).collect();
        assert_eq!(fields, ["full_name", "phone"], "{groups:?}");
        let c = w.actor("contact", Some(&t.commune.id)).may(Verb::Read, "person").unwrap();
        let groups = w.read(|tx, reg| crate::duplicates(tx, reg, &c, 50)).unwrap();
        assert_eq!(
            groups.iter().map(|g| g.field.as_str()).collect::<Vec<_>>(),
            ["full_name"],
            "phones are not compared for who may not see them"
        );
        let like = |scope: &access::Scope, v: Values| w.read(|tx, reg| crate::similar_to(tx, reg, scope, &v, None)).unwrap();
        let found = like(&c, vals([("full_name", "nguyen van an"), ("agency", &t.commune.id), ("phone", "0912345678")]));
        assert_eq!(found.len(), 1);
        assert!(found[0].records.iter().any(|r| r.0 == a.id) && found[0].records.iter().all(|r| r.0 == a.id || r.0 == b.id));
        assert_eq!(like(&all, vals([("phone", "0912345678")]))[0].records.len(), 2);
        let elsewhere = w.actor("contact", Some(&t.other.id)).may(Verb::Read, "person").unwrap();
        assert!(like(&elsewhere, vals([("full_name", "Lê Bình"), ("agency", &t.hamlet.id)])).is_empty());
    });
}

#[test]
fn saved_filters_are_ones_own_or_shared() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (w.actor("contact", Some(&t.commune.id)), w.actor("head", Some(&t.commune.id)));
        let put = |who: &Actor, name: &str, shared: bool| {
            let (who, name) = (who.clone(), name.to_owned());
            w.write(move |tx, reg| {
                crate::saved::save(
                    tx,
                    reg,
                    &who,
                    "person",
                    &name,
                    &Query { search: Some("x".into()), after: Some("zz".into()), ..Query::default() },
                    shared,
                )
            })
        };
        let one = put(&a, "Của tôi", false).unwrap();
        assert_eq!(put(&a, " Của tôi ", true).unwrap(), one, "the same name replaces");
        put(&b, "Riêng", false).unwrap();
        let names =
            |who: &Actor| w.read(|tx, _| crate::saved::list(tx, who, "person")).unwrap().into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names(&a), ["Của tôi"]);
        assert_eq!(names(&b), ["Của tôi", "Riêng"]);
        let (who, id) = (b.clone(), one.clone());
        assert!(w.write(move |tx, _| crate::saved::remove(tx, &who, &id)).is_err(), "not somebody else's");
        assert!(put(&a, "  ", false).is_err());
    });
}

/// A list under a scope holds exactly the records that the owner's path puts into it: random trees, random owners,
/// random grants, compared with the same question asked record by record.
#[test]
fn a_list_is_what_one_by_one_says() {
    both(|w| {
        let mut seed = 0x5eed_u64;
        let mut next = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or(0) % n
        };
        let mut agencies: Vec<Record> = Vec::new();
        for i in 0..25 {
            let mut v = vals([("name", &format!("Cơ quan {i}")), ("kind", "commune")]);
            if i > 0 && next(5) > 0 {
                v.insert("parent".into(), Data::Text(agencies[next(i)].id.clone()));
            }
            agencies.push(w.create(&system(), "agency", v).unwrap());
        }
        let mut people = Vec::new();
        let mut points = Vec::new();
        for i in 0..60 {
            let p = person(w, &format!("Người {i}"), &agencies[next(25)], "");
            if next(2) == 0 {
                points.push(w.create(&system(), "contact_point", vals([("agency", &agencies[next(25)].id), ("person", &p.id)])).unwrap());
            }
            people.push(p);
        }
        // some agencies move after their records were made
        for _ in 0..6 {
            let (a, b) = (agencies[next(25)].id.clone(), agencies[next(25)].id.clone());
            let now = w.get(&system(), "agency", &a).unwrap();
            let _ = w.update(&system(), &now, vals([("parent", &b)]));
        }
        let path = |id: &str| -> String {
            w.read(|tx, _| tx.query_opt("SELECT path FROM agency WHERE id = $1", &[id.into()])).unwrap().unwrap().get(0).unwrap()
        };
        for a in &agencies {
            let actor = w.actor("contact", Some(&a.id));
            let scope = actor.may(Verb::Read, "person").unwrap();
            let q = Query { limit: Some(500), ..Query::default() };
            let mut got: Vec<String> = w.list(&actor, "person", &q).unwrap().items.into_iter().map(|r| r.id).collect();
            let mut want: Vec<String> =
                people.iter().filter(|p| scope.covers(&path(p.agency.as_deref().unwrap()))).map(|p| p.id.clone()).collect();
            got.sort();
            want.sort();
            assert_eq!(got, want);
            let mut got: Vec<String> = w.list(&actor, "contact_point", &q).unwrap().items.into_iter().map(|r| r.id).collect();
            let mut want: Vec<String> =
                points.iter().filter(|p| scope.covers(&path(p.agency.as_deref().unwrap()))).map(|p| p.id.clone()).collect();
            got.sort();
            want.sort();
            assert_eq!(got, want);
            for p in &people {
                assert_eq!(w.get(&actor, "person", &p.id).is_ok(), scope.covers(&path(p.agency.as_deref().unwrap())));
            }
        }
    });
}
