//! Errors, statistics and failure simulation of a room's connection.

use std::borrow::Cow;

use crate::webrtc::RtcError;
use crate::webrtc::stats::RtcStats;

/// Result of an operation on the connection.
pub type EngineResult<T> = Result<T, EngineError>;

/// Failure of the connection to the server.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Signaling failed: the server is unreachable or rejected the request.
    #[error("signal failure: {0}")]
    Signal(#[from] SignalError),
    /// The WebRTC engine failed.
    #[error("internal webrtc failure")]
    Rtc(#[from] RtcError),
    /// The connection was lost or could not be established.
    #[error("connection error: {0}")]
    Connection(Cow<'static, str>),
    /// Unexpected, unrecoverable error.
    #[error("internal error: {0}")]
    Internal(Cow<'static, str>),
}

/// Failure of the connection to the server's signaling endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The server address is not a valid URL.
    #[error("failed to parse the url: {0}")]
    UrlParse(String),
    /// The access token contains invalid characters.
    #[error("access token has invalid characters")]
    TokenFormat,
    /// The server rejected the request with status 4xx; contains the reason.
    #[error("client error: {0}")]
    Client(String),
    /// The server failed with status 5xx; contains the reason.
    #[error("server error: {0}")]
    Server(String),
    /// The server is unreachable.
    #[error("transport connection error: {0}")]
    Connection(String),
    /// Any other error; contains the engine's message.
    #[error("{0}")]
    Other(String),
}

impl EngineError {
    /// Parses the text of an error reported by the engine.
    pub(crate) fn parse(text: &str) -> Self {
        let own = |text: &str| Cow::Owned(text.to_owned());
        if let Some(rest) = text.strip_prefix("signal failure: ") {
            return Self::Signal(SignalError::parse(rest));
        }
        if let Some(rest) = text.strip_prefix("connection error: ") {
            return Self::Connection(own(rest));
        }
        Self::Internal(own(text.strip_prefix("internal error: ").unwrap_or(text)))
    }
}

impl SignalError {
    fn parse(text: &str) -> Self {
        type Kind = (&'static str, fn(String) -> SignalError);
        const KINDS: [Kind; 4] = [
            ("failed to parse the url: ", SignalError::UrlParse),
            ("client error: ", SignalError::Client),
            ("server error: ", SignalError::Server),
            ("transport connection error: ", SignalError::Connection),
        ];
        if text == Self::TokenFormat.to_string() {
            return Self::TokenFormat;
        }
        let kind = KINDS
            .iter()
            .find_map(|(prefix, kind)| text.strip_prefix(prefix).map(|rest| kind(rest.to_owned())));
        kind.unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

/// Statistics of both transports. With a single peer connection, the subscriber's are empty.
#[derive(Debug, Clone)]
pub struct SessionStats {
    /// Statistics of the publisher transport.
    pub publisher_stats: Vec<RtcStats>,
    /// Statistics of the subscriber transport.
    pub subscriber_stats: Vec<RtcStats>,
}

/// A connection failure to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulateScenario {
    /// Forces a full reconnect: tracks are published again.
    FullReconnect,
}
