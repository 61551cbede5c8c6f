//! Province scale, the real definitions and indicators of this repository, against SQL written by hand in the same run:
//! `cargo test --release -p rule-language -- --ignored --nocapture perf`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::perf_sql::BY_HAND;
use crate::testing::{Answers, Dice, Sqlite, lite};
use crate::{Compiled, Ctx, Field, FigureKind, Kind, Outcome, Pack, Register, Schema, Statement, Val, compile};

const DAY: &str = "2026-06-30";
const DATES: &[&str] =
    &["2023-05-04", "2024-02-10", "2025-03-01", "2025-09-20", "2025-12-01", "2026-01-15", "2026-02-20", "2026-05-05", "2026-06-29"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn tables(folder: &str) -> Vec<toml::Table> {
    let mut out = vec![];
    let Ok(modules) = std::fs::read_dir(root().join("modules")) else { return out };
    for m in modules.flatten() {
        let Ok(files) = std::fs::read_dir(m.path().join(folder)) else { continue };
        out.extend(files.flatten().filter_map(|f| std::fs::read_to_string(f.path()).ok()?.parse().ok()));
    }
    out
}

fn text<'a>(t: &'a toml::Value, key: &str) -> &'a str {
    t.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

/// Definitions of all modules as words of the language (the same as kernel/registers/src/rules_bridge.rs), with their keys.
fn definitions() -> (Schema, BTreeMap<String, Vec<Vec<String>>>) {
    let options = |t: &toml::Table, list: &str| -> Vec<(String, String)> {
        let all = t.get(list).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        all.iter().map(|o| (text(o, "id").to_owned(), text(&o["label"], "vi").to_owned())).collect()
    };
    let choices: BTreeMap<String, Vec<(String, String)>> =
        tables("choices").iter().map(|t| (text(&t["choices"], "id").to_owned(), options(t, "option"))).collect();
    let mut schema = Schema::default();
    let mut keys = BTreeMap::new();
    for t in tables("registers") {
        let head = &t["register"];
        let id = text(head, "id").to_owned();
        let dated = head.get("dated").and_then(toml::Value::as_bool).unwrap_or(false);
        let field =
            |f: &toml::Value| Field { id: text(f, "id").into(), label: text(&f["label"], "vi").into(), kind: kind(&f["type"], &choices) };
        let mut fields: Vec<Field> = t["field"].as_array().unwrap().iter().map(field).collect();
        let mut system = |id: &str, kind: Kind| fields.push(Field { id: id.into(), label: id.into(), kind });
        let states = options(&t, "state");
        if !states.is_empty() {
            system("state", Kind::Choice(states));
        }
        if dated {
            system("valid_from", Kind::Date);
            system("valid_to", Kind::Date);
        }
        system("confirmed_on", Kind::Date);
        let list = head.get("keys").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let words = |k: &toml::Value| k.as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect();
        keys.insert(id.clone(), list.iter().map(words).collect());
        let agency = head.get("scope").and_then(toml::Value::as_str).map(str::to_owned);
        let label = text(&head["label"], "vi").to_owned();
        schema.registers.insert(id.clone(), Register { id, label, dated, agency, fields });
    }
    (schema, keys)
}

fn kind(t: &toml::Value, choices: &BTreeMap<String, Vec<(String, String)>>) -> Kind {
    if let Some(t) = t.as_table() {
        let (k, v) = t.iter().next().unwrap();
        let v = v.as_str().unwrap();
        return match k.as_str() {
            "choice" => Kind::Choice(choices.get(v).cloned().unwrap_or_default()),
            "link" => Kind::Link(v.into()),
            _ => Kind::Links(v.into()),
        };
    }
    match t.as_str().unwrap() {
        "integer" | "year" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "money" => Kind::Money,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        _ => Kind::Text,
    }
}

/// Tables and indexes as kernel/registers/src/ddl.rs makes them (those that rules meet).
fn ddl(schema: &Schema, keys: &BTreeMap<String, Vec<Vec<String>>>) -> String {
    let mut out = String::new();
    for r in schema.registers.values() {
        let mut cols = "id TEXT PRIMARY KEY, deleted_at BIGINT, version BIGINT, search TEXT, sort_title TEXT, path TEXT".to_owned();
        for f in r.fields.iter().filter(|f| !matches!(f.kind, Kind::Links(_))) {
            let t = match f.kind {
                Kind::Integer | Kind::Money | Kind::Bool => "BIGINT",
                Kind::Decimal => "REAL",
                _ => "TEXT",
            };
            write!(cols, ", \"{}\" {t}", f.id).unwrap();
        }
        writeln!(out, "CREATE TABLE \"{}\" ({cols});", r.id).unwrap();
        let mut index = |name: &str, unique: &str, terms: &str| {
            writeln!(out, "CREATE {unique} INDEX \"{0}__{name}\" ON \"{0}\" ({terms}) WHERE \"deleted_at\" IS NULL;", r.id).unwrap();
        };
        index("title", "", "\"sort_title\", \"id\"");
        if r.field("state").is_some() {
            index("state", "", "\"state\"");
        }
        for (i, key) in keys[&r.id].iter().enumerate() {
            let terms: Vec<String> =
                key.iter().map(|w| if w.starts_with("valid_") { format!("COALESCE(\"{w}\", '')") } else { format!("\"{w}\"") }).collect();
            index(&format!("key{i}"), "", &terms.join(", "));
        }
        for f in &r.fields {
            match &f.kind {
                Kind::Link(t) if t == "agency" => index(&f.id, "", &format!("\"{}\", \"sort_title\", \"id\"", f.id)),
                Kind::Link(_) => index(&f.id, "", &format!("\"{}\", \"id\"", f.id)),
                _ => {}
            }
        }
        if r.id == "agency" {
            writeln!(out, "CREATE INDEX \"agency__path\" ON \"agency\" (\"path\", \"id\");").unwrap();
        }
        for f in r.fields.iter().filter(|f| matches!(f.kind, Kind::Links(_))) {
            let t = format!("{}__{}", r.id, f.id);
            writeln!(
                out,
                "CREATE TABLE \"{t}\" (owner TEXT NOT NULL, target TEXT NOT NULL, position BIGINT, PRIMARY KEY (owner, target));"
            )
            .unwrap();
            writeln!(out, "CREATE INDEX \"{t}__t\" ON \"{t}\" (target, owner);").unwrap();
        }
    }
    out
}

fn id(register: &str, n: usize) -> String {
    let tag = register.bytes().fold(7_u32, |a, b| a.wrapping_mul(31).wrapping_add(b.into())) & 0xfff;
    format!("0190{n:08x}-7{tag:03x}-8a6b-{:012x}", n * 7919).replacen('-', "", 1)
}

const SIZES: &[(&str, usize)] = &[
    ("agency", 300),
    ("person", 60_000),
    ("post", 9_000),
    ("contact_point", 400),
    ("system", 2_000),
    ("control", 600),
    ("control_answer", 240_000),
    ("system_layer", 8_000),
    ("layer", 4),
    ("security_assessment", 5_000),
    ("training_record", 100_000),
    ("certificate", 12_000),
    ("certificate_kind", 30),
    ("issuing_body", 12),
    ("recognition", 3_000),
    ("course", 200),
    ("product", 800),
    ("product_assessment", 1_500),
    ("deployment", 20_000),
    ("budget_line", 6_000),
    ("drill", 400),
    ("drill_participation", 4_000),
    ("report_submission", 1_500),
    ("expert", 200),
    ("training_class", 1_500),
    ("equivalence", 20),
];

fn size(register: &str) -> usize {
    SIZES.iter().find(|s| s.0 == register).map_or(0, |s| s.1)
}

/// What makes the figures neither 0 nor 100 %.
fn special(d: &mut Dice, register: &str, n: usize, field: &str) -> Option<Val> {
    let text = |s: &str| Some(Val::Text(s.to_owned()));
    match (register, field) {
        ("agency", "path") => {
            text(&format!("/{}/{}", id("agency", 0), if n == 0 { String::new() } else { format!("{}/", id("agency", n)) }))
        }
        ("control", "level") => Some(Val::Int((n / 120 + 1) as i64)),
        ("control", "mandatory") => Some(Val::Int(1)),
        ("control_answer", "system") => text(&id("system", n / 120)),
        ("control_answer", "control") => text(&id("control", (n / 120 % 5) * 120 + n % 120)),
        ("control_answer", "result") => text(if (n / 120) % 7 < 4 || d.below(100) < 97 { "met" } else { "unmet" }),
        ("control_answer", "valid_until") => text("2027-01-01"),
        ("system", "level") => Some(Val::Int((n % 5 + 1) as i64)),
        ("system", "state") => text(if d.below(10) > 0 { "operating" } else { "planned" }),
        ("layer", "no") => Some(Val::Int(n as i64 + 1)),
        ("system_layer", "system") => text(&id("system", n / 4)),
        ("system_layer", "layer") => text(&id("layer", n % 4)),
        ("person", "active") => Some(Val::Int(i64::from(d.below(20) > 0))),
        ("budget_line", "year") => Some(Val::Int(2024 + d.below(3) as i64)),
        (_, "valid_from") => text("2020-01-01"),
        (_, "valid_to") => Some(if d.one_in(12) { text("2025-06-30")? } else { Val::Null }),
        (_, "deleted_at") => Some(if d.one_in(50) && !matches!(register, "control" | "layer") { Val::Int(1) } else { Val::Null }),
        (_, "search") => text("ten can bo so thong tin va truyen thong tinh sao mai phu trach an ninh mang"),
        (_, "sort_title") => text(&format!("{:06}", d.below(900_000))),
        _ => None,
    }
}

fn value(d: &mut Dice, register: &str, n: usize, field: &str, kind: &Kind) -> Val {
    if let Some(v) = special(d, register, n, field) {
        return v;
    }
    match kind {
        Kind::Integer => Val::Int(1 + d.below(5) as i64),
        Kind::Money => Val::Int(d.below(900_000_000) as i64),
        Kind::Decimal => Val::Real(d.below(100) as f64),
        Kind::Bool => Val::Int(i64::from(d.one_in(3))),
        Kind::Date => {
            if d.one_in(10) {
                Val::Null
            } else {
                Val::Text(d.word(DATES).into())
            }
        }
        Kind::Choice(o) if !o.is_empty() => Val::Text(d.pick(o).0.clone()),
        Kind::Link(r) if size(r) > 0 => {
            if d.one_in(40) {
                Val::Null
            } else {
                Val::Text(id(r, d.below(size(r))))
            }
        }
        Kind::Text => Val::Text(format!("{field} {}", d.below(100_000))),
        _ => Val::Null,
    }
}

fn fill(schema: &Schema, keys: &BTreeMap<String, Vec<Vec<String>>>) -> Sqlite {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(&ddl(schema, keys)).unwrap();
    db.execute_batch("PRAGMA temp_store = MEMORY; BEGIN").unwrap();
    let mut d = Dice(42);
    for (register, size) in SIZES {
        let Some(r) = schema.registers.get(*register) else { panic!("no register {register}") };
        let mut columns: Vec<(&str, Kind)> = ["id", "deleted_at", "search", "sort_title", "path"].map(|c| (c, Kind::Bool)).to_vec();
        columns.extend(r.fields.iter().filter(|f| !matches!(f.kind, Kind::Links(_))).map(|f| (f.id.as_str(), f.kind.clone())));
        let names: Vec<String> = columns.iter().map(|c| format!("\"{}\"", c.0)).collect();
        let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
        let mut st = db.prepare(&format!("INSERT INTO \"{register}\" ({}) VALUES ({})", names.join(","), marks.join(","))).unwrap();
        for n in 0..*size {
            let row = columns.iter().map(|(c, k)| if *c == "id" { Val::Text(id(register, n)) } else { value(&mut d, register, n, c, k) });
            st.execute(rusqlite::params_from_iter(row.map(|v| lite(&v)))).unwrap();
        }
    }
    let mut st = db.prepare("INSERT OR IGNORE INTO system__administrators VALUES (?1, ?2, 0)").unwrap();
    for n in 0..5_000 {
        st.execute([id("system", n % 2_000), id("person", d.below(60_000))]).unwrap();
    }
    drop(st);
    // kernel/store runs PRAGMA optimize when it closes
    db.execute_batch("COMMIT; ANALYZE").unwrap();
    Sqlite(db)
}

fn best(mut f: impl FnMut() -> usize) -> Duration {
    let time = |f: &mut dyn FnMut() -> usize| {
        let t = Instant::now();
        std::hint::black_box(f());
        t.elapsed()
    };
    (0..5).map(|_| time(&mut f)).min().unwrap()
}

fn indicators(schema: &Schema) -> Vec<Compiled> {
    let mut out = vec![];
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join("packs/indicators-2026")).into_iter().flatten().flatten().map(|f| f.path()).collect();
    files.sort();
    for f in files.iter().filter(|f| f.extension().is_some_and(|e| e == "toml")) {
        let name = f.file_name().unwrap().to_string_lossy().into_owned();
        let pack = Pack::load(&std::fs::read_to_string(f).unwrap(), &name).unwrap_or_else(|e| panic!("{e}"));
        out.extend(pack.indicators.iter().filter_map(|i| compile(i, schema, &name).unwrap_or_else(|e| panic!("{e}"))));
    }
    out
}

fn statement(c: &Compiled, ctx: &Ctx) -> Statement {
    if c.indicator.kind == FigureKind::Ratio { c.main.total(ctx) } else { c.main.summary(ctx) }
}

fn sorted(mut rows: Vec<Vec<Val>>) -> Vec<String> {
    let mut out: Vec<String> = rows.drain(..).map(|r| format!("{r:?}")).collect();
    out.sort();
    out
}

/// Every indicator of the packs compiles against the definitions as they are.
#[test]
fn the_packs_of_this_repository_compile() {
    let (schema, _) = definitions();
    if schema.registers.is_empty() {
        return println!("skipped: no modules beside this crate");
    }
    assert!(indicators(&schema).len() >= 20);
}

#[test]
#[ignore = "a measurement, in release mode"]
fn perf() {
    let (schema, keys) = definitions();
    let mut db = fill(&schema, &keys);
    let (mut sum, mut hand_sum, mut slow) = (Duration::ZERO, Duration::ZERO, vec![]);
    println!("{:8} {:>9} {:>9} {:>6}   met/unmet/unknown   drill  one commune", "", "language", "by hand", "ratio");
    for c in indicators(&schema) {
        let ctx = c.ctx(DAY).unwrap();
        let s = statement(&c, &ctx);
        let ours = best(|| db.rows(&s).len());
        let page = c.main.drill(&ctx, Outcome::Unmet, 50, None);
        let drill = best(|| db.rows(&page).len());
        let one = Ctx { scope: crate::AgencyScope::Paths(vec![format!("/{}/{}/", id("agency", 0), id("agency", 77))]), ..ctx.clone() };
        let s1 = statement(&c, &one);
        let commune = best(|| db.rows(&s1).len());
        let rows = db.rows(&s);
        let figure: Vec<i64> =
            (1..rows.first().map_or(1, Vec::len)).map(|i| rows.iter().map(|r| if let Val::Int(n) = r[i] { n } else { 0 }).sum()).collect();
        let mut hand = None;
        for sql in BY_HAND.iter().filter(|h| h.0 == c.indicator.id).map(|h| h.1) {
            let text = if c.indicator.kind == FigureKind::Ratio {
                sql.to_owned()
            } else {
                format!("WITH q AS MATERIALIZED ({sql}) SELECT a, SUM(o=1), SUM(o=2), SUM(o=3), SUM(o=4) FROM q GROUP BY a")
            };
            let h = Statement { sql: text, params: vec![] };
            assert_eq!(sorted(db.rows(&h)), sorted(rows.clone()), "{}", c.indicator.id);
            let t = best(|| db.rows(&h).len());
            hand = Some(hand.map_or(t, |x: Duration| x.min(t)));
        }
        let ms = |d: Duration| format!("{:.1}", d.as_secs_f64() * 1e3);
        let ratio = hand.map_or(0.0, |h| ours.as_secs_f64() / h.as_secs_f64());
        println!(
            "{:8} {:>9} {:>9} {:>6.2}   {:?}  {}  {}",
            c.indicator.id,
            ms(ours),
            hand.map_or("-".into(), ms),
            ratio,
            figure,
            ms(drill),
            ms(commune)
        );
        sum += ours;
        hand_sum += hand.unwrap_or_default();
        if ratio > 1.3 {
            slow.push((c.indicator.id.clone(), ratio));
        }
        if std::env::var("PLAN").is_ok_and(|p| p == c.indicator.id) {
            println!("{}\n{:?}", s.sql, s.params);
            for r in db.rows(&Statement { sql: format!("EXPLAIN QUERY PLAN {}", s.sql), params: s.params.clone() }) {
                println!("{:?}", r[3]);
            }
        }
    }
    println!(
        "all: {:.0} ms, by hand {:.0} ms (those written by hand); slower than 1.3×: {slow:?}",
        sum.as_secs_f64() * 1e3,
        hand_sum.as_secs_f64() * 1e3
    );
}
