//! What is written can be read again; nothing becomes a formula.
use super::*;
use crate::{ReadOptions, read_xlsx};
use proptest::prelude::*;
use std::io::Read as _;

fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut out = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut out).unwrap();
    out
}

fn sample() -> Workbook {
    Workbook {
        sheets: vec![Sheet {
            name: "Đầu mối: an ninh mạng/xã [2026] của tỉnh Sao Mai".into(),
            columns: vec![
                Column::new("Họ và tên", ColumnKind::Text).required().hint("Như trong quyết định"),
                Column::new("Điện thoại", ColumnKind::Text),
                Column::new("Ngày sinh", ColumnKind::Date),
                Column::new("Số máy", ColumnKind::Integer),
                Column::new("Điểm", ColumnKind::Decimal(1)),
                Column::new("Kinh phí", ColumnKind::Money),
                Column::new("Loại", ColumnKind::Choice(vec!["Chuyên trách".into(), "Kiêm nhiệm".into()])),
                Column::new("Xã", ColumnKind::Choice((0..130).map(|i| format!("Xã số {i}")).collect())),
                Column::new("Còn hiệu lực", ColumnKind::Bool),
            ],
            rows: vec![vec![
                Cell::Text("Đặng Thị Hoà".into()),
                Cell::Text("0912345678".into()),
                Cell::Date("1990-02-28".into()),
                Cell::Integer(5001),
                Cell::Decimal(83.1),
                Cell::Integer(1_200_000),
                Cell::Text("Kiêm nhiệm".into()),
                Cell::Text("Xã số 7".into()),
                Cell::Bool(true),
            ]],
        }],
        guide: Some(Guide { title: "Cách điền".into(), paragraphs: vec!["Mỗi dòng một người.".into()] }),
        created: "2026-11-22".into(),
    }
}

#[test]
fn a_template_there_and_back() {
    let bytes = sample().to_xlsx().unwrap();
    let data = read_xlsx(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(data.name, "Đầu mối an ninh mạng xã 2026 củ");
    assert_eq!(data.header_row, 1);
    assert_eq!(data.headers[0].label, "Họ và tên");
    assert_eq!((data.headers[8].label.as_str(), data.headers[8].letter().as_str()), ("Còn hiệu lực", "I"));
    let mut want = sample().sheets[0].rows[0].clone();
    want[8] = Cell::Text("Có".into());
    assert_eq!(data.rows[0].cells, want);
    assert_eq!(data.rows[0].number, 2);
    let guide = ReadOptions { sheet: Some("huong dan".into()), ..ReadOptions::default() };
    assert_eq!(read_xlsx(&bytes, &guide).unwrap().headers[1].label, "Tiêu đề");
}

#[test]
fn checks_and_hidden_list() {
    let bytes = sample().to_xlsx().unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("\"Chuyên trách,Kiêm nhiệm\""));
    assert!(sheet.contains("'Danh mục'!$A$1:$A$130"));
    assert!(sheet.contains("<autoFilter ref=\"A1:I2\"/>"));
    assert!(sheet.contains("ySplit=\"1\""));
    assert!(part(&bytes, "xl/workbook.xml").contains("state=\"hidden\""));
    assert!(part(&bytes, "xl/styles.xml").contains("dd/mm/yyyy"));
    let plain = Workbook { guide: None, ..sample() }.to_xlsx().unwrap();
    assert!(!part(&plain, "xl/worksheets/sheet1.xml").contains("dataValidation"));
}

#[test]
fn nothing_becomes_a_formula() {
    let evil = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "{=1}", "http://x.example"];
    let sheet = Sheet {
        name: "x".into(),
        columns: vec![Column::new("=A1", ColumnKind::Text), Column::new("n", ColumnKind::Integer)],
        rows: evil.iter().map(|e| vec![Cell::Text((*e).into()), Cell::Text((*e).into())]).collect(),
    };
    let bytes = Workbook::of(sheet).to_xlsx().unwrap();
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(!xml.contains("<f>") && !xml.contains("<hyperlink"), "{xml}");
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
    let data = read_xlsx(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(data.headers[0].label, "=A1");
    for (row, e) in data.rows.iter().zip(evil) {
        assert_eq!(row.cells[0], Cell::Text(e.into()));
    }
}

#[test]
fn the_same_bytes_every_time() {
    assert_eq!(sample().to_xlsx().unwrap(), sample().to_xlsx().unwrap());
    assert!(part(&sample().to_xlsx().unwrap(), "docProps/core.xml").contains("2026-11-22"));
}

#[test]
fn odd_values() {
    let long = "ữ".repeat(40_000);
    let sheet = Sheet {
        name: "'[]:*?/\\".into(),
        columns: vec![Column::new("a", ColumnKind::Money), Column::new("b", ColumnKind::Date)],
        rows: vec![
            vec![Cell::Integer(i64::MAX), Cell::Date("0900-01-01".into())],
            vec![Cell::Decimal(f64::NAN), Cell::Text(long)],
            vec![Cell::Integer(1)],
            vec![Cell::Integer(-999_999_999_999_999), Cell::Empty, Cell::Integer(9)],
        ],
    };
    let data = read_xlsx(&Workbook::of(sheet).to_xlsx().unwrap(), &ReadOptions::default()).unwrap();
    assert_eq!(data.name, "Dữ liệu");
    assert_eq!(data.rows[0].cells[0], Cell::Text(i64::MAX.to_string()));
    assert_eq!(data.rows[0].cells[1], Cell::Text("01/01/0900".into()));
    assert_eq!(data.rows[1].cells[0], Cell::Text("–".into()));
    assert!(data.rows[1].cells[1].to_text().ends_with("[cắt bớt]"));
    assert_eq!(data.rows[2].cells, [Cell::Integer(1), Cell::Empty]);
    assert_eq!(data.rows[3].cells[0], Cell::Integer(-999_999_999_999_999));
}

#[test]
fn names_of_sheets() {
    let sheet = |name: &str| Sheet { name: name.into(), columns: vec![Column::new("a", ColumnKind::Text)], rows: vec![] };
    let book = Workbook {
        sheets: vec![sheet("Sổ"), sheet("SỔ"), sheet("Hướng dẫn"), sheet("danh mục")],
        guide: Some(Guide::default()),
        created: String::new(),
    };
    let xml = part(&book.to_xlsx().unwrap(), "xl/workbook.xml");
    for name in ["\"Sổ\"", "\"SỔ 2\"", "\"Hướng dẫn 2\"", "\"danh mục 2\"", "\"Hướng dẫn\""] {
        assert!(xml.contains(name), "{name}");
    }
    assert!(Workbook::default().to_xlsx().is_err());
    assert!(Workbook::of(Sheet::default()).to_xlsx().is_err());
}

fn cells() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Empty),
        "[ -~À-ỹ\n]{1,12}".prop_map(Cell::text),
        "_x00[0-9]{2}_".prop_map(Cell::text),
        (-999_999_999_999_999i64..999_999_999_999_999).prop_map(Cell::Integer),
        (-1e9f64..1e9).prop_filter("a true decimal", |x| x.fract() != 0.0).prop_map(Cell::Decimal),
        // 1900-03-01 on: before it Excel counts a day that never was.
        (1901i32..2199, 1u32..=12, 1u32..=28).prop_map(|(y, m, d)| Cell::Date(format!("{y}-{m:02}-{d:02}"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_cells_there_and_back(rows in proptest::collection::vec(proptest::collection::vec(cells(), 3), 0..6)) {
        let kinds = [ColumnKind::Text, ColumnKind::Decimal(2), ColumnKind::Date];
        let sheet = Sheet {
            name: "x".into(),
            columns: ["a", "b", "c"].iter().zip(kinds).map(|(l, k)| Column::new(*l, k)).collect(),
            rows: rows.iter().map(|r| {
                // A date needs a date column, or it comes back as the number it is inside.
                let mut r = r.clone();
                for c in &mut r[..2] { if matches!(c, Cell::Date(_)) { *c = Cell::Empty; } }
                if matches!(r[2], Cell::Integer(_) | Cell::Decimal(_)) { r[2] = Cell::Empty; }
                r
            }).collect(),
        };
        let data = read_xlsx(&Workbook::of(sheet.clone()).to_xlsx().unwrap(), &ReadOptions::default()).unwrap();
        let want: Vec<&Vec<Cell>> = sheet.rows.iter().filter(|r| r.iter().any(|c| !c.is_empty())).collect();
        let got: Vec<&Vec<Cell>> = data.rows.iter().map(|r| &r.cells).collect();
        prop_assert_eq!(got, want);
    }
}
