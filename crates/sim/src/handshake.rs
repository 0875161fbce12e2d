//! The WebSocket upgrade of a connection.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::credential::{self, Credential};
use super::log::Entry;
use super::scenario::{Action, DueStep, Progress};
use super::session::Session;
use super::shared::Shared;
use super::wire::Wire;
use super::{connection, replay};

/// Timeout for the handshake.
const SHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Serves one connection until it ends.
pub(super) async fn serve(socket: TcpStream, shared: Shared) {
    let number = 1 + shared.connections.fetch_add(1, Ordering::Relaxed);
    let steps = shared.options.scenarios.iter().flat_map(|it| &it.steps);
    let mut progress = Progress::new(steps, number);
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
        Some(recording) => {
            let wire = Wire::new(socket, None);
            replay::serve(wire, recording.session(number), &shared).await
        }
        None => {
            let recorder = shared
                .recording_sender
                .as_ref()
                .map(|recording_sender| recording_sender.connection(number));
            let wire = Wire::new(socket, recorder);
            let options = &shared.options;
            let credential = Credential::of(shown, options.key.as_deref(), &shared.tokens);
            let session = Session::new(wire, credential, progress, shared);
            connection::serve(session, steps.after).await
        }
    };
    log_writer.note(Entry::Ended(match how {
        ControlFlow::Break(how) => how,
        ControlFlow::Continue(()) => "not closed",
    }));
}

/// Does the handshake or refuses it; returns the client's credential.
async fn shake(
    socket: TcpStream,
    refusing: Option<StatusCode>,
) -> Option<(WebSocketStream<TcpStream>, Option<String>)> {
    let mut shown = None;
    #[allow(clippy::result_large_err, reason = "the library's own type")]
    let noting = |request: &Request, response: Response| {
        shown = credential::shown(request);
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
