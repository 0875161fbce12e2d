//! The peer connections of a participant without IO: datagrams and time in; datagrams, RTP, data
//! packets and offers out.

mod data;
mod description;
mod peer;
mod publisher;
mod stats;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use livekit_protocol as proto;
use livekit_protocol::data_packet::Kind;
use str0m::change::SdpOffer;
use str0m::media::Mid;

pub(crate) use data::Data;
pub use data::SendError;
pub(crate) use peer::PeerError;
pub use stats::{PeerStats, StreamStats};

use crate::backoff::Random;
pub(crate) use peer::Peer;
use peer::{Outgoing, PeerOutput};
use publisher::{Change, Publisher};

/// A peer connection, and the UDP socket that belongs to it. A socket serves one peer connection:
/// DTLS and RTP do not say which they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// The one that the client offers; the only one on `/rtc/v1`.
    Publisher,
    /// The one that the server offers, on `/rtc`.
    Subscriber,
}

/// An RTP packet of a subscribed track, as it came: not reordered, with retransmissions.
#[derive(Debug, Clone)]
pub struct Rtp {
    /// Identifier of the track.
    pub track: Arc<str>,
    /// Sequence number, extended beyond 16 bits.
    pub sequence: u64,
    /// RTP timestamp in units of 48 kHz.
    pub timestamp: u32,
    /// Marker bit: the first packet after silence.
    pub marker: bool,
    /// The payload, an Opus packet. Empty packets are padding.
    pub payload: Arc<[u8]>,
    /// When the datagram was read.
    pub arrival: Instant,
}

/// A frame of a published track.
#[derive(Debug, Clone)]
pub struct Frame {
    /// An Opus packet.
    pub payload: Arc<[u8]>,
    /// Length of the frame in samples at 48 kHz; 960 for 20 ms.
    pub samples: u32,
    /// Samples at 48 kHz that were not sent before this frame: silence. Sets the marker bit.
    pub skipped: u32,
    /// Level in -dBov from 0, the loudest, to 127, and whether it is speech (RFC 6464). LiveKit
    /// finds active speakers by it.
    pub level: Option<(u8, bool)>,
}

/// What the peer connections have to say.
#[derive(Debug)]
pub(crate) enum Output {
    Transmit(Leg, SocketAddr, Vec<u8>),
    Rtp(Rtp),
    Data(Kind, Vec<u8>),
    ChannelOpen,
    BufferLow(Kind),
    Connection,
}

/// The RTP stream of a published track.
#[derive(Debug)]
struct Stream {
    cid: String,
    sequence: u64,
    timestamp: u32,
    started: bool,
}

#[derive(Debug)]
struct Subscriber {
    peer: Peer,
    /// The last offer and its answer.
    agreed: Option<(proto::SessionDescription, proto::SessionDescription)>,
}

#[derive(Debug)]
pub(crate) struct Transports {
    publisher: Peer,
    negotiation: Publisher,
    subscriber: Option<Subscriber>,
    /// Media section of each subscribed track.
    tracks: Vec<(Mid, Arc<str>)>,
    streams: Vec<Stream>,
    random: Random,
}

impl Transports {
    /// A single peer connection that receives audio on `sections` media sections.
    pub(crate) fn single(now: Instant, sections: usize, random: Random) -> Self {
        let mut transports = Self::new(now, None, random);
        if sections > 0 {
            transports.negotiation.push(Change::Receive(sections));
        }
        transports
    }

    /// A peer connection for each direction.
    pub(crate) fn dual(now: Instant, random: Random) -> Self {
        let subscriber = Subscriber {
            peer: Peer::new(now),
            agreed: None,
        };
        Self::new(now, Some(subscriber), random)
    }

    fn new(now: Instant, subscriber: Option<Subscriber>, random: Random) -> Self {
        let mut negotiation = Publisher::default();
        negotiation.push(Change::Channels);
        Self {
            publisher: Peer::new(now),
            negotiation,
            subscriber,
            tracks: Vec::new(),
            streams: Vec::new(),
            random,
        }
    }

    pub(crate) fn is_single(&self) -> bool {
        self.subscriber.is_none()
    }

    /// Whether everything that was negotiated is connected.
    pub(crate) fn is_connected(&self) -> bool {
        let subscriber = self.subscriber.as_ref();
        let publishes = self.negotiation.agreed().is_some();
        subscriber.is_none_or(|subscriber| subscriber.peer.is_connected())
            && (self.publisher.is_connected() || (!publishes && subscriber.is_some()))
    }

    /// How often each peer connection became connected.
    pub(crate) fn generations(&self) -> (u64, u64) {
        let subscriber = self.subscriber.as_ref();
        let generation = subscriber.map_or(0, |subscriber| subscriber.peer.generation());
        (self.publisher.generation(), generation)
    }

    /// Names the addresses at which the sockets receive.
    pub(crate) fn set_local(&mut self, publisher: SocketAddr, subscriber: SocketAddr) {
        self.publisher.set_local(publisher);
        if let Some(leg) = &mut self.subscriber {
            leg.peer.set_local(subscriber);
        }
    }

    /// The candidate of the publisher, for a server that got the offer before it was known.
    pub(crate) fn trickle(&self) -> Option<proto::TrickleRequest> {
        let candidate = self.publisher.local_candidate()?;
        let init = serde_json::json!({ "candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0 });
        Some(proto::TrickleRequest {
            candidate_init: init.to_string(),
            target: proto::SignalTarget::Publisher.into(),
            r#final: true,
        })
    }

    /// The next offer to send, if one is due.
    pub(crate) fn poll_offer(&mut self, now: Instant) -> Option<proto::SessionDescription> {
        self.negotiation.offer(now, &mut self.publisher)
    }

    /// Takes back an offer that will have no answer.
    pub(crate) fn roll_back(&mut self) {
        self.negotiation.roll_back();
    }

    /// Whether [`Transports::publish`] was called for a track.
    pub(crate) fn is_published(&self, cid: &str) -> bool {
        self.streams.iter().any(|stream| stream.cid == cid)
    }

    /// Prepares a track to be sent; its media section is in the next offer.
    pub(crate) fn publish(&mut self, cid: &str) {
        self.negotiation.push(Change::Send(cid.to_owned()));
        self.streams.push(Stream {
            cid: cid.to_owned(),
            // RFC 3550 wants both unpredictable; the first rollover must come late for SRTP.
            sequence: self.random.next() & 0x7fff,
            timestamp: self.random.next() as u32,
            started: false,
        });
    }

    pub(crate) fn unpublish(&mut self, cid: &str) {
        self.negotiation.stop(cid);
        self.streams.retain(|stream| stream.cid != cid);
    }

    /// Asks for new ICE credentials with the next offer.
    pub(crate) fn restart_publisher(&mut self) {
        if self.negotiation.agreed().is_some() {
            self.negotiation.push(Change::Restart);
        }
    }

    pub(crate) fn add_sections(&mut self, sections: usize) {
        if self.is_single() {
            self.negotiation.push(Change::Receive(sections));
        }
    }

    /// Applies an answer; false if it answers nothing.
    pub(crate) fn answer(&mut self, answer: &proto::SessionDescription) -> Result<bool, PeerError> {
        if !self.negotiation.answer(&mut self.publisher, answer)? {
            return Ok(false);
        }
        if self.is_single() {
            self.publisher.forget_ssrcs();
            let named =
                |(mid, sid): (&String, &String)| (Mid::from(mid.as_str()), sid.as_str().into());
            if !answer.mid_to_track_id.is_empty() {
                self.tracks = answer.mid_to_track_id.iter().map(named).collect();
            }
        }
        Ok(true)
    }

    /// Answers an offer of the server; `None` on a single peer connection.
    pub(crate) fn offer(
        &mut self,
        offer: proto::SessionDescription,
    ) -> Result<Option<proto::SessionDescription>, PeerError> {
        let Some(subscriber) = &mut self.subscriber else {
            return Ok(None);
        };
        let parsed = SdpOffer::from_sdp_string(&offer.sdp).map_err(|e| PeerError(e.to_string()))?;
        let answer = subscriber.peer.sdp().accept_offer(parsed)?;
        subscriber.peer.described();
        subscriber.peer.forget_ssrcs();
        self.tracks = description::tracks(&offer.sdp);
        let answer = proto::SessionDescription {
            r#type: "answer".to_owned(),
            sdp: answer.to_sdp_string(),
            id: offer.id,
            ..proto::SessionDescription::default()
        };
        subscriber.agreed = Some((offer, answer.clone()));
        Ok(Some(answer))
    }

    pub(crate) fn add_candidate(&mut self, target: proto::SignalTarget, attribute: &str) {
        match (&mut self.subscriber, target) {
            (Some(subscriber), proto::SignalTarget::Subscriber) => {
                subscriber.peer.add_candidate(attribute);
            }
            _ => self.publisher.add_candidate(attribute),
        }
    }

    /// Offer and answer for the server when it resumes: those of the single peer connection or of
    /// the subscriber.
    pub(crate) fn agreed(&self) -> Option<(proto::SessionDescription, proto::SessionDescription)> {
        if let Some(subscriber) = &self.subscriber {
            return subscriber.agreed.clone();
        }
        let description = |r#type: &str, sdp: &str| proto::SessionDescription {
            r#type: r#type.to_owned(),
            sdp: sdp.to_owned(),
            ..proto::SessionDescription::default()
        };
        let (offer, answer) = self.negotiation.agreed()?;
        Some((description("offer", offer), description("answer", answer)))
    }

    /// Sends a frame; false if the track cannot be sent yet, and the frame is dropped.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        cid: &str,
        frame: Frame,
    ) -> Result<bool, PeerError> {
        let stream = self.streams.iter_mut().find(|stream| stream.cid == cid);
        let (Some(stream), Some(mid)) = (stream, self.negotiation.mid(cid)) else {
            return Ok(false);
        };
        stream.timestamp = stream.timestamp.wrapping_add(frame.skipped);
        let timestamp = stream.timestamp;
        stream.timestamp = timestamp.wrapping_add(frame.samples);
        if !self.publisher.is_connected() {
            return Ok(false);
        }
        let packet = Outgoing {
            sequence: stream.sequence,
            timestamp,
            marker: frame.skipped > 0 || !stream.started,
            level: frame.level,
            payload: frame.payload,
        };
        let sent = self.publisher.send(now, mid, packet)?;
        if sent {
            stream.started = true;
            stream.sequence += 1;
        }
        Ok(sent)
    }

    /// The open data channels, for a server that takes the session over.
    pub(crate) fn channels(&mut self) -> Vec<proto::DataChannelInfo> {
        let mut all = self.publisher.channels(proto::SignalTarget::Publisher);
        if let Some(leg) = &mut self.subscriber {
            all.extend(leg.peer.channels(proto::SignalTarget::Subscriber));
        }
        all
    }

    /// The peer connection of this side's data channels.
    pub(crate) fn data_peer(&mut self) -> &mut Peer {
        &mut self.publisher
    }

    pub(crate) fn buffered(&mut self, kind: Kind) -> usize {
        self.publisher.buffered(kind)
    }

    pub(crate) fn set_buffer_threshold(&mut self, kind: Kind, bytes: usize) {
        self.publisher.set_buffer_threshold(kind, bytes);
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        leg: Leg,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), PeerError> {
        match (leg, &mut self.subscriber) {
            (Leg::Publisher, _) => self.publisher.handle_datagram(now, source, datagram),
            (Leg::Subscriber, Some(leg)) => leg.peer.handle_datagram(now, source, datagram),
            (Leg::Subscriber, None) => Ok(()),
        }
    }

    /// When [`Transports::handle_timeout`] must be called. Valid after [`Transports::poll`] gave
    /// `None`.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let subscriber = self.subscriber.as_ref().map(|leg| leg.peer.timeout());
        [subscriber, self.negotiation.timeout()]
            .into_iter()
            .flatten()
            .fold(self.publisher.timeout(), Instant::min)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), PeerError> {
        if self.negotiation.is_overdue(now) {
            self.negotiation.roll_back();
        }
        if self.publisher.timeout() <= now {
            self.publisher.handle_timeout(now)?;
        }
        match &mut self.subscriber {
            Some(leg) if leg.peer.timeout() <= now => leg.peer.handle_timeout(now),
            _ => Ok(()),
        }
    }

    pub(crate) fn poll(&mut self) -> Result<Option<Output>, PeerError> {
        while let Some(output) = self.publisher.poll()? {
            if let Some(output) = self.output(Leg::Publisher, output) {
                return Ok(Some(output));
            }
        }
        loop {
            let Some(subscriber) = &mut self.subscriber else {
                return Ok(None);
            };
            let Some(output) = subscriber.peer.poll()? else {
                return Ok(None);
            };
            if let Some(output) = self.output(Leg::Subscriber, output) {
                return Ok(Some(output));
            }
        }
    }

    fn output(&self, leg: Leg, output: PeerOutput) -> Option<Output> {
        Some(match output {
            PeerOutput::Transmit(transmit) => {
                Output::Transmit(leg, transmit.destination, transmit.contents.into())
            }
            PeerOutput::Rtp(mid, packet) => Output::Rtp(Rtp {
                track: self.track(mid)?,
                sequence: *packet.seq_no,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                arrival: packet.timestamp,
                payload: packet.payload,
            }),
            PeerOutput::Data(kind, bytes) => Output::Data(kind, bytes),
            PeerOutput::ChannelOpen => Output::ChannelOpen,
            PeerOutput::BufferLow(kind) => Output::BufferLow(kind),
            PeerOutput::Connection => Output::Connection,
        })
    }

    /// Tracks that a media section exists for.
    pub(crate) fn subscribed(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tracks.iter().map(|(_, sid)| sid)
    }

    fn track(&self, mid: Mid) -> Option<Arc<str>> {
        let track = self.tracks.iter().find(|(known, _)| *known == mid);
        track.map(|(_, sid)| Arc::clone(sid))
    }

    /// State of each peer connection.
    pub(crate) fn stats(&self) -> Vec<(Leg, PeerStats)> {
        let mut all = vec![(Leg::Publisher, self.publisher.counters.peer())];
        if let Some(leg) = &self.subscriber {
            all.push((Leg::Subscriber, leg.peer.counters.peer()));
        }
        all
    }

    /// State of each received track by its identifier.
    pub(crate) fn received(&self) -> Vec<(Arc<str>, StreamStats)> {
        let peer = self
            .subscriber
            .as_ref()
            .map_or(&self.publisher, |leg| &leg.peer);
        let named = |(mid, stats): &(Mid, StreamStats)| {
            let (_, sid) = self.tracks.iter().find(|(known, _)| known == mid)?;
            Some((Arc::clone(sid), *stats))
        };
        peer.counters.received.iter().filter_map(named).collect()
    }

    /// State of each sent track by its client identifier.
    pub(crate) fn sent(&self) -> Vec<(String, StreamStats)> {
        let named = |(mid, stats): &(Mid, StreamStats)| {
            Some((self.negotiation.cid(*mid)?.to_owned(), *stats))
        };
        self.publisher
            .counters
            .sent
            .iter()
            .filter_map(named)
            .collect()
    }

    /// Starts the shutdown; what it sends is still to be polled.
    pub(crate) fn close(&mut self) {
        self.publisher.close();
        if let Some(subscriber) = &mut self.subscriber {
            subscriber.peer.close();
        }
    }
}
