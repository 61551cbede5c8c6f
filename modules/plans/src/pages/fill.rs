//! Tasks that lack their lead or their time, all on one page: `/plans/import/{id}/fill` for a reading, `/plans/{id}/fill` for an
//! accepted plan. All rows are saved at once, or none.

use access::Verb;
use registers::{Record, actions};
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::axum::response::Response;
use web::components::{Column, Table, error_summary, heading, notice};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, redirect_with};

use super::edit::load;
use crate::actors::Directory;
use crate::draft::Draft;
use crate::expand::linked;
use crate::fill::{self, Lack, Row, Time};
use crate::naming::MOST_ROWS;
use crate::service;

/// A row as it is drawn.
struct Line {
    /// What comes back: place in the reading, or id of the task.
    key: String,
    version: i64,
    what: Markup,
    lack: Lack,
    /// Names and time as the document has them.
    lead: String,
    time: String,
    product: String,
}

/// What the page of either kind needs.
struct Sheet<'a> {
    action: &'a str,
    back: &'a str,
    /// Version of the reading.
    version: Option<i64>,
    sub: String,
    lines: Vec<Line>,
    hidden: usize,
    names: Vec<String>,
    typed: Option<&'a FormData>,
    errors: &'a [FieldError],
    /// Said above the form: somebody else was quicker.
    note: Option<&'a str>,
}

/// Label of an input, with the row it stands in.
fn label(field: &str, lang: Lang) -> String {
    let (name, n) = field.split_once('.').unwrap_or((field, ""));
    let words = match name {
        "lead" => lang.t("Chủ trì", "Lead"),
        "time" => lang.t("Thời gian", "Time"),
        _ => lang.t("Nhiệm vụ", "Task"),
    };
    n.parse::<usize>().map_or_else(|_| words.to_owned(), |n| format!("{words}, {} {}", lang.t("dòng", "row"), n + 1))
}

fn page(ctx: &Ctx, s: Sheet<'_>) -> Response {
    let lang = ctx.lang();
    let mut t = Table::new(
        lang.t("Nhiệm vụ còn thiếu", "Tasks that lack something"),
        vec![
            Column::index("#"),
            Column::text(lang.t("Nhiệm vụ", "Task")),
            Column::text(lang.t("Chủ trì", "Lead")),
            Column::text(lang.t("Thời gian", "Time")),
            Column::text(lang.t("Sản phẩm", "Product")),
        ],
    );
    for (n, line) in s.lines.iter().enumerate() {
        let cell = |name: &str, asked: bool, written: &str, list: Option<&str>| input(n, name, asked, written, list, &s, lang);
        t.row(vec![
            html! { (n + 1) },
            html! { (line.what) input type="hidden" name={"key." (n)} value=(line.key); input type="hidden" name={"version." (n)} value=(line.version); },
            cell("lead", line.lack.lead, &line.lead, Some("agencies")),
            cell("time", line.lack.time, &line.time, None),
            cell("product", true, &line.product, None),
        ]);
    }
    let title = lang.t("Bổ sung chủ trì, thời hạn", "Fill in leads and times");
    let body = html! {
        (heading(title, Some(html! { (s.sub) }), None))
        @if let Some(note) = s.note { (notice(Tone::Unmet, html! { (note) })) }
        (error_summary(s.errors, |f| label(f, lang), lang))
        @if s.lines.is_empty() { (notice(Tone::Met, html! { (lang.t("Mọi nhiệm vụ đều đã có chủ trì và thời hạn.", "Every task has its lead and its time.")) " " a href=(s.back) { (lang.t("Quay lại", "Back")) } })) }
        @else {
            form #fill method="post" action=(s.action) {
                (csrf(&ctx.look))
                @if let Some(v) = s.version { input type="hidden" name="version" value=(v); }
                p.small.muted { (lang.t(
                    "Chủ trì: tên cơ quan hoặc nhóm cơ quan, nhiều tên cách nhau bằng dấu chấm phẩy. Thời gian: một ngày (30/06/2027) hoặc chữ như Quý IV/2027, Hằng năm, Thường xuyên. Ô để trống giữ như cũ.",
                    "Lead: agencies or groups, separated by semicolons. Time: a day (30/06/2027) or words such as Quý IV/2027, Hằng năm. An empty box stays as it is.",
                )) }
                datalist id="agencies" { @for name in &s.names { option value=(name) {} } }
                (t.render(lang))
                @if s.hidden > 0 { p.small { (lang.t("Còn", "After these there are")) " " (s.hidden) " " (lang.t("nhiệm vụ nữa, hiện ra sau khi lưu các dòng trên.", "more tasks.")) } }
                div.row.form-actions { button.btn.main type="submit" { (lang.t("Lưu tất cả", "Save all")) } a.btn href=(s.back) { (lang.t("Thôi", "Cancel")) } }
            }
        }
    };
    let status = if s.errors.is_empty() && s.note.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let plan = if s.version.is_some() { lang.t("Bản đọc", "Reading") } else { lang.t("Kế hoạch này", "This plan") };
    Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(plan, s.back.to_owned())
        .status(status)
        .body(body)
        .respond(ctx)
}

/// A box where something is missing; what is there already is only shown.
fn input(n: usize, name: &str, asked: bool, written: &str, list: Option<&str>, s: &Sheet<'_>, lang: Lang) -> Markup {
    let (field, id) = (format!("{name}.{n}"), format!("f-{name}.{n}"));
    let error = s.errors.iter().find(|e| e.field == field).map(|e| e.message.as_str());
    let sent = s.typed.and_then(|t| t.get(&field));
    if !asked && sent.is_none_or(str::is_empty) {
        return html! { (written) };
    }
    let by = error.map(|_| format!("{id}-error"));
    let kept = if name == "product" { written } else { "" };
    html! { div {
        @if let (Some(e), Some(by)) = (error, &by) { div.error id=(by) { (e) } }
        label.sr for=(id) { (label(&field, lang)) }
        input id=(id) name=(field) type="text" value=(sent.unwrap_or(kept)) list=[list] autocomplete="off" aria-describedby=[by] aria-invalid=[error.map(|_| "true")];
        @if name != "product" && !written.is_empty() { div.small.muted { (lang.t("Văn bản ghi", "The document says")) ": “" (written) "”" } }
    } }
}

/// Keys of the rows in the order they were sent.
fn keys(form: &FormData) -> Vec<String> {
    (0..MOST_ROWS).map_while(|n| form.filled(&format!("key.{n}")).map(str::to_owned)).collect()
}

async fn names(ctx: &Ctx) -> Result<Vec<String>, web::Fail> {
    Ok(ctx.read(move |tx, who| Ok(Directory::load(tx, &who.reg, &who.actor, &who.today)?.everybody())).await?)
}

/// The page of a reading.
pub async fn draft_form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    draft_page(&ctx, &id, version, &draft, None, &[], None).await
}

async fn draft_page(
    ctx: &Ctx,
    id: &str,
    version: i64,
    draft: &Draft,
    typed: Option<&FormData>,
    errors: &[FieldError],
    note: Option<&str>,
) -> PageResult {
    let lang = ctx.lang();
    let base = format!("/plans/import/{id}");
    let tasks = &draft.reading.plan.tasks;
    let open: Vec<usize> = match typed {
        Some(form) => keys(form).iter().filter_map(|k| k.parse().ok()).filter(|i| *i < tasks.len()).collect(),
        None => draft.lacking(),
    };
    let lines: Vec<Line> = open
        .iter()
        .take(MOST_ROWS)
        .map(|i| {
            let t = &tasks[*i];
            let line = t.lines.first().copied().unwrap_or_default();
            let no = [t.section.as_deref(), t.no.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(".");
            let what = html! {
                @if !no.is_empty() { (no) ". " } (super::cut(&t.text))
                div.small { a href={(base) "/task/" (i)} { (lang.t("mở riêng", "on its own")) span.sr { ": " (super::cut(&t.text)) } }
                    @if line > 0 { " · " a href=(super::review::line_link(&base, line, &draft.reading.lines)) { (lang.t("dòng", "line")) " " (line) } } }
            };
            Line {
                key: i.to_string(),
                version,
                what,
                lack: draft.lack(t),
                lead: t.lead.join("; "),
                time: t.time.clone().unwrap_or_default(),
                product: t.product.clone().unwrap_or_default(),
            }
        })
        .collect();
    let sub = lang.n(
        draft.lacking().len(),
        "nhiệm vụ thiếu chủ trì hoặc thời hạn",
        "task lacks its lead or its time",
        "tasks lack their lead or their time",
    );
    let hidden = open.len() - lines.len();
    let action = format!("{base}/fill");
    let names = names(ctx).await?;
    Ok(page(ctx, Sheet { action: &action, back: &base, version: Some(version), sub, lines, hidden, names, typed, errors, note }))
}

/// Saves all rows of a reading, or says what is wrong with each.
pub async fn draft_save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let sent = form.version()?;
    let (version, mut draft) = load(&ctx, &id).await?;
    if version != sent {
        let note = "Bản đọc vừa được người khác sửa. Dưới đây là bản mới nhất cùng chữ bạn đã gõ: xem lại rồi lưu lần nữa.";
        return draft_page(&ctx, &id, version, &draft, Some(&form), &[], Some(note)).await;
    }
    let dir = ctx.read(move |tx, who| Directory::load(tx, &who.reg, &who.actor, &who.today)).await?;
    let (mut errors, mut filled) = (vec![], 0);
    for (n, key) in keys(&form).iter().enumerate() {
        let Some(i) = key.parse::<usize>().ok().filter(|i| *i < draft.reading.plan.tasks.len()) else { continue };
        filled += usize::from(draft_row(&mut draft, &dir, i, n, &form, &mut errors));
    }
    if !errors.is_empty() {
        let (version, draft) = load(&ctx, &id).await?;
        return draft_page(&ctx, &id, version, &draft, Some(&form), &errors, None).await;
    }
    let left = draft.lacking().len();
    let base = format!("/plans/import/{id}");
    ctx.write(move |tx, who| service::save(tx, &who.actor, &id, version, &draft)).await?;
    let message = match ctx.lang() {
        Lang::Vi if left == 0 => format!("Đã bổ sung {filled} nhiệm vụ; mọi nhiệm vụ đều đã có chủ trì và thời hạn."),
        Lang::Vi => format!("Đã bổ sung {filled} nhiệm vụ; còn {left} nhiệm vụ thiếu chủ trì hoặc thời hạn."),
        Lang::En => format!("{filled} tasks filled in; {left} still lack their lead or time."),
    };
    redirect_with(&ctx, &base, if left == 0 { "met" } else { "soon" }, &message)
}

/// One row of a reading; whether it changed anything.
fn draft_row(draft: &mut Draft, dir: &Directory, i: usize, n: usize, form: &FormData, errors: &mut Vec<FieldError>) -> bool {
    let before = draft.reading.plan.tasks[i].clone();
    let mut task = before.clone();
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: format!("{field}.{n}"), message });
    if let Some(words) = form.filled(&format!("lead.{n}")) {
        match fill::agencies(dir, words) {
            Ok(found) => {
                task.lead = found.iter().map(|(name, _)| name.clone()).collect();
                task.coordinating.retain(|c| !task.lead.contains(c));
                draft.actors.extend(found);
            }
            Err(message) => wrong("lead", message),
        }
    }
    if let Some(words) = form.filled(&format!("time.{n}")) {
        match fill::time(words, draft.year(), &task.text) {
            Ok(Time::Day(due)) => {
                task.time = task.time.filter(|t| !t.trim().is_empty()).or_else(|| Some(web::fmt::date(&due)));
                task.schedule = Some(plan_reader::Schedule::Deadline { due });
            }
            Ok(Time::Words(words, schedule)) => {
                if let Some(old) = task.time.replace(words).filter(|t| !t.trim().is_empty()) {
                    task.notes.push(format!("{} “{old}”.", fill::WRITTEN));
                }
                task.schedule = Some(schedule);
            }
            Err(message) => wrong("time", message),
        }
    }
    if let Some(product) = form.filled(&format!("product.{n}")) {
        task.product = Some(product.to_owned());
    }
    let changed = task != before;
    draft.reading.plan.tasks[i] = task;
    changed
}

/// The page of an accepted plan.
pub async fn plan_form(ctx: Ctx, Path(plan): Path<String>) -> PageResult {
    plan_page(&ctx, &plan, None, &[]).await
}

async fn plan_page(ctx: &Ctx, plan: &str, typed: Option<&FormData>, errors: &[FieldError]) -> PageResult {
    ctx.may(Verb::Update, "task")?;
    ctx.may(Verb::Update, "task_actor")?;
    let (wanted, sent) = (plan.to_owned(), typed.map(keys));
    let (title, list) = ctx
        .read(move |tx, who| {
            let head = actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &wanted)?;
            let mut tasks = linked(tx, &who.reg, &who.actor, "task", "plan", &wanted)?;
            tasks.sort_by_key(|t| t.int("seq").unwrap_or(i64::MAX));
            let mut by = fill::acting(tx, &who.reg, &who.actor, &tasks)?;
            let list: Vec<(Record, Vec<Record>)> = tasks
                .into_iter()
                .map(|t| {
                    let lines = by.remove(&t.id).unwrap_or_default();
                    (t, lines)
                })
                .filter(|(t, lines)| sent.as_ref().map_or_else(|| fill::lack(t, lines).any(), |s| s.contains(&t.id)))
                .collect();
            Ok((head.text("title").unwrap_or_default().to_owned(), list))
        })
        .await?;
    let lang = ctx.lang();
    let hidden = list.len().saturating_sub(MOST_ROWS);
    let lines = list.iter().take(MOST_ROWS).map(|(t, acting)| plan_line(plan, t, acting, lang)).collect();
    let (action, back) = (format!("/plans/{plan}/fill"), format!("/plans/{plan}?tab=tasks"));
    let sub = format!("{title} · {}", lang.t("lưu xong, nghĩa vụ được tạo ngay cho cơ quan chủ trì", "obligations are made at once"));
    let names = names(ctx).await?;
    Ok(page(ctx, Sheet { action: &action, back: &back, version: None, sub, lines, hidden, names, typed, errors, note: None }))
}

fn plan_line(plan: &str, t: &Record, acting: &[Record], lang: Lang) -> Line {
    let word = |f: &str| t.text(f).unwrap_or_default().to_owned();
    let lead: Vec<&str> = acting.iter().filter(|a| a.text("role") == Some("lead")).filter_map(|a| a.text("name")).collect();
    let lack = fill::lack(t, acting);
    let time = if lack.time { word("time_text") } else { super::plan::time_words(t) };
    let what = html! {
        @if let Some(no) = t.text("no") { (no) ". " } (super::cut(t.text("content").unwrap_or_default()))
        div.small { a href={"/plans/" (plan) "/task/" (t.id)} { (lang.t("mở nhiệm vụ", "open the task")) span.sr { ": " (super::cut(t.text("content").unwrap_or_default())) } } }
    };
    Line { key: t.id.clone(), version: t.version, what, lack, lead: lead.join("; "), time, product: word("product") }
}

/// Saves all rows of an accepted plan in one transaction with the obligations they make.
pub async fn plan_save(ctx: Ctx, Path(plan): Path<String>, form: FormData) -> PageResult {
    ctx.may(Verb::Update, "task")?;
    ctx.may(Verb::Update, "task_actor")?;
    let word = |name: &str, n: usize| form.text(&format!("{name}.{n}")).trim().to_owned();
    let row = |(n, task): (usize, String)| {
        let version = word("version", n).parse().map_err(|_| Error::BadRequest("Biểu mẫu thiếu số phiên bản. Mở lại trang.".into()))?;
        Ok(Row { task, version, lead: word("lead", n), time: word("time", n), product: word("product", n) })
    };
    let rows = keys(&form).into_iter().enumerate().map(row).collect::<Result<Vec<Row>, Error>>()?;
    let wanted = plan.clone();
    let made = ctx.write(move |tx, who| fill::save(tx, &who.reg, &who.actor, &wanted, &rows, &who.today)).await;
    match made {
        Ok(made) => {
            let message = match ctx.lang() {
                Lang::Vi => format!("Đã bổ sung {} nhiệm vụ; {} nghĩa vụ được tạo hoặc đổi.", made.tasks, made.obligations),
                Lang::En => format!("{} tasks filled in; {} obligations made or changed.", made.tasks, made.obligations),
            };
            redirect_with(&ctx, &format!("/plans/{plan}?tab=tasks"), "met", &message)
        }
        Err(Error::Invalid(errors)) => plan_page(&ctx, &plan, Some(&form), &errors).await,
        Err(e) => Err(e.into()),
    }
}

/// The card on the plan's page: how many tasks lack something, and where that is filled in.
pub fn card(plan: &str, lacking: usize, lang: Lang) -> Markup {
    html! {
        @if lacking > 0 {
            (notice(Tone::Soon, html! {
                strong { (lang.n(lacking, "nhiệm vụ thiếu chủ trì hoặc thời hạn.", "task lacks its lead or its time.", "tasks lack their lead or their time.")) } " "
                a.btn href={"/plans/" (plan) "/fill"} { (lang.t("Bổ sung một lượt", "Fill in all at once")) }
            }))
        }
    }
}
