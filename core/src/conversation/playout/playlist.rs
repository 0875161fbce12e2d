//! What playout was given, in order, and what it reported: the stretches in which the agent's
//! voice is heard.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::audio::{SAMPLE_RATE, duration_of};
use crate::conversation::Utterance;

/// Stretches that are not settled; the oldest is settled by estimate when there are more.
const STRETCHES: usize = 64;

/// What playout has, or has not yet reported on.
///
/// Whatever settles a stretch is told how many of its samples were heard.
#[derive(Debug, Default)]
pub(crate) struct Playlist {
    /// In the order of playing.
    stretches: VecDeque<Segment>,
    /// Stretches so far.
    uttered: u32,
    /// When all that playout has will be heard, if it is not held.
    plays_until: Option<Instant>,
}

/// By what name samples go to playout.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Playing {
    pub(crate) utterance: Utterance,
    /// Playout said before that it is audible.
    pub(crate) audible: bool,
}

impl Playlist {
    /// Appends `samples` of a reply, of which `from` samples came before.
    pub(crate) fn append(&mut self, now: Instant, reply: u32, from: u64, samples: u64) -> Playing {
        let begins = self.plays_until.map_or(now, |until| until.max(now));
        self.plays_until = Some(begins + length(samples));
        let last = self.stretches.back_mut();
        if let Some(last) = last.filter(|last| last.reply == reply && last.flushed_at.is_none()) {
            last.samples += samples;
            return last.playing();
        }
        let mut stretch = Segment::new(self.utter(), reply, from, begins);
        stretch.samples = samples;
        let playing = stretch.playing();
        self.stretches.push_back(stretch);
        playing
    }

    /// The name of the next stretch.
    pub(crate) fn utter(&mut self) -> Utterance {
        self.uttered += 1;
        Utterance(self.uttered)
    }

    /// Keeps the list within its bound.
    pub(crate) fn trim(&mut self, now: Instant, mut settled: impl FnMut(&Segment, u64)) {
        while self.stretches.len() > STRETCHES
            && let Some(oldest) = self.stretches.pop_front()
        {
            settled(&oldest, oldest.estimate(now));
        }
    }

    /// All that is not heard yet is dropped; tells what that is.
    pub(crate) fn flush(&mut self, now: Instant, mut dropped: impl FnMut(&Segment)) {
        self.plays_until = None;
        for stretch in &mut self.stretches {
            if stretch.is_busy() {
                stretch.flushed_at = Some(now);
                dropped(stretch);
            }
        }
    }

    /// Playout was held for `held` and goes on.
    pub(crate) fn delayed(&mut self, held: Duration) {
        self.plays_until = self.plays_until.map(|until| until + held);
        for stretch in &mut self.stretches {
            stretch.begins += held;
        }
    }

    /// `utterance` is audible; whether it may be.
    pub(crate) fn audible(&mut self, utterance: Utterance) -> bool {
        let mut stretches = self.stretches.iter_mut();
        let stretch = stretches.find(|stretch| stretch.utterance == utterance);
        let Some(stretch) = stretch.filter(|stretch| stretch.flushed_at.is_none()) else {
            return false;
        };
        stretch.audible = true;
        true
    }

    /// More of `utterance` was heard.
    pub(crate) fn progress(
        &mut self,
        utterance: Utterance,
        played: Duration,
        mut settled: impl FnMut(&Segment, u64),
    ) {
        self.settle_before(utterance, &mut settled);
        if let Some(first) = self.first(utterance) {
            first.report(played);
        }
    }

    /// The last frame of `utterance` that playout had was heard. More of it may have been on
    /// the way, so it is settled only when a flush ended it.
    pub(crate) fn drained(
        &mut self,
        utterance: Utterance,
        played: Duration,
        mut settled: impl FnMut(&Segment, u64),
    ) {
        self.progress(utterance, played, &mut settled);
        let first = self.first(utterance);
        if first.is_some_and(|it| it.flushed_at.is_some()) {
            self.settle_first(&mut settled);
        }
    }

    /// What was left of `utterance`, and of all that waited behind it, was dropped.
    pub(crate) fn flushed(
        &mut self,
        utterance: Utterance,
        played: Duration,
        mut settled: impl FnMut(&Segment, u64),
    ) {
        self.settle_before(utterance, &mut settled);
        let Some(first) = self.first(utterance) else {
            return;
        };
        first.report(played);
        let flush = first.flushed_at;
        self.settle_first(&mut settled);
        let same_flush = |stretch: &Segment| flush.is_some() && stretch.flushed_at == flush;
        while self.stretches.front().is_some_and(same_flush) {
            self.settle_first(&mut settled);
        }
    }

    /// Playout says nothing of what must long have been heard: it counts as heard.
    pub(crate) fn give_up(&mut self) {
        for stretch in &mut self.stretches {
            if stretch.flushed_at.is_none() {
                stretch.reported = stretch.samples;
            }
        }
    }

    /// Takes out what belongs to `reply`.
    pub(crate) fn close(
        &mut self,
        now: Instant,
        reply: u32,
        mut settled: impl FnMut(&Segment, u64),
    ) {
        self.stretches.retain(|stretch| {
            let is_own = stretch.reply == reply;
            if is_own {
                settled(stretch, stretch.estimate(now));
            }
            !is_own
        });
    }

    /// What belongs to `reply`.
    pub(crate) fn of(&self, reply: u32) -> impl Iterator<Item = &Segment> + Clone {
        let is_own = move |stretch: &&Segment| stretch.reply == reply;
        self.stretches.iter().filter(is_own)
    }

    /// Whether playout has anything that is not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.stretches.iter().any(Segment::is_busy)
    }

    /// When all that playout has will be heard, by estimate.
    pub(crate) fn plays_until(&self) -> Option<Instant> {
        self.plays_until.filter(|_| self.is_busy())
    }

    /// The stretch that playout reports on, when it is the first one.
    fn first(&mut self, utterance: Utterance) -> Option<&mut Segment> {
        let first = self.stretches.front_mut();
        first.filter(|stretch| stretch.utterance == utterance)
    }

    /// Playout goes in order: what is before `utterance` was heard, or dropped by a flush.
    fn settle_before(&mut self, utterance: Utterance, settled: &mut impl FnMut(&Segment, u64)) {
        let is_before = |stretch: &Segment| stretch.utterance < utterance;
        while self.stretches.front().is_some_and(is_before)
            && let Some(mut stretch) = self.stretches.pop_front()
        {
            if stretch.flushed_at.is_none() {
                stretch.reported = stretch.samples;
            }
            settled(&stretch, stretch.reported);
        }
    }

    fn settle_first(&mut self, settled: &mut impl FnMut(&Segment, u64)) {
        if let Some(stretch) = self.stretches.pop_front() {
            settled(&stretch, stretch.reported);
        }
    }
}

/// Audio of one reply without a flush in between: what playout knows by one number.
#[derive(Debug)]
pub(crate) struct Segment {
    utterance: Utterance,
    /// The serial of its reply.
    pub(crate) reply: u32,
    /// Its first sample within the reply.
    pub(crate) from: u64,
    samples: u64,
    /// Samples that playout said were heard.
    reported: u64,
    audible: bool,
    /// When its first sample is played, by estimate.
    begins: Instant,
    /// When what was left of it was dropped.
    pub(crate) flushed_at: Option<Instant>,
}

impl Segment {
    fn new(utterance: Utterance, reply: u32, from: u64, begins: Instant) -> Self {
        Self {
            utterance,
            reply,
            from,
            samples: 0,
            reported: 0,
            audible: false,
            begins,
            flushed_at: None,
        }
    }

    /// Whether playout has some of it that is not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.flushed_at.is_none() && self.reported < self.samples
    }

    /// The samples of its reply that playout said were heard.
    pub(crate) fn heard(&self) -> Range<u64> {
        self.from..self.from + self.reported
    }

    fn playing(&self) -> Playing {
        Playing {
            utterance: self.utterance,
            audible: self.audible,
        }
    }

    /// Takes in how much playout says was heard.
    fn report(&mut self, played: Duration) {
        self.reported = self.reported.max(samples_in(played)).min(self.samples);
    }

    /// Samples heard until now, or until the flush, if playout started at once.
    fn estimate(&self, now: Instant) -> u64 {
        let until = self.flushed_at.unwrap_or(now);
        let elapsed = until.saturating_duration_since(self.begins);
        samples_in(elapsed).min(self.samples).max(self.reported)
    }
}

/// How long `samples` last.
pub(crate) fn length(samples: u64) -> Duration {
    duration_of(usize::try_from(samples).unwrap_or(usize::MAX))
}

/// The samples in `duration`, to the nearest.
fn samples_in(duration: Duration) -> u64 {
    let samples = duration.as_nanos().saturating_mul(u128::from(SAMPLE_RATE)) + 500_000_000;
    u64::try_from(samples / 1_000_000_000).unwrap_or(u64::MAX)
}
