//! Log lines and counters of a call. They never contain speech.

use std::time::Duration;

use parlor_core::conversation::{AgentState, DropReason, Fact, Inaudible, Outcome};
use parlor_core::ids::{Identity, SessionId};
use parlor_report::CallReport;
use tokio::sync::mpsc;

use super::counters::{Counts, Tally};

/// Receives the facts of a call; when the channel is full, new facts are dropped and counted.
pub type Watch = mpsc::Sender<Fact>;

/// Logs and counts the facts of a call, and forwards them.
#[derive(Debug, Default)]
pub struct Observer {
    watch: Option<Watch>,
    counts: Counts,
    tally: Tally,
    unwatched: u64,
    report: Option<CallReport>,
    /// The current or most recent voice session.
    session: Option<SessionId>,
}

impl Observer {
    /// Creates an observer that forwards facts to `watch`, if any, and also counts in `tally`.
    pub fn new(watch: Option<Watch>, tally: Tally) -> Self {
        Self {
            watch,
            tally,
            ..Self::default()
        }
    }

    /// Sets the report in which facts are recorded.
    pub fn reporting(self, report: Option<CallReport>) -> Self {
        Self { report, ..self }
    }

    /// Takes the report so that it can be finished.
    pub fn take_report(&mut self) -> Option<CallReport> {
        self.report.take()
    }

    /// Records a caller that the agent listens to in the report.
    pub fn caller(&mut self, caller: Option<&Identity>) {
        if let (Some(report), Some(caller)) = (&mut self.report, caller) {
            report.caller(caller);
        }
    }

    /// Logs a change of the agent's state.
    pub fn state(&mut self, state: AgentState) {
        tracing::debug!(state = state.as_str(), "agent state");
    }

    /// Logs, counts, reports and forwards a fact.
    pub fn fact(&mut self, fact: Fact) {
        if let Some(report) = &mut self.report {
            report.fact(report.elapsed(), &fact);
        }
        match &fact {
            Fact::SessionReady { session } => {
                self.session.clone_from(session);
                let session = session.as_ref().map(|id| id.as_str());
                tracing::info!(session, "voice session ready");
            }
            Fact::UserTranscript { is_final, .. } => {
                self.count(|it| &mut it.turns, u64::from(*is_final));
            }
            Fact::UserWrote { .. } => self.count(|it| &mut it.turns, 1),
            Fact::AgentTranscript { .. } => {}
            Fact::Interrupted { utterance, played } => {
                self.count(|it| &mut it.interruptions, 1);
                let (reply, heard) = (utterance.0, milliseconds(*played));
                tracing::debug!(reply, heard, "reply interrupted");
            }
            Fact::AgentLost(loss) => {
                self.count(|it| &mut it.sessions_lost, 1);
                let session = self.session.as_ref().map(|id| id.as_str());
                let loss = loss.explanation();
                tracing::warn!(session, loss, "voice session lost");
            }
            Fact::AgentNotYet(loss) => {
                self.count(|it| &mut it.sessions_not_opened, 1);
                tracing::warn!(loss = %loss.explanation(), "cannot open voice session; retrying");
            }
            Fact::AgentBack { resumed, after } => {
                let after_ms = milliseconds(*after);
                match resumed {
                    true => self.count(|it| &mut it.sessions_resumed, 1),
                    false => self.count(|it| &mut it.sessions_replaced, 1),
                }
                tracing::info!(resumed, after_ms, "voice session restored");
            }
            Fact::AgentError(error) => {
                self.count(|it| &mut it.agent_errors, 1);
                let param = error.param.as_deref();
                tracing::warn!(code = %error.code, param, message = %error.message, "Voice Agent API error");
            }
            Fact::Dropped(DropReason::MicNotReady) => {
                self.count(|it| &mut it.mic_frames_unheard, 1)
            }
            Fact::Dropped(DropReason::StaleReply) => self.count(|it| &mut it.stale_frames, 1),
            Fact::UnknownMessage { kind } => {
                tracing::debug!(%kind, "unknown message type from the Voice Agent API");
            }
            Fact::WentQuiet(state) => {
                tracing::warn!(
                    state = state.as_str(),
                    "no audio for too long; reset the agent state to listening"
                );
            }
            fact => self.progress(fact),
        }
        self.hand_on(fact);
    }

    fn unheard(&mut self, why: Inaudible) {
        self.count(|it| &mut it.unheard, 1);
        match why {
            // The room has already logged which permissions were revoked.
            Inaudible::NotAllowed => tracing::debug!("nobody can hear the agent"),
            Inaudible::Muted => tracing::warn!("nobody can hear the agent: its track was muted"),
            Inaudible::NotPublished => {
                tracing::warn!("nobody can hear the agent: its track is not published");
            }
            Inaudible::CallerDeaf => {
                tracing::warn!("the caller cannot hear the agent: it may not subscribe to tracks");
            }
        }
    }

    /// Logs and counts facts about audibility, tools, phases and limits.
    fn progress(&mut self, fact: &Fact) {
        match fact {
            Fact::CallerSpeaks { ago } => {
                let ago_ms = ago.map(milliseconds);
                tracing::debug!(ago_ms, "caller speech detected");
            }
            Fact::Unheard(why) => self.unheard(*why),
            Fact::HeardAgain { after } => {
                let after_ms = milliseconds(*after);
                tracing::info!(after_ms, "the agent can be heard again");
            }
            Fact::Silenced { after } => {
                let after_ms = after.map(milliseconds);
                tracing::debug!(after_ms, "barge-in stopped the agent's audio");
            }
            Fact::ToolCalled { call, name, .. } => {
                self.count(|it| &mut it.tool_calls, 1);
                tracing::debug!(%call, tool = %name, "tool called");
            }
            Fact::ToolAnswered {
                call,
                name,
                is_error,
                after,
                ..
            } => {
                self.count(|it| &mut it.tool_errors, u64::from(*is_error));
                let after_ms = milliseconds(*after);
                tracing::info!(%call, tool = %name, is_error, after_ms, "tool result sent");
            }
            Fact::ToolDropped { call, name, why } => {
                self.count(|it| &mut it.tool_calls_dropped, 1);
                let why = why.name();
                tracing::info!(%call, tool = %name, why, "tool call dropped without a result");
            }
            Fact::PhaseEntered { phase } => tracing::info!(%phase, "phase entered"),
            Fact::VoiceRefused => {
                self.count(|it| &mut it.voices_refused, 1);
                tracing::warn!(
                    "the Voice Agent API rejected the voice: using the agent's own voice, or one \
                     that the API chooses; `parlor doctor` lists the voices"
                );
            }
            Fact::SessionRotated => {
                self.count(|it| &mut it.sessions_rotated, 1);
                tracing::info!(
                    "replacing the voice session before it reaches its maximum duration"
                );
            }
            Fact::LimitReached(limit) => {
                tracing::info!(limit = limit.name(), "the call reached a limit");
            }
            Fact::Used { connected, .. } => {
                let seconds = connected.as_secs();
                tracing::debug!(seconds, "total connection time of the voice sessions");
            }
            _ => {}
        }
    }

    /// Counts audio chunks dropped because the Voice Agent API read too slowly.
    pub fn unsent(&mut self, chunks: u64) {
        self.count(|it| &mut it.unsent_chunks, chunks);
    }

    /// Counts a caption that was dropped.
    pub fn caption_dropped(&mut self) {
        self.count(|it| &mut it.captions_dropped, 1);
    }

    /// Counts a message to monitoring participants that was dropped.
    pub fn post_dropped(&mut self) {
        self.count(|it| &mut it.posts_dropped, 1);
    }

    /// Counts gaps in the agent's audio.
    pub fn gaps(&mut self, gaps: u64) {
        self.count(|it| &mut it.gaps, gaps);
    }

    /// Logs the summary of an ended call.
    pub fn ended(&self, outcome: &Outcome, lasted: Duration) {
        let counts = &self.counts;
        tracing::info!(
            outcome = outcome.name(),
            seconds = lasted.as_secs(),
            turns = counts.turns,
            interruptions = counts.interruptions,
            mic_frames_unheard = counts.mic_frames_unheard,
            stale_frames = counts.stale_frames,
            unsent_chunks = counts.unsent_chunks,
            gaps = counts.gaps,
            captions_dropped = counts.captions_dropped,
            sessions_lost = counts.sessions_lost,
            facts_unwatched = self.unwatched,
            "call ended"
        );
    }

    fn count(&mut self, which: fn(&mut Counts) -> &mut u64, by: u64) {
        *which(&mut self.counts) += by;
        self.tally.add(which, by);
    }

    fn hand_on(&mut self, fact: Fact) {
        if let Some(watch) = &self.watch
            && watch.try_send(fact).is_err()
        {
            self.unwatched += 1;
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
