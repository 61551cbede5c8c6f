//! `/documents/outgoing/{id}`: a document as it will look, its files, number and day with one press. And the same for programs.

use access::Verb;
use registers::{Record, Registry, actions};
use serde_json::{Map, Value, json};
use store::{Error, Result, Tx};
use web::api::{Api, ApiFail};
use web::axum::body::Bytes;
use web::axum::extract::Path;
use web::axum::http::header;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};
use web::components::{heading, link_button, notice, tag};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{App, Ctx, FormData, Lang, Page, PageResult, Tone, fmt, redirect_with};

use crate::outgoing::{self, REGISTER};

/// Addresses of the pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/documents/outgoing/{id}", get(show))
        .route("/documents/outgoing/{id}/issue", post(issue))
        .route("/documents/outgoing/{id}/file/{kind}", get(file))
}

/// Addresses for programs.
pub fn api() -> Router<App> {
    Router::new().route("/api/v1/documents/outgoing/{id}/issue", post(api_issue))
}

fn one(tx: &mut Tx, reg: &Registry, actor: &access::Actor, id: &str) -> Result<Record> {
    actions::get(tx, reg, &actor.may(Verb::Read, REGISTER)?, id)
}

async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let (r, next, may) = ctx
        .read(move |tx, who| {
            let r = one(tx, &who.reg, &who.actor, &id)?;
            let (agency, symbol) = (r.text("agency").unwrap_or_default(), r.text("symbol").unwrap_or_default());
            let year = who.today.get(..4).unwrap_or_default();
            let next = outgoing::next_number(tx, &who.reg, agency, symbol, year)?;
            let may = actions::transitions_for(tx, &who.reg, &who.actor, REGISTER, &r.id)?.iter().any(|t| t.id == "issue");
            Ok((r, next, may))
        })
        .await?;
    let lang = ctx.lang();
    let draft = r.state.as_deref() == Some("draft");
    let d = outgoing::document(ctx.reg(), &r, &ctx.app.config.place);
    let number = r.int("number").map_or_else(|| lang.t("chưa có số", "no number").to_owned(), |n| format!("{n}/{}", d.head.symbol));
    let state = match r.state.as_deref() {
        Some("issued") => tag(Tone::Met, lang.t("Đã ban hành", "Issued")),
        Some("void") => tag(Tone::None, lang.t("Đã hủy, giữ số", "Void")),
        _ => tag(Tone::Soon, lang.t("Dự thảo", "Draft")),
    };
    let sub = html! { (state) " " (number) @if let Some(day) = r.text("issued_on") { " · " (fmt::date(day)) } };
    let body = html! {
        (heading(&d.head.subject, Some(sub), Some(buttons(&ctx, &r, lang))))
        @if draft && may {
            (notice(Tone::Soon, html! { (lang.t("Số tiếp theo của ký hiệu này:", "The next number of this symbol:")) " " b { (next) "/" (d.head.symbol) } ". " (lang.t("Lấy số xong thì tệp .docx và .pdf được chốt; ký xong thêm bản đã ký vào bản ghi.", "Numbering freezes the .docx and .pdf; add the signed copy to the record afterwards.")) }))
            form.inline method="post" action={"/documents/outgoing/" (r.id) "/issue"} {
                (csrf(&ctx.look)) input type="hidden" name="version" value=(r.version);
                button.btn.main type="submit" { (lang.t("Lấy số, ban hành", "Number and issue")) }
            }
        }
        (sheet(&d, lang))
    };
    Ok(Page::new(d.head.subject.clone())
        .active("/r/outgoing_document")
        .crumb(lang.t("Văn bản đi", "Outgoing documents"), "/r/outgoing_document")
        .crumb_text(number)
        .body(body)
        .respond(&ctx))
}

fn buttons(ctx: &Ctx, r: &Record, lang: Lang) -> Markup {
    let record = format!("/r/outgoing_document/{}", r.id);
    html! {
        @if r.state.as_deref() == Some("draft") && ctx.can(Verb::Update, REGISTER) { (link_button(&format!("{record}/edit"), lang.t("Sửa", "Edit"))) }
        @if ctx.can(Verb::Export, REGISTER) {
            a.btn href={"/documents/outgoing/" (r.id) "/file/docx"} { ".docx" }
            a.btn href={"/documents/outgoing/" (r.id) "/file/pdf"} { ".pdf" }
        }
        @if let Some(about) = r.text("about").filter(|a| a.starts_with('/') && !a.starts_with("//")) { (link_button(about, lang.t("Nơi lập", "Where it was made"))) }
        (link_button(&record, lang.t("Bản ghi, lịch sử", "Record, history")))
    }
}

/// The words of the document in reading order; the files have the official layout.
fn sheet(d: &documents::Document, lang: Lang) -> Markup {
    html! {
        section.card.doc {
            p { b { (d.head.agency) } }
            @if !d.head.addressees.is_empty() {
                p { (lang.t("Kính gửi:", "To:")) }
                ul { @for a in &d.head.addressees { li { (a) } } }
            }
            @for b in &d.blocks { @if let documents::Block::Paragraph { text } = b { p { (text.to_plain()) } } }
            @if !d.recipients.is_empty() {
                p.muted { (lang.t("Nơi nhận:", "Copies:")) " " (d.recipients.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join("; ")) }
            }
            @for a in &d.annexes {
                h2 { (lang.t("Phụ lục", "Annex")) ": " (a.title) }
                @for b in &a.blocks { @if let documents::Block::Table(t) = b { (annex_table(t)) } }
            }
        }
    }
}

fn annex_table(t: &documents::Table) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { @for row in &t.header { tr { @for c in &row.cells { th scope="col" { (c.text.to_plain()) } } } } }
                tbody { @for row in &t.rows { tr { @for c in &row.cells { td { (c.text.to_plain()) } } } } }
            }
        }
    }
}

async fn issue(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (back, place) = (format!("/documents/outgoing/{id}"), ctx.app.config.place.clone());
    let done = ctx.write(move |tx, who| outgoing::issue(tx, &who.reg, &who.actor, &id, version, &place, &who.today)).await;
    match done {
        Ok(r) => {
            let number = format!("{}/{}", r.int("number").unwrap_or(0), r.text("symbol").unwrap_or_default());
            redirect_with(&ctx, &back, "met", &format!("{} {number}.", ctx.t("Đã ban hành số", "Issued as number")))
        }
        Err(Error::Invalid(list)) => {
            let why: Vec<String> = list.into_iter().map(|e| e.message).collect();
            redirect_with(&ctx, &back, "unmet", &why.join(" "))
        }
        Err(Error::Conflict(why)) => redirect_with(&ctx, &back, "unmet", &why),
        Err(e) => Err(e.into()),
    }
}

async fn file(ctx: Ctx, Path((id, kind)): Path<(String, String)>) -> PageResult {
    ctx.may(Verb::Export, REGISTER)?;
    let place = ctx.app.config.place.clone();
    let (d, name) = ctx
        .read(move |tx, who| {
            let r = one(tx, &who.reg, &who.actor, &id)?;
            let number = r.int("number").map_or_else(|| "du-thao".to_owned(), |n| n.to_string());
            Ok((outgoing::document(&who.reg, &r, &place), number))
        })
        .await?;
    let (media, bytes) = match kind.as_str() {
        "docx" => (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            web::blocking(move || d.to_docx()).await?.map_err(Error::internal)?,
        ),
        "pdf" => ("application/pdf", web::blocking(move || d.to_pdf()).await?.map_err(Error::internal)?),
        _ => return Err(web::not_found("Chọn .docx hoặc .pdf.")),
    };
    let disposition = format!("attachment; filename=\"van-ban-{name}.{kind}\"");
    Ok(([(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// `{"version": n}`.
async fn api_issue(actor: Api, Path(id): Path<String>, body: Bytes) -> Result<Response, ApiFail> {
    actor.may(Verb::Transition, REGISTER)?;
    let version = serde_json::from_slice::<Value>(&body).ok().and_then(|v| v["version"].as_i64());
    let Some(version) = version else {
        return Err(Error::invalid("version", "Thiếu “version”: số phiên bản của bản ghi đã đọc, ví dụ {\"version\": 1}.").into());
    };
    let place = actor.app.config.place.clone();
    let r = actor.write(move |tx, who| outgoing::issue(tx, &who.reg, &who.actor, &id, version, &place, &who.today)).await?;
    let told = json!({ "id": r.id, "version": r.version, "number": r.int("number"), "symbol": r.text("symbol"), "issued_on": r.text("issued_on") });
    Ok(Json(told).into_response())
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let what = "Give an outgoing document its number and day";
    let op = json!({ "operationId": "outgoing_issue", "tags": ["documents"], "summary": what,
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "type": "object", "required": ["version"], "properties": { "version": { "type": "integer" } } } } } },
        "responses": { "200": { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } });
    Map::from_iter([("/api/v1/documents/outgoing/{id}/issue".to_owned(), json!({ "post": op }))])
}
