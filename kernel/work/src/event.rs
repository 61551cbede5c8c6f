//! News travels upward: kernel/registers writes rows of `event` in the transaction that makes the news; the dispatcher
//! hands each to the subscribers that want it, in order, each exactly once.
//!
//! Two steps, so that neither a slow subscriber nor a late commit loses anything: *fan out* copies undone events into one
//! row of `event_delivery` per interested subscriber; *deliver* calls the subscriber and removes its rows in the same
//! transaction as the subscriber's own writes. (A cursor per subscriber would skip events that commit late on PostgreSQL.)

use store::{Error, Result, Row, Tx};

use crate::time::back_off;

/// Something that happened to a record (or to a plan, a report …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// UUIDv7; use it as `event` of messages, so that they go out once.
    pub id: String,
    /// µs UTC.
    pub at: i64,
    /// `create`, `update`, `transition:<id>`, `confirm`, `delete`, or a module's own word with its prefix.
    pub kind: String,
    /// Register id or kind of thing.
    pub register: String,
    /// Id of the record.
    pub record: String,
    /// Owning agency, if any.
    pub agency: Option<String>,
    /// Account id.
    pub who: String,
    /// JSON, as the writer left it.
    pub body: Option<String>,
}

/// What a subscriber does with an event. It may be called again for an event whose transaction failed, never for one
/// whose transaction was committed.
pub type React = Box<dyn Fn(&mut Tx, &Event) -> Result<()> + Send + Sync>;

/// Somebody who wants news.
pub struct Subscriber {
    /// Unique and lasting: names the rows that wait.
    pub name: &'static str,
    /// Which events it wants; asked once per event. Must answer the same in every process.
    pub wants: fn(&Event) -> bool,
    /// What it does.
    pub react: React,
}

/// Failures after which an event is laid aside for this subscriber (it stays in the table, marked dead).
const MOST_ATTEMPTS: i64 = 10;
/// Events handled in one transaction.
const BATCH: usize = 200;
/// Events copied in one transaction; a large import leaves hundreds of thousands, most of which nobody wants.
const BATCH_OUT: usize = 1000;

const COLUMNS: &str = "e.id, e.at, e.kind, e.register, e.record, e.agency, e.who, e.body";

fn read(r: &Row) -> Result<Event> {
    Ok(Event {
        id: r.get(0)?,
        at: r.get(1)?,
        kind: r.get(2)?,
        register: r.get(3)?,
        record: r.get(4)?,
        agency: r.get(5)?,
        who: r.get(6)?,
        body: r.get(7)?,
    })
}

/// Is there something to hand on? A read, so that idle polling does not trouble the writer.
pub(crate) fn is_waiting(tx: &mut Tx) -> Result<bool> {
    // in the order of its index: an EXISTS reads the whole table once every event is done
    if tx.query_opt("SELECT id FROM event WHERE done IS NULL ORDER BY at, id LIMIT 1", &[])?.is_some() {
        return Ok(true);
    }
    let now = tx.now();
    let due = tx.query_opt("SELECT 1 WHERE EXISTS (SELECT 1 FROM event_delivery WHERE dead = 0 AND next_at <= $1)", &[now.into()])?;
    Ok(due.is_some())
}

/// Copies up to 1,000 undone events to who wants them; how many events.
pub(crate) fn fan_out(tx: &mut Tx, subscribers: &[Subscriber]) -> Result<usize> {
    let now = tx.now();
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM event e WHERE e.done IS NULL ORDER BY e.at, e.id LIMIT {BATCH_OUT}"), &[])?;
    for r in &rows {
        let e = read(r)?;
        // a second process fanning out at the same time finds nothing to mark and leaves the event alone
        let marked = tx.exec("UPDATE event SET done = $2 WHERE id = $1 AND done IS NULL", &[e.id.as_str().into(), now.into()])?;
        if marked == 0 {
            continue;
        }
        for s in subscribers.iter().filter(|s| (s.wants)(&e)) {
            tx.exec(
                "INSERT INTO event_delivery (subscriber, event, at, attempts, next_at, dead) VALUES ($1, $2, $3, 0, 0, 0) \
                 ON CONFLICT (subscriber, event) DO NOTHING",
                &[s.name.into(), e.id.as_str().into(), e.at.into()],
            )?;
        }
    }
    Ok(rows.len())
}

/// Hands the next events to one subscriber, in order, at most `most` of them; how many. Stops before an event that waits
/// after a failure: order is kept.
pub(crate) fn deliver(tx: &mut Tx, s: &Subscriber, most: usize) -> Result<usize> {
    let now = tx.now();
    let rows = tx.query(
        &format!(
            "SELECT {COLUMNS}, d.next_at FROM event_delivery d JOIN event e ON e.id = d.event \
             WHERE d.subscriber = $1 AND d.dead = 0 ORDER BY d.at, d.event LIMIT {}",
            most.min(BATCH)
        ),
        &[s.name.into()],
    )?;
    let mut n = 0;
    for r in &rows {
        if r.get::<i64>(8)? > now {
            break;
        }
        let e = read(r)?;
        // first remove, then react: of two processes only the one that removed the row goes on
        let mine = tx.exec("DELETE FROM event_delivery WHERE subscriber = $1 AND event = $2", &[s.name.into(), e.id.as_str().into()])?;
        if mine == 1 {
            (s.react)(tx, &e)?;
            n += 1;
        }
    }
    Ok(n)
}

/// Notes that the first waiting event of a subscriber failed; after 10 failures it is laid aside. `true` = laid aside.
pub(crate) fn failed(tx: &mut Tx, s: &Subscriber, error: &Error) -> Result<bool> {
    let now = tx.now();
    let row = tx.query_opt(
        "SELECT event, attempts FROM event_delivery WHERE subscriber = $1 AND dead = 0 ORDER BY at, event LIMIT 1",
        &[s.name.into()],
    )?;
    let Some(r) = row else { return Ok(false) };
    let (event, attempts): (String, i64) = (r.get(0)?, r.get::<i64>(1)? + 1);
    let dead = attempts >= MOST_ATTEMPTS;
    tx.exec(
        "UPDATE event_delivery SET attempts = $3, next_at = $4, dead = $5, last_error = $6 WHERE subscriber = $1 AND event = $2",
        &[s.name.into(), event.into(), attempts.into(), (now + back_off(attempts)).into(), dead.into(), error.to_string().into()],
    )?;
    Ok(dead)
}

/// Events laid aside: subscriber, event id, error. For `lachan doctor` and the jobs page.
pub fn dead_events(tx: &mut Tx) -> Result<Vec<(String, String, String)>> {
    let rows = tx.query(
        "SELECT subscriber, event, COALESCE(last_error, '') FROM event_delivery WHERE dead = 1 ORDER BY subscriber, at, event",
        &[],
    )?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

/// Lets a subscriber try its laid-aside events again; how many.
pub fn revive_events(tx: &mut Tx, subscriber: &str) -> Result<u64> {
    tx.exec("UPDATE event_delivery SET dead = 0, attempts = 0, next_at = 0 WHERE subscriber = $1 AND dead = 1", &[subscriber.into()])
}
