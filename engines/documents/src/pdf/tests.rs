use super::flow::Item;
use super::tree::Tree;
use crate::doc::{Annex, Block, Figure, Row, Table, TableColumn};
use crate::samples;
use lopdf::{Document as Pdf, Object};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn read(bytes: &[u8]) -> Pdf {
    Pdf::load_mem(bytes).expect("a PDF")
}

/// The text of a page, pieces of a line joined, spaces as they were drawn.
fn page_text(pdf: &Pdf, page: u32) -> String {
    pdf.extract_text(&[page]).expect("text").replace(['\n', '\u{a0}'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn text_comes_out_clean() {
    let pdf = read(&samples::report().to_pdf().expect("pdf"));
    let first = page_text(&pdf, 1);
    for wanted in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 07/BC-CAT-ANM",
        "Sao Mai, ngày 04 tháng 12 năm 2026",
        "Thực hiện Kế hoạch số 15/KH-UBND ngày 05 tháng 3 năm 2026 của Ủy ban nhân dân tỉnh Sao Mai về việc triển khai Đề án “Nâng cao năng lực bảo đảm an ninh mạng trên địa bàn tỉnh”, Công an tỉnh báo cáo",
        "297/312 cơ quan, đơn vị, địa phương đã nộp báo cáo (đạt 95,2 %",
        "Tổng cộng 16.850 14.955 88,8",
    ] {
        assert!(first.contains(wanted), "{wanted:?} is not in\n{first}");
    }
    // The first page has no number, the second has; each annex counts anew.
    // The number is drawn last.
    assert!(first.ends_with("88,8") && page_text(&pdf, 3).ends_with("(LTH). 3"), "{}", page_text(&pdf, 3));
    assert!(page_text(&pdf, 6).ends_with(" 2") && !page_text(&pdf, 5).ends_with(" 1"), "{}", page_text(&pdf, 6));
    let last = *pdf.get_pages().keys().max().expect("pages");
    assert!(
        page_text(&pdf, last).contains("300 Xã Mỹ Xuyên 25") && page_text(&pdf, last).contains("TT Xã, phường"),
        "{}",
        page_text(&pdf, last)
    );
}

/// Where each line of text and each rule stands on its page must be within the margins.
#[test]
fn nothing_leaves_the_page() {
    for document in [samples::report(), samples::letter(), samples::decision(), samples::odd()] {
        let pages = document.pages(&mut Tree::new()).expect("pages");
        for (n, page) in pages.iter().enumerate() {
            let (width, height) = (page.paper.text_width() + 0.6, page.paper.text_height() + 0.6);
            for item in &page.items {
                let (x, y) = match item {
                    Item::Text { x, y, size, line, .. } => {
                        assert!(*y > size * 0.8, "page {n}: the line at {y} leaves at the top");
                        (x + line.width * size, y + size * 0.2)
                    }
                    Item::Rule { to, .. } => *to,
                    Item::Picture { x, y, size, .. } => (x + size.0, y + size.1),
                };
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "page {n}: {x} {y} beyond {width} {height}");
            }
        }
    }
}

/// Every letter of the document is on some page, in the order of the document.
#[test]
fn nothing_is_lost_over_pages() {
    let document = samples::odd();
    let pages = document.pages(&mut Tree::new()).expect("pages");
    let words = |wanted: &str| {
        let lines = pages.iter().flat_map(|p| &p.items).filter_map(|i| match i {
            Item::Text { line, .. } => Some(line.letters.iter().map(|l| l.c).collect::<String>()),
            _ => None,
        });
        lines.map(|l| l.matches(wanted).count()).sum::<usize>()
    };
    assert_eq!((words("trình"), words("dài"), words("(để\u{a0}biết);")), (3_000, 900, 200));
}

#[test]
fn only_the_embedded_face_is_used() {
    for document in [samples::report(), samples::letter(), samples::decision()] {
        let pdf = read(&document.to_pdf().expect("pdf"));
        let mut names = BTreeSet::new();
        for object in pdf.objects.values() {
            let Ok(dict) = object.as_dict() else { continue };
            if !dict.has_type(b"FontDescriptor") {
                continue;
            }
            assert!(dict.has(b"FontFile2") || dict.has(b"FontFile3"), "not embedded: {dict:?}");
            let name = String::from_utf8_lossy(dict.get(b"FontName").and_then(Object::as_name).expect("a name")).into_owned();
            names.insert(name.split_once('+').expect("a subset").1.to_owned());
        }
        assert!(names.iter().all(|n| n.starts_with("Tinos")) && names.len() <= 4 && names.len() > 1, "{names:?}");
    }
}

#[test]
fn pages_are_those_of_the_decree() {
    let pdf = read(&samples::report().to_pdf().expect("pdf"));
    let sizes: Vec<(i64, i64)> = pdf
        .get_pages()
        .values()
        .map(|id| {
            let page = pdf.get_dictionary(*id).expect("a page");
            let sides = page.get(b"MediaBox").and_then(Object::as_array).expect("a size");
            #[expect(clippy::cast_possible_truncation, reason = "points of a page")]
            let side = |i: usize| sides[i].as_float().expect("a number").round() as i64;
            (side(2), side(3))
        })
        .collect();
    assert_eq!(sizes[..4], [(595, 842); 4]);
    assert!(sizes[4..].iter().all(|s| *s == (842, 595)) && (12..=16).contains(&sizes[4..].len()), "{sizes:?}");
}

#[test]
fn it_is_archival_and_accessible() {
    let bytes = samples::report().to_pdf().expect("pdf");
    let raw = String::from_utf8_lossy(&bytes);
    assert!(raw.contains("<pdfaid:part>2</pdfaid:part>") && raw.contains("<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(raw.contains("<pdfuaid:part>1</pdfuaid:part>"));
    let pdf = read(&bytes);
    let count = |name: &[u8]| {
        let is = |o: &&Object| o.as_dict().is_ok_and(|d| d.get(b"S").and_then(Object::as_name).is_ok_and(|n| n == name));
        pdf.objects.values().filter(is).count()
    };
    assert_eq!(count(b"Table"), 3);
    assert_eq!(count(b"TR"), 4 + 9 + 301, "rows of headings that stand again are told once");
    assert_eq!(count(b"TH"), 4 + 8 + 8);
    assert_eq!((count(b"Figure"), count(b"L"), count(b"LI")), (2, 1, 3));
    assert_eq!((count(b"H1"), count(b"H2"), count(b"H3")), (1 + 3 + 2, 2, 2));
}

/// `cargo test -p documents --release -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn speed_of_documents() {
    let report = samples::report();
    for (what, make) in [
        ("pdf", crate::Document::to_pdf as fn(&crate::Document) -> _),
        ("docx", crate::Document::to_docx),
        ("xlsx", crate::Document::to_xlsx),
    ] {
        let first = std::time::Instant::now();
        make(&report).expect("made");
        let cold = first.elapsed();
        let then = std::time::Instant::now();
        let size = (0..5).map(|_| make(&report).expect("made").len()).max();
        println!("{what}: first {cold:.1?}, then {:.1?}, {size:?} bytes", then.elapsed() / 5);
    }
    let country = samples::long(3_321);
    for (what, make) in [("pdf", crate::Document::to_pdf as fn(&crate::Document) -> _), ("docx", crate::Document::to_docx)] {
        let then = std::time::Instant::now();
        let size = make(&country).expect("made").len();
        println!("{what} of 3321 rows: {:.1?}, {size} bytes", then.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is typed, there is a file: no letter breaks the layout, the structure or PDF/A.
    #[test]
    fn any_text_makes_a_file(s in "\\PC{0,60}", t in any::<String>(), width in any::<f32>()) {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 90 20'><text y='15' font-weight='bold'>{} {}</text></svg>",
            quick_xml::escape::escape(s.as_str()),
            t.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
        );
        let mut d = samples::letter();
        (d.head.agency, d.head.subject) = (s.clone(), t.clone());
        d.blocks = vec![
            Block::heading(2, s.as_str()),
            Block::list([t.as_str(), s.as_str()]),
            Block::Figure(Figure { svg, alt: s.clone(), caption: t.as_str().into(), width }),
            Block::Table(Table {
                columns: vec![TableColumn { width, ..TableColumn::default() }; 2],
                header: vec![Row::new([s.as_str(), t.as_str()])],
                rows: vec![Row::new([t.as_str(), s.as_str()])],
                ..Table::default()
            }),
        ];
        d.annexes = vec![Annex { title: t, landscape: true, blocks: vec![Block::paragraph(s)] }];
        prop_assert!(d.to_pdf().is_ok(), "{:?}", d.to_pdf().err());
        prop_assert!(d.to_docx().is_ok());
    }
}
