//! Pages of the module.

mod campaign;
mod list;
mod report;
mod summary;

use web::App;
use web::axum::Router;
use web::axum::http::{HeaderValue, header};
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};

use crate::document::KINDS;

/// Addresses under `/reports`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/reports", get(list::show))
        .route("/reports/campaign/{id}", get(campaign::show))
        .route("/reports/campaign/{id}/open", post(campaign::open))
        .route("/reports/campaign/{id}/close", post(campaign::close))
        .route("/reports/campaign/{id}/task", post(campaign::task))
        .route("/reports/campaign/{id}/remind", post(campaign::remind))
        .route("/reports/campaign/{id}/letter", post(campaign::letter))
        .route("/reports/campaign/{id}/summary", get(summary::show).post(summary::begin))
        .route("/reports/campaign/{id}/summary/file/{kind}", get(summary::file))
        .route("/reports/summary/{id}", post(summary::edit))
        .route("/reports/summary/{id}/freeze", post(summary::freeze))
        .route("/reports/report/{id}", get(report::show).post(report::save))
        .route("/reports/report/{id}/file/{kind}", get(report::file))
        .route("/reports/report/{id}/{step}", post(report::act))
}

/// A file to take away; `name` is ASCII and without ending.
pub fn attachment(bytes: Vec<u8>, name: &str, ending: &str) -> Response {
    let mime = KINDS.iter().find(|(e, _)| *e == ending).map_or("application/octet-stream", |(_, m)| m);
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(mime)), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// Label and colour of a state of a register.
pub fn state_of(ctx: &web::Ctx, register: &str, state: Option<&str>) -> (String, web::Tone) {
    let state = state.unwrap_or_default();
    let found = ctx.reg().registers.get(register).and_then(|d| d.states.iter().find(|s| s.id == state));
    found.map_or_else(|| (state.to_owned(), web::Tone::Plain), |s| (ctx.lang().label(&s.label).to_owned(), web::Tone::parse(&s.tone)))
}

/// "trước ngày 05/12/2026 (hạn cuối 23:59:59 ngày 04/12/2026)".
pub fn deadline(campaign: &registers::Record, lang: web::Lang) -> String {
    let before = web::fmt::date(campaign.text("due_before").unwrap_or_default());
    let last = crate::campaign::last_day(campaign).map(|d| web::fmt::date(&d)).unwrap_or_default();
    format!("{} {before} ({} 23:59:59 {} {last})", lang.t("trước ngày", "before"), lang.t("hạn cuối", "last moment"), lang.t("ngày", "on"))
}

/// A figure in a cell: sums of money stand under their share, so that they do not squeeze the other columns.
pub fn figure(words: &str) -> web::maud::Markup {
    use web::maud::html;
    match words.split_once(" · ").and_then(|(sums, share)| Some((sums.split_once(" / ")?, share))) {
        Some(((part, whole), share)) => html! { (share) div.muted.small { (part) } div.muted.small { "/ " (whole) } },
        None => html! { (words) },
    }
}
