//! Watches the agent file while calls run.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{Agent, AgentText, Overrides, Source};

/// How often the file is checked.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Watches the agent file: returns each valid version, and logs why another is invalid.
#[derive(Debug)]
pub struct Reload {
    source: Source,
    overrides: Overrides,
    known: AgentText,
    /// A changed text, until it has been read twice: the first time it may be half-written.
    changed: Option<AgentText>,
}

impl Reload {
    /// Watches for versions that differ from `known`.
    pub fn new(source: &Source, overrides: Overrides, known: AgentText) -> Self {
        Self {
            source: source.clone(),
            overrides,
            known,
            changed: None,
        }
    }

    /// Waits for the next valid version. Cancel-safe.
    pub async fn next(&mut self) -> (Agent, AgentText) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Some(next) = self.look() {
                return next;
            }
        }
    }

    /// Checks the file once. A missing file is taken to be in the middle of a write.
    fn look(&mut self) -> Option<(Agent, AgentText)> {
        AgentText::path(&self.source, &self.overrides)?;
        let text = AgentText::read(&self.source, &self.overrides).ok()?;
        if text == self.known {
            self.changed = None;
            return None;
        }
        if self.changed.as_ref() != Some(&text) {
            self.changed = Some(text);
            return None;
        }
        self.known = text.clone();
        let file = text.path.display();
        match Agent::from_text(&text, &self.source) {
            Ok(agent) => {
                tracing::info!(%file, "agent file reloaded; running calls follow it from their next turn");
                agent.log_warnings();
                Some((agent, text))
            }
            Err(error) => {
                tracing::error!("cannot reload the agent file, keeping the previous one: {error}");
                None
            }
        }
    }
}
