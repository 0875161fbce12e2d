//! LiveKit's remote session protocol, with which its Playground and Agent Console monitor a call:
//! events for participants, and requests from them.
//!
//! A [`Monitor`] is a state machine without I/O and without a clock: its inputs are facts of the
//! call and requests, each with the time; its outputs are messages to send and changes to make.

mod access;
mod agent_config;
mod events;
mod history;
mod message;
mod requests;
#[cfg(test)]
mod tests;
mod text_run;
mod tool_calls;
mod turn_metrics;
mod usage;
mod wall_clock;

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use livekit_protocol::agent::agent_session_event::{AgentStateChanged, Event, UserStateChanged};
use livekit_protocol::agent::{self as wire, AgentSessionEvent, UserState};
use parlor_core::conversation::{AgentProfile, AgentState};

pub use access::{Access, Audience};
pub use message::{LONGEST, MonitorMessage, MonitorRequest, Outgoing, Output, TOPIC, To};

use access::Visibility;
use agent_config::AgentConfig;
use history::History;
use text_run::TextRun;
use tool_calls::ToolCalls;
use turn_metrics::Turns;
use usage::Usage;
use wall_clock::WallClock;

/// How long both sides must be silent before the caller counts as away.
const AWAY_AFTER: Duration = Duration::from_secs(15);

/// State machine of the remote session protocol for one call.
pub struct Monitor {
    access: Access,
    wall_clock: WallClock,
    agent: wire::AgentState,
    user: UserState,
    /// Since when both sides have been silent.
    quiet_since: Option<Instant>,
    agent_config: AgentConfig,
    turns: Turns,
    tools: ToolCalls,
    usage: Usage,
    history: History,
    run: Option<TextRun>,
    out: VecDeque<Output>,
}

impl Monitor {
    /// Creates the monitor of a call that starts at the instant `now`, which is the wall-clock time
    /// `wall`.
    pub fn new(access: Access, now: Instant, wall: SystemTime) -> Self {
        Self {
            access,
            wall_clock: WallClock { at: now, wall },
            agent: wire::AgentState::AsInitializing,
            user: UserState::UsListening,
            quiet_since: None,
            agent_config: AgentConfig::default(),
            turns: Turns::default(),
            tools: ToolCalls::default(),
            usage: Usage::default(),
            history: History::default(),
            run: None,
            out: VecDeque::new(),
        }
    }

    /// Sets the agent profile.
    pub fn profile(&mut self, profile: &AgentProfile) {
        self.agent_config.set(profile);
    }

    /// Records a change of the agent's state.
    pub fn state(&mut self, now: Instant, state: AgentState) {
        let state = match state {
            AgentState::Initializing => wire::AgentState::AsInitializing,
            AgentState::Listening => wire::AgentState::AsListening,
            AgentState::Thinking => wire::AgentState::AsThinking,
            AgentState::Speaking => wire::AgentState::AsSpeaking,
        };
        let before = std::mem::replace(&mut self.agent, state);
        let changed = AgentStateChanged {
            old_state: before.into(),
            new_state: state.into(),
        };
        self.emit(now, Visibility::Public, Event::AgentStateChanged(changed));
        self.watch_silence(now);
        self.finish_run();
    }

    /// Records whether there is a linked caller.
    pub fn caller(&mut self, now: Instant, is_there: bool) {
        let state = match is_there {
            true => UserState::UsListening,
            false => UserState::UsAway,
        };
        self.user_is(now, now, state);
    }

    /// The time at which [`timeout`](Self::timeout) must be called.
    pub fn deadline(&self) -> Option<Instant> {
        let away = self.quiet_since.map(|since| since + AWAY_AFTER);
        let run = self.run.as_ref().map(|run| run.until);
        away.into_iter().chain(run).min()
    }

    /// Handles deadlines that have passed.
    pub fn timeout(&mut self, now: Instant) {
        if self.run.as_ref().is_some_and(|run| run.until <= now) {
            self.end_run();
        }
        if self
            .quiet_since
            .is_some_and(|since| since + AWAY_AFTER <= now)
        {
            self.user_is(now, now, UserState::UsAway);
        }
    }

    /// Returns the next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn user_is(&mut self, now: Instant, since: Instant, state: UserState) {
        let before = std::mem::replace(&mut self.user, state);
        if before != state {
            let changed = UserStateChanged {
                old_state: before.into(),
                new_state: state.into(),
            };
            self.emit(since, Visibility::Public, Event::UserStateChanged(changed));
        }
        self.watch_silence(now);
    }

    fn watch_silence(&mut self, now: Instant) {
        let is_quiet =
            self.agent == wire::AgentState::AsListening && self.user == UserState::UsListening;
        self.quiet_since = is_quiet.then_some(now);
    }

    /// Sends an event that happened at `at` to the participants that may see it.
    fn emit(&mut self, at: Instant, visibility: Visibility, event: Event) {
        let to = match self.access.is_public(visibility) {
            true => To::Everyone,
            false => To::Managers,
        };
        let event = AgentSessionEvent {
            created_at: Some(self.wall_clock.stamp(at)),
            event: Some(event),
        };
        self.send(Outgoing::Message(MonitorMessage::event(to, event)));
    }

    fn send(&mut self, message: Outgoing) {
        self.out.push_back(Output::Send(message));
    }
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor")
            .field("access", &self.access)
            .field("agent", &self.agent)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
