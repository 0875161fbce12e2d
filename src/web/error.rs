//! Why a request is refused, as JSON.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

/// Why a request is refused. None of it repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// A field is wrong, or all of it.
    #[error("{0}")]
    Body(&'static str),
    /// What was to open a room does not.
    #[error("this token does not open that room again: ask without it for a new one")]
    Rejoin,
    /// A name that leads here and is not ours.
    #[error("this host is not served here")]
    Host,
    /// Somebody else's page.
    #[error("pages of this origin may not ask here: see --allow-origin")]
    Origin,
    /// Nothing is there.
    #[error("there is nothing here")]
    NotFound,
    /// Something is there, for other methods.
    #[error("this method is not for this address")]
    Method,
    /// The body takes too long to come.
    #[error("the request took too long")]
    TooSlow,
    /// The body is too long.
    #[error("the body is too long: 16 KiB are allowed")]
    TooLarge,
    /// The body is something else.
    #[error("the body must be application/json")]
    NotJson,
    /// Too many tokens were asked for.
    #[error("too many requests: try again later")]
    TooMany(Duration),
    /// The key cannot sign.
    #[error("no token can be made")]
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
            // Whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }
}
