//! Tools that MCP servers offer: programs of ours, or servers elsewhere. The only folder that
//! imports `rmcp`.
//!
//! A [`Servers`] lives as long as the process, and many calls share it. Each server has a
//! supervisor that connects, withdraws its tools when it is lost, and connects again.

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

use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Answer;
use crate::clock;
use crate::config::Source;
use catalog::Catalog;
use server::Server;
use supervisor::{Stop, Supervisor};
use tool_list::Selection;
use transport::{Connector, Program, Web};

pub use spec::McpSpec;
pub use tool_list::McpTool;

/// All MCP servers of an agent, and what keeps them. Dropping it kills their processes; better is
/// [`Servers::shutdown`].
#[derive(Debug)]
pub struct Servers {
    mcp: Mcp,
    tasks: JoinSet<()>,
    stop: watch::Sender<()>,
}

/// What calls hold of all servers together.
#[derive(Debug, Clone)]
pub struct Mcp(Arc<Catalog>);

impl Servers {
    /// Starts to connect to each server, inside a tokio runtime. Variables that the specs name are
    /// taken from `source`.
    ///
    /// # Errors
    /// All that is wrong with the specs, and all variables that are not set, each in one line.
    pub fn start(specs: &[McpSpec], source: &Source) -> Result<Self, Vec<String>> {
        let ways = ways(specs, source)?;
        let mut servers = Self::of(specs);
        for (at, (spec, way)) in specs.iter().zip(ways).enumerate() {
            match way {
                Way::Program(program) => servers.keep(at, spec, program),
                Way::Web(web) => servers.keep(at, spec, web),
            }
        }
        Ok(servers)
    }

    /// As [`Mcp::ready`].
    ///
    /// # Errors
    /// The same.
    pub async fn ready(&self, within: Duration) -> Result<(), Vec<String>> {
        self.mcp.ready(within).await
    }

    /// What a call needs, to be kept by each.
    pub fn mcp(&self) -> Mcp {
        self.mcp.clone()
    }

    /// As [`Mcp::tools`].
    pub fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.mcp.tools()
    }

    /// As [`Mcp::call`].
    pub async fn call(&self, tool: &str, args: Map<String, Value>, deadline: Instant) -> Answer {
        self.mcp.call(tool, args, deadline).await
    }

    /// Says goodbye to all servers and sees every process and task end, within 8 s.
    pub async fn shutdown(mut self) {
        drop(self.stop);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "what kept an MCP server failed");
            }
        }
    }

    /// Servers that nobody keeps yet.
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

    /// Keeps the server at `at`, which `spec` describes and `connector` leads to.
    fn keep(&mut self, at: usize, spec: &McpSpec, connector: impl Connector) {
        let catalog = self.mcp.0.clone();
        let server = catalog.servers()[at].clone();
        let selection = Selection {
            server: server.name.clone(),
            prefix: spec.prefix.clone(),
            allowed: spec.tools.clone(),
            within: Duration::from_secs_f64(spec.timeout),
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
    /// Waits until every server that is required is there.
    ///
    /// # Errors
    /// After `within`, one line for each that is not, with the reason.
    pub async fn ready(&self, within: Duration) -> Result<(), Vec<String>> {
        let until = Instant::from_std(clock::now()) + within;
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

    /// What all servers that are there offer, at each moment.
    pub fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.0.tools()
    }

    /// Calls `tool`, as the model names it, and once only. What does not work out is told in the
    /// answer. It ends at `deadline`, or after the server's own timeout; then, or when this future
    /// is dropped, the call is cancelled at the server.
    pub async fn call(&self, tool: &str, args: Map<String, Value>, deadline: Instant) -> Answer {
        match self.0.find(tool) {
            Some((server, remote)) => server.call(remote, args, deadline).await,
            None => Answer::error("there is no tool of this name"),
        }
    }
}

/// A way to a server, of either kind.
enum Way {
    Program(Program),
    Web(Web),
}

impl Way {
    fn of(spec: &McpSpec, source: &Source) -> Result<Self, Vec<String>> {
        if spec.command.is_some() {
            return Program::of(spec, source).map(Self::Program);
        }
        let client = transport::client(source).map_err(|why| vec![why])?;
        Web::of(spec, source, client).map(Self::Web)
    }
}

/// One line for each name that two servers have.
/// What keeps servers like these from being started: all that is wrong with the specs, and all
/// variables that `source` does not have, each in one line.
pub fn problems(specs: &[McpSpec], source: &Source) -> Vec<String> {
    ways(specs, source).err().unwrap_or_default()
}

/// A way to each server.
fn ways(specs: &[McpSpec], source: &Source) -> Result<Vec<Way>, Vec<String>> {
    let (mut ways, mut problems) = (Vec::new(), twice(specs));
    for spec in specs {
        let wrong = spec.problems();
        if wrong.is_empty() {
            match Way::of(spec, source) {
                Ok(way) => ways.push(way),
                Err(unset) => problems.extend(unset),
            }
        }
        problems.extend(wrong);
    }
    match problems.is_empty() {
        true => Ok(ways),
        false => Err(problems),
    }
}

fn twice(specs: &[McpSpec]) -> Vec<String> {
    let mut names = HashSet::new();
    let twice = specs.iter().filter(|spec| !names.insert(&spec.name));
    twice
        .map(|spec| spec.problem("another server has this name"))
        .collect()
}
