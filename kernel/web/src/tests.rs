//! The router as a whole, in process: headers, sign-in, CSRF, designed errors. Registers' own pages are tested in `checks/`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use maud::html;
use tower::ServiceExt;

use crate::{App, Config, Ctx, L, MenuItem, Module, PageResult, Place, WorkItem, page, router};

mod records;

struct Sample;
impl Module for Sample {
    fn name(&self) -> &'static str {
        "sample"
    }
    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem::new(Place::Work, L("Chỉ tiêu", "Targets"), "/sample")]
    }
    fn pages(&self) -> Router<App> {
        Router::new()
            .route("/sample", get(|ctx: Ctx| async move { PageResult::Ok(page(&ctx, "Mẫu", "/sample", html! { p { "nội dung" } })) }))
            .route("/sample/boom", get(boom))
    }
    fn home(&self, _: &crate::Cx<'_>, _: &mut store::Tx, _: &access::Actor) -> store::Result<Vec<WorkItem>> {
        Ok(vec![WorkItem { title: "Trả lời <cảnh báo>".into(), href: "/sample".into(), ..WorkItem::default() }])
    }
}
#[expect(clippy::panic, reason = "this is what is tested")]
async fn boom(_: Ctx) -> PageResult {
    panic!("bí mật của máy chủ")
}

static MODULES: &[&dyn Module] = &[&Sample];
static NEXT: AtomicU32 = AtomicU32::new(0);
const PASSWORD: &str = "buổi sáng ở Bến Lau 26";

/// The store's set-up blocks, so it runs off the runtime's threads.
async fn app() -> Router {
    tokio::task::spawn_blocking(make).await.unwrap()
}

fn make() -> Router {
    make_with(&[])
}

/// An instance with these definitions; `an` is an officer of the whole instance.
fn make_with(sources: &[crate::Source]) -> Router {
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    let path = std::env::temp_dir().join(format!("lachan-web-{}-{n}.db", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let clock: Arc<dyn store::Clock> = Arc::new(store::ManualClock::new(1_795_318_920_000_000));
    let store = store::Store::open(&path.to_string_lossy(), clock.clone(), Arc::new(store::SystemIds)).unwrap();
    let mut migrations = access::migrations();
    migrations.extend(work::migrations());
    migrations.extend(registers::migrations());
    store.migrate(&migrations).unwrap();
    let registry = Arc::new(registers::Registry::load(sources).unwrap());
    let roles = registry.roles();
    let (reg, given) = (registry.clone(), roles.clone());
    store
        .write_blocking(move |tx| {
            let plan = registers::plan_migration(tx, &reg)?;
            registers::apply(tx, &reg, &plan)?;
            let system = access::Actor::system("test");
            let password = access::NewPassword::new(&access::Secret::new(PASSWORD), "an", "An")?;
            for login in ["an", "moi"] {
                let new =
                    access::NewAccount { login: login.into(), name: "Nguyễn Văn An".into(), email: None, agency: None, person: None };
                let a = access::create_account(tx, &system, &new, Some(&password))?;
                if login == "an" {
                    access::set_password(tx, &system, &a.id, &password, false)?;
                    if given.0.contains_key("officer") {
                        let new = access::NewGrant { account: a.id.clone(), role: "officer".into(), ..access::NewGrant::default() };
                        access::grant(tx, &system, &given, &new)?;
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    let config = Config { base_url: "https://lachan.example".into(), sign_in_per_minute: 6, ..Config::default() };
    router(App::new(store, registry, roles, config, clock, MODULES))
}

async fn send(app: &Router, req: axum::http::request::Builder, body: impl Into<Body>) -> (StatusCode, Response<String>) {
    let r = app.clone().oneshot(req.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = r.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 22).await.unwrap();
    (parts.status, Response::from_parts(parts, String::from_utf8(bytes.to_vec()).unwrap()))
}

fn get_(path: &str, cookies: &str) -> axum::http::request::Builder {
    Request::get(path).header(header::COOKIE, cookies)
}

fn post(path: &str, cookies: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::COOKIE, cookies)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://lachan.example")
}

fn cookies(r: &Response<String>) -> String {
    let all = r.headers().get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok()?.split(';').next());
    all.filter(|c| !c.ends_with('=')).collect::<Vec<_>>().join("; ")
}

fn token(r: &Response<String>) -> String {
    r.body().split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn sign_in(app: &Router, login: &str, password: &str) -> (StatusCode, Response<String>) {
    let (_, form) = send(app, get_("/sign-in", ""), "").await;
    let body = crate::security::query_string(&[
        ("csrf", token(&form).as_str()),
        ("login", login),
        ("password", password),
        ("back", "//evil.example"),
    ]);
    send(app, post("/sign-in", &cookies(&form)), body).await
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_the_form_and_back() {
    let app = app().await;
    let (s, r) = send(&app, get_("/r/person?q=an", ""), "").await;
    assert_eq!(s, 303);
    assert_eq!(r.headers()["location"], "/sign-in?back=%2Fr%2Fperson%3Fq%3Dan");
    let (s, r) = send(&app, get_("/api/v1/person", ""), "").await;
    assert_eq!(s, 401);
    assert_eq!(r.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn signing_in_opens_the_pages_and_redirects_stay_here() {
    let app = app().await;
    let (s, r) = sign_in(&app, "an", PASSWORD).await;
    assert_eq!(s, 303);
    assert_eq!(r.headers()["location"], "/");
    let set = r.headers().get_all(header::SET_COOKIE).iter().next().unwrap().to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let (s, home) = send(&app, get_("/", &cookies(&r)), "").await;
    assert_eq!(s, 200);
    assert!(home.body().contains("Trả lời &lt;cảnh báo&gt;"), "{}", home.body());
    let (s, _) = send(&app, get_("/ledger", &cookies(&r)), "").await;
    assert_eq!(s, 403, "the ledger is for who may read it");
    for path in ["/", "/sample", "/account", "/registers", "/notices", "/account/password"] {
        let (s, r) = send(&app, get_(path, &cookies(&r)), "").await;
        assert_eq!(s, 200, "{path}");
        let b = r.body();
        assert!(
            !b.contains(" style=") && !b.contains("<style") && !b.contains(" onclick") && b.matches("<script").count() == 1,
            "{path}: nothing inline"
        );
        assert!(b.len() < 100_000 && b.contains("<main") && b.contains("class=\"skip\""), "{path}");
        assert_eq!(r.headers()["content-security-policy"], crate::security::CSP);
        assert_eq!(r.headers()["cache-control"], "no-store");
        assert_eq!(b.matches("method=\"post\"").count(), b.matches("name=\"csrf\"").count(), "{path}: each POST form has its token");
    }
}

#[tokio::test]
async fn a_form_without_our_token_or_from_elsewhere_is_refused() {
    let app = app().await;
    let (_, r) = sign_in(&app, "an", PASSWORD).await;
    let c = cookies(&r);
    let (_, account) = send(&app, get_("/account", &c), "").await;
    let good = format!("csrf={}", token(&account));
    let (s, _) = send(&app, post("/account/sessions/end-others", &c), "x=1").await;
    assert_eq!(s, 403);
    let elsewhere = Request::post("/account/sessions/end-others")
        .header(header::COOKIE, &c)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (s, _) = send(&app, elsewhere.header(header::ORIGIN, "https://evil.example"), good.clone()).await;
    assert_eq!(s, 403);
    let (s, _) = send(&app, post("/account/sessions/end-others", &c), good).await;
    assert_eq!(s, 303);
}

#[tokio::test]
async fn a_temporary_password_opens_only_the_password_page() {
    let app = app().await;
    let (_, r) = sign_in(&app, "moi", PASSWORD).await;
    let (s, home) = send(&app, get_("/", &cookies(&r)), "").await;
    assert_eq!((s.as_u16(), home.headers()["location"].to_str().unwrap()), (303, "/account/password"));
    let (s, _) = send(&app, get_("/account/password", &cookies(&r)), "").await;
    assert_eq!(s, 200);
}

#[tokio::test]
async fn wrong_passwords_are_counted_and_the_address_is_slowed() {
    let app = app().await;
    for _ in 0..4 {
        assert_eq!(sign_in(&app, "an", "sai").await.0, 422);
    }
    let (s, r) = sign_in(&app, "an", "sai").await;
    assert_eq!(s, 422);
    assert!(r.body().contains("tạm khoá"), "{}", r.body());
    let (_, r) = sign_in(&app, "an", PASSWORD).await;
    assert!(r.body().contains("tạm khoá"));
    let (s, r) = sign_in(&app, "an", PASSWORD).await;
    assert_eq!(s, 429);
    assert!(r.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn panics_and_unknown_addresses_have_designed_pages_without_details() {
    let app = app().await;
    let (_, r) = sign_in(&app, "an", PASSWORD).await;
    let c = cookies(&r);
    let (s, r) = send(&app, get_("/sample/boom", &c), "").await;
    assert_eq!(s, 500);
    assert!(r.body().contains("Có lỗi trong phần mềm") && !r.body().contains("bí mật"), "{}", r.body());
    let (s, r) = send(&app, get_("/khong-co", &c), "").await;
    assert_eq!(s, 404);
    assert!(r.body().contains("Không có trang này"));
    let (s, r) = send(&app, get_("/api/v1/khong_co", &c), "").await;
    assert_eq!(s, 404);
    assert!(r.body().contains("urn:lachan:problem:not-found"), "{}", r.body());
    let (s, r) = send(&app, get_("/r/khong_co", &c), "").await;
    assert_eq!(s, 404);
    assert_eq!(r.headers()["content-type"], "text/html; charset=utf-8");
    let big = Request::post("/api/v1/person")
        .header(header::COOKIE, &c)
        .header("x-csrf-token", "x")
        .header(header::CONTENT_TYPE, "application/json");
    assert_eq!(send(&app, big, "{}").await.0, 403);
    let (s, r) = send(
        &app,
        Request::post("/sign-in").header(header::COOKIE, &c).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        "a".repeat(2 << 20),
    )
    .await;
    assert_eq!(s, 413);
    assert!(r.body().contains("quá lớn"), "{}", r.body());
}

#[tokio::test]
async fn language_and_theme_work_without_a_script() {
    let app = app().await;
    let (_, r) = sign_in(&app, "an", PASSWORD).await;
    let c = cookies(&r);
    let (_, home) = send(&app, get_("/", &c), "").await;
    let (s, r) = send(&app, post("/prefs", &c), format!("csrf={}&lang=en&back=/sample", token(&home))).await;
    assert_eq!((s.as_u16(), r.headers()["location"].to_str().unwrap()), (303, "/sample"));
    let (_, r) = send(&app, get_("/sample", &format!("{c}; {}", cookies(&r))), "").await;
    assert!(r.body().contains("<html lang=\"en\"") && r.body().contains("My work"), "{}", r.body());
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_pages_name_their_hash() {
    let app = app().await;
    let url = crate::assets::url("app.css");
    let (s, r) = send(&app, get_(&url, ""), "").await;
    assert_eq!(s, 200);
    assert!(r.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let etag = r.headers()["etag"].clone();
    let (s, _) = send(&app, Request::get(&url).header(header::IF_NONE_MATCH, etag), "").await;
    assert_eq!(s, 304);
    assert!(!r.body().contains("http:") && !r.body().contains("https:"), "no other host");
}
