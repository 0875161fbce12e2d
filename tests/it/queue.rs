//! The playout queue without a task: order, pace, jitter buffer, and what counts as heard.

use std::time::{Duration, Instant};

use parlor_core::audio::Frame;
use parlor_core::conversation::{PlayoutEvent, Utterance};
use parlor_livekit::room::{Full, Queue, SLICE, Step};

const ONE: Utterance = Utterance(1);
const TWO: Utterance = Utterance(2);
const LOUD: i16 = 5_000;

struct Bench {
    now: Instant,
    queue: Queue,
    slice: Vec<i16>,
}

impl Bench {
    fn new() -> Self {
        Self {
            now: parlor_common::clock::now(),
            queue: Queue::default(),
            slice: Vec::new(),
        }
    }

    fn push(&mut self, utterance: Utterance, milliseconds: usize) {
        let frame = Frame::new(vec![LOUD; milliseconds * 24]);
        self.queue.push(self.now, utterance, frame).unwrap();
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    /// Steps until there is nothing to do; returns the number of samples played and the reports.
    fn settle(&mut self) -> (usize, Vec<PlayoutEvent>) {
        let (mut played, mut reports) = (0, Vec::new());
        loop {
            match self.queue.step(self.now, &mut self.slice) {
                Step::Play => played += self.slice.len(),
                Step::Report(report) => reports.push(report),
                Step::Clear(report) => reports.extend(report),
                Step::Wait(_) => return (played, reports),
            }
        }
    }
}

#[test]
fn playout_starts_some_time_after_the_first_frame() {
    let mut bench = Bench::new();
    bench.push(ONE, 10);
    let held = bench.queue.step(bench.now, &mut bench.slice);
    assert!(
        matches!(held, Step::Report(_) | Step::Wait(Some(_))),
        "{held:?}"
    );
    assert_eq!(bench.settle().0, 0);
    bench.pass(80);
    let (played, reports) = bench.settle();
    assert_eq!(played, 240);
    assert_eq!(reports, [PlayoutEvent::Audible { utterance: ONE }]);
}

#[test]
fn a_burst_starts_at_once_in_slices_of_20_ms() {
    let mut bench = Bench::new();
    bench.push(ONE, 1_000);
    assert_eq!(bench.queue.step(bench.now, &mut bench.slice), Step::Play);
    assert_eq!(bench.slice.len(), SLICE);
}

#[test]
fn drained_is_reported_when_the_last_sample_is_heard() {
    let mut bench = Bench::new();
    bench.push(ONE, 100);
    assert_eq!(bench.settle().0, 2_400);
    bench.pass(99);
    assert_eq!(bench.settle(), (0, vec![]));
    bench.pass(1);
    let played = Duration::from_millis(100);
    let drained = PlayoutEvent::Drained {
        utterance: ONE,
        played,
    };
    assert_eq!(bench.settle(), (0, vec![drained]));
    assert_eq!(bench.settle(), (0, vec![]), "reported once");
}

#[test]
fn a_flush_reports_what_was_heard_and_plays_nothing_more() {
    let mut bench = Bench::new();
    bench.push(ONE, 100);
    bench.settle();
    bench.push(ONE, 5_000);
    bench.pass(30);
    bench.queue.flush(bench.now);
    let played = Duration::from_millis(30);
    let flushed = PlayoutEvent::Flushed {
        utterance: ONE,
        played,
    };
    assert_eq!(bench.settle(), (0, vec![flushed]));
    bench.pass(10_000);
    assert_eq!(bench.settle(), (0, vec![]));
}

#[test]
fn a_flush_before_the_first_sample_reports_that_nothing_was_heard() {
    let mut bench = Bench::new();
    bench.push(ONE, 10);
    bench.queue.flush(bench.now);
    let played = Duration::ZERO;
    let flushed = PlayoutEvent::Flushed {
        utterance: ONE,
        played,
    };
    assert_eq!(bench.settle(), (0, vec![flushed]));
}

#[test]
fn a_flush_of_an_empty_queue_reports_nothing() {
    let mut bench = Bench::new();
    bench.queue.flush(bench.now);
    assert_eq!(bench.settle(), (0, vec![]));
}

#[test]
fn utterances_follow_each_other_and_each_is_reported() {
    let mut bench = Bench::new();
    bench.push(ONE, 60);
    bench.push(TWO, 60);
    let (played, reports) = bench.settle();
    assert_eq!(played, 120 * 24);
    let drained = PlayoutEvent::Drained {
        utterance: ONE,
        played: Duration::from_millis(60),
    };
    assert_eq!(
        reports,
        [
            PlayoutEvent::Audible { utterance: ONE },
            drained,
            PlayoutEvent::Audible { utterance: TWO },
        ]
    );
}

#[test]
fn paused_audio_is_kept_and_resumed() {
    let mut bench = Bench::new();
    bench.push(ONE, 200);
    bench.queue.pause(true);
    assert_eq!(bench.settle().0, 0);
    bench.queue.pause(false);
    assert_eq!(bench.settle().0, 4_800);
}

#[test]
fn silence_is_not_audible() {
    let mut bench = Bench::new();
    let frame = Frame::new(vec![100; 4_800]);
    bench.queue.push(bench.now, ONE, frame).unwrap();
    assert_eq!(bench.settle(), (4_800, vec![]));
}

#[test]
fn a_gap_widens_the_jitter_buffer() {
    let mut bench = Bench::new();
    bench.push(ONE, 100);
    bench.settle();
    bench.pass(120);
    bench.settle();
    bench.push(ONE, 10);
    assert_eq!(bench.queue.gaps(), 1);
    bench.pass(80);
    assert_eq!(bench.settle().0, 0, "held longer than the first time");
    bench.pass(80);
    assert_eq!(bench.settle().0, 240);
}

#[test]
fn the_queue_is_full_with_two_minutes_of_audio() {
    let mut bench = Bench::new();
    bench.push(ONE, 120_000);
    let more = Frame::new(vec![LOUD; 1]);
    assert_eq!(bench.queue.push(bench.now, ONE, more), Err(Full));
}
