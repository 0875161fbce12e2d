//! Pictures this process would send.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::stats::RtcStats;
use crate::webrtc::video_source::RtcVideoSource;
use crate::webrtc::video_track::RtcVideoTrack;

/// A video track of our own. This crate makes none; the type is here so that matches on tracks are complete.
#[derive(Clone)]
pub struct LocalVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
    source: RtcVideoSource,
}

track!(LocalVideoTrack);

impl LocalVideoTrack {
    /// Sends nothing, and tells the room so.
    pub fn mute(&self) {
        self.inner.set_muted(true);
    }

    /// Sends pictures again.
    pub fn unmute(&self) {
        self.inner.set_muted(false);
    }

    /// The engine's side of it.
    pub fn rtc_track(&self) -> RtcVideoTrack {
        RtcVideoTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Where its pictures come from.
    pub fn rtc_source(&self) -> RtcVideoSource {
        self.source.clone()
    }

    /// Whether somebody else publishes it: no.
    pub fn is_remote(&self) -> bool {
        false
    }
}
