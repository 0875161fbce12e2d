//! Keeps the connection to one server: connects, looks after it, and connects again.

use std::sync::Arc;
use std::time::Duration;

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
use crate::{clock, random};

/// Before the first new try.
const RETRY_MIN: Duration = Duration::from_millis(500);

/// Between tries at a server that stays away.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// A connection that lasted so long was a good one: the next try comes soon.
const STEADY: Duration = Duration::from_secs(30);

/// How long a process whose pipes are closed may take to be seen to end.
const EXIT_WITHIN: Duration = Duration::from_millis(500);

/// What keeps one server.
pub(super) struct Supervisor<C> {
    /// Which of the board's servers it is.
    pub(super) at: usize,
    pub(super) connector: C,
    pub(super) selection: Selection,
    pub(super) catalog: Arc<Catalog>,
    pub(super) server: Arc<Server>,
}

/// Ends when all is to end: its other half is dropped.
#[derive(Debug, Clone)]
pub(super) struct Stop(pub(super) watch::Receiver<()>);

impl Stop {
    async fn told(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

impl<C: Connector> Supervisor<C> {
    /// Keeps it until told to stop, and leaves nothing behind.
    pub(super) async fn run(mut self, mut stop: Stop) {
        let backoff = Backoff::new(RETRY_MIN, RETRY_MAX, Duration::MAX).expect("min is under max");
        let mut attempt = 0;
        loop {
            let since = clock::now();
            if !self.once(&mut stop).await {
                return;
            }
            if clock::now() - since >= STEADY {
                attempt = 0;
            }
            let delay = backoff.delay(attempt, chance());
            attempt = attempt.saturating_add(1);
            tokio::select! {
                () = sleep(delay) => {}
                () = stop.told() => return,
            }
        }
    }

    /// One connection from its beginning to its end; whether there is to be another.
    async fn once(&mut self, stop: &mut Stop) -> bool {
        let (transport, mut process) = match self.connector.connect() {
            Ok(connected) => connected,
            Err(error) => {
                self.lost(&error);
                return true;
            }
        };
        let opened = tokio::select! {
            opened = open(transport) => opened.map(Some),
            () = stop.told() => Ok(None),
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

    /// Offers the tools of a connection until it is lost; nothing when told to stop.
    async fn offer(
        &self,
        connection: &mut Connection,
        listed: Vec<Tool>,
        process: &mut Option<Process>,
        stop: &mut Stop,
    ) -> Option<ConnectError> {
        self.server.up(connection.line());
        let mut refused = Vec::new();
        let mut publish = |listed| self.publish(listed, &mut refused);
        publish(listed);
        let error = tokio::select! {
            error = connection.look_after(process, publish) => Some(error),
            () = stop.told() => None,
        };
        self.catalog.withdraw(self.at);
        error
    }

    /// Offers what is listed; each tool that cannot be is told of once.
    fn publish(&self, listed: Vec<Tool>, told: &mut Vec<String>) {
        let server = &*self.server.name;
        let offer = self.selection.offer(listed);
        for refused in offer.refused.iter().filter(|it| !told.contains(it)) {
            tracing::warn!(server, "an MCP tool is left out: {refused}");
        }
        *told = offer.refused;
        tracing::info!(
            server,
            tools = offer.tools.len(),
            "an MCP server offers tools"
        );
        self.catalog.publish(self.at, offer.tools);
    }

    /// Calls fail from now on; it is told of once.
    fn lost(&self, error: &ConnectError) {
        let server = &*self.server.name;
        if self.server.down(error) {
            tracing::warn!(server, reason = %error, "an MCP server is away; its tools are not offered");
        } else {
            tracing::debug!(server, reason = %error, "an MCP server is still away");
        }
    }
}

/// A connection and the tools at its other end.
async fn open(
    transport: impl Transport<RoleClient> + 'static,
) -> Result<(Connection, Vec<Tool>), ConnectError> {
    let connection = Connection::open(transport).await?;
    match connection.line().tools().await {
        Ok(listed) => Ok((connection, listed)),
        Err(error) => {
            connection.close().await;
            Err(error)
        }
    }
}

/// Of a connection that was closed, how the process at its other end went.
async fn reason(error: ConnectError, process: &mut Option<Process>) -> ConnectError {
    let (ConnectError::Closed, Some(process)) = (&error, process) else {
        return error;
    };
    match timeout(EXIT_WITHIN, process.gone()).await {
        Ok(Some(status)) => ConnectError::Ended(status),
        _ => error,
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    random::number() as f64 / u64::MAX as f64
}
