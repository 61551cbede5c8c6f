//! The rule language: one sentence over register words that becomes SQL, an answer for one record, a Vietnamese sentence,
//! its lineage and its drill-down. Grammar, three-valued logic and examples: README.md.

mod ast;
mod check;
mod compile;
mod ctx;
#[cfg(test)]
mod error_tests;
mod eval;
mod gap;
#[cfg(test)]
mod gap_tests;
mod indicator;
mod ir;
mod judge;
mod lexer;
mod lineage;
mod memo;
mod parse;
mod period;
mod predicate;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod random_rules;
mod ratio;
#[cfg(test)]
mod sao_mai;
mod schema;
mod sentence;
mod sets;
mod sql;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod touch;
#[cfg(test)]
mod touch_tests;

pub use compile::{Compiled, Outcome, Rate, Sentence, compile};
pub use ctx::{AgencyScope, Ctx};
pub use gap::{Close, Gap, MayRead};
pub use indicator::{Aim, Exclude, FigureKind, Indicator, Label, Pack, PackError, Part, Quality, Setting, Sum, Target, date_text};
pub use judge::{Figure, Verdict, judge};
pub use period::{days_open, period_on, period_words, yearly};
pub use predicate::{Alone, Predicate};
pub use schema::{Field, Kind, Rec, Register, Result, RuleError, Schema, Val, World};
pub use sql::Statement;
pub use touch::{Change, Touched};
