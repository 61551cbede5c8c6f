//! Accounts through the doors: how far a role reaches is said, never guessed.

use std::process::Command;

use serde_json::json;
use testkit::ENGINES;

use crate::world::{self, PASSWORD};

/// Grants of a login, as the API of the store says them: role and agency.
fn grants(w: &world::World, login: &str) -> Vec<(String, Option<String>)> {
    let login = login.to_owned();
    w.instance
        .store
        .read_blocking(move |tx| match access::account_by_login(tx, &login)? {
            Some(a) => Ok(access::grants_of(tx, &a.id)?.into_iter().map(|g| (g.role, g.agency)).collect()),
            None => Ok(vec![]),
        })
        .unwrap()
}

#[test]
fn a_new_account_says_its_role_and_reach_at_once() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let boss = w.client("quantri");
        let syt = world::agency_named(&w.instance, "Sở Y tế");
        let form = boss.get("/admin/accounts/new").text();
        assert!(form.contains("name=\"role\"") && form.contains("value=\"whole\"") && !form.contains("confirm_whole"), "{form}");
        let who = [("login", "moi.nv"), ("name", "Nguyễn Văn Mới")];
        // nothing said is not everything
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "agency")]].concat());
        assert!(
            r.status == 422 && r.text().contains("không có nghĩa là toàn hệ thống") && r.text().contains("Nguyễn Văn Mới"),
            "{}",
            r.text()
        );
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("reach", "agency"), ("agency", syt.as_str())]].concat());
        assert!(r.status == 422 && r.text().contains("Chọn vai trò"), "{}", r.text());
        // everything is asked once more, with what was typed
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "whole")]].concat());
        assert!(r.status == 422 && r.text().contains("name=\"confirm_whole\""), "{}", r.text());
        assert_eq!(grants(&w, "moi.nv"), []);
        let r =
            boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "agency"), ("agency", syt.as_str())]].concat());
        assert!(r.status == 200 && r.text().contains("class=\"secret\""), "{}", r.text());
        assert_eq!(grants(&w, "moi.nv"), [("contact".to_owned(), Some(syt.clone()))]);
        let who = [("login", "tinh.nv"), ("name", "Lê Thị Tỉnh")];
        let whole = [("role", "inspector"), ("reach", "whole"), ("confirm_whole", "1")];
        assert_eq!(boss.post("/admin/accounts/new", &[&who[..], &whole[..]].concat()).status, 200);
        assert_eq!(grants(&w, "tinh.nv"), [("inspector".to_owned(), None)]);
        // a login that is taken gives back the whole form
        let r = boss.post("/admin/accounts/new", &[&who[..], &whole[..]].concat());
        assert!(r.status == 422 && r.text().contains("đã có") && r.text().contains("confirm_whole"), "{}", r.text());
        by_program(&w, &syt);
        w.instance.store.close();
    }
}

fn by_program(w: &world::World, syt: &str) {
    let program = w.program("quantri", None);
    let make = |v: serde_json::Value| program.call("POST", "/api/v1/accounts", &[], &v);
    let silent = make(json!({ "login": "may.1", "name": "Máy Một", "role": "contact" }));
    assert!(silent.status == 422 && silent.text().contains("whole_system") | silent.text().contains("toàn hệ thống"), "{}", silent.text());
    let made = make(json!({ "login": "may.1", "name": "Máy Một", "role": "contact", "agency": syt }));
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["password"].as_str().is_some_and(|p| p.len() > 12));
    assert_eq!(grants(w, "may.1"), [("contact".to_owned(), Some(syt.to_owned()))]);
    let at = format!("/api/v1/accounts/{}/grants", made.json()["id"].as_str().unwrap());
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "head" })).status, 422);
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "head", "agency": syt, "whole_system": true })).status, 422);
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "inspector", "whole_system": true })).status, 201);
    assert!(grants(w, "may.1").contains(&("inspector".to_owned(), None)));
    assert_eq!(w.program("daumoi", None).call("POST", "/api/v1/accounts", &[], &json!({})).status, 403);
    let list = program.get("/api/v1/accounts?q=may.1").json();
    assert!(list["items"][0]["login"] == "may.1" && list["items"][0].get("password").is_none(), "{list}");
    assert!(w.app.sign_in("quantri", PASSWORD).get("/admin/accounts").status == 200);
}

#[test]
fn the_command_line_asks_for_a_reach_too() {
    let w = world::sqlite();
    w.instance.store.close();
    let run = |words: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_lachan-under-test")).args(["--database", w.db.url()]).args(words).output().unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
    };
    let (code, said) = run(&["accounts", "create", "dong.lenh", "--name", "Dòng Lệnh", "--role", "contact"]);
    assert!(code == 5 && said.contains("--whole-system"), "{code} {said}");
    let (code, said) = run(&["accounts", "create", "dong.lenh", "--name", "Dòng Lệnh", "--role", "inspector", "--whole-system"]);
    assert!(code == 0 && said.contains("mật khẩu tạm"), "{code} {said}");
    let (code, said) = run(&["account", "grant", "dong.lenh", "contact"]);
    assert!(code == 5 && said.contains("--agency"), "{code} {said}");
    assert_eq!(run(&["account", "grant", "dong.lenh", "contact", "--agency", "x", "--whole-system"]).0, 2);
    assert_eq!(run(&["account", "grant", "dong.lenh", "head", "--whole-system"]).0, 0);
}
