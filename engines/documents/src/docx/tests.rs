use crate::doc::{Block, Document, Figure, Row, Table};
use crate::error::DocumentError;
use crate::samples;
use std::io::{Cursor, Read};

/// A part of the file as text.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut out = String::new();
    zip.by_name(name).expect("the part").read_to_string(&mut out).expect("text");
    out
}

/// The texts of the body, a line for each paragraph.
fn paragraphs(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut out, mut now, mut inside) = (Vec::new(), String::new(), false);
    loop {
        match reader.read_event().expect("well-formed XML") {
            quick_xml::events::Event::Eof => return out,
            quick_xml::events::Event::Start(e) if e.name().as_ref() == "w:t" => inside = true,
            quick_xml::events::Event::End(e) if e.name().as_ref() == "w:t" => inside = false,
            quick_xml::events::Event::End(e) if e.name().as_ref() == "w:p" => out.push(std::mem::take(&mut now)),
            quick_xml::events::Event::Text(t) if inside => now.push_str(&t),
            quick_xml::events::Event::GeneralRef(r) if inside => now.push_str(match r.as_ref() {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                _ => "'",
            }),
            _ => {}
        }
    }
}

#[test]
fn a_report_reads_back() {
    let bytes = samples::report().to_docx().expect("docx");
    let xml = part(&bytes, "word/document.xml");
    let lines = paragraphs(&xml);
    let at = |s: &str| lines.iter().position(|l| l == s).unwrap_or_else(|| panic!("no line {s:?}"));
    // In the order of the decree.
    let order = [
        "CÔNG AN TỈNH",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 07/BC-CAT-ANM",
        "Sao Mai, ngày 04 tháng 12 năm 2026",
        "BÁO CÁO",
        "Kính gửi: Ủy ban nhân dân tỉnh Sao Mai",
        "I. KẾT QUẢ THỰC HIỆN",
        "1. Công tác chỉ đạo, tổ chức thực hiện",
        "a) Đào tạo, bồi dưỡng nguồn nhân lực",
        "16.850",
        "II. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN",
        "b) Đội ngũ cán bộ chuyên trách còn mỏng, kiêm nhiệm nhiều việc.",
        "Nơi nhận:",
        "- Lưu: VT, ANM (LTH).",
        "KT. GIÁM ĐỐC",
        "PHÓ GIÁM ĐỐC",
        "Đại tá Trần Thị Ngọc Ánh",
        "Phụ lục I",
        "Phụ lục II",
        "(Kèm theo Báo cáo số 07/BC-CAT-ANM ngày\u{a0}04 tháng 12 năm 2026 của Công an tỉnh)",
    ];
    let places: Vec<usize> = order[..20].iter().map(|s| at(s)).collect();
    assert!(places.is_sorted(), "{places:?}");
    at(order[20]);
    assert_eq!(xml.matches("<w:tblHeader/>").count(), 1 + 2 + 1, "rows of headings stand again");
    let last = xml.find("kính báo cáo Ủy ban nhân dân tỉnh./.").and_then(|i| xml[..i].rfind("<w:p>")).expect("the last paragraph");
    assert!(xml[last..].starts_with("<w:p><w:pPr><w:keepNext/>"), "the signature is not left alone");
    assert_eq!(xml.matches("w:orient=\"landscape\"").count(), 1);
    assert_eq!(xml.matches("<w:sectPr>").count(), 3, "pages are counted anew in each annex");
    assert_eq!(xml.matches("<w:tr>").count(), 2 + 4 + 1 + 9 + 301);
    assert!(xml.contains("<w:gridSpan w:val=\"6\"/>") && xml.contains("<w:vMerge w:val=\"restart\"/>"));
    assert!(part(&bytes, "word/header1.xml").contains(" PAGE ") && !part(&bytes, "word/header2.xml").contains(" PAGE "));
    assert!(part(&bytes, "word/styles.xml").contains("Times New Roman"));
}

#[test]
fn every_part_is_well_formed_and_named() {
    let bytes = samples::report().to_docx().expect("docx");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).expect("a zip");
    let names: Vec<String> = (0..zip.len()).map(|i| zip.by_index(i).expect("a part").name().expect("a name").into_owned()).collect();
    for name in names.iter().filter(|n| n.ends_with(".xml") || n.ends_with(".rels")) {
        paragraphs(&part(&bytes, name));
    }
    let rels = part(&bytes, "word/_rels/document.xml.rels");
    for target in rels.split("Target=\"").skip(1).filter_map(|s| s.split('"').next()) {
        assert!(names.contains(&format!("word/{target}")), "{target} is not in the file");
    }
    assert!(names.contains(&"word/media/hinh1.png".to_owned()) && names.contains(&"word/media/hinh1.svg".to_owned()));
}

#[test]
fn the_same_value_gives_the_same_bytes() {
    assert!(samples::report().to_docx().expect("docx") == samples::report().to_docx().expect("docx"));
    assert!(samples::report().to_pdf().expect("pdf") == samples::report().to_pdf().expect("pdf"));
}

#[test]
fn a_draft_without_number_leaves_room() {
    let bytes = samples::decision().to_docx().expect("docx");
    let lines = paragraphs(&part(&bytes, "word/document.xml"));
    assert!(lines.iter().any(|l| l.starts_with("Số: \u{a0}") && l.ends_with("/QĐ-UBND")), "{lines:?}");
    assert!(lines.contains(&"DỰ THẢO".into()) && part(&bytes, "word/header1.xml").contains("string=\"DỰ THẢO\""));
    assert!(lines.contains(&"Điều 4. Chánh Văn phòng Ủy ban nhân dân tỉnh, Giám đốc Công an tỉnh, Thủ trưởng các cơ quan, đơn vị liên quan và các thành viên Đội ứng cứu chịu trách nhiệm thi hành Quyết định này./.".into()));
}

#[test]
fn hostile_text_stays_text() {
    let nasty = "<w:p>&\"'\u{0}\u{1}\u{b}\u{fffe}\u{202e}]]>\n🙂 =1+1";
    let mut d = samples::letter();
    d.head.subject = nasty.into();
    d.head.agency = nasty.into();
    d.blocks = vec![Block::paragraph(nasty), Block::heading(9, nasty), Block::list([nasty])];
    let bytes = d.to_docx().expect("docx");
    let lines = paragraphs(&part(&bytes, "word/document.xml"));
    assert!(lines.iter().any(|l| l.contains("<w:p>&\"'") && l.contains("=1+1")), "{lines:?}");
    paragraphs(&part(&bytes, "docProps/core.xml"));
    assert!(d.to_pdf().is_ok());
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let with = |b: Block| Document { blocks: vec![Block::paragraph("a"), b], ..Document::default() };
    let table = Table { rows: vec![Row::new(["a"])], ..Table::default() };
    for made in
        [with(Block::Table(table.clone())).to_docx(), with(Block::Table(table.clone())).to_pdf(), with(Block::Table(table)).to_xlsx()]
    {
        assert_eq!(made, Err(DocumentError::NoColumns(1)));
    }
    let figure = with(Block::Figure(Figure { svg: "<svg".into(), ..Figure::default() }));
    for made in [figure.to_docx(), figure.to_pdf()] {
        assert!(matches!(made, Err(DocumentError::Figure(1, _))), "{made:?}");
    }
    assert_eq!(figure.to_xlsx(), Err(DocumentError::NoTable));
}

#[test]
fn tables_read_back_as_numbers() {
    use crate::{Cell, ReadOptions, read_xlsx};
    let bytes = samples::report().to_xlsx().expect("xlsx");
    let sheet = |name: &str| read_xlsx(&bytes, &ReadOptions { sheet: Some(name.into()), ..ReadOptions::default() }).expect(name);
    let money = sheet("Kinh phí thực hiện năm 2026");
    let labels: Vec<&str> = money.headers.iter().map(|h| h.label.as_str()).collect();
    assert_eq!(labels, ["Nội dung", "Dự toán", "Thực hiện", "Tỷ lệ (%)"]);
    assert_eq!(money.rows[2].cells[1], Cell::Integer(16_850));
    let targets = sheet("Phụ lục I");
    assert_eq!(targets.headers[3].label, "Năm 2026 - Mục tiêu");
    assert_eq!(targets.rows[1].cells[4], Cell::Decimal(83.1));
    assert_eq!(targets.rows[0].cells[1], Cell::Text("Nguồn nhân lực".into()));
    let communes = sheet("Phụ lục II");
    assert_eq!(communes.rows.len(), 300);
    let staff: f64 = communes.rows.iter().map(|r| r.cells[2].to_text().parse::<f64>().expect("a number")).sum();
    let wanted: i64 = (0..300).map(|i| 20 + i % 37).sum();
    #[expect(clippy::cast_precision_loss, reason = "a small sum")]
    let wanted = wanted as f64;
    assert!((staff - wanted).abs() < 1e-9, "{staff} {wanted}");
}

#[test]
fn odd_documents_are_still_documents() {
    for d in [Document::default(), samples::odd()] {
        paragraphs(&part(&d.to_docx().expect("docx"), "word/document.xml"));
        assert!(d.to_pdf().expect("pdf").starts_with(b"%PDF-1.7"));
    }
}

#[test]
#[ignore = "writes files to look at: DOCUMENTS_OUT=folder"]
fn to_look_at() {
    let Ok(folder) = std::env::var("DOCUMENTS_OUT") else { return };
    for (name, d) in
        [("report", samples::report()), ("letter", samples::letter()), ("decision", samples::decision()), ("odd", samples::odd())]
    {
        std::fs::write(format!("{folder}/{name}.docx"), d.to_docx().expect("docx")).expect("written");
        std::fs::write(format!("{folder}/{name}.pdf"), d.to_pdf().expect("pdf")).expect("written");
        if let Ok(xlsx) = d.to_xlsx() {
            std::fs::write(format!("{folder}/{name}.xlsx"), xlsx).expect("written");
        }
    }
}
