//! Statistics of a connection, with the records of the W3C's [webrtc-stats].
//!
//! Counters start with the connection. Durations are in seconds; `timestamp` is in microseconds
//! since the Unix epoch.
//!
//! [webrtc-stats]: https://www.w3.org/TR/webrtc-stats/
#![allow(
    missing_docs,
    reason = "the W3C specification describes all fields and states"
)]

mod mirror;
mod rtp;
pub(crate) mod state;
mod transport;

pub use state::{
    DtlsRole, DtlsTransportState, IceCandidatePairState, IceCandidateType, IceRole,
    IceServerTransportProtocol, IceTcpCandidateType, IceTransportState, QualityLimitationReason,
};

use crate::proto::{self, rtc_stats as native};
use mirror::{Mirror as _, mirror};

/// Parts shared by several records.
pub mod dictionaries {
    pub use super::rtp::{
        AudioPlayoutStats, AudioSourceStats, CodecStats, InboundRtpStreamStats, MediaSourceStats,
        OutboundRtpStreamStats, ReceivedRtpStreamStats, RemoteInboundRtpStreamStats,
        RemoteOutboundRtpStreamStats, RtcStats, RtpStreamStats, SentRtpStreamStats, StreamStats,
        VideoSourceStats,
    };
    pub use super::transport::{
        CandidatePairStats, CertificateStats, DataChannelStats, IceCandidateStats,
        PeerConnectionStats, TransportStats,
    };
}

/// A statistics record.
#[derive(Debug, Clone)]
pub enum RtcStats {
    Codec(CodecStats),
    InboundRtp(InboundRtpStats),
    OutboundRtp(OutboundRtpStats),
    RemoteInboundRtp(RemoteInboundRtpStats),
    RemoteOutboundRtp(RemoteOutboundRtpStats),
    MediaSource(MediaSourceStats),
    MediaPlayout(MediaPlayoutStats),
    PeerConnection(PeerConnectionStats),
    DataChannel(DataChannelStats),
    Transport(TransportStats),
    CandidatePair(CandidatePairStats),
    LocalCandidate(LocalCandidateStats),
    RemoteCandidate(RemoteCandidateStats),
    Certificate(CertificateStats),
    Stream(StreamStats),
    Track,
}

mirror! {
    /// A codec.
    pub struct CodecStats from native::Codec {
        rtc: dictionaries::RtcStats,
        codec: dictionaries::CodecStats,
    }
}

mirror! {
    /// A received RTP stream.
    pub struct InboundRtpStats from native::InboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        received: dictionaries::ReceivedRtpStreamStats,
        inbound: dictionaries::InboundRtpStreamStats,
    }
}

mirror! {
    /// A sent RTP stream.
    pub struct OutboundRtpStats from native::OutboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        sent: dictionaries::SentRtpStreamStats,
        outbound: dictionaries::OutboundRtpStreamStats,
    }
}

mirror! {
    /// The remote side's report on a sent RTP stream.
    pub struct RemoteInboundRtpStats from native::RemoteInboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        received: dictionaries::ReceivedRtpStreamStats,
        remote_inbound: dictionaries::RemoteInboundRtpStreamStats,
    }
}

mirror! {
    /// The remote side's report on a received RTP stream.
    pub struct RemoteOutboundRtpStats from native::RemoteOutboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        sent: dictionaries::SentRtpStreamStats,
        remote_outbound: dictionaries::RemoteOutboundRtpStreamStats,
    }
}

mirror! {
    /// The media source of a track.
    pub struct MediaSourceStats from native::MediaSource {
        rtc: dictionaries::RtcStats,
        source: dictionaries::MediaSourceStats,
        audio: dictionaries::AudioSourceStats,
        video: dictionaries::VideoSourceStats,
    }
}

mirror! {
    /// Playout of received audio.
    pub struct MediaPlayoutStats from native::MediaPlayout {
        rtc: dictionaries::RtcStats,
        audio_playout: dictionaries::AudioPlayoutStats,
    }
}

mirror! {
    /// A peer connection.
    pub struct PeerConnectionStats from native::PeerConnection {
        rtc: dictionaries::RtcStats,
        pc: dictionaries::PeerConnectionStats,
    }
}

mirror! {
    /// A data channel.
    pub struct DataChannelStats from native::DataChannel {
        rtc: dictionaries::RtcStats,
        dc: dictionaries::DataChannelStats,
    }
}

mirror! {
    /// A transport.
    pub struct TransportStats from native::Transport {
        rtc: dictionaries::RtcStats,
        transport: dictionaries::TransportStats,
    }
}

mirror! {
    /// An ICE candidate pair.
    pub struct CandidatePairStats from native::CandidatePair {
        rtc: dictionaries::RtcStats,
        candidate_pair: dictionaries::CandidatePairStats,
    }
}

mirror! {
    /// A local ICE candidate.
    pub struct LocalCandidateStats from native::LocalCandidate {
        rtc: dictionaries::RtcStats,
        local_candidate = candidate: dictionaries::IceCandidateStats,
    }
}

mirror! {
    /// A remote ICE candidate.
    pub struct RemoteCandidateStats from native::RemoteCandidate {
        rtc: dictionaries::RtcStats,
        remote_candidate = candidate: dictionaries::IceCandidateStats,
    }
}

mirror! {
    /// A certificate.
    pub struct CertificateStats from native::Certificate {
        rtc: dictionaries::RtcStats,
        certificate: dictionaries::CertificateStats,
    }
}

mirror! {
    /// A media stream.
    pub struct StreamStats from native::Stream {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::StreamStats,
    }
}

/// Converts the records and discards those of unknown types.
pub(crate) fn from_proto(records: Vec<proto::RtcStats>) -> Vec<RtcStats> {
    records
        .into_iter()
        .filter_map(|record| record.stats)
        .map(RtcStats::from)
        .collect()
}

impl From<native::Stats> for RtcStats {
    fn from(record: native::Stats) -> Self {
        match record {
            native::Stats::Codec(it) => Self::Codec(CodecStats::mirror(it)),
            native::Stats::InboundRtp(it) => Self::InboundRtp(InboundRtpStats::mirror(it)),
            native::Stats::OutboundRtp(it) => Self::OutboundRtp(OutboundRtpStats::mirror(it)),
            native::Stats::RemoteInboundRtp(it) => {
                Self::RemoteInboundRtp(RemoteInboundRtpStats::mirror(it))
            }
            native::Stats::RemoteOutboundRtp(it) => {
                Self::RemoteOutboundRtp(RemoteOutboundRtpStats::mirror(it))
            }
            native::Stats::MediaSource(it) => Self::MediaSource(MediaSourceStats::mirror(it)),
            native::Stats::MediaPlayout(it) => Self::MediaPlayout(MediaPlayoutStats::mirror(it)),
            native::Stats::PeerConnection(it) => {
                Self::PeerConnection(PeerConnectionStats::mirror(it))
            }
            native::Stats::DataChannel(it) => Self::DataChannel(DataChannelStats::mirror(it)),
            native::Stats::Transport(it) => Self::Transport(TransportStats::mirror(it)),
            native::Stats::CandidatePair(it) => Self::CandidatePair(CandidatePairStats::mirror(it)),
            native::Stats::LocalCandidate(it) => {
                Self::LocalCandidate(LocalCandidateStats::mirror(it))
            }
            native::Stats::RemoteCandidate(it) => {
                Self::RemoteCandidate(RemoteCandidateStats::mirror(it))
            }
            native::Stats::Certificate(it) => Self::Certificate(CertificateStats::mirror(it)),
            native::Stats::Stream(it) => Self::Stream(StreamStats::mirror(it)),
            native::Stats::Track(_) => Self::Track,
        }
    }
}
