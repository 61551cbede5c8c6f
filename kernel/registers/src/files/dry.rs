//! The dry run: every row is really tried and taken back, a few rows at a time, so that other writers hardly wait.
//!
//! A row may need a record that a row above it would have made, in a batch that was taken back since: a ghost. It is made
//! again, under the same id, before the row that needs it: as its link, as the record it is about, or as the owner of one of
//! its natural keys.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::Actor;
use documents::SheetData;
use store::{Result, Store, Tx};

use super::import::{Cx, Draft, Importer};
use super::index::{default_value, folded};
use super::job::BATCH;
use super::report::{Outcome, Report};
use crate::ddl::key_terms;
use crate::definition::Registry;
use crate::record::Data;

/// What the rows so far would have made.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    drafts: HashMap<String, Draft>,
    /// Natural keys (number, folded values) → their ids.
    keys: HashMap<(usize, Vec<String>), Vec<String>>,
    /// Those that are there in the open transaction.
    here: HashSet<String>,
}

impl Ghosts {
    /// A row was tried: its record is there until the batch ends.
    pub(super) fn remember(&mut self, cx: Cx<'_>, id: &str, outcome: Outcome, draft: &Draft) {
        if outcome == Outcome::Create || self.drafts.contains_key(id) {
            for key in natural_keys(cx, draft) {
                self.keys.entry(key).or_default().push(id.to_owned());
            }
        }
        match self.drafts.get_mut(id) {
            Some(known) => {
                known.values.extend(draft.values.clone());
                known.state = draft.state.clone().or(known.state.take());
            }
            None if outcome == Outcome::Create => {
                self.drafts.insert(id.to_owned(), draft.clone());
                self.here.insert(id.to_owned());
            }
            None => {}
        }
    }
}

/// The natural keys of a row that are enforced: all that must be filled is.
fn natural_keys(cx: Cx<'_>, d: &Draft) -> Vec<(usize, Vec<String>)> {
    let Ok(m) = cx.reg.model(&cx.def.register.id) else { return vec![] };
    let value = |f: &String| folded(&d.values.get(f).cloned().or_else(|| default_value(cx.def, f)).unwrap_or(Data::Null));
    let one = |(n, key): (usize, &Vec<String>)| {
        let terms = key_terms(m, key);
        let values: Vec<String> = terms.iter().map(|(f, _)| value(f)).collect();
        let filled = terms.iter().zip(&values).all(|((_, optional), v)| *optional || !v.is_empty());
        filled.then_some((n, values))
    };
    m.keys.iter().enumerate().filter_map(one).collect()
}

fn linked(d: &Draft) -> Vec<String> {
    let ids = |v: &Data| match v {
        Data::Text(id) => vec![id.clone()],
        Data::Links(l) => l.clone(),
        _ => vec![],
    };
    d.values.values().flat_map(ids).collect()
}

impl Importer {
    /// Makes a ghost again, and what it needs. One that cannot be made any more is missed by the row that needs it.
    pub(super) fn conjure(&mut self, tx: &mut Tx, cx: Cx<'_>, id: &str) -> Result<()> {
        let Some(g) = &mut self.ghosts else { return Ok(()) };
        let Some(draft) = g.drafts.get(id).cloned().filter(|_| g.here.insert(id.to_owned())) else { return Ok(()) };
        for other in linked(&draft) {
            self.conjure(tx, cx, &other)?;
        }
        let made = tx.attempt(false, |tx| self.save(tx, cx, None, &draft, Some(id)))?;
        match made {
            Err(e @ (store::Error::Internal(_) | store::Error::Unavailable(_))) => Err(e),
            _ => Ok(()),
        }
    }

    /// The ghosts that this row links to, and for a new record those that have one of its natural keys.
    pub(super) fn conjure_needed(&mut self, tx: &mut Tx, cx: Cx<'_>, new: bool, draft: &Draft) -> Result<()> {
        let Some(g) = &self.ghosts else { return Ok(()) };
        let mut wanted = linked(draft);
        if new {
            wanted.extend(natural_keys(cx, draft).iter().filter_map(|k| g.keys.get(k)).flatten().cloned());
        }
        for id in wanted {
            self.conjure(tx, cx, &id)?;
        }
        Ok(())
    }
}

/// A dry run between two batches.
struct DryRun {
    importer: Importer,
    sheet: SheetData,
    next: usize,
    report: Report,
}

impl DryRun {
    fn batch(&mut self, tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<()> {
        let rows: Vec<usize> = self.importer.order().iter().skip(self.next).take(BATCH).copied().collect();
        let tried = tx.attempt(true, |tx| {
            for at in &rows {
                let Some(row) = self.sheet.rows.get(*at) else { continue };
                let mut done = self.importer.row(tx, reg, actor, row)?;
                if done.outcome == Outcome::Create {
                    done.record = None;
                }
                self.report.push(done);
            }
            Ok(())
        })?;
        tried?;
        self.next += rows.len();
        if let Some(g) = &mut self.importer.ghosts {
            g.here.clear();
        }
        Ok(())
    }
}

/// What an import of this file would do, row by row. Nothing of it stays.
///
/// # Errors
/// [`store::Error::BadRequest`] when no heading is known, [`store::Error::Forbidden`] without the right to import.
pub fn dry_run(store: &Store, reg: &Arc<Registry>, actor: &Actor, register: &str, sheet: SheetData) -> Result<Report> {
    let mut importer = store.read_blocking(|tx| Importer::new(tx, reg, actor, register, &sheet, ""))?;
    importer.ghosts = Some(Ghosts::default());
    let report = Report { register: register.to_owned(), notes: importer.notes().to_vec(), ..Report::default() };
    let mut run = DryRun { importer, sheet, next: 0, report };
    while run.next < run.importer.order().len() {
        let (r, a) = (Arc::clone(reg), actor.clone());
        run = store.write_blocking(move |tx| {
            run.batch(tx, &r, &a)?;
            Ok(run)
        })?;
    }
    run.report.rows.sort_by_key(|r| r.line);
    Ok(run.report)
}
