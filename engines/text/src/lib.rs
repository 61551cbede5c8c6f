//! Vietnamese text: folding, matching keys, numbers and dates as people write them.
//!
//! Everything here is a pure function of its arguments. The table of contents:
//!
//! | need | function |
//! |---|---|
//! | ignore case, marks, dashes, spaces | [`fold`] |
//! | search column and search words | [`search_key`] |
//! | are these two agency names the same? | [`name_key`] |
//! | `hoà` = `hòa` | [`tone_normal`] |
//! | Vietnamese alphabetical order in SQL | [`sort_key`], [`person_sort_key`] |
//! | show figures and dates | [`number_vi`], [`decimal_vi`], [`percent_vi`], [`money_vi`], [`date_vi`] |
//! | read what people typed | [`parse_number_vi`], [`parse_integer_vi`], [`parse_date_vi`] |
//! | "did you mean …?" | [`similarity`], [`nearest`] |
mod abbreviations;
mod dates;
mod fold;
mod numbers;
mod order;
mod similar;
mod tone;

pub use abbreviations::{ABBREVIATIONS, Abbreviation, name_key, search_key};
pub use dates::{date_vi, days_in_month, is_valid_date, parse_date_vi};
pub use fold::{clean, fold};
pub use numbers::{decimal_vi, money_vi, number_vi, parse_integer_vi, parse_number_vi, percent_vi};
pub use order::{person_sort_key, sort_key};
pub use similar::{nearest, similarity};
pub use tone::tone_normal;

/// Why something a person typed could not be read. [`std::fmt::Display`] gives a Vietnamese
/// sentence that quotes the input and says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    message: String,
}

impl ReadError {
    pub(crate) fn new(message: String) -> Self {
        Self { message }
    }

    /// The Vietnamese sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}
