//! After any change, agencies that are not touched have the figures they had.

use std::collections::{BTreeMap, BTreeSet};

use crate::property_tests::{Counts, context, indicator, show, summary};
use crate::random_rules::{value_of, world};
use crate::testing::{Answers, Dice, Postgres, Records};
use crate::{AgencyScope, Change, Ctx, Kind, Rec, Val};

fn links(w: &Records, r: &Rec) -> BTreeMap<String, Vec<String>> {
    let fields = w.schema.registers[&r.register].fields.iter();
    let named = |v: Option<&Val>| match v {
        Some(Val::Text(t)) => vec![t.clone()],
        Some(Val::List(l)) => l.clone(),
        _ => vec![],
    };
    fields
        .filter(|f| matches!(f.kind, Kind::Link(_) | Kind::Links(_)))
        .map(|f| (f.id.clone(), named(r.fields.get(&f.id))))
        .filter(|(_, n)| !n.is_empty())
        .collect()
}

/// One to three records changed, withdrawn, brought back or made.
fn changed(d: &mut Dice, w: &Records) -> (Records, Vec<Change>) {
    let mut after = Records { schema: w.schema.clone(), rows: w.rows.clone() };
    let mut changes: Vec<Change> = vec![];
    let registers: Vec<String> = w.schema.registers.keys().filter(|r| !w.of(r).is_empty()).cloned().collect();
    for _ in 0..=d.below(3) {
        let register = d.pick(&registers).clone();
        let at = d.below(after.of(&register).len() + 1);
        let fields = w.schema.registers[&register].fields.clone();
        let rows = after.rows.get_mut(&register).unwrap();
        let made = at == rows.len();
        if made {
            if register == "agency" {
                continue;
            }
            // an id that no link names yet: the registers refuse a link to nothing
            rows.push((Rec { register: register.clone(), id: format!("{}new{at}", &register[..2]), ..Rec::default() }, false));
        }
        let (rec, gone) = &mut rows[at];
        let before = (!made).then(|| links(w, rec));
        if !changes.iter().any(|c| (&c.register, &c.record) == (&register, &rec.id)) {
            changes.push(Change { register: register.clone(), record: rec.id.clone(), before });
        }
        for f in fields {
            if made || d.one_in(3) {
                match value_of(d, &f.kind, w) {
                    Some(v) => rec.fields.insert(f.id, v),
                    None => rec.fields.remove(&f.id),
                };
            }
        }
        *gone = if made { false } else { *gone != d.one_in(4) };
    }
    (after, changes)
}

/// How often a rule was asked, how often it could not be told, how many agencies it named.
#[derive(Default)]
struct Told {
    asked: usize,
    everybody: usize,
    named: usize,
}

fn check(db: &mut dyn Answers, was: &Counts, c: &crate::Compiled, ctx: &Ctx, changes: &[Change], told: &mut Told) {
    told.asked += 1;
    let Some(touched) = c.touched("", changes) else {
        told.everybody += 1;
        return;
    };
    let mut names: BTreeSet<Option<String>> = touched.agencies.into_iter().map(Some).collect();
    for s in &touched.ask {
        names.extend(db.rows(s).into_iter().map(|r| match &r[0] {
            Val::Text(t) => Some(t.clone()),
            _ => None,
        }));
    }
    told.named += names.len();
    let now = summary(db, &c.main, ctx);
    for agency in was.keys().chain(now.keys()) {
        if was.get(agency) != now.get(agency) {
            assert!(names.contains(agency), "{agency:?} of {names:?}\n{changes:?}\n{}\n{:#?}", show(&c.indicator), touched.ask);
        }
    }
    if names.contains(&None) {
        return;
    }
    // what the reader does: the touched ones anew, the others as they were
    let list: Vec<String> = names.iter().flatten().cloned().collect();
    let again = summary(db, &c.main, &Ctx { scope: AgencyScope::Agencies(list.clone()), ..ctx.clone() });
    let mut patched: Counts = was.iter().filter(|(a, _)| !names.contains(*a)).map(|(a, n)| (a.clone(), *n)).collect();
    patched.extend(again);
    assert_eq!(patched, now, "{}", show(&c.indicator));
    let below = summary(db, &c.main, &Ctx { scope: AgencyScope::Both(vec!["/ag0/ag1/".into()], list), ..ctx.clone() });
    let inside = summary(db, &c.main, &Ctx { scope: AgencyScope::Paths(vec!["/ag0/ag1/".into()]), ..ctx.clone() });
    assert!(below.iter().all(|(a, n)| names.contains(a) && inside.get(a) == Some(n)));
}

fn run(seed: u64, rules: usize, told: &mut Told) {
    let mut d = Dice(seed);
    let w = world(&mut d);
    let mut db = w.sqlite();
    let (after, changes) = changed(&mut d, &w);
    let mut db_after = after.sqlite();
    for _ in 0..rules {
        let c = indicator(&mut d, &w);
        let ctx = context(&mut d, &c);
        let was = summary(&mut db, &c.main, &ctx);
        check(&mut db_after, &was, &c, &ctx, &changes, told);
    }
}

#[test]
fn agencies_not_touched_keep_their_figures() {
    let mut told = Told::default();
    for seed in 0..200 {
        run(seed, 12, &mut told);
    }
    // it would be true, and of no use, if it named everybody
    assert!(told.everybody * 3 < told.asked, "{} of {} cannot be told", told.everybody, told.asked);
    assert!(told.named < 3 * told.asked, "{} agencies named in {} answers, of 5", told.named, told.asked);
}

#[test]
fn postgresql_names_the_same() {
    let Some(mut pg) = Postgres::open("rules_touch") else { return };
    let mut told = Told::default();
    for seed in 3000..3015 {
        let mut d = Dice(seed);
        let w = world(&mut d);
        let mut db = w.sqlite();
        let (after, changes) = changed(&mut d, &w);
        pg.fill(&after);
        for _ in 0..12 {
            let c = indicator(&mut d, &w);
            let ctx = context(&mut d, &c);
            let was = summary(&mut db, &c.main, &ctx);
            check(&mut pg, &was, &c, &ctx, &changes, &mut told);
        }
    }
    assert!(told.asked > told.everybody);
}
