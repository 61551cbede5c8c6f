//! Warnings: what a person should look at. Codes are stable; nothing is repaired silently.
//!
//! | code | meaning |
//! |---|---|
//! | `missing_number`, `missing_date`, `missing_issuer`, `missing_title`, `no_sections` | identity incomplete |
//! | `contradictory_number`, `contradictory_date` | one document quoted with two numbers or dates |
//! | `duplicate_section_ordinal`, `duplicate_section_title`, `numbering_gap` | outline |
//! | `section_without_content` | a heading with nothing below |
//! | `missing_row_number`, `missing_lead`, `missing_time`, `duplicate_row_number` | rows of the task table |
//! | `lead_from_upper_level`, `unresolvable_actor`, `unknown_agency` | actors |
//! | `unclear_schedule`, `interval_unknown` | time words that give no date |
//! | `due_before_issue` | a deadline before the day of the plan |
//! | `joined_page_break`, `continuation_row`, `ocr_echo`, `ditto_cell` | what was put together or dropped |
//! | `possible_typo`, `inconsistent_spelling`, `truncated_cell`, `made_in_vietnam`, `header_debris` | wording |
//! | `implied_value` | a number read from a word ("phần lớn") |
//! | `figure_in_task`, `objective_without_value` | commitments that no target keeps |
//! | `legacy_encoding`, `unreadable` | the text itself |
//! | `general_clause`, `funding_clause`, `tasks_from_body`, `no_tasks`, `no_objectives` | notes on the reading |

use crate::lines::Para;
use crate::plan::{LegalBase, Warning};

/// Adds a warning.
pub fn push(warnings: &mut Vec<Warning>, code: &str, line: usize, message: String, suggestion: Option<&str>) {
    warnings.push(Warning { code: code.to_owned(), line, message, suggestion: suggestion.map(str::to_owned) });
}

/// The first words of a text, for messages.
pub fn excerpt(text: &str) -> String {
    let mut out: String = text.chars().take(60).collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

/// A paragraph cut by a page break was joined.
pub fn joined_break(warnings: &mut Vec<Warning>, first: usize, second: usize) {
    let message = format!("Đoạn ở dòng {first} bị ngắt trang, đã nối với dòng {second}.");
    push(warnings, "joined_page_break", second, message, Some("Kiểm tra đoạn đã nối."));
}

/// One number, two dates.
pub fn contradictory_date(warnings: &mut Vec<Warning>, first: &LegalBase, second: &LegalBase) {
    let number = second.number.as_deref().unwrap_or_default();
    let message = format!(
        "Văn bản số {number} được dẫn với hai ngày: {} (dòng {}) và {} (dòng {}).",
        shown(first.date.as_deref()),
        first.line,
        shown(second.date.as_deref()),
        second.line
    );
    push(warnings, "contradictory_date", second.line, message, Some("Đối chiếu văn bản gốc và chọn ngày đúng."));
}

/// One date and sign, two look-alike numbers.
pub fn contradictory_number(warnings: &mut Vec<Warning>, first: &LegalBase, second: &LegalBase) {
    let message = format!(
        "Hai số văn bản gần giống nhau, cùng ngày {}: {} (dòng {}) và {} (dòng {}); có thể là một văn bản.",
        shown(second.date.as_deref()),
        first.number.as_deref().unwrap_or_default(),
        first.line,
        second.number.as_deref().unwrap_or_default(),
        second.line
    );
    push(warnings, "contradictory_number", second.line, message, Some("Đối chiếu văn bản gốc và chọn số đúng."));
}

/// `2022-08-10` → `10/8/2022`.
fn shown(date: Option<&str>) -> String {
    let Some(date) = date else {
        return "không rõ ngày".to_owned();
    };
    let mut parts = date.split('-').rev();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(month), Some(year)) => format!("{day}/{month}/{year}"),
        _ => date.to_owned(),
    }
}

/// A task row without number among numbered ones.
pub fn missing_row_number(warnings: &mut Vec<Warning>, line: usize, text: &str) {
    let message = format!("Dòng bảng không có số thứ tự: “{}”.", excerpt(text));
    push(warnings, "missing_row_number", line, message, Some("Bổ sung số thứ tự, hoặc xác nhận đây là một nhiệm vụ riêng."));
}

/// A row that only repeats the end of the row above.
pub fn ocr_echo(warnings: &mut Vec<Warning>, line: usize, text: &str) {
    let message = format!("Dòng bảng “{}” chỉ lặp lại phần cuối của dòng trên (lỗi nhận dạng chữ), đã bỏ qua.", excerpt(text));
    push(warnings, "ocr_echo", line, message, Some("Kiểm tra lại với bản gốc."));
}

/// A row that continues the row above.
pub fn continuation_row(warnings: &mut Vec<Warning>, line: usize, no: Option<&str>) {
    let message = format!("Dòng bảng không có số thứ tự được nối vào nhiệm vụ {} ở trên.", no.unwrap_or("(không số)"));
    push(warnings, "continuation_row", line, message, Some("Kiểm tra nội dung đã nối."));
}

/// A cell that says "as above".
pub fn ditto(warnings: &mut Vec<Warning>, line: usize, cell: &str, above: &str) {
    let message = format!("Ô ghi “{}”, hiểu là “{}” như dòng trên.", cell.trim(), excerpt(above));
    push(warnings, "ditto_cell", line, message, Some("Kiểm tra lại với bản gốc."));
}

/// No lead.
pub fn missing_lead(warnings: &mut Vec<Warning>, line: usize, no: Option<&str>, text: &str) {
    let message = format!("Nhiệm vụ {} “{}” chưa có cơ quan chủ trì.", no.unwrap_or(""), excerpt(text));
    push(warnings, "missing_lead", line, message, Some("Chọn cơ quan chủ trì trước khi chấp nhận."));
}

/// No time.
pub fn missing_time(warnings: &mut Vec<Warning>, line: usize, no: Option<&str>, text: &str) {
    let message = format!("Nhiệm vụ {} “{}” chưa có thời gian thực hiện.", no.unwrap_or(""), excerpt(text));
    push(warnings, "missing_time", line, message, Some("Nhập thời gian trước khi chấp nhận."));
}

/// A sentence that says who pays.
pub fn funding_clause(warnings: &mut Vec<Warning>, line: usize, text: &str) {
    let message = format!("Câu về kinh phí, không lấy làm nhiệm vụ: “{}”.", excerpt(text));
    push(warnings, "funding_clause", line, message, Some("Nếu đây là việc giao cho một cơ quan, thêm nhiệm vụ bằng tay."));
}

/// A heading of the assignment section that names no known kind of agency.
pub fn unknown_agency(warnings: &mut Vec<Warning>, para: &Para) {
    let message = format!("Không nhận ra “{}” là cơ quan nào.", excerpt(&para.text));
    push(warnings, "unknown_agency", para.line, message, Some("Chọn cơ quan tương ứng, hoặc bỏ nếu đây không phải cơ quan."));
}

/// A heading with words that belong to its sentence.
pub fn header_debris(warnings: &mut Vec<Warning>, para: &Para) {
    let message = format!("Tên cơ quan bị dính phần chữ khác: “{}”.", excerpt(&para.text));
    push(warnings, "header_debris", para.line, message, Some("Kiểm tra tên cơ quan đã tách."));
}

/// A cell that ends in the middle of a word or of an enumeration.
pub fn check_truncated(warnings: &mut Vec<Warning>, line: usize, column: &str, text: &str) {
    let text = text.trim();
    let Some(last) = text.split_whitespace().last() else {
        return;
    };
    let key = crate::fold::fold(last);
    let letters = key.bytes().all(|b| b.is_ascii_alphabetic());
    let vowel = key.bytes().any(|b| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'));
    let lower = last.chars().all(char::is_lowercase);
    let fragment = letters && lower && !vowel && text.contains(' ');
    // with their marks: "một cửa" ends well
    let dangling = text.ends_with(',') || ["các", "và", "của", "hoặc", "với", "theo", "tại"].contains(&last) && text.contains(' ');
    if fragment || dangling {
        let end: String = text.chars().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect();
        let message = format!("Ô “{column}” có vẻ bị cắt ở cuối: “…{end}”.");
        push(warnings, "truncated_cell", line, message, Some("Bổ sung phần còn thiếu từ bản gốc."));
    }
}
