//! The local participant of a room without IO: what the server and the peers send goes in with the
//! time; messages, datagrams, RTP and events come out, and one deadline.
//!
//! After each input, [`Participant::poll_output`] must be called until it gives `None`, then
//! [`Participant::poll_timeout`].

mod event;
mod options;
mod publication;
mod request;
mod room;
mod session;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use livekit_protocol as proto;
use livekit_protocol::{leave_request, signal_request};

pub use event::{Disconnected, Event, Failure, Joined, Speaker};
pub use options::{Options, TrackOptions};
pub use request::{RequestError, Stats};

use crate::backoff::Random;
use crate::signal::{self, Overdue, Path, Signal};
use crate::transport::{self, Data, Leg, Rtp, Transports};
use publication::Publication;
use room::RoomState;
use session::{Attempt, Goal, Step};

/// Events kept until the join is complete.
const MAX_EARLY_EVENTS: usize = 1_024;

/// What the caller has to do.
#[derive(Debug)]
pub enum Output {
    /// Open a WebSocket and close the former one. The outcome belongs to
    /// [`Participant::handle_dialled`] or [`Participant::handle_dial_failed`].
    Dial(Dial),
    /// Send a binary message on the WebSocket.
    Signal(Vec<u8>),
    /// Close the WebSocket.
    Hangup,
    /// Send a datagram from the socket of the leg.
    Transmit(Leg, SocketAddr, Vec<u8>),
    /// RTP of a subscribed track.
    Rtp(Rtp),
    /// Something happened.
    Event(Event),
}

/// A WebSocket to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Identifies the WebSocket in later inputs.
    pub link: u64,
    /// The address.
    pub url: String,
    /// The token, for the header `Authorization: Bearer`.
    pub token: String,
    /// Whether only the socket of [`Leg::Publisher`] is needed.
    pub single: bool,
}

/// Where the UDP sockets receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAddresses {
    /// Socket of [`Leg::Publisher`].
    pub publisher: SocketAddr,
    /// Socket of [`Leg::Subscriber`].
    pub subscriber: SocketAddr,
}

#[derive(Debug)]
enum Phase {
    Connecting(Attempt),
    Connected,
    Closed,
}

/// The local participant of a room.
#[derive(Debug)]
pub struct Participant {
    url: String,
    token: String,
    options: Options,
    random: Random,
    path: Path,
    phase: Phase,
    link: u64,
    local: Option<LocalAddresses>,
    signal: Signal,
    transports: Option<Transports>,
    fast_publish: bool,
    data: Data,
    room: RoomState,
    publications: Vec<Publication>,
    last_cid: u64,
    /// Whether the caller wants to know when little is buffered, reliable and lossy.
    thresholds: [bool; 2],
    out: VecDeque<Output>,
    /// Whether [`Event::Connected`] has been given.
    announced: bool,
    /// Events that come after the one that says that the session is established.
    early: Vec<Event>,
}

impl Participant {
    /// Creates a participant and starts to join the room that the token names.
    pub fn join(url: &str, token: &str, options: Options, now: Instant) -> Self {
        let path = if options.single_peer_connection {
            Path::Single
        } else {
            Path::Dual
        };
        let mut participant = Self {
            url: url.to_owned(),
            token: token.to_owned(),
            random: Random::new(options.seed),
            path,
            phase: Phase::Connecting(Attempt::new(Goal::Join, now)),
            link: 0,
            local: None,
            signal: Signal::new(now),
            transports: None,
            fast_publish: false,
            data: Data::default(),
            room: RoomState::new(options.auto_subscribe),
            publications: Vec::new(),
            last_cid: 0,
            thresholds: [false; 2],
            out: VecDeque::new(),
            announced: false,
            early: Vec::new(),
            options,
        };
        for track in std::mem::take(&mut participant.options.tracks) {
            let _ = participant.add_publication(track);
        }
        participant.dial(now);
        participant.drive(now);
        participant
    }

    /// Leaves the room. What this sends is still to be polled.
    pub fn leave(&mut self, now: Instant) {
        if self.signal.is_open() {
            let leave = proto::LeaveRequest {
                reason: proto::DisconnectReason::ClientInitiated.into(),
                action: leave_request::Action::Disconnect.into(),
                ..proto::LeaveRequest::default()
            };
            self.signal.send(signal_request::Message::Leave(leave));
        }
        self.end(proto::DisconnectReason::ClientInitiated, None);
        self.drive(now);
    }

    /// The WebSocket is open.
    pub fn handle_dialled(&mut self, now: Instant, link: u64, local: LocalAddresses) {
        if let Phase::Connecting(attempt) = &mut self.phase
            && link == self.link
            && matches!(attempt.step, Step::Dial(_))
        {
            attempt.step = Step::Answer;
            self.local = Some(local);
            self.signal.opened(now);
            if let Some(transports) = &mut self.transports {
                transports.set_local(local.publisher, local.subscriber);
            }
            self.drive(now);
        }
    }

    /// The WebSocket cannot be opened.
    pub fn handle_dial_failed(&mut self, now: Instant, link: u64, failure: Failure) {
        if link == self.link {
            self.attempt_failed(now, failure);
            self.drive(now);
        }
    }

    /// A binary message came on the WebSocket.
    pub fn handle_signal(&mut self, now: Instant, link: u64, message: &[u8]) {
        if link != self.link || self.is_closed() {
            return;
        }
        match self.signal.handle_message(now, message) {
            Ok(Some(event)) => self.signal_event(now, event),
            Ok(None) => {}
            Err(error) => self.lost_signal(now, Failure::Protocol(error.to_string())),
        }
        self.drive(now);
    }

    /// The WebSocket is closed.
    pub fn handle_signal_closed(&mut self, now: Instant, link: u64) {
        if link == self.link && !self.is_closed() {
            self.lost_signal(now, Failure::Signal);
            self.drive(now);
        }
    }

    /// A datagram came.
    pub fn handle_datagram(&mut self, now: Instant, leg: Leg, source: SocketAddr, datagram: &[u8]) {
        if let Some(transports) = &mut self.transports {
            if let Err(error) = transports.handle_datagram(now, leg, source, datagram) {
                self.transport_failed(now, error.to_string());
            }
            self.drive(now);
        }
    }

    /// The time of [`Participant::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        match self.signal.handle_timeout(now) {
            Some(Overdue::Answer) => self.attempt_failed(now, Failure::Answer),
            Some(Overdue::Ping) => self.lost_signal(now, Failure::Signal),
            None => {}
        }
        self.attempt_timeout(now);
        self.publication_timeout(now);
        if let Some(transports) = &mut self.transports
            && let Err(error) = transports.handle_timeout(now)
        {
            self.transport_failed(now, error.to_string());
        }
        self.drive(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Participant::handle_timeout`] must be called; `None` after the end.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let attempt = match &self.phase {
            Phase::Closed => return None,
            Phase::Connected => None,
            Phase::Connecting(attempt) => attempt.timeout(),
        };
        let transports = self.transports.as_ref().map(Transports::poll_timeout);
        [
            attempt,
            transports,
            self.signal.poll_timeout(),
            self.publications_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the participant has left.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the session and its media are established.
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Connected)
    }

    /// The token for later connections.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn signal_event(&mut self, now: Instant, event: signal::Event) {
        use signal::Event as Signal;
        match event {
            Signal::Joined(join) => return self.joined(now, &join),
            Signal::Resumed(response) => return self.resumed(now, &response),
            Signal::Leave(leave) => return self.left(now, leave),
            Signal::Answer(answer) => {
                let Some(transports) = &mut self.transports else {
                    return;
                };
                if let Err(error) = transports.answer(&answer) {
                    return self.transport_failed(now, error.to_string());
                }
            }
            Signal::Offer(offer) => return self.subscriber_offer(now, offer),
            Signal::Candidate(candidate) => {
                if let Some(transports) = &mut self.transports {
                    transports.add_candidate(candidate.target, &candidate.candidate);
                }
            }
            Signal::Sections { audio, .. } => {
                if let Some(transports) = &mut self.transports {
                    transports.add_sections(audio);
                }
            }
            Signal::TrackPublished { cid, track } => self.track_confirmed(&cid, track),
            Signal::TrackUnpublished(sid) => self.track_ended(&sid),
            Signal::Muted(sid, muted) => self.track_muted(&sid, muted),
            Signal::TrackSubscribed(sid) => self.emit(Event::LocalTrackSubscribed(sid)),
            Signal::Token(token) => {
                self.token.clone_from(&token);
                self.emit(Event::TokenRefreshed(token));
            }
            Signal::Response(response) => self.response(&response),
            event => self.room_event(event),
        }
        self.match_sections();
    }

    fn room_event(&mut self, event: signal::Event) {
        use signal::Event as Signal;
        let mut events = Vec::new();
        match event {
            Signal::Participants(infos) => self.room.update(infos, &mut events),
            Signal::Speakers(changes) => self.room.speaking(changes, &mut events),
            Signal::Moved(moved) => {
                if !moved.token.is_empty() {
                    self.token.clone_from(&moved.token);
                }
                self.room.moved(&moved, &mut events);
            }
            Signal::Room(room) => {
                self.room.room = (*room).clone();
                events.push(Event::RoomChanged(room));
            }
            Signal::Quality(updates) => {
                let named = |update: proto::ConnectionQualityInfo| {
                    let identity = self.room.identity(&update.participant_sid)?.to_owned();
                    Some(Event::ConnectionQuality(identity, update.quality()))
                };
                events.extend(updates.into_iter().filter_map(named));
            }
            Signal::StreamStates(states) => {
                events.extend(states.into_iter().map(Event::StreamState));
            }
            Signal::SubscriptionPermission(update) => {
                if !update.allowed {
                    self.room.unsubscribe(&update.track_sid, &mut events);
                }
                events.push(Event::SubscriptionPermission {
                    track: update.track_sid,
                    allowed: update.allowed,
                });
            }
            Signal::SubscriptionFailed(track, error) => {
                events.push(Event::SubscriptionFailed(track, error));
            }
            _ => {}
        }
        self.emit_room(events);
    }

    fn subscriber_offer(&mut self, now: Instant, offer: proto::SessionDescription) {
        let Some(transports) = &mut self.transports else {
            return;
        };
        match transports.offer(offer) {
            Ok(Some(answer)) => {
                self.signal.send(signal_request::Message::Answer(answer));
                self.match_sections();
            }
            Ok(None) => {}
            Err(error) => self.transport_failed(now, error.to_string()),
        }
    }

    /// Finds out which published tracks have a media section now.
    fn match_sections(&mut self) {
        if let (Some(transports), true) = (&self.transports, self.is_connected()) {
            let mut events = Vec::new();
            let tracks = transports.subscribed().map(|sid| &**sid);
            self.room.sections(tracks, &mut events);
            self.emit_room(events);
        }
    }

    /// Carries out what the last input made possible.
    fn drive(&mut self, now: Instant) {
        if let Err(error) = self.drain_transports(now) {
            self.transport_failed(now, error.to_string());
        }
        self.check_transports();
        self.start_publications(now);
        if let Some(transports) = &mut self.transports {
            if !self.data.is_idle() {
                let _ = self.data.flush(transports.data_peer());
            }
            if self.signal.is_open()
                && let Some(offer) = transports.poll_offer(now)
            {
                self.signal.send(signal_request::Message::Offer(offer));
            }
        }
        // An offer, a frame or a data packet gives the peer connections something to send.
        if let Err(error) = self.drain_transports(now) {
            self.transport_failed(now, error.to_string());
        }
        while let Some(message) = self.signal.poll_transmit() {
            self.out.push_back(Output::Signal(message));
        }
    }

    fn drain_transports(&mut self, now: Instant) -> Result<(), transport::PeerError> {
        loop {
            let Some(transports) = &mut self.transports else {
                return Ok(());
            };
            match transports.poll()? {
                None => return Ok(()),
                Some(transport::Output::Transmit(leg, destination, datagram)) => {
                    let transmit = Output::Transmit(leg, destination, datagram);
                    self.out.push_back(transmit);
                }
                Some(transport::Output::Rtp(rtp)) => {
                    if self.room.is_subscribed(&rtp.track) {
                        self.out.push_back(Output::Rtp(rtp));
                    }
                }
                Some(transport::Output::Data(kind, bytes)) => {
                    if let Some(packet) = self.data.receive(kind, &bytes) {
                        self.emit(Event::Data(kind, Box::new(packet)));
                    }
                }
                Some(transport::Output::ChannelOpen) => {
                    self.data.flush(transports.data_peer())?;
                }
                Some(transport::Output::BufferLow(kind)) if self.thresholds[kind as usize] => {
                    self.emit(Event::BufferedAmountLow(kind));
                }
                Some(transport::Output::BufferLow(_)) => {}
                Some(transport::Output::Connection) => self.connection_changed(now),
            }
        }
    }

    /// Gives an event, after [`Event::Connected`].
    fn emit(&mut self, event: Event) {
        if self.announced {
            self.out.push_back(Output::Event(event));
        } else if self.early.len() < MAX_EARLY_EVENTS {
            self.early.push(event);
        }
    }

    /// Gives an event when the session is established.
    fn emit_connected(&mut self, event: Event) {
        if self.is_connected() {
            self.emit(event);
        } else if self.early.len() < MAX_EARLY_EVENTS {
            self.early.push(event);
        }
    }

    /// Gives events of the room. Before [`Event::Connected`], which says it all, they mean nothing.
    fn emit_room(&mut self, events: Vec<Event>) {
        if self.announced {
            self.out.extend(events.into_iter().map(Output::Event));
        }
    }
}

#[cfg(test)]
mod tests;
