//! Who asks, in which language, with which numbers beside the menu: extracted once per request.

use std::sync::Arc;

use access::{Actor, Scope, SignedIn, Verb};
use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use registers::Registry;
use store::{Error, Result, Tx};

use crate::app::{App, MenuData};
use crate::error::Fail;
use crate::fmt;
use crate::i18n::Lang;
use crate::module::Cx;
use crate::security;

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "lc_session";
/// Name of the cookie that guards forms before sign-in.
pub const GUEST_COOKIE: &str = "lc_guest";
/// How long menu numbers are kept, µs.
const MENU_FRESH: i64 = 30_000_000;

/// What any page needs, signed in or not.
#[derive(Clone)]
pub struct Look {
    /// Language.
    pub lang: Lang,
    /// `auto`, `light`, `dark`.
    pub theme: &'static str,
    /// Token that every form of this browser carries.
    pub csrf: String,
    /// Path and query of this request.
    pub here: String,
    /// Message left by the previous page: tone class and text.
    pub flash: Option<(String, String)>,
    /// Name of the place.
    pub place: String,
}

impl Look {
    /// The account's own choice, where this browser has made none.
    fn settle(&mut self, headers: &HeaderMap, locale: &str, theme: &str) {
        if cookie(headers, "lc_lang").is_none() {
            self.lang = Lang::parse(locale);
        }
        if cookie(headers, "lc_theme").is_none() {
            self.theme = theme_word(theme);
        }
    }
    /// Reads cookies and address.
    pub fn of(app: &App, headers: &HeaderMap, uri: &axum::http::Uri) -> Self {
        let theme = theme_word(&cookie(headers, "lc_theme").unwrap_or_default());
        let secret = cookie(headers, SESSION_COOKIE).or_else(|| cookie(headers, GUEST_COOKIE)).unwrap_or_default();
        Self {
            lang: cookie(headers, "lc_lang").map_or(Lang::Vi, |l| Lang::parse(&l)),
            theme,
            csrf: access::csrf_token(&secret),
            here: uri.path_and_query().map_or_else(|| "/".into(), ToString::to_string),
            flash: cookie(headers, "lc_flash").and_then(|c| security::unpack_flash(&c)),
            place: app.config.place.clone(),
        }
    }
}

pub(crate) fn theme_word(s: &str) -> &'static str {
    match s {
        "light" => "light",
        "dark" => "dark",
        _ => "auto",
    }
}

/// A signed-in person on a page. Extracting it sends everybody else to the sign-in page.
#[derive(Clone)]
pub struct Ctx {
    /// The instance.
    pub app: App,
    /// Who acts.
    pub actor: Actor,
    /// Session and account behind the cookie.
    pub session: SignedIn,
    /// Language, theme, token, address.
    pub look: Look,
    /// Today in Vietnam, `YYYY-MM-DD`.
    pub today: String,
    pub(crate) menu: Arc<MenuData>,
}

/// What a transaction's closure gets besides the transaction.
#[derive(Clone)]
pub struct Who {
    /// Who acts.
    pub actor: Actor,
    /// All definitions.
    pub reg: Arc<Registry>,
    /// Today in Vietnam.
    pub today: String,
    /// Language of the reader.
    pub lang: Lang,
}

impl Who {
    /// Mints a scope.
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        self.actor.may(verb, register)
    }
    /// For calls of modules.
    pub fn cx(&self) -> Cx<'_> {
        Cx { registry: &self.reg, today: &self.today, lang: self.lang }
    }
}

impl Ctx {
    /// Language of the reader.
    pub fn lang(&self) -> Lang {
        self.look.lang
    }
    /// The text of the reader's language.
    pub fn t<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        self.look.lang.t(vi, en)
    }
    /// All definitions.
    pub fn reg(&self) -> &Registry {
        &self.app.registry
    }
    /// What closures of transactions get.
    pub fn who(&self) -> Who {
        Who { actor: self.actor.clone(), reg: self.app.registry.clone(), today: self.today.clone(), lang: self.look.lang }
    }
    /// Mints a scope, or says why not.
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        self.actor.may(verb, register)
    }
    /// May the actor do this to somebody's records?
    pub fn can(&self, verb: Verb, register: &str) -> bool {
        self.may(verb, register).is_ok()
    }
    /// Reads in a snapshot: `ctx.read(|tx, who| …).await?`.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Who) -> Result<T> + Send + 'static) -> Result<T> {
        let who = self.who();
        self.app.store.read(move |tx| f(tx, &who)).await
    }
    /// Writes; on disk when it returns. Menu numbers of the actor are read anew afterwards.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Who) -> Result<T> + Send + 'static) -> Result<T> {
        let who = self.who();
        let r = self.app.store.write(move |tx| f(tx, &who)).await;
        self.app.forget_menu(&self.actor);
        r
    }
}

impl FromRequestParts<App> for Ctx {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        let ctx = load(parts, app).await?;
        if ctx.session.account.must_change && !parts.uri.path().starts_with("/account/password") && parts.uri.path() != "/sign-out" {
            return Err(Fail(Error::Forbidden(MUST_CHANGE.into())));
        }
        let path = parts.uri.path();
        if must_enrol(app, &ctx.session) && !path.starts_with("/account/second-factor") && !path.starts_with("/account/password") {
            return Err(Fail(Error::Forbidden(MUST_ENROL.into())));
        }
        parts.extensions.insert(crate::uploads::Known(ctx.actor.clone()));
        Ok(ctx)
    }
}

/// Text by which the dressing layer knows to lead to the password page.
pub(crate) const MUST_CHANGE: &str = "Bạn phải đổi mật khẩu tạm trước khi dùng tiếp.";

/// The same for the page of the second factor.
pub(crate) const MUST_ENROL: &str = "Vai trò của bạn bắt buộc có lớp bảo vệ thứ hai. Đăng ký ở trang tài khoản trước khi dùng tiếp.";

/// Does a role ask for a second factor that is not there yet?
pub(crate) fn must_enrol(app: &App, s: &SignedIn) -> bool {
    app.config.second_factor && !s.secured && s.actor.needs_second_factor()
}

async fn load(parts: &Parts, app: &App) -> Result<Ctx, Fail> {
    let token = cookie(&parts.headers, SESSION_COOKIE).ok_or(Error::Unauthenticated)?;
    let mut look = Look::of(app, &parts.headers, &parts.uri);
    let now = app.now();
    let today = fmt::day_of(now);
    let (app2, today2, lang) = (app.clone(), today.clone(), look.lang);
    let wants_menu = parts.method == Method::GET;
    let secret = token.clone();
    let (session, menu) = app
        .store
        .read(move |tx| {
            let Some(s) = access::actor_of_session(tx, &app2.roles, &token)? else {
                return Err(Error::Unauthenticated);
            };
            let menu = if wants_menu { menu(tx, &app2, &s.actor, &today2, lang, now) } else { Arc::default() };
            Ok((s, menu))
        })
        .await?;
    if session.stale {
        app.touch(&session.session.id, move |tx| access::touch_session(tx, &secret));
    }
    look.settle(&parts.headers, &session.account.locale, &session.account.theme);
    Ok(Ctx { app: app.clone(), actor: session.actor.clone(), session, look, today, menu })
}

/// Numbers beside the menu: from memory, or one indexed count each. A failing count hides its number, not the page.
fn menu(tx: &mut Tx, app: &App, actor: &Actor, today: &str, lang: Lang, now: i64) -> Arc<MenuData> {
    if let Ok(m) = app.inner.menu.lock()
        && let Some((at, c)) = m.get(&actor.id)
        && (0..MENU_FRESH).contains(&(now - at))
    {
        return c.clone();
    }
    let cx = Cx { registry: &app.registry, today, lang };
    let mut out =
        MenuData { agency: agency_name(tx, app, actor), notices: work::open_notices(tx, &actor.id).unwrap_or(0), ..MenuData::default() };
    for item in app.modules.iter().flat_map(|m| m.menu()) {
        let Some(count) = item.count else { continue };
        match count(&cx, tx, actor) {
            Ok(Some(n)) => {
                out.counts.insert(item.href, n);
            }
            Ok(None) | Err(Error::Forbidden(_)) => {}
            Err(e) => tracing::warn!(href = item.href, error = %e, "menu count"),
        }
    }
    let out = Arc::new(out);
    if let Ok(mut m) = app.inner.menu.lock() {
        if m.len() > 10_000 {
            m.clear();
        }
        m.insert(actor.id.clone(), (now, out.clone()));
    }
    out
}

fn agency_name(tx: &mut Tx, app: &App, actor: &Actor) -> Option<String> {
    let scope = actor.may(Verb::Read, "agency").ok()?;
    registers::actions::get(tx, &app.registry, &scope, actor.agency.as_deref()?).ok().map(|r| r.title)
}

/// Somebody on a page that needs no sign-in.
#[derive(Clone)]
pub struct Guest {
    /// The instance.
    pub app: App,
    /// Language, theme, token, address.
    pub look: Look,
}

impl FromRequestParts<App> for Guest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self { app: app.clone(), look: Look::of(app, &parts.headers, &parts.uri) })
    }
}

/// Who asked, for an error page: the menu leads on from there. Nobody when that cannot be said now.
pub(crate) async fn reader(app: &App, uri: &axum::http::Uri, headers: &HeaderMap) -> Option<Ctx> {
    cookie(headers, SESSION_COOKIE)?;
    let mut request = axum::http::Request::new(());
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    let ctx = load(&request.into_parts().0, app).await.ok()?;
    (!ctx.session.account.must_change && !must_enrol(app, &ctx.session)).then_some(ctx)
}

/// A signed-in person, or nobody.
pub struct MaybeCtx(pub Option<Ctx>);

impl FromRequestParts<App> for MaybeCtx {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        match load(parts, app).await {
            Ok(c) => Ok(Self(Some(c))),
            Err(Fail(Error::Unauthenticated)) => Ok(Self(None)),
            Err(e) => Err(e),
        }
    }
}

/// Value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|kv| kv.trim().split_once('='))
        .find(|(k, v)| *k == name && !v.is_empty())
        .map(|(_, v)| v.to_owned())
}
