//! Handing in: evidence and the step in one form, nothing typed twice.

use testkit::ENGINES;

use crate::obligations::{Case, a_plan, expand};
use crate::world;

fn one(w: &world::World, task: &str) -> registers::Record {
    let is = registers::Filter { field: "task".into(), op: registers::Op::Is, values: vec![task.to_owned()] };
    world::records(&w.instance, "obligation", vec![is])[0].clone()
}

fn evidence(w: &world::World, id: &str) -> Vec<registers::Record> {
    let is = registers::Filter { field: "obligation".into(), op: registers::Op::Is, values: vec![id.to_owned()] };
    world::records(&w.instance, "evidence", vec![is])
}

/// A form with a file as a browser sends it.
fn send(c: &testkit::Client, path: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> testkit::Reply {
    let mut body = Vec::new();
    let token = c.csrf();
    for (k, v) in [("csrf", token.as_str())].iter().chain(fields) {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n").into_bytes());
    }
    if let Some((name, bytes)) = file {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    c.request("POST", path, &[("content-type", "multipart/form-data; boundary=cut")], body)
}

#[test]
fn evidence_and_hand_in_are_one_form_and_nothing_is_typed_twice() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let syt = world::agency_named(&w.instance, "Sở Y tế");
        let schedule = [("schedule", r#"{"kind":"deadline","due":"2026-12-10"}"#)];
        let product = [schedule[0], ("product", "Danh sách đã rà soát")];
        let leads: &[&str] = &[&syt];
        let tasks = a_plan(
            &w,
            "907/KH-UBND",
            &[Case { fields: &schedule, leads }, Case { fields: &product, leads }, Case { fields: &schedule, leads }],
        );
        expand(&w, "2026-11-22");
        let c = w.client("syt");

        // at once: words and the step
        let o = one(&w, &tasks[0]);
        let at = format!("/plans/obligation/{}", o.id);
        let page = c.get(&at).text();
        assert_eq!(page.matches("<textarea").count(), 1, "what was done is asked for once: {page}");
        let v = o.version.to_string();
        let empty = send(&c, &format!("{at}/hand-in"), &[("version", &v), ("then", "submit")], None);
        assert!(empty.status == 422 && empty.text().contains("Ghi đã làm gì"), "{}", empty.text());
        let wrong = send(
            &c,
            &format!("{at}/hand-in"),
            &[("version", &v), ("note", "Đã rà soát 12 máy"), ("happened_on", "31/02/2026"), ("then", "submit")],
            None,
        );
        assert!(
            wrong.status == 422 && wrong.text().contains("Đã rà soát 12 máy") && wrong.text().contains("31/02/2026"),
            "{}",
            wrong.text()
        );
        assert!(evidence(&w, &o.id).is_empty(), "nothing half-saved");
        let done = send(
            &c,
            &format!("{at}/hand-in"),
            &[("version", &v), ("note", "Đã rà soát 12 máy"), ("happened_on", "21/11/2026"), ("then", "submit")],
            None,
        );
        assert_eq!(done.status, 303, "{}", done.text());
        let now = one(&w, &tasks[0]);
        assert_eq!((now.state.as_deref(), now.text("result_note")), (Some("waiting_approval"), Some("Đã rà soát 12 máy")));
        assert_eq!(evidence(&w, &o.id)[0].text("happened_on"), Some("2026-11-21"));
        // pressed twice: said whose it was and when, and nothing is written twice
        for (path, fields) in [
            ("hand-in", vec![("version", v.as_str()), ("note", "Đã rà soát 12 máy"), ("then", "submit")]),
            ("submit", vec![("version", &v)]),
        ] {
            let again = send(&c, &format!("{at}/{path}"), &fields, None);
            let again = if path == "submit" { c.post(&format!("{at}/{path}"), &fields) } else { again };
            let text = if again.status == 303 { c.get(&at).text() } else { again.text() };
            assert!(text.contains("Bạn đã nộp việc này lúc 0") || text.contains("Bạn đã nộp việc này lúc 1"), "{path}: {text}");
            assert!(!text.contains("người khác") && !text.contains("Người khác"), "{path}: {text}");
        }
        assert_eq!(evidence(&w, &o.id).len(), 1);

        // first the evidence with its file, later the step alone: what was given counts
        let o = one(&w, &tasks[1]);
        let at = format!("/plans/obligation/{}", o.id);
        c.get(&at);
        let v = o.version.to_string();
        let none = send(&c, &format!("{at}/hand-in"), &[("version", &v), ("then", "submit")], None);
        assert_eq!(none.status, 422);
        let page = c.get(&at).text();
        let once = page.split("name=\"once\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap().to_owned();
        for _ in ["pressed", "pressed again"] {
            let kept = send(
                &c,
                &format!("{at}/hand-in"),
                &[("version", &v), ("note", "Danh sách kèm biên bản"), ("then", "keep"), ("once", &once)],
                Some(("ds.csv", b"a,b\n1,2\n")),
            );
            assert_eq!(kept.status, 303, "{}", kept.text());
        }
        assert_eq!(evidence(&w, &o.id).len(), 1, "one form, one evidence");
        let o = one(&w, &tasks[1]);
        assert_eq!(o.state.as_deref(), Some("in_progress"));
        let page = c.get(&at).text();
        assert!(page.contains("Danh sách kèm biên bản") && page.contains("để trống nếu đủ") && page.contains("ds.csv"), "{page}");
        let v = o.version.to_string();
        assert_eq!(send(&c, &format!("{at}/hand-in"), &[("version", &v), ("then", "submit")], None).status, 303);
        let now = one(&w, &tasks[1]);
        assert_eq!((now.state.as_deref(), now.text("result_note")), (Some("waiting_approval"), Some("Danh sách kèm biên bản")));
        assert_eq!(evidence(&w, &o.id).len(), 1, "not a second one");

        // done means proven, and not before what proves it
        let officer = w.client("canbo");
        let step = |id: &str, version: i64, step: &str, fields: serde_json::Value| {
            let (path, etag) = (format!("/api/v1/obligation/{id}/transitions/{step}"), format!("\"{version}\""));
            officer.call("POST", &path, &[("if-match", &etag)], &serde_json::json!({ "fields": fields }))
        };
        let bare = one(&w, &tasks[2]);
        let said = serde_json::json!({ "done_on": "2026-11-20", "result_note": "xong" });
        let r = step(&bare.id, bare.version, "close", said);
        assert!(r.status == 422 && r.text().contains("Chưa có minh chứng nào"), "{} {}", r.status, r.text());
        let first = one(&w, &tasks[0]);
        let r = step(&first.id, first.version, "approve", serde_json::json!({ "done_on": "2026-11-20" }));
        assert!(r.status == 422 && r.text().contains("ngày của minh chứng mới nhất"), "{} {}", r.status, r.text());
        let r = step(&first.id, first.version, "approve", serde_json::json!({ "done_on": "2026-11-21" }));
        assert_eq!(r.status, 200, "{}", r.text());

        // a file alone says what it is; an old version changes nothing
        let o = one(&w, &tasks[2]);
        let at = format!("/plans/obligation/{}", o.id);
        c.get(&at);
        let stale = send(&c, &format!("{at}/hand-in"), &[("version", "99"), ("note", "x"), ("then", "submit")], None);
        assert_eq!(stale.status, 409);
        assert!(evidence(&w, &o.id).is_empty());
        let v = o.version.to_string();
        let r = send(&c, &format!("{at}/hand-in"), &[("version", &v), ("then", "submit")], Some(("bien-ban.csv", b"a,b\n1,2\n")));
        assert_eq!(r.status, 303, "{}", r.text());
        assert_eq!(one(&w, &tasks[2]).text("result_note"), Some("bien-ban.csv"));
        w.instance.store.close();
    }
}
