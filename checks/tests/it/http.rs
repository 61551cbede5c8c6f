//! What people and programs do, through the doors, on both engines.

use documents::{ReadOptions, read_xlsx};
use serde_json::{Value, json};
use testkit::{Client, ENGINES, Reply};

use crate::world::{self, World};

/// Runs a test on each engine there is.
fn on_both(f: impl Fn(&World)) {
    for engine in ENGINES {
        if let Some(w) = world::on(engine) {
            f(&w);
        }
    }
}

fn ok(r: Reply, status: u16) -> Reply {
    assert_eq!(r.status, status, "{}", r.text());
    r
}

fn total(c: &Client, path: &str) -> i64 {
    ok(c.get(path), 200).json()["total"].as_i64().unwrap()
}

#[test]
fn a_working_day_at_the_doors() {
    on_both(|w| {
        let officer = w.client("canbo");
        lists(&officer);
        records(&officer);
        files(&officer);
        targets_agree(w, &officer);
        narrowed_tokens(w);
        a_plan(w, &officer);
    });
}

/// Search without marks, filters, order and pages give the same records as the whole list.
fn lists(c: &Client) {
    let all = total(c, "/api/v1/person?limit=1");
    assert!(all > 200);
    let (mut seen, mut path) = (Vec::<String>::new(), "/api/v1/person?sort=full_name&limit=100".to_owned());
    loop {
        let v = ok(c.get(&path), 200).json();
        seen.extend(v["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()));
        match v["next"].as_str() {
            Some(n) => path = format!("/api/v1/person?sort=full_name&limit=100&after={}", web::security::encode(n)),
            None => break,
        }
    }
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (usize::try_from(all).unwrap(), usize::try_from(all).unwrap()), "each record once");

    // UBND = Ủy ban nhân dân, marks do not matter
    assert!(total(c, "/api/v1/agency?q=ubnd%20ben%20lau") >= 1);
    assert_eq!(total(c, "/api/v1/agency?q=khong%20co%20co%20quan%20nao"), 0);
    let communes = total(c, "/api/v1/agency?f.kind=commune");
    let departments = total(c, "/api/v1/agency?f.kind=department");
    let both = total(c, "/api/v1/agency?f.kind=commune&f.kind=department");
    assert!(communes > 5 && departments > 5);
    assert_eq!(both, communes + departments);
    assert_eq!(total(c, "/api/v1/agency?f.kind.not=commune"), total(c, "/api/v1/agency") - communes);
    assert_eq!(total(c, "/api/v1/agency?where=kind%20%3D%20commune"), communes);
    assert_eq!(c.get("/api/v1/agency?f.kin=commune").status, 400);
    assert_eq!(c.get("/api/v1/agency?where=kin%20%3D%20commune").status, 400);
}

/// Create once however often it is sent; change with the version; a conflict is told apart.
fn records(c: &Client) {
    let body = json!({ "fields": { "name": "Sản phẩm kiểm thử", "vendor": "Công ty Một", "kind": "security_product", "security": true, "origin": "foreign" } });
    let key = [("idempotency-key", "kiem-thu-1")];
    let made = ok(c.call("POST", "/api/v1/product", &key, &body), 201);
    let at = made.header("location").to_owned();
    assert_eq!(ok(c.call("POST", "/api/v1/product", &key, &body), 201).header("location"), at, "the same key makes one record");
    let mut other = body.clone();
    other["fields"]["vendor"] = json!("Công ty Hai");
    assert_eq!(c.call("POST", "/api/v1/product", &key, &other).status, 409, "the same key for something else");
    assert_eq!(total(c, "/api/v1/product?q=san%20pham%20kiem%20thu"), 1);

    let change = json!({ "fields": { "vendor": "Công ty Ba" }, "reason": "đổi tên" });
    assert_eq!(c.call("PATCH", &at, &[], &change).status, 428);
    let changed = ok(c.call("PATCH", &at, &[("if-match", made.header("etag"))], &change), 200);
    assert_eq!(changed.json()["fields"]["vendor"], "Công ty Ba");
    assert_eq!(c.call("PATCH", &at, &[("if-match", made.header("etag"))], &change).status, 412);
    let history = ok(c.get(&format!("{at}/history")), 200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
    assert_eq!(history["items"][0]["reason"], "đổi tên");
    ok(c.call("DELETE", &at, &[("if-match", changed.header("etag"))], &json!({ "reason": "xong" })), 204);
    assert_eq!(total(c, "/api/v1/product?q=san%20pham%20kiem%20thu"), 0);
}

/// A list taken out and brought in again changes nothing; a new row is seen before it is saved, and only once.
fn files(c: &Client) {
    for register in ["product", "agency", "course", "person"] {
        let before = (total(c, &format!("/api/v1/{register}?as_of=all")), leaves(c));
        let file = ok(c.get(&format!("/r/{register}/export.xlsx?as_of=all")), 200).bytes;
        assert!(!read_xlsx(&file, &ReadOptions::default()).unwrap().rows.is_empty());
        let preview = ok(c.upload(&format!("/r/{register}/import"), "danh-sach.xlsx", &file), 200).text();
        assert!(preview.contains("không có gì để nhập"), "{register}: {preview}");
        assert_eq!((total(c, &format!("/api/v1/{register}?as_of=all")), leaves(c)), before, "{register}: a dry run writes nothing");
    }
    let csv = "name,vendor,kind,security,origin\nSản phẩm từ tệp,Công ty Bốn,security_product,có,foreign\n,Công ty Năm,,,\n";
    let before = (total(c, "/api/v1/product"), leaves(c));
    let preview = ok(c.upload("/r/product/import", "moi.csv", csv.as_bytes()), 200).text();
    assert!(preview.contains("Sản phẩm từ tệp") && preview.contains("thêm mới") && preview.contains("Nhập các dòng đúng"), "{preview}");
    assert_eq!((total(c, "/api/v1/product"), leaves(c)), before, "a dry run writes nothing");
    let (action, pairs) = form_of(&preview, "/import/apply");
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let job = ok(c.post(&action, &pairs), 303).header("location").to_owned();
    assert_eq!(ok(c.post(&action, &pairs), 303).header("location"), job, "the second press leads to the same import");
    let mut page = String::new();
    for _ in 0..200 {
        page = ok(c.get(&job), 200).text();
        if !page.contains("http-equiv=\"refresh\"") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(page.contains("Đã nhập xong"), "{page}");
    assert_eq!(ok(c.post(&action, &pairs), 303).header("location"), job, "also when it is done");
    assert_eq!(total(c, "/api/v1/product"), before.0 + 1);
    let preview = ok(c.upload("/r/product/import", "moi.csv", csv.lines().take(2).collect::<Vec<_>>().join("\n").as_bytes()), 200).text();
    assert!(preview.contains("không có gì để nhập"), "the same row again: {preview}");
    // an upload nobody made, or somebody else's
    let other: Vec<(&str, &str)> =
        pairs.iter().map(|(k, v)| (*k, if *k == "upload" { "01a20960-c9d7-74f0-8151-dc598830f4bb" } else { *v })).collect();
    assert_eq!(c.post(&action, &other).status, 409);
}

pub fn leaves(c: &Client) -> String {
    let page = ok(c.get("/ledger"), 200).text();
    page.split("<strong class=\"tab\">").nth(1).and_then(|s| s.split('<').next()).expect("number of leaves").to_owned()
}

/// Address and hidden fields of the form whose address contains `what`.
fn form_of(page: &str, what: &str) -> (String, Vec<(String, String)>) {
    let form = page
        .split("<form")
        .find(|f| f.split('>').next().is_some_and(|head| head.contains(what)))
        .unwrap_or_else(|| panic!("no form {what}: {page}"));
    let attr =
        |tag: &str, name: &str| tag.split(&format!("{name}=\"")).nth(1).and_then(|s| s.split('"').next()).unwrap_or_default().to_owned();
    let body = form.split("</form>").next().unwrap();
    let inputs = body.split("<input").skip(1).map(|i| (attr(i, "name"), attr(i, "value"))).filter(|(k, _)| k != "csrf" && !k.is_empty());
    (attr(form, "action"), inputs.collect())
}

/// One figure, three doors: API, command line, page.
fn targets_agree(w: &World, c: &Client) {
    let all = ok(c.get("/api/v1/targets"), 200).json();
    let sourced: Vec<&Value> = all["items"].as_array().unwrap().iter().filter(|v| v.get("no_source").is_none()).collect();
    assert!(sourced.len() > 20);
    let mut out = Vec::new();
    let actor = w.instance.store.read_blocking(|tx| access::actor_of_login(tx, &w.instance.roles, "canbo")).unwrap();
    let command = lachan::modules::ALL.iter().flat_map(|m| m.commands()).find(|c| c.name == "indicators").unwrap();
    (command.run)(&mut web::CliContext { app: &w.app.app, actor, json: true, out: &mut out }, &[]).unwrap();
    let cli: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(cli["indicators"], all["items"]);
    ok(c.get("/targets"), 200);
    for v in sourced {
        let id = v["id"].as_str().unwrap();
        let one = ok(c.get(&format!("/api/v1/targets/{id}")), 200).json();
        for k in ["met", "unmet", "unknown", "excluded", "population"] {
            assert_eq!(one[k], v[k], "{id} {k}");
        }
    }
    // the page shows the same numbers, and opens to exactly as many records
    let t04 = ok(c.get("/api/v1/targets/T-04"), 200).json();
    let page = ok(c.get("/targets/T-04"), 200).text();
    let words = format!("{}/{}", t04["met"], t04["population"]);
    assert!(page.contains(&words), "T-04 shows {words}");
    let file = ok(c.get("/targets/T-04/records?outcome=unmet&export=xlsx"), 200).bytes;
    let rows = read_xlsx(&file, &ReadOptions::default()).unwrap().rows.len();
    assert_eq!(json!(rows), t04["unmet"]);
    let listed = ok(c.get("/targets/T-04/records?outcome=unmet"), 200).text();
    assert!(listed.contains("/r/agency/"), "records can be opened");
}

/// A program with a narrowed token does what it keeps and nothing else.
fn narrowed_tokens(w: &World) {
    let program = w.program("canbo", Some(&["agency"]));
    ok(program.get("/api/v1/agency?limit=1"), 200);
    assert_eq!(program.get("/api/v1/person").status, 403);
    assert_eq!(program.get("/api/v1/targets").status, 403);
    let index = ok(program.get("/api/v1"), 200).json();
    assert_eq!(index["registers"].as_array().unwrap().len(), 1);
    assert_eq!(w.app.bearer("lc_khong_co").get("/api/v1/agency").status, 401);
    // titles of links follow the token's own narrowness too
    let agencies = ok(program.get("/api/v1/agency?limit=500&as_of=all"), 200).json();
    for a in agencies["items"].as_array().unwrap() {
        let outside = |t: &Value| t.as_str().is_some_and(|t| t == "(ngoài phạm vi)");
        assert!(a["links"]["head"].as_array().into_iter().flatten().all(|l| outside(&l["title"])), "{a}");
    }
}

/// A reading under correction: items are added and dropped, wrong input comes back as typed, a doubt looked at is settled.
fn corrected(c: &Client, draft: &str) {
    let seen = |path: &str| {
        let page = ok(c.get(path), 200).text();
        page.split("name=\"seen\" value=\"").nth(1).and_then(|s| s.split('"').next()).expect("the mark of what was shown").to_owned()
    };
    let add = |text: &str| {
        let fields = [("count", "0"), ("text", text), ("lead", "Sở Y tế"), ("time", "Quý IV/2026"), ("schedule", "auto")];
        ok(c.post(&format!("{draft}/task/new"), &fields), 303).header("location").rsplit('-').next().map(str::to_owned).unwrap_or_default()
    };
    add("Nhiệm vụ thêm bằng tay");
    let n = add("Nhiệm vụ thêm rồi bỏ");
    let task = format!("{draft}/task/{n}");
    let fields = [("seen", seen(&task)), ("text", "Nhiệm vụ thêm rồi bỏ".into()), ("drop", "1".into())];
    ok(c.post(&task, &fields.each_ref().map(|(k, v)| (*k, v.as_str()))), 303);
    let wrong = ok(c.post(&format!("{draft}/value/0.new"), &[("comparator", ">="), ("value", "chín mươi"), ("unit", "%")]), 422);
    let wrong = wrong.text();
    assert!(wrong.contains("Giá trị") && wrong.contains("chín mươi"), "the label and what was typed: {wrong}");
    let head = format!("{draft}/head");
    let bad = ok(c.post(&head, &[("seen", &seen(&head)), ("title", "A"), ("starts_on", "31/02/2026")]), 422).text();
    assert!(bad.contains("31/02/2026") && bad.contains(">Hiệu lực từ</a>"), "{bad}");
    ok(c.post(&format!("{draft}/seen"), &[("seen", "0")]), 303);
    let page = ok(c.get(draft), 200).text();
    assert!(page.contains("điều đã xem") && page.contains("name=\"unseen\" value=\"0\""), "{page}");
    ok(c.post(&format!("{draft}/seen"), &[("unseen", "0")]), 303);
    assert!(!ok(c.get(draft), 200).text().contains("name=\"unseen\""));
    for part in ["objective", "actor", "assignment", "recipient", "base", "section", "nothing"] {
        ok(c.get(&format!("{draft}?part={part}&page=99999999999999999999&lines=999")), 200);
    }
    ok(c.get(&format!("{draft}/task/999")), 404);
    ok(c.get(&format!("{draft}/nothing/0")), 404);
}

/// The same text once more without its number: nobody makes a second plan of it by accident.
fn the_signed_copy(c: &Client, text: &str, plan: &str) {
    let draft =
        ok(c.upload("/plans/import", "du-thao.txt", text.replace("28/KH-UBND", "/KH-UBND").as_bytes()), 303).header("location").to_owned();
    let page = ok(c.get(&format!("{draft}/accept")), 200).text();
    let id = plan.trim_start_matches("/plans/").split('?').next().unwrap();
    assert!(page.contains("Có vẻ kế hoạch này đã được nhập") && page.contains(&format!("signed:{id}")), "{page}");
    let plans = total(c, "/api/v1/plan?as_of=all");
    for same in ["", "signed:0190", "replaces:0190"] {
        let r = ok(world::accept(c, &draft, same), 303);
        assert_eq!(r.header("location"), format!("{draft}/accept"), "{same}");
    }
    assert_eq!(total(c, "/api/v1/plan?as_of=all"), plans);
    let done = ok(world::accept(c, &draft, &format!("replaces:{id}")), 303).header("location").to_owned();
    assert!(done.starts_with("/plans/") && !done.contains("import"), "{done}");
    assert_eq!(total(c, "/api/v1/plan?as_of=all"), plans + 1);
    let old = ok(c.get(&format!("/api/v1/plan/{id}")), 200).text();
    assert!(old.contains("\"superseded\""), "{old}");
}

/// A document becomes a plan: read, reviewed, accepted, its tasks owed by agencies; the same file makes no second plan.
fn a_plan(w: &World, c: &Client) {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/sao-mai-demo/ke-hoach-an-ninh-mang-2026.txt");
    let text = std::fs::read_to_string(source).unwrap();
    // the demo has accepted this very document; another number makes it another one
    assert!(text.contains("27/KH-UBND"));
    let text = text.replace("27/KH-UBND", "28/KH-UBND");
    let empty = ok(c.upload("/plans/import", "trong.docx", b""), 422).text();
    assert!(empty.contains("Tệp «trong.docx» rỗng"), "{empty}");
    let sheet = ok(c.upload("/plans/import", "ke-hoach.doc", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]), 422).text();
    assert!(sheet.contains("Word đời cũ") && sheet.contains("lưu lại ở dạng .docx"), "{sheet}");
    let letter = ok(c.upload("/plans/import", "thu.txt", "Kính gửi các bạn, đây không phải kế hoạch.".as_bytes()), 303)
        .header("location")
        .to_owned();
    let why = ok(c.get(&letter), 200).text();
    assert!(why.contains("không có nhiệm vụ, mục tiêu hay chỉ tiêu nào") && why.contains("Không thấy đề mục nào"), "{why}");
    assert!(!why.contains(&format!("{letter}/accept")), "nothing to accept: {why}");
    assert!(!ok(c.get(&format!("{letter}/accept")), 200).text().contains("<button class=\"btn main\""));
    ok(c.post(&format!("{letter}/accept"), &[("version", "1"), ("anyway", "1")]), 303);
    assert!(ok(c.get(&letter), 200).text().contains("chưa có nhiệm vụ, mục tiêu hay chỉ tiêu nào"));
    let before = total(c, "/api/v1/obligation?as_of=all");
    let draft = ok(c.upload("/plans/import", "ke-hoach.txt", text.as_bytes()), 303).header("location").to_owned();
    let review = ok(c.get(&draft), 200).text();
    assert!(review.contains("/accept"), "{review}");
    let again = ok(c.upload("/plans/import", "ke-hoach.txt", text.as_bytes()), 303);
    assert_eq!(again.header("location"), draft, "the same waiting file is the same draft");
    corrected(c, &draft);
    let stale = ok(c.post(&format!("{draft}/accept"), &[("version", "1")]), 303);
    assert_eq!(stale.header("location"), format!("{draft}/accept"), "somebody corrected it since");
    assert!(ok(c.get(&format!("{draft}/accept")), 200).text().contains("sửa sau khi bạn mở trang"));
    let last = ok(c.get(&format!("{draft}/accept")), 200).text();
    assert!(last.contains("điều chưa xem") && last.contains("Vẫn chấp nhận"), "{last}");
    // the same text under another number is asked about
    assert!(last.contains("số dòng của văn bản") && last.contains("value=\"other\""), "{last}");
    let accepted = ok(world::accept(c, &draft, "other"), 303);
    let to = accepted.header("location").to_owned();
    if to == draft {
        // the number and the day are taken: that is what the message says; another number then
        let page = ok(c.get(&draft), 200).text();
        let flash = page.split("class=\"flash").nth(1).and_then(|s| s.split("</div>").next()).unwrap_or_default().to_owned();
        panic!("not accepted: {flash}");
    }
    let plan = ok(c.get(&to), 200).text();
    assert!(plan.contains("Chỉ tiêu"));
    assert_eq!(total(c, "/api/v1/task?q=nhiem+vu+them+bang+tay"), 1, "added by hand");
    assert_eq!(total(c, "/api/v1/task?q=nhiem+vu+them+roi+bo"), 0, "left out");
    let after = total(c, "/api/v1/obligation?as_of=all");
    assert!(after > before, "obligations were made");
    the_signed_copy(c, &text, &to);
    ok(c.get("/plans/board?state=all"), 200);
    let contact = w.client("daumoi");
    let own = total(&contact, "/api/v1/obligation?as_of=all");
    assert!(own > 0 && own < after);
}
