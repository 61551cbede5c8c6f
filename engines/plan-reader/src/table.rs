//! Task tables: section rows, task rows, and the meanings of an empty first cell.

use crate::columns::{self, Columns, Role};
use crate::draft::{Draft, append, collect, finish, is_echo, is_ordinal, join_cells};
use crate::fold::tidy;
use crate::lines::roman_value;
use crate::plan::{Objective, Section, Task, Warning};
use crate::sections::PlacedRow;
use crate::{values, warnings};

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
        any_number: any_number(rows),
        warnings,
    };
    for (at, placed) in rows.iter().enumerate() {
        reader.row(placed, rows.get(at + 1));
    }
    let mut out = reader.out;
    let mut above: Option<[String; 4]> = None;
    for mut draft in reader.drafts {
        let cells = [&mut draft.lead, &mut draft.coordinating, &mut draft.time, &mut draft.product];
        for (at, cell) in cells.into_iter().enumerate() {
            let same = above.as_ref().map(|a| a[at].clone()).filter(|a| !a.is_empty() && is_ditto(cell));
            if let Some(same) = same {
                crate::warnings::ditto(reader.warnings, draft.lines.first().copied().unwrap_or(0), cell, &same);
                *cell = same;
            }
        }
        above = Some([draft.lead.clone(), draft.coordinating.clone(), draft.time.clone(), draft.product.clone()]);
        out.tasks.push(finish(draft, year, reader.warnings));
    }
    out
}

/// "nt", "-nt-", "như trên", a lone ditto mark.
fn is_ditto(cell: &str) -> bool {
    let key = crate::fold::fold(cell);
    matches!(key.trim_matches([' ', '-', '.', '/', '(', ')']), "nt" | "nhu tren" | "\"" | "\"\"" | "''")
}

/// Whether any row carries a number (else an empty first cell says nothing).
fn any_number(rows: &[PlacedRow]) -> bool {
    let mut columns: Option<Columns> = None;
    rows.iter().any(|placed| {
        if let Some(found) = columns::header(&placed.row.cells) {
            columns = Some(found);
            return false;
        }
        let number = columns.as_ref().and_then(|c| c.at(Role::Number)).and_then(|at| placed.row.cells.get(at));
        number.is_some_and(|n| is_ordinal(n) && roman_value(n.trim_end_matches('.')).is_none())
    })
}

impl Reader<'_> {
    fn row(&mut self, placed: &PlacedRow, next: Option<&PlacedRow>) {
        let cells = &placed.row.cells;
        if let Some(found) = columns::header(cells) {
            if self.columns.as_ref().is_none_or(|c| c.roles != found.roles || c.heads.len() != found.heads.len()) {
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
            if is_column_numbers(cells) || columns::is_heading_rest(cells) {
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
    fn place(&mut self, columns: &Columns, mut draft: Draft, cells: &[String], next: Option<&PlacedRow>) {
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
        // a section row is merged over all columns, whatever the first one means
        let across = filled == 1 && cells.len() > 2 && !cells[0].trim().is_empty();
        if (!others || across)
            && let Some(section) = self.section_row(columns, &draft, cells, next)
        {
            self.section = Some(section.ordinal.clone()).filter(|o| !o.is_empty()).or_else(|| Some(section.title.clone()));
            self.out.sections.push(section);
            self.last = Last::Section;
            return;
        }
        draft.section.clone_from(&self.section);
        let complete = !draft.task.is_empty()
            && (!draft.lead.is_empty() || !draft.both.is_empty())
            && (!draft.time.is_empty() || !columns.has(Role::Time));
        let starts = draft.task.chars().next().is_some_and(char::is_uppercase);
        let goes_on = draft.task.starts_with(char::is_lowercase);
        let unnumbered_table = !self.any_number && !draft.task.is_empty() && (starts || complete);
        if draft.no.is_some() || (complete && !goes_on) || unnumbered_table || self.drafts.is_empty() || self.last == Last::Section {
            if draft.no.is_none() && self.any_number {
                warnings::missing_row_number(self.warnings, draft.lines.first().copied().unwrap_or(0), &draft.task);
            }
            self.drafts.push(draft);
            self.last = Last::Task;
            return;
        }
        let Some(previous) = self.drafts.last_mut() else {
            return;
        };
        if is_echo(previous, &draft) {
            warnings::ocr_echo(self.warnings, draft.lines.first().copied().unwrap_or(0), &join_cells(cells));
            return;
        }
        warnings::continuation_row(self.warnings, draft.lines.first().copied().unwrap_or(0), previous.no.as_deref());
        append(previous, draft);
    }

    /// Recognises a section row among rows without agencies and time.
    fn section_row(&self, columns: &Columns, draft: &Draft, cells: &[String], next: Option<&PlacedRow>) -> Option<Section> {
        let line = *draft.lines.first()?;
        let filled: Vec<(usize, &str)> = cells.iter().enumerate().map(|(i, c)| (i, c.trim())).filter(|(_, c)| !c.is_empty()).collect();
        if let [(at, only)] = filled.as_slice() {
            return self.single_cell_section(columns, *at, only, line);
        }
        let ordinal = draft.no.clone()?;
        let title = draft.task.clone();
        let roman = roman_value(&ordinal).is_some() || (ordinal.chars().count() == 1 && ordinal.chars().all(char::is_uppercase));
        let shouting = title.chars().any(char::is_alphabetic) && !title.chars().any(char::is_lowercase);
        let parent = next.is_some_and(|n| {
            let number = columns.at(Role::Number).and_then(|at| n.row.cells.get(at));
            number.is_some_and(|n| n.trim().starts_with(&format!("{ordinal}.")) && n.trim().len() > ordinal.len() + 1)
        });
        // "5 | TITLE" followed by a row without number that has agencies, in a document where
        // whole numbers were sections before.
        let whole = ordinal.bytes().all(|b| b.is_ascii_digit())
            && self.out.sections.iter().take(50).any(|s| s.ordinal.bytes().all(|b| b.is_ascii_digit()) && !s.ordinal.is_empty());
        (!title.is_empty() && (roman || shouting || parent || whole)).then_some(Section { ordinal, title, line })
    }

    /// `I. TITLE` in one cell, or a merged upper-case title.
    fn single_cell_section(&self, columns: &Columns, at: usize, text: &str, line: usize) -> Option<Section> {
        let (marker, title) = crate::lines::split_marker(text);
        use crate::lines::Marker::{Number, Part, Roman, Upper};
        let ordinal = match marker {
            Roman(o) | Upper(o) | Part(o) => Some(o),
            Number(o) if columns.at(Role::Task) != Some(at) => Some(o),
            _ => None,
        };
        if let Some(ordinal) = ordinal {
            return Some(Section { ordinal, title: tidy(title), line });
        }
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let shouting = letters >= 6 && !text.chars().any(char::is_lowercase);
        let merged = at == 0 && columns.at(Role::Number) == Some(0) && letters >= 6 && text.chars().next().is_some_and(char::is_uppercase);
        (shouting || merged).then(|| Section { ordinal: String::new(), title: tidy(text), line })
    }

    /// A row "Chỉ tiêu | Đơn vị tính | Năm 2026 | Năm 2027".
    fn target_row(&mut self, columns: &Columns, placed: &PlacedRow) {
        let cells = &placed.row.cells;
        let cell = |role| columns.at(role).and_then(|at| cells.get(at)).map_or("", |c| c.trim());
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
            let sign = if unit == "%" && !text.contains('%') { "%" } else { "" };
            let full = format!(
                "{target}: {text}{sign}{}",
                if sign.is_empty() && !unit.is_empty() && unit != "%" { format!(" {unit}") } else { String::new() }
            );
            let mut values = values::read(&full);
            if values.is_empty()
                && let Ok(value) = text.trim_start_matches(['≥', '>', '<', '≤', ' ']).replace(',', ".").parse::<f64>()
            {
                values.push(crate::plan::Value { comparator: ">=".into(), value, upper: None, unit: unit.to_owned(), text: full.clone() });
            }
            let section = placed.section.clone();
            self.out.objectives.push(Objective { section, text: full, horizon, line: placed.row.line, values });
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
    let bare: Vec<&str> = cells.iter().map(|c| c.trim().trim_matches(['(', ')', '.'])).collect();
    bare.len() > 2
        && bare
            .iter()
            .enumerate()
            .all(|(at, c)| *c == (at + 1).to_string() || (c.len() == 1 && c.as_bytes()[0] == b'a' + u8::try_from(at).unwrap_or(0)))
}
