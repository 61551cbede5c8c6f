//! Headers, cookies, CSRF. Applied to every response and every unsafe request, so that no page can forget them.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as B64;
use store::Error;

use crate::app::App;
use crate::ctx::{GUEST_COOKIE, SESSION_COOKIE, cookie};
use crate::error::Fail;

/// Content-Security-Policy of every page: nothing inline, nothing from elsewhere.
pub const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Greatest form that is read to find its token (of forms with files only the first part is).
const MOST_FORM: usize = 1 << 20;

/// Adds the security headers.
pub async fn headers(State(app): State<App>, req: Request, next: Next) -> Response {
    let asset = req.uri().path().starts_with("/assets/");
    let mut r = next.run(req).await;
    let h = r.headers_mut();
    let mut set = |k: HeaderName, v: &'static str| {
        if !h.contains_key(&k) {
            h.insert(k, HeaderValue::from_static(v));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if !asset {
        set(header::CACHE_CONTROL, "no-store");
    }
    if app.config.secure_cookies {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    r
}

/// Refuses unsafe requests of browsers that do not come from one of our own forms.
/// Requests with a bearer token carry no ambient authority and pass.
pub async fn csrf(State(app): State<App>, req: Request, next: Next) -> Response {
    if matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS) || has_bearer(req.headers()) {
        return next.run(req).await;
    }
    if !same_origin(&app, req.headers()) {
        return refuse();
    }
    let Some(secret) = cookie(req.headers(), SESSION_COOKIE).or_else(|| cookie(req.headers(), GUEST_COOKIE)) else {
        // Without any secret there is no session to ride on; an API call without credentials is a plain 401.
        return if req.uri().path().starts_with("/api/") { Fail(Error::Unauthenticated).into_response() } else { refuse() };
    };
    // never in the address: those are kept by proxies and browsers
    if let Some(t) = req.headers().get("x-csrf-token").and_then(|v| v.to_str().ok()) {
        return if access::csrf_valid(&secret, t) { next.run(req).await } else { refuse() };
    }
    if crate::budget::is_multipart(req.headers()) {
        let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let (parts, body) = req.into_parts();
        // the token is the first part, so that nothing of a file is read for who has none
        let (found, body) = crate::head::first_part(&kind, "csrf", body).await;
        if !found.is_some_and(|t| access::csrf_valid(&secret, &t)) {
            return refuse();
        }
        return next.run(Request::from_parts(parts, body)).await;
    }
    if !is_form(req.headers()) {
        return refuse();
    }
    let (parts, body) = req.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MOST_FORM).await else {
        return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let found = form_pairs(&bytes).into_iter().find(|(k, _)| k == "csrf").map(|(_, v)| v);
    if !found.is_some_and(|t| access::csrf_valid(&secret, &t)) {
        return refuse();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn refuse() -> Response {
    Fail(Error::Forbidden(
        "Biểu mẫu này đã cũ (có thể bạn đã đăng xuất ở thẻ khác) hoặc không mở từ Lá Chắn, nên chưa có gì được lưu. Đăng nhập lại nếu cần, quay lại trang trước, chép chữ đã gõ, tải lại trang rồi gửi lần nữa.".into(),
    ))
    .into_response()
}

fn has_bearer(h: &HeaderMap) -> bool {
    h.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).is_some_and(|v| v.len() > 7 && v[..7].eq_ignore_ascii_case("bearer "))
}

fn is_form(h: &HeaderMap) -> bool {
    h.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.starts_with("application/x-www-form-urlencoded"))
}

/// The Origin (or, without it, Sec-Fetch-Site) must be ours. Neither: an old browser or a tool; the token decides.
fn same_origin(app: &App, h: &HeaderMap) -> bool {
    if let Some(o) = h.get(header::ORIGIN).and_then(|v| v.to_str().ok()) {
        let host = h.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
        let bare = o.split_once("://").map_or("", |(_, x)| x);
        return o == app.config.base_url || (!host.is_empty() && bare == host);
    }
    match h.get("sec-fetch-site").and_then(|v| v.to_str().ok()) {
        Some(s) => s == "same-origin" || s == "none",
        None => true,
    }
}

/// `a=1&b=x+y` → pairs, percent-decoded; broken escapes stay as they are.
pub fn form_pairs(b: &[u8]) -> Vec<(String, String)> {
    b.split(|c| *c == b'&')
        .filter(|p| !p.is_empty())
        .map(|p| {
            let i = p.iter().position(|c| *c == b'=').unwrap_or(p.len());
            (decode(&p[..i]), decode(p.get(i + 1..).unwrap_or(&[])))
        })
        .collect()
}

fn decode(b: &[u8]) -> String {
    let hex = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(b.len());
    let mut i = 0;
    while i < b.len() {
        match b[i] {
            b'+' => out.push(b' '),
            b'%' => match (b.get(i + 1).copied().and_then(hex), b.get(i + 2).copied().and_then(hex)) {
                (Some(h), Some(l)) => {
                    out.push(h << 4 | l);
                    i += 2;
                }
                _ => out.push(b'%'),
            },
            c => out.push(c),
        }
        i += 1;
    }
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
pub fn encode(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for b in s.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            out.push('%');
            for n in [b >> 4, b & 15] {
                out.push(char::from(if n < 10 { b'0' + n } else { b'A' + n - 10 }));
            }
        }
    }
    out
}

/// Pairs → `a=1&b=x%20y`.
pub fn query_string<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    pairs.iter().map(|(k, v)| format!("{}={}", encode(k.as_ref()), encode(v.as_ref()))).collect::<Vec<_>>().join("&")
}

/// A cookie as we set them. `max_age` in seconds; `None` = until the browser closes; `Some(0)` removes it.
pub fn set_cookie(app: &App, name: &str, value: &str, max_age: Option<i64>) -> String {
    set_cookie_at(app, "/", name, value, max_age)
}

/// [`set_cookie`] that is sent only to addresses below `path`.
pub fn set_cookie_at(app: &App, path: &str, name: &str, value: &str, max_age: Option<i64>) -> String {
    let age = max_age.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let secure = if app.config.secure_cookies { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{age}{secure}")
}

/// Adds a `Set-Cookie` to a response.
pub fn add_cookie(r: &mut Response, cookie: &str) {
    if let Ok(v) = HeaderValue::from_str(cookie) {
        r.headers_mut().append(header::SET_COOKIE, v);
    }
}

/// Tone and text → cookie value.
pub(crate) fn pack_flash(tone: &str, text: &str) -> String {
    let short: String = text.chars().take(600).collect();
    B64.encode(format!("{tone}\n{short}"))
}

/// Cookie value → tone and text; garbage is ignored.
pub(crate) fn unpack_flash(v: &str) -> Option<(String, String)> {
    let s = String::from_utf8(B64.decode(v).ok()?).ok()?;
    let (tone, text) = s.split_once('\n')?;
    matches!(tone, "met" | "unmet" | "soon" | "plain").then(|| (tone.to_owned(), text.to_owned()))
}

/// A path of this site: begins with one slash, no scheme, no host. Anything else becomes `/`.
pub fn local_path(p: &str) -> &str {
    if p.starts_with('/') && !p.starts_with("//") && !p.starts_with("/\\") && !p.contains(['\r', '\n', '\t']) { p } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_decode_and_encode() {
        let p = form_pairs("q=B%E1%BA%BFn+Lau&x=%zz&y&=1".as_bytes());
        assert_eq!(p[0], ("q".into(), "Bến Lau".into()));
        assert_eq!(p[1], ("x".into(), "%zz".into()));
        assert_eq!(p[2], ("y".into(), String::new()));
        assert_eq!(query_string(&[("q", "Bến & 1")]), "q=B%E1%BA%BFn%20%26%201");
        assert_eq!(form_pairs(b"a=%FF")[0].1, "\u{fffd}");
    }

    #[test]
    fn flash_survives_and_rejects_garbage() {
        assert_eq!(unpack_flash(&pack_flash("met", "Đã lưu; \r\n\"x\"")), Some(("met".into(), "Đã lưu; \r\n\"x\"".into())));
        assert_eq!(unpack_flash("%%%"), None);
        assert_eq!(unpack_flash(&pack_flash("<script>", "x")), None);
    }

    #[test]
    fn redirects_stay_here() {
        assert_eq!(local_path("/r/agency?x=1"), "/r/agency?x=1");
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nSet-Cookie: x", "/\t/evil.example"] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }

    #[test]
    fn csp_allows_nothing_inline() {
        assert!(!CSP.contains("unsafe"));
        assert!(CSP.contains("default-src 'none'"));
    }
}
