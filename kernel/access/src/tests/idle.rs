use super::db::{Db, PASSWORD, on_each_engine};
use crate::*;

fn idle(db: &Db, by: &str, days: i64) -> Vec<String> {
    let by = db.actor(by);
    let list = db.r(|tx| idle_accounts(tx, &by.may(Verb::Read, "account")?, days)).unwrap();
    list.into_iter().map(|a| a.login).collect()
}

#[test]
fn who_did_not_come_for_ninety_days_is_listed_and_closed_with_a_reason() {
    on_each_engine(|db| {
        db.agencies();
        let boss = db.account("boss", None);
        db.grant(&boss, "admin", None);
        let part = db.account("part", Some("a"));
        db.grant(&part, "admin", Some("a"));
        let never = db.account("never", Some("b"));
        db.account("comes", Some("a"));
        let open = db.open(&never);
        let robot = db.account("robot", Some("a"));
        db.grant(&robot, "officer", Some("a"));
        let works = db.account("works", Some("a"));
        db.pass_days(80);
        db.open(&works);
        for login in ["boss", "part", "comes"] {
            assert!(matches!(db.sign_in(login, PASSWORD), Outcome::SignedIn(_)));
        }
        let (me, id) = (db.actor("robot"), robot.id.clone());
        let new = NewToken { name: "đọc".into(), days: 300, ..NewToken::default() };
        let token = db.w(move |tx| create_token(tx, &me, &id, &new)).unwrap();
        db.w(move |tx| touch_token(tx, &token.info.id)).unwrap();
        assert_eq!(idle(db, "boss", 90), Vec::<String>::new());
        db.pass_days(10);
        assert_eq!(idle(db, "boss", 90), Vec::<String>::new(), "90 days and not more");
        db.pass_minutes(1);
        assert_eq!(idle(db, "boss", 90), ["never"], "the robot's token and a session are in use");
        assert_eq!(idle(db, "part", 90), Vec::<String>::new(), "out of reach");
        assert_eq!(idle(db, "boss", 5), ["boss", "comes", "never", "part", "robot", "works"]);
        let close = |by: &str, ids: Vec<String>, reason: &'static str| {
            let by = db.actor(by);
            db.w(move |tx| close_idle(tx, &by, &ids, 90, reason))
        };
        assert_eq!(close("boss", vec![never.id.clone()], " ").unwrap_err().status(), 422);
        assert_eq!(close("boss", vec![], "lâu không dùng").unwrap_err().status(), 422);
        assert_eq!(close("part", vec![never.id.clone()], "lâu không dùng").unwrap_err().status(), 409);
        assert_eq!(close("boss", vec![never.id.clone(), robot.id.clone()], "lâu không dùng").unwrap_err().status(), 409);
        assert_eq!(idle(db, "boss", 90), ["never"], "all or none");
        assert_eq!(close("boss", vec![never.id.clone()], "lâu không dùng").unwrap(), 1);
        assert_eq!(idle(db, "boss", 90), Vec::<String>::new());
        assert!(db.seen(&open).is_none());
        let sql = "SELECT COUNT(*) FROM ledger_leaf WHERE register = 'account' AND action = 'disable' AND reason = 'lâu không dùng'";
        assert_eq!(db.r(|tx| tx.query(sql, &[])?[0].get::<i64>(0)).unwrap(), 1);
        assert!(db.r(verify_rows).unwrap().is_empty());
    });
}
