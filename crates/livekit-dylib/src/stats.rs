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

use crate::proto::{self, rtc_stats as native};

/// Defines a record and its conversion from the message of the native core.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $name:ident from $native:path {
            $($field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone)]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl From<$native> for $name {
            fn from(native: $native) -> Self {
                Self {
                    $($field: native.$field.into(),)*
                }
            }
        }
    };
}

/// A statistics record.
#[derive(Debug, Clone)]
pub enum RtcStats {
    InboundRtp(InboundRtpStats),
    OutboundRtp(OutboundRtpStats),
    RemoteInboundRtp(RemoteInboundRtpStats),
    CandidatePair(CandidatePairStats),
    Track,
}

record! {
    /// A received RTP stream.
    pub struct InboundRtpStats from native::InboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        received: dictionaries::ReceivedRtpStreamStats,
        inbound: dictionaries::InboundRtpStreamStats,
    }
}

record! {
    /// A sent RTP stream.
    pub struct OutboundRtpStats from native::OutboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        sent: dictionaries::SentRtpStreamStats,
        outbound: dictionaries::OutboundRtpStreamStats,
    }
}

record! {
    /// The remote side's report on a sent RTP stream.
    pub struct RemoteInboundRtpStats from native::RemoteInboundRtp {
        rtc: dictionaries::RtcStats,
        stream: dictionaries::RtpStreamStats,
        remote_inbound: dictionaries::RemoteInboundRtpStreamStats,
    }
}

record! {
    /// An ICE candidate pair.
    pub struct CandidatePairStats from native::CandidatePair {
        rtc: dictionaries::RtcStats,
        candidate_pair: dictionaries::CandidatePairStats,
    }
}

/// Parts of the records.
pub mod dictionaries {
    use crate::proto;

    record! {
        /// Fields common to all records.
        pub struct RtcStats from proto::RtcStatsData {
            id: String,
            timestamp: i64,
        }
    }

    record! {
        /// An RTP stream.
        pub struct RtpStreamStats from proto::RtpStreamStats {
            ssrc: u32,
            kind: String,
        }
    }

    record! {
        /// Reception statistics of an RTP stream.
        pub struct ReceivedRtpStreamStats from proto::ReceivedRtpStreamStats {
            packets_received: u64,
            packets_lost: i64,
            jitter: f64,
        }
    }

    record! {
        /// A received RTP stream.
        pub struct InboundRtpStreamStats from proto::InboundRtpStreamStats {
            bytes_received: u64,
            jitter_buffer_delay: f64,
            jitter_buffer_emitted_count: u64,
            total_samples_received: u64,
            concealed_samples: u64,
            audio_level: f64,
        }
    }

    record! {
        /// Transmission statistics of an RTP stream.
        pub struct SentRtpStreamStats from proto::SentRtpStreamStats {
            packets_sent: u64,
            bytes_sent: u64,
        }
    }

    record! {
        /// A sent RTP stream.
        pub struct OutboundRtpStreamStats from proto::OutboundRtpStreamStats {
            target_bitrate: f64,
            nack_count: u32,
        }
    }

    record! {
        /// The remote side's report on a sent RTP stream.
        pub struct RemoteInboundRtpStreamStats from proto::RemoteInboundRtpStreamStats {
            round_trip_time: f64,
            total_round_trip_time: f64,
            fraction_lost: f64,
        }
    }

    record! {
        /// An ICE candidate pair.
        pub struct CandidatePairStats from proto::CandidatePairStats {
            nominated: bool,
            bytes_sent: u64,
            bytes_received: u64,
            total_round_trip_time: f64,
            current_round_trip_time: f64,
            available_outgoing_bitrate: f64,
            responses_received: u64,
        }
    }
}

/// Converts the records and discards those that nobody reads.
pub(crate) fn from_proto(records: Vec<proto::RtcStats>) -> Vec<RtcStats> {
    records
        .into_iter()
        .filter_map(|record| convert(record.stats?))
        .collect()
}

fn convert(record: native::Stats) -> Option<RtcStats> {
    Some(match record {
        native::Stats::InboundRtp(it) => RtcStats::InboundRtp(it.into()),
        native::Stats::OutboundRtp(it) => RtcStats::OutboundRtp(it.into()),
        native::Stats::RemoteInboundRtp(it) => RtcStats::RemoteInboundRtp(it.into()),
        native::Stats::CandidatePair(it) => RtcStats::CandidatePair(it.into()),
        native::Stats::Track(_) => RtcStats::Track,
        _ => return None,
    })
}
