//! Follow-up work after every event: session updates, tool results, reply requests, and the end of
//! the call.

use super::context::Timer;
use super::{
    Action, AgentCommand, AgentProfile, AgentState, Conversation, Fact, Lifecycle, Limit, Phase,
};
use crate::ids::ToolCallId;
use crate::secret::Private;

impl Conversation {
    /// Does everything that the last event made possible.
    pub(super) fn advance(&mut self) {
        if !self.is_live() {
            return;
        }
        if self.voice_session.is_ready() {
            self.change_session();
            self.ask_for_goodbye();
            self.make_way();
            self.answer_tools();
            self.ask();
        }
        let is_working = self.tools.is_busy() && self.voice_session.is_ready();
        self.turn.set_working(&mut self.cx, is_working);
        self.leave_if_done();
        self.rotate_if_due();
        self.watch_silence();
        self.set_background();
    }

    /// Sends changes of the configuration to the session, between two replies.
    fn change_session(&mut self) {
        if self.turn.has_open_reply() {
            return;
        }
        if let Some(change) = self.session_sync.change() {
            let interruptible = self.session_sync.is_interruptible();
            self.turn.set_interruptible(interruptible);
            self.cx.send(AgentCommand::UpdateSession(Box::new(change)));
            self.cx.observe(Fact::SessionChanged);
        }
    }

    /// Sends the tool results that are due.
    fn answer_tools(&mut self) {
        if self.is_saying_last_words() {
            return;
        }
        let is_open = self.turn.has_open_reply();
        if self.tools.answer(&mut self.cx, is_open) {
            self.turn.tool_answered(&mut self.cx);
        }
    }

    /// Requests the next pending reply when nobody is speaking.
    fn ask(&mut self) {
        let tools = &self.tools;
        self.requests.keep_fillers(|call| tools.is_running(call));
        let is_last = self.is_saying_last_words();
        let is_free = self.turn.is_free() && (is_last || !self.tools.has_caller_spoken());
        if is_free && self.requests.ask(&mut self.cx) {
            self.turn.await_reply(&mut self.cx);
            if is_last {
                // Replies cancelled in favour of the goodbye do not count.
                self.await_goodbye();
            }
        }
    }

    /// Replaces the session as soon as nobody is speaking.
    fn rotate_if_due(&mut self) {
        let is_due = self.rotation_due && self.voice_session.is_ready() && self.hang_up.is_none();
        if is_due && self.is_quiet() && !self.tools.is_busy() {
            self.rotate();
        }
    }

    /// Whether nobody is speaking and the caller is not waiting for a reply.
    fn is_quiet(&self) -> bool {
        self.turn.is_idle() && !self.tools.has_caller_spoken()
    }

    pub(super) fn rotate(&mut self) {
        self.rotation_due = false;
        let outcome = self.voice_session.rotate(&mut self.cx);
        self.session_changed(outcome);
    }

    /// Times the caller's silence while it is the caller's turn and the agent can be heard.
    fn watch_silence(&mut self) {
        let is_silent = self.turn.state() == AgentState::Listening
            && self.is_quiet()
            && self.voice_session.is_ready()
            && self.hang_up.is_none()
            && !self.audibility.is_unheard();
        match self.usage_meter.idle().filter(|_| is_silent) {
            Some(idle) if !self.cx.timers.is_set(Timer::Idle) => {
                self.cx.within(Timer::Idle, idle);
            }
            Some(_) => {}
            None => self.cx.stop(Timer::Idle),
        }
    }

    /// [`Timer::Idle`]: says the next idle line, or ends the call after the last one.
    pub(super) fn caller_is_silent(&mut self) {
        let lines = &self.session_sync.profile().lines.idle;
        match lines.get(self.usage_meter.idle_lines) {
            Some(line) => {
                self.requests.say(line);
                self.usage_meter.idle_lines += 1;
            }
            None => self.limit_reached(Limit::Idle),
        }
    }

    /// Enters the phase named by the arguments of a tool call.
    pub(super) fn set_state(&mut self, call: &ToolCallId, arguments: &Private<String>) {
        let name = serde_json::from_str::<serde_json::Value>(arguments.reveal());
        let name = name
            .ok()
            .and_then(|it| it["state"].as_str().map(str::to_owned));
        let entered = name.filter(|name| self.session_sync.enter(name));
        let result = match &entered {
            Some(_) => serde_json::json!({ "ok": true }),
            None => {
                let states: Vec<_> = self.session_sync.phase_names().collect();
                serde_json::json!({ "error": "there is no such state", "states": states })
            }
        };
        let is_error = entered.is_none();
        if let Some(phase) = entered {
            self.cx.observe(Fact::PhaseEntered { phase });
        }
        self.tools
            .done(&mut self.cx, call, result.to_string().into(), is_error);
    }

    /// Whether the outcome is still open.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.life, Lifecycle::Live)
    }

    /// Enters a phase if the caller's words trigger one.
    pub(super) fn hear_cue(&mut self, words: &str) {
        let words = words.to_lowercase();
        self.enter_if(|phase| phase.when_caller_says.iter().any(|cue| words.contains(cue)));
    }

    /// Handles the result of a tool; a successful tool may trigger a phase.
    pub(super) fn tool_done(&mut self, call: &ToolCallId, result: Private<String>, is_error: bool) {
        let done = self.tools.done(&mut self.cx, call, result, is_error);
        if let Some(tool) = done.filter(|_| !is_error) {
            self.enter_if(|phase| phase.after_tool.contains(&tool));
        }
    }

    fn enter_if(&mut self, is_cue: impl Fn(&Phase) -> bool) {
        if let Some(phase) = self.session_sync.enter_if(is_cue) {
            self.cx.observe(Fact::PhaseEntered { phase });
        }
    }

    /// Writes to the caller that the service is at capacity, once per call.
    pub(super) fn write_busy(&mut self) {
        let line = self.session_sync.profile().lines.busy.clone();
        if let Some(line) = line.filter(|_| !std::mem::replace(&mut self.busy_written, true)) {
            self.cx.act(Action::Write(line));
        }
    }

    /// Writes to the caller that the session is lost, if it was ready.
    pub(super) fn write_lost(&mut self) {
        let line = self.session_sync.profile().lines.lost.clone();
        if let Some(line) = line.filter(|_| self.voice_session.is_ready() && self.is_live()) {
            self.cx.act(Action::Write(line));
        }
    }

    /// Applies a new profile of the agent.
    pub(super) fn set_profile(&mut self, profile: AgentProfile) {
        self.tools.set_rules(&profile.tools, &profile.limits);
        self.usage_meter.set_limits(&mut self.cx, &profile.limits);
        self.session_sync.set_profile(profile);
        let interruptible = self.session_sync.is_interruptible();
        self.turn.set_interruptible(interruptible);
    }
}
