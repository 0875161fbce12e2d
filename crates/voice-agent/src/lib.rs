//! The WebSocket to the Voice Agent API. Delivers the API's messages as events and sends commands
//! and audio; `parlor_core` encodes and interprets the messages.

mod api;
mod inbox;
mod socket;
mod voices;

use parlor_common::dial::{DialError, Proxies, dial};
use parlor_core::audio::{Frame, SAMPLE_RATE};
use parlor_core::conversation::{AgentCommand, Event, SocketLoss};
use parlor_core::secret::Secret;
use tokio::sync::mpsc;

pub use api::{AgentApi, DEFAULT_BASE_URL};
pub use inbox::{Connections, Inbox};
pub use socket::drive;
pub use voices::{VoicesError, is_voice_name, voices};

/// Capacity of the queue of messages to send, except audio. A turn takes a handful; if the queue
/// is full, the API has stopped reading.
const COMMANDS: usize = 32;

/// Capacity of the queue of audio to send: 20 chunks of 50 ms, which is 1 s. While it is full, new
/// chunks are dropped and counted.
const AUDIO: usize = 20;

/// Number of consecutively dropped samples after which the connection counts as stalled: 5 s.
const STALLED_AFTER: usize = 5 * SAMPLE_RATE as usize;

/// Maximum message size in bytes: more than a minute of reply audio.
const MAX_MESSAGE: usize = 8 << 20;

/// Address and credentials of the Voice Agent API.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// WebSocket URL, `ws://` or `wss://`, including the path.
    pub url: String,
    /// API key or resume credential, sent as `Authorization: Bearer`.
    pub bearer: Secret,
    /// HTTP proxies to connect through.
    pub proxies: Proxies,
}

/// Sending half of one connection. Dropping it closes the WebSocket.
#[derive(Debug)]
pub struct Link {
    commands: mpsc::Sender<AgentCommand>,
    audio: mpsc::Sender<Frame>,
    /// Number of samples dropped since the last chunk that was queued.
    behind: usize,
    dropped: u64,
}

/// Receives what a [`Link`] sends, for the task that drives the WebSocket.
#[derive(Debug)]
pub struct Outbox {
    commands: mpsc::Receiver<AgentCommand>,
    audio: mpsc::Receiver<Frame>,
}

/// The API has stopped reading messages.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the Voice Agent API stopped reading messages")]
pub struct Stalled;

impl Link {
    /// Creates the two ends of the queues of a connection that has not been opened yet.
    pub fn pair() -> (Self, Outbox) {
        let (commands, commands_out) = mpsc::channel(COMMANDS);
        let (audio, audio_out) = mpsc::channel(AUDIO);
        let link = Self {
            commands,
            audio,
            behind: 0,
            dropped: 0,
        };
        let outbox = Outbox {
            commands: commands_out,
            audio: audio_out,
        };
        (link, outbox)
    }

    /// Creates a connection and its task, to be spawned. The task opens the connection and sends
    /// [`Event::AgentOpened`], then the API's messages. If it cannot connect or the connection
    /// ends, its last event is [`Event::AgentLost`].
    pub fn open(
        endpoint: Endpoint,
        events: mpsc::Sender<Event>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (link, outbox) = Self::pair();
        (link, connect(endpoint, outbox, events))
    }

    /// Queues a message to the API.
    ///
    /// # Errors
    /// [`Stalled`] if the queue is full.
    pub fn send(&self, command: AgentCommand) -> Result<(), Stalled> {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.commands.try_send(command) {
            // `Event::AgentLost` reports a closed connection.
            Ok(()) | Err(Closed(_)) => Ok(()),
            Err(Full(_)) => Err(Stalled),
        }
    }

    /// Queues a chunk of audio, or drops it if 1 s of audio is already queued.
    ///
    /// # Errors
    /// [`Stalled`] once 5 s of audio have been dropped in a row.
    pub fn send_audio(&mut self, chunk: Frame) -> Result<(), Stalled> {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.audio.try_send(chunk) {
            Ok(()) => self.behind = 0,
            Err(Closed(_)) => {}
            Err(Full(chunk)) => {
                self.dropped += 1;
                self.behind += chunk.samples().len();
            }
        }
        if self.behind >= STALLED_AFTER {
            return Err(Stalled);
        }
        Ok(())
    }

    /// Number of audio chunks dropped because the API read too slowly.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

async fn connect(endpoint: Endpoint, mut outbox: Outbox, events: mpsc::Sender<Event>) {
    let dialled = tokio::select! {
        dialled = dial(&endpoint.url, &endpoint.bearer, &endpoint.proxies, MAX_MESSAGE) => dialled,
        // No command is sent before the connection is open, so the link was dropped.
        _ = outbox.commands.recv() => return,
    };
    let loss = match dialled {
        Ok(socket) => {
            if events.send(Event::AgentOpened).await.is_err() {
                return;
            }
            drive(socket, outbox, &events).await
        }
        Err(DialError::Refused(status)) => SocketLoss::Refused(status),
        Err(DialError::Unreachable(why)) => SocketLoss::Unreachable(why),
    };
    report(&events, loss).await;
}

async fn report(events: &mpsc::Sender<Event>, loss: SocketLoss) {
    if events.send(Event::AgentLost(loss)).await.is_err() {
        tracing::debug!("the connection to the Voice Agent API ended after its call");
    }
}
