//! `/plans/import/{id}`: the document on one side, what was read on the other, doubts first.

use std::collections::BTreeSet;

use plan_reader::{Line, Plan};
use web::axum::extract::Path;
use web::components::{heading, post_button};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Look, Page, PageResult, fmt, redirect};

use super::reading::{Members, View};
use crate::draft::Draft;
use crate::{actors, service};

/// Lines of the document on a page.
const LINES: usize = 400;
/// Unknown names spelled out.
const NAMED: usize = 6;
/// Doubts shown before the rest is folded.
const DOUBTS: usize = 8;

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    let wanted = id.clone();
    let (row, draft, members, issuer) = ctx
        .read(move |tx, who| {
            let (row, draft) = service::load(tx, &who.actor, &wanted)?;
            let mut members = Members::new();
            for (name, w) in &draft.actors {
                members.insert(name.clone(), actors::expand(tx, &who.reg, &who.actor, w, &who.today)?.len());
            }
            let issuer = match &draft.head.issuer {
                Some(agency) => {
                    let scope = who.actor.may(access::Verb::Read, "agency")?;
                    Some(registers::actions::get(tx, &who.reg, &scope, agency)?.title)
                }
                None => draft.reading.plan.issuer.clone(),
            };
            Ok((row, draft, members, issuer))
        })
        .await?;
    if let Some(plan) = &row.plan {
        return Ok(redirect(&format!("/plans/{plan}")));
    }
    let lang = ctx.lang();
    let base = format!("/plans/import/{id}");
    let number = |name: &str| q.filled(name).and_then(|v| v.parse::<usize>().ok()).unwrap_or(1).max(1);
    let title = draft.reading.plan.title.clone().unwrap_or_else(|| row.file_name.clone());
    let part = q.filled("part").unwrap_or("task");
    let view = View { look: &ctx.look, draft: &draft, base: &base, members: &members, lang, part, page: number("page") };
    let body = html! {
        (heading(&title, Some(head_line(&draft, issuer.as_deref(), lang)), Some(actions(&ctx.look, &draft, &base, lang))))
        @if let Some(why) = super::nothing::card(&draft, &base, lang) { (why) }
        (doubts(&ctx.look, &draft, &base, lang))
        div.split {
            section.card.doc tabindex="0" aria-label=(lang.t("Văn bản", "Document")) {
                (document(&draft.reading.lines, &draft.reading.plan, number("lines"), &format!("{base}?part={part}"), lang))
            }
            div.stack {
                (head_card(&draft, &base, &members, lang))
                (view.render())
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

fn actions(look: &Look, draft: &Draft, base: &str, lang: Lang) -> Markup {
    html! {
        (post_button(look, &format!("{base}/discard"), lang.t("Bỏ bản đọc", "Discard"), false, Some(lang.t("Bỏ bản đọc này?", "Discard this reading?"))))
        @if !draft.empty() { a.btn.main href={(base) "/accept"} { (lang.t("Chấp nhận kế hoạch", "Accept the plan")) } }
    }
}

fn head_line(draft: &Draft, issuer: Option<&str>, lang: Lang) -> Markup {
    let p = &draft.reading.plan;
    let kept = draft.kept("objective", &p.objectives);
    let targets: usize =
        kept.map(|(i, o)| (0..o.values.len()).filter(|v| !draft.dropped.contains(&format!("value/{i}.{v}"))).count()).sum();
    html! {
        (p.number.as_deref().unwrap_or(lang.t("chưa có số", "no number"))) " · "
        (p.date.as_deref().map_or_else(|| lang.t("chưa có ngày", "no date").to_owned(), fmt::date)) " · "
        (issuer.unwrap_or(lang.t("chưa rõ cơ quan ban hành", "issuer unknown"))) " · "
        (lang.n(draft.kept("task", &p.tasks).count(), "nhiệm vụ", "task", "tasks")) " · "
        (lang.n(targets, "chỉ tiêu", "target", "targets")) " · "
        (lang.n(draft.names().len(), "cơ quan được nêu", "agency named", "agencies named"))
    }
}

/// What still needs a person, before anything else: questions, unknown names, warnings of the reader. Settled ones stay below.
fn doubts(look: &Look, draft: &Draft, base: &str, lang: Lang) -> Markup {
    let mut open: Vec<Markup> = Vec::new();
    if draft.head.issuer.is_none() {
        open.push(html! { a href={(base) "/head"} { (lang.t("Chọn cơ quan ban hành", "Choose the issuing agency")) } });
    }
    if let Some(question) = period_question(draft, lang) {
        open.push(html! { a href={(base) "/head"} { (lang.t("Thời hạn hiệu lực", "Validity")) } ": " (question) });
    }
    let asked = draft.asked();
    if asked.iter().any(|(_, later)| !later) {
        open.push(unknown_names(&asked, base, lang));
    }
    let lacking = draft.lacking().len();
    if lacking > 0 {
        open.push(html! { a href={(base) "/fill"} { (lang.n(lacking, "nhiệm vụ thiếu chủ trì hoặc thời hạn", "task lacks its lead or its time", "tasks lack their lead or their time")) } ": " (lang.t("bổ sung một lượt trên một trang.", "fill in all on one page.")) });
    }
    let all = || draft.reading.plan.warnings.iter().enumerate();
    // what only tells how the text was put together comes last
    let notes = ["joined_page_break", "continuation_row", "ocr_echo", "general_clause", "funding_clause", "tasks_from_body"];
    let is_note = |code: &str| notes.contains(&code);
    for wanted in [false, true] {
        for (i, w) in all().filter(|(i, w)| !draft.settled(*i, w) && is_note(&w.code) == wanted) {
            open.push(html! { (warning(w, base, draft, lang)) " " button.linklike type="submit" name="seen" value=(i) { (lang.t("Đã xem", "Seen")) } });
        }
    }
    let settled: Vec<_> = all().filter(|(i, w)| draft.settled(*i, w) && w.code != "unresolvable_actor").collect();
    let (first, rest) = open.split_at(open.len().min(DOUBTS));
    let later = draft.later();
    html! {
        form #doubts method="post" action={(base) "/seen"} {
            (csrf(look))
            @if !open.is_empty() {
                section.notice.soon aria-label=(lang.t("Cần xem", "To look at")) {
                    strong { (lang.n(open.len(), "điều cần xem trước khi chấp nhận.", "thing to look at before accepting.", "things to look at before accepting.")) }
                    ul { @for d in first { li { (d) } } }
                    @if !rest.is_empty() {
                        details { summary { (lang.t("Xem tiếp", "Show")) " " (rest.len()) " " (lang.t("điều", "more")) } ul { @for d in rest { li { (d) } } } }
                    }
                }
            }
            @if !later.is_empty() {
                p.small { (lang.t("Văn bản không nói rõ cơ quan nào, để chọn sau khi chấp nhận: ", "Not said who, chosen after acceptance: "))
                    @for (i, (at, name)) in later.iter().enumerate() { @if i > 0 { ", " } a href={(base) "/actor/" (at)} { "“" (name) "”" } } ". " a href={(base) "/names"} { (lang.t("Chọn ngay", "Choose now")) } }
            }
            @if !settled.is_empty() {
                details.small { summary { (settled.len()) " " (lang.t("điều đã xem", "looked at")) }
                    ul { @for (i, w) in &settled { li {
                        (warning(w, base, draft, lang))
                        @if draft.seen.contains(i) { " " button.linklike type="submit" name="unseen" value=(i) { (lang.t("Xem lại", "Undo")) } }
                        @else { " " span.muted { (lang.t("(đã bổ sung)", "(filled in)")) } }
                    } } }
                }
            }
        }
    }
}

/// All unknown names as one question: they are answered on one page.
fn unknown_names(names: &[(String, bool)], base: &str, lang: Lang) -> Markup {
    let later = names.iter().filter(|(_, later)| *later).count();
    html! {
        a href={(base) "/names"} { (super::names::count(names.len(), later, lang)) } ": "
        @for (i, (n, _)) in names.iter().take(NAMED).enumerate() { @if i > 0 { ", " } "“" (n) "”" }
        @if names.len() > NAMED { " …" } @else { "." }
    }
}

fn warning(w: &plan_reader::Warning, base: &str, draft: &Draft, lang: Lang) -> Markup {
    html! {
        @if w.line > 0 { a href=(line_link(base, w.line, &draft.reading.lines)) { (lang.t("Dòng", "Line")) " " (w.line) } ": " }
        (w.message)
        @if let Some(s) = &w.suggestion { " " span.muted { (s) } }
    }
}

/// A warning looked at, or taken up again.
pub async fn seen(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let to = format!("/plans/import/{id}#doubts");
    let at = |name: &str| form.filled(name).and_then(|v| v.parse::<usize>().ok());
    let (seen, unseen) = (at("seen"), at("unseen"));
    ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &id)?;
        draft.seen.extend(seen.filter(|i| *i < draft.reading.plan.warnings.len()));
        unseen.map(|i| draft.seen.remove(&i));
        service::save(tx, &who.actor, &id, row.version, &draft)
    })
    .await?;
    Ok(redirect(&to))
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

/// Where a line of the document is shown.
pub fn line_link(base: &str, line: usize, lines: &[Line]) -> String {
    let page = lines.iter().position(|l| l.line >= line).unwrap_or(0) / LINES + 1;
    if lines.len() > LINES { format!("{base}?lines={page}#l{line}") } else { format!("#l{line}") }
}

/// The document with the lines that warnings speak of marked; each line can be linked to.
fn document(lines: &[Line], plan: &Plan, page: usize, here: &str, lang: Lang) -> Markup {
    let doubtful: BTreeSet<usize> = plan.warnings.iter().map(|w| w.line).collect();
    let of_tasks: BTreeSet<usize> = plan.tasks.iter().flat_map(|t| t.lines.iter().copied()).collect();
    let pages = lines.len().div_ceil(LINES).max(1);
    let page = page.min(pages);
    let turn = html! {
        @if pages > 1 {
            nav.row.small aria-label=(lang.t("Trang của văn bản", "Pages of the document")) {
                @if page > 1 { a href={(here) "&lines=" (page - 1)} { (lang.t("Trang trước", "Previous")) } }
                span.muted { (page) "/" (pages) }
                @if page < pages { a href={(here) "&lines=" (page + 1)} { (lang.t("Trang sau", "Next")) } }
            }
        }
    };
    html! {
        (turn)
        @for l in lines.iter().skip((page - 1) * LINES).take(LINES).filter(|l| !l.text.trim().is_empty()) {
            p id={"l" (l.line)} data-line=(l.line) .task-line[of_tasks.contains(&l.line)] {
                @if doubtful.contains(&l.line) { mark { (cells(l)) } } @else { (cells(l)) }
            }
        }
        (turn)
    }
}

pub fn cells(l: &Line) -> Markup {
    html! {
        @if l.cells.len() > 1 { @for (i, c) in l.cells.iter().filter(|c| !c.trim().is_empty()).enumerate() { @if i > 0 { span.muted { " | " } } (c) } }
        @else { (l.text) }
    }
}

fn head_card(draft: &Draft, base: &str, members: &Members, lang: Lang) -> Markup {
    let day = |d: &Option<String>| d.as_deref().map_or_else(|| "?".into(), fmt::date);
    html! {
        section.card {
            div.row.between { h2 { (lang.t("Thông tin kế hoạch", "About the plan")) } a.btn href={(base) "/head"} { (lang.t("Sửa", "Edit")) } }
            p.small {
                (lang.t("Hiệu lực", "Valid")) " " (day(&draft.head.starts_on)) " – " (day(&draft.head.ends_on))
                " · " (lang.t("đã nhận ra", "resolved")) " " (draft.names().iter().filter(|n| members.get(*n).is_some_and(|k| *k > 0)).count()) "/"
                (draft.names().len()) " " (lang.t("tên cơ quan", "names"))
            }
        }
    }
}
