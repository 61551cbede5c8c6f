//! `/people/invitations`: accounts for contact points and heads, many at once.

use access::{Account, Verb};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use documents::Cell;
use maud::{Markup, html};
use store::{Error, FieldError};
use web::components::{
    FieldView, Grid, GridCell, GridColumn, InputKind, empty, error_summary, facts, field, heading, notice, post_button, progress,
};
use web::forms::QueryData;
use web::shell::csrf;
use web::{App, Ctx, FormData, Page, PageResult, Tone, fmt, redirect};

use crate::candidates::{Candidate, candidates, unused};
use crate::invite::{self, JOB, Report, Wanted};
use crate::slips;

/// The list of who has no account.
pub const LIST: &str = "/people/invitations";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(LIST, get(show).post(start))
        .route("/people/invitations/{job}", get(job))
        .route("/people/invitations/{job}/slips/{form}", post(give))
        .route("/people/invitations/{job}/forget", post(forget))
}

fn kinds(q: &FormData) -> Vec<String> {
    q.all("kind").map(str::to_owned).collect()
}

async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    page(&ctx, &q, &[], StatusCode::OK).await
}

async fn page(ctx: &Ctx, f: &FormData, errors: &[FieldError], status: StatusCode) -> PageResult {
    ctx.may(Verb::Update, "account")?;
    let kinds = kinds(f);
    let asked = kinds.clone();
    let (list, waiting, under_way) = ctx
        .read(move |tx, w| {
            let list = candidates(tx, &w.reg, &w.actor, &asked)?;
            let job = work::jobs(tx, JOB, "", 5)?.into_iter().find(|j| j.finished_at.is_none() && j.who == w.actor.id);
            Ok((list, unused(tx, &w.actor)?, job))
        })
        .await?;
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Cấp tài khoản hàng loạt", "Accounts in bulk");
    let sub = t(
        "Đầu mối và người đứng đầu các cơ quan chưa có tài khoản. Vai trò và phạm vi lấy theo cơ quan của họ; mỗi người một mật khẩu dùng một lần, phải đổi ở lần đăng nhập đầu.",
        "Contact points and heads of agencies without an account. Role and reach follow their agency; each gets a one-time password, to be changed at the first sign-in.",
    );
    let (new, old) = (people_grid(ctx, f, &list), unused_grid(ctx, f, &waiting));
    if let Some(file) = new.file().or_else(|| old.file()) {
        return file;
    }
    let body = html! {
        (heading(title, Some(html! { (sub) }), None))
        @if let Some(j) = &under_way { (notice(Tone::Soon, html! { a href=(format!("{LIST}/{}", j.id)) { (t("Đang cấp tài khoản: xem tiến độ", "Accounts are being made: see how far")) } })) }
        (error_summary(errors, |n| if n == "days" { t("Số ngày có hiệu lực", "Good for days") } else { t("Chọn", "Choose") }.to_owned(), ctx.lang()))
        (filter(ctx, &kinds))
        (new_people(ctx, f, &kinds, &new, list.len(), errors))
        (unused_ones(ctx, f, &old, waiting.len(), errors))
    };
    Ok(Page::new(title)
        .active(LIST)
        .crumb(t("Tài khoản", "Accounts"), "/admin/accounts")
        .crumb_text(title)
        .status(status)
        .body(body)
        .respond(ctx))
}

fn filter(ctx: &Ctx, kinds: &[String]) -> Markup {
    let options = ctx.reg().choices.get("agency_kind").map(|c| c.options.as_slice()).unwrap_or_default();
    html! {
        form.filters method="get" action=(LIST) {
            label { (ctx.t("Loại cơ quan", "Kind of agency")) " "
                select name="kind" {
                    option value="" { (ctx.t("Mọi loại", "All kinds")) }
                    @for o in options { option value=(o.id) selected[kinds.contains(&o.id)] { (ctx.lang().label(&o.label)) } }
                }
            }
            button.btn type="submit" { (ctx.t("Lọc", "Filter")) }
        }
    }
}

fn duty(ctx: &Ctx, role: &str) -> String {
    match role {
        "head" => ctx.t("người đứng đầu", "head"),
        _ => ctx.t("đầu mối", "contact point"),
    }
    .to_owned()
}

/// Everybody in duty without an account. After a refusal the ticks stay as they were; at first none is set, one press sets all.
fn people_grid(ctx: &Ctx, f: &FormData, list: &[Candidate]) -> Grid {
    let t = |vi, en| ctx.t(vi, en);
    let ticked = |id: &str| f.has("all") || f.all("id").any(|i| i == id);
    let columns = vec![
        GridColumn::action(t("Chọn", "Choose")),
        GridColumn::text("name", t("Họ tên", "Name")),
        GridColumn::text("agency", t("Cơ quan", "Agency")),
        GridColumn::text("duty", t("Nhiệm vụ, cũng là vai trò", "Duty and role")),
        GridColumn::text("email", t("Có thư điện tử", "E-mail")).drop_at(2),
    ];
    let may = ctx.can(Verb::Export, "account");
    let mut grid =
        Grid::new(ctx, f, "n", "chua-co-tai-khoan", t("Người chưa có tài khoản", "People without an account"), columns).export(may);
    for c in list {
        let mut duties: Vec<String> = c.duties.iter().map(|(r, _)| duty(ctx, r)).collect();
        duties.dedup();
        grid.row(vec![
            GridCell::only(html! { input type="checkbox" name="id" value=(c.person) aria-label=(format!("{} {}", t("Chọn", "Choose"), c.name)) checked[ticked(&c.person)]; }),
            GridCell::link(&format!("/r/person/{}", c.person), &c.name),
            GridCell::text(&c.agency_name),
            GridCell::text(&duties.join(", ")),
            GridCell::text(if c.email.is_some() { t("có", "yes") } else { t("không", "no") }),
        ]);
    }
    grid
}

/// The page with everybody ticked.
fn all_ticked(kinds: &[String]) -> String {
    // ids of choices; anything else is not ours
    let plain = |k: &&String| k.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let kinds: String = kinds.iter().filter(plain).map(|k| format!("&kind={k}")).collect();
    format!("{LIST}?all=1{kinds}")
}

fn new_people(ctx: &Ctx, f: &FormData, kinds: &[String], grid: &Grid, n: usize, errors: &[FieldError]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    if n == 0 {
        return empty(
            t("Mọi đầu mối và người đứng đầu ở đây đã có tài khoản.", "Every contact point and head here has an account."),
            html! { a.btn href="/r/contact_point" { (t("Mở sổ đầu mối", "Open the register of contact points")) } },
        );
    }
    html! {
        section.card {
            h2 { (t("Chưa có tài khoản", "Without an account")) " (" (n) ")" }
            (grid.bar_alone())
            p { a href=(all_ticked(kinds)) { (t("Chọn tất cả", "Choose all")) " (" (n) ")" } }
            form method="post" action=(LIST) {
                (csrf(&ctx.look))
                @for k in kinds { input type="hidden" name="kind" value=(k); }
                (grid.table_alone())
                (how(ctx, f, errors))
                button.btn.main type="submit" { (t("Tạo tài khoản cho những người đã chọn", "Make accounts for the chosen")) }
            }
        }
    }
}

/// How long the passwords are good, and which way they go.
fn how(ctx: &Ctx, f: &FormData, errors: &[FieldError]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let days = f.filled("days").map_or_else(|| ctx.app.config.invitation_days.to_string(), str::to_owned);
    html! {
        (field(&FieldView::line("days", t("Mật khẩu một lần dùng được (số ngày)", "Passwords are good for (days)"), &days).kind(InputKind::Number).required().errors(errors), ctx.lang()))
        @if ctx.app.config.mail {
            label.check { input type="checkbox" name="by_mail" value="1" checked[f.has("by_mail")]; " "
                (t("Ai có thư điện tử thì gửi liên kết đặt mật khẩu qua thư, không in phiếu", "Send a link by e-mail to who has an address, instead of a slip")) }
        }
    }
}

fn unused_grid(ctx: &Ctx, f: &FormData, list: &[Account]) -> Grid {
    let t = |vi, en| ctx.t(vi, en);
    let columns = vec![
        GridColumn::action(t("Chọn", "Choose")),
        GridColumn::text("name", t("Họ tên", "Name")),
        GridColumn::text("login", t("Tên đăng nhập", "Sign-in name")),
        GridColumn::text("until", t("Mật khẩu một lần", "One-time password")),
    ];
    let may = ctx.can(Verb::Export, "account");
    let mut grid = Grid::new(ctx, f, "u", "loi-moi-chua-dung", t("Lời mời chưa dùng", "Unused invitations"), columns).export(may);
    for a in list {
        let until = a.password_until.map(fmt::instant).unwrap_or_default();
        let over = a.password_until.is_some_and(|u| u <= ctx.app.now());
        let words = match a.password_until {
            Some(_) if over => format!("{} {until}", t("hết hạn", "ended")),
            Some(_) => format!("{} {until}", t("đến", "until")),
            None => t("chưa dùng", "unused").to_owned(),
        };
        grid.row(vec![
            GridCell::only(html! { input type="checkbox" name="renew" value=(a.id) aria-label=(format!("{} {}", t("Chọn", "Choose"), a.name)) checked[f.all("renew").any(|i| i == a.id)]; }),
            GridCell::link(&format!("/admin/accounts/{}", a.id), &a.name),
            GridCell::with(html! { code { (a.login) } }, Cell::text(&a.login)),
            GridCell::tag(if over { Tone::Unmet } else { Tone::Plain }, &words),
        ]);
    }
    grid
}

fn unused_ones(ctx: &Ctx, f: &FormData, grid: &Grid, n: usize, errors: &[FieldError]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    if n == 0 {
        return html! {};
    }
    html! {
        section.card {
            h2 { (t("Đã cấp, chưa đăng nhập lần nào", "Made, never signed in")) " (" (n) ")" }
            (grid.bar_alone())
            form method="post" action=(LIST) {
                (csrf(&ctx.look))
                (grid.table_alone())
                (how(ctx, f, errors))
                button.btn type="submit" { (t("Gia hạn: cấp mật khẩu một lần mới", "Renew: new one-time passwords")) }
            }
        }
    }
}

async fn start(ctx: Ctx, f: FormData) -> PageResult {
    let wanted = Wanted {
        people: f.all("id").map(str::to_owned).collect(),
        renew: f.all("renew").map(str::to_owned).collect(),
        days: f.filled("days").and_then(|d| text::parse_integer_vi(d).ok()).unwrap_or(0),
        by_mail: f.has("by_mail") && ctx.app.config.mail,
        base_url: ctx.app.config.base_url.clone(),
    };
    match ctx.write(move |tx, w| invite::ask(tx, &w.actor, &wanted)).await {
        Ok(id) => Ok(redirect(&format!("{LIST}/{id}"))),
        Err(Error::Invalid(errors)) => page(&ctx, &f, &errors, StatusCode::UNPROCESSABLE_ENTITY).await,
        // what was ticked stays
        Err(Error::Conflict(message)) => page(&ctx, &f, &[FieldError { field: "id".into(), message }], StatusCode::CONFLICT).await,
        Err(e) => Err(e.into()),
    }
}

/// The job, for who asked for it.
async fn own(ctx: &Ctx, id: String) -> Result<work::Job, Error> {
    ctx.may(Verb::Update, "account")?;
    let j = ctx.read(move |tx, _| work::job(tx, &id)).await?;
    if j.kind == JOB && j.who == ctx.actor.id { Ok(j) } else { Err(Error::NotFound("Không có việc nền này.".into())) }
}

async fn job(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let j = own(&ctx, id).await?;
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Cấp tài khoản hàng loạt", "Accounts in bulk");
    let finished = j.finished_at.is_some();
    let body = html! {
        h1 { (title) }
        @match j.state.as_str() {
            "done" => (outcome(&ctx, &j)),
            "failed" => {
                (notice(Tone::Unmet, html! { (t("Việc này dừng giữa chừng:", "This stopped half-way:")) " " (j.message) " " (t("Những tài khoản đã tạo vẫn còn; chạy lại sẽ làm tiếp phần còn lại.", "What was made stays; running it again does the rest.")) }))
                (handover(&ctx, &j.id))
            },
            _ => {
                (progress(t("Đang tạo tài khoản và mật khẩu", "Making accounts and passwords"), j.progress, j.total))
                p.muted { (t("Trang tự cập nhật. Bạn có thể rời trang rồi quay lại.", "The page updates itself. You may leave and come back.")) }
            }
        }
        p { a href=(LIST) { (t("Về danh sách", "Back to the list")) } }
    };
    let page = Page::new(title).active(LIST).crumb(t("Tài khoản", "Accounts"), "/admin/accounts").crumb(title, LIST).narrow().body(body);
    Ok(if finished { page } else { page.refresh(1) }.respond(&ctx))
}

fn outcome(ctx: &Ctx, j: &work::Job) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let r: Report = j.result.clone().and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
    let line = |label: &str, n: usize| (label.to_owned(), html! { (n) });
    html! {
        (notice(Tone::Met, html! { (t("Đã xong.", "Done.")) }))
        (facts(vec![
            line(t("Tài khoản mới", "New accounts"), r.made),
            line(t("Lời mời gia hạn", "Renewed"), r.renewed),
            line(t("Gửi liên kết qua thư", "Links by mail"), r.mailed),
            line(t("Bỏ qua (đã có tài khoản)", "Left out (have one)"), r.skipped),
            line(t("Không làm được", "Could not be done"), r.failed),
        ]))
        @if !r.notes.is_empty() {
            (notice(if r.failed > 0 { Tone::Unmet } else { Tone::Soon }, html! {
                ul { @for (name, why) in &r.notes { li { strong { (name) } ": " (why) } } }
            }))
        }
        @if r.made + r.renewed > r.mailed { (handover(ctx, &j.id)) }
    }
}

/// The files, each given once.
fn handover(ctx: &Ctx, id: &str) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let Some((n, given)) = slips::waiting(id, &ctx.actor.id) else {
        return notice(
            Tone::Plain,
            html! { (t("Mật khẩu đã được giao, hoặc không còn trong bộ nhớ (quá một giờ, hay máy chủ khởi động lại). Người chưa nhận được: gia hạn lời mời ở danh sách.", "The passwords were given, or are no longer in memory. For who did not get theirs: renew the invitation.")) },
        );
    };
    let label = |form: &str| match form {
        "xlsx" => t("Tải danh sách .xlsx", "The list, .xlsx"),
        "docx" => t("Tải phiếu để in .docx", "Slips to print, .docx"),
        _ => t("Tải phiếu để in .pdf", "Slips to print, .pdf"),
    };
    html! {
        section.card {
            h2 { (t("Mật khẩu một lần", "One-time passwords")) " (" (n) ")" }
            (notice(Tone::Soon, html! { (t("Mỗi tệp tải được một lần, trong một giờ; hệ thống không giữ mật khẩu. Trao tận tay từng người.", "Each file can be taken once, within an hour; the passwords are not kept. Hand them over in person.")) }))
            div.row { @for f in slips::FORMS {
                @if given.contains(&f) { span.muted { (label(f)) ": " (t("đã tải", "taken")) } }
                @else { form.inline method="post" action=(format!("{LIST}/{id}/slips/{f}")) { (csrf(&ctx.look)) button.btn.main[f == "pdf"] type="submit" { (label(f)) } } }
            } }
            (post_button(&ctx.look, &format!("{LIST}/{id}/forget"), t("Đã tải đủ, xoá khỏi bộ nhớ", "I have them, forget them"), false, None))
        }
    }
}

async fn give(ctx: Ctx, Path((id, form)): Path<(String, String)>) -> PageResult {
    let j = own(&ctx, id).await?;
    let gone = || Error::Conflict("Tệp này đã tải rồi hoặc mật khẩu không còn trong bộ nhớ. Gia hạn lời mời để có mật khẩu mới.".into());
    let taken = slips::take(&j.id, &ctx.actor.id, &form).ok_or_else(gone)?;
    let (url, place, today) = (ctx.app.config.base_url.clone(), ctx.app.config.place.clone(), ctx.today.clone());
    let kind = form.clone();
    let made = web::blocking(move || match kind.as_str() {
        "xlsx" => slips::xlsx(&taken, &url, &today),
        "docx" => slips::document(&taken, &url, &place, &today).to_docx().map_err(Error::internal),
        _ => slips::document(&taken, &url, &place, &today).to_pdf().map_err(Error::internal),
    });
    let bytes = made.await??;
    Ok(attachment(bytes, &form))
}

fn attachment(bytes: Vec<u8>, form: &str) -> Response {
    use axum::http::{HeaderValue, header};
    let (mime, name) = match form {
        "xlsx" => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "tai-khoan.xlsx"),
        "docx" => ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "phieu-tai-khoan.docx"),
        _ => ("application/pdf", "phieu-tai-khoan.pdf"),
    };
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(mime)),
        (header::CONTENT_DISPOSITION, named),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, bytes).into_response()
}

async fn forget(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let j = own(&ctx, id).await?;
    slips::forget(&j.id, &ctx.actor.id);
    Ok(redirect(LIST))
}
