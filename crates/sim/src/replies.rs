//! The agent's replies: what they say, and starting, speaking and interrupting them.

use std::ops::ControlFlow;

use serde_json::Value;
use tokio::time::Instant;

use super::calls::Outcome;
use super::log::Entry;
use super::options::Reply;
use super::pending_speech::PendingEntry;
use super::refusal::Refusal;
use super::scenario::ToolCall;
use super::session::Session;
use super::speech_output::{Said, Utterance};
use super::voice::{Speech, pitch_of};
use super::wire::Flow;
use super::{clips, messages};

/// Samples of silence in a reply that only calls tools: 400 ms, plus the lead of every reply.
const SILENCE: usize = 9_600;

/// Maximum number of characters of tool results that the agent says.
const MOST_SAID: usize = 300;

/// What the agent says when a tool timed out.
const APOLOGY: &str = "I am sorry, that did not work.";

impl Session {
    /// Handles `reply.create`: replies at once, in place of the greeting, or after the current
    /// reply.
    pub(super) async fn on_create(&mut self, message: &Value) -> Flow {
        let instructions = message["instructions"].as_str().unwrap_or_default();
        if self.speech.is_greeting() {
            self.break_off().await?;
        }
        if self.speech.is_speaking() {
            if self.pending_speech.ask(instructions.to_owned()) {
                return ControlFlow::Continue(());
            }
            let refusal = Refusal::new("invalid_value", "too many pending replies");
            return self.violated(&refusal).await;
        }
        let speech = self.answer(&[], instructions);
        self.say(speech.into()).await
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

    /// The answer to a turn, or to instructions that quote one.
    pub(super) fn answer(&mut self, samples: &[i16], text: &str) -> Speech {
        // A parrot without audio to repeat falls back to the script.
        if self.options.reply == Reply::Parrot && !samples.is_empty() {
            return Speech::new(samples, text);
        }
        let topic = clips::all()
            .iter()
            .filter(|clip| text.contains(clip.words))
            .find_map(|clip| clip.name.strip_prefix("caller-"));
        let fitting = topic.and_then(|topic| match topic {
            "stop" => clips::find("answer-sorry"),
            topic => clips::find(&format!("answer-{topic}")),
        });
        let clip = fitting.unwrap_or_else(|| {
            let answers = clips::all()
                .iter()
                .filter(|clip| clip.name.starts_with("answer-"));
            let answers: Vec<_> = answers.collect();
            self.next_answer += 1;
            answers[(self.next_answer - 1) % answers.len()]
        });
        Speech::new(&clip.samples(), clip.words)
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

    /// Sends `input.speech.started` and interrupts the current reply, if there is one.
    pub(super) async fn interrupt(&mut self) -> Flow {
        if self.speech.is_speaking() {
            self.log_writer.note(Entry::BargeIn);
        }
        self.send(messages::speech("started")).await?;
        self.break_off().await
    }

    /// Interrupts the current reply.
    pub(super) async fn break_off(&mut self) -> Flow {
        let Some((reply, messages)) = self.speech.interrupt() else {
            return ControlFlow::Continue(());
        };
        self.calls.forget(&reply);
        for message in messages {
            self.send(message).await?;
        }
        ControlFlow::Continue(())
    }

    pub(super) async fn say(&mut self, mut utterance: Utterance) -> Flow {
        utterance.speech.change_pitch(self.pitch());
        let started = self.speech.start(Instant::now(), utterance);
        self.send(started).await?;
        self.speak(Instant::now()).await
    }

    /// Pitch of the voice relative to the clips; a parrot keeps the voice it repeats.
    fn pitch(&self) -> f64 {
        let voice = self.asked.pointer("/output/voice").and_then(Value::as_str);
        match self.options.reply {
            Reply::Parrot => 1.0,
            Reply::Script => voice.map_or(1.0, pitch_of),
        }
    }

    /// Sends the part of the reply that is due.
    pub(super) async fn speak(&mut self, now: Instant) -> Flow {
        // A planned interruption takes precedence.
        while self.plan.due().is_none_or(|at| at > now)
            && let Some(said) = self.speech.next(now)
        {
            match said {
                Said::Message(message) => self.send(message).await?,
                Said::Call(reply, call) => self.call_in(&reply, call).await?,
                Said::Done(done) => {
                    self.send(done).await?;
                    self.log_writer.note(Entry::Replied);
                    self.after_calls().await?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn clip(name: &str) -> Vec<i16> {
    clips::find(name).expect("the clip is bundled").samples()
}
