//! What every kind of track is made of.

use parking_lot::RwLock;

use super::{StreamState, TrackKind, TrackSource};
use crate::engine;
use crate::id::TrackSid;
use crate::room::{RoomError, RoomResult};
use crate::webrtc::RtcError;
use crate::webrtc::stats::RtcStats;

/// The sid of a local track that is not published yet.
const UNPUBLISHED: &str = "TR_unknown";

/// A track, shared by everything that stands for it.
#[derive(Debug)]
pub(crate) struct TrackInner {
    /// Or why there is none: constructors of local tracks cannot fail.
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
    /// A track somebody else publishes.
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

    /// A track of our own, not published yet.
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

    /// The engine's track, or why there is none.
    pub(crate) fn engine(&self) -> Result<&engine::Track, &str> {
        self.engine.as_ref().map_err(String::as_str)
    }

    /// Lets the engine go of it: the track is over, and so are its streams.
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

    /// Takes over what publishing decided.
    pub(crate) fn published(&self, sid: TrackSid, source: TrackSource) {
        let mut state = self.state.write();
        state.sid = sid;
        state.source = source;
    }

    /// Takes over that the track was muted, by whomever.
    pub(crate) fn was_muted(&self, muted: bool) {
        self.state.write().muted = muted;
    }

    /// Takes over that media flows or not.
    pub(crate) fn was_enabled(&self, enabled: bool) {
        self.state.write().enabled = enabled;
    }

    /// Mutes or unmutes a local track.
    pub(super) fn set_muted(&self, muted: bool) {
        if std::mem::replace(&mut self.state.write().muted, muted) != muted {
            self.tell(|track| track.set_muted(muted));
        }
    }

    /// Lets media flow or not; `false` when nothing changed. A local track is muted for it.
    pub(crate) fn set_enabled(&self, enabled: bool) -> bool {
        let changed = std::mem::replace(&mut self.state.write().enabled, enabled) != enabled;
        if changed {
            self.tell(|track| {
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

    fn tell(&self, request: impl FnOnce(&engine::Track) -> Result<(), engine::Error>) {
        let Ok(track) = &self.engine else { return };
        if let Err(error) = request(track) {
            tracing::debug!(target: "livekit", %error, "track is over");
        }
    }
}

/// The methods all kinds of tracks share.
macro_rules! track {
    ($name:ident) => {
        impl $name {
            /// The identifier the server gave it.
            pub fn sid(&self) -> TrackSid {
                self.inner.sid()
            }

            /// The publisher's name for it.
            pub fn name(&self) -> String {
                self.inner.name()
            }

            /// Sound or pictures.
            pub fn kind(&self) -> TrackKind {
                self.inner.kind()
            }

            /// What it shows or lets hear.
            pub fn source(&self) -> TrackSource {
                self.inner.source()
            }

            /// Whether the server sends it.
            pub fn stream_state(&self) -> StreamState {
                self.inner.stream_state()
            }

            /// Whether media flows.
            pub fn is_enabled(&self) -> bool {
                self.inner.is_enabled()
            }

            /// Lets media flow.
            pub fn enable(&self) {
                self.inner.set_enabled(true);
            }

            /// Stops media. For a local track this is the same as muting it: the native core has no silent switch.
            pub fn disable(&self) {
                self.inner.set_enabled(false);
            }

            /// Whether its publisher muted it.
            pub fn is_muted(&self) -> bool {
                self.inner.is_muted()
            }

            /// Statistics of its transport.
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
