//! Charts as server-side SVG (engine `charts`), with words in the language of the reader. Each carries its numbers as text.

use maud::{Markup, PreEscaped, html};

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
    let share = charts::Share { met: b.met, unmet: b.unmet, nodata: b.nodata, goal: b.goal };
    let none = || lang.t("Không có đối tượng nào trong phạm vi", "Nothing in scope").to_owned();
    let words = if b.met.max(0) + b.unmet.max(0) + b.nodata.max(0) == 0 { none() } else { b.words(lang) };
    PreEscaped(charts::share(share, &words, charts::Width::Fluid))
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
    let text = |q: &Point| {
        let v =
            q.value.map_or_else(|| lang.t("chưa có", "none").to_owned(), |v| format!("{}{unit}", fmt::dec_auto((v * 10.0).round() / 10.0)));
        format!("{}: {v}", q.label)
    };
    let said: Vec<charts::Point> = points.iter().map(|q| charts::Point { words: text(q), value: q.value }).collect();
    let words = said.iter().map(|q| q.words.as_str()).collect::<Vec<_>>().join("; ");
    let words = format!("{}: {words}", lang.t("Xu hướng", "Trend"));
    match charts::trend(&said, goal, &words, None) {
        Some(svg) => PreEscaped(svg),
        None => html! { p.muted.small { (lang.t("Chưa có số liệu các kỳ trước.", "No figures of earlier periods yet.")) } },
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
    let words = slices.iter().map(|s| format!("{} {}", s.label, fmt::int(s.n))).collect::<Vec<_>>().join(", ");
    let parts: Vec<charts::Slice> = slices.iter().map(|s| charts::Slice { n: s.n, tone: drawn(s.tone) }).collect();
    html! {
        div.row.donut-row {
            (PreEscaped(charts::ring(&parts, &fmt::int(whole), &words, false)))
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

/// The colour in a drawing.
pub fn drawn(tone: Tone) -> charts::Tone {
    match tone {
        Tone::Met => charts::Tone::Met,
        Tone::Unmet => charts::Tone::Unmet,
        Tone::Soon => charts::Tone::Soon,
        Tone::None => charts::Tone::NoData,
        _ => charts::Tone::Plain,
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
