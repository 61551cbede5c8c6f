//! What the agencies of Sao Mai did about what they owe: most in time, some late, some not at all; each its own way.

use std::collections::BTreeMap;

use access::Actor;
use calendar::Date;
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Result, Tx};
use web::Rng;

/// Does what happened after day `since` until day `day` (both `YYYY-MM-DD`); `today` is the present of the demo. Called for
/// a few days in order, with the clock set to each: the same steps that people take, through the same actions.
pub fn demo_work(tx: &mut Tx, reg: &Registry, since: &str, day: &str, today: &str) -> Result<()> {
    let system = Actor::system("demo");
    let Ok(today) = Date::parse(today) else { return Ok(()) };
    let begun = Filter {
        field: "state".into(),
        op: Op::Is,
        values: ["not_started", "in_progress", "waiting_approval"].map(str::to_owned).to_vec(),
    };
    for o in crate::all_where(tx, reg, &system, "obligation", vec![begun])? {
        for step in steps(&o, today).into_iter().filter(|s| s.day.as_str() > since && s.day.as_str() <= day) {
            take(tx, reg, &system, &o, &step)?;
        }
    }
    Ok(())
}

/// One step of one obligation.
struct Step {
    day: String,
    what: What,
}

enum What {
    Evidence(&'static str),
    Submit,
    Return,
    /// Approved; the work was done on this day.
    Approve(String),
}

/// The same record gives the same number, whatever else the demo has.
fn seed(words: &[&str]) -> u64 {
    words.iter().flat_map(|w| w.bytes()).fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

const DONE: [&str; 4] = [
    "Đã thực hiện, hồ sơ lưu tại văn phòng.",
    "Đã ban hành văn bản và gửi các bộ phận thực hiện.",
    "Đã rà soát xong, có danh sách kèm biên bản.",
    "Đã giao người phụ trách và kiểm tra kết quả.",
];

/// What happens to an obligation, in order of days.
fn steps(o: &Record, today: Date) -> Vec<Step> {
    let agency = o.text("agency").unwrap_or_default();
    // how an agency works stays the same; how one task goes differs
    let care = Rng::new(seed(&[agency])).below(100);
    let mut rng = Rng::new(seed(&[agency, &o.id]));
    let due = o.text("due_on").and_then(|d| Date::parse(d).ok());
    let mut days = |from: usize, spread: usize| i64::try_from(from + rng.below(spread)).unwrap_or(0);
    let (before, after, lately) = (days(1, 25), days(2, 27), days(2, 9));
    let note = rng.word(&DONE);
    let (in_time, late) = match care {
        0..25 => (96, 4),
        25..65 => (80, 14),
        65..90 => (50, 25),
        _ => (20, 20),
    };
    let luck = rng.below(100);
    let done = |on: Date| {
        let at = |n: i64| on.add_days(n).to_string();
        vec![
            Step { day: at(0), what: What::Evidence(note) },
            Step { day: at(0), what: What::Submit },
            Step { day: at(1), what: What::Approve(on.to_string()) },
        ]
    };
    let begun = |ago: i64| vec![Step { day: today.add_days(-ago).to_string(), what: What::Evidence(note) }];
    let handed_in = |ago: i64| {
        let mut list = begun(ago);
        list.push(Step { day: today.add_days(1 - ago).to_string(), what: What::Submit });
        list
    };
    let returned = |ago: i64| {
        let mut list = handed_in(ago);
        list.push(Step { day: today.add_days(2 - ago).to_string(), what: What::Return });
        list
    };
    match due {
        Some(due) if due < today => {
            let late_on = due.add_days(after);
            if luck < in_time {
                done(due.add_days(-before))
            } else if luck < in_time + late && late_on < today {
                done(late_on)
            } else {
                match rng.below(10) {
                    0..4 => vec![],
                    4..7 => begun(lately + 3),
                    7..9 => handed_in(lately),
                    _ => returned(lately + 1),
                }
            }
        }
        Some(due) if due <= today.add_days(60) => match luck {
            0..20 => done(today.add_days(-before)),
            20..50 => begun(lately + 5),
            50..58 => handed_in(lately),
            58..62 => returned(lately + 1),
            _ => vec![],
        },
        _ if luck < 45 => begun(before),
        _ => vec![],
    }
}

fn take(tx: &mut Tx, reg: &Registry, system: &Actor, o: &Record, step: &Step) -> Result<()> {
    let text = |s: &str| Data::Text(s.to_owned());
    let (step_id, values, reason) = match &step.what {
        What::Evidence(note) => {
            let values = BTreeMap::from([
                ("obligation".to_owned(), text(&o.id)),
                ("kind".to_owned(), text("note")),
                ("happened_on".to_owned(), text(&step.day)),
                ("agency".to_owned(), text(o.text("agency").unwrap_or_default())),
                ("note".to_owned(), text(note)),
            ]);
            actions::create(tx, reg, system, "evidence", values, None)?;
            return crate::settle::begin_one(tx, reg, system, &o.id);
        }
        What::Submit => ("submit", Values::from([("result_note".to_owned(), text("Đã làm xong, xem minh chứng."))]), None),
        What::Return => ("return", Values::new(), Some("Thiếu bản ký; bổ sung rồi trình lại.")),
        What::Approve(on) => ("approve", Values::from([("done_on".to_owned(), text(on))]), None),
    };
    let now = actions::get(tx, reg, &system.may(access::Verb::Read, "obligation")?, &o.id)?;
    actions::transition(tx, reg, system, "obligation", &o.id, now.version, step_id, values, reason).map(drop)
}
