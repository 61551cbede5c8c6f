//! Colours, escaped text, the frame of a picture.

use std::fmt::Write;

/// What a part says; on paper and on a page the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Reached.
    Met,
    /// Not reached, late.
    Unmet,
    /// Soon due.
    Soon,
    /// No data: hatched.
    NoData,
    /// Neither good nor bad.
    #[default]
    Plain,
}

impl Tone {
    /// Class in the shell.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Tone::Met => "met",
            Tone::Unmet => "unmet",
            Tone::Soon => "soon",
            Tone::NoData => "none",
            Tone::Plain => "plain",
        }
    }
    /// Colour on paper; told apart in grey too (dark, middle, light, hatched).
    pub(crate) fn paint(self) -> &'static str {
        match self {
            Tone::Met => "#1c7a4b",
            Tone::Unmet => "#d9736b",
            Tone::Soon => "#d9a83c",
            Tone::NoData => "url(#hatch)",
            Tone::Plain => "#5c6670",
        }
    }
    /// The same, light enough for black letters on it.
    pub(crate) fn wash(self) -> &'static str {
        match self {
            Tone::Met => "#cfe8d9",
            Tone::Unmet => "#f6cfca",
            Tone::Soon => "#fae6b3",
            Tone::NoData => "url(#hatch)",
            Tone::Plain => "#ffffff",
        }
    }
}

/// How wide a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// As wide as where it stands; the page has the pattern `#hatch`.
    Fluid,
    /// So many pixels; needs nothing around it.
    Fixed(f64),
}

pub(crate) const INK: &str = "#15181c";
pub(crate) const QUIET: &str = "#5c6670";
pub(crate) const LINE: &str = "#b4bbc2";

/// The pattern for "no data".
pub(crate) const HATCH: &str = "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\" stroke=\"#767e87\" stroke-width=\"2\"/></pattern></defs>";

/// Text and values of attributes.
pub(crate) fn escape(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // not allowed in XML 1.0 at all
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

/// A number as SVG writes it: no more than two decimals.
pub(crate) fn n(v: f64) -> String {
    let s = format!("{v:.2}");
    s.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole picture of a fixed size: class, size, what it says, what is in it.
pub(crate) fn picture(class: &str, (w, h): (f64, f64), words: &str, inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{inside}</svg>",
        n(w),
        n(h),
        n(w),
        n(h),
        escape(words)
    )
}

/// Letters. `anchor`: start, middle, end.
pub(crate) fn text(out: &mut String, (x, y): (f64, f64), size: f64, anchor: &str, colour: &str, s: &str) {
    // writing into a String cannot fail
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-family=\"Tinos\">{}</text>",
        n(x),
        n(y),
        n(size),
        escape(s)
    );
}

/// Cut to about so many letters of this size, with "…"; a letter is half as wide as it is high.
pub(crate) fn fit(s: &str, width: f64, size: f64) -> String {
    let most = (width / (size * 0.5)).max(1.0);
    let many = s.chars().count();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of letters, at least 1")]
    let most = most as usize;
    if many <= most { s.to_owned() } else { s.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}
