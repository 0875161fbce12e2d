//! State machine of one call. Inputs are [`Event`]s and outputs are [`Action`]s. It covers the
//! voice session, turn-taking, tool calls and callers, and knows nothing of JSON, sockets or the
//! LiveKit SDK.

mod action;
mod advance;
mod agent_events;
mod agent_state;
mod callers;
mod captions;
mod context;
mod ending;
mod event;
mod explanations;
mod fact;
mod failover;
mod labels;
mod playout;
mod profile;
mod settings;
#[cfg(test)]
pub(crate) mod tests;
mod tools;
mod turn;
mod voice_session;

use std::time::{Duration, Instant};

use crate::audio::{Chunker, Frame};

use callers::Callers;
use callers::pre_connect_audio::PreConnectAudio;
use callers::speakers::Speakers;
use context::{Context, Timer};
use ending::hang_up::HangUp;
use ending::usage::UsageMeter;
use failover::history::History;
use playout::audibility::Audibility;
use tools::Tools;
use turn::Turn;
use turn::reply_requests::ReplyRequests;
use voice_session::VoiceSession;
use voice_session::recovery::Recovery;
use voice_session::session_sync::SessionSync;

pub use action::{Action, AgentCommand, Role};
pub use agent_state::AgentState;
pub use callers::HandOverRefusal;
pub use captions::Caption;
pub use ending::hang_up::ENDS_WITHIN;
pub use ending::outcome::{Limit, Outcome};
pub use event::{
    AgentError, AgentEvent, Event, Inaudible, LeaveReason, ParticipantInfo, ParticipantKind, Phone,
    PlayoutEvent, ReplyStatus, RoomEnd, RoomEvent, SocketLoss,
};
pub use fact::{DropReason, Fact, Latency, ToolDropped};
pub use failover::checkpoint::{Checkpoint, Resumable, Speaker, Turn as SpokenTurn, UsageSoFar};
pub use playout::Utterance;
pub use playout::background::{Background, Sounds};
pub use profile::{AgentProfile, Limits, Lines, Patience, Phase, ToolKind, ToolRule};
pub use settings::{Answer, BargeIn, Dismiss, Hear, SecondAgent, Settings};

/// One call, from an empty room to its end.
///
/// There are four kinds of methods: `handle*` takes an event or a timeout, `poll_action` returns
/// the next action, `poll_timeout` returns the next deadline, and [`state`](Self::state) is a
/// query. Always use them in this order: handle one event or timeout, call `poll_action` until it
/// returns `None`, then call `poll_timeout`. Debug builds panic when an event arrives while actions
/// are pending.
///
/// The last action is [`Action::Finish`], which is returned once. Later events have no effect.
#[derive(Debug)]
pub struct Conversation {
    life: Lifecycle,
    caller_grace: Duration,
    rejoin_grace: Duration,
    dismiss: Dismiss,
    checkpoints: bool,
    agent_name: Option<String>,
    second_agent: SecondAgent,
    sounds: Sounds,
    cx: Context,
    callers: Callers,
    speakers: Speakers,
    pre_connect: PreConnectAudio,
    chat: Answer,
    captions: captions::CallerCaptions,
    history: History,
    voice_session: VoiceSession,
    turn: Turn,
    tools: Tools,
    session_sync: SessionSync,
    usage_meter: UsageMeter,
    requests: ReplyRequests,
    hang_up: Option<HangUp>,
    audibility: Audibility,
    /// Outcome of the call if a ringing phone does not answer. Set once the wait for a caller has
    /// timed out.
    overdue: Option<Outcome>,
    /// The voice session is due to be replaced by a new one.
    rotation_due: bool,
    /// The caller has received the text message that the service is at capacity.
    busy_written: bool,
    /// A failed reply has already been retried in this turn.
    asked_again: bool,
    /// Background audio that is playing.
    background: Background,
    chunker: Chunker,
}

#[derive(Debug)]
enum Lifecycle {
    Live,
    /// The outcome is known; the voice session is being ended.
    Ending(Outcome),
    Finished,
}

impl Conversation {
    /// Creates a call that starts at `now` in an empty room.
    pub fn new(now: Instant, settings: Settings) -> Self {
        let mut cx = Context::new(now);
        if let Some(wait) = settings.caller_wait {
            cx.within(Timer::CallerWait, wait);
        }
        let before = settings.resume.unwrap_or_default();
        if before.caller.is_some() {
            cx.within(Timer::CallerGrace, failover::resume::CALLER_WITHIN);
        }
        let resumed = (!before.is_empty()).then(|| {
            let recovery = Recovery::new(now, before.session.is_some());
            (recovery, before.session)
        });
        let mut call = Self {
            life: Lifecycle::Live,
            caller_grace: settings.caller_grace,
            rejoin_grace: settings.rejoin_grace,
            dismiss: settings.dismiss,
            checkpoints: settings.checkpoints,
            agent_name: settings.agent_name,
            second_agent: settings.second_agent,
            sounds: settings.sounds,
            cx,
            callers: Callers::new(before.caller, settings.caller),
            speakers: Speakers::new(settings.hear),
            pre_connect: PreConnectAudio::default(),
            chat: settings.chat,
            captions: captions::CallerCaptions::default(),
            history: History::new(before.turns, before.owes),
            turn: Turn::new(settings.barge_in),
            voice_session: VoiceSession::new(resumed),
            tools: Tools::default(),
            session_sync: SessionSync::new(before.phase, before.given_history),
            usage_meter: UsageMeter::new(before.spent.clone()),
            requests: ReplyRequests::default(),
            hang_up: None,
            audibility: Audibility::default(),
            overdue: None,
            rotation_due: false,
            busy_written: false,
            asked_again: false,
            background: Background::Silence,
            chunker: Chunker::default(),
        };
        call.tools.set_calls(before.spent.tool_calls);
        call.set_profile(settings.profile);
        call
    }

    /// Handles one event.
    pub fn handle(&mut self, now: Instant, event: Event) {
        if !self.wake(now) {
            return;
        }
        match event {
            Event::Mic(frame) => return self.mic(frame),
            Event::Speaks(who) => return self.speakers.speaks(now, who),
            Event::PreConnectAudio { from, voice } => self.pre_connect(&from, &voice),
            Event::Agent(event) => self.agent(event),
            Event::Profile(profile) => self.set_profile(*profile),
            Event::ToolDone {
                call,
                result,
                is_error,
            } => self.tool_done(&call, result, is_error),
            Event::Playout(PlayoutEvent::Overflowed) => self.end(Outcome::PlayoutOverflow),
            Event::Playout(event) => self.turn.playout(&mut self.cx, event),
            Event::Room(event) => self.room(event),
            Event::TypedText(text) => self.typed(text),
            Event::AgentOpened => {
                let session_sync = &mut self.session_sync;
                self.voice_session
                    .opened(&mut self.cx, session_sync, &self.history);
            }
            Event::AgentLost(loss) => {
                self.write_lost();
                let outcome = self.voice_session.lost(&mut self.cx, loss);
                self.session_changed(outcome);
            }
            Event::AgentStalled => self.agent_stuck(Outcome::AgentStalled),
            Event::Drain => self.wait_briefly(),
            Event::SayGoodbye => self.drained(),
            Event::Shutdown => match self.life {
                Lifecycle::Live => self.end(Outcome::Shutdown),
                _ => self.end_at_once(Outcome::Shutdown),
            },
        }
        self.advance();
        self.remember();
    }

    /// Handles all timers that have expired. Call it at the time returned by
    /// [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if !self.wake(now) {
            return;
        }
        while let Some(timer) = self.cx.timers.take_expired(now) {
            self.expired(timer);
        }
        self.advance();
        self.remember();
    }

    /// Returns the next action, or `None` when there are no more.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.cx.actions.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout) if no event arrives earlier.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.cx.timers.next().map(|(_, at)| at)
    }

    /// Agent state published to the room.
    pub fn state(&self) -> AgentState {
        self.turn.state()
    }

    /// Starts handling at `now`. Returns false if the call is finished.
    fn wake(&mut self, now: Instant) -> bool {
        debug_assert!(
            self.cx.actions.is_empty(),
            "call poll_action until it returns None before handling the next event"
        );
        self.cx.now = now;
        !matches!(self.life, Lifecycle::Finished)
    }

    fn mic(&mut self, frame: Frame) {
        let can_hear = self.voice_session.is_ready();
        if !self.callers.is_linked() || !can_hear && !self.pre_connect.is_kept() {
            self.cx.observe(Fact::Dropped(DropReason::MicNotReady));
            return;
        }
        let Some(frame) = self.pre_connect.pass(frame, can_hear) else {
            return;
        };
        // The caller cannot interrupt the last words, but the API still needs an audio stream.
        let frame = match self.is_saying_last_words() {
            true => Frame::new(vec![0; frame.samples().len()]),
            false => frame,
        };
        self.turn.hear(self.cx.now, &frame);
        if let Some(chunk) = self.chunker.push(&frame) {
            self.cx.act(Action::SendAudio(chunk));
        }
    }

    fn somebody_hears(&mut self) {
        let session_sync = &mut self.session_sync;
        self.voice_session
            .heard(&mut self.cx, session_sync, &self.history);
    }

    fn expired(&mut self, timer: Timer) {
        let cx = &mut self.cx;
        match timer {
            Timer::CallerWait => self.nobody_came(Outcome::NoCaller),
            Timer::CallerGrace => self.nobody_came(Outcome::CallerLeft),
            Timer::PreConnectAudio => self.pre_connect.missed(),
            Timer::Connect => self.agent_stuck(Outcome::AgentLost(voice_session::not_open())),
            Timer::Listener => self.somebody_hears(),
            Timer::Ready => self.agent_stuck(Outcome::AgentTimeout),
            Timer::Reconnect => self.voice_session.open(cx),
            Timer::Owed => self.say_what_is_owed(),
            Timer::End => self.hang_up(),
            Timer::Unconfirmed => self.turn.held_long_enough(cx),
            Timer::Quiet => self.turn.went_quiet(cx),
            Timer::Settle => self.turn.settle(cx),
            Timer::ToolResult if !self.voice_session.is_ready() => self.tools.wait_on(cx),
            Timer::ToolResult => {
                if self.tools.answer_late(cx) {
                    self.turn.tool_answered(cx);
                }
            }
            Timer::ToolDue => {
                let filler = self.tools.due(cx);
                if let Some(filler) = filler.filter(|_| self.hang_up.is_none()) {
                    self.requests.fill(filler);
                }
            }
            Timer::Idle => self.caller_is_silent(),
            Timer::Duration => self.limit_reached(Limit::Duration),
            Timer::Cost => self.limit_reached(Limit::Cost),
            Timer::Leave => self.left_long_enough(),
            Timer::Goodbye => self.ask_for_last_words(),
            Timer::Rotate if self.rotation_due => self.rotate(),
            Timer::Rotate => {
                self.rotation_due = true;
                cx.within(Timer::Rotate, voice_session::ROTATE_WITHIN);
            }
        }
    }
}
