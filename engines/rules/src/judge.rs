//! Figures and verdicts: three answers, and a fourth when there is nothing to count.

use std::cmp::Ordering;

use crate::indicator::{Aim, FigureKind, Target};

/// Counts of a rate, or sums of a ratio. Sums over sums: add figures, never percentages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// Met (ratio: numerator in đồng).
    pub met: i64,
    /// Not met (ratio: denominator − numerator).
    pub unmet: i64,
    /// No data.
    pub unknown: i64,
    /// Left out.
    pub excluded: i64,
    /// A register it rests on holds no record at all: nobody has begun to fill it, so nothing can be concluded.
    pub blind: bool,
}

impl Figure {
    /// Denominator: everything but what was left out.
    pub fn population(&self) -> i64 {
        self.met + self.unmet + self.unknown
    }
    /// Sum of two.
    #[must_use]
    pub fn plus(self, o: Figure) -> Figure {
        Figure {
            met: self.met + o.met,
            unmet: self.unmet + o.unmet,
            unknown: self.unknown + o.unknown,
            excluded: self.excluded + o.excluded,
            blind: self.blind || o.blind,
        }
    }
    /// With so many more records of an outcome (a row of `Rate::summary`); another code changes nothing.
    #[must_use]
    pub fn with(mut self, outcome: i64, records: i64) -> Figure {
        match outcome {
            1 => self.met += records,
            2 => self.unmet += records,
            3 => self.unknown += records,
            4 => self.excluded += records,
            _ => {}
        }
        self
    }
    /// Percent, `None` without a denominator and where nothing is known of anybody: 0 % would be an answer.
    pub fn percent(&self) -> Option<f64> {
        let n = self.population();
        let known = self.unknown == 0 || self.met + self.unmet > 0;
        (n > 0 && known).then(|| self.met as f64 * 100.0 / n as f64)
    }
}

/// What a figure means for a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Reached.
    Met,
    /// Not reached, whatever the missing data would say.
    NotMet,
    /// Not decided: records without data could still decide it.
    NoData,
    /// Nothing to count: "không có đối tượng".
    NoSubject,
}

/// Compares a figure with a goal, in whole numbers: 79.999… % never counts as 80. Unknown records stay in the denominator
/// and never count as met; when they could still tip the scale the answer is [`Verdict::NoData`]. A target that is no goal
/// (see [`Target::aim`]) decides nothing.
pub fn judge(kind: FigureKind, target: &Target, f: &Figure) -> Verdict {
    let Some((aim, (goal, scale))) = target.aim().and_then(|(a, v)| Some((a, exact(v)?))) else { return Verdict::NoData };
    let (low, whole) = match kind {
        _ if f.blind => return Verdict::NoData,
        FigureKind::Count => (f.met, None),
        FigureKind::Violations | FigureKind::Share | FigureKind::Ratio if f.population() == 0 => return Verdict::NoSubject,
        FigureKind::Violations => (f.unmet, None),
        FigureKind::Share | FigureKind::Ratio => (f.met, Some(f.population())),
    };
    // n ÷ whole × 100 against goal ÷ scale, both sides multiplied out
    let against = |n: i64| match whole {
        Some(whole) => (i128::from(n) * 100 * scale).cmp(&(goal * i128::from(whole))),
        None => (i128::from(n) * scale).cmp(&goal),
    };
    let (low, high) = (against(low), against(low + f.unknown));
    let reached = |o: Ordering| match aim {
        Aim::AtLeast => o.is_ge(),
        Aim::MoreThan => o.is_gt(),
        Aim::AtMost => o.is_le(),
        Aim::LessThan => o.is_lt(),
        Aim::Equal => o.is_eq(),
    };
    match (reached(low), reached(high)) {
        (true, true) => Verdict::Met,
        // below now, above with all that is unknown: what is between may be equal
        (false, false) if aim == Aim::Equal && low != high => Verdict::NoData,
        (false, false) => Verdict::NotMet,
        _ => Verdict::NoData,
    }
}

/// A number as it is written: `79.99` is 7999 ÷ 100. `None` for what is no number or has more digits than a goal has.
fn exact(x: f64) -> Option<(i128, i128)> {
    if x.fract() == 0.0 && x.abs() < 1e15 {
        return Some((x as i128, 1));
    }
    let text = x.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let scale = 10_i128.pow(u32::try_from(part.len()).ok().filter(|n| *n <= 9)?);
    let n: i128 = format!("{whole}{part}").parse().ok()?;
    (n.unsigned_abs() < 10_u128.pow(18)).then_some((n, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(at_least: Option<f64>, more_than: Option<f64>, at_most: Option<f64>) -> Target {
        Target { at_least, more_than, at_most, ..Target::default() }
    }
    fn share(aim: Aim, goal: f64, f: Figure) -> Verdict {
        judge(FigureKind::Share, &Target::new(aim, goal, "%"), &f)
    }
    fn f(met: i64, unmet: i64, unknown: i64) -> Figure {
        Figure { met, unmet, unknown, ..Figure::default() }
    }

    #[test]
    fn three_answers_and_nothing_to_count() {
        let all = t(Some(100.0), None, None);
        assert_eq!(judge(FigureKind::Share, &all, &f(3, 0, 0)), Verdict::Met);
        assert_eq!(judge(FigureKind::Share, &all, &f(2, 1, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Share, &all, &f(2, 0, 1)), Verdict::NoData);
        assert_eq!(judge(FigureKind::Share, &all, &f(0, 0, 0)), Verdict::NoSubject);
    }

    #[test]
    fn over_ninety_is_strictly_over() {
        let over = t(None, Some(90.0), None);
        assert_eq!(judge(FigureKind::Share, &over, &f(90, 10, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Share, &over, &f(91, 9, 0)), Verdict::Met);
    }

    #[test]
    fn counts_and_violations() {
        assert_eq!(judge(FigureKind::Count, &t(Some(2.0), None, None), &f(1, 0, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(0, 0, 0)), Verdict::NoSubject);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(4, 0, 0)), Verdict::Met);
        let blind = Figure { blind: true, ..f(0, 0, 0) };
        assert_eq!(judge(FigureKind::Count, &t(Some(2.0), None, None), &blind), Verdict::NoData);
        assert_eq!(judge(FigureKind::Share, &t(Some(2.0), None, None), &blind.plus(f(1, 1, 0))), Verdict::NoData);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(9, 1, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(9, 0, 1)), Verdict::NoData);
    }

    #[test]
    fn nearly_is_not_reached_and_exactly_is() {
        // as f64 one record more or less of so many is the same number
        let all = 90_000_000_000_000_000;
        assert_eq!(share(Aim::AtLeast, 80.0, f(all / 10 * 8 - 1, all / 10 * 2 + 1, 0)), Verdict::NotMet);
        assert_eq!(share(Aim::AtLeast, 80.0, f(all / 10 * 8, all / 10 * 2, 0)), Verdict::Met);
        // 0.1 + 0.2 is not 0.3 in binary, 33.3 % of 1000 is 333
        assert_eq!(share(Aim::AtLeast, 33.3, f(333, 667, 0)), Verdict::Met);
        assert_eq!(share(Aim::MoreThan, 33.3, f(333, 667, 0)), Verdict::NotMet);
        assert_eq!(share(Aim::AtMost, 1.1, f(11, 989, 0)), Verdict::Met);
        assert_eq!(share(Aim::LessThan, 1.1, f(11, 989, 0)), Verdict::NotMet);
        assert_eq!(share(Aim::LessThan, 1.1, f(10, 990, 0)), Verdict::Met);
    }

    #[test]
    fn equal_is_neither_more_nor_less() {
        assert_eq!(share(Aim::Equal, 50.0, f(2, 2, 0)), Verdict::Met);
        assert_eq!(share(Aim::Equal, 50.0, f(3, 1, 0)), Verdict::NotMet, "more than asked is not equal");
        assert_eq!(share(Aim::Equal, 50.0, f(1, 3, 0)), Verdict::NotMet);
        assert_eq!(share(Aim::Equal, 50.0, f(1, 1, 2)), Verdict::NoData);
        assert_eq!(share(Aim::Equal, 50.0, f(2, 0, 2)), Verdict::NoData, "equal only if none of the unknown is met");
        assert_eq!(share(Aim::Equal, 50.0, f(3, 0, 1)), Verdict::NotMet, "already above");
        let two = Target::new(Aim::Equal, 2.0, "lớp");
        assert_eq!(judge(FigureKind::Count, &two, &f(3, 0, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Count, &two, &f(2, 0, 0)), Verdict::Met);
    }

    #[test]
    fn the_verdict_is_that_of_the_fractions() {
        // every figure of up to 12 records against every half percent, told by fractions
        for all in 1..=12_i64 {
            for met in 0..=all {
                for half in 0..=200_i64 {
                    let (goal, left, right) = (half as f64 / 2.0, met * 200, half * all);
                    for (aim, reached) in [
                        (Aim::AtLeast, left >= right),
                        (Aim::MoreThan, left > right),
                        (Aim::AtMost, left <= right),
                        (Aim::LessThan, left < right),
                        (Aim::Equal, left == right),
                    ] {
                        let want = if reached { Verdict::Met } else { Verdict::NotMet };
                        assert_eq!(share(aim, goal, f(met, all - met, 0)), want, "{met}/{all} {aim:?} {goal}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_stricter_of_two_goals() {
        let of = |aim, v, unit| Target::new(aim, v, unit);
        let stricter = |a: &Target, b: &Target| (a.stricter_than(b), b.stricter_than(a));
        assert_eq!(stricter(&of(Aim::AtLeast, 2.0, "cuộc"), &of(Aim::AtLeast, 1.0, "cuộc")), (Some(true), Some(false)));
        assert_eq!(stricter(&of(Aim::MoreThan, 90.0, "%"), &of(Aim::AtLeast, 90.0, "%")), (Some(true), Some(false)));
        assert_eq!(stricter(&of(Aim::AtMost, 5.0, "%"), &of(Aim::LessThan, 5.0, "%")), (Some(false), Some(true)));
        assert_eq!(stricter(&of(Aim::AtMost, 0.0, "%"), &of(Aim::AtMost, 5.0, "%")), (Some(true), Some(false)));
        assert_eq!(stricter(&of(Aim::AtLeast, 5.0, "%"), &of(Aim::AtLeast, 5.0, "%")), (Some(false), Some(false)));
        assert_eq!(stricter(&of(Aim::AtLeast, 5.0, "%"), &of(Aim::AtMost, 5.0, "%")), (None, None));
        assert_eq!(stricter(&of(Aim::AtLeast, 5.0, "%"), &of(Aim::AtLeast, 5.0, "người")), (None, None));
    }

    #[test]
    fn what_is_no_goal_decides_nothing() {
        assert_eq!(judge(FigureKind::Share, &Target::default(), &f(1, 0, 0)), Verdict::NoData);
        assert_eq!(judge(FigureKind::Share, &t(Some(1.0), Some(1.0), None), &f(1, 0, 0)), Verdict::NoData);
        assert_eq!(share(Aim::AtLeast, f64::NAN, f(1, 0, 0)), Verdict::NoData);
        assert_eq!(share(Aim::AtLeast, f64::INFINITY, f(1, 0, 0)), Verdict::NoData);
        assert_eq!([exact(79.99), exact(100.0), exact(-0.5), exact(1e300)], [Some((7999, 100)), Some((100, 1)), Some((-5, 10)), None]);
    }
}
