//! What a day settles by itself: obligations whose indicator is reached on their due day, and continuous tasks whose year is
//! over. It is written down as completion, with its reason, so that later figures and counts need not ask again.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Result, Tx};
use targets::AgencyFigure;

use crate::expand::linked;
use crate::store::{OwedRow, begun_by_evidence, owed_rows, with_evidence};

/// Evidence came in by another door than the page of the obligation: work has begun.
pub fn begin(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<()> {
    for (id, version) in begun_by_evidence(tx)? {
        actions::transition(tx, reg, actor, "obligation", &id, version, "start", Values::new(), None)?;
    }
    Ok(())
}

/// The same for one obligation, at once.
pub fn begin_one(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str) -> Result<()> {
    let Ok(o) = actions::get(tx, reg, &actor.may(Verb::Read, "obligation")?, id) else { return Ok(()) };
    if o.state.as_deref() == Some("not_started") {
        actions::transition(tx, reg, actor, "obligation", id, o.version, "start", Values::new(), None)?;
    }
    Ok(())
}

/// Figures by indicator and day, each asked once.
type Figures = BTreeMap<(String, String), BTreeMap<String, AgencyFigure>>;

/// Settles the tasks of a plan on `today`. How many obligations were closed.
pub fn plan(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, today: &str) -> Result<usize> {
    let mut figures = Figures::new();
    let mut closed = 0;
    for task in linked(tx, reg, actor, "task", "plan", plan)? {
        let s = Settle { reg, actor, today };
        if task.state.as_deref() == Some("dropped") {
            continue;
        }
        if let Some(indicator) = task.text("indicator") {
            closed += s.bound(tx, &task, indicator, &mut figures)?;
        }
        if task.text("schedule_kind") == Some("continuous") {
            closed += s.continuous(tx, &task)?;
        }
    }
    Ok(closed)
}

struct Settle<'a> {
    reg: &'a Registry,
    actor: &'a Actor,
    today: &'a str,
}

impl Settle<'_> {
    /// Reached on the due day: done in time. A figure of a state (not of a period) that is reached later: done late.
    fn bound(&self, tx: &mut Tx, task: &Record, indicator: &str, figures: &mut Figures) -> Result<usize> {
        let mut closed = 0;
        for r in owed_rows(tx, &task.id)? {
            let Some(due) = r.due.clone().filter(|d| r.workable() && d.as_str() <= self.today) else { continue };
            let mut days = vec![due];
            if targets::is_state(self.reg, indicator)? {
                days.push(self.today.to_owned());
            }
            for day in days {
                let key = (indicator.to_owned(), day.clone());
                if !figures.contains_key(&key) {
                    let by = targets::by_agency(tx, self.reg, self.actor, indicator, &day)?;
                    figures.insert(key.clone(), by);
                }
                let Some(f) = figures.get(&key).and_then(|by| by.get(&r.agency)).filter(|f| f.met() == Some(true)) else { continue };
                let note = format!("Theo sổ đăng ký ngày {}: {indicator} đạt, {}/{}.", web::fmt::date(&day), f.met, f.population);
                self.close_on_figure(tx, &r, &day, &note)?;
                closed += 1;
                break;
            }
        }
        Ok(closed)
    }

    /// A year that is over: with evidence done; without, red where the plan asks for it (it has a due day), else simply over.
    fn continuous(&self, tx: &mut Tx, task: &Record) -> Result<usize> {
        let year = self.today.get(..4).unwrap_or_default();
        let over: Vec<OwedRow> =
            owed_rows(tx, &task.id)?.into_iter().filter(|r| r.workable() && r.key.len() == 4 && r.key.as_str() < year).collect();
        if over.is_empty() {
            return Ok(0);
        }
        let proven: BTreeSet<String> = with_evidence(tx, &task.id)?;
        let mut closed = 0;
        for r in over {
            if proven.contains(&r.id) {
                let day = r.due.clone().unwrap_or_else(|| format!("{}-12-31", r.key));
                self.close(tx, &r, &day, &format!("Nhiệm vụ thường xuyên, có minh chứng trong năm {}.", r.key))?;
                closed += 1;
            } else if r.due.is_none() {
                let why = format!("Năm {} đã qua; nhiệm vụ thường xuyên không nêu sản phẩm phải có mỗi năm.", r.key);
                let values = Values::from([("na_reason".to_owned(), Data::Text(why.clone()))]);
                actions::transition(tx, self.reg, self.actor, "obligation", &r.id, r.version, "exempt", values, Some(&why))?;
                closed += 1;
            }
        }
        Ok(closed)
    }

    /// Writes the figure down as evidence, then closes on it.
    fn close_on_figure(&self, tx: &mut Tx, r: &OwedRow, day: &str, note: &str) -> Result<()> {
        let text = |s: &str| Data::Text(s.to_owned());
        let evidence = Values::from([
            ("obligation".to_owned(), text(&r.id)),
            ("kind".to_owned(), text("figure")),
            ("happened_on".to_owned(), text(day)),
            ("agency".to_owned(), text(&r.agency)),
            ("note".to_owned(), text(note)),
        ]);
        actions::create(tx, self.reg, self.actor, "evidence", evidence, None)?;
        self.close(tx, r, day, note)
    }

    fn close(&self, tx: &mut Tx, r: &OwedRow, day: &str, note: &str) -> Result<()> {
        // nothing is done before its latest evidence
        let all = linked(tx, self.reg, self.actor, "evidence", "obligation", &r.id)?;
        let latest = all.iter().filter_map(|e| e.text("happened_on")).max().filter(|l| *l > day);
        let done = latest.unwrap_or(day).to_owned();
        let values = Values::from([("done_on".to_owned(), Data::Text(done)), ("result_note".to_owned(), Data::Text(note.to_owned()))]);
        actions::transition(tx, self.reg, self.actor, "obligation", &r.id, r.version, "close", values, Some(note)).map(drop)
    }
}
