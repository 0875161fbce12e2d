//! Conversion of native core failures to [`StreamError`].

use std::io;

use livekit_data_stream::api::StreamError;

use crate::ffi::FfiError;
use crate::proto;

/// Errors without fields. The core's errors are of the same type, so their texts are equal.
const PLAIN: [fn() -> StreamError; 11] = [
    || StreamError::AlreadyClosed,
    || StreamError::InvalidHeader,
    || StreamError::MissedChunk,
    || StreamError::LengthExceeded,
    || StreamError::Incomplete,
    || StreamError::SendFailed,
    || StreamError::Internal,
    || StreamError::HeaderTooLarge,
    || StreamError::PayloadTooLarge,
    || StreamError::Decompression,
    || StreamError::InvalidFileName,
];

impl From<FfiError> for StreamError {
    fn from(error: FfiError) -> Self {
        match error {
            FfiError::Closed => Self::AlreadyClosed,
            FfiError::TimedOut => Self::SendFailed,
            other => {
                tracing::debug!(target: "livekit", error = %other, "data stream request failed");
                Self::Internal
            }
        }
    }
}

/// Parses an error that the core reports as text.
pub(super) fn failure(error: proto::StreamError) -> StreamError {
    let text = error.description;
    if let Some(plain) = PLAIN
        .iter()
        .map(|plain| plain())
        .find(|plain| plain.to_string() == text)
    {
        return plain;
    }
    if let Some(reason) = text.strip_prefix("stream closed abnormally: ") {
        return StreamError::AbnormalEnd(reason.to_owned());
    }
    if let Some(reason) = text.strip_prefix("I/O error: ") {
        return StreamError::Io(io::Error::other(reason.to_owned()));
    }
    StreamError::AbnormalEnd(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(error: &StreamError) -> StreamError {
        failure(proto::StreamError {
            description: error.to_string(),
        })
    }

    #[test]
    fn every_plain_error_round_trips_through_the_core() {
        for plain in PLAIN {
            let error = plain();
            assert_eq!(
                std::mem::discriminant(&copied(&error)),
                std::mem::discriminant(&error),
                "{error}"
            );
        }
    }

    #[test]
    fn a_reason_round_trips_through_the_core() {
        assert!(
            matches!(copied(&StreamError::AbnormalEnd("gone".into())), StreamError::AbnormalEnd(why) if why == "gone")
        );
        assert!(
            matches!(copied(&io::Error::other("full").into()), StreamError::Io(why) if why.to_string() == "full")
        );
    }

    #[test]
    fn an_unknown_error_keeps_its_text() {
        let unknown = failure(proto::StreamError {
            description: "new in this core".into(),
        });
        assert!(matches!(unknown, StreamError::AbnormalEnd(why) if why == "new in this core"));
    }
}
