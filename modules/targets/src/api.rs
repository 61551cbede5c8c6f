//! `/api/v1/targets`: figures and their records.

use access::Verb;
use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::get;
use web::axum::{Json, Router};
use web::forms::QueryData;

use crate::catalogue::Catalogue;
use crate::cli::{day, figure_json, listed};
use crate::figures::{ctx as question, figures, total};

/// Addresses under `/api/v1/targets`.
pub fn router() -> Router<App> {
    Router::new().route("/api/v1/quality", get(quality)).route("/api/v1/targets", get(all)).route("/api/v1/targets/{id}", get(one))
}

async fn all(actor: Api, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "figure")?;
    let as_of = day(q.filled("as_of"), &actor.app.today())?;
    let items = actor.read(move |tx, who| listed(tx, &who.reg, &who.actor, as_of.as_deref().unwrap_or(&who.today))).await?;
    Ok(Json(json!({ "items": items })).into_response())
}

async fn one(actor: Api, Path(id): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "figure")?;
    let as_of = day(q.filled("as_of"), &actor.app.today())?;
    let body = actor
        .read(move |tx, who| {
            let c = Catalogue::of(&who.reg)?.compiled(&id)?;
            let on = as_of.as_deref().unwrap_or(&who.today);
            let by = figures(tx, c, "", &question(&who.actor, c, on)?)?;
            let agencies: Vec<Value> = by
                .iter()
                .filter(|(_, f)| f.population() + f.excluded > 0)
                .map(|(a, f)| json!({ "agency": a, "met": f.met, "unmet": f.unmet, "unknown": f.unknown, "excluded": f.excluded }))
                .collect();
            let mut out = figure_json(&c.indicator, &crate::rollup(&by), on);
            out["agencies"] = Value::Array(agencies);
            let mut parts = Vec::new();
            let mut pooled = rules::Figure::default();
            for p in &c.parts {
                let f = total(tx, c, &p.id, &question(&who.actor, c, on)?)?;
                pooled = pooled.plus(f);
                parts.push(json!({ "id": p.id, "label": p.label.vi, "met": f.met, "unmet": f.unmet, "unknown": f.unknown, "percent": f.percent() }));
            }
            if !parts.is_empty() {
                out["parts"] = Value::Array(parts);
            }
            if c.indicator.pooled.is_some() {
                out["pooled"] = json!({ "met": pooled.met, "unmet": pooled.unmet, "unknown": pooled.unknown, "percent": pooled.percent() });
            }
            Ok(out)
        })
        .await?;
    Ok(Json(body).into_response())
}

async fn quality(actor: Api) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "figure")?;
    let body =
        actor.read(|tx, who| Ok(crate::pages::quality::as_json(&crate::quality::all(tx, &who.reg, &who.actor, &who.today)?))).await?;
    Ok(Json(body).into_response())
}

/// Path items for OpenAPI.
pub fn openapi() -> Map<String, Value> {
    let as_of = json!({ "name": "as_of", "in": "query", "schema": { "type": "string", "format": "date" } });
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
    let op = |name: &str, what: &str, parameters: Value| json!({ "get": { "operationId": name, "tags": ["targets"], "summary": what, "parameters": parameters, "responses": { "200": { "description": what }, "default": { "$ref": "#/components/responses/Problem" } } } });
    Map::from_iter([
        ("/api/v1/quality".to_owned(), op("quality", "Data-quality checks and their six scores", json!([]))),
        ("/api/v1/targets".to_owned(), op("targets_list", "All indicators with their figures", json!([as_of]))),
        ("/api/v1/targets/{id}".to_owned(), op("targets_get", "One indicator by agency", json!([id, as_of]))),
    ])
}
