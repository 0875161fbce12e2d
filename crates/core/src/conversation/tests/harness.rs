//! A bench for [`Conversation`] with a simulated clock, room, playout and API.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::conversation::voice_session::ROTATE_AFTER;
use crate::conversation::*;
use crate::ids::ReplyId;
use crate::secret::Secret;

/// The time at which every scenario starts.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can only be obtained from the clock"
)]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Drives a conversation: passes in one event, then takes all its actions.
pub(super) struct Call {
    pub(super) now: Instant,
    pub(super) call: Conversation,
    /// Facts of the last step that are only measurements.
    pub(super) measured: Vec<Action>,
    /// Captions since the test last took them.
    pub(super) captions: Vec<Caption>,
}

impl Call {
    /// A call in an empty room.
    pub(super) fn new(settings: Settings) -> Self {
        let now = epoch();
        Self {
            now,
            call: Conversation::new(now, settings),
            measured: Vec::new(),
            captions: Vec::new(),
        }
    }

    /// A call with a linked caller and a voice session that is ready.
    pub(super) fn ready(settings: Settings) -> Self {
        let mut call = Self::new(settings);
        for event in [joined("ada"), subscribed(), Event::AgentOpened, ready()] {
            call.on(event);
        }
        assert_eq!(call.call.state(), AgentState::Listening);
        call
    }

    /// Like [`Self::ready`], with a barge-in policy.
    pub(super) fn with(barge_in: BargeIn) -> Self {
        Self::ready(Settings {
            barge_in,
            ..Settings::default()
        })
    }

    /// Passes in an event. Returns the actions it leads to.
    pub(super) fn on(&mut self, event: Event) -> Vec<Action> {
        self.call.handle(self.now, event);
        self.drain()
    }

    /// Passes in several events. Returns the actions that the last one leads to.
    pub(super) fn last_of<const N: usize>(&mut self, events: [Event; N]) -> Vec<Action> {
        let actions = events.map(|event| self.on(event));
        actions.into_iter().last().unwrap_or_default()
    }

    /// Advances the clock by `time`, handling each deadline when it is due. Returns the actions it
    /// leads to.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Action> {
        let (until, mut actions) = (self.now + time, Vec::new());
        while let Some(at) = self.call.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.call.handle_timeout(self.now);
            actions.extend(self.drain());
            let next = self.call.poll_timeout();
            assert!(
                next.is_none_or(|next| next > at),
                "the deadline is not in the future"
            );
        }
        self.now = until;
        actions
    }

    /// Time until the next deadline, ignoring the rotation that every session has.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let next = self.call.poll_timeout().map(|at| at - self.now);
        next.filter(|left| *left < ROTATE_AFTER / 2)
    }

    /// Takes all actions. Captions and facts that are only measurements are stored separately.
    fn drain(&mut self) -> Vec<Action> {
        self.measured.clear();
        let mut actions = Vec::new();
        while let Some(action) = self.call.poll_action() {
            match action {
                Action::Caption(caption) => self.captions.push(caption),
                action if is_measure(&action) => self.measured.push(action),
                action => actions.push(action),
            }
        }
        actions
    }
}

fn is_measure(action: &Action) -> bool {
    use Fact::{Audible, CallerSpeaks, CallerStopped, Silenced, Used};
    matches!(
        action,
        Action::Observe(
            Audible { .. }
                | CallerSpeaks { .. }
                | CallerStopped { .. }
                | Silenced { .. }
                | Used { .. }
        )
    )
}

pub(super) fn joined_as(identity: &str, kind: ParticipantKind) -> Event {
    Event::Room(RoomEvent::Joined {
        identity: identity.into(),
        info: kind.into(),
    })
}

pub(super) fn changed(identity: &str, info: ParticipantInfo) -> Event {
    Event::Room(RoomEvent::Changed {
        identity: identity.into(),
        info,
    })
}

pub(super) fn joined_with(identity: &str, info: ParticipantInfo) -> Event {
    Event::Room(RoomEvent::Joined {
        identity: identity.into(),
        info,
    })
}

/// The agent's track can be heard, or not.
pub(super) fn voice(unheard: Option<Inaudible>) -> Event {
    Event::Room(RoomEvent::Audibility(unheard))
}

pub(super) fn joined(identity: &str) -> Event {
    joined_as(identity, ParticipantKind::Standard)
}

pub(super) fn left(identity: &str) -> Event {
    Event::Room(RoomEvent::Left {
        identity: identity.into(),
        how: LeaveReason::Left,
    })
}

pub(super) fn lost_on_the_way(identity: &str) -> Event {
    Event::Room(RoomEvent::Left {
        identity: identity.into(),
        how: LeaveReason::Lost,
    })
}

pub(super) fn subscribed() -> Event {
    Event::Room(RoomEvent::Subscribed)
}

pub(super) fn room_over() -> Event {
    Event::Room(RoomEvent::Ended(RoomEnd::Closed))
}

pub(super) fn ready() -> Event {
    Event::Agent(AgentEvent::SessionReady {
        session: None,
        resume_token: None,
        expires_at: None,
        server_tools: vec!["weather".to_owned()],
    })
}

/// `session.ready` of a session that can be resumed.
pub(super) fn resumable() -> Event {
    Event::Agent(AgentEvent::SessionReady {
        session: Some("s1".into()),
        resume_token: Some(Secret::new("s1-token")),
        expires_at: None,
        server_tools: Vec::new(),
    })
}

pub(super) fn error(code: &str) -> AgentError {
    AgentError {
        code: code.to_owned(),
        message: "told so".to_owned(),
        param: None,
    }
}

pub(super) fn session_error(code: &str) -> Event {
    Event::Agent(AgentEvent::SessionError(error(code)))
}

pub(super) fn session_ended() -> Event {
    Event::Agent(AgentEvent::SessionEnded)
}

pub(super) fn lost() -> Event {
    Event::AgentLost(loss())
}

pub(super) fn loss() -> SocketLoss {
    SocketLoss::Closed {
        code: 1006,
        reason: String::new(),
    }
}

/// 10 ms of audio from the microphone.
pub(super) fn mic(sample: i16) -> Event {
    Event::Mic(Frame::new(vec![sample; 240]))
}

pub(super) fn speech_started() -> Event {
    Event::Agent(AgentEvent::SpeechStarted)
}

pub(super) fn speech_stopped() -> Event {
    Event::Agent(AgentEvent::SpeechStopped)
}

pub(super) fn caller_says(text: &str) -> Event {
    Event::Agent(AgentEvent::UserTranscriptDelta {
        item: None,
        text: text.to_owned().into(),
    })
}

pub(super) fn caller_said(text: &str) -> Event {
    Event::Agent(AgentEvent::UserTranscript {
        item: None,
        text: text.to_owned().into(),
    })
}

/// The ID of a reply; `None` for "".
pub(super) fn named(reply: &str) -> Option<ReplyId> {
    (!reply.is_empty()).then(|| reply.into())
}

pub(super) fn started(reply: &str) -> Event {
    Event::Agent(AgentEvent::ReplyStarted {
        reply: named(reply),
    })
}

/// `milliseconds` of a reply's audio.
pub(super) fn audio(reply: &str, milliseconds: usize) -> Event {
    Event::Agent(AgentEvent::ReplyAudio {
        reply: named(reply),
        frame: frame(milliseconds),
    })
}

pub(super) fn frame(milliseconds: usize) -> Frame {
    Frame::new(vec![0; 24 * milliseconds])
}

pub(super) fn word(reply: &str, delta: &str, start: u64, end: u64) -> Event {
    Event::Agent(AgentEvent::AgentTranscriptDelta {
        reply: named(reply),
        delta: delta.to_owned().into(),
        start: Some(ms(start)),
        end: Some(ms(end)),
    })
}

pub(super) fn text(reply: &str, text: &str, interrupted: bool) -> Event {
    Event::Agent(AgentEvent::AgentTranscript {
        reply: named(reply),
        text: text.to_owned().into(),
        interrupted,
    })
}

pub(super) fn done_as(reply: &str, status: ReplyStatus) -> Event {
    Event::Agent(AgentEvent::ReplyDone {
        reply: named(reply),
        status,
    })
}

pub(super) fn done(reply: &str) -> Event {
    done_as(reply, ReplyStatus::Completed)
}

pub(super) fn interrupted(reply: &str) -> Event {
    done_as(reply, ReplyStatus::Interrupted)
}

pub(super) fn tool_call(call: &str, name: &str) -> Event {
    Event::Agent(AgentEvent::ToolCall {
        call: call.into(),
        name: name.to_owned(),
        arguments: "{}".to_owned().into(),
    })
}

pub(super) fn audible(utterance: u32) -> Event {
    let utterance = Utterance(utterance);
    Event::Playout(PlayoutEvent::Audible { utterance })
}

pub(super) fn drained(utterance: u32, played: u64) -> Event {
    Event::Playout(PlayoutEvent::Drained {
        utterance: Utterance(utterance),
        played: ms(played),
    })
}

pub(super) fn flushed(utterance: u32, played: u64) -> Event {
    Event::Playout(PlayoutEvent::Flushed {
        utterance: Utterance(utterance),
        played: ms(played),
    })
}

/// A flush has taken effect.
pub(super) fn silent(at: Instant) -> Event {
    Event::Playout(PlayoutEvent::Silent { at })
}

pub(super) fn play(utterance: u32, milliseconds: usize) -> Action {
    Action::Play {
        utterance: Utterance(utterance),
        frame: frame(milliseconds),
    }
}

pub(super) fn state(state: AgentState) -> Action {
    Action::SetAgentState(state)
}

pub(super) fn end_session() -> Action {
    Action::SendAgent(AgentCommand::EndSession)
}

pub(super) fn listen(identity: &str) -> Action {
    Action::Listen(Some(identity.into()))
}

pub(super) fn stale() -> Action {
    Action::Observe(Fact::Dropped(DropReason::StaleReply))
}

pub(super) fn mic_dropped() -> Action {
    Action::Observe(Fact::Dropped(DropReason::MicNotReady))
}

pub(super) fn agent_said(utterance: u32, text: &str, interrupted: bool) -> Action {
    Action::Observe(Fact::AgentTranscript {
        utterance: Utterance(utterance),
        text: text.to_owned().into(),
        interrupted,
    })
}

pub(super) fn cut_short(utterance: u32, played: u64) -> Action {
    Action::Observe(Fact::Interrupted {
        utterance: Utterance(utterance),
        played: ms(played),
    })
}
