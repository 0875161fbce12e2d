//! End of the call: first the voice session, then everything else.

pub(crate) mod hang_up;
pub(crate) mod outcome;
pub(crate) mod usage;

use super::context::Timer;
use super::{Action, Conversation, Dismiss, Fact, Lifecycle, Outcome};

impl Conversation {
    /// Ends the call with `outcome`, after ending the voice session, if there is one.
    pub(super) fn end(&mut self, outcome: Outcome) {
        if !matches!(self.life, Lifecycle::Live) {
            return;
        }
        if outcome.is_by_agent() {
            self.dismiss_callers();
        }
        self.life = Lifecycle::Ending(outcome);
        self.cx.stop(Timer::CallerWait);
        self.cx.stop(Timer::CallerGrace);
        self.cx.stop(Timer::PreConnectAudio);
        self.cx.stop(Timer::Owed);
        self.cx.stop(Timer::Goodbye);
        self.hang_up = None;
        self.set_background();
        self.tools.hang_up(&mut self.cx);
        self.turn.stop(&mut self.cx);
        self.voice_session.end(&mut self.cx);
        if !self.voice_session.is_ending() {
            self.finish();
        }
    }

    /// Ends the call without ending the voice session first. An earlier outcome is kept.
    pub(super) fn end_at_once(&mut self, outcome: Outcome) {
        if matches!(self.life, Lifecycle::Live) {
            self.turn.stop(&mut self.cx);
            self.life = Lifecycle::Ending(outcome);
            self.set_background();
        }
        self.hang_up();
    }

    pub(super) fn hang_up(&mut self) {
        self.voice_session.cut(&mut self.cx);
        self.finish();
    }

    fn finish(&mut self) {
        let Lifecycle::Ending(outcome) = std::mem::replace(&mut self.life, Lifecycle::Finished)
        else {
            return;
        };
        self.tools.hang_up(&mut self.cx);
        self.close_turn();
        self.turn.close(&mut self.cx);
        self.usage_meter.closed(&mut self.cx);
        let connected = self.usage_meter.spent(self.cx.now).connected;
        let cost = self.usage_meter.cost(connected);
        self.cx.observe(Fact::Used { connected, cost });
        self.cx.timers.clear();
        if self.dismiss == Dismiss::Room && !outcome.leaves_the_room() {
            self.cx.act(Action::DeleteRoom);
        }
        self.cx.act(Action::Finish(outcome));
    }
}
