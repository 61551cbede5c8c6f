//! The page description of a PDF (ISO 32000-1, 8 and 9): pieces of text and ruling lines with positions.

use std::collections::{BTreeMap, HashMap};

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId};

use crate::error::ReadError;
use crate::pdf::MAX_CONTENT;
use crate::pdf_cmap::ToUnicode;

/// Most nested form objects.
const MAX_FORMS: usize = 4;
/// Most operations of a page with its forms.
const MAX_OPERATIONS: usize = 400_000;

/// A run of text.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Left end.
    pub x: f32,
    /// Right end.
    pub end: f32,
    /// Baseline.
    pub y: f32,
    /// Font size in page units.
    pub size: f32,
    /// Text.
    pub text: String,
}

/// A ruling line: vertical (`x`, from, to) or horizontal (`y`, from, to).
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Position across the line.
    pub at: f32,
    /// Smaller end.
    pub from: f32,
    /// Larger end.
    pub to: f32,
}

/// What stands on a page.
#[derive(Debug, Default)]
pub struct Page {
    /// Text.
    pub pieces: Vec<Piece>,
    /// Vertical rules.
    pub vertical: Vec<Rule>,
    /// Horizontal rules.
    pub horizontal: Vec<Rule>,
    /// Unpacked size of the page description, bytes.
    pub content_size: usize,
    operations: usize,
}

type Matrix = [f32; 6];
const UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `a` applied first, then `b`.
fn multiply(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

fn apply(m: Matrix, x: f32, y: f32) -> (f32, f32) {
    (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])
}

/// A font: how codes become text and how wide they are.
struct Font<'a> {
    unicode: Option<ToUnicode>,
    encoding: Option<Encoding<'a>>,
    wide: bool,
    widths: HashMap<u32, f32>,
    default: f32,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Vec<u8>,
    size: f32,
    char_space: f32,
    word_space: f32,
    stretch: f32,
    leading: f32,
}

/// Reads one page.
pub fn read_page(document: &Document, id: ObjectId) -> Result<Page, ReadError> {
    let content = document.get_page_content_with_limit(id, MAX_CONTENT).map_err(|e| ReadError::BrokenPdf(e.to_string()))?;
    let mut page = Page { content_size: content.len(), ..Page::default() };
    let fonts: BTreeMap<Vec<u8>, &Dictionary> = document.get_page_fonts(id).unwrap_or_default();
    let fonts = fonts.into_iter().map(|(name, dict)| (name, read_font(document, dict))).collect();
    let resources = document.get_page_resources(id).ok();
    let mut found: Vec<&Dictionary> = Vec::new();
    if let Some((direct, ids)) = resources {
        found.extend(direct);
        found.extend(ids.iter().filter_map(|i| document.get_dictionary(*i).ok()));
    }
    let start =
        State { matrix: turned(document, id), font: Vec::new(), size: 0.0, char_space: 0.0, word_space: 0.0, stretch: 1.0, leading: 0.0 };
    let turn = start.matrix;
    run(document, &content, &fonts, &found, start, 0, &mut page)?;
    if let Some((low, high)) = visible(document, id, turn) {
        page.pieces.retain(|p| p.y > low && p.y < high);
    }
    Ok(page)
}

/// Lower and upper edge of the page: some writers draw a cut line again outside the next page.
fn visible(document: &Document, id: ObjectId, turn: Matrix) -> Option<(f32, f32)> {
    let bounds = inherited(document, id, b"MediaBox")?.as_array().ok()?;
    let corner = |x: usize, y: usize| {
        let value = |at: usize| bounds.get(at).and_then(|o| resolve(document, o).as_float().ok());
        Some(apply(turn, value(x)?, value(y)?).1)
    };
    let (a, b) = (corner(0, 1)?, corner(2, 3)?);
    (a.is_finite() && b.is_finite() && a != b).then_some((a.min(b), a.max(b)))
}

/// An attribute of a page or of the nodes above it.
fn inherited<'a>(document: &'a Document, id: ObjectId, name: &[u8]) -> Option<&'a Object> {
    let mut node = document.get_dictionary(id).ok();
    for _ in 0..16 {
        let dict = node?;
        if let Ok(found) = dict.get(name) {
            return Some(resolve(document, found));
        }
        node = dict.get(b"Parent").and_then(Object::as_reference).ok().and_then(|p| document.get_dictionary(p).ok());
    }
    None
}

/// `/Rotate` of the page as a matrix, so that text always runs to the right.
fn turned(document: &Document, id: ObjectId) -> Matrix {
    let angle = inherited(document, id, b"Rotate").and_then(|o| o.as_i64().ok()).unwrap_or(0);
    match angle.rem_euclid(360) {
        90 => [0.0, -1.0, 1.0, 0.0, 0.0, 0.0],
        180 => [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0],
        270 => [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
        _ => UNIT,
    }
}

fn resolve<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).map_or(object, |(_, found)| found)
}

fn read_font<'a>(document: &'a Document, dict: &'a Dictionary) -> Font<'a> {
    let wide = dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Type0");
    let unicode = dict
        .get(b"ToUnicode")
        .ok()
        .and_then(|o| resolve(document, o).as_stream().ok())
        .and_then(|s| s.get_plain_content_with_limit(MAX_CONTENT).ok())
        .and_then(|bytes| ToUnicode::read(&bytes));
    // Without a map only one-byte fonts say what their codes mean.
    let encoding = if unicode.is_none() && !wide { dict.get_font_encoding_with_limit(document, MAX_CONTENT).ok() } else { None };
    let default = if wide { 1000.0 } else { 500.0 };
    let mut font = Font { unicode, encoding, wide, widths: HashMap::new(), default };
    if wide {
        let descendant = dict
            .get(b"DescendantFonts")
            .map(|o| resolve(document, o))
            .and_then(Object::as_array)
            .ok()
            .and_then(|a| a.first())
            .map(|o| resolve(document, o))
            .and_then(|o| o.as_dict().ok());
        if let Some(descendant) = descendant {
            if let Ok(width) = descendant.get(b"DW").and_then(Object::as_float) {
                font.default = width;
            }
            if let Ok(list) = descendant.get(b"W").map(|o| resolve(document, o)).and_then(Object::as_array) {
                wide_widths(document, list, &mut font.widths);
            }
        }
    } else {
        let first = dict.get(b"FirstChar").and_then(Object::as_i64).ok().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        if let Ok(list) = dict.get(b"Widths").map(|o| resolve(document, o)).and_then(Object::as_array) {
            for (code, width) in (first..).zip(list.iter().take(256)) {
                if let Ok(width) = resolve(document, width).as_float() {
                    font.widths.insert(code, width);
                }
            }
        }
    }
    font
}

/// `/W [ c [w1 w2 …]  c_first c_last w ]`
fn wide_widths(document: &Document, list: &[Object], widths: &mut HashMap<u32, f32>) {
    let mut at = 0;
    while at + 1 < list.len() {
        let Some(first) = resolve(document, &list[at]).as_i64().ok().and_then(|n| u32::try_from(n).ok()) else { return };
        match resolve(document, &list[at + 1]) {
            Object::Array(each) => {
                for (code, width) in (first..).zip(each.iter().take(65_536)) {
                    widths.insert(code, resolve(document, width).as_float().unwrap_or(1000.0));
                }
                at += 2;
            }
            last => {
                let last = last.as_i64().ok().and_then(|n| u32::try_from(n).ok());
                let width = list.get(at + 2).and_then(|w| resolve(document, w).as_float().ok());
                let (Some(last), Some(width)) = (last, width) else { return };
                for code in first..=last.min(first.saturating_add(65_535)) {
                    widths.insert(code, width);
                }
                at += 3;
            }
        }
        if widths.len() > 200_000 {
            return;
        }
    }
}

/// The text cursor.
struct Cursor {
    line: Matrix,
    text: Matrix,
}

/// Path under construction: current point, start point, segments, rectangles.
#[derive(Default)]
struct Path {
    current: (f32, f32),
    start: (f32, f32),
    segments: Vec<((f32, f32), (f32, f32))>,
}

fn number(operands: &[Object], at: usize) -> f32 {
    operands.get(at).and_then(|o| o.as_float().ok()).filter(|n| n.is_finite()).unwrap_or(0.0)
}

fn matrix_of(operands: &[Object]) -> Matrix {
    std::array::from_fn(|at| number(operands, at))
}

fn run(
    document: &Document,
    content: &[u8],
    fonts: &HashMap<Vec<u8>, Font<'_>>,
    resources: &[&Dictionary],
    start: State,
    depth: usize,
    page: &mut Page,
) -> Result<(), ReadError> {
    let Ok(content) = Content::decode(content) else { return Ok(()) };
    let mut state = start;
    let mut stack: Vec<State> = Vec::new();
    let mut cursor = Cursor { line: UNIT, text: UNIT };
    let mut path = Path::default();
    for operation in &content.operations {
        page.operations += 1;
        if page.operations > MAX_OPERATIONS {
            return Err(ReadError::TooComplex("trang PDF quá phức tạp"));
        }
        let args = operation.operands.as_slice();
        match operation.operator.as_str() {
            "q" if stack.len() < 256 => stack.push(state.clone()),
            "Q" => state = stack.pop().unwrap_or(state),
            "cm" => state.matrix = multiply(matrix_of(args), state.matrix),
            "BT" => cursor = Cursor { line: UNIT, text: UNIT },
            "Tf" => {
                state.font = args.first().and_then(|o| o.as_name().ok()).unwrap_or_default().to_vec();
                state.size = number(args, 1);
            }
            "Tc" => state.char_space = number(args, 0),
            "Tw" => state.word_space = number(args, 0),
            "Tz" => state.stretch = number(args, 0) / 100.0,
            "TL" => state.leading = number(args, 0),
            "Tm" => {
                cursor.line = matrix_of(args);
                cursor.text = cursor.line;
            }
            "Td" => move_line(&mut cursor, number(args, 0), number(args, 1)),
            "TD" => {
                state.leading = -number(args, 1);
                move_line(&mut cursor, number(args, 0), number(args, 1));
            }
            "T*" => move_line(&mut cursor, 0.0, -state.leading),
            "Tj" => show(args, &state, fonts, &mut cursor, page),
            "TJ" => {
                if let Some(Object::Array(parts)) = args.first() {
                    show(parts, &state, fonts, &mut cursor, page);
                }
            }
            "'" | "\"" => {
                move_line(&mut cursor, 0.0, -state.leading);
                show(args.get(args.len().saturating_sub(1)..).unwrap_or_default(), &state, fonts, &mut cursor, page);
            }
            "Do" if depth < MAX_FORMS => form(document, args, resources, &state, fonts, depth, page)?,
            operator => draw(operator, args, &state, &mut path, page),
        }
    }
    Ok(())
}

fn move_line(cursor: &mut Cursor, x: f32, y: f32) {
    cursor.line = multiply([1.0, 0.0, 0.0, 1.0, x, y], cursor.line);
    cursor.text = cursor.line;
}

/// A form object drawn on the page.
fn form(
    document: &Document,
    args: &[Object],
    resources: &[&Dictionary],
    state: &State,
    outer: &HashMap<Vec<u8>, Font<'_>>,
    depth: usize,
    page: &mut Page,
) -> Result<(), ReadError> {
    let Some(name) = args.first().and_then(|o| o.as_name().ok()) else { return Ok(()) };
    let found = resources.iter().find_map(|r| {
        let objects = resolve(document, r.get(b"XObject").ok()?).as_dict().ok()?;
        resolve(document, objects.get(name).ok()?).as_stream().ok()
    });
    let Some(stream) = found else { return Ok(()) };
    if stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n != b"Form") {
        return Ok(());
    }
    let content = stream.get_plain_content_with_limit(MAX_CONTENT).map_err(|e| ReadError::BrokenPdf(e.to_string()))?;
    page.content_size += content.len();
    if page.content_size > MAX_CONTENT * 2 {
        return Err(ReadError::TooComplex("trang PDF quá phức tạp"));
    }
    let mut inner = state.clone();
    if let Ok(matrix) = stream.dict.get(b"Matrix").map(|o| resolve(document, o)).and_then(Object::as_array) {
        inner.matrix = multiply(matrix_of(matrix), inner.matrix);
    }
    let own = stream.dict.get(b"Resources").ok().and_then(|o| resolve(document, o).as_dict().ok());
    match own {
        Some(own) => {
            let mut fonts = HashMap::new();
            if let Some(dict) = own.get(b"Font").ok().and_then(|o| resolve(document, o).as_dict().ok()) {
                for (name, font) in dict.iter() {
                    if let Ok(font) = resolve(document, font).as_dict() {
                        fonts.insert(name.clone(), read_font(document, font));
                    }
                }
            }
            run(document, &content, &fonts, &[own], inner, depth + 1, page)
        }
        None => run(document, &content, outer, resources, inner, depth + 1, page),
    }
}

/// Shows strings; numbers between them shift the cursor, wide shifts are spaces.
fn show(parts: &[Object], state: &State, fonts: &HashMap<Vec<u8>, Font<'_>>, cursor: &mut Cursor, page: &mut Page) {
    let Some(font) = fonts.get(&state.font) else { return };
    let mut text = String::new();
    let mut advance = 0.0f32;
    let mut start = 0.0f32;
    for part in parts {
        match part {
            Object::String(bytes, _) => {
                text.push_str(&decoded(font, bytes));
                advance += width_of(font, bytes, state);
            }
            other => {
                let shift = -other.as_float().unwrap_or(0.0) / 1000.0 * state.size * state.stretch;
                if shift > state.size * 1.5 {
                    emit(&text, start, advance, state, cursor, page);
                    text.clear();
                    start = advance + shift;
                } else if shift > state.size * 0.18 && !text.ends_with(' ') && !text.is_empty() {
                    text.push(' ');
                }
                advance += shift;
            }
        }
    }
    emit(&text, start, advance, state, cursor, page);
    cursor.text = multiply([1.0, 0.0, 0.0, 1.0, advance, 0.0], cursor.text);
}

/// Text of a string in its font.
fn decoded(font: &Font<'_>, bytes: &[u8]) -> String {
    match (&font.unicode, &font.encoding) {
        (Some(map), _) => map.text(bytes),
        (None, Some(encoding)) => Document::decode_text(encoding, bytes).unwrap_or_default(),
        _ => String::new(),
    }
}

fn width_of(font: &Font<'_>, bytes: &[u8], state: &State) -> f32 {
    let mut sum = 0.0;
    let step = if font.wide { 2 } else { 1 };
    for code in bytes.chunks(step) {
        let value = code.iter().fold(0u32, |v, b| (v << 8) | u32::from(*b));
        let width = font.widths.get(&value).copied().unwrap_or(font.default);
        let space = if !font.wide && value == 32 { state.word_space } else { 0.0 };
        sum += (width / 1000.0 * state.size + state.char_space + space) * state.stretch;
    }
    sum
}

fn emit(text: &str, start: f32, end: f32, state: &State, cursor: &Cursor, page: &mut Page) {
    if text.trim().is_empty() {
        return;
    }
    let matrix = multiply(cursor.text, state.matrix);
    let (x, y) = apply(matrix, start, 0.0);
    let (right, _) = apply(matrix, end, 0.0);
    let size = (matrix[2] * matrix[2] + matrix[3] * matrix[3]).sqrt() * state.size.abs();
    if [x, y, right, size].iter().all(|n| n.is_finite()) {
        page.pieces.push(Piece { x, end: right.max(x), y, size: size.max(1.0), text: text.to_owned() });
    }
}

/// Path operators: collects ruling lines (thin rectangles and straight segments).
fn draw(operator: &str, args: &[Object], state: &State, path: &mut Path, page: &mut Page) {
    let point = |at: usize| apply(state.matrix, number(args, at), number(args, at + 1));
    match operator {
        "m" => {
            path.current = point(0);
            path.start = path.current;
        }
        "l" => {
            let next = point(0);
            path.segments.push((path.current, next));
            path.current = next;
        }
        "h" => path.segments.push((path.current, path.start)),
        "re" => {
            let (x, y) = point(0);
            let (right, top) = apply(state.matrix, number(args, 0) + number(args, 2), number(args, 1) + number(args, 3));
            let (width, height) = ((right - x).abs(), (top - y).abs());
            if width < 3.0 || height < 3.0 {
                let middle = ((x + right) / 2.0, (y + top) / 2.0);
                path.segments.push(if width < height { ((middle.0, y), (middle.0, top)) } else { ((x, middle.1), (right, middle.1)) });
            } else {
                path.segments.extend([((x, y), (right, y)), ((right, y), (right, top)), ((right, top), (x, top)), ((x, top), (x, y))]);
            }
        }
        "S" | "s" | "f" | "F" | "f*" | "B" | "B*" | "b" | "b*" => {
            for (a, b) in path.segments.drain(..) {
                let (dx, dy) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
                if dx < 1.0 && dy > 4.0 {
                    page.vertical.push(Rule { at: a.0, from: a.1.min(b.1), to: a.1.max(b.1) });
                } else if dy < 1.0 && dx > 4.0 {
                    page.horizontal.push(Rule { at: a.1, from: a.0.min(b.0), to: a.0.max(b.0) });
                }
            }
        }
        "n" => path.segments.clear(),
        _ => {}
    }
    if path.segments.len() > 50_000 {
        path.segments.clear();
    }
}
