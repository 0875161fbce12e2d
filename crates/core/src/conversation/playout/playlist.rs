//! Audio given to playout, in order, and what playout reported about it. It is divided into
//! segments, one per [`Utterance`].

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::audio::{SAMPLE_RATE, duration_of};
use crate::conversation::Utterance;

/// Maximum unsettled segments. If there are more, the oldest is settled by estimate.
const SEGMENTS: usize = 64;

/// Segments that are queued or playing, or whose report is missing.
///
/// The `settled` callbacks receive a settled segment and the number of its samples that were heard.
#[derive(Debug, Default)]
pub(crate) struct Playlist {
    /// In playout order.
    segments: VecDeque<Segment>,
    /// Number of utterances so far.
    uttered: u32,
    /// When all queued audio will have been played, unless playout is paused.
    plays_until: Option<Instant>,
}

/// Utterance to which samples were appended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Playing {
    pub(crate) utterance: Utterance,
    /// Playout has already reported it as audible.
    pub(crate) audible: bool,
}

impl Playlist {
    /// Appends `samples` samples of a reply, after the first `from` samples of it.
    pub(crate) fn append(&mut self, now: Instant, reply: u32, from: u64, samples: u64) -> Playing {
        let begins = self.plays_until.map_or(now, |until| until.max(now));
        self.plays_until = Some(begins + length(samples));
        let last = self.segments.back_mut();
        if let Some(last) = last.filter(|last| last.reply == reply && last.flushed_at.is_none()) {
            last.samples += samples;
            return last.playing();
        }
        let mut segment = Segment::new(self.next_utterance(), reply, from, begins);
        segment.samples = samples;
        let playing = segment.playing();
        self.segments.push_back(segment);
        playing
    }

    /// Allocates the next utterance.
    pub(crate) fn next_utterance(&mut self) -> Utterance {
        self.uttered += 1;
        Utterance(self.uttered)
    }

    /// Settles the oldest segments until the list is within its bound.
    pub(crate) fn trim(&mut self, now: Instant, mut settled: impl FnMut(&Segment, u64)) {
        while self.segments.len() > SEGMENTS
            && let Some(oldest) = self.segments.pop_front()
        {
            settled(&oldest, oldest.estimate(now));
        }
    }

    /// Flushes everything that was not heard yet and passes the affected segments to `dropped`.
    pub(crate) fn flush(&mut self, now: Instant, mut dropped: impl FnMut(&Segment)) {
        self.plays_until = None;
        for segment in &mut self.segments {
            if segment.is_busy() {
                segment.flushed_at = Some(now);
                dropped(segment);
            }
        }
    }

    /// Playout resumed after a pause of `held`.
    pub(crate) fn delayed(&mut self, held: Duration) {
        self.plays_until = self.plays_until.map(|until| until + held);
        for segment in &mut self.segments {
            segment.begins += held;
        }
    }

    /// `utterance` became audible. Returns false if it was flushed or is unknown.
    pub(crate) fn audible(&mut self, utterance: Utterance) -> bool {
        let mut segments = self.segments.iter_mut();
        let segment = segments.find(|segment| segment.utterance == utterance);
        let Some(segment) = segment.filter(|segment| segment.flushed_at.is_none()) else {
            return false;
        };
        segment.audible = true;
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

    /// The last queued frame of `utterance` was heard. More of it may be on the way, so it is only
    /// settled if a flush ended it.
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

    /// The rest of `utterance` and of everything queued behind it was dropped.
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
        let same_flush = |segment: &Segment| flush.is_some() && segment.flushed_at == flush;
        while self.segments.front().is_some_and(same_flush) {
            self.settle_first(&mut settled);
        }
    }

    /// Playout did not report audio that must have been heard long ago: it counts as heard.
    pub(crate) fn give_up(&mut self) {
        for segment in &mut self.segments {
            if segment.flushed_at.is_none() {
                segment.reported = segment.samples;
            }
        }
    }

    /// Removes and settles the segments of `reply`.
    pub(crate) fn close(
        &mut self,
        now: Instant,
        reply: u32,
        mut settled: impl FnMut(&Segment, u64),
    ) {
        self.segments.retain(|segment| {
            let is_own = segment.reply == reply;
            if is_own {
                settled(segment, segment.estimate(now));
            }
            !is_own
        });
    }

    /// Segments of `reply`.
    pub(crate) fn of(&self, reply: u32) -> impl Iterator<Item = &Segment> + Clone {
        let is_own = move |segment: &&Segment| segment.reply == reply;
        self.segments.iter().filter(is_own)
    }

    /// Whether playout has audio that was not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.segments.iter().any(Segment::is_busy)
    }

    /// Estimated time when all queued audio will have been played.
    pub(crate) fn plays_until(&self) -> Option<Instant> {
        self.plays_until.filter(|_| self.is_busy())
    }

    /// The segment of `utterance`, if it is the first one.
    fn first(&mut self, utterance: Utterance) -> Option<&mut Segment> {
        let first = self.segments.front_mut();
        first.filter(|segment| segment.utterance == utterance)
    }

    /// Settles all segments before `utterance`. Playout is in order, so they were heard or flushed.
    fn settle_before(&mut self, utterance: Utterance, settled: &mut impl FnMut(&Segment, u64)) {
        let is_before = |segment: &Segment| segment.utterance < utterance;
        while self.segments.front().is_some_and(is_before)
            && let Some(mut segment) = self.segments.pop_front()
        {
            if segment.flushed_at.is_none() {
                segment.reported = segment.samples;
            }
            settled(&segment, segment.reported);
        }
    }

    fn settle_first(&mut self, settled: &mut impl FnMut(&Segment, u64)) {
        if let Some(segment) = self.segments.pop_front() {
            settled(&segment, segment.reported);
        }
    }
}

/// Audio of one reply without a flush in between, which playout knows as one utterance.
#[derive(Debug)]
pub(crate) struct Segment {
    utterance: Utterance,
    /// Serial number of its reply.
    pub(crate) reply: u32,
    /// Position of its first sample in the reply.
    pub(crate) from: u64,
    samples: u64,
    /// Number of samples that playout reported as heard.
    reported: u64,
    audible: bool,
    /// Estimated time when its first sample is played.
    begins: Instant,
    /// When the rest of it was flushed.
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

    /// Whether playout has samples of it that were not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.flushed_at.is_none() && self.reported < self.samples
    }

    /// Range of samples in the reply that playout reported as heard.
    pub(crate) fn heard(&self) -> Range<u64> {
        self.from..self.from + self.reported
    }

    fn playing(&self) -> Playing {
        Playing {
            utterance: self.utterance,
            audible: self.audible,
        }
    }

    /// Records how much playout reported as heard.
    fn report(&mut self, played: Duration) {
        self.reported = self.reported.max(samples_in(played)).min(self.samples);
    }

    /// Estimated number of samples heard so far, or until the flush, if playout started without
    /// delay.
    fn estimate(&self, now: Instant) -> u64 {
        let until = self.flushed_at.unwrap_or(now);
        let elapsed = until.saturating_duration_since(self.begins);
        samples_in(elapsed).min(self.samples).max(self.reported)
    }
}

/// Duration of `samples` samples.
pub(crate) fn length(samples: u64) -> Duration {
    duration_of(usize::try_from(samples).unwrap_or(usize::MAX))
}

/// Number of samples in `duration`, rounded to the nearest.
fn samples_in(duration: Duration) -> u64 {
    let samples = duration.as_nanos().saturating_mul(u128::from(SAMPLE_RATE)) + 500_000_000;
    u64::try_from(samples / 1_000_000_000).unwrap_or(u64::MAX)
}
