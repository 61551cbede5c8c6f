//! The whole reader over the five real plans (skipped when they are not beside the checkout) and over
//! fictional plans of other fields and numbering styles.

use crate::{Plan, Schedule, Task, read, read_full};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn shared(prefix: &str) -> Option<Plan> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/plans");
    let entry = std::fs::read_dir(folder)
        .ok()
        .and_then(|mut dir| dir.find_map(|e| e.ok().filter(|e| e.file_name().to_string_lossy().starts_with(prefix))));
    let Some(entry) = entry else {
        eprintln!("skipped: no plan {prefix} in {folder}");
        return None;
    };
    let bytes = std::fs::read(entry.path()).unwrap();
    Some(read(&bytes, &entry.file_name().to_string_lossy()).unwrap())
}

fn codes(plan: &Plan, code: &str) -> Vec<usize> {
    plan.warnings.iter().filter(|w| w.code == code).map(|w| w.line).collect()
}

fn ordinals(plan: &Plan) -> Vec<&str> {
    plan.sections.iter().map(|s| s.ordinal.as_str()).collect()
}

fn bases(plan: &Plan) -> Vec<String> {
    let text = |v: &Option<String>| v.clone().unwrap_or_default();
    plan.legal_bases.iter().map(|b| format!("{} {}", text(&b.number), text(&b.date))).collect()
}

/// (line, value, upper, comparator, unit) of every value.
fn values(plan: &Plan) -> Vec<(usize, f64, Option<f64>, &str, &str)> {
    let all = plan.objectives.iter().flat_map(|o| o.values.iter().map(move |v| (o, v)));
    all.map(|(o, v)| (o.line, v.value, v.upper, v.comparator.as_str(), v.unit.as_str())).collect()
}

fn task<'a>(plan: &'a Plan, section: &str, no: &str) -> &'a Task {
    let found = plan.tasks.iter().find(|t| t.section.as_deref() == Some(section) && t.no.as_deref() == Some(no));
    found.unwrap_or_else(|| panic!("no task {section}.{no}"))
}

#[test]
fn plan_000_nghe_an() {
    let Some(plan) = shared("000") else { return };
    assert_eq!(ordinals(&plan), ["I", "II", "III", "IV", "V"]);
    assert_eq!(bases(&plan), ["515/QĐ-TTg 2026-03-30"]);
    assert_eq!(plan.issuer.as_deref(), Some("Ủy ban nhân dân tỉnh Nghệ An"));
    assert_eq!((plan.number.clone(), plan.date.clone()), (None, None));
    assert_eq!(plan.objectives.len(), 12);
    let horizons: Vec<_> = plan.objectives.iter().filter_map(|o| o.horizon.as_deref()).collect();
    assert_eq!(horizons.iter().filter(|h| **h == "2030-12-31").count(), 10);
    assert_eq!(horizons.last(), Some(&"2045-12-31"));
    assert_eq!(
        values(&plan),
        [
            (25, 100.0, None, ">=", "%"),
            (25, 1.0, None, ">=", "lần/năm"),
            (29, 100.0, None, ">=", "%"),
            (31, 100.0, None, ">=", "%"),
            (33, 100.0, None, ">=", "%"),
            (41, 70.0, None, ">=", "%"),
            (41, 100.0, None, ">=", "%"),
            (45, 50.0, None, ">", "%"),
        ]
    );
    assert_eq!(plan.tasks.len(), 59);
    assert_eq!(plan.assignments.len(), 9);
    let duties: Vec<usize> = plan.assignments.iter().map(|a| a.duties.len()).collect();
    assert_eq!(duties, [7, 4, 3, 2, 2, 1, 1, 2, 2]);
    assert_eq!(plan.assignments[7].agencies, ["Các sở, ngành, đoàn thể cấp tỉnh", "UBND các xã, phường"]);
    assert_eq!(plan.assignments[8].agencies.len(), 2);
    assert_eq!(plan.recipients.len(), 8);
    assert_eq!(plan.recipients[0].mark.as_deref(), Some("b/c"));
    let report = task(&plan, "V", "1");
    assert_eq!(
        report.schedule,
        Some(Schedule::Annual { min_count: None, month_day: Some("12-04".into()), due: Some("2026-12-04".into()) })
    );
    let drill = plan.tasks.iter().find(|t| t.lines == [157]).unwrap();
    assert!(matches!(drill.schedule, Some(Schedule::Annual { min_count: Some(2), .. })), "{:?}", drill.schedule);
    assert_eq!(codes(&plan, "joined_page_break"), [27, 51, 75, 185]);
    assert_eq!(codes(&plan, "possible_typo").first(), Some(&25));
    assert!(codes(&plan, "possible_typo").contains(&31) && codes(&plan, "possible_typo").contains(&209));
    assert_eq!(codes(&plan, "made_in_vietnam"), [41]);
    assert_eq!(codes(&plan, "general_clause"), [217]);
}

#[test]
fn plan_001_kon_tum() {
    let Some(plan) = shared("001") else { return };
    assert_eq!(ordinals(&plan), ["I", "II", "II", "III"]);
    assert_eq!(bases(&plan), ["964/QĐ-TTg 2022-08-10", "946/QĐ-TTg 2022-08-10"]);
    assert_eq!(codes(&plan, "contradictory_number").len(), 1);
    assert_eq!(codes(&plan, "duplicate_section_ordinal"), [52]);
    assert_eq!(plan.objectives.len(), 13);
    assert_eq!(values(&plan), [(30, 100.0, None, ">=", "%"), (38, 10.0, None, ">=", "%"), (48, 80.0, Some(90.0), ">=", "%")]);
    assert_eq!(plan.objectives[1].horizon.as_deref(), Some("2025-12-31"));
    assert_eq!(plan.objectives[12].horizon.as_deref(), Some("2030-12-31"));
    assert_eq!(plan.tasks.len(), 66);
    assert_eq!(plan.assignments.len(), 8);
    assert_eq!(plan.assignments[4].agencies, ["Sở Khoa học và Công nghệ"]);
    assert!(plan.assignments[4].duties[0].starts_with("chủ trì, phối hợp Công an tỉnh"));
    assert_eq!(plan.assignments[6].agencies, ["Các sở, ban ngành, đoàn thể", "Ủy ban nhân dân các huyện, thành phố"]);
    let marks: Vec<_> = plan.recipients.iter().map(|r| r.mark.as_deref().unwrap_or("-")).collect();
    assert_eq!(marks, ["b/c", "b/c", "b/c", "b/c", "đ/b", "t/h", "t/h", "t/h", "t/h", "t/h", "-", "-"]);
    assert_eq!(codes(&plan, "joined_page_break"), [21, 58, 102, 134, 166, 192, 220]);
    assert!(codes(&plan, "numbering_gap").contains(&126), "f is no Vietnamese letter");
    assert_eq!(task(&plan, "III", "9").lines, [226]);
}

#[test]
fn plan_002_dong_thap() {
    let Some(plan) = shared("002") else { return };
    assert_eq!(bases(&plan), ["515/QĐ-TTg 2026-03-30", "801/QĐ-BCĐ 2026-03-25"]);
    assert_eq!(ordinals(&plan), ["I", "II", "III"]);
    assert_eq!(plan.objectives.len(), 9);
    assert!(plan.objectives.iter().all(|o| o.section.as_deref() == Some("I") && o.horizon.as_deref() == Some("2030-12-31")));
    assert_eq!(plan.assignments.len(), 7);
    assert_eq!(plan.tasks.len(), 19);
    let counts = |s: &str| plan.tasks.iter().filter(|t| t.section.as_deref() == Some(s)).count();
    assert_eq!([counts("I"), counts("II"), counts("III"), counts("IV"), counts("V")], [8, 1, 4, 4, 2]);
    let drill = task(&plan, "III", "12");
    assert_eq!(drill.lines, [240, 243]);
    assert!(drill.text.contains("kiến thức, kỹ năng cho cán bộ các cấp"));
    assert_eq!(drill.coordinating, ["Các sở, ban, ngành", "UBND cấp xã", "các tổ chức, doanh nghiệp nhà nước"]);
    assert!(task(&plan, "IV", "17").text.contains("phát hiện lỗ hồng bảo mật;"));
    assert_eq!(task(&plan, "V", "18").coordinating.len(), 2);
    assert_eq!(task(&plan, "I", "5").lead, ["Công an tỉnh", "Sở Tư pháp"]);
    assert_eq!(
        task(&plan, "IV", "15").schedule,
        Some(Schedule::Period {
            from: Some("2026-01-01".into()),
            to: "2028-12-31".into(),
            condition: Some("khi Trung ương ban hành".into())
        })
    );
    assert_eq!(codes(&plan, "continuation_row"), [243, 252]);
    assert_eq!(codes(&plan, "general_clause"), [201]);
    assert_eq!(plan.recipients.len(), 5);
}

#[test]
fn plan_003_quang_tri() {
    let Some(plan) = shared("003") else { return };
    assert_eq!(bases(&plan), ["1907/QĐ-TTg 2020-11-23", "21/QĐ-TTg 2021-01-06", "21/QĐ-TTg 2022-01-06"]);
    assert_eq!(codes(&plan, "contradictory_date"), [11]);
    assert_eq!(codes(&plan, "section_without_content"), [59]);
    assert_eq!(codes(&plan, "ocr_echo"), [132]);
    assert_eq!(plan.issuer.as_deref(), Some("UBND tỉnh Quảng Trị"));
    assert_eq!(plan.objectives.len(), 10);
    assert!(values(&plan).contains(&(39, 90.0, None, ">", "%")) && values(&plan).contains(&(39, 60.0, None, ">=", "%")));
    assert!(values(&plan).contains(&(53, 5.0, None, ">=", "chuyên gia")));
    assert_eq!(plan.assignments.len(), 5);
    assert_eq!(plan.assignments[2].agencies.len(), 5);
    assert_eq!(plan.tasks.len(), 13);
    assert_eq!(task(&plan, "I", "3").lead.len(), 3);
    assert_eq!(task(&plan, "IV", "2").coordinating, ["Sở Nội vụ", "các Sở, Ban ngành và địa phương liên quan"]);
    assert_eq!(codes(&plan, "unresolvable_actor"), [136, 145]);
    assert_eq!(plan.recipients.len(), 8);
}

#[test]
fn plan_004_phu_tien() {
    let Some(plan) = shared("004") else { return };
    assert_eq!(ordinals(&plan), ["I", "II", "III", "III", "IV"]);
    assert_eq!(plan.legal_bases.len(), 6);
    assert_eq!(plan.issuer.as_deref(), Some("UBND xã Phú Tiến"));
    assert_eq!(plan.objectives.len(), 14);
    assert_eq!(plan.assignments.len(), 5);
    assert_eq!(plan.tasks.len(), 27);
    let both = task(&plan, "1", "1.2");
    assert_eq!(both.coordinating, ["Bộ phận Văn hoá – Xã hội", "Bộ phận Văn phòng – Thống kê", "Công an xã"]);
    assert_eq!(both.scopes.len(), 3);
    let joined = task(&plan, "3", "3.1");
    assert_eq!((joined.lines.as_slice(), joined.lead.len(), joined.scopes.len()), ([157, 160].as_slice(), 2, 2));
    let bare = plan.tasks.iter().find(|t| t.no.is_none()).unwrap();
    assert_eq!((bare.section.as_deref(), bare.lead.len()), (Some("5"), 2));
    assert_eq!(codes(&plan, "missing_row_number"), [183]);
    assert_eq!(codes(&plan, "lead_from_upper_level"), [163]);
    assert_eq!(codes(&plan, "duplicate_section_ordinal"), [85]);
    assert_eq!(plan.recipients.len(), 7);
    assert!(plan.tasks.iter().all(|t| !t.text.contains('<')));
}

/// Digital transformation; letterhead in two columns, pipe table in another column order, CRLF.
#[test]
fn a_digital_transformation_plan() {
    let unix = String::from_utf8(fixture("sao-mai-chuyen-doi-so-2026.txt")).unwrap();
    let plan = read(unix.replace('\n', "\r\n").as_bytes(), "kh.txt").unwrap();
    assert_eq!(plan, read(unix.as_bytes(), "kh.txt").unwrap());
    assert_eq!(plan.number.as_deref(), Some("45/KH-UBND"));
    assert_eq!(plan.date.as_deref(), Some("2026-03-05"));
    assert_eq!(plan.issuer.as_deref(), Some("Ủy ban nhân dân tỉnh Sao Mai"));
    assert_eq!(plan.title.as_deref(), Some("Chuyển đổi số tỉnh Sao Mai năm 2026"));
    assert_eq!(bases(&plan), [" 2025-12-11", "57-NQ/TW 2024-12-22", "12/TTr-SKHCN 2026-02-20"]);
    assert_eq!(ordinals(&plan), ["I", "II", "III", "V"]);
    assert_eq!(codes(&plan, "numbering_gap").len(), 2, "section IV and row 6");
    let shown: Vec<_> = values(&plan).into_iter().map(|(_, v, u, c, unit)| (v, u, c, unit)).collect();
    assert_eq!(
        shown,
        [
            (95.0, None, ">", "%"),
            (80.0, None, ">=", "%"),
            (70.0, Some(75.0), ">=", "%"),
            (12.0, None, ">=", "lớp"),
            (1.5, None, "<", "%"),
            (100.0, None, ">=", "%"),
        ]
    );
    assert!(plan.objectives.iter().all(|o| o.horizon.as_deref() == Some("2026-12-31")));
    let agencies: Vec<usize> = plan.assignments.iter().map(|a| a.agencies.len()).collect();
    assert_eq!(agencies, [1, 1, 2, 2]);
    assert_eq!(plan.tasks.len(), 6);
    let first = task(&plan, "A", "1");
    assert_eq!(first.lead, ["Sở Khoa học và Công nghệ"]);
    assert_eq!(first.coordinating.len(), 2);
    assert_eq!(first.product.as_deref(), Some("Báo cáo kết quả"));
    assert_eq!(first.schedule, Some(Schedule::Deadline { due: "2026-06-29".into() }));
    assert_eq!(task(&plan, "A", "2").notes, ["Chuyển tiếp từ năm 2025"]);
    assert!(matches!(task(&plan, "B", "3").schedule, Some(Schedule::Week { week: 2, month: 5, year: 2026, .. })));
    assert_eq!(task(&plan, "B", "4").lead, ["Sở Tư pháp", "Công an tỉnh"]);
    assert!(matches!(task(&plan, "B", "7").schedule, Some(Schedule::Event { .. })));
    assert_eq!(codes(&plan, "missing_lead").len(), 1);
    assert_eq!(codes(&plan, "truncated_cell").len(), 1);
    let marks: Vec<_> = plan.recipients.iter().map(|r| (r.name.as_str(), r.mark.as_deref())).collect();
    assert_eq!(marks, [("Bộ Khoa học và Công nghệ", Some("b/c")), ("Các sở, ban, ngành tỉnh", Some("t/h")), ("Lưu: VT", None)]);
}

/// Administrative reform of a commune; Arabic sections, lines broken at a fixed width, labelled items.
#[test]
fn an_administrative_reform_plan() {
    let plan = read(&fixture("binh-minh-cai-cach-hanh-chinh-2026.txt"), "kh.txt").unwrap();
    assert_eq!(plan.number, None);
    assert_eq!(plan.title.as_deref(), Some("Cải cách hành chính năm 2026 trên địa bàn xã Bình Minh"));
    assert_eq!(plan.issuer.as_deref(), Some("UBND xã Bình Minh"));
    assert_eq!(bases(&plan), ["10/KH-UBND 2026-01-15"]);
    assert_eq!(ordinals(&plan), ["1", "2", "3", "4"]);
    assert_eq!(plan.objectives.len(), 2);
    assert_eq!(plan.objectives[0].horizon.as_deref(), Some("2026-12-31"));
    assert!(plan.objectives[0].text.ends_with("hành chính công xã."), "{}", plan.objectives[0].text);
    assert_eq!(plan.objectives[1].values[0].comparator, "<=");
    assert_eq!(plan.objectives[1].horizon.as_deref(), Some("2026-12-31"));
    let tasks: Vec<&Task> = plan.tasks.iter().filter(|t| t.section.as_deref() == Some("3")).collect();
    assert_eq!(tasks.len(), 3);
    assert_eq!(tasks[0].no.as_deref(), Some("3.1.a"));
    assert_eq!(tasks[0].lead, ["Trung tâm Phục vụ hành chính công xã"]);
    assert_eq!(tasks[0].coordinating, ["Công an xã", "Bộ phận Tư pháp - Hộ tịch"]);
    assert_eq!(tasks[0].time.as_deref(), Some("Quý II/2026"));
    assert_eq!(tasks[0].product.as_deref(), Some("Danh mục thủ tục hành chính đã niêm yết"));
    assert!(tasks[0].text.ends_with("trang thông tin điện tử của xã."));
    assert_eq!(tasks[1].schedule, Some(Schedule::Periodic { interval: Some("P3M".into()), by: None }));
    assert!(matches!(tasks[2].schedule, Some(Schedule::Month { year: 2026, month: 10, .. })));
    let who: Vec<&str> = plan.assignments.iter().map(|a| a.agencies[0].as_str()).collect();
    assert_eq!(who, ["Văn phòng HĐND và UBND xã", "Công an xã"]);
    assert_eq!(plan.assignments[0].duties.len(), 1);
    assert_eq!(plan.recipients.len(), 3);
}

/// Letter parts above Roman sections, a target table, a two-row heading with column numbers.
#[test]
fn a_five_year_plan_with_tables_in_the_body() {
    let plan = read(&fixture("hai-dong-an-ninh-mang-5-nam.txt"), "kh.txt").unwrap();
    assert_eq!(ordinals(&plan), ["A", "I", "II", "B", "I", "II", "C"]);
    assert_eq!(plan.issuer.as_deref(), Some("UBND tỉnh Hải Đông"));
    let shown: Vec<_> =
        plan.objectives.iter().filter(|o| !o.values.is_empty()).map(|o| (o.horizon.as_deref().unwrap(), o.values[0].value)).collect();
    assert_eq!(shown, [("2026-12-31", 80.0), ("2030-12-31", 100.0), ("2026-12-31", 1.0), ("2030-12-31", 2.0)]);
    assert_eq!(plan.tasks.len(), 3);
    assert_eq!(task(&plan, "I", "2").text, "Rà soát văn bản còn chồng chéo về an ninh mạng");
    assert_eq!(task(&plan, "I", "2").coordinating, ["Các sở, ban, ngành", "UBND các xã, phường"]);
    assert_eq!(task(&plan, "I", "1").lead, ["Công an tỉnh"]);
    assert_eq!(codes(&plan, "duplicate_section_ordinal"), [0usize; 0]);
    assert_eq!(codes(&plan, "section_without_content"), [0usize; 0]);
    assert_eq!(codes(&plan, "lead_from_upper_level").len(), 1);
    assert_eq!(codes(&plan, "interval_unknown").len(), 1);
    assert_eq!(plan.recipients.len(), 2);
    assert_eq!(plan.assignments[0].duties.len(), 2);
}

/// Markdown emphasis and bullets, a pipe table without outer pipes, `<br>` in cells, unknown agencies.
#[test]
fn an_export_with_pipes_and_emphasis() {
    let plan = read(&fixture("sao-mai-cai-cach-de-an-06.txt"), "kh.txt").unwrap();
    assert_eq!(plan.number.as_deref(), Some("112/KH-UBND"));
    assert_eq!(plan.date.as_deref(), Some("2026-04-20"));
    assert_eq!(plan.issuer.as_deref(), Some("Ủy ban nhân dân tỉnh Sao Mai"));
    assert_eq!(plan.legal_bases.len(), 4);
    assert_eq!(ordinals(&plan), ["I", "II", "III", "IV"]);
    let shown: Vec<_> = values(&plan).into_iter().map(|(_, v, _, _, unit)| (v, unit)).collect();
    assert_eq!(shown, [(100.0, "%"), (85.0, "%"), (1200.0, "cán bộ"), (2.0, "cuộc/năm")]);
    assert_eq!(plan.assignments.len(), 4);
    assert_eq!(plan.assignments[2].agencies.len(), 2);
    assert_eq!(plan.tasks.len(), 6);
    let fees = task(&plan, "I", "2");
    assert_eq!(fees.text, "Xây dựng Nghị quyết miễn giảm phí khi thực hiện dịch vụ công trực tuyến");
    assert_eq!(fees.coordinating, ["Công an tỉnh", "Văn phòng UBND tỉnh"]);
    assert_eq!(task(&plan, "II", "3").lead, ["Công an tỉnh", "UBND các xã, phường"]);
    assert_eq!(codes(&plan, "duplicate_row_number").len(), 1);
    assert_eq!(codes(&plan, "numbering_gap").len(), 1);
    let marks: Vec<_> = plan.recipients.iter().map(|r| r.mark.as_deref().unwrap_or("-")).collect();
    assert_eq!(marks, ["-", "b/c", "b/c", "t/h", "-"]);
}

/// Parts with their title on the next line, nested numbers, "(Chủ trì: …; thời gian: …)" in sentences.
#[test]
fn parts_and_bracketed_attributes() {
    let text = "KẾ HOẠCH\nPhát triển kinh tế số xã Hòa An giai đoạn 2026-2028\n\nPHẦN THỨ NHẤT\nMỤC TIÊU\n\n1. Đến năm 2027: 50% hộ có tài khoản số.\n\nPHẦN THỨ HAI\nNHIỆM VỤ\n\n1. Tuyên truyền\n1.1. Tổ chức hội nghị (Chủ trì: Phòng Văn hóa - Xã hội; phối hợp: Đoàn Thanh niên xã; thời gian: Quý III/2026).\n1.2. Giao Công an xã chủ trì hướng dẫn. Hoàn thành trước 30/9/2026.\n\nTỔ CHỨC: xem trên.\n";
    let plan = crate::read_text(text);
    assert_eq!(ordinals(&plan), ["PHẦN THỨ NHẤT", "PHẦN THỨ HAI"]);
    assert_eq!(plan.sections[1].title, "NHIỆM VỤ");
    let first = task(&plan, "PHẦN THỨ HAI", "1.1");
    assert_eq!((first.lead.len(), first.coordinating.len()), (1, 1));
    assert!(matches!(first.schedule, Some(Schedule::Quarter { quarter: 3, .. })));
    let second = task(&plan, "PHẦN THỨ HAI", "1.2");
    assert_eq!(second.lead, ["Công an xã"]);
    assert_eq!(second.schedule, Some(Schedule::Deadline { due: "2026-09-29".into() }));
}

/// Headings in capitals only, agencies as free lines.
#[test]
fn a_plan_without_any_numbers() {
    let text = "KẾ HOẠCH\nỨng phó sự cố an ninh mạng năm 2027\n\nMỤC TIÊU\n- 95% sự cố được xử lý trong 24 giờ.\n\nNHIỆM VỤ\n- Tổ chức trực 24/7.\n\nTỔ CHỨC THỰC HIỆN\nCông an tỉnh:\n- Bảo đảm trực ban.\nSở Tài chính:\n- Bố trí kinh phí.\n";
    let plan = crate::read_text(text);
    assert_eq!(plan.sections.len(), 3);
    assert_eq!(plan.objectives[0].horizon.as_deref(), Some("2027-12-31"));
    let who: Vec<_> = plan.assignments.iter().map(|a| (a.agencies.join(", "), a.duties.len())).collect();
    assert_eq!(who, [("Công an tỉnh".to_owned(), 1), ("Sở Tài chính".to_owned(), 1)]);
}

#[test]
fn every_line_number_leads_to_a_source_line() {
    for name in ["sao-mai-chuyen-doi-so-2026.txt", "binh-minh-cai-cach-hanh-chinh-2026.txt", "hai-dong-an-ninh-mang-5-nam.txt"] {
        let reading = read_full(&fixture(name), name).unwrap();
        for line in reading.plan.tasks.iter().flat_map(|t| &t.lines) {
            assert_eq!(reading.lines[line - 1].line, *line, "{name}");
            assert!(!reading.lines[line - 1].text.is_empty());
        }
    }
}

#[test]
fn json_has_the_contracted_names_in_order() {
    let plan = read(&fixture("sao-mai-chuyen-doi-so-2026.txt"), "kh.txt").unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    let names =
        ["number", "date", "issuer", "title", "legal_bases", "sections", "objectives", "assignments", "tasks", "recipients", "warnings"];
    let at: Vec<usize> = names.iter().map(|n| json.find(&format!("\"{n}\":")).unwrap()).collect();
    assert!(at[..4].windows(2).all(|p| p[0] < p[1]) && at[4] > at[3]);
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    assert!(json.contains("\"value\":95,"), "whole numbers have no fraction");
}

#[test]
fn a_digital_economy_plan_with_ditto_cells_and_shared_subjects() {
    let plan = read(&fixture("sao-mai-kinh-te-so-2026.txt"), "a.txt").unwrap();
    assert_eq!((plan.number.as_deref(), plan.date.as_deref()), (Some("45/KH-UBND"), Some("2026-02-12")));
    assert_eq!(crate::period(plan.title.as_deref().unwrap()), (Some(2026), Some(2026)), "the outlook to 2030 does not count");
    assert!(plan.objectives.iter().all(|o| o.horizon.as_deref() == Some("2026-12-31")));
    let read: Vec<_> = values(&plan).into_iter().map(|(_, value, upper, sign, unit)| (sign, value, upper, unit)).collect();
    assert_eq!(
        read,
        [
            (">=", 80.0, None, "%"),
            (">=", 70.0, None, "%"),
            (">=", 100.0, None, "%"),
            (">", 98.0, None, "%"),
            ("<=", 2.0, None, "%"),
            (">=", 95.0, None, "%"),
            (">=", 15.0, Some(17.0), "%"),
            (">=", 30.0, None, "doanh nghiệp"),
            (">=", 50.0, None, "%"),
            (">=", 90.0, None, "%"),
            (">=", 60.0, None, "%"),
            (">=", 2.0, None, "tổ"),
            (">=", 12500.0, None, "lượt người"),
        ]
    );
    let signed = plan.objectives.iter().flat_map(|o| &o.values).find(|v| v.value == 60.0).unwrap();
    assert!(signed.text.starts_with("90% dân số trưởng thành"), "{}", signed.text);
    assert_eq!(task(&plan, "A", "2").lead, ["Sở Khoa học và Công nghệ"]);
    assert_eq!(codes(&plan, "ditto_cell").len(), 1);
    assert_eq!(task(&plan, "B", "3").schedule, Some(Schedule::Deadline { due: "2026-09-29".into() }));
    assert_eq!(task(&plan, "C", "6").coordinating, ["Tỉnh đoàn"]);
    assert_eq!(plan.assignments.iter().map(|a| a.agencies.len()).collect::<Vec<_>>(), [1, 2, 2]);
}

#[test]
fn attributes_written_as_sentences() {
    let text = "KẾ HOẠCH\nKiểm tra công vụ năm 2026 của Sở Nội vụ\n\nPHẦN I. MỤC TIÊU\n\n- 100% phòng được kiểm tra.\n\nPHẦN II. NHIỆM VỤ\n\n1. Cải cách thể chế\n\n\
        a) Rà soát văn bản. Đơn vị chủ trì: Phòng Pháp chế; phối hợp: Văn phòng Sở. Thời gian: Quý III/2026.\n\n\
        b) Công khai thủ tục trên Cổng dịch vụ; kết quả: cập nhật hằng tuần.\n";
    let plan = crate::read_text(text);
    let first = task(&plan, "PHẦN II", "1.a");
    assert_eq!(
        (first.lead.as_slice(), first.coordinating.as_slice()),
        (&["Phòng Pháp chế".to_owned()][..], &["Văn phòng Sở".to_owned()][..])
    );
    assert_eq!(first.time.as_deref(), Some("Quý III/2026"));
    assert!(first.text.starts_with("Rà soát văn bản. Đơn vị chủ trì:"), "verbatim");
    assert!(task(&plan, "PHẦN II", "1.b").lead.is_empty());
}

#[test]
fn a_clause_is_no_name_of_an_agency() {
    let text = "ỦY BAN NHÂN DÂN TỈNH SAO MAI\nSố: 12/KH-UBND\nKẾ HOẠCH\nGiữ an toàn hồ chứa năm 2026\n\nI. NHIỆM VỤ, GIẢI PHÁP\n\
        1. Nâng cao ý thức của cán bộ trong việc giữ hồ. Người đứng đầu chi bộ trực tiếp kiểm tra, đôn đốc và chịu trách nhiệm về kết quả.\n\
        2. Thủ trưởng các đơn vị phải gương mẫu, luôn đi đầu và chủ động rà soát các cống.\n\
        3. Công an tỉnh và Sở Xây dựng chịu trách nhiệm tuần tra ban đêm.\n\
        4. Cơ quan, đơn vị nào để mất nước mà không báo ngay trong ngày cho cấp trên thì có trách nhiệm bồi hoàn.\n";
    let plan = crate::read(text.as_bytes(), "ke-hoach.txt").unwrap();
    let leads: Vec<&[String]> = plan.tasks.iter().map(|t| t.lead.as_slice()).collect();
    let none: &[String] = &[];
    assert_eq!(leads.len(), 4, "{:?}", plan.tasks);
    assert_eq!(leads[0], ["Người đứng đầu chi bộ"], "the name ends where the clause begins");
    assert_eq!(leads[1], ["Thủ trưởng các đơn vị"]);
    assert_eq!(leads[2], ["Công an tỉnh", "Sở Xây dựng"]);
    assert_eq!(leads[3], none, "nothing of it is a name");
}

#[test]
fn a_deadline_before_the_day_of_the_plan_is_a_doubt() {
    let text = "Số: 5/KH-UBND\n\nSao Mai, ngày 15 tháng 4 năm 2026\n\nKẾ HOẠCH\nThử việc năm 2026\n\nI. NHIỆM VỤ\n\nSTT\tNhiệm vụ\tCơ quan chủ trì\tThời gian\n1\tRà soát\tSở Nội vụ\tTrước 30/6/2025\n2\tTổng hợp\tSở Nội vụ\tQuý II/2026\n3\tTập huấn\tSở Nội vụ\tHằng năm\n";
    let plan = crate::read(text.as_bytes(), "a.txt").unwrap();
    assert_eq!(plan.date.as_deref(), Some("2026-04-15"));
    let late: Vec<&str> = plan.warnings.iter().filter(|w| w.code == "due_before_issue").map(|w| w.message.as_str()).collect();
    assert_eq!(late, ["Thời hạn “Trước 30/6/2025” (đến hết ngày 29/06/2025) có trước ngày ban hành 15/04/2026."]);
}
