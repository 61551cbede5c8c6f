//! Doors beside the main ones: the command line, and answers that could betray a record by refusing.

use std::process::{Command, Output};

use registers::Record;
use serde_json::json;

use crate::needles::visible;
use crate::rights::{Facts, Person, Reach, people};
use crate::world::{self, World};

/// Runs the program itself as an account.
fn run(w: &World, login: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lachan-under-test"))
        .args(["--database", w.db.url(), "--as", login, "--json"])
        .args(words)
        .env_remove("LACHAN_DATABASE")
        .output()
        .unwrap()
}

fn said(o: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

/// Registers whose records differ in owner and sensitivity.
const REGISTERS: &[&str] = &["person", "contact_point", "system", "training_record", "budget_line"];

#[test]
fn the_command_line_keeps_to_the_accounts_scope() {
    let w = world::sqlite();
    let facts = Facts::of(&w);
    let mut wrong = Vec::new();
    for p in people(&w).iter().filter(|p| ["daumoi", "kythuat", "bo", "khongquyen"].contains(&p.login)) {
        let forbidden = facts.forbidden(&w, p);
        let mut check = |words: &[&str], codes: &[i32]| {
            let o = run(&w, p.login, words);
            let text = said(&o);
            let mut found = forbidden.found_in(&text);
            found.retain(|f| !words.iter().any(|a| a.contains(f.as_str())));
            if !o.status.code().is_some_and(|c| codes.contains(&c)) || !found.is_empty() {
                let short: String = text.chars().take(200).collect();
                wrong.push(format!("{} {words:?}: {:?}, {found:?}: {short}", p.login, o.status.code()));
            }
            text
        };
        for register in REGISTERS {
            let readable = facts.reach(p, "read", register) != Reach::Nothing;
            check(&["record", "list", register, "--as-of", "all", "--limit", "500"], if readable { &[0] } else { &[4] });
            let (mine, other) = facts.examples(p, "read", register);
            if let Some(r) = mine.filter(|_| readable) {
                check(&["record", "get", register, &r.id], &[0]);
            }
            if let Some(r) = other {
                let hidden: &[i32] = if readable { &[3] } else { &[4] };
                check(&["record", "get", register, &r.id], hidden);
                check(&["record", "history", register, &r.id], hidden);
                check(&["record", "delete", register, &r.id, "--reason", "thử"], &[3, 4]);
            }
            if facts.reach(p, "export", register) == Reach::Nothing {
                let file = std::env::temp_dir().join(format!("lachan-door-{}-{register}.xlsx", std::process::id()));
                check(&["export", register, &file.to_string_lossy()], &[4]);
                assert!(!file.exists(), "a refused export leaves no file");
            }
        }
        let figures = facts.permission(p, "read", "figure") != Reach::Nothing;
        check(&["indicators", "--as-of", "2026-11-22"], if figures { &[0] } else { &[4] });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // one figure at the three doors: page and API are compared in http.rs
    let cli: serde_json::Value = serde_json::from_slice(&run(&w, "daumoi", &["indicators", "--as-of", "2026-11-22"]).stdout).unwrap();
    assert_eq!(cli["indicators"], w.client("daumoi").get("/api/v1/targets?as_of=2026-11-22").json()["items"]);
}

#[test]
fn files_go_in_and_out_by_the_command_line_within_the_scope() {
    let w = world::sqlite();
    let (facts, p) = (Facts::of(&w), contact(&w));
    let (mine, other) = facts.examples(&p, "read", "contact_point");
    let (mine, other) = (mine.expect("a record of the commune"), other.expect("a record of others"));
    let dir = std::env::temp_dir();
    let (file, out) = (dir.join(format!("bb-{}.txt", std::process::id())), dir.join(format!("bb-{}.out", std::process::id())));
    std::fs::write(&file, "Biên bản họp").unwrap();
    let (from, to) = (file.to_string_lossy().into_owned(), out.to_string_lossy().into_owned());
    let attach = |login: &str, id: &str| run(&w, login, &["record", "attach", "contact_point", id, "assignment_file", &from]);
    let o = attach("daumoi", &mine.id);
    assert!(o.status.success(), "{}", said(&o));
    let o = run(&w, "daumoi", &["record", "file", "contact_point", &mine.id, "assignment_file", &to]);
    assert!(o.status.success(), "{}", said(&o));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "Biên bản họp");
    assert!(attach("canbo", &other.id).status.success());
    assert_eq!(attach("daumoi", &other.id).status.code(), Some(3));
    let o = run(&w, "daumoi", &["record", "file", "contact_point", &other.id, "assignment_file", &to]);
    assert_eq!(o.status.code(), Some(3), "{}", said(&o));
    std::fs::write(&file, b"MZ\x90\0").unwrap();
    let o = attach("daumoi", &mine.id);
    assert!(!o.status.success() && said(&o).contains("không thuộc loại được nhận"), "{}", said(&o));
    for f in [file, out] {
        std::fs::remove_file(f).unwrap();
    }
}

fn contact(w: &World) -> Person {
    people(w).into_iter().find(|p| p.login == "daumoi").unwrap()
}

/// A record of somebody else with this field filled.
fn hidden<'a>(facts: &'a Facts, p: &Person, register: &str, field: &str) -> &'a Record {
    facts.records[register].iter().find(|r| !facts.may(p, "read", r) && r.text(field).is_some()).unwrap()
}

#[test]
fn a_refusal_does_not_betray_a_hidden_record() {
    let w = world::sqlite();
    let facts = Facts::of(&w);
    let (p, c) = (contact(&w), w.client("daumoi"));
    let forbidden = facts.forbidden(&w, &p);
    let own = p.agency.clone().unwrap();
    let stranger = hidden(&facts, &p, "person", "full_name");
    let quiet = |what: &str, r: &testkit::Reply, sent: &str| {
        let mut found = forbidden.found_in(&visible(r));
        found.retain(|f| !sent.contains(f.as_str()));
        assert!(found.is_empty(), "{what} says {found:?}");
        r.status
    };

    // a link to a hidden record is refused like a link to nothing
    let link = |to: &str| json!({ "fields": { "agency": own, "person": to, "category": "x", "valid_from": "2026-01-01" } });
    let to_hidden = c.call("POST", "/api/v1/post", &[], &link(&stranger.id));
    let to_nothing = c.call("POST", "/api/v1/post", &[], &link("01900000-0000-7000-8000-000000000001"));
    assert_eq!((quiet("a hidden link", &to_hidden, &stranger.id), to_nothing.status), (422, 422));
    let of = |r: &testkit::Reply| {
        let all = r.json()["errors"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|e| e["field"] == "person").map(|e| e["message"].clone())
    };
    assert_eq!(of(&to_hidden), of(&to_nothing), "hidden and missing are told apart");
    assert!(of(&to_hidden).is_some());

    // a record cannot be given to another agency
    let other = stranger.text("agency").unwrap().to_owned();
    let given = json!({ "fields": { "full_name": "Người Thử", "agency": other, "position": "x", "birth_year": 1990 } });
    let r = c.call("POST", "/api/v1/person", &[], &given);
    assert!([403, 422].contains(&quiet("a record for another agency", &r, &given.to_string())), "{}", r.text());

    // names of hidden people in a file are refused without saying more than the file says
    let csv = format!("person,agency,category,valid_from\n{},Ủy ban nhân dân xã Bến Lau,x,01/01/2026\n", stranger.id);
    let r = c.upload("/r/post/import", "a.csv", csv.as_bytes());
    assert_eq!(quiet("an import", &r, &csv), 200);
    assert!(r.text().contains("không có trong sổ"), "{}", r.text());

    // rows about another agency's people change nothing
    let all = w.client("canbo").get("/r/person/export.xlsx?as_of=all").bytes;
    let r = c.upload("/r/person/import", "nhan-su.xlsx", &all);
    assert_eq!(r.status, 200);
    let body = visible(&r);
    let ids: Vec<String> =
        forbidden.found_in(&body).into_iter().filter(|f| f.len() == 36 && f.bytes().filter(|b| *b == b'-').count() == 4).collect();
    assert!(ids.is_empty(), "an import names hidden records: {ids:?}");
}

#[test]
fn unmasking_shows_one_record_to_who_may_and_is_written_down() {
    let w = world::sqlite();
    let facts = Facts::of(&w);
    let (p, c) = (contact(&w), w.client("daumoi"));
    let mine = facts.records["person"].iter().find(|r| facts.may(&p, "unmask", r) && r.text("phone").is_some()).unwrap();
    let phone = mine.text("phone").unwrap();
    let at = format!("/r/person/{}", mine.id);
    assert!(!c.get(&at).text().contains(phone));
    let history = || w.client("canbo").get(&format!("/api/v1/person/{}/history", mine.id)).json()["items"].as_array().unwrap().len();
    let before = history();
    let refused = c.post(&format!("{at}/unmask"), &[("reason", " ")]);
    assert!(!refused.text().contains(phone), "no reason, no value");
    let shown = c.post(&format!("{at}/unmask"), &[("reason", "gọi báo sự cố")]);
    assert!(shown.text().contains(phone), "{} {}", shown.status, shown.text());
    let after = w.client("canbo").get(&format!("/api/v1/person/{}/history", mine.id)).json();
    assert_eq!(history(), before + 1);
    assert_eq!((after["items"][0]["action"].as_str(), after["items"][0]["reason"].as_str()), (Some("unmask"), Some("gọi báo sự cố")));
    assert!(!after.to_string().contains(phone), "history stays masked");
    // the head of the same commune may too, the technician of another agency may not
    assert_eq!(w.client("kythuat").post(&format!("{at}/unmask"), &[("reason", "tò mò")]).status, 403);
}

#[test]
fn saved_filters_and_uploads_belong_to_their_account() {
    let w = world::sqlite();
    let (a, b) = (w.client("daumoi"), w.client("syt"));
    assert_eq!(a.post("/r/person/filters", &[("name", "Bộ lọc riêng của tôi"), ("query", "q=an")]).status, 303);
    assert!(a.get("/r/person").text().contains("Bộ lọc riêng của tôi"));
    assert!(!b.get("/r/person").text().contains("Bộ lọc riêng của tôi"));
    let file = a.get("/r/person/export.xlsx").bytes;
    let csv = String::from_utf8_lossy(&file).into_owned();
    assert!(!csv.is_empty());
    let row = "name,vendor,kind,security,origin\nSản phẩm của Bến Lau,Công ty X,security_product,có,foreign\n";
    let preview = w.client("canbo").upload("/r/product/import", "p.csv", row.as_bytes()).text();
    let upload = preview.split("name=\"upload\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap().to_owned();
    // another officer's upload is nobody else's
    let r = w.client("quantri").post("/r/product/import/apply", &[("upload", &upload)]);
    assert_eq!(r.status, 409, "{}", r.text());
}
