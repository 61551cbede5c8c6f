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

const PAPER: &str = r#"
[register]
id = "paper"
label = { vi = "Giấy tờ", en = "Papers" }
title = "{name}"
[[field]]
id = "name"
label = { vi = "Tên", en = "Name" }
type = "text"
required = true
[[field]]
id = "signed_on"
label = { vi = "Ngày ký", en = "Signed on" }
type = "date"
[[field]]
id = "scan"
label = { vi = "Bản quét", en = "Scan" }
type = "file"
[[field]]
id = "more"
label = { vi = "Tệp kèm", en = "More files" }
type = "files"
[[state]]
id = "draft"
label = { vi = "Nháp", en = "Draft" }
[[state]]
id = "done"
label = { vi = "Xong", en = "Done" }
start = true
[[transition]]
id = "finish"
label = { vi = "Hoàn thành", en = "Finish" }
from = ["draft"]
to = "done"
demands = ["scan"]
[access]
officer = ["*"]
"#;

const DOSSIER: &str = r#"
[register]
id = "dossier"
label = { vi = "Hồ sơ", en = "Dossiers" }
title = "{name}"
[[field]]
id = "name"
label = { vi = "Tên", en = "Name" }
type = "text"
required = true
[[field]]
id = "card"
label = { vi = "Ảnh thẻ", en = "Card" }
type = "file"
sensitive = "personal"
[access]
officer = ["*"]
"#;

async fn client() -> Client {
    let sources = [("roles.toml", ROLES), ("agency.toml", AGENCY), ("paper.toml", PAPER), ("dossier.toml", DOSSIER)];
    let app = tokio::task::spawn_blocking(move || make_with(&sources)).await.unwrap();
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
    assert_eq!(c.json("DELETE", &at, &[("if-match", "\"2\"")], "{\"reason\": \"thử\"}").await.0, 204);
    assert_eq!(c.get(&format!("{at}/history")).await.1.headers()["content-type"], "application/json");
}

impl Client {
    /// As a browser sends a form with files: text inputs, then files (input, name, content).
    async fn send_files(&self, path: &str, pairs: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> (StatusCode, Response<String>) {
        let mut body = Vec::new();
        for (k, v) in [("csrf", self.csrf.as_str())].iter().chain(pairs) {
            body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n").into_bytes());
        }
        for (k, name, bytes) in files {
            let head = format!(
                "--cut\r\nContent-Disposition: form-data; name=\"{k}\"; filename=\"{name}\"\r\nContent-Type: application/x-msdownload\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        let req = Request::post(path)
            .header(header::COOKIE, &self.cookies)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .header(header::ORIGIN, "https://lachan.example");
        send(&self.app, req, body).await
    }
}

/// Value of the first input of this name.
fn value_of(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_goes_in_by_the_form_and_comes_out_by_its_record() {
    let c = client().await;
    let (_, r) = c.get("/r/paper/new").await;
    assert!(r.body().contains("enctype=\"multipart/form-data\"") && r.body().contains("20 MB"), "{}", r.body());
    let (s, r) = c
        .send_files("/r/paper/new", &[("name", "QĐ 12"), ("scan__files", "1")], &[("scan", "qd.exe", b"%PDF-1.7 x"), ("more", "", b"")])
        .await;
    assert_eq!(s, 303, "{}", r.body());
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    let (_, page) = c.get(&at).await;
    let link = page.body().split(&format!("href=\"{at}/file/scan/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = format!("{at}/file/scan/{link}");
    let (s, r) = c.get(&file).await;
    assert_eq!((s, r.body().as_str()), (StatusCode::OK, "%PDF-1.7 x"));
    let h = |n: &str| r.headers()[n].to_str().unwrap().to_owned();
    assert!(h("content-disposition").starts_with("attachment; filename=\"qd.exe.pdf\""), "{}", h("content-disposition"));
    assert_eq!((h("content-type").as_str(), h("x-content-type-options").as_str()), ("application/pdf", "nosniff"));
    assert!(h("content-security-policy").contains("sandbox"));
    let (_, r) = c.get(&format!("{at}?tab=history")).await;
    assert!(r.body().contains("qd.exe.pdf"), "history shows the file: {}", r.body());
    // editing something else keeps it; unticking takes it away, and it is still there in the history
    let (_, form) = c.get(&format!("{at}/edit")).await;
    let tick = value_of(form.body(), "scan");
    let (s, _) =
        c.send_files(&format!("{at}/edit"), &[("version", "1"), ("name", "QĐ 13"), ("scan__files", "1"), ("scan", &tick)], &[]).await;
    assert_eq!((s, c.get(&file).await.0), (StatusCode::SEE_OTHER, StatusCode::OK));
    let (s, _) = c.send_files(&format!("{at}/edit"), &[("version", "2"), ("name", "QĐ 13"), ("scan__files", "1")], &[]).await;
    assert_eq!(s, 303);
    assert!(!c.get(&at).await.1.body().contains("qd.exe.pdf"));
    assert_eq!(c.get(&file).await.0, StatusCode::OK, "an earlier version of the record has it");
    assert_eq!(c.get(&format!("{at}/file/more/{link}")).await.0, 404);
    assert_eq!(c.get(&format!("{at}/file/name/{link}")).await.0, 404);
}

#[tokio::test]
async fn an_error_loses_neither_the_text_nor_the_file() {
    let c = client().await;
    let files: &[(&str, &str, &[u8])] = &[("scan", "qd.txt", "Quyết định".as_bytes()), ("more", "virus.exe", b"MZ\x90\0")];
    let (s, r) = c.send_files("/r/paper/new", &[("name", "QĐ 12"), ("signed_on", "31/02/2026")], files).await;
    assert_eq!(s, 422);
    let b = r.body();
    assert!(b.contains("value=\"QĐ 12\"") && b.contains("value=\"31/02/2026\""), "{b}");
    assert!(b.contains("“virus.exe”: nội dung tệp không thuộc loại được nhận") && b.contains("href=\"#f-more\""), "{b}");
    assert!(b.contains("qd.txt (đã nhận, chưa lưu)"), "{b}");
    let waiting = value_of(b, "scan__new");
    let (s, r) = c.send_files("/r/paper/new", &[("name", "QĐ 12"), ("signed_on", "28/02/2026"), ("scan__new", &waiting)], &[]).await;
    assert_eq!(s, 303, "{}", r.body());
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    assert!(c.get(&at).await.1.body().contains(">qd.txt</a>"));
    // taken once: another form cannot have it
    let (s, r) = c.send_files("/r/paper/new", &[("name", "QĐ 14"), ("scan__new", &waiting)], &[]).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("chọn lại tệp"), "{}", r.body());
}

#[tokio::test]
async fn a_step_that_demands_a_file_can_be_finished_on_its_page() {
    let c = client().await;
    let (_, r) = c.post("/r/paper/new", &[("name", "Báo cáo")]).await;
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    let step = format!("{at}/transition/finish");
    let (_, form) = c.get(&step).await;
    assert!(form.body().contains("type=\"file\""), "{}", form.body());
    let (s, r) = c.send_files(&step, &[("version", "1"), ("scan__files", "1")], &[]).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("href=\"#f-scan\""), "{}", r.body());
    let big = vec![b'a'; registers::MOST_FILE + 1];
    let (s, r) = c.send_files(&step, &[("version", "1")], &[("scan", "to.txt", &big)]).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("lớn hơn 20 MB"), "{}", r.body());
    let (s, _) = c.send_files(&step, &[("version", "1")], &[("scan", "bc.txt", b"xong")]).await;
    assert_eq!(s, 303);
    assert!(c.get(&at).await.1.body().contains(">bc.txt</a>"));
}

#[tokio::test]
async fn programs_send_and_fetch_files() {
    let c = client().await;
    let body = r#"{"fields":{"name":"API","more":[{"name":"a.txt","content":"QQ=="},{"name":"b.txt","content":"Qg=="}]}}"#;
    let (s, r) = c.json("POST", "/api/v1/paper", &[], body).await;
    assert_eq!(s, StatusCode::CREATED, "{}", r.body());
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    let v: serde_json::Value = serde_json::from_str(r.body()).unwrap();
    let files = v["fields"]["more"].as_array().unwrap();
    assert_eq!((files[0]["name"].as_str(), files[0]["size"].as_i64(), files[0].get("content")), (Some("a.txt"), Some(1), None));
    let (s, r) = c.get(&format!("{at}/files/more/{}", files[1]["sha256"].as_str().unwrap())).await;
    assert_eq!((s, r.body().as_str()), (StatusCode::OK, "B"));
    let keep = format!(r#"{{"fields":{{"more":[{{"sha256":"{}"}}]}}}}"#, files[0]["sha256"].as_str().unwrap());
    let (s, r) = c.json("PATCH", &at, &[("if-match", "\"1\"")], &keep).await;
    let v: serde_json::Value = serde_json::from_str(r.body()).unwrap();
    assert_eq!((s, v["fields"]["more"].as_array().unwrap().len()), (StatusCode::OK, 1), "{}", r.body());
    for bad in [
        r#""a.txt""#,
        r#"[{"name":"a.txt"}]"#,
        r#"[{"name":"a.txt","content":"%"}]"#,
        r#"[{"sha256":"00"}]"#,
        r#"[{"name":"a","content":"TVqQAA=="}]"#,
    ] {
        let (s, r) = c.json("PATCH", &at, &[("if-match", "\"2\"")], &format!(r#"{{"fields":{{"more":{bad}}}}}"#)).await;
        assert_eq!(s, 422, "{bad}: {}", r.body());
    }
    let (s, r) = c.json("POST", "/api/v1/paper", &[], r#"{"fields":{"name":"Xong rồi"},"state":"done"}"#).await;
    assert!(s == 422 && r.body().contains("\"scan\""), "{}", r.body());
    let (s, r) = c
        .json("POST", "/api/v1/paper", &[], r#"{"fields":{"name":"Xong rồi","scan":[{"name":"a.txt","content":"QQ=="}]},"state":"done"}"#)
        .await;
    assert!(s == 201 && r.body().contains("\"state\":\"done\""), "{}", r.body());
    let (_, doc) = c.get("/api/v1/openapi.json").await;
    let doc: serde_json::Value = serde_json::from_str(doc.body()).unwrap();
    assert!(doc.pointer("/paths/~1api~1v1~1paper~1{id}~1files~1{field}~1{sha256}/get").is_some());
    assert_eq!(doc.pointer("/components/schemas/paper.fields/properties/scan/maxItems"), Some(&serde_json::json!(1)));
}

#[tokio::test]
async fn errors_name_fields_as_people_know_them() {
    let c = client().await;
    let (_, r) = c.post("/r/paper/new", &[("name", "Báo cáo")]).await;
    let at = r.headers()["location"].to_str().unwrap().to_owned();
    let (s, r) = c.post(&format!("{at}/delete"), &[("version", "1"), ("reason", "")]).await;
    assert_eq!(s, 422);
    assert!(r.body().contains("Ghi lý do rút bản ghi.") && !r.body().contains(">reason<"), "{}", r.body());
    let (s, r) = c.send_files(&format!("{at}/transition/finish"), &[("version", "1"), ("scan__files", "1")], &[]).await;
    assert_eq!(s, 422);
    assert!(!r.body().contains(">scan<") && r.body().contains("Bản quét"), "{}", r.body());
    let e = store::Error::Invalid(vec![store::FieldError { field: "signed_on".into(), message: "Ngày ký: chưa nhập.".into() }]);
    assert_eq!(e.to_string(), "Ngày ký: chưa nhập.");
}

#[tokio::test]
async fn a_new_record_starts_in_the_state_that_is_chosen() {
    let c = client().await;
    // one start only: nothing is asked
    assert!(!c.get("/r/agency/new").await.1.body().contains("name=\"state\""));
    let (_, form) = c.get("/r/paper/new").await;
    let form = form.body();
    assert!(form.contains("<select id=\"f-state\" name=\"state\"") && form.contains("<option value=\"draft\" selected>Nháp"), "{form}");
    assert!(form.contains("<option value=\"done\">Xong"), "{form}");
    // what the step asks for is asked here too, and the choice stays
    let (s, r) = c.send_files("/r/paper/new", &[("name", "Cũ"), ("state", "done"), ("scan__files", "1")], &[]).await;
    assert_eq!(s, 422, "{}", r.body());
    assert!(r.body().contains("href=\"#f-scan\"") && r.body().contains("<option value=\"done\" selected>"), "{}", r.body());
    let (s, r) = c.send_files("/r/paper/new", &[("name", "Cũ"), ("state", "gone")], &[]).await;
    assert!(s == 422 && r.body().contains("href=\"#f-state\""), "{}", r.body());
    let (s, r) = c.send_files("/r/paper/new", &[("name", "Cũ"), ("state", "done")], &[("scan", "a.txt", b"xong")]).await;
    assert_eq!(s, 303, "{}", r.body());
    let (_, page) = c.get(r.headers()["location"].to_str().unwrap()).await;
    assert!(page.body().contains(">Xong</span>"), "{}", page.body());
    let (s, r) = c.send_files("/r/paper/new", &[("name", "Mới"), ("state", "")], &[]).await;
    assert_eq!(s, 303, "{}", r.body());
    assert!(c.get(r.headers()["location"].to_str().unwrap()).await.1.body().contains(">Nháp</span>"));
}

impl Client {
    /// As a program sends a record with its files.
    async fn api_files(
        &self,
        method: &str,
        path: &str,
        extra: &[(&str, &str)],
        texts: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> (StatusCode, serde_json::Value) {
        let mut body = Vec::new();
        for (k, v) in texts {
            body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n").into_bytes());
        }
        for (k, name, bytes) in files {
            let head = format!("--cut\r\nContent-Disposition: form-data; name=\"{k}\"; filename=\"{name}\"\r\n\r\n");
            body.extend(head.into_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        let mut req = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookies).header("x-csrf-token", &self.csrf);
        req = req.header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
        for (k, v) in extra {
            req = req.header(*k, *v);
        }
        let (s, r) = send(&self.app, req, body).await;
        (s, serde_json::from_str(r.body()).unwrap_or_else(|e| panic!("{e}: {}", r.body())))
    }
}

#[tokio::test]
async fn programs_send_a_record_and_its_files_in_one_request() {
    let c = client().await;
    let fields = ("fields", r#"{"name":"Một lần"}"#);
    let two: &[(&str, &str, &[u8])] = &[("more", "a.txt", b"A"), ("more", "b.txt", b"B"), ("scan", "s.txt", b"S")];
    let (s, made) = c.api_files("POST", "/api/v1/paper", &[], &[fields, ("state", "done")], two).await;
    assert_eq!(s, 201, "{made}");
    let names = |v: &serde_json::Value, f: &str| {
        v["fields"][f].as_array().into_iter().flatten().map(|a| a["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names(&made, "more"), names(&made, "scan")), (vec!["a.txt".into(), "b.txt".into()], vec!["s.txt".to_owned()]));
    assert_eq!(made["state"], "done");
    let at = format!("/api/v1/paper/{}", made["id"].as_str().unwrap());
    // several are added to what is there, a single one is replaced; PATCH and POST do the same
    let (s, v) = c.api_files("PATCH", &at, &[("if-match", "\"1\"")], &[], &[("more", "c.txt", b"C"), ("scan", "t.txt", b"T")]).await;
    assert_eq!((s, names(&v, "more").len(), names(&v, "scan")), (StatusCode::OK, 3, vec!["t.txt".to_owned()]), "{v}");
    let keep = format!(r#"{{"name":"Hai lần","more":[{{"sha256":"{}"}}]}}"#, v["fields"]["more"][0]["sha256"].as_str().unwrap());
    let sent = [("fields", keep.as_str()), ("reason", "bỏ bớt")];
    let (s, v) = c.api_files("POST", &at, &[("if-match", "\"2\"")], &sent, &[("more", "d.txt", b"D")]).await;
    assert_eq!((s, names(&v, "more")), (StatusCode::OK, vec!["a.txt".to_owned(), "d.txt".into()]), "{v}");
    assert_eq!(v["title"], "Hai lần");
    assert!(c.get(&format!("{at}/history")).await.1.body().contains("bỏ bớt"));
    // the same messages as the form; nothing is half-saved
    let big = vec![b'a'; registers::MOST_FILE + 1];
    for (file, words) in [
        (("scan", "to.txt", big.as_slice()), "lớn hơn 20 MB"),
        (("more", "virus.exe", b"MZ\x90\0"), "nội dung tệp không thuộc loại được nhận"),
        (("scn", "a.txt", b"A"), "«scan»"),
        (("name", "a.txt", b"A"), "không phải trường tệp"),
    ] {
        let (s, v) = c.api_files("PATCH", &at, &[("if-match", "\"3\"")], &[("fields", r#"{"name":"Ba"}"#)], &[file]).await;
        assert!(s == 422 && v.to_string().contains(words), "{s} {v}");
    }
    for texts in [[("fields", "[")], [("name", "x")], [("fields", r#"{"nam":"x"}"#)]] {
        let (s, v) = c.api_files("POST", "/api/v1/paper", &[], &texts, &[]).await;
        assert!(s == 400 || s == 422, "{s} {v}");
    }
    assert_eq!(c.api_files("PATCH", &at, &[], &[], &[("scan", "t.txt", b"T")]).await.0, 428);
    assert_eq!(c.api_files("PATCH", &at, &[("if-match", "\"1\"")], &[], &[("scan", "u.txt", b"U")]).await.0, 412);
    assert_eq!(c.json("POST", &at, &[("if-match", "\"3\"")], r#"{"fields":{"name":"x"}}"#).await.0, 405);
    let (_, r) = c.get(&at).await;
    assert!(r.body().contains("\"version\":3") && r.body().contains("Hai lần"), "{}", r.body());
    let (_, doc) = c.get("/api/v1/openapi.json").await;
    let doc: serde_json::Value = serde_json::from_str(doc.body()).unwrap();
    let body = |path: &str, method: &str| {
        doc["paths"][path][method]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"].clone()
    };
    assert_eq!(body("/api/v1/paper", "post")["scan"]["format"], "binary");
    assert_eq!(body("/api/v1/paper/{id}", "patch")["more"]["type"], "array");
    assert!(body("/api/v1/paper/{id}", "post").is_object() && body("/api/v1/agency", "post").is_null());
}

#[tokio::test]
async fn a_masked_file_is_downloaded_with_a_reason_that_is_written_down() {
    let c = client().await;
    let (s, made) = c.api_files("POST", "/api/v1/dossier", &[], &[("fields", r#"{"name":"An"}"#)], &[("card", "the.txt", b"AN")]).await;
    assert_eq!(s, 201, "{made}");
    assert!(made["masked"].to_string().contains("card") && !made.to_string().contains("the.txt"), "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let (page, api) = (format!("/r/dossier/{id}"), format!("/api/v1/dossier/{id}"));
    assert!(!c.get(&page).await.1.body().contains("the.txt"));
    assert_eq!(c.post(&format!("{page}/unmask"), &[("reason", "")]).await.0, 422);
    let (s, shown) = c.post(&format!("{page}/unmask"), &[("reason", "cấp thẻ")]).await;
    assert_eq!(s, 200);
    let sha = shown.body().split(&format!("action=\"{page}/file/card/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = format!("{page}/file/card/{sha}");
    assert_eq!(c.get(&file).await.0, 403, "no address gives it away");
    assert_eq!(c.post(&file, &[]).await.0, 422, "not without a reason");
    let (s, r) = c.post(&file, &[("reason", "cấp thẻ")]).await;
    assert_eq!((s, r.body().as_str()), (StatusCode::OK, "AN"));
    // API: the record in clear, then its file
    assert_eq!(c.json("POST", &format!("{api}/unmask"), &[], "{}").await.0, 422);
    let (s, r) = c.json("POST", &format!("{api}/unmask"), &[], r#"{"reason":"đối chiếu"}"#).await;
    assert!(s == 200 && r.body().contains("the.txt"), "{}", r.body());
    let (s, r) = c.json("POST", &format!("{api}/files/card/{sha}/unmask"), &[], r#"{"reason":"đối chiếu"}"#).await;
    assert_eq!((s, r.body().as_str()), (StatusCode::OK, "AN"));
    assert_eq!(c.get(&format!("{api}/files/card/{sha}")).await.0, 403);
    let (_, r) = c.get(&format!("{page}?tab=history")).await;
    assert_eq!(r.body().matches("Xem thông tin cá nhân").count(), 4, "each look is a leaf: {}", r.body());
    assert!(r.body().contains("đối chiếu (tệp “the.txt”)"), "{}", r.body());
}
