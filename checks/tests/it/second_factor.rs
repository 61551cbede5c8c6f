//! The second factor through the pages: enrol, sign in with codes, required by role, taken away by an administrator.

use ring::hmac;
use store::Engine;
use testkit::{BASE, Client, Reply, TestApp};

use crate::world::{self, NOW, PASSWORD};

/// What an authenticator app shows, written here once more from RFC 4226 and RFC 6238.
fn app_shows(key: &str, ahead: i64) -> String {
    let bits: String = key.bytes().map(|b| format!("{:05b}", if b >= b'A' { b - b'A' } else { b - b'2' + 26 })).collect();
    let secret: Vec<u8> = (0..bits.len() / 8).map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).unwrap()).collect();
    let step = NOW / 30_000_000 + ahead;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret), &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let word = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

fn key_on(page: &str) -> String {
    let shown = page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap();
    shown.split_whitespace().collect()
}

fn enrol(c: &Client) -> (String, Vec<String>) {
    assert_eq!(c.post("/account/second-factor/enrol", &[]).status, 303);
    let page = c.get("/account/second-factor").text();
    assert!(page.contains("<svg class=\"qr\"") && page.contains("aria-label=\"Mã QR"), "{page}");
    let key = key_on(&page);
    let wrong = c.post("/account/second-factor/confirm", &[("code", "1")]);
    assert_eq!(wrong.status, 422);
    assert_eq!(key_on(&wrong.text()), key, "the same key is shown again");
    let done = c.post("/account/second-factor/confirm", &[("code", &app_shows(&key, 0))]);
    assert_eq!(done.status, 200, "{}", done.text());
    let codes: Vec<String> = done.text().split("<code>").skip(1).map(|s| s.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (key, codes)
}

/// Signs in with the password; where it leads.
fn password(app: &TestApp, login: &str) -> (Client, Reply) {
    let c = app.guest();
    c.get("/sign-in");
    let r = c.post("/sign-in", &[("login", login), ("password", PASSWORD), ("back", "/targets")]);
    (c, r)
}

#[test]
fn codes_are_asked_for_after_the_password() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(w) = world::on(engine) else { continue };
        let (key, codes) = enrol(&w.app.sign_in("canbo", PASSWORD));
        let (c, r) = password(&w.app, "canbo");
        assert_eq!((r.status, r.header("location")), (303, "/sign-in/second?back=%2Ftargets"));
        assert_eq!(c.get("/").header("location"), "/sign-in", "half a sign-in opens nothing");
        assert!(c.get("/sign-in/second?back=/targets").text().contains("Nhập mã xác nhận"));
        let replay = c.post("/sign-in/second", &[("code", &app_shows(&key, 0)), ("back", "/targets")]);
        assert!(replay.status == 422 && replay.text().contains("đã dùng"), "{}", replay.text());
        let r = c.post("/sign-in/second", &[("code", &app_shows(&key, 1)), ("back", "/targets")]);
        assert_eq!((r.status, r.header("location")), (303, "/targets"));
        assert_eq!(c.get("/targets").status, 200);
        // the telephone is lost
        let (c, _) = password(&w.app, "canbo");
        c.get("/sign-in/second");
        assert_eq!(c.post("/sign-in/second", &[("code", &codes[0])]).status, 303);
        assert!(c.get("/account").text().contains("/account/second-factor"));
        // an administrator takes it away, with a reason
        let boss = w.app.sign_in("quantri", PASSWORD);
        let list = boss.get("/admin/accounts?q=canbo").text();
        let id = list.split("/admin/accounts/").find_map(|s| s.split('"').next().filter(|i| i.len() == 36)).unwrap().to_owned();
        assert!(boss.get(&format!("/admin/accounts/{id}")).text().contains("second-factor/reset"));
        let reset = format!("/admin/accounts/{id}/second-factor/reset");
        assert_eq!(boss.post(&reset, &[("reason", "")]).status, 422);
        assert_eq!(boss.post(&reset, &[("reason", "mất điện thoại")]).status, 303);
        assert_eq!(c.get("/").status, 303, "sessions end");
        assert_eq!(password(&w.app, "canbo").1.header("location"), "/targets");
        w.instance.store.close();
    }
}

#[test]
fn a_role_that_asks_for_it_opens_nothing_before() {
    let w = world::sqlite();
    let config = web::Config { base_url: BASE.into(), sign_in_per_minute: 1000, second_factor: true, ..web::Config::default() };
    let strict = TestApp::new(w.instance.app(config));
    let c = strict.guest();
    c.get("/sign-in");
    assert_eq!(c.post("/sign-in", &[("login", "quantri"), ("password", PASSWORD)]).status, 303);
    let r = c.get("/admin/accounts");
    assert_eq!((r.status, r.header("location")), (303, "/account/second-factor"));
    let page = c.get("/account/second-factor");
    assert!(page.status == 200 && page.text().contains("bắt buộc"), "{}", page.text());
    assert_eq!(c.call("GET", "/api/v1/agency", &[], &serde_json::Value::Null).status, 403);
    enrol(&c);
    assert_eq!(c.get("/admin/accounts").status, 200);
    // other roles are not asked
    assert_eq!(strict.sign_in("daumoi", PASSWORD).get("/").status, 200);
}
