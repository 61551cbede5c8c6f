//! Filters as a sentence, with chips that take one part away again.

use maud::{Markup, html};

use crate::i18n::Lang;

/// One active filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// `Loại: xã`.
    pub text: String,
    /// Address of the list without it.
    pub without: String,
}

/// What the list shows, in words.
pub struct FilterSentence<'a> {
    /// `Cơ quan` — begins the sentence.
    pub subject: &'a str,
    /// Active filters.
    pub chips: &'a [Chip],
    /// Address without any filter.
    pub clear: &'a str,
    /// Total, as text.
    pub total: &'a str,
}

/// The form (a GET: every list has an address). `inputs` are the controls; hidden inputs that must survive (sort) are the
/// caller's. With the script the part of the page named `target` (`#list`) is swapped in place as one types.
pub fn filter_bar(action: &str, target: &str, inputs: Markup, lang: Lang) -> Markup {
    html! {
        form.filters method="get" action=(action) role="search" data-live=(target) {
            (inputs)
            button.btn type="submit" { (lang.t("Lọc", "Filter")) }
        }
    }
}

/// The sentence. Stands inside the swapped part, so that it always says what the list shows.
pub fn said(s: &FilterSentence<'_>, lang: Lang) -> Markup {
    html! {
        p.said role="status" {
            strong.tab { (s.total) } " " (s.subject)
            @for (i, c) in s.chips.iter().enumerate() {
                @if i == 0 { ", " } @else { " " (lang.t("và", "and")) " " }
                a.chip href=(c.without) { (c.text) span aria-hidden="true" { " ×" } span.sr { " (" (lang.t("bỏ điều kiện này", "remove")) ")" } }
            }
            @if s.chips.len() > 1 { " " a.small href=(s.clear) { (lang.t("Bỏ tất cả", "Clear all")) } }
        }
    }
}
