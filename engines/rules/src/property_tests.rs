//! Statement = evaluator = drill-down, over random registers and random rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::random_rules::{DAYS, Rules, world};
use crate::testing::{Answers, Dice, Postgres, Records};
use crate::{AgencyScope, Compiled, Ctx, Indicator, Outcome, Pack, Rate, Val, compile};

/// An indicator from random rules. Everything the generator writes is a valid rule.
pub(crate) fn indicator(d: &mut Dice, w: &Records) -> Compiled {
    let register = d.word(&["agency", "person", "system", "system", "answer", "post"]).to_owned();
    let mut rules = Rules { d, schema: &w.schema };
    let population = rules.rule(&register);
    let meets = rules.rule(&register);
    let extra = rules.rule(&register);
    let quoted = |s: &str| format!("{s:?}");
    let when = if w.schema.registers[&register].dated { d.word(&["", " ever", " during period"]) } else { "" };
    let population = if d.one_in(2) { format!("{register}{when}") } else { format!("{register}{when} where {population}") };
    let more = match d.below(4) {
        0 => format!("unknown = {}\n", quoted(&extra)),
        1 => format!("[[indicator.exclude]]\nwhen = {}\nreason = {{ vi = \"v\", en = \"e\" }}\n", quoted(&extra)),
        _ => String::new(),
    };
    let text = format!(
        "[[indicator]]\nid = \"P\"\nlabel = {{ vi = \"v\", en = \"e\" }}\nperiod = \"calendar year\"\npopulation = {}\nmeets = {}\n{more}\
         [indicator.setting.n]\nvalue = 2\nlabel = {{ vi = \"v\", en = \"e\" }}\n[indicator.setting.gone]\nvalue = 1\nlabel = {{ vi = \"v\", en = \"e\" }}\n\
         [indicator.setting.day]\nvalue = 2026-01-01\nlabel = {{ vi = \"v\", en = \"e\" }}\n",
        quoted(&population),
        quoted(&meets)
    );
    let pack = Pack::load(&text, "p.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
    compile(&pack.indicators[0], &w.schema, "p.toml").unwrap_or_else(|e| panic!("{e}\n{text}")).unwrap()
}

pub(crate) fn show(i: &Indicator) -> String {
    format!("population: {:?}\nmeets: {:?}\nunknown: {:?}\nexclude: {:?}", i.population, i.meets, i.unknown, i.exclude)
}

pub(crate) fn context(d: &mut Dice, c: &Compiled) -> Ctx {
    let mut ctx = c.ctx(d.word(DAYS)).unwrap();
    ctx.settings.remove("gone");
    // whoever asks says which registers are empty; here now and then one that is not
    if d.one_in(4) {
        ctx.empty.insert(d.word(&["answer", "post", "person", "control", "layer"]).to_owned());
    }
    ctx
}

fn code(v: &Val) -> i64 {
    let Val::Int(n) = v else { panic!("{v:?}") };
    *n
}
fn words(v: &Val) -> Option<String> {
    match v {
        Val::Text(s) => Some(s.clone()),
        Val::Null => None,
        v => panic!("{v:?}"),
    }
}

/// What the evaluator says of every record that is not withdrawn.
fn expected(w: &Records, r: &Rate, ctx: &Ctx) -> BTreeMap<String, i64> {
    let live = w.of(&r.register).iter().filter(|(_, gone)| !gone);
    live.filter_map(|(rec, _)| Some((rec.id.clone(), r.evaluate(w, rec, ctx)?.code()))).collect()
}

fn agrees(db: &mut dyn Answers, w: &Records, c: &Compiled, ctx: &Ctx) {
    let want = expected(w, &c.main, ctx);
    for (bulk, sets) in [(true, false), (false, false), (false, true)] {
        let s = c.main.each(&Ctx { sets, ..ctx.clone() }, bulk);
        let rows = db.rows(&s);
        let got: BTreeMap<String, i64> = rows.iter().map(|r| (words(&r[0]).unwrap(), code(&r[1]))).collect();
        assert_eq!(rows.len(), got.len(), "records counted twice\n{}", show(&c.indicator));
        assert_eq!(got, want, "bulk {bulk}, sets {sets}, as of {}\n{}\n{}\n{:?}", ctx.as_of, show(&c.indicator), s.sql, s.params);
    }
}

pub(crate) type Counts = BTreeMap<Option<String>, [i64; 4]>;

pub(crate) fn summary(db: &mut dyn Answers, r: &Rate, ctx: &Ctx) -> Counts {
    let mut out = Counts::new();
    for row in db.rows(&r.summary(ctx)) {
        let n = usize::try_from(code(&row[1])).unwrap();
        out.entry(words(&row[0])).or_default()[n - 1] += code(&row[2]);
    }
    out
}

fn total(c: &Counts) -> [i64; 4] {
    c.values().fold([0; 4], |a, b| std::array::from_fn(|i| a[i] + b[i]))
}

/// Drilled in pages of two: every record once, in order, and as many as the summary says.
fn drills_cover(db: &mut dyn Answers, c: &Compiled, ctx: &Ctx) {
    let counts = total(&summary(db, &c.main, ctx));
    for (i, o) in [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded].into_iter().enumerate() {
        let mut seen: Vec<String> = vec![];
        loop {
            let rows = db.rows(&c.main.drill(ctx, o, 2, seen.last().map(String::as_str)));
            seen.extend(rows.iter().filter_map(|r| words(&r[0])));
            if rows.len() < 2 {
                break;
            }
            assert!(seen.len() < 1000, "paging does not end");
        }
        assert!(seen.is_sorted() && seen.windows(2).all(|p| p[0] != p[1]), "{seen:?}");
        assert_eq!(seen.len() as i64, counts[i], "{o:?}\n{}", show(&c.indicator));
    }
}

/// Sum over children (the agency itself, and each branch) = the parent; paths and lists of agencies agree.
fn children_add_up(db: &mut dyn Answers, c: &Compiled, ctx: &Ctx) {
    let scoped = |scope: AgencyScope| Ctx { scope, ..ctx.clone() };
    let mut of = |scope| summary(db, &c.main, &scoped(scope));
    let path = |p: &str| AgencyScope::Paths(vec![p.to_owned()]);
    let parent = of(path("/ag0/"));
    let own = of(AgencyScope::Agencies(vec!["ag0".into()]));
    let (one, two) = (of(path("/ag0/ag1/")), of(path("/ag0/ag2/")));
    let sum: [i64; 4] = std::array::from_fn(|i| total(&own)[i] + total(&one)[i] + total(&two)[i]);
    assert_eq!(sum, total(&parent), "{}", show(&c.indicator));
    let both = of(AgencyScope::Paths(vec!["/ag0/ag2/".into(), "/ag0/ag1/".into()]));
    let listed = of(AgencyScope::Agencies(vec!["ag1".into(), "ag2".into(), "ag3".into()]));
    assert_eq!(both, listed);
    let all = of(AgencyScope::All);
    for (agency, n) in &parent {
        assert_eq!(all.get(agency), Some(n));
    }
    assert!(of(AgencyScope::Agencies(vec![])).is_empty() && of(AgencyScope::Paths(vec![])).is_empty());
}

fn check_world(seed: u64, rules: usize) {
    let mut d = Dice(seed);
    let w = world(&mut d);
    let mut db = w.sqlite();
    for _ in 0..rules {
        let c = indicator(&mut d, &w);
        let ctx = context(&mut d, &c);
        agrees(&mut db, &w, &c, &ctx);
        drills_cover(&mut db, &c, &ctx);
        children_add_up(&mut db, &c, &ctx);
    }
}

#[test]
fn statement_and_evaluator_agree_on_thousands_of_rules() {
    for seed in 0..150 {
        check_world(seed, 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn statement_and_evaluator_agree_on_any_seed(seed in any::<u64>()) {
        check_world(seed, 10);
    }
}

#[test]
fn postgresql_agrees_too() {
    let Some(mut pg) = Postgres::open("rules_property") else { return };
    for seed in 1000..1025 {
        let mut d = Dice(seed);
        let w = world(&mut d);
        pg.fill(&w);
        for _ in 0..20 {
            let c = indicator(&mut d, &w);
            let ctx = context(&mut d, &c);
            agrees(&mut pg, &w, &c, &ctx);
            drills_cover(&mut pg, &c, &ctx);
            children_add_up(&mut pg, &c, &ctx);
        }
    }
}

/// The rules are not all trivial: every outcome comes up often.
#[test]
fn the_generator_reaches_every_outcome() {
    let mut n = [0; 5];
    for seed in 0..60 {
        let mut d = Dice(seed);
        let w = world(&mut d);
        for _ in 0..10 {
            let c = indicator(&mut d, &w);
            let ctx = context(&mut d, &c);
            let got = expected(&w, &c.main, &ctx);
            n[0] += w.of(&c.main.register).len() - got.len();
            got.values().for_each(|o| n[*o as usize] += 1);
        }
    }
    assert!(n.iter().all(|n| *n > 50), "{n:?}");
}
