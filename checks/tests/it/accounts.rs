//! Accounts through the doors: how far a role reaches is said, never guessed.

use std::process::Command;

use serde_json::json;
use testkit::ENGINES;

use crate::world::{self, PASSWORD};

/// Grants of a login, as the API of the store says them: role and agency.
fn grants(w: &world::World, login: &str) -> Vec<(String, Option<String>)> {
    let login = login.to_owned();
    w.instance
        .store
        .read_blocking(move |tx| match access::account_by_login(tx, &login)? {
            Some(a) => Ok(access::grants_of(tx, &a.id)?.into_iter().map(|g| (g.role, g.agency)).collect()),
            None => Ok(vec![]),
        })
        .unwrap()
}

#[test]
fn a_new_account_says_its_role_and_reach_at_once() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let boss = w.client("quantri");
        let syt = world::agency_named(&w.instance, "Sở Y tế");
        let form = boss.get("/admin/accounts/new").text();
        assert!(form.contains("name=\"role\"") && form.contains("value=\"whole\"") && !form.contains("confirm_whole"), "{form}");
        let who = [("login", "moi.nv"), ("name", "Nguyễn Văn Mới")];
        // nothing said is not everything
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "agency")]].concat());
        assert!(
            r.status == 422 && r.text().contains("không có nghĩa là toàn hệ thống") && r.text().contains("Nguyễn Văn Mới"),
            "{}",
            r.text()
        );
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("reach", "agency"), ("agency", syt.as_str())]].concat());
        assert!(r.status == 422 && r.text().contains("Chọn vai trò"), "{}", r.text());
        // everything is asked once more, with what was typed
        let r = boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "whole")]].concat());
        assert!(r.status == 422 && r.text().contains("name=\"confirm_whole\""), "{}", r.text());
        assert_eq!(grants(&w, "moi.nv"), []);
        let r =
            boss.post("/admin/accounts/new", &[&who[..], &[("role", "contact"), ("reach", "agency"), ("agency", syt.as_str())]].concat());
        assert!(r.status == 200 && r.text().contains("class=\"secret\""), "{}", r.text());
        assert_eq!(grants(&w, "moi.nv"), [("contact".to_owned(), Some(syt.clone()))]);
        let who = [("login", "tinh.nv"), ("name", "Lê Thị Tỉnh")];
        let whole = [("role", "inspector"), ("reach", "whole"), ("confirm_whole", "1")];
        assert_eq!(boss.post("/admin/accounts/new", &[&who[..], &whole[..]].concat()).status, 200);
        assert_eq!(grants(&w, "tinh.nv"), [("inspector".to_owned(), None)]);
        // a login that is taken gives back the whole form
        let r = boss.post("/admin/accounts/new", &[&who[..], &whole[..]].concat());
        assert!(r.status == 422 && r.text().contains("đã có") && r.text().contains("confirm_whole"), "{}", r.text());
        // everything that is wrong is said at once, each beside its field, with what was typed
        let bad = [("login", "tinh.nv"), ("name", " "), ("email", "khong-phai-thu"), ("reach", "agency"), ("agency__q", "Sở Vũ trụ")];
        let r = boss.post("/admin/accounts/new", &bad);
        let page = r.text();
        for (field, words) in [
            ("login", "“tinh.nv” đã có"),
            ("name", "Hãy ghi họ tên"),
            ("email", "Thư điện tử có dạng"),
            ("role", "Chọn vai trò"),
            ("agency", "Sở Vũ trụ"),
        ] {
            let own = page.split(&format!("id=\"f-{field}-error\"")).nth(1).and_then(|s| s.split("</div>").next()).unwrap_or_default();
            assert!(r.status == 422 && own.contains(words), "{field}: {own}: {page}");
        }
        assert!(page.contains("value=\"khong-phai-thu\"") && page.contains("value=\"Sở Vũ trụ\""), "{page}");
        by_program(&w, &syt);
        w.instance.store.close();
    }
}

fn by_program(w: &world::World, syt: &str) {
    let program = w.program("quantri", None);
    let make = |v: serde_json::Value| program.call("POST", "/api/v1/accounts", &[], &v);
    let silent = make(json!({ "login": "may.1", "name": "Máy Một", "role": "contact" }));
    assert!(silent.status == 422 && silent.text().contains("whole_system") | silent.text().contains("toàn hệ thống"), "{}", silent.text());
    let made = make(json!({ "login": "may.1", "name": "Máy Một", "role": "contact", "agency": syt }));
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["password"].as_str().is_some_and(|p| p.len() > 12));
    assert_eq!(grants(w, "may.1"), [("contact".to_owned(), Some(syt.to_owned()))]);
    let at = format!("/api/v1/accounts/{}/grants", made.json()["id"].as_str().unwrap());
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "head" })).status, 422);
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "head", "agency": syt, "whole_system": true })).status, 422);
    assert_eq!(program.call("POST", &at, &[], &json!({ "role": "inspector", "whole_system": true })).status, 201);
    assert!(grants(w, "may.1").contains(&("inspector".to_owned(), None)));
    assert_eq!(w.program("daumoi", None).call("POST", "/api/v1/accounts", &[], &json!({})).status, 403);
    let list = program.get("/api/v1/accounts?q=may.1").json();
    assert!(list["items"][0]["login"] == "may.1" && list["items"][0].get("password").is_none(), "{list}");
    assert!(w.app.sign_in("quantri", PASSWORD).get("/admin/accounts").status == 200);
}

#[test]
fn the_command_line_asks_for_a_reach_too() {
    let w = world::sqlite();
    w.instance.store.close();
    let run = |words: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_lachan-under-test")).args(["--database", w.db.url()]).args(words).output().unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
    };
    let (code, said) = run(&["accounts", "create", "dong.lenh", "--name", "Dòng Lệnh", "--role", "contact"]);
    assert!(code == 5 && said.contains("--whole-system"), "{code} {said}");
    let (code, said) = run(&["accounts", "create", "dong.lenh", "--name", "Dòng Lệnh", "--role", "inspector", "--whole-system"]);
    assert!(code == 0 && said.contains("mật khẩu tạm"), "{code} {said}");
    let (code, said) = run(&["account", "grant", "dong.lenh", "contact"]);
    assert!(code == 5 && said.contains("--agency"), "{code} {said}");
    assert_eq!(run(&["account", "grant", "dong.lenh", "contact", "--agency", "x", "--whole-system"]).0, 2);
    assert_eq!(run(&["account", "grant", "dong.lenh", "head", "--whole-system"]).0, 0);
    let (code, said) = run(&["account", "code", "dong.lenh"]);
    assert!(code == 0 && said.contains("mã một lần"), "{code} {said}");
    assert_eq!(run(&["account", "review"]).0, 0);
    let (code, said) = run(&["account", "leave", "dong.lenh", "--to", "quantri", "--reason", "nghỉ việc"]);
    assert!(code == 5 && said.contains("cùng cơ quan"), "{code} {said}");
    assert_eq!(run(&["account", "leave", "dong.lenh", "--reason", "nghỉ việc"]).0, 0);
}

/// A worker that does what the people module asks for.
fn worker(w: &world::World) -> work::Worker {
    let mut worker = work::Worker::new(w.instance.store.clone());
    for (kind, handler) in lachan::modules::ALL.iter().flat_map(|m| m.handlers(&w.instance.registry, &w.instance.roles)) {
        worker = worker.handler(kind, handler);
    }
    worker
}

/// Values of the boxes of this name.
fn boxes(page: &str, name: &str) -> Vec<String> {
    let mark = format!("name=\"{name}\" value=\"");
    page.split(&mark).skip(1).filter_map(|s| s.split('"').next()).map(str::to_owned).collect()
}

fn logins(w: &world::World) -> i64 {
    w.instance.store.read_blocking(|tx| tx.query_opt("SELECT COUNT(*) FROM account", &[])?.map_or(Ok(0), |r| r.get(0))).unwrap()
}

#[test]
fn contact_points_and_heads_get_accounts_in_bulk() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let boss = w.client("quantri");
        let page = boss.get("/people/invitations").text();
        let all = boxes(&page, "id");
        let ticks =
            |page: &str| page.split("name=\"id\"").skip(1).filter(|s| s.split('>').next().is_some_and(|s| s.contains(" checked"))).count();
        assert!(all.len() > 20 && ticks(&page) == 0, "nobody is chosen for the administrator");
        assert_eq!(ticks(&boss.get("/people/invitations?all=1").text()), all.len(), "one press chooses all");
        let communes = boxes(&boss.get("/people/invitations?kind=commune").text(), "id");
        assert!(!communes.is_empty() && communes.len() < all.len());
        assert!(boss.post("/people/invitations", &[("days", "14")]).status == 422, "nobody chosen");
        let mut form: Vec<(&str, &str)> = all.iter().map(|i| ("id", i.as_str())).collect();
        form.push(("days", "14"));
        let before = logins(&w);
        let at = boss.post("/people/invitations", &form).header("location").to_owned();
        assert_eq!(boss.post("/people/invitations", &form).header("location"), at, "asked again while it waits: the same job");
        worker(&w).drain().unwrap();
        let made = usize::try_from(logins(&w) - before).unwrap();
        assert_eq!(made, all.len());
        let done = boss.get(&at).text();
        assert!(done.contains("Đã xong") && done.contains("/slips/xlsx") && !done.contains("<code>"), "{done}");
        // shown once, to who asked
        assert_eq!(w.client("canbo").post(&format!("{at}/slips/xlsx"), &[]).status, 403);
        let file = boss.post(&format!("{at}/slips/xlsx"), &[]);
        assert_eq!((file.status, file.header("cache-control")), (200, "no-store"));
        assert_eq!(boss.post(&format!("{at}/slips/xlsx"), &[]).status, 409);
        assert!(boss.post(&format!("{at}/slips/pdf"), &[]).bytes.starts_with(b"%PDF"));
        assert_eq!(boss.post(&format!("{at}/forget"), &[]).status, 303);
        assert_eq!(boss.post(&format!("{at}/slips/docx"), &[]).status, 409, "forgotten when asked");
        let rows = documents::read_xlsx(&file.bytes, &documents::ReadOptions::default()).unwrap().rows;
        assert_eq!(rows.len(), all.len());
        let cell = |r: usize, c: usize| rows[r].cells[c].to_text();
        let distinct: std::collections::BTreeSet<String> = (0..rows.len()).map(|r| cell(r, 3)).collect();
        assert_eq!(distinct.len(), rows.len(), "logins without two alike");
        // again: nobody is left, nothing is made twice
        assert_eq!(boxes(&boss.get("/people/invitations").text(), "id").len(), 0);
        boss.post("/people/invitations", &form);
        worker(&w).drain().unwrap();
        assert_eq!(usize::try_from(logins(&w) - before).unwrap(), made);
        signs_in_and_must_change(&w, &cell(0, 3), &cell(0, 4));
        no_secret_is_kept(&w, &cell(1, 4));
        expires_and_is_renewed(&w, &boss, &cell(1, 3), &cell(1, 4));
        w.instance.store.close();
    }
}

fn signs_in_and_must_change(w: &world::World, login: &str, password: &str) {
    let c = w.app.guest();
    c.get("/sign-in");
    assert_eq!(c.post("/sign-in", &[("login", login), ("password", password)]).status, 303);
    let r = c.get("/");
    assert_eq!((r.status, r.header("location")), (303, "/account/password"));
    c.get("/account/password");
    let new = "một câu thật dài và dễ nhớ";
    let r = c.post("/account/password", &[("old", password), ("password", new), ("again", new)]);
    assert_eq!(r.status, 303, "{}", r.text());
    assert_eq!(c.get("/").status, 200);
    let held = grants(w, login);
    assert!(
        !held.is_empty() && held.iter().all(|(role, agency)| ["contact", "head"].contains(&role.as_str()) && agency.is_some()),
        "{held:?}"
    );
}

/// Neither a table nor a leaf holds the password.
fn no_secret_is_kept(w: &world::World, password: &str) {
    let text = w
        .instance
        .store
        .read_blocking(|tx| {
            let mut all = String::new();
            for sql in [
                "SELECT args || COALESCE(checkpoint, '') || COALESCE(result, '') || message FROM job",
                "SELECT body FROM ledger_leaf",
                "SELECT body FROM outbox",
            ] {
                for r in tx.query(sql, &[])? {
                    all += &r.get::<Option<String>>(0)?.unwrap_or_default();
                }
            }
            Ok(all)
        })
        .unwrap();
    assert!(text.len() > 1000 && !text.contains(password));
}

fn expires_and_is_renewed(w: &world::World, boss: &testkit::Client, login: &str, password: &str) {
    // fifteen days later, by a store of the same database with a later clock
    let later = std::sync::Arc::new(store::ManualClock::new(world::NOW + 15 * 86_400_000_000));
    let instance = lachan::instance::Instance::open(w.db.url(), later, std::sync::Arc::new(store::SeededIds::new(77)));
    if let Ok(late) = instance {
        let begun = late.store.read_blocking(|tx| access::SignIn::begin(tx, login)).unwrap().check(&access::Secret::new(password)).unwrap();
        let out = late.store.write_blocking(move |tx| begun.finish(tx, &access::Client::default())).unwrap();
        assert!(matches!(out, access::Outcome::Refused(access::Refusal::Expired { .. })), "{out:?}");
        late.store.close();
    }
    let page = boss.get("/people/invitations").text();
    let waiting = boxes(&page, "renew");
    assert!(waiting.len() > 5);
    let id = w.instance.store.read_blocking(|tx| Ok(access::account_by_login(tx, login)?.unwrap().id)).unwrap();
    let at = boss.post("/people/invitations", &[("renew", &id), ("days", "3")]).header("location").to_owned();
    worker(w).drain().unwrap();
    assert!(boss.get(&at).text().contains("/slips/xlsx"));
    let file = boss.post(&format!("{at}/slips/xlsx"), &[]).bytes;
    boss.post(&format!("{at}/forget"), &[]);
    let rows = documents::read_xlsx(&file, &documents::ReadOptions::default()).unwrap().rows;
    assert_eq!((rows.len(), rows[0].cells[3].to_text()), (1, login.to_owned()));
    assert_ne!(rows[0].cells[4].to_text(), password);
    let c = w.app.guest();
    c.get("/sign-in");
    assert_eq!(c.post("/sign-in", &[("login", login), ("password", password)]).status, 422, "the old one is over");
    assert_eq!(c.post("/sign-in", &[("login", login), ("password", &rows[0].cells[4].to_text())]).status, 303);
}

#[test]
fn a_program_and_the_command_line_invite_too() {
    let w = world::sqlite();
    let program = w.program("quantri", None);
    let list = program.get("/api/v1/people/invitations?kind=commune").json();
    let people: Vec<&str> = list["items"].as_array().unwrap().iter().filter_map(|i| i["person"].as_str()).collect();
    assert!(!people.is_empty() && !list.to_string().contains('@'), "no address leaves: {list}");
    let twice: Vec<&str> = people.iter().chain(&people).copied().collect();
    let r = program.call("POST", "/api/v1/people/invitations", &[], &json!({ "people": twice }));
    assert_eq!(r.status, 202, "{}", r.text());
    let other = program.call("POST", "/api/v1/people/invitations", &[], &json!({ "people": [people[0]] }));
    assert!(other.status == 409 && other.text().contains("chưa được nhận"), "not dropped silently: {}", other.text());
    let again = program.call("POST", "/api/v1/people/invitations", &[], &json!({ "people": people })).json();
    assert_eq!(again["job"], r.json()["job"], "the same people");
    worker(&w).drain().unwrap();
    let at = r.json()["href"].as_str().unwrap().to_owned();
    assert_eq!(program.get(&at).json()["state"], "done");
    let given = program.call("POST", &format!("{at}/passwords"), &[], &serde_json::Value::Null).json();
    assert_eq!(given["items"].as_array().unwrap().len(), people.len());
    assert_eq!(program.call("POST", &format!("{at}/passwords"), &[], &serde_json::Value::Null).status, 409);
    assert_eq!(w.program("daumoi", None).call("POST", "/api/v1/people/invitations", &[], &json!({ "people": "all" })).status, 403);
    w.instance.store.close();
    let dir = testkit::process::TempDir::new("invite").unwrap();
    let (xlsx, pdf) = (dir.file("a.xlsx"), dir.file("a.pdf"));
    let run = |words: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_lachan-under-test"))
            .args(["--database", w.db.url(), "account", "invite"])
            .args(words)
            .output()
            .unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
    };
    let started = std::time::Instant::now();
    let (code, said) = run(&["--xlsx", &xlsx, "--slips", &pdf]);
    assert!(code == 0 && said.contains("Tài khoản mới:") && !said.contains("Tài khoản mới: 0"), "{code} {said}");
    println!("{} in {:.1} s", said.lines().last().unwrap_or_default(), started.elapsed().as_secs_f64());
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF"));
    let (code, said) = run(&["--xlsx", &xlsx]);
    assert!(code == 2 && said.contains("đã có"), "not written over: {code} {said}");
    let (_, said) = run(&[]);
    assert!(said.contains("Tài khoản mới: 0"), "{said}");
}

#[test]
fn one_bad_person_does_not_stop_the_others_and_who_uses_their_account_keeps_it() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let program = w.program("quantri", None);
        let list = program.get("/api/v1/people/invitations").json();
        let people: Vec<String> =
            list["items"].as_array().unwrap().iter().filter_map(|i| i["person"].as_str().map(str::to_owned)).take(5).collect();
        let bad = people[2].clone();
        // what an older import could have left behind
        let name = "x".repeat(201);
        w.instance
            .store
            .write_blocking(move |tx| tx.exec("UPDATE person SET full_name = $2 WHERE id = $1", &[bad.into(), name.into()]))
            .unwrap();
        let used = w.instance.store.read_blocking(|tx| access::account_by_login(tx, "syt")).unwrap().unwrap();
        let before = logins(&w);
        let r = program.call("POST", "/api/v1/people/invitations", &[], &json!({ "people": people, "renew": [used.id] }));
        assert_eq!(r.status, 202, "{}", r.text());
        worker(&w).drain().unwrap();
        let at = r.json()["href"].as_str().unwrap().to_owned();
        let job = program.get(&at).json();
        assert_eq!(job["state"], "done", "{job}");
        let said = &job["result"];
        assert_eq!(
            (&said["made"], &said["failed"], &said["skipped"], &said["renewed"]),
            (&json!(4), &json!(1), &json!(1), &json!(0)),
            "{job}"
        );
        assert!(said["notes"][0][1].as_str().unwrap().contains("họ tên"), "{job}");
        assert!(said["notes"][1][0] == used.name.as_str() && said["notes"][1][1].as_str().unwrap().contains("không gia hạn"), "{job}");
        assert_eq!(logins(&w) - before, 4);
        let given = program.call("POST", &format!("{at}/passwords"), &[], &serde_json::Value::Null).json();
        assert_eq!(given["items"].as_array().unwrap().len(), 4, "nobody's slip is lost");
        assert_eq!(w.app.sign_in("syt", PASSWORD).get("/").status, 200, "the owner's own password stays");
        let page = w.client("quantri").get(&at.replace("/api/v1", ""));
        assert!(page.status == 200 && page.text().contains("không gia hạn"), "{}", page.text());
        w.instance.store.close();
    }
}

/// The code in the letter that waits in the outbox for this address.
fn mailed_code(w: &world::World, template: &str) -> Vec<String> {
    let sql = "SELECT body FROM outbox WHERE template = $1 AND state = 'queued' ORDER BY id";
    let template = template.to_owned();
    let rows = w.instance.store.read_blocking(move |tx| tx.query(sql, &[template.into()])).unwrap();
    rows.iter().map(|r| r.get::<String>(0).unwrap().split("code=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_forgotten_password_is_recovered_by_mail() {
    let w = world::sqlite();
    let config = web::Config { base_url: testkit::BASE.into(), sign_in_per_minute: 1000, mail: true, ..web::Config::default() };
    let app = testkit::TestApp::new(w.instance.app(config));
    w.instance
        .store
        .write_blocking(|tx| {
            let a = access::account_by_login(tx, "syt")?.unwrap();
            let change = access::NewAccount {
                login: a.login.clone(),
                name: a.name.clone(),
                email: Some("syt@saomai.gov.vn".into()),
                agency: a.agency.clone(),
                person: None,
            };
            access::update_account(tx, &access::Actor::system("test"), &a.id, a.version, &change)
        })
        .unwrap();
    let open = app.sign_in("syt", PASSWORD);
    let c = app.guest();
    assert!(c.get("/sign-in").text().contains("href=\"/recover\""));
    c.get("/recover");
    // the same words for everybody: a real account, one without an address, none
    let said: Vec<String> = ["syt", "daumoi", "khong.co.ai"]
        .iter()
        .map(|l| {
            let r = c.post("/recover", &[("login", l)]);
            assert_eq!(r.status, 200);
            r.text().replace(&c.csrf(), "")
        })
        .collect();
    assert!(said[0] == said[1] && said[1] == said[2] && said[0].contains("Nếu tài khoản đó có thật"), "{}", said[0]);
    let codes = mailed_code(&w, "secret.recover");
    assert_eq!(codes.len(), 1);
    let link = format!("/recover/use?code={}", codes[0]);
    // the code leaves the address at once
    let first = c.get(&link);
    assert_eq!((first.status, first.header("location"), first.header("referrer-policy")), (303, "/recover/use", "no-referrer"));
    assert!(first.header("set-cookie").contains("HttpOnly") && !first.text().contains(&codes[0]), "{}", first.header("set-cookie"));
    let page = c.get("/recover/use");
    assert!(page.status == 200 && page.text().contains("<code>syt</code>"), "{}", page.text());
    let new = "một câu hoàn toàn khác";
    let fields = |p: &'static str, again: &'static str| {
        [("code", codes[0].clone()), ("known", "1".into()), ("password", p.to_owned()), ("again", again.to_owned())]
    };
    let send = |f: &[(&str, String)]| c.post("/recover/use", &f.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>());
    assert_eq!(send(&fields("ngắn", "ngắn")).status, 422);
    assert_eq!(send(&fields(new, "khác")).status, 422);
    let done = send(&fields(new, new));
    assert_eq!((done.status, done.header("location")), (303, "/sign-in"));
    assert_eq!(open.get("/").status, 303, "other sessions end");
    assert_eq!(send(&fields(new, new)).status, 410, "once");
    assert_eq!(c.get("/recover/use").status, 200, "the browser keeps no code that was used");
    assert_eq!((c.get(&link).status, c.get("/recover/use").status, c.get("/recover/use").status), (303, 410, 200));
    assert_eq!(app.sign_in("syt", new).get("/").status, 200);
}

#[test]
fn without_mail_a_person_gives_a_code_and_attempts_are_limited() {
    let w = world::sqlite();
    let c = w.app.guest();
    let page = c.get("/recover").text();
    assert!(page.contains("Cấp mã một lần") && !page.contains("name=\"login\""), "{page}");
    let boss = w.client("quantri");
    let list = boss.get("/admin/accounts?q=kythuat").text();
    let id = list.split("/admin/accounts/").find_map(|s| s.split('"').next().filter(|i| i.len() == 36)).unwrap().to_owned();
    let shown = boss.post(&format!("/admin/accounts/{id}/recovery-code"), &[]).text();
    let code = shown.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!boss.get(&format!("/admin/accounts/{id}")).text().contains(&code), "shown once");
    assert_eq!(w.client("daumoi").post(&format!("/admin/accounts/{id}/recovery-code"), &[]).status, 403);
    assert_eq!(w.app.sign_in("kythuat", PASSWORD).get("/").status, 200, "the old password still works");
    let new = "một câu hoàn toàn khác";
    c.get("/recover/use");
    let wrong = c.post("/recover/use", &[("code", "abcde.fghij.kmnpq.rstuv"), ("password", new), ("again", new)]);
    assert!(wrong.status == 422 && wrong.text().contains("abcde.fghij.kmnpq.rstuv"), "what was typed stays");
    assert_eq!(c.post("/recover/use", &[("code", &code), ("password", new), ("again", new)]).status, 303);
    assert_eq!(w.app.sign_in("kythuat", new).get("/").status, 200);
    // one address cannot go on guessing
    let config = web::Config { base_url: testkit::BASE.into(), sign_in_per_minute: 5, mail: true, ..web::Config::default() };
    let strict = testkit::TestApp::new(w.instance.app(config)).guest();
    strict.get("/recover");
    let codes: Vec<u16> = (0..7).map(|_| strict.post("/recover", &[("login", "x")]).status).collect();
    assert_eq!(codes, [200, 200, 200, 200, 200, 429, 429]);
    let opened: Vec<u16> = (0..7)
        .map(|_| {
            strict.get("/recover/use?code=x");
            strict.get("/recover/use").status
        })
        .collect();
    assert_eq!(opened, [410, 410, 410, 410, 410, 429, 429], "counted by itself");
}

/// Makes an account of a person of the register, with a role at an agency.
fn linked(w: &world::World, login: &'static str, person: &registers::Record, agency: &str) -> access::Account {
    let (person, name, agency) = (person.id.clone(), person.title.clone(), agency.to_owned());
    let roles = std::sync::Arc::clone(&w.instance.roles);
    w.instance
        .store
        .write_blocking(move |tx| {
            let system = access::Actor::system("test");
            let new = access::NewAccount { login: login.into(), name, agency: Some(agency.clone()), person: Some(person), email: None };
            let a = access::create_account(tx, &system, &new, None)?;
            access::grant(
                tx,
                &system,
                &roles,
                &access::NewGrant { account: a.id.clone(), role: "contact".into(), agency: Some(agency), ..Default::default() },
            )?;
            Ok(a)
        })
        .unwrap()
}

#[test]
fn who_leaves_is_listed_and_their_work_goes_to_another() {
    use registers::{Data, actions};
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let syt = world::agency_named(&w.instance, "Sở Y tế");
        let people = world::records(
            &w.instance,
            "person",
            vec![registers::Filter { field: "agency".into(), op: registers::Op::Is, values: vec![syt.clone()] }],
        );
        let stays = people.iter().filter(|p| p.bool("active") == Some(true)).collect::<Vec<_>>();
        let (from, to) = (linked(&w, "nghi.viec", stays[0], &syt), linked(&w, "o.lai", stays[1], &syt));
        let reg = std::sync::Arc::clone(&w.instance.registry);
        let (old, owed) = (stays[0].clone(), world::records(&w.instance, "obligation", vec![]));
        let o = owed.into_iter().find(|o| o.text("agency") == Some(syt.as_str()) && o.state.as_deref() == Some("not_started")).unwrap();
        let boss = w.client("quantri");
        let review = |w: &str| boss.get("/admin/accounts?state=review").text().contains(w);
        assert!(!review("nghi.viec") && boss.get("/admin/accounts").text().contains("nghi.viec"));
        let (person, oid, version) = (old.id.clone(), o.id.clone(), o.version);
        w.instance
            .store
            .write_blocking(move |tx| {
                let system = access::Actor::system("test");
                let values = [("responsible".to_owned(), Data::Text(person.clone()))].into();
                actions::update(tx, &reg, &system, "obligation", &oid, version, values, None)?;
                let left = [("active".to_owned(), Data::Bool(false)), ("left_on".to_owned(), Data::Text("2026-11-20".into()))].into();
                actions::update(tx, &reg, &system, "person", &person, old.version, left, None)
            })
            .unwrap();
        assert!(boss.get("/").text().contains("1 tài khoản cần xem lại"));
        assert!(review("nghi.viec") && review("đã thôi công tác từ 20/11/2026") && !review("o.lai"));
        let at = format!("/admin/accounts/{}", from.id);
        let page = boss.get(&at).text();
        assert!(
            page.contains("id=\"leave\"") && page.contains("Việc đang mở đứng tên người này") && page.contains("<strong>1</strong>"),
            "{page}"
        );
        let no = boss.post(&format!("{at}/leave"), &[("reason", "nghỉ việc")]);
        assert_eq!(no.status, 422, "work without an heir: {}", no.text());
        let other = w.instance.store.read_blocking(|tx| Ok(access::account_by_login(tx, "daumoi")?.unwrap().id)).unwrap();
        assert_eq!(boss.post(&format!("{at}/leave"), &[("reason", "nghỉ việc"), ("to", &other)]).status, 422, "of another agency");
        let by_program =
            w.program("quantri", None).call("POST", &format!("/api/v1/accounts/{}/leave", from.id), &[], &json!({ "reason": "nghỉ" }));
        assert_eq!(by_program.status, 422, "{}", by_program.text());
        let code =
            w.program("quantri", None).call("POST", &format!("/api/v1/accounts/{}/recovery-code", to.id), &[], &serde_json::Value::Null);
        assert!(code.status == 201 && code.json()["code"].as_str().is_some_and(|c| c.len() == 23), "{}", code.text());
        assert_eq!(w.client("daumoi").post(&format!("{at}/leave"), &[("reason", "x"), ("to", &to.id)]).status, 403);
        assert_eq!(boss.post(&format!("{at}/leave"), &[("reason", "nghỉ việc"), ("to", &to.id)]).status, 303);
        let now = world::records(&w.instance, "obligation", vec![]).into_iter().find(|x| x.id == o.id).unwrap();
        assert_eq!(now.text("responsible"), Some(stays[1].id.as_str()));
        let closed = w.instance.store.read_blocking(|tx| access::account(tx, &from.id)).unwrap();
        assert!(closed.disabled_at.is_some() && !review("nghi.viec"));
        // the table sorts, filters and goes out as it is shown
        let page = boss.get("/admin/accounts?sort=-login&q=canbo").text();
        assert!(page.contains("aria-sort=\"descending\"") && page.contains("canbo") && !page.contains("o.lai"), "{page}");
        let file = boss.get("/admin/accounts?q=canbo&export=xlsx");
        let rows = documents::read_xlsx(&file.bytes, &documents::ReadOptions::default()).unwrap().rows;
        assert!(rows.len() == 1 && rows[0].cells[1].to_text() == "canbo");
        w.instance.store.close();
    }
}
