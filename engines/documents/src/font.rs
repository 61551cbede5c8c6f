//! The embedded face: Tinos, which has the widths of Times New Roman and the whole Vietnamese alphabet.
//!
//! A text is measured and drawn letter by letter, composed (NFC) and without kerning, as word
//! processors do: lines break where they break in the .docx.
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization;

/// The family as .docx and SVG texts name it: what offices have, with the widths of ours.
pub(crate) const FAMILY: &str = "Times New Roman";
/// Written for a letter the face does not have.
const MISSING: char = '□';

/// One of the four styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Regular = 0,
    Bold = 1,
    Italic = 2,
    BoldItalic = 3,
}

impl Face {
    pub(crate) const ALL: [Self; 4] = [Self::Regular, Self::Bold, Self::Italic, Self::BoldItalic];

    pub(crate) fn of(bold: bool, italic: bool) -> Self {
        match (bold, italic) {
            (false, false) => Self::Regular,
            (true, false) => Self::Bold,
            (false, true) => Self::Italic,
            (true, true) => Self::BoldItalic,
        }
    }

    /// The font file.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../fonts/Tinos-Regular.ttf"),
            Self::Bold => include_bytes!("../fonts/Tinos-Bold.ttf"),
            Self::Italic => include_bytes!("../fonts/Tinos-Italic.ttf"),
            Self::BoldItalic => include_bytes!("../fonts/Tinos-BoldItalic.ttf"),
        }
    }

    fn glyphs(self) -> &'static Glyphs {
        static ALL: OnceLock<[Glyphs; 4]> = OnceLock::new();
        &ALL.get_or_init(|| Self::ALL.map(Glyphs::read))[self as usize]
    }

    /// Number and width (in em) of the glyph of a letter; a square for one the face does not have.
    pub(crate) fn glyph(self, c: char) -> (u32, f32) {
        let g = self.glyphs();
        g.get(c).or_else(|| g.get(MISSING)).unwrap_or((0, 0.5))
    }

    /// Whether the face has the letter.
    pub(crate) fn has(self, c: char) -> bool {
        self.glyphs().get(c).is_some()
    }
}

/// Heights of a line in em, the same for all four styles; those of Times New Roman.
pub(crate) const ASCENT: f32 = 1825.0 / 2048.0;
/// Height of a single-spaced line, in em.
pub(crate) const LINE: f32 = (1825.0 + 443.0 + 87.0) / 2048.0;

/// Letters below this are looked up by index: all of Latin, Vietnamese, punctuation and signs.
const DIRECT: u32 = 0x2600;

struct Glyphs {
    direct: Vec<Option<(u32, f32)>>,
}

impl Glyphs {
    fn read(face: Face) -> Self {
        let mut direct = vec![None; DIRECT as usize];
        if let Ok(font) = FontRef::new(face.bytes()) {
            let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
            for (code, glyph) in font.charmap().mappings() {
                if let Some(slot) = direct.get_mut(code as usize) {
                    *slot = metrics.advance_width(glyph).map(|a| (glyph.to_u32(), a / em));
                }
            }
        }
        Self { direct }
    }

    fn get(&self, c: char) -> Option<(u32, f32)> {
        self.direct.get(c as usize).copied().flatten()
    }
}

/// Text as it is set: composed, without control characters (a tab is a space, line breaks stay), with
/// a square for a letter the face lacks.
pub(crate) fn settable(s: &str) -> String {
    wanted(s).map(|c| if c == '\n' || Face::Regular.has(c) { c } else { MISSING }).collect()
}

/// Letters of a text the face does not have.
pub(crate) fn missing(s: &str) -> impl Iterator<Item = char> + '_ {
    wanted(s).filter(|c| *c != '\n' && !Face::Regular.has(*c))
}

/// The letters of a text that are meant to be seen.
fn wanted(s: &str) -> impl Iterator<Item = char> + '_ {
    s.nfc().filter_map(|c| match c {
        '\n' => Some(c),
        '\t' => Some(' '),
        c if c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}') =>
        {
            None
        }
        c => Some(c),
    })
}

/// Width of a text set in one line, in points.
pub(crate) fn width(s: &str, face: Face, size: f32) -> f32 {
    settable(s).chars().map(|c| face.glyph(c).1).sum::<f32>() * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_has_the_vietnamese_alphabet() {
        let vietnamese = ('\u{1ea0}'..='\u{1ef9}').chain("ăâđêôơưĂÂĐÊÔƠƯàáãèéìíòóõùúýÀÁÃÈÉÌÍÒÓÕÙÚÝĩũĨŨ".chars());
        let signs = (' '..='~').chain("“”‘’–—•…≥≤×→²³°±§□\u{a0}".chars());
        for c in vietnamese.chain(signs) {
            for face in Face::ALL {
                assert!(face.has(c), "{face:?} lacks {c:?} U+{:04X}", c as u32);
            }
        }
        assert!(!Face::Regular.has('漢'), "the test can fail");
        for c in (0..DIRECT).filter_map(char::from_u32) {
            assert!(Face::ALL.iter().all(|f| f.has(c) == Face::Regular.has(c)), "{c:?} is not in all styles");
        }
    }

    #[test]
    fn styles_share_their_letters_and_heights() {
        for face in Face::ALL {
            let font = FontRef::new(face.bytes()).expect("a font");
            let m = font.metrics(Size::new(1.0), LocationRef::default());
            assert!((m.ascent - ASCENT).abs() < 1e-3 && (m.ascent - m.descent + m.leading - LINE).abs() < 1e-3, "{face:?} {m:?}");
        }
        // Times New Roman bold at 13 pt: known from the office documents of this layout.
        let title = width("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Face::Bold, 13.0);
        assert!((271.0..272.0).contains(&title), "{title}");
    }

    #[test]
    fn odd_letters_do_no_harm() {
        assert_eq!(settable("e\u{302}\u{301}\u{7}\u{200b}\tx漢🙂"), "ế x□□");
        assert_eq!(settable("Tie\u{302}\u{301}n\nViệt"), "Tiến\nViệt");
    }
}
