//! Documents sent: by rule, acknowledged by one press, reminded once a day, the effect read a week later.

use access::Actor;
use registers::Record;

use crate::tests::world::{World, on_both};
use crate::{reminder, text, values};

fn law(w: &World, state: &str) -> Record {
    let v = values([
        ("number", text(if state == "in_force" { "116/2025/QH15" } else { "1/DT" })),
        ("title", text("Luật An ninh mạng")),
        ("kind", text("law")),
        ("issued_on", text("2025-12-10")),
    ]);
    let d = w.put("document", v);
    if state == "in_force" {
        let id = d.id.clone();
        w.write(move |tx, reg| {
            let system = Actor::system("test");
            registers::actions::transition(tx, reg, &system, "document", &id, 1, "issue", registers::actions::Values::new(), None)
        });
    }
    d
}

fn dissemination(w: &World, document: &str, rule: &str) -> Record {
    w.put(
        "dissemination",
        values([("document", text(document)), ("agency", text(&w.agency["cat"])), ("rule", text(rule)), ("due_on", text("2026-10-20"))]),
    )
}

#[test]
fn a_document_in_force_is_sent_by_rule_and_acknowledged_by_one_press() {
    on_both(|w| {
        let officer = w.client("canbo");
        let draft = dissemination(&w, &law(&w, "draft").id, "kind = commune");
        let refused = w.step(&officer, &draft, "send", &[]);
        assert!(refused.status == 422 && refused.text().contains("Chỉ phổ biến văn bản còn hiệu lực"), "{}", refused.text());
        let d = dissemination(&w, &law(&w, "in_force").id, "kind in (commune, department)");
        let page = format!("/following/document/{}", d.id);
        assert!(officer.get(&page).text().contains("Gửi thì tới 3 cơ quan"), "{}", officer.get(&page).text());
        assert_eq!(w.step(&officer, &d, "send", &[]).status, 303);
        w.settle();
        w.settle();
        let asked = w.list("acknowledgement", "dissemination", &d.id);
        assert_eq!(asked.len(), 3, "the two communes and the department, once");
        let of = |word: &str| asked.iter().find(|a| a.text("agency") == Some(w.agency[word].as_str())).unwrap().clone();
        let contact = w.client("daumoi");
        let home = contact.get("/").text();
        let press = format!("/following/acknowledge/{}", of("lau").id);
        assert!(home.contains(&press), "{home}");
        assert_eq!(w.client("dong").post(&press, &[]).status, 404, "somebody else's");
        assert_eq!(officer.post(&press, &[]).status, 403, "the sender does not answer for the agency");
        assert_eq!(contact.post(&press, &[]).status, 303);
        assert_eq!(contact.post(&press, &[]).status, 303, "pressed twice: said, nothing changes");
        let a = w.get("acknowledgement", &of("lau").id);
        assert_eq!((a.state.as_deref(), a.text("acknowledged_on")), (Some("acknowledged"), Some("2026-10-15")));
        assert!(!contact.get("/").text().contains(&press));
        assert_eq!(w.step(&contact, &a, "pass_on", &[("held_on", "15/10/2026"), ("people", "31")]).status, 303);
        let shown = officer.get(&page).text();
        assert!(shown.contains("1/3 · 33") && shown.contains("Đôn đốc 2 cơ quan"), "{shown}");
        assert_eq!(contact.get(&page).status, 403, "who else has it is the sender's to know");
    });
}

#[test]
fn reminders_go_out_once_a_day_and_say_a_week_later_what_moved() {
    on_both(|w| {
        let officer = w.client("canbo");
        let d = dissemination(&w, &law(&w, "in_force").id, "kind in (commune, department)");
        assert_eq!(w.step(&officer, &d, "send", &[]).status, 303);
        w.settle();
        let press = format!("/following/document/{}/remind", d.id);
        assert_eq!(w.client("daumoi").post(&press, &[]).status, 403);
        assert_eq!(officer.post(&press, &[]).status, 303);
        assert_eq!(officer.post(&press, &[]).status, 303);
        let log = w.list("following_reminder", "kind", "acknowledgement");
        assert_eq!(log.len(), 3, "each agency once, however often it is pressed in a day");
        assert!(log.iter().all(|r| r.text("check_on") == Some("2026-10-22") && r.int("moved").is_none()));
        assert!(w.client("syt").get("/notices").text().contains("Đôn đốc báo nhận văn bản"));
        let asked = w.list("acknowledgement", "dissemination", &d.id);
        let lau = asked.iter().find(|a| a.text("agency") == Some(w.agency["lau"].as_str())).unwrap();
        assert_eq!(w.client("daumoi").post(&format!("/following/acknowledge/{}", lau.id), &[]).status, 303);
        let read = |today: &'static str| {
            w.write(move |tx, reg| {
                let cx = web::Cx { registry: reg, today, lang: web::Lang::Vi };
                reminder::read_effects(&cx, tx, None)
            });
            w.list("following_reminder", "kind", "acknowledgement").iter().filter_map(|r| r.int("moved")).collect::<Vec<_>>()
        };
        assert_eq!(read("2026-10-21"), Vec::<i64>::new());
        let mut moved = read("2026-10-22");
        moved.sort_unstable();
        assert_eq!(moved, [0, 0, 1]);
    });
}
