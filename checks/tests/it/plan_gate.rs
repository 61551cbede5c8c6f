//! The gate before a plan becomes work: one list, with the same counts, on page, in the API and at the command line.

use std::process::Command;

use serde_json::json;
use testkit::{Client, ENGINES, Reply};

use crate::world::{self, World};

const PLAN: &str = include_str!("../../fixtures/ke-hoach-du-lieu-sao-mai.txt");

fn ok(r: Reply, status: u16) -> Reply {
    assert_eq!(r.status, status, "{}", r.text());
    r
}

/// Two names nobody knows, each the only lead of a task; one task without a time; three targets; neither number nor day.
pub fn unsigned() -> String {
    PLAN.replace("\tSở Giáo dục và Đào tạo\tCông an tỉnh", "\tBan Đèn lồng Bến Lau\tCông an tỉnh")
        .replace("Số: 41/KH-UBND", "Số:      /KH-UBND")
        .replace("Sao Mai, ngày 02 tháng 11 năm 2026", "Sao Mai, ngày     tháng     năm 2026")
}

fn imported(c: &Client) -> String {
    ok(c.upload("/plans/import", "ke-hoach.txt", unsigned().as_bytes()), 303).header("location").to_owned()
}

/// The draft of a plan, with all of that left open.
fn accepted(w: &World) -> String {
    let c = w.client("canbo");
    let to = ok(world::accept(&c, &imported(&c), ""), 303).header("location").to_owned();
    to.trim_start_matches("/plans/").to_owned()
}

fn state(w: &World, plan: &str) -> Option<String> {
    world::records(&w.instance, "plan", vec![]).into_iter().find(|p| p.id == plan).and_then(|p| p.state)
}

/// What the gate says of this plan, on whatever page.
const OPEN: [&str; 4] =
    ["2 tên chưa rõ là cơ quan nào", "2 nhiệm vụ chưa có chủ trì", "1 nhiệm vụ chưa rõ thời hạn", "3 chỉ tiêu chưa chọn chỉ số"];

#[test]
fn every_door_says_the_same_of_what_a_plan_lacks() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (c, program) = (w.client("canbo"), w.program("canbo", None));
        let draft = imported(&c);
        // of a reading: review, page of names and gate count alike
        for page in [draft.clone(), format!("{draft}/names"), format!("{draft}/accept")] {
            assert!(ok(c.get(&page), 200).text().contains(OPEN[0]), "{page}");
        }
        let gate = ok(c.get(&format!("{draft}/accept")), 200).text();
        for (words, at) in OPEN.iter().zip(["/names", "/fill", "/fill", "?part=objective#read"]) {
            assert!(gate.contains(&format!("<a href=\"{draft}{at}\">{words}")), "{words}: {gate}");
        }
        let path = format!("/api/v1/plans/drafts/{}/accept", draft.trim_start_matches("/plans/import/"));
        let refused = ok(program.call("POST", &path, &[], &json!({ "version": 1 })), 422).json();
        let count = |field: &str| refused["errors"].as_array().unwrap().iter().filter(|e| e["field"] == field).count();
        assert_eq!([count("names"), count("lead"), count("time"), count("indicator")], [2, 2, 1, 3], "{refused}");
        // a target that a person said no indicator measures is open no more
        ok(c.post(&format!("{draft}/indicator"), &[("target", "0.0"), ("indicator", "")]), 303);
        assert!(ok(c.get(&format!("{draft}/accept")), 200).text().contains("2 chỉ tiêu chưa chọn chỉ số"));
        // of the accepted plan, before it is put in force
        let plan = ok(world::accept(&c, &draft, ""), 303).header("location").trim_start_matches("/plans/").to_owned();
        let here = format!("/plans/{plan}/issue");
        let page = ok(c.get(&here), 200).text();
        for (words, at) in OPEN.iter().zip(["/names", "/fill", "/fill", ""]) {
            assert!(page.contains(&format!("<a href=\"/plans/{plan}{at}\">{words}")), "{words}: {page}");
        }
        assert!(ok(c.get(&format!("/plans/{plan}")), 200).text().contains(&format!("Còn {}.", OPEN[0])), "the card of the plan");
        let api = format!("/api/v1/plans/{plan}/issue");
        let open = json!({ "doubts": 0, "groups": 0, "names": 2, "no_lead": 2, "no_time": 1, "unmeasured": 3 });
        assert_eq!(ok(program.get(&api), 200).json(), open);
        let version = page.split("name=\"version\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap();
        let unsaid = ok(c.post(&here, &[("version", version), ("issued_on", "02/11/2026")]), 422).text();
        assert!(unsaid.contains(OPEN[1]), "{unsaid}");
        let sent = json!({ "version": version.parse::<i64>().unwrap(), "issued_on": "2026-11-02" });
        let refused = ok(program.call("POST", &api, &[], &sent), 422).json();
        let fields: Vec<&str> = refused["errors"].as_array().unwrap().iter().filter_map(|e| e["field"].as_str()).collect();
        assert_eq!(fields, ["names", "lead", "time", "indicator"], "{refused}");
        assert_eq!(state(&w, &plan).as_deref(), Some("draft"));
        ok(w.program("daumoi", None).call("POST", &api, &[], &sent), 403);
        let mut anyway = sent.clone();
        anyway["anyway"] = json!(true);
        let made = ok(program.call("POST", &api, &[], &anyway), 200).json();
        assert!(made["obligations"].as_i64().unwrap() > 5, "{made}");
        assert_eq!(state(&w, &plan).as_deref(), Some("in_force"));
        ok(program.call("POST", &api, &[], &anyway), 409);
        w.instance.store.close();
    }
}

#[test]
fn the_command_line_has_the_same_gate() {
    let w = world::sqlite();
    let plan = accepted(&w);
    w.instance.store.close();
    let run = |words: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_lachan-under-test")).args(["--database", w.db.url()]).args(words).output().unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
    };
    let (code, said) = run(&["plan", "issue", &plan, "--date=02/11/2026"]);
    assert!(code != 0 && OPEN.iter().all(|o| said.contains(o)) && said.contains("--anyway"), "{code} {said}");
    let (code, said) = run(&["plan", "issue", &plan, "--date=31/02/2026", "--anyway"]);
    assert!(code != 0 && said.contains("31/02/2026"), "{code} {said}");
    let (code, said) = run(&["plan", "issue", &plan, "--date=02/11/2026", "--number=41/KH-UBND", "--anyway"]);
    assert!(code == 0 && said.contains("Kế hoạch có hiệu lực"), "{code} {said}");
}

/// The number beside "Nhiệm vụ" in words, as its title has it.
fn badge(page: &str) -> String {
    let line = page.split("href=\"/plans/board\"").nth(1).and_then(|s| s.split("</a>").next()).unwrap_or_default();
    line.split("title=\"").nth(1).and_then(|s| s.split('"').next()).unwrap_or_default().to_owned()
}

#[test]
fn the_number_in_the_menu_is_what_the_page_it_leads_to_shows() {
    let w = world::sqlite();
    for login in ["canbo", "daumoi", "lanhdao"] {
        let c = w.client(login);
        let (home, board) = (ok(c.get("/"), 200).text(), ok(c.get("/plans/board"), 200).text());
        let words = badge(&home);
        let (n, what) = words.split_once(' ').unwrap_or_default();
        assert!(n != "0" && what.starts_with("việc đang mở"), "{login}: {words}");
        assert!(board.contains(&format!("Đang mở <span class=\"count\">{n}</span>")), "{login} {words}: {board}");
        assert!(home.contains(&format!("<strong>{words}</strong>")), "{login}: home says the same number: {words}");
        let late = board.split("Quá hạn <span class=\"count\">").nth(1).and_then(|s| s.split('<').next());
        assert_eq!(what.split_once(", ").map(|(_, l)| l.trim_end_matches(" quá hạn")), late, "{login}: {words}");
    }
}
