//! Leading a record to the state a file says.

use std::collections::VecDeque;

use access::Actor;
use store::{Error, Result, Tx};

use crate::actions::{self, Values};
use crate::definition::{Definition, Registry, Transition};
use crate::record::Record;

/// Most moves tried for one row.
const MOST_MOVES: usize = 5;
/// Most ways tried before giving up.
const MOST_WAYS: usize = 8;

/// Moves the record to `wanted` by the shortest way of transitions that goes through.
pub(super) fn lead_to(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    def: &Definition,
    record: Record,
    wanted: &str,
    reason: &str,
) -> Result<Record> {
    let from = record.state.clone().unwrap_or_default();
    let mut refusal = None;
    for way in ways(def, &from, wanted) {
        let walked = tx.attempt(false, |tx| {
            let mut r = record.clone();
            for t in &way {
                r = actions::transition(tx, reg, actor, &def.register.id, &r.id, r.version, &t.id, Values::new(), Some(reason))?;
            }
            Ok(r)
        })?;
        match walked {
            Ok(r) => return Ok(r),
            // The last refusal is of the most roundabout way; the first says what the plain way lacks.
            Err(e @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(e),
            Err(e) => refusal = refusal.or(Some(e)),
        }
    }
    let label = |id: &str| def.states.iter().find(|s| s.id == id).map_or_else(|| id.to_owned(), |s| s.label.vi.clone());
    Err(refusal.unwrap_or_else(|| Error::invalid("state", format!("Không có bước chuyển từ “{}” sang “{}”.", label(&from), label(wanted)))))
}

/// Ways without circles, shortest first, in the order of the definition.
fn ways<'d>(def: &'d Definition, from: &str, to: &str) -> Vec<Vec<&'d Transition>> {
    let mut found = Vec::new();
    let mut open: VecDeque<(String, Vec<&Transition>)> = VecDeque::from([(from.to_owned(), Vec::new())]);
    while let Some((at, way)) = open.pop_front() {
        if found.len() == MOST_WAYS || way.len() == MOST_MOVES {
            break;
        }
        for t in def.transitions.iter().filter(|t| t.from.contains(&at)) {
            let back = t.to == from || way.iter().any(|w| w.to == t.to);
            let mut longer = way.clone();
            longer.push(t);
            if t.to == to {
                found.push(longer);
            } else if !back {
                open.push_back((t.to.clone(), longer));
            }
        }
    }
    found.truncate(MOST_WAYS);
    found
}
