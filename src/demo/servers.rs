//! The servers of a demonstration: a livekit-server, and something that speaks the Voice Agent API.

use std::path::Path;

use parlor_core::secret::Secret;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Server;
use crate::config::{AgentApi, LiveKit};
use crate::dial::Proxies;
use crate::sim::{self, Simulator, ToolRule};

/// The servers of a demonstration.
#[derive(Debug)]
pub struct Servers {
    server: Server,
    simulation: Simulation,
}

impl Servers {
    /// Starts a livekit-server, looked for when `program` does not name it, and the simulator, which
    /// calls tools by these rules, when there is no real `api`.
    ///
    /// # Errors
    /// Which of them cannot be started, and why.
    pub async fn start(
        program: Option<&Path>,
        api: Option<AgentApi>,
        calls: Vec<ToolRule>,
    ) -> anyhow::Result<Self> {
        let server = Server::start(program).await?;
        let simulation = Simulation::start(api, calls).await?;
        Ok(Self { server, simulation })
    }

    /// LiveKit's address and key.
    pub fn livekit(&self) -> &LiveKit {
        self.server.livekit()
    }

    /// The Voice Agent API.
    pub fn api(&self) -> &AgentApi {
        &self.simulation.api
    }

    /// Ends what was started, and waits until it is gone.
    pub async fn stop(self) {
        self.simulation.stop().await;
        self.server.stop().await;
    }
}

/// The Voice Agent API that the demonstration talks to.
#[derive(Debug)]
struct Simulation {
    api: AgentApi,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Simulation {
    /// The simulator on a free port; nothing at all when there is a real API.
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
            // Dropped means stop, too.
            stopped.await.ok();
        }));
        Ok(Self { api, stop, tasks })
    }

    async fn stop(mut self) {
        // Already gone when there is a real API.
        self.stop.send(()).ok();
        while self.tasks.join_next().await.is_some() {}
    }
}
