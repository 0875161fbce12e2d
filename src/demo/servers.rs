//! Servers of the demo: livekit-server, and the simulator if there is no real Voice Agent API.

use std::path::Path;

use parlor_common::dial::Proxies;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_sim as sim;
use parlor_sim::{Simulator, ToolRule};
use parlor_voice_agent::AgentApi;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Server;

/// The running servers of a demo.
#[derive(Debug)]
pub struct Servers {
    livekit_server: Server,
    voice_agent: VoiceAgent,
}

impl Servers {
    /// Starts livekit-server (searched for if `program` is `None`) and, if `api` is `None`, the
    /// simulator, which calls tools by the rules in `tool_rules`.
    ///
    /// # Errors
    /// If one of them cannot be started.
    pub async fn start(
        program: Option<&Path>,
        api: Option<AgentApi>,
        tool_rules: Vec<ToolRule>,
    ) -> anyhow::Result<Self> {
        let livekit_server = Server::start(program).await?;
        let voice_agent = VoiceAgent::start(api, tool_rules).await?;
        Ok(Self {
            livekit_server,
            voice_agent,
        })
    }

    /// URL, API key and secret of the LiveKit server.
    pub fn livekit(&self) -> &LiveKit {
        self.livekit_server.livekit()
    }

    /// URL and key of the Voice Agent API or its simulator.
    pub fn api(&self) -> &AgentApi {
        &self.voice_agent.api
    }

    /// Stops the servers that were started, and waits until they have ended.
    pub async fn stop(self) {
        self.voice_agent.stop().await;
        self.livekit_server.stop().await;
    }
}

/// The Voice Agent API or its simulator.
#[derive(Debug)]
struct VoiceAgent {
    api: AgentApi,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl VoiceAgent {
    /// Starts the simulator on a free port, or nothing if there is a real API.
    async fn start(api: Option<AgentApi>, tool_rules: Vec<ToolRule>) -> anyhow::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        if let Some(api) = api {
            return Ok(Self { api, stop, tasks });
        }
        let options = sim::Options {
            reply: sim::Reply::Script,
            tool_rules,
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
