//! The tools that one call uses at the moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parlor_core::conversation::Event;
use parlor_core::ids::ToolCallId;
use parlor_core::secret::Private;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tracing::Instrument;

use super::toolbox::ToolContext;
use super::{Answer, Toolbox};

/// The tools that one call uses at the moment. How many may be open at once the core decides.
#[derive(Debug, Default)]
pub struct ToolRunner {
    tasks: JoinSet<Answer>,
    running: HashMap<Id, (ToolCallId, AbortHandle)>,
}

impl ToolRunner {
    /// Begins to use a tool; [`Self::next`] tells what it gave.
    pub fn start(
        &mut self,
        call: ToolCallId,
        toolbox: Arc<Toolbox>,
        used: ToolInvocation,
        around: ToolContext,
    ) {
        let work = async move {
            let ToolInvocation {
                name,
                arguments,
                within,
            } = used;
            toolbox.use_tool(&name, &arguments, within, &around).await
        };
        let handle = self.tasks.spawn(work.in_current_span());
        self.running.insert(handle.id(), (call, handle));
    }

    /// Nobody waits for this call any more.
    pub fn cancel(&mut self, call: &ToolCallId) {
        let mut running = self.running.values();
        if let Some((_, handle)) = running.find(|(it, _)| it == call) {
            handle.abort();
        }
    }

    /// What the next tool gave; waits for ever while none is used. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            if let Some(event) = self.told(ended) {
                return event;
            }
        }
        std::future::pending().await
    }

    /// Gives up all that is used, and sees it end.
    pub async fn clear(&mut self) {
        self.tasks.shutdown().await;
        self.running.clear();
    }

    fn told(&mut self, ended: Result<(Id, Answer), JoinError>) -> Option<Event> {
        let (id, answer) = match ended {
            Ok((id, answer)) => (id, answer),
            Err(error) if error.is_cancelled() => {
                self.running.remove(&error.id());
                return None;
            }
            Err(error) => {
                tracing::error!("a tool broke");
                (error.id(), Answer::error("the tool broke"))
            }
        };
        let (call, _) = self.running.remove(&id)?;
        Some(Event::ToolDone {
            call,
            result: answer.text,
            is_error: answer.is_error,
        })
    }
}

/// Which tool is used, and how.
#[derive(Debug)]
pub struct ToolInvocation {
    /// Its name.
    pub name: String,
    /// A JSON object, as text.
    pub arguments: Private<String>,
    /// How long it may take.
    pub within: Duration,
}
