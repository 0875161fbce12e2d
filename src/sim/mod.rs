//! A simulator of AssemblyAI's Voice Agent API: the same WebSocket, without a cloud.
//!
//! It hears (by energy, and knows the shipped clips by their shape), takes turns, speaks shipped
//! clips or says back what it heard, is interrupted, keeps a session whose connection is lost until
//! it is resumed, and refuses what the real API refuses. What it is faithful to was measured on the
//! real API in September 2026; a resumption that succeeds is as the vendor's own client expects it.
//!
//! ```text
//! accept ─▶ http      GET /v1/voices
//!        └▶ session   one WebSocket ─▶ validate, hearing ─▶ recognise ─▶ voice
//!              └▶ kept   what another WebSocket may resume
//! ```

pub mod clips;
mod fault;
mod handshake;
mod hearing;
mod http;
mod kept;
mod log;
mod messages;
mod misbehave;
mod opening;
mod recognise;
mod refuse;
mod session;
mod speaking;
#[cfg(test)]
mod tests;
mod turns;
mod validate;
mod voice;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use fault::Fault;
pub use log::{Asked, Entry, Log};

use kept::Kept;
use log::Pen;

/// How long open sessions may take to end when the simulator does.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the simulator does.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key it takes as Bearer; without it, all but resume tokens.
    pub key: Option<String>,
    /// What it answers.
    pub reply: Reply,
    /// How fast it sends audio.
    pub pace: Pace,
    /// From the first sound to `input.speech.started` while it is silent.
    pub onset: Duration,
    /// From the first sound to an interruption while it speaks.
    pub barge_in: Duration,
    /// From the last sound to `input.speech.stopped`.
    pub end_of_turn: Duration,
    /// What it does wrong.
    pub faults: Vec<Fault>,
}

/// What the simulator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// What it heard.
    Parrot,
    /// A shipped clip that fits, or the next one.
    Script,
}

/// How fast the simulator sends a reply's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// 10 ms each 10 ms, as the real API does.
    RealTime,
    /// All at once, as the real API is said to have done.
    Burst,
}

/// Why the simulator cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct SimError {
    address: SocketAddr,
    error: std::io::Error,
}

/// A simulator that listens and is yet to be run.
#[derive(Debug)]
pub struct Simulator {
    shared: Shared,
    listener: TcpListener,
    address: SocketAddr,
    log: Log,
}

/// What all connections of one simulator share.
#[derive(Debug, Clone)]
struct Shared {
    options: Arc<Options>,
    pen: Pen,
    kept: Kept,
}

impl Default for Options {
    /// A parrot on a free port of loopback, as quick as the real API was measured.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            key: None,
            reply: Reply::Parrot,
            pace: Pace::RealTime,
            onset: Duration::from_millis(600),
            barge_in: Duration::from_millis(1_000),
            end_of_turn: Duration::from_millis(930),
            faults: Vec::new(),
        }
    }
}

impl Simulator {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn bind(options: Options) -> Result<Self, SimError> {
        let address = options.listen;
        let refused = |error| SimError { address, error };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let (pen, log) = log::log();
        Ok(Self {
            address: listener.local_addr().map_err(refused)?,
            shared: Shared {
                options: Arc::new(options),
                pen,
                kept: Kept::default(),
            },
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

    /// Serves until `shutdown`; open sessions are then ended properly.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut sessions = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        sessions.spawn(serve(socket, self.shared.clone(), stopped.clone()));
                    }
                    Err(error) => tracing::warn!(%error, "a connection was not accepted"),
                },
                Some(_) = sessions.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        stop.send_replace(true);
        let ending = async { while sessions.join_next().await.is_some() {} };
        if timeout(STOP_WITHIN, ending).await.is_err() {
            tracing::warn!("a session did not end in time");
        }
    }
}

async fn serve(socket: TcpStream, shared: Shared, stop: watch::Receiver<bool>) {
    if http::wants_websocket(&socket).await {
        handshake::serve(socket, shared, stop).await;
    } else if let Err(error) = http::answer(socket, shared.options.key.as_deref()).await {
        tracing::debug!(%error, "an HTTP client went away");
    }
}
