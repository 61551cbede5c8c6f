//! Met, not met, no data as one bar.

use std::fmt::Write;

use crate::svg::{HATCH, INK, LINE, Width, escape, n};

/// Parts of a whole and a goal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    /// Met.
    pub met: i64,
    /// Not met.
    pub unmet: i64,
    /// No data.
    pub nodata: i64,
    /// Goal in percent of the whole.
    pub goal: Option<f64>,
}

/// The bar, 18 high. Fluid bars are drawn in percent so that hatching is never stretched.
pub fn share(b: Share, words: &str, width: Width) -> String {
    let unit = |pc: f64| match width {
        Width::Fluid => format!("{pc:.2}%"),
        Width::Fixed(w) => n(pc * w / 100.0),
    };
    let mut s = match width {
        Width::Fluid => String::from("<svg class=\"bar\" width=\"100%\" height=\"18\""),
        Width::Fixed(w) => {
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bar\" width=\"{}\" height=\"18\" viewBox=\"0 0 {} 18\"", n(w), n(w))
        }
    };
    // writing into a String cannot fail
    let _ = write!(s, " role=\"img\" aria-label=\"{}\">", escape(words));
    let whole = b.met.max(0) + b.unmet.max(0) + b.nodata.max(0);
    if whole == 0 {
        let _ = write!(
            s,
            "<rect class=\"e\" x=\"0\" y=\"3\" width=\"{}\" height=\"12\" fill=\"none\" stroke=\"{LINE}\" stroke-dasharray=\"3 3\"/></svg>",
            unit(100.0)
        );
        return s;
    }
    if b.nodata > 0 && width != Width::Fluid {
        s.push_str(HATCH);
    }
    let mut at = 0.0;
    for (class, paint, many) in [("m", "#1c7a4b", b.met), ("u", "#d9736b", b.unmet), ("n", "url(#hatch)", b.nodata)] {
        let pc = many.max(0) as f64 * 100.0 / whole as f64;
        if pc > 0.0 {
            let _ = write!(s, "<rect class=\"{class}\" x=\"{}\" y=\"3\" width=\"{}\" height=\"12\" fill=\"{paint}\"/>", unit(at), unit(pc));
        }
        at += pc;
    }
    if let Some(g) = b.goal {
        let x = unit(g.clamp(0.0, 100.0));
        let _ = write!(s, "<line class=\"g\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"18\" stroke=\"{INK}\" stroke-width=\"2\"/>");
    }
    s.push_str("</svg>");
    s
}
