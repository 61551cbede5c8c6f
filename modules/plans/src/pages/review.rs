//! `/plans/import/{id}`: the document on one side, what was read on the other, doubts first.

use std::collections::BTreeSet;

use plan_reader::{Line, Plan, Task};
use web::axum::extract::Path;
use web::components::{Column, Table, heading, post_button, tag};
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone, fmt};

use crate::draft::{Draft, Who};
use crate::{actors, service};

/// How many member agencies a name has today; filled for every resolved name.
type Members = std::collections::BTreeMap<String, (String, usize)>;

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let wanted = id.clone();
    let (row, draft, members) = ctx
        .read(move |tx, who| {
            let (row, draft) = service::load(tx, &who.actor, &wanted)?;
            let mut members = Members::new();
            for (name, w) in &draft.actors {
                let ids = actors::expand(tx, &who.reg, &who.actor, w, &who.today)?;
                members.insert(name.clone(), (label_of(w), ids.len()));
            }
            Ok((row, draft, members))
        })
        .await?;
    if let Some(plan) = &row.plan {
        return Ok(web::redirect(&format!("/plans/{plan}")));
    }
    let lang = ctx.lang();
    let plan = &draft.reading.plan;
    let base = format!("/plans/import/{id}");
    let title = plan.title.clone().unwrap_or_else(|| row.file_name.clone());
    let targets: usize = plan.objectives.iter().map(|o| o.values.len()).sum();
    let counts = format!(
        "{} {} · {} {} · {} {}",
        plan.tasks.len() - draft.left_out.len(),
        lang.t("nhiệm vụ", "tasks"),
        targets,
        lang.t("chỉ tiêu", "targets"),
        draft.names().len(),
        lang.t("cơ quan được nêu", "actors named")
    );
    let actions = html! {
        span.muted.small { (counts) }
        (post_button(&ctx.look, &format!("{base}/discard"), lang.t("Bỏ bản đọc", "Discard"), false, Some(lang.t("Bỏ bản đọc này?", "Discard this reading?"))))
        (post_button(&ctx.look, &format!("{base}/accept"), lang.t("Chấp nhận kế hoạch", "Accept the plan"), true, None))
    };
    let body = html! {
        (heading(&title, Some(head_line(&draft, lang)), Some(actions)))
        (doubts(&draft, &base, lang))
        div.split {
            section.card.doc tabindex="0" aria-label=(lang.t("Văn bản", "Document")) { (document(&draft.reading.lines, plan)) }
            div.stack {
                (head_card(&draft, &base, &members, lang))
                (tasks_card(&draft, &base, &members, lang))
                (objectives_card(plan, &base, lang))
                (assignments_card(plan, lang))
                (recipients_card(plan, lang))
            }
        }
    };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb_text(lang.t("Nhập văn bản", "Import"))
        .body(body)
        .respond(&ctx))
}

fn label_of(w: &Who) -> String {
    match w {
        Who::Agency(_) => String::new(),
        Who::Collective(_) => "nhóm".to_owned(),
        Who::Chosen(_) => "đã chọn".to_owned(),
        Who::TextOnly => "chỉ giữ tên gọi".to_owned(),
    }
}

fn head_line(draft: &Draft, lang: Lang) -> Markup {
    let p = &draft.reading.plan;
    html! {
        (p.number.as_deref().unwrap_or(lang.t("chưa có số", "no number"))) " · "
        (p.date.as_deref().map_or_else(|| lang.t("chưa có ngày", "no date").to_owned(), fmt::date)) " · "
        (p.issuer.as_deref().unwrap_or(lang.t("chưa rõ cơ quan ban hành", "issuer unknown")))
    }
}

/// Warnings of the reader and what still needs a person, before anything else.
fn doubts(draft: &Draft, base: &str, lang: Lang) -> Markup {
    let names = draft.names();
    let unresolved: Vec<(usize, &String)> = names.iter().enumerate().filter(|(_, n)| !draft.actors.contains_key(*n)).collect();
    let warnings = &draft.reading.plan.warnings;
    let period = period_question(draft, lang);
    let n = warnings.len() + unresolved.len() + usize::from(draft.head.issuer.is_none()) + usize::from(period.is_some());
    html! {
        @if n > 0 {
            section.notice.soon aria-label=(lang.t("Cần xem", "To look at")) {
                strong { (n) " " (lang.t("điều cần xem trước khi chấp nhận.", "things to look at before accepting.")) }
                ul {
                    @if draft.head.issuer.is_none() { li { a href={(base) "/head"} { (lang.t("Chọn cơ quan ban hành", "Choose the issuing agency")) } } }
                    @if let Some(question) = &period { li { a href={(base) "/head"} { (lang.t("Thời hạn hiệu lực", "Validity")) } ": " (question) } }
                    @for (i, name) in &unresolved { li { a href={(base) "/actor/" (i)} { "“" (name) "”" } ": " (lang.t("chưa rõ là cơ quan nào.", "not known in the register.")) } }
                    @for w in warnings {
                        li {
                            @if w.line > 0 { a href={"#l" (w.line)} { (lang.t("Dòng", "Line")) " " (w.line) } ": " }
                            (w.message)
                            @if let Some(s) = &w.suggestion { " " span.muted { (s) } }
                        }
                    }
                }
            }
        }
    }
}

/// What to ask when neither title nor date say from when until when the plan holds.
fn period_question(draft: &Draft, lang: Lang) -> Option<String> {
    let missing = match (&draft.head.starts_on, &draft.head.ends_on) {
        (Some(_), Some(_)) => return None,
        (None, Some(_)) => lang.t("văn bản không nói bắt đầu từ ngày nào.", "the document does not say from when."),
        (Some(_), None) => lang.t("văn bản không nói thực hiện đến khi nào.", "the document does not say until when."),
        (None, None) => lang.t("văn bản không nói thực hiện từ khi nào đến khi nào.", "the document does not say from when until when."),
    };
    let first = draft.reading.plan.objectives.iter().filter_map(|o| o.horizon.as_deref()).min().filter(|_| draft.head.ends_on.is_none());
    let hint = first.map(|h| format!(" {} {}.", lang.t("Mục tiêu gần nhất đến", "The nearest objective is due"), fmt::date(h)));
    Some(format!("{missing}{}", hint.unwrap_or_default()))
}

/// The document with the lines that warnings speak of marked; each line can be linked to.
fn document(lines: &[Line], plan: &Plan) -> Markup {
    let doubtful: BTreeSet<usize> = plan.warnings.iter().map(|w| w.line).collect();
    let of_tasks: BTreeSet<usize> = plan.tasks.iter().flat_map(|t| t.lines.iter().copied()).collect();
    html! {
        @for l in lines.iter().filter(|l| !l.text.trim().is_empty()) {
            p id={"l" (l.line)} data-line=(l.line) .task-line[of_tasks.contains(&l.line)] {
                @if doubtful.contains(&l.line) { mark { (cells(l)) } } @else { (cells(l)) }
            }
        }
    }
}

fn cells(l: &Line) -> Markup {
    html! {
        @if l.cells.len() > 1 { @for (i, c) in l.cells.iter().filter(|c| !c.trim().is_empty()).enumerate() { @if i > 0 { span.muted { " | " } } (c) } }
        @else { (l.text) }
    }
}

fn head_card(draft: &Draft, base: &str, members: &Members, lang: Lang) -> Markup {
    let resolved = members.len();
    let all = draft.names().len();
    html! {
        section.card {
            div.row.between { h2 { (lang.t("Thông tin kế hoạch", "About the plan")) } a.btn href={(base) "/head"} { (lang.t("Sửa", "Edit")) } }
            p.small {
                (lang.t("Hiệu lực", "Valid")) " "
                (draft.head.starts_on.as_deref().map_or_else(|| "?".into(), fmt::date)) " – " (draft.head.ends_on.as_deref().map_or_else(|| "?".into(), fmt::date))
                " · " (lang.t("căn cứ", "legal bases")) " " (draft.reading.plan.legal_bases.len())
                " · " (lang.t("đã nhận ra", "resolved")) " " (resolved) "/" (all) " " (lang.t("tên cơ quan", "names"))
            }
            @if resolved < all || !members.is_empty() {
                details { summary { (lang.t("Các tên gọi và cơ quan tương ứng", "Names and agencies")) }
                    ul.small { @for (i, name) in draft.names().iter().enumerate() { li {
                        a href={(base) "/actor/" (i)} { (name) } " "
                        @match members.get(name) {
                            Some((_, 1)) => (tag(Tone::Met, lang.t("1 cơ quan", "1 agency"))),
                            Some((word, 0)) => (tag(Tone::Plain, if word.is_empty() { lang.t("0 cơ quan", "0 agencies") } else { word })),
                            Some((_, n)) => (tag(Tone::Met, &format!("{n} {}", lang.t("cơ quan", "agencies")))),
                            None => (tag(Tone::Soon, lang.t("chưa rõ", "unknown"))),
                        }
                    } } }
                }
            }
        }
    }
}

fn tasks_card(draft: &Draft, base: &str, members: &Members, lang: Lang) -> Markup {
    let mut table = Table::new(
        lang.t("Nhiệm vụ đọc được", "Tasks read"),
        vec![Column::index("#"), Column::text(lang.t("Nhiệm vụ đọc được", "Task read")), Column::text(lang.t("Lịch", "Schedule"))],
    );
    for (i, t) in draft.reading.plan.tasks.iter().enumerate() {
        let out = draft.left_out.contains(&i);
        let no = [t.section.as_deref(), t.no.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(".");
        table.row(vec![
            html! { a href={(base) "/task/" (i)} { @if no.is_empty() { (lang.t("sửa", "edit")) } @else { (no) } } },
            html! {
                @if out { s { (short(&t.text)) } " " (tag(Tone::Plain, lang.t("không lấy", "left out"))) } @else { (short(&t.text)) }
                (actor_line(lang.t("Chủ trì", "Lead"), &t.lead, members))
                (actor_line(lang.t("Phối hợp", "With"), &t.coordinating, members))
                @if let Some(p) = &t.product { div.small.muted { (lang.t("Sản phẩm", "Product")) ": " (p) } }
            },
            html! { (schedule(t, lang)) },
        ]);
    }
    html! { section.card { h2 { (lang.t("Nhiệm vụ", "Tasks")) } (table.render(lang)) } }
}

fn short(text: &str) -> Markup {
    let cut: String = text.chars().take(220).collect();
    html! { (cut) @if cut.len() < text.len() { "…" } }
}

fn actor_line(label: &str, names: &[String], members: &Members) -> Markup {
    html! {
        @if !names.is_empty() {
            div.small.muted { (label) ": "
                @for (i, n) in names.iter().enumerate() {
                    @if i > 0 { ", " }
                    (n) @if let Some((_, k)) = members.get(n) { @if *k > 1 { " (" (k) ")" } } @else { " " (tag(Tone::Soon, "?")) }
                }
            }
        }
    }
}

/// The time as written, and what was understood.
pub fn schedule(t: &Task, lang: Lang) -> Markup {
    let value = serde_json::to_value(&t.schedule).unwrap_or_default();
    let date = |k: &str| value[k].as_str().map(fmt::date);
    let waiting = value["condition"].as_str().is_some();
    html! {
        @if let Some(time) = &t.time { span.tag { (time) } } @else { (tag(Tone::Soon, lang.t("không có thời hạn", "no time"))) }
        @if let Some(due) = date("due").or_else(|| date("to")) { div.small.muted { (lang.t("đến", "until")) " " (due) } }
        @if waiting { div { (tag(Tone::Soon, lang.t("Chờ điều kiện", "Waits for an event"))) } }
    }
}

fn objectives_card(plan: &Plan, base: &str, lang: Lang) -> Markup {
    html! {
        section.card {
            h2 { (lang.t("Mục tiêu", "Objectives")) }
            ol.small { @for (i, o) in plan.objectives.iter().enumerate() { li {
                (o.text) " " a href={(base) "/objective/" (i)} { (lang.t("sửa", "edit")) }
                div { @for v in &o.values { (tag(Tone::Plain, &value_words(v))) " " }
                    @if let Some(h) = &o.horizon { span.muted { (lang.t("đến", "until")) " " (fmt::date(h)) } } }
            } } }
        }
    }
}

/// `≥ 80–90 %`.
pub fn value_words(v: &plan_reader::Value) -> String {
    let sign = match v.comparator.as_str() {
        ">=" => "≥",
        "<=" => "≤",
        other => other,
    };
    let upper = v.upper.map(|u| format!("–{}", fmt::dec_auto(u))).unwrap_or_default();
    format!("{sign} {}{upper} {}", fmt::dec_auto(v.value), v.unit)
}

fn assignments_card(plan: &Plan, lang: Lang) -> Markup {
    html! {
        @if !plan.assignments.is_empty() {
            section.card { h2 { (lang.t("Phân công", "Assignments")) }
                @for a in &plan.assignments { details { summary { (a.agencies.join(", ")) " " span.muted.small { (a.duties.len()) " " (lang.t("việc", "duties")) } }
                    ul.small { @for d in &a.duties { li { (d) } } } } }
            }
        }
    }
}

fn recipients_card(plan: &Plan, lang: Lang) -> Markup {
    html! {
        @if !plan.recipients.is_empty() {
            section.card { h2 { (lang.t("Nơi nhận", "Recipients")) }
                ul.small { @for r in &plan.recipients { li { (r.name) @if let Some(m) = &r.mark { " " span.tag { (m) } } } } }
            }
        }
    }
}
