//! Create, update, states, validation, history.

use super::*;
use access::Verb;
use store::Error;

#[test]
fn a_record_lives() {
    both(|w| {
        let t = tree(w);
        let s = system();
        let p = w
            .create(
                &s,
                "person",
                vals([
                    ("full_name", "  Nguyễn Văn An "),
                    ("agency", &t.commune.id),
                    ("salary", "12.000.000"),
                    ("score", "8,5"),
                    ("left_on", "2/3/2026"),
                ]),
            )
            .unwrap();
        assert_eq!(p.title, "Nguyễn Văn An");
        assert_eq!((p.version, p.bool("active"), p.int("salary"), p.real("score")), (1, Some(true), Some(12_000_000), Some(8.5)));
        assert_eq!(p.date("left_on"), Some("2026-03-02"));
        assert_eq!(p.link_title("agency"), Some("UBND xã Đồng Tháp"));
        assert_eq!(p.agency.as_deref(), Some(t.commune.id.as_str()));
        w.later(60);
        let q = w.update(&s, &p, vals([("position", "Chuyên viên")])).unwrap();
        assert_eq!((q.version, q.text("position")), (2, Some("Chuyên viên")));
        let same = w.update(&s, &q, vals([("position", " Chuyên viên ")])).unwrap();
        assert_eq!(same.version, 2, "an unchanged update writes nothing");
        let scope = s.may(Verb::Read, "person").unwrap();
        let h = w.read(|tx, reg| actions::history(tx, reg, &scope, &p.id)).unwrap();
        assert_eq!(h.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["update", "create"]);
        assert_eq!(h[0].changes.keys().collect::<Vec<_>>(), ["position"]);
        let old = w.read(|tx, reg| actions::get_as_of(tx, reg, &scope, &p.id, NOW)).unwrap();
        assert_eq!((old.version, old.text("position")), (1, None));
        let events = w.read(|tx, _| tx.query("SELECT kind FROM event WHERE record = $1 ORDER BY at, id", &[p.id.as_str().into()])).unwrap();
        assert_eq!(events.iter().map(|r| r.get::<String>(0).unwrap()).collect::<Vec<_>>(), ["create", "update"]);
    });
}

#[test]
fn the_second_writer_hears_of_the_first() {
    both(|w| {
        let t = tree(w);
        let p = person(w, "Trần Bình", &t.commune, "0912 345 678");
        w.update(&system(), &p, vals([("position", "A")])).unwrap();
        match w.update(&system(), &p, vals([("position", "B")])) {
            Err(Error::Conflict(m)) => assert!(m.contains("Chính bạn"), "one's own repeat blames nobody else: {m}"),
            other => panic!("{other:?}"),
        }
        match w.update(&access::Actor::system("khác"), &p, vals([("position", "C")])) {
            Err(Error::Conflict(m)) => assert!(m.contains("hệ thống") && m.contains("22/11/2026"), "{m}"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn the_same_key_gives_the_same_record() {
    both(|w| {
        let t = tree(w);
        let v = vals([("full_name", "Lê Cúc"), ("agency", &t.commune.id)]);
        let go = |v: Values| w.write(move |tx, reg| actions::create(tx, reg, &system(), "person", v, Some("k1")));
        let a = go(v.clone()).unwrap();
        let b = go(v.clone()).unwrap();
        assert_eq!(a.id, b.id);
        let mut other = v;
        other.insert("position".into(), Data::Text("X".into()));
        assert!(matches!(go(other), Err(Error::Conflict(_))));
    });
}

#[test]
fn all_errors_are_told_at_once() {
    both(|w| {
        tree(w);
        let e = invalid(w.create(
            &system(),
            "person",
            vals([
                ("agency", "no-such"),
                ("phone", "abc"),
                ("email", "x@y"),
                ("site", "javascript:alert(1)"),
                ("host", "10.0.0.300"),
                ("net", "10.0.0.0/33"),
                ("name_space", "-bad-.vn"),
                ("place", "91,200"),
                ("salary", "-1"),
                ("score", "10,5"),
                ("birth_year", "1066"),
                ("left_on", "31/2/2026"),
                ("active", "maybe"),
                ("fullname", "typo"),
            ]),
        ));
        for f in [
            "full_name",
            "agency",
            "phone",
            "email",
            "site",
            "host",
            "net",
            "name_space",
            "place",
            "salary",
            "score",
            "birth_year",
            "left_on",
            "active",
            "fullname",
        ] {
            assert!(e.contains_key(f), "{f} in {e:?}");
        }
        assert!(e["fullname"].contains("full_name"), "{}", e["fullname"]);
        assert!(e["salary"].starts_with("Lương:"), "{}", e["salary"]);
        let e = invalid(w.create(&system(), "person", vals([("left_on", "2027-01-01")])));
        assert!(e["left_on"].contains("22/11/2026"), "max = today: {e:?}");
    });
}

#[test]
fn good_forms_pass() {
    both(|w| {
        let t = tree(w);
        let v = vals([
            ("full_name", "Phạm Dũng"),
            ("agency", &t.commune.id),
            ("phone", "(0203) 3835 678"),
            ("email", "pham.dung@saomai.gov.vn"),
            ("site", "https://saomai.gov.vn/x?y=1"),
            ("host", "2001:db8::1"),
            ("net", "10.0.0.0/8"),
            ("name_space", "saomai.gov.vn"),
            ("place", "21.03,105.85"),
            ("note", "dòng một\r\ndòng hai"),
        ]);
        let p = w.create(&system(), "person", v).unwrap();
        assert_eq!(p.text("note"), Some("dòng một\ndòng hai"));
        assert_eq!(p.text("phone"), Some("(0•••••678"));
    });
}

#[test]
fn checks_and_choices_by_date() {
    both(|w| {
        let t = tree(w);
        let e = invalid(w.create(&system(), "person", vals([("full_name", "Hoàng Em"), ("agency", &t.commune.id), ("active", "không")])));
        assert_eq!(e["left_on"], "Nhập ngày thôi công tác.");
        let district = |from: &str| vals([("name", "Huyện Cũ"), ("kind", "district"), ("valid_from", from)]);
        let e = invalid(w.create(&system(), "agency", district("2026-01-01")));
        assert!(e["kind"].contains("30/06/2025"), "{e:?}");
        assert!(w.create(&system(), "agency", district("2020-01-01")).is_ok());
        let e = invalid(w.create(
            &system(),
            "agency",
            vals([("name", "X"), ("kind", "comune"), ("valid_from", "2026-02-02"), ("valid_to", "2026-02-01")]),
        ));
        assert!(e["kind"].contains("commune") && e["valid_to"].contains("01/02/2026"), "{e:?}");
    });
}

#[test]
fn natural_keys_hold_among_the_living() {
    both(|w| {
        let t = tree(w);
        let v = || vals([("full_name", "Vũ Phúc"), ("agency", &t.commune.id), ("staff_code", "CB01")]);
        let p = w.create(&system(), "person", v()).unwrap();
        let e = invalid(w.create(&system(), "person", v()));
        assert!(e["staff_code"].contains("Vũ Phúc"), "{e:?}");
        // a contact of another commune is not told whose code it is
        let c = w.actor("contact", Some(&t.other.id));
        let e = invalid(w.create(&c, "person", vals([("full_name", "Ai Đó"), ("agency", &t.other.id), ("staff_code", "CB01")])));
        assert!(!e["staff_code"].contains("Phúc"), "{e:?}");
        // the same agency name under the same parent, no dates: missing dates are equal
        let e = invalid(w.create(&system(), "agency", vals([("name", "UBND xã Ân Thi"), ("kind", "commune"), ("parent", &t.province.id)])));
        assert!(e["name"].contains("Ân Thi"), "{e:?}");
        let (id, ver) = (p.id.clone(), p.version);
        w.write(move |tx, reg| actions::delete(tx, reg, &system(), "person", &id, ver, "nhập nhầm")).unwrap();
        assert!(w.create(&system(), "person", v()).is_ok(), "a withdrawn record does not stand in the way");
    });
}

#[test]
fn states_move_as_the_definition_says() {
    both(|w| {
        let t = tree(w);
        let p = person(w, "Đỗ Giang", &t.commune, "0912345678");
        let contact = w.actor("contact", Some(&t.commune.id));
        let head = w.actor("head", Some(&t.commune.id));
        let stranger = w.actor("head", Some(&t.other.id));
        let c = w.create(&contact, "contact_point", vals([("agency", &t.commune.id), ("person", &p.id)])).unwrap();
        assert_eq!(c.state.as_deref(), Some("draft"));
        let go = |a: &Actor, v: i64, step: &str, values: Values, reason: Option<&str>| {
            let (a, id, step, reason) = (a.clone(), c.id.clone(), step.to_owned(), reason.map(str::to_owned));
            w.write(move |tx, reg| actions::transition(tx, reg, &a, "contact_point", &id, v, &step, values, reason.as_deref()))
        };
        assert!(matches!(go(&head, 1, "approve", Values::new(), None), Err(Error::Conflict(_))), "not from draft");
        assert!(matches!(go(&contact, 1, "aprove", Values::new(), None), Err(Error::NotFound(m)) if m.contains("approve")));
        let sent = go(&contact, 1, "send", Values::new(), None).unwrap();
        assert_eq!((sent.state.as_deref(), sent.version), (Some("sent"), 2));
        assert!(matches!(go(&contact, 2, "approve", vals([("done_on", "2026-11-20")]), None), Err(Error::Forbidden(_))), "role");
        assert!(matches!(go(&stranger, 2, "approve", vals([("done_on", "2026-11-20")]), None), Err(Error::NotFound(_))), "other agency");
        assert!(invalid(go(&head, 2, "approve", Values::new(), None)).contains_key("done_on"));
        assert!(
            matches!(go(&head, 2, "approve", vals([("done_on", "2026-11-20"), ("person", "x")]), None), Err(Error::Forbidden(_))),
            "fields beyond the demands"
        );
        let done = go(&head, 2, "approve", vals([("done_on", "2026-11-20")]), None).unwrap();
        assert_eq!((done.state.as_deref(), done.date("done_on")), (Some("approved"), Some("2026-11-20")));
        assert!(invalid(go(&head, 3, "return", Values::new(), Some(" "))).contains_key("reason"));
        let e = invalid(w.update(&contact, &done, vals([("state", "draft")])));
        assert!(e.contains_key("state"));
    });
}

#[test]
fn a_second_person_must_approve() {
    both(|w| {
        let t = tree(w);
        let p = person(w, "Đỗ Giang", &t.commune, "0912345678");
        let mut both_roles = w.actor("head", Some(&t.commune.id)).grants().to_vec();
        both_roles.extend(w.actor("contact", Some(&t.commune.id)).grants().to_vec());
        let one = Actor::new("acc-both", "Hai vai", ActorKind::Person, None, None, both_roles, w.reg.roles());
        let c = w.create(&one, "contact_point", vals([("agency", &t.commune.id), ("person", &p.id), ("done_on", "2026-01-01")])).unwrap();
        let (a, id) = (one.clone(), c.id.clone());
        w.write(move |tx, reg| actions::transition(tx, reg, &a, "contact_point", &id, 1, "send", Values::new(), None)).unwrap();
        let (a, id) = (one.clone(), c.id.clone());
        let r = w.write(move |tx, reg| actions::transition(tx, reg, &a, "contact_point", &id, 2, "approve", Values::new(), None));
        assert!(matches!(r, Err(Error::Forbidden(m)) if m.contains("người khác")));
        // somebody else and the system write in between: who submitted is still no second person
        let officer = w.actor("officer", None);
        let c = w.get(&one, "contact_point", &c.id).unwrap();
        let c = w.update(&system(), &c, vals([("done_on", "2026-01-02")])).unwrap();
        let c = w.update(&officer, &c, vals([("done_on", "2026-01-03")])).unwrap();
        let c = w.update(&system(), &c, vals([("done_on", "2026-01-04")])).unwrap();
        let approve = |who: &Actor| {
            let (a, id, v) = (who.clone(), c.id.clone(), c.version);
            w.write(move |tx, reg| actions::transition(tx, reg, &a, "contact_point", &id, v, "approve", Values::new(), None))
        };
        let open = |who: &Actor| {
            w.read(|tx, reg| Ok(actions::transitions_for(tx, reg, who, "contact_point", &c.id)?.iter().any(|t| t.id == "approve"))).unwrap()
        };
        assert!(!open(&one) && matches!(approve(&one), Err(Error::Forbidden(m)) if m.contains("người khác")));
        let head = w.actor("head", Some(&t.commune.id));
        assert!(open(&head));
        assert_eq!(approve(&head).unwrap().state.as_deref(), Some("approved"));
    });
}

#[test]
fn confirm_delete_and_many_links() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (person(w, "An", &t.commune, ""), person(w, "Bình", &t.commune, ""));
        let mut v = vals([("agency", &t.commune.id), ("person", &a.id)]);
        v.insert("deputies".into(), Data::Links(vec![b.id.clone(), a.id.clone(), b.id.clone()]));
        let c = w.create(&system(), "contact_point", v).unwrap();
        assert_eq!(c.links("deputies"), [b.id.clone(), a.id.clone()]);
        assert_eq!(c.title, "An · UBND xã Đồng Tháp");
        let id = c.id.clone();
        let c = w.write(move |tx, reg| actions::confirm(tx, reg, &system(), "contact_point", &id)).unwrap();
        assert_eq!(c.confirmed_on.as_deref(), Some("2026-11-22"));
        let (id, ver) = (a.id.clone(), a.version);
        let r = w.write(move |tx, reg| actions::delete(tx, reg, &system(), "person", &id, ver, "x"));
        assert!(matches!(r, Err(Error::Conflict(m)) if m.contains("Đầu mối")), "still pointed to");
        let c = w.update(&system(), &c, BTreeMap::from([("deputies".into(), Data::Links(vec![]))])).unwrap();
        assert!(c.links("deputies").is_empty());
        let (id, ver) = (c.id.clone(), c.version);
        w.write(move |tx, reg| actions::delete(tx, reg, &system(), "contact_point", &id, ver, "thôi")).unwrap();
        assert_eq!(w.list(&system(), "contact_point", &Query::default()).unwrap().total, 0);
        assert!(w.get(&system(), "contact_point", &c.id).unwrap().deleted);
    });
}

#[test]
fn bulk_update_is_all_or_nothing() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (person(w, "An", &t.commune, ""), person(w, "Bình", &t.other, ""));
        let c = w.actor("contact", Some(&t.commune.id));
        let ids = vec![a.id.clone(), b.id.clone()];
        let (actor, list) = (c.clone(), ids.clone());
        let r = w.write(move |tx, reg| {
            actions::bulk_update(tx, reg, &actor, "person", &list, &BTreeMap::new(), vals([("position", "X")]), None)
        });
        assert!(matches!(r, Err(Error::NotFound(_))));
        assert_eq!(w.get(&system(), "person", &a.id).unwrap().text("position"), None);
        let n = w
            .write(move |tx, reg| {
                actions::bulk_update(tx, reg, &system(), "person", &ids, &BTreeMap::new(), vals([("position", "X")]), Some("đồng loạt"))
            })
            .unwrap();
        assert_eq!(n, 2);
        // the form was opened before that: the record is named, nothing is written
        let seen = BTreeMap::from([(a.id.clone(), a.version), (b.id.clone(), b.version + 1)]);
        let list = vec![b.id.clone(), a.id.clone()];
        let r = w.write(move |tx, reg| actions::bulk_update(tx, reg, &system(), "person", &list, &seen, vals([("position", "Y")]), None));
        assert!(matches!(&r, Err(Error::Invalid(e)) if e[0].message.contains("“An” vừa được sửa")), "{r:?}");
        assert_eq!(w.get(&system(), "person", &b.id).unwrap().text("position"), Some("X"));
    });
}

#[test]
fn a_changed_row_is_found() {
    for engine in testdb::ENGINES {
        let Some(w) = World::open(engine, registry()) else { continue };
        let t = tree(&w);
        let p = person(&w, "An", &t.commune, "0912345678");
        let id = p.id.clone();
        w.write(move |tx, _| tx.exec("UPDATE person SET position = 'Giám đốc' WHERE id = $1", &[id.into()])).unwrap();
        let (id, path) = (t.hamlet.id.clone(), format!("/{}/", t.hamlet.id));
        w.write(move |tx, _| tx.exec("UPDATE agency SET path = $2 WHERE id = $1", &[id.into(), path.into()])).unwrap();
        let wrong = w.read(crate::verify_rows).unwrap();
        let names: Vec<_> = wrong.iter().map(|m| (m.register.as_str(), m.record.as_str())).collect();
        assert_eq!(names, [("agency", t.hamlet.id.as_str()), ("person", p.id.as_str())]);
    }
}

#[test]
fn two_writers_of_the_same_rows_wait_for_each_other_in_one_order() {
    both(|w| {
        let t = tree(w);
        let (a, b) = (person(w, "An", &t.commune, ""), person(w, "Bình", &t.commune, ""));
        let bulk = |ids: Vec<String>, word: &'static str, then: Vec<String>| {
            let (store, reg) = (w.store.clone(), w.reg.clone());
            std::thread::spawn(move || {
                store.write_blocking(move |tx| {
                    let change = |tx: &mut store::Tx, ids: &[String]| {
                        actions::bulk_update(tx, &reg, &system(), "person", ids, &BTreeMap::new(), vals([("position", word)]), None)
                    };
                    change(tx, &ids)?;
                    // the other one has taken its row by now, and is about to append
                    std::thread::sleep(std::time::Duration::from_millis(300));
                    change(tx, &then)
                })
            })
        };
        let one = bulk(vec![a.id.clone()], "một", vec![b.id.clone()]);
        std::thread::sleep(std::time::Duration::from_millis(100));
        let two = bulk(vec![b.id.clone()], "hai", vec![a.id.clone()]);
        let (one, two) = (one.join().unwrap(), two.join().unwrap());
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        let position = |id: &str| w.get(&system(), "person", id).unwrap().text("position").map(str::to_owned);
        assert_eq!((position(&a.id), position(&b.id)), (Some("hai".into()), Some("hai".into())), "one after the other");
    });
}
