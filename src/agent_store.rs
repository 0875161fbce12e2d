//! Holds the current agent and its MCP servers, and publishes changes to running calls.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_common::settings::Source;
use parlor_tools::mcp::{Mcp, Servers};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Agent;

/// How long required MCP servers may take to become ready before the first call.
const SERVERS_WITHIN: Duration = Duration::from_secs(8);

/// Holds the agent, and the MCP servers it uses, for all calls of a process.
#[derive(Debug)]
pub struct AgentStore {
    source: Source,
    current: watch::Sender<Arc<AgentSnapshot>>,
    servers: Mutex<Option<Servers>>,
    /// Shutdown tasks of the MCP servers of replaced agents.
    leaving: Mutex<JoinSet<()>>,
}

/// An agent together with the MCP tools available to it.
#[derive(Debug, Default)]
pub struct AgentSnapshot {
    /// The agent.
    pub agent: Agent,
    /// The agent's MCP servers; `None` if it uses none.
    pub mcp: Option<Mcp>,
}

impl AgentStore {
    /// Creates a store that holds `agent`, and starts its MCP servers with secrets from `source`.
    ///
    /// # Errors
    /// One line for each problem with the configuration of the MCP servers.
    pub fn new(agent: Agent, source: &Source) -> Result<Self, Vec<String>> {
        let servers = start(&agent, source)?;
        let mcp = servers.as_ref().map(Servers::mcp);
        Ok(Self {
            source: source.clone(),
            current: watch::Sender::new(Arc::new(AgentSnapshot { agent, mcp })),
            servers: Mutex::new(servers),
            leaving: Mutex::default(),
        })
    }

    /// Waits until all required MCP servers are ready.
    ///
    /// # Errors
    /// One line for each server that is not ready in time.
    pub async fn ready(&self) -> Result<(), Vec<String>> {
        let mcp = self.subscribe().borrow().mcp.clone();
        match mcp {
            Some(mcp) => mcp.ready(SERVERS_WITHIN).await,
            None => Ok(()),
        }
    }

    /// Subscribes to the current agent and its changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<AgentSnapshot>> {
        self.current.subscribe()
    }

    /// Replaces the agent. MCP servers keep running if their configuration is unchanged.
    ///
    /// # Errors
    /// One line for each problem with the new agent's MCP servers; the store keeps the old agent.
    pub fn replace(&self, agent: Agent) -> Result<(), Vec<String>> {
        let before = self.subscribe().borrow().clone();
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
        self.current
            .send_replace(Arc::new(AgentSnapshot { agent, mcp }));
        Ok(())
    }

    /// Stops the MCP servers.
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
