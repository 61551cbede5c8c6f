//! Charts as server-side SVG. Each carries its numbers as text; none is scaled, so hatching stays as drawn.

use maud::{Markup, html};

use crate::fmt;
use crate::i18n::Lang;
use crate::module::Tone;

/// Parts of a whole and a goal, both in records; `goal_percent` draws a tick.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bar3 {
    /// Met.
    pub met: i64,
    /// Not met.
    pub unmet: i64,
    /// No data: hatched, never counted as met.
    pub nodata: i64,
    /// Goal in percent of the whole.
    pub goal: Option<f64>,
}

impl Bar3 {
    /// In words: `9 đạt, 3 chưa đạt, 1 chưa có dữ liệu, mục tiêu 100 %`.
    pub fn words(&self, lang: Lang) -> String {
        let mut s = format!(
            "{} {}, {} {}, {} {}",
            fmt::int(self.met),
            lang.t("đạt", "met"),
            fmt::int(self.unmet),
            lang.t("chưa đạt", "not met"),
            fmt::int(self.nodata),
            lang.t("chưa có dữ liệu", "no data")
        );
        if let Some(g) = self.goal {
            s.push_str(&format!(", {} {}\u{a0}%", lang.t("mục tiêu", "goal"), fmt::dec_auto(g)));
        }
        s
    }
}

/// Met, not met, no data as one bar of full width. Over nothing: an empty frame that says so.
pub fn bar3(b: Bar3, lang: Lang) -> Markup {
    let whole = b.met.max(0) + b.unmet.max(0) + b.nodata.max(0);
    if whole == 0 {
        let none = lang.t("Không có đối tượng nào trong phạm vi", "Nothing in scope");
        return html! { svg.bar width="100%" height="18" role="img" aria-label=(none) { rect.e x="0" y="3" width="100%" height="12" {} } };
    }
    let pc = |n: i64| n.max(0) as f64 * 100.0 / whole as f64;
    let (m, u, n) = (pc(b.met), pc(b.unmet), pc(b.nodata));
    html! {
        svg.bar width="100%" height="18" role="img" aria-label=(b.words(lang)) {
            @if m > 0.0 { rect.m x="0" y="3" width=(p(m)) height="12" {} }
            @if u > 0.0 { rect.u x=(p(m)) y="3" width=(p(u)) height="12" {} }
            @if n > 0.0 { rect.n x=(p(m + u)) y="3" width=(p(n)) height="12" fill="url(#hatch)" {} }
            @if let Some(g) = b.goal { @let g = g.clamp(0.0, 100.0); line.g x1=(p(g)) x2=(p(g)) y1="0" y2="18" {} }
        }
    }
}

/// The legend under a [`bar3`]: each number a link to its records (empty address: plain text).
pub fn bar3_legend(b: Bar3, met: &str, unmet: &str, nodata: &str, lang: Lang) -> Markup {
    let part = |label: &str, n: i64, href: &str| {
        html! { span { (label) " " @if href.is_empty() || n == 0 { (fmt::int(n)) } @else { a href=(href) { (fmt::int(n)) } } } }
    };
    html! {
        div.row.small.muted {
            (part(lang.t("Đạt", "Met"), b.met, met))
            (part(lang.t("Chưa đạt", "Not met"), b.unmet, unmet))
            (part(lang.t("Chưa có dữ liệu", "No data"), b.nodata, nodata))
        }
    }
}

/// A percentage for SVG, two decimals, point.
fn p(v: f64) -> String {
    format!("{v:.2}%")
}

/// A point of a trend: label (a day, a month) and value; `None` = no figure, the line is broken there.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// `11/2026`.
    pub label: String,
    /// Value in `unit`.
    pub value: Option<f64>,
}

/// A line over time, 320 × 66, with the last value marked and all values as text for who cannot see it.
pub fn trend(points: &[Point], goal: Option<f64>, unit: &str, lang: Lang) -> Markup {
    let known: Vec<f64> = points.iter().filter_map(|q| q.value).collect();
    if known.is_empty() {
        return html! { p.muted.small { (lang.t("Chưa có số liệu các kỳ trước.", "No figures of earlier periods yet.")) } };
    }
    let top = known.iter().copied().chain(goal).fold(1.0_f64, f64::max);
    let low = known.iter().copied().fold(0.0_f64, f64::min);
    let step = 300.0 / (points.len().max(2) - 1) as f64;
    let y = |v: f64| 60.0 - (v - low) / (top - low) * 54.0;
    let mut lines: Vec<Vec<String>> = vec![vec![]];
    for (i, q) in points.iter().enumerate() {
        match (q.value, lines.last_mut()) {
            (Some(v), Some(l)) => l.push(format!("{:.1},{:.1}", i as f64 * step, y(v))),
            (None, Some(l)) if !l.is_empty() => lines.push(vec![]),
            _ => {}
        }
    }
    let last = points.iter().enumerate().rev().find_map(|(i, q)| q.value.map(|v| (i as f64 * step, y(v))));
    let text = |q: &Point| {
        let v =
            q.value.map_or_else(|| lang.t("chưa có", "none").to_owned(), |v| format!("{}{unit}", fmt::dec_auto((v * 10.0).round() / 10.0)));
        format!("{}: {v}", q.label)
    };
    let words = points.iter().map(text).collect::<Vec<_>>().join("; ");
    html! {
        svg.trend width="320" height="70" viewBox="-6 -2 320 70" role="img" aria-label=(format!("{}: {words}", lang.t("Xu hướng", "Trend"))) {
            line.axis x1="0" x2="300" y1="60" y2="60" {}
            @if let Some(g) = goal { line.goal x1="0" x2="300" y1=(format!("{:.1}", y(g))) y2=(format!("{:.1}", y(g))) {} }
            @for l in lines.iter().filter(|l| l.len() > 1) { polyline points=(l.join(" ")) {} }
            @for (i, q) in points.iter().enumerate() {
                @if let Some(v) = q.value { circle.dot cx=(format!("{:.1}", i as f64 * step)) cy=(format!("{:.1}", y(v))) r="2" { title { (text(q)) } } }
            }
            @if let Some((x, y)) = last { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4" {} }
        }
    }
}

/// One part of a [`donut`].
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Name.
    pub label: String,
    /// How many.
    pub n: i64,
    /// Colour.
    pub tone: Tone,
}

/// Parts of a whole as a ring with its table beside it.
pub fn donut(slices: &[Slice], lang: Lang) -> Markup {
    let whole: i64 = slices.iter().map(|s| s.n.max(0)).sum();
    let mut at = 0.0;
    let mut arcs = vec![];
    for s in slices.iter().filter(|s| s.n > 0) {
        let share = s.n as f64 * 100.0 / whole as f64;
        arcs.push((s.tone, format!("{share:.2} {:.2}", 100.0 - share), format!("{:.2}", 25.0 - at)));
        at += share;
    }
    let words = slices.iter().map(|s| format!("{} {}", s.label, fmt::int(s.n))).collect::<Vec<_>>().join(", ");
    html! {
        div.row.donut-row {
            svg.donut width="132" height="132" role="img" aria-label=(words) {
                circle.ring cx="66" cy="66" r="50" {}
                @for (tone, dash, off) in &arcs {
                    circle class={"arc " (tone.class())} stroke=[(*tone == Tone::None).then_some("url(#hatch)")] cx="66" cy="66" r="50" pathLength="100" stroke-dasharray=(dash) stroke-dashoffset=(off) {}
                }
                text x="66" y="74" text-anchor="middle" { (fmt::int(whole)) }
            }
            table.mini {
                caption.sr { (lang.t("Số liệu của biểu đồ", "Figures of the chart")) }
                tbody { @for s in slices { tr {
                    th scope="row" { span class={"key " (s.tone.class())} {} (s.label) }
                    td.num { (fmt::int(s.n)) }
                    td.num.muted { (fmt::percent(s.n, whole).unwrap_or_default()) }
                } } }
            }
        }
    }
}

/// Something on a day of a [`calendar()`].
#[derive(Debug, Clone, PartialEq)]
pub struct DayItem {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Text.
    pub label: String,
    /// Address.
    pub href: String,
    /// Colour.
    pub tone: Tone,
}

/// A month as a table, Monday first; on a phone only days with something are shown, as a list.
pub fn calendar(year: i64, month: i64, today: &str, items: &[DayItem], lang: Lang) -> Markup {
    let first = fmt::days_from_civil(year, month, 1);
    let (ny, nm) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let end = fmt::days_from_civil(ny, nm, 1);
    let monday = first - (first + 3).rem_euclid(7); // day 0 was a Thursday
    let names = lang.t("T2 T3 T4 T5 T6 T7 CN", "Mon Tue Wed Thu Fri Sat Sun");
    let weeks: Vec<i64> = (monday..end).step_by(7).collect();
    html! {
        table.calendar {
            caption { (lang.t("Tháng", "Month")) " " (format!("{month:02}/{year}")) }
            thead { tr { @for n in names.split(' ') { th scope="col" { (n) } } } }
            tbody { @for w in weeks { tr { @for d in w..w + 7 {
                @let iso = fmt::iso_of_days(d);
                @let own: Vec<_> = items.iter().filter(|i| i.day == iso).collect();
                td.out[d < first || d >= end].today[iso == today].empty[own.is_empty()] {
                    time datetime=(iso) { (fmt::civil(d).2) }
                    @if !own.is_empty() { ul { @for i in own { li { a class=(i.tone.class()) href=(i.href) { (i.label) } } } } }
                }
            } } } }
        }
    }
}

/// One tile of a [`tiles`] map.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Full name.
    pub label: String,
    /// What fits: `9/12`.
    pub short: String,
    /// Address.
    pub href: String,
    /// Colour; no data is hatched.
    pub tone: Tone,
}

/// Agencies as equal tiles: no boundaries, so no area misleads. Each says its name and its figure.
pub fn tiles(list: &[Tile], label: &str) -> Markup {
    html! {
        ul.tiles aria-label=(label) { @for t in list { li {
            a class={"tile " (t.tone.class())} href=(t.href) { span { (t.label) } strong.tab { (t.short) } }
        } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_is_not_scaled_and_says_its_numbers() {
        let s = bar3(Bar3 { met: 1, unmet: 1, nodata: 2, goal: Some(100.0) }, Lang::Vi).into_string();
        assert!(!s.contains("viewBox") && !s.contains("style="), "{s}");
        assert!(s.contains(r#"x="50.00%" y="3" width="50.00%" height="12" fill="url(#hatch)""#), "{s}");
        assert!(s.contains("1 đạt, 1 chưa đạt, 2 chưa có dữ liệu, mục tiêu 100\u{a0}%"), "{s}");
    }

    #[test]
    fn nothing_is_neither_met_nor_zero() {
        let s = bar3(Bar3::default(), Lang::Vi).into_string();
        assert!(s.contains("Không có đối tượng") && !s.contains("class=\"m\""), "{s}");
    }

    #[test]
    fn trend_breaks_where_no_figure_is() {
        let pt = |v| Point { label: "x".into(), value: v };
        let s = trend(&[pt(Some(1.0)), pt(Some(2.0)), pt(None), pt(Some(3.0)), pt(Some(4.0))], None, " %", Lang::Vi).into_string();
        assert_eq!(s.matches("<polyline").count(), 2, "{s}");
        assert!(trend(&[], None, "", Lang::Vi).into_string().contains("Chưa có số liệu"));
    }

    #[test]
    fn calendar_starts_on_monday() {
        // 1 November 2026 is a Sunday: alone in its first week.
        let s = calendar(2026, 11, "2026-11-22", &[], Lang::Vi).into_string();
        assert!(s.contains("2026-10-26") && !s.contains("2026-10-25"), "{s}");
        assert!(s.contains("2026-12-06") && !s.contains("2026-12-07"), "{s}");
    }

    #[test]
    fn donut_parts_sum_to_the_ring() {
        let sl = |n| Slice { label: "a".into(), n, tone: Tone::Met };
        let s = donut(&[sl(1), sl(3), sl(0)], Lang::Vi).into_string();
        assert!(s.contains("25.00 75.00") && s.contains("75.00 25.00"), "{s}");
        assert_eq!(s.matches("class=\"arc").count(), 2);
    }
}
