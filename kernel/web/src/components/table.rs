//! A table that breathes, drops columns by importance, and becomes cards on a phone.

use maud::{Markup, html};

use crate::fmt;
use crate::i18n::Lang;

/// Sorting by a header: the address that sorts, and the present direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Where the header leads.
    pub href: String,
    /// `Some(true)` = ascending now, `Some(false)` = descending now.
    pub ascending: Option<bool>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Header; repeated before each value on a phone.
    pub label: String,
    /// Numbers: right-aligned, tabular.
    pub num: bool,
    /// 0 always shown … 3 first to go on narrow screens (on a phone all are shown, as lines of a card).
    pub importance: u8,
    /// Sorting.
    pub sort: Option<Sort>,
    /// A running number: on a phone it stands small above the next cell, which is the card's title.
    pub index: bool,
}

impl Column {
    /// A running number before the cell that names the row.
    pub fn index(label: impl Into<String>) -> Self {
        Self { label: label.into(), index: true, ..Self::default() }
    }
    /// Text, always shown.
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }
    /// Numbers, always shown.
    pub fn num(label: impl Into<String>) -> Self {
        Self { label: label.into(), num: true, ..Self::default() }
    }
    /// With this importance.
    #[must_use]
    pub fn drop_at(mut self, importance: u8) -> Self {
        self.importance = importance.min(3);
        self
    }
    /// With sorting.
    #[must_use]
    pub fn sort(mut self, s: Option<Sort>) -> Self {
        self.sort = s;
        self
    }
}

/// A table under construction.
#[derive(Default)]
pub struct Table {
    /// What it shows, for those who cannot see it.
    pub caption: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Cells by row.
    pub rows: Vec<Vec<Markup>>,
    /// Ids and names of rows, when rows can be chosen (a check box named `id` in the form `form`).
    pub select: Option<(String, Vec<(String, String)>)>,
}

impl Table {
    /// Without rows yet.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { caption: caption.into(), columns, ..Self::default() }
    }
    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Markup>) {
        self.rows.push(cells);
    }
    /// The markup.
    pub fn render(&self, lang: Lang) -> Markup {
        let class = |c: &Column| match (c.num, c.importance) {
            _ if c.index => "ix".to_owned(),
            (true, 0) => "num".to_owned(),
            (true, n) => format!("num i{n}"),
            (false, 0) => String::new(),
            (false, n) => format!("i{n}"),
        };
        html! {
            div.scroll { table.cards {
                caption.sr { (self.caption) }
                thead { tr {
                    @if self.select.is_some() { th.pick { span.sr { (lang.t("Chọn", "Select")) } } }
                    @for c in &self.columns {
                        th scope="col" class=(class(c)) aria-sort=[c.sort.as_ref().and_then(|s| s.ascending).map(|a| if a { "ascending" } else { "descending" })] {
                            @match &c.sort { Some(s) => a.sort href=(s.href) { (c.label) }, None => (c.label) }
                        }
                    }
                } }
                tbody { @for (i, r) in self.rows.iter().enumerate() { tr {
                    @if let Some((form, ids)) = &self.select {
                        td.pick { @if let Some((id, name)) = ids.get(i) {
                            input type="checkbox" name="id" value=(id) form=(form) aria-label=(format!("{} {name}", lang.t("Chọn", "Select")));
                        } }
                    }
                    @for (c, cell) in self.columns.iter().zip(r) { " " td class=(class(c)) data-label=(c.label) { (cell) } }
                } } }
            } }
        }
    }
}

/// "1–50 of 3.321" and the way on. `next` and `first` are addresses.
pub fn pager(shown: usize, total: i64, first: Option<&str>, next: Option<&str>, lang: Lang) -> Markup {
    html! {
        nav.pager aria-label=(lang.t("Trang", "Pages")) {
            span.muted { (lang.t("Hiện", "Showing")) " " (fmt::int(i64::try_from(shown).unwrap_or(i64::MAX))) " " (lang.t("trong", "of")) " " (fmt::int(total)) }
            @if let Some(f) = first { a.btn href=(f) { (lang.t("Về đầu", "First")) } }
            @if let Some(n) = next { a.btn href=(n) rel="next" { (lang.t("Trang sau", "Next")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_carry_their_header_for_cards() {
        let mut t = Table::new("Cơ quan", vec![Column::text("Tên"), Column::num("Số người").drop_at(2)]);
        t.row(vec![html! { "Xã <Bến Lau>" }, html! { "12" }]);
        let s = t.render(Lang::Vi).into_string();
        assert!(s.contains(r#"<td class="num i2" data-label="Số người">12</td>"#), "{s}");
        assert!(s.contains("&lt;Bến Lau&gt;") && s.contains("scope=\"col\""), "{s}");
    }

    #[test]
    fn sorted_column_says_so() {
        let c = Column::text("Tên").sort(Some(Sort { href: "?sort=-name".into(), ascending: Some(true) }));
        let s = Table::new("", vec![c]).render(Lang::Vi).into_string();
        assert!(s.contains(r#"aria-sort="ascending""#) && s.contains(r#"href="?sort=-name""#), "{s}");
    }
}
