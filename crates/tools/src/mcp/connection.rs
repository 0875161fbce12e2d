//! One connection to an MCP server: handshake, tool list, pings.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse, FusedFuture};
use parlor_common::clock;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, ClientRequest,
    Implementation, ListToolsRequest, PaginatedRequestParams, PingRequest, ProtocolVersion,
    ServerResult, Tool,
};
use rmcp::service::{
    NotificationContext, Peer, RunningServiceCancellationToken, ServiceError, ServiceExt,
};
use rmcp::transport::Transport;
use rmcp::{ClientHandler, RoleClient};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use super::error::ConnectError;
use super::process::Process;

/// Timeout of the handshake, of a tool list, and of a ping.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Interval between pings.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Debounce time after a change of the tool list, as changes come in groups.
const SETTLE: Duration = Duration::from_millis(200);

/// Timeout of closing a connection.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Maximum number of tools per server.
pub(super) const MOST_TOOLS: usize = 128;

/// Maximum number of pages of a tool list. A server that sends more is looping.
const MOST_PAGES: usize = MOST_TOOLS + 1;

/// An open connection.
pub(super) struct Connection {
    handle: CallHandle,
    changed: Arc<Notify>,
    close: RunningServiceCancellationToken,
    /// Completes once the connection is closed.
    over: Fuse<BoxFuture<'static, ()>>,
}

/// Handle for tool calls over an open connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct CallHandle {
    peer: Peer<RoleClient>,
    /// Notified if a tool call got no answer.
    ping_requested: Arc<Notify>,
}

impl Connection {
    /// Opens a connection over `transport` with the MCP handshake.
    pub(super) async fn open(
        transport: impl Transport<RoleClient> + 'static,
    ) -> Result<Self, ConnectError> {
        let handler = NotificationHandler::default();
        let changed = handler.changed.clone();
        let opening = timeout(ANSWER_WITHIN, handler.serve(transport)).await;
        let service = opening.map_err(|_| ConnectError::Silent(ANSWER_WITHIN))??;
        let handle = CallHandle {
            peer: service.peer().clone(),
            ping_requested: Arc::default(),
        };
        let close = service.cancellation_token();
        let over = service.waiting().map(drop).boxed().fuse();
        Ok(Self {
            handle,
            changed,
            close,
            over,
        })
    }

    /// A handle for tool calls over this connection.
    pub(super) fn call_handle(&self) -> CallHandle {
        self.handle.clone()
    }

    /// Watches the connection until it is lost, and returns why. Passes each changed tool list to
    /// `on_tools`.
    pub(super) async fn watch(
        &mut self,
        process: &mut Option<Process>,
        on_tools: impl FnMut(Vec<Tool>),
    ) -> ConnectError {
        let Err(error) = self.until_lost(process, on_tools).await;
        error
    }

    async fn until_lost(
        &mut self,
        process: &mut Option<Process>,
        mut on_tools: impl FnMut(Vec<Tool>),
    ) -> Result<Infallible, ConnectError> {
        let first = Instant::from_std(clock::now()) + PING_EVERY;
        let mut ping = interval_at(first, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut self.over => return Err(ConnectError::Closed),
                error = exit(process) => return Err(error),
                _ = ping.tick() => self.handle.ping().await?,
                () = self.handle.ping_requested.notified() => self.handle.ping().await?,
                () = self.changed.notified() => {
                    sleep(SETTLE).await;
                    // The list includes the changes of the meantime.
                    self.changed.notified().now_or_never();
                    on_tools(self.handle.tools().await?);
                }
            }
        }
    }

    /// Closes the connection, including the pipes of a process.
    pub(super) async fn close(self) {
        self.close.cancel();
        if !self.over.is_terminated() && timeout(CLOSE_WITHIN, self.over).await.is_err() {
            tracing::debug!("an MCP connection did not close in time");
        }
    }
}

impl CallHandle {
    /// Calls a tool. Dropping the future cancels the tool call at the server.
    pub(super) async fn call(
        &self,
        call: CallToolRequestParams,
    ) -> Result<CallToolResponse, ServiceError> {
        let called = self.peer.call_tool_once(call).await;
        if let Err(ServiceError::TransportSend(_) | ServiceError::TransportClosed) = &called {
            self.request_ping();
        }
        called
    }

    /// Requests a ping, to find out whether the server still responds.
    pub(super) fn request_ping(&self) {
        self.ping_requested.notify_one();
    }

    /// Sends a ping. Any answer will do, even the error that the server does not support pings.
    async fn ping(&self) -> Result<(), ConnectError> {
        let ping = ClientRequest::PingRequest(PingRequest::default());
        match timeout(ANSWER_WITHIN, self.peer.send_request(ping)).await {
            Err(_elapsed) => Err(ConnectError::Silent(ANSWER_WITHIN)),
            Ok(Ok(_) | Err(ServiceError::McpError(_))) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// Lists the tools of the server, up to the page that exceeds [`MOST_TOOLS`].
    pub(super) async fn tools(&self) -> Result<Vec<Tool>, ConnectError> {
        let listed = timeout(ANSWER_WITHIN, self.pages()).await;
        listed.unwrap_or(Err(ConnectError::Silent(ANSWER_WITHIN)))
    }

    async fn pages(&self) -> Result<Vec<Tool>, ConnectError> {
        let mut tools = Vec::new();
        let mut page = PaginatedRequestParams::default();
        for _ in 0..MOST_PAGES {
            // The library's own method may return a stale list if the server fails.
            let request = ListToolsRequest::with_param(page);
            let request = ClientRequest::ListToolsRequest(request);
            let answer = self.peer.send_request(request).await?;
            let ServerResult::ListToolsResult(answer) = answer else {
                return Err(ConnectError::Protocol);
            };
            tools.extend(answer.tools);
            if answer.next_cursor.is_none() || tools.len() > MOST_TOOLS {
                return Ok(tools);
            }
            page = PaginatedRequestParams::default().with_cursor(answer.next_cursor);
        }
        Err(ConnectError::Protocol)
    }
}

/// Waits until the process exits. Pending forever without one.
async fn exit(process: &mut Option<Process>) -> ConnectError {
    let Some(process) = process else {
        return std::future::pending().await;
    };
    process
        .wait()
        .await
        .map_or(ConnectError::Closed, ConnectError::Ended)
}

/// Handles notifications of the server.
#[derive(Debug, Default)]
struct NotificationHandler {
    changed: Arc<Notify>,
}

impl ClientHandler for NotificationHandler {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("parlor", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }
}
