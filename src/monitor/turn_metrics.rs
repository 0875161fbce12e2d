//! When each side spoke, and how long the other waited: the metrics of what is said.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use livekit_protocol::agent::MetricsReport;
use parlor_core::conversation::{Latency, Utterance};

use super::wall_clock::WallClock;

/// Replies that are audible and not yet told; the oldest is forgotten when there are more.
const OPEN: usize = 16;

/// When each side spoke.
#[derive(Debug, Default)]
pub(super) struct Turns {
    caller: Spell,
    /// From the caller's last sound until the API took the turn.
    committed: Option<Duration>,
    replies: VecDeque<Reply>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Spell {
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
    /// The caller speaks since then.
    pub(super) fn caller_speaks(&mut self, from: Instant) {
        let to = None;
        // Of what was said before the transcript came, the beginning counts.
        let from = self.caller.from.or(Some(from));
        self.caller = Spell { from, to };
    }

    /// The caller made the last sound then, and the API took the turn `now`.
    pub(super) fn caller_stopped(&mut self, to: Instant, now: Instant) {
        self.caller.to = Some(to);
        self.committed = Some(now.saturating_duration_since(to));
    }

    /// What the caller said is known; the metrics of it.
    pub(super) fn caller_said(&mut self, now: Instant, wall_clock: &WallClock) -> MetricsReport {
        let Spell { from, to } = std::mem::take(&mut self.caller);
        let delay = to.map(|to| now.saturating_duration_since(to));
        MetricsReport {
            started_speaking_at: from.map(|at| wall_clock.stamp(at)),
            stopped_speaking_at: to.map(|at| wall_clock.stamp(at)),
            transcription_delay: delay.map(|it| it.as_secs_f64()),
            end_of_turn_delay: self.committed.take().map(|it| it.as_secs_f64()),
            ..MetricsReport::default()
        }
    }

    /// A reply is audible.
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

    /// What the agent said is over; the metrics of it, and when it began.
    pub(super) fn agent_said(
        &mut self,
        now: Instant,
        utterance: Utterance,
        wall_clock: &WallClock,
    ) -> Option<(MetricsReport, Instant)> {
        // A reply that was flushed is heard in several stretches, and named by the first.
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
