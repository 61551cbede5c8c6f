//! Figures and verdicts: three answers, and a fourth when there is nothing to count.

use crate::indicator::{FigureKind, Target};

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
        }
    }
    /// Percent, `None` without a denominator.
    pub fn percent(&self) -> Option<f64> {
        let n = self.population();
        (n > 0).then(|| self.met as f64 * 100.0 / n as f64)
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

/// Compares a figure with a goal. Unknown records stay in the denominator and never count as met; when they could still
/// tip the scale the answer is [`Verdict::NoData`].
pub fn judge(kind: FigureKind, target: &Target, f: &Figure) -> Verdict {
    let goal = target.at_least.or(target.more_than).or(target.at_most).unwrap_or(0.0);
    let reached = |n: f64, d: f64| {
        if target.at_most.is_some() {
            n <= goal * d
        } else if target.more_than.is_some() {
            n > goal * d
        } else {
            n >= goal * d
        }
    };
    match kind {
        FigureKind::Count => match (reached(f.met as f64, 1.0), reached((f.met + f.unknown) as f64, 1.0)) {
            (true, true) => Verdict::Met,
            (false, false) => Verdict::NotMet,
            _ => Verdict::NoData,
        },
        FigureKind::Violations => {
            if f.population() == 0 {
                Verdict::Met
            } else if !reached(f.unmet as f64, 1.0) {
                Verdict::NotMet
            } else if reached((f.unmet + f.unknown) as f64, 1.0) {
                Verdict::Met
            } else {
                Verdict::NoData
            }
        }
        FigureKind::Share | FigureKind::Ratio => {
            let all = f.population() as f64;
            if f.population() == 0 {
                return Verdict::NoSubject;
            }
            // met × 100 against goal × population: no rounding between
            match (reached(f.met as f64 * 100.0, all), reached((f.met + f.unknown) as f64 * 100.0, all)) {
                (true, true) => Verdict::Met,
                (false, false) => Verdict::NotMet,
                _ => Verdict::NoData,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(at_least: Option<f64>, more_than: Option<f64>, at_most: Option<f64>) -> Target {
        Target { at_least, more_than, at_most, ..Target::default() }
    }
    fn f(met: i64, unmet: i64, unknown: i64) -> Figure {
        Figure { met, unmet, unknown, excluded: 0 }
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
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(0, 0, 0)), Verdict::Met);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(9, 1, 0)), Verdict::NotMet);
        assert_eq!(judge(FigureKind::Violations, &t(None, None, Some(0.0)), &f(9, 0, 1)), Verdict::NoData);
    }
}
