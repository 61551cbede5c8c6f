//! A table whose rows are all at hand: words to filter by, order by column heading, pages and the same set as .xlsx. Everything
//! stands in the address, so it works without the script and can be sent to somebody.
//!
//! Lists of registers have their own (`pages/list.rs`), which asks the database; this is for the hundreds of rows of other pages.

use axum::response::Response;
use documents::{Cell, ColumnKind, Sheet, Workbook};
use maud::{Markup, html};
use store::Error;

use super::table::{Column, Sort, Table};
use super::tag;
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::FormData;
use crate::i18n::Lang;
use crate::module::Tone;
use crate::security::query_string;

/// Rows of a page.
const ROWS: usize = 100;
/// Rows of a page that was asked to hold all.
const WHOLE: usize = 2_000;
/// Fewer rows than this need no words to find one.
const FEW: usize = 8;

/// A column of a [`Grid`].
pub struct GridColumn {
    id: &'static str,
    head: Column,
    kind: ColumnKind,
    /// Only in the file.
    hidden: bool,
}

impl GridColumn {
    /// Text.
    pub fn text(id: &'static str, label: &str) -> Self {
        Self { id, head: Column::text(label), kind: ColumnKind::Text, hidden: false }
    }
    /// Whole numbers, right-aligned.
    pub fn num(id: &'static str, label: &str) -> Self {
        Self { id, head: Column::num(label), kind: ColumnKind::Integer, hidden: false }
    }
    /// Days.
    pub fn day(id: &'static str, label: &str) -> Self {
        Self { id, head: Column::text(label), kind: ColumnKind::Date, hidden: false }
    }
    /// Buttons and boxes: no order, not in the file.
    pub fn action(label: &str) -> Self {
        Self { id: "", head: Column::text(label), kind: ColumnKind::Text, hidden: false }
    }
    /// A running number before the cell that names the row.
    pub fn index(id: &'static str, label: &str) -> Self {
        Self { id, head: Column::index(label), kind: ColumnKind::Text, hidden: false }
    }
    /// Numbers with a decimal.
    pub fn rate(id: &'static str, label: &str) -> Self {
        Self { id, head: Column::num(label), kind: ColumnKind::Decimal(1), hidden: false }
    }
    /// Not on the page, only in the file.
    #[must_use]
    pub fn only_in_file(mut self) -> Self {
        self.hidden = true;
        self
    }
    /// Goes first on narrow screens, see [`Column::drop_at`].
    #[must_use]
    pub fn drop_at(mut self, importance: u8) -> Self {
        self.head = self.head.drop_at(importance);
        self
    }
}

/// What a cell shows, and what it is for order, words and file.
pub struct GridCell {
    shown: Markup,
    value: Cell,
}

impl GridCell {
    /// Text.
    pub fn text(s: &str) -> Self {
        Self { shown: html! { (s) }, value: Cell::Text(s.to_owned()) }
    }
    /// The link to what the row is about.
    pub fn link(href: &str, s: &str) -> Self {
        Self { shown: html! { a href=(href) { (s) } }, value: Cell::Text(s.to_owned()) }
    }
    /// A whole number.
    pub fn num(n: i64) -> Self {
        Self { shown: html! { (fmt::int(n)) }, value: Cell::Integer(n) }
    }
    /// A day, `YYYY-MM-DD`; none = "–".
    pub fn day(iso: Option<&str>) -> Self {
        match iso.filter(|d| !d.is_empty()) {
            Some(d) => Self { shown: html! { (fmt::date(d)) }, value: Cell::Date(d.to_owned()) },
            None => Self { shown: html! { "–" }, value: Cell::Empty },
        }
    }
    /// An instant, µs UTC; `none` is said where there is none.
    pub fn instant(at: Option<i64>, none: &str) -> Self {
        match at {
            // ordered and written as an instant, shown as people write it
            Some(t) => Self { shown: html! { (fmt::instant(t)) }, value: Cell::Text(fmt::rfc3339(t).chars().take(16).collect()) },
            None => Self { shown: html! { (none) }, value: Cell::Empty },
        }
    }
    /// A word in the colour of a state.
    pub fn tag(tone: Tone, words: &str) -> Self {
        Self { shown: tag(tone, words), value: Cell::Text(words.to_owned()) }
    }
    /// Any markup with what it says.
    pub fn with(shown: Markup, value: Cell) -> Self {
        Self { shown, value }
    }
    /// Any markup that says nothing: buttons, boxes, bars.
    pub fn only(shown: Markup) -> Self {
        Self { shown, value: Cell::Empty }
    }
}

/// A table under construction.
pub struct Grid {
    key: &'static str,
    caption: String,
    file: &'static str,
    path: String,
    pairs: Vec<(String, String)>,
    columns: Vec<GridColumn>,
    rows: Vec<Vec<GridCell>>,
    lang: Lang,
    may_export: bool,
    most: usize,
}

impl Grid {
    /// Without rows yet. `key`: empty for the one table of a page, else a word that tells its part of the address from the others'.
    /// `file`: name of the .xlsx, ASCII.
    pub fn new(ctx: &Ctx, q: &FormData, key: &'static str, file: &'static str, caption: &str, columns: Vec<GridColumn>) -> Self {
        let path = ctx.look.here.split('?').next().unwrap_or("/").to_owned();
        // a form that was sent is no address
        let pairs = if q.has("csrf") { vec![] } else { q.0.clone() };
        let lang = ctx.lang();
        Self { key, caption: caption.to_owned(), file, path, pairs, columns, rows: vec![], lang, may_export: true, most: ROWS }
    }
    /// Whether it may be taken away as a file.
    #[must_use]
    pub fn export(mut self, may: bool) -> Self {
        self.may_export = may;
        self
    }
    /// So many rows on a page.
    #[must_use]
    pub fn rows_a_page(mut self, n: usize) -> Self {
        self.most = n.max(1);
        self
    }
    /// Adds a row: a cell for each column.
    pub fn row(&mut self, cells: Vec<GridCell>) {
        self.rows.push(cells);
    }
    /// Has it no rows?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn name(&self, what: &str) -> String {
        if self.key.is_empty() { what.to_owned() } else { format!("{}.{what}", self.key) }
    }
    fn asked(&self, what: &str) -> &str {
        let name = self.name(what);
        self.pairs.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| v.trim())
    }
    /// The address with these of this table's own words instead; empty takes one away.
    fn href(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(String, String)> =
            self.pairs.iter().filter(|(k, v)| !v.is_empty() && k != "export" && k != "csrf").cloned().collect();
        for (what, value) in changes.iter().chain([("page", "")].iter().filter(|_| !changes.iter().any(|c| c.0 == "page"))) {
            let name = if *what == "export" { "export".to_owned() } else { self.name(what) };
            pairs.retain(|(k, _)| *k != name);
            if !value.is_empty() {
                pairs.push((name, (*value).to_owned()));
            }
        }
        if pairs.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query_string(&pairs)) }
    }

    /// Indices of the rows that are meant, in the order asked for.
    fn chosen(&self) -> Vec<usize> {
        let words = text::fold(self.asked("q"));
        let fits = |cells: &[GridCell]| {
            let hay: String = cells.iter().map(|c| said(&c.value) + " ").collect();
            let hay = text::fold(&hay);
            words.split_whitespace().all(|w| hay.contains(w))
        };
        let mut list: Vec<usize> = self.rows.iter().enumerate().filter(|(_, r)| fits(r)).map(|(i, _)| i).collect();
        let sort = self.asked("sort");
        let (down, id) = sort.strip_prefix('-').map_or((false, sort), |s| (true, s));
        if let Some(c) = self.columns.iter().position(|c| !id.is_empty() && c.id == id) {
            list.sort_by_cached_key(|i| self.rows.get(*i).and_then(|r| r.get(c)).map(|c| order(&c.value)));
            if down {
                // what is empty stays last
                let empty = |i: &usize| self.rows.get(*i).and_then(|r| r.get(c)).is_none_or(|c| c.value.is_empty());
                let at = list.iter().position(empty).unwrap_or(list.len());
                if let Some(filled) = list.get_mut(..at) {
                    filled.reverse();
                }
            }
        }
        list
    }

    /// The file, when the address asks for this table's: exactly what is filtered, all pages of it.
    pub fn file(&self) -> Option<PageResult> {
        let key = if self.key.is_empty() { "xlsx" } else { self.key };
        let wanted = self.pairs.iter().any(|(k, v)| k == "export" && v == key);
        if !wanted {
            return None;
        }
        if !self.may_export {
            return Some(Err(Error::Forbidden("Bạn không có quyền tải bảng này về.".into()).into()));
        }
        Some(self.workbook())
    }

    fn workbook(&self) -> PageResult {
        let kept: Vec<usize> = (0..self.columns.len()).filter(|i| self.columns.get(*i).is_some_and(|c| !c.id.is_empty())).collect();
        let columns =
            kept.iter().filter_map(|i| self.columns.get(*i)).map(|c| documents::Column::new(&c.head.label, c.kind.clone())).collect();
        let rows = self.chosen().into_iter().filter_map(|i| self.rows.get(i));
        let rows = rows.map(|r| kept.iter().map(|i| r.get(*i).map_or(Cell::Empty, |c| c.value.clone())).collect()).collect();
        let sheet = Sheet { name: self.caption.clone(), columns, rows };
        let bytes = Workbook::of(sheet).to_xlsx().map_err(Error::internal)?;
        Ok::<Response, crate::error::Fail>(crate::edge::file(bytes, &format!("{}.xlsx", self.file)))
    }

    /// These rows under their headings.
    fn table<'a>(&self, rows: impl Iterator<Item = &'a usize>) -> Table {
        let sort = self.asked("sort");
        let seen: Vec<usize> = (0..self.columns.len()).filter(|i| self.columns.get(*i).is_some_and(|c| !c.hidden)).collect();
        let heads = seen.iter().filter_map(|i| self.columns.get(*i)).map(|c| {
            let ascending = if c.id.is_empty() {
                None
            } else if sort == c.id {
                Some(true)
            } else {
                (sort.strip_prefix('-') == Some(c.id)).then_some(false)
            };
            let next = if ascending == Some(true) { format!("-{}", c.id) } else { c.id.to_owned() };
            let by = (!c.id.is_empty()).then(|| Sort { href: self.href(&[("sort", &next)]), ascending });
            c.head.clone().sort(by)
        });
        let mut table = Table::new(&self.caption, heads.collect());
        for r in rows.filter_map(|i| self.rows.get(*i)) {
            table.row(seen.iter().map(|i| r.get(*i).map_or_else(|| html! {}, |c| c.shown.clone())).collect());
        }
        table
    }

    /// Words, file, table and pages.
    pub fn render(&self) -> Markup {
        let lang = self.lang;
        let all = self.chosen();
        // on paper nothing can be turned: whoever prints asks for all
        let whole = self.asked("page") == "all";
        let most = if whole { all.len().clamp(1, WHOLE) } else { self.most };
        let page: usize = self.asked("page").parse().unwrap_or(1).max(1);
        let pages = all.len().div_ceil(most).max(1);
        let page = page.min(pages);
        let table = self.table(all.iter().skip((page - 1) * most).take(most));
        let words = self.asked("q");
        let export = if self.key.is_empty() { "xlsx" } else { self.key };
        html! {
            div data-grid=(self.file) {
                (self.bar(words, export, all.len()))
                @if all.is_empty() { p.muted { (lang.t("Không có dòng nào khớp.", "No row matches.")) } } @else { (table.render(lang)) }
                @if pages > 1 {
                    nav.pager aria-label=(lang.t("Trang", "Pages")) {
                        span.muted { (lang.t("Trang", "Page")) " " (page) "/" (pages) }
                        @if page > 1 { a.btn href=(self.href(&[("page", &(page - 1).to_string())])) { (lang.t("Trang trước", "Previous")) } }
                        @if page < pages { a.btn href=(self.href(&[("page", &(page + 1).to_string())])) rel="next" { (lang.t("Trang sau", "Next")) } }
                        @if all.len() <= WHOLE { a href=(self.href(&[("page", "all")])) { (lang.t("Tất cả trên một trang", "All on one page")) } }
                    }
                }
            }
        }
    }

    /// The box for words, how many rows fit, and the file. A link, not a form, leads to the file: the table may stand in a form itself,
    /// whose inputs the box must not join, so the box belongs to a form of its own outside (`form=`).
    fn bar(&self, words: &str, export: &str, n: usize) -> Markup {
        let lang = self.lang;
        let form = format!("g-{}", self.file);
        let own = [self.name("q"), self.name("page"), "export".into(), "csrf".into()];
        let kept = self.pairs.iter().filter(|(k, v)| !own.contains(k) && !v.is_empty());
        html! {
            div.gridbar {
                @if self.rows.len() > FEW || !words.is_empty() {
                    form.filters id=(form) method="get" action=(self.path) role="search" {
                        @for (k, v) in kept { input type="hidden" name=(k) value=(v); }
                        label.q { (lang.t("Tìm trong bảng", "Find in the table")) input type="search" name=(self.name("q")) value=(words) autocomplete="off"; }
                        button.btn type="submit" { (lang.t("Lọc", "Filter")) }
                        @if !words.is_empty() { a href=(self.href(&[("q", "")])) { (lang.t("Bỏ lọc", "Clear")) } }
                    }
                }
                div.end {
                    span.muted.small role="status" { (lang.n(fmt::int(i64::try_from(n).unwrap_or(i64::MAX)), "dòng", "row", "rows")) }
                    @if self.may_export { a.btn href=(self.href(&[("export", export)])) { (lang.t("Tải .xlsx", "Get .xlsx")) } }
                }
            }
        }
    }

    /// The table alone, for where it must stand inside a form: [`Grid::bar_alone`] goes before the form.
    pub fn table_alone(&self) -> Markup {
        let table = self.table(self.chosen().iter());
        html! { div data-grid=(self.file) { (table.render(self.lang)) } }
    }

    /// What stands above [`Grid::table_alone`].
    pub fn bar_alone(&self) -> Markup {
        self.bar(self.asked("q"), if self.key.is_empty() { "xlsx" } else { self.key }, self.chosen().len())
    }
}

/// A value in words, for the box.
fn said(c: &Cell) -> String {
    match c {
        // as people write it and as it is kept
        Cell::Date(d) => format!("{} {d}", fmt::date(d)),
        other => other.to_text(),
    }
}

/// Empty last; numbers by size, days by time, text as Vietnamese orders it.
fn order(c: &Cell) -> (u8, i64, String) {
    match c {
        Cell::Empty => (2, 0, String::new()),
        Cell::Integer(n) => (0, n.saturating_mul(1000), String::new()),
        #[expect(clippy::cast_possible_truncation, reason = "an order of figures on a page")]
        Cell::Decimal(x) => (0, (x * 1000.0) as i64, String::new()),
        Cell::Text(s) => (1, 0, text::sort_key(s)),
        Cell::Date(d) => (1, 0, d.clone()),
        other => (1, 0, other.to_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_own_order_and_what_is_empty_last() {
        let mut list =
            [Cell::Empty, Cell::Text("Tổ 10".into()), Cell::Text("Đội 1".into()), Cell::Text("Tổ 2".into()), Cell::Text("Ấp An".into())];
        list.sort_by_key(order);
        let words: Vec<String> = list.iter().map(Cell::to_text).collect();
        assert_eq!(words, ["Ấp An", "Đội 1", "Tổ 2", "Tổ 10", ""]);
        let mut numbers = [Cell::Integer(10), Cell::Decimal(9.5), Cell::Empty, Cell::Integer(-3)];
        numbers.sort_by_key(order);
        assert_eq!(numbers[0], Cell::Integer(-3));
        assert_eq!(numbers[3], Cell::Empty);
        let mut days = [Cell::Date("2026-12-01".into()), Cell::Date("2026-02-28".into())];
        days.sort_by_key(order);
        assert_eq!(days[0], Cell::Date("2026-02-28".into()));
    }

    #[test]
    fn a_day_is_found_as_people_write_it() {
        assert!(said(&Cell::Date("2026-12-01".into())).contains("01/12/2026"));
    }
}
