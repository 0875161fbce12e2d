//! A network: when each packet arrives, if at all.

use std::time::Duration;

use super::Random;

/// How packets get lost.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    None,
    /// Each one with this probability.
    Random(f64),
    /// Gilbert and Elliott's: `share` of the packets, in bursts of a mean length.
    Bursts {
        share: f64,
        length: f64,
    },
}

/// What a network does to packets. The default does nothing but take 30 ms.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    pub loss: Loss,
    /// Most that a packet takes longer than the fastest, evenly distributed.
    pub jitter: Duration,
    /// Whether packets overtake each other. If not, a late one holds up those behind it.
    pub overtakes: bool,
    /// Share of the packets that take 50 ms more than they would, and so come out of order.
    pub reordered: f64,
    /// Share of the packets that arrive twice, the second time up to 40 ms later.
    pub duplicated: f64,
    /// How much faster the sender's clock is than the receiver's, in millionths.
    pub drift: f64,
    pub seed: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            loss: Loss::None,
            jitter: Duration::ZERO,
            overtakes: false,
            reordered: 0.0,
            duplicated: 0.0,
            drift: 0.0,
            seed: 1,
        }
    }
}

/// A packet that arrives.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub at: f64,
    /// Number of the frame of 20 ms.
    pub frame: usize,
    /// Number among the packets sent, of which silence may have fewer than frames.
    pub sequence: usize,
}

/// Time of the fastest packet, in seconds.
pub const FASTEST: f64 = 0.030;

impl Network {
    /// Sends those of the frames that are `sent`, one each 20 ms of the sender's clock. Returns what
    /// arrives, in order of time.
    pub fn carry(&self, sent: impl Iterator<Item = bool>) -> Vec<Arrival> {
        let mut random = Random::new(self.seed);
        let mut bad = false;
        let mut last = 0.0_f64;
        let mut arrivals = Vec::new();
        let frames = sent.enumerate().filter(|(_, sent)| *sent);
        for (sequence, (frame, _)) in frames.enumerate() {
            let leaves = (frame + 1) as f64 * 0.020 / (1.0 + self.drift * 1e-6);
            let mut at = leaves + FASTEST + random.unit() * self.jitter.as_secs_f64();
            if !self.overtakes {
                at = at.max(last);
                last = at;
            }
            let (late, again) = (
                random.chance(self.reordered),
                random.chance(self.duplicated),
            );
            let pause = random.unit() * 0.040;
            if self.loses(&mut random, &mut bad) {
                continue;
            }
            if late {
                at += 0.050;
            }
            let arrival = Arrival {
                at,
                frame,
                sequence,
            };
            arrivals.push(arrival);
            if again {
                arrivals.push(Arrival {
                    at: at + pause,
                    ..arrival
                });
            }
        }
        arrivals.sort_by(|a, b| a.at.total_cmp(&b.at));
        arrivals
    }

    fn loses(&self, random: &mut Random, bad: &mut bool) -> bool {
        match self.loss {
            Loss::None => false,
            Loss::Random(share) => random.chance(share),
            Loss::Bursts { share, length } => {
                let end = 1.0 / length;
                let begin = share * end / (1.0 - share);
                *bad = random.chance(if *bad { 1.0 - end } else { begin });
                *bad
            }
        }
    }
}
