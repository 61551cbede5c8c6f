//! A plan file from the upload to the plan in force: what is corrected, what is refused, what a second file does to the first.

use registers::Record;
use serde_json::json;
use testkit::{Client, ENGINES, Reply};

use crate::world::{self, World};

const PLAN: &str = include_str!("../../fixtures/ke-hoach-du-lieu-sao-mai.txt");
const NUMBER: &str = "Số: 41/KH-UBND";
const DAY: &str = "Sao Mai, ngày 02 tháng 11 năm 2026";

fn ok(r: Reply, status: u16) -> Reply {
    assert_eq!(r.status, status, "{}", r.text());
    r
}

/// The plan with agencies that are all known.
fn document() -> String {
    PLAN.replace("Trung tâm Điều hành thông minh Sao Mai", "Sở Khoa học và Công nghệ")
}

/// The line of another day of the same month.
fn day(n: u8) -> String {
    DAY.replace("ngày 02", &format!("ngày {n:02}"))
}

/// The plan before somebody signed it: neither number nor day.
fn unsigned() -> String {
    document().replace(NUMBER, "Số:      /KH-UBND").replace(DAY, "Sao Mai, ngày     tháng     năm 2026")
}

fn imported(c: &Client, text: &str) -> String {
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
        assert_eq!(accepted(&c, &document(), &format!("signed:{first}")), first, "the page leads to the plan there is");
        let signed = plan(&w, &first);
        assert_eq!((signed.text("number"), signed.text("issued_on")), (Some("41/KH-UBND"), Some("2026-11-02")));
        assert_eq!(plans(&w), before, "no second plan");
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
