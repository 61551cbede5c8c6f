//! Offers records for a link while one types, and resolves typed words when there is no script.

use std::collections::BTreeMap;

use access::Verb;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use registers::{Field, FieldType, Query, actions};
use store::{FieldError, Result, Tx};

use crate::app::App;
use crate::ctx::{Ctx, Who};
use crate::error::Fail;
use crate::forms::{FormData, QueryData};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/suggest/{register}", get(suggest))
}

/// Ids and titles by field.
pub(super) type Offers = BTreeMap<String, Vec<(String, String)>>;

async fn suggest(ctx: Ctx, Path(register): Path<String>, q: QueryData) -> Result<Response, Fail> {
    let words: String = q.text("q").chars().take(80).collect();
    let rows = ctx.read(move |tx, w| candidates(tx, w, &register, &words, 12)).await?;
    Ok(Json(rows).into_response())
}

fn candidates(tx: &mut Tx, w: &Who, register: &str, words: &str, limit: u32) -> Result<Vec<(String, String)>> {
    let scope = w.may(Verb::Read, register)?;
    actions::suggest(tx, &w.reg, &scope, words, limit)
}

/// Titles of records by id, those in scope.
pub(super) fn titles(tx: &mut Tx, w: &Who, register: &str, ids: Vec<String>) -> Result<Vec<(String, String)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let scope = w.may(Verb::Read, register)?;
    let q = Query { ids: Some(ids.clone()), as_of: Some("all".into()), limit: Some(500), ..Query::default() };
    let found = actions::list(tx, &w.reg, &scope, &q)?.items;
    Ok(ids.iter().filter_map(|id| found.iter().find(|r| r.id == *id).map(|r| (r.id.clone(), r.title.clone()))).collect())
}

/// Titles for every link of a form, so that it can be shown again.
pub(super) fn chosen(tx: &mut Tx, w: &Who, fields: &[&Field], form: &FormData) -> Result<Offers> {
    let mut out = Offers::new();
    for f in fields {
        if let FieldType::Link(t) | FieldType::Links(t) = &f.kind {
            let ids: Vec<String> = form.all(&f.id).map(str::to_owned).collect();
            // a link whose register one may not read keeps its id, without a title
            let found = titles(tx, w, t, ids.clone()).unwrap_or_default();
            let named = ids.into_iter().map(|id| found.iter().find(|(i, _)| *i == id).cloned().unwrap_or_else(|| (id.clone(), id)));
            out.insert(f.id.clone(), named.collect());
        }
    }
    Ok(out)
}

/// Words typed into a link's box and sent with the form: one match is taken, several are offered, none is an error.
pub(super) fn resolve(tx: &mut Tx, w: &Who, fields: &[&Field], form: &FormData) -> Result<(FormData, Offers, Vec<FieldError>)> {
    let (mut out, mut offers, mut errors) = (form.clone(), Offers::new(), vec![]);
    for f in fields {
        let (FieldType::Link(t) | FieldType::Links(t)) = &f.kind else {
            continue;
        };
        let key = format!("{}__q", f.id);
        let Some(words) = form.filled(&key) else {
            continue;
        };
        let found = candidates(tx, w, t, words, 8)?;
        let exact = found.iter().find(|(_, title)| text::fold(title) == text::fold(words)).cloned();
        let one = exact.or_else(|| (found.len() == 1).then(|| found[0].clone()));
        let message = match one {
            Some((id, _)) => {
                if matches!(f.kind, FieldType::Link(_)) {
                    out.0.retain(|(k, _)| *k != f.id);
                }
                out.0.retain(|(k, _)| *k != key);
                out.0.push((f.id.clone(), id));
                continue;
            }
            None if found.is_empty() => {
                format!("Không tìm thấy «{words}». Thử ít chữ hơn, hoặc thêm vào sổ đó trước.")
            }
            None => format!("Có {} kết quả cho «{words}». Chọn một trong các dòng dưới đây.", found.len()),
        };
        errors.push(FieldError { field: f.id.clone(), message });
        offers.insert(f.id.clone(), found);
    }
    Ok((out, offers, errors))
}
