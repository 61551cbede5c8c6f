//! From the pre-filled form to a filed, returned, refiled and received report.

use registers::actions;

use crate::figures::{Frozen, from_json};
use crate::tests::world::{World, on_both};

/// T-04 in the frozen figures of a version.
fn frozen_t04(w: &World, report: &str, number: i64) -> (i64, i64) {
    let versions = w.list("report_version", "report", report);
    let v = versions.iter().find(|v| v.int("number") == Some(number)).expect("the version");
    let f: Frozen = from_json(v.text("figures").unwrap()).unwrap();
    let l = f.lines.iter().find(|l| l.id == "T-04").expect("T-04");
    (l.met, l.unmet)
}

#[test]
fn a_report_is_filled_written_filed_returned_and_received() {
    on_both(|w| {
        // with no contact point anywhere T-04 would be no data, not unmet
        w.contact_point("dong");
        w.opened();
        let id = w.report("lau").id;
        let page = format!("/reports/report/{id}");
        let (contact, head) = (w.client("daumoi"), w.client("chutich"));
        let shown = contact.get(&page).text();
        assert!(shown.contains("0/1 · 0,0"), "the figure of the agency is there");
        let link = format!("/targets/T-04/records?outcome=unmet&amp;as_of=2026-10-15&amp;agency={}", w.agency["lau"]);
        assert!(shown.contains(&link), "and opens to its records: {link}\n{shown}");
        assert_eq!(contact.get(&link.replace("&amp;", "&")).status, 200);
        assert!(shown.contains("trước ngày 05/12/2026 (hạn cuối 23:59:59 ngày 04/12/2026)"));

        let r = w.step(&contact, &id, "to_head", "");
        assert_eq!(r.status, 422);
        assert!(r.text().contains("chưa viết; không có gì thì ghi"), "{}", r.text());
        w.words(&contact, &id, "Đã kiện toàn đầu mối.");
        assert_eq!(w.get("report_submission", &id).state.as_deref(), Some("draft"));
        assert_eq!(w.step(&contact, &id, "submit", "").status, 403, "a contact point does not file");
        assert_eq!(w.step(&contact, &id, "to_head", "").status, 303);
        assert!(head.get("/").text().contains("Đầu mối đã trình, chờ bạn duyệt nộp"));
        w.time("2026-11-20T10:00:00");
        assert_eq!(w.step(&w.client("chutich"), &id, "submit", "").status, 303);
        let filed = w.report("lau");
        assert_eq!(
            (filed.state.as_deref(), filed.text("submitted_on"), filed.int("version_no")),
            (Some("submitted"), Some("2026-11-20"), Some(1))
        );

        // the registers move on, what was filed stays
        w.contact_point("lau");
        assert_eq!(frozen_t04(&w, &id, 1), (0, 1));
        assert!(w.client("daumoi").get(&page).text().contains("0/1 · 0,0"));

        let officer = w.client("canbo");
        assert_eq!(w.step(&officer, &id, "return", "").status, 422, "a reason is asked for");
        assert_eq!(w.step(&officer, &id, "return", "Bổ sung đầu mối.").status, 303);
        let head = w.client("chutich");
        let shown = head.get(&page).text();
        assert!(shown.contains("Bổ sung đầu mối.") && shown.contains("1/1 · 100,0"), "live again, and why it came back");
        let r = w.step(&head, &id, "submit", "");
        assert!(r.status == 422 && r.text().contains("ghi lý do nộp lại"), "{}", r.text());
        assert_eq!(w.step(&head, &id, "submit", "Đã bổ sung đầu mối").status, 303);
        assert_eq!((frozen_t04(&w, &id, 1), frozen_t04(&w, &id, 2)), ((0, 1), (1, 0)));
        assert_eq!(w.step(&officer, &id, "receive", "").status, 303);
        assert_eq!(w.report("lau").state.as_deref(), Some("received"));
        for (kind, magic) in [("docx", &b"PK"[..]), ("pdf", b"%PDF"), ("xlsx", b"PK")] {
            let r = head.get(&format!("{page}/file/{kind}"));
            assert!(r.status == 200 && r.bytes.starts_with(magic), "{kind}");
        }
    });
}

#[test]
fn the_last_moment_is_midnight_in_vietnam() {
    on_both(|w| {
        w.opened();
        for (agency, moment, late) in [("lau", "2026-12-04T23:59:59", None), ("dong", "2026-12-05T00:00:00", Some(1))] {
            let id = w.report(agency).id;
            w.time(moment);
            w.words(&w.client("canbo"), &id, "Đã làm.");
            assert_eq!(w.step(&w.client(if agency == "lau" { "chutich" } else { "dong" }), &id, "submit", "").status, 303);
            let r = w.report(agency);
            assert_eq!(crate::campaign::late_days(&r, "2027-01-01"), late, "{agency} at {moment}: {:?}", r.text("submitted_on"));
        }
        let campaign = w.report("lau").text("campaign").unwrap().to_owned();
        let shown = w.client("canbo").get(&format!("/reports/campaign/{campaign}?state=filed")).text();
        assert_eq!(shown.matches("04/12/2026</td>").count(), 1, "{shown}");
        assert_eq!(shown.matches("05/12/2026</td>").count(), 1);
    });
}

#[test]
fn of_two_who_file_at_once_the_second_is_told() {
    on_both(|w| {
        w.opened();
        let id = w.report("lau").id;
        w.words(&w.client("daumoi"), &id, "Đã làm.");
        let version = w.seen(&id);
        let (head, officer) = (w.client("chutich"), w.client("canbo"));
        let path = format!("/reports/report/{id}/submit");
        let press = |c: &testkit::Client| {
            let r = c.post(&path, &[("version", &version)]);
            (r.status, r.text())
        };
        let statuses = std::thread::scope(|s| {
            let (a, b) = (s.spawn(|| press(&head)), s.spawn(|| press(&officer)));
            [a.join().unwrap(), b.join().unwrap()]
        });
        let mut codes: Vec<u16> = statuses.iter().map(|s| s.0).collect();
        codes.sort_unstable();
        assert_eq!(codes, [303, 409]);
        let told = &statuses.iter().find(|s| s.0 == 409).unwrap().1;
        assert!(told.contains("Bản ghi đã được") && told.contains("sửa lúc"), "{told}");
        assert_eq!(w.list("report_version", "report", &id).len(), 1, "filed once");
    });
}

#[test]
fn the_head_files_only_words_that_were_on_the_page() {
    on_both(|w| {
        w.opened();
        let id = w.report("lau").id;
        let (contact, head) = (w.client("daumoi"), w.client("chutich"));
        w.words(&contact, &id, "Đã làm.");
        assert_eq!(w.step(&contact, &id, "to_head", "").status, 303);
        let opened = w.seen(&id);
        let field = format!(r#"name="version" value="{opened}""#);
        assert!(head.get(&format!("/reports/report/{id}")).text().contains(&field), "the page carries it");
        let edited = contact.post(&format!("/reports/report/{id}"), &[("v_highlights", "1"), ("highlights", "Lời khác.")]);
        assert_eq!(edited.status, 303, "{}", edited.text());
        assert_eq!(w.report("lau").state.as_deref(), Some("draft"), "other words are not what the head was asked about");
        let r = head.post(&format!("/reports/report/{id}/submit"), &[("version", &opened)]);
        assert!(r.status == 409 && r.text().contains("sửa lúc"), "{}", r.text());
        assert!(w.list("report_version", "report", &id).is_empty());
        // in a draft too, where the report itself did not move
        let opened = w.seen(&id);
        contact.post(&format!("/reports/report/{id}"), &[("v_highlights", "2"), ("highlights", "Lời khác nữa.")]);
        assert_eq!(head.post(&format!("/reports/report/{id}/submit"), &[("version", &opened)]).status, 409);
        assert_eq!(w.step(&head, &id, "submit", "").status, 303);
    });
}

#[test]
fn words_of_two_people_never_overwrite_each_other() {
    on_both(|w| {
        w.opened();
        let id = w.report("lau").id;
        let (one, two) = (w.client("daumoi"), w.client("daumoi2"));
        w.words(&one, &id, "Của người thứ nhất.");
        let r = two.post(&format!("/reports/report/{id}"), &[("v_highlights", "0"), ("highlights", "Của người thứ hai.")]);
        assert_eq!(r.status, 409);
        let shown = r.text();
        assert!(shown.contains("daumoi sửa lúc") && shown.contains("Của người thứ hai."), "said who, and what was typed is kept: {shown}");
        assert_eq!(
            w.list("report_narrative", "report", &id).iter().filter(|n| n.text("content") == Some("Của người thứ nhất.")).count(),
            1
        );
        let long = "a".repeat(5_001);
        let r = one.post(&format!("/reports/report/{id}"), &[("v_highlights", "1"), ("highlights", &long)]);
        assert!(r.status == 422 && r.text().contains("5001 ký tự, nhiều nhất 5000") && r.text().contains(&long), "typed words come back");
    });
}

#[test]
fn nobody_files_around_the_freezing_and_nobody_sees_others() {
    on_both(|w| {
        w.opened();
        let (lau, syt) = (w.report("lau"), w.report("syt"));
        let head = w.client("chutich");
        // the generic door: a transition without frozen figures
        let r = head.call(
            "POST",
            &format!("/api/v1/report_submission/{}/transitions/submit", lau.id),
            &[("if-match", &format!("\"{}\"", lau.version))],
            &serde_json::json!({ "fields": { "submitted_on": "2026-10-16" } }),
        );
        assert_eq!(r.status, 403, "the day of filing is nobody's to type: {}", r.text());
        assert_eq!(w.report("lau").state.as_deref(), Some("due"));
        let denied = w.reg.clone();
        let (id, version) = (lau.id.clone(), lau.version);
        let roles = w.reg.roles();
        let e = w.store.write_blocking(move |tx| {
            let who = access::actor_of_login(tx, &roles, "chutich")?;
            actions::transition(tx, &denied, &who, "report_submission", &id, version, "submit", actions::Values::new(), None)
        });
        assert!(e.unwrap_err().to_string().contains("Nộp ở trang Báo cáo"));
        for path in [
            format!("/reports/report/{}", syt.id),
            format!("/reports/report/{}/file/docx", syt.id),
            format!("/api/v1/reports/report/{}", syt.id),
        ] {
            assert_eq!(head.get(&path).status, 404, "{path}");
        }
        let r = head.post(&format!("/reports/report/{}/submit", syt.id), &[("version", "1")]);
        assert_eq!(r.status, 404);
        let campaign = lau.text("campaign").unwrap();
        assert!(!head.get(&format!("/reports/campaign/{campaign}?state=all")).text().contains("Sở Y tế"));
        for (path, status) in
            [(format!("/reports/campaign/{campaign}/summary"), 403), (format!("/api/v1/reports/campaigns/{campaign}/summary"), 403)]
        {
            assert_eq!(head.get(&path).status, status, "{path}");
        }
        assert_eq!(head.post(&format!("/reports/campaign/{campaign}/remind"), &[]).status, 403);
        let part = w.client("thanhtra");
        assert_eq!(part.get(&format!("/reports/campaign/{campaign}?state=all")).text().matches("/reports/report/").count(), 1);
        for path in [
            format!("/reports/campaign/{campaign}/summary"),
            format!("/reports/campaign/{campaign}/summary/file/pdf"),
            format!("/api/v1/reports/campaigns/{campaign}/summary"),
        ] {
            assert_eq!(part.get(&path).status, 403, "sums over all are not for a reader of a part: {path}");
        }
    });
}
