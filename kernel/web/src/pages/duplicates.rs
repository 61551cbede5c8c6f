//! Records that are probably one, and filters kept under a name.

use access::Verb;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::html;
use registers::{duplicates, saved};
use store::Error;

use crate::app::App;
use crate::components::{empty, heading};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::FormData;
use crate::links;
use crate::pages::list::definition;
use crate::security::form_pairs;
use crate::shell::{Page, redirect_with};
use crate::values;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/r/{register}/duplicates", get(show))
        .route("/r/{register}/filters", post(save))
        .route("/r/{register}/filters/{id}/remove", post(remove))
}

const MOST: usize = 100;

async fn show(ctx: Ctx, Path(register): Path<String>) -> PageResult {
    let def = definition(&ctx, &register)?;
    let reg_id = register.clone();
    let groups = ctx.read(move |tx, w| duplicates(tx, &w.reg, &w.may(Verb::Read, &reg_id)?, MOST)).await?;
    let (base, lang) = (format!("/r/{register}"), ctx.lang());
    let title = format!("{}: {}", ctx.t("Có thể trùng", "Likely duplicates"), lang.label(&def.register.label));
    let sub = ctx.t(
        "Mở từng bản ghi, giữ bản đúng, rút bản thừa (có ghi lý do).",
        "Open each, keep the right one, withdraw the others with a reason.",
    );
    let body = html! {
        (heading(&title, Some(html! { (sub) }), None))
        @if groups.is_empty() { (empty(ctx.t("Không thấy bản ghi nào giống nhau.", "No likely duplicates."), html! {})) }
        @for g in &groups { section.card {
            h2 { (ctx.t("Giống nhau ở", "Alike in")) " " (values::label_of(def, &g.field, lang).to_lowercase()) }
            ul { @for (id, name) in &g.records { li { a href=(format!("{base}/{id}")) { (name) } } } }
        } }
        @if groups.len() == MOST { p.muted { (ctx.t("Chỉ hiện", "Only the first")) " " (fmt::int(MOST as i64)) " " (ctx.t("nhóm đầu.", "groups.")) } }
    };
    Ok(Page::new(title).active(&base).crumb(lang.label(&def.register.label), &base).body(body).respond(&ctx))
}

/// Keeps the list's present address (sent as `query`) under a name.
async fn save(ctx: Ctx, Path(register): Path<String>, f: FormData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let Some(name) = f.filled("name").map(str::to_owned) else {
        return Err(Error::invalid("name", "Đặt tên cho bộ lọc.").into());
    };
    let pairs = FormData(form_pairs(f.text("query").as_bytes()));
    let query = registers::Query { after: None, ..links::parse(def, &pairs)? };
    let (back, shared, reg_id) = (links::href(&format!("/r/{register}"), &query), f.has("shared"), register.clone());
    ctx.write(move |tx, w| saved::save(tx, &w.reg, &w.actor, &reg_id, &name, &query, shared)).await?;
    redirect_with(&ctx, &back, "met", ctx.t("Đã lưu bộ lọc.", "Filter saved."))
}

async fn remove(ctx: Ctx, Path((register, id)): Path<(String, String)>) -> PageResult {
    ctx.write(move |tx, w| saved::remove(tx, &w.actor, &id)).await?;
    redirect_with(&ctx, &format!("/r/{register}"), "met", ctx.t("Đã bỏ bộ lọc.", "Filter removed."))
}
