//! Errors of room operations.

use livekit_protocol::request_response::Reason;

use crate::rtc_engine::EngineError;
use crate::webrtc::{RtcError, RtcErrorType};

/// Result of a room operation.
pub type RoomResult<T> = Result<T, RoomError>;

/// Failure of a room operation.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The connection to the server failed.
    #[error("engine: {0}")]
    Engine(#[from] EngineError),
    /// Any other failure.
    #[error("room failure: {0}")]
    Internal(String),
    /// A WebRTC operation failed.
    #[error("rtc: {0}")]
    Rtc(#[from] RtcError),
    /// The track, or another track of the same source, is already published.
    #[error("this track or a track of the same source is already published")]
    TrackAlreadyPublished,
    /// The room has been left or has ended.
    #[error("already closed")]
    AlreadyClosed,
    /// The server rejected the request.
    #[error("request error: {reason:?} - {message}")]
    Request {
        /// Reason code.
        reason: Reason,
        /// Message of the server.
        message: String,
    },
}

/// All reasons the server can give for rejecting a request.
const REASONS: [Reason; 12] = [
    Reason::Ok,
    Reason::NotFound,
    Reason::NotAllowed,
    Reason::LimitExceeded,
    Reason::Queued,
    Reason::UnsupportedType,
    Reason::UnclassifiedError,
    Reason::InvalidHandle,
    Reason::InvalidName,
    Reason::DuplicateHandle,
    Reason::DuplicateName,
    Reason::InvalidRequest,
];

impl RoomError {
    /// Parses the text of an error reported by the engine, which formats an error of this same
    /// type.
    pub(crate) fn parse(text: &str) -> Self {
        for plain in [Self::TrackAlreadyPublished, Self::AlreadyClosed] {
            if text == plain.to_string() {
                return plain;
            }
        }
        if let Some(rest) = text.strip_prefix("engine: ") {
            return Self::Engine(EngineError::parse(rest));
        }
        if let Some(rest) = text.strip_prefix("rtc: ") {
            return Self::Rtc(RtcError {
                error_type: RtcErrorType::Internal,
                message: rest.to_owned(),
            });
        }
        let request = text
            .strip_prefix("request error: ")
            .and_then(|rest| rest.split_once(" - "));
        let refused = request.and_then(|(reason, message)| {
            let reason = REASONS
                .into_iter()
                .find(|known| format!("{known:?}") == reason)?;
            Some(Self::Request {
                reason,
                message: message.to_owned(),
            })
        });
        refused.unwrap_or_else(|| {
            Self::Internal(
                text.strip_prefix("room failure: ")
                    .unwrap_or(text)
                    .to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc_engine::SignalError;

    #[test]
    fn errors_round_trip_through_their_text() {
        let all = [
            RoomError::TrackAlreadyPublished,
            RoomError::AlreadyClosed,
            RoomError::Internal("no such thing".into()),
            RoomError::Request {
                reason: Reason::NotAllowed,
                message: "no - not you".into(),
            },
            RoomError::Engine(EngineError::Connection("lost".into())),
            RoomError::Engine(EngineError::Internal("odd".into())),
            RoomError::Engine(EngineError::Signal(SignalError::TokenFormat)),
            RoomError::Engine(EngineError::Signal(SignalError::Client(
                "401 Unauthorized - invalid token".into(),
            ))),
            RoomError::Engine(EngineError::Signal(SignalError::Connection(
                "refused".into(),
            ))),
            RoomError::Engine(EngineError::Signal(SignalError::UrlParse(
                "relative".into(),
            ))),
            RoomError::Engine(EngineError::Signal(SignalError::Other(
                "signal timeout".into(),
            ))),
        ];
        for error in all {
            let parsed = RoomError::parse(&error.to_string());
            assert_eq!(format!("{parsed:?}"), format!("{error:?}"));
        }
    }
}
