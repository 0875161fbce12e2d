//! Counters of the transport.

use std::time::Duration;

use str0m::Event;
use str0m::media::Mid;

/// State of one direction of one track, at the last report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamStats {
    /// RTP packets, with retransmissions.
    pub packets: u64,
    /// Bytes of RTP packets, with retransmissions.
    pub bytes: u64,
    /// NACKs: sent for a received stream, received for a sent one.
    pub nacks: u64,
    /// Interarrival jitter in RTP units: 48 kHz.
    pub jitter: u32,
    /// Share of packets lost in the last interval, if a report has said.
    pub loss: Option<f32>,
    /// Round trip time that RTCP measured.
    pub rtt: Option<Duration>,
}

/// State of one peer connection, at the last report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeerStats {
    /// Bytes received, everything.
    pub bytes_received: u64,
    /// Bytes sent, everything.
    pub bytes_sent: u64,
    /// Round trip time of ICE on the selected pair.
    pub rtt: Option<Duration>,
    /// Addresses of the selected pair: local and remote.
    pub pair: Option<(std::net::SocketAddr, std::net::SocketAddr)>,
    /// Datagrams that are no STUN, DTLS, RTP or RTCP.
    pub malformed: u64,
    /// Datagrams of strangers.
    pub foreign: u64,
}

/// What `str0m` reported last.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) peer: PeerStats,
    pub(super) malformed: u64,
    pub(super) foreign: u64,
    pub(super) received: Vec<(Mid, StreamStats)>,
    pub(super) sent: Vec<(Mid, StreamStats)>,
}

impl Counters {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::PeerStats(stats) => {
                self.peer.bytes_received = stats.peer_bytes_rx;
                self.peer.bytes_sent = stats.peer_bytes_tx;
                let pair = stats.selected_candidate_pair.as_ref();
                self.peer.rtt = pair.and_then(|pair| pair.current_round_trip_time);
                self.peer.pair = pair.map(|pair| (pair.local.addr, pair.remote.addr));
            }
            Event::MediaIngressStats(stats) => {
                let stream = StreamStats {
                    packets: stats.packets,
                    bytes: stats.bytes,
                    nacks: stats.nacks,
                    jitter: stats.jitter,
                    loss: stats.loss,
                    rtt: stats.rtt,
                };
                set(&mut self.received, stats.mid, stream);
            }
            Event::MediaEgressStats(stats) => {
                let stream = StreamStats {
                    packets: stats.packets,
                    bytes: stats.bytes,
                    nacks: stats.nacks,
                    jitter: stats.remote.as_ref().map_or(0, |remote| remote.jitter),
                    loss: stats.loss,
                    rtt: stats.rtt,
                };
                set(&mut self.sent, stats.mid, stream);
            }
            _ => {}
        }
    }

    pub(super) fn peer(&self) -> PeerStats {
        PeerStats {
            malformed: self.malformed,
            foreign: self.foreign,
            ..self.peer.clone()
        }
    }
}

fn set(all: &mut Vec<(Mid, StreamStats)>, mid: Mid, stats: StreamStats) {
    match all.iter_mut().find(|(known, _)| *known == mid) {
        Some((_, known)) => *known = stats,
        None => all.push((mid, stats)),
    }
}
