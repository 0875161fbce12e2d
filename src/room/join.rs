//! In and out of a room: what a participant does first and last.

use std::time::Duration;

use livekit::e2ee::EncryptionType;
use livekit::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit::id::TrackSid;
use livekit::options::TrackPublishOptions;
use livekit::track::{LocalAudioTrack, LocalTrack, TrackSource};
use livekit::webrtc::audio_source::RtcAudioSource;
use livekit::{E2eeOptions, Room, RoomOptions};
use parlor_core::secret::Secret;

use super::deadline::{SendError, within};
use super::events;
use super::native_core::{native_core, without_tokens};
use crate::config::LiveKit;

/// From the first packet to a joined room, the native core's own retries included.
const JOIN_WITHIN: Duration = Duration::from_secs(20);

/// How long the server may take to publish our track.
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);

/// How long the goodbye to the server may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Why a room could not be joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// There is no native core.
    #[error("{0}")]
    NativeCore(String),
    /// The server did not take the token.
    #[error("the token was refused: {0}")]
    Refused(String),
    /// The server or the network said no.
    #[error("{0}")]
    Connect(String),
    /// The room was joined, but our track could not be published.
    #[error("the agent's track could not be published: {0}")]
    Publish(String),
    /// Nobody answered in time.
    #[error("no answer within {} s", JOIN_WITHIN.as_secs())]
    Timeout,
}

/// Joins the room of `livekit` that `token` is for.
///
/// # Errors
/// [`JoinError`], all but [`JoinError::Publish`].
pub(super) async fn connect(
    livekit: &LiveKit,
    token: &Secret,
    auto_subscribe: bool,
) -> Result<(Room, events::Receiver), JoinError> {
    native_core().map_err(JoinError::NativeCore)?;
    let mut options = RoomOptions::default();
    options.auto_subscribe = auto_subscribe;
    options.encryption = livekit.shared_key.as_ref().map(encryption);
    let joining = Room::connect(&livekit.url, token.reveal(), options);
    within(JOIN_WITHIN, joining).await.map_err(|why| match why {
        SendError::Room(error) => refused(&error),
        SendError::Timeout => JoinError::Timeout,
    })
}

/// Media and data are encrypted with a key that all in the room share.
fn encryption(shared_key: &Secret) -> E2eeOptions {
    let key = shared_key.reveal().as_bytes().to_vec();
    E2eeOptions {
        encryption_type: EncryptionType::Gcm,
        key_provider: KeyProvider::with_shared_key(KeyProviderOptions::default(), key),
    }
}

/// The core tells the server's answer in words only.
fn refused(error: &str) -> JoinError {
    let why = without_tokens(error);
    let is_proxys = why.contains("Proxy connection failed");
    match why.contains("401 Unauthorized") && !is_proxys {
        true => JoinError::Refused(why),
        false => JoinError::Connect(why),
    }
}

/// How a voice is published; `preconnect_buffer` announces what was said before.
pub(super) fn microphone(preconnect_buffer: bool) -> TrackPublishOptions {
    TrackPublishOptions {
        source: TrackSource::Microphone,
        preconnect_buffer,
        ..TrackPublishOptions::default()
    }
}

/// Publishes `source` under a name.
///
/// # Errors
/// [`JoinError::Publish`]
pub(super) async fn publish(
    room: &Room,
    name: &str,
    source: RtcAudioSource,
    options: TrackPublishOptions,
) -> Result<(), JoinError> {
    let track = LocalTrack::Audio(LocalAudioTrack::create_audio_track(name, source));
    let participant = room.local_participant();
    let published = within(PUBLISH_WITHIN, participant.publish_track(track, options)).await;
    let published = published.map_err(|it| JoinError::Publish(it.to_string()));
    published.map(drop)
}

/// Unpublishes a track of ours.
pub(super) async fn unpublish(room: &Room, sid: &TrackSid) -> Result<(), SendError> {
    let participant = room.local_participant();
    let unpublished = within(PUBLISH_WITHIN, participant.unpublish_track(sid)).await;
    unpublished.map(drop)
}

/// Says goodbye to the server.
pub(super) async fn close(room: &Room) {
    match within(LEAVE_WITHIN, room.close()).await {
        Ok(()) => {}
        Err(SendError::Room(error)) => {
            tracing::debug!(%error, "the room was over before it was left");
        }
        Err(SendError::Timeout) => tracing::warn!("the server did not answer the goodbye in time"),
    }
}
