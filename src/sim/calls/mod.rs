//! The tool calls of a session: what was called, what was answered, and when the agent goes on.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::messages;
use super::rejection::Refusal;

/// How long a tool has, unless the session says otherwise.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long a tool takes that the server runs itself.
const SERVER_TOOL: Duration = Duration::from_millis(300);

/// The most groups known; beyond it the oldest is forgotten.
const MOST_GROUPS: usize = 64;

/// The most messages about the caller that wait for the end of a hold.
const MOST_BUFFERED: usize = 64;

/// All calls of one session.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Oldest first.
    groups: VecDeque<Group>,
    buffered: Vec<Value>,
}

/// How a tool is called, as the session has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) timeout: Duration,
    /// The agent is silent until it is answered.
    pub(super) holds: bool,
    /// The server runs it.
    pub(super) is_servers: bool,
}

/// What a client's answer was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// It came before the reply that called was done.
    pub(super) is_early: bool,
}

/// What the agent has to say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These answers came.
    Answered(String),
    /// One did not come in time.
    TimedOut,
}

/// The calls of one reply.
#[derive(Debug)]
struct Group {
    /// The reply's id, or one that nobody sees.
    id: String,
    calls: Vec<Call>,
    holds: bool,
    reply_is_done: bool,
    /// Interrupted, or answered already: nothing follows.
    is_over: bool,
    timed_out: bool,
    answers: Vec<String>,
}

#[derive(Debug)]
struct Call {
    id: String,
    /// When it is given up; none when it is answered or given up.
    open_until: Option<Instant>,
    is_servers: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            holds: false,
            is_servers: false,
        }
    }
}

impl Terms {
    /// What a session's `tools` say of this one; none when it is not there.
    pub(super) fn of(asked: &Value, name: &str) -> Option<Self> {
        let tool = asked["tools"]
            .as_array()?
            .iter()
            .find(|it| it["name"] == name)?;
        let seconds = tool["timeout_seconds"].as_f64();
        Some(Self {
            timeout: seconds.map_or(TIMEOUT, Duration::from_secs_f64),
            holds: tool["execution_mode"] == "hold",
            is_servers: tool["http"].is_object(),
        })
    }
}

impl Calls {
    /// Opens a call of the reply; gives its id.
    pub(super) fn open(&mut self, reply: &str, terms: Terms, now: Instant) -> String {
        let id = messages::call_id();
        let limit = if terms.is_servers {
            SERVER_TOOL
        } else {
            terms.timeout
        };
        let call = Call {
            id: id.clone(),
            open_until: Some(now + limit),
            is_servers: terms.is_servers,
        };
        let group = self.group(reply);
        group.holds |= terms.holds;
        group.calls.push(call);
        id
    }

    /// The reply's `reply.done` was sent.
    pub(super) fn reply_is_done(&mut self, reply: &str) {
        if let Some(group) = self.groups.iter_mut().find(|it| it.id == reply) {
            group.reply_is_done = true;
        }
    }

    /// The reply was interrupted or cancelled: its answers are taken, and nothing follows.
    pub(super) fn forget(&mut self, reply: &str) {
        if let Some(group) = self.groups.iter_mut().find(|it| it.id == reply) {
            group.is_over = true;
        }
    }

    /// Takes a client's answer.
    pub(super) fn answer(&mut self, id: &str, result: &str) -> Result<Taken, Refusal> {
        let refuse = |why: &str| Err(Refusal::of("invalid_value", "call_id", why));
        let mut found = None;
        for group in &mut self.groups {
            if let Some(at) = group.calls.iter().position(|call| call.id == id) {
                found = Some((group, at));
            }
        }
        let Some((group, at)) = found else {
            return refuse("there is no such call");
        };
        let call = &mut group.calls[at];
        if call.is_servers {
            return refuse("the call is the server's own");
        }
        if call.open_until.take().is_none() {
            return refuse("the call was answered before, or given up");
        }
        group.answers.push(result.to_owned());
        Ok(Taken {
            is_early: !group.reply_is_done && !group.is_over,
        })
    }

    /// When a call is given up next, or a server's tool has finished.
    pub(super) fn due(&self) -> Option<Instant> {
        let calls = self.groups.iter().flat_map(|group| &group.calls);
        calls.filter_map(|call| call.open_until).min()
    }

    /// Gives up what was not answered in time.
    pub(super) fn expire(&mut self, now: Instant) {
        for group in &mut self.groups {
            for call in &mut group.calls {
                if call.open_until.take_if(|until| *until <= now).is_some() {
                    group.timed_out |= !call.is_servers;
                }
            }
        }
    }

    /// A group whose calls are all answered, once.
    pub(super) fn next_outcome(&mut self) -> Option<Outcome> {
        let group = self.groups.iter_mut().find(|group| group.is_complete())?;
        group.is_over = true;
        Some(match group.timed_out {
            true => Outcome::TimedOut,
            false => Outcome::Answered(group.answers.join(" ")),
        })
    }

    /// Whether the agent must be silent until a tool has answered.
    pub(super) fn is_holding(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.holds && group.is_open())
    }

    /// Keeps a message about the caller until the hold ends.
    pub(super) fn buffer(&mut self, message: Value) {
        if self.buffered.len() < MOST_BUFFERED {
            self.buffered.push(message);
        }
    }

    /// What was kept, once nothing is held.
    pub(super) fn take_buffered(&mut self) -> Vec<Value> {
        match self.is_holding() {
            true => Vec::new(),
            false => std::mem::take(&mut self.buffered),
        }
    }

    fn group(&mut self, reply: &str) -> &mut Group {
        let at = self.groups.iter().position(|it| it.id == reply);
        let at = at.unwrap_or_else(|| {
            if self.groups.len() >= MOST_GROUPS {
                self.groups.pop_front();
            }
            self.groups.push_back(Group::new(reply));
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }
}

impl Group {
    fn new(reply: &str) -> Self {
        Self {
            id: reply.to_owned(),
            calls: Vec::new(),
            holds: false,
            reply_is_done: false,
            is_over: false,
            timed_out: false,
            answers: Vec::new(),
        }
    }

    fn is_open(&self) -> bool {
        self.calls.iter().any(|call| call.open_until.is_some())
    }

    fn is_complete(&self) -> bool {
        self.reply_is_done && !self.is_over && !self.is_open()
    }
}
