//! What a plan says, in the shape the rest of the product reads (field names and order are a contract).

use serde::{Deserialize, Serialize, Serializer};

use crate::schedule::Schedule;

/// A plan as it was read: nothing corrected, unknown = `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Document number, e.g. `12/KH-UBND`; `None` while the plan is not numbered.
    pub number: Option<String>,
    /// Date of signing, `YYYY-MM-DD`; `None` when a part of it is missing.
    pub date: Option<String>,
    /// Issuing body as written, completed with its place name when the document names exactly one.
    pub issuer: Option<String>,
    /// Title below the words "KẾ HOẠCH".
    pub title: Option<String>,
    /// Documents quoted with number or date, in order of first appearance.
    pub legal_bases: Vec<LegalBase>,
    /// Top-level sections of the body, duplicates kept.
    pub sections: Vec<Section>,
    /// Objectives, one per bullet, letter or paragraph.
    pub objectives: Vec<Objective>,
    /// Agency blocks of the assignment section.
    pub assignments: Vec<Assignment>,
    /// Rows of the task tables; without a table, the items of the task and assignment sections.
    pub tasks: Vec<Task>,
    /// Distribution list ("Nơi nhận").
    pub recipients: Vec<Recipient>,
    /// What looks odd; never silently repaired.
    pub warnings: Vec<Warning>,
}

/// A quoted document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalBase {
    /// Number such as `515/QĐ-TTg`; `None` for a law quoted by name and date only.
    pub number: Option<String>,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
    /// 1-based source line.
    pub line: usize,
}

/// A section heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Ordinal as written without its punctuation (`II`, `A`, `1`); empty for an unnumbered heading.
    pub ordinal: String,
    /// Heading text.
    pub title: String,
    /// 1-based source line.
    pub line: usize,
}

/// One objective with the numbers it contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// Ordinal of the top-level section.
    pub section: Option<String>,
    /// Text without its marker.
    pub text: String,
    /// Last day of the target year, `YYYY-12-31`.
    pub horizon: Option<String>,
    /// 1-based source line.
    pub line: usize,
    /// Numeric targets in reading order.
    pub values: Vec<Value>,
}

/// A numeric target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// `>=`, `>`, `<=`, `<` or `=`.
    pub comparator: String,
    /// The number; the lower bound of a range.
    #[serde(serialize_with = "tidy_number")]
    pub value: f64,
    /// Upper bound of a range such as "80-90%".
    #[serde(serialize_with = "tidy_optional_number")]
    pub upper: Option<f64>,
    /// `%`, `chuyên gia`, `lần/năm`, …
    pub unit: String,
    /// The clause that contains the number, verbatim.
    pub text: String,
}

/// An agency block of the assignment section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The agencies of the heading.
    pub agencies: Vec<String>,
    /// Their duties, verbatim without markers.
    pub duties: Vec<String>,
    /// 1-based line of the heading.
    pub line: usize,
}

/// A task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Ordinal of the section row of the table (of the body section for a task of the body).
    pub section: Option<String>,
    /// Number as written (`4`, `1.1`, `2.b`).
    pub no: Option<String>,
    /// Text, verbatim, parts broken over pages joined.
    pub text: String,
    /// Leading agencies.
    pub lead: Vec<String>,
    /// Coordinating agencies.
    pub coordinating: Vec<String>,
    /// Expected product.
    pub product: Option<String>,
    /// Time as written.
    pub time: Option<String>,
    /// Time understood.
    pub schedule: Option<Schedule>,
    /// Scope of single agencies ("nội dung liên quan đến an ninh mạng").
    pub scopes: Vec<Scope>,
    /// Remarks of cells: guidance bodies, notes column.
    pub notes: Vec<String>,
    /// 1-based source lines.
    pub lines: Vec<usize>,
}

/// The part of a task for which one agency answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Agency as it stands in `lead` or `coordinating`.
    pub agency: String,
    /// Its scope, verbatim.
    pub scope: String,
}

/// One line of the distribution list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Name without its mark.
    pub name: String,
    /// `b/c` (report to), `t/h` (must execute), `đ/b` (for information), `p/h` (coordinate) or `None`.
    pub mark: Option<String>,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable code in snake_case; see [`crate::warnings`].
    pub code: String,
    /// 1-based source line; 0 = the document as a whole.
    pub line: usize,
    /// Vietnamese sentence.
    pub message: String,
    /// Possible remedy, Vietnamese.
    pub suggestion: Option<String>,
}

/// The document beside its reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What was read.
    pub plan: Plan,
    /// The lines the reading refers to.
    pub lines: Vec<Line>,
    /// Section rows of the task tables (`Plan::sections` holds those of the body).
    pub table_sections: Vec<Section>,
}

/// One source line: a line of text, a paragraph of a .docx or a row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1-based number, as quoted by `line` and `lines`.
    pub line: usize,
    /// Text with markup removed; cells of a row joined by tabs.
    pub text: String,
    /// Cells when the line is a table row; paragraphs inside a cell are separated by `\n`.
    pub cells: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn tidy_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 9e15 { serializer.serialize_i64(*value as i64) } else { serializer.serialize_f64(*value) }
}

#[expect(clippy::ref_option, reason = "serde hands over references")]
fn tidy_optional_number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(number) => tidy_number(number, serializer),
        None => serializer.serialize_none(),
    }
}
