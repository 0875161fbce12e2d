//! Follows the agent's file while calls run.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{Agent, AgentText, Overrides, Source};

/// Between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Follows the agent's file: tells each version that can be used, and logs why one cannot.
#[derive(Debug)]
pub struct Reload {
    source: Source,
    overrides: Overrides,
    known: AgentText,
}

impl Reload {
    /// Follows the file from `known` on.
    pub fn new(source: &Source, overrides: Overrides, known: AgentText) -> Self {
        Self {
            source: source.clone(),
            overrides,
            known,
        }
    }

    /// The next version that can be used. Cancel-safe, but for one that is being read.
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

    /// A file that is gone for a moment is being written: the next look shows.
    fn look(&mut self) -> Option<(Agent, AgentText)> {
        AgentText::path(&self.source, &self.overrides)?;
        let text = AgentText::read(&self.source, &self.overrides).ok()?;
        if text == self.known {
            return None;
        }
        self.known = text.clone();
        let file = text.path.display();
        match Agent::of(&text, &self.source) {
            Ok(agent) => {
                tracing::info!(%file, "the agent has changed: running calls from their next turn on");
                agent.log_warnings();
                Some((agent, text))
            }
            Err(error) => {
                tracing::error!("{error}; the agent stays as it was");
                None
            }
        }
    }
}
