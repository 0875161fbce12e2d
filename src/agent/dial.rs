//! Opens the WebSocket: TCP, TLS, upgrade, each within a deadline.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parlor_core::conversation::Loss;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use super::Endpoint;

/// From the first packet to the upgrade's answer.
const DIAL_WITHIN: Duration = Duration::from_secs(10);

/// The largest message taken: more than a minute of reply audio.
const MAX_MESSAGE: usize = 8 << 20;

/// Read buffer; a message of reply audio is under 1 KiB.
const READ_BUFFER: usize = 16 << 10;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens the WebSocket at `endpoint`.
pub(super) async fn dial(endpoint: &Endpoint) -> Result<Socket, Loss> {
    let request = request(endpoint)?;
    let connector = connector(&endpoint.url)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    // Audio is small and urgent: no Nagle.
    let connecting = connect_async_tls_with_config(request, Some(config), true, connector);
    match timeout(DIAL_WITHIN, connecting).await {
        Ok(Ok((socket, _response))) => Ok(socket),
        Ok(Err(tungstenite::Error::Http(response))) => {
            Err(Loss::Refused(response.status().as_u16()))
        }
        Ok(Err(error)) => Err(Loss::Unreachable(error.to_string())),
        Err(_elapsed) => Err(Loss::Unreachable(format!(
            "no answer within {} s",
            DIAL_WITHIN.as_secs()
        ))),
    }
}

fn request(endpoint: &Endpoint) -> Result<Request, Loss> {
    let unusable = |what: &str| Loss::Unreachable(format!("{what} cannot be used"));
    let mut request = endpoint
        .url
        .as_str()
        .into_client_request()
        .map_err(|error| Loss::Unreachable(error.to_string()))?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", endpoint.bearer.reveal()))
        .map_err(|_| unusable("the API key"))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, bearer);
    Ok(request)
}

/// One TLS configuration for the process: reading the system's certificates takes milliseconds.
fn connector(url: &str) -> Result<Option<Connector>, Loss> {
    static TLS: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if !url.starts_with("wss:") {
        return Ok(None);
    }
    if let Some(config) = TLS.get() {
        return Ok(Some(Connector::Rustls(config.clone())));
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let missing = "no CA certificates on this machine: install ca-certificates";
        return Err(Loss::Unreachable(missing.to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Loss::Unreachable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = TLS.get_or_init(|| Arc::new(config));
    Ok(Some(Connector::Rustls(config.clone())))
}
