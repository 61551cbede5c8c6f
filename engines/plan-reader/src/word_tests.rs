//! Word plans of other fields, made in the test from text: merged cells, other heading words, other column orders.
//!
//! A line is a paragraph. A line that begins with `|` is a row of a table: `<` continues the cell to the left, `^` the cell
//! above, ` // ` begins a new paragraph in the cell.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{Plan, Schedule, Task, read};

/// The text as a .docx file.
fn word(text: &str) -> Vec<u8> {
    let mut body = String::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let rows: Vec<Vec<&str>> = lines[at..].iter().take_while(|l| l.starts_with('|')).map(|l| cells(l)).collect();
        if rows.is_empty() {
            body.push_str(&paragraph(lines[at]));
            at += 1;
        } else {
            body.push_str(&table(&rows));
            at += rows.len();
        }
    }
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(xml.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn paragraph(text: &str) -> String {
    // a word broken into runs, as Word does after each correction
    let cut = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(i, _)| i);
    let run = |t: &str| format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", t.replace('&', "&amp;").replace('<', "&lt;"));
    format!("<w:p>{}{}</w:p>", run(&text[..cut]), run(&text[cut..]))
}

fn table(rows: &[Vec<&str>]) -> String {
    let mut out = String::from("<w:tbl>");
    for (r, row) in rows.iter().enumerate() {
        out.push_str("<w:tr>");
        let mut c = 0;
        while c < row.len() {
            let span = 1 + row[c + 1..].iter().take_while(|x| **x == "<").count();
            let below = rows.get(r + 1).and_then(|next| next.get(c)) == Some(&"^");
            let merge = match (row[c], below) {
                ("^", _) => "<w:vMerge/>",
                (_, true) => "<w:vMerge w:val=\"restart\"/>",
                _ => "",
            };
            let wide = if span > 1 { format!("<w:gridSpan w:val=\"{span}\"/>") } else { String::new() };
            let text = if row[c] == "^" { "<w:p/>".to_owned() } else { row[c].split(" // ").map(paragraph).collect() };
            out.push_str(&format!("<w:tc><w:tcPr>{wide}{merge}</w:tcPr>{text}</w:tc>"));
            c += span;
        }
        out.push_str("</w:tr>");
    }
    out + "</w:tbl>"
}

/// `section.no lead + lead / coordinating + … / product / schedule` of a task.
fn shown(t: &Task) -> String {
    let schedule = serde_json::to_value(&t.schedule).unwrap();
    let when = ["due", "to", "interval", "condition", "event"].iter().find_map(|k| schedule[*k].as_str()).unwrap_or_default();
    let no = [t.section.as_deref(), t.no.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(".");
    let kind = schedule["kind"].as_str().unwrap_or("-");
    format!("{no} | {} | {} | {} | {kind} {when}", t.lead.join(" + "), t.coordinating.join(" + "), t.product.as_deref().unwrap_or("-"))
}

fn tasks(plan: &Plan) -> Vec<String> {
    plan.tasks.iter().map(shown).collect()
}

fn values(plan: &Plan) -> Vec<String> {
    let all = plan.objectives.iter().flat_map(|o| o.values.iter().map(move |v| (o, v)));
    all.map(|(o, v)| format!("{} {} {} {}", v.comparator, v.value, v.unit, o.horizon.as_deref().unwrap_or("-"))).collect()
}

fn pairs<'a>(list: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<String> {
    list.map(|(a, b)| format!("{a} {}", b.unwrap_or("-"))).collect()
}

const DIGITAL: &str = "\
|ỦY BAN NHÂN DÂN // TỈNH SAO MAI // Số: 63/KH-UBND|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM // Độc lập - Tự do - Hạnh phúc // Sao Mai, ngày 09 tháng 02 năm 2026|
KẾ HOẠCH
Chuyển đổi số tỉnh Sao Mai năm 2026, định hướng đến năm 2030
Căn cứ Luật Giao dịch điện tử số 20/2023/QH15 ngày 22/6/2023;
Xét đề nghị của Giám đốc Sở Khoa học và Công nghệ tại Tờ trình số 31/TTr-SKHCN ngày 02/02/2026;
Ủy ban nhân dân tỉnh ban hành Kế hoạch như sau:
I. MỤC ĐÍCH, YÊU CẦU
1. Người dân làm thủ tục một lần, không phải khai lại điều chính quyền đã biết.
II. CHỈ TIÊU
|TT|Chỉ tiêu|ĐVT|Năm 2026|Năm 2030|
|1|Hồ sơ thủ tục hành chính nộp trực tuyến toàn trình|%|75|95|
|2|Xã, phường phủ mạng 5G|%|60|100|
|3|Lớp kỹ năng số cho người cao tuổi|lớp|40|200|
III. NHIỆM VỤ CHỦ YẾU
|Kết quả đầu ra|Hạn hoàn thành|Nội dung công việc|TT|Trách nhiệm thực hiện|<|Lưu ý|
|^|^|^|^|Chủ trì|Tham gia phối hợp|^|
|A. THỂ CHẾ SỐ|<|<|<|<|<|<|
|Nghị quyết của HĐND tỉnh|Trước 15/7/2026|Trình chính sách miễn phí làm thủ tục trực tuyến|1|Sở Tư pháp|Sở Tài chính // Văn phòng UBND tỉnh|Kỳ họp giữa năm|
|Quyết định ban hành|^|Ban hành quy chế dùng chung dữ liệu|2|^|Sở Khoa học và Công nghệ||
|B. HẠ TẦNG, DỮ LIỆU|<|<|<|<|<|<|
|Báo cáo quý|Trước ngày 10 của tháng cuối quý|Đo chất lượng đường truyền tới từng xã|3|Sở Khoa học và Công nghệ|- Các doanh nghiệp viễn thông // - UBND các xã, phường||
|Kho dữ liệu được mở|Quý III/2026|Mở dữ liệu về giá đất, quy hoạch|4|Sở Nông nghiệp và Môi trường|Sở Xây dựng||
|^|6 tháng cuối năm 2026|Làm sạch dữ liệu hộ kinh doanh|5|Thuế tỉnh|^|Nối tiếp năm 2025|
|Biên bản thử|Thường xuyên|Giám sát an toàn của nền tảng số|6|Công an tỉnh|Các cơ quan, đơn vị liên quan||
IV. TỔ CHỨC THỰC HIỆN
1. Sở Khoa học và Công nghệ
- Theo dõi, đôn đốc, tổng hợp báo cáo UBND tỉnh.
2. Các sở, ban, ngành; UBND các xã, phường
- Bố trí người làm đầu mối chuyển đổi số.
- Báo cáo kết quả trước ngày 20/11 hằng năm.
|Nơi nhận: // - Bộ Khoa học và Công nghệ (để b/c); // - Các sở, ban, ngành (t/h); // - UBND các xã, phường (t/h); // - Lưu: VT.|TM. ỦY BAN NHÂN DÂN // KT. CHỦ TỊCH // PHÓ CHỦ TỊCH|
";

#[test]
fn a_digital_transformation_plan_with_product_first_and_merged_cells() {
    let plan = read(&word(DIGITAL), "ke-hoach.docx").unwrap();
    assert_eq!(
        (plan.number.as_deref(), plan.date.as_deref(), plan.issuer.as_deref()),
        (Some("63/KH-UBND"), Some("2026-02-09"), Some("Ủy ban nhân dân tỉnh Sao Mai"))
    );
    assert_eq!(plan.title.as_deref(), Some("Chuyển đổi số tỉnh Sao Mai năm 2026, định hướng đến năm 2030"));
    let bases = pairs(plan.legal_bases.iter().map(|b| (b.number.as_deref().unwrap_or_default(), b.date.as_deref())));
    assert_eq!(bases, ["20/2023/QH15 2023-06-22", "31/TTr-SKHCN 2026-02-02"]);
    assert_eq!(plan.sections.iter().map(|s| s.ordinal.as_str()).collect::<Vec<_>>(), ["I", "II", "III", "IV"]);
    assert_eq!(
        values(&plan),
        [
            ">= 75 % 2026-12-31",
            ">= 95 % 2030-12-31",
            ">= 60 % 2026-12-31",
            ">= 100 % 2030-12-31",
            ">= 40 lớp 2026-12-31",
            ">= 200 lớp 2030-12-31",
        ]
    );
    assert_eq!(
        tasks(&plan),
        [
            "A.1 | Sở Tư pháp | Sở Tài chính + Văn phòng UBND tỉnh | Nghị quyết của HĐND tỉnh | deadline 2026-07-14",
            "A.2 | Sở Tư pháp | Sở Khoa học và Công nghệ | Quyết định ban hành | deadline 2026-07-14",
            "B.3 | Sở Khoa học và Công nghệ | Các doanh nghiệp viễn thông + UBND các xã, phường | Báo cáo quý | periodic P3M",
            "B.4 | Sở Nông nghiệp và Môi trường | Sở Xây dựng | Kho dữ liệu được mở | quarter 2026-09-30",
            "B.5 | Thuế tỉnh | Sở Xây dựng | Kho dữ liệu được mở | period 2026-12-31",
            "B.6 | Công an tỉnh | Các cơ quan, đơn vị liên quan | Biên bản thử | continuous ",
        ]
    );
    assert_eq!(plan.tasks[1].text, "Ban hành quy chế dùng chung dữ liệu");
    assert_eq!(plan.tasks[0].notes, ["Lưu ý: Kỳ họp giữa năm"], "a remark keeps its heading");
    let by = plan.tasks[2].schedule.clone();
    assert!(matches!(by, Some(Schedule::Periodic { by: Some(crate::PeriodDay { month: 3, day: 9 }), .. })), "{by:?}");
    let blocks: Vec<(usize, usize)> = plan.assignments.iter().map(|a| (a.agencies.len(), a.duties.len())).collect();
    assert_eq!(blocks, [(1, 1), (2, 2)]);
    let told = pairs(plan.recipients.iter().map(|r| (r.name.as_str(), r.mark.as_deref())));
    assert_eq!(told, ["Bộ Khoa học và Công nghệ b/c", "Các sở, ban, ngành t/h", "UBND các xã, phường t/h", "Lưu: VT -"]);
    let codes: Vec<&str> = plan.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["unresolvable_actor"], "the vague name of task 6, and nothing else: {:?}", plan.warnings);
}

const REFORM: &str = "\
|UBND TỈNH SAO MAI // SỞ NỘI VỤ // Số: 118/KH-SNV|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM // Sao Mai, ngày 20 tháng 01 năm 2026|
KẾ HOẠCH
Cải cách hành chính của Sở Nội vụ giai đoạn 2026 - 2028
Thực hiện Kế hoạch số 09/KH-UBND ngày 12/01/2026 của Ủy ban nhân dân tỉnh về cải cách hành chính; Sở Nội vụ ban hành Kế hoạch:
Phần I
MỤC TIÊU
1. Đến năm 2028, ít nhất 95% người dân hài lòng khi làm thủ tục.
2. Giảm còn không quá 2 giờ thời gian chờ của mỗi lượt.
3. Hằng năm tổ chức tối thiểu 02 lớp bồi dưỡng cho công chức một cửa.
Phần II
NHIỆM VỤ, GIẢI PHÁP
|Lộ trình|Đầu việc|Chủ trì, phối hợp|Sản phẩm dự kiến|Số TT|
|I. Thủ tục hành chính|<|<|<|<|
|Tháng 3/2026|Cắt giảm giấy tờ trong hồ sơ tuyển dụng|Chủ trì: Phòng Công chức; phối hợp: Văn phòng Sở|Danh mục cắt giảm|1|
|Tuần 2 tháng 5/2026|Công khai thời gian chờ tại bộ phận một cửa|^|Bảng công khai|2|
|II. Tổ chức bộ máy|<|<|<|<|
|2026 - 2028|Sắp xếp các đơn vị sự nghiệp // trực thuộc Sở|Chủ trì: Phòng Tổ chức biên chế; phối hợp: Các đơn vị trực thuộc Sở|Đề án|3|
|Khi Bộ Nội vụ ban hành hướng dẫn|Xác định lại vị trí việc làm|Chủ trì: Phòng Tổ chức biên chế|Quyết định|4|
|Hằng tháng, trước ngày 05 của tháng sau|Đo mức hài lòng của người làm thủ tục|Chủ trì: Văn phòng Sở|Bảng điểm|5|
Phần III
TỔ CHỨC THỰC HIỆN
1. Văn phòng Sở: tham mưu, theo dõi việc thực hiện Kế hoạch này.
2. Phòng Công chức: chủ trì kiểm tra việc thực hiện.
Nơi nhận:
- UBND tỉnh (b/c);
- Các phòng, đơn vị thuộc Sở (t/h);
- Lưu: VT, VP.
";

#[test]
fn an_administrative_reform_plan_of_a_department_with_the_number_last() {
    let plan = read(&word(REFORM), "ke-hoach.docx").unwrap();
    assert_eq!((plan.number.as_deref(), plan.date.as_deref()), (Some("118/KH-SNV"), Some("2026-01-20")));
    assert_eq!(plan.issuer.as_deref(), Some("Sở Nội vụ"));
    assert_eq!(plan.title.as_deref(), Some("Cải cách hành chính của Sở Nội vụ giai đoạn 2026 - 2028"));
    assert_eq!(plan.legal_bases.len(), 1);
    assert_eq!(
        plan.sections.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(),
        ["MỤC TIÊU", "NHIỆM VỤ, GIẢI PHÁP", "TỔ CHỨC THỰC HIỆN"]
    );
    assert_eq!(values(&plan), [">= 95 % 2028-12-31", "<= 2 giờ 2028-12-31", ">= 2 lớp/năm 2028-12-31"]);
    assert_eq!(
        tasks(&plan),
        [
            "I.1 | Phòng Công chức | Văn phòng Sở | Danh mục cắt giảm | month 2026-03-31",
            "I.2 | Phòng Công chức | Văn phòng Sở | Bảng công khai | week 2026-05-14",
            "II.3 | Phòng Tổ chức biên chế | Các đơn vị trực thuộc Sở | Đề án | period 2028-12-31",
            "II.4 | Phòng Tổ chức biên chế |  | Quyết định | event Khi Bộ Nội vụ ban hành hướng dẫn",
            "II.5 | Văn phòng Sở |  | Bảng điểm | periodic P1M",
        ]
    );
    assert_eq!(plan.tasks[2].text, "Sắp xếp các đơn vị sự nghiệp trực thuộc Sở");
    let who: Vec<&str> = plan.assignments.iter().flat_map(|a| a.agencies.iter().map(String::as_str)).collect();
    assert_eq!(who, ["Văn phòng Sở", "Phòng Công chức"]);
    let told = pairs(plan.recipients.iter().map(|r| (r.name.as_str(), r.mark.as_deref())));
    assert_eq!(told, ["UBND tỉnh b/c", "Các phòng, đơn vị thuộc Sở t/h", "Lưu: VT, VP -"]);
    let codes: Vec<&str> = plan.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, Vec::<&str>::new(), "{:?}", plan.warnings);
}
