//! One call from join to leave.

use parlor_core::conversation::{Event, Outcome, Settings};
use parlor_core::private::Secret;
use tokio::sync::mpsc;

use crate::agent::{self, Endpoint};
use crate::clock;
use crate::room::{JoinError, Room};

use super::{CallEdges, Inputs, Observer, Watch, run};

/// What a call needs.
#[derive(Debug)]
pub struct Call {
    /// LiveKit's address, `ws://` or `wss://`.
    pub livekit_url: String,
    /// Opens one room, for one identity.
    pub token: Secret,
    /// The Voice Agent API.
    pub agent: Endpoint,
    /// What the agent is and how it behaves.
    pub settings: Settings,
    /// Who else wants to know what happens.
    pub watch: Option<Watch>,
}

impl Call {
    /// Joins the room, talks until the call is over, and leaves.
    ///
    /// # Errors
    /// [`JoinError`] when the room could not be joined. How the call itself ended is an
    /// [`Outcome`].
    pub async fn run(self, mut control: mpsc::Receiver<Event>) -> Result<Outcome, JoinError> {
        let (room, inbox) = tokio::select! {
            joined = Room::join(&self.livekit_url, &self.token) => joined?,
            _ = control.recv() => return Ok(Outcome::Shutdown),
        };
        let began = clock::now();
        tracing::info!("in the room");
        let (events, agent) = mpsc::channel(agent::INBOX);
        let observer = Observer::new(self.watch);
        let mut edges = CallEdges::new(room, self.agent, events, observer);
        let inputs = Inputs {
            control,
            agent,
            room: inbox.events,
            playout: inbox.playout,
            mic: inbox.mic,
        };
        let outcome = run(self.settings, &mut edges, inputs).await;
        let observer = edges.finish().await;
        observer.ended(&outcome, clock::now() - began);
        Ok(outcome)
    }
}
