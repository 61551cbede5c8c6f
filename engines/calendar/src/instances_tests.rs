//! One table per row of requirements 3.8, and properties.
use super::*;
use crate::date::d;
use proptest::prelude::*;

fn frame(as_of: &str) -> Frame {
    Frame::new(d("2026-03-30"), Some(d("2030-12-31")), d(as_of))
}

/// `key from due` of each occasion; `-` for no due day, `?` after it when waiting.
fn show(schedule: &Schedule, frame: &Frame) -> Vec<String> {
    instances_in(schedule, frame)
        .iter()
        .map(|i| {
            let due = i.due.map_or("-".to_owned(), |d| d.to_string());
            format!("{} {} {due}{}", i.key, i.from, if i.waiting { "?" } else { "" })
        })
        .collect()
}

fn json(s: &str) -> Schedule {
    serde_json::from_str(s).unwrap()
}

#[test]
fn one_occasion() {
    for (s, want) in [
        (r#"{"kind":"deadline","due":"2026-12-04"}"#, "2026-12-04 2026-03-30 2026-12-04"),
        (r#"{"kind":"quarter","year":2026,"quarter":2}"#, "2026-Q2 2026-03-30 2026-06-30"),
        (r#"{"kind":"quarter","year":2026,"quarter":4,"due":"2026-12-31"}"#, "2026-Q4 2026-03-30 2026-12-31"),
        // The plan is later than its own deadline.
        (r#"{"kind":"quarter","year":2025,"quarter":4}"#, "2025-Q4 2025-10-01 2025-12-31"),
        (r#"{"kind":"month","year":2028,"month":2}"#, "2028-02 2026-03-30 2028-02-29"),
        (r#"{"kind":"week","due":"2026-12-14"}"#, "2026-12-14 2026-03-30 2026-12-14"),
        (r#"{"kind":"period","from":"2026-01-01","to":"2027-12-31"}"#, "2026-2027 2026-01-01 2027-12-31"),
        (r#"{"kind":"period","to":"2026-12-31"}"#, "2026 2026-03-30 2026-12-31"),
        (r#"{"kind":"event","condition":"khi Luật ban hành"}"#, "event 2026-03-30 -?"),
        (r#"{"kind":"timer","event":"sự cố"}"#, "event 2026-03-30 -?"),
        (r#"{"kind":"before","event":"vận hành"}"#, "event 2026-03-30 -?"),
        (r#"{"kind":"text"}"#, "plan 2026-03-30 -"),
    ] {
        assert_eq!(show(&json(s), &frame("2026-11-22")), [want], "{s}");
    }
    assert!(instances_in(&Schedule::OnDemand, &frame("2026-11-22")).is_empty());
}

#[test]
fn every_year() {
    let plain = json(r#"{"kind":"annual"}"#);
    assert_eq!(
        show(&plain, &frame("2028-01-01")),
        ["2026 2026-03-30 2026-12-31", "2027 2027-01-01 2027-12-31", "2028 2028-01-01 2028-12-31"]
    );
    // "trước ngày 05/12"
    let named = json(r#"{"kind":"annual","month_day":"12-04","min_count":2}"#);
    assert_eq!(show(&named, &frame("2026-11-22")), ["2026 2026-03-30 2026-12-04"]);
    assert_eq!(instances_in(&named, &frame("2026-11-22"))[0].expects, Expects::Completion(2));
    let due = json(r#"{"kind":"annual","due":"2027-12-04"}"#);
    assert_eq!(show(&due, &frame("2027-11-22")), ["2027 2027-01-01 2027-12-04"]);
    // A plan signed after its own day begins with the next year; with the report's day only, 31/12.
    let late = Frame { plan_from: d("2026-12-10"), ..frame("2027-02-01") };
    assert_eq!(show(&named, &late), ["2027 2027-01-01 2027-12-04"]);
    let settings = Settings { report_day: MonthDay::new(12, 4), ..Settings::default() };
    assert_eq!(show(&plain, &Frame { settings, ..late }), ["2026 2026-12-10 2026-12-31", "2027 2027-01-01 2027-12-04"]);
    let short = Frame { plan_to: Some(d("2026-06-30")), ..frame("2026-11-22") };
    assert_eq!(show(&plain, &short), ["2026 2026-03-30 2026-06-30"]);
    assert_eq!(show(&named, &short), ["2026 2026-03-30 2026-06-30"]);
}

#[test]
fn all_the_time() {
    let i = instances_in(&Schedule::Continuous, &frame("2027-06-01"));
    assert_eq!(show(&Schedule::Continuous, &frame("2027-06-01")), ["2026 2026-03-30 -", "2027 2027-01-01 -"]);
    assert_eq!(i[0].until, Some(d("2026-12-31")));
    let settings = Settings { report_day: MonthDay::new(12, 4), ..Settings::default() };
    let i = instances_in(&Schedule::Continuous, &Frame { settings, ..frame("2027-06-01") });
    assert_eq!(i[1].until, Some(d("2027-12-04")));
}

#[test]
fn again_and_again() {
    let every = |p: &str| json(&format!(r#"{{"kind":"periodic","interval":{p}}}"#));
    assert_eq!(
        show(&every("\"P3M\""), &frame("2026-07-01")),
        ["2026-Q1 2026-03-30 2026-03-31", "2026-Q2 2026-04-01 2026-06-30", "2026-Q3 2026-07-01 2026-09-30"]
    );
    assert_eq!(show(&every("\"P6M\""), &frame("2026-07-01")), ["2026-H1 2026-03-30 2026-06-30", "2026-H2 2026-07-01 2026-12-31"]);
    assert_eq!(show(&every("\"P1M\""), &frame("2026-04-30")).len(), 2);
    assert_eq!(show(&every("\"P1W\""), &frame("2026-04-06")), ["2026-W14 2026-03-30 2026-04-05", "2026-W15 2026-04-06 2026-04-12"]);
    assert_eq!(show(&every("\"P10D\""), &frame("2026-04-08")), ["2026-03-30 2026-03-30 2026-04-08"]);
    let assumed = instances_in(&every("null"), &frame("2026-11-22"));
    assert!(assumed[0].assumed && assumed[0].due == Some(d("2026-12-31")));
    assert!(!instances_in(&every("\"P1Y\""), &frame("2026-11-22"))[0].assumed);
    // Five months do not fit the year: counted from the plan's date, and 31/01 stays the 31st.
    let odd = Frame { plan_from: d("2026-01-31"), ..frame("2027-06-01") };
    assert_eq!(
        show(&every("\"P5M\""), &odd)[1..3],
        ["2026-06-30 2026-06-30 2026-11-29", "2026-11-30 2026-11-30 2027-04-29"].map(String::from)
    );
}

#[test]
fn until_the_centre_has_issued() {
    let s = json(r#"{"kind":"period","from":"2026-01-01","to":"2027-12-31","condition":"khi Trung ương ban hành"}"#);
    let at = |as_of: &str, event: Option<&str>| Frame { event_date: event.map(d), ..frame(as_of) };
    assert_eq!(show(&s, &at("2026-11-22", None)), ["2026-2027 2026-01-01 -?"]);
    assert_eq!(instances_in(&s, &at("2026-11-22", None))[0].until, Some(d("2027-12-31")));
    assert_eq!(instances_in(&s, &at("2026-11-22", None))[0].progress_points, [d("2026-12-31")]);
    assert_eq!(show(&s, &at("2027-02-01", Some("2027-01-15"))), ["2026-2027 2027-01-15 2027-12-31"]);
    // Not yet happened on the day asked about.
    assert_eq!(show(&s, &at("2026-11-22", Some("2027-01-15"))), ["2026-2027 2026-01-01 -?"]);
    // Happened only after the period: still not overdue, until somebody sets a new day.
    assert_eq!(show(&s, &at("2028-05-01", Some("2028-02-01"))), ["2026-2027 2026-01-01 -?"]);
    let again = Frame { set_due: Some(d("2028-12-31")), ..at("2028-05-01", Some("2028-02-01")) };
    assert_eq!(show(&s, &again), ["2026-2027 2028-02-01 2028-12-31"]);
}

#[test]
fn events_timers_gates() {
    let event = json(r#"{"kind":"event","condition":"khi có hướng dẫn"}"#);
    let f = Frame { event_date: Some(d("2026-06-01")), ..frame("2026-11-22") };
    assert_eq!(show(&event, &f), ["event 2026-06-01 -"]);
    let set = Frame { set_due: Some(d("2026-09-30")), ..f };
    assert_eq!(show(&event, &set), ["event 2026-06-01 2026-09-30"]);
    assert_eq!(show(&event, &Frame { event_date: None, ..set }), ["event 2026-03-30 -?"]);
    let timer = json(r#"{"kind":"timer","event":"sự cố","duration":"PT24H"}"#);
    assert_eq!(show(&timer, &f), ["event 2026-06-01 2026-06-02"]);
    let unsaid = json(r#"{"kind":"timer","event":"sự cố"}"#);
    assert_eq!(show(&unsaid, &f), ["event 2026-06-01 -"]);
    let settings = Settings { default_timer: Some(Interval::Days(3)), ..Settings::default() };
    assert_eq!(show(&unsaid, &Frame { settings, ..f }), ["event 2026-06-01 2026-06-04"]);
    let gate = json(r#"{"kind":"before","event":"đưa vào sử dụng"}"#);
    let planned = Frame { event_date: Some(d("2027-01-10")), ..frame("2026-11-22") };
    assert_eq!(instances_in(&gate, &planned)[0].due, Some(d("2027-01-09")));
}

#[test]
fn what_lies_ahead() {
    let s = json(r#"{"kind":"annual"}"#);
    assert_eq!(show(&s, &frame("2026-12-20")).len(), 1);
    let settings = Settings { ahead_days: 30, ..Settings::default() };
    assert_eq!(show(&s, &Frame { settings, ..frame("2026-12-20") }).len(), 2);
    // Before the plan begins, its first occasion is shown.
    assert_eq!(show(&s, &frame("2020-01-01")).len(), 1);
    let backwards = Frame::new(d("2026-01-01"), Some(d("2025-01-01")), d("2026-06-01"));
    assert!(instances_in(&s, &backwards).is_empty());
}

#[test]
fn a_plan_without_end() {
    let f = Frame { plan_to: None, ..frame("2031-06-01") };
    assert_eq!(show(&json(r#"{"kind":"annual"}"#), &f).len(), 6);
    assert_eq!(show(&Schedule::Continuous, &f).last().unwrap(), "2031 2031-01-01 -");
    let odd = json(r#"{"kind":"periodic","interval":"P5M"}"#);
    assert_eq!(show(&odd, &f).last().unwrap(), "2031-03-30 2031-03-30 2031-08-29");
    let event = json(r#"{"kind":"event","condition":"khi có hướng dẫn"}"#);
    assert_eq!(instances_in(&event, &f)[0].until, None);
    let plain = instances(&event, f.plan_from, None, f.as_of, Some(d("2026-06-01")), &f.settings);
    assert!(!plain[0].waiting);
}

/// Any schedule at all.
pub(crate) fn schedules() -> impl Strategy<Value = Schedule> {
    let day = (18_000i64..24_000).prop_map(Date::from_days);
    let interval =
        prop_oneof![(1u32..30).prop_map(Interval::Months), (1u32..400).prop_map(Interval::Days), (1u32..400).prop_map(Interval::Hours),];
    let md = (1u32..=12, 1u32..=28).prop_map(|(m, d)| MonthDay::new(m, d));
    prop_oneof![
        day.clone().prop_map(|due| Schedule::Deadline { due }),
        (any::<i32>(), any::<u32>()).prop_map(|(year, quarter)| Schedule::Quarter { year, quarter, due: None }),
        (any::<i32>(), any::<u32>()).prop_map(|(year, month)| Schedule::Month { year, month, due: None }),
        (proptest::option::of(day.clone()), day.clone(), any::<bool>()).prop_map(|(from, to, c)| Schedule::Period {
            from,
            to,
            condition: c.then(|| "khi".to_owned())
        }),
        (proptest::option::of(0u32..9), md, proptest::option::of(day)).prop_map(|(min_count, month_day, due)| {
            Schedule::Annual { min_count, month_day: month_day.filter(|_| due.is_none()), due }
        }),
        Just(Schedule::Continuous),
        (proptest::option::of(interval.clone()), proptest::option::of((1u32..5, 1u32..32)))
            .prop_map(|(interval, by)| Schedule::Periodic { interval, by: by.map(|(month, day)| PeriodDay { month, day }) }),
        Just(Schedule::Event { condition: "khi".into() }),
        proptest::option::of(interval).prop_map(|duration| Schedule::Timer { event: "e".into(), duration }),
        Just(Schedule::Before { event: "e".into() }),
        Just(Schedule::Text),
    ]
}

pub(crate) fn frames() -> impl Strategy<Value = Frame> {
    (19_000i64..21_000, proptest::option::of(0i64..3_000), -1_000i64..4_000, proptest::option::of(-500i64..3_000)).prop_map(
        |(from, len, now, event)| {
            let from = Date::from_days(from);
            Frame { event_date: event.map(|e| from.add_days(e)), ..Frame::new(from, len.map(|l| from.add_days(l)), from.add_days(now)) }
        },
    )
}

#[test]
fn the_tenth_of_a_quarters_last_month_is_asked_for_each_quarter() {
    // "trước ngày 10 của tháng cuối quý": the ninth is the last day
    let s = Schedule::Periodic { interval: Some(Interval::Months(3)), by: Some(PeriodDay { month: 3, day: 9 }) };
    let due = |from: &str, to: Option<&str>, now: &str| {
        let all = instances(&s, d(from), to.map(d), d(now), None, &Settings::default());
        all.iter().map(|i| format!("{} {}", i.key, i.due.map(|d| d.to_string()).unwrap_or_default())).collect::<Vec<_>>()
    };
    assert_eq!(
        due("2026-01-01", None, "2026-12-31"),
        ["2026-Q1 2026-03-09", "2026-Q2 2026-06-09", "2026-Q3 2026-09-09", "2026-Q4 2026-12-09"]
    );
    assert_eq!(
        due("2026-03-09", None, "2026-04-01"),
        ["2026-Q1 2026-03-09", "2026-Q2 2026-06-09"],
        "on the day itself there is still time"
    );
    assert_eq!(due("2026-03-10", None, "2026-04-01"), ["2026-Q2 2026-06-09"], "the day had passed when the plan began");
    assert_eq!(due("2026-01-01", Some("2026-06-05"), "2026-12-31"), ["2026-Q1 2026-03-09", "2026-Q2 2026-06-05"], "not after the plan");
    // the first month of the next quarter; a day that the month does not have
    let later = Schedule::Periodic { interval: Some(Interval::Months(3)), by: Some(PeriodDay { month: 4, day: 4 }) };
    let all = instances(&later, d("2026-10-01"), None, d("2026-12-31"), None, &Settings::default());
    assert_eq!((all[0].key.as_str(), all[0].due), ("2026-Q4", Some(d("2027-01-04"))));
    let short = Schedule::Periodic { interval: Some(Interval::Months(3)), by: Some(PeriodDay { month: 2, day: 31 }) };
    assert_eq!(instances(&short, d("2026-01-01"), None, d("2026-01-02"), None, &Settings::default())[0].due, Some(d("2026-02-28")));
}

proptest! {
    #[test]
    fn occasions_make_sense(s in schedules(), f in frames()) {
        let all = instances_in(&s, &f);
        let mut keys: Vec<&str> = all.iter().map(|i| i.key.as_str()).collect();
        keys.dedup();
        prop_assert_eq!(keys.len(), all.len(), "keys differ");
        prop_assert!(all.windows(2).all(|w| w[0].from < w[1].from));
        for i in &all {
            prop_assert!(!(i.waiting && i.due.is_some()), "what waits has no due day");
            prop_assert!(i.due.is_none_or(|due| i.from <= due), "{i:?}");
            prop_assert!(i.progress_points.iter().all(|p| i.until.is_some_and(|u| *p <= u)), "{i:?}");
        }
        // Later days only add occasions and never change the keys of old ones.
        let later = instances_in(&s, &Frame { as_of: f.as_of.add_days(200), ..f });
        prop_assert!(later.len() >= all.len());
        prop_assert!(all.iter().zip(&later).all(|(a, b)| a.key == b.key));
    }
}
