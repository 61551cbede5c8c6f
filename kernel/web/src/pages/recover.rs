//! "Quên mật khẩu?": a link by mail, or a code from an administrator; then a new password. The answer never says whether an
//! account exists.

use access::{NewPassword, Secret};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use store::{Error, FieldError, Result, Tx};

use crate::app::App;
use crate::components::{FieldView, InputKind, error_summary, field, notice};
use crate::ctx::{Ctx, Guest, cookie};
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::module::Tone;
use crate::pages::sign_in::{Caller, guarded};
use crate::security::{add_cookie, pack_flash, set_cookie, set_cookie_at};
use crate::shell::{Page, csrf};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/recover", get(show).post(ask))
        .route("/recover/use", get(choose).post(take))
        .route("/admin/accounts/{id}/recovery-code", post(code))
}

/// Too many attempts from one address, said as the sign-in page says it.
fn slow_down(guest: &Guest, wait: u64) -> Response {
    let lang = guest.look.lang;
    let m = format!(
        "{} {wait} {}",
        lang.t("Quá nhiều lần thử từ máy này. Thử lại sau", "Too many attempts from this computer. Try again in"),
        lang.t("giây.", "seconds.")
    );
    let body = html! { h1 { (lang.t("Quên mật khẩu", "Forgotten password")) } (notice(Tone::Unmet, html! { (m) })) };
    let page = Page::new(lang.t("Quên mật khẩu", "Forgotten password")).status(StatusCode::TOO_MANY_REQUESTS).narrow().body(body);
    let mut r = page.respond_guest(guest);
    r.headers_mut().insert(header::RETRY_AFTER, wait.into());
    r
}

fn respond(mut guest: Guest, headers: &HeaderMap, status: StatusCode, body: impl FnOnce(&Guest) -> Markup) -> Response {
    let fresh = guarded(&mut guest, headers);
    let title = guest.look.lang.t("Quên mật khẩu", "Forgotten password");
    let mut r = Page::new(title).status(status).narrow().body(body(&guest)).respond_guest(&guest);
    if let Some(c) = fresh {
        add_cookie(&mut r, &c);
    }
    r
}

async fn show(guest: Guest, headers: HeaderMap) -> PageResult {
    Ok(respond(guest, &headers, StatusCode::OK, |g| question(g, "", None)))
}

/// What one can do: a link by mail where there is mail, a code from a person otherwise.
fn question(guest: &Guest, login: &str, missing: Option<&str>) -> Markup {
    let lang = guest.look.lang;
    let by_code = lang.t(
        "Người quản trị phần mềm, hoặc người quản lý tài khoản của cơ quan bạn, mở tài khoản của bạn ở trang Tài khoản, quyền và bấm “Cấp mã một lần”. Nhận mã trực tiếp hoặc qua số điện thoại đã biết, rồi nhập ở đây.",
        "An administrator opens your account on the page Accounts, grants and presses “One-time code”. Receive it in person or by a number they know, then enter it here.",
    );
    html! {
        h1 { (lang.t("Quên mật khẩu", "Forgotten password")) }
        @if guest.app.config.mail {
            @if let Some(m) = missing { (notice(Tone::Unmet, html! { (m) })) }
            p { (lang.t("Ghi tên đăng nhập hoặc địa chỉ thư của tài khoản. Liên kết đặt mật khẩu mới sẽ gửi tới địa chỉ thư đã khai.", "Give the sign-in name or e-mail address of the account. A link to choose a new password goes to its address.")) }
            form method="post" action="/recover" {
                (csrf(&guest.look))
                (field(&FieldView { autocomplete: Some("username"), ..FieldView::line("login", lang.t("Tên đăng nhập hoặc địa chỉ thư", "Sign-in name or e-mail address"), login).required() }, lang))
                div.row { button.btn.main type="submit" { (lang.t("Gửi liên kết", "Send the link")) } a.btn href="/sign-in" { (lang.t("Thôi", "Cancel")) } }
            }
            h2 { (lang.t("Không nhận được thư?", "No mail?")) }
        }
        p { (by_code) }
        div.row { a.btn.main[!guest.app.config.mail] href="/recover/use" { (lang.t("Tôi có mã một lần", "I have a code")) } @if !guest.app.config.mail { a.btn href="/sign-in" { (lang.t("Về trang đăng nhập", "Back to sign-in")) } } }
    }
}

async fn ask(State(app): State<App>, guest: Guest, Caller(client): Caller, headers: HeaderMap, f: FormData) -> PageResult {
    let lang = guest.look.lang;
    if !app.config.mail {
        return Ok(respond(guest, &headers, StatusCode::OK, |g| question(g, "", None)));
    }
    if let Err(wait) = app.inner.sign_in.take(&client.ip) {
        return Ok(slow_down(&guest, wait));
    }
    let Some(login) = f.filled("login").map(str::to_owned) else {
        let m = lang.t("Điền tên đăng nhập hoặc địa chỉ thư.", "Fill in sign-in name or e-mail address.");
        return Ok(respond(guest, &headers, StatusCode::UNPROCESSABLE_ENTITY, |g| question(g, "", Some(m))));
    };
    let base = app.config.base_url.clone();
    app.write(move |tx| {
        let Some(r) = access::ask_recovery(tx, &login, &client)? else { return Ok(()) };
        send(tx, &r, &base)
    })
    .await?;
    Ok(respond(guest, &headers, StatusCode::OK, |g| {
        let lang = g.look.lang;
        html! {
            h1 { (lang.t("Xem hộp thư của bạn", "Look into your mailbox")) }
            p { (lang.t("Nếu tài khoản đó có thật và có địa chỉ thư, một liên kết đã được gửi. Liên kết dùng một lần, trong 30 phút.", "If that account exists and has an address, a link was sent. It works once, for 30 minutes.")) }
            p.muted { (lang.t("Không thấy thư: xem mục thư rác, hoặc nhờ quản trị viên cấp mã một lần.", "No mail: look into the junk folder, or ask an administrator for a code.")) }
            div.row { a.btn href="/sign-in" { (lang.t("Về trang đăng nhập", "Back to sign-in")) } a.btn href="/recover/use" { (lang.t("Tôi có mã một lần", "I have a code")) } }
        }
    }))
}

fn send(tx: &mut Tx, r: &access::Recovery, base: &str) -> Result<()> {
    let body = format!(
        "Kính gửi {},\n\nCó người (có thể là bạn) yêu cầu đặt lại mật khẩu tài khoản {} trên hệ thống Lá Chắn.\nMở liên kết sau để đặt mật khẩu mới (dùng một lần, đến {}):\n\n{base}/recover/use?code={}\n\nNếu không phải bạn, hãy bỏ qua thư này: mật khẩu hiện tại vẫn dùng được.\n",
        r.account.name,
        r.account.login,
        fmt::instant(r.expires_at),
        r.code.reveal()
    );
    let template = format!("{}recover", work::SECRET);
    let m = work::Message {
        event: &r.id, template: &template, subject: "Lá Chắn: đặt lại mật khẩu", body: &body, ..Default::default()
    };
    work::send_email(tx, r.account.email.as_deref().unwrap_or_default(), &m).map(drop)
}

/// What is read wherever the code is not good.
const DEAD: &str = "Liên kết hoặc mã này không đúng, đã dùng hoặc đã hết hạn. Hãy yêu cầu lại.";

/// Carries the code of a link from its first request to the page without it.
const CODE_COOKIE: &str = "lc_code";
/// As long as a link asked for lives, s.
const CODE_COOKIE_AGE: i64 = access::LINK_LIFE / 1_000_000;

/// The address with the code is left at once, so that the code stands neither in the browser's history nor in what the page
/// sends on as its origin. Nothing is asked of the database here; a code that cannot be one is not kept.
fn without_code(app: &App, code: &str) -> Response {
    let mut r = Redirect::to("/recover/use").into_response();
    let like_one = code.len() <= 100 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    add_cookie(&mut r, &set_cookie_at(app, "/recover", CODE_COOKIE, if like_one { code } else { "x" }, Some(CODE_COOKIE_AGE)));
    r.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    r
}

/// A code that is over, or was used, is not offered again.
fn forget_code(app: &App, r: &mut Response) {
    add_cookie(r, &set_cookie_at(app, "/recover", CODE_COOKIE, "", Some(0)));
}

async fn choose(State(app): State<App>, guest: Guest, Caller(client): Caller, headers: HeaderMap, q: QueryData) -> PageResult {
    let in_address = q.text("code").trim();
    if !in_address.is_empty() {
        return Ok(without_code(&app, in_address));
    }
    let Some(code) = cookie(&headers, CODE_COOKIE) else {
        return Ok(respond(guest, &headers, StatusCode::OK, |g| chooser(g, "", None, &[])));
    };
    if let Err(wait) = app.inner.recovery.take(&client.ip) {
        return Ok(slow_down(&guest, wait));
    }
    let given = code.clone();
    let owner = app.read(move |tx| access::recovery_of(tx, &given)).await?;
    Ok(match owner {
        Some(a) => respond(guest, &headers, StatusCode::OK, |g| chooser(g, &code, Some(&a.login), &[])),
        None => dead(&app, guest, &headers),
    })
}

fn dead(app: &App, guest: Guest, headers: &HeaderMap) -> Response {
    let mut r = respond(guest, headers, StatusCode::GONE, |g| {
        let lang = g.look.lang;
        html! {
            h1 { (lang.t("Quên mật khẩu", "Forgotten password")) }
            (notice(Tone::Unmet, html! { (lang.t(DEAD, "This link or code is wrong, used or over. Ask for another one.")) }))
            div.row { a.btn.main href="/recover" { (lang.t("Yêu cầu lại", "Ask again")) } a.btn href="/recover/use" { (lang.t("Nhập mã khác", "Enter another code")) } }
        }
    });
    forget_code(app, &mut r);
    r
}

/// The new password; the code is asked for when it did not come with the address.
fn chooser(guest: &Guest, code: &str, login: Option<&str>, errors: &[FieldError]) -> Markup {
    let lang = guest.look.lang;
    let pw = |name, label, help| {
        let mut v = FieldView::line(name, label, "").kind(InputKind::Line("password")).required().help(help).errors(errors);
        v.autocomplete = Some("new-password");
        field(&v, lang)
    };
    let label = |f: &str| match f {
        "code" => lang.t("Mã một lần", "One-time code"),
        "again" => lang.t("Nhập lại", "Again"),
        _ => lang.t("Mật khẩu mới", "New password"),
    };
    html! {
        h1 { (lang.t("Đặt mật khẩu mới", "Choose a new password")) }
        (error_summary(errors, |f| label(f).to_owned(), lang))
        @if let Some(l) = login { p { (lang.t("Tên đăng nhập", "Sign-in name")) ": " code { (l) } } }
        form method="post" action="/recover/use" {
            (csrf(&guest.look))
            @if login.is_some() { input type="hidden" name="code" value=(code); input type="hidden" name="known" value="1"; }
            @else { (field(&FieldView::line("code", label("code"), code).required().help(lang.t("Mã quản trị viên vừa đọc hoặc đưa cho bạn.", "The code an administrator gave you.")).errors(errors), lang)) }
            (pw("password", label("password"), lang.t("Một câu dễ nhớ, dài là tốt. Không chứa tên của bạn.", "A phrase you remember; long is good. Without your name.")))
            (pw("again", lang.t("Nhập lại mật khẩu mới", "New password again"), ""))
            button.btn.main type="submit" { (lang.t("Đặt mật khẩu", "Set the password")) }
        }
        p.muted.small { (lang.t("Mọi phiên đang mở của tài khoản sẽ kết thúc. Lớp bảo vệ thứ hai, nếu đang bật, vẫn được hỏi khi đăng nhập.", "All open sessions end. The second factor, if in use, is still asked for.")) }
    }
}

async fn take(State(app): State<App>, guest: Guest, Caller(client): Caller, headers: HeaderMap, f: FormData) -> PageResult {
    if let Err(wait) = app.inner.recovery.take(&client.ip) {
        return Ok(slow_down(&guest, wait));
    }
    let code = f.text("code").trim().to_owned();
    let asked = code.clone();
    let Some(owner) = app.read(move |tx| access::recovery_of(tx, &asked)).await? else {
        if f.has("known") {
            return Ok(dead(&app, guest, &headers));
        }
        let e = [FieldError { field: "code".into(), message: DEAD.into() }];
        return Ok(respond(guest, &headers, StatusCode::UNPROCESSABLE_ENTITY, |g| chooser(g, &code, None, &e)));
    };
    let again = |errors: &[FieldError], guest: Guest| {
        let login = f.has("known").then_some(owner.login.as_str());
        Ok(respond(guest, &headers, StatusCode::UNPROCESSABLE_ENTITY, |g| chooser(g, &code, login, errors)))
    };
    if f.text("password") != f.text("again") {
        let message = "Hai lần nhập mật khẩu mới không giống nhau.".into();
        return again(&[FieldError { field: "again".into(), message }], guest);
    }
    let (secret, login, name) = (Secret::new(f.text("password")), owner.login.clone(), owner.name.clone());
    let new = match crate::edge::hashing(move || NewPassword::new(&secret, &login, &name)).await? {
        Ok(n) => n,
        Err(Error::Invalid(list)) => return again(&list, guest),
        Err(e) => return Err(e.into()),
    };
    let given = code.clone();
    match app.write(move |tx| access::redeem(tx, &given, &new)).await {
        Ok(_) => {
            let lang = guest.look.lang;
            let said = lang.t("Đã đặt mật khẩu mới. Đăng nhập bằng mật khẩu đó.", "The new password is set. Sign in with it.");
            let mut r = Redirect::to("/sign-in").into_response();
            add_cookie(&mut r, &set_cookie(&app, "lc_flash", &pack_flash("met", said), Some(120)));
            forget_code(&app, &mut r);
            Ok(r)
        }
        Err(Error::Conflict(_)) => Ok(dead(&app, guest, &headers)),
        Err(e) => Err(e.into()),
    }
}

/// A manager gives a code, shown this once.
async fn code(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    ctx.may(access::Verb::Update, "account")?;
    let r = ctx.write(move |tx, w| access::give_code(tx, &w.actor, &id)).await?;
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Mã một lần", "One-time code");
    let body = html! {
        h1 { (title) " · " (r.account.name) }
        (notice(Tone::Soon, html! { (t("Chép ngay: mã chỉ hiện một lần. Xác minh đúng người rồi hãy trao.", "Copy it now: it is shown once. Make sure whom you give it to.")) }))
        p { (t("Tên đăng nhập", "Sign-in name")) ": " code { (r.account.login) } }
        p.secret { (r.code.reveal()) }
        p { (t("Người nhận mở", "They open")) " " code { (ctx.app.config.base_url) "/recover/use" } " " (t("và đặt mật khẩu mới, đến", "and choose a new password, until")) " " (fmt::instant(r.expires_at)) ". " (t("Mật khẩu cũ vẫn dùng được cho tới lúc đó.", "The old password works until then.")) }
        a.btn.main href=(format!("/admin/accounts/{}", r.account.id)) { (t("Đã chép xong", "I have copied it")) }
    };
    Ok(Page::new(title).active("/admin/accounts").crumb(t("Tài khoản", "Accounts"), "/admin/accounts").narrow().body(body).respond(&ctx))
}
