//! The report as it is written: `deploy/report.schema.json` describes it. All times are
//! milliseconds; `start_ms` counts from the moment in which the room was joined.

use std::fmt;

use parlor_core::secret::Private;
use serde::Serialize;
use serde_json::Value;

/// The version of the schema; a field that goes away or changes its meaning raises it.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// What is left of a call.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// [`SCHEMA_VERSION`].
    pub(super) version: u32,
    /// The program that made the call.
    pub(super) parlor: &'static str,
    /// Which call, and when.
    pub(super) call: About,
    /// How it ended.
    pub(super) outcome: Ending,
    /// What was said and heard.
    #[serde(flatten)]
    pub(super) timeline: Timeline,
    /// The figures in short.
    pub(super) summary: Summary,
    /// The recording, if there is one.
    pub(super) recording: Option<Recorded>,
}

/// Which call, and when.
#[derive(Debug, Serialize)]
pub(super) struct About {
    /// The job's id.
    pub(super) id: String,
    /// The room.
    pub(super) room: String,
    /// Who was listened to, in order.
    pub(super) callers: Vec<String>,
    /// The agent's name.
    pub(super) agent: String,
    /// RFC 3339, UTC.
    pub(super) started: String,
    /// RFC 3339, UTC.
    pub(super) ended: String,
    /// How long it lasted.
    pub(super) duration_ms: u64,
    /// It began in another process, which was lost: this is the rest of it.
    pub(super) continued: bool,
}

/// How a call ended.
#[derive(Debug, Serialize)]
pub(super) struct Ending {
    /// The label in logs and metrics.
    pub(super) name: &'static str,
    /// For people.
    pub(super) words: String,
    /// Whether it ended as calls do.
    pub(super) success: bool,
}

/// What happened in a call, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Timeline {
    /// What was said, as it was heard.
    pub(super) transcript: Vec<Turn>,
    /// Calls of tools.
    pub(super) tools: Vec<Tool>,
    /// How long the caller waited for each reply.
    pub(super) waits: Vec<Wait>,
    /// When the caller's voice silenced the agent's.
    pub(super) barge_ins: Vec<BargeIn>,
    /// What the agent became.
    pub(super) phases: Vec<Phase>,
    /// What became of the voice sessions.
    pub(super) sessions: Vec<Session>,
    /// Limits that were reached.
    pub(super) limits: Vec<&'static str>,
    /// What was used.
    pub(super) usage: Option<Usage>,
    /// There was more than a report may hold.
    pub(super) truncated: bool,
}

/// Somebody's turn.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
    /// Who.
    pub(super) speaker: Speaker,
    /// What.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub(super) text: Private<String>,
    /// When it was first heard.
    pub(super) start_ms: u64,
    /// Whether the caller cut it short.
    pub(super) interrupted: bool,
    /// How long the agent was heard, if that is known.
    pub(super) heard_ms: Option<u64>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// A call of a tool.
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    /// The API's name of the call.
    pub(super) call: String,
    /// The tool.
    pub(super) name: String,
    /// When it was called.
    pub(super) start_ms: u64,
    /// Until it was answered.
    pub(super) duration_ms: Option<u64>,
    /// Whether it failed, if it was answered.
    pub(super) is_error: Option<bool>,
    /// Why it was not answered.
    pub(super) dropped: Option<&'static str>,
    /// What it was called with, when the setting says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<Payload>,
    /// What it gave, when the setting says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Payload>,
}

/// What a tool was given, or gave: in reports, and nowhere else.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Payload(pub(super) Value);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<payload>")
    }
}

/// How long the caller waited for a reply, each since the caller's last sound.
#[derive(Debug, Serialize)]
pub(super) struct Wait {
    /// When the reply was heard.
    pub(super) start_ms: u64,
    /// Until the API took the turn.
    pub(super) committed_ms: u64,
    /// Until the first word or sample came.
    pub(super) first_token_ms: Option<u64>,
    /// Until the first audible sample was handed to the room.
    pub(super) audible_ms: u64,
}

/// The caller spoke into the agent's words.
#[derive(Debug, Serialize)]
pub(super) struct BargeIn {
    /// When the agent was silenced.
    pub(super) start_ms: u64,
    /// Since the caller's first sound.
    pub(super) silenced_ms: Option<u64>,
}

/// The agent became something else.
#[derive(Debug, Serialize)]
pub(super) struct Phase {
    /// What the phase is called.
    pub(super) name: String,
    /// When it was entered.
    pub(super) start_ms: u64,
}

/// Something happened to a voice session.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// What.
    pub(super) event: &'static str,
    /// When.
    pub(super) start_ms: u64,
    /// Since the loss, for what came back.
    pub(super) after_ms: Option<u64>,
    /// The session, the loss or the error, for people.
    pub(super) detail: Option<String>,
}

/// What the voice sessions of the call were.
#[derive(Debug, Serialize)]
pub(super) struct Usage {
    /// How long they were open, all together, in seconds.
    pub(super) connected_seconds: f64,
    /// What that costs, at the price that was set.
    pub(super) cost: Option<f64>,
    /// The cost's currency, as it was set.
    pub(super) currency: Option<String>,
}

/// The figures in short.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Turns of the caller.
    pub(super) caller_turns: usize,
    /// Turns of the agent.
    pub(super) agent_turns: usize,
    /// Turns of the agent that the caller cut short.
    pub(super) interruptions: usize,
    /// Calls of tools.
    pub(super) tool_calls: usize,
    /// Those that failed.
    pub(super) tool_errors: usize,
    /// From the caller's last sound to the commit.
    pub(super) committed_ms: Spread,
    /// To the first word or sample.
    pub(super) first_token_ms: Spread,
    /// To the first audible sample.
    pub(super) audible_ms: Spread,
    /// From the caller's first sound to the agent's silence.
    pub(super) silenced_ms: Spread,
}

/// How figures are spread: the middle one, and the one that 95 of 100 do not exceed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Spread {
    /// How many there are.
    pub(super) count: usize,
    /// None without figures.
    pub(super) p50: Option<u64>,
    /// None without figures.
    pub(super) p95: Option<u64>,
}

/// The recording of a call.
#[derive(Debug, Serialize)]
pub(super) struct Recorded {
    /// Its name, beside the report.
    pub(super) file: String,
    /// `wav` or `ogg`.
    pub(super) format: &'static str,
    /// Frames that are missing in it, because the disk was too slow.
    pub(super) dropped_frames: u64,
    /// How much of it was silenced, because of what was said there.
    pub(super) muted_ms: u64,
}

impl Summary {
    /// The figures of `timeline`.
    pub(super) fn of(timeline: &Timeline) -> Self {
        let turns = |who: Speaker| {
            timeline
                .transcript
                .iter()
                .filter(move |it| it.speaker == who)
        };
        let waits = &timeline.waits;
        Self {
            caller_turns: turns(Speaker::Caller).count(),
            agent_turns: turns(Speaker::Agent).count(),
            interruptions: turns(Speaker::Agent).filter(|it| it.interrupted).count(),
            tool_calls: timeline.tools.len(),
            tool_errors: timeline
                .tools
                .iter()
                .filter(|it| it.is_error == Some(true))
                .count(),
            committed_ms: waits.iter().map(|it| it.committed_ms).collect(),
            first_token_ms: waits.iter().filter_map(|it| it.first_token_ms).collect(),
            audible_ms: waits.iter().map(|it| it.audible_ms).collect(),
            silenced_ms: timeline
                .barge_ins
                .iter()
                .filter_map(|it| it.silenced_ms)
                .collect(),
        }
    }
}

impl FromIterator<u64> for Spread {
    fn from_iter<I: IntoIterator<Item = u64>>(figures: I) -> Self {
        let mut figures: Vec<_> = figures.into_iter().collect();
        figures.sort_unstable();
        // The smallest figure that so many of a hundred do not exceed.
        let rank = |percent: usize| {
            let rank = (figures.len() * percent).div_ceil(100);
            figures.get(rank.saturating_sub(1)).copied()
        };
        Self {
            count: figures.len(),
            p50: rank(50),
            p95: rank(95),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_goes_by_rank() {
        let spread = |figures: &[u64]| figures.iter().copied().collect::<Spread>();
        let of = |count, p50, p95| Spread { count, p50, p95 };
        assert_eq!(spread(&[]), of(0, None, None));
        assert_eq!(spread(&[7]), of(1, Some(7), Some(7)));
        assert_eq!(spread(&[30, 10, 20]), of(3, Some(20), Some(30)));
        let hundred: Vec<_> = (1..=100).rev().collect();
        assert_eq!(spread(&hundred), of(100, Some(50), Some(95)));
    }
}
