//! One MCP server, as calls see it: connected or not.

use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use rmcp::service::ServiceError;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::connection::CallHandle;
use super::error::ConnectError;
use super::result;
use crate::Answer;

/// An MCP server of `agent.toml`.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: Arc<str>,
    pub(super) is_required: bool,
    /// Timeout of a tool call.
    timeout: Duration,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone)]
enum State {
    Starting,
    Up(CallHandle),
    Down(Arc<str>),
}

impl Server {
    /// A server that is not connected yet.
    pub(super) fn new(name: &str, is_required: bool, timeout: Duration) -> Self {
        Self {
            name: name.into(),
            is_required,
            timeout,
            state: watch::Sender::new(State::Starting),
        }
    }

    /// Marks the server connected. Tool calls go over `handle`.
    pub(super) fn up(&self, handle: CallHandle) {
        self.state.send_replace(State::Up(handle));
    }

    /// Marks the server unavailable, so that tool calls fail. Returns `false` if it already was.
    pub(super) fn down(&self, error: &ConnectError) -> bool {
        let before = self
            .state
            .send_replace(State::Down(error.to_string().into()));
        !matches!(before, State::Down(_))
    }

    /// Waits until the server is connected. The error says why it is not at `until`.
    pub(super) async fn ready(&self, until: Instant) -> Result<(), String> {
        let mut state = self.state.subscribe();
        let waiting = state.wait_for(|state| matches!(state, State::Up(_)));
        if matches!(timeout_at(until, waiting).await, Ok(Ok(_))) {
            return Ok(());
        }
        let why = match &*self.state.borrow() {
            State::Down(why) => why.clone(),
            State::Starting | State::Up(_) => "it did not answer in time".into(),
        };
        Err(format!(
            "mcp {:?} is required but not available: {why}",
            self.name
        ))
    }

    /// Calls a tool by the server's own name for it.
    pub(super) async fn call(
        &self,
        tool: String,
        args: Map<String, Value>,
        deadline: Instant,
    ) -> Answer {
        let State::Up(handle) = self.state.borrow().clone() else {
            return self.away();
        };
        let deadline = deadline.min(Instant::from_std(clock::now()) + self.timeout);
        let call = CallToolRequestParams::new(tool).with_arguments(args);
        match timeout_at(deadline, handle.call(call)).await {
            Err(_elapsed) => {
                handle.request_ping();
                Answer::error("the tool did not answer in time")
            }
            Ok(called) => self.answer(called),
        }
    }

    fn answer(&self, called: Result<CallToolResponse, ServiceError>) -> Answer {
        match called {
            Ok(CallToolResponse::Complete(result)) => result::answer(result),
            Ok(_) => {
                Answer::error("the tool asked for something that cannot be provided during a call")
            }
            Err(ServiceError::McpError(error)) => Answer::error(&error.message),
            Err(ServiceError::TransportSend(_) | ServiceError::TransportClosed) => {
                Answer::error(&format!(
                    "the connection to {} was lost; it is not known whether the tool did its work",
                    self.name
                ))
            }
            Err(_) => Answer::error("the tool's answer is invalid"),
        }
    }

    fn away(&self) -> Answer {
        Answer::error(&format!("{} cannot be reached right now", self.name))
    }
}
