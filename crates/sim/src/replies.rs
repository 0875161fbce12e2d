//! The agent's replies: starting, speaking and interrupting them.

use std::ops::ControlFlow;

use serde_json::Value;
use tokio::time::Instant;

use super::Reply;
use super::log::Entry;
use super::rejection::Refusal;
use super::session::{Flow, Session};
use super::speech_output::{Said, Utterance};
use super::voice::pitch_of;

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
        while self.planned_due().is_none_or(|at| at > now)
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
