//! Configuration of the WebRTC connection.

/// A STUN or TURN server.
#[derive(Debug, Clone)]
pub struct IceServer {
    /// URLs of the server, starting with `stun:` or `turn:`.
    pub urls: Vec<String>,
    /// Username for a TURN server.
    pub username: String,
    /// Password for a TURN server.
    pub password: String,
}

/// How long ICE candidates are gathered.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum ContinualGatheringPolicy {
    /// Until the connection is established.
    GatherOnce,
    /// As long as the connection exists.
    GatherContinually,
}

/// Which ICE candidates are used.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceTransportsType {
    /// Only relay candidates of TURN servers.
    Relay,
    /// All except host candidates.
    NoHost,
    /// All candidates.
    All,
}

/// Configuration of the WebRTC connection; start from `RtcConfiguration::default()`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RtcConfiguration {
    /// STUN and TURN servers; empty means those provided by the LiveKit server.
    pub ice_servers: Vec<IceServer>,
    /// How long ICE candidates are gathered.
    pub continual_gathering_policy: ContinualGatheringPolicy,
    /// Which ICE candidates are used.
    pub ice_transport_type: IceTransportsType,
    /// Has no effect in this crate, because the native core has no such option.
    pub enable_sctp_snap: bool,
}

impl Default for RtcConfiguration {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            continual_gathering_policy: ContinualGatheringPolicy::GatherContinually,
            ice_transport_type: IceTransportsType::All,
            enable_sctp_snap: false,
        }
    }
}
