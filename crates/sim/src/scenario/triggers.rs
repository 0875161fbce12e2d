//! Triggers steps of scenarios on messages and moments.

use std::ops::ControlFlow;

use serde_json::Value;

use super::actions::Planned;
use super::{Action, DueStep, DueSteps};
use crate::session::{Flow, Session};
use crate::wire::stamped;

impl Session {
    /// Sends a message, unless a step changes that.
    pub(crate) async fn send(&mut self, message: Value) -> Flow {
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

    /// Handles a message of the client, unless a step changes that.
    pub(crate) async fn hear(&mut self, message: Value) -> Flow {
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

    /// Triggers steps on a moment; returns whether the moment takes place.
    pub(crate) async fn moment(&mut self, name: &str) -> ControlFlow<&'static str, bool> {
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
                does => self.overwrite(&mut message, does),
            }
        }
        if let Some(wait) = wait_ms.filter(|_| is_sent) {
            (0..copies).for_each(|_| self.plan(wait, Planned::Send(message.clone())));
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
                does => self.overwrite(&mut message, does),
            }
        }
        if let Some(wait) = wait_ms.filter(|_| is_heard) {
            self.plan(wait, Planned::Take(message));
            return ControlFlow::Continue(None);
        }
        ControlFlow::Continue(is_heard.then_some(message))
    }

    fn overwrite(&self, message: &mut Value, does: &Action) {
        let Some(fields) = message.as_object_mut() else {
            return;
        };
        match does {
            Action::Set(set) => fields.extend(self.wire.filled(set)),
            Action::Remove(names) => fields.retain(|name, _| !names.contains(name)),
            _ => {}
        }
    }
}
