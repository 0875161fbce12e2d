//! Joining and leaving a room, and publishing tracks.

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
use crate::LiveKit;

/// Timeout for joining a room, including the native core's own retries.
const JOIN_WITHIN: Duration = Duration::from_secs(20);

/// Timeout for publishing or unpublishing a track.
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);

/// Timeout for leaving the room.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Why a room could not be joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The native core could not be loaded.
    #[error("{0}")]
    NativeCore(String),
    /// The server rejected the token.
    #[error("the server rejected the token: {0}")]
    Refused(String),
    /// The server could not be reached, or it rejected the connection.
    #[error("{0}")]
    Connect(String),
    /// The room was joined, but the track could not be published.
    #[error("the agent's track could not be published: {0}")]
    Publish(String),
    /// The server did not answer in time.
    #[error("no answer within {} s", JOIN_WITHIN.as_secs())]
    Timeout,
}

/// Joins the room of `livekit` that `token` grants access to.
///
/// # Errors
/// Every [`JoinError`] except [`JoinError::Publish`].
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

/// End-to-end encryption of media and data with a key that all participants share.
fn encryption(shared_key: &Secret) -> E2eeOptions {
    let key = shared_key.reveal().as_bytes().to_vec();
    E2eeOptions {
        encryption_type: EncryptionType::Gcm,
        key_provider: KeyProvider::with_shared_key(KeyProviderOptions::default(), key),
    }
}

/// Classifies an error; the native core reports the server's answer only as text.
fn refused(error: &str) -> JoinError {
    let why = without_tokens(error);
    let is_proxys = why.contains("Proxy connection failed");
    match why.contains("401 Unauthorized") && !is_proxys {
        true => JoinError::Refused(why),
        false => JoinError::Connect(why),
    }
}

/// Options of a microphone track; `preconnect_buffer` announces pre-connect audio.
pub(super) fn microphone(preconnect_buffer: bool) -> TrackPublishOptions {
    TrackPublishOptions {
        source: TrackSource::Microphone,
        preconnect_buffer,
        ..TrackPublishOptions::default()
    }
}

/// Publishes `source` as a track called `name`.
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

/// Unpublishes a local track.
pub(super) async fn unpublish(room: &Room, sid: &TrackSid) -> Result<(), SendError> {
    let participant = room.local_participant();
    let unpublished = within(PUBLISH_WITHIN, participant.unpublish_track(sid)).await;
    unpublished.map(drop)
}

/// Leaves the room.
pub(super) async fn close(room: &Room) {
    match within(LEAVE_WITHIN, room.close()).await {
        Ok(()) => {}
        Err(SendError::Room(error)) => {
            tracing::debug!(%error, "the room had ended before it was left");
        }
        Err(SendError::Timeout) => tracing::warn!("leaving the room timed out"),
    }
}
