//! Files on their way in: bounded, on disk, for who may send them.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::{BASE, Client, Reply, TestApp};

use crate::world::{self, PASSWORD, World};

const FORM: &str = "/r/evidence/new";
const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=cut")];

/// The same instance behind doors with this much room.
fn doors(w: &World, room: (u64, u64)) -> TestApp {
    let config = web::Config { base_url: BASE.into(), sign_in_per_minute: 1000, most_in_flight: room, ..web::Config::default() };
    TestApp::new(w.instance.app(config))
}

fn text(name: &str, value: &str) -> Vec<u8> {
    format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes()
}

fn pdf(name: &str, size: usize) -> Vec<u8> {
    let mut out = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7 ").into_bytes();
    out.resize(out.len() + size, b'x');
    out.extend_from_slice(b"\r\n");
    out
}

fn send(c: &Client, path: &str, parts: &[Vec<u8>]) -> Reply {
    c.request("POST", path, &MULTIPART, [parts.concat(), b"--cut--\r\n".to_vec()].concat())
}

fn token(c: &Client) -> Vec<u8> {
    text("csrf", &c.csrf())
}

fn folder(w: &World) -> PathBuf {
    let mut name = w.instance.store.path().unwrap().as_os_str().to_owned();
    name.push(".uploads");
    name.into()
}

fn lying(w: &World) -> usize {
    std::fs::read_dir(folder(w)).map_or(0, Iterator::count)
}

#[test]
fn who_does_not_fit_is_told_to_come_back_and_the_room_is_given_back() {
    let w = world::sqlite();
    let app = doors(&w, (600 << 10, 400 << 10));
    let c = app.sign_in("canbo", PASSWORD);
    c.get(FORM);
    for _ in 0..3 {
        let r = send(&c, FORM, &[token(&c), pdf("file", 500 << 10)]);
        assert_eq!((r.status, r.header("retry-after")), (503, "20"), "{}", r.text());
        assert!(r.text().contains("nhận nhiều tệp cùng lúc"), "{}", r.text());
        let r = send(&c, FORM, &[token(&c), pdf("file", 200 << 10)]);
        assert_eq!(r.status, 422, "{}", r.text());
    }
    let large = json!({ "fields": { "note": "x".repeat(400 << 10) } });
    let r = c.call("POST", "/api/v1/evidence", &[], &large);
    assert_eq!((r.status, r.header("retry-after"), r.json()["type"].as_str()), (503, "20", Some("urn:lachan:problem:unavailable")));
    let r = c.request("POST", "/api/v1/plans/read", &[("x-csrf-token", &c.csrf())], vec![b'x'; 400 << 10]);
    assert_eq!(r.status, 503, "a document by the API");
    for import in ["/plans/import", "/r/person/import"] {
        c.get(import);
        let r = send(&c, import, &[token(&c), pdf("file", 500 << 10)]);
        assert_eq!(r.status, 503, "{import}: {}", r.text());
    }
}

#[test]
fn nothing_is_read_for_who_may_not_send() {
    let w = world::sqlite();
    // no room at all: whoever gets so far that the body is read is told 503
    let app = doors(&w, (0, 0));
    let large = json!({ "fields": { "note": "x".repeat(200 << 10) } });
    let parts = |c: &Client| [token(c), pdf("file", 200 << 10)];
    let (officer, nobody) = (app.sign_in("canbo", PASSWORD), app.sign_in("khongquyen", PASSWORD));
    for (c, form, api) in [(&officer, 503, 503), (&nobody, 403, 403)] {
        c.get("/account");
        for path in [FORM, "/plans/import", "/plans/obligation/abc/evidence", "/r/person/import", "/r/evidence/abc/edit"] {
            assert_eq!(send(c, path, &parts(c)).status, form, "{path}");
        }
        for (method, path) in
            [("POST", "/api/v1/evidence"), ("PATCH", "/api/v1/evidence/abc"), ("POST", "/api/v1/evidence/abc/transitions/x")]
        {
            assert_eq!(c.call(method, path, &[("if-match", "\"1\"")], &large).status, api, "{method} {path}");
        }
        let headers = [("x-csrf-token", c.csrf()), MULTIPART.map(|(k, v)| (k, v.to_owned()))[0].clone()];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!(c.request("POST", "/api/v1/evidence", &headers, parts(c).concat()).status, api);
        assert_eq!(c.request("POST", "/api/v1/plans/drafts", &headers[..1], vec![b'x'; 200 << 10]).status, api);
    }
    assert_eq!(app.bearer("lc_sai").call("POST", "/api/v1/evidence", &[], &large).status, 401);
    // the token of the form stands first; behind a file it is not looked for
    let behind = send(&officer, FORM, &[pdf("file", 200 << 10), token(&officer)]);
    assert_eq!(behind.status, 403, "{}", behind.text());
    assert_eq!(send(&officer, &format!("{FORM}?csrf={}", officer.csrf()), &[pdf("file", 10)]).status, 403, "not in the address");
    assert_eq!(lying(&w), 0);
}

#[test]
fn a_file_aside_lies_on_disk_for_who_sent_it_until_it_is_stored() {
    let w = world::sqlite();
    let (mine, theirs) = (w.client("canbo"), w.client("daumoi"));
    mine.get(FORM);
    let refused = send(&mine, FORM, &[token(&mine), text("file__files", "1"), pdf("file", 300 << 10), pdf("file", 100)]);
    assert_eq!(refused.status, 422);
    assert_eq!(lying(&w), 1, "the large one; the small one waits in memory");
    let page = refused.text();
    let keys: Vec<String> = page.split("name=\"file__new\" value=\"").skip(1).map(|s| s.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 2, "{page}");
    let form = |c: &Client| -> Value {
        // work that is done or handed in takes no more evidence
        let o = world::records(&w.instance, "obligation", vec![])
            .into_iter()
            .find(|o| !matches!(o.state.as_deref(), Some("done" | "waiting_approval")))
            .unwrap();
        let pairs =
            [("obligation", o.id.as_str()), ("kind", "file"), ("happened_on", "22/11/2026"), ("note", "Đã làm"), ("file__new", &keys[0])];
        let agency = o.text("agency").unwrap_or_default().to_owned();
        let r = c.post(FORM, &[&pairs[..], &[("agency", agency.as_str())]].concat());
        json!([r.status, r.text(), r.header("location")])
    };
    theirs.get(FORM);
    let other = form(&theirs);
    assert!(other[0] == 422 && other[1].as_str().unwrap().contains("không còn giữ được"), "{other}");
    assert_eq!(lying(&w), 1);
    let saved = form(&mine);
    assert_eq!(saved[0], 303, "{}", saved[1]);
    assert_eq!(lying(&w), 0, "in the database now");
    let at = saved[2].as_str().unwrap().to_owned();
    let shown = mine.get(&at).text();
    let sha = shown.split("/file/file/").nth(1).and_then(|s| s.split('"').next()).unwrap_or_else(|| panic!("{shown}")).to_owned();
    let bytes = mine.get(&format!("{at}/file/file/{sha}")).bytes;
    assert!(bytes.starts_with(b"%PDF-1.7 xx") && bytes.len() == 9 + (300 << 10), "{}", bytes.len());
}
