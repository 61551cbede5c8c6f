//! Reads Vietnamese administrative plans (.txt, .docx, .pdf) into structured objectives, tasks and assignments.
//!
//! Pure: bytes in, [`Plan`] out. See the crate's README for the rules.

pub mod actors;
mod assignments;
mod body_tasks;
mod checks;
mod clauses;
mod columns;
mod dates;
mod decode;
mod docx;
mod draft;
mod error;
pub mod fold;
mod funding;
mod head;
mod legal;
mod lines;
mod normalise;
mod numbering;
mod objectives;
mod pdf;
mod pdf_cmap;
mod pdf_content;
mod pdf_layout;
mod plan;
mod recipients;
pub mod schedule;
mod sections;
mod slips;
mod table;
pub mod values;
pub mod warnings;

pub use error::ReadError;
pub use plan::{Assignment, LegalBase, Line, Objective, Plan, Reading, Recipient, Scope, Section, Task, Value, Warning};
pub use schedule::{PeriodDay, Schedule};

use decode::Decoded;

/// Reads a plan from the bytes of a .txt, .docx or .pdf file, recognised by content.
///
/// # Errors
/// [`ReadError`] says in Vietnamese what is wrong with the file and what to do.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Plan, ReadError> {
    Ok(read_full(bytes, file_name)?.plan)
}

/// Reads a plan and keeps the lines it was read from, for a page that shows both.
///
/// # Errors
/// As [`read`].
pub fn read_full(bytes: &[u8], file_name: &str) -> Result<Reading, ReadError> {
    Ok(understand(decode::decode(bytes, file_name)?))
}

/// The source lines that `line` and `lines` of a plan refer to.
///
/// # Errors
/// As [`read`].
pub fn source_lines(bytes: &[u8], file_name: &str) -> Result<Vec<Line>, ReadError> {
    Ok(decode::decode(bytes, file_name)?.lines)
}

/// Reads a plan from text. An oversized text gives an empty plan with a warning.
pub fn read_text(text: &str) -> Plan {
    match decode::decode(text.as_bytes(), "plan.txt") {
        Ok(decoded) => understand(decoded).plan,
        Err(error) => {
            let mut plan = Plan::default();
            warnings::push(&mut plan.warnings, "unreadable", 0, error.to_string(), None);
            plan
        }
    }
}

/// First and last year for which a plan of this title holds, as far as the title says so.
pub fn period(title: &str) -> (Option<i32>, Option<i32>) {
    dates::period(&fold::fold(title))
}

/// The whole pipeline behind decoding.
fn understand(decoded: Decoded) -> Reading {
    let Decoded { lines, wrapped } = decoded;
    let mut warnings = Vec::new();
    let doc = sections::split(lines::blocks(&lines, wrapped, &mut warnings));
    let head = head::read(&doc);
    let mut plan = Plan {
        number: head.number.clone(),
        date: head.date.clone(),
        issuer: head.issuer.clone(),
        title: head.title.clone(),
        legal_bases: legal_bases(&doc, head.number.as_deref(), &mut warnings),
        sections: doc.parts.iter().map(|p| p.section.clone()).collect(),
        ..Plan::default()
    };
    let fallback = plan.title.as_deref().map(period).and_then(|(first, last)| first.and(last));
    plan.objectives = objectives::read(&doc, fallback);
    let (blocks, clauses) = assignments::read(&doc, &mut warnings);
    let tables = table::read(&doc.rows, head.year, &mut warnings);
    plan.objectives.extend(tables.objectives);
    let from_body = tables.tasks.is_empty();
    plan.tasks = if from_body { body_tasks::read(&doc, &blocks, &clauses, head.year, &mut warnings) } else { tables.tasks };
    plan.assignments = blocks.into_iter().map(|b| b.assignment).collect();
    plan.recipients = recipients::read(&doc.recipients);
    checks::identity(&plan, &head, &mut warnings);
    checks::outline(&doc, &mut warnings);
    checks::actors(&plan, &mut warnings);
    if !from_body {
        checks::rows(&plan, &mut warnings);
    }
    checks::schedules(&plan, &mut warnings);
    checks::notes(&plan, &doc, &clauses, from_body, &mut warnings);
    checks::letters(&lines, &mut warnings);
    slips::check(&lines, &mut warnings);
    warnings.sort_by_key(|w| w.line);
    plan.warnings = warnings;
    Reading { plan, lines, table_sections: tables.sections }
}

#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_tests;

fn legal_bases(doc: &sections::Document, own: Option<&str>, warnings: &mut Vec<Warning>) -> Vec<LegalBase> {
    let mut collector = legal::Collector::default();
    for para in &doc.head {
        collector.add(&para.text, para.line, true);
    }
    for part in &doc.parts {
        collector.add(&part.section.title, part.section.line, false);
        for para in &part.paras {
            collector.add(&para.text, para.line, false);
        }
    }
    for para in doc.closing.iter().chain(&doc.appendix) {
        collector.add(&para.text, para.line, false);
    }
    for placed in &doc.rows {
        for cell in &placed.row.cells {
            collector.add(cell, placed.row.line, false);
        }
    }
    collector.finish(own, warnings)
}
