//! Parts of a whole as a ring.

use std::fmt::Write;

use crate::svg::{HATCH, INK, LINE, Tone, picture, text};

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many.
    pub n: i64,
    /// Colour.
    pub tone: Tone,
}

/// 132 × 132 with `middle` in it. `alone`: bring the pattern for "no data".
pub fn ring(slices: &[Slice], middle: &str, words: &str, alone: bool) -> String {
    let whole: i64 = slices.iter().map(|s| s.n.max(0)).sum();
    let mut s = if alone { HATCH.to_owned() } else { String::new() };
    // writing into a String cannot fail, here and below
    let _ = write!(s, "<circle class=\"ring\" cx=\"66\" cy=\"66\" r=\"50\" fill=\"none\" stroke=\"{LINE}\" stroke-width=\"16\"/>");
    let mut at = 0.0;
    for part in slices.iter().filter(|p| p.n > 0) {
        let share = part.n as f64 * 100.0 / whole as f64;
        let _ = write!(
            s,
            "<circle class=\"arc {}\" cx=\"66\" cy=\"66\" r=\"50\" fill=\"none\" stroke=\"{}\" stroke-width=\"16\" pathLength=\"100\" \
             stroke-dasharray=\"{share:.2} {:.2}\" stroke-dashoffset=\"{:.2}\"/>",
            part.tone.class(),
            part.tone.paint(),
            100.0 - share,
            25.0 - at
        );
        at += share;
    }
    text(&mut s, (66.0, 74.0), 22.0, "middle", INK, middle);
    picture("donut", (132.0, 132.0), words, &s)
}
