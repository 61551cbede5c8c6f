//! Invitations: accounts for many people at once, as one job. What was done is found done when it runs again.

use std::collections::BTreeSet;
use std::sync::Arc;

use access::{Account, Actor, NewAccount, NewGrant, NewPassword, Roles, Secret};
use registers::Registry;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Error, Result, Store, Tx};
use work::{Job, JobHandler, NewJob, Outcome, Progress};

use crate::candidates::{Candidate, candidates};
use crate::login::login_for;
use crate::slips::{self, Slip};

/// Kind of the job.
pub const JOB: &str = "people.invite";
/// Accounts in one transaction: some half a second of hashing, so that progress is seen.
const BATCH: usize = 24;
/// One day in µs.
const DAY: i64 = 86_400_000_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// Person records that get an account.
    pub people: Vec<String>,
    /// Accounts whose unused invitation gets a new password.
    pub renew: Vec<String>,
    /// Life of the temporary passwords, days.
    pub days: i64,
    /// Who has an address gets a link by mail instead of a slip.
    pub by_mail: bool,
    /// Address of the instance.
    pub base_url: String,
}
impl Wanted {
    /// Nobody twice: one person would get two accounts.
    fn once(mut self) -> Self {
        for list in [&mut self.people, &mut self.renew] {
            let mut seen = BTreeSet::new();
            list.retain(|id| seen.insert(id.clone()));
        }
        self
    }
    /// Is the same asked for? The order does not matter.
    fn same(&self, other: &Self) -> bool {
        let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        let how = |w: &Self| (set(&w.people), set(&w.renew), w.days, w.by_mail);
        how(self) == how(other)
    }
}

/// What came of it so far; also the checkpoint. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Of all that was asked for.
    pub done: usize,
    /// New accounts.
    pub made: usize,
    /// New passwords for unused ones.
    pub renewed: usize,
    /// Of these: a link went by mail.
    pub mailed: usize,
    /// Had an account already, use theirs by now, or are no longer in duty.
    pub skipped: usize,
    /// Could not be done; the others were.
    #[serde(default)]
    pub failed: usize,
    /// Name and reason, for each that failed and each renewal that was not needed.
    #[serde(default)]
    pub notes: Vec<(String, String)>,
}

/// Queues the job; while one runs that was asked for the same, that one is meant.
///
/// # Errors
/// `Invalid` when nobody is chosen; `Forbidden` without the right to manage accounts; `Conflict` while one runs for others.
pub fn ask(tx: &mut Tx, actor: &Actor, wanted: &Wanted) -> Result<String> {
    let wanted = &wanted.clone().once();
    actor.may(access::Verb::Update, "account")?;
    if wanted.people.is_empty() && wanted.renew.is_empty() {
        return Err(Error::invalid("id", "Chọn ít nhất một người."));
    }
    if !(1..=90).contains(&wanted.days) {
        return Err(Error::invalid("days", "Số ngày có hiệu lực từ 1 đến 90."));
    }
    if let Some(j) = work::jobs(tx, JOB, "", 5)?.into_iter().find(|j| j.finished_at.is_none()) {
        if j.who == actor.id {
            let runs: Wanted = serde_json::from_value(j.args).map_err(Error::internal)?;
            if runs.same(wanted) {
                return Ok(j.id);
            }
            return Err(Error::Conflict(
                "Việc cấp tài khoản bạn yêu cầu trước đó chưa xong, và lần này bạn chọn khác; lần này chưa được nhận. Chờ việc trước xong rồi gửi lại.".into(),
            ));
        }
        return Err(Error::Conflict("Một người khác đang cấp tài khoản hàng loạt. Chờ việc đó xong rồi làm lại.".into()));
    }
    let args = serde_json::to_value(wanted).map_err(Error::internal)?;
    work::enqueue(tx, &NewJob { kind: JOB.into(), args, dedup_key: Some(JOB.into()), who: actor.id.clone(), ..NewJob::default() })
}

/// Who does the job.
pub fn handler(registry: &Arc<Registry>, roles: &Arc<Roles>) -> JobHandler {
    let (reg, roles) = (Arc::clone(registry), Arc::clone(roles));
    Box::new(move |store, job, progress| {
        let wanted: Wanted = serde_json::from_value(job.args.clone()).map_err(Error::internal)?;
        let mut report: Report = match &job.checkpoint {
            Some(c) => serde_json::from_value(c.clone()).map_err(Error::internal)?,
            None => Report::default(),
        };
        let actor = actor_of(store, &roles, job)?;
        let all = wanted.people.len() + wanted.renew.len();
        let line = Line { reg: &reg, roles: &roles, actor: &actor, wanted: &wanted };
        let known = line.known(store)?;
        while report.done < all {
            if progress.stopping() {
                return Ok(Outcome::Again { after: 1 });
            }
            line.batch(store, &known, &mut report, &job.id, Some(progress))?;
        }
        serde_json::to_value(&report).map(Outcome::Done).map_err(Error::internal)
    })
}

fn actor_of(store: &Store, roles: &Arc<Roles>, job: &Job) -> Result<Actor> {
    if job.who.starts_with("system:") {
        return Ok(Actor::system("people.invite"));
    }
    let (who, roles) = (job.who.clone(), Arc::clone(roles));
    store.read_blocking(move |tx| access::actor_of_account(tx, &roles, &who))
}

/// The same without a job, for the command line: everything at once, slips in the answer. `said` hears of every step.
pub fn at_once(
    store: &Store,
    reg: &Arc<Registry>,
    roles: &Arc<Roles>,
    actor: &Actor,
    wanted: &Wanted,
    said: &dyn Fn(usize, usize),
) -> Result<(Report, Vec<Slip>)> {
    let wanted = &wanted.clone().once();
    let line = Line { reg, roles, actor, wanted };
    let known = line.known(store)?;
    let (mut report, mut out) = (Report::default(), vec![]);
    let all = wanted.people.len() + wanted.renew.len();
    while report.done < all {
        out.extend(line.batch(store, &known, &mut report, "", None)?);
        said(report.done, all);
    }
    Ok((report, out))
}

/// One account to be made or renewed.
enum Plan {
    New(Box<Candidate>, String),
    Renew(Box<Account>),
}
impl Plan {
    fn words(&self) -> (String, String) {
        match self {
            Plan::New(c, login) => (login.clone(), c.name.clone()),
            Plan::Renew(a) => (a.login.clone(), a.name.clone()),
        }
    }
    /// By mail, if that is wanted and there is an address.
    fn address(&self) -> Option<&str> {
        match self {
            Plan::New(c, _) => c.email.as_deref(),
            Plan::Renew(a) => a.email.as_deref(),
        }
    }
    /// What the report says when the write finds nothing left to do.
    fn needless(&self) -> Option<(String, String)> {
        let why = "Tài khoản đã được dùng hoặc đã khoá; không gia hạn.";
        matches!(self, Plan::Renew(_)).then(|| (self.words().1, why.to_owned()))
    }
    fn slip(&self, account: Account, password: Secret, until: i64) -> Slip {
        let agency = match self {
            Plan::New(c, _) => c.agency_name.clone(),
            Plan::Renew(_) => String::new(),
        };
        Slip { name: account.name, agency, agency_id: account.agency, login: account.login, password, until }
    }
}

struct Line<'a> {
    reg: &'a Arc<Registry>,
    roles: &'a Arc<Roles>,
    actor: &'a Actor,
    wanted: &'a Wanted,
}

impl Line<'_> {
    /// Everybody in duty without an account.
    fn known(&self, store: &Store) -> Result<Vec<Candidate>> {
        store.read_blocking(|tx| candidates(tx, self.reg, self.actor, &[]))
    }

    /// What the next ones need; who has an account by now is left out.
    fn plans(&self, tx: &mut Tx, known: &[Candidate], from: usize, most: usize) -> Result<(usize, Vec<Plan>)> {
        let ids = self.wanted.people.iter().map(|p| (p, true)).chain(self.wanted.renew.iter().map(|a| (a, false)));
        let part: Vec<(&String, bool)> = ids.skip(from).take(most).collect();
        let mut given = std::collections::BTreeSet::new();
        let mut plans = Vec::new();
        let reached = if part.iter().any(|(_, new)| !new) {
            access::every_account(tx, &self.actor.may(access::Verb::Read, "account")?)?
        } else {
            vec![]
        };
        for (id, new) in &part {
            if !new {
                // whether it is still unused is asked inside the write
                plans.extend(reached.iter().find(|a| a.id == **id).map(|a| Plan::Renew(Box::new(a.clone()))));
                continue;
            }
            let Some(c) = known.iter().find(|c| c.person == **id) else { continue };
            if access::account_of_person(tx, id)?.is_some() {
                continue;
            }
            let taken = |l: &str| Ok::<_, Error>(given.contains(l) || access::account_by_login(tx, l)?.is_some());
            let login = login_for(&c.name, &c.agency_short, taken)?;
            given.insert(login.clone());
            plans.push(Plan::New(Box::new(c.clone()), login));
        }
        Ok((part.len(), plans))
    }

    /// The next few. When one of them cannot be done, they are gone through one by one, and only that one stays out.
    fn batch(&self, store: &Store, known: &[Candidate], report: &mut Report, job: &str, progress: Option<&Progress>) -> Result<Vec<Slip>> {
        let slips = match self.part(store, known, report, BATCH, progress) {
            Err(e) if e.status() < 500 => self.one_by_one(store, known, report, progress)?,
            done => done?,
        };
        let slips = self.with_agencies(store, slips)?;
        if job.is_empty() {
            return Ok(slips);
        }
        slips::keep(job, &self.actor.id, slips);
        Ok(vec![])
    }

    fn one_by_one(&self, store: &Store, known: &[Candidate], report: &mut Report, progress: Option<&Progress>) -> Result<Vec<Slip>> {
        let mut slips = Vec::new();
        let until = (report.done + BATCH).min(self.all());
        while report.done < until {
            match self.part(store, known, report, 1, progress) {
                Ok(more) => slips.extend(more),
                Err(e) if e.status() < 500 => {
                    let name = self.name_of(store, known, report.done)?;
                    report.failed += 1;
                    report.notes.push((name, e.to_string()));
                    report.done += 1;
                    let (said, all, progress) = (report.clone(), self.all(), progress.cloned());
                    store.write_blocking(move |tx| checkpoint(tx, progress.as_ref(), &said, all))?;
                }
                // what was made is handed over first; the next round meets the same fault
                Err(_) if !slips.is_empty() => break,
                Err(e) => return Err(e),
            }
        }
        Ok(slips)
    }

    fn all(&self) -> usize {
        self.wanted.people.len() + self.wanted.renew.len()
    }

    /// What the one at this place is called; its id when it is gone.
    fn name_of(&self, store: &Store, known: &[Candidate], at: usize) -> Result<String> {
        let Some(id) = self.wanted.people.iter().chain(&self.wanted.renew).nth(at).cloned() else { return Ok(String::new()) };
        if at < self.wanted.people.len() {
            return Ok(known.iter().find(|c| c.person == id).map_or(id, |c| c.name.clone()));
        }
        store.read_blocking(|tx| Ok(access::account(tx, &id).map_or(id, |a| a.name)))
    }

    /// The next `most`: plans in a read, passwords outside any transaction, everything written in one.
    fn part(&self, store: &Store, known: &[Candidate], report: &mut Report, most: usize, progress: Option<&Progress>) -> Result<Vec<Slip>> {
        let from = report.done;
        let (seen, plans) = store.read_blocking(|tx| self.plans(tx, known, from, most))?;
        let secrets: Vec<(Secret, String, String)> = plans
            .iter()
            .map(|p| {
                let (login, name) = p.words();
                (access::readable_secret_for(&login, &name), login, name)
            })
            .collect();
        let hashed = NewPassword::many(&secrets)?;
        let mut next = Report { done: from + seen, skipped: report.skipped + seen - plans.len(), ..report.clone() };
        let all = self.all();
        let (actor, roles, wanted, progress) = (self.actor.clone(), Arc::clone(self.roles), self.wanted.clone(), progress.cloned());
        let (next, slips) = store.write_blocking(move |tx| {
            tx.will_append()?;
            let until = tx.now() + wanted.days * DAY;
            let mut slips = Vec::new();
            for (plan, (secret, password)) in plans.iter().zip(secrets.into_iter().map(|s| s.0).zip(hashed)) {
                let mailed = plan.address().filter(|_| wanted.by_mail).is_some();
                let password = password.until(until);
                let Some(account) = write(tx, &actor, &roles, plan, (!mailed).then_some(&password))? else {
                    next.skipped += 1;
                    next.notes.extend(plan.needless());
                    continue;
                };
                match plan {
                    Plan::New(..) => next.made += 1,
                    Plan::Renew(_) => next.renewed += 1,
                }
                if mailed {
                    next.mailed += 1;
                    send(tx, &actor, &account, &wanted, until)?;
                } else {
                    slips.push(plan.slip(account, secret, until));
                }
            }
            checkpoint(tx, progress.as_ref(), &next, all)?;
            Ok((next, slips))
        })?;
        *report = next;
        Ok(slips)
    }

    /// Names of the agencies of renewed accounts, where the actor may read them.
    fn with_agencies(&self, store: &Store, mut slips: Vec<Slip>) -> Result<Vec<Slip>> {
        let Ok(scope) = self.actor.may(access::Verb::Read, "agency") else { return Ok(slips) };
        store.read_blocking(|tx| {
            for s in slips.iter_mut().filter(|s| s.agency.is_empty()) {
                if let Some(r) = s.agency_id.as_deref().and_then(|id| registers::actions::get(tx, self.reg, &scope, id).ok()) {
                    s.agency = r.title;
                }
            }
            Ok(())
        })?;
        Ok(slips)
    }
}

/// How far a job is; nothing without one.
fn checkpoint(tx: &mut Tx, progress: Option<&Progress>, report: &Report, all: usize) -> Result<()> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    progress.map_or(Ok(()), |p| p.save(tx, count(report.done), count(all), "", &json!(report)))
}

/// The account with its grants, or the new password of one that waits. Without a password it is opened by a link. `None`: since
/// the plan was made somebody else made the account, or its owner began to use it; their password stays.
fn write(tx: &mut Tx, actor: &Actor, roles: &Arc<Roles>, plan: &Plan, password: Option<&NewPassword>) -> Result<Option<Account>> {
    match plan {
        Plan::Renew(a) => {
            if !access::account(tx, &a.id)?.is_unused() {
                return Ok(None);
            }
            if let Some(p) = password {
                access::set_password(tx, actor, &a.id, p, true)?;
            }
            access::account(tx, &a.id).map(Some)
        }
        Plan::New(c, login) => {
            if access::account_of_person(tx, &c.person)?.is_some() {
                return Ok(None);
            }
            let new = NewAccount {
                login: login.clone(),
                name: c.name.clone(),
                email: c.email.clone(),
                agency: Some(c.agency.clone()),
                person: Some(c.person.clone()),
            };
            let a = access::create_account(tx, actor, &new, password)?;
            for (role, agency) in &c.duties {
                let grant = NewGrant { account: a.id.clone(), role: (*role).into(), agency: Some(agency.clone()), ..NewGrant::default() };
                access::grant(tx, actor, roles, &grant)?;
            }
            Ok(Some(a))
        }
    }
}

/// The invitation by mail: a link with which the first password is chosen.
fn send(tx: &mut Tx, actor: &Actor, a: &Account, wanted: &Wanted, until: i64) -> Result<()> {
    let r = access::invitation_link(tx, actor, &a.id, until)?;
    let body = format!(
        "Kính gửi {},\n\nTài khoản của bạn trên hệ thống Lá Chắn đã được lập.\nTên đăng nhập: {}\nMở liên kết sau để đặt mật khẩu (dùng một lần, đến {}):\n\n{}/recover/use?code={}\n\nNếu bạn không chờ thư này, hãy bỏ qua.\n",
        a.name,
        a.login,
        web::fmt::instant(until),
        wanted.base_url,
        r.code.reveal()
    );
    let template = format!("{}invite", work::SECRET);
    let m = work::Message {
        event: &r.id,
        template: &template,
        subject: "Lá Chắn: mời đặt mật khẩu tài khoản",
        body: &body,
        ..Default::default()
    };
    let address = a.email.as_deref().unwrap_or_default();
    work::send_email(tx, address, &m).map(drop)
}
