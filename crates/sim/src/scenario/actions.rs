//! Runs the steps of scenarios when they are due.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Action, Close, DueStep};
use crate::log::Entry;
use crate::rejection::Refusal;
use crate::session::{self, Flow, Session};
use crate::wire::stamped;
use crate::{clips, messages};

/// Maximum number of planned actions; more are dropped.
const MOST_PLANNED: usize = 100_000;

/// Bytes in 10 ms of audio, and in a second.
const CHUNK: usize = 480;
const SECOND: f64 = 48_000.0;

/// A planned action.
pub(crate) enum Planned {
    /// Runs a step.
    Act(DueStep),
    /// Sends a message.
    Send(Value),
    /// Handles a message of the client.
    Take(Value),
    /// Interrupts the reply.
    Interrupt,
}

impl Session {
    /// Runs steps at once or plans them for later.
    pub(crate) async fn act(&mut self, due_steps: Vec<DueStep>) -> Flow {
        for due in due_steps {
            match due.step.after_ms {
                0 => self.act_now(&due).await?,
                wait => self.plan(wait, Planned::Act(due)),
            }
        }
        ControlFlow::Continue(())
    }

    /// When the next planned action is due.
    pub(crate) fn planned_due(&self) -> Option<Instant> {
        self.planned.iter().map(|(at, _)| *at).min()
    }

    /// Runs all due actions in order.
    pub(crate) async fn act_on_planned(&mut self, now: Instant) -> Flow {
        let mut due: Vec<_> = self.planned.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (_, planned) in due {
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

    pub(crate) fn plan(&mut self, wait_ms: u64, planned: Planned) {
        if self.planned.len() < MOST_PLANNED {
            let at = Instant::now() + Duration::from_millis(wait_ms);
            self.planned.push((at, planned));
        } else {
            tracing::warn!("too many planned actions: one was dropped");
        }
    }

    /// Called once a message will not be delayed any further.
    pub(crate) fn is_out(&mut self, message: &Value) {
        if message["type"] == "reply.done" {
            let reply = message["reply_id"].as_str().unwrap_or_default();
            self.calls.reply_is_done(reply);
        }
    }

    /// Logs a step that runs for the first time in its session.
    pub(crate) fn acted(&self, due: &DueStep) {
        if let Some(number) = due.first_run {
            self.log_writer.note(Entry::Acted(number));
        }
    }

    async fn act_now(&mut self, due: &DueStep) -> Flow {
        self.acted(due);
        match &due.step.does {
            Action::Send(fields) => {
                let message = stamped(json!({}));
                let message = merged(message, self.wire.filled(fields));
                self.wire.write(&message).await
            }
            Action::Text(text) => self.wire.write_text(text).await,
            Action::Tool(calls) => {
                self.pending_speech.call(calls.clone());
                ControlFlow::Continue(())
            }
            Action::Interrupt(_) => {
                self.plan(0, Planned::Interrupt);
                ControlFlow::Continue(())
            }
            Action::Close(close) => self.close_as(close).await,
            Action::Cut(_) => self.wire.cut().await,
            Action::Hang(_) => self.hang().await,
            Action::AudioS(seconds) => self.burst(*seconds).await,
            Action::LongerS(seconds) => {
                self.speech.lengthen(&filler(*seconds));
                ControlFlow::Continue(())
            }
            // These apply to the message itself.
            Action::Drop(_)
            | Action::DelayMs(_)
            | Action::Set(_)
            | Action::Remove(_)
            | Action::Repeat(_)
            | Action::Swap(_)
            | Action::Refuse(_)
            | Action::Reject(_) => ControlFlow::Continue(()),
        }
    }

    async fn close_as(&mut self, close: &Close) -> Flow {
        if let Some(code) = &close.error {
            let refusal = Refusal::new("", "failed by a scenario");
            let mut message = messages::error(&refusal, self.known_id());
            message["code"] = code.as_str().into();
            self.wire.write(&stamped(message)).await?;
        }
        self.wire.close(close.code, &close.reason).await
    }

    /// Stays silent until the simulator stops or another connection takes over the session.
    async fn hang(&mut self) -> Flow {
        tokio::select! {
            _ = self.stop.changed() => ControlFlow::Break("silent"),
            () = session::taken(self.hold.as_ref()) => ControlFlow::Break("taken over"),
        }
    }

    async fn burst(&mut self, seconds: f64) -> Flow {
        let reply = self.wire.last_reply().to_owned();
        for chunk in filler(seconds).chunks(CHUNK) {
            let message = messages::audio(&reply, chunk);
            self.wire.write(&stamped(message)).await?;
        }
        ControlFlow::Continue(())
    }
}

fn merged(message: Value, fields: serde_json::Map<String, Value>) -> Value {
    let mut all = message.as_object().cloned().unwrap_or_default();
    all.extend(fields);
    Value::Object(all)
}

/// Returns `seconds` of speech, as bytes.
fn filler(seconds: f64) -> Vec<u8> {
    let clip = clips::find("caller-long").expect("the long clip is bundled");
    let bytes: Vec<_> = clip
        .samples()
        .iter()
        .flat_map(|it| it.to_le_bytes())
        .collect();
    let length = (seconds * SECOND) as usize / 2 * 2;
    bytes.iter().copied().cycle().take(length).collect()
}
