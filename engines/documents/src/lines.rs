//! Breaking a text into lines, and lines of even length for titles.
use crate::doc::Text;
use crate::font::{Face, settable};

/// A letter ready to be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub c: char,
    pub face: Face,
    pub glyph: u32,
    /// In em.
    pub advance: f32,
}

/// One line of a paragraph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// With the spaces it ends in.
    pub letters: Vec<Letter>,
    /// Width without those spaces, in em.
    pub width: f32,
    /// Spaces a justified line may widen.
    pub spaces: usize,
    /// Whether the paragraph (or a line break in it) ends here: such a line is not stretched.
    pub ends: bool,
}

impl Line {
    fn new(letters: Vec<Letter>, ends: bool) -> Self {
        let kept = letters.iter().rposition(|l| l.c != ' ').map_or(0, |i| i + 1);
        let width = letters[..kept].iter().map(|l| l.advance).sum();
        let spaces = letters[..kept].iter().filter(|l| l.c == ' ').count();
        Self { letters, width, spaces, ends }
    }
}

fn letters(text: &Text) -> Vec<Letter> {
    let mut out = Vec::new();
    for run in &text.0 {
        let face = Face::of(run.bold, run.italic);
        out.extend(settable(&run.text).chars().map(|c| {
            let (glyph, advance) = if c == '\n' { (0, 0.0) } else { face.glyph(c) };
            Letter { c, face, glyph, advance }
        }));
    }
    out
}

/// Whether a line may end after the letter at `i`: at spaces, and at a hyphen between letters.
fn may_break_after(all: &[Letter], i: usize) -> bool {
    match all[i].c {
        ' ' => true,
        '-' | '–' | '—' => {
            let letter = |at: Option<&Letter>| at.is_some_and(|l| l.c.is_alphabetic());
            letter(all.get(i + 1)) && i > 0 && letter(all.get(i - 1))
        }
        _ => false,
    }
}

/// Breaks a text into lines no wider than `first` and then `width`, both in em. A word wider than a
/// line is broken where it must be. Always at least one line.
pub(crate) fn lines(text: &Text, first: f32, width: f32) -> Vec<Line> {
    let all = letters(text);
    let mut out: Vec<Line> = Vec::new();
    let mut start = 0;
    loop {
        let room = if out.is_empty() { first } else { width };
        let (end, next, ends) = one_line(&all, start, room);
        out.push(Line::new(all[start..end].to_vec(), ends));
        if next >= all.len() {
            return out;
        }
        start = next;
    }
}

/// End of the line that starts at `start`, where the next one starts, and whether the line ends a
/// paragraph.
fn one_line(all: &[Letter], start: usize, room: f32) -> (usize, usize, bool) {
    let (mut x, mut best) = (0.0, None);
    for i in start..all.len() {
        let l = all[i];
        if l.c == '\n' {
            return (i, i + 1, true);
        }
        if l.c != ' ' && x + l.advance > room + 1e-3 && i > start {
            let end = best.unwrap_or(i);
            return (end, end, false);
        }
        x += l.advance;
        if may_break_after(all, i) {
            best = Some(i + 1);
        }
    }
    (all.len(), all.len(), true)
}

/// What to take off either side of a column so that the lines of a text are as even as they can be
/// without becoming more; in points. Text and column as for [`lines`], but in points.
pub(crate) fn even(text: &Text, size: f32, column: f32) -> f32 {
    let count = |width: f32| lines(text, width / size, width / size).len();
    let n = count(column);
    if n < 2 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, column);
    for _ in 0..12 {
        let middle = f32::midpoint(low, high);
        if count(middle) > n { low = middle } else { high = middle }
    }
    // Some air, since a word processor may measure a little differently.
    ((column - high - 6.0) / 2.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, width: f32) -> Vec<String> {
        lines(&text.into(), width, width).iter().map(|l| l.letters.iter().map(|x| x.c).collect()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_between_parts_of_a_word() {
        assert_eq!(plain("Ủy ban nhân dân", 5.0), ["Ủy ban ", "nhân dân"]);
        assert_eq!(plain("a\nb", 50.0), ["a", "b"]);
        assert_eq!(plain("", 5.0), [""]);
        assert_eq!(plain("Thừa-Thiên Huế", 4.0), ["Thừa-", "Thiên ", "Huế"]);
        assert_eq!(plain("ngày\u{a0}05 tháng", 4.5), ["ngày\u{a0}05 ", "tháng"], "a fixed space holds");
        assert_eq!(plain("mmmmmm", 2.0), ["mm", "mm", "mm"], "a long word is broken");
        assert_eq!(plain("mm", 0.1), ["m", "m"], "no endless loop in a column too narrow");
    }

    #[test]
    fn titles_break_evenly() {
        let title: Text = "Kết quả năm 2026 thực hiện Kế hoạch Nâng cao năng lực bảo đảm an ninh mạng".into();
        let side = even(&title, 14.0, 430.0);
        let widths = |room: f32| lines(&title, room / 14.0, room / 14.0).iter().map(|l| l.width * 14.0).collect::<Vec<_>>();
        let (before, after) = (widths(430.0), widths(430.0 - 2.0 * side));
        assert_eq!(before.len(), after.len());
        assert!(after[0] - after[1] < 60.0 && before[0] - before[1] > 200.0, "{before:?} {after:?}");
        assert!(even(&"Một dòng".into(), 14.0, 430.0) == 0.0);
    }

    #[test]
    fn nothing_is_lost_and_no_line_is_too_wide() {
        let text = "Trước ngày 05 tháng 12 hằng năm, các sở, ban, ngành và Ủy ban nhân dân cấp xã báo cáo kết quả. ".repeat(8);
        for width in 3..40_u8 {
            let width = f32::from(width);
            let got = lines(&text.as_str().into(), width - 1.0, width);
            assert_eq!(got.iter().flat_map(|l| l.letters.iter().map(|x| x.c)).collect::<String>(), text);
            assert!(got.iter().skip(1).all(|l| l.width <= width + 1e-3) && got[0].width <= width - 1.0 + 1e-3);
        }
    }
}
