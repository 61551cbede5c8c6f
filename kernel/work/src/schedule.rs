//! Work that returns: every so often, or daily at a time. A tick turns what is due into jobs.

use std::collections::HashMap;

use store::{Result, Tx};

use crate::job::{NewJob, enqueue};
use crate::time::{SECOND, last_daily};

/// When a kind of job returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At least this many seconds between two starts; the first one at once.
    Every {
        /// Seconds, at least 1.
        seconds: u32,
    },
    /// Once a day at this time in Vietnam; a time missed because the server was off is made up for once.
    Daily {
        /// 0–23.
        hour: u8,
        /// 0–59.
        minute: u8,
    },
}

/// One line of the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Kind of job; one line per kind.
    pub kind: String,
    /// When.
    pub when: When,
}

impl Schedule {
    /// Due, given the last start (`None` = never)?
    fn is_due(&self, now: i64, last: Option<i64>) -> bool {
        match (self.when, last) {
            (When::Every { .. }, None) => true,
            (When::Every { seconds }, Some(last)) => now - last >= i64::from(seconds.max(1)) * SECOND,
            (When::Daily { .. }, None) => false,
            (When::Daily { hour, minute }, Some(last)) => last < last_daily(now, hour, minute),
        }
    }
}

fn last_runs(tx: &mut Tx) -> Result<HashMap<String, i64>> {
    let rows = tx.query("SELECT kind, last_run FROM schedule", &[])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Would [`tick`] write something? A read, so that idle polling does not trouble the writer.
pub(crate) fn any_due(tx: &mut Tx, lines: &[Schedule]) -> Result<bool> {
    let (now, last) = (tx.now(), last_runs(tx)?);
    Ok(lines.iter().any(|l| last.get(&l.kind).is_none_or(|t| l.is_due(now, Some(*t)))))
}

/// Queues a job for every line that is due; how many. Several processes may tick: one of them wins each turn.
/// A job of the same kind that still waits or runs is not doubled.
pub(crate) fn tick(tx: &mut Tx, lines: &[Schedule]) -> Result<usize> {
    let now = tx.now();
    let last = last_runs(tx)?;
    let mut n = 0;
    for line in lines {
        let before = last.get(&line.kind).copied();
        let due = line.is_due(now, before);
        let won = match before {
            None => tx.exec(
                "INSERT INTO schedule (kind, last_run) VALUES ($1, $2) ON CONFLICT (kind) DO NOTHING",
                &[line.kind.as_str().into(), now.into()],
            )?,
            Some(before) if due => tx.exec(
                "UPDATE schedule SET last_run = $2 WHERE kind = $1 AND last_run = $3",
                &[line.kind.as_str().into(), now.into(), before.into()],
            )?,
            Some(_) => 0,
        };
        if due && won == 1 {
            let dedup_key = Some(format!("schedule:{}", line.kind));
            enqueue(tx, &NewJob { kind: line.kind.clone(), dedup_key, who: "system:schedule".into(), ..NewJob::default() })?;
            n += 1;
        }
    }
    Ok(n)
}
