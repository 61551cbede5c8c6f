//! On the whole small province: the SQL of every indicator says what the evaluator says of each record; the agencies add
//! up; what goes out as a file comes in again without a trace.

use std::collections::{BTreeMap, HashMap};

use access::Actor;
use registers::{Data, Query, Record, files};
use rules::{Ctx, Figure, Outcome, Rate, Rec, Val, World};
use store::{Tx, Value};

use crate::world;

/// All records of an instance in memory, for the evaluator.
struct Memory {
    registers: HashMap<String, Vec<Rec>>,
    by_id: HashMap<(String, String), Rec>,
    /// (register, field, target) → places in `registers`.
    links: HashMap<(String, String, String), Vec<usize>>,
}

fn val(d: &Data) -> Val {
    match d {
        Data::Null => Val::Null,
        Data::Bool(b) => Val::Int(i64::from(*b)),
        Data::Int(n) => Val::Int(*n),
        Data::Real(x) => Val::Real(*x),
        Data::Text(s) => Val::Text(s.clone()),
        Data::Files(l) => l.first().map_or(Val::Null, |a| Val::Text(a.name().to_owned())),
        Data::Links(l) => Val::List(l.clone()),
    }
}

fn rec(r: &Record) -> Rec {
    let mut fields: BTreeMap<String, Val> = r.fields.iter().map(|(k, v)| (k.clone(), val(v))).collect();
    for (k, v) in [("state", &r.state), ("confirmed_on", &r.confirmed_on)] {
        if let Some(v) = v {
            fields.insert(k.into(), Val::Text(v.clone()));
        }
    }
    fields.insert("created_at".into(), Val::Int(r.created_at));
    fields.insert("updated_at".into(), Val::Int(r.updated_at));
    Rec { register: r.register.clone(), id: r.id.clone(), fields }
}

impl Memory {
    fn of(instance: &lachan::instance::Instance) -> Self {
        let mut m = Self { registers: HashMap::new(), by_id: HashMap::new(), links: HashMap::new() };
        for register in instance.registry.registers.keys() {
            let list: Vec<Rec> = world::records(instance, register, vec![]).iter().map(rec).collect();
            for (i, r) in list.iter().enumerate() {
                m.by_id.insert((register.clone(), r.id.clone()), r.clone());
                for (field, v) in &r.fields {
                    let mut point = |to: &str| m.links.entry((register.clone(), field.clone(), to.to_owned())).or_default().push(i);
                    match v {
                        Val::Text(to) if to.len() == 36 => point(to),
                        Val::List(l) => l.iter().for_each(|to| point(to)),
                        _ => {}
                    }
                }
            }
            m.registers.insert(register.clone(), list);
        }
        m
    }
}

impl World for Memory {
    fn record(&self, register: &str, id: &str) -> Option<Rec> {
        self.by_id.get(&(register.to_owned(), id.to_owned())).cloned()
    }
    fn linked(&self, register: &str, field: &str, target: &str) -> Vec<Rec> {
        let places = self.links.get(&(register.to_owned(), field.to_owned(), target.to_owned()));
        places.into_iter().flatten().map(|i| self.registers[register][*i].clone()).collect()
    }
    fn all(&self, register: &str) -> Vec<Rec> {
        self.registers.get(register).cloned().unwrap_or_default()
    }
}

fn summary(tx: &mut Tx, rate: &Rate, ctx: &Ctx) -> store::Result<Figure> {
    let s = rate.summary(ctx);
    let params: Vec<Value> = s.params.iter().map(registers::to_value).collect();
    let mut total = Figure::default();
    for r in tx.query(&s.sql, &params)? {
        total = total.with(r.get(1)?, r.get(2)?);
    }
    Ok(total)
}

fn drilled(tx: &mut Tx, rate: &Rate, ctx: &Ctx, outcome: Outcome) -> store::Result<Vec<String>> {
    let (mut out, mut after) = (Vec::new(), None::<String>);
    loop {
        let s = rate.drill(ctx, outcome, 400, after.as_deref());
        let params: Vec<Value> = s.params.iter().map(registers::to_value).collect();
        let page: Vec<String> = tx.query(&s.sql, &params)?.iter().map(|r| r.get(0)).collect::<store::Result<_>>()?;
        after = page.last().cloned();
        let last = page.len() < 400;
        out.extend(page);
        if last {
            return Ok(out);
        }
    }
}

#[test]
fn the_statement_of_every_indicator_says_what_the_evaluator_says() {
    let w = world::sqlite();
    let catalogue = targets::Catalogue::load(&w.instance.registry).unwrap();
    let memory = Memory::of(&w.instance);
    let mut wrong = Vec::new();
    for day in ["2026-11-22", "2026-09-30"] {
        for (id, c) in &catalogue.compiled {
            let ctx = c.ctx(day).unwrap();
            for part in std::iter::once("").chain(c.parts.iter().map(|p| p.id.as_str())) {
                let rate = c.rate(part).unwrap();
                let mut by: BTreeMap<i64, Vec<String>> = BTreeMap::new();
                for r in &memory.registers[&rate.register] {
                    if let Some(o) = rate.evaluate(&memory, r, &ctx) {
                        by.entry(o.code()).or_default().push(r.id.clone());
                    }
                }
                // both ways of writing the question, whichever this engine would be asked in
                let sets = rules::Ctx { sets: true, ..ctx.clone() };
                let joined = w.instance.store.read_blocking(|tx| summary(tx, rate, &sets)).unwrap();
                let (sql, drill) = w
                    .instance
                    .store
                    .read_blocking(|tx| {
                        let all = [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded];
                        let ids = all.into_iter().map(|o| Ok((o, drilled(tx, rate, &ctx, o)?))).collect::<store::Result<Vec<_>>>()?;
                        Ok((summary(tx, rate, &ctx)?, ids))
                    })
                    .unwrap();
                let n = |o: Outcome| i64::try_from(by.get(&o.code()).map_or(0, Vec::len)).unwrap();
                let told = Figure {
                    met: n(Outcome::Met),
                    unmet: n(Outcome::Unmet),
                    unknown: n(Outcome::Unknown),
                    excluded: n(Outcome::Excluded),
                    ..Figure::default()
                };
                if sql != told || joined != told {
                    wrong.push(format!("{id} {part} on {day}: SQL {sql:?}, joined {joined:?}, evaluator {told:?}"));
                }
                for (o, ids) in drill {
                    let mut expected = by.remove(&o.code()).unwrap_or_default();
                    expected.sort();
                    if ids != expected {
                        wrong.push(format!("{id} {part} on {day}: {} opens to other records", o.word()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn agencies_add_up_on_both_engines() {
    let mut seen = Vec::new();
    for engine in testkit::ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let catalogue = targets::Catalogue::load(&w.instance.registry).unwrap();
        let actor = Actor::system("test");
        let mut all = Vec::new();
        for id in catalogue.compiled.keys() {
            let (by, head) = w
                .instance
                .store
                .read_blocking(|tx| {
                    let by = targets::by_agency(tx, &w.instance.registry, &actor, id, "2026-11-22")?;
                    Ok((by, targets::headline(tx, &w.instance.registry, &actor, id, "2026-11-22", None)?))
                })
                .unwrap();
            let head = head.unwrap();
            let sum = by.values().fold((0, 0, 0), |a, f| (a.0 + f.met, a.1 + f.population, a.2 + f.unknown));
            assert_eq!(sum, (head.met, head.met + head.unmet + head.unknown, head.unknown), "{id}");
            all.push((id.clone(), head.words));
        }
        seen.push((engine, all));
    }
    assert!(seen[0].1.iter().filter(|(_, words)| words.contains('%')).count() > 10, "the small demo has figures");
    for (engine, all) in &seen[1..] {
        assert_eq!(*all, seen[0].1, "{engine:?} says something else than SQLite");
    }
}

#[test]
fn every_register_taken_out_and_brought_in_again_changes_nothing() {
    for engine in [store::Engine::Sqlite, store::Engine::Postgres] {
        let Some(w) = world::on(engine) else { continue };
        let mut wrong = Vec::new();
        for register in w.instance.registry.registers.keys() {
            let reg = std::sync::Arc::clone(&w.instance.registry);
            let name = register.clone();
            let system = Actor::system("test");
            let query = Query { as_of: Some("all".into()), ..Query::default() };
            let book = w.instance.store.read_blocking(|tx| files::export(tx, &reg, &system, &name, &query)).unwrap();
            let bytes = book.to_xlsx().unwrap();
            let sheet = files::read(&reg, &name, &bytes).unwrap();
            let rows = sheet.rows.len();
            let report = files::dry_run(&w.instance.store, &reg, &system, &name, sheet).unwrap();
            let c = &report.counts;
            if c.unchanged as usize != rows {
                let other = report.rows.iter().find(|r| r.outcome != files::Outcome::Unchanged);
                wrong.push(format!("{register}: {c:?} of {rows} rows; {other:?}"));
            }
        }
        assert!(wrong.is_empty(), "{engine:?}\n{}", wrong.join("\n"));
    }
}
