//! The lines of the document that a part of the reading came from, to stand beside its form.

use std::collections::BTreeSet;

use plan_reader::{Line, Reading};
use web::Lang;
use web::maud::{Markup, html};

use crate::draft::Draft;

/// Lines shown before and after.
const AROUND: usize = 4;
/// Most lines beside one form.
const MOST: usize = 60;

/// Lines of a part: `list` and `n` as in its address.
pub fn of(draft: &Draft, list: &str, n: &str) -> Vec<usize> {
    let (p, reading) = (&draft.reading.plan, &draft.reading);
    let Some(i) = n.split('.').next().and_then(|i| i.parse::<usize>().ok()) else { return vec![] };
    let one = |line: Option<usize>| line.filter(|l| *l > 0).into_iter().collect();
    match list {
        "task" => p.tasks.get(i).map(|t| t.lines.clone()).unwrap_or_default(),
        "objective" | "value" => one(p.objectives.get(i).map(|o| o.line)),
        "assignment" => one(p.assignments.get(i).map(|a| a.line)),
        "base" => one(p.legal_bases.get(i).map(|b| b.line)),
        "section" => one(p.sections.get(i).map(|s| s.line)),
        "row" => one(reading.table_sections.get(i).map(|s| s.line)),
        // the list of recipients is at the end
        "recipient" => one(p.recipients.get(i).and_then(|r| reading.lines.iter().rfind(|l| l.text.contains(&r.name))).map(|l| l.line)),
        _ => vec![],
    }
}

/// Lines of the head: all before the first section.
pub fn head(reading: &Reading) -> Vec<usize> {
    let first = reading.plan.sections.first().map_or(usize::MAX, |s| s.line);
    let filled = reading.lines.iter().filter(|l| !l.text.trim().is_empty() && l.line < first);
    filled.take(MOST / 2).map(|l| l.line).collect()
}

/// These lines marked, with a few around them; nothing when the part is not from the document. `base` = the review page.
pub fn beside(draft: &Draft, own: &[usize], base: &str, lang: Lang) -> Option<Markup> {
    let own: BTreeSet<usize> = own.iter().copied().collect();
    let lines = &draft.reading.lines;
    let shown: Vec<&Line> = near(lines, &own);
    let first = *own.first()?;
    let mut last = None;
    (!shown.is_empty()).then(|| {
        html! {
            section.card.doc tabindex="0" aria-label=(lang.t("Trong văn bản", "In the document")) {
                p.small.muted { (lang.t("Trong văn bản, dòng", "In the document, line")) " " (first) " · " a href=(super::review::line_link(base, first, lines)) { (lang.t("xem cả văn bản", "the whole document")) } }
                @for l in shown {
                    @if last.replace(l.line).is_some_and(|before| l.line > before + AROUND + 1) { p.muted aria-hidden="true" { "…" } }
                    @if own.contains(&l.line) { p data-line=(l.line) { mark { (super::review::cells(l)) } } }
                    @else { p.muted data-line=(l.line) { (super::review::cells(l)) } }
                }
            }
        }
    })
}

/// Filled lines within [`AROUND`] filled lines of the own ones.
fn near<'a>(lines: &'a [Line], own: &BTreeSet<usize>) -> Vec<&'a Line> {
    let filled: Vec<&Line> = lines.iter().filter(|l| !l.text.trim().is_empty()).collect();
    let mut wanted = BTreeSet::new();
    for (at, _) in filled.iter().enumerate().filter(|(_, l)| own.contains(&l.line)) {
        wanted.extend(at.saturating_sub(AROUND)..=(at + AROUND).min(filled.len() - 1));
    }
    wanted.into_iter().take(MOST).map(|at| filled[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_filled_lines_stand_around_the_own_ones() {
        let line = |n: usize| Line { line: n, text: if n.is_multiple_of(2) { String::new() } else { format!("dòng {n}") }, cells: vec![] };
        let lines: Vec<Line> = (1..=60).map(line).collect();
        let shown = |own: &[usize]| near(&lines, &own.iter().copied().collect()).iter().map(|l| l.line).collect::<Vec<_>>();
        assert_eq!(shown(&[21]), [13, 15, 17, 19, 21, 23, 25, 27, 29]);
        assert_eq!(shown(&[1]), [1, 3, 5, 7, 9]);
        assert_eq!(shown(&[1, 59]).len(), 10);
        assert!(shown(&[]).is_empty() && shown(&[900]).is_empty());
    }
}
