//! Rooms: joining, leaving, state and events.

mod apply;
pub(crate) mod error;
mod event;
pub(crate) mod message;
pub(crate) mod options;
mod session;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol::DisconnectReason;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use error::{RoomError, RoomResult};
pub use event::RoomEvent;
pub use message::{SipDTMF, Transcription, TranscriptionSegment};
pub use options::RoomOptions;

use crate::engine;
use crate::id::ParticipantIdentity;
use crate::participant::{LocalParticipant, RemoteParticipant};
use crate::rtc_engine::{EngineResult, SessionStats, SimulateScenario};
use session::Session;

/// Time limit for the last events of a room that has been left.
const LAST_EVENTS_DEADLINE: Duration = Duration::from_secs(5);

/// A room that this process has joined.
///
/// Call [`close`](Self::close) to leave the room. Dropping the room also leaves it, but without
/// waiting for the end.
pub struct Room {
    session: Arc<Session>,
    pump: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Room {
    /// Joins a room. The first event is [`RoomEvent::Connected`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the official API returns this type; the queue that feeds it reports its length"
    )]
    pub async fn connect(
        url: &str,
        token: &str,
        options: RoomOptions,
    ) -> RoomResult<(Self, mpsc::UnboundedReceiver<RoomEvent>)> {
        let joined = engine::connect(url, token, options).await?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let (session, events) = Session::new(joined, sender);
        session.connected();
        let pump = tokio::spawn(Arc::clone(&session).pump(events));
        Ok((
            Self {
                session,
                pump: tokio::sync::Mutex::new(Some(pump)),
            },
            receiver,
        ))
    }

    /// Leaves the room. When this returns, all events have been delivered.
    pub async fn close(&self) -> RoomResult<()> {
        let Some(mut pump) = self.pump.lock().await.take() else {
            return Err(RoomError::AlreadyClosed);
        };
        let reason = DisconnectReason::ClientInitiated;
        self.session.leaving(reason);
        let left = self.session.engine().leave(reason).await;
        if tokio::time::timeout(LAST_EVENTS_DEADLINE, &mut pump)
            .await
            .is_err()
        {
            pump.abort();
            self.session.ended();
        }
        left.or_else(|error| match error {
            // The room ended on its own in the meantime.
            engine::Error::Closed => Ok(()),
            error => Err(error.into()),
        })
    }

    /// Simulates a connection failure.
    pub async fn simulate_scenario(&self, scenario: SimulateScenario) -> EngineResult<()> {
        self.session.engine().simulate(scenario).await
    }

    /// Statistics of the connection.
    pub async fn get_stats(&self) -> EngineResult<SessionStats> {
        self.session.engine().stats().await
    }

    /// Name of the room.
    pub fn name(&self) -> String {
        self.session.info().name.clone()
    }

    /// Application-defined metadata of the room.
    pub fn metadata(&self) -> String {
        self.session.info().metadata.clone()
    }

    /// The local participant.
    pub fn local_participant(&self) -> LocalParticipant {
        self.session.local().clone()
    }

    /// All remote participants, by identity.
    pub fn remote_participants(&self) -> HashMap<ParticipantIdentity, RemoteParticipant> {
        self.session.remotes()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.pump.get_mut().is_some() {
            self.session.engine().start_leaving();
        }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("name", &self.name()).finish()
    }
}
