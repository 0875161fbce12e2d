//! Random events in random order; checks the invariants. A failure prints its seed.

use std::collections::{HashMap, HashSet, VecDeque};

use super::harness::*;
use crate::audio::Frame;
use crate::conversation::*;
use crate::rng::{Rng, for_each_seed};

const SEEDS: u64 = 500;
const STEPS: usize = 3_000;
const REPLIES: [&str; 5] = ["a", "b", "c", "d", ""];

#[test]
fn invariants_hold_for_random_events() {
    let (mut reached, mut plays, mut flushes, mut backs) = (HashSet::new(), 0, 0, 0);
    let mut losses = 0;
    for run in for_each_seed(1..=SEEDS, |seed| Run::new(seed).run()) {
        reached.extend(run.finished);
        plays += run.plays;
        flushes += run.flushes;
        backs += run.backs;
        losses += run.losses;
    }
    for outcome in ["caller_left", "shutdown", "agent_rejected"] {
        assert!(
            reached.contains(outcome),
            "{outcome} never came: {reached:?}"
        );
    }
    assert!(
        plays > 45_000 && flushes > 5_000 && backs > 300 && losses > 300,
        "{plays} plays, {flushes} flushes, {backs} recoveries, {losses} times unheard"
    );
}

struct Run {
    rng: Rng,
    call: Call,
    /// Milliseconds of audio in playout, by utterance.
    queue: Vec<(Utterance, u64)>,
    /// How often each reply ID was used, so that no ID is reused after its reply has ended.
    uses: HashMap<&'static str, u32>,
    /// The latest IDs only, since the conversation remembers a bounded number.
    interrupted: VecDeque<String>,
    was_ready: bool,
    connected: bool,
    configured: bool,
    ready: bool,
    ending: bool,
    held: bool,
    background: Background,
    reported: HashSet<Utterance>,
    /// Replies whose captions are closed.
    closed: HashSet<Utterance>,
    /// The caller's turn that has captions and is not final.
    open_turn: Option<u32>,
    finished: Option<&'static str>,
    plays: usize,
    flushes: usize,
    backs: usize,
    /// Whether nobody hears the agent.
    unheard: bool,
    losses: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let barge_in = [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed][rng.below(3)];
        let settings = Settings {
            barge_in,
            caller_wait: (rng.below(2) == 0).then_some(30 * SECOND),
            caller_grace: ms(1_000 * rng.below(3) as u64),
            sounds: Sounds {
                ambience: true,
                thinking: true,
                hold: true,
            },
            ..Settings::default()
        };
        Self {
            rng,
            call: Call::new(settings),
            queue: Vec::new(),
            uses: HashMap::new(),
            interrupted: VecDeque::new(),
            was_ready: false,
            connected: false,
            configured: false,
            ready: false,
            ending: false,
            held: false,
            background: Background::Silence,
            reported: HashSet::new(),
            closed: HashSet::new(),
            open_turn: None,
            finished: None,
            plays: 0,
            flushes: 0,
            backs: 0,
            unheard: false,
            losses: 0,
        }
    }

    fn run(mut self) -> Self {
        for _ in 0..STEPS {
            if self.rng.below(4) == 0 {
                let time = ms([1, 20, 400, 2_500][self.rng.below(4)]);
                let actions = self.call.pass(time);
                self.check(actions, None);
            } else {
                let (event, reply) = self.event();
                let reported = self.note(&event, reply.as_deref());
                let actions = self.call.on(event);
                self.check(actions, reply.as_deref());
                self.ready |= reported;
                self.was_ready |= reported;
            }
            self.check_deadlines();
        }
        self
    }

    fn event(&mut self) -> (Event, Option<String>) {
        let reply = self.reply();
        let milliseconds = 10 * (1 + self.rng.below(20));
        let event = match self.rng.below(if self.ready { 160 } else { 60 }) {
            0..=4 if self.rng.below(150) > 0 => mic(1),
            0 if self.rng.below(3) == 0 => Event::Drain,
            0 if self.rng.below(2) == 0 => Event::SayGoodbye,
            0 => Event::Shutdown,
            1 => lost(),
            2 => session_error(["odd", "unauthorized", "at_capacity"][self.rng.below(3)]),
            3 => session_ended(),
            4 => left(["ada", "bob"][self.rng.below(2)]),
            5..=9 => joined(["ada", "bob"][self.rng.below(2)]),
            10..=19 => subscribed(),
            20..=34 if self.connected => Event::AgentOpened,
            35..=44 if self.configured => [ready, resumable][self.rng.below(2)](),
            45 if !self.ready && self.rng.below(10) == 0 => session_error("odd"),
            45..=59 => mic(1),
            60..=64 => speech_started(),
            65..=69 => speech_stopped(),
            70 => caller_says("we"),
            71..=72 => caller_said("well"),
            73..=80 => return (started(&reply), Some(reply)),
            81..=109 => return (audio(&reply, milliseconds), Some(reply)),
            110..=114 => return (word(&reply, "word", 0, 100), Some(reply)),
            115..=119 => return (text(&reply, "word word", false), Some(reply)),
            120..=122 => return (text(&reply, "word", true), Some(reply)),
            123..=129 => return (done(&reply), Some(reply)),
            130..=133 => return (interrupted(&reply), Some(reply)),
            134..=136 => tool_call("1", ["tea", "weather"][self.rng.below(2)]),
            137 if self.rng.below(4) == 0 => lost(),
            138 if self.rng.below(4) == 0 => Event::TypedText("And?".to_owned().into()),
            139 if self.rng.below(16) == 0 => voice(Some(Inaudible::Muted)),
            139 => voice(None),
            140 => changed("bob", self.info()),
            137..=159 => return (self.playout(), None),
            _ => mic(2),
        };
        (event, None)
    }

    fn info(&mut self) -> ParticipantInfo {
        ParticipantInfo {
            may_speak: self.rng.below(2) == 0,
            may_write: self.rng.below(2) == 0,
            may_hear: self.rng.below(16) > 0,
            takes_part: self.rng.below(8) > 0,
            phone: [Phone::Active, Phone::Pending][self.rng.below(2)],
            ..ParticipantKind::Standard.into()
        }
    }

    /// The connection is closed.
    fn cut(&mut self) {
        self.connected = false;
        self.configured = false;
        self.ready = false;
    }

    /// The ID of a reply in progress, sometimes of a new one.
    fn reply(&mut self) -> String {
        let name = REPLIES[self.rng.below(REPLIES.len())];
        if name.is_empty() {
            return String::new();
        }
        let uses = self.uses.entry(name).or_default();
        *uses += u32::from(self.rng.below(30) == 0);
        format!("{name}{uses}")
    }

    /// A report that a correct playout could send.
    fn playout(&mut self) -> Event {
        let Some((utterance, queued)) = self.queue.first().copied() else {
            return Event::Playout(PlayoutEvent::Audible {
                utterance: Utterance(1),
            });
        };
        match self.rng.below(3) {
            0 => return Event::Playout(PlayoutEvent::Audible { utterance }),
            1 => {
                let played = ms(self.rng.below(queued as usize + 1) as u64);
                return Event::Playout(PlayoutEvent::Progress { utterance, played });
            }
            _ => {}
        }
        self.queue.remove(0);
        drained(utterance.0, queued)
    }

    /// Notes what the event means for later checks. Returns whether it makes the session ready.
    fn note(&mut self, event: &Event, reply: Option<&str>) -> bool {
        match event {
            Event::Agent(AgentEvent::SessionReady { .. }) => return self.configured,
            Event::AgentLost(_) if !self.ending => self.cut(),
            Event::Agent(
                AgentEvent::AgentTranscript {
                    interrupted: true, ..
                }
                | AgentEvent::ReplyDone {
                    status: ReplyStatus::Interrupted,
                    ..
                },
            ) if self.ready => {
                let name = reply.filter(|name| !name.is_empty());
                self.interrupted.extend(name.map(str::to_owned));
                if self.interrupted.len() > 16 {
                    self.interrupted.pop_front();
                }
            }
            _ => {}
        }
        false
    }

    /// Checks that the captions of a reply grow and are closed once.
    fn check_captions(&mut self) {
        for caption in std::mem::take(&mut self.call.captions) {
            match caption {
                Caption::Agent { utterance, more } => {
                    assert!(!self.closed.contains(&utterance), "more after the end");
                    assert!(!more.reveal().is_empty());
                }
                Caption::AgentDone { utterance, .. } => {
                    assert!(self.closed.insert(utterance), "closed twice");
                }
                Caption::Caller { turn, is_final, .. } => {
                    assert!(self.open_turn.is_none_or(|open| open == turn));
                    self.open_turn = (!is_final).then_some(turn);
                }
            }
        }
    }

    fn check(&mut self, actions: Vec<Action>, reply: Option<&str>) {
        self.check_captions();
        for action in actions {
            assert_eq!(self.finished, None, "{action:?} after the end");
            match action {
                Action::CloseAgent => self.cut(),
                Action::ConnectAgent | Action::ResumeAgent(_) => {
                    assert!(!self.connected, "connected twice");
                    self.connected = true;
                }
                Action::SendAgent(
                    AgentCommand::UpdateSession(_) | AgentCommand::ResumeSession(_),
                ) => {
                    assert!(self.connected && !self.configured, "configured twice");
                    self.configured = true;
                }
                Action::SendAgent(AgentCommand::EndSession) => {
                    assert!(self.ready && !self.ending, "ended twice");
                    self.ending = true;
                }
                // Pending results and replies are sent together with the resumption of a session.
                Action::SendAgent(
                    AgentCommand::CreateReply { .. } | AgentCommand::ToolResult { .. },
                ) => {
                    assert!(self.configured && !self.ending, "{action:?} out of session");
                }
                Action::SendAgent(_) | Action::SendAudio(_) => {
                    assert!(self.ready && !self.ending, "{action:?} out of session");
                }
                Action::Play { utterance, frame } => self.played(utterance, &frame, reply),
                Action::FlushPlayout => {
                    self.queue.clear();
                    self.flushes += 1;
                }
                Action::PausePlayout | Action::ResumePlayout => {
                    self.held = action == Action::PausePlayout;
                }
                Action::Observe(fact) => self.observed(&fact),
                Action::Background(background) => {
                    assert_ne!(background, self.background, "the background was set twice");
                    self.background = background;
                }
                Action::Finish(outcome) => {
                    assert_eq!(
                        self.background,
                        Background::Silence,
                        "a background sound plays after the end"
                    );
                    self.finished = Some(outcome.name());
                }
                _ => {}
            }
        }
        self.check_state();
    }

    fn check_state(&self) {
        let speaks = self.call.call.state() == AgentState::Speaking;
        assert!(
            !speaks || !self.unheard,
            "the agent is speaking while nobody hears it"
        );
        let thinks = self.call.call.state() == AgentState::Thinking;
        assert!(
            thinks || self.background != Background::Thinking,
            "the thinking sound plays in another state"
        );
    }

    fn observed(&mut self, fact: &Fact) {
        match fact {
            Fact::AgentTranscript { utterance, .. } => {
                assert!(
                    self.reported.insert(*utterance),
                    "{utterance:?} was reported twice"
                );
            }
            Fact::AgentBack { .. } => self.backs += 1,
            Fact::Unheard(_) => {
                assert!(
                    !std::mem::replace(&mut self.unheard, true),
                    "inaudible was reported twice"
                );
                self.losses += 1;
            }
            Fact::HeardAgain { .. } => {
                assert!(
                    std::mem::take(&mut self.unheard),
                    "the agent was audible already"
                );
            }
            _ => {}
        }
    }

    fn played(&mut self, utterance: Utterance, frame: &Frame, reply: Option<&str>) {
        self.plays += 1;
        assert!(
            self.ready && !self.ending,
            "audio was played outside a session"
        );
        assert!(!self.unheard, "audio was played while nobody hears it");
        let reply = reply.expect("audio is only played when it arrives");
        assert!(
            !self.interrupted.iter().any(|name| name == reply),
            "{reply} was interrupted"
        );
        let milliseconds = u64::try_from(frame.duration().as_millis()).unwrap();
        match self.queue.last_mut() {
            Some((last, queued)) if *last == utterance => *queued += milliseconds,
            last => {
                let in_order = last.is_none_or(|(last, _)| *last < utterance);
                assert!(in_order, "utterances out of order");
                self.queue.push((utterance, milliseconds));
            }
        }
    }

    /// Checks that there is a deadline while the call waits for a peer.
    fn check_deadlines(&self) {
        let has_deadline = self.call.call.poll_timeout().is_some();
        if self.finished.is_some() {
            assert!(!has_deadline, "a deadline after the end");
            return;
        }
        let waits = self.ending
            || self.held
            || self.was_ready && !self.ready
            || self.connected && !self.ready
            || matches!(
                self.call.call.state(),
                AgentState::Speaking | AgentState::Thinking
            );
        assert!(has_deadline || !waits, "the call waits without a deadline");
    }
}
