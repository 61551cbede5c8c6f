//! The second factor: the question after the password, and one's own app and recovery codes.

use access::{Enrolment, SecondFactor, Secret};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};
use store::{Error, FieldError, Result};

use crate::app::App;
use crate::components::{FieldView, error_summary, field, heading, notice};
use crate::ctx::{Ctx, GUEST_COOKIE, Guest, SESSION_COOKIE, cookie};
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::i18n::Lang;
use crate::module::Tone;
use crate::pages::sign_in::Caller;
use crate::security::{add_cookie, encode, local_path, set_cookie};
use crate::shell::{Page, csrf, redirect_with};

/// Cookie of a sign-in whose code is awaited.
const PENDING_COOKIE: &str = "lc_second";
const HERE: &str = "/account/second-factor";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/second", get(ask).post(answer))
        .route(HERE, get(show))
        .route("/account/second-factor/enrol", post(enrol))
        .route("/account/second-factor/confirm", post(confirm))
        .route("/account/second-factor/codes", post(codes))
        .route("/account/second-factor/drop", post(drop_it))
        .route("/admin/accounts/{id}/second-factor/reset", post(reset))
}

/// From the password to the question for the code.
pub(super) fn lead_on(app: &App, token: &Secret, back: &str) -> Response {
    let to = if back == "/" { "/sign-in/second".to_owned() } else { format!("/sign-in/second?back={}", encode(back)) };
    let mut r = Redirect::to(&to).into_response();
    add_cookie(&mut r, &set_cookie(app, PENDING_COOKIE, token.reveal(), Some(access::PENDING_LIFE / 1_000_000)));
    r
}

fn code_field(lang: Lang, label: &str, errors: &[FieldError]) -> Markup {
    let v = FieldView { autocomplete: Some("one-time-code"), ..FieldView::line("code", label, "").required().errors(errors) };
    field(&v, lang)
}

async fn ask(guest: Guest, headers: HeaderMap, q: QueryData) -> PageResult {
    let back = local_path(q.text("back")).to_owned();
    let Some(token) = cookie(&headers, PENDING_COOKIE) else { return Ok(Redirect::to("/sign-in").into_response()) };
    let known = guest.app.read(move |tx| access::pending(tx, &token)).await?.is_some();
    Ok(if known { question(&guest, &back, None, StatusCode::OK) } else { Redirect::to("/sign-in").into_response() })
}

fn question(guest: &Guest, back: &str, refused: Option<&str>, status: StatusCode) -> Response {
    let lang = guest.look.lang;
    let title = lang.t("Nhập mã xác nhận", "Enter the code");
    let body = html! {
        h1 { (title) }
        @if let Some(m) = refused { (notice(Tone::Unmet, html! { (m) })) }
        p { (lang.t("Mở ứng dụng xác thực trên điện thoại và nhập 6 chữ số đang hiện. Mất điện thoại: nhập một mã dự phòng.", "Open the authenticator app and type the 6 digits it shows. Telephone lost: type a recovery code.")) }
        form method="post" action="/sign-in/second" {
            (csrf(&guest.look))
            input type="hidden" name="back" value=(back);
            (code_field(lang, lang.t("Mã", "Code"), &[]))
            div.row { button.btn.main type="submit" { (lang.t("Tiếp tục", "Go on")) } a.btn href="/sign-in" { (lang.t("Đăng nhập lại", "Start again")) } }
        }
        p.muted.small { (lang.t("Mất cả điện thoại lẫn mã dự phòng: nhờ quản trị viên gỡ lớp bảo vệ thứ hai.", "Both telephone and recovery codes lost: ask an administrator to take the second factor away.")) }
    };
    Page::new(title).status(status).narrow().body(body).respond_guest(guest)
}

async fn answer(State(app): State<App>, guest: Guest, Caller(client): Caller, headers: HeaderMap, f: FormData) -> PageResult {
    let back = local_path(f.text("back")).to_owned();
    let lang = guest.look.lang;
    let Some(token) = cookie(&headers, PENDING_COOKIE) else { return Ok(Redirect::to("/sign-in").into_response()) };
    if let Err(wait) = app.inner.sign_in.take(&client.ip) {
        let m = format!(
            "{} {wait} {}",
            lang.t("Quá nhiều lần thử từ máy này. Thử lại sau", "Too many attempts from this computer. Try again in"),
            lang.t("giây.", "seconds.")
        );
        let mut r = question(&guest, &back, Some(&m), StatusCode::TOO_MANY_REQUESTS);
        r.headers_mut().insert(header::RETRY_AFTER, wait.into());
        return Ok(r);
    }
    let code = f.text("code").to_owned();
    match app.write(move |tx| access::finish_second(tx, &token, &code, &client)).await {
        Err(Error::Unauthenticated) => Ok(Redirect::to("/sign-in").into_response()),
        Err(e) => Err(e.into()),
        Ok(Err(refused)) => Ok(question(&guest, &back, Some(&refused.message()), StatusCode::UNPROCESSABLE_ENTITY)),
        Ok(Ok(s)) => {
            let mut r = Redirect::to(&back).into_response();
            let life = (s.expires_at - app.now()) / 1_000_000;
            add_cookie(&mut r, &set_cookie(&app, SESSION_COOKIE, s.token.reveal(), Some(life.max(0))));
            add_cookie(&mut r, &set_cookie(&app, PENDING_COOKIE, "", Some(0)));
            add_cookie(&mut r, &set_cookie(&app, GUEST_COOKIE, "", Some(0)));
            Ok(r)
        }
    }
}

/// Name of this instance in the app.
fn issuer(app: &App) -> String {
    if app.config.place.is_empty() { "Lá Chắn".into() } else { format!("Lá Chắn {}", app.config.place) }
}

/// What the page is made of: the state, and the enrolment under way.
async fn state(ctx: &Ctx) -> Result<(SecondFactor, Option<Enrolment>)> {
    let name = issuer(&ctx.app);
    ctx.read(move |tx, w| Ok((access::second_factor(tx, &w.actor.id)?, access::enrolment_under_way(tx, &w.actor, &name)?))).await
}

async fn show(ctx: Ctx) -> PageResult {
    page(&ctx, &[], StatusCode::OK).await
}

async fn page(ctx: &Ctx, errors: &[FieldError], status: StatusCode) -> PageResult {
    let (now, under_way) = state(ctx).await?;
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Lớp bảo vệ thứ hai", "Second factor");
    let asked = ctx.app.config.second_factor && ctx.actor.needs_second_factor() && now.since.is_none();
    let body = html! {
        (heading(title, Some(html! { (t("Ngoài mật khẩu, mỗi lần đăng nhập cần thêm mã 6 chữ số của ứng dụng trên điện thoại.", "Besides the password each sign-in asks for 6 digits from an app on your telephone.")) }), None))
        @if asked { (notice(Tone::Soon, html! { (t("Vai trò của bạn bắt buộc có lớp bảo vệ thứ hai. Đăng ký xong mới dùng tiếp được.", "Your role requires a second factor. Enrol to go on.")) })) }
        (error_summary(errors, |_| t("Mã", "Code").to_owned(), ctx.lang()))
        @if let Some(since) = now.since { (in_use(ctx, since, &now)) }
        @else if let Some(e) = under_way { (scan(ctx, &e, errors)) }
        @else { (begin(ctx)) }
    };
    Ok(Page::new(title)
        .active("/account")
        .crumb(t("Tài khoản", "Account"), "/account")
        .crumb_text(title)
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx))
}

fn begin(ctx: &Ctx) -> Markup {
    html! {
        p { (ctx.t("Chưa bật. Cần một ứng dụng xác thực bất kỳ trên điện thoại (loại tạo mã 6 chữ số đổi mỗi 30 giây).", "Not in use. You need any authenticator app on your telephone (6 digits, new every 30 seconds).")) }
        form method="post" action="/account/second-factor/enrol" { (csrf(&ctx.look)) button.btn.main type="submit" { (ctx.t("Bắt đầu đăng ký", "Enrol")) } }
    }
}

fn scan(ctx: &Ctx, e: &Enrolment, errors: &[FieldError]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    html! {
        ol {
            li { (t("Quét hình này bằng ứng dụng:", "Scan this with the app:")) div { (qr(e.uri.reveal(), t("Mã QR để đăng ký ứng dụng xác thực", "QR code that enrols the app"))) } }
            li { (t("Không quét được: nhập tay khoá này.", "Cannot scan: type this key.")) p.secret { (grouped(e.secret.reveal())) } }
            li { (t("Nhập mã 6 chữ số mà ứng dụng hiện.", "Type the 6 digits the app shows.")) }
        }
        form method="post" action="/account/second-factor/confirm" {
            (csrf(&ctx.look))
            (code_field(ctx.lang(), t("Mã", "Code"), errors))
            button.btn.main type="submit" { (t("Xác nhận và bật", "Confirm")) }
        }
        p.muted.small { (t("Chưa dùng khoá này mà muốn khoá khác?", "Want another key instead of this one?")) }
        form.inline method="post" action="/account/second-factor/enrol" { (csrf(&ctx.look)) button.btn type="submit" { (t("Tạo khoá khác", "Make another key")) } }
    }
}

/// In groups of four, as people read.
fn grouped(s: &str) -> String {
    let chars: Vec<char> = s.chars().collect();
    chars.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The square as one path; dark on light in either theme, or cameras do not read it.
fn qr(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return html! {} };
    let size = code.size();
    let mut d = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            d.push_str(&format!("M{} {}h1v1h-1z", x + 4, y + 4));
        }
    }
    let side = size + 8;
    html! {
        svg.qr role="img" aria-label=(label) viewBox=(format!("0 0 {side} {side}")) width="240" height="240" shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(d) fill="#000" {}
        }
    }
}

fn in_use(ctx: &Ctx, since: i64, now: &SecondFactor) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let ask = |action: &str, label: &str, danger: bool| {
        html! {
            form method="post" action=(format!("{HERE}/{action}")) {
                (csrf(&ctx.look))
                (code_field(ctx.lang(), t("Mã đang hiện trên ứng dụng", "Code the app shows now"), &[]))
                button.btn.danger[danger] type="submit" { (label) }
            }
        }
    };
    html! {
        (notice(Tone::Met, html! { (t("Đang bật từ", "In use since")) " " (fmt::instant(since)) ". " (t("Mã dự phòng còn lại:", "Recovery codes left:")) " " (now.codes_left) "." }))
        details { summary { (t("Tạo mã dự phòng mới", "New recovery codes")) } (ask("codes", t("Tạo mã mới, mã cũ hết hiệu lực", "Make new ones; the old ones end"), false)) }
        details { summary { (t("Tắt lớp bảo vệ thứ hai", "Turn it off")) } (ask("drop", t("Tắt", "Turn off"), true)) }
    }
}

async fn enrol(ctx: Ctx) -> PageResult {
    let name = issuer(&ctx.app);
    ctx.write(move |tx, w| access::enrol_second(tx, &w.actor, &name)).await?;
    Ok(Redirect::to(HERE).into_response())
}

async fn confirm(ctx: Ctx, f: FormData) -> PageResult {
    let code = f.text("code").to_owned();
    match ctx.write(move |tx, w| access::confirm_second(tx, &w.actor, &code)).await {
        Ok(list) => Ok(codes_page(&ctx, &list)),
        Err(Error::Invalid(errors)) => page(&ctx, &errors, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(e) => Err(e.into()),
    }
}

async fn codes(ctx: Ctx, f: FormData) -> PageResult {
    let code = f.text("code").to_owned();
    match ctx.write(move |tx, w| access::renew_codes(tx, &w.actor, &code)).await? {
        Ok(list) => Ok(codes_page(&ctx, &list)),
        Err(refused) => refuse(&ctx, &refused).await,
    }
}

async fn drop_it(ctx: Ctx, f: FormData) -> PageResult {
    let code = f.text("code").to_owned();
    match ctx.write(move |tx, w| access::drop_second(tx, &w.actor, &code)).await? {
        None => redirect_with(&ctx, HERE, "met", ctx.t("Đã tắt lớp bảo vệ thứ hai.", "Second factor turned off.")),
        Some(refused) => refuse(&ctx, &refused).await,
    }
}

async fn refuse(ctx: &Ctx, refused: &access::Refusal) -> PageResult {
    page(ctx, &[FieldError { field: "code".into(), message: refused.message() }], StatusCode::UNPROCESSABLE_ENTITY).await
}

fn codes_page(ctx: &Ctx, list: &[Secret]) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Mã dự phòng", "Recovery codes");
    let body = html! {
        h1 { (title) }
        (notice(Tone::Soon, html! { (t("In hoặc chép ngay, cất nơi an toàn: các mã này chỉ hiện một lần. Mỗi mã đăng nhập được một lần khi mất điện thoại.", "Print or copy them now and keep them safe: they are shown once. Each signs in once when the telephone is lost.")) }))
        div.secret { ol { @for c in list { li { code { (c.reveal()) } } } } }
        a.btn.main href=(HERE) { (t("Đã cất xong", "I have kept them")) }
    };
    Page::new(title).active("/account").narrow().body(body).respond(ctx)
}

async fn reset(ctx: Ctx, Path(id): Path<String>, f: FormData) -> PageResult {
    let (rec, reason) = (id.clone(), f.text("reason").to_owned());
    ctx.write(move |tx, w| access::reset_second(tx, &w.actor, &rec, &reason)).await?;
    let said = ctx.t(
        "Đã gỡ lớp bảo vệ thứ hai; mọi phiên của tài khoản đã kết thúc.",
        "Second factor taken away; all sessions of the account ended.",
    );
    redirect_with(&ctx, &format!("/admin/accounts/{id}"), "met", said)
}
