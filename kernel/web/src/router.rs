//! One router of all doors, with the layers every request passes.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

use crate::app::App;
use crate::{api, assets, budget, dress, pages, security};

/// Greatest body of a form or an API call, bytes. Routes that take files set their own.
pub const MOST_BODY: usize = 1 << 20;

/// The whole application. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the rate limit
/// knows addresses.
pub fn router(app: App) -> Router {
    let mut r = Router::new().merge(pages::routes()).merge(api::routes()).merge(assets::routes()).route("/healthz", get(health));
    for m in app.modules {
        r = r.merge(m.pages()).merge(m.api());
    }
    r.layer(DefaultBodyLimit::max(MOST_BODY))
        .route_layer(from_fn(dress::note_route))
        .layer(from_fn_with_state(app.clone(), budget::bounded))
        .layer(from_fn_with_state(app.clone(), security::csrf))
        .layer(from_fn_with_state(app.clone(), dress::dress))
        .layer(from_fn_with_state(app.clone(), security::headers))
        .with_state(app)
}

/// Can it read the database? 200 or (dressed) 503.
async fn health(axum::extract::State(app): axum::extract::State<App>) -> Result<&'static str, crate::Fail> {
    app.read(|tx| crate::store::head(tx).map(drop)).await?;
    Ok("ok\n")
}
