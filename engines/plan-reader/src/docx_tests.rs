use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::read;

const NUMBERING: &str = r#"<w:numbering xmlns:w="w">
<w:abstractNum w:abstractNumId="0">
 <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
 <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
 <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>"#;

const STYLES: &str = r#"<w:styles xmlns:w="w"><w:style w:styleId="Muc"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="MucCon"><w:basedOn w:val="Muc"/></w:style></w:styles>"#;

fn decode(bytes: &[u8]) -> Result<Decoded, ReadError> {
    super::decode(bytes, "a.docx")
}

fn para(text: &str) -> String {
    format!("<w:p><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>")
}

fn list(level: usize, text: &str) -> String {
    format!("<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn cell(properties: &str, body: &str) -> String {
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{body}</w:tc>")
}

fn row(cells: &[String]) -> String {
    format!("<w:tr>{}</w:tr>", cells.concat())
}

fn plain_row(cells: &[&str]) -> String {
    row(&cells.iter().map(|c| cell("", &para(c))).collect::<Vec<_>>())
}

/// A whole plan of the fictional province: two-column letterhead, list numbers, merged cells, nested table.
fn document() -> String {
    let letterhead = row(&[
        cell("", &(para("ỦY BAN NHÂN DÂN") + &para("TỈNH SAO MAI") + &para("Số: 07/KH-UBND"))),
        cell("", &(para("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") + &para("Sao Mai, ngày 12 tháng 01 năm 2026"))),
    ]);
    let number = "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"2\"/></w:numPr></w:pPr></w:p>";
    let nested = format!("{}<w:tbl>{}</w:tbl>", para("Nâng cấp trục liên thông gồm:"), plain_row(&["Máy chủ", "02 bộ"]));
    let table = [
        row(&[
            cell("<w:vMerge w:val=\"restart\"/>", &para("STT")),
            cell("<w:vMerge w:val=\"restart\"/>", &para("Nhiệm vụ")),
            cell("<w:gridSpan w:val=\"2\"/>", &para("Cơ quan thực hiện")),
            cell("<w:vMerge w:val=\"restart\"/>", &para("Thời hạn hoàn thành")),
        ]),
        row(&[
            cell("<w:vMerge/>", "<w:p/>"),
            cell("<w:vMerge/>", "<w:p/>"),
            cell("", &para("Chủ trì")),
            cell("", &para("Phối hợp")),
            cell("<w:vMerge/>", "<w:p/>"),
        ]),
        row(&[cell("<w:gridSpan w:val=\"5\"/>", &para("I. HẠ TẦNG"))]),
        row(&[
            cell("", number),
            cell("", &nested),
            cell("<w:vMerge w:val=\"restart\"/>", &para("Sở Khoa học và Công nghệ")),
            cell("", &(para("- Công an tỉnh") + &para("- Sở Tài chính"))),
            cell("", &para("Quý II/2026")),
        ]),
        row(&[
            cell("", number),
            cell("", &para("Kiểm thử xâm nhập &amp; khắc phục lỗ hổng")),
            cell("<w:vMerge/>", "<w:p/>"),
            cell("", &para("Công an tỉnh")),
            cell("", &para("Trước 30/6/2027")),
        ]),
    ]
    .concat();
    let body = [
        format!("<w:tbl>{letterhead}</w:tbl>"),
        para("KẾ HOẠCH"),
        para("Nâng cấp hạ tầng số tỉnh Sao Mai năm 2026"),
        para("Căn cứ Quyết định số 515/QĐ-TTg ngày 30/3/2026; UBND tỉnh ban hành Kế hoạch như sau:"),
        "<w:p><w:pPr><w:pStyle w:val=\"MucCon\"/></w:pPr><w:r><w:t>MỤC </w:t></w:r><w:r><w:t>TIÊU</w:t></w:r></w:p>".to_owned(),
        list(1, "Mục tiêu cụ thể"),
        list(2, "100% xã có đường truyền số liệu chuyên dùng."),
        "<w:p><w:r><w:t>- Tối thiểu 03 cuộc diễn tập</w:t><w:noBreakHyphen/></w:r><w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del></w:p>".to_owned(),
        list(0, "TỔ CHỨC THỰC HIỆN"),
        list(1, "Sở Khoa học và Công nghệ"),
        list(2, "Theo dõi việc thực hiện."),
        format!("<w:tbl>{}</w:tbl>", row(&[
            cell("", &(para("Nơi nhận:") + &para("- Bộ Công an (b/c);") + &para("- Lưu: VT."))),
            cell("", &(para("TM. ỦY BAN NHÂN DÂN") + &para("CHỦ TỊCH"))),
        ])),
        para("PHỤ LỤC"),
        format!("<w:tbl>{table}</w:tbl>"),
    ]
    .concat();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>")
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The test plan as a .docx file.
pub fn sample() -> Vec<u8> {
    archive(&[
        ("word/document.xml", document().as_bytes()),
        ("word/numbering.xml", NUMBERING.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
    ])
}

#[test]
fn a_word_plan_with_lists_merged_cells_and_nested_tables() {
    let plan = read(&sample(), "kh.docx").unwrap();
    assert_eq!(plan.number.as_deref(), Some("07/KH-UBND"));
    assert_eq!(plan.date.as_deref(), Some("2026-01-12"));
    assert_eq!(plan.issuer.as_deref(), Some("UBND tỉnh Sao Mai"));
    assert_eq!(plan.title.as_deref(), Some("Nâng cấp hạ tầng số tỉnh Sao Mai năm 2026"));
    let sections: Vec<String> = plan.sections.iter().map(|s| format!("{} {}", s.ordinal, s.title)).collect();
    assert_eq!(sections, ["I MỤC TIÊU", "II TỔ CHỨC THỰC HIỆN"]);
    let values: Vec<f64> = plan.objectives.iter().flat_map(|o| &o.values).map(|v| v.value).collect();
    assert_eq!(values, [100.0, 3.0]);
    assert!(plan.objectives[1].text.ends_with("diễn tập-"), "deleted text is not read");
    assert_eq!(plan.assignments.len(), 1);
    assert_eq!(plan.assignments[0].duties, ["Theo dõi việc thực hiện."]);
    assert_eq!(plan.recipients.len(), 2);
    assert_eq!(plan.tasks.len(), 2);
    let [first, second] = plan.tasks.as_slice() else { panic!("two tasks") };
    assert_eq!((first.section.as_deref(), first.no.as_deref()), (Some("I"), Some("1")));
    assert_eq!(first.text, "Nâng cấp trục liên thông gồm: Máy chủ 02 bộ");
    assert_eq!(first.coordinating, ["Công an tỉnh", "Sở Tài chính"]);
    assert_eq!(second.no.as_deref(), Some("2"));
    assert_eq!(second.lead, ["Sở Khoa học và Công nghệ"], "a merged cell speaks for its rows");
    assert_eq!(second.text, "Kiểm thử xâm nhập & khắc phục lỗ hổng");
    assert_eq!(second.schedule, Some(crate::Schedule::Deadline { due: "2027-06-29".into() }));
}

#[test]
fn other_archives_are_named() {
    let kind = |name: &str| decode(&archive(&[(name, b"<x/>")])).unwrap_err().to_string();
    assert!(kind("xl/workbook.xml").contains(".xlsx"));
    assert!(kind("content.xml").contains(".odt"));
    assert!(kind("a.txt").contains(".zip"));
}

#[test]
fn a_truncated_file_is_refused_at_every_length() {
    let whole = sample();
    for end in (4..whole.len()).step_by(7) {
        let error = read(&whole[..end], "kh.docx").unwrap_err();
        assert!(error.to_string().contains(".docx"), "{end}: {error}");
    }
    let cut = document();
    let cut = &cut[..cut.len() / 2];
    let broken = archive(&[("word/document.xml", cut.as_bytes())]);
    assert!(matches!(decode(&broken), Err(ReadError::BrokenDocx(_))));
}

#[test]
fn bombs_are_refused_quickly() {
    let start = std::time::Instant::now();
    let bomb = archive(&[("word/document.xml", &vec![b' '; 200 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(decode(&bomb).unwrap_err(), ReadError::Bomb);
    let names: Vec<String> = (0..MAX_ENTRIES + 1).map(|n| format!("f{n}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
    assert_eq!(decode(&archive(&many)).unwrap_err(), ReadError::Bomb);
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("<w:document>{}", "<w:x>".repeat(100_000));
    assert_eq!(decode(&archive(&[("word/document.xml", deep.as_bytes())])).unwrap_err(), ReadError::TooComplex("lồng nhau quá sâu"));
    let tables = format!("<w:document>{}", "<w:tbl><w:tr><w:tc>".repeat(40));
    assert!(matches!(decode(&archive(&[("word/document.xml", tables.as_bytes())])), Err(ReadError::TooComplex(_))));
    let entities = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>";
    let lines = decode(&archive(&[("word/document.xml", entities.as_bytes())])).unwrap().lines;
    assert!(lines.iter().all(|l| l.text.is_empty()), "entities are never expanded");
}
