//! Which packets belong to the stream, and where in it they are.

use std::time::{Duration, Instant};

use super::arrivals::{Arrivals, Lateness};
use super::buffer::Inserted;
use super::time::{MS, Unwrapper};
use super::{Receiver, duration};
use crate::codec::packet;

/// Most packets that wait at once: 4 s of 20 ms. More would only be heard too late.
pub const MAX_PACKETS: usize = 200;

/// Longest payload in bytes that is taken, which is what fits into an Ethernet frame.
pub const MAX_PAYLOAD: usize = 1_500;

/// As RFC 3550 in its appendix A.1: sequence numbers further apart are another stream's.
const MAX_DROPOUT: i64 = 3_000;
/// A timestamp that is off by more does not belong to what was before.
const MAX_LEAP: i64 = 10_000 * MS;
/// Packets of a source that was replaced are ignored while its successor was heard in this time.
const HANDOVER: i64 = 1_000 * MS;

/// An RTP packet of the track.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The synchronization source. Another one begins another stream.
    pub ssrc: u32,
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp, at [`RTP_CLOCK`](crate::RTP_CLOCK).
    pub timestamp: u32,
    /// The Opus packet.
    pub payload: &'a [u8],
    /// Whether this is a copy that came with a later packet, as in RFC 2198, or one that was sent
    /// again. It says nothing of how long packets take.
    pub repeated: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits for its turn.
    Waits,
    /// It came before.
    Duplicate,
    /// Its turn is over.
    Late,
    /// It is too long, not Opus, or not of the stream.
    Refused,
}

/// A place in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) sequence: i64,
    pub(super) timestamp: i64,
}

/// The stream that is being received.
#[derive(Debug)]
pub(super) struct Stream {
    ssrc: u32,
    replaced: Option<u32>,
    sequences: Unwrapper<16>,
    timestamps: Unwrapper<32>,
    newest: i64,
    newest_timestamp: i64,
    newest_arrival: i64,
    /// The sequence number that makes a leap believed.
    leap: Option<u16>,
    /// Which of the packets up to the newest one came, the newest one in the lowest bit.
    came: u128,
    jitter: i64,
}

/// What a packet is beside those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Newest,
    Reordered,
    Again,
    /// Too old to tell.
    Ancient,
}

impl Stream {
    fn new(packet: &Packet<'_>, now: i64, replaced: Option<u32>) -> Self {
        let sequences = Unwrapper::new(packet.sequence.into());
        let timestamps = Unwrapper::new(packet.timestamp);
        Self {
            ssrc: packet.ssrc,
            replaced,
            newest: sequences.peek(packet.sequence.into()),
            newest_timestamp: timestamps.peek(packet.timestamp),
            sequences,
            timestamps,
            newest_arrival: now,
            leap: None,
            came: 0,
            jitter: 0,
        }
    }

    pub(super) fn jitter(&self) -> Duration {
        duration(self.jitter / 16)
    }

    fn place(&self, packet: &Packet<'_>) -> Cursor {
        Cursor {
            sequence: self.sequences.peek(packet.sequence.into()),
            timestamp: self.timestamps.peek(packet.timestamp),
        }
    }

    /// Whether a packet that comes now can be of this stream.
    fn continues(&self, place: Cursor, now: i64) -> bool {
        let leap = (place.timestamp - self.newest_timestamp) - (now - self.newest_arrival);
        (place.sequence - self.newest).abs() <= MAX_DROPOUT && leap.abs() <= MAX_LEAP
    }

    /// Notes a packet that came.
    fn note(&mut self, place: Cursor) -> Order {
        let ahead = place.sequence - self.newest;
        if ahead > 0 {
            self.came = u32::try_from(ahead)
                .ok()
                .and_then(|ahead| self.came.checked_shl(ahead))
                .unwrap_or(0);
        }
        let Some(bit) = 1_u128.checked_shl(u32::try_from((-ahead).max(0)).unwrap_or(u32::MAX))
        else {
            return Order::Ancient;
        };
        if self.came & bit != 0 {
            return Order::Again;
        }
        self.came |= bit;
        if ahead < 0 {
            return Order::Reordered;
        }
        self.newest = place.sequence;
        self.newest_timestamp = place.timestamp;
        self.sequences.advance(place.sequence);
        self.timestamps.advance(place.timestamp);
        Order::Newest
    }

    /// Measures the time of a packet against the newest one before it.
    fn time(&mut self, now: i64, took: i64) {
        self.jitter += took.abs() - (self.jitter + 8) / 16;
        self.newest_arrival = now;
    }
}

impl Receiver {
    /// Takes a packet that arrives now.
    pub fn push(&mut self, now: Instant, packet: Packet<'_>) -> Pushed {
        let now = self.clock.ticks(now);
        let samples = packet::samples(packet.payload);
        let Some(samples) = samples.filter(|_| packet.payload.len() <= MAX_PAYLOAD) else {
            self.stats.packets_discarded += 1;
            return Pushed::Refused;
        };
        let Some(place) = self.locate(&packet, now) else {
            self.stats.packets_discarded += 1;
            return Pushed::Refused;
        };
        let counted = u64::from(!packet.repeated);
        self.stats.packets_received += counted;
        let order = self.measure(place, now, &packet);
        let turn = self.cursor.map(|cursor| cursor.sequence);
        if turn.is_some_and(|turn| place.sequence < turn) {
            if order == Order::Again {
                self.stats.packets_duplicated += counted;
                return Pushed::Duplicate;
            }
            self.stats.packets_discarded += counted;
            self.stats.packets_late += counted;
            return Pushed::Late;
        }
        let place = (place.sequence, place.timestamp);
        match self.packets.insert(place, now, samples, packet.payload) {
            Inserted::Added => Pushed::Waits,
            Inserted::Duplicate => {
                self.stats.packets_duplicated += counted;
                Pushed::Duplicate
            }
            Inserted::Replaced => {
                self.stats.packets_discarded += 1;
                Pushed::Waits
            }
        }
    }

    /// Finds where in the stream a packet is. Begins another stream where it cannot be of this one.
    fn locate(&mut self, packet: &Packet<'_>, now: i64) -> Option<Cursor> {
        let quiet = self.packets.len() == 0 && self.concealment.is_quiet();
        let replaced = match &mut self.stream {
            None => None,
            Some(stream) if stream.ssrc != packet.ssrc => {
                let recent = now - stream.newest_arrival < HANDOVER;
                if stream.replaced == Some(packet.ssrc) && recent {
                    return None;
                }
                Some(stream.ssrc)
            }
            Some(stream) => {
                let place = stream.place(packet);
                if stream.continues(place, now) {
                    stream.leap = None;
                    return Some(place);
                }
                let next = packet.sequence.wrapping_add(1);
                let believed = stream.leap.replace(next) == Some(packet.sequence);
                if packet.repeated || !(believed || quiet) {
                    return None;
                }
                stream.replaced
            }
        };
        self.restart();
        let stream = Stream::new(packet, now, replaced);
        let place = stream.place(packet);
        self.stream = Some(stream);
        Some(place)
    }

    /// Learns from the time of a packet how long packets take.
    fn measure(&mut self, place: Cursor, now: i64, packet: &Packet<'_>) -> Order {
        let Some(stream) = &mut self.stream else {
            return Order::Ancient;
        };
        let took = (now - stream.newest_arrival) - (place.timestamp - stream.newest_timestamp);
        let order = stream.note(place);
        if packet.repeated {
            return order;
        }
        if order == Order::Newest {
            stream.time(now, took);
            match self.arrivals.insert(now, place.timestamp) {
                Lateness::Known(_) if packet::is_dtx(packet.payload) => {}
                Lateness::Known(late) | Lateness::Stalled(late) => {
                    self.target.on_packet(now, late);
                }
                Lateness::Unknown => {}
            }
        } else if order == Order::Reordered
            && let Some(late) = self.arrivals.lateness(now, place.timestamp)
        {
            self.target.on_reordered(late);
        }
        order
    }

    /// Forgets the stream, but not the network.
    fn restart(&mut self) {
        if self.cursor.is_some()
            && let Some(end) = self.concealment.fade_out(&mut self.decoder)
        {
            self.playout.push(&end);
        }
        self.stats.packets_discarded += self.packets.clear() as u64;
        self.arrivals = Arrivals::default();
        self.cursor = None;
        self.concealment.restart();
        // Only a decoder that was never made right cannot be reset.
        let _ = self.decoder.reset();
    }
}
