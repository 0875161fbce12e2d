//! The WebSocket to the Voice Agent API: events to the core, the core's messages out.
//! What a message means is decided in `parlor_core`.

mod inbox;
mod socket;
mod voices;

use parlor_core::audio::{Frame, SAMPLE_RATE};
use parlor_core::conversation::{AgentCommand, Event, SocketLoss};
use parlor_core::secret::Secret;
use tokio::sync::mpsc;

use crate::dial::{DialError, Proxies, dial};

pub use inbox::{Connections, Inbox};
pub use socket::drive;
pub use voices::{VoicesError, voices};

/// Messages waiting to be sent, audio apart. The core sends a handful in a turn; full means
/// that the peer has stopped reading.
const COMMANDS: usize = 32;

/// Chunks of 50 ms waiting to be sent: 1 s. When it is full the newest is dropped and counted.
const AUDIO: usize = 20;

/// Dropped audio in a row after which the agent counts as stalled.
const STALLED_AFTER: usize = 5 * SAMPLE_RATE as usize;

/// The largest message taken, in bytes: more than a minute of reply audio.
const MAX_MESSAGE: usize = 8 << 20;

/// Where the Voice Agent API is and what opens it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `ws://` or `wss://`, with path.
    pub url: String,
    /// The API key, sent as `Authorization: Bearer`.
    pub bearer: Secret,
    /// What stands between here and there.
    pub proxies: Proxies,
}

/// The sending half of one connection. Dropping it closes the WebSocket.
#[derive(Debug)]
pub struct Link {
    commands: mpsc::Sender<AgentCommand>,
    audio: mpsc::Sender<Frame>,
    /// Samples dropped since the last chunk that found room.
    behind: usize,
    dropped: u64,
}

/// What the socket task takes from a [`Link`].
#[derive(Debug)]
pub struct Outbox {
    commands: mpsc::Receiver<AgentCommand>,
    audio: mpsc::Receiver<Frame>,
}

/// The peer takes nothing any more.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the agent takes no more messages")]
pub struct Stalled;

impl Link {
    /// Makes the two ends of a connection that is yet to be opened.
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

    /// Makes a connection and its task, to be spawned. The task reports [`Event::AgentOpened`],
    /// then the peer's messages, and [`Event::AgentLost`] exactly once, last.
    pub fn open(
        endpoint: Endpoint,
        events: mpsc::Sender<Event>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (link, outbox) = Self::pair();
        (link, connect(endpoint, outbox, events))
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`Stalled`] when the queue is full.
    pub fn send(&self, command: AgentCommand) -> Result<(), Stalled> {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.commands.try_send(command) {
            // A closed socket is reported by its own event.
            Ok(()) | Err(Closed(_)) => Ok(()),
            Err(Full(_)) => Err(Stalled),
        }
    }

    /// Queues a chunk of audio, or drops it when a second of it is waiting already.
    ///
    /// # Errors
    /// [`Stalled`] when 5 s in a row had to be dropped.
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

    /// Chunks dropped because the peer read too slowly.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

async fn connect(endpoint: Endpoint, mut outbox: Outbox, events: mpsc::Sender<Event>) {
    let dialled = tokio::select! {
        dialled = dial(&endpoint.url, &endpoint.bearer, &endpoint.proxies, MAX_MESSAGE) => dialled,
        // Nothing is sent before the socket is open, so this is the link being dropped.
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
        tracing::debug!("the agent's socket ended after its call");
    }
}
