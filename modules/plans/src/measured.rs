//! Work whose progress is an indicator is not done against it in silence: who says so gives a reason.

use access::{Actor, Verb};
use registers::actions::Step;
use registers::{Record, Registry, actions};
use store::{Error, Result, Tx};

/// What the registers say of the agency, for the indicator that the task of an obligation is bound to.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The indicator.
    pub indicator: String,
    /// The figure of the agency.
    pub figure: targets::AgencyFigure,
}

impl Shown {
    /// Known, and not reached.
    pub fn unmet(&self) -> bool {
        self.figure.met() == Some(false)
    }
}

/// The figure behind an obligation, done or not; on its due day once that has passed.
///
/// # Errors
/// Those of reading.
pub fn shown(tx: &mut Tx, reg: &Registry, actor: &Actor, o: &Record, today: &str) -> Result<Option<Shown>> {
    let (Some(task), Some(agency)) = (o.text("task"), o.text("agency")) else { return Ok(None) };
    if actor.may(Verb::Read, "figure").is_err() {
        return Ok(None);
    }
    let task = actions::get(tx, reg, &actor.may(Verb::Read, "task")?, task)?;
    let Some(indicator) = task.text("indicator").map(str::to_owned) else { return Ok(None) };
    let day = o.text("due_on").filter(|d| *d < today).unwrap_or(today);
    let figure = targets::by_agency(tx, reg, actor, &indicator, day)?.get(agency).copied();
    Ok(figure.map(|figure| Shown { indicator, figure }))
}

/// The rule of `approve` and `close`.
///
/// # Errors
/// `Invalid` when the figure is not reached and no reason is given.
pub fn gate(tx: &mut Tx, reg: &Registry, actor: &Actor, step: &Step<'_>) -> Result<()> {
    if !matches!(step.transition, "approve" | "close") || step.reason.is_some() {
        return Ok(());
    }
    let today = calendar::instant::local_date(tx.now());
    match shown(tx, reg, actor, step.record, &today.to_string())? {
        Some(s) if s.unmet() => {
            let message = format!(
                "Theo sổ đăng ký, chỉ số {} của cơ quan này mới là {}/{}, chưa đạt. Cập nhật sổ rồi duyệt, hoặc ghi lý do vì sao coi là hoàn thành.",
                s.indicator, s.figure.met, s.figure.population
            );
            Err(Error::invalid("reason", message))
        }
        _ => Ok(()),
    }
}
