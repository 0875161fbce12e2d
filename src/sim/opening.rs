//! How a session opens: its first update or its resumption, then ready, and a greeting if it is new.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::handshake::Credential;
use super::kept::{self, Hold, Identity};
use super::log::{Asked, Entry};
use super::refuse::Refusal;
use super::session::{Flow, Session, epoch};
use super::voice::Speech;
use super::{Fault, clips, messages, validate};

/// From `session.updated` to `session.ready`.
const READY_AFTER: Duration = Duration::from_millis(17);

/// How far a session's end is announced to lie ahead, in seconds.
const EXPIRES_IN: u64 = 3_595;

impl Session {
    pub(super) async fn on_update(&mut self, message: &Value) -> Flow {
        let first = self.asked.is_null();
        if let Err(refusal) = validate::session(&message["session"], first) {
            return match first {
                true => self.violated_at_first(&refusal).await,
                false => self.violated(&refusal).await,
            };
        }
        for fault in &self.options.clone().faults {
            match fault {
                Fault::Reject(code) if first => {
                    let refusal = Refusal::new("", format!("told to refuse with {code}"));
                    return self.reject(code, &refusal).await;
                }
                Fault::NeverReady => return ControlFlow::Continue(()),
                _ => {}
            }
        }
        merge(&mut self.asked, &message["session"]);
        if let Some(hold) = &self.hold {
            hold.note(&self.asked);
        }
        if first {
            self.pen.asked(Asked::of(&self.asked));
            self.ready_at = Some(Instant::now() + READY_AFTER);
        }
        let config = messages::config(&self.id, &self.asked);
        self.send(messages::updated(&config)).await
    }

    /// Takes up a session that another connection had; `first` when nothing was said before.
    pub(super) async fn on_resume(&mut self, message: &Value, first: bool) -> Flow {
        if !first {
            let refusal =
                Refusal::new("invalid_format", "session.resume must be the first message");
            return self.violated(&refusal).await;
        }
        if let Err(refusal) = validate::command("session.resume", message) {
            return self.violated_at_first(&refusal).await;
        }
        let id = message["session_id"].as_str().unwrap_or_default();
        match self.find(id) {
            Ok((identity, hold)) => {
                self.pen.note(Entry::Resumed);
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
            _ if self.options.faults.contains(&Fault::NoResume) => Err(kept::not_found()),
            // As measured: the key opens sessions and resumes none.
            Credential::Key => Err(kept::not_found()),
            Credential::Other(token) => self.kept.resume(id, token),
        }
    }

    /// Begins a session that was asked for.
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
        let expires_at = epoch().as_secs() + EXPIRES_IN;
        let ready = messages::ready(&config, &self.id, hold.token(), expires_at);
        self.hold = Some(hold);
        self.send(ready).await?;
        self.misbehave().await
    }

    async fn greet(&mut self) -> Flow {
        let Some(greeting) = self.asked["greeting"].as_str() else {
            return ControlFlow::Continue(());
        };
        let clip = clips::find("greeting").expect("the greeting is shipped");
        let mut samples = clip.samples();
        if self.options.faults.contains(&Fault::BurstMinute) {
            let long = clips::find("caller-long")
                .expect("the long clip is shipped")
                .samples();
            samples.extend(long.iter().cycle().take(60 * 24_000));
        }
        let speech = Speech::new(&samples, greeting);
        self.say(speech).await
    }
}

/// Puts the fields of an update over what was asked for before; nested objects are replaced.
fn merge(asked: &mut Value, update: &Value) {
    if asked.is_null() {
        *asked = update.clone();
    } else if let (Some(asked), Some(update)) = (asked.as_object_mut(), update.as_object()) {
        asked.extend(update.clone());
    }
}
