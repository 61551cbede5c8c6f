//! Files nobody should send: a million rows, macros, formulas. Each a clear answer at every door, nothing saved, nothing slow.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::plan_review::ok;
use crate::world;

/// A workbook of this many rows of people, written by hand: no library would write it in time. `extra` = a part more.
fn workbook(rows: usize, extra: Option<&str>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default().compression_level(Some(1))).unwrap();
        zip.write_all(text).unwrap();
    };
    part(
        "[Content_Types].xml",
        br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    );
    part(
        "_rels/.rels",
        br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    );
    part(
        "xl/workbook.xml",
        br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#,
    );
    part(
        "xl/_rels/workbook.xml.rels",
        br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    );
    if let Some(name) = extra {
        part(name, b"x");
    }
    let cell = |s: &str| format!("<c t=\"inlineStr\"><is><t>{s}</t></is></c>");
    let mut sheet =
        String::from("<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>");
    sheet.push_str(&format!("<row>{}{}</row>", cell("Họ và tên"), cell("Cơ quan")));
    for _ in 0..rows {
        sheet.push_str("<row><c t=\"inlineStr\"><is><t>A</t></is></c></row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    part("xl/worksheets/sheet1.xml", sheet.as_bytes());
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_million_rows_and_macros_get_a_clear_answer_and_change_nothing() {
    let w = world::sqlite();
    let (c, program) = (w.client("canbo"), w.program("canbo", None));
    let people = |c: &testkit::Client| ok(c.get("/api/v1/person?limit=1"), 200).json()["total"].as_i64().unwrap();
    let before = people(&program);
    let million = workbook(1_000_000, None);
    let began = Instant::now();
    let r = c.upload("/r/person/import", "trieu-dong.xlsx", &million);
    let took = began.elapsed();
    assert_eq!(r.status, 422, "{}", r.text());
    assert!(r.text().contains("có hơn 100.000 dòng dữ liệu. Hãy chia thành nhiều tệp"), "{}", r.text());
    println!("a workbook of 1,000,000 rows ({} kB) refused in {:.1} s", million.len() / 1000, took.as_secs_f64());
    assert!(took < Duration::from_secs(120), "nobody waits that long: {took:?}");

    for part in ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"] {
        let r = c.upload("/r/person/import", "macro.xlsm", &workbook(2, Some(part)));
        assert_eq!(r.status, 422, "{}", r.text());
        assert!(r.text().contains("chứa macro nên bị từ chối"), "{}", r.text());
    }
    assert_eq!(people(&program), before);
    // the same person goes on working at once
    assert_eq!(c.get("/r/person").status, 200);
}
