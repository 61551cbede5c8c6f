//! Pages as a newcomer meets them: an empty instance, names instead of ids, addresses opened again.

use std::sync::Arc;

use access::{Actor, NewAccount, NewGrant, NewPassword, Secret};
use store::Engine;
use testkit::{BASE, Db, TestApp};

use crate::world::{self, PASSWORD};

/// An account with a role over the whole instance.
fn account(instance: &lachan::instance::Instance, login: &'static str, roles: &'static [&'static str]) {
    let (known, password) = (Arc::clone(&instance.roles), NewPassword::new(&Secret::new(PASSWORD), login, login).unwrap());
    instance
        .store
        .write_blocking(move |tx| {
            let system = Actor::system("test");
            let a =
                access::create_account(tx, &system, &NewAccount { login: login.into(), name: login.into(), ..Default::default() }, None)?;
            access::set_password(tx, &system, &a.id, &password, false)?;
            for role in roles {
                access::grant(tx, &system, &known, &NewGrant { account: a.id.clone(), role: (*role).into(), ..Default::default() })?;
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_empty_instance_says_how_to_begin_and_judges_nobody() {
    let db = Db::fresh(Engine::Sqlite).unwrap();
    let instance = world::open(db.url());
    account(&instance, "dau", &["standing_officer", "admin"]);
    let config = web::Config { base_url: BASE.into(), sign_in_per_minute: 1000, ..web::Config::default() };
    let app = TestApp::new(instance.app(config));
    let me = app.sign_in("dau", PASSWORD);
    let home = me.get("/").text();
    assert!(home.contains("Bắt đầu · 0/5") && home.contains("href=\"/plans/import\""), "{home}");
    assert!(!home.contains("tag unmet"), "nothing is red before there is anything: {home}");
    // a step is ticked by what is there
    account(&instance, "hai", &["inspector"]);
    let home = me.get("/").text();
    assert!(home.contains("Bắt đầu · 1/5"), "{home}");
    let targets = me.get("/targets").text();
    assert!(targets.contains("Chưa có kế hoạch nào được chấp nhận") && !targets.contains("tag unmet"), "{targets}");
    drop(me);
    drop(app);
    instance.store.close();
}

#[test]
fn a_filled_instance_shows_no_first_steps_and_names_instead_of_ids() {
    let w = world::sqlite();
    let officer = w.client("canbo");
    assert!(!officer.get("/").text().contains("Bắt đầu ·"));
    // groups list registers by the names they are shown under
    let page = officer.get("/registers/training").text();
    let names: Vec<String> = page
        .split("<h2>")
        .skip(1)
        .filter_map(|s| s.split("</a>").next())
        .map(|s| s.rsplit('>').next().unwrap_or_default().to_owned())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_by_key(|n| text::sort_key(n));
    assert!(names.len() > 2 && names == sorted, "{names:?}");
    // a refusal names the register, not our word for it
    let refused = w.client("daumoi").get("/admin/accounts");
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("(tài khoản, quyền)") && !refused.text().contains("(account)"), "{}", refused.text());
    // where a figure comes from is said in labels, and settings without our words
    let figure = officer.get("/targets/T-04").text();
    assert!(!figure.contains("(<code>") && !figure.contains("\">system</a>"), "{figure}");
}

#[test]
fn the_address_of_a_refused_form_opened_again_shows_its_page() {
    let w = world::sqlite();
    let r = w.client("canbo").get("/plans/obligation/abc/evidence");
    assert_eq!((r.status, r.header("location")), (303, "/plans/obligation/abc"));
    assert_eq!(w.client("canbo").get("/prefs").status, 303);
}
