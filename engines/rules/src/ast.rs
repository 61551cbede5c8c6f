//! What an expression says, after parsing and before checking.

use crate::schema::Val;

/// Comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Cmp {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Cmp::Eq => "=",
            Cmp::Ne => "<>",
            Cmp::Lt => "<",
            Cmp::Le => "<=",
            Cmp::Gt => ">",
            Cmp::Ge => ">=",
        }
    }
    pub(crate) fn holds(self, o: std::cmp::Ordering) -> bool {
        match self {
            Cmp::Eq => o.is_eq(),
            Cmp::Ne => o.is_ne(),
            Cmp::Lt => o.is_lt(),
            Cmp::Le => o.is_le(),
            Cmp::Gt => o.is_gt(),
            Cmp::Ge => o.is_ge(),
        }
    }
}

/// `a.b.c`; `outer` = begins with `this.`: the record the whole rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) at: usize,
    pub(crate) outer: bool,
    pub(crate) words: Vec<String>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Path(Path),
    Literal(usize, Val),
    Bool(usize, bool),
    Setting(usize, String),
    AsOf(usize),
    PeriodStart(usize),
    PeriodEnd(usize),
    Year(usize),
}

impl Term {
    /// Where it stands.
    pub(crate) fn at(&self) -> usize {
        match self {
            Term::Path(p) => p.at,
            Term::Literal(at, _)
            | Term::Bool(at, _)
            | Term::Setting(at, _)
            | Term::AsOf(at)
            | Term::PeriodStart(at)
            | Term::PeriodEnd(at)
            | Term::Year(at) => *at,
        }
    }
}

/// When records of a sub-question count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Valid on the as-of day (dated registers).
    AsOf,
    /// Valid on some day of the period.
    DuringPeriod,
    /// Whatever their dates.
    Ever,
}

/// `R [of PATH] [via F] [during period | ever] [where E]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) at: usize,
    pub(crate) register: String,
    /// Any record of the register, linked or not.
    pub(crate) any: bool,
    /// The records hang on the record at the end of this path instead of the present one.
    pub(crate) of: Option<Path>,
    pub(crate) via: Option<String>,
    pub(crate) when: When,
    pub(crate) cond: Option<Box<Expr>>,
}

/// How long before the as-of day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Window {
    Period,
    Days(Term),
    Months(Term),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Const(bool),
    Flag(Path),
    Cmp(Term, Cmp, Term),
    In { term: Path, list: Vec<Term>, not: bool },
    Empty { path: Path, not: bool },
    Within { path: Path, window: Window },
    Exists { source: Source, no: bool },
    Count { source: Source, cmp: Cmp, n: Term },
    AllOf { catalogue: Source, answer: Source },
}

/// `R [during period | ever] [where E]`: the population of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Population {
    pub(crate) source: Source,
}
