//! Remote video tracks.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::stats::RtcStats;
use crate::webrtc::video_track::RtcVideoTrack;

/// A video track of a remote participant. This crate does not provide access to its frames.
#[derive(Clone)]
pub struct RemoteVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
}

track!(RemoteVideoTrack);

impl RemoteVideoTrack {
    /// The WebRTC track.
    pub fn rtc_track(&self) -> RtcVideoTrack {
        RtcVideoTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Whether the publisher is a remote participant: always `true`.
    pub fn is_remote(&self) -> bool {
        true
    }
}
