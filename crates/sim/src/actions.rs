//! Runs the steps of scenarios when they are due.

use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::log::Entry;
use super::messages::{self, stamped};
use super::refusal::{POLICY, Refusal};
use super::scenario::{Action, Close, DueStep, Planned};
use super::session::Session;
use super::wire::{Flow, Wire};
use super::{clips, resumable_sessions};

/// Bytes in 10 ms of audio, and in a second.
const CHUNK: usize = 480;
const SECOND: f64 = 48_000.0;

impl Session {
    /// Runs steps at once or plans them for later.
    pub(super) async fn act(&mut self, due_steps: Vec<DueStep>) -> Flow {
        for due in due_steps {
            match due.step.after_ms {
                0 => self.act_now(&due).await?,
                wait => self.plan.add(wait, Planned::Act(due)),
            }
        }
        ControlFlow::Continue(())
    }

    /// Logs a step that runs for the first time in its session.
    pub(super) fn acted(&self, due: &DueStep) {
        if let Some(number) = due.first_run {
            self.log_writer.note(Entry::Acted(number));
        }
    }

    /// Runs a step at once.
    pub(super) async fn act_now(&mut self, due: &DueStep) -> Flow {
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
                self.plan.add(0, Planned::Interrupt);
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
            let message = "failed by a scenario";
            self.write_error(code, message).await?;
        }
        self.wire.close(close.code, &close.reason).await
    }

    /// Refuses a message with an error code from a scenario.
    pub(super) async fn reject(&mut self, code: &str) -> Flow {
        let message = format!("refused with {code} by a scenario");
        self.write_error(code, &message).await?;
        self.wire.close(POLICY, code).await
    }

    async fn write_error(&mut self, code: &str, message: &str) -> Flow {
        let mut error = messages::error(&Refusal::new("", message), self.known_id());
        error["code"] = code.into();
        self.wire.write(&stamped(error)).await
    }

    /// Stays silent until the simulator stops or another connection takes over the session.
    async fn hang(&mut self) -> Flow {
        tokio::select! {
            _ = self.stop.changed() => ControlFlow::Break("silent"),
            () = resumable_sessions::taken(self.hold.as_ref()) => ControlFlow::Break("taken over"),
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

/// Applies a change to the fields of a message.
pub(super) fn overwrite(message: &mut Value, change: &Action, wire: &Wire) {
    let Some(fields) = message.as_object_mut() else {
        return;
    };
    match change {
        Action::Set(set) => fields.extend(wire.filled(set)),
        Action::Remove(names) => fields.retain(|name, _| !names.contains(name)),
        _ => {}
    }
}

fn merged(message: Value, fields: Map<String, Value>) -> Value {
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
