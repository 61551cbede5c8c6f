//! Objectives: items below a heading that says "mục tiêu" or "chỉ tiêu", with their horizon.

use crate::dates;
use crate::fold::{Folded, fold};
use crate::lines::{Marker, Para};
use crate::plan::Objective;
use crate::sections::{Document, Part, Purpose, has_children};
use crate::values;

/// One level of headings above an item.
struct Heading {
    level: u8,
    horizon: Option<i32>,
    /// Whether the heading switches objectives on (`mục tiêu`) or off (`yêu cầu`).
    switch: Option<bool>,
}

/// Reads the objectives of the body. `fallback` = last year of the plan's period, when the title names one.
pub fn read(doc: &Document, fallback: Option<i32>) -> Vec<Objective> {
    let mut out = Vec::new();
    for part in &doc.parts {
        part_objectives(part, fallback, &mut out);
    }
    out
}

fn part_objectives(part: &Part, fallback: Option<i32>, out: &mut Vec<Objective>) {
    let title = fold(&part.section.title);
    let on = part.purpose == Purpose::Objectives;
    if matches!(part.purpose, Purpose::Assignments | Purpose::General | Purpose::Budget) {
        return;
    }
    let mut stack = vec![Heading { level: 0, horizon: horizon_of(&title), switch: Some(on) }];
    let section = Some(part.section.ordinal.clone()).filter(|o| !o.is_empty());
    for (at, para) in part.paras.iter().enumerate() {
        let level = para.marker.level();
        if para.marker != Marker::None {
            while stack.len() > 1 && stack.last().is_some_and(|h| h.level >= level) {
                stack.pop();
            }
        }
        if let Some((head, inline)) = heading(&part.paras, at) {
            let key = fold(head);
            stack.push(Heading { level, horizon: horizon_of(&key), switch: switch(&key) });
            if let Some(text) = inline
                && active(&stack)
            {
                push(text, para.line, &section, &stack, fallback, out);
            }
            continue;
        }
        let intro = para.marker == Marker::None && (para.text.ends_with(':') || para.text.starts_with('('));
        if active(&stack) && !intro && !para.text.is_empty() {
            push(&para.text, para.line, &section, &stack, fallback, out);
        }
    }
}

fn active(stack: &[Heading]) -> bool {
    stack.iter().rev().find_map(|h| h.switch).unwrap_or(false)
}

/// Whether a paragraph is a heading; its heading words and any text behind its colon.
fn heading(paras: &[Para], at: usize) -> Option<(&str, Option<&str>)> {
    let para = &paras[at];
    let numbered = matches!(para.marker, Marker::Number(_) | Marker::Letter(_) | Marker::Upper(_) | Marker::Roman(_));
    let length = para.text.chars().count();
    if numbered && let Some((head, rest)) = para.text.split_once(':') {
        let rest = rest.trim();
        if switch(&fold(head)).is_some() && head.chars().count() < 90 && !rest.is_empty() {
            return Some((head, Some(rest)));
        }
    }
    let children = has_children(paras, at);
    if numbered && (children || (switch(&para.key).is_some() && length < 120)) && (length < 200 || para.text.ends_with(':')) {
        return Some((&para.text, None));
    }
    let labelled = para.text.ends_with(':') && length < 200;
    if (children && labelled) || (para.marker == Marker::None && labelled && switch(&para.key) == Some(true)) {
        return Some((&para.text, None));
    }
    None
}

/// Headings that switch objectives on or off.
fn switch(key: &str) -> Option<bool> {
    let key = key.trim_start_matches(['(', '"', ' ']);
    let starts = |words: &[&str]| words.iter().any(|w| key.starts_with(w));
    if starts(&[
        "muc tieu",
        "cac muc tieu",
        "chi tieu",
        "cac chi tieu",
        "mot so chi tieu",
        "mot so muc tieu",
        "nhom muc tieu",
        "nhom chi tieu",
    ]) || (key.len() < 90
        && (key.contains("muc tieu") || key.contains("chi tieu"))
        && (key.starts_with("den nam") || key.starts_with("phan dau")))
    {
        Some(true)
    } else if starts(&["yeu cau", "muc dich", "quan diem", "pham vi", "doi tuong", "nguyen tac", "nhiem vu", "giai phap"]) {
        Some(false)
    } else {
        None
    }
}

fn horizon_of(key: &str) -> Option<i32> {
    dates::horizon(key).or_else(|| dates::period(key).1)
}

/// A horizon in the item itself, outside quotation marks: "Đến năm 2027, 90% …".
fn own_horizon(text: &str) -> Option<i32> {
    let folded = Folded::new(text);
    let mut bare = String::with_capacity(folded.key.len());
    let mut quoted = false;
    for c in folded.key.chars() {
        if c == '"' {
            quoted = !quoted;
        } else if !quoted {
            bare.push(c);
        }
    }
    dates::horizon(&bare)
}

fn push(text: &str, line: usize, section: &Option<String>, stack: &[Heading], fallback: Option<i32>, out: &mut Vec<Objective>) {
    let general =
        stack.len() > 1 && stack.iter().skip(1).all(|h| h.horizon.is_none()) && stack.iter().any(|h| h.switch == Some(true) && h.level > 0);
    let year = own_horizon(text)
        .or_else(|| stack.iter().rev().find_map(|h| h.horizon))
        .or_else(|| if general && fallback.is_none() { None } else { fallback });
    out.push(Objective {
        section: section.clone(),
        text: text.trim().to_owned(),
        horizon: year.map(|y| format!("{y}-12-31")),
        line,
        values: values::read(text),
    });
}
