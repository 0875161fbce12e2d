//! Opening of a session: its first update or its resumption, ready, and the greeting of a new
//! session.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::credential::Credential;
use super::log::{Entry, SessionRequest};
use super::refusal::Refusal;
use super::resumable_sessions::{self, Hold, Identity};
use super::session::Session;
use super::speech_output::Utterance;
use super::voice::Speech;
use super::wire::Flow;
use super::{clips, messages, validate};

/// Time from `session.updated` to `session.ready`.
const READY_AFTER: Duration = Duration::from_millis(17);

/// Announced lifetime of a session.
const EXPIRES_IN: Duration = Duration::from_secs(3_595);

impl Session {
    pub(super) async fn on_update(&mut self, message: &Value) -> Flow {
        let first = self.asked.is_null();
        let update = match self.checked(&message["session"], first) {
            Ok(update) => update,
            Err(refusal) => {
                return match first {
                    true => self.violated_at_first(&refusal).await,
                    false => self.violated(&refusal).await,
                };
            }
        };
        merge(&mut self.asked, update);
        if let Some(hold) = &self.hold {
            hold.note(&self.asked);
        }
        self.log_writer
            .prompted(self.asked["system_prompt"].as_str().unwrap_or_default());
        if !first {
            self.log_writer.note(Entry::Changed);
        }
        if first {
            let request = SessionRequest::of(&self.asked);
            tracing::info!(voice = request.voice, "a client opens a session");
            self.log_writer.session_request(request);
            self.ready_at = Some(Instant::now() + READY_AFTER);
        }
        let config = messages::config(&self.id, &self.asked);
        self.send(messages::updated(&config)).await
    }

    /// Validates an update and returns its configuration, or that of the stored agent it names.
    fn checked(&self, session: &Value, first: bool) -> Result<Value, Refusal> {
        validate::session(session, first)?;
        let Some(id) = session["agent_id"].as_str() else {
            return Ok(session.clone());
        };
        let configured = self.options.scenarios.iter().flat_map(|it| &it.agents);
        let stored = self
            .options
            .agents
            .iter()
            .chain(configured)
            .find(|it| it.id == id);
        let unknown = || Refusal::of("agent_not_found", "agent_id", "no such agent");
        stored.map(|agent| agent.config.clone()).ok_or_else(unknown)
    }

    /// Resumes a session that another connection had.
    pub(super) async fn on_resume(&mut self, message: &Value) -> Flow {
        if let Err(refusal) = validate::command("session.resume", message) {
            return self.violated_at_first(&refusal).await;
        }
        let id = message["session_id"].as_str().unwrap_or_default();
        match self.find(id) {
            Ok((identity, hold)) => {
                self.log_writer.note(Entry::Resumed);
                self.was_resumed = true;
                self.id = identity.id;
                self.asked = identity.asked;
                self.opened = identity.opened;
                self.on_ready(hold).await
            }
            Err(refusal) => self.refuse_and_close(&refusal).await,
        }
    }

    fn find(&self, id: &str) -> Result<(Identity, Hold), Refusal> {
        match &self.credential {
            Credential::Missing => Err(Refusal::unauthorized()),
            // As measured, the key opens sessions but resumes none.
            Credential::Key => Err(resumable_sessions::not_found()),
            Credential::Other(token) => self.kept.resume(id, token),
        }
    }

    /// Starts a requested session.
    pub(super) async fn begin(&mut self) -> Flow {
        let hold = self.kept.keep(Identity {
            id: self.id.clone(),
            asked: self.asked.clone(),
            opened: self.opened,
        });
        self.on_ready(hold).await?;
        self.greet().await
    }

    async fn on_ready(&mut self, hold: Hold) -> Flow {
        self.ready_at = None;
        self.ready = Some(Instant::now());
        let config = messages::config(&self.id, &self.asked);
        let ready = messages::ready(&config, &self.id, hold.token(), EXPIRES_IN);
        self.hold = Some(hold);
        self.send(ready).await
    }

    async fn greet(&mut self) -> Flow {
        let Some(greeting) = self.asked["greeting"].as_str() else {
            return ControlFlow::Continue(());
        };
        let clip = clips::find("greeting").expect("the greeting is a bundled clip");
        self.say(Utterance {
            is_greeting: true,
            ..Speech::new(&clip.samples(), greeting).into()
        })
        .await
    }
}

/// Merges an update into the configuration: field by field at the top level and within `input` and
/// `output`; deeper values are replaced as a whole.
fn merge(asked: &mut Value, update: Value) {
    let (Some(asked), Value::Object(update)) = (asked.as_object_mut(), &update) else {
        *asked = update;
        return;
    };
    for (name, value) in update {
        match (asked.get_mut(name), value) {
            (Some(Value::Object(before)), Value::Object(now)) => before.extend(now.clone()),
            _ => {
                asked.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_update_only_changes_the_fields_it_contains() {
        let mut asked = Value::Null;
        merge(
            &mut asked,
            json!({"system_prompt": "a", "tools": [1], "output": {"voice": "eve", "volume": 9},
                "input": {"turn_detection": {"min_silence": 100, "max_silence": 200}}}),
        );
        merge(
            &mut asked,
            json!({"tools": [], "output": {"volume": 5},
                "input": {"turn_detection": {"vad_threshold": 1}}}),
        );
        assert_eq!(
            asked,
            json!({"system_prompt": "a", "tools": [], "output": {"voice": "eve", "volume": 5},
                "input": {"turn_detection": {"vad_threshold": 1}}})
        );
    }
}
