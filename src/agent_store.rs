//! The agent as it is now: for calls that begin, and for those that go on when it changes.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Agent, Source};
use crate::tools::mcp::{Mcp, Servers};

/// How long MCP servers that are required may take before the first call.
const SERVERS_WITHIN: Duration = Duration::from_secs(8);

/// Keeps the agent, and the MCP servers that it uses, for all calls of a process.
#[derive(Debug)]
pub struct AgentStore {
    source: Source,
    present: watch::Sender<Arc<AgentSnapshot>>,
    servers: Mutex<Option<Servers>>,
    /// Servers of agents that were, on their way out.
    leaving: Mutex<JoinSet<()>>,
}

/// The agent as it is now.
#[derive(Debug, Default)]
pub struct AgentSnapshot {
    /// What it is.
    pub agent: Agent,
    /// Whose tools it can use.
    pub mcp: Option<Mcp>,
}

impl AgentStore {
    /// Keeps `agent`, and starts its MCP servers with secrets from `source`.
    ///
    /// # Errors
    /// What is wrong with the servers.
    pub fn new(agent: Agent, source: &Source) -> Result<Self, Vec<String>> {
        let servers = start(&agent, source)?;
        let mcp = servers.as_ref().map(Servers::mcp);
        Ok(Self {
            source: source.clone(),
            present: watch::Sender::new(Arc::new(AgentSnapshot { agent, mcp })),
            servers: Mutex::new(servers),
            leaving: Mutex::default(),
        })
    }

    /// Waits for the MCP servers without which no call may begin.
    ///
    /// # Errors
    /// One line for each that is not there in time.
    pub async fn ready(&self) -> Result<(), Vec<String>> {
        let mcp = self.present().borrow().mcp.clone();
        match mcp {
            Some(mcp) => mcp.ready(SERVERS_WITHIN).await,
            None => Ok(()),
        }
    }

    /// The agent as it is now, and each change.
    pub fn present(&self) -> watch::Receiver<Arc<AgentSnapshot>> {
        self.present.subscribe()
    }

    /// The agent is another one from now on. MCP servers go on if they are the same.
    ///
    /// # Errors
    /// What is wrong with its servers; then it stays as it was.
    pub fn replace(&self, agent: Agent) -> Result<(), Vec<String>> {
        let before = self.present().borrow().clone();
        let mut mcp = before.mcp.clone();
        if before.agent.definition.mcp() != agent.definition.mcp() {
            let servers = start(&agent, &self.source)?;
            mcp = servers.as_ref().map(Servers::mcp);
            if let Some(old) = std::mem::replace(&mut *self.servers.lock(), servers) {
                let mut leaving = self.leaving.lock();
                while leaving.try_join_next().is_some() {}
                leaving.spawn(old.shutdown());
            }
        }
        self.present
            .send_replace(Arc::new(AgentSnapshot { agent, mcp }));
        Ok(())
    }

    /// Ends the MCP servers.
    pub async fn close(&self) {
        let servers = self.servers.lock().take();
        if let Some(servers) = servers {
            servers.shutdown().await;
        }
        let leaving = std::mem::take(&mut *self.leaving.lock());
        leaving.join_all().await;
    }
}

fn start(agent: &Agent, source: &Source) -> Result<Option<Servers>, Vec<String>> {
    let specs = agent.definition.mcp();
    match specs.is_empty() {
        true => Ok(None),
        false => Servers::start(specs, source).map(Some),
    }
}
