//! Statistics: one record of any kind, and how to ask for them.

use super::*;

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetSessionStatsRequest {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
    #[prost(uint64, optional, tag = "2")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetSessionStatsResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetSessionStatsCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "get_session_stats_callback::Message", tags = "2, 3")]
    pub message: Option<get_session_stats_callback::Message>,
}

pub mod get_session_stats_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Result {
        #[prost(message, repeated, tag = "1")]
        pub publisher_stats: Vec<RtcStats>,
        #[prost(message, repeated, tag = "2")]
        pub subscriber_stats: Vec<RtcStats>,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(string, tag = "2")]
        Error(String),
        #[prost(message, tag = "3")]
        Result(Result),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RtcStats {
    #[prost(
        oneof = "rtc_stats::Stats",
        tags = "3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18"
    )]
    pub stats: Option<rtc_stats::Stats>,
}

pub mod rtc_stats {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Codec {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub codec: CodecStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct InboundRtp {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub stream: RtpStreamStats,
        #[prost(message, required, tag = "3")]
        pub received: ReceivedRtpStreamStats,
        #[prost(message, required, tag = "4")]
        pub inbound: InboundRtpStreamStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct OutboundRtp {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub stream: RtpStreamStats,
        #[prost(message, required, tag = "3")]
        pub sent: SentRtpStreamStats,
        #[prost(message, required, tag = "4")]
        pub outbound: OutboundRtpStreamStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct RemoteInboundRtp {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub stream: RtpStreamStats,
        #[prost(message, required, tag = "3")]
        pub received: ReceivedRtpStreamStats,
        #[prost(message, required, tag = "4")]
        pub remote_inbound: RemoteInboundRtpStreamStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct RemoteOutboundRtp {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub stream: RtpStreamStats,
        #[prost(message, required, tag = "3")]
        pub sent: SentRtpStreamStats,
        #[prost(message, required, tag = "4")]
        pub remote_outbound: RemoteOutboundRtpStreamStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MediaSource {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub source: MediaSourceStats,
        #[prost(message, required, tag = "3")]
        pub audio: AudioSourceStats,
        #[prost(message, required, tag = "4")]
        pub video: VideoSourceStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MediaPlayout {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub audio_playout: AudioPlayoutStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct PeerConnection {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub pc: PeerConnectionStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct DataChannel {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub dc: DataChannelStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Transport {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub transport: TransportStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct CandidatePair {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub candidate_pair: CandidatePairStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct LocalCandidate {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub candidate: IceCandidateStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct RemoteCandidate {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub candidate: IceCandidateStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Certificate {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub certificate: CertificateStats,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Stream {
        #[prost(message, required, tag = "1")]
        pub rtc: RtcStatsData,
        #[prost(message, required, tag = "2")]
        pub stream: StreamStats,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub struct Track {}

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Stats {
        #[prost(message, tag = "3")]
        Codec(Codec),
        #[prost(message, tag = "4")]
        InboundRtp(InboundRtp),
        #[prost(message, tag = "5")]
        OutboundRtp(OutboundRtp),
        #[prost(message, tag = "6")]
        RemoteInboundRtp(RemoteInboundRtp),
        #[prost(message, tag = "7")]
        RemoteOutboundRtp(RemoteOutboundRtp),
        #[prost(message, tag = "8")]
        MediaSource(MediaSource),
        #[prost(message, tag = "9")]
        MediaPlayout(MediaPlayout),
        #[prost(message, tag = "10")]
        PeerConnection(PeerConnection),
        #[prost(message, tag = "11")]
        DataChannel(DataChannel),
        #[prost(message, tag = "12")]
        Transport(Transport),
        #[prost(message, tag = "13")]
        CandidatePair(CandidatePair),
        #[prost(message, tag = "14")]
        LocalCandidate(LocalCandidate),
        #[prost(message, tag = "15")]
        RemoteCandidate(RemoteCandidate),
        #[prost(message, tag = "16")]
        Certificate(Certificate),
        #[prost(message, tag = "17")]
        Stream(Stream),
        #[prost(message, tag = "18")]
        Track(Track),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RtcStatsData {
    #[prost(string, required, tag = "1")]
    pub id: String,
    #[prost(int64, required, tag = "2")]
    pub timestamp: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CodecStats {
    #[prost(uint32, required, tag = "1")]
    pub payload_type: u32,
    #[prost(string, required, tag = "2")]
    pub transport_id: String,
    #[prost(string, required, tag = "3")]
    pub mime_type: String,
    #[prost(uint32, required, tag = "4")]
    pub clock_rate: u32,
    #[prost(uint32, required, tag = "5")]
    pub channels: u32,
    #[prost(string, required, tag = "6")]
    pub sdp_fmtp_line: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamStats {
    #[prost(string, required, tag = "1")]
    pub id: String,
    #[prost(string, required, tag = "2")]
    pub stream_identifier: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetStatsRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_handle: u64,
    #[prost(uint64, optional, tag = "2")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetStatsResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetStatsCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
    #[prost(message, repeated, tag = "3")]
    pub stats: Vec<RtcStats>,
}
