//! `/plans/{id}/names`: the names of an accepted plan that are nobody yet, in one table; choosing gives the missing obligations.

use access::Verb;
use store::FieldError;
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::axum::response::Response;
use web::components::{error_summary, heading, notice};
use web::maud::{Markup, html};
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, redirect_with};

use super::names::{Form, Row, form, keys, places};
use crate::actors::Directory;
use crate::draft::Who;
use crate::naming::{Asked, MOST_ROWS, read_all};
use crate::unclear::{self, Unclear};

/// The card on the plan's page; it counts the names as the page of names lists them.
pub fn card(plan: &str, list: &[Unclear], may: bool, lang: Lang) -> Markup {
    let leads = list.iter().flat_map(|u| &u.spots).filter(|s| s.at.role == "lead").count();
    html! {
        @if !list.is_empty() {
            (notice(Tone::Soon, html! {
                strong { (lang.t("Còn ", "")) (super::names::count(list.len(), 0, lang)) "." } " "
                @if leads > 0 { (lang.n(leads, "chỗ chủ trì nhiệm vụ: chưa ai được giao.", "task is led by one of them: nobody has got the work.", "tasks are led by them: nobody has got the work.")) " " }
                @for (i, u) in list.iter().take(4).enumerate() { @if i > 0 { ", " } "“" (u.name) "”" } @if list.len() > 4 { " …" } " "
                @if may { a.btn href={"/plans/" (plan) "/names"} { (lang.t("Chọn cơ quan", "Choose agencies")) } }
            }))
        }
    }
}

/// The page.
pub async fn show(ctx: Ctx, Path(plan): Path<String>) -> PageResult {
    ctx.may(Verb::Update, "task_actor")?;
    let wanted = plan.clone();
    let (title, list, asked) = ctx
        .read(move |tx, who| {
            let head = registers::actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &wanted)?;
            let dir = Directory::load(tx, &who.reg, &who.actor, &who.today)?.issued_by(head.text("issuer"));
            let list = unclear::list(tx, &who.reg, &who.actor, &dir, &wanted)?;
            let asked: Vec<Asked> = list.iter().take(MOST_ROWS).map(|u| Asked::new(&dir, &u.name)).collect();
            Ok((head.text("title").unwrap_or_default().to_owned(), list, asked))
        })
        .await?;
    if list.is_empty() {
        let message = ctx.t("Mọi tên gọi trong kế hoạch đều đã rõ là cơ quan nào.", "Every name of the plan is known.");
        return redirect_with(&ctx, &format!("/plans/{plan}"), "met", message);
    }
    let hidden = list.len() - asked.len();
    Ok(page(&ctx, &plan, &title, list.iter().zip(asked).collect(), hidden, &[]))
}

fn page(ctx: &Ctx, plan: &str, of: &str, list: Vec<(&Unclear, Asked)>, hidden: usize, errors: &[FieldError]) -> Response {
    let lang = ctx.lang();
    let names: Vec<String> = list.iter().map(|(u, _)| u.name.clone()).collect();
    let alike = |u: &Unclear| names.iter().filter(|n| crate::actors::same_name(n, &u.name)).count();
    let row = |(n, (u, asked)): (usize, (&Unclear, Asked))| Row {
        name: u.name.clone(),
        key: u.key.clone(),
        at: at(plan, u, lang),
        more: html! { @if u.vague {
            div.small.muted { (lang.t("văn bản không nói rõ; hỏi riêng từng nhiệm vụ", "not said who; asked for each task")) }
            // the first of several offers one answer for all of them
            @if alike(u) > 1 && names.iter().position(|x| crate::actors::same_name(x, &u.name)) == Some(n) {
                label.check.small { input type="checkbox" name={"same." (n)} value="1"; " " (match lang {
                    Lang::Vi => format!("Trả lời như dòng này cho các dòng cùng tên còn trống (có {} dòng)", alike(u)),
                    Lang::En => format!("This answer for the other empty rows of this name ({} rows)", alike(u)),
                }) }
            }
        } },
        asked,
    };
    let rows: Vec<Row> = list.into_iter().enumerate().map(row).collect();
    let (action, back) = (format!("/plans/{plan}/names"), format!("/plans/{plan}"));
    let label = |f: &str| f.strip_prefix("who.").and_then(|n| names.get(n.parse::<usize>().ok()?)).cloned().unwrap_or_else(|| f.to_owned());
    let title = lang.t("Cơ quan chưa rõ", "Agencies not known");
    let sub = html! { (of) " · " (lang.t("chọn xong, nghĩa vụ được tạo ngay cho cơ quan chủ trì", "obligations of the leading agencies are made at once")) };
    let body = html! {
        (heading(title, Some(sub), None))
        (error_summary(errors, label, lang))
        (form(ctx, &Form { action: &action, back: &back, version: None, rows, hidden, later: false }))
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Kế hoạch này", "This plan"), back)
        .status(status)
        .body(body)
        .respond(ctx)
}

/// Where a name stands, the tasks as links.
fn at(plan: &str, u: &Unclear, lang: Lang) -> Markup {
    let uses: Vec<_> = u.spots.iter().map(|s| s.at.clone()).collect();
    let link = |line: usize| {
        let task = u.spots.iter().find(|s| s.at.line == line)?.task.as_ref()?;
        Some(format!("/plans/{plan}/task/{task}"))
    };
    html! {
        (places(&uses, &link, lang))
        @if uses.iter().any(|s| s.role == "recipient") { div { (lang.t("nơi nhận", "recipient")) } }
    }
}

/// Saves all rows at once, or says what is wrong with some and saves none.
pub async fn save(ctx: Ctx, Path(plan): Path<String>, form: FormData) -> PageResult {
    ctx.may(Verb::Update, "task_actor")?;
    let rows = keys(&form);
    let (wanted, sent, count) = (plan.clone(), form.clone(), rows.len());
    let (title, list, sheet) = ctx
        .read(move |tx, who| {
            let head = registers::actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &wanted)?;
            let dir = Directory::load(tx, &who.reg, &who.actor, &who.today)?;
            let list = unclear::list(tx, &who.reg, &who.actor, &dir, &wanted)?;
            Ok((head.text("title").unwrap_or_default().to_owned(), list, read_all(&sent, count, &dir)))
        })
        .await?;
    let here = format!("/plans/{plan}/names");
    let known: Vec<&Unclear> = rows.iter().filter_map(|k| list.iter().find(|u| u.key == *k)).collect();
    if known.len() != rows.len() {
        return redirect_with(&ctx, &here, "unmet", "Một tên vừa được người khác chọn. Xem lại danh sách mới nhất rồi lưu.");
    }
    let errors = sheet.errors();
    if !errors.is_empty() {
        let hidden = list.len() - known.len();
        return Ok(page(&ctx, &plan, &title, known.into_iter().zip(sheet.rows).collect(), hidden, &errors));
    }
    let mut said: Vec<(String, Who)> = sheet.chosen.iter().map(|(n, who)| (rows[*n].clone(), who.clone())).collect();
    // a row's own answer goes before one for all of its name; those that did not fit on this form are of the name as well
    for (n, who) in sheet.chosen.iter().filter(|(n, _)| known[*n].vague && form.has(&format!("same.{n}"))) {
        for u in list.iter().filter(|u| crate::actors::same_name(&u.name, &known[*n].name)) {
            if !said.iter().any(|(key, _)| *key == u.key) {
                said.push((u.key.clone(), who.clone()));
            }
        }
    }
    let (wanted, learn, left) = (plan.clone(), form.filled("learn").is_some(), list.len() - said.len());
    let made = ctx.write(move |tx, who| unclear::choose(tx, &who.reg, &who.actor, &wanted, &said, learn, &who.today)).await?;
    let message = match ctx.lang() {
        Lang::Vi => format!("Đã rõ {} tên ở {} chỗ; tạo thêm {} nghĩa vụ. Còn {left} tên.", made.names, made.records, made.obligations),
        Lang::En => format!("{} names in {} places said; {} obligations made; {left} left.", made.names, made.records, made.obligations),
    };
    let to = if left == 0 { format!("/plans/{plan}") } else { here };
    redirect_with(&ctx, &to, if left == 0 { "met" } else { "soon" }, &message)
}
