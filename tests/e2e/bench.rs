//! Test setup: a livekit-server, a simulator, and workers as separate processes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_protocol::{AgentDispatch, CreateAgentDispatchRequest};
use parlor::demo::Server;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::{Caller, CaptionLine};
use parlor_livekit::token::{Grant, Kind, mint};
use parlor_sim as sim;
use parlor_sim::{Log, Scenario, Simulator, clips};
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::gate::Gate;
use super::hearing::{self, Match};
pub(crate) use super::worker::{SOON, Worker};

/// Room of the tests; each test has a server of its own.
pub(crate) const ROOM: &str = "kitchen";

/// Command line of a worker on any port, without the load limit: the machine is busy with other
/// tests.
const START: [&str; 4] = ["start", "--any-load", "--health", "127.0.0.1:0"];

/// Clip of the greeting that the simulator speaks.
pub(crate) const GREETING: &str = "greeting";

pub(crate) struct Bench {
    pub(crate) server: Option<Server>,
    pub(crate) livekit: LiveKit,
    pub(crate) log: Log,
    simulator: Simulation,
}

struct Simulation {
    address: String,
    _stop: oneshot::Sender<()>,
    _task: JoinHandle<()>,
}

/// Simulator options with these built-in scenarios.
pub(crate) fn playing(names: &[&str]) -> sim::Options {
    let bundled = |name: &&str| Scenario::bundled(name).unwrap();
    sim::Options {
        scenarios: names.iter().map(bundled).collect(),
        ..sim::Options::default()
    }
}

impl Bench {
    pub(crate) async fn start(options: sim::Options) -> Self {
        let server = Server::start(None).await.unwrap();
        let bench = Self::beside(&server, options).await;
        Self {
            server: Some(server),
            ..bench
        }
    }

    /// Uses a livekit-server that other tests use too.
    pub(crate) async fn beside(server: &Server, options: sim::Options) -> Self {
        let simulator = Simulator::bind(options).await.unwrap();
        let log = simulator.watch();
        let address = format!("ws://{}", simulator.addr());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(simulator.run(async {
            stopped.await.ok();
        }));
        Self {
            livekit: server.livekit().clone(),
            server: None,
            log,
            simulator: Simulation {
                address,
                _stop: stop,
                _task: task,
            },
        }
    }

    /// A worker in the room, started as a user would start it.
    pub(crate) fn worker(&self) -> Worker {
        self.worker_with(&[], &[])
    }

    /// Like [`worker`](Self::worker), with other flags and variables.
    pub(crate) fn worker_with(&self, flags: &[&str], variables: &[(&str, &str)]) -> Worker {
        self.parlor(&["join", "--room", ROOM], flags, variables)
    }

    /// Like [`worker`](Self::worker), in another room and with other flags.
    pub(crate) fn worker_in(&self, room: &str, flags: &[&str]) -> Worker {
        self.parlor(&["join", "--room", room], flags, &[])
    }

    /// A worker that waits for dispatches, registered.
    pub(crate) async fn daemon(&self, flags: &[&str]) -> Worker {
        self.daemon_at(&self.livekit.url, flags).await
    }

    /// Like [`daemon`](Self::daemon), with the log level that operators use.
    pub(crate) async fn quiet_daemon(&self, flags: &[&str]) -> Worker {
        let daemon = self.parlor(&START, flags, &[("PARLOR_LOG", "info,livekit=warn")]);
        daemon.writes("registered").await;
        daemon
    }

    /// A registered worker with the default load limits, which logs the load of the machine.
    pub(crate) async fn limited_daemon(&self) -> Worker {
        let log = "info,livekit=warn,parlor::worker::machine_load=trace";
        let start = ["start", "--health", "127.0.0.1:0"];
        let daemon = self.parlor(&start, &[], &[("PARLOR_LOG", log)]);
        daemon.writes("registered").await;
        daemon
    }

    /// A registered worker started with `parlor dev`.
    pub(crate) async fn laptop(&self, flags: &[&str]) -> Worker {
        let worker = self.parlor(&["dev"], flags, &[]);
        worker.writes("registered").await;
        worker
    }

    /// The only caller leaves: the worker exits with 0, and the simulator has seen no violations.
    pub(crate) async fn ends(&self, caller: Caller, worker: &mut Worker) {
        caller.leave().await;
        assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
        assert_eq!(self.log.violations(), Vec::<String>::new());
    }

    /// Dispatches an agent to a room, with metadata.
    pub(crate) async fn dispatch(&self, agent_name: &str, room: &str) -> AgentDispatch {
        let request = CreateAgentDispatchRequest {
            agent_name: agent_name.to_owned(),
            room: room.to_owned(),
            metadata: "{\"desk\":3}".to_owned(),
            ..CreateAgentDispatchRequest::default()
        };
        let client = self.dispatches();
        client.create_dispatch(request).await.unwrap()
    }

    /// API client for the dispatches of the server.
    pub(crate) fn dispatches(&self) -> AgentDispatchClient {
        let url = self.livekit.http_url();
        let secret = self.livekit.api_secret.reveal();
        AgentDispatchClient::with_api_key(&url, &self.livekit.api_key, secret)
    }

    /// Like [`daemon`](Self::daemon), with other variables; does not wait until it is registered.
    pub(crate) fn daemon_with(&self, variables: &[(&str, &str)]) -> Worker {
        self.parlor(&START, &[], variables)
    }

    /// Like [`daemon_with`](Self::daemon_with), with flags too.
    pub(crate) fn daemon_as(&self, flags: &[&str], variables: &[(&str, &str)]) -> Worker {
        self.parlor(&START, flags, variables)
    }

    /// Like [`daemon`](Self::daemon), with another URL of the server.
    pub(crate) async fn daemon_at(&self, url: &str, flags: &[&str]) -> Worker {
        let daemon = self.parlor(&START, flags, &[("LIVEKIT_URL", url)]);
        daemon.writes("registered").await;
        daemon
    }

    fn parlor(&self, command: &[&str], flags: &[&str], variables: &[(&str, &str)]) -> Worker {
        let arguments = [command, flags].concat();
        let agent = [
            "--agent",
            concat!(env!("CARGO_MANIFEST_DIR"), "/agent.toml"),
        ];
        match flags.contains(&"--agent") {
            true => self.process(&arguments, variables),
            false => self.process(&[&arguments[..], &agent].concat(), variables),
        }
    }

    /// Any `parlor` command, in the environment of a worker.
    pub(crate) fn command(&self, arguments: &[&str]) -> Worker {
        self.process(arguments, &[])
    }

    fn process(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Worker {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command
            .args(arguments)
            .env_clear()
            .envs(
                std::env::vars().filter(|(name, _)| name == "PARLOR_NATIVE_CORE" || name == "HOME"),
            )
            .env("LIVEKIT_URL", &self.livekit.url)
            .env("LIVEKIT_API_KEY", &self.livekit.api_key)
            .env("LIVEKIT_API_SECRET", self.livekit.api_secret.reveal())
            .env("ASSEMBLYAI_BASE_URL", &self.simulator.address)
            .env("ASSEMBLYAI_API_KEY", "e2e-key")
            .env("PARLOR_LOG", "debug")
            // No grace period for returning callers, unless a test sets one.
            .env("PARLOR_CALLER_GRACE", "0")
            .envs(variables.iter().copied())
            .current_dir(env!("CARGO_TARGET_TMPDIR"));
        Worker::spawn(command)
    }

    /// WebSocket URL of the simulator.
    pub(crate) fn agent_url(&self) -> &str {
        &self.simulator.address
    }

    /// Workers started after this reach the simulator through a gate.
    pub(crate) async fn gate_to_the_agent(&mut self) -> Gate {
        let gate = Gate::to(&self.simulator.address).await;
        self.simulator.address.clone_from(&gate.url);
        gate
    }

    /// A caller in the room.
    pub(crate) async fn caller(&self, identity: &str) -> Caller {
        self.caller_in(ROOM, identity).await
    }

    /// A caller in another room.
    pub(crate) async fn caller_in(&self, room: &str, identity: &str) -> Caller {
        let token = self.token(room, identity);
        Caller::join(&self.livekit, &token).await.unwrap()
    }

    /// A caller who announces pre-connect audio.
    pub(crate) async fn early_caller(&self, identity: &str) -> Caller {
        let token = self.token(ROOM, identity);
        let joining = Caller::join_with_pre_connect_audio(&self.livekit, &token);
        joining.await.unwrap()
    }

    /// A token for a caller.
    pub(crate) fn token(&self, room: &str, identity: &str) -> Secret {
        let grant = Grant {
            room,
            identity,
            name: identity,
            kind: Kind::Caller,
            valid: Duration::from_secs(60),
        };
        mint(&self.livekit, &grant).unwrap()
    }
}

/// Simulator options for a scripted agent that makes these tool calls.
pub(crate) fn calling(calls: &[&str]) -> sim::Options {
    sim::Options {
        tool_rules: calls.iter().map(|it| it.parse().unwrap()).collect(),
        ..scripted()
    }
}

/// Results of tool calls that the simulator has received.
pub(crate) fn answers(bench: &Bench) -> Vec<String> {
    let answers = bench.log.answers().into_iter();
    answers.map(|answer| answer.into_inner()).collect()
}

/// Writes an agent file with a prompt and these other lines to the temporary folder of the build.
pub(crate) fn agent_file(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, format!("prompt = \"You are a clerk.\"\n{text}")).unwrap();
    file
}

/// Simulator options for an agent that gives the scripted answer to each question.
pub(crate) fn scripted() -> sim::Options {
    sim::Options {
        reply: sim::Reply::Script,
        ..sim::Options::default()
    }
}

/// The caller speaks a clip.
pub(crate) async fn say(caller: &mut Caller, clip: &str) {
    let samples = clips::find(clip).unwrap().samples();
    caller.say(&samples).await.unwrap();
}

/// Waits until `is_there` returns true for the captions in the room.
pub(crate) async fn shown(
    caller: &Caller,
    is_there: impl Fn(&[CaptionLine]) -> bool,
) -> Vec<CaptionLine> {
    let mut spoken = caller.captions();
    let waited = timeout(SOON, spoken.wait_for(|all| is_there(all))).await;
    let came = waited.is_ok_and(|it| it.is_ok());
    let all = spoken.borrow().clone();
    assert!(came, "{all:?}");
    all
}

/// Waits until the agent has this state in the room.
pub(crate) async fn agent_is(state: &mut watch::Receiver<String>, wanted: &str) {
    let waiting = timeout(SOON, state.wait_for(|state| state == wanted));
    let reached = waiting.await.is_ok_and(|state| state.is_ok());
    let is = state.borrow().clone();
    assert!(reached, "the agent did not become {wanted}: it is {is:?}");
}

/// Waits until the agent has spoken and finished.
pub(crate) async fn agent_speaks(state: &mut watch::Receiver<String>) {
    agent_is(state, "speaking").await;
    agent_is(state, "listening").await;
}

/// Audio that a caller heard from sample `from` on, including 500 ms that are still in transit.
pub(crate) async fn all_heard(caller: &Caller, from: usize) -> Vec<i16> {
    let mut heard = caller.heard();
    let on_its_way = heard.len() - from + 12_000;
    let arrived = heard.wait(from, SOON, |heard| heard.len() >= on_its_way);
    assert!(arrived.await, "the recording stopped");
    heard.since(from)
}

/// The caller speaks a clip and listens until the agent has answered. Returns how well the clip is
/// found in the answer.
pub(crate) async fn echo(caller: &mut Caller, name: &str) -> Match {
    let said = clips::find(name).unwrap().samples();
    let from = caller.heard().len();
    caller.say(&said).await.unwrap();
    agent_speaks(&mut caller.agent_state()).await;
    let found = hearing::find(&said, &all_heard(caller, from).await);
    println!("{name} comes back: {found}");
    found
}
