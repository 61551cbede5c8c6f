//! Refusals, and damaged files.
use super::*;
use crate::write::{Column, ColumnKind, Sheet, Workbook};
use proptest::prelude::*;
use std::io::Write as _;
use zip::write::SimpleFileOptions;

fn book(rows: usize) -> Vec<u8> {
    let sheet = Sheet {
        name: "Danh sách".into(),
        columns: vec![Column::new("Tên", ColumnKind::Text), Column::new("Ngày", ColumnKind::Date)],
        rows: (0..rows).map(|i| vec![Cell::Text(format!("n{i}")), Cell::Date("2026-11-22".into())]).collect(),
    };
    Workbook::of(sheet).to_xlsx().unwrap()
}

/// The parts of a workbook, one replaced or added.
fn with_part(bytes: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..old.len() {
        let mut part = old.by_index(i).unwrap();
        let part_name = part.name().unwrap().into_owned();
        if part_name != name {
            new.start_file(part_name, SimpleFileOptions::default()).unwrap();
            std::io::copy(&mut part, &mut new).unwrap();
        }
    }
    new.start_file(name, SimpleFileOptions::default()).unwrap();
    new.write_all(content).unwrap();
    new.finish().unwrap().into_inner()
}

fn sheet_xml(rows: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>").into_bytes()
}

fn read(bytes: &[u8]) -> Result<SheetData, SheetError> {
    read_xlsx(bytes, &ReadOptions::default())
}

#[test]
fn not_a_workbook() {
    assert_eq!(read(b""), Err(SheetError::NotXlsx));
    assert_eq!(read("Tên;Ngày\n".as_bytes()), Err(SheetError::NotXlsx));
    assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), Err(SheetError::EncryptedOrOld));
    assert!(matches!(read(b"PK\x03\x04 and nothing"), Err(SheetError::Broken(_))));
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"<x/>").unwrap();
    assert_eq!(read(&zip.finish().unwrap().into_inner()), Err(SheetError::NotXlsx));
    for part in ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"] {
        assert_eq!(read(&with_part(&book(1), part, b"x")), Err(SheetError::Macros));
    }
}

#[test]
fn too_much() {
    let b = book(3);
    let limits = |max_bytes, max_uncompressed, max_rows| ReadOptions { max_bytes, max_uncompressed, max_rows, ..ReadOptions::default() };
    assert_eq!(read_xlsx(&b, &limits(10, 1 << 20, 9)), Err(SheetError::TooLarge(10)));
    assert_eq!(read_xlsx(&b, &limits(1 << 20, 100, 9)), Err(SheetError::Bomb(100)));
    assert_eq!(read_xlsx(&b, &limits(1 << 20, 1 << 20, 2)), Err(SheetError::TooManyRows(2)));
    assert!(read_xlsx(&b, &limits(1 << 20, 1 << 20, 3)).is_ok());
    // A megabyte of zeros packs into a kilobyte.
    let bomb = with_part(&b, "xl/media/x", &vec![0; 4 << 20]);
    assert!(bomb.len() < 100_000);
    assert_eq!(read_xlsx(&bomb, &limits(1 << 20, 1 << 20, 9)), Err(SheetError::Bomb(1 << 20)));
}

#[test]
fn a_declared_size_that_lies() {
    let mut bomb = with_part(&book(1), "xl/media/x", &vec![0; 4 << 20]);
    let real = (4u32 << 20).to_le_bytes();
    let mut lies = 0;
    for i in 0..bomb.len() - 4 {
        if bomb[i..i + 4] == real {
            bomb[i..i + 4].copy_from_slice(&1u32.to_le_bytes());
            lies += 1;
        }
    }
    assert_eq!(lies, 2, "local and central header");
    let limits = ReadOptions { max_uncompressed: 1 << 20, ..ReadOptions::default() };
    // The zip crate stops at the declared size; were it ever not to, the count in `guard` would.
    let why = read_xlsx(&bomb, &limits).unwrap_err();
    assert!(matches!(&why, SheetError::Broken(w) if w.contains("declared")), "{why:?}");
}

#[test]
fn a_far_corner_takes_no_memory() {
    let far = sheet_xml(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Tên</t></is></c></row>\
         <row r=\"1048576\"><c r=\"A1048576\"><v>1</v></c></row>",
    );
    let data = read(&with_part(&book(1), "xl/worksheets/sheet1.xml", &far)).unwrap();
    assert_eq!(data.rows[0].number, 1_048_576);
    let wide = sheet_xml("<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"XFD1\"><v>1</v></c></row>");
    assert_eq!(read(&with_part(&book(1), "xl/worksheets/sheet1.xml", &wide)), Err(SheetError::TooManyColumns(300)));
}

#[test]
fn kinds_of_cells() {
    let xml = sheet_xml(
        "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t> Tên *</t></is></c><c r=\"C2\" t=\"inlineStr\"><is><t>Số</t></is></c></row>\
         <row r=\"3\"><c r=\"A3\" t=\"b\"><v>1</v></c><c r=\"C3\"><v>5001</v></c></row>\
         <row r=\"4\"><c r=\"A4\" t=\"inlineStr\"><is><t>  </t></is></c></row>\
         <row r=\"5\"><c r=\"A5\" t=\"e\"><v>#N/A</v></c><c r=\"B5\"><v>7</v></c><c r=\"C5\"><f>1/8</f><v>0.125</v></c></row>\
         <row r=\"6\"><c r=\"C6\" t=\"d\"><v>2026-11-22T00:00:00</v></c></row>",
    );
    let data = read(&with_part(&book(1), "xl/worksheets/sheet1.xml", &xml)).unwrap();
    assert_eq!(data.header_row, 2);
    assert_eq!(data.headers[0].label, "Tên");
    assert_eq!(data.headers[1].letter(), "C");
    assert_eq!(data.ignored_columns, ["B"]);
    let rows: Vec<(u32, &[Cell])> = data.rows.iter().map(|r| (r.number, &r.cells[..])).collect();
    assert_eq!(rows[0], (3, &[Cell::Bool(true), Cell::Integer(5001)][..]));
    assert_eq!(rows[1], (5, &[Cell::Error("#N/A".into()), Cell::Decimal(0.125)][..]));
    assert_eq!(rows[2], (6, &[Cell::Empty, Cell::Date("2026-11-22".into())][..]));
    assert_eq!(rows.len(), 3);
}

/// A program that writes formulas without results (openpyxl) must not make the cell look empty.
#[test]
fn a_formula_without_its_result_is_no_empty_cell() {
    let xml = sheet_xml(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Tên</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>Số</t></is></c></row>\
         <row r=\"2\"><c r=\"A2\"><f>1+1</f></c><c r=\"B2\"><f>1+1</f><v></v></c></row>\
         <row r=\"3\"><c r=\"A3\"><f>1+1</f><v>2</v></c><c r=\"B3\"/></row>",
    );
    let data = read(&with_part(&book(1), "xl/worksheets/sheet1.xml", &xml)).unwrap();
    let none = Cell::Error(super::FORMULA.into());
    assert_eq!(data.rows[0].cells, [none.clone(), none]);
    assert_eq!(data.rows[1].cells, [Cell::Integer(2), Cell::Empty]);
}

#[test]
fn sheets_by_name() {
    let named = |n: &str| ReadOptions { sheet: Some(n.into()), ..ReadOptions::default() };
    assert!(read_xlsx(&book(1), &named("danh sach")).is_ok());
    let e = read_xlsx(&book(1), &named("Danh sạck")).unwrap_err();
    assert_eq!(e, SheetError::NoSheet("Danh sạck".into(), vec!["Danh sách".into()]));
    assert!(e.to_string().contains("Có phải là “Danh sách”?"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_files_never_panic(hits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20), cut in any::<usize>()) {
        let mut b = book(3);
        for (at, byte) in hits {
            let n = b.len();
            b[at % n] = byte;
        }
        let _ = read(&b);
        b.truncate(cut % b.len());
        let _ = read(&b);
    }

    #[test]
    fn damaged_parts_never_panic(which in 0usize..4, hits in proptest::collection::vec((any::<usize>(), "[<>/&;a-z0-9\"= -]"), 1..8)) {
        use std::io::Read as _;
        let name = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"][which];
        let b = book(2);
        let mut xml = Vec::new();
        zip::ZipArchive::new(Cursor::new(&b)).unwrap().by_name(name).unwrap().read_to_end(&mut xml).unwrap();
        for (at, c) in hits {
            let n = xml.len();
            xml[at % n] = c.as_bytes()[0];
        }
        let _ = read(&with_part(&b, name, &xml));
    }
}

/// Run with `cargo test -p documents --release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let t = std::time::Instant::now();
    let b = book(10_000);
    let written = t.elapsed();
    let t = std::time::Instant::now();
    assert_eq!(read(&b).unwrap().rows.len(), 10_000);
    println!("write {written:?}, read {:?}, {} bytes", t.elapsed(), b.len());
}
