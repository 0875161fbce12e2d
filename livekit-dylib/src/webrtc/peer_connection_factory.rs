//! How the connection for media is made.

/// A STUN or TURN server.
#[derive(Debug, Clone)]
pub struct IceServer {
    /// `stun:` or `turn:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: String,
    /// For TURN.
    pub password: String,
}

/// How long addresses are looked for.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum ContinualGatheringPolicy {
    /// Until the connection stands.
    GatherOnce,
    /// As long as it lives.
    GatherContinually,
}

/// Which addresses are used.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceTransportsType {
    /// Only those of a TURN server.
    Relay,
    /// All but those of this machine.
    NoHost,
    /// All.
    All,
}

/// Settings of the connection; start from the default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RtcConfiguration {
    /// STUN and TURN servers; empty means those the LiveKit server names.
    pub ice_servers: Vec<IceServer>,
    /// How long addresses are looked for.
    pub continual_gathering_policy: ContinualGatheringPolicy,
    /// Which addresses are used.
    pub ice_transport_type: IceTransportsType,
    /// Has no effect here: the native core decides.
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
