//! Why a message of the client is refused.

/// Code that closes the WebSocket after a refusal.
pub(super) const POLICY: u16 = 1_008;

/// The fields of a `session.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) param: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
        }
    }

    pub(super) fn of(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(code, message)
        }
    }

    /// The credential is missing or invalid.
    pub(super) fn unauthorized() -> Self {
        Self::new("unauthorized", "Authentication failed")
    }
}
