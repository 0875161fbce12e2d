//! Failures of the media engine.

/// Kind of an [`RtcError`].
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcErrorType {
    /// Internal failure of the engine.
    Internal,
    /// The object is in the wrong state for the operation, or an argument is invalid.
    InvalidState,
}

/// A failure of the media engine.
#[derive(Debug, Clone, thiserror::Error)]
#[error("an RtcError occurred: {error_type:?} - {message}")]
pub struct RtcError {
    /// Kind of the failure.
    pub error_type: RtcErrorType,
    /// Description of the failure.
    pub message: String,
}

impl RtcError {
    /// Creates an error for an invalid argument or an object in the wrong state.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            error_type: RtcErrorType::InvalidState,
            message: message.into(),
        }
    }

    /// Creates an error for a failure of the engine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            error_type: RtcErrorType::Internal,
            message: message.into(),
        }
    }
}
