//! A line over time.

use std::fmt::Write;

use crate::svg::{LINE, QUIET, escape, n, picture, text};

/// A point: what it is called and says, and its value; `None` = no figure, the line is broken there.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// `11/2026: 87,4 %`.
    pub words: String,
    /// Value.
    pub value: Option<f64>,
}

const WIDE: f64 = 300.0;

/// 320 × 70, the last value marked; `None` when there is no figure at all. `ends`: words under the first and the last point.
pub fn trend(points: &[Point], goal: Option<f64>, words: &str, ends: Option<(&str, &str)>) -> Option<String> {
    let known: Vec<f64> = points.iter().filter_map(|q| q.value).collect();
    if known.is_empty() {
        return None;
    }
    let top = known.iter().copied().chain(goal).fold(1.0_f64, f64::max);
    let low = known.iter().copied().fold(0.0_f64, f64::min);
    let step = WIDE / (points.len().max(2) - 1) as f64;
    let at = |i: usize, v: f64| (6.0 + i as f64 * step, 62.0 - (v - low) / (top - low) * 54.0);
    let mut s = format!("<line class=\"axis\" x1=\"6\" x2=\"306\" y1=\"62\" y2=\"62\" stroke=\"{LINE}\"/>");
    // writing into a String cannot fail, here and below
    if let Some(g) = goal {
        let y = n(at(0, g).1);
        let _ = write!(s, "<line class=\"goal\" x1=\"6\" x2=\"306\" y1=\"{y}\" y2=\"{y}\" stroke=\"{QUIET}\" stroke-dasharray=\"4 4\"/>");
    }
    for line in lines(points, at).iter().filter(|l| l.len() > 1) {
        let _ = write!(s, "<polyline points=\"{}\" fill=\"none\" stroke=\"#0f5c63\" stroke-width=\"2.5\"/>", line.join(" "));
    }
    let mut last = None;
    for (i, q) in points.iter().enumerate() {
        if let Some(v) = q.value {
            let (x, y) = at(i, v);
            let _ = write!(
                s,
                "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"2\" fill=\"#0f5c63\"><title>{}</title></circle>",
                n(x),
                n(y),
                escape(&q.words)
            );
            last = Some((x, y));
        }
    }
    if let Some((x, y)) = last {
        let _ = write!(s, "<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"#0f5c63\"/>", n(x), n(y));
    }
    let mut high = 70.0;
    if let Some((first, end)) = ends {
        text(&mut s, (6.0, 78.0), 11.0, "start", QUIET, first);
        text(&mut s, (306.0, 78.0), 11.0, "end", QUIET, end);
        high = 84.0;
    }
    Some(picture("trend", (320.0, high), words, &s))
}

/// Runs of points with a figure.
fn lines(points: &[Point], at: impl Fn(usize, f64) -> (f64, f64)) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = vec![vec![]];
    for (i, q) in points.iter().enumerate() {
        match (q.value, lines.last_mut()) {
            (Some(v), Some(l)) => {
                let (x, y) = at(i, v);
                l.push(format!("{},{}", n(x), n(y)));
            }
            (None, Some(l)) if !l.is_empty() => lines.push(vec![]),
            _ => {}
        }
    }
    lines
}
