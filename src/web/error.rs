//! Error responses of the web server, as JSON.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

/// Why a request was refused. The messages never repeat what the client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// The body or one of its fields is invalid.
    #[error("{0}")]
    Body(&'static str),
    /// The bearer token does not allow returning to that room.
    #[error("this token is not valid for that room: request a new one without it")]
    Rejoin,
    /// The `Host` header is not one of ours.
    #[error("unknown host")]
    Host,
    /// The request comes from a page of another origin.
    #[error("this origin is not allowed: see --allow-origin")]
    Origin,
    /// The path does not exist.
    #[error("not found")]
    NotFound,
    /// The path exists, but not for this method.
    #[error("method not allowed")]
    Method,
    /// The body did not arrive in time.
    #[error("the request body did not arrive in time")]
    TooSlow,
    /// The body is too large.
    #[error("the body is too large: the limit is 16 KiB")]
    TooLarge,
    /// The body is not JSON.
    #[error("the body must be application/json")]
    NotJson,
    /// The rate limit was reached; retry after this long.
    #[error("too many requests: try again later")]
    TooMany(Duration),
    /// Signing the token failed.
    #[error("the token could not be created")]
    Internal,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Rejoin => StatusCode::UNAUTHORIZED,
            Self::Host | Self::Origin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.to_string() }));
        let head = [(CACHE_CONTROL, "no-store")];
        let mut answer = (self.status(), head, body).into_response();
        if let Self::TooMany(wait) = self {
            // Rounded up to whole seconds, so that no client retries too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }
}
