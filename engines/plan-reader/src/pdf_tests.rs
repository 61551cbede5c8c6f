use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, StringFormat, dictionary};

use super::*;
use crate::read;

const TO_UNICODE: &str = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def \
1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0000> <00FF> <0000> <0100> <1EFF> <0100> endbfrange endcmap end end";

fn operation(operator: &str, operands: Vec<Object>) -> Operation {
    Operation::new(operator, operands)
}

/// Text at a place, two bytes per character.
fn text(x: i64, y: i64, shown: &str) -> Vec<Operation> {
    let bytes = shown.encode_utf16().flat_map(u16::to_be_bytes).collect();
    vec![
        operation("BT", vec![]),
        operation("Tf", vec!["F1".into(), 10.into()]),
        operation("Td", vec![x.into(), y.into()]),
        operation("Tj", vec![Object::String(bytes, StringFormat::Hexadecimal)]),
        operation("ET", vec![]),
    ]
}

fn line(x0: i64, y0: i64, x1: i64, y1: i64) -> Vec<Operation> {
    vec![operation("m", vec![x0.into(), y0.into()]), operation("l", vec![x1.into(), y1.into()]), operation("S", vec![])]
}

/// One page; 500/1000 em per character, so ten-point text advances five points.
fn pdf(operations: Vec<Operation>) -> Vec<u8> {
    let mut doc = Document::with_version("1.5");
    let pages = doc.new_object_id();
    let map = doc.add_object(Stream::new(dictionary! {}, TO_UNICODE.as_bytes().to_vec()));
    let descendant = doc.add_object(dictionary! { "Type" => "Font", "Subtype" => "CIDFontType2", "DW" => 500 });
    let font = doc.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "X", "Encoding" => "Identity-H",
        "DescendantFonts" => vec![descendant.into()], "ToUnicode" => map,
    });
    let resources = doc.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let content = Content { operations }.encode().unwrap();
    let content = doc.add_object(Stream::new(dictionary! {}, content));
    let page = doc.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    doc.objects.insert(pages, Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }));
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    doc.trailer.set("Root", catalog);
    let mut out = Vec::new();
    doc.save_to(&mut out).unwrap();
    out
}

/// A short plan with wrapped paragraphs, a two-column signature and a ruled table.
pub fn sample() -> Vec<u8> {
    let mut ops = Vec::new();
    for (x, y, shown) in [
        (60, 800, "UBND TỈNH SAO MAI"),
        (340, 800, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (60, 786, "Số: 21/KH-UBND"),
        (340, 786, "Sao Mai, ngày 09 tháng 4 năm 2026"),
        (260, 760, "KẾ HOẠCH"),
        (180, 746, "Bảo đảm an ninh mạng năm 2026"),
        (60, 720, "Thực hiện Quyết định số 515/QĐ-TTg ngày 30/3/2026 của Thủ tướng Chính phủ; UBND"),
        (60, 706, "tỉnh ban hành Kế hoạch như sau:"),
        (60, 680, "I. MỤC TIÊU"),
        (60, 660, "- Tối thiểu 90% công chức, viên chức được tập huấn kỹ năng an ninh mạng cơ bản tại"),
        (60, 646, "Công an tỉnh trong năm."),
        (60, 620, "Nơi nhận:"),
        (340, 620, "TM. ỦY BAN NHÂN DÂN"),
        (60, 606, "- Bộ Công an (b/c);"),
        (340, 606, "CHỦ TỊCH"),
        (60, 592, "- Lưu: VT."),
        (260, 560, "PHỤ LỤC"),
    ] {
        ops.extend(text(x, y, shown));
    }
    let columns = [50, 90, 290, 400, 500, 580];
    for y in [540, 510, 470, 430] {
        ops.extend(line(50, y, 580, y));
    }
    for x in columns {
        ops.extend(line(x, 430, x, 540));
    }
    let rows: [(i64, [&str; 5]); 3] = [
        (526, ["STT", "Nhiệm vụ", "Chủ trì", "Phối hợp", "Thời gian"]),
        (496, ["1", "Rà soát hệ thống thông tin", "Công an tỉnh", "Sở Nội vụ", "Quý II/2026"]),
        (456, ["2", "Diễn tập ứng cứu sự cố", "Công an tỉnh", "", "Hằng năm"]),
    ];
    for (y, cells) in rows {
        for (x, shown) in columns.iter().zip(cells) {
            ops.extend(text(x + 4, y, shown));
        }
    }
    ops.extend(text(94, 484, "trên địa bàn tỉnh"));
    ops.extend(text(404, 444, "Sở Tài chính"));
    pdf(ops)
}

#[test]
fn a_pdf_with_wrapped_lines_and_a_ruled_table() {
    let plan = read(&sample(), "kh.pdf").unwrap();
    assert_eq!(plan.number.as_deref(), Some("21/KH-UBND"));
    assert_eq!(plan.date.as_deref(), Some("2026-04-09"));
    assert_eq!(plan.title.as_deref(), Some("Bảo đảm an ninh mạng năm 2026"));
    assert_eq!(plan.legal_bases.len(), 1);
    assert_eq!(plan.objectives.len(), 1);
    assert!(plan.objectives[0].text.ends_with("tại Công an tỉnh trong năm."), "{}", plan.objectives[0].text);
    let names: Vec<&str> = plan.recipients.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["Bộ Công an", "Lưu: VT"]);
    assert_eq!(plan.tasks.len(), 2);
    assert_eq!(plan.tasks[0].text, "Rà soát hệ thống thông tin trên địa bàn tỉnh");
    assert_eq!(plan.tasks[0].lead, ["Công an tỉnh"]);
    assert_eq!(plan.tasks[1].coordinating, ["Sở Tài chính"]);
    assert!(matches!(plan.tasks[0].schedule, Some(crate::Schedule::Quarter { quarter: 2, .. })));
}

#[test]
fn a_scanned_pdf_asks_for_another_file() {
    let scanned = pdf(line(10, 10, 500, 10));
    assert_eq!(decode(&scanned).unwrap_err(), ReadError::ScannedPdf);
    assert!(ReadError::ScannedPdf.to_string().contains("OCR"));
}

#[test]
fn damaged_pdfs_are_refused_without_a_panic() {
    let whole = sample();
    for end in (5..whole.len()).step_by(97) {
        // lopdf repairs some cuts; what counts is that an answer comes.
        let _ = decode(&whole[..end]);
    }
    assert!(matches!(decode(b"%PDF-1.7\nnothing here"), Err(ReadError::BrokenPdf(_))));
}
