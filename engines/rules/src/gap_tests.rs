//! What records of Sao Mai lack, told on both engines.

use crate::sao_mai::sao_mai;
use crate::testing::{Answers, Postgres, Records};
use crate::{Close, Compiled, Outcome, Pack, Val, compile};

const DAY: &str = "2026-06-30";

fn compiled(w: &Records, text: &str) -> Compiled {
    let text = format!("[[indicator]]\nid = \"X\"\nlabel = {{ vi = \"v\", en = \"e\" }}\n{text}");
    let pack = Pack::load(&text, "x.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
    compile(&pack.indicators[0], &w.schema, "x.toml").unwrap_or_else(|e| panic!("{e}\n{text}")).unwrap()
}

/// `id: gap | gap` of everything not met or without data, and where the first gap is closed.
fn told(db: &mut dyn Answers, c: &Compiled, english: bool, may_read: bool) -> Vec<(String, Close)> {
    let ctx = c.ctx(DAY).unwrap();
    let mut ids = vec![];
    for o in [Outcome::Unmet, Outcome::Unknown] {
        for row in db.rows(&c.main.drill(&ctx, o, 99, None)) {
            let Val::Text(id) = &row[0] else { panic!("{row:?}") };
            ids.push(id.clone());
        }
    }
    let mut rows = db.rows(&c.main.probe(&ctx, &ids));
    rows.sort_by_key(|r| format!("{:?}", r[0]));
    assert_eq!(rows.len(), ids.len());
    let one = |row: &Vec<Val>| {
        let gaps = c.main.gaps(&ctx, english, &c.parts, row, &|_| may_read);
        assert!(!gaps.is_empty(), "everything that is not met lacks something: {row:?}");
        let Val::Text(id) = &row[0] else { panic!("{row:?}") };
        let said: Vec<&str> = gaps.iter().map(|g| g.text.as_str()).collect();
        (format!("{id}: {}", said.join(" | ")), gaps[0].close.clone())
    };
    rows.iter().map(one).collect()
}

fn both(name: &str, rule: &str, english: bool, want: &[&str]) -> Vec<Close> {
    let w = sao_mai();
    let c = compiled(&w, rule);
    let lite = told(&mut w.sqlite(), &c, english, true);
    if let Some(mut pg) = Postgres::open(name) {
        pg.fill(&w);
        assert_eq!(told(&mut pg, &c, english, true), lite, "{rule}");
    }
    assert_eq!(lite.iter().map(|l| l.0.as_str()).collect::<Vec<_>>(), want);
    lite.into_iter().map(|l| l.1).collect()
}

fn edit(register: &str, id: &str, field: Option<&str>) -> Close {
    Close::Edit { register: register.into(), id: id.into(), field: field.map(str::to_owned) }
}

#[test]
fn a_contact_point_that_was_not_confirmed() {
    let rule = |days: u16| {
        format!(
            "population = \"agency where kind in (department, commune)\"\nmeets = \"exists contact_point where person.active and confirmed within {days} days\""
        )
    };
    let closes = both("rules_gaps_1", &rule(5), false, CONTACTS);
    let on = |c: &Close| matches!(c, Close::Edit { register, field, .. } if register == "contact_point" && field.as_deref() == Some("confirmed_on"));
    assert!(closes.iter().filter(|c| on(c)).count() == 4, "{closes:?}");
    // no contact point at all: the form of a new one, with the agency
    let rule = "population = \"agency where kind = police\"\nmeets = \"exists contact_point where person.active\"";
    let new = Close::New { register: "contact_point".into(), values: vec![("agency".into(), "police".into())] };
    assert_eq!(both("rules_gaps_3", rule, false, &["police: chưa có contact point"]), [new]);
}

#[test]
fn a_system_without_answers_without_a_layer_without_a_level() {
    let rule = "population = \"system where running\"
        unknown = \"level is empty and proposed is empty\"
        meets = \"level is not empty and (all of control where level = this.level and mandatory have answer where result = met and (expires_on is empty or expires_on on or after as_of)) and (exists system_layer where layer.no = 2) and (count system_layer >= 4)\"
        [[indicator.part]]
        id = \"two\"
        label = { vi = \"Lớp 2\", en = \"Layer 2\" }
        missing = { vi = \"thiếu lớp 2\", en = \"layer 2 is missing\" }
        meets = \"exists system_layer where layer.no = 2\"";
    let closes = both("rules_gaps_2", rule, false, SYSTEMS);
    assert!(closes.contains(&edit("system", "s4", Some("level"))), "{closes:?}");
    both("rules_gaps_2", rule, true, SYSTEMS_EN);
}

#[test]
fn one_of_several_is_said_by_name() {
    let rule = "population = \"system where id = \\\"s6\\\"\"
        meets = \"(exists check where kind = hunt) or (exists check where kind = assessment and done_on within 5 days) or (exists system_layer)\"";
    let new = Close::New { register: "check".into(), values: vec![("system".into(), "s6".into()), ("kind".into(), "hunt".into())] };
    assert_eq!(both("rules_gaps_4", rule, false, &["s6: chưa có check hoặc system layer đạt điều kiện đã nêu"]), [new]);
}

#[test]
fn what_the_reader_may_not_read_is_not_told() {
    let w = sao_mai();
    let c = compiled(&w, "population = \"system where running\"\nmeets = \"exists check where kind = hunt and done_on within 5 days\"");
    let open = told(&mut w.sqlite(), &c, false, true);
    let closed = told(&mut w.sqlite(), &c, false, false);
    assert!(open.iter().any(|l| l.0.contains("10/01/2026")), "{open:?}");
    assert!(closed.iter().all(|l| !l.0.contains("10/01/2026")), "{closed:?}");
}

const CONTACTS: &[&str] = &[
    "an_binh: contact point: chưa xác nhận lại từ 01/04/2026",
    "hoa_mai: contact point: chưa xác nhận lại từ 01/06/2026",
    "sgd: contact point: cần person active; chưa xác nhận lại từ 01/06/2026",
    "stttt: contact point: chưa xác nhận lại từ 01/06/2026",
];
const SYSTEMS: &[&str] = &[
    "s2: còn thiếu 1/2 control | mới có 3, cần có ít nhất 4 system layer",
    "s3: còn thiếu 1/1 control | thiếu lớp 2 | chưa có system layer",
    "s4: chưa có level | thiếu lớp 2 | chưa có system layer",
    "s5: chưa có level và chưa có proposed",
    "s6: còn thiếu 1/1 control | thiếu lớp 2 | chưa có system layer",
    "s8: control: danh mục chưa có mục nào được đòi hỏi | thiếu lớp 2 | chưa có system layer",
];
const SYSTEMS_EN: &[&str] = &[
    "s2: missing 1/2 control | has 3, must be one that has at least 4 system layer",
    "s3: missing 1/1 control | layer 2 is missing | no system layer",
    "s4: no level | layer 2 is missing | no system layer",
    "s5: that has no level and that has no proposed",
    "s6: missing 1/1 control | layer 2 is missing | no system layer",
    "s8: control: the catalogue demands nothing yet | layer 2 is missing | no system layer",
];
