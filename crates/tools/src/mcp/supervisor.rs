//! Keeps one MCP server connected: connects, watches the connection, and reconnects.

use std::sync::Arc;
use std::time::Duration;

use parlor_common::{clock, random};
use parlor_core::backoff::Backoff;
use rmcp::RoleClient;
use rmcp::model::Tool;
use rmcp::transport::Transport;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::catalog::Catalog;
use super::connection::Connection;
use super::error::ConnectError;
use super::process::Process;
use super::server::Server;
use super::tool_list::Selection;
use super::transport::Connector;

/// Delay before the first attempt to reconnect.
const RETRY_MIN: Duration = Duration::from_millis(500);

/// Longest delay between attempts to reconnect.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// A connection that lasted this long resets the backoff.
const STEADY: Duration = Duration::from_secs(30);

/// Timeout of waiting for the exit status of a process that has closed its pipes.
const EXIT_WITHIN: Duration = Duration::from_millis(500);

/// Keeps one MCP server connected.
pub(super) struct Supervisor<C> {
    /// Index of the server in the catalog.
    pub(super) at: usize,
    pub(super) connector: C,
    pub(super) selection: Selection,
    pub(super) catalog: Arc<Catalog>,
    pub(super) server: Arc<Server>,
}

/// Signal to stop, which is given by dropping its sender.
#[derive(Debug, Clone)]
pub(super) struct Stop(pub(super) watch::Receiver<()>);

impl Stop {
    async fn requested(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

impl<C: Connector> Supervisor<C> {
    /// Keeps the server connected until `stop`, then closes the connection and ends the process.
    pub(super) async fn run(mut self, mut stop: Stop) {
        let backoff = Backoff::new(RETRY_MIN, RETRY_MAX, Duration::MAX)
            .expect("RETRY_MIN is below RETRY_MAX");
        let mut attempt = 0;
        loop {
            let since = clock::now();
            if !self.run_connection(&mut stop).await {
                return;
            }
            if clock::now() - since >= STEADY {
                attempt = 0;
            }
            let delay = backoff.delay(attempt, unit_random());
            attempt = attempt.saturating_add(1);
            tokio::select! {
                () = sleep(delay) => {}
                () = stop.requested() => return,
            }
        }
    }

    /// Runs one connection from start to end. Returns whether to reconnect.
    async fn run_connection(&mut self, stop: &mut Stop) -> bool {
        let (transport, mut process) = match self.connector.connect() {
            Ok(connected) => connected,
            Err(error) => {
                self.lost(&error);
                return true;
            }
        };
        let opened = tokio::select! {
            opened = open(transport) => opened.map(Some),
            () = stop.requested() => Ok(None),
        };
        let (mut error, mut connection) = (None, None);
        match opened {
            Ok(Some((opened, listed))) => {
                let open = connection.insert(opened);
                error = self.offer(open, listed, &mut process, stop).await;
            }
            Ok(None) => {}
            Err(why) => error = Some(why),
        }
        let goes_on = error.is_some();
        if let Some(error) = error {
            self.lost(&reason(error, &mut process).await);
        }
        if let Some(connection) = connection {
            connection.close().await;
        }
        if let Some(process) = process {
            process.end().await;
        }
        goes_on
    }

    /// Offers the tools of a connection until it is lost, and returns why; `None` after `stop`.
    async fn offer(
        &self,
        connection: &mut Connection,
        listed: Vec<Tool>,
        process: &mut Option<Process>,
        stop: &mut Stop,
    ) -> Option<ConnectError> {
        self.server.up(connection.call_handle());
        let mut refused = Vec::new();
        let mut publish = |listed| self.publish(listed, &mut refused);
        publish(listed);
        let error = tokio::select! {
            error = connection.watch(process, publish) => Some(error),
            () = stop.requested() => None,
        };
        self.catalog.withdraw(self.at);
        error
    }

    /// Offers the tools in `listed`. Warns once of each tool that cannot be offered.
    fn publish(&self, listed: Vec<Tool>, warned: &mut Vec<String>) {
        let server = &*self.server.name;
        let selected = self.selection.select(listed);
        for refused in selected.refused.iter().filter(|it| !warned.contains(it)) {
            tracing::warn!(server, "an MCP tool is not offered: {refused}");
        }
        *warned = selected.refused;
        tracing::info!(
            server,
            tools = selected.tools.len(),
            "the tools of an MCP server are available"
        );
        self.catalog.publish(self.at, selected.tools);
    }

    /// Marks the server unavailable. Warns only if that is a change.
    fn lost(&self, error: &ConnectError) {
        let server = &*self.server.name;
        if self.server.down(error) {
            tracing::warn!(
                server,
                reason = %error,
                "an MCP server is unavailable; its tools are withdrawn"
            );
        } else {
            tracing::debug!(server, reason = %error, "an MCP server is still unavailable");
        }
    }
}

/// Opens a connection and lists the tools of the server.
async fn open(
    transport: impl Transport<RoleClient> + 'static,
) -> Result<(Connection, Vec<Tool>), ConnectError> {
    let connection = Connection::open(transport).await?;
    match connection.call_handle().tools().await {
        Ok(listed) => Ok((connection, listed)),
        Err(error) => {
            connection.close().await;
            Err(error)
        }
    }
}

/// Replaces [`ConnectError::Closed`] by the exit status of the server's process, if it has one.
async fn reason(error: ConnectError, process: &mut Option<Process>) -> ConnectError {
    let (ConnectError::Closed, Some(process)) = (&error, process) else {
        return error;
    };
    match timeout(EXIT_WITHIN, process.wait()).await {
        Ok(Some(status)) => ConnectError::Ended(status),
        _ => error,
    }
}

/// A random number from 0 to 1.
fn unit_random() -> f64 {
    random::number() as f64 / u64::MAX as f64
}
