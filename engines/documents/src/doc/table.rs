//! Tables of a document.
use super::text::Text;
use serde::{Deserialize, Deserializer, Serialize};

/// How text stands between left and right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
    /// On both sides.
    Justify,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableColumn {
    /// Its share of the width of the page, against the other columns.
    pub width: f32,
    /// How its cells stand.
    pub align: Align,
}

impl Default for TableColumn {
    fn default() -> Self {
        Self { width: 1.0, align: Align::Left }
    }
}

impl TableColumn {
    /// A column of this share and alignment.
    #[must_use]
    pub fn new(width: f32, align: Align) -> Self {
        Self { width, align }
    }
}

/// A table over the whole width of the text. Heading rows stand again on top of each page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// Caption above, in bold, centred; also names the sheet of an .xlsx. May be empty.
    pub caption: Text,
    /// A line at the right above the table, in italic, such as `Đơn vị tính: triệu đồng`. May be empty.
    pub unit: String,
    /// Columns, left to right.
    pub columns: Vec<TableColumn>,
    /// Rows of headings: bold, centred.
    pub header: Vec<Row>,
    /// The other rows.
    pub rows: Vec<Row>,
}

/// A row. Cells that a cell above covers with `rows` are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Row {
    /// Cells, left to right.
    pub cells: Vec<TableCell>,
    /// All in bold, for groups and sums.
    pub bold: bool,
}

impl Row {
    /// A plain row.
    #[must_use]
    pub fn new<C: Into<TableCell>>(cells: impl IntoIterator<Item = C>) -> Self {
        Self { cells: cells.into_iter().map(Into::into).collect(), bold: false }
    }

    /// The same row in bold.
    #[must_use]
    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }
}

/// A cell. As data it may be just its text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableCell {
    /// What is written.
    pub text: Text,
    /// The number behind the text, for .xlsx: 87.4 behind "87,4".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// Columns it covers, at least 1.
    #[serde(skip_serializing_if = "one")]
    pub columns: u16,
    /// Rows it covers, at least 1.
    #[serde(skip_serializing_if = "one")]
    pub rows: u16,
    /// Instead of the alignment of its column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub align: Option<Align>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn one(n: &u16) -> bool {
    *n == 1
}

impl Default for TableCell {
    fn default() -> Self {
        Self { text: Text::default(), number: None, columns: 1, rows: 1, align: None }
    }
}

impl TableCell {
    /// A whole number, written `1.234`, at the right.
    #[must_use]
    pub fn integer(n: i64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet holds 15 digits")]
        let number = Some(n as f64);
        Self { text: text::number_vi(n).into(), number, align: Some(Align::Right), ..Self::default() }
    }

    /// A number with so many digits after the comma, at the right.
    #[must_use]
    pub fn decimal(x: f64, digits: usize) -> Self {
        Self { text: text::decimal_vi(x, digits).into(), number: Some(x), align: Some(Align::Right), ..Self::default() }
    }

    /// The same cell over so many columns.
    #[must_use]
    pub fn over(mut self, columns: u16) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// The same cell down so many rows.
    #[must_use]
    pub fn down(mut self, rows: u16) -> Self {
        self.rows = rows.max(1);
        self
    }

    /// The same cell with an alignment of its own.
    #[must_use]
    pub fn align(mut self, align: Align) -> Self {
        self.align = Some(align);
        self
    }
}

impl<T: Into<Text>> From<T> for TableCell {
    fn from(text: T) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl<'de> Deserialize<'de> for TableCell {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Full {
            text: Text,
            number: Option<f64>,
            columns: u16,
            rows: u16,
            align: Option<Align>,
        }
        impl Default for Full {
            fn default() -> Self {
                Self { text: Text::default(), number: None, columns: 1, rows: 1, align: None }
            }
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Full(Full),
            Text(Text),
        }
        Ok(match Either::deserialize(d)? {
            Either::Full(f) => Self { text: f.text, number: f.number, columns: f.columns.max(1), rows: f.rows.max(1), align: f.align },
            Either::Text(text) => text.into(),
        })
    }
}

/// A cell with its place: rows and columns from 0, spans cut to the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub row: usize,
    pub column: usize,
    pub rows: usize,
    pub columns: usize,
    pub cell: &'a TableCell,
}

/// Gives every cell its place as HTML does: the first free column of its row. Cells beyond the last
/// column are left out; a span never goes over another cell, the table's edge or `rows`' end.
pub(crate) fn place<'a>(rows: &'a [Row], columns: usize) -> Vec<Placed<'a>> {
    let mut taken = vec![vec![false; columns]; rows.len()];
    let mut out = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        let mut c = 0;
        for cell in &row.cells {
            while c < columns && taken[r][c] {
                c += 1;
            }
            if c >= columns {
                break;
            }
            let free = (c..columns).take_while(|&x| !taken[r][x]).count();
            let wide = usize::from(cell.columns.max(1)).min(free);
            let tall = usize::from(cell.rows.max(1)).min(rows.len() - r);
            for line in taken.iter_mut().skip(r).take(tall) {
                line[c..c + wide].iter_mut().for_each(|t| *t = true);
            }
            out.push(Placed { row: r, column: c, rows: tall, columns: wide, cell });
            c += wide;
        }
    }
    out
}

impl Table {
    /// Widths of the columns in points, adding up to `total`.
    pub(crate) fn widths(&self, total: f32) -> Vec<f32> {
        let share = |c: &TableColumn| if c.width > 0.0 { c.width.clamp(0.01, 1_000.0) } else { 0.1 };
        let sum: f32 = self.columns.iter().map(share).sum();
        self.columns.iter().map(|c| share(c) * total / sum).collect()
    }

    /// How a cell stands.
    pub(crate) fn align_of(&self, p: &Placed<'_>) -> Align {
        p.cell.align.unwrap_or_else(|| self.columns.get(p.column).map_or(Align::Left, |c| c.align))
    }
}
