//! Code shared by local and remote tracks.

use parking_lot::RwLock;

use super::TrackSource;
use crate::engine;
use crate::id::TrackSid;

/// Identifier of a local track before it is published.
const UNPUBLISHED: &str = "TR_unknown";

/// State of a track, shared by all values that represent it.
#[derive(Debug)]
pub(crate) struct TrackInner {
    /// The engine's track, or the error of its creation, because constructors of local tracks
    /// cannot fail.
    engine: Result<engine::Track, String>,
    name: String,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    sid: TrackSid,
    source: TrackSource,
    muted: bool,
}

impl TrackInner {
    /// Creates the state of a remote track.
    pub(crate) fn remote(track: engine::Track, source: TrackSource) -> Self {
        let state = State {
            sid: track.info.sid.clone(),
            source,
            muted: track.info.muted,
        };
        Self {
            name: track.info.name.clone(),
            engine: Ok(track),
            state: RwLock::new(state),
        }
    }

    /// Creates the state of a local audio track that is not published yet.
    pub(super) fn local_audio(name: &str, track: Result<engine::Track, String>) -> Self {
        let state = State {
            sid: TrackSid(UNPUBLISHED.to_owned()),
            source: TrackSource::Unknown,
            muted: false,
        };
        Self {
            engine: track,
            name: name.to_owned(),
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

    pub(crate) fn sid(&self) -> TrackSid {
        self.state.read().sid.clone()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn source(&self) -> TrackSource {
        self.state.read().source
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.state.read().muted
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

    /// Mutes or unmutes a local track.
    pub(crate) fn set_muted(&self, muted: bool) {
        if std::mem::replace(&mut self.state.write().muted, muted) == muted {
            return;
        }
        let Ok(track) = &self.engine else { return };
        if let Err(error) = track.set_muted(muted) {
            tracing::debug!(target: "livekit", %error, "track has ended");
        }
    }
}

/// Defines the methods that both kinds of tracks share.
macro_rules! track {
    ($name:ident) => {
        impl $name {
            /// Identifier assigned by the server.
            pub fn sid(&self) -> TrackSid {
                self.inner.sid()
            }

            /// The WebRTC track, from which an audio stream can be created.
            pub fn rtc_track(&self) -> RtcAudioTrack {
                RtcAudioTrack {
                    inner: Arc::clone(&self.inner),
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("sid", &self.sid())
                    .field("name", &self.inner.name())
                    .field("source", &self.inner.source())
                    .finish()
            }
        }
    };
}
pub(super) use track;
