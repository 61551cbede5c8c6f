//! The structure a reader hears: paragraphs, headings, lists, tables, figures.
use krilla::tagging::{Identifier, ListNumbering, TableHeaderScope, Tag as Pdf, TagGroup, TagKind, TagTree};
use std::num::{NonZeroU16, NonZeroU32};

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tag {
    Root,
    Paragraph,
    /// Level and text.
    Heading(u8, String),
    List,
    ListItem,
    ListBody,
    /// What is told instead of the picture.
    Figure(String),
    Table,
    Head,
    Body,
    Row,
    /// Columns and rows covered.
    HeadCell(usize, usize),
    Cell(usize, usize),
}

/// A node of the [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(usize);

impl Node {
    pub(super) const ROOT: Self = Self(0);
}

/// Something drawn that belongs to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf(pub usize);

enum Child {
    Node(Node),
    Leaf(Leaf),
}

/// The structure of a document in reading order.
pub(super) struct Tree {
    nodes: Vec<(Tag, Vec<Child>)>,
    leaves: usize,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: vec![(Tag::Root, Vec::new())], leaves: 0 }
    }

    /// A new last child.
    pub(super) fn add(&mut self, parent: Node, tag: Tag) -> Node {
        let node = Node(self.nodes.len());
        self.nodes.push((tag, Vec::new()));
        self.nodes[parent.0].1.push(Child::Node(node));
        node
    }

    /// A place for something drawn.
    pub(super) fn leaf(&mut self, parent: Node) -> Leaf {
        let leaf = Leaf(self.leaves);
        self.leaves += 1;
        self.nodes[parent.0].1.push(Child::Leaf(leaf));
        leaf
    }

    /// How many leaves there are.
    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// The tree as the PDF holds it, with what was drawn for each leaf.
    pub(super) fn finish(&self, drawn: &[Option<Identifier>]) -> TagTree {
        let mut out = TagTree::new().with_lang(Some(super::LANGUAGE.into()));
        for child in self.children(Node::ROOT, drawn) {
            out.push(child);
        }
        out
    }

    fn children(&self, node: Node, drawn: &[Option<Identifier>]) -> Vec<krilla::tagging::Node> {
        let mut out = Vec::new();
        for child in &self.nodes[node.0].1 {
            match child {
                Child::Leaf(leaf) => out.extend(drawn.get(leaf.0).copied().flatten().map(Into::into)),
                Child::Node(n) => {
                    let children = self.children(*n, drawn);
                    // An empty cell still counts; an empty paragraph does not.
                    if !children.is_empty() || matches!(self.nodes[n.0].0, Tag::Cell(..) | Tag::HeadCell(..)) {
                        out.push(TagGroup::with_children(kind(&self.nodes[n.0].0), children).into());
                    }
                }
            }
        }
        out
    }
}

fn kind(tag: &Tag) -> TagKind {
    let span = |n: usize| u32::try_from(n).ok().and_then(NonZeroU32::new).filter(|n| n.get() > 1);
    match tag {
        Tag::Root | Tag::Paragraph => Pdf::P.into(),
        Tag::Heading(level, text) => Pdf::Hn(NonZeroU16::new(u16::from(*level)).unwrap_or(NonZeroU16::MIN), Some(text.clone())).into(),
        Tag::List => Pdf::L(ListNumbering::None).into(),
        Tag::ListItem => Pdf::LI.into(),
        Tag::ListBody => Pdf::LBody.into(),
        Tag::Figure(alt) => Pdf::Figure(Some(alt.clone())).into(),
        Tag::Table => Pdf::Table.into(),
        Tag::Head => Pdf::THead.into(),
        Tag::Body => Pdf::TBody.into(),
        Tag::Row => Pdf::TR.into(),
        Tag::HeadCell(columns, rows) => Pdf::TH(TableHeaderScope::Column).with_col_span(span(*columns)).with_row_span(span(*rows)).into(),
        Tag::Cell(columns, rows) => Pdf::TD.with_col_span(span(*columns)).with_row_span(span(*rows)).into(),
    }
}
