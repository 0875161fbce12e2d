//! Room events.

use livekit_protocol::DisconnectReason;

use crate::data_stream::{ByteStreamReader, TakeCell, TextStreamReader};
use crate::id::ParticipantIdentity;
use crate::participant::{LocalParticipant, Participant, RemoteParticipant};
use crate::publication::RemoteTrackPublication;
use crate::track::{LocalTrack, RemoteTrack, TrackError};

/// An event in a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub enum RoomEvent {
    /// A participant joined. It may not receive data yet.
    ParticipantConnected(RemoteParticipant),
    /// A participant left.
    ParticipantDisconnected(RemoteParticipant),
    /// A local track was unpublished.
    LocalTrackUnpublished { participant: LocalParticipant },
    /// A local track was republished with a new identifier after a reconnect.
    LocalTrackRepublished { participant: LocalParticipant },
    /// A remote participant subscribed to a local track.
    LocalTrackSubscribed { track: LocalTrack },
    /// The local participant is subscribed to a remote track; its media is available.
    TrackSubscribed {
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// The local participant is unsubscribed from a remote track; its media has ended.
    TrackUnsubscribed { track: RemoteTrack },
    /// A subscription to a remote track failed.
    TrackSubscriptionFailed {
        participant: RemoteParticipant,
        error: TrackError,
    },
    /// A remote participant published a track.
    TrackPublished {
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// A track was muted.
    TrackMuted { participant: Participant },
    /// A track was unmuted.
    TrackUnmuted { participant: Participant },
    /// Attributes of a participant changed.
    ParticipantAttributesChanged { participant: Participant },
    /// The permissions of a participant changed.
    ParticipantPermissionChanged { participant: Participant },
    /// A participant sent a DTMF tone.
    SipDTMFReceived { digit: Option<String> },
    /// A remote participant opened a byte stream.
    ByteStreamOpened {
        reader: TakeCell<ByteStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// A remote participant opened a text stream.
    TextStreamOpened {
        reader: TakeCell<TextStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// The room has been joined. Always the first event.
    Connected {
        participants_with_tracks: Vec<(RemoteParticipant, Vec<RemoteTrackPublication>)>,
    },
    /// The room has been left or has ended. Always the last event.
    Disconnected { reason: DisconnectReason },
    /// The connection was lost and is being restored.
    Reconnecting,
    /// The connection was restored.
    Reconnected,
    /// The server sent a refreshed access token.
    TokenRefreshed { token: String },
}
