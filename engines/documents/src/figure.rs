//! SVG texts as pictures.
use crate::doc::Figure;
use crate::error::DocumentError;
use crate::font::{Face, settable};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree, fontdb};
use std::sync::{Arc, OnceLock};

/// Dots per point of the bitmap beside the SVG in a .docx: 200 dots per inch.
const DOTS: f32 = 200.0 / 72.0;
/// A bitmap is never larger than this on a side.
const MAX_DOTS: f32 = 4_000.0;

/// Reads the picture. Letters of whatever family are set in the face of the document, and no link to
/// a file or address is followed.
///
/// # Errors
/// [`DocumentError::Figure`] with the number of the figure from 1.
pub(crate) fn read(figure: &Figure, number: usize) -> Result<Tree, DocumentError> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut db = fontdb::Database::new();
        for face in Face::ALL {
            db.load_font_source(fontdb::Source::Binary(Arc::new(face.bytes())));
        }
        for set in [fontdb::Database::set_serif_family, fontdb::Database::set_sans_serif_family, fontdb::Database::set_monospace_family] {
            set(&mut db, "Tinos");
        }
        Arc::new(db)
    });
    let options = Options {
        fontdb: Arc::clone(fonts),
        font_family: "Tinos".into(),
        image_href_resolver: ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) },
        ..Options::default()
    };
    Tree::from_str(&drawable(&figure.svg), &options).map_err(|e| DocumentError::Figure(number, e.to_string()))
}

/// The picture with a square for each letter the face lacks, also where it is written as a number
/// (`&#128578;`): PDF/A allows no letter without a shape.
fn drawable(svg: &str) -> String {
    let svg = settable(svg);
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg.as_str();
    while let Some(at) = rest.find("&#") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let number = rest[2..].split(';').next().unwrap_or_default();
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        match code.ok().and_then(char::from_u32) {
            Some(c) if !c.is_ascii() && rest.len() > number.len() + 2 => {
                out.push_str(&settable(c.encode_utf8(&mut [0; 4])));
                rest = &rest[number.len() + 3..];
            }
            _ => {
                out.push_str("&#");
                rest = &rest[2..];
            }
        }
    }
    out + rest
}

/// Width and height in points: as wide as asked, made smaller to fit.
pub(crate) fn size(figure: &Figure, tree: &Tree, max_width: f32, max_height: f32) -> (f32, f32) {
    let wanted = crate::doc::mm(figure.width);
    let width = if wanted.is_finite() && wanted > 1.0 { wanted.min(max_width) } else { max_width };
    let ratio = tree.size().height() / tree.size().width();
    if width * ratio > max_height { (max_height / ratio, max_height) } else { (width, width * ratio) }
}

/// The picture as PNG, so many points wide.
pub(crate) fn png(tree: &Tree, width: f32, number: usize) -> Result<Vec<u8>, DocumentError> {
    let failed = |why: String| DocumentError::Figure(number, why);
    let ratio = tree.size().height() / tree.size().width();
    let across = (width * DOTS).min(MAX_DOTS).min(MAX_DOTS / ratio).max(1.0);
    let scale = across / tree.size().width();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and MAX_DOTS")]
    let dots = |x: f32| x.ceil().clamp(1.0, MAX_DOTS) as u32;
    let mut map = Pixmap::new(dots(across), dots(across * ratio)).ok_or_else(|| failed("kích thước không hợp lệ".into()))?;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut map.as_mut());
    map.encode_png().map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_a_shape_become_squares() {
        assert_eq!(drawable("<text>a🙂 &#128578;&#x6F22; &#x1EA1; &#38; &amp; &#; &#x</text>"), "<text>a□ □□ ạ &#38; &amp; &#; &#x</text>");
    }

    #[test]
    fn nothing_is_loaded_and_letters_are_ours() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'><image x:href='Cargo.toml' width='9' height='9'/>\
                   <image x:href='data:image/png;base64,iVBORw0KGgo=' width='9' height='9'/><text y='9' font-family='Comic Sans MS'>Việt</text></svg>";
        let tree = read(&Figure { svg: svg.into(), ..Figure::default() }, 1).expect("a picture");
        let kinds: Vec<_> = tree.root().children().iter().map(|n| matches!(n, resvg::usvg::Node::Text(_))).collect();
        assert_eq!(kinds, [true], "no image, the text");
    }
}
