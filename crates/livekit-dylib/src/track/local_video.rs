//! Local video tracks.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::stats::RtcStats;
use crate::webrtc::video_source::RtcVideoSource;
use crate::webrtc::video_track::RtcVideoTrack;

/// A video track of the local participant. This crate cannot create one; the type exists so that
/// `match` expressions on tracks are complete.
#[derive(Clone)]
pub struct LocalVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
    source: RtcVideoSource,
}

track!(LocalVideoTrack);

impl LocalVideoTrack {
    /// Mutes the track and informs the room.
    pub fn mute(&self) {
        self.inner.set_muted(true);
    }

    /// Unmutes the track and informs the room.
    pub fn unmute(&self) {
        self.inner.set_muted(false);
    }

    /// The WebRTC track.
    pub fn rtc_track(&self) -> RtcVideoTrack {
        RtcVideoTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// The video source of the track.
    pub fn rtc_source(&self) -> RtcVideoSource {
        self.source.clone()
    }

    /// Whether the publisher is a remote participant: always `false`.
    pub fn is_remote(&self) -> bool {
        false
    }
}
