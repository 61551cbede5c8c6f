//! Indicators and drill-down at planning scale, each beside hand-written SQL for the same question.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Actor;
use registers::actions::{self, Values};
use registers::{Data, to_value};
use rules::Outcome;
use store::{Result, SystemClock, SystemIds, Tx, Value};
use targets::Catalogue;

use super::{middle, percentiles, province};
use crate::instance::Instance;

fn open(path: &Path) -> Result<Instance> {
    Instance::open(&path.to_string_lossy(), Arc::new(SystemClock), Arc::new(SystemIds))
}

/// The same questions, written by hand for SQLite. `$1` = day, `$2` = first day of its year.
const BY_HAND: &[(&str, &str)] = &[
    (
        "T-01",
        "SELECT p.agency, COUNT(*), SUM(EXISTS (SELECT 1 FROM training_record t WHERE t.person = p.id AND t.deleted_at IS NULL AND t.result IN ('passed','attended') AND t.completed_on BETWEEN $2 AND $1)) FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND EXISTS (SELECT 1 FROM post o WHERE o.person = p.id AND o.deleted_at IS NULL AND o.category IN ('force_province','force_agency') AND (o.valid_from IS NULL OR o.valid_from <= $1) AND (o.valid_to IS NULL OR o.valid_to >= $1)) GROUP BY p.agency",
    ),
    (
        "T-04",
        "SELECT a.id, COUNT(*), SUM(EXISTS (SELECT 1 FROM contact_point c JOIN person p ON p.id = c.person WHERE c.agency = a.id AND c.deleted_at IS NULL AND p.active = 1 AND c.confirmed_on BETWEEN date($1, '-90 days') AND $1 AND (c.valid_from IS NULL OR c.valid_from <= $1) AND (c.valid_to IS NULL OR c.valid_to >= $1))) FROM agency a WHERE a.deleted_at IS NULL AND a.kind IN ('department','branch','office','commune') AND (a.valid_from IS NULL OR a.valid_from <= $1) AND (a.valid_to IS NULL OR a.valid_to >= $1) AND $2 <> '' GROUP BY a.id",
    ),
    (
        "T-02",
        "SELECT p.agency, COUNT(*), SUM(EXISTS (SELECT 1 FROM training_record t WHERE t.person = p.id AND t.deleted_at IS NULL AND t.level = 'deep' AND t.result = 'passed')) FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND $1 <> $2 AND p.id IN (SELECT l.target FROM system s JOIN system__administrators l ON l.owner = s.id WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.level IN (3, 4)) GROUP BY p.agency",
    ),
];

/// All indicators, and some of them beside the hand-written question.
pub fn indicators() -> Result<()> {
    let instance = open(&province("province", 1000)?)?;
    let catalogue = Catalogue::of(&instance.registry)?;
    let today = web::fmt::day_of(store::Clock::now(&SystemClock));
    let actor = Actor::system("bench");
    let reg = Arc::clone(&instance.registry);
    let store = &instance.store;
    let mut total = 0.0;
    for id in catalogue.compiled.keys() {
        let ms = middle(5, || store.read_blocking(|tx| targets::by_agency(tx, &reg, &actor, id, &today).map(drop)))?;
        total += ms;
        let hand = BY_HAND.iter().find(|(h, _)| h == id);
        let beside = match hand {
            None => String::new(),
            Some((_, sql)) => {
                let params = [Value::Text(today.clone()), Value::Text(format!("{}-01-01", &today[..4]))];
                let by_hand = middle(5, || store.read_blocking(|tx| tx.query(sql, &params).map(drop)))?;
                format!("   by hand {by_hand:7.1} ms, ratio {:.2} (goal ≤ 1.3)", ms / by_hand.max(0.01))
            }
        };
        println!("{id:<10} {ms:7.1} ms{beside}");
    }
    println!(
        "all {} indicators: {total:.0} ms at 60,000 staff, 4,300 systems, 359,000 control answers (goal < 200 ms)",
        catalogue.compiled.len()
    );
    Ok(())
}

/// From a figure of one agency to its first 50 missing records.
pub fn drill() -> Result<()> {
    let instance = open(&province("province", 1000)?)?;
    let catalogue = Catalogue::of(&instance.registry)?;
    let today = web::fmt::day_of(store::Clock::now(&SystemClock));
    let agencies: Vec<String> = instance
        .store
        .read_blocking(|tx| tx.query("SELECT id FROM agency ORDER BY id LIMIT 20", &[])?.iter().map(|r| r.get(0)).collect())?;
    let mut all = Vec::new();
    for c in catalogue.compiled.values().filter(|c| c.denominator.is_none()) {
        for a in agencies.iter().take(8) {
            let mut ctx = c.ctx(&today).map_err(store::Error::BadRequest)?;
            ctx.scope = rules::AgencyScope::Agencies(vec![a.clone()]);
            let s = c.main.drill(&ctx, Outcome::Unmet, 50, None);
            let params: Vec<Value> = s.params.iter().map(to_value).collect();
            let t = Instant::now();
            instance.store.read_blocking(|tx| tx.query(&s.sql, &params).map(drop))?;
            all.push(t.elapsed());
        }
    }
    let n = all.len();
    let (p50, p95) = percentiles(all);
    println!("{n} drill-downs to one agency: p50 {p50:.1} ms, p95 {p95:.1} ms (goal p95 < 50 ms)");
    Ok(())
}

/// Records created through the whole action by 64 threads in 3 s, per second.
pub fn create_rate(dir: &Path) -> Result<f64> {
    let file = dir.join("create.db");
    for tail in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{tail}", file.display()));
    }
    let instance = open(&file)?;
    let until = Instant::now() + Duration::from_secs(3);
    let done: u64 = std::thread::scope(|s| {
        let writers: Vec<_> = (0..64)
            .map(|w| {
                let (store, reg) = (instance.store.clone(), Arc::clone(&instance.registry));
                s.spawn(move || {
                    let mut n = 0u64;
                    while Instant::now() < until {
                        let (reg, code) = (Arc::clone(&reg), format!("{w:02}{n:06}"));
                        let write = move |tx: &mut Tx| {
                            actions::create(tx, &reg, &Actor::system("bench"), "certificate_kind", values(&code), None).map(drop)
                        };
                        n += u64::from(store.write_blocking(write).is_ok());
                    }
                    n
                })
            })
            .collect();
        writers.into_iter().map(|w| w.join().unwrap_or(0)).sum()
    });
    instance.store.close();
    Ok(done as f64 / 3.0)
}

fn values(code: &str) -> Values {
    Values::from([
        ("code".to_owned(), Data::Text(code.to_owned())),
        ("name".to_owned(), Data::Text(format!("Chứng nhận {code}"))),
        ("origin".to_owned(), Data::Text("province".into())),
    ])
}
