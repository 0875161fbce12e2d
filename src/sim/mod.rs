//! A simulator of AssemblyAI's Voice Agent API: the same WebSocket, without a cloud.
//!
//! It hears (by energy, and knows the shipped clips by their shape), takes turns, speaks shipped
//! clips or says back what it heard, calls tools, is interrupted, keeps a session whose connection
//! is lost until it is resumed, and refuses what the real API refuses. What it is faithful to was
//! measured on the real API in September 2026; a resumption that succeeds is as the vendor's own
//! client expects it. A [`Scenario`] makes it do what the real one may do, too, or never should.
//!
//! ```text
//! accept ─▶ http        GET /v1/voices, GET /v1/token
//!        └▶ handshake ─▶ session   one WebSocket ─▶ validate, hearing ─▶ recognise ─▶ voice
//!                 │        │  └▶ cue, act ─▶ wire ─▶ record   steps of scenarios, on the way
//!                 │        └▶ kept                         what another WebSocket may resume
//!                 └▶ replay                                a recording, in place of all that
//! ```

mod calls;
mod clip_matching;
pub mod clips;
mod handshake;
mod http;
mod log;
mod messages;
mod opening;
mod options;
mod pending_speech;
mod record;
mod rejection;
mod replay;
mod replies;
mod resumable_sessions;
mod scenario;
mod session;
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
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use log::{Asked, Entry, Log};
pub use options::{Options, Pace, Reply, StoredAgent, ToolRule, ToolRuleError, When};
pub use replay::{Recording, RecordingError};
pub use scenario::{Expect, Scenario, ScenarioError};

use log::Pen;
use record::{Recorder, Tape};
use resumable_sessions::ResumableSessions;
use tokens::Tokens;

/// How long open sessions may take to end when the simulator does, and a recording to be written.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Why the simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is no address to listen on here.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The recording cannot be written.
    #[error("cannot record to {}: {error}", .path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A simulator that listens and is yet to be run.
#[derive(Debug)]
pub struct Simulator {
    shared: Shared,
    stop: watch::Sender<bool>,
    recorder: Option<Recorder>,
    listener: TcpListener,
    address: SocketAddr,
    log: Log,
}

/// What all connections of one simulator share.
#[derive(Debug, Clone)]
struct Shared {
    options: Arc<Options>,
    pen: Pen,
    kept: ResumableSessions,
    tokens: Tokens,
    /// Handshakes so far.
    visits: Arc<AtomicU64>,
    tape: Option<Tape>,
    stop: watch::Receiver<bool>,
}

impl Simulator {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the address cannot be listened on, or the recording not written.
    pub async fn bind(options: Options) -> Result<Self, SimError> {
        let address = options.listen;
        let refused = |error| SimError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let (tape, recorder) = match &options.record {
            Some(path) => {
                let path = path.clone();
                let made = Tape::new(&path).await;
                let made = made.map_err(|error| SimError::Record { path, error })?;
                (Some(made.0), Some(made.1))
            }
            None => (None, None),
        };
        let (pen, log) = log::log();
        let (stop, stopped) = watch::channel(false);
        Ok(Self {
            address: listener.local_addr().map_err(refused)?,
            shared: Shared {
                options: Arc::new(options),
                pen,
                kept: ResumableSessions::default(),
                tokens: Tokens::default(),
                visits: Arc::default(),
                tape,
                stop: stopped,
            },
            stop,
            recorder,
            listener,
            log,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Its WebSocket.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/ws", self.address)
    }

    /// What it will have seen.
    pub fn watch(&self) -> Log {
        self.log.clone()
    }

    /// Serves until `shutdown`; open sessions are then ended properly, and a recording is whole.
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
                    Err(error) => tracing::warn!(%error, "a connection was not accepted"),
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

/// Waits for tasks, but not for long.
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
        tracing::debug!(%error, "an HTTP client went away");
    }
}
