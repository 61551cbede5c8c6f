use super::db::{Db, PASSWORD, on_each_engine};
use crate::*;

fn new(login: &str, agency: Option<&str>) -> NewAccount {
    NewAccount { login: login.into(), name: format!("Tên {login}"), agency: agency.map(Into::into), ..NewAccount::default() }
}
fn create(db: &Db, actor: &Actor, n: NewAccount) -> store::Result<Account> {
    let actor = actor.clone();
    db.w(move |tx| create_account(tx, &actor, &n, None))
}
fn give(db: &Db, actor: &Actor, to: &Account, role: &str, agency: Option<&str>) -> store::Result<Grant> {
    let (actor, roles) = (actor.clone(), db.roles.clone());
    let n = NewGrant { account: to.id.clone(), role: role.into(), agency: agency.map(Into::into), ..NewGrant::default() };
    db.w(move |tx| grant(tx, &actor, &roles, &n))
}
fn status<T>(r: store::Result<T>) -> u16 {
    r.map_or_else(|e| e.status(), |_| 200)
}

fn move_to(tx: &mut store::Tx, actor: &Actor, id: &str, agency: &str) -> store::Result<()> {
    let a = account(tx, id)?;
    update_account(tx, actor, id, a.version, &new(&a.login, Some(agency))).map(drop)
}

#[test]
fn forms_are_checked_field_by_field() {
    on_each_engine(|db| {
        let system = Actor::system("test");
        let a = create(db, &system, NewAccount { email: Some(" Lan@saomai.gov.vn ".into()), ..new("  Lan.NT ", None) }).unwrap();
        assert_eq!((a.login.as_str(), a.email.as_deref(), a.must_change), ("lan.nt", Some("Lan@saomai.gov.vn"), true));
        let e = create(db, &system, new("LAN.nt", None)).unwrap_err();
        assert!(e.status() == 409 && e.to_string().contains("lan.nt"), "{e}");
        let bad = NewAccount { login: "có dấu cách".into(), name: " ".into(), email: Some("lan@".into()), ..NewAccount::default() };
        let store::Error::Invalid(list) = create(db, &system, bad).unwrap_err() else { panic!("accepted") };
        assert_eq!(list.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["login", "name", "email"]);
        for login in ["", "x", "a b", "a/b", "<script>", &"x".repeat(65)] {
            assert_eq!(status(create(db, &system, new(login, None))), 422, "{login}");
        }
    });
}

#[test]
fn changes_need_the_present_version() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        db.account("ba", None);
        let update = |version: i64, n: NewAccount| {
            let id = a.id.clone();
            db.w(move |tx| update_account(tx, &Actor::system("test"), &id, version, &n))
        };
        let b = update(a.version, NewAccount { name: "Lê Lan".into(), ..new("lan", None) }).unwrap();
        assert_eq!((b.name.as_str(), b.version), ("Lê Lan", a.version + 1));
        assert_eq!(status(update(a.version, new("lan", None))), 409);
        assert_eq!(status(update(b.version, new("ba", None))), 409);
        let same = update(b.version, NewAccount { name: "Lê Lan".into(), ..new("lan", None) }).unwrap();
        assert_eq!(same.version, b.version, "nothing changed, nothing written");
    });
}

#[test]
fn managing_needs_the_permission_and_stays_in_its_subtree() {
    on_each_engine(|db| {
        db.agencies();
        let (boss, clerk) = (db.account("boss", Some("a")), db.account("clerk", Some("a")));
        db.grant(&boss, "admin", Some("a"));
        db.grant(&clerk, "officer", Some("a"));
        let (below, beside, above) = (db.account("below", Some("c")), db.account("beside", Some("b")), db.account("above", None));
        let (boss, clerk) = (db.actor("boss"), db.actor("clerk"));
        assert_eq!(status(create(db, &clerk, new("x1", Some("a")))), 403);
        assert_eq!(status(create(db, &boss, new("x2", Some("c")))), 200);
        for agency in [Some("b"), Some("p"), Some("unknown"), None] {
            assert_eq!(status(create(db, &boss, new("x3", agency))), 403, "{agency:?}");
        }
        let password = NewPassword::new(&PASSWORD.into(), "", "").unwrap();
        for (who, target, expected) in
            [(&boss, &below, 200), (&boss, &beside, 403), (&boss, &above, 403), (&clerk, &below, 403), (&clerk, &beside, 403)]
        {
            let run = |f: fn(&mut store::Tx, &Actor, &str, &NewPassword) -> store::Result<()>| {
                let (who, id, p) = (who.clone(), target.id.clone(), password.clone());
                status(db.w(move |tx| f(tx, &who, &id, &p)))
            };
            assert_eq!(run(|tx, a, id, p| set_password(tx, a, id, p, false)), expected);
            assert_eq!(run(|tx, a, id, _| set_disabled(tx, a, id, true, "").map(drop)), expected);
            assert_eq!(run(|tx, a, id, _| set_disabled(tx, a, id, false, "").map(drop)), expected);
            assert_eq!(run(|tx, a, id, _| unlock(tx, a, id).map(drop)), expected);
            assert_eq!(run(|tx, a, id, _| revoke_all_sessions(tx, a, id).map(drop)), expected);
            assert_eq!(run(|tx, a, id, _| move_to(tx, a, id, "c")), expected);
        }
        // moving an account out of the subtree is not theirs either
        let (b, id) = (boss.clone(), below.id.clone());
        assert_eq!(status(db.w(move |tx| move_to(tx, &b, &id, "b"))), 403);
        // a password given by a person must be changed, whatever they asked
        let id = below.id.clone();
        assert!(db.r(move |tx| account(tx, &id)).unwrap().must_change);
    });
}

#[test]
fn who_reaches_further_cannot_be_taken_over() {
    on_each_engine(|db| {
        db.agencies();
        let (boss, head) = (db.account("boss", Some("a")), db.account("head", Some("a")));
        db.grant(&boss, "admin", Some("a"));
        db.grant(&head, "reader", Some("p"));
        let (boss, id, p) = (db.actor("boss"), head.id.clone(), NewPassword::new(&PASSWORD.into(), "", "").unwrap());
        assert_eq!(status(db.w(move |tx| set_password(tx, &boss, &id, &p, true))), 403);
    });
}

#[test]
fn grants_are_passed_on_only_by_who_holds_them() {
    on_each_engine(|db| {
        db.agencies();
        let (boss, chief, lan) = (db.account("boss", Some("a")), db.account("chief", None), db.account("lan", Some("c")));
        db.grant(&boss, "admin", Some("a"));
        db.grant(&chief, "admin", None);
        let (boss, chief) = (db.actor("boss"), db.actor("chief"));
        assert_eq!(status(give(db, &boss, &lan, "admin", Some("c"))), 200, "what they hold themselves");
        assert_eq!(status(give(db, &boss, &lan, "officer", Some("c"))), 403, "what they do not hold");
        assert_eq!(status(give(db, &boss, &lan, "admin", Some("b"))), 403, "outside");
        assert_eq!(status(give(db, &boss, &lan, "admin", None)), 403, "the whole instance");
        assert_eq!(status(give(db, &chief, &lan, "officer", Some("c"))), 200, "managers of everything");
        assert_eq!(status(give(db, &chief, &lan, "officer", Some("c"))), 409, "twice");
        assert_eq!(status(give(db, &chief, &lan, "boss", None)), 422);
        assert_eq!(status(give(db, &chief, &lan, "officer", Some("unknown"))), 422);
        let me = db.r(|tx| account_by_login(tx, "chief")).unwrap().unwrap();
        assert_eq!(status(give(db, &chief, &me, "officer", None)), 403, "to oneself");
        for (from, to) in [("2026-02-30", "2026-03-01"), ("1/3/2026", ""), ("2026-03-02", "2026-03-01")] {
            let (chief, roles) = (chief.clone(), db.roles.clone());
            let opt = |s: &str| (!s.is_empty()).then(|| s.to_owned());
            let n = NewGrant { account: lan.id.clone(), role: "reader".into(), agency: None, from_date: opt(from), to_date: opt(to) };
            assert_eq!(status(db.w(move |tx| grant(tx, &chief, &roles, &n))), 422, "{from} {to}");
        }
    });
}

#[test]
fn ended_grants_stay_in_the_list_without_force() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let g = db.grant(&a, "officer", None);
        assert!(g.active && db.actor("lan").may(Verb::Update, "system").is_ok());
        let id = g.id.clone();
        let ended = db.w(move |tx| end_grant(tx, &Actor::system("test"), &id, "chuyển công tác")).unwrap();
        assert!(!ended.active && db.actor("lan").may(Verb::Update, "system").is_err());
        let id = a.id.clone();
        assert_eq!(db.r(move |tx| grants_of(tx, &id)).unwrap(), [ended]);
        assert_eq!(status(db.w(|tx| end_grant(tx, &Actor::system("test"), "none", ""))), 404);
    });
}

#[test]
fn nobody_closes_their_own_account() {
    on_each_engine(|db| {
        let a = db.account("chief", None);
        db.grant(&a, "admin", None);
        let (me, id) = (db.actor("chief"), a.id.clone());
        assert_eq!(status(db.w(move |tx| set_disabled(tx, &me, &id, true, ""))), 409);
    });
}

#[test]
fn lists_show_what_the_scope_reaches() {
    on_each_engine(|db| {
        db.agencies();
        let boss = db.account("boss", Some("a"));
        db.grant(&boss, "admin", Some("a"));
        for (login, agency) in [("c1", Some("c")), ("b1", Some("b")), ("n1", None), ("a1", Some("a"))] {
            db.account(login, agency);
        }
        let list = |actor: &Actor, f: AccountFilter| {
            let scope = actor.may(Verb::Read, "account").unwrap();
            db.r(move |tx| list_accounts(tx, &scope, &f)).unwrap().into_iter().map(|a| a.login).collect::<Vec<_>>()
        };
        let (all, mine) = (Actor::system("test"), db.actor("boss"));
        let any = AccountFilter::default;
        assert_eq!(list(&all, any()), ["a1", "b1", "boss", "c1", "n1"]);
        assert_eq!(list(&mine, any()), ["a1", "boss", "c1"]);
        assert_eq!(list(&all, AccountFilter { limit: 2, after: Some("a1".into()), ..any() }), ["b1", "boss"]);
        assert_eq!(list(&all, AccountFilter { words: "TÊN c".into(), ..any() }), ["c1"]);
        assert_eq!(list(&mine, AccountFilter { words: "b1".into(), ..any() }), Vec::<String>::new());
        assert_eq!(list(&all, AccountFilter { disabled: Some(true), ..any() }), Vec::<String>::new());
        let one = |actor: &Actor, login: &str| {
            let scope = actor.may(Verb::Read, "account").unwrap();
            let id = db.r(|tx| account_by_login(tx, login)).unwrap().unwrap().id;
            status(db.r(move |tx| account_in_scope(tx, &scope, &id)))
        };
        assert_eq!(["a1", "c1", "b1", "n1"].map(|l| one(&mine, l)), [200, 200, 404, 404]);
        assert_eq!(["a1", "c1", "b1", "n1"].map(|l| one(&all, l)), [200; 4]);
        // a scope for something else opens nothing
        let wrong = all.may(Verb::Read, "system").unwrap();
        assert!(db.r(move |tx| list_accounts(tx, &wrong, &AccountFilter::default())).is_err());
    });
}

#[test]
fn preferences_are_few() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let id = a.id.clone();
        db.w(move |tx| set_preferences(tx, &id, "en", "dark")).unwrap();
        let id = a.id.clone();
        let b = db.r(move |tx| account(tx, &id)).unwrap();
        assert_eq!((b.locale.as_str(), b.theme.as_str(), b.version), ("en", "dark", a.version));
        assert_eq!(status(db.w(move |tx| set_preferences(tx, &a.id, "fr", "dark"))), 400);
    });
}

#[test]
fn every_change_is_a_leaf_without_secrets() {
    on_each_engine(|db| {
        let a = db.account("lan", None);
        let g = db.grant(&a, "officer", None);
        let me = db.actor("lan");
        let id = g.id.clone();
        let t = db
            .w(move |tx| {
                let t = create_token(tx, &me, &me.id.clone(), &NewToken { name: "x".into(), days: 1, ..NewToken::default() })?;
                revoke_token(tx, &me, &t.info.id)?;
                end_grant(tx, &Actor::system("test"), &id, "xong")?;
                Ok(t)
            })
            .unwrap();
        let rows =
            db.r(|tx| tx.query("SELECT register, action, version, body, who, before, after FROM ledger_leaf ORDER BY seq", &[])).unwrap();
        let said: Vec<String> = rows
            .iter()
            .map(|r| format!("{} {} {}", r.get::<String>(0).unwrap(), r.get::<String>(1).unwrap(), r.get::<i64>(2).unwrap()))
            .collect();
        let expected = [
            "account create 1",
            "account password 2",
            "account_grant create 1",
            "api_token create 1",
            "api_token revoke 2",
            "account_grant end 2",
        ];
        assert_eq!(said, expected);
        for r in &rows {
            let body: String = r.get(3).unwrap();
            for secret in ["argon2", "password\":", t.token.reveal()] {
                assert!(!body.contains(secret), "{body}");
            }
        }
        let bytes = |row: usize, column: usize| rows[row].get::<Option<Vec<u8>>>(column).unwrap();
        assert_eq!((bytes(0, 5), bytes(1, 5), bytes(4, 5)), (None, bytes(0, 6), bytes(3, 6)), "before = after of the version before");
        assert_eq!((rows[3].get::<String>(4).unwrap(), rows[0].get::<String>(4).unwrap()), (a.id, "system:test".into()));
    });
}

/// What a change made behind the kernel's back is found as: (register, sentence).
fn found(db: &Db) -> Vec<(String, String)> {
    db.r(verify_rows).unwrap().into_iter().map(|m| (m.register, m.sentence_vi)).collect()
}

#[test]
fn rows_changed_behind_the_ledger_are_found() {
    on_each_engine(|db| {
        db.agencies();
        let (lan, minh) = (db.account("lan", Some("a")), db.account("minh", None));
        let g = db.grant(&lan, "officer", Some("a"));
        let ended = db.grant(&lan, "reader", None);
        let me = db.actor("lan");
        let t = db
            .w(move |tx| {
                end_grant(tx, &Actor::system("test"), &ended.id, "xong")?;
                set_preferences(tx, &me.id, "en", "dark")?;
                create_token(tx, &me, &me.id.clone(), &NewToken { name: "x".into(), days: 1, ..NewToken::default() })
            })
            .unwrap();
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
        db.refusal("minh", "sai mất rồi nhé");
        assert_eq!(found(db), vec![], "what the kernel wrote");
        // (statement, the one that takes it back, table, what is said)
        let other = "nội dung khác với sổ cái";
        let q = |id: &str| format!("'{id}'");
        let (lan_id, minh_id, g_id, t_id) = (q(&lan.id), q(&minh.id), q(&g.id), q(&t.info.id));
        let tricks = [
            (
                format!("UPDATE account SET password = (SELECT password FROM account WHERE id = {minh_id}) WHERE id = {lan_id}"),
                "account",
                other,
            ),
            (format!("UPDATE account SET login = 'ai' WHERE id = {lan_id}"), "account", other),
            (format!("UPDATE account SET agency = 'p' WHERE id = {lan_id}"), "account", other),
            (format!("UPDATE account SET must_change = 1 WHERE id = {lan_id}"), "account", other),
            (format!("UPDATE account SET disabled_at = 5 WHERE id = {lan_id}"), "account", other),
            (format!("UPDATE account SET version = 9 WHERE id = {lan_id}"), "account", "số phiên bản khác với sổ cái"),
            (
                format!("UPDATE account SET id = 'moi' WHERE id = {lan_id}"),
                "account",
                "dòng này không có lá nào trong sổ cái|sổ cái có dòng này nhưng bảng không còn",
            ),
            (format!("DELETE FROM account WHERE id = {minh_id}"), "account", "sổ cái có dòng này nhưng bảng không còn"),
            (
                format!(
                    "INSERT INTO account_grant (id, account, role, granted_by, at, version) VALUES ('g', {lan_id}, 'admin', 'system:x', 1, 1)"
                ),
                "account_grant",
                "dòng này không có lá nào trong sổ cái",
            ),
            (format!("UPDATE account_grant SET role = 'admin' WHERE id = {g_id}"), "account_grant", other),
            (format!("UPDATE account_grant SET agency = NULL WHERE id = {g_id}"), "account_grant", other),
            ("UPDATE account_grant SET to_date = NULL WHERE to_date IS NOT NULL".into(), "account_grant", other),
            (format!("DELETE FROM account_grant WHERE id = {g_id}"), "account_grant", "sổ cái có dòng này nhưng bảng không còn"),
            (format!("UPDATE api_token SET account = {minh_id} WHERE id = {t_id}"), "api_token", other),
            (format!("UPDATE api_token SET expires_at = expires_at + 1 WHERE id = {t_id}"), "api_token", other),
            (format!("UPDATE api_token SET token_hash = (SELECT id_hash FROM session LIMIT 1) WHERE id = {t_id}"), "api_token", other),
            (format!("UPDATE api_token SET verbs = 'everything' WHERE id = {t_id}"), "api_token", other),
            (format!("UPDATE api_token SET revoked_at = 1 WHERE id = {t_id}"), "api_token", other),
        ];
        for (sql, table, said) in tricks {
            let trick = sql.clone();
            let wrong = db
                .w(move |tx| {
                    tx.attempt(true, |tx| {
                        tx.exec(&trick, &[])?;
                        verify_rows(tx)
                    })
                })
                .unwrap()
                .unwrap();
            let wrong: Vec<_> = wrong.into_iter().map(|m| (m.register, m.sentence_vi)).collect();
            let expected: Vec<_> = said.split('|').map(|s| (table.to_owned(), s.to_owned())).collect();
            assert_eq!(wrong, expected, "{sql}");
        }
        assert_eq!(found(db), vec![], "all was taken back");
    });
}

#[test]
fn leaves_of_an_older_program_are_sealed_once_and_hide_nothing() {
    on_each_engine(|db| {
        let (lan, minh) = (db.account("lan", None), db.account("minh", None));
        // as before the seal was invented
        let strip = |id: String| {
            move |tx: &mut store::Tx| {
                let sql = "SELECT seq, body FROM ledger_leaf WHERE record = $1 ORDER BY seq DESC LIMIT 1";
                let row = tx.query_opt(sql, &[id.into()])?.unwrap();
                let mut body: serde_json::Value = serde_json::from_str(&row.get::<String>(1)?).unwrap();
                body.as_object_mut().unwrap().remove("password_seal");
                tx.exec("UPDATE ledger_leaf SET body = $2 WHERE seq = $1", &[row.get::<i64>(0)?.into(), body.to_string().into()])
            }
        };
        db.w(strip(lan.id.clone())).unwrap();
        db.w(strip(minh.id.clone())).unwrap();
        assert!(found(db).iter().all(|(_, s)| s.contains("chưa niêm phong mật khẩu")), "{:?}", found(db));
        assert_eq!(found(db).len(), 2);
        db.w(move |tx| tx.exec("UPDATE account SET agency = 'p' WHERE id = $1", &[minh.id.into()])).unwrap();
        assert_eq!(db.w(seal_older).unwrap(), 1);
        assert_eq!(found(db), vec![("account".into(), "nội dung khác với sổ cái".into())], "what was changed is not sealed away");
        assert_eq!(db.w(seal_older).unwrap(), 0);
        assert!(matches!(db.sign_in("lan", PASSWORD), Outcome::SignedIn(_)));
    });
}
