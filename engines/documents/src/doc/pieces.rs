//! A document as paragraphs, tables and figures in reading order, with every size decided: what the
//! .docx and the .pdf writer share.
use super::wording::{DRAFT, MOTTO, NATION};
use super::{Align, Block, Counters, Document, Figure, Look, Signature, Table, Text, figure_caption, mm, underlined};
use crate::font::{Face, width};
use crate::lines::even;

/// What a paragraph is, for readers who hear the document and for lists of headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Body,
    Title,
    Heading(u8),
    Item,
    Caption,
}

/// A paragraph with all its sizes, in points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Para {
    pub text: Text,
    pub size: f32,
    pub align: Align,
    /// Distance of lines against single.
    pub line: f32,
    pub before: f32,
    /// Indent of the first line, beyond `left`.
    pub first: f32,
    pub left: f32,
    pub right: f32,
    /// Length of a centred rule below; 0 for none.
    pub rule: f32,
    /// Stands in a frame of its own width.
    pub framed: bool,
    /// Never the last on a page.
    pub keep: bool,
    pub role: Role,
}

impl Para {
    fn new(text: Text, size: f32) -> Self {
        Self {
            text,
            size,
            align: Align::Left,
            line: 1.0,
            before: 0.0,
            first: 0.0,
            left: 0.0,
            right: 0.0,
            rule: 0.0,
            framed: false,
            keep: false,
            role: Role::Body,
        }
    }

    fn centred(text: Text, size: f32) -> Self {
        Self { align: Align::Center, ..Self::new(text, size) }
    }

    /// Centred in a column of this width, this far from its sides, its lines of even length.
    fn even(text: Text, size: f32, column: f32, margin: f32) -> Self {
        let side = margin + even(&text, size, column - 2.0 * margin);
        Self { left: side, right: side, ..Self::centred(text, size) }
    }
}

/// A piece of the flow.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    Para(Para),
    Table(&'a Table),
    Figure { figure: &'a Figure, caption: Option<Para> },
    PageBreak,
}

/// Two columns side by side, each of paragraphs.
#[derive(Debug)]
pub(crate) struct Sides {
    pub left: Vec<Para>,
    pub right: Vec<Para>,
}

/// First-line indent of the decree: 1.27 cm.
const INDENT: f32 = 12.7;
/// Room for the signature, in points.
pub(crate) const SIGNING_ROOM: f32 = 76.0;

fn upper(s: &str) -> String {
    s.trim().to_uppercase()
}

/// The width of the longest line of a paragraph of one style.
fn longest(s: &str, face: Face, size: f32) -> f32 {
    s.lines().map(|l| width(l, face, size)).fold(0.0, f32::max)
}

/// The head: agency and national title, then number and date. `left` is the width of the left column.
pub(crate) fn head(d: &Document, left: f32) -> [Sides; 2] {
    let (h, look) = (&d.head, d.look.held());
    let small = look.small();
    let mut agency = Vec::new();
    if !h.superior.trim().is_empty() {
        agency.push(Para::centred(upper(&h.superior).into(), small));
    }
    let name = upper(&h.agency);
    let length = underlined(longest(&name, Face::Bold, small).min(left));
    agency.push(Para { rule: length, ..Para::centred(Text::default().bold(name), small) });
    let nation = vec![
        Para::centred(Text::default().bold(NATION), small),
        Para { rule: width(MOTTO, Face::Bold, look.size), ..Para::centred(Text::default().bold(MOTTO), look.size) },
    ];
    let mut number = vec![Para { before: 6.0, ..Para::centred(h.number_line().into(), small) }];
    if h.is_letter() && !h.subject.trim().is_empty() {
        number.push(Para { before: 6.0, ..Para::even(format!("V/v {}", h.subject.trim()).into(), small, left, 0.0) });
    }
    let stamp = |s: &str| Para { before: 10.0, framed: true, ..Para::centred(Text::default().bold(s), look.size) };
    number.extend(h.secrecy.map(|s| stamp(s.stamp())));
    number.extend(h.urgency.map(|u| stamp(u.stamp())));
    if d.draft {
        number.push(Para { before: 6.0, ..Para::centred(Text::default().bold(DRAFT), small) });
    }
    let date = vec![Para { before: 6.0, ..Para::centred(Text::default().italic(h.place_and_date()), look.size) }];
    [Sides { left: agency, right: nation }, Sides { left: number, right: date }]
}

/// Everything between the head and the signature, in a text of this width.
pub(crate) fn body(d: &Document, text_width: f32) -> Vec<Piece<'_>> {
    let (h, look) = (&d.head, d.look.held());
    let mut out = Vec::new();
    if !h.is_letter() {
        let kind = Text::default().bold(upper(&h.kind));
        out.push(Para { before: 18.0, keep: true, role: Role::Title, ..Para::centred(kind, look.size) });
        let subject = h.subject.trim();
        if !subject.is_empty() {
            let length = underlined(longest(subject, Face::Bold, look.size).min(text_width * 0.8));
            let text = Text::default().bold(subject);
            out.push(Para { rule: length, keep: true, ..Para::even(text, look.size, text_width, text_width * 0.05) });
        }
    }
    let to = h.addressed_to();
    let single = to.len() == 1;
    for (i, line) in to.into_iter().enumerate() {
        let before = if i == 0 { 18.0 } else { look.gap };
        let base = Para::new(line.into(), look.size);
        out.push(if single {
            Para { before, keep: true, ..Para::even(base.text, look.size, text_width, mm(12.0)) }
        } else {
            let left = mm(if i == 0 { 25.0 } else { 42.0 });
            Para { before, keep: true, left, ..base }
        });
    }
    if !h.authority.trim().is_empty() {
        out.push(Para { before: 14.0, keep: true, ..Para::centred(Text::default().bold(upper(&h.authority)), look.size) });
    }
    let mut pieces: Vec<Piece<'_>> = out.into_iter().map(Piece::Para).collect();
    // A little more air between the head of the document and its first words.
    let start = pieces.len();
    pieces.extend(blocks(&d.blocks, look));
    if let Some(Piece::Para(p)) = pieces.get_mut(start) {
        p.before = p.before.max(14.0);
    }
    pieces
}

/// The head of an annex and its body.
pub(crate) fn annex(d: &Document, index: usize) -> Vec<Piece<'_>> {
    let look = d.look.held();
    let Some(a) = d.annexes.get(index) else { return Vec::new() };
    let text_width = super::Paper::new(look, a.landscape).text_width();
    let bold = |s: String| Para::even(Text::default().bold(s), look.size, text_width, 0.0);
    let note = d.annex_note();
    let mut pieces = vec![Piece::Para(Para { keep: true, role: Role::Heading(1), ..bold(d.annex_label(index)) })];
    if !a.title.trim().is_empty() {
        pieces.push(Piece::Para(Para { keep: true, ..bold(upper(&a.title)) }));
    }
    let rule = underlined(width(&note, Face::Italic, look.size)).min(mm(60.0));
    pieces.push(Piece::Para(Para { keep: true, rule, ..Para::even(Text::default().italic(note), look.size, text_width, 0.0) }));
    let start = pieces.len();
    pieces.extend(blocks(&a.blocks, look));
    if let Some(Piece::Para(p)) = pieces.get_mut(start) {
        p.before = p.before.max(14.0);
    }
    pieces
}

fn blocks(blocks: &[Block], look: Look) -> Vec<Piece<'_>> {
    let mut counters = Counters::default();
    let mut out = Vec::new();
    let body =
        |text: Text| Para { align: Align::Justify, line: look.line, before: look.gap, first: mm(INDENT), ..Para::new(text, look.size) };
    for block in blocks {
        // A little air below a table or figure.
        let after_picture = matches!(out.last(), Some(Piece::Table(_) | Piece::Figure { .. }));
        let mut piece = match block {
            Block::Heading { level, text } => {
                let text = match level.clamp(&1, &3) {
                    1 => text.all_bold().capitals(),
                    2 => text.all_bold(),
                    _ => text.all_bold().all_italic(),
                };
                let text = text.after(&counters.label(*level));
                Piece::Para(Para { keep: true, role: Role::Heading((*level).clamp(1, 3)), ..body(text) })
            }
            Block::Item { level, text } => Piece::Para(body(Text::plain(counters.label(*level)).then(" ").join(text))),
            Block::Article { text } => {
                let label = Text::default().bold(counters.article()).then(" ");
                Piece::Para(body(label.join(text)))
            }
            Block::Basis { text } => Piece::Para(body(text.all_italic())),
            Block::Title { text } => Piece::Para(Para { before: 12.0, keep: true, ..Para::centred(text.all_bold().capitals(), look.size) }),
            Block::Paragraph { text } => Piece::Para(body(text.clone())),
            Block::List { items } => {
                out.extend(items.iter().map(|t| Piece::Para(Para { role: Role::Item, ..body(Text::plain("- ").join(t)) })));
                continue;
            }
            Block::Table(table) => {
                out.extend(above_table(table, look).into_iter().map(Piece::Para));
                Piece::Table(table)
            }
            Block::Figure(figure) => Piece::Figure { figure, caption: caption(figure, &mut counters, look) },
            Block::PageBreak => Piece::PageBreak,
        };
        if let Piece::Para(p) = &mut piece {
            p.before = if after_picture { p.before.max(10.0) } else { p.before };
        }
        out.push(piece);
    }
    out
}

fn above_table(table: &Table, look: Look) -> Vec<Para> {
    let mut out = Vec::new();
    if !table.caption.is_empty() {
        let text = table.caption.all_bold();
        out.push(Para { before: 10.0, keep: true, role: Role::Caption, ..Para::centred(text, look.size) });
    }
    if !table.unit.trim().is_empty() {
        let text = Text::default().italic(table.unit.trim());
        out.push(Para { align: Align::Right, before: 2.0, keep: true, ..Para::new(text, look.table_size) });
    }
    out
}

fn caption(figure: &Figure, counters: &mut Counters, look: Look) -> Option<Para> {
    // Counted only where a number is written.
    let number = if figure.caption.is_empty() { 0 } else { counters.figure() };
    let text = figure_caption(figure, number)?.all_italic();
    Some(Para { before: 4.0, role: Role::Caption, ..Para::centred(text, look.size - 1.0) })
}

/// Recipients at the left; at the right the lines above the room for the signature and the name below it.
pub(crate) fn closing(d: &Document) -> (Sides, Option<Para>) {
    let look = d.look.held();
    let mut left = Vec::new();
    let sent = d.sent_to();
    if !sent.is_empty() {
        let title = Text(vec![super::Run { text: "Nơi nhận:".into(), bold: true, italic: true }]);
        left.push(Para::new(title, 12.0));
        left.extend(sent.into_iter().map(|l| Para::new(l.into(), 11.0)));
    }
    let bold = |s: String| Para::centred(Text::default().bold(s), look.size);
    let right = d.signature.as_ref().map(Signature::lines).unwrap_or_default().into_iter().map(bold).collect();
    let name = d.signature.as_ref().map(|s| s.name.trim()).filter(|n| !n.is_empty()).map(|n| bold(n.to_owned()));
    (Sides { left, right }, name)
}
