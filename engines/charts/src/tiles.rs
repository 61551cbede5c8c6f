//! Areas as equal tiles.

use std::fmt::Write;

use crate::svg::{HATCH, INK, LINE, Tone, escape, fit, n, picture, text};

/// One area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Name.
    pub label: String,
    /// What fits below: `9/12`.
    pub figure: String,
    /// Colour.
    pub tone: Tone,
}

const ACROSS: usize = 8;
const WIDE: f64 = 80.0;
const HIGH: f64 = 40.0;

/// Eight tiles across (640 wide), in the order given, with a legend below: tone and word.
pub fn tile_map(tiles: &[Tile], legend: &[(Tone, &str)], words: &str) -> String {
    let mut s = HATCH.to_owned();
    for (i, t) in tiles.iter().enumerate() {
        let (x, y) = ((i % ACROSS) as f64 * WIDE, (i / ACROSS) as f64 * HIGH);
        // writing into a String cannot fail, here and below
        let _ = write!(s, "<g class=\"{}\"><title>{}</title>", t.tone.class(), escape(&format!("{}: {}", t.label, t.figure)));
        square(&mut s, (x + 1.0, y + 1.0), (WIDE - 3.0, HIGH - 3.0), t.tone);
        if t.tone == Tone::NoData {
            // letters never stand on hatching
            let _ = write!(
                s,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"28\" class=\"paper\" fill=\"#fff\"/>",
                n(x + 5.0),
                n(y + 5.0),
                n(WIDE - 11.0)
            );
        }
        text(&mut s, (x + WIDE / 2.0, y + 17.0), 10.0, "middle", INK, &fit(&t.label, WIDE - 6.0, 10.0));
        text(&mut s, (x + WIDE / 2.0, y + 31.0), 12.0, "middle", INK, &t.figure);
        s.push_str("</g>");
    }
    let below = tiles.len().div_ceil(ACROSS) as f64 * HIGH + 6.0;
    for (i, (tone, word)) in legend.iter().enumerate() {
        let x = i as f64 * 160.0;
        let _ = write!(s, "<g class=\"{}\">", tone.class());
        square(&mut s, (x + 1.0, below), (14.0, 14.0), *tone);
        s.push_str("</g>");
        text(&mut s, (x + 21.0, below + 12.0), 12.0, "start", INK, word);
    }
    let high = if legend.is_empty() { below } else { below + 20.0 };
    picture("tile-map", (WIDE * ACROSS as f64, high), words, &s)
}

fn square(s: &mut String, (x, y): (f64, f64), (w, h): (f64, f64), tone: Tone) {
    let _ = write!(
        s,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\" fill=\"{}\" stroke=\"{LINE}\"/>",
        n(x),
        n(y),
        n(w),
        n(h),
        tone.wash()
    );
}
