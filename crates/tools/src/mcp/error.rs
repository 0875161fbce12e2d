//! Why an MCP server is unavailable. Messages quote nothing that was sent or received.

use std::error::Error;
use std::process::ExitStatus;
use std::time::Duration;

use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

/// Why an MCP server is unavailable.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Its program could not be started.
    #[error("its program cannot be started: {0}")]
    Start(std::io::Error),
    /// Its process has exited.
    #[error("its process exited ({0})")]
    Ended(ExitStatus),
    /// It did not answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// The connection was closed.
    #[error("the connection was closed")]
    Closed,
    /// Connecting failed.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It answered with an HTTP status that is not a success.
    #[error("it answered with HTTP {0}{hint}", hint = hint(*.0))]
    Http(u16),
    /// It answered with a JSON-RPC error.
    #[error("it answered with JSON-RPC error {0}")]
    Refused(i32),
    /// It violated the protocol, or answered with something that was not requested.
    #[error("it does not follow the MCP protocol")]
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
            // A broken pipe: the exit status of the process says more.
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

/// The status in `HTTP 404 Not Found: …`. The rest may quote the server's answer.
fn status(said: &str) -> Option<u16> {
    said.strip_prefix("HTTP ")?.get(..3)?.parse().ok()
}

/// The innermost cause, such as `Connection refused (os error 111)`.
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
    fn answers_of_the_server_are_not_quoted() {
        let said = "HTTP 418 I'm a teapot: token sk-1 is bad".into();
        let error = ConnectError::from(StreamableHttpError::UnexpectedServerResponse(said));
        assert_eq!(error.to_string(), "it answered with HTTP 418");
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
