//! Rooms.

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

/// How long the last events of a room that was left may take.
const LAST_EVENTS_DEADLINE: Duration = Duration::from_secs(5);

/// A room this process is in.
///
/// Call [`close`](Self::close) to leave it. A dropped room is left too, but nobody waits for that.
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

    /// Leaves the room; when this returns, every event has been delivered.
    pub async fn close(&self) -> RoomResult<()> {
        self.close_with_reason(DisconnectReason::ClientInitiated)
            .await
    }

    /// Leaves the room and says why.
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
            // The room ended by itself meanwhile.
            engine::Error::Closed => Ok(()),
            error => Err(error.into()),
        })
    }

    /// Breaks the connection in a chosen way, to see what happens.
    pub async fn simulate_scenario(&self, scenario: SimulateScenario) -> EngineResult<()> {
        self.session.engine().simulate(scenario).await
    }

    /// Statistics of the connection.
    pub async fn get_stats(&self) -> EngineResult<SessionStats> {
        self.session.engine().stats().await
    }

    /// A further receiver of the events from now on.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<RoomEvent> {
        self.session.dispatcher().register()
    }

    /// The room's identifier; waits until the server has said it.
    pub async fn sid(&self) -> RoomSid {
        self.session.sid().await
    }

    /// The room's identifier, once the server has said it.
    pub fn maybe_sid(&self) -> Option<RoomSid> {
        self.session.info().sid.clone()
    }

    /// The room's name.
    pub fn name(&self) -> String {
        self.session.info().name.clone()
    }

    /// The token in use: the one the room was joined with, or the one the server sent last.
    pub fn token(&self) -> String {
        self.session.token()
    }

    /// The program's text about the room.
    pub fn metadata(&self) -> String {
        self.session.info().metadata.clone()
    }

    /// This process as a participant.
    pub fn local_participant(&self) -> LocalParticipant {
        self.session.local().clone()
    }

    /// Whether the connection stands.
    pub fn connection_state(&self) -> ConnectionState {
        self.session.info().state
    }

    /// Everybody else.
    pub fn remote_participants(&self) -> HashMap<ParticipantIdentity, RemoteParticipant> {
        self.session.remotes()
    }

    /// The end-to-end encryption of this room.
    pub fn e2ee_manager(&self) -> &E2eeManager {
        self.session.encryption()
    }

    /// How a data channel is set up.
    pub fn data_channel_options(&self, kind: DataPacketKind) -> DataChannelOptions {
        let info = self.session.info();
        match kind {
            DataPacketKind::Lossy => info.lossy_dc_options.clone(),
            DataPacketKind::Reliable => info.reliable_dc_options.clone(),
        }
    }

    /// Seconds an empty room stays before anybody came.
    pub fn empty_timeout(&self) -> u32 {
        self.session.info().empty_timeout
    }

    /// Seconds an empty room stays after everybody left.
    pub fn departure_timeout(&self) -> u32 {
        self.session.info().departure_timeout
    }

    /// How many may come in; 0 is no limit.
    pub fn max_participants(&self) -> u32 {
        self.session.info().max_participants
    }

    /// When the room was made, in Unix milliseconds.
    pub fn creation_time(&self) -> i64 {
        self.session.info().creation_time
    }

    /// How many are in the room, says the server.
    pub fn num_participants(&self) -> u32 {
        self.session.info().num_participants
    }

    /// How many publish something, says the server.
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
            self.session.engine().abandon();
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
