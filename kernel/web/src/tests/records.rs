//! Generic pages and API of a small register.

use axum::http::{Request, StatusCode, header};

use super::*;

const ROLES: &str = r#"
[[role]]
id = "officer"
label = { vi = "Cán bộ", en = "Officer" }
"#;

const AGENCY: &str = r#"
[register]
id = "agency"
label = { vi = "Cơ quan", en = "Agency" }
scope = "id"
title = "{name}"
tree = "parent"
menu = "organisation"
keys = [["name"]]
[[field]]
id = "name"
label = { vi = "Tên", en = "Name" }
type = "text"
required = true
[[field]]
id = "parent"
label = { vi = "Cấp trên", en = "Parent" }
type = { link = "agency" }
[[field]]
id = "founded"
label = { vi = "Ngày thành lập", en = "Founded" }
type = "date"
[[state]]
id = "draft"
label = { vi = "Dự kiến", en = "Planned" }
[[state]]
id = "open"
label = { vi = "Hoạt động", en = "Open" }
tone = "met"
[[transition]]
id = "start"
label = { vi = "Đưa vào hoạt động", en = "Start" }
from = ["draft"]
to = "open"
demands = ["founded"]
[access]
officer = ["*"]
"#;

struct Client {
    app: Router,
    cookies: String,
    csrf: String,
}

async fn client() -> Client {
    let app = tokio::task::spawn_blocking(|| make_with(&[("roles.toml", ROLES), ("agency.toml", AGENCY)])).await.unwrap();
    let (_, r) = sign_in(&app, "an", PASSWORD).await;
    let cookies = cookies(&r);
    let (_, home) = send(&app, get_("/", &cookies), "").await;
    Client { csrf: token(&home), app, cookies }
}

impl Client {
    async fn get(&self, path: &str) -> (StatusCode, Response<String>) {
        send(&self.app, get_(path, &self.cookies), "").await
    }
    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, Response<String>) {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(pairs);
        send(&self.app, post(path, &self.cookies), crate::security::query_string(&all)).await
    }
    async fn json(&self, method: &str, path: &str, extra: &[(&str, &str)], body: &str) -> (StatusCode, Response<String>) {
        let mut req = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookies).header("x-csrf-token", &self.csrf);
        req = req.header(header::CONTENT_TYPE, "application/json");
        for (k, v) in extra {
            req = req.header(*k, *v);
        }
        send(&self.app, req, body.to_owned()).await
    }
    async fn add(&self, name: &str) -> String {
        let (s, r) = self.post("/r/agency/new", &[("name", name)]).await;
        assert_eq!(s, 303, "{}", r.body());
        r.headers()["location"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let c = client().await;
    let (s, r) = c.post("/r/agency/new", &[("name", "Sở \"A\""), ("founded", "31/02/2026"), ("parent__q", "không có")]).await;
    assert_eq!(s, 422);
    let b = r.body();
    assert!(b.contains("value=\"Sở &quot;A&quot;\"") && b.contains("value=\"31/02/2026\"") && b.contains("value=\"không có\""), "{b}");
    assert!(b.contains("href=\"#f-founded\"") && b.contains("href=\"#f-parent\""), "{b}");
}

#[tokio::test]
async fn words_choose_a_link_without_a_script() {
    let c = client().await;
    c.add("Ủy ban nhân dân xã Bến Lau").await;
    c.add("Ủy ban nhân dân xã Gò Trầu").await;
    let (s, r) = c.post("/r/agency/new", &[("name", "Trạm"), ("parent__q", "uy ban")]).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("Có 2 kết quả"), "{}", r.body());
    let (s, r) = c.post("/r/agency/new", &[("name", "Trạm"), ("parent__q", "ben lau")]).await;
    assert_eq!(s, 303);
    let (_, r) = c.get(r.headers()["location"].to_str().unwrap()).await;
    assert!(r.body().contains("xã Bến Lau</a>"), "{}", r.body());
}

#[tokio::test]
async fn a_conflict_keeps_both_sides() {
    let c = client().await;
    let at = c.add("Sở Y tế").await;
    let edit = format!("{at}/edit");
    let (s, _) = c.post(&edit, &[("version", "1"), ("name", "Sở Y tế tỉnh")]).await;
    assert_eq!(s, 303);
    let (s, r) = c.post(&edit, &[("version", "1"), ("name", "Sở Y tế mới")]).await;
    assert_eq!(s, 409);
    let b = r.body();
    assert!(b.contains("Sở Y tế tỉnh") && b.contains("value=\"Sở Y tế mới\"") && b.contains("name=\"version\" value=\"2\""), "{b}");
}

#[tokio::test]
async fn a_step_asks_for_what_it_demands() {
    let c = client().await;
    let at = c.add("Sở Y tế").await;
    let (_, r) = c.get(&at).await;
    assert!(r.body().contains("Đưa vào hoạt động"), "{}", r.body());
    let step = format!("{at}/transition/start");
    let (s, r) = c.post(&step, &[("version", "1")]).await;
    assert_eq!(s, 422, "{}", r.body());
    let (s, _) = c.post(&step, &[("version", "1"), ("founded", "1/7/2025")]).await;
    assert_eq!(s, 303);
    let (_, r) = c.get(&at).await;
    assert!(r.body().contains("tag met\">Hoạt động") && r.body().contains("01/07/2025"), "{}", r.body());
    assert_eq!(c.get(&step).await.0, 409);
    let (_, r) = c.get(&format!("{at}?tab=history")).await;
    assert!(r.body().contains("Dự kiến") && r.body().contains("niêm phong số"), "{}", r.body());
}

#[tokio::test]
async fn the_list_says_what_it_shows() {
    let c = client().await;
    c.add("Sở Y tế").await;
    c.add("Sở Tài chính").await;
    let (s, r) = c.get("/r/agency?q=tai%20chinh&f.state=draft").await;
    assert_eq!(s, 200);
    assert!(r.body().contains("trạng thái: Dự kiến") && r.body().contains("Sở Tài chính") && !r.body().contains("Sở Y tế"), "{}", r.body());
    assert_eq!(c.get("/r/agency?f.stat=draft").await.0, 400);
    let (_, r) = c.get("/r/agency?q=zzz").await;
    assert!(r.body().contains("Không có bản ghi nào khớp"), "{}", r.body());
}

#[tokio::test]
async fn the_api_asks_for_the_version_and_names_what_is_wrong() {
    let c = client().await;
    let (s, r) = c.json("POST", "/api/v1/agency", &[("idempotency-key", "k")], r#"{"fields":{"name":"Sở A"}}"#).await;
    assert_eq!((s, &r.headers()["etag"]), (StatusCode::CREATED, &"\"1\"".parse().unwrap()));
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    let (_, again) = c.json("POST", "/api/v1/agency", &[("idempotency-key", "k")], r#"{"fields":{"name":"Sở A"}}"#).await;
    assert_eq!(again.headers()["location"], at.as_str());
    let patch = r#"{"fields":{"founded":"2025-07-01"}}"#;
    assert_eq!(c.json("PATCH", &at, &[], patch).await.0, 428);
    assert_eq!(c.json("PATCH", &at, &[("if-match", "\"7\"")], patch).await.0, 412);
    assert_eq!(c.json("PATCH", &at, &[("if-match", "\"1\"")], patch).await.0, 200);
    let (s, r) = c.json("POST", "/api/v1/agency", &[], r#"{"fields":{"nam":"x"}}"#).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("«name»"), "{}", r.body());
    for bad in ["[", "[1]", "{\"fields\":[]}", &"[".repeat(10_000)] {
        let (s, _) = c.json("POST", "/api/v1/agency", &[], bad).await;
        assert!(s == 400 || s == 422, "{bad}: {s}");
    }
    assert_eq!(c.json("DELETE", &at, &[("if-match", "\"2\"")], "").await.0, 422);
    assert_eq!(c.json("DELETE", &format!("{at}?reason=th%E1%BB%AD"), &[("if-match", "\"2\"")], "").await.0, 204);
    assert_eq!(c.get(&format!("{at}/history")).await.1.headers()["content-type"], "application/json");
}
