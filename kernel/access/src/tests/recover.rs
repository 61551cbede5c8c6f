use super::db::{Db, PASSWORD, on_each_engine};
use crate::*;

const NEW: &str = "năm con chim xanh";

fn with_mail(db: &Db, login: &str) -> Account {
    let a = db.account(login, None);
    let (id, v) = (a.id.clone(), a.version);
    let change =
        NewAccount { login: login.into(), name: a.name.clone(), email: Some(format!("{login}@saomai.gov.vn")), ..NewAccount::default() };
    db.w(move |tx| update_account(tx, &Actor::system("test"), &id, v, &change)).unwrap()
}
fn ask(db: &Db, what: &str) -> Option<Recovery> {
    let what = what.to_owned();
    db.w(move |tx| ask_recovery(tx, &what, &Client { ip: "192.0.2.9".into(), ..Client::default() })).unwrap()
}
fn redeem_with(db: &Db, code: &str) -> store::Result<Account> {
    let (code, new) = (code.to_owned(), NewPassword::new(&NEW.into(), "lan", "").unwrap());
    db.w(move |tx| redeem(tx, &code, &new))
}
fn leaves(db: &Db, id: &str) -> Vec<String> {
    let id = id.to_owned();
    db.r(move |tx| {
        let rows =
            tx.query("SELECT action FROM ledger_leaf WHERE register = 'account' AND record = $1 ORDER BY seq", &[id.as_str().into()])?;
        rows.iter().map(|r| r.get(0)).collect()
    })
    .unwrap()
}

#[test]
fn a_link_works_once_ends_sessions_and_leaves_a_leaf() {
    on_each_engine(|db| {
        let a = with_mail(db, "lan");
        let open = db.open(&a);
        let r = ask(db, "LAN").unwrap();
        assert_eq!(ask(db, "lan@saomai.gov.vn").unwrap().account.id, a.id, "by the address too");
        let code = r.code.reveal().to_owned();
        assert!(db.seen(&open).is_some(), "asking changes nothing yet");
        let id = a.id.clone();
        assert_eq!(db.r(|tx| account(tx, &id)).unwrap().version, a.version, "nor does a stranger spoil a manager's open form");
        assert_eq!(db.r(|tx| recovery_of(tx, &code)).unwrap().map(|x| x.id), Some(a.id.clone()));
        redeem_with(db, &code).unwrap();
        assert!(db.seen(&open).is_none(), "sessions end");
        assert_eq!(redeem_with(db, &code).unwrap_err().status(), 409, "once");
        assert!(db.r(|tx| recovery_of(tx, &code)).unwrap().is_none());
        assert!(matches!(db.sign_in("lan", NEW), Outcome::SignedIn(_)));
        assert_eq!(db.refusal("lan", PASSWORD), Refusal::Wrong { left: 4 });
        assert!(leaves(db, &a.id).ends_with(&["update".into(), "recover".into()]), "{:?}", leaves(db, &a.id));
        assert_eq!(db.r(verify_rows).unwrap(), []);
        let printed = format!("{r:?}");
        assert!(!printed.contains(&code), "{printed}");
    });
}

#[test]
fn links_end_after_half_an_hour_and_when_another_was_used() {
    on_each_engine(|db| {
        with_mail(db, "lan");
        let (first, second) = (ask(db, "lan").unwrap(), ask(db, "lan").unwrap());
        redeem_with(db, second.code.reveal()).unwrap();
        assert!(redeem_with(db, first.code.reveal()).is_err(), "what else was sent is void");
        db.pass_hours(2);
        let third = ask(db, "lan").unwrap();
        db.pass_minutes(30);
        assert!(redeem_with(db, third.code.reveal()).is_err());
        for wrong in ["", "x", "abcde.fghij.kmnpq.rstuv"] {
            assert_eq!(redeem_with(db, wrong).unwrap_err().status(), 409, "{wrong}");
        }
    });
}

#[test]
fn who_is_unknown_closed_or_without_mail_gets_none_and_nobody_more_than_three_an_hour() {
    on_each_engine(|db| {
        let a = with_mail(db, "lan");
        db.account("khongthu", None);
        for who in ["ma", "khongthu", "", "la@saomai.gov.vn"] {
            assert!(ask(db, who).is_none(), "{who}");
        }
        for _ in 0..3 {
            assert!(ask(db, "lan").is_some());
        }
        assert!(ask(db, "lan").is_none());
        db.pass_hours(1);
        assert!(ask(db, "lan").is_some());
        let id = a.id.clone();
        db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, true, "nghỉ")).unwrap();
        assert!(ask(db, "lan").is_none());
    });
}

#[test]
fn a_manager_gives_a_code_and_the_old_password_lives_until_it_is_used() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        for _ in 0..5 {
            db.refusal("lan", "sai mật khẩu rồi");
        }
        let give = |who: Actor| {
            let id = a.id.clone();
            db.w(move |tx| give_code(tx, &who, &id))
        };
        let old = give(Actor::system("test")).unwrap();
        let r = give(Actor::system("test")).unwrap();
        assert!(redeem_with(db, old.code.reveal()).is_err(), "a new code ends the old one");
        // as it is read over the telephone
        let spoken = format!(" {} ", r.code.reveal().to_uppercase());
        redeem_with(db, &spoken).unwrap();
        assert!(matches!(db.sign_in("lan", NEW), Outcome::SignedIn(_)), "the lock-out is over too");
        let late = give(Actor::system("test")).unwrap();
        db.pass_days(1);
        assert!(redeem_with(db, late.code.reveal()).is_err());
        let nobody = db.actor("lan");
        assert_eq!(give(nobody).unwrap_err().status(), 403);
    });
}

#[test]
fn temporary_passwords_end() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let until = store::Clock::now(&*db.clock) + 3_600_000_000;
        let temp = NewPassword::new(&NEW.into(), "lan", "").unwrap().until(until);
        let id = a.id.clone();
        db.w(move |tx| set_password(tx, &Actor::system("test"), &id, &temp, true)).unwrap();
        assert!(matches!(db.sign_in("lan", NEW), Outcome::SignedIn(_)));
        db.pass_hours(1);
        assert_eq!(db.refusal("lan", NEW), Refusal::Expired { since: until });
        assert!(Refusal::Expired { since: until }.message().contains("hết hạn"));
        assert_eq!(db.refusal("lan", PASSWORD), Refusal::Wrong { left: 4 }, "said only after the right password");
        assert_eq!(db.r(verify_rows).unwrap(), []);
    });
}

#[test]
fn many_passwords_are_hashed_in_order() {
    let list: Vec<_> = (0..3).map(|n| (readable_secret(), format!("ai{n}"), format!("Người {n}"))).collect();
    let all = NewPassword::many(&list).unwrap();
    assert_eq!(all.len(), 3);
    for ((s, ..), p) in list.iter().zip(&all) {
        assert!(crate::password::verify(s.reveal(), Some(&p.phc)).unwrap());
    }
    assert!(NewPassword::many(&[]).unwrap().is_empty());
    assert!(NewPassword::many(&[("ngan".into(), String::new(), String::new())]).is_err());
}

#[test]
fn an_invitation_by_link_ends_the_temporary_password_and_is_for_unused_accounts() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let temp = NewPassword::new(&PASSWORD.into(), "lan", "").unwrap();
        let invite = || {
            let id = a.id.clone();
            db.w(move |tx| invitation_link(tx, &Actor::system("test"), &id, tx.now() + 3_600_000_000))
        };
        assert_eq!(invite().unwrap_err().status(), 409, "the owner chose a password");
        let id = a.id.clone();
        db.w(move |tx| set_password(tx, &Actor::system("test"), &id, &temp, true)).unwrap();
        let r = invite().unwrap();
        assert_eq!(db.refusal("lan", PASSWORD), Refusal::Wrong { left: 4 }, "the slip's password is over");
        redeem_with(db, r.code.reveal()).unwrap();
        assert!(matches!(db.sign_in("lan", NEW), Outcome::SignedIn(_)));
        assert_eq!(invite().unwrap_err().status(), 409, "in use");
        assert_eq!(db.r(verify_rows).unwrap(), []);
    });
}

#[test]
fn another_address_and_closing_void_what_was_sent() {
    on_each_engine(|db| {
        let a = with_mail(db, "lan");
        let sent = ask(db, "lan").unwrap();
        let change = |email: &str, name: &str| {
            let id = a.id.clone();
            let n = NewAccount { login: "lan".into(), name: name.into(), email: Some(email.into()), ..NewAccount::default() };
            db.w(move |tx| {
                let v = account(tx, &id)?.version;
                update_account(tx, &Actor::system("test"), &id, v, &n)
            })
            .unwrap()
        };
        let good = |r: &Recovery| db.r(|tx| recovery_of(tx, r.code.reveal())).unwrap().is_some();
        change("lan@saomai.gov.vn", "Tên khác");
        assert!(good(&sent), "the address stays");
        change("khac@saomai.gov.vn", "Tên khác");
        assert!(!good(&sent), "whoever reads the old mailbox");
        let sent = ask(db, "lan").unwrap();
        for closed in [true, false] {
            let id = a.id.clone();
            db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, closed, "nghỉ")).unwrap();
        }
        assert!(!good(&sent), "opened again, but not by the old letter");
    });
}

#[test]
fn nobody_takes_over_an_account_that_holds_more() {
    on_each_engine(|db| {
        db.agencies();
        let part = db.account("part", Some("a"));
        db.grant(&part, "admin", Some("a"));
        let (more, same) = (db.account("more", Some("c")), db.account("same", Some("c")));
        db.grant(&more, "officer", Some("c"));
        db.grant(&same, "admin", Some("c"));
        let by = || db.actor("part");
        let give = |a: &Account| {
            let (by, id) = (by(), a.id.clone());
            db.w(move |tx| give_code(tx, &by, &id))
        };
        assert_eq!(give(&more).unwrap_err().status(), 403);
        assert!(give(&same).is_ok());
        let (who, id) = (by(), more.id.clone());
        assert_eq!(db.w(move |tx| reset_second(tx, &who, &id, "mất máy")).unwrap_err().status(), 403);
        let (who, id) = (by(), more.id.clone());
        let temp = NewPassword::new(&NEW.into(), "more", "").unwrap();
        assert_eq!(db.w(move |tx| set_password(tx, &who, &id, &temp, true)).unwrap_err().status(), 403);
        let (who, id, v) = (by(), more.id.clone(), more.version);
        let mine = NewAccount {
            login: "more".into(),
            name: "Tên more".into(),
            email: Some("toi@saomai.gov.vn".into()),
            agency: Some("c".into()),
            person: None,
        };
        assert_eq!(db.w(move |tx| update_account(tx, &who, &id, v, &mine)).unwrap_err().status(), 403);
        let (who, id) = (by(), more.id.clone());
        assert!(db.w(move |tx| set_disabled(tx, &who, &id, true, "nghỉ")).is_ok(), "closing takes nothing over");
    });
}
