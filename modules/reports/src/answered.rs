//! A campaign that answers a task of a plan: who files has done what the task asks, without saying so twice.

use access::{Actor, Verb};
use plans::proven::{self, Product};
use registers::actions;
use registers::{Record, Registry};
use store::{Result, Tx};

use crate::campaign::{FILED, last_day};
use crate::{all_where, is, one, text, values};

/// Closes the obligation that a filed report answers. `program` acts for who filed it. `true` when one was closed.
pub fn by(tx: &mut Tx, reg: &Registry, program: &Actor, campaign: &Record, report: &Record) -> Result<bool> {
    let (Some(task), Some(agency), Some(day)) = (campaign.text("task"), report.text("agency"), report.text("submitted_on")) else {
        return Ok(false);
    };
    let due = last_day(campaign)?;
    let note = format!("Đã nộp “{}” ngày {}.", campaign.text("name").unwrap_or_default(), web::fmt::date(day));
    let product = Product { record: ("report_submission", &report.id), task, agency, due: &due, day, note: &note };
    proven::by_record(tx, reg, program, &product)
}

/// A report went back: what it had closed is owed again.
pub fn given_back(tx: &mut Tx, reg: &Registry, program: &Actor, campaign: &Record, report: &Record, why: &str) -> Result<()> {
    let (Some(task), Some(agency)) = (campaign.text("task"), report.text("agency")) else { return Ok(()) };
    let why = format!("Báo cáo bị trả lại: {why}");
    proven::given_back(tx, reg, program, ("report_submission", &report.id), task, agency, &why).map(drop)
}

/// What was filed before the campaign knew its task. Safe at any time.
pub fn all(tx: &mut Tx, reg: &Registry, program: &Actor, campaign: &str) -> Result<()> {
    let c = one(tx, reg, program, "report_campaign", campaign)?;
    if c.text("task").is_none() {
        return Ok(());
    }
    for r in all_where(tx, reg, program, "report_submission", vec![is("campaign", campaign)])? {
        if r.state.as_deref().is_some_and(|s| FILED.contains(&s)) {
            by(tx, reg, program, &c, &r)?;
        }
    }
    Ok(())
}

/// A task that a campaign may answer.
pub struct Offer {
    /// The task.
    pub task: Record,
    /// Agencies that owe it on the campaign's last day.
    pub agencies: i64,
}

/// Tasks due on the campaign's last day that ask for a report. Offered, never taken by the program.
pub fn offers(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record) -> Result<Vec<Offer>> {
    if campaign.text("task").is_some() || actor.may(Verb::Update, "report_campaign").is_err() {
        return Ok(vec![]);
    }
    let due = last_day(campaign)?;
    let asks = |t: &Record| ::text::fold(t.text("content").unwrap_or_default()).contains("bao cao");
    let found = proven::tasks_due(tx, reg, actor, &due)?;
    Ok(found.into_iter().filter(|(t, _)| asks(t)).map(|(task, agencies)| Offer { task, agencies }).collect())
}

/// A person says which task the campaign answers; what is filed already counts at once.
pub fn choose(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &str, version: i64, task: &str) -> Result<()> {
    let chosen = values([("task", text(task))]);
    actions::update(tx, reg, actor, "report_campaign", campaign, version, chosen, None)?;
    all(tx, reg, &crate::figures::program(actor), campaign)
}
