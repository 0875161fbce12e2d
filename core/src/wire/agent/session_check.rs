//! What can be known to be wrong with a session before the API is asked.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::session::{Encoding, Format, Input, Output, SessionConfig, Tool, TurnDetection};

/// The most key terms that the API takes.
const KEYTERMS: usize = 100;
/// The longest transcription prompt, in characters.
const TRANSCRIPTION_PROMPT: usize = 1_750;
/// The longest response instructions, in characters.
const INSTRUCTIONS: usize = 500;
/// Milliseconds of silence that may end a turn.
const SILENCE: RangeInclusive<f64> = 50.0..=10_000.0;
/// Milliseconds that a caller may have to speak to interrupt.
const DELAY: RangeInclusive<f64> = 0.0..=1_000.0;
/// Seconds that the API may wait for a tool.
const TOOL_TIMEOUT: RangeInclusive<f64> = 1.0..=300.0;
/// The longest name of a tool.
const TOOL_NAME: usize = 64;
/// Names that start so belong to the API.
const RESERVED: &str = "aai_";

/// Something that the API would refuse. Prints field names and limits, never what is in them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SessionProblem {
    /// A number is too small or too large.
    #[error("{field} must be from {least} to {most}")]
    OutOfRange {
        /// The field, as the API spells it.
        field: String,
        /// The least that may be.
        least: f64,
        /// The most that may be.
        most: f64,
    },
    /// A text is too long.
    #[error("{field} must have at most {most} characters")]
    TooLong {
        /// The field.
        field: String,
        /// Characters.
        most: usize,
    },
    /// A list is too long.
    #[error("{field} must have at most {most} entries")]
    TooMany {
        /// The field.
        field: String,
        /// Entries.
        most: usize,
    },
    /// A text is there but empty.
    #[error("{field} must not be empty")]
    Empty {
        /// The field.
        field: String,
    },
    /// The silences are the wrong way round.
    #[error("input.turn_detection.min_silence must be less than max_silence")]
    SilenceOrder,
    /// A stored agent brings everything with it.
    #[error("agent_id must be the only setting")]
    AgentIdNotAlone,
    /// The room is wired for one format.
    #[error("{field} must be audio/pcm at 24000 Hz")]
    WrongFormat {
        /// The field.
        field: String,
    },
    /// A tool's name is not one.
    #[error("{field} must be 1 to 64 of a-z, A-Z, 0-9, _ and -, and not start with aai_")]
    ToolName {
        /// The field.
        field: String,
    },
    /// Two tools have one name.
    #[error("{field} is the name of another tool too")]
    ToolTwice {
        /// The field.
        field: String,
    },
    /// A tool's parameters are not a schema of an object.
    #[error("{field} must be a JSON Schema with \"type\": \"object\"")]
    ToolParameters {
        /// The field.
        field: String,
    },
}

impl SessionConfig {
    /// Everything that is known to be wrong, in the order of the fields.
    pub fn problems(&self) -> Vec<SessionProblem> {
        let mut problems = Problems(Vec::new());
        problems.session(self);
        problems.0
    }
}

struct Problems(Vec<SessionProblem>);

impl Problems {
    fn session(&mut self, session: &SessionConfig) {
        if let Some(id) = &session.agent_id {
            let alone = SessionConfig {
                agent_id: Some(id.clone()),
                ..SessionConfig::default()
            };
            self.filled("agent_id", id);
            self.refuse(*session != alone, || SessionProblem::AgentIdNotAlone);
        }
        if let Some(greeting) = &session.greeting {
            self.filled("greeting", greeting.reveal());
        }
        if let Some(input) = &session.input {
            self.input(input);
        }
        if let Some(output) = &session.output {
            self.output(output);
        }
        self.tools(session.tools.as_deref().unwrap_or_default());
        self.count("llm", session.llm.len(), 1);
        for llm in &session.llm {
            self.filled("llm[0].base_url", &llm.base_url);
            self.filled("llm[0].model", &llm.model);
        }
        if let Some(webhook) = &session.webhook {
            self.filled("webhook.url", &webhook.url);
        }
    }

    fn input(&mut self, input: &Input) {
        self.format("input.format", input.format);
        self.count("input.keyterms", input.keyterms.len(), KEYTERMS);
        for (at, term) in input.keyterms.iter().enumerate() {
            self.filled(&format!("input.keyterms[{at}]"), term);
        }
        if let Some(prompt) = &input.transcription_prompt {
            self.length(
                "input.transcription_prompt",
                prompt.reveal(),
                TRANSCRIPTION_PROMPT,
            );
        }
        for (at, code) in input.language_codes.iter().enumerate() {
            self.filled(&format!("input.language_codes[{at}]"), code);
        }
        self.range(
            "input.voice_focus_threshold",
            input.voice_focus_threshold,
            0.0..=1.0,
        );
        if let Some(turns) = &input.turn_detection {
            self.turn_detection(turns);
        }
    }

    fn turn_detection(&mut self, turns: &TurnDetection) {
        let (least, most) = (turns.min_silence, turns.max_silence);
        let within = "input.turn_detection";
        self.range(
            &format!("{within}.vad_threshold"),
            turns.vad_threshold,
            0.0..=1.0,
        );
        self.range(
            &format!("{within}.min_silence"),
            least.map(f64::from),
            SILENCE,
        );
        self.range(
            &format!("{within}.max_silence"),
            most.map(f64::from),
            SILENCE,
        );
        self.refuse(
            least.zip(most).is_some_and(|(least, most)| least >= most),
            || SessionProblem::SilenceOrder,
        );
        let delay = turns.interruption_delay.map(f64::from);
        self.range(&format!("{within}.interruption_delay"), delay, DELAY);
    }

    fn output(&mut self, output: &Output) {
        if let Some(voice) = &output.voice {
            self.filled("output.voice", voice);
        }
        self.format("output.format", output.format);
        self.range("output.volume", output.volume.map(f64::from), 0.0..=100.0);
    }

    fn tools(&mut self, tools: &[Tool]) {
        let mut names = HashSet::new();
        for (at, tool) in tools.iter().enumerate() {
            let field = |name: &str| format!("tools[{at}].{name}");
            self.refuse(!is_tool_name(&tool.name), || SessionProblem::ToolName {
                field: field("name"),
            });
            self.refuse(!names.insert(&tool.name), || SessionProblem::ToolTwice {
                field: field("name"),
            });
            let is_schema = tool.parameters.get("type").and_then(Value::as_str) == Some("object")
                && tool
                    .parameters
                    .get("properties")
                    .is_none_or(Value::is_object);
            self.refuse(!is_schema, || SessionProblem::ToolParameters {
                field: field("parameters"),
            });
            let timeout = tool.timeout_seconds.map(f64::from);
            self.range(&field("timeout_seconds"), timeout, TOOL_TIMEOUT);
            if let Some(told) = &tool.response_instructions {
                let success = told.success.as_deref().unwrap_or_default();
                let error = told.error.as_deref().unwrap_or_default();
                self.length(
                    &field("response_instructions.success"),
                    success,
                    INSTRUCTIONS,
                );
                self.length(&field("response_instructions.error"), error, INSTRUCTIONS);
            }
        }
    }

    fn format(&mut self, field: &str, format: Option<Format>) {
        let wrong = |format: Format| {
            format.encoding != Encoding::Pcm
                || format
                    .sample_rate
                    .is_some_and(|rate| rate != crate::audio::SAMPLE_RATE)
        };
        self.refuse(format.is_some_and(wrong), || SessionProblem::WrongFormat {
            field: field.to_owned(),
        });
    }

    fn range(&mut self, field: &str, value: Option<f64>, range: RangeInclusive<f64>) {
        self.refuse(value.is_some_and(|value| !range.contains(&value)), || {
            SessionProblem::OutOfRange {
                field: field.to_owned(),
                least: *range.start(),
                most: *range.end(),
            }
        });
    }

    fn length(&mut self, field: &str, text: &str, most: usize) {
        self.refuse(text.chars().count() > most, || SessionProblem::TooLong {
            field: field.to_owned(),
            most,
        });
    }

    fn count(&mut self, field: &str, count: usize, most: usize) {
        self.refuse(count > most, || SessionProblem::TooMany {
            field: field.to_owned(),
            most,
        });
    }

    fn filled(&mut self, field: &str, text: &str) {
        self.refuse(text.trim().is_empty(), || SessionProblem::Empty {
            field: field.to_owned(),
        });
    }

    fn refuse(&mut self, wrong: bool, problem: impl FnOnce() -> SessionProblem) {
        if wrong {
            self.0.push(problem());
        }
    }
}

fn is_tool_name(name: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-');
    (1..=TOOL_NAME).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(RESERVED)
}
