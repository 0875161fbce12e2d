//! Tracks which steps of the scenarios are due in a session.

use std::sync::Arc;

use serde_json::Value;

use super::format::{Action, Step};

/// In `when`: matches any value that is not null.
const ANY: &str = "$any";

/// The steps for one session, and their progress.
#[derive(Debug)]
pub(crate) struct Progress {
    steps: Vec<StepProgress>,
}

#[derive(Debug)]
struct StepProgress {
    index: usize,
    step: Arc<Step>,
    /// Number of matching events so far.
    seen: u64,
    has_run: bool,
}

/// A step that is due.
#[derive(Debug, Clone)]
pub(crate) struct DueStep {
    pub(crate) step: Arc<Step>,
    /// If the step is due for the first time: its index among the steps of all scenarios.
    pub(crate) first_run: Option<usize>,
}

/// The steps that are due at one message or moment.
#[derive(Debug, Default)]
pub(crate) struct DueSteps {
    pub(crate) before: Vec<DueStep>,
    pub(crate) changes: Vec<DueStep>,
    pub(crate) after: Vec<DueStep>,
}

impl Progress {
    /// Those of the steps that are for the simulator's connection with this number, from 1.
    pub(crate) fn new<'a>(steps: impl Iterator<Item = &'a Arc<Step>>, session: u64) -> Self {
        let progress = |(index, step): (usize, &Arc<Step>)| StepProgress {
            index,
            step: step.clone(),
            seen: 0,
            has_run: false,
        };
        let here = |(_, step): &(usize, &Arc<Step>)| step.session.has(session, 1);
        let steps = steps.enumerate().filter(here).map(progress).collect();
        Self { steps }
    }

    /// The steps due at a message of the simulator.
    pub(crate) fn sent(&mut self, message: &Value) -> DueSteps {
        let kind = message["type"].as_str().unwrap_or_default();
        self.due_steps(&[kind, "sent"], message)
    }

    /// The steps due at a message of the client, or at a moment, for which `message` is null.
    pub(crate) fn came(&mut self, kind: &str, message: &Value) -> DueSteps {
        self.due_steps(&[kind], message)
    }

    fn due_steps(&mut self, names: &[&str], message: &Value) -> DueSteps {
        let mut due_steps = DueSteps::default();
        for progress in &mut self.steps {
            let Some(due) = progress.due(names, message) else {
                continue;
            };
            if progress.step.does.changes() {
                due_steps.changes.push(due);
            } else if progress.step.before {
                due_steps.before.push(due);
            } else {
                due_steps.after.push(due);
            }
        }
        due_steps
    }
}

impl StepProgress {
    fn due(&mut self, names: &[&str], message: &Value) -> Option<DueStep> {
        let step = &self.step;
        let mut fields = step.when.iter();
        let fits = names.contains(&step.on.as_str());
        if !fits || !fields.all(|(path, wanted)| has(message, path, wanted)) {
            return None;
        }
        self.seen += 1;
        let run = match step.does {
            Action::Drop(many) => many,
            _ => 1,
        };
        step.nth.has(self.seen, run).then(|| DueStep {
            step: step.clone(),
            first_run: (!std::mem::replace(&mut self.has_run, true)).then_some(self.index),
        })
    }
}

/// Whether the field at `path` equals `wanted`, or has any value if `wanted` is [`ANY`].
fn has(message: &Value, path: &str, wanted: &Value) -> bool {
    let field = message.pointer(&format!("/{}", path.replace('.', "/")));
    match field.filter(|field| !field.is_null()) {
        Some(field) => *wanted == ANY || field == wanted,
        None => false,
    }
}

impl DueSteps {
    /// Whether no step is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.changes.is_empty() && self.after.is_empty()
    }
}
