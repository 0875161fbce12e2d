//! The real edges: the agent's WebSocket, the room, and whoever watches the call.

use std::time::Duration;

use parlor_core::audio::Frame;
use parlor_core::conversation::{Action, Checkpoint, Event, PlayoutEvent, Utterance};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use crate::agent::{Connections, Endpoint, Link, Stalled};
use crate::room::Room;

use super::{Edges, Observer};

/// How long the sockets of a finished call may take to close.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Outside calls for a conversation's actions.
#[derive(Debug)]
pub struct CallEdges {
    room: Room,
    endpoint: Endpoint,
    connections: Connections,
    link: Option<Link>,
    sockets: JoinSet<()>,
    observer: Observer,
    checkpoints: Option<watch::Sender<Checkpoint>>,
    trouble: Option<Event>,
}

impl CallEdges {
    /// Edges in `room`; what the agent says comes out of the inbox of `connections`.
    pub fn new(
        room: Room,
        endpoint: Endpoint,
        connections: Connections,
        observer: Observer,
    ) -> Self {
        Self {
            room,
            endpoint,
            connections,
            link: None,
            sockets: JoinSet::new(),
            observer,
            checkpoints: None,
            trouble: None,
        }
    }

    /// Keeps checkpoints where somebody else can see the latest.
    pub fn keep(&mut self, checkpoints: Option<watch::Sender<Checkpoint>>) {
        self.checkpoints = checkpoints;
    }

    /// Sees every task of the call end and leaves the room.
    pub async fn finish(mut self) -> Observer {
        self.close_agent();
        let closing = async { while self.sockets.join_next().await.is_some() {} };
        if timeout(CLOSE_WITHIN, closing).await.is_err() {
            tracing::warn!("the agent's socket did not close in time");
            self.sockets.shutdown().await;
        }
        self.observer.gaps(self.room.playout().gaps());
        self.room.leave().await;
        self.observer
    }

    /// Opens another connection in place of the one before.
    fn connect_agent(&mut self, endpoint: Endpoint) {
        while self.sockets.try_join_next().is_some() {}
        self.close_agent();
        let (link, task) = Link::open(endpoint, self.connections.open());
        self.sockets.spawn(task.in_current_span());
        self.link = Some(link);
    }

    fn close_agent(&mut self) {
        if let Some(link) = self.link.take() {
            self.observer.unsent(link.dropped());
        }
    }

    fn play(&mut self, utterance: Utterance, frame: Frame) {
        if self.room.playout().push(utterance, frame).is_err() {
            self.in_trouble(Event::Playout(PlayoutEvent::Overflowed));
        }
    }

    /// The first trouble is told; what follows from it is not.
    fn in_trouble(&mut self, event: Event) {
        self.trouble.get_or_insert(event);
    }
}

impl Edges for CallEdges {
    fn perform(&mut self, action: Action) {
        match action {
            Action::ConnectAgent => self.connect_agent(self.endpoint.clone()),
            Action::ResumeAgent(bearer) => {
                let endpoint = self.endpoint.clone();
                self.connect_agent(Endpoint { bearer, ..endpoint });
            }
            Action::SendAgent(command) => {
                if let Some(Err(Stalled)) = self.link.as_ref().map(|link| link.send(command)) {
                    self.in_trouble(Event::AgentStalled);
                }
            }
            Action::SendAudio(chunk) => {
                if let Some(Err(Stalled)) = self.link.as_mut().map(|link| link.send_audio(chunk)) {
                    self.in_trouble(Event::AgentStalled);
                }
            }
            Action::CloseAgent => self.close_agent(),
            Action::Listen(identity) => self.room.listen(identity),
            Action::Play { utterance, frame } => self.play(utterance, frame),
            Action::PausePlayout => self.room.playout().pause(true),
            Action::ResumePlayout => self.room.playout().pause(false),
            Action::FlushPlayout => self.room.playout().flush(),
            Action::SetAgentState(state) => {
                self.observer.state(state);
                self.room.set_state(state);
            }
            Action::Observe(fact) => self.observer.fact(fact),
            Action::Checkpoint(checkpoint) => {
                if let Some(checkpoints) = &self.checkpoints {
                    checkpoints.send_replace(*checkpoint);
                }
            }
            Action::RunTool { call, .. } => self.in_trouble(Event::ToolDone {
                call,
                result: r#"{"error":"there is no such tool"}"#.to_owned().into(),
                is_error: true,
            }),
            Action::CancelTool(_) => {}
            Action::Write(_) => {}
            // The driver's own.
            Action::Finish(_) => {}
        }
    }

    fn trouble(&mut self) -> Option<Event> {
        self.trouble.take()
    }
}
