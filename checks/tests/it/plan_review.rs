//! A plan file from the upload to the plan in force: what is corrected, what is refused, what a second file does to the first.

use registers::{Filter, Op, Record};
use serde_json::json;
use testkit::{Client, ENGINES, Reply};

use crate::world::{self, World};

const PLAN: &str = include_str!("../../fixtures/ke-hoach-du-lieu-sao-mai.txt");
const NUMBER: &str = "Số: 41/KH-UBND";
const DAY: &str = "Sao Mai, ngày 02 tháng 11 năm 2026";

pub fn ok(r: Reply, status: u16) -> Reply {
    assert_eq!(r.status, status, "{}", r.text());
    r
}

/// The plan with agencies that are all known.
pub fn document() -> String {
    PLAN.replace("Trung tâm Điều hành thông minh Sao Mai", "Sở Khoa học và Công nghệ")
}

/// The line of another day of the same month.
fn day(n: u8) -> String {
    DAY.replace("ngày 02", &format!("ngày {n:02}"))
}

/// The plan before somebody signed it: neither number nor day.
pub fn unsigned() -> String {
    document().replace(NUMBER, "Số:      /KH-UBND").replace(DAY, "Sao Mai, ngày     tháng     năm 2026")
}

pub fn imported(c: &Client, text: &str) -> String {
    ok(c.upload("/plans/import", "ke-hoach.txt", text.as_bytes()), 303).header("location").to_owned()
}

/// Id of the plan made from a text.
fn accepted(c: &Client, text: &str, same: &str) -> String {
    let to = ok(world::accept(c, &imported(c, text), same), 303).header("location").to_owned();
    assert!(to.starts_with("/plans/") && !to.contains("import"), "not accepted: {}", c.get(&to).text());
    to.trim_start_matches("/plans/").to_owned()
}

/// The same through the API: what acceptance answered.
fn sent(program: &Client, text: &str, same: &str) -> Reply {
    let kept = ok(program.request("POST", "/api/v1/plans/drafts?name=ke-hoach.txt", &[], text.as_bytes().to_vec()), 201).json();
    let path = format!("/api/v1/plans/drafts/{}/accept", kept["id"].as_str().unwrap());
    program.call("POST", &path, &[], &json!({ "version": 1, "same": same, "anyway": true }))
}

fn plan(w: &World, id: &str) -> Record {
    world::records(&w.instance, "plan", vec![]).into_iter().find(|p| p.id == id).expect("the plan")
}

fn state_of(w: &World, id: &str) -> String {
    plan(w, id).state.unwrap_or_default()
}

fn plans(w: &World) -> usize {
    world::records(&w.instance, "plan", vec![]).len()
}

#[test]
fn a_signed_copy_gives_number_and_day_to_the_plan_there_is() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (c, program) = (w.client("canbo"), w.program("canbo", None));
        let first = accepted(&c, &unsigned(), "");
        let before = plans(&w);
        assert_eq!((plan(&w, &first).text("number"), plan(&w, &first).text("issued_on")), (None, None));
        let inventory = task(&w, &first, "Thống kê");
        assert_eq!((state_of(&w, &first).as_str(), owed(&w, &inventory.id).len()), ("draft", 0), "nobody owes anything yet");
        assert_eq!(accepted(&c, &document(), &format!("signed:{first}")), first, "the page leads to the plan there is");
        let signed = plan(&w, &first);
        assert_eq!((signed.text("number"), signed.text("issued_on")), (Some("41/KH-UBND"), Some("2026-11-02")));
        assert_eq!(plans(&w), before, "no second plan");
        assert_eq!(state_of(&w, &first), "in_force", "with its day");
        assert!(owed(&w, &inventory.id).len() > 5, "and its obligations");
        // by the other door: a corrected number of the same year
        let corrected = document().replace(DAY, &day(3));
        let answer = ok(sent(&program, &corrected, &format!("signed:{first}")), 201).json();
        assert_eq!((answer["plan"].as_str(), answer["signed"].as_bool()), (Some(first.as_str()), Some(true)));
        assert_eq!(plan(&w, &first).text("issued_on"), Some("2026-11-03"));
        assert_eq!(plans(&w), before);
    }
}

#[test]
fn a_second_file_takes_the_place_of_the_first() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (c, program) = (w.client("canbo"), w.program("canbo", None));
        let (first, second, third) = (document(), document().replace(DAY, &day(3)), document().replace(DAY, &day(4)));
        let first = accepted(&c, &first, "");
        let second = accepted(&c, &second, &format!("replaces:{first}"));
        assert_eq!((state_of(&w, &first).as_str(), state_of(&w, &second).as_str()), ("superseded", "in_force"));
        let answer = ok(sent(&program, &third, &format!("replaces:{second}")), 201).json();
        let third = answer["plan"].as_str().unwrap();
        assert_eq!((state_of(&w, &second).as_str(), state_of(&w, third).as_str()), ("superseded", "in_force"));
    }
}

/// The plan with a task that nobody leads, one whose time says nothing, and one without time.
fn lacking() -> String {
    document().replace("hệ thống dịch vụ công.\tCông an tỉnh\tSở", "hệ thống dịch vụ công.\t\tSở").replace("Quý II/2027", "Theo tiến độ")
}

fn tasks(w: &World, plan: &str) -> Vec<Record> {
    let of = vec![Filter { field: "plan".into(), op: Op::Is, values: vec![plan.into()] }];
    world::records(&w.instance, "task", of)
}

fn task(w: &World, plan: &str, words: &str) -> Record {
    tasks(w, plan).into_iter().find(|t| t.text("content").is_some_and(|c| c.starts_with(words))).expect("the task")
}

fn owed(w: &World, task: &str) -> Vec<Record> {
    let of = vec![Filter { field: "task".into(), op: Op::Is, values: vec![task.into()] }];
    world::records(&w.instance, "obligation", of)
}

/// Hidden inputs of a page, as a form sends them, without the key of the session.
pub fn hidden(page: &str, form: &str) -> Vec<(String, String)> {
    let form = page.split(form).nth(1).and_then(|s| s.split("</form>").next()).expect("the form");
    let one = |part: &str| {
        let (name, rest) = part.split_once("\" value=\"")?;
        (name != "csrf").then(|| (name.to_owned(), rest.split('"').next().unwrap_or_default().to_owned()))
    };
    form.split("<input type=\"hidden\" name=\"").skip(1).filter_map(one).collect()
}

pub fn with(base: &[(String, String)], more: &[(&str, &str)]) -> Vec<(String, String)> {
    base.iter().cloned().chain(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))).collect()
}

pub fn post(c: &Client, path: &str, form: &[(String, String)]) -> Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    c.post(path, &form)
}

#[test]
fn what_tasks_of_a_reading_lack_is_filled_in_on_one_page() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let draft = imported(&c, &lacking());
    let here = format!("{draft}/fill");
    let review = ok(c.get(&draft), 200).text();
    assert!(review.contains(&here) && review.contains("2 nhiệm vụ thiếu chủ trì hoặc thời hạn"), "{review}");
    let page = ok(c.get(&here), 200).text();
    assert!(page.contains("<datalist id=\"agencies\">") && page.contains("<option value=\"Sở Y tế\">"), "{page}");
    assert!(page.contains("Theo tiến độ"), "what the document says stands beside: {page}");
    let base = hidden(&page, "id=\"fill\"");
    let wrong =
        ok(post(&c, &here, &with(&base, &[("lead.0", "Sở Vũ trụ"), ("time.0", "Quý II/2027"), ("time.1", "lúc nào đó")])), 422).text();
    assert!(wrong.contains("«Sở Vũ trụ»") && wrong.contains("«lúc nào đó»") && wrong.contains("value=\"Quý II/2027\""), "{wrong}");
    assert!(wrong.contains("href=\"#f-time.1\"") && wrong.contains("Thời gian, dòng 2"), "row by row: {wrong}");
    assert!(ok(c.get(&draft), 200).text().contains("2 nhiệm vụ thiếu"), "nothing half-saved");
    let form = with(
        &base,
        &[("lead.0", "so y te; Sở Nội vụ"), ("time.0", "Quý II/2027"), ("time.1", "30/6/2027"), ("product.1", "Báo cáo diễn tập")],
    );
    assert_eq!(ok(post(&c, &here, &form), 303).header("location"), draft);
    assert!(!ok(c.get(&draft), 200).text().contains("thiếu chủ trì hoặc thời hạn"));
    // the same form again: somebody has changed the reading since
    let stale = ok(post(&c, &here, &form), 422).text();
    assert!(stale.contains("vừa được người khác sửa") && stale.contains("value=\"30/6/2027\""), "{stale}");
    let plan = ok(world::accept(&c, &draft, ""), 303).header("location").trim_start_matches("/plans/").to_owned();
    let drill = task(&w, &plan, "Diễn tập");
    assert_eq!((drill.text("due_on"), drill.text("product")), (Some("2027-06-30"), Some("Báo cáo diễn tập")));
    let check = task(&w, &plan, "Kiểm tra");
    assert_eq!((check.text("due_on"), check.text("time_text")), (Some("2027-06-30"), Some("Quý II/2027")));
    assert!(check.text("note").is_some_and(|n| n.contains("“Theo tiến độ”")), "the words of the document are kept: {check:?}");
    assert_eq!(owed(&w, &check.id).len(), 2);
}

#[test]
fn what_tasks_of_an_accepted_plan_lack_is_filled_in_with_their_obligations() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let plan = accepted(&c, &lacking(), "");
        let here = format!("/plans/{plan}/fill");
        let shown = ok(c.get(&format!("/plans/{plan}")), 200).text();
        assert!(shown.contains(&here) && shown.contains("2 nhiệm vụ thiếu"), "{shown}");
        for login in ["daumoi", "lanhdao", "syt"] {
            ok(w.client(login).get(&here), 403);
            ok(w.client(login).post(&here, &[("key.0", "x"), ("version.0", "1")]), 403);
        }
        assert!(!ok(w.client("daumoi").get(&format!("/plans/{plan}")), 200).text().contains(&here));
        let base = hidden(&ok(c.get(&here), 200).text(), "id=\"fill\"");
        let check = task(&w, &plan, "Kiểm tra");
        assert_eq!(owed(&w, &check.id).len(), 0, "nobody leads it");
        let wrong = ok(post(&c, &here, &with(&base, &[("lead.0", "Sở Y tế"), ("time.1", "31/2/2027")])), 422).text();
        assert!(wrong.contains("không phải ngày có thật") && wrong.contains("value=\"Sở Y tế\""), "{wrong}");
        assert_eq!(owed(&w, &check.id).len(), 0, "nothing half-saved");
        let form = with(&base, &[("lead.0", "Sở Y tế; Sở Nội vụ"), ("time.0", "Quý II/2027"), ("time.1", "30/06/2027")]);
        ok(post(&c, &here, &form), 303);
        let mine = owed(&w, &check.id);
        assert_eq!(mine.len(), 2, "made in the same transaction");
        assert!(mine.iter().all(|o| o.text("due_on") == Some("2027-06-30")), "{mine:?}");
        let drill = task(&w, &plan, "Diễn tập");
        assert!(owed(&w, &drill.id).iter().all(|o| o.text("due_on") == Some("2027-06-30")), "moved with the day");
        assert!(ok(c.get(&here), 200).text().contains("Mọi nhiệm vụ đều đã có chủ trì và thời hạn"));
        // the same form from an older page: who was quicker is said row by row, nothing is written
        let stale = ok(post(&c, &here, &with(&base, &[("lead.0", "Sở Tài chính"), ("time.1", "Quý I/2027")])), 422).text();
        assert!(stale.contains("Người khác vừa chọn chủ trì") && stale.contains("vừa được người khác sửa"), "{stale}");
        assert_eq!(owed(&w, &check.id).len(), 2);
    }
}

#[test]
fn one_task_is_amended_with_a_reason_and_its_obligations_follow() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let plan = accepted(&c, &document(), "");
        let check = task(&w, &plan, "Kiểm tra");
        let (page, here) = (format!("/plans/{plan}/task/{}", check.id), format!("/plans/{plan}/task/{}/amend", check.id));
        assert!(ok(c.get(&page), 200).text().contains(&here));
        ok(w.client("daumoi").get(&here), 403);
        ok(w.client("daumoi").post(&here, &[("version", "1"), ("reason", "x")]), 403);
        let shown = ok(c.get(&here), 200).text();
        assert!(
            shown.contains("trước khi nâng cấp hệ thống dịch vụ công") && !shown.contains("name=\"content\""),
            "the text stays: {shown}"
        );
        let line = |role: &str| shown.split(&format!("name=\"{role}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (lead, with_) = (line("lead"), line("coordinating"));
        let base =
            with(&hidden(&shown, "id=\"amend\""), &[("coordinating", with_.as_str()), ("product", "Biên bản kiểm tra"), ("note", "")]);
        // everything that is wrong at once, nothing lost
        let bad = [("lead__q", "Sở Vũ trụ"), ("time", "lúc nào đó"), ("scopes", "Sở Xa lạ: mọi việc")];
        let wrong = ok(post(&c, &here, &with(&base, &bad)), 422).text();
        for words in ["«Sở Vũ trụ»", "«lúc nào đó»", "«Sở Xa lạ: mọi việc»", "Ghi lý do điều chỉnh", "value=\"Sở Vũ trụ\""]
        {
            assert!(wrong.contains(words), "{words}: {wrong}");
        }
        assert_eq!(task(&w, &plan, "Kiểm tra").version, check.version, "nothing half-saved");
        let good = [
            ("lead__q", "Sở Y tế; Sở Nội vụ"),
            ("time", "Quý III/2027"),
            ("scopes", "Sở Y tế: hệ thống của ngành y tế"),
            ("reason", "Công văn số 12/UBND-NC"),
        ];
        let form = with(&base, &good);
        assert_eq!(ok(post(&c, &here, &form), 303).header("location"), page);
        let now = task(&w, &plan, "Kiểm tra");
        assert_eq!((now.state.as_deref(), now.text("due_on")), (Some("changed"), Some("2027-09-30")));
        assert_eq!(now.text("content"), check.text("content"));
        assert!(now.text("note").is_some_and(|n| n.contains("“Quý II/2027”")), "{now:?}");
        let all = owed(&w, &check.id);
        let (open, ended): (Vec<_>, Vec<_>) = all.iter().partition(|o| o.state.as_deref() == Some("not_started"));
        assert_eq!((open.len(), ended.len()), (2, 1), "two new agencies owe it, the old one no longer: {all:?}");
        assert!(open.iter().all(|o| o.text("due_on") == Some("2027-09-30")));
        let health = world::agency_named(&w.instance, "Sở Y tế");
        let hers = open.iter().find(|o| o.text("agency") == Some(&health)).unwrap();
        assert_eq!(hers.text("scope_text"), Some("hệ thống của ngành y tế"));
        let past = ok(c.get(&page), 200).text();
        for words in ["Công văn số 12/UBND-NC", "Chủ trì: Công an tỉnh → Sở Y tế, Sở Nội vụ", "Đã điều chỉnh", "Quý III/2027"]
        {
            assert!(past.contains(words), "{words}: {past}");
        }
        let stale = ok(post(&c, &here, &with(&form, &[("lead", &lead)])), 422).text();
        assert!(stale.contains("value=\"Quý III/2027\""), "nothing typed is lost: {stale}");
        // a day takes the place of the words on every page, and the words can take the day's
        for (typed, due) in [("20/08/2027", "2027-08-20"), ("Quý III/2027", "2027-09-30")] {
            let shown = ok(c.get(&here), 200).text();
            let own = |name: &str| shown.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|s| s.split('"').next());
            let same =
                [("coordinating", with_.as_str()), ("product", "Biên bản kiểm tra"), ("note", ""), ("reason", "Đổi hạn"), ("time", typed)];
            let mut form = with(&hidden(&shown, "id=\"amend\""), &same);
            if let Some(leads) = own("lead") {
                form = with(&form, &[("lead", leads)]);
            }
            form = with(&form, &[("lead__q", "Sở Y tế; Sở Nội vụ"), ("scopes", "Sở Y tế: hệ thống của ngành y tế")]);
            ok(post(&c, &here, &form), 303);
            assert_eq!(task(&w, &plan, "Kiểm tra").text("due_on"), Some(due));
            assert!(ok(c.get(&here), 200).text().contains(&format!("value=\"{typed}\"")), "{typed} is shown");
        }
        two_lines_of_one_name_keep_their_own_scopes(&w, &c, &here, &check.id);
    }
}

/// An agency that leads and coordinates has a scope for each; a line that begins with a space goes on with the scope above.
fn two_lines_of_one_name_keep_their_own_scopes(w: &World, c: &Client, here: &str, task: &str) {
    let scopes = "Sở Y tế (chủ trì): hệ thống của ngành y tế\n  kể cả bệnh viện\nSở Y tế (phối hợp): dữ liệu người bệnh";
    for (time, kept) in [("20/08/2027", false), ("21/08/2027", true)] {
        let shown = ok(c.get(here), 200).text();
        let own = |name: &str| shown.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|s| s.split('"').next()).unwrap();
        let agencies = if kept {
            [("lead", own("lead")), ("coordinating", own("coordinating"))]
        } else {
            [("lead__q", "Sở Y tế"), ("coordinating__q", "Sở Y tế")]
        };
        let more = [("product", "Biên bản"), ("note", ""), ("reason", "Tách phạm vi"), ("time", time), ("scopes", scopes)];
        let form = with(&with(&hidden(&shown, "id=\"amend\""), &more), &agencies);
        ok(post(c, here, &form), 303);
        let of_task = vec![Filter { field: "task".into(), op: Op::Is, values: vec![task.into()] }];
        let lines = world::records(&w.instance, "task_actor", of_task);
        let of = |role: &str| lines.iter().find(|l| l.text("role") == Some(role)).and_then(|l| l.text("scope_text")).map(str::to_owned);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(of("lead").as_deref(), Some("hệ thống của ngành y tế kể cả bệnh viện"), "{lines:?}");
        assert_eq!(of("coordinating").as_deref(), Some("dữ liệu người bệnh"), "{lines:?}");
        // what the page shows is what it takes
        let shown = ok(c.get(here), 200).text();
        let area = shown.split("name=\"scopes\"").nth(1).and_then(|s| s.split_once('>')).and_then(|s| s.1.split("</textarea").next());
        assert_eq!(area.map(|a| a.trim_start_matches('\n')), Some(scopes.replace("\n  ", " ").as_str()));
    }
    let shown = ok(c.get(here), 200).text();
    let typed = [("lead__q", "Sở Y tế"), ("scopes", "Sở Y tế: một\nSở Y tế: hai"), ("reason", "x"), ("time", "21/08/2027")];
    let twice = with(&hidden(&shown, "id=\"amend\""), &typed);
    assert!(ok(post(c, here, &twice), 422).text().contains("«Sở Y tế: hai»"), "a second scope of one line is refused, not lost");
}

#[test]
fn the_document_stands_beside_every_form_and_a_person_says_what_measures_a_target() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let draft = imported(&c, &document());
    for (form, words) in [
        ("task/4", "Diễn tập ứng cứu sự cố lộ dữ liệu."),
        ("objective/1", "90% hệ thống thông tin của cơ quan nhà nước"),
        ("value/1.0", "90% hệ thống thông tin của cơ quan nhà nước"),
        ("head", "41/KH-UBND"),
        ("section/1", "MỤC TIÊU ĐẾN NĂM 2028"),
        ("base/0", "116/2025/QH15"),
        ("assignment/0", "Công an tỉnh"),
        ("recipient/0", "Bộ Công an"),
    ] {
        let page = ok(c.get(&format!("{draft}/{form}")), 200).text();
        let source = page.split("aria-label=\"Trong văn bản\"").nth(1).and_then(|s| s.split("</section>").next()).unwrap_or_default();
        let own: String = source.split("<mark>").skip(1).filter_map(|s| s.split("</mark>").next()).collect();
        assert!(own.contains(words), "{form}: {source}");
        assert!(source.matches("<p").count() > 3, "with a few lines around: {source}");
    }
    assert!(!ok(c.get(&format!("{draft}/task/new")), 200).text().contains("aria-label=\"Trong văn bản\""), "nothing to show");
    // nothing is bound by itself; the reason stands beside each suggestion, none is an equal choice
    let part = format!("{draft}?part=objective");
    let page = ok(c.get(&part), 200).text();
    let of = |key: &str, page: &str| {
        page.split(&format!("name=\"target\" value=\"{key}\"")).nth(1).and_then(|s| s.split("</form>").next()).unwrap().to_owned()
    };
    let first = of("0.0", &page);
    let offered = first.matches("name=\"indicator\" value=\"T-").count();
    assert!((1..=3).contains(&offered), "{first}");
    assert!(first.contains("value=\"T-04\"") && first.contains("vì cùng nói về: ") && first.contains("đầu mối"), "{first}");
    assert!(first.contains("name=\"indicator\" value=\"\"") && !first.contains("aria-pressed"), "{first}");
    let say = |target: &str, indicator: &str| c.post(&format!("{draft}/indicator"), &[("target", target), ("indicator", indicator)]);
    ok(say("0.0", "T-04"), 303);
    ok(say("1.0", ""), 303);
    ok(say("9.9", ""), 404);
    ok(say("2.0", "T-999"), 422);
    ok(w.client("daumoi").post(&format!("{draft}/indicator"), &[("target", "2.0"), ("indicator", "T-04")]), 403);
    let page = ok(c.get(&part), 200).text();
    assert!(of("0.0", &page).contains("đo bằng") && of("1.0", &page).contains("không gắn chỉ số"), "{page}");
    let plan = ok(world::accept(&c, &draft, ""), 303).header("location").trim_start_matches("/plans/").to_owned();
    let of_plan = vec![Filter { field: "plan".into(), op: Op::Is, values: vec![plan] }];
    let targets = world::records(&w.instance, "target", of_plan);
    let bound: Vec<_> = targets.iter().filter_map(|t| t.text("indicator")).collect();
    assert_eq!((targets.len(), bound), (3, vec!["T-04"]), "only what a person confirmed");
}

#[test]
fn programs_have_the_same_gate_as_the_page() {
    let w = world::sqlite();
    let program = w.program("canbo", None);
    let kept = ok(program.request("POST", "/api/v1/plans/drafts?name=a.txt", &[], lacking().into_bytes()), 201).json();
    let path = format!("/api/v1/plans/drafts/{}/accept", kept["id"].as_str().unwrap());
    let refused = ok(program.call("POST", &path, &[], &json!({ "version": 1 })), 422).json();
    let said: Vec<(&str, &str)> =
        refused["errors"].as_array().unwrap().iter().map(|e| (e["field"].as_str().unwrap(), e["message"].as_str().unwrap())).collect();
    for (field, words) in [("doubts", "hai ngày"), ("lead", "Kiểm tra an ninh mạng"), ("time", "Diễn tập ứng cứu")] {
        assert!(said.iter().any(|(f, m)| *f == field && m.contains(words)), "{field} {words}: {said:?}");
    }
    let before = plans(&w);
    // the page itself, when something is open and nobody says that it was seen
    let c = w.client("canbo");
    let page = format!("/plans/import/{}/accept", kept["id"].as_str().unwrap());
    assert_eq!(ok(c.post(&page, &[("version", "1")]), 303).header("location"), page);
    assert_eq!(plans(&w), before, "nothing was made");
    ok(program.call("POST", &path, &[], &json!({ "version": 1, "anyway": true })), 201);
    assert_eq!(plans(&w), before + 1);
}

#[test]
fn a_plan_without_its_day_burdens_nobody_until_it_is_put_in_force() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let c = w.client("canbo");
        let id = accepted(&c, &unsigned(), "");
        let here = format!("/plans/{id}/issue");
        let page = ok(c.get(&format!("/plans/{id}")), 200).text();
        assert!(page.contains("còn là dự thảo, chưa có hiệu lực") && page.contains(&here), "{page}");
        let all = |w: &World| tasks(w, &id).iter().map(|t| owed(w, &t.id).len()).sum::<usize>();
        assert_eq!(all(&w), 0);
        // neither filling in nor naming makes obligations before
        let fill = format!("/plans/{id}/fill");
        let base = hidden(&ok(c.get(&fill), 200).text(), "id=\"fill\"");
        ok(post(&c, &fill, &with(&base, &[("time.0", "30/06/2027")])), 303);
        assert_eq!(all(&w), 0);
        let contact = w.client("daumoi");
        assert!(!ok(contact.get(&format!("/plans/{id}")), 200).text().contains(&here));
        ok(contact.get(&here), 403);
        let base = hidden(&ok(c.get(&here), 200).text(), "action=\"/plans/");
        let wrong = ok(post(&c, &here, &with(&base, &[("number", "41/KH-UBND"), ("issued_on", "31/02/2026")])), 422).text();
        assert!(wrong.contains("31/02/2026") && wrong.contains("value=\"41/KH-UBND\""), "{wrong}");
        let early = ok(post(&c, &here, &with(&base, &[("number", "41/KH-UBND"), ("issued_on", "02/11/2099")])), 422).text();
        assert!(early.contains("còn ở phía trước") && early.contains("02/11/2099"), "{early}");
        assert_eq!(state_of(&w, &id), "draft", "nothing half-done");
        assert_eq!(
            ok(post(&c, &here, &with(&base, &[("number", "41/KH-UBND"), ("issued_on", "02/11/2026")])), 303).header("location"),
            format!("/plans/{id}")
        );
        assert_eq!((state_of(&w, &id).as_str(), plan(&w, &id).text("number")), ("in_force", Some("41/KH-UBND")));
        assert!(all(&w) > 10, "all at once");
        assert!(!ok(c.get(&format!("/plans/{id}")), 200).text().contains("còn là dự thảo"));
        bound_without_a_source_is_said_so(&w, &c, &id);
    }
}

/// A target bound to an indicator that no register answers: the plan says why, and so does the indicator's own page.
fn bound_without_a_source_is_said_so(w: &World, c: &Client, plan: &str) {
    let of_plan = vec![Filter { field: "plan".into(), op: Op::Is, values: vec![plan.into()] }];
    let target = world::records(&w.instance, "target", of_plan).remove(0);
    let path = format!("/plans/{plan}/target/{}", target.id);
    let version = target.version.to_string();
    ok(c.post(&path, &[("version", &version), ("indicator", "T-16")]), 303);
    let page = ok(c.get(&format!("/plans/{plan}")), 200).text();
    assert!(page.contains("href=\"/targets/T-16\"") && page.contains("Chưa có nguồn dữ liệu"), "{page}");
    let own = ok(c.get("/targets/T-16"), 200).text();
    assert!(own.contains("Chưa có nguồn dữ liệu") && own.contains("chưa có sổ khảo sát"), "{own}");
    // another tab still shows the target as it was
    let stale = c.post(&path, &[("version", &version), ("indicator", "")]);
    assert_eq!(stale.status, 409, "{}", stale.text());
}

#[test]
fn words_of_the_software_are_shown_as_words_of_people() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let form = ok(c.get("/plans/import"), 200).text();
    assert!(form.contains("Chọn một trong hai") && !form.contains("không bắt buộc"), "{form}");
    let id = accepted(&c, &lacking(), "");
    let drill = owed(&w, &task(&w, &id, "Diễn tập").id);
    assert_eq!(drill[0].text("period_key"), Some("plan"));
    for (page, words) in [
        (format!("/plans/obligation/{}", drill[0].id), "một lần"),
        (format!("/r/obligation/{}", drill[0].id), "một lần"),
        ("/r/obligation?f.period_key=plan".to_owned(), "kỳ: một lần"),
        (format!("/plans/{id}?tab=about"), "Báo cáo (b/c)"),
        (format!("/plans/{id}?tab=about"), "Ngày ban hành"),
    ] {
        let text = ok(c.get(&page), 200).text();
        assert!(text.contains(words) && !text.contains(">plan<") && !text.contains("kỳ: plan"), "{page} {words}: {text}");
    }
}

#[test]
fn a_copy_is_known_by_its_text_and_the_share_is_said() {
    let w = world::sqlite();
    let (c, program) = (w.client("canbo"), w.program("canbo", None));
    let first = accepted(&c, &document(), "");
    // another number and another title, one task of many in other words
    let copy = document()
        .replace("41/KH-UBND", "77/KH-UBND")
        .replace("Bảo vệ dữ liệu và dịch vụ công trực tuyến", "Giữ gìn thông tin của nhân dân")
        .replace("Diễn tập ứng cứu sự cố lộ dữ liệu.", "Tập dượt xử lý tình huống lộ lọt thông tin.");
    let page = ok(c.get(&format!("{}/accept", imported(&c, &copy))), 200).text();
    let share = page
        .split(&format!("/plans/{first}"))
        .nth(1)
        .and_then(|s| s.split("<strong>").nth(1))
        .and_then(|s| s.split('\u{a0}').next())
        .unwrap_or_default();
    let share: u32 = share.parse().unwrap_or_else(|_| panic!("the share: {page}"));
    assert!((80..100).contains(&share), "{share}");
    let refused = ok(sent(&program, &copy, ""), 409).text();
    assert!(refused.contains(&format!("giống {share}\u{a0}% số dòng")), "{refused}");
    // another plan of the same office, with a few lines in common
    let other = copy.replace("dữ liệu", "rừng phòng hộ").replace("dịch vụ công", "trạm kiểm lâm").replace("an ninh mạng", "cháy rừng");
    let page = ok(c.get(&format!("{}/accept", imported(&c, &other))), 200).text();
    assert!(!page.contains("Có vẻ kế hoạch này đã được nhập"), "{page}");
}
