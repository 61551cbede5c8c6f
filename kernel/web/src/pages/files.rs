//! Registers as .xlsx: template, export of the filtered list, import with a dry run first.

use access::{Actor, Verb};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use registers::Definition;
use registers::files::job::{Job, JobState};
use registers::files::{self, Counts, Outcome, Report, job};
use store::{Error, Result};

use crate::app::{App, Upload};
use crate::components::{Column, Table, facts, heading, notice, post_button, progress, tag};
use crate::ctx::Ctx;
use crate::english;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::links;
use crate::module::Tone;
use crate::pages::list::definition;
use crate::shell::{Page, csrf, redirect};
use crate::uploads::{Posted, Sent, turn};

/// Greatest file that is taken, bytes.
const MOST_FILE: usize = 20 << 20;
/// Files kept between dry run and import, and for how long (µs).
const MOST_KEPT: usize = 48;
const KEPT_FOR: i64 = 30 * 60 * 1_000_000;
/// Rows of a report that a page shows; the worst come first.
const MOST_ROWS: usize = 300;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/r/{register}/template.xlsx", get(template))
        .route("/r/{register}/export.xlsx", get(export))
        .route("/r/{register}/import", get(import_form).post(dry_run).layer(DefaultBodyLimit::max(MOST_FILE + (1 << 20))))
        .route("/r/{register}/import/apply", post(apply))
        .route("/r/{register}/import/jobs/{id}", get(job_page))
        .route("/r/{register}/import/jobs/{id}/resume", post(resume))
}

/// A workbook as a download. The name has no marks, so that every browser keeps it.
pub(crate) fn workbook(book: documents::Workbook, name: &str) -> Result<Response> {
    let bytes = book.to_xlsx().map_err(Error::internal)?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.xlsx\"")).map_err(Error::internal)?;
    let mime = HeaderValue::from_static("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    Ok(([(header::CONTENT_TYPE, mime), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

async fn off_thread<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(f).await.map_err(Error::internal)?
}

async fn template(ctx: Ctx, Path(register): Path<String>) -> PageResult {
    definition(&ctx, &register)?;
    ctx.may(Verb::Read, &register)?;
    let reg = ctx.app.registry.clone();
    let name = format!("mau-{register}");
    Ok(off_thread(move || workbook(files::template(&reg, &register)?, &name)).await?)
}

async fn export(ctx: Ctx, Path(register): Path<String>, q: QueryData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let query = links::parse(def, &q)?;
    let (name, day) = (format!("{register}-{}", ctx.today), ctx.today.clone());
    let mut book = ctx.read(move |tx, w| files::export(tx, &w.reg, &w.actor, &register, &query)).await?;
    book.created = day;
    Ok(off_thread(move || workbook(book, &name)).await?)
}

fn shell(ctx: &Ctx, def: &Definition, title: &str) -> Page {
    let base = format!("/r/{}", def.register.id);
    Page::new(title).active(&base).crumb(ctx.lang().label(&def.register.label), &base)
}

async fn import_form(ctx: Ctx, Path(register): Path<String>) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Import, &register)?;
    Ok(upload_page(&ctx, def, None, StatusCode::OK))
}

fn upload_page(ctx: &Ctx, def: &Definition, refused: Option<&str>, status: StatusCode) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let base = format!("/r/{}", def.register.id);
    let title = format!("{}: {}", t("Nhập từ Excel", "Import from Excel"), ctx.lang().label(&def.register.label));
    let body = html! {
        (heading(&title, Some(html! { (t("Chưa có gì được ghi khi gửi tệp: bạn xem từng dòng trước rồi mới quyết định.", "Nothing is written when you send the file: you see each row first.")) }), None))
        @if let Some(m) = refused { (notice(Tone::Unmet, html! { (m) })) }
        ol {
            li { a href=(format!("{base}/template.xlsx")) { (t("Tải mẫu .xlsx của sổ này", "Get the .xlsx template of this register")) } ". " (t("Tệp đang có cũng được nếu tiêu đề cột giống mẫu.", "Your own file will do if its headings are like the template's.")) }
            li { (t("Điền, mỗi dòng một bản ghi. Dòng đã có sẽ được nhận ra, không tạo trùng; ô trống giữ nguyên giá trị đang có.", "Fill it, one record a row. Existing records are recognised; empty cells leave values as they are.")) }
            li { (t("Gửi tệp để xem trước.", "Send it for a preview.")) }
        }
        form method="post" enctype="multipart/form-data" action=(format!("{base}/import")) data-upload="1" {
            (csrf(&ctx.look))
            div.field { label for="f-file" { (t("Tệp .xlsx hoặc .csv, tối đa 20 MB", ".xlsx or .csv file, at most 20 MB")) } input #f-file type="file" name="file" accept=".xlsx,.csv" required; }
            button.btn.main type="submit" { (t("Gửi và xem trước", "Send and preview")) }
        }
    };
    shell(ctx, def, &title).narrow().status(status).body(body).respond(ctx)
}

async fn dry_run(ctx: Ctx, Path(register): Path<String>, mut posted: Posted) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Import, &register)?;
    let again = |m: &str| Ok(upload_page(&ctx, def, Some(m), StatusCode::UNPROCESSABLE_ENTITY));
    let Some((name, file)) = posted.take("file") else {
        return again(ctx.t("Chưa chọn tệp, hoặc tệp rỗng.", "No file was chosen, or it is empty."));
    };
    let name = name.chars().filter(|c| !c.is_control()).take(160).collect::<String>();
    let file = match file {
        Some(f) if f.size() > 0 => f,
        Some(_) => return again(ctx.t("Chưa chọn tệp, hoặc tệp rỗng.", "No file was chosen, or it is empty.")),
        None => return again(ctx.t("Tệp lớn hơn 20 MB; tách tệp rồi gửi từng phần.", "The file is larger than 20 MB; split it.")),
    };
    match plan(&ctx, &register, file.clone()).await {
        Ok(report) => {
            let id = keep(
                &ctx,
                Upload { account: ctx.actor.id.clone(), register, name: name.clone(), file: Some(file), at: ctx.app.now(), job: None },
            );
            Ok(preview(&ctx, def, &name, &id, &report))
        }
        Err(e @ (Error::BadRequest(_) | Error::Invalid(_))) => again(&e.to_string()),
        Err(e) => Err(e.into()),
    }
}

async fn plan(ctx: &Ctx, register: &str, file: Sent) -> Result<Report> {
    let (store, reg, actor, id) = (ctx.app.store.clone(), ctx.app.registry.clone(), ctx.actor.clone(), register.to_owned());
    let turn = turn().await?;
    off_thread(move || {
        let _turn = turn;
        let sheet = files::read(&reg, &id, &file.read()?)?;
        files::dry_run(&store, &reg, &actor, &id, sheet)
    })
    .await
}

/// Keeps a file for the decision; the oldest goes when there are too many.
fn keep(ctx: &Ctx, u: Upload) -> String {
    let id = store::new_uuid_v7(ctx.app.now(), &store::SystemIds);
    let now = ctx.app.now();
    if let Ok(mut map) = ctx.app.inner.uploads.lock() {
        map.retain(|_, u| now - u.at < KEPT_FOR);
        while map.len() >= MOST_KEPT {
            let Some(oldest) = map.iter().min_by_key(|(_, u)| u.at).map(|(k, _)| k.clone()) else { break };
            map.remove(&oldest);
        }
        map.insert(id.clone(), u);
    }
    id
}

fn outcome(ctx: &Ctx, o: Outcome) -> Markup {
    match o {
        Outcome::Create => tag(Tone::Met, ctx.t("thêm mới", "new")),
        Outcome::Update => tag(Tone::Soon, ctx.t("sửa", "change")),
        Outcome::Unchanged => tag(Tone::Plain, ctx.t("không đổi", "unchanged")),
        Outcome::Error => tag(Tone::Unmet, ctx.t("lỗi, không nhập", "refused")),
    }
}

fn totals(ctx: &Ctx, c: &Counts) -> Markup {
    let n = |n: u32| html! { strong.tab { (fmt::int(i64::from(n))) } };
    facts(vec![
        (ctx.t("Thêm mới", "New").into(), n(c.create)),
        (ctx.t("Sửa", "Changed").into(), n(c.update)),
        (ctx.t("Không đổi", "Unchanged").into(), n(c.unchanged)),
        (ctx.t("Có lỗi, không nhập", "Refused").into(), html! { strong.tab.late[c.error > 0] { (fmt::int(i64::from(c.error))) } }),
    ])
}

/// A word so long that it would push the table off a small screen; broken anywhere, other words stay whole.
fn unbroken(words: &str) -> bool {
    words.split_whitespace().any(|w| w.chars().count() > 40)
}

/// Row by row, refused rows first: line, column, what is wrong, how to mend it.
fn rows(ctx: &Ctx, register: &str, r: &Report) -> Markup {
    let mut list: Vec<_> = r.rows.iter().collect();
    list.sort_by_key(|x| (x.outcome != Outcome::Error, x.outcome == Outcome::Unchanged, x.line));
    let mut t = Table::new(
        ctx.t("Từng dòng", "Row by row"),
        vec![
            Column::index(ctx.t("Dòng", "Line")),
            Column::text(ctx.t("Bản ghi", "Record")),
            Column::text(ctx.t("Kết quả", "Result")),
            Column::text(ctx.t("Cột, lỗi, cách sửa", "Column, problem, remedy")),
        ],
    );
    for x in list.iter().take(MOST_ROWS) {
        let title = match &x.record {
            Some(id) => html! { a.break[unbroken(&x.title)] href=(format!("/r/{register}/{id}")) { (x.title) } },
            None => html! { span.break[unbroken(&x.title)] { (x.title) } },
        };
        let errors = html! { @for e in &x.errors { div.break[unbroken(&e.what)] {
            @if !e.column.is_empty() { strong { (ctx.t("cột", "column")) " " (e.column) " " } } @if !e.label.is_empty() { (e.label) ": " }
            (brief(&english::said(&e.what, ctx.lang()))) @if !e.remedy.is_empty() { " " span.muted { (english::said(&e.remedy, ctx.lang())) } }
        } } };
        t.row(vec![html! { (x.line) }, title, outcome(ctx, x.outcome), errors]);
    }
    html! {
        @for n in &r.notes { (notice(Tone::Soon, html! { (english::said(n, ctx.lang())) })) }
        (t.render(ctx.lang()))
        @if list.len() > MOST_ROWS { p.muted { (ctx.t("Chỉ hiện", "Only")) " " (MOST_ROWS) " " (ctx.t("dòng cần chú ý nhất trong", "rows shown of")) " " (fmt::int(list.len() as i64)) "." } }
    }
}

fn preview(ctx: &Ctx, def: &Definition, name: &str, id: &str, r: &Report) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let base = format!("/r/{}", def.register.id);
    let some = r.counts.create + r.counts.update > 0;
    let title = format!("{}: {name}", t("Xem trước", "Preview"));
    let body = html! {
        (heading(&title, Some(html! { (t("Chưa có gì được ghi.", "Nothing is written yet.")) }), None))
        section.card { (totals(ctx, &r.counts)) }
        @if some {
            form.row method="post" action=(format!("{base}/import/apply")) {
                (csrf(&ctx.look))
                input type="hidden" name="upload" value=(id);
                @if r.counts.error == 0 {
                    button.btn.main type="submit" { (t("Nhập", "Import")) " " (ctx.lang().n(fmt::int(i64::from(r.counts.create + r.counts.update)), "dòng", "row", "rows")) }
                } @else {
                    button.btn.main type="submit" { (t("Nhập các dòng đúng, bỏ qua dòng lỗi", "Import the good rows, leave the others")) }
                    a.btn href=(format!("{base}/import")) { (t("Sửa tệp rồi gửi lại", "Mend the file and send again")) }
                }
            }
        } @else if r.counts.error == 0 {
            (notice(Tone::Met, html! { (t("Mọi dòng trong tệp đã có trong sổ, không có gì để nhập.", "Every row is in the register already; there is nothing to import.")) }))
        } @else { p { a.btn.main href=(format!("{base}/import")) { (t("Sửa tệp rồi gửi lại", "Mend the file and send again")) } } }
        section.card { (rows(ctx, &def.register.id, r)) }
    };
    shell(ctx, def, &title).crumb(t("Nhập từ Excel", "Import"), format!("{base}/import")).body(body).respond(ctx)
}

async fn apply(ctx: Ctx, Path(register): Path<String>, f: FormData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let found = ctx.app.inner.uploads.lock().ok().and_then(|mut m| {
        m.retain(|_, u| ctx.app.now() - u.at < KEPT_FOR);
        m.get(f.text("upload")).filter(|u| u.account == ctx.actor.id && u.register == register).cloned()
    });
    let Some(u) = found else {
        let m = ctx.t(
            "Tệp đã hết thời gian giữ (30 phút). Gửi lại tệp; những gì đã nhập không bị nhập trùng.",
            "The file is no longer kept (30 minutes). Send it again; nothing is imported twice.",
        );
        return Ok(upload_page(&ctx, def, Some(m), StatusCode::CONFLICT));
    };
    // pressed twice: the import that is under way, or done
    let (file, job) = (u.file, u.job);
    if let Some(job) = job {
        return Ok(redirect(&format!("/r/{register}/import/jobs/{job}")));
    }
    let file = file.ok_or_else(|| Error::internal("an upload without its file"))?;
    let (store, reg, actor, reg_id) = (ctx.app.store.clone(), ctx.app.registry.clone(), ctx.actor.clone(), register.clone());
    let turn = turn().await?;
    let start_job = move || {
        let _turn = turn;
        job::start(&store, &reg, &actor, &reg_id, &u.name, file.read()?, false)
    };
    let j = off_thread(start_job).await?;
    if let Some(u) = ctx.app.inner.uploads.lock().ok().as_mut().and_then(|m| m.get_mut(f.text("upload"))) {
        // two presses at once: the running import of the same file is given to both
        (u.job, u.file) = (Some(j.id.clone()), None);
    }
    start(&ctx, &j.id);
    Ok(redirect(&format!("/r/{register}/import/jobs/{}", j.id)))
}

fn start(ctx: &Ctx, id: &str) {
    let (app, actor, id) = (ctx.app.clone(), ctx.actor.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(e) = run_import(&app, &actor, &id).await {
            tracing::error!(job = id, error = %e, "import stopped; it can be resumed");
        }
    });
}

/// Works an import to its end, batch by batch, off the async threads; an error that would only come again ends it as failed.
/// The server calls it for unfinished jobs when it starts.
pub async fn run_import(app: &App, actor: &Actor, id: &str) -> Result<()> {
    let (store, reg, who, job_id) = (app.store.clone(), app.registry.clone(), actor.clone(), id.to_owned());
    off_thread(move || job::run(&store, &reg, &who, &job_id, |_| ())).await?;
    app.forget_menu(actor);
    Ok(())
}

async fn resume(ctx: Ctx, Path((register, id)): Path<(String, String)>) -> PageResult {
    let wanted = id.clone();
    ctx.read(move |tx, w| job::get(tx, &w.actor, &wanted)).await?;
    start(&ctx, &id);
    Ok(redirect(&format!("/r/{register}/import/jobs/{id}")))
}

async fn job_page(ctx: Ctx, Path((register, id)): Path<(String, String)>) -> PageResult {
    let def = definition(&ctx, &register)?;
    let (j, counts, report) = ctx
        .read(move |tx, w| {
            let j = job::get(tx, &w.actor, &id)?;
            let counts = job::counts(tx, &w.actor, &id)?;
            let report = if j.state == JobState::Running { Report::default() } else { job::report(tx, &w.actor, &id)? };
            Ok((j, counts, report))
        })
        .await?;
    if j.register != register {
        return Err(Error::NotFound("Không có lần nhập này.".into()).into());
    }
    Ok(job_view(&ctx, def, &j, &counts, &report))
}

fn job_view(ctx: &Ctx, def: &Definition, j: &Job, counts: &Counts, report: &Report) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let base = format!("/r/{}", j.register);
    let running = j.state == JobState::Running;
    let title = format!("{}: {}", t("Nhập tệp", "Import"), j.file_name);
    let body = html! {
        (heading(&title, None, Some(html! { a.btn.main[!running] href=(base) { (t("Mở sổ", "Open the register")) } })))
        @match j.state {
            JobState::Running => {
                (progress(t("Đang nhập", "Importing"), j.done_rows, j.total))
                p.muted { (t("Trang tự cập nhật. Bạn có thể rời trang; nếu máy chủ dừng giữa chừng, phần đã nhập vẫn còn và bấm Tiếp tục để làm nốt.", "The page updates itself. You may leave; if the server stops, what was imported stays, and Continue does the rest.")) }
                (post_button(&ctx.look, &format!("{base}/import/jobs/{}/resume", j.id), t("Tiếp tục", "Continue"), false, None))
            }
            JobState::Done => (notice(Tone::Met, html! { (t("Đã nhập xong.", "Done.")) })),
            JobState::Failed => (notice(Tone::Unmet, html! { (english::said(j.error.as_deref().unwrap_or(""), ctx.lang())) })),
        }
        section.card { (totals(ctx, counts)) }
        @if !running { section.card { (rows(ctx, &j.register, report)) } }
    };
    let p = shell(ctx, def, &title).crumb(t("Nhập từ Excel", "Import"), format!("{base}/import")).body(body);
    (if running { p.refresh(2) } else { p }).respond(ctx)
}

/// A message that quotes a long cell shows its beginning and its end: what is wrong stands there.
fn brief(s: &str) -> String {
    const MOST: usize = 320;
    let n = s.chars().count();
    if n <= MOST {
        return s.to_owned();
    }
    let (head, tail): (String, String) = (s.chars().take(160).collect(), s.chars().skip(n - 120).collect());
    format!("{head} […] {tail}")
}
