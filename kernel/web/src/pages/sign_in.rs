//! Sign-in, sign-out, language and theme.

use access::{Client, Outcome, Secret, SignIn};
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use store::Error;

use crate::app::App;
use crate::components::{FieldView, InputKind, field, notice};
use crate::ctx::{GUEST_COOKIE, Guest, MaybeCtx, SESSION_COOKIE, cookie, theme_word};
use crate::error::{Fail, PageResult};
use crate::forms::{FormData, QueryData};
use crate::i18n::Lang;
use crate::module::Tone;
use crate::security::{add_cookie, local_path, set_cookie};
use crate::shell::{Page, csrf};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-in", get(show).post(enter)).route("/sign-out", post(leave)).route("/prefs", post(prefs))
}

/// Where a request came from: the connection's address, or what a trusted proxy says.
pub(crate) struct Caller(pub Client);

impl FromRequestParts<App> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map_or_else(String::new, |c| c.0.ip().to_string());
        let text = |n: header::HeaderName| parts.headers.get(n).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let forwarded = parts
            .headers
            .get("x-forwarded-for")
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.rsplit(',').next())
            .map(|v| v.trim().to_owned());
        let ip = match forwarded {
            Some(f) if app.config.trusted_proxies.contains(&peer) => f,
            _ => peer,
        };
        Ok(Self(Client { ip, user_agent: text(header::USER_AGENT) }))
    }
}

async fn show(guest: Guest, who: MaybeCtx, q: QueryData, headers: HeaderMap) -> PageResult {
    let back = local_path(q.text("back")).to_owned();
    if who.0.is_some() {
        return Ok(Redirect::to(&back).into_response());
    }
    let empty = !guest.app.read(access::any_account).await?;
    let lang = guest.look.lang;
    let first = lang.t(
        "Hệ thống chưa có tài khoản nào. Trên máy chủ, chạy lệnh: lachan setup --province TỈNH --login TÊN --name \"HỌ TÊN\"",
        "There is no account yet. On the server run: lachan setup --province PROVINCE --login NAME --name \"FULL NAME\"",
    );
    Ok(form(guest, &headers, &back, "", empty.then_some(first), StatusCode::OK))
}

/// A browser without the guard cookie gets one, and its token for the forms of the page.
pub(super) fn guarded(guest: &mut Guest, headers: &HeaderMap) -> Option<String> {
    if cookie(headers, GUEST_COOKIE).is_some() || cookie(headers, SESSION_COOKIE).is_some() {
        return None;
    }
    let mut b = [0u8; 32];
    store::Ids::fill(&store::SystemIds, &mut b);
    let secret: String = b.iter().map(|x| format!("{x:02x}")).collect();
    guest.look.csrf = access::csrf_token(&secret);
    Some(set_cookie(&guest.app, GUEST_COOKIE, &secret, None))
}

/// The form.
fn form(mut guest: Guest, headers: &HeaderMap, back: &str, login: &str, refused: Option<&str>, status: StatusCode) -> Response {
    let fresh = guarded(&mut guest, headers);
    let lang = guest.look.lang;
    let body = html! {
        h1 { (lang.t("Đăng nhập Lá Chắn", "Sign in to Lá Chắn")) }
        @if let Some(m) = refused { (notice(Tone::Unmet, html! { (m) })) }
        form method="post" action="/sign-in" {
            (csrf(&guest.look))
            input type="hidden" name="back" value=(back);
            (field(&FieldView { autocomplete: Some("username"), ..FieldView::line("login", lang.t("Tên đăng nhập", "Sign-in name"), login).required() }, lang))
            (field(&FieldView { autocomplete: Some("current-password"), ..FieldView::line("password", lang.t("Mật khẩu", "Password"), "").kind(InputKind::Line("password")).required() }, lang))
            button.btn.main type="submit" { (lang.t("Đăng nhập", "Sign in")) }
        }
        p { a href="/recover" { (lang.t("Quên mật khẩu?", "Forgotten your password?")) } }
        (demo(&guest, lang))
    };
    let mut r = Page::new(lang.t("Đăng nhập", "Sign in")).status(status).narrow().body(body).respond_guest(&guest);
    if let Some(c) = fresh {
        add_cookie(&mut r, &c);
    }
    r
}

fn demo(guest: &Guest, lang: Lang) -> Markup {
    if !guest.app.config.demo || guest.app.config.demo_accounts.is_empty() {
        return html! {};
    }
    let accounts = &guest.app.config.demo_accounts;
    // mostly they share one password: then it is said once
    let shared = accounts.first().map(|a| &a.1).filter(|p| accounts.iter().all(|a| a.1 == **p));
    html! {
        section.card.demo {
            h2 { (lang.t("Bản trình diễn: các tài khoản", "Demo accounts")) }
            @if let Some(p) = shared { p { (lang.t("Mật khẩu chung", "One password for all")) ": " code { (p) } } }
            table.mini { tbody { @for (login, password, who) in accounts { tr {
                th scope="row" { code { (login) } }
                @if shared.is_none() { td { code { (password) } } }
                td { (who) }
            } } } }
        }
    }
}

async fn enter(State(app): State<App>, guest: Guest, Caller(client): Caller, headers: HeaderMap, f: FormData) -> PageResult {
    let back = local_path(f.text("back")).to_owned();
    let login = f.text("login").trim().to_owned();
    let lang = guest.look.lang;
    if let Err(wait) = app.inner.sign_in.take(&client.ip) {
        let m = format!(
            "{} {wait} {}",
            lang.t("Quá nhiều lần thử từ máy này. Thử lại sau", "Too many attempts from this computer. Try again in"),
            lang.t("giây.", "seconds.")
        );
        let mut r = form(guest, &headers, &back, &login, Some(&m), StatusCode::TOO_MANY_REQUESTS);
        r.headers_mut().insert(header::RETRY_AFTER, wait.into());
        return Ok(r);
    }
    if login.is_empty() || f.text("password").is_empty() {
        let m = lang.t("Điền tên đăng nhập và mật khẩu.", "Fill in sign-in name and password.");
        return Ok(form(guest, &headers, &back, &login, Some(m), StatusCode::UNPROCESSABLE_ENTITY));
    }
    match attempt(&app, &login, Secret::new(f.text("password")), client).await? {
        Outcome::Refused(r) => Ok(form(guest, &headers, &back, &login, Some(&r.message()), StatusCode::UNPROCESSABLE_ENTITY)),
        Outcome::SecondFactor(s) => Ok(crate::pages::second::lead_on(&app, &s.token, &back)),
        Outcome::SignedIn(s) => {
            let mut r = Redirect::to(&back).into_response();
            let life = (s.expires_at - app.now()) / 1_000_000;
            add_cookie(&mut r, &set_cookie(&app, SESSION_COOKIE, s.token.reveal(), Some(life.max(0))));
            add_cookie(&mut r, &set_cookie(&app, GUEST_COOKIE, "", Some(0)));
            Ok(r)
        }
    }
}

/// The three steps of sign-in; the hash is compared outside any transaction.
async fn attempt(app: &App, login: &str, password: Secret, client: Client) -> store::Result<Outcome> {
    let login = login.to_owned();
    let begun = app.read(move |tx| SignIn::begin(tx, &login)).await?;
    let checked = crate::edge::hashing(move || begun.check(&password)).await??;
    app.write(move |tx| checked.finish(tx, &client)).await
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> PageResult {
    if let Some(token) = cookie(&headers, SESSION_COOKIE) {
        app.write(move |tx| access::end_session(tx, &token)).await?;
    }
    let mut r = Redirect::to("/sign-in").into_response();
    add_cookie(&mut r, &set_cookie(&app, SESSION_COOKIE, "", Some(0)));
    Ok(r)
}

/// Language and theme: in a cookie for this browser and, when signed in, with the account.
async fn prefs(State(app): State<App>, who: MaybeCtx, guest: Guest, f: FormData) -> Result<Response, Fail> {
    let lang = f.filled("lang").map_or(guest.look.lang, Lang::parse);
    let theme = f.filled("theme").map_or(guest.look.theme, theme_word);
    if let Some(ctx) = who.0 {
        ctx.write(move |tx, w| access::set_preferences(tx, &w.actor.id, lang.code(), theme)).await?;
    }
    let mut r = Redirect::to(local_path(f.text("back"))).into_response();
    add_cookie(&mut r, &set_cookie(&app, "lc_lang", lang.code(), Some(31_536_000)));
    add_cookie(&mut r, &set_cookie(&app, "lc_theme", theme, Some(31_536_000)));
    Ok(r)
}

/// For pages that need the session's own cookie.
pub(super) fn session_token(headers: &HeaderMap) -> Result<String, Fail> {
    cookie(headers, SESSION_COOKIE).ok_or(Fail(Error::Unauthenticated))
}
