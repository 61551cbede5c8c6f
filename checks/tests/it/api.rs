//! Every route of the API and every page that changes something, generated from OpenAPI and the sources: no way in
//! without signing in, without the right, without the form's token.

use serde_json::{Value, json};
use testkit::Client;

use crate::world;

/// An id no record has.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// (method, path) of every operation that OpenAPI names, with ids filled in.
fn operations(doc: &Value) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        for method in ["get", "post", "patch", "delete", "put"] {
            if item.get(method).is_some() {
                out.push((method.to_uppercase(), path.clone(), path.replace("{id}", NOBODY)));
            }
        }
    }
    out
}

/// Sends an operation as a program would that knows what the body should be.
fn send(c: &Client, method: &str, path: &str) -> u16 {
    let body = match method {
        "GET" => Value::Null,
        "DELETE" => json!({ "reason": "x" }),
        _ => json!({ "fields": {} }),
    };
    c.call(method, path, &[("if-match", "\"999999\"")], &body).status
}

#[test]
fn every_api_route_asks_who_and_whether() {
    let w = world::sqlite();
    let guest = w.app.guest();
    let doc = guest.get("/api/v1/openapi.json").json();
    let all = operations(&doc);
    assert!(all.len() > 300, "{} operations", all.len());
    let (nobody, narrow, bad) = (w.client("khongquyen"), w.program("canbo", Some(&["khong_co_so_nay"])), w.app.bearer("lc_sai"));
    let mut wrong = Vec::new();
    for (method, route, path) in &all {
        let mut check = |who: &str, c: &Client, wanted: &[u16]| {
            let status = send(c, method, path);
            if !wanted.contains(&status) {
                wrong.push(format!("{method} {route} as {who}: {status}"));
            }
        };
        check("guest", &guest, &[401]);
        check("wrong token", &bad, &[401]);
        // a token that keeps nothing has no right anywhere
        check("narrowed token", &narrow, &[403]);
        // without a grant only what everyone may read is open
        let register = route.split('/').nth(3).unwrap_or_default();
        let public = w.instance.registry.registers.get(register).is_some_and(|d| d.access.contains_key("everyone"));
        let reading = method == "GET" && !route.ends_with("/export");
        check("no role", &nobody, if public && reading { &[200, 404][..] } else { &[403] });
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// Path templates of the application, taken from the sources: every `.route("…", …)` of the kernel and the modules.
fn routes() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut out = Vec::new();
    for file in crate::tidy::rust_files(&root) {
        let name = file.to_string_lossy().into_owned();
        if !(name.contains("kernel/web/src") || name.contains("/modules/")) || name.contains("/tests") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split(".route(\"").skip(1) {
            let path = part.split('"').next().unwrap().to_owned();
            let rest = part.split(".route(\"").next().unwrap().lines().next().unwrap_or_default().to_owned();
            if path.starts_with('/') {
                out.push((path, rest));
            }
        }
    }
    out
}

#[test]
fn every_page_asks_who() {
    let w = world::sqlite();
    let guest = w.app.guest();
    let open = [
        "/sign-in",
        "/sign-out",
        "/prefs",
        "/recover",
        "/recover/use",
        "/healthz",
        "/favicon.ico",
        "/assets/{hash}/{name}",
        "/api/v1/openapi.json",
        "/sample",
        "/sample/boom",
    ];
    let mut n = 0;
    for (route, methods) in routes() {
        if open.contains(&route.as_str()) || !methods.contains("get(") {
            continue;
        }
        let path = fill(&route);
        let r = guest.get(&path);
        let away = r.status == 303 && r.header("location").starts_with("/sign-in");
        assert!(r.status == 401 || away, "{route}: {}", r.status);
        assert!(r.bytes.len() < 400, "{route}: says {} bytes to somebody unknown", r.bytes.len());
        n += 1;
    }
    assert!(n > 40, "{n} pages found");
}

#[test]
fn every_change_by_form_needs_the_forms_token() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let (mut n, before) = (0, leaves(&w));
    for (route, methods) in routes() {
        if !methods.contains("post(") && !methods.contains("patch(") && !methods.contains("delete(") {
            continue;
        }
        let path = fill(&route);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let elsewhere = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
        let good = format!("csrf={}", c.csrf());
        let files = [("content-type", "multipart/form-data; boundary=cut")];
        let part = |head: &str, text: &str| format!("--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n");
        let behind = part("name=\"file\"; filename=\"a.txt\"", "x") + &part("name=\"csrf\"", &c.csrf()) + "--cut--\r\n";
        for (why, headers, body) in [
            ("no token", &form[..], "name=x"),
            ("wrong token", &form[..], "csrf=AAAA&name=x"),
            ("another site", &elsewhere[..], good.as_str()),
            ("the token behind a file", &files[..], &*behind),
        ] {
            let r = c.request("POST", &path, headers, body.as_bytes().to_vec());
            assert_eq!(r.status, 403, "{route} with {why}");
        }
        n += 1;
    }
    assert!(n > 30, "{n} changing routes found");
    assert_eq!(leaves(&w), before, "nothing was written");
}

fn leaves(w: &world::World) -> i64 {
    w.instance.store.read_blocking(|tx| tx.query("SELECT size FROM ledger_head WHERE id = 1", &[])?[0].get(0)).unwrap()
}

fn fill(route: &str) -> String {
    let group = web::shell::GROUPS[0].0;
    route
        .split('/')
        .map(|part| match part {
            "{register}" => "person",
            "{group}" => group,
            "{transition}" => "start",
            "{n}" => "0",
            p if p.starts_with('{') => NOBODY,
            p => p,
        })
        .collect::<Vec<_>>()
        .join("/")
}
