//! How a room is joined.

use std::time::Duration;

use super::SDK_VERSION;
use crate::e2ee::E2eeOptions;
use crate::webrtc::peer_connection_factory::RtcConfiguration;

/// How long one attempt to reach the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server is told of this SDK. The native core tells its own name and version; `other_sdks` is passed on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomSdkOptions {
    /// Its name.
    pub sdk: String,
    /// Its version.
    pub sdk_version: String,
    /// SDKs on top of it: `name:version`, separated by commas.
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

/// How data streams are received.
#[derive(Debug, Clone, Default)]
pub struct RoomDataStreamOptions {
    pub(crate) max_payload_byte_length: Option<usize>,
}

impl RoomDataStreamOptions {
    /// The longest stream that is accepted, in bytes; 5 GB when not set.
    pub fn with_max_payload_byte_length(mut self, byte_length: usize) -> Self {
        self.max_payload_byte_length = Some(byte_length);
        self
    }
}

/// How a room is joined; start from the default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomOptions {
    /// Subscribes to everything that is published.
    pub auto_subscribe: bool,
    /// Receives video in the size it is shown.
    pub adaptive_stream: bool,
    /// Sends only the video layers somebody receives.
    pub dynacast: bool,
    /// The old name of `encryption`; data is not encrypted with it.
    #[deprecated(note = "Use `encryption` field instead")]
    pub e2ee: Option<E2eeOptions>,
    /// End-to-end encryption.
    pub encryption: Option<E2eeOptions>,
    /// How the connection for media is made.
    pub rtc_config: RtcConfiguration,
    /// Attempts after the first one.
    pub join_retries: u32,
    /// What the server is told of this SDK.
    pub sdk_options: RoomSdkOptions,
    /// One connection for both directions, where the server can.
    pub single_peer_connection: bool,
    /// How long one attempt to reach the server may take.
    pub connect_timeout: Duration,
    /// How data streams are received.
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
