//! What is wrong with a rule, said so that its author can mend it.
use std::fmt;

/// An error in one expression. [`fmt::Display`] is a Vietnamese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Which expression: `meets`, `population`, `part.a.meets` …; empty for a predicate on its own.
    pub key: String,
    /// Column of the first character concerned, from 1; 0 when the whole is meant.
    pub at: usize,
    /// What and the remedy.
    pub message: String,
}

impl RuleError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { key: String::new(), at, message: message.into() }
    }

    pub(crate) fn in_key(mut self, key: &str) -> Self {
        if self.key.is_empty() {
            key.clone_into(&mut self.key);
        }
        self
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key.is_empty(), self.at) {
            (true, 0) => f.write_str(&self.message),
            (true, at) => write!(f, "cột {at}: {}", self.message),
            (false, 0) => write!(f, "{}: {}", self.key, self.message),
            (false, at) => write!(f, "{}, cột {at}: {}", self.key, self.message),
        }
    }
}

impl std::error::Error for RuleError {}

/// An error in a pack file. [`fmt::Display`] names file, indicator, key, column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    /// File name as given.
    pub file: String,
    /// Indicator concerned; empty for the file.
    pub indicator: String,
    /// What is wrong where.
    pub error: RuleError,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.indicator.is_empty() {
            write!(f, "{}: {}", self.file, self.error)
        } else {
            write!(f, "{}: {}: {}", self.file, self.indicator, self.error)
        }
    }
}

impl std::error::Error for PackError {}
