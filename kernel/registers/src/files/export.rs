//! Out: the template of a register, and a filtered list as a workbook.

use access::{Actor, Verb};
use documents::{Cell, Column, ColumnKind, Guide, Sheet, Workbook};
use store::{Error, Result, Tx};

use super::columns::{FileColumn, Slot, columns};
use super::{CLEAR, cells};
use crate::definition::{Definition, FieldType, Registry};
use crate::record::{Data, Record};
use crate::{Query, actions};

/// Rows per page while exporting.
const PAGE: u32 = 500;

pub(super) fn definition<'a>(reg: &'a Registry, register: &str) -> Result<&'a Definition> {
    reg.registers.get(register).ok_or_else(|| Error::NotFound(format!("Không có sổ đăng ký “{register}”.")))
}

/// The empty file to fill in: one column per field, lists for choices, a guide sheet.
pub fn template(reg: &Registry, register: &str) -> Result<Workbook> {
    let def = definition(reg, register)?;
    let mut book =
        Workbook::of(Sheet { name: def.register.label.vi.clone(), columns: sheet_columns(reg, def, &columns(def)), rows: Vec::new() });
    book.guide = Some(guide(def));
    Ok(book)
}

/// All records the actor may both read and take away that match the query, with personal fields masked.
pub fn export(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, query: &Query) -> Result<Workbook> {
    let def = definition(reg, register)?;
    actor.may(Verb::Read, register)?;
    let scope = actor.may(Verb::Export, register)?;
    let cols = columns(def);
    let mut rows = Vec::new();
    let mut query = Query { limit: Some(PAGE), after: None, ..query.clone() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        rows.extend(page.items.iter().map(|r| record_row(reg, def, &cols, r)));
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(Workbook::of(Sheet { name: def.register.label.vi.clone(), columns: sheet_columns(reg, def, &cols), rows }))
}

fn record_row(reg: &Registry, def: &Definition, cols: &[FileColumn], r: &Record) -> Vec<Cell> {
    cols.iter()
        .map(|c| match c.slot {
            Slot::Field(i) => {
                let Some(f) = def.fields.get(i) else { return Cell::Empty };
                let value = r.fields.get(&f.id).unwrap_or(&Data::Null);
                if r.masked.contains(&f.id) {
                    return match value {
                        Data::Text(hint) => Cell::text(hint.as_str()),
                        Data::Null => Cell::Empty,
                        _ => Cell::Text(cells::MASK.to_string().repeat(4)),
                    };
                }
                let list = if let FieldType::Choice(id) = &f.kind { reg.choices.get(id) } else { None };
                cells::to_cell(&f.kind, value, r.links.get(&f.id), list)
            }
            Slot::ValidFrom | Slot::ValidTo => match r.fields.get(&c.id) {
                Some(Data::Text(day)) => Cell::Date(day.clone()),
                _ => Cell::Empty,
            },
            Slot::State => {
                let id = r.state.as_deref().unwrap_or_default();
                Cell::text(def.states.iter().find(|s| s.id == id).map_or(id, |s| s.label.vi.as_str()))
            }
        })
        .collect()
}

fn sheet_columns(reg: &Registry, def: &Definition, cols: &[FileColumn]) -> Vec<Column> {
    cols.iter()
        .map(|c| {
            let mut column = Column::new(c.label.vi.clone(), kind(reg, def, c.slot));
            column.hint = hint(reg, def, c.slot);
            if let Slot::Field(i) = c.slot {
                column.required = def.fields.get(i).is_some_and(|f| f.required);
            }
            column
        })
        .collect()
}

fn kind(reg: &Registry, def: &Definition, slot: Slot) -> ColumnKind {
    match slot {
        Slot::ValidFrom | Slot::ValidTo => ColumnKind::Date,
        Slot::State => ColumnKind::Choice(def.states.iter().map(|s| s.label.vi.clone()).collect()),
        Slot::Field(i) => match def.fields.get(i).map(|f| &f.kind) {
            Some(FieldType::Integer) => ColumnKind::Integer,
            Some(FieldType::Decimal) => ColumnKind::Decimal(2),
            Some(FieldType::Money) => ColumnKind::Money,
            Some(FieldType::Bool) => ColumnKind::Bool,
            Some(FieldType::Date) => ColumnKind::Date,
            Some(FieldType::Choice(id)) => {
                ColumnKind::Choice(reg.choices.get(id).map(|c| c.options.iter().map(|o| o.label.vi.clone()).collect()).unwrap_or_default())
            }
            // A year is no quantity: as text it gets no thousands separator.
            _ => ColumnKind::Text,
        },
    }
}

fn hint(reg: &Registry, def: &Definition, slot: Slot) -> String {
    match slot {
        Slot::ValidFrom => "Ngày dd/MM/yyyy; để trống nếu không rõ.".into(),
        Slot::ValidTo => "Ngày cuối cùng còn đúng; để trống nếu đang có hiệu lực.".into(),
        Slot::State => "Để trống: giữ nguyên (hồ sơ mới ở trạng thái đầu).".into(),
        Slot::Field(i) => def.fields.get(i).map_or_else(String::new, |f| {
            let target = |id: &str| reg.registers.get(id).map_or_else(|| id.to_owned(), |d| d.register.label.vi.clone());
            let kind = match &f.kind {
                FieldType::Link(id) => format!("Tên hoặc mã trong sổ “{}”.", target(id)),
                FieldType::Links(id) => format!("Tên hoặc mã trong sổ “{}”, cách nhau bằng dấu chấm phẩy.", target(id)),
                FieldType::Date => "Ngày dd/MM/yyyy.".into(),
                FieldType::Money => "Đồng, không ghi nghìn hay triệu.".into(),
                _ => String::new(),
            };
            [f.help.vi.as_str(), kind.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
        }),
    }
}

fn guide(def: &Definition) -> Guide {
    let label = |id: &String| match id.as_str() {
        "valid_from" => "Có hiệu lực từ".to_owned(),
        _ => def.fields.iter().find(|f| &f.id == id).map_or_else(|| id.clone(), |f| f.label.vi.clone()),
    };
    let keys: Vec<String> = def.register.keys.iter().map(|k| k.iter().map(label).collect::<Vec<_>>().join(" + ")).collect();
    let mut paragraphs = vec![
        def.register.help.vi.clone(),
        "Giữ nguyên dòng tiêu đề; thứ tự cột tùy ý, có thể bỏ cột không dùng. Cột có dấu * là bắt buộc.".into(),
        "Ngày ghi dd/MM/yyyy. Số ghi theo kiểu Việt Nam: 1.200.000 hoặc 12,5.".into(),
        format!("Ô để trống: giữ nguyên giá trị đang có. Ghi {CLEAR} để xóa giá trị."),
        "Nhập lại cùng một tệp không tạo thêm hồ sơ và không đổi gì.".into(),
    ];
    if !keys.is_empty() {
        paragraphs.push(format!("Hồ sơ đã có được nhận ra theo: {}.", keys.join("; hoặc ")));
    }
    paragraphs.retain(|l| !l.is_empty());
    Guide { title: def.register.label.vi.clone(), paragraphs }
}
