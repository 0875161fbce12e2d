//! Participants of a room.

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

/// Connection quality of a participant.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionQuality {
    /// Excellent connection.
    Excellent,
    /// Good connection.
    Good,
    /// Poor connection.
    Poor,
    /// The connection is currently lost.
    Lost,
}

/// State of a participant's session.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantState {
    /// The signaling connection is open.
    Joining,
    /// The server has sent its join response.
    Joined,
    /// The media connection is established.
    Active,
    /// The participant has left.
    Disconnected,
}

/// Kind of a participant.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKind {
    /// A client of an end user.
    Standard,
    /// An ingress: an external stream published to the room.
    Ingress,
    /// An egress: a recording or streaming of the room.
    Egress,
    /// A SIP participant, such as a phone caller.
    Sip,
    /// An agent.
    Agent,
    /// A connector to another service.
    Connector,
    /// A bridge to another protocol.
    Bridge,
}

/// Details of a participant's kind.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKindDetail {
    /// An agent hosted by LiveKit Cloud.
    CloudAgent,
    /// A participant forwarded from another room.
    Forwarded,
    /// Connected through WhatsApp.
    ConnectorWhatsapp,
    /// Connected through Twilio.
    ConnectorTwilio,
    /// An RTSP stream.
    BridgeRtsp,
    /// A simulated participant.
    Simulation,
}

/// Why a participant left.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum DisconnectReason {
    /// No reason was given.
    UnknownReason,
    /// The client left.
    ClientInitiated,
    /// Another participant joined with the same identity.
    DuplicateIdentity,
    /// The server is shutting down.
    ServerShutdown,
    /// The participant was removed through the server API.
    ParticipantRemoved,
    /// The room was deleted through the server API.
    RoomDeleted,
    /// The states of client and server do not match.
    StateMismatch,
    /// The client failed to join.
    JoinFailure,
    /// The client migrates to another server.
    Migration,
    /// The signaling connection was closed.
    SignalClose,
    /// The room was closed because it was empty.
    RoomClosed,
    /// SIP: the callee did not answer.
    UserUnavailable,
    /// SIP: the callee declined the call.
    UserRejected,
    /// SIP: the trunk failed.
    SipTrunkFailure,
    /// The connection timed out.
    ConnectionTimeout,
    /// The media connection failed.
    MediaFailure,
    /// The agent failed.
    AgentError,
}

/// Permission of a participant to subscribe to local tracks.
#[derive(Clone)]
pub struct ParticipantTrackPermission {
    /// Identity of the participant.
    pub participant_identity: ParticipantIdentity,
    /// Allows subscribing to all tracks.
    pub allow_all: bool,
    /// Tracks that the participant may subscribe to, unless `allow_all` is set.
    pub allowed_track_sids: Vec<TrackSid>,
}

/// A participant of either kind.
#[derive(Debug, Clone)]
pub enum Participant {
    /// The local participant.
    Local(LocalParticipant),
    /// A remote participant.
    Remote(RemoteParticipant),
}

/// Defines methods that delegate to the variant.
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
    /// Identifier of the participant's session.
    sid -> ParticipantSid;
    /// Identity of the participant.
    identity -> ParticipantIdentity;
    /// Display name of the participant.
    name -> String;
    /// State of the participant's session.
    state -> ParticipantState;
    /// Application-defined metadata of the participant.
    metadata -> String;
    /// Application-defined attributes of the participant.
    attributes -> HashMap<String, String>;
    /// Whether the server has detected the participant as an active speaker.
    is_speaking -> bool;
    /// Audio level from 0 to 1. Always 0, because the native core does not report it.
    audio_level -> f32;
    /// Connection quality of the participant.
    connection_quality -> ConnectionQuality;
    /// Kind of the participant.
    kind -> ParticipantKind;
    /// Details of the participant's kind.
    kind_details -> Vec<ParticipantKindDetail>;
    /// Why the participant left.
    disconnect_reason -> DisconnectReason;
    /// Time of joining, in milliseconds since the Unix epoch.
    joined_at -> i64;
    /// Whether all media of the participant is end-to-end encrypted.
    is_encrypted -> bool;
    /// Permissions of the participant.
    permission -> Option<proto::ParticipantPermission>;
    /// Protocol version of the participant's client.
    client_protocol -> i32;
}

impl Participant {
    /// All publications of the participant, by track identifier.
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
