//! The state of an obligation is derived from what was done and from dates; nobody types it.

use registers::Record;

/// What a reader sees. Order = urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The due day has passed.
    Overdue,
    /// Due within seven days.
    DueSoon,
    /// Returned by or waiting for the head.
    WaitingApproval,
    /// Something was done.
    InProgress,
    /// Nothing yet.
    NotStarted,
    /// Waits for an event: never late while it waits.
    WaitingEvent,
    /// The period ended before the event came: not late either.
    PeriodPassed,
    /// Done and, where needed, approved.
    Done,
    /// Does not concern this agency.
    NotApplicable,
}

impl State {
    /// Label, Vietnamese and English.
    pub fn label(self) -> web::L {
        match self {
            State::Overdue => web::L("Quá hạn", "Overdue"),
            State::DueSoon => web::L("Sắp đến hạn", "Due soon"),
            State::WaitingApproval => web::L("Chờ duyệt", "Waiting for approval"),
            State::InProgress => web::L("Đang thực hiện", "In progress"),
            State::NotStarted => web::L("Chưa bắt đầu", "Not started"),
            State::WaitingEvent => web::L("Chờ điều kiện", "Waiting for an event"),
            State::PeriodPassed => web::L("Quá kỳ, chưa đủ điều kiện", "Period over, condition not met"),
            State::Done => web::L("Hoàn thành", "Done"),
            State::NotApplicable => web::L("Không áp dụng", "Not applicable"),
        }
    }
    /// Colour.
    pub fn tone(self) -> web::Tone {
        match self {
            State::Overdue => web::Tone::Unmet,
            State::DueSoon | State::WaitingApproval | State::WaitingEvent => web::Tone::Soon,
            State::Done => web::Tone::Met,
            State::PeriodPassed => web::Tone::None,
            State::InProgress | State::NotStarted | State::NotApplicable => web::Tone::Plain,
        }
    }
    /// Still somebody's work?
    pub fn open(self) -> bool {
        !matches!(self, State::Done | State::NotApplicable | State::PeriodPassed)
    }
    /// All, in order of urgency.
    pub const ALL: [State; 9] = [
        State::Overdue,
        State::DueSoon,
        State::WaitingApproval,
        State::InProgress,
        State::NotStarted,
        State::WaitingEvent,
        State::PeriodPassed,
        State::Done,
        State::NotApplicable,
    ];
}

/// Days before the due day from which an obligation counts as due soon.
pub const SOON_DAYS: i64 = 7;

/// Derives the state of an obligation record on `today`. `evidence` = it has some; `met` = the indicator its task is bound
/// to is met for this agency (`None` = not bound or no data).
pub fn derive(o: &Record, today: &str, evidence: bool, met: Option<bool>) -> State {
    let due = o.text("due_on");
    match o.state.as_deref() {
        Some("done") => return State::Done,
        Some("not_applicable") => return State::NotApplicable,
        Some("waiting_event") => return if due.is_some_and(|d| d < today) { State::PeriodPassed } else { State::WaitingEvent },
        _ => {}
    }
    if met == Some(true) {
        return State::Done;
    }
    // handed in: what it waits for is the head, not the agency's work
    if o.state.as_deref() == Some("waiting_approval") {
        return State::WaitingApproval;
    }
    if due.is_some_and(|d| d < today) {
        return State::Overdue;
    }
    let soon = due.zip(calendar::Date::parse(today).ok()).is_some_and(|(d, t)| d <= t.add_days(SOON_DAYS).to_string().as_str());
    match (soon, evidence || o.state.as_deref() == Some("in_progress")) {
        (true, _) => State::DueSoon,
        (false, true) => State::InProgress,
        (false, false) => State::NotStarted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use registers::Data;

    fn obligation(state: &str, due: Option<&str>) -> Record {
        let fields = due.map(|d| ("due_on".to_owned(), Data::Text(d.into()))).into_iter().collect();
        Record {
            register: "obligation".into(),
            id: "o".into(),
            version: 1,
            state: Some(state.into()),
            title: String::new(),
            fields,
            links: std::collections::BTreeMap::new(),
            masked: vec![],
            agency: None,
            confirmed_on: None,
            created_at: 0,
            updated_at: 0,
            updated_by: String::new(),
            deleted: false,
        }
    }

    #[test]
    fn never_overdue_while_waiting() {
        assert_eq!(derive(&obligation("waiting_event", Some("2026-12-31")), "2026-11-22", false, None), State::WaitingEvent);
        assert_eq!(derive(&obligation("waiting_event", Some("2025-12-31")), "2026-11-22", false, None), State::PeriodPassed);
        assert_eq!(derive(&obligation("waiting_event", None), "2026-11-22", true, None), State::WaitingEvent);
    }

    #[test]
    fn dates_decide() {
        assert_eq!(derive(&obligation("not_started", Some("2026-11-21")), "2026-11-22", true, None), State::Overdue);
        assert_eq!(derive(&obligation("not_started", Some("2026-11-22")), "2026-11-22", false, None), State::DueSoon);
        assert_eq!(derive(&obligation("not_started", Some("2026-12-31")), "2026-11-22", false, None), State::NotStarted);
        assert_eq!(derive(&obligation("not_started", None), "2026-11-22", true, None), State::InProgress);
    }

    #[test]
    fn an_indicator_that_is_met_is_the_progress() {
        assert_eq!(derive(&obligation("not_started", Some("2026-01-01")), "2026-11-22", false, Some(true)), State::Done);
        assert_eq!(derive(&obligation("not_started", Some("2026-01-01")), "2026-11-22", false, Some(false)), State::Overdue);
    }
}
