//! Opens WebSockets: TCP, proxy tunnel, TLS and upgrade, all within one deadline. Also creates HTTP
//! clients, so that the same rules for proxies and certificates apply to all connections.

mod cause;
pub mod http;
mod proxy;

use std::fmt::Display;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parlor_core::secret::Secret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use proxy::Server;

pub use cause::cause;
pub use proxy::Proxies;

/// Timeout from the start of the TCP connection to the response to the upgrade.
const DIAL_WITHIN: Duration = Duration::from_secs(10);

/// Size of the read buffer in bytes; a message of reply audio is under 1 KiB.
const READ_BUFFER: usize = 16 << 10;

/// An open WebSocket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a WebSocket could not be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The server responded with this HTTP status instead of upgrading the connection.
    #[error("refused with HTTP {0}")]
    Refused(u16),
    /// The server could not be reached, or the URL or the bearer token is invalid.
    #[error("{0}")]
    Unreachable(String),
}

/// Opens the WebSocket at `url`, with `bearer` as `Authorization: Bearer`, within 10 s. A message
/// longer than `max_message` bytes ends the connection.
///
/// # Errors
/// [`DialError`]
pub async fn dial(
    url: &str,
    bearer: &Secret,
    proxies: &Proxies,
    max_message: usize,
) -> Result<Socket, DialError> {
    let request = request(url, bearer)?;
    let connector = connector(url)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message));
    let opening = async {
        let stream = connect(&request, proxies).await?;
        match client_async_tls_with_config(request, stream, Some(config), connector).await {
            Ok((socket, _response)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => {
                Err(DialError::Refused(response.status().as_u16()))
            }
            Err(error) => Err(unreachable(cause(&error.to_string()))),
        }
    };
    match timeout(DIAL_WITHIN, opening).await {
        Ok(dialled) => dialled,
        Err(_elapsed) => Err(unreachable(format_args!(
            "no answer within {} s",
            DIAL_WITHIN.as_secs()
        ))),
    }
}

/// Opens a TCP connection to the server of `request`, directly or through its proxy.
async fn connect(request: &Request, proxies: &Proxies) -> Result<TcpStream, DialError> {
    let server = Server::of(request.uri()).ok_or_else(|| unreachable("the URL has no host"))?;
    let stream = match proxies.toward(&server) {
        Some(proxy) => proxy::tunnel(&proxy, &server).await.map_err(unreachable)?,
        None => TcpStream::connect((proxy::bare(server.host), server.port))
            .await
            .map_err(|error| unreachable(cause(&error.to_string())))?,
    };
    // Audio messages are small and urgent, so disable Nagle's algorithm.
    stream.set_nodelay(true).map_err(unreachable)?;
    Ok(stream)
}

fn unreachable(why: impl Display) -> DialError {
    DialError::Unreachable(why.to_string())
}

fn request(url: &str, bearer: &Secret) -> Result<Request, DialError> {
    let mut request = url.into_client_request().map_err(unreachable)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", bearer.reveal()))
        .map_err(|_| unreachable("the key contains invalid characters"))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, bearer);
    Ok(request)
}

fn connector(url: &str) -> Result<Option<Connector>, DialError> {
    if url.starts_with("wss:") {
        Ok(Some(Connector::Rustls(tls()?)))
    } else {
        Ok(None)
    }
}

/// The TLS configuration, which the whole process shares because reading the system's certificates
/// takes milliseconds.
///
/// # Errors
/// Fails if the system has no CA certificates.
pub fn tls() -> Result<Arc<rustls::ClientConfig>, DialError> {
    static TLS: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if let Some(config) = TLS.get() {
        return Ok(config.clone());
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let missing = "no CA certificates on this machine: install ca-certificates";
        return Err(unreachable(missing));
    }
    let config = trusting(roots)?;
    Ok(TLS.get_or_init(|| Arc::new(config)).clone())
}

/// Creates a TLS configuration that trusts `roots`.
fn trusting(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, DialError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unreachable)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
