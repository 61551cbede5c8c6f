use super::db::{Db, PASSWORD, START, on_each_engine};
use crate::time::MINUTE;
use crate::*;

const WRONG: &str = "sai mật khẩu rồi";

fn five_wrong(db: &Db, login: &str) -> Vec<Refusal> {
    (0..5).map(|_| db.refusal(login, WRONG)).collect()
}

#[test]
fn right_password_opens_a_session() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let Outcome::SignedIn(s) = db.sign_in(" LAN ", PASSWORD) else { panic!("refused") };
        assert_eq!(s.account, a.id);
        assert_eq!(s.expires_at, START + ABSOLUTE_LIFE);
        let me = db.seen(s.token.reveal()).unwrap();
        assert_eq!((me.account.login.as_str(), me.account.last_sign_in_at), ("lan", Some(START)));
        assert_eq!((me.session.user_agent.as_str(), me.session.ip.as_str(), me.session.current), ("Firefox 140", "192.0.2.7", true));
        let id = a.id.clone();
        let log = db.r(move |tx| last_sign_ins(tx, &id, 10)).unwrap();
        assert_eq!(log, [SignInEntry { at: START, ok: true, reason: "ok".into(), ip: "192.0.2.7".into() }]);
    });
}

#[test]
fn lock_out_lasts_fifteen_minutes_then_thirty() {
    on_each_engine(|db| {
        db.account("lan", None);
        let first = START + 15 * MINUTE;
        let answers = five_wrong(db, "lan");
        assert_eq!(answers[0], Refusal::Wrong { left: 4 });
        assert_eq!(answers[3], Refusal::Wrong { left: 1 });
        assert_eq!(answers[4], Refusal::Locked { until: first });
        assert!(answers[3].message().contains("Còn 1 lần"), "{}", answers[3].message());
        assert!(answers[4].message().contains("08:15 ngày 02/03/2026"), "{}", answers[4].message());
        // even the right password, until the very end; attempts meanwhile do not lengthen it
        db.pass_minutes(14);
        assert_eq!(db.refusal("lan", PASSWORD), Refusal::Locked { until: first });
        assert_eq!(db.refusal("lan", WRONG), Refusal::Locked { until: first });
        db.pass_minutes(1);
        let now = first;
        for _ in 0..4 {
            assert!(matches!(db.refusal("lan", WRONG), Refusal::Wrong { .. }));
        }
        assert_eq!(db.refusal("lan", WRONG), Refusal::Locked { until: now + 30 * MINUTE });
        db.pass_minutes(30);
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
        // success forgets
        assert_eq!(db.refusal("lan", WRONG), Refusal::Wrong { left: 4 });
    });
}

#[test]
fn unknown_logins_get_the_same_answers() {
    on_each_engine(|db| {
        db.account("lan", None);
        for round in 0..3 {
            assert_eq!(five_wrong(db, "lan"), five_wrong(db, "ma"), "{round}");
            assert_eq!(db.refusal("lan", WRONG), db.refusal("ma", WRONG), "{round}");
            assert_eq!(db.refusal("lan", WRONG).message(), db.refusal("MA", WRONG).message());
            db.pass_minutes(15 << round);
        }
    });
}

#[test]
fn unlock_by_a_manager() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        five_wrong(db, "lan");
        let id = a.id.clone();
        db.w(move |tx| unlock(tx, &Actor::system("test"), &id)).unwrap();
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
    });
}

#[test]
fn parallel_attempts_are_judged_when_they_finish() {
    on_each_engine(|db| {
        db.account("lan", None);
        let begin = |p: &str| db.r(|tx| SignIn::begin(tx, "lan")).unwrap().check(&p.into()).unwrap();
        // ten guesses begun before the first is counted: the right one among them comes too late
        let checked: Vec<_> = (0..5).map(|_| begin(WRONG)).chain([begin(PASSWORD)]).collect();
        let mut answers = Vec::new();
        for c in checked {
            answers.push(db.w(move |tx| c.finish(tx, &Client::default())).unwrap());
        }
        let last = answers.pop().unwrap();
        assert!(matches!(last, Outcome::Refused(Refusal::Locked { .. })));
    });
}

#[test]
fn password_changed_between_check_and_finish_counts_as_wrong() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let checked = db.r(|tx| SignIn::begin(tx, "lan")).unwrap().check(&PASSWORD.into()).unwrap();
        let new = NewPassword::new(&"năm con chim xanh".into(), "lan", "").unwrap();
        db.w(move |tx| set_password(tx, &Actor::system("test"), &a.id, &new, true)).unwrap();
        let out = db.w(move |tx| checked.finish(tx, &Client::default())).unwrap();
        assert!(matches!(out, Outcome::Refused(Refusal::Wrong { left: 4 })));
    });
}

#[test]
fn closed_account_is_told_only_after_the_right_password() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let token = db.open(&a);
        let id = a.id.clone();
        db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, true, "nghỉ việc")).unwrap();
        assert!(db.seen(&token).is_none());
        assert_eq!(db.refusal("lan", WRONG), Refusal::Wrong { left: 4 });
        assert_eq!(db.refusal("lan", PASSWORD), Refusal::Disabled);
        let (id, roles) = (a.id.clone(), db.roles.clone());
        assert_eq!(db.r(move |tx| actor_of_login(tx, &roles, "lan")).unwrap_err().status(), 403);
        db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, false, "trở lại")).unwrap();
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
        assert!(db.seen(&token).is_none(), "old sessions do not come back");
    });
}

#[test]
fn account_without_password_cannot_sign_in() {
    on_each_engine(|db| {
        let new = NewAccount { login: "moi".into(), name: "Mới".into(), ..NewAccount::default() };
        db.w(move |tx| create_account(tx, &Actor::system("test"), &new, None)).unwrap();
        for p in ["", PASSWORD] {
            assert!(matches!(db.refusal("moi", p), Refusal::Wrong { .. }));
        }
    });
}

#[test]
fn forced_change_leaves_no_right_until_it_is_done() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.grant(&a, "officer", None);
        let first = NewPassword::new(&"mật khẩu tạm thời".into(), "lan", "").unwrap();
        let id = a.id.clone();
        db.w(move |tx| set_password(tx, &Actor::system("test"), &id, &first, true)).unwrap();
        let Outcome::SignedIn(s) = db.sign_in("lan", "mật khẩu tạm thời") else { panic!("refused") };
        let token = s.token.reveal().to_owned();
        let other = db.open(&a);
        let me = db.seen(&token).unwrap();
        assert!(me.account.must_change);
        for register in ["system", "token", "province"] {
            assert!(me.actor.may(Verb::Read, register).is_err() && me.actor.may(Verb::Update, register).is_err());
        }

        let old: Secret = "mật khẩu tạm thời".into();
        assert!(NewPassword::replacing(&old, &old, "lan", "").is_err());
        let change = |typed: &str| {
            let checked = db.r(|tx| SignIn::begin(tx, "lan")).unwrap().check(&typed.into()).unwrap();
            let (new, keep) = (NewPassword::replacing(&typed.into(), &PASSWORD.into(), "lan", "").unwrap(), token.clone());
            db.w(move |tx| change_own_password(tx, &checked, &new, &keep, "192.0.2.7")).unwrap()
        };
        assert_eq!(change(WRONG), Some(Refusal::Wrong { left: 4 }));
        assert!(db.seen(&token).unwrap().account.must_change);
        assert_eq!(change("mật khẩu tạm thời"), None);
        let me = db.seen(&token).unwrap();
        assert!(!me.account.must_change && me.actor.may(Verb::Update, "system").is_ok());
        assert!(db.seen(&other).is_none(), "other sessions end");
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
    });
}

#[test]
fn nothing_secret_in_debug_output() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let begun = db.r(|tx| SignIn::begin(tx, "lan")).unwrap();
        let mut printed = format!("{begun:?}");
        let checked = begun.check(&PASSWORD.into()).unwrap();
        printed += &format!("{checked:?}");
        let out = db.w(move |tx| checked.finish(tx, &Client::default())).unwrap();
        printed += &format!("{out:?} {a:?}");
        let Outcome::SignedIn(s) = out else { panic!("refused") };
        let me = db.seen(s.token.reveal()).unwrap();
        printed += &format!("{me:?}");
        for secret in ["argon2", "mèo", s.token.reveal()] {
            assert!(!printed.contains(secret), "{printed}");
        }
    });
}

/// A refusal of an attempt from another address.
fn refused_from(db: &Db, ip: &str, password: &str) -> Refusal {
    match db.sign_in_from(ip, "lan", password) {
        Outcome::Refused(r) => r,
        Outcome::SignedIn(_) | Outcome::SecondFactor(_) => panic!("signed in from {ip}"),
    }
}

#[test]
fn nobody_is_kept_out_of_where_they_sign_in_by_failures_from_elsewhere() {
    on_each_engine(|db| {
        db.account("lan", None);
        let (home, attacker, cafe) = ("192.0.2.7", "198.51.100.9", "203.0.113.5");
        assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
        db.pass_minutes(1);
        // the attacker locks the login for a day, for everybody who comes from a new address
        for round in 0..12 {
            for _ in 0..5 {
                refused_from(db, attacker, WRONG);
            }
            assert!(matches!(refused_from(db, attacker, PASSWORD), Refusal::Locked { .. }), "{round}");
            assert!(matches!(refused_from(db, cafe, PASSWORD), Refusal::Locked { .. }), "{round}: a new address");
            assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)), "{round}: where the owner is");
            db.pass_minutes(if round < 7 { 15 << round } else { 24 * 60 });
        }
        // who is let in opens the door for nobody else
        for _ in 0..5 {
            refused_from(db, attacker, WRONG);
        }
        assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
        assert!(matches!(refused_from(db, attacker, PASSWORD), Refusal::Locked { .. }));
    });
}

#[test]
fn a_familiar_address_is_braked_by_itself_and_is_not_familiar_for_ever() {
    on_each_engine(|db| {
        db.account("lan", None);
        let home = "192.0.2.7";
        assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
        db.pass_minutes(1);
        for round in 0..3 {
            let start = START + MINUTE + round * 15 * MINUTE;
            let answers: Vec<_> = (0..5).map(|_| refused_from(db, home, WRONG)).collect();
            assert_eq!((answers[0], answers[4]), (Refusal::Wrong { left: 4 }, Refusal::Locked { until: start + 15 * MINUTE }), "{round}");
            assert_eq!(refused_from(db, home, PASSWORD), Refusal::Locked { until: start + 15 * MINUTE });
            assert!(matches!(db.sign_in_from("203.0.113.5", "lan", PASSWORD), Outcome::SignedIn(_)), "only that address");
            db.pass_minutes(15);
        }
        assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
        db.pass_days(31);
        for _ in 0..5 {
            refused_from(db, "198.51.100.9", WRONG);
        }
        assert!(matches!(refused_from(db, home, PASSWORD), Refusal::Locked { .. }), "a success of long ago");
    });
}

#[test]
fn a_new_password_and_unlock_end_the_lock_at_a_familiar_address_too() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let home = "192.0.2.7";
        let locked = || {
            let id = a.id.clone();
            db.r(|tx| {
                let a = account(tx, &id)?;
                locked_out_until(tx, &a)
            })
            .unwrap()
        };
        let shut = || {
            assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
            db.pass_minutes(1);
            for _ in 0..5 {
                refused_from(db, home, WRONG);
            }
            assert!(matches!(refused_from(db, home, PASSWORD), Refusal::Locked { .. }));
            assert!(locked().is_some(), "who manages the account sees it");
            db.pass_minutes(1);
        };
        let boss = || Actor::system("test");
        shut();
        let id = a.id.clone();
        db.w(move |tx| unlock(tx, &boss(), &id)).unwrap();
        assert_eq!(locked(), None);
        shut();
        let (id, same) = (a.id.clone(), NewPassword::new(&PASSWORD.into(), "lan", "").unwrap());
        db.w(move |tx| set_password(tx, &boss(), &id, &same, false)).unwrap();
        shut();
        let id = a.id.clone();
        let code = db.w(move |tx| give_code(tx, &boss(), &id)).unwrap().code;
        assert!(matches!(refused_from(db, home, PASSWORD), Refusal::Locked { .. }), "a code that is not used ends nothing");
        let same = NewPassword::new(&PASSWORD.into(), "lan", "").unwrap();
        db.w(move |tx| redeem(tx, code.reveal(), &same)).unwrap();
        assert!(matches!(db.sign_in_from(home, "lan", PASSWORD), Outcome::SignedIn(_)));
    });
}
