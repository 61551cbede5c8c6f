//! After each of many random changes, figures that were kept and mended are those that the engine counts anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use access::Actor;
use registers::{Data, Query, Record, actions};
use store::Tx;

use crate::world::{self, World};

/// Changes tried on each engine.
const STEPS: usize = 45;

/// Numbers that look random and are the same each run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap()
    }
    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A record gets some values of another one, or is withdrawn.
fn change(w: &World, d: &mut Dice, register: &str, pool: &[Record]) -> bool {
    let (one, other) = (d.pick(pool).clone(), d.pick(pool).clone());
    let fields: Vec<(String, Data)> = other.fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut values = actions::Values::new();
    for _ in 0..=d.below(2) {
        let (k, v) = d.pick(&fields).clone();
        values.insert(k, v);
    }
    let gone = d.below(5) == 0;
    let (reg, register) = (Arc::clone(&w.instance.registry), register.to_owned());
    let done = w.instance.store.write_blocking(move |tx: &mut Tx| {
        let actor = Actor::system("test");
        let now = actions::get(tx, &reg, &actor.may(access::Verb::Read, &register)?, &one.id)?;
        if gone {
            actions::delete(tx, &reg, &actor, &register, &one.id, now.version, "thử")
        } else {
            actions::update(tx, &reg, &actor, &register, &one.id, now.version, values, Some("thử")).map(drop)
        }
    });
    done.is_ok()
}

type Figures = Vec<(String, Vec<(String, targets::AgencyFigure)>)>;

fn figures(tx: &mut Tx, w: &Arc<registers::Registry>, actor: &Actor) -> store::Result<Figures> {
    let catalogue = targets::Catalogue::of(w)?;
    let all = catalogue.compiled.keys().map(|id| {
        let by = targets::by_agency(tx, w, actor, id, "2026-11-22")?;
        // an agency whose last record went has no row, and counts nothing
        Ok((id.clone(), by.into_iter().filter(|(_, f)| f.population > 0).collect()))
    });
    all.collect()
}

#[test]
fn kept_figures_are_those_counted_anew() {
    for engine in testkit::ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let reg = Arc::clone(&w.instance.registry);
        let catalogue = targets::Catalogue::of(&reg).unwrap();
        let lineage = catalogue.compiled.values().flat_map(|c| c.lineage().into_iter().map(|l| l.0));
        let registers: Vec<String> = lineage.collect::<BTreeSet<_>>().into_iter().collect();
        let pools: Vec<Vec<Record>> = registers.iter().map(|r| pool(&w, r)).collect();
        let roles = Arc::clone(&w.instance.roles);
        let officer = w.instance.store.read_blocking(|tx| access::actor_of_login(tx, &roles, "syt")).unwrap();
        let system = Actor::system("test");
        let mut d = Dice(11);
        let mut done = 0;
        for step in 0..STEPS {
            let at = d.below(registers.len());
            if pools[at].is_empty() || !change(&w, &mut d, &registers[at], &pools[at]) {
                continue;
            }
            done += 1;
            for actor in [&system, &officer] {
                let (a, r) = (actor.clone(), Arc::clone(&reg));
                // a write always asks the engine
                let anew = w.instance.store.write_blocking(move |tx| figures(tx, &r, &a)).unwrap();
                let kept = w.instance.store.read_blocking(|tx| figures(tx, &reg, actor)).unwrap();
                for (k, n) in kept.iter().zip(&anew) {
                    assert_eq!(k, n, "step {step}: a change of {} on {engine:?}", registers[at]);
                }
            }
        }
        assert!(done > STEPS / 3, "only {done} changes were accepted");
    }
}

fn pool(w: &World, register: &str) -> Vec<Record> {
    let query = Query { limit: Some(200), as_of: Some("all".into()), ..Query::default() };
    let actor = Actor::system("test");
    let list = |tx: &mut Tx| actions::list(tx, &w.instance.registry, &actor.may(access::Verb::Read, register)?, &query);
    w.instance.store.read_blocking(list).unwrap().items
}
