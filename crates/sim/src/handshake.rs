//! The WebSocket upgrade of a connection. Credentials are checked with the first message, because a
//! key opens sessions while a resume token only resumes one.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::log::Entry;
use super::scenario::{Action, DueStep, Progress};
use super::session::{Flow, Session};
use super::wire::Wire;
use super::{Shared, replay, resumable_sessions};

/// Timeout for the handshake.
const SHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Credential that a client sent with the upgrade.
#[derive(PartialEq, Eq)]
pub(super) enum Credential {
    Missing,
    /// Opens sessions.
    Key,
    /// May be the resume token of a session.
    Other(String),
}

/// A new connection.
pub(super) struct NewConnection {
    pub(super) credential: Credential,
    pub(super) progress: Progress,
}

/// Serves one connection until it ends.
pub(super) async fn serve(socket: TcpStream, shared: Shared) {
    let number = 1 + shared.connections.fetch_add(1, Ordering::Relaxed);
    let mut progress = Progress::new(&shared.options, number);
    let steps = progress.came("connect", &Value::Null);
    let refusing = steps.changes.iter().find_map(status);
    let Some((socket, shown)) = shake(socket, refusing).await else {
        if let (Some(status), Some(due)) = (refusing, steps.changes.first()) {
            shared.log_writer.note(Entry::Refused(status.as_u16()));
            due.first_run
                .into_iter()
                .for_each(|it| shared.log_writer.note(Entry::Acted(it)));
        }
        return;
    };
    let log_writer = shared.log_writer.clone();
    log_writer.note(Entry::Connected);
    let how = match &shared.options.replay {
        Some(recording) => replay::serve(socket, recording.session(number), &shared).await,
        None => {
            let recorder = shared
                .recording_sender
                .as_ref()
                .map(|recording_sender| recording_sender.connection(number));
            let wire = Wire::new(socket, recorder);
            let credential = Credential::of(shown, &shared);
            let session = Session::new(
                wire,
                NewConnection {
                    credential,
                    progress,
                },
                shared,
            );
            talk(session, steps.after).await
        }
    };
    log_writer.note(Entry::Ended(match how {
        ControlFlow::Break(how) => how,
        ControlFlow::Continue(()) => "not closed",
    }));
}

async fn talk(mut session: Session, steps: Vec<DueStep>) -> Flow {
    session.act(steps).await?;
    session.run().await
}

/// Does the handshake or refuses it; returns the client's credential.
async fn shake(
    socket: TcpStream,
    refusing: Option<StatusCode>,
) -> Option<(WebSocketStream<TcpStream>, Option<String>)> {
    let mut shown = None;
    #[allow(clippy::result_large_err, reason = "the library's own type")]
    let noting = |request: &Request, response: Response| {
        shown = self::shown(request);
        match refusing {
            Some(status) => Err(refusal(status)),
            None => Ok(response),
        }
    };
    match timeout(SHAKE_WITHIN, accept_hdr_async(socket, noting)).await {
        Ok(Ok(socket)) => Some((socket, shown)),
        _ => {
            tracing::debug!("WebSocket handshake failed");
            None
        }
    }
}

/// HTTP status with which a step refuses the handshake.
fn status(due: &DueStep) -> Option<StatusCode> {
    match due.step.does {
        Action::Refuse(status) => StatusCode::from_u16(status).ok(),
        _ => None,
    }
}

fn refusal(status: StatusCode) -> ErrorResponse {
    let body = json!({"detail": status.canonical_reason()});
    let mut refusal = ErrorResponse::new(Some(body.to_string()));
    *refusal.status_mut() = status;
    refusal
}

impl Credential {
    fn of(shown: Option<String>, shared: &Shared) -> Self {
        let Some(shown) = shown else {
            return Self::Missing;
        };
        let is_key = match &shared.options.key {
            Some(key) => *key == shown || shared.tokens.has(&shown),
            None => !resumable_sessions::is_token(&shown),
        };
        if is_key {
            Self::Key
        } else {
            Self::Other(shown)
        }
    }
}

/// The credential of an upgrade: the `Authorization` header, with or without `Bearer`, or the
/// `token` query parameter.
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
