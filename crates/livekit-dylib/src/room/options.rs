//! Options for joining a room.

use std::time::Duration;

use super::SDK_VERSION;
use crate::e2ee::E2eeOptions;
use crate::webrtc::peer_connection_factory::RtcConfiguration;

/// Timeout of a single connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// SDK information for the server. The native core reports its own name and version; only
/// `other_sdks` is passed on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomSdkOptions {
    /// Name of the SDK.
    pub sdk: String,
    /// Version of the SDK.
    pub sdk_version: String,
    /// SDKs built on top of this one, as a comma-separated list of `name:version`.
    pub other_sdks: Option<String>,
}

impl Default for RoomSdkOptions {
    fn default() -> Self {
        Self {
            sdk: "rust".to_owned(),
            sdk_version: SDK_VERSION.to_owned(),
            other_sdks: None,
        }
    }
}

/// Options for receiving data streams.
#[derive(Debug, Clone, Default)]
pub struct RoomDataStreamOptions {
    pub(crate) max_payload_byte_length: Option<usize>,
}

impl RoomDataStreamOptions {
    /// Sets the maximum size of an incoming stream in bytes; 5 GB by default.
    pub fn with_max_payload_byte_length(mut self, byte_length: usize) -> Self {
        self.max_payload_byte_length = Some(byte_length);
        self
    }
}

/// Options for joining a room; start from `RoomOptions::default()`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomOptions {
    /// Subscribes to all published tracks.
    pub auto_subscribe: bool,
    /// Adapts received video to the size at which it is shown.
    pub adaptive_stream: bool,
    /// Pauses video layers that nobody is subscribed to.
    pub dynacast: bool,
    /// Former name of `encryption`; encrypts media only, not data.
    #[deprecated(note = "Use `encryption` field instead")]
    pub e2ee: Option<E2eeOptions>,
    /// Options for end-to-end encryption; `None` disables it.
    pub encryption: Option<E2eeOptions>,
    /// Configuration of the WebRTC connection.
    pub rtc_config: RtcConfiguration,
    /// Number of retries after the first attempt to join.
    pub join_retries: u32,
    /// SDK information for the server.
    pub sdk_options: RoomSdkOptions,
    /// Uses one peer connection for both directions if the server supports it.
    pub single_peer_connection: bool,
    /// Timeout of a single connection attempt.
    pub connect_timeout: Duration,
    /// Options for receiving data streams.
    pub data_stream: RoomDataStreamOptions,
}

impl Default for RoomOptions {
    #[expect(deprecated, reason = "the official API still has it")]
    fn default() -> Self {
        Self {
            auto_subscribe: true,
            adaptive_stream: false,
            dynacast: false,
            e2ee: None,
            encryption: None,
            rtc_config: RtcConfiguration::default(),
            join_retries: 3,
            sdk_options: RoomSdkOptions::default(),
            single_peer_connection: true,
            connect_timeout: CONNECT_TIMEOUT,
            data_stream: RoomDataStreamOptions::default(),
        }
    }
}
