//! A call decoded from fuzzer input: its settings and its steps.

use std::time::Duration;

use arbitrary::Arbitrary;
use parlor_core::conversation::{
    Answer, BargeIn, Checkpoint, Hear, Resumable, Settings, Sounds, Speaker, SpokenTurn, UsageSoFar,
};
use parlor_core::secret::Secret;

use super::happens::{Happens, any, name, said};
use super::profile::File;

#[derive(Debug, Arbitrary)]
pub(crate) struct Script {
    pub(crate) settings: Setup,
    pub(crate) steps: Steps,
}

#[derive(Debug, Arbitrary)]
pub(crate) struct Steps {
    begun: bool,
    then: Vec<Step>,
}

impl Steps {
    /// All steps, preceded by those that bring a call up if `begun` is set.
    pub(crate) fn all(self) -> impl Iterator<Item = Step> {
        let beginning = [
            Happens::Joined(0, 0),
            Happens::Subscribed,
            Happens::Opened,
            Happens::Ready(true),
        ];
        let beginning = beginning.into_iter().filter(move |_| self.begun);
        beginning.map(Step::Tell).chain(self.then)
    }
}

#[derive(Debug, Arbitrary)]
pub(crate) struct Setup {
    file: File,
    barge_in: u8,
    caller_wait: Option<u16>,
    caller_grace: u16,
    rejoin_grace: u16,
    hear: u8,
    chat: u8,
    checkpoints: bool,
    before: Option<Before>,
}

/// Checkpoint of another process that lost the call.
#[derive(Debug, Arbitrary)]
struct Before {
    caller: Option<u8>,
    session: bool,
    turns: Vec<(bool, u8)>,
    owes: bool,
    lasted: u16,
    tool_calls: u8,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Step {
    /// Time passes, and each timeout is handled when it is due.
    Pass(Time),
    /// Time passes without any timeout being handled.
    Sleep(Time),
    Tell(Happens),
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Time {
    Milliseconds(u8),
    Seconds(u8),
    Minutes(u8),
}

impl From<Time> for Duration {
    fn from(time: Time) -> Self {
        match time {
            Time::Milliseconds(many) => Self::from_millis(many.into()),
            Time::Seconds(many) => Self::from_secs(many.into()),
            Time::Minutes(many) => Self::from_secs(60 * u64::from(many)),
        }
    }
}

impl From<Setup> for Settings {
    fn from(setup: Setup) -> Self {
        let seconds = |many: u16| Duration::from_secs(many.into());
        Self {
            profile: setup.file.into(),
            barge_in: any(
                setup.barge_in,
                [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed],
            ),
            caller_wait: setup.caller_wait.map(seconds),
            caller_grace: seconds(setup.caller_grace),
            rejoin_grace: seconds(setup.rejoin_grace),
            hear: any(setup.hear, [Hear::Linked, Hear::Mix]),
            chat: any(setup.chat, [Answer::Spoken, Answer::Written]),
            agent_name: Some("clerk".to_owned()),
            sounds: Sounds {
                ambience: true,
                thinking: true,
                hold: true,
            },
            checkpoints: setup.checkpoints,
            resume: setup.before.map(Checkpoint::from),
            ..Self::default()
        }
    }
}

impl From<Before> for Checkpoint {
    fn from(before: Before) -> Self {
        let turns = before
            .turns
            .into_iter()
            .map(|(is_caller, words)| SpokenTurn {
                speaker: if is_caller {
                    Speaker::Caller
                } else {
                    Speaker::Agent
                },
                text: said(words).into(),
            });
        Self {
            caller: before.caller.map(|caller| name(caller).into()),
            session: before.session.then(|| Resumable {
                session: "sess_1".into(),
                token: Secret::new("token"),
            }),
            turns: turns.collect(),
            owes: before.owes,
            phase: "start".to_owned(),
            given_history: None,
            spent: UsageSoFar {
                lasted: Duration::from_secs(before.lasted.into()),
                connected: Duration::from_secs(before.lasted.into()),
                turns: 0,
                tool_calls: before.tool_calls.into(),
            },
        }
    }
}
