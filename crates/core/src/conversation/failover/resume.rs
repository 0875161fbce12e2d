//! Calls that continue after the voice session was lost, or in another process.

use std::time::Duration;

use super::checkpoint::{Checkpoint, UsageSoFar};
use crate::conversation::context::Timer;
use crate::conversation::voice_session::Ready;
use crate::conversation::{Action, Conversation, Fact, Lifecycle, Outcome};
use crate::ids::SessionId;
use crate::secret::Secret;

/// How long a resumed session may take to continue its reply before it is asked to.
pub(crate) const OWED_WITHIN: Duration = Duration::from_secs(2);

/// How long a process that takes over a call waits for its caller.
pub(crate) const CALLER_WITHIN: Duration = Duration::from_secs(20);

/// Instructions to continue an interrupted reply.
pub(crate) const GO_ON: &str = "The connection was interrupted for a moment and is back. \
    Apologise in a few words, then go on with what you were saying, or answer what was said last.";

impl Conversation {
    /// `session.ready`.
    pub(crate) fn session_ready(
        &mut self,
        session: Option<SessionId>,
        token: Option<Secret>,
        server_tools: Vec<String>,
    ) {
        let Some(ready) = self.voice_session.ready(&mut self.cx, session, token) else {
            return;
        };
        self.tools.set_server_tools(server_tools);
        self.usage_meter.opened(&mut self.cx);
        self.turn.ready(&mut self.cx);
        match ready {
            Ready::Resumed => self.session_sync.resume(),
            Ready::First | Ready::Anew => self.tools.session_lost(&mut self.cx),
        }
        match ready {
            Ready::First => {}
            _ if !self.history.owes() => {}
            Ready::Resumed => self.cx.within(Timer::Owed, OWED_WITHIN),
            Ready::Anew => self.say_what_is_owed(),
        }
    }

    /// Asks the agent to continue its interrupted reply.
    pub(crate) fn say_what_is_owed(&mut self) {
        self.requests.instruct(GO_ON.to_owned().into());
    }

    /// The voice session makes no progress. The call ends with `otherwise` if it cannot be retried.
    pub(crate) fn agent_stuck(&mut self, otherwise: Outcome) {
        let outcome = self.voice_session.stuck(&mut self.cx, otherwise);
        self.session_changed(outcome);
    }

    /// The connection was lost. Ends the call with `outcome`, or lets it continue without a session
    /// for now.
    pub(crate) fn session_changed(&mut self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.end_at_once(outcome);
            return;
        }
        self.cx.stop(Timer::Owed);
        self.chunker.clear();
        self.close_turn();
        self.requests.clear();
        self.tools.connection_lost();
        self.usage_meter.closed(&mut self.cx);
        if self.turn.session_lost(&mut self.cx) {
            self.history.set_owing();
        }
    }

    /// Closes the caller's turn with the text so far.
    pub(crate) fn close_turn(&mut self) {
        let closed = self.captions.close();
        self.cx.actions.extend(closed.map(Action::Caption));
    }

    fn spent(&self) -> UsageSoFar {
        UsageSoFar {
            tool_calls: self.tools.calls(),
            ..self.usage_meter.spent(self.cx.now)
        }
    }

    /// Updates the history, and emits a checkpoint if it changed.
    pub(crate) fn remember(&mut self) {
        let mut is_news = false;
        for action in &self.cx.actions {
            is_news |= self.history.note(action) || action.is_other_party();
        }
        if is_news && self.checkpoints && matches!(self.life, Lifecycle::Live) {
            let checkpoint = Checkpoint {
                caller: self.callers.linked().cloned(),
                session: self.voice_session.resumable().cloned(),
                turns: self.history.turns(),
                owes: self.history.owes(),
                phase: self.session_sync.phase_name().to_owned(),
                given_history: self.session_sync.given_history().cloned(),
                spent: self.spent(),
            };
            self.cx.act(Action::Checkpoint(Box::new(checkpoint)));
        }
    }
}

impl Action {
    /// Whether the linked caller or the voice session changed.
    fn is_other_party(&self) -> bool {
        matches!(
            self,
            Self::Listen(_) | Self::Observe(Fact::SessionReady { .. })
        )
    }
}
