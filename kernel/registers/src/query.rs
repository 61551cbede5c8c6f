//! Lists: filters, search, sorting, keyset paging, "as of". Nothing is listed without a scope.

/// Comparison of one filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal to any of the values.
    Is,
    /// Equal to none.
    Not,
    /// Empty.
    Empty,
    /// Filled.
    Filled,
    /// ≥ value.
    From,
    /// ≤ value.
    To,
    /// Link to an agency within the subtree of the value.
    Under,
}

/// One filter: field, comparison, values as text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filter {
    /// Field id, or `state`, `agency` (the resolved owner), `confirmed_on`.
    pub field: String,
    /// Comparison.
    pub op: Op,
    /// Values (ids, ISO dates, numbers).
    #[serde(default)]
    pub values: Vec<String>,
}

/// A list request. In a URL: `?q=text&f.kind=commune&f.kind.not=…&sort=-name&after=…&limit=50&as_of=2026-11-22&where=<predicate>`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Query {
    /// All must hold.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Words, folded; all must be found.
    #[serde(default)]
    pub search: Option<String>,
    /// Predicate of the rule language (drill-down, saved filters).
    #[serde(default)]
    pub predicate: Option<String>,
    /// Only these ids.
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    /// `field` or `-field`.
    #[serde(default)]
    pub sort: Option<String>,
    /// Cursor from the previous page.
    #[serde(default)]
    pub after: Option<String>,
    /// 1..=500, default 50.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Dated records valid on this day (default: today). `"all"` = whatever their dates.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Also withdrawn records.
    #[serde(default)]
    pub with_deleted: bool,
    /// Do not count what matches: [`ListPage::total`] is then only what the page itself shows. For who reads page after page.
    #[serde(default)]
    pub uncounted: bool,
}

/// One page of a list.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ListPage {
    /// Records of this page.
    pub items: Vec<crate::Record>,
    /// Cursor of the next page, if any.
    pub next: Option<String>,
    /// How many match in all (within the scope); with [`Query::uncounted`] how many are on this page.
    pub total: i64,
}

/// One line of [`crate::actions::tally`]: the values asked for, in order, and how many records have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Values; `None` where the field is empty.
    pub of: Vec<Option<String>>,
    /// Records.
    pub n: i64,
}

/// Rank of empty numbers in an order: after all others.
pub(crate) const ORDER_MAX_INT: i64 = i64::MAX;
