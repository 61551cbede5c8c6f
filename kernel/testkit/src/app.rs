//! The application in process, and people and programs in front of its doors. Plain calls, no `async` in tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use serde_json::Value;
use tower::ServiceExt;
use web::App;
use web::security::query_string;

/// Address the application believes to have.
pub const BASE: &str = "https://lachan.example";

/// All doors of an instance.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
    runtime: Arc<tokio::runtime::Runtime>,
    /// What is behind the doors.
    pub app: App,
}

impl TestApp {
    /// The doors of an application (its `base_url` must be [`BASE`]).
    ///
    /// # Panics
    /// When the machine gives no thread.
    pub fn new(app: App) -> Self {
        #[expect(clippy::expect_used, reason = "a test cannot go on without threads")]
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        Self { router: web::router(app.clone()), runtime: Arc::new(runtime), app }
    }

    /// Somebody who has not signed in.
    pub fn guest(&self) -> Client {
        Client { app: self.clone(), cookies: Mutex::default(), csrf: Mutex::default(), token: None }
    }

    /// A person who signed in by the form.
    ///
    /// # Panics
    /// When the form refuses.
    pub fn sign_in(&self, login: &str, password: &str) -> Client {
        let c = self.guest();
        c.get("/sign-in");
        let r = c.post("/sign-in", &[("login", login), ("password", password)]);
        assert_eq!(r.status, 303, "sign-in of {login}: {}", r.text());
        // the token of the session stands in every form of every page
        let account = c.get("/account");
        assert_eq!(account.status, 200, "account page of {login}: {}", account.text());
        c
    }

    /// A program with an API token.
    pub fn bearer(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.guest() }
    }

    fn send(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(async {
            // the router cannot fail: its error type has no values
            let r = match self.router.clone().oneshot(request).await {
                Ok(r) => r,
                Err(never) => match never {},
            };
            let (parts, body) = r.into_parts();
            let bytes = axum::body::to_bytes(body, 64 << 20).await.map(|b| b.to_vec()).unwrap_or_default();
            Reply { status: parts.status.as_u16(), headers: parts.headers, bytes }
        })
    }
}

/// A browser or a program: keeps cookies and the form token like a browser does.
pub struct Client {
    app: TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    /// Body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
    /// A header, empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

impl Client {
    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], Vec::new())
    }
    /// POST of a form, with its token.
    pub fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(pairs);
        self.request("POST", path, &[("content-type", "application/x-www-form-urlencoded")], query_string(&all).into_bytes())
    }
    /// A call of the API with extra headers and a JSON body (`Null` = none).
    pub fn call(&self, method: &str, path: &str, extra: &[(&str, &str)], body: &Value) -> Reply {
        let mut headers = vec![("content-type", "application/json")];
        let csrf = self.csrf();
        if self.token.is_none() {
            headers.push(("x-csrf-token", &csrf));
        }
        headers.extend(extra);
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.request(method, path, &headers, bytes)
    }
    /// POST of a file as a browser sends it (field `file`).
    pub fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Reply {
        let token = self.csrf();
        let mut body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        self.request("POST", path, &[("content-type", "multipart/form-data; boundary=cut")], body)
    }
    /// The token that forms of this session carry.
    pub fn csrf(&self) -> String {
        self.csrf.lock().map(|c| c.clone()).unwrap_or_default()
    }

    /// Any request, exactly with these headers besides cookies, token and (for unsafe methods) origin.
    ///
    /// # Panics
    /// When the path is no path.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let mut req = Request::builder().method(method).uri(path);
        if let Some(t) = &self.token {
            req = req.header(header::AUTHORIZATION, format!("Bearer {t}"));
        } else {
            let cookies: Vec<String> = self.cookies.lock().map(|m| m.iter().map(|(k, v)| format!("{k}={v}")).collect()).unwrap_or_default();
            if !cookies.is_empty() {
                req = req.header(header::COOKIE, cookies.join("; "));
            }
            if !matches!(method, "GET" | "HEAD") && !headers.iter().any(|(k, _)| *k == "origin") {
                req = req.header(header::ORIGIN, BASE);
            }
        }
        for (k, v) in headers {
            req = req.header(*k, *v);
        }
        #[expect(clippy::expect_used, reason = "the paths of tests are written by tests")]
        let reply = self.app.send(req.body(Body::from(body)).expect("request"));
        self.keep(&reply);
        reply
    }

    fn keep(&self, r: &Reply) {
        if let Ok(mut jar) = self.cookies.lock() {
            for c in r.headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok()) {
                let Some((name, value)) = c.split(';').next().and_then(|p| p.split_once('=')) else { continue };
                if value.is_empty() {
                    jar.remove(name)
                } else {
                    jar.insert(name.to_owned(), value.to_owned())
                };
            }
        }
        if r.header("content-type").starts_with("text/html")
            && let Some(found) = r.text().split("name=\"csrf\" value=\"").nth(1).and_then(|s| s.split('"').next())
            && let Ok(mut csrf) = self.csrf.lock()
        {
            found.clone_into(&mut csrf);
        }
    }
}
