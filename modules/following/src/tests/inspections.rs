//! Inspections: nothing of a surprise reaches the inspected before it is announced; findings end with a re-check.

use registers::{Data, Record, actions};
use testkit::Client;

use crate::tests::world::{World, on_both};
use crate::{text, values};

const TOPIC: &str = "Phòng máy chủ buổi đêm";

/// Pages, lists, counts, searches, files, suggestions, notices, API.
const DOORS: &[&str] = &[
    "/",
    "/notices",
    "/registers",
    "/r/inspection",
    "/r/inspection?q=phong+may+chu",
    "/r/inspection/export.xlsx",
    "/suggest/inspection?q=phong",
    "/suggest/inspection_visit?q=phong",
    "/r/inspection_plan",
    "/r/inspection_visit",
    "/r/inspection_visit?q=phong+may+chu",
    "/r/inspection_visit/export.xlsx",
    "/r/inspection_finding",
    "/r/finding_fix",
    "/ledger",
    "/api/v1/inspection",
    "/api/v1/inspection/export",
    "/api/v1/inspection_visit",
    "/api/v1/inspection_visit/export",
];

fn surprise(w: &World) -> Record {
    w.put(
        "inspection",
        values([
            ("topic", text(TOPIC)),
            ("kind", text("surprise")),
            ("agency", text(&w.agency["cat"])),
            ("inspected", Data::Links(vec![w.agency["lau"].clone()])),
            ("starts_on", text("2026-10-20")),
        ]),
    )
}

/// Statuses and bodies at every door, and of the agency's own page with what points to it.
fn seen(w: &World, c: &Client) -> Vec<(String, u16, String)> {
    let lau = &w.agency["lau"];
    let own = [format!("/r/agency/{lau}"), format!("/r/agency/{lau}?tab=links"), format!("/api/v1/agency/{lau}/history")];
    DOORS
        .iter()
        .map(|d| (*d).to_owned())
        .chain(own)
        .map(|d| {
            let r = c.get(&d);
            (d, r.status, r.text())
        })
        .collect()
}

/// Only what may differ: tokens and moments of the page.
fn without_tokens(body: &str) -> String {
    body.split('"').filter(|part| part.len() < 40 || part.contains(' ')).collect::<Vec<_>>().join("\"")
}

#[test]
fn a_surprise_is_unknown_to_the_inspected_until_it_is_announced() {
    on_both(|w| {
        let people = ["daumoi", "chutich", "syt", "dong"].map(|p| (p, w.client(p)));
        let before: Vec<_> = people.iter().map(|(_, c)| seen(&w, c)).collect();
        let i = surprise(&w);
        w.settle();
        for ((name, c), before) in people.iter().zip(&before) {
            for ((door, status, body), (_, was, bare)) in seen(&w, c).iter().zip(before) {
                assert!(!body.contains(TOPIC) && !body.contains(&i.id), "{name} {door}: {body}");
                assert!(*status < 500, "{name} {door}: {body}");
                assert_eq!(status, was, "{name} {door}");
                if !door.contains("export") {
                    assert_eq!(without_tokens(body), without_tokens(bare), "{name} {door}: not a number differs");
                }
            }
            for door in
                [format!("/r/inspection/{}", i.id), format!("/api/v1/inspection/{}", i.id), format!("/r/inspection/{}?tab=history", i.id)]
            {
                let (hidden, none) = (c.get(&door), c.get(&door.replace(&i.id, "00000000-0000-7000-8000-000000000000")));
                assert_eq!((hidden.status, hidden.text().contains(TOPIC)), (none.status, false), "{name} {door}");
            }
        }
        assert!(w.client("canbo").get("/r/inspection").text().contains(TOPIC));
        let officer = w.client("canbo");
        // the number of the decision comes first
        assert_eq!(w.step(&officer, &i, "announce", &[]).status, 422);
        assert_eq!(w.step(&people[0].1, &i, "announce", &[("decision", "9/QĐ-CAT")]).status, 403);
        assert_eq!(w.step(&officer, &i, "announce", &[("decision", "9/QĐ-CAT")]).status, 303);
        w.settle();
        w.settle();
        assert_eq!(w.list("inspection_visit", "inspection", &i.id).len(), 1);
        for (name, c) in &people {
            let inspected = ["daumoi", "chutich"].contains(name);
            assert_eq!(c.get("/r/inspection_visit").text().contains(TOPIC), inspected, "{name}");
            assert_eq!(c.get("/notices").text().contains(TOPIC), inspected, "{name}");
        }
    });
}

#[test]
fn a_finding_is_mended_with_evidence_and_closed_by_a_second_look() {
    on_both(|w| {
        let i = surprise(&w);
        let officer = w.client("canbo");
        assert_eq!(w.step(&officer, &i, "announce", &[("decision", "9/QĐ-CAT")]).status, 303);
        w.settle();
        let visit = w.list("inspection_visit", "inspection", &i.id).pop().unwrap();
        let finding = w.put(
            "inspection_finding",
            values([
                ("visit", text(&visit.id)),
                ("content", text("Chưa có bản sao lưu ở nơi khác.")),
                ("responsible", text("Văn phòng")),
                ("due_on", text("2026-10-10")),
            ]),
        );
        let contact = w.client("daumoi");
        let home = contact.get("/").text();
        assert!(home.contains("Chưa có bản sao lưu"), "on the list of work: {home}");
        assert_eq!(w.client("dong").get(&format!("/r/inspection_finding/{}", finding.id)).status, 404);
        assert!(officer.get("/following").text().contains("tag unmet"), "late findings are counted");
        // nothing is mended without evidence
        let refused = w.step(&contact, &finding, "fix", &[("fixed_on", "14/10/2026")]);
        assert!(refused.status == 422 && refused.text().contains("Thêm minh chứng"), "{}", refused.text());
        contact.get("/r/finding_fix/new");
        let made = contact.call(
            "POST",
            "/api/v1/finding_fix",
            &[("idempotency-key", "fix-1")],
            &serde_json::json!({ "fields": { "finding": finding.id, "content": "Đã chép ra ổ ngoài.", "done_on": "2026-10-14" } }),
        );
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(w.step(&contact, &finding, "fix", &[("fixed_on", "14/10/2026")]).status, 303);
        assert_eq!(w.step(&contact, &finding, "close", &[("rechecked_on", "15/10/2026"), ("recheck_note", "Đạt")]).status, 403);
        assert!(officer.get("/").text().contains("Chưa có bản sao lưu"), "waits for the second look");
        assert_eq!(w.step(&officer, &finding, "reopen", &[("reason", "Ổ ngoài để cùng phòng.")]).status, 303);
        assert_eq!(w.get("inspection_finding", &finding.id).state.as_deref(), Some("open"));
        assert_eq!(w.step(&contact, &finding, "fix", &[("fixed_on", "15/10/2026")]).status, 303);
        assert_eq!(w.step(&officer, &finding, "close", &[("rechecked_on", "15/10/2026"), ("recheck_note", "Đạt")]).status, 303);
        let finding = w.get("inspection_finding", &finding.id);
        assert_eq!(finding.state.as_deref(), Some("closed"));
        // a visit added to an announced inspection reaches the new agency too
        let (id, lau, dong) = (i.id.clone(), w.agency["lau"].clone(), w.agency["dong"].clone());
        w.write(move |tx, reg| {
            let system = access::Actor::system("test");
            let version = crate::one(tx, reg, &system, "inspection", &id)?.version;
            let v = values([("inspected", Data::Links(vec![lau, dong]))]);
            actions::update(tx, reg, &system, "inspection", &id, version, v, None)
        });
        w.settle();
        assert!(w.client("dong").get("/r/inspection_visit").text().contains(TOPIC));
    });
}
