//! Plans below a plan: the commune's answers, the province's tracker, and who sees what.

use serde_json::{Value, json};
use testkit::{Client, ENGINES};

use crate::plan_review::{imported, ok};
use crate::world::{self, World};

fn plans(c: &Client) -> Vec<Value> {
    ok(c.get("/api/v1/plan?limit=200"), 200).json()["items"].as_array().unwrap().clone()
}

fn id(v: &Value) -> String {
    v["id"].as_str().unwrap().to_owned()
}

/// The province's plan, Bến Lau's, and another commune's.
fn three(w: &World) -> (String, String, String) {
    let c = w.program("canbo", None);
    let all = plans(&c);
    let of = |want: &dyn Fn(&str, &str) -> bool| {
        let words = |p: &Value, f: &str| p["fields"][f].as_str().unwrap_or_default().to_owned();
        all.iter().find(|p| p["state"] == "in_force" && want(&words(p, "level"), &words(p, "title"))).map(id).unwrap()
    };
    let commune = |level: &str, title: &str| level == "commune" && title.contains("xã Bến Lau");
    (of(&|l, _| l == "province"), of(&commune), of(&|l, t| l == "commune" && !commune(l, t)))
}

#[test]
fn a_commune_answers_each_task_from_above_on_both_engines() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (above, mine, _) = three(&w);
        let (c, program) = (w.client("daumoi"), w.program("daumoi", None));
        let here = format!("/cascade/{mine}/answers");
        let lines = |c: &Client| ok(c.get(&format!("/api/v1/cascade/{mine}/answers")), 200).json();
        let before = lines(&program);
        assert_eq!(before["open"], 5, "{before}");
        let home = ok(c.get("/"), 200).text();
        assert!(home.contains("Trả lời 5 nhiệm vụ của kế hoạch cấp trên") && home.contains(&here), "{home}");
        let list = before["lines"].as_array().unwrap();
        let open: Vec<&Value> = list.iter().filter(|l| l["answer"].is_null()).collect();
        let guessed = open.iter().find(|l| !l["suggested"].as_array().unwrap().is_empty()).unwrap();
        let (task, own) = (guessed["task"].as_str().unwrap(), guessed["suggested"][0]["task"].as_str().unwrap());
        // likely is offered, not chosen
        let form = ok(c.get(&format!("{here}/{task}")), 200).text();
        assert!(form.contains("giống") && !form.contains("checked"), "{form}");
        let to = format!("{here}/{task}");
        let wrong = ok(c.post(&to, &[("kind", "own")]), 422).text();
        assert!(wrong.contains("Chọn ít nhất một nhiệm vụ của kế hoạch mình"), "{wrong}");
        assert!(ok(c.post(&to, &[("kind", "not_ours"), ("reason", " ")]), 422).text().contains("vì sao không thuộc trách nhiệm"));
        let foreign = before["lines"][0]["task"].as_str().unwrap();
        assert!(ok(c.post(&to, &[("kind", "own"), ("answers", foreign)]), 422).text().contains("không thuộc kế hoạch đang trả lời"));
        ok(c.post(&to, &[("kind", "own"), ("answers", own)]), 303);
        // a second tab that saw no answer does not overwrite it, and keeps what was typed
        let late = ok(c.post(&to, &[("kind", "joint"), ("reason", "Tab hai đã gõ câu này")]), 409).text();
        assert!(late.contains("Tab hai đã gõ câu này") && late.contains("Người khác vừa trả lời"), "{late}");
        for l in open.iter().filter(|l| l["task"] != guessed["task"]) {
            let to = format!("{here}/{}", l["task"].as_str().unwrap());
            ok(c.post(&to, &[("kind", "joint"), ("reason", "Làm cùng tỉnh")]), 303);
        }
        assert_eq!(lines(&program)["open"], 0);
        assert!(!ok(c.get("/"), 200).text().contains("nhiệm vụ của kế hoạch cấp trên"));
        // the tracker of the province sees it, task by task
        let t = ok(w.program("canbo", None).get(&format!("/api/v1/cascade/{above}")), 200).json();
        let ours = t["agencies"].as_array().unwrap().iter().find(|a| a["plan"]["id"] == json!(mine)).unwrap();
        assert_eq!(ours["answers"], json!({ "asked": 9, "own": 5, "joint": 4, "not_ours": 0, "open": 0 }));
        let none = t["agencies"].as_array().unwrap().iter().find(|a| a["plan"].is_null()).unwrap();
        assert!(none["answers"].is_null() && none["asked"].as_i64() > Some(0), "no plan, no data: {none}");
        let sum = |k: &str| t["tasks"].as_array().unwrap().iter().filter_map(|l| l["answers"][k].as_i64()).sum::<i64>();
        for k in ["asked", "own", "joint", "not_ours", "open"] {
            assert_eq!(t["answers"][k].as_i64(), Some(sum(k)), "by agency = by task: {k}");
        }
        let short: Vec<&Value> = t["targets"].as_array().unwrap().iter().flat_map(|l| l["short"].as_array().unwrap()).collect();
        assert!(short.iter().any(|s| s["how"] == "less") && short.iter().any(|s| s["how"] == "later"), "{short:?}");
    }
}

#[test]
fn sure_suggestions_are_taken_by_one_press_and_only_once() {
    let w = world::sqlite();
    let (_, mine, _) = three(&w);
    let officer = w.program("canbo", None);
    let draft = plans(&officer).into_iter().find(|p| p["state"] == "draft").map(|p| id(&p)).unwrap();
    let press = |c: &Client, plan: &str| c.call("POST", &format!("/api/v1/cascade/{plan}/answers/sure"), &[], &json!({}));
    assert_eq!(ok(press(&officer, &draft), 200).json()["taken"], 4);
    assert_eq!(ok(press(&officer, &draft), 200).json()["taken"], 0);
    assert_eq!(ok(press(&w.program("daumoi", None), &mine), 200).json()["taken"], 0, "Bến Lau has none left");
    assert_eq!(press(&w.program("khongquyen", None), &mine).status, 403);
}

#[test]
fn answers_of_others_are_not_seen() {
    let w = world::sqlite();
    let (above, mine, other) = three(&w);
    let c = w.program("daumoi", None);
    let t = ok(c.get(&format!("/api/v1/cascade/{above}")), 200).json();
    let agencies = t["agencies"].as_array().unwrap();
    assert!(agencies.len() == 1 && agencies[0]["plan"]["id"] == json!(mine), "{agencies:?}");
    assert!(!t.to_string().contains(&other), "{t}");
    let theirs = ok(c.get(&format!("/api/v1/cascade/{other}/answers")), 200).json();
    assert!(theirs["lines"].as_array().unwrap().is_empty(), "what another owes: {theirs}");
    let task = ok(c.get(&format!("/api/v1/cascade/{mine}/answers")), 200).json()["lines"][0]["task"].as_str().unwrap().to_owned();
    let fields = json!({ "plan": other, "task": task, "kind": "not_ours", "reason": "thử" });
    let r = c.call("POST", "/api/v1/task_answer", &[], &json!({ "fields": fields }));
    assert!(matches!(r.status, 403 | 422), "{} {}", r.status, r.text());
    let page = ok(w.client("daumoi").get("/cascade"), 200).text();
    assert!(page.contains(&mine) && !page.contains(&other), "{page}");
}

#[test]
fn a_document_that_names_the_plan_above_is_put_under_it() {
    let w = world::sqlite();
    let (above, ..) = three(&w);
    let c = w.client("canbo");
    let text = include_str!("../../../packs/sao-mai-demo/ke-hoach-cap-duoi.txt").replace("{so}", "311").replace("{ngay}", "11");
    let draft = imported(&c, &text.replace("{thang}", "7").replace("{ten}", "xã Tân Thử"));
    let head = ok(c.get(&format!("{draft}/head")), 200).text();
    assert!(head.contains(&format!("name=\"parent\" value=\"{above}\"")), "{head}");
}
