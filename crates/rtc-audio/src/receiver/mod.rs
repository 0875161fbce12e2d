//! Packets of a network in, an even stream of samples out: a jitter buffer in the manner of
//! libwebrtc's NetEQ.
//!
//! The delay at which to play is measured against the fastest packet of the last two seconds, so it
//! says how late a packet may be. The target is what nearly all packets make. The delay is
//! brought there by cutting or repeating periods of speech, and where there is silence, by its length.
//!
//! A packet that is missing at its turn is rebuilt from the next one if that carries it, or else
//! concealed, which fades out. One that comes while its place is being concealed is still played.

mod arrivals;
mod buffer;
mod conceal;
mod histogram;
mod playout;
mod stats;
mod stream;
mod stretch;
mod target;
mod time;

use std::time::{Duration, Instant};

pub use stats::Stats;
pub use stream::{MAX_PACKETS, MAX_PAYLOAD, Packet, Pushed};

use arrivals::Arrivals;
use buffer::Packets;
use conceal::Concealment;
use playout::{CUTTABLE, Playout};
use stream::{Cursor, Stream};
use target::Target;
use time::{Clock, MS, samples, ticks};

use crate::codec::{self, Decoder, MAX_PACKET_SAMPLES, packet};
use crate::{RTP_CLOCK, SAMPLES_PER_10_MS};

/// Range above the target in which the delay is left alone. More than a period of speech.
const TOLERANCE: i64 = 20 * MS;
/// Least time between two changes of the length of speech.
const STRETCH_INTERVAL: i64 = 50 * MS;
/// Delay above the target from which on the length changes at every opportunity.
const FAR_OFF: i64 = 100 * MS;

/// Bounds of the delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Least delay behind the fastest packets.
    pub min_delay: Duration,
    /// Largest delay that is waited for late packets.
    pub max_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_delay: Duration::ZERO,
            max_delay: Duration::from_millis(1_500),
        }
    }
}

/// What 10 ms of audio are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audio {
    /// What the sender sent, all of it.
    Received,
    /// What the sender may have sent, at least in part.
    Concealed,
    /// The noise that a sender wants to be heard while it sends nothing.
    Comfort,
    /// Nothing: no stream, a stream that pauses, or one that was lost for long.
    Silence,
}

/// The jitter buffer and decoder of one track.
///
/// [`Self::push`] takes packets as they arrive. [`Self::pull`] is called every 10 ms. Both take the
/// time, which does not go backwards.
#[derive(Debug)]
pub struct Receiver {
    decoder: Decoder,
    clock: Clock,
    stream: Option<Stream>,
    /// The next packet to play, once one was played.
    cursor: Option<Cursor>,
    packets: Packets,
    arrivals: Arrivals,
    target: Target,
    concealment: Concealment,
    playout: Playout,
    decoded: Box<[i16; MAX_PACKET_SAMPLES]>,
    last_stretch: i64,
    delay_sum: i64,
    target_sum: i64,
    stats: Stats,
}

/// What to do for the next samples.
enum Step {
    Play,
    Recover,
    Conceal,
}

impl Receiver {
    /// Makes a receiver that waits for its first packet.
    pub fn new(settings: Settings) -> Result<Self, codec::Error> {
        let bound = |delay: Duration| {
            let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            millis.min(10_000) * MS
        };
        let min = bound(settings.min_delay);
        Ok(Self {
            decoder: Decoder::new()?,
            clock: Clock::default(),
            stream: None,
            cursor: None,
            packets: Packets::new(MAX_PACKETS),
            arrivals: Arrivals::default(),
            target: Target::new((min, bound(settings.max_delay).max(min))),
            concealment: Concealment::default(),
            playout: Playout::new(),
            decoded: Box::new([0; MAX_PACKET_SAMPLES]),
            last_stretch: 0,
            delay_sum: 0,
            target_sum: 0,
            stats: Stats::default(),
        })
    }

    /// Gives the next 10 ms, and says what they are made of.
    pub fn pull(&mut self, now: Instant, out: &mut [i16; SAMPLES_PER_10_MS]) -> Audio {
        let now = self.clock.ticks(now);
        let started = self.cursor.is_some();
        self.fill(now);
        let audio = self.concealment.audio();
        self.playout.take(out);
        if audio == Audio::Received {
            self.playout.hear(out);
        }
        if started {
            self.stats.total_samples_received += SAMPLES_PER_10_MS as u64;
        }
        audio
    }

    /// The RTP timestamp of the next sample that is pulled, unless it is made up.
    pub fn timestamp(&self) -> Option<u32> {
        let cursor = self.cursor?;
        let timestamp = cursor.timestamp - ticks(self.playout.ready());
        (self.concealment.audio() == Audio::Received).then_some(timestamp as u32)
    }

    /// The delay that is aimed at, behind the fastest packets.
    pub fn target_delay(&self) -> Duration {
        duration(self.target.ticks())
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        Stats {
            jitter: self.stream.as_ref().map_or(Duration::ZERO, Stream::jitter),
            jitter_buffer_delay: duration(self.delay_sum),
            jitter_buffer_target_delay: duration(self.target_sum),
            ..self.stats
        }
    }

    /// Makes at least 10 ms ready.
    fn fill(&mut self, now: i64) {
        self.concealment.begin();
        while self.playout.ready() < SAMPLES_PER_10_MS {
            self.step(now);
        }
        if !self.concealment.allows_stretch() {
            return;
        }
        let Some(delay) = self.delay(now) else {
            return;
        };
        let low = self.target.ticks();
        let high = low.max(self.arrivals.spread() + TOLERANCE / 2) + TOLERANCE;
        let fast = delay >= 4 * high;
        let interval = match delay > high + FAR_OFF || delay < low - FAR_OFF {
            true => 2 * SAMPLES_PER_10_MS,
            false => samples(STRETCH_INTERVAL),
        };
        if !fast && now - self.last_stretch < ticks(interval) {
            return;
        }
        if delay >= high {
            while self.playout.ready() < CUTTABLE && self.next_is_here() {
                self.play(now);
            }
            let cut = self.playout.accelerate(fast);
            self.stats.removed_samples_for_acceleration += cut as u64;
            self.last_stretch = if cut > 0 { now } else { self.last_stretch };
        } else if delay < low {
            let added = self.playout.decelerate();
            self.stats.inserted_samples_for_deceleration += added as u64;
            self.last_stretch = if added > 0 { now } else { self.last_stretch };
        }
    }

    /// The delay of the next sample to decode, if it were ready now: how long after the fastest packet
    /// it is heard.
    fn delay(&self, now: i64) -> Option<i64> {
        Some(self.delay_of(now, self.cursor?.timestamp))
    }

    fn delay_of(&self, now: i64, timestamp: i64) -> i64 {
        let base = self.arrivals.base().unwrap_or(now - timestamp);
        now + ticks(self.playout.ready()) - base - timestamp
    }

    /// Whether the next packet is here, and nothing is missing before it.
    fn next_is_here(&self) -> bool {
        let next = self.packets.front().zip(self.cursor);
        next.is_some_and(|(packet, cursor)| {
            packet.sequence == cursor.sequence && packet.timestamp == cursor.timestamp
        })
    }

    fn step(&mut self, now: i64) {
        match self.decide(now) {
            Step::Play => self.play(now),
            Step::Recover => self.recover(now),
            Step::Conceal => self.conceal(),
        }
    }

    fn decide(&self, now: i64) -> Step {
        let Some(next) = self.packets.front() else {
            return Step::Conceal;
        };
        let waited = now - next.arrival;
        let due = |limit: i64| self.delay_of(now, next.timestamp) >= limit || waited >= limit;
        let target = self.target.ticks();
        let Some(cursor) = self.cursor else {
            return if due(target) {
                Step::Play
            } else {
                Step::Conceal
            };
        };
        let gap = next.timestamp - cursor.timestamp;
        let missing = next.sequence - cursor.sequence;
        let can_recover = missing > 0 && gap >= next.duration && next.has_fec();
        let filled = self.concealment.filled();
        if self.concealment.is_quiet() {
            // Nobody hears when speech begins, so it begins at the right delay.
            return match due(target) {
                true if can_recover => Step::Recover,
                true => Step::Play,
                false => Step::Conceal,
            };
        }
        if gap <= 0 {
            return Step::Play;
        }
        if can_recover && gap - filled <= next.duration {
            return Step::Recover;
        }
        let high = target + TOLERANCE + self.arrivals.spread();
        if filled >= gap || due(high) {
            return Step::Play;
        }
        Step::Conceal
    }

    /// Decodes the packet that is next.
    fn play(&mut self, now: i64) {
        let Some(next) = self.packets.pop() else {
            return;
        };
        let cursor = self.cursor.unwrap_or(Cursor {
            sequence: next.sequence,
            timestamp: next.timestamp,
        });
        let gap = next.timestamp - cursor.timestamp;
        let lead = self.concealment.lead(gap, &mut self.decoder);
        let decoded = self.decoder.decode(&next.payload, &mut self.decoded[..]);
        if let Ok(len) = decoded {
            let lost = (next.sequence - cursor.sequence).max(0);
            let fec = next.has_fec();
            self.stats.packets_lost += lost as u64;
            self.stats.fec_packets_received += u64::from(fec);
            self.stats.fec_packets_discarded += u64::from(fec && lost == 0);
            if !packet::is_dtx(&next.payload) {
                self.target.on_played(next.duration, fec, lost);
            }
            self.emit(now - next.arrival, len, lead);
            self.concealment.end(packet::is_dtx(&next.payload));
            self.cursor = Some(Cursor {
                sequence: next.sequence + 1,
                timestamp: next.timestamp + ticks(len),
            });
        } else {
            self.stats.packets_discarded += 1;
            self.conceal();
        }
        self.packets.recycle(next);
    }

    /// Decodes the frame before the packet that is next.
    fn recover(&mut self, now: i64) {
        let (Some(next), Some(cursor)) = (self.packets.front(), self.cursor) else {
            return;
        };
        let (sequence, timestamp) = (next.sequence, next.timestamp);
        let lost = sequence - cursor.sequence;
        let gap = timestamp - next.duration - cursor.timestamp;
        let frame = samples(next.duration).min(MAX_PACKET_SAMPLES);
        let lead = self.concealment.lead(gap, &mut self.decoder);
        let decoded = self
            .decoder
            .decode_fec(&next.payload, &mut self.decoded[..frame]);
        let waited = now - next.arrival;
        self.cursor = Some(Cursor {
            sequence,
            timestamp,
        });
        self.stats.packets_lost += lost as u64;
        self.target.on_played(next.duration, true, lost);
        match decoded {
            Ok(len) => {
                self.stats.frames_recovered += 1;
                self.emit(waited, len, lead);
                self.concealment.end(false);
            }
            Err(_) => self.conceal(),
        }
    }

    /// Makes `len` decoded samples ready, which waited for so long.
    fn emit(&mut self, waited: i64, len: usize, lead: Option<[i16; SAMPLES_PER_10_MS]>) {
        let new = &mut self.decoded[..len];
        self.concealment.fade_in(new);
        let ready = ticks(self.playout.ready());
        match lead {
            Some(old) => {
                let added = self.playout.join(&old, new);
                if !self.concealment.is_comfort() {
                    self.stats.concealed_samples += added as u64;
                }
            }
            None => self.playout.push(new),
        }
        self.delay_sum += (waited + ready).max(0) * len as i64;
        self.target_sum += self.target.ticks() * len as i64;
        self.stats.jitter_buffer_emitted_count += len as u64;
    }

    /// Makes 10 ms up.
    fn conceal(&mut self) {
        let count = SAMPLES_PER_10_MS as u64;
        let known = self.cursor.is_some();
        if known && !self.concealment.is_comfort() {
            self.stats.concealed_samples += count;
            self.stats.concealment_events += u64::from(self.concealment.filled() == 0);
        }
        match self.concealment.next(&mut self.decoder, known) {
            Some(samples) => self.playout.push(&samples),
            None => {
                if known {
                    self.stats.silent_concealed_samples += count;
                }
                self.playout.push_silence(SAMPLES_PER_10_MS);
            }
        }
    }
}

fn duration(ticks: i64) -> Duration {
    let micros = i128::from(ticks.max(0)) * 1_000_000 / i128::from(RTP_CLOCK);
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
