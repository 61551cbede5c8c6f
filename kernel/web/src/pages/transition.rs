//! A move to another state, with the fields it demands.

use access::Verb;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use registers::definition::Transition;
use registers::{Definition, Field, Record, actions};
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{FieldView, InputKind, error_summary, field, form_actions, heading};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::forms::FormData;
use crate::pages::edit::{Draft, form_of};
use crate::pages::list::definition;
use crate::pages::record::Rights;
use crate::pages::suggest::{Offers, resolve};
use crate::shell::{Page, csrf, redirect, redirect_with};
use crate::uploads::{self, MOST_POST, Posted};
use crate::values;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/r/{register}/{id}/transition/{transition}", get(show).post(act).layer(DefaultBodyLimit::max(MOST_POST)))
}

fn find<'a>(ctx: &Ctx, def: &'a Definition, r: &Record, open: &[String], id: &str) -> Result<&'a Transition, Error> {
    let Some(t) = def.transitions.iter().find(|t| t.id == id) else {
        return Err(Error::NotFound(format!("Sổ này không có bước «{id}».")));
    };
    if open.contains(&t.id) {
        return Ok(t);
    }
    let now = r.state.as_deref().and_then(|s| values::state_of(def, s)).map_or_else(String::new, |s| ctx.lang().label(&s.label).to_owned());
    if t.from.iter().any(|s| Some(s) == r.state.as_ref()) {
        Err(Error::Forbidden(refusal(ctx, t)))
    } else {
        Err(Error::Conflict(format!("Bản ghi đang ở trạng thái «{now}», không làm được bước «{}».", ctx.lang().label(&t.label))))
    }
}

fn refusal(ctx: &Ctx, t: &Transition) -> String {
    let label = ctx.lang().label(&t.label);
    if t.second_person {
        format!("Bước «{label}» cần vai trò khác, hoặc phải do người khác với người đã trình hoặc sửa bản ghi thực hiện.")
    } else {
        format!("Vai trò của bạn không làm bước «{label}» với bản ghi này.")
    }
}

/// The record and the moves open from it.
async fn load(ctx: &Ctx, register: &str, id: &str) -> Result<(Record, Vec<String>), Error> {
    let (register, id) = (register.to_owned(), id.to_owned());
    ctx.read(move |tx, w| {
        let r = actions::get(tx, &w.reg, &w.may(Verb::Read, &register)?, &id)?;
        let open = Rights::of(tx, w, &r)?.moves;
        Ok((r, open))
    })
    .await
}

fn demanded<'a>(def: &'a Definition, t: &Transition) -> Vec<&'a Field> {
    t.demands.iter().filter_map(|id| values::field_of(def, id)).collect()
}

async fn show(ctx: Ctx, Path((register, id, transition)): Path<(String, String, String)>) -> PageResult {
    let def = definition(&ctx, &register)?;
    let (r, open) = load(&ctx, &register, &id).await?;
    let t = find(&ctx, def, &r, &open, &transition)?;
    if let Some(place) = t.place(&id) {
        return Ok(redirect(&place));
    }
    let form = form_of(&demanded(def, t), &r);
    let d = draft(&ctx, def, t, form, Offers::new(), vec![], r.masked.clone()).await?;
    Ok(render(&ctx, def, &r, t, &d, StatusCode::OK))
}

async fn draft(
    ctx: &Ctx,
    def: &Definition,
    t: &Transition,
    form: FormData,
    offers: Offers,
    errors: Vec<FieldError>,
    masked: Vec<String>,
) -> Result<Draft, Error> {
    let (register, ids) = (def.register.id.clone(), t.demands.clone());
    ctx.read(move |tx, w| {
        let Some(def) = w.reg.registers.get(&register) else {
            return Err(Error::NotFound(String::new()));
        };
        let fields: Vec<&Field> = ids.iter().filter_map(|id| values::field_of(def, id)).collect();
        Draft::load(tx, w, &fields, form, offers, errors, masked)
    })
    .await
}

fn render(ctx: &Ctx, def: &Definition, r: &Record, t: &Transition, d: &Draft, status: StatusCode) -> Response {
    let lang = ctx.lang();
    let (list, back) = (format!("/r/{}", r.register), format!("/r/{}/{}", r.register, r.id));
    let label = lang.label(&t.label);
    let to = values::state_of(def, &t.to).map_or("", |s| lang.label(&s.label));
    let files = demanded(def, t).iter().any(|f| f.kind.is_file());
    let here = format!("{back}/transition/{}", t.id);
    let body = html! {
        (heading(label, Some(html! { (r.title) " → " strong { (to) } }), None))
        (error_summary(&d.errors, |f| values::label_of(def, f, lang), lang))
        @if t.second_person { p.muted { (ctx.t("Bước này phải do người khác với người đã trình hoặc sửa bản ghi thực hiện.", "Somebody else than who submitted or changed the record must do this.")) } }
        form method="post" enctype=[files.then_some("multipart/form-data")] action=[files.then_some(&here)] {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(r.version);
            (d.inputs(ctx, &demanded(def, t)))
            (field(&FieldView { required: t.reason, ..FieldView::line("reason", ctx.t("Lý do", "Reason"), d.form.text("reason")).kind(InputKind::Area).errors(&d.errors) }, lang))
            (form_actions(label, &back, lang))
        }
    };
    Page::new(format!("{label}: {}", r.title))
        .active(&list)
        .crumb(lang.label(&def.register.label), &list)
        .crumb(&r.title, &back)
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx)
}

async fn act(ctx: Ctx, Path((register, id, transition)): Path<(String, String, String)>, f: Posted) -> PageResult {
    let def = definition(&ctx, &register)?;
    let (r, open) = load(&ctx, &register, &id).await?;
    let t = find(&ctx, def, &r, &open, &transition)?;
    let version = f.form().version()?;
    let (f, wrong) = f.settle(&ctx).await?;
    let (reg_id, tr) = (register.clone(), transition.clone());
    let (form, offers, mut errors) = ctx
        .read(move |tx, w| {
            let Some(def) = w.reg.registers.get(&reg_id) else {
                return Err(Error::NotFound(String::new()));
            };
            let fields = def.transitions.iter().find(|t| t.id == tr).map(|t| demanded(def, t)).unwrap_or_default();
            resolve(tx, w, &fields, &f)
        })
        .await?;
    errors.extend(wrong);
    let mut values = match values::parse_all(demanded(def, t), &form, &r.masked) {
        Ok(v) => v,
        Err(more) => {
            errors.extend(more);
            Default::default()
        }
    };
    if let Err(more) = uploads::attach(&ctx, demanded(def, t), &form, &mut values) {
        errors.extend(more);
    }
    if t.reason && form.filled("reason").is_none() {
        errors.push(FieldError { field: "reason".into(), message: "Ghi lý do của bước này.".into() });
    }
    if errors.is_empty() {
        let (reg_id, rec, tr, reason) = (register.clone(), id.clone(), transition.clone(), form.filled("reason").map(str::to_owned));
        let done =
            ctx.write(move |tx, w| actions::step(tx, &w.reg, &w.actor, &reg_id, &rec, version, &tr, values, reason.as_deref())).await;
        match done {
            Ok(_) => {
                uploads::forget(&ctx, &form);
                return redirect_with(
                    &ctx,
                    &format!("/r/{register}/{id}"),
                    "met",
                    &format!("{}: {}.", ctx.t("Đã làm bước", "Done"), ctx.lang().label(&t.label)),
                );
            }
            Err(Error::Invalid(list)) => errors = list,
            Err(e) => return Err(e.into()),
        }
    }
    let d = draft(&ctx, def, t, form, offers, errors, r.masked.clone()).await?;
    Ok(render(&ctx, def, &Record { version, ..r }, t, &d, StatusCode::UNPROCESSABLE_ENTITY))
}
