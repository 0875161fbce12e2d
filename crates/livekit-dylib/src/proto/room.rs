//! Rooms: options, joining, leaving.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct ConnectRequest {
    #[prost(string, required, tag = "1")]
    pub url: String,
    #[prost(string, required, tag = "2")]
    pub token: String,
    #[prost(message, required, tag = "3")]
    pub options: RoomOptions,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ConnectResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ConnectCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "connect_callback::Message", tags = "2, 3")]
    pub message: Option<connect_callback::Message>,
}

pub mod connect_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ParticipantWithTracks {
        #[prost(message, required, tag = "1")]
        pub participant: OwnedParticipant,
        #[prost(message, repeated, tag = "2")]
        pub publications: Vec<OwnedTrackPublication>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Result {
        #[prost(message, required, tag = "1")]
        pub room: OwnedRoom,
        #[prost(message, required, tag = "2")]
        pub local_participant: OwnedParticipant,
        #[prost(message, repeated, tag = "3")]
        pub participants: Vec<ParticipantWithTracks>,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(string, tag = "2")]
        Error(String),
        #[prost(message, tag = "3")]
        Result(Result),
    }
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisconnectRequest {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
    #[prost(uint64, optional, tag = "2")]
    pub request_async_id: Option<u64>,
    #[prost(enumeration = "DisconnectReason", optional, tag = "3")]
    pub reason: Option<i32>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisconnectResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisconnectCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SimulateScenarioRequest {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
    #[prost(enumeration = "SimulateScenarioKind", required, tag = "2")]
    pub scenario: i32,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SimulateScenarioResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SimulateScenarioCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ReadyForRoomEventRequest {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ReadyForRoomEventResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct IceServer {
    #[prost(string, repeated, tag = "1")]
    pub urls: Vec<String>,
    #[prost(string, optional, tag = "2")]
    pub username: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub password: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RtcConfig {
    #[prost(enumeration = "IceTransportType", optional, tag = "1")]
    pub ice_transport_type: Option<i32>,
    #[prost(enumeration = "ContinualGatheringPolicy", optional, tag = "2")]
    pub continual_gathering_policy: Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub ice_servers: Vec<IceServer>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RoomDataStreamOptions {
    #[prost(uint64, optional, tag = "1")]
    pub max_payload_byte_length: Option<u64>,
    #[prost(bool, optional, tag = "2")]
    pub use_legacy_client_implementation: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RoomOptions {
    #[prost(bool, optional, tag = "1")]
    pub auto_subscribe: Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub adaptive_stream: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub dynacast: Option<bool>,
    #[deprecated]
    #[prost(message, optional, tag = "4")]
    pub e2ee: Option<E2eeOptions>,
    #[prost(message, optional, tag = "5")]
    pub rtc_config: Option<RtcConfig>,
    #[prost(uint32, optional, tag = "6")]
    pub join_retries: Option<u32>,
    #[prost(message, optional, tag = "7")]
    pub encryption: Option<E2eeOptions>,
    #[prost(bool, optional, tag = "8")]
    pub single_peer_connection: Option<bool>,
    #[prost(uint64, optional, tag = "9")]
    pub connect_timeout_ms: Option<u64>,
    #[prost(message, optional, tag = "10")]
    pub data_stream: Option<RoomDataStreamOptions>,
    #[prost(string, optional, tag = "11")]
    pub other_sdks: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RoomInfo {
    #[prost(string, optional, tag = "1")]
    pub sid: Option<String>,
    #[prost(string, required, tag = "2")]
    pub name: String,
    #[prost(string, required, tag = "3")]
    pub metadata: String,
    #[prost(uint64, required, tag = "4")]
    pub lossy_dc_buffered_amount_low_threshold: u64,
    #[prost(uint64, required, tag = "5")]
    pub reliable_dc_buffered_amount_low_threshold: u64,
    #[prost(uint32, required, tag = "6")]
    pub empty_timeout: u32,
    #[prost(uint32, required, tag = "7")]
    pub departure_timeout: u32,
    #[prost(uint32, required, tag = "8")]
    pub max_participants: u32,
    #[prost(int64, required, tag = "9")]
    pub creation_time: i64,
    #[prost(uint32, required, tag = "10")]
    pub num_participants: u32,
    #[prost(uint32, required, tag = "11")]
    pub num_publishers: u32,
    #[prost(bool, required, tag = "12")]
    pub active_recording: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedRoom {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: RoomInfo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SimulateScenarioKind {
    SimulateSignalReconnect = 0,
    SimulateSpeaker = 1,
    SimulateNodeFailure = 2,
    SimulateServerLeave = 3,
    SimulateMigration = 4,
    SimulateForceTcp = 5,
    SimulateForceTls = 6,
    SimulateFullReconnect = 7,
    SimulateDisconnectSignalOnResume = 8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceTransportType {
    TransportRelay = 0,
    TransportNohost = 1,
    TransportAll = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ContinualGatheringPolicy {
    GatherOnce = 0,
    GatherContinually = 1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ConnectionQuality {
    QualityPoor = 0,
    QualityGood = 1,
    QualityExcellent = 2,
    QualityLost = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ConnectionState {
    ConnDisconnected = 0,
    ConnConnected = 1,
    ConnReconnecting = 2,
}
