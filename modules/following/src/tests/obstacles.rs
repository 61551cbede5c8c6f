//! Obstacles: raised by an agency, answered by the standing agency, found by all without betraying who asked.

use registers::Record;
use serde_json::json;

use crate::tests::world::{World, on_both};

const SUBJECT: &str = "Chưa có người đủ chứng chỉ";
const QUESTION: &str = "Cơ quan chưa có người đủ chứng chỉ thì làm thế nào?";

fn raise(w: &World, login: &str, agency: &str, named: bool) -> Record {
    let fields = json!({ "agency": w.agency[agency], "subject": SUBJECT, "content": "Cử đi học mà lớp đã đầy.", "raised_on": "2026-10-01", "show_agency": named });
    let r = w.client(login).call("POST", "/api/v1/obstacle", &[("idempotency-key", login)], &json!({ "fields": fields }));
    assert_eq!(r.status, 201, "{}", r.text());
    w.settle();
    w.list("obstacle", "agency", &w.agency[agency]).pop().unwrap()
}

#[test]
fn an_answer_is_found_by_all_and_names_the_asker_only_when_it_agreed() {
    on_both(|w| {
        let officer = w.client("canbo");
        let hidden = raise(&w, "daumoi", "lau", false);
        let named = raise(&w, "dong", "dong", true);
        assert_eq!(hidden.text("answer_by"), Some("2026-10-11"), "ten days");
        assert!(!w.client("dong").get("/r/obstacle").text().contains("Bến Lau"), "the question itself is the asker's");
        let home = officer.get("/").text();
        assert!(home.contains(SUBJECT) && home.contains("nêu vướng mắc, trả lời trước hết ngày 11/10/2026"), "{home}");
        assert!(officer.get("/following").text().contains("Khó khăn, vướng mắc mới"));
        let answer = [("answer", "Tỉnh mở thêm lớp tháng 11."), ("public_question", QUESTION), ("answered_on", "15/10/2026")];
        assert_eq!(w.step(&officer, &hidden, "answer", &answer[..1]).status, 422, "the question for all comes with the answer");
        for o in [&hidden, &named] {
            assert_eq!(w.step(&officer, o, "answer", &answer).status, 303);
        }
        w.settle();
        w.settle();
        assert!(w.client("daumoi").get("/notices").text().contains("Đã trả lời vướng mắc"));
        let found = w.client("syt").get("/r/obstacle_answer?q=du+chung+chi").text();
        assert!(found.contains(QUESTION) && found.contains("Đồng Quế") && !found.contains("Bến Lau"), "{found}");
        for a in w.list("obstacle_answer", "question", QUESTION) {
            let page = w.client("syt").get(&format!("/r/obstacle_answer/{}", a.id)).text();
            assert!(!page.contains("Bến Lau") && !page.contains("Cử đi học"), "{page}");
        }
        // asked again, answered again: still one answer, the new one
        let contact = w.client("daumoi");
        assert_eq!(w.step(&contact, &hidden, "ask_again", &[("reason", "Lớp nào?")]).status, 303);
        assert_eq!(w.step(&officer, &hidden, "answer", &[("answer", "Lớp K5, 20/11."), answer[1], answer[2]]).status, 303);
        w.settle();
        let all = w.list("obstacle_answer", "obstacle", &hidden.id);
        assert_eq!(all.iter().map(|a| a.text("answer")).collect::<Vec<_>>(), [Some("Lớp K5, 20/11.")]);
        assert_eq!(w.step(&contact, &hidden, "close", &[]).status, 303);
    });
}

#[test]
fn nobody_answers_themselves() {
    on_both(|w| {
        let fields = json!({ "agency": w.agency["lau"], "subject": SUBJECT, "content": "…", "answer": "Được miễn." });
        let contact = w.client("daumoi");
        let r = contact.call("POST", "/api/v1/obstacle", &[("idempotency-key", "1")], &json!({ "fields": fields }));
        assert!(r.status == 422 && r.text().contains("để trống phần trả lời"), "{}", r.text());
        let o = raise(&w, "daumoi", "lau", false);
        let answer = [("answer", "Được miễn."), ("public_question", QUESTION), ("answered_on", "15/10/2026")];
        assert_eq!(w.step(&contact, &o, "answer", &answer).status, 403);
        assert_eq!(contact.get(&format!("/r/obstacle/{}/edit", o.id)).status, 403);
        let other = json!({ "fields": { "agency": w.agency["dong"], "subject": SUBJECT, "content": "…" } });
        assert!(
            matches!(contact.call("POST", "/api/v1/obstacle", &[("idempotency-key", "2")], &other).status, 403 | 404),
            "for its own agency only"
        );
    });
}
