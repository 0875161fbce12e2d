//! LiveKit's signalling protocol without IO: bytes of WebSocket messages in and out.
//!
//! Messages are those of `livekit_rtc.proto`. A [`Signal`] lives as long as the participant; each
//! WebSocket is a new [`Signal::opened`].

mod event;
mod url;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use livekit_protocol::{signal_request, signal_response};
use prost::Message as _;

pub use event::{Candidate, Event, Leave};
pub use url::{Path, Query, UrlError, dial_url};

use crate::limits::{JOIN_TIMEOUT, MAX_HELD_REQUESTS, MAX_SIGNAL_MESSAGE};

/// Why a message of the server was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than [`MAX_SIGNAL_MESSAGE`].
    #[error("a signalling message of {0} bytes is too long")]
    TooLong(usize),
    /// Not a `SignalResponse`.
    #[error("a signalling message cannot be decoded: {0}")]
    Decode(String),
}

/// What the server has not done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// It has not answered the join or the resume.
    Answer,
    /// It has sent nothing for its own ping timeout.
    Ping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// The WebSocket is open, the server has not said `Join` or `Reconnect`.
    Waiting {
        until: Instant,
    },
    Open,
}

/// State of the signalling connection.
#[derive(Debug)]
pub struct Signal {
    started: Instant,
    state: State,
    out: VecDeque<Vec<u8>>,
    /// Requests that wait until a resume is complete.
    held: VecDeque<signal_request::Message>,
    holding: bool,
    dropped: u64,
    last_request: u32,
    /// Interval and timeout, as the server announced them; `None` if it asked for no pings.
    ping: Option<(Duration, Duration)>,
    next_ping: Option<Instant>,
    /// When the server counts as gone.
    silent_until: Option<Instant>,
    rtt: Duration,
}

impl Signal {
    /// Creates the state; nothing is open.
    pub fn new(now: Instant) -> Self {
        Self {
            started: now,
            state: State::Closed,
            out: VecDeque::new(),
            held: VecDeque::new(),
            holding: true,
            dropped: 0,
            last_request: 0,
            ping: None,
            next_ping: None,
            silent_until: None,
            rtt: Duration::ZERO,
        }
    }

    /// A WebSocket is open; the server must answer within 5 s.
    pub fn opened(&mut self, now: Instant) {
        self.closed();
        self.state = State::Waiting {
            until: now + JOIN_TIMEOUT,
        };
    }

    /// The WebSocket is gone. Requests that were not written are lost, except held ones.
    pub fn closed(&mut self) {
        self.state = State::Closed;
        self.out.clear();
        self.holding = true;
        self.next_ping = None;
        self.silent_until = None;
    }

    /// Whether the server has answered the join or the resume on the current WebSocket.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether requests are sent at once: the session is established.
    pub fn is_established(&self) -> bool {
        self.is_open() && !self.holding
    }

    /// Sends what was held: the session is established.
    pub fn release(&mut self) {
        if self.is_open() {
            self.holding = false;
            while let Some(message) = self.held.pop_front() {
                self.write(message);
            }
        }
    }

    /// Forgets held requests: the session that they were meant for is gone.
    pub fn forget_held(&mut self) {
        self.held.clear();
    }

    /// Identifier for a request that the server answers with a `RequestResponse`; never 0.
    pub fn next_request_id(&mut self) -> u32 {
        self.last_request = self.last_request.wrapping_add(1).max(1);
        self.last_request
    }

    /// Sends a request. While no session is established, requests other than those of the
    /// negotiation wait for [`Signal::release`]; the oldest is dropped when too many wait.
    pub fn send(&mut self, message: signal_request::Message) {
        if is_negotiation(&message) {
            if self.is_open() {
                self.write(message);
            }
        } else if self.holding {
            if self.held.len() == MAX_HELD_REQUESTS {
                self.held.pop_front();
                self.dropped += 1;
            }
            self.held.push_back(message);
        } else {
            self.write(message);
        }
    }

    /// Handles a binary WebSocket message. Unknown messages give no event.
    ///
    /// # Errors
    /// If the message is too long or not a `SignalResponse`. The connection is then unusable.
    pub fn handle_message(&mut self, now: Instant, bytes: &[u8]) -> Result<Option<Event>, Error> {
        if bytes.len() > MAX_SIGNAL_MESSAGE {
            return Err(Error::TooLong(bytes.len()));
        }
        let response =
            proto::SignalResponse::decode(bytes).map_err(|e| Error::Decode(e.to_string()))?;
        let Some(message) = response.message else {
            return Ok(None);
        };
        match &message {
            signal_response::Message::Join(join) => {
                self.answered(now);
                self.set_pings(now, join.ping_interval, join.ping_timeout);
            }
            signal_response::Message::Reconnect(_) => {
                self.answered(now);
                self.next_ping = self.ping.map(|(interval, _)| now + interval);
            }
            // A leave may come instead of the answer. Anything else before it belongs to no state.
            signal_response::Message::Leave(_) => {}
            _ if !self.is_open() => return Ok(None),
            signal_response::Message::PongResp(pong) => {
                let sent = Duration::from_millis(pong.last_ping_timestamp.max(0).unsigned_abs());
                self.rtt = now
                    .duration_since(self.started)
                    .saturating_sub(sent)
                    .min(Duration::from_secs(60));
            }
            _ => {}
        }
        if self.is_open() {
            self.silent_until = self.ping.map(|(_, timeout)| now + timeout);
        }
        Ok(event::event(message))
    }

    /// The next message to write to the WebSocket.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// When [`Signal::handle_timeout`] must be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Closed => None,
            State::Waiting { until } => Some(until),
            State::Open => [self.next_ping, self.silent_until]
                .into_iter()
                .flatten()
                .min(),
        }
    }

    /// Sends a ping that is due; says what the server has not done in time.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Overdue> {
        match self.state {
            State::Closed => None,
            State::Waiting { until } => (until <= now).then_some(Overdue::Answer),
            State::Open if self.silent_until.is_some_and(|at| at <= now) => Some(Overdue::Ping),
            State::Open => {
                if let (Some(at), Some((interval, _))) = (self.next_ping, self.ping)
                    && at <= now
                {
                    self.next_ping = Some(now + interval);
                    // The server sends the timestamp back unread.
                    self.write(signal_request::Message::PingReq(proto::Ping {
                        timestamp: millis(now.duration_since(self.started)),
                        rtt: millis(self.rtt),
                    }));
                }
                None
            }
        }
    }

    /// Round trip time of the last ping; zero before the first.
    pub fn rtt(&self) -> Duration {
        self.rtt
    }

    /// Requests dropped because too many waited for a reconnect to end.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn answered(&mut self, now: Instant) {
        if matches!(self.state, State::Waiting { .. }) {
            self.state = State::Open;
            self.silent_until = self.ping.map(|(_, timeout)| now + timeout);
        }
    }

    /// The server names seconds; 0 switches pings off.
    fn set_pings(&mut self, now: Instant, interval: i32, timeout: i32) {
        let seconds = |value: i32| Duration::from_secs(value.clamp(1, 3_600).unsigned_abs().into());
        self.ping = (interval > 0 && timeout > 0).then(|| (seconds(interval), seconds(timeout)));
        self.next_ping = self.ping.map(|(interval, _)| now + interval);
        self.silent_until = self.ping.map(|(_, timeout)| now + timeout);
    }

    fn write(&mut self, message: signal_request::Message) {
        let request = proto::SignalRequest {
            message: Some(message),
        };
        self.out.push_back(request.encode_to_vec());
    }
}

/// Requests that drive the negotiation itself, so that they must not wait for its end.
fn is_negotiation(message: &signal_request::Message) -> bool {
    use signal_request::Message;
    matches!(
        message,
        Message::SyncState(_)
            | Message::Trickle(_)
            | Message::Offer(_)
            | Message::Answer(_)
            | Message::Leave(_)
    )
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
