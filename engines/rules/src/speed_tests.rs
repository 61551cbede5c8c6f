//! Speed against hand-written SQL for the same question, on a province: 1,700 agencies, 60,000 persons, 2,000 systems × 120 controls.
//! `cargo test -p rules speed -- --ignored --nocapture`
use std::time::Instant;

use rusqlite::Connection;

use crate::testing::{Dice, create, ctx, rows, schema};
use crate::{AgencyScope, Compiled, Ctx, Outcome, Pack, Param, Statement, compile};

const AGENCIES: usize = 1_700;
const PERSONS: usize = 60_000;
const SYSTEMS: usize = 2_000;

fn province() -> Connection {
    let schema = schema();
    let mut db = Connection::open_in_memory().unwrap();
    create(&db, &schema);
    let mut dice = Dice(7);
    let tx = db.transaction().unwrap();
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        tx.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    let kinds = ["department", "branch", "commune", "school", "unit"];
    for i in 0..AGENCIES {
        let id = format!("019a0000-0000-7000-8000-a{i:011}");
        let path = format!("/root/n{:03}/{id}/", i % 130);
        run("INSERT INTO agency (id, kind, state_agency, must_report, path) VALUES (?, ?, 1, 1, ?)", &[&id, &kinds[i % 5], &path]);
        if dice.chance(70) {
            run(
                "INSERT INTO contact_point (id, agency, person, confirmed_on) VALUES (?, ?, ?, ?)",
                &[&format!("cp{i}"), &id, &person(i), &if dice.chance(80) { "2026-11-01" } else { "2026-01-01" }],
            );
        }
    }
    for i in 0..PERSONS {
        let (id, agency) = (person(i), format!("019a0000-0000-7000-8000-a{:011}", i % AGENCIES));
        run(
            "INSERT INTO person (id, agency, active, staff_kind) VALUES (?, ?, ?, 'official')",
            &[&id, &agency, &i64::from(dice.chance(97))],
        );
        let category = if i % 10 == 0 { "force_agency" } else { "it_part" };
        run(
            "INSERT INTO post (id, person, agency, category, valid_from) VALUES (?, ?, ?, ?, '2024-01-01')",
            &[&format!("po{i}"), &id, &agency, &category],
        );
        for k in 0..dice.below(3) {
            run(
                "INSERT INTO training_record (id, person, level, result, completed_on) VALUES (?, ?, 'basic', ?, ?)",
                &[&format!("t{i}-{k}"), &id, &if dice.chance(90) { "passed" } else { "failed" }, &dice.date()],
            );
        }
    }
    for level in 1..=5 {
        for c in 0..120 {
            run(
                "INSERT INTO control (id, level, mandatory, interval_months) VALUES (?, ?, 1, 12)",
                &[&format!("019a0000-0000-7000-8000-c{level}{c:010}"), &(level as i64)],
            );
        }
    }
    for i in 0..SYSTEMS {
        let id = format!("019a0000-0000-7000-8000-5{i:011}");
        let level = 1 + i % 5;
        run(
            "INSERT INTO system (id, owner, state, level, state_budget, approved_on, started_on) VALUES (?, ?, 'operating', ?, 1, '2026-01-01', '2026-02-01')",
            &[&id, &format!("019a0000-0000-7000-8000-a{:011}", i % AGENCIES), &(level as i64)],
        );
        let full = dice.chance(50);
        for c in 0..120 {
            run(
                "INSERT INTO control_answer (id, system, control, result, answered_on) VALUES (?, ?, ?, ?, '2026-05-01')",
                &[
                    &format!("{id}{c}"),
                    &id,
                    &format!("019a0000-0000-7000-8000-c{level}{c:010}"),
                    &if full || dice.chance(95) { "met" } else { "not_met" },
                ],
            );
        }
    }
    tx.commit().unwrap();
    db
}

fn person(i: usize) -> String {
    format!("019a0000-0000-7000-8000-{i:012}")
}

fn indicator(id: &str, population: &str, meets: &str) -> Compiled {
    let text = format!(
        "[[indicator]]\nid = \"{id}\"\nlabel = {{ vi = \"x\", en = \"x\" }}\nbasis = [\"x\"]\npopulation = \"{population}\"\nmeets = \"{meets}\""
    );
    compile(&Pack::load(&text, id).unwrap().indicators[0], &schema()).unwrap()
}

fn time(db: &Connection, statement: &Statement) -> (f64, usize) {
    let mut best = f64::MAX;
    let mut n = 0;
    for _ in 0..7 {
        let start = Instant::now();
        n = rows(db, statement).len();
        best = best.min(start.elapsed().as_secs_f64() * 1000.0);
    }
    (best, n)
}

/// (name, population, meets, hand-written SQL with $1 = as-of, $2 = period start)
const QUESTIONS: [(&str, &str, &str, &str); 5] = [
    (
        "trained, force",
        "person where active and (exists post where category in (force_province, force_agency))",
        "exists training_record where result = passed and completed_on within period",
        "SELECT p.agency, COUNT(*), SUM(EXISTS (SELECT 1 FROM training_record t WHERE t.person = p.id AND t.deleted_at IS NULL AND t.result = 'passed' AND t.completed_on BETWEEN $2 AND $1))
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND EXISTS (SELECT 1 FROM post o WHERE o.person = p.id AND o.deleted_at IS NULL AND o.category IN ('force_province','force_agency')
          AND (o.valid_from IS NULL OR o.valid_from <= $1) AND (o.valid_to IS NULL OR o.valid_to >= $1)) GROUP BY p.agency",
    ),
    (
        "trained, all staff",
        "person where active",
        "exists training_record where result = passed and completed_on within period",
        "SELECT p.agency, COUNT(*), SUM(p.id IN (SELECT t.person FROM training_record t WHERE t.deleted_at IS NULL AND t.result = 'passed' AND t.completed_on BETWEEN $2 AND $1))
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 GROUP BY p.agency",
    ),
    (
        "contact point",
        "agency where kind in (department, branch, commune)",
        "exists contact_point where person.active and confirmed within 90 days",
        "SELECT a.id, COUNT(*), SUM(EXISTS (SELECT 1 FROM contact_point c JOIN person p ON p.id = c.person AND p.deleted_at IS NULL WHERE c.agency = a.id AND c.deleted_at IS NULL AND p.active = 1
          AND c.confirmed_on BETWEEN '2026-08-24' AND $1 AND (c.valid_from IS NULL OR c.valid_from <= $1) AND (c.valid_to IS NULL OR c.valid_to >= $1) AND $2 = $2))
         FROM agency a WHERE a.deleted_at IS NULL AND a.kind IN ('department','branch','commune') AND (a.valid_from IS NULL OR a.valid_from <= $1) AND (a.valid_to IS NULL OR a.valid_to >= $1) GROUP BY a.id",
    ),
    (
        "all controls",
        "system where state = operating",
        "all of control where mandatory and level = this.level have control_answer where result in (met, not_applicable)",
        "SELECT y.owner, COUNT(*), SUM(NOT EXISTS (SELECT 1 FROM control c WHERE c.level = y.level AND c.mandatory = 1 AND c.deleted_at IS NULL AND (c.valid_from IS NULL OR c.valid_from <= $1)
          AND (c.valid_to IS NULL OR c.valid_to >= $1) AND $2 = $2 AND NOT EXISTS (SELECT 1 FROM control_answer a WHERE a.system = y.id AND a.control = c.id AND a.deleted_at IS NULL AND a.result IN ('met','not_applicable'))))
         FROM system y WHERE y.deleted_at IS NULL AND y.state = 'operating' GROUP BY y.owner",
    ),
    (
        "all controls, fresh",
        "system where state = operating",
        "all of control where mandatory and level = this.level have control_answer where result = met and answered_on within control.interval_months months",
        "",
    ),
];

#[test]
#[ignore = "measures; run by hand"]
fn speed() {
    let db = province();
    println!("SQLite {}", rusqlite::version());
    if let Ok(file) = std::env::var("RULES_DB") {
        db.execute("VACUUM INTO ?", [file]).unwrap();
    }
    let year = ctx("2026-11-22", "2026-01-01", "2026-12-31");
    let one = |c: &Ctx| c.clone().scoped(AgencyScope::Agencies(vec!["019a0000-0000-7000-8000-a00000000005".into()]));
    let tree = |c: &Ctx, p: &str| c.clone().scoped(AgencyScope::Paths(vec![p.into()]));
    for (name, population, meets, hand) in QUESTIONS {
        let compiled = indicator(name, population, meets);
        for (i, (register, fields)) in compiled.indexes().iter().enumerate() {
            db.execute_batch(&format!("CREATE INDEX \"{register} {name} {i}\" ON \"{register}\" ({})", fields.join(", "))).unwrap();
        }
        db.execute_batch("ANALYZE").unwrap();
        let statement = compiled.summary(&year);
        let (ours, n) = time(&db, &statement);
        let params = vec![Param::Text("2026-11-22".into()), Param::Text("2026-01-01".into())];
        let (theirs, m) = if hand.is_empty() { (f64::NAN, n) } else { time(&db, &Statement { sql: hand.into(), params }) };
        assert_eq!(n, m);
        println!(
            "{name:20} {ours:7.1} ms, by hand {theirs:7.1} ms ({:.2}×); root by path {:.1}, one branch {:.2}, one agency {:.2} ms",
            ours / theirs,
            time(&db, &compiled.summary(&tree(&year, "/root/"))).0,
            time(&db, &compiled.summary(&tree(&year, "/root/n005/"))).0,
            time(&db, &compiled.summary(&one(&year))).0,
        );
        for outcome in [Outcome::Met, Outcome::Unmet, Outcome::Unknown] {
            let all = time(&db, &compiled.drill(&year, outcome, 50, ""));
            let paths = time(&db, &compiled.drill(&tree(&year, "/root/"), outcome, 50, ""));
            let branch = time(&db, &compiled.drill(&tree(&year, "/root/n005/"), outcome, 50, ""));
            println!("    drill {outcome:?}: all {:.2}, root by path {:.2}, branch {:.2} ms ({} rows)", all.0, paths.0, branch.0, all.1);
        }
        if std::env::var("EXPLAIN").is_ok() {
            println!("{}", statement.sql);
            let plan = Statement { sql: format!("EXPLAIN QUERY PLAN {}", statement.sql), params: statement.params };
            rows(&db, &plan).iter().for_each(|r| println!("      {}", r[3]));
        }
    }
}
