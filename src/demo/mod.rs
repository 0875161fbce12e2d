//! A whole call on one machine: livekit-server, simulator, worker, and a caller who speaks.

mod script;
mod server;
mod servers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use parlor_core::audio::duration_of;
use parlor_core::conversation::{Event, Fact, Outcome};
use parlor_core::secret::Secret;
use tokio::sync::{mpsc, oneshot};

use crate::agent_store::AgentStore;
use crate::config::{AgentApi, LiveKit};
use crate::room::Caller;
use crate::session::Call;
use crate::sim::ToolRule;
use crate::token::{Grant, Kind, mint};
use crate::wav;

pub use script::Voice;
pub use server::{Ended, Server, ServerError};
pub use servers::Servers;

/// The room of the demonstration.
const ROOM: &str = "demo";

/// How long its tokens let somebody join.
const TOKEN_VALID: Duration = Duration::from_secs(6 * 3600);

/// Facts that may wait to be printed.
const FACTS: usize = 256;

/// What is shown, and to whom it is told.
#[derive(Debug)]
pub struct Demonstration {
    /// Who answers.
    pub agent_store: AgentStore,
    /// Who calls.
    pub voice: Voice,
    /// Where what the caller heard is saved.
    pub heard: PathBuf,
    /// The livekit-server to run; looked for when it is not named.
    pub livekit_server: Option<PathBuf>,
    /// The real Voice Agent API; the simulator without it.
    pub api: Option<AgentApi>,
    /// When the simulator calls a tool.
    pub calls: Vec<ToolRule>,
}

/// Something to be shown as it happens.
#[derive(Debug)]
pub enum Told<'a> {
    /// The servers are up.
    Up {
        /// LiveKit's address.
        server: &'a str,
        /// The Voice Agent API's address.
        api: &'a str,
    },
    /// How to join.
    Link {
        /// LiveKit's address.
        url: &'a str,
        /// Opens the room.
        token: &'a Secret,
    },
    /// The caller says this.
    Said(&'a str),
    /// Something happened in the call.
    Fact(&'a Fact),
    /// The recording is there.
    Saved {
        /// Where.
        file: &'a Path,
        /// How long it is.
        seconds: f64,
    },
}

/// Takes what is told.
pub type Tell<'a> = &'a (dyn Fn(Told<'_>) + Sync);

impl Demonstration {
    /// Runs the call to its end; everything it started has ended with it.
    ///
    /// # Errors
    /// When a part cannot be started, or the recording cannot be written.
    pub async fn run(
        self,
        mut control: mpsc::Receiver<Event>,
        tell: Tell<'_>,
    ) -> anyhow::Result<Outcome> {
        let lines = script::lines(&self.voice)?;
        let starting = Servers::start(self.livekit_server.as_deref(), self.api, self.calls);
        let servers = tokio::select! {
            servers = starting => servers?,
            _ = control.recv() => return Ok(Outcome::Shutdown),
        };
        let livekit = servers.livekit().clone();
        tell(Told::Up {
            server: &livekit.url,
            api: &servers.api().base_url,
        });

        let present = self.agent_store.present();
        let agent = present.borrow().agent.clone();
        let (facts, mut facts_out) = mpsc::channel(FACTS);
        let token_of_agent = token(&livekit, Kind::Agent, &agent.name)?;
        let api = servers.api().endpoint();
        let call = Call {
            watch: Some(facts),
            ..Call::new(livekit.clone(), token_of_agent, api, present)
        };
        let guest = token(&livekit, Kind::Caller, "you")?;
        tell(Told::Link {
            url: &livekit.url,
            token: &guest,
        });

        let is_greeted = agent.definition.greets();
        let (over, until_over) = oneshot::channel();
        let talking = async {
            let ended = call.run(control).await;
            // The caller's end may have come first.
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
                    caller.call(until_over, tell).await
                }
                None => Ok(()),
            }
        };
        let telling = async {
            while let Some(fact) = facts_out.recv().await {
                tell(Told::Fact(&fact));
            }
        };
        let (ended, called, ()) = tokio::join!(talking, calling, telling);
        self.agent_store.close().await;
        servers.stop().await;
        called?;
        ended.context("the agent cannot join")
    }
}

/// A caller with something to say.
struct Calling<'a> {
    livekit: &'a LiveKit,
    lines: Vec<script::Line>,
    is_greeted: bool,
    /// Where what it hears is saved.
    file: &'a Path,
}

impl Calling<'_> {
    /// Joins, says its lines until they or the call end, leaves, and saves what it heard.
    async fn call(self, over: oneshot::Receiver<()>, tell: Tell<'_>) -> anyhow::Result<()> {
        let token = token(self.livekit, Kind::Caller, "caller")?;
        let joining = Caller::join(self.livekit, &token).await;
        let mut caller = joining.context("the caller cannot join")?;
        let heard = caller.heard();
        let played = tokio::select! {
            played = script::play(&mut caller, self.lines, self.is_greeted, tell) => played,
            _ = over => Ok(()),
        };
        caller.leave().await;
        let samples = heard.since(0);
        wav::write(self.file, &samples)?;
        tell(Told::Saved {
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
    mint(livekit, &grant).context("a token cannot be made")
}
