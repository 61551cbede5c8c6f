//! The rules of requirements 3.8 as a table, and as properties over all schedules.
use super::*;
use crate::date::d;
use crate::instances::tests::{frames, schedules};
use crate::instances::{Frame, instances_in};
use proptest::prelude::*;

const NOTHING: Facts = Facts { evidence: 0, started: false, submitted: false, approved_on: None, not_applicable: false };

/// The state of the first occasion of a schedule in a plan of 2026–2030.
fn at(json: &str, as_of: &str, event: Option<&str>, facts: Facts) -> DerivedState {
    let schedule = serde_json::from_str(json).unwrap();
    let frame = Frame { event_date: event.map(d), ..Frame::new(d("2026-03-30"), Some(d("2030-12-31")), d(as_of)) };
    state(&instances_in(&schedule, &frame)[0], d(as_of), &facts)
}

#[test]
fn a_deadline() {
    use DerivedState as S;
    let s = r#"{"kind":"quarter","year":2026,"quarter":2}"#;
    let evidence = Facts { evidence: 1, ..NOTHING };
    let started = Facts { started: true, ..NOTHING };
    let submitted = Facts { submitted: true, ..evidence };
    let on = |day: &str| Facts { approved_on: Some(d(day)), ..evidence };
    let na = Facts { not_applicable: true, ..NOTHING };
    for (as_of, facts, want) in [
        ("2026-04-01", NOTHING, S::NotStarted),
        ("2026-04-01", started, S::InProgress),
        ("2026-04-01", evidence, S::InProgress),
        ("2026-04-01", submitted, S::AwaitingApproval),
        ("2026-06-30", NOTHING, S::NotStarted),
        ("2026-07-01", NOTHING, S::Overdue),
        ("2026-07-01", evidence, S::Overdue),
        ("2026-07-01", submitted, S::AwaitingApproval),
        ("2026-07-05", on("2026-06-30"), S::Done),
        ("2026-07-05", on("2026-07-01"), S::DoneLate),
        // As of a day before it was done, it was not.
        ("2026-06-01", on("2026-06-30"), S::InProgress),
        ("2026-07-05", na, S::NotApplicable),
    ] {
        assert_eq!(at(s, as_of, None, facts), want, "{as_of} {facts:?}");
    }
}

#[test]
fn waiting_is_never_overdue() {
    use DerivedState as S;
    let s = r#"{"kind":"period","from":"2026-01-01","to":"2027-12-31","condition":"khi Trung ương ban hành"}"#;
    for (as_of, event, want) in [
        ("2026-11-22", None, S::Waiting),
        ("2027-12-31", None, S::Waiting),
        ("2028-01-01", None, S::PeriodOver),
        ("2035-01-01", None, S::PeriodOver),
        ("2027-06-01", Some("2027-05-01"), S::NotStarted),
        ("2027-12-31", Some("2027-05-01"), S::NotStarted),
        ("2028-01-01", Some("2027-05-01"), S::Overdue),
        ("2028-01-01", Some("2027-12-31"), S::Overdue),
        ("2028-05-01", Some("2028-01-01"), S::PeriodOver),
    ] {
        assert_eq!(at(s, as_of, event, NOTHING), want, "{as_of} {event:?}");
    }
    let done = Facts { approved_on: Some(d("2026-05-01")), ..NOTHING };
    assert_eq!(at(s, "2026-11-22", None, done), S::Done);
    let event = r#"{"kind":"event","condition":"khi Luật ban hành"}"#;
    assert_eq!(at(event, "2026-11-22", None, NOTHING), S::Waiting);
    assert_eq!(at(event, "2031-01-01", None, NOTHING), S::PeriodOver);
    assert_eq!(at(event, "2031-01-01", Some("2026-05-05"), NOTHING), S::NotStarted);
    let timer = r#"{"kind":"timer","event":"sự cố","duration":"P3D"}"#;
    assert_eq!(at(timer, "2040-01-01", None, NOTHING), S::Waiting);
    assert_eq!(at(timer, "2026-06-04", Some("2026-06-01"), NOTHING), S::NotStarted);
    assert_eq!(at(timer, "2026-06-05", Some("2026-06-01"), NOTHING), S::Overdue);
    assert_eq!(at(r#"{"kind":"text"}"#, "2040-01-01", None, NOTHING), S::NotStarted);
}

#[test]
fn continuous_needs_an_entry_each_year() {
    use DerivedState as S;
    let s = r#"{"kind":"continuous"}"#;
    let entry = Facts { evidence: 1, ..NOTHING };
    for (as_of, facts, want) in [
        ("2026-11-22", NOTHING, S::NotStarted),
        ("2026-11-22", entry, S::InProgress),
        ("2026-12-31", NOTHING, S::NotStarted),
        ("2027-01-01", NOTHING, S::MissingEntry),
        ("2027-01-01", entry, S::Done),
    ] {
        assert_eq!(at(s, as_of, None, facts), want, "{as_of}");
    }
}

#[test]
fn a_yearly_minimum() {
    use DerivedState as S;
    let s = r#"{"kind":"annual","min_count":2}"#;
    let with = |evidence| Facts { evidence, approved_on: Some(d("2026-10-01")), ..NOTHING };
    assert_eq!(at(s, "2026-11-22", None, with(1)), S::InProgress);
    assert_eq!(at(s, "2026-11-22", None, with(2)), S::Done);
    assert_eq!(at(s, "2027-01-01", None, with(1)), S::Overdue);
}

#[test]
fn words() {
    let mut seen = std::collections::BTreeSet::new();
    for s in DerivedState::ALL {
        assert!(seen.insert(s.as_str()) && seen.insert(s.label_vi()) && seen.insert(s.label_en()));
        assert!(!(s.is_late() && s.is_closed()));
    }
    assert!(!DerivedState::PeriodOver.is_late());
}

proptest! {
    #[test]
    fn rules(s in schedules(), f in frames(), evidence in 0u32..3, started: bool, submitted: bool) {
        let facts = Facts { evidence, started, submitted, ..NOTHING };
        for i in instances_in(&s, &f) {
            let now = state(&i, f.as_of, &facts);
            if i.waiting {
                prop_assert!(matches!(now, DerivedState::Waiting | DerivedState::PeriodOver));
            }
            if now == DerivedState::Overdue {
                prop_assert!(i.due.is_some_and(|due| f.as_of > due) && !submitted);
            }
            if now == DerivedState::MissingEntry {
                prop_assert_eq!(i.expects, Expects::Entry);
            }
            // Waiting longer never makes an open occasion less late.
            let later = state(&i, f.as_of.add_days(400), &facts);
            prop_assert!(!now.is_late() || later.is_late());
        }
    }
}
