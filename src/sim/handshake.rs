//! The upgrade of one connection. What its credential is good for depends on the first message, so
//! nothing is said of it here.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::Request;

use super::log::Entry;
use super::session::Session;
use super::{Options, Shared, kept};

/// How long a client may take to shake hands.
const SHAKE_WITHIN: Duration = Duration::from_secs(10);

/// What a client showed when it connected.
#[derive(PartialEq, Eq)]
pub(super) enum Credential {
    Missing,
    /// What opens sessions.
    Key,
    /// What may be a session's resume token.
    Other(String),
}

/// Serves one connection to its end.
pub(super) async fn serve(socket: TcpStream, shared: Shared, mut stop: watch::Receiver<bool>) {
    let mut shown = None;
    #[allow(
        clippy::result_large_err,
        reason = "the library's own type, never made here"
    )]
    let noting = |request: &Request, response| {
        shown = self::shown(request);
        Ok(response)
    };
    let shaking = accept_hdr_async(socket, noting);
    let Ok(Ok(socket)) = timeout(SHAKE_WITHIN, shaking).await else {
        tracing::debug!("a client did not shake hands");
        return;
    };
    let pen = shared.pen.clone();
    pen.note(Entry::Connected);
    let credential = Credential::of(shown, &shared.options);
    let mut session = Session::new(socket, shared, credential);
    let how = match session.run(&mut stop).await {
        ControlFlow::Break(how) => how,
        ControlFlow::Continue(()) => "it was left",
    };
    pen.note(Entry::Ended(how));
}

impl Credential {
    fn of(shown: Option<String>, options: &Options) -> Self {
        let Some(shown) = shown else {
            return Self::Missing;
        };
        let is_key = match &options.key {
            Some(key) => *key == shown,
            None => !kept::is_token(&shown),
        };
        if is_key {
            Self::Key
        } else {
            Self::Other(shown)
        }
    }
}

/// The Bearer of an upgrade, or the token in its address.
fn shown(request: &Request) -> Option<String> {
    let header = request.headers().get("authorization");
    let bearer = header.and_then(|value| value.to_str().ok());
    let bearer = bearer.map(|value| value.trim_start_matches("Bearer "));
    let query = request.uri().query().unwrap_or_default();
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="));
    bearer.or(token).map(str::to_owned)
}
