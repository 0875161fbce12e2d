//! One WebSocket connection: a voice session from its first message to its end.

use std::ops::ControlFlow;

use parlor_common::clock;
use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message};

use super::actions::overwrite;
use super::credential::Credential;
use super::log::Entry;
use super::refusal::Refusal;
use super::scenario::{Action, DueStep, DueSteps, Planned};
use super::session::Session;
use super::wire::Flow;
use super::{messages, resumable_sessions, validate};

/// Runs a session until its connection ends, after the steps due at its start.
pub(super) async fn serve(mut session: Session, steps: Vec<DueStep>) -> Flow {
    session.act(steps).await?;
    session.run().await
}

impl Session {
    async fn run(&mut self) -> Flow {
        loop {
            let due = [
                self.ready_at,
                self.speech.due(),
                self.plan.due(),
                self.calls.due(),
                self.pending_speech_due(),
            ];
            let due = due.into_iter().flatten().min().map(Instant::into_std);
            tokio::select! {
                message = self.wire.next() => self.on_frame(message).await?,
                () = clock::at(due) => self.on_due().await?,
                () = resumable_sessions::taken(self.hold.as_ref()) => {
                    return ControlFlow::Break("taken over");
                }
                _ = self.stop.changed() => {
                    self.end().await?;
                    return ControlFlow::Break("the simulator stopped");
                }
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<tungstenite::Result<Message>>) -> Flow {
        match frame {
            Some(Ok(Message::Text(text))) => self.on_text(&text).await,
            Some(Ok(Message::Binary(_))) => {
                let refusal = Refusal::new("invalid_format", "binary frames are not supported");
                self.violated(&refusal).await
            }
            Some(Ok(Message::Close(_))) | None => {
                ControlFlow::Break("the client closed the connection")
            }
            Some(Ok(_)) => ControlFlow::Continue(()),
            Some(Err(_)) => ControlFlow::Break("the client disconnected"),
        }
    }

    async fn on_text(&mut self, text: &str) -> Flow {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        self.wire.took(&message, text).await;
        let kind = message["type"].as_str();
        let first = !std::mem::replace(&mut self.heard_text, true);
        // Only a valid credential lets a connection continue past its first message.
        if first && self.credential != Credential::Key && kind != Some("session.resume") {
            return self.refuse_and_close(&Refusal::unauthorized()).await;
        }
        let Some(kind) = kind else {
            let refusal = Refusal::new("invalid_format", "a message must be an object with a type");
            return self.violated(&refusal).await;
        };
        if kind != "input.audio" || !std::mem::replace(&mut self.heard_audio, true) {
            self.log_writer.note(Entry::Received(kind.to_owned()));
        }
        if kind == "session.resume" && !first {
            let refusal =
                Refusal::new("invalid_format", "session.resume must be the first message");
            return self.violated(&refusal).await;
        }
        self.hear(message).await
    }

    /// Handles a message of the client, unless a step changes that.
    async fn hear(&mut self, message: Value) -> Flow {
        let kind = message["type"].as_str().unwrap_or_default();
        let DueSteps {
            before,
            changes,
            after,
        } = self.progress.came(kind, &message);
        self.act(before).await?;
        if let Some(message) = self.changed(message, changes).await? {
            self.take(&message).await?;
        }
        self.act(after).await
    }

    /// Applies changes to a message of the client; returns the message to handle at once, if any.
    async fn changed(
        &mut self,
        mut message: Value,
        changes: Vec<DueStep>,
    ) -> ControlFlow<&'static str, Option<Value>> {
        let mut wait_ms = None;
        let mut is_heard = true;
        for due in &changes {
            self.acted(due);
            match &due.step.does {
                Action::Drop(_) => is_heard = false,
                Action::DelayMs(wait) => wait_ms = Some(*wait),
                Action::Reject(code) => self.reject(code).await?,
                does => overwrite(&mut message, does, &self.wire),
            }
        }
        if let Some(wait) = wait_ms.filter(|_| is_heard) {
            self.plan.add(wait, Planned::Take(message));
            return ControlFlow::Continue(None);
        }
        ControlFlow::Continue(is_heard.then_some(message))
    }

    /// Handles a message of the client.
    async fn take(&mut self, message: &Value) -> Flow {
        match message["type"].as_str().unwrap_or_default() {
            "session.update" => self.on_update(message).await,
            "session.end" => {
                self.end().await?;
                ControlFlow::Break("session.end")
            }
            "session.resume" => self.on_resume(message).await,
            kind if self.ready.is_none() => {
                let refusal =
                    Refusal::new("invalid_format", format!("{kind} before session.ready"));
                self.violated(&refusal).await
            }
            "input.audio" => self.on_audio(message).await,
            kind => match validate::command(kind, message) {
                Ok(()) => self.on_command(kind, message).await,
                Err(refusal) => self.violated(&refusal).await,
            },
        }
    }

    /// Handles due timers: ready, planned actions, tool timeouts, pending speech, reply audio.
    async fn on_due(&mut self) -> Flow {
        let now = Instant::now();
        if self.ready_at.is_some_and(|at| at <= now) {
            return self.begin().await;
        }
        self.act_on_planned(now).await?;
        if self.calls.due().is_some_and(|at| at <= now) {
            self.calls.expire(now);
            self.after_calls().await?;
        }
        if self.pending_speech_due().is_some_and(|at| at <= now)
            && let Some(entry) = self.pending_speech.take(now)
        {
            return self.say_pending(entry).await;
        }
        self.speak(now).await
    }

    /// Runs all planned actions that are due, in order.
    async fn act_on_planned(&mut self, now: Instant) -> Flow {
        for planned in self.plan.take(now) {
            match planned {
                Planned::Act(due) => self.act_now(&due).await?,
                Planned::Send(message) => {
                    self.is_out(&message);
                    self.wire.write(&message).await?;
                    self.after_calls().await?;
                }
                Planned::Take(message) => self.take(&message).await?,
                Planned::Interrupt => self.interrupt().await?,
            }
        }
        ControlFlow::Continue(())
    }

    async fn on_command(&mut self, kind: &str, message: &Value) -> Flow {
        match kind {
            "tool.result" => self.on_result(message).await,
            "reply.create" => self.on_create(message).await,
            "reply.cancel" => {
                let reply = message["reply_id"].as_str().unwrap_or_default();
                let Some(done) = self.speech.cancel(reply) else {
                    return ControlFlow::Continue(());
                };
                self.calls.forget(reply);
                self.send(done).await
            }
            // The real API accepts a `conversation.message` without any effect.
            _ => ControlFlow::Continue(()),
        }
    }

    async fn end(&mut self) -> Flow {
        if let Some(hold) = self.hold.take() {
            hold.end();
        }
        let seconds = self.opened.elapsed().as_secs_f64();
        self.send(messages::ended(seconds)).await?;
        match self.wire.close(1_000, "").await {
            ControlFlow::Break(_) | ControlFlow::Continue(()) => ControlFlow::Continue(()),
        }
    }
}
