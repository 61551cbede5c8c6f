//! Late and untouched work: one press reminds all, the log says what moved, the letter, the way up.

use access::Actor;
use registers::Record;

use crate::late::{self, Which};
use crate::tests::world::{World, on_both};
use crate::{reminder, text, values};

fn owes(w: &World, agency: &str, content: &str, due: &str) -> Record {
    w.put(
        "obligation",
        values([
            ("agency", text(&w.agency[agency])),
            ("source", text("law")),
            ("source_key", text(content)),
            ("content", text(content)),
            ("period_key", text("2026")),
            ("due_on", text(due)),
        ]),
    )
}

fn prove(w: &World, o: &Record) {
    let agency = o.text("agency").unwrap();
    w.put(
        "evidence",
        values([
            ("obligation", text(&o.id)),
            ("agency", text(agency)),
            ("kind", text("note")),
            ("happened_on", text("2026-10-16")),
            ("note", text("Đã làm một phần.")),
        ]),
    );
    w.settle();
}

fn read(w: &World, today: &'static str) {
    w.write(move |tx, reg| {
        let cx = web::Cx { registry: reg, today, lang: web::Lang::Vi };
        reminder::read_effects(&cx, tx, None)
    });
}

#[test]
fn one_press_reminds_all_who_are_late_and_a_week_later_says_what_moved() {
    on_both(|w| {
        let lau = owes(&w, "lau", "Việc thứ nhất của xã", "2026-10-01");
        owes(&w, "lau", "Việc thứ hai của xã", "2026-10-05");
        owes(&w, "dong", "Việc của Đồng Quế", "2026-10-02");
        owes(&w, "syt", "Việc còn hạn", "2026-12-02");
        let officer = w.client("canbo");
        let page = officer.get("/following/late").text();
        assert!(page.contains("Đôn đốc 2 cơ quan") && !page.contains("Sở Y tế"), "{page}");
        assert_eq!(w.client("daumoi").get("/following/late").status, 403);
        assert_eq!(w.client("daumoi").post("/following/late/remind?which=overdue", &[]).status, 403);
        for _ in 0..2 {
            assert_eq!(officer.post("/following/late/remind?which=overdue", &[]).status, 303);
        }
        let log = w.list("following_reminder", "kind", "obligation");
        assert_eq!(log.len(), 2, "each agency once a day");
        let notices = w.client("daumoi").get("/notices").text();
        assert!(
            notices.contains("Đôn đốc: 2 việc quá hạn") && notices.contains("Việc thứ nhất") && !notices.contains("Đồng Quế"),
            "{notices}"
        );
        w.time("2026-10-16T08:00:00");
        prove(&w, &lau);
        w.time("2026-10-22T08:00:00");
        read(&w, "2026-10-22");
        let officer = w.client("canbo"); // the session of last week has ended
        let of = |agency: &str| {
            w.list("following_reminder", "agency", &w.agency[agency]).iter().map(|r| (r.int("asked"), r.int("moved"))).collect::<Vec<_>>()
        };
        assert_eq!((of("lau"), of("dong")), (vec![(Some(2), Some(1))], vec![(Some(1), Some(0))]));
        // who did not move is taken up, once a day; the other is not
        let page = officer.get("/following/late").text();
        assert!(
            page.contains("1/2 việc chuyển biến") && page.contains("không chuyển biến") && page.contains("Báo cáo lãnh đạo 1 cơ quan"),
            "{page}"
        );
        assert_eq!(officer.post("/following/late/escalate?which=overdue", &[]).status, 303);
        assert!(officer.get("/following/late").text().contains("chưa có tài khoản"), "nobody to tell is said");
        w.account("lanhdao", "standing_head", "cat", true);
        for _ in 0..2 {
            assert_eq!(officer.post("/following/late/escalate?which=overdue", &[]).status, 303);
        }
        assert_eq!(w.list("following_reminder", "kind", "escalation").len(), 1);
        let told = w.client("lanhdao").get("/notices").text();
        assert!(told.contains("1 cơ quan không chuyển biến sau đôn đốc") && told.contains("Đồng Quế: 1 việc"), "{told}");
    });
}

#[test]
fn untouched_work_is_what_nobody_changed_or_proved_for_some_days() {
    on_both(|w| {
        let proved = owes(&w, "lau", "Việc có minh chứng", "2026-12-01");
        owes(&w, "lau", "Việc bỏ quên", "2026-12-01");
        w.time("2026-11-10T08:00:00");
        prove(&w, &proved);
        w.time("2026-11-20T08:00:00");
        let quiet = |days: i64| {
            w.write(move |tx, reg| {
                let list = late::owing(tx, reg, &Actor::system("test"), Which::Quiet(days), None, "2026-11-20")?;
                Ok(list.iter().flat_map(|a| &a.items).filter_map(|o| o.text("content").map(str::to_owned)).collect::<Vec<_>>())
            })
        };
        assert_eq!(quiet(30), ["Việc bỏ quên"]);
        assert_eq!(quiet(9).len(), 2);
        assert_eq!(quiet(60), Vec::<String>::new());
        let officer = w.client("canbo");
        assert!(officer.get("/following/late?which=quiet").text().contains("Đôn đốc 1 cơ quan"));
        assert_eq!(officer.get("/following/late?which=quiet&days=0").status, 400);
        assert_eq!(officer.get("/following/late?which=moi").status, 400);
    });
}

#[test]
fn the_letter_lists_what_is_owed() {
    on_both(|w| {
        owes(&w, "lau", "Việc thứ nhất của xã", "2026-10-01");
        owes(&w, "dong", "Việc của Đồng Quế", "2026-10-02");
        let officer = w.client("canbo");
        let to = officer.post("/following/late/letter?which=overdue", &[("agency", &w.agency["lau"])]);
        assert_eq!(to.status, 303, "{}", to.text());
        let id = to.header("location").split(['?', '#']).next().unwrap().rsplit('/').next().unwrap().to_owned();
        let r = w.get("outgoing_document", &id);
        assert_eq!(r.text("addressees"), Some("Ủy ban nhân dân xã Bến Lau"));
        assert!(r.text("annex").unwrap().contains("Việc thứ nhất") && !r.text("annex").unwrap().contains("Đồng Quế"));
        let all = officer.call("POST", "/api/v1/following/late/overdue/letter", &[], &serde_json::json!({})).json();
        let r = w.get("outgoing_document", all["id"].as_str().unwrap());
        assert!(r.text("annex").unwrap().contains("Đồng Quế") && r.text("content").unwrap().contains("2 việc quá hạn của 2 cơ quan"));
        assert_eq!(w.client("daumoi").post("/following/late/letter?which=overdue", &[]).status, 403);
        assert_eq!(officer.call("POST", "/api/v1/following/late/overdue/remind", &[], &serde_json::json!({})).json()["agencies"], 2);
    });
}
