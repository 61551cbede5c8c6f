//! Plans without a task table: who leads, what is only about money; and files that are no plan at all.

use std::io::{Cursor, Write as _};

use crate::{Plan, Task, read, read_text};

const LIST: &str = "KẾ HOẠCH\nBảo vệ trạm quan trắc tỉnh Sao Mai năm 2026\n\nI. MỤC TIÊU\n\n- 100% trạm có người trực.\n\nII. NHIỆM VỤ, GIẢI PHÁP\n\n\
1. Rà soát các trạm\n\n\
a) Giao Công an tỉnh chủ trì, phối hợp với Sở Xây dựng rà soát các trạm ven sông.\n\n\
b) Sở Y tế có trách nhiệm kiểm tra các trạm trong bệnh viện.\n\n\
c) Ủy ban nhân dân các xã, phường chủ động cử người trực trạm.\n\n\
d) Đối với trạm cũ, giao Sở Nội vụ tham mưu việc thay thế.\n\n\
đ) Tuyên truyền cho người dân về các trạm.\n\n\
2. Sở Giáo dục và Đào tạo có trách nhiệm:\n\n\
- Đưa nội dung trạm quan trắc vào giờ ngoại khóa.\n\n\
- Phối hợp với Công an tỉnh tổ chức thăm trạm.\n\n\
3. Kinh phí thực hiện\n\n\
- Kinh phí thực hiện Kế hoạch do ngân sách tỉnh bảo đảm.\n\n\
- Sở Tài chính chủ trì, tham mưu bố trí kinh phí hằng năm.\n\n\
4. Diễn tập mỗi năm một lần tại ba trạm.\n\n\
III. TỔ CHỨC THỰC HIỆN\n\n\
1. Công an tỉnh\n\n\
- Theo dõi, đôn đốc việc thực hiện.\n\n\
2. Kinh phí thực hiện: Kinh phí thực hiện Kế hoạch được bố trí trong dự toán hằng năm của các cơ quan.\n\n\
3. Sở Tài chính: Tham mưu bố trí kinh phí cho các trạm.\n";

fn task<'p>(plan: &'p Plan, begins: &str) -> Option<&'p Task> {
    plan.tasks.iter().find(|t| t.text.starts_with(begins))
}

#[test]
fn agencies_inside_sentences_lead() {
    let plan = read_text(LIST);
    for (begins, lead) in [
        ("Giao Công an tỉnh", "Công an tỉnh"),
        ("Sở Y tế có trách nhiệm", "Sở Y tế"),
        ("Ủy ban nhân dân các xã", "Ủy ban nhân dân các xã, phường"),
        ("Đối với trạm cũ", "Sở Nội vụ"),
        ("Đưa nội dung trạm", "Sở Giáo dục và Đào tạo"),
        ("Theo dõi, đôn đốc", "Công an tỉnh"),
    ] {
        assert_eq!(task(&plan, begins).map(|t| t.lead.clone()), Some(vec![lead.to_owned()]), "{begins}");
    }
    assert_eq!(task(&plan, "Giao Công an tỉnh").unwrap().coordinating, ["Sở Xây dựng"]);
    for begins in ["Tuyên truyền", "Diễn tập mỗi năm", "Phối hợp với Công an tỉnh"] {
        assert!(task(&plan, begins).unwrap().lead.is_empty(), "{begins}: nobody is named as lead");
    }
}

#[test]
fn sentences_about_money_under_their_heading_are_no_tasks() {
    let plan = read_text(LIST);
    for begins in ["Kinh phí thực hiện", "Sở Tài chính chủ trì"] {
        assert!(task(&plan, begins).is_none(), "{begins}");
    }
    assert!(task(&plan, "Tham mưu bố trí kinh phí").is_some_and(|t| t.lead == ["Sở Tài chính"]), "what an agency is given stays its task");
    assert!(task(&plan, "Diễn tập mỗi năm").is_some(), "the next item is a task again");
    let told = plan.warnings.iter().filter(|w| w.code == "funding_clause").count();
    assert_eq!(told, 3, "{:?}", plan.warnings);
    let own = LIST.replace("3. Kinh phí thực hiện\n", "IV. KINH PHÍ THỰC HIỆN NHIỆM VỤ\n").replace("III. TỔ", "V. TỔ");
    let plan = read_text(&own);
    assert!(task(&plan, "Sở Tài chính chủ trì").is_none() && task(&plan, "Giao Công an tỉnh").is_some());
}

fn archive(entry: &str, content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file(entry, stored).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.start_file("content.xml", stored).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_is_no_document_is_named_with_the_remedy() {
    let old = |tail: &[u8]| [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..], tail].concat();
    let locked: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, what, remedy) in [
        ("ke-hoach.xlsx", archive("xl/workbook.xml", "<a/>"), "bảng tính (.xlsx)", "chép bảng sang Word"),
        ("ke-hoach.ods", archive("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "bảng tính (.ods)", "chép bảng sang Word"),
        ("a.odt", archive("mimetype", "application/vnd.oasis.opendocument.text"), "văn bản dạng .odt", "lưu lại ở dạng .docx"),
        ("ke-hoach.doc", old(b"x"), "Word đời cũ", "lưu lại ở dạng .docx"),
        ("ke-hoach.xls", old(b"x"), "bảng tính (.xls)", "chép bảng sang Word"),
        ("ke-hoach.docx", old(&locked), "đặt mật khẩu", "gỡ mật khẩu"),
        ("anh.png", b"\x89PNG\r\n\x1a\n".to_vec(), "tệp ảnh", "OCR"),
        ("anh.jpg", vec![0xff, 0xd8, 0xff, 0xe0, 0, 0x10], "tệp ảnh", "OCR"),
        ("anh.heic", b"\0\0\0\x18ftypheic\0\0".to_vec(), "tệp ảnh", "OCR"),
        ("phim.mp4", b"\0\0\0\x18ftypisom\0\0".to_vec(), "âm thanh hoặc phim", "Chọn lại"),
        ("a.rar", b"Rar!\x1a\x07".to_vec(), "nén", "Giải nén"),
        ("a.csv", b"a,b\n1,2\n".to_vec(), "bảng tính (.csv)", "chép bảng sang Word"),
        ("a.html", b"<!DOCTYPE html><p>x</p>".to_vec(), "trang web", "lưu lại ở dạng .docx"),
    ] {
        let said = read(&bytes, name).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(what) && said.contains(remedy), "{name}: {said}");
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("ke-hoach.txt", zip::write::SimpleFileOptions::default()).unwrap();
    let said = read(&zip.finish().unwrap().into_inner(), "a.zip").map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("nén .zip") && said.contains("Giải nén"), "{said}");
}
