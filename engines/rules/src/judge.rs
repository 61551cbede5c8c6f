//! Figures and verdicts. Whole numbers only: a percentage is compared by cross-multiplication, never rounded first.
use std::ops::AddAssign;

use calendar::Date;

use crate::schema::Label;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndicatorKind {
    /// Met ÷ (population − excluded).
    Share,
    /// Number of records that meet.
    Count,
    /// Sum of money ÷ sum of money.
    Ratio,
    /// Number of records that do not meet.
    Violations,
}

/// Figure of an indicator for one agency or a sum of agencies. Roll-up is addition.
///
/// For a ratio: `met` = numerator (đồng), `population` = denominator (đồng), `unknown` = lines of the denominator without an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub kind: IndicatorKind,
    /// Records asked about, the excluded ones too.
    pub population: i64,
    /// Meet.
    pub met: i64,
    /// Do not meet.
    pub unmet: i64,
    /// Registers do not say. In the denominator, never in the numerator.
    pub unknown: i64,
    /// Left out for a stated reason; not in the denominator.
    pub excluded: i64,
}

impl AddAssign for Figure {
    fn add_assign(&mut self, other: Self) {
        self.population = self.population.saturating_add(other.population);
        self.met = self.met.saturating_add(other.met);
        self.unmet = self.unmet.saturating_add(other.unmet);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.excluded = self.excluded.saturating_add(other.excluded);
    }
}

impl Figure {
    /// Nothing counted yet.
    #[must_use]
    pub fn zero(kind: IndicatorKind) -> Self {
        Self { kind, population: 0, met: 0, unmet: 0, unknown: 0, excluded: 0 }
    }

    /// Of the columns `population, met, unmet, unknown, excluded` of [`crate::Compiled::summary`].
    #[must_use]
    pub fn of(kind: IndicatorKind, [population, met, unmet, unknown, excluded]: [i64; 5]) -> Self {
        Self { kind, population, met, unmet, unknown, excluded }
    }

    /// What the share or ratio is taken of.
    #[must_use]
    pub fn denominator(&self) -> i64 {
        match self.kind {
            IndicatorKind::Ratio => self.population,
            _ => self.population.saturating_sub(self.excluded),
        }
    }

    /// The number judged, where it is not a percentage.
    #[must_use]
    pub fn number(&self) -> i64 {
        match self.kind {
            IndicatorKind::Violations => self.unmet,
            _ => self.met,
        }
    }

    /// Tenths of a percent, rounded down: 100 % is shown only when everything is met. `None`: no subject, or not a percentage.
    #[must_use]
    pub fn per_mille(&self) -> Option<i64> {
        let percentage = matches!(self.kind, IndicatorKind::Share | IndicatorKind::Ratio);
        let of = self.denominator();
        if !percentage || of <= 0 {
            return None;
        }
        i64::try_from((i128::from(self.met) * 1000).div_euclid(i128::from(of))).ok()
    }

    /// `66,7%`, `3`, or `không có đối tượng`.
    #[must_use]
    pub fn to_vi(&self) -> String {
        match (self.kind, self.per_mille()) {
            (IndicatorKind::Count | IndicatorKind::Violations, _) => text::number_vi(self.number()),
            (_, None) => Verdict::NoSubject.label().vi,
            (_, Some(n)) if n % 10 == 0 => format!("{}%", text::number_vi(n / 10)),
            (_, Some(n)) => format!("{},{}%", text::number_vi(n / 10), n.rem_euclid(10)),
        }
    }
}

/// How a figure is compared with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// ≥
    AtLeast,
    /// > ("Trên 90%")
    MoreThan,
    /// ≤
    AtMost,
    /// <
    LessThan,
}

/// What is asked of an indicator, from when, until when, by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub comparator: Comparator,
    /// Thousandths of a percent (unit `%`) or of the unit.
    pub milli: i64,
    /// `%`, `lần`, `lớp`, `người` …
    pub unit: String,
    /// First day it applies; `None` = always.
    pub from: Option<Date>,
    /// Horizon: last day.
    pub until: Option<Date>,
    /// Article or plan section.
    pub basis: String,
    /// Part it judges; `None` = the indicator itself.
    pub part: Option<String>,
    /// On its population, its reading.
    pub note: Label,
}

impl Target {
    /// Does it apply on that day?
    #[must_use]
    pub fn applies(&self, as_of: Date) -> bool {
        self.from.is_none_or(|d| d <= as_of) && self.until.is_none_or(|d| as_of <= d)
    }

    /// `≥ 100%`, `> 90%`, `≤ 0`.
    #[must_use]
    pub fn to_vi(&self) -> String {
        let sign = match self.comparator {
            Comparator::AtLeast => "≥",
            Comparator::MoreThan => ">",
            Comparator::AtMost => "≤",
            Comparator::LessThan => "<",
        };
        let (whole, rest) = (self.milli / 1000, self.milli % 1000);
        let mut number = text::number_vi(whole);
        if rest != 0 {
            number = format!("{number},{}", format!("{rest:03}").trim_end_matches('0'));
        }
        if self.unit == "%" { format!("{sign} {number}%") } else { format!("{sign} {number} {}", self.unit) }
    }
}

/// Has the target been reached?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Reached, whatever the unknown records turn out to be.
    Met,
    /// Not reached.
    NotMet,
    /// The registers do not say enough.
    NoData,
    /// Nobody or nothing is concerned; never "100 %".
    NoSubject,
}

impl Verdict {
    /// What people read.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Met => Label::new("đạt", "met"),
            Self::NotMet => Label::new("chưa đạt", "not met"),
            Self::NoData => Label::new("chưa có dữ liệu", "no data"),
            Self::NoSubject => Label::new("không có đối tượng", "no subject"),
        }
    }
}

/// Compares a figure with a target. Whether the target applies on a day is [`Target::applies`]; a figure is judged by the numbers.
///
/// Unknown records stay in the denominator and never count as met. So "at least" and "more than" are answered by what is known
/// to meet (and "no data" when *nothing* is known); "at most" and "less than" are met only if they would hold with every unknown
/// record on the wrong side, and not met only if they fail already.
#[must_use]
pub fn judge(target: &Target, figure: &Figure) -> Verdict {
    let of = figure.denominator();
    let percentage = target.unit == "%";
    let counts = figure.kind == IndicatorKind::Count;
    let known = of.saturating_sub(figure.unknown);
    if figure.kind == IndicatorKind::Ratio {
        if of <= 0 {
            return if figure.unknown > 0 { Verdict::NoData } else { Verdict::NoSubject };
        }
    } else if !counts {
        if of <= 0 {
            return Verdict::NoSubject;
        }
        if known <= 0 {
            return Verdict::NoData;
        }
    }
    // number × 1000 (× 100 of a percentage) against milli (× denominator).
    let (value, limit) = if percentage {
        (i128::from(figure.met) * 100_000, i128::from(target.milli) * i128::from(of))
    } else {
        (i128::from(figure.number()) * 1000, i128::from(target.milli))
    };
    let unknown =
        if figure.kind == IndicatorKind::Ratio { 0 } else { i128::from(figure.unknown) * if percentage { 100_000 } else { 1000 } };
    let upper = |ok_now: bool, ok_worst: bool| match (ok_now, ok_worst) {
        (_, true) => Verdict::Met,
        (true, false) => Verdict::NoData,
        (false, _) => Verdict::NotMet,
    };
    match target.comparator {
        Comparator::AtLeast if value >= limit => Verdict::Met,
        Comparator::MoreThan if value > limit => Verdict::Met,
        Comparator::AtLeast | Comparator::MoreThan => Verdict::NotMet,
        Comparator::AtMost => upper(value <= limit, value + unknown <= limit),
        Comparator::LessThan => upper(value < limit, value + unknown < limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(comparator: Comparator, value: i64, unit: &str) -> Target {
        Target {
            comparator,
            milli: value * 1000,
            unit: unit.into(),
            from: None,
            until: None,
            basis: "x".into(),
            part: None,
            note: Label::default(),
        }
    }

    fn share(met: i64, unmet: i64, unknown: i64, excluded: i64) -> Figure {
        Figure::of(IndicatorKind::Share, [met + unmet + unknown + excluded, met, unmet, unknown, excluded])
    }

    #[test]
    fn strict_and_exact() {
        let at_least = target(Comparator::AtLeast, 90, "%");
        let more = target(Comparator::MoreThan, 90, "%");
        assert_eq!((judge(&at_least, &share(9, 1, 0, 0)), judge(&more, &share(9, 1, 0, 0))), (Verdict::Met, Verdict::NotMet));
        assert_eq!(judge(&more, &share(91, 9, 0, 0)), Verdict::Met);
        let all = target(Comparator::AtLeast, 100, "%");
        assert_eq!(judge(&all, &share(99_999, 1, 0, 0)), Verdict::NotMet);
        assert_eq!(share(99_999, 1, 0, 0).to_vi(), "99,9%");
        assert_eq!(judge(&all, &share(5, 0, 0, 3)), Verdict::Met, "excluded records are not in the denominator");
    }

    #[test]
    fn unknown_is_never_met_and_nothing_is_not_everything() {
        let all = target(Comparator::AtLeast, 100, "%");
        assert_eq!(judge(&all, &share(9, 0, 1, 0)), Verdict::NotMet);
        assert_eq!(judge(&all, &share(0, 0, 4, 0)), Verdict::NoData);
        assert_eq!(judge(&all, &share(0, 0, 0, 0)), Verdict::NoSubject);
        assert_eq!(judge(&all, &share(0, 0, 0, 2)), Verdict::NoSubject);
        assert_eq!(share(0, 0, 0, 0).to_vi(), "không có đối tượng");
        assert_eq!(judge(&target(Comparator::AtLeast, 0, "%"), &share(0, 0, 0, 0)), Verdict::NoSubject);
    }

    #[test]
    fn counts_violations_ratios() {
        let once = target(Comparator::AtLeast, 1, "lần");
        let count = |met| Figure::of(IndicatorKind::Count, [met, met, 0, 0, 0]);
        assert_eq!((judge(&once, &count(0)), judge(&once, &count(1))), (Verdict::NotMet, Verdict::Met));
        let none = target(Comparator::AtMost, 0, "vi phạm");
        let violations = |unmet, unknown| Figure::of(IndicatorKind::Violations, [10, 10 - unmet - unknown, unmet, unknown, 0]);
        assert_eq!(judge(&none, &violations(0, 0)), Verdict::Met);
        assert_eq!(judge(&none, &violations(0, 2)), Verdict::NoData);
        assert_eq!(judge(&none, &violations(1, 2)), Verdict::NotMet);
        assert_eq!(judge(&none, &Figure::zero(IndicatorKind::Violations)), Verdict::NoSubject);
        let tenth = target(Comparator::AtLeast, 10, "%");
        let ratio = |num, den, missing| Figure::of(IndicatorKind::Ratio, [den, num, den - num, missing, 0]);
        assert_eq!(judge(&tenth, &ratio(100_000_000, 1_000_000_000, 0)), Verdict::Met);
        assert_eq!(judge(&tenth, &ratio(99_999_999, 1_000_000_000, 0)), Verdict::NotMet);
        assert_eq!(judge(&tenth, &ratio(0, 0, 0)), Verdict::NoSubject);
        assert_eq!(judge(&tenth, &ratio(0, 0, 3)), Verdict::NoData);
        // A sum over a sum, not a mean of percentages: 1/10 and 99/100 are 100/110.
        let mut sum = share(1, 9, 0, 0);
        sum += share(99, 1, 0, 0);
        assert_eq!(sum.to_vi(), "90,9%");
        // Trillions of đồng do not overflow.
        assert_eq!(judge(&tenth, &ratio(i64::MAX / 4, i64::MAX / 2, 0)), Verdict::Met);
    }

    #[test]
    fn dates_and_words() {
        let mut t = target(Comparator::MoreThan, 90, "%");
        t.milli = 12_500;
        t.until = Date::new(2030, 12, 31);
        assert_eq!(t.to_vi(), "> 12,5%");
        assert!(t.applies(Date::parse("2030-12-31").unwrap()) && !t.applies(Date::parse("2031-01-01").unwrap()));
    }
}
