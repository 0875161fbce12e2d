//! Tracks which steps of the scenarios are due in a session.

use std::sync::Arc;

use serde_json::Value;

use super::format::{Action, Step};
use crate::Options;

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
    /// The steps for the simulator's connection with this number, from 1.
    pub(crate) fn new(options: &Options, session: u64) -> Self {
        let steps = options.scenarios.iter().flat_map(|it| &it.steps);
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

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;
    use serde_json::json;

    /// The numbers of the messages, out of `count`, at which a step is due.
    fn due(step: &str, session: u64, count: u64) -> Vec<u64> {
        let text = format!("about = ''\n[[step]]\non = 'reply.done'\n{step}");
        let options = Options {
            scenarios: vec![Scenario::parse(&text).unwrap()],
            ..Options::default()
        };
        let mut progress = Progress::new(&options, session);
        let message =
            json!({"type": "reply.done", "status": "completed", "list": [0, {"deep": 7}]});
        (1..=count)
            .filter(|_| !progress.sent(&message).is_empty())
            .collect()
    }

    #[test]
    fn a_step_waits_for_its_message() {
        assert_eq!(due("do.cut = true", 1, 3), [1]);
        assert_eq!(due("nth = 2\ndo.cut = true", 1, 3), [2]);
        assert_eq!(due("nth = [1, 3]\ndo.cut = true", 1, 3), [1, 3]);
        assert_eq!(due("nth = 0\ndo.cut = true", 1, 3), [1, 2, 3]);
        assert_eq!(due("nth = 2\ndo.drop = 2", 1, 5), [2, 3]);
        assert_eq!(
            due("when = { status = 'interrupted' }\ndo.cut = true", 1, 3),
            [0; 0]
        );
        assert_eq!(
            due("when = { status = 'completed' }\ndo.cut = true", 1, 3),
            [1]
        );
        let deep = |wanted: &str| due(&format!("when = {{ {wanted} }}\ndo.cut = true"), 1, 1);
        assert_eq!(deep("'list.1.deep' = '$any'"), [1]);
        assert_eq!(deep("'list.1.deep' = 8"), [0; 0]);
        assert_eq!(deep("'list.2.deep' = '$any'"), [0; 0]);
    }

    #[test]
    fn a_step_waits_for_its_session() {
        assert_eq!(due("do.cut = true", 2, 1), [0; 0]);
        assert_eq!(due("session = 2\ndo.cut = true", 2, 1), [1]);
        assert_eq!(due("session = [1, 3]\ndo.cut = true", 3, 1), [1]);
        assert_eq!(due("session = 0\ndo.cut = true", 9, 1), [1]);
    }
}
