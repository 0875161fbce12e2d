//! Code shared by all kinds of tracks.

use parking_lot::RwLock;

use super::{StreamState, TrackKind, TrackSource};
use crate::engine;
use crate::id::TrackSid;
use crate::room::{RoomError, RoomResult};
use crate::webrtc::RtcError;
use crate::webrtc::stats::RtcStats;

/// Identifier of a local track before it is published.
const UNPUBLISHED: &str = "TR_unknown";

/// State of a track, shared by all values that represent it.
#[derive(Debug)]
pub(crate) struct TrackInner {
    /// The engine's track, or the error of its creation, because constructors of local tracks
    /// cannot fail.
    engine: Result<engine::Track, String>,
    remote: bool,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    sid: TrackSid,
    name: String,
    kind: TrackKind,
    source: TrackSource,
    stream_state: StreamState,
    muted: bool,
    enabled: bool,
}

impl TrackInner {
    /// Creates the state of a remote track.
    pub(crate) fn remote(track: engine::Track, source: TrackSource) -> Self {
        let info = track.info.clone();
        let state = State {
            sid: info.sid,
            name: info.name,
            kind: info.kind,
            source,
            stream_state: info.stream_state,
            muted: info.muted,
            enabled: true,
        };
        Self {
            engine: Ok(track),
            remote: true,
            state: RwLock::new(state),
        }
    }

    /// Creates the state of a local audio track that is not published yet.
    pub(super) fn local_audio(name: &str, track: Result<engine::Track, String>) -> Self {
        let state = State {
            sid: TrackSid(UNPUBLISHED.to_owned()),
            name: name.to_owned(),
            kind: TrackKind::Audio,
            source: TrackSource::Unknown,
            stream_state: StreamState::Active,
            muted: false,
            enabled: true,
        };
        Self {
            engine: track,
            remote: false,
            state: RwLock::new(state),
        }
    }

    /// The engine's track, or the error of its creation.
    pub(crate) fn engine(&self) -> Result<&engine::Track, &str> {
        self.engine.as_ref().map_err(String::as_str)
    }

    /// Releases the engine's track, which ends the track and its streams.
    pub(crate) fn release(&self) {
        if let Ok(track) = &self.engine {
            track.release();
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.engine.as_ref().is_ok_and(engine::Track::is_live)
    }

    pub(crate) fn sid(&self) -> TrackSid {
        self.state.read().sid.clone()
    }

    pub(crate) fn name(&self) -> String {
        self.state.read().name.clone()
    }

    pub(crate) fn kind(&self) -> TrackKind {
        self.state.read().kind
    }

    pub(crate) fn source(&self) -> TrackSource {
        self.state.read().source
    }

    pub(crate) fn stream_state(&self) -> StreamState {
        self.state.read().stream_state
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.state.read().muted
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.state.read().enabled
    }

    /// Records the result of publishing.
    pub(crate) fn published(&self, sid: TrackSid, source: TrackSource) {
        let mut state = self.state.write();
        state.sid = sid;
        state.source = source;
    }

    /// Records that the track was muted or unmuted.
    pub(crate) fn set_muted_state(&self, muted: bool) {
        self.state.write().muted = muted;
    }

    /// Records that the track was enabled or disabled.
    pub(crate) fn set_enabled_state(&self, enabled: bool) {
        self.state.write().enabled = enabled;
    }

    /// Mutes or unmutes a local track.
    pub(super) fn set_muted(&self, muted: bool) {
        if std::mem::replace(&mut self.state.write().muted, muted) != muted {
            self.request(|track| track.set_muted(muted));
        }
    }

    /// Enables or disables the track; `false` if nothing changed. Local tracks are muted or unmuted
    /// instead.
    pub(crate) fn set_enabled(&self, enabled: bool) -> bool {
        let changed = std::mem::replace(&mut self.state.write().enabled, enabled) != enabled;
        if changed {
            self.request(|track| {
                if self.remote {
                    track.set_enabled(enabled)
                } else {
                    track.set_muted(!enabled)
                }
            });
        }
        changed
    }

    pub(super) async fn stats(&self) -> RoomResult<Vec<RtcStats>> {
        let track = self
            .engine()
            .map_err(|error| RoomError::Rtc(RtcError::invalid(error)))?;
        track.stats().await
    }

    fn request(&self, request: impl FnOnce(&engine::Track) -> Result<(), engine::Error>) {
        let Ok(track) = &self.engine else { return };
        if let Err(error) = request(track) {
            tracing::debug!(target: "livekit", %error, "track has ended");
        }
    }
}

/// Defines the methods that all kinds of tracks share.
macro_rules! track {
    ($name:ident) => {
        impl $name {
            /// Identifier assigned by the server.
            pub fn sid(&self) -> TrackSid {
                self.inner.sid()
            }

            /// Name of the track, chosen by the publisher.
            pub fn name(&self) -> String {
                self.inner.name()
            }

            /// Kind of the track: audio or video.
            pub fn kind(&self) -> TrackKind {
                self.inner.kind()
            }

            /// Source of the track, such as a microphone.
            pub fn source(&self) -> TrackSource {
                self.inner.source()
            }

            /// Whether the server is sending the track.
            pub fn stream_state(&self) -> StreamState {
                self.inner.stream_state()
            }

            /// Whether the track is enabled.
            pub fn is_enabled(&self) -> bool {
                self.inner.is_enabled()
            }

            /// Enables the track.
            pub fn enable(&self) {
                self.inner.set_enabled(true);
            }

            /// Disables the track. A local track is muted instead, because the native core cannot
            /// disable it without informing the room.
            pub fn disable(&self) {
                self.inner.set_enabled(false);
            }

            /// Whether the publisher has muted the track.
            pub fn is_muted(&self) -> bool {
                self.inner.is_muted()
            }

            /// Statistics of the track's transport.
            pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
                self.inner.stats().await
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("sid", &self.sid())
                    .field("name", &self.name())
                    .field("source", &self.source())
                    .finish()
            }
        }
    };
}
pub(super) use track;
