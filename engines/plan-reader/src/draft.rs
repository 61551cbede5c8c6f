//! One row of a task table, from cells to task.

use crate::actors::{self, Actors};
use crate::columns::{Columns, Role};
use crate::fold::{fold, tidy};
use crate::lines::roman_value;
use crate::plan::{Task, Warning};
use crate::sections::PlacedRow;
use crate::{schedule, warnings};

/// A task row while its parts are collected.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Ordinal of the section row.
    pub section: Option<String>,
    /// Number.
    pub no: Option<String>,
    /// Task text.
    pub task: String,
    /// Lead cell.
    pub lead: String,
    /// Coordinating cell.
    pub coordinating: String,
    /// Cell that holds lead and coordinators.
    pub both: String,
    /// Time.
    pub time: String,
    /// Product.
    pub product: String,
    /// Heading and text of other cells.
    pub notes: Vec<(String, String)>,
    /// Ticked years.
    pub ticks: Vec<i32>,
    /// Source lines.
    pub lines: Vec<usize>,
    /// Columns of its table.
    pub columns: Option<Columns>,
}

/// `1`, `1.1`, `12.`, `a`, `I`.
pub fn is_ordinal(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', ')']);
    !text.is_empty()
        && text.len() <= 9
        && (text.bytes().all(|b| b.is_ascii_digit() || b == b'.') || roman_value(text).is_some() || text.chars().count() == 1)
}

fn clean_ordinal(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(['.', ')', '/']).trim_start_matches('(').trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Sorts the cells of a row into a draft.
pub fn collect(columns: &Columns, placed: &PlacedRow) -> Draft {
    let mut draft = Draft { lines: vec![placed.row.line], columns: Some(columns.clone()), ..Draft::default() };
    for (at, cell) in placed.row.cells.iter().enumerate() {
        let text = cell.trim();
        if text.is_empty() {
            continue;
        }
        match columns.roles.get(at).copied().unwrap_or(Role::Other) {
            Role::Number if is_ordinal(text) || text.chars().count() <= 6 => draft.no = clean_ordinal(text),
            Role::Number => draft.task = join(&draft.task, text),
            Role::Task | Role::Target => {
                // Number and text in one cell when the table has no ordinal column.
                let (marker, rest) = crate::lines::split_marker(text);
                match marker {
                    crate::lines::Marker::Number(n) if !columns.has(Role::Number) => {
                        draft.no = Some(n);
                        draft.task = tidy_cell(rest);
                    }
                    _ => draft.task = join(&draft.task, &tidy_cell(text)),
                }
            }
            Role::Lead => text.clone_into(&mut draft.lead),
            Role::Coordinating => text.clone_into(&mut draft.coordinating),
            Role::Both => text.clone_into(&mut draft.both),
            Role::Time => draft.time = tidy(text),
            Role::Product => draft.product = tidy(text),
            Role::Year(year) => draft.ticks.push(year),
            Role::Notes | Role::Unit | Role::Other => {
                let head = columns.heads.get(at).map_or("", |h| h.as_str());
                draft.notes.push((head.to_owned(), tidy(text)));
            }
        }
    }
    draft
}

fn tidy_cell(text: &str) -> String {
    text.split('\n').map(tidy).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}

fn join(left: &str, right: &str) -> String {
    if left.is_empty() { right.to_owned() } else { format!("{left} {right}") }
}

/// Cells as one text, for messages.
pub fn join_cells(cells: &[String]) -> String {
    cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// Every filled cell repeats the end of the cell above: an echo of the text recognition.
pub fn is_echo(previous: &Draft, draft: &Draft) -> bool {
    let pairs = [
        (&previous.task, &draft.task),
        (&previous.lead, &draft.lead),
        (&previous.coordinating, &draft.coordinating),
        (&previous.time, &draft.time),
    ];
    let mut any = false;
    for (above, cell) in pairs {
        if cell.is_empty() {
            continue;
        }
        any = true;
        let (above, cell) = (fold(above), fold(cell));
        if !above.trim_end_matches(['.', ';', ' ']).ends_with(cell.trim_matches(['.', ';', ' '])) {
            return false;
        }
    }
    any
}

/// Appends a continuation row.
pub fn append(previous: &mut Draft, draft: Draft) {
    let add = |target: &mut String, text: &str| {
        if !text.is_empty() {
            *target = join(target, text);
        }
    };
    add(&mut previous.task, &draft.task);
    add(&mut previous.lead, &draft.lead);
    add(&mut previous.coordinating, &draft.coordinating);
    add(&mut previous.both, &draft.both);
    add(&mut previous.time, &draft.time);
    add(&mut previous.product, &draft.product);
    previous.ticks.extend(draft.ticks);
    previous.notes.extend(draft.notes);
    previous.lines.extend(draft.lines);
}

/// Reads actors, time and notes of a finished row.
pub fn finish(draft: Draft, year: Option<i32>, warnings: &mut Vec<Warning>) -> Task {
    let line = draft.lines.first().copied().unwrap_or(0);
    let (mut lead, mut coordinating) = (actors::read_cell(&draft.lead), actors::read_cell(&draft.coordinating));
    if !draft.both.is_empty() {
        let (first, second) = split_both(&draft.both);
        merge(&mut lead, first);
        merge(&mut coordinating, second);
    }
    let ticked = ticks(&draft.ticks);
    let time = if draft.time.is_empty() { ticked } else { Some(draft.time.clone()) };
    let schedule = time.as_deref().and_then(|t| schedule::read(t, year)).map(|s| s.counted(&draft.task));
    let columns = draft.columns.as_ref();
    if lead.names.is_empty() && columns.is_some_and(|c| c.has(Role::Lead) || c.has(Role::Both)) {
        warnings::missing_lead(warnings, line, draft.no.as_deref(), &draft.task);
    }
    if time.is_none() && columns.is_some_and(|c| c.has(Role::Time)) {
        warnings::missing_time(warnings, line, draft.no.as_deref(), &draft.task);
    }
    for (name, text) in [("nhiệm vụ", &draft.task), ("chủ trì", &draft.lead), ("phối hợp", &draft.coordinating), ("thời gian", &draft.time)]
    {
        warnings::check_truncated(warnings, line, name, text);
    }
    let mut notes = lead.notes;
    notes.extend(coordinating.notes);
    notes.extend(
        draft.notes.into_iter().map(
            |(head, text)| {
                if head.is_empty() || fold(&head).contains("ghi chu") { text } else { format!("{head}: {text}") }
            },
        ),
    );
    let mut scopes = lead.scopes;
    scopes.extend(coordinating.scopes);
    Task {
        section: draft.section,
        no: draft.no,
        text: tidy(&draft.task),
        lead: lead.names,
        coordinating: coordinating.names,
        product: Some(draft.product).filter(|p| !p.is_empty()),
        time,
        schedule,
        scopes,
        notes,
        lines: draft.lines,
    }
}

/// Ticked year columns → "2026 - 2028".
fn ticks(years: &[i32]) -> Option<String> {
    let (first, last) = (years.iter().min()?, years.iter().max()?);
    Some(if first == last { format!("Năm {first}") } else { format!("{first} - {last}") })
}

/// "Chủ trì: A; phối hợp: B, C" in one cell; without words the first agency leads.
pub fn split_both(cell: &str) -> (Actors, Actors) {
    let folded = crate::fold::Folded::new(cell);
    let lead_at = folded.word("chu tri", 0);
    let coordinating_at = folded.word("phoi hop", 0);
    let behind = |at: usize, word: usize| {
        let rest = &folded.key[at + word..];
        at + word + (rest.len() - rest.trim_start_matches([':', ' ', '-', '\n']).len())
    };
    let back = |at: usize| {
        let mut head = folded.key[..at].trim_end_matches([' ', '-', '\n', ',', ';', '(']);
        for word in ["co quan", "don vi", "cac"] {
            head = head.strip_suffix(word).unwrap_or(head).trim_end_matches([' ', '-', '\n', ',', ';', '(']);
        }
        head.len()
    };
    match (lead_at, coordinating_at) {
        (Some(l), Some(c)) if l < c => {
            (actors::read_cell(folded.slice(behind(l, 7), back(c))), actors::read_cell(folded.slice(behind(c, 8), folded.key.len())))
        }
        (Some(l), None) => (actors::read_cell(folded.slice(behind(l, 7), folded.key.len())), Actors::default()),
        (None, Some(c)) => (actors::read_cell(folded.slice(0, back(c))), actors::read_cell(folded.slice(behind(c, 8), folded.key.len()))),
        _ => {
            let all = actors::read_cell(cell);
            let mut names = all.names.into_iter();
            let lead = Actors { names: names.next().into_iter().collect(), scopes: all.scopes, notes: all.notes };
            (lead, Actors { names: names.collect(), ..Actors::default() })
        }
    }
}

fn merge(into: &mut Actors, from: Actors) {
    into.names.extend(from.names);
    into.scopes.extend(from.scopes);
    into.notes.extend(from.notes);
}
