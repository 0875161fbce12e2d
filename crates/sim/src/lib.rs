//! A simulator of AssemblyAI's Voice Agent API: the same WebSocket protocol, without the cloud.
//!
//! It detects speech by energy, recognises the bundled clips, takes turns, speaks bundled clips or
//! repeats what it heard, calls tools, can be interrupted, keeps the session of a lost connection
//! until it is resumed, and refuses what the real API refuses. Its behaviour follows measurements
//! of the real API in September 2026; a successful resumption follows what the vendor's own client
//! expects. A [`Scenario`] adds behaviour that the real API may show, or never should.
//!
//! ```text
//! accept ─▶ http        GET /v1/voices, GET /v1/token
//!        └▶ handshake ─▶ connection                        messages in, changed by scenarios
//!                 │        └▶ opening, turns ─▶ replies ─▶ tools     all on one session
//!                 │             └▶ sending ─▶ actions ─▶ wire ─▶ record     messages out
//!                 └▶ replay                                a recording instead
//! ```

mod actions;
mod calls;
mod clip_matching;
pub mod clips;
mod connection;
mod credential;
mod handshake;
mod http;
mod log;
mod messages;
mod opening;
mod options;
mod pending_speech;
mod record;
mod recording;
mod refusal;
mod replay;
mod replies;
mod resumable_sessions;
mod scenario;
mod sending;
mod session;
mod shared;
mod speech_output;
#[cfg(test)]
mod tests;
mod tokens;
mod tools;
mod turns;
mod validate;
mod voice;
mod voice_activity;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use log::{Entry, Log, SessionRequest};
pub use options::{Options, Pace, Reply, ToolRule, ToolRuleError, When};
pub use recording::{Recording, RecordingError};
pub use scenario::{Expect, Scenario, ScenarioError, StoredAgent};

use record::{Recorder, RecordingSender};
use resumable_sessions::ResumableSessions;
use shared::Shared;
use tokens::Tokens;

/// Timeout on shutdown for open sessions to end and for the recording to be written.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Why the simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The listen address is in use, or is not an address of this machine.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Listen address.
        address: SocketAddr,
        /// Error of the bind.
        error: std::io::Error,
    },
    /// The recording could not be created.
    #[error("cannot record to {}: {error}", .path.display())]
    Record {
        /// Path of the recording.
        path: PathBuf,
        /// Error of the file system.
        error: std::io::Error,
    },
}

/// A simulator, bound to its address.
#[derive(Debug)]
pub struct Simulator {
    shared: Shared,
    stop: watch::Sender<bool>,
    recorder: Option<Recorder>,
    listener: TcpListener,
    address: SocketAddr,
    log: Log,
}

impl Simulator {
    /// Binds the listen address.
    ///
    /// # Errors
    /// If the address cannot be bound, or the recording cannot be created.
    pub async fn bind(options: Options) -> Result<Self, SimError> {
        let address = options.listen;
        let refused = |error| SimError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let (recording_sender, recorder) = match &options.record {
            Some(path) => {
                let path = path.clone();
                let made = RecordingSender::new(&path).await;
                let made = made.map_err(|error| SimError::Record { path, error })?;
                (Some(made.0), Some(made.1))
            }
            None => (None, None),
        };
        let (log_writer, log) = log::log();
        let (stop, stopped) = watch::channel(false);
        Ok(Self {
            address: listener.local_addr().map_err(refused)?,
            shared: Shared {
                options: Arc::new(options),
                log_writer,
                kept: ResumableSessions::default(),
                tokens: Tokens::default(),
                connections: Arc::default(),
                recording_sender,
                stop: stopped,
            },
            stop,
            recorder,
            listener,
            log,
        })
    }

    /// Address that the simulator listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// URL of the WebSocket.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/ws", self.address)
    }

    /// Reader of the log.
    pub fn watch(&self) -> Log {
        self.log.clone()
    }

    /// Serves until `shutdown`, then ends open sessions cleanly and finishes the recording.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self {
            shared,
            stop,
            recorder,
            listener,
            ..
        } = self;
        let mut recording = JoinSet::new();
        recorder.map(|recorder| recording.spawn(recorder.run()));
        let mut sessions = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        sessions.spawn(serve(socket, shared.clone()));
                    }
                    Err(error) => tracing::warn!(%error, "cannot accept a connection"),
                },
                Some(_) = sessions.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        stop.send_replace(true);
        drop(shared);
        all(&mut sessions, "a session did not end in time").await;
        all(&mut recording, "the recording was not written in time").await;
    }
}

/// Waits for the tasks, up to [`STOP_WITHIN`], and then aborts them.
async fn all(tasks: &mut JoinSet<()>, otherwise: &str) {
    let ending = async { while tasks.join_next().await.is_some() {} };
    if timeout(STOP_WITHIN, ending).await.is_err() {
        tracing::warn!("{otherwise}");
        tasks.shutdown().await;
    }
}

async fn serve(socket: TcpStream, shared: Shared) {
    if http::wants_websocket(&socket).await {
        handshake::serve(socket, shared).await;
    } else if let Err(error) = http::answer(socket, &shared).await {
        tracing::debug!(%error, "HTTP request failed");
    }
}
