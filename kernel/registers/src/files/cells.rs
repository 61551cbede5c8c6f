//! Cells to values and back.

use documents::Cell;

use crate::definition::{ChoiceList, ChoiceOption, Field, FieldType, State};
use crate::record::Data;

/// What is wrong with a cell, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub what: String,
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

/// A formula whose result the file does not hold.
pub(super) fn formula() -> Problem {
    Problem::new(
        "ô là công thức mà tệp chưa lưu kết quả",
        "Mở tệp bằng Excel và lưu lại, hoặc dán giá trị (Paste Special, Values) thay cho công thức.",
    )
}

/// Sign that stands in masked values; such a cell comes from an export and must not overwrite the real value.
pub(super) const MASK: char = '•';

/// A plain (not choice, not link) cell as the value of its field.
pub(super) fn plain(field: &Field, cell: &Cell) -> Result<Data, Problem> {
    if let Cell::Error(e) = cell {
        return Err(Problem::new(format!("ô có lỗi {e}"), "Sửa công thức hoặc gõ giá trị."));
    }
    let typed = cell.to_text();
    let reading = |e: text::ReadError, remedy: &str| Problem::new(e.message().to_owned(), remedy);
    Ok(match &field.kind {
        FieldType::Integer | FieldType::Money | FieldType::Year => match cell {
            Cell::Integer(n) => Data::Int(*n),
            _ => Data::Int(text::parse_integer_vi(&typed).map_err(|e| reading(e, ""))?),
        },
        FieldType::Decimal => match cell {
            Cell::Decimal(x) => Data::Real(*x),
            _ => Data::Real(text::parse_number_vi(typed.trim_end_matches('%')).map_err(|e| reading(e, ""))?),
        },
        FieldType::Bool => {
            Data::Bool(cell.to_bool().ok_or_else(|| Problem::new(format!("“{typed}” không phải Có hoặc Không"), "Ghi Có hoặc Không."))?)
        }
        FieldType::Date => Data::Text(date(cell)?),
        FieldType::LongText => Data::Text(match cell {
            Cell::Text(s) => s.trim().to_owned(),
            _ => typed,
        }),
        FieldType::Phone => Data::Text(phone(cell)),
        _ => Data::Text(text::clean(&typed)),
    })
}

/// A day as `YYYY-MM-DD`.
pub(super) fn date(cell: &Cell) -> Result<String, Problem> {
    match cell {
        Cell::Date(iso) => Ok(iso.clone()),
        _ => text::parse_date_vi(&cell.to_text()).map_err(|e| Problem::new(e.message().to_owned(), "")),
    }
}

/// Spreadsheets drop the leading zero of a phone number typed as a number.
fn phone(cell: &Cell) -> String {
    match cell {
        Cell::Integer(n) if (100_000_000..=999_999_999).contains(n) => format!("0{n}"),
        _ => text::clean(&cell.to_text()),
    }
}

/// A cell as an option of a code list: id, label of either language or alias, folded; only options in use on `day`.
pub(super) fn choice(list: &ChoiceList, typed: &str, day: &str) -> Result<String, Problem> {
    let wanted = text::fold(typed);
    let same = |o: &ChoiceOption| {
        o.id == typed
            || text::fold(&o.label.vi) == wanted
            || text::fold(&o.label.en) == wanted
            || o.aliases.iter().any(|a| text::fold(a) == wanted)
    };
    let in_use = |o: &&ChoiceOption| o.from.as_deref().is_none_or(|f| f <= day) && o.to.as_deref().is_none_or(|t| day <= t);
    // A label or id wins over an alias that happens to read the same.
    let exact = |o: &&ChoiceOption| o.id == typed || text::fold(&o.label.vi) == wanted || text::fold(&o.label.en) == wanted;
    let found = list.options.iter().filter(in_use).find(exact).or_else(|| list.options.iter().filter(in_use).find(|o| same(o)));
    if let Some(o) = found {
        return Ok(o.id.clone());
    }
    if let Some(o) = list.options.iter().find(|o| same(o)) {
        return Err(Problem::new(
            format!("“{}” không dùng được vào ngày {}", o.label.vi, text::date_vi(day)),
            "Chọn giá trị khác hoặc sửa ngày hiệu lực.",
        ));
    }
    let labels: Vec<&str> = list.options.iter().filter(in_use).map(|o| o.label.vi.as_str()).collect();
    Err(not_in_list(typed, &labels))
}

/// A cell as a state id.
pub(super) fn state(states: &[State], typed: &str) -> Result<String, Problem> {
    let wanted = text::fold(typed);
    states
        .iter()
        .find(|s| s.id == typed || text::fold(&s.label.vi) == wanted || text::fold(&s.label.en) == wanted)
        .map(|s| s.id.clone())
        .ok_or_else(|| {
            let labels: Vec<&str> = states.iter().map(|s| s.label.vi.as_str()).collect();
            not_in_list(typed, &labels)
        })
}

fn not_in_list(typed: &str, labels: &[&str]) -> Problem {
    let remedy = match text::nearest(typed, labels.iter().copied()) {
        Some(near) => format!("Có phải là “{near}”?"),
        None if labels.len() <= 12 => format!("Chọn một trong: {}.", labels.join("; ")),
        None => format!("Chọn trong danh sách của tệp mẫu, ví dụ: {}.", labels.iter().take(6).copied().collect::<Vec<_>>().join("; ")),
    };
    Problem::new(format!("“{typed}” không có trong danh sách"), remedy)
}

/// A value as a cell; titles of links are given by the record.
pub(super) fn to_cell(kind: &FieldType, value: &Data, titles: Option<&Vec<(String, String)>>, choices: Option<&ChoiceList>) -> Cell {
    match (kind, value) {
        (_, Data::Null) => Cell::Empty,
        (FieldType::Link(_) | FieldType::Links(_), _) => {
            let list = titles.map(|t| t.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join("; "));
            Cell::text(list.unwrap_or_default())
        }
        (FieldType::Choice(_), Data::Text(id)) => {
            let label = choices.and_then(|c| c.options.iter().find(|o| &o.id == id)).map(|o| o.label.vi.as_str());
            Cell::text(label.unwrap_or(id))
        }
        (FieldType::Date, Data::Text(iso)) => Cell::Date(iso.clone()),
        (FieldType::Bool, Data::Int(n)) => Cell::Bool(*n != 0),
        (FieldType::Decimal, Data::Int(n)) => {
            #[expect(clippy::cast_precision_loss, reason = "a decimal field holds what the reader typed, far below 2^53")]
            let x = *n as f64;
            Cell::Decimal(x)
        }
        (_, Data::Bool(b)) => Cell::Bool(*b),
        (_, Data::Int(n)) => Cell::Integer(*n),
        (_, Data::Real(x)) => Cell::Decimal(*x),
        (_, Data::Text(s)) => Cell::text(s.as_str()),
        (_, Data::Links(ids)) => Cell::text(ids.join("; ")),
        (_, Data::Files(list)) => Cell::text(list.iter().map(crate::Attachment::name).collect::<Vec<_>>().join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{ChoiceHead, Label};

    fn field(kind: FieldType) -> Field {
        Field {
            id: "f".into(),
            label: Label::default(),
            help: Label::default(),
            kind,
            required: false,
            said: None,
            sensitive: None,
            search: false,
            min: None,
            max: None,
            default: None,
            words: Default::default(),
        }
    }
    fn list() -> ChoiceList {
        let o = |id: &str, vi: &str, aliases: &[&str], to: Option<&str>| ChoiceOption {
            id: id.into(),
            label: Label { vi: vi.into(), en: id.into() },
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            from: None,
            to: to.map(Into::into),
            tone: String::new(),
        };
        ChoiceList {
            choices: ChoiceHead { id: "k".into(), label: Label::default() },
            options: vec![o("department", "Sở", &["sở ngành"], None), o("district", "Cấp huyện", &["huyện"], Some("2025-06-30"))],
        }
    }

    #[test]
    fn vietnamese_numbers_and_dates() {
        let read = |k, s: &str| plain(&field(k), &Cell::text(s));
        assert_eq!(read(FieldType::Money, "1.200.000"), Ok(Data::Int(1_200_000)));
        assert_eq!(read(FieldType::Decimal, "12,5%"), Ok(Data::Real(12.5)));
        assert_eq!(read(FieldType::Date, "5/12/2026"), Ok(Data::Text("2026-12-05".into())));
        assert_eq!(read(FieldType::Bool, "x"), Ok(Data::Bool(true)));
        assert!(read(FieldType::Bool, "có lẽ").is_err());
        assert!(read(FieldType::Date, "31/02/2026").is_err());
        assert_eq!(plain(&field(FieldType::Phone), &Cell::Integer(912_345_678)), Ok(Data::Text("0912345678".into())));
        assert!(plain(&field(FieldType::Text), &Cell::Error("#N/A".into())).is_err());
    }

    #[test]
    fn choices_by_label_alias_and_day() {
        let l = list();
        assert_eq!(choice(&l, "SO", "2026-01-01").as_deref(), Ok("department"));
        assert_eq!(choice(&l, "Sở ngành", "2026-01-01").as_deref(), Ok("department"));
        assert_eq!(choice(&l, "huyện", "2025-01-01").as_deref(), Ok("district"));
        let late = choice(&l, "huyện", "2026-01-01").unwrap_err();
        assert!(late.what.contains("01/01/2026"), "{late:?}");
        assert!(choice(&l, "bộ", "2026-01-01").unwrap_err().remedy.contains("Sở"));
    }
}
