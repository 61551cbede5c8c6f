//! The same statements on PostgreSQL: writes a psql script and what SQLite answered.
//! `RULES_PG=/tmp/rules-pg cargo test -p rules postgres -- --ignored`, then run `psql -f script.sql` and compare with `expected.txt`.
//! (The suite that runs on both engines through the store is in checks/.)
use std::fmt::Write as _;

use crate::property_tests::{any_indicator, context};
use crate::testing::{Data, Dice, columns, random, rows, schema};
use crate::{AgencyScope, Kind, Outcome, Param, Schema, Statement, Val};

fn literal(val: &Val) -> String {
    match val {
        Val::Null | Val::List(_) => "NULL".into(),
        Val::Int(n) => n.to_string(),
        Val::Real(x) => format!("{x:?}"),
        Val::Text(s) => format!("'{}'", s.replace('\'', "''")),
    }
}

fn dump(schema: &Schema, data: &Data, out: &mut String) {
    for register in schema.registers.values() {
        let (id, columns) = (&register.id, columns(register));
        let typed: Vec<String> = columns
            .iter()
            .map(|c| {
                let kind = if c == "path" { Kind::Text } else { register.field(c).unwrap().kind };
                let sql = match kind {
                    Kind::Integer | Kind::Money | Kind::Instant | Kind::Bool => "BIGINT",
                    Kind::Decimal => "DOUBLE PRECISION",
                    _ => "TEXT",
                };
                format!("\"{c}\" {sql}")
            })
            .collect();
        writeln!(out, "CREATE TABLE \"{id}\" (\"id\" TEXT PRIMARY KEY, \"deleted_at\" BIGINT, {});", typed.join(", ")).unwrap();
        for field in register.fields.iter().filter(|f| matches!(f.kind, Kind::Links(_))) {
            writeln!(out, "CREATE TABLE \"{id}__{}\" (\"owner\" TEXT, \"target\" TEXT);", field.id).unwrap();
        }
        for rec in data.tables.get(id).into_iter().flatten() {
            let values: Vec<String> = columns.iter().map(|c| literal(rec.fields.get(c).unwrap_or(&Val::Null))).collect();
            let deleted = if data.deleted.contains(&rec.id) { "1" } else { "NULL" };
            writeln!(out, "INSERT INTO \"{id}\" VALUES ('{}', {deleted}, {});", rec.id, values.join(", ")).unwrap();
            for (name, val) in &rec.fields {
                let Val::List(ids) = val else { continue };
                for target in ids {
                    writeln!(out, "INSERT INTO \"{id}__{name}\" VALUES ('{}', '{target}');", rec.id).unwrap();
                }
            }
        }
    }
}

#[test]
#[ignore = "needs PostgreSQL; run by hand"]
fn postgres_script() {
    let Ok(dir) = std::env::var("RULES_PG") else {
        println!("skipped: RULES_PG is not set");
        return;
    };
    let schema = schema();
    let mut dice = Dice(42);
    let data = random(&schema, &mut dice, 9);
    let db = data.sqlite(&schema);
    let (mut script, mut expected) = (String::new(), String::new());
    dump(&schema, &data, &mut script);
    let mut n = 0;
    let mut say = |statement: &Statement| {
        n += 1;
        let (mut types, mut values) = (Vec::new(), Vec::new());
        for p in &statement.params {
            types.push(match p {
                Param::Int(_) => "bigint",
                Param::Real(_) => "double precision",
                Param::Text(_) => "text",
            });
            values.push(literal(&match p.clone() {
                Param::Int(n) => Val::Int(n),
                Param::Real(x) => Val::Real(x),
                Param::Text(s) => Val::Text(s),
            }));
        }
        let args = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        // The types the server infers are those the driver must send.
        writeln!(script, "PREPARE q{n} AS {};\n\\echo # {n}", statement.sql).unwrap();
        writeln!(script, "SELECT parameter_types FROM pg_prepared_statements WHERE name = 'q{n}';\nEXECUTE q{n}{args};").unwrap();
        let quoted: Vec<String> = types.iter().map(|t| if t.contains(' ') { format!("\"{t}\"") } else { (*t).to_owned() }).collect();
        writeln!(expected, "# {n}\n{{{}}}", quoted.join(",")).unwrap();
        rows(&db, statement).iter().for_each(|r| writeln!(expected, "{}", r.join("|")).unwrap());
    };
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let (_, compiled) = any_indicator(&schema, &mut dice);
        let ctx = context(&mut dice);
        say(&compiled.summary(&ctx));
        say(&compiled.summary(&ctx.clone().scoped(AgencyScope::Paths(vec!["/north/".into()]))));
        for outcome in [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded] {
            say(&compiled.drill(&ctx, outcome, 5, "a"));
        }
    }
    for indicator in crate::Pack::load(include_str!("../fixtures/t_rows.toml"), "t").unwrap().indicators {
        let Ok(compiled) = crate::compile(&indicator, &schema) else { continue };
        let ctx = crate::Ctx::at(calendar::Date::parse("2026-11-22").unwrap(), &indicator.period);
        for question in std::iter::once(&compiled.main).chain(compiled.parts.iter().map(|p| &p.question)) {
            say(&question.summary(&ctx));
            say(&question.drill(&ctx, Outcome::Unmet, 100, ""));
            say(&question.drill(&ctx, Outcome::Unknown, 100, ""));
        }
    }
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(format!("{dir}/script.sql"), script).unwrap();
    std::fs::write(format!("{dir}/expected.txt"), expected).unwrap();
}
