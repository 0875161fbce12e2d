//! Runs the tool calls of one call.

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

/// The running tool calls of one call. `parlor_core` limits how many run concurrently.
#[derive(Debug, Default)]
pub struct ToolRunner {
    tasks: JoinSet<Answer>,
    running: HashMap<Id, (ToolCallId, AbortHandle)>,
}

impl ToolRunner {
    /// Starts a tool call; [`Self::next`] returns its result.
    pub fn start(
        &mut self,
        call: ToolCallId,
        toolbox: Arc<Toolbox>,
        invocation: ToolInvocation,
        context: ToolContext,
    ) {
        let work = async move {
            let ToolInvocation {
                name,
                arguments,
                timeout,
            } = invocation;
            toolbox.use_tool(&name, &arguments, timeout, &context).await
        };
        let handle = self.tasks.spawn(work.in_current_span());
        self.running.insert(handle.id(), (call, handle));
    }

    /// Aborts a tool call if it is still running; [`Self::next`] then returns nothing for it.
    pub fn cancel(&mut self, call: &ToolCallId) {
        let mut running = self.running.values();
        if let Some((_, handle)) = running.find(|(it, _)| it == call) {
            handle.abort();
        }
    }

    /// Waits for the next tool call to finish and returns its [`Event::ToolDone`]. Pending forever
    /// while none is running. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            if let Some(event) = self.finished(ended) {
                return event;
            }
        }
        std::future::pending().await
    }

    /// Aborts all tool calls and waits until they have ended.
    pub async fn clear(&mut self) {
        self.tasks.shutdown().await;
        self.running.clear();
    }

    fn finished(&mut self, ended: Result<(Id, Answer), JoinError>) -> Option<Event> {
        let (id, answer) = match ended {
            Ok((id, answer)) => (id, answer),
            Err(error) if error.is_cancelled() => {
                self.running.remove(&error.id());
                return None;
            }
            Err(error) => {
                tracing::error!("a tool panicked");
                (error.id(), Answer::error("the tool crashed"))
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

/// A tool call to run.
#[derive(Debug)]
pub struct ToolInvocation {
    /// Name of the tool.
    pub name: String,
    /// Arguments: a JSON object, as text.
    pub arguments: Private<String>,
    /// Timeout of the tool call.
    pub timeout: Duration,
}
