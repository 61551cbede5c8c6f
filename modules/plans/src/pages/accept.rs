//! `/plans/import/{id}/accept`: the last look before a reading becomes work for everybody.

use store::Error;
use web::axum::extract::Path;
use web::components::{heading, link_button, notice};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, redirect, redirect_with};

use crate::draft::Draft;
use crate::same::{Alike, Same, look_alikes};
use crate::service;

/// What is still open, what looks like a plan there is, the button.
pub async fn form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let wanted = id.clone();
    let (row, draft, alike, open) = ctx
        .read(move |tx, who| {
            let (row, draft) = service::load(tx, &who.actor, &wanted)?;
            let alike = look_alikes(tx, &who.reg, &who.actor, &draft)?;
            let (open, _) = crate::gate::of_draft(tx, &who.reg, &who.actor, &draft, &who.today)?;
            Ok((row, draft, alike, open))
        })
        .await?;
    if let Some(plan) = &row.plan {
        return Ok(redirect(&format!("/plans/{plan}")));
    }
    let lang = ctx.lang();
    let base = format!("/plans/import/{id}");
    let title = draft.reading.plan.title.clone().unwrap_or_else(|| row.file_name.clone());
    let (names, fill, targets) = (format!("{base}/names"), format!("{base}/fill"), format!("{base}?part=objective#read"));
    let at = Mend { doubts: &base, names: &names, fill: &fill, targets: &targets };
    let mut as_accepted = draft.clone();
    as_accepted.leave_for_later();
    // what no "all the same" helps against
    let must: Vec<_> = match crate::accept::refuse(&as_accepted) {
        Err(Error::Invalid(list)) => list,
        _ => vec![],
    };
    let body = html! {
        (heading(lang.t("Chấp nhận kế hoạch", "Accept the plan"), Some(html! { (title) }), None))
        @if let Some(why) = super::nothing::card(&draft, &base, lang) { (why) p { (link_button(&base, lang.t("Quay lại bản đọc", "Back to the reading"))) } }
        @else if !must.is_empty() { section.card {
            (notice(Tone::Unmet, html! {
                strong { (lang.t("Trước khi chấp nhận còn phải:", "Before it can be accepted:")) }
                ul { @for m in &must { li { a href=(mend(&base, &m.field)) { (m.message) } } } }
            }))
            @if !open.none() { (notice(Tone::Soon, left(&open, &at, lang))) }
            (link_button(&base, lang.t("Quay lại bản đọc", "Back to the reading")))
        } }
        @else { section.card {
            p { (made(&draft, lang)) }
            @if open.none() { p { (lang.t("Không còn điều gì chưa xem.", "Nothing is left to look at.")) } }
            @else { (notice(Tone::Soon, left(&open, &at, lang))) }
            form method="post" action={(base) "/accept"} {
                (csrf(&ctx.look))
                input type="hidden" name="version" value=(row.version);
                // who presses has the list above before their eyes
                @if !open.none() { input type="hidden" name="anyway" value="1"; }
                @if !alike.is_empty() { (choices(&alike, lang)) }
                div.row {
                    button.btn.main type="submit" { (if open.none() { lang.t("Chấp nhận kế hoạch", "Accept the plan") } else { lang.t("Vẫn chấp nhận", "Accept all the same") }) }
                    (link_button(&base, lang.t("Quay lại xem tiếp", "Back to the review")))
                }
            }
        } }
    };
    Ok(Page::new(lang.t("Chấp nhận kế hoạch", "Accept the plan"))
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(title, base)
        .crumb_text(lang.t("Chấp nhận", "Accept"))
        .narrow()
        .body(body)
        .respond(&ctx))
}

/// Where a reason not to accept is mended.
fn mend(base: &str, field: &str) -> String {
    match field {
        "issuer" | "title" | "number" => format!("{base}/head"),
        "actors" => format!("{base}/names"),
        _ => base.to_owned(),
    }
}

fn made(draft: &Draft, lang: Lang) -> String {
    let p = &draft.reading.plan;
    let targets: usize = draft
        .kept("objective", &p.objectives)
        .map(|(i, o)| (0..o.values.len()).filter(|v| !draft.dropped.contains(&format!("value/{i}.{v}"))).count())
        .sum();
    let tasks = draft.kept("task", &p.tasks).count();
    match lang {
        Lang::Vi if p.date.is_none() => format!(
            "Sẽ tạo {tasks} nhiệm vụ và {targets} chỉ tiêu. Kế hoạch chưa có ngày ban hành nên còn là dự thảo: chưa ai được giao việc cho đến khi đưa vào thực hiện."
        ),
        Lang::En if p.date.is_none() => format!(
            "Makes {tasks} tasks and {targets} targets. Without its day the plan stays a draft: nobody owes anything until it is put in force."
        ),
        Lang::Vi => format!("Sẽ tạo {tasks} nhiệm vụ và {targets} chỉ tiêu; mỗi cơ quan chủ trì nhận nghĩa vụ của mình ngay."),
        Lang::En => format!("Makes {tasks} tasks and {targets} targets; each leading agency gets its obligations at once."),
    }
}

/// Where each kind of open thing is mended.
pub struct Mend<'a> {
    /// Doubts of the reader.
    pub doubts: &'a str,
    /// Names nobody knows.
    pub names: &'a str,
    /// Tasks that lack lead or time.
    pub fill: &'a str,
    /// Targets without an indicator.
    pub targets: &'a str,
}

/// What is open, each kind with its count and the way to where it is mended.
pub fn left(open: &crate::gate::Open, at: &Mend<'_>, lang: Lang) -> Markup {
    let href = |field: &str| match field {
        "names" => at.names,
        "lead" | "time" => at.fill,
        "groups" => "/r/collective_actor",
        "indicator" => at.targets,
        _ => at.doubts,
    };
    html! {
        strong { (lang.t("Còn:", "Left:")) }
        ul { @for (field, words) in open.lines(lang) { li { a href=(href(field)) { (words) } } } }
        p { (lang.t("Có thể bổ sung sau ở trang kế hoạch.", "They can be completed later on the plan's page.")) }
    }
}

/// A plan there is looks like this one: which of three it is, a person says.
fn choices(alike: &[Alike], lang: Lang) -> Markup {
    let radio = |value: String, label: Markup| html! { label.check { input type="radio" name="same" value=(value) required; " " (label) } };
    html! {
        fieldset {
            legend { strong { (lang.t("Có vẻ kế hoạch này đã được nhập:", "This plan seems to be here already:")) } }
            @for a in alike {
                @let r = &a.plan;
                p { a href={"/plans/" (r.id)} { (r.title) } @if let Some(p) = a.percent() { " · " (lang.t("giống", "equal")) " " strong { (p) } " " (lang.t("số dòng của văn bản", "of the lines")) } }
                (radio(format!("signed:{}", r.id), html! { (lang.t("Là bản đã ký của kế hoạch trên: bổ sung số, ngày cho nó, không tạo kế hoạch thứ hai", "Its signed copy: gives it number and date, makes no second plan")) }))
                (radio(format!("replaces:{}", r.id), html! { (lang.t("Thay thế kế hoạch trên: kế hoạch cũ hết hiệu lực, nghĩa vụ chưa làm của nó được miễn", "Replaces it: the old plan is superseded and what is not done there is exempt")) }))
            }
            (radio("other".into(), html! { (lang.t("Là kế hoạch khác", "Is another plan")) }))
        }
    }
}

/// Accepts the reading: all of it in one transaction, or the reasons why not.
pub async fn accept(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let back = format!("/plans/import/{id}/accept");
    let version = form.version()?;
    let same = Same::parse(form.text("same"));
    let said = service::Said { seen: Some(version), same, anyway: form.has("anyway") };
    let done = ctx.write(move |tx, who| service::accept_draft(tx, &who.reg, &who.actor, &id, &said, &who.today)).await;
    match done {
        Ok(made) if made.signed => redirect_with(
            &ctx,
            &format!("/plans/{}", made.plan),
            "met",
            &match (ctx.lang(), made.obligations) {
                (Lang::Vi, 0) => "Đã bổ sung số, ngày cho kế hoạch.".to_owned(),
                (Lang::Vi, n) => format!("Đã bổ sung số, ngày; kế hoạch có hiệu lực, {n} nghĩa vụ được tạo."),
                (Lang::En, n) => format!("The plan got its number and date; {n} obligations made."),
            },
        ),
        Ok(made) => {
            let mut message = format!(
                "Đã tạo kế hoạch: {} chỉ tiêu, {} nhiệm vụ, {} nghĩa vụ cho các cơ quan.",
                made.targets, made.tasks, made.obligations
            );
            if made.draft {
                message = format!(
                    "Đã tạo kế hoạch dự thảo: {} chỉ tiêu, {} nhiệm vụ. Chưa giao việc cho ai đến khi đưa vào thực hiện.",
                    made.targets, made.tasks
                );
            }
            if made.unresolved > 0 {
                message.push_str(&format!(" {} tên gọi chưa rõ là cơ quan nào nên không được giao việc.", made.unresolved));
            }
            if made.no_lead > 0 {
                message.push_str(&format!(" {} nhiệm vụ chưa có chủ trì.", made.no_lead));
            }
            redirect_with(&ctx, &format!("/plans/{}", made.plan), "met", &message)
        }
        Err(Error::Invalid(errors)) => {
            let list: Vec<String> = errors.into_iter().map(|e| e.message).collect();
            redirect_with(&ctx, &back, "unmet", &list.join(" "))
        }
        Err(Error::Conflict(m)) => redirect_with(&ctx, &back, "unmet", &m),
        Err(e) => Err(e.into()),
    }
}
