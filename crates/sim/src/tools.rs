//! Tool calls of a session: making them, accepting their results, and replying to these.

use std::ops::ControlFlow;

use parlor_core::secret::Private;
use serde_json::Value;
use tokio::time::Instant;

use super::calls::{Outcome, ToolSettings};
use super::log::Entry;
use super::pending_speech::PendingEntry;
use super::scenario::ToolCall;
use super::session::{Flow, Session};
use super::speech_output::Utterance;
use super::voice::Speech;
use super::{Reply, clips, messages};

/// Samples of silence in a reply that only calls tools: 400 ms, plus the lead of every reply.
const SILENCE: usize = 9_600;

/// Maximum number of characters of tool results that the agent says.
const MOST_SAID: usize = 300;

/// What the agent says when a tool timed out.
const APOLOGY: &str = "I am sorry, that did not work.";

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

    /// Calls tools in a separate reply, or without one if any of them holds.
    pub(super) async fn call(&mut self, calls: Vec<ToolCall>) -> Flow {
        if calls.iter().any(|call| self.tool_settings(call).holds) {
            let group = messages::id("resp");
            for call in calls {
                self.call_in(&group, call).await?;
            }
            self.calls.reply_is_done(&group);
            return ControlFlow::Continue(());
        }
        let says = calls.iter().find_map(|call| call.says.as_deref());
        let speech = match says {
            Some(text) => Speech::new(&clip("answer-sorry"), text),
            None => Speech::new(&[0; SILENCE], ""),
        };
        self.say(Utterance {
            speech,
            calls: calls.into(),
            is_greeting: false,
        })
        .await
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

    /// When pending speech is due: only while neither the agent nor the caller speaks.
    pub(super) fn pending_speech_due(&self) -> Option<Instant> {
        let is_free = !self.speech.is_speaking() && self.voice_activity.speaking_for().is_none();
        let is_ready = self.ready.is_some();
        self.pending_speech.due().filter(|_| is_ready && is_free)
    }

    /// Says or does one pending entry.
    pub(super) async fn say_pending(&mut self, entry: PendingEntry) -> Flow {
        let speech = match entry {
            PendingEntry::Calls(calls) => return self.call(calls).await,
            PendingEntry::Asked(instructions) => self.answer(&[], &instructions),
            PendingEntry::Outcome(Outcome::TimedOut) => Speech::new(&clip("answer-sorry"), APOLOGY),
            PendingEntry::Outcome(Outcome::Answered(words)) => self.outcome(&words),
        };
        self.say(speech.into()).await
    }

    /// The reply to tool results.
    fn outcome(&mut self, words: &str) -> Speech {
        let last = std::mem::take(&mut self.last_words);
        let mut speech = match self.options.reply {
            Reply::Script => self.answer(&[], &last),
            Reply::Parrot => {
                let said: String = words.chars().take(MOST_SAID).collect();
                Speech::new(&clip("answer-table"), &said)
            }
        };
        if speech.text.is_empty() {
            speech = self.answer(&[], &last);
        }
        self.last_words = last;
        speech
    }

    fn tool_settings(&self, call: &ToolCall) -> ToolSettings {
        let settings = ToolSettings::of(&self.asked, &call.name).unwrap_or_default();
        ToolSettings {
            is_servers: settings.is_servers || call.server,
            ..settings
        }
    }
}

fn clip(name: &str) -> Vec<i16> {
    clips::find(name).expect("the clip is bundled").samples()
}
