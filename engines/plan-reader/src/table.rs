//! Task tables: section rows, task rows, and the meanings of an empty first cell.

use crate::actors::{self, Actors};
use crate::columns::{self, Columns, Role};
use crate::fold::{fold, tidy};
use crate::lines::roman_value;
use crate::plan::{Objective, Section, Task, Warning};
use crate::sections::PlacedRow;
use crate::{schedule, values, warnings};

/// A task row while its parts are collected.
#[derive(Debug, Clone, Default)]
struct Draft {
    section: Option<String>,
    no: Option<String>,
    task: String,
    lead: String,
    coordinating: String,
    both: String,
    time: String,
    product: String,
    notes: Vec<(String, String)>,
    ticks: Vec<i32>,
    lines: Vec<usize>,
    columns: Option<Columns>,
}

/// What the tables hold.
#[derive(Debug, Default)]
pub struct Tables {
    /// Tasks.
    pub tasks: Vec<Task>,
    /// Section rows.
    pub sections: Vec<Section>,
    /// Rows of target tables.
    pub objectives: Vec<Objective>,
}

#[derive(PartialEq, Clone, Copy)]
enum Last {
    None,
    Section,
    Task,
}

struct Reader<'a> {
    out: Tables,
    drafts: Vec<Draft>,
    section: Option<String>,
    last: Last,
    columns: Option<Columns>,
    after_header: bool,
    /// Whole-number rows with a text only are sections in this document ("1 | TITLE").
    number_sections: bool,
    any_number: bool,
    warnings: &'a mut Vec<Warning>,
}

/// Reads all rows of the document. `year` = the plan's own year.
pub fn read(rows: &[PlacedRow], year: Option<i32>, warnings: &mut Vec<Warning>) -> Tables {
    let mut reader = Reader {
        out: Tables::default(),
        drafts: Vec::new(),
        section: None,
        last: Last::None,
        columns: None,
        after_header: false,
        number_sections: false,
        any_number: any_number(rows),
        warnings,
    };
    for (at, placed) in rows.iter().enumerate() {
        reader.row(placed, rows.get(at + 1));
    }
    let mut out = reader.out;
    for draft in reader.drafts {
        out.tasks.push(finish(draft, year, reader.warnings));
    }
    out
}

/// Whether any row carries a number (else an empty first cell says nothing).
fn any_number(rows: &[PlacedRow]) -> bool {
    let mut columns: Option<Columns> = None;
    rows.iter().any(|placed| {
        if let Some(found) = columns::header(&placed.row.cells) {
            columns = Some(found);
            return false;
        }
        let number = columns
            .as_ref()
            .and_then(|c| c.at(Role::Number))
            .and_then(|at| placed.row.cells.get(at));
        number.is_some_and(|n| is_ordinal(n) && roman_value(n.trim_end_matches('.')).is_none())
    })
}

/// `1`, `1.1`, `12.`, `a`, `I`.
fn is_ordinal(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', ')']);
    !text.is_empty()
        && text.len() <= 9
        && (text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || roman_value(text).is_some()
            || text.chars().count() == 1)
}

fn clean_ordinal(text: &str) -> Option<String> {
    let text = text
        .trim()
        .trim_end_matches(['.', ')', '/'])
        .trim_start_matches('(')
        .trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Reader<'_> {
    fn row(&mut self, placed: &PlacedRow, next: Option<&PlacedRow>) {
        let cells = &placed.row.cells;
        if let Some(found) = columns::header(cells) {
            if self
                .columns
                .as_ref()
                .is_none_or(|c| c.roles != found.roles || c.heads.len() != found.heads.len())
            {
                self.columns = Some(found);
            }
            if self.last == Last::None || placed.section.is_some() && self.drafts.is_empty() {
                self.section.clone_from(&placed.section);
            }
            self.after_header = true;
            return;
        }
        let Some(columns) = self.columns.clone() else {
            return;
        };
        if std::mem::take(&mut self.after_header) {
            if let Some(finer) = columns::refine(&columns, cells) {
                self.columns = Some(finer);
                self.after_header = true;
                return;
            }
            if is_column_numbers(cells) {
                return;
            }
        }
        if columns.is_targets() {
            self.target_row(&columns, placed);
            return;
        }
        let draft = collect(&columns, placed);
        self.place(&columns, draft, cells, next);
    }

    /// Decides what a row is (requirements 4.3).
    fn place(
        &mut self,
        columns: &Columns,
        mut draft: Draft,
        cells: &[String],
        next: Option<&PlacedRow>,
    ) {
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        if filled == 0 {
            return;
        }
        let others = !(draft.lead.is_empty()
            && draft.coordinating.is_empty()
            && draft.both.is_empty()
            && draft.time.is_empty()
            && draft.product.is_empty()
            && draft.ticks.is_empty());
        if !others && let Some(section) = self.section_row(columns, &draft, cells, next) {
            self.section = Some(section.ordinal.clone())
                .filter(|o| !o.is_empty())
                .or_else(|| Some(section.title.clone()));
            self.out.sections.push(section);
            self.last = Last::Section;
            return;
        }
        draft.section.clone_from(&self.section);
        let complete = !draft.task.is_empty()
            && (!draft.lead.is_empty() || !draft.both.is_empty())
            && (!draft.time.is_empty() || !columns.has(Role::Time));
        let starts = draft.task.chars().next().is_some_and(char::is_uppercase);
        let unnumbered_table = !self.any_number && !draft.task.is_empty() && (starts || complete);
        if draft.no.is_some()
            || complete
            || unnumbered_table
            || self.drafts.is_empty()
            || self.last == Last::Section
        {
            if draft.no.is_none() && self.any_number {
                warnings::missing_row_number(
                    self.warnings,
                    draft.lines.first().copied().unwrap_or(0),
                    &draft.task,
                );
            }
            self.drafts.push(draft);
            self.last = Last::Task;
            return;
        }
        let Some(previous) = self.drafts.last_mut() else {
            return;
        };
        if is_echo(previous, &draft) {
            warnings::ocr_echo(
                self.warnings,
                draft.lines.first().copied().unwrap_or(0),
                &join_cells(cells),
            );
            return;
        }
        warnings::continuation_row(
            self.warnings,
            draft.lines.first().copied().unwrap_or(0),
            previous.no.as_deref(),
        );
        append(previous, draft);
    }

    /// Recognises a section row among rows without agencies and time.
    fn section_row(
        &self,
        columns: &Columns,
        draft: &Draft,
        cells: &[String],
        next: Option<&PlacedRow>,
    ) -> Option<Section> {
        let line = *draft.lines.first()?;
        let filled: Vec<(usize, &str)> = cells
            .iter()
            .enumerate()
            .map(|(i, c)| (i, c.trim()))
            .filter(|(_, c)| !c.is_empty())
            .collect();
        if let [(at, only)] = filled.as_slice() {
            return self.single_cell_section(columns, *at, only, line);
        }
        let ordinal = draft.no.clone()?;
        let title = draft.task.clone();
        let roman = roman_value(&ordinal).is_some()
            || (ordinal.chars().count() == 1 && ordinal.chars().all(char::is_uppercase));
        let shouting =
            title.chars().any(char::is_alphabetic) && !title.chars().any(char::is_lowercase);
        let parent = next.is_some_and(|n| {
            let number = columns.at(Role::Number).and_then(|at| n.row.cells.get(at));
            number.is_some_and(|n| {
                n.trim().starts_with(&format!("{ordinal}.")) && n.trim().len() > ordinal.len() + 1
            })
        });
        // "5 | TITLE" followed by a row without number that has agencies, in a document where
        // whole numbers were sections before.
        let whole =
            ordinal.bytes().all(|b| b.is_ascii_digit())
                && self.out.sections.iter().any(|s| {
                    s.ordinal.bytes().all(|b| b.is_ascii_digit()) && !s.ordinal.is_empty()
                });
        let restarts = self.number_sections || whole;
        (!title.is_empty() && (roman || shouting || parent || restarts)).then(|| Section {
            ordinal,
            title,
            line,
        })
    }

    /// `I. TITLE` in one cell, or a merged upper-case title.
    fn single_cell_section(
        &self,
        columns: &Columns,
        at: usize,
        text: &str,
        line: usize,
    ) -> Option<Section> {
        let (marker, title) = crate::lines::split_marker(text);
        use crate::lines::Marker::{Number, Part, Roman, Upper};
        let ordinal = match marker {
            Roman(o) | Upper(o) | Part(o) => Some(o),
            Number(o) if columns.at(Role::Task) != Some(at) => Some(o),
            _ => None,
        };
        if let Some(ordinal) = ordinal {
            return Some(Section {
                ordinal,
                title: tidy(title),
                line,
            });
        }
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let shouting = letters >= 6 && !text.chars().any(char::is_lowercase);
        let merged = at == 0
            && columns.at(Role::Number) == Some(0)
            && letters >= 6
            && text.chars().next().is_some_and(char::is_uppercase);
        (shouting || merged).then(|| Section {
            ordinal: String::new(),
            title: tidy(text),
            line,
        })
    }

    /// A row "Chỉ tiêu | Đơn vị tính | Năm 2026 | Năm 2027".
    fn target_row(&mut self, columns: &Columns, placed: &PlacedRow) {
        let cells = &placed.row.cells;
        let cell = |role| {
            columns
                .at(role)
                .and_then(|at| cells.get(at))
                .map_or("", |c| c.trim())
        };
        let target = cell(Role::Target);
        if target.is_empty() {
            return;
        }
        let unit = cell(Role::Unit);
        let mut pushed = false;
        for (at, role) in columns.roles.iter().enumerate() {
            let text = cells.get(at).map_or("", |c| c.trim());
            let horizon = match role {
                Role::Year(year) => Some(format!("{year}-12-31")),
                Role::Product | Role::Other if !text.is_empty() => None,
                _ => continue,
            };
            if text.is_empty() {
                continue;
            }
            let sign = if unit == "%" && !text.contains('%') {
                "%"
            } else {
                ""
            };
            let full = format!(
                "{target}: {text}{sign}{}",
                if sign.is_empty() && !unit.is_empty() && unit != "%" {
                    format!(" {unit}")
                } else {
                    String::new()
                }
            );
            let mut values = values::read(&full);
            if values.is_empty()
                && let Ok(value) = text
                    .trim_start_matches(['≥', '>', '<', '≤', ' '])
                    .replace(',', ".")
                    .parse::<f64>()
            {
                values.push(crate::plan::Value {
                    comparator: ">=".into(),
                    value,
                    upper: None,
                    unit: unit.to_owned(),
                    text: full.clone(),
                });
            }
            let section = placed.section.clone();
            self.out.objectives.push(Objective {
                section,
                text: full,
                horizon,
                line: placed.row.line,
                values,
            });
            pushed = true;
        }
        if !pushed {
            let values = values::read(target);
            self.out.objectives.push(Objective {
                section: placed.section.clone(),
                text: target.to_owned(),
                horizon: None,
                line: placed.row.line,
                values,
            });
        }
    }
}

/// A row "(1) | (2) | (3)" below a heading.
fn is_column_numbers(cells: &[String]) -> bool {
    let bare: Vec<&str> = cells
        .iter()
        .map(|c| c.trim().trim_matches(['(', ')', '.']))
        .collect();
    bare.len() > 2
        && bare.iter().enumerate().all(|(at, c)| {
            *c == (at + 1).to_string()
                || (c.len() == 1 && c.as_bytes()[0] == b'a' + u8::try_from(at).unwrap_or(0))
        })
}

fn collect(columns: &Columns, placed: &PlacedRow) -> Draft {
    let mut draft = Draft {
        lines: vec![placed.row.line],
        columns: Some(columns.clone()),
        ..Draft::default()
    };
    for (at, cell) in placed.row.cells.iter().enumerate() {
        let text = cell.trim();
        if text.is_empty() {
            continue;
        }
        match columns.roles.get(at).copied().unwrap_or(Role::Other) {
            Role::Number if is_ordinal(text) || text.chars().count() <= 6 => {
                draft.no = clean_ordinal(text)
            }
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
    text.split('\n')
        .map(tidy)
        .filter(|l| !l.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn join(left: &str, right: &str) -> String {
    if left.is_empty() {
        right.to_owned()
    } else {
        format!("{left} {right}")
    }
}

fn join_cells(cells: &[String]) -> String {
    cells
        .iter()
        .map(|c| c.trim())
        .filter(|c| !c.is_empty())
        .collect::<Vec<_>>()
        .join(" | ")
}

/// Every filled cell repeats the end of the cell above: an echo of the text recognition.
fn is_echo(previous: &Draft, draft: &Draft) -> bool {
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
        if !above
            .trim_end_matches(['.', ';', ' '])
            .ends_with(cell.trim_matches(['.', ';', ' ']))
        {
            return false;
        }
    }
    any
}

fn append(previous: &mut Draft, draft: Draft) {
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

fn finish(draft: Draft, year: Option<i32>, warnings: &mut Vec<Warning>) -> Task {
    let line = draft.lines.first().copied().unwrap_or(0);
    let (mut lead, mut coordinating) = (
        actors::read_cell(&draft.lead),
        actors::read_cell(&draft.coordinating),
    );
    if !draft.both.is_empty() {
        let (first, second) = split_both(&draft.both);
        merge(&mut lead, first);
        merge(&mut coordinating, second);
    }
    let ticked = ticks(&draft.ticks);
    let time = if draft.time.is_empty() {
        ticked
    } else {
        Some(draft.time.clone())
    };
    let schedule = time.as_deref().and_then(|t| schedule::read(t, year));
    let columns = draft.columns.as_ref();
    if lead.names.is_empty() && columns.is_some_and(|c| c.has(Role::Lead) || c.has(Role::Both)) {
        warnings::missing_lead(warnings, line, draft.no.as_deref(), &draft.task);
    }
    if time.is_none() && columns.is_some_and(|c| c.has(Role::Time)) {
        warnings::missing_time(warnings, line, draft.no.as_deref(), &draft.task);
    }
    for (name, text) in [
        ("nhiệm vụ", &draft.task),
        ("chủ trì", &draft.lead),
        ("phối hợp", &draft.coordinating),
        ("thời gian", &draft.time),
    ] {
        warnings::check_truncated(warnings, line, name, text);
    }
    let mut notes = lead.notes;
    notes.extend(coordinating.notes);
    notes.extend(draft.notes.into_iter().map(|(head, text)| {
        if head.is_empty() || fold(&head).contains("ghi chu") {
            text
        } else {
            format!("{head}: {text}")
        }
    }));
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
    Some(if first == last {
        format!("Năm {first}")
    } else {
        format!("{first} - {last}")
    })
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
            head = head
                .strip_suffix(word)
                .unwrap_or(head)
                .trim_end_matches([' ', '-', '\n', ',', ';', '(']);
        }
        head.len()
    };
    match (lead_at, coordinating_at) {
        (Some(l), Some(c)) if l < c => (
            actors::read_cell(folded.slice(behind(l, 7), back(c))),
            actors::read_cell(folded.slice(behind(c, 8), folded.key.len())),
        ),
        (Some(l), None) => (
            actors::read_cell(folded.slice(behind(l, 7), folded.key.len())),
            Actors::default(),
        ),
        (None, Some(c)) => (
            actors::read_cell(folded.slice(0, back(c))),
            actors::read_cell(folded.slice(behind(c, 8), folded.key.len())),
        ),
        _ => {
            let all = actors::read_cell(cell);
            let mut names = all.names.into_iter();
            let lead = Actors {
                names: names.next().into_iter().collect(),
                scopes: all.scopes,
                notes: all.notes,
            };
            (
                lead,
                Actors {
                    names: names.collect(),
                    ..Actors::default()
                },
            )
        }
    }
}

fn merge(into: &mut Actors, from: Actors) {
    into.names.extend(from.names);
    into.scopes.extend(from.scopes);
    into.notes.extend(from.notes);
}
