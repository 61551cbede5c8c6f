//! The loops that do what the tables say.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use store::{Error, Result, Store, Tx};

use crate::event::{Subscriber, deliver, failed, fan_out, is_waiting};
use crate::job::{self, Ending, Job};
use crate::mail::Mailer;
use crate::outbox;
use crate::schedule::{Schedule, any_due, tick};
use crate::time::SECOND;

/// How an attempt of a handler ended well.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Finished, with something to show (`null` when there is nothing).
    Done(serde_json::Value),
    /// Not finished: call again after this many seconds (with the last checkpoint).
    Again {
        /// Seconds.
        after: u32,
    },
}

/// Does one kind of job. May be called again after a crash: `job.checkpoint` says where to go on, and writes of its own
/// that go into one transaction with [`Progress::save`] happen exactly once.
pub type JobHandler = Box<dyn Fn(&Store, &Job, &Progress) -> Result<Outcome> + Send + Sync>;

/// The handler's line to its row. Cheap to clone into transactions.
#[derive(Clone)]
pub struct Progress {
    store: Store,
    job: Arc<Job>,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// The line of a worker that a test plays itself.
    #[cfg(test)]
    pub(crate) fn for_test(store: &Store, job: &Arc<Job>) -> Self {
        Self { store: store.clone(), job: job.clone(), stop: Arc::default() }
    }
    /// Says how far it is and renews the lease. `Conflict` = another worker took over: return the error at once.
    pub fn report(&self, done: i64, total: i64, message: &str) -> Result<()> {
        let (job, message) = (self.job.clone(), message.to_owned());
        self.store.write_blocking(move |tx| job::report(tx, &job, done, total, &message, None))
    }
    /// The same inside the handler's own transaction, with where to go on: both are kept or neither.
    pub fn save(&self, tx: &mut Tx, done: i64, total: i64, message: &str, checkpoint: &serde_json::Value) -> Result<()> {
        job::report(tx, &self.job, done, total, message, Some(checkpoint))
    }
    /// The server is stopping: save and return [`Outcome::Again`] soon.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What is to be done by whom; built once, shared by the loops.
pub struct Worker {
    store: Store,
    handlers: BTreeMap<String, JobHandler>,
    schedule: Arc<[Schedule]>,
    subscribers: Arc<[Subscriber]>,
    mailer: Option<Arc<dyn Mailer>>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    /// A worker that knows no work yet.
    pub fn new(store: Store) -> Self {
        Self { store, handlers: BTreeMap::new(), schedule: [].into(), subscribers: [].into(), mailer: None, stop: Arc::default() }
    }
    /// Adds the handler of a kind of job (the last one counts).
    #[must_use]
    pub fn handler(mut self, kind: &str, f: JobHandler) -> Self {
        self.handlers.insert(kind.to_owned(), f);
        self
    }
    /// The whole schedule.
    #[must_use]
    pub fn schedule(mut self, lines: Vec<Schedule>) -> Self {
        self.schedule = lines.into();
        self
    }
    /// All subscribers.
    #[must_use]
    pub fn subscribers(mut self, list: Vec<Subscriber>) -> Self {
        self.subscribers = list.into();
        self
    }
    /// Who hands e-mail over. Without one it stays queued and expires after 3 days.
    #[must_use]
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Turns what is due on the schedule into jobs; `true` when there was something.
    pub fn step_schedule(&self) -> Result<bool> {
        let lines = self.schedule.clone();
        if lines.is_empty() || !self.store.read_blocking(move |tx| any_due(tx, &lines))? {
            return Ok(false);
        }
        let lines = self.schedule.clone();
        Ok(self.store.write_blocking(move |tx| tick(tx, &lines))? > 0)
    }

    /// Hands waiting events to their subscribers; `true` when there was something.
    pub fn step_events(&self) -> Result<bool> {
        if !self.store.read_blocking(is_waiting)? {
            return Ok(false);
        }
        let list = self.subscribers.clone();
        let mut busy = self.store.write_blocking(move |tx| fan_out(tx, &list))? > 0;
        for i in 0..self.subscribers.len() {
            busy |= self.deliver_to(i)?;
        }
        Ok(busy)
    }

    /// A batch in one transaction; when that fails, one by one up to the event that fails.
    fn deliver_to(&self, i: usize) -> Result<bool> {
        let run = |most: usize| {
            let list = self.subscribers.clone();
            self.store.write_blocking(move |tx| list.get(i).map_or(Ok(0), |s| deliver(tx, s, most)))
        };
        if let Ok(n) = run(usize::MAX) {
            return Ok(n > 0);
        }
        let mut some = false;
        let error = loop {
            match run(1) {
                Ok(0) => return Ok(some),
                Ok(_) => some = true,
                Err(e) => break e,
            }
        };
        let list = self.subscribers.clone();
        let name = list.get(i).map_or("", |s| s.name);
        tracing::warn!(subscriber = name, error = brief(&error), "subscriber failed");
        if self.store.write_blocking(move |tx| list.get(i).map_or(Ok(false), |s| failed(tx, s, &error)))? {
            tracing::error!(subscriber = name, "event laid aside");
        }
        Ok(some)
    }

    /// Hands one e-mail over; `true` when there was one.
    pub fn step_mail(&self) -> Result<bool> {
        let Some(mailer) = &self.mailer else { return Ok(false) };
        if !self.store.read_blocking(outbox::is_due)? {
            return Ok(false);
        }
        let Some(leased) = self.store.write_blocking(outbox::lease)? else { return Ok(true) };
        let how = mailer.deliver(&leased.letter);
        tracing::info!(outbox = %leased.letter.id, attempt = leased.attempts, result = ?how, "e-mail");
        self.store.write_blocking(move |tx| outbox::settle(tx, &leased, &how))?;
        Ok(true)
    }

    /// Does one job; `true` when there was one. The handler runs outside any transaction.
    pub fn step_job(&self) -> Result<bool> {
        if !self.store.read_blocking(job::is_due)? {
            return Ok(false);
        }
        let Some(j) = self.store.write_blocking(job::lease)? else { return Ok(false) };
        let j = Arc::new(j);
        let progress = Progress { store: self.store.clone(), job: j.clone(), stop: self.stop.clone() };
        let answer = match self.handlers.get(&j.kind) {
            None => Err(Error::internal(format!("no handler for jobs of kind {}", j.kind))),
            // a panic in one handler must not end the loop for all others
            Some(f) => catch_unwind(AssertUnwindSafe(|| f(&self.store, &j, &progress)))
                .unwrap_or_else(|_| Err(Error::internal("the handler panicked"))),
        };
        if let Err(e) = &answer {
            tracing::warn!(job = %j.id, kind = %j.kind, attempt = j.attempts, error = brief(e), "job failed");
        }
        self.store.write_blocking(move |tx| {
            let now = tx.now();
            let ending = match answer {
                Ok(Outcome::Done(v)) => Ending::Done(v),
                Ok(Outcome::Again { after }) => Ending::Again { at: now + i64::from(after) * SECOND, why: String::new() },
                Err(e) => job::after_error(now, &j, &e),
            };
            job::settle(tx, &j, &ending)
        })?;
        Ok(true)
    }

    /// Everything that can be done now, until nothing is left: for tests, the command line and demo data.
    pub fn drain(&self) -> Result<()> {
        while self.step_schedule()? || self.step_events()? || self.step_job()? || self.step_mail()? {}
        Ok(())
    }

    /// Starts three threads (news and schedule, mail, jobs), so that a slow relay or a long import holds up nothing else.
    /// They stop when the answer is dropped.
    pub fn spawn(self, poll: Duration) -> Result<Running> {
        let bell = Arc::new(Bell::default());
        let worker = Arc::new(self);
        let mut running = Running { stop: worker.stop.clone(), bell: bell.clone(), threads: vec![] };
        type Step = fn(&Worker) -> Result<bool>;
        let loops: [(&str, Step); 3] = [
            ("work-news", |w| Ok(w.step_schedule()? | w.step_events()?)),
            ("work-mail", Worker::step_mail),
            ("work-jobs", Worker::step_job),
        ];
        for (name, step) in loops {
            let (worker, bell) = (worker.clone(), bell.clone());
            let body = move || {
                while !worker.stop.load(Ordering::Relaxed) {
                    let heard = bell.count();
                    match step(&worker) {
                        Ok(true) => {}
                        Ok(false) => bell.wait(heard, poll),
                        Err(e) => {
                            // the disk is full or the database is away: try again, slowly
                            tracing::error!(thread = name, error = brief(&e), "work loop");
                            bell.wait(heard, poll.max(Duration::from_secs(1)));
                        }
                    }
                }
            };
            running.threads.push(std::thread::Builder::new().name(name.into()).spawn(body).map_err(Error::internal)?);
        }
        Ok(running)
    }
}

/// What the log may say: messages for people may quote what they typed, so only defects of ours are told in words.
fn brief(e: &Error) -> &str {
    match e {
        Error::Internal(m) | Error::Unavailable(m) => m,
        Error::Invalid(_) => "invalid input",
        Error::Conflict(_) => "conflict",
        Error::NotFound(_) => "not found",
        Error::Forbidden(_) | Error::Unauthenticated => "forbidden",
        Error::BadRequest(_) => "bad request",
    }
}

/// Wakes sleeping loops.
#[derive(Default)]
struct Bell {
    rung: Mutex<u64>,
    heard: Condvar,
}
impl Bell {
    fn count(&self) -> u64 {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.heard.notify_all();
    }
    /// Sleeps until the next ring or `most`; not at all when it rang since `heard` was read.
    fn wait(&self, heard: u64, most: Duration) {
        let guard = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        // a poisoned bell only means an early wake-up
        drop(self.heard.wait_timeout_while(guard, most, |n| *n == heard));
    }
}

/// The running loops; dropping it stops them and waits for the step each is in.
pub struct Running {
    stop: Arc<AtomicBool>,
    bell: Arc<Bell>,
    threads: Vec<JoinHandle<()>>,
}
impl Running {
    /// Stops the loops and waits `most` for the step each is in. `false`: one is still in its step (a relay that does not
    /// answer, say); it is left to end with the process, and what it had not committed is done again at the next start.
    pub fn stop(mut self, most: Duration) -> bool {
        self.tell();
        let until = Instant::now() + most;
        while self.threads.iter().any(|t| !t.is_finished()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let all = self.threads.iter().all(JoinHandle::is_finished);
        // dropping the handles of the others lets them go
        self.threads.retain(JoinHandle::is_finished);
        all
    }
    fn tell(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.bell.ring();
    }
    /// Something was just written that waits: look now, not at the next poll.
    pub fn wake(&self) {
        self.bell.ring();
    }
}
impl Drop for Running {
    fn drop(&mut self) {
        self.tell();
        for t in self.threads.drain(..) {
            let _ = t.join();
        }
    }
}
