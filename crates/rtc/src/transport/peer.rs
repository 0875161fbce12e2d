//! One peer connection: `str0m`, its candidates and its data channels.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use livekit_protocol::data_packet::Kind;
use str0m::change::SdpApi;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::media::{Direction, Mid};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::stats::Counters;
use crate::crypto;
use crate::limits::MAX_CANDIDATES;

/// Labels of LiveKit's data channels.
const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";
/// How often `str0m` reports statistics.
const STATS_INTERVAL: Duration = Duration::from_secs(1);
/// SSRCs remembered for each peer connection; the oldest is replaced.
const MAX_SSRCS: usize = 256;

/// What a peer connection has to say.
#[derive(Debug)]
pub(super) enum PeerOutput {
    Transmit(Transmit),
    Rtp(Mid, Box<RtpPacket>),
    Data(Kind, Vec<u8>),
    /// A channel that this side created can be written to.
    ChannelOpen,
    /// Less is buffered than the threshold of the channel.
    BufferLow(Kind),
    /// Whether ICE and DTLS are up has changed, or ICE has recovered.
    Connection,
}

/// Why a peer connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("peer connection: {0}")]
pub(crate) struct PeerError(pub(super) String);

impl From<str0m::RtcError> for PeerError {
    fn from(error: str0m::RtcError) -> Self {
        Self(error.to_string())
    }
}

/// An RTP packet to send.
pub(super) struct Outgoing {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// Level in -dBov, 0 is the loudest, and whether it is speech: RFC 6464.
    pub(super) level: Option<(u8, bool)>,
    pub(super) payload: Arc<[u8]>,
}

pub(crate) struct Peer {
    rtc: Rtc,
    local: Option<SocketAddr>,
    /// Candidates that came before the remote description.
    early: Vec<Candidate>,
    candidates: usize,
    described: bool,
    dtls: bool,
    ice: bool,
    /// How often ICE and DTLS became connected.
    generation: u64,
    timeout: Instant,
    channels: Vec<(ChannelId, Kind)>,
    /// Channels of this side, reliable and lossy.
    own: [Option<ChannelId>; 2],
    ssrcs: Vec<(Ssrc, Mid)>,
    oldest_ssrc: usize,
    pub(super) counters: Counters,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("local", &self.local)
            .field("ice", &self.ice)
            .field("dtls", &self.dtls)
            .finish_non_exhaustive()
    }
}

impl Peer {
    pub(super) fn new(now: Instant) -> Self {
        // No absolute send time and no transport feedback: nothing here adapts to them.
        let mut extensions = ExtensionMap::empty();
        extensions.set(1, Extension::AudioLevel);
        extensions.set(4, Extension::RtpMid);
        let rtc = RtcConfig::new()
            .set_crypto_provider(crypto::provider())
            .clear_codecs()
            .enable_opus(true, false)
            .set_extension_map(extensions)
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATS_INTERVAL))
            .build(now);
        Self {
            rtc,
            local: None,
            early: Vec::new(),
            candidates: 0,
            described: false,
            dtls: false,
            ice: false,
            generation: 0,
            timeout: now,
            channels: Vec::new(),
            own: [None; 2],
            ssrcs: Vec::new(),
            oldest_ssrc: 0,
            counters: Counters::default(),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.dtls && self.ice && self.rtc.is_alive()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn timeout(&self) -> Instant {
        self.timeout
    }

    pub(super) fn sdp(&mut self) -> SdpApi<'_> {
        self.rtc.sdp_api()
    }

    /// Whether a media section neither sends nor receives.
    pub(super) fn is_inactive(&self, mid: Mid) -> bool {
        let media = self.rtc.media(mid);
        media.is_some_and(|media| media.direction() == Direction::Inactive)
    }

    /// Names the address at which this side receives. A former address stays valid.
    pub(super) fn set_local(&mut self, local: SocketAddr) {
        if self.local != Some(local)
            && let Ok(candidate) = Candidate::host(local, Protocol::Udp)
        {
            self.rtc.add_local_candidate(candidate);
            self.local = Some(local);
        }
    }

    /// This side's candidate as an attribute of RFC 8839.
    pub(super) fn local_candidate(&self) -> Option<String> {
        let candidate = Candidate::host(self.local?, Protocol::Udp).ok()?;
        let attribute = candidate.to_sdp_string();
        Some(attribute.trim_start_matches("a=").to_owned())
    }

    /// The remote description is in place.
    pub(super) fn described(&mut self) {
        self.described = true;
        for candidate in std::mem::take(&mut self.early) {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    /// Adds a candidate of the server. TCP, host names and too many are ignored.
    pub(super) fn add_candidate(&mut self, attribute: &str) {
        let Ok(candidate) = Candidate::from_sdp_string(attribute) else {
            return;
        };
        if candidate.proto() != Protocol::Udp || self.candidates == MAX_CANDIDATES {
            return;
        }
        self.candidates += 1;
        if self.described {
            self.rtc.add_remote_candidate(candidate);
        } else {
            self.early.push(candidate);
        }
    }

    /// An ICE restart is on its way: candidates wait for its description and count anew.
    pub(super) fn restarted(&mut self) {
        self.candidates = 0;
        self.early.clear();
        self.described = false;
    }

    /// Adds this side's data channels to the next offer.
    pub(super) fn add_channels(api: &mut SdpApi<'_>) -> [Option<ChannelId>; 2] {
        let reliable = api.add_channel(RELIABLE.to_owned());
        let lossy = api.add_channel_with_config(ChannelConfig {
            label: LOSSY.to_owned(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..ChannelConfig::default()
        });
        [Some(reliable), Some(lossy)]
    }

    pub(super) fn set_own_channels(&mut self, own: [Option<ChannelId>; 2]) {
        self.own = own;
    }

    /// The open data channels.
    pub(super) fn channels(&mut self, target: proto::SignalTarget) -> Vec<proto::DataChannelInfo> {
        let api = self.rtc.direct_api();
        let info = |(id, kind): &(ChannelId, Kind)| {
            let label = match kind {
                Kind::Reliable => RELIABLE,
                Kind::Lossy => LOSSY,
            };
            Some(proto::DataChannelInfo {
                label: label.to_owned(),
                id: api.sctp_stream_id_by_channel_id(*id)?.into(),
                target: target.into(),
            })
        };
        self.channels.iter().filter_map(info).collect()
    }

    /// Writes to this side's channel. False if it is not open or has no room.
    pub(super) fn write(&mut self, kind: Kind, bytes: &[u8]) -> Result<bool, PeerError> {
        let Some(id) = self.own_channel(kind) else {
            return Ok(false);
        };
        match self.rtc.channel(id) {
            Some(mut channel) => Ok(channel.write(true, bytes)?),
            None => Ok(false),
        }
    }

    /// Bytes buffered in this side's channel.
    pub(super) fn buffered(&mut self, kind: Kind) -> usize {
        self.own_channel(kind)
            .and_then(|id| self.rtc.channel(id))
            .map_or(0, |mut channel| channel.buffered_amount())
    }

    pub(super) fn set_buffer_threshold(&mut self, kind: Kind, bytes: usize) {
        let id = self.own_channel(kind);
        if let Some(mut channel) = id.and_then(|id| self.rtc.channel(id)) {
            channel.set_buffered_amount_low_threshold(bytes);
        }
    }

    fn own_channel(&self, kind: Kind) -> Option<ChannelId> {
        self.own[kind as usize]
    }

    /// Sends an RTP packet; false if the media section does not send yet.
    pub(super) fn send(
        &mut self,
        now: Instant,
        mid: Mid,
        packet: Outgoing,
    ) -> Result<bool, PeerError> {
        let media = self.rtc.media(mid);
        let Some(pt) = media.and_then(|media| media.remote_pts().first().copied()) else {
            return Ok(false);
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else {
            return Ok(false);
        };
        let extensions = ExtensionValues {
            audio_level: packet
                .level
                .map(|(level, _)| -(level.min(127).cast_signed())),
            voice_activity: packet.level.map(|(_, voice)| voice),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(
            pt,
            packet.sequence.into(),
            packet.timestamp,
            now,
            packet.payload,
        );
        let write = write
            .marker(packet.marker)
            .ext_vals(extensions)
            .nackable(true);
        stream.write_rtp(write);
        self.handle_timeout(now)?;
        Ok(true)
    }

    pub(super) fn handle_datagram(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), PeerError> {
        let Some(destination) = self.local else {
            return Ok(());
        };
        // Noise is not an error: anyone can send to the socket.
        let Ok(receive) = Receive::new(Protocol::Udp, source, destination, datagram) else {
            self.counters.malformed += 1;
            return Ok(());
        };
        let input = Input::Receive(now, receive);
        if !self.rtc.accepts(&input) {
            self.counters.foreign += 1;
            return Ok(());
        }
        Ok(self.rtc.handle_input(input)?)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<(), PeerError> {
        Ok(self.rtc.handle_input(Input::Timeout(now))?)
    }

    /// The next output; `None` sets [`Peer::timeout`].
    pub(super) fn poll(&mut self) -> Result<Option<PeerOutput>, PeerError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return Ok(None);
                }
                Output::Transmit(transmit) => return Ok(Some(PeerOutput::Transmit(transmit))),
                Output::Event(event) => {
                    if let Some(output) = self.event(event) {
                        return Ok(Some(output));
                    }
                }
            }
        }
    }

    fn event(&mut self, event: str0m::Event) -> Option<PeerOutput> {
        use str0m::Event;
        match event {
            Event::Connected => {
                self.dtls = true;
                self.connection()
            }
            Event::IceConnectionStateChange(state) => {
                self.ice = matches!(
                    state,
                    IceConnectionState::Connected | IceConnectionState::Completed
                );
                self.connection()
            }
            Event::RtpPacket(packet) => {
                let mid = self.mid(&packet)?;
                Some(PeerOutput::Rtp(mid, Box::new(packet)))
            }
            Event::ChannelOpen(id, label) => {
                let kind = match label.as_str() {
                    RELIABLE => Kind::Reliable,
                    LOSSY => Kind::Lossy,
                    _ => return None,
                };
                self.channels.retain(|(known, _)| *known != id);
                self.channels.push((id, kind));
                self.own
                    .contains(&Some(id))
                    .then_some(PeerOutput::ChannelOpen)
            }
            Event::ChannelData(data) => {
                let kind = self.kind(data.id)?;
                Some(PeerOutput::Data(kind, data.data))
            }
            Event::ChannelClose(id) => {
                self.channels.retain(|(known, _)| *known != id);
                None
            }
            Event::ChannelBufferedAmountLow(id) => Some(PeerOutput::BufferLow(self.kind(id)?)),
            event => {
                self.counters.event(&event);
                None
            }
        }
    }

    fn connection(&mut self) -> Option<PeerOutput> {
        if self.is_connected() {
            self.generation += 1;
        }
        Some(PeerOutput::Connection)
    }

    fn kind(&self, id: ChannelId) -> Option<Kind> {
        let known = self.channels.iter().find(|(known, _)| *known == id);
        known.map(|(_, kind)| *kind)
    }

    /// The media section of a packet. The first packet of a stream names it.
    fn mid(&mut self, packet: &RtpPacket) -> Option<Mid> {
        let ssrc = packet.header.ssrc;
        if let Some((_, mid)) = self.ssrcs.iter().find(|(known, _)| *known == ssrc) {
            return Some(*mid);
        }
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&ssrc)?;
        let mid = stream.mid();
        // LiveKit retransmits audio on the same SSRC, which its descriptions do not say.
        stream.suppress_nack(false);
        if self.ssrcs.len() < MAX_SSRCS {
            self.ssrcs.push((ssrc, mid));
        } else {
            self.ssrcs[self.oldest_ssrc] = (ssrc, mid);
            self.oldest_ssrc = (self.oldest_ssrc + 1) % MAX_SSRCS;
        }
        Some(mid)
    }

    /// A stream may have moved to another media section.
    pub(super) fn forget_ssrcs(&mut self) {
        self.ssrcs.clear();
    }

    /// Starts the shutdown; what it sends is still to be polled.
    pub(super) fn close(&mut self) {
        let _ = self.rtc.close();
    }
}
