//! Errors as `application/problem+json` (RFC 9457), with the list of fields.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use store::Error;

use crate::error::{Fail, Failure};

/// Short word of a status, the last part of `type`.
fn kind(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("bad-request", "Không đọc được yêu cầu"),
        401 => ("unauthenticated", "Chưa đăng nhập"),
        403 => ("forbidden", "Không có quyền"),
        404 => ("not-found", "Không tìm thấy"),
        405 => ("method-not-allowed", "Phương thức không được nhận"),
        409 => ("conflict", "Đã có thay đổi khác"),
        412 => ("precondition-failed", "Phiên bản đã cũ"),
        413 => ("too-large", "Nội dung quá lớn"),
        415 => ("unsupported-media-type", "Kiểu nội dung không được nhận"),
        422 => ("invalid", "Nội dung chưa hợp lệ"),
        428 => ("precondition-required", "Thiếu If-Match"),
        429 => ("too-many-requests", "Quá nhiều yêu cầu"),
        503 => ("unavailable", "Tạm thời không phục vụ được"),
        _ => ("internal", "Lỗi bên trong"),
    }
}

/// An error of the API, with a status that may be finer than the error's own (412, 413, 428).
#[derive(Debug)]
pub struct ApiFail {
    status: StatusCode,
    error: Error,
}

impl ApiFail {
    /// A status with a text.
    pub fn status(status: StatusCode, text: &str) -> Self {
        Self { status, error: Error::BadRequest(text.to_owned()) }
    }
    /// The version in `If-Match` is not the present one.
    pub fn stale() -> Self {
        Self::status(StatusCode::PRECONDITION_FAILED, "Bản ghi đã có phiên bản mới hơn. Đọc lại, rồi gửi với ETag mới.")
    }
}

impl From<Error> for ApiFail {
    fn from(error: Error) -> Self {
        Self { status: StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error }
    }
}

impl IntoResponse for ApiFail {
    fn into_response(self) -> Response {
        if matches!(self.error, Error::Internal(_)) {
            return Fail(self.error).into_response();
        }
        let mut r = self.status.into_response();
        r.extensions_mut().insert(Failure(Arc::new(self.error)));
        r
    }
}

/// The JSON of a problem. Our own defects give no detail.
pub fn body(status: StatusCode, error: Option<&Error>, instance: &str) -> Value {
    let (word, title) = kind(status);
    let mut v = json!({ "type": format!("urn:lachan:problem:{word}"), "title": title, "status": status.as_u16(), "instance": instance });
    match error {
        Some(Error::Invalid(list)) => {
            v["detail"] = json!(format!("Có {} chỗ cần sửa.", list.len()));
            v["errors"] = json!(list);
        }
        Some(Error::Internal(_)) | None => {}
        Some(e) => v["detail"] = json!(e.to_string()),
    }
    v
}

/// The response of a problem.
pub fn response(status: StatusCode, error: Option<&Error>, instance: &str) -> Response {
    let body = body(status, error, instance).to_string();
    let mut r = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        r.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer realm=\"lachan\""));
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_their_shape_and_keep_secrets() {
        let v = body(StatusCode::UNPROCESSABLE_ENTITY, Some(&Error::invalid("name", "Chưa điền họ tên.")), "/api/v1/person");
        assert_eq!(v["type"], "urn:lachan:problem:invalid");
        assert_eq!(v["errors"][0]["field"], "name");
        assert_eq!(v["status"], 422);
        let v = body(StatusCode::INTERNAL_SERVER_ERROR, Some(&Error::Internal("password=1".into())), "/x");
        assert!(!v.to_string().contains("password"), "{v}");
    }
}
