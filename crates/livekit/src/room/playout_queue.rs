//! The playout queue, as plain data: time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parlor_core::audio::{Frame, SAMPLE_RATE, duration_of};
use parlor_core::conversation::{PlayoutEvent, Utterance};

/// Maximum length of the queue, in samples: 120 s.
const BOUND: usize = 120 * SAMPLE_RATE as usize;

/// Length of a slice, in samples: 20 ms. Each slice wakes several native threads.
pub const SLICE: usize = SAMPLE_RATE as usize / 50;

/// A slice shorter than [`SLICE`] is played only when less than this is left to be heard.
const RUNNING_LOW: Duration = Duration::from_millis(20);

/// Interval between progress reports.
const PROGRESS: Duration = Duration::from_millis(100);

/// Sample value above which a slice counts as audible: about -40 dBFS.
const AUDIBLE: u16 = 300;

/// How long playout waits after the first frame of an utterance, so that a late frame causes no
/// gap. The cushion doubles with each gap, up to the maximum, and shrinks by a quarter with each
/// utterance without a gap, down to this minimum.
const CUSHION_MIN: Duration = Duration::from_millis(40);
/// Cushion of the first utterance: the network is unknown, and the native core is still busy.
const CUSHION_FIRST: Duration = Duration::from_millis(80);
const CUSHION_MAX: Duration = Duration::from_millis(320);

/// Frames that wait to be played, and what was heard so far.
#[derive(Debug)]
pub struct Queue {
    frames: VecDeque<(Utterance, Frame)>,
    /// Samples already taken from the first frame.
    taken: usize,
    /// Samples in `frames`, without those already taken.
    queued: usize,
    paused: bool,
    /// When the pending flush was requested.
    flush: Option<Instant>,
    /// First utterance that the pending flush dropped from the queue.
    waiting_at_flush: Option<Utterance>,
    /// Utterance whose first audible slice was just played.
    became_audible: Option<Utterance>,
    /// Utterance that is being heard.
    current: Option<Heard>,
    /// When all slices played so far will have been heard.
    heard_until: Option<Instant>,
    starts_at: Option<Instant>,
    cushion: Duration,
    gaps: u64,
}

/// What the playout task must do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the slice to the sink.
    Play,
    /// Empty the native buffer, then send the report, if any.
    Clear(Option<PlayoutEvent>),
    /// Send the report.
    Report(PlayoutEvent),
    /// Wait until then, or until the queue changes.
    Wait(Option<Instant>),
}

/// The queue has reached its limit of 120 s.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("more than {} s of audio are waiting to be played", BOUND / SAMPLE_RATE as usize)]
pub struct Full;

#[derive(Debug)]
struct Heard {
    utterance: Utterance,
    /// Samples sent to the sink.
    handed: usize,
    /// How much had been heard at the last progress report.
    reported: Duration,
    audible: bool,
    drained: bool,
    gap: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            frames: VecDeque::new(),
            taken: 0,
            queued: 0,
            paused: false,
            flush: None,
            waiting_at_flush: None,
            became_audible: None,
            current: None,
            heard_until: None,
            starts_at: None,
            cushion: CUSHION_FIRST,
            gaps: 0,
        }
    }
}

impl Queue {
    /// Appends a frame of `utterance`.
    ///
    /// # Errors
    /// [`Full`] if the queue would exceed 120 s; the frame is dropped.
    pub fn push(&mut self, now: Instant, utterance: Utterance, frame: Frame) -> Result<(), Full> {
        let samples = frame.samples().len();
        if samples == 0 {
            return Ok(());
        }
        if self.queued + samples > BOUND {
            return Err(Full);
        }
        if self.queued == 0 && self.unheard(now).is_zero() {
            self.start(now, utterance);
        }
        self.queued += samples;
        self.frames.push_back((utterance, frame));
        Ok(())
    }

    /// Drops all queued frames; the next step clears the native buffer.
    pub fn flush(&mut self, now: Instant) {
        if let Some((utterance, _)) = self.frames.front() {
            self.waiting_at_flush = Some(*utterance);
        }
        self.frames.clear();
        self.taken = 0;
        self.queued = 0;
        self.paused = false;
        self.starts_at = None;
        self.flush = Some(now);
    }

    /// Whether a flush is pending.
    pub fn is_flushing(&self) -> bool {
        self.flush.is_some()
    }

    /// Pauses or resumes playout.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Number of gaps within utterances so far.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Decides the next step. With [`Step::Play`], `slice` holds the samples to play.
    pub fn step(&mut self, now: Instant, slice: &mut Vec<i16>) -> Step {
        if let Some(at) = self.flush.take() {
            return Step::Clear(self.cut(at));
        }
        if let Some(utterance) = self.became_audible.take() {
            return Step::Report(PlayoutEvent::Audible { utterance });
        }
        if self.paused {
            return Step::Wait(None);
        }
        let Some((next, _)) = self.frames.front() else {
            return self.drain(now);
        };
        let next = *next;
        if let Some(report) = self.turn_to(next) {
            return Step::Report(report);
        }
        if let Some(report) = self.progress(now) {
            return Step::Report(report);
        }
        if let Some(until) = self.not_yet(now) {
            return Step::Wait(Some(until));
        }
        self.take(next, slice);
        self.account(now, slice);
        Step::Play
    }

    /// Handles the first frame after silence: decides how long to hold it back.
    fn start(&mut self, now: Instant, utterance: Utterance) {
        match &mut self.current {
            Some(heard) if heard.utterance == utterance => {
                heard.gap = true;
                self.gaps += 1;
                self.cushion = (self.cushion * 2).min(CUSHION_MAX);
            }
            Some(heard) if !heard.gap => {
                self.cushion = (self.cushion * 3 / 4).max(CUSHION_MIN);
            }
            _ => {}
        }
        self.starts_at = Some(now + self.cushion);
    }

    /// Makes `next` the current utterance; reports the previous one as drained if that is still
    /// due.
    fn turn_to(&mut self, next: Utterance) -> Option<PlayoutEvent> {
        if let Some(heard) = &mut self.current {
            if heard.utterance == next {
                heard.drained = false;
                return None;
            }
            if !std::mem::replace(&mut heard.drained, true) {
                return Some(heard.report());
            }
        }
        self.current = Some(Heard::new(next));
        None
    }

    /// The progress report of the current utterance, if it is due.
    fn progress(&mut self, now: Instant) -> Option<PlayoutEvent> {
        let unheard = self.unheard(now);
        let heard = self.current.as_mut()?;
        let played = duration_of(heard.handed).saturating_sub(unheard);
        if played < heard.reported + PROGRESS {
            return None;
        }
        heard.reported = played;
        let utterance = heard.utterance;
        Some(PlayoutEvent::Progress { utterance, played })
    }

    /// Until when the queued frames are held back.
    fn not_yet(&mut self, now: Instant) -> Option<Instant> {
        if let Some(at) = self.starts_at {
            if at > now && duration_of(self.queued) < self.cushion {
                return Some(at);
            }
            self.starts_at = None;
        }
        let unheard = self.unheard(now);
        (self.queued < SLICE && unheard > RUNNING_LOW).then(|| now + (unheard - RUNNING_LOW))
    }

    /// Fills `slice` with the next samples of `utterance`, at most [`SLICE`].
    fn take(&mut self, utterance: Utterance, slice: &mut Vec<i16>) {
        slice.clear();
        while let Some((whose, frame)) = self.frames.front()
            && *whose == utterance
            && slice.len() < SLICE
        {
            let rest = &frame.samples()[self.taken..];
            let part = &rest[..rest.len().min(SLICE - slice.len())];
            slice.extend_from_slice(part);
            self.taken += part.len();
            if self.taken == frame.samples().len() {
                self.frames.pop_front();
                self.taken = 0;
            }
        }
        self.queued -= slice.len();
    }

    fn account(&mut self, now: Instant, slice: &[i16]) {
        let Some(heard) = &mut self.current else {
            return;
        };
        heard.handed += slice.len();
        if !heard.audible && slice.iter().any(|sample| sample.unsigned_abs() > AUDIBLE) {
            heard.audible = true;
            self.became_audible = Some(heard.utterance);
        }
        let from = self.heard_until.map_or(now, |until| until.max(now));
        self.heard_until = Some(from + duration_of(slice.len()));
    }

    /// The queue is empty: reports the utterance as drained once its last sample was heard.
    fn drain(&mut self, now: Instant) -> Step {
        let Some(heard) = self.current.as_mut().filter(|heard| !heard.drained) else {
            return Step::Wait(None);
        };
        if let Some(until) = self.heard_until.filter(|until| *until > now) {
            return Step::Wait(Some(until));
        }
        heard.drained = true;
        Step::Report(heard.report())
    }

    /// The report of a flush: how much of the interrupted utterance was heard.
    fn cut(&mut self, at: Instant) -> Option<PlayoutEvent> {
        let unheard = self.unheard(at);
        self.heard_until = None;
        self.became_audible = None;
        let waiting = self.waiting_at_flush.take();
        match self.current.take().filter(|heard| !heard.drained) {
            Some(heard) => Some(PlayoutEvent::Flushed {
                utterance: heard.utterance,
                played: duration_of(heard.handed).saturating_sub(unheard),
            }),
            None => waiting.map(|utterance| PlayoutEvent::Flushed {
                utterance,
                played: Duration::ZERO,
            }),
        }
    }

    /// Duration of the audio that was played but is not heard yet.
    fn unheard(&self, now: Instant) -> Duration {
        self.heard_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

impl Heard {
    fn new(utterance: Utterance) -> Self {
        Self {
            utterance,
            handed: 0,
            reported: Duration::ZERO,
            audible: false,
            drained: false,
            gap: false,
        }
    }

    fn report(&self) -> PlayoutEvent {
        PlayoutEvent::Drained {
            utterance: self.utterance,
            played: duration_of(self.handed),
        }
    }
}
