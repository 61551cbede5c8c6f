//! Period words → schedule (requirements 3.8).

use serde::{Deserialize, Serialize};

use crate::dates::{self, Date};
use crate::fold::{Folded, find_word, has_word};

/// When a task is due. Dates are `YYYY-MM-DD`; a due date is the last on-time day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Schedule {
    /// One day.
    Deadline {
        /// Last on-time day.
        due: String,
    },
    /// Within one quarter.
    Quarter {
        /// Year.
        year: i32,
        /// 1 to 4.
        quarter: u32,
        /// Last day of the quarter.
        due: String,
    },
    /// Within one month.
    Month {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u32,
        /// Last day of the month.
        due: String,
    },
    /// Within one week of a month; week n covers days 7n-6 to 7n, the last one runs to the end of the month.
    Week {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u32,
        /// 1 to 5.
        week: u32,
        /// Last day of the week.
        due: String,
    },
    /// From a day to a day.
    Period {
        /// First day; `None` when only the end is known.
        from: Option<String>,
        /// Last day.
        to: String,
        /// Event the period waits for ("khi Trung ương ban hành").
        #[serde(default, skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
    },
    /// Once or more per calendar year.
    Annual {
        /// At least so many times a year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_count: Option<u32>,
        /// Last on-time day of every year, `MM-DD`, when the text names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        month_day: Option<String>,
        /// First due date when the plan's year is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<String>,
    },
    /// All the time.
    Continuous,
    /// Again and again.
    Periodic {
        /// ISO 8601 duration (`P1M`, `P3M`, `P6M`, `P1W`); `None` when the text names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<String>,
        /// Last on-time day of every period, when the text names one ("trước ngày 10 của tháng cuối quý").
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PeriodDay>,
    },
    /// When asked ("đột xuất").
    OnDemand,
    /// After an event, date unknown.
    Event {
        /// The event, verbatim.
        condition: String,
    },
    /// Counted from an event ("ngay khi xảy ra").
    Timer {
        /// The event, verbatim.
        event: String,
    },
    /// Must be done before an event ("trước khi đưa vào sử dụng").
    Before {
        /// The event, verbatim.
        event: String,
    },
    /// Words without a date.
    Text,
}

/// A day of a repeated period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodDay {
    /// Month of the period, from 1; one more than the period has = the first month of the next one.
    pub month: u32,
    /// Day of that month; beyond its end = its last day.
    pub day: u32,
}

/// Reads a time cell. `year` is the plan's own year, used for "Quý II" or "05/12" without a year.
pub fn read(time: &str, year: Option<i32>) -> Option<Schedule> {
    let time = crate::fold::prefix(time, 1_000).trim().trim_end_matches(['.', ';', ',']);
    if time.is_empty() || time.trim_matches(['-', '–', '/']).is_empty() {
        return None;
    }
    let folded = Folded::new(time);
    let (key, condition) = take_condition(&folded);
    let key = key.trim();
    if key.is_empty() {
        return Some(condition.map_or(Schedule::Text, |condition| Schedule::Event { condition }));
    }
    let base = gates(&folded, key).or_else(|| steady(key, year)).or_else(|| dated(key, year)).unwrap_or(Schedule::Text);
    Some(match condition {
        Some(condition) => with_condition(base, condition),
        None => base,
    })
}

impl Schedule {
    /// The last day in time, of what is owed once; `None` for what comes again, waits or says no day.
    pub fn due(&self) -> Option<&str> {
        match self {
            Self::Deadline { due } | Self::Quarter { due, .. } | Self::Month { due, .. } | Self::Week { due, .. } => Some(due),
            Self::Period { to, .. } => Some(to),
            _ => None,
        }
    }
    /// A yearly schedule takes its least count from the task's own words ("Hằng năm tổ chức ít nhất 02 cuộc …").
    #[must_use]
    pub fn counted(self, text: &str) -> Self {
        let Self::Annual { min_count: None, month_day, due } = self else { return self };
        let yearly = crate::values::read(text).into_iter().find(|v| v.unit.ends_with("/năm") && v.value >= 1.0 && v.value < 1000.0);
        let min_count = yearly.map(|v| v.value as u32);
        Self::Annual { min_count, month_day, due }
    }
}

/// Separates "khi … ban hành" from the rest; returns the folded rest and the verbatim condition.
fn take_condition(text: &Folded<'_>) -> (String, Option<String>) {
    let key = text.key.as_str();
    if let Some(open) = key.find('(') {
        let close = key[open..].find(')').map_or(key.len(), |i| open + i);
        let inner = key[open + 1..close].trim_start();
        if ["khi ", "sau khi ", "neu "].iter().any(|w| inner.starts_with(w)) {
            let rest = format!("{} {}", &key[..open], key.get(close + 1..).unwrap_or(""));
            return (rest, Some(text.slice(open + 1, close).trim().to_owned()));
        }
    }
    let at = ["sau khi", "khi"].iter().filter_map(|w| find_word(key, w, 0)).min();
    if let Some(at) = at {
        let before = key[..at].trim_end();
        let gate = ["truoc", "ngay", "ngay sau", "kip thoi"].iter().any(|w| before.ends_with(w));
        let asked = key[at..].starts_with("khi co yeu cau");
        if !gate && !asked {
            return (before.trim_end_matches([',', ';', ' ', '-']).to_owned(), Some(text.slice(at, key.len()).trim().to_owned()));
        }
    }
    (key.to_owned(), None)
}

fn with_condition(base: Schedule, condition: String) -> Schedule {
    if base == Schedule::Text {
        return Schedule::Event { condition };
    }
    let condition = Some(condition);
    match base {
        Schedule::Period { from, to, .. } => Schedule::Period { from, to, condition },
        Schedule::Deadline { due } => Schedule::Period { from: None, to: due, condition },
        Schedule::Quarter { year, quarter, due } => {
            Schedule::Period { from: Some(Date::clamped(year, quarter * 3 - 2, 1).to_string()), to: due, condition }
        }
        Schedule::Month { year, month, due } | Schedule::Week { year, month, due, .. } => {
            Schedule::Period { from: Some(Date::clamped(year, month, 1).to_string()), to: due, condition }
        }
        other => other,
    }
}

/// "trước khi …", "ngay khi …", "kịp thời", "trong vòng 24 giờ kể từ …".
fn gates(text: &Folded<'_>, key: &str) -> Option<Schedule> {
    if let Some(at) = text.word("truoc khi", 0) {
        return Some(Schedule::Before { event: text.slice(at + 6, text.key.len()).trim().to_owned() });
    }
    let timer = ["ngay khi", "ngay sau khi", "kip thoi", "trong vong", "ke tu khi", "ke tu ngay"];
    if timer.iter().any(|w| has_word(key, w)) && dates::find(key, 0).is_none() {
        return Some(Schedule::Timer { event: text.source.trim().to_owned() });
    }
    None
}

/// Words of repetition.
fn steady(key: &str, year: Option<i32>) -> Option<Schedule> {
    let has = |words: &[&str]| words.iter().any(|w| has_word(key, w));
    if let Some(schedule) = in_quarter(key, year) {
        return Some(schedule);
    }
    if let Some(interval) = interval(key) {
        let by = if interval == "P1M" { in_month(key) } else { None };
        return Some(Schedule::Periodic { interval: Some(interval.to_owned()), by });
    }
    let yearly = has(&["hang nam", "moi nam", "lan/nam", "cuoc/nam", "nam/1 lan", "nam/01 lan", "lan trong nam"]) || key.contains("/nam");
    if yearly {
        let day = dates::find_day_month(key).map(|(at, day, month)| exclusive(key, at, Date::clamped(year.unwrap_or(2000), month, day)));
        let quarter = quarters(key, None).and_then(|(_, last, _)| dates::find(key, 0).is_none().then_some(last));
        let month = has(&["thang"]).then(|| month_numbers(key).last().copied()).flatten();
        let day = day
            .or_else(|| quarter.map(|q| Date::clamped(year.unwrap_or(2000), q * 3, 1).end_of_month()))
            .or_else(|| month.map(|m| Date::clamped(year.unwrap_or(2000), m, 1).end_of_month()));
        return Some(Schedule::Annual {
            min_count: min_count(key),
            month_day: day.map(|d| d.to_string()[5..].to_owned()),
            due: year.and_then(|_| day.map(|d| d.to_string())),
        });
    }
    if has(&["thuong xuyen", "lien tuc", "24/7", "quanh nam", "hang ngay"]) {
        return Some(Schedule::Continuous);
    }
    if has(&["dot xuat", "khi co yeu cau", "theo yeu cau"]) && dates::find(key, 0).is_none() {
        return Some(Schedule::OnDemand);
    }
    if has(&["dinh ky"]) && dates::find(key, 0).is_none() && !key.bytes().any(|b| b.is_ascii_digit()) {
        return Some(Schedule::Periodic { interval: None, by: None });
    }
    None
}

/// "trước ngày 10 của tháng cuối quý", "ngày 05 tháng đầu quý sau": each quarter, or the one that is named.
fn in_quarter(key: &str, year: Option<i32>) -> Option<Schedule> {
    let places = [("thang cuoi", 3), ("thang thu ba", 3), ("thang thu hai", 2), ("thang thu 2", 2), ("thang giua", 2), ("thang dau", 1)];
    let (at, word, month) = places.iter().find_map(|(w, m)| find_word(key, w, 0).map(|at| (at, *w, *m)))?;
    let mut rest = tokens(&key[at + word.len()..]).into_iter().map(|(_, t)| t);
    rest.find(|t| !matches!(*t, "cung" | "tien" | "cua" | "moi" | "hang" | "cac" | "tung")).filter(|t| *t == "quy")?;
    let next = rest.next().is_some_and(|t| matches!(t, "sau" | "tiep" | "ke" | "lien"));
    let (day_at, day) = numbered_day(key)?;
    if let Some((quarter, last, Some((from, to)))) = quarters(key, year)
        && (quarter, from) == (last, to)
    {
        let date = Date::clamped(from, quarter * 3 - 3 + month, day);
        return Some(Schedule::Deadline { due: exclusive(key, day_at, date).to_string() });
    }
    let by = period_day(key, day_at, month + if next { 3 } else { 0 }, day);
    Some(Schedule::Periodic { interval: Some("P3M".to_owned()), by })
}

/// "trước ngày 25 hằng tháng", "ngày 05 của tháng sau, hằng tháng".
fn in_month(key: &str) -> Option<PeriodDay> {
    let (at, day) = numbered_day(key)?;
    let next = ["thang sau", "thang tiep theo", "thang ke tiep", "thang lien ke"].iter().any(|w| has_word(key, w));
    period_day(key, at, 1 + u32::from(next), day)
}

/// The number behind "ngày" and where it stands, when no month follows it.
fn numbered_day(key: &str) -> Option<(usize, u32)> {
    let at = find_word(key, "ngay", 0)?;
    let (start, _) = tokens(&key[at + 4..]).into_iter().next()?;
    let at = at + 4 + start;
    number_at(key, at)
        .filter(|d| (1..=31).contains(d) && !key[at..].trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('/'))
        .map(|d| (at, d))
}

/// "trước ngày 01" is the last day of the month before; nothing is left of the first month's first day.
fn period_day(key: &str, at: usize, month: u32, day: u32) -> Option<PeriodDay> {
    let before = exclusive(key, at, Date::clamped(2000, 1, day)) != Date::clamped(2000, 1, day);
    match (before, day) {
        (false, _) => Some(PeriodDay { month, day }),
        (true, 1) => (month > 1).then_some(PeriodDay { month: month - 1, day: 31 }),
        (true, _) => Some(PeriodDay { month, day: day - 1 }),
    }
}

fn interval(key: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|w| has_word(key, w));
    if has(&["hang tuan", "moi tuan", "lan/tuan"]) {
        Some("P1W")
    } else if has(&["hang thang", "moi thang", "lan/thang"]) {
        Some("P1M")
    } else if has(&["hang quy", "moi quy", "lan/quy"]) {
        Some("P3M")
    } else if has(&[
        "6 thang/lan",
        "06 thang/lan",
        "6 thang mot lan",
        "06 thang mot lan",
        "6 thang/1 lan",
        "06 thang/01 lan",
        "6 thang, nam",
    ]) {
        Some("P6M")
    } else {
        None
    }
}

/// "ít nhất 01 lần/năm", "tối thiểu 1 năm/1 lần", "02 cuộc/năm".
fn min_count(key: &str) -> Option<u32> {
    if let Some(at) = key.find("nam/") {
        return number_at(key, at + 4);
    }
    let at = ["lan/nam", "cuoc/nam", "lop/nam", "khoa/nam", "lan trong nam", "lan"].iter().find_map(|w| find_word(key, w, 0));
    at.and_then(|at| number_before(key, at)).or_else(|| {
        let at = ["it nhat", "toi thieu"].iter().find_map(|w| find_word(key, w, 0))?;
        let tail = &key[at..];
        let digit = tail.find(|c: char| c.is_ascii_digit())?;
        (digit < 14).then(|| number_at(key, at + digit))?
    })
}

fn number_at(key: &str, at: usize) -> Option<u32> {
    let digits: String = key.get(at..)?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|n| *n < 1000)
}

fn number_before(key: &str, at: usize) -> Option<u32> {
    let head = key.get(..at)?.trim_end();
    let start = head.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
    head[start..].parse().ok().filter(|n| *n < 1000)
}

/// Whether "trước" stands before a date: then the last on-time day is the day before.
fn exclusive(key: &str, at: usize, date: Date) -> Date {
    let head = key[..at.min(key.len())].trim_end();
    let head = ["ngay", "thang", "quy", "nam"].iter().fold(head, |h, w| h.strip_suffix(w).unwrap_or(h).trim_end());
    if has_word(&head[head.len().saturating_sub(12)..], "truoc") { date.last_day_before() } else { date }
}

fn period(from: Option<Date>, to: Date) -> Schedule {
    Schedule::Period { from: from.map(|d| d.to_string()), to: to.to_string(), condition: None }
}

/// Days, weeks, months, quarters, half years, years.
fn dated(key: &str, year: Option<i32>) -> Option<Schedule> {
    if let Some((first_at, first)) = dates::find(key, 0) {
        let second = dates::find(key, first_at + 6);
        return Some(match second {
            Some((_, second)) if second > first => period(Some(first), second),
            _ => Schedule::Deadline { due: exclusive(key, first_at, first).to_string() },
        });
    }
    if let Some((at, day, month)) = dates::find_day_month(key) {
        return Some(day_without_year(key, at, day, month, year));
    }
    half_year(key, year).or_else(|| week(key, year)).or_else(|| quarter(key, year)).or_else(|| month(key, year)).or_else(|| years(key))
}

/// "trước ngày 05/12": every year, unless the text names one.
fn day_without_year(key: &str, at: usize, day: u32, month: u32, year: Option<i32>) -> Schedule {
    let named = dates::years(key).last().copied();
    let date = exclusive(key, at, Date::clamped(named.or(year).unwrap_or(2000), month, day));
    if named.is_some() {
        return Schedule::Deadline { due: date.to_string() };
    }
    Schedule::Annual { min_count: None, month_day: Some(date.to_string()[5..].to_owned()), due: year.map(|_| date.to_string()) }
}

/// "6 tháng đầu năm 2026", "9 tháng đầu năm", "6 tháng cuối năm".
fn half_year(key: &str, year: Option<i32>) -> Option<Schedule> {
    let at = find_word(key, "thang dau nam", 0).map(|at| (at, true)).or_else(|| find_word(key, "thang cuoi nam", 0).map(|at| (at, false)));
    let (at, first) = at?;
    let months = number_before(key, at).filter(|n| (1..12).contains(n))?;
    let year = dates::years(key).first().copied().or(year)?;
    Some(if first {
        period(Some(Date::clamped(year, 1, 1)), Date::clamped(year, months, 1).end_of_month())
    } else {
        period(Some(Date::clamped(year, 13 - months, 1)), Date::clamped(year, 12, 31))
    })
}

/// "Tuần 2 tháng 5", "Tuần thứ 3, tháng 5/2026".
fn week(key: &str, year: Option<i32>) -> Option<Schedule> {
    let at = find_word(key, "tuan", 0)?;
    let tail = &key[at + 4..];
    let digit = tail.find(|c: char| c.is_ascii_digit()).filter(|d| *d < 8);
    let week = match digit {
        Some(d) => number_at(tail, d)?,
        None if tail.contains("cuoi") => 5,
        None if tail.contains("dau") => 1,
        None => return None,
    };
    let month = month_numbers(key).first().copied()?;
    let year = dates::years(key).first().copied().or(year)?;
    if !(1..=5).contains(&week) {
        return None;
    }
    let end = Date::clamped(year, month, 1).end_of_month();
    let due = if week >= 4 && (week == 5 || end.day() < 29) { end } else { Date::clamped(year, month, week * 7) };
    Some(Schedule::Week { year, month, week, due: due.to_string() })
}

/// First quarter, last quarter, first and last year.
type QuarterSpan = (u32, u32, Option<(i32, i32)>);

/// First quarter, last quarter and the years named beside them.
fn quarters(key: &str, year: Option<i32>) -> Option<QuarterSpan> {
    let at = find_word(key, "quy", 0)?;
    let mut found: Vec<(usize, u32)> = Vec::new();
    for (start, token) in tokens(&key[at + 3..]) {
        let value = match token {
            "i" | "1" | "01" => 1,
            "ii" | "2" | "02" => 2,
            "iii" | "3" | "03" => 3,
            "iv" | "4" | "04" => 4,
            "va" | "den" | "quy" | "nam" | "hoac" | "cuoi" | "dau" => continue,
            t if t.len() == 4 && t.starts_with("20") => continue,
            _ => break,
        };
        found.push((at + 3 + start, value));
    }
    let (first, last) = (*found.first()?, *found.last()?);
    let near = |from: usize| tokens(&key[from..]).into_iter().find_map(|(_, t)| dates::year_token(t));
    let span = match (near(first.0), near(last.0)) {
        (Some(a), Some(b)) => Some((a, b)),
        (Some(a), None) => Some((a, a)),
        _ => dates::years(key).first().copied().or(year).map(|y| (y, y)),
    };
    Some((first.1, last.1, span))
}

fn quarter(key: &str, year: Option<i32>) -> Option<Schedule> {
    let (first, last, span) = quarters(key, year)?;
    let (from_year, to_year) = span?;
    let start = Date::clamped(from_year, first * 3 - 2, 1);
    let end = Date::clamped(to_year, last * 3, 1).end_of_month();
    if exclusive(key, find_word(key, "quy", 0)?, end) != end {
        return Some(Schedule::Deadline { due: start.last_day_before().to_string() });
    }
    if first == last && from_year == to_year {
        return Some(Schedule::Quarter { year: from_year, quarter: first, due: end.to_string() });
    }
    (end > start).then(|| period(Some(start), end))
}

/// Month numbers named behind "tháng".
fn month_numbers(key: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(at) = find_word(key, "thang", from) {
        for (_, token) in tokens(&key[at + 5..]) {
            match token.parse::<u32>() {
                Ok(n) if (1..=12).contains(&n) && token.len() <= 2 => out.push(n),
                _ if matches!(token, "va" | "den" | "thang") => {}
                _ => break,
            }
        }
        from = at + 5;
    }
    if out.is_empty() { dates::find_month_year(key).map(|(m, _)| m).into_iter().collect() } else { out }
}

fn month(key: &str, year: Option<i32>) -> Option<Schedule> {
    let months = month_numbers(key);
    let (first, last) = (*months.first()?, *months.last()?);
    let found = dates::years(key);
    let from_year = found.first().copied().or(year)?;
    let to_year = found.last().copied().unwrap_or(from_year);
    let start = Date::clamped(from_year, first, 1);
    let end = Date::clamped(to_year, last, 1).end_of_month();
    let at = find_word(key, "thang", 0).or_else(|| key.find(|c: char| c.is_ascii_digit()))?;
    if exclusive(key, at, end) != end {
        return Some(Schedule::Deadline { due: start.last_day_before().to_string() });
    }
    if months.len() == 1 && from_year == to_year {
        return Some(Schedule::Month { year: from_year, month: first, due: end.to_string() });
    }
    (end > start).then(|| period(Some(start), end))
}

/// "2026 - 2027", "năm 2026", "đến năm 2030", "trước năm 2027".
fn years(key: &str) -> Option<Schedule> {
    let found = dates::years(key);
    let (first, last) = (*found.first()?, *found.last()?);
    let at = key.find(&first.to_string())?;
    let end = Date::clamped(last, 12, 31);
    let has = |word: &str| has_word(&key[..at], word);
    if first == last {
        if has("truoc") {
            return Some(Schedule::Deadline { due: Date::clamped(first, 1, 1).last_day_before().to_string() });
        }
        if has("tu") || has("bat dau") {
            return None;
        }
        if has("den") || has("het") || has("cuoi") {
            return Some(Schedule::Deadline { due: end.to_string() });
        }
    }
    (last >= first).then(|| period(Some(Date::clamped(first, 1, 1)), end))
}

/// Alphanumeric tokens with their position.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, b) in text.bytes().enumerate().chain(std::iter::once((text.len(), b' '))) {
        match (b.is_ascii_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                out.push((from, &text[from..at]));
                start = None;
            }
            _ => {}
        }
        if out.len() > 24 {
            break;
        }
    }
    out
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
