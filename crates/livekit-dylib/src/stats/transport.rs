//! Statistics of transports.

use super::mirror::mirror;
use super::state::{
    DataChannelState, DtlsRole, DtlsTransportState, IceCandidatePairState, IceCandidateType,
    IceRole, IceServerTransportProtocol, IceTcpCandidateType, IceTransportState,
};
use crate::proto;

mirror! {
    /// A peer connection.
    pub struct PeerConnectionStats from proto::PeerConnectionStats {
        data_channels_opened: u32,
        data_channels_closed: u32,
    }
}

mirror! {
    /// A data channel.
    pub struct DataChannelStats from proto::DataChannelStats {
        label: String,
        protocol: String,
        data_channel_identifier: i32,
        state: Option<DataChannelState>,
        messages_sent: u32,
        bytes_sent: u64,
        messages_received: u32,
        bytes_received: u64,
    }
}

mirror! {
    /// A transport.
    pub struct TransportStats from proto::TransportStats {
        packets_sent: u64,
        packets_received: u64,
        bytes_sent: u64,
        bytes_received: u64,
        ice_role: IceRole,
        ice_local_username_fragment: String,
        dtls_state: Option<DtlsTransportState>,
        ice_state: Option<IceTransportState>,
        selected_candidate_pair_id: String,
        local_certificate_id: String,
        remote_certificate_id: String,
        tls_version: String,
        dtls_cipher: String,
        dtls_role: DtlsRole,
        srtp_cipher: String,
        selected_candidate_pair_changes: u32,
    }
}

mirror! {
    /// An ICE candidate pair.
    pub struct CandidatePairStats from proto::CandidatePairStats {
        transport_id: String,
        local_candidate_id: String,
        remote_candidate_id: String,
        state: Option<IceCandidatePairState>,
        nominated: bool,
        packets_sent: u64,
        packets_received: u64,
        bytes_sent: u64,
        bytes_received: u64,
        last_packet_sent_timestamp: f64,
        last_packet_received_timestamp: f64,
        total_round_trip_time: f64,
        current_round_trip_time: f64,
        available_outgoing_bitrate: f64,
        available_incoming_bitrate: f64,
        requests_received: u64,
        requests_sent: u64,
        responses_received: u64,
        responses_sent: u64,
        consent_requests_sent: u64,
        packets_discarded_on_send: u32,
        bytes_discarded_on_send: u64,
    }
}

mirror! {
    /// An ICE candidate. The native core does not report its `network_type`.
    pub struct IceCandidateStats from proto::IceCandidateStats {
        transport_id: String,
        address: String,
        port: i32,
        protocol: String,
        candidate_type: Option<IceCandidateType>,
        priority: i32,
        url: String,
        relay_protocol: Option<IceServerTransportProtocol>,
        foundation: String,
        related_address: String,
        related_port: i32,
        username_fragment: String,
        tcp_type: Option<IceTcpCandidateType>,
    }
}

mirror! {
    /// A certificate.
    pub struct CertificateStats from proto::CertificateStats {
        fingerprint: String,
        fingerprint_algorithm: String,
        base64_certificate: String,
        issuer_certificate_id: String,
    }
}
