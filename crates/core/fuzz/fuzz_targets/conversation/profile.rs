//! Agent profiles, within what an agent file may contain.

use std::time::Duration;

use arbitrary::Arbitrary;
use parlor_core::conversation::{AgentProfile, Limits, Lines, Patience, Phase, ToolKind, ToolRule};

/// Possible tools, including one that the API runs and one that does not exist.
pub(super) const CALLED: [&str; 8] = [
    "tea",
    "milk",
    "now",
    "surely",
    "end_call",
    "set_state",
    "weather",
    "coffee",
];

#[derive(Debug, Arbitrary)]
pub(crate) struct File {
    limits: Bounds,
    goodbye: bool,
    idle_lines: u8,
    patience: bool,
    fillers: u8,
    /// In seconds; any value that can be written in the file.
    filler_after: f64,
    /// In tenths of a second.
    within: u8,
}

#[derive(Debug, Arbitrary)]
struct Bounds {
    idle: Option<f64>,
    duration: Option<f64>,
    turns: Option<u8>,
    cost: Option<f64>,
    price: Option<f64>,
    tool_calls: Option<u8>,
    tool_calls_in_reply: u8,
    same_tool_calls: u8,
}

impl From<File> for AgentProfile {
    fn from(file: File) -> Self {
        let phase = |name: &str| Phase {
            name: name.to_owned(),
            patience: file.patience.then(|| Patience {
                after: vec!["spell".to_owned()],
                min_silence: 2_000,
                max_silence: 6_000,
            }),
            when_caller_says: vec!["goodbye".to_owned()],
            after_tool: vec!["milk".to_owned()],
            ..Phase::default()
        };
        let tools = CALLED.into_iter().filter(|name| *name != "coffee");
        let line = || "One moment.".to_owned().into();
        Self {
            first: phase("start"),
            others: vec![phase("order"), phase("end")],
            tools: tools.map(|name| file.rule(name)).collect(),
            lines: Lines {
                idle: (0..file.idle_lines % 4).map(|_| line()).collect(),
                goodbye: file.goodbye.then(line),
                busy: Some(line()),
                lost: Some(line()),
            },
            limits: file.limits.into(),
            own_voice: None,
        }
    }
}

impl File {
    fn rule(&self, name: &str) -> ToolRule {
        let filler = || "One moment.".to_owned().into();
        ToolRule {
            name: name.to_owned(),
            kind: match name {
                "end_call" => ToolKind::EndCall,
                "set_state" => ToolKind::SetState,
                _ => ToolKind::External,
            },
            within: Duration::from_millis(100 * (1 + u64::from(self.within))),
            immediate: name == "now",
            survives_interruption: matches!(name, "surely" | "end_call"),
            holds: name == "surely",
            fillers: (0..self.fillers % 4).map(|_| filler()).collect(),
            filler_after: seconds(Some(self.filler_after)).unwrap_or(Duration::from_secs(3)),
        }
    }
}

impl From<Bounds> for Limits {
    fn from(bounds: Bounds) -> Self {
        let number = |it: Option<f64>| it.filter(|it| it.is_finite() && *it > 0.0);
        Self {
            idle: seconds(bounds.idle),
            duration: seconds(bounds.duration),
            turns: bounds.turns.map(u32::from),
            cost: number(bounds.cost),
            price: number(bounds.price),
            tool_calls: bounds.tool_calls.map(u32::from),
            tool_calls_in_reply: bounds.tool_calls_in_reply.into(),
            same_tool_calls: bounds.same_tool_calls.into(),
        }
    }
}

fn seconds(many: Option<f64>) -> Option<Duration> {
    let span = Duration::try_from_secs_f64(many?).ok();
    span.filter(|span| !span.is_zero())
}
