//! The few pieces every page is made of. Plain functions from values to markup.

mod fields;
mod filters;
mod grid;
mod table;

pub use fields::{Choice, FieldView, InputKind, error_summary, field, form_actions};
pub use filters::{Chip, FilterSentence, filter_bar, said};
pub use grid::{Grid, GridCell, GridColumn};
pub use table::{Column, Sort, Table, pager};

use maud::{Markup, html};

use crate::ctx::{Ctx, Look};
use crate::fmt;
use crate::i18n::Lang;
use crate::module::{Tone, WorkItem};
use crate::shell::csrf;

/// A word in the colour of a state.
pub fn tag(tone: Tone, text: &str) -> Markup {
    html! { span class={"tag " (tone.class())} { (text) } }
}

/// The one main action of a page, as a link.
pub fn main_link(href: &str, text: &str) -> Markup {
    html! { a.btn.main href=(href) { (text) } }
}

/// A lesser action, as a link.
pub fn link_button(href: &str, text: &str) -> Markup {
    html! { a.btn href=(href) { (text) } }
}

/// An action that changes something with one press. `confirm`: question asked before (with the script; without it the
/// press is the answer, so only what can be undone may stand here).
pub fn post_button(look: &Look, action: &str, text: &str, main: bool, confirm: Option<&str>) -> Markup {
    html! {
        form.inline method="post" action=(action) data-confirm=[confirm] {
            (csrf(look))
            input type="hidden" name="back" value=(look.here);
            button.btn.main[main] type="submit" { (text) }
        }
    }
}

/// Title of the page, a line under it, actions at the right.
pub fn heading(title: &str, sub: Option<Markup>, actions: Option<Markup>) -> Markup {
    html! {
        div.row.between.head {
            div { h1 { (title) } @if let Some(s) = sub { p.muted { (s) } } }
            @if let Some(a) = actions { div.row.actions { (a) } }
        }
    }
}

/// What would be here and how to begin.
pub fn empty(what: &str, how: Markup) -> Markup {
    html! { div.empty { p { strong { (what) } } div { (how) } } }
}

/// A remark in the colour of a state: `soon` to look at, `unmet` an error, `met` done.
pub fn notice(tone: Tone, body: Markup) -> Markup {
    html! { div class={"notice " (tone.class())} role=[(tone == Tone::Unmet).then_some("alert")] { (body) } }
}

/// A tab: id, text, number, address.
pub struct Tab {
    /// Compared with the open one.
    pub id: String,
    /// Text.
    pub label: String,
    /// Number.
    pub count: Option<i64>,
    /// Address.
    pub href: String,
}

/// Tabs are links: each has its own address, works without a script and in history.
pub fn tabs(list: &[Tab], open: &str, label: &str) -> Markup {
    html! {
        nav.tabs aria-label=(label) { @for t in list {
            a href=(t.href) aria-current=[(t.id == open).then_some("page")] {
                (t.label) @if let Some(n) = t.count { " " span.count { (fmt::int(n)) } }
            }
        } }
    }
}

/// One moment of a [`timeline`].
pub struct Moment {
    /// When, as shown.
    pub at: String,
    /// Who.
    pub who: String,
    /// What happened.
    pub what: Markup,
    /// Details under it.
    pub more: Option<Markup>,
    /// Colour of the dot.
    pub tone: Tone,
}

/// What happened, newest first.
pub fn timeline(list: Vec<Moment>) -> Markup {
    html! {
        ol.timeline { @for m in list { li class=(m.tone.class()) {
            div.small.muted { time { (m.at) } " · " (m.who) }
            div { (m.what) }
            @if let Some(x) = m.more { div.more { (x) } }
        } } }
    }
}

/// Label and value pairs of a record.
pub fn facts(list: Vec<(String, Markup)>) -> Markup {
    html! { dl.facts { @for (k, v) in list { div { dt { (k) } dd { (v) } } } } }
}

/// How far a job is. On a page with `.refresh(2)` it moves without a script.
pub fn progress(label: &str, done: i64, of: i64) -> Markup {
    let of = of.max(1);
    html! {
        div.progress {
            label for="progress" { (label) " " span.tab { (fmt::int(done)) "/" (fmt::int(of)) } }
            progress #progress max=(of) value=(done.clamp(0, of)) { (fmt::percent(done, of).unwrap_or_default()) }
        }
    }
}

/// The sentence of a rule.
pub fn sentence(body: Markup) -> Markup {
    html! { p.sentence { (body) } }
}

/// How long until a day, in words, and its colour: late, soon (three days), later.
pub fn due_words(due: &str, today: &str, lang: Lang) -> (String, Tone) {
    let (Some(d), Some(t)) = (fmt::days(due), fmt::days(today)) else {
        return (fmt::date(due), Tone::Plain);
    };
    match d - t {
        n if n < 0 => (format!("{} {} {}", lang.t("Quá hạn", "Late by"), fmt::int(-n), lang.t("ngày", "days")), Tone::Unmet),
        0 => (lang.t("Hôm nay", "Today").to_owned(), Tone::Soon),
        n if n <= 3 => (format!("{} {n} {}", lang.t("Còn", "In"), lang.t("ngày", "days")), Tone::Soon),
        _ => (fmt::date(due), Tone::Plain),
    }
}

/// The list of "My work": due, one sentence, one reason, one action. Only the most urgent has the main button.
pub fn work_list(ctx: &Ctx, items: &[WorkItem]) -> Markup {
    html! {
        ul.list { @for (i, w) in items.iter().enumerate() {
            @let (due, tone) = w.due.as_deref().map_or_else(|| (String::new(), Tone::Plain), |d| due_words(d, &ctx.today, ctx.lang()));
            @let tone = w.tone.unwrap_or(tone);
            @let action = if w.action.is_empty() { ctx.t("Mở", "Open") } else { w.action.as_str() };
            li {
                span class={"due " (match tone { Tone::Unmet => "late", Tone::Soon => "soon", _ => "" })} { (due) }
                div { a href=(w.href) { (w.title) } @if !w.reason.is_empty() { div.muted.small { (w.reason) } } }
                @match &w.post {
                    Some(p) => (post_button(&ctx.look, p, action, i == 0, None)),
                    None => a.btn.main[i == 0] href=(w.href) { (action) span.sr { ": " (w.title) } },
                }
            }
        } }
    }
}

/// Patterns that charts refer to. Once per page; drawn in user space, so nothing stretches them.
pub fn hatch_defs() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line.hatch x1="0" y1="0" x2="0" y2="6" stroke-width="2" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_in_words() {
        let w = |d| due_words(d, "2026-11-22", Lang::Vi);
        assert_eq!(w("2026-11-18"), ("Quá hạn 4 ngày".into(), Tone::Unmet));
        assert_eq!(w("2026-11-22"), ("Hôm nay".into(), Tone::Soon));
        assert_eq!(w("2026-11-25"), ("Còn 3 ngày".into(), Tone::Soon));
        assert_eq!(w("2026-12-04"), ("04/12/2026".into(), Tone::Plain));
    }
}
