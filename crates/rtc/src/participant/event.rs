//! What happens in the room.

use std::collections::HashMap;

use livekit_protocol as proto;
use livekit_protocol::data_packet::Kind;

/// Something happened. Participants are named by their identity, tracks by their identifier (`TR_`).
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The participant is in the room and its media is connected. Comes once, first.
    Connected(Box<Joined>),
    /// The connection is lost; the participant tries to get it back.
    Reconnecting,
    /// The connection is back.
    Reconnected {
        /// Whether the server kept the session. If not, tracks are published anew.
        resumed: bool,
    },
    /// The participant has left. Always the last event.
    Disconnected(Disconnected),
    /// A participant came.
    ParticipantConnected(Box<proto::ParticipantInfo>),
    /// A participant can be heard and reached by data packets.
    ParticipantActive(String),
    /// A participant left, and why.
    ParticipantDisconnected(String, proto::DisconnectReason),
    /// A participant published a track.
    TrackPublished(String, Box<proto::TrackInfo>),
    /// A participant ended a track.
    TrackUnpublished(String, String),
    /// RTP of a track may come from now on: participant and track.
    TrackSubscribed(String, String),
    /// No RTP of a track comes any more: participant and track.
    TrackUnsubscribed(String, String),
    /// A subscription failed: track and error.
    SubscriptionFailed(String, proto::SubscriptionError),
    /// The local participant may, or may no longer, subscribe to a track.
    SubscriptionPermission {
        /// The track.
        track: String,
        /// Whether it may be subscribed to.
        allowed: bool,
    },
    /// A track of a remote participant was muted or unmuted.
    TrackMuted {
        /// The participant.
        participant: String,
        /// The track.
        track: String,
        /// Whether it is muted now.
        muted: bool,
    },
    /// The server paused or resumed a subscribed track.
    StreamState(proto::StreamStateInfo),
    /// The metadata of a participant, maybe the local one, changed.
    MetadataChanged(String, String),
    /// The name of a participant, maybe the local one, changed.
    NameChanged(String, String),
    /// The attributes of a participant, maybe the local one, changed.
    AttributesChanged {
        /// The participant.
        participant: String,
        /// All attributes.
        all: HashMap<String, String>,
        /// Those that changed; a removed one is empty.
        changed: HashMap<String, String>,
    },
    /// The permission of a participant, maybe the local one, changed.
    PermissionChanged(String, Option<Box<proto::ParticipantPermission>>),
    /// The server confirmed a track of the local participant: client identifier and track.
    LocalTrackPublished(String, Box<proto::TrackInfo>),
    /// A track of the local participant is published under a new identifier: client identifier,
    /// former identifier, track.
    LocalTrackRepublished(String, String, Box<proto::TrackInfo>),
    /// A track of the local participant could not be published: client identifier and why.
    PublishFailed(String, String),
    /// A track of the local participant is no longer published: client identifier and track.
    LocalTrackUnpublished(String, String),
    /// Somebody subscribed to a track of the local participant for the first time.
    LocalTrackSubscribed(String),
    /// A track of the local participant was muted or unmuted, here or by the server.
    LocalTrackMuted {
        /// Client identifier of the track.
        cid: String,
        /// Whether it is muted now.
        muted: bool,
    },
    /// Participants that speak, loudest first. Complete.
    ActiveSpeakers(Vec<Speaker>),
    /// Connection quality of a participant, maybe the local one.
    ConnectionQuality(String, proto::ConnectionQuality),
    /// Name, metadata or number of participants of the room changed.
    RoomChanged(Box<proto::Room>),
    /// The participant is in another room.
    Moved(Box<proto::Room>),
    /// A data packet: user data, chat, transcription, stream, RPC or DTMF.
    Data(Kind, Box<proto::DataPacket>),
    /// Less is buffered in a data channel than the threshold that was set.
    BufferedAmountLow(Kind),
    /// Outcome of a request, by the identifier that the request returned.
    Response {
        /// Identifier of the request.
        id: u32,
        /// `Ok`, or why it failed.
        reason: proto::request_response::Reason,
        /// Text of the server.
        message: String,
    },
    /// The token for later connections.
    TokenRefreshed(String),
}

/// The room at the time of the join.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The room.
    pub room: proto::Room,
    /// The local participant.
    pub local: proto::ParticipantInfo,
    /// The other participants.
    pub participants: Vec<proto::ParticipantInfo>,
    /// Whether one peer connection serves both directions (`/rtc/v1`).
    pub single_peer_connection: bool,
}

/// A participant that speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    /// The participant, maybe the local one.
    pub participant: String,
    /// Level from 0.0 to 1.0, the loudest.
    pub level: f32,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Disconnected {
    /// The reason, by the server or by this side.
    pub reason: proto::DisconnectReason,
    /// What failed, unless the end was asked for.
    pub failure: Option<Failure>,
}

/// Why a connection failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The address or the token cannot be used.
    #[error("{0}")]
    Address(String),
    /// The server refused the WebSocket with this HTTP status.
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
    /// The WebSocket could not be opened.
    #[error("cannot connect to the server: {0}")]
    Dial(String),
    /// The server did not answer the join or the resume in time.
    #[error("the server did not answer in time")]
    Answer,
    /// The WebSocket closed or fell silent.
    #[error("the signalling connection was lost")]
    Signal,
    /// The server sent what cannot be understood.
    #[error("{0}")]
    Protocol(String),
    /// The peer connections did not connect in time.
    #[error("the media connection was not established in time")]
    Transport,
    /// The server asked for another session.
    #[error("the server asked to reconnect")]
    Leave,
}
