//! What the caller said before the agent came. It is heard first, and no faster than it was said:
//! what follows waits behind it, and pauses are shortened until the agent has caught up.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio::{Frame, SAMPLES_PER_10_MS};

/// How long the caller's voice is held back for it.
pub(crate) const COMES_WITHIN: Duration = Duration::from_secs(3);

/// The longest kept, in frames: 10 s. Of more, the last is kept.
const LONGEST: usize = 1_000;

/// All that may wait, in frames: 20 s. Of more, the oldest is lost.
const WAITING: usize = 2_000;

/// What is left of a pause, in frames: 200 ms.
const PAUSE: usize = 20;

/// The caller's voice on its way to the agent, delayed if something was said before.
#[derive(Debug, Default)]
pub(crate) struct PreConnectAudio {
    /// It is on its way.
    is_awaited: bool,
    /// Something of the caller went to the agent.
    has_passed: bool,
    waiting: VecDeque<Frame>,
    /// Frames without a sound at the end of what waits.
    quiet: usize,
}

impl PreConnectAudio {
    /// It is on its way; says whether it is waited for.
    pub(crate) fn comes(&mut self) -> bool {
        self.is_awaited |= !self.has_passed;
        self.is_awaited
    }

    /// It is there, unless it comes too late: what followed was heard already.
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

    /// It is waited for no longer.
    pub(crate) fn missed(&mut self) {
        self.is_awaited = false;
    }

    /// Whether what is heard now is kept, even if the agent cannot hear yet.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_awaited || !self.waiting.is_empty()
    }

    /// 10 ms were heard; gives the 10 ms that are the agent's turn to hear, if it can.
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
    fn nothing_is_held_back_when_nothing_comes() {
        let mut pre_connect = PreConnectAudio::default();
        assert_eq!(pre_connect.pass(frame(1), false), None);
        assert!(!pre_connect.is_kept());
        assert_eq!(passes(&mut pre_connect, 2), Some(2));
        assert!(!pre_connect.comes(), "too late");
        pre_connect.came(&voice(7, 5));
        assert_eq!(passes(&mut pre_connect, 3), Some(3));
    }

    #[test]
    fn what_was_said_before_goes_first_and_one_frame_at_a_time() {
        let mut pre_connect = PreConnectAudio::default();
        assert!(pre_connect.comes());
        assert_eq!(passes(&mut pre_connect, 1_001), None, "it is waited for");
        pre_connect.came(&voice(2_000, 2));
        let order: Vec<_> = (1_002..1_006)
            .map(|of| passes(&mut pre_connect, of))
            .collect();
        assert_eq!(order, [Some(2_000), Some(2_000), Some(1_001), Some(1_002)]);
    }

    #[test]
    fn pauses_are_shortened_until_nothing_waits() {
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
        assert_eq!(passes(&mut pre_connect, 5), Some(5), "at once");
    }

    #[test]
    fn what_does_not_come_is_not_missed() {
        let mut pre_connect = PreConnectAudio::default();
        pre_connect.comes();
        assert_eq!(passes(&mut pre_connect, 1_001), None);
        pre_connect.missed();
        assert_eq!(passes(&mut pre_connect, 1_002), Some(1_001));
    }

    #[test]
    fn no_more_waits_than_may() {
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
