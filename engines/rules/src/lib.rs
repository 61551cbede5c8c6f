#![doc = include_str!("../README.md")]
mod ast;
mod check;
mod compiled;
mod error;
#[cfg(test)]
mod error_tests;
mod eval;
mod indicator;
mod ir;
mod judge;
mod lexer;
mod parse;
#[cfg(test)]
mod postgres_tests;
mod predicate;
#[cfg(test)]
mod property_tests;
mod question;
mod ratio;
mod raw;
mod resolve;
mod schema;
mod sentence;
#[cfg(test)]
mod speed_tests;
mod sql;
mod sql_quant;
mod suggest;
#[cfg(test)]
mod t_rows_tests;
mod terms;
#[cfg(test)]
mod testing;
mod value;

pub use compiled::{Compiled, CompiledPart, compile};
pub use error::{PackError, RuleError};
pub use indicator::{Indicator, Measure, Pack, Part, Setting};
pub use judge::{Comparator, Figure, IndicatorKind, Target, Verdict, judge};
pub use predicate::{Predicate, Selection};
pub use question::Question;
pub use schema::{Field, Kind, Label, Lang, Register, Schema};
pub use sentence::{Sentence, Span};
pub use value::{AgencyScope, Ctx, Outcome, Param, Period, Rec, Statement, Val, World};
