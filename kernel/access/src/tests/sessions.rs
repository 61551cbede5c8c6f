use super::db::{PASSWORD, START, on_each_engine};
use crate::time::HOUR;
use crate::*;

#[test]
fn idle_sessions_end_and_used_ones_live_thirty_days() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let (idle, used) = (db.open(&a), db.open(&a));
        let mut hours = 0;
        while hours < 30 * 24 {
            let me = db.seen(&used).unwrap_or_else(|| panic!("after {hours} hours"));
            assert_eq!(me.stale, hours > 0);
            let t = used.clone();
            db.w(move |tx| touch_session(tx, &t)).unwrap();
            assert!(!db.seen(&used).unwrap().stale);
            assert_eq!(db.seen(&idle).is_some(), hours < 8, "{hours}");
            db.pass_hours(4);
            hours += 4;
        }
        assert!(db.seen(&used).is_none(), "thirty days are over");
        assert!(db.seen("").is_none() && db.seen("không có").is_none());
    });
}

#[test]
fn touching_writes_at_most_every_five_minutes() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let t = db.open(&a);
        let touch = || {
            let t = t.clone();
            db.w(move |tx| touch_session(tx, &t)).unwrap();
        };
        db.pass_minutes(4);
        touch();
        let me = db.seen(&t).unwrap();
        assert_eq!((me.session.seen_at, me.stale), (START, false));
        db.pass_minutes(1);
        assert!(db.seen(&t).unwrap().stale);
        touch();
        assert_eq!(db.seen(&t).unwrap().session.seen_at, START + HOUR / 12);
    });
}

#[test]
fn list_and_revoke() {
    on_each_engine(|db| {
        let (lan, ba) = (db.account("lan", None), db.account("ba", None));
        let (one, two, three, foreign) = (db.open(&lan), db.open(&lan), db.open(&lan), db.open(&ba));
        let list = |token: &str| {
            let (id, token) = (lan.id.clone(), token.to_owned());
            db.r(move |tx| list_sessions(tx, &id, &token)).unwrap()
        };
        assert_eq!(list(&one).len(), 3);
        let current: Vec<_> = list(&one).into_iter().filter(|s| s.current).collect();
        assert_eq!(current.len(), 1);
        assert_ne!(current[0].id, one, "the id opens nothing");

        // somebody else's session is as good as none
        let (theirs, me) = (db.seen(&foreign).unwrap().session.id, lan.id.clone());
        assert_eq!(db.w(move |tx| revoke_session(tx, &me, &theirs)).unwrap_err().status(), 404);
        let me = lan.id.clone();
        assert_eq!(db.w(move |tx| revoke_session(tx, &me, "zz")).unwrap_err().status(), 404);
        assert!(db.seen(&foreign).is_some());

        let (me, id) = (lan.id.clone(), db.seen(&two).unwrap().session.id);
        db.w(move |tx| revoke_session(tx, &me, &id)).unwrap();
        assert!(db.seen(&two).is_none() && db.seen(&one).is_some());
        let (me, keep) = (lan.id.clone(), one.clone());
        assert_eq!(db.w(move |tx| revoke_other_sessions(tx, &me, &keep)).unwrap(), 1);
        assert!(db.seen(&three).is_none() && db.seen(&one).is_some() && db.seen(&foreign).is_some());
        let t = one.clone();
        db.w(move |tx| end_session(tx, &t)).unwrap();
        assert!(db.seen(&one).is_none());
        assert!(list(&one).is_empty());
    });
}

#[test]
fn new_password_by_a_manager_ends_all_sessions() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let t = db.open(&a);
        let (id, new) = (a.id.clone(), NewPassword::new(&PASSWORD.into(), "lan", "").unwrap());
        db.w(move |tx| set_password(tx, &Actor::system("test"), &id, &new, true)).unwrap();
        assert!(db.seen(&t).is_none());
    });
}

#[test]
fn purge_removes_only_what_is_long_over() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.open(&a);
        db.sign_in("lan", PASSWORD);
        db.pass_days(29);
        assert_eq!(db.w(purge_sessions).unwrap(), 0);
        let live = db.open(&a);
        db.pass_days(2);
        assert_eq!(db.w(purge_sessions).unwrap(), 2);
        let t = live.clone();
        db.w(move |tx| touch_session(tx, &t)).unwrap();
        db.pass_days(800);
        assert_eq!(db.w(purge_sessions).unwrap(), 2, "the session and the line of the log");
    });
}

#[test]
fn grants_count_from_their_first_to_their_last_day_in_vietnam() {
    on_each_engine(|db| {
        db.agencies();
        let a = db.account("lan", Some("a"));
        let roles = db.roles.clone();
        let new = NewGrant {
            account: a.id.clone(),
            role: "officer".into(),
            agency: Some("a".into()),
            from_date: Some("2026-03-03".into()),
            to_date: Some("2026-03-04".into()),
        };
        let g = db.w(move |tx| grant(tx, &Actor::system("test"), &roles, &new)).unwrap();
        assert!(!g.active);
        let may = || db.actor("lan").may(Verb::Update, "system").is_ok();
        assert!(!may());
        db.pass_hours(15); // 2 March, 23:00
        assert!(!may());
        db.pass_hours(1); // 3 March, 00:00
        assert!(may());
        db.pass_hours(47); // 4 March, 23:00
        assert!(may());
        db.pass_hours(1);
        assert!(!may());
    });
}

#[test]
fn grants_follow_the_tree_of_agencies() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.grant(&a, "officer", Some("a"));
        let t = db.open(&a);
        let reach = || db.seen(&t).unwrap().actor.may(Verb::Update, "system").map(|s| s.subtree().clone()).ok();
        assert_eq!(reach(), None, "no table of agencies yet: nothing");
        assert!(db.seen(&t).unwrap().actor.may(Verb::Read, "province").is_ok());
        db.agencies();
        assert_eq!(reach(), Some(Subtree::Paths(vec!["/p/a/".into()])));
        db.w(|tx| tx.exec("UPDATE agency SET path = '/p/b/a/' WHERE id = 'a'", &[])).unwrap();
        assert_eq!(reach(), Some(Subtree::Paths(vec!["/p/b/a/".into()])));
        db.w(|tx| tx.exec("DELETE FROM agency WHERE id = 'a'", &[])).unwrap();
        assert_eq!(reach(), None, "the agency vanished: nothing");
        db.grant(&a, "reader", None);
        assert_eq!(reach(), None);
        assert!(db.seen(&t).unwrap().actor.may(Verb::Read, "system").is_ok());
        assert_eq!(db.seen(&t).unwrap().actor.grants().len(), 2);
    });
}
