//! Tables: rows of a height, cells over rows and columns, rows too tall for a page.
use super::flow::{Continued, Flow, Item, Unit, text_item};
use super::tree::{Leaf, Node, Tag};
use crate::doc::{Align, Placed, Row, Table, place};
use crate::font::{ASCENT, LINE};
use crate::lines::{Line, lines};

pub(super) const LINE_WIDTH: f32 = 0.5;
/// Between the lines of a cell and its text, in points: at the sides, above and below.
const SIDE: f32 = 4.0;
const ABOVE: f32 = 1.5;
/// A row taller than this share of the page may be cut, after so many lines each time.
const TALL: f32 = 0.5;
const CUT: usize = 4;

/// A cell with its lines.
struct Cell<'a> {
    at: Placed<'a>,
    x: f32,
    width: f32,
    align: Align,
    lines: Vec<(Line, Leaf)>,
}

impl Cell<'_> {
    fn height(&self, size: f32) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "lines of a cell")]
        let n = self.lines.len() as f32;
        n * size * LINE + 2.0 * ABOVE + LINE_WIDTH
    }
}

/// A part of the table (heading rows or the others) ready to be cut into units.
struct Part<'a> {
    cells: Vec<Cell<'a>>,
    heights: Vec<f32>,
    /// For each row and column the cell that covers it.
    owners: Vec<Vec<Option<usize>>>,
    /// Edges of the columns from the left, one more than columns.
    edges: Vec<f32>,
    size: f32,
}

/// Adds the table to the flow.
pub(super) fn table(flow: &mut Flow<'_>, t: &Table, size: f32) {
    let number = flow.tables.len();
    let node = flow.tree.add(Node::ROOT, Tag::Table);
    let width = flow.paper.text_width();
    let room = flow.paper.text_height();
    let mut header = part(flow, t, &t.header, node, size, true).units(room, number, true);
    let mut rows = part(flow, t, &t.rows, node, size, false).units(room, number, false);
    for unit in &mut header {
        unit.keep = true;
    }
    // Two rows at least on the last page.
    if let [.., before, _] = rows.as_mut_slice() {
        before.keep = true;
    }
    let tall: f32 = header.iter().map(|u| u.height).sum();
    let again = if tall < room * 0.4 { header.iter().map(copy).collect() } else { Vec::new() };
    flow.tables.push(Continued { header: again, width });
    if let Some(first) = header.first_mut().or(rows.first_mut()) {
        first.gap = 4.0;
    }
    header.into_iter().chain(rows).for_each(|u| flow.push(u));
}

fn copy(unit: &Unit) -> Unit {
    Unit::new(0.0, unit.height, unit.items.clone())
}

fn part<'a>(flow: &mut Flow<'_>, t: &'a Table, rows: &'a [Row], node: Node, size: f32, header: bool) -> Part<'a> {
    let mut edges = vec![0.0];
    for w in t.widths(flow.paper.text_width()) {
        edges.push(edges.last().copied().unwrap_or(0.0) + w);
    }
    let group = flow.tree.add(node, if header { Tag::Head } else { Tag::Body });
    let row_nodes: Vec<Node> = rows.iter().map(|_| flow.tree.add(group, Tag::Row)).collect();
    let mut cells = Vec::new();
    for at in place(rows, t.columns.len()) {
        let tag = if header { Tag::HeadCell(at.columns, at.rows) } else { Tag::Cell(at.columns, at.rows) };
        let cell = flow.tree.add(row_nodes[at.row], tag);
        let (x, width) = (edges[at.column], edges[at.column + at.columns] - edges[at.column]);
        let text = if header || rows[at.row].bold { at.cell.text.all_bold() } else { at.cell.text.clone() };
        let room = (width - 2.0 * SIDE).max(size) / size;
        let lines = lines(&text, room, room).into_iter().map(|l| (l, flow.tree.leaf(cell))).collect();
        let align = if header { at.cell.align.unwrap_or(Align::Center) } else { t.align_of(&at) };
        cells.push(Cell { at, x, width, align, lines });
    }
    let mut owners = vec![vec![None; t.columns.len()]; rows.len()];
    for (i, c) in cells.iter().enumerate() {
        for row in owners.iter_mut().skip(c.at.row).take(c.at.rows) {
            row[c.at.column..c.at.column + c.at.columns].fill(Some(i));
        }
    }
    Part { heights: heights(&cells, rows.len(), size, flow.paper.text_height()), cells, owners, edges, size }
}

/// Each row as tall as its tallest cell; cells over several rows stretch the last of them.
fn heights(cells: &[Cell<'_>], rows: usize, size: f32, room: f32) -> Vec<f32> {
    let mut heights = vec![size * LINE + 2.0 * ABOVE + LINE_WIDTH; rows];
    for c in cells.iter().filter(|c| c.at.rows == 1) {
        heights[c.at.row] = heights[c.at.row].max(c.height(size));
    }
    for c in cells.iter().filter(|c| c.at.rows > 1) {
        let last = c.at.row + c.at.rows - 1;
        let there: f32 = heights[c.at.row..=last].iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "rows of a table")]
        let edges = (c.at.rows - 1) as f32 * size * LINE;
        // Where such a cell may be cut at the edges of its rows, each edge may cost a line.
        let lost = if there.max(c.height(size) + edges) > room * TALL { edges } else { 0.0 };
        heights[last] += (c.height(size) + lost - there).max(0.0);
    }
    heights
}

impl Part<'_> {
    fn units(&self, room: f32, number: usize, header: bool) -> Vec<Unit> {
        let rows = self.heights.len();
        let mut texts: Vec<Vec<(f32, Item)>> = vec![Vec::new(); rows];
        for cell in &self.cells {
            self.set(cell, room, &mut texts);
        }
        let mut units = Vec::new();
        for (row, texts) in texts.into_iter().enumerate() {
            let whole = header || self.heights[row] <= room * TALL;
            #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
            let step = if whole { self.heights[row] } else { ABOVE + CUT as f32 * self.size * LINE };
            let first = units.len();
            self.cut(row, texts, step, &mut units);
            if let Some(last) = units.last_mut() {
                last.keep = self.held(row, room);
            }
            units[first..].iter_mut().for_each(|u| u.table = Some(number));
        }
        units
    }

    /// Puts the lines of a cell into the rows they stand in.
    fn set(&self, cell: &Cell<'_>, room: f32, texts: &mut [Vec<(f32, Item)>]) {
        let (mut row, last) = (cell.at.row, cell.at.row + cell.at.rows - 1);
        let there: f32 = self.heights[row..=last].iter().sum();
        let high = self.size * LINE;
        // In the middle, but at the top where the row may be cut.
        let long = there > room * TALL;
        let spare = if long { 0.0 } else { (there - cell.height(self.size)) / 2.0 };
        let mut y = ABOVE + spare.max(0.0);
        for (line, leaf) in &cell.lines {
            // A group on one page may be written over its inner edges; a long one may be cut there.
            while row < last && (y >= self.heights[row] || (long && y + high > self.heights[row] + 0.1)) {
                y = (y - self.heights[row]).max(if long { ABOVE } else { f32::MIN });
                row += 1;
            }
            let (x, width) = (cell.x + SIDE, cell.width - 2.0 * SIDE);
            let item = text_item(line.clone(), x, width, y + self.size * ASCENT, self.size, cell.align, *leaf);
            texts[row].push((y, item));
            y += high;
        }
    }

    /// One unit of a row, or several where it is cut about every `step` points, below a line of text.
    fn cut(&self, row: usize, mut texts: Vec<(f32, Item)>, step: f32, units: &mut Vec<Unit>) {
        let (total, high) = (self.heights[row], self.size * LINE);
        let mut top = 0.0;
        while top < total - 0.01 {
            let end = texts.iter().map(|(y, _)| y + high).filter(|e| *e <= top + step + 0.1).fold(top, f32::max);
            // What would be less than a line goes with the last piece.
            let rest = total - top;
            let last = rest - step < self.size || end <= top || rest - (end - top) < self.size;
            let height = if last { rest } else { end - top };
            let (here, later): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(y, _)| last || y + high <= top + height + 0.1);
            texts = later;
            let mut items = self.lines(row, height, top == 0.0, last);
            items.extend(here.into_iter().map(|(_, item)| item.moved(0.0, -top)));
            units.push(Unit::new(0.0, height, items));
            top += height;
        }
    }

    /// The lines around the cells of a row.
    fn lines(&self, row: usize, height: f32, top: bool, bottom: bool) -> Vec<Item> {
        let columns = self.edges.len() - 1;
        let here = &self.owners[row];
        let next = self.owners.get(row + 1);
        let before = row.checked_sub(1).map(|r| &self.owners[r]);
        let mut items = Vec::new();
        let mut rule = |from, to| items.push(Item::Rule { from, to, width: LINE_WIDTH });
        for c in 0..=columns {
            let inside = c > 0 && c < columns && here[c - 1].is_some() && here[c - 1] == here[c];
            if !inside {
                rule((self.edges[c], 0.0), (self.edges[c], height));
            }
        }
        for c in 0..columns {
            let covers = |other: Option<&Vec<Option<usize>>>| here[c].is_some() && other.is_some_and(|o| o[c] == here[c]);
            if top && !covers(before) {
                rule((self.edges[c], 0.0), (self.edges[c + 1], 0.0));
            }
            if bottom && !covers(next) {
                rule((self.edges[c], height), (self.edges[c + 1], height));
            }
        }
        items
    }

    /// Whether the row must stay with the next: a cell covers both and the group fits on a page.
    fn held(&self, row: usize, room: f32) -> bool {
        self.cells.iter().filter(|c| c.at.row <= row && row + 1 < c.at.row + c.at.rows).any(|c| {
            let group: f32 = self.heights[c.at.row..c.at.row + c.at.rows].iter().sum();
            group < room * TALL
        })
    }
}
