//! Errors of rooms.

use livekit_protocol::request_response::Reason;

use crate::rtc_engine::EngineError;
use crate::webrtc::{RtcError, RtcErrorType};

/// The result of a request to a room.
pub type RoomResult<T> = Result<T, RoomError>;

/// A request to a room failed.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The connection failed.
    #[error("engine: {0}")]
    Engine(#[from] EngineError),
    /// Anything else.
    #[error("room failure: {0}")]
    Internal(String),
    /// Media failed.
    #[error("rtc: {0}")]
    Rtc(#[from] RtcError),
    /// It is published already, or something else of the same source is.
    #[error("this track or a track of the same source is already published")]
    TrackAlreadyPublished,
    /// The room was left, or has ended.
    #[error("already closed")]
    AlreadyClosed,
    /// The server refuses.
    #[error("request error: {reason:?} - {message}")]
    Request {
        /// Why.
        reason: Reason,
        /// In its words.
        message: String,
    },
}

/// The reasons a server can refuse for.
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
    /// The error the engine described in words: it was one of these on its side.
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
    fn errors_survive_the_way_through_words() {
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
