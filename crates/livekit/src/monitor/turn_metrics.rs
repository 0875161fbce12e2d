//! Metrics of messages: when each side spoke, and how long the other side waited.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use livekit_protocol::agent::MetricsReport;
use parlor_core::conversation::{Latency, Utterance};

use super::wall_clock::WallClock;

/// Maximum number of audible replies whose messages are not added yet; the oldest is dropped when
/// there are more.
const OPEN: usize = 16;

/// Times at which each side spoke.
#[derive(Debug, Default)]
pub(super) struct Turns {
    caller: SpeechSpan,
    /// Time from the caller's last sound until the API committed the turn.
    committed: Option<Duration>,
    replies: VecDeque<Reply>,
}

#[derive(Debug, Clone, Copy, Default)]
struct SpeechSpan {
    from: Option<Instant>,
    to: Option<Instant>,
}

#[derive(Debug)]
struct Reply {
    utterance: Utterance,
    from: Instant,
    waited: Option<Latency>,
}

impl Turns {
    /// Records that the caller has been speaking since `from`.
    pub(super) fn caller_speaks(&mut self, from: Instant) {
        let to = None;
        // Of several segments before one transcript, the start of the first counts.
        let from = self.caller.from.or(Some(from));
        self.caller = SpeechSpan { from, to };
    }

    /// Records that the caller's last sound was at `to`, and that the API committed the turn at
    /// `now`.
    pub(super) fn caller_stopped(&mut self, to: Instant, now: Instant) {
        self.caller.to = Some(to);
        self.committed = Some(now.saturating_duration_since(to));
    }

    /// Records the final transcript of the caller's turn and returns the metrics of the turn.
    pub(super) fn caller_said(&mut self, now: Instant, wall_clock: &WallClock) -> MetricsReport {
        let SpeechSpan { from, to } = std::mem::take(&mut self.caller);
        let delay = to.map(|to| now.saturating_duration_since(to));
        MetricsReport {
            started_speaking_at: from.map(|at| wall_clock.stamp(at)),
            stopped_speaking_at: to.map(|at| wall_clock.stamp(at)),
            transcription_delay: delay.map(|it| it.as_secs_f64()),
            end_of_turn_delay: self.committed.take().map(|it| it.as_secs_f64()),
            ..MetricsReport::default()
        }
    }

    /// Records that a reply has become audible.
    pub(super) fn audible(&mut self, now: Instant, utterance: Utterance, waited: Option<Latency>) {
        if self.replies.len() == OPEN {
            self.replies.pop_front();
        }
        self.replies.push_back(Reply {
            utterance,
            from: now,
            waited,
        });
    }

    /// Records the end of a reply. Returns its metrics, and when it became audible.
    pub(super) fn agent_said(
        &mut self,
        now: Instant,
        utterance: Utterance,
        wall_clock: &WallClock,
    ) -> Option<(MetricsReport, Instant)> {
        // A flushed reply consists of several utterances and is identified by the first.
        self.replies.retain(|it| it.utterance >= utterance);
        let Reply { from, waited, .. } = self.replies.pop_front()?;
        let first_token = waited.and_then(|it| Some(it.first_token?.saturating_sub(it.committed)));
        let metrics = MetricsReport {
            started_speaking_at: Some(wall_clock.stamp(from)),
            stopped_speaking_at: Some(wall_clock.stamp(now)),
            llm_node_ttft: first_token.map(|it| it.as_secs_f64()),
            e2e_latency: waited.map(|it| it.audible.as_secs_f64()),
            ..MetricsReport::default()
        };
        Some((metrics, from))
    }
}
