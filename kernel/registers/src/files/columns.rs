//! Columns of a register's file, and headings of somebody's file matched to them.

use documents::Header;

use crate::definition::{Definition, Label};

/// What a column fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The field at this position of the definition.
    Field(usize),
    /// First day of validity (dated registers).
    ValidFrom,
    /// Last day of validity (dated registers).
    ValidTo,
    /// State (registers with states).
    State,
    /// The record itself: an exported file says which record each row is, whatever was changed in it.
    Id,
}

/// One column a file of this register may have.
#[derive(Debug, Clone)]
pub struct FileColumn {
    /// Field id, or `valid_from`, `valid_to`, `state`, `id`.
    pub id: String,
    /// Heading.
    pub label: Label,
    /// What it fills.
    pub slot: Slot,
}

fn label(vi: &str, en: &str) -> Label {
    Label { vi: vi.to_owned(), en: en.to_owned() }
}

/// All columns of a register in order: fields except files, then validity, state and the record's id.
pub fn columns(def: &Definition) -> Vec<FileColumn> {
    let mut out: Vec<FileColumn> = def
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| !f.kind.is_file())
        .map(|(i, f)| FileColumn { id: f.id.clone(), label: f.label.clone(), slot: Slot::Field(i) })
        .collect();
    if def.register.dated {
        out.push(FileColumn { id: "valid_from".into(), label: label("Có hiệu lực từ", "Valid from"), slot: Slot::ValidFrom });
        out.push(FileColumn { id: "valid_to".into(), label: label("Có hiệu lực đến", "Valid to"), slot: Slot::ValidTo });
    }
    if !def.states.is_empty() {
        out.push(FileColumn { id: "state".into(), label: label("Trạng thái", "State"), slot: Slot::State });
    }
    out.push(FileColumn { id: "id".into(), label: label("Mã hồ sơ", "Record id"), slot: Slot::Id });
    // A field may carry the same label as a column of ours ("Trạng thái"): ours is then told apart.
    let taken: Vec<String> = out.iter().filter(|c| matches!(c.slot, Slot::Field(_))).map(|c| text::fold(&c.label.vi)).collect();
    for c in out.iter_mut().filter(|c| !matches!(c.slot, Slot::Field(_))) {
        if taken.contains(&text::fold(&c.label.vi)) {
            c.label.vi.push_str(" (hồ sơ)");
            c.label.en.push_str(" (record)");
        }
    }
    out
}

/// A heading that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderNote {
    /// Column letter.
    pub column: String,
    /// Heading in the file.
    pub label: String,
    /// Vietnamese sentence: what happens to it, and the nearest column if there is one.
    pub message: String,
}

/// One slot per heading (`None` = left out), and a note for each heading left out. Headings are compared folded with
/// the Vietnamese label, the English label and the field id, in any order of columns.
pub fn match_headers(def: &Definition, headers: &[Header]) -> (Vec<Option<Slot>>, Vec<HeaderNote>) {
    let known = columns(def);
    let find = |heading: &str| {
        let h = key(heading);
        known.iter().find(|c| key(&c.label.vi) == h || key(&c.label.en) == h || key(&c.id) == h)
    };
    let mut slots: Vec<Option<Slot>> = Vec::with_capacity(headers.len());
    let mut notes = Vec::new();
    for h in headers {
        let note = |message: String| HeaderNote { column: h.letter(), label: h.label.clone(), message };
        let Some(c) = find(&h.label) else {
            if !is_row_number(&h.label) {
                notes.push(note(unknown(def, &known, h)));
            }
            slots.push(None);
            continue;
        };
        if slots.contains(&Some(c.slot)) {
            notes.push(note(format!(
                "Cột {} “{}”: cột “{}” đã có trong tệp, cột này bị bỏ qua. Xóa hoặc đổi tên một cột.",
                h.letter(),
                h.label,
                c.label.vi
            )));
            slots.push(None);
        } else {
            slots.push(Some(c.slot));
        }
    }
    (slots, notes)
}

/// Labels that only number the rows.
fn is_row_number(label: &str) -> bool {
    matches!(key(label).as_str(), "stt" | "tt" | "so tt" | "no" | "no." | "#")
}

fn key(s: &str) -> String {
    text::fold(s).replace('_', " ")
}

fn unknown(def: &Definition, known: &[FileColumn], h: &Header) -> String {
    let at = format!("Cột {} “{}”", h.letter(), h.label);
    if def.fields.iter().any(|f| f.kind.is_file() && [&f.label.vi, &f.label.en, &f.id].iter().any(|l| key(l) == key(&h.label))) {
        return format!("{at}: tệp đính kèm không nhập qua bảng tính, cột này bị bỏ qua. Đính kèm trong hồ sơ.");
    }
    let labels: Vec<&str> = known.iter().flat_map(|c| [c.label.vi.as_str(), c.label.en.as_str(), c.id.as_str()]).collect();
    match text::nearest(&h.label, labels.iter().copied()) {
        Some(near) => {
            let label = known.iter().find(|c| c.label.en == near || c.id == near).map_or(near, |c| c.label.vi.as_str());
            format!("{at}: không có cột này, bị bỏ qua. Có phải là “{label}”? Sửa tiêu đề rồi nhập lại.")
        }
        None => format!("{at}: không có cột này trong sổ, bị bỏ qua. Xem các cột ở trang hướng dẫn của tệp mẫu."),
    }
}
