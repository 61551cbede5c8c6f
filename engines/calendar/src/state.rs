//! The state of an occasion: derived from facts, never typed in (requirements S-02 and 3.8).
use crate::date::Date;
use crate::instances::{Expects, Instance};

/// What is known about an occasion on the day asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// Pieces of evidence or entries that fall into the occasion.
    pub evidence: u32,
    /// Somebody has begun, though there is no evidence yet.
    pub started: bool,
    /// Sent for approval and not yet answered.
    pub submitted: bool,
    /// The day completion was reported, if it has been approved (the day of the work, not of the
    /// approval, so that a slow approver makes nobody late).
    pub approved_on: Option<Date>,
    /// Does not apply to this agency, by decision.
    pub not_applicable: bool,
}

/// State of an occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DerivedState {
    /// Does not apply.
    NotApplicable,
    /// Done by its due day (or it has none).
    Done,
    /// Done after its due day.
    DoneLate,
    /// Not begun; not late.
    NotStarted,
    /// Begun; not late.
    InProgress,
    /// Waits for approval.
    AwaitingApproval,
    /// Waits for an event; never overdue.
    Waiting,
    /// Its period is over and the event has not happened: not its fault, so not overdue.
    PeriodOver,
    /// A continuous task whose year passed without any entry.
    MissingEntry,
    /// The due day has passed.
    Overdue,
}

impl DerivedState {
    /// All, in the order of a legend.
    pub const ALL: [Self; 10] = [
        Self::NotApplicable,
        Self::Done,
        Self::DoneLate,
        Self::NotStarted,
        Self::InProgress,
        Self::AwaitingApproval,
        Self::Waiting,
        Self::PeriodOver,
        Self::MissingEntry,
        Self::Overdue,
    ];

    /// Stable word for storage and API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Done => "done",
            Self::DoneLate => "done_late",
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Waiting => "waiting",
            Self::PeriodOver => "period_over",
            Self::MissingEntry => "missing_entry",
            Self::Overdue => "overdue",
        }
    }

    /// Vietnamese label.
    #[must_use]
    pub fn label_vi(self) -> &'static str {
        match self {
            Self::NotApplicable => "Không áp dụng",
            Self::Done => "Hoàn thành",
            Self::DoneLate => "Hoàn thành muộn",
            Self::NotStarted => "Chưa bắt đầu",
            Self::InProgress => "Đang thực hiện",
            Self::AwaitingApproval => "Chờ duyệt",
            Self::Waiting => "Chờ điều kiện",
            Self::PeriodOver => "Quá kỳ, chưa đủ điều kiện",
            Self::MissingEntry => "Chưa cập nhật trong năm",
            Self::Overdue => "Quá hạn",
        }
    }

    /// English label.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::NotApplicable => "Not applicable",
            Self::Done => "Done",
            Self::DoneLate => "Done late",
            Self::NotStarted => "Not started",
            Self::InProgress => "In progress",
            Self::AwaitingApproval => "Awaiting approval",
            Self::Waiting => "Waiting for an event",
            Self::PeriodOver => "Period over, condition not met",
            Self::MissingEntry => "No entry for the year",
            Self::Overdue => "Overdue",
        }
    }

    /// Whether somebody must act because it is late.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Overdue | Self::MissingEntry)
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Done | Self::DoneLate)
    }
}

/// The state of an occasion on a day.
///
/// In this order: not applicable; approved (done, or done late); waiting for an event (never overdue;
/// after the window "quá kỳ"); a continuous task (an entry in its year or not); waiting for approval;
/// due day passed; begun or not. Approval with less evidence than a yearly minimum asks for does not
/// make it done.
#[must_use]
pub fn state(instance: &Instance, as_of: Date, facts: &Facts) -> DerivedState {
    if facts.not_applicable {
        return DerivedState::NotApplicable;
    }
    let begun = facts.started || facts.evidence > 0;
    let open = if begun { DerivedState::InProgress } else { DerivedState::NotStarted };
    let enough = match instance.expects {
        Expects::Completion(n) => n <= 1 || facts.evidence >= n,
        Expects::Entry => true,
    };
    if let Some(on) = facts.approved_on.filter(|on| enough && *on <= as_of) {
        return match instance.due {
            Some(due) if on > due => DerivedState::DoneLate,
            _ => DerivedState::Done,
        };
    }
    let over = instance.until.is_some_and(|u| as_of > u);
    if instance.waiting {
        return if over { DerivedState::PeriodOver } else { DerivedState::Waiting };
    }
    if instance.expects == Expects::Entry {
        return match (over, facts.evidence > 0) {
            (true, true) => DerivedState::Done,
            (true, false) => DerivedState::MissingEntry,
            (false, _) => open,
        };
    }
    if facts.submitted {
        return DerivedState::AwaitingApproval;
    }
    match instance.due {
        Some(due) if as_of > due => DerivedState::Overdue,
        _ => open,
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
