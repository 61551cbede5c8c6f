//! Errors at the edge: a handler returns [`Fail`]; the outermost layer dresses it as a page or as problem+json.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use store::Error;

/// What handlers of pages return.
pub type PageResult = Result<Response, Fail>;

/// A [`store::Error`] on its way out.
#[derive(Debug)]
pub struct Fail(pub Error);

impl From<Error> for Fail {
    fn from(e: Error) -> Self {
        Fail(e)
    }
}

/// Travels in the response's extensions from the handler to the layer that knows language and door.
#[derive(Debug, Clone)]
pub struct Failure(pub Arc<Error>);

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Error::Internal(m) = &self.0 {
            tracing::error!(error = %m, "internal error");
        }
        let mut r = status.into_response();
        r.extensions_mut().insert(Failure(Arc::new(self.0)));
        r
    }
}

/// 404 with a text.
pub fn not_found(what: impl Into<String>) -> Fail {
    Fail(Error::NotFound(what.into()))
}
/// 400 with a text.
pub fn bad_request(what: impl Into<String>) -> Fail {
    Fail(Error::BadRequest(what.into()))
}
/// 403 with a text.
pub fn forbidden(what: impl Into<String>) -> Fail {
    Fail(Error::Forbidden(what.into()))
}
