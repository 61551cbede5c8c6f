//! A checked expression: every word is known, every comparison is between like things.

use crate::ast::{Cmp, When};
use crate::indicator::Label;
use crate::schema::{Kind, Val};

/// A field reached over links. `outer` = from the record the whole rule is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct P {
    pub(crate) outer: bool,
    /// Links followed: (field, register it leads to).
    pub(crate) steps: Vec<(String, String)>,
    /// Last field; `id` for the record itself.
    pub(crate) field: String,
    pub(crate) kind: Kind,
    /// Labels along the way, for the sentence.
    pub(crate) labels: Vec<Label>,
    /// The last field as a predicate.
    pub(crate) said: Option<Label>,
    /// Register the first step starts from.
    pub(crate) register: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum T {
    Path(P),
    /// Value and how to say it.
    Literal(Val, Label),
    Setting(String),
    AsOf,
    PeriodStart,
    PeriodEnd,
    Year,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Window {
    Period,
    Days(T),
    Months(T),
}

/// How a sub-question's records hang on the present record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    /// Register that has the field: the sub-question's, or (`forward`) the one of the record it hangs on.
    pub(crate) owner: String,
    /// Field with the link.
    pub(crate) field: String,
    /// Label of that field.
    pub(crate) label: Label,
    /// A many-link.
    pub(crate) many: bool,
    /// The record it hangs on lists the sub-question's records (always a many-link).
    pub(crate) forward: bool,
    /// What the records hang on, when it is not the present record; empty = unknown.
    pub(crate) of: Option<P>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sub {
    pub(crate) register: String,
    pub(crate) label: Label,
    pub(crate) when: When,
    pub(crate) dated: bool,
    /// `None` for a catalogue.
    pub(crate) link: Option<Link>,
    pub(crate) cond: Option<Box<Node>>,
    /// The condition looks at the outer record.
    pub(crate) uses_outer: bool,
    /// Fields that no two records share.
    pub(crate) keys: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Const(bool),
    Flag(P),
    Cmp(T, Cmp, T),
    In(P, Vec<T>, bool),
    Empty(P, bool),
    Within(P, Window),
    Exists(Sub, bool),
    Count(Sub, Cmp, T),
    /// Catalogue, answers, the answers' field that names the catalogue entry.
    AllOf(Box<Sub>, Box<Sub>, String),
}
