//! What is proven stays proven: evidence of what was approved, figures that open, edits that were acknowledged.

use std::time::Duration;

use serde_json::{Value, json};
use store::Engine;
use testkit::{Client, ENGINES, Reply};

use crate::plan_review::{document, hidden, imported, ok, post, with};
use crate::world::{self, World};

#[test]
fn every_figure_opens_into_its_records_on_both_engines() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let list = ok(c.get("/api/v1/targets"), 200).json();
        let checks = ok(c.get("/api/v1/quality"), 200).json();
        let ids = |v: &Value| v.as_array().into_iter().flatten().filter_map(|i| i["id"].as_str().map(str::to_owned)).collect::<Vec<_>>();
        let all: Vec<String> = ids(&list["items"]).into_iter().chain(ids(&checks["checks"])).collect();
        assert!(all.len() > 55 && all.iter().any(|i| i == "T-38") && all.iter().any(|i| i.starts_with("Q-")), "{all:?}");
        for id in &all {
            for outcome in ["met", "unmet", "unknown", "excluded"] {
                let r = c.get(&format!("/targets/{id}/records?outcome={outcome}"));
                assert!(matches!(r.status, 200 | 404), "{id} {outcome}: {} {}", r.status, r.text());
                assert!(
                    r.status == 200 || ok(c.get(&format!("/targets/{id}")), 200).text().contains("Chưa có nguồn"),
                    "{id} has no records"
                );
            }
        }
    }
}

/// The first record of a register with these filters.
fn first(c: &Client, path: &str) -> Value {
    let found = ok(c.get(path), 200).json();
    assert!(found["items"].as_array().is_some_and(|l| !l.is_empty()), "{path}: {found}");
    found["items"][0].clone()
}

fn change(c: &Client, method: &str, register: &str, of: &Value, body: &Value) -> Reply {
    let (id, version) = (of["id"].as_str().unwrap(), format!("\"{}\"", of["version"]));
    c.call(method, &format!("/api/v1/{register}/{id}"), &[("if-match", &version)], body)
}

#[test]
fn evidence_of_what_was_approved_stays_as_it_was() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.program("daumoi", None);
        let done = first(&c, "/api/v1/obligation?f.state=done&where=exists%20evidence");
        let id = done["id"].as_str().unwrap().to_owned();
        let proof = first(&c, &format!("/api/v1/evidence?f.obligation={id}"));
        let open = first(&c, "/api/v1/obligation?f.state=in_progress");
        let say = |r: Reply| assert!(ok(r, 422).text().contains("minh chứng giữ nguyên như khi trình"));
        say(change(&c, "DELETE", "evidence", &proof, &json!({ "reason": "thử" })));
        say(change(&c, "PATCH", "evidence", &proof, &json!({ "fields": { "obligation": open["id"] } })));
        say(change(&c, "PATCH", "evidence", &proof, &json!({ "fields": { "happened_on": "2020-01-01" } })));
        let agency = &done["fields"]["agency"];
        let more = |of: &Value| json!({ "fields": { "obligation": of, "kind": "note", "happened_on": "2026-11-20", "agency": agency, "note": "thêm sau khi duyệt" } });
        say(c.call("POST", "/api/v1/evidence", &[], &more(&done["id"])));
        // of open work it comes and goes
        let made = ok(c.call("POST", "/api/v1/evidence", &[], &more(&open["id"])), 201).json();
        ok(change(&c, "DELETE", "evidence", &made, &json!({ "reason": "nhầm việc" })), 204);
    }
}

#[test]
fn work_bound_to_a_figure_is_not_done_by_saying_so() {
    let w = world::sqlite();
    let c = w.program("canbo", None);
    let rule = "task.indicator%20is%20not%20empty%20and%20no%20evidence%20and%20state%20%3D%20not_started";
    let bound = first(&c, &format!("/api/v1/obligation?where={rule}"));
    let body = json!({ "fields": { "done_on": "2026-11-22", "result_note": "xong" }, "reason": "Đã làm trên thực tế" });
    let (id, version) = (bound["id"].as_str().unwrap(), format!("\"{}\"", bound["version"]));
    let refused = ok(c.call("POST", &format!("/api/v1/obligation/{id}/transitions/close"), &[("if-match", &version)], &body), 422).text();
    assert!(refused.contains("Chưa có minh chứng nào"), "{refused}");
}

/// Holds the ledger, as a busy writer does, while `then` runs; gives what `waits` answered.
fn held(w: &World, waits: impl FnOnce() -> Reply + Send, then: impl FnOnce()) -> Reply {
    std::thread::scope(|s| {
        let store = w.instance.store.clone();
        let holder = s.spawn(move || {
            store.write_blocking(|tx| {
                tx.query("SELECT size FROM ledger_head FOR UPDATE", &[])?;
                std::thread::sleep(Duration::from_secs(3));
                Ok(())
            })
        });
        std::thread::sleep(Duration::from_millis(400));
        let waiting = s.spawn(waits);
        std::thread::sleep(Duration::from_millis(1200));
        then();
        holder.join().unwrap().unwrap();
        waiting.join().unwrap()
    })
}

#[test]
fn an_edit_saved_while_somebody_accepts_is_not_lost() {
    let Some(w) = world::on(Engine::Postgres) else { return };
    let (c, program) = (w.client("canbo"), w.program("canbo", None));
    let draft = imported(&c, &document());
    let path = format!("/api/v1/plans/drafts/{}/accept", draft.trim_start_matches("/plans/import/"));
    let head = format!("{draft}/head");
    let form = hidden(&ok(c.get(&head), 200).text(), "<form class=\"card\"");
    let issuer = world::agency_named(&w.instance, "Ủy ban nhân dân tỉnh Sao Mai");
    let form = with(
        &form,
        &[
            ("title", "Tên sửa lúc người khác chấp nhận"),
            ("issuer", &issuer),
            ("level", "province"),
            ("number", "41/KH-UBND"),
            ("date", "02/11/2026"),
        ],
    );
    let answer = held(
        &w,
        || program.call("POST", &path, &[], &json!({ "version": 1, "anyway": true })),
        || {
            ok(post(&c, &head, &form), 303);
        },
    );
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(ok(c.get(&head), 200).text().contains("Tên sửa lúc người khác chấp nhận"), "the edit stands, the reading still waits");
}

#[test]
fn a_reading_is_seen_by_its_own_people_and_thrown_away_with_a_trace() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let draft = imported(&c, &document());
    let commune = world::another_commune(&w.instance);
    let roles = std::sync::Arc::clone(&w.instance.roles);
    let narrow = w.instance.store.write_blocking(move |tx| {
        let system = access::Actor::system("test");
        let account = access::NewAccount { login: "hep".into(), name: "hep".into(), agency: Some(commune.clone()), ..Default::default() };
        let a = access::create_account(tx, &system, &account, None)?;
        let password = access::NewPassword::new(&access::Secret::new(world::PASSWORD), "hep", "hep")?;
        access::set_password(tx, &system, &a.id, &password, false)?;
        let grant = access::NewGrant { account: a.id, role: "standing_officer".into(), agency: Some(commune), ..Default::default() };
        access::grant(tx, &system, &roles, &grant).map(drop)
    });
    narrow.unwrap();
    let other = w.client("hep");
    ok(other.get(&draft), 404);
    ok(other.post(&format!("{draft}/discard"), &[]), 404);
    assert!(!ok(other.get("/plans"), 200).text().contains(&draft));
    assert!(ok(c.get("/plans"), 200).text().contains(&draft));
    let leaves = || crate::http::leaves(&c);
    let before = leaves();
    ok(c.post(&format!("{draft}/discard"), &[]), 303);
    assert_ne!(leaves(), before, "the ledger says that it was thrown away");
    ok(c.get(&draft), 404);
}

#[test]
fn a_record_named_as_evidence_is_there_for_who_names_it() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (c, officer) = (w.program("daumoi", None), w.program("canbo", None));
        let open = first(&c, "/api/v1/obligation?f.state=in_progress");
        let mine = first(&c, "/api/v1/training_record")["id"].as_str().unwrap().to_owned();
        // somebody else's, which the officer sees and the contact point does not
        let theirs = ok(officer.get("/api/v1/training_record?limit=200"), 200).json();
        let hidden = |id: &str| c.get(&format!("/api/v1/training_record/{id}")).status == 404;
        let theirs = theirs["items"].as_array().unwrap().iter().filter_map(|r| r["id"].as_str()).find(|id| hidden(id)).unwrap().to_owned();
        let sent = |register: &str, record: &str| {
            let fields = json!({ "obligation": open["id"], "agency": open["fields"]["agency"], "kind": "record", "note": "Lớp đã học", "happened_on": "2026-11-20", "record_register": register, "record_id": record });
            c.call("POST", "/api/v1/evidence", &[], &json!({ "fields": fields }))
        };
        let text = ok(sent("training_recrod", &mine), 422).text();
        assert!(text.contains("training_record") && text.contains("không có sổ mang mã"), "{text}");
        for id in [theirs.as_str(), "khong-co"] {
            assert!(ok(sent("training_record", id), 422).text().contains("ngoài phạm vi của bạn"));
        }
        ok(sent("training_record", &mine), 201);
    }
}

#[test]
fn an_error_page_keeps_the_menu_of_who_is_signed_in() {
    let w = world::sqlite();
    let c = w.client("daumoi");
    for path in ["/targets/T-04?as_of=32/13/2026", "/khong-co-trang", "/r/plan/khong-co"] {
        let page = c.get(path);
        assert!(page.status >= 400 && page.text().contains("href=\"/notices\""), "{path}: {}", page.text());
        assert!(!page.text().contains("href=\"/admin/accounts\""), "{path}: another's menu");
    }
    let nobody = w.app.guest();
    let page = nobody.get("/khong-co-trang");
    assert!(page.status == 404 && !page.text().contains("href=\"/notices\""), "{}", page.text());
}

#[test]
fn what_was_sent_back_says_why_and_a_figure_that_is_not_reached_asks_for_a_reason() {
    let w = world::sqlite();
    let (contact, head) = (w.program("daumoi", None), w.program("chutich", None));
    let step = |c: &Client, id: &str, step: &str, fields: Value, reason: Option<&str>| {
        let now = ok(c.get(&format!("/api/v1/obligation/{id}")), 200).json();
        let body = json!({ "fields": fields, "reason": reason });
        c.call("POST", &format!("/api/v1/obligation/{id}/transitions/{step}"), &[("if-match", &format!("\"{}\"", now["version"]))], &body)
    };
    // T-39 of Bến Lau is 0/1
    let rule = "task.indicator%20%3D%20%27T-39%27%20and%20state%20in%20(not_started,%20in_progress)";
    let rule = rule.replace("%27", "%22");
    let bound = first(&contact, &format!("/api/v1/obligation?where={rule}"));
    let (id, agency) = (bound["id"].as_str().unwrap(), &bound["fields"]["agency"]);
    let fields = json!({ "obligation": id, "agency": agency, "kind": "note", "note": "Đã mua", "happened_on": "2026-11-20" });
    ok(contact.call("POST", "/api/v1/evidence", &[], &json!({ "fields": fields })), 201);
    ok(step(&contact, id, "submit", json!({ "result_note": "xong" }), None), 200);
    ok(step(&head, id, "return", json!({}), Some("Thiếu phụ lục số 2")), 200);
    let browser = w.client("daumoi");
    let home = ok(browser.get("/"), 200).text();
    assert!(home.contains("Bị trả lại, cần sửa và nộp lại: Thiếu phụ lục số 2"), "{home}");
    let page = ok(browser.get(&format!("/plans/obligation/{id}")), 200).text();
    assert!(page.contains("Bị trả lại: ") && page.contains("Thiếu phụ lục số 2"), "{page}");
    ok(step(&contact, id, "submit", json!({ "result_note": "xong" }), None), 200);
    assert!(!ok(browser.get("/"), 200).text().contains("Thiếu phụ lục số 2"), "handed in again");
    let asked = ok(w.client("chutich").get(&format!("/plans/obligation/{id}")), 200).text();
    assert!(asked.contains("Sổ đăng ký chưa cho thấy việc này đã xong") && asked.contains("approve.reason"), "{asked}");
    let refused = ok(step(&head, id, "approve", json!({ "done_on": "2026-11-20" }), None), 422).text();
    assert!(refused.contains("T-39") && refused.contains("0/1"), "{refused}");
    ok(step(&head, id, "approve", json!({ "done_on": "2026-11-20" }), Some("Đã mua, chờ nhập sổ")), 200);
    let page = ok(browser.get(&format!("/plans/obligation/{id}")), 200).text();
    assert!(page.contains("hoàn thành khi sổ chưa đạt") && page.contains("0/1"), "{page}");
}

#[test]
fn a_review_is_frozen_with_its_figures_and_stays() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.program("canbo", None);
        let r = first(&c, "/api/v1/plan_review");
        let id = r["id"].as_str().unwrap();
        let live = ok(c.get(&format!("/api/v1/reviews/{id}")), 200).json();
        let targets = live["figures"]["targets"].as_array().unwrap();
        assert!(targets.iter().any(|t| t["now"]["words"].as_str().is_some_and(|w| w.contains('%')) && t["before"].is_object()), "{live}");
        let tasks = live["figures"]["tasks"].as_array().unwrap();
        assert!(tasks.iter().any(|t| t["overdue"].as_i64() > Some(0)) && tasks.iter().any(|t| t["done"].as_i64() > Some(0)), "{live}");
        // the generic door does not freeze, the page's action does; a stale view does not
        let body = json!({ "fields": { "figures": "{}", "frozen_on": "2026-11-22" } });
        let version = format!("\"{}\"", r["version"]);
        let door = c.call("POST", &format!("/api/v1/plan_review/{id}/transitions/freeze"), &[("if-match", &version)], &body);
        assert!(matches!(door.status, 409 | 422), "{} {}", door.status, door.text());
        let press = |v: &Value| c.call("POST", &format!("/api/v1/reviews/{id}/freeze"), &[], &json!({ "version": v }));
        ok(press(&json!(99)), 409);
        ok(press(&r["version"]), 200);
        let frozen = ok(c.get(&format!("/api/v1/reviews/{id}")), 200).json();
        assert_eq!(frozen["figures"], live["figures"], "what was shown is what was frozen");
        let late = change(&c, "PATCH", "plan_review", &first(&c, "/api/v1/plan_review"), &json!({ "fields": { "lessons": "sửa sau" } }));
        assert!(ok(late, 422).text().contains("đã chốt"));
        for kind in ["docx", "pdf", "xlsx"] {
            let file = ok(w.client("canbo").get(&format!("/reviews/{id}/file/{kind}")), 200);
            assert!(file.bytes.len() > 2000, "{kind}");
        }
        // the next review of the plan that compares with that day takes what was frozen
        let fields = json!({ "plan": r["fields"]["plan"], "kind": "final", "name": "Tổng kết", "as_of": "2026-11-21", "baseline_on": r["fields"]["as_of"] });
        let next = ok(c.call("POST", "/api/v1/plan_review", &[], &json!({ "fields": fields })), 201).json();
        let next = ok(c.get(&format!("/api/v1/reviews/{}", next["id"].as_str().unwrap())), 200).json();
        assert_eq!(next["figures"]["baseline_frozen"], true);
        assert_eq!(next["figures"]["targets"][0]["before"], frozen["figures"]["targets"][0]["now"]);
        assert_eq!(w.program("daumoi", None).get(&format!("/api/v1/reviews/{id}")).status, 404, "the province's review");
    }
}
