//! The report as JSON; `deploy/report.schema.json` describes it. All times are in milliseconds;
//! `start_ms` counts from the moment at which the agent joined the room.

use std::fmt;

use parlor_core::secret::Private;
use serde::Serialize;
use serde_json::Value;

/// Version of the schema. Raised when a field is removed or changes its meaning.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The report of a call.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// [`SCHEMA_VERSION`].
    pub(super) version: u32,
    /// Version of Parlor.
    pub(super) parlor: &'static str,
    /// Identifies the call, with its start and end.
    pub(super) call: About,
    /// How the call ended.
    pub(super) outcome: Ending,
    /// What happened in the call.
    #[serde(flatten)]
    pub(super) timeline: Timeline,
    /// Counts and latencies of the call.
    pub(super) summary: Summary,
    /// The recording, if there is one.
    pub(super) recording: Option<Recorded>,
}

/// Identifies a call, with its start and end.
#[derive(Debug, Serialize)]
pub(super) struct About {
    /// ID of the job.
    pub(super) id: String,
    /// Name of the room.
    pub(super) room: String,
    /// Identities of the callers, in the order in which the agent first listened to them.
    pub(super) callers: Vec<String>,
    /// Name of the agent.
    pub(super) agent: String,
    /// When the call began: RFC 3339, UTC.
    pub(super) started: String,
    /// When the call ended: RFC 3339, UTC.
    pub(super) ended: String,
    /// How long the call lasted.
    pub(super) duration_ms: u64,
    /// Whether the call began in another process, which was lost. The report covers only the rest.
    pub(super) continued: bool,
}

/// How a call ended.
#[derive(Debug, Serialize)]
pub(super) struct Ending {
    /// Label of the outcome in logs and metrics.
    pub(super) name: &'static str,
    /// Description of the outcome, for people.
    pub(super) words: String,
    /// Whether the call ended normally.
    pub(super) success: bool,
}

/// What happened in a call, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Timeline {
    /// Turns, as they were heard.
    pub(super) transcript: Vec<Turn>,
    /// Tool calls.
    pub(super) tools: Vec<Tool>,
    /// How long the caller waited for each reply.
    pub(super) waits: Vec<Wait>,
    /// Barge-ins that silenced the agent.
    pub(super) barge_ins: Vec<BargeIn>,
    /// Phases that the agent entered.
    pub(super) phases: Vec<Phase>,
    /// Events of the voice sessions.
    pub(super) sessions: Vec<Session>,
    /// Limits that were reached.
    pub(super) limits: Vec<&'static str>,
    /// Usage of the Voice Agent API.
    pub(super) usage: Option<Usage>,
    /// Whether entries were left out because the report was full.
    pub(super) truncated: bool,
}

/// A turn of the caller or the agent.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
    /// Who spoke.
    pub(super) speaker: Speaker,
    /// Transcript of the turn.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub(super) text: Private<String>,
    /// When the turn was first heard.
    pub(super) start_ms: u64,
    /// Whether the caller interrupted the turn.
    pub(super) interrupted: bool,
    /// How much of an interrupted turn of the agent was heard, if known.
    pub(super) heard_ms: Option<u64>,
}

/// The side that speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// A tool call.
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    /// The Voice Agent API's ID of the tool call.
    pub(super) call: String,
    /// Name of the tool.
    pub(super) name: String,
    /// When the tool was called.
    pub(super) start_ms: u64,
    /// Time until the answer; `None` if there was none.
    pub(super) duration_ms: Option<u64>,
    /// Whether the tool failed; `None` if there was no answer.
    pub(super) is_error: Option<bool>,
    /// Why the tool call was not answered.
    pub(super) dropped: Option<&'static str>,
    /// Arguments, if `tool_payloads` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<Payload>,
    /// Result, if `tool_payloads` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Payload>,
}

/// Arguments or result of a tool call. Only reports contain it: its `Debug` output does not.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Payload(pub(super) Value);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<payload>")
    }
}

/// How long the caller waited for a reply. All durations are since the caller's last sound.
#[derive(Debug, Serialize)]
pub(super) struct Wait {
    /// When the reply became audible.
    pub(super) start_ms: u64,
    /// Until the Voice Agent API committed the turn.
    pub(super) committed_ms: u64,
    /// Until the first word or sample of the reply arrived.
    pub(super) first_token_ms: Option<u64>,
    /// Until the first audible sample was sent to the room.
    pub(super) audible_ms: u64,
}

/// A barge-in that silenced the agent.
#[derive(Debug, Serialize)]
pub(super) struct BargeIn {
    /// When the agent was silenced.
    pub(super) start_ms: u64,
    /// Time from the caller's first sound until then, if known.
    pub(super) silenced_ms: Option<u64>,
}

/// A phase that the agent entered.
#[derive(Debug, Serialize)]
pub(super) struct Phase {
    /// Name of the phase.
    pub(super) name: String,
    /// When the agent entered the phase.
    pub(super) start_ms: u64,
}

/// An event of a voice session.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// Kind of the event.
    pub(super) event: &'static str,
    /// When it happened.
    pub(super) start_ms: u64,
    /// Time since the loss, for events that end one.
    pub(super) after_ms: Option<u64>,
    /// ID of the session, the loss or the error, for people.
    pub(super) detail: Option<String>,
}

/// Usage of the Voice Agent API.
#[derive(Debug, Serialize)]
pub(super) struct Usage {
    /// Total time for which voice sessions were open, in seconds.
    pub(super) connected_seconds: f64,
    /// Cost of that time at the configured price.
    pub(super) cost: Option<f64>,
    /// Currency of the cost, as configured.
    pub(super) currency: Option<String>,
}

/// Counts and latencies of a call.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Number of turns of the caller.
    pub(super) caller_turns: usize,
    /// Number of turns of the agent.
    pub(super) agent_turns: usize,
    /// Number of turns of the agent that the caller interrupted.
    pub(super) interruptions: usize,
    /// Number of tool calls.
    pub(super) tool_calls: usize,
    /// Number of tool calls that failed.
    pub(super) tool_errors: usize,
    /// From the caller's last sound until the API committed the turn.
    pub(super) committed_ms: Spread,
    /// From the caller's last sound to the first word or sample of the reply.
    pub(super) first_token_ms: Spread,
    /// From the caller's last sound to the first audible sample of the reply.
    pub(super) audible_ms: Spread,
    /// From the caller's first sound to the agent's silence.
    pub(super) silenced_ms: Spread,
}

/// Distribution of figures: count, median and 95th percentile.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Spread {
    /// Number of figures.
    pub(super) count: usize,
    /// Median; `None` without figures.
    pub(super) p50: Option<u64>,
    /// 95th percentile; `None` without figures.
    pub(super) p95: Option<u64>,
}

/// The recording of a call.
#[derive(Debug, Serialize)]
pub(super) struct Recorded {
    /// Name of the file, in the folder of the report.
    pub(super) file: String,
    /// Format of the file: `wav` or `ogg`.
    pub(super) format: &'static str,
    /// Number of frames that are missing because the disk was too slow.
    pub(super) dropped_frames: u64,
    /// How much of the recording was muted for redaction.
    pub(super) muted_ms: u64,
}

impl Summary {
    /// Summarizes `timeline`.
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
        // The nearest-rank percentile.
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
    fn percentiles_are_of_the_nearest_rank() {
        let spread = |figures: &[u64]| figures.iter().copied().collect::<Spread>();
        let of = |count, p50, p95| Spread { count, p50, p95 };
        assert_eq!(spread(&[]), of(0, None, None));
        assert_eq!(spread(&[7]), of(1, Some(7), Some(7)));
        assert_eq!(spread(&[30, 10, 20]), of(3, Some(20), Some(30)));
        let hundred: Vec<_> = (1..=100).rev().collect();
        assert_eq!(spread(&hundred), of(100, Some(50), Some(95)));
    }
}
