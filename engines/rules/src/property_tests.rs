//! SQL = evaluator, in both shapes of SQL, on random registers and random rules; children sum to parents; pages cover all.
use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::sql::Sql;
use crate::testing::{Data, Dice, ctx, figures, random, rows, schema};
use crate::{AgencyScope, Ctx, Kind, Outcome, Pack, Predicate, Register, Schema, Statement, World, compile};

/// Writes random sentences of the language that are right.
struct Author<'a> {
    schema: &'a Schema,
    dice: &'a mut Dice,
    scopes: Vec<&'a Register>,
}

impl<'a> Author<'a> {
    fn here(&self) -> &'a Register {
        self.scopes.last().unwrap()
    }

    fn expr(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 1 } else { 7 }) {
            1 => format!("({} and {})", self.expr(depth - 1), self.expr(depth - 1)),
            2 => format!("({} or {})", self.expr(depth - 1), self.expr(depth - 1)),
            3 => format!("not ({})", self.expr(depth - 1)),
            4 | 5 => self.quant(depth).unwrap_or_else(|| self.atom()),
            6 => self.all_of(depth).unwrap_or_else(|| self.atom()),
            _ => self.atom(),
        }
    }

    /// A path to some field from here or, sometimes, from an outer record.
    fn path(&mut self) -> (String, Kind) {
        let (prefix, register) = if self.scopes.len() > 1 && self.dice.chance(30) { ("this.", self.scopes[0]) } else { ("", self.here()) };
        let (path, kind) = self.walk(register);
        (format!("{prefix}{path}"), kind)
    }

    fn walk(&mut self, register: &'a Register) -> (String, Kind) {
        let mut names: Vec<&str> = register.field_ids().collect();
        names.push("confirmed_on");
        if register.dated {
            names.push("valid_from");
        }
        let name = *self.dice.pick(&names);
        let kind = register.field(name).unwrap().kind;
        if let (Kind::Link(to), true) = (&kind, self.dice.chance(60)) {
            let (rest, kind) = self.walk(&self.schema.registers[to]);
            if rest.matches('.').count() < 3 {
                return (format!("{name}.{rest}"), kind);
            }
        }
        (name.to_owned(), kind)
    }

    fn op(&mut self) -> &'static str {
        const OPS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];
        self.dice.pick::<&str>(&OPS)
    }

    fn day(&mut self) -> String {
        match self.dice.below(6) {
            0 => "as_of".into(),
            1 => "period.start".into(),
            2 => "period.end - 1 month".into(),
            3 => "05/12".into(),
            4 => "as_of - 31 days".into(),
            _ => self.dice.date().replace("-03-31", "-04-01"),
        }
    }

    fn atom(&mut self) -> String {
        let (path, kind) = self.path();
        if self.dice.chance(10) {
            return format!("{path} is {}empty", if self.dice.chance(50) { "not " } else { "" });
        }
        if self.dice.chance(10) && self.here().dated {
            return "active".into();
        }
        match kind {
            Kind::Text => format!("{path} {} \"x\"", self.dice.pick(&["=", "!="])),
            Kind::Integer if self.dice.chance(20) => format!("{path} {}in (1, 2, 2025)", if self.dice.chance(50) { "not " } else { "" }),
            Kind::Integer if self.dice.chance(20) => format!("{path} = period.year"),
            Kind::Integer => format!("{path} {} {}", self.op(), self.dice.below(5)),
            Kind::Decimal => format!("{path} {} {}", self.op(), self.dice.pick(&["1", "1.5", "2.5"])),
            Kind::Money => format!("{path} {} {}", self.op(), self.dice.pick(&["0", "2 triệu", "3000 nghìn"])),
            Kind::Bool => self.dice.pick(&[path.clone(), format!("{path} = false"), format!("not {path}")]).clone(),
            Kind::Choice(options) => {
                let (a, b) = (self.dice.pick(&options).0.clone(), self.dice.pick(&options).0.clone());
                self.dice
                    .pick(&[
                        format!("{path} = {a}"),
                        format!("{path} != {a}"),
                        format!("{path} in ({a}, {b})"),
                        format!("{path} not in ({a}, {b})"),
                    ])
                    .clone()
            }
            Kind::Date | Kind::Instant => self.day_atom(&path, &kind),
            Kind::Link(to) => self.link_atom(&path, &to),
            Kind::Links(_) => format!("{path} is not empty"),
        }
    }

    fn day_atom(&mut self, path: &str, kind: &Kind) -> String {
        match self.dice.below(6) {
            0 => format!("{path} within period"),
            1 => format!("{path} within {} {}", self.dice.below(15), self.dice.pick(&["days", "months", "years"])),
            2 => format!("{path} within next {} months", self.dice.below(15)),
            3 if *kind == Kind::Date => {
                let integers: Vec<String> = self.here().fields.iter().filter(|f| f.kind == Kind::Integer).map(|f| f.id.clone()).collect();
                match integers.first() {
                    Some(field) => format!("{path} within {field} months"),
                    None => format!("{path} within period"),
                }
            }
            4 => format!("{path} {} {}", self.dice.pick(&["before", "after", "on or before", "on or after", "="]), self.day()),
            _ => format!("{path} {} {}", self.op(), self.day()),
        }
    }

    fn link_atom(&mut self, path: &str, to: &str) -> String {
        for (i, register) in self.scopes.iter().enumerate() {
            let other = register.fields.iter().find(|f| f.kind == Kind::Link(to.to_owned()));
            if let (Some(other), true) = (other, i == 0 || i + 1 == self.scopes.len()) {
                let prefix = if i == 0 && self.scopes.len() > 1 { "this." } else { "" };
                return format!("{path} = {prefix}{}", other.id);
            }
        }
        if self.schema.registers[to].dated { format!("{path}.active") } else { format!("{path} is not empty") }
    }

    fn inside(&mut self, register: &'a Register, depth: usize) -> String {
        self.scopes.push(register);
        let out = self.expr(depth);
        self.scopes.pop();
        out
    }

    fn quant(&mut self, depth: usize) -> Option<String> {
        let here = self.here();
        let mut ways: Vec<(String, &'a Register)> = Vec::new();
        for register in self.schema.registers.values() {
            for field in &register.fields {
                match &field.kind {
                    Kind::Link(to) | Kind::Links(to) if *to == here.id => {
                        ways.push((format!("{} VALID via {}", register.id, field.id), register))
                    }
                    _ => {}
                }
            }
        }
        for field in &here.fields {
            if let Kind::Links(to) = &field.kind {
                ways.push((format!("{} VALID", field.id), &self.schema.registers[to]));
            }
            if let Kind::Link(to) = &field.kind {
                for register in self.schema.registers.values() {
                    for other in register.fields.iter().filter(|f| f.kind == Kind::Link(to.clone())) {
                        ways.push((format!("{} VALID via {} = {}", register.id, other.id, field.id), register));
                    }
                }
            }
        }
        if here.id == "agency" {
            ways.push(("training_record VALID via person.agency".into(), &self.schema.registers["training_record"]));
        }
        if ways.is_empty() {
            return None;
        }
        let (way, register) = self.dice.pick(&ways).clone();
        let validity = self.dice.pick(&["", "ever", "valid during period"]);
        let mut text = way.replace("VALID", validity);
        if self.dice.chance(70) {
            text = format!("{text} where ({})", self.inside(register, depth - 1));
        }
        Some(match self.dice.below(5) {
            0 => format!("(no {text})"),
            1 => format!("count ({text}) {} {}", self.op(), self.dice.below(4)),
            2 if here.id == "system" || here.id == "agency" => {
                let field = if here.id == "system" { "level" } else { "headcount" };
                format!("count ({text}) {} {field}", self.op())
            }
            _ => format!("(exists {text})"),
        })
    }

    fn all_of(&mut self, depth: usize) -> Option<String> {
        let (catalogue, answer, fields) = match self.here().id.as_str() {
            "system" => *self.dice.pick(&[("control", "control_answer", "level"), ("layer", "system_layer", "no")]),
            "agency" => ("product", "deployment", ""),
            _ => return None,
        };
        let (c, a) = (&self.schema.registers[catalogue], &self.schema.registers[answer]);
        let demand = match self.dice.below(4) {
            0 => String::new(),
            1 if !fields.is_empty() && self.scopes.len() == 1 => format!(" where {fields} = this.level and {}", self.inside(c, 0)),
            2 if !fields.is_empty() => format!(" where {fields} <= 3"),
            _ => format!(" where ({})", self.inside(c, depth - 1)),
        };
        self.scopes.push(c);
        let cond = self.inside(a, depth - 1);
        self.scopes.pop();
        Some(format!("(all of {catalogue}{demand} have {answer} where ({cond}))"))
    }
}

pub fn context(dice: &mut Dice) -> Ctx {
    let as_of = dice.date().replace("-03-31", "-02-28");
    let year = &as_of[..4];
    match dice.below(3) {
        0 => ctx(&as_of, &as_of, &as_of),
        1 => ctx(&as_of, &format!("{year}-01-01"), &format!("{year}-12-31")),
        _ => ctx(&as_of, "2025-06-01", "2025-12-14"),
    }
}

const REGISTERS: [&str; 7] = ["agency", "person", "system", "post", "deployment", "certificate", "report_submission"];

/// SQL of a predicate as 1, 0 or empty per record.
fn by_sql(db: &rusqlite::Connection, predicate: &Predicate, ctx: &Ctx, sets: bool) -> BTreeMap<String, String> {
    let mut sql = Sql::new(ctx, 1, sets);
    let alias = sql.frame('r');
    let text = sql.pred(&predicate.pred);
    let joins = sql.pop();
    let register = &predicate.register;
    let sql_text =
        format!("SELECT {alias}.\"id\", CAST(({text}) AS INTEGER) FROM \"{register}\" {alias}{joins} WHERE {alias}.\"deleted_at\" IS NULL");
    rows(db, &Statement { sql: sql_text, params: sql.params }).into_iter().map(|r| (r[0].clone(), r[1].clone())).collect()
}

fn check_predicate(seed: u64) {
    let schema = schema();
    let mut dice = Dice(seed);
    let data = random(&schema, &mut dice, 7);
    let db = data.sqlite(&schema);
    for _ in 0..6 {
        let register = *dice.pick(&REGISTERS);
        let source = Author { schema: &schema, dice: &mut dice, scopes: vec![&schema.registers[register]] }.expr(3);
        let predicate = Predicate::check(&source, &schema, register).unwrap_or_else(|e| panic!("{e}\n{source}"));
        let ctx = context(&mut dice);
        let expected: BTreeMap<String, String> = data
            .all(register)
            .into_iter()
            .map(|rec| {
                let answer = predicate.evaluate(&data, &rec.id, &ctx);
                (rec.id, answer.map_or(String::new(), |b| i64::from(b).to_string()))
            })
            .collect();
        for sets in [false, true] {
            assert_eq!(by_sql(&db, &predicate, &ctx, sets), expected, "sets {sets} seed {seed}\n{register}: {source}");
        }
        // As a list filter on somebody else's FROM, with parameters of its own before it.
        let filter = predicate.to_sql("t", 3, &ctx);
        let mut params = vec![crate::Param::Int(1), crate::Param::Int(1)];
        params.extend(filter.params);
        let sql = format!("SELECT t.\"id\" FROM \"{register}\" t WHERE $1 = $2 AND t.\"deleted_at\" IS NULL AND {} ORDER BY 1", filter.sql);
        let found: Vec<String> = rows(&db, &Statement { sql, params }).into_iter().map(|mut r| r.swap_remove(0)).collect();
        let wanted: Vec<String> = expected.into_iter().filter(|(_, v)| v == "1").map(|(id, _)| id).collect();
        assert_eq!(found, wanted, "filter, seed {seed}\n{register}: {source}");
        assert!(!predicate.sentence(crate::Lang::Vi).plain().is_empty());
        assert!(!predicate.lineage().is_empty());
    }
}

/// A random indicator and the register it is about.
pub fn any_indicator(schema: &Schema, dice: &mut Dice) -> (&'static str, crate::Compiled) {
    let register = *dice.pick(&REGISTERS);
    let mut say = |depth| Author { schema, dice, scopes: vec![&schema.registers[register]] }.expr(depth).replace('"', "\\\"");
    let (population, meets, exclude, unknown) = (say(1), say(2), say(1), say(1));
    let extra = if dice.chance(60) {
        format!("exclude = [{{ when = \"{exclude}\", reason = {{ vi = \"a\", en = \"a\" }} }}]\nunknown = \"{unknown}\"\n")
    } else {
        String::new()
    };
    let pack = format!(
        "[[indicator]]\nid = \"X\"\nlabel = {{ vi = \"x\", en = \"x\" }}\nbasis = [\"x\"]\npopulation = \"{register} where {population}\"\nmeets = \"{meets}\"\n{extra}"
    );
    let pack = Pack::load(&pack, "x.toml").unwrap_or_else(|e| panic!("{e:?}\n{pack}"));
    (register, compile(&pack.indicators[0], schema).unwrap_or_else(|e| panic!("{e:?}")))
}

fn check_indicator(seed: u64) {
    let schema = schema();
    let mut dice = Dice(seed);
    let data = random(&schema, &mut dice, 9);
    let db = data.sqlite(&schema);
    let (register, compiled) = any_indicator(&schema, &mut dice);
    let ctx = context(&mut dice);
    let mut expected: [Vec<String>; 4] = Default::default();
    for rec in data.all(register) {
        match compiled.evaluate(&data, &rec.id, &ctx) {
            Outcome::Outside => {}
            outcome => expected[outcome as usize].push(rec.id),
        }
    }
    let total = figures(&db, &compiled.summary(&ctx)).values().fold([0; 5], |sum, f| std::array::from_fn(|i| sum[i] + f[i]));
    let n = |i: usize| expected[i].len() as i64;
    assert_eq!(total, [n(0) + n(1) + n(2) + n(3), n(0), n(1), n(2), n(3)], "seed {seed}");

    // Children sum to the parent: the agencies of two branches and those without an agency make up everything.
    let part = |scope| figures(&db, &compiled.summary(&ctx.clone().scoped(scope)));
    let mut by_branch = part(AgencyScope::Paths(vec!["/north/".into()]));
    by_branch.extend(part(AgencyScope::Paths(vec!["/south/".into()])));
    let all = figures(&db, &compiled.summary(&ctx));
    let with_agency: BTreeMap<_, _> = all.iter().filter(|(agency, _)| !agency.is_empty()).map(|(a, f)| (a.clone(), *f)).collect();
    assert_eq!(by_branch, with_agency, "seed {seed}");
    let mut by_agency = BTreeMap::new();
    for agency in with_agency.keys() {
        by_agency.extend(part(AgencyScope::Agencies(vec![agency.clone()])));
    }
    assert_eq!(by_agency, with_agency, "seed {seed}");
    assert!(part(AgencyScope::Paths(Vec::new())).is_empty() && part(AgencyScope::Agencies(Vec::new())).is_empty());

    for (i, outcome) in [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded].into_iter().enumerate() {
        let mut listed = Vec::new();
        let mut after = String::new();
        loop {
            let page = rows(&db, &compiled.drill(&ctx, outcome, 2, &after));
            let Some(last) = page.last() else { break };
            after.clone_from(&last[0]);
            assert!(page.len() <= 2 && page.iter().all(|r| (r[2] == "-1") == (outcome != Outcome::Excluded)));
            listed.extend(page.into_iter().map(|mut r| r.swap_remove(0)));
        }
        assert_eq!(listed, expected[i], "{outcome:?} seed {seed}");
    }
    drop::<Data>(data);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sql_says_what_the_evaluator_says(seed in any::<u64>()) {
        check_predicate(seed);
    }

    #[test]
    fn figures_add_up(seed in any::<u64>()) {
        check_indicator(seed);
    }

    #[test]
    fn no_input_panics(source in "[a-z0-9_.()<>=!\",/ -]{0,80}") {
        let schema = schema();
        let _ = Predicate::check(&source, &schema, "person");
        let _ = crate::Selection::check(&source, &schema);
        let _ = Pack::load(&source, "x");
    }

    #[test]
    fn no_sentence_of_words_panics(words in proptest::collection::vec(proptest::sample::select(vec![
        "exists", "no", "count", "all", "of", "have", "where", "and", "or", "not", "is", "empty", "in", "(", ")", ",", "within", "period",
        "next", "days", "this", ".", "person", "post", "agency", "active", "=", ">=", "3", "2026-12-31", "via", "ever", "-", "as_of", "\"x\"",
    ]), 0..25)) {
        let schema = schema();
        let _ = Predicate::check(&words.join(" "), &schema, "person");
    }
}
