//! Writing `.pdf`: our own layout, drawn by krilla (fonts, structure, PDF/A-2a and PDF/UA-1).
mod draw;
mod flow;
mod table;
mod tree;

use crate::doc::pieces::{annex, body, closing, head};
use crate::doc::{Document, Paper};
use crate::docx::HEAD_LEFT;
use crate::error::DocumentError;
use draw::Page;
use flow::{Flow, pages};
use tree::Tree;

/// The language of what is written.
const LANGUAGE: &str = "vi-VN";

impl Document {
    /// The document as `.pdf`: PDF/A-2a and PDF/UA-1, all letters embedded, structure and bookmarks for
    /// readers who do not see the page. The same value gives the same bytes.
    ///
    /// # Errors
    /// [`DocumentError`]: a figure that is no SVG, a table without columns.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocumentError> {
        crate::doc::check(self)?;
        let mut tree = Tree::new();
        let pages = self.pages(&mut tree)?;
        draw::draw(self, &pages, &tree)
    }

    /// Everything in its place.
    fn pages(&self, tree: &mut Tree) -> Result<Vec<Page>, DocumentError> {
        let look = self.look.held();
        let mut figures = 0;
        let mut out = Vec::new();

        let paper = Paper::new(look, false);
        let mut flow = Flow::new(paper, tree);
        let left = paper.text_width() * HEAD_LEFT;
        for sides in head(self, left) {
            flow.sides(&sides, left);
        }
        flow.pieces(&body(self, paper.text_width()), look.table_size, &mut figures)?;
        let (sides, name) = closing(self);
        flow.closing(&sides, name.as_ref());
        add(&mut out, &flow);

        for (index, a) in self.annexes.iter().enumerate() {
            let mut flow = Flow::new(Paper::new(look, a.landscape), tree);
            flow.pieces(&annex(self, index), look.table_size, &mut figures)?;
            add(&mut out, &flow);
        }
        Ok(out)
    }
}

/// The pages of a section, counted from 1.
fn add(out: &mut Vec<Page>, flow: &Flow<'_>) {
    let pages = pages(&flow.units, &flow.tables, flow.paper.text_height());
    out.extend((1..).zip(pages).map(|(number, items)| Page { paper: flow.paper, number, items }));
}

#[cfg(test)]
mod tests;
