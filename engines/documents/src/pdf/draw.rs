//! Pages of items become a PDF.
use super::flow::Item;
use super::tree::Tree;
use crate::doc::wording::DRAFT;
use crate::doc::{Document, Paper};
use crate::error::DocumentError;
use crate::font::{Face, width};
use crate::lines::{Letter, Line};
use krilla::color::luma;
use krilla::configure::ConfigurationBuilder;
use krilla::configure::validate::{Accessibility, Archival};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla_svg::{SurfaceExt, SvgSettings};
use std::sync::OnceLock;

/// A page of a section.
pub(super) struct Page {
    pub paper: Paper,
    /// From 1 in each section.
    pub number: usize,
    /// From the left margin and the top of the text.
    pub items: Vec<Item>,
}

fn font(face: Face) -> Option<Font> {
    static FONTS: OnceLock<[Option<Font>; 4]> = OnceLock::new();
    FONTS.get_or_init(|| Face::ALL.map(|f| Font::new(f.bytes().into(), 0)))[face as usize].clone()
}

fn failed(what: impl std::fmt::Debug) -> DocumentError {
    DocumentError::CannotWrite(format!("{what:?}"))
}

/// The file.
pub(super) fn draw(document: &Document, pages: &[Page], tree: &Tree) -> Result<Vec<u8>, DocumentError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(failed)?;
    let mut pdf = krilla::Document::new_with(krilla::SerializeSettings { configuration, ..Default::default() });
    let mut drawn = vec![None; tree.leaves()];
    for page in pages {
        let settings = PageSettings::from_wh(page.paper.width, page.paper.height).ok_or_else(|| failed("page"))?;
        let mut target = pdf.start_page_with(settings);
        let mut surface = target.surface();
        one_page(&mut surface, document, page, &mut drawn);
        surface.finish();
        target.finish();
    }
    pdf.set_metadata(metadata(document));
    pdf.set_outline(outline(document, pages));
    pdf.set_tag_tree(tree.finish(&drawn));
    pdf.finish().map_err(failed)
}

fn metadata(document: &Document) -> Metadata {
    // PDF/A demands a day; a document without one gets the first of January 2026, never the clock's.
    let (year, month, day) = document.head.day().unwrap_or((2026, 1, 1));
    let small = |n: u32| u8::try_from(n).unwrap_or(1);
    let date = DateTime::new(u16::try_from(year).unwrap_or(2026)).month(small(month)).day(small(day)).hour(0).minute(0).second(0);
    Metadata::new()
        .title(document.head.title())
        .authors(vec![crate::doc::wording::one_line(&document.head.agency)])
        .creator("Lá Chắn".into())
        .language(super::LANGUAGE.into())
        .creation_date(date)
}

/// Bookmarks: the document and each annex.
fn outline(document: &Document, pages: &[Page]) -> Outline {
    let mut outline = Outline::new();
    let sections = pages.iter().enumerate().filter(|(_, p)| p.number == 1);
    for (i, (page, p)) in sections.enumerate() {
        let label = match i.checked_sub(1).and_then(|n| document.annexes.get(n).map(|a| (n, a))) {
            None => document.head.title(),
            Some((n, a)) => crate::doc::wording::one_line(&format!("{}. {}", document.annex_label(n), a.title)),
        };
        outline.push_child(OutlineNode::new(label, XyzDestination::new(page, Point::from_xy(p.paper.left, p.paper.top * 0.5))));
    }
    outline
}

fn one_page(surface: &mut Surface<'_>, document: &Document, page: &Page, drawn: &mut [Option<Identifier>]) {
    let paper = page.paper;
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    if document.draft {
        surface.start_tagged(artifact(ArtifactType::Watermark));
        watermark(surface, paper);
        surface.end_tagged();
    }
    for item in &page.items {
        match item {
            Item::Rule { .. } => {}
            Item::Text { x, y, size, stretch, line, leaf } => {
                if line.letters.is_empty() {
                    continue;
                }
                let tag = if leaf.is_some() { ContentTag::Span(SpanTag::empty()) } else { artifact(ArtifactType::PaginationOther) };
                let id = surface.start_tagged(tag);
                text(surface, line, (paper.left + x, paper.top + y), *size, *stretch);
                surface.end_tagged();
                if let Some(slot) = leaf.and_then(|l| drawn.get_mut(l.0)) {
                    *slot = Some(id);
                }
            }
            Item::Picture { x, y, size, tree, leaf } => {
                let id = surface.start_tagged(ContentTag::Other);
                surface.push_transform(&Transform::from_translate(paper.left + x, paper.top + y));
                if let Some(size) = Size::from_wh(size.0, size.1) {
                    surface.draw_svg(tree, size, SvgSettings::default());
                }
                surface.pop();
                surface.end_tagged();
                if let Some(slot) = drawn.get_mut(leaf.0) {
                    *slot = Some(id);
                }
            }
        }
    }
    surface.start_tagged(artifact(ArtifactType::Layout));
    rules(surface, page);
    surface.end_tagged();
    if page.number > 1 {
        surface.start_tagged(artifact(ArtifactType::PageNumber));
        let (number, size) = (page.number.to_string(), document.look.held().size);
        let x = paper.left + (paper.text_width() - width(&number, Face::Regular, size)) / 2.0;
        plain(surface, &number, Face::Regular, (x, paper.top * 0.5 + size), size, 0);
        surface.end_tagged();
    }
}

fn rules(surface: &mut Surface<'_>, page: &Page) {
    for item in &page.items {
        let Item::Rule { from, to, width } = item else { continue };
        let mut path = PathBuilder::new();
        path.move_to(page.paper.left + from.0, page.paper.top + from.1);
        path.line_to(page.paper.left + to.0, page.paper.top + to.1);
        if let Some(path) = path.finish() {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: luma::Color::black().into(), width: *width, ..Stroke::default() }));
            surface.draw_path(&path);
        }
    }
    surface.set_stroke(None);
}

fn ink(surface: &mut Surface<'_>, lightness: u8) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: luma::Color::new(lightness).into(), ..Fill::default() }));
}

/// Draws a line: each stretch of one face at a time, spaces widened by `stretch` points.
fn text(surface: &mut Surface<'_>, line: &Line, at: (f32, f32), size: f32, stretch: f32) {
    ink(surface, 0);
    let last = line.letters.iter().rposition(|l| l.c != ' ').unwrap_or(0);
    let mut x = at.0;
    let mut from = 0;
    while let Some(first) = line.letters.get(from) {
        let to = line.letters[from..].iter().position(|l| l.face != first.face).map_or(line.letters.len(), |n| from + n);
        let widened = |i: usize, l: &Letter| l.advance + if l.c == ' ' && i < last { stretch / size } else { 0.0 };
        let advances = line.letters[from..to].iter().enumerate().map(|(i, l)| (*l, widened(from + i, l)));
        x += glyphs(surface, advances, first.face, (x, at.1), size);
        from = to;
    }
}

/// Draws letters with the given advances in em; returns how far they went, in points.
fn glyphs(surface: &mut Surface<'_>, letters: impl Iterator<Item = (Letter, f32)>, face: Face, at: (f32, f32), size: f32) -> f32 {
    let (mut string, mut glyphs, mut wide) = (String::new(), Vec::new(), 0.0);
    for (letter, advance) in letters {
        let start = string.len();
        string.push(letter.c);
        glyphs.push(KrillaGlyph::new(GlyphId::new(letter.glyph), advance, 0.0, 0.0, 0.0, start..string.len(), None));
        wide += advance;
    }
    if let Some(font) = font(face) {
        surface.draw_glyphs(Point::from_xy(at.0, at.1), &glyphs, font, &string, size, false);
    }
    wide * size
}

fn plain(surface: &mut Surface<'_>, s: &str, face: Face, at: (f32, f32), size: f32, lightness: u8) {
    ink(surface, lightness);
    let letters = s.chars().map(|c| {
        let (glyph, advance) = face.glyph(c);
        (Letter { c, face, glyph, advance }, advance)
    });
    glyphs(surface, letters, face, at, size);
}

/// The mark of a draft across the page, in light grey.
fn watermark(surface: &mut Surface<'_>, paper: Paper) {
    const SIZE: f32 = 100.0;
    let wide = width(DRAFT, Face::Bold, SIZE);
    surface.push_transform(&Transform::from_translate(paper.width / 2.0, paper.height / 2.0));
    surface.push_transform(&Transform::from_rotate(-45.0));
    plain(surface, DRAFT, Face::Bold, (-wide / 2.0, SIZE / 3.0), SIZE, 228);
    surface.pop();
    surface.pop();
}
