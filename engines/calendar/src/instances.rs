//! From a schedule to the occasions on which something is owed.
use crate::date::{Date, MonthDay};
use crate::interval::Interval;
use crate::period::PeriodKind;
use crate::schedule::{PeriodDay, Schedule};

/// What a province decides once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Last on-time day of the yearly report, if the plan has one: then also the due day of yearly
    /// tasks and the day by which continuous ones need an entry. Otherwise 31/12.
    pub report_day: Option<MonthDay>,
    /// Assumed for "định kỳ" without a number.
    pub default_interval: Interval,
    /// Assumed for "ngay khi xảy ra", "kịp thời"; without it such an occasion has no due day.
    pub default_timer: Option<Interval>,
    /// Show occasions that begin up to so many days ahead.
    pub ahead_days: u32,
}

impl Default for Settings {
    /// 31/12, twelve months, no timer, nothing ahead.
    fn default() -> Self {
        Self { report_day: None, default_interval: Interval::Months(12), default_timer: None, ahead_days: 0 }
    }
}

/// Everything around a schedule that decides its occasions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The plan's date.
    pub plan_from: Date,
    /// The plan's last day; `None` when it has none.
    pub plan_to: Option<Date>,
    /// Today, or the day a report is about.
    pub as_of: Date,
    /// The day the event waited for happened, as recorded; days after `as_of` don't count yet.
    pub event_date: Option<Date>,
    /// A due day set by a person; wins over every computed one of schedules that have one occasion.
    pub set_due: Option<Date>,
    /// The province's settings.
    pub settings: Settings,
}

impl Frame {
    /// A frame without event and with default settings.
    #[must_use]
    pub fn new(plan_from: Date, plan_to: Option<Date>, as_of: Date) -> Self {
        Self { plan_from, plan_to, as_of, event_date: None, set_due: None, settings: Settings::default() }
    }

    /// Occasions that begin later are not shown.
    fn horizon(&self) -> Date {
        self.as_of.add_days(i64::from(self.settings.ahead_days))
    }

    /// Where to stop making occasions: a plan without end goes on to the end of the year in sight.
    fn end(&self) -> Date {
        let sight = || self.horizon().max(self.plan_from).end_of_year();
        self.plan_to.unwrap_or_else(sight)
    }

    /// Not later than the plan's last day.
    fn within_plan(&self, day: Date) -> Date {
        self.plan_to.map_or(day, |to| day.min(to))
    }

    fn event(&self) -> Option<Date> {
        self.event_date.filter(|e| *e <= self.as_of)
    }
}

/// What must be there for an occasion to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// Approved completion, backed by at least so many pieces of evidence.
    Completion(u32),
    /// At least one entry on what was done (continuous tasks).
    Entry,
}

/// One occasion on which something is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Stable within its task: `2026`, `2026-Q4`, `2026-11`, `2026-2027`, `2026-12-04`, `event` …
    pub key: String,
    /// First day on which it can be worked on.
    pub from: Date,
    /// Last on-time day; `None` when there is none (yet).
    pub due: Option<Date>,
    /// Last day of its window even without a due day; after it, what waits is "quá kỳ" and what
    /// needed an entry lacks one.
    pub until: Option<Date>,
    /// Waits for an event that has not happened (in time).
    pub waiting: bool,
    /// What must be there.
    pub expects: Expects,
    /// Days at which progress is asked for in between: each 31/12 of a period of several years.
    pub progress_points: Vec<Date>,
    /// Whether the interval was assumed, not said; a person should confirm it.
    pub assumed: bool,
}

impl Instance {
    fn new(key: impl Into<String>, from: Date, due: Option<Date>) -> Self {
        Self {
            key: key.into(),
            from,
            due,
            until: due,
            waiting: false,
            expects: Expects::Completion(1),
            progress_points: Vec::new(),
            assumed: false,
        }
    }
}

/// More occasions than this of one task are not a plan.
const MAX_INSTANCES: usize = 4_000;

/// The occasions of a schedule within its plan that have begun by `as_of` (or
/// [`Settings::ahead_days`] later), oldest first; at least the first one, so that a plan for the
/// future shows what it asks for. "Đột xuất" has none: they come with each request.
///
/// `plan_to` is `None` for a plan without end. For a due day set by a person use [`instances_in`].
#[must_use]
pub fn instances(
    schedule: &Schedule,
    plan_from: Date,
    plan_to: Option<Date>,
    as_of: Date,
    event_date: Option<Date>,
    settings: &Settings,
) -> Vec<Instance> {
    let frame = Frame { event_date, settings: *settings, ..Frame::new(plan_from, plan_to, as_of) };
    instances_in(schedule, &frame)
}

/// [`instances`] with everything that can decide them.
#[must_use]
pub fn instances_in(schedule: &Schedule, frame: &Frame) -> Vec<Instance> {
    let mut all = match schedule {
        Schedule::OnDemand => Vec::new(),
        Schedule::Annual { min_count, month_day, due } => annual(frame, min_count.unwrap_or(1), *month_day, *due),
        Schedule::Continuous => continuous(frame),
        Schedule::Periodic { interval, by } => periodic(frame, *interval, *by),
        _ => vec![single(schedule, frame)],
    };
    let begun = all.iter().filter(|i| i.from <= frame.horizon()).count();
    all.truncate(begun.max(1));
    all
}

/// Schedules of exactly one occasion.
fn single(schedule: &Schedule, frame: &Frame) -> Instance {
    let fixed = |key: String, start: Date, due: Date| {
        let due = frame.set_due.unwrap_or(due);
        // It starts with the plan; a plan dated after its own deadline starts with the window.
        let from = if frame.plan_from <= due { frame.plan_from } else { start };
        Instance::new(key, from.min(due), Some(due))
    };
    match schedule {
        Schedule::Quarter { year, quarter, due } => {
            let q = (*quarter).clamp(1, 4);
            let span = PeriodKind::Quarter.holding(Date::clamped(*year, q * 3, 1));
            fixed(span.key, span.from, due.unwrap_or(span.to))
        }
        Schedule::Month { year, month, due } => {
            let span = PeriodKind::Month.holding(Date::clamped(*year, *month, 1));
            fixed(span.key, span.from, due.unwrap_or(span.to))
        }
        Schedule::Deadline { due } => fixed(due.to_string(), *due, *due),
        Schedule::Week { due } => fixed(due.to_string(), due.add_days(-6), *due),
        Schedule::Period { from, to, condition } => period(frame, *from, *to, condition.is_some()),
        Schedule::Event { .. } => {
            let mut i = Instance::new("event", frame.event().unwrap_or(frame.plan_from), None);
            i.waiting = frame.event().is_none();
            i.due = frame.set_due.filter(|_| !i.waiting);
            i.until = i.due.or(frame.plan_to.filter(|_| i.waiting));
            i
        }
        Schedule::Timer { duration, .. } => {
            let length = duration.or(frame.settings.default_timer);
            let due = frame.event().and_then(|e| Some(length?.after(e)));
            waiting_for(frame, frame.event(), due)
        }
        Schedule::Before { .. } => {
            // The day of a gate may be announced ahead: it counts before it comes.
            let due = frame.event_date.map(Date::last_day_before);
            waiting_for(frame, frame.event_date, due)
        }
        // `OnDemand`, `Annual`, `Continuous`, `Periodic` don't come here; words have no date.
        _ => Instance::new("plan", frame.plan_from, frame.set_due),
    }
}

/// An occasion that exists only once its event does, and can wait for ever.
fn waiting_for(frame: &Frame, event: Option<Date>, due: Option<Date>) -> Instance {
    let due = event.and(frame.set_due.or(due));
    let from = event.map_or(frame.plan_from, |e| due.map_or(e, |d| d.min(e)));
    let mut i = Instance::new("event", from, due);
    i.waiting = event.is_none();
    i
}

fn period(frame: &Frame, from: Option<Date>, to: Date, conditional: bool) -> Instance {
    let start = from.unwrap_or(frame.plan_from).min(to);
    let key = if start.year() == to.year() { format!("{:04}", to.year()) } else { format!("{:04}-{:04}", start.year(), to.year()) };
    // An event after the end does not make the task overdue at once: the period passed without it.
    // A person may then set a new due day.
    let happened = frame.event().filter(|e| *e <= to || frame.set_due.is_some());
    let waiting = conditional && happened.is_none();
    let due = (!waiting).then(|| frame.set_due.unwrap_or(to));
    let begin = match happened {
        Some(e) if conditional => start.max(e),
        _ => start,
    };
    let mut i = Instance::new(key, due.map_or(begin, |d| begin.min(d)), due);
    i.until = due.or(Some(to));
    i.waiting = waiting;
    i.progress_points = (start.year()..to.year()).map(|y| Date::clamped(y, 12, 31)).take(100).collect();
    i
}

/// The part of each calendar year that lies in the plan.
fn years(frame: &Frame) -> impl Iterator<Item = (i32, Date, Date)> {
    let (from, to) = (frame.plan_from, frame.end());
    (from.year()..=to.year()).take(MAX_INSTANCES).map(move |y| {
        let first = Date::clamped(y, 1, 1).max(from);
        (y, first, Date::clamped(y, 12, 31).min(to))
    })
}

fn annual(frame: &Frame, min_count: u32, month_day: Option<MonthDay>, first_due: Option<Date>) -> Vec<Instance> {
    let named = month_day.or(first_due.map(MonthDay::from));
    let first_year = first_due.map_or(i32::MIN, Date::year);
    years(frame)
        .filter(|(y, ..)| *y >= first_year)
        .filter_map(|(y, from, last)| {
            let due = match (named, frame.settings.report_day) {
                // The plan's own day: a year in which it had already passed is not asked for.
                (Some(d), _) => Some(d.in_year(y)).filter(|d| *d >= from)?,
                (None, Some(d)) if d.in_year(y) >= from => d.in_year(y),
                (None, _) => last,
            };
            // A plan that ends during the year ends its duties with it.
            let mut i = Instance::new(format!("{y:04}"), from, Some(due.min(last)));
            i.expects = Expects::Completion(min_count.max(1));
            Some(i)
        })
        .collect()
}

fn continuous(frame: &Frame) -> Vec<Instance> {
    years(frame)
        .map(|(y, from, last)| {
            let by = frame.settings.report_day.map(|d| d.in_year(y)).filter(|d| *d >= from).map_or(last, |d| d.min(last));
            let mut i = Instance::new(format!("{y:04}"), from, None);
            i.until = Some(by);
            i.expects = Expects::Entry;
            i
        })
        .collect()
}

/// Windows that fit the calendar where they can: months, quarters, half-years, years and weeks follow
/// it; other lengths are counted from the plan's date.
fn periodic(frame: &Frame, interval: Option<Interval>, by: Option<PeriodDay>) -> Vec<Instance> {
    let every = interval.unwrap_or(frame.settings.default_interval);
    let origin = match every {
        Interval::Months(n) if n > 0 && 12 % n == 0 => {
            let month = (frame.plan_from.month() - 1) / n * n + 1;
            Date::clamped(frame.plan_from.year(), month, 1)
        }
        Interval::Days(7) => frame.plan_from.monday(),
        _ => frame.plan_from,
    };
    let mut out = Vec::new();
    let mut start = origin;
    let mut steps = 0u32;
    while start <= frame.end() && out.len() < MAX_INSTANCES {
        steps += 1;
        // Months are counted from the origin, so that 31/01 does not slide to the 28th for good.
        let next = match every {
            Interval::Months(n) => Interval::Months(n.saturating_mul(steps)).after(origin),
            other => other.after(start),
        };
        if next <= start {
            break;
        }
        let own = by.filter(|_| matches!(every, Interval::Months(_))).map(|b| b.from_start(start));
        let (from, due) = (start.max(frame.plan_from), frame.within_plan(own.unwrap_or(next.add_days(-1))));
        let window = start;
        start = next;
        // the period's own day had already passed when the plan began
        if own.is_some_and(|d| d < from) {
            continue;
        }
        let mut i = Instance::new(window_key(every, window), from, Some(due));
        i.assumed = interval.is_none();
        out.push(i);
    }
    out
}

fn window_key(every: Interval, start: Date) -> String {
    match every {
        Interval::Months(12) => format!("{:04}", start.year()),
        Interval::Months(6) => format!("{:04}-H{}", start.year(), start.month().div_ceil(6)),
        Interval::Months(3) => PeriodKind::Quarter.holding(start).key,
        Interval::Months(1) => PeriodKind::Month.holding(start).key,
        Interval::Days(7) => {
            let (year, week) = start.iso_week();
            format!("{year:04}-W{week:02}")
        }
        _ => start.to_string(),
    }
}

#[cfg(test)]
#[path = "instances_tests.rs"]
pub(crate) mod tests;
