//! Messages to the client, as scenarios change them; refusals among them.

use std::ops::ControlFlow;

use serde_json::Value;

use super::actions::overwrite;
use super::log::Entry;
use super::messages::{self, stamped};
use super::refusal::{POLICY, Refusal};
use super::scenario::{Action, DueStep, DueSteps, Planned};
use super::session::Session;
use super::wire::Flow;

impl Session {
    /// Sends a message, unless a step changes that.
    pub(super) async fn send(&mut self, message: Value) -> Flow {
        let message = stamped(message);
        let due_steps = self.progress.sent(&message);
        if due_steps.is_empty() {
            self.is_out(&message);
            return self.wire.write(&message).await;
        }
        self.wire.know(&message);
        let DueSteps {
            before,
            changes,
            after,
        } = due_steps;
        self.act(before).await?;
        self.send_changed(message, changes).await?;
        self.act(after).await
    }

    /// Triggers steps on a moment; returns whether the moment takes place.
    pub(super) async fn moment(&mut self, name: &str) -> ControlFlow<&'static str, bool> {
        let due_steps = self.progress.came(name, &Value::Null);
        let comes = due_steps.changes.is_empty();
        due_steps.changes.iter().for_each(|due| self.acted(due));
        self.act(due_steps.after).await?;
        ControlFlow::Continue(comes)
    }

    async fn send_changed(&mut self, mut message: Value, changes: Vec<DueStep>) -> Flow {
        let original = message.clone();
        let (mut copies, mut wait_ms, mut behind, mut is_sent) = (1, None, false, true);
        for due in &changes {
            self.acted(due);
            match &due.step.does {
                Action::Drop(_) => is_sent = false,
                Action::DelayMs(wait) => wait_ms = Some(*wait),
                Action::Repeat(more) => copies += more,
                Action::Swap(_) => behind = true,
                does => overwrite(&mut message, does, &self.wire),
            }
        }
        if let Some(wait) = wait_ms.filter(|_| is_sent) {
            (0..copies).for_each(|_| self.plan.add(wait, Planned::Send(message.clone())));
            return ControlFlow::Continue(());
        }
        self.is_out(&original);
        if behind && is_sent {
            return self.wire.hold_back(message).await;
        }
        for _ in (0..copies).filter(|_| is_sent) {
            self.wire.write(&message).await?;
        }
        ControlFlow::Continue(())
    }

    /// Called once a message will not be delayed any further.
    pub(super) fn is_out(&mut self, message: &Value) {
        if message["type"] == "reply.done" {
            let reply = message["reply_id"].as_str().unwrap_or_default();
            self.calls.reply_is_done(reply);
        }
    }

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
}
