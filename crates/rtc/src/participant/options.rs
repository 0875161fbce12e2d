//! Settings of a participant and of its tracks.

use std::time::Duration;

use livekit_protocol as proto;

/// Settings of a participant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Whether the server subscribes this participant to every track.
    pub auto_subscribe: bool,
    /// Whether to try `/rtc/v1`, with one peer connection, before `/rtc`.
    pub single_peer_connection: bool,
    /// Media sections for received audio in the first offer of a single peer connection. The
    /// server asks for a further offer in any case when it subscribes this participant.
    pub sections: usize,
    /// Version of the program, shown in the server's dashboards.
    pub version: String,
    /// Features of data packets that other participants can expect, as in `livekit-common`.
    pub client_protocol: i32,
    /// Tracks to publish with the join.
    pub tracks: Vec<TrackOptions>,
    /// How often to try to join.
    pub join_attempts: u32,
    /// How long to try to get a lost session back, in all.
    pub reconnect_timeout: Duration,
    /// How long to try to resume before a new session is started.
    pub resume_timeout: Duration,
    /// Seed of the random values; different for each participant.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            auto_subscribe: true,
            single_peer_connection: true,
            sections: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            client_protocol: 0,
            tracks: Vec::new(),
            join_attempts: 3,
            reconnect_timeout: Duration::from_secs(60),
            resume_timeout: Duration::from_secs(15),
            seed: 0,
        }
    }
}

/// Settings of an audio track to publish.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackOptions {
    /// Name that others see.
    pub name: String,
    /// What the track is.
    pub source: proto::TrackSource,
    /// Whether frames may be left out during silence.
    pub dtx: bool,
    /// Whether the Opus packets are stereo.
    pub stereo: bool,
    /// Whether the track starts muted.
    pub muted: bool,
    /// Stream that the track belongs to, for synchronization; may be empty.
    pub stream: String,
}

impl TrackOptions {
    /// A microphone with this name.
    pub fn microphone(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            source: proto::TrackSource::Microphone,
            dtx: true,
            stereo: false,
            muted: false,
            stream: String::new(),
        }
    }
}
