//! Rooms: joining, leaving, state and events.

mod apply;
mod dispatcher;
mod error;
mod event;
mod message;
mod options;
mod session;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol::DisconnectReason;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use error::{RoomError, RoomResult};
pub use event::{ConnectionState, DataChannelOptions, RoomEvent, RoomInfo};
pub use message::{
    ChatMessage, DataPacket, DataPacketKind, SipDTMF, Transcription, TranscriptionSegment,
};
pub use options::{RoomDataStreamOptions, RoomOptions, RoomSdkOptions};

pub(crate) use dispatcher::Dispatcher;

use crate::e2ee::E2eeManager;
use crate::engine;
use crate::id::{ParticipantIdentity, RoomSid};
use crate::participant::{LocalParticipant, RemoteParticipant};
use crate::rtc_engine::{EngineResult, SessionStats, SimulateScenario};
use session::Session;

/// The version of the API this crate follows.
pub const SDK_VERSION: &str = "0.10.0";

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
    pub async fn connect(
        url: &str,
        token: &str,
        options: RoomOptions,
    ) -> RoomResult<(Self, mpsc::UnboundedReceiver<RoomEvent>)> {
        let auto_subscribe = options.auto_subscribe;
        let encryption = E2eeManager::new(&options);
        let joined = engine::connect(url, token, options).await?;
        let (session, events) = Session::new(joined, token, auto_subscribe, encryption);
        let receiver = session.dispatcher().register();
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
        self.close_with_reason(DisconnectReason::ClientInitiated)
            .await
    }

    /// Leaves the room with a reason.
    pub async fn close_with_reason(&self, reason: DisconnectReason) -> RoomResult<()> {
        let Some(mut pump) = self.pump.lock().await.take() else {
            return Err(RoomError::AlreadyClosed);
        };
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

    /// Adds a receiver for all subsequent events.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<RoomEvent> {
        self.session.dispatcher().register()
    }

    /// Identifier of the room session; waits until the server has reported it.
    pub async fn sid(&self) -> RoomSid {
        self.session.sid().await
    }

    /// Identifier of the room session; `None` until the server has reported it.
    pub fn maybe_sid(&self) -> Option<RoomSid> {
        self.session.info().sid.clone()
    }

    /// Name of the room.
    pub fn name(&self) -> String {
        self.session.info().name.clone()
    }

    /// The current access token: the one used to join, or the latest one refreshed by the server.
    pub fn token(&self) -> String {
        self.session.token()
    }

    /// Application-defined metadata of the room.
    pub fn metadata(&self) -> String {
        self.session.info().metadata.clone()
    }

    /// The local participant.
    pub fn local_participant(&self) -> LocalParticipant {
        self.session.local().clone()
    }

    /// State of the connection.
    pub fn connection_state(&self) -> ConnectionState {
        self.session.info().state
    }

    /// All remote participants, by identity.
    pub fn remote_participants(&self) -> HashMap<ParticipantIdentity, RemoteParticipant> {
        self.session.remotes()
    }

    /// Manager of the room's end-to-end encryption.
    pub fn e2ee_manager(&self) -> &E2eeManager {
        self.session.encryption()
    }

    /// Options of a data channel.
    pub fn data_channel_options(&self, kind: DataPacketKind) -> DataChannelOptions {
        let info = self.session.info();
        match kind {
            DataPacketKind::Lossy => info.lossy_dc_options.clone(),
            DataPacketKind::Reliable => info.reliable_dc_options.clone(),
        }
    }

    /// Seconds that the room stays open before anyone joins.
    pub fn empty_timeout(&self) -> u32 {
        self.session.info().empty_timeout
    }

    /// Seconds that the room stays open after everyone has left.
    pub fn departure_timeout(&self) -> u32 {
        self.session.info().departure_timeout
    }

    /// Maximum number of participants; 0 means no limit.
    pub fn max_participants(&self) -> u32 {
        self.session.info().max_participants
    }

    /// Creation time, in milliseconds since the Unix epoch.
    pub fn creation_time(&self) -> i64 {
        self.session.info().creation_time
    }

    /// Number of participants in the room, as reported by the server.
    pub fn num_participants(&self) -> u32 {
        self.session.info().num_participants
    }

    /// Number of participants who publish tracks, as reported by the server.
    pub fn num_publishers(&self) -> u32 {
        self.session.info().num_publishers
    }

    /// Whether the room is being recorded.
    pub fn active_recording(&self) -> bool {
        self.session.info().active_recording
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
        f.debug_struct("Room")
            .field("sid", &self.maybe_sid())
            .field("name", &self.name())
            .field("connection_state", &self.connection_state())
            .finish()
    }
}
