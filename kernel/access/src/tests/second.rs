use super::db::{Db, PASSWORD, START, on_each_engine};
use crate::otp;
use crate::time::MINUTE;
use crate::*;

fn client() -> Client {
    Client { ip: "192.0.2.7".into(), user_agent: "x".into() }
}

/// What the app would show now, `ahead` steps later.
fn shown(db: &Db, account: &Account, ahead: i64) -> String {
    let id = account.id.clone();
    let (secret, now): (String, i64) = db
        .r(move |tx| {
            let now = tx.now();
            Ok((tx.query("SELECT secret FROM second_factor WHERE id = $1", &[id.into()])?[0].get(0)?, now))
        })
        .unwrap();
    otp::code(&crate::crypto::unhex(&secret).unwrap(), otp::step_of(now) + ahead)
}

/// An account with a factor in use; its recovery codes.
fn secured(db: &Db, login: &str) -> (Account, Vec<String>) {
    let a = db.account(login, None);
    let me = db.actor(login);
    let who = me.clone();
    let e = db.w(move |tx| enrol_second(tx, &who, "Lá Chắn")).unwrap();
    assert!(e.uri.reveal().starts_with("otpauth://totp/L%C3%A1%20Ch%E1%BA%AFn:"), "{}", e.uri.reveal());
    assert!(matches!(db.sign_in(login, PASSWORD), Outcome::SignedIn(_)), "nothing is asked before it is confirmed");
    let code = shown(db, &a, 0);
    let codes = db.w(move |tx| confirm_second(tx, &me, &code)).unwrap();
    (a, codes.iter().map(|c| c.reveal().to_owned()).collect())
}

fn half(db: &Db, login: &str) -> String {
    match db.sign_in(login, PASSWORD) {
        Outcome::SecondFactor(s) => s.token.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn finish(db: &Db, token: &str, code: &str) -> store::Result<Result<NewSession, Refusal>> {
    let (token, code) = (token.to_owned(), code.to_owned());
    db.w(move |tx| finish_second(tx, &token, &code, &client()))
}

#[test]
fn after_the_password_a_code_is_asked_and_each_code_counts_once() {
    on_each_engine(|db| {
        let (a, codes) = secured(db, "lan");
        assert_eq!(codes.len(), 10);
        db.pass_minutes(1);
        let token = half(db, "lan");
        assert!(db.seen(&token).is_none(), "half a sign-in opens nothing");
        let code = shown(db, &a, 0);
        let s = finish(db, &token, &format!("{} {}", &code[..3], &code[3..])).unwrap().unwrap();
        assert!(db.seen(s.token.reveal()).unwrap().secured);
        assert!(matches!(finish(db, &token, &code), Err(store::Error::Unauthenticated)), "the half one is used up");
        // the same code again, by somebody who looked over the shoulder
        let again = half(db, "lan");
        assert!(matches!(finish(db, &again, &code).unwrap(), Err(Refusal::WrongCode { left: 4 })));
        assert!(finish(db, &again, &shown(db, &a, 1)).unwrap().is_ok(), "a clock half a minute ahead");
        // too long between password and code
        let late = half(db, "lan");
        db.pass_minutes(6);
        assert!(matches!(finish(db, &late, &shown(db, &a, 0)), Err(store::Error::Unauthenticated)));
        let log = db.r(move |tx| last_sign_ins(tx, &a.id, 20)).unwrap();
        assert_eq!(log.iter().filter(|l| l.ok).count(), 3, "{log:?}");
        assert!(log.iter().any(|l| l.reason == "half" && !l.ok) && log.iter().any(|l| l.reason == "code"));
    });
}

#[test]
fn wrong_codes_lock_and_the_right_password_does_not_unlock() {
    on_each_engine(|db| {
        let (a, _) = secured(db, "lan");
        db.pass_minutes(1);
        let token = half(db, "lan");
        let wrong = if shown(db, &a, 0) == "000000" { "111111" } else { "000000" };
        for left in [4, 3, 2, 1] {
            assert_eq!(finish(db, &token, wrong).unwrap().unwrap_err(), Refusal::WrongCode { left });
        }
        let until = START + 16 * MINUTE;
        assert_eq!(finish(db, &token, wrong).unwrap().unwrap_err(), Refusal::Locked { until });
        let token = half(db, "lan");
        assert_eq!(finish(db, &token, &shown(db, &a, 0)).unwrap().unwrap_err(), Refusal::Locked { until });
        db.pass_minutes(16);
        let token = half(db, "lan");
        assert!(finish(db, &token, &shown(db, &a, 0)).unwrap().is_ok());
    });
}

#[test]
fn recovery_codes_work_once_and_are_kept_as_hashes() {
    on_each_engine(|db| {
        let (a, codes) = secured(db, "lan");
        let id = a.id.clone();
        let kept: String = db.r(move |tx| tx.query("SELECT codes FROM second_factor WHERE id = $1", &[id.into()])?[0].get(0)).unwrap();
        assert!(codes.iter().all(|c| !kept.contains(c) && !kept.contains(&c.replace('-', ""))));
        let typed = codes[3].to_uppercase().replace('-', " ");
        assert!(finish(db, &half(db, "lan"), &typed).unwrap().is_ok());
        assert!(finish(db, &half(db, "lan"), &typed).unwrap().is_err(), "used");
        let id = a.id.clone();
        assert_eq!(db.r(move |tx| second_factor(tx, &id)).unwrap().codes_left, 9);
        // new ones end the old ones
        db.pass_minutes(1);
        let (me, code) = (db.actor("lan"), shown(db, &a, 0));
        let fresh = db.w(move |tx| renew_codes(tx, &me, &code)).unwrap().unwrap();
        assert!(finish(db, &half(db, "lan"), &codes[0]).unwrap().is_err());
        assert!(finish(db, &half(db, "lan"), fresh[0].reveal()).unwrap().is_ok());
        assert!(db.r(verify_rows).unwrap().is_empty());
    });
}

#[test]
fn a_manager_takes_it_away_with_a_reason_and_only_within_reach() {
    on_each_engine(|db| {
        db.agencies();
        let (a, _) = secured(db, "lan");
        let boss = db.account("boss", None);
        db.grant(&boss, "admin", None);
        let small = db.account("small", Some("b"));
        db.grant(&small, "admin", Some("b"));
        let open = {
            db.pass_minutes(1);
            finish(db, &half(db, "lan"), &shown(db, &a, 0)).unwrap().unwrap()
        };
        let reset = |by: &str, reason: &'static str| {
            let (by, id) = (db.actor(by), a.id.clone());
            db.w(move |tx| reset_second(tx, &by, &id, reason))
        };
        assert_eq!(reset("small", "mất máy").unwrap_err().status(), 403);
        assert_eq!(reset("boss", " ").unwrap_err().status(), 422);
        reset("boss", "mất điện thoại, đã gặp trực tiếp").unwrap();
        assert!(db.seen(open.token.reveal()).is_none(), "sessions end");
        assert_eq!(reset("boss", "lần nữa").unwrap_err().status(), 404);
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
        let leaf = "SELECT reason FROM ledger_leaf WHERE register = 'second_factor' AND action = 'reset'";
        let said: String = db.r(|tx| tx.query(leaf, &[])?[0].get(0)).unwrap();
        assert!(said.contains("đã gặp trực tiếp"));
        assert!(db.r(verify_rows).unwrap().is_empty());
    });
}

#[test]
fn a_factor_put_in_place_behind_the_ledgers_back_is_found() {
    on_each_engine(|db| {
        let (a, _) = secured(db, "lan");
        assert!(db.r(verify_rows).unwrap().is_empty());
        let id = a.id.clone();
        db.w(move |tx| tx.exec("UPDATE second_factor SET confirmed_at = NULL WHERE id = $1", &[id.into()])).unwrap();
        let found = db.r(verify_rows).unwrap();
        assert!(found.len() == 1 && found[0].register == "second_factor", "{found:?}");
        // nor does it help to take the row away, so that a password is enough again
        let id = a.id.clone();
        db.w(move |tx| tx.exec("DELETE FROM second_factor WHERE id = $1", &[id.into()])).unwrap();
        let found = db.r(verify_rows).unwrap();
        assert!(found.len() == 1 && found[0].record == a.id && found[0].sentence_vi.contains("bảng không còn"), "{found:?}");
    });
}

#[test]
fn the_owner_turns_it_off_with_a_code_and_a_program_never() {
    on_each_engine(|db| {
        let (a, _) = secured(db, "lan");
        db.pass_minutes(1);
        let me = db.actor("lan");
        let who = me.clone();
        assert!(db.w(move |tx| drop_second(tx, &who, "abc")).unwrap().is_some());
        let (who, code) = (me.clone(), shown(db, &a, 0));
        assert_eq!(db.w(move |tx| drop_second(tx, &who, &code)).unwrap(), None);
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
        let mut token = me;
        token.kind = ActorKind::Token;
        assert_eq!(db.w(move |tx| enrol_second(tx, &token, "x").map(drop)).unwrap_err().status(), 403);
    });
}
