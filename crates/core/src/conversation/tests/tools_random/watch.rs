//! The invariants of tool calls, checked by a second and simpler model that follows the events and
//! actions of a call.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::server::Server;
use super::*;
use crate::conversation::ending::hang_up::{HEARD_WITHIN, LEAVE_WITHIN};
use crate::conversation::tools::ANSWER_WITHIN;
use crate::conversation::voice_session::END_WITHIN;

/// A tool call that was reported and has been neither answered nor dropped.
struct Owed {
    rule: ToolRule,
    /// Number of the reply that made the tool call.
    reply: usize,
    since: Instant,
}

/// State of a tool call that the driver was asked to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Running,
    Given,
    Cancelled,
}

/// How often each case occurred; a test must not pass because nothing happened.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) answered: usize,
    /// Answered although somebody was speaking, because [`ANSWER_WITHIN`] had passed.
    pub(super) overdue: usize,
    pub(super) cancelled: usize,
    pub(super) fillers: usize,
    pub(super) dropped: HashMap<ToolDropped, usize>,
    pub(super) ends: HashMap<&'static str, usize>,
}

/// A call and the model of its tool calls.
pub(super) struct Watch {
    pub(super) call: Call,
    owed: HashMap<String, Owed>,
    work: HashMap<String, Work>,
    known: HashSet<String>,
    pub(super) server: Server,
    /// Milliseconds of audio in playout, by utterance.
    queue: Vec<(u32, u64)>,
    hang_up: Option<Instant>,
    ending: Option<Instant>,
    pub(super) finished: bool,
    pub(super) seen: Seen,
}

impl Watch {
    /// A call whose voice session is ready.
    pub(super) fn new(settings: Settings) -> Self {
        let mut watch = Self {
            call: Call::new(settings),
            owed: HashMap::new(),
            work: HashMap::new(),
            known: HashSet::new(),
            server: Server::default(),
            queue: Vec::new(),
            hang_up: None,
            ending: None,
            finished: false,
            seen: Seen::default(),
        };
        for event in [joined("ada"), subscribed(), Event::AgentOpened, session()] {
            watch.on(event);
        }
        assert!(watch.server.ready);
        watch
    }

    pub(super) fn on(&mut self, event: Event) {
        let called = self.note(&event);
        let is_ready = matches!(event, Event::Agent(AgentEvent::SessionReady { .. }));
        let becomes_ready = is_ready && self.server.configured && !self.server.ready;
        self.server.ready |= becomes_ready && self.ending.is_none();
        let actions = self.call.on(event);
        self.check(actions, called.as_deref());
        if becomes_ready && !self.server.resuming {
            assert!(
                self.owed.is_empty(),
                "a result is pending for a session that is gone"
            );
        }
        self.check_rest();
    }

    /// Advances the clock by `time`, deadline by deadline.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.call.now + time;
        while self.call.now < until {
            let next = self.call.call.poll_timeout().unwrap_or(until);
            let left = next.min(until).saturating_duration_since(self.call.now);
            let actions = self.call.pass(left);
            self.check(actions, None);
            self.check_rest();
            if next >= until {
                let rest = until.saturating_duration_since(self.call.now);
                let actions = self.call.pass(rest);
                self.check(actions, None);
            }
        }
    }

    /// Returns a tool result: in time, late, repeated, or for an unknown call. Tool calls that the
    /// conversation answers itself get none.
    pub(super) fn give(&mut self, call: &str) {
        let owed = self.owed.get(call);
        if owed.is_none_or(|owed| owed.rule.kind == ToolKind::External) {
            self.on(gives(call));
        }
    }

    /// The next report of a correct playout, if any.
    pub(super) fn playout(&mut self, is_over: bool) -> Option<Event> {
        let &(utterance, queued) = self.queue.first()?;
        if !is_over {
            return Some(audible(utterance));
        }
        self.queue.remove(0);
        Some(drained(utterance, queued))
    }

    /// Lets time pass without further events and then closes the room. Checks that the call ends
    /// and no result is pending.
    pub(super) fn finish(&mut self) {
        self.pass(120 * SECOND);
        assert!(
            self.owed.is_empty(),
            "results still pending: {:?}",
            self.owed.keys().collect::<Vec<_>>()
        );
        self.on(room_over());
        self.pass(END_WITHIN);
        assert!(self.finished, "the call did not end");
        for event in [
            gives("1"),
            calls("x", "tea", "{}"),
            Event::Shutdown,
            session(),
        ] {
            self.on(event);
        }
    }

    /// Notes what the event means. Returns the ID if it is a tool call.
    fn note(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::AgentLost(_) => self.server.cut(),
            Event::ToolDone { call, .. } => {
                let work = self.work.get_mut(call.as_str());
                if let Some(work) = work.filter(|it| **it == Work::Running) {
                    *work = Work::Given;
                }
            }
            Event::Agent(event) if self.server.ready => return self.server.says(event),
            _ => {}
        }
        None
    }

    fn check(&mut self, actions: Vec<Action>, called: Option<&str>) {
        for action in actions {
            assert!(!self.finished, "{action:?} after the end");
            match action {
                Action::CloseAgent => self.server.cut(),
                Action::ConnectAgent | Action::ResumeAgent(_) => {
                    assert!(self.ending.is_none(), "{action:?} while the call ends");
                    self.server.connected = true;
                    self.server.resuming = matches!(action, Action::ResumeAgent(_));
                }
                Action::SendAgent(command) => self.sent(&command),
                Action::RunTool { call, .. } => self.runs(call.as_str()),
                Action::CancelTool(call) => {
                    let before = self.work.insert(call.to_string(), Work::Cancelled);
                    assert_eq!(
                        before,
                        Some(Work::Running),
                        "{call} was cancelled but is not running"
                    );
                    self.seen.cancelled += 1;
                }
                Action::Observe(fact) => self.observe(fact, called),
                Action::Play { utterance, frame } => {
                    let milliseconds = frame.duration().as_millis() as u64;
                    match self.queue.last_mut() {
                        Some((last, queued)) if *last == utterance.0 => *queued += milliseconds,
                        _ => self.queue.push((utterance.0, milliseconds)),
                    }
                }
                Action::FlushPlayout => self.queue.clear(),
                Action::Finish(outcome) => {
                    assert!(self.owed.is_empty(), "results are pending at the end");
                    self.finished = true;
                    *self.seen.ends.entry(outcome.name()).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    fn sent(&mut self, command: &AgentCommand) {
        match command {
            AgentCommand::ToolResult { call, .. } => self.answered(call.as_str()),
            AgentCommand::CreateReply { instructions } => {
                assert!(
                    self.server.ready && self.ending.is_none(),
                    "a reply was requested outside a session"
                );
                assert_eq!(
                    self.server.open, None,
                    "a reply was requested while another is in progress"
                );
                let words = instructions.as_ref().map(|it| it.reveal().as_str());
                if words.is_some_and(|it| FILLERS.iter().any(|filler| it.ends_with(filler))) {
                    self.filled();
                }
            }
            AgentCommand::EndSession => {
                assert!(
                    self.server.ready && self.ending.is_none(),
                    "the session was ended outside a session or twice"
                );
                self.ending = Some(self.call.now);
            }
            AgentCommand::UpdateSession(_) | AgentCommand::ResumeSession(_) => {
                self.server.configured = true;
            }
            _ => {}
        }
    }

    /// Checks a filler, which asks the caller to wait.
    fn filled(&mut self) {
        let running = self.owed.iter().filter(|(call, owed)| {
            !owed.rule.fillers.is_empty() && self.work.get(*call) == Some(&Work::Running)
        });
        assert_ne!(
            running.count(),
            0,
            "a filler was said while no tool is running"
        );
        assert_eq!(
            self.hang_up, None,
            "a filler was said while the call is ending"
        );
        self.seen.fillers += 1;
    }

    fn runs(&mut self, call: &str) {
        let owed = self
            .owed
            .get(call)
            .expect("a tool call should be reported before it runs");
        assert_eq!(owed.rule.kind, ToolKind::External, "{call}");
        let before = self.work.insert(call.to_owned(), Work::Running);
        assert_eq!(before, None, "{call} was started twice");
    }

    /// Checks a `tool.result`.
    fn answered(&mut self, call: &str) {
        assert!(
            self.server.ready && self.ending.is_none(),
            "{call} answered out of session"
        );
        let owed = self
            .owed
            .get(call)
            .expect("a tool result should belong to a tool call");
        let may_cut_in =
            owed.rule.immediate || self.server.open.is_none() && !self.server.caller_speaks;
        if !may_cut_in {
            let waited = self.call.now.saturating_duration_since(owed.since);
            assert!(waited >= ANSWER_WITHIN, "{call} cuts in after {waited:?}");
            self.server.caller_speaks = false;
            self.seen.overdue += 1;
        }
    }

    fn observe(&mut self, fact: Fact, called: Option<&str>) {
        match fact {
            Fact::ToolCalled { call, name, .. } => {
                let call = call.to_string();
                assert_eq!(called, Some(call.as_str()), "the tool was not called");
                assert!(self.known.insert(call.clone()), "{call} was reported twice");
                let rule = rules().into_iter().find(|rule| rule.name == name);
                let owed = Owed {
                    rule: rule.unwrap_or_default(),
                    reply: self.server.replies.len(),
                    since: self.call.now,
                };
                self.owed.insert(call, owed);
            }
            Fact::ToolAnswered { call, .. } => {
                self.settled(call.as_str());
                self.seen.answered += 1;
            }
            Fact::ToolDropped { call, name, why } => {
                *self.seen.dropped.entry(why).or_default() += 1;
                match why {
                    ToolDropped::AtServer => assert_eq!(name, "weather"),
                    ToolDropped::Twice => assert!(self.known.contains(call.as_str())),
                    _ => self.settled(call.as_str()),
                }
            }
            Fact::LimitReached(_) => {
                assert!(self.ending.is_none(), "a limit is reached after the end");
            }
            _ => {}
        }
    }

    /// Settles a tool call. Checks that it happens only once, and that the tool is not running.
    fn settled(&mut self, call: &str) {
        let owed = self.owed.remove(call);
        assert!(owed.is_some(), "{call} was settled but is not pending");
        let work = self.work.get(call);
        assert_ne!(
            work,
            Some(&Work::Running),
            "{call} was settled while it is running"
        );
    }

    /// Checks the invariants that hold between events.
    fn check_rest(&mut self) {
        let now = self.call.now;
        let deadline = self.call.call.poll_timeout();
        if self.finished {
            assert_eq!(deadline, None, "a deadline after the end");
            return;
        }
        let longest = LEAVE_WITHIN.max(ToolRule::default().within);
        if !self.owed.is_empty() {
            let deadline = deadline.expect("a pending result should have a deadline");
            assert!(
                deadline <= now + longest,
                "the deadline of a pending result is too late"
            );
        }
        match self.call.call.hang_up {
            Some(_) => {
                let since = *self.hang_up.get_or_insert(now);
                assert!(
                    now < since + LEAVE_WITHIN + HEARD_WITHIN,
                    "the agent does not leave in time"
                );
            }
            None => self.hang_up = None,
        }
        if let Some(since) = self.ending {
            assert!(now < since + END_WITHIN, "the call does not end in time");
        }
    }

    /// The reply in progress is interrupted: its tool calls must not be pending, unless they
    /// survive interruptions.
    pub(super) fn interrupt(&mut self) {
        let Some(open) = self.server.open.filter(|_| self.server.ready) else {
            return;
        };
        let name = self.server.replies[open - 1].clone();
        self.on(interrupted(&name));
        let mut owed = self.owed.values();
        let is_dropped = owed.all(|owed| owed.reply != open || owed.rule.survives_interruption);
        assert!(
            is_dropped || self.ending.is_some(),
            "{name} was interrupted"
        );
    }
}
