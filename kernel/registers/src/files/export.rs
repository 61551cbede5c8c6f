//! Out: the template of a register, and a filtered list as a workbook.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use access::{Actor, Verb};
use documents::{Cell, Column, ColumnKind, Guide, Sheet, Workbook};
use store::{Error, Result, Tx};

use super::columns::{FileColumn, Slot, columns};
use super::{CLEAR, cells};
use crate::definition::{Definition, FieldType, Registry};
use crate::owner::within;
use crate::record::{Data, Record};
use crate::sql::Sql;
use crate::{Query, actions};

/// Rows per page while exporting.
const PAGE: u32 = 500;

pub(super) fn definition<'a>(reg: &'a Registry, register: &str) -> Result<&'a Definition> {
    reg.registers.get(register).ok_or_else(|| Error::NotFound(format!("Không có sổ đăng ký “{register}”.")))
}

/// The empty file to fill in: one column per field, lists for choices, a guide sheet.
pub fn template(reg: &Registry, register: &str) -> Result<Workbook> {
    let def = definition(reg, register)?;
    // new records have no id yet
    let asked: Vec<FileColumn> = columns(def).into_iter().filter(|c| c.slot != Slot::Id).collect();
    let mut book = Workbook::of(Sheet { name: def.register.label.vi.clone(), columns: sheet_columns(reg, def, &asked), rows: Vec::new() });
    book.guide = Some(guide(def));
    Ok(book)
}

/// All records the actor may both read and take away that match the query, with personal fields masked.
pub fn export(tx: &mut Tx, reg: &Registry, actor: &Actor, register: &str, query: &Query) -> Result<Workbook> {
    let def = definition(reg, register)?;
    actor.may(Verb::Read, register)?;
    let scope = actor.may(Verb::Export, register)?;
    let cols = columns(def);
    let shared = shared_titles(tx, reg, actor, def)?;
    let mut rows = Vec::new();
    let mut query = Query { limit: Some(PAGE), after: None, ..query.clone() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        rows.extend(page.items.iter().map(|r| record_row(reg, def, &cols, &shared, r)));
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(Workbook::of(Sheet { name: def.register.label.vi.clone(), columns: sheet_columns(reg, def, &cols), rows }))
}

fn record_row(reg: &Registry, def: &Definition, cols: &[FileColumn], shared: &Shared, r: &Record) -> Vec<Cell> {
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
                let titles = r.links.get(&f.id).map(|l| told_apart(&f.kind, l, shared));
                cells::to_cell(&f.kind, value, titles.as_ref(), list)
            }
            Slot::ValidFrom | Slot::ValidTo => match r.fields.get(&c.id) {
                Some(Data::Text(day)) => Cell::Date(day.clone()),
                _ => Cell::Empty,
            },
            Slot::Id => Cell::text(r.id.as_str()),
            Slot::State => {
                let id = r.state.as_deref().unwrap_or_default();
                Cell::text(def.states.iter().find(|s| s.id == id).map_or(id, |s| s.label.vi.as_str()))
            }
        })
        .collect()
}

/// Register → ids of the records that a name alone does not tell apart.
type Shared = BTreeMap<String, HashSet<String>>;

/// Records that the definition links to and whose title another record, valid today or like it, has too.
fn shared_titles(tx: &mut Tx, reg: &Registry, actor: &Actor, def: &Definition) -> Result<Shared> {
    let today = crate::write::today(tx);
    let targets: BTreeSet<&String> =
        def.fields.iter().filter_map(|f| if let FieldType::Link(t) | FieldType::Links(t) = &f.kind { Some(t) } else { None }).collect();
    let mut out = Shared::new();
    for target in targets {
        let Ok(scope) = actor.may(Verb::Read, target) else { continue };
        let m = reg.model(target)?;
        let days = if m.dated { "t.\"valid_from\", t.\"valid_to\"" } else { "NULL, NULL" };
        let mut sql = Sql::new(&format!("SELECT t.\"id\", t.\"sort_title\", {days} FROM {} t WHERE t.\"deleted_at\" IS NULL", m.table()));
        within(&mut sql, m, &scope);
        let mut groups: HashMap<String, Vec<(String, bool)>> = HashMap::new();
        for row in tx.query(&sql.text, &sql.params)? {
            let (from, to): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            let valid = from.is_none_or(|f| f <= today) && to.is_none_or(|t| today <= t);
            groups.entry(row.get(1)?).or_default().push((row.get(0)?, valid));
        }
        let mut ids = HashSet::new();
        for group in groups.into_values().filter(|g| g.len() > 1) {
            // import takes the one that is valid, if there is one
            let valid = group.iter().filter(|(_, v)| *v).count();
            ids.extend(group.into_iter().filter(|(_, v)| !(*v && valid == 1)).map(|(id, _)| id));
        }
        out.insert(target.clone(), ids);
    }
    Ok(out)
}

/// Titles, with the id behind those that others have too.
fn told_apart(kind: &FieldType, links: &[(String, String)], shared: &Shared) -> Vec<(String, String)> {
    let ids = if let FieldType::Link(t) | FieldType::Links(t) = kind { shared.get(t) } else { None };
    let one = |(id, title): &(String, String)| {
        let same = ids.is_some_and(|s| s.contains(id));
        (id.clone(), if same { format!("{title} [{id}]") } else { title.clone() })
    };
    links.iter().map(one).collect()
}

fn sheet_columns(reg: &Registry, def: &Definition, cols: &[FileColumn]) -> Vec<Column> {
    cols.iter()
        .map(|c| {
            let mut column = Column::new(c.label.vi.clone(), kind(reg, def, c.slot));
            column.hint =
                [hint(reg, def, c.slot), conditions(def, &c.id)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
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
        Slot::Id => ColumnKind::Text,
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
        Slot::Id => "Lá Chắn ghi khi xuất; để nguyên để dòng sửa đúng hồ sơ cũ, xóa ô này để thêm hồ sơ mới.".into(),
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

/// When a column that is not always required must be filled: by a check of the register, or to reach a state.
fn conditions(def: &Definition, field: &str) -> String {
    let mut said: Vec<String> = def.checks.iter().filter(|c| c.field == field).map(|c| c.message.vi.clone()).collect();
    let mut states: Vec<&str> = Vec::new();
    for s in def.states.iter() {
        let mut into = def.transitions.iter().filter(|t| t.to == s.id).peekable();
        if into.peek().is_some() && into.all(|t| t.demands.iter().any(|d| d == field)) {
            states.push(s.label.vi.as_str());
        }
    }
    if !states.is_empty() {
        said.push(format!("Bắt buộc khi trạng thái là {}.", states.iter().map(|s| format!("“{s}”")).collect::<Vec<_>>().join(", ")));
    }
    said.join(" ")
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
        "Nhập lại cùng một tệp không tạo thêm hồ sơ và không đổi gì. Tệp xuất ra có cột “Mã hồ sơ”: sửa trong tệp đó rồi nhập lại là sửa đúng các hồ sơ ấy.".into(),
    ];
    if !keys.is_empty() {
        paragraphs.push(format!("Hồ sơ đã có được nhận ra theo: {}.", keys.join("; hoặc ")));
    }
    paragraphs.retain(|l| !l.is_empty());
    Guide { title: def.register.label.vi.clone(), paragraphs }
}
