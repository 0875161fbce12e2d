//! Errors and statistics of a room's connection.

use std::borrow::Cow;

use crate::webrtc::RtcError;
use crate::webrtc::stats::RtcStats;

/// The result of a request to the connection.
pub type EngineResult<T> = Result<T, EngineError>;

/// The connection to the server failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Signalling: the server cannot be reached, or refuses.
    #[error("signal failure: {0}")]
    Signal(#[from] SignalError),
    /// Media.
    #[error("internal webrtc failure")]
    Rtc(#[from] RtcError),
    /// The connection was lost or did not come to be.
    #[error("connection error: {0}")]
    Connection(Cow<'static, str>),
    /// Unexpected; there is no recovery.
    #[error("internal error: {0}")]
    Internal(Cow<'static, str>),
}

/// What went wrong between this client and the server's signalling endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The address of the server is not a URL.
    #[error("failed to parse the url: {0}")]
    UrlParse(String),
    /// The token has characters no token has.
    #[error("access token has invalid characters")]
    TokenFormat,
    /// The server refuses: status 4xx, with its reason.
    #[error("client error: {0}")]
    Client(String),
    /// The server failed: status 5xx, with its reason.
    #[error("server error: {0}")]
    Server(String),
    /// The server cannot be reached.
    #[error("transport connection error: {0}")]
    Connection(String),
    /// Anything else, in the engine's words.
    #[error("{0}")]
    Other(String),
}

impl EngineError {
    /// The error the engine described in words.
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

/// Statistics of both transports; with a single connection the second is empty.
#[derive(Debug, Clone)]
pub struct SessionStats {
    /// Of what is sent.
    pub publisher_stats: Vec<RtcStats>,
    /// Of what is received.
    pub subscriber_stats: Vec<RtcStats>,
}

/// A way to break a connection on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulateScenario {
    /// Closes signalling; the connection is resumed.
    SignalReconnect,
    /// The server says somebody speaks.
    Speaker,
    /// The server's node fails.
    NodeFailure,
    /// The server asks to leave.
    ServerLeave,
    /// The server moves the session to another node.
    Migration,
    /// Media goes over TCP.
    ForceTcp,
    /// Media goes over TLS.
    ForceTls,
    /// A full reconnect: tracks are published anew.
    FullReconnect,
    /// A resume that fails, and so becomes a full reconnect.
    DisconnectSignalOnResume,
}
