//! Sound somebody else sends.

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
    /// The engine's side of it, to make a stream from.
    pub fn rtc_track(&self) -> RtcAudioTrack {
        RtcAudioTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Whether somebody else publishes it: yes.
    pub fn is_remote(&self) -> bool {
        true
    }
}
