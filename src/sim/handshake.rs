//! The upgrade of one connection. Whether the key is good is said after it, as the real API does.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::Request;

use super::Options;
use super::log::{Entry, Pen};
use super::session::Session;

/// How long a client may take to shake hands.
const SHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Serves one connection to its end.
pub(super) async fn serve(
    socket: TcpStream,
    options: Arc<Options>,
    pen: Pen,
    mut stop: watch::Receiver<bool>,
) {
    let mut credential = None;
    #[allow(
        clippy::result_large_err,
        reason = "the library's own type, never made here"
    )]
    let noting = |request: &Request, response| {
        credential = self::credential(request);
        Ok(response)
    };
    let shaking = accept_hdr_async(socket, noting);
    let Ok(Ok(socket)) = timeout(SHAKE_WITHIN, shaking).await else {
        tracing::debug!("a client did not shake hands");
        return;
    };
    pen.note(Entry::Connected);
    let known = match (&options.key, credential) {
        (Some(key), Some(credential)) => *key == credential,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let mut session = Session::new(socket, options, pen.clone());
    let how = match session.run(known, &mut stop).await {
        ControlFlow::Break(how) => how,
        ControlFlow::Continue(()) => "it was left",
    };
    pen.note(Entry::Ended(how));
}

/// The Bearer of an upgrade, or the token in its address.
fn credential(request: &Request) -> Option<String> {
    let header = request.headers().get("authorization");
    let bearer = header.and_then(|value| value.to_str().ok());
    let bearer = bearer.map(|value| value.trim_start_matches("Bearer "));
    let query = request.uri().query().unwrap_or_default();
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="));
    bearer.or(token).map(str::to_owned)
}
