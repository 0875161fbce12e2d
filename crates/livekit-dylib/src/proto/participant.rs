//! Participants, and what the local one says about itself.

use std::collections::HashMap;

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantInfo {
    #[prost(string, required, tag = "1")]
    pub sid: String,
    #[prost(string, required, tag = "2")]
    pub name: String,
    #[prost(string, required, tag = "3")]
    pub identity: String,
    #[prost(enumeration = "ParticipantState", required, tag = "4")]
    pub state: i32,
    #[prost(string, required, tag = "5")]
    pub metadata: String,
    #[prost(map = "string, string", tag = "6")]
    pub attributes: HashMap<String, String>,
    #[prost(enumeration = "ParticipantKind", required, tag = "7")]
    pub kind: i32,
    #[prost(enumeration = "DisconnectReason", required, tag = "8")]
    pub disconnect_reason: i32,
    #[prost(int64, required, tag = "9")]
    pub joined_at: i64,
    #[prost(
        enumeration = "ParticipantKindDetail",
        repeated,
        packed = "false",
        tag = "10"
    )]
    pub kind_details: Vec<i32>,
    #[prost(message, optional, tag = "11")]
    pub permission: Option<ParticipantPermission>,
    #[prost(int32, required, tag = "12")]
    pub client_protocol: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedParticipant {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: ParticipantInfo,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantPermission {
    #[prost(bool, required, tag = "1")]
    pub can_subscribe: bool,
    #[prost(bool, required, tag = "2")]
    pub can_publish: bool,
    #[prost(bool, required, tag = "3")]
    pub can_publish_data: bool,
    #[prost(enumeration = "TrackSource", repeated, packed = "false", tag = "9")]
    pub can_publish_sources: Vec<i32>,
    #[prost(bool, required, tag = "7")]
    pub hidden: bool,
    #[prost(bool, required, tag = "10")]
    pub can_update_metadata: bool,
    #[prost(bool, required, tag = "12")]
    pub can_subscribe_metrics: bool,
    #[prost(bool, required, tag = "13")]
    pub can_manage_agent_session: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ParticipantState {
    Joining = 0,
    Joined = 1,
    Active = 2,
    Disconnected = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ParticipantKind {
    Standard = 0,
    Ingress = 1,
    Egress = 2,
    Sip = 3,
    Agent = 4,
    Connector = 5,
    Bridge = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ParticipantKindDetail {
    CloudAgent = 0,
    Forwarded = 1,
    ConnectorWhatsapp = 2,
    ConnectorTwilio = 3,
    BridgeRtsp = 4,
    Simulation = 5,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DisconnectReason {
    UnknownReason = 0,
    ClientInitiated = 1,
    DuplicateIdentity = 2,
    ServerShutdown = 3,
    ParticipantRemoved = 4,
    RoomDeleted = 5,
    StateMismatch = 6,
    JoinFailure = 7,
    Migration = 8,
    SignalClose = 9,
    RoomClosed = 10,
    UserUnavailable = 11,
    UserRejected = 12,
    SipTrunkFailure = 13,
    ConnectionTimeout = 14,
    MediaFailure = 15,
    AgentError = 16,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalMetadataRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub metadata: String,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetLocalMetadataResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalMetadataCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalAttributesRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<AttributesEntry>,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AttributesEntry {
    #[prost(string, required, tag = "1")]
    pub key: String,
    #[prost(string, required, tag = "2")]
    pub value: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetLocalAttributesResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalAttributesCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalNameRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub name: String,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetLocalNameResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetLocalNameCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}
