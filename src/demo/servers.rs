//! Servers of the demo: livekit-server, and the simulator if there is no real Voice Agent API.

use std::path::Path;

use parlor_core::secret::Secret;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Server;
use crate::config::{AgentApi, LiveKit};
use crate::dial::Proxies;
use crate::sim::{self, Simulator, ToolRule};

/// The running servers of a demo.
#[derive(Debug)]
pub struct Servers {
    server: Server,
    simulation: Simulation,
}

impl Servers {
    /// Starts livekit-server (searched for if `program` is `None`) and, if `api` is `None`, the
    /// simulator, which calls tools by the rules in `calls`.
    ///
    /// # Errors
    /// If one of them cannot be started.
    pub async fn start(
        program: Option<&Path>,
        api: Option<AgentApi>,
        calls: Vec<ToolRule>,
    ) -> anyhow::Result<Self> {
        let server = Server::start(program).await?;
        let simulation = Simulation::start(api, calls).await?;
        Ok(Self { server, simulation })
    }

    /// URL, API key and secret of the LiveKit server.
    pub fn livekit(&self) -> &LiveKit {
        self.server.livekit()
    }

    /// URL and key of the Voice Agent API or its simulator.
    pub fn api(&self) -> &AgentApi {
        &self.simulation.api
    }

    /// Stops the servers that were started, and waits until they have ended.
    pub async fn stop(self) {
        self.simulation.stop().await;
        self.server.stop().await;
    }
}

/// The Voice Agent API or its simulator.
#[derive(Debug)]
struct Simulation {
    api: AgentApi,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Simulation {
    /// Starts the simulator on a free port, or nothing if there is a real API.
    async fn start(api: Option<AgentApi>, calls: Vec<ToolRule>) -> anyhow::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        if let Some(api) = api {
            return Ok(Self { api, stop, tasks });
        }
        let options = sim::Options {
            reply: sim::Reply::Script,
            calls,
            ..sim::Options::default()
        };
        let simulator = Simulator::bind(options).await?;
        let api = AgentApi {
            base_url: format!("ws://{}", simulator.addr()),
            key: Secret::new("simulator"),
            proxies: Proxies::default(),
        };
        tasks.spawn(simulator.run(async {
            // A dropped sender also stops the simulator.
            stopped.await.ok();
        }));
        Ok(Self { api, stop, tasks })
    }

    async fn stop(mut self) {
        // Without a simulator, nothing receives this.
        self.stop.send(()).ok();
        while self.tasks.join_next().await.is_some() {}
    }
}
