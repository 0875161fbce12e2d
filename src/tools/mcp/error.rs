//! Why a server is not there, in words that hold nothing of what passed between it and us.

use std::error::Error;
use std::process::ExitStatus;
use std::time::Duration;

use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

/// Why a server is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Its program could not be run.
    #[error("it cannot be started: {0}")]
    Start(std::io::Error),
    /// Its process is gone.
    #[error("its process ended ({0})")]
    Ended(ExitStatus),
    /// It did not answer.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// The other side hung up.
    #[error("the connection was closed")]
    Closed,
    /// No connection.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// An HTTP status that is none of success.
    #[error("it answers HTTP {0}{hint}", hint = hint(*.0))]
    Http(u16),
    /// It answered with an error of JSON-RPC.
    #[error("it answers with error {0}")]
    Refused(i32),
    /// It answered with something else than was asked for.
    #[error("it does not speak MCP as expected")]
    Protocol,
}

fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => ": check its headers",
        404 | 405 => ": check its url",
        _ => "",
    }
}

impl From<ClientInitializeError> for ConnectError {
    fn from(error: ClientInitializeError) -> Self {
        match error {
            ClientInitializeError::TransportError { error, .. } => error.into(),
            ClientInitializeError::JsonRpcError(error) => Self::Refused(error.code.0),
            ClientInitializeError::ConnectionClosed(_) => Self::Closed,
            _ => Self::Protocol,
        }
    }
}

impl From<ServiceError> for ConnectError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::TransportSend(error) => error.into(),
            ServiceError::McpError(error) => Self::Refused(error.code.0),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => Self::Closed,
            _ => Self::Protocol,
        }
    }
}

impl From<DynamicTransportError> for ConnectError {
    fn from(error: DynamicTransportError) -> Self {
        match error
            .error
            .downcast::<StreamableHttpError<reqwest::Error>>()
        {
            Ok(error) => (*error).into(),
            // A pipe that broke: its process tells more.
            Err(_) => Self::Closed,
        }
    }
}

impl From<StreamableHttpError<reqwest::Error>> for ConnectError {
    fn from(error: StreamableHttpError<reqwest::Error>) -> Self {
        match error {
            StreamableHttpError::Client(error) => match error.status() {
                Some(status) => Self::Http(status.as_u16()),
                None => Self::Unreachable(innermost(&error.without_url())),
            },
            StreamableHttpError::HttpStatus(error) => Self::Http(error.status),
            StreamableHttpError::AuthRequired(_) => Self::Http(401),
            StreamableHttpError::InsufficientScope(_) => Self::Http(403),
            StreamableHttpError::SessionExpired => Self::Http(404),
            StreamableHttpError::UnexpectedServerResponse(said) => {
                status(&said).map_or(Self::Protocol, Self::Http)
            }
            StreamableHttpError::TransportChannelClosed
            | StreamableHttpError::UnexpectedEndOfStream => Self::Closed,
            _ => Self::Protocol,
        }
    }
}

/// The status in `HTTP 404 Not Found: …`, of which the rest is the server's own words.
fn status(said: &str) -> Option<u16> {
    said.strip_prefix("HTTP ")?.get(..3)?.parse().ok()
}

/// What lies under all wrappings, such as `Connection refused (os error 111)`.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_left_out() {
        let said = "HTTP 418 I'm a teapot: token sk-1 is bad".into();
        let error = ConnectError::from(StreamableHttpError::UnexpectedServerResponse(said));
        assert_eq!(error.to_string(), "it answers HTTP 418");
        let said = "could not parse sk-1".into();
        let error = ConnectError::from(StreamableHttpError::UnexpectedServerResponse(said));
        assert!(matches!(error, ConnectError::Protocol), "{error}");
        assert!(
            ConnectError::Http(401)
                .to_string()
                .ends_with("check its headers")
        );
    }
}
