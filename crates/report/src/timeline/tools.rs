//! Tool calls: one entry each, from the call to its answer.

use std::time::Duration;

use parlor_core::conversation::{Fact, ToolDropped};
use parlor_core::ids::ToolCallId;
use parlor_core::secret::Private;

use super::{TimelineBuilder, ms};
use crate::document::{Payload, Tool};

impl TimelineBuilder {
    /// Adds a fact about a tool call. Ignores other facts.
    pub(crate) fn tool(&mut self, at: Duration, fact: &Fact) {
        match fact {
            Fact::ToolCalled {
                call,
                name,
                arguments,
            } => {
                let arguments = self.payload(at, arguments);
                self.called(at, call, name, |tool| tool.arguments = arguments);
            }
            Fact::ToolAnswered {
                call,
                name,
                result,
                is_error,
                after,
            } => {
                let result = self.payload(at, result);
                self.of_call(at, call, name, |tool| {
                    tool.duration_ms = Some(ms(*after));
                    tool.is_error = Some(*is_error);
                    tool.result = result;
                });
            }
            // This call has no entry yet. An open call with the same ID is another one.
            Fact::ToolDropped {
                call,
                name,
                why: why @ (ToolDropped::AtServer | ToolDropped::Twice),
            } => {
                self.called(at, call, name, |tool| tool.dropped = Some(why.name()));
            }
            Fact::ToolDropped { call, name, why } => {
                self.of_call(at, call, name, |tool| tool.dropped = Some(why.name()));
            }
            _ => {}
        }
    }

    /// Changes the entry of an open tool call, or adds one if there is none.
    fn of_call(
        &mut self,
        at: Duration,
        call: &ToolCallId,
        name: &str,
        change: impl FnOnce(&mut Tool),
    ) {
        let mut tools = self.timeline.tools.iter_mut().rev();
        let open = tools.find(|tool| {
            tool.call == call.as_str() && tool.is_error.is_none() && tool.dropped.is_none()
        });
        match open {
            Some(tool) => change(tool),
            None => self.called(at, call, name, change),
        }
    }

    fn called(
        &mut self,
        at: Duration,
        call: &ToolCallId,
        name: &str,
        change: impl FnOnce(&mut Tool),
    ) {
        if !self.has_room(at, call.as_str().len() + name.len()) {
            return;
        }
        let mut tool = Tool {
            call: call.as_str().to_owned(),
            name: name.to_owned(),
            start_ms: ms(at),
            duration_ms: None,
            is_error: None,
            dropped: None,
            arguments: None,
            result: None,
        };
        change(&mut tool);
        self.timeline.tools.push(tool);
    }

    fn payload(&mut self, at: Duration, text: &Private<String>) -> Option<Payload> {
        let text = text.reveal();
        let is_kept = self.payloads && self.has_room(at, text.len());
        is_kept.then(|| Payload(self.redactor.json(text)))
    }
}
