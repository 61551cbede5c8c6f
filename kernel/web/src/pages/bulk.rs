//! The same change to many chosen records, all or nothing.

use access::Verb;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use maud::html;
use registers::{Definition, Field, Query, actions};
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{error_summary, form_actions, heading};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::pages::edit::{Draft, form_fields};
use crate::pages::list::definition;
use crate::pages::suggest::{Offers, resolve};
use crate::shell::{Page, csrf, redirect, redirect_with};
use crate::values;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/r/{register}/bulk", get(bulk_form).post(bulk))
}

/// Fields that make sense for many records at once.
fn bulk_fields(def: &Definition) -> Vec<&Field> {
    let keyed = |id: &str| def.register.keys.iter().any(|k| k.iter().any(|f| f == id));
    form_fields(def).into_iter().filter(|f| !keyed(&f.id) && f.sensitive.is_none() && !f.kind.is_file()).collect()
}

async fn bulk_form(ctx: Ctx, Path(register): Path<String>, q: QueryData) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Update, &register)?;
    bulk_page(&ctx, def, q.0, vec![], Offers::new(), StatusCode::OK).await
}

async fn bulk_page(ctx: &Ctx, def: &Definition, f: FormData, errors: Vec<FieldError>, offers: Offers, status: StatusCode) -> PageResult {
    let ids: Vec<String> = f.all("id").map(str::to_owned).take(500).collect();
    if ids.is_empty() {
        return Ok(redirect(&format!("/r/{}", def.register.id)));
    }
    let reg_id = def.register.id.clone();
    let (found, d) = ctx
        .read(move |tx, w| {
            let Some(def) = w.reg.registers.get(&reg_id) else {
                return Err(Error::NotFound(String::new()));
            };
            let q = Query { ids: Some(ids), limit: Some(500), as_of: Some("all".into()), ..Query::default() };
            let found = actions::list(tx, &w.reg, &w.may(Verb::Read, &reg_id)?, &q)?.items;
            Ok((found, Draft::load(tx, w, &bulk_fields(def), f, offers, errors, vec![])?))
        })
        .await?;
    let (lang, list) = (ctx.lang(), format!("/r/{}", def.register.id));
    let title = format!("{} {} {}", ctx.t("Sửa", "Edit"), fmt::int(found.len() as i64), ctx.t("bản ghi cùng lúc", "records at once"));
    let body = html! {
        (heading(&title, Some(html! { (ctx.t("Đánh dấu trường cần đổi rồi điền giá trị mới. Tất cả được lưu, hoặc không bản ghi nào.", "Tick the fields to change and fill the new values. All are saved, or none.")) }), None))
        (error_summary(&d.errors, |f| values::label_of(def, f, lang), lang))
        details { summary { (ctx.t("Xem các bản ghi đã chọn", "Show the chosen records")) } ul { @for r in &found { li { a href=(format!("{list}/{}", r.id)) { (r.title) } } } } }
        form method="post" {
            (csrf(&ctx.look))
            @for r in &found { input type="hidden" name="id" value=(r.id); input type="hidden" name="seen" value={(r.id) ":" (r.version)}; }
            @for f in bulk_fields(def) {
                label.check { input type="checkbox" name="change" value=(f.id) checked[d.form.all("change").any(|c| c == f.id)]; " " (ctx.t("Đổi", "Change")) " " strong { (lang.label(&f.label)) } }
                (d.inputs(ctx, &[f]))
            }
            (crate::components::field(&crate::components::FieldView::line("reason", ctx.t("Lý do", "Reason"), d.form.text("reason")), lang))
            (form_actions(ctx.t("Lưu tất cả", "Save all"), &list, lang))
        }
    };
    Ok(Page::new(title).active(&list).crumb(lang.label(&def.register.label), &list).narrow().status(status).body(body).respond(ctx))
}

async fn bulk(ctx: Ctx, Path(register): Path<String>, f: FormData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let reg_id = register.clone();
    let names: Vec<String> = f.all("change").map(str::to_owned).collect();
    let form = f.clone();
    let picked = names.clone();
    let (form, offers, mut errors) = ctx
        .read(move |tx, w| {
            let Some(def) = w.reg.registers.get(&reg_id) else {
                return Err(Error::NotFound(String::new()));
            };
            let fields: Vec<&Field> = bulk_fields(def).into_iter().filter(|f| picked.contains(&f.id)).collect();
            resolve(tx, w, &fields, &form)
        })
        .await?;
    let fields: Vec<&Field> = bulk_fields(def).into_iter().filter(|f| names.contains(&f.id)).collect();
    if fields.is_empty() {
        errors.push(FieldError {
            field: String::new(),
            message: ctx.t("Đánh dấu ít nhất một trường cần đổi.", "Tick at least one field.").into(),
        });
    }
    let values = match values::parse_all(fields, &form, &[]) {
        Ok(v) => v,
        Err(more) => {
            errors.extend(more);
            Default::default()
        }
    };
    if !errors.is_empty() {
        return bulk_page(&ctx, def, form, errors, offers, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let ids: Vec<String> = form.all("id").map(str::to_owned).collect();
    // the versions before the person's eyes; a form that names none (a program) takes the present ones
    let pair = |s: &str| s.split_once(':').and_then(|(id, v)| Some((id.to_owned(), v.parse::<i64>().ok()?)));
    let seen: std::collections::BTreeMap<String, i64> = form.all("seen").filter_map(pair).collect();
    let (reg_id, reason) = (register.clone(), form.filled("reason").map(str::to_owned));
    match ctx.write(move |tx, w| actions::bulk_update(tx, &w.reg, &w.actor, &reg_id, &ids, &seen, values, reason.as_deref())).await {
        Ok(n) => redirect_with(
            &ctx,
            &format!("/r/{register}"),
            "met",
            &format!("{} {n} {}", ctx.t("Đã lưu", "Saved"), ctx.t("bản ghi.", "records.")),
        ),
        Err(Error::Invalid(list)) => bulk_page(&ctx, def, form, list, Offers::new(), StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(e) => Err(e.into()),
    }
}
