//! Statistics of what carries the streams: transports, candidates, certificates.

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PeerConnectionStats {
    #[prost(uint32, required, tag = "1")]
    pub data_channels_opened: u32,
    #[prost(uint32, required, tag = "2")]
    pub data_channels_closed: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataChannelStats {
    #[prost(string, required, tag = "1")]
    pub label: String,
    #[prost(string, required, tag = "2")]
    pub protocol: String,
    #[prost(int32, required, tag = "3")]
    pub data_channel_identifier: i32,
    #[prost(enumeration = "DataChannelState", optional, tag = "4")]
    pub state: Option<i32>,
    #[prost(uint32, required, tag = "5")]
    pub messages_sent: u32,
    #[prost(uint64, required, tag = "6")]
    pub bytes_sent: u64,
    #[prost(uint32, required, tag = "7")]
    pub messages_received: u32,
    #[prost(uint64, required, tag = "8")]
    pub bytes_received: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TransportStats {
    #[prost(uint64, required, tag = "1")]
    pub packets_sent: u64,
    #[prost(uint64, required, tag = "2")]
    pub packets_received: u64,
    #[prost(uint64, required, tag = "3")]
    pub bytes_sent: u64,
    #[prost(uint64, required, tag = "4")]
    pub bytes_received: u64,
    #[prost(enumeration = "IceRole", required, tag = "5")]
    pub ice_role: i32,
    #[prost(string, required, tag = "6")]
    pub ice_local_username_fragment: String,
    #[prost(enumeration = "DtlsTransportState", optional, tag = "7")]
    pub dtls_state: Option<i32>,
    #[prost(enumeration = "IceTransportState", optional, tag = "8")]
    pub ice_state: Option<i32>,
    #[prost(string, required, tag = "9")]
    pub selected_candidate_pair_id: String,
    #[prost(string, required, tag = "10")]
    pub local_certificate_id: String,
    #[prost(string, required, tag = "11")]
    pub remote_certificate_id: String,
    #[prost(string, required, tag = "12")]
    pub tls_version: String,
    #[prost(string, required, tag = "13")]
    pub dtls_cipher: String,
    #[prost(enumeration = "DtlsRole", required, tag = "14")]
    pub dtls_role: i32,
    #[prost(string, required, tag = "15")]
    pub srtp_cipher: String,
    #[prost(uint32, required, tag = "16")]
    pub selected_candidate_pair_changes: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CandidatePairStats {
    #[prost(string, required, tag = "1")]
    pub transport_id: String,
    #[prost(string, required, tag = "2")]
    pub local_candidate_id: String,
    #[prost(string, required, tag = "3")]
    pub remote_candidate_id: String,
    #[prost(enumeration = "IceCandidatePairState", optional, tag = "4")]
    pub state: Option<i32>,
    #[prost(bool, required, tag = "5")]
    pub nominated: bool,
    #[prost(uint64, required, tag = "6")]
    pub packets_sent: u64,
    #[prost(uint64, required, tag = "7")]
    pub packets_received: u64,
    #[prost(uint64, required, tag = "8")]
    pub bytes_sent: u64,
    #[prost(uint64, required, tag = "9")]
    pub bytes_received: u64,
    #[prost(double, required, tag = "10")]
    pub last_packet_sent_timestamp: f64,
    #[prost(double, required, tag = "11")]
    pub last_packet_received_timestamp: f64,
    #[prost(double, required, tag = "12")]
    pub total_round_trip_time: f64,
    #[prost(double, required, tag = "13")]
    pub current_round_trip_time: f64,
    #[prost(double, required, tag = "14")]
    pub available_outgoing_bitrate: f64,
    #[prost(double, required, tag = "15")]
    pub available_incoming_bitrate: f64,
    #[prost(uint64, required, tag = "16")]
    pub requests_received: u64,
    #[prost(uint64, required, tag = "17")]
    pub requests_sent: u64,
    #[prost(uint64, required, tag = "18")]
    pub responses_received: u64,
    #[prost(uint64, required, tag = "19")]
    pub responses_sent: u64,
    #[prost(uint64, required, tag = "20")]
    pub consent_requests_sent: u64,
    #[prost(uint32, required, tag = "21")]
    pub packets_discarded_on_send: u32,
    #[prost(uint64, required, tag = "22")]
    pub bytes_discarded_on_send: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct IceCandidateStats {
    #[prost(string, required, tag = "1")]
    pub transport_id: String,
    #[prost(string, required, tag = "2")]
    pub address: String,
    #[prost(int32, required, tag = "3")]
    pub port: i32,
    #[prost(string, required, tag = "4")]
    pub protocol: String,
    #[prost(enumeration = "IceCandidateType", optional, tag = "5")]
    pub candidate_type: Option<i32>,
    #[prost(int32, required, tag = "6")]
    pub priority: i32,
    #[prost(string, required, tag = "7")]
    pub url: String,
    #[prost(enumeration = "IceServerTransportProtocol", optional, tag = "8")]
    pub relay_protocol: Option<i32>,
    #[prost(string, required, tag = "9")]
    pub foundation: String,
    #[prost(string, required, tag = "10")]
    pub related_address: String,
    #[prost(int32, required, tag = "11")]
    pub related_port: i32,
    #[prost(string, required, tag = "12")]
    pub username_fragment: String,
    #[prost(enumeration = "IceTcpCandidateType", optional, tag = "13")]
    pub tcp_type: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CertificateStats {
    #[prost(string, required, tag = "1")]
    pub fingerprint: String,
    #[prost(string, required, tag = "2")]
    pub fingerprint_algorithm: String,
    #[prost(string, required, tag = "3")]
    pub base64_certificate: String,
    #[prost(string, required, tag = "4")]
    pub issuer_certificate_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DataChannelState {
    DcConnecting = 0,
    DcOpen = 1,
    DcClosing = 2,
    DcClosed = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceRole {
    IceUnknown = 0,
    IceControlling = 1,
    IceControlled = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DtlsTransportState {
    DtlsTransportNew = 0,
    DtlsTransportConnecting = 1,
    DtlsTransportConnected = 2,
    DtlsTransportClosed = 3,
    DtlsTransportFailed = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceTransportState {
    IceTransportNew = 0,
    IceTransportChecking = 1,
    IceTransportConnected = 2,
    IceTransportCompleted = 3,
    IceTransportDisconnected = 4,
    IceTransportFailed = 5,
    IceTransportClosed = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DtlsRole {
    DtlsClient = 0,
    DtlsServer = 1,
    DtlsUnknown = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceCandidatePairState {
    PairFrozen = 0,
    PairWaiting = 1,
    PairInProgress = 2,
    PairFailed = 3,
    PairSucceeded = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceCandidateType {
    Host = 0,
    Srflx = 1,
    Prflx = 2,
    Relay = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceServerTransportProtocol {
    TransportUdp = 0,
    TransportTcp = 1,
    TransportTls = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum IceTcpCandidateType {
    CandidateActive = 0,
    CandidatePassive = 1,
    CandidateSo = 2,
}
