//! A checked rule: every word resolved, every kind known. SQL, evaluator, sentence and lineage all read this.
use calendar::Date;

pub(crate) use crate::ast::Validity;
pub(crate) use crate::lexer::Op;
use crate::schema::{Kind, Label};
use crate::value::{Ctx, Val};

/// A step over a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hop {
    pub field: String,
    /// Register it leads to.
    pub register: String,
    pub label: Label,
}

/// A field seen from a record of an enclosing scope (0 = the record the rule is about).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RPath {
    pub scope: usize,
    /// Register of that scope's record.
    pub register: String,
    pub hops: Vec<Hop>,
    pub field: String,
    pub kind: Kind,
    pub label: Label,
}

impl RPath {
    /// Register that holds the field itself.
    pub(crate) fn holder(&self) -> &str {
        self.hops.last().map_or(&self.register, |h| &h.register)
    }

    pub(crate) fn id_of(scope: usize, register: &str, label: &Label) -> Self {
        Self {
            scope,
            register: register.to_owned(),
            hops: Vec::new(),
            field: "id".into(),
            kind: Kind::Link(register.to_owned()),
            label: label.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Amount {
    Const(i64),
    Setting(SettingRef),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SettingRef {
    pub name: String,
    pub default: Val,
    pub label: Label,
}

impl SettingRef {
    /// Value in force: the override if it is of the same type.
    pub(crate) fn value(&self, ctx: &Ctx) -> Val {
        match (ctx.settings.get(&self.name), &self.default) {
            (Some(v @ Val::Int(_)), Val::Int(_))
            | (Some(v @ Val::Real(_)), Val::Real(_))
            | (Some(v @ Val::Text(_)), Val::Text(_))
            | (Some(v @ Val::List(_)), Val::List(_)) => v.clone(),
            (Some(Val::Int(n)), Val::Real(_)) => Val::Real(real(*n)),
            _ => self.default.clone(),
        }
    }
}

impl Amount {
    pub(crate) fn value(&self, ctx: &Ctx) -> i64 {
        match self {
            Self::Const(n) => *n,
            Self::Setting(s) => match s.value(ctx) {
                Val::Int(n) => n,
                _ => 0,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Days,
    Months,
    Years,
}

/// A day known once the context is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DateExpr {
    Fixed(Date),
    DayMonth(u32, u32),
    AsOf,
    PeriodStart,
    PeriodEnd,
    /// Earlier of period end and as-of date.
    CutOff,
    Shift {
        base: Box<DateExpr>,
        amount: Amount,
        unit: Unit,
        back: bool,
    },
    /// First day `d` such that `d` + amount is not before the as-of date.
    Reach {
        amount: Amount,
        unit: Unit,
    },
}

impl DateExpr {
    pub(crate) fn day(&self, ctx: &Ctx) -> Date {
        match self {
            Self::Fixed(d) => *d,
            Self::DayMonth(day, month) => Date::clamped(ctx.period_end.year(), *month, *day),
            Self::AsOf => ctx.as_of,
            Self::PeriodStart => ctx.period_start,
            Self::PeriodEnd => ctx.period_end,
            Self::CutOff => ctx.cut_off(),
            Self::Shift { base, amount, unit, back } => {
                let n = amount.value(ctx);
                shift(base.day(ctx), if *back { n.saturating_neg() } else { n }, *unit)
            }
            Self::Reach { amount, unit } => reach(ctx.as_of, amount.value(ctx), *unit),
        }
    }
}

fn months(n: i64, unit: Unit) -> i32 {
    let n = if unit == Unit::Years { n.saturating_mul(12) } else { n };
    i32::try_from(n.clamp(-120_000, 120_000)).unwrap_or(0)
}

fn shift(day: Date, n: i64, unit: Unit) -> Date {
    match unit {
        Unit::Days => day.add_days(n.clamp(-4_000_000, 4_000_000)),
        _ => day.add_months(months(n, unit)),
    }
}

fn reach(as_of: Date, n: i64, unit: Unit) -> Date {
    if unit == Unit::Days {
        return shift(as_of, n.saturating_neg(), Unit::Days);
    }
    let month = as_of.start_of_month().add_months(months(n.saturating_neg(), unit));
    // 31 May less 3 months: there is no 31 February; 28 February + 3 months = 28 May is too early, 1 March is not.
    Date::new(month.year(), month.month(), as_of.day()).unwrap_or_else(|| month.add_months(1))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum YearOf {
    AsOf,
    Period,
}

impl YearOf {
    pub(crate) fn value(self, ctx: &Ctx) -> i64 {
        i64::from(match self {
            Self::AsOf => ctx.as_of.year(),
            Self::Period => ctx.period_end.year(),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Path(RPath),
    Int(i64),
    /// Money: shown with its unit.
    Money(i64),
    Real(f64),
    /// Text or choice, with what a person reads.
    Text(String, Label),
    Date(DateExpr),
    Year(YearOf),
    Setting(SettingRef),
    Count(Box<Quant>),
}

impl Term {
    /// Value, unless it depends on a record.
    pub(crate) fn constant(&self, ctx: &Ctx) -> Option<Val> {
        Some(match self {
            Self::Path(_) | Self::Count(_) => return None,
            Self::Int(n) | Self::Money(n) => Val::Int(*n),
            Self::Real(x) => Val::Real(*x),
            Self::Text(s, _) => Val::Text(s.clone()),
            Self::Date(d) => Val::Text(d.day(ctx).to_string()),
            Self::Year(y) => Val::Int(y.value(ctx)),
            Self::Setting(s) => s.value(ctx),
        })
    }
}

/// How records of a quantified register hang together with the record they are asked of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Link {
    /// Path from the quantified record = path of the enclosing one.
    Eq { inner: RPath, outer: RPath },
    /// The quantified record's many-links name the enclosing record.
    Names { table: String, outer: RPath },
    /// The enclosing record's many-links name the quantified record.
    NamedBy { table: String, field: String, outer: RPath },
}

impl Link {
    pub(crate) fn outer(&self) -> &RPath {
        match self {
            Self::Eq { outer, .. } | Self::Names { outer, .. } | Self::NamedBy { outer, .. } => outer,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quant {
    pub register: String,
    pub label: Label,
    /// Scope number of the quantified record.
    pub depth: usize,
    pub dated: bool,
    pub validity: Validity,
    pub link: Link,
    /// Link named by the author, for the sentence.
    pub via: Option<Label>,
    pub cond: Option<Box<Pred>>,
}

/// Every entry of a catalogue that is demanded of a record has an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AllOf {
    /// Scope number of the record asked about.
    pub scope: usize,
    pub owner_register: String,
    pub catalogue: String,
    pub catalogue_label: Label,
    pub catalogue_dated: bool,
    /// Over the catalogue entry (scope + 1).
    pub demand: Option<Pred>,
    pub answer: String,
    pub answer_label: Label,
    pub answer_dated: bool,
    pub validity: Validity,
    /// Link field answer → record.
    pub owner: String,
    /// Link field answer → catalogue entry.
    pub via: String,
    /// Over the answer (scope + 2).
    pub cond: Option<Pred>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pred {
    Const(bool),
    And(Vec<Pred>),
    Or(Vec<Pred>),
    Not(Box<Pred>),
    Flag(RPath),
    Cmp {
        left: Term,
        op: Op,
        right: Term,
    },
    /// Days from … to, both included; said as written.
    Range {
        path: RPath,
        from: Option<DateExpr>,
        to: Option<DateExpr>,
        said: Said,
    },
    /// Not after the as-of date, and not more months before it than another field says.
    MonthsOf {
        path: RPath,
        months: RPath,
        years: bool,
    },
    In {
        path: RPath,
        not: bool,
        items: Vec<Term>,
    },
    Empty {
        path: RPath,
        not: bool,
    },
    /// The dated record at the end of the path (its id) is valid on the as-of date.
    Active(RPath),
    Exists(Quant),
    None(Quant),
    AllOf(Box<AllOf>),
}

/// How a range of days was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Period,
    Last(Amount, Unit),
    Next(Amount, Unit),
    Cmp(Op, DateExpr),
}

/// Visits every path of a predicate, those of inner scopes too.
pub(crate) fn paths<'a>(pred: &'a Pred, f: &mut dyn FnMut(&'a RPath)) {
    match pred {
        Pred::Const(_) => {}
        Pred::And(list) | Pred::Or(list) => list.iter().for_each(|p| paths(p, f)),
        Pred::Not(p) => paths(p, f),
        Pred::Flag(p) | Pred::Range { path: p, .. } | Pred::In { path: p, .. } | Pred::Empty { path: p, .. } | Pred::Active(p) => f(p),
        Pred::Cmp { left, right, .. } => {
            for term in [left, right] {
                match term {
                    Term::Path(p) => f(p),
                    Term::Count(q) => quant_paths(q, f),
                    _ => {}
                }
            }
        }
        Pred::MonthsOf { path, months, .. } => {
            f(path);
            f(months);
        }
        Pred::Exists(q) | Pred::None(q) => quant_paths(q, f),
        Pred::AllOf(all) => all.demand.iter().chain(&all.cond).for_each(|p| paths(p, f)),
    }
}

fn quant_paths<'a>(q: &'a Quant, f: &mut dyn FnMut(&'a RPath)) {
    if let Link::Eq { inner, .. } = &q.link {
        f(inner);
    }
    f(q.link.outer());
    q.cond.iter().for_each(|c| paths(c, f));
}

/// Visits every register quantified over, with its predicate's quantifiers.
pub(crate) fn quants<'a>(pred: &'a Pred, f: &mut dyn FnMut(Quantified<'a>)) {
    let mut of = |q: &'a Quant| {
        f(Quantified::One(q));
        q.cond.iter().for_each(|c| quants(c, f));
    };
    match pred {
        Pred::And(list) | Pred::Or(list) => list.iter().for_each(|p| quants(p, f)),
        Pred::Not(p) => quants(p, f),
        Pred::Exists(q) | Pred::None(q) => of(q),
        Pred::Cmp { left, right, .. } => {
            for term in [left, right] {
                if let Term::Count(q) = term {
                    of(q);
                }
            }
        }
        Pred::AllOf(all) => {
            f(Quantified::All(all));
            all.demand.iter().chain(&all.cond).for_each(|p| quants(p, f));
        }
        _ => {}
    }
}

/// A quantifier met by [`quants`].
#[derive(Clone, Copy)]
pub(crate) enum Quantified<'a> {
    One(&'a Quant),
    All(&'a AllOf),
}

/// Does the predicate look at records of scopes outside of `from`?
pub(crate) fn looks_out(pred: &Pred, from: usize) -> bool {
    let mut out = false;
    paths(pred, &mut |p| out |= p.scope < from);
    quants(pred, &mut |q| {
        if let Quantified::All(all) = q {
            out |= all.scope < from;
        }
    });
    out
}

/// Can the predicate have no answer (SQL NULL)?
pub(crate) fn nullable(pred: &Pred) -> bool {
    match pred {
        Pred::Const(_) | Pred::Empty { .. } | Pred::Exists(_) | Pred::None(_) => false,
        Pred::And(list) | Pred::Or(list) => list.iter().any(nullable),
        Pred::Not(p) => nullable(p),
        Pred::Active(p) => !p.hops.is_empty() || p.field != "id",
        _ => true,
    }
}

#[expect(clippy::cast_precision_loss, reason = "register integers compared with decimals stay far below 2^53")]
pub(crate) fn real(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_is_the_first_day_that_reaches() {
        let day = |s: &str| Date::parse(s).unwrap();
        assert_eq!(reach(day("2026-05-31"), 3, Unit::Months), day("2026-03-01"));
        assert_eq!(reach(day("2026-11-22"), 90, Unit::Days), day("2026-08-24"));
        assert_eq!(reach(day("2024-02-29"), 1, Unit::Years), day("2023-03-01"));
        for n in 0..40 {
            for offset in 0..400 {
                let d = day("2024-01-01").add_days(offset);
                let first = reach(d, n, Unit::Months);
                let n = i32::try_from(n).unwrap();
                assert!(first.add_months(n) >= d, "{first} + {n} months < {d}");
                assert!(first.add_days(-1).add_months(n) < d, "day before {first} + {n} months >= {d}");
            }
        }
    }
}
