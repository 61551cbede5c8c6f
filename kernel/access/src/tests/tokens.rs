use super::db::{Db, on_each_engine};
use crate::*;

fn mint(db: &Db, login: &str, new: NewToken) -> store::Result<MintedToken> {
    let actor = db.actor(login);
    db.w(move |tx| create_token(tx, &actor, &actor.id.clone(), &new))
}
fn named(days: i64) -> NewToken {
    NewToken { name: "Đồng bộ".into(), days, ..NewToken::default() }
}
fn behind(db: &Db, token: &str) -> Option<TokenActor> {
    let (roles, token) = (db.roles.clone(), token.to_owned());
    db.r(move |tx| actor_of_token(tx, &roles, &token)).unwrap()
}

#[test]
fn a_token_has_what_both_account_and_narrowing_allow() {
    on_each_engine(|db| {
        db.agencies();
        let a = db.account("lan", Some("a"));
        db.grant(&a, "officer", Some("a"));
        let verbs = Some([Verb::Read, Verb::Delete].into());
        let t = mint(db, "lan", NewToken { verbs, registers: Some(["system".to_owned()].into()), ..named(30) }).unwrap();
        assert!(t.token.reveal().starts_with("lc_") && t.token.reveal().starts_with(&t.info.prefix));
        assert_eq!((t.info.prefix.len(), t.token.reveal().len()), (9, 46));
        let who = behind(db, t.token.reveal()).unwrap();
        assert_eq!((who.actor.kind, who.actor.id.as_str()), (ActorKind::Token, a.id.as_str()));
        assert_eq!(*who.actor.may(Verb::Read, "system").unwrap().subtree(), Subtree::Paths(vec!["/p/a/".into()]));
        assert!(who.actor.may(Verb::Update, "system").is_err(), "verb not kept");
        assert!(who.actor.may(Verb::Delete, "system").is_err(), "account has it not");
        assert!(who.actor.may(Verb::Read, "province").is_err(), "register not kept");
        let all = mint(db, "lan", named(30)).unwrap();
        let who = behind(db, all.token.reveal()).unwrap();
        assert!(who.actor.may(Verb::Update, "system").is_ok() && who.actor.may(Verb::Read, "province").is_ok());
        assert!(!format!("{all:?}").contains(all.token.reveal()));
    });
}

#[test]
fn a_token_ends_with_its_time_its_revocation_or_its_account() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.grant(&a, "officer", None);
        let (short, revoked, long) =
            (mint(db, "lan", named(1)).unwrap(), mint(db, "lan", named(30)).unwrap(), mint(db, "lan", named(30)).unwrap());
        db.pass_hours(23);
        assert!(behind(db, short.token.reveal()).is_some());
        db.pass_hours(1);
        assert!(behind(db, short.token.reveal()).is_none());
        let (me, id) = (db.actor("lan"), revoked.info.id.clone());
        db.w(move |tx| revoke_token(tx, &me, &id)).unwrap();
        assert!(behind(db, revoked.token.reveal()).is_none());
        assert!(behind(db, "lc_").is_none() && behind(db, "").is_none() && behind(db, &long.info.prefix).is_none());

        let id = a.id.clone();
        db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, true, "")).unwrap();
        assert!(behind(db, long.token.reveal()).is_none());
        let id = a.id.clone();
        db.w(move |tx| set_disabled(tx, &Actor::system("test"), &id, false, "")).unwrap();
        assert!(behind(db, long.token.reveal()).is_some());
        let (id, new) = (a.id.clone(), NewPassword::new(&"năm con chim xanh".into(), "lan", "").unwrap());
        db.w(move |tx| set_password(tx, &Actor::system("test"), &id, &new, true)).unwrap();
        assert!(behind(db, long.token.reveal()).is_none(), "must change the password first");

        let id = a.id.clone();
        let list = db.r(move |tx| list_tokens(tx, &id)).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list.iter().filter(|t| t.revoked_at.is_some()).count(), 1);
    });
}

#[test]
fn use_is_noted_every_five_minutes() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.grant(&a, "officer", None);
        let t = mint(db, "lan", named(30)).unwrap();
        let who = behind(db, t.token.reveal()).unwrap();
        assert!(who.stale);
        db.w(move |tx| touch_token(tx, &who.token_id)).unwrap();
        assert!(!behind(db, t.token.reveal()).unwrap().stale);
        db.pass_minutes(5);
        assert!(behind(db, t.token.reveal()).unwrap().stale);
    });
}

#[test]
fn nobody_makes_or_ends_a_token_for_somebody_else() {
    on_each_engine(|db| {
        db.agencies();
        let (lan, ba, boss) = (db.account("lan", Some("a")), db.account("ba", Some("b")), db.account("boss", Some("a")));
        db.grant(&lan, "officer", Some("a"));
        db.grant(&ba, "officer", Some("b"));
        db.grant(&boss, "admin", Some("a"));
        let (me, other) = (db.actor("ba"), lan.id.clone());
        assert_eq!(db.w(move |tx| create_token(tx, &me, &other, &named(1))).unwrap_err().status(), 403);
        assert_eq!(mint(db, "boss", named(1)).unwrap_err().status(), 403, "no permission for tokens");
        let t = mint(db, "lan", named(30)).unwrap();
        // a token makes no token
        let who = behind(db, t.token.reveal()).unwrap().actor;
        assert_eq!(db.w(move |tx| create_token(tx, &who, &who.id.clone(), &named(1))).unwrap_err().status(), 403);
        let (me, id) = (db.actor("ba"), t.info.id.clone());
        assert_eq!(db.w(move |tx| revoke_token(tx, &me, &id)).unwrap_err().status(), 404);
        assert!(behind(db, t.token.reveal()).is_some());
        let (me, id) = (db.actor("boss"), t.info.id.clone());
        db.w(move |tx| revoke_token(tx, &me, &id)).unwrap();
        assert!(behind(db, t.token.reveal()).is_none());
        for new in [named(0), named(367), NewToken { name: " ".into(), ..named(1) }] {
            assert_eq!(mint(db, "lan", new).unwrap_err().status(), 422);
        }
    });
}

#[test]
fn a_narrowing_that_cannot_be_read_lets_nothing_through() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.grant(&a, "officer", None);
        let t = mint(db, "lan", named(30)).unwrap();
        db.w(|tx| tx.exec("UPDATE api_token SET verbs = 'everything'", &[])).unwrap();
        let (roles, token) = (db.roles.clone(), t.token.reveal().to_owned());
        assert_eq!(db.r(move |tx| actor_of_token(tx, &roles, &token)).unwrap_err().status(), 500);
    });
}
