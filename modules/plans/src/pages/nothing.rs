//! A reading in which nothing was found: why, and what to do. There is nothing to accept then.

use plan_reader::Reading;
use web::components::notice;
use web::maud::{Markup, html};
use web::{Lang, Tone};

use crate::draft::Draft;

/// What the reader looked for and did not find, one sentence each.
fn reasons(reading: &Reading, lang: Lang) -> Vec<String> {
    let p = &reading.plan;
    let filled = reading.lines.iter().filter(|l| !l.text.trim().is_empty()).count();
    let mut why = Vec::new();
    if filled < 10 {
        why.push(match lang {
            Lang::Vi => format!("Văn bản chỉ có {filled} dòng chữ."),
            Lang::En => format!("The document has only {filled} lines of text."),
        });
    }
    if p.title.is_none() {
        why.push(
            lang.t("Không thấy dòng “KẾ HOẠCH” và tên kế hoạch ở đầu văn bản.", "No line “KẾ HOẠCH” with a title at the beginning.").into(),
        );
    }
    if p.sections.is_empty() {
        why.push(lang.t("Không thấy đề mục nào (I., II. hoặc A., B. hoặc 1., 2.).", "No numbered headings (I., II. or 1., 2.).").into());
    } else {
        let titles: Vec<&str> = p.sections.iter().take(6).map(|s| s.title.as_str()).collect();
        why.push(match lang {
            Lang::Vi => format!("Có các đề mục “{}”, nhưng không mục nào có nội dung dưới tên Mục tiêu, Nhiệm vụ, Giải pháp, Phân công hay Tổ chức thực hiện.", titles.join("”, “")),
            Lang::En => format!("There are headings “{}”, but none about objectives, tasks or assignments with content.", titles.join("”, “")),
        });
    }
    if reading.lines.iter().all(|l| l.cells.len() < 2) {
        why.push(lang.t("Không có bảng nhiệm vụ nào.", "No table of tasks.").into());
    }
    why
}

/// Says why nothing can be accepted; nothing for a reading that has something.
pub fn card(draft: &Draft, base: &str, lang: Lang) -> Option<Markup> {
    draft.empty().then(|| {
        let p = &draft.reading.plan;
        // what was read and then left out by a person is not the document's fault
        let left_out = !p.tasks.is_empty() || !p.objectives.is_empty();
        notice(Tone::Unmet, html! {
            strong { (lang.t("Chưa chấp nhận được: bản đọc không có nhiệm vụ, mục tiêu hay chỉ tiêu nào.", "Nothing to accept: no task, objective or target.")) }
            @if left_out { p { (lang.t("Mọi nhiệm vụ và mục tiêu đã đọc đều được đánh dấu không lấy.", "Everything that was read is marked as left out.")) } }
            @else { ul { @for r in reasons(&draft.reading, lang) { li { (r) } } } }
            p { (lang.t("Kiểm tra xem tệp có đúng là kế hoạch không. Đúng thì thêm bằng tay: ", "Check the file. If it is the plan, add by hand: "))
                a href={(base) "/task/new"} { (lang.t("thêm nhiệm vụ", "a task")) } ", " a href={(base) "/objective/new"} { (lang.t("thêm mục tiêu", "an objective")) }
                (lang.t("; nhầm tệp thì bỏ bản đọc và ", "; if not, discard and ")) a href="/plans/import" { (lang.t("chọn tệp khác", "choose another file")) } "." }
        })
    })
}
