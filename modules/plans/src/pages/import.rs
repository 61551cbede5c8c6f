//! `/plans/import`: take a document, accept or discard its reading.

use access::Verb;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::components::{FieldView, InputKind, error_summary, field, form_actions, heading};
use web::maud::{Markup, html};
use web::uploads::{self, Posted};
use web::{Ctx, FormData, Page, PageResult, redirect, redirect_with};

use crate::service;

/// The upload form.
pub async fn form(ctx: Ctx) -> PageResult {
    ctx.may(Verb::Create, "plan")?;
    Ok(page(&ctx, &[], ""))
}

fn page(ctx: &Ctx, errors: &[FieldError], pasted: &str) -> web::axum::response::Response {
    let lang = ctx.lang();
    // one of the two is needed: neither is optional by itself
    let file = FieldView::line("file", lang.t("Tệp kế hoạch (.docx, .pdf, .txt)", "Plan file (.docx, .pdf, .txt)"), "")
        .kind(InputKind::File)
        .required()
        .help(lang.t(
            "Tệp .pdf phải có lớp chữ; bản quét ảnh cần nhận dạng chữ trước.",
            "A .pdf needs a text layer; scanned pages must be recognised first.",
        ))
        .errors(errors);
    let text = FieldView::line("text", lang.t("Hoặc dán toàn văn", "Or paste the full text"), pasted)
        .kind(InputKind::Area)
        .required()
        .errors(errors);
    let label = |f: &str| if f == "file" { lang.t("Tệp kế hoạch", "Plan file").to_owned() } else { f.to_owned() };
    let body: Markup = html! {
        (heading(lang.t("Nhập văn bản kế hoạch", "Import a plan"), Some(html! { (lang.t("Đọc xong bạn xem lại từng mục rồi mới chấp nhận; chưa có gì được tạo trước lúc đó.", "You review everything before anything is created.")) }), None))
        (error_summary(errors, label, lang))
        form.card method="post" enctype="multipart/form-data" action="/plans/import" {
            (web::shell::csrf(&ctx.look))
            p { (lang.t("Chọn một trong hai: gửi tệp, hoặc dán toàn văn.", "One of the two: a file, or the full text.")) }
            (field(&file, lang))
            (field(&text, lang))
            (form_actions(lang.t("Đọc văn bản", "Read the document"), "/plans", lang))
        }
    };
    let status = if errors.is_empty() { web::axum::http::StatusCode::OK } else { web::axum::http::StatusCode::UNPROCESSABLE_ENTITY };
    Page::new(lang.t("Nhập kế hoạch", "Import a plan"))
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb_text(lang.t("Nhập văn bản", "Import"))
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx)
}

/// Reads what was sent; back to the form with the reason when it cannot be read.
pub async fn upload(ctx: Ctx, mut posted: Posted) -> PageResult {
    ctx.may(Verb::Create, "plan")?;
    let pasted = posted.form().text("text").to_owned();
    let (mut name, sent) = posted.take("file").unwrap_or_else(|| (String::new(), None));
    // the document and its text are in memory until they are stored: few at a time
    let _turn = uploads::turn().await?;
    let mut bytes = match sent {
        Some(file) => web::blocking(move || file.read()).await??,
        None if name.is_empty() => Vec::new(),
        None => return Err(Error::BadRequest("Tệp lớn hơn mức cho phép. Gửi lại tệp nhỏ hơn 20 MB.".into()).into()),
    };
    if bytes.is_empty() && !pasted.trim().is_empty() {
        (bytes, name) = (pasted.clone().into_bytes(), ctx.t("văn bản dán.txt", "pasted.txt").to_owned());
    }
    if bytes.is_empty() {
        let message = if name.is_empty() {
            "Chọn tệp kế hoạch, hoặc dán toàn văn vào ô bên dưới.".into()
        } else {
            format!("Tệp «{name}» rỗng, không có byte nào. Mở tệp gốc kiểm tra, rồi chọn lại hoặc dán toàn văn vào ô bên dưới.")
        };
        let error = FieldError { field: "file".into(), message };
        return Ok(page(&ctx, &[error], &pasted));
    }
    // reading may take a second for a large document: not on the async threads
    let (for_reading, file_name) = (bytes.clone(), name.clone());
    let read = web::blocking(move || service::read_document(&for_reading, &file_name)).await?;
    let reading = match read {
        Ok(r) => r,
        Err(Error::Invalid(errors)) => return Ok(page(&ctx, &errors, &pasted)),
        Err(e) => return Err(e.into()),
    };
    let id = ctx.write(move |tx, who| service::upload(tx, &who.reg, &who.actor, reading, bytes, &name, &who.today)).await?;
    Ok(redirect(&format!("/plans/import/{id}")))
}

/// Throws the reading away.
pub async fn discard(ctx: Ctx, Path(id): Path<String>, _: FormData) -> PageResult {
    ctx.may(Verb::Create, "plan")?;
    ctx.write(move |tx, who| service::discard(tx, &who.actor, &id)).await?;
    redirect_with(&ctx, "/plans", "plain", ctx.t("Đã bỏ bản đọc. Văn bản gốc của bạn không bị ảnh hưởng.", "The reading was discarded."))
}
