//! A complete demo call on one machine: livekit-server, simulator, worker and a speaking caller.

mod script;
mod server;
mod servers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use parlor_common::wav;
use parlor_core::audio::duration_of;
use parlor_core::conversation::{Event, Fact, Outcome};
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::Caller;
use parlor_livekit::token::{Grant, Kind, mint};
use parlor_sim::ToolRule;
use parlor_voice_agent::AgentApi;
use tokio::sync::{mpsc, oneshot};

use crate::agent_store::AgentStore;
use crate::session::Call;

pub use script::Voice;
pub use server::{Ended, Server, ServerError};
pub use servers::Servers;

/// Name of the demo room.
const ROOM: &str = "demo";

/// Validity of the demo's access tokens; a participant who has joined may stay longer.
const TOKEN_VALID: Duration = Duration::from_secs(6 * 3600);

/// Capacity of the channel of facts that wait to be printed.
const FACTS: usize = 256;

/// Settings of a demo call.
#[derive(Debug)]
pub struct Demonstration {
    /// The agent that answers.
    pub agent_store: AgentStore,
    /// The caller's voice.
    pub voice: Voice,
    /// WAV file to write the audio that the caller heard to.
    pub heard: PathBuf,
    /// Path of the livekit-server binary; searched for when `None`.
    pub livekit_server: Option<PathBuf>,
    /// The real Voice Agent API; `None` starts the simulator.
    pub api: Option<AgentApi>,
    /// Rules by which the simulator calls tools.
    pub tool_rules: Vec<ToolRule>,
}

/// Progress of the demo, for display.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The servers are running.
    Up {
        /// URL of the LiveKit server.
        server: &'a str,
        /// URL of the Voice Agent API.
        api: &'a str,
    },
    /// Connection details for joining the room.
    Link {
        /// URL of the LiveKit server.
        url: &'a str,
        /// Access token for the room.
        token: &'a Secret,
    },
    /// The caller says these words.
    Said(&'a str),
    /// Something happened in the call.
    Fact(&'a Fact),
    /// The recording of what the caller heard was saved.
    Saved {
        /// Path of the WAV file.
        file: &'a Path,
        /// Duration in seconds.
        seconds: f64,
    },
}

/// Callback for progress of the demo.
pub type OnProgress<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

impl Demonstration {
    /// Runs the call to its end, then stops everything it started.
    ///
    /// # Errors
    /// If a server or a participant cannot start, or the recording cannot be written.
    pub async fn run(
        self,
        mut control: mpsc::Receiver<Event>,
        on_progress: OnProgress<'_>,
    ) -> anyhow::Result<Outcome> {
        let lines = script::lines(&self.voice)?;
        let starting = Servers::start(self.livekit_server.as_deref(), self.api, self.tool_rules);
        let servers = tokio::select! {
            servers = starting => servers?,
            _ = control.recv() => return Ok(Outcome::Shutdown),
        };
        let livekit = servers.livekit().clone();
        on_progress(Progress::Up {
            server: &livekit.url,
            api: &servers.api().base_url,
        });

        let snapshots = self.agent_store.subscribe();
        let agent = snapshots.borrow().agent.clone();
        let (facts, mut facts_out) = mpsc::channel(FACTS);
        let token_of_agent = token(&livekit, Kind::Agent, &agent.name)?;
        let api = servers.api().endpoint();
        let call = Call {
            watch: Some(facts),
            ..Call::new(livekit.clone(), token_of_agent, api, snapshots)
        };
        let guest = token(&livekit, Kind::Caller, "you")?;
        on_progress(Progress::Link {
            url: &livekit.url,
            token: &guest,
        });

        let is_greeted = agent.definition.greets();
        let (over, until_over) = oneshot::channel();
        let talking = async {
            let ended = call.run(control).await;
            // The caller may have ended first.
            over.send(()).ok();
            ended
        };
        let calling = async {
            match lines {
                Some(lines) => {
                    let caller = Calling {
                        livekit: &livekit,
                        file: &self.heard,
                        lines,
                        is_greeted,
                    };
                    caller.call(until_over, on_progress).await
                }
                None => Ok(()),
            }
        };
        let telling = async {
            while let Some(fact) = facts_out.recv().await {
                on_progress(Progress::Fact(&fact));
            }
        };
        let (ended, called, ()) = tokio::join!(talking, calling, telling);
        self.agent_store.close().await;
        servers.stop().await;
        called?;
        ended.context("the agent cannot join the room")
    }
}

/// A caller who joins the demo room and speaks the script.
struct Calling<'a> {
    livekit: &'a LiveKit,
    lines: Vec<script::Line>,
    is_greeted: bool,
    /// WAV file for the audio that the caller hears.
    file: &'a Path,
}

impl Calling<'_> {
    /// Joins, says its lines until they are done or the call ends, leaves, and saves what it heard.
    async fn call(
        self,
        over: oneshot::Receiver<()>,
        on_progress: OnProgress<'_>,
    ) -> anyhow::Result<()> {
        let token = token(self.livekit, Kind::Caller, "caller")?;
        let joining = Caller::join(self.livekit, &token).await;
        let mut caller = joining.context("the caller cannot join the room")?;
        let heard = caller.heard();
        let played = tokio::select! {
            played = script::play(&mut caller, self.lines, self.is_greeted, on_progress) => played,
            _ = over => Ok(()),
        };
        caller.leave().await;
        let samples = heard.since(0);
        wav::write(self.file, &samples)?;
        on_progress(Progress::Saved {
            file: self.file,
            seconds: duration_of(samples.len()).as_secs_f64(),
        });
        played
    }
}

fn token(livekit: &LiveKit, kind: Kind, name: &str) -> anyhow::Result<Secret> {
    let identity = match kind {
        Kind::Agent => "agent",
        Kind::Caller => name,
    };
    let grant = Grant {
        room: ROOM,
        identity,
        name,
        kind,
        valid: TOKEN_VALID,
    };
    mint(livekit, &grant).context("cannot create an access token")
}
