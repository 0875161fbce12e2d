//! Pictures somebody else sends.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::stats::RtcStats;
use crate::webrtc::video_track::RtcVideoTrack;

/// A video track of a remote participant. Its pictures cannot be reached through this crate.
#[derive(Clone)]
pub struct RemoteVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
}

track!(RemoteVideoTrack);

impl RemoteVideoTrack {
    /// The engine's side of it.
    pub fn rtc_track(&self) -> RtcVideoTrack {
        RtcVideoTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Whether somebody else publishes it: yes.
    pub fn is_remote(&self) -> bool {
        true
    }
}
