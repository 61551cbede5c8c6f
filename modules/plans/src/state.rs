//! The state of an obligation is derived from what was done and from dates; nobody types it. Each state is also a condition
//! that the database answers, so that pages, menu and files count the same things.

use registers::{Filter, Op, Record};

/// What a reader sees. Order = urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The due day has passed.
    Overdue,
    /// Due within seven days.
    DueSoon,
    /// Waits for the head.
    WaitingApproval,
    /// Something was done.
    InProgress,
    /// Nothing yet.
    NotStarted,
    /// Waits for an event: never late while it waits.
    WaitingEvent,
    /// The period ended before the event came: not late either.
    PeriodPassed,
    /// Done, but after its due day.
    DoneLate,
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
            State::DoneLate => web::L("Hoàn thành muộn", "Done late"),
            State::Done => web::L("Hoàn thành", "Done"),
            State::NotApplicable => web::L("Không áp dụng", "Not applicable"),
        }
    }
    /// Colour.
    pub fn tone(self) -> web::Tone {
        match self {
            State::Overdue => web::Tone::Unmet,
            State::DueSoon | State::WaitingApproval | State::WaitingEvent => web::Tone::Soon,
            State::Done | State::DoneLate => web::Tone::Met,
            State::PeriodPassed => web::Tone::None,
            State::InProgress | State::NotStarted | State::NotApplicable => web::Tone::Plain,
        }
    }
    /// Is it somebody's work now? What waits for an event is nobody's.
    pub fn open(self) -> bool {
        matches!(self, State::Overdue | State::DueSoon | State::WaitingApproval | State::InProgress | State::NotStarted)
    }
    /// Done, in time or not.
    pub fn done(self) -> bool {
        matches!(self, State::Done | State::DoneLate)
    }
    /// All, in order of urgency.
    pub const ALL: [State; 10] = [
        State::Overdue,
        State::DueSoon,
        State::WaitingApproval,
        State::InProgress,
        State::NotStarted,
        State::WaitingEvent,
        State::PeriodPassed,
        State::DoneLate,
        State::Done,
        State::NotApplicable,
    ];
    /// Word in addresses and in the API.
    pub fn word(self) -> &'static str {
        match self {
            State::Overdue => "overdue",
            State::DueSoon => "due_soon",
            State::WaitingApproval => "waiting_approval",
            State::InProgress => "in_progress",
            State::NotStarted => "not_started",
            State::WaitingEvent => "waiting_event",
            State::PeriodPassed => "period_passed",
            State::DoneLate => "done_late",
            State::Done => "done",
            State::NotApplicable => "not_applicable",
        }
    }
}

/// Days before the due day from which an obligation counts as due soon.
pub const SOON_DAYS: i64 = 7;

fn shifted(today: &str, days: i64) -> String {
    calendar::Date::parse(today).map_or_else(|_| today.to_owned(), |d| d.add_days(days).to_string())
}

/// Derives the state of an obligation record on `today` (`YYYY-MM-DD`).
pub fn derive(o: &Record, today: &str) -> State {
    of(o.state.as_deref().unwrap_or_default(), o.text("due_on"), o.text("done_on"), today)
}

/// The same from the stored facts: state, due day, day of completion.
pub fn of(stored: &str, due: Option<&str>, done: Option<&str>, today: &str) -> State {
    let past = due.is_some_and(|d| d < today);
    match stored {
        "done" if done.zip(due).is_some_and(|(done, due)| done > due) => State::DoneLate,
        "done" => State::Done,
        "not_applicable" => State::NotApplicable,
        "waiting_event" if past => State::PeriodPassed,
        "waiting_event" => State::WaitingEvent,
        // handed in: what it waits for is the head, not the agency's work
        "waiting_approval" => State::WaitingApproval,
        _ if past => State::Overdue,
        _ if due.is_some_and(|d| d <= shifted(today, SOON_DAYS).as_str()) => State::DueSoon,
        "in_progress" => State::InProgress,
        _ => State::NotStarted,
    }
}

/// Which obligations are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Want {
    /// What is somebody's work now ([`State::open`]).
    #[default]
    Open,
    /// All.
    All,
    /// One state.
    One(State),
}

impl Want {
    /// Word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Want::Open => "open",
            Want::All => "all",
            Want::One(s) => s.word(),
        }
    }
    /// From the word; `None` for a word that is none.
    pub fn parse(s: &str) -> Option<Self> {
        match s {
            "" | "open" => Some(Want::Open),
            "all" => Some(Want::All),
            s => State::ALL.into_iter().find(|x| x.word() == s).map(Want::One),
        }
    }
    /// The condition on `today`: filters, and a rule where filters cannot say it. [`of`] and this must agree (tested).
    pub fn condition(self, today: &str) -> (Vec<Filter>, Option<String>) {
        let (yesterday, soon) = (shifted(today, -1), shifted(today, SOON_DAYS));
        let is = |list: &[&str]| Filter { field: "state".into(), op: Op::Is, values: list.iter().map(|s| (*s).to_owned()).collect() };
        let due = |op: Op, day: &str| Filter { field: "due_on".into(), op, values: vec![day.to_owned()] };
        let begun: &[&str] = &["not_started", "in_progress"];
        let late = "done_on is not empty and due_on is not empty and done_on > due_on";
        let later = Some(format!("due_on is empty or due_on > {soon}"));
        match self {
            Want::All => (vec![], None),
            Want::Open => (vec![is(&["not_started", "in_progress", "waiting_approval"])], None),
            Want::One(s) => match s {
                State::Overdue => (vec![is(begun), due(Op::To, &yesterday)], None),
                State::DueSoon => (vec![is(begun), due(Op::From, today), due(Op::To, &soon)], None),
                State::InProgress => (vec![is(&["in_progress"])], later),
                State::NotStarted => (vec![is(&["not_started"])], later),
                State::WaitingEvent => (vec![is(&["waiting_event"])], Some(format!("due_on is empty or due_on >= {today}"))),
                State::PeriodPassed => (vec![is(&["waiting_event"]), due(Op::To, &yesterday)], None),
                State::DoneLate => (vec![is(&["done"])], Some(late.into())),
                State::Done => (vec![is(&["done"])], Some(format!("not ({late})"))),
                State::WaitingApproval | State::NotApplicable => (vec![is(&[s.word()])], None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "2026-11-22";

    #[test]
    fn never_overdue_while_waiting() {
        assert_eq!(of("waiting_event", Some("2026-12-31"), None, TODAY), State::WaitingEvent);
        assert_eq!(of("waiting_event", Some("2025-12-31"), None, TODAY), State::PeriodPassed);
        assert_eq!(of("waiting_event", None, None, TODAY), State::WaitingEvent);
        assert!(!State::WaitingEvent.open() && !State::PeriodPassed.open());
    }

    #[test]
    fn dates_decide() {
        assert_eq!(of("in_progress", Some("2026-11-21"), None, TODAY), State::Overdue);
        assert_eq!(of("not_started", Some("2026-11-22"), None, TODAY), State::DueSoon);
        assert_eq!(of("not_started", Some("2026-12-31"), None, TODAY), State::NotStarted);
        assert_eq!(of("in_progress", None, None, TODAY), State::InProgress);
        assert_eq!(of("waiting_approval", Some("2026-11-01"), None, TODAY), State::WaitingApproval);
    }

    #[test]
    fn done_after_the_day_is_done_late() {
        assert_eq!(of("done", Some("2026-11-10"), Some("2026-11-22"), TODAY), State::DoneLate);
        assert_eq!(of("done", Some("2026-11-10"), Some("2026-11-10"), TODAY), State::Done);
        assert_eq!(of("done", None, Some("2026-11-10"), TODAY), State::Done);
    }

    #[test]
    fn words_come_back() {
        for w in [Want::Open, Want::All].into_iter().chain(State::ALL.map(Want::One)) {
            assert_eq!(Want::parse(w.word()), Some(w));
        }
        assert_eq!(Want::parse("lost"), None);
    }
}
