//! When a task of a plan is due, as the plan reader understood it (requirements 3.8).
use crate::date::{Date, MonthDay};
use crate::interval::Interval;
use serde::{Deserialize, Serialize};

/// A schedule. The JSON is that of the plan reader (`{"kind": "quarter", "year": 2026, …}`); fields
/// it doesn't know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Schedule {
    /// One last on-time day. "Trước ngày 05/12" is already 04/12 here.
    Deadline {
        /// Last on-time day.
        due: Date,
    },
    /// Within a quarter.
    Quarter {
        /// Year.
        year: i32,
        /// 1 to 4.
        quarter: u32,
        /// Last on-time day; without one, the last of the quarter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Date>,
    },
    /// Within a month.
    Month {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u32,
        /// Last on-time day; without one, the last of the month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Date>,
    },
    /// Within a week.
    Week {
        /// Last on-time day.
        due: Date,
    },
    /// From a day to a day, possibly only once something has happened.
    Period {
        /// First day; without one, the plan's date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Date>,
        /// Last on-time day.
        to: Date,
        /// The event waited for ("khi Trung ương ban hành").
        #[serde(default, skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
    },
    /// Once or more every calendar year.
    Annual {
        /// At least so many times a year; once if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_count: Option<u32>,
        /// Last on-time day of every year, when the plan names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        month_day: Option<MonthDay>,
        /// First due day, when the plan's year is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Date>,
    },
    /// All the time; an entry is expected each year.
    Continuous,
    /// Again and again.
    Periodic {
        /// How often; without it, [`crate::Settings::default_interval`] is assumed and marked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<Interval>,
        /// Last on-time day of every period of whole months; without one, the last of the period.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PeriodDay>,
    },
    /// When asked ("đột xuất"); has no instances of its own.
    OnDemand,
    /// After an event; the due day is set by a person when it happens.
    Event {
        /// The event, verbatim.
        condition: String,
    },
    /// Counted from an event ("ngay khi xảy ra", "kịp thời").
    Timer {
        /// The event, verbatim.
        event: String,
        /// How long after it; plans give no number, so without one
        /// [`crate::Settings::default_timer`] counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration: Option<Interval>,
    },
    /// A gate: to be done before an event ("trước khi đưa vào sử dụng").
    #[serde(alias = "gate")]
    Before {
        /// The event, verbatim.
        event: String,
    },
    /// Words without a date ("từng bước", "lâu dài").
    Text,
}

/// A day of a repeated period: "trước ngày 10 của tháng cuối quý" is month 3, day 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodDay {
    /// Month of the period, from 1; beyond the period = in the next one.
    pub month: u32,
    /// Day of that month; beyond its end = its last day.
    pub day: u32,
}

impl PeriodDay {
    /// In the period that begins on this day.
    #[must_use]
    pub fn from_start(self, start: Date) -> Date {
        let first = start.start_of_month().add_months(i32::try_from(self.month.clamp(1, 24)).map_or(0, |m| m - 1));
        Date::clamped(first.year(), first.month(), self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::d;

    #[test]
    fn reads_the_plan_readers_json() {
        let read = |s: &str| serde_json::from_str::<Schedule>(s).unwrap();
        assert_eq!(
            read(r#"{"kind":"quarter","year":2026,"quarter":4,"due":"2026-12-31"}"#),
            Schedule::Quarter { year: 2026, quarter: 4, due: Some(d("2026-12-31")) }
        );
        assert_eq!(read(r#"{"kind":"week","year":2026,"month":12,"week":2,"due":"2026-12-14"}"#), Schedule::Week { due: d("2026-12-14") });
        assert_eq!(
            read(r#"{"kind":"period","from":null,"to":"2027-12-31","condition":"khi Trung ương ban hành"}"#),
            Schedule::Period { from: None, to: d("2027-12-31"), condition: Some("khi Trung ương ban hành".into()) }
        );
        assert_eq!(
            read(r#"{"kind":"annual","min_count":2,"month_day":"12-04","later":true}"#),
            Schedule::Annual { min_count: Some(2), month_day: MonthDay::new(12, 4), due: None }
        );
        assert_eq!(read(r#"{"kind":"continuous","note":"x"}"#), Schedule::Continuous);
        assert_eq!(read(r#"{"kind":"periodic","interval":"P6M"}"#), Schedule::Periodic { interval: Some(Interval::Months(6)), by: None });
        assert_eq!(read(r#"{"kind":"periodic","interval":null}"#), Schedule::Periodic { interval: None, by: None });
        let by = Some(PeriodDay { month: 3, day: 9 });
        assert_eq!(
            read(r#"{"kind":"periodic","interval":"P3M","by":{"month":3,"day":9}}"#),
            Schedule::Periodic { interval: Some(Interval::Months(3)), by }
        );
        assert_eq!(read(r#"{"kind":"gate","event":"e"}"#), Schedule::Before { event: "e".into() });
        assert_eq!(read(r#"{"kind":"text"}"#), Schedule::Text);
        assert_eq!(read(r#"{"kind":"on_demand"}"#), Schedule::OnDemand);
        for bad in [r#"{"kind":"deadline","due":"2026-02-30"}"#, r#"{"kind":"sometimes"}"#, r#"{"kind":"deadline"}"#] {
            assert!(serde_json::from_str::<Schedule>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for s in [
            Schedule::Deadline { due: d("2026-12-04") },
            Schedule::Annual { min_count: None, month_day: None, due: None },
            Schedule::Timer { event: "sự cố".into(), duration: Some(Interval::Hours(24)) },
            Schedule::Before { event: "vận hành".into() },
            Schedule::Continuous,
        ] {
            let json = serde_json::to_string(&s).unwrap();
            assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), s, "{json}");
        }
    }
}
