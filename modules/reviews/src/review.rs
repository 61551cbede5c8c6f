//! A review: its figures while it is prepared, and the freezing that keeps them.

use access::Actor;
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use store::{Error, Result, Tx};

use crate::figures::{Snapshot, read, snapshot};
use crate::one;

/// Parts that people write, in the order of the document.
pub const WORDS: [&str; 5] = ["results", "shortcomings", "lessons", "proposals", "nominations"];

/// A review with its figures.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The review.
    pub review: Record,
    /// The plan.
    pub plan: Record,
    /// Frozen figures, or those of now while it is a draft.
    pub figures: Snapshot,
}

impl Opened {
    /// Nothing changes any more.
    pub fn frozen(&self) -> bool {
        self.review.state.as_deref() == Some("frozen")
    }
}

/// Opens a review.
///
/// # Errors
/// `NotFound` for no such review; those of reading.
pub fn open(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, today: &str) -> Result<Opened> {
    let review = one(tx, reg, actor, "plan_review", id)?;
    let plan = one(tx, reg, actor, "plan", review.text("plan").unwrap_or_default())?;
    let figures = match review.text("figures") {
        Some(json) => read(json)?,
        None => snapshot(tx, reg, actor, &review, today)?,
    };
    Ok(Opened { review, plan, figures })
}

/// Freezes figures and words as they stand; `version` = what was shown.
///
/// # Errors
/// `Invalid` before the day of the figures has come, `Conflict` when it changed since it was shown.
pub fn freeze(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, version: i64, today: &str) -> Result<Record> {
    let review = one(tx, reg, actor, "plan_review", id)?;
    let as_of = review.text("as_of").unwrap_or_default();
    if as_of > today {
        let message = format!(
            "Số liệu tính đến hết ngày {}, ngày đó chưa tới. Chốt sau ngày đó, hoặc sửa “Số liệu tính đến hết ngày”.",
            web::fmt::date(as_of)
        );
        return Err(Error::invalid("as_of", message));
    }
    // part of the plan's figures would stand as the whole for good
    let issuer = one(tx, reg, actor, "plan", review.text("plan").unwrap_or_default())?;
    let path = issuer.text("issuer").map(|i| web::agency_path(tx, i)).transpose()?.flatten();
    if let (Some(path), Ok(scope)) = (path, actor.may(access::Verb::Read, "figure"))
        && !scope.covers(&path)
    {
        return Err(Error::Forbidden("Bạn chỉ xem được một phần số liệu của kế hoạch này, nên không chốt được.".into()));
    }
    let figures = snapshot(tx, reg, actor, &review, today)?;
    let json = serde_json::to_string(&figures).map_err(Error::internal)?;
    let values = Values::from([("figures".to_owned(), Data::Text(json)), ("frozen_on".to_owned(), Data::Text(today.to_owned()))]);
    actions::transition(tx, reg, actor, "plan_review", id, version, "freeze", values, None)
}
