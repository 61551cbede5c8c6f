//! What a form or an address carries: pairs in order, several of one name allowed.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use store::{Error, FieldError, Result};

use crate::error::Fail;
use crate::security::form_pairs;

/// Pairs of a form. As an extractor it reads an `application/x-www-form-urlencoded` body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormData(pub Vec<(String, String)>);

impl FormData {
    /// First value of this name, as typed.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }
    /// First value, without space around it; empty counts as absent.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|v| !v.is_empty())
    }
    /// First value or the empty text.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }
    /// All values of this name that are not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, v)| k == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
    /// Is there a pair of this name?
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(k, _)| k == name)
    }
    /// The record version a form was opened on.
    pub fn version(&self) -> Result<i64> {
        self.filled("version")
            .and_then(|v| v.parse().ok())
            .ok_or_else(|| Error::BadRequest("Biểu mẫu thiếu số phiên bản của bản ghi. Mở lại bản ghi rồi sửa.".into()))
    }
    /// The value, or an error on this field.
    pub fn required(&self, name: &str, label: &str, errors: &mut Vec<FieldError>) -> String {
        if let Some(v) = self.filled(name) {
            return v.to_owned();
        }
        errors.push(FieldError { field: name.to_owned(), message: format!("Chưa điền {}.", label.to_lowercase()) });
        String::new()
    }
}

impl<S: Send + Sync> FromRequest<S> for FormData {
    type Rejection = axum::response::Response;

    async fn from_request(req: Request, state: &S) -> Result<Self, Self::Rejection> {
        use axum::response::IntoResponse;
        let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let bytes = Bytes::from_request(req, state).await.map_err(IntoResponse::into_response)?;
        if !bytes.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        Ok(FormData(form_pairs(&bytes)))
    }
}

/// Pairs of the address. Never refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryData(pub FormData);

impl<S: Send + Sync> FromRequestParts<S> for QueryData {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        Ok(QueryData(FormData(form_pairs(parts.uri.query().unwrap_or("").as_bytes()))))
    }
}

impl std::ops::Deref for QueryData {
    type Target = FormData;
    fn deref(&self) -> &FormData {
        &self.0
    }
}

/// A key that makes a double press create one record only: the one that was sent, or a new one.
pub fn once(ctx: &crate::ctx::Ctx, sent: Option<&FormData>) -> String {
    match sent.and_then(|f| f.filled("once")) {
        Some(k) => k.to_owned(),
        None => store::new_uuid_v7(ctx.app.now(), &store::SystemIds),
    }
}
