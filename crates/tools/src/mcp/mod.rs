//! Tools of MCP servers, which run as child processes or are reached over HTTP. The only module
//! that imports `rmcp`.
//!
//! All calls share one [`Servers`]. Each server has a supervisor that connects to it, withdraws its
//! tools when the connection is lost, and reconnects.

mod catalog;
mod connection;
mod error;
mod process;
mod result;
mod server;
mod spec;
mod supervisor;
#[cfg(test)]
mod tests;
mod tool_list;
mod transport;
mod variables;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock;
use parlor_common::settings::Source;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Answer;
use catalog::Catalog;
use server::Server;
use supervisor::{Stop, Supervisor};
use tool_list::Selection;
use transport::{Connector, Program, Web};

pub use spec::McpSpec;
pub use tool_list::McpTool;

/// All MCP servers of an agent and their supervisors. Dropping it kills the processes of the
/// servers; prefer [`Servers::shutdown`].
#[derive(Debug)]
pub struct Servers {
    mcp: Mcp,
    tasks: JoinSet<()>,
    stop: watch::Sender<()>,
}

/// Handle for the tools of all servers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mcp(Arc<Catalog>);

impl Servers {
    /// Starts to connect to each server. Must be called within a tokio runtime. `source` provides
    /// the environment variables that `specs` name.
    ///
    /// # Errors
    /// All problems of the specs and all variables that are not set, one line each.
    pub fn start(specs: &[McpSpec], source: &Source) -> Result<Self, Vec<String>> {
        let endpoints = endpoints(specs, source)?;
        let mut servers = Self::of(specs);
        for (at, (spec, endpoint)) in specs.iter().zip(endpoints).enumerate() {
            match endpoint {
                Endpoint::Program(program) => servers.supervise(at, spec, program),
                Endpoint::Http(web) => servers.supervise(at, spec, web),
            }
        }
        Ok(servers)
    }

    /// See [`Mcp::ready`].
    ///
    /// # Errors
    /// One line for each required server that is not connected in time, with the reason.
    pub async fn ready(&self, timeout: Duration) -> Result<(), Vec<String>> {
        self.mcp.ready(timeout).await
    }

    /// A handle for calls.
    pub fn mcp(&self) -> Mcp {
        self.mcp.clone()
    }

    /// See [`Mcp::tools`].
    pub fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.mcp.tools()
    }

    /// See [`Mcp::call`].
    pub async fn call(&self, tool: &str, args: Map<String, Value>, deadline: Instant) -> Answer {
        self.mcp.call(tool, args, deadline).await
    }

    /// Closes all connections and waits until all processes and tasks have ended, which takes at
    /// most 8 s.
    pub async fn shutdown(mut self) {
        drop(self.stop);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "the supervisor of an MCP server failed");
            }
        }
    }

    /// Servers without supervisors.
    fn of(specs: &[McpSpec]) -> Self {
        let server = |spec: &McpSpec| {
            let timeout = Duration::from_secs_f64(spec.timeout);
            Arc::new(Server::new(&spec.name, spec.required, timeout))
        };
        let servers = specs.iter().map(server).collect();
        Self {
            mcp: Mcp(Arc::new(Catalog::new(servers))),
            tasks: JoinSet::new(),
            stop: watch::Sender::new(()),
        }
    }

    /// Starts the supervisor of the server at index `at`, which connects with `connector`.
    fn supervise(&mut self, at: usize, spec: &McpSpec, connector: impl Connector) {
        let catalog = self.mcp.0.clone();
        let server = catalog.servers()[at].clone();
        let selection = Selection {
            server: server.name.clone(),
            prefix: spec.prefix.clone(),
            allowed: spec.tools.clone(),
            timeout: Duration::from_secs_f64(spec.timeout),
        };
        let supervisor = Supervisor {
            at,
            connector,
            selection,
            catalog,
            server,
        };
        let stop = Stop(self.stop.subscribe());
        self.tasks.spawn(supervisor.run(stop));
    }
}

impl Mcp {
    /// Waits until all required servers are connected.
    ///
    /// # Errors
    /// One line for each required server that is not connected after `timeout`, with the reason.
    pub async fn ready(&self, timeout: Duration) -> Result<(), Vec<String>> {
        let until = Instant::from_std(clock::now()) + timeout;
        let mut problems = Vec::new();
        for server in self.0.servers().iter().filter(|it| it.is_required) {
            problems.extend(server.ready(until).await.err());
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// Subscribes to the tools of all connected servers and their changes.
    pub fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.0.tools()
    }

    /// Calls `tool`, by its name for the model, without retries. Failures are error answers. The
    /// tool call times out at `deadline` or after the server's own timeout, whichever comes first.
    /// It is then cancelled at the server, as it is if this future is dropped.
    pub async fn call(&self, tool: &str, args: Map<String, Value>, deadline: Instant) -> Answer {
        match self.0.find(tool) {
            Some((server, remote)) => server.call(remote, args, deadline).await,
            None => Answer::error("there is no tool with this name"),
        }
    }
}

/// How to connect to a server.
enum Endpoint {
    Program(Program),
    Http(Web),
}

impl Endpoint {
    fn of(spec: &McpSpec, source: &Source) -> Result<Self, Vec<String>> {
        if spec.command.is_some() {
            return Program::of(spec, source).map(Self::Program);
        }
        let client = transport::client(source).map_err(|why| vec![why])?;
        Web::of(spec, source, client).map(Self::Http)
    }
}

/// Why [`Servers::start`] would fail: all problems of the specs and all variables that are not set
/// in `source`, one line each.
pub fn problems(specs: &[McpSpec], source: &Source) -> Vec<String> {
    endpoints(specs, source).err().unwrap_or_default()
}

/// How to connect to each server.
fn endpoints(specs: &[McpSpec], source: &Source) -> Result<Vec<Endpoint>, Vec<String>> {
    let (mut endpoints, mut problems) = (Vec::new(), twice(specs));
    for spec in specs {
        let wrong = spec.problems();
        if wrong.is_empty() {
            match Endpoint::of(spec, source) {
                Ok(endpoint) => endpoints.push(endpoint),
                Err(unset) => problems.extend(unset),
            }
        }
        problems.extend(wrong);
    }
    match problems.is_empty() {
        true => Ok(endpoints),
        false => Err(problems),
    }
}

/// One line for each name that two servers have.
fn twice(specs: &[McpSpec]) -> Vec<String> {
    let mut names = HashSet::new();
    let twice = specs.iter().filter(|spec| !names.insert(&spec.name));
    twice
        .map(|spec| spec.problem("another server has this name"))
        .collect()
}
