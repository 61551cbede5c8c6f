//! Scores of data quality written down once a month, so that a trend says what was measured then and not what is known now.

use access::{Actor, Subtree, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Registry};
use rules::Figure;
use store::{Result, Tx};
use web::Cx;

use crate::quality::{ASPECTS, Checked, all, by_agency};
pub(crate) use crate::store::Month;
use crate::store::scores;

/// Fields of the six, in the order of [`ASPECTS`]: passed, made.
const FIELDS: [(&str, &str); 6] = [
    ("correct_met", "correct_all"),
    ("complete_met", "complete_all"),
    ("clean_met", "clean_all"),
    ("live_met", "live_all"),
    ("shared_met", "shared_all"),
    ("uniform_met", "uniform_all"),
];
/// Agencies written in one transaction.
const AT_ONCE: usize = 200;

/// The daily job: writes this month's scores when they are not there yet; goes on after the agency it stopped at.
///
/// # Errors
/// Those of reading and writing.
pub fn monthly(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let actor = Actor::system("targets.quality");
    if after.is_none() && measured_in(tx, cx.registry, &actor, cx.today)? {
        return Ok(None);
    }
    write(tx, cx.registry, &actor, cx.today, after)
}

/// Is there a score of the month of this day?
fn measured_in(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<bool> {
    let first = format!("{}-01", day.get(..7).unwrap_or_default());
    let from = Filter { field: "day".into(), op: Op::From, values: vec![first] };
    let to = Filter { field: "day".into(), op: Op::To, values: vec![day.to_owned()] };
    let query = Query { filters: vec![from, to], limit: Some(1), uncounted: true, ..Query::default() };
    Ok(!actions::list(tx, reg, &actor.may(Verb::Read, "quality_score")?, &query)?.items.is_empty())
}

/// Writes the scores of the next agencies on a day; where to go on.
pub(crate) fn write(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str, after: Option<&str>) -> Result<Option<String>> {
    let list: Vec<Checked> = all(tx, reg, actor, day)?;
    let sums = by_agency(&list);
    let mut last = None;
    for (agency, (_, each)) in sums.into_iter().filter(|(a, _)| after.is_none_or(|x| *a > x)).take(AT_ONCE) {
        let mut values =
            Values::from([("agency".to_owned(), Data::Text(agency.to_owned())), ("day".to_owned(), Data::Text(day.to_owned()))]);
        for ((aspect, ..), (met, made)) in ASPECTS.iter().zip(FIELDS) {
            let f: Figure = each.get(aspect).copied().unwrap_or_default();
            values.insert(met.to_owned(), Data::Int(f.met));
            values.insert(made.to_owned(), Data::Int(f.population()));
        }
        actions::create(tx, reg, actor, "quality_score", values, None)?;
        last = Some(agency.to_owned());
    }
    Ok(last)
}

/// Months in the reader's scope, oldest first.
///
/// # Errors
/// Those of reading.
pub(crate) fn months(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<Vec<Month>> {
    let Ok(scope) = actor.may(Verb::Read, "quality_score") else { return Ok(vec![]) };
    if scope.subtree() == &Subtree::All {
        return scores(tx);
    }
    let mut by: std::collections::BTreeMap<String, [(i64, i64); 6]> = std::collections::BTreeMap::new();
    let mut query = Query { limit: Some(500), uncounted: true, ..Query::default() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        for r in &page.items {
            let six = by.entry(r.text("day").unwrap_or_default().to_owned()).or_default();
            for (sum, (met, made)) in six.iter_mut().zip(FIELDS) {
                *sum = (sum.0 + r.int(met).unwrap_or(0), sum.1 + r.int(made).unwrap_or(0));
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(by.into_iter().collect()),
        }
    }
}

/// The last three months of Sao Mai, as the registers tell them.
///
/// # Errors
/// Those of writing.
pub fn sow(cx: &mut web::DemoContext<'_, '_>) -> Result<()> {
    let (reg, actor) = (cx.registry, cx.actor.clone());
    let written = calendar::instant::local_date(cx.tx.now());
    for ago in [70, 40, 10] {
        let day = written.add_days(-ago).end_of_month();
        let day = if day > written { written } else { day }.to_string();
        let mut after = None;
        loop {
            after = write(cx.tx, reg, &actor, &day, after.as_deref())?;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}
