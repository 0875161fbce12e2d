//! Joining, resuming and joining anew: each attempt, its deadlines and what follows.

use std::time::{Duration, Instant};

use livekit_protocol as proto;
use livekit_protocol::{ReconnectReason, leave_request, signal_request};

use super::event::{Disconnected, Event, Failure, Joined};
use super::{Dial, Output, Participant, Phase};
use crate::backoff;
use crate::limits::{DIAL_TIMEOUT, TRANSPORT_TIMEOUT};
use crate::signal::{Leave, Path, Query, dial_url};
use crate::transport::Transports;

/// How long an untouched media connection must stay up after a resume to count as recovered: that
/// of LiveKit's Rust SDK.
const SETTLE: Duration = Duration::from_secs(3);

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Join,
    Resume,
    /// A new session in place of a lost one.
    Rejoin,
}

#[derive(Debug)]
pub(super) enum Step {
    Wait(Instant),
    Dial(Instant),
    /// The deadline is that of the signalling.
    Answer,
    Transport {
        until: Instant,
        /// Until then, only a renewed connection counts as recovered.
        unsettled: Option<Instant>,
        generations: (u64, u64),
    },
}

#[derive(Debug)]
pub(super) struct Attempt {
    goal: Goal,
    number: u32,
    since: Instant,
    reason: ReconnectReason,
    pub(super) step: Step,
}

impl Attempt {
    pub(super) fn new(goal: Goal, now: Instant) -> Self {
        Self {
            goal,
            number: 0,
            since: now,
            reason: ReconnectReason::RrUnknown,
            step: Step::Wait(now),
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self.step {
            Step::Wait(at) | Step::Dial(at) => Some(at),
            Step::Answer => None,
            Step::Transport {
                until, unsettled, ..
            } => Some(unsettled.map_or(until, |at| at.min(until))),
        }
    }
}

impl Participant {
    /// Starts the attempt that is due.
    pub(super) fn dial(&mut self, now: Instant) {
        let Phase::Connecting(attempt) = &mut self.phase else {
            return;
        };
        attempt.step = Step::Dial(now + DIAL_TIMEOUT);
        let (goal, reason) = (attempt.goal, attempt.reason);
        self.link += 1;
        self.signal.closed();
        let mut query = Query {
            auto_subscribe: self.options.auto_subscribe,
            version: self.options.version.clone(),
            client_protocol: self.options.client_protocol,
            ..Query::default()
        };
        if goal == Goal::Resume {
            query.resume = Some((self.room.local.sid.clone(), reason));
        } else {
            self.transports = None;
            if self.path == Path::Single {
                self.prepare_single(now, &mut query);
            }
        }
        match dial_url(&self.url, self.path, query) {
            Ok(url) => self.out.push_back(Output::Dial(Dial {
                link: self.link,
                url,
                token: self.token.clone(),
                single: self.path == Path::Single,
            })),
            Err(error) => self.end(
                proto::DisconnectReason::JoinFailure,
                Some(Failure::Address(error.to_string())),
            ),
        }
    }

    /// The join itself carries the tracks and the offer.
    fn prepare_single(&mut self, now: Instant, query: &mut Query) {
        let random = backoff::Random::new(self.random.next());
        let mut transports = Transports::single(now, self.options.sections, random);
        query.tracks = self.publications_with_join(now, &mut transports);
        query.offer = transports.poll_offer(now);
        self.transports = Some(transports);
    }

    /// The server accepted a join.
    pub(super) fn joined(&mut self, now: Instant, join: &proto::JoinResponse) {
        if !self.is_answer_to(&[Goal::Join, Goal::Rejoin]) {
            return;
        }
        self.fast_publish = join.fast_publish;
        let mut events = Vec::new();
        self.room.joined(join, &mut events);
        self.emit_room(events);
        if self.path == Path::Dual {
            let random = backoff::Random::new(self.random.next());
            let mut transports = Transports::dual(now, random);
            if let Some(local) = self.local {
                transports.set_local(local.publisher, local.subscriber);
            }
            self.transports = Some(transports);
        } else if let Some(trickle) = self.transports.as_ref().and_then(Transports::trickle) {
            self.signal.send(signal_request::Message::Trickle(trickle));
        }
        self.data.restarted();
        self.signal.release();
        self.await_transports(now, TRANSPORT_TIMEOUT);
    }

    /// The server accepted a resume.
    pub(super) fn resumed(&mut self, now: Instant, response: &proto::ReconnectResponse) {
        if !self.is_answer_to(&[Goal::Resume]) {
            return;
        }
        self.data.resumed(response.last_message_seq);
        self.publications_after_resume();
        let sync = self.sync_state();
        self.signal.send(signal_request::Message::SyncState(sync));
        if let Some(transports) = &mut self.transports {
            transports.roll_back();
            transports.restart_publisher();
        }
        self.await_transports(now, SETTLE);
    }

    fn is_answer_to(&self, goals: &[Goal]) -> bool {
        match &self.phase {
            Phase::Connecting(attempt) => {
                matches!(attempt.step, Step::Answer) && goals.contains(&attempt.goal)
            }
            _ => false,
        }
    }

    fn await_transports(&mut self, now: Instant, settle: Duration) {
        let generations = self.transports.as_ref().map(Transports::generations);
        if let Phase::Connecting(attempt) = &mut self.phase {
            attempt.step = Step::Transport {
                until: now + TRANSPORT_TIMEOUT,
                unsettled: Some(now + settle),
                generations: generations.unwrap_or_default(),
            };
        }
    }

    fn sync_state(&mut self) -> proto::SyncState {
        let transports = self.transports.as_mut();
        let (agreed, data_channels) = transports.map_or((None, Vec::new()), |transports| {
            (transports.agreed(), transports.channels())
        });
        let (offer, answer) = agreed.unzip();
        proto::SyncState {
            offer,
            answer,
            subscription: Some(proto::UpdateSubscription {
                track_sids: self.room.exceptions(),
                subscribe: !self.options.auto_subscribe,
                participant_tracks: Vec::new(),
            }),
            publish_tracks: self.published(),
            data_channels,
            datachannel_receive_states: self.data.receive_states(),
            ..proto::SyncState::default()
        }
    }

    /// Completes an attempt when the media is connected.
    pub(super) fn check_transports(&mut self) {
        let (Phase::Connecting(attempt), Some(transports)) = (&self.phase, &self.transports) else {
            return;
        };
        let Step::Transport {
            unsettled,
            generations,
            ..
        } = attempt.step
        else {
            return;
        };
        // After a resume, "connected" may be a state that nobody has noticed to be over.
        let renewed = transports.generations() != generations;
        if !self.signal.is_open() || !transports.is_connected() || (!renewed && unsettled.is_some())
        {
            return;
        }
        let goal = attempt.goal;
        self.phase = Phase::Connected;
        self.signal.release();
        if goal == Goal::Join {
            self.announce(transports_single(&self.transports));
        } else {
            let resumed = goal == Goal::Resume;
            self.emit(Event::Reconnected { resumed });
        }
        let early = std::mem::take(&mut self.early);
        self.out.extend(early.into_iter().map(Output::Event));
        self.match_sections();
    }

    fn announce(&mut self, single_peer_connection: bool) {
        self.announced = true;
        let joined = Joined {
            room: self.room.room.clone(),
            local: self.room.local.clone(),
            participants: self.room.remotes.values().cloned().collect(),
            single_peer_connection,
        };
        let connected = Event::Connected(Box::new(joined));
        self.out.push_back(Output::Event(connected));
    }

    /// ICE or DTLS of a peer connection has changed.
    pub(super) fn connection_changed(&mut self, now: Instant) {
        let connected = self
            .transports
            .as_ref()
            .is_some_and(Transports::is_connected);
        if self.is_connected() && !connected {
            self.lost(now, Goal::Resume, ReconnectReason::RrPublisherFailed);
        }
    }

    /// The WebSocket is gone or unusable.
    pub(super) fn lost_signal(&mut self, now: Instant, failure: Failure) {
        if self.is_connected() {
            self.lost(now, Goal::Resume, ReconnectReason::RrSignalDisconnected);
        } else {
            self.attempt_failed(now, failure);
        }
    }

    /// A peer connection cannot go on: only a new session helps.
    pub(super) fn transport_failed(&mut self, now: Instant, error: String) {
        tracing::debug!(error, "the peer connection failed");
        self.transports = None;
        match &mut self.phase {
            Phase::Connected => self.lost(now, Goal::Rejoin, ReconnectReason::RrPublisherFailed),
            Phase::Connecting(_) => self.attempt_failed(now, Failure::Transport),
            Phase::Closed => {}
        }
    }

    /// The server ends the session, or asks for another.
    pub(super) fn left(&mut self, now: Instant, leave: Leave) {
        let goal = match leave.action {
            leave_request::Action::Disconnect => return self.end(leave.reason, None),
            leave_request::Action::Resume => Goal::Resume,
            leave_request::Action::Reconnect => Goal::Rejoin,
        };
        if self.is_connected() {
            self.lost(now, goal, ReconnectReason::RrUnknown);
        } else {
            self.attempt_failed(now, Failure::Leave);
        }
    }

    fn lost(&mut self, now: Instant, goal: Goal, reason: ReconnectReason) {
        self.emit(Event::Reconnecting);
        let mut attempt = Attempt::new(goal, now);
        attempt.reason = reason;
        self.phase = Phase::Connecting(attempt);
        if goal == Goal::Rejoin {
            self.forget_session();
        }
        self.dial(now);
    }

    /// The session of the server is gone: its tracks, and requests that were meant for it.
    fn forget_session(&mut self) {
        self.signal.closed();
        self.signal.forget_held();
        self.transports = None;
        let mut events = Vec::new();
        self.room.unsubscribe_all(&mut events);
        self.emit_room(events);
        self.publications_lost();
    }

    /// An attempt failed; decides about the next one.
    pub(super) fn attempt_failed(&mut self, now: Instant, failure: Failure) {
        let Phase::Connecting(attempt) = &mut self.phase else {
            return;
        };
        self.link += 1;
        self.signal.closed();
        self.out.push_back(Output::Hangup);
        let elapsed = now.duration_since(attempt.since);
        let absent = failure == Failure::Status(404) && self.path == Path::Single;
        if absent && attempt.goal != Goal::Resume {
            // The server knows only `/rtc`.
            self.path = Path::Dual;
            self.publications_lost();
            return self.dial(now);
        }
        if attempt.goal == Goal::Resume && ends_session(&failure, elapsed, &self.options) {
            attempt.goal = Goal::Rejoin;
            attempt.number = 0;
            self.forget_session();
            return self.dial(now);
        }
        attempt.number += 1;
        let delay = backoff::delay(attempt.number, &mut self.random);
        let refused = matches!(failure, Failure::Status(401 | 403));
        let over = if attempt.goal == Goal::Join {
            attempt.number >= self.options.join_attempts
        } else {
            elapsed + delay > self.options.reconnect_timeout
        };
        attempt.step = Step::Wait(now + delay);
        let joins = attempt.goal == Goal::Join;
        if refused || over {
            let reason = if joins {
                proto::DisconnectReason::JoinFailure
            } else {
                proto::DisconnectReason::SignalClose
            };
            self.end(reason, Some(failure));
        } else if attempt.goal == Goal::Rejoin {
            self.publications_lost();
        }
    }

    pub(super) fn attempt_timeout(&mut self, now: Instant) {
        let Phase::Connecting(attempt) = &mut self.phase else {
            return;
        };
        if let Step::Transport { unsettled, .. } = &mut attempt.step
            && unsettled.is_some_and(|at| at <= now)
        {
            *unsettled = None;
        }
        match attempt.step {
            Step::Wait(at) if at <= now => self.dial(now),
            Step::Dial(until) if until <= now => {
                self.attempt_failed(now, Failure::Dial("timed out".to_owned()));
            }
            Step::Transport { until, .. } if until <= now => {
                self.attempt_failed(now, Failure::Transport);
            }
            _ => {}
        }
    }

    /// Ends it all.
    pub(super) fn end(&mut self, reason: proto::DisconnectReason, failure: Option<Failure>) {
        if self.is_closed() {
            return;
        }
        self.phase = Phase::Closed;
        if let Some(transports) = &mut self.transports {
            transports.close();
        }
        while let Some(message) = self.signal.poll_transmit() {
            self.out.push_back(Output::Signal(message));
        }
        self.signal.closed();
        self.out.push_back(Output::Hangup);
        let end = Event::Disconnected(Disconnected { reason, failure });
        self.out.push_back(Output::Event(end));
    }
}

fn transports_single(transports: &Option<Transports>) -> bool {
    transports.as_ref().is_some_and(Transports::is_single)
}

/// Whether a resume cannot succeed any more.
fn ends_session(failure: &Failure, elapsed: Duration, options: &super::Options) -> bool {
    match failure {
        Failure::Status(status) => (400..500).contains(status) || elapsed >= options.resume_timeout,
        Failure::Transport | Failure::Protocol(_) | Failure::Leave | Failure::Address(_) => true,
        Failure::Dial(_) | Failure::Answer | Failure::Signal => elapsed >= options.resume_timeout,
    }
}
