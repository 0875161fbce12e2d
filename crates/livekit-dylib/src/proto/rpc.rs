//! Remote procedure calls.

#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcError {
    #[prost(uint32, required, tag = "1")]
    pub code: u32,
    #[prost(string, required, tag = "2")]
    pub message: String,
    #[prost(string, optional, tag = "3")]
    pub data: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PerformRpcRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub destination_identity: String,
    #[prost(string, required, tag = "3")]
    pub method: String,
    #[prost(string, required, tag = "4")]
    pub payload: String,
    #[prost(uint32, optional, tag = "5")]
    pub response_timeout_ms: Option<u32>,
    #[prost(uint64, optional, tag = "6")]
    pub request_async_id: Option<u64>,
    #[prost(uint32, optional, tag = "7")]
    pub max_round_trip_latency_ms: Option<u32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisterRpcMethodRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub method: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UnregisterRpcMethodRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub method: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcMethodInvocationResponseRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint64, required, tag = "2")]
    pub invocation_id: u64,
    #[prost(string, optional, tag = "3")]
    pub payload: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub error: Option<RpcError>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PerformRpcResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RegisterRpcMethodResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct UnregisterRpcMethodResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcMethodInvocationResponseResponse {
    #[prost(string, optional, tag = "1")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PerformRpcCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub payload: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub error: Option<RpcError>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcMethodInvocationEvent {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint64, required, tag = "2")]
    pub invocation_id: u64,
    #[prost(string, required, tag = "3")]
    pub method: String,
    #[prost(string, required, tag = "4")]
    pub request_id: String,
    #[prost(string, required, tag = "5")]
    pub caller_identity: String,
    #[prost(string, required, tag = "6")]
    pub payload: String,
    #[prost(uint32, required, tag = "7")]
    pub response_timeout_ms: u32,
}
