//! A campaign answers a task: filing closes the obligation with the report as evidence, a return opens it again.

use std::collections::BTreeMap;

use registers::Data;

use crate::tests::world::{World, on_both};
use crate::text;

/// A plan in force with one task, owed by two communes until 04/12.
fn owed(w: &World) -> (String, Vec<String>) {
    let data = |k: &str, x: &str| if k == "seq" { Data::Int(1) } else { text(x) };
    let v = |list: &[(&str, &str)]| list.iter().map(|(k, x)| ((*k).to_owned(), data(k, x))).collect::<BTreeMap<String, Data>>();
    let plan = w.put(
        "plan",
        v(&[
            ("number", "12/KH-UBND"),
            ("title", "Kế hoạch an ninh mạng"),
            ("issued_on", "2026-01-15"),
            ("issuer", &w.agency["root"]),
            ("level", "province"),
        ]),
    );
    let task = w.put(
        "task",
        v(&[
            ("plan", &plan.id),
            ("seq", "1"),
            ("content", "Gửi báo cáo năm về Công an tỉnh"),
            ("time_text", "Trước 05/12/2026"),
            ("schedule_kind", "deadline"),
        ]),
    );
    let one = |agency: &str| {
        let o = w.put(
            "obligation",
            v(&[
                ("task", &task.id),
                ("agency", &w.agency[agency]),
                ("content", "Gửi báo cáo năm"),
                ("period_key", "plan"),
                ("due_on", "2026-12-04"),
            ]),
        );
        o.id
    };
    (task.id.clone(), vec![one("lau"), one("dong")])
}

#[test]
fn filing_a_report_is_the_work_and_a_return_opens_it_again() {
    on_both(|w| {
        let (task, owed) = owed(&w);
        let c = w.opened();
        let page = format!("/reports/campaign/{}", c.id);
        let shown = w.client("canbo").get(&page).text();
        assert!(shown.contains("Gửi báo cáo năm về Công an tỉnh") && shown.contains("(2 cơ quan)"), "the task is offered: {shown}");
        assert!(!w.client("daumoi").get(&page).text().contains("trả lời nhiệm vụ đó"), "to who may say so only");

        // the commune Đồng Quế files before the campaign knows its task
        w.time("2026-11-18T09:00:00");
        let (dong, lau) = (w.report("dong").id, w.report("lau").id);
        let head = w.client("dong");
        w.words(&head, &dong, "Đã kiện toàn đầu mối.");
        assert_eq!(w.step(&head, &dong, "submit", "").status, 303);
        assert_eq!(w.get("obligation", &owed[1]).state.as_deref(), Some("not_started"));

        let version = w.get("report_campaign", &c.id).version.to_string();
        let contact = w.client("daumoi");
        let form: [(&str, &str); 2] = [("version", &version), ("task", &task)];
        assert_eq!(contact.post(&format!("{page}/task"), &form).status, 403);
        assert_eq!(w.client("canbo").post(&format!("{page}/task"), &form).status, 303);
        let done = w.get("obligation", &owed[1]);
        assert_eq!((done.state.as_deref(), done.text("done_on")), (Some("done"), Some("2026-11-18")), "what was filed counts at once");
        assert!(!w.client("canbo").get(&page).text().contains("trả lời nhiệm vụ đó"), "and it is asked no more");

        // the other files later: closed in the same breath, with the report as evidence
        w.time("2026-11-20T09:00:00");
        w.words(&w.client("daumoi"), &lau, "Đã bật xác thực hai lớp.");
        let head = w.client("chutich");
        assert_eq!(w.step(&head, &lau, "submit", "").status, 303);
        let done = w.get("obligation", &owed[0]);
        assert_eq!((done.state.as_deref(), done.text("done_on")), (Some("done"), Some("2026-11-20")));
        let evidence = w.list("evidence", "obligation", &owed[0]);
        assert_eq!(evidence.len(), 1);
        assert_eq!((evidence[0].text("record_register"), evidence[0].text("record_id")), (Some("report_submission"), Some(lau.as_str())));

        // given back: owed again, and why; filed again: done, still one piece of evidence
        assert_eq!(w.step(&w.client("canbo"), &lau, "return", "Thiếu số liệu quý IV.").status, 303);
        let open = w.get("obligation", &owed[0]);
        assert_eq!(open.state.as_deref(), Some("in_progress"));
        assert!(open.text("return_reason").is_some_and(|r| r.contains("Thiếu số liệu quý IV.")), "{:?}", open.text("return_reason"));
        w.time("2026-11-25T09:00:00");
        assert_eq!(w.step(&w.client("chutich"), &lau, "submit", "Đã bổ sung.").status, 303);
        assert_eq!(w.get("obligation", &owed[0]).state.as_deref(), Some("done"));
        assert_eq!(w.list("evidence", "obligation", &owed[0]).len(), 1);
    });
}
