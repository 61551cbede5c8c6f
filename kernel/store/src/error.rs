//! The one error of kernel, modules and server. Doors turn it into a page, problem+json or an exit code.

use std::fmt;

/// What went wrong with one field of one row, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// Field id of the definition (empty: the record as a whole).
    pub field: String,
    /// Vietnamese message: what is wrong and how to mend it.
    pub message: String,
}

/// Everything an action may answer instead of its result.
#[derive(Debug)]
pub enum Error {
    /// Nobody is signed in (HTTP 401).
    Unauthenticated,
    /// Signed in, but may not (HTTP 403). The text says what was refused, in Vietnamese.
    Forbidden(String),
    /// No such thing, or not in the reader's scope: the two are not told apart (HTTP 404).
    NotFound(String),
    /// Somebody else changed it first, or it exists already (HTTP 409 / 412).
    Conflict(String),
    /// The input breaks rules of the definition (HTTP 422).
    Invalid(Vec<FieldError>),
    /// The request itself cannot be read (HTTP 400).
    BadRequest(String),
    /// The disk is full, the file is read-only, or the database is away: nothing was saved (HTTP 503).
    Unavailable(String),
    /// A defect of ours. The text is for the log, never for the page (HTTP 500).
    Internal(String),
}

/// Result of every action.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }
    /// A defect of ours, for the log.
    pub fn internal(e: impl fmt::Display) -> Self {
        Error::Internal(e.to_string())
    }
    /// HTTP status that every door uses for this error.
    pub fn status(&self) -> u16 {
        match self {
            Error::Unauthenticated => 401,
            Error::Forbidden(_) => 403,
            Error::NotFound(_) => 404,
            Error::Conflict(_) => 409,
            Error::Invalid(_) => 422,
            Error::BadRequest(_) => 400,
            Error::Unavailable(_) => 503,
            Error::Internal(_) => 500,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unauthenticated => f.write_str("Bạn chưa đăng nhập."),
            Error::Forbidden(m) | Error::NotFound(m) | Error::Conflict(m) | Error::BadRequest(m) | Error::Unavailable(m) => f.write_str(m),
            Error::Invalid(list) => {
                for (i, e) in list.iter().enumerate() {
                    if i > 0 {
                        f.write_str(" ")?;
                    }
                    // the message names the field as people know it; the key is for programs
                    f.write_str(&e.message)?;
                }
                Ok(())
            }
            Error::Internal(m) => write!(f, "Lỗi bên trong: {m}"),
        }
    }
}

impl std::error::Error for Error {}
