//! The real edges: the agent's WebSocket, the room, and whoever watches the call.

use std::time::Duration;

use parlor_core::audio::Frame;
use parlor_core::conversation::{Action, Event, PlayoutEvent, Utterance};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::agent::{Endpoint, Link, Stalled};
use crate::room::Room;

use super::{Edges, Observer};

/// How long the sockets of a finished call may take to close.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Outside calls for a conversation's actions.
#[derive(Debug)]
pub struct CallEdges {
    room: Room,
    endpoint: Endpoint,
    events: mpsc::Sender<Event>,
    link: Option<Link>,
    sockets: JoinSet<()>,
    observer: Observer,
    trouble: Option<Event>,
}

impl CallEdges {
    /// Edges in `room`; what the agent says comes out of `events`' other end.
    pub fn new(
        room: Room,
        endpoint: Endpoint,
        events: mpsc::Sender<Event>,
        observer: Observer,
    ) -> Self {
        Self {
            room,
            endpoint,
            events,
            link: None,
            sockets: JoinSet::new(),
            observer,
            trouble: None,
        }
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

    fn connect_agent(&mut self) {
        let (link, task) = Link::open(self.endpoint.clone(), self.events.clone());
        self.sockets.spawn(task);
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
            Action::ConnectAgent => self.connect_agent(),
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
            // The driver's own.
            Action::Finish(_) => {}
        }
    }

    fn trouble(&mut self) -> Option<Event> {
        self.trouble.take()
    }
}
