//! Events of a call, decoded from fuzzer input. There are only a few names, so that events refer to
//! the same things.

use std::time::Duration;

use arbitrary::Arbitrary;
use parlor_core::audio::Frame;
use parlor_core::conversation::{
    AgentError, AgentEvent, Event, Inaudible, LeaveReason, ParticipantInfo, ParticipantKind, Phone,
    PlayoutEvent, ReplyStatus, RoomEnd, RoomEvent, SocketLoss, Utterance,
};
use parlor_core::secret::Secret;

use super::profile::File;

#[derive(Debug, Arbitrary)]
pub(crate) enum Happens {
    Shutdown,
    Joined(u8, u8),
    Changed(u8, u8),
    Voice(u8),
    Left(u8),
    HandOver(u8, u8),
    PreConnectAnnounced(u8),
    PreConnectAudio(u8, u8),
    Speaks(Option<u8>),
    SecondAgent(bool),
    Subscribed,
    RoomEnded(u8),
    Opened,
    Lost(u8),
    Stalled,
    File(Box<File>),
    ToolDone(u8, bool),
    Wrote(u8),
    Audible(u8),
    Progress(u8, u16),
    Drained(u8, u16),
    Flushed(u8, u16),
    Overflowed,
    Mic(u8),
    Updated,
    Ready(bool),
    Failed(u8),
    Ended,
    SpeechStarted,
    SpeechStopped,
    CallerSays(u8),
    CallerSaid(u8),
    Started(u8),
    Audio(u8, u8),
    Word(u8, u16, u16),
    Text(u8, bool),
    Done(u8, u8),
    ReplyError(u8, bool),
    ToolCall(u8, u8),
    SayGoodbye,
    Drain,
}

impl From<Happens> for Event {
    fn from(happens: Happens) -> Self {
        match happens {
            Happens::Shutdown => Self::Shutdown,
            Happens::Drain => Self::Drain,
            Happens::SayGoodbye => Self::SayGoodbye,
            Happens::Joined(who, what) => Self::Room(RoomEvent::Joined {
                identity: name(who).into(),
                info: info(what),
            }),
            Happens::Changed(who, what) => Self::Room(RoomEvent::Changed {
                identity: name(who).into(),
                info: info(what),
            }),
            Happens::Voice(why) => Self::Room(RoomEvent::Audibility(any(
                why,
                [None, Some(Inaudible::NotAllowed), Some(Inaudible::Muted)],
            ))),
            Happens::Left(who) => Self::Room(RoomEvent::Left {
                identity: name(who).into(),
                how: any(who, [LeaveReason::Left, LeaveReason::Lost]),
            }),
            Happens::HandOver(from, to) => Self::Room(RoomEvent::HandOver {
                from: name(from).into(),
                to: name(to).into(),
            }),
            Happens::PreConnectAnnounced(from) => Self::Room(RoomEvent::PreConnectAnnounced {
                from: name(from).into(),
            }),
            Happens::PreConnectAudio(from, frames) => Self::PreConnectAudio {
                from: name(from).into(),
                voice: Frame::new(vec![1_000; 240 * usize::from(frames)]),
            },
            Happens::Speaks(who) => Self::Speaks(who.map(|who| name(who).into())),
            Happens::SecondAgent(was_first) => Self::Room(RoomEvent::Agent {
                name: "clerk".to_owned(),
                was_first,
            }),
            Happens::Subscribed => Self::Room(RoomEvent::Subscribed),
            Happens::RoomEnded(how) => Self::Room(RoomEvent::Ended(any(
                how,
                [RoomEnd::Closed, RoomEnd::Removed, RoomEnd::ConnectionLost],
            ))),
            Happens::Opened => Self::AgentOpened,
            Happens::Lost(how) => Self::AgentLost(loss(how)),
            Happens::Stalled => Self::AgentStalled,
            Happens::File(file) => Self::Profile(Box::new((*file).into())),
            Happens::ToolDone(call, is_error) => Self::ToolDone {
                call: name(call).into(),
                result: "{}".to_owned().into(),
                is_error,
            },
            Happens::Overflowed => Self::Playout(PlayoutEvent::Overflowed),
            Happens::Wrote(words) => Self::TypedText(said(words).into()),
            Happens::Progress(utterance, played) => Self::Playout(PlayoutEvent::Progress {
                utterance: Utterance(utterance.into()),
                played: milliseconds(played),
            }),
            Happens::Audible(utterance) => Self::Playout(PlayoutEvent::Audible {
                utterance: Utterance(utterance.into()),
            }),
            Happens::Drained(utterance, played) => Self::Playout(PlayoutEvent::Drained {
                utterance: Utterance(utterance.into()),
                played: milliseconds(played),
            }),
            Happens::Flushed(utterance, played) => Self::Playout(PlayoutEvent::Flushed {
                utterance: Utterance(utterance.into()),
                played: milliseconds(played),
            }),
            Happens::Mic(loud) => Self::Mic(Frame::new(vec![i16::from(loud) * 100; 240])),
            other => Self::Agent(message(other)),
        }
    }
}

fn message(happens: Happens) -> AgentEvent {
    match happens {
        Happens::Ready(resumable) => AgentEvent::SessionReady {
            session: Some("sess_1".into()),
            resume_token: resumable.then(|| Secret::new("token")),
            expires_at: None,
            server_tools: vec!["weather".to_owned()],
        },
        Happens::Failed(code) => AgentEvent::SessionError(error(code)),
        Happens::Ended => AgentEvent::SessionEnded,
        Happens::SpeechStarted => AgentEvent::SpeechStarted,
        Happens::SpeechStopped => AgentEvent::SpeechStopped,
        Happens::CallerSays(words) => AgentEvent::UserTranscriptDelta {
            item: None,
            text: said(words).into(),
        },
        Happens::CallerSaid(words) => AgentEvent::UserTranscript {
            item: None,
            text: said(words).into(),
        },
        Happens::ToolCall(call, tool) => AgentEvent::ToolCall {
            call: name(call).into(),
            name: any(tool, super::profile::CALLED).to_owned(),
            arguments: format!(r#"{{"state":"{}"}}"#, name(tool / 8)).into(),
        },
        other => reply(other),
    }
}

fn reply(happens: Happens) -> AgentEvent {
    // Sometimes without an ID, as sent by older servers.
    let reply = |which: u8| (which % 8 != 0).then(|| name(which).into());
    match happens {
        Happens::Started(which) => AgentEvent::ReplyStarted {
            reply: reply(which),
        },
        Happens::Audio(which, length) => AgentEvent::ReplyAudio {
            reply: reply(which),
            frame: Frame::new(vec![0; usize::from(length) * 240]),
        },
        Happens::Word(which, start, end) => AgentEvent::AgentTranscriptDelta {
            reply: reply(which),
            delta: said(which).into(),
            start: Some(milliseconds(start)),
            end: Some(milliseconds(end)),
        },
        Happens::Text(which, interrupted) => AgentEvent::AgentTranscript {
            reply: reply(which),
            text: said(which).into(),
            interrupted,
        },
        Happens::Done(which, status) => AgentEvent::ReplyDone {
            reply: reply(which),
            status: any(
                status,
                [
                    ReplyStatus::Completed,
                    ReplyStatus::Interrupted,
                    ReplyStatus::Cancelled,
                    ReplyStatus::Failed,
                ],
            ),
        },
        Happens::ReplyError(which, retryable) => AgentEvent::ReplyError {
            reply: reply(which),
            error: error(which),
            retryable,
        },
        _ => AgentEvent::SessionUpdated,
    }
}

fn loss(how: u8) -> SocketLoss {
    match how % 4 {
        0 => SocketLoss::Unreachable("no network".to_owned()),
        1 => SocketLoss::Refused(401),
        2 => SocketLoss::Refused(503),
        _ => SocketLoss::Broken("reset".to_owned()),
    }
}

fn error(code: u8) -> AgentError {
    let codes = [
        "odd",
        "unauthorized",
        "at_capacity",
        "internal_error",
        "session_not_found",
        "invalid_value",
    ];
    AgentError {
        code: any(code, codes).to_owned(),
        message: String::new(),
        param: Some("output.voice".to_owned()),
    }
}

/// Kind and permissions of a participant, one bit each.
fn info(what: u8) -> ParticipantInfo {
    let has = |bit: u8| what & (1 << bit) != 0;
    let kinds = [
        ParticipantKind::Standard,
        ParticipantKind::Sip,
        ParticipantKind::Agent,
    ];
    ParticipantInfo {
        takes_part: !has(2),
        may_speak: !has(3),
        may_write: !has(4),
        may_hear: !has(5),
        phone: match (has(6), has(7)) {
            (false, _) => Phone::Active,
            (true, false) => Phone::Pending,
            (true, true) => Phone::HungUp,
        },
        ..any(what, kinds).into()
    }
}

/// Names shared by callers, replies, tool calls and phases, so that they collide.
pub(super) fn name(which: u8) -> &'static str {
    any(
        which,
        ["ada", "bob", "1", "2", "3", "start", "order", "end"],
    )
}

pub(super) fn said(words: u8) -> String {
    any(
        words,
        ["Well?", "Spell it, please.", "😀 ÄÖ", "", "Goodbye"],
    )
    .to_owned()
}

fn milliseconds(many: u16) -> Duration {
    Duration::from_millis(many.into())
}

pub(super) fn any<T: Copy, const N: usize>(which: u8, all: [T; N]) -> T {
    all[usize::from(which) % N]
}
