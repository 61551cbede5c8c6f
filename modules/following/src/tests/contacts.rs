//! Tests of the contact points: one press answers, time is measured; the phone list hides phones unless somebody says why.

use registers::Record;

use crate::contact_test::{self, Outcome};
use crate::tests::world::{World, on_both};
use crate::{text, values};

fn started(w: &World) -> Record {
    for agency in ["lau", "syt", "dong", "cat"] {
        w.contact_point(agency);
    }
    let test = w.put(
        "contact_test",
        values([("name", text("Thử tháng 10")), ("agency", text(&w.agency["cat"])), ("minutes", registers::Data::Int(30))]),
    );
    assert_eq!(w.step(&w.client("canbo"), &test, "start", &[]).status, 303);
    w.settle();
    w.settle();
    test
}

fn reply(w: &World, test: &Record, agency: &str) -> Record {
    let all = w.list("contact_test_reply", "test", &test.id);
    all.into_iter().find(|r| r.text("agency") == Some(w.agency[agency].as_str())).unwrap()
}

#[test]
fn one_press_answers_and_the_time_is_measured() {
    on_both(|w| {
        let test = started(&w);
        assert_eq!(w.list("contact_test_reply", "test", &test.id).len(), 4, "each agency with a contact point, once");
        assert_eq!(reply(&w, &test, "cat").state.as_deref(), Some("unreached"), "no account, no address: no data, not a failure");
        let (lau, syt, dong) = (reply(&w, &test, "lau"), reply(&w, &test, "syt"), reply(&w, &test, "dong"));
        let press = |r: &Record| format!("/following/reply/{}", r.id);
        let contact = w.client("daumoi");
        assert!(contact.get("/").text().contains(&press(&lau)) && contact.get("/notices").text().contains("Kiểm tra liên lạc"));
        assert!(contact.get(&press(&lau)).text().contains("Tôi đã nhận"));
        w.time("2026-10-15T09:10:00");
        assert_eq!(contact.post(&press(&syt), &[]).status, 404, "somebody else's");
        assert_eq!(w.client("canbo").post(&press(&lau), &[]).status, 403, "the tester does not answer for the tested");
        assert_eq!(contact.post(&press(&lau), &[]).status, 303);
        assert_eq!(contact.post(&press(&lau), &[]).status, 303);
        let r = reply(&w, &test, "lau");
        assert_eq!((r.state.as_deref(), r.int("seconds")), (Some("answered"), Some(600)), "pressing again changes nothing");
        let outcome = |w: &World| contact_test::outcome(&w.list("contact_test_reply", "test", &test.id));
        assert_eq!(outcome(&w), Outcome { met: 1, unmet: 0, no_data: 3, median: Some(600), slowest: Some(600) });
        // time is up for the others: not met; a late answer is still measured
        w.time("2026-10-15T09:31:00");
        w.write(|tx, reg| {
            let cx = web::Cx { registry: reg, today: "2026-10-15", lang: web::Lang::Vi };
            contact_test::miss_all(&cx, tx, None)
        });
        assert_eq!(reply(&w, &test, "dong").state.as_deref(), Some("missed"));
        w.time("2026-10-15T09:40:00");
        assert_eq!(w.client("dong").post(&press(&dong), &[]).status, 303);
        assert_eq!(outcome(&w), Outcome { met: 1, unmet: 2, no_data: 1, median: Some(1500), slowest: Some(2400) });
        let officer = w.client("canbo");
        let page = officer.get(&format!("/following/test/{}", test.id)).text();
        assert!(page.contains("25 phút 0 giây") && page.contains("40 phút 0 giây") && page.contains("1/4"), "{page}");
        assert_eq!(officer.get(&format!("/api/v1/following/tests/{}", test.id)).json()["outcome"]["unmet"], 2);
        assert_eq!(contact.get(&format!("/following/test/{}", test.id)).status, 403);
        assert!(contact.get("/r/contact_test_reply").text().contains("600"), "its own history");
        assert_eq!(w.step(&officer, &test, "end", &[]).status, 303);
        w.settle();
    });
}

#[test]
fn the_phone_list_is_masked_and_clear_only_with_a_reason_in_the_ledger() {
    on_both(|w| {
        started(&w);
        let officer = w.client("canbo");
        let page = officer.get("/following/phones").text();
        assert!(page.contains("Bến Lau") && !page.contains("0912345678"), "{page}");
        let masked = officer.get("/following/phones/masked.docx");
        assert!(masked.status == 200 && !inside(&masked.bytes).contains("0912345678"));
        assert_eq!(officer.post("/following/phones/clear", &[("kind", "docx"), ("reason", " ")]).status, 303);
        assert!(officer.get("/following/phones").text().contains("Ghi lý do"));
        for kind in ["docx", "xlsx"] {
            let file = officer.post("/following/phones/clear", &[("kind", kind), ("reason", "In danh bạ trực Tết")]);
            assert_eq!(file.status, 200, "{}", file.text());
            assert!(inside(&file.bytes).contains("0912345678"), "{kind}");
        }
        let point = w.list("contact_point", "agency", &w.agency["lau"]).pop().unwrap();
        let history = officer.get(&format!("/r/contact_point/{}?tab=history", point.id)).text();
        assert!(history.contains("In danh bạ trực Tết"), "{history}");
        // others of the province are not in an agency's list
        let own = w.client("syt").get("/following/phones").text();
        assert!(own.contains("Sở Y tế") && !own.contains("Đồng Quế"), "{own}");
        assert_eq!(w.client("thanhtra").post("/following/phones/clear", &[("kind", "docx"), ("reason", "xem")]).status, 403);
    });
}

/// Text of all parts of a zipped office file.
fn inside(bytes: &[u8]) -> String {
    use std::io::Read;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an office file");
    let mut out = String::new();
    for i in 0..zip.len() {
        let mut part = Vec::new();
        zip.by_index(i).expect("part").read_to_end(&mut part).expect("part");
        out.push_str(&String::from_utf8_lossy(&part));
    }
    out
}
