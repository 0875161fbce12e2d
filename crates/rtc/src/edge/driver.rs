//! The task of a room.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use livekit_protocol::DisconnectReason;
use livekit_protocol::data_packet::Kind;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep_until};

use super::socket::Sockets;
use super::websocket::{self, WebSocket};
use super::{Call, Drops, now};
use crate::participant::{Dial, Disconnected, Event, Failure, Output, Participant};
use crate::transport::{Frame, Rtp};

/// Datagrams read before anything else gets its turn.
const BURST: usize = 32;
/// Events that may wait in the task when the queue is full.
const MAX_WAITING_EVENTS: usize = 4_096;
/// How long the last messages may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Inputs {
    pub(super) calls: mpsc::Receiver<Call>,
    pub(super) frames: mpsc::Receiver<(Arc<str>, Frame)>,
}

pub(super) struct Outputs {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) rtp: mpsc::Sender<Rtp>,
    pub(super) drops: Arc<Drops>,
}

type Opened = (u64, bool, Result<(WebSocket, IpAddr), Failure>);

enum Input {
    Timer,
    Call(Option<Call>),
    /// The queue of events has room, or nobody reads it.
    EventRoom,
    /// Nobody reads the events.
    Nobody,
    Readable,
    Frame(Arc<str>, Frame),
    Message(Option<Vec<u8>>),
    Opened(Box<Opened>),
}

pub(super) struct Driver {
    participant: Participant,
    inputs: Inputs,
    outputs: Outputs,
    waiting_events: VecDeque<Event>,
    dialling: Option<BoxFuture<'static, Opened>>,
    websocket: Option<WebSocket>,
    /// A WebSocket whose last messages are to be written.
    closing: Option<WebSocket>,
    sockets: Option<Sockets>,
}

impl Driver {
    pub(super) fn new(participant: Participant, inputs: Inputs, outputs: Outputs) -> Self {
        Self {
            participant,
            inputs,
            outputs,
            waiting_events: VecDeque::new(),
            dialling: None,
            websocket: None,
            closing: None,
            sockets: None,
        }
    }

    pub(super) async fn run(mut self) {
        let mut timer = Box::pin(sleep_until(now().into()));
        loop {
            self.carry_out();
            if self.participant.is_closed() && self.waiting_events.is_empty() {
                break;
            }
            // A deadline that is due is read off the clock, so that no busy input can hold it back.
            if let Some(at) = self.participant.poll_timeout() {
                let now = now();
                if at <= now {
                    self.participant.handle_timeout(now);
                    continue;
                }
                if timer.deadline() != at.into() {
                    timer.as_mut().reset(at.into());
                }
            }
            self.step(timer.as_mut()).await;
        }
        self.finish().await;
    }

    /// Waits for one input and hands it to the participant.
    async fn step(&mut self, timer: Pin<&mut Sleep>) {
        match self.input(timer).await {
            Input::Timer => self.participant.handle_timeout(now()),
            Input::Call(Some(call)) => call(&mut self.participant, now()),
            // Nobody can ask for anything any more.
            Input::Call(None) => self.participant.leave(now()),
            Input::EventRoom => {
                if let Some(event) = self.waiting_events.pop_front() {
                    let _ = self.outputs.events.try_send(event);
                }
            }
            Input::Nobody => self.waiting_events.clear(),
            Input::Readable => self.read(),
            Input::Frame(cid, frame) => {
                self.participant.send_frame(now(), &cid, frame);
            }
            Input::Message(message) => self.message(message),
            Input::Opened(opened) => self.opened(*opened).await,
        }
    }

    async fn input(&mut self, timer: Pin<&mut Sleep>) -> Input {
        let events = &self.outputs.events;
        if self.participant.is_closed() {
            return tokio::select! {
                () = events.closed() => Input::Nobody,
                permit = events.reserve() => permit.map_or(Input::Nobody, |_| Input::EventRoom),
            };
        }
        tokio::select! {
            biased;
            () = timer => Input::Timer,
            call = self.inputs.calls.recv() => Input::Call(call),
            permit = events.reserve(), if !self.waiting_events.is_empty() => {
                permit.map_or(Input::EventRoom, |_| Input::EventRoom)
            }
            () = readable(self.sockets.as_ref()) => Input::Readable,
            Some((cid, frame)) = self.inputs.frames.recv() => Input::Frame(cid, frame),
            message = next_message(&mut self.websocket) => Input::Message(message),
            opened = opened(&mut self.dialling) => Input::Opened(Box::new(opened)),
        }
    }

    fn read(&mut self) {
        let Some(sockets) = &mut self.sockets else {
            return;
        };
        for _ in 0..BURST {
            let Some((leg, source, datagram)) = sockets.try_read() else {
                break;
            };
            self.participant
                .handle_datagram(now(), leg, source, datagram);
        }
    }

    fn message(&mut self, message: Option<Vec<u8>>) {
        let Some(link) = self.websocket.as_ref().map(|websocket| websocket.link) else {
            return;
        };
        match message {
            Some(message) => self.participant.handle_signal(now(), link, &message),
            None => {
                self.websocket = None;
                self.participant.handle_signal_closed(now(), link);
            }
        }
    }

    async fn opened(&mut self, (link, single, outcome): Opened) {
        self.dialling = None;
        let outcome = match outcome {
            Ok((websocket, local)) => self.bind(local, single).await.map(|at| (websocket, at)),
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok((websocket, local)) => {
                self.websocket = Some(websocket);
                self.participant.handle_dialled(now(), link, local);
            }
            Err(failure) => self.participant.handle_dial_failed(now(), link, failure),
        }
    }

    async fn bind(
        &mut self,
        local: IpAddr,
        single: bool,
    ) -> Result<crate::participant::LocalAddresses, Failure> {
        let failed = |error: std::io::Error| Failure::Dial(error.to_string());
        if !self
            .sockets
            .as_ref()
            .is_some_and(|sockets| sockets.serve(local, single))
        {
            self.sockets = Some(Sockets::bind(local, single).await.map_err(failed)?);
        }
        let sockets = self.sockets.as_ref().ok_or(Failure::Transport)?;
        sockets.addresses(local).map_err(failed)
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.participant.poll_output() {
            match output {
                Output::Transmit(leg, destination, datagram) => {
                    if let Some(sockets) = &mut self.sockets {
                        sockets.send(leg, destination, &datagram);
                    }
                }
                Output::Rtp(rtp) => {
                    if self.outputs.rtp.try_send(rtp).is_err() {
                        self.outputs.drops.packets.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Output::Signal(message) => {
                    if let Some(websocket) = &mut self.websocket
                        && !websocket.push(message)
                    {
                        let link = websocket.link;
                        self.websocket = None;
                        self.participant.handle_signal_closed(now(), link);
                    }
                }
                Output::Dial(dial) => self.dial(dial),
                Output::Hangup => self.hang_up(),
                Output::Event(event) => self.event(event),
            }
        }
        if let Some(sockets) = &self.sockets {
            self.outputs
                .drops
                .datagrams
                .store(sockets.unsent, Ordering::Relaxed);
        }
    }

    fn dial(&mut self, dial: Dial) {
        self.hang_up();
        let (link, single) = (dial.link, dial.single);
        let open = websocket::open(dial).map(move |outcome| (link, single, outcome));
        self.dialling = Some(open.boxed());
    }

    fn hang_up(&mut self) {
        self.dialling = None;
        if let Some(mut websocket) = self.websocket.take() {
            websocket.push_close();
            self.closing = Some(websocket);
        }
    }

    fn event(&mut self, event: Event) {
        if self.waiting_events.is_empty() {
            match self.outputs.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => self.waiting_events.push_back(event),
                // Nobody listens: the room serves no purpose, unless it sends.
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        } else if self.waiting_events.len() < MAX_WAITING_EVENTS {
            self.waiting_events.push_back(event);
        } else if matches!(event, Event::Data(Kind::Lossy, _)) {
            self.outputs.drops.events.fetch_add(1, Ordering::Relaxed);
        } else if !self.participant.is_closed() {
            tracing::warn!("nobody reads the events of the room: it ends");
            self.waiting_events
                .push_back(Event::Disconnected(Disconnected {
                    reason: DisconnectReason::ClientInitiated,
                    failure: Some(Failure::Protocol("the events were not read".to_owned())),
                }));
            self.participant.leave(now());
        }
    }

    /// Writes the last messages.
    async fn finish(mut self) {
        if let Some(mut websocket) = self.closing.take() {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, websocket.flush()).await;
        }
    }
}

async fn readable(sockets: Option<&Sockets>) {
    match sockets {
        Some(sockets) => sockets.readable().await,
        None => std::future::pending().await,
    }
}

async fn next_message(websocket: &mut Option<WebSocket>) -> Option<Vec<u8>> {
    match websocket {
        Some(websocket) => websocket.next().await,
        None => std::future::pending().await,
    }
}

async fn opened(dialling: &mut Option<BoxFuture<'static, Opened>>) -> Opened {
    match dialling {
        Some(dialling) => dialling.await,
        None => std::future::pending().await,
    }
}
