//! From pieces to units of a height, and from units to pages.
use super::tree::{Leaf, Node, Tag, Tree};
use crate::doc::pieces::{Para, Piece, Role, SIGNING_ROOM, Sides};
use crate::doc::{Align, Figure, Paper, Text};
use crate::error::DocumentError;
use crate::font::{ASCENT, Face, LINE, width};
use crate::lines::{Line, lines};
use resvg::usvg;
use std::rc::Rc;

/// Something to draw, at a place counted from the left margin and the top of its unit.
#[derive(Clone)]
pub(super) enum Item {
    /// A line of text; `y` is its baseline, `stretch` is added to every space. No leaf: an artifact.
    Text { x: f32, y: f32, size: f32, stretch: f32, line: Rc<Line>, leaf: Option<Leaf> },
    /// A straight line.
    Rule { from: (f32, f32), to: (f32, f32), width: f32 },
    /// A picture.
    Picture { x: f32, y: f32, size: (f32, f32), tree: Rc<usvg::Tree>, leaf: Leaf },
}

impl Item {
    pub(super) fn moved(mut self, dx: f32, dy: f32) -> Self {
        match &mut self {
            Self::Text { x, y, .. } | Self::Picture { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Self::Rule { from, to, .. } => {
                for p in [from, to] {
                    p.0 += dx;
                    p.1 += dy;
                }
            }
        }
        self
    }

    /// The same as decoration, for heading rows that stand again.
    fn repeated(&self) -> Self {
        let mut copy = self.clone();
        if let Self::Text { leaf, .. } = &mut copy {
            *leaf = None;
        }
        copy
    }
}

/// What may not be cut in two.
pub(super) struct Unit {
    /// Above, unless it is the first of a page.
    pub gap: f32,
    pub height: f32,
    /// Never the last of a page.
    pub keep: bool,
    /// Starts a page.
    pub new_page: bool,
    /// Number of its table, when it is one of its rows.
    pub table: Option<usize>,
    pub items: Vec<Item>,
}

impl Unit {
    pub(super) fn new(gap: f32, height: f32, items: Vec<Item>) -> Self {
        Self { gap, height, keep: false, new_page: false, table: None, items }
    }
}

/// What a page needs to know of a table that goes on: the rows standing again and the width.
pub(super) struct Continued {
    pub header: Vec<Unit>,
    pub width: f32,
}

/// Collects the units of one section.
pub(super) struct Flow<'t> {
    pub paper: Paper,
    pub units: Vec<Unit>,
    pub tables: Vec<Continued>,
    pub tree: &'t mut Tree,
    /// The open list, while items follow one another.
    list: Option<Node>,
    new_page: bool,
}

impl<'t> Flow<'t> {
    pub(super) fn new(paper: Paper, tree: &'t mut Tree) -> Self {
        Self { paper, units: Vec::new(), tables: Vec::new(), tree, list: None, new_page: false }
    }

    pub(super) fn push(&mut self, mut unit: Unit) {
        unit.new_page |= std::mem::take(&mut self.new_page);
        self.units.push(unit);
    }

    /// Adds pieces. `figures` counts figures over the whole document.
    pub(super) fn pieces(&mut self, pieces: &[Piece<'_>], table_size: f32, figures: &mut usize) -> Result<(), DocumentError> {
        for piece in pieces {
            if !matches!(piece, Piece::Para(Para { role: Role::Item, .. })) {
                self.list = None;
            }
            match piece {
                Piece::Para(p) => self.paragraph(p),
                Piece::Table(t) => super::table::table(self, t, table_size),
                Piece::Figure { figure, caption } => {
                    *figures += 1;
                    self.figure(figure, *figures, caption.as_ref())?;
                }
                Piece::PageBreak => self.new_page = true,
            }
        }
        Ok(())
    }

    fn node(&mut self, p: &Para) -> Node {
        let plain = || p.text.to_plain();
        match p.role {
            Role::Item => {
                let list = *self.list.get_or_insert_with(|| self.tree.add(Node::ROOT, Tag::List));
                let item = self.tree.add(list, Tag::ListItem);
                self.tree.add(item, Tag::ListBody)
            }
            // The title of the document stands above its headings.
            Role::Title => self.tree.add(Node::ROOT, Tag::Heading(1, plain())),
            Role::Heading(n) => self.tree.add(Node::ROOT, Tag::Heading(n, plain())),
            Role::Body | Role::Caption => self.tree.add(Node::ROOT, Tag::Paragraph),
        }
    }

    fn paragraph(&mut self, p: &Para) {
        let node = self.node(p);
        let column = self.paper.text_width();
        let mut units = paragraph_lines(p, column, node, self.tree);
        let n = units.len();
        for (i, unit) in units.iter_mut().enumerate() {
            // Two lines of a paragraph at least on either page.
            unit.keep = p.keep || (n > 1 && (i == 0 || i + 2 == n));
        }
        units.into_iter().for_each(|u| self.push(u));
    }

    fn figure(&mut self, figure: &Figure, number: usize, caption: Option<&Para>) -> Result<(), DocumentError> {
        let tree = crate::figure::read(figure, number)?;
        let column = self.paper.text_width();
        let size = crate::figure::size(figure, &tree, column, self.paper.text_height() * 0.8);
        let alt =
            if figure.alt.trim().is_empty() { caption.map_or_else(|| "Hình".into(), |c| c.text.to_plain()) } else { figure.alt.clone() };
        let node = self.tree.add(Node::ROOT, Tag::Figure(alt));
        let leaf = self.tree.leaf(node);
        let item = Item::Picture { x: (column - size.0) / 2.0, y: 0.0, size, tree: Rc::new(tree), leaf };
        let mut unit = Unit::new(8.0, size.1, vec![item]);
        unit.keep = caption.is_some();
        self.push(unit);
        if let Some(c) = caption {
            self.paragraph(c);
        }
        Ok(())
    }

    /// Two columns side by side, as one unit.
    pub(super) fn sides(&mut self, sides: &Sides, left: f32) {
        let right = self.paper.text_width() - left;
        let (mut items, a) = stack(&sides.left, 0.0, left, self.tree);
        let (more, b) = stack(&sides.right, left, right, self.tree);
        items.extend(more);
        let mut unit = Unit::new(0.0, a.max(b), items);
        unit.keep = true;
        self.push(unit);
    }

    /// Recipients and signature; what they stand under keeps two lines with them.
    pub(super) fn closing(&mut self, sides: &Sides, name: Option<&Para>) {
        if sides.left.is_empty() && sides.right.is_empty() && name.is_none() {
            return;
        }
        for unit in self.units.iter_mut().rev().take(2) {
            unit.keep = true;
        }
        let half = self.paper.text_width() / 2.0;
        let (mut items, mut height) = stack(&sides.right, half, half, self.tree);
        if !sides.right.is_empty() || name.is_some() {
            height += SIGNING_ROOM;
        }
        let (more, tall) = stack(name.map_or(&[], std::slice::from_ref), half, half, self.tree);
        items.extend(more.into_iter().map(|i| i.moved(0.0, height)));
        height += tall;
        // Recipients beside the signature stand with it; a longer list may go on over the page.
        let mut at = 0.0;
        let mut rest = Vec::new();
        for p in &sides.left {
            let (one, tall) = stack(std::slice::from_ref(p), 0.0, half, self.tree);
            if rest.is_empty() && (at + tall <= height || at == 0.0) {
                items.extend(one.into_iter().map(|i| i.moved(0.0, at)));
                at += tall;
            } else {
                rest.push(Unit::new(0.0, tall, one));
            }
        }
        if !rest.is_empty() {
            height = at;
        }
        self.push(Unit::new(12.0, height.max(at), items));
        rest.into_iter().for_each(|u| self.push(u));
    }
}

/// Lines of a paragraph as units, in a column of this width.
fn paragraph_lines(p: &Para, column: f32, node: Node, tree: &mut Tree) -> Vec<Unit> {
    let room = (column - p.left - p.right).max(p.size);
    let high = p.size * LINE * p.line;
    let mut units = Vec::new();
    for (i, line) in lines(&p.text, (room - p.first).max(p.size) / p.size, room / p.size).into_iter().enumerate() {
        let indent = if i == 0 { p.first } else { 0.0 };
        let y = high - p.size * LINE + p.size * ASCENT;
        let item = text_item(line, p.left + indent, room - indent, y, p.size, p.align, tree.leaf(node));
        units.push(Unit::new(if i == 0 { p.before } else { 0.0 }, high, vec![item]));
    }
    if let Some(last) = units.last_mut().filter(|_| p.rule > 0.0) {
        let y = last.height + 2.0;
        let middle = column / 2.0;
        last.items.push(Item::Rule { from: (middle - p.rule / 2.0, y), to: (middle + p.rule / 2.0, y), width: 0.75 });
        last.height += 4.0;
    }
    units
}

/// A line of text between `x` and `x + room`.
pub(super) fn text_item(line: Line, x: f32, room: f32, y: f32, size: f32, align: Align, leaf: Leaf) -> Item {
    let spare = (room - line.width * size).max(0.0);
    let (dx, stretch) = match align {
        Align::Left => (0.0, 0.0),
        Align::Center => (spare / 2.0, 0.0),
        Align::Right => (spare, 0.0),
        Align::Justify if line.ends || line.spaces == 0 => (0.0, 0.0),
        #[expect(clippy::cast_precision_loss, reason = "spaces of a line")]
        Align::Justify => (0.0, spare / line.spaces as f32),
    };
    Item::Text { x: x + dx, y, size, stretch, line: Rc::new(line), leaf: Some(leaf) }
}

/// Paragraphs below one another in a column that starts at `x`; items and height.
fn stack(paras: &[Para], x: f32, column: f32, tree: &mut Tree) -> (Vec<Item>, f32) {
    let (mut items, mut y) = (Vec::new(), 0.0);
    for p in paras {
        let node = tree.add(Node::ROOT, Tag::Paragraph);
        let top = y + p.before;
        for unit in paragraph_lines(p, column, node, tree) {
            y += unit.gap;
            items.extend(unit.items.into_iter().map(|i| i.moved(x, y)));
            y += unit.height;
        }
        if p.framed {
            let wide = text_width(&p.text, p.size) + 16.0;
            let left = x + (column - wide) / 2.0;
            items.extend(frame(left, top - 1.0, left + wide, y + 1.0));
        }
    }
    (items, y)
}

fn text_width(text: &Text, size: f32) -> f32 {
    text.0.iter().map(|r| width(&r.text, Face::of(r.bold, r.italic), size)).sum()
}

fn frame(left: f32, top: f32, right: f32, bottom: f32) -> [Item; 4] {
    let rule = |from, to| Item::Rule { from, to, width: 1.0 };
    [
        rule((left, top), (right, top)),
        rule((left, bottom), (right, bottom)),
        rule((left, top), (left, bottom)),
        rule((right, top), (right, bottom)),
    ]
}

/// Distributes the units over pages; items are placed from the left margin and the top of the text.
pub(super) fn pages(units: &[Unit], tables: &[Continued], room: f32) -> Vec<Vec<Item>> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < units.len() {
        let again = continued(units, tables, start);
        let above: f32 = again.map_or(0.0, |t| t.header.iter().map(|u| u.height).sum());
        let end = page_end(units, start, room - above);
        out.push(one_page(units, start, end, again, tables));
        start = end;
    }
    out
}

/// The table that goes on at the top of the page starting with this unit.
fn continued<'a>(units: &[Unit], tables: &'a [Continued], start: usize) -> Option<&'a Continued> {
    let table = units[start].table?;
    let before = units.get(start.checked_sub(1)?)?;
    if before.table == Some(table) { tables.get(table) } else { None }
}

fn page_end(units: &[Unit], start: usize, room: f32) -> usize {
    let (mut y, mut end) = (0.0, start);
    while let Some(u) = units.get(end) {
        if end > start && u.new_page {
            return end;
        }
        let gap = if end > start { u.gap } else { 0.0 };
        if end > start && y + gap + u.height > room + 0.1 {
            let held = (start + 1..=end).rev().find(|&e| !units[e - 1].keep);
            return held.unwrap_or(end);
        }
        y += gap + u.height;
        end += 1;
    }
    end
}

fn one_page(units: &[Unit], start: usize, end: usize, again: Option<&Continued>, tables: &[Continued]) -> Vec<Item> {
    let (mut items, mut y) = (Vec::new(), 0.0);
    let across = |y: f32, width: f32| Item::Rule { from: (0.0, y), to: (width, y), width: super::table::LINE_WIDTH };
    if let Some(table) = again {
        for unit in &table.header {
            items.extend(unit.items.iter().map(|i| i.repeated().moved(0.0, y)));
            y += unit.height;
        }
        items.push(across(y, table.width));
    }
    for (i, unit) in units[start..end].iter().enumerate() {
        y += if i == 0 { 0.0 } else { unit.gap };
        items.extend(unit.items.iter().map(|item| item.clone().moved(0.0, y)));
        y += unit.height;
    }
    let open = units.get(end).and_then(|next| next.table).filter(|t| units[end - 1].table == Some(*t));
    if let Some(table) = open.and_then(|t| tables.get(t)) {
        items.push(across(y, table.width));
    }
    items
}
