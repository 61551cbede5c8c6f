//! Names of a plan: all unknown ones on one page, those left for later filled in afterwards, recipients linked.

use registers::{Filter, Op, Record};
use testkit::{Client, ENGINES, Reply};

use crate::world::{self, World};

const PLAN: &str = include_str!("../../fixtures/ke-hoach-du-lieu-sao-mai.txt");
const CENTRE: &str = "Trung tâm Điều hành thông minh Sao Mai";

fn ok(r: Reply, status: u16) -> Reply {
    assert_eq!(r.status, status, "{}", r.text());
    r
}

fn is(field: &str, value: &str) -> Vec<Filter> {
    vec![Filter { field: field.into(), op: Op::Is, values: vec![value.into()] }]
}

/// The plan with names nobody knows: one nearly right, one twice, one that says nothing, one in the recipients.
fn document(number: &str) -> String {
    PLAN.replace("41/KH-UBND", number)
        .replace("\tSở Giáo dục và Đào tạo\tCông an tỉnh", "\tSở Giáo dục và Đào tạu\tCác đơn vị liên quan")
        .replace("Diễn tập ứng cứu sự cố lộ dữ liệu.\tCông an tỉnh", &format!("Diễn tập ứng cứu sự cố lộ dữ liệu.\t{CENTRE}"))
        .replace("- UBND các xã, phường (t/h);", "- UBND các xã, phường (t/h);\n- Công ty Đèn lồng Bến Lau (t/h);\n- Sở Y tế;")
}

fn imported(c: &Client, number: &str) -> String {
    let file = document(number);
    ok(c.upload("/plans/import", "ke-hoach.txt", file.as_bytes()), 303).header("location").to_owned()
}

fn version(c: &Client, page: &str) -> String {
    let text = ok(c.get(page), 200).text();
    text.split("name=\"version\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap().to_owned()
}

/// Values of the hidden inputs `name.N`.
fn keys(page: &str) -> Vec<String> {
    let of = |n: usize| page.split(&format!("name=\"name.{n}\" value=\"")).nth(1)?.split('"').next().map(str::to_owned);
    (0..).map_while(of).collect()
}

fn recipients(w: &World, plan: &str) -> Vec<Record> {
    world::records(&w.instance, "plan_recipient", is("plan", plan))
}

#[test]
fn all_unknown_names_are_said_on_one_page() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let draft = imported(&c, "51/KH-UBND");
        let review = ok(c.get(&draft), 200).text();
        assert!(review.contains(&format!("{draft}/names")), "one way for all: {review}");
        let here = format!("{draft}/names");
        let page = ok(c.get(&here), 200).text();
        let names = keys(&page);
        let (centre, school) =
            (names.iter().position(|n| n == CENTRE).unwrap(), names.iter().position(|n| n.contains("Giáo dục")).unwrap());
        assert!(page.contains("chủ trì 2 nhiệm vụ") && page.contains("II.3 (dòng"), "where it stands: {page}");
        let hint = page.split(&format!("name=\"hint.{school}\" value=\"")).nth(1).and_then(|s| s.split('"').next()).unwrap();
        assert_eq!(hint, format!("a:{}", world::agency_named(&w.instance, "Sở Giáo dục và Đào tạo")), "the near match is ticked");
        assert!(page.contains(&format!("name=\"who.{school}\" value=\"{hint}\" checked")), "{page}");
        let hidden = names.iter().enumerate().map(|(i, n)| (format!("name.{i}"), n.clone()));
        let base: Vec<(String, String)> = hidden.chain([("version".into(), version(&c, &here)), ("learn".into(), "1".into())]).collect();
        let send = |more: &[(String, String)]| {
            let all: Vec<(String, String)> = base.iter().chain(more).cloned().collect();
            let all: Vec<(&str, &str)> = all.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            c.post(&here, &all)
        };
        let tick = (format!("who.{school}"), hint.to_owned());
        let suggested = (format!("hint.{school}"), hint.to_owned());
        // one wrong row: nothing is saved, everything stays as it was typed
        let wrong = ok(send(&[tick.clone(), suggested.clone(), (format!("who.{centre}__q"), "không có đâu".into())]), 422).text();
        assert!(wrong.contains("Không có cơ quan hay nhóm nào khớp «không có đâu»") && wrong.contains("value=\"không có đâu\""), "{wrong}");
        assert!(wrong.contains(&format!("name=\"who.{school}\" value=\"{hint}\" checked")), "{wrong}");
        assert_eq!(keys(&ok(c.get(&here), 200).text()), names);
        // without the script words that fit several come back as boxes
        let many = ok(send(&[(format!("who.{centre}__q"), "ủy ban nhân dân xã".into())]), 422).text();
        assert!(many.matches(&format!("name=\"who.{centre}\" value=\"a:")).count() >= 3, "{many}");
        // all with one press
        let done = ok(send(&[tick, suggested, (format!("who.{centre}__q"), "trung tam phuc vu hanh chinh cong".into())]), 303);
        assert_eq!(done.header("location"), draft, "nothing is unknown any more");
        let accepted = ok(world::accept(&c, &draft, ""), 303).header("location").to_owned();
        let plan = accepted.rsplit('/').next().unwrap().to_owned();
        let aliases = world::records(&w.instance, "agency_alias", is("alias", CENTRE));
        assert_eq!(aliases.len(), 1, "learned");
        let agency = aliases[0].text("agency").unwrap().to_owned();
        let owed = world::records(&w.instance, "obligation", is("agency", &agency));
        assert!(owed.iter().any(|o| o.text("content").is_some_and(|t| t.contains("Giám sát an ninh mạng hệ thống dịch vụ công"))));
        // recipients are the agencies of the register; who is not found is asked for, who only gets a copy is not
        let told = recipients(&w, &plan);
        let of = |name: &str| told.iter().find(|r| r.text("name").is_some_and(|n| n.starts_with(name))).unwrap_or_else(|| panic!("{name}"));
        assert!(of("Các sở, ban, ngành").text("collective").is_some() && of("UBND các xã").text("collective").is_some());
        assert_eq!(of("Sở Y tế").text("agency"), Some(world::agency_named(&w.instance, "Sở Y tế").as_str()));
        assert!(of("Công ty Đèn lồng").text("agency").is_none());
        let shown = ok(c.get(&format!("/plans/{plan}/names")), 200).text();
        assert!(shown.contains("Công ty Đèn lồng Bến Lau") && !shown.contains("Bộ Công an") && !shown.contains("Lưu: VT"), "{shown}");
        assert!(ok(c.get(&format!("/plans/{plan}?tab=about")), 200).text().contains("Thực hiện (t/h)"));
    }
}

#[test]
fn what_was_left_for_later_is_filled_in_afterwards() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let draft = imported(&c, "52/KH-UBND");
        let here = format!("{draft}/names");
        let all = [("all", "later")];
        // leaving everything for later is asked once more
        let v = version(&c, &here);
        let asked = ok(c.post(&here, &[all[0], ("version", &v)]), 200).text();
        assert!(asked.contains("Để 2 tên chọn sau?") && asked.contains("name=\"sure\""), "{asked}");
        assert!(ok(c.get(&draft), 200).text().contains("tên chưa rõ là cơ quan nào"), "not yet");
        ok(c.post(&here, &[all[0], ("version", &v), ("sure", "1")]), 303);
        let accepted = ok(world::accept(&c, &draft, ""), 303).header("location").to_owned();
        let plan = accepted.rsplit('/').next().unwrap().to_owned();
        let (page, names) = (ok(c.get(&accepted), 200).text(), format!("/plans/{plan}/names"));
        assert!(page.contains("tên chưa rõ là cơ quan nào.") && page.contains(&names), "the card: {page}");
        assert!(ok(c.get("/"), 200).text().contains(&names), "one line of my work leads there");
        let contact = w.client("daumoi");
        assert!(!ok(contact.get("/"), 200).text().contains(&names), "only for who may choose");
        ok(contact.get(&names), 403);
        ok(contact.post(&names, &[("name.0", "x")]), 403);
        let before = total(&c);
        let open = keys(&ok(c.get(&names), 200).text());
        // API: the centre, both its tasks at once; unknown names and words are refused with the remedy
        let program = w.program("canbo", None);
        let api = format!("/api/v1/plans/{plan}/names");
        let listed = ok(program.get(&api), 200).json();
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), open.len());
        let vague: Vec<_> = items.iter().filter(|i| i["vague"] == true).collect();
        assert!(vague.iter().all(|i| i["places"].as_array().unwrap().len() == 1), "each place of a vague name is its own question");
        let say = |name: &str, who: serde_json::Value| {
            let mut one = serde_json::json!({ "name": name });
            one.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
            program.call("POST", &api, &[], &serde_json::json!({ "names": [one] }))
        };
        assert!(ok(say("Ai đó", serde_json::json!({ "who": "Sở Y tế" })), 422).text().contains("không còn tên"));
        assert!(ok(say(CENTRE, serde_json::json!({ "who": "Sở Vũ trụ" })), 422).text().contains("Sở Vũ trụ"));
        ok(say(CENTRE, serde_json::json!({ "wo": "Sở Y tế" })), 422);
        assert_eq!(total(&c), before, "nothing half-saved");
        ok(w.program("daumoi", None).call("POST", &api, &[], &serde_json::json!({ "names": [] })), 403);
        let made = ok(say(CENTRE, serde_json::json!({ "who": "so khoa hoc va cong nghe" })), 200).json();
        let got = made["obligations"].as_i64().unwrap();
        assert!(made["records"].as_i64().unwrap() >= 2 && got >= 2, "{made}");
        assert_eq!(total(&c), before + got, "made in the same transaction");
        assert_eq!(world::records(&w.instance, "agency_alias", is("alias", CENTRE)).len(), 1, "learned");
        ok(say(CENTRE, serde_json::json!({ "name_only": true })), 422);
        // page: the rest, one by agency, the others by name only
        let open = keys(&ok(c.get(&names), 200).text());
        let mut form: Vec<(String, String)> = open.iter().enumerate().map(|(i, k)| (format!("name.{i}"), k.clone())).collect();
        form.push(("who.0__q".into(), "Sở Y tế; Sở Nội vụ".into()));
        form.extend((1..open.len()).map(|i| (format!("who.{i}"), "only".to_owned())));
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(ok(c.post(&names, &form), 303).header("location"), accepted);
        assert!(!ok(c.get(&accepted), 200).text().contains("tên chưa rõ là cơ quan nào"));
        assert!(!ok(c.get("/"), 200).text().contains(&names));
        // the same form again: somebody else was quicker
        assert_eq!(ok(c.post(&names, &form), 303).header("location"), names);
        let expanded = total(&c);
        assert!(expanded > before + got, "two agencies more owe the first task");
    }
}

fn total(c: &Client) -> i64 {
    ok(c.get("/api/v1/obligation?as_of=all&limit=1"), 200).json()["total"].as_i64().unwrap()
}
