//! Tracks the actions of a call and checks the invariants.

use std::collections::HashSet;

use parlor_core::conversation::{
    Action, AgentCommand, AgentState, Background, Conversation, Event, Fact,
};

#[derive(Default)]
pub(crate) struct Seen {
    connected: bool,
    ready: bool,
    ending: bool,
    held: bool,
    background: Background,
    finished: bool,
    /// Tool calls that were reported and neither answered nor dropped.
    owed: HashSet<String>,
    running: HashSet<String>,
}

impl Seen {
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::AgentLost(_) => self.cut(),
            Event::ToolDone { call, .. } => {
                self.running.remove(call.as_str());
            }
            _ => {}
        }
    }

    /// Takes all actions and checks them, without performing any.
    pub(crate) fn see(&mut self, call: &mut Conversation) {
        while let Some(action) = call.poll_action() {
            assert!(!self.finished, "{action:?} after the end");
            self.action(action);
        }
        let waits = self.ending
            || self.held
            || self.connected && !self.ready
            || !self.owed.is_empty()
            || matches!(call.state(), AgentState::Thinking | AgentState::Speaking);
        let deadline = call.poll_timeout();
        match self.finished {
            true => assert_eq!(deadline, None, "a deadline after the end"),
            false => assert!(!waits || deadline.is_some(), "waits for ever"),
        }
    }

    fn action(&mut self, action: Action) {
        match action {
            Action::ConnectAgent | Action::ResumeAgent(_) => {
                assert!(!self.ending, "connects while the call ends");
                self.connected = true;
            }
            Action::CloseAgent => self.cut(),
            Action::SendAgent(AgentCommand::EndSession) => self.ending = true,
            Action::PausePlayout => self.held = true,
            Action::ResumePlayout => self.held = false,
            Action::Background(background) => {
                assert_ne!(background, self.background, "told twice");
                self.background = background;
            }
            Action::RunTool { call, .. } => {
                assert!(self.running.insert(call.to_string()), "{call} runs twice");
            }
            Action::CancelTool(call) => {
                assert!(self.running.remove(call.as_str()), "{call} does not run");
            }
            Action::Observe(fact) => self.observe(&fact),
            Action::Finish(_) => {
                assert!(self.owed.is_empty() && self.running.is_empty(), "owed");
                assert_eq!(self.background, Background::Silence, "heard after the end");
                self.finished = true;
            }
            _ => {}
        }
    }

    fn observe(&mut self, fact: &Fact) {
        use parlor_core::conversation::ToolDropped::{AtServer, Twice};
        match fact {
            Fact::SessionReady { .. } => self.ready = true,
            Fact::SessionRotated => self.ending = false,
            Fact::ToolCalled { call, .. } => {
                assert!(self.owed.insert(call.to_string()), "{call} is owed twice");
            }
            Fact::ToolDropped {
                why: AtServer | Twice,
                ..
            } => {}
            Fact::ToolAnswered { call, .. } | Fact::ToolDropped { call, .. } => {
                assert!(self.owed.remove(call.as_str()), "{call} is not owed");
            }
            _ => {}
        }
    }

    fn cut(&mut self) {
        self.connected = false;
        self.ready = false;
    }
}
