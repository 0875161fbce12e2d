//! Refusals and errors that the simulator sends.

use super::log::Entry;
use super::messages;
use super::session::{Flow, Session};
use super::wire::stamped;

/// Close code of a refusal.
const POLICY: u16 = 1_008;

/// Why a message was refused: the fields of a `session.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) param: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
        }
    }

    pub(super) fn of(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(code, message)
        }
    }

    /// The credential is missing or invalid.
    pub(super) fn unauthorized() -> Self {
        Self::new("unauthorized", "Authentication failed")
    }
}

impl Session {
    pub(super) async fn violated(&mut self, refusal: &Refusal) -> Flow {
        self.log_writer
            .note(Entry::Violation(refusal.message.clone()));
        self.refuse(refusal).await
    }

    /// Errors in the first message are fatal.
    pub(super) async fn violated_at_first(&mut self, refusal: &Refusal) -> Flow {
        self.log_writer
            .note(Entry::Violation(refusal.message.clone()));
        self.refuse_and_close(refusal).await
    }

    pub(super) async fn refuse(&mut self, refusal: &Refusal) -> Flow {
        let message = messages::error(refusal, self.known_id());
        self.send(message).await
    }

    pub(super) async fn refuse_and_close(&mut self, refusal: &Refusal) -> Flow {
        self.refuse(refusal).await?;
        self.wire.close(POLICY, refusal.code).await
    }

    /// Refuses with an error code from a scenario.
    pub(super) async fn reject(&mut self, code: &str) -> Flow {
        let refusal = Refusal::new("", format!("refused with {code} by a scenario"));
        let mut message = messages::error(&refusal, self.known_id());
        message["code"] = code.into();
        self.wire.write(&stamped(message)).await?;
        self.wire.close(POLICY, code).await
    }

    /// The session's id, if the client knows it.
    pub(super) fn known_id(&self) -> Option<&str> {
        self.ready.map(|_| self.id.as_str())
    }
}
