//! What was written, before any word of it is known.
use calendar::Date;

use crate::lexer::Op;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub text: String,
    pub at: usize,
}

/// `a`, `a.b.c`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path(pub Vec<Word>);

impl Path {
    pub(crate) fn at(&self) -> usize {
        self.0.first().map_or(0, |w| w.at)
    }

    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TermKind {
    /// Field, choice, keyword or setting; the checker knows.
    Path(Path),
    Int(i64),
    Dec(f64),
    /// Number with a unit word: `500 triệu`, `90 days`.
    Unit(Box<TermKind>, Word),
    Date(Date),
    DayMonth(u32, u32),
    Str(String),
    Count(Box<Quant>),
    /// `as_of - 12 months`.
    Shift {
        base: Box<Term>,
        amount: Box<Term>,
        unit: Word,
        back: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    pub at: usize,
    pub kind: TermKind,
}

/// Which records of a dated register count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// Valid on the as-of date.
    AsOf,
    /// Valid on a day of the period.
    DuringPeriod,
    /// All.
    Ever,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quant {
    pub target: Word,
    pub validity: Validity,
    /// `via FIELD`, `via FIELD = PATH`.
    pub via: Option<(Path, Option<Path>)>,
    pub cond: Option<Box<Node>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AllOf {
    pub at: usize,
    pub catalogue: Word,
    pub demand: Option<Box<Node>>,
    pub answer: Word,
    /// Link from the answer to the record.
    pub owner: Option<Path>,
    /// Link from the answer to the catalogue.
    pub via: Option<Path>,
    pub validity: Validity,
    pub cond: Option<Box<Node>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Bare(Path),
    Cmp { left: Term, op: Op, right: Term },
    In { left: Path, not: bool, items: Vec<Term> },
    Empty { path: Path, not: bool },
    WithinPeriod(Path),
    Within { path: Path, next: bool, amount: Term, unit: Word },
    Exists(Quant),
    None(Quant),
    AllOf(AllOf),
}

/// `agency where …`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Population {
    pub register: Word,
    pub validity: Validity,
    pub cond: Option<Node>,
}
