//! How late packets arrive, compared with the fastest of late.

use super::time::MS;

/// Time over which the fastest packet is looked for. Long enough to hold a fast one, short enough to
/// follow a sender's clock: at 200 ppm it drifts by 0.4 ms in that time.
const WINDOW: i64 = 2_000 * MS;
const BUCKET: i64 = 100 * MS;
const BUCKETS: usize = (WINDOW / BUCKET) as usize;

/// Lateness that may mean that the sender paused its timestamps too, and not that the network stalled.
const SUSPICIOUS: i64 = 100 * MS;
/// After a stall, packets catch up. So many with about the same lateness do not.
const STEADY_PACKETS: u32 = 10;
const STEADY_SPREAD: i64 = 60 * MS;

/// The fastest and slowest packets of a tenth of a second. An offset is arrival minus timestamp.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    number: i64,
    fastest: i64,
    slowest: i64,
}

/// Packets that are all late, until it is known why.
#[derive(Clone, Copy, Debug)]
struct Suspects {
    count: u32,
    fastest: i64,
    slowest: i64,
}

/// Compares the times at which packets arrive with their timestamps.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    buckets: [Option<Bucket>; BUCKETS],
    newest: i64,
    base: Option<i64>,
    spread: i64,
    suspects: Option<Suspects>,
}

/// Lateness of a packet, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lateness {
    /// Against the fastest packet of late.
    Known(i64),
    /// The largest of some packets, which were held back until it was clear that the network was late.
    Stalled(i64),
    /// Not known yet, or the clocks of sender and receiver stand differently from now on.
    Unknown,
}

impl Arrivals {
    /// Notes a packet that is newer than all before it.
    pub(super) fn insert(&mut self, arrival: i64, timestamp: i64) -> Lateness {
        let offset = arrival - timestamp;
        let Some(base) = self.base else {
            self.add(arrival, offset, offset);
            return Lateness::Known(0);
        };
        if offset - base < SUSPICIOUS {
            let held = self.suspects.take();
            self.add(arrival, offset, offset);
            let lateness = offset - self.base.unwrap_or(offset);
            return match held {
                Some(held) => Lateness::Stalled(held.slowest - base),
                None => Lateness::Known(lateness),
            };
        }
        let mut suspects = self.suspects.unwrap_or(Suspects {
            count: 0,
            fastest: offset,
            slowest: offset,
        });
        suspects.count += 1;
        suspects.fastest = suspects.fastest.min(offset);
        suspects.slowest = suspects.slowest.max(offset);
        let spread = suspects.slowest - suspects.fastest;
        self.suspects = Some(suspects);
        if spread > STEADY_SPREAD {
            self.add(arrival, offset, offset);
            return Lateness::Known(offset - self.base.unwrap_or(offset));
        }
        if suspects.count >= STEADY_PACKETS {
            self.buckets = [None; BUCKETS];
            self.suspects = None;
            self.add(arrival, suspects.fastest, suspects.slowest);
        }
        Lateness::Unknown
    }

    /// Lateness of a packet that is older than one before it, and so says nothing of the fastest one.
    pub(super) fn lateness(&self, arrival: i64, timestamp: i64) -> Option<i64> {
        self.base.map(|base| (arrival - timestamp - base).max(0))
    }

    /// Arrival minus timestamp of the fastest packet of late.
    pub(super) fn base(&self) -> Option<i64> {
        self.base
    }

    /// Lateness of the slowest packet of late.
    pub(super) fn spread(&self) -> i64 {
        self.spread
    }

    fn add(&mut self, arrival: i64, fastest: i64, slowest: i64) {
        let number = arrival / BUCKET;
        self.newest = self.newest.max(number);
        let slot = &mut self.buckets[number.rem_euclid(BUCKETS as i64) as usize];
        match slot {
            Some(bucket) if bucket.number == number => {
                bucket.fastest = bucket.fastest.min(fastest);
                bucket.slowest = bucket.slowest.max(slowest);
            }
            _ => {
                *slot = Some(Bucket {
                    number,
                    fastest,
                    slowest,
                });
            }
        }
        let oldest = self.newest - BUCKETS as i64;
        let recent = || {
            let all = self.buckets.iter().flatten();
            all.filter(move |bucket| bucket.number > oldest)
        };
        self.base = recent().map(|bucket| bucket.fastest).min();
        let slowest = recent().map(|bucket| bucket.slowest).max();
        self.spread = slowest.unwrap_or(0) - self.base.unwrap_or(0);
    }
}
