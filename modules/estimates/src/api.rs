//! `/api/v1/estimates`: the sums of a year. Proposals are written by the generic API of `funding_proposal`.

use access::Verb;
use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::get;
use web::axum::{Json, Router};
use web::forms::QueryData;

use crate::{asked_year, document, pages, sums};

/// Addresses under `/api/v1/estimates`.
pub fn router() -> Router<App> {
    Router::new().route("/api/v1/estimates", get(show)).route("/api/v1/estimates/file/{kind}", get(file))
}

fn year(q: &QueryData) -> Result<i64, ApiFail> {
    asked_year(q.filled("year"))?.ok_or_else(|| store::Error::invalid("year", "Thiếu năm: ?year=2027.").into())
}

async fn show(actor: Api, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "funding_proposal")?;
    let year = year(&q)?;
    let y = actor.read(move |tx, who| sums::of(tx, &who.reg, &who.actor, year, None)).await?;
    Ok(Json(y).into_response())
}

async fn file(actor: Api, Path(kind): Path<String>, q: QueryData) -> Result<Response, ApiFail> {
    actor.may(Verb::Export, "funding_proposal")?;
    let (year, ending) = (year(&q)?, kind.clone());
    let bytes = actor
        .read(move |tx, who| {
            let (y, agency) = (sums::of(tx, &who.reg, &who.actor, year, None)?, pages::signer(tx, who)?);
            document::write(&document::of(&y, &agency, "", &who.today)?, &kind)
        })
        .await?;
    Ok(pages::attachment(bytes, &ending, year))
}

/// Paths of the OpenAPI document.
pub fn openapi() -> Map<String, Value> {
    let ok = |text: &str| json!({ "200": { "description": text }, "default": { "$ref": "#/components/responses/problem" } });
    let year =
        json!({ "name": "year", "in": "query", "required": true, "schema": { "type": "integer", "minimum": 2015, "maximum": 2100 } });
    let kind = json!({ "name": "kind", "in": "path", "required": true, "schema": { "type": "string", "enum": ["docx", "pdf", "xlsx"] } });
    Map::from_iter([
        (
            "/api/v1/estimates".to_owned(),
            json!({ "get": { "operationId": "estimates", "summary": "Proposals of a year added up by task, source and agency, in đồng",
                "tags": ["estimates"], "parameters": [year], "responses": ok("Sums") } }),
        ),
        (
            "/api/v1/estimates/file/{kind}".to_owned(),
            json!({ "get": { "operationId": "estimates_file", "summary": "The consolidated estimate as docx, pdf or xlsx",
                "tags": ["estimates"], "parameters": [kind, year], "responses": ok("The file") } }),
        ),
    ])
}
