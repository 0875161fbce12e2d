//! Pre-connect audio. It is sent to the agent before the live audio, at normal speed. Live audio is
//! queued behind it, and pauses are shortened until the queue is empty.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio::{Frame, SAMPLES_PER_10_MS};

/// How long live audio is held back for announced pre-connect audio.
pub(crate) const COMES_WITHIN: Duration = Duration::from_secs(3);

/// Maximum pre-connect audio, in frames of 10 ms: 10 s. Of longer audio only the end is kept.
const LONGEST: usize = 1_000;

/// Maximum queued audio, in frames of 10 ms: 20 s. Of longer audio the oldest frames are dropped.
const WAITING: usize = 2_000;

/// Maximum length of a queued pause, in frames of 10 ms: 200 ms.
const PAUSE: usize = 20;

/// Queue of the caller's audio on its way to the agent. It is empty unless there is pre-connect
/// audio.
#[derive(Debug, Default)]
pub(crate) struct PreConnectAudio {
    /// Pre-connect audio was announced and has not arrived.
    is_awaited: bool,
    /// Audio of the caller was already sent to the agent.
    has_passed: bool,
    waiting: VecDeque<Frame>,
    /// Number of consecutive silent frames at the end of the queue.
    quiet: usize,
}

impl PreConnectAudio {
    /// Pre-connect audio was announced. Returns whether to wait for it.
    pub(crate) fn comes(&mut self) -> bool {
        self.is_awaited |= !self.has_passed;
        self.is_awaited
    }

    /// Pre-connect audio arrived. It is dropped if later audio was already sent.
    pub(crate) fn came(&mut self, voice: &Frame) {
        self.is_awaited = false;
        if self.has_passed {
            return;
        }
        let followed = std::mem::take(&mut self.waiting);
        self.quiet = 0;
        let frames = voice.samples().chunks(SAMPLES_PER_10_MS);
        let skipped = frames.len().saturating_sub(LONGEST);
        for frame in frames.skip(skipped) {
            self.wait(Frame::new(frame.to_vec()));
        }
        for frame in followed {
            self.wait(frame);
        }
    }

    /// Pre-connect audio did not arrive in time.
    pub(crate) fn missed(&mut self) {
        self.is_awaited = false;
    }

    /// Whether live audio is queued, even if the agent cannot hear yet.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_awaited || !self.waiting.is_empty()
    }

    /// Takes 10 ms of live audio. Returns the next 10 ms to send if `can_hear`.
    pub(crate) fn pass(&mut self, frame: Frame, can_hear: bool) -> Option<Frame> {
        if !self.is_kept() {
            self.has_passed |= can_hear;
            return Some(frame).filter(|_| can_hear);
        }
        self.wait(frame);
        if self.is_awaited || !can_hear {
            return None;
        }
        self.has_passed = true;
        self.waiting.pop_front()
    }

    fn wait(&mut self, frame: Frame) {
        self.quiet = if frame.is_sound() { 0 } else { self.quiet + 1 };
        if self.quiet > PAUSE {
            return;
        }
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(of: i16) -> Frame {
        Frame::new(vec![of; SAMPLES_PER_10_MS])
    }

    fn voice(of: i16, frames: usize) -> Frame {
        Frame::new(vec![of; frames * SAMPLES_PER_10_MS])
    }

    fn passes(pre_connect: &mut PreConnectAudio, of: i16) -> Option<i16> {
        let passed = pre_connect.pass(frame(of), true);
        passed.map(|it| it.samples()[0])
    }

    #[test]
    fn live_audio_is_not_held_back_without_an_announcement() {
        let mut pre_connect = PreConnectAudio::default();
        assert_eq!(pre_connect.pass(frame(1), false), None);
        assert!(!pre_connect.is_kept());
        assert_eq!(passes(&mut pre_connect, 2), Some(2));
        assert!(!pre_connect.comes(), "too late");
        pre_connect.came(&voice(7, 5));
        assert_eq!(passes(&mut pre_connect, 3), Some(3));
    }

    #[test]
    fn pre_connect_audio_goes_first_one_frame_at_a_time() {
        let mut pre_connect = PreConnectAudio::default();
        assert!(pre_connect.comes());
        assert_eq!(passes(&mut pre_connect, 1_001), None, "still waiting");
        pre_connect.came(&voice(2_000, 2));
        let order: Vec<_> = (1_002..1_006)
            .map(|of| passes(&mut pre_connect, of))
            .collect();
        assert_eq!(order, [Some(2_000), Some(2_000), Some(1_001), Some(1_002)]);
    }

    #[test]
    fn pauses_are_shortened_until_the_queue_is_empty() {
        let mut pre_connect = PreConnectAudio::default();
        pre_connect.comes();
        pre_connect.came(&voice(2_000, 100));
        let sent = |pre_connect: &mut PreConnectAudio| {
            (0..)
                .take_while(|_| passes(pre_connect, 0) != Some(0))
                .count()
        };
        assert_eq!(sent(&mut pre_connect), 100);
        let pause =
            (0..).take_while(|_| pre_connect.is_kept() && passes(&mut pre_connect, 0).is_some());
        assert_eq!(pause.count(), PAUSE - 1);
        assert_eq!(passes(&mut pre_connect, 5), Some(5), "without delay");
    }

    #[test]
    fn live_audio_continues_if_pre_connect_audio_does_not_arrive() {
        let mut pre_connect = PreConnectAudio::default();
        pre_connect.comes();
        assert_eq!(passes(&mut pre_connect, 1_001), None);
        pre_connect.missed();
        assert_eq!(passes(&mut pre_connect, 1_002), Some(1_001));
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut pre_connect = PreConnectAudio::default();
        pre_connect.comes();
        pre_connect.came(&voice(2_000, 3 * LONGEST));
        assert_eq!(pre_connect.waiting.len(), LONGEST);
        for _ in 0..2 * WAITING {
            assert_eq!(pre_connect.pass(frame(1_000), false), None);
        }
        assert_eq!(pre_connect.waiting.len(), WAITING);
    }
}
