//! Tool calls of a session: making them, and accepting their results.

use std::ops::ControlFlow;

use parlor_core::secret::Private;
use serde_json::Value;
use tokio::time::Instant;

use super::calls::ToolSettings;
use super::log::Entry;
use super::messages;
use super::scenario::ToolCall;
use super::session::Session;
use super::wire::Flow;

impl Session {
    /// The tool call that the rules demand in this turn.
    pub(super) fn ruled(&self, words: &str) -> Option<Vec<ToolCall>> {
        let mut rules = self.options.tool_rules.iter();
        let rule = rules.find(|rule| rule.fits(words, self.turns))?;
        ToolSettings::of(&self.asked, &rule.name)?;
        Some(vec![ToolCall {
            name: rule.name.clone(),
            arguments: rule.arguments.clone(),
            says: None,
            server: false,
        }])
    }

    /// Calls one tool as part of `reply`.
    pub(super) async fn call_in(&mut self, reply: &str, call: ToolCall) -> Flow {
        let settings = self.tool_settings(&call);
        let id = self.calls.open(reply, settings, Instant::now());
        self.log_writer.note(Entry::ToolCalled {
            name: call.name.clone(),
        });
        self.send(messages::tool_call(&id, &call.name, &call.arguments))
            .await
    }

    /// Handles a valid `tool.result`.
    pub(super) async fn on_result(&mut self, message: &Value) -> Flow {
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        match self.calls.answer(text("call_id"), text("result")) {
            Ok(accepted) => {
                let is_error = message["is_error"].as_bool().unwrap_or_default();
                self.log_writer
                    .answered(Private::new(text("result").to_owned()));
                self.log_writer.note(Entry::ToolAnswered { is_error });
                if accepted.is_early {
                    self.log_writer.note(Entry::EarlyResult);
                }
                self.after_calls().await
            }
            // The API's documentation does not say what happens to tool calls when a session is
            // resumed.
            Err(refusal) if self.was_resumed => self.refuse(&refusal).await,
            Err(refusal) => self.violated(&refusal).await,
        }
    }

    /// Queues replies to tool results, and sends messages after a hold.
    pub(super) async fn after_calls(&mut self) -> Flow {
        while let Some(outcome) = self.calls.next_outcome() {
            self.pending_speech.report(outcome);
        }
        for message in self.calls.take_buffered() {
            self.send(message).await?;
        }
        ControlFlow::Continue(())
    }

    /// Settings of the tool of a call.
    pub(super) fn tool_settings(&self, call: &ToolCall) -> ToolSettings {
        let settings = ToolSettings::of(&self.asked, &call.name).unwrap_or_default();
        ToolSettings {
            is_servers: settings.is_servers || call.server,
            ..settings
        }
    }
}
