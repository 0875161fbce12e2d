//! How long to wait: the delay that nearly all packets make.

use super::histogram::{BUCKET, Histogram};
use super::time::MS;

/// Delay before anything is known of the network.
const START: i64 = 40 * MS;

/// Packets are looked at in intervals, of which the latest packet counts.
const INTERVAL: i64 = 500 * MS;
/// Share of the intervals in which no packet comes too late.
const QUANTILE: f32 = 0.95;
const FORGET: f32 = 0.983;

/// Share of all packets that have arrived when a lost one is rebuilt from the next one.
const FEC_QUANTILE: f32 = 0.9;
const FORGET_PACKET: f32 = 0.998;
/// Loss from which on it is worth to wait for the packet that rebuilds a lost one.
const FEC_LOSS: f32 = 0.005;

/// Delay that is worth as much as losing one packet of a hundred for having come out of order.
const DELAY_PER_PERCENT: i64 = 20 * MS;

/// A packet may be needed so much before its first sample is: samples are taken 10 ms at a time.
const GRANULARITY: i64 = 10 * MS;

/// Share of the past in running means over packets, about the last 250.
const MEAN: f32 = 0.996;

/// Finds the delay, in ticks behind the fastest packets, at which to play.
#[derive(Debug)]
pub(super) struct Target {
    latest: Histogram,
    all: Histogram,
    reordered: Histogram,
    interval: Option<(i64, i64)>,
    loss: f32,
    fec: f32,
    frame: i64,
    bounds: (i64, i64),
    ticks: i64,
}

impl Target {
    /// A target that is never outside of `bounds`.
    pub(super) fn new(bounds: (i64, i64)) -> Self {
        Self {
            latest: Histogram::new(FORGET),
            all: Histogram::new(FORGET_PACKET),
            reordered: Histogram::new(FORGET_PACKET),
            interval: None,
            loss: 0.0,
            fec: 0.0,
            frame: 0,
            bounds,
            ticks: START.clamp(bounds.0, bounds.1),
        }
    }

    /// The delay to aim at.
    pub(super) fn ticks(&self) -> i64 {
        self.ticks
    }

    /// A packet with audio came in order, and so late.
    pub(super) fn on_packet(&mut self, now: i64, lateness: i64) {
        self.all.add(lateness);
        self.reordered.add(0);
        let (start, latest) = self.interval.unwrap_or((now, 0));
        let latest = latest.max(lateness);
        self.interval = Some((start, latest));
        if now - start >= INTERVAL {
            self.latest.add(latest);
            self.interval = Some((now, 0));
        }
        self.update();
    }

    /// A packet came after one that follows it.
    pub(super) fn on_reordered(&mut self, lateness: i64) {
        self.reordered.add(lateness);
        self.update();
    }

    /// A packet of `frame` ticks was played, with or without FEC, after `lost` packets that did not
    /// come in time.
    pub(super) fn on_played(&mut self, frame: i64, fec: bool, lost: i64) {
        self.frame = frame;
        self.fec = mean(self.fec, fec);
        for _ in 0..lost.min(10) {
            self.loss = mean(self.loss, true);
        }
        self.loss = mean(self.loss, false);
    }

    fn update(&mut self) {
        let latest = self.latest.quantile(QUANTILE);
        let mut target = latest.map_or(START, |lateness| lateness + GRANULARITY);
        let cheapest = self.reordered.cheapest(target, DELAY_PER_PERCENT);
        if cheapest > BUCKET {
            target = target.max(cheapest + GRANULARITY);
        }
        if self.loss > FEC_LOSS && self.fec > 0.2 {
            let usual = self.all.quantile(FEC_QUANTILE).unwrap_or(0);
            target = target.max(usual + self.frame + GRANULARITY);
        }
        self.ticks = target.clamp(self.bounds.0, self.bounds.1);
    }
}

fn mean(mean: f32, value: bool) -> f32 {
    mean * MEAN + if value { 1.0 - MEAN } else { 0.0 }
}
