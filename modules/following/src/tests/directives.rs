//! Directives: assigned by rule, on the same board as tasks of plans, cancelled together.

use registers::{Data, Record};

use crate::tests::world::{World, on_both};
use crate::{text, values};

fn directive(w: &World) -> Record {
    w.put(
        "directive",
        values([
            ("content", text("Khóa tài khoản của người đã nghỉ việc.")),
            ("number", text("18/TB-BCĐ")),
            ("issued_on", text("2026-10-01")),
            ("agency", text(&w.agency["cat"])),
            ("rule", text("kind = commune")),
            ("recipients", Data::Links(vec![w.agency["syt"].clone()])),
            ("due_on", text("2026-10-10")),
        ]),
    )
}

#[test]
fn a_directive_is_an_obligation_on_the_board_of_each_agency() {
    on_both(|w| {
        let d = directive(&w);
        let officer = w.client("canbo");
        let page = format!("/following/directive/{}", d.id);
        assert!(officer.get(&page).text().contains("3 cơ quan"), "{}", officer.get(&page).text());
        assert_eq!(w.step(&officer, &d, "assign", &[]).status, 303);
        w.settle();
        w.settle();
        let owed = w.list("obligation", "source_key", &d.id);
        assert_eq!(owed.len(), 3, "two communes and the department, once");
        let contact = w.client("daumoi");
        assert!(contact.get("/plans/board?state=overdue&view=list").text().contains("Khóa tài khoản"), "late on the agency's own board");
        assert!(contact.get("/notices").text().contains("Chỉ đạo số 18/TB-BCĐ ngày 01/10/2026"));
        assert_eq!(contact.get(&page).status, 403);
        let mine = owed.iter().find(|o| o.text("agency") == Some(w.agency["lau"].as_str())).unwrap();
        let shown = contact.get(&format!("/plans/obligation/{}", mine.id));
        assert!(shown.status == 200 && shown.text().contains("Khóa tài khoản"), "{}", shown.text());
        // done the ordinary way, with evidence, seen by who follows it up
        let text = |s: &str| registers::Data::Text(s.to_owned());
        let proof = [
            ("obligation", text(&mine.id)),
            ("kind", text("note")),
            ("happened_on", text("2026-10-09")),
            ("agency", text(&w.agency["lau"])),
            ("note", text("Biên bản khóa tài khoản")),
        ];
        w.put("evidence", proof.map(|(k, v)| (k.to_owned(), v)).into());
        assert_eq!(w.step(&officer, mine, "close", &[("done_on", "09/10/2026"), ("result_note", "Đã khóa 3 tài khoản.")]).status, 303);
        let shown = officer.get(&page).text();
        assert!(shown.contains("1/3") && shown.contains("2/3"), "one done, two late: {shown}");
        // a later day moves what is open, not what is done
        let form = [("version", w.get("directive", &d.id).version.to_string())];
        let patch = serde_json::json!({ "fields": { "due_on": "2026-11-10" } });
        let r = officer.call("PATCH", &format!("/api/v1/directive/{}", d.id), &[("if-match", &format!("\"{}\"", form[0].1))], &patch);
        assert_eq!(r.status, 200, "{}", r.text());
        w.settle();
        let days: Vec<_> = w.list("obligation", "source_key", &d.id).iter().map(|o| o.text("due_on").unwrap().to_owned()).collect();
        assert_eq!(days.iter().filter(|d| *d == "2026-11-10").count(), 2, "{days:?}");
        assert_eq!(w.step(&officer, &d, "cancel", &[("reason", "Đã có quy định mới.")]).status, 303);
        w.settle();
        let mut states: Vec<_> = w.list("obligation", "source_key", &d.id).into_iter().filter_map(|o| o.state).collect();
        states.sort();
        assert_eq!(states, ["done", "not_applicable", "not_applicable"]);
    });
}

#[test]
fn a_directive_to_nobody_is_refused() {
    on_both(|w| {
        let fields = serde_json::json!({ "content": "Việc", "issued_on": "2026-10-01", "agency": w.agency["cat"], "due_on": "2026-10-10" });
        let r = w.client("canbo").call("POST", "/api/v1/directive", &[("idempotency-key", "1")], &serde_json::json!({ "fields": fields }));
        assert!(r.status == 422 && r.text().contains("Ghi giao cho ai"), "{}", r.text());
        assert_eq!(w.client("daumoi").get("/r/directive").status, 403);
    });
}
