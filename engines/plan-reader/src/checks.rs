//! Checks over the whole reading: identity, outline, actors, schedules.

use std::collections::{HashMap, HashSet};

use crate::actors::is_unresolvable;
use crate::assignments::Clause;
use crate::fold::{fold, has_word};
use crate::head::Head;
use crate::lines::{Marker, Para, roman_value};
use crate::plan::{Plan, Section, Warning};
use crate::schedule::Schedule;
use crate::sections::{Document, Part};
use crate::values::is_implied;
use crate::warnings::{excerpt, push};

/// Missing parts of the identity.
pub fn identity(plan: &Plan, head: &Head, warnings: &mut Vec<Warning>) {
    if plan.number.is_none() {
        push(
            warnings,
            "missing_number",
            head.number_blank.unwrap_or(0),
            "Kế hoạch chưa có số.".into(),
            Some("Nhập số khi kế hoạch được ban hành; không cần nhập lại kế hoạch."),
        );
    }
    if plan.date.is_none() {
        push(
            warnings,
            "missing_date",
            head.date_blank.unwrap_or(0),
            "Kế hoạch chưa có ngày ban hành đầy đủ.".into(),
            Some("Nhập ngày ban hành."),
        );
    }
    if plan.issuer.is_none() {
        push(warnings, "missing_issuer", 0, "Không tìm thấy cơ quan ban hành.".into(), Some("Chọn cơ quan ban hành."));
    }
    if plan.title.is_none() {
        push(warnings, "missing_title", 0, "Không tìm thấy tên kế hoạch (dòng sau chữ “KẾ HOẠCH”).".into(), Some("Nhập tên kế hoạch."));
    }
    if plan.sections.is_empty() {
        push(
            warnings,
            "no_sections",
            0,
            "Không nhận ra mục nào (I, II, III … hoặc 1, 2, 3 …).".into(),
            Some("Kiểm tra xem tệp có đúng là kế hoạch không."),
        );
    }
    if plan.objectives.is_empty() && !plan.sections.is_empty() {
        push(warnings, "no_objectives", 0, "Không tìm thấy mục tiêu nào.".into(), Some("Thêm mục tiêu bằng tay nếu kế hoạch có."));
    }
    if plan.tasks.is_empty() && !plan.sections.is_empty() {
        push(warnings, "no_tasks", 0, "Không tìm thấy nhiệm vụ nào.".into(), Some("Kiểm tra phụ lục hoặc mục nhiệm vụ."));
    }
}

/// A long text without a single Vietnamese letter beyond Latin-1: an old font (TCVN3, VNI) read as Latin.
pub fn letters(lines: &[crate::plan::Line], warnings: &mut Vec<Warning>) {
    let (mut all, mut vietnamese) = (0usize, 0usize);
    for c in lines.iter().flat_map(|l| l.text.chars()).filter(|c| c.is_alphabetic()).take(20_000) {
        all += 1;
        vietnamese += usize::from(matches!(c, '\u{1ea0}'..='\u{1ef9}' | 'đ' | 'Đ' | 'ơ' | 'ư' | 'Ơ' | 'Ư' | 'ă' | 'Ă'));
    }
    if all > 400 && vietnamese * 200 < all {
        push(
            warnings,
            "legacy_encoding",
            0,
            "Văn bản gần như không có chữ tiếng Việt Unicode; có thể dùng phông TCVN3 hoặc VNI.".into(),
            Some("Chuyển văn bản sang Unicode rồi nộp lại."),
        );
    }
}

/// Outline: duplicates, gaps, empty sections.
pub fn outline(doc: &Document, warnings: &mut Vec<Warning>) {
    duplicates(&doc.parts, warnings);
    // Roman numbers may start again below each upper part.
    let mut romans: Vec<(u32, usize)> = Vec::new();
    for part in &doc.parts {
        if part.level < 2 {
            gaps(&std::mem::take(&mut romans), "mục", warnings);
        }
        romans.extend(roman_value(&part.section.ordinal).filter(|_| part.level == 2).map(|v| (v, part.section.line)));
    }
    gaps(&romans, "mục", warnings);
    for (at, part) in doc.parts.iter().enumerate() {
        let parent = doc.parts.get(at + 1).is_some_and(|next| next.level > part.level);
        if part.paras.is_empty() && !part.has_table && !parent {
            let message = format!("Mục {} “{}” không có nội dung.", part.section.ordinal, excerpt(&part.section.title));
            push(warnings, "section_without_content", part.section.line, message, Some("Nội dung có thể nằm ở phụ lục; kiểm tra lại."));
        }
        item_gaps(part, warnings);
    }
}

fn duplicates(parts: &[Part], warnings: &mut Vec<Warning>) {
    let mut ordinals: HashMap<(u8, &str), usize> = HashMap::new();
    let mut titles: HashMap<(u8, String), usize> = HashMap::new();
    for part in parts {
        let Section { ordinal, title, line } = &part.section;
        // Only sections below the same upper part are compared.
        ordinals.retain(|(level, _), _| *level <= part.level);
        titles.retain(|(level, _), _| *level <= part.level);
        if ordinals.len() + titles.len() > 2000 {
            return;
        }
        if let Some(first) = ordinals.get(&(part.level, ordinal.as_str())).filter(|_| !ordinal.is_empty()) {
            let message = format!("Số mục {ordinal} dùng hai lần: dòng {first} và dòng {line}.");
            push(warnings, "duplicate_section_ordinal", *line, message, Some("Đánh lại số mục; hệ thống giữ cả hai mục."));
        }
        let key = (part.level, fold(title));
        if let Some(first) = titles.get(&key).filter(|_| !title.is_empty()) {
            let message = format!("Tên mục “{}” lặp lại: dòng {first} và dòng {line}.", excerpt(title));
            push(warnings, "duplicate_section_title", *line, message, None);
        }
        ordinals.entry((part.level, ordinal.as_str())).or_insert(*line);
        titles.entry(key).or_insert(*line);
    }
}

/// Numbers that skip one ("2, 4").
fn gaps(values: &[(u32, usize)], what: &str, warnings: &mut Vec<Warning>) {
    for pair in values.windows(2) {
        let ((before, _), (after, line)) = (pair[0], pair[1]);
        if after > before + 1 {
            let message = format!("Thiếu số thứ tự giữa {what} {before} và {what} {after}.");
            push(warnings, "numbering_gap", line, message, Some("Kiểm tra xem có mục bị mất hay chỉ đánh số nhầm."));
        }
    }
}

/// Letters of Vietnamese enumerations.
const LETTERS: &[&str] =
    &["a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "x", "y"];

fn item_gaps(part: &Part, warnings: &mut Vec<Warning>) {
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    let mut letter: Option<usize> = None;
    for para in &part.paras {
        match &para.marker {
            Marker::Number(n) => {
                letter = None;
                if let Ok(value) = n.parse::<u32>() {
                    numbers.push((value, para.line));
                }
            }
            Marker::Letter(l) => letter = letter_step(letter, l, para, warnings),
            _ => {}
        }
    }
    gaps(&numbers, "số", warnings);
}

fn letter_step(previous: Option<usize>, letter: &str, para: &Para, warnings: &mut Vec<Warning>) -> Option<usize> {
    let Some(at) = LETTERS.iter().position(|l| *l == letter) else {
        let message = format!("Chữ “{letter}” không có trong cách đánh thứ tự tiếng Việt (a, b, c, d, đ, e, g, h …).");
        push(warnings, "numbering_gap", para.line, message, Some("Kiểm tra thứ tự các điểm."));
        // "f" stands where "g" is expected next.
        return previous;
    };
    if let Some(previous) = previous
        && at > previous + 1
    {
        let message = format!("Thiếu điểm giữa “{}” và “{letter}”.", LETTERS[previous]);
        push(warnings, "numbering_gap", para.line, message, Some("Kiểm tra xem có điểm bị mất hay chỉ đánh thứ tự nhầm."));
    }
    Some(at)
}

/// Administrative level of an agency by its name: 0 centre, 1 province, 2 district, 3 commune.
fn level(name: &str) -> Option<u8> {
    let key = fold(name);
    let has = |words: &[&str]| words.iter().any(|w| has_word(&key, w));
    if has(&["cap xa", "xa", "phuong", "dac khu", "thi tran"]) && !has(&["tinh"]) {
        Some(3)
    } else if has(&["huyen", "thi xa", "ubnd quan", "uy ban nhan dan quan"]) && !has(&["tinh"]) {
        Some(2)
    } else if key.starts_with("phong van hoa") {
        // Offices of the district, which existed until 1 July 2025.
        Some(2)
    } else if key.starts_with("bo ") && !key.starts_with("bo phan") && !key.starts_with("bo chi huy")
        || key.starts_with("chinh phu")
        || key.starts_with("thu tuong")
    {
        Some(0)
    } else if has(&["tinh"]) || (key.starts_with("so ") && name.starts_with('S')) {
        Some(1)
    } else {
        None
    }
}

/// Actors: leads from an upper level, collectives that name nobody.
pub fn actors(plan: &Plan, warnings: &mut Vec<Warning>) {
    let issuer = plan.issuer.as_deref().and_then(level);
    let mut named: HashSet<String> = HashSet::new();
    for task in &plan.tasks {
        let line = task.lines.first().copied().unwrap_or(0);
        for lead in &task.lead {
            if let (Some(own), Some(other)) = (issuer, level(lead))
                && other < own
            {
                let message = format!("Cơ quan chủ trì “{lead}” thuộc cấp trên của cơ quan ban hành.");
                push(
                    warnings,
                    "lead_from_upper_level",
                    line,
                    message,
                    Some("Kế hoạch không giao việc được cho cấp trên; chọn cơ quan chủ trì khác hoặc ghi là cơ quan hướng dẫn."),
                );
            }
        }
        for name in task.lead.iter().chain(&task.coordinating) {
            let key = fold(name);
            if is_unresolvable(name) && named.insert(key) {
                let message = format!("“{name}” không chỉ rõ cơ quan nào.");
                push(warnings, "unresolvable_actor", line, message, Some("Chọn các cơ quan cụ thể khi nhập kế hoạch."));
            }
        }
    }
}

/// Row numbers of the task table that skip one inside a section.
pub fn rows(plan: &Plan, warnings: &mut Vec<Warning>) {
    let mut previous: Option<(&Option<String>, &str, u32)> = None;
    for task in &plan.tasks {
        let Some(no) = &task.no else { continue };
        let (head, last) = no.rsplit_once('.').unwrap_or(("", no));
        let Ok(value) = last.parse::<u32>() else { continue };
        if let Some((section, before_head, before)) = previous
            && *section == task.section
            && before_head == head
            && value > before + 1
        {
            let line = task.lines.first().copied().unwrap_or(0);
            let message = format!("Thiếu số thứ tự trong bảng nhiệm vụ: sau {before} là {value}.");
            push(warnings, "numbering_gap", line, message, Some("Kiểm tra xem có dòng bị mất hay chỉ đánh số nhầm."));
        }
        previous = Some((&task.section, head, value));
    }
}

/// ISO day as dd/MM/yyyy.
fn vn(iso: &str) -> String {
    iso.splitn(3, '-').collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Time words that give no date, days before the plan's own, and repeated row numbers.
pub fn schedules(plan: &Plan, warnings: &mut Vec<Warning>) {
    let mut seen: Vec<(&Option<String>, &String)> = Vec::new();
    for task in &plan.tasks {
        let line = task.lines.first().copied().unwrap_or(0);
        let time = task.time.as_deref().unwrap_or_default();
        match &task.schedule {
            Some(Schedule::Text) => {
                push(warnings, "unclear_schedule", line, format!("Chưa hiểu thời gian “{time}”."), Some("Chọn lịch thực hiện bằng tay."))
            }
            Some(Schedule::Periodic { interval: None, .. }) => {
                push(
                    warnings,
                    "interval_unknown",
                    line,
                    format!("“{time}” không nói bao lâu một lần."),
                    Some("Chọn chu kỳ; mặc định 12 tháng."),
                );
            }
            _ => {}
        }
        let due = task.schedule.as_ref().and_then(Schedule::due);
        if let (Some(due), Some(date)) = (due, plan.date.as_deref())
            && due < date
        {
            let message = format!("Thời hạn “{time}” (đến hết ngày {}) có trước ngày ban hành {}.", vn(due), vn(date));
            push(warnings, "due_before_issue", line, message, Some("Kiểm tra lại năm của thời hạn, hoặc bỏ nhiệm vụ đã làm xong."));
        }
        if let Some(no) = &task.no {
            if seen.iter().rev().take(200).any(|(s, n)| **s == task.section && *n == no) {
                push(warnings, "duplicate_row_number", line, format!("Số thứ tự {no} dùng hai lần trong một mục."), None);
            }
            seen.push((&task.section, no));
        }
    }
}

/// Commitments that no target keeps: numbers among tasks and duties, objectives that speak of all without a number.
fn unmeasured(plan: &Plan, warnings: &mut Vec<Warning>) {
    for objective in plan.objectives.iter().filter(|o| o.values.is_empty()) {
        let key = fold(&objective.text);
        if has_word(&key, "day du") || key.starts_with("phan dau cac") {
            let message = format!("Mục tiêu nói tới cả nhóm nhưng không có con số: “{}”.", excerpt(&objective.text));
            let todo = "Nếu hiểu là 100% hoặc một mức cụ thể, thêm chỉ tiêu; không thì không gì đo mục tiêu này.";
            push(warnings, "objective_without_value", objective.line, message, Some(todo));
        }
    }
    let mut seen = HashSet::new();
    let tasks = plan.tasks.iter().map(|t| (t.text.as_str(), t.lines.first().copied().unwrap_or(0)));
    let duties = plan.assignments.iter().flat_map(|a| a.duties.iter().map(|d| (d.as_str(), a.line)));
    for (text, line) in tasks.chain(duties) {
        let Some(value) = crate::values::read(text).into_iter().find(|v| !is_implied(v)) else { continue };
        if seen.insert(fold(text)) {
            let message = format!(
                "Nhiệm vụ có con số “{} {} {}” nhưng không nằm trong mục tiêu: “{}”.",
                value.comparator,
                value.value,
                value.unit,
                excerpt(&value.text)
            );
            push(warnings, "figure_in_task", line, message, Some("Muốn đo thì thêm chỉ tiêu có con số này."));
        }
    }
}

/// Values read from words, general clauses, source of the tasks.
pub fn notes(plan: &Plan, doc: &Document, clauses: &[Clause], from_body: bool, warnings: &mut Vec<Warning>) {
    for objective in &plan.objectives {
        for value in objective.values.iter().filter(|v| is_implied(v)) {
            let message = format!("Mục tiêu không ghi con số, hiểu là {} {}%: “{}”.", value.comparator, value.value, excerpt(&value.text));
            push(warnings, "implied_value", objective.line, message, Some("Xác nhận hoặc nhập ngưỡng."));
        }
    }
    unmeasured(plan, warnings);
    if from_body && !plan.tasks.is_empty() {
        let message = format!("Không có bảng nhiệm vụ: {} nhiệm vụ được lấy từ các mục và phần phân công.", plan.tasks.len());
        push(warnings, "tasks_from_body", 0, message, Some("Kiểm tra cơ quan chủ trì và thời gian của từng nhiệm vụ."));
    } else {
        for clause in clauses {
            let message = format!("Điều khoản chung, không thuộc cơ quan nào: “{}”.", clause.text);
            push(
                warnings,
                "general_clause",
                clause.lines.first().copied().unwrap_or(0),
                message,
                Some("Tạo nghĩa vụ báo cáo, phản ánh nếu cần."),
            );
        }
    }
    for para in doc.closing.iter().filter(|p| p.key.len() > 20) {
        let message = format!("Đoạn kết: “{}”.", para.text);
        push(warnings, "general_clause", para.line, message, Some("Tạo nghĩa vụ báo cáo, phản ánh nếu cần."));
    }
}
