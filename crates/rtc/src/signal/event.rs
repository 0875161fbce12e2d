//! What the server says, checked and typed.

use livekit_protocol as proto;
use livekit_protocol::{leave_request, signal_response};
use serde::Deserialize;

use crate::limits::{MAX_SDP, MAX_SECTIONS};

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The join is accepted.
    Joined(Box<proto::JoinResponse>),
    /// The resume is accepted.
    Resumed(Box<proto::ReconnectResponse>),
    /// Answer to an offer of the publisher.
    Answer(proto::SessionDescription),
    /// Offer of the subscriber, with two peer connections only.
    Offer(proto::SessionDescription),
    /// A candidate of the server.
    Candidate(Candidate),
    /// Participants that joined, changed or left.
    Participants(Vec<proto::ParticipantInfo>),
    /// A track of the local participant is published.
    TrackPublished {
        /// Identifier that the client gave.
        cid: String,
        /// The track.
        track: Box<proto::TrackInfo>,
    },
    /// The server ended a publication of the local participant.
    TrackUnpublished(String),
    /// The server muted or unmuted a track of the local participant: track and muted.
    Muted(String, bool),
    /// Changes of who speaks.
    Speakers(Vec<proto::SpeakerInfo>),
    /// The room changed.
    Room(Box<proto::Room>),
    /// The local participant is in another room.
    Moved(Box<proto::RoomMovedResponse>),
    /// Connection quality of participants.
    Quality(Vec<proto::ConnectionQualityInfo>),
    /// The server paused or resumed subscribed tracks.
    StreamStates(Vec<proto::StreamStateInfo>),
    /// The local participant may, or may no longer, subscribe to a track.
    SubscriptionPermission(proto::SubscriptionPermissionUpdate),
    /// A subscription failed: track and error.
    SubscriptionFailed(String, proto::SubscriptionError),
    /// Somebody subscribed to a track of the local participant for the first time.
    TrackSubscribed(String),
    /// Token for the next connection.
    Token(String),
    /// Media sections that the server needs to send subscribed tracks on a single peer connection.
    Sections {
        /// Further sections for audio.
        audio: usize,
        /// Further sections for video.
        video: usize,
    },
    /// Outcome of a request with an identifier.
    Response(proto::RequestResponse),
    /// The server ends the session, or asks for another.
    Leave(Leave),
}

/// The server ends the session, or asks for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// What the client shall do.
    pub action: leave_request::Action,
    /// Why.
    pub reason: proto::DisconnectReason,
}

/// A candidate of the server, in the form of `RTCIceCandidateInit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The peer connection.
    pub target: proto::SignalTarget,
    /// The candidate attribute of RFC 8839; empty at the end of candidates.
    pub candidate: String,
}

#[derive(Deserialize)]
struct CandidateInit {
    #[serde(default)]
    candidate: String,
}

/// Converts a message; `None` if it is malformed or means nothing to this client.
pub(super) fn event(message: signal_response::Message) -> Option<Event> {
    use signal_response::Message;
    Some(match message {
        Message::Join(join) => Event::Joined(Box::new(join)),
        Message::Reconnect(response) => Event::Resumed(Box::new(response)),
        Message::Answer(answer) => Event::Answer(description(answer)?),
        Message::Offer(offer) => Event::Offer(description(offer)?),
        Message::Trickle(trickle) => Event::Candidate(candidate(&trickle)?),
        Message::Update(update) => Event::Participants(update.participants),
        Message::TrackPublished(published) => Event::TrackPublished {
            cid: published.cid,
            track: Box::new(published.track?),
        },
        Message::TrackUnpublished(unpublished) => Event::TrackUnpublished(unpublished.track_sid),
        Message::Mute(mute) => Event::Muted(mute.sid, mute.muted),
        Message::SpeakersChanged(changed) => Event::Speakers(changed.speakers),
        Message::RoomUpdate(update) => Event::Room(Box::new(update.room?)),
        Message::RoomMoved(moved) => Event::Moved(Box::new(moved)),
        Message::ConnectionQuality(quality) => Event::Quality(quality.updates),
        Message::StreamStateUpdate(update) => Event::StreamStates(update.stream_states),
        Message::SubscriptionPermissionUpdate(update) => Event::SubscriptionPermission(update),
        Message::SubscriptionResponse(response) => {
            let error = response.err();
            Event::SubscriptionFailed(response.track_sid, error)
        }
        Message::TrackSubscribed(subscribed) => Event::TrackSubscribed(subscribed.track_sid),
        Message::RefreshToken(token) => Event::Token(token),
        Message::MediaSectionsRequirement(needed) => Event::Sections {
            audio: sections(needed.num_audios),
            video: sections(needed.num_videos),
        },
        Message::RequestResponse(response) => Event::Response(response),
        Message::Leave(leave) => Event::Leave(Leave {
            action: leave_action(&leave),
            reason: leave.reason(),
        }),
        _ => return None,
    })
}

/// Servers before protocol 13 set `can_reconnect` instead of an action.
fn leave_action(leave: &proto::LeaveRequest) -> leave_request::Action {
    match leave.action() {
        leave_request::Action::Disconnect if leave.can_reconnect => {
            leave_request::Action::Reconnect
        }
        action => action,
    }
}

fn description(description: proto::SessionDescription) -> Option<proto::SessionDescription> {
    (description.sdp.len() <= MAX_SDP).then_some(description)
}

fn candidate(trickle: &proto::TrickleRequest) -> Option<Candidate> {
    let init: CandidateInit = serde_json::from_str(&trickle.candidate_init).ok()?;
    Some(Candidate {
        target: trickle.target(),
        candidate: init.candidate,
    })
}

fn sections(count: u32) -> usize {
    usize::try_from(count).map_or(MAX_SECTIONS, |count| count.min(MAX_SECTIONS))
}
