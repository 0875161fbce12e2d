//! Participants: who is in the room.

mod local;
mod remote;
mod rpc;
mod state;

use std::collections::HashMap;

use livekit_protocol as proto;

pub use livekit_common::ClientCapability;
pub use local::LocalParticipant;
pub use remote::RemoteParticipant;
pub use rpc::*;

pub(crate) use state::State;

use crate::id::{ParticipantIdentity, ParticipantSid, TrackSid};
use crate::publication::TrackPublication;

/// How good a participant's connection is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionQuality {
    /// Nothing to complain about.
    Excellent,
    /// Fair.
    Good,
    /// It can be heard.
    Poor,
    /// There is none at the moment.
    Lost,
}

/// How far a participant's stay is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantState {
    /// Signalling is connected.
    Joining,
    /// The server has answered.
    Joined,
    /// Media is connected too.
    Active,
    /// Gone.
    Disconnected,
}

/// What a participant is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKind {
    /// A person with a client.
    Standard,
    /// A stream fed into the room.
    Ingress,
    /// A recording.
    Egress,
    /// Somebody on the phone.
    Sip,
    /// An agent.
    Agent,
    /// A connector to another service.
    Connector,
    /// A bridge to another protocol.
    Bridge,
}

/// More of what a participant is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKindDetail {
    /// An agent LiveKit Cloud runs.
    CloudAgent,
    /// Forwarded from another room.
    Forwarded,
    /// On WhatsApp.
    ConnectorWhatsapp,
    /// On Twilio.
    ConnectorTwilio,
    /// An RTSP stream.
    BridgeRtsp,
    /// A simulated participant.
    Simulation,
}

/// Why a participant is gone.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum DisconnectReason {
    /// Not said.
    UnknownReason,
    /// It left.
    ClientInitiated,
    /// Somebody else came with its identity.
    DuplicateIdentity,
    /// The server stops.
    ServerShutdown,
    /// The server's API removed it.
    ParticipantRemoved,
    /// The server's API deleted the room.
    RoomDeleted,
    /// Client and server disagree.
    StateMismatch,
    /// It did not come in.
    JoinFailure,
    /// It moves to another server.
    Migration,
    /// Its signalling connection closed.
    SignalClose,
    /// The room closed, because it was empty.
    RoomClosed,
    /// On the phone: did not answer.
    UserUnavailable,
    /// On the phone: declined.
    UserRejected,
    /// On the phone: the trunk failed.
    SipTrunkFailure,
    /// The connection was lost for too long.
    ConnectionTimeout,
    /// Media failed.
    MediaFailure,
    /// An agent failed.
    AgentError,
}

/// Which of our tracks somebody may subscribe to.
#[derive(Clone)]
pub struct ParticipantTrackPermission {
    /// Who.
    pub participant_identity: ParticipantIdentity,
    /// Everything.
    pub allow_all: bool,
    /// These only.
    pub allowed_track_sids: Vec<TrackSid>,
}

/// Anybody in the room.
#[derive(Debug, Clone)]
pub enum Participant {
    /// This process.
    Local(LocalParticipant),
    /// Somebody else.
    Remote(RemoteParticipant),
}

/// The same method of either variant.
macro_rules! either {
    ($($(#[$doc:meta])* $name:ident -> $result:ty;)+) => {
        impl Participant {
            $($(#[$doc])*
            pub fn $name(&self) -> $result {
                match self {
                    Self::Local(participant) => participant.$name(),
                    Self::Remote(participant) => participant.$name(),
                }
            })+
        }
    };
}

either! {
    /// The identifier of this stay.
    sid -> ParticipantSid;
    /// Who it is.
    identity -> ParticipantIdentity;
    /// The name shown.
    name -> String;
    /// How far its stay is.
    state -> ParticipantState;
    /// The program's text about it.
    metadata -> String;
    /// The program's key-value pairs about it.
    attributes -> HashMap<String, String>;
    /// Whether the server hears it speak.
    is_speaking -> bool;
    /// How loud it is, 0 to 1; the native core does not tell: always 0.
    audio_level -> f32;
    /// How good its connection is.
    connection_quality -> ConnectionQuality;
    /// What it is.
    kind -> ParticipantKind;
    /// More of what it is.
    kind_details -> Vec<ParticipantKindDetail>;
    /// Why it is gone.
    disconnect_reason -> DisconnectReason;
    /// When it came, in Unix milliseconds.
    joined_at -> i64;
    /// Whether all its media is encrypted end to end.
    is_encrypted -> bool;
    /// What it may do.
    permission -> Option<proto::ParticipantPermission>;
    /// The version of its client's protocol.
    client_protocol -> i32;
}

impl Participant {
    /// What it publishes.
    pub fn track_publications(&self) -> HashMap<TrackSid, TrackPublication> {
        match self {
            Self::Local(participant) => {
                let all = participant.track_publications().into_iter();
                all.map(|(sid, publication)| (sid, TrackPublication::Local(publication)))
                    .collect()
            }
            Self::Remote(participant) => {
                let all = participant.track_publications().into_iter();
                all.map(|(sid, publication)| (sid, TrackPublication::Remote(publication)))
                    .collect()
            }
        }
    }

    pub(crate) fn publication(&self, sid: &TrackSid) -> Option<TrackPublication> {
        match self {
            Self::Local(participant) => participant
                .get_track_publication(sid)
                .map(TrackPublication::Local),
            Self::Remote(participant) => participant
                .get_track_publication(sid)
                .map(TrackPublication::Remote),
        }
    }

    pub(crate) fn describe(&self) -> &State {
        match self {
            Self::Local(participant) => participant.describe(),
            Self::Remote(participant) => participant.describe(),
        }
    }
}
