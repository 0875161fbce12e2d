//! A receiver behind a network.

use std::time::{Duration, Instant};

use parlor_rtc_audio::SAMPLES_PER_10_MS;
use parlor_rtc_audio::receiver::{Audio, Packet, Receiver, Settings, Stats};

use super::network::{Arrival, Network};

/// RTP ticks in a frame of 20 ms.
pub const FRAME_TICKS: u32 = 960;
/// Both wrap soon.
const FIRST_SEQUENCE: u16 = u16::MAX - 100;
const FIRST_TIMESTAMP: u32 = u32::MAX - 50 * FRAME_TICKS;

/// What came out, 10 ms at a time.
pub struct Outcome {
    pub pulls: Vec<Pull>,
    pub stats: Stats,
    pub lost: usize,
    pub sent: usize,
}

/// What one pull gave.
#[derive(Clone, Debug)]
pub struct Pull {
    pub at: f64,
    pub audio: Audio,
    pub samples: [i16; SAMPLES_PER_10_MS],
    /// Where in the sender's speech it is, in seconds, unless it is made up.
    pub media: Option<f64>,
    pub target: Duration,
}

impl Pull {
    /// Seconds from the sender's microphone to here, a frame's length and the fastest network's time
    /// left out.
    pub fn delay(&self, drift: f64) -> Option<f64> {
        let said = self.media? / (1.0 + drift * 1e-6);
        Some(self.at - said - 0.020 - super::network::FASTEST)
    }
}

#[expect(clippy::disallowed_methods, reason = "only an origin to count from")]
pub fn origin() -> Instant {
    Instant::now()
}

/// Sends packets, of which some may be `None`, through a network into a receiver.
pub fn run(network: &Network, packets: &[Option<Vec<u8>>]) -> Outcome {
    let arrivals = network.carry(packets.iter().map(Option::is_some));
    let sent = packets.iter().flatten().count();
    let end = packets.len() as f64 * 0.020 / (1.0 + network.drift * 1e-6);
    let payload = |arrival: &Arrival| packets[arrival.frame].as_deref().unwrap();
    let mut pulls = Vec::new();
    let stats = drive(&arrivals, payload, end, |pull| pulls.push(pull));
    let mut came: Vec<usize> = arrivals.iter().map(|arrival| arrival.frame).collect();
    came.sort_unstable();
    came.dedup();
    Outcome {
        pulls,
        stats,
        lost: sent - came.len(),
        sent,
    }
}

/// Gives a receiver what arrives, and takes from it every 10 ms until `end` in seconds.
pub fn drive<'a>(
    arrivals: &[Arrival],
    payload: impl Fn(&Arrival) -> &'a [u8],
    end: f64,
    mut each: impl FnMut(Pull),
) -> Stats {
    let origin = origin();
    let mut receiver = Receiver::new(Settings::default()).unwrap();
    let mut arrivals = arrivals.iter().peekable();
    let mut number = 0_u32;
    loop {
        // Neither in step with the sender nor with the network.
        let at = f64::from(number) * 0.010 + 0.0037;
        if at > end {
            return receiver.stats();
        }
        while let Some(arrival) = arrivals.next_if(|arrival| arrival.at <= at) {
            let packet = Packet {
                ssrc: 1,
                sequence: FIRST_SEQUENCE.wrapping_add(arrival.sequence as u16),
                timestamp: FIRST_TIMESTAMP
                    .wrapping_add((arrival.frame as u32).wrapping_mul(FRAME_TICKS)),
                payload: payload(arrival),
                repeated: false,
            };
            receiver.push(origin + Duration::from_secs_f64(arrival.at), packet);
        }
        let now = origin + Duration::from_secs_f64(at);
        let mut samples = [0; SAMPLES_PER_10_MS];
        let audio = receiver.pull(now, &mut samples);
        let media = receiver
            .timestamp()
            .map(|timestamp| f64::from(timestamp.wrapping_sub(FIRST_TIMESTAMP)) / 48_000.0 - 0.010);
        each(Pull {
            at,
            audio,
            samples,
            media,
            target: receiver.target_delay(),
        });
        number += 1;
    }
}
