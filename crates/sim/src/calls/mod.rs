//! State of a session's tool calls: open calls, results, and when the agent may reply.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::messages;
use super::refusal::Refusal;

/// Default timeout of a tool call.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Duration of a tool that the server runs itself.
const SERVER_TOOL: Duration = Duration::from_millis(300);

/// Maximum number of remembered groups; beyond it the oldest is forgotten.
const MOST_GROUPS: usize = 64;

/// Maximum number of messages about the caller buffered during a hold.
const MOST_BUFFERED: usize = 64;

/// All tool calls of one session.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    /// Oldest first.
    groups: VecDeque<Group>,
    buffered: Vec<Value>,
}

/// Settings of a tool, from the session's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ToolSettings {
    pub(super) timeout: Duration,
    /// Whether the agent stays silent until the call is answered (`execution_mode = "hold"`).
    pub(super) holds: bool,
    /// Whether the server runs the tool itself.
    pub(super) is_servers: bool,
}

/// An accepted tool result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AcceptedResult {
    /// Whether it came before the `reply.done` of the reply that made the call.
    pub(super) is_early: bool,
}

/// What the agent replies to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All calls were answered; the results, joined with spaces.
    Answered(String),
    /// At least one call timed out.
    TimedOut,
}

/// The tool calls of one reply.
#[derive(Debug)]
struct Group {
    /// Id of the reply, or an internal one if there is no reply.
    id: String,
    calls: Vec<Call>,
    holds: bool,
    reply_is_done: bool,
    /// Interrupted, or already reported: no reply follows.
    is_over: bool,
    timed_out: bool,
    answers: Vec<String>,
}

#[derive(Debug)]
struct Call {
    id: String,
    /// When the call times out; `None` once it is answered or has timed out.
    open_until: Option<Instant>,
    is_servers: bool,
}

impl Default for ToolSettings {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            holds: false,
            is_servers: false,
        }
    }
}

impl ToolSettings {
    /// Settings of the tool `name` in a session's `tools`, or `None` if it is not among them.
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

impl ToolCalls {
    /// Opens a call in `reply` and returns the call's id.
    pub(super) fn open(&mut self, reply: &str, settings: ToolSettings, now: Instant) -> String {
        let id = messages::call_id();
        let limit = if settings.is_servers {
            SERVER_TOOL
        } else {
            settings.timeout
        };
        let call = Call {
            id: id.clone(),
            open_until: Some(now + limit),
            is_servers: settings.is_servers,
        };
        let group = self.group(reply);
        group.holds |= settings.holds;
        group.calls.push(call);
        id
    }

    /// Marks that the `reply.done` of this reply was sent.
    pub(super) fn reply_is_done(&mut self, reply: &str) {
        if let Some(group) = self.groups.iter_mut().find(|it| it.id == reply) {
            group.reply_is_done = true;
        }
    }

    /// Marks a reply as interrupted or cancelled: results are still accepted, but no reply follows.
    pub(super) fn forget(&mut self, reply: &str) {
        if let Some(group) = self.groups.iter_mut().find(|it| it.id == reply) {
            group.is_over = true;
        }
    }

    /// Accepts a client's tool result.
    pub(super) fn answer(&mut self, id: &str, result: &str) -> Result<AcceptedResult, Refusal> {
        let refuse = |why: &str| Err(Refusal::of("invalid_value", "call_id", why));
        let mut found = None;
        for group in &mut self.groups {
            if let Some(at) = group.calls.iter().position(|call| call.id == id) {
                found = Some((group, at));
            }
        }
        let Some((group, at)) = found else {
            return refuse("unknown call_id");
        };
        let call = &mut group.calls[at];
        if call.is_servers {
            return refuse("the server runs this tool itself");
        }
        if call.open_until.take().is_none() {
            return refuse("the call was already answered or has timed out");
        }
        group.answers.push(result.to_owned());
        Ok(AcceptedResult {
            is_early: !group.reply_is_done && !group.is_over,
        })
    }

    /// When the next call times out or the next tool of the server finishes.
    pub(super) fn due(&self) -> Option<Instant> {
        let calls = self.groups.iter().flat_map(|group| &group.calls);
        calls.filter_map(|call| call.open_until).min()
    }

    /// Closes calls whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        for group in &mut self.groups {
            for call in &mut group.calls {
                if call.open_until.take_if(|until| *until <= now).is_some() {
                    group.timed_out |= !call.is_servers;
                }
            }
        }
    }

    /// The outcome of a group whose calls are all closed; each group is returned once.
    pub(super) fn next_outcome(&mut self) -> Option<Outcome> {
        let group = self.groups.iter_mut().find(|group| group.is_complete())?;
        group.is_over = true;
        Some(match group.timed_out {
            true => Outcome::TimedOut,
            false => Outcome::Answered(group.answers.join(" ")),
        })
    }

    /// Whether the agent must stay silent until a tool has answered.
    pub(super) fn is_holding(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.holds && group.is_open())
    }

    /// Buffers a message about the caller until the hold ends.
    pub(super) fn buffer(&mut self, message: Value) {
        if self.buffered.len() < MOST_BUFFERED {
            self.buffered.push(message);
        }
    }

    /// The buffered messages, once no hold is active.
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
