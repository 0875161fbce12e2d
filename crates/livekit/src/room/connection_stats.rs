//! WebRTC statistics in the form that LiveKit's Playground reads: the records of the native core,
//! nested like its protobuf messages, with the field names of the W3C. Audio and transport only.

use livekit::webrtc::stats::{
    CandidatePairStats, InboundRtpStats, OutboundRtpStats, RemoteInboundRtpStats, RtcStats,
    dictionaries,
};
use pbjson_types::{Struct, Value};

/// The records that describe the quality of the connection.
pub(super) fn encode(stats: &[RtcStats]) -> Vec<Struct> {
    stats.iter().filter_map(record).collect()
}

fn record(stats: &RtcStats) -> Option<Struct> {
    let (kind, record) = match stats {
        RtcStats::CandidatePair(it) => ("candidatePair", candidate_pair(it)),
        RtcStats::InboundRtp(it) if it.stream.kind == "audio" => ("inboundRtp", inbound(it)),
        RtcStats::OutboundRtp(it) if it.stream.kind == "audio" => ("outboundRtp", outbound(it)),
        RtcStats::RemoteInboundRtp(it) if it.stream.kind == "audio" => {
            ("remoteInboundRtp", remote_inbound(it))
        }
        _ => return None,
    };
    Some(nested([(kind, record)]))
}

fn candidate_pair(stats: &CandidatePairStats) -> Struct {
    let pair = &stats.candidate_pair;
    nested([
        ("rtc", rtc(&stats.rtc)),
        (
            "candidatePair",
            flat([
                ("nominated", pair.nominated.into()),
                ("currentRoundTripTime", pair.current_round_trip_time.into()),
                ("totalRoundTripTime", pair.total_round_trip_time.into()),
                ("responsesReceived", count(pair.responses_received)),
                ("bytesSent", count(pair.bytes_sent)),
                ("bytesReceived", count(pair.bytes_received)),
                (
                    "availableOutgoingBitrate",
                    pair.available_outgoing_bitrate.into(),
                ),
            ]),
        ),
    ])
}

fn inbound(stats: &InboundRtpStats) -> Struct {
    let (received, inbound) = (&stats.received, &stats.inbound);
    nested([
        ("rtc", rtc(&stats.rtc)),
        ("stream", stream(&stats.stream)),
        (
            "received",
            flat([
                ("packetsReceived", count(received.packets_received)),
                ("packetsLost", (received.packets_lost as f64).into()),
                ("jitter", received.jitter.into()),
            ]),
        ),
        (
            "inbound",
            flat([
                ("jitterBufferDelay", inbound.jitter_buffer_delay.into()),
                (
                    "jitterBufferEmittedCount",
                    count(inbound.jitter_buffer_emitted_count),
                ),
                (
                    "totalSamplesReceived",
                    count(inbound.total_samples_received),
                ),
                ("concealedSamples", count(inbound.concealed_samples)),
                ("bytesReceived", count(inbound.bytes_received)),
                ("audioLevel", inbound.audio_level.into()),
            ]),
        ),
    ])
}

fn outbound(stats: &OutboundRtpStats) -> Struct {
    let (sent, outbound) = (&stats.sent, &stats.outbound);
    nested([
        ("rtc", rtc(&stats.rtc)),
        ("stream", stream(&stats.stream)),
        (
            "sent",
            flat([
                ("packetsSent", count(sent.packets_sent)),
                ("bytesSent", count(sent.bytes_sent)),
            ]),
        ),
        (
            "outbound",
            flat([
                ("targetBitrate", outbound.target_bitrate.into()),
                ("nackCount", f64::from(outbound.nack_count).into()),
            ]),
        ),
    ])
}

fn remote_inbound(stats: &RemoteInboundRtpStats) -> Struct {
    let remote = &stats.remote_inbound;
    nested([
        ("rtc", rtc(&stats.rtc)),
        ("stream", stream(&stats.stream)),
        (
            "remoteInbound",
            flat([
                ("roundTripTime", remote.round_trip_time.into()),
                ("totalRoundTripTime", remote.total_round_trip_time.into()),
                ("fractionLost", remote.fraction_lost.into()),
            ]),
        ),
    ])
}

fn rtc(rtc: &dictionaries::RtcStats) -> Struct {
    flat([
        ("id", rtc.id.clone().into()),
        ("timestamp", (rtc.timestamp as f64).into()),
    ])
}

fn stream(stream: &dictionaries::RtpStreamStats) -> Struct {
    flat([
        ("kind", stream.kind.clone().into()),
        ("ssrc", f64::from(stream.ssrc).into()),
    ])
}

/// Converts a count: the protocol has floating-point numbers only.
fn count(number: u64) -> Value {
    (number as f64).into()
}

fn flat<const N: usize>(fields: [(&str, Value); N]) -> Struct {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn nested<const N: usize>(records: [(&str, Struct); N]) -> Struct {
    flat(records.map(|(name, record)| (name, record.fields.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn encoded(stats: RtcStats) -> Json {
        serde_json::to_value(encode(&[stats])).unwrap()
    }

    #[test]
    fn records_have_the_form_that_the_playground_reads() {
        let mut pair = CandidatePairStats::default();
        pair.candidate_pair.current_round_trip_time = 0.25;
        let json = encoded(RtcStats::CandidatePair(pair));
        let pair = &json[0]["candidatePair"]["candidatePair"];
        assert_eq!(pair["currentRoundTripTime"], json!(0.25));

        let mut inbound = InboundRtpStats::default();
        inbound.stream.kind = "audio".to_owned();
        inbound.inbound.jitter_buffer_delay = 1.5;
        inbound.inbound.jitter_buffer_emitted_count = 48_000;
        let json = encoded(RtcStats::InboundRtp(inbound));
        let json = &json[0]["inboundRtp"];
        assert_eq!(json["stream"]["kind"], json!("audio"));
        assert_eq!(json["inbound"]["jitterBufferDelay"], json!(1.5));
        assert_eq!(json["inbound"]["jitterBufferEmittedCount"], json!(48_000.0));
    }

    #[test]
    fn tracks_and_video_are_left_out() {
        assert_eq!(encoded(RtcStats::Track), json!([]));
        let video = RtcStats::InboundRtp(InboundRtpStats::default());
        assert_eq!(encoded(video), json!([]));
    }
}
