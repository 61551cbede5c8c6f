//! A bar for each row, the name before it and the figure behind it.

use std::fmt::Write;

use crate::share::Share;
use crate::svg::{HATCH, INK, LINE, QUIET, escape, fit, n, picture, text};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Name, on two lines when it is long, cut when it is longer (whole in `<title>`).
    pub label: String,
    /// What the bar says.
    pub share: Share,
    /// Behind the bar: `87,4 %`.
    pub figure: String,
}

const WIDE: f64 = 640.0;
const NAME: f64 = 300.0;
const BAR: f64 = 250.0;
const HIGH: f64 = 32.0;
const LETTER: f64 = 12.0;
/// Widest a letter is on the average, of its height: the page's own face is wider than the paper's.
const BROAD: f64 = 0.57;

/// 640 wide, 32 for each row. A row over nothing has an empty frame.
pub fn ranking(rows: &[Row], words: &str) -> String {
    let mut s = HATCH.to_owned();
    for (i, r) in rows.iter().enumerate() {
        let y = i as f64 * HIGH;
        // writing into a String cannot fail, here and below
        let _ = write!(s, "<g><title>{}</title>", escape(&format!("{}: {}", r.label, r.figure)));
        match halves(&r.label) {
            (one, None) => text(&mut s, (NAME - 8.0, y + 20.0), LETTER, "end", INK, one),
            (one, Some(two)) => {
                text(&mut s, (NAME - 8.0, y + 13.0), LETTER, "end", INK, one);
                text(&mut s, (NAME - 8.0, y + 27.0), LETTER, "end", INK, &fit(two, NAME - 8.0, LETTER * BROAD / 0.5));
            }
        }
        bar(&mut s, &r.share, y + 9.0);
        text(&mut s, (NAME + BAR + 8.0, y + 20.0), LETTER, "start", QUIET, &r.figure);
        s.push_str("</g>");
    }
    picture("ranking", (WIDE, rows.len() as f64 * HIGH + 2.0), words, &s)
}

/// The name on one line, or broken at the last space that still fits.
fn halves(label: &str) -> (&str, Option<&str>) {
    let (width, many) = (NAME - 8.0, label.chars().count());
    if many as f64 * LETTER * BROAD <= width {
        return (label, None);
    }
    let fits = |at: &usize| label.get(..*at).is_some_and(|s| s.chars().count() as f64 * LETTER * BROAD <= width);
    let at = label.match_indices(' ').map(|(i, _)| i).take_while(fits).last();
    at.and_then(|i| label.split_at_checked(i)).map_or((label, None), |(a, b)| (a, Some(b.trim_start())))
}

fn bar(s: &mut String, b: &Share, y: f64) {
    let whole = b.met.max(0) + b.unmet.max(0) + b.nodata.max(0);
    let _ = write!(
        s,
        "<rect class=\"e\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"none\" stroke=\"{LINE}\"{}/>",
        n(NAME),
        n(y),
        n(BAR),
        if whole == 0 { " stroke-dasharray=\"3 3\"" } else { "" }
    );
    let mut x = NAME;
    for (class, paint, many) in [("m", "#1c7a4b", b.met), ("u", "#d9736b", b.unmet), ("n", "url(#hatch)", b.nodata)] {
        if whole == 0 || many <= 0 {
            continue;
        }
        let w = many as f64 * BAR / whole as f64;
        let _ = write!(s, "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"{paint}\"/>", n(x), n(y), n(w));
        x += w;
    }
    if let Some(g) = b.goal {
        let x = n(NAME + BAR * g.clamp(0.0, 100.0) / 100.0);
        let _ = write!(
            s,
            "<line class=\"g\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\" stroke=\"{INK}\" stroke-width=\"2\"/>",
            n(y - 2.0),
            n(y + 16.0)
        );
    }
}
