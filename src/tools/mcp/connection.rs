//! One connection to a server: the handshake, the list of tools, signs of life.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse, FusedFuture};
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
use crate::clock;

/// The handshake, a list of tools, or a sign of life.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks at whether it is alive.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Changes of the list come in groups: how long the first of them is waited with.
const SETTLE: Duration = Duration::from_millis(200);

/// How long a goodbye may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The most tools that are taken of one server.
pub(super) const MOST_TOOLS: usize = 128;

/// A server that needs more pages for so many tools goes round in circles.
const MOST_PAGES: usize = MOST_TOOLS + 1;

/// An open connection.
pub(super) struct Connection {
    line: Line,
    changed: Arc<Notify>,
    close: RunningServiceCancellationToken,
    /// Ends when nothing more can come.
    over: Fuse<BoxFuture<'static, ()>>,
}

/// What calls go over while a connection is open.
#[derive(Debug, Clone)]
pub(super) struct Line {
    peer: Peer<RoleClient>,
    /// Told when a call was not answered.
    doubt: Arc<Notify>,
}

impl Connection {
    /// Shakes hands over a transport.
    pub(super) async fn open(
        transport: impl Transport<RoleClient> + 'static,
    ) -> Result<Self, ConnectError> {
        let ears = Ears::default();
        let changed = ears.changed.clone();
        let opening = timeout(ANSWER_WITHIN, ears.serve(transport)).await;
        let service = opening.map_err(|_| ConnectError::Silent(ANSWER_WITHIN))??;
        let line = Line {
            peer: service.peer().clone(),
            doubt: Arc::default(),
        };
        let close = service.cancellation_token();
        let over = service.waiting().map(drop).boxed().fuse();
        Ok(Self {
            line,
            changed,
            close,
            over,
        })
    }

    /// What calls go over.
    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }

    /// Looks after it until it is lost; `news` is given each new list of tools.
    pub(super) async fn look_after(
        &mut self,
        process: &mut Option<Process>,
        news: impl FnMut(Vec<Tool>),
    ) -> ConnectError {
        let Err(error) = self.until_lost(process, news).await;
        error
    }

    async fn until_lost(
        &mut self,
        process: &mut Option<Process>,
        mut news: impl FnMut(Vec<Tool>),
    ) -> Result<Infallible, ConnectError> {
        let first = Instant::from_std(clock::now()) + PING_EVERY;
        let mut ping = interval_at(first, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut self.over => return Err(ConnectError::Closed),
                error = exit(process) => return Err(error),
                _ = ping.tick() => self.line.ping().await?,
                () = self.line.doubt.notified() => self.line.ping().await?,
                () = self.changed.notified() => {
                    sleep(SETTLE).await;
                    // What came meanwhile is in the same list.
                    self.changed.notified().now_or_never();
                    news(self.line.tools().await?);
                }
            }
        }
    }

    /// Says goodbye, and closes the pipes of a process.
    pub(super) async fn close(self) {
        self.close.cancel();
        if !self.over.is_terminated() && timeout(CLOSE_WITHIN, self.over).await.is_err() {
            tracing::debug!("an MCP server was left without its goodbye");
        }
    }
}

impl Line {
    /// Calls a tool; dropping this cancels the call at the server.
    pub(super) async fn call(
        &self,
        call: CallToolRequestParams,
    ) -> Result<CallToolResponse, ServiceError> {
        let called = self.peer.call_tool_once(call).await;
        if let Err(ServiceError::TransportSend(_) | ServiceError::TransportClosed) = &called {
            self.doubt();
        }
        called
    }

    /// Has it looked at whether the server is alive.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Any answer is a sign of life, also that it knows no ping.
    async fn ping(&self) -> Result<(), ConnectError> {
        let ping = ClientRequest::PingRequest(PingRequest::default());
        match timeout(ANSWER_WITHIN, self.peer.send_request(ping)).await {
            Err(_elapsed) => Err(ConnectError::Silent(ANSWER_WITHIN)),
            Ok(Ok(_) | Err(ServiceError::McpError(_))) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// All tools of the server; it stops at the page that has more than are taken.
    pub(super) async fn tools(&self) -> Result<Vec<Tool>, ConnectError> {
        let listed = timeout(ANSWER_WITHIN, self.pages()).await;
        listed.unwrap_or(Err(ConnectError::Silent(ANSWER_WITHIN)))
    }

    async fn pages(&self) -> Result<Vec<Tool>, ConnectError> {
        let mut tools = Vec::new();
        let mut page = PaginatedRequestParams::default();
        for _ in 0..MOST_PAGES {
            // Not the library's own list: it may answer with an old one when the server fails.
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

/// Waits for the end of a process; for ever without one.
async fn exit(process: &mut Option<Process>) -> ConnectError {
    let Some(process) = process else {
        return std::future::pending().await;
    };
    process
        .gone()
        .await
        .map_or(ConnectError::Closed, ConnectError::Ended)
}

/// What hears the server.
#[derive(Debug, Default)]
struct Ears {
    changed: Arc<Notify>,
}

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("parlor", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }
}
