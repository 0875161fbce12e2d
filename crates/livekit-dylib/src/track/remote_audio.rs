//! Remote audio tracks.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::audio_track::RtcAudioTrack;
use crate::webrtc::stats::RtcStats;

/// An audio track of a remote participant.
#[derive(Clone)]
pub struct RemoteAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
}

track!(RemoteAudioTrack);

impl RemoteAudioTrack {
    /// The WebRTC track, from which an audio stream can be created.
    pub fn rtc_track(&self) -> RtcAudioTrack {
        RtcAudioTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Whether the publisher is a remote participant: always `true`.
    pub fn is_remote(&self) -> bool {
        true
    }
}
